// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/answer.h"
#include "wire/utf8.h"

#define DAY_S	    86400
#define HALF_YEAR_S (183 * DAY_S)
#define LABEL_MIN   3 /* letters of a label that choose it */

static bool is_blank(uint32_t c)
{
	return c <= ' ' || (c >= 0x7f && c <= 0xa0) || (c >= 0x2000 && c <= 0x200b) ||
	       c == UTF8_REPLACEMENT || c == 0xfeff;
}

char *answer_clean(void *ctx, const char *text)
{
	size_t len = strlen(text), n = 0;
	char *out = talloc_size(ctx, ANSWER_TEXT_MAX + UTF8_CHARACTER_MAX + 2);
	bool blank = false;

	OSMO_ASSERT(out);
	while (len > 0 && n < ANSWER_TEXT_MAX - UTF8_CHARACTER_MAX) {
		uint32_t c = UTF8_REPLACEMENT;
		int used = utf8_read(&c, text, len);

		if (used <= 0)
			used = 1;
		if (is_blank(c)) {
			blank = n > 0;
		} else {
			if (blank)
				out[n++] = ' ';
			blank = false;
			n += utf8_write(out + n, c);
		}
		text += used;
		len -= used;
	}
	out[n] = '\0';
	return out;
}

/* A number within folded text. \param[out] rest  behind it */
static int leading_number(int64_t *out, const char *folded, const char **rest)
{
	int64_t value = 0;
	const char *p = folded;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		if (value > (INT64_MAX - 9) / 10)
			return -ERANGE;
		value = value * 10 + (*p - '0');
	}
	if (*p && *p != ' ')
		return -EINVAL;
	*out = value;
	*rest = p + strspn(p, " ");
	return 0;
}

static size_t words_in(const char *folded)
{
	size_t n = *folded ? 1 : 0;

	for (; *folded; folded++)
		n += *folded == ' ';
	return n;
}

static int by_label(const char *folded, const char *const *labels, size_t n, bool beginning)
{
	size_t len = strlen(folded);
	int found = -1;

	if (len == 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char *label = phrase_fold(NULL, labels[i]);
		bool begins = beginning && len >= LABEL_MIN && !strncmp(label, folded, len) &&
			      (label[len] == ' ' || !label[len]);
		bool same = !strcmp(label, folded);

		talloc_free(label);
		if (same)
			return i;
		if (begins && found >= 0)
			return -1; /* two begin like that */
		if (begins)
			found = i;
	}
	return found;
}

int answer_option(const char *text, const char *const *labels, size_t n, bool loose)
{
	char *folded = phrase_fold(NULL, text);
	const char *start = folded, *rest, *blank;
	int64_t key;
	int chosen = -1;

	/* "keuze 2", "option 2": one word, then the key and nothing else */
	blank = strchr(folded, ' ');
	if (blank && !isdigit((unsigned char)*folded) &&
	    leading_number(&key, blank + 1, &rest) == 0 && !*rest && loose)
		start = blank + 1;
	if (leading_number(&key, start, &rest) == 0) {
		if (key >= 1 && key <= (int64_t)n && (!*rest || (loose && words_in(rest) <= 3)))
			chosen = key - 1;
	} else {
		chosen = by_label(folded, labels, n, loose);
	}
	talloc_free(folded);
	return chosen;
}

int answer_spelled(const char *text, size_t n, const struct phrases *ph)
{
	char key[] = "key-1", *folded = phrase_fold(NULL, text), *blank = strchr(folded, ' ');
	const char *word = folded, *rest;
	int64_t number = 0;

	if (blank) {
		*blank = '\0';
		if (phrase_is_keyword(ph, NULL, "option", folded))
			word = blank + 1;
		*blank = ' ';
	}
	if (word > folded && leading_number(&number, word, &rest) == 0 && *rest)
		number = 0;
	for (int i = 1; i <= 9 && number == 0; i++) {
		key[sizeof(key) - 2] = '0' + i;
		if (phrase_is_keyword(ph, NULL, key, word))
			number = i;
	}
	talloc_free(folded);
	return number >= 1 && number <= (int64_t)n ? number - 1 : -1;
}

int answer_number(int64_t *out, const char *text)
{
	char *folded = phrase_fold(NULL, text);
	const char *rest;
	int64_t value;
	int rc = leading_number(&value, folded, &rest);

	if (rc == 0 && (words_in(rest) > 1 || isdigit((unsigned char)*rest)))
		rc = -EINVAL;
	talloc_free(folded);
	if (rc == 0)
		*out = value;
	return rc;
}

/* A calendar day, checked: 31-2 is none. */
static int day_of(int64_t *out, int64_t year, int64_t month, int64_t day)
{
	struct tm tm = { .tm_hour = 12 };
	time_t t;

	if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
		return -EINVAL;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	t = timegm(&tm);
	if (tm.tm_mday != day)
		return -EINVAL;
	*out = t;
	return 0;
}

static int date_numbers(int64_t *out, const char *folded, int64_t now_s)
{
	int64_t v[3] = { 0 };
	time_t now = now_s;
	struct tm today;
	size_t n = 0;
	int rc;

	for (; n < ARRAY_SIZE(v) && *folded; n++)
		if (leading_number(&v[n], folded, &folded) < 0)
			return -EINVAL;
	if (n < 2 || *folded)
		return -EINVAL;
	if (n == 3)
		return v[0] > 31 ? day_of(out, v[0], v[1], v[2])
				 : day_of(out, v[2] < 100 ? v[2] + 2000 : v[2], v[1], v[0]);
	gmtime_r(&now, &today);
	rc = day_of(out, today.tm_year + 1900, v[1], v[0]);
	if (rc == 0 && *out < now_s - HALF_YEAR_S)
		rc = day_of(out, today.tm_year + 1901, v[1], v[0]);
	else if (rc < 0 && v[0] == 29 && v[1] == 2)
		rc = day_of(out, today.tm_year + 1901, v[1], v[0]);
	return rc;
}

int answer_date(int64_t *out, const char *text, int64_t now_s, const struct phrases *ph,
		const char *language)
{
	int64_t noon_s = now_s - now_s % DAY_S + DAY_S / 2;
	char *folded;
	int rc;

	if (phrase_is_keyword(ph, NULL, "today", text)) {
		*out = noon_s;
		return 0;
	}
	if (phrase_is_keyword(ph, NULL, "tomorrow", text)) {
		*out = noon_s + DAY_S;
		return 0;
	}
	folded = phrase_fold(NULL, text);
	rc = date_numbers(out, folded, now_s);
	talloc_free(folded);
	return rc;
}

int answer_yes_no(const char *text, const struct phrases *ph, const char *language)
{
	static const char *const none[] = { "", "" };
	const char *rest, *keyword;

	switch (answer_option(text, none, 2, true)) {
	case 0:
		return 1;
	case 1:
		return 0;
	}
	keyword = phrase_keyword_at(ph, language, text, &rest);
	if (keyword && !strcmp(keyword, "yes"))
		return 1;
	if (keyword && !strcmp(keyword, "no"))
		return 0;
	return -EINVAL;
}
