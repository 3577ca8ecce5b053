// SPDX-License-Identifier: AGPL-3.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "talk/report.h"

static int read_reference(const char *text)
{
	char out[REPORT_REFERENCE_SIZE];

	return report_reference_read(out, text);
}

/* 572 -> 4, 576 -> 2 and 112946 are the examples of the Damm algorithm's articles and of other
 * programs.  A right number brings the quasigroup back to 0, so two of them after each other,
 * or one with zeros behind it, are right as well. */
static void published_check_digits_are_accepted(void **state)
{
	static const char *const right[] = { "5724000", "57625724", "1129465724", "112946112946" };

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_int_equal(read_reference(right[i]), 0);
	assert_int_equal(read_reference("5727000"), -EBADMSG);
	assert_int_equal(read_reference("1129495724"), -EBADMSG);
}

static void any_wrong_digit_and_any_swap_is_found(void **state)
{
	char bad[REPORT_REFERENCE_SIZE];

	for (size_t i = 0; i < 10; i++) {
		for (char d = '0'; d <= '9'; d++) {
			memcpy(bad, "1129465724", sizeof("1129465724"));
			if (bad[i] == d)
				continue;
			bad[i] = d;
			assert_int_equal(read_reference(bad), -EBADMSG);
		}
	}
	for (size_t i = 0; i < 9; i++) {
		memcpy(bad, "1129465724", sizeof("1129465724"));
		if (bad[i] == bad[i + 1])
			continue;
		bad[i] ^= bad[i + 1];
		bad[i + 1] ^= bad[i];
		bad[i] ^= bad[i + 1];
		assert_int_equal(read_reference(bad), -EBADMSG);
	}
}

static void made_references_read_back_and_never_begin_with_zero(void **state)
{
	uint64_t random = 88172645463325252ull;
	char made[REPORT_REFERENCE_SIZE], seen[REPORT_REFERENCE_SIZE];

	for (unsigned int i = 0; i < 60000; i++) {
		unsigned int digits = 7 + i % 6;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		report_reference_make(made, random, digits);
		assert_int_equal(strlen(made), digits);
		assert_int_not_equal(made[0], '0');
		assert_int_equal(report_reference_read(seen, made), 0);
		assert_string_equal(seen, made);
	}
}

static void the_whole_space_is_used(void **state)
{
	char made[REPORT_REFERENCE_SIZE];

	report_reference_make(made, 0, 7);
	assert_memory_equal(made, "100000", 6);
	report_reference_make(made, 899999, 7);
	assert_memory_equal(made, "999999", 6);
	report_reference_make(made, 899999999999 / 10, 12);
	assert_memory_equal(made, "99999999999", 11);
}

static void spacing_dots_dashes_and_arabic_digits_are_read(void **state)
{
	char out[REPORT_REFERENCE_SIZE];
	static const char *const same[] = {
		"572 400 0",
		" 5724000 ",
		"572.400.0",
		"572-400-0",
		"#5724000",
		"5 7 2 4 0 0 0\n",
		"572\u00a0400\u00a00",
		"\u0665\u0667\u0662\u0664\u0660\u0660\u0660",
		"\u06f5\u06f7\u06f2 \u06f4\u06f0\u06f0 \u06f0",
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_int_equal(report_reference_read(out, same[i]), 0);
		assert_string_equal(out, "5724000");
	}
}

static void what_is_no_reference_is_told_from_a_wrong_one(void **state)
{
	assert_int_equal(read_reference(""), -EINVAL);
	assert_int_equal(read_reference("572400"), -EINVAL);
	assert_int_equal(read_reference("1129461129460"), -EINVAL);
	assert_int_equal(read_reference("5724000 a"), -EINVAL);
	assert_int_equal(read_reference("\xd9"), -EINVAL);
	assert_int_equal(read_reference("0005724"), -EBADMSG);
}

static void a_failed_read_writes_nothing(void **state)
{
	char out[REPORT_REFERENCE_SIZE] = "kept";

	assert_int_equal(report_reference_read(out, "5727000"), -EBADMSG);
	assert_string_equal(out, "kept");
}

static void shown_in_groups_of_three(void **state)
{
	char out[18];

	assert_string_equal(report_reference_show(out, "4829153"), "482 915 3");
	assert_string_equal(report_reference_show(out, "112946112946"), "112 946 112 946");
}

static void names_and_states_agree(void **state)
{
	enum report_state back;

	for (int s = 0; s < REPORT_STATE_COUNT; s++) {
		assert_int_equal(report_state_read(&back, report_state_name(s)), 0);
		assert_int_equal(back, s);
	}
	assert_int_equal(report_state_read(&back, "done"), -EINVAL);
	assert_string_equal(report_state_name(REPORT_IN_PROGRESS), "in_progress");
}

static void the_design_s_way_is_open(void **state)
{
	static const enum report_state way[] = { REPORT_RECEIVED, REPORT_FORWARDED,
						 REPORT_PLANNED,  REPORT_IN_PROGRESS,
						 REPORT_SOLVED,	  REPORT_CLOSED };

	/* Ahead by any number of steps, never back. */
	for (size_t i = 0; i < 6; i++)
		for (size_t j = 0; j < 6; j++)
			assert_int_equal(report_may_become(way[i], way[j]), j >= i);
}

static void rejected_is_final_and_so_is_what_is_solved(void **state)
{
	for (int s = 0; s < REPORT_STATE_COUNT; s++) {
		bool done = s == REPORT_SOLVED || s == REPORT_CLOSED || s == REPORT_REJECTED;

		assert_int_equal(report_may_become(REPORT_REJECTED, s), s == REPORT_REJECTED);
		assert_int_equal(report_is_open(s), !done);
		assert_int_equal(report_may_become(s, REPORT_REJECTED),
				 !done || s == REPORT_REJECTED);
		assert_int_equal(report_may_become(s, REPORT_REOPENED),
				 s == REPORT_SOLVED || s == REPORT_CLOSED || s == REPORT_REOPENED);
	}
}

static void a_reopened_report_goes_the_whole_way_again(void **state)
{
	assert_true(report_may_become(REPORT_REOPENED, REPORT_FORWARDED));
	assert_true(report_may_become(REPORT_REOPENED, REPORT_PLANNED));
	assert_true(report_may_become(REPORT_REOPENED, REPORT_SOLVED));
	assert_false(report_may_become(REPORT_REOPENED, REPORT_RECEIVED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_check_digits_are_accepted),
		cmocka_unit_test(any_wrong_digit_and_any_swap_is_found),
		cmocka_unit_test(made_references_read_back_and_never_begin_with_zero),
		cmocka_unit_test(the_whole_space_is_used),
		cmocka_unit_test(spacing_dots_dashes_and_arabic_digits_are_read),
		cmocka_unit_test(what_is_no_reference_is_told_from_a_wrong_one),
		cmocka_unit_test(a_failed_read_writes_nothing),
		cmocka_unit_test(shown_in_groups_of_three),
		cmocka_unit_test(names_and_states_agree),
		cmocka_unit_test(the_design_s_way_is_open),
		cmocka_unit_test(rejected_is_final_and_so_is_what_is_solved),
		cmocka_unit_test(a_reopened_report_goes_the_whole_way_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
