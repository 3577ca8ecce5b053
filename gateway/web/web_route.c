// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_route.c - which handler answers which method and path. */
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "web/web_figures.h"
#include "web/web_int.h"
#include "web/web_live.h"

#define SEGMENTS_MAX 5

struct route {
	const char *method;
	const char *path[SEGMENTS_MAX]; /* "*": any segment */
	web_handler *handler;
	bool (*allowed)(struct web_req *req);	 /* answers itself if not; NULL: anyone */
	size_t (*body_max)(struct web_req *req); /* NULL: WEB_BODY_MAX */
};

static bool demo_is_served(struct web_req *req)
{
	if (req->web->demo)
		return true;
	web_answer_error(req, MHD_HTTP_NOT_FOUND, "only the demo has this");
	return false;
}

/* The first that fits; a path that fits with another method only is 405. */
static const struct route routes[] = {
	{ "GET", { NULL }, web_home, NULL, NULL },
	{ "GET", { "healthz" }, web_healthz, NULL, NULL },
	{ "GET", { "metrics" }, web_metrics, NULL, NULL },
	{ "GET", { "assets", "*", "*" }, web_asset, NULL, NULL },
	{ "GET", { "console" }, web_today, NULL, NULL },
	{ "GET", { "console", "live" }, web_live_view, NULL, NULL },
	{ "GET", { "console", "figures" }, web_figures, NULL, NULL },
	{ "GET", { "console", "reports" }, web_reports, NULL, NULL },
	{ "GET", { "console", "reports", "*" }, web_report, NULL, NULL },
	{ "POST", { "console", "reports", "*", "state" }, web_report_state, NULL, NULL },
	{ "POST", { "console", "reports", "*", "answer" }, web_report_answer, NULL, NULL },
	{ "POST", { "console", "reports", "*", "note" }, web_report_note, NULL, NULL },
	{ "POST", { "console", "reports", "*", "reassign" }, web_report_reassign, NULL, NULL },
	{ "POST", { "console", "reports", "*", "merge" }, web_report_merge, NULL, NULL },
	{ "GET", { "console", "menus" }, web_menus, NULL, NULL },
	{ "GET", { "console", "recordings", "*" }, web_recording, NULL, NULL },
	{ "GET", { "console", "sign-in" }, web_sign_in_page, NULL, NULL },
	{ "POST", { "console", "sign-in" }, web_sign_in, NULL, NULL },
	{ "POST", { "console", "sign-out" }, web_sign_out, NULL, NULL },
	{ "POST", { "console", "language" }, web_language, NULL, NULL },
	{ "GET", { "console", "account" }, web_account, NULL, NULL },
	{ "POST", { "console", "account" }, web_password, NULL, NULL },
	{ "GET", { "console", "people" }, web_people, NULL, NULL },
	{ "POST", { "console", "people" }, web_people_find, NULL, NULL },
	{ "GET", { "console", "people", "*" }, web_people_one, NULL, NULL },
	{ "POST", { "console", "people", "*", "release" }, web_people_release, NULL, NULL },
	{ "POST", { "console", "people", "*", "export" }, web_people_export, NULL, NULL },
	{ "POST", { "console", "people", "*", "forget" }, web_people_forget, NULL, NULL },
	{ "GET", { "console", "contractors" }, web_contractors, NULL, NULL },
	{ "GET", { "console", "contractors", "*" }, web_contractor_one, NULL, NULL },
	{ "POST", { "console", "contractors", "*", "try" }, web_contractor_try, NULL, NULL },
	{ "POST", { "console", "contractors", "*", "again" }, web_contractor_again, NULL, NULL },
	{ "GET", { "console", "audit" }, web_audit, NULL, NULL },
	{ "GET", { "console", "staff" }, web_staff, NULL, NULL },
	{ "POST", { "console", "staff" }, web_staff_add, NULL, NULL },
	{ "GET", { "console", "staff", "*" }, web_staff_one, NULL, NULL },
	{ "POST", { "console", "staff", "*", "change" }, web_staff_change, NULL, NULL },
	{ "POST", { "console", "staff", "*", "password" }, web_staff_password, NULL, NULL },
	{ "POST", { "console", "staff", "*", "codes" }, web_staff_codes, NULL, NULL },
	{ "POST", { "console", "staff", "*", "end" }, web_staff_end, NULL, NULL },
	{ "GET", { "console", "notices" }, web_notices, NULL, NULL },
	{ "POST", { "console", "notices" }, web_notice_add, NULL, web_notice_form_max },
	{ "GET", { "console", "notices", "new" }, web_notice_new, NULL, NULL },
	{ "POST", { "console", "notices", "preview" }, web_notice_preview, NULL, NULL },
	{ "GET", { "console", "notices", "*" }, web_notice, NULL, NULL },
	{ "POST", { "console", "notices", "*", "send" }, web_notice_send, NULL, NULL },
	{ "POST", { "console", "notices", "*", "pause" }, web_notice_pause, NULL, NULL },
	{ "POST", { "console", "notices", "*", "resume" }, web_notice_resume, NULL, NULL },
	{ "POST", { "console", "notices", "*", "cancel" }, web_notice_cancel, NULL, NULL },
	{ "GET", { "cap" }, web_cap, NULL, NULL },
	{ "GET", { "cap", "*" }, web_cap, NULL, NULL },
	{ "GET", { "order", "*" }, web_order, NULL, NULL },
	{ "POST", { "order", "*" }, web_order_tell, NULL, NULL },
	{ "GET", { "open311", "*" }, web_open311_discovery, web_open311_served, NULL },
	{ "GET", { "open311", "v2", "*" }, web_open311_list, web_open311_served, NULL },
	{ "POST", { "open311", "v2", "*" }, web_open311_post, web_open311_served, NULL },
	{ "GET", { "open311", "v2", "*", "*" }, web_open311_one, web_open311_served, NULL },
	{ "POST", { "contractors", "*", "updates" }, web_callback, NULL, NULL },
	{ "GET", { "phone" }, web_phone, web_handset_allowed, NULL },
	{ "GET", { "handset", "changes" }, web_handset_changes, web_handset_allowed, NULL },
	{ "GET", { "handset", "clock" }, web_handset_clock_get, web_handset_allowed, NULL },
	{ "POST", { "handset", "clock" }, web_handset_clock_move, web_handset_allowed, NULL },
	{ "POST", { "handset", "*", "sms" }, web_handset_sms, web_handset_allowed, NULL },
	{ "GET", { "handset", "*", "messages" }, web_handset_messages, web_handset_allowed, NULL },
	{ "POST", { "handset", "*", "ussd" }, web_handset_ussd, web_handset_allowed, NULL },
	{ "POST", { "handset", "*", "call" }, web_handset_call_place, web_handset_allowed, NULL },
	{ "GET", { "handset", "*", "call" }, web_handset_call_list, web_handset_allowed, NULL },
	{ "GET",
	  { "handset", "*", "call", "*" },
	  web_handset_call_show,
	  web_handset_allowed,
	  NULL },
	{ "DELETE",
	  { "handset", "*", "call", "*" },
	  web_handset_call_hang_up,
	  web_handset_allowed,
	  NULL },
	{ "POST",
	  { "handset", "*", "call", "*", "keys" },
	  web_handset_call_keys,
	  web_handset_allowed,
	  NULL },
	{ "POST",
	  { "handset", "*", "call", "*", "audio" },
	  web_handset_call_say,
	  web_handset_allowed,
	  web_handset_call_body_max },
	{ "GET",
	  { "handset", "*", "call", "*", "audio" },
	  web_handset_call_hear,
	  web_handset_allowed,
	  NULL },
	{ "POST", { "modems", "*", "ussd" }, web_modem_ussd, web_modem_allowed, NULL },
	{ "GET", { "demo", "code" }, web_demo_code, demo_is_served, NULL },
	{ "POST", { "demo", "contractor", "requests.json" }, web_demo_order, demo_is_served, NULL },
	{ "GET", { "demo", "contractor", "requests.json" }, web_demo_list, demo_is_served, NULL },
	{ "GET",
	  { "demo", "contractor", "requests", "*" },
	  web_demo_request,
	  demo_is_served,
	  NULL },
	{ "POST",
	  { "demo", "contractor", "servicerequestupdates.json" },
	  web_demo_note,
	  demo_is_served,
	  NULL },
	{ "GET",
	  { "demo", "contractor", "servicerequestupdates.json" },
	  web_demo_updates,
	  demo_is_served,
	  NULL },
};

static bool path_fits(const struct route *route, const struct target *target)
{
	size_t i;

	for (i = 0; i < SEGMENTS_MAX && route->path[i]; i++) {
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
	if (!strcmp(route->method, method))
		return true;
	return !strcmp(route->method, "GET") && !strcmp(method, "HEAD");
}

size_t web_route_body_max(struct web_req *req)
{
	size_t i;

	for (i = 0; req->target_rc == 0 && i < ARRAY_SIZE(routes); i++)
		if (path_fits(&routes[i], &req->target) && method_fits(&routes[i], req->method) &&
		    routes[i].body_max)
			return routes[i].body_max(req);
	return WEB_BODY_MAX;
}

bool web_route_has_page(const char *name)
{
	struct target target = { .segments = { "console", name }, .n = 2 };

	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (method_fits(&routes[i], "GET") && path_fits(&routes[i], &target))
			return true;
	return false;
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
	else if (!console_nowhere(req))
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "nothing here; / says what there is");
}
