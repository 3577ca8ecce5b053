// SPDX-License-Identifier: AGPL-3.0-or-later
/* Packing and schemes are those of 3GPP TS 23.038, 5 and 6.1.2.3; libosmocore's coder is the peer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/gsm/gsm_utils.h>

#include "wire/sms_tables.h"
#include "wire/ussd_text.h"
#include "wire/utf8.h"

/* Latin-1 that the default alphabet has; the peer lacks the currency sign, the section sign and the
 * inverted question mark. */
static const char latin1[] =
	"abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!\"#%&'()"
	"*+,-./:;<=>?@$_\n\xa3\xa5\xe8\xe9\xf9\xec\xf2\xc7\xd8\xf8\xc5\xe5"
	"\xc6\xe6\xdf\xc9\xa1\xc4\xd6\xd1\xdc\xe4\xf6\xf1\xfc\xe0"
	"^{}\\[~]|";

static void to_utf8(char *out, const char *text)
{
	for (; *text; text++)
		out += utf8_write(out, (unsigned char)*text);
	*out = '\0';
}

static size_t octets_of(const char *text)
{
	return ussd_text_octets(text, strlen(text));
}

static void assert_encoded(const char *text, uint8_t dcs, const void *octets, size_t n)
{
	uint8_t out[USSD_OCTETS_MAX], got;

	assert_int_equal(ussd_text_encode(&got, out, sizeof(out), text), n);
	assert_int_equal(got, dcs);
	assert_memory_equal(out, octets, n);
	assert_int_equal(octets_of(text), n);
}

static void assert_decoded(uint8_t dcs, const void *octets, size_t n, const char *text)
{
	char out[USSD_TEXT_MAX];
	uint8_t *exact = malloc(n ? n : 1); /* so that a read past it is seen */

	memcpy(exact, octets, n);
	assert_int_equal(ussd_text_decode(out, sizeof(out), dcs, exact, n), strlen(text));
	assert_string_equal(out, text);
	free(exact);
}

static void assert_round_trip(const char *text, uint8_t dcs)
{
	uint8_t out[USSD_OCTETS_MAX], got;
	int n = ussd_text_encode(&got, out, sizeof(out), text);

	assert_true(n >= 0);
	assert_int_equal(got, dcs);
	assert_int_equal(octets_of(text), n);
	assert_decoded(dcs, out, (size_t)n, text);
}

static void assert_same_as_peer(const char *text)
{
	uint8_t theirs[USSD_OCTETS_MAX + 2] = { 0 }, ours[USSD_OCTETS_MAX], dcs;
	char utf8[USSD_TEXT_MAX];
	int octets, n, septets;

	to_utf8(utf8, text);
	septets = gsm_7bit_encode_n_ussd(theirs, sizeof(theirs), text, &octets);
	n = ussd_text_encode(&dcs, ours, sizeof(ours), utf8);
	if (octets > USSD_OCTETS_MAX || septets > 182) {
		assert_int_equal(n, -EMSGSIZE);
		return;
	}
	assert_int_equal(dcs, USSD_DCS_GSM7);
	assert_int_equal(n, octets);
	assert_memory_equal(ours, theirs, (size_t)octets);
	assert_int_equal(octets_of(utf8), octets);
}

/* Every length, each with other characters, so that each stands at every bit. */
static void equals_the_peer(void **state)
{
	char text[184];
	size_t len, shift, i;

	for (len = 0; len <= 183; len++) {
		for (shift = 0; shift < strlen(latin1); shift++) {
			for (i = 0; i < len; i++)
				text[i] = latin1[(i * 5 + shift) % strlen(latin1)];
			text[len] = '\0';
			assert_same_as_peer(text);
		}
	}
}

/* Letters only: it takes others for those of its extension table, and a last octet that begins like
 * a CR for one wherever the text ends. */
static void the_peer_reads_it(void **state)
{
	char text[183], back[200];
	uint8_t octets[USSD_OCTETS_MAX], dcs;
	size_t len, i;
	int n;

	for (len = 0; len <= 182; len++) {
		for (i = 0; i < len; i++)
			text[i] = (char)('a' + i % 26);
		text[len] = '\0';
		n = ussd_text_encode(&dcs, octets, sizeof(octets), text);
		if (n % 7 && octets[n - 1] >> 1 == '\r')
			continue;
		assert_int_equal(
			gsm_7bit_decode_n_ussd(back, sizeof(back), octets, (uint8_t)(n * 8 / 7)),
			len);
		assert_string_equal(back, text);
	}
}

static void equals_the_peer_with_a_cr_at_the_end(void **state)
{
	char text[184];
	size_t len;

	for (len = 1; len <= 183; len++) {
		memset(text, 'x', len);
		text[len - 1] = '\r';
		text[len] = '\0';
		assert_same_as_peer(text);
	}
}

/* 6.1.2.3.1 */
static void seven_spare_bits_are_a_cr(void **state)
{
	assert_encoded("1234567", USSD_DCS_GSM7, "\x31\xd9\x8c\x56\xb3\xdd\x1a", 7);
	assert_round_trip("1234567", USSD_DCS_GSM7);
	assert_encoded("12345678", USSD_DCS_GSM7, "\x31\xd9\x8c\x56\xb3\xdd\x70", 7);
	assert_round_trip("1234567@", USSD_DCS_GSM7);
	/* CR ends on an octet boundary: one more, and the reader returns twice */
	assert_encoded("1234567\r", USSD_DCS_GSM7, "\x31\xd9\x8c\x56\xb3\xdd\x1a\x0d", 8);
	assert_decoded(USSD_DCS_GSM7, "\x31\xd9\x8c\x56\xb3\xdd\x1a\x0d", 8, "1234567\r\r");
	assert_round_trip("123456\r", USSD_DCS_GSM7);
	assert_round_trip("12345\r", USSD_DCS_GSM7);
}

static void the_default_alphabet_is_whole(void **state)
{
	char text[8];
	int septet;

	for (septet = 0; septet < 128; septet++) {
		uint8_t octet = (uint8_t)septet;

		if (septet == SMS_ESCAPE)
			continue;
		text[utf8_write(text, sms_table_locking(0, octet))] = '\0';
		assert_encoded(text, USSD_DCS_GSM7, &octet, 1);
		assert_decoded(USSD_DCS_GSM7, &octet, 1, text);
	}
	assert_encoded("€", USSD_DCS_GSM7, "\x9b\x32", 2); /* 0x1b 0x65 */
	assert_round_trip("€ 12,50 [a] {b} ~^|\\", USSD_DCS_GSM7);
	assert_round_trip("ΔΦΓΛΩΠΨΣΘΞ", USSD_DCS_GSM7);
}

static void letters_lose_accents_to_fit(void **state)
{
	char out[USSD_TEXT_MAX];
	uint8_t octets[USSD_OCTETS_MAX], dcs;
	int n = ussd_text_encode(&dcs, octets, sizeof(octets), "Şişli ağaç żółw – “ja”…");

	assert_int_equal(dcs, USSD_DCS_GSM7);
	assert_int_equal(ussd_text_decode(out, sizeof(out), dcs, octets, (size_t)n), 25);
	assert_string_equal(out, "Sisli agac zolw - \"ja\"...");
}

/* One letter without a plain form, and the whole is as it was written. */
static void other_scripts_are_ucs2(void **state)
{
	assert_encoded("مدينة", USSD_DCS_UCS2, "\x06\x45\x06\x2f\x06\x4a\x06\x46\x06\x29", 10);
	assert_encoded("😀", USSD_DCS_UCS2, "\xd8\x3d\xde\x00", 4);
	assert_round_trip("żółw – مدينة 😀 Привет 你好", USSD_DCS_UCS2);
}

static void limits(void **state)
{
	char text[400] = "";
	uint8_t out[USSD_OCTETS_MAX], dcs;
	size_t i;

	memset(text, 'x', 182);
	assert_int_equal(octets_of(text), 160);
	assert_int_equal(ussd_text_encode(&dcs, out, 159, text), -EMSGSIZE);
	assert_round_trip(text, USSD_DCS_GSM7);
	strcat(text, "x");
	assert_int_equal(octets_of(text), 161);
	assert_int_equal(ussd_text_encode(&dcs, out, sizeof(out), text), -EMSGSIZE);
	for (i = 0; i < 80; i++)
		memcpy(text + 2 * i, "\u0645", 3);
	assert_int_equal(octets_of(text), 160);
	assert_round_trip(text, USSD_DCS_UCS2);
	for (i = 0; i < 91; i++)
		memcpy(text + 3 * i, "€", 4);
	assert_int_equal(octets_of(text), 160); /* 182 septets */
	assert_round_trip(text, USSD_DCS_GSM7);
	assert_int_equal(octets_of(""), 0);
}

static void only_the_length_given_counts(void **state)
{
	assert_int_equal(ussd_text_octets("12345678مدينة", 8), 7);
	assert_int_equal(ussd_text_octets("12345678مدينة", 10), 18);
	assert_int_equal(ussd_text_octets("12345678مدينة", 9), SIZE_MAX); /* half a letter */
}

static void no_utf8_is_refused(void **state)
{
	uint8_t out[USSD_OCTETS_MAX], dcs;

	assert_int_equal(octets_of("caf\xe9"), SIZE_MAX);
	assert_int_equal(octets_of("\xed\xa0\x80"), SIZE_MAX);
	assert_int_equal(ussd_text_encode(&dcs, out, sizeof(out), "caf\xe9"), -EINVAL);
}

/* Which alphabet does a scheme read "1b" as: 0x31 0x62?  Septets: '1', 'D'; UCS-2: U+3162. */
static void every_scheme(void **state)
{
	int dcs;

	for (dcs = 0; dcs < 256; dcs++) {
		bool general = (dcs & 0xc0) == 0x40, header = (dcs & 0xf0) == 0x90;
		int alphabet = general || header ? dcs >> 2 & 3 : 0; /* 3 is reserved: default */
		const char *text = "1D";
		char out[USSD_TEXT_MAX];

		if (header)
			continue; /* has a test of its own */
		if (general && dcs & 0x20) {
			assert_int_equal(ussd_text_decode(out, sizeof(out), (uint8_t)dcs,
							  (const uint8_t *)"1b", 2),
					 -ENOTSUP);
			continue;
		}
		if (alphabet == 1 || (dcs & 0xf4) == 0xf4)
			text = "1b";
		else if (alphabet == 2)
			text = "\u3162";
		else if (dcs == 0x11)
			text = ""; /* two octets of language */
		assert_decoded((uint8_t)dcs, "1b", 2, text);
	}
}

static void a_language_in_front_is_dropped(void **state)
{
	/* "nl" CR "Ja", and in UCS-2 "ar" in septets, then two letters */
	uint8_t packed[] = { 0x6e, 0x76, 0x43, 0x19, 0x06 };

	assert_decoded(0x10, packed, sizeof(packed), "Ja");
	assert_decoded(0x0f, packed, sizeof(packed), "nl\rJa");
	assert_decoded(0x10, "\xf4\xf2\x9c\x0e", 4, "test"); /* none in front */
	assert_decoded(0x11, "\x61\x39\x06\x45\x06\x2f", 6, "\u0645\u062f");
	assert_decoded(0x11, "\x61", 1, "");
}

static void a_header_in_front_is_dropped(void **state)
{
	/* 7 octets of header are 8 septets: the text begins at bit 56 */
	assert_decoded(0x98, "\x06\x05\x04\x0b\x84\x23\xf0\x06\x45", 9, "\u0645");
	assert_decoded(0x90, "\x06\x05\x04\x0b\x84\x23\xf0\xf4\xf2\x9c\x0e", 11, "test");
	assert_decoded(0x94, "\x02\x70\x00ok", 5, "ok");
	/* 3 octets end at bit 24: the septet at 28 is the next */
	assert_decoded(0x90, "\x02\x70\x00\x10\x03", 5, "1");
	assert_decoded(0x90, "\x06\x05\x04\x0b\x84\x23\xf0", 7, "");
	assert_decoded(0x94, "\x09ok", 3, "\tok"); /* says more than there is */
}

static void eight_bit_is_utf8_or_latin1(void **state)
{
	assert_decoded(0x44, "caf\xc3\xa9", 5, "café");
	assert_decoded(0xf4, "caf\xe9", 4, "café");
}

static void half_things(void **state)
{
	char out[USSD_TEXT_MAX];
	uint8_t octets[256] = { 0 };

	assert_decoded(0x48, "\xd8\x3d", 2, "\ufffd");
	assert_decoded(0x48, "\x06\x45\x06", 3, "\u0645");
	assert_decoded(0x0f, "\x1b", 1, " ");
	assert_decoded(0x0f, "", 0, "");
	assert_decoded(0x48, "", 0, "");
	assert_decoded(0x44, "", 0, "");
	assert_decoded(0x0f, "\x31\xd9\x8c\x56\xb3\xdd", 6, "123456");
	assert_int_equal(ussd_text_decode(out, 4, 0x0f, (const uint8_t *)"\xf4\xf2\x9c\x0e", 4),
			 -ENOSPC);
	assert_int_equal(ussd_text_decode(out, sizeof(out), 0x0f, octets, 161), -EMSGSIZE);
	memset(octets, 0x81, sizeof(octets));
	assert_int_equal(ussd_text_decode(out, sizeof(out), 0x44, octets, 160), 320);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_the_peer),
		cmocka_unit_test(the_peer_reads_it),
		cmocka_unit_test(equals_the_peer_with_a_cr_at_the_end),
		cmocka_unit_test(seven_spare_bits_are_a_cr),
		cmocka_unit_test(the_default_alphabet_is_whole),
		cmocka_unit_test(letters_lose_accents_to_fit),
		cmocka_unit_test(other_scripts_are_ucs2),
		cmocka_unit_test(limits),
		cmocka_unit_test(only_the_length_given_counts),
		cmocka_unit_test(no_utf8_is_refused),
		cmocka_unit_test(every_scheme),
		cmocka_unit_test(a_language_in_front_is_dropped),
		cmocka_unit_test(a_header_in_front_is_dropped),
		cmocka_unit_test(eight_bit_is_utf8_or_latin1),
		cmocka_unit_test(half_things),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
