// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_menus.c - /console/menus: the menus as a tree of questions, and at which of them people leave off. */
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "store/store_console.h"
#include "talk/dialogue.h"
#include "talk/menu.h"
#include "talk/phrase.h"
#include "web/web_page.h"

#define DAYS	     28
#define DAY_S	     86400
#define CHANNELS_MAX 6
#define DEPTH_MAX    12

struct figure {
	char channel[16];
	int64_t came, left;
};

/* What is known of a node. */
struct menu_place {
	const struct menu_node *node;
	struct figure figures[CHANNELS_MAX];
	size_t n;
	bool shown, passed;
	const struct menu_place
		*linked_by; /* a question leads there in several ways: it says so once */
};

struct tree {
	const struct talk *talk;
	struct page *page;
	struct menu_place *places;
	size_t n;
	const struct menu_place *parent;
	unsigned int depth;
	bool open; /* a list of children has begun */
};

static struct menu_place *find(struct tree *t, const struct menu_node *node)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->places[i].node == node)
			return &t->places[i];
	return NULL;
}

static bool take_figure(const char *name, const char *channel, int64_t came, int64_t left,
			void *data)
{
	struct tree *t = data;
	struct menu_place *place = find(t, menu_find(t->talk->menus, name));

	if (!place || place->n == CHANNELS_MAX)
		return true;
	OSMO_STRLCPY_ARRAY(place->figures[place->n].channel, channel);
	place->figures[place->n].came = came;
	place->figures[place->n].left = left;
	place->n++;
	return true;
}

/* ---- one node ---- */

/* Its words as they stand in the files: what a slot will hold is seen better by its name. */
static const char *words_of(const struct tree *t, const struct menu_node *node)
{
	const char *language = page_is_dutch(t->page) ? "nl" : "en", *words = NULL;

	if (node->say)
		words = phrase_pattern(t->talk->phrases, language, node->say, NULL);
	if (node->say && !words)
		words = phrase_pattern(t->talk->phrases, t->talk->languages[0], node->say, NULL);
	return words ? words : node->name;
}

static void write_figures(struct tree *t, const struct menu_place *place)
{
	int64_t came = 0, left = 0;

	for (size_t i = 0; i < place->n; i++) {
		came += place->figures[i].came;
		left += place->figures[i].left;
	}
	if (came == 0 && left == 0)
		return;
	p_html(t->page, "<p class=\"quiet\">");
	p_sayf(t->page, "%lld keer gevraagd, %lld haakten af", "asked %lld times, %lld left off",
	       (long long)came, (long long)left);
	p_html(t->page, " (");
	for (size_t i = 0; i < place->n; i++)
		p_textf(t->page, "%s%s %lld/%lld", i > 0 ? ", " : "", place->figures[i].channel,
			(long long)place->figures[i].came, (long long)place->figures[i].left);
	p_html(t->page, ")</p>");
	if (left == 0 || came == 0)
		return;
	p_html(t->page,
	       "<meter min=\"0\" max=\"100\" low=\"10\" high=\"30\" optimum=\"0\" value=\"");
	p_textf(t->page, "%lld", (long long)OSMO_MIN(left * 100 / came, 100));
	p_html(t->page, "\" aria-label=\"");
	p_sayf(t->page, "%lld procent haakt af", "%lld per cent leave off",
	       (long long)OSMO_MIN(left * 100 / came, 100));
	p_html(t->page, "\"></meter>");
}

static void write_node(struct tree *t, struct menu_place *place);

/* Nodes that ask nothing are passed through: what lies behind them is what people meet next. */
static void follow(const struct menu_goto *to, const char *why, void *data)
{
	struct tree *t = data;
	struct menu_place *place = to->node ? find(t, to->node) : NULL;

	if (!place || place->passed)
		return;
	if (menu_is_question(to->node)) {
		if (t->parent && (place == t->parent || place->linked_by == t->parent))
			return;
		place->linked_by = t->parent;
		if (!t->open)
			p_html(t->page, "<ul>");
		t->open = true;
		write_node(t, place);
		return;
	}
	place->passed = true;
	menu_each_goto(to->node, follow, t);
	place->passed = false;
}

static void write_node(struct tree *t, struct menu_place *place)
{
	const struct menu_place *parent = t->parent;
	bool open = t->open;

	p_html(t->page, "<li>");
	if (place->shown || t->depth >= DEPTH_MAX) {
		p_html(t->page, "<a href=\"#n-");
		p_param(t->page, place->node->name);
		p_html(t->page, "\">");
		p_text(t->page, place->node->name);
		p_html(t->page, "</a></li>");
		return;
	}
	place->shown = true;
	p_html(t->page, "<span id=\"n-");
	p_text(t->page, place->node->name);
	p_html(t->page, "\"><strong>");
	p_text(t->page, place->node->name);
	p_html(t->page, "</strong> ");
	p_text(t->page, words_of(t, place->node));
	p_html(t->page, "</span>");
	write_figures(t, place);
	t->open = false;
	t->parent = place;
	t->depth++;
	menu_each_goto(place->node, follow, t);
	t->depth--;
	t->parent = parent;
	if (t->open)
		p_html(t->page, "</ul>");
	t->open = open;
	p_html(t->page, "</li>");
}

/* ---- the page ---- */

/* How a conversation begins when no word says what it is about. */
static const struct menu_node *root_of(const struct menus *menus)
{
	for (size_t i = 0; i < menu_entry_count(menus); i++)
		if (menu_entry_at(menus, i)->kind == MENU_ENTRY_OTHERWISE)
			return menu_entry_at(menus, i)->to.node;
	return NULL;
}

static void begin_root(struct tree *t, const struct menu_node *node)
{
	struct menu_goto to = { .name = node->name, .node = node };

	t->open = false;
	follow(&to, NULL, t);
	if (t->open)
		p_html(t->page, "</ul>");
}

static void write_tree(struct tree *t)
{
	const struct menus *menus = t->talk->menus;
	const struct menu_node *root = root_of(menus);

	p_html(t->page, "<h2>");
	p_say(t->page, "Het menu", "The menu");
	p_html(t->page, "</h2>");
	if (root)
		begin_root(t, root);
	p_html(t->page, "<h2>");
	p_say(t->page, "Met een woord, of door ons gevraagd", "By a word, or asked by us");
	p_html(t->page, "</h2>");
	for (size_t i = 0; i < t->n; i++)
		if (!t->places[i].shown && menu_is_question(t->places[i].node))
			begin_root(t, t->places[i].node);
}

void web_menus(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	struct tree t = { .talk = req->web->user.talk ? *req->web->user.talk : NULL };

	if (!con)
		return;
	if (!t.talk) {
		console_refuse(con, MHD_HTTP_NOT_FOUND, "Er zijn geen menu's.",
			       "There are no menus.");
		return;
	}
	t.page = console_page(con, PAGE_MENUS, "Menu's", "Menus");
	t.n = menu_count(t.talk->menus);
	t.places = talloc_zero_array(con, struct menu_place, t.n);
	OSMO_ASSERT(t.places);
	for (size_t i = 0; i < t.n; i++)
		t.places[i].node = menu_at(t.talk->menus, i);
	store_menu_figures(req->web->st, clock_now_s() / DAY_S - DAYS, take_figure, &t);
	p_html(t.page, "<p>");
	p_sayf(t.page,
	       "Elke vraag, en hoe vaak zij in de laatste %d dagen werd gesteld. Wie niet meer antwoordt "
	       "of ophangt, haakt daar af.",
	       "Each question, and how often it was asked in the last %d days. Whoever answers no more, or "
	       "hangs up, left off there.",
	       DAYS);
	p_html(t.page, "</p><div class=\"tree\">");
	write_tree(&t);
	p_html(t.page, "</div>");
	page_end(t.page, MHD_HTTP_OK);
}
