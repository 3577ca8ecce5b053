// SPDX-License-Identifier: AGPL-3.0-or-later
/* What a text means as a place, over a small register. */
#include <stdio.h>

#include "desk/town.h"

struct expected {
	const char *text, *label, *said;
};

static void assert_exact(struct town *t, const struct expected *e)
{
	struct dialogue_found found;

	town_find(t, "place", e->text, &found);
	if (!found.exact || strcmp(town_label(&found, 0), e->label) != 0)
		fail_msg("\"%s\" gives %zu, first \"%s\", exact %d", e->text,
			 json_array_size(found.candidates), town_label(&found, 0), found.exact);
	assert_int_equal(json_array_size(found.candidates), 1);
	assert_false(found.incomplete);
	if (e->said && (found.span_end - found.span_start != strlen(e->said) ||
			strncmp(e->text + found.span_start, e->said, strlen(e->said)) != 0))
		fail_msg("\"%s\" takes \"%.*s\"", e->text, (int)(found.span_end - found.span_start),
			 e->text + found.span_start);
	json_decref(found.candidates);
}

static void what_is_said_exactly_need_not_be_confirmed(void **state)
{
	static const struct expected texts[] = {
		{ "MELD AFVAL SPUI 70 container vol", "Spui 70, Centrum", "SPUI 70" },
		{ "lantaarn 2511BT 70", "Spui 70, Centrum", "2511BT 70" },
		{ "2511 bt 70", "Spui 70, Centrum", NULL },
		{ "70 2511BT", "Spui 70, Centrum", NULL },
		{ "vuil op het Spui 70, 2511BT Den Haag ligt er al lang", "Spui 70, Centrum",
		  "op het Spui 70, 2511BT Den Haag" },
		{ "spui70", "Spui 70, Centrum", "spui70" },
		{ "Spui 70 a container is full", "Spui 70, Centrum", "Spui 70" },
		{ "op de grote marktstraat bij nummer 12a", "Grote Marktstraat 12A, Centrum",
		  NULL },
		{ "gr marktstr 12-b", "Grote Marktstraat 12B, Centrum", NULL },
		{ "grotemarktstraat 12a", "Grote Marktstraat 12A, Centrum", NULL },
		{ "Plein 1813 4", "Plein 1813 4, Centrum", "Plein 1813 4" },
		{ "1e van der Kunstraat 12", "1e van der Kunstraat 12, Laak", NULL },
		{ "eerste v d kunstr 12", "1e van der Kunstraat 12, Laak", NULL },
		{ "ln v meerdervoort 1058", "Laan van Meerdervoort 1058, Segbroek", NULL },
		{ "loosduinse weg 10", "Loosduinseweg 10, Escamp", NULL },
		{ "jan v. nassaustr t.o. 33", "Jan van Nassaustraat 33, Haagse Hout", NULL },
		{ "s-gravenzandelaan 8 bis", "'s-Gravenzandelaan 8 BIS, Segbroek", NULL },
		{ "70 Spui", "Spui 70, Centrum", NULL },
		{ "Kerkstraat 5 Rijswijk", "Kerkstraat 5, Rijswijk", "Kerkstraat 5 Rijswijk" },
		{ "kerkstraat 5 loosduinen", "Kerkstraat 5, Loosduinen", NULL },
		{ "\u0642\u0645\u0627\u0645\u0629 Spui \u0667\u0660", "Spui 70, Centrum",
		  "Spui \u0667\u0660" },
		{ "Spui no:70 \u00e7\u00f6p dolu", "Spui 70, Centrum", NULL },
		{ "container 4711", "container 4711, Weimarstraat 40, Segbroek", "container 4711" },
		{ "volle container nr 4711 weimarstraat 40",
		  "container 4711, Weimarstraat 40, Segbroek",
		  "container nr 4711 weimarstraat 40" },
		{ "lamp L-1234", "lamp L1234, Weimarstraat 42, Segbroek", NULL },
		{ "lantaarnpaal 12 doet het niet", "lamp 12, Spui 68, Centrum", "lantaarnpaal 12" },
		{ "lantaarn spui 70", "Spui 70, Centrum", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_exact(*state, &texts[i]);
}

static void assert_offered(struct town *t, const char *text, const char *first, size_t n)
{
	struct dialogue_found found;

	town_find(t, "place", text, &found);
	if (found.exact || found.incomplete || json_array_size(found.candidates) != n ||
	    strcmp(town_label(&found, 0), first) != 0)
		fail_msg("\"%s\" gives %zu, first \"%s\", exact %d incomplete %d", text,
			 json_array_size(found.candidates), town_label(&found, 0), found.exact,
			 found.incomplete);
	json_decref(found.candidates);
}

static void typing_errors_are_forgiven_and_confirmed(void **state)
{
	assert_offered(*state, "Spuj 70", "Spui 70, Centrum", 1);
	assert_offered(*state, "MELD AFVAL SPIU 70 container vol", "Spui 70, Centrum", 1);
	assert_offered(*state, "Wiemarstrat 40", "Weimarstraat 40, Segbroek", 1);
	assert_offered(*state, "weimarstaart 42", "Weimarstraat 42, Segbroek", 1);
	assert_offered(*state, "grotemarkstraat 12a", "Grote Marktstraat 12A, Centrum", 1);
	assert_offered(*state, "laan van merdervort 1058", "Laan van Meerdervoort 1058, Segbroek",
		       1);
	assert_offered(*state, "loosduinsewegg 10", "Loosduinseweg 10, Escamp", 1);
}

static void other_words_are_no_typing_errors(void **state)
{
	static const char *const texts[] = { "spat 70",	    "parkstraat 5",  "help",
					     "de afvalbak", "hallo daar 12", "weer vol" };
	struct dialogue_found found;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		town_find(*state, "place", texts[i], &found);
		if (json_array_size(found.candidates) != 0)
			fail_msg("\"%s\" gives \"%s\"", texts[i], town_label(&found, 0));
		json_decref(found.candidates);
	}
}

static void several_are_offered_with_labels_that_differ(void **state)
{
	struct dialogue_found found;

	assert_offered(*state, "grote marktstraat 12", "Grote Marktstraat 12A, Centrum", 2);
	town_find(*state, "place", "kerkstraat 5", &found);
	assert_int_equal(json_array_size(found.candidates), 2);
	assert_false(found.exact);
	assert_string_equal(town_label(&found, 0), "Kerkstraat 5, Loosduinen");
	assert_string_equal(town_label(&found, 1), "Kerkstraat 5, Rijswijk");
	json_decref(found.candidates);
}

static void a_number_that_does_not_exist_gets_its_neighbours(void **state)
{
	struct dialogue_found found;

	town_find(*state, "place", "spui 72", &found);
	assert_int_equal(json_array_size(found.candidates), 3);
	assert_false(found.exact);
	assert_string_equal(town_label(&found, 0), "Spui 70, Centrum");
	assert_string_equal(town_label(&found, 1), "Spui 74, Centrum");
	json_decref(found.candidates);
	/* The same by the postcode, and with letters forgiven. */
	assert_offered(*state, "2511BT 72", "Spui 70, Centrum", 3);
	assert_offered(*state, "spuj 72", "Spui 70, Centrum", 3);
	/* A suffix that does not exist: the house, and its other suffixes. */
	assert_offered(*state, "spui 70z", "Spui 70, Centrum", 1);
	assert_offered(*state, "grote marktstraat 12c", "Grote Marktstraat 12A, Centrum", 2);
}

static void assert_part(struct town *t, const char *text, const char *street, const char *label)
{
	struct dialogue_found found;
	json_t *first;
	const char *said;

	town_find(t, "place", text, &found);
	first = json_array_get(found.candidates, 0);
	said = json_string_value(json_object_get(first, "street"));
	if (!found.incomplete || found.exact || strcmp(said ? said : "", street) != 0 ||
	    strcmp(town_label(&found, 0), label) != 0)
		fail_msg("\"%s\" gives \"%s\", incomplete %d", text, town_label(&found, 0),
			 found.incomplete);
	assert_int_equal(json_integer_value(json_object_get(first, "address_id")), 0);
	json_decref(found.candidates);
}

static void a_part_says_which_part(void **state)
{
	assert_part(*state, "Weimarstraat", "Weimarstraat", "Weimarstraat, Segbroek");
	assert_part(*state, "er ligt afval op het spui", "Spui", "Spui, Centrum");
	assert_part(*state, "BIJ 2511BT", "Spui", "Spui, Centrum");
	assert_part(*state, "in de wiemarstraat is het vol", "Weimarstraat",
		    "Weimarstraat, Segbroek");
	assert_part(*state, "bij nr 40", "", "");
	assert_part(*state, "40", "", "");
}

static void a_number_completes_the_street_said_before(void **state)
{
	struct town *t = *state;
	struct dialogue_found found;

	town_set(t, "street", "Weimarstraat");
	town_find(t, "place", "nummer 40", &found);
	assert_true(found.exact);
	assert_string_equal(town_label(&found, 0), "Weimarstraat 40, Segbroek");
	json_decref(found.candidates);
}

static void a_postcode_that_is_not_ours_is_not_found(void **state)
{
	struct dialogue_found found;

	town_find(*state, "place", "2611AB 5", &found);
	assert_int_equal(json_array_size(found.candidates), 0);
	json_decref(found.candidates);
	/* "4711 op" is no postcode, though it looks like one. */
	town_find(*state, "place", "container 4711 op de stoep", &found);
	assert_string_equal(town_label(&found, 0), "container 4711, Weimarstraat 40, Segbroek");
	json_decref(found.candidates);
}

static void an_object_and_an_address_far_away_are_both_offered(void **state)
{
	struct dialogue_found found;

	town_find(*state, "place", "container 4711 spui 70", &found);
	assert_false(found.exact);
	assert_int_equal(json_array_size(found.candidates), 2);
	assert_string_equal(town_label(&found, 1), "Spui 70, Centrum");
	json_decref(found.candidates);
}

static void a_bare_number_is_on_the_thing_that_is_talked_of(void **state)
{
	struct town *t = *state;
	struct dialogue_found found;

	town_set(t, "thing", "container");
	town_find(t, "place", "4711", &found);
	assert_true(found.exact);
	assert_string_equal(town_label(&found, 0), "container 4711, Weimarstraat 40, Segbroek");
	json_decref(found.candidates);
	town_find(t, "asset", "nr 4712", &found);
	assert_true(found.exact);
	assert_string_equal(json_string_value(json_object_get(json_array_get(found.candidates, 0),
							      "asset_detail")),
			    "papier");
	json_decref(found.candidates);
}

static void any_bytes_are_survived(void **state)
{
	static const char *const texts[] = { "",	" ",	       "\xff\xfe 70",
					     "%n%s 12", "' OR 1=1 --", "\"spui\" 70" };
	struct dialogue_found found;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		town_find(*state, "place", texts[i], &found);
		json_decref(found.candidates);
	}
}

static void no_type_of_that_name(void **state)
{
	struct town *t = *state;
	struct dialogue_found found;

	assert_int_equal(desk_ops.find(t->desk, "weather", "x", t->slots, &t->turn, &found),
			 -ENOENT);
	assert_null(desk_ops.call(t->desk, "weather", t->slots, &t->turn));
	assert_int_equal(desk_ops.list(t->desk, "weather", t->slots, &t->turn, t->slots), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, town_open, town_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_said_exactly_need_not_be_confirmed),
		TEST(typing_errors_are_forgiven_and_confirmed),
		TEST(other_words_are_no_typing_errors),
		TEST(several_are_offered_with_labels_that_differ),
		TEST(a_number_that_does_not_exist_gets_its_neighbours),
		TEST(a_part_says_which_part),
		TEST(a_number_completes_the_street_said_before),
		TEST(a_postcode_that_is_not_ours_is_not_found),
		TEST(an_object_and_an_address_far_away_are_both_offered),
		TEST(a_bare_number_is_on_the_thing_that_is_talked_of),
		TEST(any_bytes_are_survived),
		TEST(no_type_of_that_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
