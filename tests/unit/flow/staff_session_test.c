// SPDX-License-Identifier: AGPL-3.0-or-later
/* Street mode by a code that is dialled: the same words as answers to a page, of a number that is no claim. */
#include "flow/session_test.h"
#include "flow/staff_phone_test.h"

static int setup(void **state)
{
	phones_setup(state);
	wire(*state);
	sessions_before(phones->sessions, &at_work);
	staff(*state, "karel", STAFF_CARETAKER, CARETAKER);
	staff(*state, "anna", STAFF_EDITOR, EDITOR);
	return 0;
}

#define STREET_TEST(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

/* A word of a phone in a session of its own; what is shown in the end, all pages of it. */
static const char *word(struct phones *ph, const char *number, const char *text)
{
	uint64_t session = dial(ph, number, CODE);
	char *all = talloc_strdup(ph->w, "");

	answer(ph, session, text);
	while (!shown(ph)->last && strstr(shown(ph)->text, "#=")) {
		all = talloc_asprintf_append(all, "%s\n", shown(ph)->text);
		answer(ph, session, "#");
	}
	return talloc_asprintf_append(all, "%s", shown(ph)->text);
}

static void begin_shift(struct phones *ph, const char *number)
{
	uint64_t session = dial(ph, number, CODE);

	answer(ph, session, "BIJ 2511BT 70");
	assert_false(shown(ph)->last); /* the code may be typed at once */
	answer(ph, session, code());
	tick(ph->w, 60);
}

static const char *last_event(struct world *w, const char *what)
{
	return sql_text(
		w,
		talloc_asprintf(w, "SELECT %s FROM report_event ORDER BY id DESC LIMIT 1", what));
}

static void code_is_asked_and_given_in_the_same_session(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	const char *reference = a_report(w);
	uint64_t session = dial(ph, CARETAKER, CODE);

	answer(ph, session, with(w, reference, "KLAAR"));
	assert_non_null(strstr(shown(ph)->text, "code"));
	answer(ph, session, "000000");
	assert_non_null(strstr(shown(ph)->text, "klopt niet"));
	assert_string_not_equal(state_of(w), "solved");
	answer(ph, session, code());
	assert_string_equal(state_of(w), "solved");
	assert_non_null(strstr(shown(ph)->text, "klaar"));
	assert_true(shown(ph)->last);
	assert_string_equal(last_event(w, "channel"), "ussd");
	assert_string_equal(last_event(w, "who"), "staff karel");
	assert_int_equal(
		sql_number(w, "SELECT count(*) FROM outbox WHERE number = '" CARETAKER "'"), 0);
}

static void each_word_does_what_it_says(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	const char *reference = a_report(w);

	begin_shift(ph, CARETAKER);
	assert_non_null(strstr(word(ph, CARETAKER, "BIJ 2511BT 70"), "haeghe"));
	assert_non_null(strstr(word(ph, CARETAKER, with(w, reference, "GEZIEN")), "gezien"));
	assert_string_equal(last_event(w, "who"), "staff karel");
	word(ph, CARETAKER, with(w, reference, "NOOT sleutel op 12"));
	assert_string_equal(last_event(w, "note"), "sleutel op 12");
	word(ph, CARETAKER, with(w, reference, "NAAR lampen"));
	assert_string_equal(sql_text(w, "SELECT contractor FROM report"), "lampen");
	assert_non_null(strstr(word(ph, CARETAKER, with(w, reference, "NAAR niemand")), "lampen"));
	word(ph, CARETAKER, with(w, reference, "KLAAR"));
	assert_string_equal(state_of(w), "solved");
}

static void long_answer_is_turned_by_page(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	const char *text;

	a_report(w);
	says(w, BOB, "lantaarn kapot SPUI 70");
	says(w, BOB, "overig zwerfvuil SPUI 70");
	begin_shift(ph, CARETAKER);
	text = word(ph, CARETAKER, "BIJ 2511BT 70");
	assert_non_null(strstr(text, "Container is vol"));
	assert_non_null(strstr(text, "\n#="));
	assert_true(shown(ph)->last);
}

static void all_else_is_the_menu(void **state)
{
	struct phones *ph = phones;
	uint64_t session = dial(ph, CARETAKER, CODE);

	answer(ph, session, "1");
	assert_false(shown(ph)->last);
	assert_null(strstr(shown(ph)->text, "code"));
}

static void question_that_waits_is_put_again(void **state)
{
	struct phones *ph = phones;
	uint64_t session = dial(ph, CARETAKER, CODE);
	const char *asked;

	answer(ph, session, "container vol");
	asked = talloc_strdup(ph->w, shown(ph)->text);
	answer(ph, session, "BIJ 2511BT 70");
	answer(ph, session, code());
	while (strstr(shown(ph)->text, "#="))
		answer(ph, session, "#");
	assert_false(shown(ph)->last);
	assert_non_null(strstr(shown(ph)->text, "huisnummer"));
	assert_non_null(strstr(asked, "huisnummer"));
}

/* A network that tells only the IMSI: the number is what someone typed. */
static void claimed_number_is_a_residents(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	const char *reference = a_report(w);
	uint64_t session = dial_as(ph, CODE, NULL, SIM);

	answer(ph, session, CARETAKER);
	answer(ph, session, "1");
	answer(ph, session, with(w, reference, "KLAAR"));
	assert_null(strstr(shown(ph)->text, "code"));
	assert_string_not_equal(state_of(w), "solved");
	assert_int_equal(
		sql_number(w, "SELECT count(*) FROM remembered WHERE owner = 'staff-phone'"), 0);
}

static void contractor_answers_its_own_order(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;
	const char *reference = a_report(w);

	word(ph, HAEGHE, with(w, reference, "KLAAR"));
	assert_string_equal(state_of(w), "solved");
	assert_string_equal(last_event(w, "who"), "contractor haeghe");
	assert_string_equal(last_event(w, "channel"), "ussd");
	word(ph, HAEGHE, "1"); /* is a key of the menu */
	assert_false(shown(ph)->last);
}

static void who_works_may_dial_more_in_an_hour(void **state)
{
	struct phones *ph = phones;

	for (int i = 1; i < 20; i++) {
		dial(ph, CARETAKER, CODE);
		assert_false(shown(ph)->last);
	}
	dial(ph, CARETAKER, CODE);
	assert_true(shown(ph)->last);
}

static void notice_by_dialling_is_estimated_by_text(void **state)
{
	struct world *w = *state;
	struct phones *ph = phones;

	a_report(w);
	begin_shift(ph, EDITOR);
	assert_non_null(strstr(word(ph, EDITOR, "BERICHT SPUI Vandaag geen water"), "sms"));
	for (int i = 0;
	     i < 20 && !sql_number(w, "SELECT count(*) FROM outbox WHERE number = '" EDITOR "'");
	     i++)
		broadcast_due(bc, test_now_s);
	assert_non_null(strstr(last_text_to(w, EDITOR), "nieuwe code"));
	word(ph, EDITOR, code());
	assert_string_equal(sql_text(w, "SELECT state FROM notice"), "running");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STREET_TEST(code_is_asked_and_given_in_the_same_session),
		STREET_TEST(each_word_does_what_it_says),
		STREET_TEST(long_answer_is_turned_by_page),
		STREET_TEST(all_else_is_the_menu),
		STREET_TEST(question_that_waits_is_put_again),
		STREET_TEST(claimed_number_is_a_residents),
		STREET_TEST(contractor_answers_its_own_order),
		STREET_TEST(who_works_may_dial_more_in_an_hour),
		STREET_TEST(notice_by_dialling_is_estimated_by_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
