// SPDX-License-Identifier: AGPL-3.0-or-later
/* Packets are laid out by RFC 4733 2.3. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/utils.h>

#include "wire/telephone_event.h"

#define END 0x80

static struct telephone_events events;
static char pressed[64];

static void packet(uint32_t timestamp, uint8_t event, uint8_t end, uint16_t duration)
{
	uint8_t payload[] = { event, end | 10, (uint8_t)(duration >> 8), (uint8_t)duration };
	char keys[TELEPHONE_EVENT_KEYS];
	size_t n = telephone_events_take(&events, timestamp, payload, sizeof(payload), keys);

	assert_true(strlen(pressed) + n < sizeof(pressed));
	strncat(pressed, keys, n);
}

static void assert_pressed(const char *keys)
{
	assert_string_equal(pressed, keys);
	memset(&events, 0, sizeof(events));
	memset(pressed, 0, sizeof(pressed));
}

static void a_press_is_one_key(void **state)
{
	int i;

	for (i = 1; i <= 5; i++)
		packet(1000, 5, 0, (uint16_t)(160 * i));
	for (i = 0; i < 3; i++)
		packet(1000, 5, END, 960);
	assert_pressed("5");
}

/* A second "5" without an end of the first, a late packet after the end, a key of which only an end came:
 * what libre's own receiver gets wrong. */
static void whatever_is_lost_or_late(void **state)
{
	packet(1000, 5, 0, 160);
	packet(4000, 5, 0, 160);
	packet(4000, 5, END, 800);
	packet(1000, 5, END, 800);
	packet(4000, 5, 0, 320);
	packet(8000, 11, END, 800);
	packet(8000, 11, END, 800);
	assert_pressed("55#");
}

static void all_keys_and_no_others(void **state)
{
	int event;

	for (event = 0; event < 256; event++)
		packet(1000 * (uint32_t)event, (uint8_t)event, END, 800);
	assert_pressed("0123456789*#ABCD");
}

static void the_timestamp_runs_over(void **state)
{
	packet(0xffffff00, 1, 0, 160);
	packet(0xffffff00, 1, END, 800);
	packet(0x300, 1, 0, 160);
	packet(0xffffff00, 1, END, 800);
	assert_pressed("11");
}

/* Held for 20 s: three segments, RFC 4733 2.5.1.3. */
static void a_long_press_is_one_key(void **state)
{
	packet(11200, 3, 0, 160);
	packet(11200, 3, 0, 0xffff);
	packet(11200 + 0xffff, 3, 0, 160);
	packet(11200 + 0xffff, 3, 0, 0xffff);
	packet(11200, 3, 0, 0xffff); /* late */
	packet(11200 + 2 * 0xffff, 3, 0, 160);
	packet(11200 + 2 * 0xffff, 3, END, 28930);
	assert_pressed("3");
}

static void several_in_one_packet(void **state)
{
	static const uint8_t payload[] = { 9, END | 7, 6, 0x40, 1, END | 7, 7, 8, 1, 7, 7, 8 };
	char keys[TELEPHONE_EVENT_KEYS];

	assert_int_equal(telephone_events_take(&events, 0, payload, sizeof(payload), keys), 3);
	assert_memory_equal(keys, "911", 3);
	assert_int_equal(telephone_events_take(&events, 0, payload, sizeof(payload), keys), 0);
	packet(1600 + 1800, 1, 0, 1800); /* the third, alone */
	assert_pressed("");
}

static void what_is_short(void **state)
{
	static const uint8_t payload[] = { 9, END, 0, 160, 8, END, 0 };
	char keys[TELEPHONE_EVENT_KEYS];
	size_t len;

	for (len = 0; len < 4; len++)
		assert_int_equal(telephone_events_take(&events, 0, payload, len, keys), 0);
	assert_int_equal(telephone_events_take(&events, 0, payload, sizeof(payload), keys), 1);
	assert_int_equal(keys[0], '9');
	assert_pressed("");
}

/* ---- SIP INFO */

static void assert_relay(const char *body, char key, unsigned int duration_ms)
{
	unsigned int ms;
	char got;

	assert_int_equal(dtmf_relay_read(&got, &ms, body, strlen(body)), 0);
	assert_int_equal(got, key);
	assert_int_equal(ms, duration_ms);
}

static void a_relay(void **state)
{
	assert_relay("Signal=1\r\nDuration=160\r\n", '1', 160);
	assert_relay("Signal=5\nDuration=100", '5', 100);
	assert_relay("Signal= *\r\nDuration= 250\r\n", '*', 250);
	assert_relay("signal = #", '#', 0);
	assert_relay("DURATION=40\r\nSIGNAL=d\r\n\r\n", 'D', 40);
	assert_relay("Signal=10\r\n", '*', 0);
	assert_relay("Signal=11\r\n", '#', 0);
	assert_relay("Signal=0\r\nVolume=10\r\n", '0', 0);
}

static void no_relay(void **state)
{
	static const char *const bodies[] = {
		"",
		"\r\n",
		"Duration=160\r\n",
		"Signal=\r\n",
		"Signal=12x",
		"Signal=16",
		"Signal=99",
		"Signal=E",
		"Signal",
		"5",
		"Signal=1\r\nSignal=2\r\n",
		"Signal=1\r\nDuration=x",
		"Signal=!",
		"Signal 1\r\n",
		"Signal=1\r\nDuration=-1\r\n",
		"Signal=1\r\nDuration=1000000",
	};
	unsigned int ms;
	size_t i;
	char key;

	for (i = 0; i < ARRAY_SIZE(bodies); i++) {
		assert_int_equal(dtmf_relay_read(&key, &ms, bodies[i], strlen(bodies[i])), -EINVAL);
		assert_int_equal(key, 0);
	}
	assert_int_equal(dtmf_relay_read(&key, &ms, "Signal=\0", 8), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_press_is_one_key),
		cmocka_unit_test(whatever_is_lost_or_late),
		cmocka_unit_test(all_keys_and_no_others),
		cmocka_unit_test(the_timestamp_runs_over),
		cmocka_unit_test(a_long_press_is_one_key),
		cmocka_unit_test(several_in_one_packet),
		cmocka_unit_test(what_is_short),
		cmocka_unit_test(a_relay),
		cmocka_unit_test(no_relay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
