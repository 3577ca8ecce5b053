// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_handset_call.c - the simulated phone calls: sound as WAV, keys as requests.
 *
 *	POST /handset/NUMBER/call			{"call":7,"id":7} once it is answered, here or there
 *	GET /handset/NUMBER/call?wait=30		{"calls":[...]}: the one that is not over; wait for one that
 *							rings at the phone
 *	GET /handset/NUMBER/call/7			{"call":7,"state":"up","heard":4.2,...}
 *	POST /handset/NUMBER/call/7/keys		{"keys":"1*#"}
 *	POST /handset/NUMBER/call/7/audio		what the caller says, as any file of sound
 *	GET /handset/NUMBER/call/7/audio?after=4.2&wait=30	what was heard since, as WAV
 *	DELETE /handset/NUMBER/call/7			hangs up; refuses one that rings at the phone
 *
 * 404: this number has no such call; 410: it is over, and all of it was heard. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "voice/sound.h"
#include "web/web_int.h"

#define BODY_MAX    (24 * 1024 * 1024) /* two minutes of 48 kHz, two channels, 16 bit */
#define BODIES_MAX  4		       /* so large at once */
#define AFTER_MAX_S 1000000
#define SECONDS(n)  ((double)(n) / SOUND_RATE)

static void answer_none(struct web_req *req)
{
	web_answer_error(req, MHD_HTTP_NOT_FOUND,
			 "this number has no such call: POST /handset/NUMBER/call");
}

static void answer_over(struct web_req *req)
{
	web_answer_error(req, MHD_HTTP_GONE, "the call is over");
}

static void answer_done(struct web_req *req, int rc)
{
	if (rc == -ENOENT)
		answer_none(req);
	else if (rc < 0)
		answer_over(req);
	else
		web_answer_json(req, MHD_HTTP_OK, json_pack("{s:b}", "ok", 1));
}

/* The number and the call of the address. \returns false if it has been answered */
static bool read_address(struct web_req *req)
{
	const char *id = web_segment(req, 3);
	size_t i, n = strlen(id);
	uint64_t value = 0;

	if (!web_handset_number(req))
		return false;
	for (i = 0; i < n && n <= 18 && id[i] >= '0' && id[i] <= '9'; i++)
		value = value * 10 + (uint64_t)(id[i] - '0');
	req->call = i == n ? value : 0;
	if (req->call == 0)
		answer_none(req);
	return req->call != 0;
}

/* ---- a call begins and ends ---- */

static void answered(uint64_t id, void *data)
{
	if (id)
		web_answer_json(
			data, MHD_HTTP_OK,
			json_pack("{s:I,s:I}", "call", (json_int_t)id, "id", (json_int_t)id));
	else
		web_answer_error(data, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "busy: nobody answers this call, try again");
}

void web_handset_call_place(struct web_req *req)
{
	int rc;

	if (!web_handset_number(req))
		return;
	web_hold(req);
	rc = handset_call(req->web->hs, req->number, answered, req);
	if (rc == -EBUSY)
		web_answer_error(req, MHD_HTTP_CONFLICT,
				 "this number is in a call: hang up first, or use another number");
	else if (rc == -ENOTSUP)
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "this line takes no calls: it has no voice");
	else if (rc == -ENOSPC)
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE, "busy: %d phones call at once",
				 HANDSET_CALLS_MAX);
	else if (rc < 0)
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "the handset line is shut down");
}

static json_t *describe(const struct handset_call *call)
{
	static const char *const states[] = {
		[HANDSET_CALL_RINGS] = "rings",
		[HANDSET_CALL_UP] = "up",
		[HANDSET_CALL_OVER] = "over",
	};

	return json_pack("{s:I,s:s,s:s,s:f,s:b,s:b}", "call", (json_int_t)call->id, "state",
			 states[call->state], "to", call->to_phone ? "phone" : "line", "heard",
			 SECONDS(call->heard), "speaks", call->speaks, "records", call->records);
}

/* \returns false if it waits for one that rings at the phone and there is none */
static bool answer_list(struct web_req *req, bool wait)
{
	struct handset_call call;
	json_t *calls;
	bool some = handset_call_current(req->web->hs, req->number, &call);

	if (wait && !(some && call.to_phone && call.state == HANDSET_CALL_RINGS))
		return false;
	calls = json_array();
	if (some)
		json_array_append_new(calls, describe(&call));
	web_answer_json(req, MHD_HTTP_OK, json_pack("{s:o}", "calls", calls));
	return true;
}

static void list_wait_over(void *data)
{
	struct web_req *req = data;

	req->waiting = false;
	answer_list(req, false);
}

void web_handset_call_list(struct web_req *req)
{
	int64_t wait_s;

	if (!web_handset_number(req))
		return;
	if (!web_read_count(req, "wait", WEB_WAIT_MAX_S, &wait_s)) {
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "\"wait\" is whole seconds");
		return;
	}
	if (answer_list(req, wait_s > 0))
		return;
	req->waiting = req->rings = true;
	web_hold(req);
	osmo_timer_setup(&req->wait, list_wait_over, req);
	osmo_timer_schedule(&req->wait, (int)wait_s, 0);
}

void web_handset_call_show(struct web_req *req)
{
	struct handset_call call;

	if (!read_address(req))
		return;
	if (handset_call_look(req->web->hs, req->number, req->call, &call))
		web_answer_json(req, MHD_HTTP_OK, describe(&call));
	else
		answer_none(req);
}

void web_handset_call_hang_up(struct web_req *req)
{
	if (read_address(req))
		answer_done(req, handset_call_hang_up(req->web->hs, req->number, req->call));
}

/* ---- what the caller does ---- */

void web_handset_call_keys(struct web_req *req)
{
	const char *keys;
	json_t *body;
	int rc;

	if (!read_address(req))
		return;
	body = web_body_json(req);
	if (!body)
		return;
	keys = json_string_value(json_object_get(body, "keys"));
	rc = handset_call_keys(req->web->hs, req->number, req->call, keys ? keys : "");
	if (rc == -EINVAL)
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 "needs {\"keys\":\"1*#\"}: 1 to %d of 0-9, * and #",
				 HANDSET_KEYS_MAX);
	else
		answer_done(req, rc);
	json_decref(body);
}

/* Large bodies are for those who may call, and for a few at once. */
size_t web_handset_call_body_max(struct web_req *req)
{
	const struct web_req *other;
	unsigned int large = 0;

	if (!req->web->hs || !web_comes_from_here(req))
		return WEB_BODY_MAX;
	llist_for_each_entry (other, &req->web->requests, entry)
		if (other != req && other->body_max > WEB_BODY_MAX)
			large++;
	return large < BODIES_MAX ? BODY_MAX : WEB_BODY_MAX;
}

static struct sound *read_sound(const struct web_req *req, const char **error)
{
	struct sound *snd = NULL;
	char path[32];
	int fd = memfd_create("said", MFD_CLOEXEC);
	size_t at = 0;

	*error = "no memory";
	if (fd < 0)
		return NULL;
	while (at < req->len) {
		ssize_t n = write(fd, req->body + at, req->len - at);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (at == req->len)
		snd = sound_read(path, error);
	close(fd);
	return snd;
}

static void was_said(bool recorded, void *data)
{
	web_answer_json(data, MHD_HTTP_OK, json_pack("{s:b,s:b}", "ok", 1, "recorded", recorded));
}

static void say(struct web_req *req, struct sound *snd)
{
	int rc;

	web_hold(req);
	rc = handset_call_speak(req->web->hs, req->number, req->call, snd, was_said, req);
	if (rc == 0)
		return;
	sound_unref(snd);
	if (rc == -EAGAIN)
		web_answer_error(req, MHD_HTTP_CONFLICT,
				 "what was said before is still on its way: wait for it");
	else
		answer_done(req, rc);
}

void web_handset_call_say(struct web_req *req)
{
	struct handset_call call;
	struct sound *snd;
	const char *error;

	if (!read_address(req))
		return;
	if (!handset_call_look(req->web->hs, req->number, req->call, &call)) {
		answer_none(req);
		return;
	}
	snd = read_sound(req, &error);
	if (!snd) {
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 "the body must be a file of sound, such as WAV: %s", error);
	} else if (sound_length(snd) > (size_t)HANDSET_SPEAK_MAX_S * SOUND_RATE) {
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 "more than %d seconds of sound", HANDSET_SPEAK_MAX_S);
		sound_unref(snd);
	} else {
		say(req, snd);
	}
}

/* ---- what the caller hears ---- */

/* Seconds, as samples. */
static bool read_after(const struct web_req *req, int64_t *out)
{
	const char *text = target_param(&req->target, "after");
	size_t n = text ? strspn(text, "0123456789.") : 0;
	double seconds;
	char *end;

	*out = 0;
	if (!text)
		return true;
	if (n == 0 || n > 18 || text[n] != '\0')
		return false;
	seconds = strtod(text, &end);
	if (*end != '\0' || seconds > AFTER_MAX_S)
		return false;
	*out = llround(seconds * SOUND_RATE);
	return true;
}

/* \returns false if there is nothing to answer yet */
static bool answer_sound(struct web_req *req, bool wait)
{
	struct handset_call call;
	int64_t from = req->after;
	uint8_t *wav;
	size_t n;

	if (!handset_call_look(req->web->hs, req->number, req->call, &call)) {
		answer_none(req);
		return true;
	}
	from = OSMO_MIN(from, call.heard);
	if (call.state != HANDSET_CALL_OVER && wait && (call.speaks || from == call.heard))
		return false;
	if (from < call.dropped) {
		web_answer_error(req, MHD_HTTP_GONE, "what was heard before %.1f s is not kept",
				 SECONDS(call.dropped));
	} else if (call.state == HANDSET_CALL_OVER && from == call.heard) {
		answer_over(req);
	} else {
		wav = sound_wav(req, call.samples + (from - call.dropped),
				(size_t)(call.heard - from), &n);
		web_answer_octets(req, MHD_HTTP_OK, "audio/wav", wav, n);
		talloc_free(wav);
	}
	return true;
}

static void wait_over(void *data)
{
	struct web_req *req = data;

	req->waiting = false;
	answer_sound(req, false);
}

void web_handset_call_hear(struct web_req *req)
{
	int64_t wait_s;

	if (!read_address(req))
		return;
	if (!read_after(req, &req->after) ||
	    !web_read_count(req, "wait", WEB_WAIT_MAX_S, &wait_s)) {
		web_answer_error(req, MHD_HTTP_BAD_REQUEST,
				 "\"after\" is seconds, as 4.25, and \"wait\" whole seconds");
		return;
	}
	if (answer_sound(req, wait_s > 0))
		return;
	req->waiting = true;
	web_hold(req);
	osmo_timer_setup(&req->wait, wait_over, req);
	osmo_timer_schedule(&req->wait, (int)wait_s, 0);
}

void web_handset_call_changed(uint64_t id, void *data)
{
	struct web *web = data;
	struct web_req *req;

	web_handset_changed(web);
	llist_for_each_entry (req, &web->requests, entry) {
		if (!req->waiting || req->changes || (req->call != id && !req->rings))
			continue;
		/* before the answer: who is answered waits no more */
		req->waiting = false;
		if (req->rings ? answer_list(req, true) : answer_sound(req, true))
			osmo_timer_del(&req->wait);
		else
			req->waiting = true;
	}
}
