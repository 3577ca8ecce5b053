// SPDX-License-Identifier: AGPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "talk_person.h"

static void all_in_one_text_files_at_once(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(text(t, "MELD AFVAL SPUI 70 container vol"),
			    "Melding container-full Spui 70, Centrum ");
	assert_int_equal(t->desk.filed, 1);
	assert_null(t->state);
}

static void keyword_is_not_needed_where_the_text_says_what(void **state)
{
	struct talk_test *t = *state;

	text(t, "lantaarn Spui 70");
	assert_int_equal(t->desk.filed, 1);
}

static void only_the_place_is_asked_where_that_is_missing(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(text(t, "container vol"), "[where]");
	assert_string_equal(text(t, "Spui 70"), "[more]");
	assert_string_equal(text(t, "het stinkt"),
			    "Melding container-full Spui 70, Centrum het stinkt");
}

static void words_that_no_question_used_are_the_description(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(text(t, "container vol Spui 70 ligt glas naast"),
			    "Melding container-full Spui 70, Centrum "
			    "container vol Spui 70 ligt glas naast");
}

static void forgiven_letters_are_confirmed(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(text(t, "container vol Spuy 70"), "[confirm.place]\n1 Ja\n2 Nee");
	text(t, "ja");
	assert_int_equal(t->desk.filed, 1);
}

static void no_to_a_guess_asks_openly(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol Spuy 70");
	assert_string_equal(text(t, "2"), "[again.place]");
	text(t, "Spui 70");
	assert_non_null(t->state);
}

static void two_places_are_offered_to_choose_from(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(text(t, "container vol Kade 1"),
			    "[which.place]\n1 Kade 1, Noord\n2 Kade 1, Zuid\n3 Geen");
	assert_string_equal(text(t, "2"), "Melding container-full Kade 1, Zuid ");
}

static void street_without_a_number_asks_for_the_number(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(text(t, "container vol Spui"), "[place.number]");
	text(t, "70");
	assert_int_equal(t->desk.filed, 1);
}

static void only_a_thing_asks_which_of_its_categories(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(text(t, "container Spui 70"),
			    "[which.category]\n1 Container vol\n2 Container kapot\n3 Geen");
	assert_string_equal(text(t, "kapot"), "Melding container-broken Spui 70, Centrum ");
}

static void known_report_is_offered(void **state)
{
	struct talk_test *t = *state;

	t->desk.near = true;
	assert_string_equal(text(t, "container vol Spui 70"), "[same]\n1 [follow]\n2 [anew]");
	assert_string_equal(text(t, "1"), "[followed]");
	assert_int_equal(t->desk.filed, 0);
}

static void wrong_answer_is_asked_with_other_words_then_help(void **state)
{
	struct talk_test *t = *state;

	t->desk.near = true;
	text(t, "container vol Spui 70");
	assert_string_equal(text(t, "hm"), "[again.choose]\n1 [follow]\n2 [anew]");
	assert_string_equal(text(t, "hm"), "[help.choose] [help.over]\n1 [follow]\n2 [anew]");
	assert_string_equal(text(t, "00"), "[main]\n1 [main.report]\n2 [main.status]");
}

static void back_returns_to_the_question_before(void **state)
{
	struct talk_test *t = *state;

	text(t, "meld");
	assert_string_equal(text(t, "1"), "[where]");
	assert_string_equal(text(t, "0"), "[what]\n1 [what.light]\n2 Container vol of iets anders");
	text(t, "container vol");
	assert_string_equal(text(t, "Spui 70"), "[more]");
}

static void list_is_chosen_by_number(void **state)
{
	struct talk_test *t = *state;

	text(t, "meld");
	assert_string_equal(text(t, "2"),
			    "[list]\n1 Container vol\n2 Container kapot\n3 Lantaarn\n4 Overig");
	assert_string_equal(text(t, "3"), "[where]");
}

static void stop_is_heard_in_the_midst_and_ends_it(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol");
	assert_string_equal(text(t, "STOP ALLES"), "[stopped]");
	assert_true(t->out.command);
	assert_null(t->state);
}

static void a_subscription_breaks_into_no_question(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol");
	assert_string_equal(text(t, "AAN SPUI"), "[started]\n[where]");
	assert_string_equal(text(t, "Spui 70"), "[more]");
	assert_string_equal(text(t, "AAN SPUI"), "[started]\n[more]");
	assert_string_equal(text(t, "het stinkt"),
			    "Melding container-full Spui 70, Centrum het stinkt");
	assert_string_equal(text(t, "AAN SPUI"), "[started]");
	assert_null(t->state);
}

static void where_it_is_stays_a_place(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol");
	assert_string_equal(text(t, "aan het Spui"), "[place.number]");
	assert_string_equal(text(t, "AAN SPUI"), "[started]\n[place.number]");
	text(t, "aan Spui 70");
	assert_int_equal(t->desk.filed, 1);
}

static void a_subscription_that_asks_which_returns_to_the_conversation(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol staat open");
	assert_string_equal(text(t, "AAN KADE"),
			    "[which.subject]\n1 Kade, Noord\n2 Kade, Zuid\n3 Geen");
	assert_string_equal(text(t, "2"), "[started]\n[where]");
	assert_string_equal(
		text(t, "Spui 70"),
		"Melding container-full Spui 70, Centrum container vol staat open. Spui 70");
	assert_int_equal(t->desk.filed, 1);
}

static void starting_again_forgets_what_gave_way(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol");
	text(t, "AAN KADE");
	assert_string_equal(text(t, "00"), "[main]\n1 [main.report]\n2 [main.status]");
	assert_string_equal(text(t, "2"), "[status]");
	assert_null(t->state);
}

static void stop_with_a_word_behind_it_is_stop_where_nothing_is_asked(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(text(t, "stop hiermee"), "[stopped]");
	text(t, "stop container vol Spui 70");
	assert_int_equal(t->desk.stopped, 1);
	text(t, "container vol");
	assert_string_equal(text(t, "uit sinds gisteren"), "[again.place]");
	assert_int_equal(t->desk.stopped, 1);
}

static void help_is_heard_in_the_midst_and_goes_on(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol");
	assert_string_equal(text(t, "?"), "[help]\n[where]");
	text(t, "Spui 70");
	assert_non_null(t->state);
}

static void language_name_repeats_the_question_in_it(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol");
	assert_string_equal(text(t, "English"), "English now\n[where]");
	assert_string_equal(t->turn.language, "en");
}

static void first_word_of_another_language_chooses_it(void **state)
{
	struct talk_test *t = *state;

	text(t, "report");
	assert_string_equal(t->turn.language, "en");
}

static void chosen_language_is_not_guessed_away(void **state)
{
	struct talk_test *t = *state;

	t->turn.language_chosen = true;
	text(t, "report");
	assert_string_equal(t->turn.language, "nl");
}

static void danger_is_answered_first_and_once(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(text(t, "gaslucht"), "Bel 0800-9009");
	assert_int_equal(t->out.n, 2);
	assert_string_equal(t->out.answers[1], "[where]");
	assert_string_equal(text(t, "gaslucht Spui 70"),
			    "Melding other Spui 70, Centrum gaslucht. gaslucht Spui 70");
}

static void keyword_breaks_into_a_question(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol");
	assert_string_equal(text(t, "status"), "[status]");
	assert_null(t->state);
}

static void sentence_that_begins_with_a_keyword_is_a_description(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol");
	text(t, "Spui 70");
	assert_string_equal(text(t, "status is dat er glas ligt"),
			    "Melding container-full Spui 70, Centrum status is dat er glas ligt");
}

static void keyword_that_wants_a_place_breaks_in_only_before_one(void **state)
{
	struct talk_test *t = *state;

	t->desk.near = true;
	text(t, "container vol Spui 70");
	assert_string_equal(text(t, "bij mij ook"), "[again.choose]\n1 [follow]\n2 [anew]");
	assert_string_equal(text(t, "bij Spui"), "[near.said]");
}

static void words_that_begin_a_label_are_an_answer_first(void **state)
{
	struct talk_test *t = *state;

	text(t, "meld");
	assert_string_equal(text(t, "container vol"), "[where]");
}

static void variants_of_a_language_stand_behind_it(void **state)
{
	struct talk_test *t = *state;

	text(t, "taal");
	assert_string_equal(t->out.answers[0], "[languages]\n1 Nederlands\n2 Makkelijk\n3 English");
}

static void house_number_that_is_not_there_is_asked_with_other_words(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(text(t, "container vol Spui"), "[place.number]");
	assert_string_equal(text(t, "Spui 999"), "[again.place]");
	text(t, "70");
	assert_int_equal(t->desk.filed, 1);
}

static void last_page_with_nothing_but_none_of_these_is_a_page(void **state)
{
	struct talk_test *t = *state;

	t->state = "{\"node\":\"what\",\"slots\":{},\"said\":\"\",\"left\":\"\",\"back\":[],"
		   "\"queue\":[],\"candidates\":true,\"from\":1,\"shown\":1,"
		   "\"found\":[{\"category\":\"other\"}]}";
	assert_string_equal(text(t, "00"), "[main]\n1 [main.report]\n2 [main.status]");
}

static void language_by_name_answers_the_question_for_it(void **state)
{
	struct talk_test *t = *state;

	text(t, "taal");
	assert_string_equal(text(t, "english"), "English now");
	assert_null(t->state);
}

static void privacy_is_told_at_the_first_contact(void **state)
{
	struct talk_test *t = *state;

	t->turn.first = true;
	assert_string_equal(text(t, "container vol"), "[privacy]\n[where]");
}

static const char *open_solved(struct talk_test *t)
{
	json_t *slots = json_pack("{ss}", "reference", "4829153");

	assert_int_equal(dialogue_open(t, t->state, "solved", slots, &t->turn, &fixture_ops,
				       &t->desk, &t->out),
			 0);
	json_decref(slots);
	t->state = t->out.state;
	return t->out.answers[0];
}

static void our_question_is_put_at_once_where_nothing_is_under_way(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(open_solved(t), "[solved]\n[solved.ask]\n1 Ja\n2 Nee");
	assert_int_equal(t->out.remind_s, 0);
	assert_int_equal(t->out.expire_s, 5 * 86400);
	assert_string_equal(text(t, "nee"), "[sorry]");
}

static void our_question_waits_for_the_end_of_a_conversation(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol");
	assert_string_equal(open_solved(t), "[solved]");
	text(t, "Spui 70");
	assert_string_equal(text(t, "niets"), "Melding container-full Spui 70, Centrum niets\n"
					      "[solved.ask]\n1 Ja\n2 Nee");
	assert_string_equal(text(t, "1"), "[thanks]");
	assert_null(t->state);
}

static void unfinished_conversation_is_reminded_and_expires_with_words(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol");
	assert_int_equal(t->out.remind_s, 3600);
	assert_int_equal(t->out.expire_s, 86400 - 3600);
	assert_int_equal(dialogue_remind(t, t->state, &t->turn, &fixture_ops, &t->desk, &t->out),
			 0);
	assert_string_equal(t->out.answers[0], "[dialogue.remind]\n[where]");
	assert_int_equal(dialogue_expire(t, t->state, &t->turn, &t->out), 0);
	assert_string_equal(t->out.answers[0], "[dialogue.expired]");
	assert_null(t->out.state);
}

static void what_was_only_offered_expires_silently(void **state)
{
	struct talk_test *t = *state;

	text(t, "menu");
	assert_int_equal(t->out.remind_s, 0);
	assert_int_equal(dialogue_expire(t, t->state, &t->turn, &t->out), 0);
	assert_int_equal(t->out.n, 0);
}

static void state_of_older_menus_begins_again_with_an_apology(void **state)
{
	struct talk_test *t = *state;

	t->state = "{\"node\":\"gone\",\"slots\":{},\"said\":\"\",\"left\":\"\"}";
	assert_string_equal(text(t, "2"),
			    "[dialogue.lost]\n[main]\n1 [main.report]\n2 [main.status]");
	t->state = "no json";
	text(t, "meld");
	assert_non_null(t->state);
}

static void failing_desk_is_reported(void **state)
{
	struct talk_test *t = *state;

	t->desk.broken = true;
	assert_int_equal(dialogue_take(t, NULL, "container vol Spui 70", &t->turn, &fixture_ops,
				       &t->desk, &t->out),
			 -EIO);
}

static void what_was_only_offered_gives_way_to_our_question(void **state)
{
	struct talk_test *t = *state;

	text(t, "menu");
	assert_string_equal(open_solved(t), "[solved]\n[solved.ask]\n1 Ja\n2 Nee");
	assert_string_equal(text(t, "2"), "[sorry]");
}

static void waiting_question_is_put_when_a_conversation_expires(void **state)
{
	struct talk_test *t = *state;

	text(t, "container vol");
	open_solved(t);
	assert_int_equal(dialogue_expire(t, t->state, &t->turn, &t->out), 0);
	assert_string_equal(t->out.answers[0], "[dialogue.expired]\n[solved.ask]\n1 Ja\n2 Nee");
	t->state = t->out.state;
	assert_string_equal(text(t, "ja"), "[thanks]");
}

static void unknown_node_cannot_be_opened(void **state)
{
	struct talk_test *t = *state;
	json_t *slots = json_object();

	assert_int_equal(
		dialogue_open(t, NULL, "nowhere", slots, &t->turn, &fixture_ops, &t->desk, &t->out),
		-EINVAL);
	json_decref(slots);
}

static void any_bytes_get_an_answer(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(text(t, "\xff\xfe\x80"), "[main]\n1 [main.report]\n2 [main.status]");
	t->state = NULL;
	assert_string_equal(text(t, ""), "[main]\n1 [main.report]\n2 [main.status]");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(all_in_one_text_files_at_once),
		T(keyword_is_not_needed_where_the_text_says_what),
		T(only_the_place_is_asked_where_that_is_missing),
		T(words_that_no_question_used_are_the_description),
		T(forgiven_letters_are_confirmed),
		T(no_to_a_guess_asks_openly),
		T(two_places_are_offered_to_choose_from),
		T(street_without_a_number_asks_for_the_number),
		T(only_a_thing_asks_which_of_its_categories),
		T(known_report_is_offered),
		T(wrong_answer_is_asked_with_other_words_then_help),
		T(back_returns_to_the_question_before),
		T(list_is_chosen_by_number),
		T(stop_is_heard_in_the_midst_and_ends_it),
		T(stop_with_a_word_behind_it_is_stop_where_nothing_is_asked),
		T(a_subscription_breaks_into_no_question),
		T(where_it_is_stays_a_place),
		T(a_subscription_that_asks_which_returns_to_the_conversation),
		T(starting_again_forgets_what_gave_way),
		T(help_is_heard_in_the_midst_and_goes_on),
		T(language_name_repeats_the_question_in_it),
		T(first_word_of_another_language_chooses_it),
		T(chosen_language_is_not_guessed_away),
		T(danger_is_answered_first_and_once),
		T(keyword_breaks_into_a_question),
		T(sentence_that_begins_with_a_keyword_is_a_description),
		T(keyword_that_wants_a_place_breaks_in_only_before_one),
		T(words_that_begin_a_label_are_an_answer_first),
		T(variants_of_a_language_stand_behind_it),
		T(house_number_that_is_not_there_is_asked_with_other_words),
		T(last_page_with_nothing_but_none_of_these_is_a_page),
		T(language_by_name_answers_the_question_for_it),
		T(privacy_is_told_at_the_first_contact),
		T(our_question_is_put_at_once_where_nothing_is_under_way),
		T(our_question_waits_for_the_end_of_a_conversation),
		T(unfinished_conversation_is_reminded_and_expires_with_words),
		T(what_was_only_offered_expires_silently),
		T(state_of_older_menus_begins_again_with_an_apology),
		T(failing_desk_is_reported),
		T(what_was_only_offered_gives_way_to_our_question),
		T(waiting_question_is_put_when_a_conversation_expires),
		T(unknown_node_cannot_be_opened),
		T(any_bytes_get_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
