// SPDX-License-Identifier: AGPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "talk/answer.h"
#include "talk_fixture.h"

/* Noon UTC of some days, by date(1). */
#define NOW_S	    1795507200 /* 2026-11-24 08:00 UTC */
#define NOV_24_2026 1795521600
#define NOV_25_2026 1795608000
#define JAN_05_2027 1799150400
#define FEB_29_2028 1835438400

static void chosen(const char *text, int expected, bool loose)
{
	static const char *const labels[] = { "Container vol of kapot", "Lantaarn", "Iets anders" };

	assert_int_equal(answer_option(text, labels, 3, loose), expected);
}

static void option_is_a_number_or_its_words(void **state)
{
	chosen("2", 1, false);
	chosen("2.", 1, false);
	chosen("(3)", 2, false);
	chosen("lantaarn", 1, false);
	chosen("LANTAARN!", 1, false);
	chosen("container vol", 0, true);
	chosen("iets", 2, true);
	chosen("keuze 3", 2, true);
	chosen("1 graag", 0, true);
	chosen("\xd9\xa2", 1, false); /* Arabic-Indic two */
}

static void what_is_no_option_is_none(void **state)
{
	chosen("0", -1, true);
	chosen("4", -1, true);
	chosen("12", -1, true);
	chosen("99999999999999999999", -1, true);
	chosen("1 graag", -1, false);
	chosen("2511BT 70", -1, true);
	chosen("1 lantaarn en 2 containers vol", -1, true);
	chosen("", -1, true);
	chosen("container vol", -1, false); /* it may be an answer in words */
}

static void number_may_have_a_unit(void **state)
{
	int64_t n = -1;

	assert_int_equal(answer_number(&n, "12"), 0);
	assert_int_equal(n, 12);
	assert_int_equal(answer_number(&n, " 3 stuks "), 0);
	assert_int_equal(n, 3);
	assert_int_equal(answer_number(&n, "twaalf"), -EINVAL);
	assert_int_equal(answer_number(&n, "3 4"), -EINVAL);
	assert_int_equal(answer_number(&n, "99999999999999999999"), -ERANGE);
	assert_int_equal(n, 3);
}

static void day(struct talk *talk, const char *text, int64_t expected)
{
	int64_t at = 0;

	assert_int_equal(answer_date(&at, text, NOW_S, talk->phrases, "nl"), 0);
	assert_int_equal(at, expected);
}

static void day_is_read_in_every_usual_form(void **state)
{
	char *error;
	struct talk *talk = fixture_talk(NULL, fixture_menus, &error);
	int64_t at;

	day(talk, "24-11", NOV_24_2026);
	day(talk, "24/11/2026", NOV_24_2026);
	day(talk, "24.11.26", NOV_24_2026);
	day(talk, "2026-11-24", NOV_24_2026);
	day(talk, "vandaag", NOV_24_2026);
	day(talk, "Morgen", NOV_25_2026);
	day(talk, "5 1", JAN_05_2027);
	day(talk, "29-2-2028", FEB_29_2028);
	assert_int_equal(answer_date(&at, "31-2-2027", NOW_S, talk->phrases, "nl"), -EINVAL);
	assert_int_equal(answer_date(&at, "24-13", NOW_S, talk->phrases, "nl"), -EINVAL);
	assert_int_equal(answer_date(&at, "24", NOW_S, talk->phrases, "nl"), -EINVAL);
	assert_int_equal(answer_date(&at, "1-1-1-1", NOW_S, talk->phrases, "nl"), -EINVAL);
	talloc_free(talk);
}

static void an_option_may_be_spelled(void **state)
{
	char *error;
	struct talk *talk = fixture_talk(NULL, fixture_menus, &error);

	assert_int_equal(answer_spelled("De eerste.", 3, talk->phrases), 0);
	assert_int_equal(answer_spelled("twee", 3, talk->phrases), 1);
	assert_int_equal(answer_spelled("optie 3", 3, talk->phrases), 2);
	assert_int_equal(answer_spelled("optie twee", 3, talk->phrases), 1);
	assert_int_equal(answer_spelled("twee", 1, talk->phrases), -1);
	assert_int_equal(answer_spelled("optie 4", 3, talk->phrases), -1);
	assert_int_equal(answer_spelled("optie 0", 3, talk->phrases), -1);
	assert_int_equal(answer_spelled("een container is vol", 3, talk->phrases), -1);
	assert_int_equal(answer_spelled("optie 1 of 2", 3, talk->phrases), -1);
	assert_int_equal(answer_spelled("", 3, talk->phrases), -1);
	talloc_free(talk);
}

static void yes_and_no_are_keys_or_words(void **state)
{
	char *error;
	struct talk *talk = fixture_talk(NULL, fixture_menus, &error);

	assert_int_equal(answer_yes_no("1", talk->phrases, "nl"), 1);
	assert_int_equal(answer_yes_no("2", talk->phrases, "nl"), 0);
	assert_int_equal(answer_yes_no("Ja hoor", talk->phrases, "nl"), 1);
	assert_int_equal(answer_yes_no("nee, nog niet", talk->phrases, "nl"), 0);
	assert_int_equal(answer_yes_no("misschien", talk->phrases, "nl"), -EINVAL);
	assert_int_equal(answer_yes_no("3", talk->phrases, "nl"), -EINVAL);
	talloc_free(talk);
}

static void cleaned_text_is_utf8_without_control_characters(void **state)
{
	char *clean = answer_clean(NULL, "  Spui\r\n\t70 \x01 caf\xc3\xa9 \xff\xfe ");

	assert_string_equal(clean, "Spui 70 caf\xc3\xa9");
	talloc_free(clean);
}

static void cleaned_text_has_a_bound(void **state)
{
	char *huge = talloc_zero_size(NULL, 100001), *clean;

	memset(huge, 'a', 100000);
	clean = answer_clean(huge, huge);
	assert_true(strlen(clean) <= ANSWER_TEXT_MAX);
	talloc_free(huge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(option_is_a_number_or_its_words),
		cmocka_unit_test(what_is_no_option_is_none),
		cmocka_unit_test(number_may_have_a_unit),
		cmocka_unit_test(day_is_read_in_every_usual_form),
		cmocka_unit_test(an_option_may_be_spelled),
		cmocka_unit_test(yes_and_no_are_keys_or_words),
		cmocka_unit_test(cleaned_text_is_utf8_without_control_characters),
		cmocka_unit_test(cleaned_text_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
