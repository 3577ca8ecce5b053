// SPDX-License-Identifier: AGPL-3.0-or-later
/* GeoReport v2: answers as its documentation shows them and as real servers bend them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <talloc.h>

#include "wire/form.h"
#include "wire/open311.h"

static int receipt(void *ctx, struct open311_receipt *out, const char *text)
{
	return open311_read_receipt(ctx, out, text, strlen(text));
}

static void receipts_are_read(void **state)
{
	void *ctx = talloc_new(NULL);
	struct open311_receipt r;

	/* the JSON example of POST Service Request */
	assert_int_equal(
		receipt(ctx, &r,
			"[{\"service_request_id\":293944,\"service_notice\":\"The City will "
			"inspect\",\"account_id\":null}]"),
		0);
	assert_string_equal(r.service_request_id, "293944");
	assert_int_equal(receipt(ctx, &r, "[{\"token\":\"12345\"}]"), 0);
	assert_null(r.service_request_id);
	assert_string_equal(r.token, "12345");
	assert_int_equal(receipt(ctx, &r, "{\"service_request_id\":\"SR-1\"}"), 0);
	assert_string_equal(r.service_request_id, "SR-1");
	assert_int_equal(receipt(ctx, &r, "[{\"update_id\":\"u-1\"}]"), 0);
	assert_string_equal(r.update_id, "u-1");
	talloc_free(ctx);
}

static void error_lists_are_put_in_words(void **state)
{
	void *ctx = talloc_new(NULL);
	struct open311_receipt r;

	assert_int_equal(receipt(ctx, &r,
				 "[{\"code\":403,\"description\":\"Missing jurisdiction_id\"},"
				 "{\"code\":400,\"description\":\"Missing service_code\"}]"),
			 0);
	assert_null(r.service_request_id);
	assert_string_equal(r.error, "Missing jurisdiction_id; Missing service_code");
	assert_int_equal(receipt(ctx, &r, "{\"errors\":[{\"description\":\"no\"}]}"), 0);
	assert_string_equal(r.error, "no");
	assert_int_equal(receipt(ctx, &r, "{\"error\":\"no\\nDWEB ERROR forged\"}"), 0);
	assert_string_equal(r.error, "no DWEB ERROR forged");
	talloc_free(ctx);
}

static void what_is_no_receipt_is_none(void **state)
{
	static const char *const wrong[] = { "",
					     "[]",
					     "{}",
					     "<html>",
					     "[{\"token\":\"\"}]",
					     "[1]",
					     "[{\"service_request_id\":\"a b\"}]",
					     "[{\"service_request_id\":null}]" };
	void *ctx = talloc_new(NULL);
	struct open311_receipt r;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(receipt(ctx, &r, wrong[i]), -EBADMSG);
	talloc_free(ctx);
}

static void a_number_that_is_too_long_is_refused(void **state)
{
	char text[OPEN311_ID_MAX + 64], id[OPEN311_ID_MAX + 2];
	struct open311_receipt r;

	memset(id, '7', sizeof(id));
	id[OPEN311_ID_MAX + 1] = '\0';
	snprintf(text, sizeof(text), "[{\"token\":\"%s\"}]", id);
	assert_int_equal(receipt(NULL, &r, text), -EBADMSG);
}

static void states_follow_the_extended_list(void **state)
{
	static const char *const words[][2] = {
		{ "open", "forwarded" },
		{ "CLOSED", "solved" },
		{ "INVESTIGATING", "forwarded" },
		{ "IN_PROGRESS", "in_progress" },
		{ "ACTION_SCHEDULED", "planned" },
		{ "FIXED", "solved" },
		{ "DUPLICATE", "rejected" },
		{ "NOT_COUNCILS_RESPONSIBILITY", "rejected" },
		{ "NO_FURTHER_ACTION", "rejected" },
		{ "INTERNAL_REFERRAL", "forwarded" },
		{ "REOPEN", "reopened" },
		{ "FOR_TRIAGE", "forwarded" },
		{ "CANCELLED", "rejected" },
		{ "whatever", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_string_equal(open311_state(words[i][0], false), words[i][1]);
	assert_string_equal(open311_state("open", true), "planned");
	assert_string_equal(open311_state("closed", true), "solved");
}

static void a_list_of_requests_is_read(void **state)
{
	/* GET Service Request, shortened */
	static const char text[] =
		"[{\"service_request_id\":638344,\"status\":\"closed\",\"status_notes\":\"Duplicate "
		"request.\\n\",\"service_name\":\"Sidewalk\",\"requested_datetime\":"
		"\"2010-04-14T06:37:38-08:00\",\"updated_datetime\":\"2010-04-14T06:37:38-08:00\","
		"\"expected_datetime\":\"2010-04-15T06:37:38-08:00\",\"lat\":37.762221815},"
		"{\"status\":\"open\"},7,"
		"{\"service_request_id\":\"2\",\"status\":\"open\",\"extended_status\":\"IN_PROGRESS\"}]";
	struct open311_item *items;
	size_t skipped;

	assert_int_equal(open311_read_items(NULL, &items, &skipped, text, strlen(text)), 2);
	assert_int_equal(skipped, 2);
	assert_string_equal(items[0].service_request_id, "638344");
	assert_string_equal(items[0].state, "solved");
	assert_string_equal(items[0].note, "Duplicate request. ");
	assert_int_equal(items[0].updated_s, 1271255858);
	assert_int_equal(items[0].expected_s, 1271342258);
	assert_null(items[0].update_id);
	assert_string_equal(items[1].state, "in_progress");
	talloc_free(items);
}

static void what_is_no_list_is_refused(void **state)
{
	struct open311_item *items;

	assert_int_equal(open311_read_items(NULL, &items, NULL, "{}", 2), -EBADMSG);
	assert_int_equal(open311_read_items(NULL, &items, NULL, "[", 1), -EBADMSG);
	assert_int_equal(open311_read_items(NULL, &items, NULL, "[]", 2), 0);
	talloc_free(items);
}

/* One field of a form, into a buffer. */
static const char *field(const char *form, const char *wanted, char *value, size_t size)
{
	struct form_reader reader;
	char name[64];

	form_open(&reader, form, strlen(form));
	while (form_next(&reader, name, sizeof(name), value, size) > 0)
		if (!strcmp(name, wanted))
			return value;
	return NULL;
}

static void an_order_becomes_a_form(void **state)
{
	struct open311_request request = {
		.service_code = "container-full",
		.api_key = "k&y",
		.located = true,
		.lat = 52.0766123,
		.lon = 4.3148,
		.address_string = "Spui 70, Centrum",
		.phone = "14070 4829153",
		.key = "f-1",
		.reference = "4829153",
		.urgent = true,
	};
	char *form, *more = talloc_strdup(NULL, ""), value[8192];

	for (int i = 0; i < 4010; i++)
		more = talloc_strdup_append_buffer(more, "é");
	request.description = more;
	form = open311_write_request(NULL, &request);
	assert_string_equal(field(form, "api_key", value, sizeof(value)), "k&y");
	assert_string_equal(field(form, "lat", value, sizeof(value)), "52.076612");
	assert_string_equal(field(form, "long", value, sizeof(value)), "4.314800");
	assert_string_equal(field(form, "attribute[idempotency_key]", value, sizeof(value)), "f-1");
	assert_string_equal(field(form, "attribute[urgent]", value, sizeof(value)), "true");
	assert_int_equal(strlen(field(form, "description", value, sizeof(value))), 2 * 4000);
	assert_null(field(form, "jurisdiction_id", value, sizeof(value)));
	assert_null(field(form, "device_id", value, sizeof(value)));
	talloc_free(form);
	talloc_free(more);
}

static void an_order_without_code_or_place_is_none(void **state)
{
	struct open311_request request = { .service_code = "x" };

	assert_null(open311_write_request(NULL, &request));
	request.address_string = "Spui";
	request.service_code = "";
	assert_null(open311_write_request(NULL, &request));
}

static void other_resources_stand_beside(void **state)
{
	char *url = open311_url(NULL, "https://x.nl/a/requests.json?k=1", "tokens/7.json", "b=2");

	assert_string_equal(url, "https://x.nl/a/tokens/7.json?b=2");
	talloc_free(url);
	assert_null(open311_url(NULL, "https://x.nl/hook", "tokens/7.json", NULL));
	assert_null(open311_url(NULL, "", "tokens/7.json", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(receipts_are_read),
		cmocka_unit_test(error_lists_are_put_in_words),
		cmocka_unit_test(what_is_no_receipt_is_none),
		cmocka_unit_test(a_number_that_is_too_long_is_refused),
		cmocka_unit_test(states_follow_the_extended_list),
		cmocka_unit_test(a_list_of_requests_is_read),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(an_order_becomes_a_form),
		cmocka_unit_test(an_order_without_code_or_place_is_none),
		cmocka_unit_test(other_resources_stand_beside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
