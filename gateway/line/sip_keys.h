/* sip_keys.h - each key once, whichever ways it came: telephone-event before INFO before tones. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum sip_key_way { SIP_KEY_NONE, SIP_KEY_TONE, SIP_KEY_INFO, SIP_KEY_EVENT };

struct sip_keys {
	enum sip_key_way
		way; /* the best that a key came by so far; others are not heard any more */
	char last;
	uint64_t last_ms;
};

/*! \returns true if this is a press that was not told yet */
bool sip_keys_take(struct sip_keys *ks, enum sip_key_way way, char key, uint64_t now_ms);
