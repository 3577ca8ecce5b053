// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/rfc3339.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400

/* timegm() and gmtime_r() know no zone and no clock. */
static int64_t days_from_date(int year, int month, int day)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };

	return timegm(&tm) / DAY_S;
}

/* Years 0 to 9999 have a written form; a time outside is held at the edge. */
static int64_t clamp_s(int64_t s)
{
	const int64_t first = days_from_date(0, 1, 1) * DAY_S;
	const int64_t last = days_from_date(10000, 1, 1) * DAY_S - 1;

	return s < first ? first : s > last ? last : s;
}

const char *rfc3339_write(char *out, int64_t utc_s, int offset_min)
{
	struct tm tm;
	time_t local;
	int n;

	if (offset_min <= -24 * 60 || offset_min >= 24 * 60)
		offset_min = 0;
	local = clamp_s(clamp_s(utc_s) + offset_min * 60);
	gmtime_r(&local, &tm);
	n = snprintf(out, RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900,
		     tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (offset_min == 0) {
		snprintf(out + n, RFC3339_SIZE - (size_t)n, "Z");
	} else {
		int ahead = offset_min < 0 ? -offset_min : offset_min;

		snprintf(out + n, RFC3339_SIZE - (size_t)n, "%c%02d:%02d",
			 offset_min < 0 ? '-' : '+', ahead / 60, ahead % 60);
	}
	return out;
}

/* Read exactly n digits that are at least min and at most max. */
static bool take_number(const char **at, int n, int min, int max, int *out)
{
	int value = 0;

	while (n-- > 0) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + *(*at)++ - '0';
	}
	*out = value;
	return value >= min && value <= max;
}

static bool take_byte(const char **at, const char *bytes)
{
	if (**at == '\0' || !strchr(bytes, **at))
		return false;
	(*at)++;
	return true;
}

static int days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool take_date(const char **at, int64_t *days)
{
	int year, month, day;

	if (!take_number(at, 4, 0, 9999, &year) || !take_byte(at, "-") ||
	    !take_number(at, 2, 1, 12, &month) || !take_byte(at, "-") ||
	    !take_number(at, 2, 1, days_of_month(year, month), &day))
		return false;
	*days = days_from_date(year, month, day);
	return true;
}

/* hh:mm[:ss[.fraction]]; second 60 is a leap second and counts as the next minute. */
static bool take_time(const char **at, int *seconds)
{
	int hour, minute, second = 0;

	if (!take_number(at, 2, 0, 23, &hour) || !take_byte(at, ":") ||
	    !take_number(at, 2, 0, 59, &minute))
		return false;
	if (take_byte(at, ":")) {
		if (!take_number(at, 2, 0, 60, &second))
			return false;
		if (take_byte(at, ".,")) {
			if (!take_byte(at, "0123456789"))
				return false;
			while (take_byte(at, "0123456789"))
				;
		}
	}
	*seconds = hour * 3600 + minute * 60 + second;
	return true;
}

/* Z, +hh:mm, +hhmm or nothing. */
static bool take_zone(const char **at, int *offset_min)
{
	int hours, minutes, sign;

	if (**at == '\0')
		return true;
	if (take_byte(at, "Zz")) {
		*offset_min = 0;
		return true;
	}
	sign = **at == '-' ? -1 : 1;
	if (!take_byte(at, "+-") || !take_number(at, 2, 0, 23, &hours))
		return false;
	take_byte(at, ":");
	if (!take_number(at, 2, 0, 59, &minutes))
		return false;
	*offset_min = sign * (hours * 60 + minutes);
	return true;
}

int rfc3339_read(int64_t *utc_s, const char *text, int offset_min)
{
	int64_t days;
	int seconds = 0;

	if (!take_date(&text, &days))
		return -EBADMSG;
	if (*text != '\0') {
		if (!take_byte(&text, "Tt ") || !take_time(&text, &seconds) ||
		    !take_zone(&text, &offset_min) || *text != '\0')
			return -EBADMSG;
	}
	*utc_s = days * DAY_S + seconds - offset_min * 60;
	return 0;
}
