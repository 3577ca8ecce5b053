// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/form.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '.' || c == '_' || c == '*';
}

static void encode(char *out, const char *text, bool plus)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (is_plain(*text)) {
			*out++ = *text;
		} else if (c == ' ' && plus) {
			*out++ = '+';
		} else {
			*out++ = '%';
			*out++ = hex[c >> 4];
			*out++ = hex[c & 15];
		}
	}
	*out = '\0';
}

char *form_add(char *form, const char *name, const char *value)
{
	char *n = talloc_size(NULL, 3 * strlen(name) + 1);
	char *v = talloc_size(NULL, 3 * strlen(value) + 1);

	OSMO_ASSERT(n && v);
	encode(n, name, true);
	encode(v, value, true);
	form = talloc_asprintf_append_buffer(form, "%s%s=%s", *form ? "&" : "", n, v);
	OSMO_ASSERT(form);
	talloc_free(n);
	talloc_free(v);
	return form;
}

char *form_escape(void *ctx, const char *text)
{
	char *out = talloc_size(ctx, 3 * strlen(text) + 1);

	OSMO_ASSERT(out);
	encode(out, text, false);
	return out;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int form_decode(char *out, size_t size, const char *text, size_t len, bool plus)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%') {
			int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
			int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				return -EBADMSG;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c == '\0')
			return -EBADMSG;
		if (n + 1 >= size)
			return -ENOSPC;
		out[n++] = c;
	}
	if (n >= size)
		return -ENOSPC;
	out[n] = '\0';
	return (int)n;
}

void form_open(struct form_reader *reader, const char *text, size_t len)
{
	reader->pos = text;
	reader->end = text + len;
}

int form_next(struct form_reader *reader, char *name, size_t name_size, char *value,
	      size_t value_size)
{
	const char *start, *stop, *equals;
	int rc;

	while (reader->pos < reader->end && *reader->pos == '&')
		reader->pos++;
	if (reader->pos >= reader->end)
		return 0;
	start = reader->pos;
	stop = memchr(start, '&', (size_t)(reader->end - start));
	if (!stop)
		stop = reader->end;
	reader->pos = stop;

	equals = memchr(start, '=', (size_t)(stop - start));
	if (!equals)
		equals = stop;
	rc = form_decode(name, name_size, start, (size_t)(equals - start), true);
	if (rc < 0)
		return rc;
	if (equals < stop)
		equals++;
	rc = form_decode(value, value_size, equals, (size_t)(stop - equals), true);
	return rc < 0 ? rc : 1;
}
