/* menu_int.h - the tree from inside: for menu.c and menu_parse.c. */
#pragma once

#include "talk/menu.h"

struct menus {
	struct menu_node **nodes;
	size_t nodes_n;
	struct menu_entry **entries;
	size_t entries_n;
	struct menu_goto *open;
	const char **open_file;
	size_t open_n;
};

/*! Add a node. \returns NULL if the tree is full or the name is taken */
struct menu_node *menus_add_node(struct menus *menus, const char *name);
struct menu_entry *menus_add_entry(struct menus *menus);
void menus_add_open(struct menus *menus, const char *name, const char *file, int line);
