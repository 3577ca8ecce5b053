// SPDX-License-Identifier: AGPL-3.0-or-later

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>

#include <osmocom/core/utils.h>

#include "sim.h"

#define CTRL_Z	 0x1a
#define ESCAPE	 0x1b
#define HELD_MAX 65536

static void put_line(struct sim *sim, const char *fmt, va_list ap, bool unasked)
{
	char text[2048];
	const char *end = unasked ? sim->prof->urc_end : "\r\n";
	struct buffer *out = NULL;
	const char *p = text;
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	OSMO_ASSERT(n >= 0 && (size_t)n < sizeof(text));
	if (sim->fault.hang_after == 0)
		return;
	if (unasked && (sim->at.executing || sim->at.entry != ENTRY_NONE))
		out = &sim->at.held;
	if (out && (out->len > HELD_MAX || !port_is_open(sim)))
		return;
#define PUT(d, l) (out ? buffer_put(out, d, l) : port_put(sim, d, l))
	if (unasked || !sim->at.said)
		PUT(end, strlen(end));
	while (p) {
		size_t len = strcspn(p, "\n");

		PUT(p, len);
		PUT(end, strlen(end));
		p = p[len] ? p + len + 1 : NULL;
	}
#undef PUT
	if (!unasked)
		sim->at.said = true;
}

void at_say(struct sim *sim, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(sim, fmt, ap, false);
	va_end(ap);
}

void at_urc(struct sim *sim, const char *fmt, ...)
{
	va_list ap;

	if (sim->fault.lost_urc > 0) {
		sim->fault.lost_urc--;
		return;
	}
	va_start(ap, fmt);
	put_line(sim, fmt, ap, true);
	va_end(ap);
}

static void release_held(struct sim *sim)
{
	struct buffer *held = &sim->at.held;

	if (held->len && !sim->at.executing && sim->at.entry == ENTRY_NONE) {
		port_put(sim, held->data + held->start, held->len);
		buffer_clear(held);
	}
}

/* -- final codes */

static const struct {
	int code;
	const char *text;
} texts[] = {
	{ CME(3), "operation not allowed" },
	{ CME(4), "operation not supported" },
	{ CME(10), "SIM not inserted" },
	{ CME(11), "SIM PIN required" },
	{ CME(12), "SIM PUK required" },
	{ CME(14), "SIM busy" },
	{ CME(16), "incorrect password" },
	{ CME(30), "no network service" },
	{ CME(100), "unknown" },
	{ CMS(38), "network out of order" },
	{ CMS(302), "operation not allowed" },
	{ CMS(303), "operation not supported" },
	{ CMS(304), "invalid PDU mode parameter" },
	{ CMS(305), "invalid text mode parameter" },
	{ CMS(311), "SIM PIN required" },
	{ CMS(314), "SIM busy" },
	{ CMS(316), "SIM PUK required" },
	{ CMS(321), "invalid memory index" },
	{ CMS(322), "memory full" },
	{ CMS(331), "no network service" },
	{ CMS(332), "network timeout" },
	{ CMS(340), "no +CNMA acknowledgement expected" },
};

static void say_error(struct sim *sim, int result)
{
	bool cms = result <= CMS(0);
	const char *family = cms ? "CMS" : "CME";

	if (!sim->at.cmee && (!cms || sim->prof->cms_needs_cmee)) {
		at_say(sim, "ERROR");
		return;
	}
	for (size_t i = 0; sim->at.cmee == 2 && i < ARRAY_SIZE(texts); i++) {
		if (texts[i].code == result) {
			at_say(sim, "+%s ERROR: %s", family, texts[i].text);
			return;
		}
	}
	at_say(sim, "+%s ERROR: %d", family, cms ? -1000 - result : -result);
}

/* One command at a time: a client that waits has nothing on the wire now. */
static void count_overlap(struct sim *sim)
{
	int waits = 0;

	if (sim->port.fd.fd >= 0)
		ioctl(sim->port.fd.fd, FIONREAD, &waits);
	if (waits > 0 || sim->at.rx.len > 0)
		count(sim, CNT_OVERLAPS);
}

static void final(struct sim *sim, int result)
{
	count_overlap(sim);
	sim->at.said = false;
	if (result == AT_OK) {
		if (sim->fault.lost_ok > 0)
			sim->fault.lost_ok--;
		else
			at_say(sim, "OK");
	} else if (result == AT_UNKNOWN && sim->prof->unknown) {
		at_say(sim, "%s", sim->prof->unknown);
	} else if (result == AT_UNKNOWN && sim->prof->unknown_cme) {
		say_error(sim, CME(100));
	} else if (result == AT_ERROR || result == AT_UNKNOWN) {
		at_say(sim, "ERROR");
	} else if (result < 0) {
		say_error(sim, result);
	}
	sim->at.said = false;
	release_held(sim);
}

static void process(struct sim *sim);

void at_finish(struct sim *sim, int result)
{
	sim->at.busy = false;
	final(sim, result);
	port_resume(sim);
	process(sim);
	net_pump(sim);
}

/* -- a command line */

static int run_extended(struct sim *sim, const char *name, char op, const char *arg)
{
	static const struct at_command *const tables[] = { general_commands, sms_commands };
	int rc;

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		for (const struct at_command *cmd = tables[t]; cmd->name; cmd++) {
			bool sms = tables[t] == sms_commands;

			if (strcasecmp(cmd->name, name) != 0)
				continue;
			if (cmd->needs_pin && strcmp(card_pin_state(sim), "SIM PIN") == 0)
				return sms ? CMS(311) : CME(11);
			if (cmd->needs_pin && strcmp(card_pin_state(sim), "SIM PUK") == 0)
				return sms ? CMS(316) : CME(12);
			if (cmd->needs_pin && !sim->at.sim_ready)
				return sms ? CMS(314) : CME(14);
			return cmd->run(sim, op, arg);
		}
	}
	rc = call_vendor(sim, name, op, arg);
	return rc != AT_UNKNOWN ? rc : general_vendor(sim, name, op, arg);
}

/* Length of one command of the line: to the ';' that no quotes hold. */
static size_t command_length(const char *p)
{
	bool quoted = false;
	size_t n;

	for (n = 0; p[n] && (quoted || p[n] != ';'); n++)
		quoted ^= p[n] == '"';
	return n;
}

static int run_extended_at(struct sim *sim, const char **line)
{
	size_t len = command_length(*line);
	char text[sizeof(sim->at.line)];
	char *arg;
	char op = '!';

	memcpy(text, *line, len);
	text[len] = '\0';
	*line += len;
	arg = text + strcspn(text, "=?");
	if (*arg == '?')
		op = '?';
	if (*arg == '=')
		op = arg[1] == '?' && !arg[2] ? 't' : '=';
	if (*arg)
		*arg++ = '\0';
	while (isspace((unsigned char)*arg))
		arg++;
	for (char *end = text + strlen(text); end > text && end[-1] == ' ';)
		*--end = '\0';
	return run_extended(sim, text, op, arg);
}

static void run_line(struct sim *sim, const char *line)
{
	int rc = AT_OK;

	sim->at.executing = true;
	sim->at.said = false;
	while (*line && rc == AT_OK) {
		if (*line == ';' || *line == ' ')
			line++;
		else if (strchr("+^#$%*", *line))
			rc = run_extended_at(sim, &line);
		else
			rc = general_basic(sim, &line);
	}
	sim->at.executing = false;
	if (rc == AT_LATER)
		sim->at.busy = true;
	else if (rc != AT_SILENT)
		final(sim, rc);
	release_held(sim);
	net_pump(sim);
}

static void slow_over(void *data)
{
	struct sim *sim = data;

	sim->at.busy = false;
	run_line(sim, sim->at.line + 2);
	port_resume(sim);
	process(sim);
}

static void line_done(struct sim *sim)
{
	struct at *at = &sim->at;
	struct fault *f = &sim->fault;

	at->line[at->line_len] = '\0';
	at->line_len = 0;
	memmove(at->line, at->line + strspn(at->line, " "), strlen(at->line) + 1);
	if (strncasecmp(at->line, "AT", 2) != 0)
		return; /* not for a modem: no answer at all */
	count(sim, CNT_COMMANDS);
	if (sim->subscribers)
		control_event(sim, "command", "{s:s%}", "line", at->line, strlen(at->line));
	if (f->hang_after > 0)
		f->hang_after--;
	if (f->hang_after == 0)
		return;
	osmo_strlcpy(at->last, at->line, sizeof(at->last));
	if (f->slow_ms) {
		at->busy = true;
		after_ms(&at->slow_timer, f->slow_ms);
		return;
	}
	run_line(sim, at->line + 2);
}

/* -- bytes */

static void line_byte(struct sim *sim, uint8_t b)
{
	struct at *at = &sim->at;

	if (at->echo)
		port_put(sim, &b, 1);
	if (b == '\r') {
		line_done(sim);
	} else if (b == '\b') {
		at->line_len -= at->line_len > 0;
	} else if (b >= ' ' && at->line_len + 1 < sizeof(at->line)) {
		at->line[at->line_len++] = (char)b;
		if (at->line_len == 2 && strncasecmp(at->line, "A/", 2) == 0) {
			memcpy(at->line, at->last, sizeof(at->line));
			at->line_len = strlen(at->line);
			line_done(sim);
		}
	}
}

static bool drops_in_the_middle(struct sim *sim)
{
	struct fault *f = &sim->fault;

	if (f->drop_midpdu == 0 || sim->at.entry != ENTRY_CMGS ||
	    sim->at.data_len < sim->at.entry_want)
		return false;
	f->drop_midpdu--;
	port_vanish_for(sim, (unsigned int)f->drop_ms);
	return true;
}

static void entry_byte(struct sim *sim, uint8_t b)
{
	struct at *at = &sim->at;

	if (b == CTRL_Z || b == ESCAPE) {
		at->data[at->data_len] = '\0';
		sms_entry_done(sim, b == ESCAPE);
		return;
	}
	if (at->echo)
		port_put(sim, &b, 1);
	if (b != '\r' && b != '\n' && at->data_len + 1 < sizeof(at->data))
		at->data[at->data_len++] = (char)b;
	drops_in_the_middle(sim);
}

static void process(struct sim *sim)
{
	struct at *at = &sim->at;

	while (at->rx.len && !at->busy) {
		uint8_t b = at->rx.data[at->rx.start];

		buffer_take(&at->rx, 1);
		if (at->entry != ENTRY_NONE)
			entry_byte(sim, b);
		else
			line_byte(sim, b);
	}
}

void at_input(struct sim *sim, const uint8_t *data, size_t len)
{
	if (sim->at.deaf || sim->fault.hang_after == 0)
		return;
	buffer_put(&sim->at.rx, data, len);
	process(sim);
}

void at_prompt(struct sim *sim, enum entry entry, size_t want, int arg)
{
	struct at *at = &sim->at;

	at->entry = entry;
	at->entry_want = want;
	at->entry_arg = arg;
	at->data_len = 0;
	port_put(sim, "\r\n> ", 4);
}

/* -- power */

static void forget_input(struct sim *sim)
{
	struct at *at = &sim->at;

	buffer_clear(&at->rx);
	buffer_clear(&at->held);
	at->line_len = 0;
	at->entry = ENTRY_NONE;
}

void at_port_closed(struct sim *sim)
{
	forget_input(sim);
	if (!sim->fault.hang_hard && sim->fault.hang_after == 0)
		sim->fault.hang_after = -1;
}

void at_settings_default(struct sim *sim)
{
	struct at *at = &sim->at;

	at->echo = true;
	at->cmee = 0;
	at->cfun = 1;
	at->cusd = 0;
	at->cmgf = 0;
	at->csms = 0;
	at->cmms = 0;
	at->qss = 0;
	at->cops_format = 0;
	memset(at->creg_n, 0, sizeof(at->creg_n));
	memcpy(at->cnmi, sim->prof->cnmi_boot, sizeof(at->cnmi));
	for (int i = 0; i < 3; i++)
		at->mem[i] = sim->prof->mem_boot;
	osmo_strlcpy(at->charset, "IRA", sizeof(at->charset));
}

void at_off(struct sim *sim)
{
	struct at *at = &sim->at;

	osmo_timer_del(&at->slow_timer);
	osmo_timer_del(&at->boot_timer);
	osmo_timer_del(&at->ready_timer);
	osmo_timer_del(&at->noise_timer);
	ussd_modem_lost(sim);
	call_modem_lost(sim);
	/* What has left for the network arrives there; nobody hears of it. */
	if (osmo_timer_pending(&at->send_timer)) {
		osmo_timer_del(&at->send_timer);
		sms_reach_network(sim);
	}
	forget_input(sim);
	at->busy = false;
	at->deaf = true;
	at->sim_ready = false;
	sim->card.unlocked = !sim->card.pin_on;
}

void at_boot(struct sim *sim)
{
	at_off(sim);
	at_settings_default(sim);
	if (sim->fault.hang_after == 0)
		sim->fault.hang_after = -1;
	sim->at.boot_step = 0;
	after_ms(&sim->at.boot_timer, 80);
	if (sim->noise_ms)
		after_ms(&sim->at.noise_timer, sim->noise_ms);
}

void at_reset(struct sim *sim)
{
	net_modem_lost(sim);
	at_boot(sim);
	count(sim, CNT_RESETS);
	control_event(sim, "reset", "{}");
}

static void boot_step(void *data)
{
	struct sim *sim = data;
	const char *line = sim->prof->boot[sim->at.boot_step];

	if (sim->at.deaf) {
		sim->at.deaf = false;
		if (sim->card.unlocked)
			after_ms(&sim->at.ready_timer, sim->prof->sim_busy_ms);
	}
	if (!line)
		return;
	if (strncmp(line, "+CPIN:", 6) == 0)
		at_urc(sim, "+CPIN: %s", card_pin_state(sim));
	else
		at_urc(sim, "%s", line);
	sim->at.boot_step++;
	after_ms(&sim->at.boot_timer, 15);
}

static void ready(void *data)
{
	struct sim *sim = data;

	sim->at.sim_ready = true;
	for (size_t i = 0; i < ARRAY_SIZE(sim->prof->ready) && sim->prof->ready[i]; i++)
		at_urc(sim, "%s", sim->prof->ready[i]);
	if (sim->at.qss == 2)
		at_urc(sim, "#QSS: 3");
	general_registration_urc(sim);
	net_pump(sim);
}

static void noise(void *data)
{
	struct sim *sim = data;
	const char *const *lines = sim->prof->noise;
	unsigned int n = 0;

	while (n < ARRAY_SIZE(sim->prof->noise) && lines[n])
		n++;
	if (n && sim->at.sim_ready)
		at_urc(sim, "%s", lines[sim->at.noise_step++ % n]);
	after_ms(&sim->at.noise_timer, sim->noise_ms / 2 + (unsigned int)rand() % sim->noise_ms);
}

bool at_radio_on(const struct sim *sim)
{
	int creg = sim->net.creg;

	return sim->port.fd.fd >= 0 && !sim->at.deaf && sim->at.sim_ready && sim->at.cfun == 1 &&
	       sim->fault.hang_after != 0 && (creg == 1 || creg == 5 || creg == 6 || creg == 7);
}

static void sent(void *data)
{
	sms_sent(data);
}

void at_init(struct sim *sim)
{
	struct at *at = &sim->at;

	osmo_timer_setup(&at->slow_timer, slow_over, sim);
	osmo_timer_setup(&at->boot_timer, boot_step, sim);
	osmo_timer_setup(&at->ready_timer, ready, sim);
	osmo_timer_setup(&at->noise_timer, noise, sim);
	osmo_timer_setup(&at->send_timer, sent, sim);
	osmo_strlcpy(at->smsc, "+31624000000", sizeof(at->smsc));
}
