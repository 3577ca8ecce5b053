// SPDX-License-Identifier: AGPL-3.0-or-later
/* Reports: filed, near by, followed, added to, confirmed, reopened. */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "desk/desk_int.h"
#include "desk/town.h"
#include "talk/category.h"

#define DAY_S 86400

static const char categories_yaml[] =
	"categories:\n"
	"  - {slug: container-full, main: waste, thing: container, promise: 3w, urgent: false,\n"
	"     name: {nl: Container is vol, en: Container full}, words: {nl: [container vol]}}\n"
	"  - {slug: street-light, main: light, thing: lamp, promise: 21c, urgent: false,\n"
	"     name: {nl: Lantaarn is kapot, en: Street light broken}, words: {nl: [lantaarn kapot]}}\n"
	"  - {slug: rats, main: waste, promise: 5w, urgent: false,\n"
	"     name: {nl: Ratten, en: Rats}, words: {nl: [ratten]}}\n"
	"  - {slug: manhole-open, main: waste, promise: 0c, urgent: true,\n"
	"     name: {nl: Put open, en: Open manhole}, words: {nl: [put open]}}\n"
	"mains:\n"
	"  - {slug: waste, name: {nl: Afval, en: Waste}, words: {nl: [afval]}}\n"
	"  - {slug: light, name: {nl: Licht, en: Light}, words: {nl: [licht]}}\n"
	"things:\n"
	"  - {slug: container, words: {nl: [container], en: [container]}}\n"
	"  - {slug: lamp, words: {nl: [lantaarn], en: [street light]}}\n"
	"dangers: []\n";

static int open_with_categories(void **state)
{
	char path[] = "/tmp/categoriesXXXXXX.yaml", *error = NULL;
	int fd = mkstemps(path, 5);
	struct town *t;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, categories_yaml, sizeof(categories_yaml) - 1),
			 sizeof(categories_yaml) - 1);
	close(fd);
	town_open(state);
	t = *state;
	t->talk.categories = categories_load(t, path, &error);
	unlink(path);
	if (!t->talk.categories)
		fail_msg("%s", error);
	return 0;
}

/* File as the one whose turn it is; the slots are of that report after it. */
static void file_report(struct town *t, const char *category, const char *place)
{
	json_object_clear(t->slots);
	town_place(t, place);
	town_set(t, "category", category);
	town_set(t, "description", "ligt er al lang");
	assert_string_equal(town_call(t, "report.file"), "filed");
}

/* As another, about the same category at a place: what is near? */
static const char *near_for(struct town *t, const struct person *who, const char *category,
			    const char *place)
{
	town_turn(t, who);
	json_object_clear(t->slots);
	town_place(t, place);
	town_set(t, "category", category);
	return town_call(t, "report.near");
}

static void set_state(struct town *t, int64_t id, enum report_state to, int64_t at_s)
{
	struct report_change change = {
		.state = to, .at_s = at_s, .who = "contractor haeghe", .channel = "webhook"
	};

	assert_int_equal(store_report_change(t->st, id, &change, NULL), 0);
}

/* ---- filing ---- */

static void a_report_is_filed_with_what_is_known(void **state)
{
	struct town *t = *state;
	struct report r;

	file_report(t, "container-full", "container 4711");
	assert_int_equal(t->filed, 1);
	assert_int_equal(store_report_get(t, t->st, t->filed_id, &r), 0);
	assert_string_equal(r.category, "container-full");
	assert_string_equal(r.thing, "container");
	assert_string_equal(r.place, "container 4711, Weimarstraat 40, Segbroek");
	assert_string_equal(r.asset_number, "4711");
	assert_string_equal(r.area, "Segbroek");
	assert_string_equal(r.description, "ligt er al lang");
	assert_string_equal(r.language, "nl");
	assert_string_equal(r.channel, "sms");
	assert_int_equal(r.person_id, t->ann.id);
	assert_true(r.located && fabs(r.lat - 52.0770) < 1e-6);
	assert_int_equal(r.state, REPORT_RECEIVED);
	assert_false(r.urgent);
	/* Monday 24 November and three working days: Thursday 27 November 2025, 23:59:59 in Amsterdam. */
	assert_int_equal(r.promise_s, 1764284399);
}

static void the_slots_tell_what_was_filed(void **state)
{
	struct town *t = *state;
	char shown[18];

	file_report(t, "street-light", "spui 70");
	assert_int_equal(strlen(town_slot(t, "reference")), 7);
	assert_string_equal(town_slot(t, "shown"),
			    report_reference_show(shown, town_slot(t, "reference")));
	assert_string_equal(town_slot(t, "category_name"), "Lantaarn is kapot");
	assert_string_equal(town_slot(t, "place"), "Spui 70, Centrum");
	assert_string_equal(town_slot(t, "state"), "received");
	assert_int_equal(town_number(t, "since"), TOWN_NOW);
	assert_int_equal(town_number(t, "urgent"), 0);
	assert_int_equal(town_number(t, "followers"), 0);
	/* 21 calendar days on: Monday 15 December 2025. */
	assert_int_equal(town_number(t, "promise"), 1765839599);
	assert_null(json_object_get(t->slots, "expected"));
	assert_null(json_object_get(t->slots, "note"));
}

static void danger_is_urgent_by_its_category_or_its_words(void **state)
{
	struct town *t = *state;

	file_report(t, "manhole-open", "spui 70");
	assert_int_equal(town_number(t, "urgent"), 1);
	json_object_clear(t->slots);
	town_place(t, "spui 68");
	town_set(t, "category", "rats");
	json_object_set_new(t->slots, "urgent", json_integer(1));
	assert_string_equal(town_call(t, "report.file"), "filed");
	assert_int_equal(town_number(t, "urgent"), 1);
}

static void a_day_has_room_for_twenty(void **state)
{
	struct town *t = *state;

	for (int i = 0; i < 20; i++)
		file_report(t, "rats", "spui 70");
	assert_string_equal(town_call(t, "report.file"), "full");
	assert_int_equal(t->filed, 20);
	town_turn(t, &t->bob);
	file_report(t, "rats", "spui 70");
	town_turn(t, &t->ann);
	t->turn.now_s += DAY_S + 1;
	file_report(t, "rats", "spui 70");
}

/* ---- near ---- */

static void a_report_near_by_on_the_same_thing_is_told(void **state)
{
	struct town *t = *state;
	char reference[REPORT_REFERENCE_SIZE];

	file_report(t, "container-full", "spui 70");
	OSMO_STRLCPY_ARRAY(reference, town_slot(t, "reference"));
	t->turn.now_s += 3600;
	assert_string_equal(near_for(t, &t->bob, "container-full", "spui 74"), "one");
	assert_string_equal(town_slot(t, "near_reference"), reference);
	assert_string_equal(town_slot(t, "near_category_name"), "Container is vol");
	assert_string_equal(town_slot(t, "near_place"), "Spui 70, Centrum");
	/* 0.0002 degrees north and 0.0001 east: 22.24 m and 6.83 m, together 23.3 m */
	assert_int_equal(town_number(t, "near_distance"), 20);
	assert_int_equal(town_number(t, "near_since"), TOWN_NOW);
	assert_int_equal(town_number(t, "near_promise"), 1764284399);
	assert_null(json_object_get(t->slots, "near_expected"));
	assert_int_equal(town_number(t, "near_followers"), 0);
	assert_int_equal(town_number(t, "near_count"), 1);
}

static void own_report_of_the_same_at_the_same_place_is_known(void **state)
{
	struct town *t = *state;

	file_report(t, "container-full", "spui 70");
	assert_string_equal(near_for(t, &t->ann, "container-full", "spui 70"), "one");
	assert_string_equal(near_for(t, &t->ann, "container-broken", "spui 70"), "none");
	assert_string_equal(near_for(t, &t->ann, "container-full", "spui 68"), "none");
}

static void other_things_and_finished_ones_are_not_near(void **state)
{
	struct town *t = *state;
	int64_t id;

	file_report(t, "container-full", "spui 70");
	id = t->filed_id;
	assert_string_equal(near_for(t, &t->bob, "street-light", "spui 70"), "none");
	assert_string_equal(near_for(t, &t->bob, "rats", "spui 70"), "none");
	assert_string_equal(near_for(t, &t->bob, "container-full", "spui 70"), "one");
	set_state(t, id, REPORT_SOLVED, TOWN_NOW + 10);
	assert_string_equal(near_for(t, &t->bob, "container-full", "spui 70"), "none");
}

static void without_a_thing_the_category_must_be_the_same(void **state)
{
	struct town *t = *state;

	file_report(t, "manhole-open", "spui 70");
	assert_string_equal(near_for(t, &t->bob, "rats", "spui 70"), "none");
	town_turn(t, &t->ann);
	file_report(t, "rats", "spui 70");
	assert_string_equal(near_for(t, &t->bob, "rats", "spui 70"), "one");
}

/* At a point, as a map or another system gives it. */
static void file_at(struct town *t, const char *category, double lat, double lon)
{
	town_turn(t, &t->ann);
	json_object_clear(t->slots);
	town_set(t, "category", category);
	town_set(t, "place", "hier");
	json_object_set_new(t->slots, "lat", json_real(lat));
	json_object_set_new(t->slots, "lon", json_real(lon));
	assert_string_equal(town_call(t, "report.file"), "filed");
}

static const char *near_at(struct town *t, double lat, double lon)
{
	town_turn(t, &t->bob);
	json_object_clear(t->slots);
	town_set(t, "category", "container-full");
	json_object_set_new(t->slots, "lat", json_real(lat));
	json_object_set_new(t->slots, "lon", json_real(lon));
	return town_call(t, "report.near");
}

/* A degree of latitude is 111.195 km on the mean sphere; of longitude at 52 degrees 68.46 km. */
static void near_is_two_hundred_and_fifty_metres(void **state)
{
	struct town *t = *state;

	file_at(t, "container-full", 52.0, 4.3);
	assert_string_equal(near_at(t, 52.0 + 249 / 111195.0, 4.3), "one");
	assert_int_equal(town_number(t, "near_distance"), 250);
	assert_string_equal(near_at(t, 52.0 + 251 / 111195.0, 4.3), "none");
	assert_string_equal(near_at(t, 52.0, 4.3 + 249 / 68459.0), "one");
	assert_string_equal(near_at(t, 52.0, 4.3 - 252 / 68459.0), "none");
	/* Within the box, but not within the circle. */
	assert_string_equal(near_at(t, 52.0 + 200 / 111195.0, 4.3 + 200 / 68459.0), "none");
}

static void the_nearest_of_several_is_told(void **state)
{
	struct town *t = *state;

	file_at(t, "container-full", 52.0 + 200 / 111195.0, 4.3);
	file_at(t, "container-full", 52.0 + 62 / 111195.0, 4.3);
	file_at(t, "container-full", 52.0 - 120 / 111195.0, 4.3);
	assert_string_equal(near_at(t, 52.0, 4.3), "one");
	assert_int_equal(town_number(t, "near_distance"), 60);
	assert_int_equal(town_number(t, "near_count"), 3);
}

static void for_an_object_near_is_the_same_object_or_fifty_metres(void **state)
{
	struct town *t = *state;

	file_report(t, "container-full", "container 4712");
	assert_string_equal(near_for(t, &t->bob, "container-full", "container 4712"), "one");
	assert_int_equal(town_number(t, "near_distance"), 0);
	assert_string_equal(near_for(t, &t->bob, "container-full", "container 4711"), "none");
	/* A report 100 m from container 4712 is another container. */
	file_at(t, "container-full", 52.0770 + 100 / 111195.0, 4.2851);
	assert_string_equal(near_for(t, &t->bob, "container-full", "container 4711"), "none");
	file_at(t, "container-full", 52.0770 + 40 / 111195.0, 4.2851);
	assert_string_equal(near_for(t, &t->bob, "container-full", "container 4711"), "one");
	assert_int_equal(town_number(t, "near_distance"), 40);
}

static void distances_are_said_as_people_do(void **state)
{
	/* Amsterdam Dam to Den Haag Binnenhof, 50.8 km along the great circle. */
	assert_true(fabs(desk_metres(52.3731, 4.8926, 52.0799, 4.3133) - 51200) < 700);
	assert_int_equal(desk_round_metres(3), 0);
	assert_int_equal(desk_round_metres(12), 10);
	assert_int_equal(desk_round_metres(97), 100);
	assert_int_equal(desk_round_metres(130), 150);
	assert_int_equal(desk_round_metres(1249), 1200);
}

static void what_is_known_near_a_place_is_listed_nearest_first(void **state)
{
	struct town *t = *state;
	json_t *items = json_array(), *first;

	json_object_clear(t->slots);
	town_place(t, "2511BT 70");
	assert_string_equal(town_call(t, "near.count"), "none");
	file_report(t, "rats", "spui 74");
	file_report(t, "street-light", "spui 70");
	file_report(t, "rats", "weimarstraat 40");
	town_turn(t, &t->bob);
	json_object_clear(t->slots);
	town_place(t, "2511BT 70");
	assert_string_equal(town_call(t, "near.count"), "some");
	assert_int_equal(town_number(t, "near_count"), 2);
	assert_int_equal(desk_ops.list(t->desk, "report.near", t->slots, &t->turn, items), 0);
	assert_int_equal(json_array_size(items), 2);
	first = json_array_get(items, 0);
	assert_string_equal(json_string_value(json_object_get(first, "place")), "Spui 70, Centrum");
	assert_string_equal(json_string_value(json_object_get(first, "value")),
			    json_string_value(json_object_get(first, "reference")));
	assert_int_equal(json_integer_value(json_object_get(first, "distance")), 0);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(items, 1), "distance")),
			 20);
	json_decref(items);
}

static void never_more_than_nine_are_listed(void **state)
{
	struct town *t = *state;
	json_t *items = json_array();

	for (int i = 0; i < 12; i++)
		file_report(t, "rats", "spui 70");
	assert_int_equal(desk_ops.list(t->desk, "report.near", t->slots, &t->turn, items), 0);
	assert_int_equal(json_array_size(items), 9);
	json_array_clear(items);
	assert_int_equal(desk_ops.list(t->desk, "report.mine", t->slots, &t->turn, items), 0);
	assert_int_equal(json_array_size(items), 9);
	json_decref(items);
}

static void without_a_position_nothing_is_near(void **state)
{
	struct town *t = *state;

	town_set(t, "category", "rats");
	assert_string_equal(town_call(t, "report.near"), "none");
	assert_string_equal(town_call(t, "near.count"), "none");
}

/* ---- follow ---- */

static void following_twice_is_following_once(void **state)
{
	struct town *t = *state;

	file_report(t, "container-full", "spui 70");
	assert_string_equal(near_for(t, &t->bob, "container-full", "spui 74"), "one");
	assert_string_equal(town_call(t, "report.follow"), "followed");
	assert_string_equal(town_call(t, "report.follow"), "already");
	assert_string_equal(near_for(t, &t->bob, "container-full", "spui 74"), "one");
	assert_int_equal(town_number(t, "near_followers"), 1);
	/* One's own report is followed anyway. */
	town_turn(t, &t->ann);
	assert_string_equal(town_call(t, "report.follow"), "already");
	town_set(t, "near_reference", "5724000");
	assert_string_equal(town_call(t, "report.follow"), "unknown");
}

/* ---- status ---- */

static void status_of_a_number_or_of_ones_own(void **state)
{
	struct town *t = *state;
	char reference[REPORT_REFERENCE_SIZE];

	assert_string_equal(town_call(t, "report.status"), "none");
	file_report(t, "container-full", "spui 70");
	OSMO_STRLCPY_ARRAY(reference, town_slot(t, "reference"));
	json_object_clear(t->slots);
	assert_string_equal(town_call(t, "report.status"), "one");
	assert_string_equal(town_slot(t, "reference"), reference);
	file_report(t, "rats", "spui 70");
	json_object_clear(t->slots);
	assert_string_equal(town_call(t, "report.status"), "many");
	/* By number, also for another. */
	town_turn(t, &t->bob);
	town_set(t, "reference", reference);
	assert_string_equal(town_call(t, "report.status"), "one");
	assert_string_equal(town_slot(t, "category"), "container-full");
	assert_null(json_object_get(t->slots, "description"));
	assert_string_equal(town_call(t, "report.mine"), "no");
	town_turn(t, &t->ann);
	assert_string_equal(town_call(t, "report.mine"), "yes");
	town_set(t, "reference", "5724000");
	assert_string_equal(town_call(t, "report.status"), "unknown");
	assert_string_equal(town_call(t, "report.mine"), "no");
}

static void what_was_finished_long_ago_is_not_listed(void **state)
{
	struct town *t = *state;

	file_report(t, "rats", "spui 70");
	set_state(t, t->filed_id, REPORT_CLOSED, TOWN_NOW);
	json_object_clear(t->slots);
	t->turn.now_s = TOWN_NOW + 29 * DAY_S;
	assert_string_equal(town_call(t, "report.status"), "one");
	json_object_clear(t->slots);
	t->turn.now_s = TOWN_NOW + 31 * DAY_S;
	assert_string_equal(town_call(t, "report.status"), "none");
}

/* ---- a word on a report ---- */

static void a_note_goes_to_the_contractor(void **state)
{
	struct town *t = *state;
	struct report_event e;

	file_report(t, "rats", "spui 70");
	town_set(t, "description", "nu zijn het er tien");
	assert_string_equal(town_call(t, "report.add"), "added");
	assert_int_equal(t->told, 1);
	assert_int_equal(t->told_report, t->filed_id);
	assert_int_equal(store_event_get(t, t->st, t->told_event, &e), 0);
	assert_string_equal(e.note, "nu zijn het er tien");
	assert_string_equal(e.who, "resident");
	assert_int_equal(e.state, REPORT_RECEIVED);
}

static void anothers_report_is_not_touched(void **state)
{
	struct town *t = *state;
	struct report r;

	file_report(t, "rats", "spui 70");
	set_state(t, t->filed_id, REPORT_SOLVED, TOWN_NOW);
	town_turn(t, &t->bob);
	assert_string_equal(town_call(t, "report.add"), "foreign");
	assert_string_equal(town_call(t, "report.confirm"), "unknown");
	assert_string_equal(town_call(t, "report.reopen"), "unknown");
	town_set(t, "reference", "5724000");
	assert_string_equal(town_call(t, "report.add"), "unknown");
	assert_string_equal(town_call(t, "report.reopen"), "unknown");
	assert_int_equal(t->told, 0);
	assert_int_equal(store_report_get(t, t->st, t->filed_id, &r), 0);
	assert_int_equal(r.state, REPORT_SOLVED);
}

static void confirmed_is_closed(void **state)
{
	struct town *t = *state;

	file_report(t, "rats", "spui 70");
	set_state(t, t->filed_id, REPORT_SOLVED, TOWN_NOW);
	assert_string_equal(town_call(t, "report.confirm"), "confirmed");
	assert_string_equal(town_slot(t, "state"), "closed");
	assert_string_equal(town_call(t, "report.confirm"), "confirmed");
	assert_int_equal(t->told, 0);
	/* Gone before anyone came: the contractor need not come. */
	file_report(t, "rats", "spui 70");
	assert_string_equal(town_call(t, "report.confirm"), "confirmed");
	assert_int_equal(t->told, 1);
	file_report(t, "rats", "spui 70");
	set_state(t, t->filed_id, REPORT_REJECTED, TOWN_NOW);
	assert_string_equal(town_call(t, "report.confirm"), "late");
}

static void not_solved_opens_it_again_at_the_contractor(void **state)
{
	struct town *t = *state;
	struct report r;
	struct report_event e;

	file_report(t, "container-full", "spui 70");
	set_state(t, t->filed_id, REPORT_SOLVED, TOWN_NOW + DAY_S);
	t->turn.now_s = TOWN_NOW + 2 * DAY_S;
	town_set(t, "description", "nog steeds vol");
	assert_string_equal(town_call(t, "report.reopen"), "reopened");
	assert_string_equal(town_slot(t, "state"), "reopened");
	assert_int_equal(t->told, 1);
	assert_int_equal(store_event_get(t, t->st, t->told_event, &e), 0);
	assert_int_equal(e.state, REPORT_REOPENED);
	assert_string_equal(e.note, "nog steeds vol");
	assert_int_equal(store_report_get(t, t->st, t->filed_id, &r), 0);
	assert_int_equal(r.state, REPORT_REOPENED);
	/* The promise counts anew: Wednesday 26 November and three working days is Monday 1 December. */
	assert_int_equal(r.expected_s, 1764629999);
	/* Saying it again is no second reopening. */
	json_object_del(t->slots, "description");
	assert_string_equal(town_call(t, "report.reopen"), "reopened");
	assert_int_equal(t->told, 1);
}

static void after_a_fortnight_it_is_too_late_to_reopen(void **state)
{
	struct town *t = *state;

	file_report(t, "rats", "spui 70");
	set_state(t, t->filed_id, REPORT_CLOSED, TOWN_NOW);
	t->turn.now_s = TOWN_NOW + 14 * DAY_S + 1;
	assert_string_equal(town_call(t, "report.reopen"), "late");
	t->turn.now_s = TOWN_NOW + 14 * DAY_S;
	assert_string_equal(town_call(t, "report.reopen"), "reopened");
	file_report(t, "rats", "spui 70");
	set_state(t, t->filed_id, REPORT_REJECTED, t->turn.now_s);
	assert_string_equal(town_call(t, "report.reopen"), "late");
}

static void a_residents_word_is_never_older_than_the_contractors(void **state)
{
	struct town *t = *state;
	struct report r;

	file_report(t, "rats", "spui 70");
	set_state(t, t->filed_id, REPORT_SOLVED, TOWN_NOW + 90);
	assert_string_equal(town_call(t, "report.confirm"), "confirmed");
	assert_int_equal(store_report_get(t, t->st, t->filed_id, &r), 0);
	assert_int_equal(r.state_at_s, TOWN_NOW + 90);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_with_categories, town_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_report_is_filed_with_what_is_known),
		TEST(the_slots_tell_what_was_filed),
		TEST(danger_is_urgent_by_its_category_or_its_words),
		TEST(a_day_has_room_for_twenty),
		TEST(a_report_near_by_on_the_same_thing_is_told),
		TEST(own_report_of_the_same_at_the_same_place_is_known),
		TEST(other_things_and_finished_ones_are_not_near),
		TEST(without_a_thing_the_category_must_be_the_same),
		TEST(near_is_two_hundred_and_fifty_metres),
		TEST(the_nearest_of_several_is_told),
		TEST(for_an_object_near_is_the_same_object_or_fifty_metres),
		TEST(distances_are_said_as_people_do),
		TEST(what_is_known_near_a_place_is_listed_nearest_first),
		TEST(never_more_than_nine_are_listed),
		TEST(without_a_position_nothing_is_near),
		TEST(following_twice_is_following_once),
		TEST(status_of_a_number_or_of_ones_own),
		TEST(what_was_finished_long_ago_is_not_listed),
		TEST(a_note_goes_to_the_contractor),
		TEST(anothers_report_is_not_touched),
		TEST(confirmed_is_closed),
		TEST(not_solved_opens_it_again_at_the_contractor),
		TEST(after_a_fortnight_it_is_too_late_to_reopen),
		TEST(a_residents_word_is_never_older_than_the_contractors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
