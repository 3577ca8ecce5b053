// SPDX-License-Identifier: AGPL-3.0-or-later
/* USSD of the modem's own SIM, against a scripted modem: the strings of the standard and of the makers'
 * manuals.  "*100#" packed is AA180C3602, "hello" E8329BFD06 (TS 23.038 6.1.2.3). */
#include "clock.c"
#include "modem_world.h"

#define PACKED_100 "AT+CUSD=1,\"AA180C3602\",15"
#define TEXT_100   "AT+CUSD=1,\"*100#\",15"
#define UCS2_100   "AT+CUSD=1,\"002A0031003000300023\",15"
#define OK	   "\r\nOK\r\n"

/* static in each test: a session that is still open is told of its end in teardown() */
struct seen {
	int n;
	enum modem_ussd_result result;
	char text[600];
	bool more;
	int code;
};

static void on_answer(const struct modem_ussd_answer *answer, void *data)
{
	struct seen *seen = data;

	seen->n++;
	seen->result = answer->result;
	seen->more = answer->more;
	seen->code = answer->code;
	snprintf(seen->text, sizeof(seen->text), "%s", answer->text);
}

static void start_as(struct world *w, const struct rule *vendor, const struct rule *rules)
{
	w->vendor = vendor;
	w->rules = rules;
	start(w);
	assert_int_equal(state_of(w), LINE_UP);
	assert_true(got(w, "AT+CUSD=1 ")); /* what the network says is to be shown */
}

static void dial(struct world *w, struct seen *seen)
{
	*seen = (struct seen){ .n = 0 };
	assert_int_equal(modem_ussd_dial(w->m, "*100#", on_answer, seen), 0);
	settle_down(w);
}

static void reply(struct world *w, struct seen *seen, const char *text)
{
	*seen = (struct seen){ .n = 0 };
	assert_int_equal(modem_ussd_reply(w->m, text, on_answer, seen), 0);
	settle_down(w);
}

static void network(struct world *w, const char *line)
{
	say(w, "\r\n");
	say(w, line);
	say(w, "\r\n");
	settle_down(w);
}

static void assert_answer(const struct seen *seen, const char *text, bool more)
{
	assert_int_equal(seen->n, 1);
	assert_int_equal(seen->result, MODEM_USSD_ANSWERED);
	assert_string_equal(seen->text, text);
	assert_int_equal(seen->more, more);
}

static void assert_failed(const struct seen *seen, enum modem_ussd_result result)
{
	assert_int_equal(seen->n, 1);
	assert_int_equal(seen->result, result);
	assert_false(seen->more);
}

/* ---- forms */

static void each_maker_gets_its_form(void **state)
{
	static const struct {
		const struct rule *rules;
		const char *command, *urc;
	} makers[] = {
		{ huawei, PACKED_100, "+CUSD: 0,\"E8329BFD06\",15" },
		{ sim800, TEXT_100, "+CUSD: 0,\"hello\",15" },
		{ sim7600, UCS2_100, "+CUSD: 0,\"00680065006C006C006F\",15" },
		{ ec25, UCS2_100, "+CUSD: 0,\"00680065006C006C006F\",15" },
		{ ublox, TEXT_100, "+CUSD: 0,\"hello\",15" },
		{ telit, TEXT_100, "+CUSD: 0,\"hello\",15" },
		{ cinterion, UCS2_100, "+CUSD: 0,\"00680065006C006C006F\",15" },
		{ zte, TEXT_100, "+CUSD: 0,\"00680065006C006C006F\",72" },
	};
	struct world *w = *state;
	static struct seen seen;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(makers); i++) {
		w->got[0] = '\0';
		w->form[0] = '\0';
		start_as(w, makers[i].rules, NULL);
		dial(w, &seen);
		assert_true(got(w, makers[i].command));
		assert_int_equal(got(w, "AT+CSCS=\"UCS2\""), makers[i].command[13] == '2');
		assert_int_equal(seen.n, 0);
		network(w, makers[i].urc);
		assert_answer(&seen, "hello", false);
		modem_free(w->m);
		w->m = NULL;
	}
}

static void charset_is_given_back(void **state)
{
	struct world *w = *state;
	static struct seen seen;

	start_as(w, ec25, NULL);
	assert_true(got(w, "AT+CSCS=\"IRA\"")); /* whatever an earlier process left behind */
	w->got[0] = '\0';
	dial(w, &seen);
	assert_false(got(w, "AT+CSCS=\"IRA\""));
	network(w, "+CUSD: 0,\"00680069\",15");
	assert_true(got(w, "AT+CSCS=\"IRA\""));
}

static void refused_form_is_changed_once_and_remembered(void **state)
{
	static const struct rule rules[] = { { TEXT_100, "\r\nERROR\r\n" }, { NULL, NULL } };
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, rules);
	dial(w, &seen);
	assert_int_equal(times_got(w, TEXT_100), 1);
	assert_int_equal(times_got(w, PACKED_100), 1);
	network(w, "+CUSD: 0,\"E8329BFD06\",15");
	assert_answer(&seen, "hello", false);
	assert_string_equal(w->form, "490154203237518 packed");
	restart(w);
	dial(w, &seen);
	assert_int_equal(times_got(w, TEXT_100), 0);
	assert_int_equal(times_got(w, PACKED_100), 1);
}

static void form_of_another_modem_is_not_used(void **state)
{
	struct world *w = *state;
	static struct seen seen;

	snprintf(w->form, sizeof(w->form), "351234090000017 packed");
	start_as(w, zte, NULL);
	dial(w, &seen);
	assert_true(got(w, TEXT_100));
}

static void unsupported_is_tried_in_every_form_and_once_it_is_known_in_none(void **state)
{
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, NULL);
	dial(w, &seen);
	network(w, "+CUSD: 4");
	assert_true(got(w, PACKED_100));
	network(w, "+CUSD: 4");
	assert_true(got(w, UCS2_100));
	assert_int_equal(seen.n, 0);
	network(w, "+CUSD: 4");
	assert_failed(&seen, MODEM_USSD_UNSUPPORTED);
	assert_string_equal(w->form, "");

	dial(w, &seen);
	network(w, "+CUSD: 0,\"hello\",15");
	assert_answer(&seen, "hello", false);
	w->got[0] = '\0';
	dial(w, &seen);
	network(w, "+CUSD: 4");
	assert_failed(&seen, MODEM_USSD_UNSUPPORTED);
	assert_int_equal(times_got(w, "AT+CUSD=1,"), 1);
}

/* ---- where the answer comes */

static void answer_before_the_ok_in_the_answer_or_after_it(void **state)
{
	static const struct rule before[] = {
		{ "AT+CUSD=1,", "\r\n+CUSD: 0,\"een\r\ntwee\",15\r\n\r\nOK\r\n" }, { NULL, NULL }
	};
	static const struct rule late_ok[] = { { "AT+CUSD=1,", "\r\n+CUSD: 0,\"een\",15\r\n" },
					       { NULL, NULL } };
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, before);
	dial(w, &seen);
	assert_answer(&seen, "een\ntwee", false);

	w->rules = late_ok;
	dial(w, &seen);
	assert_int_equal(seen.n, 0);
	say(w, OK);
	settle_down(w);
	assert_answer(&seen, "een", false);

	w->rules = NULL;
	dial(w, &seen);
	network(w, "+CUSD: 0,\"zeg \"ja\"\",15");
	assert_answer(&seen, "zeg \"ja\"", false);
}

static void lost_ok_does_not_lose_the_answer(void **state)
{
	static const struct rule rules[] = { { "AT+CUSD=1,", "" }, { NULL, NULL } };
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, rules);
	dial(w, &seen);
	network(w, "+CUSD: 0,\"hello\",15");
	pass_s(w, 11);
	assert_answer(&seen, "hello", false);
}

static void ended_by_the_network_with_its_last_words_or_without(void **state)
{
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, NULL);
	dial(w, &seen);
	network(w, "+CUSD: 2,\"tot ziens\",15");
	assert_answer(&seen, "tot ziens", false);
	dial(w, &seen);
	network(w, "+CUSD: 2");
	assert_failed(&seen, MODEM_USSD_REFUSED);
	dial(w, &seen);
	network(w, "+CUSD: 0");
	assert_answer(&seen, "", false);
}

static void silence_of_the_modem_is_over_in_ten_seconds(void **state)
{
	static const struct rule rules[] = { { "AT+CUSD=1,", "" }, { NULL, NULL } };
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, rules);
	dial(w, &seen);
	pass_s(w, 9);
	assert_int_equal(seen.n, 0);
	pass_s(w, 2);
	assert_failed(&seen, MODEM_USSD_SILENT);
	pass_s(w, 3);
	assert_true(got(w, "AT+CUSD=2"));
}

static void silence_of_the_network_is_over_in_a_minute(void **state)
{
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, NULL);
	dial(w, &seen);
	pass_s(w, 59);
	assert_int_equal(seen.n, 0);
	assert_false(got(w, "AT+CUSD=2"));
	pass_s(w, 2);
	assert_failed(&seen, MODEM_USSD_SILENT);
	assert_true(got(w, "AT+CUSD=2"));
	/* what comes after that belongs to nobody */
	network(w, "+CUSD: 0,\"hello\",15");
	pass_s(w, 4);
	assert_int_equal(seen.n, 1);
	dial(w, &seen);
	network(w, "+CUSD: 0,\"nu\",15");
	assert_answer(&seen, "nu", false);
}

static void error_of_the_modem_is_told_with_its_number(void **state)
{
	static const struct rule rules[] = { { "AT+CUSD=1,", "\r\n+CME ERROR: 30\r\n" },
					     { NULL, NULL } };
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, rules);
	dial(w, &seen);
	assert_failed(&seen, MODEM_USSD_REFUSED);
	assert_int_equal(seen.code, 30);
	assert_int_equal(times_got(w, "AT+CUSD=1,"), 1);
}

static void busy_modem_is_freed_once(void **state)
{
	static const struct rule busy[] = { { "AT+CUSD=1,", "\r\n+CME ERROR: 256\r\n" },
					    { NULL, NULL } };
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, busy);
	dial(w, &seen);
	assert_int_equal(times_got(w, "AT+CUSD=2"), 1);
	assert_int_equal(seen.n, 0);
	w->rules = NULL;
	pass_s(w, 4);
	assert_int_equal(times_got(w, TEXT_100), 2);
	network(w, "+CUSD: 0,\"hello\",15");
	assert_answer(&seen, "hello", false);

	w->rules = busy;
	dial(w, &seen);
	pass_s(w, 4);
	assert_failed(&seen, MODEM_USSD_BUSY);
	assert_int_equal(times_got(w, "AT+CUSD=2"), 2);
}

/* ---- sessions */

static void menu_is_answered_until_it_ends(void **state)
{
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, NULL);
	assert_int_equal(modem_ussd_reply(w->m, "1", on_answer, &seen), -ENOENT);
	dial(w, &seen);
	network(w, "+CUSD: 1,\"1 saldo\r\n2 bundel\",15");
	assert_answer(&seen, "1 saldo\n2 bundel", true);
	assert_true(modem_ussd_waits(w->m));
	reply(w, &seen, "1");
	assert_true(got(w, "AT+CUSD=1,\"1\",15"));
	network(w, "+CUSD: 0,\"5 euro\",15");
	assert_answer(&seen, "5 euro", false);
	assert_int_equal(modem_ussd_reply(w->m, "1", on_answer, &seen), -ENOENT);
}

static void second_code_while_one_is_asked_is_busy(void **state)
{
	struct world *w = *state;
	static struct seen seen, second;

	start_as(w, sim800, NULL);
	dial(w, &seen);
	assert_int_equal(modem_ussd_dial(w->m, "*101#", on_answer, &second), -EBUSY);
	network(w, "+CUSD: 0,\"hello\",15");
	assert_answer(&seen, "hello", false);
}

static void new_code_cancels_the_open_session_first(void **state)
{
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, NULL);
	dial(w, &seen);
	network(w, "+CUSD: 1,\"1 saldo\",15");
	w->got[0] = '\0';
	dial(w, &seen);
	assert_true(got(w, "AT+CUSD=2"));
	assert_false(got(w, TEXT_100));
	network(w, "+CUSD: 2");
	assert_true(got(w, TEXT_100));
	network(w, "+CUSD: 1,\"1 saldo\",15");
	assert_answer(&seen, "1 saldo", true);

	/* a modem that says nothing to the cancel: after three seconds */
	w->got[0] = '\0';
	dial(w, &seen);
	pass_s(w, 2);
	assert_false(got(w, TEXT_100));
	pass_s(w, 2);
	assert_true(got(w, TEXT_100));
}

static void question_that_nobody_answers_is_cancelled(void **state)
{
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, NULL);
	dial(w, &seen);
	network(w, "+CUSD: 1,\"1 saldo\",15");
	pass_s(w, 115);
	assert_true(modem_ussd_waits(w->m));
	pass_s(w, 10);
	assert_false(modem_ussd_waits(w->m));
	assert_true(got(w, "AT+CUSD=2"));
}

static void texts_flow_while_a_session_is_open(void **state)
{
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, NULL);
	dial(w, &seen);
	assert_int_equal(submit(w, 7), 0);
	settle_down(w);
	assert_int_equal(w->n_outcomes, 1);
	assert_int_equal(w->outcomes[0].fate, LINE_SENT);
	network(w, "+CUSD: 1,\"1 saldo\",15");
	assert_answer(&seen, "1 saldo", true);
	assert_int_equal(submit(w, 8), 0);
	settle_down(w);
	assert_int_equal(w->n_outcomes, 2);
	assert_true(modem_ussd_waits(w->m));
}

static void lost_port_ends_it(void **state)
{
	struct world *w = *state;
	static struct seen seen, second = { .n = 0 };

	start_as(w, sim800, NULL);
	dial(w, &seen);
	close(w->master);
	w->master = -1;
	settle_down(w);
	assert_failed(&seen, MODEM_USSD_LOST);
	assert_int_equal(modem_ussd_dial(w->m, "*100#", on_answer, &second), -ENETDOWN);
	assert_int_equal(second.n, 0);
}

static void restarted_modem_ends_it(void **state)
{
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, NULL);
	dial(w, &seen);
	network(w, "+CUSD: 1,\"1 saldo\",15");
	say(w, "\r\nRDY\r\n");
	settle_down(w);
	assert_false(modem_ussd_waits(w->m));
}

static void what_is_no_string_is_not_sent(void **state)
{
	struct world *w = *state;
	static struct seen seen = { .n = 0 };
	char longest[300];

	memset(longest, '1', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	start_as(w, sim800, NULL);
	assert_int_equal(modem_ussd_dial(w->m, "", on_answer, &seen), -EINVAL);
	assert_int_equal(modem_ussd_dial(w->m, "\xff", on_answer, &seen), -EINVAL);
	assert_int_equal(modem_ussd_dial(w->m, longest, on_answer, &seen), -EMSGSIZE);
	settle_down(w);
	assert_false(got(w, "AT+CUSD=1,"));
	assert_int_equal(seen.n, 0);
}

static void a_code_is_told_from_an_answer(void **state)
{
	assert_true(modem_ussd_is_code("*100#"));
	assert_true(modem_ussd_is_code("#31#"));
	assert_true(modem_ussd_is_code("*#06#"));
	assert_false(modem_ussd_is_code("1"));
	assert_false(modem_ussd_is_code("#"));
	assert_false(modem_ussd_is_code("*100"));
	assert_false(modem_ussd_is_code("*ja#"));
}

/* Whatever comes in whatever order: each call has one outcome, and the next code works. */
static void any_order_of_events_leaves_it_usable(void **state)
{
	static const char *const lines[] = {
		"+CUSD: 0,\"hello\",15",
		"+CUSD: 1,\"1 saldo\",15",
		"+CUSD: 2",
		"+CUSD: 3",
		"+CUSD: 4",
		"+CUSD: 5",
		"+CUSD: 0",
		"+CUSD: 1",
		"+CUSD: 1,\"akkoord?\",15",
	};
	static const struct rule answers[][3] = {
		{ { NULL, NULL } },
		{ { NULL, NULL } },
		{ { "AT+CUSD=1,", "\r\nERROR\r\n" }, { NULL, NULL } },
		{ { "AT+CUSD=1,", "\r\n+CME ERROR: 256\r\n" }, { NULL, NULL } },
		{ { "AT+CUSD=1,", "\r\n+CME ERROR: 30\r\n" }, { NULL, NULL } },
		{ { "AT+CUSD=1,", "\r\n+CUSD: 1,\"1\",15\r\n\r\nOK\r\n" }, { NULL, NULL } },
		{ { "AT+CUSD=2", "\r\nERROR\r\n" }, { NULL, NULL } },
		{ { "AT+CUSD=2", "\r\nOK\r\n\r\n+CUSD: 2\r\n" }, { NULL, NULL } },
	};
	static const struct modem_rule modem_rules[] = { { "akkoord", "1" }, { NULL, NULL } };
	struct world *w = *state;
	static struct seen seen, all = { .n = 0 };
	unsigned int random = 1;
	int i, taken = 0;

	w->cfg.rules = modem_rules;
	w->cfg.balance_code = "*100#";
	start_as(w, sim800, NULL);
	for (i = 0; i < 500; i++) {
		random = random * 1103515245u + 12345u;
		w->got[0] = '\0';
		w->rules = answers[(random >> 16) % ARRAY_SIZE(answers)];
		switch ((random >> 24) % 8) {
		case 0:
		case 1:
			taken += modem_ussd_dial(w->m, "*100#", on_answer, &all) == 0;
			break;
		case 2:
			taken += modem_ussd_reply(w->m, "1", on_answer, &all) == 0;
			break;
		case 3:
			pass_s(w, (random >> 10) % 16);
			break;
		case 4:
			modem_ussd_cancel(w->m);
			break;
		default:
			say(w, "\r\n");
			say(w, lines[(random >> 20) % ARRAY_SIZE(lines)]);
			say(w, "\r\n");
		}
		if (random & 0x4000)
			settle_down(w);
	}
	w->rules = NULL;
	settle_down(w);
	pass_s(w, 400);
	assert_int_equal(all.n, taken);
	assert_true(taken > 50);
	w->got[0] = '\0';
	dial(w, &seen);
	network(w, "+CUSD: 0,\"hello\",15");
	assert_answer(&seen, "hello", false);
}

/* ---- the network begins */

static void what_the_network_says_is_only_logged(void **state)
{
	struct world *w = *state;

	start_as(w, sim800, NULL);
	w->got[0] = '\0';
	network(w, "+CUSD: 0,\"uw bundel is op\",15");
	network(w, "+CUSD: 2");
	network(w, "+CUSD: 9,\"?\"");
	assert_false(got(w, "AT+CUSD"));
	assert_false(modem_ussd_waits(w->m));
}

static void what_the_network_asks_is_answered_by_the_first_rule_that_fits(void **state)
{
	static const struct modem_rule modem_rules[] = {
		{ "*akkoord*", "1" }, { "BUNDEL", "0" }, { "*", "9" }, { NULL, NULL }
	};
	struct world *w = *state;

	w->cfg.rules = modem_rules;
	start_as(w, sim800, NULL);
	network(w, "+CUSD: 1,\"Gaat u\r\nakkoord? 1 ja\",15");
	assert_true(got(w, "AT+CUSD=1,\"1\",15"));
	network(w, "+CUSD: 0,\"dank u\",15");
	w->got[0] = '\0';
	network(w, "+CUSD: 1,\"Nieuwe bundel? 0 nee\",15");
	assert_true(got(w, "AT+CUSD=1,\"0\",15"));
	network(w, "+CUSD: 2");
	assert_false(modem_ussd_waits(w->m));
	w->got[0] = '\0';
	network(w, "+CUSD: 1,\"Iets anders?\",15");
	assert_true(got(w, "AT+CUSD=1,\"9\",15"));
}

static void rule_that_answers_itself_ends(void **state)
{
	static const struct modem_rule modem_rules[] = { { "*", "1" }, { NULL, NULL } };
	struct world *w = *state;
	int i;

	w->cfg.rules = modem_rules;
	start_as(w, sim800, NULL);
	for (i = 0; i < 30; i++)
		network(w, "+CUSD: 1,\"nog eens?\",15");
	assert_true(times_got(w, "AT+CUSD=1,") < 10);
	pass_s(w, 21);
	assert_int_equal(times_got(w, "AT+CUSD=2"), 1);
}

static void what_no_rule_answers_is_cancelled_in_twenty_seconds(void **state)
{
	struct world *w = *state;
	static struct seen seen;

	start_as(w, sim800, NULL);
	network(w, "+CUSD: 1,\"Gaat u akkoord?\",15");
	pass_s(w, 19);
	assert_false(got(w, "AT+CUSD=2"));
	pass_s(w, 2);
	assert_true(got(w, "AT+CUSD=2"));
	/* a person is quicker */
	pass_s(w, 4);
	network(w, "+CUSD: 1,\"Gaat u akkoord?\",15");
	reply(w, &seen, "ja");
	network(w, "+CUSD: 0,\"dank u\",15");
	assert_answer(&seen, "dank u", false);
	pass_s(w, 30);
	assert_int_equal(times_got(w, "AT+CUSD=2"), 1);
}

/* ---- the balance */

static struct modem_status status_of(const struct world *w)
{
	struct modem_status ms;

	modem_status(w->m, &ms);
	return ms;
}

static void balance_is_asked_when_up_and_every_so_many_hours(void **state)
{
	struct world *w = *state;

	w->cfg.balance_code = "*100#";
	w->cfg.balance_every_h = 2;
	start_as(w, sim800, NULL);
	assert_int_equal(times_got(w, TEXT_100), 1);
	assert_false(status_of(w).has_balance);
	network(w, "+CUSD: 0,\"Uw saldo is EUR 12,50.\",15");
	assert_true(status_of(w).has_balance);
	assert_int_equal(status_of(w).balance, 1250);
	assert_int_equal(status_of(w).balance_at_s, clock_now_s());
	clock_advance(2 * 3600 - 200);
	pass_s(w, 61);
	assert_int_equal(times_got(w, TEXT_100), 1);
	clock_advance(200);
	pass_s(w, 61);
	assert_int_equal(times_got(w, TEXT_100), 2);
	network(w, "+CUSD: 0,\"Uw saldo is EUR 11,00.\",15");
	assert_int_equal(status_of(w).balance, 1100);
}

static void balance_outlives_the_process(void **state)
{
	struct world *w = *state;
	int64_t at_s;

	w->cfg.balance_code = "*100#";
	w->cfg.balance_watch = true;
	w->cfg.balance_low = 500;
	start_as(w, sim800, NULL);
	network(w, "+CUSD: 0,\"EUR 4,99\",15");
	assert_string_equal(w->alarms, "+balance ");
	at_s = status_of(w).balance_at_s;
	restart(w);
	assert_int_equal(status_of(w).balance, 499);
	assert_int_equal(status_of(w).balance_at_s, at_s);
	assert_string_equal(w->alarms, "+balance ");
	network(w, "+CUSD: 0,\"EUR 5,00\",15");
	assert_string_equal(w->alarms, "+balance -balance ");
}

static void answers_without_an_amount_are_an_alarm_after_three(void **state)
{
	struct world *w = *state;
	int i;

	w->cfg.balance_code = "*100#";
	w->cfg.balance_every_h = 1;
	start_as(w, sim800, NULL);
	for (i = 0; i < 3; i++) {
		assert_string_equal(w->alarms, "");
		assert_int_equal(times_got(w, TEXT_100), i + 1);
		network(w, "+CUSD: 0,\"Probeer het later.\",15");
		clock_advance(3600);
		pass_s(w, 61);
	}
	assert_string_equal(w->alarms, "+balance ");
	network(w, "+CUSD: 0,\"EUR 5,00\",15");
	assert_string_equal(w->alarms, "+balance -balance ");
}

static void balance_menu_is_left(void **state)
{
	struct world *w = *state;

	w->cfg.balance_code = "*100#";
	start_as(w, sim800, NULL);
	network(w, "+CUSD: 1,\"Saldo EUR 3,20\r\n1 opwaarderen\",15");
	assert_int_equal(status_of(w).balance, 320);
	assert_true(got(w, "AT+CUSD=2"));
}

static void person_waits_for_the_balance_and_is_served_after_it(void **state)
{
	struct world *w = *state;
	static struct seen seen = { .n = 0 };

	w->cfg.balance_code = "*100#";
	start_as(w, sim800, NULL);
	assert_int_equal(modem_ussd_dial(w->m, "*101#", on_answer, &seen), 0);
	settle_down(w);
	assert_false(got(w, "*101#"));
	network(w, "+CUSD: 0,\"EUR 12,50\",15");
	assert_true(got(w, "AT+CUSD=1,\"*101#\",15"));
	network(w, "+CUSD: 0,\"hello\",15");
	assert_answer(&seen, "hello", false);
	assert_int_equal(status_of(w).balance, 1250);
}

static void amount_is_written_with_two_decimals(void **state)
{
	char out[MODEM_AMOUNT_SIZE];

	assert_string_equal(modem_amount(out, 1250), "12.50");
	assert_string_equal(modem_amount(out, 5), "0.05");
	assert_string_equal(modem_amount(out, -320), "-3.20");
	assert_string_equal(modem_amount(out, INT64_MIN), "-92233720368547758.08");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_maker_gets_its_form),
		TEST(charset_is_given_back),
		TEST(refused_form_is_changed_once_and_remembered),
		TEST(form_of_another_modem_is_not_used),
		TEST(unsupported_is_tried_in_every_form_and_once_it_is_known_in_none),
		TEST(answer_before_the_ok_in_the_answer_or_after_it),
		TEST(lost_ok_does_not_lose_the_answer),
		TEST(ended_by_the_network_with_its_last_words_or_without),
		TEST(silence_of_the_modem_is_over_in_ten_seconds),
		TEST(silence_of_the_network_is_over_in_a_minute),
		TEST(error_of_the_modem_is_told_with_its_number),
		TEST(busy_modem_is_freed_once),
		TEST(menu_is_answered_until_it_ends),
		TEST(second_code_while_one_is_asked_is_busy),
		TEST(new_code_cancels_the_open_session_first),
		TEST(question_that_nobody_answers_is_cancelled),
		TEST(texts_flow_while_a_session_is_open),
		TEST(lost_port_ends_it),
		TEST(restarted_modem_ends_it),
		TEST(what_is_no_string_is_not_sent),
		TEST(a_code_is_told_from_an_answer),
		TEST(any_order_of_events_leaves_it_usable),
		TEST(what_the_network_says_is_only_logged),
		TEST(what_the_network_asks_is_answered_by_the_first_rule_that_fits),
		TEST(rule_that_answers_itself_ends),
		TEST(what_no_rule_answers_is_cancelled_in_twenty_seconds),
		TEST(balance_is_asked_when_up_and_every_so_many_hours),
		TEST(balance_outlives_the_process),
		TEST(answers_without_an_amount_are_an_alarm_after_three),
		TEST(balance_menu_is_left),
		TEST(person_waits_for_the_balance_and_is_served_after_it),
		TEST(amount_is_written_with_two_decimals),
	};
	void *ctx = talloc_named_const(NULL, 0, "log");

	test_log_start(ctx);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
