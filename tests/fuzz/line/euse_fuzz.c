// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any bytes from an HLR, cut anywhere, with a user who answers, refuses or is silent: no read past the
 * end, no session that is told of after it was over, and none that is left when the line has stopped. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "../../../gateway/clock.c"
#include "../../unit/line/line_test.h"
#include "line/euse.h"
#include "line/line.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SESSIONS 1024 /* a message takes more octets than an input has for so many */
#define HEAD	 2    /* octets that choose how the rest is sent */

struct fuzz {
	bool open[SESSIONS];
	size_t n;
	unsigned int turns;
};

static int listener = -1;
static struct sockaddr_in address;

static void close_session(struct fuzz *f, uint64_t session)
{
	OSMO_ASSERT(session < SESSIONS && f->open[session]);
	f->open[session] = false;
	f->n--;
}

static void answer(struct line *ln, uint64_t session, struct fuzz *f)
{
	static const char too_long[] =
		"what is longer than a page may be, which is one hundred and twenty-eight letters of "
		"the alphabet that every phone in the world has got";

	switch (f->turns++ % 5) {
	case 0:
	case 1:
		OSMO_ASSERT(ln->ops->reply(ln, session, "1 a\n2 b", false) == 0);
		break;
	case 2:
		OSMO_ASSERT(ln->ops->reply(ln, session, too_long, false) == -EMSGSIZE);
		close_session(f, session);
		OSMO_ASSERT(ln->ops->reply(ln, session, "bye", true) == 0);
		break;
	case 3:
		close_session(f, session);
		ln->ops->refuse(ln, session, LINE_NOT_NOW);
		break;
	case 4: /* later, or never */
		break;
	}
}

static void on_said(struct line *ln, const struct line_said *said, void *data)
{
	struct fuzz *f = data;

	OSMO_ASSERT(said->session < SESSIONS && !said->code != !said->text);
	OSMO_ASSERT(f->open[said->session] == !said->code);
	if (said->code) {
		OSMO_ASSERT(strncmp(said->code, "*140", 4) == 0);
		f->open[said->session] = true;
		f->n++;
	}
	OSMO_ASSERT(strlen(said->subscriber) <= 15);
	answer(ln, said->session, f);
}

static void on_late(struct line *ln, uint64_t session, void *data)
{
	struct fuzz *f = data;

	OSMO_ASSERT(session < SESSIONS && f->open[session]);
	answer(ln, session, f);
}

static void on_ended(struct line *ln, uint64_t session, void *data)
{
	close_session(data, session);
}

static void on_changed(struct line *ln, void *data)
{
}

static void on_alarm(struct line *ln, const char *what, bool on, const char *detail, void *data)
{
}

static void run(struct euse *eu, const struct fuzz *f)
{
	struct euse_status status;

	osmo_select_main(1);
	euse_status(eu, &status);
	OSMO_ASSERT(status.sessions == f->n);
}

static int accept_one(void)
{
	static const int on = 1;
	static const struct linger reset = { .l_onoff = 1 }; /* no port is left waiting */
	int peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

	if (peer >= 0) {
		setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	}
	return peer;
}

/* The first octet says how much comes at once, the second whether the HLR asks who we are and
 * how much time passes in between. */
static void serve(struct euse *eu, struct fuzz *f, const uint8_t *data, size_t size)
{
	static const uint8_t id_get[] = { 0, 5, 0xfe, 4, 1, 1, 1, 0 };
	size_t piece = data[0] ? data[0] : 256, at, n;
	int peer = accept_one();
	char sink[4096];

	OSMO_ASSERT(peer >= 0);
	run(eu, f);
	if (data[1] & 1 && send(peer, id_get, sizeof(id_get), MSG_NOSIGNAL) > 0)
		run(eu, f);
	for (at = HEAD; at < size; at += n) {
		n = OSMO_MIN(size - at, piece);
		if (send(peer, data + at, n, MSG_NOSIGNAL) < 0)
			break;
		run(eu, f);
		if (data[1] > 1)
			test_clock_add_ms(data[1] * 10);
		while (recv(peer, sink, sizeof(sink), 0) > 0)
			;
	}
	run(eu, f);
	close(peer);
	run(eu, f);
	while ((peer = accept_one()) >= 0) /* it came back meanwhile */
		close(peer);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	socklen_t len = sizeof(address);

	test_log_start(talloc_named_const(NULL, 0, "log"));
	test_clock_start();
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	OSMO_ASSERT(listener >= 0);
	OSMO_ASSERT(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	OSMO_ASSERT(listen(listener, 8) == 0);
	OSMO_ASSERT(getsockname(listener, (struct sockaddr *)&address, &len) == 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { 0 };
	struct euse_cfg cfg = { .name = "euse fuzz",
				.euse = "fuzz",
				.address = "127.0.0.1",
				.port = ntohs(address.sin_port),
				.code = "*140#" };
	struct euse *eu;
	struct line *ln;

	if (size <= HEAD)
		return 0;
	eu = euse_alloc(NULL, &cfg);
	ln = euse_line(eu);
	ln->user = (struct line_user){ .said = on_said,
				       .late = on_late,
				       .ended = on_ended,
				       .changed = on_changed,
				       .alarm = on_alarm,
				       .data = &f };
	ln->ops->start(ln);
	run(eu, &f);
	serve(eu, &f, data, size);
	ln->ops->stop(ln);
	OSMO_ASSERT(f.n == 0);
	euse_free(eu);
	return 0;
}
