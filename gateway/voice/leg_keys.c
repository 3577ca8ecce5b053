// SPDX-License-Identifier: AGPL-3.0-or-later
/* leg_keys.c - the tones of keys in the sound (DTMF, ITU-T Q.23 and Q.24), found by spandsp; see leg_int.h.
 *
 * spandsp looks at blocks of 12.75 ms and wants two that lie wholly in the tone, which one of 50 ms has hardly more of
 * after a coder: how many it finds depends on where its blocks begin.  So there are some of it, whose blocks begin at
 * different times, and what any of them hears is a key.
 */
#include "voice/leg_int.h"

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <spandsp.h>

/* How much louder one tone of a key may be than the other, and the quietest of them: more than Q.24
 * lets a network do to them, for a mobile's coder does in the short time that a block is. */
#define TWIST_DB	 16
#define REVERSE_TWIST_DB 8
#define QUIETEST_DBM0	 (-45)

/* A coder may tear a tone: the same key so soon after its end is the same press. */
#define TORN_MS 40

#define BLOCK	  102 /* samples, spandsp's */
#define RECEIVERS 4
#define STEP	  (SOUND_FRAME / 4) /* they take turns so often */

struct receiver {
	struct leg_keys *keys;
	dtmf_rx_state_t *rx;
	char on; /* the key that it hears; 0 none */
};

struct leg_keys {
	struct receiver receivers[RECEIVERS];
	void (*key)(char key, void *data);
	void *data;
	uint64_t now, ended; /* samples: heard so far; when the last key was not heard any more */
	char last;	     /* key told last */
	uint64_t torn;
};

static bool is_heard(const struct leg_keys *keys, char key)
{
	for (int i = 0; i < RECEIVERS; i++)
		if (keys->receivers[i].on == key)
			return true;
	return false;
}

/* \returns false: it is the press before, torn */
static bool is_press(const struct leg_keys *keys, char key)
{
	return key != keys->last || keys->now - keys->ended >= TORN_MS * SOUND_RATE / 1000;
}

/* spandsp's words: code is the key, 0 when it ends. */
static void tone_changed(void *data, int code, int level, int duration)
{
	struct receiver *r = data;
	struct leg_keys *keys = r->keys;
	char was = r->on, key = (char)code;
	bool known = key && is_heard(keys, key);

	r->on = key;
	if (was == keys->last && was && !is_heard(keys, was))
		keys->ended = keys->now;
	if (!key || known)
		return;
	if (!is_press(keys, key)) {
		keys->torn++;
		return;
	}
	keys->last = key;
	keys->key(key, keys->data);
}

static int leg_keys_free(struct leg_keys *keys)
{
	for (int i = 0; i < RECEIVERS; i++)
		dtmf_rx_free(keys->receivers[i].rx);
	return 0;
}

/* \param[in] ahead  samples by which its blocks begin before the first one's */
static void receiver_init(struct receiver *r, struct leg_keys *keys, int ahead)
{
	static const int16_t silence[BLOCK];

	r->keys = keys;
	r->rx = dtmf_rx_init(NULL, NULL, NULL);
	OSMO_ASSERT(r->rx);
	dtmf_rx_parms(r->rx, -1, TWIST_DB, REVERSE_TWIST_DB, QUIETEST_DBM0);
	dtmf_rx_set_realtime_callback(r->rx, tone_changed, r);
	dtmf_rx(r->rx, silence, ahead);
}

struct leg_keys *leg_keys_alloc(void *ctx, void (*key)(char key, void *data), void *data)
{
	struct leg_keys *keys = talloc_zero(ctx, struct leg_keys);

	OSMO_ASSERT(keys);
	keys->key = key;
	keys->data = data;
	for (int i = 0; i < RECEIVERS; i++)
		receiver_init(&keys->receivers[i], keys, i * BLOCK / RECEIVERS);
	talloc_set_destructor(keys, leg_keys_free);
	return keys;
}

uint64_t leg_keys_torn(const struct leg_keys *keys)
{
	return keys->torn;
}

bool leg_keys_hear(struct leg_keys *keys, const int16_t frame[SOUND_FRAME])
{
	bool tone = false;

	for (int at = 0; at < SOUND_FRAME; at += STEP) {
		keys->now += STEP;
		for (int i = 0; i < RECEIVERS; i++)
			dtmf_rx(keys->receivers[i].rx, frame + at, STEP);
	}
	for (int i = 0; i < RECEIVERS; i++)
		tone = tone || dtmf_rx_status(keys->receivers[i].rx) != 0;
	return tone;
}
