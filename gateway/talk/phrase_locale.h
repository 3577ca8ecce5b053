/* phrase_locale.h - ICU's formatters of one language, opened once and shared by its patterns.
 *
 * Opening one takes ICU tens of microseconds, using one well under one.  All strings written are
 * UTF-8 and NUL-terminated; what does not fit shows as nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "talk/phrase_pattern.h"

#define PHRASE_VALUE_SIZE 512

struct phrase_number; /* how a number is shown */
struct phrase_rules;  /* how a number is spelled */
struct phrase_date;   /* how a moment is shown */

/*! \param[in] skeleton  ICU number skeleton, "" for the language's own way
 *  \returns NULL if ICU refuses it; lives as long as the locale */
struct phrase_number *phrase_locale_number(struct phrase_locale *loc, const char *skeleton);
void phrase_number_integer(char *out, struct phrase_number *number, int64_t value);
void phrase_number_real(char *out, struct phrase_number *number, double value);

/*! \param[in] ordinal  "3rd" instead of "three"
 *  \param[in] ruleset  "%spellout-ordinal" and so on; NULL for the usual one */
struct phrase_rules *phrase_locale_rules(struct phrase_locale *loc, bool ordinal,
					 const char *ruleset);
void phrase_rules_say(char *out, const struct phrase_rules *rules, double value);

/*! \param[in] style  short, medium, long or full; a skeleton, with or without "::"; or a pattern
 *  \param[in] time  of day instead of date, for the four words
 *  \returns NULL if ICU has no such form */
struct phrase_date *phrase_locale_date(struct phrase_locale *loc, const char *style, bool time);
void phrase_date_say(char *out, struct phrase_date *date, double seconds, const char *zone);

/*! The plural keyword: "one", "few", "other".  \param[out] out  16 bytes */
void phrase_locale_plural(char *out, const struct phrase_locale *loc, bool ordinal, double value);
