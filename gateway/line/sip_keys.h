/* sip_keys.h - each key once, whichever ways it came: telephone-event before INFO before tones. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
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

/*! The key in the body of an INFO: "Signal=5" of application/dtmf-relay, or the bare key of application/dtmf.
 *  \returns 0-9 * # A-D; 0 if there is none */
char sip_keys_info(const char *body, size_t len);

/* Keys by telephone-event (RFC 4733 2.3): each press is repeated in several packets of one timestamp. */
struct sip_event {
	bool any, ended;
	uint8_t event;
	uint32_t timestamp;
	uint16_t duration;
};

/*! \returns the key of a press that was not seen before, whichever of its packets came first; else 0 */
char sip_event_take(struct sip_event *ev, uint32_t timestamp, const uint8_t *payload, size_t len);
