// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any text of a resident: spans lie within it, fields end, the keys of the streets fit. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "talk/fuzzy.h"
#include "talk/place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct place_guess *g, size_t len)
{
	char key[PLACE_STREET_SIZE], piece[PLACE_STREET_SIZE];

	if (g->start > g->end || g->end > len || g->number < 0 || g->number > 99999)
		abort();
	if (strlen(g->street) >= sizeof(g->street) || strlen(g->suffix) >= sizeof(g->suffix) ||
	    strlen(g->object_number) >= sizeof(g->object_number))
		abort();
	place_street_key(key, g->street);
	place_street_piece(piece, g->street);
	if (strlen(key) >= sizeof(key) || strlen(piece) >= sizeof(piece))
		abort();
	if (fuzzy_distance(key, piece, 3) > 4)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct place_guess guesses[PLACE_GUESSES_MAX];
	char *text = strndup((const char *)data, size);
	size_t n = place_read(text, size % 2 ? "lamp" : NULL, guesses);

	if (n > PLACE_GUESSES_MAX)
		abort();
	for (size_t i = 0; i < n; i++)
		check(&guesses[i], strlen(text));
	free(text);
	return 0;
}
