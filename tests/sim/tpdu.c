// SPDX-License-Identifier: AGPL-3.0-or-later

#include "tpdu.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define UDHI	0x40
#define NO_CHAR 0xffffffffu

/* TS 23.038, 6.2.1: the default alphabet as Unicode; 0x1b is the escape. */
static const uint16_t gsm7[128] = {
	0x40,  0xa3, 0x24, 0xa5,  0xe8, 0xe9,  0xf9,  0xec,  0xf2,  0xc7,  0x0a,  0xd8,	 0xf8,
	0x0d,  0xc5, 0xe5, 0x394, 0x5f, 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398,
	0x39e, 0x1b, 0xc6, 0xe6,  0xdf, 0xc9,  0x20,  0x21,  0x22,  0x23,  0xa4,  0x25,	 0x26,
	0x27,  0x28, 0x29, 0x2a,  0x2b, 0x2c,  0x2d,  0x2e,  0x2f,  0x30,  0x31,  0x32,	 0x33,
	0x34,  0x35, 0x36, 0x37,  0x38, 0x39,  0x3a,  0x3b,  0x3c,  0x3d,  0x3e,  0x3f,	 0xa1,
	0x41,  0x42, 0x43, 0x44,  0x45, 0x46,  0x47,  0x48,  0x49,  0x4a,  0x4b,  0x4c,	 0x4d,
	0x4e,  0x4f, 0x50, 0x51,  0x52, 0x53,  0x54,  0x55,  0x56,  0x57,  0x58,  0x59,	 0x5a,
	0xc4,  0xd6, 0xd1, 0xdc,  0xa7, 0xbf,  0x61,  0x62,  0x63,  0x64,  0x65,  0x66,	 0x67,
	0x68,  0x69, 0x6a, 0x6b,  0x6c, 0x6d,  0x6e,  0x6f,  0x70,  0x71,  0x72,  0x73,	 0x74,
	0x75,  0x76, 0x77, 0x78,  0x79, 0x7a,  0xe4,  0xf6,  0xf1,  0xfc,  0xe0,
};

/* TS 23.038, 6.2.1.1: septet after the escape, Unicode. */
static const uint16_t extension[][2] = {
	{ 0x0a, 0x0c }, { 0x14, 0x5e }, { 0x28, 0x7b }, { 0x29, 0x7d }, { 0x2f, 0x5c },
	{ 0x3c, 0x5b }, { 0x3d, 0x7e }, { 0x3e, 0x5d }, { 0x40, 0x7c }, { 0x65, 0x20ac },
};

int tpdu_from_hex(uint8_t *out, size_t size, const char *hex)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = strlen(hex);

	if (len % 2 || len / 2 > size)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		const char *d = strchr(digits, tolower((unsigned char)hex[i]));

		if (!d || !*d)
			return -EINVAL;
		out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | (d - digits) : (d - digits) << 4);
	}
	return (int)(len / 2);
}

void tpdu_to_hex(char *out, const uint8_t *in, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[in[i] >> 4];
		*out++ = digits[in[i] & 15];
	}
	*out = '\0';
}

/* One character of UTF-8; malformed bytes come out as themselves. */
static uint32_t utf8_next(const char **pos)
{
	const unsigned char *p = (const unsigned char *)*pos;
	int more = p[0] >= 0xf0 ? 3 : p[0] >= 0xe0 ? 2 : p[0] >= 0xc0 ? 1 : 0;
	uint32_t c = more ? p[0] & (0x3f >> more) : p[0];

	for (int i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			more = 0;
			c = p[0];
			break;
		}
		c = c << 6 | (p[i] & 0x3f);
	}
	*pos += 1 + more;
	return c;
}

static size_t utf8_put(char *out, size_t room, uint32_t c)
{
	unsigned char b[4];
	size_t n;

	if (c < 0x80) {
		b[0] = (unsigned char)c;
		n = 1;
	} else if (c < 0x800) {
		b[0] = (unsigned char)(0xc0 | c >> 6);
		n = 2;
	} else if (c < 0x10000) {
		b[0] = (unsigned char)(0xe0 | c >> 12);
		n = 3;
	} else {
		b[0] = (unsigned char)(0xf0 | c >> 18);
		n = 4;
	}
	if (n > room)
		return 0;
	for (size_t i = 1; i < n; i++)
		b[i] = (unsigned char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
	memcpy(out, b, n);
	return n;
}

/* Septets of a character: 1, or 2 with the escape; 0 when the alphabet lacks it. */
static int septets_of(uint32_t c, uint8_t out[2])
{
	for (size_t i = 0; i < 128; i++) {
		if (gsm7[i] == c && i != 0x1b) {
			out[0] = (uint8_t)i;
			return 1;
		}
	}
	for (size_t i = 0; i < sizeof(extension) / sizeof(extension[0]); i++) {
		if (extension[i][1] == c) {
			out[0] = 0x1b;
			out[1] = (uint8_t)extension[i][0];
			return 2;
		}
	}
	return 0;
}

static bool fits_gsm7(const char *text)
{
	uint8_t s[2];

	while (*text) {
		if (!septets_of(utf8_next(&text), s))
			return false;
	}
	return true;
}

static void septet_put(uint8_t *ud, size_t index, uint8_t septet)
{
	size_t bit = index * 7;

	ud[bit / 8] |= (uint8_t)(septet << bit % 8);
	if (bit % 8 > 1)
		ud[bit / 8 + 1] |= (uint8_t)(septet >> (8 - bit % 8));
}

static uint8_t septet_get(const uint8_t *ud, size_t len, size_t index)
{
	size_t bit = index * 7;
	unsigned int v = ud[bit / 8];

	if (bit / 8 + 1 < len)
		v |= (unsigned int)ud[bit / 8 + 1] << 8;
	return v >> bit % 8 & 0x7f;
}

/* -- addresses */

static int address_put(uint8_t *out, const char *number)
{
	static const char digits[] = "0123456789*#abc";
	bool plus = number[0] == '+';
	const char *p = number + plus;
	size_t n = strspn(p, digits);

	memset(out, 0, 12);
	if (p[n]) {
		size_t count = 0;
		uint8_t s[2];

		while (*number && count < 11) {
			int w = septets_of(utf8_next(&number), s);

			for (int i = 0; i < w && count < 11; i++)
				septet_put(out + 2, count++, s[i]);
		}
		out[0] = (uint8_t)((count * 7 + 3) / 4);
		out[1] = 0xd0;
		return 2 + (out[0] + 1) / 2;
	}
	n = n > 20 ? 20 : n;
	out[0] = (uint8_t)n;
	out[1] = plus ? 0x91 : 0x81;
	for (size_t i = 0; i < n; i++) {
		uint8_t d = (uint8_t)(strchr(digits, p[i]) - digits);

		out[2 + i / 2] |= (uint8_t)(i % 2 ? d << 4 : d);
	}
	if (n % 2)
		out[2 + n / 2] |= 0xf0;
	return (int)(2 + (n + 1) / 2);
}

static void address_text(const uint8_t *in, char *out)
{
	static const char digits[] = "0123456789*#abc";

	if ((in[1] & 0x70) == 0x10)
		*out++ = '+';
	for (int i = 0; i < in[0] && i < 20; i++) {
		uint8_t d = i % 2 ? in[2 + i / 2] >> 4 : in[2 + i / 2] & 15;

		if (d < 15)
			*out++ = digits[d];
	}
	*out = '\0';
}

/* -- SUBMIT */

/* Octets of the validity period by its format bits. */
static size_t vp_octets(uint8_t first)
{
	static const uint8_t octets[] = { 0, 7, 1, 7 };

	return octets[first >> 3 & 3];
}

static int alphabet(uint8_t dcs)
{
	if ((dcs & 0xc0) == 0x00 || (dcs & 0xc0) == 0x40)
		return dcs >> 2 & 3;
	if ((dcs & 0xf0) == 0xe0)
		return 2;
	if ((dcs & 0xf0) == 0xf0)
		return dcs & 4 ? 1 : 0;
	return 0;
}

int tpdu_submit_parse(struct tpdu_submit *sub, const uint8_t *pdu, size_t len)
{
	size_t at = 2;

	memset(sub, 0, sizeof(*sub));
	if (len < 7 || (pdu[0] & 3) != 1)
		return -EBADMSG;
	sub->first = pdu[0];
	sub->da_len = 2 + (pdu[at] + 1u) / 2;
	if (pdu[at] > 20 || at + sub->da_len + 3 + vp_octets(pdu[0]) > len)
		return -EBADMSG;
	memcpy(sub->da, pdu + at, sub->da_len);
	address_text(sub->da, sub->to);
	at += sub->da_len;
	sub->pid = pdu[at++];
	sub->dcs = pdu[at++];
	at += vp_octets(pdu[0]);
	sub->udl = pdu[at++];
	sub->ud_len = alphabet(sub->dcs) == 0 ? (sub->udl * 7 + 7) / 8 : sub->udl;
	sub->ud = pdu + at;
	if (sub->ud_len > 140 || at + sub->ud_len != len)
		return -EBADMSG;
	if (pdu[0] & UDHI && (sub->ud_len < 1 || sub->ud[0] + 1u > sub->ud_len))
		return -EBADMSG;
	return 0;
}

static bool has_shift_table(const uint8_t *ud)
{
	for (size_t i = 1; i + 1 <= ud[0]; i += 2u + ud[i + 1]) {
		if (ud[i] == 0x24 || ud[i] == 0x25)
			return true;
	}
	return false;
}

static void gsm7_text(const struct tpdu_submit *sub, size_t skip, char *out, size_t size)
{
	bool escape = false;

	for (size_t i = (skip * 8 + 6) / 7; i < sub->udl; i++) {
		uint8_t s = septet_get(sub->ud, sub->ud_len, i);
		uint32_t c = gsm7[s];

		if (s == 0x1b && !escape) {
			escape = true;
			continue;
		}
		for (size_t k = 0; escape && k < sizeof(extension) / sizeof(extension[0]); k++) {
			if (extension[k][0] == s)
				c = extension[k][1];
		}
		escape = false;
		size_t n = utf8_put(out, size - 1, c);

		out += n;
		size -= n;
	}
	*out = '\0';
}

static void ucs2_text(const struct tpdu_submit *sub, size_t skip, char *out, size_t size)
{
	for (size_t i = skip; i + 1 < sub->ud_len; i += 2) {
		uint32_t c = (uint32_t)sub->ud[i] << 8 | sub->ud[i + 1];

		if ((c & 0xfc00) == 0xd800 && i + 3 < sub->ud_len) {
			uint32_t low = (uint32_t)sub->ud[i + 2] << 8 | sub->ud[i + 3];

			if ((low & 0xfc00) == 0xdc00) {
				c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
				i += 2;
			}
		}
		if (c >= 0xd800 && c <= 0xdfff)
			c = 0xfffd;
		size_t n = utf8_put(out, size - 1, c);

		out += n;
		size -= n;
	}
	*out = '\0';
}

void tpdu_submit_text(const struct tpdu_submit *sub, char *out, size_t size)
{
	size_t skip = sub->first & UDHI ? sub->ud[0] + 1u : 0;

	out[0] = '\0';
	if (skip && has_shift_table(sub->ud))
		return;
	if (alphabet(sub->dcs) == 0)
		gsm7_text(sub, skip, out, size);
	else if (alphabet(sub->dcs) == 2)
		ucs2_text(sub, skip, out, size);
}

/* -- DELIVER */

size_t tpdu_text_ucs2(uint8_t *out, size_t size, const char *text)
{
	size_t n = 0;

	while (*text && n + 4 <= size) {
		uint32_t c = utf8_next(&text);

		if (c >= 0x10000) {
			uint32_t high = 0xd800 + ((c - 0x10000) >> 10);

			out[n++] = (uint8_t)(high >> 8);
			out[n++] = (uint8_t)high;
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		out[n++] = (uint8_t)(c >> 8);
		out[n++] = (uint8_t)c;
	}
	return n;
}

static void udh_set(struct tpdu_text *part, unsigned int ref, unsigned int total,
		    unsigned int number, int wide)
{
	const uint8_t narrow_udh[] = { 5, 0x00, 3, (uint8_t)ref, (uint8_t)total, (uint8_t)number };
	const uint8_t wide_udh[] = {
		6, 0x08, 4, (uint8_t)(ref >> 8), (uint8_t)ref, (uint8_t)total, (uint8_t)number
	};

	if (total < 2)
		return;
	if (wide)
		memcpy(part->udh, wide_udh, sizeof(wide_udh));
	else
		memcpy(part->udh, narrow_udh, sizeof(narrow_udh));
}

static size_t part_gsm7(struct tpdu_text *part, const char *text, size_t skip)
{
	const char *p = text;
	size_t n = (skip * 8 + 6) / 7;

	while (*p) {
		const char *next = p;
		uint8_t s[2];
		size_t w = (size_t)septets_of(utf8_next(&next), s);

		if (n + w > 160)
			break;
		for (size_t i = 0; i < w; i++)
			septet_put(part->ud, n++, s[i]);
		p = next;
	}
	part->udl = n;
	part->ud_len = (n * 7 + 7) / 8;
	return (size_t)(p - text);
}

static size_t part_ucs2(struct tpdu_text *part, const char *text, size_t skip)
{
	const char *p = text;
	size_t n = skip;

	while (*p) {
		const char *next = p;
		uint32_t c = utf8_next(&next);
		uint16_t u[2] = { (uint16_t)c, 0 };
		size_t w = 1;

		if (c > 0xffff) {
			u[0] = (uint16_t)(0xd800 | (c - 0x10000) >> 10);
			u[1] = (uint16_t)(0xdc00 | (c & 0x3ff));
			w = 2;
		}
		if (n + 2 * w > 140)
			break;
		for (size_t i = 0; i < w; i++) {
			part->ud[n++] = (uint8_t)(u[i] >> 8);
			part->ud[n++] = (uint8_t)u[i];
		}
		p = next;
	}
	part->udl = n;
	part->ud_len = n;
	return (size_t)(p - text);
}

static size_t cut(struct tpdu_text *part, const char *text, bool narrow_alphabet, unsigned int ref,
		  unsigned int total, unsigned int number, int wide)
{
	size_t skip;

	memset(part, 0, sizeof(*part));
	udh_set(part, ref, total, number, wide);
	skip = part->udh[0] ? part->udh[0] + 1u : 0;
	memcpy(part->ud, part->udh, skip);
	part->dcs = narrow_alphabet ? 0x00 : 0x08;
	return narrow_alphabet ? part_gsm7(part, text, skip) : part_ucs2(part, text, skip);
}

size_t tpdu_text_part(struct tpdu_text *part, const char *text, unsigned int ref,
		      unsigned int total, unsigned int number, int wide)
{
	bool narrow = fits_gsm7(text);
	size_t at = 0;

	/* The alphabet is that of the whole text, so part N is found from the start. */
	for (unsigned int i = 1; i < number; i++)
		at += cut(part, text + at, narrow, ref, total, i, wide);
	return cut(part, text + at, narrow, ref, total, number, wide);
}

unsigned int tpdu_text_parts(const char *text, int wide)
{
	bool narrow = fits_gsm7(text);
	struct tpdu_text part;
	unsigned int n = 0;

	if (cut(&part, text, narrow, 0, 1, 1, wide) == strlen(text))
		return 1;
	while (*text && n < 255)
		text += cut(&part, text, narrow, 0, 2, ++n, wide);
	return n;
}

/* TS 23.040, 9.2.3.11; the network keeps Dutch winter time: four quarters of an hour. */
static void scts_put(uint8_t out[7], time_t at)
{
	time_t local = at + 3600;
	struct tm tm;
	int v[6];

	gmtime_r(&local, &tm);
	v[0] = tm.tm_year % 100;
	v[1] = tm.tm_mon + 1;
	v[2] = tm.tm_mday;
	v[3] = tm.tm_hour;
	v[4] = tm.tm_min;
	v[5] = tm.tm_sec;
	for (int i = 0; i < 6; i++)
		out[i] = (uint8_t)(v[i] % 10 << 4 | v[i] / 10);
	out[6] = 0x40;
}

size_t tpdu_deliver_build(uint8_t *out, const char *from, time_t at, const struct tpdu_text *part)
{
	uint8_t *p = out;

	*p++ = part->udh[0] ? 0x44 : 0x04;
	p += address_put(p, from);
	*p++ = 0x00;
	*p++ = part->dcs;
	scts_put(p, at);
	p += 7;
	*p++ = (uint8_t)part->udl;
	memcpy(p, part->ud, part->ud_len);
	return (size_t)(p - out) + part->ud_len;
}

size_t tpdu_status_build(uint8_t *out, uint8_t mr, const struct tpdu_submit *sub, time_t submitted,
			 time_t done, uint8_t status)
{
	uint8_t *p = out;

	*p++ = 0x06;
	*p++ = mr;
	memcpy(p, sub->da, sub->da_len);
	p += sub->da_len;
	scts_put(p, submitted);
	scts_put(p + 7, done);
	p[14] = status;
	return (size_t)(p - out) + 15;
}

int tpdu_class(uint8_t dcs)
{
	if ((dcs & 0x90) == 0x10)
		return dcs & 3;
	if ((dcs & 0xf0) == 0xf0)
		return dcs & 3;
	return -1;
}

int tpdu_deliver_dcs(const uint8_t *pdu, size_t len)
{
	size_t at;

	if (len < 2)
		return -EBADMSG;
	at = 1 + 2 + (pdu[1] + 1u) / 2 + 1;
	return at < len ? (int)at : -EBADMSG;
}
