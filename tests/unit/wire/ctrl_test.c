// SPDX-License-Identifier: AGPL-3.0-or-later
/* The answers are those of osmo-hlr 1.5.0 to the questions that stand beside them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/ctrl.h"

static int read_text(struct ctrl_answer *out, const char *text)
{
	/* on the heap without NUL, so that a read past the end is seen */
	size_t len = strlen(text);
	uint8_t *copy = malloc(len + 1);
	int rc;

	memcpy(copy, text, len);
	copy = realloc(copy, len ? len : 1);
	rc = ctrl_read_msisdn(out, copy, len);
	free(copy);
	return rc;
}

static void a_question_is_as_the_hlr_takes_it(void **state)
{
	char out[CTRL_ASK_SIZE];

	assert_int_equal(ctrl_write_msisdn(out, 4, "901700000000001"), 47);
	assert_string_equal(out, "GET 4 subscriber.by-imsi-901700000000001.msisdn");
}

static void no_imsi_no_question(void **state)
{
	char out[CTRL_ASK_SIZE];

	assert_int_equal(ctrl_write_msisdn(out, 1, ""), -EINVAL);
	assert_int_equal(ctrl_write_msisdn(out, 1, "1.info 2"), -EINVAL);
	assert_int_equal(ctrl_write_msisdn(out, 1, "1234567890123456"), -EINVAL);
}

static void a_number_is_read(void **state)
{
	struct ctrl_answer a;

	assert_int_equal(
		read_text(&a, "GET_REPLY 4 subscriber.by-imsi-901700000000001.msisdn 31612345678"),
		0);
	assert_int_equal(a.id, 4);
	assert_string_equal(a.msisdn, "31612345678");
}

static void who_has_none_or_is_unknown_has_none(void **state)
{
	static const char *const answers[] = {
		"GET_REPLY 9 subscriber.by-imsi-901700000000002.msisdn none",
		"GET_REPLY 9 subscriber.by-imsi-901700000000002.msisdn ",
		"GET_REPLY 9 subscriber.by-imsi-901700000000002.msisdn",
		"GET_REPLY 9 subscriber.by-imsi-901700000000002.msisdn 1234567890123456",
		"ERROR 9 No such subscriber.",
		"ERROR 9",
	};
	struct ctrl_answer a;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		assert_int_equal(read_text(&a, answers[i]), 0);
		assert_int_equal(a.id, 9);
		assert_string_equal(a.msisdn, "");
	}
}

static void what_is_no_answer_is_refused(void **state)
{
	static const char *const others[] = {
		"",
		" ",
		"TRAP 0 something 1",
		"GET_REPLY",
		"GET_REPLY x subscriber.by-imsi-1.msisdn 31612345678",
		"GET_REPLY 4294967296 subscriber.by-imsi-1.msisdn 31612345678",
		"GET_REPLY 4 subscriber.by-imsi-1.info 31612345678",
		"GET_REPLY 4 subscriber.by-imsi-.msisdn 31612345678",
		"ERROR err Command parser error.",
		"SET_REPLY 4 subscriber.by-imsi-1.msisdn 31612345678",
	};
	struct ctrl_answer a;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(read_text(&a, others[i]), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_as_the_hlr_takes_it),
		cmocka_unit_test(no_imsi_no_question),
		cmocka_unit_test(a_number_is_read),
		cmocka_unit_test(who_has_none_or_is_unknown_has_none),
		cmocka_unit_test(what_is_no_answer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
