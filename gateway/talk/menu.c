// SPDX-License-Identifier: AGPL-3.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/fuzzy.h"
#include "talk/menu_int.h"

#define LIKELY_SLIPS 2 /* of the pen, in a name */

static const char *const type_names[] = {
	[MENU_TYPE_NONE] = "choose",
	[MENU_CATEGORY] = "category",
	[MENU_PLACE] = "place",
	[MENU_DATE] = "date",
	[MENU_NUMBER] = "number",
	[MENU_REFERENCE] = "reference",
	[MENU_YES_NO] = "yes-no",
	[MENU_TEXT] = "text",
	[MENU_PHONE] = "phone",
	[MENU_SUBJECT] = "subject",
	[MENU_SUBSCRIPTION] = "subscription",
};

static const char *const type_slots[] = {
	[MENU_TYPE_NONE] = "value", [MENU_CATEGORY] = "category",    [MENU_PLACE] = "place",
	[MENU_DATE] = "date",	    [MENU_NUMBER] = "number",	     [MENU_REFERENCE] = "reference",
	[MENU_YES_NO] = "answer",   [MENU_TEXT] = "description",     [MENU_PHONE] = "phone",
	[MENU_SUBJECT] = "subject", [MENU_SUBSCRIPTION] = "subject",
};

struct menus *menus_alloc(void *ctx)
{
	struct menus *menus = talloc_zero(ctx, struct menus);

	OSMO_ASSERT(menus);
	return menus;
}

struct menu_node *menus_add_node(struct menus *menus, const char *name)
{
	struct menu_node *node;

	if (menus->nodes_n >= MENU_NODES_MAX || menu_find(menus, name))
		return NULL;
	menus->nodes = talloc_realloc(menus, menus->nodes, struct menu_node *, menus->nodes_n + 1);
	node = talloc_zero(menus, struct menu_node);
	OSMO_ASSERT(menus->nodes && node);
	node->name = talloc_strdup(node, name);
	menus->nodes[menus->nodes_n++] = node;
	return node;
}

struct menu_entry *menus_add_entry(struct menus *menus)
{
	struct menu_entry *entry = talloc_zero(menus, struct menu_entry);

	menus->entries = talloc_realloc(menus, menus->entries, struct menu_entry *,
					menus->entries_n + 1);
	OSMO_ASSERT(menus->entries && entry);
	menus->entries[menus->entries_n++] = entry;
	return entry;
}

void menus_add_open(struct menus *menus, const char *name, const char *file, int line)
{
	size_t i = menus->open_n++;

	menus->open = talloc_realloc(menus, menus->open, struct menu_goto, menus->open_n);
	menus->open_file = talloc_realloc(menus, menus->open_file, const char *, menus->open_n);
	OSMO_ASSERT(menus->open && menus->open_file);
	menus->open[i] = (struct menu_goto){ .name = talloc_strdup(menus, name), .line = line };
	menus->open_file[i] = file;
}

const struct menu_node *menu_find(const struct menus *menus, const char *name)
{
	for (size_t i = 0; i < menus->nodes_n; i++)
		if (!strcmp(menus->nodes[i]->name, name))
			return menus->nodes[i];
	return NULL;
}

size_t menu_count(const struct menus *menus)
{
	return menus->nodes_n;
}

const struct menu_node *menu_at(const struct menus *menus, size_t i)
{
	return menus->nodes[i];
}

size_t menu_entry_count(const struct menus *menus)
{
	return menus->entries_n;
}

const struct menu_entry *menu_entry_at(const struct menus *menus, size_t i)
{
	return menus->entries[i];
}

size_t menu_open_count(const struct menus *menus)
{
	return menus->open_n;
}

const struct menu_node *menu_open_at(const struct menus *menus, size_t i)
{
	return menus->open[i].node;
}

bool menu_is_question(const struct menu_node *node)
{
	return node->kind == MENU_CHOOSE || (node->kind == MENU_ASK && node->say);
}

const char *menu_type_name(enum menu_type type)
{
	return type_names[type];
}

const char *menu_slot(const struct menu_node *node)
{
	return node->slot ? node->slot : type_slots[node->type];
}

void menu_each_goto(const struct menu_node *node,
		    void (*each)(const struct menu_goto *to, const char *why, void *data),
		    void *data)
{
	if (node->to.name)
		each(&node->to, "", data);
	if (node->none.name)
		each(&node->none, "none", data);
	if (node->failed.name)
		each(&node->failed, "failed", data);
	for (size_t i = 0; i < node->outcomes_n; i++)
		each(&node->outcomes[i].to, node->outcomes[i].word, data);
	for (size_t i = 0; i < node->options_n; i++)
		if (node->options[i].to.name)
			each(&node->options[i].to, node->options[i].say, data);
}

struct linking {
	void *ctx;
	const struct menus *menus;
	const char *file;
	char **error;
};

/* The node whose name is nearest, as " (did you mean 'report.what'?)"; "" if none is near. */
static char *likely(void *ctx, const struct menus *menus, const char *name)
{
	const char *best = NULL;
	int least = LIKELY_SLIPS + 1;

	for (size_t i = 0; i < menus->nodes_n; i++) {
		int distance = fuzzy_distance(menus->nodes[i]->name, name, LIKELY_SLIPS);

		if (distance >= least || (size_t)distance * 3 > strlen(name))
			continue;
		least = distance;
		best = menus->nodes[i]->name;
	}
	return best ? talloc_asprintf(ctx, " (did you mean '%s'?)", best) : talloc_strdup(ctx, "");
}

static void link_goto(const struct menu_goto *to, const char *why, void *data)
{
	struct linking *l = data;
	/* the tree is ours until menus_link() returns */
	struct menu_goto *own = (struct menu_goto *)to;

	if (!strcmp(to->name, "end"))
		return;
	own->node = menu_find(l->menus, to->name);
	if (!own->node && !*l->error)
		*l->error = talloc_asprintf(l->ctx, "%s:%d: there is no node '%s'%s", l->file,
					    to->line, to->name, likely(l->ctx, l->menus, to->name));
}

int menus_link(void *ctx, struct menus *menus, char **error)
{
	struct linking l = { .ctx = ctx, .menus = menus, .error = error };

	*error = NULL;
	for (size_t i = 0; i < menus->nodes_n; i++) {
		l.file = menus->nodes[i]->file;
		menu_each_goto(menus->nodes[i], link_goto, &l);
	}
	for (size_t i = 0; i < menus->entries_n; i++) {
		l.file = menus->entries[i]->file;
		link_goto(&menus->entries[i]->to, "", &l);
	}
	for (size_t i = 0; i < menus->open_n; i++) {
		l.file = menus->open_file[i];
		link_goto(&menus->open[i], "", &l);
	}
	return *error ? -EINVAL : 0;
}

static int is_menu_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && entry->d_name[0] != '.' && !strcmp(entry->d_name + len - 5, ".yaml") &&
	       strcmp(entry->d_name, "categories.yaml");
}

struct menus *menus_load(void *ctx, const char *folder, char **error)
{
	struct menus *menus = menus_alloc(ctx);
	struct dirent **files;
	int n = scandir(folder, &files, is_menu_file, alphasort);
	int rc = 0;

	if (n < 0) {
		*error = talloc_asprintf(ctx, "%s: %s", folder, strerror(errno));
		talloc_free(menus);
		return NULL;
	}
	for (int i = 0; i < n; i++) {
		char *path = talloc_asprintf(menus, "%s/%s", folder, files[i]->d_name);

		if (rc == 0)
			rc = menus_read(ctx, menus, path, error);
		free(files[i]);
	}
	free(files);
	if (rc == 0)
		rc = menus_link(ctx, menus, error);
	if (rc < 0)
		TALLOC_FREE(menus);
	return menus;
}
