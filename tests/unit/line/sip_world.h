/* sip_world.h - a SIP trunk on the loopback: the other side writes its messages by hand as RFC 3261 and 3264 have them, sends
 * RTP of its own and compares what it hears, by spandsp's G.711, with what was to be played. */
#pragma once

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
	bool outgoing;
	unsigned int n_called, n_played, n_ended, n_unreached;
	enum line_unreached why;
	char number[64], keys[64];

	int16_t heard[HEARD_MAX];
	size_t n_heard;
	uint16_t seq;
	uint32_t timestamp;
};

/* ---- what the line tells */

static inline void called(struct line *ln, const struct line_call *call, void *data)
{
	struct world *w = data;

	w->n_called++;
	w->session = call->session;
	w->outgoing = call->outgoing;
	snprintf(w->number, sizeof(w->number), "%s", call->number ? call->number : "none");
}

static inline void key(struct line *ln, uint64_t session, char k, void *data)
{
	struct world *w = data;
	size_t len = strlen(w->keys);

	assert_int_equal(session, w->session);
	if (len + 1 < sizeof(w->keys)) {
		w->keys[len] = k;
		w->keys[len + 1] = '\0';
	}
}

static inline void played(struct line *ln, uint64_t session, void *data)
{
	((struct world *)data)->n_played++;
}

static inline void ended(struct line *ln, uint64_t session, void *data)
{
	((struct world *)data)->n_ended++;
}

static inline void unreached(struct line *ln, uint64_t session, enum line_unreached why, void *data)
{
	struct world *w = data;

	w->n_unreached++;
	w->session = session;
	w->why = why;
}

/* ---- the other side */

static inline int udp(uint16_t *port, const char *address)
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
static inline uint16_t free_port(void)
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

static inline void send_to(int fd, uint16_t port, const void *data, size_t len)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, "127.0.0.1", &sin.sin_addr);
	assert_int_equal(sendto(fd, data, len, 0, (struct sockaddr *)&sin, sizeof(sin)), len);
}

static inline void hear(struct world *w)
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

static inline int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* One turn of the loop, and what came meanwhile. */
static inline void turn(struct world *w)
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
static const char OPUS[] __attribute__((unused)) = " RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n";

static inline void request(struct world *w, const char *method, unsigned int cseq,
			   const char *extra, const char *body)
{
	bool cancel = strcmp(method, "CANCEL") == 0; /* of the INVITE's branch, RFC 3261 9.1 */
	bool in = (strcmp(method, "INVITE") != 0 || cseq > 1) && strcmp(method, "OPTIONS") != 0 &&
		  !cancel;
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

static inline void invite_with(struct world *w, const char *extra, const char *offer)
{
	char body[1024], headers[512];

	w->calls++;
	snprintf(body, sizeof(body), HEAD "%u%s", w->rtp_port, offer);
	snprintf(headers, sizeof(headers), "Content-Type: application/sdp\r\n%s", extra);
	request(w, "INVITE", 1, headers, body);
}

static inline bool status(const struct world *w, const char *code)
{
	return strncmp(w->in, "SIP/2.0 ", 8) == 0 && strncmp(w->in + 8, code, 3) == 0;
}

static inline void keep_to(struct world *w)
{
	const char *to = strstr(w->in, "\r\nTo: "), *audio = strstr(w->in, "m=audio ");

	assert_non_null(to);
	to += 6;
	snprintf(w->to, sizeof(w->to), "%.*s", (int)strcspn(to, "\r"), to);
	if (audio)
		w->far_rtp = strtoul(audio + 8, NULL, 10);
}

static inline void call_up(struct world *w, const char *extra)
{
	unsigned int before = w->n_called;

	invite_with(w, extra, OFFER);
	until(w, w->n_called > before);
	assert_int_equal(w->ln->ops->answer(w->ln, w->session), 0);
	until(w, status(w, "200"));
	keep_to(w);
	request(w, "ACK", 1, "", "");
}

static inline void rtp(struct world *w, int fd, uint8_t payload_type, uint32_t timestamp,
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
static inline void press(struct world *w, int fd, uint8_t event)
{
	for (int i = 1; i <= 6; i++) {
		int units = 160 * OSMO_MIN(i, 4);
		uint8_t payload[4] = { event, (i >= 4 ? 0x80 : 0) | 10, units >> 8, units };

		rtp(w, fd, 96, w->timestamp, payload, sizeof(payload));
	}
	w->timestamp += 4000;
}

static inline struct sound *sine(double hz)
{
	struct sound *snd = sound_new(PROMPT);

	for (int i = 0; i < PROMPT; i++)
		sound_samples(snd)[i] = 9000 * sin(2 * M_PI * hz * i / SOUND_RATE);
	return snd;
}

/* ---- what the line asks of the other side */

static inline bool is(const struct world *w, const char *method)
{
	size_t len = strlen(method);

	return strncmp(w->in, method, len) == 0 && w->in[len] == ' ';
}

/* The line of a header, with its end; "" if there is none. */
static inline void header(char *out, size_t size, const char *msg, const char *name)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\r\n%s: ", name);
	at = strstr(msg, key);
	out[0] = '\0';
	if (at)
		snprintf(out, size, "%.*s", (int)(strstr(at + 2, "\r\n") - at), at + 2);
}

static inline bool has(const char *msg, const char *text)
{
	return strstr(msg, text) != NULL;
}

/* \param[in] tag  of our side; NULL: none (100) */
static inline void reply(struct world *w, const char *request, const char *status, const char *tag,
			 const char *extra, const char *body)
{
	char msg[4096], via[512], from[256], to[256], callid[256], cseq[64];

	header(via, sizeof(via), request, "Via");
	header(from, sizeof(from), request, "From");
	header(to, sizeof(to), request, "To");
	header(callid, sizeof(callid), request, "Call-ID");
	header(cseq, sizeof(cseq), request, "CSeq");
	if (tag && !has(to, ";tag="))
		snprintf(strchr(to, '\r'), 64, ";tag=%s\r\n", tag);
	snprintf(
		msg, sizeof(msg),
		"SIP/2.0 %s\r\n%s%s%s%s%sContact: <sip:trunk@127.0.0.1:%u>\r\n%sContent-Length: %zu\r\n\r\n%s",
		status, via, from, to, callid, cseq, w->sip_port, extra, strlen(body), body);
	w->in[0] = '\0';
	send_to(w->sip, w->port, msg, strlen(msg));
}

/* ---- the world */

static inline int begin_with(void **state, void (*set)(struct sip_line_cfg *cfg))
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
	cfg.proxy = "127.0.0.1";
	cfg.proxy_port = w->sip_port;
	if (set)
		set(&cfg);
	w->md = media_start(w->ctx);
	assert_non_null(w->md);
	w->sl = sip_line_alloc(w->ctx, &cfg, w->md);
	w->ln = sip_line(w->sl);
	w->ln->user = (struct line_user){ .called = called,
					  .key = key,
					  .played = played,
					  .ended = ended,
					  .unreached = unreached,
					  .data = w };
	w->ln->ops->start(w->ln);
	until(w, w->ln->state == LINE_UP);
	*state = w;
	return 0;
}

static inline int begin(void **state)
{
	return begin_with(state, NULL);
}

static inline int end(void **state)
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

static inline struct sip_line_status figures(const struct world *w)
{
	struct sip_line_status st;

	sip_line_status(w->sl, &st);
	return st;
}

static inline void play(struct world *w, struct sound *snd, bool barge_in, bool last)
{
	struct line_prompt prompt = { .sounds = &snd, .n = 1, .barge_in = barge_in, .last = last };

	assert_int_equal(w->ln->ops->prompt(w->ln, w->session, &prompt), 0);
}

#define live(test) cmocka_unit_test_setup_teardown(test, begin, end)
