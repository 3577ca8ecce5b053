// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_audio.c - the sound of a modem's call on a serial port: 8 kHz, 16 bit, little-endian, one channel.
 *
 * The modem's clock counts: for each 20 ms that it sends it gets 20 ms, so no drift can build up.  All of it is on
 * the program's loop: one call a modem is little work.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/utils.h>

#include "line/modem_int.h"

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

/* A modem that takes nothing for a while must not make the caller hear everything late: the oldest frame goes.
 * Frames are even, so a sample that was cut in the middle by the last write stays whole. */
static void queue_out(struct modem_audio *au, const uint8_t *octets)
{
	if (au->out_len + MODEM_AUDIO_FRAME > sizeof(au->out)) {
		size_t keep = au->out_len % 2; /* its other half is at the modem */

		au->out_len -= MODEM_AUDIO_FRAME;
		memmove(au->out + keep, au->out + keep + MODEM_AUDIO_FRAME, au->out_len - keep);
		au->dropped++;
	}
	memcpy(au->out + au->out_len, octets, MODEM_AUDIO_FRAME);
	au->out_len += MODEM_AUDIO_FRAME;
}

/* What does not go now goes with the next frame.  A port that is gone is told by reading. */
static void write_out(struct modem_audio *au)
{
	ssize_t n = write(au->fd.fd, au->out, au->out_len);

	if (n <= 0)
		return;
	au->out_len -= n;
	memmove(au->out, au->out + n, au->out_len);
}

static void one_frame(struct modem *m)
{
	struct modem_audio *au = &m->call.audio;
	int16_t in[SOUND_FRAME], out[SOUND_FRAME];
	uint8_t octets[MODEM_AUDIO_FRAME];

	get_samples(in, au->in);
	au->in_len = 0;
	if (!modem_call_frame(m, in, out))
		return;
	put_samples(octets, out);
	queue_out(au, octets);
	write_out(au);
}

/* Pieces of any size; a frame may begin in the middle of one and end in the next. */
static void take_octets(struct modem *m, const uint8_t *octets, size_t len)
{
	struct modem_audio *au = &m->call.audio;
	unsigned int opened = au->opened;

	au->octets += len;
	while (len > 0) {
		size_t n = OSMO_MIN(len, sizeof(au->in) - au->in_len);

		memcpy(au->in + au->in_len, octets, n);
		au->in_len += n;
		octets += n;
		len -= n;
		if (au->in_len < sizeof(au->in))
			return;
		one_frame(m);
		/* A key may have ended the call, and even begun another. */
		if (au->fd.fd < 0 || au->opened != opened)
			return;
	}
}

static int audio_cb(struct osmo_fd *ofd, unsigned int what)
{
	struct modem *m = ofd->data;
	uint8_t octets[4096];
	ssize_t n = read(ofd->fd, octets, sizeof(octets));

	if (n > 0)
		take_octets(m, octets, n);
	else if (n == 0)
		modem_call_audio_lost(m, "its port hung up");
	else if (errno != EAGAIN && errno != EINTR)
		modem_call_audio_lost(m, strerror(errno));
	return 0;
}

int modem_audio_open(struct modem *m)
{
	struct modem_audio *au = &m->call.audio;
	unsigned int opened = au->opened + 1;
	int fd;

	modem_audio_close(m);
	fd = at_port_tty(m->cfg.audio, 0);
	if (fd < 0)
		return fd;
	*au = (struct modem_audio){ .opened = opened };
	osmo_fd_setup(&au->fd, fd, OSMO_FD_READ, audio_cb, m, 0);
	OSMO_ASSERT(osmo_fd_register(&au->fd) == 0);
	return 0;
}

void modem_audio_close(struct modem *m)
{
	struct modem_audio *au = &m->call.audio;

	if (au->fd.fd < 0)
		return;
	osmo_fd_unregister(&au->fd);
	close(au->fd.fd);
	au->fd.fd = -1;
	if (au->dropped > 0)
		LOG_MODEM(m, LOGL_INFO, "%lu frames of sound were late and left out\n",
			  (unsigned long)au->dropped);
}

void modem_audio_init(struct modem *m)
{
	m->call.audio.fd.fd = -1;
}
