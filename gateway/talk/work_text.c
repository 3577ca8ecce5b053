// SPDX-License-Identifier: AGPL-3.0-or-later
/* work_text.c - see work_text.h; days and times are in work_day.c. */
#include "talk/work_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/answer.h"
#include "wire/utf8.h"

#define BLANKS	    " \t\r\n,.;:#&+-"
#define FILLERS_MAX 4 /* "is nu al" klaar */

/* Words by which a text says what it is about, and nothing else. */
static const char *const fillers[] = { "is",  "zijn",	 "wordt",    "staat", "we",	"wij",
				       "ik",  "werk",	 "order",    "nu",    "reeds",	"are",
				       "has", "been",	 "work",     "it",    "al",	"job",
				       "now", "melding", "opdracht", "nr",    "nummer", "en",
				       "and", "heb",	 "hebben" };

static const struct {
	const char *keyword;
	enum work_verb verb;
} verbs[] = {
	{ "work-seen", WORK_SEEN }, { "work-busy", WORK_BUSY }, { "work-planned", WORK_PLANNED },
	{ "work-done", WORK_DONE }, { "work-to", WORK_TO },	{ "work-not-ours", WORK_NOT_OURS },
	{ "work-note", WORK_NOTE },
};

struct work_reader {
	void *ctx;
	int64_t now_s;
	const char *zone;
	const struct phrases *ph;
};

/* ---- numbers ---- */

/* Digits at p in groups of three, or all together. \returns length of what was written; 0 none */
static size_t number_at(const char *p, char digits[REPORT_REFERENCE_SIZE])
{
	size_t n = 0, len = 0, run = strspn(p, "0123456789");

	if (run >= 7 && run < REPORT_REFERENCE_SIZE) {
		memcpy(digits, p, run);
		digits[run] = '\0';
		return run;
	}
	if (run != 3)
		return 0;
	while (run > 0 && run <= 3 && n + run < REPORT_REFERENCE_SIZE) {
		memcpy(digits + n, p + len, run);
		n += run;
		len += run;
		if (run < 3 || !p[len] || !strchr(" .-", p[len]))
			break;
		run = strspn(p + len + 1, "0123456789");
		if (run > 0 && run <= 3 && n + run < REPORT_REFERENCE_SIZE)
			len++;
	}
	digits[n] = '\0';
	return n >= 7 && !isdigit((unsigned char)p[len]) ? len : 0;
}

struct found {
	size_t start, end;
	char reference[REPORT_REFERENCE_SIZE]; /* "" the check digit is wrong */
};

/* A number with a wrong check digit is one only where a number is expected: else it may be a telephone's. */
static bool number_from(const char *text, size_t at, bool expected, struct found *f)
{
	char digits[REPORT_REFERENCE_SIZE];
	size_t len = number_at(text + at, digits);

	if (!len || (at > 0 && isalnum((unsigned char)text[at - 1])) ||
	    isalpha((unsigned char)text[at + len]))
		return false;
	*f = (struct found){ .start = at, .end = at + len };
	if (report_reference_read(f->reference, digits) < 0) {
		f->reference[0] = '\0';
		return expected;
	}
	return true;
}

/* A new line or sentence begins at. */
static bool begins_part(const char *text, size_t at)
{
	size_t i = at;

	while (i > 0 && strchr(" #\t", text[i - 1]))
		i--;
	return i == 0 || strchr("\n\r,;", text[i - 1]);
}

/* \returns how many, one more than WORK_ITEMS_MAX at most */
static size_t find_numbers(const char *text, struct found out[WORK_ITEMS_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; text[i] && n <= WORK_ITEMS_MAX;) {
		if (isdigit((unsigned char)text[i]) &&
		    number_from(text, i, begins_part(text, i) || (n == 0 && i < 32), &out[n]))
			i = out[n++].end;
		else if (isdigit((unsigned char)text[i]))
			i += strspn(text + i, "0123456789");
		else
			i++;
	}
	return n;
}

/* ---- words ---- */

static bool is_filler(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++)
		if (strlen(fillers[i]) == len && strncasecmp(fillers[i], word, len) == 0)
			return true;
	return false;
}

/* What is said at the beginning, perhaps behind a few words that say nothing. \returns what follows; NULL: none */
static const char *verb_at(const struct work_reader *r, const char *text, enum work_verb *verb)
{
	for (int skipped = 0; skipped <= FILLERS_MAX; skipped++) {
		const char *rest, *keyword;
		size_t len;

		text += strspn(text, BLANKS);
		keyword = phrase_keyword_at(r->ph, NULL, text, &rest);
		for (size_t i = 0; keyword && i < ARRAY_SIZE(verbs); i++) {
			if (strcmp(verbs[i].keyword, keyword) == 0) {
				*verb = verbs[i].verb;
				return rest;
			}
		}
		len = strcspn(text, BLANKS);
		if (!is_filler(text, len))
			return NULL;
		text += len;
	}
	return NULL;
}

/* Without what joins it to the next part. */
static void take_note(void *ctx, struct work_item *item, const char *text)
{
	static const char *const joins[] = { "en", "and" };
	size_t len;

	text += strspn(text, " \t\r\n,.;:");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n,;&+#-", text[len - 1]))
		len--;
	for (size_t i = 0; i < ARRAY_SIZE(joins); i++) {
		size_t n = strlen(joins[i]);

		if (len >= n && strncasecmp(text + len - n, joins[i], n) == 0 &&
		    (len == n || text[len - n - 1] == ' '))
			len -= n + (len > n);
	}
	item->note = talloc_strndup(ctx, text, len);
}

static void take_day(const struct work_reader *r, struct work_item *item, const char **rest)
{
	bool past = item->verb == WORK_DONE;

	if (!work_day(*rest, r->now_s, r->zone, r->ph, past, &item->at_s, &item->timed, rest))
		item->at_s = 0;
	else if (item->verb == WORK_DONE && item->at_s > r->now_s &&
		 (item->timed || item->at_s / 86400 != r->now_s / 86400))
		item->verb = WORK_PLANNED; /* it will be */
}

static void read_item(const struct work_reader *r, const char *text, struct work_item *item)
{
	const char *rest = verb_at(r, text, &item->verb);

	item->named = rest != NULL;
	if (!rest) {
		rest = text + strspn(text, BLANKS);
		item->verb = WORK_PLANNED;
		take_day(r, item, &rest);
		item->named = item->at_s != 0;
		if (!item->at_s)
			item->verb = *rest ? WORK_NOTE : WORK_NONE;
	} else if (item->verb == WORK_DONE || item->verb == WORK_PLANNED ||
		   item->verb == WORK_BUSY) {
		take_day(r, item, &rest);
	}
	take_note(r->ctx, item, rest);
	if (!item->note[0] && item->verb == WORK_NOTE && item->at_s == 0)
		item->verb = WORK_NONE;
}

/* "4829153 en 5829154 klaar": a number alone says what the next one does. */
static void share(struct work_item *items, size_t n)
{
	for (size_t i = n; i-- > 1;) {
		struct work_item *item = &items[i - 1];

		if (item->verb != WORK_NONE)
			continue;
		item->verb = items[i].verb;
		item->named = items[i].named;
		item->at_s = items[i].at_s;
		item->timed = items[i].timed;
		item->note = items[i].note;
		item->cut = items[i].cut;
	}
}

/* "klaar: 4829153, 5829154": what is said first holds for all that say nothing. */
static void share_first(const struct work_reader *r, const char *before, struct work_item *items,
			size_t n)
{
	struct work_item first = {};
	const char *rest = verb_at(r, before, &first.verb);

	if (!rest)
		return;
	take_day(r, &first, &rest);
	for (size_t i = 0; i < n; i++) {
		if (items[i].verb != WORK_NONE && items[i].verb != WORK_NOTE &&
		    !(items[i].verb == WORK_PLANNED && first.verb == WORK_PLANNED))
			continue;
		items[i].verb = first.verb;
		items[i].named = true;
		if (!items[i].at_s) {
			items[i].at_s = first.at_s;
			items[i].timed = first.timed;
		}
	}
}

/* One line, with a mark where another began. */
static char *clean_text(void *ctx, const char *text)
{
	char *lines = talloc_strdup(ctx, text), *clean;

	for (char *p = lines; *p; p++)
		if (*p == '\n')
			*p = ';';
	clean = answer_clean(ctx, lines);
	talloc_free(lines);
	return clean;
}

size_t work_read(void *ctx, const char *text, int64_t now_s, const char *zone,
		 const struct phrases *ph, struct work_item out[WORK_ITEMS_MAX])
{
	const struct work_reader r = { .ctx = ctx, .now_s = now_s, .zone = zone, .ph = ph };
	struct found numbers[WORK_ITEMS_MAX + 1];
	char *clean = clean_text(ctx, text);
	size_t n = find_numbers(clean, numbers);

	if (n == 0 || n > WORK_ITEMS_MAX)
		return n;
	for (size_t i = 0; i < n; i++) {
		struct work_item *item = &out[i];
		size_t end = i + 1 < n ? numbers[i + 1].start : strlen(clean);

		memset(item, 0, sizeof(*item));
		OSMO_STRLCPY_ARRAY(item->reference, numbers[i].reference);
		osmo_strlcpy(item->typed, clean + numbers[i].start,
			     OSMO_MIN(sizeof(item->typed), numbers[i].end - numbers[i].start + 1));
		item->cut = i + 1 == n && end >= ANSWER_TEXT_MAX - UTF8_CHARACTER_MAX;
		read_item(&r, talloc_strndup(ctx, clean + numbers[i].end, end - numbers[i].end),
			  item);
	}
	share(out, n);
	share_first(&r, talloc_strndup(ctx, clean, numbers[0].start), out, n);
	return n;
}
