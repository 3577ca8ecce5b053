// SPDX-License-Identifier: AGPL-3.0-or-later
/* What a pattern says is compared with ICU's own MessageFormat (u_formatMessage, whose arguments are
 * numbered) where its syntax is ours; plural and month words are CLDR's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <talloc.h>
#include <unicode/umsg.h>
#include <unicode/ustring.h>
#include <unicode/ucal.h>

#include "talk/phrase.h"
#include "talk/phrase_fold.h"
#include "talk/phrase_int.h"

#define ZONE "Europe/Amsterdam"

static const char file_nl[] =
	"language: nl\n"
	"name: Nederlands\n"
	"locale: nl_NL\n"
	"choose: [nederlands, dutch]\n"
	"keywords:\n"
	"  stop: [stop, uit, stop alles]\n"
	"  help: [help, hulp, \"?\"]\n"
	"  yes: [ja, j]\n"
	"  report: [meld]\n"
	"phrases:\n"
	"  filed: \"Dank u. {reference}: {place}. Klaar: {promise, date, EEEEdMMMM}.\"\n"
	"  near: \"{n, plural, =0{niets} one{# melding} other{# meldingen}}\"\n"
	"  what:\n"
	"    text: Wat?\n"
	"    voice: Zegt u het maar.\n";

static const char file_plain[] = "language: nl-plain\n"
				 "name: Makkelijk Nederlands\n"
				 "fallback: nl\n"
				 "locale: nl_NL\n"
				 "choose: [makkelijk]\n"
				 "phrases: {what: Wat is er?}\n";

static const char file_en[] = "language: en\n"
			      "name: English\n"
			      "choose: [english, engels]\n"
			      "keywords: {stop: [stop], help: [info], no: [uit]}\n"
			      "phrases: {only.english: \"Hello {name}\"}\n";

static void add(struct phrases *ph, const char *name, const char *bytes)
{
	struct phrase_yaml *y = phrase_yaml_read(ph, name, bytes, strlen(bytes));

	phrases_add(ph, y);
	assert_null(y->error);
	talloc_free(y);
}

static int load_three(void **state)
{
	struct phrases *ph = phrases_alloc(NULL);
	char *error = NULL;

	add(ph, "nl-plain.yaml", file_plain);
	add(ph, "nl.yaml", file_nl);
	add(ph, "en.yaml", file_en);
	assert_int_equal(phrases_finish(ph, &error), 0);
	*state = ph;
	return 0;
}

static int free_three(void **state)
{
	talloc_free(*state);
	return 0;
}

static void check_say(const struct phrases *ph, const char *language, const char *variant,
		      const char *key, json_t *args, const char *want)
{
	char *said = phrase_say(NULL, ph, language, variant, key, args, ZONE);

	assert_string_equal(said, want);
	talloc_free(said);
}

static void languages_are_sorted_and_named(void **state)
{
	struct phrases *ph = *state;

	assert_int_equal(phrases_language_count(ph), 3);
	assert_string_equal(phrases_language_at(ph, 0), "en");
	assert_string_equal(phrases_language_at(ph, 2), "nl-plain");
	assert_null(phrases_language_at(ph, 3));
	assert_string_equal(phrases_language_name(ph, "nl"), "Nederlands");
	assert_null(phrases_language_name(ph, "fr"));
}

static void a_word_chooses_a_language(void **state)
{
	struct phrases *ph = *state;

	assert_string_equal(phrases_language_of(ph, " ENGELS! "), "en");
	assert_string_equal(phrases_language_of(ph, "Makkelijk Nederlands"), "nl-plain");
	assert_string_equal(phrases_language_of(ph, "nl"), "nl");
	assert_null(phrases_language_of(ph, "engels graag"));
	assert_null(phrases_language_of(ph, ""));
}

static void what_a_language_lacks_comes_from_its_fallback(void **state)
{
	struct phrases *ph = *state;
	json_t *args = json_pack("{s:i, s:s}", "n", 2, "name", "Ada");

	check_say(ph, "nl-plain", NULL, "what", NULL, "Wat is er?");
	check_say(ph, "nl-plain", "voice", "what", NULL, "Wat is er?");
	check_say(ph, "nl", "voice", "what", NULL, "Zegt u het maar.");
	check_say(ph, "nl", "ussd", "what", NULL, "Wat?");
	check_say(ph, "nl-plain", NULL, "near", args, "2 meldingen");
	check_say(ph, "fr", NULL, "near", args, "2 meldingen");
	check_say(ph, "nl", NULL, "only.english", args, "Hello Ada");
	check_say(ph, "nl", NULL, "missing.key", args, "[missing.key]");
	json_decref(args);
	assert_true(phrase_has(ph, "nl-plain", "near", false));
	assert_false(phrase_has(ph, "nl-plain", "near", true));
	assert_false(phrase_has(ph, "nl", "only.english", false));
}

static void a_date_is_the_citys_and_in_the_language(void **state)
{
	/* 22:30 UTC on 30 June 2026 is the first of July in Amsterdam, a Wednesday */
	json_t *args = json_pack("{s:s, s:s, s:I}", "reference", "482 915 3", "place", "Spui 70",
				 "promise", (json_int_t)1782858600);

	check_say(*state, "nl", NULL, "filed", args,
		  "Dank u. 482 915 3: Spui 70. Klaar: woensdag 1 juli.");
	json_object_del(args, "promise");
	json_object_del(args, "place");
	check_say(*state, "nl", NULL, "filed", args, "Dank u. 482 915 3: . Klaar: .");
	json_decref(args);
}

static void keywords_are_found_folded(void **state)
{
	struct phrases *ph = *state;

	assert_true(phrase_is_keyword(ph, "nl", "stop", "STOP  alles."));
	assert_true(phrase_is_keyword(ph, "nl", "help", " ? "));
	assert_true(phrase_is_keyword(ph, NULL, "help", "Info"));
	assert_false(phrase_is_keyword(ph, "nl", "help", "info"));
	assert_false(phrase_is_keyword(ph, "nl", "stop", "stop ermee"));
	assert_false(phrase_is_keyword(ph, "nl", "stop", ""));
}

static void a_text_begins_with_a_keyword(void **state)
{
	const char *rest = NULL;

	assert_string_equal(phrase_keyword_at(*state, "nl", "Meld: gat in de weg", &rest),
			    "report");
	assert_string_equal(rest, "gat in de weg");
	assert_string_equal(phrase_keyword_at(*state, "nl", "stop alles nu", &rest), "stop");
	assert_string_equal(rest, "nu");
	assert_string_equal(phrase_keyword_at(*state, "nl", "? 12", &rest), "help");
	assert_string_equal(rest, "12");
	assert_string_equal(phrase_keyword_at(*state, "nl", "INFO", &rest), "help");
	assert_string_equal(rest, "");
	assert_null(phrase_keyword_at(*state, "nl", "stoplicht kapot", &rest));
	assert_null(phrase_keyword_at(*state, "nl", "", &rest));
}

static void the_residents_own_language_wins(void **state)
{
	const char *rest;

	assert_string_equal(phrase_keyword_at(*state, "nl", "uit", &rest), "stop");
	assert_string_equal(phrase_keyword_at(*state, "en", "uit", &rest), "no");
}

static void keys_are_walked_sorted(void **state)
{
	assert_string_equal(phrase_key_at(*state, "nl", 0), "filed");
	assert_string_equal(phrase_key_at(*state, "nl", 2), "what");
	assert_null(phrase_key_at(*state, "nl", 3));
	assert_null(phrase_key_at(*state, "xx", 0));
	assert_string_equal(phrase_pattern(*state, "nl", "what", NULL), "Wat?");
	assert_null(phrase_pattern(*state, "nl", "what", "ussd"));
	assert_null(phrase_pattern(*state, "nl-plain", "near", NULL));
}

static void check_fold(const char *text, const char *want)
{
	char *folded = phrase_fold(NULL, text), *again = phrase_fold(NULL, folded);

	assert_string_equal(folded, want);
	assert_string_equal(again, want);
	talloc_free(folded);
	talloc_free(again);
}

static void folding_is_for_comparing(void **state)
{
	check_fold("", "");
	check_fold("  Spui   70-A, ", "spui 70 a");
	check_fold("Zoë's café", "zoe s cafe");
	check_fold("I\u0307stanbul İSTANBUL ışık IŞIK", "istanbul istanbul isik isik");
	check_fold("Żółta ŁÓDŹ", "zolta lodz");
	check_fold("Straße ŒUVRE Ærø", "strasse oeuvre aero");
	check_fold("أنقاض إنارة مدرسة مبنى", "انقاض اناره مدرسه مبني");
	check_fold("حـاويـة ٤٧١١", "حاويه 4711");
	check_fold("ＦＵＬＬ \ufb01ets", "full fiets");
	check_fold("co\u00adntainer\u200d \u202bvol\u202c", "container vol");
	check_fold("lamp 💡 kapot", "lamp kapot");
	check_fold("a\xff\xc3(b", "a b");
}

static void a_folded_word_knows_its_place(void **state)
{
	struct phrase_word words[3];
	const char *text = "«É\u0301t\u00e9» 12, drie vier";
	size_t n;
	char *folded = phrase_fold_words(NULL, text, words, 3, &n);

	assert_string_equal(folded, "ete 12 drie vier");
	assert_int_equal(n, 3);
	assert_int_equal(words[0].start, 2);
	assert_int_equal(words[0].end, 9);
	assert_int_equal(words[1].at, 4);
	assert_int_equal(words[1].len, 2);
	assert_memory_equal(text + words[2].start, "drie", 4);
	talloc_free(folded);
}

/* Ours with the argument named "0" against ICU's with argument number 0. */
static void check_number(struct phrase_locale *loc, const char *locale, const char *text,
			 double value)
{
	UChar wide[512], result[512];
	char want[1024], out[PHRASE_SIZE], *error = NULL;
	UErrorCode status = U_ZERO_ERROR;
	json_t *args = json_object();
	struct phrase_pattern *pattern = phrase_pattern_read(loc, loc, text, &error);
	int32_t len;

	assert_null(error);
	if (value == (double)(long)value)
		json_object_set_new(args, "0", json_integer((json_int_t)value));
	else
		json_object_set_new(args, "0", json_real(value));
	u_strFromUTF8(wide, 512, &len, text, -1, &status);
	u_formatMessage(locale, wide, len, result, 512, &status, value);
	u_strToUTF8(want, sizeof(want), NULL, result, -1, &status);
	assert_true(U_SUCCESS(status));
	phrase_pattern_say(out, pattern, args, ZONE);
	assert_string_equal(out, want);
	json_decref(args);
	talloc_free(pattern);
}

static void numbers_and_plurals_are_as_icu_says_them(void **state)
{
	static const char *const locales[] = { "nl_NL", "en", "tr", "pl", "ar", "ar@numbers=latn" };
	static const char *const patterns[] = {
		"{0, plural, =0{nul} zero{z#} one{o#} two{t#} few{f#} many{m#} other{x#}}",
		"{0, plural, offset:1 =1{alleen} one{# en een} other{# en {0, number}}}",
		"{0, selectordinal, one{#st} two{#nd} few{#rd} other{#th}} '{quoted}' it''s o'clock",
		"{0, number}|{ 0 , number,::.00}",
		"{0, spellout}",
		"{0, plural, other{a '#' # '' b}} # '#'",
		"{0, plural, one{{0, spellout}} other{{0, plural, other{#,}}#}}",
	};
	/* Of four digits CLDR's Polish has no grouping, ICU's MessageFormat does not know that. */
	static const double values[] = { 0,  1,	 2,   3,   5,	   11,	    12, 21,
					 22, 25, 100, 103, 123456, 12345.5, -1 };
	size_t l, p, v;

	for (l = 0; l < sizeof(locales) / sizeof(locales[0]); l++) {
		struct phrase_locale *loc = phrase_locale_alloc(NULL, locales[l]);

		for (p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++)
			for (v = 0; v < sizeof(values) / sizeof(values[0]); v++)
				check_number(loc, locales[l], patterns[p], values[v]);
		talloc_free(loc);
	}
}

static void dates_are_as_icu_says_them(void **state)
{
	static const char *const patterns[] = {
		"{0, date}",	       "{0, date, short}",     "{0, date, full}",
		"{0, time, short}",    "{0, date, ::EEEdMMM}", "{0, date, ::yMMMMd}",
		"{0, date,EEE d MMM}", "{0, time, ::Hm}",
	};
	static const char *const locales[] = { "nl_NL", "en_GB", "tr", "pl", "ar" };
	UErrorCode status = U_ZERO_ERROR;
	UChar zone[32];
	size_t l, p;

	ucal_setDefaultTimeZone(u_uastrcpy(zone, ZONE), &status); /* of the peer */
	for (l = 0; l < sizeof(locales) / sizeof(locales[0]); l++) {
		struct phrase_locale *loc = phrase_locale_alloc(NULL, locales[l]);

		for (p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
			UChar wide[64], result[128];
			char want[256], out[PHRASE_SIZE], *error = NULL;
			json_t *args = json_pack("{s:I}", "0", (json_int_t)1795510800);
			struct phrase_pattern *pattern = phrase_pattern_read(loc, loc, patterns[p],
									     &error);

			assert_null(error);
			u_formatMessage(locales[l], u_uastrcpy(wide, patterns[p]),
					(int32_t)strlen(patterns[p]), result, 128, &status,
					1795510800000.0);
			u_strToUTF8(want, sizeof(want), NULL, result, -1, &status);
			assert_true(U_SUCCESS(status));
			phrase_pattern_say(out, pattern, args, ZONE);
			assert_string_equal(out, want);
			json_decref(args);
		}
		talloc_free(loc);
	}
}

static void check_text(const char *text, const char *args_json, const char *want)
{
	struct phrase_locale *loc = phrase_locale_alloc(NULL, "nl");
	json_t *args = json_loads(args_json, 0, NULL);
	char out[PHRASE_SIZE], *error = NULL;
	struct phrase_pattern *pattern = phrase_pattern_read(loc, loc, text, &error);

	assert_null(error);
	assert_int_equal(phrase_pattern_say(out, pattern, args, ZONE), strlen(want));
	assert_string_equal(out, want);
	json_decref(args);
	talloc_free(loc);
}

static void arguments_may_be_of_any_kind_or_missing(void **state)
{
	check_text("{a}{b}{c}", "{\"a\": 1234, \"b\": true, \"c\": \"x\"}", "1234truex");
	check_text("{a}|{a, number}|{a, spellout}|{a, date, yMd}", "{}", "|||");
	check_text("{a, plural, other{#}}|{a, select, x{1} other{2}}", "{}", "|2");
	check_text("{a, number}", "{\"a\": \"12345\"}", "12.345");
	check_text("{a, number}", "{\"a\": \"veel\"}", "veel");
	check_text("{a, number, integer}", "{\"a\": 1234.5}", "1.234");
	check_text("{a, number, percent}", "{\"a\": 0.25}", "25%");
	check_text("{a, select, 1{een} true{waar} other{?}}", "{\"a\": 1}", "een");
	check_text("{a, select, 1{een} true{waar} other{?}}", "{\"a\": true}", "waar");
	check_text("{a}", "{\"a\": 2.5}", "2,5");
	check_text("{n, selectordinal, other{#e}}", "{\"n\": 3}", "3e");
	check_text("{n, ordinal}|{n, spellout, %spellout-ordinal}", "{\"n\": 3}", "3e|derde");
}

static void a_text_that_is_too_long_is_cut_between_letters(void **state)
{
	struct phrase_locale *loc = phrase_locale_alloc(NULL, "nl");
	char *error = NULL, *arabic = talloc_strdup(loc, "");
	char out[PHRASE_SIZE];
	struct phrase_pattern *pattern = phrase_pattern_read(loc, loc, "{t}", &error);
	json_t *args;
	size_t i;

	for (i = 0; i < 5000; i++)
		arabic = talloc_strdup_append_buffer(arabic, "ح");
	args = json_pack("{s:s}", "t", arabic);
	assert_int_equal(phrase_pattern_say(out, pattern, args, ZONE), PHRASE_SIZE - 2);
	json_decref(args);
	talloc_free(loc);
}

static void check_wrong(const char *pattern, const char *want)
{
	char *bytes = talloc_asprintf(NULL, "language: nl\nphrases:\n  a: x\n  b: \"%s\"\n",
				      pattern);
	struct phrases *ph = phrases_alloc(NULL);
	struct phrase_yaml *y = phrase_yaml_read(ph, "nl.yaml", bytes, strlen(bytes));

	phrases_add(ph, y);
	assert_non_null(y->error);
	assert_string_equal(y->error, want);
	talloc_free(ph);
	talloc_free(bytes);
}

static void a_wrong_pattern_is_named_with_file_and_line(void **state)
{
	check_wrong("{x", "nl.yaml:4: b: '}' is missing after x");
	check_wrong("{", "nl.yaml:4: b: '}' is missing");
	check_wrong("x}", "nl.yaml:4: b: '}' without '{' before it, or quote it: }");
	check_wrong("{}", "nl.yaml:4: b: a name is missing before }");
	check_wrong("{x, datum}", "nl.yaml:4: b: unknown argument type datum");
	check_wrong("{x, date, IKN}", "nl.yaml:4: b: unknown date style IKN");
	check_wrong("{x, number, ::nonsense/}", "nl.yaml:4: b: unknown number style ::nonsense/");
	check_wrong("{x, plural, one{a}}", "nl.yaml:4: b: other{...} is missing in x");
	check_wrong("{x, plural, een{a} other{b}}",
		    "nl.yaml:4: b: no plural keyword (zero one two few many other) and no =number: "
		    "een");
	check_wrong("{x, plural, =a{a} other{b}}", "nl.yaml:4: b: no number: =a");
	check_wrong("{x, select, other{b}", "nl.yaml:4: b: '}' is missing");
	check_wrong("a '{b",
		    "nl.yaml:4: b: an apostrophe before '{', '}' or '#' opens a quote that "
		    "never closes");
	check_wrong("{a,select,other{{a,select,other{{a,select,other{{a,select,other{{a,select,"
		    "other{{a,select,other{{a,select,other{{a,select,other{}}}}}}}}}}}}}}}}",
		    "nl.yaml:4: b: messages within messages, too deep");
}

static void check_file(const char *bytes, const char *want)
{
	struct phrases *ph = phrases_alloc(NULL);
	struct phrase_yaml *y = phrase_yaml_read(ph, "f.yaml", bytes, strlen(bytes));

	phrases_add(ph, y);
	assert_non_null(y->error);
	assert_string_equal(y->error, want);
	talloc_free(ph);
}

static void a_wrong_file_is_named_with_its_line(void **state)
{
	check_file("", "f.yaml: empty");
	check_file("- a\n", "f.yaml:1: must be a map");
	check_file("a: [\n",
		   "f.yaml:2: did not find expected node content: look at the quotes, brackets and "
		   "blanks of this line and the one before");
	check_file("phrases: {a: b}\n", "f.yaml: \"language:\" is missing");
	check_file("language: nl\n", "f.yaml: \"phrases:\" is missing");
	check_file("language: nl\nphrases: {}\nprases: {}\n", "f.yaml:3: unknown word \"prases\"");
	check_file("language: nl\nphrases:\n  a: b\n  a: c\n",
		   "f.yaml: a stands here twice (lines 3 and 4): take one out");
	check_file("language: nl\nphrases:\n  a: {sms: b}\n",
		   "f.yaml:3: a: unknown variant sms (text voice ussd)");
	check_file("language: nl\nkeywords:\n  stop: uit\nphrases: {}\n",
		   "f.yaml:3: must be a list");
}

static void a_folder_is_loaded_or_refused_as_a_whole(void **state)
{
	char folder[] = "/tmp/phrase_test_XXXXXX", *error = NULL;
	char *path, *want;
	struct phrases *ph;
	FILE *file;

	assert_non_null(mkdtemp(folder));
	path = talloc_asprintf(NULL, "%s/nl-plain.yaml", folder);
	assert_null(phrases_load(path, folder, &error));
	want = talloc_asprintf(path, "%s: no *.yaml in this folder", folder);
	assert_string_equal(error, want);

	file = fopen(path, "w");
	assert_non_null(file);
	fputs(file_plain, file);
	fclose(file);
	assert_null(phrases_load(path, folder, &error));
	want = talloc_asprintf(path, "%s: no file has the fallback \"nl\"", path);
	assert_string_equal(error, want);

	file = fopen(path, "w");
	assert_non_null(file);
	fputs(file_nl, file);
	fclose(file);
	ph = phrases_load(path, folder, &error);
	assert_non_null(ph);
	assert_int_equal(phrases_language_count(ph), 1);
	unlink(path);
	rmdir(folder);
	talloc_free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages_are_sorted_and_named),
		cmocka_unit_test(a_word_chooses_a_language),
		cmocka_unit_test(what_a_language_lacks_comes_from_its_fallback),
		cmocka_unit_test(a_date_is_the_citys_and_in_the_language),
		cmocka_unit_test(keywords_are_found_folded),
		cmocka_unit_test(a_text_begins_with_a_keyword),
		cmocka_unit_test(the_residents_own_language_wins),
		cmocka_unit_test(keys_are_walked_sorted),
		cmocka_unit_test(folding_is_for_comparing),
		cmocka_unit_test(a_folded_word_knows_its_place),
		cmocka_unit_test(numbers_and_plurals_are_as_icu_says_them),
		cmocka_unit_test(dates_are_as_icu_says_them),
		cmocka_unit_test(arguments_may_be_of_any_kind_or_missing),
		cmocka_unit_test(a_text_that_is_too_long_is_cut_between_letters),
		cmocka_unit_test(a_wrong_pattern_is_named_with_file_and_line),
		cmocka_unit_test(a_wrong_file_is_named_with_its_line),
		cmocka_unit_test(a_folder_is_loaded_or_refused_as_a_whole),
	};

	return cmocka_run_group_tests(tests, load_three, free_three);
}
