// SPDX-License-Identifier: AGPL-3.0-or-later
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <talloc.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <osmocom/core/utils.h>

#include "talk/phrase.h"
#include "talk/phrase_fold.h"

/* Letters that one code point may become; longer ligatures are cut. */
#define LETTERS_MAX 4
#define UTF8_MAX    4

/* Letters that have no decomposition in Unicode, but an everyday spelling without the stroke. */
static const struct {
	UChar32 from;
	const char *to;
} spelling[] = {
	{ 0x00df, "ss" },     { 0x00e6, "ae" },	    { 0x00f0, "d" }, { 0x00f8, "o" },
	{ 0x00fe, "th" },     { 0x0111, "d" },	    { 0x0131, "i" }, { 0x0142, "l" },
	{ 0x0153, "oe" },     { 0x0629, "\u0647" }, /* teh marbuta is typed as heh */
	{ 0x0649, "\u064a" },			    /* alef maksura as yeh */
	{ 0x06a9, "\u0643" },			    /* Persian keheh as kaf */
	{ 0x06cc, "\u064a" },			    /* Farsi yeh as yeh */
};

struct folder {
	const UNormalizer2 *nfkd;
	char *out;
	size_t len;
	bool in_word;
};

static void put_bytes(struct folder *f, const char *bytes)
{
	size_t n = strlen(bytes);

	memcpy(f->out + f->len, bytes, n);
	f->len += n;
}

static void put_letter(struct folder *f, UChar32 c)
{
	size_t i;

	if (u_charType(c) == U_DECIMAL_DIGIT_NUMBER) {
		f->out[f->len++] = (char)('0' + u_charDigitValue(c));
		return;
	}
	c = u_foldCase(c, U_FOLD_CASE_DEFAULT);
	for (i = 0; i < ARRAY_SIZE(spelling); i++) {
		if (spelling[i].from == c) {
			put_bytes(f, spelling[i].to);
			return;
		}
	}
	U8_APPEND_UNSAFE(f->out, f->len, c);
}

/* Nothing to read: accents, joiners, direction marks, the Arabic stretching line. */
static bool is_silent(UChar32 c)
{
	return (U_GET_GC_MASK(c) & (U_GC_MN_MASK | U_GC_ME_MASK | U_GC_CF_MASK)) || c == 0x0640;
}

static bool is_letter(UChar32 c)
{
	return u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_MC_MASK);
}

/* \returns letters written; -1 if the code point parts words; 0 if it is silent */
static int fold_code_point(struct folder *f, UChar32 c)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar parts[32];
	int32_t n = 0, i = 0;
	int letters = 0;
	bool parted = false;

	n = unorm2_getDecomposition(f->nfkd, c, parts, ARRAY_SIZE(parts), &status);
	if (U_FAILURE(status) || n < 0) {
		n = 0;
		U16_APPEND_UNSAFE(parts, n, c);
	}
	while (i < n && letters < LETTERS_MAX) {
		UChar32 part;

		U16_NEXT(parts, i, n, part);
		if (is_silent(part))
			continue;
		if (is_letter(part)) {
			put_letter(f, part);
			letters++;
		} else {
			parted = true;
		}
	}
	return letters || !parted ? letters : -1;
}

static bool fold_ascii(struct folder *f, unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
		return false;
	f->out[f->len++] = (char)c;
	return true;
}

/* The most that the folded text can take. */
static size_t folded_size(const char *text, size_t len)
{
	size_t wide = 0, i;

	for (i = 0; i < len; i++)
		wide += (unsigned char)text[i] >= 0x80;
	/* A code point beyond ASCII has two bytes or more. */
	return len + wide * LETTERS_MAX * UTF8_MAX / 2 + 2;
}

char *phrase_fold_words(void *ctx, const char *text, struct phrase_word *words, size_t max,
			size_t *n)
{
	UErrorCode status = U_ZERO_ERROR;
	struct folder f = { .nfkd = unorm2_getNFKDInstance(&status) };
	int32_t i = 0, len = (int32_t)strlen(text);
	struct phrase_word word = {};
	size_t count = 0;

	OSMO_ASSERT(U_SUCCESS(status));
	f.out = talloc_size(ctx, folded_size(text, (size_t)len));
	OSMO_ASSERT(f.out);
	while (i < len) {
		size_t start = (size_t)i, before;
		UChar32 c;
		int wrote;

		/* A blank is put before it is known whether a letter follows. */
		if (!f.in_word && f.len > 0 && f.out[f.len - 1] != ' ')
			f.out[f.len++] = ' ';
		before = f.len;
		U8_NEXT(text, i, len, c);
		if (c >= 0 && c < 0x80)
			wrote = fold_ascii(&f, (unsigned char)c) ? 1 : -1;
		else
			wrote = c < 0 ? -1 : fold_code_point(&f, c);
		if (wrote > 0 && !f.in_word) {
			word = (struct phrase_word){ .at = before, .start = start };
			f.in_word = true;
		}
		if (wrote >= 0 && f.in_word) {
			word.len = f.len - word.at;
			word.end = (size_t)i;
		} else if (f.in_word) {
			f.in_word = false;
			if (count < max)
				words[count++] = word;
		}
	}
	if (f.in_word && count < max)
		words[count++] = word;
	if (f.len > 0 && f.out[f.len - 1] == ' ')
		f.len--;
	f.out[f.len] = '\0';
	if (n)
		*n = count;
	return f.out;
}

char *phrase_fold(void *ctx, const char *text)
{
	return phrase_fold_words(ctx, text, NULL, 0, NULL);
}
