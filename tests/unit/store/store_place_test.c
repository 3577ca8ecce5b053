// SPDX-License-Identifier: AGPL-3.0-or-later
/* Registers: loading them, and finding places by what a resident can say. */
#include "store/store_test.h"

struct address {
	const char *postcode, *number, *suffix, *street, *town, *area, *lat, *lon;
};

static const struct address addresses[] = {
	{ "2511BT", "70", "", "Spui", "Den Haag", "Centrum", "52.0775", "4.3166" },
	{ "2511 bt", "72", "", "Spui", "Den Haag", "Centrum", "52.0776", "4.3167" },
	{ "2511BT", "72", "a", "Spui", "Den Haag", "Centrum", "52.0776", "4.3167" },
	{ "2511BG", "1", "", "Grote Marktstraat", "Den Haag", "Centrum", "52,0770", "4,3120" },
	{ "2595AA", "10", "bis", "Bezuidenhoutseweg", "Den Haag", "Haagse Hout", "52.0820",
	  "4.3300" },
	{ "2563AB", "5", "", "Loosduinseweg", "Den Haag", "Segbroek Noord", "52.0700", "4.2800" },
	{ "2563AB", "6", "", "Loosduinsekade", "Den Haag", "Segbroek Noord", "52.0701", "4.2801" },
	{ "2265AB", "5", "", "Spui", "Leidschendam", "", "52.0900", "4.4000" },
};

static int import_address(struct store_import *im, const struct address *a, const char **why)
{
	return store_import_address(im, a->postcode, a->number, a->suffix, a->street, a->town,
				    a->area, a->lat, a->lon, why);
}

static void import_all(struct store *st)
{
	struct store_import *im = store_import_begin(st, st, false);
	const char *why;

	assert_non_null(im);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		assert_int_equal(import_address(im, &addresses[i], &why), 0);
	assert_int_equal(store_import_end(im, true), 0);
}

static int register_setup(void **state)
{
	store_test_setup(state);
	import_all(*state);
	return 0;
}

#define REGISTER_TEST(f) cmocka_unit_test_setup_teardown(f, register_setup, store_test_teardown)

/* ---- loading */

static void import_again_changes_nothing(void **state)
{
	struct store *st = *state;
	int before = sqlite3_total_changes(st->db);

	import_all(st);
	assert_int_equal(sqlite3_total_changes(st->db), before);
	assert_int_equal(sql_number(st, "SELECT count(*) FROM address"), ARRAY_SIZE(addresses));
	assert_int_equal(sql_number(st, "SELECT count(*) FROM street"), 6);
	assert_int_equal(sql_number(st, "SELECT count(*) FROM area"), 3);
}

static void changed_row_is_taken_over(void **state)
{
	struct store *st = *state;
	struct store_import *im = store_import_begin(st, st, false);
	struct address moved = addresses[0];
	struct place p;
	const char *why;

	moved.lat = "52.5";
	moved.area = "";
	assert_int_equal(import_address(im, &moved, &why), 0);
	assert_int_equal(store_import_end(im, true), 0);
	assert_int_equal(store_place_by_postcode(st, "2511BT", 70, NULL, &p, 1), 1);
	assert_true(p.lat == 52.5);
	assert_string_equal(p.area, "Centrum"); /* a file without areas takes none away */
}

static void import_that_is_given_up_leaves_nothing(void **state)
{
	struct store *st = *state;
	struct store_import *im = store_import_begin(st, st, false);
	const char *why;

	import_address(im, &addresses[0], &why);
	assert_int_equal(store_import_end(im, false), 0);
	assert_false(store_has_register(st));
	assert_int_equal(sql_number(st, "SELECT count(*) FROM street"), 0);
}

static void refuse(struct store_import *im, struct address a, const char *reason)
{
	const char *why = NULL;

	assert_int_equal(import_address(im, &a, &why), -EINVAL);
	assert_string_equal(why, reason);
}

static void bad_rows_are_refused_with_the_reason(void **state)
{
	struct store *st = *state;
	struct store_import *im = store_import_begin(st, st, false);
	struct address good = addresses[0], a;
	char longer[200];

#define REFUSE(member, value, reason) (a = good, a.member = (value), refuse(im, a, reason))
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	REFUSE(postcode, "", "postcode is not four digits and two letters");
	REFUSE(postcode, "0511BT", "postcode is not four digits and two letters");
	REFUSE(postcode, "2511B", "postcode is not four digits and two letters");
	REFUSE(postcode, longer, "postcode is not four digits and two letters");
	REFUSE(number, "0", "number is not 1 to 99999");
	REFUSE(number, "70a", "number is not 1 to 99999");
	REFUSE(number, "-1", "number is not 1 to 99999");
	REFUSE(number, "99999999999999999999", "number is not 1 to 99999");
	REFUSE(suffix, longer, "suffix is too long");
	REFUSE(street, " ", "street is missing");
	REFUSE(street, longer, "street is too long");
	REFUSE(town, "", "place is missing");
	REFUSE(area, longer, "area is too long");
	REFUSE(lat, "", "lat is no number of degrees");
	REFUSE(lat, "90.1", "lat is no number of degrees");
	REFUSE(lat, "nan", "lat is no number of degrees");
	REFUSE(lat, "5.2.1", "lat is no number of degrees");
	REFUSE(lon, "81500", "lon is no number of degrees"); /* metres of the Dutch grid */
	a = good;
	a.lat = a.lon = "0";
	refuse(im, a, "lat and lon are both 0");
	assert_int_equal(store_import_end(im, true), 0);
	assert_false(store_has_register(st));
}

/* ---- addresses */

static void postcode_and_number_find_the_address(void **state)
{
	struct store *st = *state;
	struct place p[3];

	assert_true(store_has_register(st));
	assert_int_equal(store_place_by_postcode(st, "2511 bt", 70, NULL, p, 3), 1);
	assert_string_equal(p[0].street, "Spui");
	assert_string_equal(p[0].town, "Den Haag");
	assert_string_equal(p[0].area, "Centrum");
	assert_string_equal(p[0].area_slug, "centrum");
	assert_string_equal(p[0].postcode, "2511BT");
	assert_int_equal(p[0].number, 70);
	assert_true(p[0].lat == 52.0775 && p[0].lon == 4.3166);
	assert_int_equal(store_place_by_postcode(st, "2511BT", 72, NULL, p, 3), 2);
	assert_int_equal(store_place_by_postcode(st, "2511BT", 72, "A", p, 3), 1);
	assert_int_equal(store_place_by_postcode(st, "2511BT", 72, "", p, 3), 1);
	assert_string_equal(p[0].suffix, "");
	assert_int_equal(store_place_by_postcode(st, "2511BT", 71, NULL, p, 3), 0);
	assert_int_equal(store_place_by_postcode(st, "2511BT; DROP", 70, NULL, p, 3), 0);
}

static void street_and_number_find_the_address(void **state)
{
	struct store *st = *state;
	struct street s[4];
	struct place p[3];

	assert_int_equal(store_street_exact(st, "spui", s, 4), 2);
	assert_string_equal(s[0].town, "Den Haag");
	assert_string_equal(s[1].town, "Leidschendam");
	assert_int_equal(store_place_by_street(st, s[0].id, 72, "a", p, 3), 1);
	assert_string_equal(p[0].suffix, "A");
	assert_int_equal(store_place_by_street(st, s[0].id, 71, NULL, p, 3), 0);
	assert_int_equal(store_place_by_street(st, s[1].id, 5, NULL, p, 3), 1);
	assert_string_equal(p[0].area, "");
	assert_int_equal(p[0].area_id, 0);
	assert_int_equal(store_place_on_street(st, s[0].id, p), 0);
	assert_int_equal(p[0].number, 72);
	assert_int_equal(store_place_on_street(st, 4711, p), -ENOENT);
	assert_int_equal(store_place_of_postcode(st, "2595AA", p), 0);
	assert_string_equal(p[0].street, "Bezuidenhoutseweg");
	assert_int_equal(store_place_of_postcode(st, "9999ZZ", p), -ENOENT);
}

static void misspelt_street_finds_the_likest(void **state)
{
	struct store *st = *state;
	struct street s[4];

	assert_true(store_street_like(st, "grote marktstrat", s, 4) >= 1);
	assert_string_equal(s[0].name, "Grote Marktstraat");
	assert_true(store_street_like(st, "bezuidenhoutsweg", s, 4) >= 1);
	assert_string_equal(s[0].name, "Bezuidenhoutseweg");
	assert_true(store_street_like(st, "loosduinsekde", s, 4) >= 2);
	assert_string_equal(s[0].name, "Loosduinsekade");
	assert_string_equal(s[1].name, "Loosduinseweg");
	assert_int_equal(store_street_like(st, "loosduinsekde", s, 1), 1);
	assert_int_equal(store_street_like(st, "spui", s, 4), 2);
	assert_int_equal(store_street_like(st, "xyzxyz", s, 4), 0);
	assert_int_equal(store_street_like(st, "ab", s, 4), 0);
	assert_int_equal(store_street_like(st, "", s, 4), 0);
	assert_int_equal(store_street_like(st, "a\" OR \"b", s, 4), 0);
	assert_int_equal(store_street_like(st, "\"\"\"\"", s, 4), 0);
	assert_int_equal(store_street_like(st, "\xff\xfe\xc3\xa9\xf0", s, 4), 0);
}

static void area_has_a_word_for_configurations(void **state)
{
	struct store *st = *state;
	char name[64], slug[64];
	int64_t id;

	assert_int_equal(store_area_find(st, "segbroek-noord", &id, name, sizeof(name)), 0);
	assert_string_equal(name, "Segbroek Noord");
	assert_int_equal(store_area_slug(st, id, slug, sizeof(slug)), 0);
	assert_string_equal(slug, "segbroek-noord");
	assert_int_equal(store_area_find(st, "atlantis", &id, name, sizeof(name)), -ENOENT);
	assert_int_equal(store_area_slug(st, 4711, slug, sizeof(slug)), -ENOENT);
}

/* ---- objects */

static void object_is_found_by_its_sticker(void **state)
{
	struct store *st = *state;
	struct store_import *im = store_import_begin(st, st, true);
	struct place p[3];
	const char *why;

	assert_int_equal(store_import_asset(im, "Container", "4711", "restafval", "spui", "70",
					    "Centrum", "52.0775", "4.3166", &why),
			 0);
	assert_int_equal(
		store_import_asset(im, "lamp", "4711", "", "", "", "", "52.1", "4.3", &why), 0);
	assert_int_equal(store_import_asset(im, "lamp", "c-12", "", "Nieuwe Kade", "", "", "52.1",
					    "4.3", &why),
			 0);
	assert_int_equal(store_import_asset(im, "", "1", "", "", "", "", "52.1", "4.3", &why),
			 -EINVAL);
	assert_string_equal(why, "kind is missing");
	assert_int_equal(store_import_asset(im, "lamp", "", "", "", "", "", "52.1", "4.3", &why),
			 -EINVAL);
	assert_string_equal(why, "number is missing or too long");
	assert_int_equal(store_import_asset(im, "lamp", "1", "", "", "x", "", "52.1", "4.3", &why),
			 -EINVAL);
	assert_string_equal(why, "house_number is not 1 to 99999");
	assert_int_equal(store_import_end(im, true), 0);

	assert_int_equal(store_place_by_asset(st, NULL, "4711", p, 3), 2);
	assert_int_equal(store_place_by_asset(st, "container", " 4711", p, 3), 1);
	assert_string_equal(p[0].asset_kind, "container");
	assert_string_equal(p[0].asset_detail, "restafval");
	assert_string_equal(p[0].street, "Spui");
	assert_int_equal(p[0].number, 70);
	assert_string_equal(p[0].area_slug, "centrum");
	assert_int_equal(store_place_by_asset(st, "lamp", "C-12", p, 3), 1);
	assert_string_equal(p[0].street, "Nieuwe Kade");
	assert_int_equal(store_place_by_asset(st, "lamp", "13", p, 3), 0);
}

static void report_names_its_area_and_object(void **state)
{
	struct store *st = *state;
	struct store_import *im = store_import_begin(st, st, true);
	struct report r = { .category = "c", .language = "nl", .channel = "sms", .created_s = T0 },
		      out[2];
	struct place p;
	const char *why;

	store_import_asset(im, "container", "4711", "", "", "", "Centrum", "52.1", "4.3", &why);
	store_import_end(im, true);
	assert_int_equal(store_place_by_asset(st, "container", "4711", &p, 1), 1);
	begin(st);
	r.area_id = p.area_id;
	r.asset_id = p.asset_id;
	store_report_add(st, &r);
	assert_int_equal(store_report_on_asset(st, st, p.asset_id, out, 2), 1);
	assert_string_equal(out[0].area, "Centrum");
	assert_string_equal(out[0].asset_number, "4711");
	assert_false(out[0].located);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REGISTER_TEST(import_again_changes_nothing),
		REGISTER_TEST(changed_row_is_taken_over),
		STORE_TEST(import_that_is_given_up_leaves_nothing),
		STORE_TEST(bad_rows_are_refused_with_the_reason),
		REGISTER_TEST(postcode_and_number_find_the_address),
		REGISTER_TEST(street_and_number_find_the_address),
		REGISTER_TEST(misspelt_street_finds_the_likest),
		REGISTER_TEST(area_has_a_word_for_configurations),
		REGISTER_TEST(object_is_found_by_its_sticker),
		REGISTER_TEST(report_names_its_area_and_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
