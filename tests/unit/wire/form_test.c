// SPDX-License-Identifier: AGPL-3.0-or-later
/* Forms as WHATWG URL, 5 writes them, and request targets (RFC 9112, 3.2.1). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <talloc.h>

#include "wire/form.h"
#include "wire/target.h"

/* Expected text from Python's urllib.parse.urlencode(). */
static void pairs_are_encoded(void **state)
{
	char *form = form_add(talloc_strdup(NULL, ""), "attribute[x]", "zak ernaast é & =+%");

	form = form_add(form, "b", "");
	assert_string_equal(form, "attribute%5Bx%5D=zak+ernaast+%C3%A9+%26+%3D%2B%25&b=");
	talloc_free(form);
}

static void a_path_segment_has_no_plus(void **state)
{
	char *text = form_escape(NULL, "a b/c");

	assert_string_equal(text, "a%20b%2Fc");
	talloc_free(text);
}

static void pairs_are_read_back(void **state)
{
	const char *text = "a=1+2&&b%5B%5D=%c3%A9&c";
	struct form_reader reader;
	char name[16], value[16];

	form_open(&reader, text, strlen(text));
	assert_int_equal(form_next(&reader, name, 16, value, 16), 1);
	assert_string_equal(name, "a");
	assert_string_equal(value, "1 2");
	assert_int_equal(form_next(&reader, name, 16, value, 16), 1);
	assert_string_equal(name, "b[]");
	assert_string_equal(value, "é");
	assert_int_equal(form_next(&reader, name, 16, value, 16), 1);
	assert_string_equal(name, "c");
	assert_string_equal(value, "");
	assert_int_equal(form_next(&reader, name, 16, value, 16), 0);
}

static void half_an_escape_is_wrong_and_the_rest_is_read(void **state)
{
	static const char *const wrong[] = { "a=%", "a=%4", "a=%zz", "a=%00", "%=1" };
	struct form_reader reader;
	char name[16], value[16];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		form_open(&reader, wrong[i], strlen(wrong[i]));
		assert_int_equal(form_next(&reader, name, 16, value, 16), -EBADMSG);
		assert_int_equal(form_next(&reader, name, 16, value, 16), 0);
	}
	form_open(&reader, "a=0123456789012345&b=1", 22);
	assert_int_equal(form_next(&reader, name, 16, value, 16), -ENOSPC);
	assert_int_equal(form_next(&reader, name, 16, value, 16), 1);
	assert_string_equal(name, "b");
}

static void a_target_is_taken_apart(void **state)
{
	struct target t;

	assert_int_equal(target_read(&t, "/handset/%2B31612345678/messages?after=7&wait=25&q=a+b"),
			 0);
	assert_int_equal(t.n, 3);
	assert_string_equal(t.segments[0], "handset");
	assert_string_equal(t.segments[1], "+31612345678");
	assert_string_equal(t.segments[2], "messages");
	assert_string_equal(target_param(&t, "after"), "7");
	assert_string_equal(target_param(&t, "wait"), "25");
	assert_string_equal(target_param(&t, "q"), "a b");
	assert_null(target_param(&t, "afte"));
}

static void a_plus_in_a_path_stays(void **state)
{
	struct target t;

	assert_int_equal(target_read(&t, "/handset/+31612345678"), 0);
	assert_string_equal(t.segments[1], "+31612345678");
}

static void an_encoded_slash_stays_in_its_segment(void **state)
{
	struct target t;

	assert_int_equal(target_read(&t, "/a%2Fb/../c//d/"), 0);
	assert_int_equal(t.n, 5);
	assert_string_equal(t.segments[0], "a/b");
	assert_string_equal(t.segments[1], "..");
	assert_string_equal(t.segments[3], "");
	assert_string_equal(t.segments[4], "d");
}

static void the_root_has_no_segments(void **state)
{
	struct target t;

	assert_int_equal(target_read(&t, "/"), 0);
	assert_int_equal(t.n, 0);
	assert_int_equal(target_read(&t, "/?a"), 0);
	assert_int_equal(t.n, 0);
	assert_int_equal(t.n_params, 1);
}

static void wrong_targets_are_refused(void **state)
{
	static const char *const wrong[] = { "",     "*",      "http://x/", "/%",
					     "/%00", "/a%0Ab", "/a?b=%",    "/a?b=%0D" };
	struct target t;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(target_read(&t, wrong[i]), -EBADMSG);
}

static void what_is_over_a_ceiling_is_refused(void **state)
{
	char text[TARGET_MAX + 2];
	struct target t;

	memset(text, 'a', sizeof(text));
	text[0] = '/';
	text[TARGET_MAX + 1] = '\0';
	assert_int_equal(target_read(&t, text), -E2BIG);
	text[TARGET_MAX] = '\0';
	assert_int_equal(target_read(&t, text), 0);
	assert_int_equal(target_read(&t, "/1/2/3/4/5/6/7/8"), 0);
	assert_int_equal(target_read(&t, "/1/2/3/4/5/6/7/8/9"), -E2BIG);
	assert_int_equal(target_read(&t, "/?1&2&3&4&5&6&7&8&9&a&b&c&d&e&f&g&h"), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_encoded),
		cmocka_unit_test(a_path_segment_has_no_plus),
		cmocka_unit_test(pairs_are_read_back),
		cmocka_unit_test(half_an_escape_is_wrong_and_the_rest_is_read),
		cmocka_unit_test(a_target_is_taken_apart),
		cmocka_unit_test(a_plus_in_a_path_stays),
		cmocka_unit_test(an_encoded_slash_stays_in_its_segment),
		cmocka_unit_test(the_root_has_no_segments),
		cmocka_unit_test(wrong_targets_are_refused),
		cmocka_unit_test(what_is_over_a_ceiling_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
