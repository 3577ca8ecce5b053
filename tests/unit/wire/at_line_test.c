// SPDX-License-Identifier: AGPL-3.0-or-later
/* Lines are those of 3GPP TS 27.007 and 27.005 and of the vendors' manuals. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/at_line.h"

static void quoted_string_then_number(void **state)
{
	struct at_line al;
	char buf[16];
	int dcs;

	assert_true(at_line_open(&al, "+CUSD: \"2 wegen\", 15", "+CUSD:"));
	assert_int_equal(at_line_string(&al, buf, sizeof(buf)), 7);
	assert_string_equal(buf, "2 wegen");
	assert_int_equal(at_line_number(&al, &dcs), 0);
	assert_int_equal(dcs, 15);
	assert_int_equal(at_line_number(&al, &dcs), -ENODATA);
}

static void another_prefix_is_refused(void **state)
{
	struct at_line al;

	assert_false(at_line_open(&al, "+CMT: ,22", "+CMTI:"));
	assert_false(at_line_open(&al, "+CM", "+CMTI:"));
	assert_true(at_line_open(&al, "OK", ""));
}

static void empty_values_keep_their_place(void **state)
{
	struct at_line al;
	char buf[8] = "x";
	int n = 7;

	assert_true(at_line_open(&al, "+CMGL: 3,1,,22", "+CMGL:"));
	assert_int_equal(at_line_number(&al, &n), 0);
	assert_int_equal(at_line_number(&al, &n), 0);
	assert_int_equal(at_line_number(&al, &n), -EINVAL);
	assert_int_equal(n, 1);
	assert_int_equal(at_line_string(&al, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_int_equal(at_line_number(&al, &n), 0);
	assert_int_equal(n, 22);
	assert_int_equal(at_line_skip(&al), -ENODATA);
}

static void value_may_be_empty_at_either_end(void **state)
{
	struct at_line al;
	char buf[8];
	int n;

	assert_true(at_line_open(&al, "+CMT: ,22", "+CMT:"));
	assert_int_equal(at_line_string(&al, buf, sizeof(buf)), 0);
	assert_int_equal(at_line_number(&al, &n), 0);
	assert_int_equal(n, 22);

	assert_true(at_line_open(&al, "+X: 1,", "+X:"));
	assert_int_equal(at_line_number(&al, &n), 0);
	assert_int_equal(at_line_number(&al, &n), -EINVAL);
	assert_int_equal(at_line_string(&al, buf, sizeof(buf)), 0);
	assert_int_equal(at_line_string(&al, buf, sizeof(buf)), -ENODATA);

	assert_true(at_line_open(&al, "+X:", "+X:"));
	assert_int_equal(at_line_string(&al, buf, sizeof(buf)), -ENODATA);
}

static void numbers_have_limits(void **state)
{
	struct at_line al;
	int n = 5;

	assert_true(at_line_open(&al, "2147483647", ""));
	assert_int_equal(at_line_number(&al, &n), 0);
	assert_int_equal(n, INT_MAX);
	assert_true(at_line_open(&al, "2147483648", ""));
	assert_int_equal(at_line_number(&al, &n), -ERANGE);
	assert_true(at_line_open(&al, "12x", ""));
	assert_int_equal(at_line_number(&al, &n), -EINVAL);
	assert_true(at_line_open(&al, "\"12\"", ""));
	assert_int_equal(at_line_number(&al, &n), -EINVAL);
	assert_int_equal(n, INT_MAX);
	assert_true(at_line_open(&al, "-113 ,1", ""));
	assert_int_equal(at_line_number(&al, &n), 0);
	assert_int_equal(n, -113);
}

static void failed_read_leaves_the_value_to_read_again(void **state)
{
	struct at_line al;
	char small[3], buf[8];
	int n;

	assert_true(at_line_open(&al, "\"NL KPN\",2", ""));
	assert_int_equal(at_line_number(&al, &n), -EINVAL);
	assert_int_equal(at_line_string(&al, small, sizeof(small)), -ENOSPC);
	assert_int_equal(at_line_string(&al, buf, sizeof(buf)), 6);
	assert_string_equal(buf, "NL KPN");
}

static void quotes_and_commas_may_stand_inside_a_string(void **state)
{
	struct at_line al;
	char buf[32];
	int n;

	assert_true(at_line_open(&al, "+CUSD: 0,\"say \"ja\", or nee\",15", "+CUSD:"));
	assert_int_equal(at_line_number(&al, &n), 0);
	assert_true(at_line_string(&al, buf, sizeof(buf)) > 0);
	assert_true(at_line_open(&al, "\"a\"b\",1", ""));
	assert_int_equal(at_line_string(&al, buf, sizeof(buf)), 3);
	assert_string_equal(buf, "a\"b");
	assert_true(at_line_open(&al, "\"never closed,1", ""));
	assert_int_equal(at_line_string(&al, buf, sizeof(buf)), -EINVAL);
}

static void bare_strings_lose_their_blanks(void **state)
{
	struct at_line al;
	char buf[16];

	assert_true(at_line_open(&al, "+CPIN: SIM PIN ", "+CPIN:"));
	assert_int_equal(at_line_string(&al, buf, sizeof(buf)), 7);
	assert_string_equal(buf, "SIM PIN");
}

static void list_in_brackets_is_one_value(void **state)
{
	struct at_line al;
	char buf[16];
	int n;

	assert_true(at_line_open(&al, "+CPMS: (\"SM\",\"ME\"),(\"SM\"),7", "+CPMS:"));
	assert_int_equal(at_line_skip(&al), 0);
	assert_int_equal(at_line_skip(&al), 0);
	assert_int_equal(at_line_number(&al, &n), 0);
	assert_int_equal(n, 7);
	assert_true(at_line_open(&al, "\"a,b\",c", ""));
	assert_int_equal(at_line_skip(&al), 0);
	assert_int_equal(at_line_string(&al, buf, sizeof(buf)), 1);
	assert_string_equal(buf, "c");
}

static void ranges_become_bits(void **state)
{
	struct at_line al;
	uint32_t mask = 0;

	assert_true(at_line_open(&al, "+CNMI: (0-2),(0,1,3),(0,2),(0-1,4), 1 ,2-3,()", "+CNMI:"));
	assert_int_equal(at_line_range(&al, &mask), 0);
	assert_int_equal(mask, 0x07);
	assert_int_equal(at_line_range(&al, &mask), 0);
	assert_int_equal(mask, 0x0b);
	assert_int_equal(at_line_range(&al, &mask), 0);
	assert_int_equal(mask, 0x05);
	assert_int_equal(at_line_range(&al, &mask), 0);
	assert_int_equal(mask, 0x13);
	assert_int_equal(at_line_range(&al, &mask), 0);
	assert_int_equal(mask, 0x02);
	assert_int_equal(at_line_range(&al, &mask), 0);
	assert_int_equal(mask, 0x0c);
	assert_int_equal(at_line_range(&al, &mask), 0);
	assert_int_equal(mask, 0);
	assert_int_equal(at_line_range(&al, &mask), -ENODATA);
}

static void ranges_that_are_none_are_refused(void **state)
{
	static const char *const lines[] = {
		"(1", "(1-", "(a)", "(\"SM\")", "1x", "(1)x", "(1 2)"
	};
	struct at_line al;
	uint32_t mask = 9;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_true(at_line_open(&al, lines[i], ""));
		assert_int_equal(at_line_range(&al, &mask), -EINVAL);
	}
	assert_int_equal(mask, 9);
	assert_true(at_line_open(&al, "(0,5-2147483647)", ""));
	assert_int_equal(at_line_range(&al, &mask), 0);
	assert_int_equal(mask, 0xffffffe1u);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoted_string_then_number),
		cmocka_unit_test(another_prefix_is_refused),
		cmocka_unit_test(empty_values_keep_their_place),
		cmocka_unit_test(value_may_be_empty_at_either_end),
		cmocka_unit_test(numbers_have_limits),
		cmocka_unit_test(failed_read_leaves_the_value_to_read_again),
		cmocka_unit_test(quotes_and_commas_may_stand_inside_a_string),
		cmocka_unit_test(bare_strings_lose_their_blanks),
		cmocka_unit_test(list_in_brackets_is_one_value),
		cmocka_unit_test(ranges_become_bits),
		cmocka_unit_test(ranges_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
