// SPDX-License-Identifier: AGPL-3.0-or-later
/* Codes of 3GPP TS 24.011 Annex E-2, TS 23.040 9.2.3.22 and TS 27.005 3.2.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/sms_pdu.h"

static void codes_fall_in_their_class(void **state)
{
	assert_int_equal(sms_error_class(1), SMS_ERR_NUMBER);
	assert_int_equal(sms_error_class(30), SMS_ERR_NUMBER);
	assert_int_equal(sms_error_class(50), SMS_ERR_SIM);
	assert_int_equal(sms_error_class(193), SMS_ERR_SIM);
	assert_int_equal(sms_error_class(330), SMS_ERR_SIM);
	assert_int_equal(sms_error_class(21), SMS_ERR_SLOWLY);
	assert_int_equal(sms_error_class(42), SMS_ERR_RETRY);
	assert_int_equal(sms_error_class(331), SMS_ERR_RETRY);
	assert_int_equal(sms_error_class(38), SMS_ERR_DOUBT);
	assert_int_equal(sms_error_class(332), SMS_ERR_DOUBT);
	assert_int_equal(sms_error_class(500), SMS_ERR_DOUBT);
	assert_int_equal(sms_error_class(304), SMS_ERR_MESSAGE);
	assert_int_equal(sms_error_class(145), SMS_ERR_MESSAGE);
	assert_int_equal(sms_error_class(197), SMS_ERR_SENT);
	assert_int_equal(sms_error_class(322), SMS_ERR_STORAGE);
	assert_int_equal(sms_error_class(314), SMS_ERR_MODEM);
	assert_int_equal(sms_error_class(300), SMS_ERR_MODEM);
}

static void codes_that_are_not_known_have_a_careful_class(void **state)
{
	assert_int_equal(sms_error_class(2), SMS_ERR_SLOWLY);
	assert_int_equal(sms_error_class(150), SMS_ERR_MESSAGE);
	assert_int_equal(sms_error_class(200), SMS_ERR_SLOWLY);
	assert_int_equal(sms_error_class(399), SMS_ERR_MODEM);
	assert_int_equal(sms_error_class(512), SMS_ERR_DOUBT);
	assert_int_equal(sms_error_class(0), SMS_ERR_DOUBT);
	assert_int_equal(sms_error_class(-1), SMS_ERR_DOUBT);
}

static void every_code_has_words(void **state)
{
	int code;

	for (code = -1; code < 1000; code++)
		assert_non_null(sms_error_name(code));
	assert_string_equal(sms_error_name(331), "no network service");
	assert_string_equal(sms_error_name(512), "vendor's own error");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_fall_in_their_class),
		cmocka_unit_test(codes_that_are_not_known_have_a_careful_class),
		cmocka_unit_test(every_code_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
