// SPDX-License-Identifier: AGPL-3.0-or-later
/* leg.c - see leg.h.  Tones of keys are in leg_keys.c, who answered in leg_greeting.c, the file of a recording in
 * leg_record.c. */
#include "voice/leg.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "voice/leg_int.h"

#define FRAMES_PER_S (SOUND_RATE / SOUND_FRAME)
#define RAMP	     (SOUND_RATE / 200) /* 5 ms: what is cut short does not click */
#define STILL_S	     3			/* after the last word */
#define NOBODY_S     6			/* without any */
#define SPOKE_FRAMES 6			/* that make a message: "ja" is twice as long */
#define JOIN_FRAMES  3			/* between two calls whose ticks come in any order, 60 ms */

struct leg {
	struct leg_cfg cfg;
	struct leg_keys *keys;	       /* NULL: they come beside the sound */
	struct leg_greeting *greeting; /* NULL: nobody asks who answered */

	struct sound *sounds[LEG_SOUNDS_MAX];
	size_t n, at;	  /* sounds of the prompt, and the one that plays */
	size_t sample;	  /* of it, that is next */
	uint64_t prompts; /* counts them: told() may begin another */
	bool playing, barge_in;
	int16_t ramp[RAMP]; /* the end of what was cut short, to be heard next */
	bool has_ramp;

	struct leg *other; /* whom this one hears, and who hears it; NULL: nobody */
	int16_t between[JOIN_FRAMES][SOUND_FRAME]; /* what the other said and was not taken yet */
	unsigned int between_at, between_n;

	struct leg_file *file; /* NULL: nothing is recorded */
	struct leg_voice voice;
	unsigned int frames, frames_max;
};

static void tell(struct leg *leg, enum leg_event event, char key)
{
	struct leg_told told = { .event = event, .key = key };

	leg->cfg.told(&told, leg->cfg.data);
}

/* ---- playing */

/* Up to so many samples of the prompt.  \returns how many there were */
static size_t read_prompt(struct leg *leg, int16_t *out, size_t max)
{
	size_t got = 0, part, length;

	while (got < max && leg->at < leg->n) {
		length = sound_length(leg->sounds[leg->at]);
		part = OSMO_MIN(max - got, length - leg->sample);
		memcpy(out + got, sound_samples(leg->sounds[leg->at]) + leg->sample,
		       part * sizeof(*out));
		got += part;
		leg->sample += part;
		if (leg->sample == length) {
			leg->at++;
			leg->sample = 0;
		}
	}
	return got;
}

static bool has_more(const struct leg *leg)
{
	size_t at = leg->at;

	while (at < leg->n && sound_length(leg->sounds[at]) == 0)
		at++;
	return at < leg->n;
}

static void drop_sounds(struct leg *leg)
{
	while (leg->n > 0)
		sound_unref(leg->sounds[--leg->n]);
	leg->at = leg->sample = 0;
	leg->playing = false;
}

/* So many samples are in the ramp, which is to fall to nothing. */
static void fade(struct leg *leg, size_t got)
{
	size_t i;

	for (i = 0; i < RAMP; i++)
		leg->ramp[i] = i < got ? (int16_t)(leg->ramp[i] * (int)(RAMP - i) / RAMP) : 0;
	leg->has_ramp = true;
}

void leg_quiet(struct leg *leg)
{
	if (!leg->playing)
		return;
	fade(leg, read_prompt(leg, leg->ramp, RAMP));
	drop_sounds(leg);
}

void leg_play(struct leg *leg, struct sound *const *sounds, size_t n, bool barge_in)
{
	size_t i;

	OSMO_ASSERT(n <= LEG_SOUNDS_MAX);
	leg_part(leg);
	leg_quiet(leg);
	for (i = 0; i < n; i++)
		if (sounds[i])
			leg->sounds[leg->n++] = sounds[i];
	leg->playing = true;
	leg->barge_in = barge_in;
	leg->prompts++;
}

/* ---- two calls */

/* One that is late by more than there is room for hears the newest: a talk that lags behind is worse than
 * a syllable that is lost. */
static void put_other(struct leg *leg, const int16_t frame[SOUND_FRAME])
{
	unsigned int at = (leg->between_at + leg->between_n) % JOIN_FRAMES;

	memcpy(leg->between[at], frame, sizeof(leg->between[at]));
	if (leg->between_n < JOIN_FRAMES)
		leg->between_n++;
	else
		leg->between_at = (leg->between_at + 1) % JOIN_FRAMES;
}

/* The next frame, or its beginning.  \returns how many samples there were */
static size_t read_other(struct leg *leg, int16_t *out, size_t max)
{
	if (leg->between_n == 0)
		return 0;
	memcpy(out, leg->between[leg->between_at], max * sizeof(*out));
	leg->between_at = (leg->between_at + 1) % JOIN_FRAMES;
	leg->between_n--;
	return max;
}

static void forget_other(struct leg *leg)
{
	size_t got = read_other(leg, leg->ramp, RAMP);

	if (got > 0)
		fade(leg, got);
	leg->other = NULL;
	leg->between_n = 0;
}

void leg_part(struct leg *leg)
{
	struct leg *other = leg->other;

	if (!other)
		return;
	forget_other(leg);
	forget_other(other);
}

void leg_join(struct leg *leg, struct leg *other)
{
	OSMO_ASSERT(leg != other);
	leg_part(leg);
	leg_part(other);
	leg_quiet(leg);
	leg_quiet(other);
	/* what was cut short is not told */
	leg->prompts++;
	other->prompts++;
	leg->other = other;
	other->other = leg;
}

/* ---- what the caller hears */

static void mix_ramp(struct leg *leg, int16_t frame[SOUND_FRAME])
{
	int i, sum;

	for (i = 0; i < RAMP; i++) {
		sum = frame[i] + leg->ramp[i];
		frame[i] = (int16_t)OSMO_MAX(INT16_MIN, OSMO_MIN(INT16_MAX, sum));
	}
	leg->has_ramp = false;
}

bool leg_out(struct leg *leg, int16_t frame[SOUND_FRAME])
{
	bool sounds = leg->has_ramp;
	size_t got;

	if (!leg->playing && !leg->has_ramp && !leg->other) {
		memset(frame, 0, SOUND_FRAME * sizeof(*frame));
		return false;
	}
	got = leg->other ? read_other(leg, frame, SOUND_FRAME)
			 : read_prompt(leg, frame, SOUND_FRAME);
	memset(frame + got, 0, (SOUND_FRAME - got) * sizeof(*frame));
	if (leg->has_ramp)
		mix_ramp(leg, frame);
	if (leg->playing && !has_more(leg)) {
		drop_sounds(leg);
		tell(leg, LEG_PLAYED, 0);
	}
	return sounds || got > 0;
}

bool leg_is_playing(const struct leg *leg)
{
	return leg->playing;
}

/* ---- recording */

static bool somebody_spoke(const struct leg *leg)
{
	return leg->voice.spoke >= SPOKE_FRAMES;
}

static void stop_recording(struct leg *leg, enum leg_why why)
{
	struct leg_told told = { .event = LEG_RECORDED, .why = why };
	struct leg_file *file = leg->file;
	bool full;

	leg->file = NULL;
	told.seconds = leg_file_close(file, somebody_spoke(leg), &full);
	if (full)
		told.why = LEG_DISK_FULL;
	leg->cfg.told(&told, leg->cfg.data);
}

int leg_record(struct leg *leg, const char *path, unsigned int seconds_max)
{
	int rc;

	if (leg->file)
		return -EBUSY;
	leg->file = leg_file_open(leg, path, &rc);
	if (!leg->file)
		return rc;
	leg->frames = 0;
	leg->frames_max = seconds_max * FRAMES_PER_S;
	leg_voice_again(&leg->voice);
	return 0;
}

static void record(struct leg *leg, const int16_t frame[SOUND_FRAME])
{
	unsigned int still_max = (somebody_spoke(leg) ? STILL_S : NOBODY_S) * FRAMES_PER_S;

	if (!leg_file_write(leg->file, frame))
		stop_recording(leg, LEG_DISK_FULL);
	else if (++leg->frames >= leg->frames_max)
		stop_recording(leg, LEG_LONG);
	else if (leg->voice.still >= still_max)
		stop_recording(leg, LEG_SILENCE);
}

/* ---- what comes */

static void greet(struct leg *leg, const int16_t frame[SOUND_FRAME], bool tone)
{
	enum leg_answered who = leg_greeting_hear(leg->greeting, frame, tone);
	struct leg_told told = { .event = LEG_GREETED, .machine = who == LEG_MACHINE };

	if (who != LEG_NOBODY_YET)
		leg->cfg.told(&told, leg->cfg.data);
}

void leg_in(struct leg *leg, const int16_t frame[SOUND_FRAME])
{
	bool tone = leg->keys && leg_keys_hear(leg->keys, frame);

	/* while a prompt plays, what is heard may be its echo */
	leg_voice_hear(&leg->voice, frame, tone, !leg->playing);
	if (leg->greeting)
		greet(leg, frame, tone);
	if (leg->file && !leg->playing)
		record(leg, frame);
	if (leg->other)
		put_other(leg->other, frame);
}

/* ---- keys */

void leg_key(struct leg *leg, char key)
{
	bool cut = leg->playing && leg->barge_in;
	uint64_t prompt = leg->prompts;

	if (!key || !strchr("0123456789*#ABCD", key))
		return;
	if (key == '#' && leg->file && !leg->playing) {
		stop_recording(leg, LEG_HASH);
		return;
	}
	if (cut)
		leg_quiet(leg);
	tell(leg, LEG_KEY, key);
	if (cut && prompt == leg->prompts)
		tell(leg, LEG_PLAYED, 0);
}

static void key_heard(char key, void *data)
{
	leg_key(data, key);
}

/* ---- beginning and end */

void leg_hang_up(struct leg *leg)
{
	leg_part(leg);
	drop_sounds(leg);
	leg->has_ramp = false;
	if (leg->file)
		stop_recording(leg, LEG_HUNG_UP);
}

static int leg_destroy(struct leg *leg)
{
	bool full;

	leg_part(leg);
	drop_sounds(leg);
	if (leg->file)
		leg_file_close(leg->file, somebody_spoke(leg), &full);
	return 0;
}

struct leg *leg_alloc(void *ctx, const struct leg_cfg *cfg)
{
	struct leg *leg = talloc_zero(ctx, struct leg);

	OSMO_ASSERT(leg);
	leg->cfg = *cfg;
	if (cfg->inband_keys)
		leg->keys = leg_keys_alloc(leg, key_heard, leg);
	if (cfg->greeting)
		leg->greeting = leg_greeting_alloc(leg);
	talloc_set_destructor(leg, leg_destroy);
	return leg;
}

void leg_free(struct leg *leg)
{
	talloc_free(leg);
}
