// SPDX-License-Identifier: AGPL-3.0-or-later
/* call.c - see call.h: what the line tells of a call, and its timer. */
#include "flow/call_int.h"

#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "log.h"

#define SILENCE_S 6
#define PAUSE_S	  3 /* within several keys */
#define CALLS_MAX 1000
#define AGAIN_MS  500 /* what cannot be stored now */
#define AGAIN_MAX 20
#define HEARD_MS  1000 /* so much of a prompt may be missing when it counts as heard */
#define FULL_MS	  2000 /* a "#" so soon after enough keys belongs to them */
#define LOST_S	  60   /* a line that says nothing of what it was given */
#define GREETED_S 32   /* of who answered: longer than the longest greeting, voice/leg_greeting.c */

struct call *call_find(struct calls *cs, const struct line *ln, uint64_t id)
{
	struct call *c;

	llist_for_each_entry (c, &cs->open, list)
		if (c->ln == ln && c->id == id)
			return c;
	return NULL;
}

static int call_unlink(struct call *c)
{
	call_person_forget(c);
	call_forget_sounds(c);
	osmo_timer_del(&c->timer);
	llist_del(&c->list);
	c->cs->figures.open--;
	if (c->placed)
		c->placed->gone(c->placed->data);
	return 0;
}

/* \returns n_nodes: it is not there */
static size_t find_node(const struct call_figures *cf, const char *node)
{
	size_t i = 0;

	while (i < cf->n_nodes && strcmp(cf->nodes[i].node, node) != 0)
		i++;
	return i;
}

/* A menu has as many nodes as its author likes, a label of a metric has not. */
static void note_abandoned(struct call_figures *cf, const char *node)
{
	size_t i = find_node(cf, node);

	cf->abandoned++;
	if (i == cf->n_nodes && i >= CALL_NODES_MAX) {
		node = "other";
		i = find_node(cf, node);
	}
	if (i == cf->n_nodes)
		OSMO_STRLCPY_ARRAY(cf->nodes[cf->n_nodes++].node, node);
	cf->nodes[i].abandoned++;
	for (; i > 0 && cf->nodes[i - 1].abandoned < cf->nodes[i].abandoned; i--) {
		struct call_node_figure less = cf->nodes[i - 1];

		cf->nodes[i - 1] = cf->nodes[i];
		cf->nodes[i] = less;
	}
}

/* What waits cannot be used any more. */
static void miss_keys(struct call *c)
{
	c->cs->figures.keys_missed += strlen(c->keys);
	c->keys[0] = '\0';
}

/* It is over: for us, and with hang_up for the line. */
static void finish(struct call *c, bool hang_up)
{
	const struct call_result *res = c->result;
	const char *cause = "done";

	if (res && res->last)
		cause = res->cause;
	else if (res ? res->waits : c->placed != NULL)
		cause = "hung-up";
	call_person_end(c, "done", true);
	miss_keys(c);
	if (c->ln && hang_up)
		c->ln->ops->hang_up(c->ln, c->id);
	if (res && !res->last && res->waits)
		note_abandoned(&c->cs->figures, c->row.node);
	call_close(c, cause);
	talloc_free(c);
}

/* ---- input to a turn ---- */

static void again_later(struct call *c)
{
	char masked[PHONE_SIZE];

	if (++c->tries <= AGAIN_MAX) {
		osmo_timer_schedule(&c->timer, 0, AGAIN_MS * 1000);
		return;
	}
	LOGP(DFLOW, LOGL_ERROR, "%s: a call of %s cannot be stored: hung up\n", c->row.line,
	     c->row.number[0] ? phone_masked(masked, c->row.number) : "someone");
	finish(c, true);
}

void call_take(struct call *c, enum call_input input)
{
	c->input = input;
	call_forget_sounds(c);
	osmo_timer_del(&c->timer);
	if (!call_step(c))
		again_later(c);
}

/* How many of the keys that wait are an answer. */
static size_t keys_used(const struct call *c, bool pause)
{
	size_t len = strlen(c->keys), end = strcspn(c->keys, "#*");

	if (len == 0)
		return 0;
	switch (c->result->listen) {
	case DIALOGUE_LISTEN_KEY:
		return 1;
	case DIALOGUE_LISTEN_KEYS:
		if (c->result->keys_max && end >= c->result->keys_max)
			return c->result->keys_max;
		return end < len ? end + 1 : pause ? len : 0;
	case DIALOGUE_LISTEN_MESSAGE:
		/* what leaves the message; '#' ends it, and is the line's */
		return !c->result->for_city && strchr("09*", c->keys[len - 1]) ? len : 0;
	case DIALOGUE_LISTEN_NOTHING:
		break;
	}
	return 0;
}

/* Whoever ends with '#' what was enough without it means nothing more. */
static void note_full(struct call *c, size_t n)
{
	bool full = c->result->listen == DIALOGUE_LISTEN_KEYS && n == c->result->keys_max;

	c->full_ms = full ? clock_now_ms() : 0;
	if (!full || c->keys[n] != '#')
		return;
	memmove(c->keys + n, c->keys + n + 1, strlen(c->keys + n));
	c->full_ms = 0;
}

static bool use_keys(struct call *c, bool pause)
{
	size_t n = keys_used(c, pause);

	if (n == 0)
		return false;
	if (c->result->listen == DIALOGUE_LISTEN_MESSAGE)
		memmove(c->keys, c->keys + n - 1, 2);
	n = c->result->listen == DIALOGUE_LISTEN_MESSAGE ? 1 : n;
	note_full(c, n);
	memcpy(c->text, c->keys, n);
	c->text[n] = '\0';
	memmove(c->keys, c->keys + n, strlen(c->keys + n) + 1);
	call_take(c, CALL_KEYS);
	return true;
}

static void silence(struct call *c)
{
	if (c->keys[0] && use_keys(c, true))
		return;
	miss_keys(c);
	c->text[0] = '\0';
	c->row.again++;
	if (c->result->listen == DIALOGUE_LISTEN_MESSAGE) {
		c->how = LINE_RECORDED_NOTHING;
		call_take(c, CALL_MESSAGE);
	} else {
		call_take(c, CALL_KEYS);
	}
}

static void timer_fired(void *data)
{
	struct call *c = data;

	switch (c->stage) {
	case CALL_TURNING:
		if (!c->storing && !call_step(c))
			again_later(c);
		break;
	case CALL_MAKING:
		call_making_late(c);
		break;
	case CALL_SAYING:
		silence(c);
		break;
	case CALL_LEAVING:
		finish(c, true);
		break;
	case CALL_GREETING:
		call_take(c, CALL_BEGINS);
		break;
	case CALL_CONNECTING:
		call_person_ring(c);
		break;
	case CALL_JOINED:
		break;
	}
}

/* ---- what a turn came to ---- */

static void take_result(struct call *c)
{
	struct calls *cs = c->cs;
	unsigned int keys = c->row.keys, again = c->row.again;
	bool message = c->input == CALL_MESSAGE && c->how != LINE_RECORDED_NOTHING;

	call_forget_sounds(c);
	talloc_free(c->result);
	c->result = c->next;
	c->next = NULL;
	c->row = c->row_next;
	c->row.keys = keys;
	c->row.again = again;
	c->input = CALL_KEYS;
	c->how = LINE_RECORDED_NOTHING;
	c->seconds = 0;
	c->tries = 0;
	cs->figures.messages += message;
	cs->figures.by_text += c->result->by_text;
	cs->figures.filed += c->result->filed;
	if (c->result->filed && c->row.answered_s)
		cs->figures.report_s += clock_now_s() - c->row.answered_s;
	if (c->result->again)
		miss_keys(c);
}

void call_stepped(struct call *c, bool ok)
{
	if (!ok) {
		again_later(c);
		return;
	}
	take_result(c);
	if (!c->ln || c->result->reject) {
		finish(c, true);
		return;
	}
	if (c->result->last || c->result->connect || c->result->listen == DIALOGUE_LISTEN_MESSAGE)
		miss_keys(c);
	if (c->keys[0] && use_keys(c, false))
		return;
	call_say(c);
}

bool call_answer(struct call *c)
{
	if (!c->ln)
		return false;
	if (c->answered)
		return true;
	if (c->ln->ops->answer(c->ln, c->id) < 0)
		return false;
	c->answered = true;
	c->row.answered_s = clock_now_s();
	c->cs->figures.answered++;
	return true;
}

void call_listen(struct call *c)
{
	int wait_s = LOST_S + c->sound_ms / 1000;

	if (c->result->recording_path)
		wait_s += CALL_RECORD_S;
	else if (c->keys[0])
		wait_s = PAUSE_S;
	osmo_timer_schedule(&c->timer, wait_s, 0);
}

void call_unsaid(struct calls *cs, struct line *ln, uint64_t id)
{
	struct call *c = ln ? call_find(cs, ln, id) : NULL;

	if (!c || (c->stage != CALL_SAYING && c->stage != CALL_LEAVING))
		return;
	LOGP(DFLOW, LOGL_ERROR, "%s: nothing can be said in a call\n", c->row.line);
	if (c->stage == CALL_LEAVING)
		finish(c, true);
	else
		call_take(c, CALL_UNSAYABLE);
}

/* ---- from the line ---- */

/* Only a number that a text can go to is one. */
static void set_number(struct call *c, const char *number)
{
	const struct talk *talk = *c->cs->talk;
	char normal[PHONE_SIZE];

	if (!number || phone_normalise(normal, number, talk->country) < 0 ||
	    !phone_can_answer(normal) || strcmp(normal, talk->short_code) == 0 ||
	    (c->ln->number && strcmp(normal, c->ln->number) == 0))
		return;
	OSMO_STRLCPY_ARRAY(c->row.number, normal);
}

static struct call *call_new(struct calls *cs, struct line *ln, uint64_t session)
{
	struct call *c = talloc_zero(cs, struct call);

	OSMO_ASSERT(c);
	c->cs = cs;
	c->ln = ln;
	c->id = session;
	osmo_timer_setup(&c->timer, timer_fired, c);
	llist_add_tail(&c->list, &cs->open);
	cs->figures.open++;
	talloc_set_destructor(c, call_unlink);
	return c;
}

/* Who is greeted by it is known soon: a person is not kept waiting, a machine not spoken into. */
void calls_placed(struct calls *cs, struct line *ln, uint64_t session,
		  const struct call_placed *placed)
{
	struct call *c = call_new(cs, ln, session);

	c->placed = talloc_memdup(c, placed, sizeof(*placed));
	OSMO_ASSERT(c->placed);
	c->placed->notice = placed->notice ? talloc_strdup(c, placed->notice) : NULL;
	c->placed->language = talloc_strdup(c, placed->language);
	c->row = placed->row;
	c->answered = true;
	c->row.answered_s = clock_now_s();
	cs->figures.answered++;
	c->stage = CALL_GREETING;
	osmo_timer_schedule(&c->timer, GREETED_S, 0);
}

void calls_greeted(struct calls *cs, struct line *ln, uint64_t session, enum line_greeting who)
{
	struct call *c = call_find(cs, ln, session);

	if (!c || c->stage != CALL_GREETING)
		return;
	c->machine = who == LINE_MACHINE;
	call_take(c, CALL_BEGINS);
}

bool calls_talk_to(const struct calls *cs, const char *number)
{
	const struct call *c;

	llist_for_each_entry (c, &cs->open, list)
		if (c->ln && number[0] && strcmp(c->row.number, number) == 0)
			return true;
	return false;
}

void calls_called(struct calls *cs, struct line *ln, const struct line_call *call)
{
	struct call *c = call_of_person(cs, ln, call->session);

	if (c && call->outgoing) {
		call_person_answered(c);
		return;
	}
	if (call->outgoing) { /* nobody waits for it any more */
		ln->ops->hang_up(ln, call->session);
		return;
	}
	if (call_find(cs, ln, call->session))
		return;
	if (cs->figures.open >= (size_t)(cs->cfg.calls_max ? cs->cfg.calls_max : CALLS_MAX)) {
		cs->figures.busy++;
		ln->ops->hang_up(ln, call->session);
		return;
	}
	c = call_new(cs, ln, call->session);
	OSMO_STRLCPY_ARRAY(c->row.line, ln->name);
	set_number(c, call->number);
	c->row.began_s = clock_now_s();
	call_take(c, CALL_BEGINS);
}

/* While the person's phone rings '*' takes the caller back; a talk is not disturbed. */
static void key_to_person(struct call *c, char key)
{
	if (key != '*' || c->stage == CALL_JOINED)
		return;
	call_person_end(c, "hung-up", true);
	c->keys[0] = '\0';
	OSMO_STRLCPY_ARRAY(c->text, "*");
	call_take(c, CALL_KEYS);
}

void calls_key(struct calls *cs, struct line *ln, uint64_t session, char key)
{
	struct call *c = call_find(cs, ln, session);
	size_t len;

	if (!c || !key || !strchr("0123456789*#", key))
		return;
	c->row.keys++;
	if (c->result && c->result->connect && c->stage != CALL_TURNING) {
		key_to_person(c, key);
		return;
	}
	if (key == '#' && c->full_ms && clock_now_ms() - c->full_ms < FULL_MS) {
		c->full_ms = 0;
		return;
	}
	c->full_ms = 0;
	len = strlen(c->keys);
	if (c->stage == CALL_LEAVING)
		return;
	if (len >= CALL_KEYS_MAX) {
		cs->figures.keys_missed++;
		return;
	}
	c->keys[len] = key;
	c->keys[len + 1] = '\0';
	if (c->stage == CALL_GREETING) { /* no machine */
		c->keys[0] = '\0';
		call_take(c, CALL_BEGINS);
		return;
	}
	if (c->stage != CALL_MAKING && c->stage != CALL_SAYING)
		return;
	if (!use_keys(c, false) && c->stage == CALL_SAYING &&
	    c->result->listen != DIALOGUE_LISTEN_MESSAGE)
		osmo_timer_schedule(&c->timer, PAUSE_S, 0);
}

/* What is left of a prompt: a line may tell that it was given when it is not heard yet. */
static int64_t left_ms(const struct call *c)
{
	int64_t left = c->sound_ms - (clock_now_ms() - c->said_ms);

	return OSMO_MAX(0, OSMO_MIN(left, c->sound_ms));
}

void calls_played(struct calls *cs, struct line *ln, uint64_t session)
{
	struct call *c = call_of_person(cs, ln, session);
	int silence_s = cs->cfg.silence_s ? cs->cfg.silence_s : SILENCE_S;
	int64_t left;

	if (c) {
		call_person_played(c);
		return;
	}
	c = call_find(cs, ln, session);
	if (c && c->stage == CALL_CONNECTING) {
		left = left_ms(c);
		osmo_timer_schedule(&c->timer, left / 1000, left % 1000 * 1000);
		return;
	}
	if (!c || (c->stage != CALL_SAYING && c->stage != CALL_LEAVING))
		return;
	left = left_ms(c);
	if (left <= HEARD_MS) {
		c->heard = true;
		call_heard(c);
	}
	if (c->stage == CALL_LEAVING) {
		c->heard = true;
		finish(c, false); /* the line hangs up */
		return;
	}
	if (c->result->listen == DIALOGUE_LISTEN_MESSAGE || c->keys[0])
		return;
	osmo_timer_schedule(&c->timer, silence_s + left / 1000, left % 1000 * 1000);
}

void calls_recorded(struct calls *cs, struct line *ln, uint64_t session, enum line_recorded how,
		    double seconds)
{
	struct call *c = call_find(cs, ln, session);

	if (!c || c->stage != CALL_SAYING || !c->result->recording_id)
		return;
	c->how = how;
	c->seconds = seconds;
	c->text[0] = c->keys[0] = '\0';
	call_take(c, CALL_MESSAGE);
}

/* The caller hung up, or the line is gone. */
static void end(struct call *c)
{
	const struct call_result *res = c->result;

	if (c->stage == CALL_SAYING && res->recording_id) {
		c->seconds = call_file_seconds(res->recording_path);
		c->how = c->seconds > 0 ? LINE_RECORDED_PART : LINE_RECORDED_NOTHING;
		c->text[0] = '\0';
		c->ln = NULL;
		if (c->seconds > 0) {
			call_take(c, CALL_MESSAGE);
			return;
		}
	}
	c->ln = NULL;
	if (c->stage != CALL_TURNING)
		finish(c, false);
	else if (!c->storing && c->input == CALL_BEGINS && !c->row.id)
		talloc_free(c);
}

const char *call_unreached_word(enum line_unreached why)
{
	static const char *const words[] = {
		[LINE_BUSY] = "busy",
		[LINE_NO_ANSWER] = "no-answer",
		[LINE_NO_SUCH_NUMBER] = "no-such-number",
		[LINE_NOT_DIALLED] = "not-dialled",
	};

	return words[why];
}

/* The person at the city hung up, or did not come. */
static void person_left(struct call *c, const char *cause, enum call_input input)
{
	call_person_end(c, cause, false);
	if (!c->ln || (c->stage != CALL_CONNECTING && c->stage != CALL_JOINED))
		return;
	c->keys[0] = '\0';
	OSMO_STRLCPY_ARRAY(c->text, "*"); /* where it was */
	call_take(c, input);
}

void calls_unreached(struct calls *cs, struct line *ln, uint64_t session, enum line_unreached why)
{
	struct call *c = call_of_person(cs, ln, session);

	if (!c)
		return;
	person_left(c, call_unreached_word(why), CALL_UNCONNECTED);
}

void calls_ended(struct calls *cs, struct line *ln, uint64_t session)
{
	struct call *c = call_of_person(cs, ln, session);

	if (c) {
		person_left(c, "done", c->stage == CALL_JOINED ? CALL_KEYS : CALL_UNCONNECTED);
		return;
	}
	c = call_find(cs, ln, session);
	if (c)
		end(c);
}

void calls_line_remove(struct calls *cs, struct line *ln)
{
	struct call *c, *next;

	llist_for_each_entry_safe (c, next, &cs->open, list)
		if (c->ln == ln)
			end(c);
}

/* ---- life ---- */

void calls_figures(const struct calls *cs, struct call_figures *out)
{
	*out = cs->figures;
}

void calls_each(const struct calls *cs, void (*each)(const struct call_seen *call, void *data),
		void *data)
{
	static const char *const doing[] = {
		[CALL_TURNING] = "turning",
		[CALL_MAKING] = "making words",
		[CALL_SAYING] = "saying",
		[CALL_LEAVING] = "saying goodbye",
		[CALL_GREETING] = "hearing who answers",
		[CALL_CONNECTING] = "calling a person",
		[CALL_JOINED] = "connected to a person",
	};
	const struct call *c;

	llist_for_each_entry (c, &cs->open, list) {
		struct call_seen seen = { .line = c->row.line,
					  .number = c->row.number,
					  .node = c->row.node,
					  .doing = doing[c->stage],
					  .since_s = c->row.began_s,
					  .keys = c->row.keys };

		if (c->stage == CALL_SAYING && c->result->recording_id)
			seen.doing = "recording";
		each(&seen, data);
	}
}

void calls_configure(struct calls *cs, const struct call_cfg *cfg)
{
	char *recordings = talloc_strdup(cs, cfg->recordings);
	char *person = cfg->person ? talloc_strdup(cs, cfg->person) : NULL;

	OSMO_ASSERT(recordings);
	talloc_free((char *)cs->cfg.recordings);
	talloc_free((char *)cs->cfg.person);
	cs->cfg = *cfg;
	cs->cfg.recordings = recordings;
	cs->cfg.person = person;
}

static int calls_unlink(struct calls *cs)
{
	struct call *c, *next;

	call_prepare_stop(cs);
	llist_for_each_entry_safe (c, next, &cs->open, list)
		talloc_free(c);
	return 0;
}

struct calls *calls_alloc(void *ctx, struct store *st, struct outbox *ob, struct desk *desk,
			  struct talk *const *talk, struct speech *sp, const struct call_cfg *cfg)
{
	struct calls *cs = talloc_zero(ctx, struct calls);

	OSMO_ASSERT(cs);
	cs->st = st;
	cs->ob = ob;
	cs->desk = desk;
	cs->talk = talk;
	cs->sp = sp;
	calls_configure(cs, cfg);
	INIT_LLIST_HEAD(&cs->open);
	talloc_set_destructor(cs, calls_unlink);
	return cs;
}
