// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/store_console.h"

#include "store/store_int.h"

#define BUCKETS	     412
#define HOUR_BUCKETS 48

static int weeks_of(struct store *st, const char *what, int64_t first_week, size_t n,
		    struct console_week *out, size_t offset)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_REPORT_WEEKS, V_TEXT(what),
				     V_INT(day_of_week(first_week)),
				     V_INT(day_of_week(first_week + (int64_t)n)));
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		int64_t at = sqlite3_column_int64(s, 0) - first_week;

		if (at >= 0 && at < (int64_t)n)
			*(int64_t *)((char *)&out[at] + offset) = sqlite3_column_int64(s, 1);
	}
	return rc;
}

int store_console_weeks(struct store *st, int64_t first_week, struct console_week *out, size_t n)
{
	int rc;

	memset(out, 0, n * sizeof(*out));
	rc = weeks_of(st, "filed", first_week, n, out, offsetof(struct console_week, filed));
	if (rc == 0)
		rc = weeks_of(st, "solved", first_week, n, out,
			      offsetof(struct console_week, solved));
	if (rc == 0)
		rc = weeks_of(st, "kept", first_week, n, out, offsetof(struct console_week, kept));
	return rc;
}

static int names(struct store *st, sqlite3_stmt *s,
		 bool (*each)(const char *name, int64_t n, void *data), void *data)
{
	int rc, count = 0;

	while ((rc = stmt_row(st, s)) > 0) {
		count++;
		if (!each(column_text(s, 0), sqlite3_column_int64(s, 1), data)) {
			stmt_end(s);
			break;
		}
	}
	return rc < 0 ? rc : count;
}

int store_console_categories(struct store *st, int64_t from_day, size_t max,
			     bool (*each)(const char *slug, int64_t n, void *data), void *data)
{
	return names(st, STORE_BIND(st, STMT_REPORT_CATEGORIES, V_INT(from_day), V_INT(max)), each,
		     data);
}

int store_console_areas(struct store *st, int64_t from_day, size_t max,
			bool (*each)(const char *name, int64_t n, void *data), void *data)
{
	return names(st, STORE_BIND(st, STMT_REPORT_AREAS, V_INT(from_day), V_INT(max)), each,
		     data);
}

/* ---- how long ---- */

struct histogram {
	char contractor[48];
	int64_t all, n[BUCKETS];
};

/* The upper edge of a bucket. */
static int hours_of(int bucket)
{
	return bucket < HOUR_BUCKETS ? bucket + 1 : (bucket - HOUR_BUCKETS + 3) * 24;
}

static int quantile(const struct histogram *h, int percent)
{
	int64_t rank = (h->all * percent + 99) / 100, seen = 0;
	int bucket = 0;

	for (; bucket < BUCKETS - 1; bucket++) {
		seen += h->n[bucket];
		if (seen >= rank)
			break;
	}
	return hours_of(bucket);
}

static bool tell(const struct histogram *h,
		 bool (*each)(const struct console_took *took, void *data), void *data)
{
	struct console_took took = { .solved = h->all,
				     .p50_h = quantile(h, 50),
				     .p90_h = quantile(h, 90) };

	OSMO_STRLCPY_ARRAY(took.contractor, h->contractor);
	return each(&took, data);
}

int store_console_took(struct store *st, int64_t first_week,
		       bool (*each)(const struct console_took *took, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_REPORT_TOOK, V_INT(first_week));
	struct histogram *h = talloc_zero(st, struct histogram);
	bool more = true;
	int rc, count = 0;

	OSMO_ASSERT(h);
	while (more && (rc = stmt_row(st, s)) > 0) {
		int bucket = OSMO_MIN(OSMO_MAX(sqlite3_column_int(s, 1), 0), BUCKETS - 1);

		if (h->all > 0 && strcmp(h->contractor, column_text(s, 0)) != 0) {
			more = tell(h, each, data);
			count++;
			memset(h, 0, sizeof(*h));
		}
		COLUMN_INTO(h->contractor, s, 0);
		h->n[bucket] += sqlite3_column_int64(s, 2);
		h->all += sqlite3_column_int64(s, 2);
	}
	if (!more)
		stmt_end(s);
	else if (h->all > 0) {
		tell(h, each, data);
		count++;
	}
	talloc_free(h);
	return more && rc < 0 ? rc : count;
}

int64_t store_console_newest_event(struct store *st)
{
	int64_t id = 0;

	return STORE_GET(st, &id, STMT_EVENT_NEWEST, V_INT(0)) == 0 ? id : 0;
}

/* ---- menus ---- */

int store_menu_tally(struct store *st, const char *node, const char *channel, bool left,
		     int64_t now_s)
{
	return one_row(STORE_RUN(st, STMT_MENU_TALLY, V_INT(now_s / 86400), V_TEXT(node),
				 V_TEXT(channel), V_INT(!left), V_INT(left)));
}

int store_menu_figures(struct store *st, int64_t from_day,
		       bool (*each)(const char *node, const char *channel, int64_t came,
				    int64_t left, void *data),
		       void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_MENU_FIGURES, V_INT(from_day));
	int n = 0, rc;

	while ((rc = stmt_row(st, s)) > 0) {
		n++;
		if (!each(column_text(s, 0), column_text(s, 1), sqlite3_column_int64(s, 2),
			  sqlite3_column_int64(s, 3), data)) {
			stmt_end(s);
			return n;
		}
	}
	return rc < 0 ? rc : n;
}
