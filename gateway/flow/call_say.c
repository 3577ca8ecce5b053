// SPDX-License-Identifier: AGPL-3.0-or-later
/* call_say.c - what a turn says: each sentence made into sound, and all of them given to the line at once.
 *
 * A sentence that cannot be made is said in another language where its words are fixed, else by the voice of another
 * language, else left out.  While words are made the caller hears that the call is still there, and where nothing at
 * all can be said a tone before it is hung up: never silence. */
#include "flow/call_int.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "log.h"

#define TONE_RAMP (SOUND_RATE / 100)
#define LATE_S	  1 /* words that take longer: a tone, and again after each */
#define WAITING_S 2
#define TONES_MAX 2 /* what is not made after these, 5 s in all, is left out */

/* Beeps: so many, each of all samples of which on sound. */
struct tone {
	int hz, level;
	size_t n, on, all;
};

/* After it one speaks: no key's. */
static const struct tone tone_speak = { 1000, 6000, 1, SOUND_RATE / 4, SOUND_RATE / 4 };
/* Longer than the pause to the next, so that none is ever heard to its end. */
static const struct tone tone_wait = { 425, 3000, 1, SOUND_RATE / 5, 3 * SOUND_RATE };
/* As of a call that failed, ITU-T E.180. */
static const struct tone tone_sorry = { 425, 6000, 4, SOUND_RATE / 4, SOUND_RATE / 2 };

static void made(struct sound *snd, void *data);

static struct speech_words words_of(const struct call_sentence *cs)
{
	return (struct speech_words){ .language = cs->language,
				      .text = cs->text,
				      .key = cs->key,
				      .slow = cs->call->result->slow };
}

static void ask(struct call_sentence *cs)
{
	struct call *c = cs->call;
	struct speech_words words = words_of(cs);

	cs->sound = speech_have(c->cs->sp, &words);
	if (cs->sound)
		return;
	cs->asked = true;
	c->waiting++;
	speech_ask(c->cs->sp, &words, true, made, cs);
}

/* Latin letters: a voice of another language makes something of them.  From U+0370 on there are others. */
static bool is_latin(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text >= 0xcd)
			return false;
	return true;
}

/* Words that vary are only known in their own. */
static void translate(struct call_sentence *cs)
{
	const struct talk *talk = *cs->call->cs->talk;
	char *text;

	if (!cs->key)
		return;
	text = phrase_say(cs->call->result, talk->phrases, cs->language, "voice", cs->key, NULL,
			  talk->zone);
	talloc_free(cs->text);
	cs->text = text;
}

/* The same words in the next of the languages, or at least by its voice. \returns false: there are no more */
static bool other_language(struct call_sentence *cs)
{
	const struct talk *talk = *cs->call->cs->talk;
	const char *language;

	while ((cs->key || is_latin(cs->text)) && cs->tried < CALL_LANGUAGES &&
	       (language = talk->languages[cs->tried]) != NULL) {
		cs->tried++;
		if (strcmp(language, cs->call->result->language) == 0)
			continue;
		cs->language = language;
		translate(cs);
		return true;
	}
	return false;
}

/* It begins and ends without a click. \returns NULL if there is no memory */
static struct sound *make_tone(const struct tone *tone)
{
	struct sound *snd = sound_new(tone->n * tone->all);
	int16_t *samples = snd ? sound_samples(snd) : NULL;

	for (size_t i = 0; samples && i < tone->n * tone->all; i++) {
		size_t at = i % tone->all,
		       edge = at < tone->on ? OSMO_MIN(at, tone->on - 1 - at) : 0;
		double ramp = OSMO_MIN(edge, (size_t)TONE_RAMP) / (double)TONE_RAMP;

		samples[i] = lrint(tone->level * ramp * sin(2 * M_PI * tone->hz * at / SOUND_RATE));
	}
	return snd;
}

static void add_tone(struct line_prompt *prompt, struct sound **sounds, struct sound *tone)
{
	if (tone)
		sounds[prompt->n++] = tone;
}

/* A reference of each of what was made, and the tones. */
static void fill_prompt(const struct call_result *res, struct line_prompt *prompt,
			struct sound **sounds)
{
	for (size_t i = 0; i < res->n; i++)
		if (res->sentences[i].sound)
			sounds[prompt->n++] = sound_ref(res->sentences[i].sound);
	if (prompt->n == 0 && res->last)
		add_tone(prompt, sounds, make_tone(&tone_sorry));
	else if (prompt->n > 0 && prompt->record)
		add_tone(prompt, sounds, make_tone(&tone_speak));
	else if (res->connect)
		add_tone(prompt, sounds, call_person_tone());
}

/* The line may answer from inside prompt(), even with the end of the call: nothing of it is used after. */
static void give(struct call *c)
{
	struct call_result *res = c->result;
	struct sound *sounds[ARRAY_SIZE(res->sentences) + 1]; /* and the tone */
	struct line_prompt prompt = { .sounds = sounds,
				      .barge_in = !res->last && !res->connect,
				      .record = res->recording_path,
				      .record_s = CALL_RECORD_S,
				      .last = res->last };
	struct calls *all = c->cs;
	struct line *ln = c->ln;
	uint64_t id = c->id;
	size_t samples = 0;
	int rc = -ENODATA;

	fill_prompt(res, &prompt, sounds);
	for (size_t i = 0; i < prompt.n; i++)
		samples += sound_length(sounds[i]);
	c->said_ms = clock_now_ms();
	c->sound_ms = (int64_t)samples * 1000 / SOUND_RATE;
	c->stage = res->last ? CALL_LEAVING : res->connect ? CALL_CONNECTING : CALL_SAYING;
	if (prompt.n > 0 && call_answer(c)) {
		call_listen(c);
		rc = ln->ops->prompt(ln, id, &prompt);
	}
	for (size_t i = 0; i < prompt.n; i++)
		sound_unref(sounds[i]);
	if (rc < 0)
		call_unsaid(all, ln, id);
	c = ln ? call_find(all, ln, id) : NULL;
	if (c && c->stage == CALL_CONNECTING)
		call_person_dial(c);
}

static void one_more(struct call *c)
{
	if (c->waiting > 0 || c->giving)
		return;
	osmo_timer_del(&c->timer);
	give(c);
}

static void made(struct sound *snd, void *data)
{
	struct call_sentence *cs = data;
	struct call *c = cs->call;

	cs->asked = false;
	c->waiting--;
	if (snd) {
		cs->sound = snd;
	} else {
		while (!cs->sound && !cs->asked && other_language(cs))
			ask(cs);
		if (!cs->sound && !cs->asked)
			LOGP(DFLOW, LOGL_ERROR, "%s: a sentence (%s) cannot be said: left out\n",
			     c->row.line, cs->key ? cs->key : "of its own");
	}
	one_more(c);
}

void call_say(struct call *c)
{
	struct call_result *res = c->result;

	c->stage = CALL_MAKING;
	c->giving = true;
	c->wait_tones = 0;
	osmo_timer_schedule(&c->timer, LATE_S, 0);
	for (size_t i = 0; i < res->n; i++) {
		struct call_sentence *cs = &res->sentences[i];

		cs->call = c;
		cs->language = res->language;
		ask(cs);
	}
	c->giving = false;
	one_more(c);
}

void call_forget_sounds(struct call *c)
{
	struct call_result *res = c->result;

	for (size_t i = 0; res && i < res->n; i++) {
		if (res->sentences[i].asked)
			speech_forget(c->cs->sp, &res->sentences[i]);
		res->sentences[i].asked = false;
		sound_unref(res->sentences[i].sound);
		res->sentences[i].sound = NULL;
	}
	c->waiting = 0;
}

/* Whoever was not answered yet hears the ringing.  The line may answer from inside prompt() here too. */
static void say_wait(struct call *c)
{
	struct sound *tone = c->answered ? make_tone(&tone_wait) : NULL;
	struct line_prompt prompt = { .sounds = &tone, .n = 1, .barge_in = true };

	osmo_timer_schedule(&c->timer, WAITING_S, 0);
	if (tone)
		c->ln->ops->prompt(c->ln, c->id, &prompt);
	sound_unref(tone);
}

/* It is waited for no more: what was made before, or recorded, in another language. */
static void have_another(struct call_sentence *cs)
{
	struct speech_words words;

	speech_forget(cs->call->cs->sp, cs);
	cs->asked = false;
	while (!cs->sound && other_language(cs)) {
		words = words_of(cs);
		cs->sound = speech_have(cs->call->cs->sp, &words);
	}
	LOGP(DFLOW, LOGL_ERROR, "%s: a sentence (%s) takes too long to be made: %s\n",
	     cs->call->row.line, cs->key ? cs->key : "of its own",
	     cs->sound ? "said in another language" : "left out");
}

void call_making_late(struct call *c)
{
	if (c->wait_tones < TONES_MAX) {
		c->wait_tones++;
		say_wait(c);
		return;
	}
	for (size_t i = 0; i < c->result->n; i++)
		if (c->result->sentences[i].asked)
			have_another(&c->result->sentences[i]);
	c->waiting = 0;
	give(c);
}
