// SPDX-License-Identifier: AGPL-3.0-or-later
/* Lists of reports for other systems: what SQL's plain words find, found without looking at what was not asked. */
#include "store/store_open311.h"
#include "store/store_test.h"

#define DAY 86400

/* Mostly lamps; every 50th a tree and every 70th a tap; one in three is open.  Several have the same moment. */
static void fill(struct store *st, int n)
{
	char *sql = talloc_asprintf(
		st,
		"WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < %d) "
		"INSERT INTO report (reference, category, state, state_at, created, updated, promise, "
		"language, channel) SELECT printf('%%07d', n), iif(n %% 50 = 0, 'tree', "
		"iif(n %% 70 = 0, 'tap', 'lamp')), iif(n %% 3 = 0, 'received', "
		"'closed'), %d, %d + n / 3, %d + n * 7919 %% 10007, 0, 'nl', 'sms' FROM i",
		n, T0, T0, T0);

	begin(st);
	assert_int_equal(store_sql(st, sql), 0);
	end(st);
	talloc_free(sql);
}

struct seen {
	int64_t id[1000];
	size_t n;
};

#define PIECE 32  /* rows that one call gives at most */
#define LOOKS 512 /* rows of an index that it looks at, some 40 steps each */

static bool see(const struct report *r, bool open311, const char *media_url, void *data)
{
	struct seen *seen = data;

	assert_true(seen->n < ARRAY_SIZE(seen->id));
	seen->id[seen->n++] = r->id;
	return true;
}

static void read_all(struct store *st, const struct store_open311_filter *f, struct seen *seen)
{
	struct store_open311_reports *list = store_open311_reports(seen, st, f);
	size_t before = 0;
	int rc;

	while ((rc = store_open311_reports_next(list, see, seen)) > 0) {
		assert_true(seen->n - before <= PIECE);
		before = seen->n;
	}
	assert_int_equal(rc, 0);
	talloc_free(list);
}

/* What the filter finds is what these words of SQL find. */
static void same(struct store *st, const struct store_open311_filter *f, const char *where)
{
	struct seen *seen = talloc_zero(st, struct seen);
	const char *time = f->by_update ? "updated" : "created";
	char *sql = talloc_asprintf(seen,
				    "SELECT id FROM report WHERE %s BETWEEN %lld AND %lld AND %s "
				    "ORDER BY %s DESC, id DESC LIMIT %u OFFSET %u",
				    time, (long long)f->from_s, (long long)f->to_s, where, time,
				    f->limit, f->offset);
	sqlite3_stmt *s;
	size_t n = 0;

	read_all(st, f, seen);
	assert_int_equal(sqlite3_prepare_v2(st->db, sql, -1, &s, NULL), SQLITE_OK);
	for (; sqlite3_step(s) == SQLITE_ROW; n++)
		assert_int_equal(n < seen->n ? seen->id[n] : -1, sqlite3_column_int64(s, 0));
	sqlite3_finalize(s);
	assert_int_equal(seen->n, n);
	assert_true(n > 0);
	talloc_free(seen);
}

static struct store_open311_filter all(const char *codes)
{
	return (struct store_open311_filter){ .from_s = T0,
					      .to_s = T0 + 90 * DAY,
					      .codes = codes,
					      .open = true,
					      .closed = true,
					      .limit = 1000 };
}

static void some_categories_are_merged_by_time(void **state)
{
	struct store_open311_filter f = all(",tap,tree,tap,,none,");

	fill(*state, 9000);
	same(*state, &f, "category IN ('tap', 'tree')");
	f.offset = 100; /* within a block */
	f.limit = 7;
	same(*state, &f, "category IN ('tap', 'tree')");
	f.from_s = T0 + 500;
	f.to_s = T0 + 1500;
	f.offset = 0;
	f.limit = 1000;
	same(*state, &f, "category IN ('tap', 'tree')");
	f.closed = false;
	same(*state, &f, "category IN ('tap', 'tree') AND state = 'received'");
	f.open = false;
	f.closed = true;
	same(*state, &f, "category IN ('tap', 'tree') AND state = 'closed'");
	f.open = f.by_update = true;
	same(*state, &f, "category IN ('tap', 'tree')");
	f.codes = ",lamp,";
	f.offset = 300;
	f.limit = 900;
	same(*state, &f, "category = 'lamp'");
}

static void without_categories_all_are_listed(void **state)
{
	struct store_open311_filter f = all(NULL);

	fill(*state, 3000);
	same(*state, &f, "1");
	f.closed = false;
	same(*state, &f, "state = 'received'");
	f.by_update = true;
	same(*state, &f, "state = 'received'");
	f.offset = 333;
	f.limit = 100;
	same(*state, &f, "state = 'received'");
	f.offset = 0;
	f.limit = 1000;
	f.open = false;
	f.closed = true;
	same(*state, &f, "state = 'closed'");
}

/* Steps of SQLite's machine since the last time this was asked. */
static int64_t steps(struct store *st)
{
	int64_t n = 0;

	for (int i = 0; i < STMT_COUNT; i++)
		n += sqlite3_stmt_status(st->stmts[i], SQLITE_STMTSTATUS_VM_STEP, 1);
	return n;
}

static int64_t steps_of(struct store *st, const struct store_open311_filter *f)
{
	struct seen *seen = talloc_zero(st, struct seen);
	int64_t n;

	steps(st);
	read_all(st, f, seen);
	n = steps(st);
	talloc_free(seen);
	return n;
}

/* Ten times as much of what was not asked for costs nothing; to walk over a row of an index takes five steps at least. */
static void what_was_not_asked_for_is_not_looked_at(void **state)
{
	static const char lamps[] =
		"WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 18000) "
		"INSERT INTO report (reference, category, state, state_at, created, updated, promise, "
		"language, channel) SELECT printf('1%07d', n), 'lamp', 'closed', 0, 1700000000 + n, "
		"1700000000 + n, 0, 'nl', 'sms' FROM i";
	struct store_open311_filter f[5] = { all(",tap,tree,"), all(",tap,tree,"), all(",tap,"),
					     all(NULL), all(NULL) };
	int64_t before[5];

	f[1].by_update = f[4].by_update = true;
	f[2].closed = f[3].closed = f[4].closed = false;
	fill(*state, 2000);
	for (int i = 0; i < 5; i++)
		before[i] = steps_of(*state, &f[i]);
	begin(*state);
	assert_int_equal(store_sql(*state, lamps), 0);
	end(*state);
	for (int i = 0; i < 5; i++)
		if (steps_of(*state, &f[i]) > before[i] + 5 * 1000)
			fail_msg("filter %d", i);
}

/* Whatever is asked for: of all that are open those that are not, of the last page what stands before it. */
static void a_piece_looks_at_so_many_rows_and_no_more(void **state)
{
	struct store_open311_filter f[3] = { all(NULL), all(NULL), all(",lamp,") };
	struct store *st = *state;

	fill(st, 30000);
	begin(st);
	assert_int_equal(store_sql(st, "UPDATE report SET state = 'received'"), 0);
	end(st);
	f[0].open = f[2].open = false;
	f[1].offset = 20000;
	f[2].by_update = true;
	for (int i = 0; i < 3; i++) {
		struct seen *seen = talloc_zero(st, struct seen);
		struct store_open311_reports *list = store_open311_reports(seen, st, &f[i]);
		int64_t most = 0, all_of_it = 0;
		int rc;

		steps(st);
		do {
			int64_t n;

			rc = store_open311_reports_next(list, see, seen);
			n = steps(st);
			most = OSMO_MAX(most, n);
			all_of_it += n;
		} while (rc > 0);
		assert_int_equal(rc, 0);
		assert_true(all_of_it > 5 * LOOKS * 50);
		if (most > LOOKS * 50)
			fail_msg("filter %d: %lld of %lld", i, (long long)most,
				 (long long)all_of_it);
		talloc_free(seen);
	}
}

static bool see_few(const struct report *r, bool open311, const char *media_url, void *data)
{
	struct seen *seen = data;

	return see(r, open311, media_url, data) && seen->n % 7; /* it ends a piece amid a block */
}

/* Between two pieces reports are filed, changed and closed: some that are read by then and not given, some not yet read. */
static void what_happens_meanwhile_comes_once_or_not_at_all(void **state)
{
	static const char changes[] =
		"INSERT INTO report (reference, category, state, state_at, created, updated, promise, "
		"language, channel) VALUES ('x', 'lamp', 'received', 0, 1700000300, 1700000300, 0, "
		"'nl', 'sms');"
		"UPDATE report SET updated = 1700009999 WHERE id IN (20, 280);"
		"UPDATE report SET state = 'closed' WHERE id IN (30, 285)";
	struct store *st = *state;

	fill(st, 300);
	begin(st);
	assert_int_equal(store_sql(st, "UPDATE report SET state = 'received', updated = created"),
			 0);
	end(st);
	for (int by_update = 0; by_update < 2; by_update++) {
		struct seen *seen = talloc_zero(st, struct seen);
		struct store_open311_filter f = all(NULL);
		struct store_open311_reports *list;
		char had[302] = "";

		f.to_s = T0 + 100;
		f.closed = false;
		f.by_update = by_update;
		list = store_open311_reports(seen, st, &f);
		assert_int_equal(store_open311_reports_next(list, see_few, seen), 1);
		assert_int_equal(seen->n, 7);
		begin(st);
		assert_int_equal(store_sql(st, changes), 0);
		while (store_open311_reports_next(list, see_few, seen) > 0)
			;
		store_undo(st);
		for (size_t i = 0; i < seen->n; i++) {
			assert_int_equal(had[seen->id[i]], 0);
			had[seen->id[i]] = 1;
		}
		assert_int_equal(had[301], 0);
		assert_int_equal(had[20] + had[280], 2 * !by_update);
		assert_int_equal(had[30] + had[285], 0);
		assert_int_equal(seen->n, 300 - 2 - 2 * by_update);
		talloc_free(seen);
	}
}

static bool see_event(const struct store_open311_event *e, void *data)
{
	struct seen *seen = data;

	assert_true(seen->n < ARRAY_SIZE(seen->id));
	seen->id[seen->n++] = e->event.id;
	return seen->n % 7; /* it ends a piece where it likes */
}

/* Of each report that it was received, which is not told, and what its contractor says; many within a second. */
static void events_come_in_the_order_they_were_written(void **state)
{
	static const char filled[] =
		"INSERT INTO report_event (report_id, at, state, who, channel, note, written) "
		"SELECT id, created, 'received', 'resident', 'sms', '', 1700000000 + id % 50 FROM report;"
		"INSERT INTO report_event (report_id, at, state, who, channel, note, written) "
		"SELECT id, created, 'planned', 'contractor a', 'contractor', '', 1700000000 + id % 50 FROM report";
	struct store *st = *state;
	struct seen *seen = talloc_zero(st, struct seen);
	struct store_open311_events *list;
	sqlite3_stmt *s;
	size_t n = 0;

	fill(st, 500);
	begin(st);
	assert_int_equal(store_sql(st, filled), 0);
	end(st);
	list = store_open311_events(seen, st, T0 + 10, T0 + 39, 200, 50);
	while (store_open311_events_next(list, see_event, seen) > 0)
		;
	assert_int_equal(
		sqlite3_prepare_v2(st->db,
				   "SELECT id FROM report_event WHERE state = 'planned' AND "
				   "written BETWEEN 1700000010 AND 1700000039 "
				   "ORDER BY written, id LIMIT 200 OFFSET 50",
				   -1, &s, NULL),
		SQLITE_OK);
	for (; sqlite3_step(s) == SQLITE_ROW; n++)
		assert_int_equal(n < seen->n ? seen->id[n] : -1, sqlite3_column_int64(s, 0));
	sqlite3_finalize(s);
	assert_int_equal(n, 200);
	assert_int_equal(seen->n, n);
	talloc_free(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(some_categories_are_merged_by_time),
		STORE_TEST(without_categories_all_are_listed),
		STORE_TEST(what_was_not_asked_for_is_not_looked_at),
		STORE_TEST(a_piece_looks_at_so_many_rows_and_no_more),
		STORE_TEST(what_happens_meanwhile_comes_once_or_not_at_all),
		STORE_TEST(events_come_in_the_order_they_were_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
