// SPDX-License-Identifier: AGPL-3.0-or-later
/* Notices by voice: whoever cannot be texted is called, and what became of the call is what became of them. */
#include "flow/broadcast.h"
#include "flow/call_test.h"

#define LAND  "+31703531234"
#define WORDS "{\"nl\": \"Geen water.\"}"

static const struct broadcast_cfg cfg = { .currency = "EUR" };

static void due(void *data, int64_t now_s)
{
	broadcast_due(data, now_s);
}

static struct broadcast *broadcast_of(struct world *w)
{
	struct broadcast *bc = broadcast_alloc(w, w->st, w->outbox, w->desk, &w->talk, &cfg);

	agenda_add(w->agenda, due, bc);
	broadcast_use(bc, w->callouts);
	return bc;
}

static int64_t send(struct world *w, struct broadcast *bc, bool by_voice, const char *a,
		    const char *b)
{
	struct notice n = { .key = "k",
			    .go = true,
			    .voice = by_voice,
			    .words = WORDS,
			    .audience = "{\"file\": 1}",
			    .quiet_from_min = 0,
			    .who = "test" };
	char *error;

	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(broadcast_add(w, bc, &n, &error), 0);
	assert_true(store_recipient_add(w->st, &n, a, NULL) >= 0);
	if (b)
		assert_int_equal(store_recipient_add(w->st, &n, b, NULL), 0);
	assert_int_equal(store_end(w->st), 0);
	run(w);
	return n.id;
}

static struct notice now(struct world *w, int64_t id)
{
	struct notice n;

	assert_int_equal(store_notice_get(w, w->st, id, &n), 0);
	return n;
}

static void look(struct world *w, int64_t seconds)
{
	tick(w, seconds);
	agenda_now(w->agenda);
	run(w);
}

static void a_land_line_is_called_and_a_mobile_texted(void **state)
{
	struct world *w = *state;
	int64_t id = send(w, broadcast_of(w), true, LAND, BOB);
	uint64_t s;

	assert_int_equal(town->dials, 1);
	assert_string_equal(town->dialled, LAND);
	assert_string_equal(last_given(w)->to, BOB);
	outcome(w, last_given(w)->id, LINE_SENT, -1);
	run(w);
	assert_int_equal(now(w, id).state, NOTICE_RUNNING);
	s = answered(town);
	greeted(town, s, LINE_PERSON);
	assert_non_null(strstr(town->said, "Geen water."));
	hang_up(town, s);
	run(w);
	assert_int_equal(now(w, id).state, NOTICE_DONE);
	assert_int_equal(now(w, id).delivered, 1);
	assert_int_equal(now(w, id).sent, 1);
	assert_int_equal(w->line->n, 1);
}

static void whose_text_failed_for_good_is_called(void **state)
{
	struct world *w = *state;
	int64_t id = send(w, broadcast_of(w), true, BOB, NULL);
	uint64_t s;

	assert_int_equal(town->dials, 0);
	outcome(w, last_given(w)->id, LINE_REFUSED, -1);
	run(w);
	assert_int_equal(town->dials, 1);
	assert_string_equal(town->dialled, BOB);
	s = answered(town);
	greeted(town, s, LINE_MACHINE);
	played(town, s);
	assert_int_equal(now(w, id).failed, 0);
	assert_int_equal(now(w, id).delivered, 1);
}

static void without_voice_a_failure_is_one(void **state)
{
	struct world *w = *state;
	int64_t id = send(w, broadcast_of(w), false, BOB, NULL);

	outcome(w, last_given(w)->id, LINE_REFUSED, -1);
	run(w);
	assert_int_equal(town->dials, 0);
	assert_int_equal(now(w, id).failed, 1);
	assert_int_equal(now(w, id).state, NOTICE_DONE);
}

static void nobody_there_is_a_failure_after_all_tries(void **state)
{
	struct world *w = *state;
	int64_t id = send(w, broadcast_of(w), true, LAND, NULL);

	for (unsigned int i = 1; i <= 3; i++) {
		assert_int_equal(town->dials, i);
		assert_int_equal(now(w, id).queued, 1);
		unreached(town, LINE_NO_ANSWER);
		run(w);
		look(w, 301);
	}
	assert_int_equal(town->dials, 3);
	assert_int_equal(now(w, id).failed, 1);
	assert_int_equal(now(w, id).queued, 0);
	assert_int_equal(now(w, id).state, NOTICE_DONE);
	assert_int_equal(w->line->n, 0); /* no text says that it was tried */
}

static void a_pause_holds_calls_back_too(void **state)
{
	struct world *w = *state;
	struct broadcast *bc = broadcast_of(w);
	int64_t id = send(w, bc, true, LAND, NULL);

	unreached(town, LINE_NO_ANSWER);
	run(w);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(broadcast_pause(bc, id), 0);
	assert_int_equal(store_end(w->st), 0);
	look(w, 600);
	assert_int_equal(town->dials, 1);
	assert_int_equal(now(w, id).queued, 0);
	assert_int_equal(now(w, id).failed, 0);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(broadcast_go(bc, id), 0);
	assert_int_equal(store_end(w->st), 0);
	run(w);
	assert_int_equal(town->dials, 2);
}

static void a_cancel_while_it_rings_is_the_last_try(void **state)
{
	struct world *w = *state;
	struct broadcast *bc = broadcast_of(w);
	int64_t id = send(w, bc, true, LAND, NULL);

	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(broadcast_cancel(bc, id), 0);
	assert_int_equal(store_end(w->st), 0);
	run(w);
	unreached(town, LINE_NO_ANSWER);
	run(w);
	look(w, 301);
	assert_int_equal(town->dials, 1);
	assert_int_equal(now(w, id).queued, 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM callout WHERE ended IS NULL"), 0);
}

static void who_said_stop_is_not_called(void **state)
{
	struct world *w = *state;
	struct person p;
	int64_t id;

	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_person_get(w->st, LAND, T0, &p), 0);
	assert_int_equal(store_person_stop(w->st, p.id, true, test_now_s), 0);
	assert_int_equal(store_end(w->st), 0);
	id = send(w, broadcast_of(w), true, LAND, BOB);
	assert_int_equal(now(w, id).recipients, 2);
	assert_int_equal(now(w, id).skipped, 1);
	assert_int_equal(town->dials, 0);
}

/* Nobody answered, and before the next try they say by another phone's text that they want none. */
static void who_says_stop_between_two_tries_is_called_no_more(void **state)
{
	struct world *w = *state;
	int64_t id = send(w, broadcast_of(w), true, LAND, NULL);
	struct person p;

	unreached(town, LINE_NO_ANSWER);
	run(w);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM callout WHERE state = 'waiting'"), 1);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_person_find(w->st, LAND, &p), 0);
	assert_int_equal(store_person_stop(w->st, p.id, true, test_now_s), 0);
	assert_int_equal(store_end(w->st), 0);
	run(w);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM callout WHERE ended IS NULL"), 0);
	assert_int_equal(now(w, id).queued, 0);
	look(w, 3600);
	assert_int_equal(town->dials, 1);
}

static void words_too_long_to_be_said_are_refused(void **state)
{
	struct world *w = *state;
	struct broadcast *bc = broadcast_of(w);
	struct notice n = { .key = "k", .voice = true, .audience = "{\"file\": 1}", .who = "test" };
	char *error = NULL;

	n.words = talloc_asprintf(w, "{\"nl\": \"%0*d\"}", CALLOUT_TEXT_MAX + 1, 7);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(broadcast_add(w, bc, &n, &error), -EINVAL);
	store_undo(w->st);
	assert_non_null(strstr(error, "too long to be said"));
}

/* ---- kills ---- */

#define PEOPLE 8

enum moment { BEFORE_IT_RINGS, WHILE_IT_RINGS, WHILE_IT_IS_SAID, AFTER_IT_WAS_HEARD, MOMENTS };

/* The program ends without a word, and begins on what is on the disk. */
static struct broadcast *killed(struct world *w, struct broadcast *bc)
{
	struct fake_call_line *cl = town;
	struct call_cfg calls = { .recordings = cl->folder, .hourly_ceiling = 10, .calls_max = 3 };
	struct callout_cfg one = { .tries = 9, .pause_s = 300, .at_once = 1 };

	talloc_free(bc);
	TALLOC_FREE(w->agenda);
	TALLOC_FREE(cl->calls);
	TALLOC_FREE(w->callouts);
	cl->rings = 0;
	cl->calls = calls_alloc(w, w->st, w->outbox, w->desk, &w->talk, NULL, &calls);
	w->agenda = agenda_alloc(w, w->st);
	agenda_add(w->agenda, world_due_calls, cl->calls);
	agenda_add(w->agenda, world_due_outbox, w->outbox);
	town_callouts(w, cl);
	callouts_configure(w->callouts, &one);
	bc = broadcast_of(w);
	agenda_now(w->agenda);
	run(w);
	return bc;
}

static const char *land_line(unsigned int i)
{
	static char number[PHONE_SIZE];

	snprintf(number, sizeof(number), "+317035312%02u", i);
	return number;
}

static void call_many(struct world *w, struct broadcast *bc)
{
	struct notice n = { .key = "k",
			    .go = true,
			    .voice = true,
			    .words = WORDS,
			    .audience = "{\"file\": 1}",
			    .expires_s = T0 + DAY_S,
			    .who = "test" };
	char *error;

	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(broadcast_add(w, bc, &n, &error), 0);
	for (unsigned int i = 0; i < PEOPLE; i++)
		assert_int_equal(store_recipient_add(w->st, &n, land_line(i), NULL), 0);
	assert_int_equal(store_end(w->st), 0);
	run(w);
}

/* Who hears it to the end is counted.  Each fourth call is one that no kill meets. */
static void a_kill_at_every_moment_of_a_call_misses_nobody_and_tells_nobody_twice(void **state)
{
	struct world *w = *state;
	struct callout_cfg one = { .tries = 9, .pause_s = 300, .at_once = 1 };
	struct broadcast *bc = broadcast_of(w);
	unsigned int heard[PEOPLE] = {}, kills = 0;

	callouts_configure(w->callouts, &one);
	call_many(w, bc);
	for (unsigned int turn = 0; turn < 200 && now(w, 1).state != NOTICE_DONE; turn++) {
		enum moment moment = turn % 5; /* MOMENTS: none */
		uint64_t s;

		if (moment == BEFORE_IT_RINGS || !town->rings)
			look(w, 301);
		if (moment <= WHILE_IT_RINGS || !town->rings) {
			bc = killed(w, bc);
			kills++;
			continue;
		}
		s = answered(town);
		greeted(town, s, LINE_PERSON);
		assert_non_null(strstr(town->said, "Geen water."));
		if (moment != WHILE_IT_IS_SAID) {
			heard[atoi(town->dialled + 10)]++;
			press(town, s, "#");
			played(town, s);
			hang_up(town, s);
			run(w);
		}
		if (moment != MOMENTS) {
			bc = killed(w, bc);
			kills++;
		}
	}
	assert_true(kills > PEOPLE);
	assert_int_equal(now(w, 1).state, NOTICE_DONE);
	assert_int_equal(now(w, 1).delivered, PEOPLE);
	for (unsigned int i = 0; i < PEOPLE; i++)
		assert_int_equal(heard[i], 1);
}

static void a_notice_that_stands_still_is_an_alarm(void **state)
{
	struct world *w = *state;
	struct broadcast *bc = broadcast_of(w);
	int64_t id;

	w->line->ln.state = LINE_DOWN;
	id = send(w, bc, false, BOB, NULL);
	look(w, 600);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM alarm WHERE ended IS NULL"), 0);
	look(w, 301);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM alarm WHERE what = 'notice 1' AND "
				       "ended IS NULL"),
			 1);
	w->line->ln.state = LINE_UP;
	outbox_run(w->outbox);
	run(w);
	outcome(w, last_given(w)->id, LINE_SENT, -1);
	run(w);
	assert_int_equal(now(w, id).state, NOTICE_DONE);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM alarm WHERE ended IS NULL"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALL_TEST(a_land_line_is_called_and_a_mobile_texted),
		CALL_TEST(whose_text_failed_for_good_is_called),
		CALL_TEST(without_voice_a_failure_is_one),
		CALL_TEST(nobody_there_is_a_failure_after_all_tries),
		CALL_TEST(a_pause_holds_calls_back_too),
		CALL_TEST(a_cancel_while_it_rings_is_the_last_try),
		CALL_TEST(who_said_stop_is_not_called),
		CALL_TEST(who_says_stop_between_two_tries_is_called_no_more),
		CALL_TEST(words_too_long_to_be_said_are_refused),
		CALL_TEST(a_kill_at_every_moment_of_a_call_misses_nobody_and_tells_nobody_twice),
		CALL_TEST(a_notice_that_stands_still_is_an_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
