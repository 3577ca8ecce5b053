// SPDX-License-Identifier: AGPL-3.0-or-later
/* The examples of RFC 4568, and what a trunk may ask for that we cannot. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/sdes.h"

#define KEY "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj" /* 6.1's */

/* What base64 (RFC 4648) makes of it. */
static const char PLAIN[] = "wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#";

static void examples_are_read(void **state)
{
	struct sdes sdes;

	/* 6.1, without the MKI that it shows */
	assert_int_equal(sdes_read(&sdes, "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20"), 0);
	assert_int_equal(sdes.tag, 1);
	assert_int_equal(sdes.suite, SDES_AES_CM_128_HMAC_SHA1_80);
	assert_memory_equal(sdes.key, PLAIN, SDES_KEY);
	assert_int_equal(sdes_read(&sdes, "2 AES_CM_128_HMAC_SHA1_32 "
					  "inline:" KEY " WSH=64 -OWN=1"),
			 0);
	assert_int_equal(sdes.suite, SDES_AES_CM_128_HMAC_SHA1_32);
	assert_int_equal(
		sdes_read(&sdes, "3 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|281474976710656"), 0);
}

static void what_we_cannot(void **state)
{
	static const char *const texts[] = {
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20|1:4",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|1:32",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20|1:4;inline:" KEY "|2^20|2:4",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^10",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|1000",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " KDR=1",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " UNENCRYPTED_SRTP",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " UNAUTHENTICATED_SRTP",
		"1 F8_128_HMAC_SHA1_80 inline:" KEY,
		"1 AES_256_CM_HMAC_SHA1_80 inline:" KEY,
	};
	struct sdes sdes;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(sdes_read(&sdes, texts[i]), -ENOTSUP);
}

static void what_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"1",
		"1 AES_CM_128_HMAC_SHA1_80",
		"x AES_CM_128_HMAC_SHA1_80 inline:" KEY,
		"1000000000 AES_CM_128_HMAC_SHA1_80 inline:" KEY,
		"1 AES_CM_128_HMAC_SHA1_80 " KEY,
		"1 AES_CM_128_HMAC_SHA1_80 inline:",
		"1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "AAAA",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^x",
		"1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSo*",
	};
	static const struct sdes none;
	struct sdes sdes;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(sdes_read(&sdes, texts[i]), -EINVAL);
		assert_memory_equal(&sdes, &none, sizeof(none)); /* no half key stays */
	}
}

static void it_is_written(void **state)
{
	struct sdes sdes = { .tag = 7, .suite = SDES_AES_CM_128_HMAC_SHA1_32 };
	char text[SDES_TEXT_MAX];

	memcpy(sdes.key, PLAIN, SDES_KEY);
	sdes_write(text, &sdes);
	assert_string_equal(text, "7 AES_CM_128_HMAC_SHA1_32 inline:" KEY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_are_read),
		cmocka_unit_test(what_we_cannot),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
