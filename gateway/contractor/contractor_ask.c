// SPDX-License-Identifier: AGPL-3.0-or-later
/* contractor_ask.c - one order or update on its way: written in the contractor's format, sent, and
 * its answer read. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "contractor/contractor_int.h"
#include "log.h"
#include "wire/form.h"
#include "wire/open311.h"

struct ask {
	struct llist_head entry;
	struct contractor *c;
	struct http_request *req;
	char *url, *body;
	const char *headers[8];
	char *key, *their_ref;
	bool update;
	struct contractor_order order; /* of a note that waits for a token: strings are children */
	void (*done)(const struct contractor_outcome *o, void *data);
	void *data;
};

static int free_ask(struct ask *ask)
{
	llist_del(&ask->entry);
	ask->c->status.busy--;
	if (ask->req)
		http_cancel(ask->req);
	return 0;
}

static void finish(struct ask *ask, struct contractor_outcome *outcome)
{
	struct contractor *c = ask->c;
	void (*done)(const struct contractor_outcome *o, void *data) = ask->done;
	void *data = ask->data, *words = talloc_new(NULL);

	switch (outcome->result) {
	case CONTRACTOR_TAKEN:
		c->status.taken++;
		break;
	case CONTRACTOR_REFUSED:
		c->status.refused++;
		LOG_CONTRACTOR(c, LOGL_NOTICE, "refuses %s: %s\n", ask->key, outcome->error);
		break;
	case CONTRACTOR_RETRY:
		break;
	}
	outcome->error = talloc_strdup(words, outcome->error);
	outcome->their_ref = talloc_strdup(words, outcome->their_ref);
	/* room for the next before the user is told, who may ask it at once */
	talloc_free(ask);
	done(outcome, data);
	talloc_free(words);
}

/* Not now, and nothing else would fare better. */
static void retry(struct ask *ask, const char *error, int retry_after_s)
{
	struct contractor_outcome outcome = {
		.result = CONTRACTOR_RETRY,
		.error = error,
		.retry_after_s = retry_after_s,
		.their_ref = ask->their_ref,
		.down = true,
	};

	contractor_failed(ask->c, error, retry_after_s);
	finish(ask, &outcome);
}

/* This one failed (HTTP 500 and the like); the others need not. */
static void retry_alone(struct ask *ask, const char *error)
{
	struct contractor_outcome outcome = {
		.result = CONTRACTOR_RETRY,
		.error = error,
		.their_ref = ask->their_ref,
	};

	ask->c->status.failed++;
	talloc_free(ask->c->last_error);
	ask->c->last_error = talloc_strdup(ask->c, error);
	contractor_answered(ask->c);
	finish(ask, &outcome);
}

static void refused(struct ask *ask, const struct http_answer *answer)
{
	struct contractor_outcome outcome = {
		.result = CONTRACTOR_REFUSED,
		.error = contractor_words(ask, answer),
		.their_ref = ask->their_ref,
	};

	contractor_answered(ask->c);
	finish(ask, &outcome);
}

/* \returns their number in it; NULL if it says nothing of the kind */
static char *ref_in_answer(struct ask *ask, const struct http_answer *answer)
{
	struct open311_receipt receipt;

	if (ask->c->cfg.format == CONTRACTOR_WEBHOOK)
		return webhook_their_ref(ask, answer->body, answer->len);
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

	if (ref || ask->c->cfg.format == CONTRACTOR_WEBHOOK)
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

static void taken(struct ask *ask, char *ref)
{
	struct contractor_outcome outcome = {
		.result = CONTRACTOR_TAKEN,
		.their_ref = ref && !ask->update ? ref : ask->their_ref,
	};

	contractor_answered(ask->c);
	finish(ask, &outcome);
}

static bool is_refusal(int status)
{
	return status == 400 || status == 404 || status == 410 || status == 413 || status == 415 ||
	       status == 422;
}

static void ask_answered(const struct http_answer *answer, void *data)
{
	struct ask *ask = data;
	char *ref = ref_in_answer(ask, answer);

	ask->req = NULL;
	if (answer->status >= 200 && answer->status < 300) {
		if (is_taken(ask, answer, ref))
			taken(ask, ref);
		else
			retry(ask, "the answer is no Open311 receipt: is the url right?", 0);
	} else if (answer->status == 409 && ref) {
		taken(ask, ref); /* they have it already, from an earlier try */
	} else if (is_refusal(answer->status)) {
		refused(ask, answer);
	} else if (contractor_is_trouble(answer)) {
		retry(ask, contractor_words(ask, answer), answer->retry_after_s);
	} else {
		retry_alone(ask, contractor_words(ask, answer));
	}
}

static int start(struct ask *ask)
{
	struct http_ask http = {
		.url = ask->url,
		.post = ask->body,
		.post_len = strlen(ask->body),
		.headers = ask->headers,
		.done = ask_answered,
		.data = ask,
	};

	ask->req = http_start(ask->c->pool, &http);
	return ask->req ? 0 : -EINVAL;
}

/* ---- the two formats ---- */

static char *describe(void *ctx, const struct contractor_order *o)
{
	const char *what = o->description && *o->description ? o->description : o->category_name;
	char *text = talloc_asprintf(ctx, "%s%s", o->urgent ? "URGENT: " : "", what ? what : "");

	if (o->asset_number && *o->asset_number)
		text = talloc_asprintf_append_buffer(
			text, " (%s %s)", o->asset_kind ? o->asset_kind : "", o->asset_number);
	OSMO_ASSERT(text);
	return text;
}

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
		.description = describe(ask, o),
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

static void add_header(struct ask *ask, const char *name, const char *value)
{
	size_t i = 0;

	while (ask->headers[i])
		i++;
	OSMO_ASSERT(i + 1 < ARRAY_SIZE(ask->headers));
	ask->headers[i] = talloc_asprintf(ask, "%s: %s", name, value);
	OSMO_ASSERT(ask->headers[i]);
}

static int prepare_open311(struct ask *ask, const struct contractor_order *o, const char *url)
{
	if (o->update) {
		ask->url = open311_url(ask, url, "servicerequestupdates.json", NULL);
		ask->body = write_note(ask, o, o->their_ref);
	} else {
		ask->url = talloc_strdup(ask, url);
		ask->body = write_order(ask, o);
	}
	add_header(ask, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
	add_header(ask, "Accept", "application/json");
	return ask->url && ask->body ? 0 : -EINVAL;
}

static char *write_event(struct ask *ask, const struct contractor_order *o)
{
	struct webhook_event event = {
		.type = o->update ? "report.updated" : "report.created",
		.at_s = o->update ? o->at_s : o->created_s,
		.reference = o->reference,
		.their_ref = o->their_ref,
		.category = o->category,
		.category_name = o->category_name,
		.area = o->area,
		.place = o->place,
		.address_id = o->address_id,
		.asset_kind = o->asset_kind,
		.asset_number = o->asset_number,
		.description = o->description,
		.located = o->located,
		.urgent = o->urgent,
		.lat = o->lat,
		.lon = o->lon,
		.created_s = o->created_s,
		.promise_s = o->promise_s,
		.contact = o->alias,
		.state = o->update ? o->state : "received",
		.note = o->note,
	};

	return webhook_write(ask, &event);
}

static int prepare_webhook(struct ask *ask, const struct contractor_order *o, const char *url)
{
	const struct contractor *c = ask->c;
	char signature[WEBHOOK_SIGNATURE_SIZE], timestamp[24];
	/* the receiver compares it with its own clock, so ours must not be moved ahead */
	int64_t now_s = clock_now_s() - clock_ahead_s();

	ask->url = talloc_strdup(ask, url);
	ask->body = write_event(ask, o);
	if (!ask->body || c->secret.len == 0)
		return -EINVAL;
	snprintf(timestamp, sizeof(timestamp), "%" PRId64, now_s);
	webhook_sign(signature, &c->secret, o->key, now_s, ask->body, strlen(ask->body));
	add_header(ask, "Content-Type", "application/json");
	add_header(ask, "webhook-id", o->key);
	add_header(ask, "webhook-timestamp", timestamp);
	add_header(ask, "webhook-signature", signature);
	if (c->cfg.api_key)
		add_header(ask, "Authorization", talloc_asprintf(ask, "Bearer %s", c->cfg.api_key));
	return 0;
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
			retry(ask, contractor_words(ask, answer), answer->retry_after_s);
		} else {
			retry_alone(ask, "they have given the request no number yet");
		}
		return;
	}
	ask->their_ref = talloc_strdup(ask, receipt.service_request_id);
	ask->body = write_note(ask, &ask->order, ask->their_ref);
	if (start(ask) < 0)
		retry(ask, "the url is no address", 0);
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

static bool has_token_only(const struct contractor *c, const struct contractor_order *o)
{
	return c->cfg.format == CONTRACTOR_OPEN311 && o->update && o->their_ref &&
	       !strncmp(o->their_ref, TOKEN_PREFIX, strlen(TOKEN_PREFIX));
}

static struct ask *ask_alloc(struct contractor *c, const struct contractor_order *o)
{
	struct ask *ask = talloc_zero(c, struct ask);

	OSMO_ASSERT(ask);
	ask->c = c;
	ask->key = talloc_strdup(ask, o->key);
	ask->their_ref = talloc_strdup(ask, o->their_ref);
	ask->update = o->update;
	llist_add_tail(&ask->entry, &c->asks);
	c->status.busy++;
	talloc_set_destructor(ask, free_ask);
	add_header(ask, "Idempotency-Key", o->key);
	return ask;
}

int contractor_send(struct contractor *c, const struct contractor_order *order,
		    void (*done)(const struct contractor_outcome *o, void *data), void *data)
{
	const char *url = order->rung > 0 ? c->cfg.second_url : c->cfg.url;
	struct ask *ask;
	int rc;

	if (!url || !order->key)
		return -EINVAL;
	if (!contractor_ready(c))
		return -EAGAIN;
	ask = ask_alloc(c, order);
	ask->done = done;
	ask->data = data;
	if (c->cfg.format == CONTRACTOR_WEBHOOK)
		rc = prepare_webhook(ask, order, url);
	else
		rc = prepare_open311(ask, order, url);
	if (rc == 0) {
		contractor_asking(c);
		rc = has_token_only(c, order) ? start_with_token(ask, order, url) : start(ask);
	}
	if (rc < 0) {
		talloc_free(ask);
		return rc;
	}
	c->status.asked++;
	return 0;
}

void contractor_asks_cancel(struct contractor *c)
{
	struct ask *ask, *next;

	llist_for_each_entry_safe (ask, next, &c->asks, entry)
		talloc_free(ask);
}
