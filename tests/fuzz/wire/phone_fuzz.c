// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any text as a number: what is normalised stays so, and nothing leaves its buffer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/phone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *number = strndup((const char *)data, size);
	char *out = malloc(PHONE_SIZE), *again = malloc(PHONE_SIZE);

	phone_masked(out, number);
	phone_can_answer(number);
	phone_same(number, out);
	if (phone_normalise(out, number, "31") == 0) {
		if (!phone_can_answer(out) || !phone_same(out, out))
			abort();
		if (phone_normalise(again, out, "31") < 0 || strcmp(again, out) != 0)
			abort();
		phone_masked(again, out);
	}
	free(again);
	free(out);
	free(number);
	return 0;
}
