// SPDX-License-Identifier: AGPL-3.0-or-later
/* What holds a call up and changes it: session timers (RFC 4028) both ways, UPDATE (RFC 3311), and digests within a call
 * (RFC 3261 22).  The other side is written by hand. */
#include "sip_world.h"

#define CALLED "+31687654321"
#define TIMER  "Supported: timer\r\n"
#define ALLOW  "Allow: INVITE, ACK, BYE, UPDATE\r\n"

static void short_sessions(struct sip_line_cfg *cfg)
{
	cfg->session_s = 3;
	cfg->session_min_s = 2;
	cfg->silent_s = 60;
}

static void short_sessions_proved(struct sip_line_cfg *cfg)
{
	short_sessions(cfg);
	cfg->user = "meldlijn";
	cfg->password = "geheim";
}

static int begin_short(void **state)
{
	return begin_with(state, short_sessions);
}

static int begin_proved(void **state)
{
	return begin_with(state, short_sessions_proved);
}

static unsigned int number(const char *msg, const char *name)
{
	char line[256];

	header(line, sizeof(line), msg, name);
	assert_true(line[0] != '\0');
	return strtoul(line + strlen(name) + 2, NULL, 10);
}

static bool same(const char *one, const char *other, const char *name)
{
	char a[256], b[256];

	header(a, sizeof(a), one, name);
	header(b, sizeof(b), other, name);
	return strcmp(a, b) == 0;
}

/* The line of an SDP. */
static void origin(char *out, size_t size, const char *msg)
{
	const char *at = strstr(msg, "\r\no=");

	assert_non_null(at);
	snprintf(out, size, "%.*s", (int)strcspn(at + 2, "\r"), at + 2);
}

static void sdp(struct world *w, char *body, size_t size, const char *more)
{
	snprintf(body, size, HEAD "%u%s%s", w->rtp_port, OFFER, more);
}

static void asked(struct world *w, const char *method, char *request)
{
	until(w, is(w, method));
	memcpy(request, w->in, sizeof(w->in));
	w->in[0] = '\0';
}

static void pass(struct world *w, int64_t ms)
{
	int64_t since = now_ms();

	until(w, now_ms() > since + ms);
}

static void ok(struct world *w, const char *request, const char *extra, const char *more)
{
	char body[1024], headers[512];

	sdp(w, body, sizeof(body), more);
	snprintf(headers, sizeof(headers), "Content-Type: application/sdp\r\n%s", extra);
	reply(w, request, "200 OK", "far", headers, body);
}

/* ---- who refreshes a call that came */

/* Each refresh counts anew, and each answer names who refreshes; without one we hang up before the end. */
static void who_calls_refreshes_or_it_ends(void **state)
{
	struct world *w = *state;
	char body[1024];
	int64_t since;

	sdp(w, body, sizeof(body), "");
	call_up(w, TIMER "Session-Expires: 3;refresher=uac\r\nMin-SE: 2\r\n");
	for (int i = 0; i < 2; i++) {
		pass(w, 1200);
		assert_int_equal(w->n_ended, 0);
		request(w, i ? "UPDATE" : "INVITE", 2 + i,
			i ? TIMER "Session-Expires: 3;refresher=uac\r\n"
			  : "Content-Type: application/sdp\r\n" TIMER
			    "Session-Expires: 3;refresher=uac\r\n",
			i ? "" : body);
		until(w, status(w, "200"));
		assert_true(has(w->in, "\r\nSession-Expires: 3;refresher=uac\r\n"));
		assert_true(has(w->in, "\r\nRequire: timer\r\n"));
		if (i == 0)
			request(w, "ACK", 2, "", "");
	}
	since = now_ms();
	until(w, w->n_ended == 1);
	assert_in_range(now_ms() - since, 1500, 2900);
	until(w, is(w, "BYE"));
	assert_int_equal(figures(w).expired, 1);
}

static void a_session_that_is_too_short(void **state)
{
	struct world *w = *state;

	invite_with(w, TIMER "Session-Expires: 1\r\n", OFFER);
	until(w, status(w, "422"));
	assert_true(has(w->in, "\r\nMin-SE: 2\r\n"));
	assert_int_equal(w->n_called, 0);
	invite_with(w, "Session-Expires: 1\r\n", OFFER); /* it knows no 422 */
	until(w, w->n_called == 1);
	call_up(w, "Require: timer\r\n" TIMER "Session-Expires: 3;refresher=uac\r\n");
	request(w, "UPDATE", 2, TIMER "Session-Expires: 1\r\n", "");
	until(w, status(w, "422"));
}

/* RFC 4028 9, table 2 */
static void who_refreshes_is_said_in_the_answer(void **state)
{
	static const struct {
		const char *asks, *answer;
		bool required;
	} cases[] = {
		{ TIMER "Session-Expires: 3\r\n", "\r\nSession-Expires: 3;refresher=uas\r\n",
		  true },
		{ TIMER "Session-Expires: 3;refresher=uas\r\n",
		  "\r\nSession-Expires: 3;refresher=uas\r\n", true },
		{ TIMER "Session-Expires: 3;refresher=uac\r\n",
		  "\r\nSession-Expires: 3;refresher=uac\r\n", true },
		{ TIMER "Session-Expires: 1800;refresher=uac\r\nMin-SE: 900\r\n",
		  "\r\nSession-Expires: 900;refresher=uac\r\n", true },
		{ TIMER, "\r\nSession-Expires: 3;refresher=uas\r\n", true },
		{ "Session-Expires: 3\r\n", "\r\nSession-Expires: 3;refresher=uas\r\n", false },
		{ "", NULL, false },
		{ TIMER "Session-Expires: soon\r\n", "\r\nSession-Expires: 3;refresher=uas\r\n",
		  true },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		invite_with(w, cases[i].asks, OFFER);
		until(w, w->n_called == i + 1);
		w->ln->ops->answer(w->ln, w->session);
		until(w, status(w, "200"));
		assert_true(has(w->in, cases[i].answer ? cases[i].answer : "\r\n"));
		assert_true(has(w->in, "\r\nSession-Expires: ") == (cases[i].answer != NULL));
		assert_true(has(w->in, "\r\nRequire: timer\r\n") == cases[i].required);
		assert_true(has(w->in, "\r\nSupported: timer\r\n"));
		assert_true(has(w->in, ", UPDATE\r\n"));
		keep_to(w);
		request(w, "ACK", 1, "", "");
		request(w, "BYE", 2, "", "");
		until(w, status(w, "200") && w->n_ended == i + 1);
	}
}

/* At half the time, with the SDP of before (RFC 4028 7.4). */
static void we_refresh_by_invite(void **state)
{
	struct world *w = *state;
	char ours[256], again[256], refresh[4096];
	int64_t since;

	invite_with(w, TIMER "Session-Expires: 3;refresher=uas\r\n", OFFER);
	until(w, w->n_called == 1);
	w->ln->ops->answer(w->ln, w->session);
	until(w, status(w, "200"));
	origin(ours, sizeof(ours), w->in);
	keep_to(w);
	since = now_ms();
	request(w, "ACK", 1, "", "");
	for (int i = 0; i < 2; i++) {
		asked(w, "INVITE", refresh);
		assert_in_range(now_ms() - since, 1300, 1900);
		assert_true(has(refresh, "\r\nSession-Expires: 3;refresher=uac\r\n"));
		assert_true(has(refresh, "\r\nMin-SE: 2\r\n"));
		assert_true(has(refresh, "\r\n" TIMER));
		origin(again, sizeof(again), refresh);
		assert_string_equal(again, ours);
		since = now_ms();
		ok(w, refresh, "Session-Expires: 3;refresher=uac\r\n", "");
		until(w, is(w, "ACK"));
		assert_true(number(w->in, "CSeq") == number(refresh, "CSeq"));
		ok(w, refresh, "", ""); /* it was lost */
		until(w, is(w, "ACK"));
	}
	assert_int_equal(w->n_ended, 0);
}

static void call_we_refresh(struct world *w)
{
	call_up(w, TIMER ALLOW "Session-Expires: 3\r\n");
}

static void we_refresh_by_update(void **state)
{
	struct world *w = *state;
	char request[4096];

	call_we_refresh(w);
	for (int i = 0; i < 2; i++) {
		asked(w, "UPDATE", request);
		assert_true(has(request, "\r\nSession-Expires: 3;refresher=uac\r\n"));
		assert_true(has(request, "\r\nContent-Length: 0\r\n"));
		reply(w, request, "200 OK", NULL, "Session-Expires: 3;refresher=uac\r\n", "");
	}
	/* now it is theirs, which is the other's word in their answer */
	asked(w, "UPDATE", request);
	reply(w, request, "200 OK", NULL, "Session-Expires: 3;refresher=uas\r\n", "");
	until(w, w->n_ended == 1);
	assert_int_equal(figures(w).expired, 1);
	until(w, is(w, "BYE"));
}

static void a_refresh_is_refused_for_now(void **state)
{
	struct world *w = *state;
	char first[4096], request[4096];

	call_we_refresh(w);
	asked(w, "UPDATE", first);
	reply(w, first, "422 Session Interval Too Small", NULL, "Min-SE: 4\r\n", "");
	asked(w, "UPDATE", request);
	assert_true(has(request, "\r\nSession-Expires: 4;refresher=uac\r\n"));
	assert_true(has(request, "\r\nMin-SE: 4\r\n"));
	assert_true(same(first, request, "Call-ID"));
	assert_int_equal(number(request, "CSeq"), number(first, "CSeq") + 1);
	reply(w, request, "500 Server Internal Error", NULL, "Retry-After: 0\r\n", "");
	asked(w, "UPDATE", request);
	reply(w, request, "405 Method Not Allowed", NULL, "", "");
	asked(w, "INVITE", request); /* it said otherwise */
	ok(w, request, "Session-Expires: 4;refresher=uac\r\n", "");
	until(w, is(w, "ACK"));
	assert_int_equal(w->n_ended, 0);
}

static void the_other_side_is_gone(void **state)
{
	struct world *w = *state;
	char request[4096];

	call_we_refresh(w);
	asked(w, "UPDATE", request);
	reply(w, request, "481 Call/Transaction Does Not Exist", NULL, "", "");
	until(w, w->n_ended == 1);
	call_we_refresh(w);
	asked(w, "UPDATE", request); /* and says nothing */
	until(w, w->n_ended == 2);
	until(w, is(w, "BYE"));
	assert_int_equal(figures(w).expired, 1);
}

/* RFC 3261 14.2 */
static void offers_cross(void **state)
{
	struct world *w = *state;
	char body[1024], ours[4096];

	sdp(w, body, sizeof(body), "");
	call_up(w, TIMER "Session-Expires: 3\r\n");
	asked(w, "INVITE", ours);
	request(w, "INVITE", 2, "Content-Type: application/sdp\r\n", body);
	until(w, status(w, "491"));
	request(w, "ACK", 2, "", "");
	request(w, "UPDATE", 3, "Content-Type: application/sdp\r\n", body);
	until(w, status(w, "491"));
	request(w, "UPDATE", 4, "", "");
	until(w, status(w, "200"));
	ok(w, ours, "", "");
	until(w, is(w, "ACK"));
	request(w, "INVITE", 5, "Content-Type: application/sdp\r\n", body);
	until(w, status(w, "200"));
	request(w, "ACK", 5, "", "");
}

/* ---- UPDATE */

static void update_within_a_call(void **state)
{
	struct world *w = *state;
	struct sound *snd = sine(440);
	char body[1024];
	size_t before;

	call_up(w, "");
	play(w, snd, true, false);
	sound_unref(snd);
	until(w, w->n_heard > 5 * SOUND_FRAME);
	request(w, "UPDATE", 2, "", "");
	until(w, status(w, "200"));
	assert_true(has(w->in, "\r\nContact: <sip:meldlijn@127.0.0.1"));
	assert_true(has(w->in, "\r\nContent-Length: 0\r\n"));
	sdp(w, body, sizeof(body), "a=sendonly\r\n");
	request(w, "UPDATE", 3, "Content-Type: application/sdp\r\n", body);
	until(w, status(w, "200"));
	assert_true(has(w->in, "a=recvonly"));
	pass(w, 60);
	before = w->n_heard;
	pass(w, 200);
	assert_int_equal(w->n_heard, before); /* it holds */
	snprintf(body, sizeof(body), HEAD "%u%s", w->rtp_port, OPUS);
	request(w, "UPDATE", 4, "Content-Type: application/sdp\r\n", body);
	until(w, status(w, "488"));
	request(w, "INFO", 3, "", "");
	until(w, status(w, "500")); /* out of order */
	sdp(w, body, sizeof(body), "");
	request(w, "UPDATE", 5, "Content-Type: application/sdp\r\n", body);
	until(w, status(w, "200"));
	until(w, w->n_heard > before + 5 * SOUND_FRAME);
	w->calls++;
	request(w, "UPDATE", 6, "", "");
	until(w, status(w, "481"));
}

/* RFC 3311 5.2: the offer of the INVITE is not answered yet. */
static void update_before_the_answer(void **state)
{
	struct world *w = *state;
	char body[1024];

	sdp(w, body, sizeof(body), "");
	invite_with(w, "", OFFER);
	until(w, status(w, "180"));
	keep_to(w);
	request(w, "UPDATE", 2, "Content-Type: application/sdp\r\n", body);
	until(w, status(w, "500"));
	assert_in_range(number(w->in, "Retry-After"), 0, 10);
	request(w, "UPDATE", 3, "", "");
	until(w, status(w, "200"));
	assert_true(has(w->in, "\r\nCSeq: 3 UPDATE\r\n"));
	until(w, w->n_called == 1);
	w->in[0] = '\0';
	w->ln->ops->answer(w->ln, w->session);
	until(w, status(w, "200"));
	assert_true(has(w->in, "\r\nCSeq: 1 INVITE\r\n"));
	request(w, "ACK", 1, "", "");
	until(w, w->n_heard > 0);
	request(w, "BYE", 4, "", "");
	until(w, w->n_ended == 1);
}

/* ---- a call of ours */

static void dial(struct world *w, char *invite)
{
	struct line_dialling dialling = { .number = CALLED };
	uint64_t session;

	assert_int_equal(w->ln->ops->dial(w->ln, &dialling, &session), 0);
	w->session = session;
	asked(w, "INVITE", invite);
}

static void we_offer_and_refresh(void **state)
{
	struct world *w = *state;
	char invite[4096], request[4096];

	dial(w, invite);
	assert_true(has(invite, "\r\n" TIMER));
	assert_true(has(invite, "\r\nSession-Expires: 3\r\n"));
	assert_true(has(invite, "\r\nMin-SE: 2\r\n"));
	ok(w, invite, ALLOW "Require: timer\r\nSession-Expires: 3;refresher=uac\r\n", "");
	until(w, w->n_called == 1 && is(w, "ACK"));
	asked(w, "UPDATE", request);
	assert_true(has(request, "\r\nSession-Expires: 3;refresher=uac\r\n"));
	reply(w, request, "200 OK", NULL, "Session-Expires: 3;refresher=uac\r\n", "");
	asked(w, "UPDATE", request);
	assert_int_equal(w->n_ended, 0);
}

/* Of who is called, before it answers: that it may ask, and not hang up (RFC 3311 5.1, RFC 3261 15). */
static void what_comes_before_their_answer(void **state)
{
	static const char *const methods[] = { "BYE", "UPDATE" };
	static const char *const codes[] = { "481", "200" };
	struct world *w = *state;
	char invite[4096], from[256], to[256], callid[256], msg[2048];

	dial(w, invite);
	reply(w, invite, "180 Ringing", "far", "", "");
	header(to, sizeof(to), invite, "To");
	header(from, sizeof(from), invite, "From");
	header(callid, sizeof(callid), invite, "Call-ID");
	to[strcspn(to, "\r")] = '\0';
	for (unsigned int i = 0; i < ARRAY_SIZE(methods); i++) {
		snprintf(msg, sizeof(msg),
			 "%s sip:meldlijn@127.0.0.1:%u SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKe%u;rport\r\n"
			 "Max-Forwards: 70\r\nFrom: %s;tag=far\r\nTo: %s%sCSeq: %u %s\r\n"
			 "Contact: <sip:elsewhere@127.0.0.1:9>\r\nContent-Length: 0\r\n\r\n",
			 methods[i], w->port, w->sip_port, i, to + 4, from + 6, callid, 7 + i,
			 methods[i]);
		w->in[0] = '\0';
		send_to(w->sip, w->port, msg, strlen(msg));
		until(w, status(w, codes[i]));
	}
	ok(w, invite, "", "");
	until(w, w->n_called == 1 && is(w, "ACK"));
	assert_int_equal(w->n_ended + w->n_unreached, 0);
}

static void we_offer_and_they_refresh(void **state)
{
	struct world *w = *state;
	char invite[4096];
	int64_t since = now_ms();

	dial(w, invite);
	ok(w, invite, ALLOW "Require: timer\r\nSession-Expires: 3;refresher=uas\r\n", "");
	until(w, w->n_called == 1);
	until(w, w->n_ended == 1);
	assert_in_range(now_ms() - since, 1900, 3000);
	assert_int_equal(figures(w).expired, 1);
}

static void we_offer_and_they_know_no_timer(void **state)
{
	struct world *w = *state;
	char invite[4096];

	dial(w, invite);
	ok(w, invite, "", "");
	until(w, w->n_called == 1 && is(w, "ACK"));
	pass(w, 3200);
	assert_true(is(w, "ACK"));
	assert_int_equal(w->n_ended, 0);
}

/* RFC 4028 7.3: the same call once more, with as much as is asked. */
static void what_we_offer_is_too_short(void **state)
{
	struct world *w = *state;
	char first[4096], invite[4096];

	dial(w, first);
	reply(w, first, "422 Session Interval Too Small", "far", "Min-SE: 1800\r\n", "");
	asked(w, "ACK", invite);
	asked(w, "INVITE", invite);
	assert_true(has(invite, "\r\nSession-Expires: 1800\r\n"));
	assert_true(has(invite, "\r\nMin-SE: 1800\r\n"));
	assert_true(same(first, invite, "Call-ID") && same(first, invite, "From"));
	assert_int_equal(number(invite, "CSeq"), number(first, "CSeq") + 1);
	reply(w, invite, "422 Session Interval Too Small", "far", "Min-SE: 1800\r\n", "");
	until(w, w->n_unreached == 1);
	assert_int_equal(w->why, LINE_NOT_DIALLED);
}

#define CHALLENGED                                                                        \
	"Proxy-Authenticate: Digest realm=\"trunk\", nonce=\"n1\", algorithm=SHA-256\r\n" \
	"Proxy-Authenticate: Digest realm=\"trunk\", nonce=\"n1\", algorithm=MD5\r\n"

/* All in the dialogue is proved, the ACK with what its INVITE showed (RFC 3261 22.1). */
static void a_call_is_proved_by_sha_256(void **state)
{
	struct world *w = *state;
	char first[4096], invite[4096], request[4096];

	dial(w, first);
	assert_false(has(first, "Authorization"));
	reply(w, first, "407 Proxy Authentication Required", "far", CHALLENGED, "");
	asked(w, "ACK", request);
	asked(w, "INVITE", invite);
	assert_true(has(invite, "\r\nProxy-Authorization: Digest username=\"meldlijn\""));
	assert_true(has(invite, ", algorithm=SHA-256"));
	assert_true(same(first, invite, "Call-ID"));
	ok(w, invite, ALLOW "Session-Expires: 3;refresher=uac\r\n", "");
	until(w, w->n_called == 1 && is(w, "ACK"));
	assert_true(same(w->in, invite, "Proxy-Authorization"));
	asked(w, "UPDATE", request);
	reply(w, request, "407 Proxy Authentication Required", NULL,
	      "Proxy-Authenticate: Digest realm=\"trunk\", nonce=\"n2\", algorithm=SHA-256\r\n",
	      "");
	asked(w, "UPDATE", request);
	assert_true(has(request, "nonce=\"n2\""));
	reply(w, request, "200 OK", NULL, "Session-Expires: 3;refresher=uac\r\n", "");
	w->ln->ops->hang_up(w->ln, w->session);
	asked(w, "BYE", request);
	assert_true(has(request, "nonce=\"n2\""));
	reply(w, request, "407 Proxy Authentication Required", NULL,
	      "Proxy-Authenticate: Digest realm=\"trunk\", nonce=\"n3\", algorithm=SHA-256\r\n",
	      "");
	asked(w, "BYE", request);
	assert_true(has(request, "nonce=\"n3\""));
	reply(w, request, "200 OK", NULL, "", "");
}

static void a_digest_that_we_cannot(void **state)
{
	struct world *w = *state;
	char invite[4096];

	dial(w, invite);
	reply(w, invite, "407 Proxy Authentication Required", "far",
	      "Proxy-Authenticate: Digest realm=\"trunk\", nonce=\"n1\", algorithm=SHA-1024\r\n",
	      "");
	until(w, w->n_unreached == 1);
	assert_int_equal(w->why, LINE_NOT_DIALLED);
}

/* ---- encryption that is refused */

#define CRYPTO "\r\na=crypto:"

static void srtp_offered(struct sip_line_cfg *cfg)
{
	cfg->srtp = SIP_SRTP_OFFERED;
}

static void srtp_required(struct sip_line_cfg *cfg)
{
	cfg->srtp = SIP_SRTP_REQUIRED;
}

static int begin_offered(void **state)
{
	return begin_with(state, srtp_offered);
}

static int begin_required(void **state)
{
	return begin_with(state, srtp_required);
}

static void what_is_only_offered_is_left_out(void **state)
{
	struct world *w = *state;
	char first[4096], invite[4096];

	dial(w, first);
	assert_true(has(first, CRYPTO));
	reply(w, first, "488 Not Acceptable Here", "far", "", "");
	asked(w, "ACK", invite);
	asked(w, "INVITE", invite);
	assert_false(has(invite, CRYPTO));
	assert_true(has(invite, " RTP/AVP ") && same(first, invite, "Call-ID"));
	ok(w, invite, "", "");
	until(w, w->n_called == 1);
	until(w, w->n_heard > 0);
	dial(w, first);
	reply(w, first, "415 Unsupported Media Type", "far", "", "");
	asked(w, "ACK", invite);
	asked(w, "INVITE", invite);
	assert_false(has(invite, CRYPTO));
	reply(w, invite, "488 Not Acceptable Here", "far", "", "");
	until(w, w->n_unreached == 1);
}

static void what_is_required_is_not(void **state)
{
	struct world *w = *state;
	char invite[4096];

	dial(w, invite);
	assert_true(has(invite, " RTP/SAVP ") && has(invite, CRYPTO));
	reply(w, invite, "488 Not Acceptable Here", "far", "", "");
	until(w, w->n_unreached == 1);
	assert_int_equal(w->why, LINE_NOT_DIALLED);
	dial(w, invite);
	ok(w, invite, "", ""); /* in the clear */
	until(w, w->n_unreached == 2);
	until(w, is(w, "BYE"));
	assert_int_equal(w->n_called, 0);
}

#define short_lived(test) cmocka_unit_test_setup_teardown(test, begin_short, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		short_lived(who_calls_refreshes_or_it_ends),
		short_lived(a_session_that_is_too_short),
		short_lived(who_refreshes_is_said_in_the_answer),
		short_lived(we_refresh_by_invite),
		short_lived(we_refresh_by_update),
		short_lived(a_refresh_is_refused_for_now),
		short_lived(the_other_side_is_gone),
		short_lived(offers_cross),
		short_lived(update_within_a_call),
		short_lived(update_before_the_answer),
		short_lived(we_offer_and_refresh),
		short_lived(what_comes_before_their_answer),
		short_lived(we_offer_and_they_refresh),
		short_lived(we_offer_and_they_know_no_timer),
		short_lived(what_we_offer_is_too_short),
		cmocka_unit_test_setup_teardown(a_call_is_proved_by_sha_256, begin_proved, end),
		cmocka_unit_test_setup_teardown(a_digest_that_we_cannot, begin_proved, end),
		cmocka_unit_test_setup_teardown(what_is_only_offered_is_left_out, begin_offered,
						end),
		cmocka_unit_test_setup_teardown(what_is_required_is_not, begin_required, end),
	};

	test_log_start(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
