// SPDX-License-Identifier: AGPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "talk/dialogue_int.h"
#include "talk_person.h"

#define MAIN  "[main]|[main.report]: 1|[main.status]: 2"
#define WHAT  "[what]|[what.light]: 1|Container vol of iets anders: 2|key"
#define WHERE "[where]|[voice.place.postcode]: 1|[voice.place.object]: 2|key"
#define SPUI  "[confirm.place]|Ja: 1|Nee: 2|key"
#define DONE  "|[voice.done]|[main.report]: 1|[main.status]: 2|key"

static const char options_menus[] =
	"entries:\n  - {keyword: menu, to: main}\n  - {otherwise: true, to: main}\n"
	"nodes:\n"
	"  main: {choose: main, options: [{say: a, to: day}, {say: b, to: number},\n"
	"         {say: c, to: sure}, {say: d, to: text}, {say: e, to: which}, {say: f, to: langs},\n"
	"         {say: g, to: said}]}\n"
	"  day: {ask: date, say: day, to: said}\n"
	"  number: {ask: number, say: number, to: said}\n"
	"  sure: {ask: yes-no, say: sure, slot: sure, to: said}\n"
	"  text: {ask: text, say: text, slot: description, to: said}\n"
	"  which: {ask: reference, say: which, to: said}\n"
	"  langs: {choose: langs, from: languages, option: list.label, slot: language, to: said}\n"
	"  said: {choose: said, options: [{say: back, to: main}]}\n";

static int setup_call(void **state)
{
	struct talk_test *t;
	int rc = setup(state);

	t = *state;
	t->turn.channel = DIALOGUE_VOICE;
	t->turn.channel_name = "voice";
	return rc;
}

static int setup_options(void **state)
{
	struct talk_test *t;
	char *error = NULL;
	int rc = setup_call(state);

	t = *state;
	t->talk = fixture_talk(t, options_menus, &error);
	if (!t->talk)
		fail_msg("%s", error);
	t->turn.talk = t->talk;
	return rc;
}

/* All sentences with '|' between, and what is listened for. */
static const char *heard(struct talk_test *t)
{
	static const char *const listens[] = { "", "key", "keys", "message" };
	char *all = talloc_strdup(t, "");

	t->state = t->out.state;
	assert_int_equal(t->out.n, 0);
	for (size_t i = 0; i < t->out.sentences_n; i++)
		all = talloc_asprintf_append(all, "%s|", t->out.sentences[i].text);
	return talloc_asprintf_append(all, "%s", listens[t->out.listen]);
}

static const char *call(struct talk_test *t)
{
	t->turn.channel = DIALOGUE_VOICE;
	assert_int_equal(dialogue_dial(t, t->state, "", &t->turn, &fixture_ops, &t->desk, &t->out),
			 0);
	return heard(t);
}

static const char *keys(struct talk_test *t, const char *pressed)
{
	assert_int_equal(
		dialogue_take(t, t->state, pressed, &t->turn, &fixture_ops, &t->desk, &t->out), 0);
	return heard(t);
}

static const char *speak(struct talk_test *t, int64_t recording)
{
	const char *said;

	t->turn.recording_id = recording;
	said = keys(t, "");
	t->turn.recording_id = 0;
	return said;
}

static void press(struct talk_test *t, const char *const *pressed)
{
	for (; *pressed; pressed++)
		keys(t, *pressed);
}

static const char *slot(struct talk_test *t, const char *name)
{
	json_t *state = json_loads(t->state, 0, NULL);
	const char *value = json_string_value(
		json_object_get(json_object_get(state, "slots"), name));
	char *kept = talloc_strdup(t, value ? value : "");

	json_decref(state);
	return kept;
}

static const char *node(struct talk_test *t)
{
	json_t *state = json_loads(t->state ? t->state : "{}", 0, NULL);
	const char *value = json_string_value(json_object_get(state, "node"));
	char *kept = talloc_strdup(t, value ? value : "");

	json_decref(state);
	return kept;
}

static void call_begins_with_the_main_menu_and_the_keys(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(call(t), MAIN "|[voice.keys]|key");
	assert_int_equal(t->out.keys_max, 1);
	assert_false(t->out.last);
	assert_false(t->out.slow);
}

static void whole_report_by_keys(void **state)
{
	struct talk_test *t = *state;

	call(t);
	assert_string_equal(keys(t, "1"), WHAT);
	assert_string_equal(keys(t, "1"), WHERE);
	assert_string_equal(keys(t, "1"), "[voice.postcode]|keys");
	assert_int_equal(t->out.keys_max, 6);
	assert_string_equal(keys(t, "251128"), "[voice.house]|keys");
	assert_string_equal(keys(t, "70#"), SPUI);
	assert_string_equal(keys(t, "1"), "[more]|[voice.message]|message");
	assert_string_equal(slot(t, "place"), "Spui 70, Centrum");
	assert_string_equal(speak(t, 12), "Melding street-light Spui 70, Centrum gesproken" DONE);
	assert_int_equal(t->desk.filed, 1);
	assert_false(t->out.last);
}

static void message_is_kept_with_the_report(void **state)
{
	static const char *const said[] = { "4", NULL };
	struct talk_test *t = *state;
	json_t *kept;

	call(t);
	press(t, said);
	speak(t, 12);
	assert_string_equal(node(t), "said");
	assert_string_equal(slot(t, "description"), "gesproken");
	kept = json_loads(t->state, 0, NULL);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(kept, "slots"), "recording")),
		12);
	json_decref(kept);
}

static void nothing_spoken_adds_nothing(void **state)
{
	struct talk_test *t = *state;

	for (size_t i = 0; i < 2; i++) {
		t->state = NULL;
		call(t);
		assert_string_equal(keys(t, "4"), "[text]|[voice.message]|message");
		assert_string_equal(
			keys(t, i ? "#" : ""),
			"[voice.nothing]|[voice.done]|[a]: 1|[b]: 2|[c]: 3|[d]: 4|[e]: 5|Meer|key");
	}
}

static void message_is_asked_for_again_with_its_question(void **state)
{
	struct talk_test *t = *state;

	call(t);
	keys(t, "4");
	assert_string_equal(keys(t, "5"), "[again.text]|[voice.message]|message");
	assert_string_equal(keys(t, "*"), "[again.text]|[voice.message]|message");
	assert_string_equal(keys(t, "5"), "[help.text]|[voice.message]|message");
	assert_string_equal(keys(t, "5"), "[voice.by_text]|");
}

static void five_options_then_the_rest(void **state)
{
	struct talk_test *t = *state;

	assert_string_equal(call(t),
			    "[main]|[a]: 1|[b]: 2|[c]: 3|[d]: 4|[e]: 5|Meer|[voice.keys]|key");
	assert_string_equal(keys(t, "#"), "[f]: 1|[g]: 2|[voice.first]|key");
	assert_string_equal(keys(t, "3"), "[again.choose]|[f]: 1|[g]: 2|[voice.first]|key");
	assert_string_equal(keys(t, "2"), "[said]|[back]: 1|key");
	keys(t, "1");
	keys(t, "#");
	assert_string_equal(keys(t, "#"), "[main]|[a]: 1|[b]: 2|[c]: 3|[d]: 4|[e]: 5|Meer|key");
	keys(t, "#");
	assert_string_equal(keys(t, "9"), "[main]|[a]: 1|[b]: 2|[c]: 3|[d]: 4|[e]: 5|Meer|key");
	keys(t, "#");
	assert_string_equal(keys(t, "1"), "[langs]|Nederlands: 1|Makkelijk: 2|English: 3|key");
}

static void star_says_it_again_then_slowly(void **state)
{
	struct talk_test *t = *state;

	call(t);
	keys(t, "1");
	assert_string_equal(keys(t, "*"), WHAT);
	assert_false(t->out.slow);
	assert_string_equal(keys(t, "*"), WHAT);
	assert_true(t->out.slow);
	keys(t, "1");
	assert_false(t->out.slow);
	assert_string_equal(keys(t, "*"), WHERE);
	assert_false(t->out.slow);
	keys(t, "1");
	assert_string_equal(keys(t, "25*"), "[voice.postcode]|keys");
}

static void star_says_what_was_done_again(void **state)
{
	static const char *const filed[] = { "1", "1", "1", "251128", "70#", "1", "#", NULL };
	struct talk_test *t = *state;
	const char *first;

	call(t);
	press(t, filed);
	assert_int_equal(t->desk.filed, 0); /* there is nothing to skip to in these menus */
	t->state = NULL;
	call(t);
	press(t, (const char *const[]){ "1", "1", "1", "251128", "70#", "1", NULL });
	first = speak(t, 1);
	assert_string_equal(keys(t, "*"), first);
	assert_int_equal(t->desk.filed, 1);
}

static void nine_goes_back(void **state)
{
	struct talk_test *t = *state;

	call(t);
	press(t, (const char *const[]){ "1", "1", NULL });
	assert_string_equal(keys(t, "9"), WHAT);
	assert_string_equal(keys(t, "9"), MAIN "|key");
	assert_string_equal(keys(t, "9"), MAIN "|key");
}

static void hash_alone_leaves_an_entry(void **state)
{
	struct talk_test *t = *state;

	call(t);
	press(t, (const char *const[]){ "1", "1", "1", NULL });
	assert_string_equal(keys(t, "#"), WHERE);
	press(t, (const char *const[]){ "1", "251128", NULL });
	assert_string_equal(keys(t, "#"), WHERE);
	/* 9 is a house number like any */
	press(t, (const char *const[]){ "1", "251128", NULL });
	assert_string_equal(keys(t, "9#"), "[voice.house.again]|keys");
}

static void zero_wants_a_person_and_star_goes_on(void **state)
{
	struct talk_test *t = *state;

	call(t);
	keys(t, "1");
	assert_string_equal(keys(t, "0"), "");
	assert_true(t->out.person);
	assert_false(t->out.last);
	assert_string_equal(keys(t, "*"), WHAT);
	assert_false(t->out.person);
	press(t, (const char *const[]){ "1", "1", NULL });
	keys(t, "0#");
	assert_true(t->out.person);
}

static void wrong_answers_are_asked_twice_then_by_text(void **state)
{
	struct talk_test *t = *state;

	call(t);
	keys(t, "1");
	assert_string_equal(keys(t, "7"),
			    "[again.category]|[what.light]: 1|Container vol of iets anders: 2|key");
	assert_string_equal(keys(t, ""),
			    "[help.category]|[what.light]: 1|Container vol of iets anders: 2|key");
	assert_string_equal(keys(t, "12"), "[voice.by_text]|");
	assert_true(t->out.by_text);
	assert_true(t->out.last);
	t->turn.channel = DIALOGUE_SMS;
	assert_int_equal(dialogue_remind(t, t->state, &t->turn, &fixture_ops, &t->desk, &t->out),
			 0);
	assert_int_equal(t->out.n, 1);
	assert_string_equal(
		t->out.answers[0],
		"[voice.dropped]\n[what]\n1 [what.light]\n2 Container vol of iets anders");
	t->state = t->out.state;
	assert_string_equal(text(t, "1"), "[where]");
}

static void silent_main_menu_is_sent_too_but_not_once_all_is_done(void **state)
{
	struct talk_test *t = *state;

	call(t);
	press(t, (const char *const[]){ "", "", "", NULL });
	assert_true(t->out.by_text);
	t->turn.channel = DIALOGUE_SMS;
	dialogue_remind(t, t->state, &t->turn, &fixture_ops, &t->desk, &t->out);
	assert_string_equal(t->out.answers[0],
			    "[voice.dropped]\n[main]\n1 [main.report]\n2 [main.status]");
	t->state = NULL;
	call(t);
	assert_string_equal(keys(t, "2"), "[status]" DONE);
	press(t, (const char *const[]){ "", "", NULL });
	assert_string_equal(keys(t, ""), "[voice.bye]|");
	assert_true(t->out.last);
	assert_false(t->out.by_text);
}

static void dropped_call_goes_on_in_the_next_and_by_text(void **state)
{
	struct talk_test *t = *state;

	call(t);
	press(t, (const char *const[]){ "1", "1", "1", "251128", NULL });
	assert_true(t->out.remind_s > 0);
	/* how it was keyed is of the call that is over */
	assert_string_equal(call(t), "[voice.resumed]|[where]|[voice.place.postcode]: 1|"
				     "[voice.place.object]: 2|[voice.keys]|key");
	t->turn.channel = DIALOGUE_SMS;
	dialogue_remind(t, t->state, &t->turn, &fixture_ops, &t->desk, &t->out);
	assert_string_equal(t->out.answers[0], "[voice.dropped]\n[where]");
	t->state = t->out.state;
	assert_string_equal(text(t, "Spui 70"), "[more]");
	t->turn.channel = DIALOGUE_VOICE;
	assert_string_equal(call(t), "[voice.resumed]|[more]|[voice.message]|[voice.keys]|message");
}

static void what_was_done_unheard_is_texted(void **state)
{
	struct talk_test *t = *state;

	call(t);
	press(t, (const char *const[]){ "1", "1", "1", "251128", "70#", "1", NULL });
	speak(t, 3);
	t->turn.channel = DIALOGUE_SMS;
	dialogue_remind(t, t->state, &t->turn, &fixture_ops, &t->desk, &t->out);
	assert_string_equal(t->out.answers[0],
			    "[dialogue.unsaid]\nMelding street-light Spui 70, Centrum gesproken");
}

static void what_was_done_and_heard_is_not(void **state)
{
	struct talk_test *t = *state;

	call(t);
	press(t, (const char *const[]){ "1", "1", "1", "251128", "70#", "1", NULL });
	speak(t, 3);
	t->state = dialogue_seen(t, t->state, &t->turn);
	t->turn.channel = DIALOGUE_SMS;
	dialogue_remind(t, t->state, &t->turn, &fixture_ops, &t->desk, &t->out);
	assert_int_equal(t->out.n, 0);
}

static void place_by_keys_in_doubt(void **state)
{
	struct talk_test *t = *state;

	call(t);
	press(t, (const char *const[]){ "1", "1", "1", NULL });
	assert_string_equal(keys(t, "999922"), "[voice.postcode.again]|keys");
	assert_string_equal(keys(t, "2511"), "[voice.postcode.help]|keys");
	assert_string_equal(keys(t, "251128#"), "[voice.house]|keys");
	assert_string_equal(keys(t, "1#"),
			    "[which.place]|Kade 1, Noord: 1|Kade 1, Zuid: 2|Geen: 3|key");
	assert_string_equal(
		keys(t, "3"),
		"[voice.place.again]|[voice.place.postcode]: 1|[voice.place.object]: 2|key");
	assert_string_equal(keys(t, "2"), "[voice.object]|keys");
	assert_string_equal(keys(t, "12#"), "[voice.object.again]|keys");
	assert_string_equal(keys(t, "4711#"), SPUI);
	keys(t, "1");
	assert_string_equal(slot(t, "place"), "Container 4711");
}

static void street_from_a_text_needs_its_number_only(void **state)
{
	struct talk_test *t = *state;

	t->turn.channel = DIALOGUE_SMS;
	text(t, "meld lantaarn Spui");
	assert_string_equal(call(t),
			    "[voice.resumed]|[place.number]|[voice.house]|[voice.keys]|keys");
	/* all else was said in that one text */
	assert_string_equal(keys(t, "70#"), "Melding street-light Spui 70, Centrum " DONE);
}

static void other_answers_by_keys(void **state)
{
	struct talk_test *t = *state;

	call(t);
	assert_string_equal(keys(t, "1"), "[day]|[voice.enter]|keys");
	assert_int_equal(t->out.keys_max, 8);
	assert_string_equal(keys(t, "3102#"), "[again.date]|[voice.enter]|keys");
	assert_string_equal(keys(t, "2512#"), "[said]|[back]: 1|key");
	t->state = NULL;
	call(t);
	keys(t, "2");
	assert_string_equal(keys(t, "12#"), "[said]|[back]: 1|key");
	t->state = NULL;
	call(t);
	assert_string_equal(keys(t, "3"), "[sure]|Ja: 1|Nee: 2|key");
	keys(t, "2");
	assert_string_equal(slot(t, "sure"), "no");
	t->state = NULL;
	call(t);
	assert_string_equal(keys(t, "5"), "[which]|[voice.enter]|keys");
	assert_string_equal(keys(t, "1234567#"), "[again.reference]|[voice.enter]|keys");
}

static void words_that_never_vary_name_their_recording(void **state)
{
	struct talk_test *t = *state;

	call(t);
	for (size_t i = 0; i < t->out.sentences_n; i++) {
		const struct dialogue_sentence *s = &t->out.sentences[i];

		if (!strcmp(s->text, "Meer"))
			assert_string_equal(s->key, "voice.more");
		else
			assert_null(s->key);
	}
}

static void spells(struct talk_test *t, const char *name, const char *value, const char *wanted)
{
	json_t *args = json_pack("{ss}", name, value);

	dialogue_spell_args(args, t->talk, "nl");
	assert_string_equal(json_string_value(json_object_get(args, name)), wanted);
	json_decref(args);
}

static void what_is_from_outside_is_said_as_a_person_does(void **state)
{
	struct talk_test *t = *state;

	spells(t, "label", "482 915 3", "4 8 2, 9 1 5, 3");
	spells(t, "short_code", "14070", "1 4 0 7 0");
	spells(t, "place", "Spui 70 (2511BT)", "Spui 70, 2 5 1 1, B T");
	spells(t, "street", "1e v.d. Boschstr.", "Eerste van der Boschstraat");
	spells(t, "category_name", "Glas/papier", "Glas of papier");
	spells(t, "note", "Zie www.denhaag.nl", "Zie");
	spells(t, "reference", "", "");
}

static void state_of_another_kind_begins_again(void **state)
{
	static const char *const wrong[] = {
		"{\"node\":\"main\",\"slots\":{},\"said\":\"\",\"left\":\"\",\"call\":1}",
		"{\"node\":\"main\",\"slots\":{},\"said\":\"\",\"left\":\"\",\"call\":{\"how\":1}}",
		"{\"node\":\"main\",\"slots\":{},\"said\":\"\",\"left\":\"\",\"call\":{\"keyed\":[]}}",
	};
	struct talk_test *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		t->state = talloc_strdup(t, wrong[i]);
		assert_string_equal(keys(t, "1"), "[dialogue.lost]|" MAIN "|[voice.keys]|key");
	}
}

#define CALL(f)	   cmocka_unit_test_setup_teardown(f, setup_call, teardown)
#define OPTIONS(f) cmocka_unit_test_setup_teardown(f, setup_options, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALL(call_begins_with_the_main_menu_and_the_keys),
		CALL(whole_report_by_keys),
		OPTIONS(message_is_kept_with_the_report),
		OPTIONS(nothing_spoken_adds_nothing),
		OPTIONS(message_is_asked_for_again_with_its_question),
		OPTIONS(five_options_then_the_rest),
		CALL(star_says_it_again_then_slowly),
		CALL(star_says_what_was_done_again),
		CALL(nine_goes_back),
		CALL(hash_alone_leaves_an_entry),
		CALL(zero_wants_a_person_and_star_goes_on),
		CALL(wrong_answers_are_asked_twice_then_by_text),
		CALL(silent_main_menu_is_sent_too_but_not_once_all_is_done),
		CALL(dropped_call_goes_on_in_the_next_and_by_text),
		CALL(what_was_done_unheard_is_texted),
		CALL(what_was_done_and_heard_is_not),
		CALL(place_by_keys_in_doubt),
		CALL(street_from_a_text_needs_its_number_only),
		OPTIONS(other_answers_by_keys),
		OPTIONS(words_that_never_vary_name_their_recording),
		CALL(what_is_from_outside_is_said_as_a_person_does),
		CALL(state_of_another_kind_begins_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
