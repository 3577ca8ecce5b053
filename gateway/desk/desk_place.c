// SPDX-License-Identifier: AGPL-3.0-or-later
/* The place that a text means: the guesses of talk/place.h, settled by the register.
 *
 * First what is there as it was said, then what is there with something forgiven: a suffix, a number
 * that does not exist, letters.  A whole place always comes before a part of one.
 */
#include <errno.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "desk/desk_int.h"
#include "talk/phrase.h"
#include "talk/phrase_fold.h"
#include "talk/place.h"

#define TOWNS_MAX    8	 /* streets of one name */
#define APART_M	     300 /* an object and an address that are further apart are two places */
#define SEARCHES_MAX 3	 /* each costs as much as all the rest */
#define SPAN_WORDS   96
#define SHORT_STREET 4 /* letters; shorter names are not worth a guess at their numbers */

struct finder {
	struct desk *d;
	struct dialogue_turn *turn;
	json_t *slots;
	const char *text;
	struct place_guess guesses[PLACE_GUESSES_MAX];
	size_t n;

	struct place hits[DESK_CANDIDATES_MAX];
	size_t hits_n;
	bool forgiven;	 /* not quite what was said */
	bool incomplete; /* hits are streets or postcodes, or nothing but a number was said */
	size_t start, end;
	unsigned int searches; /* for streets that sound alike */
	int rc;		       /* -EIO once the database has failed */
};

static bool is_same_place(const struct place *a, const struct place *b)
{
	return a->address_id == b->address_id && a->asset_id == b->asset_id &&
	       a->street_id == b->street_id && strcmp(a->postcode, b->postcode) == 0;
}

static void add_hit(struct finder *f, const struct place *p)
{
	for (size_t i = 0; i < f->hits_n; i++)
		if (is_same_place(&f->hits[i], p))
			return;
	if (f->hits_n < DESK_CANDIDATES_MAX)
		f->hits[f->hits_n++] = *p;
}

/* Take over what a look-up found. */
static bool add_hits(struct finder *f, const struct place *places, int n)
{
	if (n < 0)
		f->rc = n;
	for (int i = 0; i < n; i++)
		add_hit(f, &places[i]);
	return n > 0;
}

static bool settle(struct finder *f, const struct place_guess *g)
{
	if (f->hits_n == 0)
		return false;
	f->start = g->start;
	f->end = g->end;
	return true;
}

/* Streets of exactly this name, one a town; without its article if need be ("het spui"). */
static int exact_streets(struct finder *f, const char *folded, struct street out[TOWNS_MAX])
{
	static const char *const articles[] = { "de ", "het ", "the " };
	int n = store_street_exact(f->d->st, folded, out, TOWNS_MAX);

	for (size_t i = 0; i < ARRAY_SIZE(articles) && n == 0; i++) {
		size_t len = strlen(articles[i]);

		if (strncmp(folded, articles[i], len) == 0)
			n = store_street_exact(f->d->st, folded + len, out, TOWNS_MAX);
	}
	if (n < 0)
		f->rc = n;
	return n;
}

/* ---- a whole place, as it was said ---- */

/* \param[in] suffix  NULL: whatever suffixes there are */
static bool postcode_number(struct finder *f, const struct place_guess *g, const char *suffix)
{
	struct place p[DESK_CANDIDATES_MAX];

	return add_hits(f, p,
			store_place_by_postcode(f->d->st, g->postcode, g->number, suffix, p,
						ARRAY_SIZE(p)));
}

static bool street_number(struct finder *f, const struct place_guess *g, const char *suffix)
{
	struct place p[DESK_CANDIDATES_MAX];
	struct street streets[TOWNS_MAX];
	int n = exact_streets(f, g->street, streets);

	for (int i = 0; i < n; i++)
		add_hits(f, p,
			 store_place_by_street(f->d->st, streets[i].id, g->number, suffix, p,
					       ARRAY_SIZE(p)));
	return f->hits_n > 0;
}

static bool whole(struct finder *f, const struct place_guess *g, bool any_suffix)
{
	const char *suffix = any_suffix ? NULL : g->suffix;

	switch (g->kind) {
	case PLACE_POSTCODE_NUMBER:
		return postcode_number(f, g, suffix);
	case PLACE_STREET_NUMBER:
		return street_number(f, g, suffix);
	case PLACE_OBJECT:
	case PLACE_POSTCODE:
	case PLACE_STREET:
	case PLACE_NUMBER:
		break;
	}
	return false;
}

static bool try_addresses(struct finder *f, bool any_suffix)
{
	for (size_t i = 0; i < f->n && f->rc == 0; i++)
		if (whole(f, &f->guesses[i], any_suffix))
			return settle(f, &f->guesses[i]);
	return false;
}

/* ---- objects ---- */

static bool object(struct finder *f, const struct place_guess *g, const char *kind)
{
	struct place p[DESK_CANDIDATES_MAX];

	return add_hits(f, p,
			store_place_by_asset(f->d->st, kind, g->object_number, p, ARRAY_SIZE(p)));
}

/* An address beside the number of an object belongs to it, or contradicts it: then both are offered. */
static void weigh_address(struct finder *f)
{
	struct finder other = *f;
	struct place *p = &other.hits[0];

	other.hits_n = 0;
	if (!try_addresses(&other, false) || other.hits_n != 1 ||
	    (other.start >= f->start && other.end <= f->end)) {
		f->rc = other.rc;
		return;
	}
	if (desk_metres(p->lat, p->lon, f->hits[0].lat, f->hits[0].lon) > APART_M) {
		add_hit(f, p);
		f->forgiven = true;
	}
	f->start = other.start < f->start ? other.start : f->start;
	f->end = other.end > f->end ? other.end : f->end;
}

static bool try_objects(struct finder *f, bool any_kind)
{
	for (size_t i = 0; i < f->n && f->rc == 0; i++) {
		const struct place_guess *g = &f->guesses[i];

		if (g->kind != PLACE_OBJECT || !object(f, g, any_kind ? NULL : g->object))
			continue;
		settle(f, g);
		if (f->hits_n == 1)
			weigh_address(f);
		return true;
	}
	return false;
}

/* ---- a whole place, with something forgiven ---- */

/* The number is not in the register: its neighbours. */
static bool nearest(struct finder *f, int64_t street_id, int number)
{
	struct place p[DESK_CANDIDATES_MAX];

	/* One place less: "none of these" is a choice too. */
	return add_hits(f, p, desk_street_nearest(f->d, street_id, number, p, ARRAY_SIZE(p) - 1));
}

static bool try_nearest(struct finder *f)
{
	struct street streets[TOWNS_MAX];
	struct place middle;

	for (size_t i = 0; i < f->n && f->rc == 0; i++) {
		const struct place_guess *g = &f->guesses[i];
		int n = 0;

		if (g->kind == PLACE_POSTCODE_NUMBER) {
			n = store_place_of_postcode(f->d->st, g->postcode, &middle);
			if (n == 0 && nearest(f, middle.street_id, g->number))
				return settle(f, g);
		} else if (g->kind == PLACE_STREET_NUMBER && g->certain &&
			   strlen(g->street) >= SHORT_STREET) {
			n = exact_streets(f, g->street, streets);
			if (n > 0 && nearest(f, streets[0].id, g->number))
				return settle(f, g);
		}
		if (n < 0 && n != -ENOENT)
			f->rc = n;
	}
	return false;
}

/* Of one house number's guesses, the streets that sound alike and have that number. */
static bool like_with_number(struct finder *f, size_t from, size_t to)
{
	struct desk_street like[DESK_CANDIDATES_MAX];
	struct place p[DESK_CANDIDATES_MAX];
	int n = desk_streets_like(f->d, f->guesses, from, to, like, ARRAY_SIZE(like)), best = -1;
	const struct place_guess *g;

	if (n < 0)
		f->rc = n;
	for (int i = 0; i < n && f->rc == 0; i++) {
		g = &f->guesses[like[i].guess];
		/* What is written short, or without its blanks, is no error. */
		if (best >= 0 && like[i].distance > best)
			break;
		if (!add_hits(f, p,
			      store_place_by_street(f->d->st, like[i].street.id, g->number,
						    g->suffix, p, ARRAY_SIZE(p))))
			continue;
		if (best < 0) {
			best = like[i].distance;
			f->forgiven = best > 0;
			settle(f, g);
		}
	}
	if (best < 0 && n > 0 && f->rc == 0) {
		g = &f->guesses[like[0].guess];
		f->forgiven = true;
		if (nearest(f, like[0].street.id, g->number))
			settle(f, g);
	}
	return f->hits_n > 0;
}

/* Guesses that differ in where the street begins only: the same number and suffix, the same end. */
static size_t group_end(const struct finder *f, size_t from)
{
	const struct place_guess *g = &f->guesses[from];
	size_t to = from;

	while (to < f->n && f->guesses[to].kind == g->kind && f->guesses[to].certain &&
	       (g->kind == PLACE_STREET ? f->guesses[to].end == g->end
					: f->guesses[to].number == g->number))
		to++;
	return to;
}

static bool try_like(struct finder *f, enum place_kind kind,
		     bool (*take)(struct finder *f, size_t from, size_t to))
{
	size_t from = 0, to;

	while (from < f->n && f->rc == 0 && f->searches < SEARCHES_MAX) {
		if (f->guesses[from].kind != kind || !f->guesses[from].certain) {
			from++;
			continue;
		}
		to = group_end(f, from);
		f->searches++;
		if (take(f, from, to))
			return true;
		from = to;
	}
	return false;
}

/* ---- a part of a place ---- */

/* The city's own streets before those of other towns. */
static void add_streets(struct finder *f, const struct street *streets, int n)
{
	const char *city = f->turn->talk && f->turn->talk->city ? f->turn->talk->city : "";
	struct place p;

	for (int own = 1; own >= 0; own--) {
		for (int i = 0; i < n; i++) {
			if ((strcmp(streets[i].town, city) == 0) != own)
				continue;
			int rc = store_place_on_street(f->d->st, streets[i].id, &p);

			if (rc == 0)
				add_hit(f, &p);
			else if (rc != -ENOENT)
				f->rc = rc;
		}
	}
}

static bool like_alone(struct finder *f, size_t from, size_t to)
{
	struct desk_street like[DESK_CANDIDATES_MAX];
	int n = desk_streets_like(f->d, f->guesses, from, to, like, ARRAY_SIZE(like));

	if (n < 0)
		f->rc = n;
	for (int i = 0; i < n && like[i].distance == like[0].distance; i++)
		add_streets(f, &like[i].street, 1);
	f->forgiven = n > 0 && like[0].distance > 0;
	return f->hits_n > 0 && settle(f, &f->guesses[like[0].guess]);
}

static bool try_part(struct finder *f)
{
	struct street streets[TOWNS_MAX];
	struct place p;

	for (size_t i = 0; i < f->n && f->rc == 0; i++) {
		const struct place_guess *g = &f->guesses[i];
		int rc = -ENOENT;

		if (g->kind == PLACE_POSTCODE) {
			rc = store_place_of_postcode(f->d->st, g->postcode, &p);
			if (rc == 0)
				add_hit(f, &p);
		} else if (g->kind == PLACE_STREET) {
			rc = exact_streets(f, g->street, streets);
			add_streets(f, streets, rc);
		}
		if (rc < 0 && rc != -ENOENT)
			f->rc = rc;
		if (f->hits_n > 0)
			return settle(f, g);
	}
	return try_like(f, PLACE_STREET, like_alone);
}

/* Is there nothing but a number and words that lead to it? */
static bool is_only_number(const struct finder *f, const struct place_guess *g)
{
	struct phrase_word words[SPAN_WORDS];
	char *folded, word[32];
	bool only = true;
	size_t n;

	folded = phrase_fold_words(NULL, f->text, words, SPAN_WORDS, &n);
	for (size_t i = 0; i < n && only; i++) {
		if (words[i].start >= g->start && words[i].end <= g->end)
			continue;
		only = words[i].len < sizeof(word);
		if (!only)
			break;
		memcpy(word, folded + words[i].at, words[i].len);
		word[words[i].len] = '\0';
		only = place_is_filler(word);
	}
	talloc_free(folded);
	return only;
}

/* "40": of the street that was said before; else the street is asked. */
static bool try_number(struct finder *f)
{
	const char *street = desk_slot_text(f->slots, "street");
	struct place_guess whole_guess;
	char *folded;

	for (size_t i = 0; i < f->n && f->rc == 0; i++) {
		const struct place_guess *g = &f->guesses[i];

		if (g->kind != PLACE_NUMBER || !is_only_number(f, g))
			continue;
		whole_guess = *g;
		whole_guess.kind = PLACE_STREET_NUMBER;
		whole_guess.certain = true;
		if (*street && desk_slot_int(f->slots, "address_id") == 0) {
			folded = phrase_fold(NULL, street);
			OSMO_STRLCPY_ARRAY(whole_guess.street, folded);
			talloc_free(folded);
			if (whole(f, &whole_guess, false))
				return settle(f, g);
			f->forgiven = true;
			if (whole(f, &whole_guess, true))
				return settle(f, g);
		}
		f->incomplete = true;
		f->start = g->start;
		f->end = g->end;
		return true;
	}
	return false;
}

/* ---- which of several, and how much of the text it took ---- */

static bool says(const char *words, const char *name)
{
	char *folded = phrase_fold(NULL, name), *padded = talloc_asprintf(folded, " %s ", folded);
	bool found = *folded && strstr(words, padded);

	talloc_free(folded);
	return found;
}

/* Keep the ones whose town or quarter is in the text, if that tells them apart. */
static void narrow(struct finder *f)
{
	char *folded, *words;
	bool said[DESK_CANDIDATES_MAX];
	size_t kept = 0;

	if (f->hits_n < 2)
		return;
	folded = phrase_fold(NULL, f->text);
	words = talloc_asprintf(folded, " %s ", folded);
	for (size_t i = 0; i < f->hits_n; i++)
		kept += said[i] = says(words, f->hits[i].town) || says(words, f->hits[i].area);
	talloc_free(folded);
	if (kept == 0 || kept == f->hits_n)
		return;
	kept = 0;
	for (size_t i = 0; i < f->hits_n; i++)
		if (said[i])
			f->hits[kept++] = f->hits[i];
	f->hits_n = kept;
}

/* Does a word only say again where this is: its street, postcode, quarter, town? */
static bool belongs(const char *names, const char *folded, const struct phrase_word *w)
{
	char word[64];

	if (w->len + 3 > sizeof(word))
		return false;
	word[0] = ' ';
	memcpy(word + 1, folded + w->at, w->len);
	word[w->len + 1] = ' ';
	word[w->len + 2] = '\0';
	return strstr(names, word) != NULL;
}

static bool leads(const char *folded, const struct phrase_word *w)
{
	char word[32];

	if (w->len >= sizeof(word))
		return false;
	memcpy(word, folded + w->at, w->len);
	word[w->len] = '\0';
	return place_is_filler(word);
}

/* "op het Spui 70, 2511BT Den Haag": what stands around a place and says it again is no description. */
static void widen(struct finder *f)
{
	const struct place *p = &f->hits[0];
	struct phrase_word words[SPAN_WORDS];
	void *ctx = talloc_new(f->d);
	char *folded, *names;
	size_t n, first, last;

	folded = phrase_fold_words(ctx, f->text, words, SPAN_WORDS, &n);
	names = talloc_asprintf(ctx, "%s %s %s %s %.4s %s", p->street, p->area, p->town,
				p->postcode, p->postcode, p->postcode[0] ? p->postcode + 4 : "");
	names = talloc_asprintf(ctx, " %s ", phrase_fold(ctx, names));
	for (first = 0; first < n && words[first].end <= f->start; first++)
		;
	for (last = n; last > 0 && words[last - 1].start >= f->end; last--)
		;
	while (first > 0 &&
	       (belongs(names, folded, &words[first - 1]) || leads(folded, &words[first - 1])))
		f->start = words[--first].start;
	for (size_t i = last; i < n; i++) {
		if (belongs(names, folded, &words[i]))
			f->end = words[i].end;
		else if (!leads(folded, &words[i]))
			break;
	}
	talloc_free(ctx);
}

/* ---- the answer ---- */

/* Labels that are the same get what tells them apart: the postcode. */
static void tell_apart(json_t *candidates)
{
	size_t n = json_array_size(candidates);
	bool same[DESK_CANDIDATES_MAX] = {};

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			same[i] |= i != j &&
				   strcmp(desk_slot_text(json_array_get(candidates, i), "label"),
					  desk_slot_text(json_array_get(candidates, j), "label")) ==
					   0;
	for (size_t i = 0; i < n; i++) {
		json_t *c = json_array_get(candidates, i);
		const char *more = desk_slot_text(c, "postcode");

		if (!*more)
			more = desk_slot_text(c, "town");
		if (same[i] && *more)
			json_object_set_new(
				c, "label",
				json_sprintf("%s (%s)", desk_slot_text(c, "label"), more));
	}
}

static void answer(struct finder *f, struct dialogue_found *found)
{
	if (f->hits_n > 0) {
		narrow(f);
		widen(f);
	}
	found->candidates = json_array();
	for (size_t i = 0; i < f->hits_n; i++)
		json_array_append_new(found->candidates,
				      desk_place_slots(&f->hits[i], f->incomplete, f->turn));
	tell_apart(found->candidates);
	found->incomplete = f->incomplete;
	found->exact = f->hits_n == 1 && !f->forgiven && !f->incomplete;
	found->span_start = f->start;
	found->span_end = f->end;
}

static bool forgive(struct finder *f)
{
	f->forgiven = true;
	return try_addresses(f, true) || try_nearest(f) ||
	       try_like(f, PLACE_STREET_NUMBER, like_with_number);
}

static void search(struct finder *f, bool objects_only)
{
	if (try_objects(f, false))
		return;
	if (!objects_only) {
		if (try_addresses(f, false) || f->rc < 0)
			return;
		if (forgive(f) || f->rc < 0)
			return;
	}
	f->forgiven = true;
	if (try_objects(f, true) || objects_only || f->rc < 0)
		return;
	f->forgiven = false;
	f->incomplete = true;
	if (try_part(f) || f->rc < 0)
		return;
	f->incomplete = false;
	f->forgiven = false;
	try_number(f);
}

int desk_find_place(struct desk *d, const char *text, json_t *slots, struct dialogue_turn *turn,
		    bool objects_only, struct dialogue_found *found)
{
	struct finder f = { .d = d, .turn = turn, .slots = slots, .text = text };
	const char *thing = desk_slot_text(slots, "thing");

	*found = (struct dialogue_found){};
	f.n = place_read(text, *thing ? thing : NULL, f.guesses);
	search(&f, objects_only);
	if (f.rc < 0)
		return -EIO;
	answer(&f, found);
	return 0;
}
