// SPDX-License-Identifier: AGPL-3.0-or-later
/* Calls over HTTP: who waits gets what was heard, whole; and what is wrong is told in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "contractor/http.h"
#include "log.h"
#include "voice/sound.h"
#include "web/web.h"

#define CALL	   "/handset/0612345678/call"
#define OTHER	   "/handset/0687654321/call"
#define DEADLINE_S 20

int64_t clock_now_s(void)
{
	return (int64_t)time(NULL);
}

int64_t clock_now_ms(void)
{
	return clock_now_s() * 1000;
}

int64_t clock_ahead_s(void)
{
	return 0;
}

void clock_advance(int64_t seconds)
{
}

static const struct log_info_cat categories[LOG_CATEGORIES] = {
	[DWEB] = { .name = "DWEB", .loglevel = LOGL_FATAL, .enabled = 1 },
	[DSTORE] = { .name = "DSTORE", .loglevel = LOGL_FATAL, .enabled = 1 },
};
static const struct log_info log_of_test = { .cat = categories, .num_cat = LOG_CATEGORIES };

struct fixture {
	struct store *st;
	struct handset *hs;
	struct line *ln;
	struct forwarder *fw;
	struct web *web;
	struct http_pool *pool;
	unsigned int called, played, recorded, ended, done;
	uint64_t session;
	char keys[128];
	bool answer_now;
	int status;
	char *body;
	size_t len;
};

static void called(struct line *ln, const struct line_call *call, void *data)
{
	struct fixture *f = data;

	f->called++;
	f->session = call->session;
	if (f->answer_now)
		assert_int_equal(ln->ops->answer(ln, call->session), 0);
}

static void key(struct line *ln, uint64_t session, char c, void *data)
{
	struct fixture *f = data;

	f->keys[strlen(f->keys)] = c;
}

static void played(struct line *ln, uint64_t session, void *data)
{
	((struct fixture *)data)->played++;
}

static void recorded(struct line *ln, uint64_t session, enum line_recorded how, double seconds,
		     void *data)
{
	((struct fixture *)data)->recorded++;
}

static void ended(struct line *ln, uint64_t session, void *data)
{
	((struct fixture *)data)->ended++;
}

static void took(const struct http_answer *answer, void *data)
{
	struct fixture *f = data;

	f->done++;
	f->status = answer->status;
	talloc_free(f->body);
	f->body = talloc_memdup(f, answer->body, answer->len + 1);
	f->len = answer->len;
}

static struct http_request *ask(struct fixture *f, const char *method, const char *path,
				const void *post, size_t n)
{
	char url[256];
	struct http_ask http = {
		.url = url, .post = post, .post_len = n, .method = method, .done = took, .data = f
	};

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", web_port(f->web), path);
	return http_start(f->pool, &http);
}

static void run_until(const unsigned int *count, unsigned int wanted)
{
	time_t end = time(NULL) + DEADLINE_S;

	while (*count < wanted && time(NULL) < end)
		if (osmo_select_main(1) == 0)
			usleep(500);
	assert_int_equal(*count, wanted);
}

/* Long enough for an answer to come if it were coming. */
static void run_a_while(void)
{
	for (int i = 0; i < 100; i++) {
		osmo_select_main(1);
		usleep(200);
	}
}

static int request(struct fixture *f, const char *method, const char *path, const char *post)
{
	f->done = 0;
	assert_non_null(ask(f, method, path, post, post ? strlen(post) : 0));
	run_until(&f->done, 1);
	return f->status;
}

static int get(struct fixture *f, const char *path)
{
	return request(f, NULL, path, NULL);
}

static int post(struct fixture *f, const char *path, const char *body)
{
	return request(f, NULL, path, body);
}

/* The address of the call that is up, with what comes behind it. */
static const char *at(struct fixture *f, const char *rest)
{
	return talloc_asprintf(f, CALL "/%u%s", (unsigned int)f->session, rest);
}

static void call_up(struct fixture *f)
{
	char body[32];

	f->answer_now = true;
	assert_int_equal(post(f, CALL, ""), 200);
	snprintf(body, sizeof(body), "{\"call\":%u,\"id\":%u}", (unsigned int)f->session,
		 (unsigned int)f->session);
	assert_string_equal(f->body, body);
}

static struct sound *tone(size_t n)
{
	struct sound *snd = sound_new(n);

	for (size_t i = 0; i < n; i++)
		sound_samples(snd)[i] = (int16_t)(i % 797 * 17);
	return snd;
}

static void prompt(struct fixture *f, struct sound *snd, const char *record, bool last)
{
	struct line_prompt p = {
		.sounds = &snd, .n = snd ? 1 : 0, .record = record, .record_s = 60, .last = last
	};

	assert_int_equal(f->ln->ops->prompt(f->ln, f->session, &p), 0);
}

/* RIFF WAVE: a head of 44 octets, then 16-bit samples, low octet first. */
static void assert_wav(struct fixture *f, const int16_t *samples, size_t n)
{
	assert_int_equal(f->status, 200);
	assert_memory_equal(f->body, "RIFF", 4);
	assert_memory_equal(f->body + 8, "WAVEfmt ", 8);
	assert_int_equal(f->len, 44 + 2 * n);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *b = (const uint8_t *)f->body + 44 + 2 * i;

		assert_int_equal((int16_t)(b[0] | b[1] << 8), samples[i]);
	}
}

static int start(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);
	struct web_cfg cfg = { .address = "127.0.0.1" };
	struct web_user user = { .data = f };
	char *error;

	f->st = store_open(f, ":memory:", &error);
	assert_non_null(f->st);
	f->fw = forwarder_alloc(f, f->st, NULL, NULL, NULL);
	f->hs = handset_alloc(f, "14070", "*140#");
	f->ln = handset_line(f->hs);
	f->ln->user = (struct line_user){ .called = called,
					  .key = key,
					  .played = played,
					  .recorded = recorded,
					  .ended = ended,
					  .data = f };
	f->ln->ops->start(f->ln);
	f->web = web_start(f, &cfg, f->st, NULL, f->fw, f->hs, &user);
	assert_non_null(f->web);
	f->pool = http_pool_alloc(f, NULL);
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	talloc_free(f->pool);
	if (f->web)
		web_stop(f->web);
	store_close(f->st);
	talloc_free(f);
	return 0;
}

/* ---- tests ---- */

static void a_call_is_answered_when_the_line_answers(void **state)
{
	struct fixture *f = *state;

	ask(f, NULL, CALL, "", 0);
	run_until(&f->called, 1);
	run_a_while();
	assert_int_equal(f->done, 0);
	f->ln->ops->answer(f->ln, f->session);
	run_until(&f->done, 1);
	assert_int_equal(f->status, 200);
	assert_int_equal(post(f, CALL, ""), 409);
	assert_non_null(strstr(f->body, "hang up first"));
	assert_int_equal(get(f, CALL), 200);
	assert_non_null(strstr(f->body, "\"state\":\"up\""));
	assert_int_equal(get(f, OTHER), 200);
	assert_string_equal(f->body, "{\"calls\":[]}");
}

static void who_is_not_answered_is_told(void **state)
{
	struct fixture *f = *state;

	ask(f, NULL, CALL, "", 0);
	run_until(&f->called, 1);
	f->ln->ops->hang_up(f->ln, f->session);
	run_until(&f->done, 1);
	assert_int_equal(f->status, 503);
	assert_non_null(strstr(f->body, "busy"));
	f->ln->user.called = NULL;
	assert_int_equal(post(f, CALL, ""), 503);
	assert_non_null(strstr(f->body, "no calls"));
	f->ln->ops->stop(f->ln);
	assert_int_equal(post(f, CALL, ""), 503);
	assert_non_null(strstr(f->body, "shut down"));
}

static void who_waits_hears_the_whole_prompt(void **state)
{
	struct fixture *f = *state;
	const size_t n = 14 * SOUND_RATE; /* it takes two rounds of the loop */
	struct sound *snd = tone(n);

	call_up(f);
	f->done = 0;
	ask(f, NULL, at(f, "/audio?wait=20"), NULL, 0);
	run_a_while();
	assert_int_equal(f->done, 0);
	prompt(f, snd, NULL, false);
	run_until(&f->done, 1);
	assert_int_equal(f->played, 1);
	assert_wav(f, sound_samples(snd), n);
	assert_int_equal(get(f, at(f, "/audio?after=13.5")), 200);
	assert_wav(f, sound_samples(snd) + n - 4000, 4000);
	assert_int_equal(get(f, at(f, "/audio?after=14&wait=1")), 200);
	assert_wav(f, NULL, 0);
	sound_unref(snd);
}

static void the_last_prompt_is_heard_after_the_end(void **state)
{
	struct fixture *f = *state;
	struct sound *snd = tone(1600);

	call_up(f);
	prompt(f, snd, NULL, true);
	run_until(&f->played, 1);
	assert_int_equal(get(f, at(f, "/audio?wait=5")), 200);
	assert_wav(f, sound_samples(snd), 1600);
	assert_int_equal(get(f, at(f, "/audio?after=0.2&wait=5")), 410);
	assert_int_equal(get(f, at(f, "")), 200);
	assert_non_null(strstr(f->body, "\"state\":\"over\""));
	assert_int_equal(post(f, at(f, "/keys"), "{\"keys\":\"1\"}"), 410);
	assert_int_equal(request(f, "DELETE", at(f, ""), NULL), 410);
	assert_int_equal(post(f, CALL, ""), 200);
	sound_unref(snd);
}

static void who_waits_is_told_that_the_call_is_over(void **state)
{
	struct fixture *f = *state;

	call_up(f);
	f->done = 0;
	ask(f, NULL, at(f, "/audio?wait=20"), NULL, 0);
	run_a_while();
	f->ln->ops->hang_up(f->ln, f->session);
	run_until(&f->done, 1);
	assert_int_equal(f->status, 410);
}

static void who_waits_and_goes_harms_nothing(void **state)
{
	struct fixture *f = *state;
	struct sound *snd = tone(800);
	struct http_request *req;

	call_up(f);
	req = ask(f, NULL, at(f, "/audio?wait=20"), NULL, 0);
	run_a_while();
	http_cancel(req);
	run_a_while();
	prompt(f, snd, NULL, false);
	run_until(&f->played, 1);
	assert_int_equal(get(f, at(f, "/audio")), 200);
	assert_wav(f, sound_samples(snd), 800);
	sound_unref(snd);
}

static void keys_are_pressed(void **state)
{
	static const char *const wrong[] = { "{}", "{\"keys\":1}", "{\"keys\":\"\"}",
					     "{\"keys\":\"12a\"}" };
	struct fixture *f = *state;

	call_up(f);
	assert_int_equal(post(f, at(f, "/keys"), "{\"keys\":\"1*#\"}"), 200);
	assert_string_equal(f->keys, "1*#");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(post(f, at(f, "/keys"), wrong[i]), 422);
		assert_non_null(strstr(f->body, "needs"));
	}
	assert_int_equal(post(f, at(f, "/keys"), "{"), 400);
	assert_int_equal(post(f, OTHER "/1/keys", "{\"keys\":\"1\"}"), 404);
	assert_string_equal(f->keys, "1*#");
}

static void what_is_said_may_be_any_sound_of_two_minutes(void **state)
{
	struct fixture *f = *state;
	struct sound *snd = tone(2 * 60 * SOUND_RATE), *more = tone(121 * SOUND_RATE);
	uint8_t *wav;
	size_t n;

	call_up(f);
	wav = sound_wav(f, sound_samples(snd), sound_length(snd), &n);
	f->done = 0;
	ask(f, NULL, at(f, "/audio"), wav, n);
	run_until(&f->done, 1);
	assert_int_equal(f->status, 200);
	assert_string_equal(f->body, "{\"ok\":true,\"recorded\":false}");

	wav = sound_wav(f, sound_samples(more), sound_length(more), &n);
	f->done = 0;
	ask(f, NULL, at(f, "/audio"), wav, n);
	run_until(&f->done, 1);
	assert_int_equal(f->status, 422);
	assert_non_null(strstr(f->body, "120 seconds"));
	assert_int_equal(post(f, at(f, "/audio"), "no sound"), 422);
	assert_non_null(strstr(f->body, "file of sound"));
	assert_int_equal(post(f, at(f, "/audio"), ""), 422);
	sound_unref(snd);
	sound_unref(more);
}

static void a_message_is_recorded_and_hung_up(void **state)
{
	char path[] = "/tmp/web-call-XXXXXX";
	struct fixture *f = *state;
	struct sound *snd = tone(2 * SOUND_RATE);
	uint8_t *wav;
	size_t n;

	close(mkstemp(path));
	unlink(path);
	call_up(f);
	prompt(f, NULL, path, false);
	run_until(&f->played, 1);
	assert_int_equal(get(f, at(f, "")), 200);
	assert_non_null(strstr(f->body, "\"records\":true"));
	wav = sound_wav(f, sound_samples(snd), sound_length(snd), &n);
	f->done = 0;
	ask(f, NULL, at(f, "/audio"), wav, n);
	run_until(&f->done, 1);
	assert_string_equal(f->body, "{\"ok\":true,\"recorded\":true}");
	assert_int_equal(request(f, "DELETE", at(f, ""), NULL), 200);
	assert_int_equal(f->recorded, 1);
	assert_int_equal(f->ended, 1);
	unlink(path);
	sound_unref(snd);
}

static void what_is_no_number_is_told(void **state)
{
	static const char *const wrong[] = { "after=x",	  "after=-1",  "after=1.2.3",
					     "after=1e3", "after=nan", "after=",
					     "wait=1.5",  "wait=x",    "after=9999999" };
	struct fixture *f = *state;
	char rest[64];

	call_up(f);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		snprintf(rest, sizeof(rest), "/audio?%s", wrong[i]);
		assert_int_equal(get(f, at(f, rest)), 400);
	}
	assert_int_equal(get(f, "/handset/KPN/call"), 400);
	assert_int_equal(get(f, CALL "/99"), 404);
	assert_int_equal(get(f, CALL "/99/audio?wait=20"), 404);
	assert_int_equal(get(f, CALL "/x/audio"), 404);
	assert_int_equal(request(f, "DELETE", CALL "/99", NULL), 404);
}

static void stopped_with_calls_and_who_waits(void **state)
{
	struct fixture *f = *state;

	call_up(f);
	ask(f, NULL, at(f, "/audio?wait=20"), NULL, 0);
	ask(f, NULL, OTHER, "", 0);
	f->answer_now = false;
	run_until(&f->called, 2);
	web_stop(f->web);
	f->web = NULL;
	f->ln->ops->stop(f->ln);
	assert_int_equal(f->ended, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_is_answered_when_the_line_answers),
		TEST(who_is_not_answered_is_told),
		TEST(who_waits_hears_the_whole_prompt),
		TEST(the_last_prompt_is_heard_after_the_end),
		TEST(who_waits_is_told_that_the_call_is_over),
		TEST(who_waits_and_goes_harms_nothing),
		TEST(keys_are_pressed),
		TEST(what_is_said_may_be_any_sound_of_two_minutes),
		TEST(a_message_is_recorded_and_hung_up),
		TEST(what_is_no_number_is_told),
		TEST(stopped_with_calls_and_who_waits),
	};

	osmo_init_logging2(NULL, &log_of_test);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
