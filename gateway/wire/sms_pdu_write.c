// SPDX-License-Identifier: AGPL-3.0-or-later
/* sms_pdu_write.c - writing TPDUs (declared in sms_pdu.h). */
#include "wire/sms_pdu.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define USER_DATA_OCTETS   140
#define ADDRESS_DIGITS_MAX 20
#define NAME_SEPTETS_MAX   11
#define TOA_INTERNATIONAL  0x91
#define TOA_UNKNOWN	   0x81
#define TOA_NAME	   0xd0

/* A PDU that grows; it has room for the longest one, SMS_TPDU_MAX. */
struct writer {
	uint8_t *pos;
};

static void put(struct writer *w, unsigned int octet)
{
	*w->pos++ = (uint8_t)octet;
}

/* The digits of a number as semi-octets.
 * \returns digits; -EINVAL */
static int write_digits(uint8_t *bcd, const char *digits)
{
	static const char characters[] = "0123456789*#abc";
	size_t i, n = strlen(digits);

	if (n == 0 || n > ADDRESS_DIGITS_MAX)
		return -EINVAL;
	memset(bcd, 0xff, (n + 1) / 2);
	for (i = 0; i < n; i++) {
		const char *which = strchr(characters, digits[i]);
		unsigned int shift = i % 2 * 4;

		if (!which)
			return -EINVAL;
		bcd[i / 2] = (uint8_t)((bcd[i / 2] & ~(15u << shift)) |
				       (unsigned int)(which - characters) << shift);
	}
	return (int)n;
}

static int write_smsc(struct writer *w, const char *smsc)
{
	bool international = *smsc == '+';
	int n;

	if (*smsc == '\0') {
		put(w, 0);
		return 0;
	}
	n = write_digits(w->pos + 2, smsc + international);
	if (n < 0)
		return n;
	put(w, 1 + (n + 1u) / 2);
	put(w, international ? TOA_INTERNATIONAL : TOA_UNKNOWN);
	w->pos += (n + 1) / 2;
	return 0;
}

static int write_name(struct writer *w, const char *name)
{
	struct sms_plan plan;
	struct sms_piece piece;
	size_t octets;

	if (sms_text_plan(&plan, name, 0) < 0 || plan.alphabet != SMS_GSM7 || plan.units == 0 ||
	    plan.units > NAME_SEPTETS_MAX || sms_text_split(&piece, 1, name, &plan) < 0)
		return -EINVAL;
	octets = sms_septets_pack(w->pos + 2, piece.data, piece.len, 0);
	put(w, (piece.len * 7u + 3) / 4);
	put(w, TOA_NAME);
	w->pos += octets;
	return 0;
}

static int write_address(struct writer *w, const struct sms_tpdu *tpdu)
{
	bool international = tpdu->address[0] == '+';
	int n;

	if (tpdu->alphanumeric)
		return write_name(w, tpdu->address);
	n = write_digits(w->pos + 2, tpdu->address + international);
	if (n < 0)
		return n;
	put(w, (unsigned int)n);
	put(w, international ? TOA_INTERNATIONAL : TOA_UNKNOWN);
	w->pos += (n + 1) / 2;
	return 0;
}

static void write_pair(struct writer *w, int value)
{
	put(w, (unsigned int)(value / 10 % 10 | value % 10 << 4));
}

/* 9.2.3.11 */
static void write_time(struct writer *w, const struct sms_time *time)
{
	time_t local = time->utc_s + time->offset_min * 60;
	int quarters = time->offset_min / 15;
	struct tm tm;

	gmtime_r(&local, &tm);
	write_pair(w, tm.tm_year);
	write_pair(w, tm.tm_mon + 1);
	write_pair(w, tm.tm_mday);
	write_pair(w, tm.tm_hour);
	write_pair(w, tm.tm_min);
	write_pair(w, tm.tm_sec);
	write_pair(w, quarters < 0 ? -quarters : quarters);
	if (quarters < 0)
		w->pos[-1] |= 8;
}

/* 9.2.3.12.1: the least relative period that is not shorter. */
static unsigned int relative_validity(int64_t s)
{
	if (s <= 12 * 3600)
		return (unsigned int)((s + 299) / 300 - 1);
	if (s <= 24 * 3600)
		return (unsigned int)(143 + (s - 12 * 3600 + 1799) / 1800);
	if (s <= 30 * 86400)
		return (unsigned int)(166 + (s + 86399) / 86400);
	if (s <= 5 * 7 * 86400)
		return 197; /* five weeks: four would be 196, which is 30 days */
	if (s <= 63 * 7 * 86400)
		return (unsigned int)(192 + (s + 7 * 86400 - 1) / (7 * 86400));
	return 255;
}

static void write_concat(struct writer *w, const struct sms_concat *concat)
{
	if (concat->total == 0)
		return;
	put(w, concat->bits == 16 ? 0x08 : 0x00);
	put(w, concat->bits == 16 ? 4 : 3);
	if (concat->bits == 16)
		put(w, concat->ref >> 8);
	put(w, concat->ref & 0xff);
	put(w, concat->total);
	put(w, concat->number);
}

static void write_ports(struct writer *w, const struct sms_tpdu *tpdu)
{
	if (tpdu->port_to == 0 && tpdu->port_from == 0)
		return;
	put(w, 0x05);
	put(w, 4);
	put(w, tpdu->port_to >> 8);
	put(w, tpdu->port_to & 0xff);
	put(w, tpdu->port_from >> 8);
	put(w, tpdu->port_from & 0xff);
}

static void write_language(struct writer *w, unsigned int iei, uint8_t language)
{
	if (language == SMS_LANG_NONE)
		return;
	put(w, iei);
	put(w, 1);
	put(w, language);
}

/* The user data header with its length octet; room for the longest, 20 octets.
 * \returns octets, 0 if nothing needs a header */
static size_t write_header(uint8_t *header, const struct sms_tpdu *tpdu)
{
	struct writer w = { header + 1 };

	write_concat(&w, &tpdu->concat);
	write_ports(&w, tpdu);
	if (tpdu->piece.alphabet == SMS_GSM7) {
		write_language(&w, 0x24, tpdu->piece.single);
		write_language(&w, 0x25, tpdu->piece.locking);
	}
	header[0] = (uint8_t)(w.pos - header - 1);
	return header[0] ? header[0] + 1u : 0;
}

static int write_user_data(struct writer *w, const struct sms_tpdu *tpdu, const uint8_t *header,
			   size_t size)
{
	const struct sms_piece *piece = &tpdu->piece;
	size_t septets = (size * 8 + 6) / 7 + piece->len;

	if (piece->alphabet == SMS_GSM7 ? septets > SMS_PIECE_MAX
					: size + piece->len > USER_DATA_OCTETS)
		return -EINVAL;
	put(w, (unsigned int)(piece->alphabet == SMS_GSM7 ? septets : size + piece->len));
	memcpy(w->pos, header, size);
	w->pos += size;
	if (piece->alphabet == SMS_GSM7) {
		w->pos += sms_septets_pack(w->pos, piece->data, piece->len,
					   (unsigned int)((7 - size * 8 % 7) % 7));
	} else {
		memcpy(w->pos, piece->data, piece->len);
		w->pos += piece->len;
	}
	return 0;
}

static unsigned int data_coding(const struct sms_tpdu *tpdu)
{
	unsigned int dcs = tpdu->piece.alphabet == SMS_UCS2   ? 0x08
			   : tpdu->piece.alphabet == SMS_8BIT ? 0x04
							      : 0x00;

	return tpdu->class == SMS_CLASS_NONE ? dcs : dcs | 0x10 | (unsigned int)(tpdu->class & 3);
}

/* What comes before the user data, from the first octet on. */
static int write_front(struct writer *w, const struct sms_tpdu *tpdu, bool has_header)
{
	bool submit = tpdu->type == SMS_SUBMIT;
	bool validity = submit && tpdu->validity_s > 0;

	put(w, (submit ? 0x01u : 0x04u) | (submit && tpdu->reject_duplicates ? 0x04u : 0) |
		       (validity ? 0x10u : 0) | (tpdu->want_report ? 0x20u : 0) |
		       (has_header ? 0x40u : 0));
	if (submit)
		put(w, tpdu->mr);
	if ((submit && tpdu->alphanumeric) || write_address(w, tpdu) < 0)
		return -EINVAL;
	put(w, tpdu->pid);
	put(w, data_coding(tpdu));
	if (!submit)
		write_time(w, &tpdu->time);
	else if (validity)
		put(w, relative_validity(tpdu->validity_s));
	return 0;
}

int sms_pdu_encode(uint8_t *pdu, size_t *tpdu_len, const struct sms_tpdu *tpdu)
{
	struct writer w = { pdu };
	uint8_t header[24];
	size_t size = write_header(header, tpdu);
	const uint8_t *start;

	if (tpdu->type == SMS_STATUS_REPORT || tpdu->compressed || write_smsc(&w, tpdu->smsc) < 0)
		return -EINVAL;
	start = w.pos;
	if (write_front(&w, tpdu, size > 0) < 0 || write_user_data(&w, tpdu, header, size) < 0)
		return -EINVAL;
	*tpdu_len = (size_t)(w.pos - start);
	return (int)(w.pos - pdu);
}

int sms_pdu_encode_hex(char *out, size_t *tpdu_len, const struct sms_tpdu *tpdu)
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t pdu[SMS_TPDU_MAX];
	int i, n = sms_pdu_encode(pdu, tpdu_len, tpdu);

	if (n < 0)
		return n;
	for (i = 0; i < n; i++) {
		out[2 * i] = digits[pdu[i] >> 4];
		out[2 * i + 1] = digits[pdu[i] & 15];
	}
	out[2 * n] = '\0';
	return n;
}
