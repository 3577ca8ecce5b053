/* cap_feed.h - alerts of CAP 1.2 from an address: one alert, or an Atom feed of links to some.
 *
 * It is asked when a row says so (agenda), with what it said last (ETag, Last-Modified), so an answer without news is
 * short; its alerts are fetched one after the other, each once, and only from the feed's own host.  An alert becomes
 * a draft that an alarm tells of, unless it may be sent: a stranger must not text a city by itself.  A feed that
 * fails is an alarm, and is asked again at its pace.
 */
#pragma once

#include "contractor/http.h"
#include "flow/broadcast.h"

struct cap_feed_cfg {
	const char *url; /* NULL: none */
	int poll_s;	 /* 0: CAP_FEED_POLL_S */
	bool send;
};
#define CAP_FEED_POLL_S 60

struct cap_feed;

struct cap_feed *cap_feed_alloc(void *ctx, struct store *st, struct http_pool *http,
				struct broadcast *bc, const struct cap_feed_cfg *cfg);
/*! Take other settings; another address is asked at once. */
void cap_feed_configure(struct cap_feed *feed, const struct cap_feed_cfg *cfg);
/*! Agenda. */
void cap_feed_due(struct cap_feed *feed, int64_t now_s);

struct cap_feed_figures {
	uint64_t polls, failures, alerts, refused;
};
void cap_feed_figures(const struct cap_feed *feed, struct cap_feed_figures *out);
