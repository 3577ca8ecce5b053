// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_cap.c - public notices for other systems: /cap/ is an Atom feed (RFC 4287) of those that hold now, /cap/12.xml one
 * of them as CAP 1.2.  Only where the configuration says who we are (cap-sender). */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include "clock.h"
#include "web/web_int.h"
#include "wire/rfc3339.h"
#include "wire/xml.h"

#define LOOKED_AT_MAX 500
#define ENTRIES_MAX   100
#define FEED_TYPE     "application/atom+xml; charset=utf-8"
#define CAP_TYPE      "application/cap+xml; charset=utf-8"

struct feed {
	struct web_req *req;
	char *entries;
	unsigned int n;
	int64_t now_s, updated_s;
};

static bool add_entry(const struct notice *n, void *data)
{
	struct broadcast *bc = ((struct feed *)data)->req->web->user.broadcast;
	char updated[RFC3339_SIZE];
	struct feed *feed = data;

	if (n->expires_s <= feed->now_s || n->state == NOTICE_CANCELLED ||
	    !broadcast_is_public(bc, n))
		return true;
	if (!feed->n)
		feed->updated_s = n->created_s;
	feed->entries = talloc_asprintf_append_buffer(
		feed->entries,
		"<entry><id>urn:x-meldlijn:notice:%" PRId64 ":%" PRId64
		"</id><updated>%s</updated><link rel=\"alternate\" type=\"application/cap+xml\" "
		"href=\"/cap/%" PRId64 ".xml\"/><title>",
		n->id, n->created_s, rfc3339_write(updated, n->created_s, 0), n->id);
	feed->entries = xml_escape_append(feed->entries, *n->title ? n->title : "-");
	feed->entries = talloc_strdup_append_buffer(feed->entries, "</title></entry>\n");
	return ++feed->n < ENTRIES_MAX;
}

static void answer_feed(struct web_req *req, const char *sender)
{
	struct feed feed = { .req = req,
			     .entries = talloc_strdup(req, ""),
			     .now_s = clock_now_s() };
	char updated[RFC3339_SIZE];
	char *who = xml_escape_append(talloc_strdup(req, ""), sender), *out;

	if (store_notice_list(req, req->web->st, 0, LOOKED_AT_MAX, add_entry, &feed) < 0) {
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE, "the database cannot be read");
		return;
	}
	out = talloc_asprintf(
		req,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<id>urn:x-meldlijn:cap:%s</id>\n"
		"<title>%s</title>\n<author><name>%s</name></author>\n<updated>%s</updated>\n"
		"<link rel=\"self\" href=\"/cap/\"/>\n%s</feed>\n",
		who, who, who, rfc3339_write(updated, feed.updated_s, 0), feed.entries);
	web_answer(req, MHD_HTTP_OK, FEED_TYPE, out);
}

/* "12.xml" \returns 0: it is none */
static int64_t read_id(const char *segment)
{
	char *end;
	int64_t id;

	if (*segment < '1' || *segment > '9')
		return 0;
	errno = 0;
	id = strtoll(segment, &end, 10);
	return errno == 0 && strcmp(end, ".xml") == 0 ? id : 0;
}

void web_cap(struct web_req *req)
{
	struct broadcast *bc = req->web->user.broadcast;
	const char *sender = bc ? broadcast_cap_sender(bc) : NULL;
	int64_t id = read_id(web_segment(req, 1));
	struct notice n;
	char *alert = NULL;

	if (!sender) {
		web_answer_error(req, MHD_HTTP_NOT_FOUND,
				 "no notices here: cap-sender is not configured");
		return;
	}
	if (!*web_segment(req, 1)) {
		answer_feed(req, sender);
		return;
	}
	if (id && store_notice_get(req, req->web->st, id, &n) == 0)
		alert = broadcast_cap(req, bc, &n);
	if (alert)
		web_answer(req, MHD_HTTP_OK, CAP_TYPE, alert);
	else
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "no such public notice");
}
