// SPDX-License-Identifier: AGPL-3.0-or-later
/* contractor_webhook.c - orders and updates as signed JSON (Standard Webhooks). */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include "clock.h"
#include "contractor/contractor_int.h"

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

static int prepare(struct ask *ask, const struct contractor_order *o, const char *url)
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
	contractor_ask_header(ask, "Content-Type", "application/json");
	contractor_ask_header(ask, "webhook-id", o->key);
	contractor_ask_header(ask, "webhook-timestamp", timestamp);
	contractor_ask_header(ask, "webhook-signature", signature);
	if (c->cfg.api_key)
		contractor_ask_header(ask, "Authorization",
				      talloc_asprintf(ask, "Bearer %s", c->cfg.api_key));
	return 0;
}

static int start(struct ask *ask, const struct contractor_order *o, const char *url)
{
	return contractor_ask_start(ask);
}

static char *their_ref(struct ask *ask, const struct http_answer *answer)
{
	return webhook_their_ref(ask, answer->body, answer->len);
}

/* Success is 2xx, whatever it says. */
static bool is_taken(const struct ask *ask, const struct http_answer *answer, const char *ref)
{
	return true;
}

const struct contractor_writer contractor_webhook = {
	.prepare = prepare,
	.start = start,
	.their_ref = their_ref,
	.is_taken = is_taken,
};
