// SPDX-License-Identifier: AGPL-3.0-or-later
/* From node to node, until a question waits or the conversation is over. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/dialogue_int.h"
#include "talk/render.h"

#define LIST_MAX 99

/* Where a step leads: to a node, to the end, or nowhere because a question waits. */
struct step {
	const struct menu_node *node;
	bool waits;
};

static const struct step WAIT = { .waits = true };

static struct step lead(const struct menu_goto *to)
{
	return (struct step){ .node = to->node };
}

/* ---- lists ---- */

static void list_mains(const struct talk *talk, const char *language, json_t *items)
{
	for (size_t i = 0; i < categories_main_count(talk->categories); i++) {
		const char *slug = category_main_at(talk->categories, i);

		json_array_append_new(
			items, json_pack("{ssss}", "value", slug, "label",
					 category_main_name(talk->categories, slug, language)));
	}
}

static void list_subs(const struct talk *talk, const char *language, const char *main_slug,
		      json_t *items)
{
	for (size_t i = 0; i < categories_count(talk->categories); i++) {
		const struct category *cat = category_at(talk->categories, i);

		if (main_slug && strcmp(cat->main, main_slug))
			continue;
		json_array_append_new(
			items, json_pack("{ssss}", "value", cat->slug, "label",
					 category_name(talk->categories, cat->slug, language)));
	}
}

static void add_language(const struct talk *talk, const char *language, json_t *items)
{
	const char *name = phrases_language_name(talk->phrases, language);

	if (name)
		json_array_append_new(items, json_pack("{ssss}", "value", language, "label", name));
}

/* Each language, followed by its variants ("nl-plain"). */
static void list_languages(const struct talk *talk, json_t *items)
{
	for (size_t i = 0; talk->languages && talk->languages[i]; i++) {
		const char *offered = talk->languages[i], *other;
		size_t len = strlen(offered);

		add_language(talk, offered, items);
		for (size_t k = 0; k < phrases_language_count(talk->phrases); k++) {
			other = phrases_language_at(talk->phrases, k);
			if (!strncmp(other, offered, len) && other[len] == '-')
				add_language(talk, other, items);
		}
	}
}

/* The registers that need no city, then the desk's. */
static json_t *list(struct dialogue *d, const char *name)
{
	const struct talk *talk = d->turn->talk;
	json_t *items = json_array();

	if (!strcmp(name, "category.mains"))
		list_mains(talk, d->turn->language, items);
	else if (!strcmp(name, "category.subs"))
		list_subs(talk, d->turn->language, dialogue_slot(d, "main"), items);
	else if (!strcmp(name, "languages"))
		list_languages(talk, items);
	else if (d->ops->list(d->desk, name, d->slots, d->turn, items) < 0)
		d->failed = true;
	while (json_array_size(items) > LIST_MAX)
		json_array_remove(items, LIST_MAX);
	return items;
}

/* ---- the kinds of node ---- */

static void put_question(struct dialogue *d, const struct menu_node *node)
{
	if (d->hold) {
		d->held = node;
		return;
	}
	d->node = node;
	d->tries = 0;
	d->from = 0;
}

static void drop_found(struct dialogue *d)
{
	json_decref(d->found);
	d->found = NULL;
	d->candidates = false;
	d->partial = NULL;
}

static struct step step_choose(struct dialogue *d, const struct menu_node *node)
{
	drop_found(d);
	if (node->from && !d->hold) {
		json_t *items = list(d, node->from);

		if (json_array_size(items) == 0) {
			json_decref(items);
			return lead(&node->none);
		}
		d->found = items;
	}
	put_question(d, node);
	return WAIT;
}

/* Words without a digit are no attempt at a number: "status please". */
static bool said_something(const struct dialogue *d, enum menu_type type)
{
	char *folded = phrase_fold(d->ctx, d->said);

	return type == MENU_REFERENCE ? strpbrk(folded, "0123456789") != NULL : *folded != 0;
}

static struct step step_ask(struct dialogue *d, const struct menu_node *node)
{
	char word[24];

	if (dialogue_slot_word(d, menu_slot(node), word, sizeof(word)) ||
	    (node->skip_short && !d->asked))
		return lead(&node->to);
	drop_found(d);
	switch (dialogue_take_said(d, node, !node->say)) {
	case TAKEN_DONE:
		return lead(&node->to);
	case TAKEN_CHOICE:
	case TAKEN_NOTHING:
		break;
	}
	if (node->say) {
		put_question(d, node);
		return WAIT;
	}
	if (node->failed.name && said_something(d, node->type))
		return lead(&node->failed);
	return lead(node->none.name ? &node->none : &node->to);
}

static const struct menu_outcome *find_outcome(const struct menu_node *node, const char *word)
{
	for (size_t i = 0; i < node->outcomes_n; i++)
		if (!strcmp(node->outcomes[i].word, word))
			return &node->outcomes[i];
	return NULL;
}

/* The desk gets the words themselves too: what a question has used still helps the one who repairs. */
static void hand_over_said(struct dialogue *d)
{
	char *said = answer_clean(d->ctx, d->said);

	if (*said)
		json_object_set_new(d->slots, "said", json_string(said));
}

static struct step step_call(struct dialogue *d, const struct menu_node *node)
{
	const struct menu_outcome *out;
	const char *word;
	char buf[24];

	if (!strncmp(node->desk, "slot.", 5)) {
		word = dialogue_slot_word(d, node->desk + 5, buf, sizeof(buf));
		word = word ? word : "none";
	} else {
		hand_over_said(d);
		word = d->ops->call(d->desk, node->desk, d->slots, d->turn);
		d->did = d->did || node->kind == MENU_DO;
	}
	if (!word) {
		d->failed = true;
		return (struct step){ 0 };
	}
	out = find_outcome(node, word);
	out = out ? out : find_outcome(node, "else");
	if (!out) /* menu check finds those */
		dialogue_add(d, dialogue_phrase(d, "dialogue.lost", NULL));
	return out ? lead(&out->to) : (struct step){ 0 };
}

/* A line for each item, as many as a text holds. */
static struct step say_list(struct dialogue *d, const struct menu_node *node, const char *text)
{
	json_t *items = list(d, node->from), *item;
	struct render r = { .text = text, .n = json_array_size(items) };
	const char **labels = talloc_zero_array(d->ctx, const char *, r.n + 1);
	size_t i, shown;

	json_array_foreach (items, i, item)
		labels[i] = dialogue_phrase(d, node->option, item);
	r.labels = labels;
	r.more = d->turn->channel == DIALOGUE_USSD ? NULL : "..."; /* a session turns pages */
	json_decref(items);
	if (r.n == 0 && node->none.name)
		return lead(&node->none);
	dialogue_add(d, render_page(d->ctx, d->turn->channel, &r, &shown));
	return lead(&node->to);
}

static struct step step_say(struct dialogue *d, const struct menu_node *node)
{
	const char *text = node->say ? dialogue_phrase(d, node->say, NULL) : "";

	if (node->from)
		return say_list(d, node, text);
	dialogue_add(d, text);
	return lead(&node->to);
}

static struct step take_step(struct dialogue *d, const struct menu_node *node)
{
	for (size_t i = 0; node->clear && node->clear[i]; i++)
		dialogue_clear(d, node->clear[i]);
	for (size_t i = 0; i < node->set_n; i++)
		dialogue_set(d, node->set[i].slot, node->set[i].value);
	switch (node->kind) {
	case MENU_CHOOSE:
		return step_choose(d, node);
	case MENU_ASK:
		return step_ask(d, node);
	case MENU_LOOK:
	case MENU_DO:
		return step_call(d, node);
	case MENU_SAY:
	case MENU_END:
		return step_say(d, node);
	}
	return (struct step){ 0 };
}

void dialogue_walk(struct dialogue *d, const struct menu_node *node)
{
	struct step step = { .node = node };

	d->node = NULL;
	while (step.node && !step.waits && !d->failed) {
		if (++d->steps > DIALOGUE_STEPS_MAX) {
			dialogue_add(d, dialogue_phrase(d, "dialogue.lost", NULL));
			dialogue_reset(d);
			return;
		}
		step = take_step(d, step.node);
	}
}

/* ---- questions of ours that wait ---- */

void dialogue_queue(struct dialogue *d, const struct menu_node *node, json_t *slots)
{
	json_t *visit = json_pack("{ss sO}", "node", node->name, "slots", slots), *other;
	const char *reference = json_string_value(json_object_get(slots, "reference"));
	size_t i;

	/* the newest word on a report replaces the one before */
	json_array_foreach (d->queue, i, other) {
		const char *same = json_string_value(
			json_object_get(json_object_get(other, "slots"), "reference"));

		if (reference && same && !strcmp(reference, same)) {
			json_array_set_new(d->queue, i, visit);
			return;
		}
	}
	json_array_append_new(d->queue, visit);
	if (json_array_size(d->queue) > DIALOGUE_QUEUE_MAX)
		json_array_remove(d->queue, 0);
}

void dialogue_queue_kept(struct dialogue *d, const struct dialogue *kept)
{
	json_t *visit = json_pack("{ss sO ss ss sb}", "node", kept->node->name, "slots",
				  kept->slots, "said", kept->said, "left", kept->left, "asked",
				  (int)kept->asked);

	json_array_insert_new(d->queue, 0, visit);
	if (json_array_size(d->queue) > DIALOGUE_QUEUE_MAX)
		json_array_remove(d->queue, DIALOGUE_QUEUE_MAX);
}

/* What was said of a conversation that was set aside. */
static void take_up_said(struct dialogue *d, json_t *visit)
{
	const char *said = json_string_value(json_object_get(visit, "said"));
	const char *left = json_string_value(json_object_get(visit, "left"));

	d->asked = json_is_true(json_object_get(visit, "asked"));
	if (!said || !left || strlen(said) != strlen(left))
		return;
	d->said = talloc_strdup(d->ctx, said);
	d->left = talloc_strdup(d->ctx, left);
	OSMO_ASSERT(d->said && d->left);
}

/* Was the talk, now over, of the same report? */
static bool is_settled(const struct dialogue *d, json_t *slots)
{
	const char *reference = json_string_value(json_object_get(slots, "reference"));
	const char *talked_of = dialogue_slot(d, "reference");

	return reference && talked_of && !strcmp(reference, talked_of);
}

void dialogue_next(struct dialogue *d)
{
	while (!d->node && !d->failed && json_array_size(d->queue) > 0) {
		json_t *visit = json_incref(json_array_get(d->queue, 0));
		const char *name = json_string_value(json_object_get(visit, "node"));

		json_array_remove(d->queue, 0);
		if (is_settled(d, json_object_get(visit, "slots"))) {
			json_decref(visit);
			continue;
		}
		dialogue_reset(d);
		dialogue_set_all(d, json_object_get(visit, "slots"));
		take_up_said(d, visit);
		dialogue_walk(d, menu_find(d->turn->talk->menus, name));
		json_decref(visit);
	}
}
