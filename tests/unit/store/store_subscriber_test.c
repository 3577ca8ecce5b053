// SPDX-License-Identifier: AGPL-3.0-or-later
/* Whose SIM; people who are heard by lines without texts; and that nobody stands still for a lock. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "store/store_test.h"

#define SIM    "204080000000001"
#define SIM_2  "204080000000002"
#define NUMBER "+31612345678"

static struct subscriber put(struct store *st, const char *imsi, const char *number)
{
	struct subscriber sub = { .proved = true,
				  .asks = "code",
				  .claim = "+31687654321",
				  .path = "2*5724000",
				  .code = "a0b1",
				  .code_at_s = T0,
				  .tries = 2 };

	OSMO_STRLCPY_ARRAY(sub.imsi, imsi);
	OSMO_STRLCPY_ARRAY(sub.number, number);
	assert_int_equal(store_subscriber_put(st, &sub, T0), 0);
	return sub;
}

static void subscriber_comes_back_as_it_was_put(void **state)
{
	struct store *st = *state;
	struct subscriber want, got;

	begin(st);
	assert_int_equal(store_subscriber_get(st, SIM, &got), -ENOENT);
	want = put(st, SIM, NUMBER);
	assert_int_equal(store_subscriber_get(st, SIM, &got), 0);
	assert_string_equal(got.imsi, want.imsi);
	assert_string_equal(got.number, want.number);
	assert_string_equal(got.asks, want.asks);
	assert_string_equal(got.claim, want.claim);
	assert_string_equal(got.path, want.path);
	assert_string_equal(got.code, want.code);
	assert_int_equal(got.code_at_s, T0);
	assert_int_equal(got.tries, 2);
	assert_true(got.proved);
	put(st, SIM, ""); /* again, changed */
	assert_int_equal(store_subscriber_get(st, SIM, &got), 0);
	assert_string_equal(got.number, "");
	assert_int_equal(sql_number(st, "SELECT count(*) FROM subscriber"), 1);
	put(st, SIM_2, ""); /* any number of them is not known */
}

static void number_is_of_one_sim_only(void **state)
{
	struct store *st = *state;
	struct subscriber got;

	begin(st);
	put(st, SIM, NUMBER);
	assert_int_equal(store_subscriber_has(st, NUMBER, SIM), 0);
	assert_int_equal(store_subscriber_has(st, NUMBER, SIM_2), 1);
	put(st, SIM_2, NUMBER);
	assert_int_equal(store_subscriber_has(st, NUMBER, SIM_2), 0);
	assert_int_equal(store_subscriber_get(st, SIM, &got), 0);
	assert_string_equal(got.number, "");
	assert_false(got.proved);
}

static void codes_are_counted_by_sim_and_by_number(void **state)
{
	struct store *st = *state;

	begin(st);
	assert_int_equal(store_subscriber_codes(st, SIM, NUMBER, T0), 0);
	assert_int_equal(store_subscriber_code_add(st, SIM, "+31600000001", T0 + 1), 0);
	assert_int_equal(store_subscriber_code_add(st, SIM, "+31600000002", T0 + 2), 0);
	assert_int_equal(store_subscriber_code_add(st, SIM_2, NUMBER, T0 + 3), 0);
	assert_int_equal(store_subscriber_codes(st, SIM, NUMBER, T0), 2);
	assert_int_equal(store_subscriber_codes(st, SIM_2, NUMBER, T0), 1);
	assert_int_equal(store_subscriber_codes(st, "1", NUMBER, T0), 1);
	assert_int_equal(store_subscriber_codes(st, SIM, NUMBER, T0 + 1), 1);
	assert_int_equal(store_tidy(st, T0 + 3, 100), 2);
	assert_int_equal(store_subscriber_codes(st, SIM, NUMBER, T0), 1);
}

static void line_without_texts_is_heard_but_not_kept(void **state)
{
	struct store *st = *state;
	struct person p;

	begin(st);
	assert_int_equal(store_person_get(st, NUMBER, T0, &p), 0);
	assert_false(p.heard);
	assert_int_equal(store_person_heard(st, &p, "", NULL, T0), 0);
	assert_int_equal(store_person_find(st, NUMBER, &p), 0);
	assert_true(p.heard);
	assert_string_equal(p.last_line, "");
	assert_int_equal(p.hour_count, 1);
	assert_int_equal(store_person_heard(st, &p, "modem 1", "vol", T0), 0);
	assert_int_equal(store_person_heard(st, &p, "", NULL, T0), 0);
	assert_string_equal(p.last_line, "modem 1");
	assert_int_equal(store_person_find(st, NUMBER, &p), 0);
	assert_string_equal(p.last_line, "modem 1");
	assert_int_equal(p.hour_count, 3);
}

static int64_t since_ms(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - t->tv_sec) * 1000 + (now.tv_nsec - t->tv_nsec) / 1000000;
}

static void who_is_in_a_hurry_does_not_wait_for_a_lock(void **state)
{
	char path[] = "/tmp/store_test_XXXXXX";
	int fd = mkstemp(path);
	struct store *st;
	struct timespec began;
	sqlite3 *other;

	assert_true(fd >= 0);
	close(fd);
	st = store_test_open(path);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	clock_gettime(CLOCK_MONOTONIC, &began);
	assert_int_equal(store_begin_soon(st), -EIO);
	assert_true(since_ms(&began) < 2000);
	assert_false(store_is_failing(st)); /* that is for who waited */
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_begin_soon(st), 0);
	end(st);
	sqlite3_close(other);
	store_close(st);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(subscriber_comes_back_as_it_was_put),
		STORE_TEST(number_is_of_one_sim_only),
		STORE_TEST(codes_are_counted_by_sim_and_by_number),
		STORE_TEST(line_without_texts_is_heard_but_not_kept),
		cmocka_unit_test(who_is_in_a_hurry_does_not_wait_for_a_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
