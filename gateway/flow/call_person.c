// SPDX-License-Identifier: AGPL-3.0-or-later
/* call_person.c - a caller who wants a person: that one is called on the same line, hears in one sentence whose call
 * it is, and then both hear each other.  The row is there before it is dialled. */
#include "flow/call_int.h"

#include <math.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "log.h"

#define RING_S	     30
#define RING_MORE_S  10 /* of a line that says nothing of it */
#define TELLING_S    20 /* the same, of a sentence */
#define TONE_HZ	     425 /* the ringing tone of most of Europe (ETSI TR 102 273-1): one second in five */
#define TONE_LEVEL   4000
#define TONE_SAMPLES SOUND_RATE
#define TONE_ALL     (5 * SOUND_RATE)
#define TONE_RAMP    (SOUND_RATE / 100)

enum person_stage {
	PERSON_RINGS,
	PERSON_HEARS, /* whose call it is */
	PERSON_TALKS,
};

struct call_person {
	struct call *c;
	struct line *ln;
	uint64_t session;
	bool dialled;
	struct call_row row;
	enum person_stage stage;
	int64_t until_s; /* it may ring */
	char *words;
	bool asked;
	struct sound *sound;
	int64_t said_ms, sound_ms;
	struct osmo_timer_list timer; /* until what was said was heard */
};

/* ---- may it be? ---- */

bool call_person_open(const struct call *c, int64_t now_s)
{
	const struct call_cfg *cfg = &c->cs->cfg;
	const struct talk *talk = *c->cs->talk;

	if (!cfg->person || !c->ln || !c->ln->ops->dial || !c->ln->ops->join ||
	    c->ln->state != LINE_UP || phone_same(cfg->person, c->row.number))
		return false;
	return cfg->person_hours_n == 0 ||
	       hours_open(cfg->person_hours, cfg->person_hours_n, now_s, talk->zone);
}

int call_person_begin(struct call *c, struct call_result *res, int64_t now_s)
{
	struct call_row row = { .outgoing = true, .began_s = now_s, .caller_id = c->row_next.id };
	int rc;

	OSMO_STRLCPY_ARRAY(row.line, c->row.line);
	OSMO_STRLCPY_ARRAY(row.number, c->cs->cfg.person);
	rc = store_call_add(c->cs->st, &row);
	res->person_row = row;
	res->connect = true;
	res->listen = DIALOGUE_LISTEN_NOTHING;
	call_say_key(c, res, "voice.connect", NULL);
	return rc;
}

bool call_person_is(const struct call *c, int64_t row_id)
{
	return (c->person && c->person->row.id == row_id) ||
	       (c->result && c->result->connect && c->result->person_row.id == row_id) ||
	       (c->next && c->next->connect && c->next->person_row.id == row_id);
}

struct call *call_of_person(struct calls *cs, const struct line *ln, uint64_t session)
{
	struct call *c;

	llist_for_each_entry (c, &cs->open, list)
		if (c->person && c->person->dialled && c->person->ln == ln &&
		    c->person->session == session)
			return c;
	return NULL;
}

/* ---- what the caller hears meanwhile ---- */

struct sound *call_person_tone(void)
{
	struct sound *snd = sound_new(TONE_ALL);
	int16_t *samples = snd ? sound_samples(snd) : NULL;

	for (int i = 0; samples && i < TONE_SAMPLES; i++) {
		int edge = OSMO_MIN(i, TONE_SAMPLES - 1 - i);
		double ramp = OSMO_MIN(edge, TONE_RAMP) / (double)TONE_RAMP;

		samples[i] = lrint(TONE_LEVEL * ramp * sin(2 * M_PI * TONE_HZ * i / SOUND_RATE));
	}
	return snd;
}

static void unconnected(struct call *c, const char *cause)
{
	call_person_end(c, cause, true);
	if (c->stage == CALL_CONNECTING || c->stage == CALL_JOINED)
		call_take(c, CALL_UNCONNECTED);
}

void call_person_ring(struct call *c)
{
	struct sound *tone;
	struct line_prompt prompt = { .sounds = &tone, .n = 1 };
	struct line *ln = c->ln;
	uint64_t id = c->id;

	if (!c->person || clock_now_s() > c->person->until_s) {
		unconnected(c, "no-answer");
		return;
	}
	tone = call_person_tone();
	if (!tone)
		return;
	c->said_ms = clock_now_ms();
	c->sound_ms = (int64_t)TONE_ALL * 1000 / SOUND_RATE;
	call_listen(c);
	ln->ops->prompt(ln, id, &prompt);
	sound_unref(tone);
}

/* ---- the person's call ---- */

/* Its row: how it went, and the end. */
static void close_row(const struct call_person *cp, const char *cause)
{
	struct store *st = cp->c->cs->st;
	int rc;

	if (store_begin_soon(st) < 0) {
		cp->c->cs->swept = false; /* the agenda closes it */
		return;
	}
	rc = store_call_turn(st, &cp->row);
	if (rc == 0)
		rc = store_call_end(st, cp->row.id, cause, clock_now_s());
	if (rc < 0)
		store_undo(st);
	else
		store_end(st);
}

void call_person_forget(struct call *c)
{
	struct call_person *cp = c->person;

	if (!cp)
		return;
	osmo_timer_del(&cp->timer);
	if (cp->asked)
		speech_forget(c->cs->sp, cp);
	cp->asked = false;
	sound_unref(cp->sound);
	cp->sound = NULL;
}

void call_person_end(struct call *c, const char *cause, bool hang_up)
{
	struct call_person *cp = c->person;
	struct call_person none = { .c = c };

	if (!cp && c->result && c->result->connect && c->result->person_row.id) {
		none.row = c->result->person_row; /* it was not dialled yet */
		close_row(&none, cause);
	}
	if (c->result)
		c->result->person_row.id = 0;
	if (!cp)
		return;
	call_person_forget(c);
	c->person = NULL;
	if (cp->stage == PERSON_TALKS)
		c->cs->figures.connected++;
	else
		c->cs->figures.unconnected++;
	close_row(cp, cause);
	if (hang_up && cp->dialled)
		cp->ln->ops->hang_up(cp->ln, cp->session);
	talloc_free(cp);
}

static void join(struct call_person *cp)
{
	struct call *c = cp->c;

	if (c->ln->ops->join(c->ln, c->id, cp->session) < 0) {
		LOGP(DFLOW, LOGL_ERROR, "%s: two calls could not be joined\n", c->row.line);
		unconnected(c, "not-joined");
		return;
	}
	cp->stage = PERSON_TALKS;
	c->stage = CALL_JOINED;
	osmo_timer_del(&c->timer);
}

static void heard(void *data)
{
	join(data);
}

static void say(struct call_person *cp)
{
	struct line_prompt prompt = { .sounds = &cp->sound, .n = 1, .barge_in = true };

	cp->said_ms = clock_now_ms();
	cp->sound_ms = (int64_t)sound_length(cp->sound) * 1000 / SOUND_RATE;
	osmo_timer_schedule(&cp->timer, TELLING_S + cp->sound_ms / 1000, 0);
	cp->ln->ops->prompt(cp->ln, cp->session, &prompt);
}

static void made(struct sound *snd, void *data)
{
	struct call_person *cp = data;

	cp->asked = false;
	cp->sound = snd;
	if (snd)
		say(cp);
	else
		join(cp);
}

/* "0612345678" is said more easily than "+31612345678". */
static const char *as_dialled(void *ctx, const struct talk *talk, const char *number)
{
	size_t len = strlen(talk->country);

	if (number[0] == '+' && strncmp(number + 1, talk->country, len) == 0)
		return talloc_asprintf(ctx, "0%s", number + 1 + len);
	return number[0] == '+' ? number + 1 : number;
}

/* Staff may know whose call it is: they are about to help. */
static void tell_whose(struct call_person *cp)
{
	const struct talk *talk = *cp->c->cs->talk;
	const char *language = talk->languages[0];
	json_t *args = json_pack("{s:s, s:s}", "city", talk->city, "call",
				 as_dialled(cp, talk, cp->c->row.number));
	struct speech_words words = { .language = language };

	dialogue_spell_args(args, talk, language);
	cp->words = phrase_say(cp, talk->phrases, language, "voice", "callout.caller", args,
			       talk->zone);
	json_decref(args);
	words.text = cp->words;
	cp->sound = speech_have(cp->c->cs->sp, &words);
	if (cp->sound) {
		say(cp);
		return;
	}
	cp->asked = true;
	speech_ask(cp->c->cs->sp, &words, true, made, cp);
}

void call_person_answered(struct call *c)
{
	struct call_person *cp = c->person;

	if (cp->stage != PERSON_RINGS)
		return;
	cp->stage = PERSON_HEARS;
	cp->row.answered_s = clock_now_s();
	cp->until_s += TELLING_S + RING_MORE_S; /* the caller hears the tone as long */
	if (c->row.number[0])
		tell_whose(cp);
	else
		join(cp);
}

/* A line may tell that a sentence was given when it is not heard yet. */
void call_person_played(struct call *c)
{
	struct call_person *cp = c->person;
	int64_t left = cp->sound_ms - (clock_now_ms() - cp->said_ms);

	if (cp->stage != PERSON_HEARS || !cp->sound)
		return;
	left = OSMO_MAX(0, OSMO_MIN(left, cp->sound_ms));
	osmo_timer_schedule(&cp->timer, left / 1000, left % 1000 * 1000);
}

void call_person_dial(struct call *c)
{
	const struct call_cfg *cfg = &c->cs->cfg;
	struct line_dialling dialling = { .number = c->result->person_row.number,
					  .from = c->ln->number,
					  .ring_s = cfg->person_ring_s ? cfg->person_ring_s
								       : RING_S };
	struct call_person *cp = talloc_zero(c, struct call_person);

	OSMO_ASSERT(cp);
	cp->c = c;
	cp->ln = c->ln;
	cp->row = c->result->person_row;
	cp->until_s = clock_now_s() + dialling.ring_s + RING_MORE_S;
	osmo_timer_setup(&cp->timer, heard, cp);
	c->person = cp;
	if (c->ln->ops->dial(c->ln, &dialling, &cp->session) < 0) {
		unconnected(c, "not-dialled");
		return;
	}
	cp->dialled = true;
}
