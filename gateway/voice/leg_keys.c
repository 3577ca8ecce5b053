// SPDX-License-Identifier: AGPL-3.0-or-later
/* leg_keys.c - the tones of keys in the sound (DTMF, ITU-T Q.23 and Q.24), found by spandsp; see leg_int.h. */
#include "voice/leg_int.h"

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <spandsp.h>

/* How much louder one tone of a key may be than the other, and the quietest of them: what Q.24 lets a
 * network do to them and a mobile's coder does. */
#define TWIST_DB	 12
#define REVERSE_TWIST_DB 8
#define QUIETEST_DBM0	 (-45)

/* A coder may tear a tone: the same key so soon after its end is the same press. */
#define TORN_MS 40

struct leg_keys {
	dtmf_rx_state_t *rx;
	void (*key)(char key, void *data);
	void *data;
	char last; /* key heard last */
	bool on;
	uint64_t torn;
};

/* spandsp's words: code is the key, 0 when it ends; duration is samples since it said something. */
static void tone_changed(void *data, int code, int level, int duration)
{
	struct leg_keys *keys = data;
	bool torn = !keys->on && code == keys->last && duration < TORN_MS * SOUND_RATE / 1000;

	keys->on = code != 0;
	if (!code)
		return;
	keys->last = (char)code;
	keys->torn += torn;
	if (!torn)
		keys->key((char)code, keys->data);
}

static int leg_keys_free(struct leg_keys *keys)
{
	dtmf_rx_free(keys->rx);
	return 0;
}

struct leg_keys *leg_keys_alloc(void *ctx, void (*key)(char key, void *data), void *data)
{
	struct leg_keys *keys = talloc_zero(ctx, struct leg_keys);

	OSMO_ASSERT(keys);
	keys->key = key;
	keys->data = data;
	keys->rx = dtmf_rx_init(NULL, NULL, NULL);
	OSMO_ASSERT(keys->rx);
	dtmf_rx_parms(keys->rx, -1, TWIST_DB, REVERSE_TWIST_DB, QUIETEST_DBM0);
	dtmf_rx_set_realtime_callback(keys->rx, tone_changed, keys);
	talloc_set_destructor(keys, leg_keys_free);
	return keys;
}

uint64_t leg_keys_torn(const struct leg_keys *keys)
{
	return keys->torn;
}

bool leg_keys_hear(struct leg_keys *keys, const int16_t frame[SOUND_FRAME])
{
	dtmf_rx(keys->rx, frame, SOUND_FRAME);
	return dtmf_rx_status(keys->rx) != 0;
}
