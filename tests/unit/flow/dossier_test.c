// SPDX-License-Identifier: AGPL-3.0-or-later
/* All that is kept of one person is handed out and erased, in whatever table it is: those of tests/unit/store/schema,
 * which has rows for each. */
#include "flow/flow_test.h"

#include "flow/dossier.h"

#define ROWS   "tests/unit/store/schema/%03d_rows.sql"
#define WORDS  "kwikstaart" /* of a text, which nothing else has */
#define ANN_ID 1

/* Where a person stands, and under which name of the export; or why it is not handed out. */
static const struct {
	const char *table, *key, *why;
} known[] = {
	{ "person", "number", NULL },
	{ "report", "reports", NULL },
	{ "follower", "follows", NULL },
	{ "dialogue", "conversation", NULL },
	{ "subscription", "subscriptions", NULL },
	{ "notice_stop", "stopped_lists", NULL },
	{ "inbox", "texts", NULL },
	{ "outbox", "texts", NULL },
	{ "call", "calls", NULL },
	{ "recording", "recordings", NULL },
	{ "callout", "callouts", NULL },
	{ "notice_recipient", "notices", NULL },
	{ "subscriber", "sim_cards", NULL },
	{ "inbox_part", NULL, "the parts of what is in inbox" },
	{ "subscriber_code", NULL, "counts codes of a SIM card for a day" },
	{ "report_early", NULL, "a network's receipt, for a day" },
};

static void run_sql(struct store *st, const char *sql)
{
	char *error = NULL;

	if (sqlite3_exec(st->db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", error, sql);
}

static char *read_file(void *ctx, const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text;
	long size;

	if (!f)
		fail_msg("%s: cannot be read", path);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	rewind(f);
	text = talloc_zero_size(ctx, (size_t)size + 1);
	*len = fread(text, 1, (size_t)size, f);
	fclose(f);
	return text;
}

struct kept {
	char folder[32], *path;
	struct store *st;
	struct person ann;
};

static int setup(void **state)
{
	struct kept *k = talloc_zero(NULL, struct kept);
	char *error = NULL, *rows;
	size_t len;

	if (!osmo_log_info) {
		osmo_init_logging2(NULL, &flow_test_log);
		log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	}
	strcpy(k->folder, "/tmp/dossierXXXXXX");
	assert_non_null(mkdtemp(k->folder));
	k->path = talloc_asprintf(k, "%s/line.db", k->folder);
	k->st = store_open(k, k->path, &error);
	if (!k->st)
		fail_msg("%s", error);
	rows = talloc_asprintf(k, ROWS, store_schema_version(k->st));
	run_sql(k->st, read_file(k, rows, &len));
	run_sql(k->st,
		"INSERT INTO report_early (line, mr, number, status, received) VALUES "
		"('modem 1', 1, '" ANN "', 0, 1700000000);"
		"INSERT INTO dialogue (person_id, state, line, updated) VALUES "
		"(1, '{\"node\":\"main\"}', 'modem 1', 1700000000);"
		"INSERT INTO report (id, reference, category, state, state_at, created, promise, "
		"language, channel) VALUES (9, '5724001', 'lamp', 'received', 1, 1, 1, 'nl', 'sms');"
		"INSERT INTO follower VALUES (9, 1, 1700000010);"
		"INSERT INTO subscriber (imsi, number, claim, updated) VALUES "
		"('204080000000003', '+31612345679', '" ANN "', 1700000000);"
		"INSERT INTO notice_stop VALUES (1, 'water', 1700000000);"
		"INSERT INTO inbox (key, line, number, text, received, verdict) VALUES "
		"('in2', 'modem 1', '" ANN "', 'een " WORDS " zingt', 1700000300, 'answered');"
		"UPDATE call SET ended = began WHERE person_id = 1 AND ended IS NULL");
	assert_int_equal(store_person_find(k->st, ANN, &k->ann), 0);
	assert_int_equal(k->ann.id, ANN_ID);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	struct kept *k = *state;

	store_close(k->st);
	unlink(k->path);
	unlink(talloc_asprintf(k, "%s-wal", k->path));
	unlink(talloc_asprintf(k, "%s-shm", k->path));
	rmdir(k->folder);
	talloc_free(k);
	return 0;
}

/* Rows of a table that have the number, in full, or refer to the person. */
static int64_t rows_of(struct store *st, const char *table)
{
	char *where = talloc_strdup(NULL, "0"), *sql;
	sqlite3_stmt *s;
	int64_t n;

	sql = talloc_asprintf(where, "SELECT name, \"notnull\" FROM pragma_table_info('%s')",
			      table);
	assert_int_equal(sqlite3_prepare_v2(st->db, sql, -1, &s, NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *column = column_text(s, 0);

		where = talloc_asprintf_append(where, " OR instr(\"%s\", '%s')", column, &ANN[1]);
		if (strcmp(column, "person_id") == 0)
			where = talloc_asprintf_append(where, " OR person_id = %d", ANN_ID);
	}
	sqlite3_finalize(s);
	sql = talloc_asprintf(where, "SELECT count(*) FROM \"%s\" WHERE %s", table, where);
	assert_int_equal(sqlite3_prepare_v2(st->db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	talloc_free(where);
	return n;
}

/* Each table of the schema. */
static void each_table(struct store *st, void (*each)(const char *table, int64_t rows, void *data),
		       void *data)
{
	sqlite3_stmt *s;

	assert_int_equal(
		sqlite3_prepare_v2(st->db,
				   "SELECT name FROM sqlite_master WHERE type = 'table' AND "
				   "sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE '%_words_%'",
				   -1, &s, NULL),
		SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW)
		each(column_text(s, 0), rows_of(st, column_text(s, 0)), data);
	sqlite3_finalize(s);
}

static void is_handed_out(const char *table, int64_t rows, void *data)
{
	const json_t *value;
	size_t i = 0;

	if (rows == 0)
		return;
	while (i < ARRAY_SIZE(known) && strcmp(known[i].table, table) != 0)
		i++;
	if (i == ARRAY_SIZE(known))
		fail_msg("%s holds something of a person: export and forget it", table);
	if (known[i].why)
		return;
	value = json_object_get(data, known[i].key);
	if (!value || (json_is_array(value) && json_array_size(value) == 0))
		fail_msg("%s is not exported as %s", table, known[i].key);
}

static void every_table_that_names_the_person_is_exported(void **state)
{
	struct kept *k = *state;
	json_t *all = dossier_export(k->st, &k->ann);
	char *text;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (rows_of(k->st, known[i].table) == 0)
			fail_msg("%s has nothing of the person to look for", known[i].table);
	each_table(k->st, is_handed_out, all);
	text = json_dumps(all, JSON_COMPACT);
	assert_non_null(strstr(text, WORDS));
	assert_non_null(strstr(text, "204080000000001")); /* the card that is theirs */
	assert_null(strstr(text, "204080000000002"));
	assert_null(strstr(text, BOB));
	assert_null(strstr(text, "+31612345679"));
	free(text);
	json_decref(all);
}

static void is_gone(const char *table, int64_t rows, void *data)
{
	if (rows != 0)
		fail_msg("%s still has %lld rows of the person", table, (long long)rows);
}

static void forget(struct kept *k)
{
	assert_int_equal(store_begin(k->st), 0);
	assert_int_equal(dossier_forget(k->st, &k->ann, "staff anna", "console", T0), 0);
	assert_int_equal(store_end(k->st), 0);
	assert_int_equal(store_commit(k->st), 0);
}

static bool file_has(struct kept *k, const char *tail, const char *words)
{
	char *path = talloc_asprintf(k, "%s%s", k->path, tail), *bytes;
	size_t len;

	bytes = read_file(path, path, &len);
	return memmem(bytes, len, words, strlen(words)) != NULL;
}

static void what_is_forgotten_is_in_no_table_and_no_file(void **state)
{
	struct kept *k = *state;

	assert_true(file_has(k, "", ANN) || file_has(k, "-wal", ANN));
	assert_true(file_has(k, "", WORDS) || file_has(k, "-wal", WORDS));
	forget(k);
	each_table(k->st, is_gone, NULL);
	run_sql(k->st, "CREATE TEMP TABLE others (n INTEGER CHECK (n = 1)); INSERT INTO others "
		       "SELECT count(*) FROM subscriber WHERE number = '+31612345679'");
	assert_false(file_has(k, "", ANN));
	assert_false(file_has(k, "", WORDS));
	assert_false(file_has(k, "-wal", ANN));
	assert_false(file_has(k, "-wal", WORDS));
}

/* Rows that were deleted before, by hand and by time, are gone from the pages too. */
static void freed_pages_are_empty(void **state)
{
	struct kept *k = *state;

	run_sql(k->st,
		"WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 500) "
		"INSERT INTO inbox (key, line, number, text, received, verdict) SELECT 'old' || n, "
		"'modem 1', '" ANN "', 'een " WORDS
		" zingt ' || n, 1700000000 + n, 'answered' FROM i;"
		"DELETE FROM inbox WHERE key LIKE 'old%'");
	forget(k);
	assert_false(file_has(k, "", WORDS));
	assert_false(file_has(k, "-wal", WORDS));
}

/* A backup reads for minutes: the log is cut by a later commit, and nobody waits for it. */
static void a_reader_puts_it_off(void **state)
{
	struct kept *k = *state;
	sqlite3_stmt *s;
	sqlite3 *other;

	assert_int_equal(sqlite3_open(k->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(other, "SELECT count(*) FROM inbox", -1, &s, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	forget(k);
	assert_true(file_has(k, "-wal", WORDS));
	sqlite3_finalize(s);
	sqlite3_close(other);
	assert_int_equal(store_begin(k->st), 0);
	assert_int_equal(store_audit(k->st, "staff anna", "something else", T0), 0);
	assert_int_equal(store_end(k->st), 0);
	assert_int_equal(store_commit(k->st), 0);
	assert_false(file_has(k, "-wal", WORDS));
	assert_false(file_has(k, "", WORDS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_table_that_names_the_person_is_exported,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_forgotten_is_in_no_table_and_no_file, setup,
						teardown),
		cmocka_unit_test_setup_teardown(freed_pages_are_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reader_puts_it_off, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
