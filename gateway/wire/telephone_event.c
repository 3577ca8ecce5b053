// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/telephone_event.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define DURATION_MAX 0xffff /* of a segment: a longer press goes on in another, RFC 4733 2.5.1.3 */
#define EVENT_KEYS   "0123456789*#ABCD" /* by their events, RFC 4733 3.2 */

/* ---- RTP */

static void know(struct telephone_events *events, uint32_t timestamp, uint8_t event)
{
	events->known[events->next].timestamp = timestamp;
	events->known[events->next].event = event;
	events->next = (uint8_t)((events->next + 1) % TELEPHONE_EVENTS_KNOWN);
	if (events->n < TELEPHONE_EVENTS_KNOWN)
		events->n++;
}

static bool is_known(const struct telephone_events *events, uint32_t timestamp, uint8_t event)
{
	size_t i;

	for (i = 0; i < events->n; i++)
		if (events->known[i].event == event && events->known[i].timestamp == timestamp)
			return true;
	return false;
}

static bool is_pressed(struct telephone_events *events, uint32_t timestamp, uint8_t event)
{
	bool goes_on;

	if (is_known(events, timestamp, event))
		return false;
	goes_on = is_known(events, timestamp - DURATION_MAX, event);
	know(events, timestamp, event);
	return !goes_on;
}

size_t telephone_events_take(struct telephone_events *events, uint32_t timestamp,
			     const uint8_t *payload, size_t len, char keys[TELEPHONE_EVENT_KEYS])
{
	size_t n = 0;
	uint8_t event;

	/* several in one packet follow each other without a gap, RFC 4733 2.5.1.5 */
	for (; len >= TELEPHONE_EVENT_SIZE && n < TELEPHONE_EVENT_KEYS;
	     len -= TELEPHONE_EVENT_SIZE) {
		event = payload[0];
		if (event < strlen(EVENT_KEYS) && is_pressed(events, timestamp, event))
			keys[n++] = EVENT_KEYS[event];
		timestamp += (uint32_t)(payload[2] << 8 | payload[3]);
		payload += TELEPHONE_EVENT_SIZE;
	}
	return n;
}

/* ---- SIP INFO */

struct span {
	const char *at;
	size_t len;
};

static struct span trim(struct span span)
{
	for (; span.len > 0 && strchr(" \t\r", span.at[0]); span.len--)
		span.at++;
	while (span.len > 0 && strchr(" \t\r", span.at[span.len - 1]))
		span.len--;
	return span;
}

static bool is_word(struct span span, const char *word)
{
	return span.len == strlen(word) && strncasecmp(span.at, word, span.len) == 0;
}

/* \returns -EINVAL if it is no number below 100,000 */
static int read_number(struct span span)
{
	int number = 0;
	size_t i;

	if (span.len == 0 || span.len > 5)
		return -EINVAL;
	for (i = 0; i < span.len; i++) {
		if (span.at[i] < '0' || span.at[i] > '9')
			return -EINVAL;
		number = number * 10 + span.at[i] - '0';
	}
	return number;
}

/* \returns 0 if it is none */
static char read_signal(struct span span)
{
	int event = read_number(span);
	char key;

	if (span.len == 2 && event >= 10 && event < (int)strlen(EVENT_KEYS))
		return EVENT_KEYS[event];
	if (span.len != 1 || span.at[0] == '\0')
		return 0;
	key = span.at[0] >= 'a' && span.at[0] <= 'd' ? (char)(span.at[0] - 'a' + 'A') : span.at[0];
	return strchr(EVENT_KEYS, key) ? key : 0;
}

static int read_line(char *key, unsigned int *duration_ms, struct span line)
{
	const char *equals = memchr(line.at, '=', line.len);
	struct span name, value;
	int number;

	if (!equals)
		return -EINVAL;
	name = trim((struct span){ line.at, (size_t)(equals - line.at) });
	value = trim((struct span){ equals + 1, line.len - (size_t)(equals - line.at) - 1 });
	if (is_word(name, "Signal")) {
		if (*key) /* a second one: which? */
			return -EINVAL;
		*key = read_signal(value);
		return *key ? 0 : -EINVAL;
	}
	if (is_word(name, "Duration")) {
		number = read_number(value);
		*duration_ms = number < 0 ? 0 : (unsigned int)number;
		return number < 0 ? number : 0;
	}
	return 0; /* other makers' own */
}

int dtmf_relay_read(char *key, unsigned int *duration_ms, const char *body, size_t len)
{
	struct span line;
	const char *end;

	*key = 0;
	*duration_ms = 0;
	for (; len > 0; len -= (size_t)(end - body), body = end) {
		end = memchr(body, '\n', len);
		line = trim((struct span){ body, end ? (size_t)(end - body) : len });
		end = end ? end + 1 : body + len;
		if (line.len > 0 && read_line(key, duration_ms, line) < 0) {
			*key = 0;
			return -EINVAL;
		}
	}
	return *key ? 0 : -EINVAL;
}
