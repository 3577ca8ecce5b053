// SPDX-License-Identifier: AGPL-3.0-or-later
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/menu.h"
#include "talk/menu_check.h"
#include "talk/menu_cost.h"
#include "talk/render.h"
#include "talk/spoken.h"

#define USSD_PAGES_MAX 4 /* who turns more of them has lost the thread */
/* Who listens for longer has forgotten the beginning; or hangs up before there is a key to press. */
#define HEARD_MAX_S    45
#define FIRST_KEY_S    20

struct check {
	void *ctx;
	const struct talk *talk;
	const struct dialogue_desk *ops;
	void (*found)(const struct menu_finding *finding, void *data);
	void *data;
	size_t wrong;
	bool *reached, *leads; /* by index of the node */
};

__attribute__((format(printf, 5, 6))) static void tell(struct check *c, enum menu_weight weight,
						       const char *file, int line, const char *fmt,
						       ...)
{
	struct menu_finding finding = { .weight = weight, .file = file, .line = line };
	va_list ap;

	va_start(ap, fmt);
	finding.text = talloc_vasprintf(c->ctx, fmt, ap);
	va_end(ap);
	c->wrong += weight == MENU_WRONG;
	c->found(&finding, c->data);
}

/* ---- the tree ---- */

static size_t index_of(const struct check *c, const struct menu_node *node)
{
	size_t i = 0;

	while (menu_at(c->talk->menus, i) != node)
		i++;
	return i;
}

static void reach(struct check *c, const struct menu_node *node);

static void reach_goto(const struct menu_goto *to, const char *why, void *data)
{
	reach(data, to->node);
}

static void reach(struct check *c, const struct menu_node *node)
{
	size_t i;

	if (!node)
		return;
	i = index_of(c, node);
	if (c->reached[i])
		return;
	c->reached[i] = true;
	menu_each_goto(node, reach_goto, c);
}

/* One node's ways out: does one of them come to a question or an end? */
struct ways {
	struct check *c;
	bool any;
};

static void way_out(const struct menu_goto *to, const char *why, void *data)
{
	struct ways *w = data;

	if (!to->node || menu_is_question(to->node) || w->c->leads[index_of(w->c, to->node)])
		w->any = true;
}

static void find_ways_out(struct check *c)
{
	size_t n = menu_count(c->talk->menus);
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < n; i++) {
			const struct menu_node *node = menu_at(c->talk->menus, i);
			struct ways w = { .c = c, .any = node->kind == MENU_END };

			if (c->leads[i])
				continue;
			menu_each_goto(node, way_out, &w);
			c->leads[i] = w.any;
			more = more || w.any;
		}
	}
}

static void check_tree(struct check *c)
{
	const struct menus *menus = c->talk->menus;
	size_t n = menu_count(menus);

	c->reached = talloc_zero_array(c->ctx, bool, n + 1);
	c->leads = talloc_zero_array(c->ctx, bool, n + 1);
	for (size_t i = 0; i < menu_entry_count(menus); i++)
		reach(c, menu_entry_at(menus, i)->to.node);
	for (size_t i = 0; i < menu_open_count(menus); i++)
		reach(c, menu_open_at(menus, i));
	find_ways_out(c);
	for (size_t i = 0; i < n; i++) {
		const struct menu_node *node = menu_at(menus, i);

		if (!c->reached[i])
			tell(c, MENU_WRONG, node->file, node->line, "nothing leads to '%s'",
			     node->name);
		if (!c->leads[i])
			tell(c, MENU_WRONG, node->file, node->line,
			     "dead end: '%s' goes round without a question or an end", node->name);
	}
}

static void check_entries(struct check *c)
{
	const struct menus *menus = c->talk->menus;
	bool otherwise = false;

	for (size_t i = 0; i < menu_entry_count(menus); i++)
		otherwise |= menu_entry_at(menus, i)->kind == MENU_ENTRY_OTHERWISE;
	if (!otherwise)
		tell(c, MENU_WRONG, menu_count(menus) ? menu_at(menus, 0)->file : "menus", 1,
		     "no entry is 'otherwise': a text that nothing recognises gets no answer");
}

/* ---- the desk ---- */

static bool word_in(const char *line, const char *word, bool first_only)
{
	size_t len = strlen(word);

	for (const char *p = line; *p; p += strspn(p, " ")) {
		size_t here = strcspn(p, " ");

		if (here == len && !strncmp(p, word, len) && (p == line) == first_only)
			return true;
		p += here;
	}
	return false;
}

static const char *desk_line(const struct dialogue_desk *ops, const char *name)
{
	for (size_t i = 0; ops->names[i]; i++)
		if (word_in(ops->names[i], name, true))
			return ops->names[i];
	return NULL;
}

static bool leads_on(const struct menu_node *node, const char *word, size_t len)
{
	for (size_t i = 0; i < node->outcomes_n; i++) {
		const char *own = node->outcomes[i].word;

		if (!strcmp(own, "else") || (strlen(own) == len && !strncmp(own, word, len)))
			return true;
	}
	return false;
}

/* Every outcome has a way, and every way is an outcome. */
static void check_outcomes(struct check *c, const struct menu_node *node, const char *line)
{
	const char *p = line + strcspn(line, " ");

	for (p += strspn(p, " "); *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (!leads_on(node, p, len))
			tell(c, MENU_WRONG, node->file, node->line,
			     "'%s' may say '%.*s', which leads nowhere", node->desk, (int)len, p);
		p += len;
	}
	for (size_t i = 0; i < node->outcomes_n; i++)
		if (strcmp(node->outcomes[i].word, "else") &&
		    !word_in(line, node->outcomes[i].word, false))
			tell(c, MENU_WRONG, node->file, node->outcomes[i].to.line,
			     "'%s' never says '%s'", node->desk, node->outcomes[i].word);
}

static bool is_own_register(const char *name)
{
	return !strcmp(name, "category.mains") || !strcmp(name, "category.subs") ||
	       !strcmp(name, "languages");
}

static void check_desk(struct check *c, const struct menu_node *node)
{
	const char *line;

	if (node->desk && strncmp(node->desk, "slot.", 5)) {
		line = c->ops ? desk_line(c->ops, node->desk) : NULL;
		if (line)
			check_outcomes(c, node, line);
		else if (c->ops)
			tell(c, MENU_WRONG, node->file, node->line, "no desk knows '%s'",
			     node->desk);
	} else if (node->desk && !leads_on(node, "", 0)) {
		tell(c, MENU_WRONG, node->file, node->line,
		     "a slot can hold anything: an outcome 'else' is missing");
	}
	if (!node->from || is_own_register(node->from))
		return;
	if (c->ops && !desk_line(c->ops, node->from))
		tell(c, MENU_WRONG, node->file, node->line, "no desk knows the list '%s'",
		     node->from);
	if (!node->none.name)
		tell(c, MENU_WRONG, node->file, node->line,
		     "the list may be empty: 'none' is missing");
}

static void check_sets(struct check *c, const struct menu_node *node, const struct menu_set *set,
		       size_t n, int line)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = set[i].value;
		bool is_main = false;

		for (size_t k = 0; k < categories_main_count(c->talk->categories); k++)
			is_main |= !strcmp(category_main_at(c->talk->categories, k), value);
		if ((!strcmp(set[i].slot, "category") &&
		     !category_find(c->talk->categories, value)) ||
		    (!strcmp(set[i].slot, "main") && !is_main))
			tell(c, MENU_WRONG, node->file, line, "there is no %s '%s'", set[i].slot,
			     value);
	}
}

/* ---- the words ---- */

/* What the conversation itself says, whatever the menu. */
static const char *const own_keys[] = {
	"staff.code.ask",
	"staff.code.wrong",
	"staff.code.locked",
	"staff.code.none",
	"staff.code.late",
	"staff.code.lapsed",
	"staff.code.good",
	"staff.cancelled",
	"staff.near.none",
	"staff.near.where",
	"staff.near.row",
	"staff.notice.not_you",
	"staff.notice.whom",
	"staff.notice.empty",
	"staff.notice.wrong",
	"staff.notice.counting",
	"staff.notice.estimate",
	"staff.notice.sent",
	"staff.notice.over",
	"staff.notice.lapsed",
	"notice.withdrawn",
	"contractor.order",
	"contractor.update",
	"contractor.withdrawn",
	"contractor.mail.subject",
	"contractor.mail.order",
	"contractor.mail.update",
	"contractor.mail.withdrawn",
	"work.done",
	"work.failed",
	"work.help",
	"work.seen",
	"work.refused",
	"word.yes",
	"word.no",
	"which.none",
	"place.number",
	"place.street",
	"help.over",
	"hint.more",
	"hint.back",
	"dialogue.lost",
	"dialogue.first",
	"dialogue.last",
	"dialogue.remind",
	"dialogue.session",
	"dialogue.resumed",
	"dialogue.unsaid",
	"dialogue.expired",
	"danger.call",
	"privacy",
	"again.choose",
	"help.choose",
	"which.place",
	"which.category",
	"which.reference",
	"which.subject",
	"confirm.place",
	"confirm.category",
	"confirm.reference",
	"confirm.subject",
	"subscribe.all",
	/* a call */
	"voice.option",
	"voice.or",
	"voice.more",
	"voice.first",
	"voice.keys",
	"voice.resumed",
	"voice.done",
	"voice.bye",
	"voice.by_text",
	"voice.by_message",
	"voice.withheld",
	"voice.dropped",
	"voice.nothing",
	"voice.recorded",
	"voice.connect",
	"voice.leave",
	"voice.thanks",
	"voice.enter",
	"voice.message",
	"voice.place.postcode",
	"voice.place.object",
	"voice.place.again",
	"voice.place.help",
	"voice.postcode",
	"voice.postcode.again",
	"voice.postcode.help",
	"voice.house",
	"voice.house.again",
	"voice.house.help",
	"voice.house.rough",
	"voice.object",
	"voice.object.again",
	"voice.object.help",
	/* a call that we place */
	"callout.back",
	"callout.machine.again",
	"callout.machine.last",
	"callout.missed",
	"callout.notice",
	"callout.keys",
	"callout.machine.notice",
	"callout.missed.notice",
	"callout.stopped",
	"callout.bye",
	"callout.caller",
};

static void check_key(struct check *c, const char *file, int line, const char *key)
{
	const struct phrases *ph = c->talk->phrases;

	for (size_t i = 0; key && i < phrases_language_count(ph); i++) {
		const char *language = phrases_language_at(ph, i);
		/* "nl-plain" is Dutch with some texts made simpler */
		bool variant = strchr(language, '-');

		if (!phrase_has(ph, language, key, !variant))
			tell(c, strcmp(language, "nl") ? MENU_MISSING : MENU_WRONG, file, line,
			     "%s has no words for '%s'", language, key);
	}
}

static void check_keyword(struct check *c, const char *file, int line, const char *keyword)
{
	if (keyword && !phrase_has_keyword(c->talk->phrases, keyword))
		tell(c, MENU_MISSING, file, line,
		     "no language has words for the keyword '%s': add it to 'keywords' in prompts",
		     keyword);
}

static bool uses_argument(const struct phrases *ph, const char *language, const char *key,
			  const char *name)
{
	const char *used;

	for (size_t i = 0; (used = phrase_argument(ph, language, key, i)); i++)
		if (!strcmp(used, name))
			return true;
	return false;
}

/* A slot that one language names and no other does is a slip of the pen: it shows as nothing. */
static void check_argument(struct check *c, const char *language, const char *key, const char *name)
{
	const struct phrases *ph = c->talk->phrases;
	const char *other, *file, *likely = NULL;
	size_t others = 0;
	int line;

	for (size_t i = 0; i < phrases_language_count(ph); i++) {
		other = phrases_language_at(ph, i);
		if (!strcmp(other, language) || !phrase_has(ph, other, key, true))
			continue;
		if (uses_argument(ph, other, key, name))
			return;
		others++;
		if (!likely || !strcmp(other, "nl"))
			likely = other;
	}
	file = phrase_where(ph, language, key, &line);
	if (others > 0)
		tell(c, MENU_MISSING, file, line,
		     "%s: {%s} is in no other language: see how %s writes it", key, name, likely);
}

static void check_arguments(struct check *c, const char *language)
{
	const struct phrases *ph = c->talk->phrases;
	const char *key, *name;

	for (size_t i = 0; (key = phrase_key_at(ph, language, i)); i++)
		for (size_t k = 0; (name = phrase_argument(ph, language, key, k)); k++)
			check_argument(c, language, key, name);
}

static void check_words(struct check *c, const struct menu_node *node)
{
	const char *type = menu_type_name(node->kind == MENU_CHOOSE ? MENU_TYPE_NONE : node->type);

	check_key(c, node->file, node->line, node->say);
	check_key(c, node->file, node->line, node->again);
	check_key(c, node->file, node->line, node->help);
	check_key(c, node->file, node->line, node->option);
	for (size_t i = 0; i < node->options_n; i++) {
		check_key(c, node->file, node->options[i].line, node->options[i].say);
		check_keyword(c, node->file, node->options[i].line, node->options[i].keyword);
	}
	if (!menu_is_question(node))
		return;
	if (!node->again)
		check_key(c, node->file, node->line, talloc_asprintf(c->ctx, "again.%s", type));
	if (!node->help)
		check_key(c, node->file, node->line, talloc_asprintf(c->ctx, "help.%s", type));
}

/* ---- what a text costs ---- */

/* A sign that a voice reads by its name, in words of our own; brackets are only a pause. */
static void check_signs(struct check *c, const struct menu_cost *cost, const struct menu_node *node)
{
	char *aloud = talloc_strdup(c->ctx, cost->aloud);
	const char *sign;

	for (char *p = aloud; *p; p++)
		if (*p == '(' || *p == ')')
			*p = ' ';
	sign = spoken_sign(aloud);
	if (sign)
		tell(c, MENU_ADVICE, node->file, node->line,
		     "'%s' in %s says '%.*s', which is not said: give it other words, 'voice:'",
		     cost->node, cost->language, (int)strcspn(sign + 1, " \n") + 1, sign);
	talloc_free(aloud);
}

static void weigh(const struct menu_cost *cost, void *data)
{
	struct check *c = data;
	const struct menu_node *node = menu_find(c->talk->menus, cost->node);

	if (cost->parts > RENDER_SMS_PARTS && !cost->estimated)
		tell(c, MENU_ADVICE, node->file, node->line, "'%s' in %s takes %u parts",
		     cost->node, cost->language, cost->parts);
	if (cost->voice_s > HEARD_MAX_S && !cost->estimated)
		tell(c, MENU_ADVICE, node->file, node->line,
		     "'%s' in %s takes %s%.0f seconds to say: give it shorter words, 'voice:'",
		     cost->node, cost->language, cost->guessed ? "about " : "",
		     ceil(cost->voice_s));
	if (cost->key_s > FIRST_KEY_S && menu_is_question(node))
		tell(c, MENU_ADVICE, node->file, node->line,
		     "'%s' in %s is heard for %s%.0f seconds before the first key: shorten it, 'voice:'",
		     cost->node, cost->language, cost->guessed ? "about " : "", ceil(cost->key_s));
	check_signs(c, cost, node);
	if (cost->ussd_pages > USSD_PAGES_MAX && !cost->estimated)
		tell(c, MENU_WRONG, node->file, node->line,
		     "'%s' in %s takes %u pages of USSD, more than %d: give it shorter words, 'ussd:'",
		     cost->node, cost->language, cost->ussd_pages, USSD_PAGES_MAX);
}

size_t menu_check(const struct talk *talk, const struct dialogue_desk *ops,
		  void (*found)(const struct menu_finding *finding, void *data), void *data)
{
	struct check c = { .talk = talk, .ops = ops, .found = found, .data = data };

	c.ctx = talloc_new(NULL);
	check_tree(&c);
	check_entries(&c);
	for (size_t i = 0; i < menu_count(talk->menus); i++) {
		const struct menu_node *node = menu_at(talk->menus, i);

		check_desk(&c, node);
		check_sets(&c, node, node->set, node->set_n, node->line);
		for (size_t k = 0; k < node->options_n; k++)
			check_sets(&c, node, node->options[k].set, node->options[k].set_n,
				   node->options[k].line);
		check_words(&c, node);
	}
	for (size_t i = 0; i < ARRAY_SIZE(own_keys); i++)
		check_key(&c, "prompts", 0, own_keys[i]);
	for (size_t i = 0; i < menu_entry_count(talk->menus); i++) {
		const struct menu_entry *e = menu_entry_at(talk->menus, i);

		check_keyword(&c, e->file, e->line, e->keyword);
	}
	for (size_t i = 0; i < phrases_language_count(talk->phrases); i++)
		check_arguments(&c, phrases_language_at(talk->phrases, i));
	talloc_free(c.ctx);
	return c.wrong;
}

/* What the first language says otherwise to the ear, another probably should too. */
static void advise_voice(struct check *c, const char *language)
{
	const struct phrases *ph = c->talk->phrases;
	const char *first = c->talk->languages ? c->talk->languages[0] : "nl", *key, *file;
	int line;

	for (size_t i = 0; (key = phrase_key_at(ph, first, i)); i++) {
		if (!phrase_pattern(ph, first, key, "voice") ||
		    !phrase_pattern(ph, language, key, NULL) ||
		    phrase_pattern(ph, language, key, "voice"))
			continue;
		file = phrase_where(ph, language, key, &line);
		tell(c, MENU_ADVICE, file, line, "%s has no words for the ear for '%s'", language,
		     key);
	}
}

static void advise_words(struct check *c, const char *language, const struct menu_node *node,
			 const char *const keys[3])
{
	const struct phrases *ph = c->talk->phrases;

	for (size_t i = 0; i < 3; i++)
		for (size_t k = i + 1; k < 3 && keys[i]; k++)
			if (keys[k] &&
			    !strcmp(phrase_say(c->ctx, ph, language, "voice", keys[i], NULL, NULL),
				    phrase_say(c->ctx, ph, language, "voice", keys[k], NULL, NULL)))
				tell(c, MENU_ADVICE, node->file, node->line,
				     "'%s' in %s is asked again in the same words: '%s' and '%s'",
				     node->name, language, keys[i], keys[k]);
}

/* Who did not understand a question hears it in other words, and then in others again. */
static void advise_again(struct check *c, const char *language)
{
	static const char *const stems[] = { "voice.place", "voice.postcode", "voice.house",
					     "voice.object" };

	for (size_t i = 0; i < menu_count(c->talk->menus); i++) {
		const struct menu_node *node = menu_at(c->talk->menus, i);
		bool choose = node->kind == MENU_CHOOSE;
		const char *type = menu_type_name(choose ? MENU_TYPE_NONE : node->type);
		const char *keys[] = { node->say, node->again, node->help };

		if (!menu_is_question(node))
			continue;
		if (!node->again)
			keys[1] = talloc_asprintf(c->ctx, "again.%s", type);
		if (!node->help)
			keys[2] = talloc_asprintf(c->ctx, "help.%s", type);
		advise_words(c, language, node, keys);
		for (size_t k = 0; !choose && node->type == MENU_PLACE && k < ARRAY_SIZE(stems);
		     k++) {
			keys[0] = k ? stems[k] : node->say;
			keys[1] = talloc_asprintf(c->ctx, "%s.again", stems[k]);
			keys[2] = talloc_asprintf(c->ctx, "%s.help", stems[k]);
			advise_words(c, language, node, keys);
		}
	}
}

void menu_advise(const struct talk *talk, const char *language, const struct menu_ear *ear,
		 void (*found)(const struct menu_finding *finding, void *data), void *data)
{
	struct check c = { .talk = talk, .found = found, .data = data };

	c.ctx = talloc_new(NULL);
	menu_costs(talk, language, ear, weigh, &c);
	advise_voice(&c, language);
	advise_again(&c, language);
	talloc_free(c.ctx);
}
