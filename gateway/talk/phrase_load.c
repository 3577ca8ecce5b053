// SPDX-License-Identifier: AGPL-3.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "talk/phrase_int.h"

#define FILES_MAX 64

struct phrases *phrases_alloc(void *ctx)
{
	struct phrases *ph = talloc_zero(ctx, struct phrases);

	OSMO_ASSERT(ph);
	return ph;
}

char *phrase_word_fold(void *ctx, const char *word)
{
	char *folded = phrase_fold(ctx, word);
	size_t len;

	if (folded[0] != '\0')
		return folded;
	talloc_free(folded);
	word += strspn(word, " \t\r\n");
	for (len = strlen(word); len > 0 && strchr(" \t\r\n", word[len - 1]); len--)
		;
	folded = talloc_strndup(ctx, word, len);
	OSMO_ASSERT(folded);
	return folded;
}

static void add_meaning(struct phrases *ph, struct phrase_meaning **list, size_t *n,
			const char *language, const char *keyword, const char *word)
{
	struct phrase_meaning *m;

	*list = talloc_realloc(ph, *list, struct phrase_meaning, *n + 1);
	OSMO_ASSERT(*list);
	m = &(*list)[*n];
	m->word = phrase_word_fold(ph, word);
	m->language = talloc_strdup(ph, language);
	m->keyword = keyword ? talloc_strdup(ph, keyword) : NULL;
	m->order = (*n)++;
}

static void add_choice(struct phrases *ph, const char *language, const char *word)
{
	add_meaning(ph, &ph->choices, &ph->choice_count, language, NULL, word);
}

static void read_choose(struct phrases *ph, struct phrase_yaml *y, const char *language,
			const yaml_node_t *list)
{
	const yaml_node_t *item;
	const char *word;
	size_t i;

	for (i = 0; (item = phrase_yaml_item(y, list, i)); i++) {
		word = phrase_yaml_text(y, item);
		if (word)
			add_choice(ph, language, word);
	}
}

static void read_keyword(struct phrases *ph, struct phrase_yaml *y, const char *language,
			 const char *keyword, const yaml_node_t *list)
{
	const yaml_node_t *item;
	const char *word;
	size_t i;

	for (i = 0; (item = phrase_yaml_item(y, list, i)); i++) {
		word = phrase_yaml_text(y, item);
		if (!word)
			return;
		if (word[0] == '\0')
			phrase_yaml_wrong(y, item, "keyword %s has an empty word", keyword);
		add_meaning(ph, &ph->keywords, &ph->keyword_count, language, keyword, word);
	}
}

static void read_keywords(struct phrases *ph, struct phrase_yaml *y, const char *language,
			  const yaml_node_t *map)
{
	const yaml_node_t *list;
	const char *keyword;
	size_t i;

	for (i = 0; (list = phrase_yaml_pair(y, map, i, &keyword)); i++) {
		if (phrase_yaml_first(y, map, i, keyword))
			read_keyword(ph, y, language, keyword, list);
	}
}

static void read_pattern(struct phrase_yaml *y, struct phrase_language *lang,
			 struct phrase_entry *entry, enum phrase_variant variant,
			 const yaml_node_t *node)
{
	const char *text = phrase_yaml_text(y, node);
	char *error = NULL;

	if (!text)
		return;
	entry->patterns[variant] = phrase_pattern_read(lang, lang->locale, text, &error);
	if (error)
		phrase_yaml_wrong(y, node, "%s: %s", entry->key, error);
	talloc_free(error);
}

static void read_variants(struct phrase_yaml *y, struct phrase_language *lang,
			  struct phrase_entry *entry, const yaml_node_t *map)
{
	static const char *const names[] = { "text", "voice", "ussd" };
	const yaml_node_t *node;
	const char *name;
	size_t i, v;

	for (i = 0; (node = phrase_yaml_pair(y, map, i, &name)); i++) {
		for (v = 0; v < PHRASE_VARIANTS && strcmp(names[v], name) != 0; v++)
			;
		if (v == PHRASE_VARIANTS)
			phrase_yaml_wrong(y, node, "%s: unknown variant %s (text voice ussd)",
					  entry->key, name);
		else if (phrase_yaml_first(y, map, i, name))
			read_pattern(y, lang, entry, (enum phrase_variant)v, node);
	}
	if (i == 0)
		phrase_yaml_wrong(y, map, "%s: has no text", entry->key);
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct phrase_entry *)a)->key, ((const struct phrase_entry *)b)->key);
}

static void check_twice(struct phrase_yaml *y, const struct phrase_language *lang)
{
	size_t i;

	for (i = 1; i < lang->n; i++) {
		if (strcmp(lang->entries[i - 1].key, lang->entries[i].key) == 0)
			phrase_yaml_wrong(y, NULL,
					  "%s stands here twice (lines %zu and %zu): take one out",
					  lang->entries[i].key, lang->entries[i - 1].line,
					  lang->entries[i].line);
	}
}

static void read_phrases(struct phrase_yaml *y, struct phrase_language *lang, yaml_node_t *map)
{
	yaml_node_t *node;
	const char *key;
	size_t i;

	for (i = 0; (node = phrase_yaml_pair(y, map, i, &key)); i++) {
		struct phrase_entry *entry;

		lang->entries = talloc_realloc(lang, lang->entries, struct phrase_entry, i + 1);
		OSMO_ASSERT(lang->entries);
		entry = &lang->entries[i];
		*entry = (struct phrase_entry){
			.key = talloc_strdup(lang, key),
			.line = node->start_mark.line + 1,
		};
		if (node->type == YAML_MAPPING_NODE)
			read_variants(y, lang, entry, node);
		else
			read_pattern(y, lang, entry, PHRASE_TEXT, node);
		if (y->error)
			return;
		lang->n = i + 1;
	}
	if (lang->n == 0)
		return;
	qsort(lang->entries, lang->n, sizeof(lang->entries[0]), compare_entries);
	check_twice(y, lang);
}

/* What stands at the top of a file. */
struct top {
	yaml_node_t *language, *name, *fallback, *locale, *choose, *keywords, *phrases;
};

static void read_top(struct phrase_yaml *y, struct top *top)
{
	const struct phrase_yaml_word known[] = {
		{ "language", &top->language }, { "name", &top->name },
		{ "fallback", &top->fallback }, { "locale", &top->locale },
		{ "choose", &top->choose },	{ "keywords", &top->keywords },
		{ "phrases", &top->phrases },
	};

	phrase_yaml_words(y, phrase_yaml_top(y), known, ARRAY_SIZE(known));
	if (!top->language)
		phrase_yaml_wrong(y, NULL, "\"language:\" is missing");
	if (!top->phrases)
		phrase_yaml_wrong(y, NULL, "\"phrases:\" is missing");
}

static char *text_or(struct phrase_yaml *y, void *ctx, const yaml_node_t *node, const char *usual)
{
	const char *text = node ? phrase_yaml_text(y, node) : usual;

	return text ? talloc_strdup(ctx, text) : NULL;
}

static struct phrase_language *read_language(struct phrases *ph, struct phrase_yaml *y,
					     const struct top *top)
{
	struct phrase_language *lang = talloc_zero(ph, struct phrase_language);
	char *locale;

	OSMO_ASSERT(lang);
	lang->file = talloc_strdup(lang, y->name);
	lang->code = text_or(y, lang, top->language, NULL);
	lang->name = text_or(y, lang, top->name, lang->code);
	lang->fallback = text_or(y, lang, top->fallback, NULL);
	locale = text_or(y, lang, top->locale, lang->code);
	if (locale && !top->locale)
		locale[strcspn(locale, "-")] = '\0';
	if (locale)
		lang->locale = phrase_locale_alloc(lang, locale);
	if (!lang->locale)
		phrase_yaml_wrong(y, top->locale ?: top->language, "no locale: %s", locale);
	return lang;
}

void phrases_add(struct phrases *ph, struct phrase_yaml *y)
{
	struct phrase_language *lang;
	struct top top = {};

	read_top(y, &top);
	if (y->error)
		return;
	lang = read_language(ph, y, &top);
	if (!y->error)
		read_phrases(y, lang, top.phrases);
	if (y->error) {
		talloc_free(lang);
		return;
	}
	add_choice(ph, lang->code, lang->code);
	add_choice(ph, lang->code, lang->name);
	if (top.choose)
		read_choose(ph, y, lang->code, top.choose);
	if (top.keywords)
		read_keywords(ph, y, lang->code, top.keywords);
	ph->languages = talloc_realloc(ph, ph->languages, struct phrase_language *, ph->n + 1);
	OSMO_ASSERT(ph->languages);
	ph->languages[ph->n++] = lang;
}

static int compare_languages(const void *a, const void *b)
{
	return strcmp((*(struct phrase_language *const *)a)->code,
		      (*(struct phrase_language *const *)b)->code);
}

static int compare_meanings(const void *a, const void *b)
{
	const struct phrase_meaning *x = a, *y = b;
	int by_word = strcmp(x->word, y->word);

	return by_word ?: (x->order > y->order) - (x->order < y->order);
}

static int check_languages(const struct phrases *ph, char **error, void *ctx)
{
	size_t i;

	for (i = 0; i < ph->n; i++) {
		const struct phrase_language *lang = ph->languages[i];

		if (i > 0 && strcmp(ph->languages[i - 1]->code, lang->code) == 0)
			*error = talloc_asprintf(ctx, "%s: %s has the language \"%s\" too",
						 lang->file, ph->languages[i - 1]->file,
						 lang->code);
		else if (lang->fallback && !phrases_language_name(ph, lang->fallback))
			*error = talloc_asprintf(ctx, "%s: no file has the fallback \"%s\"",
						 lang->file, lang->fallback);
		if (*error)
			return -EINVAL;
	}
	return 0;
}

static int check_choices(const struct phrases *ph, char **error, void *ctx)
{
	size_t i;

	for (i = 1; i < ph->choice_count; i++) {
		const struct phrase_meaning *a = &ph->choices[i - 1], *b = &ph->choices[i];

		if (strcmp(a->word, b->word) == 0 && strcmp(a->language, b->language) != 0) {
			*error = talloc_asprintf(ctx, "prompts: \"%s\" chooses both %s and %s",
						 a->word, a->language, b->language);
			return -EINVAL;
		}
	}
	return 0;
}

int phrases_finish(struct phrases *ph, char **error)
{
	void *ctx = talloc_parent(ph);
	int rc;

	if (ph->n)
		qsort(ph->languages, ph->n, sizeof(ph->languages[0]), compare_languages);
	if (ph->keyword_count)
		qsort(ph->keywords, ph->keyword_count, sizeof(ph->keywords[0]), compare_meanings);
	if (ph->choice_count)
		qsort(ph->choices, ph->choice_count, sizeof(ph->choices[0]), compare_meanings);
	*error = NULL;
	rc = check_languages(ph, error, ctx);
	return rc < 0 ? rc : check_choices(ph, error, ctx);
}

static int is_yaml(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

static char *add_file(struct phrases *ph, void *ctx, const char *folder, const char *name)
{
	char *path = talloc_asprintf(ph, "%s/%s", folder, name);
	struct phrase_yaml *y = phrase_yaml_load(ph, path);
	char *error = NULL;

	phrases_add(ph, y);
	if (y->error)
		error = talloc_steal(ctx, y->error);
	talloc_free(y);
	talloc_free(path);
	return error;
}

struct phrases *phrases_load(void *ctx, const char *folder, char **error)
{
	struct phrases *ph = phrases_alloc(ctx);
	struct dirent **names = NULL;
	int i, n = scandir(folder, &names, is_yaml, alphasort);
	char *wrong = NULL;

	if (n < 0)
		wrong = talloc_asprintf(ctx, "%s: %s", folder, strerror(errno));
	else if (n == 0)
		wrong = talloc_asprintf(ctx, "%s: no *.yaml in this folder", folder);
	else if (n > FILES_MAX)
		wrong = talloc_asprintf(ctx, "%s: more than %d files", folder, FILES_MAX);
	for (i = 0; i < n; i++) {
		if (!wrong)
			wrong = add_file(ph, ctx, folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (!wrong)
		phrases_finish(ph, &wrong);
	if (!wrong)
		return ph;
	*error = wrong;
	talloc_free(ph);
	return NULL;
}
