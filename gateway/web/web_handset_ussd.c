// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_handset_ussd.c - the simulated phone dials a code or answers a page; what it gets is the next page,
 * once what it did is stored.
 *
 *	POST /handset/NUMBER/ussd {"code":"*140#"} or {"reply":"1"}
 *	200 {"text":"...","last":false}; 422 no code of this line; 409 no session is open; 503 no words
 */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "web/web_int.h"
#include "wire/ussd_text.h"

/* Who waits for a page.  The server may be gone when it comes: req->web is not looked at. */
struct waiter {
	struct web_req *req;
	char *our_code;
};

static void page_done(const struct handset_page *page, void *data)
{
	const struct waiter *wt = data;

	if (page->text)
		web_answer_json(wt->req, MHD_HTTP_OK,
				json_pack("{s:s,s:b}", "text", page->text, "last", page->last));
	else if (page->unknown)
		web_answer_error(wt->req, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 "nobody answers to this code: dial %s", wt->our_code);
	else
		web_answer_error(wt->req, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "no page came and the session is over: dial again");
}

static void hold(struct web_req *req, const char *code, const char *reply)
{
	struct handset *hs = req->web->hs;
	const struct line *ln = handset_line(hs);
	struct waiter *wt = talloc_zero(req, struct waiter);
	int rc;

	OSMO_ASSERT(wt);
	wt->req = req;
	wt->our_code = talloc_strdup(wt, ln->code ? ln->code : "nothing, it has no sessions");
	web_hold(req);
	if (code)
		rc = handset_dial(hs, req->number, code, page_done, wt);
	else
		rc = handset_answer(hs, req->number, reply, page_done, wt);
	if (rc == -ENOENT)
		web_answer_error(req, MHD_HTTP_CONFLICT, "no session is open: dial %s",
				 wt->our_code);
	else if (rc < 0 && ln->state != LINE_UP)
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "the handset line is shut down");
	else if (rc < 0)
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "the page before is still on its way: wait for it");
}

static void take(struct web_req *req, const json_t *body)
{
	const json_t *code = json_object_get(body, "code"), *reply = json_object_get(body, "reply");
	const json_t *one = code ? code : reply;

	if (!json_is_string(one) || (code && reply) || json_string_length(one) == 0)
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 "needs {\"code\":\"*140#\"} or {\"reply\":\"1\"}");
	else if (ussd_text_octets(json_string_value(one), json_string_length(one)) >
		 USSD_OCTETS_MAX)
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 "longer than a page of %d octets", USSD_OCTETS_MAX);
	else
		hold(req, json_string_value(code), json_string_value(reply));
}

void web_handset_ussd(struct web_req *req)
{
	json_t *body;

	if (!web_handset_number(req))
		return;
	body = web_body_json(req);
	if (!body)
		return;
	take(req, body);
	json_decref(body);
}
