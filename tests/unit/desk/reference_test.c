// SPDX-License-Identifier: AGPL-3.0-or-later
/* A reference number in what is said; a person's language and opt-out. */
#include <stdio.h>

#include "desk/town.h"

static void file_report(struct town *t, char reference[REPORT_REFERENCE_SIZE])
{
	json_object_clear(t->slots);
	town_place(t, "spui 70");
	town_set(t, "category", "rats");
	assert_string_equal(town_call(t, "report.file"), "filed");
	osmo_strlcpy(reference, town_slot(t, "reference"), REPORT_REFERENCE_SIZE);
}

static const char *found_reference(const struct dialogue_found *found, size_t i)
{
	const char *reference = json_string_value(
		json_object_get(json_array_get(found->candidates, i), "reference"));

	return reference ? reference : "";
}

static void found_in_any_spacing_among_other_words(void **state)
{
	struct town *t = *state;
	char reference[REPORT_REFERENCE_SIZE], shown[18], text[80];
	static const char *const around[] = { "%s", "STATUS %s", "nr %s: het is erger nu",
					      "70 %s" };
	struct dialogue_found found;

	file_report(t, reference);
	report_reference_show(shown, reference);
	for (size_t i = 0; i < ARRAY_SIZE(around); i++) {
		const char *blank = strchr(around[i], '%');

		snprintf(text, sizeof(text), "%.*s%s%s", (int)(blank - around[i]), around[i], shown,
			 blank + 2);
		town_find(t, "reference", text, &found);
		assert_true(found.exact);
		assert_int_equal(json_array_size(found.candidates), 1);
		assert_string_equal(found_reference(&found, 0), reference);
		assert_string_equal(town_label(&found, 0), shown);
		assert_int_equal(found.span_end - found.span_start, strlen(shown));
		assert_memory_equal(text + found.span_start, shown, strlen(shown));
		json_decref(found.candidates);
	}
}

static void a_right_number_that_is_no_reports_is_unknown(void **state)
{
	struct town *t = *state;
	struct dialogue_found found;

	town_find(t, "reference", "STATUS 5724000", &found);
	assert_true(found.exact);
	assert_string_equal(found_reference(&found, 0), "5724000");
	json_object_update(t->slots, json_array_get(found.candidates, 0));
	json_decref(found.candidates);
	assert_string_equal(town_call(t, "report.status"), "unknown");
}

static void a_wrong_digit_is_forgiven_among_ones_own_only(void **state)
{
	struct town *t = *state;
	char reference[REPORT_REFERENCE_SIZE], wrong[REPORT_REFERENCE_SIZE];
	struct dialogue_found found;

	file_report(t, reference);
	OSMO_STRLCPY_ARRAY(wrong, reference);
	wrong[3] = wrong[3] == '5' ? '6' : '5';
	town_find(t, "reference", wrong, &found);
	assert_false(found.exact);
	assert_int_equal(json_array_size(found.candidates), 1);
	assert_string_equal(found_reference(&found, 0), reference);
	json_decref(found.candidates);
	town_turn(t, &t->bob);
	town_find(t, "reference", wrong, &found);
	assert_false(found.exact);
	assert_int_equal(json_array_size(found.candidates), 0);
	json_decref(found.candidates);
}

static void other_numbers_are_no_references(void **state)
{
	static const char *const texts[] = { "",	  "melding",
					     "2511BT 70", "container 4711",
					     "12 34",	  "0612345678901234" };
	struct dialogue_found found;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		town_find(*state, "reference", texts[i], &found);
		assert_int_equal(json_array_size(found.candidates), 0);
		json_decref(found.candidates);
	}
}

static void a_language_is_set_if_the_city_has_it(void **state)
{
	struct town *t = *state;
	struct person p;
	char *error = NULL;

	t->talk.phrases = phrases_load(t, "prompts", &error);
	if (!t->talk.phrases)
		fail_msg("%s", error);
	town_set(t, "language", "en");
	assert_string_equal(town_call(t, "person.language"), "set");
	assert_string_equal(t->turn.language, "en");
	assert_true(t->turn.language_chosen);
	assert_int_equal(store_person_by_id(t->st, t->ann.id, &p), 0);
	assert_string_equal(p.language, "en");
	town_set(t, "language", "xx");
	assert_string_equal(town_call(t, "person.language"), "unknown");
	town_set(t, "language", "");
	assert_string_equal(town_call(t, "person.language"), "unknown");
	assert_string_equal(t->turn.language, "en");
}

static void stop_and_start_are_remembered(void **state)
{
	struct town *t = *state;
	struct person p;

	assert_string_equal(town_call(t, "person.stop"), "stopped");
	assert_int_equal(store_person_by_id(t->st, t->ann.id, &p), 0);
	assert_true(p.stopped);
	assert_string_equal(town_call(t, "person.start"), "started");
	assert_int_equal(store_person_by_id(t->st, t->ann.id, &p), 0);
	assert_false(p.stopped);
}

static void every_name_can_be_called(void **state)
{
	struct town *t = *state;

	for (const char *const *line = desk_ops.names; *line; line++) {
		char name[48];
		size_t len = strcspn(*line, " ");
		const char *outcome, *at;

		assert_true(len < sizeof(name));
		memcpy(name, *line, len);
		name[len] = '\0';
		if (!(*line)[len]) /* a list: it has items, no outcomes */
			continue;
		outcome = town_call(t, name);
		assert_non_null(outcome);
		at = strstr(*line + len, outcome);
		assert_non_null(at);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, town_open, town_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(found_in_any_spacing_among_other_words),
		TEST(a_right_number_that_is_no_reports_is_unknown),
		TEST(a_wrong_digit_is_forgiven_among_ones_own_only),
		TEST(other_numbers_are_no_references),
		TEST(a_language_is_set_if_the_city_has_it),
		TEST(stop_and_start_are_remembered),
		TEST(every_name_can_be_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
