/* leg_int.h - private to leg*.c: keys in the sound, who answered, and the file of a recording. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "voice/leg.h"

/* ---- leg_keys.c: tones of keys */

struct leg_keys;

/*! \param[in] key  called from leg_keys_hear(), once for each key */
struct leg_keys *leg_keys_alloc(void *ctx, void (*key)(char key, void *data), void *data);
/*! \returns is a tone heard at the end of this frame */
bool leg_keys_hear(struct leg_keys *keys, const int16_t frame[SOUND_FRAME]);
/*! Tones that began and were taken for a part of the press before. */
uint64_t leg_keys_torn(const struct leg_keys *keys);

/* ---- leg_record.c: is it a voice? */

#define LEG_VOICE_FRAMES 3 /* loud ones in a row; a click is shorter */

/* Zero at first.  To be fed with all that is heard, for it learns how loud the noise is. */
struct leg_voice {
	double noise;	    /* rms of what is there when nobody speaks; 0 at first */
	unsigned int loud;  /* frames in a row */
	unsigned int still; /* frames since somebody spoke */
	unsigned int spoke; /* frames of a voice */
};

/*! \param[in] tone  of a key: neither voice nor noise
 *  \param[in] count  false: learn only how loud the noise is */
void leg_voice_hear(struct leg_voice *voice, const int16_t frame[SOUND_FRAME], bool tone,
		    bool count);
/*! Begin to count, and keep what is known of the noise. */
void leg_voice_again(struct leg_voice *voice);

/* ---- leg_greeting.c: who answered our call */

enum leg_answered { LEG_NOBODY_YET, LEG_PERSON, LEG_MACHINE };

struct leg_greeting;

struct leg_greeting *leg_greeting_alloc(void *ctx);
/*! A person as soon as he waits for us, a machine when it is silent; once, then LEG_NOBODY_YET for ever.
 *  \param[in] tone  of a key */
enum leg_answered leg_greeting_hear(struct leg_greeting *greeting, const int16_t frame[SOUND_FRAME],
				    bool tone);

/* ---- leg_record.c again: the file, in the thread of recorder.c */

struct leg_file;

/*! \returns NULL: *error is -errno */
struct leg_file *leg_file_open(const char *path, int *error);
/*! false: it could not be written, what fitted is kept */
bool leg_file_write(struct leg_file *file, const int16_t frame[SOUND_FRAME]);
/*! In the file by now. */
double leg_file_seconds(const struct leg_file *file);
/*! Close it.
 *  \param[in] keep  false: no file remains
 *  \param[out] full  not all of it could be written
 *  \returns seconds in the file; 0: there is none */
double leg_file_close(struct leg_file *file, bool keep, bool *full);
