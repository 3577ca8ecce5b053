// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_open311_list.c - reports and what became of them, as our Open311 address tells them to anyone.
 *
 * A list may hold a thousand records, and no key is needed to ask for one.  So it is made in pieces, one piece of one list
 * at each turn of the loop, whoever waits longest first; a piece is made when the one before has been taken, so that a list
 * takes the memory of a piece.  One that fits in a piece is answered as a whole.  If the database fails within a list its
 * connection is cut: what came is no whole list, as JSON and as XML, and by HTTP. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "log.h"
#include "talk/dialogue.h"
#include "web/web_open311_int.h"
#include "wire/open311.h"
#include "wire/rfc3339.h"

#define BLOCK	     4096
#define PIECE_OCTETS 16384 /* a piece is over with the record that makes it longer */
#define PIECE_REFS   32	   /* reports by their number in a piece */

struct listing {
	struct llist_head entry; /* of those that wait */
	struct web_open311 *o;
	struct MHD_Connection *conn;
	struct web_req *req; /* until there is a first piece */
	struct open311_query query;
	struct open311_list list;
	int (*next)(struct listing *l);	       /* \returns 1 there may be more; 0; -EIO */
	struct store_open311_reports *reports; /* or */
	struct store_open311_events *events;   /* or */
	size_t ref;			       /* the next one that was named */
	char *piece;
	size_t pos; /* in the piece */
	bool waits, suspended, over, failed;
};

/* ---- records ---- */

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

/* The standard has one picture; the others of a request stand in its description. */
static json_t *first_line(const char *text)
{
	return json_stringn(text, strcspn(text, "\n"));
}

static json_t *time_or_null(int64_t at_s)
{
	char text[RFC3339_SIZE];

	return at_s ? json_string(rfc3339_write(text, at_s, 0)) : json_null();
}

static json_t *status_json(enum report_state state, bool merged)
{
	return json_string(merged ? "DUPLICATE" : open311_status_of(report_state_name(state)));
}

static json_t *request_json(struct web *web, const struct report *r, bool open311,
			    const char *media_url)
{
	const struct talk *talk = *web->user.talk;
	enum report_state state = r->state;
	json_t *json = json_object();
	char *told = open311 && r->description ? open311_public(web, r->description) : NULL;
	char *note = r->note ? open311_public(web, r->note) : NULL;

	json_object_set_new(json, "service_request_id", json_string(r->reference));
	json_object_set_new(json, "status", json_string(report_is_open(state) ? "open" : "closed"));
	json_object_set_new(json, "extended_status", status_json(state, r->merged_into != 0));
	json_object_set_new(json, "status_notes", text_or_null(note));
	json_object_set_new(
		json, "service_name",
		json_string(category_name(talk->categories, r->category, talk->languages[0])));
	json_object_set_new(json, "service_code", json_string(r->category));
	json_object_set_new(json, "description", text_or_null(told));
	json_object_set_new(json, "agency_responsible", text_or_null(talk->city));
	json_object_set_new(json, "service_notice", json_null());
	json_object_set_new(json, "requested_datetime", time_or_null(r->created_s));
	json_object_set_new(json, "updated_datetime", time_or_null(r->updated_s));
	json_object_set_new(json, "expected_datetime",
			    time_or_null(r->expected_s ? r->expected_s : r->promise_s));
	json_object_set_new(json, "address", text_or_null(r->place));
	json_object_set_new(json, "address_id", json_null());
	json_object_set_new(json, "zipcode", json_null());
	json_object_set_new(json, "lat", r->located ? json_real(r->lat) : json_null());
	json_object_set_new(json, "long", r->located ? json_real(r->lon) : json_null());
	json_object_set_new(json, "media_url", media_url ? first_line(media_url) : json_null());
	talloc_free(told);
	talloc_free(note);
	return json;
}

/* When it was said is told, unless who asks by time would take it for one that was not asked for: FixMyStreet leaves
 * out what lies outside of its own start_date and end_date. */
static int64_t told_at(const struct report_event *e, int64_t from_s)
{
	bool theirs = strcmp(e->channel, "open311") == 0;

	return theirs && e->at_s >= from_s && e->at_s < e->written_s ? e->at_s : e->written_s;
}

static json_t *update_json(struct web *web, const struct store_open311_event *u, int64_t from_s)
{
	const struct report_event *e = &u->event;
	bool resident = strcmp(e->who, "resident") == 0;
	char *note = open311_public(web, resident ? "" : e->note);
	json_t *json = json_object();

	json_object_set_new(json, "update_id", json_sprintf("%" PRId64, e->id));
	json_object_set_new(json, "service_request_id", json_string(u->reference));
	json_object_set_new(json, "status", status_json(e->state, u->merged));
	json_object_set_new(json, "description", json_string(note));
	json_object_set_new(json, "updated_datetime", time_or_null(told_at(e, from_s)));
	json_object_set_new(json, "media_url", first_line(u->media_url ? u->media_url : ""));
	if (e->expected_s)
		json_object_set_new(json, "expected_datetime", time_or_null(e->expected_s));
	talloc_free(note);
	return json;
}

/* ---- pieces ---- */

/* \returns whether the piece has room for another one */
static bool add(struct listing *l, json_t *record)
{
	l->piece = open311_list_add(l->piece, &l->list, record);
	json_decref(record);
	return talloc_get_size(l->piece) < PIECE_OCTETS;
}

static bool add_request(const struct report *r, bool open311, const char *media_url, void *data)
{
	struct listing *l = data;

	return add(l, request_json(l->o->web, r, open311, media_url));
}

static bool add_update(const struct store_open311_event *u, void *data)
{
	struct listing *l = data;

	return add(l, update_json(l->o->web, u, l->query.from_s));
}

static int next_reports(struct listing *l)
{
	return store_open311_reports_next(l->reports, add_request, l);
}

static int next_events(struct listing *l)
{
	return store_open311_events_next(l->events, add_update, l);
}

static int next_named(struct listing *l)
{
	char reference[REPORT_REFERENCE_SIZE];
	int rc = 0;

	for (int n = 0; n < PIECE_REFS && l->ref < l->query.n_refs && rc == 0; n++)
		if (report_reference_read(reference, l->query.refs[l->ref++]) == 0)
			rc = store_open311_report(l->o->web->st, reference, add_request, l);
	return rc < 0 ? rc : l->ref < l->query.n_refs;
}

static void make_piece(struct listing *l)
{
	int rc;

	talloc_free(l->piece);
	l->pos = 0;
	l->piece = l->req ? open311_list_begin(l, &l->list) : talloc_strdup(l, "");
	OSMO_ASSERT(l->piece);
	rc = l->next(l);
	l->failed = rc < 0;
	l->over = rc == 0;
	if (l->over)
		l->piece = open311_list_end(l->piece, &l->list);
}

/* ---- turns ---- */

static void wait_for_turn(struct listing *l)
{
	struct web_open311 *o = l->o;

	l->waits = true;
	llist_add_tail(&l->entry, &o->waiting);
	if (!osmo_timer_pending(&o->turn))
		osmo_timer_schedule(&o->turn, 0, 0);
}

static void resume(struct listing *l)
{
	if (!l->suspended)
		return;
	l->suspended = false;
	MHD_resume_connection(l->conn);
	web_poke(l->o->web);
}

static ssize_t read_some(void *data, uint64_t pos, char *buf, size_t max)
{
	struct listing *l = data;
	size_t n = OSMO_MIN(strlen(l->piece + l->pos), max);

	if (n > 0) {
		memcpy(buf, l->piece + l->pos, n);
		l->pos += n;
		return (ssize_t)n;
	}
	if (l->failed)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (l->over)
		return MHD_CONTENT_READER_END_OF_STREAM;
	l->suspended = true;
	MHD_suspend_connection(l->conn);
	wait_for_turn(l);
	return 0;
}

static void listing_free(void *data)
{
	struct listing *l = data;

	if (l->waits)
		llist_del(&l->entry);
	talloc_free(l);
}

/* There is a first piece, or why there is none. */
static void answer(struct listing *l)
{
	struct web_req *req = l->req;
	const char *type = l->list.xml ? "text/xml; charset=utf-8" : "application/json";

	l->req = NULL;
	if (!l->failed && !l->over) {
		web_answer_stream(req, type,
				  MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK,
								    read_some, l, listing_free));
		return;
	}
	if (l->failed)
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE, "could not be read: try again");
	else
		web_answer(req, MHD_HTTP_OK, type, l->piece);
	listing_free(l);
}

static void turn(void *data)
{
	struct web_open311 *o = data;
	struct listing *l = llist_first_entry_or_null(&o->waiting, struct listing, entry);

	if (!l)
		return;
	llist_del(&l->entry);
	l->waits = false;
	make_piece(l);
	if (l->failed && !l->req)
		LOGP(DWEB, LOGL_NOTICE, "Open311: a list was cut off, the database failed\n");
	if (!l->req)
		resume(l);
	else if (l->list.begun || l->over || l->failed)
		answer(l);
	else
		wait_for_turn(l); /* many rows that are not asked for */
	if (!llist_empty(&o->waiting))
		osmo_timer_schedule(&o->turn, 0, 0);
}

/* ---- who asks for what ---- */

/* \returns NULL if it has been answered */
static struct listing *begin(struct web_req *req, const char *root, const char *item)
{
	struct web_open311 *o = req->web->open311;
	struct listing *l = talloc_zero(o, struct listing);
	char *why;

	OSMO_ASSERT(l);
	l->o = o;
	l->conn = req->conn;
	l->req = req;
	l->list = (struct open311_list){ .xml = open311_is_xml(req), .root = root, .item = item };
	if (open311_read_query(l, &l->query, &req->target, clock_now_s(), &why) == 0)
		return l;
	web_answer_error(req, MHD_HTTP_BAD_REQUEST, "%s", why);
	talloc_free(l);
	return NULL;
}

static void start(struct listing *l)
{
	web_hold(l->req);
	wait_for_turn(l);
}

void open311_list_requests(struct web_req *req)
{
	struct listing *l = open311_may_list(req) ? begin(req, "service_requests", "request")
						  : NULL;
	const struct open311_query *q;
	struct store_open311_filter f;

	if (!l)
		return;
	q = &l->query;
	f = (struct store_open311_filter){
		.from_s = q->from_s,
		.to_s = q->to_s,
		.by_update = q->by_update,
		.codes = q->codes[0] ? q->codes : NULL,
		.open = q->open,
		.closed = q->closed,
		.limit = q->limit,
		.offset = q->offset,
	};
	l->next = q->n_refs > 0 ? next_named : next_reports;
	if (q->n_refs == 0)
		l->reports = store_open311_reports(l, req->web->st, &f);
	start(l);
}

void open311_list_updates(struct web_req *req)
{
	struct listing *l = open311_may_list(req)
				    ? begin(req, "service_requests_updates", "request_update")
				    : NULL;
	const struct open311_query *q;

	if (!l)
		return;
	q = &l->query;
	if (q->n_refs > 0 || q->by_update) {
		web_answer_error(req, MHD_HTTP_BAD_REQUEST,
				 "updates are asked by start_date and end_date");
		talloc_free(l);
		return;
	}
	l->next = next_events;
	l->events = store_open311_events(l, req->web->st, q->from_s, q->to_s, q->limit, q->offset);
	start(l);
}

struct one {
	struct web *web;
	json_t *list;
};

static bool show(const struct report *r, bool open311, const char *media_url, void *data)
{
	struct one *one = data;

	json_array_append_new(one->list, request_json(one->web, r, open311, media_url));
	return true;
}

void open311_show_request(struct web_req *req, const char *id)
{
	struct one one = { .web = req->web, .list = json_array() };
	char reference[REPORT_REFERENCE_SIZE];
	int rc = 0;

	if (report_reference_read(reference, id) == 0)
		rc = store_open311_report(req->web->st, reference, show, &one);
	if (rc == 0 && json_array_size(one.list) > 0) {
		open311_answer(req, MHD_HTTP_OK, "service_requests", "request", one.list);
		return;
	}
	json_decref(one.list);
	if (rc < 0)
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE, "could not be read: try again");
	else
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "no such service_request_id");
}

/* ---- life ---- */

void open311_lists_start(struct web_open311 *o)
{
	INIT_LLIST_HEAD(&o->waiting);
	osmo_timer_setup(&o->turn, turn, o);
}

void open311_lists_stop(struct web_open311 *o)
{
	struct listing *l, *next;

	osmo_timer_del(&o->turn);
	llist_for_each_entry_safe (l, next, &o->waiting, entry) {
		l->failed = true;
		if (l->req)
			answer(l);
		else
			resume(l);
	}
}
