// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any octets as an alert or a feed: refused in words, or taken; what was taken and written reads as the same. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "wire/cap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(void *ctx, const struct cap_alert *alert)
{
	char *once = cap_write(ctx, alert), *twice, *why;
	struct cap_alert again;

	if (cap_read(ctx, &again, once, strlen(once), &why) < 0)
		abort();
	twice = cap_write(ctx, &again);
	if (strcmp(once, twice) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	struct cap_entry *entries;
	struct cap_alert alert;
	char *why = NULL;

	if (cap_read(ctx, &alert, (const char *)data, size, &why) == 0)
		round_trip(ctx, &alert);
	else if (!why || !*why)
		abort();
	cap_feed_read(ctx, &entries, (const char *)data, size, &why);
	talloc_free(ctx);
	return 0;
}
