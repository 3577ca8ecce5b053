// SPDX-License-Identifier: AGPL-3.0-or-later
/* phone_link.c - the numbers of "meldlijn phone" and the line's handset API. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "command/cmd.h"
#include "command/phone_int.h"
#include "wire/form.h"
#include "wire/rfc3339.h"

#define POLL_S	25 /* of one long poll; the line holds it so long */
#define AGAIN_S 2  /* after the line did not answer */

static void poll_texts(void *data);
static void send_next(struct phone_number *num);

void phone_stop(struct phone *phone, int status)
{
	phone->stopped = true;
	phone->status = status;
}

struct phone_number *phone_number_add(struct phone *phone, const char *text)
{
	struct phone_number *num = &phone->numbers[phone->n];
	char number[PHONE_SIZE];
	unsigned int i;

	if (phone_normalise(number, text, "31") < 0 || !phone_can_answer(number))
		return NULL;
	for (i = 0; i < phone->n; i++)
		if (!strcmp(phone->numbers[i].number, number))
			return &phone->numbers[i];
	if (phone->n == PHONE_NUMBERS_MAX)
		return NULL;
	memcpy(num->number, number, sizeof(number));
	num->phone = phone;
	phone->n++;
	return num;
}

/* ---- trouble ---- */

const char *phone_words(void *ctx, const struct http_answer *answer)
{
	json_t *json;
	const char *words;

	if (answer->status == 0)
		return answer->error;
	json = json_loadb(answer->body, answer->len, 0, NULL);
	words = json_string_value(json_object_get(json, "error"));
	words = talloc_strdup(ctx, words ? words : "");
	json_decref(json);
	return words;
}

void phone_give_up(struct phone *phone, const struct http_answer *answer)
{
	void *ctx = talloc_new(phone);

	if (phone->screen)
		phone_screen_stop(phone);
	if (answer->status == 0)
		cmd_wrong(1, "nothing answers at %s (%s): start it with: meldlijn demo", phone->url,
			  answer->error);
	else
		cmd_wrong(1, "%s answers %d: %s", phone->url, answer->status,
			  phone_words(ctx, answer));
	talloc_free(ctx);
	phone_stop(phone, 1);
}

static void poll_again(struct phone_number *num)
{
	osmo_timer_setup(&num->again, poll_texts, num);
	osmo_timer_schedule(&num->again, AGAIN_S, 0);
}

/* It worked before: a person waits, a script does not. */
static void poll_failed(struct phone_number *num, const struct http_answer *answer)
{
	struct phone *phone = num->phone;

	if (!num->synced || !phone->screen) {
		phone_give_up(phone, answer);
		return;
	}
	if (!num->failing)
		phone_screen_say(phone, "the line does not answer; trying again");
	num->failing = true;
	poll_again(num);
}

/* ---- texts that come ---- */

static void show(struct phone_number *num, const struct phone_text *text)
{
	if (num->phone->screen)
		phone_screen_text(num, text);
	else
		phone_script_text(num, text);
	phone_past_add(num, text);
}

/* What was there before this run is not news, unless an earlier run has not seen it. */
static bool is_news(const struct phone_number *num, int64_t id)
{
	return num->synced || (num->phone->screen && id > num->past_after);
}

/* \returns how many there were */
static size_t take_texts(struct phone_number *num, const json_t *messages)
{
	size_t i;

	for (i = 0; i < json_array_size(messages); i++) {
		const json_t *message = json_array_get(messages, i);
		struct phone_text text = {
			.in = true,
			.id = json_integer_value(json_object_get(message, "id")),
			.text = json_string_value(json_object_get(message, "text")),
			.from = json_string_value(json_object_get(message, "from")),
			.to = num->number,
			.at = json_string_value(json_object_get(message, "at")),
		};

		if (!text.text || !text.from || !text.at || text.id <= num->after)
			continue;
		num->after = text.id;
		if (is_news(num, text.id))
			show(num, &text);
	}
	return i;
}

static void polled(const struct http_answer *answer, void *data)
{
	struct phone_number *num = data;
	json_t *json;
	size_t n;

	if (num->phone->stopped)
		return;
	if (answer->status != 200) {
		poll_failed(num, answer);
		return;
	}
	num->failing = false;
	phone_call_listen(num); /* the line may have been away */
	json = json_loadb(answer->body, answer->len, 0, NULL);
	n = take_texts(num, json_object_get(json, "messages"));
	json_decref(json);
	if (n == 0 && !num->synced) {
		num->synced = true;
		send_next(num);
		if (!num->phone->screen)
			phone_script_ready(num->phone);
	}
	if (!num->phone->stopped)
		poll_texts(num);
}

static void poll_texts(void *data)
{
	struct phone_number *num = data;
	struct phone *phone = num->phone;
	struct http_ask ask = {
		.timeout_ms = (POLL_S + 10) * 1000,
		.done = polled,
		.data = num,
	};
	char *url = talloc_asprintf(phone, "%s/handset/%s/messages?after=%" PRId64, phone->url,
				    form_escape(phone, num->number), num->after);

	if (num->synced)
		url = talloc_asprintf_append_buffer(url, "&wait=%d", POLL_S);
	ask.url = url;
	if (!http_start(phone->pool, &ask)) {
		cmd_wrong(2, "--url %s is no address", phone->url);
		phone_stop(phone, 2);
	}
	talloc_free(url);
}

void phone_number_start(struct phone_number *num)
{
	phone_past_open(num);
	poll_texts(num);
	phone_call_listen(num);
}

/* ---- texts that go ---- */

bool phone_ask(struct phone_number *num, const char *method, const char *what, json_t *json,
	       int timeout_ms, void (*done)(const struct http_answer *answer, void *data))
{
	static const char *const headers[] = { "Content-Type: application/json", NULL };
	struct phone *phone = num->phone;
	struct http_ask ask = {
		.method = method,
		.headers = json ? headers : NULL,
		.timeout_ms = timeout_ms,
		.done = done,
		.data = num,
	};
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL, *url;
	bool started;

	json_decref(json);
	url = talloc_asprintf(phone, "%s/handset/%s/%s", phone->url,
			      form_escape(phone, num->number), what);
	ask.url = url;
	ask.post = body;
	ask.post_len = body ? strlen(body) : 0;
	started = http_start(phone->pool, &ask) != NULL;
	talloc_free(url);
	free(body);
	return started;
}

bool phone_post(struct phone_number *num, const char *what, json_t *json, int timeout_ms,
		void (*done)(const struct http_answer *answer, void *data))
{
	return phone_ask(num, NULL, what, json, timeout_ms, done);
}

static void taken(struct phone_number *num)
{
	talloc_free(num->queue[0]);
	memmove(num->queue, num->queue + 1, --num->queued * sizeof(num->queue[0]));
	if (!num->phone->screen)
		phone_script_taken(num->phone);
	send_next(num);
}

static void sent(const struct http_answer *answer, void *data)
{
	struct phone_number *num = data;
	struct phone *phone = num->phone;
	void *ctx;

	num->sending = false;
	if (phone->stopped)
		return;
	if (answer->status == 200) {
		taken(num);
		return;
	}
	if (!phone->screen) {
		phone_give_up(phone, answer);
		return;
	}
	ctx = talloc_new(phone);
	phone_screen_say(phone, "not sent: %s", phone_words(ctx, answer));
	talloc_free(ctx);
	taken(num);
}

static void send_next(struct phone_number *num)
{
	if (num->sending || !num->synced || num->queued == 0)
		return;
	num->sending = phone_post(
		num, "sms", json_pack("{s:s,s:s}", "to", num->phone->to, "text", num->queue[0]), 0,
		sent);
}

int phone_send(struct phone_number *num, const char *text)
{
	char at[RFC3339_SIZE];
	struct phone_text out = {
		.text = text,
		.from = num->number,
		.to = num->phone->to,
		.at = rfc3339_write(at, time(NULL), 0),
	};

	if (num->queued == PHONE_QUEUE_MAX)
		return -ENOSPC;
	num->queue[num->queued++] = talloc_strdup(num->phone, text);
	phone_past_typed(num, text);
	show(num, &out);
	send_next(num);
	return 0;
}

/* ---- a run ---- */

/* The loop makes what it watches non-blocking, which would outlive us on a shared terminal. */
void phone_watch_keys(struct phone *phone, int (*ready)(struct osmo_fd *ofd, unsigned int what))
{
	int flags = fcntl(STDIN_FILENO, F_GETFL);

	osmo_fd_setup(&phone->keys, STDIN_FILENO, OSMO_FD_READ, ready, phone, 0);
	OSMO_ASSERT(osmo_fd_register(&phone->keys) == 0);
	fcntl(STDIN_FILENO, F_SETFL, flags);
}

int phone_run(struct phone *phone)
{
	unsigned int i;

	phone->pool = http_pool_alloc(phone, NULL);
	if (phone->screen)
		phone_screen_start(phone);
	else
		phone_script_start(phone);
	for (i = 0; i < phone->n; i++)
		phone_number_start(&phone->numbers[i]);
	while (!phone->stopped)
		osmo_select_main(0);
	if (phone->screen)
		phone_screen_stop(phone);
	else
		phone_script_stop(phone);
	for (i = 0; i < phone->n; i++) {
		osmo_timer_del(&phone->numbers[i].again);
		phone_past_close(&phone->numbers[i]);
	}
	phone_call_stop(phone);
	talloc_free(phone->pool);
	return phone->status;
}
