// SPDX-License-Identifier: AGPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <talloc.h>

#include "talk/render.h"

static const char *const three[] = { "een", "twee", "drie" };

static void options_stand_below_the_text_with_their_keys(void **state)
{
	struct render r = { .text = "Kies:", .labels = three, .n = 3, .numbered = true };
	size_t shown;
	char *text = render_page(NULL, DIALOGUE_SMS, &r, &shown);

	assert_string_equal(text, "Kies:\n1 een\n2 twee\n3 drie");
	assert_int_equal(shown, 3);
	talloc_free(text);
}

static void list_without_keys_has_dashes(void **state)
{
	struct render r = { .text = "Bekend:", .labels = three, .n = 2 };
	size_t shown;
	char *text = render_page(NULL, DIALOGUE_SMS, &r, &shown);

	assert_string_equal(text, "Bekend:\n- een\n- twee");
	talloc_free(text);
}

static void page_ends_where_two_parts_are_full(void **state)
{
	/* 2 parts hold 306 septets: a heading of 5 and labels of 100 with key and line end 103 */
	char label[101];
	const char *const labels[] = { label, label, label, label };
	struct render r = {
		.text = "Kies:", .labels = labels, .n = 4, .numbered = true, .more = "# meer"
	};
	size_t shown;
	char *text;

	memset(label, 'a', 100);
	label[100] = '\0';
	text = render_page(NULL, DIALOGUE_SMS, &r, &shown);
	assert_int_equal(shown, 2);
	assert_string_equal(text + strlen(text) - 7, "\n# meer");
	talloc_free(text);

	r.from = 2;
	r.text = "";
	text = render_page(NULL, DIALOGUE_SMS, &r, &shown);
	assert_int_equal(shown, 2);
	assert_int_equal(text[0], '3'); /* keys keep their meaning over the pages */
	assert_null(strstr(text, "# meer"));
	talloc_free(text);
}

static void page_has_nine_keys_at_most(void **state)
{
	const char *labels[12];
	struct render r = { .text = "", .labels = labels, .n = 12, .numbered = true, .more = "#" };
	size_t shown;
	char *text;

	for (size_t i = 0; i < 12; i++)
		labels[i] = "x";
	text = render_page(NULL, DIALOGUE_SMS, &r, &shown);
	assert_int_equal(shown, 9);
	talloc_free(text);
}

static void label_too_long_for_a_page_is_still_shown(void **state)
{
	char label[1001];
	const char *const labels[] = { label, "b" };
	struct render r = { .labels = labels, .n = 2, .numbered = true, .more = "#" };
	size_t shown;
	char *text;

	memset(label, 'a', 1000);
	label[1000] = '\0';
	text = render_page(NULL, DIALOGUE_SMS, &r, &shown);
	assert_int_equal(shown, 1);
	talloc_free(text);
}

static void sms_answer_is_two_parts(void **state)
{
	char text[308];

	memset(text, 'a', 307);
	text[307] = '\0';
	assert_false(render_fits(DIALOGUE_SMS, text));
	text[306] = '\0';
	assert_true(render_fits(DIALOGUE_SMS, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_below_the_text_with_their_keys),
		cmocka_unit_test(list_without_keys_has_dashes),
		cmocka_unit_test(page_ends_where_two_parts_are_full),
		cmocka_unit_test(page_has_nine_keys_at_most),
		cmocka_unit_test(label_too_long_for_a_page_is_still_shown),
		cmocka_unit_test(sms_answer_is_two_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
