// SPDX-License-Identifier: AGPL-3.0-or-later
/* Notices to many: each once, in small pieces, between answers, at hours that are not quiet. */
#include "flow/broadcast.h"
#include "flow/flow_test.h"

#define AREA  "{\"area\": \"centrum\"}"
#define FILE_ "{\"file\": 1}"
#define HOUR  3600

#define KILLS_MAX 40

static const struct broadcast_cfg cfg = { .cost_milli = 90, .currency = "EUR" };

struct sender {
	struct world *w;
	struct broadcast *bc;
};

static void due(void *data, int64_t now_s)
{
	broadcast_due(data, now_s);
}

static struct sender *sender_of(struct world *w)
{
	struct sender *s = talloc_zero(w, struct sender);

	s->w = w;
	s->bc = broadcast_alloc(w, w->st, w->outbox, w->desk, &w->talk, &cfg);
	agenda_add(w->agenda, due, s->bc);
	return s;
}

static char *number(unsigned int i)
{
	static char out[PHONE_SIZE];

	snprintf(out, sizeof(out), "+316200%05u", i);
	return out;
}

static struct notice notice(void)
{
	return (struct notice){ .key = "k",
				.go = true,
				.words = "{\"nl\": \"Geen water.\", \"en\": \"No water.\"}",
				.audience = FILE_,
				.quiet_from_min = -1,
				.who = "test" };
}

static int add(struct sender *s, struct notice *n, char **error)
{
	int rc;

	assert_int_equal(store_begin(s->w->st), 0);
	rc = broadcast_add(s->w, s->bc, n, error);
	if (rc < 0)
		store_undo(s->w->st);
	else
		assert_int_equal(store_end(s->w->st), 0);
	return rc;
}

/* To so many of a file, which are there before it is looked at. */
static void send_to(struct sender *s, struct notice *n, unsigned int many)
{
	char *error;

	assert_int_equal(store_begin(s->w->st), 0);
	assert_int_equal(broadcast_add(s->w, s->bc, n, &error), 0);
	for (unsigned int i = 0; i < many; i++)
		assert_int_equal(store_recipient_add(s->w->st, n, number(i), NULL), 0);
	assert_int_equal(store_end(s->w->st), 0);
	run(s->w);
}

static void refused(struct sender *s, const struct notice *like, int rc, const char *words)
{
	struct notice n = *like;
	char *error = NULL;

	assert_int_equal(add(s, &n, &error), rc);
	assert_non_null(error);
	if (!strstr(error, words))
		fail_msg("\"%s\" does not say \"%s\"", error, words);
}

static struct notice now(struct sender *s, int64_t id)
{
	struct notice n;

	assert_int_equal(store_notice_get(s, s->w->st, id, &n), 0);
	return n;
}

/* The network takes what is on its way, one after the other, until nothing more comes. */
static void network_takes(struct world *w, unsigned int max)
{
	unsigned int done = 0;

	while (max-- > 0 && done < w->line->n) {
		while (done + 1 < w->line->n)
			done++;
		outcome(w, w->line->given[done].id, LINE_SENT, -1);
		done++;
		run(w);
	}
}

static unsigned int count_to(const struct world *w, const char *to)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < w->line->n; i++)
		n += strcmp(w->line->given[i].to, to) == 0;
	return n;
}

static int say(struct sender *s, int (*what)(struct broadcast *bc, int64_t id), int64_t id)
{
	int rc;

	assert_int_equal(store_begin(s->w->st), 0);
	rc = what(s->bc, id);
	assert_int_equal(store_end(s->w->st), 0);
	run(s->w);
	return rc;
}

/* The program ends without a word, and begins on what is on the disk. */
static struct sender *killed(struct sender *s)
{
	struct world *w = s->w;

	talloc_free(s->bc);
	talloc_free(s);
	talloc_free(w->agenda);
	talloc_free(w->outbox);
	w->outbox = outbox_alloc(w, w->st, &world_outbox);
	w->agenda = agenda_alloc(w, w->st);
	agenda_add(w->agenda, world_due_outbox, w->outbox);
	w->line = world_line(w, "modem 1");
	outbox_line_add(w->outbox, &w->line->ln);
	s = sender_of(w);
	outbox_run(w->outbox); /* the line is up */
	run(w);
	return s;
}

/* ---- who and what ---- */

static void each_gets_it_once(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	send_to(s, &n, 100);
	assert_true(now(s, n.id).queued <= 16);
	network_takes(s->w, 1000);
	assert_int_equal(s->w->line->n, 100);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(count_to(s->w, number(i)), 1);
	assert_string_equal(last_given(s->w)->text, "Geen water.");
	n = now(s, n.id);
	assert_int_equal(n.state, NOTICE_DONE);
	assert_int_equal(n.sent, 100);
	assert_int_equal(n.queued, 0);
}

static void people_of_an_area_read_their_language(void **state)
{
	struct world *w = *state;
	struct sender *s = sender_of(w);
	struct notice n = notice();
	struct person p;
	int64_t area;
	char *error, name[64];
	struct report r = { .category = "lamp-broken",
			    .language = "en",
			    .channel = "sms",
			    .created_s = T0,
			    .state_at_s = T0,
			    .promise_s = T0 };

	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_person_get(w->st, ANN, T0, &p), 0);
	assert_int_equal(store_person_language(w->st, p.id, "en"), 0);
	assert_int_equal(store_area_find(w->st, "centrum", &area, name, sizeof(name)), 0);
	r.person_id = p.id;
	r.area_id = area;
	assert_int_equal(store_report_add(w->st, &r), 0);
	assert_int_equal(store_end(w->st), 0);
	n.audience = "[" AREA ", {\"near\": \"2511BT 70\", \"radius\": 100}]";
	assert_int_equal(add(s, &n, &error), 0);
	run(w);
	assert_int_equal(w->line->n, 1);
	assert_string_equal(last_given(w)->to, ANN);
	assert_string_equal(last_given(w)->text, "No water.");
}

static void what_is_wrong_is_said(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.words = "{}";
	refused(s, &n, -EINVAL, "words");
	n.words = "{\"fr\": \"Pas d'eau\"}";
	refused(s, &n, -EINVAL, "fr");
	n = notice();
	n.audience = "{\"area\": \"atlantis\"}";
	refused(s, &n, -ENOENT, "atlantis");
	n.audience = "{\"street\": \"Nergenslaan\"}";
	refused(s, &n, -ENOENT, "Nergenslaan");
	n.audience = "{\"near\": \"2511BT 70\"}";
	refused(s, &n, -EINVAL, "radius");
	n.audience = "{\"lat\": 52.1, \"radius\": 100}";
	refused(s, &n, -EINVAL, "lon");
	n.audience = "{\"category\": \"dragons\"}";
	refused(s, &n, -ENOENT, "dragons");
	n.audience = "{\"report\": \"4829153\"}";
	refused(s, &n, -EINVAL, "4829153");
	n.audience = "[]";
	refused(s, &n, -EINVAL, "1 to 32");
	n.audience = "{\"everyone\": true}";
	refused(s, &n, -EINVAL, "audience");
	n.audience = "water";
	refused(s, &n, -EINVAL, "JSON");
	n = notice();
	n.expires_s = T0 - 1;
	refused(s, &n, -EINVAL, "expires");
	n = notice();
	n.kind = NOTICE_UPDATE;
	refused(s, &n, -EINVAL, "follows");
	n.follows_id = 99;
	refused(s, &n, -ENOENT, "99");
}

static void the_same_again_is_the_same_notice(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice(), again = notice();
	char *error;

	send_to(s, &n, 1);
	network_takes(s->w, 10);
	assert_int_equal(add(s, &again, &error), -EEXIST);
	assert_int_equal(again.id, n.id);
	run(s->w);
	assert_int_equal(s->w->line->n, 1);
}

/* ---- when ---- */

static void a_draft_waits_for_go(void **state)
{
	struct sender *s = sender_of(*state);
	struct broadcast_estimate e;
	struct notice n = notice();

	n.go = false;
	send_to(s, &n, 3);
	assert_int_equal(s->w->line->n, 0);
	assert_int_equal(now(s, n.id).state, NOTICE_DRAFT);
	assert_int_equal(broadcast_estimate(s->bc, n.id, &e), 0);
	assert_int_equal(e.people, 3);
	assert_int_equal(e.parts, 3);
	assert_int_equal(e.cost_milli, 270);
	assert_int_equal(e.n, 1);
	assert_string_equal(e.languages[0].language, "nl");
	/* nothing was measured yet: five seconds a part */
	assert_int_equal(e.last_s, test_now_s + 15);
	assert_int_equal(say(s, broadcast_go, n.id), 0);
	network_takes(s->w, 10);
	assert_int_equal(s->w->line->n, 3);
	assert_int_equal(now(s, n.id).state, NOTICE_DONE);
	assert_int_equal(say(s, broadcast_go, n.id), -EINVAL);
}

static void a_draft_that_nobody_sends_expires(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.go = false;
	n.expires_s = T0 + 2 * HOUR;
	send_to(s, &n, 3);
	pass(s->w, HOUR);
	assert_int_equal(now(s, n.id).state, NOTICE_DRAFT);
	pass(s->w, HOUR);
	assert_int_equal(now(s, n.id).state, NOTICE_EXPIRED);
	assert_int_equal(say(s, broadcast_go, n.id), -EINVAL);
	assert_int_equal(s->w->line->n, 0);
}

/* As an earlier version wrote it: it has no end. */
static void a_draft_of_before_expires_too(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.go = false;
	send_to(s, &n, 3);
	assert_int_equal(
		sqlite3_exec(s->w->st->db, "UPDATE notice SET due = NULL", NULL, NULL, NULL),
		SQLITE_OK);
	s = killed(s);
	pass(s->w, DAY_S);
	assert_int_equal(now(s, n.id).state, NOTICE_EXPIRED);
}

/* ---- a list of numbers comes in steps ---- */

static int take(struct sender *s, struct notice *n, unsigned int from, unsigned int many)
{
	int rc;

	assert_int_equal(store_begin(s->w->st), 0);
	rc = store_notice_take(s->w->st, n->id, test_now_s + BROADCAST_TAKING_S);
	for (unsigned int i = from; rc == 0 && i < from + many; i++)
		rc = store_recipient_add(s->w->st, n, number(i), NULL);
	assert_int_equal(store_end(s->w->st), 0);
	run(s->w);
	return rc;
}

/* A draft to a list, of which ten numbers are there. */
static struct notice half_a_list(struct sender *s)
{
	struct notice n = notice();
	char *error;

	n.go = false;
	n.taking = true;
	assert_int_equal(add(s, &n, &error), 0);
	run(s->w);
	assert_int_equal(take(s, &n, 0, 10), 0);
	return n;
}

static void a_list_is_sent_as_a_whole_or_not_at_all(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = half_a_list(s);
	struct broadcast_estimate e;

	assert_int_equal(now(s, n.id).state, NOTICE_GATHERING);
	assert_int_equal(say(s, broadcast_go, n.id), -EAGAIN);
	assert_int_equal(say(s, broadcast_pause, n.id), -EINVAL);
	assert_int_equal(broadcast_estimate(s->bc, n.id, &e), -EAGAIN);
	s = killed(s);
	assert_int_equal(now(s, n.id).state, NOTICE_GATHERING);
	assert_int_equal(say(s, broadcast_go, n.id), -EAGAIN);
	assert_int_equal(take(s, &n, 10, 10), 0);
	assert_int_equal(say(s, broadcast_taken, n.id), 0);
	assert_int_equal(now(s, n.id).state, NOTICE_DRAFT);
	assert_int_equal(say(s, broadcast_taken, n.id), -ESTALE);
	assert_int_equal(take(s, &n, 20, 1), -ENOENT);
	assert_int_equal(say(s, broadcast_go, n.id), 0);
	network_takes(s->w, 100);
	assert_int_equal(s->w->line->n, 20);
}

static void a_list_that_does_not_come_to_its_end_lapses(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = half_a_list(s);

	pass(s->w, 10 * 60);
	assert_int_equal(take(s, &n, 10, 1), 0);
	pass(s->w, 10 * 60); /* it goes on */
	assert_int_equal(now(s, n.id).state, NOTICE_GATHERING);
	s = killed(s);
	pass(s->w, 5 * 60);
	assert_int_equal(now(s, n.id).state, NOTICE_LAPSED);
	assert_int_equal(take(s, &n, 11, 1), -ENOENT);
	assert_int_equal(say(s, broadcast_taken, n.id), -ESTALE);
	assert_int_equal(say(s, broadcast_go, n.id), -EINVAL);
	assert_int_equal(s->w->line->n, 0);
}

static void a_list_is_cancelled_while_it_comes(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = half_a_list(s);

	assert_int_equal(say(s, broadcast_cancel, n.id), 0);
	assert_int_equal(take(s, &n, 10, 10), -ENOENT);
	assert_int_equal(say(s, broadcast_taken, n.id), -ESTALE);
	assert_int_equal(now(s, n.id).state, NOTICE_CANCELLED);
	assert_int_equal(now(s, n.id).recipients, 10);
}

static void it_starts_when_it_is_time(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.start_s = T0 + 2 * HOUR;
	send_to(s, &n, 1);
	pass(s->w, HOUR);
	assert_int_equal(s->w->line->n, 0);
	pass(s->w, HOUR);
	assert_int_equal(s->w->line->n, 1);
}

/* T0 is 17:00 in Amsterdam. */
static void nobody_is_woken(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.quiet_from_min = 16 * 60;
	n.quiet_to_min = 8 * 60;
	send_to(s, &n, 40);
	assert_int_equal(now(s, n.id).state, NOTICE_WAITING);
	pass(s->w, 14 * HOUR);
	assert_int_equal(s->w->line->n, 0);
	pass(s->w, HOUR);
	assert_int_equal(s->w->line->n, 1);
	network_takes(s->w, 5);
	pass(s->w, 8 * HOUR); /* four in the afternoon: what had not left is taken back */
	assert_int_equal(now(s, n.id).state, NOTICE_WAITING);
	assert_true(now(s, n.id).queued <= 1);
}

/* A line that was down has texts to send when it is back, and nothing may have happened meanwhile. */
static void quiet_hours_begin_by_themselves(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.quiet_from_min = 17 * 60 + 50;
	n.quiet_to_min = 8 * 60;
	send_to(s, &n, 40);
	assert_int_equal(now(s, n.id).state, NOTICE_RUNNING);
	assert_int_equal(now(s, n.id).due_s, T0 + 900);
	pass(s->w, 45 * 60);
	assert_int_equal(now(s, n.id).due_s, T0 + 50 * 60);
	pass(s->w, 5 * 60);
	assert_int_equal(now(s, n.id).state, NOTICE_WAITING);
}

/* Sunday 29 March 2026: the clock in Amsterdam goes from two to three. */
static void the_clock_goes_forward_at_night(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.quiet_from_min = 21 * 60;
	n.quiet_to_min = 8 * 60;
	n.start_s = 1774728000; /* Saturday 28 March, 20:00 UTC: 21:00 there */
	n.expires_s = n.start_s + DAY_S;
	send_to(s, &n, 1);
	test_now_s = n.start_s;
	pass(s->w, 1);
	assert_int_equal(now(s, n.id).state, NOTICE_WAITING);
	assert_int_equal(now(s, n.id).due_s, 1774764000); /* Sunday 06:00 UTC: 08:00 of summer */
	pass(s->w, 10 * HOUR - 2);
	assert_int_equal(s->w->line->n, 0);
	pass(s->w, 1);
	assert_int_equal(s->w->line->n, 1);
}

static void an_estimate_leaves_the_night_out(void **state)
{
	struct sender *s = sender_of(*state);
	struct broadcast_estimate e;
	struct notice n = notice();

	n.go = false;
	n.quiet_from_min = 18 * 60;
	n.quiet_to_min = 8 * 60;
	n.expires_s = T0 + 3 * DAY_S;
	send_to(s, &n, 1440); /* two hours at five seconds a part, one hour before six */
	assert_int_equal(broadcast_estimate(s->bc, n.id, &e), 0);
	assert_int_equal(e.last_s, T0 + 16 * HOUR);
}

static void it_expires(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.expires_s = T0 + 2 * HOUR;
	send_to(s, &n, 50);
	network_takes(s->w, 10);
	assert_int_equal(last_given(s->w)->validity_s,
			 2 * HOUR); /* nor does the network try longer */
	pass(s->w, 2 * HOUR);
	n = now(s, n.id);
	assert_int_equal(n.state, NOTICE_EXPIRED);
	assert_true(n.queued <= 1);
	assert_int_equal(n.recipients, 50);
}

static void a_pace_is_kept(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.pace = 10;
	send_to(s, &n, 30);
	network_takes(s->w, 100);
	assert_int_equal(s->w->line->n, 10);
	test_now_s += 61;
	osmo_gettimeofday_override_add(61, 0);
	agenda_now(s->w->agenda);
	run(s->w);
	assert_int_equal(s->w->line->n, 11);
}

static void one_whose_last_batch_fills_the_minute_is_done_with_it(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.pace = 10;
	send_to(s, &n, 20);
	network_takes(s->w, 100);
	assert_int_equal(s->w->line->n, 10);
	assert_int_equal(now(s, n.id).state, NOTICE_RUNNING);
	test_now_s += 61;
	osmo_gettimeofday_override_add(61, 0);
	agenda_now(s->w->agenda);
	run(s->w);
	network_takes(s->w, 100);
	assert_int_equal(s->w->line->n, 20);
	assert_int_equal(now(s, n.id).state, NOTICE_DONE);
	assert_int_equal(now(s, n.id).ended_s, T0 + 61);
}

static void one_whose_canary_part_is_all_of_it_is_done(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.canary = 5;
	send_to(s, &n, 5);
	network_takes(s->w, 100);
	assert_int_equal(s->w->line->n, 5);
	assert_int_equal(now(s, n.id).state, NOTICE_DONE);
}

/* ---- what staff say ---- */

static void the_canary_part_is_looked_at(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.canary = 5;
	send_to(s, &n, 30);
	network_takes(s->w, 100);
	assert_int_equal(s->w->line->n, 5);
	assert_int_equal(now(s, n.id).state, NOTICE_PAUSED);
	assert_int_equal(say(s, broadcast_go, n.id), 0);
	outcome(s->w, last_given(s->w)->id, LINE_SENT, -1);
	run(s->w);
	network_takes(s->w, 100);
	assert_int_equal(s->w->line->n, 30);
}

static void a_pause_takes_hold_at_once(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	send_to(s, &n, 40);
	network_takes(s->w, 3);
	assert_int_equal(s->w->line->n, 4);
	assert_int_equal(say(s, broadcast_pause, n.id), 0);
	assert_int_equal(say(s, broadcast_pause, n.id), -EINVAL);
	outcome(s->w, last_given(s->w)->id, LINE_SENT, -1);
	run(s->w);
	assert_int_equal(s->w->line->n, 4);
	assert_int_equal(now(s, n.id).sent, 4);
	assert_int_equal(say(s, broadcast_go, n.id), 0);
	assert_int_equal(s->w->line->n, 5);
	network_takes(s->w, 1000);
	assert_int_equal(s->w->line->n, 40);
}

static void a_correction_goes_to_who_got_the_first(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice(), cancel = notice();
	char *error;

	send_to(s, &n, 40);
	network_takes(s->w, 3);
	OSMO_STRLCPY_ARRAY(cancel.key, "2");
	cancel.kind = NOTICE_CANCEL;
	cancel.follows_id = n.id;
	cancel.words = "{\"nl\": \"Er is weer water.\"}";
	assert_int_equal(add(s, &cancel, &error), 0);
	run(s->w);
	assert_int_equal(now(s, n.id).state, NOTICE_CANCELLED);
	network_takes(s->w, 1000);
	/* the fourth was on its way */
	assert_int_equal(s->w->line->n, 8);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(count_to(s->w, number(i)), 2);
	assert_int_equal(count_to(s->w, number(4)), 0);
	assert_string_equal(last_given(s->w)->text, "Er is weer water.");
}

static struct notice update_of(struct sender *s, const struct notice *first)
{
	struct notice n = notice();
	char *error;

	OSMO_STRLCPY_ARRAY(n.key, "update");
	n.kind = NOTICE_UPDATE;
	n.follows_id = first->id;
	n.words = "{\"nl\": \"Het duurt tot acht uur.\"}";
	assert_int_equal(add(s, &n, &error), 0);
	run(s->w);
	return n;
}

/* Both came to each of the first so many, the correction last, and nothing to the others. */
static void have_both(struct sender *s, unsigned int many, unsigned int all)
{
	struct world *w = s->w;

	for (unsigned int i = 0; i < all; i++) {
		unsigned int n = 0;

		for (unsigned int g = 0; g < w->line->n; g++)
			if (strcmp(w->line->given[g].to, number(i)) == 0)
				assert_int_equal(strcmp(w->line->given[g].text, "Geen water.") == 0,
						 n++ == 0);
		assert_int_equal(n, i < many ? 2 : 0);
	}
}

static void a_correction_during_the_canary_goes_on_with_the_rest(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice(), better;

	n.canary = 5;
	send_to(s, &n, 30);
	network_takes(s->w, 100);
	better = update_of(s, &n);
	outcome(s->w, last_given(s->w)->id, LINE_SENT, -1);
	run(s->w);
	network_takes(s->w, 100);
	assert_int_equal(now(s, n.id).state, NOTICE_PAUSED);
	assert_int_equal(now(s, better.id).state, NOTICE_DONE);
	have_both(s, 5, 30);
	s = killed(s);
	assert_int_equal(say(s, broadcast_go, n.id), 0);
	assert_int_equal(now(s, better.id).state, NOTICE_RUNNING);
	network_takes(s->w, 100);
	assert_int_equal(s->w->line->n, 50);
	assert_int_equal(now(s, n.id).state, NOTICE_DONE);
	n = now(s, better.id);
	assert_int_equal(n.state, NOTICE_DONE);
	assert_int_equal(n.sent, 30);
	assert_int_equal(n.recipients, 30);
}

static void a_correction_meanwhile_reaches_who_gets_the_first_later(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice(), better;

	send_to(s, &n, 40);
	network_takes(s->w, 3);
	better = update_of(s, &n);
	outcome(s->w, last_given(s->w)->id, LINE_SENT, -1);
	run(s->w);
	network_takes(s->w, 1000);
	have_both(s, 40, 40);
	assert_int_equal(now(s, n.id).state, NOTICE_DONE);
	assert_int_equal(now(s, better.id).state, NOTICE_DONE);
}

/* Texts of the first were queued when the correction was made, and are taken back: nobody is told that something was wrong
 * who never heard it. */
static void what_is_taken_back_is_not_corrected(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice(), better;

	send_to(s, &n, 40);
	network_takes(s->w, 3);
	better = update_of(s, &n);
	assert_int_equal(say(s, broadcast_cancel, n.id), 0);
	outcome(s->w, last_given(s->w)->id, LINE_SENT, -1);
	run(s->w);
	network_takes(s->w, 1000);
	have_both(s, 4, 40);
	assert_int_equal(now(s, better.id).state, NOTICE_DONE);
}

static void a_correction_is_of_the_list_of_the_first(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice(), better;
	struct person p;

	n.list = " Water ";
	send_to(s, &n, 3);
	network_takes(s->w, 10);
	assert_int_equal(store_begin(s->w->st), 0);
	assert_int_equal(store_person_get(s->w->st, number(1), test_now_s, &p), 0);
	assert_int_equal(store_list_stop(s->w->st, p.id, "Water", true, test_now_s), 0);
	assert_int_equal(store_end(s->w->st), 0);
	better = update_of(s, &n);
	assert_string_equal(now(s, better.id).list, "Water");
	network_takes(s->w, 10);
	assert_int_equal(count_to(s->w, number(0)), 2);
	assert_int_equal(count_to(s->w, number(1)), 1);
}

/* ---- STOP meanwhile ---- */

static int64_t person_of(struct sender *s, unsigned int i)
{
	struct person p;

	assert_int_equal(store_person_get(s->w->st, number(i), test_now_s, &p), 0);
	return p.id;
}

static void stops(struct sender *s, unsigned int i, const char *list)
{
	assert_int_equal(store_begin(s->w->st), 0);
	if (list)
		assert_int_equal(store_list_stop(s->w->st, person_of(s, i), list, true, test_now_s),
				 0);
	else
		assert_int_equal(store_person_stop(s->w->st, person_of(s, i), true, test_now_s), 0);
	assert_int_equal(store_end(s->w->st), 0);
	run(s->w);
}

static void who_stops_when_it_is_queued_does_not_get_it(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.list = "Water";
	send_to(s, &n, 10);
	assert_int_equal(now(s, n.id).queued, 10);
	stops(s, 3, NULL);
	stops(s, 4, "water"); /* as somebody of the staff wrote it another time */
	stops(s, 5, "gas");
	assert_int_equal(now(s, n.id).skipped, 2);
	network_takes(s->w, 100);
	assert_int_equal(s->w->line->n, 8);
	assert_int_equal(count_to(s->w, number(3)) + count_to(s->w, number(4)), 0);
	assert_int_equal(count_to(s->w, number(5)), 1);
	assert_int_equal(now(s, n.id).state, NOTICE_DONE);
	assert_int_equal(store_begin(s->w->st), 0);
	assert_int_equal(store_list_stop(s->w->st, person_of(s, 4), "WATER", false, test_now_s), 0);
	assert_int_equal(sql_number(s->w, "SELECT count(*) FROM notice_stop WHERE list = 'water'"),
			 0);
	assert_int_equal(store_end(s->w->st), 0);
}

/* A phone puts a text together from its parts: one that was begun is sent to its end, and no part of it twice. */
static void a_text_that_was_begun_is_sent_to_its_end(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();
	char words[300];

	snprintf(words, sizeof(words), "{\"nl\": \"%0200d\"}", 0);
	n.words = words;
	send_to(s, &n, 3);
	assert_int_equal(last_given(s->w)->number, 1);
	assert_int_equal(last_given(s->w)->total, 2);
	assert_int_equal(say(s, broadcast_pause, n.id), 0);
	stops(s, 0, NULL);
	outcome(s->w, last_given(s->w)->id, LINE_SENT, -1);
	run(s->w);
	assert_int_equal(s->w->line->n, 2);
	assert_int_equal(last_given(s->w)->number, 2);
	outcome(s->w, last_given(s->w)->id, LINE_SENT, -1);
	run(s->w);
	assert_int_equal(s->w->line->n, 2);
	assert_int_equal(now(s, n.id).sent, 1);
	assert_int_equal(say(s, broadcast_go, n.id), 0);
	network_takes(s->w, 100);
	assert_int_equal(count_to(s->w, number(0)), 2);
	assert_int_equal(s->w->line->n, 6);
}

/* The network took none of it, so nobody has it who was not to. */
static void what_was_on_its_way_at_a_cancel_is_not_tried_again(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	send_to(s, &n, 10);
	assert_int_equal(s->w->line->n, 1);
	assert_int_equal(say(s, broadcast_cancel, n.id), 0);
	outcome(s->w, last_given(s->w)->id, LINE_RETRY, -1);
	pass(s->w, HOUR);
	assert_int_equal(s->w->line->n, 1);
	assert_int_equal(now(s, n.id).queued, 0);
}

static void what_was_on_its_way_at_a_pause_leaves_when_it_goes_on(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	send_to(s, &n, 10);
	assert_int_equal(say(s, broadcast_pause, n.id), 0);
	outcome(s->w, last_given(s->w)->id, LINE_RETRY, -1);
	pass(s->w, HOUR);
	assert_int_equal(s->w->line->n, 1);
	assert_int_equal(say(s, broadcast_go, n.id), 0);
	network_takes(s->w, 100);
	assert_int_equal(s->w->line->n, 11);
	assert_int_equal(count_to(s->w, number(0)), 2); /* the network took it once */
	assert_int_equal(now(s, n.id).state, NOTICE_DONE);
	assert_int_equal(now(s, n.id).sent, 10);
}

/* ---- beside other texts ---- */

static void an_answer_goes_first(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	send_to(s, &n, 100);
	queue(s->w, ANN, OUTBOX_REPLY, "antwoord");
	run(s->w);
	outcome(s->w, last_given(s->w)->id, LINE_SENT, -1);
	run(s->w);
	assert_string_equal(last_given(s->w)->text, "antwoord");
}

static void a_refused_text_is_a_failed_recipient(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	send_to(s, &n, 2);
	outcome(s->w, last_given(s->w)->id, LINE_REFUSED, -1);
	run(s->w);
	outcome(s->w, last_given(s->w)->id, LINE_SENT, -1);
	run(s->w);
	n = now(s, n.id);
	assert_int_equal(n.failed, 1);
	assert_int_equal(n.sent, 1);
	assert_int_equal(n.state, NOTICE_DONE);
}

static void a_kill_loses_nobody_and_sends_nothing_twice(void **state)
{
	struct world *w = *state, *after;
	struct sender *s = sender_of(w);
	struct notice n = notice();
	unsigned int before;

	send_to(s, &n, 30);
	network_takes(w, 7);
	before = w->line->n;
	after = world_start(w->path, w->talk);
	outbox_line_add(after->outbox, &after->line->ln);
	s = sender_of(after);
	run(after);
	network_takes(after, 1000);
	/* the one on its way is in doubt: it is not sent again */
	assert_int_equal(before + after->line->n, 30);
	for (unsigned int i = 0; i < 30; i++)
		assert_int_equal(count_to(w, number(i)) + count_to(after, number(i)), 1);
	store_close(after->st);
	talloc_free(after);
}

/* Killed after each text of a revocation, and before the first: who got the notice, or may have, gets it, and no others. */
static void a_revocation_that_is_killed_at_every_text_reaches_who_got_it_once(void **state)
{
	struct sender *s = sender_of(*state);
	struct world *w = s->w;
	struct notice n = notice(), cancel = notice();
	unsigned int kills = 0, all[40] = {};
	char *error;

	send_to(s, &n, 40);
	network_takes(w, 9); /* and the tenth is on its way */
	OSMO_STRLCPY_ARRAY(cancel.key, "2");
	cancel.kind = NOTICE_CANCEL;
	cancel.follows_id = n.id;
	cancel.words = "{\"nl\": \"Er is weer water.\"}";
	assert_int_equal(add(s, &cancel, &error), 0);
	assert_int_equal(store_commit(w->st), 0);
	do {
		for (unsigned int i = 0; i < 40; i++)
			all[i] += count_to(w, number(i));
		s = killed(s);
	} while (++kills < KILLS_MAX && w->line->n > 0);
	assert_int_equal(kills, 11);
	for (unsigned int i = 0; i < 40; i++)
		assert_int_equal(all[i], i < 10 ? 2 : 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM notice WHERE ended IS NULL"), 0);
}

/* A program that holds the database for writing: it commits once somebody waits for it. */
static sqlite3 *other;

int usleep(useconds_t us)
{
	if (other)
		assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	return other ? 0 : -1;
}

static void cancelled_beside_it_while_it_waits_to_write(void **state)
{
	struct sender *s = sender_of(*state);
	struct notice n = notice();

	n.start_s = T0 + HOUR;
	send_to(s, &n, 5);
	assert_int_equal(sqlite3_open(s->w->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other,
				      "BEGIN IMMEDIATE; UPDATE notice SET state = 'cancelled', "
				      "ended = 1, due = NULL",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	test_now_s = n.start_s;
	broadcast_look(s->bc);
	run(s->w);
	assert_int_equal(now(s, n.id).state, NOTICE_CANCELLED);
	assert_int_equal(s->w->line->n, 0);
	sqlite3_close(other);
	other = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(each_gets_it_once),
		FLOW_TEST(people_of_an_area_read_their_language),
		FLOW_TEST(what_is_wrong_is_said),
		FLOW_TEST(the_same_again_is_the_same_notice),
		FLOW_TEST(a_draft_waits_for_go),
		FLOW_TEST(a_draft_that_nobody_sends_expires),
		FLOW_TEST(a_draft_of_before_expires_too),
		FLOW_TEST(a_list_is_sent_as_a_whole_or_not_at_all),
		FLOW_TEST(a_list_that_does_not_come_to_its_end_lapses),
		FLOW_TEST(a_list_is_cancelled_while_it_comes),
		FLOW_TEST(it_starts_when_it_is_time),
		FLOW_TEST(nobody_is_woken),
		FLOW_TEST(quiet_hours_begin_by_themselves),
		FLOW_TEST(the_clock_goes_forward_at_night),
		FLOW_TEST(an_estimate_leaves_the_night_out),
		FLOW_TEST(it_expires),
		FLOW_TEST(a_pace_is_kept),
		FLOW_TEST(one_whose_last_batch_fills_the_minute_is_done_with_it),
		FLOW_TEST(one_whose_canary_part_is_all_of_it_is_done),
		FLOW_TEST(the_canary_part_is_looked_at),
		FLOW_TEST(a_pause_takes_hold_at_once),
		FLOW_TEST(a_correction_goes_to_who_got_the_first),
		FLOW_TEST(a_correction_during_the_canary_goes_on_with_the_rest),
		FLOW_TEST(a_correction_meanwhile_reaches_who_gets_the_first_later),
		FLOW_TEST(what_is_taken_back_is_not_corrected),
		FLOW_TEST(a_correction_is_of_the_list_of_the_first),
		FLOW_TEST(who_stops_when_it_is_queued_does_not_get_it),
		FLOW_TEST(a_text_that_was_begun_is_sent_to_its_end),
		FLOW_TEST(an_answer_goes_first),
		FLOW_TEST(a_refused_text_is_a_failed_recipient),
		FLOW_TEST(what_was_on_its_way_at_a_cancel_is_not_tried_again),
		FLOW_TEST(what_was_on_its_way_at_a_pause_leaves_when_it_goes_on),
		FLOW_TEST(a_revocation_that_is_killed_at_every_text_reaches_who_got_it_once),
		FLOW_FILE_TEST(a_kill_loses_nobody_and_sends_nothing_twice),
		FLOW_FILE_TEST(cancelled_beside_it_while_it_waits_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
