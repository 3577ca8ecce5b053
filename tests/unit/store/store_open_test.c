// SPDX-License-Identifier: AGPL-3.0-or-later
/* Opening: fresh, again, from every earlier version, and what is refused; the copy. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store_test.h"

#define SCHEMAS "tests/unit/store/schema" /* tests run from the top of the tree */

struct folder {
	char path[64], db[96], copy[96];
};

static int folder_setup(void **state)
{
	struct folder *f = talloc_zero(NULL, struct folder);

	store_test_quiet();
	snprintf(f->path, sizeof(f->path), "/tmp/store_test_XXXXXX");
	assert_non_null(mkdtemp(f->path));
	snprintf(f->db, sizeof(f->db), "%s/line.db", f->path);
	snprintf(f->copy, sizeof(f->copy), "%s/copy.db", f->path);
	*state = f;
	return 0;
}

static int folder_teardown(void **state)
{
	struct folder *f = *state;

	unlink(f->db);
	unlink(f->copy);
	assert_int_equal(rmdir(f->path), 0);
	talloc_free(f);
	return 0;
}

#define FOLDER_TEST(t) cmocka_unit_test_setup_teardown(t, folder_setup, folder_teardown)

/* Ours, as the dump script writes it: without the tables that FTS5 makes by itself. */
static char *schema_of(void *ctx, sqlite3 *db)
{
	static const char sql[] =
		"SELECT type || ' ' || name || ' ' || sql FROM sqlite_master WHERE sql "
		"NOT NULL AND (name NOT GLOB '*_words_*' OR type = 'trigger') "
		"ORDER BY type, name";
	char *text = talloc_strdup(ctx, "");
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW)
		text = talloc_asprintf_append(text, "%s\n", column_text(s, 0));
	sqlite3_finalize(s);
	return text;
}

static char *read_text(void *ctx, const char *path)
{
	FILE *file = fopen(path, "r");
	char *text;
	size_t n;

	if (!file)
		return NULL;
	text = talloc_zero_size(ctx, 1 << 20);
	n = fread(text, 1, (1 << 20) - 1, file);
	assert_true(n > 0);
	fclose(file);
	return text;
}

static void run_sql(sqlite3 *db, const char *sql)
{
	char *error = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s", error);
}

/* A database as that version left it. */
static void make_old(const char *path, int version)
{
	void *ctx = talloc_new(NULL);
	char *schema = read_text(ctx, talloc_asprintf(ctx, SCHEMAS "/%03d.sql", version));
	char *rows = read_text(ctx, talloc_asprintf(ctx, SCHEMAS "/%03d_rows.sql", version));
	sqlite3 *db;

	if (!schema)
		fail_msg("there is no " SCHEMAS "/%03d.sql: make it with " SCHEMAS "/dump",
			 version);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	run_sql(db, schema);
	if (rows)
		run_sql(db, rows);
	run_sql(db, talloc_asprintf(ctx, "PRAGMA user_version = %d", version));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	talloc_free(ctx);
}

static void every_earlier_version_becomes_the_fresh_schema(void **state)
{
	struct folder *f = *state;
	struct store *fresh = store_test_open(":memory:");
	char *want = schema_of(fresh, fresh->db);

	for (int version = 1; version <= store_schema_version(fresh); version++) {
		struct store *st;
		char *findings;

		unlink(f->db);
		make_old(f->db, version);
		st = store_test_open(f->db);
		assert_int_equal(store_schema_version(st), store_schema_version(fresh));
		assert_string_equal(schema_of(st, st->db), want);
		if (store_check(st, st, &findings) != 0)
			fail_msg("%s", findings);
		assert_int_equal(sql_number(st, "SELECT count(*) FROM report"), 1);
		store_close(st);
	}
	store_close(fresh);
}

static void rows_are_there_when_opened_again(void **state)
{
	struct folder *f = *state;
	struct store *st = store_test_open(f->db);
	struct person p;

	assert_int_equal(sql_number(st, "PRAGMA synchronous"), 2);
	assert_int_equal(sql_number(st, "PRAGMA foreign_keys"), 1);
	begin(st);
	test_person(st, "+31612345678");
	end(st);
	store_close(st); /* commits */
	st = store_test_open(f->db);
	assert_int_equal(store_person_find(st, "+31612345678", &p), 0);
	store_close(st);
}

static char *refused(void *ctx, const char *path)
{
	char *error = NULL;
	struct store *st = store_open(ctx, path, &error);

	assert_null(st);
	assert_non_null(error);
	return error;
}

static void newer_database_is_left_alone(void **state)
{
	struct folder *f = *state;
	struct store *st = store_test_open(f->db);
	int known = store_schema_version(st);
	char *error, number[16];

	assert_int_equal(store_sql(st, "PRAGMA user_version = 999"), 0);
	store_close(st);
	error = refused(f, f->db);
	snprintf(number, sizeof(number), "knows %d", known);
	assert_non_null(strstr(error, "newer meldlijn"));
	assert_non_null(strstr(error, "schema 999"));
	assert_non_null(strstr(error, number));
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (int i = 0; i < 200; i++)
		fputs(text, file);
	fclose(file);
}

static void what_is_no_database_is_refused(void **state)
{
	struct folder *f = *state;

	write_text(f->db, "city Den Haag\n");
	assert_non_null(strstr(refused(f, f->db), "is not a database"));
}

static void another_programs_database_is_refused(void **state)
{
	struct folder *f = *state;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
	run_sql(db, "CREATE TABLE theirs (x)");
	sqlite3_close(db);
	assert_non_null(strstr(refused(f, f->db), "another program"));
	assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
	run_sql(db, "DROP TABLE theirs"); /* untouched: it is still the only one */
	sqlite3_close(db);
}

static void missing_folder_is_said(void **state)
{
	struct folder *f = *state;
	char *path = talloc_asprintf(f, "%s/no/line.db", f->path);
	char *error = refused(f, path);

	assert_non_null(strstr(error, "No such file or directory"));
	assert_non_null(strstr(error, "folder"));
}

static void cut_file_is_damaged(void **state)
{
	struct folder *f = *state;

	store_close(store_test_open(f->db));
	assert_int_equal(truncate(f->db, 4096 * 3), 0);
	assert_non_null(strstr(refused(f, f->db), "is damaged"));
}

static void other_tables_under_our_version_are_refused(void **state)
{
	struct folder *f = *state;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
	run_sql(db, "CREATE TABLE person (x); PRAGMA user_version = 1");
	sqlite3_close(db);
	assert_non_null(strstr(refused(f, f->db), "its tables are not those of schema 1"));
}

static void count_progress(int left, int all, void *data)
{
	int *calls = data;

	assert_true(left >= 0 && left <= all);
	(*calls)++;
}

static void copy_is_whole_and_has_what_was_committed(void **state)
{
	struct folder *f = *state;
	struct store *st = store_test_open(f->db), *copy;
	struct person p;
	char *findings;
	int calls = 0;

	begin(st);
	test_report(st, test_person(st, "+31612345678"));
	end(st);
	assert_int_equal(store_backup(st, f->copy, count_progress, &calls), 0);
	assert_true(calls > 0);
	store_close(st);
	copy = store_test_open(f->copy);
	assert_int_equal(store_person_find(copy, "+31612345678", &p), 0);
	assert_int_equal(store_check(copy, copy, &findings), 0);
	store_close(copy);
}

static void copy_to_nowhere_fails(void **state)
{
	struct folder *f = *state;
	struct store *st = store_test_open(f->db);

	assert_int_equal(store_backup(st, "/no/such/folder/copy.db", NULL, NULL), -EIO);
	store_close(st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(every_earlier_version_becomes_the_fresh_schema),
		FOLDER_TEST(rows_are_there_when_opened_again),
		FOLDER_TEST(newer_database_is_left_alone),
		FOLDER_TEST(what_is_no_database_is_refused),
		FOLDER_TEST(another_programs_database_is_refused),
		FOLDER_TEST(missing_folder_is_said),
		FOLDER_TEST(cut_file_is_damaged),
		FOLDER_TEST(other_tables_under_our_version_are_refused),
		FOLDER_TEST(copy_is_whole_and_has_what_was_committed),
		FOLDER_TEST(copy_to_nowhere_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
