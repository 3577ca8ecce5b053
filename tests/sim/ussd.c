// SPDX-License-Identifier: AGPL-3.0-or-later
/*
 * USSD: the modem's AT+CUSD in its maker's manner, and a network that has an answer for each path
 * through its menus.  A path is what was said so far: "*101#", "*101#>1", "*101#>1>2"; a session that
 * the network began is "net", "net>1".
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>

#include "sim.h"

#define DCS_GSM7 15
#define DCS_UCS2 72

static struct ussd_service *find(const struct sim *sim, const char *path)
{
	struct ussd_service *s;

	llist_for_each_entry (s, &sim->ussd.services, entry)
		if (strcmp(s->path, path) == 0)
			return s;
	return NULL;
}

void ussd_set(struct sim *sim, const char *path, int m, const char *text)
{
	struct ussd_service *s = find(sim, path);

	if (!s) {
		s = calloc(1, sizeof(*s));
		OSMO_ASSERT(s);
		osmo_strlcpy(s->path, path, sizeof(s->path));
		llist_add_tail(&s->entry, &sim->ussd.services);
	}
	s->m = m;
	osmo_strlcpy(s->text, text, sizeof(s->text));
	s->has_text = *text;
}

/* -- strings */

static void put_hex(char *out, size_t size, const uint8_t *octets, size_t len)
{
	OSMO_ASSERT(2 * len < size);
	tpdu_to_hex(out, octets, len);
}

/* TS 23.038, 6.1.2.3.1: seven spare bits would be an '@', so they hold a CR. */
static void pack(char *out, size_t size, const struct tpdu_text *part)
{
	uint8_t ud[sizeof(part->ud)];

	memcpy(ud, part->ud, sizeof(ud));
	if (part->udl % 8 == 7)
		ud[part->ud_len - 1] |= 0x0d << 1;
	put_hex(out, size, ud, part->ud_len);
}

static void as_ucs2(char *out, size_t size, const char *text)
{
	uint8_t octets[512];

	put_hex(out, size, octets, tpdu_text_ucs2(octets, sizeof(octets), text));
}

/* The modem's own string of a text, as TE and profile agreed. \returns the scheme */
static int write_string(const struct sim *sim, const char *text, char *out, size_t size)
{
	struct tpdu_text part;
	bool wide;

	tpdu_text_part(&part, text, 0, 1, 1, 0);
	wide = part.dcs != 0;
	switch (sim->ussd.manner) {
	case USSD_PACKED:
		if (wide)
			as_ucs2(out, size, text);
		else
			pack(out, size, &part);
		break;
	case USSD_BY_CSCS:
		if (strcmp(sim->at.charset, "UCS2") == 0) {
			as_ucs2(out, size, text);
			break;
		}
		/* fall through */
	case USSD_TEXT:
		if (wide)
			as_ucs2(out, size, text);
		else
			osmo_strlcpy(out, text, size);
		break;
	case USSD_UCS2_OUT:
		as_ucs2(out, size, text);
		return DCS_UCS2;
	}
	return wide ? DCS_UCS2 : DCS_GSM7;
}

static int read_hex(char *out, size_t size, const char *string, uint8_t dcs)
{
	uint8_t octets[512];
	int len = tpdu_from_hex(octets, sizeof(octets), string);
	struct tpdu_submit sub = { .dcs = dcs, .ud = octets };

	if (len <= 0 || (dcs == 8 && len % 2))
		return -1;
	sub.ud_len = (size_t)len;
	sub.udl = dcs == 8 ? sub.ud_len : sub.ud_len * 8 / 7;
	tpdu_submit_text(&sub, out, size);
	if (dcs != 8 && len % 7 == 0 && out[0] && out[strlen(out) - 1] == '\r')
		out[strlen(out) - 1] = '\0';
	return 0;
}

/* What the client means. \returns 0; -1 if the modem can make nothing of it */
static int read_string(const struct sim *sim, const char *string, int dcs, char *out, size_t size)
{
	if (sim->ussd.manner == USSD_PACKED)
		return read_hex(out, size, string, dcs == DCS_UCS2 ? 8 : 0);
	if (sim->ussd.manner != USSD_TEXT && strcmp(sim->at.charset, "UCS2") == 0)
		return read_hex(out, size, string, 8);
	osmo_strlcpy(out, string, size);
	return 0;
}

/* -- what is said */

static void line_of(const struct sim *sim, const struct ussd_service *s, char *out, size_t size)
{
	char string[1600];
	int dcs;

	if (!s->has_text) {
		snprintf(out, size, "+CUSD: %d", s->m);
		return;
	}
	dcs = write_string(sim, s->text, string, sizeof(string));
	snprintf(out, size, "+CUSD: %d,\"%s\",%d", s->m, string, dcs);
}

static void after_answer(struct sim *sim, const struct ussd_service *s)
{
	sim->ussd.open = s->m == 1;
	if (!sim->ussd.open)
		sim->ussd.path[0] = '\0';
}

static const struct ussd_service *answer_to_path(const struct sim *sim)
{
	static const struct ussd_service unknown_code = { .m = 4 }, unknown_reply = { .m = 2 };
	const struct ussd_service *s = find(sim, sim->ussd.path);

	if (s)
		return s;
	return strchr(sim->ussd.path, '>') ? &unknown_reply : &unknown_code;
}

static void say(struct sim *sim, const struct ussd_service *s, bool inside)
{
	char line[1800];

	line_of(sim, s, line, sizeof(line));
	after_answer(sim, s);
	if (!sim->at.cusd)
		return; /* nobody wants to see it */
	if (inside)
		at_say(sim, "%s", line);
	else
		at_urc(sim, "%s", line);
}

static void answer_due(void *data)
{
	struct sim *sim = data;
	const struct ussd_service *s = answer_to_path(sim);

	if (!at_radio_on(sim))
		return;
	if (s->m >= 0)
		say(sim, s, false);
	if (sim->at.busy) /* the OK comes behind it */
		after_ms(&sim->ussd.ok_timer, 20);
}

static void ok_due(void *data)
{
	at_finish(data, AT_OK);
}

/* -- AT+CUSD */

static void heard(struct sim *sim, const char *kind, const char *text)
{
	json_array_append_new(sim->ussd.heard, json_pack("{s:s, s:s}", "kind", kind, "text", text));
	control_event(sim, "ussd", "{s:s, s:s}", "kind", kind, "text", text);
}

static int cancel(struct sim *sim)
{
	bool was_open = sim->ussd.open;

	osmo_timer_del(&sim->ussd.timer);
	sim->ussd.open = false;
	sim->ussd.path[0] = '\0';
	sim->fault.ussd_busy = 0;
	heard(sim, "cancel", "");
	if (was_open && sim->prof->ussd_cancel_urc)
		at_urc(sim, "+CUSD: 2");
	return AT_OK;
}

static int dial(struct sim *sim, const char *string, int dcs)
{
	struct ussd *u = &sim->ussd;
	char text[256];
	size_t len;

	if (sim->fault.ussd_busy)
		return CME(sim->fault.ussd_busy);
	if (!at_radio_on(sim))
		return CME(30);
	if (sim->fault.ussd_error > 0) {
		sim->fault.ussd_error--;
		return AT_ERROR;
	}
	if (read_string(sim, string, dcs, text, sizeof(text)) < 0)
		return sim->prof->ussd_bad ? CME(sim->prof->ussd_bad) : AT_ERROR;
	len = u->open ? strlen(u->path) : 0;
	heard(sim, u->open ? "reply" : "code", text);
	snprintf(u->path + len, sizeof(u->path) - len, "%s%s", len ? ">" : "", text);
	if (sim->fault.ussd_none > 0) {
		sim->fault.ussd_none--;
		return AT_OK;
	}
	if (sim->fault.ussd_inside > 0) {
		sim->fault.ussd_inside--;
		say(sim, answer_to_path(sim), true);
		return AT_OK;
	}
	after_ms(&u->timer, sim->net.delay_ms + 20);
	if (sim->fault.ussd_early == 0)
		return AT_OK;
	sim->fault.ussd_early--;
	return AT_LATER;
}

int ussd_command(struct sim *sim, char op, const char *arg)
{
	char string[1600] = "";
	int mode = 0, dcs = DCS_GSM7;

	if (op == 't')
		at_say(sim, "+CUSD: (0-2)");
	if (op == '?')
		at_say(sim, "+CUSD: %d", sim->at.cusd);
	if (op != '=')
		return AT_OK;
	arg_number(&arg, &mode);
	arg_text(&arg, string, sizeof(string));
	arg_number(&arg, &dcs);
	if (mode == 2)
		return cancel(sim);
	if (mode < 0 || mode > 2)
		return CME(3);
	sim->at.cusd = mode;
	return mode == 1 && string[0] ? dial(sim, string, dcs) : AT_OK;
}

/* -- the network begins */

void ussd_from_network(struct sim *sim, int m, const char *text)
{
	struct ussd_service s = { .m = m, .has_text = true };

	osmo_strlcpy(s.text, text, sizeof(s.text));
	say(sim, &s, false);
	if (m == 1)
		osmo_strlcpy(sim->ussd.path, "net", sizeof(sim->ussd.path));
}

void ussd_modem_lost(struct sim *sim)
{
	osmo_timer_del(&sim->ussd.timer);
	osmo_timer_del(&sim->ussd.ok_timer);
	sim->ussd.open = false;
	sim->ussd.path[0] = '\0';
}

void ussd_init(struct sim *sim)
{
	struct ussd *u = &sim->ussd;

	INIT_LLIST_HEAD(&u->services);
	u->heard = json_array();
	u->manner = sim->prof->ussd;
	osmo_timer_setup(&u->timer, answer_due, sim);
	osmo_timer_setup(&u->ok_timer, ok_due, sim);
	ussd_set(sim, "*100#", 0, "Saldo: EUR 5,00\ngeldig tot 31-12");
}

int ussd_manner(struct sim *sim, const char *name)
{
	static const char *const names[] = {
		[USSD_TEXT] = "text",
		[USSD_PACKED] = "packed",
		[USSD_BY_CSCS] = "cscs",
		[USSD_UCS2_OUT] = "ucs2-out",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			sim->ussd.manner = (enum ussd_manner)i;
			return 0;
		}
	}
	return -1;
}
