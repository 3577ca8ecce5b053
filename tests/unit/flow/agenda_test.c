// SPDX-License-Identifier: AGPL-3.0-or-later
/* The one timer for all that is due. */
#include "flow/flow_test.h"

struct bell {
	unsigned int rung;
	int64_t at_s;
};

static void ring(void *data, int64_t now_s)
{
	struct bell *b = data;

	b->rung++;
	b->at_s = now_s;
}

static void timer_is_for_the_earliest_that_is_due(void **state)
{
	struct world *w = *state;
	struct bell b = {};

	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	outcome(w, last_given(w)->id, LINE_RETRY, -1); /* due in 5 s */
	agenda_add(w->agenda, ring, &b);
	agenda_look(w->agenda);
	tick(w, 4);
	assert_int_equal(b.rung, 0);
	tick(w, 1);
	assert_int_equal(b.rung, 1);
	assert_int_equal(w->line->n, 2);
}

static void what_is_due_and_cannot_go_does_not_keep_the_loop_busy(void **state)
{
	struct world *w = *state;
	struct bell b = {};

	w->line->ln.state = LINE_DOWN;
	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	agenda_add(w->agenda, ring, &b);
	agenda_look(w->agenda);
	tick(w, 60);
	tick(w, 60);
	assert_int_equal(b.rung, 0);
}

/* A commit of something else in the very second in which a row becomes due looks again before the timer
 * rings. */
static void what_became_due_before_the_timer_rang_is_not_stepped_over(void **state)
{
	struct world *w = *state;
	struct bell b = {};

	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	outcome(w, last_given(w)->id, LINE_RETRY, -1); /* due in 5 s */
	agenda_add(w->agenda, ring, &b);
	agenda_look(w->agenda);
	test_now_s += 6;
	agenda_look(w->agenda);
	tick(w, 1);
	assert_int_equal(b.rung, 1);
	assert_int_equal(w->line->n, 2);
}

static void it_looks_again_after_ten_minutes_at_most(void **state)
{
	struct world *w = *state;
	struct bell b = {};

	agenda_add(w->agenda, ring, &b);
	agenda_look(w->agenda);
	tick(w, 599);
	assert_int_equal(b.rung, 0);
	tick(w, 1);
	assert_int_equal(b.rung, 1);
	tick(w, 600);
	assert_int_equal(b.rung, 2);
}

static void moved_clock_is_seen_at_once(void **state)
{
	struct world *w = *state;
	struct bell b = {};

	agenda_add(w->agenda, ring, &b);
	agenda_look(w->agenda);
	test_now_s += 7 * DAY_S;
	agenda_now(w->agenda);
	run(w);
	assert_int_equal(b.rung, 1);
	assert_int_equal(b.at_s, test_now_s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(timer_is_for_the_earliest_that_is_due),
		FLOW_TEST(what_is_due_and_cannot_go_does_not_keep_the_loop_busy),
		FLOW_TEST(what_became_due_before_the_timer_rang_is_not_stepped_over),
		FLOW_TEST(it_looks_again_after_ten_minutes_at_most),
		FLOW_TEST(moved_clock_is_seen_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
