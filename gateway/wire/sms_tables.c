// SPDX-License-Identifier: AGPL-3.0-or-later
/* sms_tables.c - see sms_tables.h.  The tables are in the order of the standard's own columns
 * turned on their side: 16 septets a line.  U+0000 marks what is not used.
 */
#include "wire/sms_tables.h"

#include <stddef.h>
#include <uchar.h>

#include "wire/sms_indic.h"

/* 6.2.1 */
static const char16_t default_locking[] = u"@£$¥èéùìòÇ\nØø\rÅå"
					  u"Δ_ΦΓΛΩΠΨΣΘΞ\0ÆæßÉ"
					  u" !\"#¤%&'()*+,-./"
					  u"0123456789:;<=>?"
					  u"¡ABCDEFGHIJKLMNO"
					  u"PQRSTUVWXYZÄÖÑÜ§"
					  u"¿abcdefghijklmno"
					  u"pqrstuvwxyzäöñüà";

/* A.3.1 */
static const char16_t turkish_locking[] = u"@£$¥€éùıòÇ\nĞğ\rÅå"
					  u"Δ_ΦΓΛΩΠΨΣΘΞ\0ŞşßÉ"
					  u" !\"#¤%&'()*+,-./"
					  u"0123456789:;<=>?"
					  u"İABCDEFGHIJKLMNO"
					  u"PQRSTUVWXYZÄÖÑÜ§"
					  u"çabcdefghijklmno"
					  u"pqrstuvwxyzäöñüà";

/* A.3.3 */
static const char16_t portuguese_locking[] = u"@£$¥êéúíóç\nÔô\rÁá"
					     u"Δ_ªÇÀ∞^\\€Ó|\0ÂâÊÉ"
					     u" !\"#º%&'()*+,-./"
					     u"0123456789:;<=>?"
					     u"ÍABCDEFGHIJKLMNO"
					     u"PQRSTUVWXYZÃÕÚÜ§"
					     u"~abcdefghijklmno"
					     u"pqrstuvwxyzãõ`üà";

/* A single shift table has few entries: pairs of septet and character, ended by 0. */
struct pair {
	uint8_t septet;
	char16_t character;
};

/* What all tables of the annex that are made for the Latin script have in common. */
#define COMMON                                                                            \
	{ 0x0a, u'\f' }, { 0x14, u'^' }, { 0x28, u'{' }, { 0x29, u'}' }, { 0x2f, u'\\' }, \
		{ 0x3c, u'[' }, { 0x3d, u'~' }, { 0x3e, u']' }, { 0x40, u'|' },           \
	{                                                                                 \
		0x65, u'€'                                                              \
	}

/* 6.2.1.1 */
static const struct pair default_single[] = { COMMON, { 0, 0 } };

/* A.2.1 */
static const struct pair turkish_single[] = {
	COMMON,		{ 0x47, u'Ğ' }, { 0x49, u'İ' }, { 0x53, u'Ş' }, { 0x63, u'ç' },
	{ 0x67, u'ğ' }, { 0x69, u'ı' }, { 0x73, u'ş' }, { 0, 0 },
};

/* A.2.2 */
static const struct pair spanish_single[] = {
	COMMON,		{ 0x09, u'ç' }, { 0x41, u'Á' }, { 0x49, u'Í' },
	{ 0x4f, u'Ó' }, { 0x55, u'Ú' }, { 0x61, u'á' }, { 0x69, u'í' },
	{ 0x6f, u'ó' }, { 0x75, u'ú' }, { 0, 0 },
};

/* A.2.3 */
static const struct pair portuguese_single[] = {
	COMMON,		{ 0x05, u'ê' }, { 0x09, u'ç' }, { 0x0b, u'Ô' }, { 0x0c, u'ô' },
	{ 0x0e, u'Á' }, { 0x0f, u'á' }, { 0x12, u'Φ' }, { 0x13, u'Γ' }, { 0x15, u'Ω' },
	{ 0x16, u'Π' }, { 0x17, u'Ψ' }, { 0x18, u'Σ' }, { 0x19, u'Θ' }, { 0x1f, u'Ê' },
	{ 0x41, u'À' }, { 0x49, u'Í' }, { 0x4f, u'Ó' }, { 0x55, u'Ú' }, { 0x5b, u'Ã' },
	{ 0x5c, u'Õ' }, { 0x61, u'Â' }, { 0x69, u'í' }, { 0x6f, u'ó' }, { 0x75, u'ú' },
	{ 0x7b, u'ã' }, { 0x7c, u'õ' }, { 0x7f, u'â' }, { 0, 0 },
};

struct language {
	const char *name;
	const char16_t *locking;
	const struct pair *single;
};

static const struct language languages[SMS_LANGUAGES] = {
	{ NULL, default_locking, default_single },
	{ "turkish", turkish_locking, turkish_single },
	{ "spanish", NULL, spanish_single },
	{ "portuguese", portuguese_locking, portuguese_single },
	{ "bengali", NULL, NULL }, /* from here on in sms_indic.c */
	{ "gujarati", NULL, NULL },
	{ "hindi", NULL, NULL },
	{ "kannada", NULL, NULL },
	{ "malayalam", NULL, NULL },
	{ "oriya", NULL, NULL },
	{ "punjabi", NULL, NULL },
	{ "tamil", NULL, NULL },
	{ "telugu", NULL, NULL },
	{ "urdu", NULL, NULL },
};

static bool is_indic(uint8_t language)
{
	return language >= SMS_INDIC_FIRST && language <= SMS_INDIC_LAST;
}

static const char16_t *locking_of(uint8_t language)
{
	if (language >= SMS_LANGUAGES || !languages[language].locking)
		return default_locking;
	return languages[language].locking;
}

static const struct pair *single_of(uint8_t language)
{
	if (language >= SMS_LANGUAGES || !languages[language].single)
		return default_single;
	return languages[language].single;
}

uint16_t sms_table_locking(uint8_t language, uint8_t septet)
{
	septet &= 0x7f;
	return is_indic(language) ? sms_indic_locking(language, septet)
				  : locking_of(language)[septet];
}

uint16_t sms_table_single(uint8_t language, uint8_t septet)
{
	const struct pair *pair;

	if (is_indic(language))
		return sms_indic_single(language, septet & 0x7f);
	for (pair = single_of(language); pair->character; pair++)
		if (pair->septet == septet)
			return pair->character;
	return 0;
}

int sms_table_find_locking(uint8_t language, uint32_t character)
{
	int septet;

	if (character == 0)
		return -1;
	if (character < 0x80 && sms_table_locking(language, (uint8_t)character) == character)
		return (int)character;
	for (septet = 0; septet < 0x80; septet++)
		if (sms_table_locking(language, (uint8_t)septet) == character)
			return septet;
	return -1;
}

int sms_table_find_single(uint8_t language, uint32_t character)
{
	const struct pair *pair;
	int septet;

	if (character == 0)
		return -1;
	if (is_indic(language)) {
		for (septet = 0; septet < 0x80; septet++)
			if (sms_indic_single(language, (uint8_t)septet) == character)
				return septet;
		return -1;
	}
	for (pair = single_of(language); pair->character; pair++)
		if (pair->character == character)
			return pair->septet;
	return -1;
}

bool sms_table_has_locking(uint8_t language)
{
	return is_indic(language) ||
	       (language && language < SMS_LANGUAGES && languages[language].locking);
}

bool sms_table_has_single(uint8_t language)
{
	return language && language < SMS_LANGUAGES;
}

const char *sms_language_name(uint8_t language)
{
	return language < SMS_LANGUAGES ? languages[language].name : NULL;
}
