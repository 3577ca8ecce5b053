// SPDX-License-Identifier: AGPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "talk/menu_check.h"
#include "talk/menu_cost.h"
#include "talk/menu_draw.h"
#include "talk_fixture.h"

#define OTHERWISE "entries: [{otherwise: true, to: a}]\n"

static void refused(const char *yaml, const char *expected)
{
	void *ctx = talloc_new(NULL);
	struct menus *menus = menus_alloc(ctx);
	char *error = NULL;

	if (menus_parse(ctx, menus, "m.yaml", yaml, strlen(yaml), &error) == 0)
		menus_link(ctx, menus, &error);
	assert_non_null(error);
	assert_string_equal(error, expected);
	talloc_free(ctx);
}

static void faults_are_named_by_file_and_line(void **state)
{
	refused("nodes:\n  a: {say: x, to: b}\n", "m.yaml:2: there is no node 'b'");
	refused("nodes:\n  report: {say: x, to: reprot}\n",
		"m.yaml:2: there is no node 'reprot' (did you mean 'report'?)");
	refused("nodes:\n  a: {say: x}\n", "m.yaml:2: this needs 'to' (the node 'end' ends)");
	refused("nodes:\n  a: {tell: x}\n", "m.yaml:2: a node has no 'tell'");
	refused("nodes:\n  a: {look: x}\n", "m.yaml:2: this needs 'outcomes'");
	refused("nodes:\n  a:\n    ask: colour\n    to: end\n",
		"m.yaml:3: 'colour' is no type: category, place, date, number, reference, yes-no, "
		"text, phone, subject or subscription");
	refused("nodes:\n  a: {say: x, to: end}\n  a: {say: y, to: end}\n",
		"m.yaml:3: there is a node 'a' already");
	refused("nodes:\n  end: {say: x, to: end}\n", "m.yaml:2: there is a node 'end' already");
	refused("entries: [{keyword: x}]\n",
		"m.yaml:1: an entry needs a keyword (or the like) and 'to'");
	refused("menu: x\n", "m.yaml:1: 'menu' is not of a menu: entries, open, nodes");
}

static void ten_options_are_one_too_many(void **state)
{
	char yaml[1024] = "nodes:\n  a:\n    choose: x\n    options:\n";

	for (int i = 0; i < 10; i++)
		strcat(yaml, "      - {say: y, to: end}\n");
	refused(yaml, "m.yaml:5: 10 options: more than 9 have no key on a telephone");
}

/* All that is wrong, a line each. */
static void collect(const struct menu_finding *f, void *data)
{
	char **all = data;

	if (f->weight == MENU_WRONG && !strstr(f->text, "has no words"))
		*all = talloc_asprintf_append(*all, "%d: %s\n", f->line, f->text);
}

static void found(const char *yaml, const char *expected)
{
	char *error = NULL, *all = talloc_strdup(NULL, "");
	struct talk *talk = fixture_talk(all, yaml, &error);

	if (!talk)
		fail_msg("%s", error);
	menu_check(talk, &fixture_ops, collect, &all);
	assert_string_equal(all, expected);
	talloc_free(all);
}

static void whole_tree_has_no_finding(void **state)
{
	found(fixture_menus, "");
}

static void unreachable_node_is_found(void **state)
{
	found(OTHERWISE "nodes:\n  a: {say: x, to: end}\n  b: {say: x, to: end}\n",
	      "4: nothing leads to 'b'\n");
}

static void circle_without_a_question_is_a_dead_end(void **state)
{
	found(OTHERWISE "nodes:\n  a: {say: x, to: b}\n  b: {say: x, to: a}\n",
	      "3: dead end: 'a' goes round without a question or an end\n"
	      "4: dead end: 'b' goes round without a question or an end\n");
}

static void desk_that_is_not_there_is_found(void **state)
{
	found(OTHERWISE "nodes:\n  a: {do: coffee.make, outcomes: {made: end}}\n",
	      "3: no desk knows 'coffee.make'\n");
}

static void outcomes_are_compared_both_ways(void **state)
{
	found(OTHERWISE "nodes:\n  a: {look: report.near, outcomes: {none: end, two: end}}\n",
	      "3: 'report.near' may say 'one', which leads nowhere\n"
	      "3: 'report.near' never says 'two'\n");
}

static void list_that_may_be_empty_needs_a_way(void **state)
{
	found(OTHERWISE "nodes:\n  a: {choose: x, from: report.near, option: y, to: end}\n",
	      "3: the list may be empty: 'none' is missing\n");
}

static void category_that_is_not_in_the_list_is_found(void **state)
{
	found(OTHERWISE "nodes:\n  a: {say: x, set: {category: volcano}, to: end}\n",
	      "3: there is no category 'volcano'\n");
}

static void text_that_nothing_recognises_needs_an_entry(void **state)
{
	found("entries: [{keyword: menu, to: a}]\nnodes:\n  a: {say: x, to: end}\n",
	      "1: no entry is 'otherwise': a text that nothing recognises gets no answer\n");
}

static void note_missing(const struct menu_finding *f, void *data)
{
	if (strstr(f->text, "nl has no words for 'x'"))
		*(int *)data = f->weight == MENU_WRONG ? f->line : -1;
	if (strstr(f->text, "en has no words for 'x'"))
		assert_int_equal(f->weight, MENU_MISSING);
}

static void missing_words_are_found_in_each_language(void **state)
{
	char *error = NULL;
	struct talk *talk = fixture_talk(NULL, OTHERWISE "nodes:\n  a: {say: x, to: end}\n",
					 &error);
	int line = 0;

	menu_check(talk, &fixture_ops, note_missing, &line);
	assert_int_equal(line, 3);
	talloc_free(talk);
}

static void note_keyword(const struct menu_finding *f, void *data)
{
	if (strstr(f->text, "the keyword 'nearby'"))
		*(int *)data = f->weight == MENU_MISSING ? f->line : -1;
}

static void keyword_that_nobody_can_type_is_found(void **state)
{
	char *error = NULL;
	struct talk *talk = fixture_talk(NULL,
					 OTHERWISE
					 "nodes:\n  a: {choose: x, options: [\n"
					 "    {say: word.yes, keyword: yes, to: end},\n"
					 "    {say: word.no, keyword: nearby, to: end}]}\n",
					 &error);
	int line = 0;

	menu_check(talk, &fixture_ops, note_keyword, &line);
	assert_int_equal(line, 5);
	talloc_free(talk);
}

static void drawing_has_every_node_and_way(void **state)
{
	char *error = NULL, *dot;
	struct talk *talk = fixture_talk(NULL,
					 OTHERWISE "nodes:\n  a: {choose: x, options: [\n"
						   "    {say: word.yes, to: b}]}\n"
						   "  b: {say: 'a \"b\"', to: end}\n",
					 &error);

	dot = menu_draw(talk, talk, "nl");
	assert_non_null(strstr(dot, "\"a\" -> \"b\" [label=\"Ja\"]"));
	assert_non_null(strstr(dot, "label=\"b\\na \\\"b\\\"\""));
	assert_non_null(strstr(dot, "\"b\" -> \"end of b\""));
	talloc_free(talk);
}

/* A word of n letters stands for a phrase: the words that are missing show as it. */
static char *advice_on(void *ctx, size_t n)
{
	char *word = talloc_zero_size(ctx, n + 1), *all = talloc_strdup(ctx, ""), *error = NULL;
	struct talk *talk;

	memset(word, 'x', n);
	talk = fixture_talk(
		ctx, talloc_asprintf(ctx, OTHERWISE "nodes:\n  a: {say: %s, to: end}\n", word),
		&error);
	assert_non_null(talk);
	menu_advise(talk, "nl", NULL, collect, &all);
	return all;
}

static void text_of_more_than_four_ussd_pages_is_wrong(void **state)
{
	void *ctx = talloc_new(NULL);

	/* 112 octets are 128 septets, less "\n# meer" 121 on all pages but the last: with
	 * the brackets, two septets each, 3 * 121 + 128 = 491 fit, and not one letter more */
	assert_null(strstr(advice_on(ctx, 487), "pages of USSD"));
	assert_non_null(strstr(advice_on(ctx, 488), "takes 5 pages of USSD"));
	talloc_free(ctx);
}

static void collect_advice(const struct menu_finding *f, void *data)
{
	char **all = data;

	if (f->weight == MENU_ADVICE)
		*all = talloc_asprintf_append(*all, "%s\n", f->text);
}

static char *advice_to_ears(void *ctx, const char *say, const char *language)
{
	char *all = talloc_strdup(ctx, ""), *error = NULL;
	struct talk *talk = fixture_talk(
		ctx, talloc_asprintf(ctx, OTHERWISE "nodes:\n  a: {say: %s, to: end}\n", say),
		&error);

	assert_non_null(talk);
	menu_advise(talk, language, NULL, collect_advice, &all);
	return all;
}

static void signs_that_are_not_said_are_told(void **state)
{
	void *ctx = talloc_new(NULL);

	assert_non_null(strstr(advice_to_ears(ctx, "weg/straat", "nl"), "says '/straat"));
	assert_null(strstr(advice_to_ears(ctx, "weg", "nl"), "is not said"));
	talloc_free(ctx);
}

static void question_that_takes_long_to_say_is_told(void **state)
{
	void *ctx = talloc_new(NULL);
	char *word = talloc_zero_size(ctx, 750);

	/* 6 hundredths of a second a letter, so 750 of them, with the brackets, are 45 seconds */
	memset(word, 'x', 748);
	assert_null(strstr(advice_to_ears(ctx, word, "nl"), "to say"));
	memset(word, 'x', 749);
	assert_non_null(strstr(advice_to_ears(ctx, word, "nl"), "takes about 46 seconds to say"));
	talloc_free(ctx);
}

/* Seconds are as many as letters between the brackets; a long word has no voice. */
static double hear(const char *language, const char *sentence, void *data)
{
	assert_string_equal(language, "nl");
	assert_null(strchr(sentence, '\n'));
	return strlen(sentence) > 20 ? -1.0 : (double)strcspn(sentence + 1, "]");
}

static void note_times(const struct menu_cost *cost, void *data)
{
	char **all = data;

	*all = talloc_asprintf_append(*all, "%s %.2f %.2f%s ", cost->node, cost->key_s,
				      cost->voice_s, cost->guessed ? "~" : "");
}

/* Each option is a sentence of its own, "[no]: 1"; what has no voice is guessed, 6 hundredths a letter. */
static void time_to_the_first_key_is_that_of_the_voice(void **state)
{
	static const char menus[] = OTHERWISE
		"nodes:\n  a: {say: abc, to: b}\n"
		"  b: {choose: %s, options: [{say: no, to: end}, {say: yes, to: end}]}\n";
	void *ctx = talloc_new(NULL);
	struct menu_ear ear = { .seconds = hear };
	char *word = talloc_zero_size(ctx, 30), *all = talloc_strdup(ctx, ""), *error = NULL;
	struct talk *talk;

	for (size_t n = 10; n < 30; n += 13) {
		memset(word, 'x', n);
		talk = fixture_talk(ctx, talloc_asprintf(ctx, menus, word), &error);
		assert_non_null(talk);
		menu_costs(talk, "nl", &ear, note_times, &all);
	}
	assert_string_equal(all, "a 3.00 3.00 b 12.00 15.00 a 3.00 3.00 b 3.50 6.50~ ");
	talloc_free(ctx);
}

static void words_for_the_ear_are_missed_in_another_language(void **state)
{
	void *ctx = talloc_new(NULL);

	assert_null(strstr(advice_to_ears(ctx, "a", "nl"), "for the ear"));
	assert_non_null(strstr(advice_to_ears(ctx, "a", "en"),
			       "en has no words for the ear for 'word.no'"));
	assert_null(strstr(advice_to_ears(ctx, "a", "en"), "'word.yes'"));
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_are_named_by_file_and_line),
		cmocka_unit_test(ten_options_are_one_too_many),
		cmocka_unit_test(whole_tree_has_no_finding),
		cmocka_unit_test(unreachable_node_is_found),
		cmocka_unit_test(circle_without_a_question_is_a_dead_end),
		cmocka_unit_test(desk_that_is_not_there_is_found),
		cmocka_unit_test(outcomes_are_compared_both_ways),
		cmocka_unit_test(list_that_may_be_empty_needs_a_way),
		cmocka_unit_test(category_that_is_not_in_the_list_is_found),
		cmocka_unit_test(text_that_nothing_recognises_needs_an_entry),
		cmocka_unit_test(keyword_that_nobody_can_type_is_found),
		cmocka_unit_test(missing_words_are_found_in_each_language),
		cmocka_unit_test(drawing_has_every_node_and_way),
		cmocka_unit_test(text_of_more_than_four_ussd_pages_is_wrong),
		cmocka_unit_test(signs_that_are_not_said_are_told),
		cmocka_unit_test(question_that_takes_long_to_say_is_told),
		cmocka_unit_test(time_to_the_first_key_is_that_of_the_voice),
		cmocka_unit_test(words_for_the_ear_are_missed_in_another_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
