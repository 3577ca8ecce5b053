/* web_page.h - writes one HTML page: everything that is not ours is escaped where it is put.
 *
 * A page is built from calls in the order of the document.  p_html() takes literals of this program only;
 * whatever comes from residents, staff, contractors or files goes through p_text() (between tags and in quoted
 * attributes) or p_param() (within an address).  Console pages are in the language of who is signed in: p_say()
 * has the words of each next to each other.
 *
 * The frame (head, navigation, main, footer) is page_begin()'s and page_end()'s.  Style and scripts are files of
 * gateway/web/assets/, compiled in and served under /assets/ with a hash in their address; no address outside
 * this one, no inline script or style (the Content-Security-Policy says so: default-src 'none'; style-src,
 * script-src, img-src, media-src, connect-src, form-action 'self'; frame-ancestors 'none').
 *
 * How to write a console page.  A line in web_route.c; the navigation shows a tab as soon as its address has one:
 *
 *   { "GET", { "console", "people" }, web_people, NULL, NULL },
 *   { "POST", { "console", "people", "forget" }, web_people_forget, NULL, NULL },
 *
 *   void web_people(struct web_req *req)
 *   {
 *           struct console *con = console_enter(req, STAFF_CLERK);
 *           struct page *page;
 *
 *           if (!con)
 *                   return;                                  it has been answered
 *           page = console_page(con, PAGE_PEOPLE, "Mensen", "People");
 *           p_form(page, "/console/people/forget", NULL);
 *           p_html(page, "<label for=\"number\">");
 *           p_say(page, "Nummer", "Number");
 *           p_html(page, "</label><input id=\"number\" name=\"number\" required>");
 *           p_button(page, "danger", "Vergeten", "Forget");
 *           p_form_end(page);
 *           page_end(page, MHD_HTTP_OK);
 *   }
 *
 *   void web_people_forget(struct web_req *req)
 *   {
 *           struct console *con = console_enter(req, STAFF_EDITOR);
 *
 *           if (!con)
 *                   return;
 *           if (store_begin(req->web->st) < 0) {
 *                   console_refuse(con, MHD_HTTP_SERVICE_UNAVAILABLE, ...);
 *                   return;
 *           }
 *           if (!console_again(con)) {
 *                   ... console_field(con, "number") ... ; console_audit(con, "forgot %s", masked);
 *           }
 *           store_end(req->web->st);
 *           console_done(con, "/console/people", "Vergeten.", "Forgotten.");
 *   }
 *
 * Classes that console.css knows: "cards" (of a grid), "card", "figures" (dl of big numbers), table in
 * <div class="wide" tabindex="0"> or table class="cards" whose <td data-label="..."> become cards on a small screen,
 * "filter" (a form in one row), "quiet" (text), "state STATE" (a report's or notice's state as a label), buttons
 * "plain" and "danger", "pages" (earlier, later), "plot" (svg with series "s1" to "s4", "axis", "grid").  Whatever a
 * script changes has an id; what it says goes to an element with aria-live="polite".
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store_staff.h"
#include "web/web_int.h"

struct page;
struct console_form;

/* What the navigation marks as here. */
enum page_tab {
	PAGE_NONE,
	PAGE_TODAY,
	PAGE_REPORTS,
	PAGE_NOTICES,
	PAGE_PEOPLE,
	PAGE_MENUS,
	PAGE_CONTRACTORS,
	PAGE_STAFF,
	PAGE_AUDIT,
};

/*! Head, navigation and the opening of <main> with <h1>.
 *  \param[in] session, staff  NULL: nobody is signed in (sign-in, a contractor's link): no navigation
 *  \param[in] language  "nl" or "en"; NULL: of staff, else of Accept-Language
 *  \param[in] title  escaped here */
struct page *page_begin(struct web_req *req, const struct staff_session *session,
			const struct staff *staff, const char *language, enum page_tab tab,
			const char *title);
/*! Closes the document and answers the request with it; the page is gone. */
void page_end(struct page *page, unsigned int status);

/*! A part of a page by itself: what is written stands between no head and no end. */
struct page *page_piece(struct web_req *req, bool dutch);
/*! \returns its text, child of ctx; the piece is gone */
char *page_piece_end(struct page *piece, void *ctx);

/*! A script of assets/ by name ("notice.js"), loaded deferred. */
void page_script(struct page *page, const char *name);
/*! live.js, and here the places where it says what has changed and that the connection is lost.  Before the scripts that
 *  listen to it. */
void page_live(struct page *page);

bool page_is_dutch(const struct page *page);
/*! The first of our two languages that the browser names: for a title, before there is a page. */
bool page_wants_dutch(const struct web_req *req);
struct web_req *page_req(const struct page *page);
/*! A number of ours in an attribute or a tag: 12, 12.5 */
void p_digits(struct page *page, double n);

/*! Literals only: anything else does not compile. */
#define p_html(page, literal) page_html(page, "" literal)
void page_html(struct page *page, const char *literal);
/*! Escaped for text and for quoted attributes; what is no UTF-8 and characters that HTML may not hold become U+FFFD.
 *  NULL is nothing. */
void p_text(struct page *page, const char *text);
void p_textf(struct page *page, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*! Percent-encoded, for a segment or a value within an address. */
void p_param(struct page *page, const char *text);
/*! Words of ours in the page's language, escaped. */
void p_say(struct page *page, const char *nl, const char *en);
/*! The same with values: both patterns take the same arguments in the same order. */
void p_sayf(struct page *page, const char *nl, const char *en, ...)
	__attribute__((format(printf, 2, 4), format(printf, 3, 4)));
void p_number(struct page *page, int64_t n);  /* grouped as the language does */
void p_time(struct page *page, int64_t at_s); /* <time>, in the city's zone, "di 24 nov 14:05" */
void p_date(struct page *page, int64_t at_s); /* <time>, the day only */
void p_moment(struct page *page, int64_t at_s,
	      const char *pattern); /* text by an ICU pattern, in the city's zone */
void p_reference(struct page *page, const char *reference); /* 482 915 3, a link to the report */

/*! The state of a report, as a word in a coloured label. */
void p_state(struct page *page, enum report_state state);
/*! What somebody is here, in a word. */
void p_role(struct page *page, enum staff_role role);
/*! The category's name in the page's language. */
void p_category(struct page *page, const char *slug);

/*! <form method=post> to an address of ours, with the session's CSRF token and an idempotency token inside. */
void p_form(struct page *page, const char *action, const char *class_name);
void p_form_end(struct page *page);
/*! Inside a form: what was typed there and was not taken, by the name of the field; "" else. */
const char *p_kept(const struct page *page, const char *name);
/*! The same for the whole of such a form, after page_begin(); NULL: nothing is kept for this action. */
const struct console_form *page_kept(const struct page *page, const char *action);
/*! A submit button; class_name NULL: the main one of its form, "plain", "danger" */
void p_button(struct page *page, const char *class_name, const char *nl, const char *en);
/*! The address of an asset, for img or audio. */
void p_asset(struct page *page, const char *name);
/*! A line that says that something went well or wrong, at the top of main, read out by screen readers (role status or
 *  alert). */
void p_notice(struct page *page, bool wrong, const char *text);

/* ---- console requests ---- */

/* A console request: who asks. */
struct console {
	struct web_req *req;
	struct staff_session session;
	struct staff staff;
	struct console_form *form; /* of a POST */
	const char *back;	   /* a page that waits with what was typed; NULL */
};

/*! Who is signed in, with at least this role?  Answers itself if not: a GET is sent to the sign-in page, which leads
 *  back; else 401 or 403.  For a POST the CSRF token and the Origin are checked too (403), and its form is read.
 *  \returns a child of req; NULL if it has been answered */
struct console *console_enter(struct web_req *req, enum staff_role least);
/*! The same for who asks for a page that is not shown when nobody is signed in (events, sound): NULL, with no answer. */
struct console *console_find(struct web_req *req, enum staff_role least);
/*! The same for what a page asks by itself while nobody may be there: they do not stay signed in by it. */
struct console *console_watch(struct web_req *req, enum staff_role least);
/*! page_begin() for this person. */
struct page *console_page(const struct console *con, enum page_tab tab, const char *nl,
			  const char *en);
/*! Answer with a page that says why not, in their language. */
void console_refuse(const struct console *con, unsigned int status, const char *nl, const char *en);
/*! A field of the POSTed form, UTF-8 without control characters (but tab and new lines, as LF), "" if it is not
 *  there; lives as long as the request. */
const char *console_field(const struct console *con, const char *name);
/*! The n-th field of a name that stands in the form several times (check boxes); NULL: there is no such. */
const char *console_field_at(const struct console *con, const char *name, size_t n);
/*! A parameter of the address, "" if it is not there or is not text. */
const char *console_param(const struct console *con, const char *name);
/*! The same POST came before (its idempotency token): nothing must be done again.  Inside the caller's step. */
bool console_again(struct console *con);
/*! After a POST and its step: once that is durable 303 to an address of ours, where the words are shown once.  If it
 *  cannot be made durable the answer is 503. */
void console_done(struct console *con, const char *address, const char *nl, const char *en);
void console_failed(struct console *con, const char *address, const char *nl, const char *en);
/*! The same, and the next page puts what was typed back into the form that it came from: p_kept().  Passwords are not
 *  kept, nor what was typed to confirm. */
void console_failed_kept(struct console *con, const char *address, const char *nl, const char *en);
/*! Inside the caller's step: "staff anna" did this.  Numbers of residents are masked by the caller. */
int console_audit(struct console *con, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*! The same as console_audit() for whom no console request names. */
int staff_audit(struct store *st, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define WEB_ASSET_ADDRESS_SIZE 80
/*! The address of an asset, "/assets/0123abcd/name"; ends the program if there is none. */
void web_asset_put(char out[WEB_ASSET_ADDRESS_SIZE], const char *name);
