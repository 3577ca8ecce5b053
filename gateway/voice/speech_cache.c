// SPDX-License-Identifier: AGPL-3.0-or-later
/* speech_cache.c - sounds by name, in memory (least used goes first) and on disk.
 *
 * A file is a WAV that any player plays, with a hash of its samples in a chunk at the end: what a lost power or
 * a full disk left behind is seen, and made anew.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/bit16gen.h>
#include <osmocom/core/bit32gen.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/utils.h>
#include <sodium.h>

#include "voice/sound_int.h"
#include "voice/speech_int.h"

#define FORMAT	       "1" /* goes up when the same words become other samples */
#define MEMORY_DEFAULT (32u << 20)
#define BUCKETS	       256
#define NAME_SIZE      (2 * sizeof(struct speech_id) + sizeof(".wav"))
#define SUM	       16
#define SUM_CHUNK      (8 + SUM)
#define FILE_MAX       (16u << 20)
#define KEEP_S	       (90 * 86400)
#define TOUCH_S	       86400

struct kept {
	struct llist_head bucket, age;
	struct speech_id id;
	struct sound *snd;
};

struct speech_cache {
	char *folder; /* NULL: none */
	pthread_mutex_t lock;
	struct llist_head buckets[BUCKETS];
	struct llist_head ages; /* oldest first */
	size_t memory, memory_max;
};

/* ---- names ---- */

static void add_string(crypto_generichash_state *state, const char *text)
{
	crypto_generichash_update(state, (const uint8_t *)text, strlen(text) + 1);
}

void speech_cache_name(struct speech_id *id, const char *voice, bool slow, const char *text)
{
	crypto_generichash_state state;
	char numbers[40];

	snprintf(numbers, sizeof(numbers), "%u %u", slow ? SPEECH_RATE_SLOW : SPEECH_RATE,
		 SOUND_RATE);
	crypto_generichash_init(&state, NULL, 0, sizeof(id->octets));
	add_string(&state, FORMAT);
	add_string(&state, speech_make_version());
	add_string(&state, voice);
	add_string(&state, numbers);
	add_string(&state, text);
	crypto_generichash_final(&state, id->octets, sizeof(id->octets));
}

static char *path_of(const struct speech_cache *sc, const struct speech_id *id)
{
	char hex[2 * sizeof(id->octets) + 1], *path;

	sodium_bin2hex(hex, sizeof(hex), id->octets, sizeof(id->octets));
	if (asprintf(&path, "%s/%s.wav", sc->folder, hex) < 0)
		OSMO_ASSERT(0);
	return path;
}

/* ---- memory ---- */

static struct kept *find(struct speech_cache *sc, const struct speech_id *id)
{
	struct kept *k;

	llist_for_each_entry (k, &sc->buckets[id->octets[0]], bucket)
		if (memcmp(&k->id, id, sizeof(*id)) == 0)
			return k;
	return NULL;
}

static size_t size_of(const struct sound *snd)
{
	return sound_length(snd) * sizeof(int16_t) + sizeof(struct kept);
}

static void drop(struct speech_cache *sc, struct kept *k)
{
	sc->memory -= size_of(k->snd);
	llist_del(&k->bucket);
	llist_del(&k->age);
	sound_unref(k->snd);
	free(k);
}

struct sound *speech_cache_have(struct speech_cache *sc, const struct speech_id *id)
{
	struct sound *snd = NULL;
	struct kept *k;

	pthread_mutex_lock(&sc->lock);
	k = find(sc, id);
	if (k) {
		llist_move_tail(&k->age, &sc->ages);
		snd = sound_ref(k->snd);
	}
	pthread_mutex_unlock(&sc->lock);
	return snd;
}

void speech_cache_keep(struct speech_cache *sc, const struct speech_id *id, struct sound *snd)
{
	struct kept *k;

	pthread_mutex_lock(&sc->lock);
	k = find(sc, id);
	if (k)
		drop(sc, k);
	k = calloc(1, sizeof(*k));
	OSMO_ASSERT(k);
	k->id = *id;
	k->snd = sound_ref(snd);
	llist_add(&k->bucket, &sc->buckets[id->octets[0]]);
	llist_add_tail(&k->age, &sc->ages);
	sc->memory += size_of(snd);
	while (sc->memory > sc->memory_max)
		drop(sc, llist_first_entry(&sc->ages, struct kept, age));
	pthread_mutex_unlock(&sc->lock);
}

/* ---- disk ---- */

static void sum_of(uint8_t sum[SUM], const uint8_t *samples, size_t size)
{
	crypto_generichash(sum, SUM, samples, size, NULL, 0);
}

/* Exactly what speech_cache_store() writes, or nothing. */
static struct sound *parse(const uint8_t *file, size_t size)
{
	uint8_t head[SOUND_WAV_HEAD], sum[SUM];
	const uint8_t *samples = file + SOUND_WAV_HEAD;
	struct sound *snd;
	size_t n;

	if (size < SOUND_WAV_HEAD + SUM_CHUNK || size % 2)
		return NULL;
	n = (size - SOUND_WAV_HEAD - SUM_CHUNK) / 2;
	sound_wav_head(head, n, SUM_CHUNK);
	sum_of(sum, samples, 2 * n);
	if (memcmp(head, file, sizeof(head)) != 0 || memcmp(sum, file + size - SUM, SUM) != 0)
		return NULL;
	snd = sound_new(n);
	for (size_t i = 0; i < n; i++)
		sound_samples(snd)[i] = (int16_t)osmo_load16le(samples + 2 * i);
	return snd;
}

static struct sound *read_fd(int fd)
{
	struct sound *snd = NULL;
	struct stat st;
	uint8_t *file;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > FILE_MAX)
		return NULL;
	file = malloc(st.st_size);
	OSMO_ASSERT(file);
	if (read(fd, file, st.st_size) == st.st_size)
		snd = parse(file, st.st_size);
	free(file);
	if (snd && time(NULL) - st.st_mtime > TOUCH_S)
		futimens(fd, NULL);
	return snd;
}

struct sound *speech_cache_load(struct speech_cache *sc, const struct speech_id *id)
{
	struct sound *snd;
	char *path;
	int fd;

	if (!sc->folder)
		return NULL;
	path = path_of(sc, id);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	free(path);
	if (fd < 0)
		return NULL;
	snd = read_fd(fd);
	close(fd);
	if (snd)
		speech_cache_keep(sc, id, snd);
	return snd;
}

int speech_cache_store(struct speech_cache *sc, const struct speech_id *id, struct sound *snd)
{
	size_t n = sound_length(snd), size = SOUND_WAV_HEAD + 2 * n + SUM_CHUNK;
	uint8_t *file, *chunk;
	char *path;
	int rc;

	speech_cache_keep(sc, id, snd);
	if (!sc->folder)
		return 0;
	path = path_of(sc, id);
	file = malloc(size);
	OSMO_ASSERT(file);
	sound_wav_head(file, n, SUM_CHUNK);
	sound_to_octets(file + SOUND_WAV_HEAD, sound_samples(snd), n);
	chunk = file + SOUND_WAV_HEAD + 2 * n;
	memcpy(chunk, "hash", 4);
	osmo_store32le(SUM, chunk + 4);
	sum_of(chunk + 8, file + SOUND_WAV_HEAD, 2 * n);
	rc = sound_write_octets(path, file, size);
	free(file);
	free(path);
	return rc;
}

/* ---- tidying ---- */

/* Ours: a name of path_of(), or one that was being written. */
static bool is_ours(const char *name)
{
	size_t hex = strspn(name, "0123456789abcdef");

	return hex == 2 * sizeof(struct speech_id) && strncmp(name + hex, ".wav", 4) == 0;
}

void speech_cache_tidy(struct speech_cache *sc)
{
	struct dirent *entry;
	struct stat st;
	DIR *dir = sc->folder ? opendir(sc->folder) : NULL;
	time_t now = time(NULL);

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		bool whole = strlen(entry->d_name) == NAME_SIZE - 1;

		if (is_ours(entry->d_name) &&
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    now - st.st_mtime > (whole ? KEEP_S : TOUCH_S))
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}

/* ---- life ---- */

static int make_folder(const char *folder)
{
	char *path = strdup(folder);
	int rc = 0;

	OSMO_ASSERT(path);
	for (char *at = path + 1; rc == 0; at++) {
		char was = *at;

		if (was && was != '/')
			continue;
		*at = '\0';
		if (mkdir(path, 0750) < 0 && errno != EEXIST)
			rc = -errno;
		*at = was;
		if (!was)
			break;
	}
	free(path);
	return rc < 0 ? rc : access(folder, W_OK | X_OK) < 0 ? -errno : 0;
}

struct speech_cache *speech_cache_new(const char *folder, size_t memory_max, const char **why)
{
	struct speech_cache *sc = calloc(1, sizeof(*sc));
	int rc;

	OSMO_ASSERT(sc && sodium_init() >= 0);
	pthread_mutex_init(&sc->lock, NULL);
	INIT_LLIST_HEAD(&sc->ages);
	for (unsigned int i = 0; i < BUCKETS; i++)
		INIT_LLIST_HEAD(&sc->buckets[i]);
	sc->memory_max = memory_max ? memory_max : MEMORY_DEFAULT;
	*why = NULL;
	if (folder && *folder) {
		rc = make_folder(folder);
		if (rc < 0)
			*why = strerror(-rc);
		else
			sc->folder = strdup(folder);
	}
	return sc;
}

void speech_cache_free(struct speech_cache *sc)
{
	struct kept *k, *next;

	llist_for_each_entry_safe (k, next, &sc->ages, age)
		drop(sc, k);
	pthread_mutex_destroy(&sc->lock);
	free(sc->folder);
	free(sc);
}
