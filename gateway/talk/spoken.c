// SPDX-License-Identifier: AGPL-3.0-or-later
/* What was written for the eye, by others, made for the ear. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <unicode/unum.h>
#include <unicode/ustring.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/spoken.h"

#define UNSAID	     "/\\(){}<>*#_=|^~`\"@"
#define DIGITS	     "0123456789"
#define SPELL_DIGITS 5 /* from here no house number: digit by digit */
#define PHONE_DIGITS 10
#define SUFFIX_MAX   3 /* letters of a house number: "A", "HS", "BIS" */

/* What is being made. */
struct speaker {
	char *out;
	size_t len;
	const char * or ;
	const char *start; /* of what is read */
};

/* The first letter of what is said is as large as that of what was written. */
static const struct {
	const char *written, *said;
} abbreviations[] = {
	{ "burg.", "burgemeester" }, { "prof.", "professor" },
	{ "pres.", "president" },    { "gen.", "generaal" },
	{ "weth.", "wethouder" },    { "past.", "pastoor" },
	{ "kon.", "koningin" },	     { "kapt.", "kapitein" },
	{ "adm.", "admiraal" },	     { "kol.", "kolonel" },
	{ "luit.", "luitenant" },    { "jhr.", "jonkheer" },
	{ "mgr.", "monseigneur" },   { "st.", "sint" },
	{ "dr.", "dokter" },	     { "mr.", "meester" },
	{ "ds.", "dominee" },	     { "ir.", "ingenieur" },
	{ "v.d.", "van der" },	     { "v/d", "van der" },
	{ "vd", "van der" },	     { "v.", "van" },
	{ "t/m", "tot en met" },     { "en/of", "en of" },
	{ "a/d", "aan de" },
};

/* Ends of street names, with the full stop or, where no word ends so, without. */
static const struct {
	const char *written, *said;
	bool bare;
} ends[] = {
	{ "str", "straat", true },   { "plnts", "plantsoen", true }, { "pln", "plein", true },
	{ "ln", "laan", false },     { "wg", "weg", false },	     { "kd", "kade", false },
	{ "sngl", "singel", false },
};

/* Additions to a house number that are words; others are letters. */
static const struct {
	const char *written, *said;
} additions[] = { { "bis", "bis" }, { "hs", "huis" } };

/* ---- writing ---- */

static bool is_letter(char c)
{
	return isalpha((unsigned char)c) || ((unsigned char)c & 0x80);
}

static bool in_word(char c)
{
	return is_letter(c) || isdigit((unsigned char)c);
}

static void put(struct speaker *sp, const char *text, size_t n)
{
	size_t has = talloc_get_size(sp->out);

	if (sp->len + n + 1 > has) {
		sp->out = talloc_realloc(talloc_parent(sp->out), sp->out, char,
					 2 * (sp->len + n + 1));
		OSMO_ASSERT(sp->out);
	}
	memcpy(sp->out + sp->len, text, n);
	sp->len += n;
	sp->out[sp->len] = '\0';
}

static void puts_to(struct speaker *sp, const char *text)
{
	put(sp, text, strlen(text));
}

static char last(const struct speaker *sp)
{
	return sp->len ? sp->out[sp->len - 1] : '\0';
}

static void gap(struct speaker *sp)
{
	if (sp->len && !strchr(" \n", last(sp)))
		put(sp, " ", 1);
}

static void trim(struct speaker *sp)
{
	while (sp->len && last(sp) == ' ')
		sp->out[--sp->len] = '\0';
}

/* A short silence: a comma, unless something else is one there. */
static void pause(struct speaker *sp)
{
	trim(sp);
	if (sp->len && !strchr(",.:;!?\n", last(sp)))
		put(sp, ",", 1);
	gap(sp);
}

/* ---- numbers ---- */

static void put_digits(struct speaker *sp, const char *digits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			put(sp, " ", 1);
		put(sp, digits + i, 1);
	}
}

/* How many digits are said together, n being what is left of all. */
static size_t group_of(const char *first, size_t all, size_t n)
{
	if (all <= SPELL_DIGITS)
		return n;
	if (all != PHONE_DIGITS || first[0] != '0')
		return n < 3 ? n : 3;
	if (first[1] == '6')
		return 2;
	return n == all || n == 7 ? 3 : 2;
}

/* Digits without anything between. */
static void put_run(struct speaker *sp, const char *digits, size_t all)
{
	for (size_t n = all, k; n; n -= k) {
		k = group_of(digits, all, n);
		if (n < all)
			put(sp, ", ", 2);
		put_digits(sp, digits + all - n, k);
	}
}

/* A dash in a telephone number is no group's end: "06-12345678". \returns false: it is none */
static bool put_phone(struct speaker *sp, const char *text, size_t len)
{
	char digits[PHONE_DIGITS];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '-')
			continue;
		if (text[i] == ' ' || n == sizeof(digits))
			return false;
		digits[n++] = text[i];
	}
	if (n < sizeof(digits) || digits[0] != '0')
		return false;
	put_run(sp, digits, n);
	return true;
}

/* What stands between the groups of a number is a pause. */
static void put_groups(struct speaker *sp, const char *text, size_t len)
{
	const char *end = text + len;
	bool first = true;

	if (put_phone(sp, text, len))
		return;
	while (text < end) {
		size_t n = strspn(text, DIGITS);

		if (n > (size_t)(end - text))
			n = (size_t)(end - text);
		if (n == 0) {
			text++;
			continue;
		}
		if (!first)
			put(sp, ", ", 2);
		put_run(sp, text, n);
		first = false;
		text += n;
	}
}

/* "2511BT", "2511 BT": how long; 0 it is none. */
static size_t postcode_at(const char *p, size_t digits)
{
	const char *letters = p + digits + (p[digits] == ' ');

	if (digits != 4 || p[0] == '0')
		return 0;
	if (!isupper((unsigned char)letters[0]) || !isupper((unsigned char)letters[1]) ||
	    in_word(letters[2]))
		return 0;
	return (size_t)(letters + 2 - p);
}

/* "1e ", "2de ", "1ste " before a word: how long; 0 it is none. */
static size_t ordinal_at(const char *p, size_t digits)
{
	static const char *const tails[] = { "e ", "de ", "ste " };

	for (size_t i = 0; digits <= 2 && i < ARRAY_SIZE(tails); i++) {
		size_t n = strlen(tails[i]);

		if (strncmp(p + digits, tails[i], n) == 0 && is_letter(p[digits + n]))
			return digits + n - 1;
	}
	return 0;
}

/* "eerste"; ICU knows how a number is counted. \returns false: it does not */
static bool put_ordinal(struct speaker *sp, int value)
{
	UErrorCode error = U_ZERO_ERROR;
	UNumberFormat *f = unum_open(UNUM_SPELLOUT, NULL, 0, "nl", NULL, &error);
	UChar rule[32], word[64];
	char said[128];
	int32_t n = 0;

	u_uastrncpy(rule, "%spellout-ordinal", ARRAY_SIZE(rule));
	if (U_SUCCESS(error))
		unum_setTextAttribute(f, UNUM_DEFAULT_RULESET, rule, -1, &error);
	if (U_SUCCESS(error))
		unum_format(f, value, word, ARRAY_SIZE(word), NULL, &error);
	if (U_SUCCESS(error))
		u_strToUTF8(said, sizeof(said), &n, word, -1, &error);
	unum_close(f);
	if (U_FAILURE(error) || (size_t)n >= sizeof(said))
		return false;
	if (sp->len == 0)
		said[0] = (char)toupper((unsigned char)said[0]);
	put(sp, said, (size_t)n);
	return true;
}

static const char *addition_said(const char *p, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(additions); i++)
		if (n == strlen(additions[i].written) &&
		    strncasecmp(p, additions[i].written, n) == 0)
			return additions[i].said;
	return NULL;
}

/* The "A" of "70A", the "BIS" of "70-BIS". */
static void put_addition(struct speaker *sp, const char *p, size_t n)
{
	const char *said = addition_said(p, n);

	gap(sp);
	if (said) {
		puts_to(sp, said);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		char c = (char)toupper((unsigned char)p[i]);

		gap(sp);
		put(sp, &c, 1);
	}
}

/* Is it one?  After a blank a short word may be anything. */
static bool is_addition(const char *p, size_t mark, size_t n)
{
	if (n == 0 || n > SUFFIX_MAX || in_word(p[mark + n]))
		return false;
	if (*p != ' ')
		return true;
	return isupper((unsigned char)p[1]) && (n == 1 || addition_said(p + 1, n));
}

/* \returns what of p was read */
static size_t say_addition(struct speaker *sp, const char *p)
{
	size_t mark = *p == '-' || *p == ' ', n = 0;

	while (isalpha((unsigned char)p[mark + n]))
		n++;
	if (is_addition(p, mark, n)) {
		put_addition(sp, p + mark, n);
		return mark + n;
	}
	if (*p == '-' && isdigit((unsigned char)p[1])) {
		pause(sp);
		return 1;
	}
	if (n > 0 && !mark)
		gap(sp);
	return 0;
}

/* With what parts its groups: "070-3533000". */
static size_t phone_at(const char *p)
{
	size_t len = strspn(p, DIGITS "-"), digits = 0;

	for (size_t i = 0; i < len; i++)
		digits += p[i] != '-';
	while (len && p[len - 1] == '-')
		len--;
	return p[0] == '0' && digits >= SPELL_DIGITS && !in_word(p[len]) ? len : 0;
}

static size_t say_number(struct speaker *sp, const char *p)
{
	size_t digits = strspn(p, DIGITS), n;

	n = postcode_at(p, digits);
	if (n) {
		put_digits(sp, p, digits);
		put(sp, ", ", 2);
		put(sp, p + n - 2, 1);
		put(sp, " ", 1);
		put(sp, p + n - 1, 1);
		return n;
	}
	n = ordinal_at(p, digits);
	if (n && put_ordinal(sp, digits == 2 ? (p[0] - '0') * 10 + p[1] - '0' : p[0] - '0'))
		return n;
	n = phone_at(p);
	if (n) {
		put_groups(sp, p, n);
		return n;
	}
	if (digits >= SPELL_DIGITS)
		put_run(sp, p, digits);
	else
		put(sp, p, digits);
	return digits + say_addition(sp, p + digits);
}

/* ---- words ---- */

static size_t address_at(const char *p)
{
	static const char *const begins[] = { "http://", "https://", "www." };
	size_t len = strcspn(p, " \n\t");

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (strncasecmp(p, begins[i], strlen(begins[i])) == 0)
			return len;
	return memchr(p, '@', len) && p[0] != '@' ? len : 0;
}

/* Does what p begins with stand for more?  With a full stop it must stand before a name: else it ends a sentence. */
static size_t abbreviation_at(const char *p, const char *written)
{
	size_t n = strlen(written), gap = p[n] == ' ';

	if (written[n - 1] != '.')
		return in_word(p[n]) ? 0 : n + gap;
	return in_word(p[n + gap]) ? n + gap : 0;
}

static size_t say_abbreviation(struct speaker *sp, const char *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(abbreviations); i++) {
		const char *written = abbreviations[i].written, *said = abbreviations[i].said;
		char first = said[0];
		size_t n;

		if (strncasecmp(p, written, strlen(written)) != 0)
			continue;
		n = abbreviation_at(p, written);
		if (!n)
			continue;
		if (isupper((unsigned char)p[0]))
			first = (char)toupper((unsigned char)first);
		put(sp, &first, 1);
		puts_to(sp, said + 1);
		gap(sp);
		return n;
	}
	return 0;
}

/* The "P." and the "S." of "P.S. Gerbrandyweg". */
static size_t say_initial(struct speaker *sp, const char *p)
{
	size_t n = 2;

	if (!isupper((unsigned char)p[0]) || p[1] != '.')
		return 0;
	n += p[2] == ' ';
	if (!is_letter(p[n]))
		return 0;
	if (sp->len > 1 && isdigit((unsigned char)sp->out[sp->len - 2]))
		return 0; /* "70 A. Daarna" */
	put(sp, p, 1);
	gap(sp);
	return n;
}

static size_t say_word(struct speaker *sp, const char *p)
{
	size_t len = 0;

	while (is_letter(p[len]))
		len++;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t n = strlen(ends[i].written);
		bool dot = p[len] == '.';

		if (len < n || strncasecmp(p + len - n, ends[i].written, n) != 0)
			continue;
		if ((!dot && (!ends[i].bare || len == n)) || isdigit((unsigned char)p[len]))
			continue;
		put(sp, p, len - n);
		puts_to(sp, ends[i].said);
		return len + dot;
	}
	put(sp, p, len);
	return len;
}

static bool parts_more(const char *p)
{
	size_t n = strspn(p, " ");

	while (is_letter(p[n]))
		n++;
	return p[n + strspn(p + n, " ")] == '/';
}

/* "A/B/C" is "A, B or C"; "A / B" is the same. */
static void say_slash(struct speaker *sp, const char *p)
{
	const char *next = p + 1 + strspn(p + 1, " ");

	trim(sp);
	if (!sp->len || !is_letter(last(sp)) || !is_letter(*next)) {
		gap(sp);
	} else if (parts_more(p + 1)) {
		pause(sp);
	} else {
		gap(sp);
		puts_to(sp, sp->or);
		gap(sp);
	}
}

/* Brackets that were left out can make an address of what was none: "w)ww.", "www}.". */
static bool ends_in_www(const struct speaker *sp)
{
	return sp->len >= 3 && strncasecmp(sp->out + sp->len - 3, "www", 3) == 0;
}

/* \returns what of p was read */
static size_t say_sign(struct speaker *sp, const char *p)
{
	static const char *const dashes[] = { "- ", "\xe2\x80\x93 ", "\xe2\x80\x94 " };

	for (size_t i = 0; last(sp) == ' ' && i < ARRAY_SIZE(dashes); i++) {
		if (strncmp(p, dashes[i], strlen(dashes[i])) == 0) {
			pause(sp);
			return strlen(dashes[i]);
		}
	}
	if (*p == '/')
		say_slash(sp, p);
	else if (strchr("({", *p) || (strchr(")}", *p) && p[1] == ' '))
		pause(sp);
	else if (strchr(UNSAID, *p) && !strchr(")}", *p))
		gap(sp);
	else if (*p == ' ')
		gap(sp);
	else if (*p == '.' && ends_in_www(sp))
		gap(sp);
	else if (!strchr(UNSAID, *p))
		put(sp, p, 1);
	return 1;
}

static size_t say_next(struct speaker *sp, const char *p)
{
	bool begins = p == sp->start || !in_word(p[-1]);
	size_t n = begins && in_word(*p) ? address_at(p) : 0;

	if (n)
		return n;
	if (isdigit((unsigned char)*p))
		return say_number(sp, p);
	if (!is_letter(*p))
		return say_sign(sp, p);
	n = begins ? say_abbreviation(sp, p) : 0;
	if (!n && begins)
		n = say_initial(sp, p);
	return n ? n : say_word(sp, p);
}

static void begin(struct speaker *sp, void *ctx, const char *text, const char * or)
{
	*sp = (struct speaker){ .or = or, .start = text };
	sp->out = talloc_zero_array(ctx, char, strlen(text) + 32);
	OSMO_ASSERT(sp->out);
}

char *spoken_text(void *ctx, const char *text, const char * or)
{
	struct speaker sp;

	begin(&sp, ctx, text, or);
	while (*text)
		text += say_next(&sp, text);
	trim(&sp);
	return sp.out;
}

char *spoken_number(void *ctx, const char *text, const char * or)
{
	struct speaker sp;
	size_t len = strlen(text);

	if (!*text || text[strspn(text, DIGITS " -")] || !strpbrk(text, DIGITS))
		return spoken_text(ctx, text, or);
	begin(&sp, ctx, text, or);
	put_groups(&sp, text, len);
	return sp.out;
}

const char *spoken_sign(const char *text)
{
	const char *sign = strpbrk(text, UNSAID), *web = text;

	while ((web = strcasestr(web, "www.")) && web > text && in_word(web[-1]))
		web++;
	return web && (!sign || web < sign) ? web : sign;
}
