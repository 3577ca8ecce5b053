// SPDX-License-Identifier: AGPL-3.0-or-later
/* sms_pdu.c - reading TPDUs; see sms_pdu.h.  Writing them is in sms_pdu_write.c.
 *
 * Clause numbers are those of 3GPP TS 23.040 unless another is named.
 */
#include "wire/sms_pdu.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "wire/sms_tables.h"

#define SMSC_OCTETS_MAX	   11 /* TOA and 20 semi-octets */
#define ADDRESS_DIGITS_MAX 20 /* 9.1.2.5: address value of at most 10 octets */
#define NAME_SEPTETS_MAX   11
#define TOA_TON(toa)	   ((toa) >> 4 & 7)
#define TON_INTERNATIONAL  1
#define TON_ALPHANUMERIC   5

/* What is left of a PDU. */
struct octets {
	const uint8_t *pos;
	size_t left;
};

/* \returns n octets and steps over them; NULL if there are not so many */
static const uint8_t *take(struct octets *in, size_t n)
{
	const uint8_t *pos = in->pos;

	if (n > in->left)
		return NULL;
	in->pos += n;
	in->left -= n;
	return pos;
}

static bool take_octet(struct octets *in, uint8_t *octet)
{
	const uint8_t *pos = take(in, 1);

	if (!pos)
		return false;
	*octet = *pos;
	return true;
}

/* Semi-octets, low nibble first, to the characters of 9.1.2.3; the filler F is left out. */
static void read_digits(char *out, const uint8_t *bcd, size_t n)
{
	static const char characters[] = "0123456789*#abc";
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned int nibble = bcd[i / 2] >> (i % 2 * 4) & 15;

		if (nibble < 15)
			*out++ = characters[nibble];
	}
	*out = '\0';
}

static void read_number(char *out, uint8_t toa, const uint8_t *bcd, size_t n)
{
	if (TOA_TON(toa) == TON_INTERNATIONAL)
		*out++ = '+';
	read_digits(out, bcd, n);
	if (TOA_TON(toa) == TON_INTERNATIONAL && *out == '\0')
		out[-1] = '\0';
}

/* A name in GSM 7-bit.  14 semi-octets may hold 7 characters or 8: then a last '@' is filler.
 * Line ends and other controls would break a log line, so they become blanks. */
static void read_name(char *out, const uint8_t *packed, size_t semi_octets)
{
	struct sms_piece piece = { .alphabet = SMS_GSM7 };
	size_t n = semi_octets * 4 / 7;

	if (n > NAME_SEPTETS_MAX)
		n = NAME_SEPTETS_MAX;
	sms_septets_unpack(piece.data, n, packed, 0);
	if (semi_octets == 14 && piece.data[7] == 0)
		n = 7;
	piece.len = (uint8_t)n;
	if (sms_text_join(out, PHONE_SIZE, &piece, 1) < 0)
		*out = '\0';
	for (; *out; out++)
		if ((unsigned char)*out < ' ')
			*out = ' ';
}

/* The service centre's address counts octets, TOA included. */
static int read_smsc(struct sms_tpdu *tpdu, struct octets *in)
{
	const uint8_t *field;
	uint8_t len;

	if (!take_octet(in, &len) || len > SMSC_OCTETS_MAX)
		return -EBADMSG;
	field = take(in, len);
	if (!field)
		return -EBADMSG;
	if (len > 0)
		read_number(tpdu->smsc, field[0], field + 1, (len - 1u) * 2);
	return 0;
}

/* 9.1.2.5: OA, DA and RA count useful semi-octets, TOA not included. */
static int read_address(struct sms_tpdu *tpdu, struct octets *in)
{
	const uint8_t *value;
	uint8_t len, toa;

	if (!take_octet(in, &len) || !take_octet(in, &toa) || len > ADDRESS_DIGITS_MAX)
		return -EBADMSG;
	value = take(in, (len + 1u) / 2);
	if (!value)
		return -EBADMSG;
	tpdu->alphanumeric = TOA_TON(toa) == TON_ALPHANUMERIC;
	if (tpdu->alphanumeric)
		read_name(tpdu->address, value, len);
	else
		read_number(tpdu->address, toa, value, len);
	return 0;
}

/* Two swapped digits; -1 if one is none. */
static int read_pair(uint8_t octet)
{
	int tens = octet & 15, ones = octet >> 4;

	return tens > 9 || ones > 9 ? -1 : tens * 10 + ones;
}

static bool is_date(const struct tm *tm)
{
	struct tm same = *tm;

	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60 && timegm(&same) >= 0 &&
	       same.tm_mday == tm->tm_mday && same.tm_mon == tm->tm_mon;
}

/* 9.2.3.11: the zone is in quarters of an hour, bit 3 of its octet is the sign. */
static int read_time(struct sms_time *time, struct octets *in)
{
	const uint8_t *field = take(in, 7);
	int pair[7], i;
	struct tm tm;

	if (!field)
		return -EBADMSG;
	for (i = 0; i < 7; i++) {
		pair[i] = read_pair(i < 6 ? field[i] : field[i] & 0xf7);
		if (pair[i] < 0)
			return 0;
	}
	tm = (struct tm){ .tm_year = pair[0] < 70 ? pair[0] + 100 : pair[0],
			  .tm_mon = pair[1] - 1,
			  .tm_mday = pair[2],
			  .tm_hour = pair[3],
			  .tm_min = pair[4],
			  .tm_sec = pair[5] };
	if (!is_date(&tm))
		return 0;
	time->valid = true;
	time->offset_min = (int16_t)(field[6] & 8 ? -pair[6] * 15 : pair[6] * 15);
	time->utc_s = timegm(&tm) - time->offset_min * 60;
	return 0;
}

/* TS 23.038 clause 4. */
static void read_dcs(struct sms_tpdu *tpdu)
{
	static const uint8_t alphabets[] = { SMS_GSM7, SMS_8BIT, SMS_UCS2, SMS_GSM7 };
	uint8_t dcs = tpdu->dcs;

	tpdu->class = SMS_CLASS_NONE;
	tpdu->piece.alphabet = SMS_GSM7;
	if (dcs < 0x80) {
		tpdu->piece.alphabet = alphabets[dcs >> 2 & 3];
		if (dcs & 0x10)
			tpdu->class = dcs & 3;
		tpdu->compressed = dcs & 0x20;
	} else if (dcs >= 0xf0) {
		tpdu->piece.alphabet = dcs & 4 ? SMS_8BIT : SMS_GSM7;
		tpdu->class = dcs & 3;
	} else if (dcs >= 0xe0) {
		tpdu->piece.alphabet = SMS_UCS2; /* message waiting */
	}
	if (tpdu->compressed)
		tpdu->piece.alphabet = SMS_8BIT;
}

static void read_concat(struct sms_tpdu *tpdu, const uint8_t *data, uint8_t bits)
{
	const uint8_t *count = data + bits / 8;

	if (count[0] == 0 || count[1] == 0 || count[1] > count[0])
		return;
	tpdu->concat = (struct sms_concat){
		.ref = bits == 16 ? (uint16_t)(data[0] << 8 | data[1]) : data[0],
		.bits = bits,
		.total = count[0],
		.number = count[1],
	};
}

/* One information element; one with a wrong length is left out (9.2.3.24). */
static void read_element(struct sms_tpdu *tpdu, uint8_t iei, const uint8_t *data, uint8_t len)
{
	if (iei == 0x00 && len == 3) {
		read_concat(tpdu, data, 8);
	} else if (iei == 0x08 && len == 4) {
		read_concat(tpdu, data, 16);
	} else if (iei == 0x04 && len == 2) {
		tpdu->port_to = data[0];
		tpdu->port_from = data[1];
	} else if (iei == 0x05 && len == 4) {
		tpdu->port_to = (uint16_t)(data[0] << 8 | data[1]);
		tpdu->port_from = (uint16_t)(data[2] << 8 | data[3]);
	} else if (iei == 0x24 && len == 1) {
		tpdu->piece.single = sms_table_has_single(data[0]) ? data[0] : SMS_LANG_NONE;
	} else if (iei == 0x25 && len == 1) {
		tpdu->piece.locking = sms_table_has_locking(data[0]) ? data[0] : SMS_LANG_NONE;
	}
}

/* If the last element is too long or cut, the whole header does not count (9.2.3.24). */
static bool is_header_whole(const uint8_t *header, size_t len)
{
	size_t i = 0;

	while (i + 2 <= len)
		i += 2u + header[i + 1];
	return i == len;
}

static void read_header(struct sms_tpdu *tpdu, const uint8_t *header, size_t len)
{
	size_t i;

	if (!is_header_whole(header, len))
		return;
	for (i = 0; i < len; i += 2u + header[i + 1])
		read_element(tpdu, header[i], header + i + 2, header[i + 1]);
	if (tpdu->piece.alphabet != SMS_GSM7)
		tpdu->piece.single = tpdu->piece.locking = SMS_LANG_NONE;
}

/* TP-UDL and TP-UD: the header, filling bits up to a septet, and the text. */
static int read_user_data(struct sms_tpdu *tpdu, struct octets *in, bool has_header)
{
	bool septets = tpdu->piece.alphabet == SMS_GSM7;
	size_t octets, header = 0;
	const uint8_t *data;
	uint8_t udl;

	if (!take_octet(in, &udl) || udl > (septets ? 160 : 140))
		return -EBADMSG;
	octets = septets ? (udl * 7u + 7) / 8 : udl;
	data = take(in, octets);
	if (!data)
		return -EBADMSG;
	if (has_header) {
		if (octets == 0 || data[0] >= octets)
			return -EBADMSG;
		header = data[0] + 1u;
		read_header(tpdu, data + 1, header - 1);
	}
	if (!septets) {
		tpdu->piece.len = (uint8_t)(octets - header);
		memcpy(tpdu->piece.data, data + header, octets - header);
	} else if ((header * 8 + 6) / 7 < udl) {
		tpdu->piece.len = (uint8_t)(udl - (header * 8 + 6) / 7);
		sms_septets_unpack(tpdu->piece.data, tpdu->piece.len, data + header,
				   (unsigned int)((7 - header * 8 % 7) % 7));
	}
	return 0;
}

static int read_pid_dcs(struct sms_tpdu *tpdu, struct octets *in)
{
	if (!take_octet(in, &tpdu->pid) || !take_octet(in, &tpdu->dcs))
		return -EBADMSG;
	read_dcs(tpdu);
	if (tpdu->pid >= 0x41 && tpdu->pid <= 0x47)
		tpdu->replace = tpdu->pid & 7;
	return 0;
}

/* 9.2.2.1 */
static int read_deliver(struct sms_tpdu *tpdu, struct octets *in, uint8_t first)
{
	tpdu->type = SMS_DELIVER;
	if (read_address(tpdu, in) < 0 || read_pid_dcs(tpdu, in) < 0 ||
	    read_time(&tpdu->time, in) < 0)
		return -EBADMSG;
	return read_user_data(tpdu, in, first & 0x40);
}

/* 9.2.3.12.1 */
static int64_t relative_validity_s(uint8_t vp)
{
	if (vp <= 143)
		return (vp + 1) * 300;
	if (vp <= 167)
		return 12 * 3600 + (vp - 143) * 1800;
	if (vp <= 196)
		return (vp - 166) * 86400;
	return (vp - 192) * 7 * 86400;
}

static int read_validity(struct sms_tpdu *tpdu, struct octets *in, uint8_t first)
{
	uint8_t vp;

	if ((first & 0x18) == 0)
		return 0;
	if ((first & 0x18) != 0x10) /* enhanced and absolute: seven octets, not used here */
		return take(in, 7) ? 0 : -EBADMSG;
	if (!take_octet(in, &vp))
		return -EBADMSG;
	tpdu->validity_s = relative_validity_s(vp);
	return 0;
}

/* 9.2.2.2 */
static int read_submit(struct sms_tpdu *tpdu, struct octets *in, uint8_t first)
{
	tpdu->type = SMS_SUBMIT;
	tpdu->reject_duplicates = first & 0x04;
	tpdu->want_report = first & 0x20;
	if (!take_octet(in, &tpdu->mr) || read_address(tpdu, in) < 0 ||
	    read_pid_dcs(tpdu, in) < 0 || read_validity(tpdu, in, first) < 0)
		return -EBADMSG;
	return read_user_data(tpdu, in, first & 0x40);
}

/* What may follow the status: the report stands without it, so that what is cut or odd there
 * costs only itself. */
static void read_status_rest(struct sms_tpdu *tpdu, struct octets *in, uint8_t first)
{
	uint8_t pi, more;

	if (!take_octet(in, &pi))
		return;
	for (more = pi; more & 0x80;)
		if (!take_octet(in, &more))
			return;
	if (pi & 1 && !take_octet(in, &tpdu->pid))
		return;
	if (pi & 2 && take_octet(in, &tpdu->dcs))
		read_dcs(tpdu);
	if (pi & 4)
		read_user_data(tpdu, in, first & 0x40);
}

/* 9.2.2.3 */
static int read_status_report(struct sms_tpdu *tpdu, struct octets *in, uint8_t first)
{
	tpdu->type = SMS_STATUS_REPORT;
	tpdu->class = SMS_CLASS_NONE;
	if (!take_octet(in, &tpdu->mr) || read_address(tpdu, in) < 0 ||
	    read_time(&tpdu->time, in) < 0 || read_time(&tpdu->discharge, in) < 0 ||
	    !take_octet(in, &tpdu->status))
		return -EBADMSG;
	read_status_rest(tpdu, in, first);
	return 0;
}

int sms_pdu_decode(struct sms_tpdu *tpdu, const uint8_t *pdu, size_t len, bool from_sc)
{
	struct octets in = { pdu, len };
	uint8_t first;

	*tpdu = (struct sms_tpdu){ .class = SMS_CLASS_NONE };
	if (read_smsc(tpdu, &in) < 0 || !take_octet(&in, &first))
		return -EBADMSG;
	switch (first & 3) {
	case 0:
		return from_sc ? read_deliver(tpdu, &in, first) : -EBADMSG;
	case 1:
		return from_sc ? -EBADMSG : read_submit(tpdu, &in, first);
	case 2:
		return from_sc ? read_status_report(tpdu, &in, first) : -EBADMSG;
	default: /* reserved: a mobile station reads it as DELIVER (9.2.3.1) */
		return from_sc ? read_deliver(tpdu, &in, first) : -EBADMSG;
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int sms_pdu_decode_hex(struct sms_tpdu *tpdu, const char *hex, bool from_sc)
{
	uint8_t pdu[SMS_PDU_READ_MAX];
	size_t n;

	for (n = 0; hex[2 * n] != '\0'; n++) {
		int high = hex_digit(hex[2 * n]);
		int low = high < 0 ? -1 : hex_digit(hex[2 * n + 1]);

		if (low < 0 || n == sizeof(pdu))
			return -EBADMSG;
		pdu[n] = (uint8_t)(high << 4 | low);
	}
	return sms_pdu_decode(tpdu, pdu, n, from_sc);
}

enum sms_outcome sms_outcome(uint8_t status)
{
	if (status < 0x20)
		return SMS_OUT_DELIVERED;
	return status < 0x40 ? SMS_OUT_TRYING : SMS_OUT_FAILED;
}

static void hash_number(crypto_generichash_state *hash, int64_t number)
{
	uint8_t octets[8];
	size_t i;

	for (i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)((uint64_t)number >> (8 * i));
	crypto_generichash_update(hash, octets, sizeof(octets));
}

void sms_pdu_key(char *out, const struct sms_tpdu *tpdu)
{
	const struct sms_time *times[] = { &tpdu->time, &tpdu->discharge };
	const int64_t numbers[] = {
		tpdu->type,	  tpdu->alphanumeric, tpdu->pid,	  tpdu->dcs,
		tpdu->concat.ref, tpdu->concat.bits,  tpdu->concat.total, tpdu->concat.number,
		tpdu->port_to,	  tpdu->port_from,    tpdu->piece.single, tpdu->piece.locking,
		tpdu->mr,	  tpdu->status,
	};
	crypto_generichash_state hash;
	uint8_t digest[(SMS_KEY_SIZE - 1) / 2];
	size_t i;

	crypto_generichash_init(&hash, NULL, 0, sizeof(digest));
	crypto_generichash_update(&hash, (const uint8_t *)tpdu->address, strlen(tpdu->address) + 1);
	for (i = 0; i < 2; i++) {
		hash_number(&hash, times[i]->valid);
		hash_number(&hash, times[i]->utc_s);
		hash_number(&hash, times[i]->offset_min);
	}
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		hash_number(&hash, numbers[i]);
	crypto_generichash_update(&hash, tpdu->piece.data, tpdu->piece.len);
	crypto_generichash_final(&hash, digest, sizeof(digest));
	sodium_bin2hex(out, SMS_KEY_SIZE, digest, sizeof(digest));
}
