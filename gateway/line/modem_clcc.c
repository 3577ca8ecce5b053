// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_clcc.c - the calls that a modem has (TS 27.007 7.18), and what is set before the first. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "line/modem_int.h"
#include "wire/at_line.h"

/* +CLCC: <id>,<dir>,<stat>,<mode>,<mpty>[,<number>,<type>]; mode 0 is voice. */
static void read_call(struct clcc *out, const char *line, bool outgoing)
{
	int id, dir, stat, mode, mpty;
	struct at_line al;

	if (!at_line_open(&al, line, "+CLCC:") || at_line_number(&al, &id) < 0 ||
	    at_line_number(&al, &dir) < 0 || at_line_number(&al, &stat) < 0 ||
	    at_line_number(&al, &mode) < 0 || mode != 0)
		return;
	if (stat == CLCC_WAITING) {
		out->second = true;
		return;
	}
	out->talking |= stat < CLCC_INCOMING;
	if (dir != !outgoing || out->stat >= 0)
		return;
	out->stat = stat;
	if (at_line_number(&al, &mpty) < 0 ||
	    at_line_string(&al, out->number, sizeof(out->number) - 1) < 0)
		out->number[0] = '\0';
	else
		at_line_number(&al, &out->type);
}

void modem_clcc_read(struct clcc *out, const struct at_answer *answer, bool outgoing)
{
	*out = (struct clcc){ .stat = -1 };
	for (const char *line = at_answer_next(answer, NULL); line;
	     line = at_answer_next(answer, line))
		read_call(out, line, outgoing);
}

/* ---- settings */

int modem_call_build_setup(struct modem *m, char *out, size_t size)
{
	const char *const texts[] = { "AT+CLIP=1", "AT+CRC=1", m->profile->call_extra,
				      m->profile->keys_on };

	if (m->extra == 0)
		m->call.keys_by_urc = false;
	while (m->extra < ARRAY_SIZE(texts) && !texts[m->extra])
		m->extra++;
	if (!m->call.audio || m->extra >= ARRAY_SIZE(texts))
		return -ENOENT;
	osmo_strlcpy(out, texts[m->extra++], size);
	return 0;
}

/* The keys are the last; a modem that does not tell them has them heard. */
int modem_call_take_setup(struct modem *m, const struct at_answer *answer)
{
	m->call.keys_by_urc = m->extra == 4 && m->profile->keys_on && answer->result == AT_OK;
	return STEP_REPEAT;
}

/* A process that was killed in a call has left it behind. */
int modem_call_build_look(struct modem *m, char *out, size_t size)
{
	m->call.stray = false;
	if (!m->call.audio) {
		modem_alarm(m, ALARM_AUDIO, false, NULL);
		return -ENOENT;
	}
	osmo_strlcpy(out, "AT+CLCC", size);
	return 0;
}

int modem_call_take_look(struct modem *m, const struct at_answer *answer)
{
	struct clcc calls;

	modem_clcc_read(&calls, answer, false);
	m->call.stray = answer->result == AT_OK && calls.talking;
	return STEP_NEXT;
}

int modem_call_build_stray(struct modem *m, char *out, size_t size)
{
	if (!m->call.stray)
		return -ENOENT;
	LOG_MODEM(m, LOGL_NOTICE, "it was left in a call: hanging up\n");
	osmo_strlcpy(out, "AT+CHUP", size);
	return 0;
}
