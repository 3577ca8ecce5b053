// SPDX-License-Identifier: AGPL-3.0-or-later
/* ussd_text.c - USSD strings; see ussd_text.h.
 *
 * Measuring and writing are one walk over the text, with and without room to fill, so that what
 * fits by the one is what the other writes.
 */
#include "wire/ussd_text.h"

#include <errno.h>
#include <string.h>

#include <osmocom/gsm/gsm_utils.h>

#include "wire/sms_plain.h"
#include "wire/sms_tables.h"
#include "wire/sms_text.h"
#include "wire/utf8.h"

#define CR	    0x0d
#define SEPTETS_MAX (USSD_OCTETS_MAX * 8 / 7)

/* ---- writing */

/* Septets of a text. */
struct septets {
	uint8_t *room; /* SEPTETS_MAX, or NULL only to measure */
	size_t n;
	uint8_t last;
};

static void put_septet(struct septets *s, uint8_t septet)
{
	if (s->room && s->n < SEPTETS_MAX)
		s->room[s->n] = septet;
	s->n++;
	s->last = septet;
}

/* \returns false if the default alphabet and its extension do not have the character */
static bool put_character(struct septets *s, uint32_t character)
{
	int septet = sms_table_find_locking(SMS_LANG_NONE, character);

	if (septet < 0) {
		septet = sms_table_find_single(SMS_LANG_NONE, character);
		if (septet < 0)
			return false;
		put_septet(s, SMS_ESCAPE);
	}
	put_septet(s, (uint8_t)septet);
	return true;
}

static bool put_plain(struct septets *s, uint32_t character)
{
	uint32_t plain[SMS_PLAIN_MAX];
	size_t i, n = sms_plain(plain, character);

	for (i = 0; i < n; i++)
		if (!put_character(s, plain[i]))
			return false;
	return true;
}

/* TS 23.038 6.1.2.3.1: seven bits left over would read as '@', so they are a CR; and since the
 * reader drops a CR that fills the last octet, one that was meant is followed by another. */
static void finish_septets(struct septets *s)
{
	if (s->n % 8 == 7 || (s->n && s->n % 8 == 0 && s->last == CR))
		put_septet(s, CR);
}

/* What a text takes in each alphabet. */
struct size {
	bool gsm7; /* it fits the default alphabet, if need be without accents */
	size_t septets;
	size_t units; /* of UTF-16 */
};

/* \returns 0; -EINVAL if text is not UTF-8 */
static int measure(struct size *size, const char *text, size_t len)
{
	struct septets s = { 0 };
	uint16_t unit[2];
	uint32_t character;
	int n;

	*size = (struct size){ .gsm7 = true };
	while ((n = utf8_read(&character, text, len)) > 0) {
		text += n;
		len -= (size_t)n;
		size->units += utf16_write(unit, character);
		if (size->gsm7)
			size->gsm7 = put_plain(&s, character);
	}
	finish_septets(&s);
	size->septets = s.n;
	return n;
}

static size_t octets_of(const struct size *size)
{
	return size->gsm7 ? (size->septets * 7 + 7) / 8 : size->units * 2;
}

size_t ussd_text_octets(const char *text, size_t len)
{
	struct size size;

	return measure(&size, text, len) < 0 ? SIZE_MAX : octets_of(&size);
}

static void write_gsm7(uint8_t *out, const char *text, size_t len)
{
	uint8_t room[SEPTETS_MAX];
	struct septets s = { .room = room };
	uint32_t character;
	int n;

	for (; (n = utf8_read(&character, text, len)) > 0; text += n, len -= (size_t)n)
		put_plain(&s, character);
	finish_septets(&s);
	gsm_septet_pack(out, room, s.n, 0);
}

static void write_ucs2(uint8_t *out, const char *text, size_t len)
{
	uint16_t unit[2];
	uint32_t character;
	size_t i, units;
	int n;

	for (; (n = utf8_read(&character, text, len)) > 0; text += n, len -= (size_t)n) {
		units = utf16_write(unit, character);
		for (i = 0; i < units; i++) {
			*out++ = (uint8_t)(unit[i] >> 8);
			*out++ = (uint8_t)unit[i];
		}
	}
}

int ussd_text_encode(uint8_t *dcs, uint8_t *out, size_t max, const char *text)
{
	size_t len = strlen(text), octets;
	struct size size;

	if (measure(&size, text, len) < 0)
		return -EINVAL;
	octets = octets_of(&size);
	if (octets > max || octets > USSD_OCTETS_MAX)
		return -EMSGSIZE;
	*dcs = size.gsm7 ? USSD_DCS_GSM7 : USSD_DCS_UCS2;
	if (size.gsm7)
		write_gsm7(out, text, len);
	else
		write_ucs2(out, text, len);
	return (int)octets;
}

/* ---- reading */

/* What a data coding scheme says, TS 23.038 5. */
struct scheme {
	enum sms_alphabet alphabet;
	bool compressed;
	bool language; /* a language code stands in front */
	bool header;   /* a user data header does */
};

/* Bits 3 and 2 in the groups that have an alphabet there. */
static enum sms_alphabet alphabet_bits(uint8_t dcs)
{
	switch (dcs & 0x0c) {
	case 0x04:
		return SMS_8BIT;
	case 0x08:
		return SMS_UCS2;
	default:
		return SMS_GSM7;
	}
}

static struct scheme scheme_of(uint8_t dcs)
{
	struct scheme scheme = { .alphabet = SMS_GSM7 };

	switch (dcs >> 4) {
	case 0x1:
		scheme.language = dcs == 0x10 || dcs == 0x11;
		if (dcs == 0x11)
			scheme.alphabet = SMS_UCS2;
		break;
	case 0x4:
	case 0x5:
	case 0x6:
	case 0x7:
		scheme.alphabet = alphabet_bits(dcs);
		scheme.compressed = dcs & 0x20;
		break;
	case 0x9:
		scheme.alphabet = alphabet_bits(dcs);
		scheme.header = true;
		break;
	case 0xf:
		if (dcs & 0x04)
			scheme.alphabet = SMS_8BIT;
		break;
	}
	return scheme;
}

/* Pieces hold less than a string may: two of them, which are joined as one. */
static size_t cut_pieces(struct sms_piece *pieces, enum sms_alphabet alphabet, const uint8_t *data,
			 size_t len)
{
	size_t n = 0;

	while (len > 0) {
		struct sms_piece *piece = &pieces[n++];
		size_t part = len < SMS_PIECE_MAX ? len : SMS_PIECE_MAX;

		*piece = (struct sms_piece){ .alphabet = (uint8_t)alphabet, .len = (uint8_t)part };
		memcpy(piece->data, data, part);
		data += part;
		len -= part;
	}
	return n;
}

/* Septets from a bit on, without the CR that filled the last octet (6.1.2.3.1) and without the
 * language, two letters and a CR. */
static size_t read_septets(struct sms_piece *pieces, const uint8_t *octets, size_t len,
			   unsigned int fill, bool language)
{
	uint8_t septets[SEPTETS_MAX];
	size_t n, first = 0;

	if (len * 8 < fill + 7)
		return 0;
	n = (len * 8 - fill) / 7;
	sms_septets_unpack(septets, n, octets, fill);
	if ((len * 8 - fill) % 7 == 0 && septets[n - 1] == CR)
		n--;
	if (language && n >= 3 && septets[2] == CR)
		first = 3;
	return cut_pieces(pieces, SMS_GSM7, septets + first, n - first);
}

int ussd_text_decode(char *out, size_t size, uint8_t dcs, const uint8_t *octets, size_t len)
{
	struct scheme scheme = scheme_of(dcs);
	struct sms_piece pieces[2];
	size_t skip = 0, n;

	if (len > USSD_OCTETS_MAX)
		return -EMSGSIZE;
	if (scheme.compressed)
		return -ENOTSUP;
	if (scheme.header && len > 0 && (size_t)octets[0] + 1 <= len)
		skip = (size_t)octets[0] + 1;
	if (scheme.alphabet == SMS_GSM7) {
		/* the text begins at the next septet, counted from the header's start */
		n = read_septets(pieces, octets + skip, len - skip, (7 - skip * 8 % 7) % 7,
				 scheme.language);
	} else {
		if (scheme.language && len >= 2)
			skip = 2; /* two septets and two bits */
		n = cut_pieces(pieces, scheme.alphabet, octets + skip, len - skip);
	}
	return sms_text_join(out, size, pieces, n);
}
