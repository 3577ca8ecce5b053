// SPDX-License-Identifier: AGPL-3.0-or-later
/* A street, a note or a number from outside: what is said holds no sign that is not said, and no text grows
 * without end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "talk/spoken.h"

#define GROWTH 24 /* "99e " is "negenennegentigste" */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *said, const char *text)
{
	if (spoken_sign(said) || strlen(said) > (strlen(text) + 1) * GROWTH)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	char *text = talloc_strndup(ctx, (const char *)data, size);

	check(spoken_text(ctx, text, "or"), text);
	check(spoken_number(ctx, text, "or"), text);
	talloc_free(ctx);
	return 0;
}
