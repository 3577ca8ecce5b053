// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_open311_post.c - our own Open311 address, what is said there: POST requests files a report, POST
 * servicerequestupdates adds to one that the same key filed.  Answered after the commit.
 *
 * Of who reports the city keeps a telephone number, and only if attribute[sms] asks for texts; names, e-mail addresses,
 * accounts and devices are not kept. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "flow/inlet.h"
#include "log.h"
#include "web/web_open311_int.h"
#include "wire/open311.h"
#include "wire/phone.h"

/* ---- who ---- */

/* \returns NULL if it has been answered */
static struct open311_key *allowed(struct web_req *req, const char *text, const char *jurisdiction)
{
	struct open311_key *key = open311_find_key(req->web->open311, text);

	if (!jurisdiction)
		jurisdiction = target_param(&req->target, "jurisdiction_id");
	if (!key) {
		web_answer_error(req, MHD_HTTP_FORBIDDEN,
				 text ? "api_key is not known" : "api_key was not provided");
		return NULL;
	}
	if (!open311_jurisdiction(req, jurisdiction) || !open311_may_post(req, key))
		return NULL;
	return key;
}

/* ---- a report ---- */

static void filed(int rc, const char *reference, void *data)
{
	struct web_req *req = data;

	switch (rc) {
	case 0:
		open311_answer(req, MHD_HTTP_CREATED, "service_requests", "request",
			       json_pack("[{s:s,s:n,s:n}]", "service_request_id", reference,
					 "service_notice", "account_id"));
		break;
	case -EEXIST:
		web_answer_error(req, MHD_HTTP_BAD_REQUEST,
				 "this idempotency key was used for another request");
		break;
	case -EINVAL:
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "no such service_code");
		break;
	case -EDQUOT:
		web_answer_error(req, MHD_HTTP_FORBIDDEN,
				 "this telephone number filed enough today");
		break;
	default:
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "could not be stored: try again");
	}
}

/* What makes two requests the same, whatever else a second try says. */
static char *hash_content(struct web_req *req, const struct open311_filing *f)
{
	const char *parts[] = { f->service_code, f->address_string, f->address_id,   f->description,
				f->account_id,	 f->device_id,	    f->asset_number, f->media_url };
	char *text = talloc_asprintf(req, "%.6f %.6f", f->lat, f->lon), *hex;
	uint8_t hash[32];

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		text = talloc_asprintf_append_buffer(text, "\001%s", parts[i] ? parts[i] : "");
	OSMO_ASSERT(text);
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text), NULL, 0);
	hex = talloc_size(req, 2 * sizeof(hash) + 1);
	OSMO_ASSERT(hex);
	return sodium_bin2hex(hex, 2 * sizeof(hash) + 1, hash, sizeof(hash));
}

/* \returns false if it has been answered */
static bool read_number(struct web_req *req, const struct open311_filing *f)
{
	if (!f->sms)
		return true;
	if (f->phone && phone_normalise(req->number, f->phone, req->web->country) == 0 &&
	    phone_can_answer(req->number) && req->number[0] == '+')
		return true;
	web_answer_error(req, MHD_HTTP_BAD_REQUEST,
			 "attribute[sms] needs a phone that can be texted");
	return false;
}

/* Who works on it has the picture's address with the words. */
static const char *with_media(struct web_req *req, const char *words, const char *media_url)
{
	char *both;

	if (!media_url)
		return words;
	both = talloc_asprintf(req, "%s%s%s", words ? words : "", words ? "\n" : "", media_url);
	OSMO_ASSERT(both);
	return both;
}

static void file(struct web_req *req, const struct open311_filing *f, const struct open311_key *key)
{
	const char *header = web_header(req, "idempotency-key");
	struct inlet_filing in = {
		.source = key->name,
		.key = header && *header && strlen(header) <= OPEN311_ID_MAX ? header : f->key,
		.content = hash_content(req, f),
		.media_url = f->media_url,
		.number = req->number[0] ? req->number : NULL,
	};

	in.report = (struct desk_filing){
		.category = f->service_code,
		.description = with_media(req, f->description, f->media_url),
		.located = f->located,
		.lat = f->lat,
		.lon = f->lon,
		.place = f->address_string ? f->address_string : f->address_id,
		.asset_number = f->asset_number,
	};
	web_hold(req);
	inlet_file(req->web->st, req->web->user.desk, *req->web->user.talk, &in, filed, req);
}

static void post_request(struct web_req *req)
{
	struct open311_filing f;
	struct open311_key *key;
	char *why = NULL;
	int rc = open311_read_filing(req, &f, req->body ? req->body : "", req->len, &why);

	/* who has no key is told nothing else */
	key = rc == -EBADMSG ? NULL : allowed(req, f.api_key, f.jurisdiction_id);
	if (rc == -EBADMSG)
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "%s", why);
	else if (key && rc < 0)
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "%s", why);
	else if (key && read_number(req, &f))
		file(req, &f, key);
}

/* ---- an update ---- */

static void said(int rc, int64_t event_id, void *data)
{
	struct web_req *req = data;

	switch (rc) {
	case 0:
		open311_answer(
			req, MHD_HTTP_CREATED, "service_request_updates", "request_update",
			json_pack("[{s:o}]", "update_id", json_sprintf("%" PRId64, event_id)));
		break;
	case -ENOENT:
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "no such service_request_id");
		break;
	case -EPERM:
		web_answer_error(req, MHD_HTTP_FORBIDDEN,
				 "this request was not filed with this key");
		break;
	default:
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "could not be stored: try again");
	}
}

/* What a reporter's side may bring about: it is not solved, or nothing needs to be done any more. */
static const char *state_of(const char *status)
{
	const char *state = status ? open311_state(status, false) : "";

	if (!strcmp(state, "reopened"))
		return "reopened";
	return !strcmp(state, "solved") || !strcmp(state, "rejected") ? "closed" : NULL;
}

static void say(struct web_req *req, const struct open311_word *w, const struct open311_key *key)
{
	char reference[REPORT_REFERENCE_SIZE];
	struct inlet_word in = {
		.source = key->name,
		.update_id = w->update_id,
		.reference = reference,
		.state = state_of(w->status),
		.note = with_media(req, w->description, w->media_url),
		.media_url = w->media_url,
		.said_s = w->updated_s,
	};

	if (report_reference_read(reference, w->service_request_id) < 0) {
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "no such service_request_id");
		return;
	}
	web_hold(req);
	inlet_word(req->web->st, req->web->user.desk, &in, said, req);
}

static void post_update(struct web_req *req)
{
	struct open311_word w;
	struct open311_key *key;
	char *why = NULL;
	int rc = open311_read_word(req, &w, req->body ? req->body : "", req->len, &why);

	key = rc == -EBADMSG ? NULL : allowed(req, w.api_key, w.jurisdiction_id);
	if (rc == -EBADMSG)
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "%s", why);
	else if (key && rc < 0)
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "%s", why);
	else if (key)
		say(req, &w, key);
}

/* ---- which ---- */

static bool is_form(struct web_req *req)
{
	static const char form[] = "application/x-www-form-urlencoded";
	const char *type = web_header(req, "content-type");

	if (!type || !strncasecmp(type, form, strlen(form)))
		return true;
	web_answer_error(req, MHD_HTTP_BAD_REQUEST, "the body must be %s", form);
	return false;
}

void web_open311_post(struct web_req *req)
{
	const char *name = open311_name(req, 2);

	if (name && strcmp(name, "services") == 0) {
		req->allow = "GET";
		web_answer_error(req, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET here");
	} else if (name && strcmp(name, "requests") == 0) {
		if (is_form(req))
			post_request(req);
	} else if (name && strcmp(name, "servicerequestupdates") == 0) {
		if (is_form(req))
			post_update(req);
	} else {
		web_answer_error(req, MHD_HTTP_NOT_FOUND,
				 "requests or servicerequestupdates, .json or .xml");
	}
}
