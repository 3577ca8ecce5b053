// SPDX-License-Identifier: AGPL-3.0-or-later
/* callout.c - see callout.h. */
#include "flow/callout.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "log.h"
#include "store/store_notice.h"
#include "wire/utf8.h"

#define TRIES	3
#define PAUSE_S 300
#define BUSY_S	60
#define AGAIN_S 10 /* after our own trouble */
#define RING_S	30
#define MORE_S	30 /* than it may ring: the line tells of it late, or never */
#define AT_ONCE 10
#define OFTEN	6 /* call backs in an hour: a stranger's phone must not be made to ring all day */
#define HOUR_S	3600
#define LOOK_S	5 /* while one waits for the end of a call to the same number */

struct callout_line {
	struct llist_head list;
	struct line *ln;
};

/* One that is dialled, or in its call. */
struct callout_try {
	struct llist_head list;
	struct callouts *co;
	struct line *ln; /* NULL: it went */
	uint64_t session;
	bool dialled;
	struct osmo_timer_list watchdog; /* while it is dialled */
	struct callout_row row;		 /* as it was picked; its text is our own */
	struct call_row call;
};

struct callouts {
	struct store *st;
	struct outbox *ob;
	struct talk *const *talk;
	struct calls *calls;
	struct callout_cfg cfg;
	struct llist_head lines, tries;
	unsigned int n_tries;
	struct callout_figures figures;
	bool running;
	struct osmo_timer_list timer; /* look again */
	void (*room)(void *data);
	void *room_data;
};

/* ---- settings ---- */

static int or_else(int value, int otherwise)
{
	return value ? value : otherwise;
}

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

static int64_t next_notice_hour(const struct callouts *co, int64_t now_s)
{
	struct hours hours = notice_hours(co);

	return hours_next(&hours, 1, now_s, (*co->talk)->zone);
}

/* ---- lines ---- */

static bool can_dial(const struct line *ln)
{
	return ln->state == LINE_UP && ln->ops->dial;
}

/* The one that the person uses, else another; not the one that just could not. */
static struct line *choose_line(const struct callouts *co, const char *wanted, const char *but)
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

/* ---- tries ---- */

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

static struct callout_try *try_find(const struct callouts *co, const struct line *ln,
				    uint64_t session)
{
	struct callout_try *t;

	llist_for_each_entry (t, &co->tries, list)
		if (t->ln == ln && t->dialled && t->session == session)
			return t;
	return NULL;
}

static void tell_room(struct callouts *co)
{
	if (co->room)
		co->room(co->room_data);
}

static void look_in(struct callouts *co, int seconds)
{
	osmo_timer_schedule(&co->timer, seconds, 0);
}

/* There may be room for the next. */
static void try_forget(struct callout_try *t)
{
	osmo_timer_del(&t->watchdog);
	llist_del(&t->list);
	t->co->n_tries--;
	look_in(t->co, 0);
	tell_room(t->co);
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

static void rerun(void *data, uint64_t arg, bool ok)
{
	callouts_run(data);
}

/* What is not written down now is found by look_for_cut_off(), for nobody is dialling it any more. */
static void try_unreached(struct callout_try *t, enum line_unreached why)
{
	struct callouts *co = t->co;
	int64_t now_s = clock_now_s();
	int rc;

	co->figures.unreached[why]++;
	if (store_begin_soon(co->st) == 0) {
		store_after(co->st, rerun, co, 0);
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

/* ---- in the call: of calls.h ---- */

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
		try_unreached(t, why);
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
	try_unreached(t, LINE_NO_ANSWER);
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
		try_unreached(t, LINE_NOT_DIALLED);
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
static int begin_try(struct callouts *co, const struct callout_row *row, struct line *ln,
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
	tell_room(co);
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
		return store_callout_later(co->st, row->id, next_notice_hour(co, now_s));
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
		look_in(co, LOOK_S);
	if (rc <= 0)
		return rc < 0 && rc != -EAGAIN ? rc : 1;
	ln = choose_line(co, p.last_line,
			 strcmp(row.cause, call_unreached_word(LINE_NOT_DIALLED)) == 0 ? row.line
										       : "");
	if (!ln)
		return 0;
	rc = begin_try(co, &row, ln, now_s);
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
		rc = store_callout_call_ended(co->st, row.id, "lost", now_s);
		if (rc == 0)
			rc = try_failed(co, &row, "lost", pause_of(co, false), now_s);
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
		look_in(co, LOOK_S);
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
	unsigned int at_once = or_else(co->cfg.at_once, AT_ONCE);
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

/* ---- what is asked for ---- */

/* Only telephones: neither short codes nor ourselves. */
static bool can_be_called(const struct callouts *co, const char *number)
{
	const struct callout_line *cl;

	if (number[0] != '+' || !phone_can_answer(number))
		return false;
	llist_for_each_entry (cl, &co->lines, list)
		if (cl->ln->number && strcmp(cl->ln->number, number) == 0)
			return false;
	return true;
}

const char *callouts_back(struct callouts *co, const struct dialogue_turn *turn, const char **shown)
{
	struct callout_row row = { .person_id = turn->person_id,
				   .due_s = turn->now_s,
				   .created_s = turn->now_s };
	struct person p;
	struct line *ln;
	int often;

	if (!co->calls || !can_be_called(co, turn->number))
		return "none";
	if (calls_talk_to(co->calls, turn->number))
		return "talking";
	often = store_callout_recent(co->st, turn->number, turn->now_s - HOUR_S);
	if (often < 0 || store_person_by_id(co->st, turn->person_id, &p) < 0)
		return NULL;
	ln = choose_line(co, p.last_line, "");
	if (!ln)
		return "none";
	if (often >= OFTEN)
		return "often";
	OSMO_STRLCPY_ARRAY(row.number, turn->number);
	switch (store_callout_add(co->st, &row)) {
	case 0:
		*shown = ln->number;
		store_after(co->st, rerun, co, 0);
		return "now";
	case -EEXIST:
		return "already";
	}
	return NULL;
}

static bool is_text(const char *text)
{
	size_t len = strlen(text);
	uint32_t character;
	int n;

	if (!text[strspn(text, " \t\r\n")] || len > CALLOUT_TEXT_MAX)
		return false;
	for (; len > 0; text += n, len -= n) {
		n = utf8_read(&character, text, len);
		if (n <= 0)
			return false;
	}
	return true;
}

static bool speaks(const struct talk *talk, const char *language)
{
	for (size_t i = 0; talk->languages[i]; i++)
		if (strcmp(talk->languages[i], language) == 0)
			return true;
	return false;
}

int callout_notice(struct callouts *co, const char *number, const char *language, const char *text,
		   int64_t notice_id, struct callout_row *row)
{
	int64_t now_s = clock_now_s();
	struct person p;
	int rc;

	if (!can_be_called(co, number) || !is_text(text) ||
	    (language && !speaks(*co->talk, language)))
		return -EINVAL;
	rc = store_person_get(co->st, number, now_s, &p);
	if (rc < 0)
		return rc;
	if (p.stopped || p.blocked)
		return -EPERM;
	*row = (struct callout_row){ .notice = true,
				     .person_id = p.id,
				     .text = (char *)text,
				     .due_s = next_notice_hour(co, now_s),
				     .created_s = now_s,
				     .notice_id = notice_id };
	OSMO_STRLCPY_ARRAY(row->number, number);
	OSMO_STRLCPY_ARRAY(row->language, language ? language : "");
	OSMO_STRLCPY_ARRAY(row->state, "waiting");
	rc = store_callout_add(co->st, row);
	if (rc == 0)
		store_after(co->st, rerun, co, 0);
	return rc;
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
			try_unreached(t, LINE_NO_ANSWER);
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
