// SPDX-License-Identifier: AGPL-3.0-or-later
/* Examples of RFC 3339 5.8; seconds since 1970 are those of date(1). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/rfc3339.h"

static void assert_read(const char *text, int offset_min, int64_t want)
{
	int64_t got = -1;

	assert_int_equal(rfc3339_read(&got, text, offset_min), 0);
	assert_int_equal(got, want);
}

static void examples_of_the_standard_are_read(void **state)
{
	assert_read("1985-04-12T23:20:50.52Z", 0, 482196050);
	assert_read("1996-12-19T16:39:57-08:00", 0, 851042397);
	assert_read("1990-12-31T23:59:60Z", 0, 662688000);
	assert_read("1937-01-01T12:00:27.87+00:20", 0, -1041337173);
}

static void looser_forms_are_read(void **state)
{
	assert_read("2026-11-24", 60, 1795474800);
	assert_read("2026-11-24t06:50:38z", 0, 1795503038);
	assert_read("2026-11-24 07:50:38", 60, 1795503038);
	assert_read("2026-11-24T07:50:38+0100", 0, 1795503038);
	assert_read("2026-11-24T06:50Z", 0, 1795503000);
	assert_read("2024-02-29", 0, 1709164800);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"2026",
		"2026-13-01",
		"2026-00-01",
		"2025-02-29",
		"2026-11-24T",
		"2026-11-24T24:00:00Z",
		"2026-11-24T06:60:00Z",
		"2026-11-24T06:50:61Z",
		"2026-11-24T06:50:38.Z",
		"2026-11-24T06:50:38+24:00",
		"2026-11-24T06:50:38Zx",
		"2026-11-24x",
		"26-11-24",
		"2026-11-24T06:50:38+1",
	};
	int64_t got = 7;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(rfc3339_read(&got, texts[i], 0), -EBADMSG);
	assert_int_equal(got, 7);
}

static void times_are_written_with_their_offset(void **state)
{
	char out[RFC3339_SIZE];

	assert_string_equal(rfc3339_write(out, 1795503038, 0), "2026-11-24T06:50:38Z");
	assert_string_equal(rfc3339_write(out, 1795503038, 60), "2026-11-24T07:50:38+01:00");
	assert_string_equal(rfc3339_write(out, 1795503038, -450), "2026-11-23T23:20:38-07:30");
	assert_string_equal(rfc3339_write(out, -1041337173, 0), "1937-01-01T11:40:27Z");
	assert_string_equal(rfc3339_write(out, 0, 0), "1970-01-01T00:00:00Z");
}

static void times_out_of_range_are_held_at_the_edge(void **state)
{
	char out[RFC3339_SIZE];

	assert_string_equal(rfc3339_write(out, INT64_MAX, 0), "9999-12-31T23:59:59Z");
	assert_string_equal(rfc3339_write(out, INT64_MIN, 0), "0000-01-01T00:00:00Z");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_of_the_standard_are_read),
		cmocka_unit_test(looser_forms_are_read),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(times_are_written_with_their_offset),
		cmocka_unit_test(times_out_of_range_are_held_at_the_edge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
