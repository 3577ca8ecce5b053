// SPDX-License-Identifier: AGPL-3.0-or-later
/* What caretakers and contractors text, as they do: numbers in any form, words first or last, days and times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/work_text.h"

#define ZONE "Europe/Amsterdam"
#define NOW  1764154800 /* Wednesday 26 November 2025, 12:00 in Amsterdam, 11:00 UTC */
#define NOON 1764158400 /* that day, 12:00 UTC */
#define DAY  86400

static char a[REPORT_REFERENCE_SIZE], b[REPORT_REFERENCE_SIZE];

static int setup(void **state)
{
	char *error = NULL;

	*state = phrases_load(NULL, "prompts", &error);
	if (!*state)
		fail_msg("%s", error);
	report_reference_make(a, 4829, 7);
	report_reference_make(b, 77777, 7);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

/* In a text @ and $ stand for two good numbers, % for the first as it is shown. */
static size_t read_text(void **state, const char *text, struct work_item out[WORK_ITEMS_MAX])
{
	char *whole = talloc_strdup(NULL, "");
	size_t n;

	for (; *text; text++) {
		if (*text == '@')
			whole = talloc_asprintf_append(whole, "%s", a);
		else if (*text == '$')
			whole = talloc_asprintf_append(whole, "%s", b);
		else if (*text == '%')
			whole = talloc_asprintf_append(whole, "%.3s %.3s %s", a, a + 3, a + 6);
		else
			whole = talloc_asprintf_append(whole, "%c", *text);
	}
	n = work_read(*state, whole, NOW, ZONE, *state, out);
	talloc_free(whole);
	return n;
}

static const struct {
	const char *text;
	enum work_verb verb;
	int64_t at_s;
	const char *note;
} phrases_of_real_life[] = {
	{ "@ klaar", WORK_DONE, 0, "" },
	{ "@ KLAAR.", WORK_DONE, 0, "" },
	{ "klaar @", WORK_DONE, 0, "" },
	{ "% klaar", WORK_DONE, 0, "" },
	{ "#@: is klaar", WORK_DONE, 0, "" },
	{ "@ is nu opgelost, 2 zakken meegenomen", WORK_DONE, 0, "2 zakken meegenomen" },
	{ "Opdracht @ gereed", WORK_DONE, 0, "" },
	{ "@ done", WORK_DONE, 0, "" },
	{ "@ job has been finished", WORK_DONE, 0, "" },
	/* at ten today: it was */
	{ "@ klaar 10u", WORK_DONE, NOON - 3 * 3600, "" },
	{ "@ klaar vandaag 10:30", WORK_DONE, NOON - 3 * 3600 + 1800, "" },
	{ "@ klaar ma", WORK_DONE, NOON - 2 * DAY, "" },
	{ "@ klaar gisteren", WORK_DONE, NOON - DAY, "" },
	/* Thursday at ten: it will be */
	{ "@ klaar do 10u", WORK_PLANNED, NOON + DAY - 3 * 3600, "" },
	{ "@ klaar do 10.00", WORK_PLANNED, NOON + DAY - 3 * 3600, "" },
	{ "@ gereed do om 10.00 uur", WORK_PLANNED, NOON + DAY - 3 * 3600, "" },
	{ "@ KLAAR DO. 10.30H", WORK_PLANNED, NOON + DAY - 2 * 3600 - 1800, "" },
	{ "@ klaar 20-12", WORK_PLANNED, NOON + 24 * DAY, "" },
	{ "@ klaar 20.12", WORK_PLANNED, NOON + 24 * DAY, "" },
	{ "@ klaar om 10.30", WORK_DONE, NOON - 2 * 3600 - 1800, "" },
	{ "@ klaar 1.50 meter hek", WORK_DONE, 0, "1.50 meter hek" },
	{ "@ klaar morgen", WORK_PLANNED, NOON + DAY, "" },
	{ "@ klaar 14u", WORK_PLANNED, NOON + 3600, "" },
	{ "@ gepland 12-12", WORK_PLANNED, NOON + 16 * DAY, "" },
	{ "@ gepland 12/12/2025", WORK_PLANNED, NOON + 16 * DAY, "" },
	{ "@ gepland op 12 dec", WORK_PLANNED, NOON + 16 * DAY, "" },
	{ "@ gepland 12 december 2025 om 14:30", WORK_PLANNED, NOON + 16 * DAY + 3600 + 1800, "" },
	{ "@ wordt ingepland 5-1", WORK_PLANNED, NOON + 40 * DAY, "" },
	{ "@ gepland vr, hoogwerker nodig", WORK_PLANNED, NOON + 2 * DAY, "hoogwerker nodig" },
	{ "@ gepland wo 10u", WORK_PLANNED, NOON + 7 * DAY - 3 * 3600, "" },
	{ "@ gepland overmorgen 9 uur", WORK_PLANNED, NOON + 2 * DAY - 4 * 3600, "" },
	{ "@ planned friday 2pm", WORK_PLANNED, NOON + 2 * DAY + 3600, "" },
	{ "@ scheduled 10u30", WORK_PLANNED, NOON - 2 * 3600 - 1800, "" },
	{ "@ ma", WORK_PLANNED, NOON + 5 * DAY, "" },
	{ "@ morgen 8:00", WORK_PLANNED, NOON + DAY - 5 * 3600, "" },
	{ "@ gepland", WORK_PLANNED, 0, "" },
	{ "@ bezig", WORK_BUSY, 0, "" },
	{ "@ we zijn begonnen", WORK_BUSY, 0, "" },
	{ "@ in progress", WORK_BUSY, 0, "" },
	{ "@ gezien", WORK_SEEN, 0, "" },
	{ "@ niet van ons, is van de provincie", WORK_NOT_OURS, 0, "is van de provincie" },
	{ "@ not ours", WORK_NOT_OURS, 0, "" },
	{ "@ NAAR haeghe", WORK_TO, 0, "haeghe" },
	{ "@ NOOT sleutel ligt bij 70", WORK_NOTE, 0, "sleutel ligt bij 70" },
	/* what is not sure is only written down */
	{ "@ nog niet klaar", WORK_NOTE, 0, "nog niet klaar" },
	{ "@ geen container gevonden", WORK_NOTE, 0, "geen container gevonden" },
	{ "@ bel 0612345678", WORK_NOTE, 0, "bel 0612345678" },
	{ "@", WORK_NONE, 0, "" },
};

static void as_it_is_texted(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(phrases_of_real_life); i++) {
		struct work_item items[WORK_ITEMS_MAX];
		size_t n = read_text(state, phrases_of_real_life[i].text, items);

		print_message("%s\n", phrases_of_real_life[i].text);
		assert_int_equal(n, 1);
		assert_string_equal(items[0].reference, a);
		assert_int_equal(items[0].verb, phrases_of_real_life[i].verb);
		assert_int_equal(items[0].at_s, phrases_of_real_life[i].at_s);
		assert_string_equal(items[0].note, phrases_of_real_life[i].note);
	}
}

static void several_at_once(void **state)
{
	struct work_item items[WORK_ITEMS_MAX];

	assert_int_equal(read_text(state, "@ klaar, $ gepland 12-12", items), 2);
	assert_int_equal(items[0].verb, WORK_DONE);
	assert_string_equal(items[0].note, "");
	assert_int_equal(items[1].verb, WORK_PLANNED);
	assert_string_equal(items[1].reference, b);
	assert_int_equal(read_text(state, "@\n$ klaar", items), 2);
	assert_int_equal(items[0].verb, WORK_DONE);
	assert_int_equal(read_text(state, "klaar: @ en $", items), 2);
	assert_int_equal(items[0].verb, WORK_DONE);
	assert_int_equal(items[1].verb, WORK_DONE);
	assert_int_equal(read_text(state, "@ klaar en $ bezig", items), 2);
	assert_string_equal(items[0].note, "");
	assert_int_equal(items[1].verb, WORK_BUSY);
}

static void wrong_number_is_told_where_one_is_expected(void **state)
{
	struct work_item items[WORK_ITEMS_MAX];
	char text[64], wrong[REPORT_REFERENCE_SIZE];

	OSMO_STRLCPY_ARRAY(wrong, a);
	wrong[6] = wrong[6] == '9' ? '0' : wrong[6] + 1; /* Damm finds each single wrong digit */
	snprintf(text, sizeof(text), "%s klaar", wrong);
	assert_int_equal(work_read(*state, text, NOW, ZONE, *state, items), 1);
	assert_string_equal(items[0].reference, "");
	assert_string_equal(items[0].typed, wrong);
	assert_int_equal(items[0].verb, WORK_DONE);
}

static void texts_about_no_report(void **state)
{
	static const char *const texts[] = { "",
					     "klaar",
					     "MELD AFVAL SPUI 70 container vol",
					     "2511BT 70",
					     "12-12-2025",
					     "123456",
					     "99999999999999999" };
	struct work_item items[WORK_ITEMS_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(work_read(*state, texts[i], NOW, ZONE, *state, items), 0);
}

static void many_at_once_and_too_many(void **state)
{
	struct work_item items[WORK_ITEMS_MAX];
	char text[2 * (WORK_ITEMS_MAX + 1) + 8];

	for (size_t i = 0; i <= WORK_ITEMS_MAX; i++)
		memcpy(text + 2 * i, "@ ", 2);
	strcpy(text + 2 * WORK_ITEMS_MAX, "klaar");
	assert_int_equal(read_text(state, text, items), WORK_ITEMS_MAX);
	for (size_t i = 0; i < WORK_ITEMS_MAX; i++)
		assert_int_equal(items[i].verb, WORK_DONE);
	strcpy(text + 2 * WORK_ITEMS_MAX, "@ klaar");
	assert_true(read_text(state, text, items) > WORK_ITEMS_MAX);
}

/* A thousand letters are kept to the last, two thousand emoji are not, and it says so. */
static void long_notes(void **state)
{
	struct work_item items[WORK_ITEMS_MAX];
	char *text = talloc_asprintf(*state, "@ noot %01000d", 7);

	assert_int_equal(read_text(state, text, items), 1);
	assert_int_equal(strlen(items[0].note), 1000);
	assert_string_equal(items[0].note + 999, "7");
	assert_false(items[0].cut);
	for (int i = 0; i < 2000; i++)
		text = talloc_strdup_append_buffer(text, "\xf0\x9f\x97\x91");
	assert_int_equal(read_text(state, text, items), 1);
	assert_true(items[0].cut);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_is_texted),
		cmocka_unit_test(several_at_once),
		cmocka_unit_test(wrong_number_is_told_where_one_is_expected),
		cmocka_unit_test(texts_about_no_report),
		cmocka_unit_test(many_at_once_and_too_many),
		cmocka_unit_test(long_notes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
