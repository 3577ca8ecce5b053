// SPDX-License-Identifier: AGPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <talloc.h>

#include "wire/open311_server.h"

static int setup(void **state)
{
	*state = talloc_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static int read_form(void *ctx, struct open311_filing *out, const char *form)
{
	char *why;

	return open311_read_filing(ctx, out, form, strlen(form), &why);
}

/* The example of GeoReport v2, POST Service Request. */
static void the_example_of_the_standard_is_read(void **state)
{
	struct open311_filing f;

	assert_int_equal(
		read_form(*state, &f,
			  "api_key=xyz&jurisdiction_id=city.gov&service_code=001&lat=37.76524078&"
			  "long=-122.4212043&address_string=1234+5th+street&"
			  "email=smit333%40sfgov.edu&device_id=tt222111&account_id=123456&"
			  "first_name=john&last_name=smith&phone=111111111&"
			  "description=A+large+sinkhole+is+destroying+the+street&"
			  "media_url=http%3A%2F%2Ffarm3.static.flickr.com%2F2002%2F2212426634_"
			  "5ed477a060.jpg&attribute[WHISPAWN]=123456&attribute[WHISDORN]=COISL001"),
		0);
	assert_string_equal(f.api_key, "xyz");
	assert_string_equal(f.service_code, "001");
	assert_true(f.located);
	assert_float_equal(f.lat, 37.76524078, 1e-9);
	assert_float_equal(f.lon, -122.4212043, 1e-9);
	assert_string_equal(f.address_string, "1234 5th street");
	assert_string_equal(f.description, "A large sinkhole is destroying the street");
	assert_null(f.key);
	assert_false(f.sms);
}

static void what_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *form;
		int rc;
	} cases[] = {
		{ "service_code=a&lat=1&long=2", 0 },
		{ "service_code=a&address_id=7", 0 },
		{ "", -EINVAL },
		{ "lat=1&long=2", -EINVAL },
		{ "service_code=a", -EINVAL },
		{ "service_code=a&lat=1", -EINVAL },
		{ "service_code=a&lat=90.1&long=2", -EINVAL },
		{ "service_code=a&lat=1&long=-180.5", -EINVAL },
		{ "service_code=a&lat=inf&long=2", -EINVAL },
		{ "service_code=a&lat=1e1&long=2", -EINVAL },
		{ "service_code=a&lat=1&long=2&media_url=ftp://x", -EINVAL },
		{ "service_code=a&lat=1&long=2&media_url=http://x&media_url=ftp://x", -EINVAL },
		{ "service_code=a&lat=1&long=2&media_url[]=http://x%0Ajavascript:a", -EINVAL },
		{ "service_code=%ff&lat=1&long=2", -EBADMSG },
		{ "service_code=%4&lat=1&long=2", -EBADMSG },
		{ "service_code=a%00&lat=1&long=2", -EBADMSG },
	};
	struct open311_filing f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (read_form(*state, &f, cases[i].form) != cases[i].rc)
			fail_msg("%s", cases[i].form);
	}
}

static void lines_of_a_description_stay_and_controls_go(void **state)
{
	struct open311_filing f;

	assert_int_equal(read_form(*state, &f,
				   "service_code=a&address_id=1&description=+a%0D%0Ab%0Dc%08d%0A"),
			 0);
	assert_string_equal(f.description, "a\nb\nc d");
}

/* FixMyStreet repeats the field for each picture. */
static void pictures_are_one_a_line_and_ten_at_most(void **state)
{
	char *form = talloc_strdup(*state, "service_code=a&address_id=1&media_url=");
	struct open311_filing f;

	for (int i = 0; i < OPEN311_MEDIA_MAX; i++) {
		form = talloc_asprintf_append(form, "&media_url%s=https%%3A%%2F%%2Fa%%2F%d",
					      i % 2 ? "[]" : "", i);
		assert_int_equal(read_form(*state, &f, form), 0);
		if (i == 1)
			assert_string_equal(f.media_url, "https://a/0\nhttps://a/1");
	}
	form = talloc_strdup_append(form, "&media_url=https://a/b");
	assert_int_equal(read_form(*state, &f, form), -EINVAL);
}

static int read_word(void *ctx, struct open311_word *out, const char *form)
{
	char *why;

	return open311_read_word(ctx, out, form, strlen(form), &why);
}

/* The members are those that FixMyStreet's Open311.pm sends; the time is its W3CDTF. */
static void an_update_has_its_picture_and_its_time(void **state)
{
	static const char sent[] =
		"jurisdiction_id=denhaag.nl&api_key=k&updated_datetime=2010-05-24T02:00:00%2B02:00&"
		"service_request_id=5724000&status=OPEN&email=a%40example.nl&description=Nog+steeds&"
		"last_name=Jansen&first_name=Jan&media_url=https%3A%2F%2Ffms.example%2Fphoto%2Fc%2F7.full.jpeg&"
		"public_anonymity_required=TRUE&service_request_id_ext=12";
	char *with = talloc_asprintf(*state, "%s&update_id=7", sent);
	struct open311_word w;

	assert_int_equal(read_word(*state, &w, with), 0);
	assert_int_equal(w.updated_s, 1274659200); /* 2010-05-24T00:00:00Z */
	assert_string_equal(w.media_url, "https://fms.example/photo/c/7.full.jpeg");
	assert_string_equal(w.update_id, "7");
	with = talloc_asprintf(*state, "%s&update_id_ext=8", sent); /* use_extended_updates */
	assert_int_equal(read_word(*state, &w, with), 0);
	assert_string_equal(w.update_id, "8");
	assert_int_equal(read_word(*state, &w, sent), -EINVAL);
	assert_int_equal(read_word(*state, &w, "service_request_id=1&update_id=1&status=OPEN"), 0);
	assert_int_equal(w.updated_s, 0);
	assert_null(w.media_url);
	for (size_t i = 0; i < 2; i++) {
		static const char *const wrong[] = { "updated_datetime=gisteren",
						     "media_url=javascript:alert(1)" };

		with = talloc_asprintf(*state, "service_request_id=1&update_id=1&status=OPEN&%s",
				       wrong[i]);
		assert_int_equal(read_word(*state, &w, with), -EINVAL);
	}
}

static int query(void *ctx, struct open311_query *q, const char *target)
{
	struct target t;
	char *why;

	assert_int_equal(target_read(&t, target), 0);
	return open311_read_query(ctx, q, &t, 1700000000, &why);
}

static void dates_span_ninety_days(void **state)
{
	struct open311_query q;

	assert_int_equal(query(*state, &q, "/r?status=open"), 0);
	assert_int_equal(q.to_s, 1700000000);
	assert_int_equal(q.from_s, 1700000000 - 90 * 86400);
	assert_true(q.open && !q.closed);
	assert_int_equal(q.limit, 1000);
	assert_int_equal(query(*state, &q, "/r?start_date=2010-05-24T00:00:00Z"), 0);
	assert_int_equal(q.from_s, 1274659200);
	assert_int_equal(q.to_s, 1274659200 + 90 * 86400);
	assert_int_equal(query(*state, &q,
			       "/r?start_date=2010-01-01T00:00:00Z&end_date=2010-04-01T00:00:00Z"),
			 0);
	assert_int_equal(query(*state, &q,
			       "/r?start_date=2010-01-01T00:00:00Z&end_date=2010-04-01T00:00:01Z"),
			 -EINVAL);
	assert_int_equal(query(*state, &q, "/r?updated_after=2010-01-01&start_date=2010-01-01"),
			 -EINVAL);
	assert_int_equal(query(*state, &q, "/r?service_request_id=1,,2&start_date=never"), 0);
	assert_int_equal(q.n_refs, 2);
	assert_int_equal(query(*state, &q, "/r?service_code=a,b"), 0);
	assert_string_equal(q.codes, ",a,b,");
}

static void xml_is_that_of_the_standard(void **state)
{
	json_t *json = json_pack("[{s:i,s:s}]", "code", 403, "description",
				 "a<b>&\"c\" \x01\xef\xbf\xbf\xe2\x82\xac");

	assert_string_equal(open311_xml(*state, "errors", "error", json),
			    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<errors><error>"
			    "<code>403</code><description>a&lt;b&gt;&amp;\"c\" \xe2\x82\xac"
			    "</description></error></errors>\n");
	json_decref(json);
	json = json_pack("{s:s,s:[{s:b,s:[{s:s}]}],s:n}", "service_code", "DMV66", "attributes",
			 "variable", 1, "values", "key", "123", "nothing");
	assert_string_equal(open311_xml(*state, "service_definition", NULL, json),
			    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service_definition>"
			    "<service_code>DMV66</service_code><attributes><attribute>"
			    "<variable>true</variable><values><value><key>123</key></value>"
			    "</values></attribute></attributes><nothing></nothing>"
			    "</service_definition>\n");
	json_decref(json);
}

/* In as many pieces as one likes. */
static char *list_of(void *ctx, const json_t *records, bool xml)
{
	struct open311_list list = { .xml = xml, .root = "errors", .item = "error" };
	char *all = open311_list_begin(ctx, &list);

	for (size_t i = 0; i < json_array_size(records); i++) {
		char *piece = open311_list_add(talloc_strdup(ctx, ""), &list,
					       json_array_get(records, i));

		all = talloc_strdup_append_buffer(all, piece);
	}
	return open311_list_end(all, &list);
}

static void pieces_of_a_list_are_the_list(void **state)
{
	json_t *records = json_pack("[{s:s,s:n},{s:s},{s:i}]", "a", "<&>", "b", "a", "", "a", 7);
	json_t *none = json_array(), *read;

	assert_string_equal(list_of(*state, records, true),
			    open311_xml(*state, "errors", "error", records));
	assert_string_equal(list_of(*state, none, true),
			    open311_xml(*state, "errors", "error", none));
	read = json_loads(list_of(*state, records, false), JSON_REJECT_DUPLICATES, NULL);
	assert_true(json_equal(read, records));
	json_decref(read);
	read = json_loads(list_of(*state, none, false), JSON_REJECT_DUPLICATES, NULL);
	assert_true(json_equal(read, none));
	json_decref(read);
	json_decref(none);
	json_decref(records);
}

static void numbers_and_addresses_are_hidden(void **state)
{
	static const char *const cases[][2] = {
		{ "Bel 06-12345678!", "Bel ...!" },
		{ "+31 (0)70 353 30 00", "..." },
		{ "Spui 70, container 4711", "Spui 70, container 4711" },
		{ "mail jan@example.nl, of niet", "mail ..., of niet" },
		{ "@ 12 @x", "@ 12 @x" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(open311_public(*state, cases[i][0]), cases[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_example_of_the_standard_is_read, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_of_a_description_stay_and_controls_go, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_update_has_its_picture_and_its_time, setup,
						teardown),
		cmocka_unit_test_setup_teardown(pictures_are_one_a_line_and_ten_at_most, setup,
						teardown),
		cmocka_unit_test_setup_teardown(dates_span_ninety_days, setup, teardown),
		cmocka_unit_test_setup_teardown(xml_is_that_of_the_standard, setup, teardown),
		cmocka_unit_test_setup_teardown(pieces_of_a_list_are_the_list, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_and_addresses_are_hidden, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
