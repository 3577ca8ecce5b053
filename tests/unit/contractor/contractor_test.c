// SPDX-License-Identifier: AGPL-3.0-or-later
/* A contractor as a peer: what its answers mean, when it is asked again, what polling brings. */
#include "peer.h"

#include <errno.h>

#include "contractor/contractor.h"

#define UPDATES                                                                                          \
	"[{\"update_id\":\"u1\",\"service_request_id\":\"F-1\",\"status\":\"ACTION_SCHEDULED\","         \
	"\"updated_datetime\":\"2026-11-24T08:00:00Z\",\"expected_datetime\":\"2026-11-26T12:00:00Z\"}," \
	"{\"update_id\":\"u2\",\"service_request_id\":\"F-1\",\"status\":\"FIXED\","                     \
	"\"updated_datetime\":\"2026-11-24T09:00:00+01:00\",\"description\":\"emptied\"},"               \
	"{\"update_id\":\"u3\",\"status\":\"FIXED\"}]"
#define STATES                                                                      \
	"{\"S-1\":{\"service_request_id\":\"S-1\",\"status\":\"closed\","           \
	"\"status_notes\":\"done\",\"updated_datetime\":\"2026-11-24T08:00:00Z\"}," \
	"\"S-2\":{\"service_request_id\":\"S-2\",\"status\":\"open\","              \
	"\"status_notes\":\"coming\",\"updated_datetime\":\"2026-11-24T08:30:00Z\"}}"

#define NOV_24_0800 1795507200 /* 2026-11-24T08:00:00Z */
#define NOV_26_1200 1795694400

struct fixture {
	struct peer peer;
	struct http_pool *pool;
	unsigned int done, ready;
	struct contractor_outcome outcome;
	char their_ref[128], error[256];
	bool ok;
	size_t n;
	char keys[8][64], refs[8][64], new_refs[8][64], states[8][32], notes[8][64];
	int64_t at_s[8], expected_s[8], until_s;
};

static void ended(const struct contractor_outcome *o, void *data)
{
	struct fixture *f = data;

	f->done++;
	f->outcome = *o;
	snprintf(f->their_ref, sizeof(f->their_ref), "%s", o->their_ref ? o->their_ref : "");
	snprintf(f->error, sizeof(f->error), "%s", o->error ? o->error : "");
}

static void polled(const struct contractor_polled *p, void *data)
{
	struct fixture *f = data;

	f->done++;
	f->ok = p->ok;
	f->n = p->n;
	f->until_s = p->until_s;
	snprintf(f->error, sizeof(f->error), "%s", p->error ? p->error : "");
	for (size_t i = 0; i < p->n && i < 8; i++) {
		const struct contractor_update *u = &p->updates[i];

		snprintf(f->keys[i], 64, "%s", u->key);
		snprintf(f->refs[i], 64, "%s", u->their_ref ? u->their_ref : "");
		snprintf(f->new_refs[i], 64, "%s", u->new_ref ? u->new_ref : "");
		snprintf(f->states[i], 32, "%s", u->state);
		snprintf(f->notes[i], 64, "%s", u->note ? u->note : "");
		f->at_s[i] = u->at_s;
		f->expected_s[i] = u->expected_s;
	}
}

static void is_ready(void *data)
{
	struct fixture *f = data;

	f->ready++;
}

static struct contractor *make(struct fixture *f, const char *mode, enum contractor_format format)
{
	struct contractor_cfg cfg = {
		.name = "haeghe",
		.url = peer_url(&f->peer, mode),
		.format = format,
		.api_key = "key",
		.callback_secret = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
		.window = 2,
	};
	struct contractor *c = contractor_alloc(NULL, f->pool, &cfg);

	contractor_on_ready(c, is_ready, f);
	return c;
}

static struct contractor_order order_of(const char *key)
{
	return (struct contractor_order){
		.key = key,
		.reference = "4829153",
		.category = "container-full",
		.category_name = "Volle container",
		.place = "Spui 70, Centrum",
		.description = "zak ernaast é & =",
		.located = true,
		.lat = 52.0766,
		.lon = 4.3148,
		.alias = "14070 4829153",
		.created_s = NOV_24_0800,
	};
}

static void send_order(struct fixture *f, struct contractor *c, const struct contractor_order *o)
{
	f->done = 0;
	assert_int_equal(contractor_send(c, o, ended, f), 0);
	assert_int_equal(f->done, 0);
	run_until(&f->done, 1);
}

/* One order to a contractor in that mode. */
static void try_mode(struct fixture *f, const char *mode, enum contractor_result result)
{
	struct contractor *c = make(f, mode, CONTRACTOR_OPEN311);
	struct contractor_order o = order_of("k");

	send_order(f, c, &o);
	assert_int_equal(f->outcome.result, result);
	talloc_free(c);
}

static void an_order_is_taken_once_however_often_it_is_sent(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "ok", CONTRACTOR_OPEN311);
	struct contractor_order o = order_of("once");
	char first[128];

	send_order(f, c, &o);
	assert_int_equal(f->outcome.result, CONTRACTOR_TAKEN);
	assert_int_equal(strncmp(f->their_ref, "F-", 2), 0);
	memcpy(first, f->their_ref, sizeof(first));
	send_order(f, c, &o);
	assert_string_equal(f->their_ref, first);
	talloc_free(c);
}

static void a_conflict_that_names_the_order_is_taken(void **state)
{
	struct fixture *f = *state;

	try_mode(f, "conflict", CONTRACTOR_TAKEN);
	assert_string_equal(f->their_ref, "F-9");
}

static void a_wrong_order_is_refused_with_their_words(void **state)
{
	struct fixture *f = *state;

	try_mode(f, "refuse", CONTRACTOR_REFUSED);
	assert_non_null(strstr(f->error, "service_code not valid"));
	try_mode(f, "unknown", CONTRACTOR_REFUSED);
}

static void what_another_time_may_do_is_tried_again(void **state)
{
	struct fixture *f = *state;
	static const char *const down[] = { "down", "busy",  "redirect", "key",
					    "page", "close", "huge" };

	for (size_t i = 0; i < sizeof(down) / sizeof(down[0]); i++) {
		try_mode(f, down[i], CONTRACTOR_RETRY);
		assert_true(f->outcome.down);
		assert_string_not_equal(f->error, "");
	}
	try_mode(f, "busy", CONTRACTOR_RETRY);
	assert_int_equal(f->outcome.retry_after_s, 7);
	try_mode(f, "error", CONTRACTOR_RETRY);
	assert_false(f->outcome.down); /* this order alone */
}

static void after_a_failure_it_waits_then_one_ask_tries(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "down", CONTRACTOR_OPEN311);
	struct contractor_order o = order_of("k");
	struct contractor_status status;

	send_order(f, c, &o);
	contractor_status(c, &status);
	assert_string_equal(status.state, "waiting");
	assert_true(status.down_since_s > 0);
	assert_false(contractor_ready(c));
	assert_int_equal(contractor_send(c, &o, ended, f), -EAGAIN);
	ahead_s += 6; /* the wall clock leaps over the pause of 5 s */
	assert_true(contractor_ready(c));
	f->done = 0;
	assert_int_equal(contractor_send(c, &o, ended, f), 0);
	assert_int_equal(contractor_send(c, &o, ended, f), -EAGAIN); /* one alone */
	run_until(&f->done, 1);
	ahead_s += 6; /* the second pause is longer */
	assert_false(contractor_ready(c));
	f->ready = 0;
	contractor_kick(c);
	assert_int_equal(f->ready, 1);
	assert_true(contractor_ready(c));
	talloc_free(c);
}

static void no_more_asks_than_its_window(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "ok", CONTRACTOR_OPEN311);
	struct contractor_order a = order_of("w1"), b = order_of("w2"), d = order_of("w3");

	f->done = 0;
	assert_int_equal(contractor_send(c, &a, ended, f), 0);
	assert_int_equal(contractor_send(c, &b, ended, f), 0);
	assert_int_equal(contractor_send(c, &d, ended, f), -EAGAIN);
	run_until(&f->done, 2);
	assert_true(contractor_ready(c));
	talloc_free(c);
}

static void an_order_without_a_place_cannot_be_written(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "ok", CONTRACTOR_OPEN311);
	struct contractor_order o = order_of("k");

	o.located = false;
	o.place = NULL;
	assert_int_equal(contractor_send(c, &o, ended, f), -EINVAL);
	o = order_of("k");
	o.rung = 1; /* there is no second url */
	assert_int_equal(contractor_send(c, &o, ended, f), -EINVAL);
	assert_true(contractor_ready(c));
	talloc_free(c);
}

static void a_webhook_is_signed_and_taken(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "ok", CONTRACTOR_WEBHOOK);
	struct contractor_order o = order_of("msg_1");

	ahead_s += 86400; /* the clock of training must not spoil the signature's time */
	send_order(f, c, &o);
	ahead_s -= 86400;
	assert_string_equal(f->error, "");
	assert_int_equal(f->outcome.result, CONTRACTOR_TAKEN);
	assert_int_equal(strncmp(f->their_ref, "W-", 2), 0);
	assert_int_equal(contractor_poll(c, 0, 1, NULL, 0, polled, f), -ENOTSUP);
	talloc_free(c);
}

static void an_update_goes_where_updates_go(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "ok", CONTRACTOR_OPEN311);
	struct contractor_order o = order_of("note-1");

	o.update = true;
	o.their_ref = "F-1";
	o.state = "reopened";
	o.at_s = NOV_24_0800;
	send_order(f, c, &o);
	assert_int_equal(f->outcome.result, CONTRACTOR_TAKEN);
	assert_string_equal(f->their_ref, "F-1");
	talloc_free(c);
}

static void a_token_becomes_a_number_by_polling(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "token", CONTRACTOR_OPEN311);
	struct contractor_order o = order_of("tok");
	char token[128];
	const char *refs[] = { token };

	send_order(f, c, &o);
	assert_int_equal(f->outcome.result, CONTRACTOR_TAKEN);
	assert_int_equal(strncmp(f->their_ref, "token:t-F-", 10), 0);
	memcpy(token, f->their_ref, sizeof(token));

	f->done = 0; /* asked once: still a token */
	assert_int_equal(contractor_poll(c, 0, NOV_26_1200, refs, 1, polled, f), 0);
	assert_int_equal(contractor_poll(c, 0, NOV_26_1200, refs, 1, polled, f), -EAGAIN);
	run_until(&f->done, 1);
	assert_true(f->ok);
	assert_int_equal(f->n, 2); /* the two updates only */
	f->done = 0;
	assert_int_equal(contractor_poll(c, 0, NOV_26_1200, refs, 1, polled, f), 0);
	run_until(&f->done, 1);
	assert_int_equal(f->n, 3);
	assert_string_equal(f->refs[2], token);
	assert_string_equal(f->new_refs[2], token + 8);
	assert_string_equal(f->states[2], "");
	talloc_free(c);
}

static void an_update_waits_for_the_number_of_its_token(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "token", CONTRACTOR_OPEN311);
	struct contractor_order o = order_of("tok2");
	char token[128];

	send_order(f, c, &o);
	memcpy(token, f->their_ref, sizeof(token));
	o.update = true;
	o.key = "note-2";
	o.their_ref = token;
	o.state = "note";
	o.note = "still there";
	o.at_s = NOV_24_0800;
	send_order(f, c, &o);
	assert_int_equal(f->outcome.result, CONTRACTOR_RETRY);
	assert_false(f->outcome.down);
	send_order(f, c, &o);
	assert_int_equal(f->outcome.result, CONTRACTOR_TAKEN);
	assert_string_equal(f->their_ref, token + 8);
	talloc_free(c);
}

static void polling_reads_updates_and_skips_what_has_no_number(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "ok", CONTRACTOR_OPEN311);

	f->done = 0;
	assert_int_equal(contractor_poll(c, NOV_24_0800 - 60, NOV_26_1200, NULL, 0, polled, f), 0);
	run_until(&f->done, 1);
	assert_true(f->ok);
	assert_int_equal(f->n, 2);
	assert_string_equal(f->keys[0], "u1");
	assert_string_equal(f->refs[0], "F-1");
	assert_string_equal(f->states[0], "planned");
	assert_int_equal(f->at_s[0], NOV_24_0800);
	assert_int_equal(f->expected_s[0], NOV_26_1200);
	assert_string_equal(f->states[1], "solved");
	assert_string_equal(f->notes[1], "emptied");
	assert_int_equal(f->at_s[1], NOV_24_0800); /* 09:00+01:00 */
	assert_int_equal(f->until_s, NOV_24_0800);
	talloc_free(c);
}

static void without_the_update_extension_each_request_is_asked(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "noupdates", CONTRACTOR_OPEN311);
	const char *refs[] = { "S-1", "S-404" };

	for (int i = 0; i < 2; i++) { /* the second time it is known that there are no updates */
		f->done = 0;
		assert_int_equal(contractor_poll(c, 0, NOV_26_1200, refs, 2, polled, f), 0);
		run_until(&f->done, 1);
		assert_true(f->ok);
		assert_int_equal(f->n, 1);
		assert_string_equal(f->refs[0], "S-1");
		assert_string_equal(f->states[0], "solved");
		assert_string_equal(f->notes[0], "done");
	}
	talloc_free(c);
}

static void with_an_empty_list_of_updates_each_request_is_asked(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "silent", CONTRACTOR_OPEN311);
	const char *refs[] = { "S-404", "S-2", "S-1" };

	f->done = 0;
	assert_int_equal(contractor_poll(c, 0, NOV_26_1200, refs, 3, polled, f), 0);
	run_until(&f->done, 1);
	assert_true(f->ok);
	assert_int_equal(f->n, 2);
	assert_string_equal(f->refs[0], "S-2");
	assert_string_equal(f->states[0], "forwarded"); /* open */
	assert_string_equal(f->notes[0], "coming");
	assert_string_equal(f->states[1], "solved");
	assert_int_equal(f->until_s, 0); /* the list is asked from where it was */
	talloc_free(c);
}

static void beside_a_list_of_updates_only_ends_are_news(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "ok", CONTRACTOR_OPEN311);
	const char *refs[] = { "F-1", "S-2", "S-1" };

	f->done = 0;
	assert_int_equal(contractor_poll(c, 0, NOV_26_1200, refs, 3, polled, f), 0);
	run_until(&f->done, 1);
	assert_int_equal(f->n, 3);
	assert_string_equal(f->refs[2], "S-1");
	assert_string_equal(f->states[2], "solved");
	assert_int_equal(f->until_s, NOV_24_0800);
	talloc_free(c);
}

static void a_poll_that_fails_makes_it_wait(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "down", CONTRACTOR_OPEN311);

	f->done = 0;
	assert_int_equal(contractor_poll(c, 0, NOV_26_1200, NULL, 0, polled, f), 0);
	run_until(&f->done, 1);
	assert_false(f->ok);
	assert_string_not_equal(f->error, "");
	assert_false(contractor_ready(c));
	talloc_free(c);
}

static void it_does_what_is_listed_or_everything(void **state)
{
	struct contractor_cfg cfg = { .name = "x" };

	assert_true(contractor_does(&cfg, "lamp-out", "light", NULL));
	cfg.categories[0] = "container-full";
	cfg.categories[1] = "light";
	assert_true(contractor_does(&cfg, "container-full", "waste", NULL));
	assert_true(contractor_does(&cfg, "lamp-out", "light", NULL));
	assert_false(contractor_does(&cfg, "pothole", "road", NULL));
	assert_false(contractor_does(&cfg, "pothole", NULL, NULL));
	cfg.areas[0] = "centrum";
	assert_true(contractor_does(&cfg, "container-full", "waste", "centrum"));
	assert_false(contractor_does(&cfg, "container-full", "waste", "escamp"));
	assert_false(contractor_does(&cfg, "container-full", "waste", NULL));
}

static void freed_in_the_middle_it_says_nothing_more(void **state)
{
	struct fixture *f = *state;
	struct contractor *c = make(f, "slow", CONTRACTOR_OPEN311);
	struct contractor_order o = order_of("k");

	f->done = 0;
	assert_int_equal(contractor_send(c, &o, ended, f), 0);
	assert_int_equal(contractor_poll(c, 0, NOV_26_1200, NULL, 0, polled, f), 0);
	osmo_select_main(1);
	talloc_free(c);
	assert_int_equal(http_busy(f->pool), 0);
	assert_int_equal(f->done, 0);
}

static int start(void **state)
{
	static const char *const args[] = { "--updates", UPDATES, "--states", STATES, NULL };
	struct fixture *f = calloc(1, sizeof(*f));

	osmo_init_logging2(NULL, &peer_log);
	peer_start(&f->peer, args);
	f->pool = http_pool_alloc(NULL, NULL);
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	talloc_free(f->pool);
	peer_stop(&f->peer);
	free(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_is_taken_once_however_often_it_is_sent),
		cmocka_unit_test(a_conflict_that_names_the_order_is_taken),
		cmocka_unit_test(a_wrong_order_is_refused_with_their_words),
		cmocka_unit_test(what_another_time_may_do_is_tried_again),
		cmocka_unit_test(after_a_failure_it_waits_then_one_ask_tries),
		cmocka_unit_test(no_more_asks_than_its_window),
		cmocka_unit_test(an_order_without_a_place_cannot_be_written),
		cmocka_unit_test(a_webhook_is_signed_and_taken),
		cmocka_unit_test(an_update_goes_where_updates_go),
		cmocka_unit_test(a_token_becomes_a_number_by_polling),
		cmocka_unit_test(an_update_waits_for_the_number_of_its_token),
		cmocka_unit_test(polling_reads_updates_and_skips_what_has_no_number),
		cmocka_unit_test(without_the_update_extension_each_request_is_asked),
		cmocka_unit_test(with_an_empty_list_of_updates_each_request_is_asked),
		cmocka_unit_test(beside_a_list_of_updates_only_ends_are_news),
		cmocka_unit_test(a_poll_that_fails_makes_it_wait),
		cmocka_unit_test(it_does_what_is_listed_or_everything),
		cmocka_unit_test(freed_in_the_middle_it_says_nothing_more),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
