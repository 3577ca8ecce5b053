// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_cusd.c - AT+CUSD as each maker wants it (3GPP TS 27.007 7.15): as text, as packed septets in hex, or
 * as UCS-2 in hex with its character set chosen.  What the profile says is tried first; where that is
 * not taken the others are, and what works is remembered. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/tdef.h>
#include <osmocom/core/utils.h>

#include "line/modem_int.h"

#define CHARSET_MS 3000

static const char *const form_names[CUSD_FORMS] = {
	[CUSD_TEXT] = "text",
	[CUSD_PACKED] = "packed",
	[CUSD_UCS2] = "ucs2",
};

/* What is remembered is of one device: of its maker only if it tells no IMEI. */
static const char *device(const struct modem *m)
{
	return *m->imei ? m->imei : m->profile->vendor;
}

static void choose_form(struct modem *m)
{
	struct modem_ussd *u = &m->ussd;
	size_t len = strlen(device(m));
	const char *known;

	if (strcmp(u->form_of, device(m)) == 0)
		return;
	OSMO_STRLCPY_ARRAY(u->form_of, device(m));
	u->form = m->profile->ussd;
	u->form_sure = false;
	known = m->line.user.remember(&m->line, "ussd-form", NULL, m->line.user.data);
	if (!known || strncmp(known, device(m), len) != 0 || known[len] != ' ')
		return;
	for (unsigned int i = 0; i < CUSD_FORMS; i++) {
		if (strcmp(known + len + 1, form_names[i]) != 0)
			continue;
		u->form = i;
		u->form_sure = true;
	}
}

enum cusd_form modem_cusd_form(struct modem *m)
{
	choose_form(m);
	return m->ussd.form;
}

void modem_cusd_worked(struct modem *m)
{
	struct modem_ussd *u = &m->ussd;
	char known[48];

	if (u->form_sure)
		return;
	u->form_sure = true;
	snprintf(known, sizeof(known), "%s %s", device(m), form_names[u->form]);
	m->line.user.remember(&m->line, "ussd-form", known, m->line.user.data);
}

/* Strings as before: what else the modem says in a character set is read as ASCII. */
static void charset_back_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct at_cmd cmd = { .text = "AT+CSCS=\"GSM\"",
			      .deadline_ms = CHARSET_MS,
			      .lane = AT_POLL };

	if (answer->result != AT_OK && answer->result != AT_GONE)
		at_chat_send(chat, &cmd);
}

void modem_cusd_charset_back(struct modem *m)
{
	struct at_cmd cmd = { .text = "AT+CSCS=\"IRA\"",
			      .deadline_ms = CHARSET_MS,
			      .lane = AT_POLL,
			      .done = charset_back_done,
			      .data = m };

	if (m->ussd.wide)
		at_chat_send(m->chat, &cmd);
	m->ussd.wide = false;
}

bool modem_cusd_next_form(struct modem *m)
{
	struct modem_ussd *u = &m->ussd;

	if (u->form_sure)
		return false;
	if (++u->now.forms >= CUSD_FORMS) {
		u->form = m->profile->ussd;
		return false;
	}
	u->form = (u->form + 1) % CUSD_FORMS;
	LOG_MODEM(m, LOGL_INFO, "USSD: not taken, trying it as %s\n", form_names[u->form]);
	return true;
}

static void not_sent(struct modem *m, enum at_result result)
{
	const struct at_answer answer = { .result = result, .code = -1, .text = "" };

	modem_ussd_sent(m, &answer);
}

static void code_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	if (answer->result != AT_GONE)
		modem_ussd_sent(data, answer);
}

static void put_code(struct modem *m)
{
	char text[CUSD_COMMAND_SIZE];
	struct at_cmd cmd = { .text = text,
			      .done = code_done,
			      .data = m,
			      .deadline_ms = osmo_tdef_get(modem_tdefs, -15, OSMO_TDEF_MS, -1),
			      .lane = AT_POLL };

	/* What this form cannot hold is as if the modem had not taken it. */
	if (cusd_write(text, sizeof(text), m->ussd.now.text, m->ussd.form) < 0)
		not_sent(m, AT_ERROR);
	else if (at_chat_send(m->chat, &cmd) < 0)
		not_sent(m, AT_GONE);
}

static void charset_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;

	if (answer->result == AT_GONE || !modem_ussd_asking(m))
		return;
	m->ussd.wide = answer->result == AT_OK;
	if (m->ussd.wide)
		put_code(m);
	else
		modem_ussd_sent(m, answer);
}

void modem_cusd_send(struct modem *m)
{
	struct at_cmd cmd = { .text = "AT+CSCS=\"UCS2\"",
			      .done = charset_done,
			      .data = m,
			      .deadline_ms = CHARSET_MS,
			      .lane = AT_POLL };

	choose_form(m);
	if (m->ussd.form != CUSD_UCS2)
		modem_cusd_charset_back(m);
	if (m->ussd.form != CUSD_UCS2 || m->ussd.wide)
		put_code(m);
	else if (at_chat_send(m->chat, &cmd) < 0)
		not_sent(m, AT_GONE);
}

int modem_cusd_read(struct modem *m, struct cusd *out, const char *line)
{
	enum cusd_form form;

	choose_form(m);
	form = m->ussd.form;
	if (form == CUSD_UCS2 && !m->ussd.wide)
		form = CUSD_TEXT; /* what comes before that character set is chosen */
	return cusd_read(out, line, form);
}
