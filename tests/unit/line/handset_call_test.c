// SPDX-License-Identifier: AGPL-3.0-or-later
/* Calls of the simulated phone: what is played is heard sample for sample, keys arrive once, what is said
 * is recorded, and every call ends once. */
#include <errno.h>
#include <sched.h>
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
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "line/handset.h"
#include "line/line_test.h"

#define ANN "+31612345678"
#define BOB "+31687654321"

int64_t clock_now_s(void)
{
	return 1795507200;
}

struct fixture {
	struct handset *hs;
	struct line *ln;
	char folder[64], path[96];
	unsigned int called, played, recorded, ended, done, said, changed;
	uint64_t session, ended_session, id;
	bool outgoing, answer_now, refuse_now, was_recorded;
	struct sound *at_key, *at_played; /* played at once then */
	char number[48], keys[128];
	enum line_recorded how;
	double seconds;
	unsigned int unreached, greeted;
	enum line_unreached why;
	enum line_greeting who;
};

/* ---- who is above ---- */

static void prompt(struct fixture *f, struct sound *snd, const char *record, bool last)
{
	struct line_prompt p = { .sounds = &snd,
				 .n = snd ? 1 : 0,
				 .barge_in = true,
				 .record = record,
				 .record_s = 120,
				 .last = last };

	assert_int_equal(f->ln->ops->prompt(f->ln, f->session, &p), 0);
}

static void called(struct line *ln, const struct line_call *call, void *data)
{
	struct fixture *f = data;

	f->called++;
	f->session = call->session;
	f->outgoing = call->outgoing;
	snprintf(f->number, sizeof(f->number), "%s", call->number);
	if (f->answer_now && !call->outgoing)
		assert_int_equal(ln->ops->answer(ln, call->session), 0);
	if (f->refuse_now)
		ln->ops->hang_up(ln, call->session);
}

static void key(struct line *ln, uint64_t session, char c, void *data)
{
	struct fixture *f = data;

	assert_int_equal(session, f->session);
	f->keys[strlen(f->keys)] = c;
	if (f->at_key)
		prompt(f, f->at_key, NULL, false);
	f->at_key = NULL;
}

static void played(struct line *ln, uint64_t session, void *data)
{
	struct fixture *f = data;

	assert_int_equal(session, f->session);
	f->played++;
	if (f->at_played)
		prompt(f, f->at_played, NULL, false);
	f->at_played = NULL;
}

static void recorded(struct line *ln, uint64_t session, enum line_recorded how, double seconds,
		     void *data)
{
	struct fixture *f = data;

	assert_int_equal(session, f->session);
	assert_int_equal(f->ended, 0);
	f->recorded++;
	f->how = how;
	f->seconds = seconds;
}

static void ended(struct line *ln, uint64_t session, void *data)
{
	struct fixture *f = data;

	f->ended++;
	f->ended_session = session;
}

static void unreached(struct line *ln, uint64_t session, enum line_unreached why, void *data)
{
	struct fixture *f = data;

	f->unreached++;
	f->ended_session = session;
	f->why = why;
}

static void greeted(struct line *ln, uint64_t session, enum line_greeting who, void *data)
{
	struct fixture *f = data;

	assert_int_equal(session, f->session);
	f->greeted++;
	f->who = who;
}

static void call_done(uint64_t id, void *data)
{
	struct fixture *f = data;

	f->done++;
	f->id = id;
}

static void said_done(bool was_recorded, void *data)
{
	struct fixture *f = data;

	f->said++;
	f->was_recorded = was_recorded;
}

static void changed(uint64_t id, void *data)
{
	((struct fixture *)data)->changed++;
}

/* ---- the phone ---- */

static int call(struct fixture *f, const char *from)
{
	return handset_call(f->hs, from, call_done, f);
}

static void call_up(struct fixture *f)
{
	f->answer_now = true;
	assert_int_equal(call(f, ANN), 0);
	assert_int_equal(f->id, f->session);
}

static struct handset_call look(struct fixture *f)
{
	struct handset_call c;

	assert_true(handset_call_look(f->hs, ANN, f->id, &c));
	return c;
}

/* Samples that are all different for a while, from first on. */
static struct sound *ramp(int16_t first, size_t n)
{
	struct sound *snd = sound_new(n);

	for (size_t i = 0; i < n; i++)
		sound_samples(snd)[i] = (int16_t)(first + (int16_t)(i % 1000));
	return snd;
}

/* A voice: loud, and swelling as syllables do. */
static struct sound *speech(double seconds)
{
	size_t n = (size_t)(seconds * SOUND_RATE);
	struct sound *snd = sound_new(n);

	for (size_t i = 0; i < n; i++)
		sound_samples(snd)[i] = (int16_t)((i / 20 % 2 ? 8000 : -8000) *
						  (int)(1 + i / 400 % 4) / 4);
	return snd;
}

static int start(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	test_clock_start();
	snprintf(f->folder, sizeof(f->folder), "/tmp/handset-call-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/said.opus", f->folder);
	f->hs = handset_alloc(f, "14070", "*140#");
	handset_call_watch(f->hs, changed, f);
	f->ln = handset_line(f->hs);
	f->ln->user = (struct line_user){ .called = called,
					  .key = key,
					  .played = played,
					  .recorded = recorded,
					  .ended = ended,
					  .unreached = unreached,
					  .greeted = greeted,
					  .data = f };
	f->ln->ops->start(f->ln);
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(f->folder);
	talloc_free(f);
	return 0;
}

/* ---- a call begins ---- */

static void it_rings_until_it_is_answered(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, ANN), 0);
	assert_int_equal(f->called, 1);
	assert_false(f->outgoing);
	assert_string_equal(f->number, ANN);
	assert_int_equal(f->done, 0);
	assert_int_equal(f->ln->ops->answer(f->ln, f->session + 1), -ENOENT);
	assert_int_equal(f->ln->ops->prompt(f->ln, f->session, &(struct line_prompt){ 0 }),
			 -ENOENT);
	assert_int_equal(f->ln->ops->answer(f->ln, f->session), 0);
	assert_int_equal(f->done, 1);
	assert_int_equal(f->id, f->session);
	assert_int_equal(look(f).state, HANDSET_CALL_UP);
	assert_int_equal(f->ln->ops->answer(f->ln, f->session), -ENOENT);
	test_clock_add_ms(60000);
	assert_int_equal(f->ended, 0); /* it rings no more */
}

static void who_is_refused_hears_nothing(void **state)
{
	struct fixture *f = *state;

	f->refuse_now = true;
	assert_int_equal(call(f, ANN), 0);
	assert_int_equal(f->done, 1);
	assert_int_equal(f->id, 0);
	assert_int_equal(f->ended, 0);
}

static void nobody_answers(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, ANN), 0);
	test_clock_add_ms(29000);
	assert_int_equal(f->done, 0);
	test_clock_add_ms(2000);
	assert_int_equal(f->done, 1);
	assert_int_equal(f->id, 0);
	assert_int_equal(f->ended, 1);
	assert_int_equal(f->ended_session, f->session);
	assert_int_equal(f->ln->ops->answer(f->ln, f->session), -ENOENT);
}

static void a_phone_calls_once_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct handset_call c;
	uint64_t first;

	call_up(f);
	first = f->id;
	assert_int_equal(call(f, ANN), -EBUSY);
	assert_int_equal(call(f, BOB), 0);
	assert_int_not_equal(f->id, first);
	assert_false(handset_call_look(f->hs, BOB, first, &c)); /* another's */
	assert_int_equal(handset_call_keys(f->hs, BOB, first, "1"), -ENOENT);
	assert_int_equal(handset_call_hang_up(f->hs, BOB, first), -ENOENT);
	assert_int_equal(handset_call_hang_up(f->hs, ANN, first), 0);
	assert_int_equal(call(f, ANN), 0);
}

static void without_a_listener_there_are_no_calls(void **state)
{
	struct fixture *f = *state;

	f->ln->user.called = NULL;
	assert_int_equal(call(f, ANN), -ENOTSUP);
	f->ln->ops->stop(f->ln);
	assert_int_equal(call(f, ANN), -EAGAIN);
}

static void there_is_a_ceiling(void **state)
{
	struct fixture *f = *state;
	char number[32];
	int i, rc = 0;

	f->answer_now = true;
	for (i = 0; rc == 0 && i < 1000; i++) {
		snprintf(number, sizeof(number), "+316%08d", i);
		rc = call(f, number);
	}
	assert_int_equal(rc, -ENOSPC);
	assert_int_equal(f->called, HANDSET_CALLS_MAX);
	f->ln->ops->hang_up(f->ln, f->session);
	assert_int_equal(call(f, ANN), 0); /* what is over makes room */
}

/* ---- what is heard ---- */

static void what_is_played_is_heard_in_order(void **state)
{
	struct fixture *f = *state;
	struct sound *sounds[] = { ramp(1000, 4000), ramp(-3000, 1601) };
	struct line_prompt p = { .sounds = sounds, .n = 2 };
	struct handset_call c;

	call_up(f);
	assert_int_equal(f->ln->ops->prompt(f->ln, f->session, &p), 0);
	assert_int_equal(f->played, 0); /* never from inside */
	assert_true(look(f).speaks);
	test_clock_add_ms(100);
	assert_int_equal(f->played, 1);
	assert_int_equal(f->changed, 1);
	c = look(f);
	assert_false(c.speaks);
	assert_in_range(c.heard, 5601, 5601 + SOUND_FRAME - 1);
	assert_int_equal(c.dropped, 0);
	assert_memory_equal(c.samples, sound_samples(sounds[0]), 4000 * 2);
	assert_memory_equal(c.samples + 4000, sound_samples(sounds[1]), 1601 * 2);
	test_clock_add_ms(5000);
	assert_int_equal(look(f).heard, c.heard); /* silence is not heard */
	assert_int_equal(f->played, 1);
	sound_unref(sounds[0]);
	sound_unref(sounds[1]);
}

static void one_prompt_follows_the_other_at_once(void **state)
{
	struct fixture *f = *state;
	struct sound *one = ramp(1, 320), *two = ramp(5000, 320);

	call_up(f);
	f->at_played = two;
	prompt(f, one, NULL, false);
	test_clock_add_ms(200);
	assert_int_equal(f->played, 2);
	assert_int_equal(look(f).heard, 640);
	assert_memory_equal(look(f).samples + 320, sound_samples(two), 640);
	sound_unref(one);
	sound_unref(two);
}

static void a_prompt_of_nothing_is_over_too(void **state)
{
	struct fixture *f = *state;

	call_up(f);
	prompt(f, NULL, NULL, false);
	test_clock_add_ms(100);
	assert_int_equal(f->played, 1);
}

static void after_the_last_prompt_the_call_is_over(void **state)
{
	struct fixture *f = *state;
	struct sound *bye = ramp(7, 1600);

	call_up(f);
	prompt(f, bye, NULL, true);
	test_clock_add_ms(100);
	assert_int_equal(f->played, 1);
	assert_int_equal(look(f).state, HANDSET_CALL_OVER);
	assert_int_equal(f->ended, 0); /* it had its last word */
	assert_int_equal(look(f).heard, 1600);
	assert_memory_equal(look(f).samples, sound_samples(bye), 3200);
	assert_int_equal(handset_call_keys(f->hs, ANN, f->id, "1"), -EPIPE);
	assert_int_equal(handset_call_hang_up(f->hs, ANN, f->id), -EPIPE);
	test_clock_add_ms(121000);
	assert_int_equal(handset_call_hang_up(f->hs, ANN, f->id), -ENOENT);
	sound_unref(bye);
}

static void ten_minutes_are_kept(void **state)
{
	struct fixture *f = *state;
	const size_t minute = 60 * SOUND_RATE;
	struct sound *snd = ramp(0, minute + 480);
	struct handset_call c;

	call_up(f);
	for (unsigned int i = 1; i <= 12; i++) {
		prompt(f, snd, NULL, false);
		test_clock_add_ms(2000);
		assert_int_equal(f->played, i);
	}
	c = look(f);
	assert_int_equal(c.heard, 12 * (minute + 480));
	assert_true(c.dropped > 0);
	assert_in_range(c.heard - c.dropped, 9 * minute, 10 * minute);
	assert_memory_equal(c.samples + (c.heard - c.dropped) - minute, sound_samples(snd) + 480,
			    minute * 2);
	sound_unref(snd);
}

/* ---- keys ---- */

static void keys_arrive_once_and_in_order(void **state)
{
	struct fixture *f = *state;

	call_up(f);
	assert_int_equal(handset_call_keys(f->hs, ANN, f->id, "1*#0099"), 0);
	assert_string_equal(f->keys, "1*#0099");
	assert_int_equal(handset_call_keys(f->hs, ANN, f->id, ""), -EINVAL);
	assert_int_equal(handset_call_keys(f->hs, ANN, f->id, "1a"), -EINVAL);
	assert_int_equal(handset_call_keys(f->hs, ANN, f->id, "A"), -EINVAL);
	assert_int_equal(handset_call_keys(f->hs, ANN, f->id + 1, "1"), -ENOENT);
	assert_string_equal(f->keys, "1*#0099");
}

static void a_key_cuts_a_prompt_short(void **state)
{
	struct fixture *f = *state;
	struct sound *snd = ramp(1, 8000);

	call_up(f);
	prompt(f, snd, NULL, false);
	assert_int_equal(handset_call_keys(f->hs, ANN, f->id, "4"), 0);
	assert_string_equal(f->keys, "4");
	assert_int_equal(f->played, 1);
	test_clock_add_ms(100);
	assert_int_equal(f->played, 1);
	assert_int_equal(look(f).heard, 0);
	sound_unref(snd);
}

/* The end of what was cut short is not the end of what its key began. */
static void a_key_begins_the_next_prompt(void **state)
{
	struct fixture *f = *state;
	struct sound *one = ramp(1, 8000), *two = ramp(2, 1600);

	call_up(f);
	prompt(f, one, NULL, false);
	f->at_key = two;
	assert_int_equal(handset_call_keys(f->hs, ANN, f->id, "4"), 0);
	assert_int_equal(f->played, 0);
	assert_true(look(f).speaks);
	test_clock_add_ms(100);
	assert_int_equal(f->played, 1);
	assert_int_equal(look(f).heard, 1600);
	sound_unref(one);
	sound_unref(two);
}

/* ---- recording ---- */

static int speak(struct fixture *f, double seconds)
{
	struct sound *snd = speech(seconds);
	int rc = handset_call_speak(f->hs, ANN, f->id, snd, said_done, f);

	if (rc < 0)
		sound_unref(snd);
	return rc;
}

/* A file is written in a thread of its own, whose time is not the test's. */
static void until_recorded(struct fixture *f)
{
	time_t end = time(NULL) + 20;

	while (f->recorded == 0 && time(NULL) < end) {
		test_clock_add_ms(100);
		sched_yield();
	}
	assert_int_equal(f->recorded, 1);
}

static void until_said(struct fixture *f)
{
	time_t end = time(NULL) + 20;

	while (f->said == 0 && time(NULL) < end) {
		test_clock_add_ms(1);
		sched_yield();
	}
	assert_int_equal(f->said, 1);
}

static void what_is_said_is_recorded_until_silence(void **state)
{
	struct fixture *f = *state;
	struct sound *snd = ramp(1, 800), *kept;
	const char *error;

	call_up(f);
	prompt(f, snd, f->path, false);
	test_clock_add_ms(100);
	assert_int_equal(f->played, 1);
	assert_true(look(f).records);
	assert_int_equal(speak(f, 4), 0);
	assert_int_equal(speak(f, 4), -EAGAIN);
	until_said(f);
	assert_true(f->was_recorded);
	assert_int_equal(f->recorded, 0); /* a pause is not the end */
	until_recorded(f);
	assert_int_equal(f->how, LINE_RECORDED);
	assert_true(f->seconds >= 4 && f->seconds < 8);
	assert_false(look(f).records);
	kept = sound_read(f->path, &error);
	assert_non_null(kept);
	assert_true(sound_length(kept) >= 3.9 * SOUND_RATE);
	sound_unref(kept);
	sound_unref(snd);
}

static void the_hash_key_ends_a_recording(void **state)
{
	struct fixture *f = *state;

	call_up(f);
	prompt(f, NULL, f->path, false);
	test_clock_add_ms(100);
	assert_int_equal(speak(f, 2), 0);
	until_said(f);
	assert_int_equal(handset_call_keys(f->hs, ANN, f->id, "#"), 0);
	until_recorded(f);
	assert_int_equal(f->how, LINE_RECORDED);
	assert_string_equal(f->keys, "");
	assert_int_equal(access(f->path, F_OK), 0);
}

static void who_says_nothing_has_no_recording(void **state)
{
	struct fixture *f = *state;

	call_up(f);
	prompt(f, NULL, f->path, false);
	until_recorded(f);
	assert_int_equal(f->how, LINE_RECORDED_NOTHING);
	assert_int_equal(f->ended, 0);
}

static void what_nobody_records_is_lost(void **state)
{
	struct fixture *f = *state;

	call_up(f);
	assert_int_equal(speak(f, 1), 0);
	test_clock_add_ms(1000);
	assert_int_equal(f->said, 1);
	assert_false(f->was_recorded);
	assert_int_equal(f->recorded, 0);
}

static void hung_up_in_a_recording_it_is_kept(void **state)
{
	struct fixture *f = *state;

	call_up(f);
	prompt(f, NULL, f->path, false);
	test_clock_add_ms(100);
	assert_int_equal(speak(f, 3), 0);
	until_said(f);
	assert_int_equal(handset_call_hang_up(f->hs, ANN, f->id), 0);
	assert_int_equal(f->recorded, 1); /* before ended(), which recorded() looks at */
	assert_int_equal(f->how, LINE_RECORDED_PART);
	assert_int_equal(f->ended, 1);
	TALLOC_FREE(f->hs); /* all is written then */
	assert_int_equal(access(f->path, F_OK), 0);
}

static void a_recording_that_cannot_begin_is_told_after_the_prompt(void **state)
{
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/none/said.opus", f->folder);
	call_up(f);
	prompt(f, NULL, path, false);
	assert_int_equal(f->recorded, 0);
	until_recorded(f);
	assert_int_equal(f->played, 1);
	assert_int_equal(f->how, LINE_RECORDED_PART);
	assert_true(f->seconds == 0);
}

/* ---- a call ends ---- */

static void the_caller_hangs_up(void **state)
{
	struct fixture *f = *state;
	struct sound *snd = ramp(1, 8000);

	call_up(f);
	prompt(f, snd, NULL, true);
	assert_int_equal(handset_call_hang_up(f->hs, ANN, f->id), 0);
	assert_int_equal(f->ended, 1);
	assert_int_equal(f->ended_session, f->id);
	test_clock_add_ms(1000);
	assert_int_equal(f->played, 0);
	assert_int_equal(f->ended, 1);
	assert_int_equal(f->ln->ops->prompt(f->ln, f->id, &(struct line_prompt){ 0 }), -ENOENT);
	sound_unref(snd);
}

static void who_speaks_in_a_call_that_ends_is_told(void **state)
{
	struct fixture *f = *state;

	call_up(f);
	assert_int_equal(speak(f, 60), 0);
	f->ln->ops->hang_up(f->ln, f->session);
	assert_int_equal(f->said, 1);
	assert_int_equal(f->ended, 0);
	assert_int_equal(speak(f, 1), -EPIPE);
}

static void shut_down_all_calls_end(void **state)
{
	struct fixture *f = *state;

	call_up(f);
	f->answer_now = false;
	assert_int_equal(call(f, BOB), 0);
	f->ln->ops->stop(f->ln);
	assert_int_equal(f->ended, 2);
	assert_int_equal(f->done, 2);
	assert_int_equal(f->id, 0);
	assert_int_equal(call(f, ANN), -EAGAIN);
}

/* ---- the line calls ---- */

static void the_line_calls_and_the_phone_picks_up(void **state)
{
	struct fixture *f = *state;
	struct handset_call c;
	uint64_t session;

	assert_int_equal(
		f->ln->ops->dial(f->ln, &(struct line_dialling){ .number = ANN }, &session), 0);
	assert_int_equal(f->called, 0);
	assert_true(handset_call_current(f->hs, ANN, &c));
	assert_int_equal(c.state, HANDSET_CALL_RINGS);
	assert_true(c.to_phone);
	assert_int_equal(call(f, ANN), 0);
	assert_int_equal(f->called, 1);
	assert_true(f->outgoing);
	assert_int_equal(f->session, session);
	assert_int_equal(f->id, session);
	prompt(f, NULL, NULL, false);
	test_clock_add_ms(100);
	assert_int_equal(f->played, 1);
}

static void the_line_calls_and_nobody_picks_up(void **state)
{
	struct fixture *f = *state;
	uint64_t session;

	assert_int_equal(
		f->ln->ops->dial(f->ln, &(struct line_dialling){ .number = ANN }, &session), 0);
	test_clock_add_ms(31000);
	assert_int_equal(f->called, 0);
	assert_int_equal(f->ended, 0);
	assert_int_equal(f->unreached, 1);
	assert_int_equal(f->why, LINE_NO_ANSWER);
	assert_int_equal(f->ended_session, session);
}

static uint64_t dial(struct fixture *f, const char *number, int ring_s, bool greeting)
{
	struct line_dialling d = { .number = number, .ring_s = ring_s, .greeting = greeting };
	uint64_t session;

	assert_int_equal(f->ln->ops->dial(f->ln, &d, &session), 0);
	return session;
}

static void it_rings_as_long_as_it_may(void **state)
{
	struct fixture *f = *state;

	dial(f, ANN, 5, false);
	test_clock_add_ms(4900);
	assert_int_equal(f->unreached, 0);
	test_clock_add_ms(200);
	assert_int_equal(f->unreached, 1);
	assert_int_equal(f->why, LINE_NO_ANSWER);
}

static void a_phone_that_refuses_or_talks_is_busy(void **state)
{
	struct fixture *f = *state;
	uint64_t session = dial(f, ANN, 0, false);

	assert_int_equal(f->changed, 1); /* it rings */
	assert_int_equal(handset_call_hang_up(f->hs, ANN, session), 0);
	assert_int_equal(f->unreached, 1);
	assert_int_equal(f->why, LINE_BUSY);
	call_up(f);
	session = dial(f, ANN, 0, false);
	assert_int_equal(f->unreached, 1); /* never from inside */
	test_clock_add_ms(10);
	assert_int_equal(f->unreached, 2);
	assert_int_equal(f->why, LINE_BUSY);
	assert_int_equal(f->ended_session, session);
	assert_int_equal(look(f).state, HANDSET_CALL_UP);
	assert_int_equal(f->ended, 0);
}

static void what_we_hang_up_is_not_told(void **state)
{
	struct fixture *f = *state;

	f->ln->ops->hang_up(f->ln, dial(f, ANN, 0, false));
	test_clock_add_ms(60000);
	assert_int_equal(f->unreached + f->ended, 0);
}

static void a_line_that_is_shut_down_did_not_dial(void **state)
{
	struct fixture *f = *state;

	dial(f, ANN, 0, false);
	f->ln->ops->stop(f->ln);
	assert_int_equal(f->unreached, 1);
	assert_int_equal(f->why, LINE_NOT_DIALLED);
}

/* ---- who answered ---- */

static void say(struct fixture *f, double seconds)
{
	struct sound *snd = speech(seconds);

	assert_int_equal(handset_call_speak(f->hs, ANN, f->id, snd, said_done, f), 0);
	for (int i = 0; i < 500 && !f->said; i++)
		test_clock_add_ms(10);
	assert_int_equal(f->said, 1);
}

static void a_word_and_silence_is_a_person(void **state)
{
	struct fixture *f = *state;

	dial(f, ANN, 0, true);
	assert_int_equal(call(f, ANN), 0);
	say(f, 0.6);
	assert_int_equal(f->greeted, 0);
	test_clock_add_ms(3000);
	assert_int_equal(f->greeted, 1);
	assert_int_equal(f->who, LINE_PERSON);
	test_clock_add_ms(60000);
	assert_int_equal(f->greeted, 1);
}

static void who_says_nothing_is_a_person(void **state)
{
	struct fixture *f = *state;

	dial(f, ANN, 0, true);
	assert_int_equal(call(f, ANN), 0);
	test_clock_add_ms(2500);
	assert_int_equal(f->greeted, 0);
	test_clock_add_ms(1500);
	assert_int_equal(f->greeted, 1);
	assert_int_equal(f->who, LINE_PERSON);
}

static void who_speaks_on_is_a_machine(void **state)
{
	struct fixture *f = *state;

	dial(f, ANN, 0, true);
	assert_int_equal(call(f, ANN), 0);
	say(f, 6);
	test_clock_add_ms(3000);
	assert_int_equal(f->greeted, 1);
	assert_int_equal(f->who, LINE_MACHINE);
}

static void nobody_is_greeted_who_need_not_be(void **state)
{
	struct fixture *f = *state;

	dial(f, ANN, 0, false);
	assert_int_equal(call(f, ANN), 0);
	say(f, 6);
	test_clock_add_ms(60000);
	assert_int_equal(f->greeted, 0);
}

/* ---- two that hear each other ---- */

static void hears(struct fixture *f, const char *number, uint64_t id, int64_t from,
		  struct sound *snd)
{
	struct handset_call c;

	assert_true(handset_call_look(f->hs, number, id, &c));
	assert_in_range(c.heard - from, sound_length(snd), sound_length(snd) + SOUND_FRAME - 1);
	assert_memory_equal(c.samples + from, sound_samples(snd),
			    sound_length(snd) * sizeof(int16_t));
}

static void two_calls_hear_each_other(void **state)
{
	struct fixture *f = *state;
	struct sound *one = ramp(100, 4000), *two = ramp(-900, 1234), *three = ramp(5, 320);
	struct handset_call c;
	uint64_t ann, bob;

	call_up(f);
	ann = f->id;
	dial(f, BOB, 0, false);
	assert_int_equal(call(f, BOB), 0);
	bob = f->id;
	assert_int_equal(f->ln->ops->join(f->ln, ann, ann), -ENOENT);
	assert_int_equal(f->ln->ops->join(f->ln, ann, bob + 1), -ENOENT);
	assert_int_equal(f->ln->ops->join(f->ln, ann, bob), 0);
	f->changed = 0;
	sound_ref(one);
	assert_int_equal(handset_call_speak(f->hs, ANN, ann, one, said_done, f), 0);
	test_clock_add_ms(500);
	assert_int_equal(f->said, 1);
	assert_int_equal(f->changed, 1); /* who waits for what is heard */
	hears(f, BOB, bob, 0, one);
	sound_ref(two);
	assert_int_equal(handset_call_speak(f->hs, BOB, bob, two, said_done, f), 0);
	test_clock_add_ms(500);
	hears(f, ANN, ann, 0, two);
	/* a prompt to one parts them */
	f->session = ann;
	prompt(f, three, NULL, false);
	test_clock_add_ms(100);
	assert_true(handset_call_look(f->hs, ANN, ann, &c));
	hears(f, ANN, ann, c.heard - 320, three);
	assert_true(handset_call_look(f->hs, BOB, bob, &c));
	assert_in_range(c.heard, 4000, 4000 + SOUND_FRAME);
	sound_unref(one);
	sound_unref(two);
	sound_unref(three);
}

static void who_hangs_up_leaves_the_other(void **state)
{
	struct fixture *f = *state;
	struct sound *snd = ramp(1, 800);
	struct handset_call c;
	uint64_t ann, bob;

	call_up(f);
	ann = f->id;
	dial(f, BOB, 0, false);
	assert_int_equal(call(f, BOB), 0);
	bob = f->id;
	assert_int_equal(f->ln->ops->join(f->ln, ann, bob), 0);
	assert_int_equal(handset_call_hang_up(f->hs, BOB, bob), 0);
	assert_int_equal(f->ended, 1);
	assert_int_equal(f->ended_session, bob);
	assert_true(handset_call_look(f->hs, ANN, ann, &c));
	assert_int_equal(c.state, HANDSET_CALL_UP);
	assert_int_equal(handset_call_speak(f->hs, ANN, ann, snd, said_done, f), 0);
	test_clock_add_ms(500);
	assert_int_equal(f->said, 1);
	assert_int_equal(f->ln->ops->join(f->ln, ann, bob), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_rings_until_it_is_answered),
		TEST(who_is_refused_hears_nothing),
		TEST(nobody_answers),
		TEST(a_phone_calls_once_at_a_time),
		TEST(without_a_listener_there_are_no_calls),
		TEST(there_is_a_ceiling),
		TEST(what_is_played_is_heard_in_order),
		TEST(one_prompt_follows_the_other_at_once),
		TEST(a_prompt_of_nothing_is_over_too),
		TEST(after_the_last_prompt_the_call_is_over),
		TEST(ten_minutes_are_kept),
		TEST(keys_arrive_once_and_in_order),
		TEST(a_key_cuts_a_prompt_short),
		TEST(a_key_begins_the_next_prompt),
		TEST(what_is_said_is_recorded_until_silence),
		TEST(the_hash_key_ends_a_recording),
		TEST(who_says_nothing_has_no_recording),
		TEST(what_nobody_records_is_lost),
		TEST(hung_up_in_a_recording_it_is_kept),
		TEST(a_recording_that_cannot_begin_is_told_after_the_prompt),
		TEST(the_caller_hangs_up),
		TEST(who_speaks_in_a_call_that_ends_is_told),
		TEST(shut_down_all_calls_end),
		TEST(the_line_calls_and_the_phone_picks_up),
		TEST(the_line_calls_and_nobody_picks_up),
		TEST(it_rings_as_long_as_it_may),
		TEST(a_phone_that_refuses_or_talks_is_busy),
		TEST(what_we_hang_up_is_not_told),
		TEST(a_line_that_is_shut_down_did_not_dial),
		TEST(a_word_and_silence_is_a_person),
		TEST(who_says_nothing_is_a_person),
		TEST(who_speaks_on_is_a_machine),
		TEST(nobody_is_greeted_who_need_not_be),
		TEST(two_calls_hear_each_other),
		TEST(who_hangs_up_leaves_the_other),
	};

	test_log_start(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
