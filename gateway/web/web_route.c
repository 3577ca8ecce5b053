// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_route.c - which handler answers which method and path. */
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "web/web_int.h"

#define SEGMENTS_MAX 5

struct route {
	const char *method;		/* NULL: any */
	const char *path[SEGMENTS_MAX]; /* "*": any segment; "**": all that follow */
	web_handler *handler;
	bool (*allowed)(struct web_req *req); /* answers itself if not; NULL: anyone */
};

static bool demo_is_served(struct web_req *req)
{
	if (req->web->demo)
		return true;
	web_answer_error(req, MHD_HTTP_NOT_FOUND, "the built-in contractor runs in the demo only");
	return false;
}

/* The first that fits; a path that fits with another method only is 405. */
static const struct route routes[] = {
	{ "GET", { NULL }, web_home, NULL },
	{ "GET", { "healthz" }, web_healthz, NULL },
	{ "GET", { "metrics" }, web_metrics, NULL },
	{ "POST", { "contractors", "*", "updates" }, web_callback, NULL },
	{ "GET", { "handset", "clock" }, web_handset_clock_get, web_handset_allowed },
	{ "POST", { "handset", "clock" }, web_handset_clock_move, web_handset_allowed },
	{ "POST", { "handset", "*", "sms" }, web_handset_sms, web_handset_allowed },
	{ "GET", { "handset", "*", "messages" }, web_handset_messages, web_handset_allowed },
	{ "POST", { "handset", "*", "ussd" }, web_handset_ussd, web_handset_allowed },
	{ NULL, { "handset", "*", "call", "**" }, web_handset_later, web_handset_allowed },
	{ "POST", { "modems", "*", "ussd" }, web_modem_ussd, web_modem_allowed },
	{ "POST", { "demo", "contractor", "requests.json" }, web_demo_order, demo_is_served },
	{ "GET", { "demo", "contractor", "requests.json" }, web_demo_list, demo_is_served },
	{ "GET", { "demo", "contractor", "requests", "*" }, web_demo_request, demo_is_served },
	{ "POST",
	  { "demo", "contractor", "servicerequestupdates.json" },
	  web_demo_note,
	  demo_is_served },
	{ "GET",
	  { "demo", "contractor", "servicerequestupdates.json" },
	  web_demo_updates,
	  demo_is_served },
};

static bool path_fits(const struct route *route, const struct target *target)
{
	size_t i;

	for (i = 0; i < SEGMENTS_MAX && route->path[i]; i++) {
		if (!strcmp(route->path[i], "**"))
			return true;
		if (i >= target->n)
			return false;
		if (strcmp(route->path[i], "*") != 0 &&
		    strcmp(route->path[i], target->segments[i]) != 0)
			return false;
	}
	return i == target->n;
}

static bool method_fits(const struct route *route, const char *method)
{
	if (!route->method || !strcmp(route->method, method))
		return true;
	return !strcmp(route->method, "GET") && !strcmp(method, "HEAD");
}

static void answer_wrong_method(struct web_req *req, char *allow)
{
	req->allow = allow;
	web_answer_error(req, MHD_HTTP_METHOD_NOT_ALLOWED, "only %s here", allow);
}

void web_route(struct web_req *req)
{
	char *allow = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(routes); i++) {
		const struct route *route = &routes[i];

		if (!path_fits(route, &req->target))
			continue;
		if (method_fits(route, req->method)) {
			if (!route->allowed || route->allowed(req))
				route->handler(req);
			return;
		}
		if (allow)
			allow = talloc_asprintf_append_buffer(allow, ", %s", route->method);
		else
			allow = talloc_strdup(req, route->method);
	}
	if (allow)
		answer_wrong_method(req, allow);
	else
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "nothing here; / says what there is");
}
