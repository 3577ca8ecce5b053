// SPDX-License-Identifier: AGPL-3.0-or-later
/* ITU-T E.164 and the Dutch numbering plan. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/phone.h"

static void assert_form(const char *number, const char *want)
{
	char out[PHONE_SIZE] = "";

	assert_int_equal(phone_normalise(out, number, "31"), 0);
	assert_string_equal(out, want);
}

static void assert_refused(const char *number)
{
	char out[PHONE_SIZE];

	assert_int_equal(phone_normalise(out, number, "31"), -EINVAL);
}

static void all_ways_to_write_a_number_give_one_form(void **state)
{
	assert_form("+31612345678", "+31612345678");
	assert_form("+31 6 1234 5678", "+31612345678");
	assert_form("+31 (0)6-12.34.56.78", "+31612345678");
	assert_form("0031612345678", "+31612345678");
	assert_form("0612345678", "+31612345678");
	assert_form("06-12345678", "+31612345678");
	assert_form("(070) 353 3000", "+31703533000");
	assert_form("31612345678", "+31612345678");
	assert_form("612345678", "+31612345678");
	assert_form("0097012345678", "+97012345678");
	assert_form("447700900123", "+447700900123");
}

static void short_codes_stay_short(void **state)
{
	assert_form("14070", "14070");
	assert_form("112", "112");
	assert_form("14 070", "14070");
	assert_form("0900", "0900");
	assert_form("09008844", "+319008844");
}

static void what_is_no_number_is_refused(void **state)
{
	assert_refused("");
	assert_refused("KPN");
	assert_refused("+");
	assert_refused("06-1234567x");
	assert_refused("++31612345678");
	assert_refused("31+612345678");
	assert_refused("+3161234567890123");
	assert_refused("00");
	assert_refused("+0612345678");
	assert_refused("+12");
	assert_refused("061234567890123456789012345678901234567890123456789");
}

static void mask_hides_the_middle_of_a_number_only(void **state)
{
	char out[PHONE_SIZE];

	assert_string_equal(phone_masked(out, "+31612345678"), "+316******78");
	assert_string_equal(phone_masked(out, "14070"), "14070");
	assert_string_equal(phone_masked(out, "KPN"), "KPN");
	assert_string_equal(phone_masked(out, "0612345678"), "061*****78");
	assert_string_equal(phone_masked(out, ""), "");
}

static void only_digits_can_be_answered(void **state)
{
	assert_true(phone_can_answer("+31612345678"));
	assert_true(phone_can_answer("14070"));
	assert_false(phone_can_answer("KPN"));
	assert_false(phone_can_answer("+"));
	assert_false(phone_can_answer(""));
	assert_false(phone_can_answer("14070#"));
}

static void national_and_international_form_are_the_same_subscriber(void **state)
{
	assert_true(phone_same("+31612345678", "0612345678"));
	assert_true(phone_same("+31612345678", "+31612345678"));
	assert_false(phone_same("+31612345678", "+31612345679"));
	assert_true(phone_same("14070", "14070"));
	assert_false(phone_same("14070", "+3114070"));
	assert_false(phone_same("", ""));
	assert_false(phone_same("INFO12345678", "0612345678"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_ways_to_write_a_number_give_one_form),
		cmocka_unit_test(short_codes_stay_short),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(mask_hides_the_middle_of_a_number_only),
		cmocka_unit_test(only_digits_can_be_answered),
		cmocka_unit_test(national_and_international_form_are_the_same_subscriber),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
