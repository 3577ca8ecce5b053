// SPDX-License-Identifier: AGPL-3.0-or-later
/* contractor_poll.c - ask an Open311 contractor what is new: updates since a time, or request by
 * request where it has no servicerequestupdates, or says nothing there; and what has become of tokens.  Signalen is asked signal by signal.  One request at a
 * time over one kept connection. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "contractor/contractor_int.h"
#include "log.h"
#include "wire/form.h"
#include "wire/open311.h"
#include "wire/rfc3339.h"
#include "wire/signalen.h"

#define OVERLAP_S   300	 /* asked again: their clock and their commits are not ours */
#define UPDATES_MAX 5000 /* of one poll */
#define BESIDE_MAX  50	 /* requests asked one by one in a poll, beside the list of updates */

struct poll {
	struct contractor *c;
	struct http_request *req;
	char **refs;
	size_t n, next; /* refs asked so far */
	size_t beside;	/* how many may still be asked although there is a list */
	bool beside_now;
	const char *headers[4];
	struct contractor_update *updates;
	size_t n_updates;
	int64_t since_s, now_s, until_s;
	void (*done)(const struct contractor_polled *p, void *data);
	void *data;
};

static int free_poll(struct poll *poll)
{
	poll->c->poll = NULL;
	if (poll->req)
		http_cancel(poll->req);
	return 0;
}

void contractor_poll_cancel(struct contractor *c)
{
	talloc_free(c->poll);
}

static void finish(struct poll *poll, const char *error)
{
	struct contractor *c = poll->c;
	struct contractor_polled polled = {
		.ok = !error,
		.error = error,
		.updates = poll->updates,
		.n = poll->n_updates,
		.until_s = poll->until_s,
	};

	c->status.polled++;
	c->poll = NULL;
	talloc_set_destructor(poll, NULL);
	poll->done(&polled, poll->data);
	talloc_free(poll);
}

static void trouble(struct poll *poll, const char *error, int retry_after_s)
{
	contractor_failed(poll->c, error, retry_after_s);
	finish(poll, error);
}

static struct contractor_update *add_update(struct poll *poll)
{
	if (poll->n_updates == UPDATES_MAX)
		return NULL;
	poll->updates = talloc_realloc(poll, poll->updates, struct contractor_update,
				       (unsigned int)poll->n_updates + 1);
	OSMO_ASSERT(poll->updates);
	memset(&poll->updates[poll->n_updates], 0, sizeof(poll->updates[0]));
	return &poll->updates[poll->n_updates++];
}

/* A request has no number for each change: what it says is its key. */
static const char *key_of(struct poll *poll, const struct open311_item *item)
{
	if (item->update_id)
		return item->update_id;
	return talloc_asprintf(poll, "%s/%s/%" PRId64 "/%" PRId64, item->service_request_id,
			       item->state, item->updated_s, item->expected_s);
}

/* Who tells all in the list of updates is asked request by request for an end only, that was
 * not told there: the same note under two keys would be told to the resident twice. */
static bool is_news(const struct poll *poll, const struct open311_item *item)
{
	static const char *const ends[] = { "solved", "closed", "rejected" };

	if (!poll->beside_now || !poll->c->updates_speak)
		return *item->state || item->note;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (!strcmp(item->state, ends[i]))
			return true;
	return false;
}

static void take_item(struct poll *poll, const struct open311_item *item)
{
	struct contractor_update *update;

	if (!poll->beside_now && item->updated_s > poll->until_s && item->updated_s <= poll->now_s)
		poll->until_s = item->updated_s;
	if (!is_news(poll, item))
		return;
	update = add_update(poll);
	if (!update)
		return;
	update->key = key_of(poll, item);
	update->reference = item->reference;
	update->their_ref = item->service_request_id;
	update->state = item->state;
	update->note = item->note;
	update->expected_s = item->expected_s;
	update->at_s = item->updated_s;
}

static int take_items(struct poll *poll, const struct http_answer *answer)
{
	struct open311_item *items;
	size_t skipped = 0;
	int n, i;

	n = open311_read_items(poll, &items, &skipped, answer->body, answer->len);
	for (i = 0; i < n; i++)
		take_item(poll, &items[i]);
	if (n >= 0 && skipped > 0)
		LOGP(DCONTR, LOGL_NOTICE, "contractor %s: %zu entries of its list skipped: %s\n",
		     poll->c->cfg.name, skipped, "no service_request_id");
	return n;
}

static void ask_next(struct poll *poll);

static void get_url(struct poll *poll, const char *url,
		    void (*answered)(const struct http_answer *answer, void *data))
{
	struct http_ask http = {
		.url = url,
		.headers = poll->headers,
		.done = answered,
		.data = poll,
	};

	poll->req = http_start(poll->c->pool, &http);
	if (!poll->req) /* contractor_poll() has tried one like it */
		finish(poll, "the url is no address");
}

static void get(struct poll *poll, const char *resource, const char *query,
		void (*answered)(const struct http_answer *answer, void *data))
{
	get_url(poll, open311_url(poll, poll->c->cfg.url, resource, query), answered);
}

static char *add_jurisdiction(const struct poll *poll, char *query)
{
	const char *jurisdiction = poll->c->cfg.jurisdiction;

	return jurisdiction ? form_add(query, "jurisdiction_id", jurisdiction) : query;
}

/* A list may be there and stay empty, and what has become of a request stand in requests/ID alone. */
static void ask_beside(struct poll *poll)
{
	poll->beside = BESIDE_MAX;
	if (poll->n_updates > 0)
		poll->c->updates_speak = true;
	poll->beside_now = true;
	ask_next(poll);
}

static void updates_answered(const struct http_answer *answer, void *data)
{
	struct poll *poll = data;

	poll->req = NULL;
	if (answer->status == 200) {
		contractor_answered(poll->c);
		if (take_items(poll, answer) < 0)
			trouble(poll, "servicerequestupdates is no JSON list: is the url right?",
				0);
		else
			ask_beside(poll);
	} else if (contractor_is_trouble(answer)) {
		trouble(poll, contractor_words(poll, answer), answer->retry_after_s);
	} else if (answer->status == 500) {
		finish(poll, contractor_words(poll, answer));
	} else {
		poll->c->no_updates = true;
		ask_next(poll);
	}
}

static void ref_answered(const struct http_answer *answer, void *data)
{
	struct poll *poll = data;

	poll->req = NULL;
	if (contractor_is_trouble(answer) && poll->beside_now) {
		finish(poll, NULL); /* the list was had, and orders are not hindered */
		return;
	}
	if (contractor_is_trouble(answer)) {
		trouble(poll, contractor_words(poll, answer), answer->retry_after_s);
		return;
	}
	contractor_answered(poll->c);
	if (answer->status == 200 && take_items(poll, answer) < 0)
		LOGP(DCONTR, LOGL_NOTICE, "contractor %s: request %s is no JSON list\n",
		     poll->c->cfg.name, poll->refs[poll->next - 1]);
	ask_next(poll);
}

static void token_answered(const struct http_answer *answer, void *data)
{
	struct poll *poll = data;
	struct open311_receipt receipt;
	struct contractor_update *update;

	poll->req = NULL;
	if (contractor_is_trouble(answer)) {
		trouble(poll, contractor_words(poll, answer), answer->retry_after_s);
		return;
	}
	contractor_answered(poll->c);
	if (answer->status == 200 &&
	    open311_read_receipt(poll, &receipt, answer->body, answer->len) == 0 &&
	    receipt.service_request_id && (update = add_update(poll))) {
		update->key = update->their_ref = poll->refs[poll->next - 1];
		update->new_ref = receipt.service_request_id;
		update->state = "";
	}
	ask_next(poll);
}

static void take_signal(struct poll *poll, const struct signalen_read *read)
{
	struct contractor_update *update;
	const char *state = signalen_state(read->state);

	if (!*state || !(update = add_update(poll)))
		return;
	update->key = talloc_asprintf(poll, "%s/%s/%" PRId64, read->id, read->state, read->at_s);
	update->their_ref = poll->refs[poll->next - 1];
	update->state = state;
	update->note = read->note;
	update->expected_s = !strcmp(state, "planned") ? read->expected_s : 0;
	update->at_s = read->at_s;
}

static void signal_answered(const struct http_answer *answer, void *data)
{
	struct poll *poll = data;
	struct signalen_read read;

	poll->req = NULL;
	if (contractor_is_trouble(answer)) {
		trouble(poll, contractor_words(poll, answer), answer->retry_after_s);
		return;
	}
	contractor_answered(poll->c);
	if (answer->status == 200 &&
	    signalen_read(poll, &read, NULL, answer->body, answer->len) == 0)
		take_signal(poll, &read);
	else
		LOGP(DCONTR, LOGL_NOTICE, "contractor %s: signal %s is none (HTTP %d)\n",
		     poll->c->cfg.name, poll->refs[poll->next - 1], answer->status);
	ask_next(poll);
}

static void ask_next_signal(struct poll *poll)
{
	if (poll->next == poll->n)
		finish(poll, NULL);
	else
		get_url(poll,
			contractor_signalen_url(poll, poll->c->cfg.url, poll->refs[poll->next++]),
			signal_answered);
}

static bool is_mentioned(const struct poll *poll, const char *ref)
{
	for (size_t i = 0; i < poll->n_updates; i++)
		if (poll->updates[i].their_ref && !strcmp(poll->updates[i].their_ref, ref))
			return true;
	return false;
}

/* Of a contractor with a list: is this one asked about too? */
static bool ask_it_beside(struct poll *poll, const char *ref)
{
	if (poll->beside == 0 || is_mentioned(poll, ref))
		return false;
	poll->beside--;
	return true;
}

static void ask_next(struct poll *poll)
{
	if (poll->c->cfg.format == CONTRACTOR_SIGNALEN) {
		ask_next_signal(poll);
		return;
	}
	while (poll->next < poll->n) {
		const char *ref = poll->refs[poll->next++];
		size_t skip = strlen(TOKEN_PREFIX);
		bool token = !strncmp(ref, TOKEN_PREFIX, skip);
		char *id;

		if (!token && !poll->c->no_updates && !ask_it_beside(poll, ref))
			continue;
		id = form_escape(poll, token ? ref + skip : ref);
		get(poll, talloc_asprintf(poll, "%s/%s.json", token ? "tokens" : "requests", id),
		    add_jurisdiction(poll, talloc_strdup(poll, "")),
		    token ? token_answered : ref_answered);
		return;
	}
	finish(poll, NULL);
}

static void ask_updates(struct poll *poll)
{
	int64_t from_s = OSMO_MAX(poll->since_s - OVERLAP_S, poll->now_s - OPEN311_SPAN_S + 3600);
	char text[RFC3339_SIZE];
	char *query = talloc_strdup(poll, "");

	query = form_add(query, "start_date", rfc3339_write(text, OSMO_MAX(from_s, 0), 0));
	query = form_add(query, "end_date", rfc3339_write(text, poll->now_s + OVERLAP_S, 0));
	get(poll, "servicerequestupdates.json", add_jurisdiction(poll, query), updates_answered);
}

static struct poll *poll_alloc(struct contractor *c, const char *const *refs, size_t n)
{
	struct poll *poll = talloc_zero(c, struct poll);
	size_t i;

	OSMO_ASSERT(poll);
	poll->c = c;
	poll->refs = talloc_zero_array(poll, char *, (unsigned int)n + 1);
	OSMO_ASSERT(poll->refs);
	/* those that are asked beside a list take turns */
	for (i = 0; i < n; i++)
		poll->refs[i] = talloc_strdup(poll, refs[(c->turn + i) % n]);
	poll->n = n;
	c->turn = n ? (c->turn + BESIDE_MAX) % n : 0;
	c->poll = poll;
	talloc_set_destructor(poll, free_poll);
	return poll;
}

static bool has_work(const struct contractor *c, const char *const *refs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (c->no_updates || !strncmp(refs[i], TOKEN_PREFIX, strlen(TOKEN_PREFIX)))
			return true;
	return !c->no_updates;
}

int contractor_poll(struct contractor *c, int64_t since_s, int64_t now_s, const char *const *refs,
		    size_t n, void (*done)(const struct contractor_polled *p, void *data),
		    void *data)
{
	struct poll *poll;

	if (c->cfg.format == CONTRACTOR_WEBHOOK || c->cfg.format == CONTRACTOR_LINK ||
	    (c->cfg.format == CONTRACTOR_OPEN311 && !open311_is_url(c->cfg.url)))
		return -ENOTSUP;
	if (c->poll || !contractor_may_ask(c))
		return -EAGAIN;
	if (!has_work(c, refs, n))
		c->no_updates = false; /* nothing else to ask: perhaps they have it by now */

	contractor_asking(c);
	poll = poll_alloc(c, refs, n);
	poll->since_s = poll->until_s = since_s;
	poll->now_s = now_s;
	poll->done = done;
	poll->data = data;
	if (c->cfg.format == CONTRACTOR_SIGNALEN) {
		poll->headers[0] = "Accept: application/json";
		poll->headers[1] = contractor_signalen_key(poll, &c->cfg);
	}
	if (c->no_updates || c->cfg.format == CONTRACTOR_SIGNALEN)
		ask_next(poll);
	else
		ask_updates(poll);
	return 0;
}
