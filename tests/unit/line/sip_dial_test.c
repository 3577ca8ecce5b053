// SPDX-License-Identifier: AGPL-3.0-or-later
/* Calls that we place: the other side is the trunk's proxy, and answers as RFC 3261 has it. */
#include "sip_world.h"

#define CALLED "+31687654321"

static void answer(struct world *w, const char *request, const char *sdp)
{
	char body[1024];

	snprintf(body, sizeof(body), HEAD "%u%s", w->rtp_port, sdp);
	reply(w, request, "200 OK", "far", "Content-Type: application/sdp\r\n", body);
}

static uint64_t dial_with(struct world *w, const struct line_dialling *dialling, char *invite)
{
	uint64_t session = 0;

	assert_int_equal(w->ln->ops->dial(w->ln, dialling, &session), 0);
	w->in[0] = '\0';
	until(w, is(w, "INVITE"));
	memcpy(invite, w->in, sizeof(w->in));
	return session;
}

static uint64_t dial(struct world *w, char *invite)
{
	return dial_with(w, &(struct line_dialling){ .number = CALLED }, invite);
}

/* ---- tests */

static void who_is_called_hears_the_prompt(void **state)
{
	struct world *w = *state;
	struct sound *snd = sine(440);
	struct line_dialling dialling = { .number = CALLED, .from = "+31201234567" };
	char invite[4096], from[256];
	uint64_t session = dial_with(w, &dialling, invite);
	size_t at;

	assert_true(has(invite, "INVITE sip:" CALLED "@127.0.0.1"));
	header(from, sizeof(from), invite, "From");
	assert_true(has(from, "<sip:+31201234567@127.0.0.1"));
	assert_true(has(invite, "\r\nP-Preferred-Identity: <sip:+31201234567@127.0.0.1"));
	assert_true(has(invite, "a=rtpmap:8 PCMA/8000"));
	assert_int_equal(w->ln->ops->answer(w->ln, session), -ENOENT);
	assert_int_equal(w->ln->ops->prompt(w->ln, session, &(struct line_prompt){ 0 }), -ENOENT);
	reply(w, invite, "100 Trying", NULL, "", "");
	reply(w, invite, "180 Ringing", "far", "", "");
	answer(w, invite, OFFER);
	until(w, w->n_called == 1);
	assert_true(w->outgoing && w->session == session);
	assert_string_equal(w->number, CALLED);
	play(w, snd, true, false);
	until(w, w->n_heard >= PROMPT + SOUND_FRAME);
	for (at = 0; at < w->n_heard && abs(w->heard[at]) < 100; at++)
		;
	at -= at % SOUND_FRAME;
	until(w, w->n_heard >= at + PROMPT);
	for (size_t i = 0; i < PROMPT; i++)
		assert_in_range(abs(w->heard[at + i] - sound_samples(snd)[i]), 0,
				8 + abs(sound_samples(snd)[i]) / 16);
	sound_unref(snd);
	w->ln->ops->hang_up(w->ln, session);
	until(w, is(w, "BYE"));
	reply(w, w->in, "200 OK", NULL, "", "");
	assert_int_equal(w->n_ended + w->n_unreached, 0);
	assert_int_equal(figures(w).dialled, 1);
}

/* The 200 is acknowledged, also when it comes again (RFC 3261 13.2.2.4). */
static void each_200_is_acknowledged(void **state)
{
	struct world *w = *state;
	char invite[4096], cseq[64];

	dial(w, invite);
	answer(w, invite, OFFER);
	until(w, is(w, "ACK"));
	header(cseq, sizeof(cseq), invite, "CSeq");
	assert_int_equal(strtoul(strstr(w->in, "CSeq: ") + 6, NULL, 10),
			 strtoul(cseq + 6, NULL, 10));
	answer(w, invite, OFFER);
	until(w, is(w, "ACK"));
	until(w, w->n_called == 1);
}

static void answer_as(struct world *w, const char *invite, const char *tag)
{
	char body[1024];

	snprintf(body, sizeof(body), HEAD "%u%s", w->rtp_port, OFFER);
	w->in[0] = '\0';
	reply(w, invite, "200 OK", tag, "Content-Type: application/sdp\r\n", body);
}

static bool is_to(const struct world *w, const char *method, const char *tag)
{
	char to[256];

	header(to, sizeof(to), w->in, "To");
	return is(w, method) && has(to, tag);
}

/* A proxy sent it to two phones, and both picked up: the second is acknowledged, also when its 200 comes again, and ended in
 * its own dialogue; the first goes on (RFC 3261 13.2.2.4). */
static void who_picks_up_second_is_let_go(void **state)
{
	struct world *w = *state;
	char invite[4096], bye[4096];
	uint64_t session = dial(w, invite);

	answer_as(w, invite, "first");
	until(w, is_to(w, "ACK", "tag=first"));
	answer_as(w, invite, "second");
	until(w, is_to(w, "ACK", "tag=second"));
	until(w, is_to(w, "BYE", "tag=second"));
	memcpy(bye, w->in, sizeof(bye));
	answer_as(w, invite, "second");
	until(w, is_to(w, "ACK", "tag=second"));
	reply(w, bye, "200 OK", NULL, "", "");
	until(w, w->n_called == 1);
	w->in[0] = '\0';
	w->ln->ops->hang_up(w->ln, session);
	until(w, is_to(w, "BYE", "tag=first"));
	reply(w, w->in, "200 OK", NULL, "", "");
	assert_int_equal(w->n_called, 1);
	assert_int_equal(w->n_ended + w->n_unreached, 0);
}

static void who_is_called_can_hang_up(void **state)
{
	struct world *w = *state;
	char invite[4096], to[256], callid[256], from[256], bye[2048];

	dial(w, invite);
	answer(w, invite, OFFER);
	until(w, w->n_called == 1 && is(w, "ACK"));
	header(to, sizeof(to), w->in, "To");
	header(from, sizeof(from), w->in, "From");
	header(callid, sizeof(callid), w->in, "Call-ID");
	snprintf(
		bye, sizeof(bye),
		"BYE sip:meldlijn@127.0.0.1:%u SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKbye;rport\r\n"
		"Max-Forwards: 70\r\nFrom: %sTo: %s%sCSeq: 7 BYE\r\nContent-Length: 0\r\n\r\n",
		w->port, w->sip_port, to + 4, from + 6, callid);
	send_to(w->sip, w->port, bye, strlen(bye));
	until(w, status(w, "200") && w->n_ended == 1);
	assert_int_equal(w->n_unreached, 0);
}

static void why_nobody_came(void **state)
{
	static const struct {
		const char *status;
		enum line_unreached why;
	} cases[] = {
		{ "486 Busy Here", LINE_BUSY },
		{ "600 Busy Everywhere", LINE_BUSY },
		{ "603 Decline", LINE_BUSY },
		{ "480 Temporarily Unavailable", LINE_NO_ANSWER },
		{ "408 Request Timeout", LINE_NO_ANSWER },
		{ "404 Not Found", LINE_NO_SUCH_NUMBER },
		{ "410 Gone", LINE_NO_SUCH_NUMBER },
		{ "484 Address Incomplete", LINE_NO_SUCH_NUMBER },
		{ "604 Does Not Exist Anywhere", LINE_NO_SUCH_NUMBER },
		{ "403 Forbidden", LINE_NOT_DIALLED },
		{ "503 Service Unavailable", LINE_NOT_DIALLED },
	};
	struct world *w = *state;
	char invite[4096];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t session = dial(w, invite);

		reply(w, invite, cases[i].status, "far", "", "");
		until(w, w->n_unreached == i + 1);
		assert_int_equal(w->why, cases[i].why);
		assert_true(w->session == session);
		assert_int_equal(w->ln->ops->prompt(w->ln, session, &(struct line_prompt){ 0 }),
				 -ENOENT);
	}
	assert_int_equal(w->n_called + w->n_ended, 0);
}

static void nobody_answers_in_time(void **state)
{
	struct world *w = *state;
	char invite[4096], cancel[4096];

	dial_with(w, &(struct line_dialling){ .number = CALLED, .ring_s = 1 }, invite);
	reply(w, invite, "183 Session Progress", "far", "", "");
	until(w, w->n_unreached == 1);
	assert_int_equal(w->why, LINE_NO_ANSWER);
	until(w, is(w, "CANCEL"));
	memcpy(cancel, w->in, sizeof(cancel));
	reply(w, cancel, "200 OK", "far", "", "");
	reply(w, invite, "487 Request Terminated", "far", "", "");
	until(w, is(w, "ACK"));
}

static void a_trunk_that_says_nothing(void **state)
{
	struct world *w = *state;
	char invite[4096];

	dial_with(w, &(struct line_dialling){ .number = CALLED, .ring_s = 1 }, invite);
	until(w, w->n_unreached == 1);
	assert_int_equal(w->why, LINE_NOT_DIALLED);
}

/* The 200 crosses the CANCEL: the call is up there, and must be ended (RFC 3261 9.1). */
static void an_answer_crosses_our_cancel(void **state)
{
	struct world *w = *state;
	char invite[4096], cancel[4096];
	uint64_t session = dial(w, invite);

	reply(w, invite, "180 Ringing", "far", "", "");
	until(w, figures(w).dialled == 1);
	for (int i = 0; i < 20; i++)
		turn(w);
	w->ln->ops->hang_up(w->ln, session);
	until(w, is(w, "CANCEL"));
	memcpy(cancel, w->in, sizeof(cancel));
	answer(w, invite, OFFER);
	until(w, is(w, "ACK"));
	reply(w, cancel, "481 Call/Transaction Does Not Exist", "far", "", "");
	until(w, is(w, "BYE"));
	assert_int_equal(w->n_called + w->n_unreached + w->n_ended, 0);
}

static void a_redirection_is_not_followed(void **state)
{
	struct world *w = *state;
	char invite[4096];

	dial(w, invite);
	reply(w, invite, "302 Moved Temporarily", "far", "", "");
	until(w, w->n_unreached == 1 && is(w, "ACK"));
	assert_int_equal(w->why, LINE_NOT_DIALLED);
	for (int i = 0; i < 50; i++) {
		turn(w);
		assert_false(is(w, "INVITE"));
	}
}

static void an_answer_without_a_codec(void **state)
{
	struct world *w = *state;
	char invite[4096];

	dial(w, invite);
	answer(w, invite, OPUS);
	until(w, w->n_unreached == 1);
	assert_int_equal(w->why, LINE_NOT_DIALLED);
	until(w, is(w, "BYE"));
	assert_int_equal(w->n_called, 0);
}

static void the_ceiling_counts_both_ways(void **state)
{
	struct world *w = *state;
	struct line_dialling dialling = { .number = CALLED };
	uint64_t session;
	char invite[4096];

	dial(w, invite);
	reply(w, invite, "180 Ringing", "far", "", "");
	invite_with(w, "", OFFER);
	until(w, w->n_called == 1);
	assert_int_equal(w->ln->ops->dial(w->ln, &dialling, &session), -EAGAIN);
	invite_with(w, "", OFFER);
	until(w, status(w, "503"));
	dialling.number = "+316;x";
	assert_int_equal(w->ln->ops->dial(w->ln, &dialling, &session), -EINVAL);
}

static void a_stopped_line_reaches_nobody(void **state)
{
	struct world *w = *state;
	char invite[4096];

	dial(w, invite);
	w->ln->ops->stop(w->ln);
	assert_int_equal(w->n_unreached, 1);
	assert_int_equal(w->why, LINE_NOT_DIALLED);
}

/* One side's sound is what the other hears. */
static void two_calls_hear_each_other(void **state)
{
	struct world *w = *state;
	char invite[4096];
	uint64_t first;
	uint8_t tone[SOUND_FRAME];
	size_t loud = 0;

	call_up(w, "");
	first = w->session;
	dial(w, invite);
	answer(w, invite, OFFER);
	until(w, w->n_called == 2);
	assert_int_equal(w->ln->ops->join(w->ln, first, first), -ENOENT);
	assert_int_equal(w->ln->ops->join(w->ln, first, w->session), 0);
	w->far_rtp = strtoul(strstr(invite, "m=audio ") + 8, NULL, 10);
	for (int i = 0; i < SOUND_FRAME; i++)
		tone[i] = linear_to_alaw(9000 * sin(2 * M_PI * 400 * i / SOUND_RATE));
	for (int i = 0; i < 400 && loud < 20 * SOUND_FRAME; i++) {
		size_t from = w->n_heard;

		rtp(w, w->rtp, 8, w->timestamp, tone, sizeof(tone));
		w->timestamp += SOUND_FRAME;
		until(w, w->n_heard > from);
		for (; from < w->n_heard; from++)
			loud += abs(w->heard[from]) > 100;
	}
	assert_true(loud >= 20 * SOUND_FRAME);
	w->ln->ops->hang_up(w->ln, first);
	until(w, is(w, "BYE"));
	assert_int_equal(w->n_ended, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		live(who_is_called_hears_the_prompt),
		live(each_200_is_acknowledged),
		live(who_picks_up_second_is_let_go),
		live(who_is_called_can_hang_up),
		live(why_nobody_came),
		live(nobody_answers_in_time),
		live(a_trunk_that_says_nothing),
		live(an_answer_crosses_our_cancel),
		live(a_redirection_is_not_followed),
		live(an_answer_without_a_codec),
		live(the_ceiling_counts_both_ways),
		live(a_stopped_line_reaches_nobody),
		live(two_calls_hear_each_other),
	};

	test_log_start(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
