// SPDX-License-Identifier: AGPL-3.0-or-later
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/menu_draw.h"

#define LINE_LETTERS 34 /* of a node's words in a row */
#define WAYS_MAX     32 /* from one node */

struct way;

struct drawing {
	const struct talk *talk;
	const char *language;
	struct way *ways; /* of the node that is being drawn */
	size_t ways_n;
	char *dot;
};

/* Within a DOT string: quotes and backslashes escaped, long lines broken at a blank. */
static char *quote(void *ctx, const char *text)
{
	char *out = talloc_strdup(ctx, "");
	size_t row = 0;

	for (; *text; text++) {
		/* the bytes after the first of a character take no room */
		row += ((unsigned char)*text & 0xc0) != 0x80;
		if (*text == '\n' || (*text == ' ' && row > LINE_LETTERS)) {
			out = talloc_strdup_append(out, "\\n");
			row = 0;
		} else if (*text == '"' || *text == '\\') {
			out = talloc_asprintf_append(out, "\\%c", *text);
		} else {
			out = talloc_strndup_append(out, text, 1);
		}
		OSMO_ASSERT(out);
	}
	return out;
}

static void add(struct drawing *dr, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct drawing *dr, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	dr->dot = talloc_vasprintf_append(dr->dot, fmt, ap);
	va_end(ap);
	OSMO_ASSERT(dr->dot);
}

/* The pattern as it stands: what a slot will hold is seen better by its name. */
static const char *words(const struct drawing *dr, const char *key)
{
	const char *pattern = phrase_pattern(dr->talk->phrases, dr->language, key, NULL);

	if (!pattern)
		pattern = phrase_pattern(dr->talk->phrases, "nl", key, NULL);
	return pattern ? pattern : key;
}

static const char *shape(const struct menu_node *node)
{
	switch (node->kind) {
	case MENU_CHOOSE:
		return "box,style=\"filled,rounded\",fillcolor=\"#dcebf7\"";
	case MENU_ASK:
		return node->say ? "box,style=filled,fillcolor=\"#e3f2dc\""
				 : "box,style=\"filled,dashed\",fillcolor=\"#f4f9f1\"";
	case MENU_LOOK:
		return "diamond,style=filled,fillcolor=\"#fdf3d0\"";
	case MENU_DO:
		return "cds,style=filled,fillcolor=\"#f7dcdc\"";
	case MENU_SAY:
	case MENU_END:
		break;
	}
	return "note,style=filled,fillcolor=\"#ffffff\"";
}

static void draw_node(struct drawing *dr, const struct menu_node *node)
{
	void *ctx = talloc_new(NULL);
	const char *text = node->say ? words(dr, node->say) : node->desk ? node->desk : "";

	if (node->kind == MENU_ASK && !node->say)
		text = menu_type_name(node->type);
	add(dr, "  \"%s\" [shape=%s,label=\"%s\\n%s\"];\n", node->name, shape(node), node->name,
	    quote(ctx, text));
	talloc_free(ctx);
}

/* What leads from one node to another, in one arrow. */
struct way {
	const struct menu_node *to; /* NULL: the end */
	char *why;
};

static void gather_way(const struct menu_goto *to, const char *why, void *data)
{
	struct drawing *dr = data;
	const char *label = *why && strchr(why, '.') ? words(dr, why) : why;
	char *quoted = quote(dr->ways, label);
	struct way *way = dr->ways;

	while (way < dr->ways + dr->ways_n && way->to != to->node)
		way++;
	if (way < dr->ways + dr->ways_n) {
		way->why = talloc_asprintf(dr->ways, "%s%s%s", way->why, *way->why ? "\\n" : "",
					   quoted);
	} else if (dr->ways_n < WAYS_MAX) {
		*way = (struct way){ .to = to->node, .why = quoted };
		dr->ways_n++;
	}
}

/* Where another file goes on, a name stands for it: so each file is a picture of its own. */
static void draw_way(struct drawing *dr, const struct menu_node *from, const struct way *way)
{
	if (!way->to)
		add(dr,
		    "    \"end of %s\" [shape=doublecircle,label=\"\",width=0.15];\n"
		    "    \"%s\" -> \"end of %s\" [label=\"%s\"];\n",
		    from->name, from->name, from->name, way->why);
	else if (strcmp(way->to->file, from->file) == 0)
		add(dr, "    \"%s\" -> \"%s\" [label=\"%s\"];\n", from->name, way->to->name,
		    way->why);
	else
		add(dr,
		    "    \"%s to %s\" [shape=plaintext,fontcolor=\"#1f4e9c\",label=\"%s\"];\n"
		    "    \"%s\" -> \"%s to %s\" [label=\"%s\",color=\"#1f4e9c\"];\n",
		    from->name, way->to->name, way->to->name, from->name, from->name, way->to->name,
		    way->why);
}

static void draw_ways(struct drawing *dr, const struct menu_node *node)
{
	dr->ways = talloc_zero_array(NULL, struct way, WAYS_MAX);
	OSMO_ASSERT(dr->ways);
	dr->ways_n = 0;
	for (size_t k = 0; k < node->options_n; k++)
		if (!node->options[k].to.name)
			gather_way(&node->to, node->options[k].say, dr);
	menu_each_goto(node, gather_way, dr);
	for (size_t i = 0; i < dr->ways_n; i++)
		draw_way(dr, node, &dr->ways[i]);
	talloc_free(dr->ways);
}

static const char *entry_word(const struct menu_entry *entry)
{
	static const char *const kinds[] = {
		[MENU_ENTRY_KEYWORD] = "",
		[MENU_ENTRY_REFERENCE] = "(reference)",
		[MENU_ENTRY_CATEGORY] = "(category)",
		[MENU_ENTRY_PLACE] = "(place)",
		[MENU_ENTRY_LANGUAGE] = "(language)",
		[MENU_ENTRY_OTHERWISE] = "(otherwise)",
	};

	return entry->keyword ? entry->keyword : kinds[entry->kind];
}

/* What a text begins with stands in the file of the node that it leads to. */
static void draw_entries(struct drawing *dr, const char *file)
{
	const struct menus *menus = dr->talk->menus;

	for (size_t i = 0; i < menu_entry_count(menus); i++) {
		const struct menu_entry *e = menu_entry_at(menus, i);

		if (!e->to.node || strcmp(e->to.node->file, file))
			continue;
		add(dr, "    \"entry %zu\" [shape=plaintext,label=\"%s\"];\n", i, entry_word(e));
		add(dr, "    \"entry %zu\" -> \"%s\" [style=%s];\n", i, e->to.node->name,
		    e->always ? "bold" : "solid");
	}
}

static void draw_file(struct drawing *dr, const char *file)
{
	const struct menus *menus = dr->talk->menus;

	add(dr,
	    "  subgraph \"cluster %s\" {\n    label=\"%s\";\n    labeljust=l;\n"
	    "    color=\"#999999\";\n    fontsize=16;\n",
	    file, file);
	draw_entries(dr, file);
	for (size_t i = 0; i < menu_count(menus); i++) {
		if (strcmp(menu_at(menus, i)->file, file))
			continue;
		draw_node(dr, menu_at(menus, i));
		draw_ways(dr, menu_at(menus, i));
	}
	add(dr, "  }\n");
}

/* Is it the first node of its file? */
static bool begins_file(const struct menus *menus, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(menu_at(menus, k)->file, menu_at(menus, i)->file))
			return false;
	return true;
}

char *menu_draw(void *ctx, const struct talk *talk, const char *language)
{
	struct drawing dr = { .talk = talk, .language = language };
	const struct menus *menus = talk->menus;

	dr.dot = talloc_strdup(ctx, "digraph menu {\n  rankdir=LR;\n  fontname=\"DejaVu Sans\";\n"
				    "  nodesep=0.15;\n  ranksep=0.4;\n"
				    "  node [fontname=\"DejaVu Sans\",fontsize=10];\n"
				    "  edge [fontname=\"DejaVu Sans\",fontsize=9];\n");
	for (size_t i = 0; i < menu_count(menus); i++)
		if (begins_file(menus, i))
			draw_file(&dr, menu_at(menus, i)->file);
	add(&dr, "}\n");
	return dr.dot;
}
