// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any packets: only keys are told, and the same packet again tells nothing.  Any body of an INFO: a key or
 * none. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/telephone_event.h"

#define PACKET 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_key(char key)
{
	return key && strchr("0123456789*#ABCD", key);
}

/* The first octets of each are its timestamp and its length. */
static void check_packets(const uint8_t *data, size_t size)
{
	struct telephone_events events = { 0 };
	char keys[TELEPHONE_EVENT_KEYS];
	size_t i, n, len;
	uint32_t timestamp;
	uint8_t *payload;

	for (; size >= 5; data += len, size -= len) {
		memcpy(&timestamp, data, 4);
		len = data[4] % PACKET;
		data += 5;
		size -= 5;
		len = len < size ? len : size;
		payload = malloc(len + 1); /* what is read too far is seen */
		memcpy(payload + 1, data, len);
		n = telephone_events_take(&events, timestamp, payload + 1, len, keys);
		must(n <= len / TELEPHONE_EVENT_SIZE);
		for (i = 0; i < n; i++)
			must(is_key(keys[i]));
		/* one press only: of several, the new ones may put one out of mind that was known */
		if (len / TELEPHONE_EVENT_SIZE == 1)
			must(telephone_events_take(&events, timestamp, payload + 1, len, keys) ==
			     0);
		free(payload);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int duration_ms;
	char *body = malloc(size + 1), key;

	check_packets(data, size);
	memcpy(body, data, size);
	if (dtmf_relay_read(&key, &duration_ms, body, size) == 0)
		must(is_key(key) && duration_ms < 100000);
	else
		must(key == 0);
	free(body);
	return 0;
}
