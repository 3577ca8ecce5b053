// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_card.c - the sound of a modem's call on a sound card (USB audio class), by ALSA.  In the media thread.
 *
 * What is recorded is the clock.  Recording and playing may run on two clocks: what waits to be played is watched,
 * and where it becomes too much or too little, a frame of silence is left out or put in.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <alsa/asoundlib.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/utils.h>

#include <re/re.h>

#include "line/modem_pcm.h"

#define FDS_MAX	   8
#define PLUG_SIZE  160
#define PERIOD_US  20000
#define BUFFER_US  400000
#define AHEAD	   (3 * SOUND_FRAME)  /* to be played before anything is: 60 ms */
#define LITTLE	   (1 * SOUND_FRAME)  /* so little waits: silence is put in */
#define LATE	   (6 * SOUND_FRAME)  /* 120 ms wait: silence is left out */
#define TOO_LATE   (10 * SOUND_FRAME) /* 200 ms: sound is, too */
#define READS_MAX  16		      /* at once: the other calls have their turn */
#define RECOVERIES 50		      /* in a row, without a sample in between */

struct card {
	struct modem_pcm pcm;
	struct modem_pcm_user user;
	snd_pcm_t *in, *out;
	snd_pcm_uframes_t out_size;
	struct pollfd fds[FDS_MAX];
	int n_fds;
	bool listens, plays;
	unsigned int recoveries;
	int16_t samples[SOUND_FRAME];
	size_t len;
};

/* ---- what goes ---- */

static bool play(struct card *c, const int16_t *frame)
{
	return snd_pcm_writei(c->out, frame, SOUND_FRAME) >= 0;
}

/* The first frame, and those after a pause, find some silence ahead of them: the card has something to play while
 * the next is on its way. */
static void play_anew(struct card *c)
{
	static const int16_t none[SOUND_FRAME];

	c->plays = true;
	snd_pcm_prepare(c->out);
	for (int i = 0; i < AHEAD / SOUND_FRAME; i++)
		play(c, none);
}

/* Samples that wait to be played. */
static snd_pcm_sframes_t waiting(struct card *c)
{
	snd_pcm_sframes_t room = snd_pcm_avail_update(c->out);

	return room < 0 ? room : (snd_pcm_sframes_t)c->out_size - room;
}

static void send_frame(struct card *c, const int16_t *frame, bool silence)
{
	struct modem_pcm_counts *counts = c->user.counts;
	snd_pcm_sframes_t n;

	if (!c->plays)
		play_anew(c);
	n = waiting(c);
	if (n < 0) {
		modem_pcm_count(&counts->underruns, 1);
		play_anew(c);
		n = AHEAD;
	}
	if (n > TOO_LATE || (silence && n > LATE)) {
		modem_pcm_count(&counts->dropped, 1);
		return;
	}
	if (silence && n < LITTLE) {
		modem_pcm_count(&counts->added, 1);
		play(c, frame);
	}
	if (!play(c, frame))
		modem_pcm_count(&counts->dropped, 1);
}

/* ---- what comes ---- */

static void one_frame(struct card *c)
{
	int16_t out[SOUND_FRAME];
	enum modem_pcm_frame frame = c->user.frame(c->samples, out, c->user.data);

	c->len = 0;
	if (frame != MODEM_PCM_NOTHING)
		send_frame(c, out, frame == MODEM_PCM_SILENCE);
}

static void listen_no_more(struct card *c)
{
	if (c->listens)
		for (int i = 0; i < c->n_fds; i++)
			fd_close(c->fds[i].fd);
	c->listens = false;
}

/* A card that was pulled out says so here. */
static void lose(struct card *c, int error)
{
	listen_no_more(c);
	c->user.lost(error == -ENODEV ? "its sound card is gone" : snd_strerror(error),
		     c->user.data);
}

static bool recover(struct card *c, int error)
{
	if (error != -EPIPE && error != -ESTRPIPE && error != -EINTR)
		return false;
	if (++c->recoveries > RECOVERIES)
		return false;
	if (error == -EPIPE)
		modem_pcm_count(&c->user.counts->overruns, 1);
	return snd_pcm_recover(c->in, error, 1) == 0 && snd_pcm_start(c->in) == 0;
}

/* \returns false: nothing more is there, or the card is lost */
static bool read_some(struct card *c)
{
	snd_pcm_sframes_t n = snd_pcm_readi(c->in, c->samples + c->len, SOUND_FRAME - c->len);

	if (n == 0 || n == -EAGAIN)
		return false;
	if (n < 0) {
		if (!recover(c, n))
			lose(c, n);
		return false;
	}
	c->recoveries = 0;
	c->len += n;
	if (c->len == SOUND_FRAME)
		one_frame(c);
	modem_pcm_count(&c->user.counts->octets, 2 * n);
	return true;
}

/* Which descriptor means what is ALSA's own secret: all are asked. */
static void on_ready(int flags, void *arg)
{
	struct card *c = arg;
	unsigned short events = 0;
	int rc;

	poll(c->fds, c->n_fds, 0);
	rc = snd_pcm_poll_descriptors_revents(c->in, c->fds, c->n_fds, &events);
	if (rc < 0) {
		lose(c, rc);
		return;
	}
	if (!(events & (POLLIN | POLLERR | POLLHUP | POLLNVAL)))
		return;
	for (int i = 0; i < READS_MAX && read_some(c); i++)
		;
}

/* ---- life ---- */

static int set_up(snd_pcm_t *pcm, bool in, snd_pcm_uframes_t *size)
{
	unsigned int rate = SOUND_RATE, period_us = PERIOD_US, buffer_us = BUFFER_US;
	snd_pcm_hw_params_t *hw;
	snd_pcm_sw_params_t *sw;
	int rc;

	snd_pcm_hw_params_alloca(&hw);
	snd_pcm_sw_params_alloca(&sw);
	rc = snd_pcm_hw_params_any(pcm, hw);
	rc = rc < 0 ? rc : snd_pcm_hw_params_set_access(pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED);
	rc = rc < 0 ? rc : snd_pcm_hw_params_set_format(pcm, hw, SND_PCM_FORMAT_S16);
	rc = rc < 0 ? rc : snd_pcm_hw_params_set_channels(pcm, hw, 1);
	rc = rc < 0 ? rc : snd_pcm_hw_params_set_rate(pcm, hw, rate, 0);
	rc = rc < 0 ? rc : snd_pcm_hw_params_set_period_time_near(pcm, hw, &period_us, NULL);
	rc = rc < 0 ? rc : snd_pcm_hw_params_set_buffer_time_near(pcm, hw, &buffer_us, NULL);
	rc = rc < 0 ? rc : snd_pcm_hw_params(pcm, hw);
	rc = rc < 0 ? rc : snd_pcm_hw_params_get_buffer_size(hw, size);
	rc = rc < 0 ? rc : snd_pcm_sw_params_current(pcm, sw);
	rc = rc < 0 ? rc : snd_pcm_sw_params_set_avail_min(pcm, sw, SOUND_FRAME);
	rc = rc < 0 ? rc : snd_pcm_sw_params_set_start_threshold(pcm, sw, in ? 1 : AHEAD);
	return rc < 0 ? rc : snd_pcm_sw_params(pcm, sw);
}

static int open_as(snd_pcm_t **pcm, const char *name, bool in, snd_pcm_uframes_t *size)
{
	int rc = snd_pcm_open(pcm, name, in ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK,
			      SND_PCM_NONBLOCK);

	if (rc < 0)
		return rc;
	rc = set_up(*pcm, in, size);
	if (rc < 0) {
		snd_pcm_close(*pcm);
		*pcm = NULL;
	}
	return rc;
}

/* "hw:1" of a card with another rate or with two channels: by way of the plug that "plughw:1" names. */
static int open_way(snd_pcm_t **pcm, const char *name, bool in, snd_pcm_uframes_t *size)
{
	char plug[PLUG_SIZE];
	int rc = open_as(pcm, name, in, size);

	if (rc != -EINVAL || strchr(name, '"'))
		return rc;
	if (snprintf(plug, sizeof(plug), "plug:SLAVE=\"%s\"", name) >= (int)sizeof(plug))
		return rc;
	return open_as(pcm, plug, in, size);
}

static int listen_to(struct card *c)
{
	int rc = 0;

	c->n_fds = snd_pcm_poll_descriptors_count(c->in);
	if (c->n_fds <= 0 || c->n_fds > FDS_MAX)
		return -ENOTSUP;
	c->n_fds = snd_pcm_poll_descriptors(c->in, c->fds, FDS_MAX);
	c->listens = true;
	for (int i = 0; i < c->n_fds && rc == 0; i++) {
		int flags = FD_EXCEPT | (c->fds[i].events & POLLIN ? FD_READ : 0) |
			    (c->fds[i].events & POLLOUT ? FD_WRITE : 0);

		rc = -fd_listen(c->fds[i].fd, flags, on_ready, c);
	}
	return rc < 0 ? rc : snd_pcm_start(c->in);
}

static void card_close(struct modem_pcm *pcm)
{
	struct card *c = container_of(pcm, struct card, pcm);

	listen_no_more(c);
	if (c->in)
		snd_pcm_close(c->in);
	if (c->out)
		snd_pcm_close(c->out);
	free(c);
}

static const struct modem_pcm_ops card_ops = { .close = card_close };

int modem_card_open(struct modem_pcm **out, const char *name, const struct modem_pcm_user *user)
{
	struct card *c = calloc(1, sizeof(*c));
	snd_pcm_uframes_t size;
	int rc;

	OSMO_ASSERT(c);
	c->pcm.ops = &card_ops;
	c->user = *user;
	rc = open_way(&c->in, name, true, &size);
	rc = rc < 0 ? rc : open_way(&c->out, name, false, &c->out_size);
	rc = rc < 0 ? rc : listen_to(c);
	if (rc < 0) {
		card_close(&c->pcm);
		return rc;
	}
	*out = &c->pcm;
	return 0;
}
