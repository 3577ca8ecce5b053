/* modem_world.h - a modem against a scripted one on a pty, for the tests of its parts.  The script answers
 * from a table, as the maker's manual does; the clock is moved by hand, so that deadlines pass
 * without waiting.
 */
#pragma once

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "line/line.h"
#include "line/modem.h"
#include "line_test.h"
#include "wire/sms_text.h"

struct rule {
	const char *command; /* how it begins */
	const char *answer;  /* "" = says nothing */
};

struct world {
	void *ctx;
	int master, slave;
	char path[64];
	const struct rule *rules, *vendor;
	bool deaf;
	char line[1024];
	size_t len;
	bool prompted;
	char got[16384]; /* all that was heard, commands with a blank after each */

	struct modem_cfg cfg;
	struct modem *m;
	char note[128];		    /* what the line remembers */
	char form[48], balance[48]; /* the same of "ussd-form" and "balance" */
	char alarms[256];
	char heard[1024];
	uint64_t tokens[8];
	int n_heard, n_raw, n_reports;
	struct line_outcome outcomes[8];
	int n_outcomes, n_changed;
};

/* ---- the scripted modem */

static inline void say(struct world *w, const char *text)
{
	assert_int_equal(write(w->master, text, strlen(text)), (int)strlen(text));
}

static inline const char *answer_to(const struct rule *rules, const char *command)
{
	for (; rules && rules->command; rules++)
		if (strncmp(command, rules->command, strlen(rules->command)) == 0)
			return rules->answer;
	return NULL;
}

static const struct rule usual[] = {
	{ "AT+CGSN", "\r\n490154203237518\r\n\r\nOK\r\n" },
	{ "AT+CPIN?", "\r\n+CPIN: READY\r\n\r\nOK\r\n" },
	{ "AT+CFUN?", "\r\n+CFUN: 1\r\n\r\nOK\r\n" },
	{ "AT+CIMI", "\r\n204080000000001\r\n\r\nOK\r\n" },
	{ "AT+CSCA?", "\r\n+CSCA: \"+31626000230\",145\r\n\r\nOK\r\n" },
	{ "AT+CPMS=?", "\r\n+CPMS: (\"SM\",\"ME\"),(\"SM\",\"ME\"),(\"SM\",\"ME\")\r\n\r\nOK\r\n" },
	{ "AT+CPMS=\"SM\"", "\r\n+CPMS: 0,20,0,20,0,20\r\n\r\nOK\r\n" },
	{ "AT+CPMS=\"ME\"", "\r\n+CPMS: 0,100,0,100,0,100\r\n\r\nOK\r\n" },
	{ "AT+CSMS=1", "\r\n+CSMS: 1,1,1\r\n\r\nOK\r\n" },
	{ "AT+CNMA=?", "\r\n+CNMA: (0-2)\r\n\r\nOK\r\n" },
	{ "AT+CNMI=?", "\r\n+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)\r\n\r\nOK\r\n" },
	{ "AT+CSQ", "\r\n+CSQ: 20,99\r\n\r\nOK\r\n" },
	{ "AT+CREG?", "\r\n+CREG: 2,1,\"00AB\",\"1234\"\r\n\r\nOK\r\n" },
	{ "AT+CEREG=2", "\r\nERROR\r\n" },
	{ "AT+COPS?", "\r\n+COPS: 0,0,\"KPN\",7\r\n\r\nOK\r\n" },
	{ "AT+CCID", "\r\n+CCID: 8931440400000000001\r\n\r\nOK\r\n" },
	{ "AT+CMGS", "\r\n> " },
	{ NULL, NULL },
};

/* What is set last is what is there. */
static inline void answer_cnmi(struct world *w)
{
	char text[64];
	const char *p = w->got, *last = NULL;

	while ((p = strstr(p, "AT+CNMI="))) {
		if (p[8] != '?')
			last = p;
		p++;
	}
	snprintf(text, sizeof(text), "\r\n+CNMI: %.*s\r\n\r\nOK\r\n", last ? 9 : 0,
		 last ? last + 8 : "");
	say(w, text);
}

static inline void heard_from(struct world *w, const char *line)
{
	size_t len = strlen(w->got);

	snprintf(w->got + len, sizeof(w->got) - len, "%s ", line);
}

static inline void take_command(struct world *w)
{
	const char *answer;

	heard_from(w, w->line);
	if (w->deaf)
		return;
	answer = answer_to(w->rules, w->line);
	if (!answer)
		answer = answer_to(w->vendor, w->line);
	if (!answer && strcmp(w->line, "AT+CNMI?") == 0) {
		answer_cnmi(w);
		return;
	}
	if (!answer)
		answer = answer_to(usual, w->line);
	w->prompted = strncmp(w->line, "AT+CMGS", 7) == 0 && answer && strstr(answer, "> ");
	say(w, answer ? answer : "\r\nOK\r\n");
}

static inline void take_payload(struct world *w)
{
	const char *answer = answer_to(w->rules, "PAYLOAD");

	w->prompted = false;
	heard_from(w, "PAYLOAD");
	say(w, answer ? answer : "\r\n+CMGS: 7\r\n\r\nOK\r\n");
}

/* \returns true if there was something */
static inline bool serve(struct world *w)
{
	struct pollfd pfd = { .fd = w->master, .events = POLLIN };
	char buf[512];
	ssize_t n, i;

	if (w->master < 0 || poll(&pfd, 1, 1) <= 0 || !(pfd.revents & POLLIN))
		return false;
	n = read(w->master, buf, sizeof(buf));
	for (i = 0; i < n; i++) {
		bool end = buf[i] == (w->prompted ? '\x1a' : '\r');

		if (!end) {
			if (w->len < sizeof(w->line) - 1 && buf[i] != '\x1b')
				w->line[w->len++] = buf[i];
			continue;
		}
		w->line[w->len] = '\0';
		w->len = 0;
		if (w->prompted)
			take_payload(w);
		else
			take_command(w);
	}
	return n > 0;
}

/* Until nothing moves any more. */
static inline void settle_down(struct world *w)
{
	int quiet = 0;

	while (quiet < 3) {
		bool moved = serve(w);
		int i;

		for (i = 0; i < 4; i++)
			osmo_select_main(1);
		quiet = moved ? 0 : quiet + 1;
	}
}

/* Let time pass, a second at a time, serving all along. */
static inline void pass_s(struct world *w, unsigned int seconds)
{
	unsigned int i;

	for (i = 0; i < seconds; i++) {
		test_clock_add_ms(1000);
		settle_down(w);
	}
}

/* ---- who listens to the line */

static inline void on_heard(struct line *ln, const struct line_heard *h, void *data)
{
	struct world *w = data;

	w->tokens[w->n_heard++ % 8] = h->token;
	if (h->raw)
		w->n_raw++;
	snprintf(w->heard, sizeof(w->heard), "%s: %s", h->from ? h->from : "?",
		 h->text  ? h->text
		 : h->raw ? h->raw
			  : "a part");
}

static inline void on_reported(struct line *ln, const struct line_report *report, void *data)
{
	struct world *w = data;

	w->n_reports++;
	w->tokens[w->n_heard++ % 8] = report->token;
	snprintf(w->heard, sizeof(w->heard), "%d %s %02x", report->mr, report->to, report->status);
}

static inline void on_outcome(struct line *ln, const struct line_outcome *outcome, void *data)
{
	struct world *w = data;

	w->outcomes[w->n_outcomes++ % 8] = *outcome;
}

static inline void on_changed(struct line *ln, void *data)
{
	((struct world *)data)->n_changed++;
}

static inline void on_alarm(struct line *ln, const char *what, bool on, const char *detail,
			    void *data)
{
	struct world *w = data;
	char was_on[32];

	/* What is off is told once too, for what a killed process may have left on. */
	snprintf(was_on, sizeof(was_on), "+%s ", what);
	if (!on && !strstr(w->alarms, was_on))
		return;
	strncat(w->alarms, on ? "+" : "-", sizeof(w->alarms) - strlen(w->alarms) - 1);
	strncat(w->alarms, what, sizeof(w->alarms) - strlen(w->alarms) - 1);
	strncat(w->alarms, " ", sizeof(w->alarms) - strlen(w->alarms) - 1);
}

static inline const char *on_remember(struct line *ln, const char *key, const char *value,
				      void *data)
{
	struct world *w = data;

	if (strcmp(key, "ussd-form") == 0 || strcmp(key, "balance") == 0) {
		char *kept = key[0] == 'u' ? w->form : w->balance;

		if (value)
			snprintf(kept, sizeof(w->form), "%s", value);
		return *kept ? kept : NULL;
	}
	if (value) {
		/* The note must be there before the SIM hears of the PIN. */
		if (strstr(value, "tried"))
			assert_null(strstr(w->got, "AT+CPIN=\""));
		snprintf(w->note, sizeof(w->note), "%s", value);
	}
	return *w->note ? w->note : NULL;
}

static inline void open_pty(struct world *w)
{
	struct termios tio;

	assert_int_equal(openpty(&w->master, &w->slave, w->path, NULL, NULL), 0);
	tcgetattr(w->slave, &tio);
	cfmakeraw(&tio);
	tcsetattr(w->slave, TCSANOW, &tio);
	close(w->slave);
}

static inline void start(struct world *w)
{
	w->cfg.name = "modem 1";
	w->cfg.number = "+31600000000";
	if (!w->cfg.search)
		w->cfg.device = w->path;
	w->m = modem_alloc(w->ctx, &w->cfg);
	modem_line(w->m)->user = (struct line_user){
		.heard = on_heard,
		.reported = on_reported,
		.outcome = on_outcome,
		.changed = on_changed,
		.alarm = on_alarm,
		.remember = on_remember,
		.data = w,
	};
	assert_int_equal(modem_line(w->m)->ops->start(modem_line(w->m)), 0);
	settle_down(w);
	test_clock_add_ms(100);
	settle_down(w);
}

static inline void restart(struct world *w)
{
	modem_free(w->m);
	w->got[0] = w->alarms[0] = '\0';
	start(w);
}

static inline enum line_state state_of(const struct world *w)
{
	return modem_line(w->m)->state;
}

static inline bool got(const struct world *w, const char *command)
{
	return strstr(w->got, command) != NULL;
}

static inline int times_got(const struct world *w, const char *command)
{
	const char *p = w->got;
	int n = 0;

	while ((p = strstr(p, command))) {
		n++;
		p++;
	}
	return n;
}

static inline void settle(struct world *w, bool stored)
{
	modem_line(w->m)->ops->settle(modem_line(w->m), w->tokens[(w->n_heard - 1) % 8], stored);
	settle_down(w);
}

static inline int submit(struct world *w, uint64_t id)
{
	static const char text[] = "hello";
	struct sms_plan plan;
	struct sms_piece piece;
	struct line_part part = { .id = id,
				  .to = "+31612345678",
				  .text = text,
				  .piece = &piece,
				  .number = 1,
				  .total = 1,
				  .want_report = true };

	assert_int_equal(sms_text_plan(&plan, text, 0), 0);
	assert_int_equal(sms_text_split(&piece, 1, text, &plan), 1);
	return modem_line(w->m)->ops->submit(modem_line(w->m), &part);
}

static inline int setup(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "modem_test");
	struct world *w = talloc_zero(ctx, struct world);

	w->ctx = ctx;
	test_clock_start();
	open_pty(w);
	*state = w;
	return 0;
}

static inline int teardown(void **state)
{
	struct world *w = *state;

	if (w->m)
		modem_free(w->m);
	if (w->master >= 0)
		close(w->master);
	talloc_free(w->ctx);
	return 0;
}

/* ---- makers */

static const struct rule huawei[] = { { "AT+CGMI", "\r\nhuawei\r\n\r\nOK\r\n" },
				      { "AT+CGMM", "\r\nE173\r\n\r\nOK\r\n" },
				      { "AT^ICCID?",
					"\r\n^ICCID: 8931440400000000001\r\n\r\nOK\r\n" },
				      { NULL, NULL } };
static const struct rule sim800[] = { { "AT+CGMI", "\r\nSIMCOM_Ltd\r\n\r\nOK\r\n" },
				      { "AT+CGMM", "\r\nSIMCOM_SIM800L\r\n\r\nOK\r\n" },
				      { "AT+CCID", "\r\n8931440400000000001\r\n\r\nOK\r\n" },
				      { NULL, NULL } };
static const struct rule sim7600[] = { { "AT+CGMI", "\r\nSIMCOM INCORPORATED\r\n\r\nOK\r\n" },
				       { "AT+CGMM", "\r\nSIMCOM_SIM7600E\r\n\r\nOK\r\n" },
				       { NULL, NULL } };
static const struct rule ec25[] = { { "AT+CGMI", "\r\nQuectel\r\n\r\nOK\r\n" },
				    { "AT+CGMM", "\r\nEC25\r\n\r\nOK\r\n" },
				    { "AT+QPINC?", "\r\n+QPINC: \"SC\",3,10\r\n\r\nOK\r\n" },
				    { "AT+QCCID", "\r\n+QCCID: 8931440400000000001\r\n\r\nOK\r\n" },
				    { NULL, NULL } };
static const struct rule ublox[] = { { "AT+CGMI", "\r\nu-blox\r\n\r\nOK\r\n" },
				     { "AT+CGMM", "\r\nSARA-G350\r\n\r\nOK\r\n" },
				     { NULL, NULL } };
static const struct rule telit[] = { { "AT+CGMI", "\r\nTelit\r\n\r\nOK\r\n" },
				     { "AT+CGMM", "\r\nLE910C1\r\n\r\nOK\r\n" },
				     { NULL, NULL } };
static const struct rule cinterion[] = { { "AT+CGMI", "\r\nCinterion\r\n\r\nOK\r\n" },
					 { "AT+CGMM", "\r\nEHS6\r\n\r\nOK\r\n" },
					 { NULL, NULL } };
/* Qualcomm's firmware offers mode 2 and refuses it (ofono drivers/atmodem/sms.c). */
static const struct rule zte[] = { { "AT+CGMI", "\r\nZTE INCORPORATED\r\n\r\nOK\r\n" },
				   { "AT+CGMM", "\r\nMF190\r\n\r\nOK\r\n" },
				   { "AT+CNMI=2", "\r\n+CMS ERROR: 303\r\n" },
				   { NULL, NULL } };

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
