// SPDX-License-Identifier: AGPL-3.0-or-later
/* A call's turn: keys, silence or a recording, as an answer to what was asked by ear.
 *
 * '*' says it again, 0 wants a person, 9 goes back; while several keys are gathered a '#' alone goes back, for 9 may be the
 * number of a house.
 */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/dialogue_int.h"

#define POSTCODE_KEYS 6

/* ---- what is asked ---- */

enum dialogue_heard dialogue_heard(const struct dialogue *d)
{
	if (!d->node)
		return HEARD_NOTHING;
	if (d->found || d->node->kind == MENU_CHOOSE)
		return HEARD_MENU;
	switch (d->node->type) {
	case MENU_PLACE:
		if (d->keyed || (d->partial && json_object_get(d->slots, "street")))
			return HEARD_HOUSE;
		if (!d->how)
			return HEARD_PLACE;
		return strcmp(d->how, "object") ? HEARD_POSTCODE : HEARD_OBJECT;
	case MENU_REFERENCE:
	case MENU_NUMBER:
	case MENU_DATE:
	case MENU_PHONE:
		return HEARD_KEYS;
	case MENU_TEXT:
		return HEARD_MESSAGE;
	case MENU_TYPE_NONE:
	case MENU_CATEGORY:
	case MENU_YES_NO:
	case MENU_SUBJECT:
	case MENU_SUBSCRIPTION:
	case MENU_TYPES:
		break;
	}
	return HEARD_MENU;
}

const char **dialogue_heard_labels(struct dialogue *d, size_t *n)
{
	static const char *const ways[] = { "voice.place.postcode", "voice.place.object" };
	static const char *const words[] = { "word.yes", "word.no" };
	bool place = dialogue_heard(d) == HEARD_PLACE;
	const char *const *keys = place ? ways : words;
	const char **labels;

	if (!place && (d->found || d->node->type != MENU_YES_NO))
		return dialogue_labels(d, n);
	*n = 2;
	labels = talloc_zero_array(d->ctx, const char *, 2);
	OSMO_ASSERT(labels);
	for (size_t i = 0; i < *n; i++)
		labels[i] = dialogue_phrase(d, keys[i], NULL);
	return labels;
}

/* ---- answers ---- */

static void not_heard(struct dialogue *d)
{
	d->tries = d->tries > 0 ? d->tries + 1 : 1;
}

/* The question before; before the first stands the main menu. */
static void go_back(struct dialogue *d)
{
	if (d->keyed || d->how) {
		d->keyed = d->how = NULL;
		d->tries = 0;
	} else if (json_array_size(d->back) > 0 || d->candidates || d->partial) {
		dialogue_back(d);
	} else {
		dialogue_leave(d);
		dialogue_start_over(d);
	}
}

static bool choose(struct dialogue *d, size_t i)
{
	char *number = talloc_asprintf(d->ctx, "%zu", i + 1);

	if (dialogue_heard(d) == HEARD_PLACE) {
		d->how = talloc_strdup(d->ctx, i == 0 ? "postcode" : "object");
		d->tries = 0;
		return true;
	}
	d->from = d->shown = 0; /* pages by ear are counted here */
	if (!d->found && d->node->type == MENU_YES_NO)
		return dialogue_take_words(d, number);
	return dialogue_take_choice(d, number);
}

/* The next options; behind the last come the first again. */
static void more_options(struct dialogue *d, size_t n)
{
	d->ear = d->ear + DIALOGUE_EAR_OPTIONS < n ? d->ear + DIALOGUE_EAR_OPTIONS : 0;
	d->tries = 0;
}

/* Keys count from the first option that was said. */
static void take_menu_key(struct dialogue *d, const char *keys)
{
	char key = keys[0] && !keys[1] ? keys[0] : '\0';
	size_t n, i;

	dialogue_heard_labels(d, &n);
	i = key >= '1' && key <= '0' + DIALOGUE_EAR_OPTIONS ? d->ear + (key - '1') : n;
	if (key == '#' && n > DIALOGUE_EAR_OPTIONS) {
		more_options(d, n);
	} else if (key == '9' && d->ear >= DIALOGUE_EAR_OPTIONS) {
		d->ear -= DIALOGUE_EAR_OPTIONS;
		d->tries = 0;
	} else if (key == '9') {
		go_back(d);
	} else if (i >= n || !choose(d, i)) {
		not_heard(d);
	}
}

/* What the city finds is read back, or may be chosen from. \returns false: nothing */
static bool offer_keyed(struct dialogue *d, const char *type, const char *text)
{
	struct dialogue_found found = { 0 };
	int rc = d->ops->find(d->desk, type, text, d->slots, d->turn, &found);
	bool some = rc == 0 && json_array_size(found.candidates) > 0;

	d->failed = d->failed || (rc < 0 && rc != -ENOENT);
	if (some) {
		dialogue_forget_choice(d);
		d->found = json_incref(found.candidates);
		d->candidates = true;
		d->tries = 0;
	}
	json_decref(found.candidates);
	return some;
}

static void take_postcode(struct dialogue *d, const char *digits)
{
	struct dialogue_found found = { 0 };
	int rc = -ENOENT;

	if (strlen(digits) == POSTCODE_KEYS)
		rc = d->ops->find(d->desk, "keys.postcode", digits, d->slots, d->turn, &found);
	d->failed = d->failed || (rc < 0 && rc != -ENOENT);
	if (rc == 0 && json_array_size(found.candidates) > 0) {
		d->keyed = talloc_strdup(d->ctx, digits);
		d->tries = 0;
	} else {
		not_heard(d);
	}
	json_decref(found.candidates);
}

static void take_house(struct dialogue *d, const char *digits)
{
	bool taken;

	if (d->keyed)
		taken = offer_keyed(d, "keys.address",
				    talloc_asprintf(d->ctx, "%s %s", d->keyed, digits));
	else
		taken = dialogue_take_words(d, digits);
	if (!taken)
		not_heard(d);
}

/* "2411" is a day and a month, with a year behind it if need be. */
static const char *as_date(struct dialogue *d, const char *digits)
{
	size_t len = strlen(digits);

	if (len == 4)
		return talloc_asprintf(d->ctx, "%.2s-%s", digits, digits + 2);
	if (len == 8)
		return talloc_asprintf(d->ctx, "%.2s-%.2s-%s", digits, digits + 2, digits + 4);
	return "";
}

static void take_digits(struct dialogue *d, enum dialogue_heard heard, const char *digits)
{
	switch (heard) {
	case HEARD_POSTCODE:
		take_postcode(d, digits);
		return;
	case HEARD_HOUSE:
		take_house(d, digits);
		return;
	case HEARD_OBJECT:
		if (!offer_keyed(d, "keys.asset", digits))
			not_heard(d);
		return;
	case HEARD_NOTHING:
	case HEARD_MENU:
	case HEARD_PLACE:
	case HEARD_KEYS:
	case HEARD_MESSAGE:
		break;
	}
	if (!dialogue_take_words(d, d->node->type == MENU_DATE ? as_date(d, digits) : digits))
		not_heard(d);
}

/* '#' alone: the postcode without a house will do where a place may be rough; else back. */
static void end_empty(struct dialogue *d)
{
	if (!(d->keyed && d->node->rough && offer_keyed(d, "keys.postcode", d->keyed)))
		go_back(d);
}

static void take_entry(struct dialogue *d, enum dialogue_heard heard, const char *keys)
{
	size_t n = strcspn(keys, "#");

	if (!*keys)
		not_heard(d);
	else if (n == 0)
		end_empty(d);
	else
		take_digits(d, heard, talloc_strndup(d->ctx, keys, n));
}

/* In whose words the one who repairs reads that something was said: the city's. */
static const char *recorded_words(const struct dialogue *d)
{
	const struct talk *talk = d->turn->talk;
	const char *language = talk->languages ? talk->languages[0] : "nl";

	return phrase_say(d->ctx, talk->phrases, language, NULL, "voice.recorded", NULL,
			  talk->zone);
}

/* A message, or silence: there is nothing to add. */
static void take_message(struct dialogue *d, const char *keys)
{
	const struct menu_goto *to = &d->node->to;

	if (d->turn->recording_id) {
		dialogue_remember(d);
		dialogue_set(d, menu_slot(d->node), recorded_words(d));
		json_object_set_new(d->slots, "recording", json_integer(d->turn->recording_id));
		dialogue_done(d, to);
	} else if (!strcmp(keys, "9")) {
		go_back(d);
	} else if (*keys && strcmp(keys, "#") != 0) {
		not_heard(d);
	} else if (d->node->options_n == 0 || !dialogue_take_choice(d, "1")) {
		dialogue_add(d, dialogue_phrase(d, "voice.nothing", NULL));
		dialogue_reset(d);
	}
}

static void take_answer(struct dialogue *d, const char *keys)
{
	enum dialogue_heard heard = dialogue_heard(d);

	switch (heard) {
	case HEARD_NOTHING:
		dialogue_call_begins(d, false);
		return;
	case HEARD_MENU:
	case HEARD_PLACE:
		take_menu_key(d, keys);
		return;
	case HEARD_POSTCODE:
	case HEARD_HOUSE:
	case HEARD_OBJECT:
	case HEARD_KEYS:
		take_entry(d, heard, keys);
		return;
	case HEARD_MESSAGE:
		take_message(d, keys);
		return;
	}
}

void dialogue_take_keys(struct dialogue *d, const char *keys)
{
	const struct menu_node *node = d->node;
	json_t *found = json_incref(d->found);
	size_t len = strlen(keys), repeats = d->repeats;

	d->pages = NULL;
	d->repeats = 0;
	d->by_text = false;
	if (*keys || d->turn->recording_id)
		d->unsaid = NULL; /* whoever answers has heard it */
	if (node && len > 0 && keys[len - 1] == '*') {
		d->repeats = repeats + 1;
		if (d->heard)
			dialogue_add(d, d->heard);
	} else if (!strcmp(keys, "0") || !strcmp(keys, "0#")) {
		d->person = true;
	} else {
		d->steps = 0;
		d->heard = NULL;
		take_answer(d, keys);
	}
	if (d->node != node || d->found != found) {
		d->ear = 0;
		d->how = d->keyed = NULL;
	}
	d->over = d->over && d->node == node;
	json_decref(found);
}

/* ---- the beginning and the end ---- */

void dialogue_call_begins(struct dialogue *d, bool lost)
{
	d->pages = d->how = d->keyed = d->heard = NULL;
	d->ear = d->repeats = 0;
	d->over = d->by_text = false;
	d->greet = true;
	d->tries = 0;
	if (d->node && !d->node->quiet) {
		dialogue_add(d, dialogue_phrase(d, "voice.resumed", NULL));
		return;
	}
	if (lost)
		dialogue_add(d, dialogue_phrase(d, "dialogue.lost", NULL));
	dialogue_leave(d);
	dialogue_start_over(d);
}

void dialogue_call_goes_on(struct dialogue *d)
{
	dialogue_start_over(d);
	d->over = true;
}
