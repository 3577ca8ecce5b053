// SPDX-License-Identifier: AGPL-3.0-or-later
/* Notices: who gets one, once, and how their texts' fate becomes theirs. */
#include "store/store_notice.h"
#include "store/store_test.h"

#define ANN  "+31612345601"
#define BOB  "+31612345602"
#define CAS  "+31612345603"
#define DEE  "+31612345604"
#define LAT  52.0
#define LON  4.3
#define A_KM (1000 / 111195.0) /* degrees of latitude */

static int64_t person(struct store *st, const char *number)
{
	struct person p;

	assert_int_equal(store_person_get(st, number, T0, &p), 0);
	return p.id;
}

static int64_t report(struct store *st, int64_t person_id, const char *category, int64_t area,
		      double lat, double lon)
{
	struct report r = { .person_id = person_id,
			    .area_id = area,
			    .located = true,
			    .lat = lat,
			    .lon = lon,
			    .state = REPORT_RECEIVED,
			    .language = "nl",
			    .channel = "sms",
			    .created_s = T0,
			    .state_at_s = T0,
			    .promise_s = T0 };

	OSMO_STRLCPY_ARRAY(r.category, category);
	assert_int_equal(store_report_add(st, &r), 0);
	return r.id;
}

static struct notice notice(struct store *st, const char *key, const char *list)
{
	struct notice n = { .state = NOTICE_GATHERING,
			    .words = "{\"nl\": \"Er is geen water.\"}",
			    .audience = "{}",
			    .list = list,
			    .start_s = T0,
			    .expires_s = T0 + 3600,
			    .who = "test",
			    .created_s = T0 };

	OSMO_STRLCPY_ARRAY(n.key, key);
	assert_int_equal(store_notice_add(st, &n), 0);
	return n;
}

/* One row a step, so that every step goes on where the last stopped. */
static void gather(struct store *st, const struct notice *n, const struct recipient_query *q)
{
	struct recipient_cursor cursor = {};

	for (int i = 0; !cursor.done; i++) {
		assert_true(i < 100);
		assert_int_equal(store_recipients_gather(st, n, q, 1, &cursor), 0);
	}
}

static void assert_due(struct store *st, const struct notice *n, const char *const *numbers)
{
	struct recipient out[16];
	int count = store_recipients_due(st, n, out, 16), i;

	for (i = 0; numbers[i]; i++) {
		assert_true(i < count);
		assert_string_equal(out[i].number, numbers[i]);
	}
	assert_int_equal(count, i);
}

#define DUE(st, n, ...) assert_due(st, n, (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

static void get(struct store *st, const struct notice *n, struct notice *out)
{
	assert_int_equal(store_notice_get(st, st, n->id, out), 0);
}

/* ---- who ---- */

static void an_area_is_its_reporters_followers_and_subscribers(void **state)
{
	struct store *st = *state;
	struct notice n, got;
	int64_t ann, bob, cas, r;

	begin(st);
	ann = person(st, ANN);
	bob = person(st, BOB);
	cas = person(st, CAS);
	r = report(st, ann, "container-full", 1, LAT, LON);
	report(st, ann, "lamp-broken", 1, LAT, LON);
	report(st, person(st, DEE), "lamp-broken", 2, LAT, LON);
	assert_int_equal(store_follow(st, r, bob, T0), 0);
	assert_int_equal(store_subscribe(st,
					 &(struct subscription){ .person_id = cas,
								 .kind = SUBSCRIBE_AREA,
								 .ref = 1 },
					 T0),
			 0);
	n = notice(st, "1", "");
	gather(st, &n, &(struct recipient_query){ .source = SOURCE_AREA, .ref = 1 });
	DUE(st, &n, ANN, BOB, CAS);
	gather(st, &n, &(struct recipient_query){ .source = SOURCE_AREA, .ref = 1 });
	get(st, &n, &got);
	assert_int_equal(got.recipients, 3);
	assert_int_equal(got.skipped, 0);
}

static void who_reported_long_ago_lives_elsewhere(void **state)
{
	struct store *st = *state;
	struct notice n;

	begin(st);
	report(st, person(st, ANN), "lamp-broken", 1, LAT, LON);
	n = notice(st, "1", "");
	gather(st, &n,
	       &(struct recipient_query){ .source = SOURCE_AREA, .ref = 1, .since_s = T0 + 1 });
	DUE(st, &n);
}

static void a_circle_has_an_edge(void **state)
{
	struct store *st = *state;
	struct notice n;

	begin(st);
	report(st, person(st, ANN), "lamp-broken", 0, LAT + 0.29 * A_KM, LON);
	report(st, person(st, BOB), "lamp-broken", 0, LAT + 0.31 * A_KM, LON);
	/* a degree of longitude is 0.6157 of one of latitude there */
	report(st, person(st, CAS), "lamp-broken", 0, LAT, LON + 0.29 * A_KM / 0.6157);
	report(st, person(st, DEE), "lamp-broken", 0, LAT, LON + 0.31 * A_KM / 0.6157);
	n = notice(st, "1", "");
	gather(st, &n,
	       &(struct recipient_query){
		       .source = SOURCE_CIRCLE, .lat = LAT, .lon = LON, .radius_m = 300 });
	DUE(st, &n, ANN, CAS);
}

/* An L: a square of two km with its north-east quarter left out. */
static void a_polygon_may_have_a_bay(void **state)
{
	static const struct recipient_point ring[] = {
		{ LAT, LON },
		{ LAT, LON + 2 * A_KM },
		{ LAT + A_KM, LON + 2 * A_KM },
		{ LAT + A_KM, LON + A_KM },
		{ LAT + 2 * A_KM, LON + A_KM },
		{ LAT + 2 * A_KM, LON },
	};
	struct store *st = *state;
	struct notice n;

	begin(st);
	report(st, person(st, ANN), "lamp-broken", 0, LAT + 0.5 * A_KM, LON + 1.5 * A_KM);
	report(st, person(st, BOB), "lamp-broken", 0, LAT + 1.5 * A_KM, LON + 1.5 * A_KM);
	report(st, person(st, CAS), "lamp-broken", 0, LAT + 1.5 * A_KM, LON + 0.5 * A_KM);
	report(st, person(st, DEE), "lamp-broken", 0, LAT + 0.5 * A_KM, LON - 0.1 * A_KM);
	n = notice(st, "1", "");
	gather(st, &n,
	       &(struct recipient_query){
		       .source = SOURCE_POLYGON, .ring = ring, .n_ring = ARRAY_SIZE(ring) });
	DUE(st, &n, ANN, CAS);
}

static void many_reports_at_one_place_are_all_looked_at(void **state)
{
	struct store *st = *state;
	struct notice n;

	begin(st);
	report(st, person(st, ANN), "lamp-broken", 0, LAT, LON);
	report(st, person(st, BOB), "lamp-broken", 0, LAT, LON);
	report(st, person(st, CAS), "lamp-broken", 0, LAT, LON);
	n = notice(st, "1", "");
	gather(st, &n,
	       &(struct recipient_query){
		       .source = SOURCE_CIRCLE, .lat = LAT, .lon = LON, .radius_m = 10 });
	DUE(st, &n, ANN, BOB, CAS);
}

static void a_category_is_of_open_reports(void **state)
{
	struct store *st = *state;
	struct report_change solved = {
		.state = REPORT_SOLVED, .at_s = T0, .who = "test", .channel = "test"
	};
	struct notice n;
	int64_t event;

	begin(st);
	report(st, person(st, ANN), "container-full", 0, LAT, LON);
	assert_int_equal(
		store_report_change(st, report(st, person(st, BOB), "container-full", 0, LAT, LON),
				    &solved, &event),
		0);
	report(st, person(st, CAS), "lamp-broken", 0, LAT, LON);
	n = notice(st, "1", "");
	gather(st, &n,
	       &(struct recipient_query){ .source = SOURCE_CATEGORY,
					  .category = "container-full" });
	DUE(st, &n, ANN);
}

static void stop_is_honoured_for_all_and_for_a_list(void **state)
{
	struct store *st = *state;
	struct notice n, other, got;
	int64_t ann, bob;

	begin(st);
	ann = person(st, ANN);
	bob = person(st, BOB);
	report(st, ann, "lamp-broken", 1, LAT, LON);
	report(st, bob, "lamp-broken", 1, LAT, LON);
	report(st, person(st, CAS), "lamp-broken", 1, LAT, LON);
	assert_int_equal(store_person_stop(st, ann, true, T0), 0);
	assert_int_equal(store_list_stop(st, bob, "markt", true, T0), 0);
	assert_int_equal(store_list_stop(st, bob, "markt", true, T0), 0);
	n = notice(st, "1", "markt");
	gather(st, &n, &(struct recipient_query){ .source = SOURCE_AREA, .ref = 1 });
	DUE(st, &n, CAS);
	get(st, &n, &got);
	assert_int_equal(got.recipients, 3);
	assert_int_equal(got.skipped, 2);
	other = notice(st, "2", "");
	gather(st, &other, &(struct recipient_query){ .source = SOURCE_AREA, .ref = 1 });
	DUE(st, &other, BOB, CAS);
	assert_int_equal(store_person_stop(st, bob, true, T0), 0); /* meanwhile */
	DUE(st, &other, CAS);
	get(st, &other, &got);
	assert_int_equal(got.skipped, 2);
}

static void a_file_s_number_is_the_person_of_that_number(void **state)
{
	struct store *st = *state;
	struct recipient out[4];
	struct notice n;

	begin(st);
	assert_int_equal(store_person_language(st, person(st, BOB), "tr"), 0);
	assert_int_equal(store_person_stop(st, person(st, CAS), true, T0), 0);
	n = notice(st, "1", "");
	assert_int_equal(store_recipient_add(st, &n, ANN, "pl"), 0);
	assert_int_equal(store_recipient_add(st, &n, ANN, "pl"), -EEXIST);
	assert_int_equal(store_recipient_add(st, &n, BOB, "pl"), 0);
	assert_int_equal(store_recipient_add(st, &n, CAS, NULL), 1);
	assert_int_equal(store_recipients_due(st, &n, out, 4), 2);
	assert_string_equal(out[0].language, "pl");
	assert_int_equal(out[0].person_id, 0);
	assert_string_equal(out[1].language, "tr"); /* chosen by themselves */
	assert_int_equal(out[1].person_id, person(st, BOB));
}

/* ---- what becomes of them ---- */

static int64_t queue(struct store *st, const struct notice *n, const char *number)
{
	struct sms_piece piece = { .len = 1 };
	int64_t id;

	assert_int_equal(store_outbox_add(st, number, OUTBOX_NOTICE, "", "Er is geen water.",
					  &piece, 1, 0, 0, T0, T0 + 3600, 0, &id),
			 0);
	assert_int_equal(store_outbox_of_notice(st, id, n->id), 0);
	assert_int_equal(store_recipient_put(st, n->id, number, RECIPIENT_QUEUED), 0);
	return id;
}

static int64_t part_of(struct store *st, int64_t outbox_id)
{
	char *sql = talloc_asprintf(st, "SELECT id FROM outbox_part WHERE outbox_id = %d",
				    (int)outbox_id);
	int64_t id = sql_number(st, sql);

	talloc_free(sql);
	return id;
}

static enum recipient_state state_of(struct store *st, const struct notice *n, const char *number)
{
	enum recipient_state state;

	assert_int_equal(store_recipient_get(st, n->id, number, &state), 0);
	return state;
}

static struct notice three(struct store *st)
{
	struct notice n = notice(st, "1", "");

	assert_int_equal(store_recipient_add(st, &n, ANN, NULL), 0);
	assert_int_equal(store_recipient_add(st, &n, BOB, NULL), 0);
	assert_true(store_recipient_add(st, &n, CAS, NULL) >= 0);
	return n;
}

static void a_text_s_fate_is_its_recipient_s(void **state)
{
	struct store *st = *state;
	struct notice n, got;
	int64_t part;

	begin(st);
	n = three(st);
	part = part_of(st, queue(st, &n, ANN));
	assert_int_equal(store_outbox_sending(st, part, "modem 1", T0), 0);
	assert_int_equal(state_of(st, &n, ANN), RECIPIENT_QUEUED);
	assert_int_equal(store_outbox_sent(st, part, 7, T0, T0 + 60), 0);
	assert_int_equal(state_of(st, &n, ANN), RECIPIENT_SENT);
	assert_int_equal(store_outbox_final(st, part, "delivered", 0, T0), 0);
	assert_int_equal(state_of(st, &n, ANN), RECIPIENT_DELIVERED);
	part = part_of(st, queue(st, &n, BOB));
	assert_int_equal(store_outbox_final(st, part, "failed", 500, T0), 0);
	queue(st, &n, CAS);
	get(st, &n, &got);
	assert_int_equal(got.delivered, 1);
	assert_int_equal(got.failed, 1);
	assert_int_equal(got.queued, 1);
	assert_int_equal(got.sent, 0);
}

static void what_has_not_left_is_taken_back(void **state)
{
	struct store *st = *state;
	struct notice n, got;
	struct outbox_counts counts;
	int64_t sending;

	begin(st);
	n = three(st);
	sending = part_of(st, queue(st, &n, ANN));
	assert_int_equal(store_outbox_sending(st, sending, "modem 1", T0), 0);
	queue(st, &n, BOB);
	assert_int_equal(store_notice_withdraw(st, n.id, T0), 1);
	assert_int_equal(state_of(st, &n, ANN), RECIPIENT_QUEUED);
	assert_int_equal(state_of(st, &n, BOB), RECIPIENT_DUE);
	DUE(st, &n, BOB, CAS);
	get(st, &n, &got);
	assert_int_equal(got.queued, 1);
	assert_int_equal(store_outbox_counts(st, &counts), 0);
	assert_int_equal(counts.queued[OUTBOX_NOTICE], 0);
}

static void a_correction_goes_to_who_got_the_first(void **state)
{
	struct store *st = *state;
	struct notice n, update;
	int64_t part;

	begin(st);
	n = three(st);
	part = part_of(st, queue(st, &n, ANN));
	assert_int_equal(store_outbox_sending(st, part, "modem 1", T0), 0);
	assert_int_equal(store_outbox_sent(st, part, 7, T0, T0 + 60), 0);
	assert_int_equal(store_outbox_final(st, part_of(st, queue(st, &n, BOB)), "failed", 500, T0),
			 0);
	queue(st, &n, CAS); /* it may still be taken back */
	update = notice(st, "2", "");
	gather(st, &update, &(struct recipient_query){ .source = SOURCE_NOTICE, .ref = n.id });
	DUE(st, &update, ANN);
}

/* ---- notices ---- */

static void the_same_key_is_the_same_notice(void **state)
{
	struct store *st = *state;
	struct notice n, again = { .key = "k", .words = "{}", .audience = "{}", .who = "test" };

	begin(st);
	n = notice(st, "k", "");
	assert_int_equal(store_notice_add(st, &again), -EEXIST);
	assert_int_equal(again.id, n.id);
}

static void what_has_ended_is_not_open(void **state)
{
	struct store *st = *state;
	struct notice first, second, got;

	begin(st);
	first = notice(st, "1", "");
	second = notice(st, "2", "");
	first.state = NOTICE_DONE;
	assert_int_equal(store_notice_put(st, &first, T0 + 5), 0);
	assert_int_equal(store_notice_open(st, st, 0, &got), 0);
	assert_int_equal(got.id, second.id);
	assert_int_equal(store_notice_open(st, st, got.id, &got), -ENOENT);
	get(st, &first, &got);
	assert_int_equal(got.state, NOTICE_DONE);
	assert_int_equal(got.ended_s, T0 + 5);
	first.id = 99;
	assert_int_equal(store_notice_put(st, &first, T0), -ENOENT);
}

static bool sum_people(const char *language, int64_t people, void *data)
{
	int64_t *of = data;

	of[strcmp(language, "tr") == 0 ? 1 : strcmp(language, "") == 0 ? 0 : 2] += people;
	return true;
}

static void people_are_counted_a_language(void **state)
{
	struct store *st = *state;
	int64_t people[3] = {};
	struct notice n;

	begin(st);
	assert_int_equal(store_person_stop(st, person(st, CAS), true, T0), 0);
	n = three(st);
	assert_int_equal(store_recipient_add(st, &n, DEE, "tr"), 0);
	assert_int_equal(store_recipient_add(st, &n, DEE, "tr"), -EEXIST);
	assert_int_equal(store_notice_languages(st, n.id, sum_people, people), 0);
	assert_int_equal(people[0], 2);
	assert_int_equal(people[1], 1);
	assert_int_equal(people[2], 0);
}

/* ---- subscriptions ---- */

static bool count_names(const struct subscription *sub, void *data)
{
	(*(int *)data)++;
	return true;
}

static void a_subscription_stands_once(void **state)
{
	struct store *st = *state;
	struct subscription sub = { .kind = SUBSCRIBE_CATEGORY, .category = "container-full" };
	int count = 0;

	begin(st);
	sub.person_id = person(st, ANN);
	assert_int_equal(store_subscribe(st, &sub, T0), 0);
	assert_int_equal(store_subscribe(st, &sub, T0), -EEXIST);
	assert_int_equal(store_subscriptions(st, sub.person_id, count_names, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(store_unsubscribe(st, &sub), 0);
	assert_int_equal(store_unsubscribe(st, &sub), -ENOENT);
}

static void subscribe(struct store *st, const char *number, enum subscription_kind kind,
		      int64_t ref, const char *category)
{
	struct subscription sub = { .person_id = person(st, number), .kind = kind, .ref = ref };

	OSMO_STRLCPY_ARRAY(sub.category, category);
	assert_int_equal(store_subscribe(st, &sub, T0), 0);
}

static bool gets(struct store *st, const struct notice *n, const char *number)
{
	enum recipient_state state;
	int rc = store_recipient_get(st, n->id, number, &state);

	assert_true(rc == 0 || rc == -ENOENT);
	return rc == 0;
}

/* Of an area what is of its streets, of a group what is of its categories, of everything all. */
static void who_subscribed_more_widely_gets_it_too(void **state)
{
	struct store *st = *state;
	struct notice n;

	begin(st);
	subscribe(st, ANN, SUBSCRIBE_AREA, 7, "");
	subscribe(st, BOB, SUBSCRIBE_CATEGORY, 0, "main:waste");
	subscribe(st, CAS, SUBSCRIBE_ALL, 0, "");
	subscribe(st, DEE, SUBSCRIBE_AREA, 8, "");
	n = notice(st, "street", "");
	gather(st, &n,
	       &(struct recipient_query){ .source = SOURCE_STREET, .ref = 3, .area_id = 7 });
	assert_true(gets(st, &n, ANN) && gets(st, &n, CAS));
	assert_false(gets(st, &n, BOB) || gets(st, &n, DEE));
	n = notice(st, "category", "");
	gather(st, &n,
	       &(struct recipient_query){ .source = SOURCE_CATEGORY,
					  .category = "container-full",
					  .group = "main:waste" });
	assert_true(gets(st, &n, BOB) && gets(st, &n, CAS));
	assert_false(gets(st, &n, ANN) || gets(st, &n, DEE));
}

static void lists_are_found_whatever_their_case(void **state)
{
	struct store *st = *state;
	char name[64];

	begin(st);
	notice(st, "none", "");
	assert_int_equal(store_list_find(st, "water", name, sizeof(name)), -ENOENT);
	assert_int_equal(store_list_find(st, "", name, sizeof(name)), -ENOENT);
	notice(st, "one", "Water");
	assert_int_equal(store_list_find(st, "WATER", name, sizeof(name)), 0);
	assert_string_equal(name, "Water");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_area_is_its_reporters_followers_and_subscribers),
		STORE_TEST(who_reported_long_ago_lives_elsewhere),
		STORE_TEST(a_circle_has_an_edge),
		STORE_TEST(a_polygon_may_have_a_bay),
		STORE_TEST(many_reports_at_one_place_are_all_looked_at),
		STORE_TEST(a_category_is_of_open_reports),
		STORE_TEST(stop_is_honoured_for_all_and_for_a_list),
		STORE_TEST(a_file_s_number_is_the_person_of_that_number),
		STORE_TEST(a_text_s_fate_is_its_recipient_s),
		STORE_TEST(what_has_not_left_is_taken_back),
		STORE_TEST(a_correction_goes_to_who_got_the_first),
		STORE_TEST(the_same_key_is_the_same_notice),
		STORE_TEST(what_has_ended_is_not_open),
		STORE_TEST(people_are_counted_a_language),
		STORE_TEST(a_subscription_stands_once),
		STORE_TEST(who_subscribed_more_widely_gets_it_too),
		STORE_TEST(lists_are_found_whatever_their_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
