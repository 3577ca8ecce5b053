// SPDX-License-Identifier: AGPL-3.0-or-later
/* Two threads and what they hand each other. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <re.h>

#include "voice/media.h"

struct world {
	struct media *md;
	pthread_t loop;
	unsigned int in, out; /* called in the media thread; on the loop */
	unsigned int tell;    /* how often the media thread tells for each post */
	atomic_bool wrong_thread;
	unsigned int refused;
	atomic_bool held, let_go;
	struct tmr timer;
};

static void world_open(struct world *w)
{
	*w = (struct world){ .loop = pthread_self() };
	w->md = media_start(NULL);
	assert_non_null(w->md);
}

static void on_loop(void *arg)
{
	struct world *w = arg;

	if (!pthread_equal(pthread_self(), w->loop))
		w->wrong_thread = true;
	w->out++;
}

static void in_thread(void *arg)
{
	struct world *w = arg;
	unsigned int i;

	if (pthread_equal(pthread_self(), w->loop))
		w->wrong_thread = true;
	w->in++;
	for (i = 0; i < w->tell; i++)
		w->refused += media_tell(w->md, on_loop, w) == -EAGAIN;
}

static void loop_until(const unsigned int *count, unsigned int wanted)
{
	while (*count < wanted)
		osmo_select_main(0);
}

static void there_and_back(void **state)
{
	struct world w;
	unsigned int i;

	world_open(&w);
	w.tell = 1;
	for (i = 0; i < 100000; i++) {
		while (media_post(w.md, in_thread, &w) == -EAGAIN)
			osmo_select_main(1);
		if (i % 64 == 0)
			osmo_select_main(1);
	}
	media_stop(w.md);
	assert_int_equal(w.in, 100000);
	assert_int_equal(w.out + w.refused, 100000);
	assert_true(w.refused < 100000);
	assert_false(w.wrong_thread);
}

struct order {
	struct world *w;
	unsigned int number;
	unsigned int *last;
};

static void in_order_on_loop(void *arg)
{
	struct order *order = arg;

	assert_int_equal(order->number, *order->last + 1);
	*order->last = order->number;
	free(order);
}

static void in_order(void *arg)
{
	struct order *order = arg;

	while (media_tell(order->w->md, in_order_on_loop, order) == -EAGAIN)
		sched_yield();
}

static void the_order_stays(void **state)
{
	struct world w;
	unsigned int i, last = 0;
	struct order *order;

	world_open(&w);
	for (i = 1; i <= 20000; i++) {
		order = malloc(sizeof(*order));
		*order = (struct order){ .w = &w, .number = i, .last = &last };
		while (media_post(w.md, in_order, order) == -EAGAIN)
			osmo_select_main(1);
	}
	loop_until(&last, 20000);
	media_stop(w.md);
}

/* Holds the media thread until it is let go. */
static void hold(void *arg)
{
	struct world *w = arg;

	atomic_store(&w->held, true);
	while (!atomic_load(&w->let_go))
		sched_yield();
}

static void hold_thread(struct world *w)
{
	assert_int_equal(media_post(w->md, hold, w), 0);
	while (!atomic_load(&w->held))
		sched_yield();
}

static void a_full_queue_refuses(void **state)
{
	struct world w;
	unsigned int n = 0;

	world_open(&w);
	hold_thread(&w);
	while (media_post(w.md, in_thread, &w) == 0)
		n++;
	assert_int_equal(n, 4096);
	assert_int_equal(media_post(w.md, in_thread, &w), -EAGAIN);
	atomic_store(&w.let_go, true);
	media_stop(w.md);
	assert_int_equal(w.in, n); /* stopped with a full queue: all of it was done before */
}

/* The loop does not run: the media thread does not wait for it. */
static void a_full_queue_to_the_loop_refuses(void **state)
{
	struct world w;

	world_open(&w);
	w.tell = 5000;
	assert_int_equal(media_post(w.md, in_thread, &w), 0);
	media_stop(w.md); /* brings what was told */
	assert_int_equal(w.out, 4096);
	assert_int_equal(w.refused, 5000 - 4096);
	assert_false(w.wrong_thread);
}

static void post_again(void *arg)
{
	struct world *w = arg;

	w->out++;
	assert_int_equal(media_post(w->md, in_thread, w), -EAGAIN);
}

static void tell_post_again(void *arg)
{
	struct world *w = arg;

	w->refused += media_tell(w->md, post_again, w) < 0;
}

/* What was told last posts again, to a thread that is gone. */
static void stop_while_told(void **state)
{
	struct world w;

	world_open(&w);
	hold_thread(&w);
	assert_int_equal(media_post(w.md, tell_post_again, &w), 0);
	atomic_store(&w.let_go, true);
	media_stop(w.md);
	assert_int_equal(w.out, 1);
	assert_int_equal(w.in, 0);
}

static void timer_due(void *arg)
{
	struct world *w = arg;

	if (pthread_equal(pthread_self(), w->loop))
		w->wrong_thread = true;
	w->refused += media_tell(w->md, on_loop, w) < 0;
}

static void arm(void *arg)
{
	struct world *w = arg;

	tmr_init(&w->timer);
	tmr_start(&w->timer, 1, timer_due, w);
}

/* Timers of libre are the thread's own; and it starts as often as one likes. */
static void timers_run_in_it(void **state)
{
	struct world w;
	int i;

	for (i = 0; i < 3; i++) {
		world_open(&w);
		assert_int_equal(media_post(w.md, arm, &w), 0);
		loop_until(&w.out, 1);
		media_stop(w.md);
		assert_false(w.wrong_thread);
		assert_int_equal(w.refused, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(the_order_stays),
		cmocka_unit_test(a_full_queue_refuses),
		cmocka_unit_test(a_full_queue_to_the_loop_refuses),
		cmocka_unit_test(stop_while_told),
		cmocka_unit_test(timers_run_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
