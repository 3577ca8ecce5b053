/* speech_int.h - private to speech*.c: what the thread does for a job. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "voice/speech.h"

#define SPEECH_TEXT_MAX	 2000 /* octets */
#define SPEECH_RATE	 150  /* words a minute */
#define SPEECH_RATE_SLOW 112

/* The name of a sound: of the words and of all that changes their samples. */
struct speech_id {
	uint8_t octets[16];
};

/* ---- speech_make.c: libespeak-ng */

/*! Once in a process, whoever comes first. \returns false: *error says what is missing, static */
bool speech_make_start(const char **error);
/*! \returns a sound; NULL: *why, static */
struct sound *speech_make(const char *voice, bool slow, const char *text, const char **why);
const char *speech_make_version(void);
/*! Of "nl-plain": "nl".  \returns false if that is no voice's name */
bool speech_voice(char voice[16], const char *language);

/* ---- speech_shape.c: loudness and ends */

/*! Of samples at SOUND_RATE. \returns NULL if they are silent */
struct sound *speech_shape(const struct sound *raw);

/* ---- speech_cache.c: any thread */

struct speech_cache;

/*! \param[in] folder  NULL: memory only; *why is set (static or strerror's) if it cannot be made, and
 *  the cache works without */
struct speech_cache *speech_cache_new(const char *folder, size_t memory_max, uint64_t disk_max,
				      const char **why);
void speech_cache_free(struct speech_cache *sc);

void speech_cache_name(struct speech_id *id, const char *voice, bool slow, const char *text);
/*! From memory. \returns a reference, NULL none */
struct sound *speech_cache_have(struct speech_cache *sc, const struct speech_id *id);
void speech_cache_keep(struct speech_cache *sc, const struct speech_id *id, struct sound *snd);
/*! From disk into memory. \returns a reference; NULL: none, or it is damaged */
struct sound *speech_cache_load(struct speech_cache *sc, const struct speech_id *id);
/*! To disk and memory.  0; -errno: it is in memory only */
int speech_cache_store(struct speech_cache *sc, const struct speech_id *id, struct sound *snd);
/*! Drop from the disk what nobody asked for in a season: it may tell of somebody's street. */
void speech_cache_tidy(struct speech_cache *sc);
/*! These words are always said: they are not dropped for room.  This and the next: the thread that stores */
void speech_cache_fix(struct speech_cache *sc, const struct speech_id *id);
/*! Drop from the disk what is beyond its limit, what nobody asked for longest first. */
void speech_cache_make_room(struct speech_cache *sc);

/* ---- speech_shelf.c: any thread */

enum speech_from { FROM_NOWHERE, FROM_MEMORY, FROM_DISK, FROM_RECORDING, FROM_SYNTHESIS };

struct speech_shelf;

/*! \param[in] cache  stays the caller's
 *  \param[in] recordings  NULL: none */
struct speech_shelf *speech_shelf_new(struct speech_cache *cache, const char *recordings);
void speech_shelf_free(struct speech_shelf *sh);
/*! A recording, else what was made before.
 *  \param[in,out] notice  NULL; malloc'd words if a recording cannot be read, the first time
 *  \returns a reference; NULL: it must be made */
struct sound *speech_shelf_have(struct speech_shelf *sh, const struct speech_words *words,
				char **notice, enum speech_from *from);
