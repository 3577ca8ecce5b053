// SPDX-License-Identifier: AGPL-3.0-or-later
/* What a SIP call is made of, without a network: RTP's header (RFC 3550 5.1), keys by several
 * ways, the jitter buffer, and G.711 as spandsp has it. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>
#include <spandsp.h>

#include "line/sip_codec.h"
#include "line/sip_jitter.h"
#include "line/sip_keys.h"
#include "line/sip_rtp.h"

/* ---- RTP */

static void header_is_read(void **state)
{
	static const uint8_t data[] = {
		0x80, 0x88, 0x12, 0x34, 0, 0, 0, 160, 1, 2, 3, 4, 0xd5, 0xd6
	};
	struct sip_rtp rtp;

	assert_int_equal(sip_rtp_read(data, sizeof(data), &rtp), 0);
	assert_true(rtp.marker);
	assert_int_equal(rtp.payload_type, 8);
	assert_int_equal(rtp.seq, 0x1234);
	assert_int_equal(rtp.timestamp, 160);
	assert_int_equal(rtp.ssrc, 0x01020304);
	assert_int_equal(rtp.len, 2);
	assert_int_equal(rtp.payload[0], 0xd5);
}

/* Padding, an extension of one word and a contributing source around one octet. */
static void all_that_a_header_can_have(void **state)
{
	uint8_t data[] = { 0xb1, 0x08, 0,    1,	   0, 0, 0, 1, 0, 0, 0,	   1, 9, 9,
			   9,	 9,    0xbe, 0xde, 0, 1, 7, 7, 7, 7, 0x55, 0, 0, 3 };
	struct sip_rtp rtp;

	assert_int_equal(sip_rtp_read(data, sizeof(data), &rtp), 0);
	assert_int_equal(rtp.len, 1);
	assert_int_equal(rtp.payload[0], 0x55);
	data[sizeof(data) - 1] = 5; /* more padding than there is */
	assert_int_equal(sip_rtp_read(data, sizeof(data), &rtp), -EINVAL);
	data[sizeof(data) - 1] = 0;
	assert_int_equal(sip_rtp_read(data, sizeof(data), &rtp), -EINVAL);
	data[19] = 200; /* an extension longer than all */
	assert_int_equal(sip_rtp_read(data, sizeof(data), &rtp), -EINVAL);
}

static void what_is_no_rtp_is_refused(void **state)
{
	uint8_t data[64] = { 0x80 };
	struct sip_rtp rtp;

	for (size_t len = 0; len < SIP_RTP_HEADER; len++)
		assert_int_equal(sip_rtp_read(data, len, &rtp), -EINVAL);
	data[0] = 0x40;
	assert_int_equal(sip_rtp_read(data, sizeof(data), &rtp), -EINVAL);
	data[0] = 0x8f; /* fifteen sources: 72 octets */
	assert_int_equal(sip_rtp_read(data, sizeof(data), &rtp), -EINVAL);
}

/* ---- ways */

static void the_better_way_wins(void **state)
{
	struct sip_keys ks = { 0 };

	assert_true(sip_keys_take(&ks, SIP_KEY_TONE, '1', 1000));
	assert_false(sip_keys_take(&ks, SIP_KEY_INFO, '1', 1200)); /* the same press */
	assert_false(sip_keys_take(&ks, SIP_KEY_TONE, '2', 2000)); /* INFO tells it better */
	assert_true(sip_keys_take(&ks, SIP_KEY_INFO, '2', 2100));
	assert_true(sip_keys_take(&ks, SIP_KEY_INFO, '2', 2300)); /* pressed twice */
	assert_true(sip_keys_take(&ks, SIP_KEY_EVENT, '3', 2400));
	assert_false(sip_keys_take(&ks, SIP_KEY_INFO, '3', 2500));
}

/* ---- jitter */

/* The sample that belongs to a timestamp: no two near each other are the same. */
static int16_t sample_of(uint32_t timestamp)
{
	return 1000 + timestamp % 20000;
}

static void put(struct sip_jitter *jb, uint32_t timestamp, size_t n)
{
	int16_t samples[SIP_PACKET_SAMPLES];

	for (size_t i = 0; i < n; i++)
		samples[i] = sample_of(timestamp + i);
	sip_jitter_put(jb, timestamp, samples, n);
}

static bool heard(struct sip_jitter *jb, uint32_t timestamp)
{
	int16_t frame[SOUND_FRAME];

	if (!sip_jitter_get(jb, frame))
		return false;
	for (size_t i = 0; i < SOUND_FRAME; i++)
		assert_int_equal(frame[i], sample_of(timestamp + i));
	return true;
}

static void order_and_length_do_not_matter(void **state)
{
	struct sip_jitter jb;

	sip_jitter_init(&jb);
	put(&jb, 0xffffff00u, 240);
	put(&jb, 0xffffff00u + 480, 240);
	put(&jb, 0xffffff00u + 240, 240);
	put(&jb, 0xffffff00u + 240, 240);
	while (!heard(&jb, 0xffffff00u))
		assert_true(jb.concealed < 10);
	for (uint32_t at = 160; at < 720 - 80; at += 160)
		assert_true(heard(&jb, 0xffffff00u + at));
}

static void a_gap_is_the_last_sound_fading(void **state)
{
	struct sip_jitter jb;
	int16_t frame[SOUND_FRAME];
	int before = 30000;

	sip_jitter_init(&jb);
	put(&jb, 0, 160);
	while (!heard(&jb, 0))
		assert_true(jb.concealed < 10);
	for (int i = 0; i < 4; i++) {
		int peak = 0;

		assert_false(sip_jitter_get(&jb, frame));
		for (size_t k = 0; k < SOUND_FRAME; k++)
			peak = OSMO_MAX(peak, abs(frame[k]));
		assert_true(peak > 0 && peak < before);
		before = peak;
	}
	assert_false(sip_jitter_get(&jb, frame));
	for (size_t k = 0; k < SOUND_FRAME; k++)
		assert_int_equal(frame[k], 0);
	put(&jb, jb.next, 160);
	assert_true(heard(&jb, jb.next));
}

/* Packets that come up to 100 ms late: after the delay has grown, none is missed. */
static void the_delay_grows_as_needed(void **state)
{
	struct sip_jitter jb;
	uint64_t concealed = 0;

	sip_jitter_init(&jb);
	for (int burst = 0; burst < 40; burst++) {
		int16_t frame[SOUND_FRAME];

		for (int i = 0; i < 5; i++)
			put(&jb, (burst * 5 + i) * 160, 160);
		if (burst == 20)
			concealed = jb.concealed;
		for (int i = 0; i < 5; i++)
			sip_jitter_get(&jb, frame);
	}
	assert_int_equal(jb.concealed, concealed);
}

/* A sender whose clock runs 1 % fast: half a minute later no more lies ready than in the beginning. */
static void drift_is_taken_up(void **state)
{
	struct sip_jitter jb;
	int16_t frame[SOUND_FRAME];
	uint32_t sent = 0;

	sip_jitter_init(&jb);
	for (int i = 0; i < 3000; i++) {
		put(&jb, sent++ * 160, 160);
		if (i % 100 == 99)
			put(&jb, sent++ * 160, 160);
		sip_jitter_get(&jb, frame);
		assert_true((int32_t)(jb.newest - jb.next) <= 10 * SOUND_FRAME);
	}
	assert_int_equal(jb.resynced, 0);
}

/* And one whose timestamps jump back or far ahead is heard again soon. */
static void a_sender_may_begin_anew(void **state)
{
	static const uint32_t jumps[] = { 0x80000000u, 5, 1000000, 990000 };
	struct sip_jitter jb;

	sip_jitter_init(&jb);
	for (size_t j = 0; j < ARRAY_SIZE(jumps); j++) {
		int right = 0;

		for (int i = 0; i < 40; i++) {
			int16_t frame[SOUND_FRAME];

			put(&jb, jumps[j] + i * 160, 160);
			right += sip_jitter_get(&jb, frame);
		}
		assert_true(right >= 25);
	}
}

/* ---- codecs */

static void g711_is_that_of_a_peer(void **state)
{
	struct sip_coder *co = sip_coder_alloc();
	int16_t frame[SOUND_FRAME], back[SIP_PACKET_SAMPLES];
	uint8_t data[SOUND_FRAME];

	for (int at = -32768; at < 32768; at += SOUND_FRAME) {
		for (int i = 0; i < SOUND_FRAME; i++)
			frame[i] = OSMO_MIN(at + i, 32767);
		assert_int_equal(sip_encode(co, SIP_PCMA, frame, data), SOUND_FRAME);
		assert_int_equal(sip_decode(co, SIP_PCMA, data, SOUND_FRAME, back), SOUND_FRAME);
		for (int i = 0; i < SOUND_FRAME; i++) {
			/* on a border between two levels either may be taken */
			assert_int_equal(back[i], alaw_to_linear(data[i]));
			assert_in_range(abs(back[i] - frame[i]), 0, 8 + abs(frame[i]) / 24);
		}
		sip_encode(co, SIP_PCMU, frame, data);
		sip_decode(co, SIP_PCMU, data, SOUND_FRAME, back);
		for (int i = 0; i < SOUND_FRAME; i++) {
			/* some tables have the two zeros apart */
			assert_in_range(abs(back[i] - ulaw_to_linear(data[i])), 0, 2);
			assert_in_range(abs(back[i] - frame[i]), 0, 16 + abs(frame[i]) / 24);
		}
	}
	sip_coder_free(co);
}

static void gsm_sounds_alike(void **state)
{
	struct sip_coder *co = sip_coder_alloc();
	double both = 0, out = 0, in = 0;

	for (int f = 0; f < 50; f++) {
		int16_t frame[SOUND_FRAME], back[SIP_PACKET_SAMPLES];
		uint8_t data[SOUND_FRAME];

		for (int i = 0; i < SOUND_FRAME; i++)
			frame[i] = 8000 * sin(2 * M_PI * 440 * (f * SOUND_FRAME + i) / SOUND_RATE);
		assert_int_equal(sip_encode(co, SIP_GSM, frame, data), 33);
		assert_int_equal(sip_decode(co, SIP_GSM, data, 33, back), SOUND_FRAME);
		for (int i = 0; i < SOUND_FRAME; i++) {
			both += (double)frame[i] * back[i];
			in += (double)frame[i] * frame[i];
			out += (double)back[i] * back[i];
		}
	}
	assert_true(both / sqrt(in * out) > 0.9);
	sip_coder_free(co);
}

static void odd_lengths_are_no_packets(void **state)
{
	struct sip_coder *co = sip_coder_alloc();
	int16_t out[SIP_PACKET_SAMPLES];
	uint8_t data[2 * SIP_PACKET_SAMPLES] = { 0 };

	assert_int_equal(sip_decode(co, SIP_GSM, data, 32, out), 0);
	assert_int_equal(sip_decode(co, SIP_GSM, data, 33, out), 0); /* no GSM magic */
	assert_int_equal(sip_decode(co, SIP_GSM, data, 33 * 9, out), 0);
	assert_int_equal(sip_decode(co, SIP_PCMA, data, SIP_PACKET_SAMPLES + 1, out), 0);
	assert_int_equal(sip_decode(co, SIP_PCMA, data, SIP_PACKET_SAMPLES, out),
			 SIP_PACKET_SAMPLES);
	sip_coder_free(co);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_is_read),
		cmocka_unit_test(all_that_a_header_can_have),
		cmocka_unit_test(what_is_no_rtp_is_refused),
		cmocka_unit_test(the_better_way_wins),
		cmocka_unit_test(order_and_length_do_not_matter),
		cmocka_unit_test(a_gap_is_the_last_sound_fading),
		cmocka_unit_test(the_delay_grows_as_needed),
		cmocka_unit_test(drift_is_taken_up),
		cmocka_unit_test(a_sender_may_begin_anew),
		cmocka_unit_test(g711_is_that_of_a_peer),
		cmocka_unit_test(gsm_sounds_alike),
		cmocka_unit_test(odd_lengths_are_no_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
