// SPDX-License-Identifier: AGPL-3.0-or-later
/* How a report stands, who may say so, who hears of it, and promises. */
#include "flow/flow_test.h"

#define PEER "haeghe"

struct result {
	int rc;
	unsigned int n;
};

static void note_result(int rc, void *data)
{
	struct result *r = data;

	r->rc = rc;
	r->n++;
}

/* Ann's report, with the contractor that has it. \returns its reference */
static const char *a_report(struct world *w)
{
	says(w, ANN, "MELD AFVAL SPUI 70 container vol");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report"), 1);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_report_assign(w->st, 1, PEER, "F-1"), 0);
	assert_int_equal(store_end(w->st), 0);
	run(w);
	return sql_text(w, "SELECT reference FROM report");
}

static int update(struct world *w, const char *contractor, const struct contractor_update *u)
{
	struct result r = {};
	int rc = notify_update(w->notify, contractor, contractor ? NULL : "staff", u, note_result,
			       &r);

	run(w);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.rc, rc);
	return rc;
}

static int becomes(struct world *w, const char *reference, const char *state)
{
	struct contractor_update u = { .reference = reference, .state = state };

	test_now_s += 60;
	return update(w, PEER, &u);
}

static const char *state_of(struct world *w)
{
	return sql_text(w, "SELECT state FROM report");
}

/* What the resident was told last. */
static int64_t promise_of(struct world *w)
{
	struct report r;

	assert_int_equal(store_report_get(w, w->st, 1, &r), 0);
	return r.promise_s;
}

/* ---- who may say what */

static void resident_hears_of_the_planned_date(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	int64_t before = texts_to(w, ANN);
	struct contractor_update u = { .reference = reference,
				       .state = "planned",
				       .expected_s = 1764590400 }; /* Monday 1 December 2025 */

	assert_int_equal(update(w, PEER, &u), 0);
	assert_string_equal(state_of(w), "planned");
	assert_int_equal(texts_to(w, ANN), before + 1);
	assert_non_null(strstr(last_text_to(w, ANN), "1 dec"));
}

static void their_number_is_as_good_as_ours(void **state)
{
	struct world *w = *state;
	struct contractor_update u = { .their_ref = "F-1", .state = "in_progress" };

	a_report(w);
	assert_int_equal(update(w, PEER, &u), 0);
	assert_string_equal(state_of(w), "in_progress");
}

static void result_comes_after_the_commit(void **state)
{
	struct world *w = *state;
	struct contractor_update u = { .reference = a_report(w), .state = "planned" };
	struct result r = {};

	assert_int_equal(notify_update(w->notify, PEER, NULL, &u, note_result, &r), 0);
	assert_int_equal(r.n, 0);
	disk_full(w, true);
	run(w);
	disk_full(w, false);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.rc, -EIO);
	assert_string_not_equal(state_of(w), "planned");
	assert_int_equal(update(w, PEER, &u), 0);
}

static void replayed_key_changes_nothing(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	struct contractor_update u = { .key = "msg_1", .reference = reference, .state = "planned" };
	int64_t before;

	assert_int_equal(update(w, PEER, &u), 0);
	before = texts_to(w, ANN);
	u.state = "solved";
	assert_int_equal(update(w, PEER, &u), -EEXIST);
	assert_string_equal(state_of(w), "planned");
	assert_int_equal(texts_to(w, ANN), before);
}

static void contractor_of_another_report_may_not_say(void **state)
{
	struct world *w = *state;
	struct contractor_update u = { .reference = a_report(w), .state = "solved" };

	assert_int_equal(update(w, "other", &u), -EPERM);
	assert_string_not_equal(state_of(w), "solved");
}

static void unknown_report_and_unknown_state_are_told_apart(void **state)
{
	struct world *w = *state;
	struct contractor_update u = { .reference = "0000000", .state = "solved" };

	assert_int_equal(update(w, PEER, &u), -ENOENT);
	u.reference = a_report(w);
	u.state = "nearly";
	assert_int_equal(update(w, PEER, &u), -EINVAL);
}

static void refused_update_leaves_its_key_unused(void **state)
{
	struct world *w = *state;
	struct contractor_update u = { .key = "msg_1",
				       .reference = a_report(w),
				       .state = "nearly" };

	assert_int_equal(update(w, PEER, &u), -EINVAL);
	u.state = "planned";
	assert_int_equal(update(w, PEER, &u), 0);
}

static void older_state_never_overwrites_a_newer(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	struct contractor_update old = { .reference = reference, .state = "planned" };
	int64_t before;

	old.at_s = test_now_s + 1;
	test_now_s += 100;
	assert_int_equal(becomes(w, reference, "solved"), 0);
	before = texts_to(w, ANN);
	assert_int_equal(update(w, PEER, &old), -ESTALE);
	assert_string_equal(state_of(w), "solved");
	assert_int_equal(texts_to(w, ANN), before);
}

static void time_from_the_future_does_not_lock_a_report(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	struct contractor_update u = { .reference = reference, .state = "planned" };

	u.at_s = test_now_s + 365 * DAY_S;
	assert_int_equal(update(w, PEER, &u), 0);
	test_now_s += 3600;
	assert_int_equal(becomes(w, reference, "solved"), 0);
	assert_string_equal(state_of(w), "solved");
}

static void note_alone_is_history_and_no_text(void **state)
{
	struct world *w = *state;
	struct contractor_update u = { .reference = a_report(w), .state = "", .note = "sleutel" };
	int64_t before = texts_to(w, ANN);

	assert_int_equal(update(w, PEER, &u), 0);
	assert_int_equal(texts_to(w, ANN), before);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report_event WHERE note = 'sleutel'"),
			 1);
}

static void same_again_is_no_news(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	int64_t before;

	assert_int_equal(becomes(w, reference, "planned"), 0);
	before = texts_to(w, ANN);
	assert_int_equal(becomes(w, reference, "planned"), 0);
	assert_int_equal(texts_to(w, ANN), before);
}

/* ---- who hears */

static void follower_is_told_in_their_own_language(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	says(w, BOB, "ENGLISH");
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_follow(w->st, 1, 2, test_now_s), 0);
	assert_int_equal(store_end(w->st), 0);
	assert_int_equal(becomes(w, reference, "solved"), 0);
	assert_non_null(strstr(last_text_to(w, ANN), "opgelost"));
	assert_non_null(strstr(last_text_to(w, BOB), "olved"));
	/* only whose report it is decides whether it is solved */
	assert_int_equal(sql_number(w, "SELECT count(*) FROM dialogue WHERE person_id = 1"), 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM dialogue WHERE person_id = 2"), 0);
}

static void who_said_stop_hears_nothing(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	int64_t before;

	says(w, ANN, "STOP");
	before = texts_to(w, ANN);
	assert_int_equal(becomes(w, reference, "planned"), 0);
	assert_int_equal(texts_to(w, ANN), before);
	assert_string_equal(state_of(w), "planned");
}

static void not_solved_reopens_and_the_contractor_is_to_hear_it(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	assert_int_equal(becomes(w, reference, "solved"), 0);
	says(w, ANN, "2");
	says(w, ANN, "het ligt er nog");
	assert_string_equal(state_of(w), "reopened");
	assert_true(sql_number(w, "SELECT count(*) FROM forward WHERE event_id IS NOT NULL") > 0);
}

/* ---- promises */

static void new_date_is_told_before_the_promise_breaks(void **state)
{
	struct world *w = *state;
	int64_t before, promise_s, told_s = 0;

	a_report(w);
	before = texts_to(w, ANN);
	promise_s = promise_of(w);
	assert_true(promise_s > test_now_s);
	while (test_now_s < promise_s && !told_s) {
		pass(w, 3600);
		if (texts_to(w, ANN) > before)
			told_s = test_now_s;
	}
	assert_true(told_s > 0 && told_s < promise_s);
	assert_true(promise_of(w) > promise_s);
	assert_int_equal(texts_to(w, ANN), before + 1);
}

static void promise_that_is_planned_in_time_is_not_taken_back_early(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	int64_t promise_s = promise_of(w);
	struct contractor_update u = { .reference = reference,
				       .state = "planned",
				       .expected_s = promise_s };
	int64_t before;

	assert_int_equal(update(w, PEER, &u), 0);
	before = texts_to(w, ANN);
	pass(w, promise_s - 7 * 3600 - test_now_s);
	assert_int_equal(texts_to(w, ANN), before);
	assert_int_equal(becomes(w, reference, "solved"), 0);
	before = texts_to(w, ANN);
	pass(w, DAY_S / 2);
	assert_int_equal(texts_to(w, ANN), before);
}

static void solved_report_closes_when_nobody_objected_for_five_days(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	int64_t solved_s;

	assert_int_equal(becomes(w, reference, "solved"), 0);
	solved_s = test_now_s;
	pass(w, 5 * DAY_S - 3600);
	assert_string_equal(state_of(w), "solved");
	pass(w, solved_s + 5 * DAY_S + 3600 - test_now_s);
	assert_string_equal(state_of(w), "closed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(resident_hears_of_the_planned_date),
		FLOW_TEST(their_number_is_as_good_as_ours),
		FLOW_TEST(result_comes_after_the_commit),
		FLOW_TEST(replayed_key_changes_nothing),
		FLOW_TEST(contractor_of_another_report_may_not_say),
		FLOW_TEST(unknown_report_and_unknown_state_are_told_apart),
		FLOW_TEST(refused_update_leaves_its_key_unused),
		FLOW_TEST(older_state_never_overwrites_a_newer),
		FLOW_TEST(time_from_the_future_does_not_lock_a_report),
		FLOW_TEST(note_alone_is_history_and_no_text),
		FLOW_TEST(same_again_is_no_news),
		FLOW_TEST(follower_is_told_in_their_own_language),
		FLOW_TEST(who_said_stop_hears_nothing),
		FLOW_TEST(not_solved_reopens_and_the_contractor_is_to_hear_it),
		FLOW_TEST(new_date_is_told_before_the_promise_breaks),
		FLOW_TEST(promise_that_is_planned_in_time_is_not_taken_back_early),
		FLOW_TEST(solved_report_closes_when_nobody_objected_for_five_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
