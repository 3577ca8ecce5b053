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
	struct ear ear, other;
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
	ear_open(&other, false);
	before = allocations;
	leg_join(ear.leg, other.leg);
	for (i = 0; i < 100; i++) {
		leg_in(ear.leg, in);
		leg_out(other.leg, frame);
	}
	assert_int_equal(allocations, before);
	dtmf_tx_free(tx);
	leg_free(ear.leg);
	leg_free(other.leg);
}

/* ---- two calls */

static void say_value(struct ear *ear, int16_t value)
{
	int16_t said[SOUND_FRAME];
	int i;

	for (i = 0; i < SOUND_FRAME; i++)
		said[i] = value;
	leg_in(ear->leg, said);
}

static void assert_hears(struct ear *ear, int16_t value)
{
	int i;

	assert_true(leg_out(ear->leg, frame));
	for (i = 0; i < SOUND_FRAME; i++)
		assert_int_equal(frame[i], value);
}

static void open_two(struct ear *one, struct ear *two)
{
	ear_open(one, false);
	ear_open(two, false);
	leg_join(one->leg, two->leg);
}

static void two_hear_each_other(void **state)
{
	struct ear one, two;
	int16_t i;

	open_two(&one, &two);
	assert_false(leg_out(one.leg, frame));
	assert_silence(frame, SOUND_FRAME);
	for (i = 1; i < 100; i++) {
		say_value(&one, i);
		say_value(&two, (int16_t)-i);
		/* whoever ticks first */
		assert_hears(i % 2 ? &one : &two, (int16_t)(i % 2 ? -i : i));
		assert_hears(i % 2 ? &two : &one, (int16_t)(i % 2 ? i : -i));
	}
	assert_int_equal(one.n + two.n, 0);
	leg_free(one.leg);
	leg_free(two.leg);
}

/* One that ticks late, or not at all for a while, does not lag behind for ever. */
static void one_who_is_late_hears_the_newest(void **state)
{
	struct ear one, two;
	int16_t i;

	open_two(&one, &two);
	for (i = 1; i <= 2; i++)
		say_value(&one, i);
	assert_hears(&two, 1);
	assert_hears(&two, 2);
	for (i = 1; i <= 50; i++)
		say_value(&one, i);
	for (i = 48; i <= 50; i++)
		assert_hears(&two, i);
	assert_false(leg_out(two.leg, frame));
	leg_free(one.leg);
	leg_free(two.leg);
}

static void keys_are_told_while_two_talk(void **state)
{
	struct ear one, two;

	open_two(&one, &two);
	leg_key(one.leg, '5');
	assert_int_equal(one.n, 1);
	assert_int_equal(one.told[0].key, '5');
	assert_int_equal(two.n, 0);
	say_value(&one, 7);
	assert_hears(&two, 7);
	leg_free(one.leg);
	leg_free(two.leg);
}

/* The other hears them too: it may be a menu. */
static void tones_are_told_and_heard(void **state)
{
	dtmf_tx_state_t *tx = dtmf_tx_init(NULL);
	struct ear one, two;
	int16_t in[SOUND_FRAME];
	int i;

	ear_open(&one, true);
	ear_open(&two, false);
	leg_join(one.leg, two.leg);
	dtmf_tx_put(tx, "7", -1);
	for (i = 0; i < 10; i++) {
		memset(in, 0, sizeof(in));
		dtmf_tx(tx, in, SOUND_FRAME);
		leg_in(one.leg, in);
		leg_out(two.leg, frame);
		assert_memory_equal(frame, in, sizeof(in));
	}
	assert_int_equal(one.n, 1);
	assert_int_equal(one.told[0].key, '7');
	dtmf_tx_free(tx);
	leg_free(one.leg);
	leg_free(two.leg);
}

static void a_join_cuts_short_what_plays(void **state)
{
	struct ear one, two;

	ear_open(&one, false);
	ear_open(&two, false);
	play(&one, flat(8000, 8000), true);
	leg_out(one.leg, frame);
	leg_join(one.leg, two.leg);
	assert_false(leg_is_playing(one.leg));
	say_value(&two, 1);
	leg_out(one.leg, frame);
	assert_true(frame[0] > 7000); /* it falls within 5 ms */
	assert_int_equal(frame[RAMP], 1);
	assert_int_equal(one.n, 0);
	leg_free(one.leg);
	leg_free(two.leg);
}

/* What the other said last falls off within 5 ms, and no more of it is heard. */
static void assert_parted(struct ear *ear, struct ear *other)
{
	say_value(other, 8000);
	leg_out(ear->leg, frame);
	assert_silence(frame + RAMP, SOUND_FRAME - RAMP);
	assert_false(leg_out(ear->leg, frame));
}

static void parting(void **state)
{
	struct ear one, two;

	open_two(&one, &two);
	say_value(&one, 8000);
	leg_part(two.leg);
	leg_part(two.leg);
	leg_out(two.leg, frame);
	assert_true(frame[0] > 7000 && frame[RAMP - 1] < 400);
	assert_parted(&two, &one);
	assert_parted(&one, &two);

	leg_join(one.leg, two.leg);
	play(&two, flat(SOUND_FRAME, 3), true);
	assert_parted(&one, &two);
	assert_hears(&two, 3);
	assert_int_equal(two.n, 1);

	leg_join(one.leg, two.leg);
	leg_hang_up(two.leg);
	assert_parted(&one, &two);

	leg_join(one.leg, two.leg);
	leg_free(two.leg);
	say_value(&one, 1);
	assert_false(leg_out(one.leg, frame));
	leg_free(one.leg);
}

/* Whoever is passed on to another leaves the first behind. */
static void joined_to_another(void **state)
{
	struct ear one, two, three;

	open_two(&one, &two);
	ear_open(&three, false);
	leg_join(one.leg, three.leg);
	assert_parted(&two, &one);
	assert_hears(&three, 8000);
	say_value(&three, 3);
	assert_hears(&one, 3);
	leg_free(two.leg);
	leg_free(one.leg);
	leg_free(three.leg);
}

static void join_at_a_key(struct ear *ear, const struct leg_told *told)
{
	static struct ear other;

	if (told->event != LEG_KEY)
		return;
	if (told->key == '0') {
		ear_open(&other, false);
		leg_join(ear->leg, other.leg);
	} else {
		leg_free(other.leg);
	}
}

/* "0" cuts the prompt short and joins: the end of what was cut is not told any more. */
static void joined_from_inside_a_key(void **state)
{
	struct ear one;

	ear_open(&one, false);
	one.also = join_at_a_key;
	play(&one, flat(8000, 1), true);
	leg_key(one.leg, '0');
	assert_int_equal(one.n, 1);
	leg_key(one.leg, '1');
	assert_int_equal(one.n, 2);
	assert_false(leg_is_playing(one.leg));
	leg_free(one.leg);
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
		cmocka_unit_test(two_hear_each_other),
		cmocka_unit_test(one_who_is_late_hears_the_newest),
		cmocka_unit_test(keys_are_told_while_two_talk),
		cmocka_unit_test(tones_are_told_and_heard),
		cmocka_unit_test(a_join_cuts_short_what_plays),
		cmocka_unit_test(parting),
		cmocka_unit_test(joined_to_another),
		cmocka_unit_test(joined_from_inside_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
