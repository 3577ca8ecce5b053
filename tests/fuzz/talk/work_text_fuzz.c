// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any text from a contractor or caretaker: what is read stays within its bounds and is whole. */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "talk/answer.h"
#include "talk/work_text.h"

static struct phrases *phrases;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char *error = NULL;

	phrases = phrases_load(NULL, "prompts", &error);
	if (!phrases)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct work_item items[WORK_ITEMS_MAX];
	char *text = talloc_strndup(NULL, (const char *)data, size);
	size_t n = work_read(text, text, 1764154800, "Europe/Amsterdam", phrases, items);

	for (size_t i = 0; i < n && n <= WORK_ITEMS_MAX; i++) {
		char again[REPORT_REFERENCE_SIZE];

		if (strlen(items[i].note) > ANSWER_TEXT_MAX || !*items[i].typed)
			abort();
		if (items[i].reference[0] && report_reference_read(again, items[i].reference) < 0)
			abort();
		if (items[i].timed && !items[i].at_s)
			abort();
	}
	talloc_free(text);
	return 0;
}
