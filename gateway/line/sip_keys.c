// SPDX-License-Identifier: AGPL-3.0-or-later
#include "line/sip_keys.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

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

static char key_of(const char *text, size_t len)
{
	char key;

	while (len > 0 && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	/* some write 10 and 11, the event's numbers */
	if (len == 2 && text[0] == '1' && (text[1] == '0' || text[1] == '1'))
		return text[1] == '0' ? '*' : '#';
	if (len != 1)
		return 0;
	key = toupper((unsigned char)*text);
	return key && strchr("0123456789*#ABCD", key) ? key : 0;
}

char sip_keys_info(const char *body, size_t len)
{
	static const char word[] = "signal";

	for (size_t at = 0; at < len;) {
		const char *line = body + at;
		const char *end = memchr(line, '\n', len - at);
		size_t size = end ? (size_t)(end - line) : len - at;
		const char *equals = memchr(line, '=', size);

		if (size >= strlen(word) && strncasecmp(line, word, strlen(word)) == 0 && equals)
			return key_of(equals + 1, size - (equals + 1 - line));
		at += size + 1;
	}
	return key_of(body, len);
}

/* A press of more than 8 s goes on in a segment of its own, which begins where the last one stopped
 * (2.5.1.3); its lost packets make that a little early or late. */
static bool goes_on(const struct sip_event *ev, uint32_t timestamp, uint8_t event)
{
	return !ev->ended && ev->event == event && ev->duration > 0xf000 &&
	       timestamp - ev->timestamp <= 0x10000;
}

char sip_event_take(struct sip_event *ev, uint32_t timestamp, const uint8_t *payload, size_t len)
{
	static const char keys[] = "0123456789*#ABCD";
	int32_t newer = (int32_t)(timestamp - ev->timestamp);
	bool again;

	if (len < 4 || payload[0] >= strlen(keys))
		return 0;
	if (ev->any && newer < 0)
		return 0; /* of a press before */
	again = ev->any && (newer == 0 || goes_on(ev, timestamp, payload[0]));
	ev->any = true;
	ev->ended = payload[1] & 0x80 || (again && newer == 0 && ev->ended);
	ev->event = payload[0];
	ev->timestamp = timestamp;
	ev->duration = payload[2] << 8 | payload[3];
	return again ? 0 : keys[payload[0]];
}
