/* category.h - what can be reported: the city's list, with words in each language.
 *
 * Read from menus/categories.yaml (Signalen's list with its service levels).  Pure after loading.
 *
 *   categories:
 *     - slug: container-full
 *       main: waste              # one of mains:
 *       thing: container         # near reports on the same thing may be the same
 *       promise: 3w              # working days; 21c calendar days; 21w weeks are written 147c
 *       urgent: false            # dangerous by nature
 *       name: {nl: Container is vol, en: Container full, ...}
 *       words: {nl: [container vol, volle container, orac vol], en: [...]}
 *   mains:
 *     - slug: waste
 *       name: {nl: Afval, ...}
 *       words: {nl: [afval, vuil], ...}
 *   things:
 *     - slug: container
 *       name: {nl: container}                 # else the first word
 *       words: {nl: [container, orac], ...}   # narrows "container 4711" to its categories
 *   dangers:
 *     - slug: gas
 *       call: 0800-9009
 *       category: other          # filed as, when the text names nothing else
 *       words: {nl: [gaslucht, ruik gas], ...}
 *       unless: {nl: [gas station]}           # said so, the words above mean nothing
 *   fillers: {nl: [de, het, een], ...}        # say nothing, here and in a text
 *
 * The words of one entry may stand apart in a text and in any order.  "(lamp|lantaarn) (kapot|stuk)"
 * writes four entries as one; "(de|)" may be left out.
 *
 * Matching folds case and accents and forgives one typing error in words of six letters and
 * more.  All languages are searched, the resident's own first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct categories;

struct category {
	const char *slug, *main, *thing;
	int promise_days;
	bool promise_working; /* working days, else calendar days */
	bool urgent;
};

struct danger {
	const char *slug;
	const char *
		call; /* number to call, as it is spoken: "0800-9009"; "city": its own short code */
	const char *category;
};

#define CATEGORY_CANDIDATES_MAX 99
#define CATEGORY_SPANS_MAX	8

struct category_span {
	size_t start, end; /* bytes of the text */
};

struct category_match {
	const struct category *found[CATEGORY_CANDIDATES_MAX]; /* best first */
	size_t n;		     /* 0 nothing; 1 certain; more: ask which */
	size_t span_start, span_end; /* bytes of the text that said so; what is not in a span may
				      * be place or description.  The longest of spans */
	struct category_span spans[CATEGORY_SPANS_MAX]; /* all of them: a place may stand between */
	size_t span_count;
	const char *
		language; /* all that named it is in this one, not the resident's; NULL: or not sure */
	bool only_thing; /* only a thing or main was named: "container 4711" */
};

/*! Load the list.
 *  \param[out] error  "file:line: what is wrong", talloc child of ctx; set on error only
 *  \returns NULL on error */
struct categories *categories_load(void *ctx, const char *path, char **error);

const struct category *category_find(const struct categories *cats, const char *slug);
size_t categories_count(const struct categories *cats);
const struct category *category_at(const struct categories *cats, size_t i);

/*! Name in a language, falling back to nl, en, then the slug. */
const char *category_name(const struct categories *cats, const char *slug, const char *language);
const char *category_main_name(const struct categories *cats, const char *main,
			       const char *language);
size_t categories_main_count(const struct categories *cats);
const char *category_main_at(const struct categories *cats, size_t i);
/*! How residents call the thing ("lantaarnpaal") in a language; the slug if unknown. */
const char *category_thing_name(const struct categories *cats, const char *thing,
				const char *language);

/*! What does this text report?
 *  \param[in] language  the resident's; words of the others count too, a little less */
void category_match(struct category_match *out, const struct categories *cats, const char *text,
		    const char *language);

/*! Does it name a danger? NULL if not. */
const struct danger *category_danger(const struct categories *cats, const char *text);
