// SPDX-License-Identifier: AGPL-3.0-or-later
/* outbox_headroom.c - which lines are kept free of notices.
 *
 * A modem has one part on the air at a time, for a second or several, and nothing takes it back: an answer that is ready
 * meanwhile waits for the rest of it.  An answer leaves by the line that was texted, so another line that is free is
 * no help.  The only cure is that no notice is on the lines that residents text: where there is more than one line, at least the
 * one that they text most is kept, and then others as long as more than one text in a hundred meets a notice, but not more than
 * half of them, for a notice has to arrive as well.  Where there is one line an answer waits, for one part at most.
 */
#include "flow/outbox_int.h"

#include <math.h>

#include <osmocom/core/utils.h>

#include "clock.h"

#define TALK_HALF_S 600.0 /* what was said so long ago counts half */
#define MEETS_MOST  0.01  /* of the texts, those that may meet a notice */

static double talk_now(const struct outbox_line *ol, int64_t now_ms)
{
	return ol->talk * exp2(OSMO_MIN(ol->talk_ms - now_ms, 0) / (1000 * TALK_HALF_S));
}

void outbox_talked(struct outbox *ob, const char *name)
{
	int64_t now_ms = clock_now_ms();
	struct outbox_line *ol;

	llist_for_each_entry (ol, &ob->lines, list) {
		if (strcmp(ol->ln->name, name) != 0)
			continue;
		ol->talk = talk_now(ol, now_ms) + 1;
		ol->talk_ms = now_ms;
	}
}

/* A line that takes many at once holds nothing up. */
static bool may_be_kept(const struct outbox *ob, const struct outbox_line *ol)
{
	return ol->ln->state == LINE_UP && ol->ln->window <= 1 && !ol->ln->replies_only &&
	       outbox_takes_any(ob, ol);
}

/* Of two that are texted as much the first in the configuration is the one whose number is known. */
static bool is_texted_more(const struct outbox_line *a, const struct outbox_line *b, int64_t now_ms)
{
	const struct outbox_line *ol = a;
	double of_a = talk_now(a, now_ms), of_b = talk_now(b, now_ms);

	if (of_a != of_b)
		return of_a > of_b;
	llist_for_each_entry_continue(ol, &a->ob->lines, list) if (ol == b) return true;
	return false;
}

/* \returns whether lines before this one, in the order of how much they are texted, are enough */
static bool is_kept(const struct outbox *ob, const struct outbox_line *me)
{
	int64_t now_ms = clock_now_ms();
	unsigned int n = 0, before = 0;
	double all = 0, kept = 0;
	const struct outbox_line *ol;

	llist_for_each_entry (ol, &ob->lines, list) {
		if (ol->ln->replies_only && ol->ln->state == LINE_UP)
			return false; /* the operator has said which */
		if (!may_be_kept(ob, ol))
			continue;
		n++;
		all += talk_now(ol, now_ms);
		if (ol == me || !is_texted_more(ol, me, now_ms))
			continue;
		before++;
		kept += talk_now(ol, now_ms);
	}
	if (before + 1 > n / 2)
		return false;
	return before == 0 || all - kept > all * MEETS_MOST;
}

bool outbox_carries_notices(const struct outbox *ob, const struct outbox_line *ol)
{
	if (ol->ln->state != LINE_UP || ol->ln->replies_only || !outbox_takes_any(ob, ol))
		return false;
	return !ob->cfg.headroom || !may_be_kept(ob, ol) || !is_kept(ob, ol);
}
