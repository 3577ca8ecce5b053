// SPDX-License-Identifier: AGPL-3.0-or-later
/* leg.c - see leg.h.  Tones of keys are in leg_keys.c, who answered in leg_greeting.c, the file of a recording in
 * leg_record.c. */
#include "voice/leg.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "voice/leg_int.h"
#include "voice/recorder.h"

#define FRAMES_PER_S (SOUND_RATE / SOUND_FRAME)
#define RAMP	     (SOUND_RATE / 200) /* 5 ms: what is cut short does not click */
#define STILL_S	     3			/* after the last word */
#define NOBODY_S     6			/* without any */
#define LOST_MAX     (FRAMES_PER_S / 2) /* the disk took nothing for as long, after the ring was full */
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

	struct recording *recording; /* NULL: nothing is recorded */
	struct leg_voice voice;
	unsigned int frames, frames_max, lost;
	uint64_t all_lost; /* of all its recordings */
	bool ending, kept; /* it is being closed */
	enum leg_why why;
};

static void tell(struct leg *leg, enum leg_event event, char key)
{
	struct leg_told told = { .event = event, .key = key };

	leg->cfg.told(&told, leg->cfg.data);
}

static void leave_recording(struct leg *leg);

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
	leave_recording(leg);
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

static void tell_recorded(struct leg *leg, enum leg_why why, double seconds)
{
	struct leg_told told = { .event = LEG_RECORDED, .why = why, .seconds = seconds };

	recording_forget(leg->recording);
	leg->recording = NULL;
	leg->cfg.told(&told, leg->cfg.data);
}

static void stop_recording(struct leg *leg, enum leg_why why)
{
	leg->kept = somebody_spoke(leg);
	recording_end(leg->recording, leg->kept);
	leg->ending = true;
	leg->why = why;
}

/* Nobody waits long in silence for a disk that hangs: then it is over too. */
static void watch_ending(struct leg *leg)
{
	bool full;

	if (recording_is_over(leg->recording, &full))
		tell_recorded(leg, full ? LEG_DISK_FULL : leg->why,
			      recording_seconds(leg->recording));
}

/* What is said now, or was to be told, is of no interest any more. */
static void leave_recording(struct leg *leg)
{
	if (!leg->recording)
		return;
	recording_end(leg->recording, somebody_spoke(leg));
	recording_forget(leg->recording);
	leg->recording = NULL;
}

int leg_record(struct leg *leg, const char *path, unsigned int seconds_max)
{
	int rc;

	if (leg->recording)
		return -EBUSY;
	rc = leg->cfg.recorder ? recording_begin(leg->cfg.recorder, path, &leg->recording)
			       : -ENOTSUP;
	if (rc < 0)
		return rc;
	leg->frames = leg->lost = 0;
	leg->ending = false;
	leg->frames_max = seconds_max * FRAMES_PER_S;
	leg_voice_again(&leg->voice);
	return 0;
}

bool leg_has_room(const struct leg *leg)
{
	bool full;

	if (!leg->recording)
		return true;
	return leg->ending ? recording_is_over(leg->recording, &full)
			   : recording_has_room(leg->recording);
}

static void record(struct leg *leg, const int16_t frame[SOUND_FRAME])
{
	unsigned int still_max = (somebody_spoke(leg) ? STILL_S : NOBODY_S) * FRAMES_PER_S;
	bool full;

	if (!recording_put(leg->recording, frame)) {
		leg->lost++;
		leg->all_lost++;
	}
	if (recording_is_over(leg->recording, &full) || leg->lost > LOST_MAX) {
		stop_recording(leg, LEG_DISK_FULL);
		tell_recorded(leg, LEG_DISK_FULL, recording_seconds(leg->recording));
		return;
	}
	if (++leg->frames >= leg->frames_max)
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
	if (leg->recording && leg->ending)
		watch_ending(leg);
	else if (leg->recording && !leg->playing)
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
	if (key == '#' && leg->recording && !leg->ending && !leg->playing) {
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

/* Nobody waits for the file: the leg may go now. */
void leg_hang_up(struct leg *leg)
{
	bool full = false;
	double said = (double)(leg->frames - leg->lost) / FRAMES_PER_S;

	leg_part(leg);
	drop_sounds(leg);
	leg->has_ramp = false;
	if (!leg->recording)
		return;
	if (!leg->ending)
		stop_recording(leg, LEG_HUNG_UP);
	if (recording_is_over(leg->recording, &full) && full)
		tell_recorded(leg, LEG_DISK_FULL, recording_seconds(leg->recording));
	else
		tell_recorded(leg, leg->why, leg->kept ? said : 0);
}

static int leg_destroy(struct leg *leg)
{
	leg_part(leg);
	drop_sounds(leg);
	leave_recording(leg);
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

void leg_counts(const struct leg *leg, struct leg_counts *out)
{
	out->lost = leg->all_lost;
	out->torn = leg->keys ? leg_keys_torn(leg->keys) : 0;
}

void leg_free(struct leg *leg)
{
	talloc_free(leg);
}
