// SPDX-License-Identifier: AGPL-3.0-or-later
#include <stdbool.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "talk/place.h"

#define PIECE_SIZE 12

/* Words of a name that are written in several ways, and the shortest of them. */
static const struct {
	const char *word, *brief;
} briefs[] = {
	{ "eerste", "1e" },
	{ "1ste", "1e" },
	{ "tweede", "2e" },
	{ "2de", "2e" },
	{ "derde", "3e" },
	{ "3de", "3e" },
	{ "vierde", "4e" },
	{ "4de", "4e" },
	{ "grote", "gr" },
	{ "groote", "gr" },
	{ "groot", "gr" },
	{ "gr", "gr" },
	{ "kleine", "kl" },
	{ "kl", "kl" },
	{ "sint", "st" },
	{ "st", "st" },
	{ "burgemeester", "burg" },
	{ "burgem", "burg" },
	{ "bgm", "burg" },
	{ "burg", "burg" },
	{ "professor", "prof" },
	{ "prof", "prof" },
	{ "doctor", "dr" },
	{ "dokter", "dr" },
	{ "dr", "dr" },
	{ "koningin", "kon" },
	{ "kon", "kon" },
	{ "prins", "pr" },
	{ "pr", "pr" },
	{ "generaal", "gen" },
	{ "gen", "gen" },
	{ "admiraal", "adm" },
	{ "adm", "adm" },
	{ "president", "pres" },
	{ "pres", "pres" },
	{ "kapitein", "kap" },
	{ "kap", "kap" },
	{ "minister", "min" },
	{ "min", "min" },
	{ "dominee", "ds" },
	{ "ds", "ds" },
	{ "jonkheer", "jhr" },
	{ "jhr", "jhr" },
	{ "meester", "mr" },
	{ "mr", "mr" },
	{ "pastoor", "past" },
	{ "past", "past" },
	{ "noord", "n" },
	{ "oost", "o" },
	{ "zuid", "z" },
	{ "west", "w" },
};

/* How a street's name ends, with the slips of a thumb; what ends in another comes before it. */
static const struct {
	const char *end, *brief;
} ends[] = {
	{ "straaat", "str" }, { "strraat", "str" }, { "straat", "str" }, { "sraat", "str" },
	{ "straa", "str" },   { "strat", "str" },   { "staat", "str" },	 { "strt", "str" },
	{ "str", "str" },     { "plein", "pl" },    { "plijn", "pl" },	 { "plain", "pl" },
	{ "pln", "pl" },      { "laaan", "ln" },    { "laan", "ln" },	 { "ln", "ln" },
	{ "weg", "wg" },      { "wg", "wg" },	    { "kade", "kd" },	 { "kd", "kd" },
	{ "gracht", "gr" },   { "singel", "sngl" },
};

static const struct {
	const char *brief, *end;
} full_ends[] = {
	{ "str", "straat" }, { "pl", "plein" },	 { "ln", "laan" },     { "wg", "weg" },
	{ "kd", "kade" },    { "gr", "gracht" }, { "sngl", "singel" },
};

struct token {
	const char *s;
	size_t len;
};

/* The next word of a folded text. */
static bool next_token(const char **p, struct token *t)
{
	while (**p == ' ')
		(*p)++;
	t->s = *p;
	while (**p && **p != ' ')
		(*p)++;
	t->len = (size_t)(*p - t->s);
	return t->len > 0;
}

static bool token_is(const struct token *t, const char *word)
{
	return strlen(word) == t->len && memcmp(word, t->s, t->len) == 0;
}

static const char *brief_of(const struct token *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(briefs); i++)
		if (token_is(t, briefs[i].word))
			return briefs[i].brief;
	return NULL;
}

/* The end of a street's name that a word has, and how much of the word stands before it. */
static const char *end_of(const struct token *t, size_t *before)
{
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t len = strlen(ends[i].end);

		if (t->len >= len && memcmp(t->s + t->len - len, ends[i].end, len) == 0 &&
		    (t->len == len || t->len >= len + 2)) {
			*before = t->len - len;
			return ends[i].brief;
		}
	}
	return NULL;
}

static size_t put(char *out, size_t n, const char *s, size_t len)
{
	if (n + len + 1 > PLACE_STREET_SIZE)
		len = PLACE_STREET_SIZE - 1 - n;
	memcpy(out + n, s, len);
	out[n + len] = '\0';
	return n + len;
}

static bool is_van(const struct token *t)
{
	return token_is(t, "van") || token_is(t, "v") || token_is(t, "vd");
}

static bool is_article(const struct token *t)
{
	return token_is(t, "de") || token_is(t, "der") || token_is(t, "den") || token_is(t, "d") ||
	       token_is(t, "het") || token_is(t, "t");
}

void place_street_key(char *key, const char *folded)
{
	const char *p = folded, *brief;
	struct token t;
	bool drop_article = true; /* "Het Spui" is the Spui, "v d" is "van der" */
	size_t n = 0, before;

	key[0] = '\0';
	while (next_token(&p, &t)) {
		bool article = is_article(&t) && *p;

		if (article && drop_article)
			continue;
		drop_article = is_van(&t);
		if (drop_article) {
			n = put(key, n, "v", 1);
		} else if ((brief = brief_of(&t))) {
			n = put(key, n, brief, strlen(brief));
		} else if ((brief = end_of(&t, &before))) {
			n = put(key, n, t.s, before);
			n = put(key, n, brief, strlen(brief));
		} else {
			n = put(key, n, t.s, t.len);
		}
	}
}

static const char *written_out(const char *brief)
{
	for (size_t i = 0; i < ARRAY_SIZE(full_ends); i++)
		if (strcmp(full_ends[i].brief, brief) == 0)
			return full_ends[i].end;
	return brief;
}

void place_street_piece(char *piece, const char *folded)
{
	const char *from = folded, *last = strrchr(folded, ' '), *brief;
	struct token t;
	size_t n, before;

	last = last ? last + 1 : folded;
	t = (struct token){ .s = last, .len = strlen(last) };
	brief = end_of(&t, &before);
	n = (size_t)(last - folded) + (brief ? before : t.len);
	if (n > PIECE_SIZE)
		from += n - PIECE_SIZE;
	/* Not in the middle of a letter. */
	while ((*from & 0xc0) == 0x80)
		from++;
	n = put(piece, 0, from, n - (size_t)(from - folded));
	if (brief)
		put(piece, n, written_out(brief), 2);
}
