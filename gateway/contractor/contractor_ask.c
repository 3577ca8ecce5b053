// SPDX-License-Identifier: AGPL-3.0-or-later
/* contractor_ask.c - one order or update on its way: written in the contractor's format (contractor_open311.c,
 * contractor_webhook.c, contractor_signalen.c, contractor_mail.c), sent, and its answer read. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "contractor/contractor_int.h"
#include "log.h"

static int free_ask(struct ask *ask)
{
	llist_del(&ask->entry);
	ask->c->status.busy--;
	if (ask->req)
		http_cancel(ask->req);
	if (ask->mail)
		mail_cancel(ask->mail);
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
void contractor_ask_retry(struct ask *ask, const char *error, int retry_after_s)
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
void contractor_ask_retry_alone(struct ask *ask, const char *error)
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

void contractor_ask_refused_for(struct ask *ask, const char *error)
{
	struct contractor_outcome outcome = {
		.result = CONTRACTOR_REFUSED,
		.error = error,
		.their_ref = ask->their_ref,
	};

	contractor_answered(ask->c);
	finish(ask, &outcome);
}

void contractor_ask_refused(struct ask *ask, const struct http_answer *answer)
{
	contractor_ask_refused_for(ask, contractor_words(ask, answer));
}

void contractor_ask_taken(struct ask *ask, char *ref)
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

void contractor_ask_answered(const struct http_answer *answer, void *data)
{
	struct ask *ask = data;
	const struct contractor_writer *writer = contractor_writer(&ask->c->cfg);
	char *ref = writer->their_ref(ask, answer);

	ask->req = NULL;
	if (answer->status >= 200 && answer->status < 300) {
		if (writer->is_taken(ask, answer, ref))
			contractor_ask_taken(ask, ref);
		else
			contractor_ask_retry(ask, writer->no_answer, 0);
	} else if (answer->status == 409 && ref) {
		contractor_ask_taken(ask, ref); /* they have it already, from an earlier try */
	} else if (is_refusal(answer->status)) {
		contractor_ask_refused(ask, answer);
	} else if (contractor_is_trouble(answer)) {
		contractor_ask_retry(ask, contractor_words(ask, answer), answer->retry_after_s);
	} else {
		contractor_ask_retry_alone(ask, contractor_words(ask, answer));
	}
}

int contractor_ask_start(struct ask *ask)
{
	struct http_ask http = {
		.url = ask->url,
		.post = ask->body,
		.post_len = ask->body ? strlen(ask->body) : 0,
		.method = ask->method,
		.once = ask->once,
		.headers = ask->headers,
		.done = ask->answered ? ask->answered : contractor_ask_answered,
		.data = ask,
	};

	ask->req = http_start(ask->c->pool, &http);
	return ask->req ? 0 : -EINVAL;
}

char *contractor_describe(void *ctx, const struct contractor_order *o)
{
	const char *what = o->description && *o->description ? o->description : o->category_name;
	char *text = talloc_asprintf(ctx, "%s%s", o->urgent ? "URGENT: " : "", what ? what : "");

	if (o->asset_number && *o->asset_number)
		text = talloc_asprintf_append_buffer(
			text, " (%s %s)", o->asset_kind ? o->asset_kind : "", o->asset_number);
	OSMO_ASSERT(text);
	return text;
}

void contractor_ask_header(struct ask *ask, const char *name, const char *value)
{
	size_t i = 0;

	while (ask->headers[i])
		i++;
	OSMO_ASSERT(i + 1 < ARRAY_SIZE(ask->headers));
	ask->headers[i] = talloc_asprintf(ask, "%s: %s", name, value);
	OSMO_ASSERT(ask->headers[i]);
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
	contractor_ask_header(ask, "Idempotency-Key", o->key);
	return ask;
}

const struct contractor_writer *contractor_writer(const struct contractor_cfg *cfg)
{
	switch (cfg->format) {
	case CONTRACTOR_WEBHOOK:
		return &contractor_webhook;
	case CONTRACTOR_SIGNALEN:
		return &contractor_signalen;
	case CONTRACTOR_LINK:
		return &contractor_mail;
	case CONTRACTOR_OPEN311:
		break;
	}
	return &contractor_open311;
}

int contractor_send(struct contractor *c, const struct contractor_order *order,
		    void (*done)(const struct contractor_outcome *o, void *data), void *data)
{
	const struct contractor_writer *writer = contractor_writer(&c->cfg);
	const char *url = order->rung > 0 ? c->cfg.second_url : c->cfg.url;
	struct ask *ask;
	int rc;

	if (c->cfg.format == CONTRACTOR_LINK)
		url = c->server.url;
	if (!url || !order->key)
		return -EINVAL;
	if (!contractor_ready(c))
		return -EAGAIN;
	ask = ask_alloc(c, order);
	ask->done = done;
	ask->data = data;
	rc = writer->prepare(ask, order, url);
	if (rc == 0) {
		contractor_asking(c);
		rc = writer->start(ask, order, url);
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
