// SPDX-License-Identifier: AGPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "talk/fuzzy.h"

/* The distances of the articles: kitten/sitting and saturday/sunday (Levenshtein), ca/abc, which is
 * 3 in optimal string alignment and 2 in the unrestricted distance. */
static void textbook_distances(void **state)
{
	assert_int_equal(fuzzy_distance("kitten", "sitting", 9), 3);
	assert_int_equal(fuzzy_distance("saturday", "sunday", 9), 3);
	assert_int_equal(fuzzy_distance("ca", "abc", 9), 3);
	assert_int_equal(fuzzy_distance("teh", "the", 9), 1);
	assert_int_equal(fuzzy_distance("", "abc", 9), 3);
	assert_int_equal(fuzzy_distance("", "", 0), 0);
	assert_int_equal(fuzzy_distance("weimarstraat", "weimarstraat", 0), 0);
}

static void what_is_beyond_the_ceiling_is_one_more(void **state)
{
	assert_int_equal(fuzzy_distance("kitten", "sitting", 3), 3);
	assert_int_equal(fuzzy_distance("kitten", "sitting", 2), 3);
	assert_int_equal(fuzzy_distance("kitten", "sitting", 0), 1);
	assert_int_equal(fuzzy_distance("a", "abcdefgh", 2), 3);
}

/* Every ceiling gives the same answer up to itself: the early end never cuts too soon. */
static void a_ceiling_never_changes_a_smaller_distance(void **state)
{
	static const char *const words[] = { "spui",	    "spuj",	    "psui",
					     "ipus",	    "weimarstraat", "wiemarstraat",
					     "waimerstrat", "stationsweg",  "ab",
					     "ba" };
	const size_t n = sizeof(words) / sizeof(words[0]);

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			int whole = fuzzy_distance(words[i], words[j], 99);

			assert_int_equal(fuzzy_distance(words[j], words[i], 99), whole);
			for (int c = 0; c < 12; c++)
				assert_int_equal(fuzzy_distance(words[i], words[j], c),
						 whole <= c ? whole : c + 1);
		}
	}
}

static void letters_are_counted_not_bytes(void **state)
{
	assert_int_equal(fuzzy_distance("\u0634\u0627\u0631\u0639", "\u0634\u0631\u0627\u0639", 3),
			 1);
	assert_int_equal(fuzzy_distance("caf\u0633", "cafe", 3), 1);
	assert_int_equal(fuzzy_letters("\u0634\u0627\u0631\u0639 1"), 6);
}

static void any_bytes_are_survived(void **state)
{
	char long_text[400];

	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	assert_int_equal(fuzzy_distance("\xf0", "\xe2\x82", 2), 1);
	assert_int_equal(fuzzy_distance(long_text, long_text, 2), 3);
}

static void longer_names_are_forgiven_more(void **state)
{
	assert_int_equal(fuzzy_allowed(3), 0);
	assert_int_equal(fuzzy_allowed(4), 1);
	for (size_t n = 1; n < 60; n++)
		assert_true(fuzzy_allowed(n) >= fuzzy_allowed(n - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(textbook_distances),
		cmocka_unit_test(what_is_beyond_the_ceiling_is_one_more),
		cmocka_unit_test(a_ceiling_never_changes_a_smaller_distance),
		cmocka_unit_test(letters_are_counted_not_bytes),
		cmocka_unit_test(any_bytes_are_survived),
		cmocka_unit_test(longer_names_are_forgiven_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
