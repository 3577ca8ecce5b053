/* recorder.h - what is said in calls, into files: one thread that encodes and writes, for a disk may be slow or hang.
 *
 * Frames wait in a ring of each recording, 2.5 s long; what does not fit is lost and counted.  Nobody who calls
 * these ever waits, but recorder_free().  A recorder and its recordings are one thread's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "voice/sound.h"

struct recorder;
struct recording;

/*! Its own thread begins with the first recording. */
struct recorder *recorder_alloc(void *ctx);
/*! After all its recordings were let go.  Waits for what is still to be written, but for a disk that hangs no longer
 *  than two seconds. */
void recorder_free(struct recorder *rec);
/*! Frames that were lost because the disk was too slow; from any thread. */
uint64_t recorder_lost(const struct recorder *rec);

/*! Begin a file. 0; -errno: no thread, or too many wait for the disk */
int recording_begin(struct recorder *rec, const char *path, struct recording **out);
/*! \returns false: it is full, the frame is lost */
bool recording_put(struct recording *rg, const int16_t frame[SOUND_FRAME]);
/*! For those who can wait: true too when the disk hangs for two seconds. */
bool recording_has_room(struct recording *rg);
/*! No more frames.  What waits is written and the file closed, by and by.
 *  \param[in] keep  false: no file remains */
void recording_end(struct recording *rg, bool keep);
/*! The file is closed, or could not be written: then also before recording_end(); or it is not closed two seconds after
 *  that.
 *  \param[out] full  not all of it could be written */
bool recording_is_over(struct recording *rg, bool *full);
/*! What is in the file as far as it is written; 0: there is none. */
double recording_seconds(const struct recording *rg);
/*! Let go; what was not ended is, and no file remains. */
void recording_forget(struct recording *rg);
