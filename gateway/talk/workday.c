// SPDX-License-Identifier: AGPL-3.0-or-later
#include <errno.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include <osmocom/core/utils.h>

#include "talk/workday.h"
#include "wire/rfc3339.h"

#define ZONE_MAX 64
#define DAY_MIN	 (24 * 60)

/* No promise reaches further; it bounds the walk over days. */
#define DAYS_MAX 3660

/* Easter Sunday as a day of March (32 is the first of April), Gregorian: the algorithm of
 * Meeus, Jones and Butcher. */
static int easter_in_march(int year)
{
	int golden = year % 19, century = year / 100, rest = year % 100;
	int leap_shift = century - century / 4;
	int moon_shift = (century - (century + 8) / 25 + 1) / 3;
	int moon = (19 * golden + leap_shift - moon_shift + 15) % 30;
	int weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
	int late = (golden + 11 * moon + 22 * weekday) / 451;
	int day = moon + weekday - 7 * late + 114;

	return day % 31 + 1 + (day / 31 == 4 ? 31 : 0);
}

/* Days since the first of March, counted as if it were month 0 day 1; only for March to June. */
static int day_of_spring(int month, int day)
{
	static const int before[] = {
		[UCAL_MARCH] = 0, [UCAL_APRIL] = 31, [UCAL_MAY] = 61, [UCAL_JUNE] = 92
	};

	return month >= UCAL_MARCH && month <= UCAL_JUNE ? before[month] + day : 0;
}

static bool is_easter_holiday(int year, int month, int day)
{
	int since = day_of_spring(month, day) - easter_in_march(year);

	/* Easter Monday, Ascension Day, Whit Monday */
	return day_of_spring(month, day) > 0 && (since == 1 || since == 39 || since == 50);
}

/* King's Day is moved to the Saturday if the 27th is a Sunday. */
static bool is_kings_day(int month, int day, int weekday)
{
	return month == UCAL_APRIL &&
	       ((day == 27 && weekday != UCAL_SUNDAY) || (day == 26 && weekday == UCAL_SATURDAY));
}

static bool is_holiday(int year, int month, int day, int weekday)
{
	if (month == UCAL_JANUARY && day == 1)
		return true;
	if (month == UCAL_DECEMBER && (day == 25 || day == 26))
		return true;
	if (month == UCAL_MAY && day == 5 && year % 5 == 0)
		return true;
	return is_kings_day(month, day, weekday) || is_easter_holiday(year, month, day);
}

static bool is_workday(UCalendar *cal, UErrorCode *status)
{
	int weekday = ucal_get(cal, UCAL_DAY_OF_WEEK, status);

	if (weekday == UCAL_SATURDAY || weekday == UCAL_SUNDAY)
		return false;
	return !is_holiday(ucal_get(cal, UCAL_YEAR, status), ucal_get(cal, UCAL_MONTH, status),
			   ucal_get(cal, UCAL_DAY_OF_MONTH, status), weekday);
}

static void to_end_of_day(UCalendar *cal)
{
	ucal_set(cal, UCAL_HOUR_OF_DAY, 23);
	ucal_set(cal, UCAL_MINUTE, 59);
	ucal_set(cal, UCAL_SECOND, 59);
	ucal_set(cal, UCAL_MILLISECOND, 0);
}

static UCalendar *open_calendar(const char *zone, UErrorCode *status)
{
	UChar wide[ZONE_MAX];
	int32_t len = 0;

	u_strFromUTF8(wide, ZONE_MAX, &len, zone, -1, status);
	return ucal_open(wide, len, "nl_NL", UCAL_GREGORIAN, status);
}

int64_t workday_awake(int64_t at_s, const char *zone)
{
	UErrorCode status = U_ZERO_ERROR;
	UCalendar *cal = open_calendar(zone, &status);
	int64_t awake_s = at_s;
	int hour;

	OSMO_ASSERT(U_SUCCESS(status));
	ucal_setMillis(cal, (double)at_s * 1000.0, &status);
	hour = ucal_get(cal, UCAL_HOUR_OF_DAY, &status);
	if (hour >= WORKDAY_NIGHT_FROM_H || hour < WORKDAY_NIGHT_TO_H) {
		if (hour >= WORKDAY_NIGHT_FROM_H)
			ucal_add(cal, UCAL_DAY_OF_MONTH, 1, &status);
		ucal_set(cal, UCAL_HOUR_OF_DAY, WORKDAY_NIGHT_TO_H);
		ucal_set(cal, UCAL_MINUTE, 0);
		ucal_set(cal, UCAL_SECOND, 0);
		ucal_set(cal, UCAL_MILLISECOND, 0);
		awake_s = (int64_t)(ucal_getMillis(cal, &status) / 1000.0);
	}
	ucal_close(cal);
	return U_SUCCESS(status) ? awake_s : at_s;
}

int64_t workday_after(int64_t from_s, int days, bool working, const char *zone)
{
	UErrorCode status = U_ZERO_ERROR;
	UCalendar *cal = open_calendar(zone, &status);
	int64_t end_s;

	OSMO_ASSERT(U_SUCCESS(status)); /* ICU takes an unknown zone for GMT */
	days = OSMO_MIN(OSMO_MAX(days, 0), DAYS_MAX);
	ucal_setMillis(cal, (double)from_s * 1000.0, &status);
	if (!working)
		ucal_add(cal, UCAL_DAY_OF_MONTH, days, &status);
	while (working && U_SUCCESS(status) && (days > 0 || !is_workday(cal, &status))) {
		ucal_add(cal, UCAL_DAY_OF_MONTH, 1, &status);
		if (days > 0 && is_workday(cal, &status))
			days--;
	}
	to_end_of_day(cal);
	end_s = (int64_t)(ucal_getMillis(cal, &status) / 1000.0);
	ucal_close(cal);
	return U_SUCCESS(status) ? end_s : from_s;
}

void workday_clock(struct workday_clock *out, int64_t at_s, const char *zone)
{
	UErrorCode status = U_ZERO_ERROR;
	UCalendar *cal = open_calendar(zone, &status);
	int weekday;

	OSMO_ASSERT(U_SUCCESS(status));
	ucal_setMillis(cal, (double)at_s * 1000.0, &status);
	weekday = ucal_get(cal, UCAL_DAY_OF_WEEK, &status);
	out->weekday = (weekday - UCAL_MONDAY + 7) % 7;
	out->minute = ucal_get(cal, UCAL_HOUR_OF_DAY, &status) * 60 +
		      ucal_get(cal, UCAL_MINUTE, &status);
	out->second = ucal_get(cal, UCAL_SECOND, &status);
	out->holiday = is_holiday(ucal_get(cal, UCAL_YEAR, &status),
				  ucal_get(cal, UCAL_MONTH, &status),
				  ucal_get(cal, UCAL_DAY_OF_MONTH, &status), weekday);
	ucal_close(cal);
}

static int offset_min(int64_t at_s, const char *zone)
{
	struct workday_clock local;
	int offset;

	workday_clock(&local, at_s, zone);
	offset = local.minute - (int)(at_s / 60 % DAY_MIN);
	if (offset < -DAY_MIN / 2)
		offset += DAY_MIN;
	if (offset > DAY_MIN / 2)
		offset -= DAY_MIN;
	return offset;
}

int workday_read(int64_t *at_s, const char *text, const char *zone)
{
	int64_t wall_s, other_s;

	if (rfc3339_read(&wall_s, text, 0) < 0 || rfc3339_read(&other_s, text, 60) < 0)
		return -EBADMSG;
	*at_s = wall_s;
	if (other_s == wall_s)
		return 0; /* it names its zone */
	/* the offset of a first guess may be that of the other side of a change of the clock */
	for (int i = 0; i < 2; i++)
		*at_s = wall_s - (int64_t)offset_min(*at_s, zone) * 60;
	return 0;
}
