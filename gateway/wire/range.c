// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/range.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define UNIT "bytes="

/* Digits; a number that is too large for us is as good as the largest. \returns false if there is none */
static bool read_number(const char **text, size_t *n)
{
	const char *begin = *text;

	*n = 0;
	for (; **text >= '0' && **text <= '9'; (*text)++)
		*n = *n > SIZE_MAX / 10 - 1 ? SIZE_MAX / 10 : *n * 10 + (size_t)(**text - '0');
	return *text > begin;
}

int range_read(size_t *first, size_t *len, const char *text, size_t size)
{
	size_t from, to;
	bool begins, ends;

	*first = 0;
	*len = size;
	if (!text || strncasecmp(text, UNIT, strlen(UNIT)) != 0)
		return 0;
	text += strlen(UNIT);
	begins = read_number(&text, &from);
	if (*text++ != '-')
		return 0;
	ends = read_number(&text, &to);
	if (*text || (!begins && !ends) || (begins && ends && to < from))
		return 0;
	if (!begins) { /* so many at the end */
		if (to == 0)
			return -ERANGE;
		*len = to < size ? to : size;
		*first = size - *len;
		return size > 0 ? 1 : -ERANGE;
	}
	if (from >= size)
		return -ERANGE;
	*first = from;
	*len = ends && to < size ? to - from + 1 : size - from;
	return 1;
}
