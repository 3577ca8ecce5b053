// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_forward.c - what contractors must hear, in order, and what was heard of them.
 *
 * Rows of one report go out to one contractor in the order they were made: a row is "behind" until those before
 * it are done.  So neither finding what is due nor the moment of it looks at what cannot go.
 */
#include "store/store_int.h"

#include <inttypes.h>
#include <stdio.h>

static void read_forward(void *ctx, sqlite3_stmt *s, struct forward *out)
{
	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(s, 0);
	out->report_id = sqlite3_column_int64(s, 1);
	out->event_id = sqlite3_column_int64(s, 2);
	COLUMN_INTO(out->contractor, s, 3);
	COLUMN_INTO(out->key, s, 4);
	out->tries = sqlite3_column_int(s, 5);
	out->rung = sqlite3_column_int(s, 6);
	out->due_s = sqlite3_column_int64(s, 7);
	out->created_s = sqlite3_column_int64(s, 8);
	out->error = column_copy(ctx, s, 9);
	out->withdraws = sqlite3_column_int(s, 11);
	out->their_ref = column_copy(ctx, s, 12);
}

static int one_forward(void *ctx, struct store *st, sqlite3_stmt *s, struct forward *out)
{
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	read_forward(ctx, s, out);
	stmt_end(s);
	return 0;
}

int store_forward_add(struct store *st, int64_t report_id, int64_t event_id, const char *contractor,
		      int64_t now_s, int64_t *id)
{
	char key[33];
	int rc;

	snprintf(key, sizeof(key), "%016" PRIx64 "%016" PRIx64, store_random(st), store_random(st));
	rc = one_row(STORE_RUN(st, STMT_FORWARD_ADD, V_INT(report_id), V_ID(event_id),
			       V_TEXT(contractor), V_TEXT(key), V_INT(now_s)));
	if (rc == 0 && id)
		*id = sqlite3_last_insert_rowid(st->db);
	return rc;
}

int store_forward_due(void *ctx, struct store *st, const char *contractor, int64_t now_s,
		      struct forward *out)
{
	return one_forward(ctx, st,
			   STORE_BIND(st, STMT_FORWARD_DUE, V_TEXT(contractor), V_INT(now_s)), out);
}

int store_forward_get(void *ctx, struct store *st, int64_t id, struct forward *out)
{
	return one_forward(ctx, st, STORE_BIND(st, STMT_FORWARD_GET, V_INT(id)), out);
}

char *store_forward_order_key(void *ctx, struct store *st, int64_t report_id,
			      const char *contractor)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_FORWARD_ORDER_KEY, V_INT(report_id),
				     V_TEXT(contractor));
	char *key;

	if (stmt_row(st, s) <= 0)
		return NULL;
	key = column_copy(ctx, s, 0);
	stmt_end(s);
	return key;
}

int store_forward_done(struct store *st, int64_t id, int64_t now_s)
{
	int rc = one_row(STORE_RUN(st, STMT_FORWARD_DONE, V_INT(now_s), V_INT(id)));

	if (rc < 0)
		return rc;
	rc = STORE_RUN(st, STMT_FORWARD_NEXT, V_INT(now_s), V_INT(id));
	return rc < 0 ? rc : 0;
}

int store_forward_retry(struct store *st, int64_t id, int64_t due_s, unsigned int rung,
			const char *error)
{
	return one_row(STORE_RUN(st, STMT_FORWARD_RETRY, V_INT(due_s), V_INT(rung), V_TEXT(error),
				 V_INT(id)));
}

int store_forward_stuck(struct store *st, int64_t id, const char *error)
{
	return one_row(STORE_RUN(st, STMT_FORWARD_STUCK, V_TEXT(error), V_INT(id)));
}

int store_forward_again(struct store *st, const char *contractor, int64_t now_s)
{
	return STORE_RUN(st, STMT_FORWARD_AGAIN, V_INT(now_s), V_TEXT(contractor));
}

int store_forward_route(struct store *st, int64_t report_id, const char *contractor)
{
	int rc = STORE_RUN(st, STMT_FORWARD_ROUTE, V_TEXT(contractor), V_INT(report_id));

	return rc < 0 ? rc : 0;
}

typedef bool forward_each(const struct forward *f, const char *state, void *data);

static int list_forwards(void *ctx, struct store *st, sqlite3_stmt *s, forward_each *each,
			 void *data)
{
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		void *row = talloc_new(ctx);
		struct forward f;
		bool more;

		read_forward(row, s, &f);
		more = each(&f, column_text(s, 10), data);
		talloc_free(row);
		if (!more) {
			stmt_end(s);
			return 0;
		}
	}
	return rc;
}

int store_forward_list(void *ctx, struct store *st, int64_t report_id, forward_each *each,
		       void *data)
{
	sqlite3_stmt *s = report_id ? STORE_BIND(st, STMT_FORWARD_OF_REPORT, V_INT(report_id))
				    : stmt_bind(st, STMT_FORWARD_OPEN, NULL, 0);

	return list_forwards(ctx, st, s, each, data);
}

int store_forward_of_contractor(void *ctx, struct store *st, const char *contractor, size_t max,
				forward_each *each, void *data)
{
	return list_forwards(
		ctx, st, STORE_BIND(st, STMT_FORWARD_OF_CONTRACTOR, V_TEXT(contractor), V_INT(max)),
		each, data);
}

int store_forward_counts(struct store *st, const char *contractor, struct forward_counts *out)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_FORWARD_COUNTS, V_TEXT(contractor));
	int rc = stmt_row(st, s);

	memset(out, 0, sizeof(*out));
	if (rc <= 0)
		return rc;
	out->due = sqlite3_column_int64(s, 0);
	out->stuck = sqlite3_column_int64(s, 1);
	out->oldest_s = sqlite3_column_int64(s, 2);
	stmt_end(s);
	return 0;
}

/* ---- asking and hearing ---- */

int store_poll_get(struct store *st, const char *contractor, int64_t *due_s, int64_t *seen_until_s,
		   unsigned int *failures)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_POLL_GET, V_TEXT(contractor));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	*due_s = sqlite3_column_int64(s, 0);
	*seen_until_s = sqlite3_column_int64(s, 1);
	*failures = sqlite3_column_int(s, 2);
	stmt_end(s);
	return 0;
}

int store_poll_put(struct store *st, const char *contractor, int64_t due_s, int64_t seen_until_s,
		   unsigned int failures)
{
	return one_row(STORE_RUN(st, STMT_POLL_PUT, V_TEXT(contractor), V_INT(due_s),
				 V_INT(seen_until_s), V_INT(failures)));
}

int store_update_known(struct store *st, const char *who, const char *key)
{
	int64_t known;
	int rc = STORE_GET(st, &known, STMT_UPDATE_KNOWN, V_TEXT(who), V_TEXT(key));

	return rc == -ENOENT ? 0 : rc < 0 ? rc : 1;
}

int store_update_seen(struct store *st, const char *contractor, const char *key, int64_t now_s)
{
	int rc = STORE_RUN(st, STMT_UPDATE_SEEN, V_TEXT(contractor), V_TEXT(key), V_INT(now_s));

	return rc < 0 ? rc : 0;
}

int store_poll_open_refs(void *ctx, struct store *st, const char *contractor, char **refs,
			 size_t max)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_POLL_OPEN_REFS, V_TEXT(contractor), V_INT(max));
	int n = 0, rc;

	while ((rc = stmt_row(st, s)) > 0)
		refs[n++] = column_copy(ctx, s, 0);
	return rc < 0 ? rc : n;
}
