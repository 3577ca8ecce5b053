// SPDX-License-Identifier: AGPL-3.0-or-later
/* callers.c - many callers of a SIP trunk in one process: so much of RFC 3261, 3264, 3550 and 4733 as they need.
 *
 *   callers LINE:PORT CALLS A-SECOND SECONDS KEYS
 *
 * KEYS are pressed group by group, "1,3,251128,70#", each group when a prompt was heard to its end and a moment of
 * thinking is over; behind the last the caller hangs up and another one calls.  A-SECOND 0: all call at once.
 * KEYS "-": they only listen.
 *
 * A line of JSON on the standard output when as many as will ever are answered, and one with what was measured in SECONDS
 * from then.  What comes is timed by the kernel (SO_TIMESTAMPNS), so this program's own work moves no figure;
 * many calls share a socket here, told apart by the port that the line sends from.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME	   160
#define TICK_MS	   20
#define PAYLOAD	   8 /* PCMA */
#define EVENT	   96
#define EVENT_ON   5 /* packets of a key, the three that end it, and sound until the next */
#define EVENT_ENDS 3
#define EVENT_GAP  3
#define SOCKETS	   32
#define BATCH	   64
#define RCVBUF	   (8 << 20)
#define SILENCE	   0xd5
#define QUIET_NS   700000000ull /* so long nothing: the prompt is over */
#define THINK_NS   1500000000ull
#define ASK_NS	   500000000ull
#define ASKS	   10
#define GRID_US	   10 /* of the histogram of jitter */
#define GRID	   100000
#define TIMES_MAX  1000000

enum state { IDLE, CALLING, UP, ENDING, REFUSED };

struct call {
	enum state state;
	unsigned int number; /* of all that were made: a Call-ID of its own each */
	char to[256], contact[256];
	uint16_t port; /* the line sends from there */
	uint64_t asked_ns, again_ns, answered_ns, sound_ns, think_ns, key_ns;
	unsigned int asks;
	bool heard, waits; /* the first sound; sound behind a key */

	const char *keys; /* the next */
	unsigned int event, gap;
	uint16_t seq;
	uint32_t timestamp, event_at;

	/* what comes */
	bool first;
	uint16_t far_seq;
	uint32_t far_timestamp;
	uint64_t far_ns;
	int32_t *off_us; /* of each packet from the grid of the first */
	size_t n_off;
};

struct times {
	double *ms;
	size_t n;
};

static struct sockaddr_in line_at, own_at;
static int sip, rtp[SOCKETS];
static uint16_t rtp_port[SOCKETS];
static struct call *calls, *by_port[65536];
static size_t n_calls, off_max, n_up;
static unsigned int made, refused, over, packets, lost;
static const char *script;
static bool measures, stops;
static uint32_t histogram[GRID + 1];
static struct times answers, firsts, nexts;
static uint8_t silence[FRAME];

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *zeroed(size_t n, size_t size)
{
	void *out = calloc(n, size);

	if (!out)
		die("calloc");
	return out;
}

/* ---- figures ---- */

static void took(struct times *times, uint64_t from_ns, uint64_t to_ns)
{
	if (times->n < TIMES_MAX)
		times->ms[times->n++] = (double)(int64_t)(to_ns - from_ns) / 1e6;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int by_size_i(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

/* Around the median: where its grid lies is the call's own affair. */
static void count_jitter(struct call *call)
{
	int32_t middle;

	if (call->n_off == 0)
		return;
	qsort(call->off_us, call->n_off, sizeof(*call->off_us), by_size_i);
	middle = call->off_us[call->n_off / 2];
	for (size_t i = 0; i < call->n_off; i++) {
		uint32_t off = abs(call->off_us[i] - middle) / GRID_US;

		histogram[off < GRID ? off : GRID]++;
	}
	call->n_off = 0;
}

static double jitter_ms(double share)
{
	uint64_t all = 0, sum = 0;
	size_t i;

	for (i = 0; i <= GRID; i++)
		all += histogram[i];
	for (i = 0; i < GRID && (sum += histogram[i]) < share * all; i++)
		;
	return i * GRID_US / 1e3;
}

static double jitter_max_ms(void)
{
	size_t i = GRID;

	while (i > 0 && !histogram[i])
		i--;
	return i * GRID_US / 1e3;
}

static void print_times(const char *name, struct times *times)
{
	double *ms = times->ms;
	size_t n = times->n;

	qsort(ms, n, sizeof(*ms), by_size);
	printf(", \"%s\": {\"n\": %zu, \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f}", name,
	       n, n ? ms[n / 2] : 0, n ? ms[n * 99 / 100] : 0, n ? ms[n - 1] : 0);
}

static void print_measured(double seconds)
{
	printf("{\"seconds\": %.2f, \"up\": %zu, \"made\": %u, \"refused\": %u, \"over\": %u, \"packets\": %u, "
	       "\"lost\": %u, \"jitter\": {\"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f}",
	       seconds, n_up, made, refused, over, packets, lost, jitter_ms(0.5), jitter_ms(0.99),
	       jitter_max_ms());
	print_times("answer", &answers);
	print_times("first", &firsts);
	print_times("next", &nexts);
	printf("}\n");
}

/* ---- SIP ---- */

static size_t index_of(const struct call *call)
{
	return call - calls;
}

static void sip_send(const char *text, size_t len)
{
	if (sendto(sip, text, len, 0, (struct sockaddr *)&line_at, sizeof(line_at)) < 0)
		die("SIP");
}

static void request(struct call *call, const char *method, unsigned int cseq, const char *body)
{
	char text[2048], own[32];
	int len;

	snprintf(own, sizeof(own), "%s:%u", inet_ntoa(own_at.sin_addr), ntohs(own_at.sin_port));
	len = snprintf(text, sizeof(text),
		       "%s %s SIP/2.0\r\n"
		       "Via: SIP/2.0/UDP %s;branch=z9hG4bK%u%s%u;rport\r\n"
		       "Max-Forwards: 70\r\n"
		       "From: <sip:+3161%07u@%s>;tag=%u\r\n"
		       "To: %s\r\n"
		       "Call-ID: %zu-%u@bench\r\n"
		       "CSeq: %u %s\r\n"
		       "Contact: <sip:bench@%s>\r\n"
		       "%sContent-Length: %zu\r\n\r\n%s",
		       method, call->contact, own, call->number, method, cseq,
		       call->number % 10000000, own, call->number, call->to, index_of(call),
		       call->number, cseq, method, own,
		       body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	sip_send(text, len);
}

static void invite(struct call *call)
{
	char body[512];
	uint16_t port = rtp_port[index_of(call) % SOCKETS];

	snprintf(
		body, sizeof(body),
		"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		"m=audio %u RTP/AVP %u %u\r\na=rtpmap:%u PCMA/8000\r\na=rtpmap:%u telephone-event/8000\r\n"
		"a=fmtp:%u 0-15\r\na=ptime:20\r\n",
		port, PAYLOAD, EVENT, PAYLOAD, EVENT, EVENT);
	request(call, "INVITE", 1, body);
}

static void begin(struct call *call, uint64_t now)
{
	int32_t *kept = call->off_us;

	*call = (struct call){
		.off_us = kept, .state = CALLING, .number = ++made, .asked_ns = now
	};
	call->again_ns = now + ASK_NS;
	call->keys = script;
	call->seq = call->number;
	call->timestamp = call->number * 1000;
	snprintf(call->to, sizeof(call->to), "<sip:14070@%s>", inet_ntoa(line_at.sin_addr));
	snprintf(call->contact, sizeof(call->contact), "sip:14070@%s:%u",
		 inet_ntoa(line_at.sin_addr), ntohs(line_at.sin_port));
	invite(call);
}

static void ended(struct call *call)
{
	count_jitter(call);
	if (call->state == UP)
		n_up--;
	if (call->port)
		by_port[call->port] = NULL;
	call->port = 0;
	call->state = IDLE;
	over++;
}

static void bye(struct call *call, uint64_t now)
{
	count_jitter(call);
	if (call->state == UP)
		n_up--;
	call->state = ENDING;
	call->again_ns = now + ASK_NS;
	request(call, "BYE", 2, "");
}

/* What did not get its answer is asked again. */
static void ask_again(struct call *call, uint64_t now)
{
	if ((call->state != CALLING && call->state != ENDING) || now < call->again_ns)
		return;
	if (++call->asks > ASKS) {
		ended(call);
		return;
	}
	call->again_ns = now + ASK_NS;
	if (call->state == CALLING)
		invite(call);
	else
		request(call, "BYE", 2, "");
}

/* The value of a header or of a line of SDP; false if there is none. */
static bool field(const char *message, const char *name, char *out, size_t size)
{
	const char *at = strstr(message, name), *end;

	if (!at)
		return false;
	at += strlen(name);
	end = strpbrk(at, "\r\n");
	snprintf(out, size, "%.*s", end ? (int)(end - at) : (int)strlen(at), at);
	return true;
}

static struct call *call_of(const char *message)
{
	char id[64];
	char *rest;
	size_t i;

	if (!field(message, "\nCall-ID: ", id, sizeof(id)))
		return NULL;
	i = strtoul(id, &rest, 10);
	if (i >= n_calls || *rest != '-' || strtoul(rest + 1, NULL, 10) != calls[i].number)
		return NULL;
	return &calls[i];
}

static void answered(struct call *call, const char *message, uint64_t ns)
{
	char contact[256], port[64];
	bool first = call->state == CALLING;

	if (first && field(message, "\nTo: ", call->to, sizeof(call->to)) &&
	    field(message, "\nContact: <", contact, sizeof(contact)) &&
	    field(message, "\nm=audio ", port, sizeof(port))) {
		snprintf(call->contact, sizeof(call->contact), "%.*s", (int)strcspn(contact, ">"),
			 contact);
		call->port = strtoul(port, NULL, 10);
		by_port[call->port] = call;
		call->state = UP;
		call->asks = 0;
		call->answered_ns = call->sound_ns = ns;
		n_up++;
		took(&answers, call->asked_ns, ns);
	}
	request(call, "ACK", 1, "");
}

static void response(struct call *call, const char *message, uint64_t ns)
{
	unsigned int status = strtoul(message + 8, NULL, 10);
	char cseq[64];

	if (status < 200) {
		call->again_ns = UINT64_MAX; /* it has it */
		return;
	}
	field(message, "\nCSeq: ", cseq, sizeof(cseq));
	if (strstr(cseq, "BYE")) {
		ended(call);
	} else if (status < 300) {
		answered(call, message, ns);
	} else if (call->state == CALLING) {
		field(message, "\nTo: ", call->to, sizeof(call->to));
		request(call, "ACK", 1, "");
		call->state = REFUSED; /* and does not try again */
		refused++;
	}
}

/* All of its headers that an answer needs, as they came. */
static void reply(const char *message)
{
	static const char *const kept[] = { "Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: " };
	char text[4096] = "SIP/2.0 200 OK\r\n", name[16], value[1024];
	size_t len = strlen(text);

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		snprintf(name, sizeof(name), "\n%s", kept[i]);
		if (field(message, name, value, sizeof(value)))
			len += snprintf(text + len, sizeof(text) - len, "%s%s\r\n", kept[i], value);
	}
	len += snprintf(text + len, sizeof(text) - len, "Content-Length: 0\r\n\r\n");
	sip_send(text, len);
}

static void sip_take(const char *message, uint64_t ns)
{
	struct call *call = call_of(message);

	if (!strncmp(message, "SIP/2.0 ", 8)) {
		if (call)
			response(call, message, ns);
		return;
	}
	if (!strncmp(message, "ACK ", 4))
		return;
	reply(message);
	if (call && !strncmp(message, "BYE ", 4) && call->state != IDLE && call->state != REFUSED)
		ended(call);
}

/* ---- RTP ---- */

static uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static void on_grid(struct call *call, uint16_t seq, uint32_t timestamp, uint64_t ns)
{
	int64_t off_us;

	if (!call->first) {
		call->first = true;
		call->far_ns = ns;
		call->far_timestamp = timestamp;
	} else if (measures) {
		lost += (uint16_t)(seq - call->far_seq - 1);
	}
	call->far_seq = seq;
	if (!measures || call->n_off == off_max)
		return;
	packets++;
	off_us = (int64_t)(ns - call->far_ns) / 1000 -
		 (int64_t)(timestamp - call->far_timestamp) * 125;
	call->off_us[call->n_off++] = (int32_t)off_us;
}

static void heard(struct call *call, uint64_t ns)
{
	if (!call->heard)
		took(&firsts, call->answered_ns, ns);
	if (call->waits && ns > call->key_ns && measures)
		took(&nexts, call->key_ns, ns);
	call->heard = true;
	call->waits = false;
	call->sound_ns = ns;
	call->think_ns = QUIET_NS + (uint64_t)rand() % THINK_NS;
}

static void rtp_take(const uint8_t *data, size_t len, uint16_t port, uint64_t ns)
{
	struct call *call = by_port[port];

	if (!call || call->state != UP || len != 12 + FRAME)
		return;
	on_grid(call, get16(data + 2), get32(data + 4), ns);
	if (memcmp(data + 12, silence, FRAME))
		heard(call, ns);
}

/* ---- keys and what is sent ---- */

/* The next group, if it is time for it. */
static void think(struct call *call, uint64_t now)
{
	if (!call->heard || call->event || !*call->keys || now < call->sound_ns + call->think_ns)
		return;
	if (*call->keys == ',' && call->waits)
		return; /* that key was not answered yet */
	if (*call->keys == ',')
		call->keys++;
	call->event = 1;
}

static uint8_t event_of(char key)
{
	return key == '*' ? 10 : key == '#' ? 11 : key - '0';
}

/* \returns its length */
static size_t key_packet(struct call *call, uint8_t *data, uint64_t now)
{
	unsigned int at = call->event - 1;
	bool end = at >= EVENT_ON;

	if (at == 0) {
		call->event_at = call->timestamp;
		call->key_ns = now;
		call->waits = true;
	}
	data[1] = EVENT | (at == 0 ? 0x80 : 0);
	put32(data + 4, call->event_at);
	data[12] = event_of(*call->keys);
	data[13] = (end ? 0x80 : 0) | 10;
	put16(data + 14, FRAME * (end ? EVENT_ON : at + 1));
	if (++call->event > EVENT_ON + EVENT_ENDS) {
		call->keys++;
		call->event = 0;
		call->gap = *call->keys && *call->keys != ',' ? EVENT_GAP : 0;
	}
	return 16;
}

/* A packet of this tick. */
static size_t packet(struct call *call, uint8_t *data, uint64_t now)
{
	data[0] = 0x80;
	data[1] = PAYLOAD;
	put16(data + 2, call->seq++);
	put32(data + 4, call->timestamp);
	put32(data + 8, call->number);
	call->timestamp += FRAME;
	if (call->gap > 0 && --call->gap == 0)
		call->event = 1;
	else if (!call->event && !call->gap)
		think(call, now);
	if (call->event)
		return key_packet(call, data, now);
	memcpy(data + 12, silence, FRAME);
	return 12 + FRAME;
}

/* The end of the script, and nothing was said for a while. */
static bool is_done(const struct call *call, uint64_t now)
{
	return script[0] && call->heard && !call->event && !*call->keys && !call->waits &&
	       now > call->sound_ns + QUIET_NS + THINK_NS;
}

static void send_batch(int fd, struct mmsghdr *msgs, size_t n)
{
	int sent;

	for (size_t at = 0; at < n; at += sent) {
		sent = sendmmsg(fd, msgs + at, n - at, 0);
		if (sent <= 0)
			sent = 1; /* that port is closed meanwhile */
	}
}

/* Those of one socket whose turn is in this millisecond. */
static void send_some(size_t socket_, unsigned int turn, uint64_t now)
{
	static uint8_t data[BATCH][12 + FRAME];
	static struct sockaddr_in to[BATCH];
	static struct iovec vecs[BATCH];
	static struct mmsghdr msgs[BATCH];
	size_t n = 0;

	for (size_t i = socket_; i < n_calls; i += SOCKETS) {
		struct call *call = &calls[i];

		if (i / SOCKETS % TICK_MS != (turn + socket_) % TICK_MS)
			continue;
		ask_again(call, now);
		if (call->state != UP)
			continue;
		if (is_done(call, now)) {
			bye(call, now);
			continue;
		}
		to[n] = line_at;
		to[n].sin_port = htons(call->port);
		vecs[n] = (struct iovec){ data[n], packet(call, data[n], now) };
		msgs[n].msg_hdr = (struct msghdr){ .msg_name = &to[n],
						   .msg_namelen = sizeof(to[n]),
						   .msg_iov = &vecs[n],
						   .msg_iovlen = 1 };
		if (++n == BATCH) {
			send_batch(rtp[socket_], msgs, n);
			n = 0;
		}
	}
	send_batch(rtp[socket_], msgs, n);
}

/* ---- reading ---- */

static uint64_t came_ns(struct msghdr *msg)
{
	struct timespec ts = { 0 };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void read_all(int fd)
{
	static uint8_t data[BATCH][4096], control[BATCH][64];
	static struct sockaddr_in from[BATCH];
	static struct iovec vecs[BATCH];
	static struct mmsghdr msgs[BATCH];
	int n = BATCH;

	while (n == BATCH) {
		for (int i = 0; i < BATCH; i++) {
			vecs[i] = (struct iovec){ data[i], sizeof(data[i]) - 1 };
			msgs[i].msg_hdr = (struct msghdr){ .msg_name = &from[i],
							   .msg_namelen = sizeof(from[i]),
							   .msg_iov = &vecs[i],
							   .msg_iovlen = 1,
							   .msg_control = control[i],
							   .msg_controllen = sizeof(control[i]) };
		}
		n = recvmmsg(fd, msgs, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++) {
			uint64_t ns = came_ns(&msgs[i].msg_hdr);

			data[i][msgs[i].msg_len] = '\0';
			if (fd == sip)
				sip_take((char *)data[i], ns);
			else
				rtp_take(data[i], msgs[i].msg_len, ntohs(from[i].sin_port), ns);
		}
	}
}

/* ---- life ---- */

static int open_socket(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1, size = RCVBUF;
	socklen_t len = sizeof(*at);

	*at = (struct sockaddr_in){ .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)at, len) < 0)
		die("socket");
	getsockname(fd, (struct sockaddr *)at, &len);
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

/* So many more may call by now. */
static void begin_some(uint64_t began, double a_second)
{
	uint64_t now = now_ns(CLOCK_REALTIME);
	double may = a_second > 0 ? (now - began) / 1e9 * a_second + 1 : 1e9;

	for (size_t i = 0; i < n_calls && !stops; i++)
		if (calls[i].state == IDLE && (calls[i].number == 0 || script[0]) && made < may) {
			begin(&calls[i], now);
			if (made % BATCH == 0)
				read_all(sip);
		}
}

static void until_next_ms(uint64_t *ms)
{
	struct timespec ts;

	++*ms;
	ts = (struct timespec){ *ms / 1000, *ms % 1000 * 1000000 };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static void one_ms(uint64_t *ms, uint64_t began, double a_second)
{
	until_next_ms(ms);
	read_all(sip);
	for (size_t i = 0; i < SOCKETS; i++) {
		read_all(rtp[i]);
		send_some(i, *ms % TICK_MS, now_ns(CLOCK_REALTIME));
	}
	begin_some(began, a_second);
}

static void measure(uint64_t *ms, double a_second, double seconds)
{
	uint64_t began = now_ns(CLOCK_REALTIME), from;
	double up_s = 20 + (a_second > 0 ? n_calls / a_second : 0);

	while (n_up + refused < n_calls && now_ns(CLOCK_REALTIME) - began < up_s * 1e9)
		one_ms(ms, began, a_second);
	printf("{\"up\": %zu}\n", n_up);
	fflush(stdout);
	measures = true;
	from = now_ns(CLOCK_MONOTONIC);
	while (now_ns(CLOCK_MONOTONIC) - from < seconds * 1e9)
		one_ms(ms, began, a_second);
	measures = false;
	for (size_t i = 0; i < n_calls; i++)
		count_jitter(&calls[i]);
	print_measured((now_ns(CLOCK_MONOTONIC) - from) / 1e9);
	fflush(stdout);
}

static void hang_up_all(uint64_t *ms)
{
	uint64_t now = now_ns(CLOCK_REALTIME), end = now_ns(CLOCK_MONOTONIC) + 3000000000ull;
	size_t left = 1;

	stops = true;
	for (size_t i = 0; i < n_calls; i++)
		if (calls[i].state == UP)
			bye(&calls[i], now);
	while (left > 0 && now_ns(CLOCK_MONOTONIC) < end) {
		one_ms(ms, now, 0);
		left = 0;
		for (size_t i = 0; i < n_calls; i++)
			left += calls[i].state == UP || calls[i].state == ENDING;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in at;
	double a_second, seconds;
	uint64_t ms;
	char *colon = argc == 6 ? strchr(argv[1], ':') : NULL;

	if (!colon) {
		fprintf(stderr, "usage: callers LINE:PORT CALLS A-SECOND SECONDS KEYS\n");
		return 2;
	}
	*colon = '\0';
	line_at = (struct sockaddr_in){ .sin_family = AF_INET,
					.sin_port = htons(strtoul(colon + 1, NULL, 10)) };
	inet_pton(AF_INET, argv[1], &line_at.sin_addr);
	n_calls = strtoul(argv[2], NULL, 10);
	a_second = strtod(argv[3], NULL);
	seconds = strtod(argv[4], NULL);
	script = strcmp(argv[5], "-") ? argv[5] : "";
	memset(silence, SILENCE, FRAME);
	off_max = seconds * (1000 / TICK_MS) + 100;
	calls = zeroed(n_calls, sizeof(*calls));
	for (size_t i = 0; i < n_calls; i++)
		calls[i].off_us = zeroed(off_max, sizeof(int32_t));
	answers.ms = zeroed(TIMES_MAX, sizeof(double));
	firsts.ms = zeroed(TIMES_MAX, sizeof(double));
	nexts.ms = zeroed(TIMES_MAX, sizeof(double));
	sip = open_socket(&own_at);
	for (size_t i = 0; i < SOCKETS; i++) {
		rtp[i] = open_socket(&at);
		rtp_port[i] = ntohs(at.sin_port);
	}
	ms = now_ns(CLOCK_MONOTONIC) / 1000000;
	measure(&ms, a_second, seconds);
	hang_up_all(&ms);
	return 0;
}
