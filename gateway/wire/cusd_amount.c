// SPDX-License-Identifier: AGPL-3.0-or-later
/* cusd_amount.c - the amount in what an operator says about the balance (declared in cusd.h).
 *
 * Every number in the text is looked at once: its groups and marks say whether it can be an amount,
 * what stands beside it whether it is one.
 */
#include "wire/cusd.h"

#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>

#define GROUPS_MAX 6
#define DIGITS_MAX 13

/* Spellings of money beside an amount.  Those of letters must stand alone. */
static const char *const currencies[] = {
	"€",   "$",	 "£",	    "₺",      "₽",   "₴",    "₹",   "¥",   "₦",   "₵",   "₱",
	"₫",   "฿",	 "₪",	    "euro's", "euros", "euro", "eur", "usd", "gbp", "tl",  "pln",
	"zł",  "zl",	 "czk",	    "kč",     "kc",    "huf",  "ft",  "ron", "lei", "bgn", "лв",
	"dkk", "sek",	 "nok",	    "isk",    "kr",    "chf",  "uah", "грн", "rub", "руб", "mad",
	"dh",  "dhs",	 "egp",	    "tnd",    "dzd",   "sar",  "aed", "inr", "rs",  "pkr", "ngn",
	"ghs", "kes",	 "ksh",	    "tzs",    "tsh",   "ugx",  "ush", "zar", "xof", "xaf", "fcfa",
	"cfa", "dollar", "dollars", "pounds", "lira",  "srd",  "ang", "awg", "jpy", "cny", "brl",
	"mxn", "cad",	 "aud",	    "nzd",    "php",   "idr",  "thb", "vnd", "ils",
};

/* What makes a number with decimals something else. */
static const char *const measures[] = {
	"kb",  "mb",   "gb",  "tb",   "kib", "mib",   "gib", "min", "minuten", "minutes",
	"uur", "uhr",  "h",   "u",    "hrs", "hours", "am",  "pm",  "sms",     "dagen",
	"dag", "days", "day", "tage", "dni", "gün",   "km",  "%",
};

struct number {
	const char *start, *end; /* with a Dutch ",-" */
	int64_t cents;
	bool valid;
	bool decimals; /* two of them */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A byte of a letter; any beyond ASCII counts as one. */
static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Bytes of a blank at the start of a text: also the ones that do not break. */
static size_t blank(const char *at)
{
	if (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')
		return 1;
	if (strncmp(at, "\u00a0", 2) == 0)
		return 2;
	return strncmp(at, "\u202f", 3) == 0 ? 3 : 0;
}

/* Bytes of a blank that ends at a place. */
static size_t blank_before(const char *text, const char *at)
{
	size_t n;

	for (n = 1; n <= 3 && at - n >= text; n++)
		if (blank(at - n) == n)
			return n;
	return 0;
}

static const char *skip_blanks(const char *at)
{
	while (blank(at))
		at += blank(at);
	return at;
}

/* ---- the shape of a number */

struct groups {
	size_t n;
	size_t digits[GROUPS_MAX];
	char mark[GROUPS_MAX]; /* before a group; ' ' for any blank */
	const char *at[GROUPS_MAX];
};

static size_t count_digits(const char *at)
{
	size_t n = 0;

	while (is_digit(at[n]))
		n++;
	return n;
}

/* Bytes of a mark between two groups, 0 if the number ends. A blank holds only thousands together. */
static size_t mark_at(const char *at, char *mark)
{
	size_t n = blank(at);

	if (n > 0) {
		*mark = ' ';
		return count_digits(at + n) == 3 ? n : 0;
	}
	*mark = *at;
	return (*at == '.' || *at == ',' || *at == '\'') && is_digit(at[1]) ? 1 : 0;
}

/* \returns where the number ends */
static const char *read_groups(struct groups *out, const char *at)
{
	size_t n;

	*out = (struct groups){ .n = 1, .at[0] = at, .digits[0] = count_digits(at) };
	at += out->digits[0];
	while (out->n < GROUPS_MAX && (n = mark_at(at, &out->mark[out->n])) > 0) {
		at += n;
		out->at[out->n] = at;
		out->digits[out->n] = count_digits(at);
		at += out->digits[out->n++];
	}
	return at;
}

/* Is the last group decimals, not thousands? */
static bool has_decimals(const struct groups *g)
{
	size_t last = g->n - 1;

	return last > 0 && (g->mark[last] == '.' || g->mark[last] == ',') &&
	       (g->digits[last] <= 2 || (last == 1 && g->digits[last] > 3));
}

/* Are n groups the thousands of one number: 1, 12 or 123, then three each, the same mark between? */
static bool are_thousands(const struct groups *g, size_t n)
{
	size_t i;

	if (n == 1)
		return true;
	if (g->digits[0] > 3 || *g->at[0] == '0')
		return false;
	for (i = 1; i < n; i++)
		if (g->digits[i] != 3 || g->mark[i] != g->mark[1])
			return false;
	return true;
}

static int64_t whole_cents(const struct groups *g, size_t n)
{
	int64_t value = 0;
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < g->digits[i]; k++)
			value = value * 10 + (g->at[i][k] - '0');
	return value * 100;
}

static int64_t decimal_cents(const struct groups *g)
{
	const char *at = g->at[g->n - 1];
	size_t digits = g->digits[g->n - 1];

	return (at[0] - '0') * 10 + (digits > 1 ? at[1] - '0' : 0);
}

static size_t all_digits(const struct groups *g)
{
	size_t i, n = 0;

	for (i = 0; i < g->n; i++)
		n += g->digits[i];
	return n;
}

/* Dates, times and numbers of telephones hang on marks that amounts do not have. */
static bool is_chained(const char *text, const struct number *number)
{
	const char *before = number->start - 1, *after = number->end;

	if (before > text && strchr("/:-.,*#", *before) && is_digit(before[-1]))
		return true;
	if (before >= text && strchr("/*#", *before))
		return true;
	return *after && (strchr("/*#", *after) || (strchr(":-.,", *after) && is_digit(after[1])));
}

static struct number read_number(const char *text, const char *at)
{
	struct number number = { .start = at };
	struct groups g;
	bool decimals;
	size_t whole;

	number.end = read_groups(&g, at);
	decimals = has_decimals(&g);
	whole = decimals ? g.n - 1 : g.n;
	number.decimals = decimals && g.digits[g.n - 1] == 2;
	number.valid = all_digits(&g) <= DIGITS_MAX && are_thousands(&g, whole) &&
		       !(decimals && whole > 1 && g.mark[whole] == g.mark[1]);
	if (number.valid)
		number.cents = whole_cents(&g, whole) + (decimals ? decimal_cents(&g) : 0);
	if (!decimals && number.end[0] == ',' && number.end[1] == '-') {
		number.end += 1 + strspn(number.end + 1, "-");
		number.decimals = true;
	}
	if (is_chained(text, &number))
		number.valid = false;
	return number;
}

/* ---- what stands beside it */

/* Is a word a sign like '$', that may touch letters?  All of ours are in two blocks of UTF-8 that have
 * no letters of the others. */
static bool is_sign(const char *word)
{
	return !is_letter(*word) || (unsigned char)*word == 0xc2 || (unsigned char)*word >= 0xe0;
}

/* \returns where a word of the list that ends at a place begins; NULL */
static const char *word_before(const char *const *list, size_t n, const char *text, const char *end)
{
	size_t i;

	for (i = 0; i < n; i++) {
		size_t len = strlen(list[i]);
		const char *start = end - len;

		if (end - text < (ptrdiff_t)len || strncasecmp(start, list[i], len) != 0)
			continue;
		if (is_sign(start) || start == text || !is_letter(start[-1]))
			return start;
	}
	return NULL;
}

/* \returns where a word of the list that begins at a place ends; NULL */
static const char *word_after(const char *const *list, size_t n, const char *start)
{
	size_t i;

	for (i = 0; i < n; i++) {
		size_t len = strlen(list[i]);

		if (strncasecmp(start, list[i], len) != 0)
			continue;
		if (is_sign(start) || !is_letter(start[len]))
			return start + len;
	}
	return NULL;
}

/* Bytes of a minus sign that ends at a place and is no dash between words. */
static size_t minus_before(const char *text, const char *at)
{
	size_t n = 0;

	if (at > text && at[-1] == '-')
		n = 1;
	else if (at - text >= 3 && strncmp(at - 3, "\u2212", 3) == 0)
		n = 3;
	if (n && at - n > text && is_digit(at[-(ptrdiff_t)n - 1]))
		return 0;
	return n;
}

/* Look for a currency beside a number, and for its sign before or behind the currency.
 * \returns true if there is one */
static bool has_currency(const char *text, struct number *number, bool *negative)
{
	size_t minus = minus_before(text, number->start);
	const char *at = number->start - minus, *word;

	while (at > text && (at[-1] == ':' || blank_before(text, at)))
		at -= at[-1] == ':' ? 1 : blank_before(text, at);
	word = word_before(currencies, ARRAY_SIZE(currencies), text, at);
	if (word) {
		*negative = minus || minus_before(text, word);
		return true;
	}
	*negative = minus && !(number->start - minus > text &&
			       is_letter(number->start[-(ptrdiff_t)minus - 1]));
	word = word_after(currencies, ARRAY_SIZE(currencies), skip_blanks(number->end));
	return word && *word != '/';
}

static bool has_measure(const struct number *number)
{
	return word_after(measures, ARRAY_SIZE(measures), skip_blanks(number->end));
}

/* A number without a currency that may still be the amount. */
static bool may_be_amount(const char *text, const struct number *number)
{
	return number->decimals && !has_measure(number) &&
	       !(number->start > text && is_letter(number->start[-1]));
}

bool cusd_amount(const char *text, int64_t *cents)
{
	const char *at = text;
	size_t candidates = 0;
	int64_t value, candidate = 0;
	bool negative;

	while (*(at += strcspn(at, "0123456789"))) {
		struct number number = read_number(text, at);
		bool money;

		at = number.end;
		if (!number.valid)
			continue;
		money = has_currency(text, &number, &negative);
		value = negative ? -number.cents : number.cents;
		if (money) {
			*cents = value;
			return true;
		}
		if (may_be_amount(text, &number)) {
			candidate = value;
			candidates++;
		}
	}
	if (candidates != 1)
		return false;
	*cents = candidate;
	return true;
}
