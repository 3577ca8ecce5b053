// SPDX-License-Identifier: AGPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "talk_person.h"
#include "wire/ussd_text.h"

#define MAIN   "[main]\n1 [main.report]\n2 [main.status]"
#define SOLVED "[solved.ask]\n1 Ja\n2 Nee"

static int setup_session(void **state)
{
	struct talk_test *t;
	int rc = setup(state);

	t = *state;
	t->turn.channel = DIALOGUE_USSD;
	t->turn.channel_name = "ussd";
	t->turn.code = "*140#";
	return rc;
}

static const char *dial(struct talk_test *t, const char *path)
{
	assert_int_equal(
		dialogue_dial(t, t->state, path, &t->turn, &fixture_ops, &t->desk, &t->out), 0);
	assert_int_equal(t->out.n, 1);
	t->state = t->out.state;
	return t->out.answers[0];
}

static void by_sms(struct talk_test *t)
{
	t->turn.channel = DIALOGUE_SMS;
}

static void by_ussd(struct talk_test *t)
{
	t->turn.channel = DIALOGUE_USSD;
}

static const char *remind(struct talk_test *t)
{
	by_sms(t);
	assert_int_equal(dialogue_remind(t, t->state, &t->turn, &fixture_ops, &t->desk, &t->out),
			 0);
	t->state = t->out.state;
	return t->out.n ? t->out.answers[0] : "";
}

static const char *open_solved(struct talk_test *t)
{
	json_t *slots = json_pack("{ss}", "reference", "4829153");

	by_sms(t);
	assert_int_equal(dialogue_open(t, t->state, "solved", slots, &t->turn, &fixture_ops,
				       &t->desk, &t->out),
			 0);
	json_decref(slots);
	by_ussd(t);
	t->state = t->out.state;
	return t->out.answers[0];
}

/* ---- a session ---- */

static void code_shows_the_main_menu_and_waits(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(dial(t, ""), MAIN);
	assert_false(t->out.last);
	assert_int_equal(t->out.remind_s, 0);
	assert_string_equal(dial(t, "#"), MAIN);
}

static void report_is_filed_in_a_session(void **state)
{
	struct talk_test *t = *state;

	dial(t, "");
	assert_string_equal(text(t, "1"), "[what]\n1 [what.light]\n2 Container vol of iets anders");
	assert_string_equal(text(t, "container vol"), "[where]");
	assert_int_equal(t->out.n, 1);
	assert_false(t->out.last);
	text(t, "Spui 70");
	assert_string_equal(text(t, "glas"), "Melding container-full Spui 70, Centrum glas");
	assert_true(t->out.last);
	assert_int_equal(t->desk.filed, 1);
}

static void words_and_language_work_as_in_a_text(void **state)
{
	struct talk_test *t = *state;

	dial(t, "");
	text(t, "container vol");
	assert_string_equal(text(t, "English"), "English now\n[where]");
	assert_string_equal(text(t, "STOP"), "[stopped]");
	assert_true(t->out.last);
	assert_true(t->out.command);
}

static void danger_and_question_are_one_page(void **state)
{
	struct talk_test *t = *state;

	dial(t, "");
	assert_string_equal(text(t, "gaslucht"), "Bel 0800-9009\n[where]");
	assert_int_equal(t->out.n, 1);
}

static void first_page_of_all_tells_what_is_kept(void **state)
{
	struct talk_test *t = *state;

	t->turn.first = true;
	assert_string_equal(dial(t, ""), "[privacy]\n" MAIN);
}

static void words_may_name_the_code(void **state)
{
	static const char menus[] = "entries:\n  - {otherwise: true, to: a}\nnodes:\n"
				    "  a: {say: code, to: end}\n";
	struct talk_test *t = *state;
	char *error = NULL;

	t->talk = fixture_talk(t, menus, &error);
	assert_non_null(t->talk);
	t->turn.talk = t->talk;
	assert_string_equal(text(t, "x"), "Bel *140*2#");
	t->turn.code = NULL;
	assert_string_equal(text(t, "x"), "Bel *2#");
}

static void sentence_at_the_main_menu_begins_as_a_text_does(void **state)
{
	struct talk_test *t = *state;

	dial(t, "");
	/* not the option "report", after which all would be asked */
	assert_string_equal(text(t, "meld container vol Spui 70 glas"),
			    "Melding container-full Spui 70, Centrum "
			    "container vol Spui 70 glas");
}

static void word_of_another_language_at_the_main_menu_chooses_it(void **state)
{
	struct talk_test *t = *state;

	dial(t, "");
	text(t, "report");
	assert_string_equal(t->turn.language, "en");
}

/* ---- paths ---- */

static void path_goes_straight_to_a_question(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(dial(t, "1*1#"), "[where]");
	assert_string_equal(dial(t, "1*1"), "[where]");
}

static void path_ends_at_the_first_key_that_does_not_fit(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(dial(t, "1*9*1#"),
			    "[again.category]\n1 [what.light]\n2 Container vol of iets anders");
}

static void path_leaves_what_waits_but_not_what_is_asked_for_days(void **state)
{
	struct talk_test *t = *state;

	open_solved(t);
	assert_string_equal(dial(t, "2#"), "[status]\n" SOLVED);
	t->state = NULL;
	by_sms(t);
	text(t, "container vol");
	by_ussd(t);
	assert_string_equal(dial(t, "2#"), "[status]");
	assert_true(t->out.last);
}

/* ---- pages ---- */

static void long_answer_is_turned_with_keys(void **state)
{
	struct talk_test *t = *state;

	t->turn.page_octets = 40; /* 45 septets */
	dial(t, "");
	text(t, "1");
	assert_string_equal(text(t, "2"), "[list]\n1 Container vol\n# meer");
	assert_false(t->out.last);
	assert_string_equal(text(t, "#"), "2 Container kapot\n3 Lantaarn\n4 Overig\n0 terug");
	assert_string_equal(text(t, "0"), "[list]\n1 Container vol\n# meer");
	assert_string_equal(text(t, "98"), "2 Container kapot\n3 Lantaarn\n4 Overig\n0 terug");
	assert_string_equal(text(t, "1"), "[where]"); /* of the page before */
}

static void back_on_the_first_page_is_back_in_the_conversation(void **state)
{
	struct talk_test *t = *state;

	t->turn.page_octets = 40;
	dial(t, "");
	text(t, "1");
	text(t, "2");
	assert_string_equal(text(t, "0"), "[what]\n1 [what.light]\n# meer");
}

static void no_page_after_the_last(void **state)
{
	struct talk_test *t = *state;

	dial(t, "");
	text(t, "1");
	assert_string_equal(
		text(t, "#"),
		"[dialogue.last]\n[what]\n1 [what.light]\n2 Container vol of iets anders");
}

static void number_98_is_an_answer_where_no_page_follows(void **state)
{
	struct talk_test *t = *state;

	dial(t, "");
	text(t, "container vol");
	text(t, "Spui 70");
	assert_string_equal(text(t, "98"), "Melding container-full Spui 70, Centrum 98");
}

static void last_words_of_several_pages_end_with_the_last(void **state)
{
	struct talk_test *t = *state;

	t->turn.page_octets = 40;
	dial(t, "");
	text(t, "container vol");
	text(t, "Spui 70");
	assert_string_equal(text(t, "glas op straat"), "Melding container-full Spui 70,\n# meer");
	assert_false(t->out.last);
	assert_string_equal(text(t, "#"), "Centrum glas op straat");
	assert_true(t->out.last);
	assert_int_equal(t->desk.filed, 1);
}

static void other_answer_than_a_key_leaves_the_pages(void **state)
{
	struct talk_test *t = *state;

	t->turn.page_octets = 40;
	dial(t, "");
	text(t, "1");
	text(t, "2");
	assert_non_null(strstr(t->state, "\"pages\""));
	assert_string_equal(text(t, "3"), "[where]");
	assert_null(strstr(t->state, "\"pages\""));
}

static void every_page_fits(void **state)
{
	struct talk_test *t = *state;

	for (size_t octets = 40; octets <= 160; octets += 40) {
		t->state = NULL;
		t->turn.page_octets = octets;
		dial(t, "");
		text(t, "1");
		for (const char *page = text(t, "2"); strstr(page, "# meer"); page = text(t, "#"))
			assert_true(ussd_text_octets(page, strlen(page)) <= octets);
	}
}

/* ---- lost ---- */

static void dialling_again_goes_on_and_says_so(void **state)
{
	struct talk_test *t = *state;

	dial(t, "");
	text(t, "container vol");
	assert_string_equal(dial(t, ""), "[dialogue.resumed]\n[where]");
	text(t, "Spui 70");
	text(t, "glas");
	assert_int_equal(t->desk.filed, 1);
}

static void what_was_begun_by_text_goes_on_in_a_session_and_back(void **state)
{
	struct talk_test *t = *state;

	by_sms(t);
	text(t, "container vol");
	by_ussd(t);
	assert_string_equal(dial(t, ""), "[dialogue.resumed]\n[where]");
	text(t, "Spui 70");
	by_sms(t);
	text(t, "glas");
	assert_int_equal(t->desk.filed, 1);
	assert_null(t->state);
}

static void list_goes_on_by_text_with_the_same_numbers(void **state)
{
	struct talk_test *t = *state;

	t->turn.page_octets = 40;
	dial(t, "");
	text(t, "1");
	text(t, "2");
	text(t, "#");
	by_sms(t);
	assert_string_equal(text(t, "#"),
			    "[list]\n1 Container vol\n2 Container kapot\n3 Lantaarn\n4 Overig");
	assert_string_equal(text(t, "3"), "[where]");
}

static void lost_session_is_texted_after_two_minutes(void **state)
{
	struct talk_test *t = *state;

	dial(t, "");
	text(t, "container vol");
	/* the page's 25 s, then 2 minutes */
	assert_in_range(t->out.remind_s, 120, 180);
	assert_int_equal(t->out.remind_s + t->out.expire_s, 86400);
	assert_string_equal(remind(t), "[dialogue.session]\n[where]");
	assert_int_equal(t->out.remind_s, 0);
	text(t, "Spui 70");
	assert_int_equal(t->out.remind_s, 3600); /* a conversation by text from now on */
	assert_string_equal(remind(t), "[dialogue.remind]\n[more]");
}

static void main_menu_that_was_left_is_not_missed(void **state)
{
	struct talk_test *t = *state;

	dial(t, "");
	assert_int_equal(t->out.remind_s, 0);
	assert_string_equal(remind(t), "");
	by_ussd(t);
	assert_string_equal(dial(t, ""), MAIN);
}

/* ---- done, but was it read? ---- */

static void file_in_session(struct talk_test *t)
{
	dial(t, "");
	text(t, "container vol");
	text(t, "Spui 70");
	text(t, "glas");
}

static void what_was_done_is_said_again_until_it_was_seen(void **state)
{
	struct talk_test *t = *state;

	file_in_session(t);
	assert_true(t->out.last);
	assert_non_null(t->state);
	assert_in_range(t->out.remind_s, 120, 180);
	assert_string_equal(
		dial(t, ""),
		"[dialogue.unsaid]\nMelding container-full Spui 70, Centrum glas\n" MAIN);
	assert_string_equal(
		dial(t, ""),
		"[dialogue.unsaid]\nMelding container-full Spui 70, Centrum glas\n" MAIN);
	assert_string_equal(text(t, "1"), "[what]\n1 [what.light]\n2 Container vol of iets anders");
	assert_string_equal(dial(t, ""), "[dialogue.resumed]\n[what]\n1 [what.light]\n"
					 "2 Container vol of iets anders");
	assert_int_equal(t->desk.filed, 1);
}

static void last_page_that_was_seen_leaves_nothing(void **state)
{
	struct talk_test *t = *state;

	file_in_session(t);
	assert_null(dialogue_seen(t, t->state, &t->turn));
}

static void first_page_of_two_was_not_the_last(void **state)
{
	struct talk_test *t = *state;

	t->turn.page_octets = 40;
	dial(t, "");
	text(t, "container vol");
	text(t, "Spui 70");
	text(t, "glas op straat");
	t->state = dialogue_seen(t, t->state, &t->turn);
	assert_non_null(t->state);
	assert_string_equal(text(t, "#"), "Centrum glas op straat");
	assert_null(dialogue_seen(t, t->state, &t->turn));
}

static void what_was_done_is_said_in_the_next_text(void **state)
{
	struct talk_test *t = *state;

	file_in_session(t);
	by_sms(t);
	assert_string_equal(
		text(t, "status"),
		"[dialogue.unsaid]\nMelding container-full Spui 70, Centrum glas\n[status]");
	assert_null(t->state);
}

static void what_was_done_is_the_reminder(void **state)
{
	struct talk_test *t = *state;

	file_in_session(t);
	assert_string_equal(remind(t),
			    "[dialogue.unsaid]\nMelding container-full Spui 70, Centrum glas");
	assert_null(t->state);
}

static void what_was_done_on_a_path_is_said(void **state)
{
	static const char menus[] = "entries:\n  - {keyword: menu, to: m}\n"
				    "  - {otherwise: true, to: m}\nnodes:\n"
				    "  m: {choose: m, options: [{say: a, to: stop}]}\n"
				    "  stop: {do: person.stop, outcomes: {stopped: said}}\n"
				    "  said: {say: said, to: q}\n"
				    "  q: {choose: q, options: [{say: word.yes, to: q2}]}\n"
				    "  q2: {choose: q2, options: [{say: word.yes, to: end}]}\n";
	struct talk_test *t = *state;
	char *error = NULL;

	t->talk = fixture_talk(t, menus, &error);
	assert_non_null(t->talk);
	t->turn.talk = t->talk;
	assert_string_equal(dial(t, "1*1#"), "[said]\n[q2]\n1 Ja");
	assert_string_equal(remind(t), "[dialogue.unsaid]\n[said]\n[dialogue.session]\n[q2]\n1 Ja");
}

static void what_stood_on_a_page_that_was_not_turned_to_is_said_again(void **state)
{
	struct talk_test *t = *state;

	t->turn.page_octets = 40;
	dial(t, "");
	text(t, "container vol");
	text(t, "Spui 70");
	text(t, "glas op straat");
	assert_string_equal(text(t, "status"), "[dialogue.unsaid]\nMelding\n# meer");
	t->turn.page_octets = 160;
	assert_string_equal(dial(t, "2"), "[dialogue.unsaid]\n"
					  "Melding container-full Spui 70, Centrum glas op straat\n"
					  "[status]");
	assert_string_equal(text(t, "status"), "[status]");
}

static void danger_is_told_again_after_the_end_of_a_conversation(void **state)
{
	struct talk_test *t = *state;

	t->turn.page_octets = 40;
	dial(t, "");
	text(t, "gaslucht");
	text(t, "Spui 70");
	assert_non_null(t->state); /* its pages */
	assert_non_null(strstr(text(t, "gaslucht"), "Bel 0800"));
}

static void what_was_done_outlives_a_change_of_the_menus(void **state)
{
	struct talk_test *t = *state;

	t->state = "{\"slots\":{},\"queue\":[],\"unsaid\":\"Gedaan.\",\"node\":\"gone\","
		   "\"said\":\"\",\"left\":\"\",\"back\":[]}";
	assert_string_equal(dial(t, ""), "[dialogue.unsaid]\nGedaan.\n[dialogue.lost]\n" MAIN);
}

/* ---- questions of ours ---- */

static void our_question_does_not_slip_under_a_page_on_the_screen(void **state)
{
	struct talk_test *t = *state;

	dial(t, "");
	assert_string_equal(open_solved(t), "[solved]");
	assert_in_range(t->out.expire_s, 120, 180);
	assert_string_equal(text(t, "2"), "[status]\n" SOLVED); /* of the main menu */
	assert_string_equal(text(t, "1"), "[thanks]");
}

static void our_question_is_put_when_the_session_was_left(void **state)
{
	struct talk_test *t = *state;

	dial(t, "");
	open_solved(t);
	by_sms(t);
	assert_int_equal(dialogue_expire(t, t->state, &t->turn, &t->out), 0);
	assert_string_equal(t->out.answers[0], SOLVED);
	assert_int_equal(t->out.expire_s, 5 * 86400);
}

/* ---- the state ---- */

static void assert_state(struct talk_test *t, const char *kept, bool good)
{
	t->state = talloc_strdup(t, kept);
	by_sms(t);
	if (good)
		assert_string_equal(text(t, "1"), "[where]");
	else
		assert_non_null(strstr(text(t, "1"), "[dialogue.lost]"));
}

static void state_without_a_session_is_read_and_a_broken_one_is_not(void **state)
{
	struct talk_test *t = *state;

#define WHAT(more)                                                                                 \
	"{\"slots\":{},\"queue\":[],\"asked\":true,\"node\":\"what\",\"said\":\"\",\"left\":\"\"," \
	"\"back\":[]" more "}"
	assert_state(t, WHAT(""), true);
	assert_state(t, WHAT(",\"session\":true,\"pages\":\"a\\nb\",\"page\":2"), true);
	assert_state(t, WHAT(",\"session\":1"), false);
	assert_state(t, WHAT(",\"unsaid\":7"), false);
	assert_state(t, WHAT(",\"pages\":[],\"page\":0"), false);
	assert_state(t, WHAT(",\"pages\":\"a\""), false);
	assert_state(t, WHAT(",\"page\":0"), false);
	assert_state(t, WHAT(",\"pages\":\"a\",\"page\":1"), false);
	assert_state(t, WHAT(",\"pages\":\"a\",\"page\":-1"), false);
	assert_state(t, WHAT(",\"pages\":\"a\xc3\xa9\",\"page\":2"), false);
	assert_state(t, WHAT(",\"pages\":\"ab\",\"page\":\"1\""), false);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup_session, teardown)
	const struct CMUnitTest tests[] = {
		T(code_shows_the_main_menu_and_waits),
		T(report_is_filed_in_a_session),
		T(words_and_language_work_as_in_a_text),
		T(danger_and_question_are_one_page),
		T(first_page_of_all_tells_what_is_kept),
		T(words_may_name_the_code),
		T(sentence_at_the_main_menu_begins_as_a_text_does),
		T(word_of_another_language_at_the_main_menu_chooses_it),
		T(path_goes_straight_to_a_question),
		T(path_ends_at_the_first_key_that_does_not_fit),
		T(path_leaves_what_waits_but_not_what_is_asked_for_days),
		T(long_answer_is_turned_with_keys),
		T(back_on_the_first_page_is_back_in_the_conversation),
		T(no_page_after_the_last),
		T(number_98_is_an_answer_where_no_page_follows),
		T(last_words_of_several_pages_end_with_the_last),
		T(other_answer_than_a_key_leaves_the_pages),
		T(every_page_fits),
		T(dialling_again_goes_on_and_says_so),
		T(what_was_begun_by_text_goes_on_in_a_session_and_back),
		T(list_goes_on_by_text_with_the_same_numbers),
		T(lost_session_is_texted_after_two_minutes),
		T(main_menu_that_was_left_is_not_missed),
		T(what_was_done_is_said_again_until_it_was_seen),
		T(last_page_that_was_seen_leaves_nothing),
		T(first_page_of_two_was_not_the_last),
		T(what_was_done_is_said_in_the_next_text),
		T(what_was_done_is_the_reminder),
		T(what_was_done_on_a_path_is_said),
		T(what_stood_on_a_page_that_was_not_turned_to_is_said_again),
		T(danger_is_told_again_after_the_end_of_a_conversation),
		T(what_was_done_outlives_a_change_of_the_menus),
		T(our_question_does_not_slip_under_a_page_on_the_screen),
		T(our_question_is_put_when_the_session_was_left),
		T(state_without_a_session_is_read_and_a_broken_one_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
