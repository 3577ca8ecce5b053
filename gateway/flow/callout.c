// SPDX-License-Identifier: AGPL-3.0-or-later
/* callout.c - see callout.h. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/callout_int.h"
#include "store/store_notice.h"

#define AT_ONCE 10
#define LOOK_S	5 /* while one waits for the end of a call to the same number */

/* ---- settings ---- */

static struct hours notice_hours(const struct callouts *co)
{
	static const struct hours day = { .from_min = 8 * 60, .to_min = 21 * 60 };

	return co->cfg.hours.to_min ? co->cfg.hours : day;
}

static bool is_notice_hour(const struct callouts *co, int64_t now_s)
{
	struct hours hours = notice_hours(co);

	return hours_open(&hours, 1, now_s, (*co->talk)->zone);
}

int64_t callouts_next_notice_hour(const struct callouts *co, int64_t now_s)
{
	struct hours hours = notice_hours(co);

	return hours_next(&hours, 1, now_s, (*co->talk)->zone);
}

/* ---- lines ---- */

static bool can_dial(const struct line *ln)
{
	return ln->state == LINE_UP && ln->ops->dial;
}

struct line *callouts_choose_line(const struct callouts *co, const char *wanted, const char *but)
{
	struct callout_line *cl;
	struct line *other = NULL, *last = NULL;

	llist_for_each_entry (cl, &co->lines, list) {
		if (!can_dial(cl->ln))
			continue;
		if (strcmp(cl->ln->name, but) == 0) {
			last = cl->ln;
			continue;
		}
		if (strcmp(cl->ln->name, wanted) == 0)
			return cl->ln;
		if (!other)
			other = cl->ln;
	}
	return other ? other : last;
}

/* ---- the next ---- */

static struct callout_try *try_of(const struct callouts *co, int64_t id)
{
	struct callout_try *t;

	llist_for_each_entry (t, &co->tries, list)
		if (t->row.id == id)
			return t;
	return NULL;
}

static bool is_dialled(const struct callouts *co, const char *number)
{
	const struct callout_try *t;

	llist_for_each_entry (t, &co->tries, list)
		if (strcmp(t->row.number, number) == 0)
			return true;
	return false;
}

void callouts_room(struct callouts *co)
{
	if (co->room)
		co->room(co->room_data);
}

void callouts_run_in(struct callouts *co, int seconds)
{
	osmo_timer_schedule(&co->timer, seconds, 0);
}

void callouts_run_after(void *data, uint64_t arg, bool ok)
{
	callouts_run(data);
}

/* It was paused, or has ended, while one of its calls was tried: that one goes back to it. */
static int of_notice(struct callouts *co, const struct callout_row *row, int64_t now_s)
{
	void *ctx = talloc_new(co);
	struct notice n;
	int rc = store_notice_get(ctx, co->st, row->notice_id, &n);

	if (rc == 0)
		rc = n.state == NOTICE_RUNNING
			     ? 1
			     : store_notice_withdraw(co->st, row->notice_id, now_s);
	talloc_free(ctx);
	return rc < 0 ? rc : rc == 1 && n.state == NOTICE_RUNNING;
}

/* Who wants none of it any more has one that is over. */
static int drop(struct callouts *co, const struct callout_row *row, const char *cause,
		int64_t now_s)
{
	callouts_room(co);
	return store_callout_end(co->st, row->id, "dropped", cause, now_s);
}

/* What keeps it from being dialled now. \returns 1: it may be; 0: that was written; -EAGAIN not now; -EIO */
static int may_be_dialled(struct callouts *co, const struct callout_row *row,
			  const struct person *p, int64_t now_s)
{
	if (p->blocked)
		return drop(co, row, "blocked", now_s);
	if (row->notice && p->stopped)
		return drop(co, row, "stopped", now_s);
	if (row->notice_id) {
		int rc = of_notice(co, row, now_s);

		if (rc <= 0)
			return rc;
	}
	if (row->notice && !is_notice_hour(co, now_s))
		return store_callout_later(co->st, row->id, callouts_next_notice_hour(co, now_s));
	if (calls_talk_to(co->calls, row->number) && !row->notice)
		return store_callout_end(co->st, row->id, "dropped", "called-us", now_s);
	if (calls_talk_to(co->calls, row->number) || is_dialled(co, row->number))
		return -EAGAIN;
	return 1;
}

/* The next that is due, behind the last that was looked at. \returns 1: look on; 0: there is none; -EIO */
static int take_next(void *ctx, struct callouts *co, int64_t *after_due_s, int64_t *after_id,
		     int64_t now_s)
{
	struct callout_row row;
	struct person p;
	struct line *ln;
	int rc = store_callout_due(ctx, co->st, now_s, *after_due_s, *after_id, &row);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	*after_due_s = row.due_s;
	*after_id = row.id;
	rc = store_person_by_id(co->st, row.person_id, &p);
	if (rc == 0)
		rc = may_be_dialled(co, &row, &p, now_s);
	if (rc == -EAGAIN)
		callouts_run_in(co, LOOK_S);
	if (rc <= 0)
		return rc < 0 && rc != -EAGAIN ? rc : 1;
	ln = callouts_choose_line(
		co, p.last_line,
		strcmp(row.cause, call_unreached_word(LINE_NOT_DIALLED)) == 0 ? row.line : "");
	if (!ln)
		return 0;
	rc = callout_try_begin(co, &row, ln, now_s);
	return rc < 0 ? rc : 1;
}

/* A try that nobody here makes any more: the program was killed, or could not write down how it went. */
static int look_for_cut_off(void *ctx, struct callouts *co, int64_t now_s)
{
	struct callout_row row = {};
	int rc;

	while ((rc = store_callout_dialling(ctx, co->st, row.id, &row)) == 0) {
		if (try_of(co, row.id))
			continue;
		rc = callout_try_lost(co, &row, now_s);
		if (rc < 0)
			return rc;
	}
	return rc == -ENOENT ? 0 : rc;
}

/* One step. \returns false if there is nothing more to do now */
static bool step(struct callouts *co, int64_t *after_due_s, int64_t *after_id)
{
	int64_t now_s = clock_now_s();
	void *ctx;
	int rc;

	if (store_begin_soon(co->st) < 0) {
		callouts_run_in(co, LOOK_S);
		return false;
	}
	ctx = talloc_new(co);
	rc = *after_id ? 0 : look_for_cut_off(ctx, co, now_s);
	if (rc == 0)
		rc = take_next(ctx, co, after_due_s, after_id, now_s);
	if (rc < 0)
		store_undo(co->st);
	else
		store_end(co->st);
	talloc_free(ctx);
	return rc > 0;
}

static bool is_anything(struct callouts *co)
{
	void *ctx = talloc_new(co);
	struct callout_row row;
	bool is = store_callout_due(ctx, co->st, clock_now_s(), 0, 0, &row) == 0 ||
		  store_callout_dialling(ctx, co->st, 0, &row) == 0;

	talloc_free(ctx);
	return is;
}

void callouts_run(struct callouts *co)
{
	unsigned int at_once = co->cfg.at_once ? co->cfg.at_once : AT_ONCE;
	int64_t after_due_s = 0, after_id = 0;

	if (!co->calls || co->running || !is_anything(co))
		return;
	co->running = true;
	while (co->n_tries < at_once && step(co, &after_due_s, &after_id))
		;
	co->running = false;
}

static void look(void *data)
{
	callouts_run(data);
}

void callouts_due(struct callouts *co, int64_t now_s)
{
	callouts_run(co);
}

/* ---- life ---- */

void callouts_figures(const struct callouts *co, struct callout_figures *out)
{
	*out = co->figures;
}

void callouts_line_add(struct callouts *co, struct line *ln)
{
	struct callout_line *cl;

	if (!ln->ops->dial)
		return;
	cl = talloc_zero(co, struct callout_line);
	OSMO_ASSERT(cl);
	cl->ln = ln;
	llist_add_tail(&cl->list, &co->lines);
}

bool callouts_can_dial(const struct callouts *co)
{
	return !llist_empty(&co->lines);
}

void callouts_line_remove(struct callouts *co, struct line *ln)
{
	struct callout_line *cl, *next;
	struct callout_try *t, *next_try;

	llist_for_each_entry_safe (cl, next, &co->lines, list) {
		if (cl->ln != ln)
			continue;
		llist_del(&cl->list);
		talloc_free(cl);
	}
	llist_for_each_entry_safe (t, next_try, &co->tries, list) {
		if (t->ln != ln)
			continue;
		osmo_timer_del(&t->watchdog);
		t->ln = NULL;
		if (t->dialled) /* it rang; else it is about to be dialled, or in its call */
			callout_try_unreached(t, LINE_NO_ANSWER);
	}
}

void callouts_feed(struct callouts *co, void (*room)(void *data), void *data)
{
	co->room = room;
	co->room_data = data;
}

void callouts_use(struct callouts *co, struct calls *calls)
{
	co->calls = calls;
}

void callouts_configure(struct callouts *co, const struct callout_cfg *cfg)
{
	co->cfg = *cfg;
}

static int callouts_unlink(struct callouts *co)
{
	struct callout_try *t;

	llist_for_each_entry (t, &co->tries, list)
		osmo_timer_del(&t->watchdog);
	osmo_timer_del(&co->timer);
	return 0;
}

struct callouts *callouts_alloc(void *ctx, struct store *st, struct outbox *ob,
				struct talk *const *talk, const struct callout_cfg *cfg)
{
	struct callouts *co = talloc_zero(ctx, struct callouts);

	OSMO_ASSERT(co);
	co->st = st;
	co->ob = ob;
	co->talk = talk;
	co->cfg = *cfg;
	INIT_LLIST_HEAD(&co->lines);
	INIT_LLIST_HEAD(&co->tries);
	osmo_timer_setup(&co->timer, look, co);
	talloc_set_destructor(co, callouts_unlink);
	return co;
}
