// SPDX-License-Identifier: AGPL-3.0-or-later
/* Figures of the first page: what the tallies say is what counting the reports says. */
#include "store/store_console.h"
#include "store/store_test.h"

#define DAY	86400
#define HOUR	3600
#define MONDAY	(19674LL * DAY) /* 2023-11-13, a Monday */
#define WEEK	week_of_day(19674)
#define PROMISE (3 * DAY)

static int64_t file(struct store *st, int64_t at_s, const char *category, int64_t area)
{
	struct report r = { .state = REPORT_RECEIVED,
			    .created_s = at_s,
			    .state_at_s = at_s,
			    .promise_s = at_s + PROMISE,
			    .area_id = area,
			    .language = "nl",
			    .channel = "sms",
			    .contractor = "haeghe" };

	OSMO_STRLCPY_ARRAY(r.category, category);
	assert_int_equal(store_report_add(st, &r), 0);
	return r.id;
}

static void become(struct store *st, int64_t id, enum report_state state, int64_t at_s)
{
	struct report_change change = {
		.state = state, .at_s = at_s, .who = "test", .channel = "test"
	};
	int64_t event;

	assert_int_equal(store_report_change(st, id, &change, &event), 0);
}

static void weeks_begin_on_monday(void **state)
{
	assert_int_equal(week_of_day(0), 0); /* Thursday 1970-01-01 */
	assert_int_equal(week_of_day(3), 0); /* Sunday */
	assert_int_equal(week_of_day(4), 1); /* Monday */
	assert_int_equal(day_of_week(1), 4);
	assert_int_equal(day_of_week(WEEK), 19674);
}

static void a_week_holds_what_was_filed_and_solved_in_it(void **state)
{
	struct store *st = *state;
	struct console_week w[3];
	int64_t late, kept;

	begin(st);
	file(st, MONDAY - 1, "lamp", 0);
	kept = file(st, MONDAY, "lamp", 0);
	late = file(st, MONDAY + 7 * DAY - 1, "lamp", 0);
	become(st, kept, REPORT_SOLVED, MONDAY + PROMISE); /* the last moment that keeps it */
	become(st, late, REPORT_SOLVED, MONDAY + 7 * DAY - 1 + PROMISE + 1);
	assert_int_equal(store_console_weeks(st, WEEK - 1, w, 3), 0);
	assert_int_equal(w[0].filed, 1);
	assert_int_equal(w[1].filed, 2);
	assert_int_equal(w[1].solved, 1);
	assert_int_equal(w[1].kept, 1);
	assert_int_equal(w[2].filed, 0);
	assert_int_equal(w[2].solved, 1);
	assert_int_equal(w[2].kept, 0);
}

static void what_is_reopened_was_not_solved(void **state)
{
	struct store *st = *state;
	struct console_week w[1];
	int64_t id;

	begin(st);
	id = file(st, MONDAY, "lamp", 0);
	become(st, id, REPORT_SOLVED, MONDAY + HOUR);
	become(st, id, REPORT_CLOSED, MONDAY + 2 * HOUR);
	assert_int_equal(store_console_weeks(st, WEEK, w, 1), 0);
	assert_int_equal(w[0].solved, 1);
	become(st, id, REPORT_REOPENED, MONDAY + 3 * HOUR);
	assert_int_equal(store_console_weeks(st, WEEK, w, 1), 0);
	assert_int_equal(w[0].solved, 0);
	assert_int_equal(w[0].kept, 0);
	assert_int_equal(sql_number(st, "SELECT total(n) FROM report_took"), 0);
	become(st, id, REPORT_SOLVED, MONDAY + 4 * HOUR);
	assert_int_equal(store_console_weeks(st, WEEK, w, 1), 0);
	assert_int_equal(w[0].solved, 1);
}

static bool note_name(const char *name, int64_t n, void *data)
{
	char *text = data;
	size_t len = strlen(text);

	snprintf(text + len, 64 - len, "%s=%d ", name, (int)n);
	return true;
}

static void the_most_come_first(void **state)
{
	struct store *st = *state;
	char text[64] = "";

	begin(st);
	assert_int_equal(sqlite3_exec(st->db, "INSERT INTO area VALUES (7, 'Centrum', 'centrum')",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	file(st, MONDAY, "lamp", 7);
	file(st, MONDAY, "afval", 7);
	file(st, MONDAY + DAY, "afval", 0);
	file(st, MONDAY - 1, "oud", 7);
	assert_int_equal(store_console_categories(st, 19674, 9, note_name, text), 2);
	assert_string_equal(text, "afval=2 lamp=1 ");
	text[0] = '\0';
	assert_int_equal(store_console_categories(st, 19674, 1, note_name, text), 1);
	assert_string_equal(text, "afval=2 ");
	text[0] = '\0';
	assert_int_equal(store_console_areas(st, 19674, 9, note_name, text), 2);
	assert_string_equal(text, "Centrum=2 =1 ");
}

struct took_list {
	struct console_took took[4];
	int n;
};

static bool note_took(const struct console_took *took, void *data)
{
	struct took_list *list = data;

	list->took[list->n++] = *took;
	return true;
}

/* Ten reports that took 1 to 9 hours and 20 days: half within 5 hours, nine of ten within 9. */
static void half_and_nine_of_ten(void **state)
{
	struct store *st = *state;
	struct took_list list = { .n = 0 };
	int64_t id = 0;

	begin(st);
	for (int i = 1; i <= 10; i++) {
		id = file(st, MONDAY, "lamp", 0);
		become(st, id, REPORT_SOLVED, MONDAY + (i < 10 ? i * HOUR - 1 : 20 * DAY));
	}
	assert_int_equal(store_console_took(st, WEEK, note_took, &list), 1);
	assert_string_equal(list.took[0].contractor, "haeghe");
	assert_int_equal(list.took[0].solved, 10);
	assert_int_equal(list.took[0].p50_h, 5);
	assert_int_equal(list.took[0].p90_h, 9);

	/* the slow one was another's */
	assert_int_equal(store_report_assign(st, id, "lampen", NULL), 0);
	list.n = 0;
	assert_int_equal(store_console_took(st, WEEK, note_took, &list), 2);
	assert_int_equal(list.took[0].solved, 9);
	assert_string_equal(list.took[1].contractor, "lampen");
	assert_int_equal(list.took[1].p50_h,
			 21 * 24); /* within the day that follows the twentieth */
	list.n = 0;
	assert_int_equal(store_console_took(st, WEEK + 1, note_took, &list), 1);
}

#define LEFT(a, b) "SELECT count(*) FROM (SELECT * FROM (" a ") EXCEPT SELECT * FROM (" b "))"
#define KEPT_DAYS  "SELECT what, day, name, n FROM report_day WHERE n > 0"
#define COUNTED_DAYS                                                                          \
	"SELECT 'filed', created / 86400, '', count(*) FROM report GROUP BY 2 UNION ALL "     \
	"SELECT 'category', created / 86400, category, count(*) FROM report GROUP BY 2, 3 "   \
	"UNION ALL SELECT 'area', created / 86400, CAST(ifnull(area_id, '') AS TEXT), "       \
	"count(*) FROM report GROUP BY 2, 3 UNION ALL "                                       \
	"SELECT 'solved', state_at / 86400, '', count(*) FROM report WHERE state = 'solved' " \
	"GROUP BY 2 UNION ALL SELECT 'kept', state_at / 86400, '', count(*) FROM report "     \
	"WHERE state = 'solved' AND state_at <= promise GROUP BY 2"
#define KEPT_TOOK    "SELECT contractor, sum(n) FROM report_took GROUP BY 1 HAVING sum(n) > 0"
#define COUNTED_TOOK "SELECT contractor, count(*) FROM report WHERE state = 'solved' GROUP BY 1"

/* Any history: the tallies are what counting says. */
static void tallies_are_what_counting_says(void **state)
{
	static const enum report_state next[] = { REPORT_PLANNED, REPORT_SOLVED, REPORT_REOPENED,
						  REPORT_REJECTED };
	static const char *const categories[] = { "lamp", "afval", "boom" };
	static const char *const contractors[] = { "haeghe", "lampen" };
	struct store *st = *state;
	int64_t ids[40], at_s = MONDAY;

	begin(st);
	for (int i = 0; i < 40; i++)
		ids[i] = file(st, MONDAY + (int64_t)(store_random(st) % (20 * DAY)),
			      categories[store_random(st) % 3], (int64_t)(store_random(st) % 3));
	for (int i = 0; i < 400; i++) {
		int64_t id = ids[store_random(st) % 40];

		at_s += (int64_t)(store_random(st) % (6 * HOUR));
		if (store_random(st) % 5 == 0)
			store_report_assign(st, id, contractors[store_random(st) % 2], NULL);
		else if (sql_number(st, talloc_asprintf(st,
							"SELECT state = 'solved' FROM report "
							"WHERE id = %lld",
							(long long)id)))
			become(st, id, REPORT_REOPENED, at_s);
		else
			become(st, id, next[store_random(st) % 4], at_s);
	}
	assert_true(sql_number(st, "SELECT count(*) FROM report WHERE state = 'solved'") > 5);
	assert_int_equal(sql_number(st, LEFT(KEPT_DAYS, COUNTED_DAYS)), 0);
	assert_int_equal(sql_number(st, LEFT(COUNTED_DAYS, KEPT_DAYS)), 0);
	assert_int_equal(sql_number(st, LEFT(KEPT_TOOK, COUNTED_TOOK)), 0);
	assert_int_equal(sql_number(st, LEFT(COUNTED_TOOK, KEPT_TOOK)), 0);
	assert_int_equal(sql_number(st, "SELECT count(*) FROM report_day WHERE n < 0"), 0);
	assert_int_equal(sql_number(st, "SELECT count(*) FROM report_took WHERE n < 0"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(weeks_begin_on_monday),
		STORE_TEST(a_week_holds_what_was_filed_and_solved_in_it),
		STORE_TEST(what_is_reopened_was_not_solved),
		STORE_TEST(the_most_come_first),
		STORE_TEST(half_and_nine_of_ten),
		STORE_TEST(tallies_are_what_counting_says),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
