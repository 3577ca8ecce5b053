// SPDX-License-Identifier: AGPL-3.0-or-later
/* The rules of matching on a small list, then what residents text on the list that ships. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <talloc.h>

#include "talk/category_int.h"

static const char small[] =
	"fillers: {nl: [de, het, is, in, naast], en: [the, is]}\n"
	"mains:\n"
	"  - {slug: waste, name: {nl: Afval, en: Waste}, words: {nl: [afval]}}\n"
	"  - {slug: roads, name: {nl: Wegen}, words: {nl: [wegen]}}\n"
	"things:\n"
	"  - {slug: container, words: {nl: [container, orac], tr: [konteyner]}}\n"
	"  - {slug: lamp, name: {nl: lantaarnpaal}, words: {nl: [lamp]}}\n"
	"categories:\n"
	"  - slug: full\n"
	"    main: waste\n"
	"    thing: container\n"
	"    promise: 3w\n"
	"    name: {nl: Container is vol, en: Container full}\n"
	"    words: {nl: [(container|orac) (vol|propvol), bank], en: [overflowing]}\n"
	"  - slug: broken\n"
	"    main: waste\n"
	"    thing: container\n"
	"    promise: 3w\n"
	"    name: {nl: Container is kapot}\n"
	"    words: {nl: [container (kapot|stuk)]}\n"
	"  - slug: light\n"
	"    main: roads\n"
	"    thing: lamp\n"
	"    promise: 21c\n"
	"    urgent: true\n"
	"    name: {en: Street light}\n"
	"    words: {nl: [lantaarnpaal, kapot licht], en: [bank]}\n"
	"dangers:\n"
	"  - {slug: fire, call: \"112\", category: light, words: {nl: [brand]}, unless: {nl: [brand "
	"niet]}}\n"
	"  - {slug: hole, call: \"14070\", category: light, words: {nl: [gat in weg]}}\n";

static struct categories *read_bytes(const char *bytes, char *error, size_t size)
{
	struct phrase_yaml *y = phrase_yaml_read(NULL, "c.yaml", bytes, strlen(bytes));
	struct categories *cats = categories_read(NULL, y);

	snprintf(error, size, "%s", y->error ?: "");
	talloc_free(y);
	return cats;
}

static int read_small(void **state)
{
	char error[200];

	*state = read_bytes(small, error, sizeof(error));
	return *state ? 0 : -1;
}

static int free_cats(void **state)
{
	talloc_free(*state);
	return 0;
}

/* The candidates as "slug slug", and the text with its spans in brackets. */
static void check_match(const struct categories *cats, const char *text, const char *language,
			const char *want, const char *want_spans)
{
	struct category_match m;
	char *found = talloc_strdup(NULL, ""), *spans = talloc_strdup(NULL, "");
	size_t i, at = 0;

	category_match(&m, cats, text, language);
	for (i = 0; i < m.n; i++)
		found = talloc_asprintf_append(found, "%s%s", i ? " " : "", m.found[i]->slug);
	for (i = 0; i < m.span_count; i++) {
		spans = talloc_asprintf_append(spans, "%.*s[%.*s]", (int)(m.spans[i].start - at),
					       text + at, (int)(m.spans[i].end - m.spans[i].start),
					       text + m.spans[i].start);
		at = m.spans[i].end;
	}
	spans = talloc_asprintf_append(spans, "%s", text + at);
	if (strcmp(found, want) != 0)
		fail_msg("\"%s\" is \"%s\", not \"%s\"", text, found, want);
	if (want_spans)
		assert_string_equal(spans, want_spans);
	talloc_free(found);
	talloc_free(spans);
}

static void an_entry_beats_a_thing_beats_a_main(void **state)
{
	struct category_match m;

	check_match(*state, "container vol", "nl", "full", "[container vol]");
	check_match(*state, "container 4711", "nl", "full broken", "[container] 4711");
	check_match(*state, "afval Spui 70", "nl", "full broken", "[afval] Spui 70");
	check_match(*state, "Spui 70", "nl", "", "Spui 70");
	category_match(&m, *state, "container 4711", "nl");
	assert_true(m.only_thing);
	category_match(&m, *state, "container kapot", "nl");
	assert_false(m.only_thing);
	category_match(&m, *state, "Spui", "nl");
	assert_false(m.only_thing);
}

static void a_place_may_stand_between_the_words(void **state)
{
	check_match(*state, "MELD AFVAL SPUI 70 container vol", "nl", "full",
		    "MELD [AFVAL] SPUI 70 [container vol]");
	check_match(*state, "container Spui 70 vol", "nl", "full", "[container] Spui 70 [vol]");
	check_match(*state, "de orac is pr\u00f3pvol!", "nl", "full", "de [orac is pr\u00f3pvol]!");
	check_match(*state, "container a b c d e f g h i vol", "nl", "full broken", NULL);
}

static void one_typing_error_is_forgiven_in_long_words(void **state)
{
	check_match(*state, "contaner vol", "nl", "full", "[contaner vol]");
	check_match(*state, "cotnainer kapot", "nl", "broken", NULL);
	check_match(*state, "lantaarnpal", "nl", "light", NULL);
	check_match(*state, "lantarnpal", "nl", "", NULL);
	check_match(*state, "orcc vol", "nl", "", NULL);
	check_match(*state, "overflowing", "nl", "full", NULL);
}

static void the_residents_own_words_come_first(void **state)
{
	check_match(*state, "bank", "nl", "full", NULL);
	check_match(*state, "bank", "nl-plain", "full", NULL);
	check_match(*state, "bank", "en", "light", NULL);
	check_match(*state, "bank", "tr", "full light", NULL);
	check_match(*state, "konteyner", "nl", "full broken", NULL);
}

static void two_matters_are_both_found(void **state)
{
	check_match(*state, "container vol en lantaarnpaal", "nl", "full light",
		    "[container vol] en [lantaarnpaal]");
	check_match(*state, "afval: container vol en lantaarnpaal", "nl", "full", NULL);
}

static void dangers_are_found_in_order_unless_excused(void **state)
{
	struct categories *cats = *state;

	assert_string_equal(category_danger(cats, "BRAND bij gat in de weg")->slug, "fire");
	assert_string_equal(category_danger(cats, "in de weg is een gat")->call, "14070");
	assert_null(category_danger(cats, "de lamp brand niet"));
	assert_string_equal(category_danger(cats, "brand! lamp brand niet")->slug, "fire");
	assert_null(category_danger(cats, "container vol"));
	assert_null(category_danger(cats, "gat a b c d e weg"));
	assert_null(category_danger(cats, ""));
}

static void names_fall_back(void **state)
{
	struct categories *cats = *state;

	assert_string_equal(category_name(cats, "full", "en"), "Container full");
	assert_string_equal(category_name(cats, "full", "nl-plain"), "Container is vol");
	assert_string_equal(category_name(cats, "full", "tr"), "Container is vol");
	assert_string_equal(category_name(cats, "light", "tr"), "Street light");
	assert_string_equal(category_name(cats, "gone", "nl"), "gone");
	assert_string_equal(category_main_name(cats, "waste", "en"), "Waste");
	assert_string_equal(category_thing_name(cats, "container", "tr"), "konteyner");
	assert_string_equal(category_thing_name(cats, "lamp", "tr"), "lantaarnpaal");
	assert_string_equal(category_thing_name(cats, "bike", "nl"), "bike");
	assert_int_equal(categories_main_count(cats), 2);
	assert_string_equal(category_main_at(cats, 1), "roads");
	assert_null(category_main_at(cats, 2));
	assert_int_equal(category_find(cats, "light")->promise_days, 21);
	assert_false(category_find(cats, "light")->promise_working);
	assert_true(category_find(cats, "light")->urgent);
	assert_null(category_find(cats, "dark"));
	assert_null(category_at(cats, categories_count(cats)));
}

static void any_text_survives(void **state)
{
	struct category_match m;
	char *text = talloc_strdup(NULL, "");
	int i;

	for (i = 0; i < 300; i++)
		text = talloc_strdup_append_buffer(text, "container vol \xff kapot brand ");
	category_match(&m, *state, text, NULL);
	assert_true(m.n > 0 && m.span_count <= CATEGORY_SPANS_MAX);
	assert_non_null(category_danger(*state, text));
	talloc_free(text);
}

static void check_wrong(const char *bytes, const char *want)
{
	char error[300];

	assert_null(read_bytes(bytes, error, sizeof(error)));
	assert_string_equal(error, want);
}

#define HEAD \
	"mains: [{slug: m, name: {nl: M}}]\nthings: [{slug: t, words: {nl: [t]}}]\ncategories:\n"
#define GOOD HEAD "- {slug: a, main: m, promise: 3w, name: {nl: A}}\n"

static void a_wrong_list_is_named_with_its_line(void **state)
{
	check_wrong("a: b\n", "c.yaml:1: unknown word \"a\"");
	check_wrong("mains: []\n", "c.yaml: \"categories:\" or \"mains:\" is missing");
	check_wrong(HEAD "- {main: m}\n", "c.yaml:4: \"slug:\" is missing");
	check_wrong(HEAD "- {slug: a, main: x, promise: 3w, name: {nl: A}}\n",
		    "c.yaml:4: a: no such main: x");
	check_wrong(HEAD "- {slug: a, main: m, thing: x, promise: 3w, name: {nl: A}}\n",
		    "c.yaml:4: a: no such thing: x");
	check_wrong(HEAD "- {slug: a, main: m, promise: 3, name: {nl: A}}\n",
		    "c.yaml:4: a: promise must be days with w or c, such as 3w");
	check_wrong(GOOD "- {slug: a, main: m, promise: 3w, name: {nl: A}}\n",
		    "c.yaml:5: a stands here twice");
	check_wrong(GOOD "- {slug: b, main: m, promise: 3w, name: {nl: A}, words: {nl: [(a|b]}}\n",
		    "c.yaml:5: unpaired sign at \"(a|b\"");
	check_wrong(GOOD "- {slug: b, main: m, promise: 3w, name: {nl: A}, words: {nl: [\"!\"]}}\n",
		    "c.yaml:5: \"!\" says nothing");
	check_wrong(GOOD
		    "- {slug: b, main: m, promise: 3w, name: {nl: A}, words: {nl: [a b c d e f "
		    "g]}}\n",
		    "c.yaml:5: \"a b c d e f g\" has too many words, or the list entries");
	check_wrong(GOOD "dangers: [{slug: d, call: \"112\", category: z, words: {nl: [a]}}]\n",
		    "c.yaml:5: d: no such category: z");
}

/* ---- the list that ships */

static int load_city(void **state)
{
	char *error = NULL;

	*state = categories_load(NULL, "menus/categories.yaml", &error);
	if (!*state)
		fail_msg("%s", error);
	return 0;
}

/* What residents text, and what they mean by it. */
struct texted {
	const char *language, *text, *means, *danger;
};

static const struct texted dutch[] = {
	{ "nl", "MELD AFVAL SPUI 70 container vol", "container-full", NULL },
	{ "nl", "container Grote Marktstraat 12 zit vol", "container-full", NULL },
	{ "nl", "de vuilcontainer zit weer propvol", "container-full", NULL },
	{ "nl", "container 4711 kapot", "container-broken", NULL },
	{ "nl", "glasbak vol", "container-recycling", NULL },
	{ "nl", "er staat vuilnis naast de orac op het Spui", "container-beside", NULL },
	{ "nl", "bijplaatsing Weimarstraat 40", "container-beside", NULL },
	{ "nl", "lantaarn 2511BT 70", "street-light", NULL },
	{ "nl", "straatlamp doet het niet", "street-light", NULL },
	{ "nl", "lamp brand niet voor de deur", "street-light", NULL },
	{ "nl", "grofvuil", "bulky-waste", NULL },
	{ "nl", "matras op straat", "bulky-waste", NULL },
	{ "nl", "losse tegel", "pavement", NULL },
	{ "nl", "gestruikeld over losse stoeptegel", "pavement", NULL },
	{ "nl", "put verstopt", "drain-blocked", NULL },
	{ "nl", "tak afgebroken", "tree-storm", NULL },
	{ "nl", "rat", "rats", NULL },
	{ "nl", "stoplicht kapot", "traffic-light", NULL },
	{ "nl", "laadpaal storing 123", "charger", NULL },
	{ "nl", "prullenbak vol", "litter-bin-full", NULL },
	{ "nl", "bankje stuk", "street-furniture", NULL },
	{ "nl", "kerstboom op straat", "christmas-tree", NULL },
	{ "nl", "takken snoeien langs de weg", "mowing", NULL },
	{ "nl", "er ligt een gewonde meeuw", "animals-other", NULL },
	{ "nl", "contaner vol", "container-full", NULL },
	{ "nl", "Spui 70", "", NULL },
	{ "nl", "hoi", "", NULL },
	{ "nl", "het is erger geworden", "", NULL },
	{ "nl", "gat in de weg", "road-damage", "road-hole" },
	{ "nl", "putdeksel weg", "drain-broken", "manhole" },
	{ "nl", "boom omgewaaid over de weg", "tree-storm", "tree-on-road" },
	{ "nl", "lantaarnpaal scheef", "street-light", "lamp-post" },
	{ "nl", "losse draden uit lantaarnpaal", "street-light", "loose-wires" },
	{ "nl", "waterleiding gesprongen", "water-leak", "leak" },
	{ "nl", "ik ruik gas", "gas-smell", "gas" },
	{ "nl", "gasluht!", "gas-smell", "gas" },
	{ "nl", "brand in het portiek", "", "fire" },
	{ "nl", "iemand is gewond", "", "injury" },
};

static const struct texted others[] = {
	{ "en", "street light broken at Spui 70", "street-light", NULL },
	{ "en", "someone put rubbish next to the container", "container-beside", NULL },
	{ "en", "loose paving stone", "pavement", NULL },
	{ "en", "hole in the road", "road-damage", "road-hole" },
	{ "en", "manhole cover missing", "drain-broken", "manhole" },
	{ "en", "gas leak", "gas-smell", "gas" },
	{ "tr", "konteyner dolu Spui 70", "container-full", NULL },
	{ "tr", "sokak lambasi yanmiyor", "street-light", NULL },
	{ "tr", "SOKAK LAMBASI YANMIYOR", "street-light", NULL },
	{ "tr", "konteynerin yanında çöp", "container-beside", NULL },
	{ "tr", "yolda çukur var", "road-damage", "road-hole" },
	{ "tr", "gaz kokusu var", "gas-smell", "gas" },
	{ "pl", "kontener pelny", "container-full", NULL },
	{ "pl", "latarnia nie świeci", "street-light", NULL },
	{ "pl", "luźna płytka na chodniku", "pavement", NULL },
	{ "pl", "pożar", "", "fire" },
	{ "ar", "الحاوية ممتلئة", "container-full", NULL },
	{ "ar", "البالوعة مسدودة", "drain-blocked", NULL },
	{ "ar", "عمود الإنارة معطل", "street-light", NULL },
	{ "ar", "حفرة في الطريق", "road-damage", "road-hole" },
	{ "ar", "رائحة غاز", "gas-smell", "gas" },
	{ "nl", "sokak lambası yanmıyor", "street-light", NULL },
};

static void check_texted(const struct categories *cats, const struct texted *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct danger *danger = category_danger(cats, list[i].text);

		check_match(cats, list[i].text, list[i].language, list[i].means, NULL);
		if (strcmp(danger ? danger->slug : "", list[i].danger ?: "") != 0)
			fail_msg("\"%s\" is the danger %s, not %s", list[i].text,
				 danger ? danger->slug : "none", list[i].danger ?: "none");
	}
}

static void residents_are_understood(void **state)
{
	check_texted(*state, dutch, sizeof(dutch) / sizeof(dutch[0]));
	check_texted(*state, others, sizeof(others) / sizeof(others[0]));
}

static void a_thing_leads_to_its_categories(void **state)
{
	check_match(*state, "container 4711", "nl",
		    "container-full container-broken container-recycling container-beside", NULL);
	check_match(*state, "lamp 12345", "nl", "street-light", "[lamp] 12345");
}

static void check_named(const struct category_labels *names, const char *slug)
{
	static const char *const languages[] = { "nl", "en", "tr", "pl", "ar" };
	size_t l, i;

	for (l = 0; l < 5; l++) {
		for (i = 0; i < names->n && strcmp(names->list[i].language, languages[l]) != 0; i++)
			;
		if (i == names->n)
			fail_msg("%s has no name in %s", slug, languages[l]);
	}
}

static void all_is_named_in_five_languages(void **state)
{
	struct categories *cats = *state;
	size_t i;

	for (i = 0; i < cats->n; i++)
		check_named(&cats->names[i], cats->list[i].slug);
	for (i = 0; i < cats->main_count; i++)
		check_named(&cats->mains[i].names, cats->mains[i].slug);
	for (i = 0; i < cats->thing_count; i++)
		check_named(&cats->things[i].names, cats->things[i].slug);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_entry_beats_a_thing_beats_a_main, read_small,
						free_cats),
		cmocka_unit_test_setup_teardown(a_place_may_stand_between_the_words, read_small,
						free_cats),
		cmocka_unit_test_setup_teardown(one_typing_error_is_forgiven_in_long_words,
						read_small, free_cats),
		cmocka_unit_test_setup_teardown(the_residents_own_words_come_first, read_small,
						free_cats),
		cmocka_unit_test_setup_teardown(two_matters_are_both_found, read_small, free_cats),
		cmocka_unit_test_setup_teardown(dangers_are_found_in_order_unless_excused,
						read_small, free_cats),
		cmocka_unit_test_setup_teardown(names_fall_back, read_small, free_cats),
		cmocka_unit_test_setup_teardown(any_text_survives, read_small, free_cats),
		cmocka_unit_test(a_wrong_list_is_named_with_its_line),
		cmocka_unit_test_setup_teardown(residents_are_understood, load_city, free_cats),
		cmocka_unit_test_setup_teardown(a_thing_leads_to_its_categories, load_city,
						free_cats),
		cmocka_unit_test_setup_teardown(all_is_named_in_five_languages, load_city,
						free_cats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
