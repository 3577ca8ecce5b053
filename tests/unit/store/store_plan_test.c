// SPDX-License-Identifier: AGPL-3.0-or-later
/* SQLite's own plan for every statement: each finds its rows through an index. */
#include "store/store_test.h"

/* The few that look at all rows of something, and why that is right. */
static const struct {
	enum stmt which;
	const char *scans, *why;
} allowed[] = {
	{ STMT_PERSON_BLOCKED, "person_blocked",
	  "the operator's list; the index holds the blocked only" },
	{ STMT_OUTBOX_QUEUED, "outbox_queued", "figures; the index holds the waiting texts only" },
	{ STMT_OUTBOX_OPEN, "outbox_part_sending", "figures; the index holds what is being sent" },
	{ STMT_OUTBOX_OPEN, "outbox_part_doubt", "figures; the index holds what is in doubt" },
	{ STMT_FORWARD_OPEN, "forward_open",
	  "the operator's list; the index holds what is not done" },
	{ STMT_ALARM_LIST, "alarm", "the operator's list, by id, at most 1,000" },
	{ STMT_ALARM_LIST_ON, "alarm_on",
	  "the operator's list; the index holds the alarms that are on" },
	{ STMT_CALLOUT_WAITING, "callout_due", "figures; the index holds what waits only" },
	{ STMT_CALLOUT_WAITING, "callout_dialling", "figures; the index holds what is dialled" },
	{ STMT_NOTICE_FIGURES, "notice_open", "figures; the index holds the notices that go on" },
	{ STMT_AREA_LIST, "sqlite_autoindex_area_1", "a choice of people; a city has some dozens" },
	{ STMT_STAFF_LIST, "sqlite_autoindex_staff_1", "the operator's list, some dozens" },
	{ STMT_FORGET_EARLY, "report_early", "one person, seldom; the table holds a day at most" },
	{ STMT_FIGURES, "person_blocked", "figures; the index holds the blocked only" },
	{ STMT_FIGURES, "alarm_on", "figures; the index holds the alarms that are on" },
	{ STMT_FIGURES_TALLY, "tally", "figures: the table has a row a state" },
};

/* "SCAN t", "SCAN t USING [COVERING] INDEX i": the last word is what is scanned. */
static bool may_scan(enum stmt which, const char *detail)
{
	const char *last = strrchr(detail, ' ') + 1;

	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (allowed[i].which == which && strcmp(allowed[i].scans, last) == 0)
			return true;
	return false;
}

static bool is_harmless(const char *detail)
{
	return strncmp(detail, "SCAN", 4) != 0 || strstr(detail, "VIRTUAL TABLE") ||
	       strstr(detail, "CONSTANT ROW") || strstr(detail, "(subquery") ||
	       strcmp(detail, "SCAN w") == 0 ||	  /* rows of a subquery with a LIMIT */
	       strcmp(detail, "SCAN strip") == 0; /* counted, some dozens */
}

static void every_statement_searches_an_index(void **state)
{
	struct store *st = *state;
	int wrong = 0;

	for (int which = 0; which < STMT_COUNT; which++) {
		char *sql = talloc_asprintf(st, "EXPLAIN QUERY PLAN %s", store_statements[which]);
		sqlite3_stmt *s;

		assert_int_equal(sqlite3_prepare_v2(st->db, sql, -1, &s, NULL), SQLITE_OK);
		while (sqlite3_step(s) == SQLITE_ROW) {
			const char *detail = column_text(s, 3);

			if (is_harmless(detail) || may_scan(which, detail))
				continue;
			print_error("%s\n   in: %s\n", detail, store_statements[which]);
			wrong++;
		}
		sqlite3_finalize(s);
		talloc_free(sql);
	}
	assert_int_equal(wrong, 0);
}

static bool plan_has(struct store *st, enum stmt which, const char *words)
{
	char *sql = talloc_asprintf(st, "EXPLAIN QUERY PLAN %s", store_statements[which]);
	bool found = false;
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_prepare_v2(st->db, sql, -1, &s, NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW)
		found |= strstr(column_text(s, 3), words) != NULL;
	sqlite3_finalize(s);
	talloc_free(sql);
	return found;
}

static void what_is_due_comes_from_its_own_index(void **state)
{
	struct store *st = *state;

	assert_true(
		plan_has(st, STMT_OUTBOX_DUE,
			 "SEARCH p USING INDEX outbox_part_due (wanted=? AND lane=? AND due<?)"));
	assert_true(plan_has(st, STMT_OUTBOX_MATCH, "outbox_part_open (line=? AND mr=?)"));
	assert_true(plan_has(st, STMT_FORWARD_DUE, "forward_order (contractor=?)"));
	assert_true(plan_has(st, STMT_FORWARD_DUE, "forward_due (contractor=? AND due<?)"));
	assert_false(plan_has(st, STMT_FORWARD_DUE, "TEMP B-TREE"));
	assert_true(
		plan_has(st, STMT_REPORT_NEAR, "report_open_near (<expr>=? AND lon>? AND lon<?)"));
	assert_true(plan_has(st, STMT_NEXT_DUE, "outbox_part_when"));
	assert_true(plan_has(st, STMT_NEXT_DUE, "outbox_part_settle"));
	assert_true(plan_has(st, STMT_NEXT_DUE, "outbox_queued"));
	assert_true(plan_has(st, STMT_NEXT_DUE, "forward_when"));
	assert_true(plan_has(st, STMT_NEXT_DUE, "report_warn"));
	assert_true(plan_has(st, STMT_NEXT_DUE, "recording_erase"));
	assert_true(plan_has(st, STMT_RECORDING_DUE, "recording_erase (erase<?)"));
	assert_true(plan_has(st, STMT_RECORDING_OF_REPORT, "recording_report (report_id=?)"));
	assert_true(plan_has(st, STMT_CALL_OPEN, "call_open"));
	assert_true(plan_has(st, STMT_OPEN311_OPEN_UPDATED,
			     "report_list_open_updated (updated>? AND updated<?)"));
	assert_true(plan_has(st, STMT_OPEN311_EVENTS,
			     "report_event_written (written>? AND written<?)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(every_statement_searches_an_index),
		STORE_TEST(what_is_due_comes_from_its_own_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
