// SPDX-License-Identifier: AGPL-3.0-or-later
/* sound.c - see sound.h: counting, and WAV out.  Any thread: malloc, not talloc. */
#include "voice/sound.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/bit32gen.h>
#include <osmocom/core/bit16gen.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "voice/sound_int.h"

struct sound {
	atomic_uint users;
	size_t n;
	int16_t samples[];
};

/* ---- counting ---- */

struct sound *sound_new(size_t n)
{
	struct sound *snd = calloc(1, sizeof(*snd) + n * sizeof(snd->samples[0]));

	OSMO_ASSERT(snd);
	atomic_init(&snd->users, 1);
	snd->n = n;
	return snd;
}

struct sound *sound_ref(struct sound *snd)
{
	atomic_fetch_add_explicit(&snd->users, 1, memory_order_relaxed);
	return snd;
}

void sound_unref(struct sound *snd)
{
	if (snd && atomic_fetch_sub_explicit(&snd->users, 1, memory_order_acq_rel) == 1)
		free(snd);
}

int16_t *sound_samples(struct sound *snd)
{
	return snd->samples;
}

size_t sound_length(const struct sound *snd)
{
	return snd->n;
}

/* ---- WAV: RIFF, PCM of 16 bit, mono, little-endian ---- */

void sound_wav_head(uint8_t head[SOUND_WAV_HEAD], size_t n, size_t extra)
{
	size_t data = n * 2;

	memcpy(head, "RIFF", 4);
	osmo_store32le(SOUND_WAV_HEAD - 8 + data + extra, head + 4);
	memcpy(head + 8, "WAVEfmt ", 8);
	osmo_store32le(16, head + 16);
	osmo_store16le(1, head + 20); /* PCM */
	osmo_store16le(1, head + 22); /* channels */
	osmo_store32le(SOUND_RATE, head + 24);
	osmo_store32le(SOUND_RATE * 2, head + 28); /* octets a second */
	osmo_store16le(2, head + 32);		   /* octets a frame */
	osmo_store16le(16, head + 34);		   /* bits */
	memcpy(head + 36, "data", 4);
	osmo_store32le(data, head + 40);
}

void sound_to_octets(uint8_t *out, const int16_t *samples, size_t n)
{
	for (size_t i = 0; i < n; i++)
		osmo_store16le((uint16_t)samples[i], out + 2 * i);
}

uint8_t *sound_wav(void *ctx, const int16_t *samples, size_t n, size_t *size)
{
	uint8_t *wav = talloc_size(ctx, SOUND_WAV_HEAD + 2 * n);

	OSMO_ASSERT(wav);
	sound_wav_head(wav, n, 0);
	sound_to_octets(wav + SOUND_WAV_HEAD, samples, n);
	*size = SOUND_WAV_HEAD + 2 * n;
	return wav;
}

/* ---- files ---- */

static int write_all(int fd, const uint8_t *octets, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, octets, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		octets += n;
		size -= n;
	}
	return 0;
}

/* The name beside it holds the thread's number: two writers of one file do not mix. */
int sound_write_octets(const char *path, const uint8_t *octets, size_t size)
{
	char *beside;
	int fd, rc;

	if (asprintf(&beside, "%s.%d.tmp", path, (int)gettid()) < 0)
		return -ENOMEM;
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0) {
		rc = -errno;
		free(beside);
		return rc;
	}
	rc = write_all(fd, octets, size);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(beside, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(beside);
	free(beside);
	return rc;
}

int sound_write(const char *path, const int16_t *samples, size_t n)
{
	uint8_t *wav = malloc(SOUND_WAV_HEAD + 2 * n);
	int rc;

	OSMO_ASSERT(wav);
	sound_wav_head(wav, n, 0);
	sound_to_octets(wav + SOUND_WAV_HEAD, samples, n);
	rc = sound_write_octets(path, wav, SOUND_WAV_HEAD + 2 * n);
	free(wav);
	return rc;
}
