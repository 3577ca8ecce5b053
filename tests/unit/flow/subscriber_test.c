// SPDX-License-Identifier: AGPL-3.0-or-later
/* Whose SIM it is: told, known, or asked once; and nobody reads a stranger's reports. */
#include "flow/session_test.h"

#define NEW   "+31622222222"
#define TYPED "06 2222 2222"

static int64_t rows(struct world *w, const char *where)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM subscriber WHERE %s", where);
	return sql_number(w, sql);
}

/* The page that a person with a known number sees. */
static const char *page_of(struct phones *ph, const char *number, const char *code)
{
	dial(ph, number, code);
	return talloc_strdup(ph, shown(ph)->text);
}

/* The four digits of a text. */
static const char *code_in(struct phones *ph, const char *text)
{
	for (; *text; text++)
		if (strspn(text, "0123456789") == 4)
			return talloc_strndup(ph, text, 4);
		else
			text += strspn(text, "0123456789") ? strspn(text, "0123456789") - 1 : 0;
	fail_msg("no code");
	return NULL;
}

static const char *other_code(struct phones *ph, const char *code)
{
	return talloc_asprintf(ph, "%c%s", code[0] == '9' ? '0' : code[0] + 1, code + 1);
}

/* Up to the question for the code. */
static uint64_t claim(struct phones *ph, const char *imsi, const char *number)
{
	uint64_t session = dial_as(ph, CODE, NULL, imsi);

	answer(ph, session, number);
	answer(ph, session, "1");
	return session;
}

static void ann_texts(struct world *w)
{
	says(w, ANN, SIMPLE);
	take_all(w);
}

static void number_that_the_network_tells_is_remembered(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;

	dial_as(ph, CODE, ANN, SIM);
	assert_string_equal(sql_text(w, "SELECT number FROM person"), ANN);
	dial_as(ph, "*140*1#", NULL, SIM);
	assert_string_equal(shown(ph)->text, page_of(ph, ANN, "*140*1#"));
	assert_int_equal(rows(w, "imsi = '" SIM "' AND number = '" ANN "' AND proved = 1"), 1);
}

static void known_number_is_used_and_nothing_is_asked(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;

	dial_as(ph, CODE, ANN, SIM);
	answer(ph, dial_as(ph, CODE, NULL, SIM), "MELD AFVAL SPUI 70 container vol");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report JOIN person ON person.id = "
				       "person_id WHERE number = '" ANN "'"),
			 1);
}

static void new_number_is_asked_once_and_believed(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session = dial_as(ph, "*140*1#", NULL, SIM);

	assert_shown(ph, "subscriber.ask", NULL);
	assert_false(shown(ph)->last);
	answer(ph, session, TYPED);
	assert_shown(ph, "subscriber.confirm", NEW);
	answer(ph, session, "1");
	assert_string_equal(shown(ph)->text, page_of(ph, BOB, "*140*1#")); /* what was dialled */
	answer(ph, session, "1");
	assert_false(shown(ph)->refused);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox"), 0);
	assert_string_equal(sql_text(w, "SELECT number FROM subscriber"), NEW);
	dial_as(ph, CODE, NULL, SIM);
	assert_string_equal(shown(ph)->text, page_of(ph, NEW, CODE));
}

static void number_of_eastern_digits_is_read(void **state)
{
	struct phones *ph = phones;
	uint64_t session = dial_as(ph, CODE, NULL, SIM);

	answer(ph, session, "٠٦٢٢٢٢٢٢٢٢");
	assert_shown(ph, "subscriber.confirm", NEW);
}

static void what_is_no_number_is_asked_again(void **state)
{
	static const char *const wrong[] = { "",	  "ja",	   "1",
					     "14070",	  "06123", "0612345678901234567890",
					     "06x2222222" };
	struct phones *ph = phones;
	uint64_t session;

	ph->ln.number = "+31612340009";
	session = dial_as(ph, CODE, NULL, SIM);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		answer(ph, session, wrong[i]);
		assert_shown(ph, "subscriber.again", NULL);
	}
	answer(ph, session, "0612340009"); /* our own */
	assert_shown(ph, "subscriber.again", NULL);
	answer(ph, session, TYPED);
	assert_shown(ph, "subscriber.confirm", NEW);
}

static void number_that_is_wrong_is_typed_again(void **state)
{
	struct phones *ph = phones;
	uint64_t session = dial_as(ph, CODE, NULL, SIM);

	answer(ph, session, "0633333333");
	answer(ph, session, "7");
	assert_shown(ph, "subscriber.confirm", "+31633333333");
	answer(ph, session, "2");
	assert_shown(ph, "subscriber.ask", NULL);
	answer(ph, session, TYPED);
	answer(ph, session, "nee");
	assert_shown(ph, "subscriber.ask", NULL);
	answer(ph, session, TYPED);
	answer(ph, session, "ja");
	assert_string_equal(shown(ph)->text, page_of(ph, BOB, CODE));
}

static void number_that_texts_us_needs_the_code_texted_to_it(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session;
	const char *code;

	ann_texts(w);
	session = dial_as(ph, "*140*1#", NULL, SIM);
	answer(ph, session, "0612345678");
	answer(ph, session, "1");
	assert_shown(ph, "subscriber.code.sent", ANN);
	assert_string_equal(last_given(w)->to, ANN);
	code = code_in(ph, last_text_to(w, ANN));
	assert_string_not_equal(sql_text(w, "SELECT code FROM subscriber"), code);
	answer(ph, session, other_code(ph, code));
	assert_shown(ph, "subscriber.code.wrong", NULL);
	assert_false(shown(ph)->last);
	answer(ph, session, code);
	assert_string_equal(shown(ph)->text, page_of(ph, ANN, "*140*1#"));
	assert_int_equal(rows(w, "number = '" ANN "' AND proved = 1 AND code = ''"), 1);
}

static void number_that_dialled_or_has_another_sim_needs_a_code(void **state)
{
	struct phones *ph = phones;

	dial(ph, ANN, CODE);
	claim(ph, SIM, "0612345678");
	assert_shown(ph, "subscriber.code.sent", ANN);
	dial_as(ph, CODE, BOB, SIM_2);
	claim(ph, SIM "9", "0687654321");
	assert_shown(ph, "subscriber.code.sent", BOB);
}

static void number_goes_over_to_the_sim_that_proved_it(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session;

	dial_as(ph, CODE, ANN, SIM);
	session = claim(ph, SIM_2, "0612345678");
	answer(ph, session, code_in(ph, last_text_to(w, ANN)));
	assert_int_equal(rows(w, "imsi = '" SIM_2 "' AND number = '" ANN "'"), 1);
	dial_as(ph, CODE, NULL, SIM);
	assert_shown(ph, "subscriber.ask", NULL);
}

static void third_wrong_code_is_the_last(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session;
	const char *code;

	ann_texts(w);
	session = claim(ph, SIM, "0612345678");
	code = code_in(ph, last_text_to(w, ANN));
	answer(ph, session, other_code(ph, code));
	answer(ph, session, "wat?");
	assert_shown(ph, "subscriber.code.wrong", NULL);
	answer(ph, session, other_code(ph, code));
	assert_shown(ph, "subscriber.code.over", NULL);
	assert_true(shown(ph)->last);
	session = dial_as(ph, CODE, NULL, SIM);
	assert_shown(ph, "subscriber.ask", NULL);
	answer(ph, session, code); /* it is worth nothing any more */
	assert_shown(ph, "subscriber.again", NULL);
}

static void code_holds_for_an_hour(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session;
	const char *code;

	ann_texts(w);
	session = claim(ph, SIM, "0612345678");
	code = code_in(ph, last_text_to(w, ANN));
	sessions_ended(ph->sessions, &ph->ln, session);
	tick(w, 3599);
	session = dial_as(ph, CODE, NULL, SIM);
	assert_shown(ph, "subscriber.code.sent", ANN);
	tick(w, 1);
	answer(ph, session, code);
	assert_shown(ph, "subscriber.code.over", NULL);
	dial_as(ph, CODE, NULL, SIM);
	assert_shown(ph, "subscriber.ask", NULL);
}

static void no_number_gets_more_than_three_codes_an_hour(void **state)
{
	static const char *const sims[] = { SIM, SIM_2, SIM "3", SIM "4" };
	struct world *w = *state;
	struct phones *ph = phones;
	int64_t before;

	ann_texts(w);
	before = texts_to(w, ANN);
	for (size_t i = 0; i < ARRAY_SIZE(sims); i++)
		claim(ph, sims[i], "0612345678");
	assert_shown(ph, "subscriber.code.over", NULL);
	assert_true(shown(ph)->last);
	assert_int_equal(texts_to(w, ANN), before + 3);
	tick(w, 3600);
	claim(ph, SIM "4", "0612345678");
	assert_shown(ph, "subscriber.code.sent", ANN);
}

static void no_sim_gets_more_than_three_codes_an_hour(void **state)
{
	static const char *const numbers[] = { "+31630000001", "+31630000002", "+31630000003",
					       "+31630000004" };
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		says(w, numbers[i], SIMPLE);
	session = dial_as(ph, CODE, NULL, SIM);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		answer(ph, session, numbers[i]);
		answer(ph, session, "1");
		if (i < 3) {
			assert_shown(ph, "subscriber.code.sent", numbers[i]);
			answer(ph, session, "0"); /* another number */
			assert_shown(ph, "subscriber.ask", NULL);
		}
	}
	assert_shown(ph, "subscriber.code.over", NULL);
}

static void without_a_line_for_texts_no_code_can_be_asked(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	int64_t before;

	ann_texts(w);
	before = texts_to(w, ANN);
	w->line->ln.state = LINE_DOWN;
	claim(ph, SIM, "0612345678");
	assert_shown(ph, "subscriber.code.never", NULL);
	assert_true(shown(ph)->last);
	assert_int_equal(texts_to(w, ANN), before);
	w->line->ln.state = LINE_UP;
	dial_as(ph, CODE, NULL, SIM);
	assert_shown(ph, "subscriber.ask", NULL);
}

static void blocked_number_gets_no_code(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	int64_t before;

	ann_texts(w);
	before = texts_to(w, ANN);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_person_block(w->st, 1, "test", test_now_s), 0);
	assert_int_equal(store_end(w->st), 0);
	claim(ph, SIM, "0612345678");
	assert_shown(ph, "subscriber.code.never", NULL);
	assert_int_equal(texts_to(w, ANN), before);
}

/* Who took a number that nobody used must not read what its owner reports later. */
static void number_that_was_believed_is_doubted_once_someone_texts_from_it(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	uint64_t session;

	claim(ph, SIM, "0612345678");
	dial_as(ph, CODE, NULL, SIM);
	assert_string_equal(shown(ph)->text, page_of(ph, ANN, CODE));
	ann_texts(w);
	session = dial_as(ph, "*140*3#", NULL, SIM);
	assert_shown(ph, "subscriber.code.sent", ANN);
	answer(ph, session, code_in(ph, last_text_to(w, ANN)));
	assert_string_equal(shown(ph)->text, page_of(ph, ANN, "*140*3#"));
	dial_as(ph, CODE, NULL, SIM);
	assert_string_equal(shown(ph)->text, page_of(ph, ANN, CODE));
}

static void lost_session_goes_on_at_the_same_question(void **state)
{
	struct phones *ph = phones;
	uint64_t session = dial_as(ph, "*140*1#", NULL, SIM);

	answer(ph, session, TYPED);
	sessions_ended(ph->sessions, &ph->ln, session);
	session = dial_as(ph, CODE, NULL, SIM);
	assert_shown(ph, "subscriber.confirm", NEW);
	answer(ph, session, "1");
	assert_string_equal(shown(ph)->text, page_of(ph, BOB, "*140*1#"));
}

static void what_is_asked_outlasts_the_program(void **state)
{
	struct world *w = *state, *again;
	struct phones *ph = phones;
	void *then;
	const char *code;
	uint64_t session;

	ann_texts(w);
	claim(ph, SIM, "0612345678");
	code = code_in(ph, last_text_to(w, ANN));
	store_commit(w->st);
	world_open(&then, w->path);
	again = then;
	ph = phones_start(again, &phones_ops);
	session = dial_as(ph, CODE, NULL, SIM);
	assert_shown(ph, "subscriber.code.sent", ANN);
	answer(ph, session, code);
	assert_string_equal(shown(ph)->text, page_of(ph, ANN, CODE));
	world_teardown(&then);
}

static void ceiling_holds_for_a_number_that_was_asked(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;

	claim(ph, SIM, TYPED);
	for (int i = 1; i < world_intake.hourly_ceiling; i++)
		dial_as(ph, CODE, NULL, SIM);
	assert_true(shown(ph)->last);
	assert_int_equal(sql_number(w, "SELECT hour_count FROM person"),
			 world_intake.hourly_ceiling);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(number_that_the_network_tells_is_remembered),
		SESSION_TEST(known_number_is_used_and_nothing_is_asked),
		SESSION_TEST(new_number_is_asked_once_and_believed),
		SESSION_TEST(number_of_eastern_digits_is_read),
		SESSION_TEST(what_is_no_number_is_asked_again),
		SESSION_TEST(number_that_is_wrong_is_typed_again),
		SESSION_TEST(number_that_texts_us_needs_the_code_texted_to_it),
		SESSION_TEST(number_that_dialled_or_has_another_sim_needs_a_code),
		SESSION_TEST(number_goes_over_to_the_sim_that_proved_it),
		SESSION_TEST(third_wrong_code_is_the_last),
		SESSION_TEST(code_holds_for_an_hour),
		SESSION_TEST(no_number_gets_more_than_three_codes_an_hour),
		SESSION_TEST(no_sim_gets_more_than_three_codes_an_hour),
		SESSION_TEST(without_a_line_for_texts_no_code_can_be_asked),
		SESSION_TEST(blocked_number_gets_no_code),
		SESSION_TEST(number_that_was_believed_is_doubted_once_someone_texts_from_it),
		SESSION_TEST(lost_session_goes_on_at_the_same_question),
		SESSION_FILE_TEST(what_is_asked_outlasts_the_program),
		SESSION_TEST(ceiling_holds_for_a_number_that_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
