// SPDX-License-Identifier: AGPL-3.0-or-later
/* speech_shelf.c - what need not be made: a recording of these words, else what was made before. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <osmocom/core/utils.h>

#include "voice/speech_int.h"

#define TOLD_MAX 256

struct speech_shelf {
	struct speech_cache *cache;
	char *recordings; /* NULL: none */
	pthread_mutex_t lock;
	struct speech_id told[TOLD_MAX]; /* recordings that are known not to be read */
	size_t n_told;
};

/* A recording of these words, and the name that it has in memory as it is now.
 * \returns false: there is none */
static bool find_recording(const struct speech_shelf *sh, const struct speech_words *words,
			   char path[PATH_MAX], struct speech_id *id)
{
	struct stat st;
	char as_is[PATH_MAX + 100];
	int n;

	if (!sh->recordings || !words->key || !*words->key || *words->key == '.' ||
	    strchr(words->key, '/') || *words->language == '.' || strchr(words->language, '/'))
		return false;
	n = snprintf(path, PATH_MAX, "%s/%s/%s.wav", sh->recordings, words->language, words->key);
	if (n < 0 || n >= PATH_MAX || stat(path, &st) < 0)
		return false;
	snprintf(as_is, sizeof(as_is), "%s %llu %lld %lld.%09ld", path,
		 (unsigned long long)st.st_ino, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
		 st.st_mtim.tv_nsec);
	speech_cache_name(id, "recording", false, as_is);
	return true;
}

/* \returns true the first time only */
static bool first_told(struct speech_shelf *sh, const struct speech_id *id)
{
	bool known = false;

	pthread_mutex_lock(&sh->lock);
	for (size_t i = 0; i < sh->n_told; i++)
		known = known || memcmp(&sh->told[i], id, sizeof(*id)) == 0;
	if (!known && sh->n_told < TOLD_MAX)
		sh->told[sh->n_told++] = *id;
	pthread_mutex_unlock(&sh->lock);
	return !known;
}

/* As it was recorded: only its rate changes.  A notice is malloc'd. */
static struct sound *have_recording(struct speech_shelf *sh, const struct speech_words *words,
				    char **notice, enum speech_from *from)
{
	char path[PATH_MAX];
	const char *why = "";
	struct speech_id id;
	struct sound *snd;

	if (!find_recording(sh, words, path, &id))
		return NULL;
	*from = FROM_MEMORY;
	snd = speech_cache_have(sh->cache, &id);
	if (snd)
		return snd;
	*from = FROM_RECORDING;
	snd = sound_read(path, &why);
	if (snd)
		speech_cache_keep(sh->cache, &id, snd);
	else if (first_told(sh, &id) &&
		 asprintf(notice, "%s: cannot be played (%s), a voice says it", path, why) < 0)
		*notice = NULL;
	return snd;
}

static struct sound *have_made(struct speech_shelf *sh, const struct speech_words *words,
			       enum speech_from *from)
{
	struct speech_id id;
	struct sound *snd;
	char voice[16];

	if (!speech_voice(voice, words->language))
		return NULL;
	speech_cache_name(&id, voice, words->slow, words->text);
	*from = FROM_MEMORY;
	snd = speech_cache_have(sh->cache, &id);
	if (snd)
		return snd;
	*from = FROM_DISK;
	return speech_cache_load(sh->cache, &id);
}

struct sound *speech_shelf_have(struct speech_shelf *sh, const struct speech_words *words,
				char **notice, enum speech_from *from)
{
	struct sound *snd = have_recording(sh, words, notice, from);

	return snd ? snd : have_made(sh, words, from);
}

/* ---- life ---- */

struct speech_shelf *speech_shelf_new(struct speech_cache *cache, const char *recordings)
{
	struct speech_shelf *sh = calloc(1, sizeof(*sh));

	OSMO_ASSERT(sh);
	pthread_mutex_init(&sh->lock, NULL);
	sh->cache = cache;
	sh->recordings = recordings ? strdup(recordings) : NULL;
	return sh;
}

void speech_shelf_free(struct speech_shelf *sh)
{
	pthread_mutex_destroy(&sh->lock);
	free(sh->recordings);
	free(sh);
}
