/* sound_int.h - private to sound*.c and speech*.c. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "voice/sound.h"

#define SOUND_WAV_HEAD 44 /* octets before the samples */

/*! Bring samples to SOUND_RATE. \returns as sound_new() */
struct sound *sound_resample(const int16_t *samples, size_t n, unsigned int rate);

/*! The head of a WAV at SOUND_RATE. \param[in] extra  octets of chunks after the samples, an even number */
void sound_wav_head(uint8_t head[SOUND_WAV_HEAD], size_t n, size_t extra);
void sound_to_octets(uint8_t *out, const int16_t *samples, size_t n);

/*! Write a file beside its place and rename it.  0; -errno */
int sound_write_octets(const char *path, const uint8_t *octets, size_t size);
