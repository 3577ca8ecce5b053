// SPDX-License-Identifier: AGPL-3.0-or-later
/* session.c - see session.h.
 *
 * A session is either at rest (its page is shown) or busy: something was said, and its step is not
 * durable yet.  What cannot be stored now waits in a row and is tried again; when that takes too long the
 * phone hears that a text will come, and the session goes on without it (ln NULL) as a text would. */
#include "flow/session_int.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/turn.h"
#include "log.h"

#define AGAIN_FIRST_MS 200 /* doubles with every try */
#define AGAIN_MAX_MS   2000
#define GIVE_UP_S      600 /* what could not be stored so long is not worth a text any more */

static struct session *session_find(struct sessions *ss, const struct line *ln, uint64_t id)
{
	struct session *s;

	llist_for_each_entry (s, &ss->open, list)
		if (s->ln == ln && s->id == id)
			return s;
	return NULL;
}

static int session_unlink(struct session *s)
{
	llist_del(&s->list);
	if (s->waits) {
		llist_del(&s->row);
		s->ss->figures.waiting--;
	}
	return 0;
}

static struct session *session_alloc(struct sessions *ss, struct line *ln, uint64_t id)
{
	struct session *s = talloc_zero(ss, struct session);

	OSMO_ASSERT(s);
	s->ss = ss;
	s->ln = ln;
	s->id = id;
	OSMO_STRLCPY_ARRAY(s->line, ln->name);
	OSMO_STRLCPY_ARRAY(s->code, ln->code);
	s->ours = ln->number ? talloc_strdup(s, ln->number) : NULL;
	s->texts = ln->ops->submit;
	s->handset = ln->ops->resend_safe;
	s->page_octets = ln->page_octets;
	llist_add_tail(&s->list, &ss->open);
	talloc_set_destructor(s, session_unlink);
	return s;
}

static void refuse(struct line *ln, uint64_t id, enum line_refusal why)
{
	if (ln->ops->refuse)
		ln->ops->refuse(ln, id, why);
}

/* ---- after the commit ---- */

/* The row is as this session's turn left it: what it did has been read. */
static int mark_seen(void *ctx, const struct session *s, const struct session_result *res)
{
	struct store *st = s->ss->st;
	struct dialogue_turn turn;
	struct dialogue_row row;
	struct person p;
	int rc = store_dialogue_get(ctx, st, res->person_id, &row);

	if (rc == 0 && strcmp(row.state, res->state) != 0)
		return 0; /* a newer turn has taken over */
	if (rc == 0)
		rc = store_person_by_id(st, res->person_id, &p);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	session_turn_init(s, &turn, &p, clock_now_s());
	row.state = dialogue_seen(ctx, row.state, &turn);
	if (!row.state)
		return store_dialogue_drop(st, p.id);
	return store_dialogue_put(st, &row, turn.now_s);
}

/* If this fails what was done is said once more, by text: no harm. */
static void seen(const struct session *s, const struct session_result *res)
{
	struct store *st = s->ss->st;
	void *ctx;

	if (!res->state || store_begin_soon(st) < 0)
		return;
	ctx = talloc_new(s->ss);
	if (mark_seen(ctx, s, res) < 0)
		store_undo(st);
	else
		store_end(st);
	talloc_free(ctx);
}

/* Its turn was stored as a page, and only then the phone was told that a text comes. */
static void text_page(struct session *s, const struct session_result *res)
{
	struct sessions *ss = s->ss;

	if (!res->page || !res->number[0] || store_begin_soon(ss->st) < 0)
		return;
	if (outbox_queue(ss->ob, res->number, OUTBOX_REPLY, "", res->page, 0) < 0) {
		store_undo(ss->st);
		return;
	}
	store_end(ss->st);
	ss->figures.texted++;
	seen(s, res);
}

static void page_failed(const struct session *s, const struct session_result *res, int rc)
{
	char masked[PHONE_SIZE];

	LOGP(DFLOW, LOGL_ERROR, "%s: a page for %s cannot be shown (%s)\n", s->line,
	     res->number[0] ? phone_masked(masked, res->number) : "a new SIM",
	     rc == -EMSGSIZE ? "too long: shorten the words" : strerror(-rc));
}

/* The line may answer from inside reply(), even with what is said or with the end of the session. */
static void give_page(struct session *s, const struct session_result *res)
{
	struct sessions *ss = s->ss;
	struct line *ln = s->ln;
	uint64_t id = s->id;
	int rc;

	if (res->last)
		s->ln = NULL;
	rc = ln->ops->reply(ln, id, res->page, res->last);
	if (rc < 0 && rc != -ENOENT) {
		page_failed(s, res, rc);
		refuse(ln, id, LINE_NOT_NOW);
	}
	if (res->last) {
		if (rc == 0)
			seen(s, res);
		talloc_free(s);
	} else if (rc < 0 && session_find(ss, ln, id) == s) {
		talloc_free(s);
	}
}

/* The newest session of a person is the one that goes on. */
static void displace_others(const struct session *s)
{
	struct session *other;

	llist_for_each_entry (other, &s->ss->open, list)
		if (other != s && other->number && strcmp(other->number, s->number) == 0)
			other->displaced = true;
}

static void now_known(struct session *s, const char *number, bool proved)
{
	if (!s->number)
		s->number = talloc_strdup(s, number);
	s->proved = proved;
	displace_others(s);
}

static void take_result(struct session *s)
{
	struct session_result *res = talloc_steal(s->ss, s->result);

	s->ss->figures.turns++;
	s->ss->figures.resumed += res->resumed;
	if (res->number[0] && (s->path || !s->number))
		now_known(s, res->number, res->proved);
	s->busy = false;
	s->result = NULL;
	TALLOC_FREE(s->path);
	TALLOC_FREE(s->text);
	if (!s->ln) {
		if (s->promised)
			text_page(s, res);
		talloc_free(s);
	} else if (res->refused || !res->page) {
		refuse(s->ln, s->id, LINE_NOT_NOW);
		talloc_free(s);
	} else {
		give_page(s, res);
	}
	talloc_free(res);
}

static void wait_for_store(struct session *s);

/* Undone for a reason of its own, or with the whole group: the latter concerns all. */
static void stored(void *data, uint64_t arg, bool ok)
{
	struct session *s = data;

	s->storing = false;
	if (!s->undone)
		s->ss->stuck = !ok;
	if (ok)
		take_result(s);
	else
		wait_for_store(s);
}

/* ---- trying until it is stored ---- */

/* \returns false: the database cannot be written, nothing was tried */
static bool try_step(struct session *s)
{
	struct store *st = s->ss->st;
	void *ctx;
	int rc;

	if (store_begin_soon(st) < 0) {
		s->ss->stuck = true;
		return false;
	}
	talloc_free(s->result);
	s->result = talloc_zero(s, struct session_result);
	OSMO_ASSERT(s->result);
	ctx = talloc_new(s->ss);
	s->storing = true;
	store_after(st, stored, s, 0);
	rc = session_take(ctx, s);
	s->undone = rc < 0;
	if (rc < 0)
		store_undo(st);
	else
		store_end(st);
	talloc_free(ctx);
	return true;
}

static void again_later(struct sessions *ss)
{
	ss->again_ms = ss->again_ms ? OSMO_MIN(2 * ss->again_ms, AGAIN_MAX_MS) : AGAIN_FIRST_MS;
	osmo_timer_schedule(&ss->again, ss->again_ms / 1000, ss->again_ms % 1000 * 1000);
}

static void wait_for_store(struct session *s)
{
	struct sessions *ss = s->ss;

	if (llist_empty(&ss->waiting))
		LOGP(DFLOW, LOGL_NOTICE, "%s: what is said cannot be stored now: tried again\n",
		     s->line);
	llist_add_tail(&s->row, &ss->waiting);
	s->waits = true;
	ss->figures.waiting++;
	if (!osmo_timer_pending(&ss->again))
		again_later(ss);
}

static void leave_row(struct session *s)
{
	llist_del(&s->row);
	s->waits = false;
	s->ss->figures.waiting--;
}

static void give_up(struct session *s)
{
	char masked[PHONE_SIZE];

	LOGP(DFLOW, LOGL_ERROR, "%s: what %s said could not be stored for %d minutes: given up\n",
	     s->line, s->number ? phone_masked(masked, s->number) : "someone", GIVE_UP_S / 60);
	if (s->ln)
		refuse(s->ln, s->id, LINE_NOT_NOW);
	talloc_free(s);
}

/* Each once: what fails again stands at the end of the row then. */
static void try_waiting(void *data)
{
	struct sessions *ss = data;
	size_t n = ss->figures.waiting;

	while (n-- > 0 && !llist_empty(&ss->waiting)) {
		struct session *s = llist_first_entry(&ss->waiting, struct session, row);

		if (clock_now_s() - s->said_s >= GIVE_UP_S) {
			give_up(s);
			continue;
		}
		leave_row(s);
		if (try_step(s))
			continue;
		llist_add(&s->row, &ss->waiting);
		s->waits = true;
		ss->figures.waiting++;
		break;
	}
	if (llist_empty(&ss->waiting))
		ss->again_ms = 0;
	else
		again_later(ss);
}

/* ---- from the line ---- */

/* What follows the code: "1*3" of "*140*1*3#" when "*140#" is ours.  NULL: not ours. */
static char *path_of(void *ctx, const char *ours, const char *dialled)
{
	size_t base = strcspn(ours, "#");
	size_t len;

	if (strncmp(ours, dialled, base) != 0)
		return NULL;
	dialled += base;
	if (*dialled && *dialled != '*' && *dialled != '#')
		return NULL;
	dialled += *dialled == '*';
	len = strlen(dialled);
	while (len > 0 && dialled[len - 1] == '#')
		len--;
	return len < SUBSCRIBER_PATH_SIZE ? talloc_strndup(ctx, dialled, len) : NULL;
}

static bool begin(struct session *s, const char *dialled)
{
	s->path = path_of(s, s->code, dialled);
	if (s->path) {
		s->ss->figures.begun++;
		return true;
	}
	LOGP(DFLOW, LOGL_NOTICE, "%s: %s is not our code %s: refused\n", s->line, dialled, s->code);
	refuse(s->ln, s->id, LINE_NO_SUCH_CODE);
	return false;
}

/* Who it is, as far as the line knows.  An IMSI that is too long is none; a network may tell a number as it
 * is dialled within the country. */
static bool identify(struct session *s, const struct line_said *said)
{
	char number[PHONE_SIZE];

	if (said->number && !s->number &&
	    phone_normalise(number, said->number, (*s->ss->talk)->country) == 0 &&
	    phone_can_answer(number))
		s->number = talloc_strdup(s, number);
	if (said->subscriber && !s->imsi && strlen(said->subscriber) < SUBSCRIBER_IMSI_SIZE)
		s->imsi = talloc_strdup(s, said->subscriber);
	if (s->number || s->imsi)
		return true;
	LOGP(DFLOW, LOGL_NOTICE, "%s: a session of nobody: refused\n", s->line);
	refuse(s->ln, s->id, LINE_NOT_NOW);
	return false;
}

/* Take down what was said.  false: it goes no further, and was refused */
static bool take_down(struct session *s, const struct line_said *said)
{
	if (s->displaced) {
		refuse(s->ln, s->id, LINE_NOT_NOW);
		return false;
	}
	if (!identify(s, said))
		return false;
	if (said->code && !begin(s, said->code))
		return false;
	if (!said->code)
		s->text = talloc_strdup(s, said->text ? said->text : "");
	s->said_s = clock_now_s();
	s->busy = true;
	return true;
}

void sessions_said(struct sessions *ss, struct line *ln, const struct line_said *said)
{
	struct session *s = session_find(ss, ln, said->session);

	if (!ln->code || (!s && !said->code)) {
		refuse(ln, said->session, LINE_NOT_NOW);
		return;
	}
	if (s && s->busy) {
		LOGP(DFLOW, LOGL_NOTICE, "%s: more is said before the answer: dropped\n", ln->name);
		return;
	}
	if (!s)
		s = session_alloc(ss, ln, said->session);
	if (!take_down(s, said)) {
		talloc_free(s);
		return;
	}
	if ((ss->stuck && !llist_empty(&ss->waiting)) || !try_step(s))
		wait_for_store(s);
}

/* The database may be readable still. */
static bool can_promise(struct session *s, struct person *p)
{
	char number[PHONE_SIZE];

	if (!s->number && s->imsi && subscribers_number(s->ss->subscribers, s->imsi, number) == 0)
		s->number = talloc_strdup(s, number);
	if (!s->number || !outbox_can_text(s->ss->ob))
		return false;
	store_person_find(s->ss->st, s->number, p);
	return true;
}

void sessions_late(struct sessions *ss, struct line *ln, uint64_t id)
{
	struct session *s = session_find(ss, ln, id);
	struct person p = {};
	char *page;
	int rc;

	if (!s || !s->busy)
		return;
	s->promised = can_promise(s, &p);
	page = session_words(s, s, &p, s->promised ? "session.later" : "session.busy", 0);
	s->ln = NULL;
	rc = ln->ops->reply(ln, id, page, true);
	talloc_free(page);
	if (rc < 0 && rc != -ENOENT)
		refuse(ln, id, LINE_NOT_NOW);
	if (!s->promised && !s->storing)
		talloc_free(s); /* who is told to dial again must not find it done twice */
}

void sessions_unanswered(struct sessions *ss, struct line *ln, uint64_t id)
{
	struct session *s = session_find(ss, ln, id);
	struct person p = {};
	char *page;

	if (!s || s->busy)
		return;
	if (s->number)
		store_person_find(ss->st, s->number, &p);
	page = session_words(s, s, &p, "session.expired", 0);
	s->ln = NULL;
	if (ln->ops->reply(ln, id, page, true) < 0)
		refuse(ln, id, LINE_NOT_NOW);
	talloc_free(s);
}

static void end(struct session *s)
{
	s->ln = NULL;
	if (!s->busy || (!s->number && !s->imsi && !s->storing))
		talloc_free(s);
}

void sessions_ended(struct sessions *ss, struct line *ln, uint64_t id)
{
	struct session *s = session_find(ss, ln, id);

	if (s)
		end(s);
}

void sessions_line_remove(struct sessions *ss, struct line *ln)
{
	struct session *s, *next;

	llist_for_each_entry_safe (s, next, &ss->open, list)
		if (s->ln == ln)
			end(s);
}

void sessions_figures(const struct sessions *ss, struct session_figures *out)
{
	*out = ss->figures;
}

void sessions_configure(struct sessions *ss, const struct intake_cfg *cfg)
{
	ss->cfg = *cfg;
}

void sessions_before(struct sessions *ss, const struct intake_before *before)
{
	ss->before = *before;
}

static int sessions_unlink(struct sessions *ss)
{
	osmo_timer_del(&ss->again);
	return 0;
}

struct sessions *sessions_alloc(void *ctx, struct store *st, struct outbox *ob, struct desk *desk,
				struct talk *const *talk, const struct intake_cfg *cfg)
{
	struct sessions *ss = talloc_zero(ctx, struct sessions);

	OSMO_ASSERT(ss);
	ss->st = st;
	ss->ob = ob;
	ss->desk = desk;
	ss->talk = talk;
	ss->cfg = *cfg;
	ss->subscribers = subscribers_alloc(ss, st, ob, talk);
	INIT_LLIST_HEAD(&ss->open);
	INIT_LLIST_HEAD(&ss->waiting);
	osmo_timer_setup(&ss->again, try_waiting, ss);
	talloc_set_destructor(ss, sessions_unlink);
	return ss;
}
