// SPDX-License-Identifier: AGPL-3.0-or-later
/* Texts that leave: what is durable when, doubt, retries, lanes, windows. */
#include "flow/flow_test.h"

static const char *part_state(struct world *w)
{
	return sql_text(w, "SELECT state FROM outbox_part ORDER BY id DESC LIMIT 1");
}

static int64_t wait_of(struct world *w)
{
	return sql_number(w, "SELECT due FROM outbox_part ORDER BY id DESC LIMIT 1") - test_now_s;
}

/* ---- what is durable when */

static void part_is_sending_in_the_database_before_its_line_has_it(void **state)
{
	struct world *w = *state;

	w->line->database = w->path;
	queue(w, ANN, OUTBOX_REPLY, "hallo");
	assert_int_equal(w->line->n, 0);
	run(w);
	assert_int_equal(w->line->n, 1);
	assert_string_equal(w->line->seen, "sending");
	assert_string_equal(last_given(w)->to, ANN);
	assert_string_equal(last_given(w)->text, "hallo");
}

static void answer_on_a_line_that_waits_takes_one_commit(void **state)
{
	struct world *w = *state;
	uint64_t commits = store_work_done(w->st)->commits;

	w->line->database = w->path;
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(outbox_queue(w->outbox, ANN, OUTBOX_REPLY, "modem 1", "hallo", 0), 0);
	assert_int_equal(store_end(w->st), 0);
	assert_int_equal(w->line->n, 0);
	store_commit(w->st);
	assert_int_equal(w->line->n, 1);
	assert_string_equal(w->line->seen, "sending");
	assert_int_equal(store_work_done(w->st)->commits, commits + 1);
}

/* The process ends when the line has the part and the network has not said anything. */
static struct world *killed_after_submit(struct world *w)
{
	struct world *after;

	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	assert_int_equal(w->line->n, 1);
	after = world_start(w->path, w->talk);
	outbox_line_add(after->outbox, &after->line->ln);
	run(after);
	return after;
}

static void end_world(struct world *w)
{
	store_close(w->st);
	talloc_free(w);
}

static void part_cut_off_by_a_kill_is_in_doubt_and_not_sent_again(void **state)
{
	struct world *after = killed_after_submit(*state);

	assert_string_equal(part_state(after), "doubt");
	assert_int_equal(after->line->n, 0);
	end_world(after);
}

static void doubt_is_settled_by_a_late_status_report(void **state)
{
	struct world *after = killed_after_submit(*state);

	report_came(after, 17, ANN, 0, T0 + 2);
	assert_string_equal(part_state(after), "delivered");
	assert_int_equal(after->line->settled, 1);
	tick(after, 1800);
	outbox_due(after->outbox, test_now_s);
	run(after);
	assert_string_equal(part_state(after), "delivered");
	assert_int_equal(after->line->n, 0);
	end_world(after);
}

static void doubt_stays_unknown_by_the_rule_fail(void **state)
{
	struct world *after = killed_after_submit(*state);

	test_now_s += 1799;
	outbox_due(after->outbox, test_now_s);
	run(after);
	assert_int_equal(sql_number(after, "SELECT finished IS NULL FROM outbox"), 1);
	test_now_s += 1;
	outbox_due(after->outbox, test_now_s);
	run(after);
	assert_string_equal(part_state(after), "doubt");
	assert_int_equal(sql_number(after, "SELECT finished IS NULL FROM outbox"), 0);
	assert_int_equal(after->line->n, 0);
	end_world(after);
}

static void doubt_is_sent_once_more_by_the_rule_resend(void **state)
{
	struct world *after = killed_after_submit(*state);
	struct outbox_cfg cfg = world_outbox;

	cfg.doubt_rule = OUTBOX_DOUBT_RESEND;
	outbox_configure(after->outbox, &cfg);
	test_now_s += 1800;
	outbox_due(after->outbox, test_now_s);
	run(after);
	assert_int_equal(after->line->n, 1);
	assert_string_equal(part_state(after), "sending");
	outcome(after, last_given(after)->id, LINE_SENT, 4);
	outbox_due(after->outbox, test_now_s);
	run(after);
	assert_int_equal(after->line->n, 1);
	end_world(after);
}

static void part_of_a_line_that_drops_repeats_goes_again_after_a_kill(void **state)
{
	struct world *w = *state, *after;
	struct line_ops ops = fake_ops;

	ops.resend_safe = true;
	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	after = world_start(w->path, w->talk);
	after->line->ln.ops = &ops;
	outbox_line_add(after->outbox, &after->line->ln);
	outbox_run(after->outbox);
	run(after);
	assert_int_equal(after->line->n, 1);
	assert_int_equal(last_given(after)->id, last_given(w)->id);
	end_world(after);
}

static void line_gets_nothing_when_its_mark_is_not_durable(void **state)
{
	struct world *w = *state;

	queue(w, ANN, OUTBOX_REPLY, "hallo");
	store_commit(w->st);
	disk_full(w, true);
	run(w);
	assert_int_equal(w->line->n, 0);
	assert_int_equal(outbox_in_flight(w->outbox), 0);
	assert_string_equal(part_state(w), "queued");
	disk_full(w, false);
	tick(w, 10);
	assert_int_equal(w->line->n, 1);
}

static void what_the_network_said_is_kept_until_it_can_be_written(void **state)
{
	struct world *w = *state;

	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	disk_full(w, true);
	outcome(w, last_given(w)->id, LINE_SENT, 12);
	assert_string_equal(part_state(w), "sending");
	tick(w, 5);
	assert_string_equal(part_state(w), "sending");
	disk_full(w, false);
	tick(w, 5);
	assert_string_equal(part_state(w), "sent");
	assert_int_equal(sql_number(w, "SELECT mr FROM outbox_part"), 12);
	assert_int_equal(w->line->n, 1);
}

static void word_on_a_part_that_is_gone_is_not_kept(void **state)
{
	struct world *w = *state;

	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	sqlite3_exec(w->st->db, "DELETE FROM outbox_part; DELETE FROM outbox", NULL, NULL, NULL);
	outcome(w, last_given(w)->id, LINE_SENT, 12);
	queue(w, BOB, OUTBOX_REPLY, "hallo");
	tick(w, 5);
	assert_int_equal(w->line->n, 2);
	outcome(w, last_given(w)->id, LINE_SENT, 13);
	assert_string_equal(part_state(w), "sent");
}

/* ---- what the network says */

static void report_that_comes_before_the_answer_is_not_lost(void **state)
{
	struct world *w = *state;

	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	report_came(w, 7, ANN, 0, T0);
	assert_int_equal(w->line->stored, 1);
	outcome(w, last_given(w)->id, LINE_SENT, 7);
	assert_string_equal(part_state(w), "delivered");
}

/* TS 23.040 9.2.3.15: 0x20 to 0x3f still trying, 0x40 and above given up. */
static void report_that_the_centre_still_tries_settles_nothing(void **state)
{
	struct world *w = *state;

	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	outcome(w, last_given(w)->id, LINE_SENT, 7);
	report_came(w, 7, ANN, 0x20, T0);
	assert_string_equal(part_state(w), "sent");
	report_came(w, 7, ANN, 0x46, T0);
	assert_string_equal(part_state(w), "failed");
}

static void report_offered_again_settles_no_other_part(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 2; i++) {
		queue(w, ANN, OUTBOX_REPLY, "hallo");
		run(w);
		outcome(w, last_given(w)->id, LINE_SENT, 7);
	}
	report_keyed(w, "again", 7, ANN, 0, T0);
	report_keyed(w, "again", 7, ANN, 0, T0);
	assert_int_equal(w->line->stored, 2);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox_part WHERE state = 'sent'"), 1);
}

static void report_of_another_number_matches_nothing(void **state)
{
	struct world *w = *state;

	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	outcome(w, last_given(w)->id, LINE_SENT, 7);
	report_came(w, 7, BOB, 0, T0);
	assert_string_equal(part_state(w), "sent");
	assert_int_equal(w->line->stored, 1);
}

static void pause_doubles_with_every_try_up_to_ten_minutes(void **state)
{
	static const int64_t pauses[] = { 5, 10, 20, 40, 80, 160, 320, 600, 600 };
	struct world *w = *state;
	struct outbox_cfg cfg = world_outbox;

	cfg.give_up_tries = 100;
	outbox_configure(w->outbox, &cfg);
	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	for (size_t i = 0; i < ARRAY_SIZE(pauses); i++) {
		assert_int_equal(w->line->n, i + 1);
		outcome(w, last_given(w)->id, LINE_RETRY, -1);
		assert_string_equal(part_state(w), "queued");
		assert_int_equal(wait_of(w), pauses[i]);
		agenda_look(w->agenda);
		tick(w, pauses[i] - 1);
		assert_int_equal(w->line->n, i + 1);
		tick(w, 1);
	}
}

static void part_is_given_up_after_so_many_tries(void **state)
{
	struct world *w = *state;

	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	for (int i = 0; i < world_outbox.give_up_tries; i++) {
		assert_string_equal(part_state(w), "sending");
		outcome(w, last_given(w)->id, LINE_RETRY, -1);
		test_now_s += 3600;
		outbox_due(w->outbox, test_now_s);
		run(w);
	}
	assert_string_equal(part_state(w), "failed");
	assert_int_equal(w->line->n, world_outbox.give_up_tries);
}

static void trouble_of_the_line_itself_is_no_try(void **state)
{
	struct world *w = *state;
	struct line_outcome o = { .fate = LINE_RETRY, .mr = -1 };

	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	for (int i = 0; i < 20; i++) {
		o.id = last_given(w)->id;
		outbox_outcome(w->outbox, &w->line->ln, &o);
		run(w);
		assert_string_equal(part_state(w), "queued");
		test_now_s += 60;
		outbox_due(w->outbox, test_now_s);
		run(w);
	}
	assert_int_equal(w->line->n, 21);
	assert_int_equal(sql_number(w, "SELECT tries FROM outbox_part"), 0);
}

static void network_can_say_when_to_try_again(void **state)
{
	struct world *w = *state;
	struct line_outcome o = { .fate = LINE_RETRY, .mr = -1, .counts = true, .retry_s = 300 };

	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	o.id = last_given(w)->id;
	outbox_outcome(w->outbox, &w->line->ln, &o);
	run(w);
	assert_int_equal(wait_of(w), 300);
}

static void refused_part_takes_the_rest_of_its_text_with_it(void **state)
{
	struct world *w = *state;
	char text[400];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	queue(w, ANN, OUTBOX_REPLY, text);
	run(w);
	assert_int_equal(last_given(w)->total, 3);
	outcome(w, last_given(w)->id, LINE_REFUSED, -1);
	tick(w, 60);
	assert_int_equal(w->line->n, 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox_part WHERE state = 'failed'"),
			 3);
}

static void parts_leave_one_after_the_other(void **state)
{
	struct world *w = *state;
	char text[400];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	w->line->ln.window = 8;
	queue(w, ANN, OUTBOX_REPLY, text);
	run(w);
	for (unsigned int part = 1; part <= 3; part++) {
		assert_int_equal(w->line->n, part);
		assert_int_equal(last_given(w)->number, part);
		assert_int_equal(last_given(w)->more, part < 3);
		outcome(w, last_given(w)->id, LINE_SENT, part);
	}
	assert_string_equal(sql_text(w, "SELECT state FROM outbox"), "sent");
}

static void text_too_old_is_not_sent_any_more(void **state)
{
	struct world *w = *state;

	w->line->ln.state = LINE_DOWN;
	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	test_now_s += world_outbox.validity_s[OUTBOX_REPLY] + 1;
	outbox_due(w->outbox, test_now_s);
	w->line->ln.state = LINE_UP;
	run(w);
	assert_string_equal(part_state(w), "expired");
	assert_int_equal(w->line->n, 0);
}

/* ---- who goes first, and how many */

static void replies_leave_before_status_before_notices(void **state)
{
	struct world *w = *state;

	w->line->ln.state = LINE_DOWN;
	queue(w, ANN, OUTBOX_NOTICE, "notice");
	queue(w, ANN, OUTBOX_STATUS, "status");
	queue(w, ANN, OUTBOX_REPLY, "reply");
	run(w);
	w->line->ln.state = LINE_UP;
	outbox_run(w->outbox);
	take_all(w);
	assert_int_equal(w->line->n, 3);
	assert_string_equal(w->line->given[0].text, "reply");
	assert_string_equal(w->line->given[1].text, "status");
	assert_string_equal(w->line->given[2].text, "notice");
}

static void thousand_notices_do_not_delay_a_reply(void **state)
{
	struct world *w = *state;
	char number[PHONE_SIZE];

	for (int i = 0; i < 1000; i++) {
		snprintf(number, sizeof(number), "+3162000%04d", i);
		queue(w, number, OUTBOX_NOTICE, "notice");
	}
	run(w);
	outcome(w, last_given(w)->id, LINE_SENT, 1);
	assert_string_equal(last_given(w)->text, "notice");
	queue(w, ANN, OUTBOX_REPLY, "reply");
	outcome(w, last_given(w)->id, LINE_SENT, 2);
	assert_string_equal(last_given(w)->text, "reply");
}

/* One part of a notice lasts as long as a text, and until the acknowledgement the network keeps back the next. */
static void notice_waits_until_what_was_heard_is_acknowledged(void **state)
{
	struct world *w = *state;

	w->line->ln.hears = true;
	queue(w, ANN, OUTBOX_NOTICE, "notice");
	run(w);
	assert_int_equal(w->line->n, 0);
	queue(w, BOB, OUTBOX_REPLY, "reply");
	run(w);
	assert_int_equal(w->line->n, 1);
	assert_string_equal(last_given(w)->text, "reply");
	outcome(w, last_given(w)->id, LINE_SENT, 1);
	assert_int_equal(w->line->n, 1);
	w->line->ln.hears = false;
	outbox_run(w->outbox); /* as the line's changed() does */
	run(w);
	assert_int_equal(w->line->n, 2);
	assert_string_equal(last_given(w)->text, "notice");
}

static void notice_whose_modem_heard_a_text_during_its_commit_steps_back(void **state)
{
	struct world *w = *state;

	queue(w, ANN, OUTBOX_NOTICE, "notice");
	store_commit(w->st);
	osmo_gettimeofday_override_add(0, 1000);
	osmo_select_main(1);
	assert_string_equal(part_state(w), "sending");
	w->line->ln.hears = true;
	store_commit(w->st);
	assert_int_equal(w->line->n, 0);
	run(w);
	assert_string_equal(part_state(w), "queued");
	w->line->ln.hears = false;
	outbox_run(w->outbox);
	run(w);
	assert_int_equal(w->line->n, 1);
	assert_int_equal(sql_number(w, "SELECT tries FROM outbox_part"), 0);
}

static void line_for_replies_carries_no_notice(void **state)
{
	struct world *w = *state;

	w->line->ln.replies_only = true;
	queue(w, ANN, OUTBOX_NOTICE, "notice");
	queue(w, BOB, OUTBOX_STATUS, "status");
	run(w);
	assert_int_equal(w->line->n, 1);
	assert_string_equal(last_given(w)->text, "status");
	outcome(w, last_given(w)->id, LINE_SENT, 1);
	run(w);
	assert_int_equal(w->line->n, 1);
	assert_int_equal(outbox_window(w->outbox), 0);
	assert_true(outbox_parts_a_second(w->outbox) == 0);
	w->line->ln.replies_only = false;
	assert_int_equal(outbox_window(w->outbox), 1);
	outbox_run(w->outbox);
	run(w);
	assert_int_equal(w->line->n, 2);
}

static void line_has_no_more_than_its_window(void **state)
{
	struct world *w = *state;

	w->line->ln.window = 4;
	for (int i = 0; i < 10; i++)
		queue(w, i % 2 ? ANN : BOB, OUTBOX_REPLY, "hallo");
	run(w);
	assert_int_equal(w->line->n, 4);
	assert_int_equal(outbox_in_flight(w->outbox), 4);
	assert_true(w->line->given[0].more);
	outcome(w, w->line->given[0].id, LINE_SENT, 1);
	assert_int_equal(w->line->n, 5);
	assert_int_equal(outbox_in_flight(w->outbox), 4);
}

static void line_that_is_full_after_all_gets_the_part_later(void **state)
{
	struct world *w = *state;

	w->line->answer = -EAGAIN;
	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	assert_string_equal(part_state(w), "queued");
	assert_int_equal(outbox_in_flight(w->outbox), 0);
	w->line->answer = 0;
	outbox_run(w->outbox);
	run(w);
	assert_int_equal(w->line->n, 1);
	assert_int_equal(sql_number(w, "SELECT tries FROM outbox_part"), 0);
}

static void part_that_a_line_cannot_write_fails_alone(void **state)
{
	struct world *w = *state;

	w->line->answer = -EINVAL;
	queue(w, ANN, OUTBOX_REPLY, "eerste");
	run(w);
	assert_string_equal(part_state(w), "failed");
	assert_int_equal(outbox_in_flight(w->outbox), 0);
	w->line->answer = 0;
	queue(w, ANN, OUTBOX_REPLY, "tweede");
	run(w);
	assert_string_equal(last_given(w)->text, "tweede");
}

static void nothing_is_handed_over_when_the_line_is_about_to_stop(void **state)
{
	struct world *w = *state;

	outbox_hold(w->outbox);
	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	assert_int_equal(w->line->n, 0);
	assert_string_equal(part_state(w), "queued");
}

static void texts_of_a_line_long_down_leave_by_another(void **state)
{
	struct world *w = *state;

	outbox_line_add(w->outbox, &w->other->ln);
	w->line->ln.state = LINE_DOWN;
	w->line->ln.down_since_s = test_now_s;
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(outbox_queue(w->outbox, ANN, OUTBOX_REPLY, "modem 1", "hallo", 0), 0);
	assert_int_equal(store_end(w->st), 0);
	tick(w, 60);
	outbox_due(w->outbox, test_now_s);
	run(w);
	assert_int_equal(w->other->n, 0);
	tick(w, 61);
	outbox_due(w->outbox, test_now_s);
	run(w);
	assert_int_equal(w->other->n, 1);
	assert_int_equal(w->line->n, 0);
}

static void texts_of_a_line_that_is_configured_no_more_leave_by_any(void **state)
{
	struct world *w = *state;

	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(outbox_queue(w->outbox, ANN, OUTBOX_REPLY, "modem 0", "een", 0), 0);
	assert_int_equal(outbox_queue(w->outbox, BOB, OUTBOX_REPLY, "modem 9", "twee", 0), 0);
	assert_int_equal(store_end(w->st), 0);
	run(w);
	assert_int_equal(w->line->n, 0);
	outbox_due(w->outbox, test_now_s);
	take_all(w);
	assert_int_equal(w->line->n, 2);
}

static const struct line_ops sessions_only = { .kind = "euse" };

static void line_that_carries_no_texts_is_passed_over(void **state)
{
	struct world *w = *state;

	w->other->ln.ops = &sessions_only;
	outbox_line_add(w->outbox, &w->other->ln);
	w->line->ln.state = LINE_DOWN;
	assert_false(outbox_can_text(w->outbox));
	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	assert_int_equal(w->other->n, 0);
	w->line->ln.state = LINE_UP;
	assert_true(outbox_can_text(w->outbox));
	outbox_run(w->outbox);
	run(w);
	assert_int_equal(w->line->n, 1);
	outbox_line_remove(w->outbox, &w->other->ln);
}

/* A demo with USSD but without a modem: the simulated phone is all there is. */
static void handset_takes_texts_where_only_sessions_are_beside_it(void **state)
{
	static const struct line_ops handset = {
		.kind = "handset", .submit = fake_submit, .settle = fake_settle, .resend_safe = true
	};
	struct world *w = *state;

	w->line->ln.ops = &handset;
	w->other->ln.ops = &sessions_only;
	outbox_line_add(w->outbox, &w->other->ln);
	assert_true(outbox_can_text(w->outbox));
	queue(w, ANN, OUTBOX_REPLY, "hallo");
	run(w);
	assert_int_equal(w->line->n, 1);
}

static void text_that_is_no_utf8_or_empty_is_not_queued(void **state)
{
	struct world *w = *state;

	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(outbox_queue(w->outbox, ANN, OUTBOX_REPLY, "", "\xff\xfe", 0), -EINVAL);
	assert_int_equal(outbox_queue(w->outbox, ANN, OUTBOX_REPLY, "", "", 0), -EINVAL);
	assert_int_equal(store_end(w->st), 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_FILE_TEST(part_is_sending_in_the_database_before_its_line_has_it),
		FLOW_FILE_TEST(answer_on_a_line_that_waits_takes_one_commit),
		FLOW_FILE_TEST(part_cut_off_by_a_kill_is_in_doubt_and_not_sent_again),
		FLOW_FILE_TEST(doubt_is_settled_by_a_late_status_report),
		FLOW_FILE_TEST(doubt_stays_unknown_by_the_rule_fail),
		FLOW_FILE_TEST(doubt_is_sent_once_more_by_the_rule_resend),
		FLOW_FILE_TEST(part_of_a_line_that_drops_repeats_goes_again_after_a_kill),
		FLOW_TEST(line_gets_nothing_when_its_mark_is_not_durable),
		FLOW_TEST(what_the_network_said_is_kept_until_it_can_be_written),
		FLOW_TEST(word_on_a_part_that_is_gone_is_not_kept),
		FLOW_TEST(report_that_comes_before_the_answer_is_not_lost),
		FLOW_TEST(report_that_the_centre_still_tries_settles_nothing),
		FLOW_TEST(report_offered_again_settles_no_other_part),
		FLOW_TEST(report_of_another_number_matches_nothing),
		FLOW_TEST(pause_doubles_with_every_try_up_to_ten_minutes),
		FLOW_TEST(part_is_given_up_after_so_many_tries),
		FLOW_TEST(trouble_of_the_line_itself_is_no_try),
		FLOW_TEST(network_can_say_when_to_try_again),
		FLOW_TEST(refused_part_takes_the_rest_of_its_text_with_it),
		FLOW_TEST(parts_leave_one_after_the_other),
		FLOW_TEST(text_too_old_is_not_sent_any_more),
		FLOW_TEST(replies_leave_before_status_before_notices),
		FLOW_TEST(thousand_notices_do_not_delay_a_reply),
		FLOW_TEST(notice_waits_until_what_was_heard_is_acknowledged),
		FLOW_TEST(notice_whose_modem_heard_a_text_during_its_commit_steps_back),
		FLOW_TEST(line_for_replies_carries_no_notice),
		FLOW_TEST(line_has_no_more_than_its_window),
		FLOW_TEST(line_that_is_full_after_all_gets_the_part_later),
		FLOW_TEST(part_that_a_line_cannot_write_fails_alone),
		FLOW_TEST(nothing_is_handed_over_when_the_line_is_about_to_stop),
		FLOW_TEST(texts_of_a_line_long_down_leave_by_another),
		FLOW_TEST(texts_of_a_line_that_is_configured_no_more_leave_by_any),
		FLOW_TEST(line_that_carries_no_texts_is_passed_over),
		FLOW_TEST(handset_takes_texts_where_only_sessions_are_beside_it),
		FLOW_TEST(text_that_is_no_utf8_or_empty_is_not_queued),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
