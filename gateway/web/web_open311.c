// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_open311.c - our own Open311 GeoReport v2 address, what is read there: /open311/discovery and /open311/v2/ with
 * services and tokens, and by web_open311_list.c requests and servicerequestupdates, in JSON and XML.
 *
 * No key is needed to read, so nothing of residents is told: no names and numbers, nothing of what they texted or said
 * to this line.  What came over Open311 was public where it came from, and is told without numbers and addresses. */
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "talk/dialogue.h"
#include "web/web_open311_int.h"

#define BASE "/open311/v2"

/* ---- answers ---- */

bool open311_is_xml(const struct web_req *req)
{
	const char *name = web_segment(req, req->target.n > 0 ? req->target.n - 1 : 0);
	size_t len = strlen(name);

	return len >= 4 && strcmp(name + len - 4, ".xml") == 0;
}

void open311_answer(struct web_req *req, unsigned int status, const char *root, const char *item,
		    json_t *json)
{
	if (open311_is_xml(req)) {
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

/* ---- tokens ---- */

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

/* ---- which ---- */

void web_open311_list(struct web_req *req)
{
	const char *name = open311_name(req, 2);

	if (!open311_jurisdiction(req, target_param(&req->target, "jurisdiction_id")))
		return;
	if (name && strcmp(name, "services") == 0)
		list_services(req);
	else if (name && strcmp(name, "requests") == 0)
		open311_list_requests(req);
	else if (name && strcmp(name, "servicerequestupdates") == 0)
		open311_list_updates(req);
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
		open311_show_request(req, name);
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
	o->lists = cfg->lists > 0 ? cfg->lists : 60;
	o->jurisdiction = talloc_strdup(o, cfg->jurisdiction);
	for (size_t i = 0; i < cfg->n_keys; i++) {
		struct open311_key *key = &o->keys[o->n_keys++];

		key->name = talloc_strdup(o, cfg->keys[i].name);
		crypto_generichash(key->hash, sizeof(key->hash),
				   (const unsigned char *)cfg->keys[i].key,
				   strlen(cfg->keys[i].key), NULL, 0);
	}
	open311_lists_start(o);
	return o;
}

void web_open311_stop(struct web_open311 *o)
{
	open311_lists_stop(o);
}
