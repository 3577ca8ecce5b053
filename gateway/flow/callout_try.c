// SPDX-License-Identifier: AGPL-3.0-or-later
/* callout_try.c - one try of a call that we place: dialled, in its call, and what it came to. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/callout_int.h"
#include "log.h"

#define TRIES	3
#define PAUSE_S 300
#define BUSY_S	60
#define AGAIN_S 10 /* after our own trouble */
#define RING_S	30
#define MORE_S	30 /* than it may ring: the line tells of it late, or never */

static int or_else(int value, int otherwise)
{
	return value ? value : otherwise;
}

static struct callout_try *try_find(const struct callouts *co, const struct line *ln,
				    uint64_t session)
{
	struct callout_try *t;

	llist_for_each_entry (t, &co->tries, list)
		if (t->ln == ln && t->dialled && t->session == session)
			return t;
	return NULL;
}

/* There may be room for the next. */
static void try_forget(struct callout_try *t)
{
	osmo_timer_del(&t->watchdog);
	llist_del(&t->list);
	t->co->n_tries--;
	callouts_run_in(t->co, 0);
	callouts_room(t->co);
	talloc_free(t);
}

/* ---- what a try came to; inside a step ---- */

/* A text that says that nobody was reached and how to go on; to a telephone that has none it goes nowhere. */
static int tell_missed(void *ctx, struct callouts *co, const struct callout_row *row)
{
	const struct talk *talk = *co->talk;
	const char *language = talk->languages[0];
	struct person p;
	json_t *args;
	char *text;
	int rc = store_person_by_id(co->st, row->person_id, &p);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (p.blocked || (row->notice && p.stopped) || !phone_can_answer(p.number))
		return 0;
	if (row->language[0])
		language = row->language;
	else if (p.language[0])
		language = p.language;
	args = json_pack("{s:s, s:s, s:s}", "city", talk->city, "short_code", talk->short_code,
			 "notice", row->text ? row->text : "");
	text = phrase_say(ctx, talk->phrases, language, NULL,
			  row->notice ? "callout.missed.notice" : "callout.missed", args,
			  talk->zone);
	json_decref(args);
	rc = outbox_queue(co->ob, p.number, row->notice ? OUTBOX_NOTICE : OUTBOX_REPLY, p.last_line,
			  text, 0);
	return rc == -EINVAL ? 0 : rc;
}

static int give_up(struct callouts *co, const struct callout_row *row, const char *cause,
		   int64_t now_s)
{
	void *ctx = talloc_new(co);
	int rc = store_callout_end(co->st, row->id, "unreached", cause, now_s);

	if (rc == 0 && !row->notice_id)
		rc = tell_missed(ctx, co, row);
	co->figures.given_up++;
	talloc_free(ctx);
	return rc;
}

/* \param[in] row  with this try counted */
static int try_failed(struct callouts *co, const struct callout_row *row, const char *cause,
		      int pause_s, int64_t now_s)
{
	if (row->tries >= (unsigned int)or_else(co->cfg.tries, TRIES))
		return give_up(co, row, cause, now_s);
	return store_callout_again(co->st, row->id, now_s + pause_s, true, cause);
}

static int pause_of(const struct callouts *co, bool busy)
{
	int pause_s = or_else(co->cfg.pause_s, PAUSE_S);

	return busy ? OSMO_MIN(pause_s, BUSY_S) : pause_s;
}

int callout_try_lost(struct callouts *co, const struct callout_row *row, int64_t now_s)
{
	int rc = store_callout_call_ended(co->st, row->id, "lost", now_s);

	return rc < 0 ? rc : try_failed(co, row, "lost", pause_of(co, false), now_s);
}

static int unreached(struct callouts *co, const struct callout_row *row, enum line_unreached why,
		     int64_t now_s)
{
	const char *cause = call_unreached_word(why);

	switch (why) {
	case LINE_NO_SUCH_NUMBER:
		return give_up(co, row, cause, now_s);
	case LINE_NOT_DIALLED:
		return store_callout_again(co->st, row->id, now_s + AGAIN_S, false, cause);
	case LINE_BUSY:
	case LINE_NO_ANSWER:
		break;
	}
	return try_failed(co, row, cause, pause_of(co, why == LINE_BUSY), now_s);
}

/* What is not written down now is found as lost later, for nobody is dialling it any more. */
void callout_try_unreached(struct callout_try *t, enum line_unreached why)
{
	struct callouts *co = t->co;
	int64_t now_s = clock_now_s();
	int rc;

	co->figures.unreached[why]++;
	if (store_begin_soon(co->st) == 0) {
		store_after(co->st, callouts_run_after, co, 0);
		rc = store_callout_call_ended(co->st, t->row.id, call_unreached_word(why), now_s);
		if (rc == 0)
			rc = unreached(co, &t->row, why, now_s);
		if (rc < 0 && rc != -ENOENT)
			store_undo(co->st);
		else
			store_end(co->st);
	}
	try_forget(t);
}

/* ---- in the call: struct call_placed ---- */

static int came(enum call_came how, int64_t now_s, void *data)
{
	struct callout_try *t = data;
	struct callouts *co = t->co;
	int rc = 0;

	switch (how) {
	case CALL_CAME_PERSON:
		co->figures.reached++;
		rc = store_callout_end(co->st, t->row.id, "reached", "heard", now_s);
		break;
	case CALL_CAME_MACHINE:
		co->figures.machine++;
		if (t->row.notice)
			rc = store_callout_end(co->st, t->row.id, "reached", "machine", now_s);
		else
			rc = try_failed(co, &t->row, "machine", pause_of(co, false), now_s);
		break;
	case CALL_CAME_HUNG_UP:
		co->figures.reached++;
		rc = store_callout_end(co->st, t->row.id, "reached", "hung-up", now_s);
		break;
	case CALL_CAME_CUT:
		rc = try_failed(co, &t->row, "hung-up", pause_of(co, false), now_s);
		break;
	}
	return rc == -ENOENT ? 0 : rc;
}

static void gone(void *data)
{
	struct callout_try *t = data;

	try_forget(t);
}

bool callouts_called(struct callouts *co, struct line *ln, const struct line_call *call)
{
	struct callout_try *t = call->outgoing ? try_find(co, ln, call->session) : NULL;
	struct call_placed placed;

	if (!t)
		return false;
	placed = (struct call_placed){
		.row = t->call,
		.notice = t->row.text,
		.language = t->row.language,
		.last_try = t->row.tries >= (unsigned int)or_else(co->cfg.tries, TRIES),
		.came = came,
		.gone = gone,
		.data = t,
	};
	t->dialled = false; /* the call has it from here */
	osmo_timer_del(&t->watchdog);
	calls_placed(co->calls, ln, call->session, &placed);
	return true;
}

bool callouts_unreached(struct callouts *co, struct line *ln, uint64_t session,
			enum line_unreached why)
{
	struct callout_try *t = try_find(co, ln, session);

	if (t)
		callout_try_unreached(t, why);
	return t != NULL;
}

/* ---- dialling ---- */

/* The line told nothing of it: the next try must not wait for that. */
static void told_nothing(void *data)
{
	struct callout_try *t = data;

	LOGP(DFLOW, LOGL_ERROR, "%s: nothing is heard of a call that was dialled: given up\n",
	     t->call.line);
	t->ln->ops->hang_up(t->ln, t->session);
	callout_try_unreached(t, LINE_NO_ANSWER);
}

static void dial(void *data, uint64_t arg, bool ok)
{
	struct callout_try *t = data;
	struct line_dialling dialling = {
		.number = t->row.number,
		.from = t->ln ? t->ln->number : NULL,
		.ring_s = or_else(t->co->cfg.ring_s, RING_S),
		.greeting = true,
	};
	char masked[PHONE_SIZE];

	if (!ok) {
		try_forget(t);
		return;
	}
	if (!t->ln || t->ln->ops->dial(t->ln, &dialling, &t->session) < 0) {
		callout_try_unreached(t, LINE_NOT_DIALLED);
		return;
	}
	t->dialled = true;
	osmo_timer_setup(&t->watchdog, told_nothing, t);
	osmo_timer_schedule(&t->watchdog, dialling.ring_s + MORE_S, 0);
	t->co->figures.dialled++;
	LOGP(DFLOW, LOGL_INFO, "%s: calls %s, %s, try %u\n", t->ln->name,
	     phone_masked(masked, t->row.number), t->row.notice ? "a notice" : "who asked for it",
	     t->row.tries);
}

/* The try is a row, and the call of it, before it is dialled. */
int callout_try_begin(struct callouts *co, const struct callout_row *row, struct line *ln,
		      int64_t now_s)
{
	struct callout_try *t = talloc_zero(co, struct callout_try);
	int rc;

	OSMO_ASSERT(t);
	t->co = co;
	t->ln = ln;
	t->row = *row;
	t->row.text = row->text ? talloc_strdup(t, row->text) : NULL;
	t->row.tries++;
	t->call = (struct call_row){ .person_id = row->person_id,
				     .outgoing = true,
				     .began_s = now_s,
				     .callout_id = row->id };
	OSMO_STRLCPY_ARRAY(t->call.line, ln->name);
	OSMO_STRLCPY_ARRAY(t->call.number, row->number);
	llist_add_tail(&t->list, &co->tries);
	co->n_tries++;
	store_after(co->st, dial, t, 0);
	rc = store_callout_dial(co->st, row->id, ln->name, now_s);
	return rc == 0 ? store_call_add(co->st, &t->call) : rc;
}
