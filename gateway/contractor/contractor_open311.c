// SPDX-License-Identifier: AGPL-3.0-or-later
/* contractor_open311.c - orders and updates as Open311 GeoReport v2 has them. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "contractor/contractor_int.h"
#include "wire/form.h"
#include "wire/open311.h"

static char *write_order(struct ask *ask, const struct contractor_order *o)
{
	const struct contractor_cfg *cfg = &ask->c->cfg;
	struct open311_request request = {
		.service_code = o->category,
		.api_key = cfg->api_key,
		.jurisdiction_id = cfg->jurisdiction,
		.located = o->located,
		.urgent = o->urgent,
		.lat = o->lat,
		.lon = o->lon,
		.address_string = o->place,
		.address_id = o->address_id,
		.description = contractor_describe(ask, o),
		.phone = o->alias,
		.key = o->key,
		.reference = o->reference,
		.category_name = o->category_name,
		.area = o->area,
		.asset_kind = o->asset_kind,
		.asset_number = o->asset_number,
		.created_s = o->created_s,
		.promise_s = o->promise_s,
	};

	return open311_write_request(ask, &request);
}

static char *write_note(struct ask *ask, const struct contractor_order *o, const char *their_ref)
{
	const struct contractor_cfg *cfg = &ask->c->cfg;
	struct open311_note note = {
		.service_request_id = their_ref,
		.api_key = cfg->api_key,
		.jurisdiction_id = cfg->jurisdiction,
		.update_id = o->key,
		.reference = o->reference,
		.status = open311_status_of(o->state),
		.description = o->note && *o->note ? o->note : o->state,
		.phone = o->alias,
		.updated_s = o->at_s,
	};

	return open311_write_note(ask, &note);
}

static int prepare(struct ask *ask, const struct contractor_order *o, const char *url)
{
	if (o->update) {
		ask->url = open311_url(ask, url, "servicerequestupdates.json", NULL);
		ask->body = write_note(ask, o, o->their_ref);
	} else {
		ask->url = talloc_strdup(ask, url);
		ask->body = write_order(ask, o);
	}
	contractor_ask_header(ask, "Content-Type",
			      "application/x-www-form-urlencoded; charset=utf-8");
	contractor_ask_header(ask, "Accept", "application/json");
	return ask->url && ask->body ? 0 : -EINVAL;
}

static char *their_ref(struct ask *ask, const struct http_answer *answer)
{
	struct open311_receipt receipt;

	if (open311_read_receipt(ask, &receipt, answer->body, answer->len) < 0)
		return NULL;
	if (receipt.service_request_id)
		return talloc_strdup(ask, receipt.service_request_id);
	if (receipt.token)
		return talloc_asprintf(ask, TOKEN_PREFIX "%s", receipt.token);
	return NULL;
}

/* A page of some proxy that says 200 must not mark a report forwarded: an Open311 order
 * is taken when the answer holds a number or a token. */
static bool is_taken(const struct ask *ask, const struct http_answer *answer, const char *ref)
{
	struct open311_receipt receipt;
	void *ctx;
	bool taken;

	if (ref)
		return true;
	if (!ask->update)
		return false;
	ctx = talloc_new(NULL);
	taken = answer->len == 0 ||
		(open311_read_receipt(ctx, &receipt, answer->body, answer->len) == 0 &&
		 !receipt.error);
	talloc_free(ctx);
	return taken;
}

/* ---- an update to a request that has only a token yet: first ask for its number ---- */

static void keep_order(struct ask *ask, const struct contractor_order *o)
{
	const char **to[] = { &ask->order.key, &ask->order.reference, &ask->order.alias,
			      &ask->order.state, &ask->order.note };
	const char *from[] = { o->key, o->reference, o->alias, o->state, o->note };
	size_t i;

	ask->order.update = true;
	ask->order.at_s = o->at_s;
	for (i = 0; i < ARRAY_SIZE(to); i++)
		*to[i] = talloc_strdup(ask, from[i]);
}

static void token_answered(const struct http_answer *answer, void *data)
{
	struct ask *ask = data;
	struct open311_receipt receipt;

	ask->req = NULL;
	if (answer->status != 200 ||
	    open311_read_receipt(ask, &receipt, answer->body, answer->len) < 0 ||
	    !receipt.service_request_id) {
		if (contractor_is_trouble(answer)) {
			contractor_ask_retry(ask, contractor_words(ask, answer),
					     answer->retry_after_s);
		} else {
			contractor_ask_retry_alone(ask,
						   "they have given the request no number yet");
		}
		return;
	}
	ask->their_ref = talloc_strdup(ask, receipt.service_request_id);
	ask->body = write_note(ask, &ask->order, ask->their_ref);
	if (contractor_ask_start(ask) < 0)
		contractor_ask_retry(ask, "the url is no address", 0);
}

static int start_with_token(struct ask *ask, const struct contractor_order *o, const char *url)
{
	char *token = form_escape(ask, o->their_ref + strlen(TOKEN_PREFIX));
	struct http_ask http = {
		.url = open311_url(ask, url, talloc_asprintf(ask, "tokens/%s.json", token), NULL),
		.done = token_answered,
		.data = ask,
	};

	keep_order(ask, o);
	ask->req = http_start(ask->c->pool, &http);
	return ask->req ? 0 : -EINVAL;
}

static int start(struct ask *ask, const struct contractor_order *o, const char *url)
{
	bool token_only = o->update && o->their_ref &&
			  !strncmp(o->their_ref, TOKEN_PREFIX, strlen(TOKEN_PREFIX));

	return token_only ? start_with_token(ask, o, url) : contractor_ask_start(ask);
}

const struct contractor_writer contractor_open311 = {
	.prepare = prepare,
	.start = start,
	.their_ref = their_ref,
	.is_taken = is_taken,
	.no_answer = "the answer is no Open311 receipt: is the url right?",
};
