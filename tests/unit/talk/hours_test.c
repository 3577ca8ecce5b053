// SPDX-License-Identifier: AGPL-3.0-or-later
/* Opening hours: as they are written, over holidays and the change of the clock. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "talk/hours.h"

#define ZONE "Europe/Amsterdam"

static struct hours of(const char *days, const char *span)
{
	struct hours h;

	assert_int_equal(hours_read(&h, days, span), 0);
	return h;
}

static void what_is_read_is_written(void **state)
{
	static const char *const both[][3] = {
		{ "mo-fr", "08:00-17:00", "mo-fr 08:00-17:00" },
		{ "sa", "10:30-12:00", "sa 10:30-12:00" },
		{ "mo,we,th,fr", "00:00-24:00", "mo,we-fr 00:00-24:00" },
		{ "fr-mo", "09:05-09:06", "mo,fr-su 09:05-09:06" },
		{ NULL, "08:00-21:00", "08:00-21:00" },
	};
	char out[HOURS_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		struct hours h = of(both[i][0], both[i][1]);

		assert_string_equal(hours_write(out, &h), both[i][2]);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const days[] = { "", "m", "mon", "mo-", "mo-xx", "-fr", "mo,", "MO" };
	static const char *const spans[] = { "",
					     "8:00-17:00",
					     "08:00",
					     "08:00-",
					     "17:00-08:00",
					     "08:00-08:00",
					     "08:60-09:00",
					     "24:01-25:00",
					     "08:00-24:01",
					     "08:00-17:00x",
					     "08.00-17.00",
					     "\xff\xff:00-17:00" };
	struct hours h;

	for (size_t i = 0; i < ARRAY_SIZE(days); i++)
		assert_int_equal(hours_read(&h, days[i], "08:00-17:00"), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++)
		assert_int_equal(hours_read(&h, "mo", spans[i]), -EINVAL);
}

/* Moments by date(1), Europe/Amsterdam. */
#define MON_0759  1764572399 /* 2025-12-01 07:59:59 */
#define MON_0800  1764572400
#define MON_1659  1764604799 /* 16:59:59 */
#define MON_1700  1764604800
#define TUE_0800  1764658800
#define FRI_1700  1764950400 /* 2025-12-05 17:00:00 */
#define NEXT_MON  1765177200 /* 2025-12-08 08:00:00 */
#define EVE_1700  1766592000 /* 2025-12-24 17:00:00, Wednesday */
#define AFTER_MON 1766991600 /* 2025-12-29 08:00:00: two days of Christmas and a weekend */
#define SPRING_SA 1774712700 /* 2026-03-28 16:45:00: the clock goes forward in the night */
#define SPRING_SU 1774764000 /* 2026-03-29 08:00:00 */

static void open_between_its_minutes(void **state)
{
	struct hours h = of("mo-fr", "08:00-17:00");

	assert_false(hours_open(&h, 1, MON_0759, ZONE));
	assert_true(hours_open(&h, 1, MON_0800, ZONE));
	assert_true(hours_open(&h, 1, MON_1659, ZONE));
	assert_false(hours_open(&h, 1, MON_1700, ZONE));
	assert_false(hours_open(NULL, 0, MON_0800, ZONE));
}

static void next_is_the_first_minute_that_is_open(void **state)
{
	struct hours week = of("mo-fr", "08:00-17:00"), all = of(NULL, "08:00-21:00");
	struct hours two[] = { of("mo", "10:00-11:00"), of("tu-fr", "08:00-09:00") };

	assert_int_equal(hours_next(&week, 1, MON_0759, ZONE), MON_0800);
	assert_int_equal(hours_next(&week, 1, MON_1659, ZONE), MON_1659);
	assert_int_equal(hours_next(&week, 1, MON_1700, ZONE), TUE_0800);
	assert_int_equal(hours_next(&week, 1, FRI_1700, ZONE), NEXT_MON);
	assert_int_equal(hours_next(&week, 1, EVE_1700, ZONE), AFTER_MON);
	assert_int_equal(hours_next(&all, 1, EVE_1700, ZONE), EVE_1700);
	assert_int_equal(hours_next(two, 2, MON_0759, ZONE), MON_0800 + 2 * 3600);
	assert_int_equal(hours_next(two, 2, MON_1700, ZONE), TUE_0800);
	all = of(NULL, "08:00-16:00");
	assert_int_equal(hours_next(&all, 1, SPRING_SA, ZONE), SPRING_SU);
	assert_int_equal(hours_next(NULL, 0, MON_0800, ZONE), MON_0800);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_written),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(open_between_its_minutes),
		cmocka_unit_test(next_is_the_first_minute_that_is_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
