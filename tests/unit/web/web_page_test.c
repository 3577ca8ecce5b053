// SPDX-License-Identifier: AGPL-3.0-or-later
/* What a page makes of words that are not ours, in each place where they may stand.  Expected is what HTML (WHATWG), URLs
 * (RFC 3986) and JSON (RFC 8259) say of the characters, written out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "../../../gateway/clock.c"
#include "talk/phrase_locale.h"
#include "web/web_field.h"
#include "web/web_page.h"

#define HOSTILE "</textarea><script>alert('x')</script>\"&amp;"
#define ESCAPED                                                        \
	"&lt;/textarea&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script" \
	"&gt;&quot;&amp;amp;"

struct fixture {
	struct web_req *req;
	struct page *page;
};

static int begin(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);
	struct web *web = talloc_zero(f, struct web);

	assert_true(sodium_init() >= 0);
	web->dutch = phrase_locale_alloc(web, "nl");
	web->english = phrase_locale_alloc(web, "en_GB");
	web->zone = talloc_strdup(web, "Europe/Amsterdam");
	f->req = talloc_zero(web, struct web_req);
	f->req->web = web;
	f->req->method = "GET";
	*state = f;
	return 0;
}

static int end(void **state)
{
	talloc_free(*state);
	return 0;
}

static struct page *open_page(struct fixture *f, const char *language, const char *title)
{
	f->page = page_begin(f->req, NULL, NULL, language, PAGE_NONE, title);
	return f->page;
}

/* What stands in main behind the heading. */
static const char *close_page(struct fixture *f, char out[8192])
{
	const char *from, *to;

	page_end(f->page, MHD_HTTP_OK);
	from = strstr(f->req->answer, "</h1>");
	assert_non_null(from);
	to = strstr(from, "</main>");
	assert_non_null(to);
	from += strlen("</h1>");
	assert_true(to - from < 8192);
	memcpy(out, from, (size_t)(to - from));
	out[to - from] = '\0';
	return out;
}

static void words_stay_words_between_tags_and_in_attributes(void **state)
{
	struct fixture *f = *state;
	struct page *page = open_page(f, "nl", HOSTILE);
	char main[8192];

	p_html(page, "<p title=\"");
	p_text(page, HOSTILE);
	p_html(page, "\">");
	p_text(page, HOSTILE);
	p_textf(page, "%s%d", "<", 1);
	p_text(page, NULL);
	p_text(page, "");
	p_html(page, "</p>");
	p_notice(page, true, HOSTILE);
	assert_string_equal(close_page(f, main),
			    "<p title=\"" ESCAPED "\">" ESCAPED "&lt;1</p>"
			    "<p class=\"notice wrong\" role=\"alert\">" ESCAPED "</p>");
	assert_non_null(strstr(f->req->answer, "<title>" ESCAPED " \xc2\xb7 meldlijn</title>"));
	assert_non_null(strstr(f->req->answer, "<h1>" ESCAPED "</h1>"));
	assert_null(strstr(f->req->answer, "<script"));
}

#define NO "\xef\xbf\xbd"

static void what_html_may_not_hold_is_replaced(void **state)
{
	static const struct {
		const char *text, *shown;
	} all[] = {
		{ "caf\xc3\xa9 \xf0\x9f\x9a\xae \xd8\xb4",
		  "caf\xc3\xa9 \xf0\x9f\x9a\xae \xd8\xb4" },
		{ "a\tb\nc\rd", "a\tb\nc\rd" },
		{ "\xc2\xa0\xe2\x80\xa8", "\xc2\xa0\xe2\x80\xa8" },
		/* control characters: C0, DEL, C1 (CSI) */
		{ "\x01\x08\x0b\x0c\x1b[31m\x7f", NO NO NO NO NO "[31m" NO },
		{ "\xc2\x80\xc2\x9b\xc2\x9f", NO NO NO },
		/* noncharacters */
		{ "\xef\xb7\x8f\xef\xb7\x90\xef\xb7\xaf\xef\xb7\xb0",
		  "\xef\xb7\x8f" NO NO "\xef\xb7\xb0" },
		{ "\xef\xbf\xbd\xef\xbf\xbe\xef\xbf\xbf\xf4\x8f\xbf\xbf", NO NO NO NO },
		/* RFC 3629: nothing cut off, no overlong "<", no surrogates, nothing above U+10FFFF */
		{ "\xff", NO },
		{ "caf\xc3", "caf" NO },
		{ "\xe2\x82<", NO NO "&lt;" },
		{ "\xf0\x9f\x9a", NO NO NO },
		{ "\xc0\xbc", NO NO },
		{ "\xed\xa0\x80", NO NO NO },
		{ "\xf4\x90\x80\x80", NO NO NO NO },
	};
	struct fixture *f = *state;
	char main[8192];

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		p_text(open_page(f, "nl", ""), all[i].text);
		assert_string_equal(close_page(f, main), all[i].shown);
		TALLOC_FREE(f->req->answer);
		f->req->status = 0;
		f->req->n_heads = 0;
	}
}

static void a_value_in_an_address_ends_nothing(void **state)
{
	struct fixture *f = *state;
	struct page *page = open_page(f, "nl", "");
	char main[8192];

	p_html(page, "<a href=\"/console/people/");
	p_param(page, "../a/b?c=d&e#f\"<'%41 +\xc3\xa9\xff\\");
	p_html(page, "\">");
	p_reference(page, "4829153");
	assert_string_equal(
		close_page(f, main),
		"<a href=\"/console/people/..%2Fa%2Fb%3Fc%3Dd%26e%23f%22%3C%27%2541%20%2B%C3%A9%FF%5C\">"
		"<a class=\"reference\" href=\"/console/reports/4829153\">482 915 3</a>");
}

static void fields_show_what_was_written(void **state)
{
	struct fixture *f = *state;
	struct page *page = open_page(f, "en", "");
	char main[8192];

	field_input(page, "name", "required", "Naam", "Name", HOSTILE);
	field_option(page, HOSTILE, HOSTILE, HOSTILE, HOSTILE);
	field_hidden(page, HOSTILE, HOSTILE);
	assert_string_equal(close_page(f, main),
			    "<div><label for=\"name\">Name</label><input id=\"name\" name=\"name\" "
			    "required value=\"" ESCAPED "\"></div>"
			    "<option value=\"" ESCAPED "\" selected>" ESCAPED "</option>"
			    "<input type=\"hidden\" name=\"" ESCAPED "\" value=\"" ESCAPED "\">");
}

/* The token is new in each form, and another's session does not know it. */
static void a_form_has_its_tokens(void **state)
{
	struct staff_session session = { .csrf = "0123456789" };
	struct fixture *f = *state;
	char main[8192], once[2][33];
	const char *at = main;

	f->page = page_begin(f->req, &session, NULL, "nl", PAGE_NONE, "");
	for (int i = 0; i < 2; i++) {
		p_form(f->page, "/console/\"><b>", "card");
		p_button(f->page, "danger", "Weg", "Away");
		p_form_end(f->page);
	}
	close_page(f, main);
	for (int i = 0; i < 2; i++) {
		at = strstr(at, "<form method=\"post\" action=\"/console/&quot;&gt;&lt;b&gt;\" "
				"class=\"card\"><input type=\"hidden\" name=\"once\" value=\"");
		assert_non_null(at);
		at = strstr(at, "name=\"once\" value=\"") + strlen("name=\"once\" value=\"");
		memcpy(once[i], at, 32);
		once[i][32] = '\0';
		assert_int_equal(strspn(once[i], "0123456789abcdef"), 32);
		assert_memory_equal(at + 32,
				    "\"><input type=\"hidden\" name=\"csrf\" value=\"0123456789\">"
				    "<button class=\"danger\">Weg</button></form>",
				    strlen("\"><input type=\"hidden\" name=\"csrf\" "
					   "value=\"0123456789\"><button class=\"danger\">Weg"
					   "</button></form>"));
	}
	assert_string_not_equal(once[0], once[1]);
}

static void times_and_numbers_are_of_the_language(void **state)
{
	struct fixture *f = *state;
	struct page *page = open_page(f, "nl", "");
	char main[8192];

	p_number(page, 1234567);
	p_html(page, " ");
	p_digits(page, 12.5);
	p_html(page, " ");
	p_date(page, 1764072000); /* 2025-11-25T12:00:00Z */
	assert_string_equal(close_page(f, main),
			    "1.234.567 12.5 <time datetime=\"2025-11-25T12:00:00Z\">di 25 nov "
			    "2025</time>");
}

/* Longer than what a page begins with, and in every place. */
static void a_long_text_is_whole(void **state)
{
	struct fixture *f = *state;
	size_t n = 300000, seen = 0;
	char *text = talloc_size(f, n + 1);
	const char *at;

	memset(text, '<', n);
	text[n] = '\0';
	p_text(open_page(f, "nl", ""), text);
	page_end(f->page, MHD_HTTP_OK);
	at = strstr(f->req->answer, "&lt;");
	assert_non_null(at);
	for (; strncmp(at, "&lt;", 4) == 0; at += 4)
		seen++;
	assert_int_equal(seen, n);
	assert_null(strstr(at, "&lt;"));
	assert_int_equal(f->req->answer_len, strlen(f->req->answer));
}

static void a_browser_is_told_what_it_may_load(void **state)
{
	struct fixture *f = *state;
	const char *policy = NULL;

	open_page(f, "nl", "");
	page_script(f->page, "live.js");
	page_end(f->page, MHD_HTTP_CONFLICT);
	assert_int_equal(f->req->status, 409);
	assert_string_equal(f->req->type, "text/html; charset=utf-8");
	for (size_t i = 0; i < f->req->n_heads; i++)
		if (!strcmp(f->req->heads[i].name, "Content-Security-Policy"))
			policy = f->req->heads[i].value;
	assert_non_null(policy);
	assert_non_null(strstr(policy, "default-src 'none'"));
	assert_null(strstr(policy, "unsafe"));
	assert_non_null(strstr(f->req->answer, "<script defer src=\"/assets/"));
}

int main(void)
{
#define ON_A_PAGE(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		ON_A_PAGE(words_stay_words_between_tags_and_in_attributes),
		ON_A_PAGE(what_html_may_not_hold_is_replaced),
		ON_A_PAGE(a_value_in_an_address_ends_nothing),
		ON_A_PAGE(fields_show_what_was_written),
		ON_A_PAGE(a_form_has_its_tokens),
		ON_A_PAGE(times_and_numbers_are_of_the_language),
		ON_A_PAGE(a_long_text_is_whole),
		ON_A_PAGE(a_browser_is_told_what_it_may_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
