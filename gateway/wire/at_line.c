// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/at_line.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *pos)
{
	return pos + strspn(pos, " \t");
}

bool at_line_open(struct at_line *al, const char *line, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(line, prefix, n) != 0)
		return false;
	al->pos = skip_blanks(line + n);
	al->started = false;
	return true;
}

/* Where the next value starts; NULL if the line has no more. */
static const char *next_value(const struct at_line *al)
{
	if (!al->started)
		return *al->pos ? al->pos : NULL;
	return *al->pos == ',' ? skip_blanks(al->pos + 1) : NULL;
}

/* Is this the end of a value: a comma or the end of the line, after blanks? */
static bool is_end(const char *pos)
{
	pos = skip_blanks(pos);
	return *pos == ',' || *pos == '\0';
}

static void take(struct at_line *al, const char *end)
{
	al->pos = skip_blanks(end);
	al->started = true;
}

/* Read digits.  \returns 0; -EINVAL if there are none; -ERANGE */
static int read_digits(const char **pos, int *out)
{
	int value = 0;

	if (!is_digit(**pos))
		return -EINVAL;
	for (; is_digit(**pos); (*pos)++) {
		int digit = **pos - '0';

		if (value > (INT_MAX - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	*out = value;
	return 0;
}

int at_line_number(struct at_line *al, int *out)
{
	const char *pos = next_value(al);
	bool negative;
	int value, rc;

	if (!pos)
		return -ENODATA;
	negative = *pos == '-';
	pos += negative;
	rc = read_digits(&pos, &value);
	if (rc < 0)
		return rc;
	if (!is_end(pos))
		return -EINVAL;
	*out = negative ? -value : value;
	take(al, pos);
	return 0;
}

/* The quote that closes a string: modems do not escape the quotes inside, so it is the first
 * one with a comma or the end of the line after it. */
static const char *closing_quote(const char *pos)
{
	for (; (pos = strchr(pos, '"')); pos++)
		if (is_end(pos + 1))
			return pos;
	return NULL;
}

int at_line_string(struct at_line *al, char *buf, size_t size)
{
	const char *pos = next_value(al);
	const char *end, *after;
	size_t n;

	if (!pos)
		return -ENODATA;
	if (*pos == '"') {
		end = closing_quote(++pos);
		if (!end)
			return -EINVAL;
		after = end + 1;
	} else {
		after = end = pos + strcspn(pos, ",");
		while (end > pos && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
	}
	n = (size_t)(end - pos);
	if (n >= size || n > INT_MAX)
		return -ENOSPC;
	memcpy(buf, pos, n);
	buf[n] = '\0';
	take(al, after);
	return (int)n;
}

/* Where a value ends, with brackets and quotes seen as wholes. */
static const char *end_of_value(const char *pos)
{
	unsigned int depth = 0;

	if (*pos == '"') {
		const char *quote = closing_quote(pos + 1);

		return quote ? quote + 1 : pos + strlen(pos);
	}
	for (; *pos && (depth || *pos != ','); pos++) {
		if (*pos == '(')
			depth++;
		else if (*pos == ')' && depth)
			depth--;
	}
	return pos;
}

int at_line_skip(struct at_line *al)
{
	const char *pos = next_value(al);

	if (!pos)
		return -ENODATA;
	take(al, end_of_value(pos));
	return 0;
}

/* One member of a list: "5" or "0-3". */
static int read_member(const char **pos, uint32_t *mask)
{
	int first, last, rc;

	rc = read_digits(pos, &first);
	if (rc < 0)
		return -EINVAL;
	last = first;
	if (**pos == '-') {
		(*pos)++;
		rc = read_digits(pos, &last);
		if (rc < 0)
			return -EINVAL;
	}
	for (; first <= last && first < 32; first++)
		*mask |= 1u << first;
	*pos = skip_blanks(*pos);
	return 0;
}

int at_line_range(struct at_line *al, uint32_t *mask)
{
	const char *pos = next_value(al);
	uint32_t found = 0;
	bool brackets;

	if (!pos)
		return -ENODATA;
	brackets = *pos == '(';
	if (brackets)
		pos = skip_blanks(pos + 1);
	while (*pos != ')' || !brackets) {
		int rc = read_member(&pos, &found);

		if (rc < 0)
			return rc;
		if (!brackets)
			break;
		if (*pos == ',')
			pos = skip_blanks(pos + 1);
		else if (*pos != ')')
			return -EINVAL;
	}
	pos += brackets;
	if (!is_end(pos))
		return -EINVAL;
	*mask = found;
	take(al, pos);
	return 0;
}
