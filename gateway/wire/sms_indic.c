// SPDX-License-Identifier: AGPL-3.0-or-later
/* sms_indic.c - see sms_indic.h.
 *
 * The scripts of India have their letters in one order in Unicode, with gaps where a script
 * lacks one, and the standard keeps that order: so one table of places serves them all, and
 * each language says what it lacks.  Urdu has its own order.
 */
#include "wire/sms_indic.h"

#include <stddef.h>
#include <string.h>
#include <uchar.h>

#define OWN_LETTERS 6 /* at 60 and 7B to 7F: no common order */

struct script {
	char16_t base;		   /* of its block in Unicode */
	const char *lacks;	   /* places in the block that are left open, ended by 0 */
	char16_t own[OWN_LETTERS]; /* places in the block of the letters at 60, 7B to 7F */
	const char16_t *single;	   /* what the single shift table has at single_places */
};

/* The Latin half of each locking shift table; U+0000 where the script has its letters. */
static const char16_t latin[] = u"\0\0\0\0\0\0\0\0\0\0\n\0\0\r\0\0"
				u"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				u" !\0\0\0\0\0\0)(\0\0,\0.\0"
				u"0123456789:;\0\0\0?"
				u"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				u"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				u"\0abcdefghijklmno"
				u"pqrstuvwxyz\0\0\0\0\0";

/* Where a letter of the common order stands; 0 where there is none. */
static const uint8_t common[] = {
	0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0,	  0x0c, 0x0d, 0,
	0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0,
	0x1b, 0x1c, 0x1d, 0x1e, 0,    0,    0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0,    0,
	0x25, 0x26, 0,	  0x27, 0,    0x28, 0,	  0,	0,    0,    0,	  0,	0,    0,
	0,    0,    0,	  0,	0x29, 0x2a, 0x2b, 0,	0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x31,
	0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3c, 0x3d, 0x3e, 0x3f, 0x40, 0x41,
	0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d,
};

/* A.3.13, places in the block of U+0600 in the same cells, then 60 and 7B to 7F. */
static const uint8_t urdu[] = {
	0x27, 0x22, 0x28, 0x7b, 0x80, 0x7e, 0xa6, 0x2a, 0xc2, 0x7f, 0,	  0x79, 0x7d, 0,
	0x7a, 0x7c, 0x2b, 0x2c, 0x81, 0x84, 0x83, 0x85, 0x86, 0x87, 0x2d, 0x2e, 0x2f, 0,
	0x8c, 0x88, 0x89, 0x8a, 0,    0,    0x8f, 0x8d, 0x30, 0x31, 0x91, 0x93, 0,    0,
	0x99, 0x32, 0,	  0x96, 0,    0x98, 0,	  0,	0,    0,    0,	  0,	0,    0,
	0,    0,    0,	  0,	0x9a, 0x33, 0x34, 0,	0x35, 0x36, 0x37, 0x38, 0x39, 0x41,
	0x42, 0xa9, 0xaa, 0xab, 0xaf, 0xb3, 0xb1, 0x44, 0x45, 0x46, 0xba, 0xbb, 0xbc, 0x48,
	0xc4, 0xd5, 0xc1, 0xbe, 0x21, 0xcc, 0xd0, 0xd2, 0x4d, 0x50, 0x4f, 0x57,
};

/* What all the single shift tables have, in the same cells. */
static const char16_t common_single[] = u"@£$¥¿\"¤%&'\f*+\0-/"
					u"<=>¡^¡_#*\0\0\0\0\0\0\0"
					u"\0\0\0\0\0\0\0\0{}\0\0\0\0\0\\"
					u"\0\0\0\0\0\0\0\0\0\0\0\0[~]\0"
					u"|ABCDEFGHIJKLMNO"
					u"PQRSTUVWXYZ\0\0\0\0\0"
					u"\0\0\0\0\0€\0\0\0\0\0\0\0\0\0\0"
					u"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/* Where a language puts its own characters in the single shift table, in their order. */
static const uint8_t single_places[] = {
	0x19, 0x1a, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24,
	0x25, 0x26, 0x27, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x30, 0x31, 0x32,
	0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3f,
};

static const struct script scripts[] = {
	{ 0x0980, /* Bengali and Assamese */
	  "\x0d\x0e\x11\x12\x29\x31\x33\x34\x35\x45\x46\x49\x4a",
	  { 0x4e, 0x57, 0x5c, 0x5d, 0x70, 0x71 },
	  u"\x09e6\x09e7\x09e8\x09e9\x09ea\x09eb\x09ec\x09ed\x09ee\x09ef\x09df\x09e0\x09e1\x09e2"
	  u"\x09e3\x09f2\x09f3\x09f4\x09f5\x09f6\x09f7\x09f8\x09f9\x09fa" },
	{ 0x0a80, /* Gujarati */
	  "\x0e\x12\x29\x31\x34\x46\x4a",
	  { 0x50, 0x60, 0x61, 0x62, 0x63, 0x71 },
	  u"\x0964\x0965\x0ae6\x0ae7\x0ae8\x0ae9\x0aea\x0aeb\x0aec\x0aed\x0aee\x0aef" },
	{ 0x0900, /* Hindi */
	  "",
	  { 0x50, 0x72, 0x7b, 0x7c, 0x7e, 0x7f },
	  u"\x0964\x0965\x0966\x0967\x0968\x0969\x096a\x096b\x096c\x096d\x096e\x096f\x0951\x0952"
	  u"\x0953\x0954\x0958\x0959\x095a\x095b\x095c\x095d\x095e\x095f\x0960\x0961\x0962\x0963"
	  u"\x0970\x0971" },
	{ 0x0c80, /* Kannada */
	  "\x01\x0d\x11\x29\x34\x45\x49",
	  { 0x55, 0x56, 0x60, 0x61, 0x62, 0x63 },
	  u"\x0964\x0965\x0ce6\x0ce7\x0ce8\x0ce9\x0cea\x0ceb\x0cec\x0ced\x0cee\x0cef\x0cde\x0cf1"
	  u"\x0cf2" },
	{ 0x0d00, /* Malayalam */
	  "\x01\x0d\x11\x29\x3c\x45\x49",
	  { 0x57, 0x60, 0x61, 0x62, 0x63, 0x79 },
	  u"\x0964\x0965\x0d66\x0d67\x0d68\x0d69\x0d6a\x0d6b\x0d6c\x0d6d\x0d6e\x0d6f\x0d70\x0d71"
	  u"\x0d72\x0d73\x0d74\x0d75\x0d7a\x0d7b\x0d7c\x0d7d\x0d7e\x0d7f" },
	{ 0x0b00, /* Oriya */
	  "\x0d\x0e\x11\x12\x29\x31\x34\x45\x46\x49\x4a",
	  { 0x56, 0x57, 0x60, 0x61, 0x62, 0x63 },
	  u"\x0964\x0965\x0b66\x0b67\x0b68\x0b69\x0b6a\x0b6b\x0b6c\x0b6d\x0b6e\x0b6f\x0b5c\x0b5d"
	  u"\x0b5f\x0b70\x0b71" },
	{ 0x0a00, /* Punjabi */
	  "\x0b\x0c\x0d\x0e\x11\x12\x29\x31\x34\x37\x3d\x43\x44\x45\x46\x49\x4a",
	  { 0x51, 0x70, 0x71, 0x72, 0x73, 0x74 },
	  u"\x0964\x0965\x0a66\x0a67\x0a68\x0a69\x0a6a\x0a6b\x0a6c\x0a6d\x0a6e\x0a6f\x0a59\x0a5a"
	  u"\x0a5b\x0a5c\x0a5e\x0a75" },
	{ 0x0b80, /* Tamil */
	  "\x01\x0b\x0c\x0d\x11\x16\x17\x18\x1b\x1d\x20\x21\x22\x25\x26\x27\x2b\x2c\x2d\x3c\x3d\x43"
	  "\x44\x45\x49",
	  { 0x50, 0x57, 0x70, 0x71, 0x72, 0x79 },
	  u"\x0964\x0965\x0be6\x0be7\x0be8\x0be9\x0bea\x0beb\x0bec\x0bed\x0bee\x0bef\x0bf3\x0bf4"
	  u"\x0bf5\x0bf6\x0bf7\x0bf8\x0bfa" },
	{ 0x0c00, /* Telugu: no danda */
	  "\x0d\x11\x29\x34\x3c\x45\x49",
	  { 0x55, 0x56, 0x60, 0x61, 0x62, 0x63 },
	  u"\xffff\xffff\x0c66\x0c67\x0c68\x0c69\x0c6a\x0c6b\x0c6c\x0c6d\x0c6e\x0c6f\x0c58\x0c59"
	  u"\x0c78\x0c79\x0c7a\x0c7b\x0c7c\x0c7d\x0c7e\x0c7f" },
	{ 0x0600, /* Urdu */
	  "",
	  { 0x54, 0x55, 0x51, 0x53, 0x56, 0x70 },
	  u"\x0600\x0601\x06f0\x06f1\x06f2\x06f3\x06f4\x06f5\x06f6\x06f7\x06f8\x06f9\x060c\x060d"
	  u"\x060e\x060f\x0610\x0611\x0612\x0613\x0614\x061b\x061f\x0640\x0652\x0658\x066b\x066c"
	  u"\x0672\x0673\x06cd\x06d4" },
};

uint16_t sms_indic_locking(uint8_t language, uint8_t septet)
{
	const struct script *script = &scripts[language - SMS_INDIC_FIRST];
	uint8_t place;

	if (latin[septet])
		return latin[septet];
	if (septet == 0x60 || septet >= 0x7b)
		return script->base + script->own[septet == 0x60 ? 0 : septet - 0x7a];
	if (septet > 0x60)
		return 0;
	place = language == SMS_INDIC_LAST ? urdu[septet] : common[septet];
	if (place == 0 || strchr(script->lacks, place))
		return 0;
	return script->base + place;
}

uint16_t sms_indic_single(uint8_t language, uint8_t septet)
{
	const char16_t *own = scripts[language - SMS_INDIC_FIRST].single;
	size_t i;

	if (common_single[septet])
		return common_single[septet];
	for (i = 0; i < sizeof(single_places) && own[i]; i++)
		if (single_places[i] == septet)
			return own[i] == 0xffff ? 0 : own[i];
	return 0;
}
