// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_serial.c - the sound of a modem's call on a serial port.  In the media thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/utils.h>

#include <re/re.h>

#include "line/at_port.h"
#include "line/modem_pcm.h"

#define FRAME_OCTETS (2 * SOUND_FRAME)
#define LATE_OCTETS  (5 * FRAME_OCTETS)	 /* 100 ms wait for the modem: silence is left out */
#define OUT_OCTETS   (10 * FRAME_OCTETS) /* 200 ms: the oldest is */
#define PAUSE_MS     100 /* without a sample: what the modem had to play has run out */

struct serial {
	struct modem_pcm pcm;
	struct modem_pcm_user user;
	int fd;
	bool listens;
	bool flows; /* samples come, and ours go */
	uint64_t last_ms;
	uint8_t in[FRAME_OCTETS], out[OUT_OCTETS];
	size_t in_len, out_len;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void get_samples(int16_t *samples, const uint8_t *octets)
{
	for (size_t i = 0; i < SOUND_FRAME; i++)
		samples[i] = (int16_t)(octets[2 * i] | octets[2 * i + 1] << 8);
}

static void put_samples(uint8_t *octets, const int16_t *samples)
{
	for (size_t i = 0; i < SOUND_FRAME; i++) {
		octets[2 * i] = (uint16_t)samples[i] & 0xff;
		octets[2 * i + 1] = (uint16_t)samples[i] >> 8;
	}
}

/* A modem that takes nothing for a while must not make the caller hear everything late: silence goes first, then
 * the oldest frame.  Frames are even, so a sample that was cut in the middle by the last write stays whole. */
static void queue_out(struct serial *s, const int16_t *frame, bool silence)
{
	if (silence && s->out_len > LATE_OCTETS) {
		modem_pcm_count(&s->user.counts->dropped, 1);
		return;
	}
	if (s->out_len + FRAME_OCTETS > sizeof(s->out)) {
		size_t keep = s->out_len % 2; /* its other half is at the modem */

		s->out_len -= FRAME_OCTETS;
		memmove(s->out + keep, s->out + keep + FRAME_OCTETS, s->out_len - keep);
		modem_pcm_count(&s->user.counts->dropped, 1);
	}
	put_samples(s->out + s->out_len, frame);
	s->out_len += FRAME_OCTETS;
}

/* What does not go now goes with the next frame.  A port that is gone is told by reading. */
static void write_out(struct serial *s)
{
	ssize_t n = write(s->fd, s->out, s->out_len);

	if (n <= 0)
		return;
	s->out_len -= n;
	memmove(s->out, s->out + n, s->out_len);
}

static void one_frame(struct serial *s)
{
	int16_t in[SOUND_FRAME], out[SOUND_FRAME];
	enum modem_pcm_frame frame;

	get_samples(in, s->in);
	s->in_len = 0;
	frame = s->user.frame(in, out, s->user.data);
	if (frame == MODEM_PCM_NOTHING)
		return;
	s->flows = true;
	queue_out(s, out, frame == MODEM_PCM_SILENCE);
	write_out(s);
}

static void watch_pause(struct serial *s)
{
	uint64_t now = now_ms();

	if (s->flows && now - s->last_ms > PAUSE_MS)
		modem_pcm_count(&s->user.counts->underruns, 1);
	s->last_ms = now;
}

/* A frame may begin in the middle of a piece, even of a sample, and end in the next. */
static void take_octets(struct serial *s, const uint8_t *octets, size_t len)
{
	size_t all = len;

	watch_pause(s);
	while (len > 0) {
		size_t n = OSMO_MIN(len, sizeof(s->in) - s->in_len);

		memcpy(s->in + s->in_len, octets, n);
		s->in_len += n;
		octets += n;
		len -= n;
		if (s->in_len == sizeof(s->in))
			one_frame(s);
	}
	/* last: who sees the count sees what came of it */
	modem_pcm_count(&s->user.counts->octets, all);
}

static void listen_no_more(struct serial *s)
{
	if (s->listens)
		fd_close(s->fd);
	s->listens = false;
}

static void lose(struct serial *s, const char *why)
{
	listen_no_more(s);
	s->user.lost(why, s->user.data);
}

static void on_readable(int flags, void *arg)
{
	struct serial *s = arg;
	uint8_t octets[4096];
	ssize_t n = read(s->fd, octets, sizeof(octets));

	if (n > 0)
		take_octets(s, octets, n);
	else if (n == 0)
		lose(s, "its port hung up");
	else if (errno != EAGAIN && errno != EINTR)
		lose(s, strerror(errno));
}

static void serial_close(struct modem_pcm *pcm)
{
	struct serial *s = container_of(pcm, struct serial, pcm);

	listen_no_more(s);
	close(s->fd);
	free(s);
}

static const struct modem_pcm_ops serial_ops = { .close = serial_close };

int modem_serial_open(struct modem_pcm **out, const char *path, const struct modem_pcm_user *user)
{
	int fd = at_port_tty(path, 0); /* and what waited in it is thrown away */
	struct serial *s;
	int rc;

	if (fd < 0)
		return fd;
	s = calloc(1, sizeof(*s));
	OSMO_ASSERT(s);
	s->pcm.ops = &serial_ops;
	s->user = *user;
	s->fd = fd;
	rc = fd_listen(fd, FD_READ, on_readable, s);
	if (rc) {
		close(fd);
		free(s);
		return -rc;
	}
	s->listens = true;
	*out = &s->pcm;
	return 0;
}
