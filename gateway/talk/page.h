/* page.h - a text in pages of USSD (3GPP TS 22.090; sizes by TS 23.038 6.1.2.3).
 *
 * Pages end at line ends, else at blanks, else between characters as a reader sees them; a page never
 * ends in the midst of an option ("3 Street light") if that fits a page by itself.  Another line is
 * torn at a blank where to end before it would leave half of the page empty.  Each page is encoded
 * alone, so one with a letter outside the default alphabet costs nothing to the others.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PAGE_OCTETS_MIN 40

/* What stands at the foot of a page, each a line of its own. */
struct page_hints {
	const char *more; /* "# meer": pages follow */
	const char *back; /* "0 terug": shown where it costs no page more; NULL none */
};

/*! Write out the page that begins at a byte of the text.
 *  \param[in] text  UTF-8; options are lines that begin with a number
 *  \param[in] from  0, or what next was after another page
 *  \param[in] octets  what a page holds, PAGE_OCTETS_MIN to USSD_OCTETS_MAX
 *  \param[out] next  where the next page begins; strlen(text) if this is the last
 *  \returns talloc'd, child of ctx; octet-exact: ussd_text_octets() of it is at most octets */
char *page_write(void *ctx, const char *text, size_t from, size_t octets,
		 const struct page_hints *hints, size_t *next);

/*! Where the page before another begins; 0 if that is the first. */
size_t page_before(const char *text, size_t from, size_t octets, const struct page_hints *hints);

/*! How many pages a text takes. */
size_t page_count(const char *text, size_t octets, const struct page_hints *hints);
