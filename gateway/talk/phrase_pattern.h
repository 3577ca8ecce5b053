/* phrase_pattern.h - one ICU message pattern with named arguments: read it once, say it often.
 *
 * ICU's C interface has neither named arguments nor a reader of its own for them, so the syntax of
 * MessageFormat (apostrophes in the mode "double optional") is read here; what a number, date
 * or plural looks like in a language is ICU's.
 *
 * As in ICU: {x}, {n, number}, {n, number, integer|percent|::skeleton}, {t, date|time,
 * short|medium|long|full|::skeleton|pattern}, {n, spellout}, {n, ordinal}, {n, plural, offset:1 =0{..}
 * one{..} other{..}}, {n, selectordinal, ..}, {x, select, a{..} other{..}}.  Two things differ,
 * for texts that are keyed and paid for: a date style of letters only is a skeleton without its
 * colons, and a plain {n} shows a number without grouping.
 */
#pragma once

#include <stddef.h>

#include <jansson.h>

/* Bytes of one text with its NUL; what is longer is cut between two letters. */
#define PHRASE_SIZE 8192

/* What ICU knows of one language; its formatters are opened once. */
struct phrase_locale;

struct phrase_pattern;

/*! \returns NULL if ICU does not know the locale's form; freeing it closes the formatters */
struct phrase_locale *phrase_locale_alloc(void *ctx, const char *name);

/*! Read a pattern.
 *  \param[in] ctx  parent; must not outlive the locale
 *  \param[out] error  what is wrong; talloc child of ctx, set on error only
 *  \returns NULL on error */
struct phrase_pattern *phrase_pattern_read(void *ctx, struct phrase_locale *locale,
					   const char *text, char **error);

/*! Say it.
 *  \param[out] out  PHRASE_SIZE bytes
 *  \param[in] args  object of strings, numbers and booleans; may be NULL; what is missing shows as
 *                   nothing
 *  \param[in] zone  of dates
 *  \returns bytes without the NUL */
size_t phrase_pattern_say(char *out, struct phrase_pattern *pattern, json_t *args,
			  const char *zone);

/*! The name of an argument the pattern uses, NULL after the last; a name may come twice. */
const char *phrase_pattern_argument(const struct phrase_pattern *pattern, size_t i);

const char *phrase_pattern_text(const struct phrase_pattern *pattern);
