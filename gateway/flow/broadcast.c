// SPDX-License-Identifier: AGPL-3.0-or-later
/* broadcast.c - see broadcast.h: what is done next with a notice.
 *
 *   gathering -> draft, or waiting -> running -> done
 *   running -> waiting (quiet hours), paused (by staff, or after its canary part), expired, cancelled
 *   gathering, draft -> lapsed (its list did not come to its end, or nobody sent it in time)
 */
#include "flow/broadcast.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/broadcast_int.h"
#include "log.h"

#define DAY_S	    86400
#define MINUTE_MS   60000
#define GATHER_MAX  500 /* rows looked at in a step */
#define STOCK_MIN   16	/* texts of a notice in the outbox, so that lines never wait for us */
#define STOCK_TIMES 4	/* as many as the lines take at once */
#define AGAIN_S	    5	/* the database refused */
#define STILL_S	    900 /* a notice that does not move for so long is an alarm */

static struct broadcast_run *run_of(struct broadcast *bc, int64_t id)
{
	struct broadcast_run *run;

	llist_for_each_entry (run, &bc->runs, list)
		if (run->id == id)
			return run;
	run = talloc_zero(bc, struct broadcast_run);
	OSMO_ASSERT(run);
	run->id = id;
	run->follow.seen = -1;
	llist_add_tail(&run->list, &bc->runs);
	return run;
}

static void run_end(struct broadcast *bc, int64_t id)
{
	struct broadcast_run *run = run_of(bc, id);

	llist_del(&run->list);
	talloc_free(run);
}

static void look(struct broadcast *bc)
{
	if (!osmo_timer_pending(&bc->work))
		osmo_timer_schedule(&bc->work, 0, 0);
}

void broadcast_look(struct broadcast *bc)
{
	look(bc);
}

void broadcast_on_draft(struct broadcast *bc, int (*told)(const struct notice *notice, void *data),
			void *data)
{
	bc->told = told;
	bc->told_data = data;
}

/* ---- taking one ---- */

static int check(void *ctx, struct broadcast *bc, struct notice *n, char **error)
{
	struct audience *audience = talloc_zero(ctx, struct audience);
	struct notice first;
	int rc = notice_words_check(ctx, bc, n->words, error);

	if (rc == 0 && n->voice)
		rc = notice_voice_check(ctx, n->words, error);
	if (rc == 0 && n->expires_s <= OSMO_MAX(n->start_s, clock_now_s())) {
		*error = talloc_strdup(ctx, "it expires before it starts");
		rc = -EINVAL;
	}
	if (rc == 0 && (n->kind != NOTICE_ALERT) != (n->follows_id != 0)) {
		*error = talloc_strdup(ctx, "an update or a cancel follows a notice: say which");
		rc = -EINVAL;
	}
	if (rc == 0 && n->follows_id) {
		rc = store_notice_get(ctx, bc->st, n->follows_id, &first);
		if (rc == -ENOENT)
			*error = talloc_asprintf(ctx, "there is no notice %lld to follow",
						 (long long)n->follows_id);
		if (rc == 0 && !n->list[0])
			n->list = first.list;
		if (rc == 0)
			n->voice |= first.voice;
	} else if (rc == 0) {
		rc = audience_read(ctx, bc, n->audience, audience, error);
	}
	talloc_free(audience);
	return rc;
}

/* As residents write it behind STOP. */
static const char *trimmed(void *ctx, const char *list)
{
	size_t len;

	if (!list)
		return "";
	list += strspn(list, " \t");
	for (len = strlen(list); len > 0 && strchr(" \t", list[len - 1]); len--)
		;
	return talloc_strndup(ctx, list, len);
}

int broadcast_add(void *ctx, struct broadcast *bc, struct notice *n, char **error)
{
	int64_t now_s = clock_now_s();
	int rc;

	n->created_s = now_s;
	if (!n->start_s)
		n->start_s = now_s;
	if (!n->expires_s)
		n->expires_s = OSMO_MAX(n->start_s, now_s) + DAY_S;
	if (n->quiet_from_min < 0) {
		n->quiet_from_min = bc->cfg.quiet_from_min;
		n->quiet_to_min = bc->cfg.quiet_to_min;
	}
	if (!n->audience)
		n->audience = "{}";
	n->list = trimmed(ctx, n->list);
	rc = check(ctx, bc, n, error);
	if (rc < 0)
		return rc;
	n->state = NOTICE_GATHERING;
	n->taking &= !n->follows_id; /* that goes to whom the first one reached */
	n->due_s = n->taking ? now_s + BROADCAST_TAKING_S : 0;
	rc = store_notice_add(bc->st, n);
	if (rc < 0)
		return rc;
	if (n->kind == NOTICE_CANCEL)
		rc = broadcast_cancel(bc, n->follows_id);
	look(bc);
	return rc == -EINVAL ? 0 : rc; /* the first had ended */
}

/* ---- who gets it ---- */

static int gather_begin(struct broadcast *bc, struct broadcast_run *run, const struct notice *n)
{
	char *error = NULL;
	int rc = 0;

	run->audience = talloc_zero(run, struct audience);
	OSMO_ASSERT(run->audience);
	if (n->follows_id) {
		run->audience->n = 1;
		run->audience->queries[0] = (struct recipient_query){ .source = SOURCE_NOTICE,
								      .ref = n->follows_id };
	} else {
		rc = audience_read(run->audience, bc, n->audience, run->audience, &error);
	}
	if (rc != -EINVAL && rc != -ENOENT)
		return rc;
	LOGP(DFLOW, LOGL_ERROR, "notice %lld: %s\n", (long long)n->id, error);
	return 0; /* whom the register does not know any more nobody can be found for */
}

/* Who gets it is known. */
static int gathered(struct broadcast *bc, struct notice *n)
{
	int rc;

	n->state = n->go ? NOTICE_WAITING : NOTICE_DRAFT;
	n->due_s = n->go ? 0 : n->expires_s;
	rc = store_notice_put(bc->st, n, clock_now_s());
	return rc == 0 && !n->go && bc->told ? bc->told(n, bc->told_data) : rc;
}

/* \returns 1 there is more; 0; -EIO */
static int gather(struct broadcast *bc, struct notice *n)
{
	struct broadcast_run *run = run_of(bc, n->id);
	int rc = run->audience ? 0 : gather_begin(bc, run, n);

	if (rc == 0 && run->at < run->audience->n) {
		struct recipient_cursor cursor = run->cursor;

		rc = store_recipients_gather(bc->st, n, &run->audience->queries[run->at],
					     GATHER_MAX, &cursor);
		if (rc < 0)
			return rc;
		run->cursor = cursor.done ? (struct recipient_cursor){} : cursor;
		run->at += cursor.done;
	}
	if (rc < 0)
		return rc;
	if (run->at < run->audience->n)
		return 1;
	if (n->taking)
		return 0;
	TALLOC_FREE(run->audience);
	rc = gathered(bc, n);
	return rc < 0 ? rc : n->go;
}

int broadcast_taken(struct broadcast *bc, int64_t id)
{
	int rc = store_notice_taken(bc->st, id);

	look(bc);
	return rc == -ENOENT ? -ESTALE : rc;
}

/* ---- sending ---- */

/* How many more texts may be queued now. */
static int64_t room(struct broadcast *bc, struct broadcast_run *run, const struct notice *n,
		    int64_t calls)
{
	int64_t stock = OSMO_MAX((int64_t)outbox_window(bc->ob) * STOCK_TIMES, STOCK_MIN);
	int64_t left = stock - (n->queued - calls), now_ms = clock_now_ms();
	int64_t out = n->queued + n->sent + n->delivered + n->failed;

	if (n->canary)
		left = OSMO_MIN(left, (int64_t)n->canary - out);
	if (!n->pace)
		return left;
	if (now_ms - run->minute_ms >= MINUTE_MS || now_ms < run->minute_ms) {
		run->minute_ms = now_ms;
		run->in_minute = 0;
	}
	return OSMO_MIN(left, (int64_t)n->pace - run->in_minute);
}

static int send_to(struct broadcast *bc, const struct notice *n, const json_t *words,
		   const struct recipient *r)
{
	const char *text = notice_words(bc, words, r->language);
	int rc = -EINVAL;

	if (n->voice && notice_is_land_line(bc, r->number))
		return store_recipient_put(bc->st, n->id, r->number, RECIPIENT_TO_CALL);
	if (phone_can_answer(r->number))
		rc = outbox_queue_notice(bc->ob, n->id, r->number, text, n->expires_s);
	if (rc < 0 && rc != -EINVAL)
		return rc;
	return store_recipient_put(bc->st, n->id, r->number,
				   rc == 0 ? RECIPIENT_QUEUED : RECIPIENT_SKIPPED);
}

/* \returns how many were due; -EIO */
static int fill(struct broadcast *bc, struct broadcast_run *run, const struct notice *n,
		int64_t max)
{
	json_t *words = json_loads(n->words, 0, NULL);
	struct recipient *due = talloc_array(run, struct recipient, max);
	int count, rc = 0;

	OSMO_ASSERT(words && due);
	count = store_recipients_due(bc->st, n, due, max);
	for (int i = 0; i < count && rc == 0; i++)
		rc = send_to(bc, n, words, &due[i]);
	if (rc == 0 && count > 0)
		run->in_minute += count;
	talloc_free(due);
	json_decref(words);
	return rc < 0 ? rc : count;
}

static bool is_one_to_call(struct broadcast *bc, const struct notice *n)
{
	struct recipient one;

	return store_recipients_to_call(bc->st, n, &one, 1) > 0;
}

/* Everybody has had it.  Where max is 0 (a pace, used up for this minute) somebody may be left.
 * \returns 1; 0; -EIO */
static int is_over(struct broadcast *bc, const struct notice *n, int64_t max)
{
	struct recipient one;
	int left = 0;

	if (n->queued > 0)
		return 0;
	if (max <= 0)
		left = store_recipients_due(bc->st, n, &one, 1);
	if (left != 0)
		return OSMO_MIN(left, 0);
	return !(n->voice && is_one_to_call(bc, n));
}

static bool is_canary_out(const struct notice *n)
{
	return n->canary && n->sent + n->delivered + n->failed >= n->canary && n->queued == 0;
}

int broadcast_alarm(struct broadcast *bc, int64_t id, const char *detail)
{
	char what[32];
	int rc;

	snprintf(what, sizeof(what), "notice %lld", (long long)id);
	rc = store_alarm(bc->st, what, detail != NULL, detail ? detail : "", clock_now_s());
	return rc == -EEXIST || rc == -ENOENT ? 0 : rc;
}

/* The operator hears of one that does not get further: no line is up, or they take nothing. */
static int look_still(struct broadcast *bc, struct broadcast_run *run, const struct notice *n,
		      int64_t now_s)
{
	int64_t moved = n->sent + n->delivered + n->failed + n->skipped;
	int rc = 0;

	if (!run->looked || moved != run->moved) {
		if (run->still || !run->looked)
			rc = broadcast_alarm(bc, n->id, NULL);
		run->looked = true;
		run->still = false;
		run->moved = moved;
		run->moved_s = now_s;
	} else if (!run->still && now_s - run->moved_s >= STILL_S) {
		LOGP(DFLOW, LOGL_ERROR, "notice %lld stands still: do the lines send?\n",
		     (long long)n->id);
		run->still = true;
		rc = broadcast_alarm(bc, n->id, "it stands still: do the lines send?");
	}
	return rc;
}

/* When time alone changes something: it expires, quiet hours begin, or it has stood still. */
static void set_due(struct broadcast *bc, struct broadcast_run *run, struct notice *n,
		    int64_t now_s)
{
	if (run->quiet_s <= now_s)
		run->quiet_s = notice_quiet(bc, n, now_s);
	if (n->due_s <= now_s || n->due_s > run->moved_s + STILL_S)
		n->due_s = OSMO_MAX(run->moved_s, now_s) + STILL_S;
	n->due_s = OSMO_MIN(n->due_s, OSMO_MIN(n->expires_s, run->quiet_s));
}

/* \returns 1 the next look is at once; 0; -EIO */
static int run_on(struct broadcast *bc, struct notice *n, int64_t now_s)
{
	struct broadcast_run *run = run_of(bc, n->id);
	struct notice before = *n;
	int64_t calls = n->voice ? store_notice_calls(bc->st, n->id) : 0;
	int64_t max = room(bc, run, n, calls);
	int count = max > 0 ? fill(bc, run, n, max) : 0, called = 0, more = 0, over;
	bool all = true;

	if (count == 0 && n->voice)
		called = notice_call_some(bc, n, calls);
	if (count < 0 || called < 0)
		return -EIO;
	if (n->follows_id && count == 0 && n->queued == 0)
		run->moved_s = now_s; /* it waits for the notice before it */
	if (look_still(bc, run, n, now_s) < 0)
		return -EIO;
	set_due(bc, run, n, now_s);
	if (count > 0 || called > 0) {
		if (n->due_s != before.due_s && store_notice_put(bc->st, n, now_s) < 0)
			return -EIO;
		return count > 0 ? count < max : 1;
	}
	if (n->follows_id)
		more = notice_follow(bc, run, n, now_s, &all);
	if (more != 0)
		return more;
	over = is_over(bc, n, max);
	if (over < 0)
		return -EIO;
	if (over && all) {
		n->state = NOTICE_DONE;
		run_end(bc, n->id);
	} else if (is_canary_out(n)) {
		LOGP(DFLOW, LOGL_NOTICE, "notice %lld: the first %u have it; it waits for a look\n",
		     (long long)n->id, n->canary);
		n->state = NOTICE_PAUSED;
	} else if (n->pace && run->in_minute >= n->pace) {
		n->due_s = OSMO_MIN(n->due_s, run->minute_ms / 1000 + 61);
	}
	if (n->state == before.state && n->due_s == before.due_s)
		return 0;
	return store_notice_put(bc->st, n, now_s);
}

/* What time says. \returns true if it says so */
static bool by_time(struct broadcast *bc, struct notice *n, int64_t now_s)
{
	enum notice_state before = n->state;
	int64_t from_s = notice_loud(bc, n, OSMO_MAX(n->start_s, now_s));

	if (now_s >= n->expires_s)
		n->state = NOTICE_EXPIRED;
	else if (n->state == NOTICE_PAUSED)
		n->due_s = n->expires_s;
	else if (from_s > now_s)
		n->state = NOTICE_WAITING;
	else
		n->state = NOTICE_RUNNING;
	if (n->state == NOTICE_WAITING)
		n->due_s = OSMO_MIN(from_s, n->expires_s);
	return n->state != before || n->state == NOTICE_WAITING;
}

static int draft(struct broadcast *bc, struct notice *n, int64_t now_s)
{
	int rc = n->taking ? notice_lapse(bc, n, now_s) : notice_draft_due(bc, n, now_s);

	if (rc == 0 && notice_has_ended(n->state))
		run_end(bc, n->id);
	return rc;
}

/* One step of one notice. \returns 1 there is more to do; 0; -EIO */
static int advance(struct broadcast *bc, struct notice *n)
{
	int64_t now_s = clock_now_s();
	int rc = 0;

	if (n->state == NOTICE_DRAFT || (n->taking && now_s >= n->due_s))
		return draft(bc, n, now_s);
	if (n->state == NOTICE_GATHERING)
		return gather(bc, n);
	if (by_time(bc, n, now_s)) {
		if (n->state != NOTICE_RUNNING)
			rc = store_notice_withdraw(bc->st, n->id, now_s);
		else
			n->due_s = n->expires_s;
		if (rc >= 0)
			rc = store_notice_put(bc->st, n, now_s);
		if (rc == 0 && n->state == NOTICE_EXPIRED) {
			rc = broadcast_alarm(bc, n->id, NULL);
			run_end(bc, n->id);
		}
		return rc < 0 ? rc : n->state == NOTICE_RUNNING;
	}
	return n->state == NOTICE_RUNNING ? run_on(bc, n, now_s) : 0;
}

/* What it is now is read inside the step: another program may have written until then. */
static int advance_now(struct broadcast *bc, int64_t id)
{
	void *ctx = talloc_new(bc);
	struct notice n;
	int rc = store_notice_get(ctx, bc->st, id, &n);

	if (rc == 0 && !notice_has_ended(n.state))
		rc = advance(bc, &n);
	talloc_free(ctx);
	return rc == -ENOENT ? 0 : rc;
}

static int step(struct broadcast *bc, int64_t id)
{
	int rc;

	if (store_begin(bc->st) < 0)
		return -EIO;
	rc = advance_now(bc, id);
	if (rc < 0)
		store_undo(bc->st);
	else
		store_end(bc->st);
	return rc;
}

/* So that an estimate beside the running line knows its pace. */
static void remember_pace(struct broadcast *bc)
{
	double pace = outbox_parts_a_second(bc->ob);
	char text[32];

	if (pace <= 0 || fabs(pace - bc->pace) < pace / 10)
		return;
	bc->pace = pace;
	snprintf(text, sizeof(text), "%.3f", pace);
	if (store_begin(bc->st) < 0)
		return;
	if (store_remember(bc->st, PACE_OWNER, PACE_KEY, text) < 0)
		store_undo(bc->st);
	else
		store_end(bc->st);
}

/* All that are open, a step each; gathering comes back at once, so that others have their turn between. */
static void work(void *data)
{
	struct broadcast *bc = data;
	struct notice n = {};
	void *ctx = talloc_new(bc);
	bool more = false, failed = false;

	while (store_notice_open(ctx, bc->st, n.id, &n) == 0) {
		int rc = step(bc, n.id);

		more |= rc > 0;
		failed |= rc < 0;
	}
	if (n.id)
		remember_pace(bc);
	talloc_free(ctx);
	if (more)
		osmo_timer_schedule(&bc->work, 0, 0);
	else if (failed)
		osmo_timer_schedule(&bc->work, AGAIN_S, 0);
}

int broadcast_gather(struct broadcast *bc, int64_t id, void (*progress)(int64_t people, void *data),
		     void *data)
{
	struct notice n = {};
	int rc;

	do {
		void *ctx = talloc_new(bc);

		rc = store_notice_get(ctx, bc->st, id, &n);
		if (rc == 0 && progress)
			progress(n.recipients, data);
		if (rc == 0 && n.state == NOTICE_GATHERING)
			rc = step(bc, id);
		else if (rc == 0)
			id = 0;
		if (rc >= 0)
			rc = store_commit(bc->st);
		talloc_free(ctx);
	} while (rc >= 0 && id);
	return rc;
}

void broadcast_due(struct broadcast *bc, int64_t now_s)
{
	look(bc);
}

/* Lines have taken some: from inside the outbox's step. */
static void has_room(void *data)
{
	struct broadcast *bc = data;

	if (!llist_empty(&bc->runs) || bc->co)
		look(bc);
}

/* ---- what staff say ---- */

int broadcast_go(struct broadcast *bc, int64_t id)
{
	void *ctx = talloc_new(bc);
	struct notice n;
	int rc = store_notice_get(ctx, bc->st, id, &n);

	if (rc == 0 && (notice_has_ended(n.state) || n.state == NOTICE_RUNNING ||
			(n.go && n.state == NOTICE_WAITING)))
		rc = -EINVAL;
	if (rc == 0 && n.taking)
		rc = -EAGAIN;
	if (rc == 0) {
		if (is_canary_out(&n))
			n.canary = 0;
		n.go = true;
		if (n.state != NOTICE_GATHERING)
			n.state = NOTICE_WAITING;
		n.due_s = 0;
		rc = store_notice_put(bc->st, &n, clock_now_s());
		if (rc == 0)
			rc = broadcast_alarm(bc, id, NULL);
		if (rc == 0)
			rc = store_notice_reopen(bc->st, id, clock_now_s());
		look(bc);
	}
	talloc_free(ctx);
	return OSMO_MIN(rc, 0);
}

static int hold(struct broadcast *bc, int64_t id, enum notice_state state)
{
	void *ctx = talloc_new(bc);
	struct notice n;
	int64_t now_s = clock_now_s();
	int rc = store_notice_get(ctx, bc->st, id, &n);

	if (rc == 0 &&
	    (notice_has_ended(n.state) || n.state == state ||
	     (state == NOTICE_PAUSED && n.state != NOTICE_RUNNING && n.state != NOTICE_WAITING)))
		rc = -EINVAL;
	if (rc == 0)
		rc = store_notice_withdraw(bc->st, id, now_s);
	if (rc >= 0) {
		n.state = state;
		n.due_s = n.expires_s;
		rc = store_notice_put(bc->st, &n, now_s);
	}
	if (rc == 0)
		rc = broadcast_alarm(bc, id, NULL);
	if (rc == 0 && state == NOTICE_CANCELLED)
		run_end(bc, id);
	talloc_free(ctx);
	return rc;
}

int broadcast_pause(struct broadcast *bc, int64_t id)
{
	return hold(bc, id, NOTICE_PAUSED);
}

int broadcast_cancel(struct broadcast *bc, int64_t id)
{
	return hold(bc, id, NOTICE_CANCELLED);
}

/* ---- life ---- */

const struct broadcast_cfg *broadcast_cfg_of(const struct broadcast *bc)
{
	return &bc->cfg;
}

void broadcast_configure(struct broadcast *bc, const struct broadcast_cfg *cfg)
{
	void *texts = talloc_new(bc);

	OSMO_ASSERT(texts);
	talloc_free(bc->texts);
	bc->texts = texts;
	bc->cfg = *cfg;
	bc->cfg.currency = talloc_strdup(texts, cfg->currency ? cfg->currency : "EUR");
	bc->cfg.land_lines = talloc_strdup(texts, cfg->land_lines ? cfg->land_lines : LAND_LINES);
	bc->cfg.cap_sender = talloc_strdup(texts, cfg->cap_sender);
}

void broadcast_use(struct broadcast *bc, struct callouts *co)
{
	if (bc->co)
		callouts_feed(bc->co, NULL, NULL);
	bc->co = co;
	if (co)
		callouts_feed(co, has_room, bc);
	look(bc);
}

double broadcast_pace(const struct broadcast *bc)
{
	return outbox_parts_a_second(bc->ob);
}

static int broadcast_unlink(struct broadcast *bc)
{
	osmo_timer_del(&bc->work);
	outbox_feed(bc->ob, NULL, NULL);
	if (bc->co)
		callouts_feed(bc->co, NULL, NULL);
	return 0;
}

struct broadcast *broadcast_alloc(void *ctx, struct store *st, struct outbox *ob, struct desk *desk,
				  struct talk *const *talk, const struct broadcast_cfg *cfg)
{
	struct broadcast *bc = talloc_zero(ctx, struct broadcast);

	OSMO_ASSERT(bc);
	bc->st = st;
	bc->ob = ob;
	bc->desk = desk;
	bc->talk = talk;
	INIT_LLIST_HEAD(&bc->runs);
	osmo_timer_setup(&bc->work, work, bc);
	broadcast_configure(bc, cfg);
	outbox_feed(ob, has_room, bc);
	talloc_set_destructor(bc, broadcast_unlink);
	look(bc);
	return bc;
}
