// SPDX-License-Identifier: AGPL-3.0-or-later

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* Step over the comma behind a value; the end of the list is a NULL. */
static void next_value(const char **arg)
{
	const char *comma = *arg + strcspn(*arg, ",");

	*arg = *comma ? comma + 1 : NULL;
}

bool arg_number(const char **arg, int *out)
{
	char *end;
	long v;

	if (!*arg)
		return false;
	v = strtol(*arg, &end, 10);
	if (end != *arg && v >= INT_MIN && v <= INT_MAX)
		*out = (int)v;
	next_value(arg);
	return true;
}

bool arg_text(const char **arg, char *out, size_t size)
{
	const char *from = *arg, *to;
	size_t n;

	if (!from)
		return false;
	from += strspn(from, " ");
	if (*from == '"') {
		to = strchr(++from, '"');
		if (!to)
			to = from + strlen(from);
	} else {
		to = from + strcspn(from, ",");
	}
	n = (size_t)(to - from);
	if (n >= size)
		n = size - 1;
	memcpy(out, from, n);
	out[n] = '\0';
	*arg = *to == '"' ? to + 1 : to;
	next_value(arg);
	return true;
}
