// SPDX-License-Identifier: AGPL-3.0-or-later
/* Who keys 0 talks to a person: opening hours, what is heard meanwhile, both ways of hanging up, and nobody. */
#include "flow/call_test.h"

#define PERSON "+31703530000"

static void has_person(struct fake_call_line *cl, const char *days, const char *span)
{
	struct call_cfg cfg = { .recordings = cl->folder, .hourly_ceiling = 10, .person = PERSON };

	if (days)
		assert_int_equal(hours_read(&cfg.person_hours[cfg.person_hours_n++], days, span),
				 0);
	calls_configure(cl->calls, &cfg);
}

/* A caller in the midst of a report wants one. */
static uint64_t wants_one(struct fake_call_line *cl)
{
	uint64_t s = call(cl, ANN);

	press(cl, s, "13");
	assert_non_null(strstr(cl->said, "Waar is het?"));
	press(cl, s, "0");
	return s;
}

static char doing[40];

static void note_doing(const struct call_seen *seen, void *data)
{
	OSMO_STRLCPY_ARRAY(doing, seen->doing);
}

static const char *is_doing(struct fake_call_line *cl)
{
	calls_each(cl->calls, note_doing, NULL);
	return doing;
}

/* The person heard whose call it is. */
static uint64_t picks_up(struct fake_call_line *cl)
{
	uint64_t person = answered(cl);

	assert_int_equal(cl->said_to, person);
	assert_non_null(strstr(cl->said, "beller van de meldlijn"));
	assert_non_null(strstr(cl->said, "0 6, 1 2, 3 4, 5 6, 7 8"));
	assert_int_equal(cl->joined[1], 0);
	played(cl, person);
	return person;
}

static const char *rows(struct world *w)
{
	return sql_text(w,
			"SELECT group_concat(number || ' ' || cause || ' ' || "
			"coalesce(caller_id, '-') || ' ' || (answered NOTNULL), ', ') FROM call");
}

static void caller_and_person_talk(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s, person;

	has_person(cl, "mo-fr", "08:00-17:30"); /* T0 is Monday, 17:00 */
	s = wants_one(cl);
	assert_true(said(cl, "voice.connect"));
	assert_non_null(strstr(cl->said, "(tone)"));
	assert_string_equal(cl->dialled, PERSON);
	assert_false(cl->dialling.greeting);
	assert_string_equal(is_doing(cl), "calling a person");
	person = picks_up(cl);
	assert_int_equal(cl->joined[0], s);
	assert_int_equal(cl->joined[1], person);
	assert_string_equal(is_doing(cl), "connected to a person");
	assert_int_equal(figures(cl).connected, 0);
	press(cl, s, "15*#");
	tick(w, 600); /* neither a key nor time disturbs them */
	assert_int_equal(cl->said_to, person);
	hang_up(cl, person);
	assert_int_equal(cl->said_to, s);
	assert_non_null(strstr(cl->said, "Waar is het?")); /* where it was */
	assert_int_equal(figures(cl).connected, 1);
	hang_up(cl, s);
	assert_string_equal(rows(w), ANN " hung-up - 1, " PERSON " done 1 1");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM call WHERE ended NOTNULL"), 2);
}

static void nothing_is_dialled_before_its_row(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	has_person(cl, NULL, NULL);
	s = call(cl, ANN);
	calls_key(cl->calls, &cl->ln, s, '0');
	assert_int_equal(cl->dials, 0);
	store_commit(w->st);
	assert_int_equal(cl->dials, 1);
	assert_int_equal(sql_number(w, "SELECT caller_id FROM call WHERE id = 2"), 1);
}

static void the_tone_goes_on_while_it_rings(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	has_person(cl, NULL, NULL);
	s = wants_one(cl);
	for (int i = 0; i < 3; i++) {
		unsigned int prompts = cl->prompts;

		calls_played(cl->calls, &cl->ln, s); /* taken, not heard yet */
		tick(w, 4);
		assert_int_equal(cl->prompts, prompts);
		tick(w, 2);
		assert_int_equal(cl->prompts, prompts + 1);
		assert_string_equal(cl->said, "(tone)\n");
	}
	assert_int_equal(cl->dials, 1);
}

static void star_takes_the_caller_back(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s, person;

	has_person(cl, NULL, NULL);
	s = wants_one(cl);
	person = cl->rings;
	press(cl, s, "7");
	assert_string_equal(is_doing(cl), "calling a person");
	press(cl, s, "*");
	assert_int_equal(cl->hung_up, person);
	assert_non_null(strstr(cl->said, "Waar is het?"));
	assert_string_equal(rows(w), ANN "  - 1, " PERSON " hung-up 1 0");
	press(cl, s, "1"); /* by postcode */
	assert_true(said(cl, "voice.postcode"));
}

static void nobody_comes(void **state)
{
	static const struct {
		enum line_unreached why;
		const char *cause;
	} whys[] = { { LINE_BUSY, "busy" }, { LINE_NO_ANSWER, "no-answer" } };
	struct world *w = *state;
	struct fake_call_line *cl = town;

	has_person(cl, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(whys); i++) {
		uint64_t s = i == 0 ? wants_one(cl) : call(cl, BOB);
		char want[64];

		if (i == 1)
			press(cl, s, "0");
		unreached(cl, whys[i].why);
		assert_true(said(cl, "voice.leave"));
		assert_true(cl->record[0]);
		snprintf(want, sizeof(want), PERSON " %s", whys[i].cause);
		assert_non_null(strstr(rows(w), want));
		speak(cl, s, LINE_RECORDED, 2);
		assert_true(said(cl, "voice.thanks")); /* and it goes on */
		hang_up(cl, s);
	}
	assert_int_equal(sql_number(w, "SELECT count(*) FROM recording WHERE for_city"), 2);
	assert_int_equal(figures(cl).unconnected, 2);
}

static void a_line_that_says_nothing_is_given_up(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s, person;

	has_person(cl, NULL, NULL);
	s = wants_one(cl);
	person = cl->rings;
	for (int i = 0; i < 9; i++) {
		calls_played(cl->calls, &cl->ln, s);
		tick(w, 6);
	}
	assert_int_equal(cl->hung_up, person);
	assert_true(said(cl, "voice.leave"));
}

static void outside_hours_a_message_is_recorded(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	has_person(cl, "mo-fr", "08:00-16:59");
	s = wants_one(cl);
	assert_true(said(cl, "voice.leave"));
	assert_int_equal(cl->dials, 0);
	hang_up(cl, s);
	tick(w, 15 * 3600); /* Tuesday, 08:00 */
	press(cl, call(cl, ANN), "0");
	assert_int_equal(cl->dials, 1);
}

static void a_line_that_cannot_records_a_message(void **state)
{
	struct fake_call_line *cl = town;
	struct line_ops ops = *cl->ln.ops;

	has_person(cl, NULL, NULL);
	ops.join = NULL;
	cl->ln.ops = &ops;
	wants_one(cl);
	assert_true(said(cl, "voice.leave"));
	assert_int_equal(cl->dials, 0);
	cl->ln.ops = &call_ops;
	cl->dial_rc = -EAGAIN;
	press(cl, call(cl, BOB), "0");
	assert_true(said(cl, "voice.leave"));
	cl->dial_rc = 0;
}

/* There is no number to tell. */
static void caller_without_a_number_and_person_talk(void **state)
{
	struct fake_call_line *cl = town;
	uint64_t s, person;

	has_person(cl, NULL, NULL);
	s = call(cl, NULL);
	press(cl, s, "130");
	assert_true(said(cl, "voice.connect"));
	played(cl, s);
	person = answered(cl);
	assert_int_equal(cl->said_to, s);
	assert_int_equal(cl->joined[0], s);
	assert_int_equal(cl->joined[1], person);
}

static void two_that_cannot_be_joined_part(void **state)
{
	struct fake_call_line *cl = town;
	uint64_t s, person;

	has_person(cl, NULL, NULL);
	s = wants_one(cl);
	cl->join_rc = -ENOENT;
	person = picks_up(cl);
	assert_int_equal(cl->hung_up, person);
	assert_int_equal(cl->said_to, s);
	assert_true(said(cl, "voice.leave"));
}

static void caller_hangs_up_and_both_end(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s, person;

	has_person(cl, NULL, NULL);
	s = wants_one(cl);
	person = picks_up(cl);
	hang_up(cl, s);
	assert_int_equal(cl->hung_up, person);
	assert_int_equal(figures(cl).open, 0);
	assert_string_equal(rows(w), ANN " hung-up - 1, " PERSON " done 1 1");
	/* while it rings too */
	s = call(cl, BOB);
	press(cl, s, "0");
	person = cl->rings;
	hang_up(cl, s);
	assert_int_equal(cl->hung_up, person);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM call WHERE ended ISNULL"), 0);
}

static void hung_up_while_the_words_are_made(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;
	uint64_t s;

	has_person(cl, NULL, NULL);
	s = call(cl, ANN);
	voice.slowly = true;
	press(cl, s, "0");
	hang_up(cl, s);
	voice_works();
	run(w);
	assert_int_equal(cl->dials, 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM call WHERE ended ISNULL"), 0);
	/* the person hangs up while whose call it is is not made yet */
	voice.slowly = false;
	s = call(cl, ANN);
	press(cl, s, "0");
	voice.slowly = true;
	hang_up(cl, answered(cl));
	voice_works();
	run(w);
	assert_true(said(cl, "voice.leave"));
}

static void the_persons_words_fail_and_they_talk(void **state)
{
	struct fake_call_line *cl = town;
	uint64_t s, person;

	has_person(cl, NULL, NULL);
	s = wants_one(cl);
	voice.word = "beller";
	person = answered(cl);
	voice_works();
	run(cl->w);
	assert_int_equal(cl->joined[0], s);
	assert_int_equal(cl->joined[1], person);
}

static void the_line_goes(void **state)
{
	struct world *w = *state;
	struct fake_call_line *cl = town;

	has_person(cl, NULL, NULL);
	wants_one(cl);
	picks_up(cl);
	calls_line_remove(cl->calls, &cl->ln);
	run(w);
	assert_int_equal(figures(cl).open, 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM call WHERE ended ISNULL"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALL_TEST(caller_and_person_talk),
		CALL_TEST(caller_without_a_number_and_person_talk),
		CALL_TEST(nothing_is_dialled_before_its_row),
		CALL_TEST(the_tone_goes_on_while_it_rings),
		CALL_TEST(star_takes_the_caller_back),
		CALL_TEST(nobody_comes),
		CALL_TEST(a_line_that_says_nothing_is_given_up),
		CALL_TEST(outside_hours_a_message_is_recorded),
		CALL_TEST(a_line_that_cannot_records_a_message),
		CALL_TEST(two_that_cannot_be_joined_part),
		CALL_TEST(caller_hangs_up_and_both_end),
		CALL_TEST(hung_up_while_the_words_are_made),
		CALL_TEST(the_persons_words_fail_and_they_talk),
		CALL_TEST(the_line_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
