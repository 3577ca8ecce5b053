// SPDX-License-Identifier: AGPL-3.0-or-later
/* leg_greeting.c - who answered the call that we placed: a person or a machine; see leg_int.h.
 *
 * A person says a word or a short sentence and waits for us; a machine speaks on, and often beeps.  The lengths
 * are those of greetings that were synthesised in five languages, as the unit test prints them: what persons say lasts
 * 0.4 to 2.8 s, what machines say 4 to 15 s, with gaps of half a second between sentences.
 */
#include "voice/leg_int.h"

#include <math.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define FRAMES(ms) ((ms) / 20)

#define NOBODY \
	FRAMES(3000) /* without a word: a person who listens, or a machine that is as good as one */
#define SHORT	    FRAMES(1800) /* speech, with the gaps in it: a person's word */
#define SHORT_PAUSE FRAMES(700)	 /* after it: longer than the gap between a machine's sentences */
#define LONG	    FRAMES(3000) /* more is a machine; what is between is a person after the pause */
#define LONG_PAUSE  FRAMES(1000)
#define LATEST	    FRAMES(30000)

/* A beep is one tone that does not change. */
#define BEEP	   FRAMES(200)
#define BEEP_PAUSE FRAMES(200)
#define BEEP_LOW   300.0 /* Hz: below are voices that hum */
#define BEEP_HIGH  3000.0
#define BEEP_PURE  0.9	/* of the power of a frame in one tone; at 20 dB above noise it is 0.99 */
#define BEEP_DRIFT 0.03 /* of the frequency, from frame to frame: a vowel's changes more */
#define BEEP_QUIET 100.0

/* The noise may be that of a street: it is known from the first frame, if nobody speaks in it yet. */
#define NOISE_FIRST_MAX 500.0

struct leg_greeting {
	struct leg_voice voice;
	unsigned int frames;	  /* since it was answered */
	unsigned int first, last; /* frames of a voice; 0: none yet */
	double tone_hz;		  /* of the last frame; 0: it was none */
	unsigned int tone;	  /* frames of it */
	unsigned int beep;	  /* when a beep was last heard; 0: none yet */
	enum leg_answered who;
};

/* ---- a tone in a frame */

static double lag(const int16_t frame[SOUND_FRAME], int by)
{
	double sum = 0;
	int i;

	for (i = by; i < SOUND_FRAME; i++)
		sum += (double)frame[i] * frame[i - by];
	return sum / (SOUND_FRAME - by);
}

/* What a sine's samples are to each other at a distance of one and two tells its frequency, and white noise has
 * no part in either (Pisarenko). \returns radians a sample; 0: none */
static double tone_of(const int16_t frame[SOUND_FRAME])
{
	double r1 = lag(frame, 1), r2 = lag(frame, 2), c;

	if (r1 == 0)
		return 0;
	c = (r2 + sqrt(r2 * r2 + 8 * r1 * r1)) / (4 * r1);
	return fabs(c) < 1 ? acos(c) : 0;
}

/* How much of the power is in that tone. */
static double purity(const int16_t frame[SOUND_FRAME], double w)
{
	double re = 0, im = 0, all = 0;
	int i;

	for (i = 0; i < SOUND_FRAME; i++) {
		re += frame[i] * cos(w * i);
		im += frame[i] * sin(w * i);
		all += (double)frame[i] * frame[i];
	}
	return 2 * (re * re + im * im) / (SOUND_FRAME * all);
}

/* \returns Hz; 0 if it is no tone */
static double tone_heard(const int16_t frame[SOUND_FRAME])
{
	double w, hz;

	if (lag(frame, 0) < BEEP_QUIET * BEEP_QUIET)
		return 0;
	w = tone_of(frame);
	hz = w * SOUND_RATE / (2 * M_PI);
	if (hz < BEEP_LOW || hz > BEEP_HIGH || purity(frame, w) < BEEP_PURE)
		return 0;
	return hz;
}

static void hear_tone(struct leg_greeting *g, const int16_t frame[SOUND_FRAME])
{
	double hz = tone_heard(frame);
	bool same = hz > 0 && fabs(hz - g->tone_hz) < BEEP_DRIFT * hz;

	g->tone = same ? g->tone + 1 : hz > 0;
	g->tone_hz = hz;
	if (g->tone >= BEEP)
		g->beep = g->frames;
}

/* ---- a voice */

static void hear_voice(struct leg_greeting *g, const int16_t frame[SOUND_FRAME], bool tone)
{
	if (g->frames == 1)
		g->voice.noise = OSMO_MIN(sqrt(lag(frame, 0)), NOISE_FIRST_MAX);
	leg_voice_hear(&g->voice, frame, tone || g->tone >= BEEP / 2, true);
	if (g->voice.loud < LEG_VOICE_FRAMES)
		return;
	if (!g->first)
		g->first = g->frames - LEG_VOICE_FRAMES + 1;
	g->last = g->frames;
}

/* ---- who it is */

static enum leg_answered who(const struct leg_greeting *g)
{
	unsigned int still = g->frames - g->last;
	unsigned int spoke = g->first ? g->last - g->first + 1 : 0;

	if (g->frames >= LATEST)
		return LEG_MACHINE;
	if (g->beep)
		return OSMO_MIN(still, g->frames - g->beep) >= BEEP_PAUSE ? LEG_MACHINE
									  : LEG_NOBODY_YET;
	if (!spoke)
		return g->frames >= NOBODY ? LEG_PERSON : LEG_NOBODY_YET;
	if (spoke < SHORT && still >= SHORT_PAUSE)
		return LEG_PERSON;
	if (still < LONG_PAUSE)
		return LEG_NOBODY_YET;
	return spoke < LONG ? LEG_PERSON : LEG_MACHINE;
}

enum leg_answered leg_greeting_hear(struct leg_greeting *g, const int16_t frame[SOUND_FRAME],
				    bool tone)
{
	if (g->who != LEG_NOBODY_YET)
		return LEG_NOBODY_YET; /* it is told once */
	g->frames++;
	hear_tone(g, frame);
	hear_voice(g, frame, tone);
	g->who = who(g);
	return g->who;
}

struct leg_greeting *leg_greeting_alloc(void *ctx)
{
	struct leg_greeting *g = talloc_zero(ctx, struct leg_greeting);

	OSMO_ASSERT(g);
	return g;
}
