// SPDX-License-Identifier: AGPL-3.0-or-later
/* Lines that residents text are kept free of notices. */
#include "flow/flow_test.h"

#define LINES 4

struct bank {
	struct world *w;
	struct fake_line *lines[LINES];
	size_t n;
};

/* "modem 1" is there already. */
static struct bank *bank_of(struct world *w, size_t n)
{
	static const char *const names[LINES] = { "modem 1", "modem 2", "modem 3", "modem 4" };
	struct bank *b = talloc_zero(w, struct bank);
	struct outbox_cfg cfg = world_outbox;

	cfg.headroom = true;
	outbox_configure(w->outbox, &cfg);
	b->w = w;
	b->n = n;
	b->lines[0] = w->line;
	for (size_t i = 1; i < n; i++) {
		b->lines[i] = world_line(w, names[i]);
		outbox_line_add(w->outbox, &b->lines[i]->ln);
	}
	return b;
}

/* An answer to each of so many texts to this line. */
static void answer(struct bank *b, size_t at, unsigned int texts)
{
	struct fake_line *fl = b->lines[at];
	struct line_outcome o = { .fate = LINE_SENT, .mr = -1 };

	while (texts-- > 0) {
		assert_int_equal(store_begin(b->w->st), 0);
		assert_int_equal(
			outbox_queue(b->w->outbox, ANN, OUTBOX_REPLY, fl->ln.name, "reply", 0), 0);
		assert_int_equal(store_end(b->w->st), 0);
		run(b->w);
		o.id = fl->given[fl->n - 1].id;
		outbox_outcome(b->w->outbox, &fl->ln, &o);
		run(b->w);
	}
}

static void notices(struct bank *b, unsigned int n)
{
	char number[PHONE_SIZE];

	while (n-- > 0) {
		snprintf(number, sizeof(number), "+3162000%04u", n);
		queue(b->w, number, OUTBOX_NOTICE, "notice");
	}
	run(b->w);
}

static bool has_notice(const struct bank *b, size_t at)
{
	const struct fake_line *fl = b->lines[at];

	return fl->n > 0 && strcmp(fl->given[fl->n - 1].text, "notice") == 0;
}

/* "-x--": a line that has one is an x. */
static void notices_leave_by(struct bank *b, const char *pattern)
{
	char got[LINES + 1] = "";
	unsigned int many = 0;

	notices(b, 10);
	for (size_t i = 0; i < b->n; i++) {
		got[i] = has_notice(b, i) ? 'x' : '-';
		many += has_notice(b, i);
	}
	assert_string_equal(got, pattern);
	assert_int_equal(outbox_window(b->w->outbox), many);
}

static void the_first_is_kept_where_nobody_texted(void **state)
{
	notices_leave_by(bank_of(*state, 2), "-x");
}

static void the_one_that_is_texted_is_kept(void **state)
{
	struct bank *b = bank_of(*state, 2);

	answer(b, 1, 1);
	notices_leave_by(b, "x-");
}

static void a_line_that_is_alone_carries_all(void **state)
{
	struct bank *b = bank_of(*state, 1);

	answer(b, 0, 5);
	notices_leave_by(b, "x");
}

static void the_other_one_carries_them_when_its_own_is_down(void **state)
{
	struct bank *b = bank_of(*state, 2);

	b->lines[1]->ln.state = LINE_DOWN;
	notices_leave_by(b, "x-");
}

static void one_is_enough_where_one_is_texted(void **state)
{
	struct bank *b = bank_of(*state, 4);

	answer(b, 2, 200);
	answer(b, 0, 1);
	answer(b, 3, 1);
	notices_leave_by(b, "xx-x");
}

static void no_more_than_half_is_kept(void **state)
{
	struct bank *b = bank_of(*state, 4);

	for (size_t i = 0; i < 4; i++)
		answer(b, i, 8 - i);
	notices_leave_by(b, "--xx");
}

static void of_three_one_is_kept(void **state)
{
	struct bank *b = bank_of(*state, 3);

	for (size_t i = 0; i < 3; i++)
		answer(b, i, 5 + i);
	notices_leave_by(b, "xx-");
}

static void what_was_said_long_ago_counts_less(void **state)
{
	struct bank *b = bank_of(*state, 2);

	answer(b, 0, 12);
	tick(b->w, 3 * 3600);
	answer(b, 1, 1);
	notices_leave_by(b, "x-");
}

static void what_the_operator_said_is_done(void **state)
{
	struct bank *b = bank_of(*state, 3);

	answer(b, 0, 5);
	b->lines[1]->ln.replies_only = true;
	notices_leave_by(b, "x-x");
}

static void without_headroom_all_carry_them(void **state)
{
	struct bank *b = bank_of(*state, 2);

	outbox_configure(b->w->outbox, &world_outbox);
	answer(b, 0, 5);
	notices_leave_by(b, "xx");
}

static void a_line_that_takes_many_at_once_is_not_kept(void **state)
{
	struct bank *b = bank_of(*state, 2);

	b->lines[0]->ln.window = 8;
	answer(b, 0, 5);
	notices(b, 20);
	assert_true(has_notice(b, 0) && has_notice(b, 1));
}

/* A phone joins parts of one sender only. */
static void a_text_that_was_begun_goes_on_by_its_line(void **state)
{
	struct bank *b = bank_of(*state, 2);
	struct line_outcome o = { .fate = LINE_SENT, .mr = -1 };
	char text[200];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	queue(b->w, BOB, OUTBOX_NOTICE, text);
	run(b->w);
	assert_int_equal(b->lines[1]->n, 1);
	assert_int_equal(b->lines[1]->given[0].total, 2);
	o.id = b->lines[1]->given[0].id;
	assert_int_equal(store_begin(b->w->st), 0);
	assert_int_equal(outbox_queue(b->w->outbox, ANN, OUTBOX_REPLY, "modem 2", "reply", 0), 0);
	assert_int_equal(store_end(b->w->st), 0);
	notices(b, 3);
	assert_true(has_notice(b, 0));
	outbox_outcome(b->w->outbox, &b->lines[1]->ln, &o);
	run(b->w);
	assert_string_equal(b->lines[1]->given[1].text, "reply");
	o.id = b->lines[1]->given[1].id;
	outbox_outcome(b->w->outbox, &b->lines[1]->ln, &o);
	run(b->w);
	assert_int_equal(b->lines[1]->n, 3);
	assert_int_equal(b->lines[1]->given[2].number, 2);
	o.id = b->lines[1]->given[2].id;
	outbox_outcome(b->w->outbox, &b->lines[1]->ln, &o);
	run(b->w);
	assert_int_equal(b->lines[1]->n, 3);
}

/* The delay of an answer, in seconds of the clock, while a notice is under way and each part takes three. */
static void an_answer_never_waits_for_a_notice(void **state)
{
	struct bank *b = bank_of(*state, 2);
	struct line_outcome o = { .fate = LINE_SENT, .mr = -1 };

	answer(b, 0, 1);
	notices(b, 100);
	for (unsigned int i = 1; i <= 50; i++) {
		assert_int_equal(b->lines[1]->n, i);
		assert_int_equal(store_begin(b->w->st), 0);
		assert_int_equal(
			outbox_queue(b->w->outbox, ANN, OUTBOX_REPLY, "modem 1", "reply", 0), 0);
		assert_int_equal(store_end(b->w->st), 0);
		run(b->w);
		assert_int_equal(b->lines[0]->n, 1 + i);
		tick(b->w, 3);
		o.id = b->lines[0]->given[i].id;
		outbox_outcome(b->w->outbox, &b->lines[0]->ln, &o);
		o.id = b->lines[1]->given[i - 1].id;
		outbox_outcome(b->w->outbox, &b->lines[1]->ln, &o);
		run(b->w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(the_first_is_kept_where_nobody_texted),
		FLOW_TEST(the_one_that_is_texted_is_kept),
		FLOW_TEST(a_line_that_is_alone_carries_all),
		FLOW_TEST(the_other_one_carries_them_when_its_own_is_down),
		FLOW_TEST(one_is_enough_where_one_is_texted),
		FLOW_TEST(no_more_than_half_is_kept),
		FLOW_TEST(of_three_one_is_kept),
		FLOW_TEST(what_was_said_long_ago_counts_less),
		FLOW_TEST(what_the_operator_said_is_done),
		FLOW_TEST(without_headroom_all_carry_them),
		FLOW_TEST(a_line_that_takes_many_at_once_is_not_kept),
		FLOW_TEST(a_text_that_was_begun_goes_on_by_its_line),
		FLOW_TEST(an_answer_never_waits_for_a_notice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
