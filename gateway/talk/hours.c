// SPDX-License-Identifier: AGPL-3.0-or-later
/* hours.c - see hours.h. */
#include "talk/hours.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "talk/workday.h"

#define DAY_MIN	  (24 * 60)
#define DAYS	  7
#define LOOK_DAYS 14
#define LOOK_MIN  60

static const char *const names[DAYS] = { "mo", "tu", "we", "th", "fr", "sa", "su" };

/* ---- words ---- */

static int read_day(const char **at)
{
	for (int i = 0; i < DAYS; i++) {
		if (strncmp(*at, names[i], 2) != 0)
			continue;
		*at += 2;
		return i;
	}
	return -EINVAL;
}

/* "mo-fr", "sa": also over the weekend, "fr-mo". */
static int read_days(uint8_t *days, const char *text)
{
	int first, last;

	*days = 0;
	do {
		first = last = read_day(&text);
		if (first < 0)
			return -EINVAL;
		if (*text == '-') {
			text++;
			last = read_day(&text);
		}
		if (last < 0)
			return -EINVAL;
		for (int i = first; i != last; i = (i + 1) % DAYS)
			*days |= 1 << i;
		*days |= 1 << last;
	} while (*text++ == ',');
	return text[-1] == '\0' ? 0 : -EINVAL;
}

/* "08:00" */
static int read_clock(const char **at, uint16_t *min)
{
	const char *t = *at;

	for (int i = 0; i < 5; i++)
		if (i == 2 ? t[i] != ':' : t[i] < '0' || t[i] > '9')
			return -EINVAL;
	*min = (t[0] * 10 + t[1] - '0' * 11) * 60 + (t[3] * 10 + t[4] - '0' * 11);
	*at += 5;
	return t[3] < '6' && *min <= DAY_MIN ? 0 : -EINVAL;
}

int hours_read(struct hours *out, const char *days, const char *span)
{
	struct hours h = {};

	if (days && read_days(&h.days, days) < 0)
		return -EINVAL;
	if (read_clock(&span, &h.from_min) < 0 || *span++ != '-' ||
	    read_clock(&span, &h.to_min) < 0 || *span || h.from_min >= h.to_min)
		return -EINVAL;
	*out = h;
	return 0;
}

/* Each run of days as "mo-fr". */
static size_t write_days(char *out, size_t size, uint8_t days)
{
	size_t len = 0;

	for (int i = 0; i < DAYS; i++) {
		int last = i;

		if (!(days & 1 << i))
			continue;
		while (last + 1 < DAYS && (days & 1 << (last + 1)))
			last++;
		len += snprintf(out + len, size - len, "%s%s", len ? "," : "", names[i]);
		if (last > i)
			len += snprintf(out + len, size - len, "-%s", names[last]);
		i = last;
	}
	return len + snprintf(out + len, size - len, " ");
}

const char *hours_write(char out[HOURS_SIZE], const struct hours *h)
{
	size_t len = h->days ? write_days(out, HOURS_SIZE, h->days) : 0;

	snprintf(out + len, HOURS_SIZE - len, "%02u:%02u-%02u:%02u", h->from_min / 60,
		 h->from_min % 60, h->to_min / 60, h->to_min % 60);
	return out;
}

/* ---- the clock ---- */

static bool is_day(const struct hours *h, const struct workday_clock *now)
{
	return !h->days || (!now->holiday && (h->days & 1 << now->weekday));
}

bool hours_open(const struct hours *h, size_t n, int64_t at_s, const char *zone)
{
	struct workday_clock now;

	workday_clock(&now, at_s, zone);
	for (size_t i = 0; i < n; i++)
		if (is_day(&h[i], &now) && now.minute >= h[i].from_min && now.minute < h[i].to_min)
			return true;
	return false;
}

/* Minutes until the next opening of this day or the next day, an hour at most: then it is looked again, for the
 * clock may have been put forward or back. */
static int wait_min(const struct hours *h, size_t n, const struct workday_clock *now)
{
	int wait = DAY_MIN - now->minute;

	if (wait > LOOK_MIN)
		wait = LOOK_MIN;

	for (size_t i = 0; i < n; i++)
		if (is_day(&h[i], now) && h[i].from_min > now->minute &&
		    h[i].from_min - now->minute < wait)
			wait = h[i].from_min - now->minute;
	return wait;
}

int64_t hours_next(const struct hours *h, size_t n, int64_t at_s, const char *zone)
{
	struct workday_clock now;
	int64_t next_s = at_s;

	while (next_s < at_s + LOOK_DAYS * DAY_MIN * 60) {
		if (hours_open(h, n, next_s, zone))
			return next_s;
		workday_clock(&now, next_s, zone);
		next_s += wait_min(h, n, &now) * 60 - now.second;
	}
	return at_s;
}
