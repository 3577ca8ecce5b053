// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_dossier.c - see store_dossier.h */
#include "store/store_dossier.h"

#include "store/store_int.h"

static int each_text(struct store *st, sqlite3_stmt *s, bool out,
		     bool (*each)(const struct dossier_text *text, void *data), void *data)
{
	int rc, count = 0;

	while ((rc = stmt_row(st, s)) > 0) {
		struct dossier_text text = {
			.at_s = sqlite3_column_int64(s, 0),
			.out = out,
			.text = column_text(s, 1),
			.state = column_text(s, 2),
		};

		count++;
		if (!each(&text, data)) {
			stmt_end(s);
			break;
		}
	}
	return rc < 0 ? rc : count;
}

int store_dossier_texts(struct store *st, const char *number, size_t max,
			bool (*each)(const struct dossier_text *text, void *data), void *data)
{
	int sent, heard = each_text(st,
				    STORE_BIND(st, STMT_DOSSIER_HEARD, V_TEXT(number), V_INT(max)),
				    false, each, data);

	if (heard < 0)
		return heard;
	sent = each_text(st, STORE_BIND(st, STMT_DOSSIER_SENT, V_TEXT(number), V_INT(max)), true,
			 each, data);
	return sent < 0 ? sent : heard + sent;
}

int store_dossier_text_counts(struct store *st, const char *number, int64_t *heard, int64_t *sent)
{
	int rc = STORE_GET(st, heard, STMT_DOSSIER_HEARD_COUNT, V_TEXT(number));

	return rc < 0 ? rc : STORE_GET(st, sent, STMT_DOSSIER_SENT_COUNT, V_TEXT(number));
}

int store_dossier_calls(struct store *st, int64_t person_id, size_t max,
			bool (*each)(const struct call_row *call, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_DOSSIER_CALLS, V_INT(person_id), V_INT(max));
	struct call_row call;
	int rc, count = 0;

	while ((rc = stmt_row(st, s)) > 0) {
		store_read_call(s, &call);
		count++;
		if (!each(&call, data)) {
			stmt_end(s);
			break;
		}
	}
	return rc < 0 ? rc : count;
}

int store_dossier_recordings(void *ctx, struct store *st, int64_t person_id,
			     bool (*each)(const struct recording *rec, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_DOSSIER_RECORDINGS, V_INT(person_id));
	int rc, count = 0;

	while ((rc = stmt_row(st, s)) > 0) {
		struct recording rec = {
			.id = sqlite3_column_int64(s, 0),
			.report_id = sqlite3_column_int64(s, 1),
			.path = column_copy(ctx, s, 2),
			.seconds = sqlite3_column_double(s, 3),
			.at_s = sqlite3_column_int64(s, 4),
			.person_id = person_id,
		};

		count++;
		if (!each(&rec, data)) {
			stmt_end(s);
			break;
		}
	}
	return rc < 0 ? rc : count;
}

int store_dossier_lists(struct store *st, int64_t person_id,
			bool (*each)(const char *list, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_DOSSIER_LISTS, V_INT(person_id));
	int rc, count = 0;

	while ((rc = stmt_row(st, s)) > 0) {
		count++;
		if (!each(column_text(s, 0), data)) {
			stmt_end(s);
			break;
		}
	}
	return rc < 0 ? rc : count;
}

char *store_dossier_why(void *ctx, struct store *st, int64_t person_id)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_DOSSIER_WHY, V_INT(person_id));
	char *why;

	if (stmt_row(st, s) <= 0)
		return NULL;
	why = column_copy(ctx, s, 0);
	stmt_end(s);
	return why;
}

int store_dossier_rows(struct store *st, enum dossier_kind kind, int64_t person_id,
		       const char *number, size_t max,
		       bool (*each)(const struct dossier_row *row, void *data), void *data)
{
	static const enum stmt which[DOSSIER_KINDS] = {
		[DOSSIER_CALLOUTS] = STMT_DOSSIER_CALLOUTS,
		[DOSSIER_NOTICES] = STMT_DOSSIER_NOTICES,
		[DOSSIER_CARDS] = STMT_DOSSIER_CARDS,
		[DOSSIER_DIALOGUE] = STMT_DOSSIER_DIALOGUE,
	};
	sqlite3_stmt *s = STORE_BIND(st, which[kind], V_INT(person_id), V_TEXT(number), V_INT(max));
	int rc, count = 0;

	while ((rc = stmt_row(st, s)) > 0) {
		struct dossier_row row = {
			.name = column_text(s, 0),
			.text = column_text(s, 1),
			.state = column_text(s, 2),
			.at_s = sqlite3_column_int64(s, 3),
		};

		count++;
		if (!each(&row, data)) {
			stmt_end(s);
			break;
		}
	}
	return rc < 0 ? rc : count;
}

/* ---- forget ---- */

static int is_calling(struct store *st, int64_t person_id)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_FORGET_CALLING, V_INT(person_id));
	int rc = stmt_row(st, s);

	if (rc > 0)
		stmt_end(s);
	return rc;
}

/* Those of a person's number. Rows that others count or wait for stay, with nothing in them. */
static int forget_number(struct store *st, const char *number, int64_t now_s)
{
	static const enum stmt which[] = {
		STMT_FORGET_HEARD,	STMT_FORGET_HEARD_PARTS, STMT_FORGET_EARLY,
		STMT_FORGET_SUBSCRIBER, STMT_FORGET_CLAIMS,	 STMT_FORGET_CLAIM,
		STMT_FORGET_CODES,	STMT_FORGET_SENT_PARTS,	 STMT_FORGET_RECIPIENT_NUMBER,
	};
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < ARRAY_SIZE(which); i++)
		rc = STORE_RUN(st, which[i], V_TEXT(number));
	return rc < 0 ? rc : STORE_RUN(st, STMT_FORGET_SENT, V_TEXT(number), V_INT(now_s));
}

/* In this order: a row goes after those that name it. */
static int forget_person(struct store *st, int64_t person_id)
{
	static const enum stmt which[] = {
		STMT_FORGET_RECIPIENT,	   STMT_FORGET_REPORTS,	   STMT_FORGET_FOLLOWS,
		STMT_FORGET_DIALOGUE,	   STMT_FORGET_RECORDINGS, STMT_FORGET_CALLS,
		STMT_FORGET_TRIES,	   STMT_FORGET_CALLOUTS,   STMT_FORGET_SUBSCRIPTIONS,
		STMT_FORGET_STOPPED_LISTS, STMT_FORGET_PERSON,
	};
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < ARRAY_SIZE(which); i++)
		rc = STORE_RUN(st, which[i], V_INT(person_id));
	return rc;
}

int store_dossier_forget(struct store *st, int64_t person_id, const char *number, const char *who,
			 const char *channel, int64_t now_s)
{
	int rc = is_calling(st, person_id);

	if (rc != 0)
		return rc < 0 ? rc : -EBUSY;
	rc = STORE_RUN(st, STMT_FORGET_CALLOUTS_END, V_INT(person_id), V_INT(now_s));
	if (rc >= 0)
		rc = STORE_RUN(st, STMT_FORGET_NOTE, V_INT(person_id), V_INT(now_s), V_TEXT(who),
			       V_TEXT(channel));
	if (rc >= 0)
		rc = forget_number(st, number, now_s);
	if (rc >= 0)
		rc = forget_person(st, person_id);
	if (rc < 0)
		return rc;
	store_cut_log(st);
	return 0;
}
