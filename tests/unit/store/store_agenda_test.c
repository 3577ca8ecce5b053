// SPDX-License-Identifier: AGPL-3.0-or-later
/* The city's agenda: loading it, what each row may say, what is gone, and what is near when. */
#include "store/store_agenda.h"

#include "store/store_test.h"

#define NOW    1796115600 /* 2026-12-01 09:00 UTC, 10:00 in Amsterdam */
#define HOUR_S 3600
#define DAY_S  86400
#define ZONE   "Europe/Amsterdam"

static const char *const addresses[][5] = {
	/* postcode, number, street, town; the latitude.  A degree of it is 111 km */
	{ "2511BT", "66", "Spui", "Den Haag", "52.0770" },
	{ "2511BT", "70", "Spui", "Den Haag", "52.0774" },
	{ "2511BT", "112", "Spui", "Den Haag", "52.0790" },
	{ "2265AB", "5", "Kerkstraat", "Leidschendam", "52.0900" },
	{ "2583AA", "5", "Kerkstraat", "Den Haag", "52.1000" },
};

static int setup(void **state)
{
	struct store_import *im;
	const char *why;

	store_test_setup(state);
	im = store_import_begin(*state, *state, false);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		assert_int_equal(store_import_address(im, addresses[i][0], addresses[i][1], "",
						      addresses[i][2], addresses[i][3], "",
						      addresses[i][4], "4.3166", &why),
				 0);
	assert_int_equal(store_import_end(im, true), 0);
	return 0;
}

#define AGENDA_TEST(f) cmocka_unit_test_setup_teardown(f, setup, store_test_teardown)

/* A row that says no more than it must; a test changes what it is about. */
static struct agenda_row row_of(const char *code)
{
	return (struct agenda_row){ .code = code,
				    .kind = "closure",
				    .titles = "{\"\":\"Riolering\"}",
				    .street = "Spui",
				    .town = "",
				    .house = "",
				    .house_to = "",
				    .postcode = "",
				    .lat = "",
				    .lon = "",
				    .radius = "",
				    .place = "",
				    .by = "Haeghe BV",
				    .starts = "2026-11-30",
				    .ends = "2026-12-04 16:00" };
}

static int load(struct store *st, const struct agenda_row *rows, size_t n, int64_t *ended,
		const char **why)
{
	struct agenda_import *im = store_agenda_begin(st, st, ZONE, NOW);
	int rc = 0;

	assert_non_null(im);
	for (size_t i = 0; i < n; i++) {
		int one = store_agenda_put(im, &rows[i], why);

		rc = rc ? rc : one;
	}
	assert_int_equal(store_agenda_end(im, true, ended), 0);
	return rc;
}

/* \returns what is wrong with a row; "" if it is taken */
static const char *refused(struct store *st, const struct agenda_row *row)
{
	const char *why = "";
	int64_t ended;

	return load(st, row, 1, &ended, &why) < 0 ? why : "";
}

static int near(struct store *st, double lat, int64_t from_s, struct agenda_item *out)
{
	const struct agenda_box box = { lat - 0.001, 4.3156, lat + 0.001, 4.3176 };

	return store_agenda_near(st, st, &box, from_s, from_s + 7 * DAY_S, out, 8);
}

static void row_is_found_where_and_when_it_is(void **state)
{
	struct store *st = *state;
	struct agenda_row row = row_of("W1");
	struct agenda_item item;

	row.house = "66-70";
	assert_string_equal(refused(st, &row), "");
	assert_int_equal(near(st, 52.0772, NOW, &item), 1);
	assert_int_equal(item.kind, AGENDA_CLOSURE);
	assert_string_equal(item.code, "W1");
	assert_string_equal(item.place, "Spui 66-70");
	assert_string_equal(item.by, "Haeghe BV");
	assert_string_equal(item.titles, "{\"\":\"Riolering\"}");
	/* date -d 'TZ="Europe/Amsterdam" 2026-11-30 00:00' +%s; and of the end */
	assert_int_equal(item.starts_s, 1795993200);
	assert_int_equal(item.ends_s, 1796396400);
	assert_int_equal(near(st, 52.0772, item.ends_s, &item), 0);
	assert_int_equal(near(st, 52.0772, item.starts_s - 8 * DAY_S, &item), 0);
	assert_int_equal(near(st, 52.0790, NOW, &item), 0);
}

static void all_of_a_street_is_its_place(void **state)
{
	struct store *st = *state;
	struct agenda_row row = row_of("W1");
	struct agenda_item item;

	assert_string_equal(refused(st, &row), "");
	assert_int_equal(near(st, 52.0785, NOW, &item), 1);
	assert_string_equal(item.place, "Spui");
}

static void point_has_a_radius(void **state)
{
	struct store *st = *state;
	struct agenda_row row = row_of("E1");
	struct agenda_item item;

	row.kind = "evenement";
	row.street = "";
	row.lat = "52,2000";
	row.lon = "4,3166";
	row.radius = "1000";
	row.place = "Zuiderpark";
	assert_string_equal(refused(st, &row), "");
	assert_int_equal(near(st, 52.2085, NOW, &item), 1); /* 945 m on, and the box is 111 m */
	assert_int_equal(item.kind, AGENDA_EVENT);
	assert_string_equal(item.place, "Zuiderpark");
	assert_int_equal(near(st, 52.2105, NOW, &item), 0);
}

static void postcode_is_its_addresses(void **state)
{
	struct store *st = *state;
	struct agenda_row row = row_of("W1");
	struct agenda_item item;

	row.street = "";
	row.postcode = "2583 aa";
	assert_string_equal(refused(st, &row), "");
	assert_int_equal(near(st, 52.1000, NOW, &item), 1);
}

static void what_cannot_be_taken_says_why(void **state)
{
	struct store *st = *state;
	static const struct {
		size_t at;
		const char *said, *why;
	} cases[] = {
#define CASE(field, said, why) { offsetof(struct agenda_row, field), said, why }
		CASE(code, "", "id is missing"),
		CASE(kind, "feest", "kind is not event or closure"),
		CASE(titles, "{}", "title is missing"),
		CASE(starts, "morgen", "from is no time"),
		CASE(starts, "2026-02-30", "from is no time"),
		CASE(ends, "", "until is no time"),
		CASE(ends, "2026-11-29", "until does not lie behind from"),
		CASE(street, "", "where:"),
		CASE(street, "Nergens", "street is not in the register"),
		CASE(street, "Kerkstraat", "street is in several places"),
		CASE(house, "0", "house_number is not"),
		CASE(house, "70-66", "house_number is not"),
		CASE(house, "70 a", "house_number is not"),
		CASE(house, "9999999999999999999", "house_number is not"),
		CASE(house, "300", "the register has no address there"),
		CASE(lat, "52.07", "lat and lon are no degrees"),
		CASE(lat, "91", "lat and lon are no degrees"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct agenda_row row = row_of("W1");

		*(const char **)((char *)&row + cases[i].at) = cases[i].said;
		if (!strstr(refused(st, &row), cases[i].why))
			fail_msg("%s: %s", cases[i].said, refused(st, &row));
	}
	assert_int_equal(sql_number(st, "SELECT count(*) FROM agenda"), 0);
}

static void town_tells_streets_of_one_name_apart(void **state)
{
	struct store *st = *state;
	struct agenda_row row = row_of("W1");

	row.street = "Kerkstraat";
	row.town = "den haag";
	assert_string_equal(refused(st, &row), "");
	assert_int_equal(sql_number(st, "SELECT south = 52.1 FROM agenda"), 1);
}

static void loading_again_changes_nothing(void **state)
{
	struct store *st = *state;
	const struct agenda_row rows[] = { row_of("W1"), row_of("W2") };
	const char *why;
	int64_t ended;
	int before;

	assert_int_equal(load(st, rows, 2, &ended, &why), 0);
	before = sqlite3_total_changes(st->db);
	assert_int_equal(load(st, rows, 2, &ended, &why), 0);
	assert_int_equal(sqlite3_total_changes(st->db), before);
	assert_int_equal(ended, 0);
}

static void what_the_file_has_no_more_has_ended(void **state)
{
	struct store *st = *state;
	struct agenda_row rows[] = { row_of("W1"), row_of("W2"), row_of("W3") };
	struct agenda_item found[8];
	const char *why;
	int64_t ended;

	rows[2].starts = "2026-12-05";
	rows[2].ends = "2026-12-06";
	assert_int_equal(load(st, rows, 3, &ended, &why), 0);
	assert_int_equal(near(st, 52.0772, NOW, found), 3);
	assert_int_equal(load(st, rows, 1, &ended, &why), 0);
	assert_int_equal(ended, 2);
	assert_int_equal(near(st, 52.0772, NOW, found), 1);
	assert_string_equal(found[0].code, "W1");
	assert_int_equal(load(st, rows, 3, &ended, &why), 0); /* and is back with the file */
	assert_int_equal(near(st, 52.0772, NOW, found), 3);
}

static void refused_row_leaves_what_was_there(void **state)
{
	struct store *st = *state;
	struct agenda_row row = row_of("W1");
	struct agenda_item found[8];

	assert_string_equal(refused(st, &row), "");
	row.ends = "?";
	assert_string_not_equal(refused(st, &row), "");
	assert_int_equal(near(st, 52.0772, NOW, found), 1);
}

static void half_a_file_ends_nothing(void **state)
{
	struct store *st = *state;
	const struct agenda_row row = row_of("W1");
	struct agenda_import *im;
	struct agenda_item found[8];
	int64_t ended;

	assert_string_equal(refused(st, &row), "");
	im = store_agenda_begin(st, st, ZONE, NOW);
	assert_int_equal(store_agenda_end(im, false, &ended), 0);
	assert_int_equal(ended, 0);
	assert_int_equal(near(st, 52.0772, NOW, found), 1);
}

static void what_is_closed_comes_before_events(void **state)
{
	struct store *st = *state;
	struct agenda_row rows[] = { row_of("A"), row_of("B"), row_of("C") };
	struct agenda_item found[8];
	const char *why;
	int64_t ended;

	rows[0].kind = "event";
	rows[0].starts = "29-11-2026 10:00";
	rows[1].starts = "2026-12-02";
	assert_int_equal(load(st, rows, 3, &ended, &why), 0);
	assert_int_equal(near(st, 52.0772, NOW, found), 3);
	assert_string_equal(found[0].code, "C");
	assert_string_equal(found[1].code, "B");
	assert_string_equal(found[2].code, "A");
	assert_int_equal(found[2].starts_s, 1795942800); /* date, as above */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENDA_TEST(row_is_found_where_and_when_it_is),
		AGENDA_TEST(all_of_a_street_is_its_place),
		AGENDA_TEST(point_has_a_radius),
		AGENDA_TEST(postcode_is_its_addresses),
		AGENDA_TEST(what_cannot_be_taken_says_why),
		AGENDA_TEST(town_tells_streets_of_one_name_apart),
		AGENDA_TEST(loading_again_changes_nothing),
		AGENDA_TEST(what_the_file_has_no_more_has_ended),
		AGENDA_TEST(refused_row_leaves_what_was_there),
		AGENDA_TEST(half_a_file_ends_nothing),
		AGENDA_TEST(what_is_closed_comes_before_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
