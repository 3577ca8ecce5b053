// SPDX-License-Identifier: AGPL-3.0-or-later
/* Subscriptions to notices, in the small town. */
#include "talk/phrase.h"
#include "town.h"

/* The kinds and labels of what is found, with '|' between; "none" if nothing. */
static const char *find(struct town *t, const char *type, const char *text)
{
	struct dialogue_found found = { 0 };
	char *all = talloc_strdup(t, "");
	json_t *one;
	size_t i;

	town_find(t, type, text, &found);
	json_array_foreach (found.candidates, i, one)
		all = talloc_asprintf_append(
			all, "%s%s %s", i ? "|" : "",
			json_string_value(json_object_get(one, "subject_kind")),
			json_string_value(json_object_get(one, "label")));
	if (found.exact)
		assert_int_equal(json_array_size(found.candidates), 1);
	else if (json_array_size(found.candidates) == 1)
		all = talloc_asprintf_append(all, "?");
	json_decref(found.candidates);
	return *all ? all : "none";
}

/* Do something with what a text means. */
static const char *with(struct town *t, const char *type, const char *text, const char *call)
{
	struct dialogue_found found = { 0 };

	town_find(t, type, text, &found);
	assert_int_equal(json_array_size(found.candidates), 1);
	json_object_clear(t->slots);
	json_object_update(t->slots, json_array_get(found.candidates, 0));
	json_decref(found.candidates);
	return town_call(t, call);
}

static const char *on(struct town *t, const char *text)
{
	return with(t, "subject", text, "subscribe.add");
}

static const char *off(struct town *t, const char *text)
{
	return with(t, "subscription", text, "subscribe.remove");
}

static int words_too(void **state)
{
	struct town *t;
	char *error = NULL;

	town_open(state);
	t = *state;
	t->talk.phrases = phrases_load(t, "prompts", &error);
	assert_non_null(t->talk.phrases);
	t->talk.categories = categories_load(t, "menus/categories.yaml", &error);
	assert_non_null(t->talk.categories);
	return 0;
}

static void a_street_an_area_a_kind(void **state)
{
	struct town *t = *state;

	assert_string_equal(find(t, "subject", "SPUI"), "street Spui, Centrum");
	assert_string_equal(find(t, "subject", "het spui"), "street Spui, Centrum");
	assert_string_equal(find(t, "subject", "2511BT"), "street Spui, Centrum");
	assert_string_equal(find(t, "subject", "Spui 70"), "street Spui, Centrum");
	assert_string_equal(find(t, "subject", "gr marktstraat 12"),
			    "street Grote Marktstraat, Centrum");
	assert_string_equal(find(t, "subject", "centrum"), "area Centrum");
	assert_string_equal(find(t, "subject", "Haagse Hout"), "area Haagse Hout");
	assert_string_equal(find(t, "subject", "afval"), "category Afval");
	assert_string_equal(find(t, "subject", "waste"), "category Afval");
	assert_string_equal(find(t, "subject", "container vol"), "category Container is vol");
	assert_string_equal(find(t, "subject", "alles"), "all alles");
	assert_string_equal(find(t, "subject", "?"), "mine ?");
}

static void several_are_told_apart_and_errors_forgiven(void **state)
{
	struct town *t = *state;

	assert_string_equal(find(t, "subject", "kerkstraat"),
			    "street Kerkstraat, Loosduinen|street Kerkstraat, Rijswijk");
	/* read back before it is believed */
	assert_string_equal(find(t, "subject", "spiu"), "street Spui, Centrum?");
	assert_string_equal(find(t, "subject", "lloosduinseweg"), "street Loosduinseweg, Escamp?");
}

/* Whoever begins a text with "aan" or "stop" may be telling something. */
static void what_says_more_is_no_subject(void **state)
{
	static const char *const texts[] = {
		"het Spui ligt afval",
		"er ligt zwerfvuil op Spui 70",
		"",
		"met sms",
		"12345",
		"xqzp",
		"container 4711",
		"\xff\xfe",
		"a b c d e f g h i j k l m n o p q r s t u v spui",
	};
	struct town *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_string_equal(find(t, "subject", texts[i]), "none");
		assert_string_equal(find(t, "subscription", texts[i]), "none");
	}
}

static void on_and_off(void **state)
{
	struct town *t = *state;

	assert_string_equal(on(t, "spui"), "added");
	assert_string_equal(town_slot(t, "subject_name"), "Spui");
	assert_string_equal(town_slot(t, "restarted"), "no");
	assert_string_equal(on(t, "2511BT"), "already");
	assert_string_equal(on(t, "centrum"), "added");
	assert_string_equal(on(t, "afval"), "added");
	assert_string_equal(off(t, "centrum"), "removed");
	assert_string_equal(town_slot(t, "subscriptions"), "Afval, Spui");
	assert_string_equal(off(t, "centrum"), "none");
	assert_string_equal(off(t, "vuilnis"), "removed");
	assert_string_equal(off(t, "spoi"), "last");
	assert_string_equal(find(t, "subscription", "spoi"), "none");
}

/* A kind that one does not get is no reason to think that a report was meant to be a STOP. */
static void of_a_kind_only_what_stands_is_ended(void **state)
{
	struct town *t = *state;

	assert_string_equal(find(t, "subscription", "container vol"), "none");
	assert_string_equal(on(t, "container vol"), "added");
	assert_string_equal(find(t, "subscription", "container vol"), "category Container is vol");
	town_turn(t, &t->bob);
	assert_string_equal(find(t, "subscription", "container vol"), "none");
}

static void everything_is_ended_by_stop(void **state)
{
	struct town *t = *state;

	assert_string_equal(on(t, "alles"), "added");
	assert_string_equal(find(t, "subscription", "alles"), "none");
	assert_string_equal(town_call(t, "person.stop"), "subscribed");
	assert_string_equal(town_slot(t, "subscriptions"), "alles");
	assert_string_equal(town_call(t, "person.start"), "subscribed");
	town_turn(t, &t->bob);
	assert_string_equal(town_call(t, "person.stop"), "stopped");
	assert_string_equal(town_call(t, "person.start"), "started");
}

static void asking_for_notices_ends_a_stop(void **state)
{
	struct town *t = *state;
	struct person ann;

	assert_string_equal(town_call(t, "person.stop"), "stopped");
	assert_string_equal(on(t, "spui"), "added");
	assert_string_equal(town_slot(t, "restarted"), "yes");
	assert_int_equal(store_person_by_id(t->st, t->ann.id, &ann), 0);
	assert_false(ann.stopped);
}

static void without_a_number_nothing_can_be_sent(void **state)
{
	struct town *t = *state;

	t->turn.person_id = 0;
	assert_string_equal(on(t, "spui"), "nameless");
	assert_string_equal(off(t, "spui"), "nameless");
}

static void there_is_a_ceiling(void **state)
{
	struct town *t = *state;
	const char *outcome = "added";
	int added = 0;

	for (size_t i = 0; !strcmp(outcome, "added") && i < categories_count(t->talk.categories);
	     i++) {
		json_object_clear(t->slots);
		json_object_set_new(t->slots, "subject_kind", json_string("category"));
		json_object_set_new(t->slots, "category",
				    json_string(category_at(t->talk.categories, i)->slug));
		outcome = town_call(t, "subscribe.add");
		added += !strcmp(outcome, "added");
	}
	assert_string_equal(outcome, "full");
	assert_int_equal(added, 20);
	assert_string_equal(town_call(t, "person.stop"), "subscribed");
	assert_true(strlen(town_slot(t, "subscriptions")) <= 100);
}

static void slots_that_say_nothing(void **state)
{
	struct town *t = *state;

	json_object_set_new(t->slots, "subject_kind", json_string("street"));
	assert_string_equal(town_call(t, "subscribe.add"), "unknown");
	assert_string_equal(town_call(t, "subscribe.remove"), "none");
	json_object_set_new(t->slots, "subject_kind", json_string("moon"));
	assert_string_equal(town_call(t, "subscribe.add"), "unknown");
	assert_string_equal(town_call(t, "subscribe.place"), "none");
	town_place(t, "spui");
	assert_string_equal(town_call(t, "subscribe.place"), "both");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_street_an_area_a_kind, words_too, town_close),
		cmocka_unit_test_setup_teardown(several_are_told_apart_and_errors_forgiven,
						words_too, town_close),
		cmocka_unit_test_setup_teardown(what_says_more_is_no_subject, words_too,
						town_close),
		cmocka_unit_test_setup_teardown(on_and_off, words_too, town_close),
		cmocka_unit_test_setup_teardown(of_a_kind_only_what_stands_is_ended, words_too,
						town_close),
		cmocka_unit_test_setup_teardown(everything_is_ended_by_stop, words_too, town_close),
		cmocka_unit_test_setup_teardown(asking_for_notices_ends_a_stop, words_too,
						town_close),
		cmocka_unit_test_setup_teardown(without_a_number_nothing_can_be_sent, words_too,
						town_close),
		cmocka_unit_test_setup_teardown(there_is_a_ceiling, words_too, town_close),
		cmocka_unit_test_setup_teardown(slots_that_say_nothing, words_too, town_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
