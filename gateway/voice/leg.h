/* leg.h - what is heard and said in one call, in frames of 20 ms: playing, keys, recording.
 *
 * Knows no network, no thread and no clock: whoever carries the sound takes a frame and gives a frame each 20 ms, or
 * faster where nobody listens.  One thread at a time.  Nothing is allocated while it plays.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "voice/sound.h"

#define LEG_SOUNDS_MAX 24 /* of one prompt */

struct leg;

enum leg_event {
	LEG_KEY, /* key is set; before the LEG_PLAYED of what it cuts short */
	LEG_PLAYED, /* the prompt is over, or was cut short by a key; not told of what leg_play() replaced */
	LEG_RECORDED, /* why, seconds are set; the file is closed, and there is none if seconds is 0; of
			 LEG_HUNG_UP it will be soon, and seconds is what was said */
	LEG_GREETED, /* machine is set; once, if cfg.greeting */
};

enum leg_why {
	LEG_SILENCE, /* nobody speaks any more (or never did: seconds is 0) */
	LEG_HASH,    /* it is not told as a key too */
	LEG_LONG,    /* the longest was reached */
	LEG_HUNG_UP,
	LEG_DISK_FULL, /* or it hangs, or there is no such folder; what fitted is kept */
};

struct leg_told {
	enum leg_event event;
	char key;
	enum leg_why why;
	double seconds;
	bool machine; /* it spoke on, or beeped, and is silent now; else a person who said a word or nothing */
};

struct recorder; /* voice/recorder.h */

struct leg_cfg {
	struct recorder *recorder; /* outlives the leg; NULL: it records nothing */
	bool inband_keys;	   /* look for tones in the sound: no other way gives them */
	bool greeting; /* we placed this call: find out who answered it, from the first leg_in() on */
	void (*told)(const struct leg_told *told,
		     void *data); /* from inside the calls below; frees no leg */
	void *data;
};

struct leg *leg_alloc(void *ctx, const struct leg_cfg *cfg);
void leg_free(struct leg *leg);

struct leg_counts {
	uint64_t lost; /* frames of 20 ms that the disk was too slow for */
	uint64_t torn; /* tones that began and were not told: of a press that was told */
};
void leg_counts(const struct leg *leg, struct leg_counts *out);

/*! Play from now on, instead of what plays.
 *  \param[in] sounds  up to LEG_SOUNDS_MAX, each with a reference that is taken over; NULL is skipped
 *  \param[in] barge_in  a key stops it (and counts) */
void leg_play(struct leg *leg, struct sound *const *sounds, size_t n, bool barge_in);
void leg_quiet(struct leg *leg);

/*! Record what the caller says into an Ogg Opus file, after what plays: until silence, '#', or so many seconds.  The
 *  recorder's thread writes it, and how it ended is told from inside leg_in() once it is closed: some frames later, at
 *  most two seconds.  Another leg_play() ends it untold, and what was said is kept.
 *  0; -errno; -EBUSY if it records already */
int leg_record(struct leg *leg, const char *path, unsigned int seconds_max);
/*! false: whoever brings sound faster than it is spoken waits a little, or it may be lost to the recording. */
bool leg_has_room(const struct leg *leg);

/*! The next 20 ms for the caller; silence where nothing plays. \returns false if it is silence */
bool leg_out(struct leg *leg, int16_t frame[SOUND_FRAME]);
/*! 20 ms of the caller. */
void leg_in(struct leg *leg, const int16_t frame[SOUND_FRAME]);
/*! A key that came beside the sound (telephone-event, INFO, a URC). 0-9 * # A-D; others are ignored */
void leg_key(struct leg *leg, char key);
/*! The call is over: how a recording that runs ended is told now. */
void leg_hang_up(struct leg *leg);
bool leg_is_playing(const struct leg *leg);

/*! Two calls of one thread hear each other: leg_out() of one is what came by leg_in() of the other, at most 60 ms
 *  later; what is more is lost.  What played is cut short and not told.  Keys are still told, and heard if they
 *  came as tones; a recording goes on.  It ends with leg_part(), and when either plays, hangs up or is freed. */
void leg_join(struct leg *leg, struct leg *other);
void leg_part(struct leg *leg);
