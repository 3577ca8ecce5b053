// SPDX-License-Identifier: AGPL-3.0-or-later
/* The modem against a scripted one on a pty.  The script answers from a table, as the maker's
 * manual does; the clock is moved by hand, so that deadlines pass without waiting. */
#include "clock.c"
#include "modem_world.h"

/* A DELIVER "How are you?", TPDU of 30 octets, and something that is none. */
#define PDU	    "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
#define HEAD	    ",30"
/* A STATUS-REPORT for reference 0x42, TPDU of 25 octets. */
#define REPORT	    "0006420B911316325476F8621142700583406211427010004000"
#define REPORT_HEAD "25"
#define BAD	    "07911326040000F004FF911346"
#define BAD_HEAD    ",5"

static void each_maker_comes_up_in_its_mode(void **state)
{
	static const struct {
		const struct rule *rules;
		const char *cnmi, *extra, *mode;
	} makers[] = {
		{ huawei, "AT+CNMI=1,1,0,2,0", "AT^U2DIAG=0", "stored" },
		{ sim800, "AT+CNMI=2,1,0,2,0", "AT+CSMS=0", "stored" },
		{ sim7600, "AT+CNMI=1,1,0,2,0", "AT+CNSMOD=1", "stored" },
		{ ec25, "AT+CNMI=2,2,0,1,0", "AT+QURCCFG=", "direct" },
		{ ublox, "AT+CNMI=2,2,0,1,0", "AT+UPSV=0", "direct" },
		{ telit, "AT+CNMI=2,2,0,1,0", "AT#QSS=2", "direct" },
		{ cinterion, "AT+CNMI=2,2,0,1,0", "AT^SCFG=", "direct" },
		{ zte, "AT+CNMI=1,1,0,2,0", "AT+ZOPRT=5", "stored" },
	};
	struct world *w = *state;
	struct modem_status status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(makers); i++) {
		w->vendor = makers[i].rules;
		w->got[0] = '\0';
		start(w);
		assert_int_equal(state_of(w), LINE_UP);
		assert_true(got(w, makers[i].cnmi));
		assert_true(got(w, makers[i].extra));
		modem_status(w->m, &status);
		assert_string_equal(status.mode, makers[i].mode);
		assert_string_equal(status.imei, "490154203237518");
		assert_string_equal(status.iccid, "8931440400000000001");
		assert_string_equal(status.operator, "KPN");
		assert_string_equal(status.registration, "home");
		assert_string_equal(status.memory, "ME");
		assert_int_equal(status.signal_dbm, -73);
		modem_free(w->m);
		w->m = NULL;
	}
}

static const struct rule no_cnma[] = { { "AT+CNMA=?", "\r\nERROR\r\n" }, { NULL, NULL } };

static void without_cnma_texts_are_stored(void **state)
{
	struct world *w = *state;

	w->vendor = ec25;
	w->rules = no_cnma;
	start(w);
	assert_true(got(w, "AT+CNMI=2,1,0,2,0"));
}

/* ---- PIN */

static const struct rule pin_wanted[] = { { "AT+CPIN?", "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n" },
					  { "AT+CPIN=\"1234\"", "\r\nOK\r\n" },
					  { "AT+CPIN=", "\r\n+CME ERROR: 16\r\n" },
					  { NULL, NULL } };

static void right_pin_is_entered_once(void **state)
{
	struct world *w = *state;

	w->rules = pin_wanted;
	w->cfg.pin = "1234";
	start(w);
	assert_int_equal(times_got(w, "AT+CPIN=\"1234\""), 1);
	assert_int_equal(state_of(w), LINE_UP);
	assert_string_equal(w->note, "");
}

static void refused_pin_is_never_tried_twice(void **state)
{
	struct world *w = *state;

	w->rules = pin_wanted;
	w->cfg.pin = "9999";
	start(w);
	assert_int_equal(state_of(w), LINE_STOPPED);
	assert_string_equal(w->alarms, "+pin ");
	assert_int_equal(times_got(w, "AT+CPIN=\"9999\""), 1);
	pass_s(w, 200); /* it looks again, and does not try again */
	assert_int_equal(times_got(w, "AT+CPIN=\"9999\""), 1);
	assert_true(times_got(w, "AT+CPIN?") > 2);
	restart(w);
	assert_int_equal(state_of(w), LINE_STOPPED);
	assert_false(got(w, "AT+CPIN=\""));
}

static void another_pin_may_be_tried_after_a_refused_one(void **state)
{
	struct world *w = *state;

	w->rules = pin_wanted;
	w->cfg.pin = "9999";
	start(w);
	w->cfg.pin = "1234";
	restart(w);
	assert_int_equal(state_of(w), LINE_UP);
	assert_int_equal(times_got(w, "AT+CPIN=\"1234\""), 1);
}

static const struct rule pin_silent[] = { { "AT+CPIN?", "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n" },
					  { "AT+CPIN=", "" },
					  { NULL, NULL } };

static void killed_while_the_pin_was_tried_does_not_try_it_again(void **state)
{
	struct world *w = *state;

	w->rules = pin_silent;
	w->cfg.pin = "1234";
	start(w);
	assert_true(got(w, "AT+CPIN=\"1234\""));
	w->rules = pin_wanted;
	restart(w);
	assert_false(got(w, "AT+CPIN=\""));
	assert_int_equal(state_of(w), LINE_STOPPED);
	/* It was accepted after all: the next time it may be entered. */
	w->rules = NULL;
	restart(w);
	assert_int_equal(state_of(w), LINE_UP);
	assert_string_equal(w->note, "");
}

static const struct rule puk_wanted[] = { { "AT+CPIN?", "\r\n+CPIN: SIM PUK\r\n\r\nOK\r\n" },
					  { NULL, NULL } };

static void puk_stops_the_line_until_a_person_has_helped(void **state)
{
	struct world *w = *state;

	w->rules = puk_wanted;
	w->cfg.pin = "1234";
	start(w);
	assert_int_equal(state_of(w), LINE_STOPPED);
	assert_string_equal(w->alarms, "+puk ");
	assert_false(got(w, "AT+CPIN=\""));
	w->rules = NULL;
	pass_s(w, 62);
	assert_int_equal(state_of(w), LINE_UP);
	assert_string_equal(w->alarms, "+puk -puk ");
}

static const struct rule one_try_left[] = { { "AT+CPIN?", "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n" },
					    { "AT+QPINC?",
					      "\r\n+QPINC: \"SC\",1,10\r\n\r\nOK\r\n" },
					    { NULL, NULL } };

static void last_try_of_a_pin_is_left_to_a_person(void **state)
{
	struct world *w = *state;

	w->vendor = ec25;
	w->rules = one_try_left;
	w->cfg.pin = "1234";
	start(w);
	assert_int_equal(state_of(w), LINE_STOPPED);
	assert_false(got(w, "AT+CPIN=\""));
}

static const struct rule no_sim[] = { { "AT+CPIN?", "\r\n+CME ERROR: 10\r\n" }, { NULL, NULL } };

static void missing_sim_is_asked_for_again(void **state)
{
	struct world *w = *state;

	w->rules = no_sim;
	start(w);
	assert_int_equal(state_of(w), LINE_DOWN);
	assert_string_equal(w->alarms, "+sim ");
	w->rules = NULL;
	pass_s(w, 11);
	assert_int_equal(state_of(w), LINE_UP);
	assert_string_equal(w->alarms, "+sim -sim ");
}

static const struct rule busy_sim[] = { { "AT+CMGF=0", "\r\n+CMS ERROR: 314\r\n" },
					{ NULL, NULL } };

static void busy_sim_is_waited_for(void **state)
{
	struct world *w = *state;

	w->rules = busy_sim;
	start(w);
	pass_s(w, 5);
	assert_int_equal(state_of(w), LINE_DOWN);
	w->rules = NULL;
	pass_s(w, 2);
	assert_int_equal(state_of(w), LINE_UP);
}

/* ---- texts to us */

static void direct_text_is_acknowledged_after_settle_only(void **state)
{
	struct world *w = *state;

	w->vendor = ec25;
	start(w);
	say(w, "\r\n+CMT: " HEAD "\r\n" PDU "\r\n");
	settle_down(w);
	assert_int_equal(w->n_heard, 1);
	assert_string_equal(w->heard, "+31641600986: How are you?");
	assert_false(got(w, "AT+CNMA "));
	settle(w, true);
	assert_int_equal(times_got(w, "AT+CNMA "), 1);
}

static void direct_text_that_was_not_stored_is_refused(void **state)
{
	struct world *w = *state;

	w->vendor = ec25;
	start(w);
	say(w, "\r\n+CMT: " HEAD "\r\n" PDU "\r\n");
	settle_down(w);
	settle(w, false);
	assert_true(got(w, "AT+CNMA=2 "));
	assert_false(got(w, "AT+CNMA "));
}

static void acknowledgements_go_in_the_order_of_arrival(void **state)
{
	struct world *w = *state;

	w->vendor = ec25;
	start(w);
	say(w, "\r\n+CMT: " HEAD "\r\n" PDU "\r\n\r\n+CMT: " HEAD "\r\n" PDU "\r\n");
	settle_down(w);
	assert_int_equal(w->n_heard, 2);
	modem_line(w->m)->ops->settle(modem_line(w->m), w->tokens[1], true);
	settle_down(w);
	assert_false(got(w, "AT+CNMA "));
	modem_line(w->m)->ops->settle(modem_line(w->m), w->tokens[0], true);
	settle_down(w);
	assert_int_equal(times_got(w, "AT+CNMA "), 2);
}

/* Until its CNMA is answered the network keeps back what comes next (TS 27.005 3.4.1). */
static void hears_from_the_offer_to_the_answered_acknowledgement(void **state)
{
	static const struct rule mute[] = { { "AT+CNMA=?", "\r\n+CNMA: (0-2)\r\n\r\nOK\r\n" },
					    { "AT+CNMA", "" },
					    { NULL, NULL } };
	struct world *w = *state;

	w->vendor = ec25;
	w->rules = mute;
	start(w);
	assert_false(modem_line(w->m)->hears);
	say(w, "\r\n+CMT: " HEAD "\r\n" PDU "\r\n");
	settle_down(w);
	assert_true(modem_line(w->m)->hears);
	w->n_changed = 0;
	settle(w, true);
	assert_int_equal(times_got(w, "AT+CNMA "), 1);
	assert_true(modem_line(w->m)->hears);
	assert_int_equal(w->n_changed, 0);
	say(w, "\r\nOK\r\n");
	settle_down(w);
	assert_false(modem_line(w->m)->hears);
	assert_int_equal(w->n_changed, 1);
}

static const struct rule late_cnma[] = { { "AT+CNMA=?", "\r\n+CNMA: (0-2)\r\n\r\nOK\r\n" },
					 { "AT+CNMA", "\r\n+CMS ERROR: 340\r\n" },
					 { NULL, NULL } };

static void refused_acknowledgement_sets_cnmi_again(void **state)
{
	struct world *w = *state;

	w->vendor = ec25;
	w->rules = late_cnma;
	start(w);
	say(w, "\r\n+CMT: " HEAD "\r\n" PDU "\r\n");
	settle_down(w);
	w->got[0] = '\0';
	settle(w, true);
	assert_true(got(w, "AT+CNMI=2,2,0,1,0"));
}

static const struct rule one_stored[] = {
	{ "AT+CMGR=3", "\r\n+CMGR: 0," HEAD "\r\n" PDU "\r\n\r\nOK\r\n" },
	{ "AT+CMGL", "\r\n+CMGL: 3,1," HEAD "\r\n" PDU "\r\n\r\nOK\r\n" },
	{ NULL, NULL }
};

static void stored_text_is_deleted_after_settle_only(void **state)
{
	struct world *w = *state;

	w->vendor = sim800;
	start(w);
	w->rules = one_stored;
	say(w, "\r\n+CMTI: \"ME\",3\r\n");
	settle_down(w);
	assert_string_equal(w->heard, "+31641600986: How are you?");
	say(w, "\r\n+CMTI: \"ME\",3\r\n"); /* once more: it is known */
	settle_down(w);
	assert_int_equal(w->n_heard, 1);
	assert_false(got(w, "CMGD"));
	settle(w, true);
	assert_int_equal(times_got(w, "AT+CMGD=3 "), 1);
}

static void hears_until_a_stored_text_is_deleted(void **state)
{
	struct world *w = *state;

	w->vendor = sim800;
	start(w);
	w->rules = one_stored;
	say(w, "\r\n+CMTI: \"ME\",3\r\n");
	settle_down(w);
	assert_int_equal(w->n_heard, 1);
	assert_true(modem_line(w->m)->hears);
	settle(w, true);
	assert_true(got(w, "AT+CMGD=3"));
	assert_false(modem_line(w->m)->hears);
}

static void stored_text_that_was_not_stored_here_stays_and_is_read_again(void **state)
{
	struct world *w = *state;

	w->vendor = sim800;
	start(w);
	w->rules = one_stored;
	say(w, "\r\n+CMTI: \"ME\",3\r\n");
	settle_down(w);
	settle(w, false);
	assert_int_equal(w->n_heard, 1);
	pass_s(w, 31);
	assert_int_equal(w->n_heard, 2);
	assert_false(got(w, "CMGD"));
	settle(w, true);
	assert_true(got(w, "AT+CMGD=3 "));
}

static const struct rule stored_before[] = {
	{ "AT+CPMS=\"SM\"", "\r\n+CPMS: 1,20,1,20,1,20\r\n\r\nOK\r\n" },
	{ "AT+CMGL=4",
	  "\r\n+CMGL: 1,1," HEAD "\r\n" PDU "\r\n+CMGL: 2,2," HEAD "\r\n" PDU "\r\n\r\nOK\r\n" },
	{ NULL, NULL }
};

static void what_lies_in_every_memory_is_read_at_start_and_our_own_stays(void **state)
{
	struct world *w = *state;

	w->rules = stored_before;
	start(w);
	assert_int_equal(times_got(w, "AT+CMGL=4"), 2); /* ME is home, SM has one */
	assert_int_equal(w->n_heard, 2);		/* one of each; <stat> 2 is our own */
	settle(w, true);
	assert_int_equal(times_got(w, "AT+CMGD=1 "), 1);
	assert_false(got(w, "+CMGD=2"));
}

static const struct rule burst[] = {
	{ "AT+CMGL=0", "\r\n+CMGL: 4,0," HEAD "\r\n" PDU "\r\n+CMGL: 5,0," HEAD "\r\n" PDU
		       "\r\n+CMGL: 6,0," HEAD "\r\n" PDU "\r\n\r\nOK\r\n" },
	{ "AT+CMGR=3", "\r\n+CMGR: 0," HEAD "\r\n" PDU "\r\n\r\nOK\r\n" },
	{ NULL, NULL }
};

static void burst_is_listed_and_deleted_in_one_go(void **state)
{
	struct world *w = *state;
	int i;

	w->vendor = sim800;
	start(w);
	w->rules = burst;
	say(w, "\r\n+CMTI: \"ME\",3\r\n\r\n+CMTI: \"ME\",4\r\n\r\n+CMTI: \"ME\",5\r\n"
	       "\r\n+CMTI: \"ME\",6\r\n");
	settle_down(w);
	assert_int_equal(w->n_heard, 4);
	assert_int_equal(times_got(w, "AT+CMGR"), 1);
	assert_int_equal(times_got(w, "AT+CMGL=0"), 1);
	for (i = 0; i < 4; i++)
		modem_line(w->m)->ops->settle(modem_line(w->m), w->tokens[i], true);
	settle_down(w);
	assert_true(got(w, "AT+CMGD=3 AT+CMGD=4;+CMGD=5;+CMGD=6 "));
}

static const struct rule bad_stored[] = {
	{ "AT+CMGR=3", "\r\n+CMGR: 0," BAD_HEAD "\r\n" BAD "\r\n\r\nOK\r\n" }, { NULL, NULL }
};

static void unreadable_text_goes_to_quarantine_and_is_deleted_after_that(void **state)
{
	struct world *w = *state;

	w->vendor = sim800;
	start(w);
	w->rules = bad_stored;
	say(w, "\r\n+CMTI: \"ME\",3\r\n");
	settle_down(w);
	assert_int_equal(w->n_raw, 1);
	assert_string_equal(w->heard, "?: " BAD);
	settle(w, true);
	assert_true(got(w, "AT+CMGD=3 "));
}

static void direct_report_is_acknowledged_after_settle_only(void **state)
{
	struct world *w = *state;

	w->vendor = ec25;
	start(w);
	say(w, "\r\n+CDS: " REPORT_HEAD "\r\n" REPORT "\r\n");
	settle_down(w);
	assert_int_equal(w->n_reports, 1);
	assert_string_equal(w->heard, "66 +31612345678 00");
	assert_false(got(w, "AT+CNMA "));
	settle(w, true);
	assert_true(got(w, "AT+CNMA "));
}

static const struct rule report_stored[] = {
	{ "AT+CMGR=1", "\r\n+CMGR: 0,," REPORT_HEAD "\r\n" REPORT "\r\n\r\nOK\r\n" }, { NULL, NULL }
};

static void stored_report_is_read_from_its_memory_and_deleted_after_settle(void **state)
{
	struct world *w = *state;

	w->vendor = huawei;
	start(w);
	w->rules = report_stored;
	say(w, "\r\n+CDSI: \"SR\",1\r\n");
	settle_down(w);
	assert_int_equal(w->n_reports, 1);
	assert_true(got(w, "AT+CPMS=\"SR\" AT+CMGR=1 "));
	assert_false(got(w, "CMGD"));
	settle(w, true);
	assert_true(got(w, "AT+CMGD=1 "));
}

static void damaged_direct_text_is_not_acknowledged(void **state)
{
	struct world *w = *state;

	w->vendor = ec25;
	start(w);
	say(w, "\r\n+CMT: " HEAD "\r\n0791132604\r\n");
	settle_down(w);
	assert_int_equal(w->n_heard, 0);
	assert_true(got(w, "AT+CNMA=2 "));
	say(w, "\r\n+CMT: " HEAD "\r\n0791132604\r\n"); /* the same again: it is the message */
	settle_down(w);
	assert_int_equal(w->n_raw, 1);
	settle(w, true);
	assert_true(got(w, "AT+CNMA "));
}

static const struct rule nearly_full[] = {
	{ "AT+CPMS=\"ME\"", "\r\n+CPMS: 80,100,80,100,80,100\r\n\r\nOK\r\n" }, { NULL, NULL }
};

static void memory_at_four_fifths_is_an_alarm(void **state)
{
	struct world *w = *state;

	start(w);
	w->rules = nearly_full;
	say(w, "\r\nSMS FULL\r\n");
	settle_down(w);
	assert_string_equal(w->alarms, "+storage ");
	w->rules = NULL;
	pass_s(w, 61);
	assert_string_equal(w->alarms, "+storage -storage ");
}

/* ---- texts from us */

struct fate_case {
	struct rule rules[3];
	enum line_fate fate;
	int mr, cause;
};

static const struct fate_case fate_cases[] = {
	{ { { "PAYLOAD", "\r\n+CMGS: 7\r\n\r\nOK\r\n" } }, LINE_SENT, 7, 0 },
	{ { { "PAYLOAD", "\r\n+CMS ERROR: 1\r\n" } }, LINE_REFUSED, -1, 1 },
	{ { { "PAYLOAD", "\r\n+CMS ERROR: 304\r\n" } }, LINE_REFUSED, -1, 304 },
	{ { { "PAYLOAD", "\r\n+CMS ERROR: 331\r\n" } }, LINE_RETRY, -1, 331 },
	{ { { "PAYLOAD", "\r\n+CMS ERROR: 322\r\n" } }, LINE_RETRY, -1, 322 },
	{ { { "PAYLOAD", "\r\n+CMS ERROR: 332\r\n" } }, LINE_DOUBT, -1, 332 },
	{ { { "PAYLOAD", "\r\n+CMS ERROR: 197\r\n" } }, LINE_SENT, -1, 197 },
	{ { { "PAYLOAD", "\r\n+CME ERROR: 30\r\n" } }, LINE_RETRY, -1, 331 },
	/* before the prompt nothing has left */
	{ { { "AT+CMGS", "\r\n+CMS ERROR: 332\r\n" } }, LINE_RETRY, -1, 332 },
	{ { { "AT+CMGS", "\r\nERROR\r\n" } }, LINE_RETRY, -1, 500 },
};

static void fate_follows_the_error(void **state)
{
	struct world *w = *state;
	size_t i;

	start(w);
	for (i = 0; i < ARRAY_SIZE(fate_cases); i++) {
		const struct fate_case *c = &fate_cases[i];
		const struct line_outcome *o = &w->outcomes[0];

		w->n_outcomes = 0;
		w->rules = c->rules;
		assert_int_equal(submit(w, i + 1), 0);
		settle_down(w);
		assert_int_equal(w->n_outcomes, 1);
		assert_int_equal(o->id, i + 1);
		assert_int_equal(o->fate, c->fate);
		assert_int_equal(o->mr, c->mr);
		assert_int_equal(o->cause, c->cause);
	}
}

static void rejection_without_a_reason_is_tried_twice_more(void **state)
{
	static const struct rule rejected[] = { { "PAYLOAD", "\r\n+CMS ERROR: 21\r\n" },
						{ NULL, NULL } };
	static const enum line_fate fates[] = { LINE_RETRY, LINE_RETRY, LINE_REFUSED };
	struct world *w = *state;
	int i;

	w->rules = rejected;
	start(w);
	for (i = 0; i < 3; i++) {
		assert_int_equal(submit(w, 5), 0);
		settle_down(w);
		assert_int_equal(w->n_outcomes, i + 1);
		assert_int_equal(w->outcomes[i].fate, fates[i]);
	}
}

static void sim_that_may_not_send_stops_after_three(void **state)
{
	static const struct rule barred[] = { { "PAYLOAD", "\r\n+CMS ERROR: 8\r\n" },
					      { NULL, NULL } };
	struct world *w = *state;
	int i;

	w->rules = barred;
	start(w);
	for (i = 0; i < 4; i++)
		assert_int_equal(submit(w, i + 1), 0);
	settle_down(w);
	assert_int_equal(w->n_outcomes, 4);
	assert_int_equal(times_got(w, "PAYLOAD"), 3);
	assert_int_equal(w->outcomes[3].fate, LINE_RETRY);
	assert_false(w->outcomes[3].counts);
	assert_int_equal(state_of(w), LINE_STOPPED);
	assert_string_equal(w->alarms, "+barred ");
	assert_int_equal(submit(w, 9), -EAGAIN);
}

static void window_is_four(void **state)
{
	static const struct rule silent[] = { { "PAYLOAD", "" }, { NULL, NULL } };
	struct world *w = *state;
	int i;

	w->rules = silent;
	start(w);
	for (i = 0; i < 4; i++)
		assert_int_equal(submit(w, i + 1), 0);
	assert_int_equal(submit(w, 5), -EAGAIN);
	settle_down(w);
	assert_int_equal(times_got(w, "AT+CMMS=2"), 0); /* alone when it was begun */
	assert_int_equal(times_got(w, "AT+CMGS"), 1);
}

/* The next text may be waiting for its commit when the modem is looked at. */
static void link_is_kept_for_a_round_without_texts(void **state)
{
	struct world *w = *state;
	int i;

	start(w);
	for (i = 0; i < 4; i++)
		assert_int_equal(submit(w, i + 1), 0);
	settle_down(w);
	assert_int_equal(times_got(w, "AT+CMGS"), 4);
	assert_int_equal(times_got(w, "AT+CMMS=2"), 1);
	pass_s(w, 60);
	assert_int_equal(times_got(w, "AT+CMMS=0"), 0);
	pass_s(w, 60);
	assert_int_equal(times_got(w, "AT+CMMS=0"), 1);
}

static void silence_after_the_payload_is_doubt(void **state)
{
	static const struct rule silent[] = { { "PAYLOAD", "" }, { NULL, NULL } };
	struct world *w = *state;

	w->rules = silent;
	start(w);
	assert_int_equal(submit(w, 1), 0);
	settle_down(w);
	pass_s(w, 58);
	assert_int_equal(w->n_outcomes, 0);
	pass_s(w, 4);
	assert_int_equal(w->n_outcomes, 1);
	assert_int_equal(w->outcomes[0].fate, LINE_DOUBT);
	assert_int_equal(times_got(w, "PAYLOAD"), 1);
}

static void reference_without_ok_is_sent(void **state)
{
	static const struct rule no_ok[] = { { "PAYLOAD", "\r\n+CMGS: 9\r\n" }, { NULL, NULL } };
	struct world *w = *state;

	w->rules = no_ok;
	start(w);
	assert_int_equal(submit(w, 1), 0);
	settle_down(w);
	pass_s(w, 6);
	assert_int_equal(w->n_outcomes, 1);
	assert_int_equal(w->outcomes[0].fate, LINE_SENT);
	assert_int_equal(w->outcomes[0].mr, 9);
}

static void silence_instead_of_the_prompt_is_a_retry(void **state)
{
	static const struct rule silent[] = { { "AT+CMGS", "" }, { NULL, NULL } };
	struct world *w = *state;

	w->rules = silent;
	start(w);
	assert_int_equal(submit(w, 1), 0);
	settle_down(w);
	pass_s(w, 11);
	assert_int_equal(w->n_outcomes, 1);
	assert_int_equal(w->outcomes[0].fate, LINE_RETRY);
	assert_false(w->outcomes[0].counts);
	assert_false(got(w, "PAYLOAD"));
}

static void port_lost_after_the_payload_is_doubt_and_what_waits_goes_back(void **state)
{
	static const struct rule silent[] = { { "PAYLOAD", "" }, { NULL, NULL } };
	struct world *w = *state;

	w->rules = silent;
	start(w);
	assert_int_equal(submit(w, 1), 0);
	assert_int_equal(submit(w, 2), 0);
	settle_down(w);
	close(w->master);
	w->master = -1;
	settle_down(w);
	assert_int_equal(w->n_outcomes, 2);
	assert_int_equal(w->outcomes[0].id, 1);
	assert_int_equal(w->outcomes[0].fate, LINE_DOUBT);
	assert_int_equal(w->outcomes[1].id, 2);
	assert_int_equal(w->outcomes[1].fate, LINE_RETRY);
	assert_int_equal(state_of(w), LINE_DOWN);
	assert_int_equal(submit(w, 3), -EAGAIN);
}

/* ---- hangs, resets, ports */

static void hang_climbs_from_reopening_to_reset_to_an_alarm(void **state)
{
	struct world *w = *state;
	struct modem_status status;

	start(w);
	assert_int_equal(state_of(w), LINE_UP);
	w->deaf = true;
	w->got[0] = '\0';
	pass_s(w, 61 + 5 + 6); /* the poll, its deadline, AT four times */
	assert_int_equal(state_of(w), LINE_DOWN);
	modem_status(w->m, &status);
	assert_true(status.resets == 0);
	pass_s(w, 60);
	modem_status(w->m, &status);
	assert_int_equal(status.resets, 1);
	assert_true(got(w, "AT+CFUN=1,1"));
	assert_string_equal(w->alarms, "+silent ");
	w->deaf = false;
	pass_s(w, 630);
	assert_int_equal(state_of(w), LINE_UP);
	assert_string_equal(w->alarms, "+silent -silent ");
}

static void short_hang_is_over_after_reopening(void **state)
{
	struct world *w = *state;
	struct modem_status status;

	start(w);
	w->deaf = true;
	pass_s(w, 61 + 5 + 6);
	w->deaf = false;
	pass_s(w, 20);
	assert_int_equal(state_of(w), LINE_UP);
	modem_status(w->m, &status);
	assert_int_equal(status.resets, 0);
	assert_true(status.reopens >= 2);
	assert_string_equal(w->alarms, "");
}

static void modem_that_starts_anew_is_set_up_anew(void **state)
{
	struct world *w = *state;

	start(w);
	w->got[0] = '\0';
	say(w, "\r\nRDY\r\n");
	settle_down(w);
	pass_s(w, 2);
	assert_true(got(w, "AT+CNMI="));
	assert_int_equal(state_of(w), LINE_UP);
}

static void echo_after_ate0_means_that_it_started_anew(void **state)
{
	struct world *w = *state;

	start(w);
	w->got[0] = '\0';
	say(w, "AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n");
	settle_down(w);
	pass_s(w, 2);
	assert_true(got(w, "ATE0"));
	assert_true(got(w, "AT+CNMI="));
	assert_int_equal(state_of(w), LINE_UP);
}

static void cnmi_that_changed_by_itself_is_set_again(void **state)
{
	static const struct rule forgot[] = { { "AT+CNMI?", "\r\n+CNMI: 0,0,0,0,0\r\n\r\nOK\r\n" },
					      { NULL, NULL } };
	struct world *w = *state;

	start(w);
	w->rules = forgot;
	w->got[0] = '\0';
	pass_s(w, 61);
	assert_true(got(w, "AT+CNMI=2,1,0,2,0"));
	assert_true(got(w, "AT+CMGL=4"));
}

static void other_imei_on_the_port_is_an_alarm_and_not_used(void **state)
{
	struct world *w = *state;

	w->cfg.imei = "356938035643809";
	start(w);
	assert_string_equal(w->alarms, "+imei ");
	assert_int_equal(state_of(w), LINE_DOWN);
	assert_false(got(w, "AT+CPIN"));
}

static void modem_is_found_by_imei_under_another_name(void **state)
{
	struct world *w = *state;
	char dir[] = "/tmp/meldlijn-test-XXXXXX";
	char search[64], link1[64], link2[64];
	int i;

	assert_non_null(mkdtemp(dir));
	snprintf(search, sizeof(search), "%s/ttyUSB*", dir);
	snprintf(link1, sizeof(link1), "%s/ttyUSB0", dir);
	snprintf(link2, sizeof(link2), "%s/ttyUSB3", dir);
	w->cfg.search = search;
	w->cfg.imei = "490154203237518";
	start(w); /* nothing there yet */
	assert_int_equal(state_of(w), LINE_DOWN);
	assert_int_equal(symlink(w->path, link1), 0);
	settle_down(w);
	pass_s(w, 2);
	assert_int_equal(state_of(w), LINE_UP);

	close(w->master);
	unlink(link1);
	w->master = -1;
	for (i = 0; i < 3; i++)
		settle_down(w);
	assert_int_equal(state_of(w), LINE_DOWN);
	pass_s(w, 2);
	open_pty(w);
	assert_int_equal(symlink(w->path, link2), 0);
	settle_down(w);
	pass_s(w, 2);
	assert_int_equal(state_of(w), LINE_UP);
	unlink(link2);
	rmdir(dir);
}

static void unregistered_modem_is_down_until_it_has_a_network(void **state)
{
	static const struct rule searching[] = { { "AT+CREG?", "\r\n+CREG: 2,2\r\n\r\nOK\r\n" },
						 { NULL, NULL } };
	struct world *w = *state;

	w->rules = searching;
	start(w);
	assert_int_equal(state_of(w), LINE_DOWN);
	assert_int_equal(submit(w, 1), -EAGAIN);
	say(w, "\r\n+CREG: 5,\"00AB\",\"1234\"\r\n");
	settle_down(w);
	assert_int_equal(state_of(w), LINE_UP);
	say(w, "\r\n+CREG: 2\r\n");
	settle_down(w);
	assert_int_equal(state_of(w), LINE_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_maker_comes_up_in_its_mode),
		TEST(without_cnma_texts_are_stored),
		TEST(right_pin_is_entered_once),
		TEST(refused_pin_is_never_tried_twice),
		TEST(another_pin_may_be_tried_after_a_refused_one),
		TEST(killed_while_the_pin_was_tried_does_not_try_it_again),
		TEST(puk_stops_the_line_until_a_person_has_helped),
		TEST(last_try_of_a_pin_is_left_to_a_person),
		TEST(missing_sim_is_asked_for_again),
		TEST(busy_sim_is_waited_for),
		TEST(direct_text_is_acknowledged_after_settle_only),
		TEST(direct_text_that_was_not_stored_is_refused),
		TEST(acknowledgements_go_in_the_order_of_arrival),
		TEST(hears_from_the_offer_to_the_answered_acknowledgement),
		TEST(refused_acknowledgement_sets_cnmi_again),
		TEST(stored_text_is_deleted_after_settle_only),
		TEST(hears_until_a_stored_text_is_deleted),
		TEST(stored_text_that_was_not_stored_here_stays_and_is_read_again),
		TEST(what_lies_in_every_memory_is_read_at_start_and_our_own_stays),
		TEST(burst_is_listed_and_deleted_in_one_go),
		TEST(unreadable_text_goes_to_quarantine_and_is_deleted_after_that),
		TEST(direct_report_is_acknowledged_after_settle_only),
		TEST(stored_report_is_read_from_its_memory_and_deleted_after_settle),
		TEST(damaged_direct_text_is_not_acknowledged),
		TEST(memory_at_four_fifths_is_an_alarm),
		TEST(fate_follows_the_error),
		TEST(rejection_without_a_reason_is_tried_twice_more),
		TEST(sim_that_may_not_send_stops_after_three),
		TEST(window_is_four),
		TEST(link_is_kept_for_a_round_without_texts),
		TEST(silence_after_the_payload_is_doubt),
		TEST(reference_without_ok_is_sent),
		TEST(silence_instead_of_the_prompt_is_a_retry),
		TEST(port_lost_after_the_payload_is_doubt_and_what_waits_goes_back),
		TEST(hang_climbs_from_reopening_to_reset_to_an_alarm),
		TEST(short_hang_is_over_after_reopening),
		TEST(modem_that_starts_anew_is_set_up_anew),
		TEST(echo_after_ate0_means_that_it_started_anew),
		TEST(cnmi_that_changed_by_itself_is_set_again),
		TEST(other_imei_on_the_port_is_an_alarm_and_not_used),
		TEST(modem_is_found_by_imei_under_another_name),
		TEST(unregistered_modem_is_down_until_it_has_a_network),
	};
	void *ctx = talloc_named_const(NULL, 0, "log");

	test_log_start(ctx);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
