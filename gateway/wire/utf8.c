// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/utf8.h"

#include <errno.h>

int utf8_read(uint32_t *character, const char *text, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *at = (const unsigned char *)text;
	uint32_t value;
	size_t i, n;

	if (len == 0)
		return 0;
	if (at[0] < 0x80) {
		*character = at[0];
		return 1;
	}
	n = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	if (at[0] < 0xc2 || at[0] > 0xf4 || len < n)
		return -EINVAL;
	value = at[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return -EINVAL;
		value = value << 6 | (at[i] & 0x3f);
	}
	if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return -EINVAL;
	*character = value;
	return (int)n;
}

size_t utf8_write(char *out, uint32_t character)
{
	if (character < 0x80) {
		out[0] = (char)character;
		return 1;
	}
	if (character < 0x800) {
		out[0] = (char)(0xc0 | character >> 6);
		out[1] = (char)(0x80 | (character & 0x3f));
		return 2;
	}
	if (character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
		character = UTF8_REPLACEMENT;
	if (character < 0x10000) {
		out[0] = (char)(0xe0 | character >> 12);
		out[1] = (char)(0x80 | (character >> 6 & 0x3f));
		out[2] = (char)(0x80 | (character & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | character >> 18);
	out[1] = (char)(0x80 | (character >> 12 & 0x3f));
	out[2] = (char)(0x80 | (character >> 6 & 0x3f));
	out[3] = (char)(0x80 | (character & 0x3f));
	return 4;
}

size_t utf16_write(uint16_t *unit, uint32_t character)
{
	if (character < 0x10000) {
		unit[0] = (uint16_t)character;
		return 1;
	}
	unit[0] = (uint16_t)(0xd7c0 + (character >> 10));
	unit[1] = (uint16_t)(0xdc00 | (character & 0x3ff));
	return 2;
}
