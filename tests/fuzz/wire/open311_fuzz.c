// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any answer of a contractor: what is read is bounded and in order. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "wire/open311.h"
#include "wire/webhook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_id(const char *id)
{
	if (id && (id[0] == '\0' || strlen(id) > OPEN311_ID_MAX))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	struct open311_receipt receipt;
	struct open311_item *items;
	size_t skipped;
	int n, i;

	if (open311_read_receipt(ctx, &receipt, (const char *)data, size) == 0) {
		check_id(receipt.service_request_id);
		check_id(receipt.token);
	}
	n = open311_read_items(ctx, &items, &skipped, (const char *)data, size);
	for (i = 0; i < n; i++) {
		if (!items[i].service_request_id && !items[i].reference)
			abort();
		check_id(items[i].service_request_id);
		if (items[i].updated_s < 0 || items[i].expected_s < 0 || !items[i].state)
			abort();
	}
	talloc_free(webhook_their_ref(ctx, (const char *)data, size));
	talloc_free(ctx);
	return 0;
}
