// SPDX-License-Identifier: AGPL-3.0-or-later
/* One-time codes: the vectors of RFC 6238, appendix B (SHA-1; six digits are the last six of its eight), the window, no code
 * twice, and the lock. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <liboath/oath.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "flow/staff_code.h"

#define RFC_SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" /* "12345678901234567890" */

static const struct {
	int64_t at_s;
	const char *code;
} vectors[] = {
	{ 59, "287082" },	  { 1111111109, "081804" }, { 1111111111, "050471" },
	{ 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" },
};

static struct staff somebody(void)
{
	return (struct staff){ .name = "anna", .totp = RFC_SECRET };
}

static void vectors_of_the_standard(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct staff s = somebody();

		assert_int_equal(staff_code_check(&s, vectors[i].code, vectors[i].at_s), 0);
		assert_int_equal(s.totp_step, vectors[i].at_s / 30);
	}
}

static void one_step_beside_is_taken_and_two_are_not(void **state)
{
	/* 1111111109 is in step 37037036, which ends at 1111111109 */
	static const struct {
		int64_t at_s;
		int rc;
	} times[] = { { 1111111049, -EACCES }, { 1111111050, 0 }, { 1111111080, 0 },
		      { 1111111110, 0 },       { 1111111139, 0 }, { 1111111140, -EACCES } };

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct staff s = somebody();

		assert_int_equal(staff_code_check(&s, "081804", times[i].at_s), times[i].rc);
	}
}

static void no_code_is_taken_twice_nor_an_older_one_after_it(void **state)
{
	struct staff s = somebody();

	assert_int_equal(staff_code_check(&s, "050471", 1111111111), 0);
	assert_int_equal(staff_code_check(&s, "050471", 1111111112), -EACCES);
	assert_int_equal(staff_code_check(&s, "081804", 1111111112), -EACCES);
	assert_int_equal(s.failures, 2);
}

static void five_wrong_ones_lock_for_a_quarter_of_an_hour(void **state)
{
	struct staff s = somebody();
	int64_t t = 1234567890;

	for (int i = 0; i < 5; i++)
		assert_int_equal(staff_code_check(&s, "000000", t - 900), -EACCES);
	assert_int_equal(staff_code_check(&s, "005924", t - 1), -EBUSY);
	assert_int_equal(staff_code_check(&s, "005924", t), 0);
	assert_int_equal(s.failures, 0);
}

static void a_good_one_forgives_wrong_ones(void **state)
{
	struct staff s = somebody();

	for (int i = 0; i < 4; i++)
		assert_int_equal(staff_code_check(&s, "000000", 1234567890), -EACCES);
	assert_int_equal(staff_code_check(&s, "005924", 1234567890), 0);
	assert_int_equal(s.failures, 0);
	assert_int_equal(s.locked_until_s, 0);
}

static void without_a_secret_there_is_no_code(void **state)
{
	struct staff s = somebody();

	s.totp[0] = '\0';
	assert_int_equal(staff_code_check(&s, "005924", 1234567890), -ENOKEY);
	OSMO_STRLCPY_ARRAY(s.totp, "not base 32!");
	assert_int_equal(staff_code_check(&s, "005924", 1234567890), -ENOKEY);
	assert_int_equal(s.failures, 0);
}

static void the_next_one_is_of_now_or_after_the_last(void **state)
{
	struct staff s = somebody();
	char code[STAFF_CODE_DIGITS + 1];

	assert_int_equal(staff_code_next(code, &s, 1111111109), 0);
	assert_string_equal(code, "081804");
	assert_int_equal(staff_code_check(&s, code, 1111111109), 0);
	assert_int_equal(staff_code_next(code, &s, 1111111109), 0);
	assert_string_equal(code, "050471");
	assert_int_equal(staff_code_check(&s, code, 1111111109), 0);
	s.totp[0] = '\0';
	assert_int_equal(staff_code_next(code, &s, 1111111109), -ENOKEY);
}

static void what_looks_like_a_code(void **state)
{
	char code[STAFF_CODE_DIGITS + 1];

	assert_true(staff_code_read(code, " 287 082 "));
	assert_string_equal(code, "287082");
	assert_true(staff_code_read(code, "٢٨٧٠٨٢"));
	assert_string_equal(code, "287082");
	assert_false(staff_code_read(code, "28708"));
	assert_false(staff_code_read(code, "2870822"));
	assert_false(staff_code_read(code, "code 287082"));
	assert_false(staff_code_read(code, ""));
}

static void a_secret_is_new_and_an_app_can_read_it(void **state)
{
	char one[STAFF_TOTP_SIZE], other[STAFF_TOTP_SIZE], *secret, *uri;
	size_t len;

	staff_code_make(one);
	staff_code_make(other);
	assert_string_not_equal(one, other);
	assert_int_equal(strlen(one), 32);
	assert_int_equal(oath_base32_decode(one, strlen(one), &secret, &len), OATH_OK);
	assert_int_equal(len, 20);
	free(secret);
	/* the form of the Key URI Format's own example */
	uri = staff_code_uri(NULL, "Den Haag", "anna@x", "JBSWY3DPEHPK3PXP");
	assert_string_equal(uri, "otpauth://totp/Den%20Haag:anna%40x?secret=JBSWY3DPEHPK3PXP"
				 "&issuer=Den%20Haag");
	talloc_free(uri);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_the_standard),
		cmocka_unit_test(one_step_beside_is_taken_and_two_are_not),
		cmocka_unit_test(no_code_is_taken_twice_nor_an_older_one_after_it),
		cmocka_unit_test(five_wrong_ones_lock_for_a_quarter_of_an_hour),
		cmocka_unit_test(a_good_one_forgives_wrong_ones),
		cmocka_unit_test(without_a_secret_there_is_no_code),
		cmocka_unit_test(the_next_one_is_of_now_or_after_the_last),
		cmocka_unit_test(what_looks_like_a_code),
		cmocka_unit_test(a_secret_is_new_and_an_app_can_read_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
