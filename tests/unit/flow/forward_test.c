// SPDX-License-Identifier: AGPL-3.0-or-later
/* Orders that must reach a contractor: routing, the ladder, alarms, the next rung.  No one listens at
 * the contractor's address; what one answers is tested in contractor/ and with a real server in e2e. */
#include "flow/flow_test.h"

#define NOBODY "http://127.0.0.1:1/requests.json" /* tcpmux: refused at once */

static const struct contractor_cfg peer_cfg = {
	.name = "haeghe",
	.url = NOBODY,
	.format = CONTRACTOR_OPEN311,
	.rung_after_s = 3600,
	.window = 1,
};

static struct contractor *add_contractor(struct world *w, const struct contractor_cfg *cfg)
{
	struct contractor *c = contractor_alloc(w, http_pool_alloc(w, NULL), cfg);

	forwarder_add(w->forwarder, c);
	return c;
}

static void files(struct world *w, const char *text)
{
	int64_t before = sql_number(w, "SELECT count(*) FROM report");

	says(w, ANN, text);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report"), before + 1);
}

static int64_t tries(struct world *w)
{
	return sql_number(w, "SELECT sum(tries) FROM forward");
}

/* Until so many tries were written down: the connection is refused by the kernel. */
static void run_until_tries(struct world *w, int64_t n)
{
	time_t end = time(NULL) + 10;

	do {
		run(w);
		assert_true(time(NULL) < end);
	} while (tries(w) < n);
	assert_int_equal(tries(w), n);
}

/* The next try is due; \returns how long after the last one. */
static int64_t pass_to_next_try(struct world *w)
{
	int64_t due_s = sql_number(w, "SELECT min(due) FROM forward WHERE state = 'due'");
	int64_t wait_s = due_s - test_now_s;

	assert_true(wait_s > 0);
	test_now_s = due_s;
	osmo_gettimeofday_override_add(wait_s, 0);
	contractor_kick(forwarder_find(w->forwarder, "haeghe"));
	forwarder_due(w->forwarder, test_now_s);
	return wait_s;
}

/* ---- the ladder */

static void failing_contractor_never_marks_a_report_forwarded(void **state)
{
	struct world *w = *state;

	add_contractor(w, &peer_cfg);
	files(w, "MELD AFVAL SPUI 70 container vol");
	run_until_tries(w, 1);
	assert_string_equal(sql_text(w, "SELECT state FROM report"), "received");
	assert_string_equal(sql_text(w, "SELECT state FROM forward"), "due");
	assert_string_equal(sql_text(w, "SELECT contractor FROM report"), "haeghe");
}

/* Steps of the README: 5 s, 30 s, 2, 10 and 30 minutes, 1, 2, 4 and then every 6 hours; with up to a
 * fifth more. */
static void pauses_grow_by_the_ladder_and_do_not_end(void **state)
{
	static const int64_t ladder[] = { 5,	    30,	      120,	600,	  1800,	   3600,
					  2 * 3600, 4 * 3600, 6 * 3600, 6 * 3600, 6 * 3600 };
	struct world *w = *state;
	const char *key;

	add_contractor(w, &peer_cfg);
	files(w, "MELD AFVAL SPUI 70 container vol");
	key = sql_text(w, "SELECT key FROM forward");
	for (size_t i = 0; i < ARRAY_SIZE(ladder); i++) {
		int64_t wait_s;

		run_until_tries(w, i + 1);
		wait_s = pass_to_next_try(w);
		assert_in_range(wait_s, ladder[i], ladder[i] + ladder[i] / 5);
	}
	assert_string_equal(sql_text(w, "SELECT key FROM forward"), key);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM forward"), 1);
}

static void alarm_is_on_when_it_fails_too_long(void **state)
{
	struct world *w = *state;
	int64_t on = 0;

	add_contractor(w, &peer_cfg);
	files(w, "MELD AFVAL SPUI 70 container vol");
	for (int i = 1; i <= 7; i++) {
		run_until_tries(w, i);
		on = sql_number(w, "SELECT count(*) FROM alarm WHERE what = 'contractor haeghe'");
		assert_int_equal(on, test_now_s - T0 >= peer_cfg.rung_after_s);
		pass_to_next_try(w);
	}
	assert_int_equal(on, 1);
}

static void order_goes_by_text_on_the_last_rung(void **state)
{
	struct world *w = *state;
	struct contractor_cfg cfg = peer_cfg;

	cfg.sms_number = BOB;
	add_contractor(w, &cfg);
	files(w, "MELD AFVAL SPUI 70 container vol");
	for (int i = 1; texts_to(w, BOB) == 0; i++) {
		assert_true(i < 12);
		assert_string_equal(sql_text(w, "SELECT state FROM report"), "received");
		run_until_tries(w, i);
		pass_to_next_try(w);
		run(w);
	}
	assert_int_equal(texts_to(w, BOB), 1);
	assert_non_null(strstr(last_text_to(w, BOB), "Spui 70"));
	assert_null(strstr(last_text_to(w, BOB), &ANN[1]));
	assert_string_equal(sql_text(w, "SELECT state FROM report"), "forwarded");
	assert_string_equal(sql_text(w, "SELECT state FROM forward"), "done");
}

static void operator_may_have_it_tried_at_once(void **state)
{
	struct world *w = *state;

	add_contractor(w, &peer_cfg);
	files(w, "MELD AFVAL SPUI 70 container vol");
	run_until_tries(w, 1);
	assert_int_equal(forwarder_again(w->forwarder, "haeghe"), 1);
	run_until_tries(w, 2);
}

static void resident_s_word_waits_for_the_order_before_it(void **state)
{
	struct world *w = *state;
	char text[64];

	add_contractor(w, &peer_cfg);
	files(w, "MELD AFVAL SPUI 70 container vol");
	run_until_tries(w, 1);
	snprintf(text, sizeof(text), "%s het stinkt ook",
		 sql_text(w, "SELECT reference FROM report"));
	says(w, ANN, text);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM forward"), 2);
	pass_to_next_try(w);
	run_until_tries(w, 2);
	assert_int_equal(sql_number(w, "SELECT tries FROM forward WHERE event_id IS NOT NULL"), 0);
}

/* ---- routing */

static void order_goes_to_who_does_that_work_there(void **state)
{
	struct world *w = *state;
	struct contractor_cfg here = peer_cfg, there = peer_cfg, lamps = peer_cfg;

	lamps.name = "lamps";
	lamps.categories[0] = "street-light";
	there.name = "there";
	there.areas[0] = "segbroek";
	here.name = "here";
	here.areas[0] = "centrum";
	add_contractor(w, &lamps);
	add_contractor(w, &there);
	add_contractor(w, &here);
	files(w, "MELD AFVAL SPUI 70 container vol");
	assert_string_equal(sql_text(w, "SELECT contractor FROM report WHERE id = 1"), "here");
	files(w, "MELD AFVAL WEIMARSTRAAT 40 container vol");
	assert_string_equal(sql_text(w, "SELECT contractor FROM report WHERE id = 2"), "there");
}

static void order_without_a_contractor_waits_for_one_with_an_alarm(void **state)
{
	struct world *w = *state;
	struct contractor_cfg lamps = peer_cfg;

	lamps.name = "lamps";
	lamps.categories[0] = "street-light";
	add_contractor(w, &lamps);
	files(w, "MELD AFVAL SPUI 70 container vol");
	assert_int_equal(sql_number(w,
				    "SELECT count(*) FROM alarm WHERE what LIKE 'unrouted %' AND "
				    "ended IS NULL"),
			 1);
	assert_int_equal(tries(w), 0);
	add_contractor(w, &peer_cfg);
	run_until_tries(w, 1);
	assert_string_equal(sql_text(w, "SELECT contractor FROM report"), "haeghe");
	assert_int_equal(sql_number(w,
				    "SELECT count(*) FROM alarm WHERE what LIKE 'unrouted %' AND "
				    "ended IS NULL"),
			 0);
}

static void new_configuration_takes_over_what_was_under_way(void **state)
{
	struct world *w = *state;

	add_contractor(w, &peer_cfg);
	files(w, "MELD AFVAL SPUI 70 container vol");
	forwarder_clear(w->forwarder);
	assert_null(forwarder_find(w->forwarder, "haeghe"));
	run(w);
	add_contractor(w, &peer_cfg);
	assert_int_equal(forwarder_again(w->forwarder, NULL), 1);
	run_until_tries(w, tries(w) + 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM forward"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(failing_contractor_never_marks_a_report_forwarded),
		FLOW_TEST(pauses_grow_by_the_ladder_and_do_not_end),
		FLOW_TEST(alarm_is_on_when_it_fails_too_long),
		FLOW_TEST(order_goes_by_text_on_the_last_rung),
		FLOW_TEST(operator_may_have_it_tried_at_once),
		FLOW_TEST(resident_s_word_waits_for_the_order_before_it),
		FLOW_TEST(order_goes_to_who_does_that_work_there),
		FLOW_TEST(order_without_a_contractor_waits_for_one_with_an_alarm),
		FLOW_TEST(new_configuration_takes_over_what_was_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
