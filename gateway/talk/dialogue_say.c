// SPDX-License-Identifier: AGPL-3.0-or-later
/* The words of a turn: what is said, then the question with its choices. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/dialogue_int.h"
#include "talk/render.h"
#include "talk/workday.h"

#define REMIND_S  3600	/* of silence */
#define EXPIRE_S  86400 /* in all */
#define DAY_S	  86400
/* A session whose page is not answered is over after 25 s (a GSM network's guard is 30 s); two minutes
 * later whoever did not dial again is texted. */
#define SESSION_S (25 + 120)
#define CALL_S	  600 /* a call of which nobody says that it ended: longer than any message */

/* Of the phrases, for the channel. */
static const char *variant_of(const struct dialogue *d)
{
	switch (d->turn->channel) {
	case DIALOGUE_SMS:
		return NULL;
	case DIALOGUE_USSD:
		return "ussd";
	case DIALOGUE_VOICE:
		return "voice";
	}
	return NULL;
}

static void name_category(const struct dialogue *d, json_t *args, const char *slot,
			  const char *name)
{
	const char *slug = json_string_value(json_object_get(args, slot));

	if (slug)
		json_object_set_new(args, name,
				    json_string(category_name(d->turn->talk->categories, slug,
							      d->turn->language)));
}

/* The date that counts: the contractor's if there is one, else the promise. */
static void set_ready(json_t *args, const char *ready, const char *expected, const char *promise)
{
	json_t *date = json_object_get(args, expected);

	if (!json_is_number(date) || json_number_value(date) <= 0)
		date = json_object_get(args, promise);
	if (date)
		json_object_set(args, ready, date);
}

/* "Tomorrow" is what a person says for tomorrow's date: {ready_day}, for the words that are heard. */
static void name_day(const struct dialogue *d, json_t *args, const char *date)
{
	const char *zone = d->turn->talk->zone ? d->turn->talk->zone : "Europe/Amsterdam";
	int64_t at_s = (int64_t)json_number_value(json_object_get(args, date));
	char name[32];

	if (at_s <= workday_after(d->turn->now_s - DAY_S, 0, false, zone) ||
	    at_s > workday_after(d->turn->now_s, 1, false, zone))
		return;
	snprintf(name, sizeof(name), "%s_day", date);
	json_object_set_new(args, name,
			    json_string(at_s > workday_after(d->turn->now_s, 0, false, zone)
						? "tomorrow"
						: "today"));
}

static json_t *make_args(const struct dialogue *d, json_t *item)
{
	const struct talk *talk = d->turn->talk;
	json_t *args = json_copy(d->slots);
	const char *note;

	if (item) {
		/* of another report nothing of ours may show through */
		json_object_del(args, "expected");
		json_object_del(args, "note");
		json_object_update(args, item);
	}
	name_category(d, args, "category", "category_name");
	set_ready(args, "ready", "expected", "promise");
	set_ready(args, "near_ready", "near_expected", "near_promise");
	note = json_string_value(json_object_get(args, "note"));
	json_object_set_new(args, "has_note", json_string(note && *note ? "yes" : "no"));
	json_object_set_new(args, "city", json_string(talk->city ? talk->city : ""));
	json_object_set_new(args, "short_code",
			    json_string(talk->short_code ? talk->short_code : ""));
	json_object_set_new(args, "call_back", json_string(talk->call_back ? "yes" : "no"));
	if (d->turn->code)
		json_object_set_new(args, "ussd",
				    json_stringn(d->turn->code, strcspn(d->turn->code, "#")));
	if (d->turn->channel == DIALOGUE_VOICE) {
		name_day(d, args, "promise");
		name_day(d, args, "ready");
		name_day(d, args, "near_ready");
		dialogue_spell_args(args, talk, d->turn->language);
	}
	return args;
}

char *dialogue_phrase(struct dialogue *d, const char *key, json_t *item)
{
	json_t *args = make_args(d, item);
	char *text = phrase_say(d->ctx, d->turn->talk->phrases, d->turn->language, variant_of(d),
				key, args, d->turn->talk->zone);

	json_decref(args);
	if (d->turn->channel == DIALOGUE_VOICE &&
	    phrase_is_fixed(d->turn->talk->phrases, d->turn->language, "voice", key))
		json_object_set_new(d->fixed, text, json_string(key));
	return text;
}

void dialogue_add(struct dialogue *d, const char *text)
{
	if (!*text)
		return;
	d->body = talloc_asprintf(d->ctx, "%s%s%s", d->body, *d->body ? "\n" : "", text);
	OSMO_ASSERT(d->body);
}

static const char *typed_key(struct dialogue *d, const char *kind, enum menu_type type)
{
	return talloc_asprintf(d->ctx, "%s.%s", kind, menu_type_name(type));
}

static const char *item_label(struct dialogue *d, json_t *item)
{
	const char *label = json_string_value(json_object_get(item, "label"));
	const char *slug = json_string_value(json_object_get(item, "category"));

	if (d->candidates) {
		if (d->node->type == MENU_CATEGORY && slug)
			return category_name(d->turn->talk->categories, slug, d->turn->language);
		return label ? label : "";
	}
	return dialogue_phrase(d, d->node->option, item);
}

static bool is_confirmation(const struct dialogue *d)
{
	return d->candidates && json_array_size(d->found) == 1;
}

const char **dialogue_labels(struct dialogue *d, size_t *n)
{
	size_t max = MENU_OPTIONS_MAX + json_array_size(d->found) + 2;
	const char **labels = talloc_zero_array(d->ctx, const char *, max);
	json_t *item;
	size_t i;

	OSMO_ASSERT(labels);
	*n = 0;
	if (is_confirmation(d)) {
		labels[(*n)++] = dialogue_phrase(d, "word.yes", NULL);
		labels[(*n)++] = dialogue_phrase(d, "word.no", NULL);
		return labels;
	}
	json_array_foreach (d->found, i, item)
		labels[(*n)++] = item_label(d, item);
	if (d->candidates)
		labels[(*n)++] = dialogue_phrase(d, "which.none", NULL);
	for (i = 0; !d->found && !d->partial && i < d->node->options_n; i++)
		labels[(*n)++] = dialogue_phrase(d, d->node->options[i].say, NULL);
	return labels;
}

/* What was not understood is asked with other words, then with help and a way out. */
static char *ask_again(struct dialogue *d)
{
	enum menu_type type = d->found ? MENU_TYPE_NONE : d->node->type;
	const char *key;

	if (d->node->kind == MENU_CHOOSE)
		type = MENU_TYPE_NONE;
	if (d->tries == 1) {
		key = d->node->again && !d->found ? d->node->again : typed_key(d, "again", type);
		return dialogue_phrase(d, key, NULL);
	}
	key = d->node->help && !d->found ? d->node->help : typed_key(d, "help", type);
	if (d->turn->channel == DIALOGUE_VOICE)
		return dialogue_phrase(d, key, NULL);
	return talloc_asprintf(d->ctx, "%s %s", dialogue_phrase(d, key, NULL),
			       dialogue_phrase(d, "help.over", NULL));
}

char *dialogue_question_text(struct dialogue *d)
{
	if (d->tries > 0)
		return ask_again(d);
	if (is_confirmation(d))
		return dialogue_phrase(d, typed_key(d, "confirm", d->node->type),
				       json_array_get(d->found, 0));
	if (d->candidates)
		return dialogue_phrase(d, typed_key(d, "which", d->node->type), NULL);
	if (d->partial)
		return dialogue_phrase(
			d, dialogue_slot(d, "street") ? "place.number" : "place.street", NULL);
	return dialogue_phrase(d, d->node->say, NULL);
}

static char *question(struct dialogue *d, void *ctx, const char *before)
{
	bool paged = d->turn->channel == DIALOGUE_USSD; /* by page.h, not by the list */
	struct render r = { .numbered = true };
	const char *text;

	if (paged)
		d->from = 0;
	text = d->from > 0 && d->found && !d->tries ? "" : dialogue_question_text(d);
	r.from = d->found ? d->from : 0;
	r.labels = dialogue_labels(d, &r.n);
	if (d->found && !is_confirmation(d) && !paged)
		r.more = dialogue_phrase(d, "hint.more", NULL);
	r.text = *before && *text ? talloc_asprintf(d->ctx, "%s\n%s", before, text)
		 : *before	  ? before
				  : text;
	return render_page(ctx, d->turn->channel, &r, &d->shown);
}

static void add_answer(struct dialogue_out *out, char *text)
{
	if (out->n < DIALOGUE_ANSWERS_MAX && *text)
		out->answers[out->n++] = text;
}

/* A danger without a number of its own ("call: city") is the city's. */
static const char *number_to_call(const struct dialogue *d)
{
	const char *call = d->danger->call ? d->danger->call : "112";

	return strcmp(call, "city") == 0 ? d->turn->talk->short_code : call;
}

char *dialogue_danger_text(struct dialogue *d, void *ctx)
{
	const struct talk *talk = d->turn->talk;
	char *key = talloc_asprintf(d->ctx, "danger.%s", d->danger->slug);
	json_t *args = json_pack("{ss}", "call", number_to_call(d));
	bool aloud = d->turn->channel == DIALOGUE_VOICE;
	bool own = phrase_has(talk->phrases, d->turn->language, key, false) ||
		   phrase_has(talk->phrases, "nl", key, true);
	char *text;

	if (aloud)
		dialogue_spell_args(args, talk, d->turn->language);
	text = phrase_say(ctx, talk->phrases, d->turn->language, variant_of(d),
			  own ? key : "danger.call", args, talk->zone);
	json_decref(args);
	return text;
}

/* A wait that does not end in the night. */
static int by_day(const struct dialogue *d, int wait_s)
{
	const char *zone = d->turn->talk->zone ? d->turn->talk->zone : "Europe/Amsterdam";

	return (int)(workday_awake(d->turn->now_s + wait_s, zone) - d->turn->now_s);
}

void dialogue_keep(const struct dialogue *d, void *ctx, struct dialogue_out *out)
{
	out->state = dialogue_state_write(d, ctx);
	if (!out->state)
		return;
	out->expire_s = by_day(d, d->node && d->node->days ? d->node->days * EXPIRE_S : EXPIRE_S);
	if (d->call && (d->unsaid || d->by_text || (d->node && !d->node->quiet)))
		out->remind_s = CALL_S;
	else if (d->session && (d->unsaid || (d->node && !d->node->quiet)))
		out->remind_s = SESSION_S; /* by night too: the phone is in the hand */
	else if (d->node && !d->node->quiet)
		out->remind_s = by_day(d, REMIND_S);
	else if ((d->session || !d->node) && json_array_size(d->queue) > 0)
		out->expire_s = SESSION_S; /* our question waits only for the end of the session */
	if (out->remind_s)
		out->expire_s -= out->remind_s;
}

static void add_line(struct dialogue *d, char **text, const char *line)
{
	*text = talloc_asprintf(d->ctx, "%s%s%s", *text, **text && *line ? "\n" : "", line);
	OSMO_ASSERT(*text);
}

/* All that a turn says as one text, of which a page is shown. */
static void answer_session(struct dialogue *d, void *ctx, struct dialogue_out *out)
{
	char *all = talloc_strdup(d->ctx, "");

	if (d->danger)
		add_line(d, &all, dialogue_danger_text(d, d->ctx));
	if (dialogue_asks(d))
		add_line(d, &all, question(d, d->ctx, d->body));
	else
		add_line(d, &all, d->body);
	d->pages = all;
	d->page = 0;
	dialogue_show_page(d, ctx, out);
}

void dialogue_answer(struct dialogue *d, void *ctx, struct dialogue_out *out)
{
	char *whole;

	if (d->turn->channel == DIALOGUE_USSD) {
		answer_session(d, ctx, out);
		return;
	}
	if (d->turn->channel == DIALOGUE_VOICE) {
		dialogue_answer_call(d, ctx, out);
		return;
	}
	d->pages = NULL;
	d->session = d->call = false;
	out->last = !dialogue_asks(d);
	if (d->danger)
		add_answer(out, dialogue_danger_text(d, ctx));
	if (!dialogue_asks(d)) {
		add_answer(out, talloc_strdup(ctx, d->body));
	} else {
		size_t alone;

		whole = question(d, ctx, "");
		alone = d->shown;
		if (*d->body) {
			char *both = question(d, ctx, d->body);

			/* together if that costs no more than an answer may and shows no less */
			if (d->shown == alone && render_fits(d->turn->channel, both)) {
				whole = both;
			} else {
				add_answer(out, talloc_strdup(ctx, d->body));
				d->shown = alone;
			}
		}
		add_answer(out, whole);
	}
	dialogue_keep(d, ctx, out);
}
