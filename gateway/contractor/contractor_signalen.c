// SPDX-License-Identifier: AGPL-3.0-or-later
/* contractor_signalen.c - orders and updates as signals of Signalen.
 *
 * It knows no idempotency key, so what may have been taken before is looked for first: a signal by its mark in the
 * list of those since the order was made, a note by its mark in the signal.  The public API cannot be looked into:
 * there an answer that was lost is for a person to judge, and there are no updates. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "contractor/contractor_int.h"
#include "wire/form.h"
#include "wire/rfc3339.h"
#include "wire/signalen.h"

#define PAGE_SIZE "100"
#define PAGES_MAX 50
#define OVERLAP_S 300 /* their clock is not ours */
#define PUBLIC	  "/public/signals"
#define ANY	  "default"

static bool is_public(const char *url)
{
	return strstr(url, PUBLIC) != NULL;
}

/* "https://host/signals/v1/private/signals/" without its last slash */
static int base_len(const char *url)
{
	size_t len = strcspn(url, "?#");

	while (len > 0 && url[len - 1] == '/')
		len--;
	return (int)len;
}

char *contractor_signalen_url(void *ctx, const char *url, const char *ref)
{
	char *id = form_escape(ctx, ref);
	/* as their own pages ask: the number without a slash, the uuid likewise */
	char *out = talloc_asprintf(ctx, "%.*s/%s", base_len(url), url, id);

	OSMO_ASSERT(out);
	return out;
}

char *contractor_signalen_key(void *ctx, const struct contractor_cfg *cfg)
{
	/* "Token ..." as it stands in the file, else a bearer's */
	return cfg->api_key
		       ? talloc_asprintf(ctx, "Authorization: %s%s",
					 strchr(cfg->api_key, ' ') ? "" : "Bearer ", cfg->api_key)
		       : NULL;
}

static const char *category_of(const struct contractor_cfg *cfg, const char *slug)
{
	const char *any = NULL;

	for (size_t i = 0; i < CONTRACTOR_LIST_MAX && cfg->signalen[i].ours; i++) {
		if (!strcmp(cfg->signalen[i].ours, slug))
			return cfg->signalen[i].theirs;
		if (!strcmp(cfg->signalen[i].ours, ANY))
			any = cfg->signalen[i].theirs;
	}
	return any;
}

/* A path is one of the same host. */
static char *whole_address(void *ctx, const char *url, const char *address)
{
	const char *host = strstr(url, "://");
	size_t len = host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/") : 0;

	if (!address)
		return NULL;
	return talloc_asprintf(ctx, "%.*s%s", address[0] == '/' ? (int)len : 0, url, address);
}

static char *write_signal(struct ask *ask, const struct contractor_order *o, const char *url)
{
	const struct contractor_cfg *cfg = &ask->c->cfg;
	struct signalen_signal signal = {
		.text = talloc_asprintf(ask, "%s%s%s", contractor_describe(ask, o),
					o->place ? "\n" : "", o->place ? o->place : ""),
		.mark = ask->mark,
		.sub_category = whole_address(ask, url, category_of(cfg, o->category)),
		.source = cfg->source,
		.urgent = o->urgent,
		.lat = o->lat,
		.lon = o->lon,
		.created_s = o->created_s,
	};

	return o->located ? signalen_write(ask, &signal) : NULL;
}

static void prepare_note(struct ask *ask, const struct contractor_order *o, const char *url)
{
	ask->method = "PATCH";
	ask->url = contractor_signalen_url(ask, url, o->their_ref);
	ask->order.state = talloc_strdup(ask, o->state);
	ask->order.note = talloc_strdup(ask, o->note && *o->note ? o->note : o->state);
	ask->body = signalen_write_note(ask, ask->order.note, ask->mark, NULL);
}

static int prepare(struct ask *ask, const struct contractor_order *o, const char *url)
{
	char *key = contractor_signalen_key(ask, &ask->c->cfg);

	if (o->update && (is_public(url) || !o->their_ref))
		return -EINVAL;
	ask->once = true;
	ask->mark = talloc_asprintf(ask, "meldlijn %s", o->update || !o->alias ? o->key : o->alias);
	if (o->update) {
		prepare_note(ask, o, url);
	} else {
		ask->url = talloc_asprintf(ask, "%.*s/", base_len(url), url);
		ask->body = write_signal(ask, o, url);
	}
	contractor_ask_header(ask, "Content-Type", "application/json");
	contractor_ask_header(ask, "Accept", "application/json");
	if (key)
		contractor_ask_header(ask, "Authorization", key + strlen("Authorization: "));
	return ask->body ? 0 : -EINVAL;
}

/* ---- was it taken before? ---- */

static int look(struct ask *ask, const char *url,
		void (*answered)(const struct http_answer *answer, void *data))
{
	struct http_ask http = {
		.url = url,
		.headers = ask->headers,
		.done = answered,
		.data = ask,
	};

	ask->req = http_start(ask->c->pool, &http);
	return ask->req ? 0 : -EINVAL;
}

static void go_on(struct ask *ask, int rc)
{
	if (rc < 0)
		contractor_ask_retry(ask, "the url is no address", 0);
}

/* \returns true if it has ended the ask */
static bool cannot_look(struct ask *ask, const struct http_answer *answer)
{
	ask->req = NULL;
	if (answer->status == 200)
		return false;
	if (contractor_is_trouble(answer))
		contractor_ask_retry(ask, contractor_words(ask, answer), answer->retry_after_s);
	else if (answer->status == 404 || answer->status == 400)
		contractor_ask_refused(ask, answer);
	else
		contractor_ask_retry_alone(ask, contractor_words(ask, answer));
	return true;
}

static void page_answered(const struct http_answer *answer, void *data);

static int look_at_page(struct ask *ask)
{
	const char *source = ask->c->cfg.source;
	char since[RFC3339_SIZE], page[16];
	char *query = talloc_strdup(ask, "");

	snprintf(page, sizeof(page), "%u", ++ask->page);
	query = form_add(query, "created_after",
			 rfc3339_write(since, ask->order.created_s - OVERLAP_S, 0));
	if (source)
		query = form_add(query, "source", source);
	query = form_add(query, "page_size", PAGE_SIZE);
	query = form_add(query, "page", page);
	return look(ask, talloc_asprintf(ask, "%s?%s", ask->url, query), page_answered);
}

static void page_answered(const struct http_answer *answer, void *data)
{
	struct ask *ask = data;
	bool more = false;
	char *id;

	if (cannot_look(ask, answer))
		return;
	if (signalen_find(ask, &id, &more, ask->mark, answer->body, answer->len) < 0)
		contractor_ask_retry(ask, contractor_signalen.no_answer, 0);
	else if (id)
		contractor_ask_taken(ask, id);
	else if (more && ask->page == PAGES_MAX)
		contractor_ask_retry_alone(ask,
					   "their list of signals is too long to look through");
	else
		go_on(ask, more ? look_at_page(ask) : contractor_ask_start(ask));
}

static void signal_answered(const struct http_answer *answer, void *data)
{
	struct ask *ask = data;
	struct signalen_read read;

	if (cannot_look(ask, answer))
		return;
	if (signalen_read(ask, &read, ask->mark, answer->body, answer->len) < 0) {
		contractor_ask_retry(ask, contractor_signalen.no_answer, 0);
		return;
	}
	if (read.marked) {
		contractor_ask_taken(ask, NULL);
		return;
	}
	/* only what is done can be opened again (their workflow.py) */
	if (!strcmp(ask->order.state, "reopened") && !strcmp(read.state, "o"))
		ask->body = signalen_write_note(ask, ask->order.note, ask->mark, "reopened");
	else if (!strcmp(ask->order.state, "withdrawn") && strcmp(read.state, "o") != 0 &&
		 strcmp(read.state, "a") != 0)
		ask->body = signalen_write_note(ask, ask->order.note, ask->mark, "a");
	go_on(ask, contractor_ask_start(ask));
}

static void public_answered(const struct http_answer *answer, void *data)
{
	struct ask *ask = data;
	struct http_answer lost = *answer;

	if (answer->status == 0 && answer->maybe_taken) {
		ask->req = NULL;
		lost.error =
			"the answer was lost and perhaps they have it: look there before sending again";
		contractor_ask_refused(ask, &lost);
		return;
	}
	contractor_ask_answered(answer, data);
}

static int start(struct ask *ask, const struct contractor_order *o, const char *url)
{
	ask->order.created_s = o->created_s;
	if (o->update)
		return look(ask, ask->url, signal_answered);
	if (!is_public(url))
		return look_at_page(ask);
	ask->answered = public_answered;
	return contractor_ask_start(ask);
}

static char *their_ref(struct ask *ask, const struct http_answer *answer)
{
	struct signalen_read read;

	return signalen_read(ask, &read, NULL, answer->body, answer->len) == 0 ? read.id : NULL;
}

static bool is_taken(const struct ask *ask, const struct http_answer *answer, const char *ref)
{
	return ref != NULL;
}

const struct contractor_writer contractor_signalen = {
	.prepare = prepare,
	.start = start,
	.their_ref = their_ref,
	.is_taken = is_taken,
	.no_answer = "the answer is none of Signalen: is the url right?",
};
