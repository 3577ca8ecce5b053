// SPDX-License-Identifier: AGPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <talloc.h>

#include "talk/page.h"
#include "wire/ussd_text.h"

/* 40 octets are 45 septets: 5 * 8 + 5; or 20 units of UCS-2.  TS 23.038 6.1.2.3. */
#define SMALL 40

static const struct page_hints hints = { .more = "# meer", .back = "0 terug" };

static void assert_page(const char *text, size_t *from, const char *want)
{
	char *page = page_write(NULL, text, *from, SMALL, &hints, from);

	assert_string_equal(page, want);
	assert_true(ussd_text_octets(page, strlen(page)) <= SMALL);
	talloc_free(page);
}

static void text_that_fits_is_one_page_without_hints(void **state)
{
	const char *text = "123456789 123456789 123456789 123456789 12345";
	size_t from = 0;

	assert_page(text, &from, text);
	assert_int_equal(from, strlen(text));
	assert_int_equal(page_count(text, SMALL, &hints), 1);
}

static void one_septet_more_makes_two_pages(void **state)
{
	/* 45 septets less "\n# meer", 7, are 38: cut at the blank before the fourth word */
	const char *text = "123456789 123456789 123456789 123456789 123456";
	size_t from = 0;

	assert_page(text, &from, "123456789 123456789 123456789\n# meer");
	assert_page(text, &from, "123456789 123456\n0 terug");
	assert_int_equal(from, strlen(text));
	assert_int_equal(page_count(text, SMALL, &hints), 2);
}

static void options_are_not_torn(void **state)
{
	const char *text = "Kies:\n1 Container is vol\n2 Glas of papier kapot\n3 Iets";
	size_t from = 0;

	assert_page(text, &from, "Kies:\n1 Container is vol\n# meer");
	assert_page(text, &from, "2 Glas of papier kapot\n3 Iets\n0 terug");
	assert_int_equal(from, strlen(text));
}

static void option_longer_than_a_page_is_cut_at_a_blank(void **state)
{
	const char *text = "Kies:\n1 Container voor glas, papier of plastic vol of stuk\n2 Iets";
	size_t from = 0;

	assert_page(text, &from, "Kies:\n1 Container voor glas, papier of\n# meer");
	assert_page(text, &from, "plastic vol of stuk\n2 Iets\n0 terug");
}

static void line_that_is_no_option_fills_the_page(void **state)
{
	/* ending at the line end would leave more than half of the page empty */
	const char *text = "Dank u.\nWaar is het? Stuur de straat en het huisnummer.";
	size_t from = 0;

	assert_page(text, &from, "Dank u.\nWaar is het? Stuur de straat\n# meer");
	assert_page(text, &from, "en het huisnummer.\n0 terug");
}

static void way_back_is_shown_only_where_it_costs_no_page(void **state)
{
	/* 45 septets again on the second page: no room for "0 terug" */
	const char *text = "123456789 123456789 123456789 12345678\n"
			   "123456789 123456789 123456789 123456789 12345";
	size_t from = 0;

	assert_page(text, &from, "123456789 123456789 123456789 12345678\n# meer");
	assert_page(text, &from, "123456789 123456789 123456789 123456789 12345");
	assert_int_equal(page_count(text, SMALL, &hints), 2);
}

static void way_back_stands_on_a_middle_page_below_the_way_on(void **state)
{
	const char *text = "1 Een\n2 Twee\n3 Een heel lange keuze voor u\n4 Nog een lange keuze\n"
			   "5 De laatste lange keuze van al";
	size_t from = 0;

	assert_page(text, &from, "1 Een\n2 Twee\n# meer");
	assert_page(text, &from, "3 Een heel lange keuze voor u\n# meer\n0 terug");
	assert_page(text, &from, "4 Nog een lange keuze\n# meer\n0 terug");
	assert_page(text, &from, "5 De laatste lange keuze van al\n0 terug");
}

static void word_longer_than_a_page_is_cut_between_letters(void **state)
{
	char text[101];
	size_t from = 0;

	memset(text, 'a', 100);
	text[100] = '\0';
	assert_page(text, &from, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n# meer");
	assert_int_equal(from, 38);
}

static void letters_and_their_accents_stay_together(void **state)
{
	/* 20 units of UCS-2 less 7 are 13; each letter here is two: bet and a dot inside it */
	char text[101] = "";
	size_t from = 0;

	for (size_t i = 0; i < 25; i++)
		strcat(text, "\xd7\x91\xd6\xbc");
	talloc_free(page_write(NULL, text, 0, SMALL, &hints, &from));
	assert_int_equal(from, 6 * 4);
}

static void surrogates_and_joined_signs_stay_together(void **state)
{
	/* two people and a child joined: 3 * 2 + 2 = 8 units, so one of them a page of 13 */
	static const char family[] = "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d"
				     "\xf0\x9f\x91\xa7";
	char text[4 * sizeof(family)];
	size_t from = 0;

	text[0] = '\0';
	for (size_t i = 0; i < 3; i++)
		strcat(text, family);
	talloc_free(page_write(NULL, text, 0, SMALL, &hints, &from));
	assert_int_equal(from, strlen(family));
}

static void characters_of_the_extension_table_count_twice(void **state)
{
	/* 38 septets hold 19 of them */
	char text[91] = "";
	size_t from = 0;

	for (size_t i = 0; i < 30; i++)
		strcat(text, "\xe2\x82\xac");
	talloc_free(page_write(NULL, text, 0, SMALL, &hints, &from));
	assert_int_equal(from, 19 * 3);
}

static void page_in_the_default_alphabet_pays_nothing_for_another(void **state)
{
	/* the first 38 letters are one page, though UCS-2 follows */
	const char *text = "123456789 123456789 123456789 12345678\n\xd8\xa8\xd8\xa8";
	size_t from = 0;

	assert_page(text, &from, "123456789 123456789 123456789 12345678\n# meer");
	assert_page(text, &from, "\xd8\xa8\xd8\xa8\n0 terug");
}

static void page_before_is_the_one_that_led_here(void **state)
{
	const char *text = "1 Een\n2 Twee\n3 Een heel lange keuze voor u\n4 Nog een lange keuze\n"
			   "5 De laatste lange keuze van al";
	size_t second, third, from;

	talloc_free(page_write(NULL, text, 0, SMALL, &hints, &second));
	talloc_free(page_write(NULL, text, second, SMALL, &hints, &third));
	from = page_before(text, third, SMALL, &hints);
	assert_int_equal(from, second);
	assert_int_equal(page_before(text, second, SMALL, &hints), 0);
	assert_int_equal(page_before(text, 0, SMALL, &hints), 0);
}

static void hints_that_leave_no_room_give_way(void **state)
{
	const struct page_hints long_hints = {
		.more = "# voor alles wat nu nog niet op dit scherm te zien is"
	};
	char text[101];
	size_t from = 0;
	char *page;

	memset(text, 'a', 100);
	text[100] = '\0';
	page = page_write(NULL, text, 0, SMALL, &long_hints, &from);
	assert_int_equal(strlen(page), 45);
	assert_int_equal(from, 45);
	talloc_free(page);
}

static void blanks_at_the_end_make_no_page(void **state)
{
	const char *text = "123456789 123456789 123456789 123456789 12345  \n \n";
	size_t from = 0;

	assert_page(text, &from, "123456789 123456789 123456789 123456789 12345");
	assert_int_equal(from, strlen(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_that_fits_is_one_page_without_hints),
		cmocka_unit_test(one_septet_more_makes_two_pages),
		cmocka_unit_test(options_are_not_torn),
		cmocka_unit_test(option_longer_than_a_page_is_cut_at_a_blank),
		cmocka_unit_test(line_that_is_no_option_fills_the_page),
		cmocka_unit_test(way_back_is_shown_only_where_it_costs_no_page),
		cmocka_unit_test(way_back_stands_on_a_middle_page_below_the_way_on),
		cmocka_unit_test(word_longer_than_a_page_is_cut_between_letters),
		cmocka_unit_test(letters_and_their_accents_stay_together),
		cmocka_unit_test(surrogates_and_joined_signs_stay_together),
		cmocka_unit_test(characters_of_the_extension_table_count_twice),
		cmocka_unit_test(page_in_the_default_alphabet_pays_nothing_for_another),
		cmocka_unit_test(page_before_is_the_one_that_led_here),
		cmocka_unit_test(hints_that_leave_no_room_give_way),
		cmocka_unit_test(blanks_at_the_end_make_no_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
