// SPDX-License-Identifier: AGPL-3.0-or-later
/* call_say.c - what a turn says: each sentence made into sound, and all of them given to the line at once.
 *
 * A sentence that cannot be made is said in another language where its words are fixed, else left out. */
#include "flow/call_int.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "log.h"

#define TONE_HZ	     1000
#define TONE_LEVEL   6000
#define TONE_SAMPLES (SOUND_RATE / 4)
#define TONE_RAMP    (SOUND_RATE / 100)
#define MAKING_S     10 /* a sentence that is not made by then is left out */

static void made(struct sound *snd, void *data);

static void ask(struct call_sentence *cs)
{
	struct call *c = cs->call;
	struct speech_words words = {
		.language = cs->language, .text = cs->text, .key = cs->key, .slow = c->result->slow
	};

	cs->sound = speech_have(c->cs->sp, &words);
	if (cs->sound)
		return;
	cs->asked = true;
	c->waiting++;
	speech_ask(c->cs->sp, &words, true, made, cs);
}

/* The same words in the next of the languages. \returns false: there are no more, or they vary */
static bool other_language(struct call_sentence *cs)
{
	const struct talk *talk = *cs->call->cs->talk;
	const char *language;
	char *text;

	while (cs->key && cs->tried < CALL_LANGUAGES &&
	       (language = talk->languages[cs->tried]) != NULL) {
		cs->tried++;
		if (strcmp(language, cs->call->result->language) == 0)
			continue;
		text = phrase_say(cs->call->result, talk->phrases, language, "voice", cs->key, NULL,
				  talk->zone);
		talloc_free(cs->text);
		cs->text = text;
		cs->language = language;
		return true;
	}
	return false;
}

/* After it one speaks: no key's, and it begins and ends without a click. */
static struct sound *call_tone(void)
{
	struct sound *snd = sound_new(TONE_SAMPLES);
	int16_t *samples = snd ? sound_samples(snd) : NULL;

	for (int i = 0; samples && i < TONE_SAMPLES; i++) {
		int edge = OSMO_MIN(i, TONE_SAMPLES - 1 - i);
		double ramp = OSMO_MIN(edge, TONE_RAMP) / (double)TONE_RAMP;

		samples[i] = lrint(TONE_LEVEL * ramp * sin(2 * M_PI * TONE_HZ * i / SOUND_RATE));
	}
	return snd;
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

	for (size_t i = 0; i < res->n; i++) {
		if (!res->sentences[i].sound)
			continue;
		sounds[prompt.n++] = sound_ref(res->sentences[i].sound);
		samples += sound_length(res->sentences[i].sound);
	}
	if (prompt.n > 0 && prompt.record && (sounds[prompt.n] = call_tone()) != NULL)
		samples += sound_length(sounds[prompt.n++]);
	if (prompt.n > 0 && res->connect && (sounds[prompt.n] = call_person_tone()) != NULL)
		samples += sound_length(sounds[prompt.n++]);
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
	osmo_timer_schedule(&c->timer, MAKING_S, 0);
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

void call_making_late(struct call *c)
{
	for (size_t i = 0; i < c->result->n; i++) {
		if (!c->result->sentences[i].asked)
			continue;
		speech_forget(c->cs->sp, &c->result->sentences[i]);
		c->result->sentences[i].asked = false;
	}
	c->waiting = 0;
	give(c);
}
