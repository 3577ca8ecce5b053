// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any addresses, name, subject, key and text: the headers are the nine that we write, and no line is too long. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include "wire/mail.h"

#define HEADERS	   9
#define LINE_CHARS 76

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Parts end with \x1e, so that they may hold line ends. */
static char *next_part(char **pos)
{
	char *part = *pos, *end = strchr(part, '\x1e');

	*pos = end ? end + 1 : part + strlen(part);
	if (end)
		*end = '\0';
	return part;
}

static void check(const char *out)
{
	const char *line = out, *end;
	unsigned int headers = 0;
	bool in_text = false;

	for (; (end = strstr(line, "\r\n")); line = end + 2) {
		size_t len = end - line;

		if (memchr(line, '\n', len) || memchr(line, '\r', len))
			abort();
		if (len > LINE_CHARS && (in_text || !memchr(line, '@', len)))
			abort();
		if (!in_text && len > 0 && *line != ' ')
			headers++;
		in_text = in_text || len == 0;
	}
	if (*line || !in_text || headers != HEADERS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = strndup((const char *)data, size), *pos = copy, *out;
	struct mail_message message = { .at_s = (int64_t)size * 86400 };

	message.from = next_part(&pos);
	message.to = next_part(&pos);
	message.name = next_part(&pos);
	message.subject = next_part(&pos);
	message.key = next_part(&pos);
	message.text = pos;
	out = mail_write(NULL, &message);
	if (out)
		check(out);
	talloc_free(out);
	free(copy);
	return 0;
}
