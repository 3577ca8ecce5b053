// SPDX-License-Identifier: AGPL-3.0-or-later
/* The external USSD entity against an HLR on a loopback socket, which writes and reads with libosmocore's
 * coders and components as TS 24.080 4.5 has them; the clock is moved by hand. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cmocka.h>

#include <osmocom/core/msgb.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsm0480.h>
#include <osmocom/gsm/gsm_utils.h>
#include <osmocom/gsm/gsup.h>

#include "clock.c"
#include "line/euse.h"
#include "line/line.h"
#include "line_test.h"

#define ANNA  "204080000000001"
#define BERT  "204080000000002"
#define WIRED (256 * 1024)

/* What the last message to the HLR was. */
struct sent {
	uint8_t proto, type; /* of the IPA header; CCM type or GSUP extension */
	uint8_t payload[1200];
	size_t len;
	struct osmo_gsup_message gsup;
	struct ss_request ss; /* as libosmocore reads the component */
};

struct world {
	void *ctx;
	int listener, peer;
	bool deaf, mute; /* does not read; does not answer pings */
	uint16_t port;
	unsigned int accepted;
	uint8_t in[WIRED];
	size_t in_len;

	struct euse_cfg cfg;
	struct euse *eu;
	struct line *ln;

	unsigned int n_said, n_late, n_ended, n_changed;
	uint64_t session, ended; /* the last ones */
	uint64_t other;
	bool refuses_others; /* when one has ended */
	char code[64], text[600], number[32], subscriber[32];
	const char *reply; /* at once */
	bool last;
	const char *late_reply; /* at once, when told that it is late */
	char alarms[128];
};

/* ---- the log */

static unsigned int notices;
static char noticed[512];

static void on_log(struct log_target *target, unsigned int level, const char *line)
{
	if (level < LOGL_NOTICE || level >= LOGL_ERROR)
		return;
	notices++;
	snprintf(noticed, sizeof(noticed), "%s", line);
}

static void watch_log(void)
{
	struct log_target *target = log_target_create();

	target->output = on_log;
	log_set_log_level(target, LOGL_NOTICE);
	log_set_all_filter(target, 1);
	log_set_use_color(target, 0);
	log_add_target(target);
}

/* ---- the HLR */

static void hlr_listen(struct world *w)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons(w->port),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int on = 1, small = 4096;

	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(w->listener >= 0);
	setsockopt(w->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(w->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(bind(w->listener, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(w->listener, 8), 0);
	assert_int_equal(getsockname(w->listener, (struct sockaddr *)&sin, &len), 0);
	w->port = ntohs(sin.sin_port);
}

static void hlr_hang_up(struct world *w)
{
	if (w->peer >= 0)
		close(w->peer);
	w->peer = -1;
	w->in_len = 0;
}

static void hlr_gone(struct world *w)
{
	hlr_hang_up(w);
	if (w->listener >= 0)
		close(w->listener);
	w->listener = -1;
}

/* The line's end of the connection: the system shall hold little for it. */
static void shrink_its_buffer(const struct world *w)
{
	struct sockaddr_in sin = { 0 };
	int fd, small = 4096, found = 0;

	for (fd = 3; fd < 64; fd++) {
		socklen_t len = sizeof(sin);

		if (fd == w->peer || getpeername(fd, (struct sockaddr *)&sin, &len) < 0 ||
		    ntohs(sin.sin_port) != w->port)
			continue;
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
		found++;
	}
	assert_int_equal(found, 1);
}

static void say(struct world *w, const void *bytes, size_t len)
{
	assert_int_equal(send(w->peer, bytes, len, MSG_NOSIGNAL), (int)len);
}

static void say_ccm(struct world *w, uint8_t type)
{
	uint8_t ccm[] = { 0, 1, 0xfe, type };

	say(w, ccm, sizeof(ccm));
}

/* An answered ping is taken out, so that tests see only what they are about. */
static bool answer_ping(struct world *w)
{
	static const uint8_t ping[] = { 0, 1, 0xfe, 0 };

	if (w->mute || w->in_len < sizeof(ping) || memcmp(w->in, ping, sizeof(ping)) != 0)
		return false;
	w->in_len -= sizeof(ping);
	memmove(w->in, w->in + sizeof(ping), w->in_len);
	say_ccm(w, 1);
	return true;
}

static bool serve(struct world *w)
{
	int on = 1;
	ssize_t n;

	if (w->listener >= 0 && w->peer < 0) {
		w->peer = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK);
		setsockopt(w->peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		w->accepted += w->peer >= 0;
		return w->peer >= 0;
	}
	if (w->peer < 0 || w->deaf)
		return false;
	n = recv(w->peer, w->in + w->in_len, sizeof(w->in) - w->in_len, 0);
	if (n == 0)
		hlr_hang_up(w);
	if (n > 0)
		w->in_len += n;
	while (answer_ping(w))
		;
	return n >= 0;
}

static void settle_down(struct world *w)
{
	int quiet = 0;

	while (quiet < 3) {
		bool moved = serve(w);

		moved |= osmo_select_main(1) > 0;
		quiet = moved ? 0 : quiet + 1;
	}
}

static void pass_ms(struct world *w, unsigned int ms)
{
	for (; ms > 0; ms -= OSMO_MIN(ms, 100)) {
		test_clock_add_ms(OSMO_MIN(ms, 100));
		settle_down(w);
	}
}

static void pass_s(struct world *w, unsigned int seconds)
{
	pass_ms(w, seconds * 1000);
}

/* The next message to the HLR; false if there is none. */
static bool next_sent(struct world *w, struct sent *out)
{
	size_t len;

	memset(out, 0, sizeof(*out));
	if (w->in_len < 4)
		return false;
	len = w->in[0] << 8 | w->in[1];
	assert_true(len > 0 && len + 3 <= w->in_len);
	out->proto = w->in[2];
	out->type = w->in[3];
	out->len = len - 1;
	memcpy(out->payload, w->in + 4, out->len);
	w->in_len -= len + 3;
	memmove(w->in, w->in + len + 3, w->in_len);
	if (out->proto == 0xee && out->type == 5) {
		assert_int_equal(osmo_gsup_decode(out->payload, out->len, &out->gsup), 0);
		if (out->gsup.ss_info_len && out->gsup.ss_info[0] < 0xa3)
			assert_int_equal(gsm0480_parse_facility_ie(out->gsup.ss_info,
								   out->gsup.ss_info_len, &out->ss),
					 0);
	}
	return true;
}

static void say_gsup(struct world *w, const struct osmo_gsup_message *gsup)
{
	struct msgb *msg = msgb_alloc_headroom(1024, 8, "hlr");

	assert_int_equal(osmo_gsup_encode(msg, gsup), 0);
	*msgb_push(msg, 1) = 5;
	*msgb_push(msg, 1) = 0xee;
	msgb_push_u16(msg, msgb_length(msg) - 1);
	say(w, msgb_data(msg), msgb_length(msg));
	msgb_free(msg);
	settle_down(w);
}

static void say_ss(struct world *w, const char *imsi, uint32_t id,
		   enum osmo_gsup_session_state state, const uint8_t *component, size_t len)
{
	struct osmo_gsup_message gsup = { .message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
					  .session_state = state,
					  .session_id = id,
					  .ss_info = (uint8_t *)component,
					  .ss_info_len = len };

	OSMO_STRLCPY_ARRAY(gsup.imsi, imsi);
	say_gsup(w, &gsup);
}

/* TS 24.080 4.5: the argument or result of the three USSD operations is
 * SEQUENCE { ussd-DataCodingScheme, ussd-String }. */
static size_t put_text(uint8_t *out, uint8_t dcs, const char *text)
{
	int octets = 0;

	gsm_7bit_encode_n_ussd(out + 7, 160, text, &octets);
	memcpy(out, (uint8_t[]){ 0x30, 5 + octets, 0x04, 0x01, dcs, 0x04, octets }, 7);
	return 7 + octets;
}

static size_t invoke(uint8_t *out, uint8_t id, uint8_t operation, uint8_t dcs, const char *text)
{
	size_t len = put_text(out + 8, dcs, text);

	memcpy(out, (uint8_t[]){ 0xa1, 6 + len, 0x02, 0x01, id, 0x02, 0x01, operation }, 8);
	return 8 + len;
}

static void dial_as(struct world *w, const char *imsi, uint32_t id, uint8_t invoke_id,
		    const char *code)
{
	uint8_t component[200];

	say_ss(w, imsi, id, OSMO_GSUP_SESSION_STATE_BEGIN, component,
	       invoke(component, invoke_id, 59, 0x0f, code));
}

static void dial(struct world *w, const char *code)
{
	dial_as(w, ANNA, 0x20000001, 9, code);
}

static void answer(struct world *w, const char *imsi, uint32_t id, uint8_t invoke_id,
		   const char *text)
{
	uint8_t component[200];
	size_t len = put_text(component + 10, 0x0f, text);

	memcpy(component,
	       (uint8_t[]){ 0xa2, 8 + len, 0x02, 0x01, invoke_id, 0x30, 3 + len, 0x02, 0x01, 60 },
	       10);
	say_ss(w, imsi, id, OSMO_GSUP_SESSION_STATE_CONTINUE, component, 10 + len);
}

/* The next message is a return error (TS 24.080 3.6.1: A3) that ends the session. */
static void expect_error(struct world *w, const char *imsi, uint32_t id, uint8_t invoke_id,
			 uint8_t error)
{
	const uint8_t want[] = { 0xa3, 6, 0x02, 0x01, invoke_id, 0x02, 0x01, error };
	struct sent sent;

	assert_true(next_sent(w, &sent));
	assert_int_equal(sent.gsup.message_type, OSMO_GSUP_MSGT_PROC_SS_RESULT);
	assert_int_equal(sent.gsup.session_state, OSMO_GSUP_SESSION_STATE_END);
	assert_string_equal(sent.gsup.imsi, imsi);
	assert_int_equal(sent.gsup.session_id, id);
	assert_int_equal(sent.gsup.ss_info_len, sizeof(want));
	assert_memory_equal(sent.gsup.ss_info, want, sizeof(want));
}

/* The next message is a reject (A4) with this problem that ends the session. */
static void expect_reject(struct world *w, uint8_t problem_tag, uint8_t problem)
{
	struct sent sent;
	const uint8_t *end;

	assert_true(next_sent(w, &sent));
	assert_int_equal(sent.gsup.session_state, OSMO_GSUP_SESSION_STATE_END);
	assert_int_equal(sent.gsup.ss_info[0], 0xa4);
	end = sent.gsup.ss_info + sent.gsup.ss_info_len;
	assert_int_equal(end[-3], problem_tag);
	assert_int_equal(end[-1], problem);
}

static void expect_nothing(struct world *w)
{
	assert_int_equal(w->in_len, 0);
}

static void expect_page(struct world *w, uint8_t invoke_id, const char *text)
{
	struct sent sent;

	assert_true(next_sent(w, &sent));
	assert_int_equal(sent.gsup.session_state, OSMO_GSUP_SESSION_STATE_CONTINUE);
	assert_int_equal(sent.gsup.ss_info[0], 0xa1);
	assert_int_equal(sent.ss.opcode, 60);
	assert_int_equal(sent.ss.invoke_id, invoke_id);
	assert_string_equal((const char *)sent.ss.ussd_text, text);
}

static void expect_last_page(struct world *w, uint8_t invoke_id, const char *text)
{
	struct sent sent;

	assert_true(next_sent(w, &sent));
	assert_int_equal(sent.gsup.session_state, OSMO_GSUP_SESSION_STATE_END);
	assert_int_equal(sent.gsup.ss_info[0], 0xa2);
	assert_int_equal(sent.ss.opcode, 59);
	assert_int_equal(sent.ss.invoke_id, invoke_id);
	assert_string_equal((const char *)sent.ss.ussd_text, text);
}

/* ---- who listens to the line */

static void on_said(struct line *ln, const struct line_said *said, void *data)
{
	struct world *w = data;

	w->n_said++;
	w->session = said->session;
	assert_true(!said->code != !said->text);
	snprintf(w->code, sizeof(w->code), "%s", said->code ? said->code : "");
	snprintf(w->text, sizeof(w->text), "%s", said->text ? said->text : "");
	snprintf(w->number, sizeof(w->number), "%s", said->number ? said->number : "");
	snprintf(w->subscriber, sizeof(w->subscriber), "%s", said->subscriber);
	if (w->reply)
		assert_int_equal(ln->ops->reply(ln, said->session, w->reply, w->last), 0);
}

static void on_late(struct line *ln, uint64_t session, void *data)
{
	struct world *w = data;

	w->n_late++;
	assert_int_equal(session, w->session);
	if (w->late_reply)
		assert_int_equal(ln->ops->reply(ln, session, w->late_reply, true), 0);
}

static void on_ended(struct line *ln, uint64_t session, void *data)
{
	struct world *w = data;

	w->n_ended++;
	w->ended = session;
	assert_int_equal(ln->ops->reply(ln, session, "x", true), -ENOENT);
	if (w->refuses_others)
		ln->ops->refuse(ln, session == w->other ? w->session : w->other, LINE_NOT_NOW);
}

static void on_changed(struct line *ln, void *data)
{
	struct world *w = data;

	w->n_changed++;
}

static void on_alarm(struct line *ln, const char *what, bool on, const char *detail, void *data)
{
	struct world *w = data;
	size_t len = strlen(w->alarms);

	assert_non_null(detail);
	snprintf(w->alarms + len, sizeof(w->alarms) - len, "%c%s ", on ? '+' : '-', what);
}

static void start(struct world *w)
{
	w->cfg.name = "euse meldlijn";
	w->cfg.euse = "meldlijn";
	w->cfg.address = "127.0.0.1";
	w->cfg.port = w->port;
	w->cfg.code = "*140#";
	w->eu = euse_alloc(w->ctx, &w->cfg);
	w->ln = euse_line(w->eu);
	w->ln->user = (struct line_user){ .said = on_said,
					  .late = on_late,
					  .ended = on_ended,
					  .changed = on_changed,
					  .alarm = on_alarm,
					  .data = w };
	assert_int_equal(w->ln->ops->start(w->ln), 0);
	settle_down(w);
}

static void wait_for_link(struct world *w)
{
	unsigned int i;

	for (i = 0; i < 600 && w->peer < 0; i++)
		pass_ms(w, 100);
	assert_true(w->peer >= 0);
}

static struct euse_status status_of(const struct world *w)
{
	struct euse_status status;

	euse_status(w->eu, &status);
	return status;
}

/* The HLR asks who we are, as it does: for all tags that the IPA has. */
static void identify(struct world *w)
{
	static const uint8_t id_get[] = { 0, 17, 0xfe, 4, 1, 8, 1, 7, 1, 2,
					  1, 3,	 1,    4, 1, 5, 1, 1, 1, 0 };
	struct sent sent;

	assert_true(w->peer >= 0);
	say(w, id_get, sizeof(id_get));
	settle_down(w);
	assert_true(next_sent(w, &sent));
	assert_int_equal(sent.type, 5);
	settle_down(w);
	while (answer_ping(w))
		;
	settle_down(w);
	assert_int_equal(w->ln->state, LINE_UP);
	w->in_len = 0;
}

static void start_up(struct world *w)
{
	start(w);
	identify(w);
}

static int setup(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "euse_test");
	struct world *w = talloc_zero(ctx, struct world);

	w->ctx = ctx;
	w->peer = -1;
	test_clock_start();
	test_clock_add_ms(60000); /* so that the last test's notices are forgotten */
	hlr_listen(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	if (w->eu)
		euse_free(w->eu);
	hlr_gone(w);
	talloc_free(w->ctx);
	return 0;
}

/* ---- the link */

static void it_says_who_it_is_when_asked(void **state)
{
	/* Debian's osmo-hlr routes by the serial number (tag 0) with its NUL, and closes the link to one
	 * without a unit id (8); 1 is the unit's name. */
	static const uint8_t want[] = "\x00\x0f\x00"
				      "EUSE-meldlijn\x00"
				      "\x00\x0f\x01"
				      "EUSE-meldlijn\x00"
				      "\x00\x07\x08"
				      "0/0/0";
	static const uint8_t id_get[] = { 0, 5, 0xfe, 4, 1, 1, 1, 0 };
	struct world *w = *state;
	struct sent sent;

	w->mute = true;
	start(w);
	assert_int_equal(w->ln->state, LINE_DOWN);
	assert_string_equal(status_of(w).state, "identifying");
	say(w, id_get, sizeof(id_get));
	settle_down(w);
	assert_int_equal(w->ln->state, LINE_UP);
	assert_string_equal(status_of(w).state, "up");
	assert_true(w->ln->up_since_s > 0);
	assert_int_equal(w->ln->down_since_s, 0);
	assert_int_equal(w->n_changed, 2); /* started, up */
	assert_true(next_sent(w, &sent));
	assert_int_equal(sent.proto, 0xfe);
	assert_int_equal(sent.type, 5);
	assert_int_equal(sent.len, sizeof(want));
	assert_memory_equal(sent.payload, want, sizeof(want));
	say_ccm(w, 6); /* ID_ACK: this HLR sends none, others may */
	settle_down(w);
	assert_int_equal(w->ln->state, LINE_UP);
}

static void line_tells_what_it_is(void **state)
{
	struct world *w = *state;

	start(w);
	assert_string_equal(w->ln->ops->kind, "euse");
	assert_string_equal(w->ln->code, "*140#");
	assert_int_equal(w->ln->page_octets, 112);
	assert_int_equal(w->ln->answer_s, 25);
	assert_null(w->ln->ops->submit);
}

static void configured_values_go_before_the_usual_ones(void **state)
{
	struct world *w = *state;

	w->cfg.page_octets = 160;
	w->cfg.answer_s = 20;
	start(w);
	assert_int_equal(w->ln->page_octets, 160);
	assert_int_equal(w->ln->answer_s, 20);
}

static void no_hlr_is_tried_again_and_becomes_an_alarm(void **state)
{
	struct world *w = *state;

	hlr_gone(w);
	start(w);
	assert_int_equal(w->ln->state, LINE_DOWN);
	assert_true(w->ln->down_since_s > 0);
	pass_s(w, 29);
	assert_string_equal(w->alarms, "");
	pass_s(w, 2);
	assert_string_equal(w->alarms, "+hlr ");
	pass_s(w, 300);
	assert_string_equal(w->alarms, "+hlr "); /* told once */
	hlr_listen(w);
	wait_for_link(w);
	identify(w);
	assert_string_equal(w->alarms, "+hlr -hlr ");
	assert_int_equal(status_of(w).reconnects, 0); /* it never was up before */
}

static void hlr_that_goes_away_for_long_is_an_alarm(void **state)
{
	struct world *w = *state;

	start_up(w);
	assert_string_equal(w->alarms, "-hlr ");
	hlr_gone(w);
	settle_down(w);
	pass_s(w, 29);
	assert_string_equal(w->alarms, "-hlr ");
	pass_s(w, 2);
	assert_string_equal(w->alarms, "-hlr +hlr ");
	w->ln->ops->stop(w->ln); /* a line that shall not run needs nobody */
	assert_string_equal(w->alarms, "-hlr +hlr -hlr ");
}

static void half_a_message_is_lost_with_the_link(void **state)
{
	static const uint8_t half[] = { 0, 17, 0xfe, 4, 1, 8 };
	struct world *w = *state;

	start_up(w);
	say(w, half, sizeof(half));
	settle_down(w);
	hlr_hang_up(w);
	settle_down(w);
	wait_for_link(w);
	identify(w);
	say(w, half, sizeof(half));
	settle_down(w);
	w->ln->ops->stop(w->ln);
	settle_down(w);
	assert_int_equal(w->ln->ops->start(w->ln), 0);
	settle_down(w);
	identify(w);
}

static void sessions_before_it_said_who_it_is_are_not_ours(void **state)
{
	struct world *w = *state;

	start(w);
	dial(w, "*140#");
	assert_int_equal(w->n_said, 0);
	identify(w);
	dial(w, "*140#");
	assert_int_equal(w->n_said, 1);
}

static void pauses_double_up_to_the_longest(void **state)
{
	struct world *w = *state;
	unsigned int i;

	start(w);
	for (i = 0; i < 12; i++) {
		hlr_hang_up(w);
		settle_down(w);
		wait_for_link(w);
	}
	w->accepted = 0;
	for (i = 0; i < 90; i++) {
		hlr_hang_up(w);
		settle_down(w);
		pass_s(w, 1);
	}
	assert_in_range(w->accepted, 3, 4); /* each 22.5 to 30 s */
	hlr_hang_up(w);
	settle_down(w);
	wait_for_link(w);
	identify(w); /* an HLR that answers: from the shortest pause again */
	w->accepted = 0;
	hlr_hang_up(w);
	settle_down(w);
	pass_ms(w, 1100);
	assert_int_equal(w->accepted, 1);
}

static void hlr_that_does_not_ask_is_given_up(void **state)
{
	struct world *w = *state;

	start(w);
	pass_s(w, 9);
	assert_string_equal(status_of(w).state, "identifying");
	pass_s(w, 2);
	assert_string_equal(status_of(w).state, "identifying"); /* the next connection */
	assert_int_equal(w->accepted, 2);
	assert_int_equal(w->n_changed, 1);
}

static void ping_is_answered(void **state)
{
	struct world *w = *state;
	struct sent sent;

	start_up(w);
	say_ccm(w, 0);
	settle_down(w);
	assert_true(next_sent(w, &sent));
	assert_int_equal(sent.proto, 0xfe);
	assert_int_equal(sent.type, 1);
	expect_nothing(w);
}

static void silent_hlr_is_lost_and_comes_back(void **state)
{
	struct world *w = *state;

	start_up(w);
	assert_true(status_of(w).rtt_us > 0);
	pass_s(w, 60); /* its pongs keep it */
	assert_int_equal(w->ln->state, LINE_UP);
	assert_int_equal(w->accepted, 1);
	w->mute = true;
	pass_s(w, 16);
	assert_int_equal(w->ln->state, LINE_DOWN);
	w->mute = false;
	wait_for_link(w);
	identify(w);
	assert_int_equal(w->accepted, 2);
	assert_int_equal(status_of(w).reconnects, 1);
	assert_string_equal(w->alarms, "-hlr ");
}

static void what_is_cut_anywhere_is_put_together(void **state)
{
	static const uint8_t id_get[] = { 0, 5, 0xfe, 4, 1, 1, 1, 0 };
	struct world *w = *state;
	size_t i;

	start(w);
	for (i = 0; i < sizeof(id_get); i++) {
		assert_int_equal(w->ln->state, LINE_DOWN);
		say(w, id_get + i, 1);
		settle_down(w);
	}
	assert_int_equal(w->ln->state, LINE_UP);
}

static void what_is_unknown_is_passed_over(void **state)
{
	static const uint8_t unknown[] = {
		0,    1, 0xfe, 0x55,		       /* a CCM type */
		0,    2, 0xfc, 1,    2,		       /* a protocol */
		0,    2, 0xee, 9,    1,		       /* an extension */
		0,    0, 0xfe,			       /* no payload */
		0,    5, 0xee, 5,    0x04, 0x01, 0x02, /* GSUP that is none: 4 octets */
		0x33, 0, 1,    0xfe, 0,		       /* its last, and a ping */
	};
	struct world *w = *state;
	struct sent sent;

	start_up(w);
	say(w, unknown, sizeof(unknown));
	settle_down(w);
	assert_true(next_sent(w, &sent));
	assert_int_equal(sent.type, 1);
	assert_int_equal(w->ln->state, LINE_UP);
	assert_int_equal(w->n_said, 0);
	assert_int_equal(status_of(w).malformed, 1);
}

static void what_is_no_ipa_closes_the_link_with_one_notice(void **state)
{
	static const char http[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
	struct world *w = *state;
	unsigned int i;

	start(w);
	notices = 0;
	for (i = 0; i < 5; i++) {
		wait_for_link(w);
		say(w, http, sizeof(http) - 1);
		settle_down(w);
		assert_string_equal(status_of(w).state, "down");
	}
	assert_int_equal(notices, 1); /* "no IPA", and not again */
}

static void rubbish_is_told_now_and_then_only(void **state)
{
	static const uint8_t rubbish[] = { 0, 3, 0xee, 5, 0xff, 0xff };
	struct world *w = *state;
	unsigned int i;

	start_up(w);
	notices = 0;
	for (i = 0; i < 100; i++)
		say(w, rubbish, sizeof(rubbish));
	settle_down(w);
	assert_int_equal(status_of(w).malformed, 100);
	assert_int_equal(notices, 1);
}

static void hlr_that_reads_nothing_loses_the_link(void **state)
{
	struct world *w = *state;
	unsigned int i;

	start_up(w);
	shrink_its_buffer(w);
	w->deaf = true;
	dial_as(w, BERT, 1, 1, "*140#");
	assert_int_equal(w->n_said, 1);
	w->reply =
		"a page of some length, which fills what the sockets hold sooner than a short one";
	w->last = true;
	notices = 0;
	for (i = 2; i < 10000 && w->ln->state == LINE_UP; i++)
		dial_as(w, ANNA, i, 1, "*140#");
	assert_int_equal(w->ln->state, LINE_DOWN);
	assert_true(i > 1000); /* 128 KiB may wait, a page takes about 100 octets */
	assert_int_equal(w->n_ended, 1);
	assert_int_equal(notices, 2); /* why, and that it is down */
}

static void hlr_that_reads_late_gets_all_in_order(void **state)
{
	struct world *w = *state;
	struct sent sent;
	unsigned int i;

	start_up(w);
	shrink_its_buffer(w);
	w->deaf = true;
	w->reply =
		"a page of some length, which fills what the sockets hold sooner than a short one";
	w->last = true;
	for (i = 1; i <= 500; i++)
		dial_as(w, ANNA, i, 1, "*140#");
	w->deaf = false;
	settle_down(w);
	for (i = 1; i <= 500; i++) {
		assert_true(next_sent(w, &sent));
		assert_int_equal(sent.gsup.session_id, i);
		assert_string_equal((const char *)sent.ss.ussd_text, w->reply);
	}
	expect_nothing(w);
	assert_int_equal(w->ln->state, LINE_UP);
}

static void pong_that_was_not_asked_for_is_nothing(void **state)
{
	struct world *w = *state;
	uint64_t rtt_us;

	start_up(w);
	rtt_us = status_of(w).rtt_us;
	pass_s(w, 3);
	say_ccm(w, 1);
	settle_down(w);
	assert_int_equal(status_of(w).rtt_us, rtt_us);
}

static void lost_link_ends_all_sessions(void **state)
{
	struct world *w = *state;

	start_up(w);
	dial_as(w, ANNA, 1, 1, "*140#");
	dial_as(w, BERT, 1, 1, "*140#");
	assert_int_equal(status_of(w).sessions, 2);
	hlr_hang_up(w);
	settle_down(w);
	assert_int_equal(w->n_ended, 2);
	assert_int_equal(status_of(w).sessions, 0);
	assert_int_equal(status_of(w).lost, 2);
	assert_int_equal(w->ln->state, LINE_DOWN);
	assert_int_equal(w->ln->up_since_s, 0);
	assert_true(w->ln->down_since_s > 0);
}

static void others_may_be_refused_while_one_ends(void **state)
{
	struct world *w = *state;

	start_up(w);
	dial_as(w, ANNA, 1, 1, "*140#");
	w->other = w->session;
	dial_as(w, BERT, 1, 1, "*140#");
	w->refuses_others = true;
	hlr_hang_up(w);
	settle_down(w);
	assert_int_equal(w->n_ended, 1);
	assert_int_equal(status_of(w).sessions, 0);
}

static void stopped_line_tells_the_phones(void **state)
{
	struct world *w = *state;

	start_up(w);
	dial(w, "*140#");
	w->ln->ops->stop(w->ln);
	assert_int_equal(w->n_ended, 1);
	assert_int_equal(w->ln->state, LINE_SHUTDOWN);
	while (w->in_len == 0 && serve(w))
		;
	expect_error(w, ANNA, 0x20000001, 9, 34); /* systemFailure */
	settle_down(w);
	assert_int_equal(w->peer, -1);
	pass_s(w, 60);
	assert_int_equal(w->accepted, 1);
	assert_int_equal(w->ln->ops->start(w->ln), 0);
	settle_down(w);
	identify(w);
	assert_int_equal(status_of(w).reconnects, 0); /* it was not lost */
}

/* ---- sessions */

static void session_goes_from_code_to_last_page(void **state)
{
	/* TS 24.080 3.6: return result, the dialled invoke id, operation 59. */
	struct world *w = *state;
	struct sent sent;
	uint64_t session;

	start_up(w);
	dial(w, "*140#");
	assert_int_equal(w->n_said, 1);
	assert_string_equal(w->code, "*140#");
	assert_string_equal(w->subscriber, ANNA);
	assert_string_equal(w->number, "");
	expect_nothing(w);
	session = w->session;

	assert_int_equal(w->ln->ops->reply(w->ln, session, "1 Light 2 Road", false), 0);
	settle_down(w);
	expect_page(w, 1, "1 Light 2 Road");
	answer(w, ANNA, 0x20000001, 1, "2");
	assert_int_equal(w->n_said, 2);
	assert_string_equal(w->text, "2");
	assert_string_equal(w->subscriber, ANNA);
	assert_int_equal(w->session, session);

	assert_int_equal(w->ln->ops->reply(w->ln, session, "Thank you", true), 0);
	settle_down(w);
	assert_true(next_sent(w, &sent));
	assert_int_equal(sent.gsup.message_type, OSMO_GSUP_MSGT_PROC_SS_RESULT);
	assert_int_equal(sent.gsup.session_state, OSMO_GSUP_SESSION_STATE_END);
	assert_int_equal(sent.gsup.session_id, 0x20000001);
	assert_string_equal(sent.gsup.imsi, ANNA);
	assert_int_equal(sent.gsup.ss_info[0], 0xa2);
	assert_int_equal(sent.ss.invoke_id, 9);
	assert_int_equal(sent.ss.opcode, 59);
	assert_string_equal((const char *)sent.ss.ussd_text, "Thank you");
	assert_int_equal(w->ln->ops->reply(w->ln, session, "more", true), -ENOENT);
	assert_int_equal(w->n_ended, 0);
	assert_int_equal(status_of(w).sessions, 0);
	assert_int_equal(status_of(w).begun, 1);
	assert_int_equal(status_of(w).pages, 1);
	assert_int_equal(status_of(w).answers, 1);
	assert_int_equal(status_of(w).last_pages, 1);
	pass_s(w, 60);
	assert_int_equal(w->n_ended, 0);
}

static void number_of_the_phone_is_told_where_the_network_tells_it(void **state)
{
	/* TS 24.008 10.5.4.7: international, E.164: +31612345678. */
	static const uint8_t msisdn[] = { 0x91, 0x13, 0x16, 0x32, 0x54, 0x76, 0xf8 };
	struct world *w = *state;
	uint8_t component[64];
	struct osmo_gsup_message gsup = { .message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
					  .imsi = ANNA,
					  .session_state = OSMO_GSUP_SESSION_STATE_BEGIN,
					  .session_id = 5,
					  .msisdn_enc = msisdn,
					  .msisdn_enc_len = sizeof(msisdn),
					  .ss_info = component };

	start_up(w);
	gsup.ss_info_len = invoke(component, 1, 59, 0x0f, "*140#");
	w->reply = "?";
	say_gsup(w, &gsup);
	assert_string_equal(w->number, "+31612345678");
	answer(w, ANNA, 5, 1, "1"); /* without it: it is kept */
	assert_int_equal(w->n_said, 2);
	assert_string_equal(w->number, "+31612345678");
}

static void code_with_a_path_is_ours_and_another_is_refused(void **state)
{
	struct world *w = *state;

	start_up(w);
	dial_as(w, ANNA, 1, 3, "*140*1*3#");
	assert_int_equal(w->n_said, 1);
	assert_string_equal(w->code, "*140*1*3#");
	dial_as(w, BERT, 2, 3, "*141#");
	expect_error(w, BERT, 2, 3, 36); /* unexpectedDataValue */
	dial_as(w, BERT, 3, 4, "*1405#");
	expect_error(w, BERT, 3, 4, 36);
	dial_as(w, BERT, 4, 5, "*140");
	expect_error(w, BERT, 4, 5, 36);
	assert_int_equal(w->n_said, 1);
	assert_int_equal(status_of(w).refused, 3);
	assert_int_equal(status_of(w).begun, 1);
}

static void sessions_are_told_apart_by_subscriber_and_id(void **state)
{
	struct world *w = *state;
	uint64_t first, second, third;

	start_up(w);
	dial_as(w, ANNA, 1, 1, "*140#");
	first = w->session;
	dial_as(w, BERT, 1, 1, "*140#");
	second = w->session;
	dial_as(w, ANNA, 2, 1, "*140#");
	third = w->session;
	assert_true(first != second && second != third && first != third);
	assert_int_equal(w->ln->ops->reply(w->ln, first, "a", false), 0);
	assert_int_equal(w->ln->ops->reply(w->ln, second, "b", false), 0);
	settle_down(w);
	answer(w, BERT, 1, 1, "from Bert");
	assert_int_equal(w->session, second);
	assert_string_equal(w->text, "from Bert");
	answer(w, ANNA, 1, 1, "from Anna");
	assert_int_equal(w->session, first);
}

static void many_subscribers_may_use_one_session_id(void **state)
{
	struct world *w = *state;
	char imsi[16];
	unsigned int i;

	start_up(w);
	for (i = 0; i < 3000; i++) {
		snprintf(imsi, sizeof(imsi), "20408%010u", i);
		dial_as(w, imsi, 1, 1, "*140#");
	}
	assert_int_equal(w->n_said, 3000);
	assert_int_equal(w->n_ended, 0);
	assert_int_equal(status_of(w).sessions, 3000);
}

static void tokens_are_not_used_again(void **state)
{
	struct world *w = *state;
	uint64_t before = 0;
	unsigned int i;

	start_up(w);
	w->reply = "bye";
	w->last = true;
	for (i = 0; i < 10; i++) {
		dial(w, "*140#");
		assert_true(w->session > before);
		before = w->session;
	}
}

static void invoke_ids_count_up_and_stay_in_an_octet_with_sign(void **state)
{
	struct world *w = *state;
	unsigned int i;

	start_up(w);
	w->reply = "?";
	dial(w, "*140#");
	for (i = 1; i < 300; i++) {
		expect_page(w, (i - 1) % 127 + 1, "?");
		answer(w, ANNA, 0x20000001, (i - 1) % 127 + 1, "1");
	}
	assert_int_equal(w->n_said, 300);
}

static void late_reply_is_asked_for_and_then_refused(void **state)
{
	struct world *w = *state;

	start_up(w);
	dial(w, "*140#");
	pass_ms(w, 4900);
	assert_int_equal(w->n_late, 0);
	pass_ms(w, 200);
	assert_int_equal(w->n_late, 1);
	assert_int_equal(w->n_ended, 0);
	expect_nothing(w);
	pass_ms(w, 4800);
	expect_nothing(w);
	pass_ms(w, 200);
	expect_error(w, ANNA, 0x20000001, 9, 34); /* systemFailure */
	assert_int_equal(w->n_late, 1);
	assert_int_equal(w->n_ended, 1);
	assert_int_equal(w->ended, w->session);
	assert_int_equal(status_of(w).late, 1);
	assert_int_equal(status_of(w).refused, 1);
	assert_int_equal(status_of(w).sessions, 0);
}

static void something_else_can_be_said_when_it_is_late(void **state)
{
	struct world *w = *state;
	struct sent sent;

	start_up(w);
	w->late_reply = "We text you the answer.";
	dial(w, "*140#");
	pass_ms(w, 5100);
	assert_true(next_sent(w, &sent));
	assert_int_equal(sent.gsup.session_state, OSMO_GSUP_SESSION_STATE_END);
	assert_string_equal((const char *)sent.ss.ussd_text, "We text you the answer.");
	assert_int_equal(w->ln->ops->reply(w->ln, w->session, "too late", true), -ENOENT);
	pass_s(w, 60);
	assert_int_equal(w->n_ended, 0);
}

static void page_that_comes_late_is_shown(void **state)
{
	struct world *w = *state;

	start_up(w);
	dial(w, "*140#");
	pass_ms(w, 7000);
	assert_int_equal(w->n_late, 1);
	assert_int_equal(w->ln->ops->reply(w->ln, w->session, "at last", false), 0);
	settle_down(w);
	expect_page(w, 1, "at last");
	pass_s(w, 20);
	assert_int_equal(w->n_ended, 0);
}

static void page_that_nobody_answers_ends_before_the_guard_does(void **state)
{
	struct world *w = *state;

	start_up(w);
	w->reply = "?";
	dial(w, "*140#");
	expect_page(w, 1, "?");
	pass_ms(w, 24800);
	expect_nothing(w);
	assert_int_equal(w->n_ended, 0);
	pass_ms(w, 300);
	expect_error(w, ANNA, 0x20000001, 9, 34);
	assert_int_equal(w->n_ended, 1);
	assert_int_equal(status_of(w).unanswered, 1);
	answer(w, ANNA, 0x20000001, 1, "1"); /* now it is nobody's */
	expect_error(w, ANNA, 0x20000001, 1, 34);
	assert_int_equal(w->n_said, 1);
}

static void say_last_words(struct line *ln, uint64_t session, void *data)
{
	assert_int_equal(ln->ops->reply(ln, session, "Dial again.", true), 0);
}

static void who_does_not_answer_is_told_how_to_go_on(void **state)
{
	struct world *w = *state;

	start_up(w);
	w->ln->user.unanswered = say_last_words;
	w->reply = "?";
	dial(w, "*140#");
	expect_page(w, 1, "?");
	pass_ms(w, 25100);
	expect_last_page(w, 9, "Dial again.");
	assert_int_equal(w->n_ended, 0);
	assert_int_equal(status_of(w).unanswered, 1);
	assert_int_equal(status_of(w).sessions, 0);
}

static void keep_silent(struct line *ln, uint64_t session, void *data)
{
}

static void without_words_it_ends_before_the_guard_does(void **state)
{
	struct world *w = *state;

	start_up(w);
	w->ln->user.unanswered = keep_silent;
	w->reply = "?";
	dial(w, "*140#");
	expect_page(w, 1, "?");
	pass_ms(w, 26500);
	expect_error(w, ANNA, 0x20000001, 9, 34);
	assert_int_equal(w->n_ended, 1);
}

static void session_that_begins_again_is_a_new_one(void **state)
{
	struct world *w = *state;
	uint64_t first;

	start_up(w);
	dial(w, "*140#");
	first = w->session;
	dial(w, "*140*2#");
	assert_int_equal(w->n_ended, 1);
	assert_int_equal(w->ended, first);
	assert_int_equal(w->n_said, 2);
	assert_true(w->session != first);
	assert_string_equal(w->code, "*140*2#");
	assert_int_equal(status_of(w).sessions, 1);
	assert_int_equal(status_of(w).repeated, 1);
}

static void answer_to_no_shown_page_is_dropped(void **state)
{
	struct world *w = *state;

	start_up(w);
	dial(w, "*140#");
	answer(w, ANNA, 0x20000001, 1, "1"); /* before a page was there */
	assert_int_equal(w->n_said, 1);
	assert_int_equal(w->ln->ops->reply(w->ln, w->session, "?", false), 0);
	settle_down(w);
	answer(w, ANNA, 0x20000001, 2, "1"); /* to another page */
	assert_int_equal(w->n_said, 1);
	answer(w, ANNA, 0x20000001, 1, "1");
	assert_int_equal(w->n_said, 2);
	answer(w, ANNA, 0x20000001, 1, "1"); /* again */
	assert_int_equal(w->n_said, 2);
	assert_int_equal(w->ln->ops->reply(w->ln, w->session, "?", false), 0);
	settle_down(w);
	answer(w, ANNA, 0x20000001, 1, "1"); /* and again, when the next page is there */
	assert_int_equal(w->n_said, 2);
	assert_int_equal(status_of(w).repeated, 4);
	assert_int_equal(status_of(w).answers, 1);
	assert_int_equal(status_of(w).sessions, 1);
}

static void answer_in_an_unknown_session_is_refused(void **state)
{
	struct world *w = *state;

	start_up(w);
	answer(w, ANNA, 77, 4, "1");
	expect_error(w, ANNA, 77, 4, 34);
	assert_int_equal(w->n_said, 0);
	assert_int_equal(status_of(w).unknown, 1);
}

static void end_from_the_network_ends_it(void **state)
{
	struct world *w = *state;

	start_up(w);
	dial(w, "*140#");
	say_ss(w, ANNA, 0x20000001, OSMO_GSUP_SESSION_STATE_END, NULL, 0);
	assert_int_equal(w->n_ended, 1);
	assert_int_equal(w->ended, w->session);
	expect_nothing(w);
	say_ss(w, ANNA, 0x20000001, OSMO_GSUP_SESSION_STATE_END, NULL, 0);
	assert_int_equal(w->n_ended, 1);
	expect_nothing(w);
	assert_int_equal(status_of(w).lost, 1);
	assert_int_equal(status_of(w).unknown, 1);
}

static void page_that_was_not_shown_ends_it(void **state)
{
	/* return error systemFailure to our invoke 1; reject of it: mistypedParameter */
	static const uint8_t error[] = { 0xa3, 6, 0x02, 0x01, 1, 0x02, 0x01, 34 };
	static const uint8_t reject[] = { 0xa4, 6, 0x02, 0x01, 1, 0x81, 0x01, 2 };
	struct world *w = *state;

	start_up(w);
	w->reply = "?";
	dial(w, "*140#");
	expect_page(w, 1, "?");
	say_ss(w, ANNA, 0x20000001, OSMO_GSUP_SESSION_STATE_CONTINUE, error, sizeof(error));
	assert_int_equal(w->n_ended, 1);
	expect_error(w, ANNA, 0x20000001, 9, 34);
	dial(w, "*140#");
	expect_page(w, 1, "?");
	say_ss(w, ANNA, 0x20000001, OSMO_GSUP_SESSION_STATE_CONTINUE, reject, sizeof(reject));
	assert_int_equal(w->n_ended, 2);
	expect_error(w, ANNA, 0x20000001, 9, 34);
}

static void lost_phone_ends_it(void **state)
{
	struct world *w = *state;
	struct osmo_gsup_message gsup = { .message_type = OSMO_GSUP_MSGT_PROC_SS_ERROR,
					  .imsi = ANNA,
					  .cause = GMM_CAUSE_IMPL_DETACHED,
					  .session_state = OSMO_GSUP_SESSION_STATE_END,
					  .session_id = 0x20000001 };

	start_up(w);
	dial(w, "*140#");
	say_gsup(w, &gsup);
	assert_int_equal(w->n_ended, 1);
	expect_nothing(w);
}

static void other_messages_are_not_ours(void **state)
{
	struct world *w = *state;
	struct osmo_gsup_message gsup = { .message_type = OSMO_GSUP_MSGT_UPDATE_LOCATION_REQUEST,
					  .imsi = ANNA };

	start_up(w);
	say_gsup(w, &gsup);
	expect_nothing(w);
	assert_int_equal(w->ln->state, LINE_UP);
	assert_int_equal(status_of(w).malformed, 0);
}

static void what_cannot_be_read_is_answered(void **state)
{
	static const uint8_t cut[] = { 0xa1, 30, 0x02, 0x01, 9, 0x02, 0x01, 59 };
	struct world *w = *state;
	uint8_t component[64];

	start_up(w);
	say_ss(w, ANNA, 1, OSMO_GSUP_SESSION_STATE_BEGIN, NULL, 0);
	expect_error(w, ANNA, 1, 0, 35); /* dataMissing */
	say_ss(w, ANNA, 2, OSMO_GSUP_SESSION_STATE_BEGIN, cut, sizeof(cut));
	expect_reject(w, 0x80, 2); /* general problem: badlyStructuredComponent */
	say_ss(w, ANNA, 3, OSMO_GSUP_SESSION_STATE_BEGIN, component,
	       invoke(component, 9, 10, 0x0f, "*140#")); /* registerSS */
	expect_reject(w, 0x81, 1);			 /* invoke problem: unrecognizedOperation */
	say_ss(w, ANNA, 4, OSMO_GSUP_SESSION_STATE_BEGIN, component,
	       invoke(component, 9, 59, 0x60, "*140#")); /* compressed */
	expect_error(w, ANNA, 4, 9, 71);		 /* unknownAlphabet */
	assert_int_equal(w->n_said, 0);
	assert_int_equal(status_of(w).malformed, 4);
	assert_int_equal(status_of(w).sessions, 0);
}

static void what_cannot_be_read_ends_its_session(void **state)
{
	struct world *w = *state;
	uint8_t component[64];
	size_t len = put_text(component + 10, 0x60, "1");

	start_up(w);
	w->reply = "?";
	dial(w, "*140#");
	expect_page(w, 1, "?");
	say_ss(w, ANNA, 0x20000001, OSMO_GSUP_SESSION_STATE_CONTINUE, NULL, 0);
	expect_error(w, ANNA, 0x20000001, 9, 35); /* of what was dialled: only that can end it */
	assert_int_equal(w->n_ended, 1);
	dial(w, "*140#");
	expect_page(w, 1, "?");
	memcpy(component,
	       (uint8_t[]){ 0xa2, 8 + len, 0x02, 0x01, 1, 0x30, 3 + len, 0x02, 0x01, 60 }, 10);
	say_ss(w, ANNA, 0x20000001, OSMO_GSUP_SESSION_STATE_CONTINUE, component, 10 + len);
	expect_error(w, ANNA, 0x20000001, 9, 71);
	assert_int_equal(w->n_ended, 2);
	assert_int_equal(w->n_said, 2);
}

static void too_many_sessions_are_refused_as_busy(void **state)
{
	struct world *w = *state;
	unsigned int i;

	start_up(w);
	for (i = 0; i < EUSE_SESSIONS_MAX; i++)
		dial_as(w, ANNA, i, 1, "*140#");
	assert_int_equal(w->n_said, EUSE_SESSIONS_MAX);
	expect_nothing(w);
	dial_as(w, BERT, 1, 6, "*140#");
	expect_error(w, BERT, 1, 6, 72); /* ussd-Busy */
	assert_int_equal(w->n_said, EUSE_SESSIONS_MAX);
	assert_int_equal(w->ln->ops->reply(w->ln, w->session, "bye", true), 0);
	dial_as(w, BERT, 1, 6, "*140#");
	assert_int_equal(w->n_said, EUSE_SESSIONS_MAX + 1);
}

static void refusal_tells_the_phone_why(void **state)
{
	struct world *w = *state;

	start_up(w);
	dial(w, "*140#");
	w->ln->ops->refuse(w->ln, w->session, LINE_NO_SUCH_CODE);
	settle_down(w);
	expect_error(w, ANNA, 0x20000001, 9, 36);
	dial(w, "*140#");
	w->ln->ops->refuse(w->ln, w->session, LINE_NOT_NOW);
	settle_down(w);
	expect_error(w, ANNA, 0x20000001, 9, 34);
	w->reply = "?";
	dial(w, "*140#");
	expect_page(w, 1, "?");
	w->ln->ops->refuse(w->ln, w->session, LINE_NOT_NOW); /* while a page is shown */
	settle_down(w);
	expect_error(w, ANNA, 0x20000001, 9, 34);
	w->ln->ops->refuse(w->ln, w->session, LINE_NOT_NOW); /* it is over */
	settle_down(w);
	expect_nothing(w);
	assert_int_equal(w->n_ended, 0);
	assert_int_equal(status_of(w).refused, 3);
}

static void page_that_does_not_fit_is_not_sent_and_another_may_be(void **state)
{
	struct world *w = *state;
	char text[140];

	start_up(w);
	memset(text, 'a', sizeof(text));
	text[129] = '\0'; /* 129 septets: one more than 112 octets hold */
	dial(w, "*140#");
	assert_int_equal(w->ln->ops->reply(w->ln, w->session, text, true), -EMSGSIZE);
	assert_int_equal(w->ln->ops->reply(w->ln, w->session, "\xff", true), -EINVAL);
	settle_down(w);
	expect_nothing(w);
	text[128] = '\0';
	assert_int_equal(w->ln->ops->reply(w->ln, w->session, text, true), 0);
	settle_down(w);
	assert_true(w->in_len > 112);
}

static void long_pages_are_written_as_configured(void **state)
{
	/* 182 septets take 160 octets: X.690 8.1.3.5 wants 0x81 before a length over 127. */
	static const struct {
		enum gsup_ussd_length length;
		uint8_t begin[3];
	} forms[] = {
		{ GSUP_USSD_BER, { 0xa2, 0x81, 0xb2 } },
		{ GSUP_USSD_ONE_OCTET, { 0xa2, 0xaf, 0x02 } },
	};
	struct world *w = *state;
	char text[183];
	size_t i;

	memset(text, 'a', sizeof(text));
	text[182] = '\0';
	w->cfg.page_octets = 160;
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t at;

		w->cfg.length = forms[i].length;
		start_up(w);
		dial(w, "*140#");
		assert_int_equal(w->ln->ops->reply(w->ln, w->session, text, true), 0);
		settle_down(w);
		for (at = 0; at + 3 < w->in_len; at++)
			if (memcmp(w->in + at, forms[i].begin, 3) == 0)
				break;
		assert_true(at + 3 < w->in_len);
		euse_free(w->eu);
		w->eu = NULL;
		hlr_hang_up(w);
	}
}

static void shown_page_takes_no_second_one(void **state)
{
	struct world *w = *state;

	start_up(w);
	w->reply = "?";
	dial(w, "*140#");
	assert_int_equal(w->ln->ops->reply(w->ln, w->session, "!", false), -ENOENT);
}

static void subscribers_are_masked_in_notices(void **state)
{
	struct world *w = *state;

	start_up(w);
	notices = 0;
	dial(w, "*141#");
	assert_int_equal(notices, 1);
	assert_null(strstr(noticed, ANNA));
	assert_non_null(strstr(noticed, "204**********01"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_says_who_it_is_when_asked),
		TEST(line_tells_what_it_is),
		TEST(configured_values_go_before_the_usual_ones),
		TEST(no_hlr_is_tried_again_and_becomes_an_alarm),
		TEST(hlr_that_goes_away_for_long_is_an_alarm),
		TEST(half_a_message_is_lost_with_the_link),
		TEST(sessions_before_it_said_who_it_is_are_not_ours),
		TEST(pauses_double_up_to_the_longest),
		TEST(hlr_that_does_not_ask_is_given_up),
		TEST(ping_is_answered),
		TEST(silent_hlr_is_lost_and_comes_back),
		TEST(what_is_cut_anywhere_is_put_together),
		TEST(what_is_unknown_is_passed_over),
		TEST(what_is_no_ipa_closes_the_link_with_one_notice),
		TEST(rubbish_is_told_now_and_then_only),
		TEST(hlr_that_reads_nothing_loses_the_link),
		TEST(hlr_that_reads_late_gets_all_in_order),
		TEST(pong_that_was_not_asked_for_is_nothing),
		TEST(lost_link_ends_all_sessions),
		TEST(others_may_be_refused_while_one_ends),
		TEST(stopped_line_tells_the_phones),
		TEST(session_goes_from_code_to_last_page),
		TEST(number_of_the_phone_is_told_where_the_network_tells_it),
		TEST(code_with_a_path_is_ours_and_another_is_refused),
		TEST(sessions_are_told_apart_by_subscriber_and_id),
		TEST(many_subscribers_may_use_one_session_id),
		TEST(tokens_are_not_used_again),
		TEST(invoke_ids_count_up_and_stay_in_an_octet_with_sign),
		TEST(late_reply_is_asked_for_and_then_refused),
		TEST(something_else_can_be_said_when_it_is_late),
		TEST(page_that_comes_late_is_shown),
		TEST(page_that_nobody_answers_ends_before_the_guard_does),
		TEST(who_does_not_answer_is_told_how_to_go_on),
		TEST(without_words_it_ends_before_the_guard_does),
		TEST(session_that_begins_again_is_a_new_one),
		TEST(answer_to_no_shown_page_is_dropped),
		TEST(answer_in_an_unknown_session_is_refused),
		TEST(end_from_the_network_ends_it),
		TEST(page_that_was_not_shown_ends_it),
		TEST(lost_phone_ends_it),
		TEST(other_messages_are_not_ours),
		TEST(what_cannot_be_read_is_answered),
		TEST(what_cannot_be_read_ends_its_session),
		TEST(too_many_sessions_are_refused_as_busy),
		TEST(refusal_tells_the_phone_why),
		TEST(page_that_does_not_fit_is_not_sent_and_another_may_be),
		TEST(long_pages_are_written_as_configured),
		TEST(shown_page_takes_no_second_one),
		TEST(subscribers_are_masked_in_notices),
	};
	void *ctx = talloc_named_const(NULL, 0, "log");

	test_log_start(ctx);
	watch_log();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
