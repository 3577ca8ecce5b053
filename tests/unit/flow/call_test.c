// SPDX-License-Identifier: AGPL-3.0-or-later
/* Who calls: a sentence for a key after its commit, a message with its row, and by text where a call cannot go on. */
#include "flow/call_test.h"

#define LAMP   "13"		    /* "report something", "a lamp is broken" */
#define PLACE  "1251128"	    /* by postcode: 2511BT */
#define HOUSE  "70#"		    /* Spui 70 */
#define SPOKEN LAMP PLACE HOUSE "1" /* up to the message */

static int64_t reports(struct world *w)
{
	return sql_number(w, "SELECT count(*) FROM report");
}

static bool texted(struct world *w, const char *number, const char *key)
{
	char *text = phrase_say(w, w->talk->phrases, "nl", NULL, key, NULL, w->talk->zone);

	return strstr(last_text_to(w, number), text) != NULL;
}

static bool is_file(const char *folder, int64_t id)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%lld.opus", folder, (long long)id);
	return access(path, F_OK) == 0;
}

static void put_file(const char *folder, const char *name)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	fclose(file);
}

/* ---- a call */

static void nothing_is_heard_before_the_commit(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	ring(cl, ANN);
	assert_int_equal(cl->answers, 0);
	assert_int_equal(cl->prompts, 0);
	store_commit(w->st);
	assert_int_equal(cl->answers, 1);
	assert_int_equal(cl->prompts, 1);
	assert_true(said(cl, "voice.keys"));
	assert_non_null(strstr(cl->said, "Iets melden: toets 1."));
	assert_int_equal(figures(cl).answered, 1);
	assert_int_equal(figures(cl).open, 1);
}

static void report_is_filed_by_keys_with_a_message(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, SPOKEN);
	assert_true(cl->record[0]);
	assert_true(said(cl, "voice.message"));
	assert_non_null(strstr(cl->said, "(tone)")); /* after which one speaks */
	assert_int_equal(reports(w), 0);
	speak(cl, s, LINE_RECORDED, 4.5);
	assert_int_equal(reports(w), 1);
	assert_string_equal(sql_text(w, "SELECT channel FROM report"), "voice");
	assert_string_equal(sql_text(w, "SELECT place FROM report"), "Spui 70, Centrum");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording c JOIN report r ON "
				       "r.id = c.report_id WHERE c.done = 1 AND c.seconds = 4.5"),
			 1);
	assert_int_equal(figures(cl).filed, 1);
	assert_int_equal(figures(cl).messages, 1);
	played(cl, s);
	hang_up(cl, s);
	assert_string_equal(sql_text(w, "SELECT cause FROM call"), "done");
	assert_int_equal(sql_number(w, "SELECT keys FROM call"), strlen(SPOKEN));
	assert_int_equal(sql_number(w, "SELECT report_id FROM call"), 1);
	assert_int_equal(figures(cl).open, 0);
	assert_int_equal(figures(cl).abandoned, 0);
	pass(w, 3600);
	assert_int_equal(texts_to(w, ANN), 0); /* all of it was heard */
}

static void keys_pressed_ahead_answer_the_next_questions(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	for (const char *key = SPOKEN; *key; key++)
		calls_key(cl->calls, &cl->ln, s, *key);
	run(w);
	assert_int_equal(cl->prompts, 2); /* the menu, and the message's question */
	assert_true(cl->record[0]);
}

static void hash_after_enough_keys_is_theirs(void **state)
{
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, LAMP PLACE "#");
	assert_true(said(cl, "voice.house"));
	press(cl, s, HOUSE);
	assert_non_null(strstr(cl->said, "Spui 70"));
}

static void pause_ends_an_entry(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, LAMP PLACE "70");
	assert_true(said(cl, "voice.house"));
	tick(w, 2);
	assert_true(said(cl, "voice.house"));
	tick(w, 2);
	assert_non_null(strstr(cl->said, "Spui 70"));
}

static void two_call_at_once(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t ann = call(cl, ANN), bob = call(cl, BOB);

	press(cl, ann, "1");
	assert_int_equal(cl->said_to, ann);
	press(cl, bob, "4");
	assert_int_equal(cl->said_to, bob);
	press(cl, ann, "3" PLACE HOUSE "1");
	speak(cl, ann, LINE_RECORDED, 1);
	assert_int_equal(reports(w), 1);
	hang_up(cl, ann);
	assert_int_equal(figures(cl).open, 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM call WHERE ended IS NULL"), 1);
}

/* ---- who may */

static void more_calls_than_there_is_room_for_are_not_answered(void **state)
{
	struct fake_call_line *cl = town;
	uint64_t fourth;

	call(cl, "+31611111111");
	call(cl, "+31611111112");
	call(cl, "+31611111113");
	assert_int_equal(cl->hang_ups, 0);
	fourth = call(cl, "+31611111114");
	assert_int_equal(cl->hung_up, fourth);
	assert_int_equal(cl->answers, 3);
	assert_int_equal(figures(cl).busy, 1);
}

static void who_calls_too_often_is_told_so(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	for (int i = 0; i < 10; i++)
		hang_up(cl, call(cl, ANN));
	assert_true(said(cl, "voice.keys"));
	call(cl, ANN);
	assert_true(said(cl, "voice.ceiling"));
	assert_true(cl->last);
	played(cl, cl->last_session);
	assert_string_equal(sql_text(w, "SELECT cause FROM call ORDER BY id DESC"), "ceiling");
}

static void who_is_blocked_is_not_answered(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	struct person p;

	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_person_get(w->st, ANN, T0, &p), 0);
	assert_int_equal(store_person_block(w->st, p.id, "a robot", T0), 0);
	assert_int_equal(store_end(w->st), 0);
	call(cl, ANN);
	assert_int_equal(cl->answers, 0);
	assert_int_equal(cl->hang_ups, 1);
	assert_string_equal(sql_text(w, "SELECT cause FROM call"), "blocked");
}

/* ---- a caller without a number */

static uint64_t withheld(struct fake_call_line *cl)
{
	uint64_t s = call(cl, NULL);

	assert_true(said(cl, "voice.withheld"));
	assert_non_null(strstr(cl->said, "Iets melden: toets 1."));
	assert_string_equal(cl->record, "");
	return s;
}

static void withheld_number_files_a_report(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = withheld(cl);
	const char *number;

	press(cl, s, SPOKEN);
	assert_true(said(cl, "voice.message"));
	speak(cl, s, LINE_RECORDED, 6);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report WHERE person_id IS NULL AND "
				       "channel = 'voice' AND place = 'Spui 70, Centrum'"),
			 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording c JOIN report r ON r.id = "
				       "c.report_id WHERE c.done = 1 AND c.person_id IS NULL"),
			 1);
	assert_int_equal(sql_number(w, "SELECT report_id FROM call"), 1);
	assert_int_equal(figures(cl).filed, 1);
	number = strstr(cl->said, "Het nummer is ");
	assert_non_null(number);
	assert_non_null(strstr(number + 1, "Nog een keer het nummer: "));
	assert_memory_equal(number + strlen("Het nummer is "),
			    strstr(number, "Nog een keer het nummer: ") +
				    strlen("Nog een keer het nummer: "),
			    strlen("1 2 3, 4 5 6, 7"));
	played(cl, s);
	hang_up(cl, s);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM person"), 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM dialogue"), 0);
}

/* Two of them at once: each has a conversation of its own. */
static void withheld_numbers_are_not_one_person(void **state)
{
	struct fake_call_line *cl = town;
	uint64_t one = withheld(cl), two = withheld(cl);

	press(cl, one, LAMP);
	press(cl, two, "1");
	assert_non_null(strstr(cl->said, "Wat wilt u melden?"));
	press(cl, one, PLACE);
	assert_true(said(cl, "voice.house"));
}

static void withheld_number_asks_by_the_number_of_a_report(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t ann = call(cl, ANN), s;

	press(cl, ann, SPOKEN);
	speak(cl, ann, LINE_RECORDED, 1);
	played(cl, ann);
	hang_up(cl, ann);
	s = withheld(cl);
	press(cl, s, "3");
	assert_true(said(cl, "status.nameless"));
	press(cl, s, sql_text(w, "SELECT reference FROM report"));
	press(cl, s, "#");
	assert_non_null(strstr(cl->said, "Spui 70"));
	assert_non_null(strstr(cl->said, "U kunt nu ophangen")); /* nothing of it is theirs */
}

static void withheld_number_cannot_follow(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t ann = call(cl, ANN), s;

	press(cl, ann, SPOKEN);
	speak(cl, ann, LINE_RECORDED, 1);
	played(cl, ann);
	hang_up(cl, ann);
	s = withheld(cl);
	press(cl, s, SPOKEN "1"); /* known: the same? yes */
	assert_true(said(cl, "report.nameless"));
	assert_int_equal(sql_number(w, "SELECT count(*) FROM follower"), 0);
	assert_int_equal(reports(w), 1);
}

static void withheld_number_keeps_its_language(void **state)
{
	struct fake_call_line *cl = town;
	uint64_t s = withheld(cl);

	press(cl, s, "43");
	assert_string_equal(cl->spoken_in, "en");
	press(cl, s, "1");
	assert_string_equal(cl->spoken_in, "en");
}

static void withheld_number_that_fails_leaves_a_message(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = withheld(cl);

	press(cl, s, "1777");
	assert_true(said(cl, "voice.by_message"));
	assert_false(said(cl, "voice.by_text"));
	assert_false(cl->last);
	assert_non_null(strstr(cl->said, "(tone)"));
	speak(cl, s, LINE_RECORDED, 6);
	assert_true(said(cl, "voice.thanks"));
	assert_true(cl->last);
	played(cl, s);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording WHERE for_city = 1 AND "
				       "report_id IS NULL AND person_id IS NULL AND done = 1"),
			 1);
	assert_string_equal(sql_text(w, "SELECT cause FROM call"), "message");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM person"), 0);
}

static void zero_leaves_a_message_and_goes_on(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, "10");
	assert_true(said(cl, "voice.leave"));
	speak(cl, s, LINE_RECORDED, 2);
	assert_true(said(cl, "voice.thanks"));
	assert_non_null(strstr(cl->said, "Wat wilt u melden?"));
	assert_int_equal(sql_number(w, "SELECT for_city FROM recording"), 1);
	press(cl, s, "3" PLACE HOUSE "1#");
	speak(cl, s, LINE_RECORDED_NOTHING, 0);
	assert_int_equal(reports(w), 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording"), 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording WHERE report_id NOTNULL"),
			 0);
}

/* Somebody leans on the keys: what does not fit is missed, and said. */
static void keys_without_end_are_counted(void **state)
{
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, SPOKEN);
	assert_true(cl->record[0]);
	assert_int_equal(figures(cl).keys_missed, 0);
	press(cl, s, "5555555555555555555555555555555555555555"); /* 40 of which 32 wait */
	assert_int_equal(figures(cl).keys_missed, 8);
}

/* ---- it goes on by text */

/* Of an entry that is not whole yet. */
static void keys_that_a_hang_up_makes_useless_are_counted(void **state)
{
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, "1411");
	press(cl, s, "25");
	assert_int_equal(figures(cl).keys_missed, 0);
	hang_up(cl, s);
	assert_int_equal(figures(cl).keys_missed, 2);
}

static void silence_is_asked_again_and_then_goes_on_by_text(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, "1");
	for (unsigned int i = 1; i <= 3; i++) {
		unsigned int prompts = cl->prompts;

		played(cl, s);
		tick(w, 5);
		assert_int_equal(cl->prompts, prompts);
		tick(w, 2);
		assert_int_equal(cl->prompts, prompts + 1);
		assert_int_equal(cl->last, i == 3);
	}
	assert_true(said(cl, "voice.by_text"));
	assert_int_equal(texts_to(w, ANN), 1);
	assert_true(texted(w, ANN, "voice.dropped"));
	assert_non_null(strstr(last_text_to(w, ANN), "Zwerfvuil"));
	played(cl, s);
	assert_string_equal(sql_text(w, "SELECT cause FROM call"), "by-text");
	assert_int_equal(sql_number(w, "SELECT again FROM call"), 3);
	assert_int_equal(figures(cl).by_text, 1);
	pass(w, 600);
	assert_int_equal(texts_to(w, ANN), 1);
}

static void dropped_call_goes_on_by_text_when_nobody_calls_again(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, LAMP);
	hang_up(cl, s);
	assert_string_equal(sql_text(w, "SELECT cause FROM call"), "hung-up");
	assert_string_not_equal(sql_text(w, "SELECT node FROM call"), "");
	assert_int_equal(figures(cl).abandoned, 1);
	assert_int_equal(figures(cl).n_nodes, 1);
	assert_int_equal(figures(cl).nodes[0].abandoned, 1);
	assert_string_equal(figures(cl).nodes[0].node, sql_text(w, "SELECT node FROM call"));
	pass(w, 115);
	assert_int_equal(texts_to(w, ANN), 0);
	pass(w, 10);
	assert_int_equal(texts_to(w, ANN), 1);
	assert_true(texted(w, ANN, "voice.dropped"));
	says(w, ANN, "Spui 70");
	says(w, ANN, "nee");
	assert_int_equal(reports(w), 1);
}

static void who_calls_again_goes_on_by_voice(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, LAMP PLACE);
	hang_up(cl, s);
	pass(w, 60);
	call(cl, ANN);
	assert_true(said(cl, "voice.resumed"));
	pass(w, 120);
	assert_int_equal(texts_to(w, ANN), 0);
}

static void message_of_who_hangs_up_is_kept_and_filed(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, SPOKEN);
	calls_recorded(cl->calls, &cl->ln, s, LINE_RECORDED_PART, 3);
	calls_ended(cl->calls, &cl->ln, s);
	run(w);
	assert_int_equal(reports(w), 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording WHERE report_id = 1"), 1);
	assert_int_equal(figures(cl).open, 0);
	pass(w, 125);
	assert_int_equal(texts_to(w, ANN), 1); /* nobody heard the number */
	assert_non_null(strstr(last_text_to(w, ANN), "Uw melding is gedaan"));
}

static char killed_path[96];

static void copy_file(const char *from, const char *to, const char *end)
{
	char command[256];

	snprintf(command, sizeof(command), "cp %s%s %s%s", from, end, to, end);
	assert_int_equal(system(command), 0);
}

/* The files as a kill would leave them at this moment. */
static void kill_here(struct fake_call_line *cl)
{
	snprintf(killed_path, sizeof(killed_path), "%s.killed", cl->w->path);
	copy_file(cl->w->path, killed_path, "");
	copy_file(cl->w->path, killed_path, "-wal");
}

static void kill_before_it_is_heard_files_once_and_goes_on_by_text(void **state)
{
	struct world *w = *state, *again;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);
	char command[128];

	press(cl, s, SPOKEN);
	cl->when_said = kill_here;
	speak(cl, s, LINE_RECORDED, 2);
	assert_int_equal(reports(w), 1);
	again = world_start(killed_path, w->talk);
	outbox_line_add(again->outbox, &again->line->ln);
	agenda_add(again->agenda, world_due_intake, again->intake);
	town_start(again, cl->folder);
	agenda_now(again->agenda);
	run(again);
	assert_string_equal(sql_text(again, "SELECT cause FROM call"), "lost");
	tick(again, 2);
	assert_int_equal(reports(again), 1);
	assert_int_equal(texts_to(again, ANN), 1);
	assert_non_null(strstr(last_text_to(again, ANN), "Uw melding is gedaan"));
	assert_int_equal(sql_number(again, "SELECT count(*) FROM recording WHERE done = 1"), 1);
	assert_true(is_file(cl->folder, 1));
	store_close(again->st);
	talloc_free(again);
	town = cl;
	snprintf(command, sizeof(command), "rm -f %s*", killed_path);
	assert_int_equal(system(command), 0);
}

/* ---- what fails */

static void full_disk_cuts_the_message_and_keeps_the_report(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, SPOKEN);
	speak(cl, s, LINE_RECORDED_PART, 2);
	assert_true(said(cl, "voice.cut"));
	assert_int_equal(reports(w), 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording WHERE report_id = 1"), 1);
}

static void database_that_refuses_is_tried_again(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	disk_full(w, true);
	press(cl, s, "1");
	assert_int_equal(cl->prompts, 1);
	disk_full(w, false);
	tick(w, 1);
	assert_int_equal(cl->prompts, 2);
	assert_non_null(strstr(cl->said, "Wat wilt u melden?"));
}

static void database_that_refuses_for_long_ends_the_call(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	disk_full(w, true);
	press(cl, s, "1");
	for (int i = 0; i < 30; i++)
		tick(w, 1);
	assert_int_equal(cl->hung_up, s);
	assert_int_equal(figures(cl).open, 0);
	disk_full(w, false);
	pass(w, 600); /* and the agenda closes its row */
	assert_int_equal(sql_number(w, "SELECT count(*) FROM call WHERE ended IS NULL"), 0);
}

static void words_that_cannot_be_said_are_said_in_another_language(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	voice.fails = "nl";
	call(cl, ANN);
	assert_int_equal(cl->prompts, 0);
	for (int i = 0; i < 3; i++) {
		voice_works();
		run(w);
	}
	assert_int_equal(cl->prompts, 1);
	assert_string_equal(cl->spoken_in, "en");
	assert_non_null(strstr(cl->said, phrase_say(w, w->talk->phrases, "en", "voice",
						    "voice.keys", NULL, w->talk->zone)));
}

static void sentence_that_cannot_be_said_is_left_out(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	voice.word = "Hulp: ";
	call(cl, ANN);
	voice_works();
	run(w);
	assert_int_equal(cl->prompts, 1);
	assert_null(strstr(cl->said, "Hulp: "));
	assert_non_null(strstr(cl->said, "Iets melden: toets 1."));
}

/* Words that vary are known in one language only: another voice says them. */
static void words_that_vary_are_said_by_the_voice_of_another_language(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);
	char dutch[SAID_MAX];

	press(cl, s, "14"); /* a page of the menu; its words vary */
	OSMO_STRLCPY_ARRAY(dutch, cl->said);
	press(cl, s, "*");
	assert_string_equal(cl->said, dutch);
	voice.fails = "nl";
	press(cl, s, "*");
	voice_makes_all(w);
	assert_string_not_equal(cl->said, "");
	assert_string_equal(cl->spoken_in, "en");
}

static void voice_fails_and_a_recording_says_that_it_goes_on_by_text(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	voice.word = ""; /* every sentence */
	voice.recorded = "voice.by_text";
	press(cl, s, "1");
	voice_makes_all(w);
	assert_int_equal(cl->prompts, 2);
	assert_true(cl->last);
	assert_true(said(cl, "voice.by_text"));
	played(cl, s);
	assert_int_equal(texts_to(w, ANN), 1);
	assert_string_equal(sql_text(w, "SELECT cause FROM call"), "by-text");
}

static void call_in_which_nothing_can_be_said_hears_a_tone_and_goes_on_by_text(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	voice.word = ""; /* every sentence */
	press(cl, s, "1");
	voice_makes_all(w);
	assert_int_equal(cl->prompts, 2);
	assert_true(cl->last);
	assert_string_equal(cl->said, "(tone)\n");
	played(cl, s);
	assert_int_equal(texts_to(w, ANN), 1);
	assert_non_null(strstr(last_text_to(w, ANN), "Zwerfvuil"));
	assert_string_equal(sql_text(w, "SELECT cause FROM call"), "by-text");
	assert_int_equal(figures(cl).open, 0);
}

/* Also to whom no text can go. */
static void withheld_number_hears_a_tone_when_nothing_can_be_said(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	voice.word = "";
	s = call(cl, NULL);
	voice_makes_all(w);
	assert_int_equal(cl->answers, 1);
	assert_int_equal(cl->prompts, 1);
	assert_true(cl->last);
	assert_string_equal(cl->said, "(tone)\n");
	played(cl, s);
	assert_int_equal(figures(cl).open, 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording"), 0);
}

/* A voice that hangs: the caller hears that the call is still there, and what there is after five seconds. */
static void words_that_take_long_are_waited_for_with_a_tone(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	voice.slowly = true;
	press(cl, s, "1");
	assert_int_equal(cl->prompts, 1);
	tick(w, 2);
	assert_int_equal(cl->prompts, 2);
	assert_string_equal(cl->said, "(tone)\n");
	assert_false(cl->last);
	voice_makes_all(w);
	assert_int_equal(cl->prompts, 3);
	assert_non_null(strstr(cl->said, "Wat wilt u melden?"));
}

static void voice_that_hangs_leaves_what_was_recorded(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	voice.slowly = true;
	voice.recorded = "voice.by_text";
	press(cl, s, "1");
	tick(w, 2);
	tick(w, 2);
	assert_int_equal(cl->prompts, 3);
	assert_string_equal(cl->said, "(tone)\n");
	tick(w, 2);
	assert_int_equal(cl->prompts, 4);
	assert_true(said(cl, "voice.by_text"));
	assert_true(cl->last);
	played(cl, s);
	assert_int_equal(texts_to(w, ANN), 1);
}

static void voice_that_hangs_leaves_what_is_kept_in_another_language(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	voice.slowly = true;
	voice.kept = "en";
	call(cl, ANN);
	assert_int_equal(cl->prompts, 0); /* the phone rings on */
	for (int i = 0; i < 3; i++)
		tick(w, 2);
	assert_int_equal(cl->prompts, 1);
	assert_string_equal(cl->spoken_in, "en");
}

static void key_need_not_wait_for_the_words(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	voice.slowly = true;
	s = call(cl, ANN);
	assert_int_equal(cl->prompts, 0);
	press(cl, s, "1");
	voice_works();
	run(w);
	assert_int_equal(cl->prompts, 1);
	assert_non_null(strstr(cl->said, "Wat wilt u melden?"));
}

static void line_that_goes_ends_its_calls(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	voice.slowly = true;
	call(cl, ANN);
	voice.slowly = false;
	press(cl, call(cl, BOB), "1");
	calls_line_remove(cl->calls, &cl->ln);
	run(w);
	assert_int_equal(figures(cl).open, 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM call WHERE ended IS NULL"), 0);
	voice_works(); /* what was asked for concerns nobody */
	assert_int_equal(cl->prompts, 2);
}

/* ---- files and rows */

static void nothing_said_leaves_neither_row_nor_file(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, SPOKEN);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording WHERE done = 0"), 1);
	speak(cl, s, LINE_RECORDED_NOTHING, 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording"), 0);
	assert_false(is_file(cl->folder, 1));
	assert_int_equal(reports(w), 1);
}

static void start_makes_files_and_rows_agree(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	put_file(cl->folder, "77.opus");
	put_file(cl->folder, "notes.txt");
	assert_int_equal(store_sql(w->st, "INSERT INTO call (id, line, began, ended) VALUES "
					  "(1, 'sip city', 1, 2)"),
			 0);
	assert_int_equal(store_sql(w->st,
				   "INSERT INTO recording (id, call_id, path, at, done, "
				   "erase) VALUES (5, 1, '/nowhere/5.opus', 1, 1, 9999999999)"),
			 0);
	town_start(w, cl->folder);
	agenda_now(w->agenda);
	run(w);
	assert_false(is_file(cl->folder, 77));
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording"), 0);
	assert_int_equal(unlink(talloc_asprintf(w, "%s/notes.txt", cl->folder)), 0);
}

static void recording_is_erased_in_time_but_not_of_an_open_report(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s = call(cl, ANN);

	press(cl, s, SPOKEN);
	speak(cl, s, LINE_RECORDED, 2);
	played(cl, s);
	hang_up(cl, s);
	test_now_s += 91 * DAY_S;
	calls_due(cl->calls, test_now_s);
	run(w);
	assert_true(is_file(cl->folder, 1));
	assert_int_equal(store_sql(w->st, "UPDATE report SET state = 'closed'"), 0);
	test_now_s += 2 * DAY_S;
	calls_due(cl->calls, test_now_s);
	run(w);
	assert_false(is_file(cl->folder, 1));
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording"), 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM call"), 0);
}

/* ---- made ahead */

static void what_is_always_said_is_made_ahead_in_all_languages(void **state)
{
	struct fake_call_line *cl = town;
	bool nl = false, en = false;

	calls_prepare(cl->calls);
	assert_true(figures(cl).ahead_all > 50);
	assert_int_equal(figures(cl).ahead, 0);
	for (int i = 0; i < 1000 && voice.asked > 0; i++)
		voice_works();
	assert_int_equal(figures(cl).ahead, figures(cl).ahead_all);
	for (unsigned int i = 0; i < voice.n; i++) {
		nl |= !strcmp(voice.made[i].key, "voice.keys") &&
		      !strcmp(voice.made[i].language, "nl");
		en |= !strcmp(voice.made[i].key, "voice.keys") &&
		      !strcmp(voice.made[i].language, "en");
	}
	assert_true(nl && en);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALL_TEST(nothing_is_heard_before_the_commit),
		CALL_TEST(report_is_filed_by_keys_with_a_message),
		CALL_TEST(keys_pressed_ahead_answer_the_next_questions),
		CALL_TEST(keys_without_end_are_counted),
		CALL_TEST(hash_after_enough_keys_is_theirs),
		CALL_TEST(pause_ends_an_entry),
		CALL_TEST(two_call_at_once),
		CALL_TEST(more_calls_than_there_is_room_for_are_not_answered),
		CALL_TEST(who_calls_too_often_is_told_so),
		CALL_TEST(who_is_blocked_is_not_answered),
		CALL_TEST(withheld_number_files_a_report),
		CALL_TEST(withheld_numbers_are_not_one_person),
		CALL_TEST(withheld_number_asks_by_the_number_of_a_report),
		CALL_TEST(withheld_number_cannot_follow),
		CALL_TEST(withheld_number_keeps_its_language),
		CALL_TEST(withheld_number_that_fails_leaves_a_message),
		CALL_TEST(zero_leaves_a_message_and_goes_on),
		CALL_TEST(keys_that_a_hang_up_makes_useless_are_counted),
		CALL_TEST(silence_is_asked_again_and_then_goes_on_by_text),
		CALL_TEST(dropped_call_goes_on_by_text_when_nobody_calls_again),
		CALL_TEST(who_calls_again_goes_on_by_voice),
		CALL_TEST(message_of_who_hangs_up_is_kept_and_filed),
		CALL_FILE_TEST(kill_before_it_is_heard_files_once_and_goes_on_by_text),
		CALL_TEST(full_disk_cuts_the_message_and_keeps_the_report),
		CALL_TEST(database_that_refuses_is_tried_again),
		CALL_TEST(database_that_refuses_for_long_ends_the_call),
		CALL_TEST(words_that_cannot_be_said_are_said_in_another_language),
		CALL_TEST(sentence_that_cannot_be_said_is_left_out),
		CALL_TEST(words_that_vary_are_said_by_the_voice_of_another_language),
		CALL_TEST(voice_fails_and_a_recording_says_that_it_goes_on_by_text),
		CALL_TEST(call_in_which_nothing_can_be_said_hears_a_tone_and_goes_on_by_text),
		CALL_TEST(withheld_number_hears_a_tone_when_nothing_can_be_said),
		CALL_TEST(words_that_take_long_are_waited_for_with_a_tone),
		CALL_TEST(voice_that_hangs_leaves_what_was_recorded),
		CALL_TEST(voice_that_hangs_leaves_what_is_kept_in_another_language),
		CALL_TEST(key_need_not_wait_for_the_words),
		CALL_TEST(line_that_goes_ends_its_calls),
		CALL_TEST(nothing_said_leaves_neither_row_nor_file),
		CALL_TEST(start_makes_files_and_rows_agree),
		CALL_TEST(recording_is_erased_in_time_but_not_of_an_open_report),
		CALL_TEST(what_is_always_said_is_made_ahead_in_all_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
