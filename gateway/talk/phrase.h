/* phrase.h - the words: ICU message patterns by key and language.
 *
 * One YAML file a language in the prompts folder:
 *
 *   language: nl-plain
 *   name: Makkelijk Nederlands
 *   fallback: nl
 *   locale: nl_NL
 *   choose: [makkelijk, eenvoudig]    # words that choose the language
 *   keywords:                         # words that residents type, by what they mean
 *     stop: [stop, uit]
 *     help: [help, hulp, info, "?"]
 *     yes: [ja, j, ok]
 *   phrases:
 *     report.filed: "Dank u. Uw melding {reference}: {category_name}, {place}. Klaar: {promise, date, EEEdMMM}."
 *     report.what:
 *       text: ...
 *       voice: ...                    # variants a channel; text is what SMS and the rest use
 *       ussd: ...
 *
 * Patterns are ICU MessageFormat with named arguments: {name}, {n, number}, {n, plural, =0{..} one{..}
 * other{# ..}}, {x, select, a{..} other{..}}, {t, date, SKELETON}, {n, spellout}, '{' quoted.
 * Arguments are a JSON object: strings, numbers; a date is a number of seconds since 1970.
 * A missing argument shows as nothing.  Pure after loading.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct phrases;

/*! Load all *.yaml of a folder; checks every pattern.
 *  \param[out] error  "file:line: what is wrong", talloc child of ctx; set on error only
 *  \returns NULL on error */
struct phrases *phrases_load(void *ctx, const char *folder, char **error);

size_t phrases_language_count(const struct phrases *ph);
const char *phrases_language_at(const struct phrases *ph, size_t i); /* "nl", sorted */
const char *phrases_language_name(const struct phrases *ph, const char *language);

/*! Which language does this word choose ("english", "türkçe", "makkelijk")? NULL if none. */
const char *phrases_language_of(const struct phrases *ph, const char *word);

/*! Does a language (without fallback) or its fallback have this key? */
bool phrase_has(const struct phrases *ph, const char *language, const char *key, bool own_only);

/*! Say something.  Falls back: variant, then text; language, its fallback, nl, en, then the key
 *  itself in brackets (menu check finds those).
 *  \param[in] variant  "voice", "ussd" or NULL
 *  \param[in] zone  of dates, "Europe/Amsterdam"
 *  \returns talloc'd text, child of ctx; never NULL */
char *phrase_say(void *ctx, const struct phrases *ph, const char *language, const char *variant,
		 const char *key, json_t *args, const char *zone);

/*! Is it always said with the same words: has what phrase_say() takes no arguments? */
bool phrase_is_fixed(const struct phrases *ph, const char *language, const char *variant,
		     const char *key);

/*! Is text (one word or several, folded) one of a keyword's words?
 *  \param[in] language  NULL: in any language */
bool phrase_is_keyword(const struct phrases *ph, const char *language, const char *keyword,
		       const char *text);

/*! Which keyword does the text begin with, in any language (own first)?
 *  \param[out] rest  what follows it, within text
 *  \returns "stop", "help", "status", ... or NULL */
const char *phrase_keyword_at(const struct phrases *ph, const char *language, const char *text,
			      const char **rest);

/*! Fold for comparing: lower case, no accents, Turkish dotless i as i, punctuation to blanks,
 *  blanks single.  \returns talloc'd text */
char *phrase_fold(void *ctx, const char *text);

/*! Walk over all keys of a language, sorted (for menu check). NULL after the last. */
const char *phrase_key_at(const struct phrases *ph, const char *language, size_t i);

/*! The name of an argument that a language's own text of a key uses, NULL after the last (for menu
 *  check). */
const char *phrase_argument(const struct phrases *ph, const char *language, const char *key,
			    size_t i);

/*! Where it stands. \returns the file, NULL if the language itself has none */
const char *phrase_where(const struct phrases *ph, const char *language, const char *key,
			 int *line);

/*! Has any language words for this keyword? */
bool phrase_has_keyword(const struct phrases *ph, const char *keyword);

/*! The raw pattern, NULL if the language itself has none (for menu check). */
const char *phrase_pattern(const struct phrases *ph, const char *language, const char *key,
			   const char *variant);
