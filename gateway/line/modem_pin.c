// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_pin.c - the PIN of a SIM: entered once, and never again if it was refused.
 *
 * The third wrong PIN locks a SIM for good as far as this program goes, and a program that
 * restarts would get there in seconds.  So before a PIN is sent the line remembers, over
 * restarts, that this one was tried on this SIM; the note is taken away only when the
 * SIM took it.  A process killed in between finds the note and does not try again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "line/modem_int.h"
#include "wire/at_line.h"

#define KEY "pin-refused"

/* Which SIM and which PIN, without telling the PIN: a PIN changed in the configuration may
 * be tried.  FNV-1a; that a refused PIN could be guessed from it harms nobody. */
static void describe(const struct modem *m, char *out, size_t size)
{
	const char *sim = *m->iccid ? m->iccid : m->imei;
	const char *p;
	uint32_t hash = 2166136261u;

	for (p = sim; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	for (p = m->cfg.pin ? m->cfg.pin : ""; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	snprintf(out, size, "%s %08x", sim, hash);
}

static void note(struct modem *m, const char *what)
{
	char own[64], text[80];

	if (!m->line.user.remember)
		return;
	describe(m, own, sizeof(own));
	snprintf(text, sizeof(text), "%s %s", own, what);
	m->line.user.remember(&m->line, KEY, *what ? text : "", m->line.user.data);
}

/* What is noted of this SIM with this PIN: "tried", "refused", or NULL. */
static const char *noted(struct modem *m)
{
	char own[64];
	const char *text;

	if (!m->line.user.remember)
		return NULL;
	text = m->line.user.remember(&m->line, KEY, NULL, m->line.user.data);
	describe(m, own, sizeof(own));
	if (!text || strncmp(text, own, strlen(own)) != 0 || text[strlen(own)] != ' ')
		return NULL;
	return text + strlen(own) + 1;
}

bool modem_pin_may_try(struct modem *m)
{
	const char *before;

	if (!m->cfg.pin || !*m->cfg.pin) {
		modem_needs_person(m, ALARM_PIN, "the SIM asks for a PIN: configure it with pin");
		return false;
	}
	if (strspn(m->cfg.pin, "0123456789") != strlen(m->cfg.pin) || strlen(m->cfg.pin) > 8) {
		modem_needs_person(m, ALARM_PIN, "the configured PIN is not 4 to 8 digits");
		return false;
	}
	before = noted(m);
	if (before) {
		modem_needs_person(m, ALARM_PIN,
				   strcmp(before, "tried") == 0
					   ? "this PIN was tried and its answer was not seen: "
					     "configure the right one, or unlock the SIM in a phone"
					   : "the SIM refused this PIN and it is not tried again: "
					     "configure the right one");
		return false;
	}
	return true;
}

/* CPIN codes of TS 27.007 8.3. */
static int sim_state(struct modem *m, const char *code)
{
	const char *before;

	if (strcmp(code, "READY") == 0 || strcmp(code, "SIM PIN2") == 0 ||
	    strcmp(code, "SIM PUK2") == 0) {
		before = noted(m);
		if (before && strcmp(before, "tried") == 0)
			note(m, "");
		osmo_fsm_inst_dispatch(m->fi, MODEM_EV_SIM_READY, NULL);
	} else if (strcmp(code, "SIM PIN") == 0) {
		osmo_fsm_inst_dispatch(m->fi, MODEM_EV_PIN_WANTED, NULL);
	} else if (strcmp(code, "SIM PUK") == 0) {
		modem_needs_person(m, ALARM_PUK,
				   "the SIM is locked and asks for its PUK: put it into a phone "
				   "and enter the PUK there");
	} else if (strncmp(code, "NOT ", 4) == 0) {
		osmo_fsm_inst_dispatch(m->fi, MODEM_EV_SIM_ABSENT, NULL);
	} else {
		modem_needs_person(m, ALARM_PIN,
				   "the modem is locked to another SIM or network: unlock it");
	}
	return STEP_LEAVE;
}

int modem_pin_take_state(struct modem *m, const struct at_answer *answer)
{
	const char *line = at_answer_find(answer, "+CPIN:");
	int code = answer->result == AT_CME || answer->result == AT_CMS ? answer->code : 0;

	if (answer->result == AT_OK && line) {
		line += strlen("+CPIN:");
		return sim_state(m, line + strspn(line, " "));
	}
	switch (code) {
	case 11:
	case 311:
		return sim_state(m, "SIM PIN");
	case 12:
	case 316:
		return sim_state(m, "SIM PUK");
	case 10:
	case 13:
	case 15:
	case 310:
	case 313:
	case 315:
		return sim_state(m, "NOT INSERTED");
	}
	/* Busy, or no number: it is being read. */
	return m->step_tries < SIM_BUSY_TRIES ? STEP_AGAIN : STEP_FAIL;
}

int modem_pin_take_tries(struct modem *m, const struct at_answer *answer)
{
	const char *line = at_answer_next(answer, NULL);
	const char *colon = line ? strchr(line, ':') : NULL;
	struct at_line al;
	unsigned int i;
	int tries;

	if (!colon || !at_line_open(&al, colon + 1, ""))
		return STEP_NEXT;
	for (i = 0; i < m->profile->pin_field; i++)
		at_line_skip(&al);
	if (at_line_number(&al, &tries) < 0 || tries >= 2)
		return STEP_NEXT;
	modem_needs_person(m, ALARM_PIN,
			   "the SIM has one try left for its PIN: enter it in a phone first");
	return STEP_LEAVE;
}

int modem_pin_build(struct modem *m, char *out, size_t size)
{
	note(m, "tried");
	snprintf(out, size, "AT+CPIN=\"%s\"", m->cfg.pin);
	return 0;
}

int modem_pin_take_entered(struct modem *m, const struct at_answer *answer)
{
	int code = answer->result == AT_CME || answer->result == AT_CMS ? answer->code : 0;

	if (answer->result == AT_OK) {
		note(m, "");
		osmo_fsm_inst_dispatch(m->fi, MODEM_EV_SIM_READY, NULL);
		return STEP_LEAVE;
	}
	if (code == 14 || code == 314) { /* busy: the SIM has not seen it */
		note(m, "");
		return m->step_tries < SIM_BUSY_TRIES ? STEP_AGAIN : STEP_FAIL;
	}
	if (code == 12 || code == 316) {
		note(m, "refused");
		return sim_state(m, "SIM PUK");
	}
	if (code == 16) {
		note(m, "refused");
		modem_needs_person(m, ALARM_PIN,
				   "the SIM refused the PIN and it is not tried again: "
				   "configure the right one");
		return STEP_LEAVE;
	}
	/* Anything else leaves it open whether the SIM counted it: ask for its state. */
	modem_steps_start(m, steps_pin_look);
	return STEP_LEAVE;
}
