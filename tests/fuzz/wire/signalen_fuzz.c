// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any answer: what is read of it may stand in an address, and what is written of any words is found again by its mark. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include "wire/signalen.h"

#define MARK "meldlijn 14070 4829153"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_id(const char *id)
{
	if (id && (!*id || strspn(id, "0123456789abcdefABCDEF-") != strlen(id)))
		abort();
}

static void check_written(void *ctx, const char *text)
{
	struct signalen_signal s = {
		.text = text, .mark = MARK, .sub_category = "x", .lat = 52, .lon = 4
	};
	char *body = signalen_write(ctx, &s), *page, *id;
	bool more;

	if (!body)
		return;
	body[strlen(body) - 1] = '\0'; /* with an id, on a page of theirs */
	page = talloc_asprintf(ctx, "{\"results\":[%s,\"id\":7}]}", body);
	if (signalen_find(ctx, &id, &more, MARK, page, strlen(page)) < 0 || !id ||
	    strcmp(id, "7") != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *body = strndup((const char *)data, size), *id = NULL;
	void *ctx = talloc_new(NULL);
	struct signalen_read read;
	bool more;

	if (signalen_read(ctx, &read, MARK, (const char *)data, size) == 0) {
		check_id(read.id);
		if (!read.id || strlen(read.state) > SIGNALEN_STATE_MAX)
			abort();
		signalen_state(read.state);
	}
	if (signalen_find(ctx, &id, &more, MARK, (const char *)data, size) == 0)
		check_id(id);
	signalen_error(ctx, (const char *)data, size);
	check_written(ctx, body);
	signalen_write_note(ctx, body, MARK, "a");
	talloc_free(ctx);
	free(body);
	return 0;
}
