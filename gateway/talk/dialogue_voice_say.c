// SPDX-License-Identifier: AGPL-3.0-or-later
/* What a caller hears: sentences, one after another, and what is listened for then. */
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/dialogue_int.h"
#include "talk/spoken.h"

#define BODY_SENTENCES_MAX (DIALOGUE_SENTENCES_MAX - 2 * DIALOGUE_EAR_OPTIONS)

/* ---- what came from outside ---- */

void dialogue_spell_args(json_t *args, const struct talk *talk, const char *language)
{
	static const char *const numbers[] = { "shown",		 "reference",  "near_shown",
					       "near_reference", "short_code", "call",
					       "label",		 "place",      "near_place" };
	static const char *const texts[] = { "category_name", "near_category_name", "street",
					     "note" };
	char * or = phrase_say(NULL, talk->phrases, language, "voice", "voice.or", NULL, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(numbers) + ARRAY_SIZE(texts); i++) {
		bool number = i < ARRAY_SIZE(numbers);
		const char *name = number ? numbers[i] : texts[i - ARRAY_SIZE(numbers)];
		const char *text = json_string_value(json_object_get(args, name));

		if (text)
			json_object_set_new(args, name,
					    json_string(number ? spoken_number(or, text, or)
							       : spoken_text(or, text, or)));
	}
	talloc_free(or);
}

/* ---- sentences ---- */

static void say(struct dialogue *d, void *ctx, struct dialogue_out *out, const char *text)
{
	struct dialogue_sentence *s = &out->sentences[out->sentences_n];
	const char *key = json_string_value(json_object_get(d->fixed, text));

	if (!text[strspn(text, " ")] || out->sentences_n >= DIALOGUE_SENTENCES_MAX)
		return;
	s->text = talloc_strdup(ctx, text);
	s->key = key ? talloc_strdup(ctx, key) : NULL;
	out->sentences_n++;
}

static void say_key(struct dialogue *d, void *ctx, struct dialogue_out *out, const char *key)
{
	say(d, ctx, out, dialogue_phrase(d, key, NULL));
}

/* Each line is a sentence of its own; what marks an item of a list is for the eye. */
static void say_lines(struct dialogue *d, void *ctx, struct dialogue_out *out, const char *text)
{
	while (*text && out->sentences_n < BODY_SENTENCES_MAX) {
		size_t len = strcspn(text, "\n");
		size_t mark = strncmp(text, "- ", 2) == 0 ? 2 : 0;

		say(d, ctx, out, talloc_strndup(d->ctx, text + mark, len - mark));
		text += len + (text[len] == '\n');
	}
}

static void say_option(struct dialogue *d, void *ctx, struct dialogue_out *out, const char *label,
		       size_t key)
{
	json_t *args = json_pack("{ss sI}", "label", label, "key", (json_int_t)key);

	say(d, ctx, out, dialogue_phrase(d, "voice.option", args));
	json_decref(args);
}

/* \returns how many there are to choose from */
static size_t say_options(struct dialogue *d, void *ctx, struct dialogue_out *out)
{
	size_t n, key = 1;
	const char **labels = dialogue_heard_labels(d, &n);

	if (d->ear >= n)
		d->ear = 0;
	for (size_t i = d->ear; i < n && key <= DIALOGUE_EAR_OPTIONS; i++, key++)
		say_option(d, ctx, out, labels[i], key);
	if (d->ear + DIALOGUE_EAR_OPTIONS < n)
		say_key(d, ctx, out, "voice.more");
	else if (n > DIALOGUE_EAR_OPTIONS)
		say_key(d, ctx, out, "voice.first");
	return n;
}

/* "voice.postcode", then with other words. */
static void say_tried(struct dialogue *d, void *ctx, struct dialogue_out *out, const char *stem)
{
	const char *tail = d->tries == 0 ? "" : d->tries == 1 ? ".again" : ".help";

	say_key(d, ctx, out, talloc_asprintf(d->ctx, "%s%s", stem, tail));
}

static void say_question(struct dialogue *d, void *ctx, struct dialogue_out *out)
{
	if (d->tries == 0 && d->ear > 0)
		return; /* the rest of a list */
	if (d->tries == 0 && d->over)
		say_key(d, ctx, out, "voice.done");
	else
		say_lines(d, ctx, out, dialogue_question_text(d));
}

static unsigned int entry_keys(const struct dialogue *d)
{
	switch (d->node->type) {
	case MENU_DATE:
		return 8;
	case MENU_NUMBER:
		return 9;
	case MENU_PHONE:
		return 15;
	case MENU_REFERENCE:
	case MENU_TYPE_NONE:
	case MENU_CATEGORY:
	case MENU_PLACE:
	case MENU_YES_NO:
	case MENU_TEXT:
	case MENU_SUBJECT:
	case MENU_SUBSCRIPTION:
	case MENU_TYPES:
		break;
	}
	return 12;
}

static void listen_for(struct dialogue_out *out, enum dialogue_listen listen, unsigned int keys)
{
	out->listen = listen;
	out->keys_max = keys;
}

static void say_house(struct dialogue *d, void *ctx, struct dialogue_out *out)
{
	if (d->partial && d->tries == 0)
		say_key(d, ctx, out, "place.number");
	say_tried(d, ctx, out, "voice.house");
	if (d->keyed && d->node->rough)
		say_key(d, ctx, out, "voice.house.rough");
	listen_for(out, DIALOGUE_LISTEN_KEYS, 5);
}

/* \returns false: it cannot be asked by ear */
static bool ask(struct dialogue *d, void *ctx, struct dialogue_out *out)
{
	switch (dialogue_heard(d)) {
	case HEARD_NOTHING:
		break;
	case HEARD_MENU:
		say_question(d, ctx, out);
		listen_for(out, DIALOGUE_LISTEN_KEY, 1);
		return say_options(d, ctx, out) > 0;
	case HEARD_PLACE:
		if (d->tries == 0)
			say_key(d, ctx, out, d->node->say);
		else
			say_tried(d, ctx, out, "voice.place");
		listen_for(out, DIALOGUE_LISTEN_KEY, 1);
		return say_options(d, ctx, out) > 0;
	case HEARD_POSTCODE:
		say_tried(d, ctx, out, "voice.postcode");
		listen_for(out, DIALOGUE_LISTEN_KEYS, 6);
		break;
	case HEARD_HOUSE:
		say_house(d, ctx, out);
		break;
	case HEARD_OBJECT:
		say_tried(d, ctx, out, "voice.object");
		listen_for(out, DIALOGUE_LISTEN_KEYS, 10);
		break;
	case HEARD_KEYS:
		say_question(d, ctx, out);
		say_key(d, ctx, out, "voice.enter");
		listen_for(out, DIALOGUE_LISTEN_KEYS, entry_keys(d));
		break;
	case HEARD_MESSAGE:
		say_question(d, ctx, out);
		say_key(d, ctx, out,
			"voice.message"); /* "after the tone": the tone is the call's */
		listen_for(out, DIALOGUE_LISTEN_MESSAGE, 0);
		break;
	}
	return true;
}

/* It goes on by text, where it was, or by a message of who has no number; who is done has only not hung up. */
static void give_up(struct dialogue *d, void *ctx, struct dialogue_out *out)
{
	const char *number = d->turn->number;
	bool numbered = number && *number;

	out->listen = DIALOGUE_LISTEN_NOTHING;
	out->keys_max = 0;
	out->last = true;
	out->by_text = d->by_text = !d->over;
	d->tries = 0;
	if (out->by_text)
		say_key(d, ctx, out, numbered ? "voice.by_text" : "voice.by_message");
	else
		say_key(d, ctx, out, "voice.bye");
}

/* What stands before the question, which '*' says again too. */
static char *before(struct dialogue *d)
{
	char *danger;

	if (!d->danger)
		return d->body;
	danger = dialogue_danger_text(d, d->ctx);
	return talloc_asprintf(d->ctx, "%s%s%s", danger, *d->body ? "\n" : "", d->body);
}

void dialogue_answer_call(struct dialogue *d, void *ctx, struct dialogue_out *out)
{
	char *first = before(d);

	d->session = d->call = true;
	d->pages = NULL;
	if (d->person) {
		out->person = true;
	} else if (d->tries >= DIALOGUE_EAR_TRIES) {
		say_lines(d, ctx, out, first);
		give_up(d, ctx, out);
	} else {
		say_lines(d, ctx, out, first);
		d->heard = *first ? first : NULL;
		if (!ask(d, ctx, out))
			give_up(d, ctx, out);
		else if (d->greet)
			say_key(d, ctx, out, "voice.keys");
		out->slow = d->repeats > 1;
		out->last = out->last || !d->node;
	}
	dialogue_keep(d, ctx, out);
}
