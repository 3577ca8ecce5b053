/* store_console.h - figures of the console's first page, from tallies that triggers keep (sql/009_report_tally.sql).
 *
 * Part of the store: see store.h.  Each costs what it shows, however many reports there are.  Days are UTC's, since
 * 1970, and weeks begin on Monday: week_of_day(0), of 1970-01-01, is 0.  A report that was reopened does not count as
 * solved until it is solved again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

static inline int64_t week_of_day(int64_t day)
{
	return (day + 3) / 7;
}

static inline int64_t day_of_week(int64_t week)
{
	return week * 7 - 3;
}

struct console_week {
	int64_t filed, solved, kept; /* kept: of the solved, within their promise */
};

/*! n weeks from one on, oldest first; those of which nothing is known are 0. \returns 0; -EIO */
int store_console_weeks(struct store *st, int64_t first_week, struct console_week *out, size_t n);

/*! Filed since a day, by category slug or by area (its name; "" not known), most first, up to max. \returns count */
int store_console_categories(struct store *st, int64_t from_day, size_t max,
			     bool (*each)(const char *slug, int64_t n, void *data), void *data);
int store_console_areas(struct store *st, int64_t from_day, size_t max,
			bool (*each)(const char *name, int64_t n, void *data), void *data);

/*! A turn ended with this question of the menus, or (left) no answer to it came any more. */
int store_menu_tally(struct store *st, const char *node, const char *channel, bool left,
		     int64_t now_s);
/*! Since a day, by node and channel. \returns count */
int store_menu_figures(struct store *st, int64_t from_day,
		       bool (*each)(const char *node, const char *channel, int64_t came,
				    int64_t left, void *data),
		       void *data);

/* How long one contractor took for what it solved: half, and nine of ten, took at most so many hours.  Exact to the hour
 * up to two days, to the day above. */
struct console_took {
	char contractor[48]; /* "": none had it */
	int64_t solved;
	int p50_h, p90_h;
};

/*! Since a week, by name. \returns count */
int store_console_took(struct store *st, int64_t first_week,
		       bool (*each)(const struct console_took *took, void *data), void *data);

/*! Id of the newest event of any report, 0 if there is none. */
int64_t store_console_newest_event(struct store *st);
