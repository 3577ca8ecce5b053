// SPDX-License-Identifier: AGPL-3.0-or-later
/* speech_make.c - words to samples by libespeak-ng.
 *
 * The library has one voice and one callback a process, aborts when two threads use it, and hangs
 * when it is ended and begun again: hence one lock, begun once and never ended.
 */
#include "voice/speech_int.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <espeak-ng/speak_lib.h>
#include <osmocom/core/utils.h>

#include "voice/sound_int.h"
#include "wire/utf8.h"

#define BLOCK_MS  200
#define RAW_MAX_S 120

static pthread_mutex_t espeak_lock = PTHREAD_MUTEX_INITIALIZER;
static int espeak_rate; /* 0: not begun */

/* What comes out of one synthesis. */
struct raw {
	int16_t *samples;
	size_t n, room, max;
	bool too_long;
};

/* Blocks are of any length, whatever length was asked for. */
static int take_block(short *samples, int n, espeak_EVENT *events)
{
	struct raw *raw = events->user_data;

	if (!samples || n <= 0 || !raw)
		return 0;
	if (raw->n + n > raw->max) {
		raw->too_long = true;
		return 1;
	}
	if (raw->n + n > raw->room) {
		raw->room = OSMO_MAX(raw->room * 2, raw->n + n);
		raw->samples = realloc(raw->samples, raw->room * sizeof(*raw->samples));
		OSMO_ASSERT(raw->samples);
	}
	memcpy(raw->samples + raw->n, samples, n * sizeof(*samples));
	raw->n += n;
	return 0;
}

bool speech_make_start(const char **error)
{
	int rate;

	pthread_mutex_lock(&espeak_lock);
	if (espeak_rate == 0) {
		rate = espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, BLOCK_MS, NULL,
					 espeakINITIALIZE_DONT_EXIT);
		if (rate > 0 && espeak_SetVoiceByName("en") == EE_OK) {
			espeak_SetSynthCallback(take_block);
			espeak_rate = rate;
		}
	}
	pthread_mutex_unlock(&espeak_lock);
	if (espeak_rate == 0)
		*error = "the voices of libespeak-ng are not there: install espeak-ng-data";
	return espeak_rate != 0;
}

const char *speech_make_version(void)
{
	const char *path;

	return espeak_Info(&path);
}

bool speech_voice(char voice[16], const char *language)
{
	size_t n = strcspn(language, "-");

	if (n == 0 || n >= 16)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)language[i]))
			return false;
	memcpy(voice, language, n);
	voice[n] = '\0';
	return true;
}

/* Octets below a blank are commands to libespeak-ng. \returns NULL: not UTF-8, or too long */
static char *plain_text(const char *text)
{
	size_t left = strlen(text);
	uint32_t character;
	char *out, *at;

	if (left > SPEECH_TEXT_MAX)
		return NULL;
	out = strdup(text);
	OSMO_ASSERT(out);
	for (at = out; left > 0;) {
		int n = utf8_read(&character, at, left);

		if (n <= 0) {
			free(out);
			return NULL;
		}
		if (character < ' ' || character == 0x7f)
			*at = ' ';
		at += n;
		left -= n;
	}
	return out;
}

static const char *synthesise(struct raw *raw, const char *voice, bool slow, const char *text)
{
	if (espeak_SetVoiceByName(voice) != EE_OK)
		return "no voice speaks this language";
	espeak_SetParameter(espeakRATE, slow ? SPEECH_RATE_SLOW : SPEECH_RATE, 0);
	raw->max = (size_t)RAW_MAX_S * espeak_rate;
	if (espeak_Synth(text, strlen(text) + 1, 0, POS_CHARACTER, 0, espeakCHARS_UTF8, NULL,
			 raw) != EE_OK)
		return "libespeak-ng fails";
	return raw->too_long ? "it would be longer than two minutes" : NULL;
}

struct sound *speech_make(const char *voice, bool slow, const char *text, const char **why)
{
	struct raw raw = { 0 };
	struct sound *flat, *snd = NULL;
	char *plain = plain_text(text);

	if (!plain) {
		*why = "the words are too long or not UTF-8";
		return NULL;
	}
	pthread_mutex_lock(&espeak_lock);
	*why = synthesise(&raw, voice, slow, plain);
	pthread_mutex_unlock(&espeak_lock);
	free(plain);
	if (!*why) {
		flat = sound_resample(raw.samples, raw.n, espeak_rate);
		snd = speech_shape(flat);
		sound_unref(flat);
		if (!snd)
			*why = "these words have no sound";
	}
	free(raw.samples);
	return snd;
}
