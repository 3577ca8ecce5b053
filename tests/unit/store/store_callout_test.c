// SPDX-License-Identifier: AGPL-3.0-or-later
/* Calls that we place: one call back a number, a try that counts before it is dialled, and what is due. */
#include "store/store_callout.h"
#include "store/store_test.h"

#define NUMBER "+31612345678"
#define OTHER  "+31687654321"

static struct callout_row add(struct store *st, const char *number, bool notice, int64_t due_s)
{
	struct callout_row row = { .notice = notice, .due_s = due_s, .created_s = T0 };
	struct person p;

	assert_int_equal(store_person_get(st, number, T0, &p), 0);
	row.person_id = p.id;
	row.text = notice ? "Geen water." : NULL;
	OSMO_STRLCPY_ARRAY(row.number, number);
	OSMO_STRLCPY_ARRAY(row.language, notice ? "tr" : "");
	assert_int_equal(store_callout_add(st, &row), 0);
	assert_true(row.id > 0);
	return row;
}

static struct callout_row get(struct store *st, int64_t id)
{
	struct callout_row row;

	assert_int_equal(store_callout_get(st, st, id, &row), 0);
	return row;
}

static void one_call_back_a_number_at_a_time(void **state)
{
	struct store *st = *state;
	struct callout_row first, again;

	store_begin(st);
	first = add(st, NUMBER, false, T0);
	again = first;
	assert_int_equal(store_callout_add(st, &again), -EEXIST);
	add(st, OTHER, false, T0);
	add(st, NUMBER, true, T0); /* a notice is another matter */
	assert_int_equal(store_callout_back(st, st, NUMBER, &again), 0);
	assert_int_equal(again.id, first.id);
	assert_int_equal(store_callout_end(st, first.id, "reached", "heard", T0 + 9), 0);
	assert_int_equal(store_callout_back(st, st, NUMBER, &again), -ENOENT);
	add(st, NUMBER, false, T0);
	assert_int_equal(store_callout_recent(st, NUMBER, T0 - 1), 2);
	assert_int_equal(store_callout_recent(st, NUMBER, T0), 0);
	assert_int_equal(store_callout_waiting(st), 3);
}

static void what_was_written_is_read(void **state)
{
	struct store *st = *state;
	struct callout_row row;

	store_begin(st);
	row = get(st, add(st, NUMBER, true, T0 + 5).id);
	assert_true(row.notice);
	assert_string_equal(row.number, NUMBER);
	assert_string_equal(row.language, "tr");
	assert_string_equal(row.text, "Geen water.");
	assert_string_equal(row.state, "waiting");
	assert_int_equal(row.due_s, T0 + 5);
	assert_int_equal(row.created_s, T0);
	assert_int_equal(row.tries, 0);
	assert_int_equal(row.ended_s, 0);
	row = get(st, add(st, NUMBER, false, T0).id);
	assert_false(row.notice);
	assert_null(row.text);
	assert_string_equal(row.language, "");
	assert_int_equal(store_callout_get(st, st, 99, &row), -ENOENT);
}

static void a_try_counts_before_it_is_dialled(void **state)
{
	struct store *st = *state;
	struct callout_row row;
	int64_t id;

	store_begin(st);
	id = add(st, NUMBER, false, T0).id;
	assert_int_equal(store_callout_again(st, id, T0, true, "busy"), -ENOENT);
	assert_int_equal(store_callout_dial(st, id, "sip city", T0 + 2), 0);
	assert_int_equal(store_callout_dial(st, id, "sip city", T0 + 2), -ENOENT);
	row = get(st, id);
	assert_string_equal(row.state, "dialling");
	assert_int_equal(row.since_s, T0 + 2);
	assert_int_equal(row.tries, 1);
	assert_string_equal(row.line, "sip city");
	assert_int_equal(store_callout_dialling(st, st, 0, &row), 0);
	assert_int_equal(row.id, id);
	assert_int_equal(store_callout_dialling(st, st, id, &row), -ENOENT);
	assert_int_equal(store_callout_again(st, id, T0 + 60, true, "busy"), 0);
	row = get(st, id);
	assert_string_equal(row.state, "waiting");
	assert_string_equal(row.cause, "busy");
	assert_int_equal(row.tries, 1);
	assert_int_equal(row.since_s, 0);
	assert_int_equal(store_callout_dial(st, id, "modem 1", T0 + 60), 0);
	assert_int_equal(store_callout_again(st, id, T0 + 70, false, "not-dialled"), 0);
	assert_int_equal(get(st, id).tries, 1);
	assert_int_equal(store_callout_end(st, id, "unreached", "no-answer", T0 + 90), 0);
	assert_int_equal(store_callout_end(st, id, "dropped", "", T0 + 91), -ENOENT);
	assert_int_equal(get(st, id).ended_s, T0 + 90);
}

static void due_ones_come_in_order(void **state)
{
	struct store *st = *state;
	struct callout_row row;
	int64_t late, first, second, due_s;

	store_begin(st);
	late = add(st, NUMBER, true, T0 + 100).id;
	first = add(st, NUMBER, true, T0).id;
	second = add(st, OTHER, true, T0).id;
	assert_int_equal(store_callout_due(st, st, T0, 0, 0, &row), 0);
	assert_int_equal(row.id, first);
	assert_int_equal(store_callout_due(st, st, T0, row.due_s, row.id, &row), 0);
	assert_int_equal(row.id, second);
	assert_int_equal(store_callout_due(st, st, T0, row.due_s, row.id, &row), -ENOENT);
	assert_int_equal(store_next_due(st, T0, &due_s), 0);
	assert_int_equal(due_s, T0 + 100);
	assert_int_equal(store_callout_later(st, late, T0 + 500), 0);
	assert_int_equal(store_next_due(st, T0, &due_s), 0);
	assert_int_equal(due_s, T0 + 500);
	assert_int_equal(store_callout_due(st, st, T0 + 500, T0, second, &row), 0);
	assert_int_equal(row.id, late);
}

static bool count(const struct callout_row *row, void *data)
{
	*(int64_t *)data = *(int64_t *)data * 10 + row->id;
	return true;
}

static void old_ones_go_after_their_calls(void **state)
{
	struct store *st = *state;
	struct call_row try = { .line = "sip city", .outgoing = true, .began_s = T0 };
	struct call_row person = { .line = "sip city", .outgoing = true, .began_s = T0 };
	int64_t ids = 0;

	store_begin(st);
	try.callout_id = add(st, NUMBER, true, T0).id;
	add(st, NUMBER, true, T0);
	assert_int_equal(store_call_add(st, &try), 0);
	person.caller_id = try.id;
	assert_int_equal(store_call_add(st, &person), 0);
	assert_int_equal(store_callout_end(st, 1, "reached", "heard", T0 + 9), 0);
	assert_int_equal(store_callout_list(st, st, 10, count, &ids), 0);
	assert_int_equal(ids, 21);
	assert_int_equal(store_call_end(st, try.id, "done", T0 + 9), 0);
	assert_int_equal(store_call_end(st, person.id, "done", T0 + 9), 0);
	assert_int_equal(store_callout_tidy(st, T0 + 10, 10), 0); /* it has a call */
	assert_int_equal(store_call_tidy(st, T0 + 10, 10), 1);	  /* the person's first */
	assert_int_equal(store_call_tidy(st, T0 + 10, 10), 1);
	assert_int_equal(store_callout_tidy(st, T0 + 9, 10), 0);
	assert_int_equal(store_callout_tidy(st, T0 + 10, 10), 1);
	assert_int_equal(store_callout_waiting(st), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(one_call_back_a_number_at_a_time),  STORE_TEST(what_was_written_is_read),
		STORE_TEST(a_try_counts_before_it_is_dialled), STORE_TEST(due_ones_come_in_order),
		STORE_TEST(old_ones_go_after_their_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
