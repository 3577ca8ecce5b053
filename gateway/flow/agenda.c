// SPDX-License-Identifier: AGPL-3.0-or-later
/* agenda.c - see agenda.h.  The timer is set to the earliest due row; it is capped, because the
 * wall clock may be set while the monotonic timer runs. */
#include "flow/agenda.h"

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "clock.h"

#define LOOK_AGAIN_S 600

struct agenda_entry {
	struct llist_head list;
	void (*due)(void *data, int64_t now_s);
	void *data;
};

struct agenda {
	struct store *st;
	struct llist_head entries;
	struct osmo_timer_list timer;
	int64_t seen_s; /* what was due then has had its turn */
};

static void agenda_fire(void *data)
{
	struct agenda *ag = data;
	struct agenda_entry *entry;
	int64_t now_s = clock_now_s();

	ag->seen_s = now_s;
	llist_for_each_entry (entry, &ag->entries, list)
		entry->due(entry->data, now_s);
	agenda_look(ag);
}

static int agenda_unlink(struct agenda *ag)
{
	osmo_timer_del(&ag->timer);
	return 0;
}

struct agenda *agenda_alloc(void *ctx, struct store *st)
{
	struct agenda *ag = talloc_zero(ctx, struct agenda);

	OSMO_ASSERT(ag);
	ag->st = st;
	ag->seen_s = clock_now_s();
	INIT_LLIST_HEAD(&ag->entries);
	osmo_timer_setup(&ag->timer, agenda_fire, ag);
	talloc_set_destructor(ag, agenda_unlink);
	return ag;
}

void agenda_add(struct agenda *ag, void (*due)(void *data, int64_t now_s), void *data)
{
	struct agenda_entry *entry = talloc_zero(ag, struct agenda_entry);

	OSMO_ASSERT(entry);
	entry->due = due;
	entry->data = data;
	llist_add_tail(&entry->list, &ag->entries);
}

void agenda_look(struct agenda *ag)
{
	int64_t now_ms = clock_now_ms();
	int64_t due_s, wait_ms;

	/* Not after now: what has become due since the timer was set must not be stepped over.  The
	 * clock may have been set back. */
	if (store_next_due(ag->st, OSMO_MIN(ag->seen_s, now_ms / 1000), &due_s) < 0)
		wait_ms = LOOK_AGAIN_S * 1000;
	else
		wait_ms = due_s * 1000 - now_ms;
	wait_ms = OSMO_MIN(OSMO_MAX(wait_ms, 1), LOOK_AGAIN_S * 1000);
	osmo_timer_schedule(&ag->timer, wait_ms / 1000, wait_ms % 1000 * 1000);
}

void agenda_now(struct agenda *ag)
{
	osmo_timer_schedule(&ag->timer, 0, 0);
}
