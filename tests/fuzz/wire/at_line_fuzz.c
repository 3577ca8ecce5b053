// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any line from a modem: no read past the NUL, no endless loop. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/at_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const char *line, const char *order, size_t n)
{
	struct at_line al;
	char buf[32];
	uint32_t mask;
	size_t i;
	int number;

	if (!at_line_open(&al, line, ""))
		abort();
	for (i = 0; i < n; i++) {
		if (order[i] & 1)
			at_line_number(&al, &number);
		if (order[i] & 2)
			at_line_string(&al, buf, sizeof(buf));
		if (order[i] & 4)
			at_line_range(&al, &mask);
		if (at_line_skip(&al) < 0)
			break;
	}
	while (at_line_skip(&al) == 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = strndup((const char *)data, size);

	walk(line, "\1\2\4\3\6\5\7", 7);
	walk(line, line, strlen(line));
	free(line);
	return 0;
}
