// SPDX-License-Identifier: AGPL-3.0-or-later
#include <string.h>
#include <talloc.h>
#include <unicode/udat.h>
#include <unicode/udatpg.h>
#include <unicode/uloc.h>
#include <unicode/unum.h>
#include <unicode/unumberformatter.h>
#include <unicode/upluralrules.h>
#include <unicode/ustring.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/utils.h>

#include "talk/phrase_locale.h"

#define PATTERN_MAX 128 /* UTF-16 units of a date pattern */
#define KEYWORD_MAX 16
#define ZONES_MAX   4 /* zones a date keeps open at a time */

struct phrase_number {
	struct llist_head entry;
	char *skeleton;
	UNumberFormatter *formatter;
	UFormattedNumber *result;
};

struct phrase_rules {
	struct llist_head entry;
	char *ruleset;
	bool ordinal;
	UNumberFormat *format;
};

struct phrase_date {
	struct llist_head entry;
	const struct phrase_locale *locale;
	char *style;
	bool time;
	UChar pattern[PATTERN_MAX];
	struct {
		char *zone;
		UDateFormat *format;
	} open[ZONES_MAX];
	size_t next; /* the place that the next zone takes */
};

struct phrase_locale {
	char *name;
	UPluralRules *cardinal, *ordinal;
	UDateTimePatternGenerator *patterns;
	struct llist_head numbers, rules, dates;
};

static int locale_free(struct phrase_locale *loc)
{
	uplrules_close(loc->cardinal);
	uplrules_close(loc->ordinal);
	udatpg_close(loc->patterns);
	return 0;
}

/* Skip one "nl" or "_NL" of a locale's name.  \returns what follows; NULL if it has another length */
static const char *skip_subtag(const char *at, size_t min, size_t max)
{
	size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return len >= min && len <= max ? at + len : NULL;
}

/* nl, nl_NL, sr_Latn_RS, ar@numbers=latn.  Plural rules of ICU 72 crash on other forms. */
static bool is_locale_name(const char *name)
{
	const char *at = skip_subtag(name, 2, 3);

	while (at && *at == '_')
		at = skip_subtag(at + 1, 2, 4);
	if (!at || strlen(name) >= ULOC_FULLNAME_CAPACITY || *uloc_getISO3Language(name) == '\0')
		return false;
	if (*at == '@')
		at += 1 + strspn(at + 1, "abcdefghijklmnopqrstuvwxyz0123456789=;");
	return *at == '\0';
}

struct phrase_locale *phrase_locale_alloc(void *ctx, const char *name)
{
	UErrorCode status = U_ZERO_ERROR;
	char canonical[ULOC_FULLNAME_CAPACITY];
	struct phrase_locale *loc;

	if (!is_locale_name(name))
		return NULL;
	uloc_canonicalize(name, canonical, sizeof(canonical), &status);
	if (U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING)
		return NULL;
	loc = talloc_zero(ctx, struct phrase_locale);
	OSMO_ASSERT(loc);
	loc->name = talloc_strdup(loc, canonical);
	INIT_LLIST_HEAD(&loc->numbers);
	INIT_LLIST_HEAD(&loc->rules);
	INIT_LLIST_HEAD(&loc->dates);
	loc->cardinal = uplrules_open(loc->name, &status);
	loc->ordinal = uplrules_openForType(loc->name, UPLURAL_TYPE_ORDINAL, &status);
	loc->patterns = udatpg_open(loc->name, &status);
	talloc_set_destructor(loc, locale_free);
	if (U_SUCCESS(status))
		return loc;
	talloc_free(loc);
	return NULL;
}

/* \returns UTF-16 units; -1 if it does not fit or is no UTF-8 */
static int32_t to_utf16(UChar *out, int32_t max, const char *text)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t len = 0;

	u_strFromUTF8(out, max, &len, text, -1, &status);
	return U_SUCCESS(status) && len < max ? len : -1;
}

static void to_utf8(char *out, const UChar *text, int32_t len, UErrorCode status)
{
	u_strToUTF8(out, PHRASE_VALUE_SIZE, NULL, text, len, &status);
	if (U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING)
		out[0] = '\0';
}

static int number_free(struct phrase_number *number)
{
	unumf_close(number->formatter);
	unumf_closeResult(number->result);
	return 0;
}

struct phrase_number *phrase_locale_number(struct phrase_locale *loc, const char *skeleton)
{
	UErrorCode status = U_ZERO_ERROR;
	struct phrase_number *number;
	UChar wide[PATTERN_MAX];
	int32_t len = to_utf16(wide, PATTERN_MAX, skeleton);

	llist_for_each_entry (number, &loc->numbers, entry) {
		if (strcmp(number->skeleton, skeleton) == 0)
			return number;
	}
	if (len < 0)
		return NULL;
	number = talloc_zero(loc, struct phrase_number);
	OSMO_ASSERT(number);
	talloc_set_destructor(number, number_free);
	number->skeleton = talloc_strdup(number, skeleton);
	number->formatter = unumf_openForSkeletonAndLocale(wide, len, loc->name, &status);
	number->result = unumf_openResult(&status);
	if (U_FAILURE(status)) {
		talloc_free(number);
		return NULL;
	}
	llist_add_tail(&number->entry, &loc->numbers);
	return number;
}

static void number_result(char *out, const struct phrase_number *number, UErrorCode status)
{
	UChar wide[PHRASE_VALUE_SIZE];
	int32_t len = unumf_resultToString(number->result, wide, ARRAY_SIZE(wide), &status);

	to_utf8(out, wide, len, status);
}

void phrase_number_integer(char *out, struct phrase_number *number, int64_t value)
{
	UErrorCode status = U_ZERO_ERROR;

	unumf_formatInt(number->formatter, value, number->result, &status);
	number_result(out, number, status);
}

void phrase_number_real(char *out, struct phrase_number *number, double value)
{
	UErrorCode status = U_ZERO_ERROR;

	unumf_formatDouble(number->formatter, value, number->result, &status);
	number_result(out, number, status);
}

static int rules_free(struct phrase_rules *rules)
{
	unum_close(rules->format);
	return 0;
}

/* \returns 0; -1 if the language has no such rules */
static int rules_choose(struct phrase_rules *rules, const char *ruleset)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar wide[PATTERN_MAX];
	int32_t len = to_utf16(wide, PATTERN_MAX, ruleset);

	if (len < 0)
		return -1;
	unum_setTextAttribute(rules->format, UNUM_DEFAULT_RULESET, wide, len, &status);
	return U_SUCCESS(status) ? 0 : -1;
}

struct phrase_rules *phrase_locale_rules(struct phrase_locale *loc, bool ordinal,
					 const char *ruleset)
{
	UErrorCode status = U_ZERO_ERROR;
	struct phrase_rules *rules;

	llist_for_each_entry (rules, &loc->rules, entry) {
		if (rules->ordinal == ordinal && strcmp(rules->ruleset, ruleset ?: "") == 0)
			return rules;
	}
	rules = talloc_zero(loc, struct phrase_rules);
	OSMO_ASSERT(rules);
	talloc_set_destructor(rules, rules_free);
	rules->ordinal = ordinal;
	rules->ruleset = talloc_strdup(rules, ruleset ?: "");
	rules->format = unum_open(ordinal ? UNUM_ORDINAL : UNUM_SPELLOUT, NULL, 0, loc->name, NULL,
				  &status);
	if (U_FAILURE(status) || (ruleset && rules_choose(rules, ruleset) < 0)) {
		talloc_free(rules);
		return NULL;
	}
	llist_add_tail(&rules->entry, &loc->rules);
	return rules;
}

void phrase_rules_say(char *out, const struct phrase_rules *rules, double value)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar wide[PHRASE_VALUE_SIZE];
	int32_t len = unum_formatDouble(rules->format, value, wide, ARRAY_SIZE(wide), NULL,
					&status);

	to_utf8(out, wide, len, status);
}

static int date_free(struct phrase_date *date)
{
	size_t i;

	for (i = 0; i < ZONES_MAX; i++)
		udat_close(date->open[i].format);
	return 0;
}

static const struct {
	const char *name;
	UDateFormatStyle style;
} date_styles[] = {
	{ "short", UDAT_SHORT }, { "", UDAT_MEDIUM },	{ "medium", UDAT_MEDIUM },
	{ "long", UDAT_LONG },	 { "full", UDAT_FULL },
};

/* The pattern that a word such as "long" stands for.  \returns its length; -1 if ICU has none */
static int32_t named_pattern(struct phrase_date *date, UDateFormatStyle style)
{
	UErrorCode status = U_ZERO_ERROR;
	UDateFormat *format = udat_open(date->time ? style : UDAT_NONE,
					date->time ? UDAT_NONE : style, date->locale->name, NULL, 0,
					NULL, 0, &status);
	int32_t len = udat_toPattern(format, false, date->pattern, PATTERN_MAX, &status);

	udat_close(format);
	return U_SUCCESS(status) ? len : -1;
}

static int32_t skeleton_pattern(struct phrase_date *date, const char *skeleton)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar wide[PATTERN_MAX];
	int32_t len = to_utf16(wide, PATTERN_MAX, skeleton);

	if (len <= 0 || strspn(skeleton, "GyYuUrQqMLwWdDFgEecabBhHkKjJCmsSAzZOvVXx") < (size_t)len)
		return -1;
	len = udatpg_getBestPattern(date->locale->patterns, wide, len, date->pattern, PATTERN_MAX,
				    &status);
	return U_SUCCESS(status) ? len : -1;
}

/* \returns length of the pattern that a style stands for; -1 if there is none */
static int32_t date_pattern(struct phrase_date *date, const char *style)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(date_styles); i++) {
		if (strcmp(date_styles[i].name, style) == 0)
			return named_pattern(date, date_styles[i].style);
	}
	if (strncmp(style, "::", 2) == 0)
		return skeleton_pattern(date, style + 2);
	for (i = 0; style[i]; i++) {
		if (!((style[i] >= 'A' && style[i] <= 'Z') || (style[i] >= 'a' && style[i] <= 'z')))
			return to_utf16(date->pattern, PATTERN_MAX, style);
	}
	return skeleton_pattern(date, style);
}

static UDateFormat *date_open(const struct phrase_date *date, const char *zone)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar wide[PATTERN_MAX];
	int32_t len = to_utf16(wide, PATTERN_MAX, zone);
	UDateFormat *format = udat_open(UDAT_PATTERN, UDAT_PATTERN, date->locale->name,
					len < 0 ? NULL : wide, len, date->pattern, -1, &status);

	return U_SUCCESS(status) ? format : NULL;
}

struct phrase_date *phrase_locale_date(struct phrase_locale *loc, const char *style, bool time)
{
	struct phrase_date *date;
	int32_t len;

	llist_for_each_entry (date, &loc->dates, entry) {
		if (strcmp(date->style, style) == 0 && date->time == time)
			return date;
	}
	date = talloc_zero(loc, struct phrase_date);
	OSMO_ASSERT(date);
	talloc_set_destructor(date, date_free);
	date->locale = loc;
	date->style = talloc_strdup(date, style);
	date->time = time;
	len = date_pattern(date, style);
	if (len > 0 && len < PATTERN_MAX)
		date->open[0].format = date_open(date, "UTC");
	if (!date->open[0].format) {
		talloc_free(date);
		return NULL;
	}
	date->open[0].zone = talloc_strdup(date, "UTC");
	date->next = 1;
	llist_add_tail(&date->entry, &loc->dates);
	return date;
}

static UDateFormat *date_in_zone(struct phrase_date *date, const char *zone)
{
	size_t i;

	for (i = 0; i < ZONES_MAX && date->open[i].zone; i++) {
		if (strcmp(date->open[i].zone, zone) == 0)
			return date->open[i].format;
	}
	i = date->next;
	date->next = (i + 1) % ZONES_MAX;
	udat_close(date->open[i].format);
	talloc_free(date->open[i].zone);
	date->open[i].format = date_open(date, zone);
	date->open[i].zone = talloc_strdup(date, zone);
	return date->open[i].format;
}

void phrase_date_say(char *out, struct phrase_date *date, double seconds, const char *zone)
{
	UErrorCode status = U_ZERO_ERROR;
	UDateFormat *format = date_in_zone(date, zone);
	UChar wide[PHRASE_VALUE_SIZE];
	int32_t len;

	out[0] = '\0';
	if (!format)
		return;
	len = udat_format(format, seconds * 1000.0, wide, ARRAY_SIZE(wide), NULL, &status);
	to_utf8(out, wide, len, status);
}

void phrase_locale_plural(char *out, const struct phrase_locale *loc, bool ordinal, double value)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar wide[KEYWORD_MAX];
	int32_t len = uplrules_select(ordinal ? loc->ordinal : loc->cardinal, value, wide,
				      KEYWORD_MAX - 1, &status);

	if (U_FAILURE(status)) {
		memcpy(out, "other", 6);
		return;
	}
	wide[len] = 0;
	u_UCharsToChars(wide, out, len + 1);
}
