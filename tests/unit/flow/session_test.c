// SPDX-License-Identifier: AGPL-3.0-or-later
/* Someone waits at the phone: one page for what was said, after its commit, and never a turn twice. */
#include <stdio.h>

#include "flow/session_test.h"

#define FILED "MELD AFVAL SPUI 70 container vol" /* files a report in one turn */

static int64_t reports(struct world *w)
{
	return sql_number(w, "SELECT count(*) FROM report");
}

/* As the report slots show it: "482 915 3". */
static const char *shown_reference(struct world *w)
{
	return sql_text(w, "SELECT substr(reference, 1, 3) || ' ' || substr(reference, 4, 3) || "
			   "' ' || substr(reference, 7) FROM report");
}

static bool asks(const char *text, const char *key)
{
	return strstr(text, phrase(phones, key, NULL)) != NULL;
}

static bool texts(struct world *w, const char *number, const char *key)
{
	return strstr(last_text_to(w, number), phrase_as(phones, NULL, key, NULL)) != NULL;
}

/* ---- the page and its commit ---- */

static void page_leaves_only_after_its_commit(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);
	struct line_said said = { .session = session, .text = FILED };

	ph->count_sql = "SELECT count(*) FROM report";
	assert_int_equal(ph->n, 1);
	say(ph, &said);
	assert_int_equal(ph->n, 1);
	store_commit(w->st);
	assert_int_equal(ph->n, 2);
	assert_int_equal(shown(ph)->rows, 1);
	assert_int_equal(shown(ph)->session, session);
	assert_true(shown(ph)->last);
	assert_non_null(strstr(shown(ph)->text, shown_reference(w)));
}

static void dialled_code_is_answered_with_the_menu(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;

	dial(ph, ANN, CODE);
	assert_true(asks(shown(ph)->text, "main.ask"));
	assert_false(shown(ph)->last);
	assert_int_equal(figures(ph).begun, 1);
	assert_int_equal(figures(ph).turns, 1);
	assert_int_equal(texts_to(w, ANN), 0);
}

static void path_goes_straight_to_its_place(void **state)
{
	struct phones *ph = phones;
	uint64_t session;
	char page[640];

	session = dial(ph, ANN, CODE);
	answer(ph, session, "1");
	OSMO_STRLCPY_ARRAY(page, shown(ph)->text);
	dial(ph, ANN, "*140*1#");
	assert_string_equal(shown(ph)->text, page);
}

static void what_is_filed_came_by_ussd(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;

	answer(ph, dial(ph, ANN, CODE), FILED);
	assert_string_equal(sql_text(w, "SELECT channel FROM report"), "ussd");
}

static void last_page_that_left_leaves_nothing_to_say(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;

	answer(ph, dial(ph, ANN, CODE), FILED);
	assert_true(shown(ph)->last);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM dialogue"), 0);
	pass(w, 3600);
	assert_int_equal(texts_to(w, ANN), 0);
}

static void page_that_cannot_be_shown_ends_the_session(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session;

	ph->answer = -EMSGSIZE;
	session = dial(ph, ANN, CODE);
	assert_refused(ph, LINE_NOT_NOW);
	ph->answer = 0;
	answer(ph, session, "1"); /* the session is not known any more */
	assert_refused(ph, LINE_NOT_NOW);
	assert_int_equal(figures(ph).turns, 1);
	assert_int_equal(reports(w), 0);
}

/* ---- cut off ---- */

static void copy_file(const char *from, const char *to, const char *end)
{
	char path[2][96];
	char bytes[4096];
	size_t n;
	FILE *in, *out;

	snprintf(path[0], sizeof(path[0]), "%s%s", from, end);
	snprintf(path[1], sizeof(path[1]), "%s%s", to, end);
	in = fopen(path[0], "rb");
	out = fopen(path[1], "wb");
	assert_true(in && out);
	while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(fwrite(bytes, 1, n, out), n);
	fclose(in);
	fclose(out);
}

static char killed_folder[32], killed_path[64];

/* The files as a kill would leave them at this moment. */
static void kill_here(struct phones *ph)
{
	OSMO_STRLCPY_ARRAY(killed_folder, "/tmp/flow-kill-XXXXXX");
	assert_non_null(mkdtemp(killed_folder));
	snprintf(killed_path, sizeof(killed_path), "%s/line.db", killed_folder);
	copy_file(ph->w->path, killed_path, "");
	copy_file(ph->w->path, killed_path, "-wal");
}

/* The line starts again on what the kill left. */
static struct world *start_again(void)
{
	void *state;
	struct world *w;

	world_open(&state, killed_path);
	w = state;
	OSMO_STRLCPY_ARRAY(w->folder, killed_folder);
	OSMO_STRLCPY_ARRAY(w->path, killed_path);
	phones_start(w, &phones_ops);
	return w;
}

static void end_again(struct world *w)
{
	void *state = w;

	world_teardown(&state);
}

static void file_and_be_killed(void)
{
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);

	ph->when_shown = kill_here;
	answer(ph, session, FILED);
}

static void killed_before_its_page_the_next_session_says_what_was_done(void **state)
{
	struct world *w;

	file_and_be_killed();
	w = start_again();
	assert_int_equal(reports(w), 1);
	dial(phones, ANN, CODE);
	assert_non_null(strstr(shown(phones)->text, shown_reference(w)));
	assert_int_equal(reports(w), 1);
	end_again(w);
}

static void killed_before_its_page_a_text_says_what_was_done(void **state)
{
	struct world *w;

	file_and_be_killed();
	w = start_again();
	pass(w, 600);
	assert_int_equal(texts_to(w, ANN), 1);
	assert_non_null(strstr(last_text_to(w, ANN), shown_reference(w)));
	pass(w, 2 * DAY_S);
	assert_int_equal(texts_to(w, ANN), 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM dialogue"), 0);
	end_again(w);
}

static void session_that_is_gone_at_the_commit_is_told_by_text(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);

	ph->answer = -ENOENT;
	answer(ph, session, FILED);
	assert_int_equal(ph->n, 1); /* no page, no refusal */
	assert_int_equal(reports(w), 1);
	pass(w, 600);
	assert_non_null(strstr(last_text_to(w, ANN), shown_reference(w)));
	assert_string_equal(w->line->given[0].to, ANN);
}

static void lost_session_goes_on_by_dialling(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);

	answer(ph, session, "1");
	sessions_ended(ph->sessions, &ph->ln, session);
	session = dial(ph, ANN, CODE);
	assert_true(asks(shown(ph)->text, "dialogue.resumed"));
	assert_int_equal(figures(ph).resumed, 2 - 1);
	answer(ph, session, FILED);
	assert_int_equal(reports(w), 1);
	pass(w, 3600);
	assert_int_equal(texts_to(w, ANN), 0);
}

static void lost_session_goes_on_by_text(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);

	answer(ph, session, "1");
	sessions_ended(ph->sessions, &ph->ln, session);
	pass(w, 600);
	assert_int_equal(texts_to(w, ANN), 1);
	assert_true(texts(w, ANN, "dialogue.session"));
	says(w, ANN, FILED);
	assert_int_equal(reports(w), 1);
}

/* ---- the database does not take it ---- */

static void commit_that_fails_is_made_again(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);

	disk_full(w, true);
	answer(ph, session, FILED);
	assert_int_equal(ph->n, 1);
	assert_int_equal(figures(ph).waiting, 1);
	tick(w, 3);
	assert_int_equal(ph->n, 1);
	disk_full(w, false);
	tick(w, 3);
	assert_int_equal(ph->n, 2);
	assert_int_equal(figures(ph).waiting, 0);
	assert_int_equal(reports(w), 1);
	assert_true(shown(ph)->last);
}

static void sql(sqlite3 *db, const char *text)
{
	char *error = NULL;

	if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s", error);
}

static void step_that_is_undone_holds_nobody_else_up(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t ann = dial(ph, ANN, CODE), bob = dial(ph, BOB, CODE);

	sql(w->st->db, "CREATE TEMP TRIGGER refuse BEFORE INSERT ON report WHEN new.person_id = "
		       "(SELECT id FROM person WHERE number = '" ANN
		       "') BEGIN SELECT RAISE(ABORT, 'refused'); END");
	answer(ph, ann, FILED);
	assert_int_equal(ph->n, 2);
	answer(ph, bob, FILED);
	assert_int_equal(ph->n, 3);
	assert_int_equal(shown(ph)->session, bob);
	sql(w->st->db, "DROP TRIGGER refuse");
	tick(w, 3);
	assert_int_equal(ph->n, 4);
	assert_int_equal(shown(ph)->session, ann);
	assert_false(shown(ph)->refused);
}

/* Another program holds the write lock. */
static sqlite3 *lock(struct world *w)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
	sql(db, "BEGIN IMMEDIATE");
	return db;
}

static void unlock(sqlite3 *db)
{
	sql(db, "ROLLBACK");
	sqlite3_close(db);
}

static void late(struct phones *ph, uint64_t session)
{
	sessions_late(ph->sessions, &ph->ln, session);
	run(ph->w);
}

static void locked_database_is_waited_for(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);
	sqlite3 *other = lock(w);

	answer(ph, session, FILED);
	tick(w, 1);
	assert_int_equal(ph->n, 1);
	unlock(other);
	tick(w, 3);
	assert_int_equal(ph->n, 2);
	assert_true(shown(ph)->last);
	assert_int_equal(reports(w), 1);
	assert_int_equal(texts_to(w, ANN), 0);
}

static void answer_that_is_late_comes_by_text(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);
	sqlite3 *other = lock(w);

	answer(ph, session, FILED);
	late(ph, session);
	assert_shown(ph, "session.later", NULL);
	assert_true(shown(ph)->last);
	tick(w, 60);
	assert_int_equal(figures(ph).waiting, 1);
	unlock(other);
	tick(w, 3);
	assert_int_equal(ph->n, 2);
	assert_int_equal(reports(w), 1);
	assert_int_equal(texts_to(w, ANN), 1);
	assert_int_equal(sql_number(w, "SELECT lane FROM outbox"), OUTBOX_REPLY);
	assert_non_null(strstr(last_text_to(w, ANN), shown_reference(w)));
	assert_int_equal(figures(ph).texted, 1);
	pass(w, 3600);
	assert_int_equal(texts_to(w, ANN), 1);
}

static void who_hung_up_meanwhile_is_texted_too(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);
	sqlite3 *other = lock(w);

	answer(ph, session, FILED);
	sessions_ended(ph->sessions, &ph->ln, session);
	unlock(other);
	tick(w, 3);
	assert_int_equal(ph->n, 1);
	assert_int_equal(texts_to(w, ANN), 1);
	assert_non_null(strstr(last_text_to(w, ANN), shown_reference(w)));
}

static void sessions_that_wait_keep_their_order(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	sqlite3 *other = lock(w);

	dial(ph, ANN, CODE);
	dial(ph, BOB, CODE);
	dial(ph, CALLER, CODE);
	assert_int_equal(figures(ph).waiting, 3);
	tick(w, 5);
	unlock(other);
	tick(w, 3);
	assert_int_equal(ph->n, 3);
	assert_int_equal(ph->pages[0].session, 1);
	assert_int_equal(ph->pages[1].session, 2);
	assert_int_equal(ph->pages[2].session, 3);
}

static void late_turn_that_is_stored_then_comes_by_text(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);
	struct line_said said = { .session = session, .text = FILED };

	say(ph, &said); /* its commit has not come yet */
	late(ph, session);
	assert_shown(ph, "session.later", NULL);
	assert_int_equal(texts_to(w, ANN), 1);
	assert_non_null(strstr(last_text_to(w, ANN), shown_reference(w)));
	assert_int_equal(sql_number(w, "SELECT count(*) FROM dialogue"), 0);
}

static void no_text_is_promised_where_none_can_be_sent(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);
	sqlite3 *other = lock(w);

	w->line->ln.state = LINE_DOWN;
	answer(ph, session, FILED);
	late(ph, session);
	assert_shown(ph, "session.busy", NULL);
	assert_true(shown(ph)->last);
	unlock(other);
	tick(w, 60); /* "try again": so it must not have been done */
	assert_int_equal(reports(w), 0);
	assert_int_equal(figures(ph).waiting, 0);
}

static void no_text_is_promised_to_a_stranger(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	sqlite3 *other = lock(w);
	uint64_t session = dial_as(ph, CODE, NULL, SIM);

	late(ph, session);
	assert_shown(ph, "session.busy", NULL);
	unlock(other);
	tick(w, 60);
	assert_int_equal(ph->n, 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM subscriber"), 0);
}

static void known_sim_is_promised_a_text(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	sqlite3 *other;
	uint64_t session;

	dial_as(ph, CODE, ANN, SIM);
	other = lock(w);
	session = dial_as(ph, "*140*1#", NULL, SIM);
	late(ph, session);
	assert_shown(ph, "session.later", NULL);
	unlock(other);
	tick(w, 3);
	assert_int_equal(texts_to(w, ANN), 1);
	assert_true(texts(w, ANN, "report.what"));
}

static void what_cannot_be_stored_for_ten_minutes_is_given_up(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	sqlite3 *other = lock(w);

	dial(ph, ANN, CODE);
	tick(w, 590);
	assert_int_equal(figures(ph).waiting, 1);
	tick(w, 10);
	assert_int_equal(figures(ph).waiting, 0);
	assert_refused(ph, LINE_NOT_NOW);
	unlock(other);
	tick(w, 10);
	assert_int_equal(ph->n, 1);
	dial(ph, ANN, CODE);
	assert_true(asks(shown(ph)->text, "main.ask"));
}

static void late_without_a_question_says_nothing(void **state)
{
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);

	late(ph, session);
	late(ph, session + 1);
	assert_int_equal(ph->n, 1);
}

/* ---- guards ---- */

static void only_dialling_counts_for_the_ceiling(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session;

	for (int i = 1; i < world_intake.hourly_ceiling; i++) {
		session = dial(ph, ANN, CODE);
		assert_true(asks(shown(ph)->text, "main.ask"));
		answer(ph, session, "3");
		sessions_ended(ph->sessions, &ph->ln, session);
	}
	dial(ph, ANN, CODE);
	assert_true(shown(ph)->last);
	assert_non_null(strstr(shown(ph)->text, "14070"));
	assert_false(asks(shown(ph)->text, "main.ask"));
	dial(ph, ANN, CODE);
	assert_false(asks(shown(ph)->text, "main.ask"));
	tick(w, 3600);
	dial(ph, ANN, CODE);
	assert_true(asks(shown(ph)->text, "main.ask"));
}

static void who_is_in_a_session_is_not_cut_off_by_the_ceiling(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);

	for (int i = 0; i < 3 * world_intake.hourly_ceiling; i++)
		answer(ph, session, "00");
	assert_true(asks(shown(ph)->text, "main.ask"));
	assert_int_equal(sql_number(w, "SELECT blocked_at IS NULL FROM person"), 1);
	answer(ph, session, FILED);
	assert_int_equal(reports(w), 1);
}

static void blocked_person_gets_no_page(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);

	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_person_block(w->st, 1, "test", test_now_s), 0);
	assert_int_equal(store_end(w->st), 0);
	answer(ph, session, FILED);
	assert_refused(ph, LINE_NOT_NOW);
	dial(ph, ANN, CODE);
	assert_refused(ph, LINE_NOT_NOW);
	assert_int_equal(reports(w), 0);
}

static void what_is_not_ours_is_refused(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;

	dial(ph, ANN, "*1401#");
	assert_refused(ph, LINE_NO_SUCH_CODE);
	dial(ph, ANN, "*14#");
	assert_refused(ph, LINE_NO_SUCH_CODE);
	dial(ph, ANN, "");
	assert_refused(ph, LINE_NO_SUCH_CODE);
	dial_as(ph, CODE, NULL, NULL);
	assert_refused(ph, LINE_NOT_NOW);
	dial(ph, "14070", CODE);
	assert_refused(ph, LINE_NOT_NOW);
	answer(ph, 999, "1");
	assert_refused(ph, LINE_NOT_NOW);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM person"), 0);
}

static void code_is_ours_with_and_without_its_end(void **state)
{
	struct phones *ph = phones;

	dial(ph, ANN, "*140");
	assert_true(asks(shown(ph)->text, "main.ask"));
	dial(ph, ANN, "*140*#");
	assert_true(asks(shown(ph)->text, "main.ask"));
}

/* ---- people ---- */

static void line_that_carries_no_texts_is_never_the_last(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);

	assert_string_equal(sql_text(w, "SELECT last_line FROM person"), "");
	says(w, ANN, SIMPLE);
	take_all(w);
	session = dial(ph, ANN, "*140*1#");
	assert_string_equal(sql_text(w, "SELECT last_line FROM person"), "modem 1");
	assert_string_equal(sql_text(w, "SELECT line FROM dialogue"), "modem 1");
	sessions_ended(ph->sessions, &ph->ln, session);
	pass(w, 600);
	assert_string_equal(sql_text(w, "SELECT line FROM outbox ORDER BY id DESC"), "modem 1");
}

static void what_is_kept_is_said_to_each_once(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;

	dial(ph, ANN, CODE);
	assert_true(asks(shown(ph)->text, "privacy"));
	dial(ph, ANN, CODE);
	assert_false(asks(shown(ph)->text, "privacy"));
	says(w, ANN, SIMPLE);
	assert_false(texts(w, ANN, "privacy"));
	says(w, BOB, SIMPLE);
	dial(ph, BOB, CODE);
	assert_false(asks(shown(ph)->text, "privacy"));
}

static void text_in_the_middle_of_a_session_is_one_conversation(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial(ph, ANN, CODE);

	answer(ph, session, "1");
	says(w, ANN, FILED);
	assert_int_equal(reports(w), 1);
	answer(ph, session, "3");
	assert_false(shown(ph)->refused);
	answer(ph, session, "00");
	assert_true(asks(shown(ph)->text, "main.ask"));
	assert_int_equal(reports(w), 1);
}

static void answer_by_text_to_a_page_goes_on(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;

	dial(ph, ANN, CODE);
	says(w, ANN, "1");
	assert_true(texts(w, ANN, "report.what"));
}

/* The text's turn is in the same commit, after that of the page. */
static void newer_turn_is_not_forgotten_when_the_page_leaves(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	struct line_said said = { .session = dial(ph, ANN, CODE), .text = FILED };

	say(ph, &said);
	heard_key(w, ANN, "MELD", "in the same moment");
	run(w);
	assert_int_equal(ph->n, 2);
	assert_true(shown(ph)->last);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM dialogue"), 1);
	says(w, ANN, "AFVAL WEIMARSTRAAT 40 container vol");
	assert_int_equal(reports(w), 2);
}

static void hang_up(struct phones *ph)
{
	ph->answer = -ENOENT;
}

/* Both turns are in one commit: the first page leaves, the second finds nobody. */
static void page_that_left_does_not_count_for_a_newer_one(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	struct line_said old = { .session = dial(ph, ANN, "*140*4#"), .text = "1" };
	struct line_said young = { .session = 99, .code = "*140*4*2#", .number = ANN };

	ph->when_shown = hang_up;
	say(ph, &old);
	say(ph, &young);
	run(w);
	assert_int_equal(ph->n, 2);
	assert_int_equal(shown(ph)->session, old.session);
	pass(w, 600);
	assert_int_equal(texts_to(w, ANN), 1); /* what the second did was not read */
}

static void newer_session_of_a_person_goes_on(void **state)
{
	struct phones *ph = phones;
	uint64_t old = dial(ph, ANN, CODE), other = dial(ph, BOB, CODE), young;

	young = dial(ph, ANN, "*140*1#");
	answer(ph, old, "3");
	assert_refused(ph, LINE_NOT_NOW);
	assert_int_equal(shown(ph)->session, old);
	answer(ph, young, "1");
	assert_false(shown(ph)->refused);
	assert_int_equal(shown(ph)->session, young);
	answer(ph, other, "1");
	assert_false(shown(ph)->refused);
}

/* ---- lines ---- */

static uint64_t quick_session;

static void answer_at_once(struct phones *ph)
{
	struct line_said said = { .session = quick_session, .text = "1" };

	say(ph, &said);
}

static void answer_may_come_from_inside_the_page(void **state)
{
	struct phones *ph = phones;

	quick_session = ph->last_session + 1;
	ph->when_shown = answer_at_once;
	dial(ph, ANN, CODE);
	assert_int_equal(ph->n, 2);
	assert_true(asks(shown(ph)->text, "report.what"));
}

static void end_at_once(struct phones *ph)
{
	sessions_ended(ph->sessions, &ph->ln, quick_session);
}

static void session_may_end_from_inside_the_page(void **state)
{
	struct phones *ph = phones;

	quick_session = ph->last_session + 1;
	ph->when_shown = end_at_once;
	dial(ph, ANN, CODE);
	answer(ph, quick_session, "1");
	assert_refused(ph, LINE_NOT_NOW);
}

static void second_answer_before_the_page_is_dropped(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	struct line_said said = { .session = dial(ph, ANN, CODE), .text = FILED };

	say(ph, &said);
	say(ph, &said);
	run(w);
	assert_int_equal(ph->n, 2);
	assert_int_equal(reports(w), 1);
}

static void line_that_goes_leaves_no_session(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	struct line_said said = { .session = dial(ph, ANN, CODE), .text = FILED };

	say(ph, &said);
	sessions_line_remove(ph->sessions, &ph->ln);
	run(w);
	assert_int_equal(ph->n, 1);
	pass(w, 600);
	assert_non_null(strstr(last_text_to(w, ANN), shown_reference(w)));
}

static int handset_setup(void **state)
{
	world_setup(state);
	phones_start(*state, &handset_like_ops);
	return 0;
}

static void handset_dials_and_texts(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;

	answer(ph, dial(ph, ANN, CODE), FILED);
	assert_string_equal(sql_text(w, "SELECT channel FROM report"), "handset");
	assert_string_equal(sql_text(w, "SELECT last_line FROM person"), "handset");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SESSION_FILE_TEST(page_leaves_only_after_its_commit),
		SESSION_TEST(dialled_code_is_answered_with_the_menu),
		SESSION_TEST(path_goes_straight_to_its_place),
		SESSION_TEST(what_is_filed_came_by_ussd),
		SESSION_TEST(last_page_that_left_leaves_nothing_to_say),
		SESSION_TEST(page_that_cannot_be_shown_ends_the_session),
		SESSION_FILE_TEST(killed_before_its_page_the_next_session_says_what_was_done),
		SESSION_FILE_TEST(killed_before_its_page_a_text_says_what_was_done),
		SESSION_TEST(session_that_is_gone_at_the_commit_is_told_by_text),
		SESSION_TEST(lost_session_goes_on_by_dialling),
		SESSION_TEST(lost_session_goes_on_by_text),
		SESSION_TEST(commit_that_fails_is_made_again),
		SESSION_TEST(step_that_is_undone_holds_nobody_else_up),
		SESSION_FILE_TEST(locked_database_is_waited_for),
		SESSION_FILE_TEST(answer_that_is_late_comes_by_text),
		SESSION_FILE_TEST(who_hung_up_meanwhile_is_texted_too),
		SESSION_FILE_TEST(sessions_that_wait_keep_their_order),
		SESSION_TEST(late_turn_that_is_stored_then_comes_by_text),
		SESSION_FILE_TEST(no_text_is_promised_where_none_can_be_sent),
		SESSION_FILE_TEST(no_text_is_promised_to_a_stranger),
		SESSION_FILE_TEST(known_sim_is_promised_a_text),
		SESSION_FILE_TEST(what_cannot_be_stored_for_ten_minutes_is_given_up),
		SESSION_TEST(late_without_a_question_says_nothing),
		SESSION_TEST(only_dialling_counts_for_the_ceiling),
		SESSION_TEST(who_is_in_a_session_is_not_cut_off_by_the_ceiling),
		SESSION_TEST(blocked_person_gets_no_page),
		SESSION_TEST(what_is_not_ours_is_refused),
		SESSION_TEST(code_is_ours_with_and_without_its_end),
		SESSION_TEST(line_that_carries_no_texts_is_never_the_last),
		SESSION_TEST(what_is_kept_is_said_to_each_once),
		SESSION_TEST(text_in_the_middle_of_a_session_is_one_conversation),
		SESSION_TEST(answer_by_text_to_a_page_goes_on),
		SESSION_TEST(newer_turn_is_not_forgotten_when_the_page_leaves),
		SESSION_TEST(page_that_left_does_not_count_for_a_newer_one),
		SESSION_TEST(newer_session_of_a_person_goes_on),
		SESSION_TEST(answer_may_come_from_inside_the_page),
		SESSION_TEST(session_may_end_from_inside_the_page),
		SESSION_TEST(second_answer_before_the_page_is_dropped),
		SESSION_TEST(line_that_goes_leaves_no_session),
		cmocka_unit_test_setup_teardown(handset_dials_and_texts, handset_setup,
						world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
