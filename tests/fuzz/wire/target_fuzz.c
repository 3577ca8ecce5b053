// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any request target and any form: within the ceilings, no control characters, and what is written
 * is read back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "wire/form.h"
#include "wire/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_form(const char *text)
{
	size_t len = strlen(text);
	char *form = form_add(talloc_strdup(NULL, ""), text, text);
	char *name = malloc(len + 1), *value = malloc(len + 1);
	struct form_reader reader;
	int rc;

	form_open(&reader, form, strlen(form));
	if (form_next(&reader, name, len + 1, value, len + 1) != (*form ? 1 : 0))
		abort();
	if (*form && (strcmp(name, text) != 0 || strcmp(value, text) != 0))
		abort();
	form_open(&reader, text, len);
	while ((rc = form_next(&reader, name, len + 1, value, len + 1)) != 0)
		;
	free(name);
	free(value);
	talloc_free(form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct target target;
	size_t i;

	if (target_read(&target, text) == 0) {
		if (target.n > TARGET_SEGMENTS || target.n_params > TARGET_PARAMS)
			abort();
		for (i = 0; i < target.n; i++)
			if (strpbrk(target.segments[i], "\r\n\t"))
				abort();
		for (i = 0; i < target.n_params; i++)
			if (!target_param(&target, target.params[i].name))
				abort();
	}
	check_form(text);
	free(text);
	return 0;
}
