// SPDX-License-Identifier: AGPL-3.0-or-later
/* speech_shape.c - the same loudness for every voice, and ends that do not click.
 *
 * Loudness is the power of what is spoken, pauses left out: frames of 20 ms that lie less than 15 dB under
 * the mean of all that are not silent.  Peaks are held under -3 dB by a gain that changes slowly.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "voice/speech_int.h"

#define FULL	   32768.0f
#define LEVEL	   0.1f	   /* -20 dBov */
#define PEAK	   0.70f   /* -3 dB */
#define SILENT	   0.001f  /* -60 dBov */
#define UNDER_MEAN 0.0316f /* of the power: 15 dB */
#define RAMP	   40	   /* samples: 5 ms */
#define LEAD	   80	   /* kept before the first that is heard */
#define TAIL	   240	   /* kept behind the last */
#define PAUSE	   1200	   /* then silence: 150 ms */
#define BLOCK	   40	   /* of the peak limit */
#define ROUNDS	   4	   /* the limit takes some loudness, which is given back */
#define GAIN_MAX   100.0f

static float frame_power(const float *x, size_t n)
{
	float sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i] * x[i];
	return sum / n;
}

/* \returns RMS of what is spoken, 0 if nothing is */
static float active_level(const float *x, size_t n)
{
	float gate = SILENT * SILENT;
	double sum = 0;

	for (int pass = 0; pass < 2; pass++) {
		size_t count = 0;

		sum = 0;
		for (size_t i = 0; i + SOUND_FRAME <= n; i += SOUND_FRAME) {
			float power = frame_power(x + i, SOUND_FRAME);

			if (power < gate)
				continue;
			sum += power;
			count++;
		}
		if (count == 0)
			return 0;
		sum /= count;
		gate = OSMO_MAX(gate, (float)sum * UNDER_MEAN);
	}
	return sqrtf((float)sum);
}

/* Where what is heard begins and ends. \returns false if nothing is heard */
static bool find_ends(const float *x, size_t n, size_t *from, size_t *to)
{
	float top = 0, floor;

	for (size_t i = 0; i < n; i++)
		top = OSMO_MAX(top, fabsf(x[i]));
	floor = OSMO_MAX(top * 0.01f, SILENT);
	if (top < floor)
		return false;
	for (*from = 0; fabsf(x[*from]) < floor; (*from)++)
		;
	for (*to = n; fabsf(x[*to - 1]) < floor; (*to)--)
		;
	*from = *from > LEAD ? *from - LEAD : 0;
	*to = OSMO_MIN(n, *to + TAIL);
	return true;
}

static float block_need(const float *x, size_t n, size_t block)
{
	size_t end = OSMO_MIN(n, (block + 1) * BLOCK);
	float top = 0;

	for (size_t i = block * BLOCK; i < end; i++)
		top = OSMO_MAX(top, fabsf(x[i]));
	return top > PEAK ? PEAK / top : 1;
}

/* The gain goes in straight lines from the middle of a block to that of the next; at each middle it is the least
 * that the block or a neighbour needs, so that no sample of it comes out above the limit. */
static void limit_peaks(float *x, size_t n)
{
	size_t blocks = n / BLOCK + 1;
	float *need = calloc(blocks + 4, sizeof(*need)), *gain = calloc(blocks + 2, sizeof(*gain));

	OSMO_ASSERT(need && gain);
	/* need[b + 2] and gain[b + 1] are of block b */
	for (size_t b = 0; b < blocks + 4; b++)
		need[b] = b >= 2 && b < blocks + 2 ? block_need(x, n, b - 2) : 1;
	for (size_t b = 0; b < blocks + 2; b++)
		gain[b] = OSMO_MIN(need[b], OSMO_MIN(need[b + 1], need[b + 2]));
	for (size_t i = 0; i < n; i++) {
		size_t half = i + BLOCK / 2;
		float along = (float)(half % BLOCK) / BLOCK;

		x[i] *= gain[half / BLOCK] * (1 - along) + gain[half / BLOCK + 1] * along;
	}
	free(need);
	free(gain);
}

static void set_level(float *x, size_t n)
{
	for (int round = 0; round < ROUNDS; round++) {
		float level = active_level(x, n), gain;

		if (level == 0)
			return;
		gain = OSMO_MIN(LEVEL / level, GAIN_MAX);
		for (size_t i = 0; i < n; i++)
			x[i] *= gain;
		limit_peaks(x, n);
	}
}

static void ramp_ends(float *x, size_t n)
{
	size_t ramp = OSMO_MIN(n / 2, RAMP);

	for (size_t i = 0; i < ramp; i++) {
		float gain = 0.5f - 0.5f * cosf((float)M_PI * i / ramp);

		x[i] *= gain;
		x[n - 1 - i] *= gain;
	}
}

struct sound *speech_shape(const struct sound *raw)
{
	struct sound *in = (struct sound *)raw, *snd;
	size_t n = sound_length(raw), from, to;
	float *x = malloc((n + 1) * sizeof(*x));

	OSMO_ASSERT(x);
	for (size_t i = 0; i < n; i++)
		x[i] = sound_samples(in)[i] / FULL;
	if (!find_ends(x, n, &from, &to)) {
		free(x);
		return NULL;
	}
	n = to - from;
	set_level(x + from, n);
	ramp_ends(x + from, n);
	snd = sound_new(n + PAUSE);
	for (size_t i = 0; i < n; i++)
		sound_samples(snd)[i] = (int16_t)lrintf(x[from + i] * FULL);
	free(x);
	return snd;
}
