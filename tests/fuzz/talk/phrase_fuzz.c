// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any prompts file: refused with a line, or all that it holds can be said. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "talk/phrase_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *some_args(const struct phrases *ph, const char *language, const char *key)
{
	const char *text = phrase_pattern(ph, language, key, NULL);
	json_t *args = json_pack("{s:s, s:I, s:f, s:b}", "s", "Spui 70", "i",
				 (json_int_t)1782858600, "f", -2.5, "b", 1);

	/* An argument of the file's own, as number or text. */
	if (text && text[0])
		json_object_set_new(args, "n", json_integer(text[0] - 'a'));
	return args;
}

static void say_all(const struct phrases *ph, const char *language)
{
	const char *key, *rest;
	size_t i;

	for (i = 0; (key = phrase_key_at(ph, language, i)); i++) {
		json_t *args = some_args(ph, language, key);
		char *said = phrase_say(NULL, ph, language, i % 2 ? "voice" : NULL, key, args,
					"Europe/Amsterdam");

		phrases_language_of(ph, said);
		phrase_is_keyword(ph, language, "stop", said);
		if (phrase_keyword_at(ph, language, said, &rest) && strlen(rest) > strlen(said))
			abort();
		talloc_free(said);
		json_decref(args);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct phrases *ph = phrases_alloc(NULL);
	struct phrase_yaml *y = phrase_yaml_read(ph, "fuzz.yaml", data, size);
	char *error = NULL;

	phrases_add(ph, y);
	if (!y->error && phrases_finish(ph, &error) == 0 && phrases_language_count(ph) > 0)
		say_all(ph, phrases_language_at(ph, 0));
	talloc_free(error);
	talloc_free(ph);
	return 0;
}
