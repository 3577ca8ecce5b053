// SPDX-License-Identifier: AGPL-3.0-or-later
/* A call that plays costs no allocation: every malloc of the media thread is counted, through the hooks of the address
 * sanitizer that these tests are built with. */
#include "sip_world.h"

#include <stdatomic.h>

#define FRAMES 100
#define SPOKEN (160 * SOUND_FRAME)

/* gcc has the function and not its header */
int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void *, size_t),
					      void (*free_hook)(const volatile void *));

/* The test's own thread does not count. */
static _Thread_local bool is_test;
static atomic_uint taken, given;

static void on_malloc(const volatile void *at, size_t size)
{
	if (!is_test)
		atomic_fetch_add(&taken, 1);
}

static void on_free(const volatile void *at)
{
	if (!is_test)
		atomic_fetch_add(&given, 1);
}

/* Tones in the sound are all the keys there are, so they are looked for in each frame. */
static const char TONES[] = " RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";

static void tones_call(struct world *w)
{
	invite_with(w, "", TONES);
	until(w, w->n_called == 1);
	w->ln->ops->answer(w->ln, w->session);
	until(w, status(w, "200"));
	keep_to(w);
	request(w, "ACK", 1, "", "");
}

/* A packet for each that was heard. */
static void speak(struct world *w, const int16_t *samples, size_t n)
{
	uint8_t data[SOUND_FRAME];

	while (w->timestamp < w->n_heard && w->timestamp + SOUND_FRAME <= n) {
		for (int i = 0; i < SOUND_FRAME; i++)
			data[i] = linear_to_alaw(samples[w->timestamp + i]);
		rtp(w, w->rtp, 8, w->timestamp, data, sizeof(data));
		w->timestamp += SOUND_FRAME;
	}
}

static void play_long(struct world *w)
{
	struct sound *snd = sound_new(2 * SPOKEN);

	for (size_t i = 0; i < sound_length(snd); i++)
		sound_samples(snd)[i] = 9000 * sin(2 * M_PI * 440 * i / SOUND_RATE);
	play(w, snd, true, false);
	sound_unref(snd);
}

static void a_call_that_plays_costs_no_allocation(void **state)
{
	struct world *w = *state;
	static int16_t spoken[SPOKEN];
	size_t from;

	for (int i = 0; i < SPOKEN; i++)
		spoken[i] = 3000 * sin(2 * M_PI * 200 * i / SOUND_RATE) + i % 97;
	/* the key 5 at the end: Q.23 has 770 and 1336 Hz for it */
	for (int i = (FRAMES + 30) * SOUND_FRAME; i < (FRAMES + 40) * SOUND_FRAME; i++)
		spoken[i] = 5000 * sin(2 * M_PI * 770 * i / SOUND_RATE) +
			    5000 * sin(2 * M_PI * 1336 * i / SOUND_RATE);
	tones_call(w);
	play_long(w);
	until(w, (speak(w, spoken, SPOKEN), w->n_heard >= 10 * SOUND_FRAME));
	from = w->n_heard;
	atomic_store(&taken, 0);
	atomic_store(&given, 0);
	until(w, (speak(w, spoken, SPOKEN), w->n_heard >= from + FRAMES * SOUND_FRAME));
	assert_int_equal(atomic_load(&taken), 0);
	assert_int_equal(atomic_load(&given), 0);
	assert_true(figures(w).packets > FRAMES / 2);
	assert_string_equal(w->keys, "");

	/* the loop is told of the key, and of the end of what it cut */
	until(w, (speak(w, spoken, SPOKEN), w->n_played == 1));
	assert_string_equal(w->keys, "5");
	assert_int_equal(atomic_load(&taken), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		live(a_call_that_plays_costs_no_allocation),
	};

	is_test = true;
	__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
	test_log_start(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
