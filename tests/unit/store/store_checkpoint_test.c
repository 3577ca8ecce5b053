// SPDX-License-Identifier: AGPL-3.0-or-later
/* The thread that copies the log, against a real file.  Waiting ends with what is waited for, or with the deadline. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/bits.h>

#include "store/store_test.h"

#define DEADLINE_S 60
#define BURST	   1200 /* pages: more than wake the thread */

struct aside {
	char folder[64], db[80], log[80];
	struct store *st;
};

static int setup(void **state)
{
	struct aside *a = calloc(1, sizeof(*a));

	strcpy(a->folder, "/tmp/store_checkpoint_test.XXXXXX");
	if (!mkdtemp(a->folder))
		return -1;
	snprintf(a->db, sizeof(a->db), "%s/line.db", a->folder);
	snprintf(a->log, sizeof(a->log), "%s-wal", a->db);
	a->st = store_test_open(a->db);
	assert_int_equal(store_checkpoint_aside(a->st), 0);
	assert_int_equal(store_sql(a->st, "CREATE TABLE pages (bytes BLOB)"), 0);
	*state = a;
	return 0;
}

static int teardown(void **state)
{
	struct aside *a = *state;
	char path[96];

	if (a->st)
		store_close(a->st);
	unlink(a->db);
	unlink(a->log);
	snprintf(path, sizeof(path), "%s-shm", a->db);
	unlink(path);
	rmdir(a->folder);
	free(a);
	return 0;
}

static void write_pages(struct aside *a, int pages)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "INSERT INTO pages VALUES (randomblob(%d))", pages * 4096);
	begin(a->st);
	assert_int_equal(store_sql(a->st, sql), 0);
	end(a->st);
	assert_int_equal(store_commit(a->st), 0);
}

static long size_of(const char *path)
{
	struct stat got;

	return stat(path, &got) == 0 ? got.st_size : 0;
}

/* Another each time that the log is begun anew (Salt-1 of its header). */
static uint32_t salt(struct aside *a)
{
	uint8_t head[32] = {};
	FILE *file = fopen(a->log, "r");

	assert_non_null(file);
	assert_int_equal(fread(head, 1, sizeof(head), file), sizeof(head));
	fclose(file);
	return osmo_load32be(head + 16);
}

static bool in_time(time_t began)
{
	sched_yield();
	return time(NULL) - began < DEADLINE_S;
}

static void commits_leave_it_to_the_thread(void **state)
{
	struct aside *a = *state;

	assert_int_equal(sql_number(a->st, "PRAGMA wal_autocheckpoint"), 0);
}

static void a_long_log_is_copied_and_begun_anew(void **state)
{
	struct aside *a = *state;

	for (int i = 1; i <= 2; i++) {
		time_t began = time(NULL);
		uint32_t before;

		write_pages(a, 1);
		before = salt(a);
		for (int pages = 0; pages < BURST; pages += 200)
			write_pages(a, 200);
		while (salt(a) == before && in_time(began))
			write_pages(a, 1);
		assert_true(salt(a) != before);
		assert_true(size_of(a->db) >= 4096L * i * BURST);
	}
}

static void the_log_is_cut_when_nobody_reads_it(void **state)
{
	struct aside *a = *state;
	time_t began = time(NULL);
	sqlite3_stmt *s;
	sqlite3 *other;
	long size;

	write_pages(a, 1);
	size = size_of(a->db);
	assert_int_equal(sqlite3_open(a->db, &other), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(other, "SELECT count(*) FROM sqlite_master", -1, &s, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	begin(a->st);
	store_cut_log(a->st);
	end(a->st);
	write_pages(a, 1);
	while (size_of(a->db) == size && in_time(began))
		;
	for (int turns = 0; turns < 1000;
	     turns++) /* it has copied what it may, and finds somebody reading */
		sched_yield();
	assert_true(size_of(a->log) > 0);
	sqlite3_finalize(s);
	sqlite3_close(other);
	while (size_of(a->log) > 0 && in_time(began))
		;
	assert_int_equal(size_of(a->log), 0);
	write_pages(a, 1);
	assert_true(size_of(a->log) > 0);
}

static void closing_waits_for_the_thread_and_keeps_all(void **state)
{
	struct aside *a = *state;

	for (int pages = 0; pages < BURST; pages += 200)
		write_pages(a, 200);
	store_close(a->st);
	assert_int_equal(size_of(a->log), 0);
	a->st = store_test_open(a->db);
	assert_int_equal(sql_number(a->st, "SELECT count(*) FROM pages"), BURST / 200);
	assert_int_equal(sql_number(a->st, "SELECT count(*) FROM pragma_integrity_check WHERE "
					   "integrity_check <> 'ok'"),
			 0);
}

#define ASIDE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ASIDE_TEST(commits_leave_it_to_the_thread),
		ASIDE_TEST(a_long_log_is_copied_and_begun_anew),
		ASIDE_TEST(the_log_is_cut_when_nobody_reads_it),
		ASIDE_TEST(closing_waits_for_the_thread_and_keeps_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
