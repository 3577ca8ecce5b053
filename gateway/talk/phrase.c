// SPDX-License-Identifier: AGPL-3.0-or-later
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "talk/phrase_fold.h"
#include "talk/phrase_int.h"

#define KEYWORD_WORDS_MAX 5 /* "stop all my notices" */

static int compare_code(const void *code, const void *language)
{
	return strcmp(code, (*(struct phrase_language *const *)language)->code);
}

static const struct phrase_language *find_language(const struct phrases *ph, const char *code)
{
	struct phrase_language **found = NULL;

	if (code && ph->n)
		found = bsearch(code, ph->languages, ph->n, sizeof(ph->languages[0]), compare_code);
	return found ? *found : NULL;
}

static int compare_key(const void *key, const void *entry)
{
	return strcmp(key, ((const struct phrase_entry *)entry)->key);
}

static const struct phrase_entry *find_entry(const struct phrase_language *lang, const char *key)
{
	if (!lang || lang->n == 0)
		return NULL;
	return bsearch(key, lang->entries, lang->n, sizeof(lang->entries[0]), compare_key);
}

size_t phrases_language_count(const struct phrases *ph)
{
	return ph->n;
}

const char *phrases_language_at(const struct phrases *ph, size_t i)
{
	return i < ph->n ? ph->languages[i]->code : NULL;
}

const char *phrases_language_name(const struct phrases *ph, const char *language)
{
	const struct phrase_language *lang = find_language(ph, language);

	return lang ? lang->name : NULL;
}

static int compare_word(const void *word, const void *meaning)
{
	return strcmp(word, ((const struct phrase_meaning *)meaning)->word);
}

/* The first of all meanings of a folded word; its others follow it. */
static const struct phrase_meaning *find_meaning(const struct phrase_meaning *list, size_t n,
						 const char *word)
{
	const struct phrase_meaning *m = NULL;

	if (n)
		m = bsearch(word, list, n, sizeof(*list), compare_word);
	while (m && m > list && strcmp(m[-1].word, word) == 0)
		m--;
	return m;
}

const char *phrases_language_of(const struct phrases *ph, const char *word)
{
	char *folded = phrase_word_fold(NULL, word);
	const struct phrase_meaning *m = find_meaning(ph->choices, ph->choice_count, folded);

	talloc_free(folded);
	return m ? m->language : NULL;
}

bool phrase_has(const struct phrases *ph, const char *language, const char *key, bool own_only)
{
	const struct phrase_language *lang = find_language(ph, language);

	if (!lang)
		return false;
	if (find_entry(lang, key))
		return true;
	return !own_only && find_entry(find_language(ph, lang->fallback), key);
}

static enum phrase_variant variant_of(const char *name)
{
	if (name && strcmp(name, "voice") == 0)
		return PHRASE_VOICE;
	if (name && strcmp(name, "ussd") == 0)
		return PHRASE_USSD;
	return PHRASE_TEXT;
}

static struct phrase_pattern *find_pattern(const struct phrases *ph, const char *language,
					   const char *key, enum phrase_variant variant)
{
	const struct phrase_language *lang = find_language(ph, language);
	const char *const chain[] = { language, lang ? lang->fallback : NULL, "nl", "en" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(chain); i++) {
		const struct phrase_entry *entry = find_entry(find_language(ph, chain[i]), key);

		if (!entry)
			continue;
		if (entry->patterns[variant])
			return entry->patterns[variant];
		if (entry->patterns[PHRASE_TEXT])
			return entry->patterns[PHRASE_TEXT];
	}
	return NULL;
}

char *phrase_say(void *ctx, const struct phrases *ph, const char *language, const char *variant,
		 const char *key, json_t *args, const char *zone)
{
	struct phrase_pattern *pattern = find_pattern(ph, language, key, variant_of(variant));
	char buf[PHRASE_SIZE];
	char *text;

	if (pattern)
		text = talloc_strndup(ctx, buf, phrase_pattern_say(buf, pattern, args, zone));
	else
		text = talloc_asprintf(ctx, "[%s]", key);
	OSMO_ASSERT(text);
	return text;
}

bool phrase_is_fixed(const struct phrases *ph, const char *language, const char *variant,
		     const char *key)
{
	struct phrase_pattern *pattern = find_pattern(ph, language, key, variant_of(variant));

	return pattern && !phrase_pattern_argument(pattern, 0);
}

static bool ends_word(const struct phrases *ph, const struct phrase_meaning *m, const char *word)
{
	return m >= ph->keywords + ph->keyword_count || strcmp(m->word, word) != 0;
}

bool phrase_is_keyword(const struct phrases *ph, const char *language, const char *keyword,
		       const char *text)
{
	char *word = phrase_word_fold(NULL, text);
	const struct phrase_meaning *m = find_meaning(ph->keywords, ph->keyword_count, word);
	bool found = false;

	for (; m && !found && !ends_word(ph, m, word); m++)
		found = strcmp(m->keyword, keyword) == 0 &&
			(!language || strcmp(m->language, language) == 0);
	talloc_free(word);
	return found;
}

/* A folded word's keyword in one language, or (NULL) in any. */
static const char *keyword_of(const struct phrases *ph, const char *language, const char *word)
{
	const struct phrase_meaning *m = find_meaning(ph->keywords, ph->keyword_count, word);

	for (; m && !ends_word(ph, m, word); m++) {
		if (!language || strcmp(m->language, language) == 0)
			return m->keyword;
	}
	return NULL;
}

static const char *after(const char *text)
{
	return text + strspn(text, " \t\r\n.,:;!-");
}

/* Signs that fold to nothing, such as "?", are keywords if they stand alone. */
static const char *sign_at(const struct phrases *ph, const char *language, const char *text,
			   const char **rest)
{
	const char *start = text + strspn(text, " \t\r\n");
	size_t len = strcspn(start, " \t\r\n");
	char *sign = talloc_strndup(NULL, start, len);
	const char *keyword = keyword_of(ph, language, sign);

	talloc_free(sign);
	if (keyword)
		*rest = after(start + len);
	return keyword;
}

const char *phrase_keyword_at(const struct phrases *ph, const char *language, const char *text,
			      const char **rest)
{
	const char *const passes[] = { language, NULL };
	struct phrase_word words[KEYWORD_WORDS_MAX];
	const char *keyword = NULL;
	size_t n, k, pass;
	char *folded = phrase_fold_words(NULL, text, words, KEYWORD_WORDS_MAX, &n);

	for (pass = language ? 0 : 1; pass < 2 && !keyword; pass++) {
		if (n == 0 || words[0].start > 0)
			keyword = sign_at(ph, passes[pass], text, rest);
		for (k = n; k > 0 && !keyword; k--) {
			char *end = folded + words[k - 1].at + words[k - 1].len;
			char kept = *end;

			*end = '\0';
			keyword = keyword_of(ph, passes[pass], folded);
			*end = kept;
			if (keyword)
				*rest = after(text + words[k - 1].end);
		}
	}
	talloc_free(folded);
	return keyword;
}

const char *phrase_key_at(const struct phrases *ph, const char *language, size_t i)
{
	const struct phrase_language *lang = find_language(ph, language);

	return lang && i < lang->n ? lang->entries[i].key : NULL;
}

const char *phrase_pattern(const struct phrases *ph, const char *language, const char *key,
			   const char *variant)
{
	const struct phrase_entry *entry = find_entry(find_language(ph, language), key);
	struct phrase_pattern *pattern = entry ? entry->patterns[variant_of(variant)] : NULL;

	return pattern ? phrase_pattern_text(pattern) : NULL;
}

const char *phrase_argument(const struct phrases *ph, const char *language, const char *key,
			    size_t i)
{
	const struct phrase_entry *entry = find_entry(find_language(ph, language), key);

	return entry && entry->patterns[0] ? phrase_pattern_argument(entry->patterns[0], i) : NULL;
}

const char *phrase_where(const struct phrases *ph, const char *language, const char *key, int *line)
{
	const struct phrase_language *lang = find_language(ph, language);
	const struct phrase_entry *entry = find_entry(lang, key);

	*line = entry ? (int)entry->line : 0;
	return entry ? lang->file : NULL;
}

bool phrase_has_keyword(const struct phrases *ph, const char *keyword)
{
	for (size_t i = 0; i < ph->keyword_count; i++)
		if (!strcmp(ph->keywords[i].keyword, keyword))
			return true;
	return false;
}
