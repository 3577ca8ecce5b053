// SPDX-License-Identifier: AGPL-3.0-or-later
/* Places by keys, in the small town. */
#include "town.h"

/* What is found, with '|' between; "none" if nothing. */
static const char *find(struct town *t, const char *type, const char *text)
{
	struct dialogue_found found = { 0 };
	char *all = talloc_strdup(t, "");
	json_t *candidate;
	size_t i;

	assert_int_equal(desk_ops.find(t->desk, type, text, t->slots, &t->turn, &found), 0);
	json_array_foreach (found.candidates, i, candidate)
		all = talloc_asprintf_append(
			all, "%s%s", i ? "|" : "",
			json_string_value(json_object_get(candidate, "label")));
	if (found.exact)
		assert_int_equal(json_array_size(found.candidates), 1);
	json_decref(found.candidates);
	return *all ? all : "none";
}

/* B is on the 2 and T on the 8, H on the 4 (ITU-T E.161). */
static void letters_are_keys(void **state)
{
	struct town *t = *state;

	assert_string_equal(find(t, "keys.postcode", "251128"), "Spui, Centrum");
	assert_string_equal(find(t, "keys.postcode", "251124"), "Grote Marktstraat, Centrum");
	assert_string_equal(find(t, "keys.address", "251128 70"), "Spui 70, Centrum");
	assert_string_equal(find(t, "keys.address", "256249 40"), "Weimarstraat 40, Segbroek");
	/* G 4, Z 9; S 7, X 9; K 5, X 9; E 3, L 5; A 2 */
	assert_string_equal(find(t, "keys.address", "257279 33"),
			    "Jan van Nassaustraat 33, Haagse Hout");
	assert_string_equal(find(t, "keys.address", "256435 1058"),
			    "Laan van Meerdervoort 1058, Segbroek");
	assert_string_equal(find(t, "keys.address", "259522 12"), "1e van der Kunstraat 12, Laak");
}

static void suffixes_are_offered(void **state)
{
	struct town *t = *state;

	assert_string_equal(find(t, "keys.address", "251124 12"),
			    "Grote Marktstraat 12A, Centrum|Grote Marktstraat 12B, Centrum");
}

static void neighbours_of_a_number_that_is_not(void **state)
{
	struct town *t = *state;

	assert_string_equal(find(t, "keys.address", "251128 71"),
			    "Spui 70, Centrum|Spui 68, Centrum");
}

static void what_is_no_postcode_finds_nothing(void **state)
{
	static const char *const wrong[] = { "",       "2511",	  "251111", "251120",	"051128",
					     "2511BT", "2511281", "999922", "25112\xff" };
	struct town *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_string_equal(find(t, "keys.postcode", wrong[i]), "none");
	assert_string_equal(find(t, "keys.address", "251128"), "none");
	assert_string_equal(find(t, "keys.address", "251128 "), "none");
	assert_string_equal(find(t, "keys.address", "251128 7a"), "none");
	assert_string_equal(find(t, "keys.address", "251128 99999999999"), "none");
}

static void numbers_on_objects(void **state)
{
	struct town *t = *state;
	struct dialogue_found found = { 0 };

	assert_non_null(strstr(find(t, "keys.asset", "4711"), "Weimarstraat 40"));
	/* the letter before it is on no key of a number */
	assert_non_null(strstr(find(t, "keys.asset", "1234"), "Weimarstraat 42"));
	assert_string_equal(find(t, "keys.asset", "1"), "none");
	assert_string_equal(find(t, "keys.asset", ""), "none");
	assert_string_equal(find(t, "keys.asset", "123456789012345678901234567890"), "none");
	assert_int_equal(desk_ops.find(t->desk, "keys.other", "1", t->slots, &t->turn, &found),
			 -ENOENT);
}

#define TOWN(f) cmocka_unit_test_setup_teardown(f, town_open, town_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOWN(letters_are_keys),
		TOWN(suffixes_are_offered),
		TOWN(neighbours_of_a_number_that_is_not),
		TOWN(what_is_no_postcode_finds_nothing),
		TOWN(numbers_on_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
