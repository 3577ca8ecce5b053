// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_open311_list.c - lists of many reports and events, read in pieces.
 *
 * A list is walked by its key (a time and an id), never by counting: what is filed or changed between two pieces moves
 * no row to where it would be read again.  Of an index BLOCK rows are read at a time; what a filter leaves out is left
 * out here, so that a filter that fits nothing costs no more at a time than one that fits all. */
#include "store/store_open311.h"

#include "store/store_int.h"

#define LANES_MAX 256
#define BLOCK	  32 /* rows of an index that are read at a time */
#define BLOCKS	  16 /* of a piece at most */
#define RECORDS	  32 /* of a piece at most */

/* Of one category, or of all, what comes next: newest first. */
struct lane {
	const char *category; /* NULL: all */
	int64_t time_s[BLOCK], id[BLOCK];
	size_t n, at;
	int64_t read_s, read_id; /* the last row that was looked at */
	bool over;		 /* nothing comes after this block */
};

struct store_open311_reports {
	struct store *st;
	struct store_open311_filter f;
	struct lane *lanes[LANES_MAX]; /* those that are not at their end */
	size_t n;
	unsigned int skip, left;
};

/* ---- lanes ---- */

static enum stmt statement_of(const struct store_open311_filter *f)
{
	if (f->codes)
		return f->by_update ? STMT_OPEN311_LANE_UPDATED
		       : !f->closed ? STMT_OPEN311_LANE_OPEN
				    : STMT_OPEN311_LANE_CREATED;
	if (f->by_update)
		return f->closed ? STMT_OPEN311_UPDATED : STMT_OPEN311_OPEN_UPDATED;
	return f->closed ? STMT_OPEN311_CREATED : STMT_OPEN311_OPEN;
}

static sqlite3_stmt *bind(struct store_open311_reports *r, const struct lane *lane)
{
	enum stmt which = statement_of(&r->f);

	if (!lane->category)
		return STORE_BIND(r->st, which, V_INT(r->f.from_s), V_INT(lane->read_s),
				  V_INT(lane->read_id), V_INT(BLOCK));
	return STORE_BIND(r->st, which, V_INT(r->f.from_s), V_INT(lane->read_s),
			  V_INT(lane->read_id), V_INT(BLOCK), V_TEXT(lane->category));
}

static int fill(struct store_open311_reports *r, struct lane *lane)
{
	sqlite3_stmt *s = bind(r, lane);
	size_t looked = 0;
	int rc;

	lane->n = lane->at = 0;
	for (; (rc = stmt_row(r->st, s)) > 0; looked++) {
		lane->read_s = sqlite3_column_int64(s, 0);
		lane->read_id = sqlite3_column_int64(s, 1);
		if (!(sqlite3_column_int(s, 2) ? r->f.open : r->f.closed))
			continue;
		lane->time_s[lane->n] = lane->read_s;
		lane->id[lane->n++] = lane->read_id;
	}
	lane->over = looked < BLOCK;
	return rc;
}

/* Each lane has a next one, or is gone.  \returns 1; 0 enough has been looked at for now; -EIO */
static int fill_all(struct store_open311_reports *r, unsigned int *blocks)
{
	for (size_t i = r->n; i-- > 0;) {
		struct lane *lane = r->lanes[i];

		for (; lane->at == lane->n && !lane->over; (*blocks)--) {
			if (*blocks == 0)
				return 0;
			if (fill(r, lane) < 0)
				return -EIO;
		}
		if (lane->at == lane->n) {
			r->lanes[i] = r->lanes[--r->n];
			talloc_free(lane);
		}
	}
	return 1;
}

static struct lane *newest(const struct store_open311_reports *r)
{
	struct lane *first = NULL;

	for (size_t i = 0; i < r->n; i++) {
		struct lane *lane = r->lanes[i];

		if (!first || lane->time_s[lane->at] > first->time_s[first->at] ||
		    (lane->time_s[lane->at] == first->time_s[first->at] &&
		     lane->id[lane->at] > first->id[first->at]))
			first = lane;
	}
	return first;
}

static void open_lane(struct store_open311_reports *r, const char *category)
{
	struct lane *lane = talloc_zero(r, struct lane);

	OSMO_ASSERT(lane);
	lane->category = talloc_steal(lane, category);
	lane->read_s = r->f.to_s;
	lane->read_id = INT64_MAX;
	r->lanes[r->n++] = lane;
}

/* A category that is named twice is one. */
static void open_lanes(struct store_open311_reports *r, const char *codes)
{
	for (const char *code = codes + 1; *code && r->n < LANES_MAX;) {
		size_t len = strcspn(code, ","), i = 0;
		char *category = talloc_strndup(r, code, len);

		OSMO_ASSERT(category);
		while (i < r->n && strcmp(r->lanes[i]->category, category) != 0)
			i++;
		if (len > 0 && i == r->n)
			open_lane(r, category);
		else
			talloc_free(category);
		code += len + (code[len] == ',');
	}
}

/* ---- reports ---- */

struct store_open311_reports *store_open311_reports(void *ctx, struct store *st,
						    const struct store_open311_filter *f)
{
	struct store_open311_reports *r = talloc_zero(ctx, struct store_open311_reports);

	OSMO_ASSERT(r);
	r->st = st;
	r->f = *f;
	r->skip = f->offset;
	r->left = f->limit;
	if (f->codes)
		open_lanes(r, f->codes);
	else
		open_lane(r, NULL);
	return r;
}

/* It may have changed since its block was read: then it stands elsewhere, or is not asked for any more. */
static bool still_fits(const struct store_open311_filter *f, const struct report *report,
		       int64_t time_s)
{
	return (report_is_open(report->state) ? f->open : f->closed) &&
	       (f->by_update ? report->updated_s : report->created_s) == time_s;
}

/* \returns 1; 0: each wants no more now; -EIO */
static int give(struct store_open311_reports *r, int64_t time_s, int64_t id,
		store_open311_each *each, void *data)
{
	sqlite3_stmt *s = STORE_BIND(r->st, STMT_OPEN311_BY_ID, V_INT(id));
	int rc = stmt_row(r->st, s);
	bool more = true;
	struct report report;
	void *row;

	if (rc <= 0)
		return rc < 0 ? rc : 1;
	row = talloc_new(r);
	store_read_report(row, s, &report);
	if (still_fits(&r->f, &report, time_s)) {
		more = each(&report, sqlite3_column_int(s, STORE_REPORT_COLUMNS),
			    column_copy(row, s, STORE_REPORT_COLUMNS + 1), data);
		r->left--;
	}
	talloc_free(row);
	stmt_end(s);
	return more;
}

int store_open311_reports_next(struct store_open311_reports *r, store_open311_each *each,
			       void *data)
{
	unsigned int blocks = BLOCKS;
	int rc = 1;

	for (unsigned int n = 0; n < RECORDS && r->left > 0 && rc > 0;) {
		struct lane *lane;
		size_t at;

		rc = fill_all(r, &blocks);
		if (rc <= 0)
			break;
		lane = newest(r);
		if (!lane)
			return 0;
		at = lane->at++;
		if (r->skip > 0) {
			r->skip--;
			continue;
		}
		rc = give(r, lane->time_s[at], lane->id[at], each, data);
		n++;
	}
	return rc < 0 ? rc : r->left > 0;
}

int store_open311_report(struct store *st, const char *reference, store_open311_each *each,
			 void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_OPEN311_REPORT, V_TEXT(reference));
	int rc = stmt_row(st, s);
	struct report report;
	void *row;

	if (rc <= 0)
		return rc;
	row = talloc_new(st);
	store_read_report(row, s, &report);
	each(&report, sqlite3_column_int(s, STORE_REPORT_COLUMNS),
	     column_copy(row, s, STORE_REPORT_COLUMNS + 1), data);
	talloc_free(row);
	stmt_end(s);
	return 0;
}

/* ---- what became of them ---- */

struct store_open311_events {
	struct store *st;
	int64_t read_s, read_id, to_s; /* the last row that was looked at */
	unsigned int skip, left;
};

struct store_open311_events *store_open311_events(void *ctx, struct store *st, int64_t from_s,
						  int64_t to_s, unsigned int limit,
						  unsigned int offset)
{
	struct store_open311_events *l = talloc_zero(ctx, struct store_open311_events);

	OSMO_ASSERT(l);
	l->st = st;
	l->read_s = from_s;
	l->to_s = to_s;
	l->left = limit;
	l->skip = offset;
	return l;
}

/* A row that was looked at.  \returns whether each wants more now */
static bool tell(struct store_open311_events *l, sqlite3_stmt *s, store_open311_each_event *each,
		 void *data)
{
	struct store_open311_event e;
	void *row;
	bool more;

	l->read_id = sqlite3_column_int64(s, 0);
	l->read_s = sqlite3_column_int64(s, STORE_EVENT_COLUMNS - 1);
	if (!sqlite3_column_int(s, STORE_EVENT_COLUMNS + 3))
		return true;
	if (l->skip > 0) {
		l->skip--;
		return true;
	}
	row = talloc_new(l);
	store_read_event(row, s, &e.event);
	e.reference = column_copy(row, s, STORE_EVENT_COLUMNS);
	e.merged = sqlite3_column_int(s, STORE_EVENT_COLUMNS + 1);
	e.media_url = column_copy(row, s, STORE_EVENT_COLUMNS + 2);
	more = each(&e, data);
	talloc_free(row);
	l->left--;
	return more;
}

int store_open311_events_next(struct store_open311_events *l, store_open311_each_event *each,
			      void *data)
{
	sqlite3_stmt *s = STORE_BIND(l->st, STMT_OPEN311_EVENTS, V_INT(l->read_s),
				     V_INT(l->read_id), V_INT(l->to_s), V_INT(BLOCK));
	bool more = true;
	int looked = 0, rc = 0;

	while (more && l->left > 0 && (rc = stmt_row(l->st, s)) > 0) {
		more = tell(l, s, each, data);
		looked++;
	}
	if (rc > 0)
		stmt_end(s);
	return rc < 0 ? rc : l->left > 0 && (rc > 0 || looked == BLOCK);
}
