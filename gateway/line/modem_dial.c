// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_dial.c - calls that a modem places, and why nobody came to the phone.
 *
 * Makers tell the reason each in their way: BUSY and NO ANSWER, a cause of the network's (TS 24.008 10.5.4.11) in
 * ^CEND, or "NO CARRIER" alone; then AT+CEER (TS 27.007 6.10) is asked, whose words are the maker's own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "line/modem_int.h"
#include "wire/at_line.h"

#define RING_DEFAULT_S 30
#define CAUSE_MAX      127

/* ---- why */

/* What may be tried again later, and what never. */
static int why_of_cause(int cause)
{
	switch (cause) {
	case 1:	 /* unassigned number */
	case 22: /* number changed */
	case 28: /* invalid number format */
		return LINE_NO_SUCH_NUMBER;
	case 17: /* user busy */
	case 21: /* call rejected */
		return LINE_BUSY;
	case 16: /* normal clearing: it ended, and nobody came */
	case 18: /* no user responding */
	case 19: /* user alerting, no answer */
	case 20: /* subscriber absent */
	case 27: /* destination out of order */
	case 31: /* normal, unspecified */
		return LINE_NO_ANSWER;
	default: /* no route, barred, congestion, not allowed */
		return cause > 0 && cause <= CAUSE_MAX ? LINE_NOT_DIALLED : -1;
	}
}

static int why_of_words(const char *line)
{
	static const struct {
		const char *words;
		enum line_unreached why;
	} known[] = {
		{ "busy", LINE_BUSY },
		{ "rejected", LINE_BUSY },
		{ "unassigned", LINE_NO_SUCH_NUMBER },
		{ "unallocated", LINE_NO_SUCH_NUMBER },
		{ "number changed", LINE_NO_SUCH_NUMBER },
		{ "invalid number", LINE_NO_SUCH_NUMBER },
		{ "no answer", LINE_NO_ANSWER },
		{ "no user responding", LINE_NO_ANSWER },
		{ "absent", LINE_NO_ANSWER },
		{ "barr", LINE_NOT_DIALLED },
		{ "congestion", LINE_NOT_DIALLED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcasestr(line, known[i].words))
			return known[i].why;
	return -1;
}

/* The last number: "+CEER: 17", "+CEER: 5,17", "+CEER: Release: 17, ..." */
static int last_number(const char *line)
{
	int value = -1;
	size_t n;

	for (; *line; line += n ? n : 1) {
		n = strspn(line, "0123456789");
		if (n > 0 && n < 4)
			value = (int)strtoul(line, NULL, 10);
	}
	return value;
}

static int why_of_report(const struct at_answer *answer)
{
	const char *line = at_answer_next(answer, NULL);
	int why = line ? why_of_words(line) : -1;

	return line && why < 0 ? why_of_cause(last_number(line)) : why;
}

/* ^CEND:<id>,<duration>,<end_status>[,<cc_cause>] */
static int why_of_cend(const char *line)
{
	struct at_line al;
	int value = -1;

	if (!at_line_open(&al, line, "^CEND:"))
		return -1;
	for (int i = 0; i < 4; i++)
		if (at_line_number(&al, &value) < 0)
			return -1;
	return why_of_cause(value);
}

void modem_dial_hint(struct modem *m, const char *line)
{
	struct modem_call *c = &m->call;
	int why;

	if (c->state != CALL_DIALLING || !c->accepted)
		return;
	why = strncmp(line, "BUSY", 4) == 0	   ? LINE_BUSY
	      : strncmp(line, "NO ANSWER", 9) == 0 ? LINE_NO_ANSWER
						   : why_of_cend(line);
	if (why >= 0)
		c->why = why;
}

static void told_why(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;

	if (answer->result == AT_GONE || m->call.state != CALL_HANGING_UP)
		return;
	if (answer->result == AT_OK)
		m->call.why = why_of_report(answer);
	modem_call_gone(m, "nobody came to the phone");
}

bool modem_dial_ask_why(struct modem *m)
{
	struct modem_call *c = &m->call;
	struct at_cmd cmd = { .text = "AT+CEER",
			      .prefix = "+CEER:",
			      .deadline_ms = 5000,
			      .lane = AT_URGENT,
			      .done = told_why,
			      .data = m };

	if (!c->outgoing || c->reached || !c->told || c->why >= 0 || c->asked_why)
		return false;
	c->asked_why = true;
	return at_chat_send(m->chat, &cmd) == 0;
}

void modem_dial_unreached(struct modem *m)
{
	struct modem_call *c = &m->call;
	enum line_unreached why = c->why >= 0 ? c->why : LINE_NO_ANSWER;

	if (m->line.user.unreached)
		m->line.user.unreached(&m->line, c->session, why, m->line.user.data);
}

/* ---- dialling */

int modem_call_dial(struct line *ln, const struct line_dialling *dialling, uint64_t *session)
{
	struct modem *m = container_of(ln, struct modem, line);
	struct modem_call *c = &m->call;
	const char *number = dialling->number;
	size_t digits = strspn(number + (*number == '+'), "0123456789") + (*number == '+');

	if (number[digits] || digits < 2 || digits >= sizeof(c->number))
		return -EINVAL;
	if (!c->audio || c->state != CALL_NONE || m->fi->state != MODEM_READY ||
	    !modem_is_registered(m))
		return -EAGAIN;
	OSMO_STRLCPY_ARRAY(c->number, number);
	c->outgoing = true;
	c->reached = c->alerting = c->asked_why = c->second = false;
	c->ring_s = dialling->ring_s > 0 ? dialling->ring_s : RING_DEFAULT_S;
	c->why = -1;
	*session = ++c->session;
	modem_call_begin(m, CALL_DIALLING, dialling->greeting);
	return 0;
}
