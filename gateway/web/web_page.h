/* web_page.h - writes one HTML page: everything that is not ours is escaped where it is put.
 *
 * A page is built from calls in the order of the document.  p_html() takes literals of this program only;
 * whatever comes from residents, staff, contractors or files goes through p_text() (between tags and in quoted
 * attributes), p_param() (within an address) or p_json() (within a script element).  Console pages are in the
 * language of who is signed in: p_say() has the words of each next to each other.
 *
 * The frame (head, navigation, main, footer) is page_begin()'s and page_end()'s.  Style and scripts are files of
 * gateway/web/assets/, compiled in and served under /assets/ with a hash in their address; no address outside
 * this one, no inline script or style (the Content-Security-Policy says so: default-src 'none'; style-src,
 * script-src, img-src, media-src, connect-src, form-action 'self'; frame-ancestors 'none').
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "store/store_staff.h"
#include "web/web_int.h"

struct page;

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

/*! A script of assets/ by name ("notice.js"), loaded deferred. */
void page_script(struct page *page, const char *name);

bool page_is_dutch(const struct page *page);

/*! Literals only. */
void p_html(struct page *page, const char *literal);
/*! Escaped for text and for quoted attributes; NULL is nothing. */
void p_text(struct page *page, const char *text);
void p_textf(struct page *page, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*! Percent-encoded, for a segment or a value within an address. */
void p_param(struct page *page, const char *text);
/*! As the content of <script type="application/json">; the reference is taken. */
void p_json(struct page *page, json_t *json);
/*! Words of ours in the page's language, escaped. */
void p_say(struct page *page, const char *nl, const char *en);
/*! The same with values: both patterns take the same arguments in the same order. */
void p_sayf(struct page *page, const char *nl, const char *en, ...);
void p_number(struct page *page, int64_t n);  /* grouped as the language does */
void p_time(struct page *page, int64_t at_s); /* <time>, in the city's zone, "di 24 nov 14:05" */
void p_date(struct page *page, int64_t at_s); /* <time>, the day only */
void p_reference(struct page *page, const char *reference); /* 482 915 3, a link to the report */

/*! <form method=post> to an address of ours, with the session's CSRF token and an idempotency token inside. */
void p_form(struct page *page, const char *action, const char *class_name);
void p_form_end(struct page *page);
/*! A line that says that something went well or wrong, at the top of main, read out by screen readers (role status or alert). */
void p_notice(struct page *page, bool wrong, const char *text);

/* ---- console requests ---- */

/* A console request: who asks. */
struct console {
	struct web_req *req;
	struct staff_session session;
	struct staff staff;
};

/*! Who is signed in, with at least this role?  Answers itself if not: a GET is sent to the sign-in page, which leads
 *  back; else 401 or 403.  For a POST the CSRF token and the Origin are checked too (403), and its form is read.
 *  \param[out] con  child of req; NULL if it has been answered */
struct console *console_enter(struct web_req *req, enum staff_role least);
/*! A field of the POSTed form, UTF-8, "" if it is not there; lives as long as the request. */
const char *console_field(const struct console *con, const char *name);
/*! The same POST came before (its idempotency token): nothing must be done again.  Inside the caller's step. */
bool console_again(struct console *con);
/*! After a POST: 303 to an address of ours; the words are shown there once. */
void console_done(struct console *con, const char *address, const char *nl, const char *en);
void console_failed(struct console *con, const char *address, const char *nl, const char *en);
/*! Inside the caller's step: "staff anna" did this.  Numbers of residents are masked by the caller. */
int console_audit(struct console *con, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
