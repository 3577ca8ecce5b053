// SPDX-License-Identifier: AGPL-3.0-or-later
/* Layouts are those of 3GPP TS 23.040 clause 9.2; PDUs were made by hand from them or by gammu. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/rfc3339.h"
#include "wire/sms_pdu.h"

static struct sms_tpdu decode(const char *hex, bool from_sc)
{
	struct sms_tpdu tpdu;

	assert_int_equal(sms_pdu_decode_hex(&tpdu, hex, from_sc), 0);
	return tpdu;
}

static void assert_text(const struct sms_tpdu *tpdu, const char *want)
{
	char text[SMS_PIECE_MAX * 3 + 1];

	assert_true(sms_text_join(text, sizeof(text), &tpdu->piece, 1) >= 0);
	assert_string_equal(text, want);
}

static void assert_time(const struct sms_time *time, const char *want)
{
	char text[RFC3339_SIZE];

	assert_true(time->valid);
	assert_string_equal(rfc3339_write(text, time->utc_s, time->offset_min), want);
}

/* A DELIVER from +31612345678 with PID, DCS and user data given in hex. */
static int decode_deliver(struct sms_tpdu *tpdu, const char *first, const char *pid_dcs,
			  const char *user_data)
{
	char hex[512];

	snprintf(hex, sizeof(hex), "00%s0B911316325476F8%s62114270058340%s", first, pid_dcs,
		 user_data);
	return sms_pdu_decode_hex(tpdu, hex, true);
}

static void deliver_is_read(void **state)
{
	struct sms_tpdu tpdu = decode("07911326040000F0040B911346610089F60000208062917314080CC8F71"
				      "D14969741F977FD07",
				      true);

	assert_int_equal(tpdu.type, SMS_DELIVER);
	assert_string_equal(tpdu.smsc, "+31624000000");
	assert_string_equal(tpdu.address, "+31641600986");
	assert_false(tpdu.alphanumeric);
	assert_int_equal(tpdu.class, SMS_CLASS_NONE);
	assert_int_equal(tpdu.concat.total, 0);
	assert_time(&tpdu.time, "2002-08-26T19:37:41Z");
	assert_text(&tpdu, "How are you?");
}

static void lower_case_hex_is_read(void **state)
{
	struct sms_tpdu tpdu = decode("07911326040000f0040b911346610089f60000208062917314080cc8f71"
				      "d14969741f977fd07",
				      true);

	assert_text(&tpdu, "How are you?");
}

static void submit_is_read(void **state)
{
	struct sms_tpdu tpdu = decode("003507048141700000AA0AE8329BFD4697D9EC37", false);

	assert_int_equal(tpdu.type, SMS_SUBMIT);
	assert_int_equal(tpdu.mr, 7);
	assert_string_equal(tpdu.smsc, "");
	assert_string_equal(tpdu.address, "1407");
	assert_int_equal(tpdu.validity_s, 4 * 86400);
	assert_true(tpdu.want_report);
	assert_true(tpdu.reject_duplicates);
	assert_text(&tpdu, "hellohello");
}

static void submit_with_absolute_validity_is_read(void **state)
{
	struct sms_tpdu tpdu = decode("001900048141700000621142700583400AE8329BFD4697D9EC37",
				      false);

	assert_int_equal(tpdu.validity_s, 0);
	assert_text(&tpdu, "hellohello");
}

static void status_report_is_read(void **state)
{
	struct sms_tpdu tpdu = decode("0006420B911316325476F8621142700583406211427010004000", true);

	assert_int_equal(tpdu.type, SMS_STATUS_REPORT);
	assert_int_equal(tpdu.mr, 0x42);
	assert_string_equal(tpdu.address, "+31612345678");
	assert_time(&tpdu.time, "2026-11-24T07:50:38+01:00");
	assert_time(&tpdu.discharge, "2026-11-24T07:01:00+01:00");
	assert_int_equal(tpdu.status, 0x00);
}

static void status_report_may_end_early(void **state)
{
	static const char whole[] = "0006420B911316325476F8621142700583406211427010004030"
				    "070004" /* PI: PID, DCS, UDL */
				    "05E8329BFD06";
	char hex[sizeof(whole)];
	struct sms_tpdu tpdu;
	size_t n;

	for (n = 52; n < sizeof(whole); n += 2) {
		memcpy(hex, whole, n);
		hex[n] = '\0';
		tpdu = decode(hex, true);
		assert_int_equal(tpdu.status, 0x30);
		assert_int_equal(tpdu.class, SMS_CLASS_NONE);
	}
	memcpy(hex, whole, 50);
	hex[50] = '\0';
	assert_int_equal(sms_pdu_decode_hex(&tpdu, hex, true), -EBADMSG);
}

static void direction_decides_the_type(void **state)
{
	static const char deliver[] = "00040B911316325476F80000621142700583400AE8329BFD4697D9EC37";
	struct sms_tpdu tpdu;
	char hex[sizeof(deliver)];

	memcpy(hex, deliver, sizeof(hex));
	assert_int_equal(sms_pdu_decode_hex(&tpdu, hex, false), -EBADMSG); /* DELIVER-REPORT */
	hex[3] = '7';							   /* MTI 11 */
	assert_int_equal(decode(hex, true).type, SMS_DELIVER);
	assert_int_equal(sms_pdu_decode_hex(&tpdu, hex, false), -EBADMSG);
	hex[3] = '5';
	assert_int_equal(sms_pdu_decode_hex(&tpdu, hex, true), -EBADMSG); /* SUBMIT-REPORT */
	hex[3] = '6';
	assert_int_equal(sms_pdu_decode_hex(&tpdu, hex, false), -EBADMSG); /* COMMAND */
}

static void cut_pdu_is_refused_at_every_octet(void **state)
{
	static const char whole[] = "07911326040000F0440B911346610089F600002080629173140811"
				    "050003CC0202906536FB0D";
	uint8_t *pdu;
	struct sms_tpdu tpdu;
	size_t i, n;

	for (n = 0; n < (sizeof(whole) - 1) / 2; n++) {
		pdu = malloc(n + 1); /* not one octet too many to read */
		for (i = 0; i < n; i++) {
			char two[3] = { whole[2 * i], whole[2 * i + 1], '\0' };

			pdu[i] = (uint8_t)strtoul(two, NULL, 16);
		}
		assert_int_equal(sms_pdu_decode(&tpdu, pdu, n, true), -EBADMSG);
		free(pdu);
	}
}

static void bad_hex_is_refused(void **state)
{
	struct sms_tpdu tpdu;
	char longest[2 * SMS_PDU_READ_MAX + 3];

	assert_int_equal(sms_pdu_decode_hex(&tpdu, "", true), -EBADMSG);
	assert_int_equal(sms_pdu_decode_hex(&tpdu, "0", true), -EBADMSG);
	assert_int_equal(sms_pdu_decode_hex(&tpdu, "0G", true), -EBADMSG);
	assert_int_equal(sms_pdu_decode_hex(&tpdu, "00 04", true), -EBADMSG);
	memset(longest, '0', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(sms_pdu_decode_hex(&tpdu, longest, true), -EBADMSG);
}

static void names_are_read_by_their_semi_octets(void **state)
{
	struct sms_tpdu tpdu = { .type = SMS_DELIVER, .class = SMS_CLASS_NONE };
	char hex[2 * SMS_TPDU_MAX + 1], pdu[256];
	size_t len;

	/* septets 4B 50 4E */
	snprintf(pdu, sizeof(pdu), "000406D04BA813%s6211427005834000", "0000");
	tpdu = decode(pdu, true);
	assert_true(tpdu.alphanumeric);
	assert_string_equal(tpdu.address, "KPN");

	/* seven characters in 13 semi-octets, or in 14 with filler that is no '@' */
	tpdu = decode("00040DD0C772BB5C76D301"
		      "0000"
		      "6211427005834000",
		      true);
	tpdu = decode("00040ED0C772BB5C76D301"
		      "0000"
		      "6211427005834000",
		      true);
	assert_string_equal(tpdu.address, "Gemeent");

	/* as written by us, every length */
	for (len = 1; len <= 11; len++) {
		size_t tpdu_len;

		memset(&tpdu, 0, sizeof(tpdu));
		tpdu.class = SMS_CLASS_NONE;
		tpdu.alphanumeric = true;
		snprintf(tpdu.address, len + 1, "Gemeente070");
		assert_true(sms_pdu_encode_hex(hex, &tpdu_len, &tpdu) > 0);
		assert_memory_equal(decode(hex, true).address, "Gemeente070", len);
		assert_int_equal(strlen(decode(hex, true).address), len);
	}
}

static void times_carry_the_sign_of_their_zone(void **state)
{
	struct sms_tpdu tpdu;

	tpdu = decode("00040B911316325476F80000621142700583"
		      "0A"
		      "00",
		      true);
	assert_time(&tpdu.time, "2026-11-24T07:50:38-05:00");
	tpdu = decode("00040B911316325476F80000621142700583"
		      "22"
		      "00",
		      true);
	assert_time(&tpdu.time, "2026-11-24T07:50:38+05:30");
	tpdu = decode("00040B911316325476F80000992113325595"
		      "00"
		      "00",
		      true);
	assert_time(&tpdu.time, "1999-12-31T23:55:59Z");
}

static void bad_times_cost_only_the_time(void **state)
{
	static const char *const times[] = { "A2114270058340", "62314270058340", "62110070058340",
					     "62114242058340", "621142700583F4", "FFFFFFFFFFFFFF" };
	struct sms_tpdu tpdu;
	char hex[128];
	size_t i;

	for (i = 0; i < 6; i++) {
		snprintf(hex, sizeof(hex), "00040B911316325476F80000%s0AE8329BFD4697D9EC37",
			 times[i]);
		tpdu = decode(hex, true);
		assert_false(tpdu.time.valid);
		assert_int_equal(tpdu.time.utc_s, 0);
		assert_text(&tpdu, "hellohello");
	}
}

static void data_coding_groups_are_told_apart(void **state)
{
	static const struct {
		const char *dcs;
		int alphabet, class;
		bool compressed;
	} codings[] = {
		{ "00", SMS_GSM7, -1, false }, { "04", SMS_8BIT, -1, false },
		{ "08", SMS_UCS2, -1, false }, { "0C", SMS_GSM7, -1, false },
		{ "10", SMS_GSM7, 0, false },  { "13", SMS_GSM7, 3, false },
		{ "03", SMS_GSM7, -1, false }, { "18", SMS_UCS2, 0, false },
		{ "15", SMS_8BIT, 1, false },  { "20", SMS_8BIT, -1, true },
		{ "48", SMS_UCS2, -1, false }, { "51", SMS_GSM7, 1, false },
		{ "80", SMS_GSM7, -1, false }, { "B8", SMS_GSM7, -1, false },
		{ "C8", SMS_GSM7, -1, false }, { "D0", SMS_GSM7, -1, false },
		{ "E0", SMS_UCS2, -1, false }, { "EB", SMS_UCS2, -1, false },
		{ "F0", SMS_GSM7, 0, false },  { "F6", SMS_8BIT, 2, false },
	};
	struct sms_tpdu tpdu;
	char pid_dcs[8];
	size_t i;

	for (i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		snprintf(pid_dcs, sizeof(pid_dcs), "00%s", codings[i].dcs);
		assert_int_equal(decode_deliver(&tpdu, "04", pid_dcs, "0400610062"), 0);
		assert_int_equal(tpdu.piece.alphabet, codings[i].alphabet);
		assert_int_equal(tpdu.class, codings[i].class);
		assert_int_equal(tpdu.compressed, codings[i].compressed);
	}
}

static void replace_types_are_told(void **state)
{
	struct sms_tpdu tpdu;

	assert_int_equal(decode_deliver(&tpdu, "04", "4700", "00"), 0);
	assert_int_equal(tpdu.replace, 7);
	assert_int_equal(decode_deliver(&tpdu, "04", "4000", "00"), 0);
	assert_int_equal(tpdu.replace, 0);
	assert_int_equal(tpdu.pid, 0x40);
}

static void header_elements_are_read(void **state)
{
	struct sms_tpdu tpdu;

	/* 8-bit reference, one bit of fill */
	assert_int_equal(decode_deliver(&tpdu, "44", "0000",
					"0B050003CC0302"
					"90E53C"
					"0B"),
			 0);
	assert_int_equal(tpdu.concat.ref, 0xcc);
	assert_int_equal(tpdu.concat.bits, 8);
	assert_int_equal(tpdu.concat.total, 3);
	assert_int_equal(tpdu.concat.number, 2);
	assert_int_equal(tpdu.piece.len, 4);
	/* 16-bit reference and ports, UCS-2 */
	assert_int_equal(decode_deliver(&tpdu, "44", "0008",
					"0F"
					"0C"
					"0804012C0201"
					"050415B39C40"
					"0061"),
			 0);
	assert_int_equal(tpdu.concat.ref, 300);
	assert_int_equal(tpdu.concat.bits, 16);
	assert_int_equal(tpdu.concat.number, 1);
	assert_int_equal(tpdu.port_to, 0x15b3);
	assert_int_equal(tpdu.port_from, 0x9c40);
	assert_text(&tpdu, "a");
	/* 8-bit ports and an element that is not known */
	assert_int_equal(decode_deliver(&tpdu, "44", "0004",
					"08"
					"07"
					"0402F0F1"
					"7F0100"),
			 0);
	assert_int_equal(tpdu.port_to, 0xf0);
	/* shift tables: Turkish single, Portuguese locking */
	assert_int_equal(decode_deliver(&tpdu, "44", "0000",
					"08"
					"06"
					"240101"
					"250103"),
			 0);
	assert_int_equal(tpdu.piece.single, SMS_LANG_TURKISH);
	assert_int_equal(tpdu.piece.locking, SMS_LANG_PORTUGUESE);
	assert_int_equal(tpdu.piece.len, 0);
}

static void last_reference_wins(void **state)
{
	struct sms_tpdu tpdu;

	assert_int_equal(decode_deliver(&tpdu, "44", "0008",
					"0C"
					"0B"
					"0003AA0201"
					"0804BBCC0302"),
			 0);
	assert_int_equal(tpdu.concat.ref, 0xbbcc);
	assert_int_equal(tpdu.concat.number, 2);
}

static void impossible_part_numbers_are_left_out(void **state)
{
	static const char *const elements[] = { "0003AA0200", "0003AA0001", "0003AA0203" };
	struct sms_tpdu tpdu;
	char user_data[64];
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(user_data, sizeof(user_data),
			 "08"
			 "05"
			 "%s"
			 "0061",
			 elements[i]);
		assert_int_equal(decode_deliver(&tpdu, "44", "0008", user_data), 0);
		assert_int_equal(tpdu.concat.total, 0);
		assert_text(&tpdu, "a");
	}
}

static void header_with_an_element_too_long_does_not_count(void **state)
{
	struct sms_tpdu tpdu;

	assert_int_equal(decode_deliver(&tpdu, "44", "0008",
					"0C"
					"09"
					"0003AA0201"
					"0009FFFF"
					"0061"),
			 0);
	assert_int_equal(tpdu.concat.total, 0);
	assert_text(&tpdu, "a");
}

static void header_longer_than_the_data_is_refused(void **state)
{
	struct sms_tpdu tpdu;

	assert_int_equal(decode_deliver(&tpdu, "44", "0008",
					"05"
					"05"
					"0003AA02"),
			 -EBADMSG);
	assert_int_equal(decode_deliver(&tpdu, "44", "0008", "00"), -EBADMSG);
	assert_int_equal(decode_deliver(&tpdu, "44", "0000",
					"05"
					"05"
					"0003AA02"),
			 -EBADMSG);
}

static void lengths_over_the_limit_are_refused(void **state)
{
	struct sms_tpdu tpdu;
	char user_data[301];

	memset(user_data, '0', sizeof(user_data) - 1);
	user_data[sizeof(user_data) - 1] = '\0';
	memcpy(user_data, "A0", 2);
	assert_int_equal(decode_deliver(&tpdu, "04", "0000", user_data), 0);
	memcpy(user_data, "A1", 2);
	assert_int_equal(decode_deliver(&tpdu, "04", "0000", user_data), -EBADMSG);
	memcpy(user_data, "8D", 2);
	assert_int_equal(decode_deliver(&tpdu, "04", "0008", user_data), -EBADMSG);
}

static void written_submit_has_the_layout_of_the_standard(void **state)
{
	struct sms_tpdu tpdu = { .type = SMS_SUBMIT,
				 .class = 0,
				 .mr = 5,
				 .want_report = true,
				 .validity_s = 4 * 86400,
				 .piece = { .alphabet = SMS_GSM7, .len = 10 } };
	char hex[2 * SMS_TPDU_MAX + 1];
	size_t len;

	memcpy(tpdu.piece.data, "hellohello", 10);
	strcpy(tpdu.address, "+31612345678");
	assert_int_equal(sms_pdu_encode_hex(hex, &len, &tpdu), 24);
	assert_int_equal(len, 23);
	assert_string_equal(hex, "0031050B911316325476F80010AA0AE8329BFD4697D9EC37");
	strcpy(tpdu.smsc, "+31624000000");
	strcpy(tpdu.address, "14070");
	tpdu.class = SMS_CLASS_NONE;
	tpdu.validity_s = 0;
	tpdu.want_report = false;
	assert_int_equal(sms_pdu_encode_hex(hex, &len, &tpdu), 27);
	assert_int_equal(len, 19);
	assert_string_equal(hex, "07911326040000F00105058141"
				 "70F0"
				 "00000AE8329BFD4697D9EC37");
}

static void validity_is_rounded_up(void **state)
{
	static const struct {
		int64_t asked_s, got_s;
	} periods[] = {
		{ 1, 300 },
		{ 300, 300 },
		{ 301, 600 },
		{ 43200, 43200 },
		{ 43201, 45000 },
		{ 86400, 86400 },
		{ 86401, 2 * 86400 },
		{ 30 * 86400, 30 * 86400 },
		{ 30 * 86400 + 1, 35 * 86400 },
		{ 36 * 86400, 42 * 86400 },
		{ 441 * 86400, 441 * 86400 },
		{ INT64_MAX, 441 * 86400 },
	};
	struct sms_tpdu tpdu = { .type = SMS_SUBMIT, .class = SMS_CLASS_NONE, .address = "14070" };
	uint8_t pdu[SMS_TPDU_MAX];
	struct sms_tpdu back;
	size_t i, len;

	for (i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
		int n;

		tpdu.validity_s = periods[i].asked_s;
		n = sms_pdu_encode(pdu, &len, &tpdu);
		assert_true(n > 0);
		assert_int_equal(sms_pdu_decode(&back, pdu, (size_t)n, false), 0);
		assert_int_equal(back.validity_s, periods[i].got_s);
	}
}

static void largest_pdus_fit(void **state)
{
	struct sms_tpdu tpdu = { .type = SMS_DELIVER,
				 .class = SMS_CLASS_NONE,
				 .smsc = "+12345678901234567890",
				 .address = "+12345678901234567890",
				 .piece = { .alphabet = SMS_GSM7, .len = 160 } };
	uint8_t pdu[SMS_TPDU_MAX];
	size_t len;

	assert_int_equal(sms_pdu_encode(pdu, &len, &tpdu), 175);
	tpdu.type = SMS_SUBMIT;
	tpdu.validity_s = 300;
	assert_true(sms_pdu_encode(pdu, &len, &tpdu) > 0);
	tpdu.concat = (struct sms_concat){ .bits = 16, .total = 2, .number = 1 };
	assert_int_equal(sms_pdu_encode(pdu, &len, &tpdu), -EINVAL);
	tpdu.piece.len = 152;
	assert_true(sms_pdu_encode(pdu, &len, &tpdu) > 0);
	tpdu.piece.single = SMS_LANG_TURKISH;
	tpdu.piece.len = 148;
	assert_true(sms_pdu_encode(pdu, &len, &tpdu) > 0);
	tpdu.piece.locking = SMS_LANG_TURKISH;
	tpdu.piece.len = 145;
	assert_true(sms_pdu_encode(pdu, &len, &tpdu) > 0);
	tpdu.piece.len = 146;
	assert_int_equal(sms_pdu_encode(pdu, &len, &tpdu), -EINVAL);
}

static void bad_addresses_cannot_be_written(void **state)
{
	static const char *const addresses[] = { "", "+", "KPN", "+31 6", "123456789012345678901" };
	struct sms_tpdu tpdu = { .type = SMS_SUBMIT, .class = SMS_CLASS_NONE };
	uint8_t pdu[SMS_TPDU_MAX];
	size_t i, len;

	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		strcpy(tpdu.address, addresses[i]);
		assert_int_equal(sms_pdu_encode(pdu, &len, &tpdu), -EINVAL);
	}
	strcpy(tpdu.address, "*#100#");
	assert_true(sms_pdu_encode(pdu, &len, &tpdu) > 0);
	tpdu.alphanumeric = true;
	assert_int_equal(sms_pdu_encode(pdu, &len, &tpdu), -EINVAL);
}

static void key_is_the_same_for_the_same_message_only(void **state)
{
	struct sms_tpdu tpdu = decode("07911326040000F0040B911346610089F60000208062917314080CC8F71"
				      "D14969741F977FD07",
				      true);
	char key[SMS_KEY_SIZE], other[SMS_KEY_SIZE];

	sms_pdu_key(key, &tpdu);
	assert_int_equal(strlen(key), 32);
	strcpy(tpdu.smsc, "+31624000001");
	sms_pdu_key(other, &tpdu);
	assert_string_equal(key, other);
	tpdu.time.utc_s++;
	sms_pdu_key(other, &tpdu);
	assert_string_not_equal(key, other);
	tpdu.time.utc_s--;
	tpdu.piece.data[3] ^= 1;
	sms_pdu_key(other, &tpdu);
	assert_string_not_equal(key, other);
	tpdu.piece.data[3] ^= 1;
	tpdu.concat.number = 2;
	sms_pdu_key(other, &tpdu);
	assert_string_not_equal(key, other);
}

static void outcome_follows_the_ranges_of_the_status(void **state)
{
	assert_int_equal(sms_outcome(0x00), SMS_OUT_DELIVERED);
	assert_int_equal(sms_outcome(0x1f), SMS_OUT_DELIVERED);
	assert_int_equal(sms_outcome(0x20), SMS_OUT_TRYING);
	assert_int_equal(sms_outcome(0x3f), SMS_OUT_TRYING);
	assert_int_equal(sms_outcome(0x46), SMS_OUT_FAILED);
	assert_int_equal(sms_outcome(0x65), SMS_OUT_FAILED);
	assert_int_equal(sms_outcome(0x80), SMS_OUT_FAILED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(deliver_is_read),
		cmocka_unit_test(lower_case_hex_is_read),
		cmocka_unit_test(submit_is_read),
		cmocka_unit_test(submit_with_absolute_validity_is_read),
		cmocka_unit_test(status_report_is_read),
		cmocka_unit_test(status_report_may_end_early),
		cmocka_unit_test(direction_decides_the_type),
		cmocka_unit_test(cut_pdu_is_refused_at_every_octet),
		cmocka_unit_test(bad_hex_is_refused),
		cmocka_unit_test(names_are_read_by_their_semi_octets),
		cmocka_unit_test(times_carry_the_sign_of_their_zone),
		cmocka_unit_test(bad_times_cost_only_the_time),
		cmocka_unit_test(data_coding_groups_are_told_apart),
		cmocka_unit_test(replace_types_are_told),
		cmocka_unit_test(header_elements_are_read),
		cmocka_unit_test(last_reference_wins),
		cmocka_unit_test(impossible_part_numbers_are_left_out),
		cmocka_unit_test(header_with_an_element_too_long_does_not_count),
		cmocka_unit_test(header_longer_than_the_data_is_refused),
		cmocka_unit_test(lengths_over_the_limit_are_refused),
		cmocka_unit_test(written_submit_has_the_layout_of_the_standard),
		cmocka_unit_test(validity_is_rounded_up),
		cmocka_unit_test(largest_pdus_fit),
		cmocka_unit_test(bad_addresses_cannot_be_written),
		cmocka_unit_test(key_is_the_same_for_the_same_message_only),
		cmocka_unit_test(outcome_follows_the_ranges_of_the_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
