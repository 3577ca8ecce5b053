// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any text as a time: what was read and written again reads the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/rfc3339.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int64_t utc_s, int offset_min)
{
	char *out = malloc(RFC3339_SIZE);
	int64_t again;

	rfc3339_write(out, utc_s, offset_min);
	if (rfc3339_read(&again, out, 0) < 0)
		abort();
	/* at both ends of the calendar a zone can push a time over the edge */
	if (utc_s > -62167132800 && utc_s < 253402214400 && again != utc_s)
		abort();
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	int64_t utc_s = 0;
	int offset_min = 0;

	if (rfc3339_read(&utc_s, text, 60) == 0)
		check(utc_s, 120);
	free(text);
	if (size >= 12) {
		memcpy(&utc_s, data, 8);
		memcpy(&offset_min, data + 8, 4);
		check(utc_s, offset_min);
	}
	return 0;
}
