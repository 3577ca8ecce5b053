// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_report.c - reports: their references, their history, who follows them. */
#include "store/store_int.h"

#include <osmocom/core/logging.h>

#define DIGITS_MIN     7
#define DIGITS_MAX     12
#define COLLISIONS_MAX 8
#define SPACE_OF_MIN \
	900000 /* references of 7 digits: the first is not 0, the last is a check digit */
#define SPACE_USED_SHARE \
	10 /* one in ten in use: longer ones from now on, so that guessing stays vain */

static struct value note_value(const char *note)
{
	return V_TEXT(note && *note ? note : NULL);
}

void store_read_report(void *ctx, sqlite3_stmt *s, struct report *out)
{
	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(s, 0);
	COLUMN_INTO(out->reference, s, 1);
	out->person_id = sqlite3_column_int64(s, 2);
	COLUMN_INTO(out->category, s, 3);
	COLUMN_INTO(out->thing, s, 4);
	out->area_id = sqlite3_column_int64(s, 5);
	out->address_id = sqlite3_column_int64(s, 6);
	out->asset_id = sqlite3_column_int64(s, 7);
	out->area = column_copy(ctx, s, 8);
	out->place = column_copy(ctx, s, 9);
	out->asset_number = column_copy(ctx, s, 10);
	out->located = sqlite3_column_type(s, 11) != SQLITE_NULL;
	out->lat = sqlite3_column_double(s, 11);
	out->lon = sqlite3_column_double(s, 12);
	out->description = column_copy(ctx, s, 13);
	out->urgent = sqlite3_column_int(s, 14);
	if (report_state_read(&out->state, column_text(s, 15)) < 0)
		LOGP(DSTORE, LOGL_ERROR, "report %s has the unknown state %s\n", out->reference,
		     column_text(s, 15));
	out->state_at_s = sqlite3_column_int64(s, 16);
	out->created_s = sqlite3_column_int64(s, 17);
	out->promise_s = sqlite3_column_int64(s, 18);
	out->expected_s = sqlite3_column_int64(s, 19);
	COLUMN_INTO(out->language, s, 20);
	COLUMN_INTO(out->channel, s, 21);
	COLUMN_INTO(out->contractor, s, 22);
	out->contractor_ref = column_copy(ctx, s, 23);
	out->note = column_copy(ctx, s, 24);
	out->merged_into = sqlite3_column_int64(s, 25);
	out->updated_s = sqlite3_column_int64(s, 26);
}

static int one_report(void *ctx, struct store *st, sqlite3_stmt *s, struct report *out)
{
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	store_read_report(ctx, s, out);
	stmt_end(s);
	return 0;
}

int store_reports(void *ctx, struct store *st, sqlite3_stmt *s, struct report *out)
{
	int n = 0, rc;

	while ((rc = stmt_row(st, s)) > 0)
		store_read_report(ctx, s, &out[n++]);
	return rc < 0 ? rc : n;
}

/* ---- filing ---- */

/* Reports are never removed, so the newest id is how many references are in use. */
static int reference_digits(struct store *st)
{
	int64_t used, space = SPACE_OF_MIN;
	int digits = DIGITS_MIN;
	int rc = stmt_get(st, &used, STMT_REPORT_LAST, NULL, 0);

	if (rc < 0)
		return rc;
	for (; digits < DIGITS_MAX && used >= space / SPACE_USED_SHARE; digits++)
		space *= 10;
	return digits;
}

static int insert_report(struct store *st, const struct report *r)
{
	struct value lat = r->located ? V_REAL(r->lat) : V_TEXT(NULL);
	struct value lon = r->located ? V_REAL(r->lon) : V_TEXT(NULL);

	return STORE_RUN(st, STMT_REPORT_ADD, V_TEXT(r->reference), V_ID(r->person_id),
			 V_TEXT(r->category), V_TEXT(r->thing), V_ID(r->area_id),
			 V_ID(r->address_id), V_ID(r->asset_id), V_TEXT(r->place ? r->place : ""),
			 lat, lon, V_TEXT(r->description ? r->description : ""), V_INT(r->urgent),
			 V_TEXT(report_state_name(r->state)),
			 V_INT(r->state_at_s ? r->state_at_s : r->created_s), V_INT(r->created_s),
			 V_INT(r->promise_s), V_ID(r->expected_s), V_TEXT(r->language),
			 V_TEXT(r->channel), V_TEXT(r->contractor), V_TEXT(r->contractor_ref),
			 note_value(r->note));
}

int store_report_add(struct store *st, struct report *r)
{
	int digits = reference_digits(st);
	int rc = digits < 0 ? digits : -EEXIST;

	for (int tries = 1; rc == -EEXIST; tries++) {
		report_reference_make(r->reference, store_random(st), digits);
		rc = insert_report(st, r);
		if (tries % COLLISIONS_MAX == 0 && digits < DIGITS_MAX)
			digits++;
	}
	if (rc < 0)
		return rc;
	r->id = sqlite3_last_insert_rowid(st->db);
	if (!r->state_at_s)
		r->state_at_s = r->created_s;
	return one_row(STORE_RUN(st, STMT_EVENT_ADD, V_INT(r->id), V_INT(r->created_s),
				 V_TEXT(r->person_id ? "resident" : r->channel), V_TEXT(r->channel),
				 V_TEXT(""), V_ID(r->expected_s), V_INT(r->created_s)));
}

/* ---- finding ---- */

int store_report_get(void *ctx, struct store *st, int64_t id, struct report *out)
{
	return one_report(ctx, st, STORE_BIND(st, STMT_REPORT_GET, V_INT(id)), out);
}

int store_report_by_reference(void *ctx, struct store *st, const char *reference,
			      struct report *out)
{
	return one_report(ctx, st, STORE_BIND(st, STMT_REPORT_BY_REFERENCE, V_TEXT(reference)),
			  out);
}

int store_report_by_contractor(void *ctx, struct store *st, const char *contractor,
			       const char *their_ref, struct report *out)
{
	return one_report(
		ctx, st,
		STORE_BIND(st, STMT_REPORT_BY_CONTRACTOR, V_TEXT(contractor), V_TEXT(their_ref)),
		out);
}

int store_report_of_person(void *ctx, struct store *st, int64_t person_id, int64_t since_s,
			   struct report *out, size_t max)
{
	return store_reports(
		ctx, st,
		STORE_BIND(st, STMT_REPORT_OF_PERSON, V_INT(person_id), V_INT(since_s), V_INT(max)),
		out);
}

static struct value any_or(const char *text)
{
	return V_TEXT(text ? text : "");
}

static int reports_within(void *ctx, struct store *st, const struct report_near *near,
			  struct report *out, size_t max)
{
	return store_reports(ctx, st,
			     STORE_BIND(st, STMT_REPORT_NEAR, V_REAL(near->lat), V_REAL(near->lon),
					V_REAL(near->lat_span), V_REAL(near->lon_span),
					any_or(near->thing), any_or(near->category),
					V_INT(near->area_id), any_or(near->contractor), V_INT(max)),
			     out);
}

/* A box holds the circle within it: who is in the circle is nearer than all that is outside the box. */
static bool in_circle(const struct report *r, const struct report_near *near)
{
	double y = (r->lat - near->lat) / near->lat_span;
	double x = (r->lon - near->lon) / near->lon_span;

	return x * x + y * y <= 1;
}

/* In a large city thousands are open within two kilometres: the near ones are looked for in small boxes first. */
int store_report_near(void *ctx, struct store *st, const struct report_near *near,
		      struct report *out, size_t max)
{
	for (double part = 1.0 / 16;; part *= 2) {
		struct report_near box = *near;
		void *found = talloc_new(ctx);
		int n;

		box.lat_span *= part;
		box.lon_span *= part;
		n = reports_within(found, st, &box, out, max);
		if (n < 0 || part >= 1 ||
		    ((size_t)n == max && max > 0 && in_circle(&out[max - 1], &box)))
			return n;
		talloc_free(found);
	}
}

int store_report_on_asset(void *ctx, struct store *st, int64_t asset_id, struct report *out,
			  size_t max)
{
	return store_reports(
		ctx, st, STORE_BIND(st, STMT_REPORT_ON_ASSET, V_INT(asset_id), V_INT(max)), out);
}

int store_report_list(void *ctx, struct store *st, const struct report_filter *f,
		      bool (*each)(const struct report *r, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(
		st, STMT_REPORT_LIST, V_INT(f->before_id ? f->before_id : INT64_MAX),
		V_TEXT(f->state), V_TEXT(f->category), V_TEXT(f->area), V_TEXT(f->contractor),
		V_INT(f->since_s), V_INT(f->open_only), V_INT(f->limit ? (int64_t)f->limit : -1));
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		void *row = talloc_new(ctx);
		struct report r;
		bool more;

		store_read_report(row, s, &r);
		more = each(&r, data);
		talloc_free(row);
		if (!more) {
			stmt_end(s);
			return 0;
		}
	}
	return rc;
}

/* ---- changing ---- */

static int add_event(struct store *st, int64_t id, const struct report_change *c, int64_t *event_id)
{
	int rc = one_row(STORE_RUN(st, STMT_EVENT_ADD, V_INT(id), V_INT(c->at_s), V_TEXT(c->who),
				   V_TEXT(c->channel), V_TEXT(c->note ? c->note : ""),
				   V_ID(c->expected_s), V_INT(c->now_s ? c->now_s : c->at_s)));

	if (rc == 0 && event_id)
		*event_id = sqlite3_last_insert_rowid(st->db);
	return rc;
}

/* The report's own note is what the other side said last; a resident's words are in the history. */
static struct value note_to_show(const struct report_change *c)
{
	return note_value(strcmp(c->who, "resident") == 0 ? NULL : c->note);
}

int store_report_change(struct store *st, int64_t id, const struct report_change *change,
			int64_t *event_id)
{
	int rc = one_row(STORE_RUN(st, STMT_REPORT_CHANGE, V_TEXT(report_state_name(change->state)),
				   V_INT(change->at_s), V_ID(change->expected_s),
				   note_to_show(change), V_INT(id)));

	return rc < 0 ? rc : add_event(st, id, change, event_id);
}

int store_report_note(struct store *st, int64_t id, const struct report_change *change,
		      int64_t *event_id)
{
	int rc = one_row(STORE_RUN(st, STMT_REPORT_NOTE, note_to_show(change), V_INT(id)));

	return rc < 0 ? rc : add_event(st, id, change, event_id);
}

int store_report_assign(struct store *st, int64_t id, const char *contractor, const char *their_ref)
{
	return one_row(STORE_RUN(st, STMT_REPORT_ASSIGN, V_TEXT(contractor), V_TEXT(their_ref),
				 V_INT(id)));
}

int store_report_warned(struct store *st, int64_t id, int64_t promised_s, int64_t next_due_s)
{
	return one_row(
		STORE_RUN(st, STMT_REPORT_WARNED, V_INT(promised_s), V_ID(next_due_s), V_INT(id)));
}

int store_report_warn_due(void *ctx, struct store *st, int64_t now_s, struct report *out)
{
	return one_report(ctx, st, STORE_BIND(st, STMT_REPORT_WARN_DUE, V_INT(now_s)), out);
}

/* ---- history ---- */

void store_read_event(void *ctx, sqlite3_stmt *s, struct report_event *out)
{
	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(s, 0);
	out->report_id = sqlite3_column_int64(s, 1);
	out->at_s = sqlite3_column_int64(s, 2);
	out->expected_s = sqlite3_column_int64(s, 3);
	if (report_state_read(&out->state, column_text(s, 4)) < 0)
		LOGP(DSTORE, LOGL_ERROR, "event %lld has the unknown state %s\n",
		     (long long)out->id, column_text(s, 4));
	out->who = column_copy(ctx, s, 5);
	out->channel = column_copy(ctx, s, 6);
	out->note = column_copy(ctx, s, 7);
	out->written_s = sqlite3_column_int64(s, 8);
}

int store_event_get(void *ctx, struct store *st, int64_t id, struct report_event *out)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_EVENT_GET, V_INT(id));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	store_read_event(ctx, s, out);
	stmt_end(s);
	return 0;
}

int store_event_list(struct store *st, int64_t report_id,
		     bool (*each)(const struct report_event *e, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_EVENT_LIST, V_INT(report_id));
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		void *row = talloc_new(st);
		struct report_event e;
		bool more;

		store_read_event(row, s, &e);
		more = each(&e, data);
		talloc_free(row);
		if (!more) {
			stmt_end(s);
			return 0;
		}
	}
	return rc;
}

/* ---- followers ---- */

int store_follow(struct store *st, int64_t report_id, int64_t person_id, int64_t now_s)
{
	int rc = STORE_RUN(st, STMT_FOLLOW, V_INT(report_id), V_INT(person_id), V_INT(now_s));

	return rc < 0 ? rc : 0;
}

int store_followers(struct store *st, int64_t report_id, int64_t *person_ids, size_t max)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_FOLLOWERS, V_INT(report_id), V_INT(max));
	int n = 0, rc;

	while ((rc = stmt_row(st, s)) > 0)
		person_ids[n++] = sqlite3_column_int64(s, 0);
	return rc < 0 ? rc : n;
}
