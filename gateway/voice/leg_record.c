// SPDX-License-Identifier: AGPL-3.0-or-later
/* leg_record.c - is it a voice, and an Ogg Opus file (RFC 7845) of it, through libopusenc; see leg_int.h. */
#include "voice/leg_int.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <opusenc.h>
#include <osmocom/core/bits.h>
#include <osmocom/core/utils.h>

/* ---- is it a voice? */

#define QUIET_RMS \
	100.0 /* below it is nobody: 50 dB under the loudest, where a far voice is 30 to 40 */
#define NOISE_MIN 20.0
#define NOISE_RISE \
	1.007 /* a frame: 3 dB a second, so that a voice is not taken for noise between breaths */
#define NOISE_FALL  0.9
#define VOICE_TIMES 3.0 /* so much louder than the noise: 10 dB */

static double rms(const int16_t frame[SOUND_FRAME])
{
	int64_t sum = 0;
	int i;

	for (i = 0; i < SOUND_FRAME; i++)
		sum += frame[i] * frame[i];
	return sqrt((double)sum / SOUND_FRAME);
}

/* The quietest there was, for there are gaps in speech and none in noise; what is lost on the way is
 * quieter still, but short. */
static double learn_noise(double noise, double level)
{
	level = OSMO_MIN(level, noise * NOISE_RISE);
	level = OSMO_MAX(level, noise * NOISE_FALL);
	return OSMO_MAX(level, NOISE_MIN);
}

void leg_voice_hear(struct leg_voice *voice, const int16_t frame[SOUND_FRAME], bool tone,
		    bool count)
{
	double level = rms(frame);
	bool loud = !tone && level > OSMO_MAX(QUIET_RMS, VOICE_TIMES * voice->noise);

	if (!tone)
		voice->noise = learn_noise(voice->noise, level);
	if (!count)
		return;
	voice->loud = loud ? voice->loud + 1 : 0;
	if (voice->loud >= LEG_VOICE_FRAMES) {
		voice->spoke += voice->loud == LEG_VOICE_FRAMES ? LEG_VOICE_FRAMES : 1;
		voice->still = 0;
	} else {
		voice->still++;
	}
}

void leg_voice_again(struct leg_voice *voice)
{
	voice->loud = voice->still = voice->spoke = 0;
}

/* ---- the file */

#define BITS_PER_S 16000
#define COMPLEXITY 2	 /* of 0 to 10: half the time of 10 */
#define OPUS_RATE  48000 /* of the granule positions, whatever the rate of the sound */
#define PRE_SKIP_AT \
	10 /* in the header "OpusHead", which follows the 28 octets of the first page's own */
#define FIRST_PAGE    (28 + 19)
#define GRANULE_AT    6 /* in the header of a page */
#define COMMENTS_ROOM 0 /* nobody edits the comments of a message */

struct leg_file {
	OggOpusEnc *enc;
	char *path;
	int fd;
	off_t size; /* whole pages */
	uint64_t
		granule; /* of the last page: samples at 48 kHz, what a reader skips at the beginning too */
	unsigned int pre_skip;
	bool full;
};

static bool write_all(int fd, const unsigned char *octets, size_t len)
{
	ssize_t n;

	for (; len > 0; octets += n, len -= (size_t)n) {
		n = write(fd, octets, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return false;
	}
	return true;
}

/* libopusenc's words: a page.  Half a page is taken back, so that a full disk leaves a whole file. */
static int page_write(void *data, const unsigned char *page, opus_int32 len)
{
	struct leg_file *file = data;

	if (file->full)
		return 1;
	if (!write_all(file->fd, page, (size_t)len)) {
		file->full = true;
		if (ftruncate(file->fd, file->size) < 0)
			return 1; /* a reader drops half a page too */
		return 1;
	}
	if (file->size == 0 && len >= FIRST_PAGE)
		file->pre_skip = osmo_load16le(page + 28 + PRE_SKIP_AT);
	file->granule = osmo_load64le(page + GRANULE_AT);
	file->size += len;
	return 0;
}

static int page_close(void *data)
{
	return 0;
}

static int encoder_open(struct leg_file *file)
{
	static const OpusEncCallbacks callbacks = { .write = page_write, .close = page_close };
	OggOpusComments *comments = ope_comments_create();
	int rc = OPE_ALLOC_FAIL;

	if (comments)
		file->enc = ope_encoder_create_callbacks(&callbacks, file, comments, SOUND_RATE, 1,
							 0, &rc);
	if (comments)
		ope_comments_destroy(comments);
	if (!file->enc)
		return rc == OPE_ALLOC_FAIL ? -ENOMEM : -EINVAL;
	ope_encoder_ctl(file->enc, OPUS_SET_BITRATE(BITS_PER_S));
	ope_encoder_ctl(file->enc, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
	ope_encoder_ctl(file->enc, OPUS_SET_COMPLEXITY(COMPLEXITY));
	/* else two seconds wait to be encoded, at the end all at once */
	ope_encoder_ctl(file->enc, OPE_SET_DECISION_DELAY(0));
	ope_encoder_ctl(file->enc, OPE_SET_COMMENT_PADDING(COMMENTS_ROOM));
	return 0;
}

static void file_free(struct leg_file *file)
{
	free(file->path);
	free(file);
}

/* Not of talloc: this is the recorder's thread. */
struct leg_file *leg_file_open(const char *path, int *error)
{
	struct leg_file *file = calloc(1, sizeof(*file));

	OSMO_ASSERT(file);
	file->path = strdup(path);
	OSMO_ASSERT(file->path);
	/* what residents say is the business of few */
	file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	*error = file->fd < 0 ? -errno : encoder_open(file);
	if (*error == 0)
		return file;
	if (file->fd >= 0) {
		close(file->fd);
		unlink(path);
	}
	file_free(file);
	return NULL;
}

bool leg_file_write(struct leg_file *file, const int16_t frame[SOUND_FRAME])
{
	return ope_encoder_write(file->enc, frame, SOUND_FRAME) == OPE_OK && !file->full;
}

double leg_file_seconds(const struct leg_file *file)
{
	return file->granule > file->pre_skip ? (double)(file->granule - file->pre_skip) / OPUS_RATE
					      : 0;
}

double leg_file_close(struct leg_file *file, bool keep, bool *full)
{
	double seconds;

	if (keep && !file->full)
		ope_encoder_drain(file->enc);
	ope_encoder_destroy(file->enc);
	if (close(file->fd) < 0)
		file->full = true; /* some file systems say it here only */
	seconds = leg_file_seconds(file);
	*full = file->full;
	if (!keep || seconds <= 0) {
		unlink(file->path);
		seconds = 0;
	}
	file_free(file);
	return seconds;
}
