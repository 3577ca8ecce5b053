// SPDX-License-Identifier: AGPL-3.0-or-later
/* What comes in: people and their guards, keys, sets of parts, dialogues, what is due. */
#include "store/store_test.h"

#define NUMBER "+31612345678"

static struct inbox_set a_set(uint16_t ref, uint8_t total)
{
	struct inbox_set set = { .ref = ref, .ref_bits = 8, .total = total };

	OSMO_STRLCPY_ARRAY(set.line, "modem 1");
	OSMO_STRLCPY_ARRAY(set.number, NUMBER);
	return set;
}

static struct sms_piece a_piece(char fill, uint8_t len)
{
	struct sms_piece p = { .alphabet = SMS_GSM7, .single = SMS_LANG_TURKISH, .len = len };

	memset(p.data, fill, len);
	return p;
}

/* ---- people */

static void person_is_made_once(void **state)
{
	struct store *st = *state;
	struct person a, b;

	begin(st);
	assert_int_equal(store_person_find(st, NUMBER, &a), -ENOENT);
	assert_int_equal(store_person_get(st, NUMBER, T0, &a), 0);
	assert_int_equal(store_person_get(st, NUMBER, T0 + 9, &b), 0);
	assert_int_equal(a.id, b.id);
	assert_int_equal(b.first_seen_s, T0);
	assert_string_equal(b.language, "");
	assert_int_equal(store_person_language(st, a.id, "tr"), 0);
	assert_int_equal(store_person_stop(st, a.id, true, T0), 0);
	assert_int_equal(store_person_by_id(st, a.id, &b), 0);
	assert_string_equal(b.language, "tr");
	assert_true(b.stopped);
	assert_int_equal(store_person_language(st, 4711, "tr"), -ENOENT);
	assert_int_equal(store_person_by_id(st, 4711, &b), -ENOENT);
}

static void texts_are_counted_by_the_hour_and_when_they_repeat(void **state)
{
	struct store *st = *state;
	struct person p;

	begin(st);
	store_person_get(st, NUMBER, T0, &p);
	assert_int_equal(store_person_heard(st, &p, "modem 1", "hallo", T0), 0);
	assert_int_equal(p.hour_count, 1);
	assert_int_equal(p.same_count, 1);
	store_person_heard(st, &p, "modem 1", "hallo", T0 + 1);
	store_person_heard(st, &p, "modem 2", "hallo", T0 + 2);
	assert_int_equal(p.same_count, 3);
	store_person_heard(st, &p, "modem 2", "dag", T0 + 3);
	assert_int_equal(p.same_count, 1);
	store_person_heard(st, &p, "modem 2", NULL, T0 + 4);
	assert_int_equal(p.same_count, 0);
	store_person_heard(st, &p, "modem 2", "dag", T0 + 5);
	assert_int_equal(p.same_count, 1);
	assert_int_equal(p.hour_count, 6);
	store_person_heard(st, &p, "modem 2", "dag", T0 + 3600);
	assert_int_equal(p.hour_count, 1);
	assert_int_equal(p.same_count, 1);
	assert_int_equal(store_person_find(st, NUMBER, &p), 0);
	assert_int_equal(p.hour_count, 1);
	assert_string_equal(p.last_line, "modem 2");
}

static bool keep_why(const struct person *p, const char *why, void *data)
{
	osmo_strlcpy(data, why, 32);
	return true;
}

static void released_person_starts_afresh(void **state)
{
	struct store *st = *state;
	char why[32] = "";
	struct person p;

	begin(st);
	store_person_get(st, NUMBER, T0, &p);
	store_person_heard(st, &p, "m", "x", T0);
	assert_int_equal(store_person_block(st, p.id, "loop", T0 + 1), 0);
	assert_int_equal(store_person_block(st, p.id, "loop", T0 + 5), 0);
	assert_int_equal(store_person_blocked_list(st, keep_why, why), 0);
	assert_string_equal(why, "loop");
	store_person_find(st, NUMBER, &p);
	assert_true(p.blocked);
	assert_int_equal(p.blocked_at_s, T0 + 1);
	assert_int_equal(store_person_block(st, p.id, NULL, T0 + 9), 0);
	store_person_find(st, NUMBER, &p);
	assert_false(p.blocked);
	assert_int_equal(p.hour_count, 0);
	why[0] = '\0';
	store_person_blocked_list(st, keep_why, why);
	assert_string_equal(why, "");
	assert_int_equal(store_person_block(st, 4711, "loop", T0), -ENOENT);
}

/* ---- keys */

static void key_is_taken_once(void **state)
{
	struct store *st = *state;
	int64_t id = 0, again = 0;

	begin(st);
	assert_int_equal(store_inbox_seen(st, "k1"), 0);
	assert_int_equal(store_inbox_add(st, "k1", "m", NUMBER, "hi", T0, T0 - 1, "answered", &id),
			 0);
	assert_true(id > 0);
	assert_int_equal(store_inbox_add(st, "k1", "m", NUMBER, "ho", T0, 0, "answered", &again),
			 -EEXIST);
	assert_int_equal(again, 0);
	assert_int_equal(store_inbox_seen(st, "k1"), 1);
	assert_int_equal(sql_number(st, "SELECT count(*) FROM inbox WHERE text = 'hi'"), 1);
}

/* ---- parts */

static void parts_out_of_order_come_out_in_order(void **state)
{
	struct store *st = *state;
	struct inbox_set set = a_set(5, 3);
	struct sms_piece pieces[3], p;

	begin(st);
	for (int i = 0; i < 3; i++) {
		int part = (int[]){ 3, 1, 2 }[i];

		p = a_piece('0' + part, 100 + part);
		assert_int_equal(store_part_add(st, &set, part, &p, T0, T0 + 100, 10), 0);
		assert_int_equal(store_part_count(st, &set), i + 1);
	}
	assert_int_equal(store_part_take(st, &set, pieces), 0);
	for (int i = 0; i < 3; i++) {
		p = a_piece('1' + i, 101 + i);
		assert_memory_equal(&pieces[i], &p, sizeof(p));
	}
	assert_int_equal(store_part_count(st, &set), 0);
	assert_int_equal(store_part_take(st, &set, pieces), -ENOENT);
}

static void missing_part_is_marked(void **state)
{
	struct store *st = *state;
	struct inbox_set set = a_set(5, 3), found;
	struct sms_piece pieces[3], p = a_piece('a', 10);

	begin(st);
	store_part_add(st, &set, 2, &p, T0, T0 + 100, 10);
	assert_int_equal(store_part_expired(st, T0 + 99, &found), -ENOENT);
	assert_int_equal(store_part_expired(st, T0 + 100, &found), 0);
	assert_memory_equal(&found, &set, sizeof(set));
	assert_int_equal(store_part_take(st, &found, pieces), 0);
	assert_int_equal(pieces[0].len, 0);
	assert_int_equal(pieces[0].alphabet, SMS_8BIT);
	assert_int_equal(pieces[1].len, 10);
	assert_int_equal(pieces[2].len, 0);
}

static void same_part_again_changes_nothing(void **state)
{
	struct store *st = *state;
	struct inbox_set set = a_set(5, 2);
	struct sms_piece p = a_piece('a', 10);

	begin(st);
	assert_int_equal(store_part_seen(st, &set, 1, &p), 0);
	assert_int_equal(store_part_add(st, &set, 1, &p, T0, T0 + 100, 10), 0);
	assert_int_equal(store_part_add(st, &set, 1, &p, T0 + 5, T0 + 105, 10), 0);
	assert_int_equal(store_part_seen(st, &set, 1, &p), 1);
	assert_int_equal(store_part_count(st, &set), 1);
}

static void reference_used_again_is_another_text(void **state)
{
	struct store *st = *state;
	struct inbox_set set = a_set(5, 2);
	struct sms_piece a = a_piece('a', 10), b = a_piece('b', 10), longer = a_piece('a', 11),
			 pieces[2];

	begin(st);
	store_part_add(st, &set, 1, &a, T0, T0 + 100, 10);
	assert_int_equal(store_part_seen(st, &set, 1, &b), -EEXIST);
	assert_int_equal(store_part_seen(st, &set, 1, &longer), -EEXIST);
	assert_int_equal(store_part_add(st, &set, 1, &b, T0, T0 + 100, 10), -EEXIST);
	assert_int_equal(store_part_take(st, &set, pieces), 0);
	assert_int_equal(pieces[0].data[0], 'a');
	assert_int_equal(store_part_add(st, &set, 1, &b, T0, T0 + 100, 10), 0);
	assert_int_equal(store_part_count(st, &set), 1);
}

static void sets_differ_by_reference_bits_total_line_and_number(void **state)
{
	struct store *st = *state;
	struct inbox_set sets[5] = { a_set(5, 2), a_set(5, 2), a_set(5, 3), a_set(5, 2),
				     a_set(5, 2) };
	struct sms_piece p = a_piece('a', 10);

	sets[1].ref_bits = 16;
	OSMO_STRLCPY_ARRAY(sets[3].line, "modem 2");
	OSMO_STRLCPY_ARRAY(sets[4].number, "+31687654321");
	begin(st);
	for (int i = 0; i < 5; i++)
		assert_int_equal(store_part_add(st, &sets[i], 1, &p, T0, T0 + 100, 10), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(store_part_count(st, &sets[i]), 1);
}

static void one_sender_cannot_fill_the_store_with_parts(void **state)
{
	struct store *st = *state;
	struct sms_piece p = a_piece('a', 10);
	struct inbox_set set = a_set(0, 2);

	begin(st);
	for (int i = 0; i < 4; i++) {
		set.ref = i;
		assert_int_equal(store_part_add(st, &set, 1, &p, T0, T0 + 100, 4), 0);
	}
	set.ref = 4;
	assert_int_equal(store_part_add(st, &set, 1, &p, T0, T0 + 100, 4), -ENOSPC);
	set.ref = 3; /* what is there already is no more than it was */
	assert_int_equal(store_part_add(st, &set, 1, &p, T0, T0 + 100, 4), 0);
	OSMO_STRLCPY_ARRAY(set.number, "+31687654321");
	assert_int_equal(store_part_add(st, &set, 1, &p, T0, T0 + 100, 4), 0);
}

static void damaged_piece_is_a_gap(void **state)
{
	struct store *st = *state;
	struct inbox_set set = a_set(5, 1);
	struct sms_piece p = a_piece('a', 10), out;

	begin(st);
	store_part_add(st, &set, 1, &p, T0, T0 + 100, 10);
	assert_int_equal(store_sql(st, "UPDATE inbox_part SET piece = x'00000050'"), 0);
	assert_int_equal(store_part_take(st, &set, &out), 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(out.alphabet, SMS_8BIT);
}

/* ---- dialogues */

static void dialogue_is_one_a_person(void **state)
{
	struct store *st = *state;
	struct dialogue_row row = { .state = "{}",
				    .line = "modem 1",
				    .due_s = T0 + 60,
				    .expire_s = 30 },
			    out;

	begin(st);
	row.person_id = test_person(st, NUMBER);
	assert_int_equal(store_dialogue_get(st, st, row.person_id, &out), -ENOENT);
	assert_int_equal(store_dialogue_put(st, &row, T0), 0);
	row.state = "{\"node\":\"x\"}";
	row.reminded = true;
	assert_int_equal(store_dialogue_put(st, &row, T0), 0);
	assert_int_equal(store_dialogue_get(st, st, row.person_id, &out), 0);
	assert_string_equal(out.state, "{\"node\":\"x\"}");
	assert_true(out.reminded);
	assert_int_equal(out.expire_s, 30);
	assert_int_equal(store_dialogue_due(st, st, T0 + 59, &out), -ENOENT);
	assert_int_equal(store_dialogue_due(st, st, T0 + 60, &out), 0);
	assert_int_equal(out.person_id, row.person_id);
	row.due_s = 0;
	store_dialogue_put(st, &row, T0);
	assert_int_equal(store_dialogue_due(st, st, INT64_MAX, &out), -ENOENT);
	assert_int_equal(store_dialogue_drop(st, row.person_id), 0);
	assert_int_equal(store_dialogue_drop(st, row.person_id), -ENOENT);
}

/* ---- what is due */

static void next_moment_is_the_earliest_of_all_that_wait(void **state)
{
	struct store *st = *state;
	struct sms_piece p = a_piece('a', 10);
	struct inbox_set set = a_set(1, 2);
	struct dialogue_row row = { .state = "{}", .line = "m", .due_s = T0 + 70 };
	struct outbox_due part;
	int64_t due, report, id;

	begin(st);
	assert_int_equal(store_next_due(st, INT64_MIN, &due), -ENOENT);
	row.person_id = test_person(st, NUMBER);
	report = test_report(st, row.person_id);
	store_report_warned(st, report, 0, T0 + 90);
	assert_int_equal(store_next_due(st, T0, &due), 0);
	assert_int_equal(due, T0 + 90);
	store_poll_put(st, "haeghe", T0 + 80, 0, 0);
	store_next_due(st, T0, &due);
	assert_int_equal(due, T0 + 80);
	store_dialogue_put(st, &row, T0);
	store_next_due(st, T0, &due);
	assert_int_equal(due, T0 + 70);
	store_forward_add(st, report, 0, "haeghe", T0 + 60, &id);
	store_next_due(st, T0, &due);
	assert_int_equal(due, T0 + 60);
	store_outbox_add(st, NUMBER, OUTBOX_REPLY, "", "x", &p, 1, 0, 0, T0, T0 + 50, 0, &id);
	store_next_due(st, T0, &due);
	assert_int_equal(due, T0 + 50);
	store_part_add(st, &set, 1, &p, T0, T0 + 40, 10);
	store_next_due(st, T0, &due);
	assert_int_equal(due, T0 + 40);
	store_outbox_due(st, st, "m", OUTBOX_LANES, T0, &part, 1);
	store_outbox_retry(st, part.part_id, T0 + 30, true, 0);
	store_next_due(st, T0, &due);
	assert_int_equal(due, T0 + 30);
	store_outbox_due(st, st, "m", OUTBOX_LANES, T0 + 30, &part, 1);
	store_outbox_sending(st, part.part_id, "m", T0 + 30);
	store_outbox_doubt(st, part.part_id, T0 + 20, 0);
	store_next_due(st, T0, &due);
	assert_int_equal(due, T0 + 20);
	store_next_due(st, T0 + 75, &due);
	assert_int_equal(due, T0 + 80);
}

static void old_guards_are_tidied_a_few_at_a_time(void **state)
{
	struct store *st = *state;
	char key[16];

	begin(st);
	for (int i = 0; i < 10; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		store_inbox_add(st, key, "m", NUMBER, "x", T0 + i, 0, "answered", NULL);
		store_update_seen(st, "haeghe", key, T0 + i);
	}
	assert_int_equal(store_tidy(st, T0 + 5, 7), 7);
	assert_int_equal(store_tidy(st, T0 + 5, 7), 3);
	assert_int_equal(store_tidy(st, T0 + 5, 7), 0);
	assert_int_equal(store_inbox_seen(st, "k4"), 0);
	assert_int_equal(store_inbox_seen(st, "k5"), 1);
	assert_int_equal(store_update_seen(st, "haeghe", "k5", T0), -EEXIST);
	assert_int_equal(store_update_seen(st, "other", "k5", T0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(person_is_made_once),
		STORE_TEST(texts_are_counted_by_the_hour_and_when_they_repeat),
		STORE_TEST(released_person_starts_afresh),
		STORE_TEST(key_is_taken_once),
		STORE_TEST(parts_out_of_order_come_out_in_order),
		STORE_TEST(missing_part_is_marked),
		STORE_TEST(same_part_again_changes_nothing),
		STORE_TEST(reference_used_again_is_another_text),
		STORE_TEST(sets_differ_by_reference_bits_total_line_and_number),
		STORE_TEST(one_sender_cannot_fill_the_store_with_parts),
		STORE_TEST(damaged_piece_is_a_gap),
		STORE_TEST(dialogue_is_one_a_person),
		STORE_TEST(next_moment_is_the_earliest_of_all_that_wait),
		STORE_TEST(old_guards_are_tidied_a_few_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
