// SPDX-License-Identifier: AGPL-3.0-or-later
/* An answer, or what was said before the question: does it say what is asked? */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/dialogue_int.h"
#include "wire/phone.h"

/* A text that is being searched, and where it stands within what was said. */
struct search {
	const char *text;
	size_t shift;  /* bytes of text that stand before (the street whose number was asked) */
	size_t offset; /* of the rest within d->said */
	bool certain;  /* several meanings count as none */
};

void dialogue_forget_choice(struct dialogue *d)
{
	json_decref(d->found);
	d->found = NULL;
	d->candidates = false;
	d->from = 0;
	d->partial = NULL;
}

/* What a question has used is no description any more. */
static void use_span(struct dialogue *d, const struct search *s, size_t start, size_t end)
{
	size_t len = strlen(d->left);

	start = start > s->shift ? start - s->shift : 0;
	end = end > s->shift ? end - s->shift : 0;
	for (size_t i = s->offset + start; i < s->offset + end && i < len; i++)
		d->left[i] = ' ';
}

static enum dialogue_taken offer(struct dialogue *d, json_t *candidates)
{
	dialogue_forget_choice(d);
	d->found = json_incref(candidates);
	d->candidates = true;
	d->tries = 0;
	return TAKEN_CHOICE;
}

/* ---- category ---- */

/* A danger with a category of its own, which says more than "smell". */
static bool is_urgent(const struct talk *talk, const struct danger *danger)
{
	const struct category *cat = category_find(talk->categories, danger->category);

	return cat && cat->urgent;
}

static enum dialogue_taken take_category(struct dialogue *d, const struct search *s)
{
	struct category_match match;
	enum dialogue_taken taken;
	json_t *candidates;

	category_match(&match, d->turn->talk->categories, s->text, d->turn->language);
	if (d->danger && d->danger->category &&
	    (match.n == 0 || match.only_thing || is_urgent(d->turn->talk, d->danger))) {
		dialogue_set(d, "category", d->danger->category);
		return TAKEN_DONE;
	}
	if (match.n == 1) {
		dialogue_set(d, "category", match.found[0]->slug);
		return TAKEN_DONE;
	}
	if (match.n == 0 || s->certain)
		return TAKEN_NOTHING;
	candidates = json_array();
	for (size_t i = 0; i < match.n; i++)
		json_array_append_new(candidates,
				      json_pack("{ss}", "category", match.found[i]->slug));
	taken = offer(d, candidates);
	json_decref(candidates);
	return taken;
}

/* ---- what the city must look up ---- */

/* A street without a number, or a number without a street: the rest is asked. */
static enum dialogue_taken ask_rest(struct dialogue *d, const struct search *s,
				    const struct dialogue_found *found)
{
	json_t *street = json_object_get(json_array_get(found->candidates, 0), "street");
	size_t len = found->span_end > found->span_start ? found->span_end - found->span_start : 0;
	/* a number that the street does not have is not asked with the same words again */
	int tries = d->partial ? d->tries + 1 : 0;

	dialogue_forget_choice(d);
	d->tries = tries;
	dialogue_clear(d, "street");
	if (street)
		json_object_set(d->slots, "street", street);
	d->partial = talloc_strndup(d->ctx, s->text + found->span_start, len);
	OSMO_ASSERT(d->partial);
	use_span(d, s, found->span_start, found->span_end);
	return TAKEN_CHOICE;
}

static enum dialogue_taken take_found(struct dialogue *d, const struct menu_node *node,
				      const struct search *s, const struct dialogue_found *found)
{
	size_t n = json_array_size(found->candidates);

	if (found->incomplete && !(node->rough && n > 0))
		return s->certain ? TAKEN_NOTHING : ask_rest(d, s, found);
	if (n == 0)
		return TAKEN_NOTHING;
	if ((n == 1 && found->exact) || (found->incomplete && node->rough)) {
		use_span(d, s, found->span_start, found->span_end);
		dialogue_set_all(d, json_array_get(found->candidates, 0));
		return TAKEN_DONE;
	}
	if (s->certain)
		return TAKEN_NOTHING;
	use_span(d, s, found->span_start, found->span_end);
	return offer(d, found->candidates);
}

static enum dialogue_taken take_looked_up(struct dialogue *d, const struct menu_node *node,
					  const struct search *s)
{
	struct dialogue_found found = { 0 };
	size_t len = strlen(s->text);
	enum dialogue_taken taken;
	int rc;

	rc = d->ops->find(d->desk, menu_type_name(node->type), s->text, d->slots, d->turn, &found);
	if (rc < 0 && rc != -ENOENT)
		d->failed = true;
	if (rc < 0)
		return TAKEN_NOTHING;
	if (found.span_end > len)
		found.span_end = len;
	if (found.span_start > found.span_end)
		found.span_start = found.span_end;
	taken = take_found(d, node, s, &found);
	json_decref(found.candidates);
	return taken;
}

static enum dialogue_taken search(struct dialogue *d, const struct menu_node *node,
				  const struct search *s)
{
	switch (node->type) {
	case MENU_CATEGORY:
		return take_category(d, s);
	case MENU_PLACE:
	case MENU_REFERENCE:
	case MENU_SUBJECT:
	case MENU_SUBSCRIPTION:
		return take_looked_up(d, node, s);
	case MENU_TYPE_NONE:
	case MENU_DATE:
	case MENU_NUMBER:
	case MENU_YES_NO:
	case MENU_TEXT:
	case MENU_PHONE:
	case MENU_TYPES:
		break;
	}
	return TAKEN_NOTHING;
}

enum dialogue_taken dialogue_take_said(struct dialogue *d, const struct menu_node *node,
				       bool certain)
{
	struct search s = { .text = talloc_strdup(d->ctx, d->left), .certain = certain };
	char *rest;

	if (node->type == MENU_CATEGORY)
		s.text = d->said;
	if (!*d->said && !(node->type == MENU_CATEGORY && d->danger))
		return TAKEN_NOTHING;
	if (node->type != MENU_TEXT)
		return search(d, node, &s);
	rest = dialogue_left(d, d->ctx);
	if (!rest)
		return TAKEN_NOTHING;
	dialogue_set(d, menu_slot(node), rest);
	return TAKEN_DONE;
}

/* ---- a direct answer ---- */

void dialogue_remember(struct dialogue *d)
{
	json_t *visit = json_pack("{ss so}", "node", d->node->name, "slots", json_copy(d->slots));

	json_array_append_new(d->back, visit);
	if (json_array_size(d->back) > DIALOGUE_BACK_MAX)
		json_array_remove(d->back, 0);
}

void dialogue_done(struct dialogue *d, const struct menu_goto *to)
{
	/* which of two places is meant is no question of ours: all was said in one text */
	d->asked = d->asked || !(d->candidates || d->partial);
	dialogue_forget_choice(d);
	d->tries = 0;
	dialogue_walk(d, to->node);
}

static enum dialogue_taken take_plain(struct dialogue *d, const char *text)
{
	const struct talk *talk = d->turn->talk;
	const char *slot = menu_slot(d->node);
	char number[PHONE_SIZE];
	int64_t value;
	int rc = -EINVAL;

	switch (d->node->type) {
	case MENU_DATE:
		rc = answer_date(&value, text, d->turn->now_s, talk->phrases, d->turn->language);
		break;
	case MENU_NUMBER:
		rc = answer_number(&value, text);
		break;
	case MENU_YES_NO:
		rc = answer_yes_no(text, talk->phrases, d->turn->language);
		if (rc >= 0)
			dialogue_set(d, slot, rc ? "yes" : "no");
		return rc >= 0 ? TAKEN_DONE : TAKEN_NOTHING;
	case MENU_TEXT:
		/* "yes" says that there is something to say */
		if (phrase_is_keyword(talk->phrases, d->turn->language, "yes", text))
			return TAKEN_NOTHING;
		dialogue_set(d, slot, text);
		return TAKEN_DONE;
	case MENU_PHONE:
		rc = phone_normalise(number, text, talk->country ? talk->country : "31");
		if (rc == 0)
			dialogue_set(d, slot, number);
		return rc == 0 ? TAKEN_DONE : TAKEN_NOTHING;
	case MENU_TYPE_NONE:
	case MENU_CATEGORY:
	case MENU_PLACE:
	case MENU_REFERENCE:
	case MENU_SUBJECT:
	case MENU_SUBSCRIPTION:
	case MENU_TYPES:
		break;
	}
	if (rc == 0)
		json_object_set_new(d->slots, slot, json_integer(value));
	return rc == 0 ? TAKEN_DONE : TAKEN_NOTHING;
}

/* Who does not know the house number, or has no better words the second time, has said enough: the
 * street will do, and the words go to the one who repairs. */
static enum dialogue_taken take_roughly(struct dialogue *d, const char *text, bool unsure)
{
	struct dialogue_found found = { 0 };
	enum dialogue_taken taken = TAKEN_NOTHING;

	if (d->ops->find(d->desk, "place", d->partial, d->slots, d->turn, &found) < 0)
		return TAKEN_NOTHING;
	if (json_array_size(found.candidates) > 1)
		taken = offer(d, found.candidates);
	else if (json_array_size(found.candidates) == 1)
		taken = TAKEN_DONE;
	if (taken == TAKEN_DONE)
		dialogue_set_all(d, json_array_get(found.candidates, 0));
	if (taken != TAKEN_NOTHING && !unsure)
		dialogue_said(d, text);
	json_decref(found.candidates);
	return taken;
}

/* The text joins what was said, so that what this question leaves serves the next ones. */
static enum dialogue_taken take_searched(struct dialogue *d, const char *text)
{
	char *said = d->said, *left = d->left;
	struct search s = { .text = text };
	enum dialogue_taken taken = TAKEN_NOTHING;
	char *partial = d->partial;
	bool unsure = phrase_is_keyword(d->turn->talk->phrases, NULL, "unsure", text);
	bool settles = partial && d->node->type == MENU_PLACE && (unsure || d->tries > 0);

	dialogue_said(d, text);
	s.offset = d->said == said ? strlen(said) : strlen(d->said) - strlen(text);
	if (partial) {
		s.text = talloc_asprintf(d->ctx, "%s %s", partial, text);
		s.shift = strlen(partial) + 1;
		taken = search(d, d->node, &s);
	}
	if (taken == TAKEN_NOTHING) {
		s.text = text;
		s.shift = 0;
		taken = search(d, d->node, &s);
	}
	if (taken == TAKEN_NOTHING && d->node->type == MENU_CATEGORY && d->candidates) {
		s.text = d->said;
		s.offset = 0;
		s.certain = true;
		taken = search(d, d->node, &s);
	}
	if (taken == TAKEN_NOTHING) {
		d->said = said;
		d->left = left;
	}
	if (settles && (taken == TAKEN_NOTHING || (d->partial && !strcmp(d->partial, partial))))
		taken = take_roughly(d, text, unsure);
	return taken;
}

static bool is_searched(enum menu_type type)
{
	return type == MENU_CATEGORY || type == MENU_PLACE || type == MENU_REFERENCE ||
	       type == MENU_SUBJECT || type == MENU_SUBSCRIPTION;
}

static bool take_typed(struct dialogue *d, const char *text)
{
	const struct menu_node *node = d->node;
	json_t *before = json_copy(d->slots), *slots = d->slots;
	enum dialogue_taken taken;

	if (node->type == MENU_TYPE_NONE) {
		json_decref(before);
		return false;
	}
	if (is_searched(node->type))
		taken = take_searched(d, text);
	else
		taken = take_plain(d, text);
	if (taken == TAKEN_DONE) {
		/* "back" returns to what was known before the answer */
		d->slots = before;
		dialogue_remember(d);
		d->slots = slots;
		dialogue_done(d, &node->to);
	}
	json_decref(before);
	return taken != TAKEN_NOTHING;
}

static void choose_found(struct dialogue *d, size_t i)
{
	json_t *item = json_incref(json_array_get(d->found, i));
	json_t *value = json_object_get(item, "value");

	dialogue_remember(d);
	dialogue_set_all(d, item);
	if (!d->candidates && json_is_string(value))
		dialogue_set(d, menu_slot(d->node), json_string_value(value));
	json_decref(item);
	dialogue_done(d, &d->node->to);
}

/* None of the meanings was right: the question is put openly, with other words. */
static void none_of_these(struct dialogue *d)
{
	dialogue_forget_choice(d);
	d->tries = 1;
}

static bool take_found_choice(struct dialogue *d, const char *text)
{
	const struct talk *talk = d->turn->talk;
	size_t n, total = json_array_size(d->found);
	const char **labels = dialogue_labels(d, &n);
	/* all that was shown so far: keys keep their meaning over the pages */
	size_t seen = d->shown && d->from + d->shown <= n ? d->from + d->shown : n;
	int key;

	if (d->candidates && total == 1) {
		int yes = answer_yes_no(text, talk->phrases, d->turn->language);

		if (yes == 1)
			choose_found(d, 0);
		else if (yes == 0)
			none_of_these(d);
		return yes >= 0;
	}
	key = answer_option(text, labels, seen, d->node->kind == MENU_CHOOSE);
	if (key < 0)
		key = answer_spelled(text, seen, talk->phrases);
	if (key < 0)
		return false;
	if ((size_t)key >= total)
		none_of_these(d);
	else
		choose_found(d, key);
	return true;
}

/* The main menu, of which nothing is chosen yet: more than one of its words, or another language's, is
 * no choice but a beginning, as if nothing were asked. */
static bool is_beginning(const struct dialogue *d, const char *keyword, const char *text,
			 const char *rest)
{
	size_t known = json_object_size(d->slots);

	if (d->danger) /* "urgent" is of this text */
		known--;
	if (!d->node->quiet || known > 0)
		return false;
	return *rest ||
	       (!d->turn->language_chosen &&
		!phrase_is_keyword(d->turn->talk->phrases, d->turn->language, keyword, text));
}

static int option_by_keyword(struct dialogue *d, const char *text, const char **rest)
{
	const char *keyword = phrase_keyword_at(d->turn->talk->phrases, d->turn->language, text,
						rest);

	if (keyword && is_beginning(d, keyword, text, *rest))
		return -1;
	for (size_t i = 0; keyword && i < d->node->options_n; i++) {
		const struct menu_option *opt = &d->node->options[i];

		if (opt->keyword && !strcmp(opt->keyword, keyword) &&
		    (d->node->kind == MENU_CHOOSE || !**rest))
			return i;
	}
	return -1;
}

static bool take_option(struct dialogue *d, const char *text)
{
	const struct menu_node *node = d->node;
	const struct menu_option *opt;
	const char *rest = "";
	size_t n;
	const char **labels = dialogue_labels(d, &n);
	int i = answer_option(text, labels, n, node->kind == MENU_CHOOSE);

	/* "nummer 1" may be the number on a lamp */
	if (i < 0 && node->type != MENU_TEXT)
		i = answer_spelled(text, n, d->turn->talk->phrases);
	if (i < 0)
		i = option_by_keyword(d, text, &rest);
	if (i < 0 || (size_t)i >= node->options_n)
		return false;
	opt = &node->options[i];
	dialogue_remember(d);
	for (size_t k = 0; k < opt->set_n; k++)
		dialogue_set(d, opt->set[k].slot, opt->set[k].value);
	dialogue_said(d, rest);
	dialogue_done(d, opt->to.name ? &opt->to : &node->to);
	return true;
}

bool dialogue_take_choice(struct dialogue *d, const char *text)
{
	if (!*text)
		return false;
	return d->found ? take_found_choice(d, text) : !d->partial && take_option(d, text);
}

bool dialogue_take_words(struct dialogue *d, const char *text)
{
	return *text && take_typed(d, text);
}
