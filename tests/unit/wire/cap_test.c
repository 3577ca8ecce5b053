// SPDX-License-Identifier: AGPL-3.0-or-later
/* Alerts of CAP 1.2: taken as the standard's own examples (appendix A) are written, refused where they break its rules. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <talloc.h>

#include "wire/cap.h"
#include "wire/xml.h"

/* Of appendix A.2, "severe thunderstorm warning", shortened. */
#define HEAD                                                                        \
	"<?xml version = \"1.0\" encoding = \"UTF-8\"?>\n"                          \
	"<alert xmlns = \"urn:oasis:names:tc:emergency:cap:1.2\">\n"                \
	"<identifier>KSTO1055887203</identifier><sender>KSTO@NWS.NOAA.GOV</sender>" \
	"<sent>2003-06-17T14:57:00-07:00</sent><status>Actual</status>"             \
	"<msgType>Alert</msgType><scope>Public</scope>"
#define INFO_HEAD                                                              \
	"<info><category>Met</category><event>SEVERE THUNDERSTORM</event>"     \
	"<responseType>Shelter</responseType><urgency>Immediate</urgency>"     \
	"<severity>Severe</severity><certainty>Observed</certainty>"           \
	"<eventCode><valueName>SAME</valueName><value>SVR</value></eventCode>" \
	"<expires>2003-06-17T16:00:00-07:00</expires>"                         \
	"<headline>SEVERE THUNDERSTORM WARNING</headline>"                     \
	"<description> AT 254 PM PDT &amp; LATER <!-- radar -->HAIL &lt; 2 IN </description>"
#define AREA                                                                                       \
	"<area><areaDesc>EXTREME NORTH CENTRAL TUOLUMNE COUNTY</areaDesc>"                         \
	"<polygon>38.47,-120.14 38.34,-119.95 38.52,-119.74 38.62,-119.89 38.47,-120.14</polygon>" \
	"<circle>32.9525,-115.5527 0</circle>"                                                     \
	"<geocode><valueName>SAME</valueName><value>006109</value></geocode></area>"
#define STORM HEAD INFO_HEAD AREA "</info></alert>"

struct taken {
	void *ctx;
	struct cap_alert alert;
	char *why;
	int rc;
};

static int begin(void **state)
{
	*state = talloc_zero(NULL, struct taken);
	return 0;
}

static int end(void **state)
{
	talloc_free(*state);
	return 0;
}

static struct taken *take(void **state, const char *text)
{
	struct taken *t = *state;

	t->rc = cap_read(t, &t->alert, text, strlen(text), &t->why);
	return t;
}

static void refused(void **state, const char *text, const char *words)
{
	struct taken *t = take(state, text);

	assert_int_equal(t->rc, -EBADMSG);
	assert_non_null(t->why);
	if (!strstr(t->why, words))
		fail_msg("\"%s\" does not say \"%s\"", t->why, words);
}

/* The text with one part of it another. */
static char *with(void **state, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	assert_non_null(at);
	return talloc_asprintf(*state, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void the_storm_is_read(void **state)
{
	struct taken *t = take(state, STORM);
	const struct cap_info *info;
	const struct cap_area *area;

	assert_int_equal(t->rc, 0);
	assert_string_equal(t->alert.identifier, "KSTO1055887203");
	assert_string_equal(t->alert.sender, "KSTO@NWS.NOAA.GOV");
	assert_string_equal(t->alert.sent, "2003-06-17T14:57:00-07:00");
	assert_int_equal(t->alert.sent_s, 1055887020); /* date -d */
	assert_int_equal(t->alert.status, CAP_ACTUAL);
	assert_int_equal(t->alert.type, CAP_ALERT);
	assert_int_equal(t->alert.scope, CAP_PUBLIC);
	assert_int_equal(t->alert.n_infos, 1);
	info = &t->alert.infos[0];
	assert_string_equal(info->language, "en-US");
	assert_string_equal(info->event, "SEVERE THUNDERSTORM");
	assert_string_equal(info->description, "AT 254 PM PDT & LATER HAIL < 2 IN");
	assert_int_equal(info->expires_s, 1055890800);
	assert_int_equal(info->effective_s, 0);
	assert_int_equal(info->n_areas, 1);
	area = &info->areas[0];
	assert_int_equal(area->n_polygons, 1);
	assert_int_equal(area->polygons[0].n, 5);
	assert_true(area->polygons[0].points[2].lat == 38.52);
	assert_true(area->polygons[0].points[2].lon == -119.74);
	assert_int_equal(area->n_circles, 1);
	assert_true(area->circles[0].middle.lon == -115.5527);
	assert_true(area->circles[0].radius_km == 0);
	assert_string_equal(area->geocodes[0].value, "006109");
}

static void what_it_follows_is_read(void **state)
{
	struct taken *t = take(
		state, with(state, with(state, STORM, "Alert</msgType>", "Update</msgType>"),
			    "<scope>Public</scope>",
			    "<scope>Public</scope><references>a@b,1,2003-06-17T14:57:00-07:00\n"
			    " c@d,2,2003-06-18T14:57:00-07:00</references>"));

	assert_int_equal(t->rc, 0);
	assert_int_equal(t->alert.type, CAP_UPDATE);
	assert_int_equal(t->alert.n_references, 2);
	assert_string_equal(t->alert.references[1].sender, "c@d");
	assert_string_equal(t->alert.references[1].identifier, "2");
	assert_string_equal(t->alert.references[1].sent, "2003-06-18T14:57:00-07:00");
}

static void rules_of_the_standard_are_kept(void **state)
{
	refused(state, "", "");
	refused(state, "water", "line 1");
	refused(state, "<alert/>", "no <alert>");
	refused(state, with(state, STORM, "cap:1.2", "cap:1.1"), "cap:1.2");
	refused(state, with(state, STORM, "</alert>", ""), "line");
	refused(state, with(state, STORM, "<identifier>KSTO1055887203</identifier>", ""),
		"<identifier>");
	refused(state, with(state, STORM, "KSTO1055887203", "KSTO,1"), "<identifier>");
	refused(state, with(state, STORM, "KSTO@NWS", "KSTO NWS"), "<sender>");
	refused(state, with(state, STORM, "2003-06-17T14:57:00-07:00", "yesterday"), "<sent>");
	refused(state, with(state, STORM, "Actual", "actual"), "<status>");
	refused(state, with(state, STORM, "Alert</msgType>", "Warning</msgType>"), "<msgType>");
	refused(state, with(state, STORM, "Alert</msgType>", "Cancel</msgType>"), "<references>");
	refused(state, with(state, STORM, "Public", "Secret"), "<scope>");
	refused(state, with(state, STORM, "<category>Met</category>", ""), "<category>");
	refused(state, with(state, STORM, "<event>SEVERE THUNDERSTORM</event>", "<event/>"),
		"<event>");
	refused(state, with(state, STORM, "Immediate", "Now"), "<urgency>");
	refused(state, with(state, STORM, "Severe<", "Bad<"), "<severity>");
	refused(state, with(state, STORM, "Observed", "Seen"), "<certainty>");
	refused(state, with(state, STORM, "2003-06-17T16:00:00-07:00", "16:00"), "<expires>");
	refused(state,
		with(state, STORM, "<areaDesc>EXTREME NORTH CENTRAL TUOLUMNE COUNTY</areaDesc>",
		     ""),
		"<areaDesc>");
	refused(state, with(state, STORM, "38.47,-120.14</polygon>", "38.48,-120.14</polygon>"),
		"<polygon>");
	refused(state, with(state, STORM, "38.34,-119.95", "98.34,-119.95"), "<polygon>");
	refused(state, with(state, STORM, "38.34,-119.95", "nan,-119.95"), "<polygon>");
	refused(state, with(state, STORM, "-115.5527 0", "-115.5527"), "<circle>");
	refused(state, with(state, STORM, "-115.5527 0", "-115.5527 1e3"), "<circle>");
	refused(state, with(state, STORM, "-115.5527 0", "-115.5527 -1"), "<circle>");
}

/* A document type is where entities come from: of files, and of a billion laughs. */
static void entities_are_refused(void **state)
{
	refused(state,
		"<!DOCTYPE alert [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
		"<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">&x;</alert>",
		"DOCTYPE");
	refused(state,
		"<!DOCTYPE alert [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
		"<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>"
		"<alert>&d;</alert>",
		"DOCTYPE");
	refused(state, "<!DOCTYPE alert SYSTEM \"http://127.0.0.1:1/x.dtd\"><alert/>", "DOCTYPE");
	refused(state, with(state, STORM, "&amp;", "&unknown;"), "line");
}

static void ceilings_hold(void **state)
{
	char *deep = talloc_strdup(*state, ""), *large;

	for (int i = 0; i <= XML_DEPTH_MAX; i++)
		deep = talloc_strdup_append(deep, "<a>");
	refused(state, deep, "deep");
	large = talloc_array(*state, char, XML_SIZE_MAX + 2);
	memset(large, ' ', XML_SIZE_MAX + 1);
	large[XML_SIZE_MAX + 1] = '\0';
	refused(state, large, "larger");
	large = talloc_strdup(*state, "");
	for (int i = 0; i <= CAP_INFOS_MAX; i++)
		large = talloc_strdup_append(large, INFO_HEAD "</info>");
	refused(state, talloc_asprintf(*state, HEAD "%s</alert>", large), "<info>");
	large = talloc_strdup(*state, "");
	for (int i = 0; i <= CAP_POINTS_MAX; i++)
		large = talloc_strdup_append(large, "52.1,4.3 ");
	refused(state, with(state, STORM, "38.47,-120.14 ", large), "points");
	refused(state, with(state, STORM, "SEVERE THUNDERSTORM", "\xff\xfe"), "line");
}

/* What is written is read again as the same. */
static void a_round_trip_changes_nothing(void **state)
{
	struct taken *t = take(state, STORM);
	const struct cap_info *a = &t->alert.infos[0], *b;
	struct cap_alert again;
	char *out, *twice;

	assert_int_equal(t->rc, 0);
	out = cap_write(t, &t->alert);
	assert_int_equal(cap_read(t, &again, out, strlen(out), &t->why), 0);
	b = &again.infos[0];
	assert_string_equal(again.identifier, t->alert.identifier);
	assert_string_equal(again.sent, t->alert.sent);
	assert_string_equal(b->description, a->description);
	assert_string_equal(b->headline, a->headline);
	assert_int_equal(b->expires_s, a->expires_s);
	assert_string_equal(b->areas[0].desc, a->areas[0].desc);
	assert_memory_equal(b->areas[0].polygons[0].points, a->areas[0].polygons[0].points,
			    5 * sizeof(struct cap_point));
	assert_string_equal(b->areas[0].geocodes[0].name, "SAME");
	twice = cap_write(t, &again);
	assert_string_equal(twice, out);
}

static void signs_of_markup_and_others_are_carried(void **state)
{
	struct cap_info info = { .language = "nl",
				 .category = "Other",
				 .event = "<b>&\"'",
				 .urgency = "Unknown",
				 .severity = "Unknown",
				 .certainty = "Unknown",
				 .description = "a\x01"
						"b\xff"
						"c \xe2\x82\xac ]]> <script>" };
	struct cap_alert alert = { .identifier = "1",
				   .sender = "x@y",
				   .sent = "2026-11-24T06:50:38-00:00",
				   .infos = &info,
				   .n_infos = 1 };
	char *out = cap_write(*state, &alert);
	struct taken *t = take(state, out);

	assert_int_equal(t->rc, 0);
	assert_string_equal(t->alert.infos[0].event, "<b>&\"'");
	assert_string_equal(t->alert.infos[0].description, "abc \xe2\x82\xac ]]> <script>");
}

static void a_time_has_an_offset_and_no_z(void **state)
{
	char out[CAP_TIME_SIZE];

	assert_string_equal(cap_time(out, 1055887020), "2003-06-17T21:57:00-00:00");
}

static void a_feed_names_its_alerts(void **state)
{
	static const char feed[] =
		"<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><entry><id>urn:1</id>"
		"<updated>2026-01-01T00:00:00Z</updated><link rel='self' href='no'/>"
		"<link href='/page.html'/><link type='application/cap+xml' href='/1.cap'/></entry>"
		"<entry><id>urn:2</id><link href='2.xml'/></entry><entry><id>urn:3</id></entry></feed>";
	struct cap_entry *entries;
	char *why;

	assert_int_equal(cap_feed_read(*state, &entries, feed, strlen(feed), &why), 2);
	assert_string_equal(entries[0].id, "urn:1");
	assert_string_equal(entries[0].updated, "2026-01-01T00:00:00Z");
	assert_string_equal(entries[0].href, "/1.cap");
	assert_string_equal(entries[1].href, "2.xml");
	assert_int_equal(cap_feed_read(*state, &entries, STORM, strlen(STORM), &why), -ENOENT);
	assert_int_equal(cap_feed_read(*state, &entries, "x", 1, &why), -EBADMSG);
}

#define CAP_TEST_(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAP_TEST_(the_storm_is_read),
		CAP_TEST_(what_it_follows_is_read),
		CAP_TEST_(rules_of_the_standard_are_kept),
		CAP_TEST_(entities_are_refused),
		CAP_TEST_(ceilings_hold),
		CAP_TEST_(a_round_trip_changes_nothing),
		CAP_TEST_(signs_of_markup_and_others_are_carried),
		CAP_TEST_(a_time_has_an_offset_and_no_z),
		CAP_TEST_(a_feed_names_its_alerts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
