// SPDX-License-Identifier: AGPL-3.0-or-later
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "talk/category_int.h"
#include "talk/phrase_fold.h"

#define MEANINGS_MAX	   8   /* words that one mistyped word may be */
#define HITS_MAX	   256 /* entries that one text names */
#define LANGUAGE_WORDS_MIN 2   /* that tell what language a text is in */
#define GAP_MAX		   8   /* words between those of an entry */
#define GAP_DANGER	   4   /* the same for a danger: a wrong alarm does harm */

/* One candidate stays beside a better one if it has this share of its letters. */
#define RIVAL_PERCENT 60

/* A set of a text's words. */
struct token_set {
	uint64_t bits[CATEGORY_TOKENS_MAX / 64];
};

struct token {
	struct phrase_word at;
	bool filler;
	bool typo;
	uint32_t meanings[MEANINGS_MAX];
	size_t n;
};

struct text {
	const struct categories *cats;
	struct token tokens[CATEGORY_TOKENS_MAX];
	size_t n;
};

/* An entry that the text names. */
struct hit {
	const struct category_rule *rule;
	struct token_set tokens;
	unsigned int typos, letters, gap;
	bool own; /* in the resident's language */
	bool dropped;
};

struct hits {
	struct hit list[HITS_MAX];
	size_t n;
};

static void set_add(struct token_set *set, size_t i)
{
	set->bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static bool set_has(const struct token_set *set, size_t i)
{
	return set->bits[i / 64] >> (i % 64) & 1;
}

static void set_join(struct token_set *set, const struct token_set *more)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(set->bits); i++)
		set->bits[i] |= more->bits[i];
}

static bool set_within(const struct token_set *set, const struct token_set *whole)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(set->bits); i++) {
		if (set->bits[i] & ~whole->bits[i])
			return false;
	}
	return true;
}

static bool set_equal(const struct token_set *a, const struct token_set *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void read_text(struct text *t, const struct categories *cats, const char *text)
{
	struct phrase_word words[CATEGORY_TOKENS_MAX];
	char *folded = phrase_fold_words(NULL, text, words, CATEGORY_TOKENS_MAX, &t->n);
	size_t i;

	t->cats = cats;
	for (i = 0; i < t->n; i++) {
		struct token *token = &t->tokens[i];
		char *end = folded + words[i].at + words[i].len, kept = *end;

		*end = '\0';
		token->at = words[i];
		token->n = category_index_find(cats, folded + words[i].at, token->meanings,
					       MEANINGS_MAX, &token->typo);
		token->filler = token->n == 1 && !token->typo &&
				cats->words[token->meanings[0]].filler;
		*end = kept;
	}
	talloc_free(folded);
}

static bool means(const struct token *token, uint32_t word)
{
	size_t i;

	for (i = 0; i < token->n; i++) {
		if (token->meanings[i] == word)
			return true;
	}
	return false;
}

/* The token nearest to another that means a word and is not taken.  \returns t->n if there is none */
static size_t nearest(const struct text *t, const struct token_set *taken, size_t from,
		      uint32_t word)
{
	size_t d;

	for (d = 1; d < t->n; d++) {
		if (from + d < t->n && !set_has(taken, from + d) &&
		    means(&t->tokens[from + d], word))
			return from + d;
		if (d <= from && !set_has(taken, from - d) && means(&t->tokens[from - d], word))
			return from - d;
	}
	return t->n;
}

static unsigned int count_between(const struct text *t, const struct token_set *set)
{
	size_t i, first = t->n, last = 0;
	unsigned int gap = 0;

	for (i = 0; i < t->n; i++) {
		if (!set_has(set, i))
			continue;
		first = OSMO_MIN(first, i);
		last = i;
	}
	for (i = first; i < last; i++)
		gap += !set_has(set, i) && !t->tokens[i].filler;
	return gap;
}

static void take_token(struct hit *hit, const struct text *t, size_t i, uint32_t word)
{
	set_add(&hit->tokens, i);
	hit->typos += t->tokens[i].typo;
	hit->letters += t->cats->words[word].letters;
}

/* \returns true if all words of the entry are there, not too far from the one that led to it */
static bool complete_hit(struct hit *hit, const struct text *t, size_t from)
{
	const struct category_rule *rule = hit->rule;
	bool strict = rule->kind == CATEGORY_RULE_DANGER;
	size_t k;

	take_token(hit, t, from, rule->words[0]);
	for (k = 1; k < rule->n; k++) {
		size_t i = nearest(t, &hit->tokens, from, rule->words[k]);

		if (i == t->n)
			return false;
		take_token(hit, t, i, rule->words[k]);
	}
	hit->gap = count_between(t, &hit->tokens);
	return hit->gap <= (strict ? GAP_DANGER : GAP_MAX);
}

static bool is_own(const struct categories *cats, const struct category_rule *rule,
		   const char *language)
{
	const char *of = cats->languages[rule->language];
	size_t len = language ? strcspn(language, "-") : 0;

	return strlen(of) == len && strncmp(of, language, len) == 0;
}

/* What is named in the text, of the kinds wanted (a bit each). */
static void find_hits(struct hits *hits, const struct text *t, const char *language,
		      unsigned int kinds)
{
	size_t i, m;

	hits->n = 0;
	for (i = 0; i < t->n; i++) {
		for (m = 0; m < t->tokens[i].n; m++) {
			uint32_t r = t->cats->words[t->tokens[i].meanings[m]].rules;

			for (; r && hits->n < HITS_MAX; r = t->cats->rules[r - 1].next) {
				struct hit hit = { .rule = &t->cats->rules[r - 1] };

				if (!(kinds >> hit.rule->kind & 1) || !complete_hit(&hit, t, i))
					continue;
				hit.own = is_own(t->cats, hit.rule, language);
				hits->list[hits->n++] = hit;
			}
		}
	}
}

/* Does one entry say the same as another, or more, and better? */
static bool outdoes(const struct hit *a, const struct hit *b)
{
	if (!set_within(&b->tokens, &a->tokens))
		return false;
	if (!set_equal(&b->tokens, &a->tokens))
		return true;
	if (a->typos != b->typos)
		return a->typos < b->typos;
	return a->own && !b->own;
}

/* Within a kind the entry that says more counts; a category's entry beats that of a thing or main. */
static void drop_outdone(struct hits *hits)
{
	size_t i, k;

	for (i = 0; i < hits->n; i++) {
		for (k = 0; k < hits->n; k++) {
			const struct hit *a = &hits->list[k], *b = &hits->list[i];

			if (i != k && a->rule->kind == b->rule->kind && outdoes(a, b))
				hits->list[i].dropped = true;
		}
	}
}

static unsigned int score_of(const struct hit *hit)
{
	unsigned int plus = 10 * hit->letters + (hit->own ? 5 : 0);
	unsigned int minus = 10 * hit->typos + 2 * hit->gap;

	return plus > minus ? plus - minus : 0;
}

/* ---- from hits to categories */

struct candidate {
	size_t category;
	unsigned int score;
	struct token_set tokens;
};

struct candidates {
	struct candidate list[HITS_MAX];
	size_t n;
};

static void add_candidate(struct candidates *c, const struct hit *hit)
{
	unsigned int score = score_of(hit);
	size_t i;

	for (i = 0; i < c->n && c->list[i].category != hit->rule->owner; i++)
		;
	if (i == c->n)
		c->list[c->n++] = (struct candidate){ .category = hit->rule->owner };
	if (score > c->list[i].score)
		c->list[i].score = score;
	set_join(&c->list[i].tokens, &hit->tokens);
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->category > y->category) - (x->category < y->category);
}

static void keep_rivals(struct candidates *c)
{
	qsort(c->list, c->n, sizeof(c->list[0]), compare_candidates);
	while (c->n > 1 && c->list[c->n - 1].score * 100 < c->list[0].score * RIVAL_PERCENT)
		c->n--;
}

static size_t set_count(const struct token_set *set)
{
	size_t i, n = 0;

	for (i = 0; i < ARRAY_SIZE(set->bits); i++)
		n += __builtin_popcountll(set->bits[i]);
	return n;
}

/* The one language of all that named a category, if it took words enough and is not the resident's. */
static const char *language_of(const struct categories *cats, const struct hits *hits)
{
	const struct hit *first = NULL;
	size_t i;

	for (i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->list[i];

		if (hit->dropped || hit->rule->kind != CATEGORY_RULE_CATEGORY)
			continue;
		if (hit->own || hit->typos > 0 || set_count(&hit->tokens) < LANGUAGE_WORDS_MIN ||
		    (first && first->rule->language != hit->rule->language))
			return NULL;
		first = hit;
	}
	return first ? cats->languages[first->rule->language] : NULL;
}

/* Is a category of the main or thing that a hit names? */
static bool belongs(const struct categories *cats, size_t category,
		    const struct category_rule *rule)
{
	const struct category *cat = &cats->list[category];

	if (rule->kind == CATEGORY_RULE_MAIN)
		return strcmp(cat->main, cats->mains[rule->owner].slug) == 0;
	return cat->thing && strcmp(cat->thing, cats->things[rule->owner].slug) == 0;
}

static bool is_of_kind(const struct hit *hit, enum category_rule_kind kind)
{
	return !hit->dropped && hit->rule->kind == kind;
}

static bool belongs_to_any(const struct categories *cats, size_t category, const struct hits *hits,
			   enum category_rule_kind kind)
{
	size_t i;

	for (i = 0; i < hits->n; i++) {
		if (is_of_kind(&hits->list[i], kind) && belongs(cats, category, hits->list[i].rule))
			return true;
	}
	return false;
}

/* A main or thing counts only if it is named apart: the container of "container full" says no
 * more than the entry itself. */
static void drop_contained(struct hits *hits, const struct candidates *c)
{
	struct token_set all = {};
	size_t i;

	for (i = 0; i < c->n; i++)
		set_join(&all, &c->list[i].tokens);
	for (i = 0; i < hits->n && c->n > 0; i++) {
		if (hits->list[i].rule->kind != CATEGORY_RULE_CATEGORY &&
		    set_within(&hits->list[i].tokens, &all))
			hits->list[i].dropped = true;
	}
}

/* Keep the candidates of what was named too, if there are any. */
static void narrow(struct candidates *c, const struct categories *cats, const struct hits *hits,
		   enum category_rule_kind kind)
{
	size_t i, kept = 0;

	for (i = 0; i < c->n; i++)
		kept += belongs_to_any(cats, c->list[i].category, hits, kind);
	if (kept == 0 || kept == c->n)
		return;
	for (i = 0, kept = 0; i < c->n; i++) {
		if (belongs_to_any(cats, c->list[i].category, hits, kind))
			c->list[kept++] = c->list[i];
	}
	c->n = kept;
}

/* All categories of the things, else mains, that were named. */
static void list_group(struct candidates *c, const struct categories *cats, const struct hits *hits,
		       enum category_rule_kind kind)
{
	size_t i;

	for (i = 0; i < cats->n && c->n < HITS_MAX; i++) {
		if (belongs_to_any(cats, i, hits, kind))
			c->list[c->n++] = (struct candidate){ .category = i };
	}
}

/* What was named beside the categories found says where they belong: its words are used up too. */
static void use_groups(struct token_set *used, const struct categories *cats,
		       const struct candidates *c, const struct hits *hits)
{
	size_t i, k;

	for (i = 0; i < hits->n; i++) {
		if (hits->list[i].dropped || hits->list[i].rule->kind == CATEGORY_RULE_CATEGORY)
			continue;
		for (k = 0; k < c->n; k++) {
			if (belongs(cats, c->list[k].category, hits->list[i].rule))
				set_join(used, &hits->list[i].tokens);
		}
	}
}

/* ---- from words to places in the text */

static void add_span(struct category_match *out, const struct text *t, size_t first, size_t last)
{
	struct category_span span = { t->tokens[first].at.start, t->tokens[last].at.end };

	if (out->span_count == CATEGORY_SPANS_MAX)
		return;
	out->spans[out->span_count++] = span;
	if (span.end - span.start > out->span_end - out->span_start) {
		out->span_start = span.start;
		out->span_end = span.end;
	}
}

/* Neighbours make one span; so do words with nothing but fillers between them. */
static void find_spans(struct category_match *out, const struct text *t,
		       const struct token_set *used)
{
	size_t i, first = t->n, last = 0;

	for (i = 0; i < t->n; i++) {
		if (set_has(used, i)) {
			if (first == t->n)
				first = i;
			last = i;
		} else if (first < t->n && !t->tokens[i].filler) {
			add_span(out, t, first, last);
			first = t->n;
		}
	}
	if (first < t->n)
		add_span(out, t, first, last);
}

/* The categories of a text, best first. */
static void find_candidates(struct candidates *c, const struct categories *cats, struct hits *hits)
{
	size_t i;

	c->n = 0;
	for (i = 0; i < hits->n; i++) {
		if (is_of_kind(&hits->list[i], CATEGORY_RULE_CATEGORY))
			add_candidate(c, &hits->list[i]);
	}
	keep_rivals(c);
	drop_contained(hits, c);
	narrow(c, cats, hits, CATEGORY_RULE_THING);
	narrow(c, cats, hits, CATEGORY_RULE_MAIN);
}

/* The same if only a thing or a main was named. */
static void find_group(struct candidates *c, const struct categories *cats, const struct hits *hits)
{
	list_group(c, cats, hits, CATEGORY_RULE_THING);
	if (c->n == 0)
		list_group(c, cats, hits, CATEGORY_RULE_MAIN);
	else
		narrow(c, cats, hits, CATEGORY_RULE_MAIN);
}

void category_match(struct category_match *out, const struct categories *cats, const char *text,
		    const char *language)
{
	struct token_set used = {};
	struct candidates c;
	struct hits hits;
	struct text t;
	size_t i;

	*out = (struct category_match){};
	read_text(&t, cats, text);
	find_hits(&hits, &t, language,
		  1 << CATEGORY_RULE_CATEGORY | 1 << CATEGORY_RULE_THING | 1 << CATEGORY_RULE_MAIN);
	drop_outdone(&hits);
	find_candidates(&c, cats, &hits);
	out->language = language_of(cats, &hits);
	if (c.n == 0) {
		find_group(&c, cats, &hits);
		out->only_thing = c.n > 0;
	}
	out->n = OSMO_MIN(c.n, CATEGORY_CANDIDATES_MAX);
	for (i = 0; i < out->n; i++) {
		out->found[i] = &cats->list[c.list[i].category];
		set_join(&used, &c.list[i].tokens);
	}
	use_groups(&used, cats, &c, &hits);
	find_spans(out, &t, &used);
}

static bool is_excused(const struct hits *hits, const struct hit *danger)
{
	size_t i;

	for (i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->list[i];

		if (hit->rule->kind == CATEGORY_RULE_UNLESS &&
		    hit->rule->owner == danger->rule->owner &&
		    set_within(&danger->tokens, &hit->tokens))
			return true;
	}
	return false;
}

const struct danger *category_danger(const struct categories *cats, const char *text)
{
	const struct hit *found = NULL;
	struct hits hits;
	struct text t;
	size_t i;

	read_text(&t, cats, text);
	find_hits(&hits, &t, NULL, 1 << CATEGORY_RULE_DANGER | 1 << CATEGORY_RULE_UNLESS);
	for (i = 0; i < hits.n; i++) {
		const struct hit *hit = &hits.list[i];

		if (hit->rule->kind != CATEGORY_RULE_DANGER || is_excused(&hits, hit))
			continue;
		if (!found || hit->rule->owner < found->rule->owner)
			found = hit;
	}
	return found ? &cats->dangers[found->rule->owner] : NULL;
}
