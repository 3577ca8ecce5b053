/* web_live.h - /console/live: what changes, to everybody who looks, as server-sent events (WHATWG HTML, 9.2).
 *
 * One timer asks the store and the lines while somebody looks, and only when something was written; what has changed
 * becomes one text that all viewers share.  Events, each with all of its subject:
 *
 *   lanes    {"reply":0,"status":0,"notice":0,"sending":0,"doubt":0,"oldest":3}
 *            oldest: minutes that the oldest waits; null: nothing does
 *   reports  {"received":12,...,"event":4711}   event: id of the newest event of any report
 *   figures  {"day":20783,"event":4711}   what web_figures.h counts is other than on an earlier day or before that event;
 *            at most every 5 s, however much comes in
 *   lines    [{"name":"modem 1","state":"up","since":1700000000},...]
 *   alarms   [{"what":...,"detail":...,"since":1700000000},...]
 *   notices  [{"id":7,"state":"running","recipients":100,"queued":1,"sent":2,"delivered":3,"failed":0,"skipped":0},...]
 *            the newest LIVE_NOTICES
 *   alive    {}   nothing else was told for 20 s
 *
 * The page then asks for the figures, all within a moment: web_live_kept() is where their text is kept meanwhile.
 *
 * In a page: page_live(page); it sets what has an id, and tells others by the events live-lanes, live-notices
 * and so on of the document, whose detail is the JSON.  Who falls more than LIVE_KEPT texts behind is hung up; the browser
 * comes back by itself and begins with all of it.
 */
#pragma once

#include <stdbool.h>

#define LIVE_VIEWERS 1000
#define LIVE_NOTICES 20
#define LIVE_KEPT    32

struct web;
struct web_req;
struct web_live;

struct web_live *web_live_start(struct web *web);
/*! Before libmicrohttpd stops: nobody stays suspended. */
void web_live_stop(struct web_live *live);
/*! Somebody's session has ended: they see no more. */
void web_live_check(struct web_live *live);
/*! Where a text of the figures, child of live, is kept until "figures" is told the next time, which makes it NULL again.
 *  NULL: nobody looks, so nobody is told. */
char **web_live_kept(struct web_live *live, bool dutch);
/*! The handler of GET /console/live. */
void web_live_view(struct web_req *req);
