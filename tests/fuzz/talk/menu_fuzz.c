// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any bytes as a menu file: read or refused with a line, never more. */
#include <stdint.h>

#include <osmocom/core/talloc.h>

#include "talk/menu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	struct menus *menus = menus_alloc(ctx);
	char *error = NULL;

	if (menus_parse(ctx, menus, "fuzz.yaml", data, size, &error) == 0)
		menus_link(ctx, menus, &error);
	talloc_free(ctx);
	return 0;
}
