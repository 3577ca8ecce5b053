// SPDX-License-Identifier: AGPL-3.0-or-later
/* Texts that leave: order, lanes, what became of them, status reports. */
#include "store/store_test.h"

#define NUMBER	"+31612345678"
#define EXPIRES (T0 + 86400)

static struct sms_piece a_piece(char fill)
{
	struct sms_piece p = { .alphabet = SMS_GSM7, .len = 10 };

	memset(p.data, fill, p.len);
	return p;
}

/* A text of some parts. \returns its outbox row */
static int64_t add(struct store *st, const char *number, enum outbox_lane lane, const char *line,
		   int total, int64_t now_s)
{
	struct sms_piece pieces[3] = { a_piece('a'), a_piece('b'), a_piece('c') };
	int64_t id;

	assert_int_equal(store_outbox_add(st, number, lane, line, "text", pieces, total, 77, 8,
					  now_s, EXPIRES, 0, &id),
			 0);
	return id;
}

/* A text of one part, submitted on a line with a message reference. \returns its part */
static int64_t add_sent(struct store *st, const char *line, int mr, const char *number,
			int64_t at_s)
{
	struct outbox_due due;

	add(st, number, OUTBOX_REPLY, line, 1, at_s);
	assert_int_equal(store_outbox_due(st, st, line, 0, at_s, &due, 1), 1);
	assert_int_equal(store_outbox_sending(st, due.part_id, line, at_s), 0);
	assert_int_equal(store_outbox_sent(st, due.part_id, mr, at_s, at_s + 259200), 0);
	return due.part_id;
}

static int due_on(struct store *st, const char *line, struct outbox_due *out, size_t max)
{
	int n = store_outbox_due(st, st, line, OUTBOX_LANES, T0 + 10, out, max);

	assert_true(n >= 0);
	return n;
}

struct seen {
	char state[16], line[32];
	int n;
};

static bool keep_state(const struct outbox_text *t, void *data)
{
	struct seen *s = data;

	osmo_strlcpy(s->state, t->state, sizeof(s->state));
	osmo_strlcpy(s->line, t->line, sizeof(s->line));
	s->n++;
	return true;
}

/* The state of the last text to NUMBER. */
static const char *text_state(struct store *st, struct seen *s)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(store_outbox_list(st, NUMBER, NULL, 0, keep_state, s), 0);
	return s->state;
}

/* ---- what is due */

static void replies_leave_before_status_and_notices(void **state)
{
	struct store *st = *state;
	struct outbox_due due[4];

	begin(st);
	add(st, NUMBER, OUTBOX_NOTICE, "", 1, T0);
	add(st, NUMBER, OUTBOX_STATUS, "", 1, T0 + 1);
	add(st, NUMBER, OUTBOX_REPLY, "", 1, T0 + 2);
	add(st, NUMBER, OUTBOX_REPLY, "", 1, T0 + 1);
	assert_int_equal(due_on(st, "modem 1", due, 4), 4);
	assert_int_equal(due[0].lane, OUTBOX_REPLY);
	assert_int_equal(due[0].created_s, T0 + 1);
	assert_int_equal(due[1].created_s, T0 + 2);
	assert_int_equal(due[2].lane, OUTBOX_STATUS);
	assert_int_equal(due[3].lane, OUTBOX_NOTICE);
	assert_string_equal(due[0].text, "text");
	assert_string_equal(due[0].number, NUMBER);
	assert_int_equal(due[0].piece.len, 10);
	assert_int_equal(due[0].piece.data[9], 'a');
	assert_int_equal(due_on(st, "modem 1", due, 2), 2);
}

static void line_gets_its_own_and_what_any_may_take(void **state)
{
	struct store *st = *state;
	struct outbox_due due[4];

	begin(st);
	add(st, NUMBER, OUTBOX_REPLY, "modem 1", 1, T0);
	add(st, NUMBER, OUTBOX_REPLY, "modem 2", 1, T0);
	add(st, NUMBER, OUTBOX_REPLY, "", 1, T0 - 5);
	assert_int_equal(due_on(st, "modem 1", due, 4), 2);
	assert_string_equal(due[0].line, "");
	assert_string_equal(due[1].line, "modem 1");
	assert_int_equal(store_outbox_due(st, st, "modem 2", 0, T0 + 10, due, 4), 1);
	assert_string_equal(due[0].line, "modem 2");
	assert_int_equal(due_on(st, "modem 3", due, 4), 1);
	assert_int_equal(store_outbox_repin(st, "modem 2", "modem 3"), 1);
	assert_int_equal(due_on(st, "modem 3", due, 4), 2);
}

static void part_waits_for_the_one_before_and_takes_its_line(void **state)
{
	struct store *st = *state;
	struct outbox_due due[4];
	struct seen s;

	begin(st);
	add(st, NUMBER, OUTBOX_REPLY, "", 3, T0);
	for (int part = 1; part <= 3; part++) {
		assert_int_equal(due_on(st, "modem 2", due, 4), 1);
		assert_int_equal(due[0].part, part);
		assert_int_equal(due[0].total, 3);
		assert_int_equal(due[0].ref, 77);
		assert_int_equal(due[0].piece.data[0], "abc"[part - 1]);
		assert_int_equal(due_on(st, "modem 1", due, 4), part == 1 ? 1 : 0);
		assert_int_equal(due_on(st, "modem 2", due, 4), 1);
		assert_int_equal(store_outbox_sending(st, due[0].part_id, "modem 2", T0), 0);
		assert_int_equal(due_on(st, "modem 2", due, 4), 0);
		assert_int_equal(store_outbox_sent(st, due[0].part_id, part, T0, T0 + 100), 0);
	}
	assert_string_equal(text_state(st, &s), "sent");
	assert_string_equal(s.line, "modem 2");
}

static void part_of_a_doubtful_text_waits(void **state)
{
	struct store *st = *state;
	struct outbox_due due[2], first;

	begin(st);
	add(st, NUMBER, OUTBOX_REPLY, "", 2, T0);
	due_on(st, "m", &first, 1);
	store_outbox_sending(st, first.part_id, "m", T0);
	assert_int_equal(store_outbox_doubt(st, first.part_id, T0 + 60, 0), 0);
	assert_int_equal(due_on(st, "m", due, 2), 0);
	assert_int_equal(store_outbox_final(st, first.part_id, "delivered", 0, T0), 0);
	assert_int_equal(due_on(st, "m", due, 2), 1);
	assert_int_equal(due[0].part, 2);
}

static void retry_keeps_its_place_and_its_count(void **state)
{
	struct store *st = *state;
	struct outbox_due due;

	begin(st);
	add(st, NUMBER, OUTBOX_REPLY, "", 2, T0);
	due_on(st, "m", &due, 1);
	store_outbox_sending(st, due.part_id, "m", T0);
	assert_int_equal(store_outbox_retry(st, due.part_id, T0 + 100, true, 42), 0);
	assert_int_equal(due_on(st, "m", &due, 1), 0);
	assert_int_equal(store_outbox_due(st, st, "other", OUTBOX_LANES, T0 + 100, &due, 1), 1);
	assert_int_equal(due.part, 1);
	assert_int_equal(due.tries, 1);
	assert_int_equal(store_outbox_retry(st, due.part_id, T0, false, 0), 0);
	assert_int_equal(store_outbox_part(st, due.part_id, &due), 0);
	assert_int_equal(due.tries, 1);
	assert_null(due.text);
	assert_int_equal(store_outbox_part(st, 4711, &due), -ENOENT);
}

/* Counted, not timed: SQLite tells how many steps of its machine a statement took. */
static void reply_is_found_at_once_behind_100000_notices(void **state)
{
	struct store *st = *state;
	struct outbox_due due[8];
	int steps;

	begin(st);
	assert_int_equal(
		store_sql(
			st,
			"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
			"i < 100000) INSERT INTO outbox (id, number, lane, text, created, expires) "
			"SELECT i, '+31612345678', 2, 'notice', 1700000000, 1700086400 FROM n"),
		0);
	assert_int_equal(
		store_sql(st,
			  "INSERT INTO outbox_part (outbox_id, lane, wanted, part, total, piece, "
			  "state, due) SELECT id, 2, iif(id % 2, '', 'modem 9'), 1, 2, "
			  "x'0000000141', 'queued', created FROM outbox"),
		0);
	assert_int_equal(store_sql(st,
				   "INSERT INTO outbox_part (outbox_id, lane, wanted, part, total, "
				   "piece, state, due) SELECT id, 2, '', 2, 2, x'0000000141', "
				   "'behind', created FROM outbox"),
			 0);
	add(st, NUMBER, OUTBOX_REPLY, "", 1, T0 + 9);
	sqlite3_stmt_status(st->stmts[STMT_OUTBOX_DUE], SQLITE_STMTSTATUS_VM_STEP, 1);
	assert_int_equal(due_on(st, "modem 1", due, 8), 8);
	assert_int_equal(due[0].lane, OUTBOX_REPLY);
	assert_int_equal(due[1].lane, OUTBOX_NOTICE);
	steps = sqlite3_stmt_status(st->stmts[STMT_OUTBOX_DUE], SQLITE_STMTSTATUS_VM_STEP, 1);
	assert_true(steps > 0 && steps < 2000);
}

/* ---- what became of it */

static void sent_without_report_is_finished(void **state)
{
	struct store *st = *state;
	struct outbox_due due;
	struct seen s;

	begin(st);
	add(st, NUMBER, OUTBOX_REPLY, "", 1, T0);
	due_on(st, "m", &due, 1);
	assert_string_equal(text_state(st, &s), "queued");
	store_outbox_sending(st, due.part_id, "m", T0);
	assert_string_equal(text_state(st, &s), "sending");
	assert_int_equal(store_outbox_sent(st, due.part_id, -1, T0 + 1, 0), 0);
	assert_string_equal(text_state(st, &s), "sent");
	assert_int_equal(sql_number(st, "SELECT finished FROM outbox"), T0 + 1);
}

static void failed_part_takes_the_rest_with_it(void **state)
{
	struct store *st = *state;
	struct outbox_due due;
	struct seen s;

	begin(st);
	add(st, NUMBER, OUTBOX_REPLY, "", 3, T0);
	due_on(st, "m", &due, 1);
	store_outbox_sending(st, due.part_id, "m", T0);
	assert_int_equal(store_outbox_final(st, due.part_id, "failed", 28, T0 + 2), 0);
	assert_string_equal(text_state(st, &s), "failed");
	assert_int_equal(sql_number(st, "SELECT count(*) FROM outbox_part WHERE state = 'failed'"),
			 3);
	assert_int_equal(sql_number(st, "SELECT finished FROM outbox"), T0 + 2);
	assert_int_equal(store_outbox_final(st, due.part_id, "nonsense", 0, T0), -EINVAL);
	assert_int_equal(store_outbox_final(st, 4711, "failed", 0, T0), -ENOENT);
}

static void text_is_delivered_when_all_parts_are(void **state)
{
	struct store *st = *state;
	struct outbox_due due[2];
	struct seen s;

	begin(st);
	add(st, NUMBER, OUTBOX_REPLY, "", 2, T0);
	for (int i = 0; i < 2; i++) {
		due_on(st, "m", &due[i], 1);
		store_outbox_sending(st, due[i].part_id, "m", T0);
		store_outbox_sent(st, due[i].part_id, i, T0, T0 + 1000);
	}
	assert_int_equal(store_outbox_final(st, due[1].part_id, "delivered", 0, T0 + 5), 0);
	assert_string_equal(text_state(st, &s), "sent");
	assert_int_equal(sql_number(st, "SELECT finished IS NULL FROM outbox"), 1);
	assert_int_equal(store_outbox_final(st, due[0].part_id, "delivered", 0, T0 + 6), 0);
	assert_string_equal(text_state(st, &s), "delivered");
	assert_int_equal(sql_number(st, "SELECT finished FROM outbox"), T0 + 6);
}

static void answer_after_the_report_changes_nothing(void **state)
{
	struct store *st = *state;
	struct outbox_due due;
	struct seen s;

	begin(st);
	add(st, NUMBER, OUTBOX_REPLY, "", 1, T0);
	due_on(st, "m", &due, 1);
	store_outbox_sending(st, due.part_id, "m", T0);
	assert_int_equal(store_outbox_final(st, due.part_id, "delivered", 0, T0), 0);
	assert_int_equal(store_outbox_sent(st, due.part_id, 9, T0, T0 + 100), 0);
	assert_int_equal(store_outbox_retry(st, due.part_id, T0, true, 0), 0);
	assert_int_equal(store_outbox_doubt(st, due.part_id, T0, 0), 0);
	assert_string_equal(text_state(st, &s), "delivered");
	assert_int_equal(due_on(st, "m", &due, 1), 0);
}

static void what_was_being_sent_is_in_doubt_after_a_restart(void **state)
{
	struct store *st = *state;
	struct outbox_due due;
	char was[16];

	begin(st);
	for (int i = 0; i < 3; i++) {
		const char *line = i < 2 ? "modem 1" : "handset";

		add(st, NUMBER, OUTBOX_REPLY, line, 1, T0);
		assert_int_equal(store_outbox_due(st, st, line, 0, T0, &due, 1), 1);
		store_outbox_sending(st, due.part_id, line, T0);
	}
	assert_int_equal(store_outbox_interrupted(st, "modem 1", T0 + 300), 2);
	assert_int_equal(store_outbox_settle_due(st, T0 + 299, &due, was, sizeof(was)), -ENOENT);
	assert_int_equal(store_outbox_settle_due(st, T0 + 300, &due, was, sizeof(was)), 0);
	assert_string_equal(was, "doubt");
	assert_string_equal(due.line, "modem 1");
	assert_int_equal(store_outbox_interrupted(st, NULL, 0), 1);
	assert_int_equal(store_outbox_due(st, st, "handset", 0, T0, &due, 1), 1);
}

static void doubt_that_stays_is_finished_but_may_still_be_settled(void **state)
{
	struct store *st = *state;
	struct outbox_due due;
	struct seen s;
	int64_t part;

	begin(st);
	add(st, NUMBER, OUTBOX_REPLY, "", 1, T0);
	due_on(st, "m", &due, 1);
	store_outbox_sending(st, due.part_id, "m", T0);
	store_outbox_doubt(st, due.part_id, T0 + 60, 0);
	assert_int_equal(store_outbox_final(st, due.part_id, "doubt", 0, T0 + 60), 0);
	assert_string_equal(text_state(st, &s), "doubt");
	assert_int_equal(sql_number(st, "SELECT finished FROM outbox"), T0 + 60);
	assert_int_equal(store_outbox_match(st, "m", 3, NUMBER, T0 + 1, &part), 0);
	assert_int_equal(store_outbox_final(st, part, "delivered", 0, T0 + 90), 0);
	assert_string_equal(text_state(st, &s), "delivered");
}

static void queued_parts_expire_with_their_text(void **state)
{
	struct store *st = *state;
	struct outbox_due due;
	struct outbox_counts counts;
	struct seen s;

	begin(st);
	add(st, NUMBER, OUTBOX_REPLY, "", 2, T0);
	due_on(st, "m", &due, 1);
	store_outbox_sending(st, due.part_id, "m", T0);
	assert_int_equal(store_outbox_expire_due(st, EXPIRES - 1), 0);
	assert_int_equal(store_outbox_counts(st, &counts), 0);
	assert_int_equal(counts.queued[OUTBOX_REPLY], 1);
	assert_int_equal(counts.sending, 1);
	assert_int_equal(counts.oldest_s, T0);
	assert_int_equal(store_outbox_expire_due(st, EXPIRES), 1);
	assert_int_equal(store_outbox_expire_due(st, EXPIRES), 0);
	assert_string_equal(text_state(st, &s), "sending");
	store_outbox_sent(st, due.part_id, 1, EXPIRES, 0);
	assert_string_equal(text_state(st, &s), "expired");
	assert_int_equal(store_outbox_counts(st, &counts), 0);
	assert_int_equal(counts.queued[OUTBOX_REPLY], 0);
}

/* ---- status reports */

static void report_matches_line_reference_and_number(void **state)
{
	struct store *st = *state;
	int64_t a, b, part;

	begin(st);
	a = add_sent(st, "modem 1", 7, NUMBER, T0);
	b = add_sent(st, "modem 2", 7, NUMBER, T0);
	assert_int_equal(store_outbox_match(st, "modem 2", 7, "0612345678", T0 + 2, &part), 0);
	assert_int_equal(part, b);
	assert_int_equal(store_outbox_match(st, "modem 1", 7, NUMBER, 0, &part), 0);
	assert_int_equal(part, a);
	assert_int_equal(store_outbox_match(st, "modem 1", 8, NUMBER, T0, &part), -ENOENT);
	assert_int_equal(store_outbox_match(st, "modem 1", 7, "+31687654321", T0, &part), -ENOENT);
}

static void two_of_the_same_key_match_the_oldest_not_final(void **state)
{
	struct store *st = *state;
	int64_t a, b, part;

	begin(st);
	a = add_sent(st, "m", 7, NUMBER, T0);
	b = add_sent(st, "m", 7, NUMBER, T0 + 20);
	assert_int_equal(store_outbox_match(st, "m", 7, NUMBER, T0 + 21, &part), 0);
	assert_int_equal(part, a);
	store_outbox_final(st, a, "delivered", 0, T0 + 30);
	assert_int_equal(store_outbox_match(st, "m", 7, NUMBER, T0 + 1, &part), 0);
	assert_int_equal(part, b);
	store_outbox_final(st, b, "delivered", 0, T0 + 30);
	assert_int_equal(store_outbox_match(st, "m", 7, NUMBER, T0 + 1, &part), -ENOENT);
}

/* TS 23.040 9.2.3.6: TP-MR is 0 to 255 and comes round. */
static void reference_that_came_round_matches_by_time(void **state)
{
	struct store *st = *state;
	int64_t old, fresh, part;

	begin(st);
	old = add_sent(st, "m", 0, NUMBER, T0);
	fresh = add_sent(st, "m", 0, NUMBER, T0 + 20000);
	assert_int_equal(store_outbox_match(st, "m", 0, NUMBER, T0 + 20001, &part), 0);
	assert_int_equal(part, fresh);
	assert_int_equal(store_outbox_match(st, "m", 0, NUMBER, T0 + 3, &part), 0);
	assert_int_equal(part, old);
	/* a service centre whose clock is a day off: the oldest */
	assert_int_equal(store_outbox_match(st, "m", 0, NUMBER, T0 - 86400, &part), 0);
	assert_int_equal(part, old);
}

static void report_finds_a_doubt_without_reference(void **state)
{
	struct store *st = *state;
	struct outbox_due due;
	int64_t part;

	begin(st);
	add(st, NUMBER, OUTBOX_REPLY, "", 1, T0);
	due_on(st, "m", &due, 1);
	store_outbox_sending(st, due.part_id, "m", T0);
	store_outbox_doubt(st, due.part_id, T0 + 900, 0);
	assert_int_equal(store_outbox_match(st, "m", 9, NUMBER, T0 + 61, &part), -ENOENT);
	assert_int_equal(store_outbox_match(st, "m", 9, "+31687654321", T0, &part), -ENOENT);
	assert_int_equal(store_outbox_match(st, "m", 9, NUMBER, T0 + 60, &part), 0);
	assert_int_equal(part, due.part_id);
}

/* SMSC says "still trying": the wait is longer, the reference must stay. */
static void longer_wait_keeps_the_reference(void **state)
{
	struct store *st = *state;
	int64_t a, part;

	begin(st);
	a = add_sent(st, "m", 7, NUMBER, T0);
	assert_int_equal(store_outbox_sent(st, a, -1, T0 + 50, T0 + 500000), 0);
	assert_int_equal(store_outbox_match(st, "m", 7, NUMBER, T0, &part), 0);
	assert_int_equal(part, a);
}

static void early_report_waits_for_its_answer(void **state)
{
	struct store *st = *state;

	begin(st);
	assert_int_equal(store_report_early_add(st, "m", 7, "0612345678", 0x30, T0, T0), 0);
	assert_int_equal(store_report_early_take(st, "m", 8, NUMBER, T0 + 1), -ENOENT);
	assert_int_equal(store_report_early_take(st, "n", 7, NUMBER, T0 + 1), -ENOENT);
	assert_int_equal(store_report_early_take(st, "m", 7, "+31687654321", T0 + 1), -ENOENT);
	assert_int_equal(store_report_early_take(st, "m", 7, NUMBER, T0 + 1), 0x30);
	assert_int_equal(store_report_early_take(st, "m", 7, NUMBER, T0 + 1), -ENOENT);
	assert_int_equal(store_report_early_add(st, "m", 7, NUMBER, 0, T0, T0), 0);
	assert_int_equal(store_report_early_take(st, "m", 7, NUMBER, T0 + 86401), -ENOENT);
	assert_int_equal(sql_number(st, "SELECT count(*) FROM report_early"), 0);
}

static void handset_sees_its_texts_after_an_id(void **state)
{
	struct store *st = *state;
	struct seen s = {};
	int64_t first;

	begin(st);
	first = add(st, NUMBER, OUTBOX_REPLY, "handset", 1, T0);
	add(st, NUMBER, OUTBOX_REPLY, "", 1, T0);
	add(st, NUMBER, OUTBOX_REPLY, "modem 1", 1, T0);
	add(st, "+31687654321", OUTBOX_REPLY, "handset", 1, T0);
	assert_int_equal(store_outbox_list(st, NUMBER, "handset", 0, keep_state, &s), 0);
	assert_int_equal(s.n, 2);
	s.n = 0;
	assert_int_equal(store_outbox_list(st, NUMBER, NULL, first, keep_state, &s), 0);
	assert_int_equal(s.n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(replies_leave_before_status_and_notices),
		STORE_TEST(line_gets_its_own_and_what_any_may_take),
		STORE_TEST(part_waits_for_the_one_before_and_takes_its_line),
		STORE_TEST(part_of_a_doubtful_text_waits),
		STORE_TEST(retry_keeps_its_place_and_its_count),
		STORE_TEST(reply_is_found_at_once_behind_100000_notices),
		STORE_TEST(sent_without_report_is_finished),
		STORE_TEST(failed_part_takes_the_rest_with_it),
		STORE_TEST(text_is_delivered_when_all_parts_are),
		STORE_TEST(answer_after_the_report_changes_nothing),
		STORE_TEST(what_was_being_sent_is_in_doubt_after_a_restart),
		STORE_TEST(doubt_that_stays_is_finished_but_may_still_be_settled),
		STORE_TEST(queued_parts_expire_with_their_text),
		STORE_TEST(report_matches_line_reference_and_number),
		STORE_TEST(two_of_the_same_key_match_the_oldest_not_final),
		STORE_TEST(reference_that_came_round_matches_by_time),
		STORE_TEST(report_finds_a_doubt_without_reference),
		STORE_TEST(longer_wait_keeps_the_reference),
		STORE_TEST(early_report_waits_for_its_answer),
		STORE_TEST(handset_sees_its_texts_after_an_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
