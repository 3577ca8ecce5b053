// SPDX-License-Identifier: AGPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "talk/place.h"

static struct place_guess guesses[PLACE_GUESSES_MAX];
static size_t count;

static void read_text(const char *text, const char *thing)
{
	count = place_read(text, thing, guesses);
	assert_true(count <= PLACE_GUESSES_MAX);
	for (size_t i = 0; i < count; i++)
		assert_true(guesses[i].start < guesses[i].end && guesses[i].end <= strlen(text));
}

static const struct place_guess *first_of(enum place_kind kind)
{
	for (size_t i = 0; i < count; i++)
		if (guesses[i].kind == kind)
			return &guesses[i];
	return NULL;
}

static const struct place_guess *street_guess(const char *street, int number, const char *suffix)
{
	for (size_t i = 0; i < count; i++)
		if (guesses[i].kind == (number ? PLACE_STREET_NUMBER : PLACE_STREET) &&
		    strcmp(guesses[i].street, street) == 0 && guesses[i].number == number &&
		    strcmp(guesses[i].suffix, suffix) == 0)
			return &guesses[i];
	return NULL;
}

static void assert_span(const struct place_guess *g, const char *text, const char *said)
{
	assert_non_null(g);
	assert_int_equal(g->end - g->start, strlen(said));
	assert_memory_equal(text + g->start, said, strlen(said));
}

static void postcode_and_number_in_every_order(void **state)
{
	static const struct {
		const char *text, *suffix, *said;
	} texts[] = {
		{ "2511BT 70", "", "2511BT 70" },
		{ "2511 bt 70-a", "A", "2511 bt 70-a" },
		{ "2511bt70a", "A", "2511bt70a" },
		{ "70 2511BT", "", "70 2511BT" },
		{ "70a, 2511 BT", "A", "70a, 2511 BT" },
		{ "postcode 2511 BT nr 70", "", "2511 BT nr 70" },
		{ "lantaarn 2511BT 70 doet het niet", "", "2511BT 70" },
		{ "2511BT huisnummer 70", "", "2511BT huisnummer 70" },
		{ "pc 2511BT, no: 70", "", "2511BT, no: 70" },
		{ "Spui 70, 2511 BT Den Haag", "", "70, 2511 BT" },
		{ "2511BT/70", "", "2511BT/70" },
		{ "2511BT 70 hs", "HS", "2511BT 70 hs" },
		{ "\u0662\u0665\u0661\u0661BT \u0667\u0660", "",
		  "\u0662\u0665\u0661\u0661BT \u0667\u0660" },
		{ "2511BT \u0631\u0642\u0645 70", "", "2511BT \u0631\u0642\u0645 70" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct place_guess *g;

		read_text(texts[i].text, NULL);
		g = &guesses[0];
		assert_int_equal(g->kind, PLACE_POSTCODE_NUMBER);
		assert_string_equal(g->postcode, "2511BT");
		assert_int_equal(g->number, 70);
		assert_string_equal(g->suffix, texts[i].suffix);
		assert_span(g, texts[i].text, texts[i].said);
	}
}

static void street_and_number_as_people_write_it(void **state)
{
	static const struct {
		const char *text, *street;
		int number;
		const char *suffix, *said;
	} texts[] = {
		{ "MELD AFVAL SPUI 70 container vol", "spui", 70, "", "SPUI 70" },
		{ "spui70", "spui", 70, "", "spui70" },
		{ "op de grote marktstraat bij nummer 12a", "grote marktstraat", 12, "A",
		  "grote marktstraat bij nummer 12a" },
		{ "Weimarstraat t.o. nr 5", "weimarstraat", 5, "", "Weimarstraat t.o. nr 5" },
		{ "hoek spui 70 ligt vuil", "spui", 70, "", "spui 70" },
		{ "1e van der Kunstraat 12", "1e van der kunstraat", 12, "",
		  "1e van der Kunstraat 12" },
		{ "Plein 1813 4", "plein 1813", 4, "", "Plein 1813 4" },
		{ "'s-Gravenzandelaan 8 bis", "s gravenzandelaan", 8, "BIS",
		  "s-Gravenzandelaan 8 bis" },
		{ "Gr. Marktstr. 12-3", "gr marktstr", 12, "3", "Gr. Marktstr. 12-3" },
		{ "Laan v. Meerdervoort 1058", "laan v meerdervoort", 1058, "",
		  "Laan v. Meerdervoort 1058" },
		{ "there is rubbish at Spui number 70", "spui", 70, "", "Spui number 70" },
		{ "70 Spui please", "spui", 70, "", "70 Spui" },
		{ "Spui no:70 \u00e7\u00f6p", "spui", 70, "", "Spui no:70" },
		{ "ul. Spui nr 70, \u015bmieci", "spui", 70, "", "Spui nr 70" },
		{ "\u0642\u0645\u0627\u0645\u0629 Spui \u0667\u0660", "spui", 70, "",
		  "Spui \u0667\u0660" },
		{ "al 3 dagen vuil op spui 70", "spui", 70, "", "spui 70" },
		{ "Jan van Nassaustraat thv 33", "jan van nassaustraat", 33, "",
		  "Jan van Nassaustraat thv 33" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		read_text(texts[i].text, NULL);
		assert_span(street_guess(texts[i].street, texts[i].number, texts[i].suffix),
			    texts[i].text, texts[i].said);
	}
}

static void a_loose_letter_is_tried_as_a_suffix_and_without(void **state)
{
	const char *text = "Spui 70 a container is full";

	read_text(text, NULL);
	assert_span(street_guess("spui", 70, "A"), text, "Spui 70 a");
	assert_span(street_guess("spui", 70, ""), text, "Spui 70");
	assert_true(street_guess("spui", 70, "A") < street_guess("spui", 70, ""));
}

static void the_longest_street_comes_first(void **state)
{
	read_text("vuil grote marktstraat 5", NULL);
	assert_true(street_guess("grote marktstraat", 5, "") < street_guess("marktstraat", 5, ""));
}

static void street_alone(void **state)
{
	read_text("er ligt afval in de Weimarstraat", NULL);
	assert_non_null(street_guess("weimarstraat", 0, ""));
	assert_true(street_guess("weimarstraat", 0, "")->certain);
	read_text("container vol op het spui", NULL);
	assert_non_null(street_guess("spui", 0, ""));
	read_text("spui", NULL);
	assert_non_null(street_guess("spui", 0, ""));
	read_text("hoek Spui en Grote Marktstraat", NULL);
	assert_non_null(street_guess("spui", 0, ""));
	assert_non_null(street_guess("grote marktstraat", 0, ""));
}

static void number_alone_completes(void **state)
{
	const char *text = "bij nr 40 a";

	read_text(text, NULL);
	assert_span(first_of(PLACE_NUMBER), text, "40 a");
	assert_int_equal(first_of(PLACE_NUMBER)->number, 40);
	read_text("40", NULL);
	assert_int_equal(count, 1);
	assert_int_equal(guesses[0].kind, PLACE_NUMBER);
}

static void postcode_alone(void **state)
{
	read_text("BIJ 2511BT", NULL);
	assert_int_equal(first_of(PLACE_POSTCODE)->start, 4);
	assert_string_equal(first_of(PLACE_POSTCODE)->postcode, "2511BT");
	/* Letters that are never given out. */
	read_text("2511SS", NULL);
	assert_null(first_of(PLACE_POSTCODE));
	read_text("0511BT", NULL);
	assert_null(first_of(PLACE_POSTCODE));
}

static void numbers_on_containers_and_lamps(void **state)
{
	static const struct {
		const char *text, *object, *number, *said;
	} texts[] = {
		{ "container 4711", "container", "4711", "container 4711" },
		{ "volle container nr. 4711 stinkt", "container", "4711", "container nr. 4711" },
		{ "lantaarn 12", "lamp", "12", "lantaarn 12" },
		{ "lamp nr. L1234", "lamp", "L1234", "lamp nr. L1234" },
		{ "lantaarnpaal L-1234 is uit", "lamp", "L1234", "lantaarnpaal L-1234" },
		{ "streetlight no 88", "lamp", "88", "streetlight no 88" },
		{ "prullenbak 31 zit vol", "litter-bin", "31", "prullenbak 31" },
		{ "street light 12 is out", "lamp", "12", "light 12" },
		{ "konteyner 4711 dolu", "container", "4711", "konteyner 4711" },
		{ "latarnia nr 12", "lamp", "12", "latarnia nr 12" },
		{ "\u062d\u0627\u0648\u064a\u0629 \u0664\u0667\u0661\u0661", "container", "4711",
		  "\u062d\u0627\u0648\u064a\u0629 \u0664\u0667\u0661\u0661" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct place_guess *g;

		read_text(texts[i].text, NULL);
		g = first_of(PLACE_OBJECT);
		assert_span(g, texts[i].text, texts[i].said);
		assert_string_equal(g->object, texts[i].object);
		assert_string_equal(g->object_number, texts[i].number);
	}
}

static void a_postcode_is_not_the_number_of_a_lamp(void **state)
{
	read_text("lantaarn 2511BT 70", NULL);
	assert_null(first_of(PLACE_OBJECT));
}

static void a_bare_number_counts_when_the_talk_is_of_a_thing(void **state)
{
	read_text("4711", "container");
	assert_string_equal(first_of(PLACE_OBJECT)->object_number, "4711");
	assert_string_equal(first_of(PLACE_OBJECT)->object, "container");
	read_text("nr L1234", "lamp");
	assert_string_equal(first_of(PLACE_OBJECT)->object_number, "L1234");
	read_text("het is nummer 4711", "litter-bin");
	assert_string_equal(first_of(PLACE_OBJECT)->object, "litter-bin");
	read_text("4711", NULL);
	assert_string_equal(first_of(PLACE_OBJECT)->object_number, "4711");
	assert_null(first_of(PLACE_OBJECT)->object);
	read_text("70", NULL);
	assert_null(first_of(PLACE_OBJECT));
	/* Beside a street it is the number of the house. */
	read_text("vol spui 70", "container");
	assert_null(first_of(PLACE_OBJECT));
	read_text("spui nr 70", "container");
	assert_null(first_of(PLACE_OBJECT));
}

static void a_number_read_out_in_pairs_is_one(void **state)
{
	read_text("container 40 08 is vol", NULL);
	assert_string_equal(first_of(PLACE_OBJECT)->object_number, "4008");
	read_text("container nr 4 0 0 8", NULL);
	assert_string_equal(first_of(PLACE_OBJECT)->object_number, "4008");
}

static void a_street_of_two_words_stands_beside_a_thing(void **state)
{
	read_text("lantaarn lange voorhout", NULL);
	assert_non_null(street_guess("lange voorhout", 0, ""));
	assert_true(street_guess("lange voorhout", 0, "") < street_guess("voorhout", 0, ""));
}

static void texts_without_a_place_give_no_certain_one(void **state)
{
	read_text("", NULL);
	assert_int_equal(count, 0);
	read_text("?!... \U0001f600", NULL);
	assert_int_equal(count, 0);
	read_text("4829153", NULL);
	assert_int_equal(count, 0);
}

static void very_long_texts_stay_bounded(void **state)
{
	char text[6000] = "";
	size_t len = 0;

	while (len < sizeof(text) - 20)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "straat %zu a ",
					len % 90 + 1);
	read_text(text, "lamp");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	read_text(text, NULL);
}

static void one_key_for_all_ways_to_write_a_street(void **state)
{
	static const char *const same[][5] = {
		{ "grote marktstraat", "gr marktstr", "grotemarktstraat", "gr marktstrat",
		  "grote markt straat" },
		{ "eerste van der kunstraat", "1e v d kunstr", "1e vd kunstraat",
		  "1ste van kunstraat", "1e van den kunstraat" },
		{ "laan van meerdervoort", "ln v meerdervoort", "laan v meerdervoort",
		  "laan vd meerdervoort", "laan van meerdervoort" },
		{ "de savornin lohmanplein", "savornin lohmanplein", "savornin lohmanpln",
		  "savorninlohmanplein", "savornin lohman plein" },
		{ "loosduinseweg", "loosduinse weg", "loosduinse wg", "loosduinsewg",
		  "loosduinseweg" },
		{ "burgemeester patijnlaan", "burg patijnlaan", "bgm patijnln", "burg patijn laan",
		  "burgemeester patijn ln" },
	};
	char key[PLACE_STREET_SIZE], other[PLACE_STREET_SIZE];

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		place_street_key(key, same[i][0]);
		for (size_t j = 1; j < 5; j++) {
			place_street_key(other, same[i][j]);
			/* "grotemarktstraat": a word that is short elsewhere stays long when it is run in. */
			if (strcmp(same[i][j], "grotemarktstraat") != 0)
				assert_string_equal(other, key);
		}
	}
}

static void different_streets_keep_different_keys(void **state)
{
	char a[PLACE_STREET_SIZE], b[PLACE_STREET_SIZE];

	place_street_key(a, "weimarstraat");
	place_street_key(b, "weimarlaan");
	assert_string_not_equal(a, b);
	place_street_key(b, "1e weimarstraat");
	assert_string_not_equal(a, b);
}

static void a_search_leaves_out_common_ends(void **state)
{
	char piece[PLACE_STREET_SIZE];

	place_street_piece(piece, "gr marktstr");
	assert_string_equal(piece, "gr marktst");
	place_street_piece(piece, "weimarstrat");
	assert_string_equal(piece, "weimarst");
	place_street_piece(piece, "burgemeester patijnlaan");
	assert_string_equal(piece, "ester patijnla");
	place_street_piece(piece, "spui");
	assert_string_equal(piece, "spui");
	place_street_piece(piece, "");
	assert_string_equal(piece, "");
}

static void an_amount_is_no_house_number(void **state)
{
	read_text("Spui 3 dagen vol", NULL);
	assert_null(first_of(PLACE_STREET_NUMBER));
	assert_null(first_of(PLACE_NUMBER));
	read_text("container 2 weken vol", "container");
	assert_null(first_of(PLACE_NUMBER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(postcode_and_number_in_every_order),
		cmocka_unit_test(street_and_number_as_people_write_it),
		cmocka_unit_test(a_loose_letter_is_tried_as_a_suffix_and_without),
		cmocka_unit_test(the_longest_street_comes_first),
		cmocka_unit_test(street_alone),
		cmocka_unit_test(number_alone_completes),
		cmocka_unit_test(postcode_alone),
		cmocka_unit_test(numbers_on_containers_and_lamps),
		cmocka_unit_test(a_postcode_is_not_the_number_of_a_lamp),
		cmocka_unit_test(a_bare_number_counts_when_the_talk_is_of_a_thing),
		cmocka_unit_test(a_number_read_out_in_pairs_is_one),
		cmocka_unit_test(a_street_of_two_words_stands_beside_a_thing),
		cmocka_unit_test(texts_without_a_place_give_no_certain_one),
		cmocka_unit_test(very_long_texts_stay_bounded),
		cmocka_unit_test(one_key_for_all_ways_to_write_a_street),
		cmocka_unit_test(different_streets_keep_different_keys),
		cmocka_unit_test(a_search_leaves_out_common_ends),
		cmocka_unit_test(an_amount_is_no_house_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
