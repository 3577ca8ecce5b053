// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_check.c - is the database whole: SQLite's own checks, then rules between rows.
 *
 * These statements look at everything, so they are not in the table of what a running line does.
 */
#include "store/store_int.h"

#define FINDINGS_MAX 20 /* of one rule; more are counted */

struct rule {
	const char *what; /* "report 17 ...": the row's name comes before it */
	const char *sql;  /* names of rows that break it */
};

static const struct rule rules[] = {
	{ "has no history", "SELECT 'report ' || reference FROM report r WHERE NOT EXISTS "
			    "(SELECT 1 FROM report_event WHERE report_id = r.id)" },
	{ "is not in the state that its history ends with",
	  "SELECT 'report ' || reference FROM report r WHERE state <> (SELECT state FROM report_event "
	  "WHERE report_id = r.id ORDER BY id DESC LIMIT 1)" },
	{ "has an area, address or object that is not there",
	  "SELECT 'report ' || reference FROM report r WHERE "
	  "(area_id NOTNULL AND NOT EXISTS (SELECT 1 FROM area WHERE id = r.area_id)) OR "
	  "(address_id NOTNULL AND NOT EXISTS (SELECT 1 FROM address WHERE id = r.address_id)) OR "
	  "(asset_id NOTNULL AND NOT EXISTS (SELECT 1 FROM asset WHERE id = r.asset_id))" },
	{ "has an unknown state",
	  "SELECT 'report ' || reference FROM report WHERE state NOT IN ('received', 'forwarded', "
	  "'planned', 'in_progress', 'solved', 'closed', 'rejected', 'reopened')" },
	{ "has no parts", "SELECT 'outgoing text ' || id FROM outbox o WHERE NOT EXISTS "
			  "(SELECT 1 FROM outbox_part WHERE outbox_id = o.id)" },
	{ "lacks parts", "SELECT 'outgoing text ' || outbox_id FROM outbox_part GROUP BY outbox_id "
			 "HAVING count(*) <> max(total) OR max(part) <> max(total)" },
	{ "is not in the state of its parts",
	  "SELECT 'outgoing text ' || o.id FROM outbox o JOIN outbox_part p ON p.outbox_id = o.id "
	  "GROUP BY o.id HAVING o.state <> " OUTBOX_STATE
	  " OR (o.finished ISNULL) <> (" OUTBOX_UNFINISHED " > 0)" },
	{ "waits for a part that is not coming",
	  "SELECT 'outgoing part ' || b.id FROM outbox_part b WHERE state = 'behind' AND NOT EXISTS "
	  "(SELECT 1 FROM outbox_part WHERE outbox_id = b.outbox_id AND part < b.part AND state IN "
	  "('queued', 'sending', 'doubt'))" },
	{ "is queued before the part before it is sent",
	  "SELECT 'outgoing part ' || q.id FROM outbox_part q WHERE state = 'queued' AND EXISTS "
	  "(SELECT 1 FROM outbox_part WHERE outbox_id = q.outbox_id AND part < q.part AND state IN "
	  "('queued', 'behind', 'sending'))" },
	{ "is being sent by no line",
	  "SELECT 'outgoing part ' || id FROM outbox_part WHERE state = 'sending' AND line = ''" },
	{ "waits for a row that is done",
	  "SELECT 'order ' || b.id FROM forward b WHERE state = 'behind' AND NOT EXISTS (SELECT 1 FROM "
	  "forward WHERE report_id = b.report_id AND id < b.id AND state <> 'done')" },
	{ "is due before an older one of its report",
	  "SELECT 'order ' || d.id FROM forward d WHERE state = 'due' AND EXISTS (SELECT 1 FROM "
	  "forward WHERE report_id = d.report_id AND id < d.id AND state <> 'done')" },
	{ "has parts beyond its total",
	  "SELECT 'incoming text of ' || substr(number, 1, 4) || '*** ' || ref FROM inbox_part "
	  "WHERE part NOT BETWEEN 1 AND total" },
	{ "asks what cannot be asked",
	  "SELECT 'subscriber ' || substr(imsi, 1, 5) || '***' FROM subscriber WHERE asks NOT IN "
	  "('', 'number', 'confirm', 'code') OR (asks IN ('confirm', 'code') AND claim = '') OR "
	  "(asks = 'code' AND (code = '' OR code_at ISNULL))" },
	{ "ended before it began",
	  "SELECT 'call ' || id FROM call WHERE ended < began OR answered < began" },
	{ "is in a state that does not fit",
	  "SELECT 'callout ' || id FROM callout WHERE state NOT IN ('waiting', 'dialling', 'reached', "
	  "'unreached', 'dropped') OR (state IN ('waiting', 'dialling')) <> (ended ISNULL) OR "
	  "(state = 'dialling') <> (since NOTNULL)" },
	{ "counts others than it has",
	  "SELECT 'notice ' || id FROM notice n WHERE (recipients, queued, sent, delivered, failed, "
	  "skipped) <> (SELECT count(*), ifnull(sum(state = 1), 0), ifnull(sum(state = 2), 0), "
	  "ifnull(sum(state = 3), 0), ifnull(sum(state = 4), 0), ifnull(sum(state = 5), 0) "
	  "FROM notice_recipient WHERE notice_id = n.id)" },
	{ "is for the city and for a report",
	  "SELECT 'recording ' || id FROM recording WHERE for_city = 1 AND report_id NOTNULL" },
	{ "has no file", "SELECT 'recording ' || id FROM recording WHERE path = ''" },
	{ "has a street or area that is not there",
	  "SELECT 'address ' || postcode || ' ' || number || suffix FROM address d WHERE NOT EXISTS "
	  "(SELECT 1 FROM street WHERE id = d.street_id) OR (area_id NOTNULL AND NOT EXISTS (SELECT 1 "
	  "FROM area WHERE id = d.area_id))" },
	{ "has a street or area that is not there",
	  "SELECT 'object ' || kind || ' ' || number FROM asset s WHERE (street_id NOTNULL AND NOT EXISTS "
	  "(SELECT 1 FROM street WHERE id = s.street_id)) OR (area_id NOTNULL AND NOT EXISTS (SELECT 1 "
	  "FROM area WHERE id = s.area_id))" },
	{ "is not what is there",
	  "WITH n (what, n) AS (SELECT 'report ' || state, count(*) FROM report GROUP BY state UNION ALL "
	  "SELECT 'outbox ' || state, count(*) FROM outbox GROUP BY state) SELECT 'tally ' || t.what "
	  "FROM tally t LEFT JOIN n ON n.what = t.what WHERE t.what NOT IN ('person', 'heard') AND "
	  "t.n <> ifnull(n.n, 0)" },
};

struct findings {
	char *text;
	int n;
};

static void found(struct findings *f, const char *row, const char *what)
{
	f->n++;
	f->text = talloc_asprintf_append(f->text, "%s %s\n", row, what);
	OSMO_ASSERT(f->text);
}

static int prepare(struct store *st, const char *sql, sqlite3_stmt **s)
{
	if (sqlite3_prepare_v2(st->db, sql, -1, s, NULL) == SQLITE_OK)
		return 0;
	return store_failed(st, "check");
}

static int check_rule(struct store *st, const struct rule *rule, struct findings *f)
{
	sqlite3_stmt *s;
	int n = 0, rc;

	if (prepare(st, rule->sql, &s) < 0)
		return -EIO;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		if (++n <= FINDINGS_MAX)
			found(f, column_text(s, 0), rule->what);
	sqlite3_finalize(s);
	if (n > FINDINGS_MAX) {
		f->text = talloc_asprintf_append(f->text, "... and %d more: %s\n", n - FINDINGS_MAX,
						 rule->what);
		f->n += n - FINDINGS_MAX;
	}
	return rc == SQLITE_DONE ? 0 : store_failed(st, "check");
}

/* A damaged file answers with rows of words, or not at all: both are findings. */
static void check_pages(struct store *st, struct findings *f)
{
	sqlite3_stmt *s;
	int rc;

	if (prepare(st, "PRAGMA integrity_check(20)", &s) < 0) {
		found(f, "database", sqlite3_errmsg(st->db));
		return;
	}
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		if (strcmp(column_text(s, 0), "ok") != 0)
			found(f, "database:", column_text(s, 0));
	if (rc != SQLITE_DONE)
		found(f, "database", sqlite3_errmsg(st->db));
	sqlite3_finalize(s);
}

static int check_references(struct store *st, struct findings *f)
{
	sqlite3_stmt *s;
	int rc;

	if (prepare(st, "PRAGMA foreign_key_check", &s) < 0)
		return -EIO;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		char *row = talloc_asprintf(st, "%s %lld", column_text(s, 0),
					    (long long)sqlite3_column_int64(s, 1));
		char *what = talloc_asprintf(row, "refers to a %s that is not there",
					     column_text(s, 2));

		found(f, row, what);
		talloc_free(row);
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : store_failed(st, "check");
}

static int check_digits(struct store *st, struct findings *f)
{
	sqlite3_stmt *s;
	char digits[REPORT_REFERENCE_SIZE];
	int rc;

	if (prepare(st, "SELECT reference FROM report", &s) < 0)
		return -EIO;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		if (report_reference_read(digits, column_text(s, 0)) < 0)
			found(f, column_text(s, 0), "is a reference with a wrong check digit");
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : store_failed(st, "check");
}

/* FTS5 compares its index with the streets only when it is told to, which counts as a write. */
static int check_words(struct store *st, struct findings *f)
{
	static const char sql[] =
		"INSERT INTO street_words (street_words, rank) VALUES ('integrity-check', 1)";

	if (store_begin(st) < 0)
		return -EIO;
	if (sqlite3_exec(st->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		found(f, "street_words", "is not the index of the streets");
	store_undo(st);
	return 0;
}

static int check_rows(struct store *st, struct findings *f)
{
	int rc = check_references(st, f);

	for (size_t i = 0; i < ARRAY_SIZE(rules) && rc == 0; i++)
		rc = check_rule(st, &rules[i], f);
	if (rc == 0)
		rc = check_digits(st, f);
	return rc == 0 ? check_words(st, f) : rc;
}

int store_check(void *ctx, struct store *st, char **findings)
{
	struct findings f = { .text = talloc_strdup(ctx, "") };
	int rc = 0;

	OSMO_ASSERT(f.text);
	check_pages(st, &f);
	store_catch_up(st);
	if (!f.n) /* the rest would only stumble over the same pages */
		rc = check_rows(st, &f);
	*findings = f.text;
	return rc < 0 ? rc : f.n;
}
