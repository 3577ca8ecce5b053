// SPDX-License-Identifier: AGPL-3.0-or-later
#include "line/sip_keys.h"

#define SAME_MS 2000 /* a key that comes a second time by a better way is the same press */

bool sip_keys_take(struct sip_keys *ks, enum sip_key_way way, char key, uint64_t now_ms)
{
	bool same = ks->way != SIP_KEY_NONE && way > ks->way && ks->last == key &&
		    now_ms - ks->last_ms < SAME_MS;

	if (way < ks->way)
		return false;
	ks->way = way;
	ks->last = key;
	ks->last_ms = now_ms;
	return !same;
}
