/* modem_pcm.h - what gives and takes the samples of a modem's call: a serial port or a sound card.
 *
 * Of the media thread alone, and never waits.  The modem's clock counts: for each 20 ms that come, 20 ms go, so that
 * no drift can build up between the modem and this machine.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "voice/sound.h"

/* Read on the loop while the media thread counts. */
struct modem_pcm_counts {
	_Atomic uint64_t octets;    /* that came */
	_Atomic uint64_t underruns; /* times the modem had nothing to play */
	_Atomic uint64_t overruns;  /* times what came was lost before it was read */
	_Atomic uint64_t dropped;   /* frames for the modem that were late and left out */
	_Atomic uint64_t added; /* frames of silence, where its clock is faster than the card's */
	_Atomic uint64_t lost;	/* frames of recordings that the disk was too slow for */
	_Atomic uint64_t torn;	/* tones that were taken for a part of the press before */
};

static inline void modem_pcm_count(_Atomic uint64_t *what, uint64_t n)
{
	atomic_fetch_add_explicit(what, n, memory_order_release);
}

enum modem_pcm_frame {
	MODEM_PCM_NOTHING, /* nothing is to be sent */
	MODEM_PCM_SILENCE, /* may be left out if it would be late */
	MODEM_PCM_SOUND,
};

struct modem_pcm_user {
	/* 20 ms came: 20 ms to be sent. */
	enum modem_pcm_frame (*frame)(const int16_t in[SOUND_FRAME], int16_t out[SOUND_FRAME],
				      void *data);
	/* Once: nothing more will come; to be closed, but not from in here. */
	void (*lost)(const char *why, void *data);
	struct modem_pcm_counts *counts;
	void *data;
};

struct modem_pcm {
	const struct modem_pcm_ops *ops;
};

struct modem_pcm_ops {
	void (*close)(struct modem_pcm *pcm);
};

/*! A port with 8 kHz, 16 bit, little-endian, one channel. 0; -errno */
int modem_serial_open(struct modem_pcm **out, const char *path, const struct modem_pcm_user *user);

/*! A card by ALSA's name; one that has not 8 kHz or one channel is brought to it by ALSA's plug. 0; -errno */
int modem_card_open(struct modem_pcm **out, const char *name, const struct modem_pcm_user *user);
