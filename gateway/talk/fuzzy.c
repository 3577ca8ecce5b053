// SPDX-License-Identifier: AGPL-3.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "talk/fuzzy.h"

/* One code point; a byte that starts none stands for itself. */
static const unsigned char *next_letter(const unsigned char *p, uint32_t *letter)
{
	size_t more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc2 ? 1 : 0;

	*letter = *p++;
	for (; more > 0 && (*p & 0xc0) == 0x80; more--)
		*letter = *letter << 8 | *p++;
	return p;
}

/* Returns letters, or FUZZY_LETTERS_MAX + 1 if there are more. */
static size_t read_letters(uint32_t out[FUZZY_LETTERS_MAX], const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t letter;
	size_t n = 0;

	while (*p) {
		p = next_letter(p, &letter);
		if (n == FUZZY_LETTERS_MAX)
			return n + 1;
		out[n++] = letter;
	}
	return n;
}

size_t fuzzy_letters(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t letter;
	size_t n = 0;

	while (*p) {
		p = next_letter(p, &letter);
		n++;
	}
	return n;
}

static int least(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

int fuzzy_distance(const char *a, const char *b, int ceiling)
{
	uint32_t la[FUZZY_LETTERS_MAX], lb[FUZZY_LETTERS_MAX];
	int rows[3][FUZZY_LETTERS_MAX + 1];
	int *before = rows[0], *above = rows[1], *row = rows[2], *spare;
	size_t na = read_letters(la, a), nb = read_letters(lb, b), i, j;

	if (na > FUZZY_LETTERS_MAX || nb > FUZZY_LETTERS_MAX ||
	    (na > nb ? na - nb : nb - na) > (size_t)ceiling)
		return ceiling + 1;
	for (j = 0; j <= nb; j++)
		above[j] = (int)j;
	for (i = 1; i <= na; i++) {
		int best = row[0] = (int)i;

		for (j = 1; j <= nb; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1,
				       above[j - 1] + (la[i - 1] != lb[j - 1]));
			if (i > 1 && j > 1 && la[i - 1] == lb[j - 2] && la[i - 2] == lb[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
			if (row[j] < best)
				best = row[j];
		}
		/* A swap looks two rows back, but costs one: the best never falls by more. */
		if (best > ceiling + 1)
			return ceiling + 1;
		spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[nb] > ceiling ? ceiling + 1 : above[nb];
}

int fuzzy_allowed(size_t letters)
{
	if (letters <= 3)
		return 0;
	if (letters <= 7)
		return 1;
	if (letters <= 12)
		return 2;
	return 3;
}
