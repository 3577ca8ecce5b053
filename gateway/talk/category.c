// SPDX-License-Identifier: AGPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "talk/category_int.h"

#define SPELLINGS_MAX 512  /* entries that one "(a|b) (c|d)" may write */
#define ENTRY_SIZE    512  /* bytes of one entry */
#define LIST_MAX      1000 /* categories, mains, things, dangers */
#define PROMISE_MAX   999  /* days */

/* ---- words: "(lamp|lantaarn) (kapot|stuk)" */

struct spelling {
	struct phrase_yaml *y;
	const yaml_node_t *node;
	struct categories *cats;
	enum category_rule_kind kind;
	size_t owner;
	const char *language;
	char text[ENTRY_SIZE]; /* as far as it is written */
	size_t count;
};

static void add_entry(struct spelling *s)
{
	int rc;

	if (++s->count > SPELLINGS_MAX) {
		phrase_yaml_wrong(s->y, s->node, "writes more than %d entries", SPELLINGS_MAX);
		return;
	}
	rc = category_index_add(s->cats, s->kind, s->owner, s->language, s->text);
	if (rc == -EINVAL)
		phrase_yaml_wrong(s->y, s->node, "\"%s\" says nothing", s->text);
	else if (rc < 0)
		phrase_yaml_wrong(s->y, s->node, "\"%s\" has too many words, or the list entries",
				  s->text);
}

static void spell(struct spelling *s, size_t len, const char *rest);

static void spell_part(struct spelling *s, size_t len, const char *part, size_t part_len,
		       const char *rest)
{
	if (len + part_len >= ENTRY_SIZE) {
		phrase_yaml_wrong(s->y, s->node, "longer than %d bytes", ENTRY_SIZE - 1);
		return;
	}
	memcpy(s->text + len, part, part_len);
	spell(s, len + part_len, rest);
}

/* Write the rest of an entry in all its ways.  \param[in] len  bytes of s->text that stand */
static void spell(struct spelling *s, size_t len, const char *rest)
{
	size_t plain = strcspn(rest, "()|"), choice;
	const char *close;

	if (s->y->error)
		return;
	if (plain > 0) {
		spell_part(s, len, rest, plain, rest + plain);
		return;
	}
	if (*rest == '\0') {
		s->text[len] = '\0';
		add_entry(s);
		return;
	}
	close = *rest == '(' ? strchr(rest, ')') : NULL;
	if (!close) {
		phrase_yaml_wrong(s->y, s->node, "unpaired sign at \"%s\"", rest);
		return;
	}
	do {
		rest++;
		choice = strcspn(rest, "|)");
		spell_part(s, len, rest, choice, close + 1);
		rest += choice;
	} while (rest < close && !s->y->error);
}

static void read_word_list(struct spelling *s, const yaml_node_t *list)
{
	const yaml_node_t *item;
	size_t i;

	for (i = 0; (item = phrase_yaml_item(s->y, list, i)); i++) {
		const char *text = phrase_yaml_text(s->y, item);

		s->node = item;
		s->count = 0;
		if (text)
			spell(s, 0, text);
	}
}

/* A map of lists, one a language. */
static void read_words(struct categories *cats, struct phrase_yaml *y, enum category_rule_kind kind,
		       size_t owner, const yaml_node_t *map)
{
	const yaml_node_t *list;
	size_t i;

	for (i = 0;; i++) {
		struct spelling s = { .y = y, .cats = cats, .kind = kind, .owner = owner };

		list = phrase_yaml_pair(y, map, i, &s.language);
		if (!list)
			return;
		if (phrase_yaml_first(y, map, i, s.language))
			read_word_list(&s, list);
	}
}

static void read_fillers(struct categories *cats, struct phrase_yaml *y, const yaml_node_t *map)
{
	const yaml_node_t *list, *item;
	const char *language, *word;
	size_t i, k;

	for (i = 0; (list = phrase_yaml_pair(y, map, i, &language)); i++) {
		for (k = 0; (item = phrase_yaml_item(y, list, k)); k++) {
			word = phrase_yaml_text(y, item);
			if (word)
				category_index_filler(cats, word);
		}
	}
}

/* ---- names */

static void add_label(struct categories *cats, struct category_labels *labels, const char *language,
		      const char *text)
{
	labels->list = talloc_realloc(cats, labels->list, struct category_label, labels->n + 1);
	OSMO_ASSERT(labels->list);
	labels->list[labels->n].language = talloc_strdup(cats, language);
	labels->list[labels->n++].text = talloc_strdup(cats, text);
}

static void read_names(struct categories *cats, struct phrase_yaml *y,
		       struct category_labels *labels, const yaml_node_t *map)
{
	const yaml_node_t *node;
	const char *language, *text;
	size_t i;

	for (i = 0; (node = phrase_yaml_pair(y, map, i, &language)); i++) {
		text = phrase_yaml_text(y, node);
		if (text && phrase_yaml_first(y, map, i, language))
			add_label(cats, labels, language, text);
	}
}

/* A thing without a name is called by its first word in each language. */
static void name_by_words(struct categories *cats, struct phrase_yaml *y,
			  struct category_labels *labels, const yaml_node_t *map)
{
	const yaml_node_t *list, *item;
	const char *language, *text;
	size_t i;

	for (i = 0; (list = phrase_yaml_pair(y, map, i, &language)); i++) {
		item = phrase_yaml_item(y, list, 0);
		text = item ? phrase_yaml_text(y, item) : NULL;
		if (text)
			add_label(cats, labels, language, text);
	}
}

static const char *label_in(const struct category_labels *labels, const char *language, size_t len)
{
	size_t i;

	for (i = 0; i < labels->n; i++) {
		if (strlen(labels->list[i].language) == len &&
		    memcmp(labels->list[i].language, language, len) == 0)
			return labels->list[i].text;
	}
	return NULL;
}

/* In the language, then without its variant ("nl-plain"), then in Dutch, then in English. */
static const char *label_for(const struct category_labels *labels, const char *language,
			     const char *slug)
{
	const char *label = NULL;

	if (language) {
		label = label_in(labels, language, strlen(language));
		label = label ?: label_in(labels, language, strcspn(language, "-"));
	}
	label = label ?: label_in(labels, "nl", 2);
	label = label ?: label_in(labels, "en", 2);
	return label ?: slug;
}

/* ---- entries of the four lists */

/* What may stand in an entry; NULL is not there. */
struct entry {
	const yaml_node_t *node, *name, *words, *unless;
	const char *slug, *main, *thing, *promise, *urgent, *call, *category;
};

static void read_entry(struct phrase_yaml *y, const yaml_node_t *map, struct entry *e)
{
	const struct {
		const char *name;
		const char **text;
		const yaml_node_t **node;
	} known[] = {
		{ "slug", &e->slug, NULL },	    { "main", &e->main, NULL },
		{ "thing", &e->thing, NULL },	    { "promise", &e->promise, NULL },
		{ "urgent", &e->urgent, NULL },	    { "call", &e->call, NULL },
		{ "category", &e->category, NULL }, { "name", NULL, &e->name },
		{ "words", NULL, &e->words },	    { "unless", NULL, &e->unless },
	};
	const yaml_node_t *node;
	const char *key;
	size_t i, k;

	*e = (struct entry){ .node = map };
	for (i = 0; (node = phrase_yaml_pair(y, map, i, &key)); i++) {
		for (k = 0; k < ARRAY_SIZE(known) && strcmp(known[k].name, key) != 0; k++)
			;
		if (k == ARRAY_SIZE(known))
			phrase_yaml_wrong(y, node, "unknown word \"%s\"", key);
		else if (!phrase_yaml_first(y, map, i, key))
			return;
		else if (known[k].node)
			*known[k].node = node;
		else
			*known[k].text = phrase_yaml_text(y, node);
	}
	if (!e->slug || !e->slug[0])
		phrase_yaml_wrong(y, map, "\"slug:\" is missing");
}

static void read_promise(struct phrase_yaml *y, const struct entry *e, struct category *cat)
{
	char *end;
	long days = e->promise ? strtol(e->promise, &end, 10) : -1;

	if (days < 0 || days > PROMISE_MAX || (*end != 'w' && *end != 'c') || end[1] != '\0') {
		phrase_yaml_wrong(y, e->node, "%s: promise must be days with w or c, such as 3w",
				  e->slug);
		return;
	}
	cat->promise_days = (int)days;
	cat->promise_working = *end == 'w';
}

static bool has_group(const struct category_group *groups, size_t n, const char *slug)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(groups[i].slug, slug) == 0)
			return true;
	}
	return false;
}

static void check_category(const struct categories *cats, struct phrase_yaml *y,
			   const struct entry *e)
{
	if (category_find(cats, e->slug))
		phrase_yaml_wrong(y, e->node, "%s stands here twice", e->slug);
	if (!e->main || !has_group(cats->mains, cats->main_count, e->main))
		phrase_yaml_wrong(y, e->node, "%s: no such main: %s", e->slug, e->main ?: "");
	if (e->thing && !has_group(cats->things, cats->thing_count, e->thing))
		phrase_yaml_wrong(y, e->node, "%s: no such thing: %s", e->slug, e->thing);
	if (!e->name)
		phrase_yaml_wrong(y, e->node, "%s: \"name:\" is missing", e->slug);
	if (e->urgent && strcmp(e->urgent, "true") != 0 && strcmp(e->urgent, "false") != 0)
		phrase_yaml_wrong(y, e->node, "%s: urgent must be true or false", e->slug);
	if (e->call || e->category || e->unless)
		phrase_yaml_wrong(y, e->node, "%s: call, category and unless are of dangers",
				  e->slug);
}

static void add_category(struct categories *cats, struct phrase_yaml *y, const struct entry *e)
{
	size_t i = cats->n;
	struct category *cat;

	check_category(cats, y, e);
	cats->list = talloc_realloc(cats, cats->list, struct category, i + 1);
	cats->names = talloc_realloc(cats, cats->names, struct category_labels, i + 1);
	OSMO_ASSERT(cats->list && cats->names);
	cat = &cats->list[i];
	cats->names[i] = (struct category_labels){};
	*cat = (struct category){ .slug = talloc_strdup(cats, e->slug) };
	read_promise(y, e, cat);
	if (y->error)
		return;
	cat->main = talloc_strdup(cats, e->main);
	cat->thing = e->thing ? talloc_strdup(cats, e->thing) : NULL;
	cat->urgent = e->urgent && strcmp(e->urgent, "true") == 0;
	cats->n++;
	read_names(cats, y, &cats->names[i], e->name);
	if (e->words)
		read_words(cats, y, CATEGORY_RULE_CATEGORY, i, e->words);
}

static void add_group(struct categories *cats, struct phrase_yaml *y, const struct entry *e,
		      struct category_group **list, size_t *n, enum category_rule_kind kind)
{
	size_t i = *n;

	if (has_group(*list, i, e->slug))
		phrase_yaml_wrong(y, e->node, "%s stands here twice", e->slug);
	if (!e->name && !e->words)
		phrase_yaml_wrong(y, e->node, "%s: has neither name nor words", e->slug);
	if (y->error)
		return;
	*list = talloc_realloc(cats, *list, struct category_group, i + 1);
	OSMO_ASSERT(*list);
	(*list)[i] = (struct category_group){ .slug = talloc_strdup(cats, e->slug) };
	(*n)++;
	if (e->name)
		read_names(cats, y, &(*list)[i].names, e->name);
	else
		name_by_words(cats, y, &(*list)[i].names, e->words);
	if (e->words)
		read_words(cats, y, kind, i, e->words);
}

static void add_main(struct categories *cats, struct phrase_yaml *y, const struct entry *e)
{
	add_group(cats, y, e, &cats->mains, &cats->main_count, CATEGORY_RULE_MAIN);
}

static void add_thing(struct categories *cats, struct phrase_yaml *y, const struct entry *e)
{
	add_group(cats, y, e, &cats->things, &cats->thing_count, CATEGORY_RULE_THING);
}

static void add_danger(struct categories *cats, struct phrase_yaml *y, const struct entry *e)
{
	size_t i = cats->danger_count;

	if (!e->call || !e->words)
		phrase_yaml_wrong(y, e->node, "%s: call or words are missing", e->slug);
	if (!e->category || !category_find(cats, e->category))
		phrase_yaml_wrong(y, e->node, "%s: no such category: %s", e->slug,
				  e->category ?: "");
	if (y->error)
		return;
	cats->dangers = talloc_realloc(cats, cats->dangers, struct danger, i + 1);
	OSMO_ASSERT(cats->dangers);
	cats->dangers[i] = (struct danger){
		.slug = talloc_strdup(cats, e->slug),
		.call = talloc_strdup(cats, e->call),
		.category = talloc_strdup(cats, e->category),
	};
	cats->danger_count++;
	read_words(cats, y, CATEGORY_RULE_DANGER, i, e->words);
	if (e->unless)
		read_words(cats, y, CATEGORY_RULE_UNLESS, i, e->unless);
}

static void read_list(struct categories *cats, struct phrase_yaml *y, const yaml_node_t *list,
		      void (*add)(struct categories *, struct phrase_yaml *, const struct entry *))
{
	const yaml_node_t *item;
	struct entry e;
	size_t i;

	for (i = 0; list && !y->error && (item = phrase_yaml_item(y, list, i)); i++) {
		if (i == LIST_MAX)
			phrase_yaml_wrong(y, item, "more than %d entries", LIST_MAX);
		read_entry(y, item, &e);
		if (!y->error)
			add(cats, y, &e);
	}
}

/* What stands at the top of the file, in the order in which it is read. */
struct top {
	yaml_node_t *fillers, *mains, *things, *categories, *dangers;
};

static void read_top(struct phrase_yaml *y, struct top *top)
{
	const struct phrase_yaml_word known[] = {
		{ "fillers", &top->fillers }, { "mains", &top->mains },
		{ "things", &top->things },   { "categories", &top->categories },
		{ "dangers", &top->dangers },
	};

	phrase_yaml_words(y, phrase_yaml_top(y), known, ARRAY_SIZE(known));
	if (!top->categories || !top->mains)
		phrase_yaml_wrong(y, NULL, "\"categories:\" or \"mains:\" is missing");
}

struct categories *categories_read(void *ctx, struct phrase_yaml *y)
{
	struct categories *cats = talloc_zero(ctx, struct categories);
	struct top top = {};

	OSMO_ASSERT(cats);
	read_top(y, &top);
	if (!y->error && top.fillers)
		read_fillers(cats, y, top.fillers);
	read_list(cats, y, top.mains, add_main);
	read_list(cats, y, top.things, add_thing);
	read_list(cats, y, top.categories, add_category);
	read_list(cats, y, top.dangers, add_danger);
	if (cats->n == 0)
		phrase_yaml_wrong(y, top.categories, "there is no category");
	if (y->error) {
		talloc_free(cats);
		return NULL;
	}
	category_index_end(cats);
	return cats;
}

struct categories *categories_load(void *ctx, const char *path, char **error)
{
	struct phrase_yaml *y = phrase_yaml_load(ctx, path);
	struct categories *cats = categories_read(ctx, y);

	if (!cats)
		*error = talloc_steal(ctx, y->error);
	talloc_free(y);
	return cats;
}

/* ---- looking up */

const struct category *category_find(const struct categories *cats, const char *slug)
{
	size_t i;

	for (i = 0; i < cats->n; i++) {
		if (strcmp(cats->list[i].slug, slug) == 0)
			return &cats->list[i];
	}
	return NULL;
}

size_t categories_count(const struct categories *cats)
{
	return cats->n;
}

const struct category *category_at(const struct categories *cats, size_t i)
{
	return i < cats->n ? &cats->list[i] : NULL;
}

const char *category_name(const struct categories *cats, const char *slug, const char *language)
{
	const struct category *cat = category_find(cats, slug);

	return cat ? label_for(&cats->names[cat - cats->list], language, slug) : slug;
}

static const char *group_name(const struct category_group *groups, size_t n, const char *slug,
			      const char *language)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(groups[i].slug, slug) == 0)
			return label_for(&groups[i].names, language, slug);
	}
	return slug;
}

const char *category_main_name(const struct categories *cats, const char *main,
			       const char *language)
{
	return group_name(cats->mains, cats->main_count, main, language);
}

size_t categories_main_count(const struct categories *cats)
{
	return cats->main_count;
}

const char *category_main_at(const struct categories *cats, size_t i)
{
	return i < cats->main_count ? cats->mains[i].slug : NULL;
}

const char *category_thing_name(const struct categories *cats, const char *thing,
				const char *language)
{
	return group_name(cats->things, cats->thing_count, thing, language);
}
