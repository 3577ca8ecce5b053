// SPDX-License-Identifier: AGPL-3.0-or-later
/* What a caller hears and when it is told. */
#include "voice/leg_fixture.h"

#include <spandsp.h>

#define RAMP 40 /* 5 ms */

/* of the address sanitizer, whose header a compiler does not always bring */
int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void *, size_t),
					      void (*free_hook)(const volatile void *));

static int16_t frame[SOUND_FRAME];

static void assert_silence(const int16_t *samples, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		assert_int_equal(samples[i], 0);
}

static void plays_sounds_without_a_gap(void **state)
{
	struct sound *sounds[] = { flat(100, 1), flat(0, 0), flat(100, 2), NULL, flat(130, 3) };
	struct ear ear;
	int16_t heard[3 * SOUND_FRAME];
	size_t i;

	ear_open(&ear, false);
	assert_false(leg_out(ear.leg, heard));
	assert_silence(heard, SOUND_FRAME);
	leg_play(ear.leg, sounds, ARRAY_SIZE(sounds), false);
	assert_true(leg_is_playing(ear.leg));
	assert_true(leg_out(ear.leg, heard));
	assert_true(leg_out(ear.leg, heard + SOUND_FRAME));
	assert_int_equal(ear.n, 0);
	assert_true(leg_out(ear.leg, heard + 2 * SOUND_FRAME));
	for (i = 0; i < 330; i++)
		assert_int_equal(heard[i], i < 100 ? 1 : i < 200 ? 2 : 3);
	assert_silence(heard + 330, 150);
	assert_int_equal(ear.n, 1);
	assert_int_equal(ear.told[0].event, LEG_PLAYED);
	assert_false(leg_is_playing(ear.leg));
	assert_false(leg_out(ear.leg, heard));
	assert_int_equal(ear.n, 1);
	leg_free(ear.leg);
}

static void tells_the_end_with_the_last_sample(void **state)
{
	struct ear ear;

	ear_open(&ear, false);
	play(&ear, flat(SOUND_FRAME, 5), false);
	leg_out(ear.leg, frame);
	assert_int_equal(ear.n, 1);
	leg_free(ear.leg);
}

/* A prompt whose every sound failed: nobody waits for ever. */
static void tells_the_end_of_nothing(void **state)
{
	struct ear ear;

	ear_open(&ear, false);
	leg_play(ear.leg, NULL, 0, false);
	assert_int_equal(ear.n, 0);
	assert_false(leg_out(ear.leg, frame));
	assert_int_equal(ear.n, 1);
	assert_int_equal(ear.told[0].event, LEG_PLAYED);
	leg_free(ear.leg);
}

static void a_key_stops_it_within_5_ms(void **state)
{
	struct ear ear;
	size_t i;

	ear_open(&ear, false);
	play(&ear, flat(8000, 8000), true);
	leg_out(ear.leg, frame);
	leg_key(ear.leg, '5');
	assert_int_equal(ear.n, 2);
	assert_int_equal(ear.told[0].event, LEG_KEY);
	assert_int_equal(ear.told[0].key, '5');
	assert_int_equal(ear.told[1].event, LEG_PLAYED);
	assert_false(leg_is_playing(ear.leg));
	assert_true(leg_out(ear.leg, frame));
	assert_true(frame[0] > 7000);
	for (i = 1; i < SOUND_FRAME; i++)
		assert_true(frame[i] <= frame[i - 1] && frame[i - 1] - frame[i] <= 8000 / RAMP);
	assert_silence(frame + RAMP, SOUND_FRAME - RAMP);
	assert_false(leg_out(ear.leg, frame));
	leg_key(ear.leg, '6');
	assert_int_equal(ear.n, 3);
	leg_free(ear.leg);
}

static void a_key_leaves_what_must_be_heard(void **state)
{
	struct ear ear;

	ear_open(&ear, false);
	play(&ear, flat(8000, 8000), false);
	leg_out(ear.leg, frame);
	leg_key(ear.leg, '5');
	assert_int_equal(ear.n, 1);
	assert_int_equal(ear.told[0].event, LEG_KEY);
	assert_true(leg_is_playing(ear.leg));
	leg_out(ear.leg, frame);
	assert_int_equal(frame[SOUND_FRAME - 1], 8000);
	leg_free(ear.leg);
}

static void play_next(struct ear *ear, const struct leg_told *told)
{
	if (told->event == LEG_KEY)
		play(ear, flat(400, 1000), true);
}

/* The next prompt begins from inside the key: the end that is told is its own, and the old one's last
 * 5 ms are heard below it. */
static void a_key_begins_the_next_prompt(void **state)
{
	struct ear ear;
	int i;

	ear_open(&ear, false);
	ear.also = play_next;
	play(&ear, flat(8000, 30000), true);
	leg_out(ear.leg, frame);
	leg_key(ear.leg, '1');
	assert_int_equal(ear.n, 1);
	assert_true(leg_is_playing(ear.leg));
	leg_out(ear.leg, frame);
	assert_true(frame[0] > 30000);
	assert_int_equal(frame[RAMP], 1000);
	for (i = 0; i < 2; i++)
		leg_out(ear.leg, frame);
	assert_int_equal(ear.n, 2);
	assert_int_equal(ear.told[1].event, LEG_PLAYED);
	leg_free(ear.leg);
}

static void what_is_replaced_is_not_told(void **state)
{
	struct ear ear;
	int i;

	ear_open(&ear, false);
	play(&ear, flat(8000, 1), false);
	play(&ear, flat(100, 2), false);
	for (i = 0; i < 3; i++)
		leg_out(ear.leg, frame);
	assert_int_equal(ear.n, 1);
	play(&ear, flat(8000, 1), false);
	leg_quiet(ear.leg);
	for (i = 0; i < 60; i++)
		leg_out(ear.leg, frame);
	assert_int_equal(ear.n, 1);
	leg_free(ear.leg);
}

static void loud_joins_do_not_wrap(void **state)
{
	struct ear ear;
	int i;

	ear_open(&ear, false);
	play(&ear, flat(8000, 30000), false);
	leg_out(ear.leg, frame);
	play(&ear, flat(8000, 30000), false);
	leg_out(ear.leg, frame);
	for (i = 0; i < SOUND_FRAME; i++)
		assert_true(frame[i] >= 30000);
	leg_free(ear.leg);
}

static void only_keys_are_keys(void **state)
{
	static const char keys[] = "0123456789*#ABCD", others[] = "abcd+ pE/:";
	struct ear ear;
	const char *at;

	ear_open(&ear, false);
	for (at = others; *at; at++)
		leg_key(ear.leg, *at);
	leg_key(ear.leg, '\0');
	assert_int_equal(ear.n, 0);
	for (at = keys; *at; at++)
		leg_key(ear.leg, *at);
	assert_int_equal(ear.n, 16);
	leg_free(ear.leg);
}

/* The sound is taken over, and given back when it is heard, cut short or hung up. */
static void sounds_are_given_back(void **state)
{
	struct sound *cache = flat(SOUND_FRAME, 1), *sounds[LEG_SOUNDS_MAX];
	struct ear ear;
	size_t i;

	ear_open(&ear, false);
	for (i = 0; i < LEG_SOUNDS_MAX; i++)
		sounds[i] = sound_ref(cache);
	sound_unref(cache); /* the cache drops it: the address sanitizer sees any mistake */
	leg_play(ear.leg, sounds, LEG_SOUNDS_MAX, true);
	for (i = 0; i < LEG_SOUNDS_MAX; i++) {
		assert_int_equal(ear.n, 0);
		leg_out(ear.leg, frame);
	}
	assert_int_equal(ear.n, 1);
	play(&ear, flat(800, 1), true);
	leg_hang_up(ear.leg);
	assert_false(leg_out(ear.leg, frame));
	assert_int_equal(ear.n, 1);
	play(&ear, flat(800, 1), true);
	leg_free(ear.leg);
}

static unsigned int allocations;

static void count_allocation(const volatile void *at, size_t size)
{
	allocations++;
}

static void count_free(const volatile void *at)
{
}

/* A thousand frames out and in, with tones in them, and no allocation. */
static void allocates_nothing_while_it_plays(void **state)
{
	struct sound *sounds[LEG_SOUNDS_MAX];
	dtmf_tx_state_t *tx = dtmf_tx_init(NULL);
	struct ear ear;
	unsigned int before;
	void *volatile proof;
	int16_t in[SOUND_FRAME];
	int i;

	ear_open(&ear, true);
	for (i = 0; i < LEG_SOUNDS_MAX; i++)
		sounds[i] = flat(7000, 100);
	dtmf_tx_put(tx, "0123456789*#ABCD", -1);
	assert_true(__sanitizer_install_malloc_and_free_hooks(count_allocation, count_free) > 0);
	proof = malloc(1);
	assert_int_equal(allocations, 1);
	free(proof);
	leg_play(ear.leg, sounds, LEG_SOUNDS_MAX, false);
	before = allocations;
	for (i = 0; i < 1000; i++) {
		leg_out(ear.leg, frame);
		memset(in, 0, sizeof(in));
		dtmf_tx(tx, in, SOUND_FRAME);
		leg_in(ear.leg, in);
	}
	assert_int_equal(allocations, before);
	assert_int_equal(ear.n, 16);
	dtmf_tx_free(tx);
	leg_free(ear.leg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plays_sounds_without_a_gap),
		cmocka_unit_test(tells_the_end_with_the_last_sample),
		cmocka_unit_test(tells_the_end_of_nothing),
		cmocka_unit_test(a_key_stops_it_within_5_ms),
		cmocka_unit_test(a_key_leaves_what_must_be_heard),
		cmocka_unit_test(a_key_begins_the_next_prompt),
		cmocka_unit_test(what_is_replaced_is_not_told),
		cmocka_unit_test(loud_joins_do_not_wrap),
		cmocka_unit_test(only_keys_are_keys),
		cmocka_unit_test(sounds_are_given_back),
		cmocka_unit_test(allocates_nothing_while_it_plays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
