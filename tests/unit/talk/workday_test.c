// SPDX-License-Identifier: AGPL-3.0-or-later
/* Holidays are those that rijksoverheid.nl lists for these years; the dates of Easter are the Vatican
 * observatory's table; offsets of the zone are the law's: last Sundays of March and October. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "talk/workday.h"
#include "wire/rfc3339.h"

#define ZONE "Europe/Amsterdam"

/* A moment as "2026-04-02 10:00" in UTC. */
static int64_t moment(const char *text)
{
	struct tm tm = {};
	const char *end = strptime(text, "%Y-%m-%d %H:%M", &tm);

	assert_non_null(end);
	return (int64_t)timegm(&tm);
}

/* The promise must end at 23:59:59 in Amsterdam, which is offset_h ahead of UTC. */
static void check(const char *from, int days, bool working, const char *day, int offset_h)
{
	char text[32];
	int64_t want_s;

	snprintf(text, sizeof(text), "%s 00:00", day);
	want_s = moment(text) + 86399 - offset_h * 3600;
	if (workday_after(moment(from), days, working, ZONE) != want_s)
		fail_msg("%s + %d%c is %lld s off %s", from, days, working ? 'w' : 'c',
			 (long long)(workday_after(moment(from), days, working, ZONE) - want_s),
			 day);
}

static void check_awake(const char *at, const char *want)
{
	assert_int_equal(workday_awake(moment(at), ZONE), moment(want));
}

static void the_night_ends_at_eight_local_time(void **state)
{
	/* winter: an hour ahead of UTC */
	check_awake("2026-11-24 20:59", "2026-11-24 20:59");
	check_awake("2026-11-24 21:00", "2026-11-25 07:00");
	check_awake("2026-11-25 03:30", "2026-11-25 07:00");
	check_awake("2026-11-25 06:59", "2026-11-25 07:00");
	check_awake("2026-11-25 07:00", "2026-11-25 07:00");
	/* summer: two */
	check_awake("2026-07-31 20:00", "2026-08-01 06:00");
	/* the nights in which the clock changes */
	check_awake("2026-10-24 20:30", "2026-10-25 07:00");
	check_awake("2027-03-27 21:30", "2027-03-28 06:00");
}

static void weekends_are_left_out(void **state)
{
	check("2026-11-23 09:00", 3, true, "2026-11-26", 1); /* Monday */
	check("2026-11-26 09:00", 3, true, "2026-12-01", 1); /* Thursday */
	check("2026-11-28 09:00", 3, true, "2026-12-02", 1); /* Saturday: Mon, Tue, Wed */
	check("2026-11-28 09:00", 0, true, "2026-11-30", 1);
	check("2026-11-27 09:00", 0, true, "2026-11-27", 1);
	check("2026-11-23 09:00", -5, true, "2026-11-23", 1);
}

static void calendar_days_are_all_days(void **state)
{
	check("2026-11-24 09:00", 21, false, "2026-12-15", 1);
	check("2026-12-24 09:00", 2, false, "2026-12-26", 1);
	check("2026-11-24 09:00", 147, false, "2027-04-20", 2);
}

static void easter_monday_ascension_and_whit_monday_are_left_out(void **state)
{
	check("2024-03-29 09:00", 1, true, "2024-04-02", 2); /* Good Friday is a working day */
	check("2025-04-18 09:00", 1, true, "2025-04-22", 2);
	check("2026-04-03 09:00", 1, true, "2026-04-07", 2);
	check("2027-03-26 09:00", 1, true, "2027-03-30", 2);
	check("2024-05-08 09:00", 1, true, "2024-05-10", 2);
	check("2025-05-28 09:00", 1, true, "2025-05-30", 2);
	check("2026-05-13 09:00", 1, true, "2026-05-15", 2);
	check("2027-05-05 09:00", 1, true, "2027-05-07", 2);
	check("2024-05-17 09:00", 1, true, "2024-05-21", 2);
	check("2025-06-06 09:00", 1, true, "2025-06-10", 2);
	check("2026-05-22 09:00", 1, true, "2026-05-26", 2);
	check("2027-05-14 09:00", 1, true, "2027-05-18", 2);
	/* the latest and the earliest Easter of our days: 25 April 2038, 23 March 2008 */
	check("2038-04-23 09:00", 1, true, "2038-04-28", 2); /* Monday and King's Day on Tuesday */
	check("2008-03-21 09:00", 1, true, "2008-03-25", 1);
}

static void kings_day_moves_off_a_sunday(void **state)
{
	check("2026-04-24 09:00", 1, true, "2026-04-28", 2); /* Monday the 27th */
	check("2027-04-26 09:00", 1, true, "2027-04-28", 2);
	check("2025-04-25 09:00", 1, true, "2025-04-28", 2); /* Sunday the 27th: held on the 26th */
	check("2028-04-26 09:00", 1, true, "2028-04-28", 2);
}

static void liberation_day_counts_every_fifth_year(void **state)
{
	check("2025-05-02 09:00", 1, true, "2025-05-06", 2); /* Monday the 5th */
	check("2026-05-04 09:00", 1, true, "2026-05-05", 2);
	check("2030-05-03 09:00", 1, true, "2030-05-06", 2); /* Sunday the 5th */
}

static void christmas_and_new_year_are_left_out(void **state)
{
	check("2026-12-24 09:00", 1, true, "2026-12-28", 1); /* Fri, Sat */
	check("2025-12-24 09:00", 1, true, "2025-12-29", 1);
	check("2026-12-31 09:00", 1, true, "2027-01-04", 1); /* Friday the first */
	check("2025-12-31 09:00", 0, true, "2025-12-31", 1);
	check("2026-01-01 09:00", 0, true, "2026-01-02", 1);
}

static void the_day_is_the_citys_day(void **state)
{
	check("2026-06-30 22:30", 0, false, "2026-07-01", 2); /* past midnight in Amsterdam */
	check("2026-12-01 23:30", 0, false, "2026-12-02", 1);
	check("2026-06-30 21:30", 0, false, "2026-06-30", 2);
}

static void the_clock_may_change_in_between(void **state)
{
	check("2026-03-27 09:00", 3, true, "2026-04-01", 2);
	check("2026-10-23 09:00", 3, true, "2026-10-28", 1);
	check("2026-10-24 09:00", 1, false, "2026-10-25", 1);
	check("2026-03-28 09:00", 1, false, "2026-03-29", 2);
}

/* Wall clocks of Amsterdam: one hour from UTC in winter, two in summer (Directive 2000/84/EC). */
static void a_moment_is_read_by_the_clock_on_the_wall(void **state)
{
	static const struct {
		const char *text, *utc;
	} times[] = {
		{ "2026-12-01T18:00", "2026-12-01T17:00:00Z" },
		{ "2026-07-01 00:30", "2026-06-30T22:30:00Z" },
		{ "2026-12-01", "2026-11-30T23:00:00Z" },
		{ "2026-03-29T01:59", "2026-03-29T00:59:00Z" },
		{ "2026-03-29T03:00", "2026-03-29T01:00:00Z" },
		{ "2026-10-25T01:59", "2026-10-24T23:59:00Z" },
		{ "2026-10-25T03:00", "2026-10-25T02:00:00Z" },
		{ "2026-12-01T18:00Z", "2026-12-01T18:00:00Z" },
		{ "2026-12-01T18:00-05:00", "2026-12-01T23:00:00Z" },
	};
	int64_t at_s, utc_s;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_int_equal(rfc3339_read(&utc_s, times[i].utc, 0), 0);
		assert_int_equal(workday_read(&at_s, times[i].text, "Europe/Amsterdam"), 0);
		assert_int_equal(at_s, utc_s);
	}
	assert_int_equal(workday_read(&at_s, "soon", "Europe/Amsterdam"), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_night_ends_at_eight_local_time),
		cmocka_unit_test(weekends_are_left_out),
		cmocka_unit_test(calendar_days_are_all_days),
		cmocka_unit_test(easter_monday_ascension_and_whit_monday_are_left_out),
		cmocka_unit_test(kings_day_moves_off_a_sunday),
		cmocka_unit_test(liberation_day_counts_every_fifth_year),
		cmocka_unit_test(christmas_and_new_year_are_left_out),
		cmocka_unit_test(the_day_is_the_citys_day),
		cmocka_unit_test(the_clock_may_change_in_between),
		cmocka_unit_test(a_moment_is_read_by_the_clock_on_the_wall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
