// SPDX-License-Identifier: AGPL-3.0-or-later
/* A list of categories, a NUL, a text: no list and no text breaks the matching, and every span is in
 * the text.  Without a NUL the bytes are a text for a list of our own. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "talk/category_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char own[] =
	"fillers: {nl: [de, is]}\n"
	"mains: [{slug: m, name: {nl: M}, words: {nl: [afval]}}]\n"
	"things: [{slug: t, words: {nl: [container, lamp], ar: [\xd8\xad\xd8\xa7\xd9\x88]}}]\n"
	"categories:\n"
	"- {slug: a, main: m, thing: t, promise: 3w, name: {nl: A}, words: {nl: [(container|lamp) "
	"(vol|kapot), grofvuil]}}\n"
	"- {slug: b, main: m, promise: 21c, name: {nl: B}, words: {nl: [gat weg], tr: [\xc3\xa7ukur]}}\n"
	"dangers: [{slug: d, call: \"112\", category: a, words: {nl: [brand]}, unless: {nl: [brand "
	"niet]}}]\n";

static void match(const struct categories *cats, const char *text)
{
	struct category_match m;
	size_t i, at = 0;

	category_match(&m, cats, text, "nl");
	for (i = 0; i < m.span_count; i++) {
		if (m.spans[i].start < at || m.spans[i].end <= m.spans[i].start)
			abort();
		at = m.spans[i].end;
	}
	if (at > strlen(text) || m.span_end > strlen(text) || m.n > CATEGORY_CANDIDATES_MAX)
		abort();
	for (i = 0; i < m.n; i++) {
		if (!category_find(cats, m.found[i]->slug))
			abort();
	}
	category_danger(cats, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	const void *list = nul ? (const void *)data : own;
	size_t list_size = nul ? (size_t)(nul - data) : sizeof(own) - 1;
	const uint8_t *from = nul ? nul + 1 : data;
	void *ctx = talloc_new(NULL);
	struct categories *cats;
	char *text = talloc_strndup(ctx, (const char *)from, size - (size_t)(from - data));

	cats = categories_read(ctx, phrase_yaml_read(ctx, "fuzz.yaml", list, list_size));
	if (cats)
		match(cats, text);
	talloc_free(ctx);
	return 0;
}
