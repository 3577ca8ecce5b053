// SPDX-License-Identifier: AGPL-3.0-or-later
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/menu_draw.h"

#define LINE_LETTERS 34 /* of a node's words in a row */

struct drawing {
	const struct talk *talk;
	const char *language;
	const char *from; /* the node whose ways are drawn */
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

static void draw_way(const struct menu_goto *to, const char *why, void *data)
{
	struct drawing *dr = data;
	void *ctx = talloc_new(NULL);
	const char *label = *why && strchr(why, '.') ? words(dr, why) : why;

	if (to->node)
		add(dr, "  \"%s\" -> \"%s\" [label=\"%s\"];\n", dr->from, to->node->name,
		    quote(ctx, label));
	else
		add(dr,
		    "  \"%s\" -> \"end of %s\" [label=\"%s\"];\n"
		    "  \"end of %s\" [shape=doublecircle,label=\"\",width=0.15];\n",
		    dr->from, dr->from, quote(ctx, label), dr->from);
	talloc_free(ctx);
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

char *menu_draw(void *ctx, const struct talk *talk, const char *language)
{
	struct drawing dr = { .talk = talk, .language = language };
	const struct menus *menus = talk->menus;

	dr.dot = talloc_strdup(ctx, "digraph menu {\n  rankdir=LR;\n"
				    "  node [fontname=\"DejaVu Sans\",fontsize=10];\n"
				    "  edge [fontname=\"DejaVu Sans\",fontsize=9];\n");
	for (size_t i = 0; i < menu_entry_count(menus); i++) {
		const struct menu_entry *e = menu_entry_at(menus, i);

		add(&dr, "  \"entry %zu\" [shape=plaintext,label=\"%s\"];\n", i, entry_word(e));
		if (e->to.node)
			add(&dr, "  \"entry %zu\" -> \"%s\" [style=%s];\n", i, e->to.node->name,
			    e->always ? "bold" : "solid");
	}
	for (size_t i = 0; i < menu_count(menus); i++) {
		const struct menu_node *node = menu_at(menus, i);

		draw_node(&dr, node);
		dr.from = node->name;
		for (size_t k = 0; k < node->options_n; k++)
			if (!node->options[k].to.name)
				draw_way(&node->to, node->options[k].say, &dr);
		menu_each_goto(node, draw_way, &dr);
	}
	add(&dr, "}\n");
	return dr.dot;
}
