// SPDX-License-Identifier: AGPL-3.0-or-later
/* Alarms, memory, figures; and that the check finds each kind of damage. */
#include "store/store_test.h"

#define NUMBER "+31612345678"

struct alarm {
	char what[32], detail[64];
	int64_t since_s, ended_s;
	int n;
};

static bool keep_alarm(const char *what, const char *detail, int64_t since_s, int64_t ended_s,
		       void *data)
{
	struct alarm *a = data;

	OSMO_STRLCPY_ARRAY(a->what, what);
	OSMO_STRLCPY_ARRAY(a->detail, detail);
	a->since_s = since_s;
	a->ended_s = ended_s;
	a->n++;
	return true;
}

static void alarm_is_on_once_and_ends_once(void **state)
{
	struct store *st = *state;
	struct alarm a = {};

	begin(st);
	assert_int_equal(store_alarm(st, "modem 1 pin", false, NULL, T0), -ENOENT);
	assert_int_equal(store_alarm(st, "modem 1 pin", true, "type it", T0), 0);
	assert_int_equal(store_alarm(st, "modem 1 pin", true, "again", T0 + 1), -EEXIST);
	assert_int_equal(store_alarm_list(st, true, keep_alarm, &a), 0);
	assert_int_equal(a.n, 1);
	assert_string_equal(a.detail, "type it");
	assert_int_equal(a.since_s, T0);
	assert_int_equal(a.ended_s, 0);
	assert_int_equal(store_alarm(st, "modem 1 pin", false, NULL, T0 + 5), 0);
	assert_int_equal(store_alarm(st, "modem 1 pin", false, NULL, T0 + 6), -ENOENT);
	assert_int_equal(store_alarm(st, "modem 1 pin", true, "type it", T0 + 9), 0);
	memset(&a, 0, sizeof(a));
	assert_int_equal(store_alarm_list(st, false, keep_alarm, &a), 0);
	assert_int_equal(a.n, 2);
	assert_int_equal(a.ended_s, T0 + 5);
}

static void lines_remember(void **state)
{
	struct store *st = *state;
	char *value;

	begin(st);
	assert_null(store_recall(st, st, "modem 1", "pin-refused"));
	assert_int_equal(store_remember(st, "modem 1", "pin-refused", "8931"), 0);
	assert_int_equal(store_remember(st, "modem 1", "pin-refused", "8932"), 0);
	value = store_recall(st, st, "modem 1", "pin-refused");
	assert_string_equal(value, "8932");
	assert_null(store_recall(st, st, "modem 2", "pin-refused"));
	assert_int_equal(store_remember(st, "modem 1", "pin-refused", NULL), 0);
	assert_null(store_recall(st, st, "modem 1", "pin-refused"));
	assert_int_equal(store_audit(st, "staff an", "released a number", T0), 0);
}

static void figures_follow_the_rows(void **state)
{
	struct store *st = *state;
	struct report_change planned = {
		.state = REPORT_PLANNED, .at_s = T0, .who = "x", .channel = "x"
	};
	struct sms_piece p = { .len = 1 };
	struct store_figures f;
	struct outbox_due due;
	int64_t report, person;

	begin(st);
	person = test_person(st, NUMBER);
	report = test_report(st, person);
	test_report(st, person);
	store_report_change(st, report, &planned, NULL);
	store_inbox_add(st, "1", "m", NUMBER, "x", T0, 0, "part", NULL);
	store_inbox_add(st, "2", "m", NUMBER, "x", T0, 0, "answered", NULL);
	for (int i = 0; i < 3; i++) {
		store_outbox_add(st, NUMBER, OUTBOX_REPLY, "", "x", &p, 1, 0, 0, T0, T0 + 99, 0,
				 NULL);
		store_outbox_due(st, st, "m", OUTBOX_LANES, T0, &due, 1);
		store_outbox_sending(st, due.part_id, "m", T0);
		store_outbox_final(st, due.part_id,
				   i == 0   ? "delivered"
				   : i == 1 ? "sent"
					    : "failed",
				   0, T0);
	}
	store_person_block(st, person, "loop", T0);
	store_alarm(st, "a", true, "b", T0);
	assert_int_equal(store_figures(st, &f), 0);
	assert_int_equal(f.people, 1);
	assert_int_equal(f.blocked, 1);
	assert_int_equal(f.heard, 1);
	assert_int_equal(f.reports[REPORT_RECEIVED], 1);
	assert_int_equal(f.reports[REPORT_PLANNED], 1);
	assert_int_equal(f.sent, 2);
	assert_int_equal(f.delivered, 1);
	assert_int_equal(f.failed, 1);
	assert_int_equal(f.alarms, 1);
}

/* A line in the middle of its work, without a fault. */
static void fill(struct store *st)
{
	struct sms_piece p[2] = { { .len = 1 }, { .len = 1 } };
	struct outbox_due due;
	int64_t person, report;

	begin(st);
	person = test_person(st, NUMBER);
	report = test_report(st, person);
	store_forward_add(st, report, 0, "haeghe", T0, NULL);
	store_forward_add(st, report, 1, "haeghe", T0, NULL);
	store_outbox_add(st, NUMBER, OUTBOX_REPLY, "", "x", p, 2, 1, 8, T0, T0 + 99, 0, NULL);
	store_outbox_add(st, NUMBER, OUTBOX_REPLY, "", "x", p, 1, 1, 8, T0, T0 + 99, 0, NULL);
	store_outbox_due(st, st, "m", OUTBOX_LANES, T0, &due, 1);
	store_outbox_sending(st, due.part_id, "m", T0);
	end(st);
	assert_int_equal(store_commit(st), 0);
}

static void whole_database_has_no_findings(void **state)
{
	struct store *st = *state;
	char *findings;

	fill(st);
	if (store_check(st, st, &findings) != 0)
		fail_msg("%s", findings);
	assert_string_equal(findings, "");
	assert_int_equal(store_commit(st), 0);
}

static void each_kind_of_damage_is_found(void **state)
{
	static const struct {
		const char *damage, *finding;
	} cases[] = {
		{ "DELETE FROM report_event", "has no history" },
		{ "UPDATE report_event SET state = 'closed'",
		  "not in the state that its history ends with" },
		{ "UPDATE report SET area_id = 99", "area, address or object that is not there" },
		{ "UPDATE report SET state = 'lost'", "has an unknown state" },
		{ "UPDATE report SET reference = '1234567'", "wrong check digit" },
		{ "DELETE FROM outbox_part WHERE total = 1", "has no parts" },
		{ "DELETE FROM outbox_part WHERE part = 2", "lacks parts" },
		{ "UPDATE outbox SET state = 'sent'", "not in the state of its parts" },
		{ "UPDATE outbox SET finished = 1", "not in the state of its parts" },
		{ "UPDATE outbox_part SET state = 'delivered' WHERE part = 1", "not coming" },
		{ "UPDATE outbox_part SET state = 'queued' WHERE part = 2",
		  "before the part before it" },
		{ "UPDATE outbox_part SET line = ''", "is being sent by no line" },
		{ "UPDATE forward SET state = 'done' WHERE event_id ISNULL",
		  "waits for a row that is done" },
		{ "UPDATE forward SET state = 'due'", "is due before an older one" },
		{ "INSERT INTO address VALUES (1, '2511BT', 1, '', 99, NULL, 52, 4)",
		  "street or area" },
		{ "INSERT INTO asset (kind, number, street_id, lat, lon) VALUES ('a', '1', 9, 52, 4)",
		  "street or area" },
		{ "INSERT INTO subscriber (imsi, asks, updated) VALUES ('204080000000001', 'age', 1)",
		  "asks what cannot be asked" },
		{ "INSERT INTO subscriber (imsi, asks, claim, updated) VALUES ('204080000000001', "
		  "'code', '+31612345678', 1)",
		  "subscriber 20408*** asks what cannot be asked" },
		{ "INSERT INTO callout (why, number, person_id, state, due, created) SELECT 'notice', "
		  "'1', id, 'dialling', 1, 1 FROM person LIMIT 1",
		  "callout 1 is in a state that does not fit" },
		{ "INSERT INTO call (line, began, ended) VALUES ('sip city', 20, 10)",
		  "call 1 ended before it began" },
		{ "INSERT INTO call (id, line, began) VALUES (1, 'sip city', 20); INSERT INTO "
		  "recording (call_id, report_id, for_city, path, at, erase) SELECT 1, id, 1, 'p', 1, 2 "
		  "FROM report LIMIT 1",
		  "recording 1 is for the city and for a report" },
		{ "INSERT INTO call (id, line, began) VALUES (1, 'sip city', 20); INSERT INTO "
		  "recording (call_id, path, at, erase) VALUES (1, '', 1, 2)",
		  "recording 1 has no file" },
		{ "UPDATE tally SET n = n + 1", "tally" },
		{ "INSERT INTO street VALUES (1, 'Spui', 'Den Haag', 'spui')",
		  "index of the streets" },
		{ "PRAGMA foreign_keys = 0; INSERT INTO follower VALUES (77, 78, 1)",
		  "refers to a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct store *st = store_test_open(":memory:");
		char *findings;

		fill(st);
		assert_int_equal(store_sql(st, cases[i].damage), 0);
		assert_true(store_check(st, st, &findings) > 0);
		if (!strstr(findings, cases[i].finding))
			fail_msg("%s: %s", cases[i].damage, findings);
		store_close(st);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(alarm_is_on_once_and_ends_once),
		STORE_TEST(lines_remember),
		STORE_TEST(figures_follow_the_rows),
		STORE_TEST(whole_database_has_no_findings),
		STORE_TEST(each_kind_of_damage_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
