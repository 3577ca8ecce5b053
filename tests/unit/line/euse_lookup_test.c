// SPDX-License-Identifier: AGPL-3.0-or-later
/* Numbers asked of a control interface on a loopback socket, whose answers are those of osmo-hlr 1.5.0; the clock
 * is moved by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "clock.c"
#include "line/euse.h"
#include "line/euse_lookup.h"
#include "line_test.h"

#define ANNA "901700000000001"

struct world {
	void *ctx;
	int listener, peer;
	struct euse_lookup *lk;
	char asked[256]; /* the last question, without its header */
	unsigned int n_done;
	char found[32];
};

static void done(const char *msisdn, void *data)
{
	struct world *w = data;

	w->n_done++;
	snprintf(w->found, sizeof(w->found), "%s", msisdn);
}

/* The kernel's loopback is quick, but not at once. */
static void turn(void)
{
	for (int i = 0; i < 20; i++)
		osmo_select_main_ctx(1);
}

static void pass(int seconds)
{
	test_clock_add_ms(seconds * 1000);
	turn();
}

static void accept_it(struct world *w)
{
	turn();
	w->peer = accept(w->listener, NULL, NULL);
	assert_true(w->peer >= 0);
	turn();
}

/* The question, with protocol 0xee and extension 0 before it. */
static void read_question(struct world *w)
{
	uint8_t in[300];
	ssize_t n;

	turn();
	n = recv(w->peer, in, sizeof(in), 0);
	assert_true(n > 4);
	assert_int_equal(in[0] << 8 | in[1], n - 3);
	assert_int_equal(in[2], 0xee);
	assert_int_equal(in[3], 0);
	memcpy(w->asked, in + 4, n - 4);
	w->asked[n - 4] = '\0';
}

static void answer(struct world *w, const char *text)
{
	uint8_t out[300] = { 0, (uint8_t)(strlen(text) + 1), 0xee, 0 };

	memcpy(out + 4, text, strlen(text));
	assert_int_equal(send(w->peer, out, strlen(text) + 4, 0), strlen(text) + 4);
	turn();
}

static int setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);

	test_clock_start();
	w->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(w->listener, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(w->listener, 4), 0);
	assert_int_equal(getsockname(w->listener, (struct sockaddr *)&sin, &len), 0);
	w->lk = euse_lookup_alloc(w, "euse meldlijn", "127.0.0.1", ntohs(sin.sin_port));
	euse_lookup_start(w->lk);
	accept_it(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	close(w->listener);
	close(w->peer);
	talloc_free(w);
	return 0;
}

static void a_number_is_asked_and_found(void **state)
{
	struct world *w = *state;

	assert_int_equal(euse_lookup_ask(w->lk, ANNA, done, w), 1);
	read_question(w);
	assert_string_equal(w->asked, "GET 1 subscriber.by-imsi-" ANNA ".msisdn");
	assert_int_equal(w->n_done, 0);
	answer(w, "GET_REPLY 1 subscriber.by-imsi-" ANNA ".msisdn 31612345678");
	assert_int_equal(w->n_done, 1);
	assert_string_equal(w->found, "31612345678");
	pass(10);
	assert_int_equal(w->n_done, 1);
}

static void who_is_not_known_has_none(void **state)
{
	struct world *w = *state;

	assert_int_not_equal(euse_lookup_ask(w->lk, ANNA, done, w), 0);
	answer(w, "ERROR 1 No such subscriber.");
	assert_int_equal(w->n_done, 1);
	assert_string_equal(w->found, "");
}

static void answers_come_in_any_order(void **state)
{
	struct world *w = *state, other = { 0 };

	euse_lookup_ask(w->lk, ANNA, done, &other);
	euse_lookup_ask(w->lk, "901700000000002", done, w);
	answer(w, "GET_REPLY 2 subscriber.by-imsi-901700000000002.msisdn 1002");
	assert_string_equal(w->found, "1002");
	assert_int_equal(other.n_done, 0);
	answer(w, "GET_REPLY 1 subscriber.by-imsi-" ANNA ".msisdn 1001");
	assert_string_equal(other.found, "1001");
}

static void silence_ends_the_question_and_a_late_answer_is_nothing(void **state)
{
	struct world *w = *state;

	euse_lookup_ask(w->lk, ANNA, done, w);
	pass(2);
	assert_int_equal(w->n_done, 1);
	assert_string_equal(w->found, "");
	answer(w, "GET_REPLY 1 subscriber.by-imsi-" ANNA ".msisdn 31612345678");
	assert_int_equal(w->n_done, 1);
}

static void a_lost_link_ends_it_and_comes_back(void **state)
{
	struct world *w = *state;

	euse_lookup_ask(w->lk, ANNA, done, w);
	close(w->peer);
	turn();
	assert_int_equal(w->n_done, 1);
	assert_int_equal(euse_lookup_ask(w->lk, ANNA, done, w), 0);
	pass(6);
	accept_it(w);
	assert_int_not_equal(euse_lookup_ask(w->lk, ANNA, done, w), 0);
}

static void a_peer_that_never_answers_is_connected_anew(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 5; i++)
		assert_int_not_equal(euse_lookup_ask(w->lk, ANNA, done, w), 0);
	pass(2);
	assert_int_equal(w->n_done, 5);
	assert_int_equal(euse_lookup_ask(w->lk, ANNA, done, w), 0);
	close(w->peer);
	pass(6);
	accept_it(w);
	assert_int_not_equal(euse_lookup_ask(w->lk, ANNA, done, w), 0);
}

static void what_is_cancelled_is_not_told(void **state)
{
	struct world *w = *state;

	euse_lookup_cancel(w->lk, euse_lookup_ask(w->lk, ANNA, done, w));
	answer(w, "GET_REPLY 1 subscriber.by-imsi-" ANNA ".msisdn 31612345678");
	pass(2);
	assert_int_equal(w->n_done, 0);
}

static void stopping_ends_what_is_asked(void **state)
{
	struct world *w = *state;

	euse_lookup_ask(w->lk, ANNA, done, w);
	euse_lookup_stop(w->lk);
	assert_int_equal(w->n_done, 1);
	assert_int_equal(euse_lookup_ask(w->lk, ANNA, done, w), 0);
}

static void no_imsi_is_not_asked(void **state)
{
	struct world *w = *state;

	assert_int_equal(euse_lookup_ask(w->lk, "1.info 2", done, w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_number_is_asked_and_found, setup, teardown),
		cmocka_unit_test_setup_teardown(who_is_not_known_has_none, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_come_in_any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			silence_ends_the_question_and_a_late_answer_is_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lost_link_ends_it_and_comes_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_peer_that_never_answers_is_connected_anew, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_cancelled_is_not_told, setup, teardown),
		cmocka_unit_test_setup_teardown(stopping_ends_what_is_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(no_imsi_is_not_asked, setup, teardown),
	};

	test_log_start(talloc_named_const(NULL, 0, "log"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
