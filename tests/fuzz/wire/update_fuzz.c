// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any body of a callback: taken whole, or refused in words. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "wire/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	struct update update;
	char *why;

	if (update_read(ctx, &update, (const char *)data, size, &why) < 0) {
		if (!why || !*why)
			abort();
	} else if (!update.reference[0] || strlen(update.note) > UPDATE_NOTE_MAX) {
		abort();
	}
	talloc_free(ctx);
	return 0;
}
