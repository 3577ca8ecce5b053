// SPDX-License-Identifier: AGPL-3.0-or-later
/* The YAML of a menu file into the tree of menu.h. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/menu_int.h"
#include "talk/phrase_yaml.h"

/* One file being read. */
struct menu_file {
	struct phrase_yaml *yaml;
	struct menus *menus;
	const char *name; /* lives as long as the tree */
};

static int line_of(const yaml_node_t *node)
{
	return (int)node->start_mark.line + 1;
}

static const char *read_word(struct menu_file *f, void *ctx, const yaml_node_t *value)
{
	const char *text = phrase_yaml_text(f->yaml, value);

	if (text && !*text)
		phrase_yaml_wrong(f->yaml, value, "a word is missing here");
	return text ? talloc_strdup(ctx, text) : NULL;
}

static bool read_flag(struct menu_file *f, const yaml_node_t *value)
{
	const char *text = phrase_yaml_text(f->yaml, value);

	if (!text || !strcmp(text, "false"))
		return false;
	if (strcmp(text, "true"))
		phrase_yaml_wrong(f->yaml, value, "'%s' is neither true nor false", text);
	return true;
}

static int read_days(struct menu_file *f, const yaml_node_t *value)
{
	const char *text = phrase_yaml_text(f->yaml, value);
	int days;

	if (!text || osmo_str_to_int(&days, text, 10, 1, 99) < 0) {
		phrase_yaml_wrong(f->yaml, value, "days are a number from 1 to 99");
		return 0;
	}
	return days;
}

static void read_goto(struct menu_file *f, void *ctx, struct menu_goto *to,
		      const yaml_node_t *value)
{
	to->name = read_word(f, ctx, value);
	to->line = line_of(value);
}

static enum menu_type read_type(struct menu_file *f, const yaml_node_t *value)
{
	const char *text = phrase_yaml_text(f->yaml, value);

	if (!text)
		return MENU_TYPE_NONE;
	for (int type = MENU_CATEGORY; type < MENU_TYPES; type++)
		if (!strcmp(text, menu_type_name(type)))
			return type;
	phrase_yaml_wrong(
		f->yaml, value,
		"'%s' is no type: category, place, date, number, reference, yes-no, text, "
		"phone, subject or subscription",
		text);
	return MENU_TYPE_NONE;
}

static struct menu_set *read_sets(struct menu_file *f, void *ctx, const yaml_node_t *map, size_t *n)
{
	struct menu_set *set = NULL;
	const char *key;
	yaml_node_t *value;

	*n = 0;
	for (size_t i = 0; (value = phrase_yaml_pair(f->yaml, map, i, &key)); i++) {
		set = talloc_realloc(ctx, set, struct menu_set, *n + 1);
		OSMO_ASSERT(set);
		set[(*n)++] = (struct menu_set){ .slot = talloc_strdup(ctx, key),
						 .value = read_word(f, ctx, value) };
	}
	return set;
}

static const char **read_words(struct menu_file *f, void *ctx, const yaml_node_t *list)
{
	const char **words = talloc_zero_array(ctx, const char *, 1);
	yaml_node_t *item;
	size_t n = 0;

	while ((item = phrase_yaml_item(f->yaml, list, n))) {
		words = talloc_realloc(ctx, words, const char *, n + 2);
		OSMO_ASSERT(words);
		words[n++] = read_word(f, ctx, item);
		words[n] = NULL;
	}
	return words;
}

static void read_option(struct menu_file *f, struct menu_node *node, const yaml_node_t *map)
{
	struct menu_option *opt;
	const char *key;
	yaml_node_t *value;

	node->options = talloc_realloc(node, node->options, struct menu_option,
				       node->options_n + 1);
	OSMO_ASSERT(node->options);
	opt = &node->options[node->options_n++];
	*opt = (struct menu_option){ .line = line_of(map) };
	for (size_t i = 0; (value = phrase_yaml_pair(f->yaml, map, i, &key)); i++) {
		if (!strcmp(key, "say"))
			opt->say = read_word(f, node, value);
		else if (!strcmp(key, "keyword"))
			opt->keyword = read_word(f, node, value);
		else if (!strcmp(key, "set"))
			opt->set = read_sets(f, node, value, &opt->set_n);
		else if (!strcmp(key, "to"))
			read_goto(f, node, &opt->to, value);
		else
			phrase_yaml_wrong(f->yaml, value, "an option has no '%s'", key);
	}
	if (!opt->say)
		phrase_yaml_wrong(f->yaml, map, "an option needs 'say'");
}

static void read_options(struct menu_file *f, struct menu_node *node, const yaml_node_t *list)
{
	yaml_node_t *item;

	for (size_t i = 0; (item = phrase_yaml_item(f->yaml, list, i)); i++)
		read_option(f, node, item);
	if (node->options_n > MENU_OPTIONS_MAX)
		phrase_yaml_wrong(f->yaml, list,
				  "%zu options: more than %d have no key on a telephone",
				  node->options_n, MENU_OPTIONS_MAX);
}

static void read_outcomes(struct menu_file *f, struct menu_node *node, const yaml_node_t *map)
{
	const char *key;
	yaml_node_t *value;

	for (size_t i = 0; (value = phrase_yaml_pair(f->yaml, map, i, &key)); i++) {
		struct menu_outcome *out;

		node->outcomes = talloc_realloc(node, node->outcomes, struct menu_outcome,
						node->outcomes_n + 1);
		OSMO_ASSERT(node->outcomes);
		out = &node->outcomes[node->outcomes_n++];
		*out = (struct menu_outcome){ .word = talloc_strdup(node, key) };
		read_goto(f, node, &out->to, value);
	}
}

/* The keys whose value is one word. \returns false if it is none of them */
static bool read_plain(struct menu_file *f, struct menu_node *node, const char *key,
		       const yaml_node_t *value)
{
	const struct {
		const char *key;
		const char **into;
	} plain[] = {
		{ "again", &node->again }, { "help", &node->help }, { "slot", &node->slot },
		{ "from", &node->from },   { "list", &node->from }, { "option", &node->option },
		{ "line", &node->option },
	};

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		if (strcmp(key, plain[i].key))
			continue;
		*plain[i].into = read_word(f, node, value);
		return true;
	}
	return false;
}

static void read_part(struct menu_file *f, struct menu_node *node, const char *key,
		      const yaml_node_t *value)
{
	if (read_plain(f, node, key, value))
		return;
	if (!strcmp(key, "to"))
		read_goto(f, node, &node->to, value);
	else if (!strcmp(key, "none"))
		read_goto(f, node, &node->none, value);
	else if (!strcmp(key, "failed"))
		read_goto(f, node, &node->failed, value);
	else if (!strcmp(key, "words"))
		node->type = read_type(f, value);
	else if (!strcmp(key, "options"))
		read_options(f, node, value);
	else if (!strcmp(key, "outcomes"))
		read_outcomes(f, node, value);
	else if (!strcmp(key, "clear"))
		node->clear = read_words(f, node, value);
	else if (!strcmp(key, "set"))
		node->set = read_sets(f, node, value, &node->set_n);
	else if (!strcmp(key, "days"))
		node->days = read_days(f, value);
	else if (!strcmp(key, "skip"))
		node->skip_short = true;
	else if (!strcmp(key, "rough"))
		node->rough = read_flag(f, value);
	else if (!strcmp(key, "quiet"))
		node->quiet = read_flag(f, value);
	else
		phrase_yaml_wrong(f->yaml, value, "a node has no '%s'", key);
}

/* The key that says what kind of node it is; "say" is also a part of an ask. */
static bool read_kind(struct menu_file *f, struct menu_node *node, const char *key,
		      const yaml_node_t *value)
{
	static const char *const kinds[] = {
		[MENU_CHOOSE] = "choose", [MENU_ASK] = "ask", [MENU_LOOK] = "look",
		[MENU_DO] = "do",	  [MENU_SAY] = "say", [MENU_END] = "end",
	};

	for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		if (strcmp(key, kinds[kind]))
			continue;
		if (kind == MENU_ASK)
			node->type = read_type(f, value);
		else if (kind == MENU_LOOK || kind == MENU_DO)
			node->desk = read_word(f, node, value);
		else
			node->say = read_word(f, node, value);
		if (kind != MENU_SAY || node->kind == MENU_END)
			node->kind = kind;
		return true;
	}
	return false;
}

static void require(struct menu_file *f, const yaml_node_t *map, bool ok, const char *what)
{
	if (!ok)
		phrase_yaml_wrong(f->yaml, map, "%s", what);
}

static void check_node(struct menu_file *f, const struct menu_node *node, const yaml_node_t *map)
{
	bool leads = node->to.name;

	switch (node->kind) {
	case MENU_CHOOSE:
		require(f, map, node->say, "a choice needs words");
		require(f, map, node->options_n || node->from,
			"a choice needs 'options' or 'from'");
		require(f, map, !node->from || (node->option && leads),
			"a choice from a register needs 'option' and 'to'");
		for (size_t i = 0; i < node->options_n; i++)
			require(f, map, node->options[i].to.name || leads, "an option needs 'to'");
		break;
	case MENU_ASK:
		require(f, map, leads, "a question needs 'to'");
		break;
	case MENU_LOOK:
	case MENU_DO:
		require(f, map, node->outcomes_n, "this needs 'outcomes'");
		break;
	case MENU_SAY:
		require(f, map, leads, "this needs 'to' (the node 'end' ends)");
		require(f, map, !node->from || node->option, "a list needs 'line'");
		break;
	case MENU_END:
		break;
	}
}

static void read_node(struct menu_file *f, const char *name, const yaml_node_t *map)
{
	struct menu_node *node;
	const char *key;
	yaml_node_t *value;
	bool kind = false;

	node = strcmp(name, "end") ? menus_add_node(f->menus, name) : NULL;
	if (!node) {
		phrase_yaml_wrong(f->yaml, map, "there is a node '%s' already", name);
		return;
	}
	node->file = f->name;
	node->line = line_of(map);
	node->kind = MENU_END;
	for (size_t i = 0; (value = phrase_yaml_pair(f->yaml, map, i, &key)); i++) {
		if (read_kind(f, node, key, value))
			kind = true;
		else
			read_part(f, node, key, value);
	}
	require(f, map, kind, "a node is one of choose, ask, look, do, say, end");
	check_node(f, node, map);
}

static bool read_entry_kind(struct menu_file *f, struct menu_entry *entry, const char *key,
			    const yaml_node_t *value)
{
	static const char *const kinds[] = {
		[MENU_ENTRY_KEYWORD] = "keyword",   [MENU_ENTRY_REFERENCE] = "reference",
		[MENU_ENTRY_CATEGORY] = "category", [MENU_ENTRY_PLACE] = "place",
		[MENU_ENTRY_LANGUAGE] = "language", [MENU_ENTRY_OTHERWISE] = "otherwise",
	};

	for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		if (strcmp(key, kinds[kind]))
			continue;
		entry->kind = kind;
		if (kind == MENU_ENTRY_KEYWORD)
			entry->keyword = read_word(f, entry, value);
		return true;
	}
	return false;
}

static void read_entry(struct menu_file *f, const yaml_node_t *map)
{
	struct menu_entry *entry = menus_add_entry(f->menus);
	const char *key;
	yaml_node_t *value;
	bool kind = false;

	entry->file = f->name;
	entry->line = line_of(map);
	for (size_t i = 0; (value = phrase_yaml_pair(f->yaml, map, i, &key)); i++) {
		if (read_entry_kind(f, entry, key, value))
			kind = true;
		else if (!strcmp(key, "to"))
			read_goto(f, entry, &entry->to, value);
		else if (!strcmp(key, "unless"))
			entry->unless = read_type(f, value);
		else if (!strcmp(key, "inside"))
			entry->inside = read_type(f, value);
		else if (!strcmp(key, "without"))
			entry->without = read_type(f, value);
		else if (!strcmp(key, "with"))
			entry->with = read_type(f, value);
		else if (!strcmp(key, "brief"))
			entry->brief = read_flag(f, value);
		else if (!strcmp(key, "anywhere"))
			entry->anywhere = read_flag(f, value);
		else if (!strcmp(key, "whole"))
			entry->whole = read_flag(f, value);
		else if (!strcmp(key, "within"))
			entry->within = read_flag(f, value);
		else if (!strcmp(key, "always"))
			entry->always = read_flag(f, value);
		else if (!strcmp(key, "loose"))
			entry->loose = read_flag(f, value);
		else if (!strcmp(key, "drop"))
			entry->drop = read_flag(f, value);
		else
			phrase_yaml_wrong(f->yaml, value, "an entry has no '%s'", key);
	}
	require(f, map, kind && entry->to.name, "an entry needs a keyword (or the like) and 'to'");
}

static void read_top(struct menu_file *f)
{
	yaml_node_t *top = phrase_yaml_top(f->yaml), *value, *item;
	const char *key, *name;

	for (size_t i = 0; top && (value = phrase_yaml_pair(f->yaml, top, i, &key)); i++) {
		if (!strcmp(key, "entries")) {
			for (size_t j = 0; (item = phrase_yaml_item(f->yaml, value, j)); j++)
				read_entry(f, item);
		} else if (!strcmp(key, "open")) {
			for (size_t j = 0; (item = phrase_yaml_item(f->yaml, value, j)); j++)
				if ((name = phrase_yaml_text(f->yaml, item)))
					menus_add_open(f->menus, name, f->name, line_of(item));
		} else if (!strcmp(key, "nodes")) {
			for (size_t j = 0; (item = phrase_yaml_pair(f->yaml, value, j, &key)); j++)
				read_node(f, key, item);
		} else {
			phrase_yaml_wrong(f->yaml, value,
					  "'%s' is not of a menu: entries, open, nodes", key);
		}
	}
}

static int read_file(void *ctx, struct menus *menus, struct phrase_yaml *yaml, const char *name,
		     char **error)
{
	struct menu_file f = { .yaml = yaml, .menus = menus, .name = talloc_strdup(menus, name) };

	if (!yaml->error)
		read_top(&f);
	if (yaml->error)
		*error = talloc_strdup(ctx, yaml->error);
	talloc_free(yaml);
	return *error ? -EINVAL : 0;
}

int menus_read(void *ctx, struct menus *menus, const char *path, char **error)
{
	*error = NULL;
	return read_file(ctx, menus, phrase_yaml_load(ctx, path), path, error);
}

int menus_parse(void *ctx, struct menus *menus, const char *name, const void *bytes, size_t size,
		char **error)
{
	*error = NULL;
	return read_file(ctx, menus, phrase_yaml_read(ctx, name, bytes, size), name, error);
}
