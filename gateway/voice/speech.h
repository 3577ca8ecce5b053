/* speech.h - words to sound: one thread that owns libespeak-ng (which is not thread safe), and a cache.
 *
 * What was made is kept on disk by a hash of text, voice, speed and rate: the same words are the same
 * samples as long as they are kept, which a second synthesis would not give.  recordings/LANG/KEY.wav takes the place
 * of a synthesis.  Loudness is the same for all; sounds begin and end at a ramp, so that joins do not click.
 * Knows no menus and no calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "voice/sound.h"

struct speech;

struct speech_cfg {
	const char *cache;	/* folder, made if absent; NULL: memory only */
	const char *recordings; /* folder of LANG/KEY.wav; NULL: none */
	size_t memory_max;	/* octets of sounds that are kept in memory; 0: 32 MB */
	uint64_t disk_max; /* octets of files in cache, about; 0: 500 MB.  Words with a key stay */
};

struct speech_words {
	const char *language; /* "nl", "nl-plain": espeak's voice of the part before '-' */
	const char *text;     /* a sentence; digits and names as they shall be said */
	const char *key;      /* of the prompt, for a recording; NULL none */
	bool slow;	      /* as for "*" the second time */
};

/*! \param[out] error  NULL before; set if libespeak-ng's voices are not there: what to install.  Then only recordings
 *  and what was kept on disk is said, all else fails.  A child of ctx
 *  \returns NULL if there is no thread: *error says why */
struct speech *speech_alloc(void *ctx, const struct speech_cfg *cfg, char **error);
void speech_free(struct speech *sp);

/*! Have words made.  done is called from the loop, never from in here, with a reference of its own that it
 *  must drop; NULL: it failed (logged): say something else, or nothing.
 *  \param[in] urgent  a caller waits: before what is made ahead */
void speech_ask(struct speech *sp, const struct speech_words *words, bool urgent,
		void (*done)(struct sound *snd, void *data), void *data);
/*! done of this data is not called any more. */
void speech_forget(struct speech *sp, void *data);

/*! From memory or disk, at once. \returns a reference; NULL: not made yet */
struct sound *speech_have(struct speech *sp, const struct speech_words *words);

/*! For commands: make and wait. \returns a reference; NULL: failed */
struct sound *speech_now(struct speech *sp, const struct speech_words *words);

/* For metrics and progress. */
struct speech_figures {
	size_t waiting, made, from_disk, from_memory, recordings, failed;
	double audio_s, cpu_s; /* made by synthesis, and what that took */
};
void speech_figures(const struct speech *sp, struct speech_figures *out);
