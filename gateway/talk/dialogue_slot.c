// SPDX-License-Identifier: AGPL-3.0-or-later
/* What a conversation knows: its slots, and the free text that no question has used yet. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/dialogue_int.h"

#define LEFT_LETTERS_MIN 3 /* of a word that says something */

const char *dialogue_slot(const struct dialogue *d, const char *name)
{
	return json_string_value(json_object_get(d->slots, name));
}

const char *dialogue_slot_word(const struct dialogue *d, const char *name, char *buf, size_t size)
{
	const json_t *value = json_object_get(d->slots, name);

	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		return *json_string_value(value) ? json_string_value(value) : NULL;
	case JSON_INTEGER:
		snprintf(buf, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return buf;
	case JSON_REAL:
		snprintf(buf, size, "%.6g", json_real_value(value));
		return buf;
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
	case JSON_OBJECT:
	case JSON_ARRAY:
		break;
	}
	return NULL;
}

/* What goes with a category, so that a node can branch on it. */
static void set_category(struct dialogue *d, const char *slug)
{
	const struct category *cat = category_find(d->turn->talk->categories, slug);

	json_object_set_new(d->slots, "category", json_string(slug));
	json_object_del(d->slots, "thing");
	if (!cat)
		return;
	if (cat->thing)
		json_object_set_new(d->slots, "thing", json_string(cat->thing));
	json_object_set_new(d->slots, "main", json_string(cat->main));
	if (cat->urgent)
		json_object_set_new(d->slots, "urgent", json_integer(1));
}

void dialogue_set(struct dialogue *d, const char *name, const char *value)
{
	if (!strcmp(name, "category"))
		set_category(d, value);
	else
		json_object_set_new(d->slots, name, json_string(value));
}

void dialogue_clear(struct dialogue *d, const char *name)
{
	json_object_del(d->slots, name);
}

void dialogue_set_all(struct dialogue *d, json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value) {
		if (!strcmp(key, "category") && json_is_string(value))
			set_category(d, json_string_value(value));
		else if (strcmp(key, "label") && strcmp(key, "value"))
			json_object_set(d->slots, key, value);
	}
}

void dialogue_said(struct dialogue *d, const char *text)
{
	const char *gap = *d->said ? ". " : "";

	if (!*text || strlen(d->said) + strlen(text) > DIALOGUE_SAID_MAX)
		return;
	d->said = talloc_asprintf(d->ctx, "%s%s%s", d->said, gap, text);
	d->left = talloc_asprintf(d->ctx, "%s%s%s", d->left, gap, text);
	OSMO_ASSERT(d->said && d->left);
}

/* Blank out what is said of the category, if that is known: it is no description. */
static void blank_category(struct dialogue *d, char *text)
{
	struct category_match match;

	if (!dialogue_slot(d, "category"))
		return;
	category_match(&match, d->turn->talk->categories, text, d->turn->language);
	for (size_t i = 0; match.n && i < match.span_count; i++)
		memset(text + match.spans[i].start, ' ', match.spans[i].end - match.spans[i].start);
}

static bool says_something(const char *text)
{
	char *folded = phrase_fold(NULL, text);
	size_t letters = 0;
	bool says = false;

	for (const char *p = folded; *p && !says; p++) {
		letters = *p == ' ' || (*p >= '0' && *p <= '9') ? 0 : letters + 1;
		says = letters >= LEFT_LETTERS_MIN;
	}
	talloc_free(folded);
	return says;
}

char *dialogue_left(struct dialogue *d, void *ctx)
{
	char *rest = talloc_strdup(d->ctx, d->left);

	blank_category(d, rest);
	/* a whole sentence is better to read than what is left of it */
	return says_something(rest) ? answer_clean(ctx, d->said) : NULL;
}
