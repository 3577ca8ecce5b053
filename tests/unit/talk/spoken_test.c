// SPDX-License-Identifier: AGPL-3.0-or-later
/* What a person says for what is written: Dutch street names (the abbreviations of NEN 5825 and of daily use),
 * numbers of the Dutch numbering plan, postcodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/spoken.h"

static void says(const char *text, const char *wanted)
{
	char *said = spoken_text(NULL, text, "of");

	assert_string_equal(said, wanted);
	talloc_free(said);
}

static void counts(const char *text, const char *wanted)
{
	char *said = spoken_number(NULL, text, "of");

	assert_string_equal(said, wanted);
	talloc_free(said);
}

static void streets_are_said_in_full(void **state)
{
	says("Weimarstr. 5", "Weimarstraat 5");
	says("Weimarstr 5", "Weimarstraat 5");
	says("Meppelweg", "Meppelweg");
	says("w)ww.spui", "www spui"); /* no address may come of it */
	says("Escamppln. 3", "Escampplein 3");
	says("Hobbemapln 3", "Hobbemaplein 3");
	says("Segbroekln. 12", "Segbroeklaan 12");
	says("Köln", "Köln");
	says("Burg. de Monchyplein", "Burgemeester de Monchyplein");
	says("Prof. P.S. Gerbrandyweg", "Professor P S Gerbrandyweg");
	says("Dr. Lelykade 4", "Dokter Lelykade 4");
	says("Mr. P.N. Arntzeniusweg", "Meester P N Arntzeniusweg");
	says("St. Jorisstraat", "Sint Jorisstraat");
	says("St.Jorisstraat", "Sint Jorisstraat");
	says("Jan v. Nassaustr. 1", "Jan van Nassaustraat 1");
	says("Pieter v.d. Zandestr.", "Pieter van der Zandestraat");
	says("burg. Hovylaan", "burgemeester Hovylaan");
	says("J. Israëlslaan", "J Israëlslaan");
	says("Het is st. Daarom niet", "Het is sint Daarom niet");
	says("Dit is v.", "Dit is v.");
}

static void ordinals_are_words(void **state)
{
	says("1e van der Boschstraat", "Eerste van der Boschstraat");
	says("2e Louise de Colignystraat 3", "Tweede Louise de Colignystraat 3");
	says("Bij de 3e Schilderstraat", "Bij de derde Schilderstraat");
	says("1ste Emmastraat", "Eerste Emmastraat");
	says("2de Sweelinckstraat", "Tweede Sweelinckstraat");
	says("Spui 1e", "Spui 1 E");
}

static void house_numbers_keep_their_addition_apart(void **state)
{
	says("Spui 70A, Centrum", "Spui 70 A, Centrum");
	says("Spui 70 A", "Spui 70 A");
	says("Spui 70a", "Spui 70 A");
	says("Spui 70-2, Centrum", "Spui 70, 2, Centrum");
	says("Spui 70 BIS", "Spui 70 bis");
	says("Spui 70-HS", "Spui 70 huis");
	says("Spui 70AB", "Spui 70 A B");
	says("Laan van Meerdervoort 1700", "Laan van Meerdervoort 1700");
	says("Plein 1813", "Plein 1813");
	says("Spui 70 is dicht", "Spui 70 is dicht");
}

static void postcodes_are_spelled(void **state)
{
	says("Spui 70, 2511BT", "Spui 70, 2 5 1 1, B T");
	says("2511 BT Den Haag", "2 5 1 1, B T Den Haag");
	says("Spui 70 (2511BT)", "Spui 70, 2 5 1 1, B T");
	says("2511 Den Haag", "2511 Den Haag");
}

static void a_stroke_is_or(void **state)
{
	char *said = spoken_text(NULL, "Geri dönüşüm dolu/bozuk", "veya");

	assert_string_equal(said, "Geri dönüşüm dolu veya bozuk");
	talloc_free(said);
	says("Glas/papier/plastic vol of kapot", "Glas, papier of plastic vol of kapot");
	says("Eikenprocessierups / rups", "Eikenprocessierups of rups");
	says("en/of", "en of");
	says("a/", "a");
	says("24/7", "24 7");
}

static void signs_are_not_said(void **state)
{
	says("Slippery (snow/ice)", "Slippery, snow of ice");
	says("Ślisko - śnieg/lód", "Ślisko, śnieg of lód");
	says("(nu) *dicht*", "nu, dicht");
	says("Gereed (deels), de rest morgen.", "Gereed, deels, de rest morgen.");
	says("Zie https://denhaag.nl/x?y=1 of bel.", "Zie of bel.");
	says("Mail naam@denhaag.nl of www.denhaag.nl", "Mail of");
	says("", "");
}

static void numbers_are_said_digit_by_digit(void **state)
{
	counts("482 915 3", "4 8 2, 9 1 5, 3");
	counts("4829153", "4 8 2, 9 1 5, 3");
	counts("14070", "1 4 0 7 0");
	counts("112", "1 1 2");
	counts("0800-9009", "0 8 0 0, 9 0 0 9");
	counts("0612345678", "0 6, 1 2, 3 4, 5 6, 7 8");
	counts("06-12345678", "0 6, 1 2, 3 4, 5 6, 7 8");
	counts("0703533000", "0 7 0, 3 5 3, 3 0, 0 0");
	counts("070-3533000", "0 7 0, 3 5 3, 3 0, 0 0");
	counts("Spui 70", "Spui 70");
	counts("container 12345, Spui 1058", "container 1 2 3 4 5, Spui 1058");
	counts("", "");
	says("Bel 070-3533000 of 0612345678.",
	     "Bel 0 7 0, 3 5 3, 3 0, 0 0 of 0 6, 1 2, 3 4, 5 6, 7 8.");
	says("Melding 4829153 is dicht", "Melding 4 8 2, 9 1 5, 3 is dicht");
}

/* A label is made of parts that were made for the ear before. */
static void what_is_said_stays(void **state)
{
	static const char *const texts[] = { "Glas/papier, Burg. Patijnln. 70A, 2511BT",
					     "Spui 70-2 (1e v.d. Boschstr. 3-HS)", "0612345678",
					     "482 915 3" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *once = spoken_number(NULL, texts[i], "of"),
		     *twice = spoken_number(once, once, "of");

		assert_string_equal(twice, once);
		assert_null(spoken_sign(once));
		talloc_free(once);
	}
	assert_string_equal(spoken_sign("a www.b"), "www.b");
	assert_string_equal(spoken_sign("a/b"), "/b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streets_are_said_in_full),
		cmocka_unit_test(ordinals_are_words),
		cmocka_unit_test(house_numbers_keep_their_addition_apart),
		cmocka_unit_test(postcodes_are_spelled),
		cmocka_unit_test(a_stroke_is_or),
		cmocka_unit_test(signs_are_not_said),
		cmocka_unit_test(numbers_are_said_digit_by_digit),
		cmocka_unit_test(what_is_said_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
