// SPDX-License-Identifier: AGPL-3.0-or-later
/* Signals as docs/openapi.yaml of Signalen has them: what is written, what is read, and what is not taken for one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <talloc.h>

#include "wire/signalen.h"

#define NOV_24_0800 1795507200 /* 2026-11-24T08:00:00Z */
#define CATEGORY    "https://s.example/signals/v1/public/terms/categories/afval/sub_categories/x"

static struct signalen_signal signal_of(const char *text)
{
	return (struct signalen_signal){
		.text = text,
		.mark = "meldlijn 14070 4829153",
		.sub_category = CATEGORY,
		.lat = 52.0776,
		.lon = 4.3167,
		.created_s = NOV_24_0800,
	};
}

static json_t *parse(const char *text)
{
	json_t *json = json_loads(text ? text : "", 0, NULL);

	assert_non_null(json);
	return json;
}

static const char *string_at(json_t *json, const char *a, const char *b)
{
	json = json_object_get(json, a);
	return json_string_value(b ? json_object_get(json, b) : json);
}

static void a_signal_has_what_they_ask_for(void **state)
{
	struct signalen_signal s = signal_of("Spui 70");
	char *text = signalen_write(NULL, &s);
	json_t *json = parse(text), *at;

	assert_string_equal(string_at(json, "text", NULL), "Spui 70\nmeldlijn 14070 4829153");
	assert_string_equal(string_at(json, "category", "sub_category"), CATEGORY);
	assert_string_equal(string_at(json, "incident_date_start", NULL), "2026-11-24T08:00:00Z");
	at = json_object_get(json_object_get(json_object_get(json, "location"), "geometrie"),
			     "coordinates"); /* GeoJSON: longitude first */
	assert_float_equal(json_real_value(json_array_get(at, 0)), 4.3167, 1e-9);
	assert_float_equal(json_real_value(json_array_get(at, 1)), 52.0776, 1e-9);
	assert_null(json_object_get(json, "source"));
	assert_null(json_object_get(json, "priority"));
	json_decref(json);
	talloc_free(text);
	s.urgent = true;
	s.source = "Meldlijn";
	text = signalen_write(NULL, &s);
	json = parse(text);
	assert_string_equal(string_at(json, "priority", "priority"), "high");
	assert_string_equal(string_at(json, "source", NULL), "Meldlijn");
	json_decref(json);
	talloc_free(text);
}

/* Their limit is 3,000 characters; the mark must not be what is cut off. */
static void a_long_text_keeps_its_mark(void **state)
{
	char long_text[4001];
	struct signalen_signal s = signal_of(long_text);
	char *text;
	json_t *json;
	const char *out;

	for (size_t i = 0; i < 4000; i += 2)
		memcpy(long_text + i, "\xc3\xa9", 2);
	long_text[4000] = '\0';
	text = signalen_write(NULL, &s);
	json = parse(text);
	out = string_at(json, "text", NULL);
	assert_in_range(strlen(out), 2000, 3000);
	assert_non_null(strstr(out, "\nmeldlijn 14070 4829153"));
	json_decref(json);
	talloc_free(text);
}

static void what_lacks_something_is_not_written(void **state)
{
	struct signalen_signal s = signal_of("");

	assert_null(signalen_write(NULL, &s));
	s = signal_of("x");
	s.mark = NULL;
	assert_null(signalen_write(NULL, &s));
	s = signal_of("x");
	s.sub_category = NULL;
	assert_null(signalen_write(NULL, &s));
	s = signal_of("\xff");
	assert_null(signalen_write(NULL, &s));
	assert_null(signalen_write_note(NULL, "\xff", "m", NULL));
}

static void a_note_and_a_state(void **state)
{
	char *text = signalen_write_note(NULL, "doe niets meer", "m 1", "a");
	json_t *json = parse(text), *note = json_array_get(json_object_get(json, "notes"), 0);

	assert_string_equal(string_at(note, "text", NULL), "doe niets meer\nm 1");
	assert_string_equal(string_at(json, "status", "state"), "a");
	assert_string_equal(string_at(json, "status", "text"), "doe niets meer");
	json_decref(json);
	talloc_free(text);
	text = signalen_write_note(NULL, "doe niets meer", "m 1", NULL);
	assert_null(strstr(text, "status"));
	talloc_free(text);
}

static int reads(void *ctx, struct signalen_read *out, const char *mark, const char *body)
{
	return signalen_read(ctx, out, mark, body, strlen(body));
}

static void what_they_answer_is_read(void **state)
{
	void *ctx = talloc_new(NULL);
	struct signalen_read out;

	assert_int_equal(
		reads(ctx, &out, "m 1",
		      "{\"id\":12,\"status\":{\"state\":\"ingepland\",\"text\":\"wij komen\","
		      "\"created_at\":\"2026-11-24T09:00:00+01:00\"},"
		      "\"operational_date\":\"2026-11-24T08:00:00Z\","
		      "\"notes\":[{\"text\":\"a\\nm 10\"},{\"text\":\"b\\nm 1\"}]}"),
		0);
	assert_string_equal(out.id, "12");
	assert_string_equal(out.state, "ingepland");
	assert_string_equal(out.note, "wij komen");
	assert_int_equal(out.at_s, NOV_24_0800);
	assert_int_equal(out.expected_s, NOV_24_0800);
	assert_true(out.marked);
	assert_int_equal(reads(ctx, &out, "m 1", "{\"id\":1,\"notes\":[{\"text\":\"m 10\"}]}"), 0);
	assert_false(out.marked); /* part of a line is no mark */
	assert_string_equal(out.state, "");
	assert_null(out.note);
	talloc_free(ctx);
}

/* What stands in an address must not lead elsewhere; what has another type is not there. */
static void what_is_no_signal_is_not_read(void **state)
{
	static const char *const wrong[] = { "",
					     "[]",
					     "{}",
					     "{\"id\":0}",
					     "{\"id\":-1}",
					     "{\"id\":\"12\"}",
					     "{\"uuid\":\"../../x\"}",
					     "{\"uuid\":\"\"}",
					     "{\"uuid\":7}",
					     "<html>",
					     "{\"id\":1" };
	void *ctx = talloc_new(NULL);
	struct signalen_read out;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(reads(ctx, &out, NULL, wrong[i]), -EBADMSG);
	assert_int_equal(
		reads(ctx, &out, "m",
		      "{\"uuid\":\"a1-b2\",\"status\":[],\"notes\":{},\"operational_date\":5}"),
		0);
	assert_string_equal(out.id, "a1-b2");
	assert_int_equal(out.expected_s, 0);
	talloc_free(ctx);
}

static void a_signal_is_found_by_its_mark(void **state)
{
	static const char page[] = "{\"_links\":{\"next\":{\"href\":\"http://x/?page=2\"}},"
				   "\"results\":[{\"id\":1,\"text\":\"a\\nm 10\"},"
				   "{\"id\":2,\"text\":\"b\\nm 1\"}]}";
	void *ctx = talloc_new(NULL);
	bool more;
	char *id;

	assert_int_equal(signalen_find(ctx, &id, &more, "m 1", page, strlen(page)), 0);
	assert_string_equal(id, "2");
	assert_true(more);
	assert_int_equal(signalen_find(ctx, &id, &more, "m 2", page, strlen(page)), 0);
	assert_null(id);
	assert_int_equal(signalen_find(ctx, &id, &more, "m", "{\"results\":[]}", 14), 0);
	assert_false(more);
	assert_int_equal(signalen_find(ctx, &id, &more, "m", "{\"results\":1}", 13), -EBADMSG);
	talloc_free(ctx);
}

static void their_words_of_what_is_wrong(void **state)
{
	static const char body[] =
		"{\"text\":[\"te lang\"],\"location\":{\"geometrie\":[\"nee\"]}}";
	char *words = signalen_error(NULL, body, strlen(body));

	assert_non_null(strstr(words, "text: te lang"));
	assert_non_null(strstr(words, "nee"));
	talloc_free(words);
	assert_null(signalen_error(NULL, "<html>", 6));
	assert_null(signalen_error(NULL, "{}", 2));
}

static void states(void **state)
{
	assert_string_equal(signalen_state("o"), "solved");
	assert_string_equal(signalen_state("a"), "rejected");
	assert_string_equal(signalen_state("ingepland"), "planned");
	assert_string_equal(signalen_state("m"), "");
	assert_string_equal(signalen_state("closure requested"), "");
	assert_string_equal(signalen_state(""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_has_what_they_ask_for),
		cmocka_unit_test(a_long_text_keeps_its_mark),
		cmocka_unit_test(what_lacks_something_is_not_written),
		cmocka_unit_test(a_note_and_a_state),
		cmocka_unit_test(what_they_answer_is_read),
		cmocka_unit_test(what_is_no_signal_is_not_read),
		cmocka_unit_test(a_signal_is_found_by_its_mark),
		cmocka_unit_test(their_words_of_what_is_wrong),
		cmocka_unit_test(states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
