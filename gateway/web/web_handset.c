// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_handset.c - the simulated phone over HTTP: only where the handset line runs, and only for this
 * machine. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "log.h"
#include "web/web_int.h"
#include "wire/phone.h"
#include "wire/rfc3339.h"
#include "wire/sms_text.h"

#define LIST_MAX      200	       /* texts of one answer; the rest with the next */
#define ADVANCE_MAX_S (3650LL * 86400) /* ten years */

/* ---- who may ---- */

bool web_handset_allowed(struct web_req *req)
{
	if (!req->web->hs) {
		web_answer_error(req, MHD_HTTP_NOT_FOUND,
				 "there is no handset line: configure \"handset\"");
		return false;
	}
	if (!web_comes_from_here(req)) {
		web_answer_error(req, MHD_HTTP_FORBIDDEN,
				 "the handset is for this machine only: listen on 127.0.0.1");
		return false;
	}
	return true;
}

bool web_handset_number(struct web_req *req)
{
	if (phone_normalise(req->number, web_segment(req, 1), req->web->country) == 0 &&
	    phone_can_answer(req->number))
		return true;
	web_answer_error(req, MHD_HTTP_BAD_REQUEST,
			 "no telephone number in the address: /handset/NUMBER/...");
	return false;
}

/* ---- what changes ---- */

static void answer_changes(struct web_req *req)
{
	req->waiting = false;
	osmo_timer_del(&req->wait);
	web_answer_json(req, MHD_HTTP_OK,
			json_pack("{s:I}", "changes", (json_int_t)req->web->hs_changes));
}

static void changes_wait_over(void *data)
{
	answer_changes(data);
}

/* GET /handset/changes?after=N&wait=30: {"changes":M} once it is another number than N.  A browser has six connections
 * to an address; a page with many phones waits on this one and then looks at each. */
void web_handset_changes(struct web_req *req)
{
	int64_t wait_s;

	if (!web_read_count(req, "after", INT64_MAX, &req->after) ||
	    !web_read_count(req, "wait", WEB_WAIT_MAX_S, &wait_s)) {
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "\"after\" and \"wait\" are numbers");
		return;
	}
	if (wait_s == 0 || req->after != req->web->hs_changes) {
		answer_changes(req);
		return;
	}
	req->waiting = req->changes = true;
	web_hold(req);
	osmo_timer_setup(&req->wait, changes_wait_over, req);
	osmo_timer_schedule(&req->wait, (int)wait_s, 0);
}

void web_handset_changed(struct web *web)
{
	struct web_req *req;

	web->hs_changes++;
	llist_for_each_entry (req, &web->requests, entry)
		if (req->waiting && req->changes)
			answer_changes(req);
}

/* ---- texts in ---- */

/* As it is billed: 0 if it cannot be sent in parts. */
static int count_parts(const char *text, unsigned int flags)
{
	struct sms_plan plan;

	return sms_text_plan(&plan, text, flags) == 0 ? plan.parts : 0;
}

static void text_done(bool ok, void *data)
{
	struct web_req *req = data;

	if (ok)
		web_answer_json(req, MHD_HTTP_OK,
				json_pack("{s:b,s:i}", "ok", 1, "parts", req->parts));
	else
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "could not be stored: try again");
}

static void send_text(struct web_req *req, const char *to, const char *text)
{
	char number[PHONE_SIZE];
	int rc;

	if (phone_normalise(number, to, req->web->country) < 0) {
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT, "\"to\" is no number");
		return;
	}
	req->parts = count_parts(text, SMS_FIT_SHIFT);
	if (req->parts == 0) {
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 "\"text\" is longer than a text of 255 parts");
		return;
	}
	web_hold(req);
	rc = handset_text(req->web->hs, req->number, number, text, text_done, req);
	if (rc < 0)
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "the handset line is shut down or busy: try again");
}

void web_handset_sms(struct web_req *req)
{
	const json_t *to, *text;
	json_t *body;

	if (!web_handset_number(req))
		return;
	body = web_body_json(req);
	if (!body)
		return;
	to = json_object_get(body, "to");
	text = json_object_get(body, "text");
	if (!json_is_string(text) || (to && !json_is_string(to)))
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 "needs {\"to\":\"14070\",\"text\":\"...\"}");
	else if (json_string_length(text) >= SMS_TEXT_MAX)
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 "\"text\" is longer than a text of 255 parts");
	else
		send_text(req, to ? json_string_value(to) : handset_line(req->web->hs)->number,
			  json_string_value(text));
	json_decref(body);
}

/* ---- texts out ---- */

struct listing {
	const struct web_req *req;
	json_t *messages;
};

/* In the order of their ids; one that is still on its way holds up those behind it, so that
 * no "after" ever skips a text. */
static bool add_message(const struct outbox_text *text, void *data)
{
	struct listing *list = data;
	char at[RFC3339_SIZE];

	if (!strcmp(text->state, "queued") || !strcmp(text->state, "doubt"))
		return false;
	if (strcmp(text->state, "sent") != 0 && strcmp(text->state, "delivered") != 0)
		return true;
	json_array_append_new(
		list->messages,
		json_pack("{s:I,s:s,s:s,s:s,s:s,s:i}", "id", (json_int_t)text->id, "from",
			  handset_line(list->req->web->hs)->number, "to", list->req->number, "text",
			  text->text, "at", rfc3339_write(at, text->at_s, 0), "parts",
			  count_parts(text->text, SMS_FIT_SHIFT | SMS_FIT_TRANSLITERATE)));
	return json_array_size(list->messages) < LIST_MAX;
}

/* \returns the messages, NULL if the database does not answer */
static json_t *list_messages(const struct web_req *req)
{
	struct listing list = { .req = req, .messages = json_array() };
	const char *line = handset_line(req->web->hs)->name;

	if (store_outbox_list(req->web->st, req->number, line, req->after, add_message, &list) <
	    0) {
		json_decref(list.messages);
		return NULL;
	}
	return list.messages;
}

static void answer_messages(struct web_req *req, json_t *messages)
{
	req->waiting = false;
	osmo_timer_del(&req->wait);
	if (messages)
		web_answer_json(req, MHD_HTTP_OK, json_pack("{s:o}", "messages", messages));
	else
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE, "the database does not answer");
}

static void wait_over(void *data)
{
	answer_messages(data, list_messages(data));
}

bool web_read_count(const struct web_req *req, const char *name, int64_t max, int64_t *out)
{
	const char *text = target_param(&req->target, name);
	int64_t value = 0;
	size_t n, i;

	*out = 0;
	if (!text)
		return true;
	n = strspn(text, "0123456789");
	if (n == 0 || n > 18 || text[n] != '\0')
		return false;
	for (i = 0; i < n; i++)
		value = value * 10 + (text[i] - '0');
	*out = OSMO_MIN(value, max);
	return true;
}

void web_handset_messages(struct web_req *req)
{
	json_t *messages;
	int64_t wait_s;

	if (!web_handset_number(req))
		return;
	if (!web_read_count(req, "after", INT64_MAX, &req->after) ||
	    !web_read_count(req, "wait", WEB_WAIT_MAX_S, &wait_s)) {
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "\"after\" and \"wait\" are numbers");
		return;
	}
	messages = list_messages(req);
	if (!messages || json_array_size(messages) > 0 || wait_s == 0) {
		answer_messages(req, messages);
		return;
	}
	json_decref(messages);
	req->waiting = true;
	web_hold(req);
	osmo_timer_setup(&req->wait, wait_over, req);
	osmo_timer_schedule(&req->wait, (int)wait_s, 0);
}

void web_handset_texts_changed(struct web *web)
{
	struct web_req *req;

	web_handset_changed(web);
	llist_for_each_entry (req, &web->requests, entry) {
		json_t *messages = req->waiting && !req->call && !req->rings && !req->changes
					   ? list_messages(req)
					   : NULL;

		if (!messages)
			continue;
		if (json_array_size(messages) > 0)
			answer_messages(req, messages);
		else
			json_decref(messages);
	}
}

/* ---- the clock ---- */

static void answer_clock(struct web_req *req)
{
	char now[RFC3339_SIZE];

	web_answer_json(req, MHD_HTTP_OK,
			json_pack("{s:s,s:I}", "now", rfc3339_write(now, clock_now_s(), 0), "ahead",
				  (json_int_t)clock_ahead_s()));
}

void web_handset_clock_get(struct web_req *req)
{
	answer_clock(req);
}

void web_handset_clock_move(struct web_req *req)
{
	json_t *body = web_body_json(req);
	const json_t *advance;
	json_int_t seconds;

	if (!body)
		return;
	advance = json_object_get(body, "advance");
	seconds = json_integer_value(advance);
	if (!json_is_integer(advance) || seconds < 0 || seconds > ADVANCE_MAX_S - clock_ahead_s()) {
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 "needs {\"advance\":SECONDS}, 0 or more, ten years in all");
	} else {
		clock_advance(seconds);
		LOGP(DWEB, LOGL_NOTICE, "the clock is moved ahead by %" JSON_INTEGER_FORMAT " s\n",
		     seconds);
		if (req->web->demo)
			web_demo_clock_moved(req->web->demo);
		if (req->web->user.clock_moved)
			req->web->user.clock_moved(req->web->user.data);
		web_handset_changed(req->web);
		answer_clock(req);
	}
	json_decref(body);
}
