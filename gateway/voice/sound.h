/* sound.h - samples that threads share: 8 kHz, mono, 16 bit; written once, then only read.
 *
 * Counted with an atomic count, so that a call can play what the cache drops.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SOUND_RATE  8000
#define SOUND_FRAME 160 /* samples of 20 ms */

struct sound;

/*! \returns a sound of n samples to be filled in before anyone else sees it; one reference is the caller's */
struct sound *sound_new(size_t n);
struct sound *sound_ref(struct sound *snd);
/*! \param[in] snd  NULL: nothing */
void sound_unref(struct sound *snd);
int16_t *sound_samples(struct sound *snd);
size_t sound_length(const struct sound *snd); /* samples */

/*! Read any file that libsndfile reads, brought to 8 kHz mono.
 *  \returns NULL: *error says why, static or strerror's words */
struct sound *sound_read(const char *path, const char **error);
/*! Write a WAV of 16 bit; written beside and renamed, so that a reader never sees half. 0; -errno */
int sound_write(const char *path, const int16_t *samples, size_t n);
/*! The WAV as octets, for HTTP. \returns talloc'd, child of ctx */
uint8_t *sound_wav(void *ctx, const int16_t *samples, size_t n, size_t *size);
