// SPDX-License-Identifier: AGPL-3.0-or-later
/* cusd.c - +CUSD; see cusd.h.  What an amount looks like is in cusd_amount.c. */
#include "wire/cusd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "wire/at_line.h"
#include "wire/sms_tables.h"
#include "wire/sms_text.h"
#include "wire/utf8.h"

#define HEX	  "0123456789abcdefABCDEF"
#define UNITS_MAX 182 /* characters of the longest string */

/* ---- reading */

/* The quote that ends a string which may hold quotes itself: the last one, if nothing but a scheme
 * stands behind it. */
static const char *last_quote(const char *string)
{
	const char *quote = strrchr(string, '"');

	return quote && quote[1 + strspn(quote + 1, " ,0123456789")] == '\0' ? quote : NULL;
}

static int read_scheme(const char *rest)
{
	struct at_line al;
	int dcs;

	if (!at_line_open(&al, rest, ",") || at_line_number(&al, &dcs) < 0 || dcs < 0 || dcs > 255)
		return -1;
	return dcs;
}

/* Does the scheme say UCS-2?  The two groups of TS 23.038 5 that modems pass on. */
static bool says_ucs2(int dcs)
{
	return dcs == 0x11 || (dcs >= 0 && (dcs & 0xec) == 0x48);
}

/* \returns octets; -EINVAL if it is not hex, or too long for a USSD string */
static int read_hex(uint8_t *out, size_t max, const char *hex, size_t len)
{
	char copy[2 * USSD_OCTETS_MAX + 1];

	if (len == 0 || len % 2 || len >= sizeof(copy) || strspn(hex, HEX) < len)
		return -EINVAL;
	memcpy(copy, hex, len);
	copy[len] = '\0';
	return osmo_hexparse(copy, out, (int)max) == (int)len / 2 ? (int)len / 2 : -EINVAL;
}

/* Text as it is: UTF-8 if it is that, else Latin-1. */
static int read_plain(char *out, const char *string, size_t len)
{
	size_t at = 0, n = 0;
	bool utf8 = true;
	uint32_t character;
	int used;

	while (at < len && utf8) {
		used = utf8_read(&character, string + at, len - at);
		utf8 = used > 0;
		at += utf8 ? (size_t)used : 0;
	}
	for (at = 0; at < len; at += (size_t)used) {
		if (n + UTF8_CHARACTER_MAX >= USSD_TEXT_MAX)
			return -EINVAL;
		used = 1;
		character = (unsigned char)string[at];
		if (utf8)
			used = utf8_read(&character, string + at, len - at);
		n += utf8_write(out + n, character);
	}
	out[n] = '\0';
	return 0;
}

/* The characters of a modem whose character set is UCS-2: up to 182 of them, which is more than a
 * UCS-2 string of the network holds. */
static int read_ucs2(char *out, const char *hex, size_t len)
{
	char copy[5] = "";
	struct sms_piece pieces[3];
	size_t i, n = 0;

	if (len == 0 || len % 4 || len > 4 * UNITS_MAX || strspn(hex, HEX) < len)
		return -EINVAL;
	for (i = 0; i < len; i += 4) {
		unsigned long unit;
		struct sms_piece *piece = &pieces[n ? n - 1 : 0];

		if (n == 0 || piece->len + 2 > SMS_PIECE_MAX) {
			piece = &pieces[n++];
			*piece = (struct sms_piece){ .alphabet = SMS_UCS2 };
		}
		memcpy(copy, hex + i, 4);
		unit = strtoul(copy, NULL, 16);
		piece->data[piece->len++] = (uint8_t)(unit >> 8);
		piece->data[piece->len++] = (uint8_t)unit;
	}
	return sms_text_join(out, USSD_TEXT_MAX, pieces, n) < 0 ? -EINVAL : 0;
}

static int read_packed(char *out, int dcs, const char *hex, size_t len)
{
	uint8_t octets[USSD_OCTETS_MAX];
	int n = read_hex(octets, sizeof(octets), hex, len);

	if (n < 0)
		return n;
	n = ussd_text_decode(out, USSD_TEXT_MAX, dcs < 0 ? USSD_DCS_GSM7 : (uint8_t)dcs, octets,
			     (size_t)n);
	return n < 0 ? -EINVAL : 0;
}

static int read_string(struct cusd *out, const char *string, size_t len, enum cusd_form form)
{
	int rc = -EINVAL;

	if (form == CUSD_UCS2)
		rc = read_ucs2(out->text, string, len);
	else if (form == CUSD_PACKED)
		rc = read_packed(out->text, out->dcs, string, len);
	else if (says_ucs2(out->dcs) && len % 4 == 0)
		/* a modem that writes text has no other way to write these */
		rc = read_packed(out->text, out->dcs, string, len);
	return rc == 0 ? 0 : read_plain(out->text, string, len);
}

/* A scheme without a string: "+CUSD: 0,,15". */
static int read_rest(struct cusd *out, const char *rest)
{
	struct at_line al;

	if (!at_line_open(&al, rest, ",") || *al.pos != ',')
		return -EINVAL;
	out->dcs = read_scheme(al.pos);
	return out->dcs < 0 ? -EINVAL : 0;
}

int cusd_read(struct cusd *out, const char *line, enum cusd_form form)
{
	const char *string, *end;
	struct at_line al;
	int state;

	*out = (struct cusd){ .dcs = -1 };
	if (!at_line_open(&al, line, "+CUSD:") || at_line_number(&al, &state) < 0 || state < 0 ||
	    state > CUSD_TIMEOUT)
		return -EINVAL;
	out->state = (enum cusd_state)state;
	string = al.pos + (*al.pos == ',');
	string += strspn(string, " ");
	if (*string == '\0')
		return 0;
	if (*string != '"') /* a scheme after nothing */
		return read_rest(out, al.pos);
	string++;
	end = last_quote(string);
	if (!end)
		return -EINVAL;
	out->dcs = read_scheme(end + 1 + strspn(end + 1, " "));
	out->has_text = true;
	return read_string(out, string, (size_t)(end - string), form);
}

/* ---- writing */

static int write_command(char *out, size_t size, const char *string, int dcs)
{
	int n = snprintf(out, size, "AT+CUSD=1,\"%s\",%d", string, dcs);

	return n < 0 || (size_t)n >= size ? -EMSGSIZE : 0;
}

/* Only what is the same in GSM and IRA, for we do not know which the modem is set to; and no quote,
 * which would end the string. */
static int write_text(char *out, size_t size, const char *text)
{
	const char *at;

	for (at = text; *at; at++)
		if (*at < ' ' || *at == '"' ||
		    sms_table_locking(SMS_LANG_NONE, (uint8_t)*at) != (uint8_t)*at)
			return -EINVAL;
	return write_command(out, size, text, USSD_DCS_GSM7);
}

/* In capitals, as TS 27.007 7.15 has it. */
static void put_hex(char *out, const uint8_t *octets, int len)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; len > 0; len--, octets++) {
		*out++ = digits[*octets >> 4];
		*out++ = digits[*octets & 15];
	}
	*out = '\0';
}

static int write_packed(char *out, size_t size, const char *text)
{
	uint8_t octets[USSD_OCTETS_MAX], dcs;
	char hex[2 * USSD_OCTETS_MAX + 1];
	int n = ussd_text_encode(&dcs, octets, sizeof(octets), text);

	if (n < 0)
		return n;
	if (dcs != USSD_DCS_GSM7)
		return -EINVAL;
	put_hex(hex, octets, n);
	return write_command(out, size, hex, dcs);
}

/* Is a text of the default alphabet as it stands, without losing an accent? */
static bool is_default(const char *text)
{
	uint32_t character;
	int n;

	for (; (n = utf8_read(&character, text, strlen(text))) > 0; text += n)
		if (sms_table_find_locking(SMS_LANG_NONE, character) < 0 &&
		    sms_table_find_single(SMS_LANG_NONE, character) < 0)
			return false;
	return true;
}

/* Characters travel to the modem as UCS-2 whatever the scheme; it says how the modem is to send
 * them on. */
static int write_ucs2(char *out, size_t size, const char *text)
{
	uint8_t octets[2 * UNITS_MAX];
	char hex[4 * UNITS_MAX + 1];
	int dcs = is_default(text) ? USSD_DCS_GSM7 : USSD_DCS_UCS2;
	size_t i, units, len = strlen(text), used = 0;
	size_t max = dcs == USSD_DCS_GSM7 ? sizeof(octets) : USSD_OCTETS_MAX;
	uint16_t unit[2];
	uint32_t character;
	int n;

	for (; (n = utf8_read(&character, text, len)) > 0; text += n, len -= (size_t)n) {
		units = utf16_write(unit, character);
		if (used + 2 * units > max)
			return -EMSGSIZE;
		for (i = 0; i < units; i++) {
			octets[used++] = (uint8_t)(unit[i] >> 8);
			octets[used++] = (uint8_t)unit[i];
		}
	}
	put_hex(hex, octets, (int)used);
	return write_command(out, size, hex, dcs);
}

int cusd_write(char *out, size_t size, const char *text, enum cusd_form form)
{
	size_t octets = ussd_text_octets(text, strlen(text));

	if (octets == SIZE_MAX)
		return -EINVAL;
	if (octets > USSD_OCTETS_MAX)
		return -EMSGSIZE;
	switch (form) {
	case CUSD_TEXT:
		return write_text(out, size, text);
	case CUSD_PACKED:
		return write_packed(out, size, text);
	case CUSD_UCS2:
		return write_ucs2(out, size, text);
	case CUSD_FORMS:
		break;
	}
	return -EINVAL;
}
