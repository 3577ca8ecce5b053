// SPDX-License-Identifier: AGPL-3.0-or-later
/* SRTP by the vectors of RFC 3711 B.2 and B.3, by packets that libsrtp 2.5 made, and with packets that are lost, late,
 * doubled or forged. */
#include "line/sip_srtp.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* RFC 3711 B.3 */
static const struct sdes KEYS = { .key = { 0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0,
					   0xd6, 0x4f, 0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39,
					   0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb,
					   0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6 } };

static size_t hex(uint8_t *out, const char *text)
{
	size_t n;

	assert_int_equal(sodium_hex2bin(out, 256, text, strlen(text), NULL, &n, NULL), 0);
	return n;
}

static struct sip_srtp *with(enum sdes_suite suite)
{
	struct sdes key = KEYS;
	struct sip_srtp *srtp;

	key.suite = suite;
	srtp = sip_srtp_alloc(&key);
	assert_non_null(srtp);
	return srtp;
}

static size_t packet_of(uint8_t *out, uint16_t seq, uint32_t ssrc)
{
	memcpy(out, "\x80\x08", 2);
	osmo_store16be(seq, out + 2);
	osmo_store32be(seq * 160u, out + 4);
	osmo_store32be(ssrc, out + 8);
	memset(out + 12, seq ^ 0x55, 160);
	return 172;
}

static void keys_are_derived(void **state)
{
	uint8_t out[64], expected[256];
	struct aes *aes = NULL;

	assert_int_equal(aes_alloc(&aes, AES_MODE_CTR, KEYS.key, 128, NULL), 0);
	hex(expected, "C61E7A93744F39EE10734AFE3FF7A087");
	derive(aes, KEYS.key + KEY, LABEL_CIPHER, out, KEY);
	assert_memory_equal(out, expected, KEY);
	hex(expected, "30CBBC08863D8C85D49DB34A9AE1");
	derive(aes, KEYS.key + KEY, LABEL_SALT, out, SALT);
	assert_memory_equal(out, expected, SALT);
	hex(expected, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
	derive(aes, KEYS.key + KEY, LABEL_AUTH, out, AUTH);
	assert_memory_equal(out, expected, AUTH);
	mem_deref(aes);
}

static void the_cipher_is_that_of_the_standard(void **state)
{
	uint8_t key[256], data[48] = { 0 }, expected[256];
	struct sip_srtp srtp = { 0 };
	struct stream st = { 0 };

	hex(key, "2B7E151628AED2A6ABF7158809CF4F3C");
	hex(expected, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
	memcpy(srtp.salt, expected, SALT);
	assert_int_equal(aes_alloc(&srtp.cipher, AES_MODE_CTR, key, 128, NULL), 0);
	crypt(&srtp, &st, 0, 0, data, sizeof(data));
	hex(expected, "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"
		      "41E95B3BB0A2E8DD477901E4FCA894C0");
	assert_memory_equal(data, expected, sizeof(data));
	mem_deref(srtp.cipher);
}

/* Both ways: what libsrtp made is what we make, and is read. */
static void check_libsrtp(enum sdes_suite suite, const char *plain, const char *secret)
{
	struct sip_srtp *tx = with(suite), *rx = with(suite);
	uint8_t packet[256], expected[256], clear[256];
	size_t len = hex(packet, plain), n = hex(expected, secret), clear_len = hex(clear, plain);

	if (osmo_load16be(packet + 2) == 0) { /* after a packet 65535 */
		tx->streams[0] = rx->streams[0] = (struct stream){
			.ssrc = osmo_load32be(packet + 8), .seq = 0xffff, .seen = 1
		};
		tx->n = rx->n = 1;
	}
	assert_int_equal(sip_srtp_protect(tx, packet, &len), 0);
	assert_int_equal(len, n);
	assert_memory_equal(packet, expected, n);
	assert_int_equal(sip_srtp_unprotect(rx, expected, &n), 0);
	assert_int_equal(n, clear_len);
	assert_memory_equal(expected, clear, n);
	sip_srtp_free(tx);
	sip_srtp_free(rx);
}

#define BODY "abababababababababababababababab"

static void packets_are_those_of_libsrtp(void **state)
{
	check_libsrtp(
		SDES_AES_CM_128_HMAC_SHA1_80, "800f1234decafbadcafebabe" BODY,
		"800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb");
	check_libsrtp(SDES_AES_CM_128_HMAC_SHA1_32, "800f1234decafbadcafebabe" BODY,
		      "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc");
	check_libsrtp(
		SDES_AES_CM_128_HMAC_SHA1_80, "800f0000decafbadcafebabe" BODY,
		"800f0000decafbadcafebabe24ecf92d9c97bf2ac679b796fdfd365a267beecdc56456590e62");
	check_libsrtp(
		SDES_AES_CM_128_HMAC_SHA1_80,
		"910f1234decafbadcafebabe0a0b0c0dbede000101020304abababab",
		"910f1234decafbadcafebabe0a0b0c0dbede0001010203044e55dc4c671deadeaaaa80b55f84");
}

/* Over three wraps of the sequence number, one packet in seven lost and two in ten the other way round. */
static void the_counter_goes_on_over_a_wrap(void **state)
{
	struct sip_srtp *tx = with(0), *rx = with(0);
	uint8_t late[256], packet[256], clear[256];
	size_t len, late_len = 0, clear_len;

	for (uint32_t i = 0x7000; i < 0x38000; i++) {
		len = packet_of(packet, i, 7);
		assert_int_equal(sip_srtp_protect(tx, packet, &len), 0);
		if (i % 7 == 3)
			continue;
		if (i % 10 == 5) {
			memcpy(late, packet, len);
			late_len = len;
			continue;
		}
		assert_int_equal(sip_srtp_unprotect(rx, packet, &len), 0);
		clear_len = packet_of(clear, i, 7);
		assert_int_equal(len, clear_len);
		assert_memory_equal(packet, clear, len);
		if (late_len > 0) {
			assert_int_equal(sip_srtp_unprotect(rx, late, &late_len), 0);
			late_len = 0;
		}
	}
	assert_int_equal(rx->streams[0].roc, 3);
	sip_srtp_free(tx);
	sip_srtp_free(rx);
}

static void what_came_before_is_refused(void **state)
{
	struct sip_srtp *tx = with(0), *rx = with(0);
	uint8_t packets[100][256], again[256];
	size_t len, first = 0;

	for (int i = 0; i < 100; i++) {
		len = packet_of(packets[i], 0xffc0 + i, 7);
		sip_srtp_protect(tx, packets[i], &len);
		first = len;
		if (i == 0 || i == 60)
			continue; /* they come later */
		memcpy(again, packets[i], len);
		assert_int_equal(sip_srtp_unprotect(rx, again, &len), 0);
	}
	for (int i = 1; i < 100; i++) {
		len = first;
		memcpy(again, packets[i], len);
		assert_int_equal(sip_srtp_unprotect(rx, again, &len), i == 60 ? 0 : -EALREADY);
	}
	len = first;
	assert_int_equal(sip_srtp_unprotect(rx, packets[0], &len), -EALREADY); /* 99 late */
	sip_srtp_free(tx);
	sip_srtp_free(rx);
}

/* Each bit of a packet, and packets of whoever before the first: none leads the counter astray. */
static void what_is_forged_changes_nothing(void **state)
{
	struct sip_srtp *tx = with(0), *rx = with(0);
	uint8_t packet[256], forged[256];
	size_t len, n;

	for (int i = 0; i < 20; i++) {
		n = packet_of(forged, 0xfff0, i < 10 ? 7 : 100 + i);
		assert_int_equal(sip_srtp_unprotect(rx, forged, &n), -EBADMSG);
	}
	len = packet_of(packet, 5, 7);
	sip_srtp_protect(tx, packet, &len);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		memcpy(forged, packet, len);
		forged[bit / 8] ^= 1 << bit % 8;
		n = len;
		assert_true(sip_srtp_unprotect(rx, forged, &n) < 0);
	}
	for (n = 0; n < len; n++) {
		size_t cut = n;

		memcpy(forged, packet, len);
		assert_true(sip_srtp_unprotect(rx, forged, &cut) < 0);
	}
	assert_int_equal(rx->n, 0);
	assert_int_equal(sip_srtp_unprotect(rx, packet, &len), 0);
	sip_srtp_free(tx);
	sip_srtp_free(rx);
}

static void several_sources_under_one_key(void **state)
{
	struct sip_srtp *rx = with(0);
	uint8_t packet[256];
	size_t len;

	for (uint32_t ssrc = 0; ssrc < STREAMS + 1; ssrc++) {
		struct sip_srtp *tx = with(0);

		len = packet_of(packet, 0xff00 + ssrc, ssrc);
		sip_srtp_protect(tx, packet, &len);
		assert_int_equal(sip_srtp_unprotect(rx, packet, &len),
				 ssrc < STREAMS ? 0 : -EBADMSG);
		sip_srtp_free(tx);
	}
	sip_srtp_free(rx);
}

/* After a wrap: who keeps the counter, as the standard has it, and who begins anew. */
static void check_rekey(bool anew)
{
	struct sip_srtp *tx = with(0), *rx = with(0);
	struct sdes other = KEYS;
	uint8_t packet[256];
	size_t len;

	for (uint32_t i = 0xfff0; i < 0x10010; i++) {
		len = packet_of(packet, i, 7);
		sip_srtp_protect(tx, packet, &len);
		assert_int_equal(sip_srtp_unprotect(rx, packet, &len), 0);
	}
	other.key[3] ^= 1;
	len = packet_of(packet, 0x10, 7); /* it is still under way */
	sip_srtp_protect(tx, packet, &len);
	assert_int_equal(sip_srtp_rekey(rx, &other), 0);
	assert_int_equal(sip_srtp_unprotect(rx, packet, &len), -EBADMSG);
	if (anew) {
		sip_srtp_free(tx);
		tx = sip_srtp_alloc(&other);
	} else {
		assert_int_equal(sip_srtp_rekey(tx, &other), 0);
	}
	for (uint32_t i = 0x11; i < 0x20; i++) {
		len = packet_of(packet, i, 7);
		sip_srtp_protect(tx, packet, &len);
		assert_int_equal(sip_srtp_unprotect(rx, packet, &len), 0);
	}
	assert_int_equal(rx->streams[0].roc, anew ? 0 : 1);
	sip_srtp_free(tx);
	sip_srtp_free(rx);
}

static void another_key_in_the_middle(void **state)
{
	check_rekey(false);
	check_rekey(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_derived),
		cmocka_unit_test(the_cipher_is_that_of_the_standard),
		cmocka_unit_test(packets_are_those_of_libsrtp),
		cmocka_unit_test(the_counter_goes_on_over_a_wrap),
		cmocka_unit_test(what_came_before_is_refused),
		cmocka_unit_test(what_is_forged_changes_nothing),
		cmocka_unit_test(several_sources_under_one_key),
		cmocka_unit_test(another_key_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
