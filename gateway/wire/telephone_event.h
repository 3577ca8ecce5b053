/* telephone_event.h - keys beside the sound: telephone-event in RTP (RFC 4733) and application/dtmf-relay
 * in a SIP INFO.
 *
 * A press comes in many packets, of which any may be lost, doubled or late: its key is told by the first
 * that arrives, whichever it is.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TELEPHONE_EVENT_SIZE   4
#define TELEPHONE_EVENTS_KNOWN 16 /* presses; a packet is never so late */
#define TELEPHONE_EVENT_KEYS   16 /* that one packet can tell */

/* The presses of one RTP source.  Zero at first, and again when the source (SSRC) is another. */
struct telephone_events {
	struct {
		uint32_t timestamp;
		uint8_t event;
	} known[TELEPHONE_EVENTS_KNOWN];
	uint8_t n, next; /* known; the place that the next press takes */
};

/*! A packet came.  One that holds no whole event, and events that are no keys, tell nothing.
 *  \param[in] timestamp  of its RTP header
 *  \param[out] keys  what was pressed: 0-9 * # A-D
 *  \returns how many keys, mostly 0 or 1 */
size_t telephone_events_take(struct telephone_events *events, uint32_t timestamp,
			     const uint8_t *payload, size_t len, char keys[TELEPHONE_EVENT_KEYS]);

/*! The body of a SIP INFO: "Signal=1", "Duration=160" on lines of their own, in any order and case.
 *  Some write "10" for '*' and "11" for '#', as in RFC 4733.
 *  \param[out] duration_ms  0 if it is not said
 *  \returns 0; -EINVAL if it has no key, or a line is none of a relay */
int dtmf_relay_read(char *key, unsigned int *duration_ms, const char *body, size_t len);
