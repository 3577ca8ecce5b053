// SPDX-License-Identifier: AGPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "talk/category_int.h"
#include "talk/fuzzy.h"
#include "talk/phrase_fold.h"

/* From this length on a typing error is forgiven, so its word may have one letter less. */
#define FORGIVEN_LETTERS_MIN 6

/* FNV-1a, 32 bits */
#define HASH_START 2166136261u
#define HASH_PRIME 16777619u

static uint32_t hash_bytes(uint32_t hash, const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)bytes[i]) * HASH_PRIME;
	return hash;
}

static size_t letter_size(const char *at)
{
	size_t n = 1;

	while (((unsigned char)at[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static void table_put(struct category_table *t, uint32_t hash, uint32_t word)
{
	size_t i = hash & (t->size - 1);

	while (t->slots[i].word_plus_1)
		i = (i + 1) & (t->size - 1);
	t->slots[i].hash = hash;
	t->slots[i].word_plus_1 = word + 1;
	t->used++;
}

static void table_add(void *ctx, struct category_table *t, uint32_t hash, uint32_t word)
{
	struct category_table old = *t;
	size_t i;

	if (2 * (t->used + 1) > t->size) {
		t->size = t->size ? 2 * t->size : 1024;
		t->used = 0;
		t->slots = (void *)talloc_zero_size(ctx, t->size * sizeof(t->slots[0]));
		OSMO_ASSERT(t->slots);
		for (i = 0; i < old.size; i++)
			if (old.slots[i].word_plus_1)
				table_put(t, old.slots[i].hash, old.slots[i].word_plus_1 - 1);
		talloc_free(old.slots);
	}
	table_put(t, hash, word);
}

/* Walk over the words of a hash.  \param[in,out] at  0 to begin.  \returns place plus 1; 0 at the end */
static uint32_t table_next(const struct category_table *t, uint32_t hash, size_t *at)
{
	while (t->size) {
		size_t i = (hash + (*at)++) & (t->size - 1);

		if (!t->slots[i].word_plus_1)
			return 0;
		if (t->slots[i].hash == hash)
			return t->slots[i].word_plus_1;
	}
	return 0;
}

/* Arabic writes "the", "and the", "with the" and "to the" onto the word: what is left counts if it has
 * letters enough to be a word. */
static const char *skip_article(const char *folded)
{
	static const struct {
		const char *article;
		size_t letters_min;
	} articles[] = {
		{ "\u0627\u0644", 3 },
		{ "\u0648\u0627\u0644", 4 },
		{ "\u0628\u0627\u0644", 4 },
		{ "\u0644\u0644", 4 },
	};
	size_t i;

	for (i = 0; (unsigned char)folded[0] >= 0x80 && i < ARRAY_SIZE(articles); i++) {
		size_t len = strlen(articles[i].article);

		if (strncmp(folded, articles[i].article, len) == 0 &&
		    fuzzy_letters(folded + len) >= articles[i].letters_min)
			return folded + len;
	}
	return folded;
}

static bool find_exact(const struct categories *cats, const char *folded, uint32_t *id)
{
	uint32_t hash = hash_bytes(HASH_START, folded, strlen(folded)), found;
	size_t at = 0;

	while ((found = table_next(&cats->exact, hash, &at))) {
		if (strcmp(cats->words[found - 1].text, folded) == 0) {
			*id = found - 1;
			return true;
		}
	}
	return false;
}

static void add_near(struct categories *cats, uint32_t id)
{
	const char *text = cats->words[id].text;
	size_t len = strlen(text), i;

	table_add(cats, &cats->near, hash_bytes(HASH_START, text, len), id);
	for (i = 0; i < len; i += letter_size(text + i)) {
		size_t rest = i + letter_size(text + i);
		uint32_t hash = hash_bytes(HASH_START, text, i);

		table_add(cats, &cats->near, hash_bytes(hash, text + rest, len - rest), id);
	}
}

static uint32_t intern(struct categories *cats, const char *folded, size_t len)
{
	char *whole = talloc_strndup(NULL, folded, len);
	char *text = talloc_strdup(cats, skip_article(whole));
	struct category_word *word;
	uint32_t id;

	OSMO_ASSERT(whole && text);
	talloc_free(whole);
	len = strlen(text);
	if (find_exact(cats, text, &id)) {
		talloc_free(text);
		return id;
	}
	id = (uint32_t)cats->word_count++;
	if ((id & (id - 1)) == 0) { /* full: room for twice as many */
		cats->words = talloc_realloc(cats, cats->words, struct category_word,
					     id ? 2 * id : 1);
		OSMO_ASSERT(cats->words);
	}
	word = &cats->words[id];
	*word = (struct category_word){ .text = text };
	word->letters = (uint16_t)OSMO_MIN(fuzzy_letters(text), UINT16_MAX);
	table_add(cats, &cats->exact, hash_bytes(HASH_START, text, len), id);
	if (word->letters >= FORGIVEN_LETTERS_MIN && word->letters <= FUZZY_LETTERS_MAX)
		add_near(cats, id);
	return id;
}

void category_index_filler(struct categories *cats, const char *text)
{
	struct phrase_word words[8];
	size_t n, i;
	char *folded = phrase_fold_words(cats, text, words, ARRAY_SIZE(words), &n);

	for (i = 0; i < n; i++) {
		uint32_t id = intern(cats, folded + words[i].at, words[i].len);

		cats->words[id].filler = true;
	}
	talloc_free(folded);
}

static uint16_t language_of(struct categories *cats, const char *language)
{
	size_t i;

	for (i = 0; i < cats->language_count; i++) {
		if (strcmp(cats->languages[i], language) == 0)
			return (uint16_t)i;
	}
	cats->languages = talloc_realloc(cats, cats->languages, char *, i + 1);
	OSMO_ASSERT(cats->languages);
	cats->languages[i] = talloc_strdup(cats, language);
	return (uint16_t)cats->language_count++;
}

static bool holds_word(const struct category_rule *rule, uint32_t id)
{
	size_t i;

	for (i = 0; i < rule->n; i++) {
		if (rule->words[i] == id)
			return true;
	}
	return false;
}

int category_index_add(struct categories *cats, enum category_rule_kind kind, size_t owner,
		       const char *language, const char *text)
{
	struct phrase_word words[CATEGORY_RULE_WORDS_MAX * 2];
	struct category_rule rule = { .kind = kind, .owner = (uint16_t)owner };
	size_t n, i;
	char *folded = phrase_fold_words(cats, text, words, ARRAY_SIZE(words), &n);
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		uint32_t id = intern(cats, folded + words[i].at, words[i].len);

		if (cats->words[id].filler || holds_word(&rule, id))
			continue;
		if (rule.n == CATEGORY_RULE_WORDS_MAX)
			rc = -E2BIG;
		else
			rule.words[rule.n++] = id;
	}
	talloc_free(folded);
	if (rc == 0 && rule.n == 0)
		rc = -EINVAL;
	if (cats->rule_count == CATEGORY_RULES_MAX)
		rc = -E2BIG;
	if (rc < 0)
		return rc;
	rule.language = language_of(cats, language);
	i = cats->rule_count++;
	if ((i & (i - 1)) == 0) {
		cats->rules = talloc_realloc(cats, cats->rules, struct category_rule,
					     i ? 2 * i : 1);
		OSMO_ASSERT(cats->rules);
	}
	cats->rules[i] = rule;
	for (n = 0; n < rule.n; n++)
		cats->words[rule.words[n]].used++;
	return 0;
}

void category_index_end(struct categories *cats)
{
	size_t i, k;

	/* Backwards, so that each word's rules come in the order of the file. */
	for (i = cats->rule_count; i-- > 0;) {
		struct category_rule *rule = &cats->rules[i];

		for (k = 1; k < rule->n; k++) {
			uint32_t id = rule->words[k];

			if (cats->words[id].used >= cats->words[rule->words[0]].used)
				continue;
			rule->words[k] = rule->words[0];
			rule->words[0] = id;
		}
		rule->next = cats->words[rule->words[0]].rules;
		cats->words[rule->words[0]].rules = (uint32_t)i + 1;
	}
}

static size_t note_near(const struct categories *cats, const char *folded, uint32_t hash,
			uint32_t *ids, size_t n, size_t max)
{
	uint32_t found;
	size_t at = 0, i;

	while (n < max && (found = table_next(&cats->near, hash, &at))) {
		for (i = 0; i < n && ids[i] != found - 1; i++)
			;
		if (i == n && fuzzy_distance(folded, cats->words[found - 1].text, 1) <= 1)
			ids[n++] = found - 1;
	}
	return n;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

size_t category_index_find(const struct categories *cats, const char *folded, uint32_t *ids,
			   size_t max, bool *typo)
{
	size_t len, letters, n = 0, i;

	folded = skip_article(folded);
	len = strlen(folded);
	letters = fuzzy_letters(folded);
	*typo = false;
	if (find_exact(cats, folded, ids))
		return 1;
	if (letters < FORGIVEN_LETTERS_MIN - 1 || letters > FUZZY_LETTERS_MAX)
		return 0;
	*typo = true;
	n = note_near(cats, folded, hash_bytes(HASH_START, folded, len), ids, n, max);
	for (i = 0; i < len; i += letter_size(folded + i)) {
		size_t rest = i + letter_size(folded + i);
		uint32_t hash = hash_bytes(HASH_START, folded, i);

		hash = hash_bytes(hash, folded + rest, len - rest);
		n = note_near(cats, folded, hash, ids, n, max);
	}
	qsort(ids, n, sizeof(ids[0]), compare_ids);
	return n;
}
