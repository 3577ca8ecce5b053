/* leg_fixture.h - a leg, what it told, and sounds. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "voice/leg.h"
#include "voice/recorder.h"

#define TOLD_MAX 64

struct ear {
	struct leg *leg;
	struct recorder *recorder; /* NULL: none */
	struct leg_told told[TOLD_MAX];
	size_t n;
	void (*also)(struct ear *ear, const struct leg_told *told);
};

static inline void ear_told(const struct leg_told *told, void *data)
{
	struct ear *ear = data;

	assert_true(ear->n < TOLD_MAX);
	ear->told[ear->n++] = *told;
	if (ear->also)
		ear->also(ear, told);
}

static inline void ear_open(struct ear *ear, bool inband_keys)
{
	struct leg_cfg cfg = { .inband_keys = inband_keys, .told = ear_told, .data = ear };

	*ear = (struct ear){ 0 };
	ear->leg = leg_alloc(NULL, &cfg);
}

/* A sound of n samples of one value. */
static inline struct sound *flat(size_t n, int16_t value)
{
	struct sound *snd = sound_new(n);
	size_t i;

	for (i = 0; i < n; i++)
		sound_samples(snd)[i] = value;
	return snd;
}

static inline void play(struct ear *ear, struct sound *snd, bool barge_in)
{
	leg_play(ear->leg, &snd, 1, barge_in);
}
