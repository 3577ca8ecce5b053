// SPDX-License-Identifier: AGPL-3.0-or-later
/* Components are those of 3GPP TS 24.080, messages those of GSUP; libosmocore's coders are the peer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/msgb.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsm0480.h>
#include <osmocom/gsm/gsm48_ie.h>
#include <osmocom/gsm/gsup.h>

#include "wire/gsup_ussd.h"

#define IMSI	"262420000000001"
/* the same, as an information element */
#define IMSI_IE "010862420200000000f1"

/* Octets from hex; in memory of their own, so that a read past the end is seen. */
static uint8_t *octets_of(const char *hex, size_t *len)
{
	uint8_t *out = malloc(strlen(hex) / 2 + 1), *exact;

	*len = (size_t)osmo_hexparse(hex, out, (int)strlen(hex) / 2 + 1);
	assert_int_equal(*len, strlen(hex) / 2);
	exact = malloc(*len ? *len : 1);
	memcpy(exact, out, *len);
	free(out);
	return exact;
}

static enum gsup_ussd_fault read_hex(struct gsup_ussd *out, const char *hex)
{
	size_t len;
	uint8_t *octets = octets_of(hex, &len);
	enum gsup_ussd_fault fault = gsup_ussd_read(out, octets, len);

	free(octets);
	return fault;
}

/* A message of session 7 by a component in hex, "" for none. */
static enum gsup_ussd_fault read_component(struct gsup_ussd *out, uint8_t state,
					   const char *component)
{
	char hex[1200];
	int n = snprintf(hex, sizeof(hex), "20" IMSI_IE "3004000000073101%02x", state);

	if (*component)
		snprintf(hex + n, sizeof(hex) - (size_t)n, "35%02x%s",
			 (unsigned int)strlen(component) / 2, component);
	return read_hex(out, hex);
}

#define BEGIN	 1
#define CONTINUE 2
#define END	 3

static void assert_fault(uint8_t state, const char *component, enum gsup_ussd_fault fault,
			 int invoke_id)
{
	struct gsup_ussd out;

	assert_int_equal(read_component(&out, state, component), fault);
	assert_string_equal(out.imsi, IMSI);
	assert_int_equal(out.session_id, 7);
	assert_int_equal(out.invoke_id, invoke_id);
	assert_string_equal(out.text, "");
}

static void assert_kind(uint8_t state, const char *component, enum gsup_ussd_kind kind,
			int invoke_id, const char *text)
{
	struct gsup_ussd out;

	assert_int_equal(read_component(&out, state, component), GSUP_USSD_OK);
	assert_int_equal(out.kind, kind);
	assert_string_equal(out.imsi, IMSI);
	assert_int_equal(out.session_id, 7);
	assert_int_equal(out.invoke_id, invoke_id);
	assert_string_equal(out.text, text);
	assert_int_equal(out.message_type, OSMO_GSUP_MSGT_PROC_SS_REQUEST);
}

/* What osmo-hlr 1.5 passed on of a phone that dialled *140#, answered 1 and failed. */
static void a_session_of_a_phone(void **state)
{
	struct gsup_ussd out;

	assert_int_equal(read_hex(&out, "20" IMSI_IE "3004000000643101013514"
					"a11202010702013b300a04010f0405aa180d3602"),
			 GSUP_USSD_OK);
	assert_int_equal(out.kind, GSUP_USSD_BEGIN);
	assert_int_equal(out.session_id, 100);
	assert_int_equal(out.invoke_id, 7);
	assert_int_equal(out.dcs, 0x0f);
	assert_string_equal(out.text, "*140#");
	assert_string_equal(out.msisdn, "");
	/* with a message class */
	assert_int_equal(read_hex(&out, "20" IMSI_IE "3004000000743101023512"
					"a210020105300b02013c300604010f0401310a0103"),
			 GSUP_USSD_OK);
	assert_int_equal(out.kind, GSUP_USSD_ANSWER);
	assert_int_equal(out.session_id, 0x74);
	assert_int_equal(out.invoke_id, 5);
	assert_string_equal(out.text, "1");
}

static void components(void **state)
{
	/* linked id, alerting pattern */
	assert_kind(BEGIN, "a11502010180010202013b300a04010f0402aa18040101", GSUP_USSD_BEGIN, 1,
		    "*1");
	assert_kind(CONTINUE, "a203020105", GSUP_USSD_ANSWER, 5, "");
	assert_kind(CONTINUE, "a20f020105300a02013c300504010f0400", GSUP_USSD_ANSWER, 5, "");
	assert_kind(CONTINUE, "a208020105300302013c", GSUP_USSD_ANSWER, 5, "");
	assert_kind(CONTINUE, "a306020105020122", GSUP_USSD_FAILED, 5, "");
	assert_kind(CONTINUE, "a406020105810101", GSUP_USSD_FAILED, 5, "");
	assert_kind(CONTINUE, "a4050500800102", GSUP_USSD_FAILED, -1, "");
	assert_kind(END, "", GSUP_USSD_RELEASE, -1, "");
	assert_kind(END, "a306020105020122", GSUP_USSD_RELEASE, -1, "");
	assert_kind(END, "a3ff", GSUP_USSD_RELEASE, -1, "");
	/* UCS-2 */
	assert_kind(CONTINUE,
		    "a213020105300e02013c30090401480404"
		    "06450062",
		    GSUP_USSD_ANSWER, 5, "\u0645b");
}

static void a_component_is_missing(void **state)
{
	assert_fault(BEGIN, "", GSUP_USSD_NO_COMPONENT, -1);
	assert_fault(CONTINUE, "", GSUP_USSD_NO_COMPONENT, -1);
}

static void lengths_that_do_not_fit(void **state)
{
	static const char good[] = "a11202010702013b300a04010f0405aa180d3602";
	char hex[sizeof(good)];
	size_t i, n = strlen(good) / 2;

	/* every one of the lengths one more, one less */
	static const struct {
		size_t at;
		uint8_t value;
		int invoke_id;
	} bad[] = {
		{ 1, 0x13, -1 }, { 1, 0x11, 7 },  { 3, 2, -1 },	   { 3, 0, -1 },    { 6, 0, 7 },
		{ 6, 2, 7 },	 { 9, 0x0b, 7 },  { 9, 9, 7 },	   { 11, 2, 7 },    { 11, 0, 7 },
		{ 14, 6, 7 },	 { 14, 4, 7 },	  { 14, 0x81, 7 }, { 14, 0x80, 7 }, { 9, 0x80, 7 },
		{ 1, 0x80, -1 }, { 1, 0xff, -1 },
	};

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memcpy(hex, good, sizeof(good));
		snprintf(hex + 2 * bad[i].at, 3, "%02x", bad[i].value);
		hex[2 * bad[i].at + 2] = good[2 * bad[i].at + 2];
		assert_fault(BEGIN, hex, GSUP_USSD_BAD_COMPONENT, bad[i].invoke_id);
	}
	for (i = 1; i < n; i++) {
		memcpy(hex, good, 2 * i);
		hex[2 * i] = '\0';
		assert_fault(BEGIN, hex, GSUP_USSD_BAD_COMPONENT, -1);
	}
	assert_fault(BEGIN, "a11202010702013b300a04010f0405aa180d360200", GSUP_USSD_BAD_COMPONENT,
		     7);
	assert_fault(BEGIN, "a606020105020122", GSUP_USSD_BAD_COMPONENT, 5);
	assert_fault(BEGIN,
		     "a106020107"
		     "02013b",
		     GSUP_USSD_BAD_COMPONENT, 7); /* no argument */
}

static void operations_of_others(void **state)
{
	assert_fault(BEGIN, "a10b02010302010a3003040121", GSUP_USSD_OPERATION, 3); /* registerSS */
	assert_fault(BEGIN, "a11202010702013c300a04010f0405aa180d3602", GSUP_USSD_OPERATION, 7);
	assert_fault(CONTINUE, "a11202010702013b300a04010f0405aa180d3602", GSUP_USSD_OPERATION, 7);
	assert_fault(CONTINUE, "a210020105300b02013b300604010f040131", GSUP_USSD_OPERATION, 5);
	assert_fault(BEGIN, "a210020105300b02013c300604010f040131", GSUP_USSD_OPERATION, 5);
}

static void an_alphabet_that_cannot_be_read(void **state)
{
	assert_fault(BEGIN, "a11202010702013b300a0401600405aa180d3602", GSUP_USSD_ALPHABET, 7);
}

static void messages_of_others(void **state)
{
	struct gsup_ussd out;

	/* an update of location, result */
	assert_int_equal(read_hex(&out, "06" IMSI_IE), GSUP_USSD_OK);
	assert_int_equal(out.kind, GSUP_USSD_OTHER);
	assert_string_equal(out.imsi, IMSI);
	/* PROC_SS_ERROR with a cause */
	assert_int_equal(read_hex(&out, "21" IMSI_IE "0201113004000000073101030a0103"),
			 GSUP_USSD_OK);
	assert_int_equal(out.kind, GSUP_USSD_ERROR);
	assert_int_equal(out.session_id, 7);
	assert_int_equal(out.message_type, OSMO_GSUP_MSGT_PROC_SS_ERROR);
}

static void what_is_not_gsup(void **state)
{
	static const char *const bad[] = {
		"",
		"20",
		"2001",
		"2001ff62",
		"20" IMSI_IE "3004",
		"20" IMSI_IE "30",
		"20" IMSI_IE "3004000000073101",
		"20" IMSI_IE, /* of no session */
		"20" IMSI_IE "300300000731010135020500",
		"20" IMSI_IE "300400000007310035020500",
		"20300400000007310101", /* no IMSI */
		"20010862420200000000f13004000000073101020108ff",
		"2001086242020000000a11300400000007310103",
		"200108624202000000001130040000000731010335020500",
	};
	struct gsup_ussd out;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(read_hex(&out, bad[i]), GSUP_USSD_NOT_GSUP);
		assert_string_equal(out.imsi, "");
		assert_int_equal(out.session_id, 0);
	}
}

static void assert_msisdn(const char *ie, const char *written)
{
	char hex[200];
	struct gsup_ussd out;

	snprintf(hex, sizeof(hex), "20" IMSI_IE "08%02x%s300400000007310103",
		 (unsigned int)strlen(ie) / 2, ie);
	assert_int_equal(read_hex(&out, hex), GSUP_USSD_OK);
	assert_string_equal(out.msisdn, written);
}

static void the_number_of_the_subscriber(void **state)
{
	uint8_t bcd[20];
	char hex[41];
	int n;

	/* TS 24.008 10.5.4.7: international, national, unknown */
	assert_msisdn("911356214365f7", "+31651234567");
	assert_msisdn("a16021436587", "0612345678");
	assert_msisdn("814170", "1407");
	/* as an HLR of Osmocom writes it */
	n = gsm48_encode_bcd_number(bcd, sizeof(bcd), 0, "31650000001");
	osmo_hexdump_buf(hex, sizeof(hex), bcd, n, "", false);
	assert_msisdn(hex, "31650000001");
	n = gsm48_encode_bcd_number(bcd, sizeof(bcd), 0, "1407");
	osmo_hexdump_buf(hex, sizeof(hex), bcd, n, "", false);
	assert_msisdn(hex, "1407");
	/* neither */
	assert_msisdn("", "");
	assert_msisdn("91", "");
	assert_msisdn("91ff", "");
	assert_msisdn("0713562143", "");
	assert_msisdn("91135a2143", "");
	assert_msisdn("9113f62143", ""); /* a filler in the middle */
	assert_msisdn("91111111111111111111111111111111111111111111111111", "");
}

/* ---- what is written */

/* Its component by the peer's GSUP decoder, which must agree on all else. */
static const uint8_t *component_of(struct osmo_gsup_message *gsup, const uint8_t *octets, int n,
				   int session_state)
{
	assert_true(n > 0);
	assert_int_equal(osmo_gsup_decode(octets, (size_t)n, gsup), 0);
	assert_int_equal(gsup->message_type, OSMO_GSUP_MSGT_PROC_SS_RESULT);
	assert_string_equal(gsup->imsi, IMSI);
	assert_int_equal(gsup->session_id, 0xfffffff0);
	assert_int_equal(gsup->session_state, session_state);
	assert_int_equal(gsup->message_class, OSMO_GSUP_MESSAGE_CLASS_UNSET);
	return gsup->ss_info;
}

static struct gsup_ussd_page page_of(const char *text, bool last, enum gsup_ussd_length length)
{
	return (struct gsup_ussd_page){ .imsi = IMSI,
					.session_id = 0xfffffff0,
					.text = text,
					.last = last,
					.invoke_id = 9,
					.length = length };
}

/* In the peer's form a last page is what the peer itself makes, at every length. */
static void last_pages_equal_the_peers(void **state)
{
	struct osmo_gsup_message gsup;
	uint8_t out[GSUP_USSD_MAX];
	char text[183];
	size_t len;

	for (len = 1; len <= 182; len++) {
		struct gsup_ussd_page page = page_of(text, true, GSUP_USSD_ONE_OCTET);
		struct msgb *msg;
		const uint8_t *component;

		memset(text, 'x', len);
		text[len] = '\0';
		msg = gsm0480_gen_ussd_resp_7bit(9, text);
		component = component_of(&gsup, out, gsup_ussd_write_page(out, &page),
					 OSMO_GSUP_SESSION_STATE_END);
		assert_int_equal(gsup.ss_info_len, msgb_length(msg));
		assert_memory_equal(component, msgb_data(msg), msgb_length(msg));
		msgb_free(msg);
	}
}

/* The peer's parser, that of an HLR on the way, reads either kind of page. */
static void the_peer_reads_pages(void **state)
{
	struct osmo_gsup_message gsup;
	uint8_t out[GSUP_USSD_MAX];
	char text[183];
	size_t len;

	for (len = 1; len <= 2 * 158; len++) { /* it has room for 158 characters */
		bool last = len % 2;
		struct gsup_ussd_page page = page_of(text, last, GSUP_USSD_ONE_OCTET);
		struct ss_request request = { 0 };

		memset(text, 'x', (len + 1) / 2);
		text[(len + 1) / 2] = '\0';
		component_of(&gsup, out, gsup_ussd_write_page(out, &page), last ? END : CONTINUE);
		assert_int_equal(gsm0480_parse_facility_ie(gsup.ss_info, (uint16_t)gsup.ss_info_len,
							   &request),
				 0);
		assert_int_equal(request.opcode, last ? GSM0480_OP_CODE_PROCESS_USS_REQ
						      : GSM0480_OP_CODE_USS_REQUEST);
		assert_int_equal(request.invoke_id, 9);
		assert_string_equal((char *)request.ussd_text, text);
	}
}

static void assert_component(const char *text, bool last, enum gsup_ussd_length length,
			     const char *hex)
{
	struct osmo_gsup_message gsup;
	struct gsup_ussd_page page = page_of(text, last, length);
	uint8_t out[GSUP_USSD_MAX], *want;
	const uint8_t *component;
	size_t len;

	component = component_of(&gsup, out, gsup_ussd_write_page(out, &page),
				 last ? END : CONTINUE);
	want = octets_of(hex, &len);
	assert_true(gsup.ss_info_len >= len);
	assert_memory_equal(component, want, len);
	free(want);
}

static void pages_octet_by_octet(void **state)
{
	char text[183] = "";

	assert_component("1", false, GSUP_USSD_BER, "a10e02010902013c300604010f040131");
	assert_component("1", true, GSUP_USSD_BER, "a210020109300b02013b300604010f040131");
	assert_component("\u0645", false, GSUP_USSD_BER,
			 "a10f02010902013c3007040148"
			 "04020645");
	/* X.690 8.1.3.5: 182 letters are 160 octets, three levels of long lengths round them */
	memset(text, 'x', 182);
	assert_component(text, true, GSUP_USSD_BER,
			 "a281b2"
			 "020109"
			 "3081ac"
			 "02013b"
			 "3081a6"
			 "04010f"
			 "0481a0"
			 "78");
	assert_component(text, false, GSUP_USSD_BER,
			 "a181af"
			 "020109"
			 "02013c"
			 "3081a6"
			 "04010f"
			 "0481a0"
			 "78");
	assert_component(text, false, GSUP_USSD_ONE_OCTET,
			 "a1ad"
			 "020109"
			 "02013c"
			 "30a5"
			 "04010f"
			 "04a0"
			 "78");
	/* 112 octets: the most without a long one */
	text[128] = '\0';
	assert_component(text, true, GSUP_USSD_BER,
			 "a27f"
			 "020109"
			 "307a"
			 "02013b"
			 "3075"
			 "04010f"
			 "0470"
			 "78");
	text[128] = 'x';
	text[129] = '\0';
	assert_component(text, true, GSUP_USSD_BER,
			 "a28180"
			 "020109"
			 "307b"
			 "02013b"
			 "3076");
}

/* An answer with text of any length, in both forms of length, is read.  Made of a page that asks: the
 * component of an answer differs from that of a last page in the operation alone. */
static void both_forms_of_length_are_read(void **state)
{
	char text[183];
	uint8_t out[GSUP_USSD_MAX];
	size_t len;
	int form, n, i;

	for (form = 0; form < 2; form++) {
		for (len = 1; len <= 182; len++) {
			struct gsup_ussd_page page = page_of(text, true,
							     (enum gsup_ussd_length)form);
			struct gsup_ussd read;

			memset(text, 'x', len);
			text[len] = '\0';
			n = gsup_ussd_write_page(out, &page);
			for (i = 0; i < n - 2; i++)
				if (memcmp(out + i, "\x02\x01\x3b", 3) == 0)
					out[i + 2] = 0x3c;
			for (i = 0; i < n - 2; i++)
				if (memcmp(out + i, "\x31\x01\x03", 3) == 0)
					out[i + 2] = CONTINUE;
			assert_int_equal(gsup_ussd_read(&read, out, (size_t)n), GSUP_USSD_OK);
			assert_int_equal(read.kind, GSUP_USSD_ANSWER);
			assert_int_equal(read.invoke_id, 9);
			assert_string_equal(read.text, text);
		}
	}
}

static void pages_that_cannot_be(void **state)
{
	char text[184] = "";
	uint8_t out[GSUP_USSD_MAX];
	struct gsup_ussd_page page = page_of(text, false, GSUP_USSD_BER);

	assert_int_equal(gsup_ussd_write_page(out, &page), -EINVAL);
	memset(text, 'x', 183);
	assert_int_equal(gsup_ussd_write_page(out, &page), -EMSGSIZE);
	page.text = "caf\xe9";
	assert_int_equal(gsup_ussd_write_page(out, &page), -EINVAL);
	page.text = "x";
	page.imsi = "";
	assert_int_equal(gsup_ussd_write_page(out, &page), -EINVAL);
	page.imsi = "2624200000000012";
	assert_int_equal(gsup_ussd_write_page(out, &page), -EINVAL);
	page.imsi = "26242000000000x";
	assert_int_equal(gsup_ussd_write_page(out, &page), -EINVAL);
}

static void assert_refusal(const uint8_t *out, int n, struct msgb *theirs)
{
	struct osmo_gsup_message gsup;
	const uint8_t *component = component_of(&gsup, out, n, END);

	assert_int_equal(gsup.ss_info_len, msgb_length(theirs));
	assert_memory_equal(component, msgb_data(theirs), msgb_length(theirs));
	msgb_free(theirs);
}

static void refusals_equal_the_peers(void **state)
{
	uint8_t out[GSUP_USSD_MAX];
	const uint32_t id = 0xfffffff0;

	assert_refusal(out, gsup_ussd_write_error(out, IMSI, id, 3, GSUP_USSD_ERR_SYSTEM_FAILURE),
		       gsm0480_gen_return_error(3, GSM0480_ERR_CODE_SYSTEM_FAILURE));
	assert_refusal(out,
		       gsup_ussd_write_error(out, IMSI, id, 200, GSUP_USSD_ERR_UNKNOWN_ALPHABET),
		       gsm0480_gen_return_error(200, GSM0480_ERR_CODE_UNKNOWN_ALPHABET));
	assert_refusal(out, gsup_ussd_write_reject(out, IMSI, id, -1, GSUP_USSD_BAD_COMPONENT),
		       gsm0480_gen_reject(-1, GSM_0480_PROBLEM_CODE_TAG_GENERAL,
					  GSM_0480_GEN_PROB_CODE_BAD_STRUCTURE));
	assert_refusal(out, gsup_ussd_write_reject(out, IMSI, id, 3, GSUP_USSD_OPERATION),
		       gsm0480_gen_reject(3, GSM_0480_PROBLEM_CODE_TAG_INVOKE,
					  GSM_0480_INVOKE_PROB_CODE_UNRECOGNISED_OPERATION));
	assert_refusal(out, gsup_ussd_write_reject(out, IMSI, id, 3, GSUP_USSD_ALPHABET),
		       gsm0480_gen_reject(3, GSM_0480_PROBLEM_CODE_TAG_INVOKE,
					  GSM_0480_INVOKE_PROB_CODE_MISTYPED_PARAMETER));
	assert_refusal(out, gsup_ussd_write_reject(out, IMSI, id, -1, GSUP_USSD_NO_COMPONENT),
		       gsm0480_gen_reject(-1, GSM_0480_PROBLEM_CODE_TAG_GENERAL,
					  GSM_0480_GEN_PROB_CODE_UNRECOGNISED));
	assert_int_equal(gsup_ussd_write_error(out, "", id, 3, 34), -EINVAL);
	assert_int_equal(gsup_ussd_write_reject(out, "", id, 3, GSUP_USSD_OPERATION), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_of_a_phone),
		cmocka_unit_test(components),
		cmocka_unit_test(a_component_is_missing),
		cmocka_unit_test(lengths_that_do_not_fit),
		cmocka_unit_test(operations_of_others),
		cmocka_unit_test(an_alphabet_that_cannot_be_read),
		cmocka_unit_test(messages_of_others),
		cmocka_unit_test(what_is_not_gsup),
		cmocka_unit_test(the_number_of_the_subscriber),
		cmocka_unit_test(last_pages_equal_the_peers),
		cmocka_unit_test(the_peer_reads_pages),
		cmocka_unit_test(pages_octet_by_octet),
		cmocka_unit_test(both_forms_of_length_are_read),
		cmocka_unit_test(pages_that_cannot_be),
		cmocka_unit_test(refusals_equal_the_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
