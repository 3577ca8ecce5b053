// SPDX-License-Identifier: AGPL-3.0-or-later
/* Sessions of the simulated phone: one page for each thing said, one session a number, and deadlines
 * as a network has them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <talloc.h>

#include "clock.h"
#include "line/handset.h"
#include "line/line_test.h"

#define ANN "+31612345678"
#define BOB "+31687654321"

int64_t clock_now_s(void)
{
	return 1795507200;
}

struct fixture {
	struct handset *hs;
	struct line *ln;
	unsigned int said, late, ended, done;
	uint64_t session, late_session, ended_session;
	char code[64], text[256], number[48];
	/* what said() and late() do at once */
	const char *reply_now, *reply_late;
	bool last_now, refuse_now;
	/* what done() got */
	bool no_words, last, unknown;
	char page[1024];
};

static void said(struct line *ln, const struct line_said *s, void *data)
{
	struct fixture *f = data;

	f->said++;
	f->session = s->session;
	assert_true(!s->code != !s->text);
	snprintf(f->code, sizeof(f->code), "%s", s->code ? s->code : "");
	snprintf(f->text, sizeof(f->text), "%s", s->text ? s->text : "");
	snprintf(f->number, sizeof(f->number), "%s", s->number);
	assert_null(s->subscriber);
	if (f->reply_now)
		assert_int_equal(ln->ops->reply(ln, s->session, f->reply_now, f->last_now), 0);
	if (f->refuse_now)
		ln->ops->refuse(ln, s->session, LINE_NOT_NOW);
}

static void late(struct line *ln, uint64_t session, void *data)
{
	struct fixture *f = data;

	f->late++;
	f->late_session = session;
	if (f->reply_late)
		assert_int_equal(ln->ops->reply(ln, session, f->reply_late, true), 0);
}

static void ended(struct line *ln, uint64_t session, void *data)
{
	struct fixture *f = data;

	f->ended++;
	f->ended_session = session;
}

static void page_done(const struct handset_page *page, void *data)
{
	struct fixture *f = data;

	f->done++;
	f->no_words = !page->text;
	f->last = page->last;
	f->unknown = page->unknown;
	snprintf(f->page, sizeof(f->page), "%s", page->text ? page->text : "");
}

static int start(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	test_clock_start();
	f->hs = handset_alloc(f, "14070", "*140#");
	f->ln = handset_line(f->hs);
	f->ln->user = (struct line_user){ .said = said, .late = late, .ended = ended, .data = f };
	f->ln->ops->start(f->ln);
	*state = f;
	return 0;
}

static int stop(void **state)
{
	talloc_free(*state);
	return 0;
}

static int dial(struct fixture *f, const char *from, const char *code)
{
	return handset_dial(f->hs, from, code, page_done, f);
}

static int answer(struct fixture *f, const char *from, const char *text)
{
	return handset_answer(f->hs, from, text, page_done, f);
}

static int reply(struct fixture *f, const char *text, bool last)
{
	return f->ln->ops->reply(f->ln, f->session, text, last);
}

/* ---- pages ---- */

static void a_page_comes_when_it_is_replied_and_is_answered(void **state)
{
	struct fixture *f = *state;
	uint64_t session;

	assert_int_equal(dial(f, ANN, "*140*1*3#"), 0);
	assert_int_equal(f->said, 1);
	assert_string_equal(f->code, "*140*1*3#");
	assert_string_equal(f->number, ANN);
	assert_int_equal(f->done, 0);
	session = f->session;

	assert_int_equal(reply(f, "1 ja\n2 nee", false), 0);
	assert_int_equal(f->done, 1);
	assert_string_equal(f->page, "1 ja\n2 nee");
	assert_false(f->last);

	assert_int_equal(answer(f, ANN, "2"), 0);
	assert_int_equal(f->session, session);
	assert_string_equal(f->text, "2");
	assert_int_equal(reply(f, "dank", true), 0);
	assert_int_equal(f->done, 2);
	assert_true(f->last);
	assert_false(f->no_words);
	assert_int_equal(f->ended, 0); /* it had its last page */
	assert_int_equal(answer(f, ANN, "1"), -ENOENT);
}

static void a_reply_may_come_from_inside(void **state)
{
	struct fixture *f = *state;

	f->reply_now = "a";
	assert_int_equal(dial(f, ANN, "*140#"), 0);
	assert_int_equal(f->done, 1);
	f->last_now = true;
	assert_int_equal(answer(f, ANN, "x"), 0);
	assert_int_equal(f->done, 2);
	assert_true(f->last);
	assert_int_equal(answer(f, ANN, "x"), -ENOENT);
}

static void one_page_for_each_thing_said(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(dial(f, ANN, "*140#"), 0);
	assert_int_equal(f->ln->ops->reply(f->ln, f->session + 1, "a", false), -ENOENT);
	assert_int_equal(reply(f, "a", false), 0);
	assert_int_equal(reply(f, "b", false), -ENOENT);
	assert_int_equal(f->done, 1);
	assert_string_equal(f->page, "a");
	assert_int_equal(answer(f, ANN, "x"), 0); /* and it is still open */
}

/* TS 23.038 6.1.2.3: 160 octets are 182 septets, or 80 units of UCS-2. */
static void a_page_is_what_a_network_carries(void **state)
{
	struct fixture *f = *state;
	char text[4 * 183 + 1] = "";

	memset(text, 'a', 183);
	text[183] = '\0';
	assert_int_equal(dial(f, ANN, "*140#"), 0);
	assert_int_equal(reply(f, text, false), -EMSGSIZE);
	assert_int_equal(reply(f, "a\xff", false), -EINVAL);
	assert_int_equal(f->done, 0);
	text[182] = '\0';
	assert_int_equal(reply(f, text, false), 0);
	assert_string_equal(f->page, text);

	text[0] = '\0';
	for (int i = 0; i < 81; i++)
		strcat(text, "\u0639");
	assert_int_equal(answer(f, ANN, "x"), 0);
	assert_int_equal(reply(f, text, false), -EMSGSIZE);
	text[160] = '\0';
	assert_int_equal(reply(f, text, true), 0);
	assert_string_equal(f->page, text);
}

/* The default alphabet has e acute and no s cedilla, dotless i or l with a stroke. */
static void letters_are_seen_as_on_a_phone(void **state)
{
	struct fixture *f = *state;

	f->reply_now = "caf\u00e9 \u015fimdi s\u0131f\u0131r z\u0142oty";
	assert_int_equal(dial(f, ANN, "*140#"), 0);
	assert_string_equal(f->page, "caf\u00e9 simdi sifir zloty");
}

/* ---- codes ---- */

static void other_codes_are_unknown(void **state)
{
	static const char *const others[] = { "*141#", "*1401#", "#140#", "*14#",
					      "*140",  "*#06#",	 "" };
	static const char *const ours[] = { "*140#", "*140*1#", "*140*2*4829153#" };
	struct fixture *f = *state;
	unsigned int i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		f->unknown = false;
		assert_int_equal(dial(f, ANN, others[i]), 0);
		assert_int_equal(f->done, i + 1);
		assert_true(f->unknown && f->no_words && f->last);
	}
	assert_int_equal(f->said, 0);
	f->reply_now = "x";
	f->last_now = true;
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		assert_int_equal(dial(f, ANN, ours[i]), 0);
		assert_string_equal(f->code, ours[i]);
		assert_false(f->unknown);
	}
}

static void who_is_refused_gets_no_words(void **state)
{
	struct fixture *f = *state;

	f->refuse_now = true;
	assert_int_equal(dial(f, ANN, "*140#"), 0);
	assert_int_equal(f->done, 1);
	assert_true(f->no_words && f->last);
	assert_false(f->unknown);
	assert_int_equal(answer(f, ANN, "1"), -ENOENT);

	f->refuse_now = false;
	assert_int_equal(dial(f, ANN, "*140*9#"), 0);
	f->ln->ops->refuse(f->ln, f->session, LINE_NO_SUCH_CODE);
	assert_int_equal(f->done, 2);
	assert_true(f->no_words && f->last && f->unknown);
	f->ln->ops->refuse(f->ln, f->session, LINE_NOT_NOW); /* it is over */
	assert_int_equal(f->done, 2);
	assert_int_equal(f->ended, 0);
}

static void without_a_listener_it_is_refused(void **state)
{
	struct fixture *f = *state;

	f->ln->user.said = NULL;
	assert_int_equal(dial(f, ANN, "*140#"), 0);
	assert_int_equal(f->done, 1);
	assert_true(f->no_words && f->last);
}

/* ---- one session a number ---- */

static void dialling_again_ends_the_session_before(void **state)
{
	struct fixture *f = *state;
	uint64_t first;

	f->reply_now = "a";
	assert_int_equal(dial(f, ANN, "*140#"), 0);
	first = f->session;
	assert_int_equal(dial(f, ANN, "*140*1#"), 0);
	assert_int_equal(f->ended, 1);
	assert_int_equal(f->ended_session, first);
	assert_int_not_equal(f->session, first);
	assert_int_equal(f->ln->ops->reply(f->ln, first, "b", true), -ENOENT);

	assert_int_equal(dial(f, ANN, "*199#"), 0); /* another's code too */
	assert_int_equal(f->ended, 2);
	assert_int_equal(answer(f, ANN, "1"), -ENOENT);
}

static void while_a_page_is_owed_nothing_more_is_taken(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(dial(f, ANN, "*140#"), 0);
	assert_int_equal(answer(f, ANN, "1"), -EAGAIN);
	assert_int_equal(dial(f, ANN, "*140#"), -EAGAIN);
	assert_int_equal(f->said, 1);
	assert_int_equal(f->ended, 0);
	assert_int_equal(reply(f, "a", false), 0);
	assert_int_equal(f->done, 1);
}

static void numbers_have_a_session_each(void **state)
{
	struct fixture *f = *state;
	uint64_t ann;

	assert_int_equal(dial(f, ANN, "*140#"), 0);
	ann = f->session;
	assert_int_equal(dial(f, BOB, "*140#"), 0);
	assert_int_not_equal(f->session, ann);
	assert_int_equal(reply(f, "bob", false), 0);
	assert_string_equal(f->page, "bob");
	assert_int_equal(answer(f, ANN, "1"), -EAGAIN);
	assert_int_equal(f->ln->ops->reply(f->ln, ann, "ann", true), 0);
	assert_string_equal(f->page, "ann");
	assert_int_equal(answer(f, BOB, "1"), 0);
	assert_string_equal(f->number, BOB);
}

static void there_is_a_ceiling(void **state)
{
	struct fixture *f = *state;
	char number[32];
	int i, rc = 0;

	for (i = 0; rc == 0 && i < 100000; i++) {
		snprintf(number, sizeof(number), "+316%08d", i);
		rc = dial(f, number, "*140#");
	}
	assert_int_equal(rc, -EAGAIN);
	assert_int_equal(f->said, 4096);
	assert_int_equal(reply(f, "a", true), 0);
	assert_int_equal(dial(f, ANN, "*140#"), 0);
}

/* ---- deadlines ---- */

static void a_page_that_is_owed_too_long_is_asked_for(void **state)
{
	struct fixture *f = *state;

	f->reply_late = "we text you";
	assert_int_equal(dial(f, ANN, "*140#"), 0);
	test_clock_add_ms(9000);
	assert_int_equal(f->late, 0);
	test_clock_add_ms(2000);
	assert_int_equal(f->late, 1);
	assert_int_equal(f->late_session, f->session);
	assert_int_equal(f->done, 1);
	assert_string_equal(f->page, "we text you");
	assert_int_equal(reply(f, "the answer", true), -ENOENT);
	test_clock_add_ms(60000);
	assert_int_equal(f->late, 1);
	assert_int_equal(f->ended, 0);
}

static void a_page_that_never_comes_is_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(dial(f, ANN, "*140#"), 0);
	test_clock_add_ms(24000);
	assert_int_equal(f->late, 1);
	assert_int_equal(f->done, 0);
	test_clock_add_ms(2000);
	assert_int_equal(f->done, 1);
	assert_true(f->no_words && f->last);
	assert_false(f->unknown);
	assert_int_equal(f->ended, 1);
	assert_int_equal(f->ended_session, f->session);
	assert_int_equal(reply(f, "a", true), -ENOENT);
}

/* Each thing said has its own ten seconds. */
static void the_deadline_is_of_one_page(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(dial(f, ANN, "*140#"), 0);
	test_clock_add_ms(11000);
	assert_int_equal(f->late, 1);
	assert_int_equal(reply(f, "a", false), 0);
	test_clock_add_ms(20000);
	assert_int_equal(f->late, 1); /* nothing is owed */
	assert_int_equal(answer(f, ANN, "1"), 0);
	test_clock_add_ms(9000);
	assert_int_equal(f->late, 1);
	test_clock_add_ms(2000);
	assert_int_equal(f->late, 2);
}

static void who_does_not_answer_has_hung_up(void **state)
{
	struct fixture *f = *state;

	f->reply_now = "a";
	assert_int_equal(dial(f, ANN, "*140#"), 0);
	assert_int_equal(f->ln->answer_s, HANDSET_ANSWER_S);
	test_clock_add_ms((HANDSET_ANSWER_S - 1) * 1000);
	assert_int_equal(f->ended, 0);
	assert_int_equal(answer(f, ANN, "1"), 0); /* and the time begins again */
	test_clock_add_ms((HANDSET_ANSWER_S - 1) * 1000);
	assert_int_equal(f->ended, 0);
	test_clock_add_ms(2000);
	assert_int_equal(f->ended, 1);
	assert_int_equal(f->ended_session, f->session);
	assert_int_equal(f->done, 2);
	assert_int_equal(answer(f, ANN, "1"), -ENOENT);
}

static void shut_down_all_sessions_end(void **state)
{
	struct fixture *f = *state;

	f->reply_now = "a";
	assert_int_equal(dial(f, ANN, "*140#"), 0);
	f->reply_now = NULL;
	assert_int_equal(dial(f, BOB, "*140#"), 0);
	assert_int_equal(f->done, 1);
	f->ln->ops->stop(f->ln);
	assert_int_equal(f->done, 2);
	assert_true(f->no_words && f->last);
	assert_int_equal(f->ended, 2);
	assert_int_equal(dial(f, ANN, "*140#"), -EAGAIN);
	assert_int_equal(answer(f, ANN, "1"), -EAGAIN);
	test_clock_add_ms(300000);
	assert_int_equal(f->late, 0);
	assert_int_equal(f->ended, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_page_comes_when_it_is_replied_and_is_answered),
		TEST(a_reply_may_come_from_inside),
		TEST(one_page_for_each_thing_said),
		TEST(a_page_is_what_a_network_carries),
		TEST(letters_are_seen_as_on_a_phone),
		TEST(other_codes_are_unknown),
		TEST(who_is_refused_gets_no_words),
		TEST(without_a_listener_it_is_refused),
		TEST(dialling_again_ends_the_session_before),
		TEST(while_a_page_is_owed_nothing_more_is_taken),
		TEST(numbers_have_a_session_each),
		TEST(there_is_a_ceiling),
		TEST(a_page_that_is_owed_too_long_is_asked_for),
		TEST(a_page_that_never_comes_is_nothing),
		TEST(the_deadline_is_of_one_page),
		TEST(who_does_not_answer_has_hung_up),
		TEST(shut_down_all_sessions_end),
	};

	test_log_start(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
