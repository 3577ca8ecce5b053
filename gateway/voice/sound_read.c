// SPDX-License-Identifier: AGPL-3.0-or-later
/* sound_read.c - any file and any rate to 8 kHz mono. */
#include "voice/sound_int.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/utils.h>
#include <sndfile.h>
#include <speex/speex_resampler.h>

#define QUALITY	     5 /* flat to 3.4 kHz, 120 dB against what folds back */
#define READ_MAX_S   600
#define READ_FRAMES  4096
#define RATE_MAX     384000
#define CHANNELS_MAX 16

/* ---- rate ---- */

/* Feeds zeros behind the end until what the filter holds back has come out too. */
static void run_resampler(SpeexResamplerState *rs, const int16_t *in, size_t n, struct sound *snd)
{
	static const int16_t zeros[1024];
	int16_t *out = sound_samples(snd);
	size_t left = sound_length(snd);

	while (left > 0) {
		spx_uint32_t took = n ? OSMO_MIN(n, 1 << 20) : ARRAY_SIZE(zeros);
		spx_uint32_t gave = OSMO_MIN(left, 1 << 20);

		speex_resampler_process_int(rs, 0, n ? in : zeros, &took, out, &gave);
		if (n) {
			in += took;
			n -= took;
		}
		out += gave;
		left -= gave;
	}
}

struct sound *sound_resample(const int16_t *samples, size_t n, unsigned int rate)
{
	SpeexResamplerState *rs;
	struct sound *snd;

	if (rate == SOUND_RATE) {
		snd = sound_new(n);
		if (n)
			memcpy(sound_samples(snd), samples, n * sizeof(*samples));
		return snd;
	}
	rs = speex_resampler_init(1, rate, SOUND_RATE, QUALITY, NULL);
	OSMO_ASSERT(rs);
	speex_resampler_skip_zeros(rs);
	snd = sound_new(((uint64_t)n * SOUND_RATE + rate - 1) / rate);
	run_resampler(rs, samples, n, snd);
	speex_resampler_destroy(rs);
	return snd;
}

/* ---- files ---- */

static int16_t to_sample(double value)
{
	if (!(value > -1.0)) /* also what is not a number */
		return value <= -1.0 ? INT16_MIN : 0;
	return value >= 32767.0 / 32768.0 ? INT16_MAX : (int16_t)lrint(value * 32768.0);
}

/* The mean of the channels, at the file's rate.  \returns samples, -1 if it is too long */
static ssize_t read_mono(SNDFILE *file, const SF_INFO *info, int16_t *out, size_t max)
{
	float *frames = malloc(sizeof(*frames) * READ_FRAMES * info->channels);
	size_t n = 0;
	sf_count_t got;

	OSMO_ASSERT(frames);
	while ((got = sf_readf_float(file, frames, READ_FRAMES)) > 0 && n + got <= max)
		for (sf_count_t i = 0; i < got; i++) {
			double sum = 0;

			for (int c = 0; c < info->channels; c++)
				sum += frames[i * info->channels + c];
			out[n++] = to_sample(sum / info->channels);
		}
	free(frames);
	return got > 0 ? -1 : (ssize_t)n;
}

static struct sound *read_open(SNDFILE *file, const SF_INFO *info, const char **error)
{
	size_t max = (size_t)READ_MAX_S * info->samplerate;
	struct sound *snd = NULL;
	int16_t *mono;
	ssize_t n;

	if (info->samplerate < 1000 || info->samplerate > RATE_MAX || info->channels < 1 ||
	    info->channels > CHANNELS_MAX) {
		*error = "its rate or its number of channels is strange";
		return NULL;
	}
	if (info->frames > 0 && (uint64_t)info->frames < max)
		max = info->frames;
	mono = malloc(max * sizeof(*mono));
	OSMO_ASSERT(mono);
	n = read_mono(file, info, mono, max);
	if (n < 0)
		*error = "it is longer than ten minutes";
	else if (n == 0)
		*error = "there is no sound in it";
	else
		snd = sound_resample(mono, n, info->samplerate);
	free(mono);
	return snd;
}

struct sound *sound_read(const char *path, const char **error)
{
	SF_INFO info = { 0 };
	struct sound *snd = NULL;
	struct stat st;
	SNDFILE *file;
	int fd;

	/* a pipe with nobody at its other end must not stop us */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		*error = strerror(errno);
		return NULL;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		*error = "it is not a file";
		close(fd);
		return NULL;
	}
	file = sf_open_fd(fd, SFM_READ, &info, SF_FALSE);
	if (file) {
		snd = read_open(file, &info, error);
		sf_close(file);
	} else {
		*error = sf_error_number(sf_error(NULL));
	}
	close(fd);
	return snd;
}
