// SPDX-License-Identifier: AGPL-3.0-or-later
/* Standard Webhooks: the vector that its specification publishes, and what must not pass. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <talloc.h>

#include "wire/webhook.h"

/* The example of the specification and of its reference libraries. */
#define SECRET	  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID	  "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIMESTAMP 1614265330
#define BODY	  "{\"test\": 2432232314}"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static struct webhook_secret secret_of(const char *text)
{
	struct webhook_secret secret;

	assert_int_equal(webhook_secret_read(&secret, text), 0);
	return secret;
}

static int verify(const char *id, const char *timestamp, const char *signature, const char *body,
		  int64_t now_s)
{
	struct webhook_secret secret = secret_of(SECRET);
	struct webhook_headers headers = { id, timestamp, signature };

	return webhook_verify(&secret, &headers, body, strlen(body), now_s);
}

static void the_published_example_is_signed_alike(void **state)
{
	struct webhook_secret secret = secret_of(SECRET);
	char out[WEBHOOK_SIGNATURE_SIZE];

	webhook_sign(out, &secret, ID, TIMESTAMP, BODY, strlen(BODY));
	assert_string_equal(out, SIGNATURE);
}

static void the_published_example_is_accepted(void **state)
{
	assert_int_equal(verify(ID, "1614265330", SIGNATURE, BODY, TIMESTAMP), 0);
	assert_int_equal(verify(ID, "1614265330", SIGNATURE, BODY, TIMESTAMP + 300), 0);
	assert_int_equal(verify(ID, "1614265330", SIGNATURE, BODY, TIMESTAMP - 300), 0);
}

static void one_good_signature_among_several_suffices(void **state)
{
	assert_int_equal(verify(ID, "1614265330",
				"v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= "
				"v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= " SIGNATURE,
				BODY, TIMESTAMP),
			 0);
}

static void a_changed_byte_is_forged(void **state)
{
	assert_int_equal(verify(ID, "1614265330", SIGNATURE, "{\"test\": 2432232315}", TIMESTAMP),
			 -EBADMSG);
	assert_int_equal(verify("msg_x", "1614265330", SIGNATURE, BODY, TIMESTAMP), -EBADMSG);
	assert_int_equal(verify(ID, "1614265331", SIGNATURE, BODY, TIMESTAMP), -EBADMSG);
}

static void another_version_or_half_a_signature_is_forged(void **state)
{
	static const char *const wrong[] = {
		"",
		"v1,",
		"v1",
		"v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		"v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		"g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE",
		"v1,g0hM9SsE",
		"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=x",
		"  v1,%%%  ",
		/* an octet that libsodium 1.0.18 reads as if it were the '/' */
		("v1,g0hM9SsE+OTPJTGt\x81"
		 "tmIKtSyZlE3uFJELVlNIOLJ1OE="),
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(verify(ID, "1614265330", wrong[i], BODY, TIMESTAMP), -EBADMSG);
}

static void too_old_and_too_new_is_told_apart_from_forged(void **state)
{
	assert_int_equal(verify(ID, "1614265330", SIGNATURE, BODY, TIMESTAMP + 301), -ETIME);
	assert_int_equal(verify(ID, "1614265330", SIGNATURE, BODY, TIMESTAMP - 301), -ETIME);
}

static void headers_that_are_missing_or_no_headers_are_invalid(void **state)
{
	char long_id[WEBHOOK_ID_MAX + 2];

	memset(long_id, 'a', sizeof(long_id));
	long_id[WEBHOOK_ID_MAX + 1] = '\0';
	assert_int_equal(verify(NULL, "1614265330", SIGNATURE, BODY, TIMESTAMP), -EINVAL);
	assert_int_equal(verify(ID, NULL, SIGNATURE, BODY, TIMESTAMP), -EINVAL);
	assert_int_equal(verify(ID, "1614265330", NULL, BODY, TIMESTAMP), -EINVAL);
	assert_int_equal(verify("", "1614265330", SIGNATURE, BODY, TIMESTAMP), -EINVAL);
	assert_int_equal(verify("a b", "1614265330", SIGNATURE, BODY, TIMESTAMP), -EINVAL);
	assert_int_equal(verify(long_id, "1614265330", SIGNATURE, BODY, TIMESTAMP), -EINVAL);
	assert_int_equal(verify(ID, "16142653x", SIGNATURE, BODY, TIMESTAMP), -EINVAL);
	assert_int_equal(verify(ID, "-1614265330", SIGNATURE, BODY, TIMESTAMP), -EINVAL);
	assert_int_equal(verify(ID, "99999999999999999999", SIGNATURE, BODY, TIMESTAMP), -EINVAL);
}

static void secrets_are_read_with_and_without_prefix(void **state)
{
	struct webhook_secret secret = secret_of(" whsec_a2tr\r\n");

	assert_int_equal(secret.len, 3);
	assert_memory_equal(secret.key, "kkk", 3);
	secret = secret_of("plain words\n");
	assert_int_equal(secret.len, 11);
	assert_memory_equal(secret.key, "plain words", 11);
	assert_int_equal(webhook_secret_read(&secret, ""), -EINVAL);
	assert_int_equal(webhook_secret_read(&secret, " \n"), -EINVAL);
	assert_int_equal(webhook_secret_read(&secret, "whsec_***"), -EINVAL);
}

static void an_event_is_the_json_that_the_design_names(void **state)
{
	struct webhook_event event = {
		.type = "report.created",
		.at_s = TIMESTAMP,
		.reference = "4829153",
		.category = "container-full",
		.description = "vol \"écht\"",
		.located = true,
		.lat = 52.5,
		.lon = 4.25,
		.state = "received",
		.contact = "14070 4829153",
	};
	char *text = webhook_write(NULL, &event);

	assert_string_equal(
		text,
		"{\"type\":\"report.created\",\"timestamp\":\"2021-02-25T15:02:10Z\",\"data\":{"
		"\"reference\":\"4829153\",\"status\":\"received\",\"category\":\"container-full\","
		"\"description\":\"vol \\\"écht\\\"\",\"contact\":\"14070 4829153\","
		"\"lat\":52.5,\"long\":4.25,\"urgent\":false}}");
	talloc_free(text);
	event.description = "\xff";
	assert_null(webhook_write(NULL, &event));
	event.description = NULL;
	event.reference = NULL;
	assert_null(webhook_write(NULL, &event));
}

static void their_number_is_found_in_an_answer(void **state)
{
	static const char *const answers[][2] = {
		{ "{\"id\": 17}", "17" },
		{ "{\"reference\": \"A-1\"}", "A-1" },
		{ "{\"service_request_id\": \"x\"}", "x" },
		{ "{\"id\": null}", NULL },
		{ "{\"id\": \"a\\nb\"}", NULL },
		{ "[]", NULL },
		{ "", NULL },
		{ "<html>", NULL },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		char *ref = webhook_their_ref(NULL, answers[i][0], strlen(answers[i][0]));

		if (answers[i][1])
			assert_string_equal(ref, answers[i][1]);
		else
			assert_null(ref);
		talloc_free(ref);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_example_is_signed_alike),
		cmocka_unit_test(the_published_example_is_accepted),
		cmocka_unit_test(one_good_signature_among_several_suffices),
		cmocka_unit_test(a_changed_byte_is_forged),
		cmocka_unit_test(another_version_or_half_a_signature_is_forged),
		cmocka_unit_test(too_old_and_too_new_is_told_apart_from_forged),
		cmocka_unit_test(headers_that_are_missing_or_no_headers_are_invalid),
		cmocka_unit_test(secrets_are_read_with_and_without_prefix),
		cmocka_unit_test(an_event_is_the_json_that_the_design_names),
		cmocka_unit_test(their_number_is_found_in_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
