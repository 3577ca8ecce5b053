// SPDX-License-Identifier: AGPL-3.0-or-later
/* Reports, their history and followers; what contractors must hear, in order. */
#include "store/store_test.h"

#define NUMBER "+31612345678"
#define OTHER  "+31687654321"

/* ---- reports */

static void report_comes_back_as_it_was_filed(void **state)
{
	struct store *st = *state;
	struct report r, again;
	char read[REPORT_REFERENCE_SIZE];
	int64_t person, id;

	begin(st);
	person = test_person(st, NUMBER);
	id = test_report(st, person);
	assert_int_equal(store_report_get(st, st, id, &r), 0);
	assert_int_equal(strlen(r.reference), 7);
	assert_int_equal(report_reference_read(read, r.reference), 0);
	assert_int_equal(r.person_id, person);
	assert_string_equal(r.category, "container-full");
	assert_string_equal(r.thing, "container");
	assert_string_equal(r.place, "Spui 70, Centrum");
	assert_true(r.located);
	assert_true(r.lat == 52.0775 && r.lon == 4.3166);
	assert_string_equal(r.description, "vol");
	assert_int_equal(r.state, REPORT_RECEIVED);
	assert_int_equal(r.state_at_s, T0);
	assert_int_equal(r.promise_s, T0 + 86400);
	assert_int_equal(r.expected_s, 0);
	assert_null(r.area);
	assert_null(r.contractor_ref);
	assert_null(r.note);
	assert_int_equal(store_report_by_reference(st, st, r.reference, &again), 0);
	assert_int_equal(again.id, id);
	assert_int_equal(store_report_by_reference(st, st, "0000000", &again), -ENOENT);
}

static void references_grow_when_a_tenth_is_used(void **state)
{
	struct store *st = *state;
	struct report r;
	int64_t id;

	begin(st);
	id = test_report(st, 0);
	assert_int_equal(store_sql(st, "DELETE FROM report_event; UPDATE report SET id = 89999"),
			 0);
	id = test_report(st, 0);
	assert_int_equal(id, 90000);
	store_report_get(st, st, id, &r);
	assert_int_equal(strlen(r.reference), 7);
	id = test_report(st, 0);
	store_report_get(st, st, id, &r);
	assert_int_equal(strlen(r.reference), 8);
}

static void taken_reference_is_tried_again(void **state)
{
	struct store *st = *state;
	struct report a, b;
	int64_t first, second;

	begin(st);
	store_seed(st, 5);
	first = test_report(st, 0);
	store_seed(st, 5);
	second = test_report(st, 0);
	store_report_get(st, st, first, &a);
	store_report_get(st, st, second, &b);
	assert_string_not_equal(a.reference, b.reference);
}

static bool count_event(const struct report_event *e, void *data)
{
	int *n = data;

	(*n)++;
	return true;
}

static void change_is_history(void **state)
{
	struct store *st = *state;
	struct report_change planned = { .state = REPORT_PLANNED,
					 .at_s = T0 + 5,
					 .expected_s = T0 + 500,
					 .who = "contractor haeghe",
					 .channel = "open311",
					 .note = "dinsdag" };
	struct report_change again = { .state = REPORT_REOPENED,
				       .at_s = T0 + 9,
				       .who = "resident",
				       .channel = "sms",
				       .note = "nog vol" };
	struct report_event e;
	struct report r;
	int64_t id, event;
	int n = 0;

	begin(st);
	id = test_report(st, test_person(st, NUMBER));
	assert_int_equal(store_report_change(st, id, &planned, &event), 0);
	assert_int_equal(store_event_get(st, st, event, &e), 0);
	assert_int_equal(e.report_id, id);
	assert_int_equal(e.state, REPORT_PLANNED);
	assert_int_equal(e.at_s, T0 + 5);
	assert_int_equal(e.expected_s, T0 + 500);
	assert_string_equal(e.who, "contractor haeghe");
	assert_string_equal(e.note, "dinsdag");
	assert_int_equal(store_report_change(st, id, &again, NULL), 0);
	store_report_get(st, st, id, &r);
	assert_int_equal(r.state, REPORT_REOPENED);
	assert_int_equal(r.state_at_s, T0 + 9);
	assert_int_equal(r.expected_s, T0 + 500);
	assert_string_equal(r.note, "dinsdag"); /* what the contractor said last */
	assert_int_equal(store_event_list(st, id, count_event, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(store_report_change(st, 4711, &again, NULL), -ENOENT);
	assert_int_equal(store_event_get(st, st, 4711, &e), -ENOENT);
}

static void note_leaves_the_state(void **state)
{
	struct store *st = *state;
	struct report_change note = { .state = REPORT_CLOSED,
				      .at_s = T0 + 5,
				      .who = "resident",
				      .channel = "sms",
				      .note = "stinkt" };
	struct report_event e;
	struct report r;
	int64_t id, event;

	begin(st);
	id = test_report(st, test_person(st, NUMBER));
	assert_int_equal(store_report_note(st, id, &note, &event), 0);
	store_event_get(st, st, event, &e);
	assert_int_equal(e.state, REPORT_RECEIVED);
	store_report_get(st, st, id, &r);
	assert_int_equal(r.state, REPORT_RECEIVED);
	assert_null(r.note);
}

static void person_sees_own_and_followed_newest_first(void **state)
{
	struct store *st = *state;
	struct report_change solved = {
		.state = REPORT_SOLVED, .at_s = T0, .who = "x", .channel = "x"
	};
	struct report out[5];
	int64_t me, other, own, followed, old, ids[3];

	begin(st);
	me = test_person(st, NUMBER);
	other = test_person(st, OTHER);
	old = test_report(st, me);
	own = test_report(st, me);
	followed = test_report(st, other);
	test_report(st, other);
	assert_int_equal(store_follow(st, followed, me, T0), 0);
	assert_int_equal(store_follow(st, followed, me, T0), -EEXIST);
	store_report_change(st, old, &solved, NULL);
	assert_int_equal(store_report_of_person(st, st, me, 0, out, 5), 3);
	assert_int_equal(out[0].id, followed);
	assert_int_equal(out[1].id, own);
	assert_int_equal(out[2].id, old);
	assert_int_equal(store_report_of_person(st, st, me, T0 + 1, out, 5), 2); /* the open ones */
	assert_int_equal(store_report_of_person(st, st, me, 0, out, 1), 1);
	assert_int_equal(store_followers(st, followed, ids, 3), 1);
	assert_int_equal(ids[0], me);
	store_follow(st, own, me, T0); /* the reporter is told anyhow */
	assert_int_equal(store_followers(st, own, ids, 3), 0);
}

static int near(struct store *st, double lat, double lon, double lat_span, double lon_span,
		const char *thing, struct report *out, size_t max)
{
	struct report_near box = {
		.lat = lat, .lon = lon, .lat_span = lat_span, .lon_span = lon_span, .thing = thing
	};

	return store_report_near(st, st, &box, out, max);
}

static void open_reports_near_by_come_nearest_first(void **state)
{
	struct store *st = *state;
	struct report_change solved = {
		.state = REPORT_SOLVED, .at_s = T0, .who = "x", .channel = "x"
	};
	struct report r = { .category = "c",
			    .thing = "lamp",
			    .located = true,
			    .lon = 4.3,
			    .language = "nl",
			    .channel = "sms",
			    .created_s = T0,
			    .promise_s = T0 };
	struct report out[5];
	int64_t ids[4];

	begin(st);
	for (int i = 0; i < 4; i++) {
		r.lat = 52.003 - i * 0.001;
		r.thing[0] = i == 1 ? 'd' : 'l';
		assert_int_equal(store_report_add(st, &r), 0);
		ids[i] = r.id;
	}
	assert_int_equal(near(st, 52.0, 4.3, 0.0025, 0.004, "", out, 5), 3);
	assert_int_equal(out[0].id, ids[3]);
	assert_int_equal(out[2].id, ids[1]);
	assert_int_equal(near(st, 52.0, 4.3, 0.0025, 0.004, "lamp", out, 5), 2);
	assert_int_equal(near(st, 52.0, 4.3, 0.0025, 0.004, "", out, 1), 1);
	store_report_change(st, ids[3], &solved, NULL);
	assert_int_equal(near(st, 52.0, 4.3, 0.0025, 0.004, "lamp", out, 5), 1);
	assert_int_equal(near(st, 52.0, 4.31, 0.0025, 0.004, "", out, 5), 0);
}

enum { SPREAD = 600, MANY = 40 };

struct spread {
	double far; /* square of the distance in spans */
	int64_t id, area_id;
	int category, contractor;
};

static const char *const spread_categories[] = { "bin", "lamp", "tree" };
static const char *const spread_contractors[] = { "", "haeghe" };

static int by_distance(const void *a, const void *b)
{
	const struct spread *one = a, *two = b;

	return (one->far > two->far) - (one->far < two->far);
}

/* Crowded in the middle, where few are asked for, and thin outside it; the nearest first. */
static void spread_out(struct store *st, double lat, double lon, double span, struct spread *all)
{
	struct report r = { .thing = "lamp",
			    .located = true,
			    .language = "nl",
			    .channel = "sms",
			    .created_s = T0,
			    .promise_s = T0 };

	srand(311);
	for (int i = 0; i < SPREAD; i++) {
		double y = rand() / (double)RAND_MAX * 2 - 1, x = rand() / (double)RAND_MAX * 2 - 1;
		double squeeze = i % 3 ? 0.1 : 1;

		all[i].category = rand() % (int)ARRAY_SIZE(spread_categories);
		all[i].contractor = rand() % (int)ARRAY_SIZE(spread_contractors);
		all[i].area_id = rand() % 4;
		r.lat = lat + y * span * squeeze;
		r.lon = lon + x * span * squeeze;
		OSMO_STRLCPY_ARRAY(r.category, spread_categories[all[i].category]);
		OSMO_STRLCPY_ARRAY(r.contractor, spread_contractors[all[i].contractor]);
		r.area_id = all[i].area_id;
		assert_int_equal(store_report_add(st, &r), 0);
		y = (r.lat - lat) / span;
		x = (r.lon - lon) / span;
		all[i].far = y * y + x * x;
		all[i].id = r.id;
	}
	qsort(all, SPREAD, sizeof(all[0]), by_distance);
}

static bool is_asked_for(const struct spread *r, const struct report_near *box)
{
	return (!box->category || !strcmp(spread_categories[r->category], box->category)) &&
	       (!box->contractor || !strcmp(spread_contractors[r->contractor], box->contractor)) &&
	       (!box->area_id || r->area_id == box->area_id);
}

static void check_nearest(struct store *st, const struct report_near *box, const struct spread *all,
			  int most)
{
	static struct report out[SPREAD];
	int n = store_report_near(st, st, box, out, (size_t)most), at = 0;

	for (int i = 0; i < SPREAD && at < most; i++)
		if (is_asked_for(&all[i], box)) {
			assert_true(at < n);
			assert_int_equal(out[at++].id, all[i].id);
		}
	assert_int_equal(n, at);
}

static void nearest_are_those_of_a_look_at_all_about(struct store *st, double lat, double lon)
{
	static const double span = 0.016;
	static struct spread all[SPREAD];
	struct report_near box = { .lat = lat, .lon = lon, .lat_span = span, .lon_span = span };
	struct report none;

	begin(st);
	spread_out(st, lat, lon, span, all);
	for (int most = 1; most <= SPREAD; most += most < MANY ? 1 : MANY) {
		box.category = NULL;
		box.contractor = NULL;
		box.area_id = 0;
		check_nearest(st, &box, all, most);
		box.category = "tree";
		check_nearest(st, &box, all, most);
		box.contractor = "haeghe";
		check_nearest(st, &box, all, most);
		box.area_id = 3;
		check_nearest(st, &box, all, most);
	}
	assert_int_equal(near(st, lat, lon, span, span, "bin", &none, 1), 0);
	store_undo(st);
}

static void nearest_are_those_of_a_look_at_all(void **state)
{
	nearest_are_those_of_a_look_at_all_about(*state, 52, 4.3);
}

/* Latitudes and longitudes of both signs. */
static void nearest_where_degrees_are_zero(void **state)
{
	nearest_are_those_of_a_look_at_all_about(*state, 0.0003, -0.0002);
}

static void contractors_number_finds_the_report(void **state)
{
	struct store *st = *state;
	struct report_change closed = {
		.state = REPORT_CLOSED, .at_s = T0, .who = "x", .channel = "x"
	};
	struct report r;
	char *refs[3];
	int64_t id;

	begin(st);
	id = test_report(st, 0);
	assert_int_equal(store_report_assign(st, id, "haeghe", NULL), 0);
	assert_int_equal(store_report_assign(st, id, "haeghe", "H-1"), 0);
	assert_int_equal(store_report_assign(st, id, "haeghe", NULL), 0);
	assert_int_equal(store_report_by_contractor(st, st, "haeghe", "H-1", &r), 0);
	assert_int_equal(r.id, id);
	assert_int_equal(store_report_by_contractor(st, st, "other", "H-1", &r), -ENOENT);
	assert_int_equal(store_poll_open_refs(st, st, "haeghe", refs, 3), 1);
	assert_string_equal(refs[0], "H-1");
	store_report_change(st, id, &closed, NULL);
	assert_int_equal(store_poll_open_refs(st, st, "haeghe", refs, 3), 0);
}

static void warning_is_due_once(void **state)
{
	struct store *st = *state;
	struct report_change solved = {
		.state = REPORT_SOLVED, .at_s = T0, .who = "x", .channel = "x"
	};
	struct report r;
	int64_t id;

	begin(st);
	id = test_report(st, 0);
	assert_int_equal(store_report_warn_due(st, st, INT64_MAX, &r), -ENOENT);
	store_report_warned(st, id, 0, T0 + 50);
	assert_int_equal(store_report_warn_due(st, st, T0 + 49, &r), -ENOENT);
	assert_int_equal(store_report_warn_due(st, st, T0 + 50, &r), 0);
	assert_int_equal(r.id, id);
	store_report_warned(st, id, T0 + 86400, 0);
	assert_int_equal(store_report_warn_due(st, st, INT64_MAX, &r), -ENOENT);
	store_report_warned(st, id, 0, T0 + 50);
	store_report_change(st, id, &solved, NULL);
	assert_int_equal(store_report_warn_due(st, st, INT64_MAX, &r), -ENOENT);
}

static bool count_report(const struct report *r, void *data)
{
	int *n = data;

	return ++*n < 3;
}

static int listed(struct store *st, struct report_filter f)
{
	int n = 0;

	assert_int_equal(store_report_list(st, st, &f, count_report, &n), 0);
	return n;
}

static void list_is_filtered(void **state)
{
	struct store *st = *state;
	struct report_change closed = {
		.state = REPORT_CLOSED, .at_s = T0, .who = "x", .channel = "x"
	};
	int64_t a, b;

	begin(st);
	a = test_report(st, 0);
	b = test_report(st, 0);
	store_report_change(st, a, &closed, NULL);
	store_report_assign(st, b, "haeghe", NULL);
	assert_int_equal(listed(st, (struct report_filter){}), 2);
	assert_int_equal(listed(st, (struct report_filter){ .open_only = true }), 1);
	assert_int_equal(listed(st, (struct report_filter){ .state = "closed" }), 1);
	assert_int_equal(listed(st, (struct report_filter){ .category = "lamp-off" }), 0);
	assert_int_equal(listed(st, (struct report_filter){ .contractor = "haeghe" }), 1);
	assert_int_equal(listed(st, (struct report_filter){ .since_s = T0 + 1 }), 0);
	assert_int_equal(listed(st, (struct report_filter){ .before_id = b }), 1);
	assert_int_equal(listed(st, (struct report_filter){ .limit = 1 }), 1);
	assert_int_equal(listed(st, (struct report_filter){ .area = "centrum" }), 0);
}

/* ---- forwarding */

static void updates_wait_for_the_order(void **state)
{
	struct store *st = *state;
	struct forward f;
	int64_t report, order, update, later;

	begin(st);
	report = test_report(st, 0);
	assert_int_equal(store_forward_add(st, report, 0, "haeghe", T0, &order), 0);
	assert_int_equal(store_forward_add(st, report, 1, "haeghe", T0 + 1, &update), 0);
	assert_int_equal(store_forward_add(st, report, 2, "haeghe", T0 + 2, &later), 0);
	assert_int_equal(store_forward_due(st, st, "haeghe", T0 + 9, &f), 0);
	assert_int_equal(f.id, order);
	assert_int_equal(f.event_id, 0);
	assert_true(strlen(f.key) == 32);
	assert_int_equal(store_forward_retry(st, order, T0 + 500, 1, "503"), 0);
	assert_int_equal(store_forward_due(st, st, "haeghe", T0 + 9, &f), -ENOENT);
	assert_int_equal(store_forward_get(st, st, order, &f), 0);
	assert_int_equal(f.tries, 1);
	assert_int_equal(f.rung, 1);
	assert_string_equal(f.error, "503");
	assert_int_equal(store_forward_stuck(st, order, "refused"), 0);
	assert_int_equal(store_forward_due(st, st, "haeghe", T0 + 999, &f), -ENOENT);
	assert_int_equal(store_forward_again(st, "haeghe", T0 + 20), 1);
	assert_int_equal(store_forward_due(st, st, "haeghe", T0 + 20, &f), 0);
	assert_int_equal(f.id, order);
	assert_int_equal(store_forward_done(st, order, T0 + 21), 0);
	assert_int_equal(store_forward_done(st, order, T0 + 21), -ENOENT);
	assert_int_equal(store_forward_due(st, st, "haeghe", T0 + 21, &f), 0);
	assert_int_equal(f.id, update);
	assert_int_equal(f.event_id, 1);
	store_forward_done(st, update, T0 + 22);
	assert_int_equal(store_forward_due(st, st, "haeghe", T0 + 22, &f), 0);
	assert_int_equal(f.id, later);
	store_forward_done(st, later, T0 + 23);
	assert_int_equal(store_forward_due(st, st, "haeghe", T0 + 99, &f), -ENOENT);
	store_forward_add(st, report, 3, "haeghe", T0 + 30, &later);
	assert_int_equal(store_forward_due(st, st, "haeghe", T0 + 30, &f), 0);
}

static void other_reports_and_contractors_are_not_held_up(void **state)
{
	struct store *st = *state;
	struct forward f;
	int64_t a, b, first, second, other;

	begin(st);
	a = test_report(st, 0);
	b = test_report(st, 0);
	store_forward_add(st, a, 0, "haeghe", T0, &first);
	store_forward_add(st, b, 0, "haeghe", T0 + 1, &second);
	store_forward_add(st, test_report(st, 0), 0, "lampen", T0, &other);
	store_forward_retry(st, first, T0 + 500, 0, "down");
	assert_int_equal(store_forward_due(st, st, "haeghe", T0 + 9, &f), 0);
	assert_int_equal(f.id, second);
	assert_int_equal(store_forward_due(st, st, "lampen", T0 + 9, &f), 0);
	assert_int_equal(f.id, other);
}

static bool keep_states(const struct forward *f, const char *state, void *data)
{
	size_t used = strlen(data);

	snprintf((char *)data + used, 64 - used, "%s ", state);
	return true;
}

static void rows_without_contractor_are_routed_later(void **state)
{
	struct store *st = *state;
	struct forward_counts counts;
	char states[64] = "";
	struct forward f;
	int64_t report, id;

	begin(st);
	report = test_report(st, 0);
	store_forward_add(st, report, 0, "", T0, &id);
	store_forward_add(st, report, 5, "", T0, NULL);
	assert_int_equal(store_forward_route(st, report, "haeghe"), 0);
	assert_int_equal(store_forward_route(st, report, "other"), 0);
	assert_int_equal(store_forward_due(st, st, "haeghe", T0, &f), 0);
	assert_int_equal(f.id, id);
	assert_int_equal(store_forward_list(st, st, report, keep_states, states), 0);
	assert_string_equal(states, "due behind ");
	assert_int_equal(store_forward_counts(st, "haeghe", &counts), 0);
	assert_int_equal(counts.due, 2);
	assert_int_equal(counts.oldest_s, T0);
	store_forward_stuck(st, id, "x");
	store_forward_counts(st, "haeghe", &counts);
	assert_int_equal(counts.stuck, 1);
	states[0] = '\0';
	store_forward_list(st, st, 0, keep_states, states);
	assert_string_equal(states, "behind stuck ");
	store_forward_counts(st, "other", &counts);
	assert_int_equal(counts.due + counts.stuck + counts.oldest_s, 0);
}

static void poll_remembers(void **state)
{
	struct store *st = *state;
	int64_t due, seen;
	unsigned int failures;

	begin(st);
	assert_int_equal(store_poll_get(st, "haeghe", &due, &seen, &failures), -ENOENT);
	store_poll_put(st, "haeghe", T0, 5, 1);
	assert_int_equal(store_poll_put(st, "haeghe", T0 + 1, 6, 2), 0);
	assert_int_equal(store_poll_get(st, "haeghe", &due, &seen, &failures), 0);
	assert_int_equal(due, T0 + 1);
	assert_int_equal(seen, 6);
	assert_int_equal(failures, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(report_comes_back_as_it_was_filed),
		STORE_TEST(references_grow_when_a_tenth_is_used),
		STORE_TEST(taken_reference_is_tried_again),
		STORE_TEST(change_is_history),
		STORE_TEST(note_leaves_the_state),
		STORE_TEST(person_sees_own_and_followed_newest_first),
		STORE_TEST(open_reports_near_by_come_nearest_first),
		STORE_TEST(nearest_are_those_of_a_look_at_all),
		STORE_TEST(nearest_where_degrees_are_zero),
		STORE_TEST(contractors_number_finds_the_report),
		STORE_TEST(warning_is_due_once),
		STORE_TEST(list_is_filtered),
		STORE_TEST(updates_wait_for_the_order),
		STORE_TEST(other_reports_and_contractors_are_not_held_up),
		STORE_TEST(rows_without_contractor_are_routed_later),
		STORE_TEST(poll_remembers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
