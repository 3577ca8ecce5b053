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
#define DISK_DEFAULT   ((uint64_t)500 << 20)

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

	/* of the thread that stores */
	uint64_t disk, disk_max; /* octets of files, as far as they were counted */
	struct speech_id *fixed; /* are not dropped for room; sorted while is_sorted */
	size_t n_fixed;
	bool is_sorted;
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
	sc->disk += rc == 0 ? size : 0;
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

/* A file, and when it was asked for last. */
struct found {
	char name[NAME_SIZE];
	time_t used_s;
	uint64_t size;
};

struct folder {
	struct found *files;
	size_t n, room;
	uint64_t size;
};

static void folder_add(struct folder *fo, const char *name, const struct stat *st)
{
	struct found *file;

	if (fo->n == fo->room) {
		fo->room = OSMO_MAX(2 * fo->room, (size_t)256);
		fo->files = realloc(fo->files, fo->room * sizeof(*fo->files));
		OSMO_ASSERT(fo->files);
	}
	file = &fo->files[fo->n++];
	OSMO_STRLCPY_ARRAY(file->name, name);
	file->used_s = st->st_mtime;
	file->size = (uint64_t)st->st_size;
	fo->size += file->size;
}

/* Drop what is old on the way. */
static void folder_read(struct folder *fo, DIR *dir)
{
	time_t now = time(NULL);
	struct dirent *entry;
	struct stat st;

	while ((entry = readdir(dir))) {
		bool whole = strlen(entry->d_name) == NAME_SIZE - 1;

		if (!is_ours(entry->d_name) ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (now - st.st_mtime > (whole ? KEEP_S : TOUCH_S))
			unlinkat(dirfd(dir), entry->d_name, 0);
		else if (whole)
			folder_add(fo, entry->d_name, &st);
	}
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct speech_id));
}

static int by_use(const void *a, const void *b)
{
	const struct found *one = a, *two = b;

	return (one->used_s > two->used_s) - (one->used_s < two->used_s);
}

static bool is_fixed(struct speech_cache *sc, const char *name)
{
	struct speech_id id;

	if (!sc->is_sorted)
		qsort(sc->fixed, sc->n_fixed, sizeof(*sc->fixed), by_id);
	sc->is_sorted = true;
	sodium_hex2bin(id.octets, sizeof(id.octets), name, 2 * sizeof(id.octets), NULL, NULL, NULL);
	return sc->n_fixed > 0 && bsearch(&id, sc->fixed, sc->n_fixed, sizeof(id), by_id);
}

/* A tenth more than needed, or it would be done again for the next sentence. */
static void make_room(struct speech_cache *sc, struct folder *fo, DIR *dir)
{
	uint64_t aim = sc->disk_max - sc->disk_max / 10;

	qsort(fo->files, fo->n, sizeof(*fo->files), by_use);
	for (size_t i = 0; i < fo->n && fo->size > aim; i++) {
		if (is_fixed(sc, fo->files[i].name) ||
		    unlinkat(dirfd(dir), fo->files[i].name, 0) < 0)
			continue;
		fo->size -= fo->files[i].size;
	}
}

static void tidy(struct speech_cache *sc, bool room)
{
	struct folder fo = { 0 };
	DIR *dir = sc->folder ? opendir(sc->folder) : NULL;

	if (!dir)
		return;
	folder_read(&fo, dir);
	if (room && fo.size > sc->disk_max)
		make_room(sc, &fo, dir);
	closedir(dir);
	sc->disk = fo.size;
	free(fo.files);
}

void speech_cache_tidy(struct speech_cache *sc)
{
	tidy(sc, false);
}

void speech_cache_fix(struct speech_cache *sc, const struct speech_id *id)
{
	for (size_t i = 0; i < sc->n_fixed; i++)
		if (by_id(&sc->fixed[i], id) == 0)
			return;
	if (sc->n_fixed % 256 == 0) {
		sc->fixed = realloc(sc->fixed, (sc->n_fixed + 256) * sizeof(*id));
		OSMO_ASSERT(sc->fixed);
	}
	sc->fixed[sc->n_fixed++] = *id;
	sc->is_sorted = false;
}

void speech_cache_make_room(struct speech_cache *sc)
{
	if (sc->disk <= sc->disk_max)
		return;
	tidy(sc, true);
	/* what is fixed may be more: then not again before as much is added */
	sc->disk = OSMO_MIN(sc->disk, sc->disk_max - sc->disk_max / 10);
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

struct speech_cache *speech_cache_new(const char *folder, size_t memory_max, uint64_t disk_max,
				      const char **why)
{
	struct speech_cache *sc = calloc(1, sizeof(*sc));
	int rc;

	OSMO_ASSERT(sc && sodium_init() >= 0);
	pthread_mutex_init(&sc->lock, NULL);
	INIT_LLIST_HEAD(&sc->ages);
	for (unsigned int i = 0; i < BUCKETS; i++)
		INIT_LLIST_HEAD(&sc->buckets[i]);
	sc->memory_max = memory_max ? memory_max : MEMORY_DEFAULT;
	sc->disk_max = disk_max ? disk_max : DISK_DEFAULT;
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
	free(sc->fixed);
	free(sc);
}
