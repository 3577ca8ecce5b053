// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/store_open311.h"

#include "store/store_int.h"

int store_open311_add(struct store *st, int64_t report_id, const char *source, const char *key,
		      const char *content, int64_t now_s)
{
	return one_row(STORE_RUN(st, STMT_OPEN311_ADD, V_INT(report_id), V_TEXT(source),
				 V_TEXT(key), V_TEXT(content), V_INT(now_s)));
}

int store_open311_by_key(struct store *st, const char *source, const char *key, int64_t *report_id,
			 char content[STORE_OPEN311_CONTENT_SIZE])
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_OPEN311_BY_KEY, V_TEXT(source), V_TEXT(key));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	*report_id = sqlite3_column_int64(s, 0);
	osmo_strlcpy(content, column_text(s, 1), STORE_OPEN311_CONTENT_SIZE);
	stmt_end(s);
	return 0;
}

int store_open311_same(struct store *st, const char *source, const char *content, int64_t since_s,
		       int64_t *report_id)
{
	return STORE_GET(st, report_id, STMT_OPEN311_SAME, V_TEXT(source), V_TEXT(content),
			 V_INT(since_s));
}

int store_open311_is(struct store *st, int64_t report_id, const char *source)
{
	int64_t found;
	int rc = STORE_GET(st, &found, STMT_OPEN311_IS, V_INT(report_id), V_TEXT(source));

	return rc == -ENOENT ? 0 : rc < 0 ? rc : 1;
}

int store_open311_update_add(struct store *st, const char *source, const char *update_id,
			     int64_t event_id)
{
	return one_row(STORE_RUN(st, STMT_OPEN311_UPDATE_ADD, V_TEXT(source), V_TEXT(update_id),
				 V_INT(event_id)));
}

int store_open311_update(struct store *st, const char *source, const char *update_id,
			 int64_t *event_id)
{
	return STORE_GET(st, event_id, STMT_OPEN311_UPDATE, V_TEXT(source), V_TEXT(update_id));
}

static sqlite3_stmt *bind_reports(struct store *st, const struct store_open311_filter *f)
{
	enum stmt which = f->by_update	? STMT_OPEN311_UPDATED
			  : f->category ? STMT_OPEN311_OF_CATEGORY
					: STMT_OPEN311_CREATED;

	return STORE_BIND(st, which, V_INT(f->from_s), V_INT(f->to_s),
			  V_TEXT(which == STMT_OPEN311_OF_CATEGORY ? f->category : f->codes),
			  V_INT(f->open), V_INT(f->closed), V_INT(f->limit), V_INT(f->offset));
}

static int each_report(struct store *st, sqlite3_stmt *s, store_open311_each *each, void *data)
{
	bool more = true;
	int rc = 0;

	while (more && (rc = stmt_row(st, s)) > 0) {
		void *row = talloc_new(st);
		struct report r;

		store_read_report(row, s, &r);
		more = each(&r, sqlite3_column_int(s, STORE_REPORT_COLUMNS), data);
		talloc_free(row);
	}
	if (!more)
		stmt_end(s);
	return more ? rc : 0;
}

int store_open311_reports(struct store *st, const struct store_open311_filter *f,
			  store_open311_each *each, void *data)
{
	return each_report(st, bind_reports(st, f), each, data);
}

int store_open311_report(struct store *st, const char *reference, store_open311_each *each,
			 void *data)
{
	return each_report(st, STORE_BIND(st, STMT_OPEN311_REPORT, V_TEXT(reference)), each, data);
}

int store_open311_events(struct store *st, int64_t from_s, int64_t to_s, unsigned int limit,
			 unsigned int offset,
			 bool (*each)(const struct report_event *e, const char *reference,
				      bool merged, void *data),
			 void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_OPEN311_EVENTS, V_INT(from_s), V_INT(to_s),
				     V_INT(limit), V_INT(offset));
	bool more = true;
	int rc = 0;

	while (more && (rc = stmt_row(st, s)) > 0) {
		void *row = talloc_new(st);
		struct report_event e;

		store_read_event(row, s, &e);
		more = each(&e, column_text(s, STORE_EVENT_COLUMNS),
			    sqlite3_column_int(s, STORE_EVENT_COLUMNS + 1), data);
		talloc_free(row);
	}
	if (!more)
		stmt_end(s);
	return more ? rc : 0;
}
