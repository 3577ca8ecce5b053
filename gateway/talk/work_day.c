// SPDX-License-Identifier: AGPL-3.0-or-later
/* work_day.c - a day and a time as they are texted from the street: see work_text.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "talk/answer.h"
#include "talk/work_text.h"
#include "talk/workday.h"

#define DAY_S	86400
#define AHEAD_S (2 * 366LL * DAY_S)
#define PAST_DAYS \
	3 /* "klaar ma" on a Thursday was last Monday; of a day longer ago it is the next one */
#define TOKEN_MAX 32
#define BLANKS	  " \t\r\n,;:"

/* Dutch and English, which is what those who work here write. */
static const char *const weekdays[7][7] = {
	{ "ma", "maa", "maandag", "mon", "monday" },
	{ "di", "din", "dinsdag", "tue", "tues", "tuesday" },
	{ "wo", "woe", "woensdag", "wed", "wednesday" },
	{ "do", "don", "donderdag", "thu", "thur", "thurs", "thursday" },
	{ "vr", "vrij", "vrijdag", "fri", "friday" },
	{ "za", "zat", "zaterdag", "sat", "saturday" },
	{ "zo", "zon", "zondag", "sun", "sunday" },
};

static const char *const months[12][5] = {
	{ "jan", "januari", "january" },
	{ "feb", "februari", "february" },
	{ "mrt", "maart", "mar", "march" },
	{ "apr", "april" },
	{ "mei", "may" },
	{ "jun", "juni", "june" },
	{ "jul", "juli", "july" },
	{ "aug", "augustus", "august" },
	{ "sep", "sept", "september" },
	{ "okt", "oktober", "oct", "october" },
	{ "nov", "november" },
	{ "dec", "december" },
};

static const char *const before_day[] = { "op",	   "on",	"voor",	      "by", "before",
					  "vanaf", "uiterlijk", "aanstaande", "as", "komende",
					  "next",  "deze",	"this",	      NULL };

struct day_reader {
	int64_t now_s;
	const char *zone;
	const struct phrases *ph;
	bool past;
};

/* The next word, lower case, a dot at its end dropped. \returns what follows it */
static const char *word_at(const char *text, char out[TOKEN_MAX])
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strcspn(text, BLANKS);
	out[0] = '\0';
	if (len == 0 || len >= TOKEN_MAX)
		return text;
	for (size_t i = 0; i < len; i++)
		out[i] = tolower((unsigned char)text[i]);
	out[len] = '\0';
	while (len > 0 && out[len - 1] == '.')
		out[--len] = '\0';
	return text + strcspn(text, BLANKS);
}

static bool is_one_of(const char *word, const char *const *list, size_t max)
{
	for (size_t i = 0; i < max && list[i]; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static int row_of(const char *word, const char *const *table, size_t rows, size_t columns)
{
	for (size_t i = 0; i < rows && *word; i++)
		if (is_one_of(word, table + i * columns, columns))
			return (int)i;
	return -1;
}

/* Up to max digits. \returns what follows; NULL if it does not begin with one, or has more */
static const char *digits_at(const char *p, size_t max, int *value)
{
	size_t n = 0;

	for (*value = 0; isdigit((unsigned char)*p) && n < max; n++)
		*value = *value * 10 + (*p++ - '0');
	return n && !isdigit((unsigned char)*p) ? p : NULL;
}

/* ---- the day ---- */

/* Noon UTC of the day that it is in the city. */
static int64_t noon_of(int64_t at_s, const char *zone)
{
	struct workday_clock clock;
	int64_t midday_s;

	workday_clock(&clock, at_s, zone);
	midday_s = at_s - clock.minute * 60 - clock.second + DAY_S / 2;
	return midday_s / DAY_S * DAY_S + DAY_S / 2;
}

static int64_t of_weekday(const struct day_reader *r, int weekday)
{
	int64_t noon_s = noon_of(r->now_s, r->zone);
	int today = (int)((noon_s / DAY_S + 3) % 7); /* 1 January 1970 was a Thursday */
	int back = (today - weekday + 7) % 7;

	if (back == 0 || (r->past && back <= PAST_DAYS))
		return noon_s - back * DAY_S;
	return noon_s + (7 - back) * DAY_S;
}

/* "12 dec", "12 december 2025": after the number. */
static bool of_month(const struct day_reader *r, int day, const char *p, int64_t *at_s,
		     const char **rest)
{
	char word[TOKEN_MAX], text[TOKEN_MAX];
	const char *after = word_at(p, word), *more;
	int month = row_of(word, &months[0][0], ARRAY_SIZE(months), ARRAY_SIZE(months[0])), year;

	if (month < 0)
		return false;
	snprintf(text, sizeof(text), "%d-%d", day, month + 1);
	more = after + strspn(after, " ");
	*rest = after;
	more = digits_at(more, 4, &year);
	if (more && year >= 2000 && strchr(BLANKS ".", *more)) {
		snprintf(text, sizeof(text), "%d-%d-%d", day, month + 1, year);
		*rest = more;
	}
	return answer_date(at_s, text, r->now_s, r->ph, NULL) == 0;
}

/* "12-12", "12/12/2025", "12.12", "2025-12-12" */
static bool of_numbers(const struct day_reader *r, const char *word, int64_t *at_s)
{
	size_t marks = 0;

	for (const char *p = word; *p; p++) {
		if (strchr("-/.", *p))
			marks++;
		else if (!isdigit((unsigned char)*p))
			return false;
	}
	return marks >= 1 && marks <= 2 && isdigit((unsigned char)*word) &&
	       answer_date(at_s, word, r->now_s, r->ph, NULL) == 0;
}

static bool day_at(const struct day_reader *r, const char *text, int64_t *at_s, const char **rest)
{
	char word[TOKEN_MAX];
	const char *after = word_at(text, word), *p;
	int64_t noon_s = noon_of(r->now_s, r->zone);
	int row = row_of(word, &weekdays[0][0], ARRAY_SIZE(weekdays), ARRAY_SIZE(weekdays[0])), day;

	*rest = after;
	if (!*word)
		return false;
	if (row >= 0)
		*at_s = of_weekday(r, row);
	else if (phrase_is_keyword(r->ph, NULL, "today", word))
		*at_s = noon_s;
	else if (phrase_is_keyword(r->ph, NULL, "tomorrow", word))
		*at_s = noon_s + DAY_S;
	else if (strcmp(word, "overmorgen") == 0)
		*at_s = noon_s + 2 * DAY_S;
	else if (strcmp(word, "gisteren") == 0 || strcmp(word, "yesterday") == 0)
		*at_s = noon_s - DAY_S;
	else if (of_numbers(r, word, at_s))
		return true;
	else {
		p = digits_at(word, 2, &day);
		return p && !*p && of_month(r, day, after, at_s, rest);
	}
	return true;
}

/* ---- the time ---- */

/* What stands behind the figures of a time: "u", "uur", "u30", ":30", ".30u", "am". */
static bool read_minutes(const char *p, bool dotted, int *hour, int *minute, bool *marked)
{
	const char *after;
	bool colon = *p == ':', dot = *p == '.';

	*minute = 0;
	*marked = false;
	if (colon || dot) {
		p = digits_at(p + 1, 2, minute);
		if (!p)
			return false;
		*marked = colon || dotted;
	}
	if (!*p)
		return true;
	if (strcmp(p, "am") == 0 || strcmp(p, "pm") == 0) {
		if (*hour < 1 || *hour > 12)
			return false;
		*hour = *hour % 12 + (*p == 'p' ? 12 : 0);
		*marked = true;
		return true;
	}
	if (*p != 'u' && *p != 'h')
		return false;
	*marked = true;
	if (p[1] == '\0' || strcmp(p, "uur") == 0 || strcmp(p, "hrs") == 0)
		return true;
	after = colon || dot ? NULL : digits_at(p + 1, 2, minute);
	return after && !*after;
}

/* The colon parts words elsewhere, here it does not.
 * \param[in] dotted  "10.30" is a time: behind a day, or behind "om" */
static bool time_at(const char *text, bool dotted, int *minutes, const char **rest)
{
	char word[TOKEN_MAX], next[TOKEN_MAX];
	const char *p = text + strspn(text, " \t,"), *after, *unit;
	size_t len = strcspn(p, " \t\r\n,;");
	int hour, minute;
	bool marked;

	if (len == 0 || len >= TOKEN_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		word[i] = tolower((unsigned char)p[i]);
	word[len] = '\0';
	while (len > 1 && strchr(".!?", word[len - 1]))
		word[--len] = '\0';
	after = digits_at(word, 2, &hour);
	if (!after || !read_minutes(after, dotted, &hour, &minute, &marked))
		return false;
	*rest = p + strcspn(p, " \t\r\n,;");
	unit = word_at(*rest, next);
	if (strcmp(next, "uur") == 0 || strcmp(next, "u") == 0 || strcmp(next, "h") == 0 ||
	    strcmp(next, "hours") == 0) {
		marked = true;
		*rest = unit;
	}
	if (!marked || hour > 23 || minute > 59)
		return false;
	*minutes = hour * 60 + minute;
	return true;
}

/* That time of that day in the city; an hour that the clock skips is the one after it. */
static int64_t moment(int64_t noon_s, int minutes, const char *zone)
{
	int64_t at_s = workday_after(noon_s, 0, false, zone) - (DAY_S - 1) + minutes * 60;
	struct workday_clock clock;
	int off;

	workday_clock(&clock, at_s, zone);
	off = minutes - clock.minute;
	if (off > 12 * 60)
		off -= 24 * 60;
	else if (off < -12 * 60)
		off += 24 * 60;
	return at_s + off * 60;
}

static bool is_weekday(const char *text)
{
	char word[TOKEN_MAX];

	word_at(text, word);
	return row_of(word, &weekdays[0][0], ARRAY_SIZE(weekdays), ARRAY_SIZE(weekdays[0])) >= 0;
}

static const char *skip(const char *text, const char *const *list)
{
	char word[TOKEN_MAX];
	const char *after = word_at(text, word);

	return *word && is_one_of(word, list, SIZE_MAX) ? after : text;
}

bool work_day(const char *text, int64_t now_s, const char *zone, const struct phrases *ph,
	      bool past, int64_t *at_s, bool *timed, const char **rest)
{
	static const char *const at[] = {
		"om", "at", "rond", "voor", "vanaf", "by", "around", NULL
	};
	struct day_reader r = { .now_s = now_s, .zone = zone, .ph = ph, .past = past };
	const char *p = text, *after, *clock;
	int64_t noon_s;
	int minutes;
	bool day = day_at(&r, p, &noon_s, &after);

	if (!day) {
		p = skip(text, before_day);
		day = p != text && day_at(&r, p, &noon_s, &after);
	}
	*timed = false;
	if (!day) {
		noon_s = noon_of(now_s, zone);
		after = text;
	}
	clock = skip(after, at);
	if (time_at(clock, day || clock != after, &minutes, rest)) {
		*timed = true;
		*at_s = moment(noon_s, minutes, zone);
		if (!past && *at_s < now_s && is_weekday(p)) /* its hour has gone by */
			*at_s = moment(noon_s + 7 * DAY_S, minutes, zone);
		return true;
	}
	*at_s = noon_s;
	*rest = after;
	return day;
}

bool work_day_can_be(int64_t at_s, int64_t now_s, const char *zone)
{
	return workday_after(at_s, 0, false, zone) >= now_s && at_s <= now_s + AHEAD_S;
}
