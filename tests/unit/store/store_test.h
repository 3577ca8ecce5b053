/* store_test.h - what the tests of store/ share: a fresh database, and quiet logs. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <osmocom/core/application.h>

#include "store/store_int.h"

#define T0 1700000000 /* a moment to count from */

static const struct log_info_cat store_test_cats[LOG_CATEGORIES] = {
	[DSTORE] = { .name = "DSTORE", .loglevel = LOGL_FATAL, .enabled = 1 },
};
static const struct log_info store_test_log = { .cat = store_test_cats, .num_cat = LOG_CATEGORIES };

static inline void store_test_quiet(void)
{
	if (osmo_log_info)
		return;
	osmo_init_logging2(NULL, &store_test_log);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
}

static inline struct store *store_test_open(const char *path)
{
	struct store *st;
	char *error;

	store_test_quiet();
	st = store_open(NULL, path, &error);
	if (!st)
		fail_msg("%s", error);
	store_seed(st, 1);
	return st;
}

static inline int store_test_setup(void **state)
{
	*state = store_test_open(":memory:");
	return 0;
}

/* A test may end within a step. */
static inline int store_test_teardown(void **state)
{
	struct store *st = *state;

	if (st->in_step)
		store_end(st);
	store_close(st);
	return 0;
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, store_test_setup, store_test_teardown)

static inline void begin(struct store *st)
{
	assert_int_equal(store_begin(st), 0);
}

static inline void end(struct store *st)
{
	assert_int_equal(store_end(st), 0);
}

static inline int64_t sql_number(struct store *st, const char *sql)
{
	sqlite3_stmt *s;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(st->db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static inline int64_t test_person(struct store *st, const char *number)
{
	struct person p;

	assert_int_equal(store_person_get(st, number, T0, &p), 0);
	return p.id;
}

static inline int64_t test_report(struct store *st, int64_t person_id)
{
	struct report r = {
		.person_id = person_id,
		.category = "container-full",
		.thing = "container",
		.place = "Spui 70, Centrum",
		.located = true,
		.lat = 52.0775,
		.lon = 4.3166,
		.description = "vol",
		.created_s = T0,
		.promise_s = T0 + 86400,
		.language = "nl",
		.channel = "sms",
	};

	assert_int_equal(store_report_add(st, &r), 0);
	return r.id;
}
