// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_callout.c - see store_callout.h. */
#include "store/store_callout.h"

#include "store/store_int.h"

static void read_row(void *ctx, sqlite3_stmt *s, struct callout_row *out)
{
	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(s, 0);
	out->notice = sqlite3_column_int(s, 1);
	COLUMN_INTO(out->number, s, 2);
	out->person_id = sqlite3_column_int64(s, 3);
	COLUMN_INTO(out->language, s, 4);
	out->text = column_copy(ctx, s, 5);
	COLUMN_INTO(out->state, s, 6);
	out->due_s = sqlite3_column_int64(s, 7);
	out->since_s = sqlite3_column_int64(s, 8);
	out->tries = sqlite3_column_int64(s, 9);
	COLUMN_INTO(out->line, s, 10);
	COLUMN_INTO(out->cause, s, 11);
	out->created_s = sqlite3_column_int64(s, 12);
	out->ended_s = sqlite3_column_int64(s, 13);
	out->notice_id = sqlite3_column_int64(s, 14);
}

static int the_row(void *ctx, struct store *st, sqlite3_stmt *s, struct callout_row *out)
{
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	read_row(ctx, s, out);
	stmt_end(s);
	return 0;
}

int store_callout_add(struct store *st, struct callout_row *row)
{
	int rc = one_row(
		STORE_RUN(st, STMT_CALLOUT_ADD, V_TEXT(row->notice ? "notice" : "call-back"),
			  V_TEXT(row->number), V_INT(row->person_id),
			  V_TEXT(row->language[0] ? row->language : NULL), V_TEXT(row->text),
			  V_INT(row->due_s), V_INT(row->created_s), V_ID(row->notice_id)));

	if (rc == 0)
		row->id = sqlite3_last_insert_rowid(st->db);
	return rc;
}

int store_callout_get(void *ctx, struct store *st, int64_t id, struct callout_row *out)
{
	return the_row(ctx, st, STORE_BIND(st, STMT_CALLOUT_GET, V_INT(id)), out);
}

int store_callout_due(void *ctx, struct store *st, int64_t now_s, int64_t after_due_s,
		      int64_t after_id, struct callout_row *out)
{
	return the_row(
		ctx, st,
		STORE_BIND(st, STMT_CALLOUT_DUE, V_INT(now_s), V_INT(after_due_s), V_INT(after_id)),
		out);
}

int store_callout_dial(struct store *st, int64_t id, const char *line, int64_t now_s)
{
	return one_row(STORE_RUN(st, STMT_CALLOUT_DIAL, V_TEXT(line), V_INT(now_s), V_INT(id)));
}

int store_callout_again(struct store *st, int64_t id, int64_t due_s, bool counts, const char *cause)
{
	return one_row(STORE_RUN(st, STMT_CALLOUT_AGAIN, V_INT(due_s), V_INT(counts ? 0 : 1),
				 V_TEXT(cause), V_INT(id)));
}

int store_callout_call_ended(struct store *st, int64_t id, const char *cause, int64_t now_s)
{
	int rc = STORE_RUN(st, STMT_CALL_END_TRY, V_INT(now_s), V_TEXT(cause), V_INT(id));

	return rc < 0 ? rc : 0;
}

int store_callout_later(struct store *st, int64_t id, int64_t due_s)
{
	return one_row(STORE_RUN(st, STMT_CALLOUT_LATER, V_INT(due_s), V_INT(id)));
}

int store_callout_end(struct store *st, int64_t id, const char *state, const char *cause,
		      int64_t now_s)
{
	return one_row(STORE_RUN(st, STMT_CALLOUT_END, V_TEXT(state), V_TEXT(cause), V_INT(now_s),
				 V_INT(id)));
}

int store_callout_dialling(void *ctx, struct store *st, int64_t after_id, struct callout_row *out)
{
	return the_row(ctx, st, STORE_BIND(st, STMT_CALLOUT_DIALLING, V_INT(after_id)), out);
}

int store_callout_back(void *ctx, struct store *st, const char *number, struct callout_row *out)
{
	return the_row(ctx, st, STORE_BIND(st, STMT_CALLOUT_BACK, V_TEXT(number)), out);
}

int store_callout_recent(struct store *st, const char *number, int64_t since_s)
{
	int64_t n = 0;
	int rc = STORE_GET(st, &n, STMT_CALLOUT_RECENT, V_TEXT(number), V_INT(since_s));

	return rc < 0 ? rc : (int)n;
}

int store_callout_list(void *ctx, struct store *st, size_t max,
		       bool (*each)(const struct callout_row *row, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_CALLOUT_LIST, V_INT(INT64_MAX), V_INT(max));
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		void *tmp = talloc_new(ctx);
		struct callout_row row;
		bool more;

		read_row(tmp, s, &row);
		more = each(&row, data);
		talloc_free(tmp);
		if (!more) {
			stmt_end(s);
			return 0;
		}
	}
	return rc;
}

int64_t store_callout_waiting(struct store *st)
{
	int64_t n = 0;
	int rc = stmt_get(st, &n, STMT_CALLOUT_WAITING, NULL, 0);

	return rc < 0 ? rc : n;
}

int store_callout_tidy(struct store *st, int64_t before_s, unsigned int max)
{
	return STORE_RUN(st, STMT_CALLOUT_TIDY, V_INT(before_s), V_INT(max));
}
