// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_open311.c - our own Open311 GeoReport v2 address, what is read there: /open311/discovery and /open311/v2/ with
 * services, requests, tokens and servicerequestupdates, in JSON and XML.
 *
 * No key is needed to read, so nothing of residents is told: no names and numbers, nothing of what they texted or said
 * to this line.  What came over Open311 was public where it came from, and is told without numbers and addresses. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "clock.h"
#include "store/store_open311.h"
#include "talk/dialogue.h"
#include "web/web_open311_int.h"
#include "wire/open311.h"
#include "wire/rfc3339.h"

#define BASE "/open311/v2"

/* ---- answers ---- */

static bool is_xml(const struct web_req *req)
{
	const char *name = web_segment(req, req->target.n > 0 ? req->target.n - 1 : 0);
	size_t len = strlen(name);

	return len >= 4 && strcmp(name + len - 4, ".xml") == 0;
}

void open311_answer(struct web_req *req, unsigned int status, const char *root, const char *item,
		    json_t *json)
{
	if (is_xml(req)) {
		char *xml = open311_xml(req, root, item, json);

		json_decref(json);
		web_answer(req, status, "text/xml; charset=utf-8", xml);
		return;
	}
	web_answer_json(req, status, json);
}

bool web_open311_is(const struct web_req *req)
{
	return strcmp(web_segment(req, 0), "open311") == 0;
}

void web_open311_error(struct web_req *req, unsigned int status, const char *words)
{
	open311_answer(req, status, "errors", "error",
		       json_pack("[{s:i,s:s}]", "code", (int)status, "description", words));
}

bool web_open311_served(struct web_req *req)
{
	if (req->web->open311)
		return true;
	web_answer_error(req, MHD_HTTP_NOT_FOUND, "not served here: configure \"open311\"");
	return false;
}

char *open311_name(struct web_req *req, size_t segment)
{
	const char *name = web_segment(req, segment), *dot = strrchr(name, '.');

	if (!dot || dot == name || (strcmp(dot, ".json") != 0 && strcmp(dot, ".xml") != 0))
		return NULL;
	return talloc_strndup(req, name, (size_t)(dot - name));
}

bool open311_jurisdiction(struct web_req *req, const char *id)
{
	const char *ours = req->web->open311->jurisdiction;

	if (!id || !*id || !ours || strcmp(id, ours) == 0)
		return true;
	web_answer_error(req, MHD_HTTP_NOT_FOUND, "jurisdiction_id is not ours");
	return false;
}

static void no_such_resource(struct web_req *req)
{
	web_answer_error(req, MHD_HTTP_NOT_FOUND,
			 "services, requests, tokens or servicerequestupdates, .json or .xml");
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *time_or_null(int64_t at_s)
{
	char text[RFC3339_SIZE];

	return at_s ? json_string(rfc3339_write(text, at_s, 0)) : json_null();
}

/* ---- discovery ---- */

/* A host that can stand in an address; who asks wrote it. */
static bool is_host(const char *host)
{
	return host && *host && strlen(host) < 256 &&
	       !host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789.-:[]")];
}

void web_open311_discovery(struct web_req *req)
{
	const char *host = web_header(req, "host"), *name = open311_name(req, 1);
	char *url;

	if (!name || strcmp(name, "discovery") != 0) {
		no_such_resource(req);
		return;
	}
	url = is_host(host)
		      ? talloc_asprintf(req, "%s://%s" BASE, req->secure ? "https" : "http", host)
		      : talloc_strdup(req, BASE);
	open311_answer(req, MHD_HTTP_OK, "discovery", NULL,
		       json_pack("{s:s,s:s,s:s,s:[{s:s,s:s,s:s,s:s,s:[s,s]}]}", "changeset",
				 "2026-11-26T00:00:00Z", "contact",
				 "Ask the city for an API key: it is needed to file, not to read.",
				 "key_service", "", "endpoints", "specification",
				 "http://wiki.open311.org/GeoReport_v2", "url", url, "changeset",
				 "2026-11-26T00:00:00Z", "type", "production", "formats",
				 "application/json", "text/xml"));
}

/* ---- services ---- */

static const struct talk *talk_of(const struct web_req *req)
{
	return *req->web->user.talk;
}

static void list_services(struct web_req *req)
{
	const struct categories *cats = talk_of(req)->categories;
	const char *language = talk_of(req)->languages[0];
	json_t *list = json_array();

	for (size_t i = 0; i < categories_count(cats); i++) {
		const struct category *cat = category_at(cats, i);
		const char *name = category_name(cats, cat->slug, language);

		json_array_append_new(
			list,
			json_pack("{s:s,s:s,s:s,s:b,s:s,s:s,s:s}", "service_code", cat->slug,
				  "service_name", name, "description", name, "metadata", 1, "type",
				  "realtime", "keywords",
				  cat->thing ? category_thing_name(cats, cat->thing, language) : "",
				  "group", category_main_name(cats, cat->main, language)));
	}
	open311_answer(req, MHD_HTTP_OK, "services", "service", list);
}

static json_t *attribute(int order, const char *code, const char *datatype, const char *description)
{
	return json_pack("{s:b,s:s,s:s,s:b,s:s,s:i,s:s}", "variable", 1, "code", code, "datatype",
			 datatype, "required", 0, "datatype_description", "", "order", order,
			 "description", description);
}

static void show_service(struct web_req *req, const char *code)
{
	const struct category *cat = category_find(talk_of(req)->categories, code);
	json_t *list, *sms;

	if (!cat) {
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "no such service_code");
		return;
	}
	list = json_array();
	if (cat->thing)
		json_array_append_new(list, attribute(1, "asset_number", "string",
						      "Number on the sticker of the object"));
	sms = attribute(2, "sms", "singlevaluelist",
			"Text my telephone number when something changes");
	json_object_set_new(sms, "values",
			    json_pack("[{s:s,s:s},{s:s,s:s}]", "key", "no", "name", "No", "key",
				      "yes", "name", "Yes"));
	json_array_append_new(list, sms);
	open311_answer(req, MHD_HTTP_OK, "service_definition", NULL,
		       json_pack("{s:s,s:o}", "service_code", code, "attributes", list));
}

/* ---- requests ---- */

static json_t *status_json(enum report_state state, bool merged)
{
	return json_string(merged ? "DUPLICATE" : open311_status_of(report_state_name(state)));
}

static json_t *request_json(struct web_req *req, const struct report *r, bool open311,
			    const char *media_url)
{
	const struct talk *talk = talk_of(req);
	enum report_state state = r->state;
	json_t *json = json_object();
	char *told = open311 && r->description ? open311_public(req, r->description) : NULL;
	char *note = r->note ? open311_public(req, r->note) : NULL;

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
	json_object_set_new(json, "media_url", text_or_null(media_url));
	talloc_free(told);
	talloc_free(note);
	return json;
}

struct listing {
	struct web_req *req;
	json_t *list;
	int64_t from_s; /* of updates */
};

static bool add_request(const struct report *r, bool open311, const char *media_url, void *data)
{
	struct listing *l = data;

	json_array_append_new(l->list, request_json(l->req, r, open311, media_url));
	return true;
}

/* \returns 0, also if there is none; -EIO */
static int add_by_reference(struct web_req *req, const char *text, json_t *list)
{
	struct listing l = { .req = req, .list = list };
	char reference[REPORT_REFERENCE_SIZE];

	if (report_reference_read(reference, text) < 0)
		return 0;
	return store_open311_report(req->web->st, reference, add_request, &l);
}

static int find_requests(struct web_req *req, const struct open311_query *q, json_t *list)
{
	struct listing l = { .req = req, .list = list };
	struct store_open311_filter f = {
		.from_s = q->from_s,
		.to_s = q->to_s,
		.by_update = q->by_update,
		.codes = q->codes[0] ? q->codes : NULL,
		.open = q->open,
		.closed = q->closed,
		.limit = q->limit,
		.offset = q->offset,
	};
	int rc = 0;

	for (size_t i = 0; i < q->n_refs && rc == 0; i++)
		rc = add_by_reference(req, q->refs[i], list);
	if (q->n_refs > 0)
		return rc;
	return store_open311_reports(req->web->st, &f, add_request, &l);
}

static void answer_list(struct web_req *req, int rc, const char *root, const char *item,
			json_t *list)
{
	if (rc == 0) {
		open311_answer(req, MHD_HTTP_OK, root, item, list);
		return;
	}
	json_decref(list);
	web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE, "could not be read: try again");
}

static void list_requests(struct web_req *req)
{
	struct open311_query *q = talloc(req, struct open311_query);
	json_t *list;
	char *why;

	OSMO_ASSERT(q);
	if (open311_read_query(req, q, &req->target, clock_now_s(), &why) < 0) {
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "%s", why);
		return;
	}
	list = json_array();
	answer_list(req, find_requests(req, q, list), "service_requests", "request", list);
}

static void show_request(struct web_req *req, const char *id)
{
	json_t *list = json_array();
	int rc = add_by_reference(req, id, list);

	if (rc == 0 && json_array_size(list) == 0) {
		json_decref(list);
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "no such service_request_id");
		return;
	}
	answer_list(req, rc, "service_requests", "request", list);
}

/* A reference is given at once: it is its own token. */
static void show_token(struct web_req *req, const char *token)
{
	char reference[REPORT_REFERENCE_SIZE];
	struct report r;

	if (report_reference_read(reference, token) < 0 ||
	    store_report_by_reference(req, req->web->st, reference, &r) < 0) {
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "no such token");
		return;
	}
	open311_answer(
		req, MHD_HTTP_OK, "service_requests", "request",
		json_pack("[{s:s,s:s}]", "service_request_id", reference, "token", reference));
}

/* ---- updates ---- */

/* When it was said is told, unless who asks by time would take it for one that was not asked for: FixMyStreet leaves
 * out what lies outside of its own start_date and end_date. */
static int64_t told_at(const struct report_event *e, int64_t from_s)
{
	bool theirs = strcmp(e->channel, "open311") == 0;

	return theirs && e->at_s >= from_s && e->at_s < e->written_s ? e->at_s : e->written_s;
}

static bool add_update(const struct store_open311_event *u, void *data)
{
	struct listing *l = data;
	const struct report_event *e = &u->event;
	bool resident = strcmp(e->who, "resident") == 0;
	char *note = open311_public(l->req, resident ? "" : e->note);
	json_t *json = json_object();

	json_object_set_new(json, "update_id", json_sprintf("%" PRId64, e->id));
	json_object_set_new(json, "service_request_id", json_string(u->reference));
	json_object_set_new(json, "status", status_json(e->state, u->merged));
	json_object_set_new(json, "description", json_string(note));
	json_object_set_new(json, "updated_datetime", time_or_null(told_at(e, l->from_s)));
	json_object_set_new(json, "media_url", json_string(u->media_url ? u->media_url : ""));
	if (e->expected_s)
		json_object_set_new(json, "expected_datetime", time_or_null(e->expected_s));
	json_array_append_new(l->list, json);
	talloc_free(note);
	return true;
}

static void list_updates(struct web_req *req)
{
	struct open311_query *q = talloc(req, struct open311_query);
	struct listing l = { .req = req };
	char *why;
	int rc;

	OSMO_ASSERT(q);
	if (open311_read_query(req, q, &req->target, clock_now_s(), &why) < 0) {
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "%s", why);
		return;
	}
	if (q->n_refs > 0 || q->by_update) {
		web_answer_error(req, MHD_HTTP_BAD_REQUEST,
				 "updates are asked by start_date and end_date");
		return;
	}
	l.list = json_array();
	l.from_s = q->from_s;
	rc = store_open311_events(req->web->st, q->from_s, q->to_s, q->limit, q->offset, add_update,
				  &l);
	answer_list(req, rc, "service_requests_updates", "request_update", l.list);
}

/* ---- which ---- */

void web_open311_list(struct web_req *req)
{
	const char *name = open311_name(req, 2);

	if (!open311_jurisdiction(req, target_param(&req->target, "jurisdiction_id")))
		return;
	if (name && strcmp(name, "services") == 0)
		list_services(req);
	else if (name && strcmp(name, "requests") == 0)
		list_requests(req);
	else if (name && strcmp(name, "servicerequestupdates") == 0)
		list_updates(req);
	else
		no_such_resource(req);
}

void web_open311_one(struct web_req *req)
{
	const char *folder = web_segment(req, 2), *name = open311_name(req, 3);

	if (!open311_jurisdiction(req, target_param(&req->target, "jurisdiction_id")))
		return;
	if (name && strcmp(folder, "services") == 0)
		show_service(req, name);
	else if (name && strcmp(folder, "requests") == 0)
		show_request(req, name);
	else if (name && strcmp(folder, "tokens") == 0)
		show_token(req, name);
	else
		no_such_resource(req);
}

/* ---- life ---- */

struct web_open311 *web_open311_start(struct web *web)
{
	const struct web_open311_cfg *cfg = &web->cfg.open311;
	struct web_open311 *o = talloc_zero(web, struct web_open311);

	OSMO_ASSERT(o);
	o->web = web;
	o->posts = cfg->posts > 0 ? cfg->posts : 60;
	o->jurisdiction = talloc_strdup(o, cfg->jurisdiction);
	for (size_t i = 0; i < cfg->n_keys; i++) {
		struct open311_key *key = &o->keys[o->n_keys++];

		key->name = talloc_strdup(o, cfg->keys[i].name);
		crypto_generichash(key->hash, sizeof(key->hash),
				   (const unsigned char *)cfg->keys[i].key,
				   strlen(cfg->keys[i].key), NULL, 0);
		key->tokens = o->posts;
	}
	return o;
}

void web_open311_stop(struct web_open311 *o)
{
	talloc_free(o);
}
