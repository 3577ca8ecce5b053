// SPDX-License-Identifier: AGPL-3.0-or-later
/* One turn: words that always work, then the question that waits, then a new beginning. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/dialogue_int.h"
#include "talk/phrase_fold.h"

#define FILLER_WORDS	 2 /* behind a word that always works */
#define FILLER_WORDS_MAX 4 /* behind STOP, which nobody should have to say twice */
#define BRIEF_WORDS	 4 /* a street alone is a beginning only in a text of so few */

/* An entry that fits a text. */
struct entrance {
	const struct menu_entry *entry; /* NULL none */
	const char *word;		/* its keyword in the text, NULL none */
	size_t word_len;
	const char *rest;     /* what follows, "" nothing */
	const char *language; /* chosen by name, NULL none */
};

/* ---- what fits ---- */

static bool has_category(const struct dialogue *d, const char *text)
{
	struct category_match match;

	category_match(&match, d->turn->talk->categories, text, d->turn->language);
	return match.n > 0;
}

enum sureness {
	SURE,	       /* beyond doubt */
	SURE_AT_START, /* and the text begins with it */
	ROUGH,	       /* a house number may be missing */
	ANY,	       /* or it is asked which of several */
	ANY_AT_START,  /* and the text begins with it */
	COMPLETE,      /* any, of which nothing is missing */
};

static bool is_found(const struct dialogue_found *found, enum sureness how)
{
	size_t n = json_array_size(found->candidates);

	switch (how) {
	case SURE:
		return n == 1 && found->exact;
	case SURE_AT_START:
		return n == 1 && found->exact && found->span_start == 0;
	case ROUGH:
		return n == 1 && (found->exact || found->incomplete);
	case ANY:
		return n > 0;
	case ANY_AT_START:
		return n > 0 && found->span_start == 0;
	case COMPLETE:
		return n > 0 && !found->incomplete;
	}
	return false;
}

/* Does the text hold a place, a reference, or what notices can be about? */
static bool has_found(struct dialogue *d, const char *type, const char *text, enum sureness how)
{
	struct dialogue_found found = { 0 };
	int rc = d->ops->find(d->desk, type, text, d->slots, d->turn, &found);
	bool has;

	if (rc < 0) {
		d->failed = d->failed || rc != -ENOENT;
		return false;
	}
	has = is_found(&found, how);
	json_decref(found.candidates);
	return has;
}

static bool says(struct dialogue *d, enum menu_type type, const char *text)
{
	if (type == MENU_CATEGORY)
		return has_category(d, text);
	if (type == MENU_PLACE || type == MENU_REFERENCE)
		return has_found(d, menu_type_name(type), text, ROUGH);
	if (type == MENU_SUBJECT || type == MENU_SUBSCRIPTION)
		return has_found(d, menu_type_name(type), text, ANY);
	return false;
}

/* "stop it", "help me": words that say nothing of their own, where no question waits. */
static bool is_filler(const struct dialogue *d, const char *rest, size_t max)
{
	struct phrase_word words[FILLER_WORDS_MAX + 1];
	size_t n;
	char *folded = phrase_fold_words(d->ctx, rest, words, ARRAY_SIZE(words), &n);

	return (!d->node || d->node->quiet) && n <= max && !strpbrk(folded, "0123456789") &&
	       !has_category(d, rest) && !category_danger(d->turn->talk->categories, rest);
}

static bool is_brief(const struct dialogue *d, const char *text)
{
	struct phrase_word words[BRIEF_WORDS + 1];
	size_t n;

	phrase_fold_words(d->ctx, text, words, ARRAY_SIZE(words), &n);
	return n <= BRIEF_WORDS;
}

/* May what follows the keyword be an answer to the question that waits?  "aan het Spui" and "aan Spui 70" say where it
 * is; "AAN SPUI" says what is wanted. */
static bool may_answer(struct dialogue *d, const struct menu_entry *e, const char *rest)
{
	if (!e->unless || !d->node || d->node->type != e->unless)
		return false;
	return !has_found(d, menu_type_name(e->with), rest, ANY_AT_START) ||
	       has_found(d, menu_type_name(e->unless), rest, COMPLETE);
}

/* Does an entry bear what stands behind its keyword? */
static bool may_follow(struct dialogue *d, const struct menu_entry *e, const char *rest)
{
	bool stop_all = e->loose && phrase_is_keyword(d->turn->talk->phrases, NULL, "all", rest);

	if (e->with)
		return *rest && says(d, e->with, rest) && !may_answer(d, e, rest);
	if (!*rest || stop_all)
		return true;
	if ((e->whole || e->always) &&
	    !(e->loose && is_filler(d, rest, e->drop ? FILLER_WORDS_MAX : FILLER_WORDS)))
		return false;
	return !(e->without && says(d, e->without, rest));
}

static struct entrance keyword_entrance(struct dialogue *d, const char *text, bool always)
{
	const struct talk *talk = d->turn->talk;
	struct entrance in = { .word = text, .rest = "" };
	const char *keyword = phrase_keyword_at(talk->phrases, d->turn->language, text, &in.rest);

	if (!keyword)
		return in;
	in.word_len = in.rest - text;
	for (size_t i = 0; i < menu_entry_count(talk->menus); i++) {
		const struct menu_entry *e = menu_entry_at(talk->menus, i);

		if (e->kind != MENU_ENTRY_KEYWORD || e->always != always ||
		    strcmp(e->keyword, keyword))
			continue;
		if (!may_follow(d, e, in.rest) || (e->brief && !is_brief(d, text)))
			continue;
		in.entry = e;
		return in;
	}
	return in;
}

/* "I would like to REPORT something" */
static struct entrance within_entrance(struct dialogue *d, const char *text)
{
	const struct talk *talk = d->turn->talk;
	struct entrance in = { .rest = "" };
	const char *keyword;

	for (const char *at = text; at && *at; at = strchr(at, ' ')) {
		at += *at == ' ';
		keyword = phrase_keyword_at(talk->phrases, d->turn->language, at, &in.rest);
		for (size_t i = 0; keyword && i < menu_entry_count(talk->menus); i++) {
			const struct menu_entry *e = menu_entry_at(talk->menus, i);

			if (e->kind != MENU_ENTRY_KEYWORD || !e->within ||
			    strcmp(e->keyword, keyword))
				continue;
			in.entry = e;
			in.word = at;
			in.word_len = in.rest - at;
			return in;
		}
	}
	return in;
}

static const struct menu_entry *entry_of(const struct dialogue *d, enum menu_entry_kind kind)
{
	const struct menus *menus = d->turn->talk->menus;

	for (size_t i = 0; i < menu_entry_count(menus); i++)
		if (menu_entry_at(menus, i)->kind == kind)
			return menu_entry_at(menus, i);
	return NULL;
}

static struct entrance always_entrance(struct dialogue *d, const char *text)
{
	struct entrance in = keyword_entrance(d, text, true);

	if (in.entry)
		return in;
	in.language = phrases_language_of(d->turn->talk->phrases, text);
	in.word = NULL;
	in.rest = "";
	if (in.language)
		in.entry = entry_of(d, MENU_ENTRY_LANGUAGE);
	return in;
}

/* A beginning that no keyword marks. */
static struct entrance plain_entrance(struct dialogue *d, const char *text)
{
	struct entrance in = { .rest = text };
	const struct menu_entry *e;

	if (phrase_is_keyword(d->turn->talk->phrases, NULL, "unsure", text))
		in.entry = entry_of(d, MENU_ENTRY_OTHERWISE);
	else if ((e = entry_of(d, MENU_ENTRY_REFERENCE)) &&
		 has_found(d, "reference", text, SURE_AT_START))
		in.entry = e;
	else if ((e = entry_of(d, MENU_ENTRY_CATEGORY)) && (d->danger || has_category(d, text)))
		in.entry = e;
	else if ((e = entry_of(d, MENU_ENTRY_PLACE)) &&
		 has_found(d, "place", text, is_brief(d, text) ? ROUGH : SURE))
		in.entry = e;
	else
		in = within_entrance(d, text);
	if (!in.entry)
		in.entry = entry_of(d, MENU_ENTRY_OTHERWISE);
	return in;
}

/* May an entry break into the question that waits? */
static bool may_interrupt(struct dialogue *d, const struct entrance *in)
{
	const struct menu_entry *e = in->entry;

	if (!e || !e->anywhere || (e->unless && e->unless == d->node->type) ||
	    (e->inside && *in->rest && !says(d, e->inside, in->rest)))
		return false;
	/* a sentence that begins with such a word is an answer to "write it in your words" */
	return d->node->type != MENU_TEXT || !*in->rest ||
	       has_found(d, "reference", in->rest, SURE_AT_START);
}

/* ---- language ---- */

static bool speaks(const struct dialogue *d, const char *language, const char *keyword,
		   const char *word)
{
	return phrase_is_keyword(d->turn->talk->phrases, language, keyword, word);
}

static void take_language(struct dialogue *d, const char *language)
{
	json_t *slots = json_pack("{ss}", "language", language);

	if (!d->ops->call(d->desk, "person.language", slots, d->turn))
		d->failed = true;
	json_decref(slots);
	OSMO_STRLCPY_ARRAY(d->turn->language, language);
}

/* The same for whoever says what is wrong in another language. */
static void guess_language_said(struct dialogue *d, const char *text)
{
	const char *const *languages = d->turn->talk->languages;
	struct category_match match;

	if (d->turn->language_chosen || !languages)
		return;
	category_match(&match, d->turn->talk->categories, text, d->turn->language);
	for (size_t i = 0; match.language && languages[i]; i++) {
		if (strcmp(languages[i], match.language))
			continue;
		take_language(d, languages[i]);
		return;
	}
}

/* Whoever begins with another language's word and has not chosen one is answered in that. */
static void guess_language(struct dialogue *d, const struct entrance *in)
{
	struct dialogue_turn *turn = d->turn;
	const char *const *languages = turn->talk->languages;
	char *word;

	if (turn->language_chosen || !in->word || !languages)
		return;
	word = answer_clean(d->ctx, talloc_strndup(d->ctx, in->word, in->word_len));
	if (speaks(d, turn->language, in->entry->keyword, word))
		return;
	for (size_t i = 0; languages[i]; i++) {
		if (!speaks(d, languages[i], in->entry->keyword, word))
			continue;
		take_language(d, languages[i]);
		return;
	}
}

/* ---- beginning ---- */

/* Who begins something else returns no more to what gave way. */
static void drop_kept(struct dialogue *d)
{
	for (size_t i = json_array_size(d->queue); i-- > 0;)
		if (json_object_get(json_array_get(d->queue, i), "said"))
			json_array_remove(d->queue, i);
}

void dialogue_leave(struct dialogue *d)
{
	drop_kept(d);
	if (d->node && d->node->days) {
		json_t *slots = json_copy(d->slots);

		dialogue_queue(d, d->node, slots);
		json_decref(slots);
	}
	dialogue_reset(d);
}

static void begin(struct dialogue *d, const struct entrance *in)
{
	if (in->entry->kind == MENU_ENTRY_KEYWORD)
		guess_language(d, in);
	else if (in->entry->kind == MENU_ENTRY_CATEGORY)
		guess_language_said(d, in->rest);
	dialogue_leave(d);
	if (d->danger)
		json_object_set_new(d->slots, "urgent", json_integer(1));
	if (in->entry->kind != MENU_ENTRY_OTHERWISE)
		dialogue_said(d, in->rest);
	dialogue_walk(d, in->entry->to.node);
}

static void begin_anew(struct dialogue *d, const char *text)
{
	struct entrance in = keyword_entrance(d, text, false);

	if (!in.entry)
		in = plain_entrance(d, text);
	if (in.entry)
		begin(d, &in);
	else
		dialogue_reset(d);
}

/* Ends a side step: there was nothing to return to, or it asks something itself. */
static void leave_kept(struct dialogue *d, const struct dialogue *kept, bool returns)
{
	if (returns && kept->node)
		dialogue_queue_kept(d, kept);
	json_decref(kept->slots);
	json_decref(kept->back);
	json_decref(kept->found);
}

/* STOP, HELP, a language's name, AAN SPUI: a side step, after which the conversation goes on. */
static void step_aside(struct dialogue *d, const struct entrance *in)
{
	struct dialogue kept = *d;
	bool offered = in->entry->with && d->node && d->node->quiet && !d->node->days;

	guess_language(d, in);
	d->slots = json_object();
	d->back = json_array();
	d->found = NULL;
	d->node = NULL;
	d->said = d->left = talloc_strdup(d->ctx, "");
	d->partial = NULL;
	if (in->language)
		dialogue_set(d, "language", in->language);
	if (in->entry->with)
		dialogue_said(d, in->rest);
	dialogue_walk(d, in->entry->to.node);
	/* a list of what one gets is old once something of it has ended */
	if (d->node || in->entry->drop || offered) {
		leave_kept(d, &kept, in->entry->with && !offered);
		if (in->entry->drop)
			json_array_clear(d->queue);
		return;
	}
	json_decref(d->slots);
	json_decref(d->back);
	json_decref(d->found);
	kept.body = d->body;
	kept.steps = d->steps;
	kept.failed = d->failed;
	kept.did = d->did;
	kept.tries = 0;
	*d = kept;
	if (in->language && d->node && d->node->from && !strcmp(d->node->from, "languages"))
		dialogue_reset(d); /* that was the answer */
}

/* ---- keys that move about ---- */

bool dialogue_is_key(const struct dialogue *d, const char *text, const char *key, const char *word)
{
	return !strcmp(text, key) ||
	       phrase_is_keyword(d->turn->talk->phrases, d->turn->language, word, text);
}

void dialogue_back(struct dialogue *d)
{
	size_t n = json_array_size(d->back);
	json_t *visit;
	const struct menu_node *node;

	if (d->found && d->candidates) {
		/* from "which of these" to the open question */
		json_decref(d->found);
		d->found = NULL;
		d->candidates = false;
		d->tries = 0;
		return;
	}
	if (d->partial || n == 0) {
		if (!d->partial)
			dialogue_add(d, dialogue_phrase(d, "dialogue.first", NULL));
		d->partial = NULL;
		d->tries = 0;
		return;
	}
	visit = json_incref(json_array_get(d->back, n - 1));
	json_array_remove(d->back, n - 1);
	json_object_clear(d->slots);
	json_object_update(d->slots, json_object_get(visit, "slots"));
	node = menu_find(d->turn->talk->menus, json_string_value(json_object_get(visit, "node")));
	json_decref(visit);
	d->said = talloc_strdup(d->ctx, "");
	d->left = talloc_strdup(d->ctx, "");
	dialogue_walk(d, node);
}

static void next_page(struct dialogue *d)
{
	size_t n;

	dialogue_labels(d, &n);
	if (d->found && d->shown && d->from + d->shown < n)
		d->from += d->shown;
	else
		dialogue_add(d, dialogue_phrase(d, "dialogue.last", NULL));
	d->tries = 0;
}

void dialogue_start_over(struct dialogue *d)
{
	const struct menu_node *node = NULL;
	const struct menus *menus = d->turn->talk->menus;

	for (size_t i = 0; i < menu_entry_count(menus) && !node; i++) {
		const struct menu_entry *e = menu_entry_at(menus, i);

		if (e->kind == MENU_ENTRY_KEYWORD && !strcmp(e->keyword, "menu"))
			node = e->to.node;
	}
	drop_kept(d);
	dialogue_reset(d);
	dialogue_walk(d, node);
}

static bool take_moving(struct dialogue *d, const char *text)
{
	if (dialogue_is_key(d, text, "00", "over")) {
		dialogue_start_over(d);
		return true;
	}
	if (d->pages && dialogue_is_key(d, text, "#", "more")) {
		d->from = 0; /* a session began to show it: again, by text */
		d->tries = 0;
		return true;
	}
	if ((dialogue_is_key(d, text, "#", "more") && d->found) ||
	    (d->turn->channel == DIALOGUE_USSD && !strcmp(text, "#"))) {
		next_page(d);
		return true;
	}
	if (dialogue_is_key(d, text, "0", "back") && d->node->type != MENU_NUMBER) {
		dialogue_back(d);
		return true;
	}
	return false;
}

/* ---- the turn ---- */

/* Is it more than an answer that was not understood: the beginning of something else? */
static bool begins_else(struct dialogue *d, const char *text)
{
	const struct menu_entry *e = entry_of(d, MENU_ENTRY_REFERENCE);

	if (d->danger || keyword_entrance(d, text, false).entry)
		return d->danger || d->node->quiet;
	if (d->node->quiet)
		return plain_entrance(d, text).entry != entry_of(d, MENU_ENTRY_OTHERWISE);
	return e && e->anywhere && has_found(d, "reference", text, SURE_AT_START);
}

/* Where, in answer to what: it is kept, and what is asked again. */
static bool keep_place(struct dialogue *d, const char *text)
{
	struct dialogue_found found = { 0 };
	const char *label;
	bool kept = false;

	if (d->node->type != MENU_CATEGORY || (d->found && !d->candidates) ||
	    d->ops->find(d->desk, "place", text, d->slots, d->turn, &found) < 0)
		return false;
	label = json_string_value(json_object_get(json_array_get(found.candidates, 0), "label"));
	if (json_array_size(found.candidates) == 1 && found.exact && label) {
		dialogue_said(d, text);
		dialogue_add(d, talloc_asprintf(d->ctx, "%s.", label));
		d->tries = 0;
		kept = true;
	}
	json_decref(found.candidates);
	return kept;
}

static void not_understood(struct dialogue *d, const char *text)
{
	if (keep_place(d, text))
		return;
	if (begins_else(d, text))
		begin_anew(d, text);
	else if (d->tries < 99)
		d->tries++;
}

/* The report becomes urgent, and is of the danger where that has a category of its own. */
static void turn_to_danger(struct dialogue *d)
{
	const char *category = d->danger->category;

	json_object_set_new(d->slots, "urgent", json_integer(1));
	if (dialogue_slot(d, "category") && !dialogue_slot(d, "reference") && category &&
	    strcmp(category, "other"))
		dialogue_set(d, "category", category);
}

/* "Street light out, Denneweg 83", where only the place of a full container was asked. */
static bool is_another_report(struct dialogue *d, const char *text)
{
	const char *thing = dialogue_slot(d, "thing");
	struct category_match match;

	if (d->node->type != MENU_PLACE || d->partial || d->found || !dialogue_slot(d, "category"))
		return false;
	category_match(&match, d->turn->talk->categories, text, d->turn->language);
	if (match.n != 1 || match.only_thing || match.span_count == 0 || match.spans[0].start > 0 ||
	    (thing && match.found[0]->thing && !strcmp(thing, match.found[0]->thing)))
		return false;
	return strcmp(match.found[0]->slug, dialogue_slot(d, "category")) &&
	       has_found(d, "place", text, ROUGH);
}

static void take_with_question(struct dialogue *d, const char *text)
{
	struct entrance in;

	if (d->danger)
		turn_to_danger(d);
	if (take_moving(d, text) || dialogue_take_choice(d, text))
		return;
	in = keyword_entrance(d, text, false);
	if (may_interrupt(d, &in)) {
		begin(d, &in);
		return;
	}
	if (is_another_report(d, text))
		begin_anew(d, text);
	else if (!dialogue_take_words(d, text))
		not_understood(d, text);
}

void dialogue_take_or_begin(struct dialogue *d, const char *text)
{
	d->steps = 0;
	if (d->node)
		take_with_question(d, text);
	else
		begin_anew(d, text);
}

/* A danger is answered first, once in a conversation. */
static void look_for_danger(struct dialogue *d, const char *text)
{
	const struct danger *danger = category_danger(d->turn->talk->categories, text);

	if (danger && !json_object_get(d->slots, "danger_told"))
		d->danger = danger;
}

static void take(struct dialogue *d, bool lost, const char *text, bool *command)
{
	struct entrance in = always_entrance(d, text);

	if (in.entry) {
		/* with something of its own behind it a word is a text like others */
		*command = !in.entry->with;
		if (in.entry->with)
			look_for_danger(d, text);
		step_aside(d, &in);
		if (d->danger)
			json_object_set_new(d->slots, "danger_told", json_true());
		if (d->turn->called_back)
			d->did = false; /* the phone rings: that says it */
		return;
	}
	look_for_danger(d, text);
	if (lost)
		dialogue_add(d, dialogue_phrase(d, "dialogue.lost", NULL));
	if (lost && !keyword_entrance(d, text, false).entry &&
	    plain_entrance(d, text).entry == entry_of(d, MENU_ENTRY_OTHERWISE))
		dialogue_start_over(d);
	else
		dialogue_take_or_begin(d, text);
	if (d->danger)
		json_object_set_new(d->slots, "danger_told", json_true());
}

int dialogue_finish(struct dialogue *d, void *ctx, struct dialogue_out *out, bool command)
{
	if (d->failed)
		return -EIO;
	if (d->turn->first && !command)
		dialogue_add(d, dialogue_phrase(d, "privacy", NULL));
	dialogue_next(d);
	if (d->turn->channel == DIALOGUE_VOICE && !d->node && !d->failed && !d->hold)
		dialogue_call_goes_on(d);
	if (!d->node && !*d->body && !d->danger && !d->hold)
		dialogue_start_over(d); /* never silence */
	if (d->failed)
		return -EIO;
	dialogue_say_unsaid(d);
	dialogue_answer(d, ctx, out);
	return 0;
}

int dialogue_take(void *ctx, const char *state, const char *text, struct dialogue_turn *turn,
		  const struct dialogue_desk *ops, void *desk, struct dialogue_out *out)
{
	void *tmp = talloc_new(NULL);
	const char *clean = answer_clean(tmp, text);
	struct dialogue d;
	bool lost;
	int rc = 0;

	*out = (struct dialogue_out){ 0 };
	dialogue_init(&d, tmp, turn, ops, desk);
	lost = dialogue_state_read(&d, state) < 0;
	if (turn->channel == DIALOGUE_VOICE) {
		if (lost)
			dialogue_call_begins(&d, true);
		else
			dialogue_take_keys(&d, clean);
		rc = dialogue_finish(&d, ctx, out, true);
	} else if (dialogue_turn_page(&d, clean)) {
		dialogue_show_page(&d, ctx, out);
	} else {
		take(&d, lost, clean, &out->command);
		rc = dialogue_finish(&d, ctx, out, out->command && !turn->called_back);
	}
	talloc_free(tmp);
	return rc;
}
