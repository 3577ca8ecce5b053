// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_balance.c - the credit of the modem's SIM: asked now and then with a USSD code, kept over a
 * restart, an alarm when it is low.  A SIM without credit sends no texts and says nothing about it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <osmocom/core/utils.h>

#include "clock.h"
#include "line/modem_int.h"
#include "wire/cusd.h"

#define EVERY_H	   24
#define AGAIN_S	   3600 /* after no answer */
#define LOOK_S	   60	/* after another session was in the way */
#define FAILS_TOLD 3	/* in a row */

const char *modem_amount(char out[MODEM_AMOUNT_SIZE], int64_t cents)
{
	unsigned long long whole = cents < 0 ? -(unsigned long long)cents
					     : (unsigned long long)cents;

	snprintf(out, MODEM_AMOUNT_SIZE, "%s%llu.%02llu", cents < 0 ? "-" : "", whole / 100,
		 whole % 100);
	return out;
}

static int64_t every_s(const struct modem *m)
{
	return (m->cfg.balance_every_h ? m->cfg.balance_every_h : EVERY_H) * INT64_C(3600);
}

static void judge(struct modem *m)
{
	const struct modem_balance *b = &m->balance;
	char amount[MODEM_AMOUNT_SIZE], detail[120];

	if (!b->known || b->failures >= FAILS_TOLD)
		return;
	snprintf(detail, sizeof(detail),
		 "the credit of this SIM is %s: top it up, or it sends no more texts",
		 modem_amount(amount, b->cents));
	modem_alarm(m, ALARM_BALANCE, m->cfg.balance_watch && b->cents < m->cfg.balance_low,
		    detail);
}

static void is_now(struct modem *m, int64_t cents)
{
	struct modem_balance *b = &m->balance;
	char known[48];

	*b = (struct modem_balance){ .known = true, .cents = cents, .at_s = clock_now_s() };
	b->due_s = b->at_s + every_s(m);
	snprintf(known, sizeof(known), "%" PRId64 " %" PRId64, b->cents, b->at_s);
	m->line.user.remember(&m->line, "balance", known, m->line.user.data);
	judge(m);
}

static void no_amount(struct modem *m, const struct modem_ussd_answer *answer)
{
	struct modem_balance *b = &m->balance;
	bool said = answer->result == MODEM_USSD_ANSWERED;
	char line[USSD_TEXT_MAX];

	b->due_s = clock_now_s() + (said ? every_s(m) : OSMO_MIN(AGAIN_S, every_s(m)));
	if (said)
		LOG_MODEM(m, LOGL_NOTICE, "no amount in the answer to %s: %s\n",
			  m->cfg.balance_code, modem_ussd_line(line, answer->text));
	if (++b->failures >= FAILS_TOLD)
		modem_alarm(
			m, ALARM_BALANCE, true,
			said ? "the network's answer has no amount: is \"balance code\" right "
			       "for this SIM?"
			     : "the network does not tell the credit: is \"balance code\" right "
			       "for this SIM?");
}

static void asked(const struct modem_ussd_answer *answer, void *data)
{
	struct modem *m = data;
	int64_t cents;

	if (answer->result == MODEM_USSD_LOST) {
		m->balance.due_s = 0; /* when it is up again */
		return;
	}
	if (answer->result == MODEM_USSD_ANSWERED && cusd_amount(answer->text, &cents))
		is_now(m, cents);
	else
		no_amount(m, answer);
	if (answer->more)
		modem_ussd_cancel(m);
}

void modem_balance_look(struct modem *m)
{
	struct modem_balance *b = &m->balance;
	int64_t now_s = clock_now_s();

	if (!m->cfg.balance_code || m->line.state != LINE_UP || now_s < b->due_s ||
	    modem_call_is_on(m))
		return;
	b->due_s = now_s + LOOK_S;
	modem_ussd_quietly(m, m->cfg.balance_code, asked, m);
}

/* "1250 1764100800": cents, and when it was asked. */
void modem_balance_recall(struct modem *m)
{
	struct modem_balance *b = &m->balance;
	const char *known;
	char *end;

	*b = (struct modem_balance){ .known = false };
	if (!m->cfg.balance_code) {
		modem_alarm(m, ALARM_BALANCE, false, NULL);
		return;
	}
	known = m->line.user.remember(&m->line, "balance", NULL, m->line.user.data);
	if (!known)
		return;
	b->cents = strtoll(known, &end, 10);
	if (end == known || *end != ' ')
		return;
	b->at_s = strtoll(end, NULL, 10);
	b->known = b->at_s > 0;
	judge(m);
}
