// SPDX-License-Identifier: AGPL-3.0-or-later
/* What a callback may say, and in which words it is told that it may not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <talloc.h>

#include "wire/update.h"

static int read_text(struct update *out, const char *text)
{
	void *ctx = talloc_new(NULL);
	char *why;
	int rc = update_read(ctx, out, text, strlen(text), &why);

	assert_true((rc == 0) == (why == NULL));
	talloc_free(ctx);
	return rc;
}

static void all_of_it_is_read(void **state)
{
	struct update u;

	assert_int_equal(read_text(&u, "{\"reference\":\"482 915 3\",\"status\":\"planned\","
				       "\"expected\":\"2026-11-26\",\"note\":\"morgen\\n\\tvroeg\","
				       "\"at\":\"2026-11-24T09:00:00+01:00\",\"extra\":[1]}"),
			 0);
	assert_string_equal(u.reference, "482 915 3");
	assert_string_equal(u.status, "planned");
	assert_int_equal(u.expected_s, 1795694400); /* noon UTC of that day */
	assert_int_equal(u.at_s, 1795507200);
	assert_string_equal(u.note, "morgen  vroeg");
}

static void what_may_be_left_out_is(void **state)
{
	struct update u;

	assert_int_equal(read_text(&u, "{\"reference\":4829153,\"status\":\"solved\"}"), 0);
	assert_string_equal(u.reference, "4829153");
	assert_int_equal(u.expected_s, 0);
	assert_int_equal(u.at_s, 0);
	assert_string_equal(u.note, "");
	assert_int_equal(read_text(&u, "{\"reference\":\"1\",\"status\":null,\"note\":\"x\"}"), 0);
	assert_string_equal(u.status, "");
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} wrong[] = {
		{ "", -EBADMSG },
		{ "{", -EBADMSG },
		{ "{\"reference\":\"1\",\"reference\":\"2\"}", -EBADMSG },
		{ "{\"reference\":\"a\\u0000b\"}", -EBADMSG },
		{ "\xff", -EBADMSG },
		{ "[]", -EINVAL },
		{ "1", -EBADMSG },
		{ "{}", -EINVAL },
		{ "{\"status\":\"solved\"}", -EINVAL },
		{ "{\"reference\":\"1\"}", -EINVAL },
		{ "{\"reference\":true,\"status\":\"solved\"}", -EINVAL },
		{ "{\"reference\":\"1\",\"status\":\"done\"}", -EINVAL },
		{ "{\"reference\":\"1\",\"status\":\"SOLVED\"}", -EINVAL },
		{ "{\"reference\":\"1\",\"status\":3}", -EINVAL },
		{ "{\"reference\":\"1\",\"status\":\"planned\",\"expected\":\"soon\"}", -EINVAL },
		{ "{\"reference\":\"1\",\"status\":\"planned\",\"expected\":1795507200}", -EINVAL },
		{ "{\"reference\":\"1\",\"status\":\"planned\",\"expected\":\"2026-02-30\"}",
		  -EINVAL },
		{ "{\"reference\":\"1\",\"status\":\"planned\",\"expected\":\"1970-01-01\"}",
		  -EINVAL },
		{ "{\"reference\":\"1\",\"status\":\"solved\",\"at\":{}}", -EINVAL },
		{ "{\"reference\":\"1\",\"status\":\"solved\",\"note\":[\"x\"]}", -EINVAL },
		{ "{\"reference\":\"123456789012345678901234567890123\",\"status\":\"solved\"}",
		  -EINVAL },
	};
	struct update u;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(read_text(&u, wrong[i].text), wrong[i].rc);
}

static void a_note_has_a_ceiling(void **state)
{
	char *text = talloc_strdup(NULL, "{\"reference\":\"1\",\"note\":\"");
	struct update u;

	for (int i = 0; i < UPDATE_NOTE_MAX; i++)
		text = talloc_strdup_append_buffer(text, "n");
	assert_int_equal(read_text(&u, talloc_asprintf(text, "%s\"}", text)), 0);
	assert_int_equal(strlen(u.note), UPDATE_NOTE_MAX);
	assert_int_equal(read_text(&u, talloc_asprintf(text, "%sn\"}", text)), -EINVAL);
	talloc_free(text);
}

static void a_body_that_is_wrong_changes_nothing(void **state)
{
	struct update u = { .reference = "before" };

	assert_int_equal(read_text(&u, "{\"reference\":\"1\",\"status\":\"x\"}"), -EINVAL);
	assert_string_equal(u.reference, "before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_read),
		cmocka_unit_test(what_may_be_left_out_is),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(a_note_has_a_ceiling),
		cmocka_unit_test(a_body_that_is_wrong_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
