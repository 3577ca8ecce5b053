// SPDX-License-Identifier: AGPL-3.0-or-later
/* What notices can be about, in a resident's words: a street, an area, a category, a list, everything.
 *
 * The words must say that and nothing else: "AAN SPUI" is a subscription, "aan het Spui ligt afval" a report.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "desk/desk_int.h"
#include "desk/desk_subscribe.h"
#include "talk/fuzzy.h"
#include "talk/phrase_fold.h"
#include "talk/place.h"

#define WORDS_MAX 16

struct subject_finder {
	struct desk *d;
	void *ctx;
	struct dialogue_turn *turn;
	const char *text, *folded;
	struct phrase_word words[WORDS_MAX];
	size_t n;
	json_t *candidates;
	bool guessed; /* letters were forgiven */
	int rc;
};

static void add(struct subject_finder *f, json_t *subject)
{
	if (json_array_size(f->candidates) < DESK_CANDIDATES_MAX)
		json_array_append(f->candidates, subject);
	json_decref(subject);
}

static json_t *subject_of(const char *kind, const char *label)
{
	return json_pack("{ss ss ss}", "subject_kind", kind, "subject", kind, "label", label);
}

/* "op", "near": says nothing of its own. */
static bool is_filler(const struct subject_finder *f, size_t i)
{
	char word[32];

	if (f->words[i].len >= sizeof(word))
		return false;
	memcpy(word, f->folded + f->words[i].at, f->words[i].len);
	word[f->words[i].len] = '\0';
	return place_is_filler(word);
}

/* Are all words but fillers within one of the spans? */
static bool is_all_said(const struct subject_finder *f, const struct category_span *spans, size_t n)
{
	for (size_t i = 0; i < f->n; i++) {
		bool within = is_filler(f, i);

		for (size_t k = 0; k < n && !within; k++)
			within = f->words[i].start >= spans[k].start &&
				 f->words[i].end <= spans[k].end;
		if (!within)
			return false;
	}
	return true;
}

/* ---- everything, a list, an area ---- */

static void find_all(struct subject_finder *f)
{
	if (phrase_is_keyword(f->turn->talk->phrases, NULL, "all", f->text))
		add(f, subject_of("all", f->text));
	else if (f->n == 0 && phrase_is_keyword(f->turn->talk->phrases, NULL, "help", f->text))
		add(f, subject_of("mine", f->text)); /* "AAN?" */
}

static void find_list(struct subject_finder *f)
{
	char name[DESK_LIST_SIZE];
	int rc = store_list_find(f->d->st, f->text, name, sizeof(name));

	if (rc < 0 && rc != -ENOENT)
		f->rc = rc;
	if (rc == 0) {
		json_t *subject = subject_of("list", name);

		desk_set_text(subject, "list", name);
		add(f, subject);
	}
}

/* A slug is the folded name with dashes. */
static void find_area(struct subject_finder *f)
{
	char name[96];
	int64_t id;

	for (size_t i = 0; i < f->n && f->rc == 0; i++) {
		char *slug = talloc_strdup(f->ctx, f->folded + f->words[i].at);
		int rc;

		for (char *p = slug; *p; p++)
			if (*p == ' ')
				*p = '-';
		rc = store_area_find(f->d->st, slug, &id, name, sizeof(name));
		if (rc < 0 && rc != -ENOENT)
			f->rc = rc;
		if (rc == 0) {
			json_t *subject = subject_of("area", name);

			desk_set_int(subject, "area_id", id);
			desk_set_text(subject, "area", name);
			add(f, subject);
			return;
		}
		if (!is_filler(f, i))
			return;
	}
}

/* ---- a street ---- */

/* Is the street among the words as it is written, or shortened as people do? */
static bool is_as_written(const struct subject_finder *f, const char *street)
{
	char typed[PLACE_STREET_SIZE], key[PLACE_STREET_SIZE];
	char *name = phrase_fold(f->ctx, street);
	char *padded = talloc_asprintf(f->ctx, " %s ", f->folded);

	place_street_key(typed, f->folded);
	place_street_key(key, name);
	return strstr(padded, talloc_asprintf(f->ctx, " %s ", name)) || !strcmp(typed, key) ||
	       strpbrk(f->folded, "0123456789");
}

static bool has_street(json_t *candidates, int64_t street_id)
{
	size_t i;
	json_t *other;

	json_array_foreach (candidates, i, other)
		if (desk_slot_int(other, "street_id") == street_id)
			return true;
	return false;
}

static void add_street(struct subject_finder *f, json_t *place)
{
	const char *street = desk_slot_text(place, "street");
	int64_t id = desk_slot_int(place, "street_id");
	struct place on;
	char label[DESK_LABEL_SIZE];
	json_t *subject;

	if (!id || desk_slot_int(place, "asset_id") || has_street(f->candidates, id) ||
	    store_place_on_street(f->d->st, id, &on) < 0)
		return;
	desk_label(label, &on, true, f->turn);
	subject = subject_of("street", label);
	desk_set_int(subject, "street_id", id);
	desk_set_text(subject, "street", street);
	f->guessed = f->guessed || !is_as_written(f, street);
	add(f, subject);
}

/* \param[in] lead  "op ": what follows is a street, and may be mistyped */
static void find_street(struct subject_finder *f, const char *lead)
{
	char *text = talloc_asprintf(f->ctx, "%s%s", lead, f->text);
	size_t shift = strlen(lead), i;
	struct dialogue_found found = {};
	struct category_span span;
	json_t *none = json_object(), *place;

	f->rc = desk_find_place(f->d, text, none, f->turn, false, &found);
	json_decref(none);
	if (f->rc < 0)
		return;
	span.start = found.span_start > shift ? found.span_start - shift : 0;
	span.end = found.span_end > shift ? found.span_end - shift : 0;
	if (is_all_said(f, &span, 1))
		json_array_foreach (found.candidates, i, place)
			add_street(f, place);
	json_decref(found.candidates);
}

/* ---- a category, or a main group of them ---- */

/* The group, if all that was matched are all of its categories; NULL if not. */
static const char *group_of(const struct categories *cats, const struct category_match *match)
{
	const char *main_slug = match->found[0]->main;
	size_t all = 0;

	for (size_t i = 0; i < match->n; i++)
		if (strcmp(match->found[i]->main, main_slug) != 0)
			return NULL;
	for (size_t i = 0; i < categories_count(cats); i++)
		all += strcmp(category_at(cats, i)->main, main_slug) == 0;
	return all == match->n ? main_slug : NULL;
}

static void find_category(struct subject_finder *f)
{
	const struct categories *cats = f->turn->talk->categories;
	const char *language = f->turn->language, *group;
	struct category_match match;

	category_match(&match, cats, f->text, language);
	if (match.n == 0 || !is_all_said(f, match.spans, match.span_count))
		return;
	group = match.n > 1 ? group_of(cats, &match) : NULL;
	if (group) {
		json_t *subject = subject_of("category", category_main_name(cats, group, language));

		desk_set_text(subject, "main", group);
		add(f, subject);
		return;
	}
	for (size_t i = 0; i < match.n && i < DESK_CANDIDATES_MAX; i++) {
		const char *slug = match.found[i]->slug;
		json_t *subject = subject_of("category", category_name(cats, slug, language));

		desk_set_text(subject, "category", slug);
		add(f, subject);
	}
}

/* ---- what a resident may subscribe to ---- */

static void find_subject(struct subject_finder *f)
{
	static void (*const ways[])(struct subject_finder * f) = { find_all, find_list, find_area };

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (f->rc == 0 && json_array_size(f->candidates) == 0)
			ways[i](f);
	if (f->rc == 0 && f->n > 0 && json_array_size(f->candidates) == 0)
		find_street(f, "");
	if (f->rc == 0 && json_array_size(f->candidates) == 0)
		find_category(f);
	if (f->rc == 0 && f->n > 0 && json_array_size(f->candidates) == 0)
		find_street(f, "op ");
}

static void begin(struct subject_finder *f, struct desk *d, const char *text,
		  struct dialogue_turn *turn)
{
	*f = (struct subject_finder){ .d = d, .turn = turn, .text = text };
	f->ctx = talloc_new(d);
	f->candidates = json_array();
	f->folded = phrase_fold_words(f->ctx, text, f->words, WORDS_MAX, &f->n);
}

/* Where the first word stands that is no filler: "aan" of "aan het Spui" says less than of "aan Spui". */
static size_t first_said(const struct subject_finder *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (!is_filler(f, i))
			return f->words[i].start - f->words[0].start;
	return 0;
}

static int end(struct subject_finder *f, struct dialogue_found *found)
{
	*found = (struct dialogue_found){
		.candidates = f->candidates,
		.exact = json_array_size(f->candidates) == 1 && !f->guessed,
		.span_start = first_said(f),
		.span_end = strlen(f->text),
	};
	if (f->rc < 0)
		json_decref(f->candidates);
	talloc_free(f->ctx);
	return f->rc < 0 ? -EIO : 0;
}

int desk_find_subject(struct desk *d, const char *text, struct dialogue_turn *turn,
		      struct dialogue_found *found)
{
	struct subject_finder f;

	begin(&f, d, text, turn);
	if (f.n < WORDS_MAX)
		find_subject(&f);
	return end(&f, found);
}

/* ---- what a resident may end ---- */

static bool is_same(json_t *a, json_t *b)
{
	static const char *const slots[] = { "subject_kind", "category", "main" };
	static const char *const refs[] = { "street_id", "area_id" };

	for (size_t i = 0; i < ARRAY_SIZE(slots); i++)
		if (strcmp(desk_slot_text(a, slots[i]), desk_slot_text(b, slots[i])) != 0)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(refs); i++)
		if (desk_slot_int(a, refs[i]) != desk_slot_int(b, refs[i]))
			return false;
	return true;
}

/* Their names, of which a letter or two may be wrong. */
static void find_by_name(struct subject_finder *f, json_t *own)
{
	json_t *one;
	size_t i;

	json_array_foreach (own, i, one) {
		char *name = phrase_fold(f->ctx, desk_slot_text(one, "subject_name"));
		int allowed = fuzzy_allowed(fuzzy_letters(name));

		if (*name && fuzzy_distance(name, f->folded, allowed) <= allowed)
			add(f, json_incref(one));
	}
}

/* What else the words may mean, if it stands; of a street or an area it is told that it does not. */
static void find_by_meaning(struct subject_finder *f, json_t *own)
{
	json_t *meanings = f->candidates, *kept = json_array(), *one, *meaning;
	size_t i, k;

	find_subject(f);
	json_array_foreach (own, i, one)
		json_array_foreach (meanings, k, meaning)
			if (is_same(one, meaning))
				json_array_append(kept, one);
	if (json_array_size(kept) == 0 && json_array_size(meanings) == 1 && !f->guessed) {
		const char *kind = desk_slot_text(json_array_get(meanings, 0), "subject_kind");

		if (!strcmp(kind, "street") || !strcmp(kind, "area"))
			json_array_append(kept, json_array_get(meanings, 0));
	}
	json_decref(meanings);
	f->candidates = kept;
	f->guessed = false;
}

int desk_find_subscription(struct desk *d, const char *text, struct dialogue_turn *turn,
			   struct dialogue_found *found)
{
	struct subject_finder f;
	json_t *own = json_array();

	begin(&f, d, text, turn);
	if (phrase_is_keyword(turn->talk->phrases, NULL, "all", text))
		f.n = 0; /* STOP ALLES ends more than what is subscribed to */
	if (f.n > 0 && f.n < WORDS_MAX)
		f.rc = desk_list_subscriptions(d, NULL, turn, own);
	if (f.rc == 0 && f.n > 0 && f.n < WORDS_MAX) {
		find_list(&f);
		if (json_array_size(f.candidates) == 0)
			find_by_name(&f, own);
		if (f.rc == 0 && json_array_size(f.candidates) == 0)
			find_by_meaning(&f, own);
	}
	json_decref(own);
	return end(&f, found);
}
