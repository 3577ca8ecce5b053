// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/store_open311.h"

#include "store/store_int.h"

int store_open311_add(struct store *st, int64_t report_id, const char *source, const char *key,
		      const char *content, const char *media_url, int64_t now_s)
{
	return one_row(STORE_RUN(st, STMT_OPEN311_ADD, V_INT(report_id), V_TEXT(source),
				 V_TEXT(key), V_TEXT(content), V_TEXT(media_url), V_INT(now_s)));
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
			     int64_t event_id, const char *media_url)
{
	return one_row(STORE_RUN(st, STMT_OPEN311_UPDATE_ADD, V_TEXT(source), V_TEXT(update_id),
				 V_INT(event_id), V_TEXT(media_url)));
}

int store_open311_update(struct store *st, const char *source, const char *update_id,
			 int64_t *event_id)
{
	return STORE_GET(st, event_id, STMT_OPEN311_UPDATE, V_TEXT(source), V_TEXT(update_id));
}

static int each_report(struct store *st, sqlite3_stmt *s, store_open311_each *each, void *data)
{
	bool more = true;
	int rc = 0;

	while (more && (rc = stmt_row(st, s)) > 0) {
		void *row = talloc_new(st);
		struct report r;

		store_read_report(row, s, &r);
		more = each(&r, sqlite3_column_int(s, STORE_REPORT_COLUMNS),
			    column_copy(row, s, STORE_REPORT_COLUMNS + 1), data);
		talloc_free(row);
	}
	if (!more)
		stmt_end(s);
	return more ? rc : 0;
}

/* ---- of some categories: the newest of each, merged ---- */

#define LANES_MAX  256
#define LANE_BLOCK 64 /* ids that are read at a time */

struct lane {
	const char *category;
	int64_t time_s[LANE_BLOCK], id[LANE_BLOCK];
	size_t n, at;
	bool last; /* nothing comes after this block */
};

struct lanes {
	struct store *st;
	const struct store_open311_filter *f;
	struct lane *at[LANES_MAX];
	size_t n;
};

static int fill(struct lanes *ls, struct lane *lane)
{
	const struct store_open311_filter *f = ls->f;
	enum stmt which = f->by_update ? STMT_OPEN311_LANE_UPDATED
			  : !f->closed ? STMT_OPEN311_LANE_OPEN
				       : STMT_OPEN311_LANE_CREATED;
	int64_t time_s = lane->n ? lane->time_s[lane->n - 1] : f->to_s;
	int64_t id = lane->n ? lane->id[lane->n - 1] : INT64_MAX;
	struct store *st = ls->st;
	sqlite3_stmt *s = STORE_BIND(st, which, V_TEXT(lane->category), V_INT(f->from_s),
				     V_INT(time_s), V_INT(id), V_INT(f->open), V_INT(f->closed),
				     V_INT(LANE_BLOCK));
	int rc;

	lane->n = lane->at = 0;
	while ((rc = stmt_row(st, s)) > 0) {
		lane->time_s[lane->n] = sqlite3_column_int64(s, 0);
		lane->id[lane->n++] = sqlite3_column_int64(s, 1);
	}
	lane->last = lane->n < LANE_BLOCK;
	return rc;
}

/* A category that is named twice is one. */
static int open_lanes(struct lanes *ls, const char *codes)
{
	int rc = 0;

	for (const char *code = codes + 1; *code && ls->n < LANES_MAX && rc == 0;) {
		size_t len = strcspn(code, ","), i = 0;
		char *category = talloc_strndup(ls, code, len);

		while (i < ls->n && strcmp(ls->at[i]->category, category) != 0)
			i++;
		if (len > 0 && i == ls->n) {
			ls->at[i] = talloc_zero(ls, struct lane);
			OSMO_ASSERT(ls->at[i]);
			ls->at[i]->category = category;
			rc = fill(ls, ls->at[ls->n++]);
		}
		code += len + (code[len] == ',');
	}
	return rc;
}

/* \returns 1 with the next id; 0 at the end; -EIO */
static int next_of(struct lanes *ls, int64_t *id)
{
	struct lane *first = NULL;

	for (size_t i = 0; i < ls->n; i++) {
		struct lane *lane = ls->at[i];

		if (lane->at == lane->n)
			continue;
		if (!first || lane->time_s[lane->at] > first->time_s[first->at] ||
		    (lane->time_s[lane->at] == first->time_s[first->at] &&
		     lane->id[lane->at] > first->id[first->at]))
			first = lane;
	}
	if (!first)
		return 0;
	*id = first->id[first->at++];
	if (first->at == first->n && !first->last && fill(ls, first) < 0)
		return -EIO;
	return 1;
}

/* So many categories, so many blocks: what else was filed in that time is not looked at. */
static int of_categories(struct store *st, const struct store_open311_filter *f,
			 store_open311_each *each, void *data)
{
	struct lanes *ls = talloc_zero(st, struct lanes);
	int64_t id;
	int rc;

	OSMO_ASSERT(ls);
	ls->st = st;
	ls->f = f;
	rc = open_lanes(ls, f->codes);
	for (uint64_t i = 0; rc == 0 && i < (uint64_t)f->offset + f->limit; i++) {
		rc = next_of(ls, &id);
		if (rc <= 0)
			break;
		rc = i < f->offset ? 0
				   : each_report(st, STORE_BIND(st, STMT_OPEN311_BY_ID, V_INT(id)),
						 each, data);
	}
	talloc_free(ls);
	return rc;
}

int store_open311_reports(struct store *st, const struct store_open311_filter *f,
			  store_open311_each *each, void *data)
{
	enum stmt which = f->by_update ? STMT_OPEN311_UPDATED
			  : !f->closed ? STMT_OPEN311_OPEN
				       : STMT_OPEN311_CREATED;

	if (f->codes)
		return of_categories(st, f, each, data);
	return each_report(st,
			   STORE_BIND(st, which, V_INT(f->from_s), V_INT(f->to_s), V_INT(f->open),
				      V_INT(f->closed), V_INT(f->limit), V_INT(f->offset)),
			   each, data);
}

int store_open311_report(struct store *st, const char *reference, store_open311_each *each,
			 void *data)
{
	return each_report(st, STORE_BIND(st, STMT_OPEN311_REPORT, V_TEXT(reference)), each, data);
}

int store_open311_events(struct store *st, int64_t from_s, int64_t to_s, unsigned int limit,
			 unsigned int offset,
			 bool (*each)(const struct store_open311_event *e, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_OPEN311_EVENTS, V_INT(from_s), V_INT(to_s),
				     V_INT(limit), V_INT(offset));
	bool more = true;
	int rc = 0;

	while (more && (rc = stmt_row(st, s)) > 0) {
		void *row = talloc_new(st);
		struct store_open311_event e;

		store_read_event(row, s, &e.event);
		e.reference = column_copy(row, s, STORE_EVENT_COLUMNS);
		e.merged = sqlite3_column_int(s, STORE_EVENT_COLUMNS + 1);
		e.media_url = column_copy(row, s, STORE_EVENT_COLUMNS + 2);
		more = each(&e, data);
		talloc_free(row);
	}
	if (!more)
		stmt_end(s);
	return more ? rc : 0;
}
