/* sms_text.h - the alphabets of short messages (3GPP TS 23.038) and how a text is cut in parts.
 *
 * Texts are UTF-8 outside and "pieces" inside: a piece is the user data of one part without
 * its header, septets unpacked one an octet, or octets.  UCS-2 is written and read as
 * UTF-16BE, as all handsets do.  Pure; allocates nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sms_alphabet {
	SMS_GSM7, /* TS 23.038 6.2.1, with the extension table and shift tables */
	SMS_8BIT,
	SMS_UCS2,
};

/* National language identifiers, TS 23.038 6.2.1.2.4.  4 to 13, languages of India and Pakistan, are
 * read but not written: few phones here know them. */
enum sms_language {
	SMS_LANG_NONE = 0,
	SMS_LANG_TURKISH = 1,
	SMS_LANG_SPANISH = 2, /* single shift only */
	SMS_LANG_PORTUGUESE = 3,
};

#define SMS_PIECE_MAX 160 /* septets; 140 octets */
#define SMS_PARTS_MAX 255
#define SMS_TEXT_MAX  (SMS_PARTS_MAX * 153 * 3 + 1) /* bytes of UTF-8 with NUL: the longest text */

struct sms_piece {
	uint8_t alphabet; /* enum sms_alphabet */
	uint8_t single;	  /* enum sms_language of the single shift table, SMS_GSM7 only */
	uint8_t locking;  /* of the locking shift table */
	uint8_t len;	  /* septets or octets in data */
	uint8_t data[SMS_PIECE_MAX];
};

/* How a text will travel: what a menu author wants to know before it costs money. */
struct sms_plan {
	uint8_t alphabet;
	uint8_t single, locking;
	uint8_t ref_bits; /* of the concatenation header: 8 or 16 */
	uint16_t parts;	  /* 1 = no header */
	uint16_t units;	  /* septets or UTF-16 code units in all */
	uint16_t left;	  /* units free in the last part */
	bool changed;	  /* transliteration replaced a letter */
};

enum sms_fit_flags {
	SMS_FIT_SHIFT = 1,	   /* national shift tables may be used where they save parts */
	SMS_FIT_TRANSLITERATE = 2, /* letters outside GSM 7-bit may lose an accent where that saves
				    * parts: e-diaeresis becomes e; never a letter without a base
				    * letter (Arabic, emoji stay) */
	SMS_FIT_REF16 = 4,	   /* 16-bit references */
};

/*! Choose alphabet and shift tables: the fewest parts, then the fewest septets.
 *  \returns 0; -EINVAL if text is not UTF-8; -ENOSPC if it needs more than SMS_PARTS_MAX parts */
int sms_text_plan(struct sms_plan *plan, const char *text, unsigned int flags);

/*! Cut a text as planned.  An escape and its character, a surrogate pair, and (where it
 *  fits in the same number of parts) a grapheme joined by ZWJ or variation selector stay together.
 *  \param[out] pieces  plan->parts of them
 *  \returns the number of pieces; -EINVAL; -ENOSPC if max is too small */
int sms_text_split(struct sms_piece *pieces, size_t max, const char *text,
		   const struct sms_plan *plan);

/*! Put pieces together again.  Neighbours of the same alphabet are joined before they are
 *  converted, so that an escape or a surrogate cut by another's phone is whole again.
 *  A lone surrogate becomes U+FFFD; 8-bit data is read as UTF-8 if it is that, else Latin-1.
 *  \param[in] pieces  in order; a piece with len 0 and alphabet SMS_8BIT marks a missing part
 *                     and becomes "[...]", which counts as 2 septets
 *  \param[out] out  UTF-8 with NUL
 *  \returns bytes without NUL; -ENOSPC if size is too small (3 * septets + 1 always suffices) */
int sms_text_join(char *out, size_t size, const struct sms_piece *pieces, size_t n);

/*! Pack septets: TS 23.038 6.1.2.1.1.
 *  \param[in] fill  bits left free at the start (after a header), 0 to 6
 *  \returns octets written; out holds (fill + 7 * n + 7) / 8 */
size_t sms_septets_pack(uint8_t *out, const uint8_t *septets, size_t n, unsigned int fill);

/*! Unpack n septets that start after fill bits; in holds at least (fill + 7 * n + 7) / 8 octets. */
void sms_septets_unpack(uint8_t *septets, size_t n, const uint8_t *in, unsigned int fill);
