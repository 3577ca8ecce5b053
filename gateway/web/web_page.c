// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_page.c - see web_page.h */
#include "web/web_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "talk/category.h"
#include "talk/dialogue.h"
#include "talk/phrase_locale.h"
#include "talk/report.h"
#include "web/web_sign.h"
#include "wire/form.h"
#include "wire/rfc3339.h"
#include "wire/utf8.h"

#define SCRIPTS_MAX  8
#define ROOM_FIRST   (32 * 1024)
#define TOKEN_OCTETS 16

#define POLICY                                                                               \
	"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "          \
	"media-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; " \
	"base-uri 'none'"

struct page {
	struct web_req *req;
	const struct staff_session *session;
	char *text;
	size_t len, room;
	bool dutch;
	struct console_form *kept; /* what was typed and was not taken; NULL: nothing */
	const char *kept_for;	   /* the action of its form */
	bool kept_here;		   /* that is the form being written */
	const char *scripts[SCRIPTS_MAX];
	size_t n_scripts;
};

/* ---- octets ---- */

static void put(struct page *page, const char *bytes, size_t n)
{
	if (page->len + n > page->room) {
		while (page->len + n > page->room)
			page->room *= 2;
		page->text = talloc_realloc_size(page, page->text, page->room);
		OSMO_ASSERT(page->text);
	}
	memcpy(page->text + page->len, bytes, n);
	page->len += n;
}

void page_html(struct page *page, const char *literal)
{
	put(page, literal, strlen(literal));
}

static const char *escaped(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* HTML, 13.1.4: no control characters but white space, and no noncharacters. */
static bool may_stand(uint32_t c)
{
	if (c < ' ')
		return c == '\t' || c == '\n' || c == '\r';
	return !(c >= 0x7f && c <= 0x9f) && !(c >= 0xfdd0 && c <= 0xfdef) && (c & 0xfffe) != 0xfffe;
}

/* \param[out] as  what stands for it; NULL: it itself  \returns its octets */
static size_t one_character(const char *text, const char **as)
{
	uint32_t c;
	int n;

	*as = escaped(*text);
	if (*as || (*text >= ' ' && *text < 0x7f))
		return 1;
	n = utf8_read(&c, text, strnlen(text, UTF8_CHARACTER_MAX));
	if (n <= 0 || !may_stand(c))
		*as = "\xef\xbf\xbd"; /* U+FFFD */
	return n <= 0 ? 1 : (size_t)n;
}

void p_text(struct page *page, const char *text)
{
	const char *from = text, *as;

	if (!text)
		return;
	while (*text) {
		size_t n = one_character(text, &as);

		if (as) {
			put(page, from, text - from);
			page_html(page, as);
			from = text + n;
		}
		text += n;
	}
	put(page, from, text - from);
}

static void text_v(struct page *page, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
static void text_v(struct page *page, const char *fmt, va_list ap)
{
	char *text = talloc_vasprintf(page, fmt, ap);

	OSMO_ASSERT(text);
	p_text(page, text);
	talloc_free(text);
}

void p_textf(struct page *page, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_v(page, fmt, ap);
	va_end(ap);
}

void p_param(struct page *page, const char *text)
{
	char *escape = form_escape(page, text);

	page_html(page, escape);
	talloc_free(escape);
}

void p_digits(struct page *page, double n)
{
	char text[32];

	snprintf(text, sizeof(text), "%.4g", n);
	page_html(page, text);
}

struct web_req *page_req(const struct page *page)
{
	return page->req;
}

/* ---- words ---- */

bool page_is_dutch(const struct page *page)
{
	return page->dutch;
}

void p_say(struct page *page, const char *nl, const char *en)
{
	p_text(page, page->dutch ? nl : en);
}

void p_sayf(struct page *page, const char *nl, const char *en, ...)
{
	va_list ap;

	va_start(ap, en);
	text_v(page, page->dutch ? nl : en, ap);
	va_end(ap);
}

static struct phrase_locale *locale_of(const struct page *page)
{
	return page->dutch ? page->req->web->dutch : page->req->web->english;
}

void p_number(struct page *page, int64_t n)
{
	char text[PHRASE_VALUE_SIZE];

	phrase_number_integer(text, phrase_locale_number(locale_of(page), ""), n);
	p_text(page, text);
}

void p_moment(struct page *page, int64_t at_s, const char *pattern)
{
	struct phrase_date *date = phrase_locale_date(locale_of(page), pattern, false);
	char text[PHRASE_VALUE_SIZE];

	OSMO_ASSERT(date);
	phrase_date_say(text, date, (double)at_s, page->req->web->zone);
	p_text(page, text);
}

static void moment(struct page *page, int64_t at_s, const char *pattern)
{
	char machine[RFC3339_SIZE];

	p_html(page, "<time datetime=\"");
	p_text(page, rfc3339_write(machine, at_s, 0));
	p_html(page, "\">");
	p_moment(page, at_s, pattern);
	p_html(page, "</time>");
}

void p_time(struct page *page, int64_t at_s)
{
	moment(page, at_s, "EEE d MMM HH:mm");
}

void p_date(struct page *page, int64_t at_s)
{
	moment(page, at_s, "EEE d MMM y");
}

void p_reference(struct page *page, const char *reference)
{
	char shown[REPORT_REFERENCE_SIZE * 2];

	p_html(page, "<a class=\"reference\" href=\"/console/reports/");
	p_param(page, reference);
	p_html(page, "\">");
	p_text(page, report_reference_show(shown, reference));
	p_html(page, "</a>");
}

void p_state(struct page *page, enum report_state state)
{
	static const struct {
		const char *nl, *en;
	} words[REPORT_STATE_COUNT] = {
		[REPORT_RECEIVED] = { "ontvangen", "received" },
		[REPORT_FORWARDED] = { "doorgestuurd", "forwarded" },
		[REPORT_PLANNED] = { "ingepland", "planned" },
		[REPORT_IN_PROGRESS] = { "in uitvoering", "in progress" },
		[REPORT_SOLVED] = { "opgelost", "solved" },
		[REPORT_CLOSED] = { "gesloten", "closed" },
		[REPORT_REJECTED] = { "afgewezen", "rejected" },
		[REPORT_REOPENED] = { "heropend", "reopened" },
	};

	p_html(page, "<span class=\"state ");
	p_text(page, report_state_name(state));
	p_html(page, "\">");
	p_say(page, words[state].nl, words[state].en);
	p_html(page, "</span>");
}

void p_role(struct page *page, enum staff_role role)
{
	static const struct {
		const char *nl, *en;
	} words[STAFF_ROLES] = {
		[STAFF_CARETAKER] = { "wijkbeheerder", "caretaker" },
		[STAFF_CLERK] = { "medewerker", "clerk" },
		[STAFF_EDITOR] = { "redacteur", "editor" },
		[STAFF_OPERATOR] = { "beheerder", "operator" },
	};

	p_say(page, words[role].nl, words[role].en);
}

void p_category(struct page *page, const char *slug)
{
	struct talk **talk = page->req->web->user.talk;

	p_text(page,
	       talk ? category_name((*talk)->categories, slug, page->dutch ? "nl" : "en") : slug);
}

/* ---- forms ---- */

static void hidden(struct page *page, const char *name, const char *value)
{
	p_html(page, "<input type=\"hidden\" name=\"");
	p_text(page, name);
	p_html(page, "\" value=\"");
	p_text(page, value);
	p_html(page, "\">");
}

void p_form(struct page *page, const char *action, const char *class_name)
{
	unsigned char octets[TOKEN_OCTETS];
	char once[2 * TOKEN_OCTETS + 1];

	p_html(page, "<form method=\"post\" action=\"");
	p_text(page, action);
	if (class_name) {
		p_html(page, "\" class=\"");
		p_text(page, class_name);
	}
	p_html(page, "\">");
	randombytes_buf(octets, sizeof(octets));
	sodium_bin2hex(once, sizeof(once), octets, sizeof(octets));
	hidden(page, "once", once);
	if (page->session)
		hidden(page, "csrf", page->session->csrf);
	page->kept_here = page_kept(page, action) != NULL;
	if (!page->kept_here)
		return;
	p_html(page, "<p class=\"why\" id=\"kept\" tabindex=\"-1\">");
	p_say(page, "Dit is nog niet verstuurd.", "This has not been sent yet.");
	p_html(page, "</p>");
}

void p_form_end(struct page *page)
{
	p_html(page, "</form>");
	page->kept_here = false;
}

const struct console_form *page_kept(const struct page *page, const char *action)
{
	return page->kept && !strcmp(action, page->kept_for) ? page->kept : NULL;
}

const char *p_kept(const struct page *page, const char *name)
{
	const char *value = page->kept_here ? console_form_at(page->kept, name, 0) : NULL;

	return value ? value : "";
}

void p_button(struct page *page, const char *class_name, const char *nl, const char *en)
{
	p_html(page, "<button");
	if (class_name) {
		p_html(page, " class=\"");
		p_text(page, class_name);
		p_html(page, "\"");
	}
	p_html(page, ">");
	p_say(page, nl, en);
	p_html(page, "</button>");
}

static void begin_notice(struct page *page, bool wrong, const char *text)
{
	if (wrong)
		p_html(page, "<p class=\"notice wrong\" role=\"alert\">");
	else
		p_html(page, "<p class=\"notice\" role=\"status\">");
	p_text(page, text);
}

void p_notice(struct page *page, bool wrong, const char *text)
{
	begin_notice(page, wrong, text);
	p_html(page, "</p>");
}

/* ---- the frame ---- */

void p_asset(struct page *page, const char *name)
{
	char address[WEB_ASSET_ADDRESS_SIZE];

	web_asset_put(address, name);
	p_text(page, address);
}

void page_script(struct page *page, const char *name)
{
	OSMO_ASSERT(page->n_scripts < SCRIPTS_MAX);
	page->scripts[page->n_scripts++] = name;
}

void page_live(struct page *page)
{
	page_script(page, "live.js");
	p_html(page, "<p id=\"live\" class=\"spoken\" aria-live=\"polite\" data-zone=\"");
	p_text(page, page->req->web->zone);
	p_html(page, "\"></p><p id=\"lost\" class=\"notice wrong\" hidden data-lost=\"");
	p_say(page,
	      "Geen verbinding. U ziet hoe het om % was; zodra er weer verbinding is, werkt de pagina "
	      "zich bij.",
	      "No connection. You see how it was at %; the page catches up as soon as it is back.");
	p_html(page, "\" data-back=\"");
	p_say(page, "Er is weer verbinding.", "The connection is back.");
	p_html(page, "\" data-ended=\"");
	p_say(page, "U bent niet meer aangemeld. Deze pagina werkt zich niet meer bij.",
	      "You are not signed in any more. This page is not kept up to date.");
	p_html(page, "\" data-sign-in=\"");
	p_say(page, "Aanmelden", "Sign in");
	p_html(page, "\"></p>");
}

bool page_wants_dutch(const struct web_req *req)
{
	const char *accept = web_header(req, "Accept-Language");

	for (; accept && *accept; accept++) {
		if (!strncmp(accept, "nl", 2))
			return true;
		if (!strncmp(accept, "en", 2))
			return false;
		accept += strcspn(accept, ",");
		accept += strspn(accept, ", ");
		if (!*accept)
			break;
		accept--;
	}
	return true;
}

static const struct {
	enum page_tab tab;
	const char *name, *nl, *en;
	enum staff_role least;
} tabs[] = {
	{ PAGE_TODAY, "", "Vandaag", "Today", STAFF_CLERK },
	{ PAGE_REPORTS, "reports", "Meldingen", "Reports", STAFF_CLERK },
	{ PAGE_NOTICES, "notices", "Berichten", "Notices", STAFF_CLERK },
	{ PAGE_PEOPLE, "people", "Mensen", "People", STAFF_EDITOR },
	{ PAGE_MENUS, "menus", "Menu's", "Menus", STAFF_CLERK },
	{ PAGE_CONTRACTORS, "contractors", "Uitvoerders", "Contractors", STAFF_CLERK },
	{ PAGE_STAFF, "staff", "Medewerkers", "Staff", STAFF_OPERATOR },
	{ PAGE_AUDIT, "audit", "Logboek", "Audit log", STAFF_OPERATOR },
};

static void write_tabs(struct page *page, const struct staff *staff, enum page_tab here)
{
	p_html(page, "<nav aria-label=\"");
	p_say(page, "Hoofdmenu", "Main");
	p_html(page, "\"><ul>");
	for (size_t i = 0; i < ARRAY_SIZE(tabs); i++) {
		if (staff->role < tabs[i].least ||
		    (tabs[i].name[0] && !web_route_has_page(tabs[i].name)))
			continue;
		p_html(page, "<li><a href=\"/console/");
		p_text(page, tabs[i].name);
		p_html(page, "\"");
		if (tabs[i].tab == here)
			p_html(page, " aria-current=\"page\"");
		p_html(page, ">");
		p_say(page, tabs[i].nl, tabs[i].en);
		p_html(page, "</a></li>");
	}
	p_html(page, "</ul></nav>");
}

static void write_me(struct page *page, const struct staff *staff)
{
	p_html(page, "<div class=\"me\">");
	if (page->req->web->hs && web_comes_from_here(page->req)) {
		p_html(page, "<a href=\"/phone\">");
		p_say(page, "Oefentoestel", "Practice phone");
		p_html(page, "</a>");
	}
	p_html(page, "<a href=\"/console/account\">");
	p_text(page, staff->name);
	p_html(page, "</a>");
	p_form(page, "/console/language", "inline");
	p_html(page, "<input type=\"hidden\" name=\"back\" value=\"");
	p_text(page, !strcmp(page->req->method, "GET") ? page->req->uri : "/console/");
	p_html(page, "\"><input type=\"hidden\" name=\"language\" value=\"");
	p_say(page, "en", "nl");
	p_html(page, "\"><button class=\"link\" lang=\"");
	p_say(page, "en", "nl");
	p_html(page, "\">");
	p_say(page, "English", "Nederlands");
	p_html(page, "</button>");
	p_form_end(page);
	p_form(page, "/console/sign-out", "inline");
	p_button(page, "link", "Afmelden", "Sign out");
	p_form_end(page);
	p_html(page, "</div>");
}

static void write_head(struct page *page, const char *title)
{
	p_html(page, "<!doctype html>\n<html lang=\"");
	p_say(page, "nl", "en");
	p_html(page, "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
		     "content=\"width=device-width,initial-scale=1\">"
		     "<meta name=\"color-scheme\" content=\"light dark\"><title>");
	p_text(page, title);
	p_html(page, " · meldlijn</title><link rel=\"stylesheet\" href=\"");
	p_asset(page, "console.css");
	p_html(page, "\"><link rel=\"icon\" type=\"image/svg+xml\" href=\"");
	p_asset(page, "icon.svg");
	p_html(page, "\"></head>");
}

/* What stands in a form of this page still: the way there is one key. */
static void keep(struct page *page, const char *action, const char *kept)
{
	if (!action || !kept)
		return;
	page->kept = console_form_kept(page, kept);
	page->kept_for = talloc_strdup(page, action);
	if (!page->kept)
		return;
	p_html(page, " <a href=\"#kept\">");
	p_say(page, "Naar wat u schreef", "To what you wrote");
	p_html(page, "</a>");
}

static void write_said(struct page *page)
{
	struct store *st = page->req->web->st;
	char *text;
	json_t *said;

	if (!page->session || !page->session->says || store_begin(st) < 0)
		return;
	text = store_session_said(page, st, page->session->token);
	store_end(st);
	said = text ? json_loads(text, 0, NULL) : NULL;
	if (said) {
		begin_notice(page, json_is_true(json_object_get(said, "wrong")),
			     json_string_value(json_object_get(said, page->dutch ? "nl" : "en")));
		keep(page, json_string_value(json_object_get(said, "action")),
		     json_string_value(json_object_get(said, "kept")));
		p_html(page, "</p>");
	}
	json_decref(said);
}

static struct page *page_alloc(struct web_req *req)
{
	struct page *page = talloc_zero(req, struct page);

	OSMO_ASSERT(page);
	page->req = req;
	page->room = ROOM_FIRST;
	page->text = talloc_size(page, page->room);
	OSMO_ASSERT(page->text);
	return page;
}

struct page *page_piece(struct web_req *req, bool dutch)
{
	struct page *page = page_alloc(req);

	page->dutch = dutch;
	return page;
}

char *page_piece_end(struct page *page, void *ctx)
{
	char *text = talloc_strndup(ctx, page->text, page->len);

	OSMO_ASSERT(text);
	talloc_free(page);
	return text;
}

struct page *page_begin(struct web_req *req, const struct staff_session *session,
			const struct staff *staff, const char *language, enum page_tab tab,
			const char *title)
{
	struct page *page = page_alloc(req);

	if (!language && staff)
		language = staff->language;
	page->session = session;
	page->dutch = language ? strcmp(language, "en") != 0 : page_wants_dutch(req);
	write_head(page, title);
	p_html(page, "<body><a class=\"skip\" href=\"#main\">");
	p_say(page, "Naar de inhoud", "To the content");
	p_html(page, "</a><header><a class=\"brand\" href=\"/console/\">meldlijn</a>");
	if (session && staff) {
		write_tabs(page, staff, tab);
		write_me(page, staff);
	}
	p_html(page, "</header><main id=\"main\" tabindex=\"-1\"><h1>");
	p_text(page, title);
	p_html(page, "</h1>");
	write_said(page);
	return page;
}

void page_end(struct page *page, unsigned int status)
{
	struct web_req *req = page->req;

	p_html(page, "</main>");
	for (size_t i = 0; i < page->n_scripts; i++) {
		p_html(page, "<script defer src=\"");
		p_asset(page, page->scripts[i]);
		p_html(page, "\"></script>");
	}
	p_html(page, "</body></html>\n");
	web_head(req, "Content-Security-Policy", POLICY);
	web_head(req, "Referrer-Policy", "same-origin");
	web_head(req, "X-Frame-Options", "DENY");
	talloc_steal(NULL, page); /* answering may free the request */
	web_answer_octets(req, status, "text/html; charset=utf-8", page->text, page->len);
	talloc_free(page);
}
