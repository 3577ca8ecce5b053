// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any header: each address is one that is written as it was read, and there are no more hops than asked for. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct forwarded_hop *hops, size_t n, size_t max)
{
	char again[FORWARDED_ADDRESS_SIZE];

	if (n > max)
		abort();
	for (size_t i = 0; i < n; i++) {
		const char *address = hops[i].address;

		if (!address[0])
			continue;
		if (forwarded_address(again, address, strlen(address)) < 0 ||
		    strcmp(again, address) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct forwarded_hop hops[4];

	check(hops, forwarded_read(hops, 4, text), 4);
	check(hops, forwarded_read_x(hops, 4, text, text), 4);
	check(hops, forwarded_read_x(hops, 1, text, NULL), 1);
	free(text);
	return 0;
}
