// SPDX-License-Identifier: AGPL-3.0-or-later
/* What staff do to a report: answer, hand over, merge.  Nobody listens at the contractors' addresses. */
#include "flow/casework.h"

#include "flow/flow_test.h"

#define NOBODY "http://127.0.0.1:1/requests.json" /* tcpmux: refused at once */

static const struct casework_by anna = { .who = "staff anna", .channel = "console" };

static void add_contractor(struct world *w, const char *name)
{
	struct contractor_cfg cfg = {
		.name = name,
		.url = NOBODY,
		.format = CONTRACTOR_OPEN311,
		.rung_after_s = 3600,
		.window = 1,
	};

	forwarder_add(w->forwarder, contractor_alloc(w, http_pool_alloc(w, NULL), &cfg));
}

static struct casework *set_up(struct world *w)
{
	add_contractor(w, "haeghe");
	add_contractor(w, "groen");
	says(w, ANN, "MELD AFVAL SPUI 70 container vol");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report"), 1);
	return casework_alloc(w, w->st, w->notify, w->forwarder);
}

/* As if it had happened before. */
static void changes(struct world *w, const char *sql)
{
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_sql(w->st, sql), 0);
	assert_int_equal(store_end(w->st), 0);
}

/* The kernel has refused the connection: nothing is on its way any more. */
static void run_until_tried(struct world *w)
{
	time_t end = time(NULL) + 10;

	while (sql_number(w, "SELECT tries FROM forward") == 0) {
		run(w);
		assert_true(time(NULL) < end);
	}
}

#define STEP(w, call)                                      \
	({                                                 \
		int step_rc;                               \
		assert_int_equal(store_begin((w)->st), 0); \
		step_rc = (call);                          \
		if (step_rc < 0)                           \
			store_undo((w)->st);               \
		else                                       \
			store_end((w)->st);                \
		step_rc;                                   \
	})

/* Not one octet has gone to the first contractor: nothing is to be taken back there. */
static void handed_over_before_it_was_tried(void **state)
{
	struct world *w = *state;
	struct casework *cw = set_up(w);

	run_until_tried(w);
	changes(w, "UPDATE forward SET tries = 0");
	assert_int_equal(STEP(w, casework_reassign(cw, 1, "groen", &anna, NULL)), 0);
	assert_string_equal(sql_text(w, "SELECT contractor FROM report"), "groen");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM forward WHERE contractor = 'haeghe' "
				       "AND state <> 'done'"),
			 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM forward WHERE withdraws"), 0);
	assert_string_equal(sql_text(w, "SELECT state FROM forward WHERE contractor = 'groen'"),
			    "due");
	assert_string_equal(sql_text(w, "SELECT who FROM report_event ORDER BY id DESC LIMIT 1"),
			    "staff anna");
}

/* Whoever may have the order hears that it is withdrawn, after all else; the new one does not wait for that. */
static void handed_over_when_it_may_have_arrived(void **state)
{
	struct world *w = *state;
	struct casework *cw = set_up(w);

	changes(w, "UPDATE forward SET tries = 1");
	assert_int_equal(STEP(w, casework_reassign(cw, 1, "groen", &anna, "verkeerde wijk")), 0);
	assert_string_equal(sql_text(w, "SELECT state FROM forward WHERE withdraws"), "behind");
	assert_string_equal(sql_text(w, "SELECT contractor FROM forward WHERE withdraws"),
			    "haeghe");
	assert_string_equal(sql_text(w, "SELECT state FROM forward WHERE contractor = 'groen'"),
			    "due");
	assert_string_equal(sql_text(w, "SELECT e.note FROM forward f JOIN report_event e ON "
					"e.id = f.event_id WHERE f.withdraws"),
			    "verkeerde wijk");
}

/* The date and the number were the former one's. */
static void what_the_former_one_promised_goes(void **state)
{
	struct world *w = *state;
	struct casework *cw = set_up(w);

	changes(w, "UPDATE forward SET state = 'done', done = 1");
	changes(w, "UPDATE report SET state = 'planned', expected = 1800000000, "
		   "contractor_ref = 'H-1'");
	assert_int_equal(STEP(w, casework_reassign(cw, 1, "groen", &anna, NULL)), 0);
	assert_string_equal(sql_text(w, "SELECT state FROM report"), "received");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report WHERE expected IS NULL AND "
				       "contractor_ref IS NULL"),
			 1);
	assert_string_equal(sql_text(w, "SELECT their_ref FROM forward WHERE withdraws"), "H-1");
	assert_string_equal(sql_text(w, "SELECT state FROM forward WHERE withdraws"), "due");
}

static void what_cannot_be_handed_over(void **state)
{
	struct world *w = *state;
	struct casework *cw = set_up(w);

	assert_int_equal(STEP(w, casework_reassign(cw, 1, "nobody", &anna, NULL)), -ENOENT);
	assert_int_equal(STEP(w, casework_reassign(cw, 1, "haeghe", &anna, NULL)), -EALREADY);
	assert_int_equal(STEP(w, casework_reassign(cw, 2, "groen", &anna, NULL)), -ENOENT);
	changes(w, "UPDATE report SET state = 'solved'");
	assert_int_equal(STEP(w, casework_reassign(cw, 1, "groen", &anna, NULL)), -EINVAL);
	assert_string_equal(sql_text(w, "SELECT contractor FROM report"), "haeghe");
}

static void an_answer_goes_to_reporter_and_followers(void **state)
{
	struct world *w = *state;
	struct casework *cw = set_up(w);
	int before;

	says(w, BOB, "HELP");
	changes(w, "INSERT INTO follower SELECT 1, id, 1 FROM person WHERE number = '" BOB "'");
	before = texts_to(w, ANN);
	assert_int_equal(STEP(w, casework_answer(cw, 1, &anna, "Morgen komt de wagen.")), 0);
	run(w);
	assert_int_equal(texts_to(w, ANN), before + 1);
	assert_non_null(strstr(last_text_to(w, ANN), "Morgen komt de wagen."));
	assert_non_null(strstr(last_text_to(w, BOB), "Morgen komt de wagen."));
	assert_int_equal(STEP(w, casework_answer(cw, 1, &anna, "")), -EINVAL);
}

static void a_note_goes_to_the_contractor_and_to_no_resident(void **state)
{
	struct world *w = *state;
	struct casework *cw = set_up(w);
	int before;

	run(w);
	before = texts_to(w, ANN);
	assert_int_equal(STEP(w, casework_note(cw, 1, &anna, "sleutel ligt bij de buren")), 0);
	run(w);
	assert_int_equal(texts_to(w, ANN), before);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM forward WHERE event_id IS NOT NULL"),
			 1);
}

static void who_reported_it_twice_follows_the_one(void **state)
{
	struct world *w = *state;
	struct casework *cw = set_up(w);

	says(w, BOB, "MELD AFVAL SPUI 70 container kapot");
	if (sql_number(w, "SELECT count(*) FROM report") == 1)
		says(w, BOB, "2"); /* asked whether it is the same: something else */
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report"), 2);
	assert_int_equal(STEP(w, casework_merge(cw, 2, 1, &anna)), 0);
	run(w);
	assert_string_equal(sql_text(w, "SELECT state FROM report WHERE id = 2"), "closed");
	assert_int_equal(sql_number(w, "SELECT merged_into FROM report WHERE id = 2"), 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM follower f JOIN person p ON "
				       "p.id = f.person_id WHERE f.report_id = 1 AND "
				       "p.number = '" BOB "'"),
			 1);
	assert_non_null(strstr(last_text_to(w, BOB), "hetzelfde"));
	assert_int_equal(sql_number(w, "SELECT count(*) FROM forward WHERE report_id = 2 AND "
				       "state <> 'done'"),
			 0);
	assert_int_equal(STEP(w, casework_merge(cw, 2, 1, &anna)), -EINVAL);
	assert_int_equal(STEP(w, casework_merge(cw, 1, 1, &anna)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(handed_over_before_it_was_tried),
		FLOW_TEST(handed_over_when_it_may_have_arrived),
		FLOW_TEST(what_the_former_one_promised_goes),
		FLOW_TEST(what_cannot_be_handed_over),
		FLOW_TEST(an_answer_goes_to_reporter_and_followers),
		FLOW_TEST(a_note_goes_to_the_contractor_and_to_no_resident),
		FLOW_TEST(who_reported_it_twice_follows_the_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
