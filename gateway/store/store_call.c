// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_call.c - calls, and what was recorded in them. */
#include "store/store_int.h"

#define FOR_CITY_MAX 1000 /* of the list of messages for the city */

void store_read_call(sqlite3_stmt *s, struct call_row *out)
{
	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(s, 0);
	COLUMN_INTO(out->line, s, 1);
	COLUMN_INTO(out->number, s, 2);
	out->person_id = sqlite3_column_int64(s, 3);
	out->outgoing = sqlite3_column_int(s, 4);
	out->began_s = sqlite3_column_int64(s, 5);
	out->answered_s = sqlite3_column_int64(s, 6);
	out->ended_s = sqlite3_column_int64(s, 7);
	COLUMN_INTO(out->cause, s, 8);
	COLUMN_INTO(out->node, s, 9);
	out->keys = sqlite3_column_int64(s, 10);
	out->again = sqlite3_column_int64(s, 11);
	out->report_id = sqlite3_column_int64(s, 12);
	out->callout_id = sqlite3_column_int64(s, 13);
	out->caller_id = sqlite3_column_int64(s, 14);
}

int store_call_add(struct store *st, struct call_row *call)
{
	int rc = one_row(STORE_RUN(st, STMT_CALL_ADD, V_TEXT(call->line),
				   V_TEXT(call->number[0] ? call->number : NULL),
				   V_ID(call->person_id), V_INT(call->outgoing),
				   V_INT(call->began_s), V_ID(call->answered_s),
				   V_ID(call->callout_id), V_ID(call->caller_id)));

	if (rc == 0)
		call->id = sqlite3_last_insert_rowid(st->db);
	return rc;
}

int store_call_turn(struct store *st, const struct call_row *call)
{
	return one_row(STORE_RUN(st, STMT_CALL_TURN, V_TEXT(call->node), V_INT(call->keys),
				 V_INT(call->again), V_ID(call->person_id), V_ID(call->report_id),
				 V_ID(call->answered_s), V_INT(call->id)));
}

int store_call_end(struct store *st, int64_t id, const char *cause, int64_t now_s)
{
	return one_row(STORE_RUN(st, STMT_CALL_END, V_INT(now_s), V_TEXT(cause), V_INT(id)));
}

int store_call_open(struct store *st, int64_t after, struct call_row *out)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_CALL_OPEN, V_INT(after));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	store_read_call(s, out);
	stmt_end(s);
	return 0;
}

int store_call_list(struct store *st, size_t max,
		    bool (*each)(const struct call_row *call, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_CALL_LIST, V_INT(INT64_MAX), V_INT(max));
	struct call_row call;
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		store_read_call(s, &call);
		if (!each(&call, data)) {
			stmt_end(s);
			return 0;
		}
	}
	return rc;
}

int store_call_tidy(struct store *st, int64_t before_s, unsigned int max)
{
	return STORE_RUN(st, STMT_CALL_TIDY, V_INT(before_s), V_INT(max));
}

int store_report_newest(struct store *st, int64_t person_id, int64_t *id)
{
	return STORE_GET(st, id, STMT_REPORT_NEWEST, V_ID(person_id));
}

/* ---- recordings ---- */

static void read_recording(void *ctx, sqlite3_stmt *s, struct recording *out)
{
	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(s, 0);
	out->call_id = sqlite3_column_int64(s, 1);
	out->person_id = sqlite3_column_int64(s, 2);
	out->report_id = sqlite3_column_int64(s, 3);
	out->for_city = sqlite3_column_int(s, 4);
	out->path = column_copy(ctx, s, 5);
	out->seconds = sqlite3_column_double(s, 6);
	out->at_s = sqlite3_column_int64(s, 7);
	out->done = sqlite3_column_int(s, 8);
	out->erase_s = sqlite3_column_int64(s, 9);
}

static int one_recording(void *ctx, struct store *st, sqlite3_stmt *s, struct recording *out)
{
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	read_recording(ctx, s, out);
	stmt_end(s);
	return 0;
}

int store_recording_add(void *ctx, struct store *st, const char *folder, struct recording *rec)
{
	int rc = one_row(STORE_RUN(st, STMT_RECORDING_ADD, V_INT(rec->call_id),
				   V_ID(rec->person_id), V_INT(rec->for_city), V_INT(rec->at_s),
				   V_INT(rec->erase_s)));

	if (rc < 0)
		return rc;
	rec->id = sqlite3_last_insert_rowid(st->db);
	rec->path = talloc_asprintf(ctx, "%s/%lld.opus", folder, (long long)rec->id);
	OSMO_ASSERT(rec->path);
	return one_row(STORE_RUN(st, STMT_RECORDING_PATH, V_TEXT(rec->path), V_INT(rec->id)));
}

int store_recording_done(struct store *st, int64_t id, double seconds)
{
	return one_row(STORE_RUN(st, STMT_RECORDING_DONE, V_REAL(seconds), V_INT(id)));
}

int store_recording_link(struct store *st, int64_t id, int64_t person_id, int64_t report_id)
{
	return one_row(
		STORE_RUN(st, STMT_RECORDING_LINK, V_INT(report_id), V_INT(id), V_ID(person_id)));
}

int store_recording_keep(struct store *st, int64_t id, double seconds)
{
	return one_row(STORE_RUN(st, STMT_RECORDING_KEEP, V_REAL(seconds), V_INT(id)));
}

int store_recording_get(void *ctx, struct store *st, int64_t id, struct recording *out)
{
	return one_recording(ctx, st, STORE_BIND(st, STMT_RECORDING_GET, V_INT(id)), out);
}

int store_recording_next(void *ctx, struct store *st, int64_t after, struct recording *out)
{
	return one_recording(ctx, st, STORE_BIND(st, STMT_RECORDING_NEXT, V_INT(after)), out);
}

int store_recording_due(void *ctx, struct store *st, int64_t now_s, struct recording *out)
{
	return one_recording(ctx, st, STORE_BIND(st, STMT_RECORDING_DUE, V_INT(now_s)), out);
}

int store_recording_later(struct store *st, int64_t id, int64_t erase_s)
{
	return one_row(STORE_RUN(st, STMT_RECORDING_LATER, V_INT(erase_s), V_INT(id)));
}

int store_recording_drop(struct store *st, int64_t id)
{
	return one_row(STORE_RUN(st, STMT_RECORDING_DROP, V_INT(id)));
}

int store_recording_list(void *ctx, struct store *st, int64_t report_id,
			 bool (*each)(const struct recording *rec, void *data), void *data)
{
	sqlite3_stmt *s = report_id ? STORE_BIND(st, STMT_RECORDING_OF_REPORT, V_INT(report_id))
				    : STORE_BIND(st, STMT_RECORDING_FOR_CITY, V_INT(FOR_CITY_MAX));
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		void *row = talloc_new(ctx);
		struct recording rec;
		bool more;

		read_recording(row, s, &rec);
		more = each(&rec, data);
		talloc_free(row);
		if (!more) {
			stmt_end(s);
			return 0;
		}
	}
	return rc;
}
