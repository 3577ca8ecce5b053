// SPDX-License-Identifier: AGPL-3.0-or-later
/* call_turn.c - what a caller did, as one step of the store: the guards, a turn of the dialogue, the rows of
 * the call and of what is recorded.  Nothing is said before it is durable. */
#include "flow/call_int.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "log.h"
#include "store/store_callout.h"

#define HOUR_S	  3600
#define DAY_S	  86400
#define HOURLY	  60
#define KEEP_DAYS 90
#define GOES_ON_S 120 /* after hanging up: whoever calls again goes on by voice */

/* ---- what is said ---- */

void call_say_text(struct call_result *res, char *text, const char *key)
{
	struct call_sentence *cs = &res->sentences[res->n];

	if (res->n >= ARRAY_SIZE(res->sentences))
		return;
	cs->text = talloc_steal(res, text);
	cs->key = key ? talloc_strdup(res, key) : NULL;
	res->n++;
}

void call_say_key(const struct call *c, struct call_result *res, const char *key, json_t *args)
{
	const struct talk *talk = *c->cs->talk;
	bool fixed = phrase_is_fixed(talk->phrases, res->language, "voice", key);

	if (!args)
		args = json_object();
	json_object_set_new(args, "short_code", json_string(talk->short_code));
	json_object_set_new(args, "city", json_string(talk->city));
	dialogue_spell_args(args, talk, res->language);
	call_say_text(res,
		      phrase_say(res, talk->phrases, res->language, "voice", key, args, talk->zone),
		      fixed ? key : NULL);
	json_decref(args);
}

static void say_key(const struct call *c, struct call_result *res, const char *key)
{
	call_say_key(c, res, key, NULL);
}

void call_set_language(const struct call *c, struct call_result *res, const struct person *p)
{
	OSMO_STRLCPY_ARRAY(res->language,
			   p && p->language[0] ? p->language : (*c->cs->talk)->languages[0]);
}

/* ---- recordings ---- */

/* The row is there before its file. */
static int begin_recording(struct call *c, struct call_result *res, bool for_city, int64_t now_s)
{
	const struct call_cfg *cfg = &c->cs->cfg;
	struct recording rec = {
		.call_id = c->row_next.id,
		.person_id = c->row_next.person_id,
		.for_city = for_city,
		.at_s = now_s,
		.erase_s = now_s + (int64_t)(cfg->keep_days ? cfg->keep_days : KEEP_DAYS) * DAY_S,
	};
	int rc = store_recording_add(res, c->cs->st, cfg->recordings, &rec);

	res->recording_id = rec.id;
	res->recording_path = rec.path;
	res->for_city = for_city;
	return rc;
}

/* \param[out] id  0: nothing was recorded, its row goes */
static int end_recording(struct call *c, int64_t *id)
{
	struct store *st = c->cs->st;
	int64_t row = c->result ? c->result->recording_id : 0;
	bool kept = row && c->input == CALL_MESSAGE && c->how != LINE_RECORDED_NOTHING &&
		    (c->how == LINE_RECORDED || c->seconds > 0);
	int rc;

	*id = kept ? row : 0;
	if (!row)
		return 0;
	if (kept)
		return store_recording_done(st, row, c->seconds);
	rc = store_recording_drop(st, row);
	store_after(st, call_unlink_file, c->cs, row);
	return rc == -ENOENT ? 0 : rc;
}

static int message_for_city(struct call *c, struct call_result *res, const char *key, int64_t now_s)
{
	say_key(c, res, key);
	res->listen = DIALOGUE_LISTEN_MESSAGE;
	return begin_recording(c, res, true, now_s);
}

/* ---- a turn of the dialogue ---- */

static void voice_turn(const struct call *c, struct dialogue_turn *turn, const struct person *p,
		       int64_t now_s)
{
	turn_init(turn, *c->cs->talk, p, now_s);
	turn->channel = DIALOGUE_VOICE;
	turn->channel_name = "voice";
}

/* Texts of a conversation that goes on without the call; its row waits for the answer. */
static int go_on_by_text(void *ctx, struct call *c, const struct person *p, const char *state,
			 int64_t now_s)
{
	struct dialogue_turn turn;
	struct dialogue_out out = {};
	int rc;

	turn_init(&turn, *c->cs->talk, p, now_s);
	rc = dialogue_remind(ctx, state, &turn, &desk_ops, c->cs->desk, &out);
	if (rc < 0)
		return rc;
	out.remind_s = 0; /* this was it */
	rc = turn_keep(c->cs->st, p->id, p->last_line, &out, now_s);
	return rc < 0 ? rc : turn_text(c->cs->ob, p, p->last_line, OUTBOX_REPLY, &out, 0);
}

/* Where it stands, of the state that the dialogue keeps. */
static void read_state(struct call *c, struct call_result *res, const char *state)
{
	json_t *json = state ? json_loads(state, 0, NULL) : NULL;
	const char *node = json_string_value(json_object_get(json, "node"));

	if (node)
		OSMO_STRLCPY_ARRAY(c->row_next.node, node);
	res->again = json_integer_value(json_object_get(json, "tries")) > 0;
	if (json_object_get(json, "unsaid"))
		res->unsaid = talloc_strdup(res, state);
	json_decref(json);
}

static void take_sentences(struct call_result *res, const struct dialogue_out *out,
			   const struct dialogue_turn *turn)
{
	for (size_t i = 0; i < out->sentences_n; i++)
		call_say_text(res, out->sentences[i].text, out->sentences[i].key);
	OSMO_STRLCPY_ARRAY(res->language, turn->language);
	res->listen = out->listen;
	res->keys_max = out->keys_max;
	res->slow = out->slow;
	res->waits = out->remind_s > 0;
}

/* A report that was not there before the turn. */
static int look_for_report(struct call *c, struct call_result *res, int64_t newest_before)
{
	int64_t newest = 0;
	int rc = store_report_newest(c->cs->st, c->row_next.person_id, &newest);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (newest != newest_before) {
		c->row_next.report_id = newest;
		res->filed = true;
	}
	return 0;
}

/* A caller without a number has a conversation as long as the call. */
static int read_dialogue(void *ctx, const struct call *c, const struct person *p, char **state)
{
	if (p->id)
		return turn_state(ctx, c->cs->st, p->id, state);
	*state = c->result && c->result->state ? talloc_strdup(ctx, c->result->state) : NULL;
	return 0;
}

static int keep_dialogue(struct call *c, struct call_result *res, const struct person *p,
			 const struct dialogue_out *out, int64_t now_s)
{
	int rc = turn_tally(c->cs->st, "voice", out->state, false, now_s);

	if (rc < 0)
		return rc;
	if (p->id)
		return turn_keep(c->cs->st, p->id, p->last_line, out, now_s);
	res->state = out->state ? talloc_strdup(res, out->state) : NULL;
	return 0;
}

/* No text can go to them: what they want is spoken. */
static int go_on_by_message(struct call *c, struct call_result *res, int64_t now_s)
{
	res->ends = true;
	res->listen = DIALOGUE_LISTEN_MESSAGE;
	return begin_recording(c, res, true, now_s);
}

static int after_turn(void *ctx, struct call *c, struct call_result *res, const struct person *p,
		      const struct dialogue_out *out, int64_t now_s)
{
	read_state(c, res, out->state);
	if (out->person && call_person_open(c, now_s))
		return call_person_begin(c, res, now_s);
	if (out->person)
		return message_for_city(c, res, "voice.leave", now_s);
	if (out->by_text && !p->id)
		return go_on_by_message(c, res, now_s);
	if (out->by_text && out->state) {
		res->by_text = true;
		res->last = true;
		res->cause = "by-text";
		return go_on_by_text(ctx, c, p, out->state, now_s);
	}
	if (out->last || out->listen == DIALOGUE_LISTEN_NOTHING) {
		res->last = true;
		res->cause = "done";
		return 0;
	}
	if (out->listen == DIALOGUE_LISTEN_MESSAGE)
		return begin_recording(c, res, false, now_s);
	return 0;
}

/* A message was spoken, or not: what is said of it before all else.
 * \param[out] id  of an answer to the dialogue; 0: none, or for the city */
static int end_spoken(struct call *c, struct call_result *res, int64_t *id)
{
	bool for_city = c->result && c->result->for_city;
	int rc = end_recording(c, id);

	if (c->input == CALL_MESSAGE && c->how == LINE_RECORDED_PART && c->ln)
		say_key(c, res, "voice.cut");
	if (for_city && *id)
		say_key(c, res, "voice.thanks");
	if (for_city)
		*id = 0;
	return rc;
}

int call_converse(void *ctx, struct call *c, struct call_result *res, const struct person *p,
		  bool first, int64_t now_s)
{
	struct calls *cs = c->cs;
	struct dialogue_turn turn;
	struct dialogue_out out = {};
	bool goes_on = c->result && c->result->for_city; /* where it was before the message */
	int64_t newest = 0;
	char *state;
	int rc;

	voice_turn(c, &turn, p, now_s);
	turn.first = first;
	rc = end_spoken(c, res, &turn.recording_id);
	if (rc == 0)
		rc = read_dialogue(ctx, c, p, &state);
	if (rc == 0 && store_report_newest(cs->st, p->id, &newest) == -EIO)
		rc = -EIO;
	if (rc < 0)
		return rc;
	if (c->input == CALL_BEGINS)
		rc = dialogue_dial(ctx, state, "", &turn, &desk_ops, cs->desk, &out);
	else
		rc = dialogue_take(ctx, state, goes_on ? "*" : c->text, &turn, &desk_ops, cs->desk,
				   &out);
	if (rc == 0)
		rc = keep_dialogue(c, res, p, &out, now_s);
	if (rc < 0)
		return rc;
	take_sentences(res, &out, &turn);
	rc = look_for_report(c, res, newest);
	return rc == 0 ? after_turn(ctx, c, res, p, &out, now_s) : rc;
}

/* Nobody came to the phone: a message, after which it goes on where it was. */
static int unconnected(struct call *c, struct call_result *res, int64_t now_s)
{
	OSMO_STRLCPY_ARRAY(res->language, c->result->language);
	res->waits = c->result->waits;
	return message_for_city(c, res, "voice.leave", now_s);
}

/* ---- the guards ---- */

static int say_ceiling(struct call *c, struct call_result *res)
{
	say_key(c, res, "voice.ceiling");
	res->last = true;
	res->cause = "ceiling";
	return 0;
}

/* Who withholds the number, or has one that no text can go to, is told what that means. */
static int begin_nameless(void *ctx, struct call *c, struct call_result *res, int64_t now_s)
{
	struct person nobody = {};

	call_set_language(c, res, NULL);
	say_key(c, res, "voice.withheld");
	return call_converse(ctx, c, res, &nobody, false, now_s);
}

/* Who wanted to be called and calls is called no more. */
static int no_call_back(void *ctx, struct store *st, const char *number, int64_t now_s)
{
	struct callout_row row;
	int rc = store_callout_back(ctx, st, number, &row);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (strcmp(row.state, "waiting") != 0)
		return 0;
	return store_callout_end(st, row.id, "dropped", "called-us", now_s);
}

static int begin(void *ctx, struct call *c, struct call_result *res, int64_t now_s)
{
	struct store *st = c->cs->st;
	int ceiling = c->cs->cfg.hourly_ceiling ? c->cs->cfg.hourly_ceiling : HOURLY;
	struct person p = {};
	bool first = false;
	int rc = 0;

	if (c->row.number[0]) {
		rc = store_person_get(st, c->row.number, now_s, &p);
		first = !p.heard;
		if (rc == 0)
			rc = store_person_heard(st, &p,
						c->ln && c->ln->ops->submit ? c->row.line : "",
						NULL, now_s);
		c->row_next.person_id = p.id;
	}
	if (rc == 0)
		rc = store_call_add(st, &c->row_next);
	if (rc < 0)
		return rc;
	if (!p.id)
		return begin_nameless(ctx, c, res, now_s);
	call_set_language(c, res, &p);
	if (p.blocked) {
		res->reject = res->last = true;
		res->cause = "blocked";
		return 0;
	}
	if (p.hour_count > (unsigned int)ceiling)
		return say_ceiling(c, res);
	rc = no_call_back(ctx, st, c->row.number, now_s);
	if (rc < 0)
		return rc;
	return call_converse(ctx, c, res, &p, first, now_s);
}

/* ---- the step ---- */

/* The message of someone whom no text reaches was recorded, or not: that was all. */
static int end_message(struct call *c, struct call_result *res)
{
	int64_t id;
	int rc = end_recording(c, &id);

	OSMO_STRLCPY_ARRAY(res->language, c->result->language);
	say_key(c, res, id ? "voice.thanks" : "voice.bye");
	res->last = true;
	res->cause = id ? "message" : "done";
	return rc;
}

static int unsayable(void *ctx, struct call *c, struct call_result *res, const struct person *p,
		     int64_t now_s)
{
	int64_t id;
	char *state;
	int rc = end_recording(c, &id);

	if (rc == 0)
		rc = turn_state(ctx, c->cs->st, p->id, &state);
	res->last = true;
	res->cause = "by-text";
	res->by_text = rc == 0 && state;
	say_key(c, res, res->by_text ? "voice.by_text" : "voice.bye"); /* may be a recording */
	if (!res->by_text)
		return rc;
	return go_on_by_text(ctx, c, p, state, now_s);
}

/* Of someone without a number only the language is known. */
static int get_person(const struct call *c, struct person *p)
{
	if (c->row.person_id)
		return store_person_by_id(c->cs->st, c->row.person_id, p);
	*p = (struct person){};
	OSMO_STRLCPY_ARRAY(p->language, c->result->language);
	return 0;
}

static int take(void *ctx, struct call *c, struct call_result *res)
{
	int64_t now_s = clock_now_s();
	struct person p;
	int rc;

	if (c->input == CALL_BEGINS && c->placed)
		return call_begin_placed(ctx, c, res, now_s);
	if (c->input == CALL_BEGINS)
		return begin(ctx, c, res, now_s);
	if (c->input == CALL_UNCONNECTED)
		return unconnected(c, res, now_s);
	if (c->placed && c->placed->notice && c->input != CALL_UNSAYABLE)
		return call_notice_answer(c, res, now_s);
	if (c->result->ends)
		return end_message(c, res);
	rc = get_person(c, &p);
	if (rc < 0)
		return rc;
	call_set_language(c, res, &p);
	if (c->input == CALL_UNSAYABLE)
		return unsayable(ctx, c, res, &p, now_s);
	return call_converse(ctx, c, res, &p, false, now_s);
}

static void stepped(void *data, uint64_t arg, bool ok)
{
	struct call *c = data;

	c->storing = false;
	c->told = ok && c->told;
	call_stepped(c, ok);
}

bool call_step(struct call *c)
{
	struct store *st = c->cs->st;
	void *ctx;
	int rc;

	c->stage = CALL_TURNING;
	if (store_begin_soon(st) < 0)
		return false;
	ctx = talloc_new(c->cs);
	talloc_free(c->next);
	c->next = talloc_zero(c, struct call_result);
	OSMO_ASSERT(ctx && c->next);
	c->row_next = c->row;
	c->storing = true;
	store_after(st, stepped, c, 0);
	rc = take(ctx, c, c->next);
	if (rc == 0)
		rc = store_call_turn(st, &c->row_next);
	if (rc < 0)
		store_undo(st);
	else
		store_end(st);
	talloc_free(ctx);
	return true;
}

/* ---- what was heard; the end ---- */

static int mark_heard(void *ctx, struct call *c)
{
	struct store *st = c->cs->st;
	struct dialogue_turn turn;
	struct dialogue_row row;
	struct person p;
	int rc = store_dialogue_get(ctx, st, c->row.person_id, &row);

	if (rc == 0 && strcmp(row.state, c->result->unsaid) != 0)
		return 0; /* a newer turn has taken over */
	if (rc == 0)
		rc = store_person_by_id(st, c->row.person_id, &p);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	voice_turn(c, &turn, &p, clock_now_s());
	row.state = dialogue_seen(ctx, row.state, &turn);
	if (!row.state)
		return store_dialogue_drop(st, p.id);
	return store_dialogue_put(st, &row, turn.now_s);
}

/* If this fails what was done is said once more, by text: no harm. */
void call_heard(struct call *c)
{
	void *ctx;

	if (!c->result->unsaid || store_begin_soon(c->cs->st) < 0)
		return;
	ctx = talloc_new(c->cs);
	if (mark_heard(ctx, c) < 0)
		store_undo(c->cs->st);
	else
		store_end(c->cs->st);
	talloc_free(ctx);
	TALLOC_FREE(c->result->unsaid);
	c->result->waits = false;
}

int call_hurry(void *ctx, struct store *st, int64_t person_id, int64_t due_s, int64_t now_s)
{
	struct dialogue_row row;
	int rc = store_dialogue_get(ctx, st, person_id, &row);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (row.reminded || row.due_s <= due_s)
		return 0;
	row.due_s = due_s;
	return store_dialogue_put(st, &row, now_s);
}

static int close_row(void *ctx, struct call *c, const char *cause)
{
	int64_t now_s = clock_now_s(), id;
	int rc = end_recording(c, &id);

	if (rc == 0)
		rc = store_call_turn(c->cs->st, &c->row);
	if (rc == 0)
		rc = store_call_end(c->cs->st, c->row.id, cause, now_s);
	if (rc == 0)
		rc = call_came(c, now_s);
	if (rc == 0 && c->row.person_id && !(c->placed && c->placed->notice) &&
	    !(c->result && c->result->by_text))
		rc = call_hurry(ctx, c->cs->st, c->row.person_id, now_s + GOES_ON_S, now_s);
	return rc;
}

/* What could not be closed now is closed by the agenda. */
static void closed(void *data, uint64_t arg, bool ok)
{
	struct calls *cs = data;

	cs->swept = cs->swept && ok;
}

void call_close(struct call *c, const char *cause)
{
	struct store *st = c->cs->st;
	void *ctx;

	if (!c->row.id)
		return;
	if (store_begin_soon(st) < 0) {
		c->cs->swept = false;
		return;
	}
	ctx = talloc_new(c->cs);
	store_after(st, closed, c->cs, 0);
	if (close_row(ctx, c, cause) < 0)
		store_undo(st);
	else
		store_end(st);
	talloc_free(ctx);
}
