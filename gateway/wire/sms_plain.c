// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/sms_plain.h"

#include <stdbool.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include <osmocom/core/utils.h>

#include "wire/sms_tables.h"
#include "wire/sms_text.h"

/* Characters that have a plain form which Unicode does not derive from them. */
struct plain {
	uint32_t character;
	const char *form;
};

static const struct plain plains[] = {
	{ '\t', " " },	  { 0xa0, " " },   { 0xa9, "(c)" },   { 0xab, "\"" },	{ 0xad, "" },
	{ 0xae, "(r)" },  { 0xb0, "o" },   { 0xb2, "2" },     { 0xb3, "3" },	{ 0xb4, "'" },
	{ 0xb7, "." },	  { 0xb9, "1" },   { 0xbb, "\"" },    { 0xbc, "1/4" },	{ 0xbd, "1/2" },
	{ 0xbe, "3/4" },  { 0xd0, "D" },   { 0xd7, "x" },     { 0xde, "Th" },	{ 0xf0, "d" },
	{ 0xfe, "th" },	  { 0x110, "D" },  { 0x111, "d" },    { 0x126, "H" },	{ 0x127, "h" },
	{ 0x131, "i" },	  { 0x132, "IJ" }, { 0x133, "ij" },   { 0x138, "k" },	{ 0x141, "L" },
	{ 0x142, "l" },	  { 0x14a, "N" },  { 0x14b, "n" },    { 0x152, "OE" },	{ 0x153, "oe" },
	{ 0x166, "T" },	  { 0x167, "t" },  { 0x192, "f" },    { 0x1e9e, "SS" }, { 0x2002, " " },
	{ 0x2003, " " },  { 0x2009, " " }, { 0x200b, "" },    { 0x2010, "-" },	{ 0x2011, "-" },
	{ 0x2012, "-" },  { 0x2013, "-" }, { 0x2014, "-" },   { 0x2015, "-" },	{ 0x2018, "'" },
	{ 0x2019, "'" },  { 0x201a, "'" }, { 0x201b, "'" },   { 0x201c, "\"" }, { 0x201d, "\"" },
	{ 0x201e, "\"" }, { 0x2022, "*" }, { 0x2026, "..." }, { 0x202f, " " },	{ 0x2032, "'" },
	{ 0x2033, "\"" }, { 0x2039, "<" }, { 0x203a, ">" },   { 0x2116, "No" }, { 0x2122, "TM" },
	{ 0x2212, "-" },  { 0xfeff, "" },
};

static bool in_default(uint32_t character)
{
	return sms_table_find_locking(SMS_LANG_NONE, character) >= 0 ||
	       sms_table_find_single(SMS_LANG_NONE, character) >= 0;
}

/* The letter under the accents, if GSM 7-bit has it; else 0. */
static uint32_t base_letter(uint32_t character)
{
	UErrorCode error = U_ZERO_ERROR;
	const UNormalizer2 *nfd = unorm2_getNFDInstance(&error);
	UChar parts[8];
	int32_t i, n;

	if (U_FAILURE(error))
		return 0;
	n = unorm2_getDecomposition(nfd, (UChar32)character, parts, ARRAY_SIZE(parts), &error);
	if (U_FAILURE(error) || n < 2 || !in_default(parts[0]))
		return 0;
	for (i = 1; i < n; i++)
		if (u_charType(parts[i]) != U_NON_SPACING_MARK)
			return 0;
	return parts[0];
}

size_t sms_plain(uint32_t *out, uint32_t character)
{
	size_t i, n;

	out[0] = character;
	if (in_default(character))
		return 1;
	for (i = 0; i < ARRAY_SIZE(plains); i++) {
		if (plains[i].character == character) {
			for (n = 0; plains[i].form[n]; n++)
				out[n] = (unsigned char)plains[i].form[n];
			return n;
		}
	}
	if (character >= 0x300 && character < 0x370)
		return 0; /* an accent that was written apart */
	if (base_letter(character))
		out[0] = base_letter(character);
	return 1;
}
