// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any text in pages of any size: each fits, and all of them say the text and nothing else. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "talk/page.h"
#include "wire/ussd_text.h"
#include "wire/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct page_hints feet[] = {
	{ .more = "# meer", .back = "0 terug" },
	{ .more = "#=\xd8\xa3\xd9\x83\xd8\xab\xd8\xb1", .back = "0" },
	{ .more = "#" },
	{ .more = "# and so on and so on and so on, there is no end to it", .back = "0 back" },
};

static char *readable(void *ctx, const uint8_t *data, size_t size)
{
	char *text = talloc_size(ctx, size * UTF8_CHARACTER_MAX + 1);
	size_t n = 0;

	while (size > 0) {
		uint32_t character = '?';
		int used = utf8_read(&character, (const char *)data, size);

		used = used > 0 ? used : 1;
		data += used;
		size -= (size_t)used;
		n += utf8_write(text + n, character ? character : ' ');
	}
	text[n] = '\0';
	return text;
}

static bool is_blank(const char *text, size_t from, size_t to)
{
	while (from < to && (text[from] == ' ' || text[from] == '\n'))
		from++;
	return from == to;
}

/* Is the page what stands in the text, then this foot? */
static bool is_page(const char *page, const char *text, size_t from, size_t next, const char *foot)
{
	size_t len = strlen(page), foot_len = strlen(foot), body = len - foot_len;

	return len >= foot_len && !strcmp(page + body, foot) && body <= next - from &&
	       !memcmp(page, text + from, body) && is_blank(text, from + body, next);
}

static bool says(const char *page, const char *text, size_t from, size_t next,
		 const struct page_hints *hints)
{
	const char *back = hints->back ? hints->back : "";
	char *more = talloc_asprintf(NULL, "\n%s", hints->more);
	char *both = talloc_asprintf(NULL, "%s\n%s", more, back);
	char *only = talloc_asprintf(NULL, "\n%s", back);
	bool last = next == strlen(text);
	bool does = is_page(page, text, from, next, "") ||
		    (!last && is_page(page, text, from, next, more)) ||
		    (from > 0 && is_page(page, text, from, next, last ? only : both));

	talloc_free(more);
	talloc_free(both);
	talloc_free(only);
	return does;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	const struct page_hints *hints;
	size_t octets, from = 0, next = 0, before = 0, n = 0, len;
	char *text, *page;

	if (size < 2 || size > 600) {
		talloc_free(ctx);
		return 0;
	}
	octets = PAGE_OCTETS_MIN + data[0] % (USSD_OCTETS_MAX - PAGE_OCTETS_MIN + 1);
	hints = &feet[data[1] % ARRAY_SIZE(feet)];
	text = readable(ctx, data + 2, size - 2);
	len = strlen(text);
	do {
		page = page_write(ctx, text, from, octets, hints, &next);
		OSMO_ASSERT(ussd_text_octets(page, strlen(page)) <= octets);
		OSMO_ASSERT(next > from || len == 0);
		OSMO_ASSERT(says(page, text, from, next, hints));
		n++;
		if (next < len) {
			before = from;
			from = next;
		}
	} while (next < len);
	OSMO_ASSERT(page_before(text, from, octets, hints) == before);
	OSMO_ASSERT(page_count(text, octets, hints) == n);
	talloc_free(ctx);
	return 0;
}
