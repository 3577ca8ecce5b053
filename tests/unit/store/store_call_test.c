// SPDX-License-Identifier: AGPL-3.0-or-later
/* Calls and recordings: written before their file, found again after a crash, erased in time. */
#include "store/store_test.h"

#define NUMBER "+31612345678"
#define KEEP_S (90 * 86400)

static struct call_row add_call(struct store *st, const char *number, int64_t began_s)
{
	struct call_row call = { .line = "sip city", .began_s = began_s, .answered_s = began_s };

	OSMO_STRLCPY_ARRAY(call.number, number);
	assert_int_equal(store_call_add(st, &call), 0);
	assert_true(call.id > 0);
	return call;
}

static struct recording add_recording(struct store *st, const struct call_row *call, bool for_city,
				      int64_t at_s)
{
	struct recording rec = { .call_id = call->id,
				 .person_id = call->person_id,
				 .for_city = for_city,
				 .at_s = at_s,
				 .erase_s = at_s + KEEP_S };

	assert_int_equal(store_recording_add(st, st, "/var/recordings", &rec), 0);
	return rec;
}

static struct report add_report(struct store *st, int64_t person_id)
{
	struct report r = { .person_id = person_id,
			    .category = "container-full",
			    .state = REPORT_RECEIVED,
			    .language = "nl",
			    .channel = "voice",
			    .created_s = T0,
			    .state_at_s = T0,
			    .promise_s = T0 };

	assert_int_equal(store_report_add(st, &r), 0);
	return r;
}

static bool copy_call(const struct call_row *call, void *data)
{
	*(struct call_row *)data = *call;
	return false;
}

static bool count_recording(const struct recording *rec, void *data)
{
	*(int64_t *)data += rec->id;
	return true;
}

static int64_t listed(struct store *st, int64_t report_id)
{
	int64_t ids = 0;

	assert_int_equal(store_recording_list(st, st, report_id, count_recording, &ids), 0);
	return ids;
}

static void call_is_kept_as_it_went(void **state)
{
	struct store *st = *state;
	struct call_row call, got;
	struct person p;

	begin(st);
	assert_int_equal(store_person_get(st, NUMBER, T0, &p), 0);
	call = add_call(st, NUMBER, T0);
	call.person_id = p.id;
	call.report_id = add_report(st, p.id).id;
	call.keys = 12;
	call.again = 2;
	OSMO_STRLCPY_ARRAY(call.node, "report.where");
	assert_int_equal(store_call_turn(st, &call), 0);
	assert_int_equal(store_call_end(st, call.id, "hung-up", T0 + 60), 0);
	assert_int_equal(store_call_end(st, call.id, "lost", T0 + 90), -ENOENT);
	end(st);
	assert_int_equal(store_call_list(st, 10, copy_call, &got), 0);
	assert_int_equal(got.id, call.id);
	assert_string_equal(got.number, NUMBER);
	assert_string_equal(got.line, "sip city");
	assert_string_equal(got.cause, "hung-up");
	assert_string_equal(got.node, "report.where");
	assert_int_equal(got.keys, 12);
	assert_int_equal(got.again, 2);
	assert_int_equal(got.person_id, p.id);
	assert_int_equal(got.report_id, call.report_id);
	assert_int_equal(got.ended_s, T0 + 60);
}

static void calls_under_way_are_found_by_row(void **state)
{
	struct store *st = *state;
	struct call_row first, second, third, got;

	begin(st);
	first = add_call(st, "", T0);
	second = add_call(st, NUMBER, T0);
	third = add_call(st, NUMBER, T0);
	assert_int_equal(store_call_end(st, second.id, "done", T0), 0);
	end(st);
	assert_int_equal(store_call_open(st, 0, &got), 0);
	assert_int_equal(got.id, first.id);
	assert_string_equal(got.number, "");
	assert_int_equal(store_call_open(st, first.id, &got), 0);
	assert_int_equal(got.id, third.id);
	assert_int_equal(store_call_open(st, third.id, &got), -ENOENT);
}

static void file_of_a_recording_is_named_by_its_row(void **state)
{
	struct store *st = *state;
	struct recording rec, got;
	struct call_row call;
	char path[64];

	begin(st);
	call = add_call(st, NUMBER, T0);
	rec = add_recording(st, &call, false, T0);
	snprintf(path, sizeof(path), "/var/recordings/%lld.opus", (long long)rec.id);
	assert_string_equal(rec.path, path);
	assert_int_equal(store_recording_get(st, st, rec.id, &got), 0);
	assert_string_equal(got.path, path);
	assert_false(got.done);
	assert_int_equal(store_recording_done(st, rec.id, 4.5), 0);
	assert_int_equal(store_recording_get(st, st, rec.id, &got), 0);
	assert_true(got.done);
	assert_true(got.seconds == 4.5);
	assert_int_equal(store_recording_drop(st, rec.id), 0);
	assert_int_equal(store_recording_get(st, st, rec.id, &got), -ENOENT);
	end(st);
}

static void report_gets_what_its_person_recorded(void **state)
{
	struct store *st = *state;
	struct recording mine, city;
	struct call_row call;
	struct report r;
	struct person p;

	begin(st);
	assert_int_equal(store_person_get(st, NUMBER, T0, &p), 0);
	r = add_report(st, p.id);
	call = add_call(st, NUMBER, T0);
	call.person_id = p.id;
	mine = add_recording(st, &call, false, T0);
	city = add_recording(st, &call, true, T0);
	assert_int_equal(store_recording_link(st, mine.id, p.id + 1, r.id), -ENOENT);
	assert_int_equal(store_recording_link(st, city.id, p.id, r.id), -ENOENT);
	assert_int_equal(store_recording_link(st, mine.id, p.id, r.id), 0);
	assert_int_equal(store_recording_link(st, mine.id, p.id, r.id), -ENOENT);
	assert_int_equal(listed(st, r.id), 0); /* it is still being recorded */
	assert_int_equal(listed(st, 0), 0);
	assert_int_equal(store_recording_done(st, mine.id, 3), 0);
	assert_int_equal(store_recording_done(st, city.id, 3), 0);
	assert_int_equal(listed(st, r.id), mine.id);
	assert_int_equal(listed(st, 0), city.id);
	end(st);
}

static void recording_is_due_to_be_erased(void **state)
{
	struct store *st = *state;
	struct recording rec, got;
	struct call_row call;
	int64_t due_s;

	begin(st);
	call = add_call(st, NUMBER, T0);
	rec = add_recording(st, &call, false, T0);
	end(st);
	assert_int_equal(store_next_due(st, T0, &due_s), 0);
	assert_int_equal(due_s, T0 + KEEP_S);
	assert_int_equal(store_recording_due(st, st, T0 + KEEP_S - 1, &got), -ENOENT);
	assert_int_equal(store_recording_due(st, st, T0 + KEEP_S, &got), 0);
	assert_int_equal(got.id, rec.id);
	begin(st);
	assert_int_equal(store_recording_later(st, rec.id, T0 + KEEP_S + 100), 0);
	end(st);
	assert_int_equal(store_recording_due(st, st, T0 + KEEP_S, &got), -ENOENT);
}

static void old_calls_go_but_for_those_with_a_recording(void **state)
{
	struct store *st = *state;
	struct call_row old, kept, open, young;

	begin(st);
	old = add_call(st, NUMBER, T0);
	kept = add_call(st, NUMBER, T0);
	open = add_call(st, NUMBER, T0);
	young = add_call(st, NUMBER, T0 + 100);
	add_recording(st, &kept, false, T0);
	assert_int_equal(store_call_end(st, old.id, "done", T0 + 10), 0);
	assert_int_equal(store_call_end(st, kept.id, "done", T0 + 10), 0);
	assert_int_equal(store_call_end(st, young.id, "done", T0 + 110), 0);
	assert_int_equal(store_call_tidy(st, T0 + 50, 100), 1);
	end(st);
	assert_int_equal(sql_number(st, "SELECT count(*) FROM call"), 3);
	assert_true(open.id > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(call_is_kept_as_it_went),
		STORE_TEST(calls_under_way_are_found_by_row),
		STORE_TEST(file_of_a_recording_is_named_by_its_row),
		STORE_TEST(report_gets_what_its_person_recorded),
		STORE_TEST(recording_is_due_to_be_erased),
		STORE_TEST(old_calls_go_but_for_those_with_a_recording),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
