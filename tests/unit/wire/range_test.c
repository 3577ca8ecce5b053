// SPDX-License-Identifier: AGPL-3.0-or-later
/* Ranges of RFC 9110, 14.1.2: its examples are of 10,000 octets. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/range.h"

static void ranges(void **state)
{
	static const struct {
		const char *text;
		int rc;
		size_t first, len;
	} cases[] = {
		{ "bytes=0-499", 1, 0, 500 },
		{ "bytes=500-999", 1, 500, 500 },
		{ "bytes=-500", 1, 9500, 500 },
		{ "bytes=9500-", 1, 9500, 500 },
		{ "bytes=0-0", 1, 0, 1 },
		{ "bytes=9999-9999", 1, 9999, 1 },
		{ "bytes=9000-20000", 1, 9000, 1000 },
		{ "bytes=-20000", 1, 0, 10000 },
		{ "bytes=0-99999999999999999999999", 1, 0, 10000 },
		{ "bytes=10000-", -ERANGE, 0, 10000 },
		{ "bytes=-0", -ERANGE, 0, 10000 },
		{ "bytes=99999999999999999999999-", -ERANGE, 0, 10000 },
		{ "bytes=0-0,-1", 0, 0, 10000 },
		{ "bytes=5-4", 0, 0, 10000 },
		{ "bytes=-", 0, 0, 10000 },
		{ "bytes=", 0, 0, 10000 },
		{ "bytes=1", 0, 0, 10000 },
		{ "bytes=a-b", 0, 0, 10000 },
		{ "lines=0-1", 0, 0, 10000 },
		{ "", 0, 0, 10000 },
		{ NULL, 0, 0, 10000 },
	};
	size_t first, len;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = range_read(&first, &len, cases[i].text, 10000);

		if (rc != cases[i].rc)
			fail_msg("%s: %d", cases[i].text, rc);
		if (rc >= 0 && (first != cases[i].first || len != cases[i].len))
			fail_msg("%s: %zu, %zu", cases[i].text, first, len);
	}
}

static void of_nothing(void **state)
{
	size_t first, len;

	assert_int_equal(range_read(&first, &len, "bytes=0-", 0), -ERANGE);
	assert_int_equal(range_read(&first, &len, "bytes=-5", 0), -ERANGE);
	assert_int_equal(range_read(&first, &len, NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),
		cmocka_unit_test(of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
