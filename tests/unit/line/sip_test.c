// SPDX-License-Identifier: AGPL-3.0-or-later
/* Calls that come through a SIP trunk. */
#include "sip_world.h"

/* ---- tests */

/* Each sample of the prompt, after the silence before it. */
static void the_prompt_is_heard(void **state)
{
	struct world *w = *state;
	struct sound *snd = sine(440);
	size_t at;

	call_up(w, "");
	assert_string_equal(w->number, NUMBER);
	play(w, snd, true, false);
	until(w, w->n_played == 1);
	until(w, w->n_heard >= PROMPT + SOUND_FRAME);
	for (at = 0; at < w->n_heard && abs(w->heard[at]) < 100; at++)
		;
	assert_true(at >= 1 && at % SOUND_FRAME <= 1); /* a sine begins at 0 */
	at -= at % SOUND_FRAME;
	until(w, w->n_heard >= at + PROMPT);
	for (size_t i = 0; i < PROMPT; i++)
		assert_in_range(abs(w->heard[at + i] - sound_samples(snd)[i]), 0,
				8 + abs(sound_samples(snd)[i]) / 16);
	sound_unref(snd);
	request(w, "BYE", 2, "", "");
	until(w, status(w, "200") && w->n_ended == 1);
	assert_int_equal(w->ln->ops->answer(w->ln, w->session), -ENOENT);
}

static void each_key_is_told_once(void **state)
{
	struct world *w = *state;

	call_up(w, "P-Asserted-Identity: <tel:+31687654321>\r\n");
	assert_string_equal(w->number, "+31687654321");
	w->timestamp = 0xffffe000u;
	press(w, w->rtp, 1);
	press(w, w->rtp, 1);
	until(w, strlen(w->keys) == 2);
	request(w, "INFO", 2, "Content-Type: application/dtmf-relay\r\n",
		"Signal=1\r\nDuration=160\r\n");
	until(w, status(w, "200"));
	press(w, w->rtp, 10);
	press(w, w->rtp, 11);
	until(w, strlen(w->keys) >= 4);
	assert_string_equal(w->keys, "11*#");
	assert_int_equal(figures(w).keys, 4);
	w->ln->ops->hang_up(w->ln, w->session);
	until(w, strncmp(w->in, "BYE ", 4) == 0);
	assert_int_equal(w->n_ended, 0);
}

static void a_key_cuts_the_prompt(void **state)
{
	struct world *w = *state;
	struct sound *snd = sine(440);

	call_up(w, "");
	play(w, snd, true, false);
	until(w, w->n_heard >= 4 * SOUND_FRAME);
	request(w, "INFO", 2, "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\n");
	until(w, w->n_played == 1);
	assert_string_equal(w->keys, "5");
	assert_true(w->n_heard < PROMPT);
	request(w, "INFO", 3, "Content-Type: text/plain\r\n", "Signal=6\r\n");
	until(w, status(w, "415"));
	sound_unref(snd);
}

static void after_the_last_prompt_we_hang_up(void **state)
{
	struct world *w = *state;
	struct sound *snd = sine(300);

	call_up(w, "");
	play(w, snd, false, true);
	sound_unref(snd);
	until(w, strncmp(w->in, "BYE ", 4) == 0);
	assert_int_equal(w->n_played, 1);
	assert_int_equal(w->n_ended, 0);
}

static void sound_from_elsewhere_is_not_heard(void **state)
{
	struct world *w = *state;
	uint16_t port;
	int other = udp(&port, "127.0.0.2"), moved = udp(&port, "127.0.0.1");

	call_up(w, "");
	w->timestamp = 1;
	press(w, other, 9);
	until(w, figures(w).elsewhere == 6);
	press(w, w->rtp, 1);
	until(w, strcmp(w->keys, "1") == 0);
	press(w, moved, 9); /* while the first still speaks */
	until(w, figures(w).elsewhere == 12);
	send_to(w->rtp, w->far_rtp, "no rtp", 6);
	until(w, figures(w).malformed == 1);
	assert_string_equal(w->keys, "1");
	close(other);
	close(moved);
}

static void silence_ends_a_call(void **state)
{
	struct world *w = *state;

	call_up(w, "");
	until(w, w->n_ended == 1);
	until(w, strncmp(w->in, "BYE ", 4) == 0);
	assert_int_equal(figures(w).timed_out, 1);
}

static void offer(struct world *w, unsigned int cseq, const char *direction, const char *answer)
{
	char body[1024];

	snprintf(body, sizeof(body), HEAD "%u%sa=%s\r\n", w->rtp_port, OFFER, direction);
	request(w, "INVITE", cseq, "Content-Type: application/sdp\r\n", body);
	until(w, status(w, "200"));
	assert_non_null(strstr(w->in, answer));
	request(w, "ACK", cseq, "", "");
}

/* RFC 3264 8.4: nothing is sent, its silence ends nothing, and what was being said goes on afterwards. */
static void who_holds_misses_nothing(void **state)
{
	static const char *const ways[][2] = { { "sendonly", "a=recvonly" },
					       { "inactive", "a=inactive" } };
	struct world *w = *state;
	struct sound *snd = sine(440);
	size_t before;
	int64_t since;

	call_up(w, "");
	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
		before = w->n_heard;
		play(w, snd, false, false);
		until(w, w->n_heard > before + 5 * SOUND_FRAME);
		offer(w, 2 + 2 * i, ways[i][0], ways[i][1]);
		since = now_ms();
		until(w, now_ms() > since + 60);
		before = w->n_heard;
		until(w, now_ms() > since + 2500);
		assert_int_equal(w->n_heard, before);
		assert_int_equal(w->n_ended, 0);
		assert_int_equal(w->n_played, i);
		offer(w, 3 + 2 * i, "sendrecv", "a=sendrecv");
		until(w, w->n_played == i + 1);
		assert_true(w->n_heard > before + 10 * SOUND_FRAME);
	}
	sound_unref(snd);
}

static void who_may_not_call(void **state)
{
	struct world *w = *state;
	int own = w->sip;
	uint16_t port;

	w->sip = udp(&port, "127.0.0.2");
	w->sip_port = port;
	invite_with(w, "", OFFER);
	until(w, status(w, "403"));
	request(w, "OPTIONS", 1, "", "");
	until(w, status(w, "403"));
	close(w->sip);
	w->sip = own;
	assert_int_equal(w->n_called, 0);
	assert_int_equal(figures(w).strangers, 2);
}

static void what_is_answered_without_a_call(void **state)
{
	struct world *w = *state;

	w->calls++;
	request(w, "OPTIONS", 1, "", "");
	until(w, status(w, "200"));
	assert_non_null(strstr(w->in, "Allow: INVITE"));
	invite_with(w, "", OPUS);
	until(w, status(w, "488"));
	invite_with(w, "", " nonsense\r\n");
	until(w, status(w, "488"));
	invite_with(w, "Require: 100rel\r\n", OFFER);
	until(w, status(w, "420"));
	assert_non_null(strstr(w->in, "Unsupported: 100rel"));
	assert_int_equal(w->n_called, 0);
}

/* Two at once; the third is told to come back, and when one is over there is room. */
static void there_is_a_ceiling(void **state)
{
	struct world *w = *state;

	invite_with(w, "", OFFER);
	until(w, w->n_called == 1);
	invite_with(w, "", OFFER);
	until(w, w->n_called == 2);
	for (int i = 0; i < 50; i++) {
		invite_with(w, "", OFFER);
		until(w, status(w, "503"));
		assert_non_null(strstr(w->in, "Retry-After: "));
	}
	assert_int_equal(figures(w).busy, 50);
	w->ln->ops->hang_up(w->ln, w->session);
	until(w, status(w, "486")); /* it was not answered yet */
	invite_with(w, "", OFFER);
	until(w, w->n_called == 3);
}

static void who_hangs_up_before_the_answer(void **state)
{
	struct world *w = *state;

	invite_with(w, "", OFFER);
	until(w, w->n_called == 1);
	request(w, "INVITE", 1, "", ""); /* again: it is the same */
	request(w, "CANCEL", 1, "", "");
	until(w, w->n_ended == 1);
	assert_int_equal(w->n_called, 1);
}

/* The answer to our offer comes in the ACK (RFC 3264 4). */
static void an_invite_without_offer(void **state)
{
	struct world *w = *state;
	struct sound *snd = sine(440);
	char body[1024];

	w->calls++;
	request(w, "INVITE", 1, "", "");
	until(w, w->n_called == 1);
	w->ln->ops->answer(w->ln, w->session);
	until(w, status(w, "200"));
	assert_non_null(strstr(w->in, "a=rtpmap:8 PCMA/8000"));
	assert_non_null(strstr(w->in, "telephone-event/8000"));
	keep_to(w);
	snprintf(body, sizeof(body), HEAD "%u%s", w->rtp_port, OFFER);
	request(w, "ACK", 1, "Content-Type: application/sdp\r\n", body);
	play(w, snd, true, false);
	sound_unref(snd);
	until(w, w->n_heard >= PROMPT);
}

static void a_line_can_be_stopped_and_started(void **state)
{
	struct world *w = *state;
	uint64_t first;

	call_up(w, "");
	first = w->session;
	request(w, "OPTIONS", 1, "", ""); /* behind the ACK */
	until(w, status(w, "200"));
	w->ln->ops->stop(w->ln);
	assert_int_equal(w->n_ended, 1);
	until(w, strncmp(w->in, "BYE ", 4) == 0);
	w->ln->ops->start(w->ln);
	until(w, w->ln->state == LINE_UP);
	call_up(w, "");
	assert_true(w->session != first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		live(the_prompt_is_heard),
		live(each_key_is_told_once),
		live(a_key_cuts_the_prompt),
		live(after_the_last_prompt_we_hang_up),
		live(sound_from_elsewhere_is_not_heard),
		live(silence_ends_a_call),
		live(who_holds_misses_nothing),
		live(who_may_not_call),
		live(what_is_answered_without_a_call),
		live(there_is_a_ceiling),
		live(who_hangs_up_before_the_answer),
		live(an_invite_without_offer),
		live(a_line_can_be_stopped_and_started),
	};

	test_log_start(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
