// SPDX-License-Identifier: AGPL-3.0-or-later
/* A SIP trunk on the loopback: the other side writes its messages by hand as RFC 3261 and 3264 have them, sends RTP of its
 * own and compares what it hears, by spandsp's G.711, with what was to be played. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <osmocom/core/select.h>
#include <osmocom/core/utils.h>
#include <spandsp.h>
#include <talloc.h>

#include "clock.c"
#include "line/line.h"
#include "line/sip.h"
#include "line_test.h"
#include "voice/media.h"
#include "voice/sound.h"

#define WAIT_MS	  5000
#define PROMPT	  (25 * SOUND_FRAME)
#define HEARD_MAX (10 * SOUND_RATE)
#define NUMBER	  "+31612345678"

struct world {
	void *ctx;
	struct media *md;
	struct sip_line *sl;
	struct line *ln;
	int sip, rtp;
	uint16_t port, sip_port, rtp_port; /* the line's; ours */
	unsigned int calls;		   /* made so far: a Call-ID of its own each */
	char in[4096];			   /* the last message from the line */

	/* of the last 200 */
	char to[256];
	uint16_t far_rtp;

	uint64_t session;
	unsigned int n_called, n_played, n_ended;
	char number[64], keys[64];

	int16_t heard[HEARD_MAX];
	size_t n_heard;
	uint16_t seq;
	uint32_t timestamp;
};

/* ---- what the line tells */

static void called(struct line *ln, const struct line_call *call, void *data)
{
	struct world *w = data;

	w->n_called++;
	w->session = call->session;
	snprintf(w->number, sizeof(w->number), "%s", call->number ? call->number : "none");
}

static void key(struct line *ln, uint64_t session, char k, void *data)
{
	struct world *w = data;
	size_t len = strlen(w->keys);

	assert_int_equal(session, w->session);
	if (len + 1 < sizeof(w->keys)) {
		w->keys[len] = k;
		w->keys[len + 1] = '\0';
	}
}

static void played(struct line *ln, uint64_t session, void *data)
{
	((struct world *)data)->n_played++;
}

static void ended(struct line *ln, uint64_t session, void *data)
{
	((struct world *)data)->n_ended++;
}

/* ---- the other side */

static int udp(uint16_t *port, const char *address)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	inet_pton(AF_INET, address, &sin.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	getsockname(fd, (struct sockaddr *)&sin, &len);
	*port = ntohs(sin.sin_port);
	return fd;
}

/* One that nobody has by UDP nor by TCP. */
static uint16_t free_port(void)
{
	for (int i = 0; i < 100; i++) {
		struct sockaddr_in sin = { .sin_family = AF_INET };
		int tcp = socket(AF_INET, SOCK_STREAM, 0), rc;
		uint16_t port;
		int fd = udp(&port, "127.0.0.1");

		sin.sin_port = htons(port);
		inet_pton(AF_INET, "127.0.0.1", &sin.sin_addr);
		rc = bind(tcp, (struct sockaddr *)&sin, sizeof(sin));
		close(tcp);
		close(fd);
		if (rc == 0)
			return port;
	}
	return 0;
}

static void send_to(int fd, uint16_t port, const void *data, size_t len)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, "127.0.0.1", &sin.sin_addr);
	assert_int_equal(sendto(fd, data, len, 0, (struct sockaddr *)&sin, sizeof(sin)), len);
}

static void hear(struct world *w)
{
	uint8_t data[2048];
	ssize_t len;

	while ((len = recv(w->rtp, data, sizeof(data), 0)) > 0) {
		assert_true(len == 12 + SOUND_FRAME);
		assert_int_equal(data[0], 0x80);
		assert_int_equal(data[1] & 0x7f, 8);
		for (int i = 12; i < len && w->n_heard < HEARD_MAX; i++)
			w->heard[w->n_heard++] = alaw_to_linear(data[i]);
	}
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* One turn of the loop, and what came meanwhile. */
static void turn(struct world *w)
{
	struct pollfd fds[] = { { .fd = w->sip, .events = POLLIN },
				{ .fd = w->rtp, .events = POLLIN } };
	ssize_t len;

	poll(fds, 2, 2);
	osmo_select_main(1);
	hear(w);
	len = recv(w->sip, w->in, sizeof(w->in) - 1, 0);
	if (len > 0)
		w->in[len] = '\0';
}

#define until(w, what)                                                         \
	do {                                                                   \
		int64_t end_ = now_ms() + WAIT_MS;                             \
		while (!(what)) {                                              \
			if (now_ms() > end_)                                   \
				fail_msg("waited for %s: %s", #what, (w)->in); \
			turn(w);                                               \
		}                                                              \
	} while (0)

/* SDP's beginning, then a port, then what stands behind it. */
#define HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio "

static const char OFFER[] = " RTP/AVP 8 0 3 96\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
			    "a=rtpmap:3 GSM/8000\r\na=rtpmap:96 telephone-event/8000\r\n"
			    "a=fmtp:96 0-15\r\n";
static const char OPUS[] = " RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n";

static void request(struct world *w, const char *method, unsigned int cseq, const char *extra,
		    const char *body)
{
	bool cancel = strcmp(method, "CANCEL") == 0; /* of the INVITE's branch, RFC 3261 9.1 */
	bool in = strcmp(method, "INVITE") != 0 && strcmp(method, "OPTIONS") != 0 && !cancel;
	char msg[4096];
	int len = snprintf(
		msg, sizeof(msg),
		"%s sip:14070@127.0.0.1:%u SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%u-%u-%s;rport\r\n"
		"Max-Forwards: 70\r\n"
		"From: <sip:%s@127.0.0.1>;tag=t%u\r\nTo: %s\r\nCall-ID: c%u@127.0.0.1\r\n"
		"CSeq: %u %s\r\nContact: <sip:trunk@127.0.0.1:%u>\r\n%s"
		"Content-Length: %zu\r\n\r\n%s",
		method, w->port, w->sip_port, w->calls, cseq, cancel ? "INVITE" : method, NUMBER,
		w->calls, in ? w->to : "<sip:14070@127.0.0.1>", w->calls, cseq, method, w->sip_port,
		extra, strlen(body), body);

	w->in[0] = '\0';
	send_to(w->sip, w->port, msg, len);
}

static void invite_with(struct world *w, const char *extra, const char *offer)
{
	char body[1024], headers[512];

	w->calls++;
	snprintf(body, sizeof(body), HEAD "%u%s", w->rtp_port, offer);
	snprintf(headers, sizeof(headers), "Content-Type: application/sdp\r\n%s", extra);
	request(w, "INVITE", 1, headers, body);
}

static bool status(const struct world *w, const char *code)
{
	return strncmp(w->in, "SIP/2.0 ", 8) == 0 && strncmp(w->in + 8, code, 3) == 0;
}

static void keep_to(struct world *w)
{
	const char *to = strstr(w->in, "\r\nTo: "), *audio = strstr(w->in, "m=audio ");

	assert_non_null(to);
	to += 6;
	snprintf(w->to, sizeof(w->to), "%.*s", (int)strcspn(to, "\r"), to);
	if (audio)
		w->far_rtp = strtoul(audio + 8, NULL, 10);
}

static void call_up(struct world *w, const char *extra)
{
	unsigned int before = w->n_called;

	invite_with(w, extra, OFFER);
	until(w, w->n_called > before);
	assert_int_equal(w->ln->ops->answer(w->ln, w->session), 0);
	until(w, status(w, "200"));
	keep_to(w);
	request(w, "ACK", 1, "", "");
}

static void rtp(struct world *w, int fd, uint8_t payload_type, uint32_t timestamp,
		const uint8_t *payload, size_t n)
{
	uint8_t data[12 + 1024] = { 0x80,
				    payload_type,
				    w->seq >> 8,
				    w->seq,
				    timestamp >> 24,
				    timestamp >> 16,
				    timestamp >> 8,
				    timestamp,
				    1,
				    2,
				    3,
				    4 };

	w->seq++;
	memcpy(data + 12, payload, n);
	send_to(fd, w->far_rtp, data, 12 + n);
}

/* As RFC 4733 2.5.1 has it: while it lasts, and its end three times. */
static void press(struct world *w, int fd, uint8_t event)
{
	for (int i = 1; i <= 6; i++) {
		int units = 160 * OSMO_MIN(i, 4);
		uint8_t payload[4] = { event, (i >= 4 ? 0x80 : 0) | 10, units >> 8, units };

		rtp(w, fd, 96, w->timestamp, payload, sizeof(payload));
	}
	w->timestamp += 4000;
}

static struct sound *sine(double hz)
{
	struct sound *snd = sound_new(PROMPT);

	for (int i = 0; i < PROMPT; i++)
		sound_samples(snd)[i] = 9000 * sin(2 * M_PI * hz * i / SOUND_RATE);
	return snd;
}

/* ---- the world */

static int begin(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);
	struct sip_line_cfg cfg = { .name = "sip test",
				    .address = "127.0.0.1",
				    .peers = { "127.0.0.1" },
				    .n_peers = 1,
				    .calls_max = 2,
				    .silent_s = 1 };

	w->ctx = talloc_new(w);
	w->port = free_port();
	w->sip = udp(&w->sip_port, "127.0.0.1");
	w->rtp = udp(&w->rtp_port, "127.0.0.1");
	cfg.port = w->port;
	w->md = media_start(w->ctx);
	assert_non_null(w->md);
	w->sl = sip_line_alloc(w->ctx, &cfg, w->md);
	w->ln = sip_line(w->sl);
	w->ln->user = (struct line_user){
		.called = called, .key = key, .played = played, .ended = ended, .data = w
	};
	w->ln->ops->start(w->ln);
	until(w, w->ln->state == LINE_UP);
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	w->ln->ops->stop(w->ln);
	sip_line_free(w->sl);
	media_stop(w->md);
	close(w->sip);
	close(w->rtp);
	talloc_free(w);
	return 0;
}

static struct sip_line_status figures(const struct world *w)
{
	struct sip_line_status st;

	sip_line_status(w->sl, &st);
	return st;
}

/* ---- tests */

static void play(struct world *w, struct sound *snd, bool barge_in, bool last)
{
	struct line_prompt prompt = { .sounds = &snd, .n = 1, .barge_in = barge_in, .last = last };

	assert_int_equal(w->ln->ops->prompt(w->ln, w->session, &prompt), 0);
}

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

#define live(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		live(the_prompt_is_heard),
		live(each_key_is_told_once),
		live(a_key_cuts_the_prompt),
		live(after_the_last_prompt_we_hang_up),
		live(sound_from_elsewhere_is_not_heard),
		live(silence_ends_a_call),
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
