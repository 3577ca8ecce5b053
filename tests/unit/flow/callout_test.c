// SPDX-License-Identifier: AGPL-3.0-or-later
/* Calls that we place: one for who asks, tried again by the clock, never twice at once, and not lost in a crash. */
#include "flow/call_test.h"

#define WATER "Morgen is er geen water."

static const char *state_of(struct world *w)
{
	return sql_text(w, "SELECT state || ' ' || cause FROM callout ORDER BY id DESC LIMIT 1");
}

static int64_t tries(struct world *w)
{
	return sql_number(w, "SELECT tries FROM callout ORDER BY id DESC LIMIT 1");
}

static char *phrase_of(struct world *w, const char *key, const char *variant, const char *notice)
{
	json_t *args = json_pack("{s:s, s:s, s:s, s:s}", "city", "Den Haag", "short_code",
				 variant ? "1 4 0 7 0" : "14070", "call_number", "14070", "notice",
				 notice);
	char *text = phrase_say(w, w->talk->phrases, "nl", variant, key, args, w->talk->zone);

	json_decref(args);
	return text;
}

static bool texted(struct world *w, const char *key)
{
	return strcmp(last_text_to(w, ANN), phrase_of(w, key, NULL, WATER)) == 0;
}

static bool hears(struct fake_call_line *cl, const char *key)
{
	return strstr(cl->said, phrase_of(cl->w, key, "voice", WATER)) != NULL;
}

static int notice(struct world *w, const char *number)
{
	struct callout_row row;
	int rc;

	assert_int_equal(store_begin(w->st), 0);
	rc = callout_notice(w->callouts, number, NULL, WATER, 0, &row);
	if (rc < 0)
		store_undo(w->st);
	else
		store_end(w->st);
	run(w);
	return rc;
}

static void asks(struct world *w)
{
	says(w, ANN, "BEL");
}

/* The clock goes on, and the agenda looks. */
static void wait_s(struct world *w, int64_t seconds)
{
	tick(w, seconds);
	agenda_now(w->agenda);
	run(w);
}

/* ---- who asks */

static void who_asks_is_called_and_goes_on_where_it_was(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	says(w, ANN, "MELD zwerfvuil"); /* where is it? */
	asks(w);
	assert_true(texted(w, "call.now"));
	assert_int_equal(cl->dials, 1);
	assert_string_equal(cl->dialled, ANN);
	assert_true(cl->dialling.greeting);
	assert_int_equal(cl->dialling.ring_s, 30);
	assert_string_equal(state_of(w), "dialling ");
	s = answered(cl);
	assert_int_equal(cl->prompts, 0); /* a machine may have answered */
	greeted(cl, s, LINE_PERSON);
	assert_true(hears(cl, "callout.back"));
	assert_true(said(cl, "voice.resumed"));
	assert_non_null(strstr(cl->said, "Zwerfvuil. Waar is het?"));
	assert_string_equal(state_of(w), "reached heard");
	press(cl, s,
	      "1251128"
	      "70#"
	      "1");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report"), 1);
	hang_up(cl, s);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM call"), 1);
	assert_int_equal(sql_number(w, "SELECT outgoing AND answered NOTNULL AND ended NOTNULL AND "
				       "callout_id = 1 AND report_id = 1 FROM call"),
			 1);
	pass(w, 7200);
	assert_int_equal(cl->dials, 1);
}

static void nothing_is_dialled_before_the_commit(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	heard_key(w, ANN, "BEL", "key bel");
	assert_int_equal(cl->dials, 0);
	store_commit(w->st); /* the request */
	assert_int_equal(cl->dials, 0);
	store_commit(w->st); /* the try */
	assert_int_equal(cl->dials, 1);
}

static void asked_twice_is_one_call(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	asks(w);
	says(w, ANN, "bel mij terug");
	assert_true(texted(w, "call.already"));
	s = answered(cl);
	says(w, ANN, "bel me");
	assert_true(texted(w, "call.talking"));
	greeted(cl, s, LINE_PERSON);
	assert_int_equal(cl->dials, 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM callout"), 1);
	hang_up(cl, s);
	asks(w);
	assert_int_equal(cl->dials, 2);
}

static void without_a_line_it_is_said(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	cl->ln.state = LINE_DOWN;
	says(w, ANN, "MELD");
	asks(w);
	assert_non_null(strstr(last_text_to(w, ANN), phrase_of(w, "call.none", NULL, "")));
	assert_non_null(
		strstr(last_text_to(w, ANN), "Wat wilt u melden?")); /* it goes on by text */
	cl->ln.state = LINE_UP;
	wait_s(w, 10);
	assert_int_equal(cl->dials, 0);
}

static void a_phone_is_not_made_to_ring_all_day(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	static const char *const words[] = { "BEL",	  "bel mij",	   "bel me",
					     "bel terug", "bel mij terug", "terugbellen" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		says(w, ANN, words[i]);
		assert_int_equal(cl->dials, i + 1);
		unreached(cl, LINE_NO_SUCH_NUMBER);
	}
	says(w, ANN, "bel me terug");
	assert_true(texted(w, "call.often"));
	assert_int_equal(cl->dials, ARRAY_SIZE(words));
	wait_s(w, 3600);
	asks(w);
	assert_int_equal(cl->dials, ARRAY_SIZE(words) + 1);
}

static void who_is_blocked_is_not_called(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	says(w, ANN, "hallo");
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_person_block(w->st, 1, "loop", T0), 0);
	store_end(w->st);
	asks(w);
	assert_int_equal(notice(w, ANN), -EPERM);
	assert_int_equal(cl->dials, 0);
}

static void who_calls_us_meanwhile_is_not_called(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	asks(w);
	unreached(cl, LINE_BUSY);
	s = call(cl, ANN);
	assert_string_equal(state_of(w), "dropped called-us");
	hang_up(cl, s);
	pass(w, 7200);
	assert_int_equal(cl->dials, 1);
}

/* ---- tries */

static void nobody_answers_three_times_then_a_text(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	asks(w);
	unreached(cl, LINE_NO_ANSWER);
	wait_s(w, 299);
	assert_int_equal(cl->dials, 1);
	wait_s(w, 2);
	assert_int_equal(cl->dials, 2);
	unreached(cl, LINE_NO_ANSWER);
	wait_s(w, 301);
	assert_int_equal(texts_to(w, ANN), 1);
	unreached(cl, LINE_NO_ANSWER);
	assert_int_equal(cl->dials, 3);
	assert_string_equal(state_of(w), "unreached no-answer");
	assert_true(texted(w, "callout.missed"));
	assert_string_equal(
		sql_text(w, "SELECT group_concat(cause || ' ' || (ended NOTNULL)) FROM call"),
		"no-answer 1,no-answer 1,no-answer 1");
	pass(w, 7200);
	assert_int_equal(cl->dials, 3);
}

static void busy_is_tried_sooner(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	asks(w);
	unreached(cl, LINE_BUSY);
	wait_s(w, 58);
	assert_int_equal(cl->dials, 1);
	wait_s(w, 3);
	assert_int_equal(cl->dials, 2);
}

static void what_is_no_number_is_not_tried_again(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	asks(w);
	unreached(cl, LINE_NO_SUCH_NUMBER);
	assert_string_equal(state_of(w), "unreached no-such-number");
	pass(w, 7200);
	assert_int_equal(cl->dials, 1);
}

static void our_own_trouble_is_no_try(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	cl->dial_rc = -EAGAIN;
	asks(w);
	for (int i = 0; i < 10; i++)
		wait_s(w, 11);
	assert_string_equal(state_of(w), "waiting not-dialled");
	assert_int_equal(tries(w), 0);
	cl->dial_rc = 0;
	wait_s(w, 11);
	assert_int_equal(cl->dials, 1);
	unreached(cl, LINE_NOT_DIALLED);
	assert_int_equal(tries(w), 0);
	wait_s(w, 11);
	assert_int_equal(cl->dials, 2);
}

static void a_line_that_never_tells_is_not_waited_for(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	struct line_call late = { .number = ANN, .outgoing = true };

	asks(w);
	late.session = cl->rings;
	tick(w, cl->dialling.ring_s + 20);
	assert_int_equal(cl->hang_ups, 0);
	tick(w, 11);
	assert_int_equal(cl->hang_ups, 1);
	assert_int_equal(cl->hung_up, late.session);
	assert_string_equal(state_of(w), "waiting no-answer");
	assert_string_equal(sql_text(w, "SELECT cause || ' ' || (ended NOTNULL) FROM call"),
			    "no-answer 1");
	assert_false(callouts_called(w->callouts, &cl->ln, &late)); /* it tells at last */
	wait_s(w, 301);
	assert_int_equal(cl->dials, 2);
	tick(w, 10);
	answered(cl); /* and who is in the call is left there */
	tick(w, 61);
	assert_int_equal(cl->hang_ups, 1);
}

static void another_line_is_taken_when_one_cannot(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	struct fake_call_line other = { .w = w, .ln = cl->ln, .last_session = 100 };

	other.ln.name = "sip other";
	callouts_line_add(w->callouts, &other.ln);
	cl->dial_rc = -EAGAIN;
	asks(w);
	assert_int_equal(other.dials, 0);
	wait_s(w, 11);
	assert_int_equal(other.dials, 1);
	callouts_line_remove(w->callouts, &other.ln); /* it goes while it rings */
	run(w);
	assert_string_equal(state_of(w), "waiting no-answer");
	assert_int_equal(tries(w), 1);
}

static void a_line_that_comes_up_takes_what_waits(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	asks(w);
	unreached(cl, LINE_BUSY);
	cl->ln.state = LINE_DOWN;
	wait_s(w, 600);
	assert_int_equal(cl->dials, 1);
	cl->ln.state = LINE_UP;
	callouts_run(w->callouts); /* as line_changed() does */
	run(w);
	assert_int_equal(cl->dials, 2);
}

/* ---- machines, and who hangs up */

static void a_machine_is_told_and_tried_again(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	asks(w);
	for (int i = 0; i < 3; i++) {
		s = answered(cl);
		greeted(cl, s, LINE_MACHINE);
		assert_true(hears(cl, i < 2 ? "callout.machine.again" : "callout.machine.last"));
		assert_true(cl->last);
		played(cl, s);
		if (i == 2)
			break;
		assert_string_equal(state_of(w), "waiting machine");
		wait_s(w, 301);
	}
	assert_string_equal(state_of(w), "unreached machine");
	assert_true(texted(w, "callout.missed"));
}

static void nothing_said_of_who_answered_is_a_person(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	asks(w);
	answered(cl);
	tick(w, 31);
	assert_int_equal(cl->prompts, 0);
	tick(w, 2);
	assert_true(hears(cl, "callout.back"));
}

static void a_key_is_a_person(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	asks(w);
	press(cl, answered(cl), "5");
	assert_true(hears(cl, "callout.back"));
	assert_string_equal(state_of(w), "reached heard");
}

static void who_hangs_up_before_a_word_is_tried_again(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	asks(w);
	hang_up(cl, answered(cl));
	assert_string_equal(state_of(w), "waiting hung-up");
	assert_string_equal(sql_text(w, "SELECT cause FROM call"), "hung-up");
	wait_s(w, 301);
	assert_int_equal(cl->dials, 2);
}

/* ---- notices */

static void a_notice_is_said_and_again(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	assert_int_equal(notice(w, ANN), 0);
	s = answered(cl);
	greeted(cl, s, LINE_PERSON);
	assert_true(hears(cl, "callout.notice"));
	assert_non_null(strstr(cl->said, WATER));
	assert_true(hears(cl, "callout.keys"));
	assert_string_equal(state_of(w), "dialling "); /* not heard to its end yet */
	press(cl, s, "1");
	assert_int_equal(cl->prompts, 2);
	assert_non_null(strstr(cl->said, WATER));
	played(cl, s);
	tick(w, 7); /* silence */
	assert_true(hears(cl, "callout.bye"));
	assert_true(cl->last);
	assert_string_equal(state_of(w), "reached heard");
	played(cl, s);
	assert_int_equal(texts_to(w, ANN), 0);
	assert_int_equal(figures(cl).open, 0);
}

static void nine_ends_all_of_them(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	notice(w, ANN);
	s = answered(cl);
	greeted(cl, s, LINE_PERSON);
	press(cl, s, "9");
	assert_true(hears(cl, "callout.stopped"));
	assert_int_equal(sql_number(w, "SELECT stopped FROM person"), 1);
	assert_string_equal(state_of(w), "reached heard");
	assert_int_equal(notice(w, ANN), -EPERM);
	says(w, ANN, "START");
	assert_int_equal(notice(w, ANN), 0);
}

static void stop_drops_what_waits(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	notice(w, ANN);
	unreached(cl, LINE_NO_ANSWER);
	says(w, ANN, "STOP");
	wait_s(w, 301);
	assert_int_equal(cl->dials, 1);
	assert_string_equal(state_of(w), "dropped stopped");
}

static void who_hangs_up_in_a_notice_is_left_alone(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	notice(w, ANN);
	s = answered(cl);
	greeted(cl, s, LINE_PERSON);
	hang_up(cl, s);
	assert_string_equal(state_of(w), "reached hung-up");
	pass(w, 7200);
	assert_int_equal(cl->dials, 1);
}

static void a_machine_takes_a_notice_in_one_sentence(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	notice(w, ANN);
	s = answered(cl);
	greeted(cl, s, LINE_MACHINE);
	assert_true(hears(cl, "callout.machine.notice"));
	assert_true(cl->last);
	played(cl, s);
	assert_string_equal(state_of(w), "reached machine");
	/* one that cuts us off did not take it */
	notice(w, BOB);
	s = answered(cl);
	greeted(cl, s, LINE_MACHINE);
	hang_up(cl, s);
	assert_string_equal(state_of(w), "waiting hung-up");
}

static void an_unreached_notice_goes_by_text(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	notice(w, ANN);
	for (int i = 0; i < 3; i++) {
		unreached(cl, LINE_NO_ANSWER);
		wait_s(w, 301);
	}
	assert_int_equal(cl->dials, 3);
	assert_true(texted(w, "callout.missed.notice"));
	assert_non_null(strstr(last_text_to(w, ANN), WATER));
}

/* T0 is 17:00 in The Hague; notices ring until 21:00 and from 08:00. */
static void notices_wait_for_the_morning_but_who_asks_does_not(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	wait_s(w, 4 * 3600);
	notice(w, BOB);
	assert_int_equal(cl->dials, 0);
	assert_int_equal(sql_number(w, "SELECT due FROM callout"), T0 + 15 * 3600);
	asks(w);
	assert_int_equal(cl->dials, 1);
	assert_string_equal(cl->dialled, ANN);
	unreached(cl, LINE_NO_SUCH_NUMBER);
	pass(w, 11 * 3600);
	assert_int_equal(cl->dials, 2);
	assert_string_equal(cl->dialled, BOB);
}

static void a_try_does_not_fall_into_the_night(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	wait_s(w, 4 * 3600 - 60);
	notice(w, ANN);
	assert_int_equal(cl->dials, 1);
	unreached(cl, LINE_NO_ANSWER);
	wait_s(w, 301);
	assert_int_equal(cl->dials, 1);
	assert_int_equal(sql_number(w, "SELECT due FROM callout"), T0 + 15 * 3600);
}

static void only_telephones_are_called(void **state)
{
	struct world *w = *state;
	struct callout_row row;

	assert_int_equal(notice(w, "14070"), -EINVAL);
	assert_int_equal(notice(w, "KPN"), -EINVAL);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(callout_notice(w->callouts, ANN, "xx", WATER, 0, &row), -EINVAL);
	assert_int_equal(callout_notice(w->callouts, ANN, "en", " \n", 0, &row), -EINVAL);
	assert_int_equal(callout_notice(w->callouts, ANN, "en", "\xff", 0, &row), -EINVAL);
	assert_int_equal(callout_notice(w->callouts, ANN, "en", "No water.", 0, &row), 0);
	store_end(w->st);
	run(w);
	greeted(town, answered(town), LINE_PERSON);
	assert_string_equal(town->spoken_in, "en");
}

static void one_phone_does_not_ring_twice_at_once(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	notice(w, ANN);
	notice(w, ANN);
	assert_int_equal(cl->dials, 1);
	s = answered(cl);
	greeted(cl, s, LINE_PERSON);
	wait_s(w, 1);
	assert_int_equal(cl->dials, 1);
	hang_up(cl, s);
	tick(w, 6);
	assert_int_equal(cl->dials, 2);
}

static void no_more_at_once_than_is_said(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	struct callout_cfg cfg = { .at_once = 2 };
	char number[PHONE_SIZE];

	callouts_configure(w->callouts, &cfg);
	for (int i = 0; i < 5; i++) {
		snprintf(number, sizeof(number), "+3161234000%d", i + 2);
		assert_int_equal(notice(w, number), 0);
	}
	assert_int_equal(cl->dials, 2);
	unreached(cl, LINE_NO_SUCH_NUMBER);
	tick(w, 1);
	assert_int_equal(cl->dials, 3);
}

/* ---- a crash */

/* What is on the disk when the program is killed. */
static void killed(struct world *w)
{
	TALLOC_FREE(town->calls);
	TALLOC_FREE(w->callouts);
}

static void started_again(struct world *w)
{
	struct fake_call_line *cl = town;
	struct call_cfg cfg = { .recordings = cl->folder, .hourly_ceiling = 10, .calls_max = 3 };

	cl->calls = calls_alloc(w, w->st, w->outbox, w->desk, &w->talk, NULL, &cfg);
	cl->rings = 0;
	w->agenda = agenda_alloc(w, w->st);
	agenda_add(w->agenda, world_due_calls, cl->calls);
	agenda_add(w->agenda, world_due_outbox, w->outbox);
	agenda_add(w->agenda, world_due_intake, w->intake);
	town_callouts(w, cl);
	agenda_now(w->agenda);
	run(w);
}

static void killed_while_it_rings_it_counts_and_comes_again(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	asks(w);
	assert_int_equal(cl->dials, 1);
	TALLOC_FREE(w->agenda);
	killed(w);
	started_again(w);
	assert_int_equal(cl->dials, 1); /* the other phone may ring yet */
	assert_string_equal(state_of(w), "waiting lost");
	assert_int_equal(tries(w), 1);
	assert_string_equal(sql_text(w, "SELECT cause FROM call"), "lost");
	wait_s(w, 301);
	assert_int_equal(cl->dials, 2);
	greeted(cl, answered(cl), LINE_PERSON);
	assert_string_equal(state_of(w), "reached heard");
}

static void killed_in_the_call_it_goes_on_by_text(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	asks(w);
	s = answered(cl);
	greeted(cl, s, LINE_PERSON);
	press(cl, s, "15");
	TALLOC_FREE(w->agenda);
	killed(w);
	started_again(w);
	wait_s(w, 2);
	assert_int_equal(cl->dials, 1); /* it was reached */
	assert_non_null(strstr(last_text_to(w, ANN), "Waar is het?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALL_TEST(who_asks_is_called_and_goes_on_where_it_was),
		CALL_TEST(nothing_is_dialled_before_the_commit),
		CALL_TEST(asked_twice_is_one_call),
		CALL_TEST(without_a_line_it_is_said),
		CALL_TEST(a_phone_is_not_made_to_ring_all_day),
		CALL_TEST(who_is_blocked_is_not_called),
		CALL_TEST(who_calls_us_meanwhile_is_not_called),
		CALL_TEST(nobody_answers_three_times_then_a_text),
		CALL_TEST(busy_is_tried_sooner),
		CALL_TEST(what_is_no_number_is_not_tried_again),
		CALL_TEST(our_own_trouble_is_no_try),
		CALL_TEST(a_line_that_never_tells_is_not_waited_for),
		CALL_TEST(another_line_is_taken_when_one_cannot),
		CALL_TEST(a_line_that_comes_up_takes_what_waits),
		CALL_TEST(a_machine_is_told_and_tried_again),
		CALL_TEST(nothing_said_of_who_answered_is_a_person),
		CALL_TEST(a_key_is_a_person),
		CALL_TEST(who_hangs_up_before_a_word_is_tried_again),
		CALL_TEST(a_notice_is_said_and_again),
		CALL_TEST(nine_ends_all_of_them),
		CALL_TEST(stop_drops_what_waits),
		CALL_TEST(who_hangs_up_in_a_notice_is_left_alone),
		CALL_TEST(a_machine_takes_a_notice_in_one_sentence),
		CALL_TEST(an_unreached_notice_goes_by_text),
		CALL_TEST(notices_wait_for_the_morning_but_who_asks_does_not),
		CALL_TEST(a_try_does_not_fall_into_the_night),
		CALL_TEST(only_telephones_are_called),
		CALL_TEST(one_phone_does_not_ring_twice_at_once),
		CALL_TEST(no_more_at_once_than_is_said),
		CALL_TEST(killed_while_it_rings_it_counts_and_comes_again),
		CALL_TEST(killed_in_the_call_it_goes_on_by_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
