// SPDX-License-Identifier: AGPL-3.0-or-later
/* cap_feed.c - see cap_feed.h. */
#include "flow/cap_feed.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "log.h"
#include "wire/cap.h"

#define OWNER	  "cap-feed" /* of what is remembered, and of the row that says when */
#define ALARM	  "cap-feed"
#define FETCH_MAX 32 /* alerts of one poll */

struct cap_feed {
	struct store *st;
	struct http_pool *http;
	struct broadcast *bc;
	struct cap_feed_cfg cfg;
	char *url;
	struct http_request *busy;
	/* what is fetched of this answer */
	char *links[FETCH_MAX], *keys[FETCH_MAX];
	unsigned int n, at;
	void *links_ctx;
	char *etag, *modified;
	bool missed; /* not all was taken: it must say all of it again */
	struct cap_feed_figures figures;
};

static int begin(struct cap_feed *feed)
{
	return store_begin(feed->st);
}

static void end(struct cap_feed *feed, int rc)
{
	if (rc < 0)
		store_undo(feed->st);
	else
		store_end(feed->st);
}

/* ---- what becomes of an answer ---- */

static void failed(struct cap_feed *feed, const char *why)
{
	int rc;

	LOGP(DFLOW, LOGL_NOTICE, "the feed of alerts %s: %s; it is asked again\n", feed->url, why);
	feed->figures.failures++;
	if (begin(feed) < 0)
		return;
	rc = store_alarm(feed->st, ALARM, true, why, clock_now_s());
	end(feed, rc == -EEXIST ? 0 : rc);
}

static void works(struct cap_feed *feed)
{
	int rc;

	if (begin(feed) < 0)
		return;
	rc = store_alarm(feed->st, ALARM, false, "", clock_now_s());
	end(feed, rc == -ENOENT ? 0 : rc);
}

/* \returns 0, also where it is refused for good; -EIO */
static int take_step(void *ctx, struct cap_feed *feed, const char *text, size_t len)
{
	struct notice n = { .go = feed->cfg.send, .who = "cap" };
	char *why = NULL, *detail;
	int rc = broadcast_cap_add(ctx, feed->bc, text, len, &n, &why);

	if (rc == -EEXIST)
		return 0;
	if (rc == -EIO)
		return rc;
	if (rc < 0) {
		feed->figures.refused++;
		LOGP(DFLOW, LOGL_NOTICE, "an alert of %s is not taken: %s\n", feed->url, why);
		return 1;
	}
	feed->figures.alerts++;
	LOGP(DFLOW, LOGL_NOTICE, "notice %lld, %s, of the feed of alerts: \"%s\"%s\n",
	     (long long)n.id, notice_kind_name(n.kind), n.title,
	     n.go ? "" : "; it waits for: meldlijn notice resume");
	if (n.go)
		return 0;
	detail = talloc_asprintf(ctx, "a draft of %s waits: \"%s\"", n.key, n.title);
	return broadcast_alarm(feed->bc, n.id, detail);
}

/* \returns false: the database did not take it */
static bool take(struct cap_feed *feed, const char *text, size_t len, const char *key)
{
	void *ctx = talloc_new(feed);
	int rc = begin(feed);

	if (rc == 0) {
		rc = take_step(ctx, feed, text, len);
		if (rc == 1) /* whatever it began to write is not wanted */
			store_undo(feed->st);
		else
			end(feed, rc);
		if (rc >= 0 && key && begin(feed) == 0) {
			rc = store_update_seen(feed->st, OWNER, key, clock_now_s());
			end(feed, rc == -EEXIST ? 0 : rc);
		}
	}
	talloc_free(ctx);
	return rc != -EIO;
}

/* ---- fetching ---- */

static void fetch_next(struct cap_feed *feed);

/* So that it need not say it again. */
static void remember(struct cap_feed *feed)
{
	int rc;

	if (begin(feed) < 0)
		return;
	rc = store_remember(feed->st, OWNER, "url", feed->url);
	if (rc == 0)
		rc = store_remember(feed->st, OWNER, "etag", feed->etag);
	if (rc == 0)
		rc = store_remember(feed->st, OWNER, "modified", feed->modified);
	end(feed, rc);
}

static void not_there(struct cap_feed *feed, const char *why)
{
	feed->missed = true;
	failed(feed, why);
}

static void fetched(const struct http_answer *answer, void *data)
{
	struct cap_feed *feed = data;
	unsigned int at = feed->at++;

	feed->busy = NULL;
	if (answer->status == 200)
		feed->missed |= !take(feed, answer->body, answer->len, feed->keys[at]);
	else
		not_there(feed, answer->error ? answer->error : "an alert of it is not there");
	fetch_next(feed);
}

static void fetch_next(struct cap_feed *feed)
{
	struct http_ask ask = { .done = fetched, .data = feed };

	while (feed->at < feed->n) {
		ask.url = feed->links[feed->at];
		feed->busy = http_start(feed->http, &ask);
		if (feed->busy)
			return;
		feed->at++;
	}
	if (!feed->missed) {
		works(feed);
		remember(feed);
	}
	TALLOC_FREE(feed->links_ctx);
	feed->n = 0;
}

/* Those of its links that were not fetched yet, as they are now. */
static void take_links(struct cap_feed *feed, const struct cap_entry *entries, int n)
{
	for (int i = 0; i < n && feed->n < FETCH_MAX; i++) {
		const struct cap_entry *e = &entries[i];
		char *link = http_resolve(feed->links_ctx, feed->url, e->href);
		char *key = talloc_asprintf(feed->links_ctx, "%s %s %s", e->id, e->updated,
					    e->href);

		if (!link)
			LOGP(DFLOW, LOGL_NOTICE, "%s: a link to another host is left: %.80s\n",
			     feed->url, e->href);
		else if (store_update_known(feed->st, OWNER, key) == 0) {
			feed->links[feed->n] = link;
			feed->keys[feed->n++] = key;
		}
	}
	fetch_next(feed);
}

static void take_feed(struct cap_feed *feed, const struct http_answer *answer)
{
	void *ctx = talloc_new(feed);
	struct cap_entry *entries;
	char *why = NULL;
	int n = cap_feed_read(ctx, &entries, answer->body, answer->len, &why);

	feed->links_ctx = ctx;
	feed->n = feed->at = 0;
	feed->missed = false;
	feed->etag = talloc_strdup(ctx, answer->etag);
	feed->modified = talloc_strdup(ctx, answer->last_modified);
	if (n == -EBADMSG)
		not_there(feed, why);
	else if (n == -ENOENT)
		feed->missed = !take(feed, answer->body, answer->len, NULL);
	else
		take_links(feed, entries, n);
	if (n < 0)
		fetch_next(feed);
}

static void polled(const struct http_answer *answer, void *data)
{
	struct cap_feed *feed = data;
	char why[64];

	feed->busy = NULL;
	if (answer->status == 200) {
		take_feed(feed, answer);
	} else if (answer->status == 304) {
		works(feed);
	} else {
		snprintf(why, sizeof(why), "it answers %d", answer->status);
		failed(feed, answer->error ? answer->error : why);
	}
}

/* ---- asking ---- */

/* What it said last, of the same address. */
static const char **conditions(void *ctx, struct cap_feed *feed)
{
	const char **headers = talloc_zero_array(ctx, const char *, 4);
	char *url = store_recall(ctx, feed->st, OWNER, "url");
	char *etag = store_recall(ctx, feed->st, OWNER, "etag");
	char *modified = store_recall(ctx, feed->st, OWNER, "modified");
	unsigned int n = 0;

	OSMO_ASSERT(headers);
	headers[n++] = "Accept: application/atom+xml, application/cap+xml, application/xml";
	if (!url || strcmp(url, feed->url) != 0)
		return headers;
	if (etag && *etag)
		headers[n++] = talloc_asprintf(ctx, "If-None-Match: %s", etag);
	if (modified && *modified)
		headers[n++] = talloc_asprintf(ctx, "If-Modified-Since: %s", modified);
	return headers;
}

static void ask(struct cap_feed *feed)
{
	void *ctx = talloc_new(feed);
	struct http_ask what = {
		.url = feed->url, .headers = conditions(ctx, feed), .done = polled, .data = feed
	};

	feed->figures.polls++;
	feed->busy = http_start(feed->http, &what);
	if (!feed->busy)
		failed(feed, "it is no address");
	talloc_free(ctx);
}

void cap_feed_due(struct cap_feed *feed, int64_t now_s)
{
	int poll_s = feed->cfg.poll_s ? feed->cfg.poll_s : CAP_FEED_POLL_S;
	int64_t due_s = 0, seen_s;
	unsigned int failures;
	int rc;

	if (!feed->url || feed->busy)
		return;
	rc = store_poll_get(feed->st, OWNER, &due_s, &seen_s, &failures);
	if (rc == 0 && due_s > now_s && due_s <= now_s + poll_s)
		return;
	if (begin(feed) < 0)
		return;
	rc = store_poll_put(feed->st, OWNER, now_s + poll_s, 0, 0);
	end(feed, rc);
	if (rc == 0)
		ask(feed);
}

/* ---- life ---- */

void cap_feed_figures(const struct cap_feed *feed, struct cap_feed_figures *out)
{
	*out = feed->figures;
}

static void stop(struct cap_feed *feed)
{
	if (feed->busy)
		http_cancel(feed->busy);
	feed->busy = NULL;
	TALLOC_FREE(feed->links_ctx);
	feed->n = feed->at = 0;
}

void cap_feed_configure(struct cap_feed *feed, const struct cap_feed_cfg *cfg)
{
	stop(feed);
	talloc_free(feed->url);
	feed->cfg = *cfg;
	feed->url = cfg->url ? talloc_strdup(feed, cfg->url) : NULL;
	cap_feed_due(feed, clock_now_s());
}

struct cap_feed *cap_feed_alloc(void *ctx, struct store *st, struct http_pool *http,
				struct broadcast *bc, const struct cap_feed_cfg *cfg)
{
	struct cap_feed *feed = talloc_zero(ctx, struct cap_feed);

	OSMO_ASSERT(feed);
	feed->st = st;
	feed->http = http;
	feed->bc = bc;
	feed->cfg = *cfg;
	feed->url = cfg->url ? talloc_strdup(feed, cfg->url) : NULL;
	return feed;
}
