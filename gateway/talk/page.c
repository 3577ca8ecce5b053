// SPDX-License-Identifier: AGPL-3.0-or-later
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include "talk/page.h"
#include "wire/ussd_text.h"

/* A text on its way into pages. */
struct cutter {
	const char *text;
	size_t len; /* without blanks at its end */
	size_t octets;
};

/* Where a page ends and where the next begins; between them stand blanks. */
struct cut {
	size_t end, next;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\n';
}

static bool is_continued(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t skip_blanks(const struct cutter *c, size_t at)
{
	while (at < c->len && is_blank(c->text[at]))
		at++;
	return at;
}

static size_t trim(const struct cutter *c, size_t from, size_t end)
{
	while (end > from && is_blank(c->text[end - 1]))
		end--;
	return end;
}

/* Body and foot; feet are "" or begin with a line end. */
static char *compose(void *ctx, const struct cutter *c, size_t from, size_t end, const char *foot)
{
	char *page = talloc_asprintf(ctx, "%.*s%s", (int)(end - from), c->text + from, foot);

	OSMO_ASSERT(page);
	return page;
}

static bool fits(const struct cutter *c, size_t from, size_t end, const char *foot)
{
	char *page;
	bool does;

	if (end - from >= USSD_TEXT_MAX) /* no reader has room for it */
		return false;
	page = compose(NULL, c, from, end, foot);
	does = ussd_text_octets(page, strlen(page)) <= c->octets;
	talloc_free(page);
	return does;
}

/* ---- where to cut ---- */

/* The most whole characters that stand on a page with this foot. */
static size_t most(const struct cutter *c, size_t from, const char *foot)
{
	size_t low = from, high = c->len; /* low fits; a longer text never takes less */

	if (fits(c, from, high, foot))
		return high;
	if (high - from > USSD_TEXT_MAX)
		high = from + USSD_TEXT_MAX;
	while (low < high) {
		size_t mid = low + (high - low + 1) / 2, end = mid;

		while (end > low && is_continued(c->text[end]))
			end--;
		if (end > low && fits(c, from, end, foot)) {
			low = end;
		} else if (end > low) {
			high = end - 1;
		} else {
			/* all between low and mid is one character */
			while (mid < high && is_continued(c->text[mid]))
				mid++;
			if (is_continued(c->text[mid]) || !fits(c, from, mid, foot))
				break;
			low = mid;
		}
	}
	while (low > from && is_continued(c->text[low]))
		low--;
	return low;
}

/* "12 Something": a key and what it chooses. */
static bool is_option(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	return digits > 0 && line[digits] == ' ';
}

static size_t line_end(const struct cutter *c, size_t at)
{
	const char *end = memchr(c->text + at, '\n', c->len - at);

	return end ? (size_t)(end - c->text) : c->len;
}

/* The end of the last whole line up to a place; from if there is none. */
static size_t last_line(const struct cutter *c, size_t from, size_t end)
{
	size_t at = end;

	if (end < c->len && c->text[end] == '\n')
		return end;
	while (at > from && c->text[at - 1] != '\n')
		at--;
	return at > from ? trim(c, from, at) : from;
}

static size_t last_blank(const struct cutter *c, size_t from, size_t end)
{
	size_t at = end;

	if (end < c->len && is_blank(c->text[end]))
		return trim(c, from, end);
	while (at > from && !is_blank(c->text[at - 1]))
		at--;
	return trim(c, from, at);
}

/* No accent or half of a joined sign is left for the next page, where whole ones fit. */
static size_t last_grapheme(const struct cutter *c, size_t from, size_t end)
{
	UErrorCode rc = U_ZERO_ERROR;
	size_t at = end;
	UBreakIterator *it;
	UText *text;

	if (end >= c->len)
		return end;
	it = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &rc);
	text = utext_openUTF8(NULL, c->text + from, (int64_t)(c->len - from), &rc);
	ubrk_setUText(it, text, &rc);
	if (U_SUCCESS(rc) && !ubrk_isBoundary(it, (int32_t)(end - from)))
		at = from + ubrk_preceding(it, (int32_t)(end - from));
	utext_close(text);
	ubrk_close(it);
	return U_SUCCESS(rc) && at > from ? at : end;
}

static size_t choose_end(const struct cutter *c, size_t from, size_t most_end, const char *foot)
{
	size_t line = last_line(c, from, most_end), start = skip_blanks(c, line), blank;

	if (line == most_end)
		return line;
	/* a line that is no option may be torn, where ending before it wastes half of the page */
	if (line > from &&
	    (line - from >= (most_end - from) / 2 ||
	     (is_option(c->text + start) && fits(c, start, line_end(c, start), foot))))
		return line;
	blank = last_blank(c, from, most_end);
	start = skip_blanks(c, blank);
	if (blank > from && last_grapheme(c, from, start) == start)
		return blank;
	return last_grapheme(c, from, most_end); /* a word of a page, or an accent on a blank */
}

static struct cut find_cut(const struct cutter *c, size_t from, const char *foot)
{
	struct cut cut = { .end = most(c, from, foot) };

	if (cut.end < c->len && cut.end > from)
		cut.end = choose_end(c, from, cut.end, foot);
	cut.next = skip_blanks(c, cut.end);
	if (trim(c, from, cut.end) > from)
		cut.end = trim(c, from, cut.end);
	return cut;
}

/* ---- pages ---- */

/* A page that others follow.  Hints that leave no room for words are left out. */
static struct cut cut_page(const struct cutter *c, size_t from, const char **foot)
{
	struct cut cut = find_cut(c, from, *foot);

	if (cut.end == from) {
		*foot = "";
		cut = find_cut(c, from, *foot);
	}
	if (cut.end == from) { /* not UTF-8: a byte at least, so that it ends */
		cut.end = from + 1;
		cut.next = skip_blanks(c, cut.end);
	}
	return cut;
}

static size_t count_from(const struct cutter *c, size_t from, const char *more)
{
	size_t n = 1;

	while (!fits(c, from, c->len, "")) {
		const char *foot = more;

		from = cut_page(c, from, &foot).next;
		if (from >= c->len)
			break;
		n++;
	}
	return n;
}

static char *write_last(void *ctx, const struct cutter *c, size_t from, const char *back)
{
	return compose(ctx, c, from, c->len, *back && fits(c, from, c->len, back) ? back : "");
}

static char *write_page(void *ctx, const struct cutter *c, size_t from, const char *more,
			const char *back, size_t *next)
{
	char *both = talloc_asprintf(ctx, "%s%s", more, back);
	const char *foot = more, *with_back = both;
	struct cut plain = cut_page(c, from, &foot), cut;

	OSMO_ASSERT(both);
	if (*back && *foot) {
		cut = cut_page(c, from, &with_back);
		if (*with_back && cut.next < c->len &&
		    (cut.next == plain.next ||
		     count_from(c, cut.next, more) <= count_from(c, plain.next, more))) {
			plain = cut;
			foot = with_back;
		}
	}
	*next = plain.next;
	/* only blanks stayed */
	return compose(ctx, c, from, plain.end, plain.next < c->len ? foot : "");
}

char *page_write(void *ctx, const char *text, size_t from, size_t octets,
		 const struct page_hints *hints, size_t *next)
{
	struct cutter c = { .text = text, .len = strlen(text), .octets = octets };
	void *tmp = talloc_new(NULL);
	char *more = talloc_asprintf(tmp, "\n%s", hints->more), *back = talloc_strdup(tmp, "");
	char *page;
	size_t whole = c.len;

	OSMO_ASSERT(more && back);
	c.len = trim(&c, 0, c.len);
	from = from < c.len ? from : c.len;
	if (from > 0 && hints->back)
		back = talloc_asprintf(tmp, "\n%s", hints->back);
	if (fits(&c, from, c.len, "")) {
		page = write_last(ctx, &c, from, back);
		*next = whole;
	} else {
		page = talloc_steal(ctx, write_page(tmp, &c, from, more, back, next));
		*next = *next < c.len ? *next : whole;
	}
	talloc_free(tmp);
	return page;
}

size_t page_count(const char *text, size_t octets, const struct page_hints *hints)
{
	size_t from = 0, n = 0, len = strlen(text);

	do {
		talloc_free(page_write(NULL, text, from, octets, hints, &from));
		n++;
	} while (from < len);
	return n;
}

size_t page_before(const char *text, size_t from, size_t octets, const struct page_hints *hints)
{
	size_t at = 0, next = 0;

	while (next < from) {
		at = next;
		talloc_free(page_write(NULL, text, at, octets, hints, &next));
	}
	return at;
}
