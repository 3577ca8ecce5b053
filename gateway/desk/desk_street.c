// SPDX-License-Identifier: AGPL-3.0-or-later
/* Streets with typing errors, short forms and missing blanks; numbers that are not there. */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "desk/desk_int.h"
#include "talk/fuzzy.h"
#include "talk/place.h"

#define LIKE_MAX	 32
#define NEAREST_STEP_MAX 20
#define SHORT_NAME	 6 /* letters */

static void squeeze(char *out, const char *folded)
{
	size_t n = 0;

	for (; *folded && n + 1 < PLACE_STREET_SIZE; folded++)
		if (*folded != ' ')
			out[n++] = *folded;
	out[n] = '\0';
}

/* "fred hendriklaan", "j v d heijdenstraat": each word begins the same word of the name, the last is
 * whole. */
static bool abbreviates(const char *typed, const char *name)
{
	size_t len, whole, words = 0;

	for (;; words++) {
		len = strcspn(typed, " ");
		whole = strcspn(name, " ");
		if (len == 0 || len > whole || memcmp(typed, name, len) != 0)
			return false;
		if (!typed[len] || !name[whole])
			break;
		typed += len + 1;
		name += whole + 1;
	}
	return words > 0 && !typed[len] && !name[whole] && len == whole;
}

/* How far a street is from what was typed, by its key or by its letters alone: "grotemarktstraat"
 * is the one, "gr marktstr" the other. */
static int distance_to(const struct street *street, const char *typed)
{
	char a[PLACE_STREET_SIZE], b[PLACE_STREET_SIZE];
	int allowed, by_key, by_letters;

	place_street_key(a, street->folded);
	place_street_key(b, typed);
	allowed = fuzzy_allowed(fuzzy_letters(a));
	by_key = fuzzy_distance(a, b, allowed);
	if (by_key == 0)
		return 0;
	squeeze(a, street->folded);
	squeeze(b, typed);
	by_letters = fuzzy_distance(a, b, allowed);
	by_key = by_letters < by_key ? by_letters : by_key;
	if (by_key > 1 && abbreviates(typed, street->folded))
		return 1;
	return by_key <= allowed ? by_key : -1;
}

static int by_distance(const void *a, const void *b)
{
	const struct desk_street *x = a, *y = b;

	if (x->distance != y->distance)
		return x->distance - y->distance;
	if (x->guess != y->guess)
		return x->guess < y->guess ? -1 : 1;
	return x->street.id < y->street.id ? -1 : x->street.id > y->street.id;
}

/* Measure streets against all guesses of a place; what is near enough is kept, best first. */
static size_t measure(const struct street *like, int n, const struct place_guess *guesses,
		      size_t from, size_t to, struct desk_street all[LIKE_MAX])
{
	size_t kept = 0;

	for (int i = 0; i < n; i++) {
		struct desk_street best = { .street = like[i], .distance = -1 };

		for (size_t g = from; g < to; g++) {
			int distance = distance_to(&like[i], guesses[g].street);

			if (distance < 0 || (best.distance >= 0 && distance >= best.distance))
				continue;
			best.distance = distance;
			best.guess = g;
		}
		if (best.distance >= 0)
			all[kept++] = best;
	}
	qsort(all, kept, sizeof(*all), by_distance);
	return kept;
}

/* Two neighbours swapped leave a short name without any three letters in a row. */
static int swapped(struct desk *d, const char *typed, struct street *out)
{
	char name[PLACE_STREET_SIZE];
	size_t len = strlen(typed);
	int n = 0;

	for (size_t i = 0; len <= SHORT_NAME && i + 1 < len && n == 0; i++) {
		OSMO_STRLCPY_ARRAY(name, typed);
		name[i] = typed[i + 1];
		name[i + 1] = typed[i];
		n = store_street_exact(d->st, name, out, LIKE_MAX);
	}
	return n;
}

/* The guesses share their end; so the search is by the last word, then by the last two (a blank too
 * many), and what was found is measured against all of them. */
int desk_streets_like(struct desk *d, const struct place_guess *guesses, size_t from, size_t to,
		      struct desk_street *out, size_t max)
{
	struct desk_street all[LIKE_MAX];
	struct street like[LIKE_MAX];
	char piece[PLACE_STREET_SIZE];
	size_t kept = 0;
	int n = 0;

	for (size_t words = 1; words <= 2 && from + words <= to && kept == 0; words++) {
		place_street_piece(piece, guesses[to - words].street);
		n = store_street_like(d->st, piece, like, ARRAY_SIZE(like));
		if (n == 0)
			n = swapped(d, guesses[to - words].street, like);
		if (n < 0)
			return n;
		kept = measure(like, n, guesses, from, to, all);
	}
	kept = kept < max ? kept : max;
	memcpy(out, all, kept * sizeof(*all));
	return (int)kept;
}

int desk_street_nearest(struct desk *d, int64_t street_id, int number, struct place *out,
			size_t max)
{
	int same = store_place_by_street(d->st, street_id, number, NULL, out, max);
	size_t kept = same < 0 ? 0 : (size_t)same;

	if (same < 0)
		return same;
	/* It is there, with other suffixes. */
	if (kept > 0)
		return (int)kept;
	/* The same side of the street first. */
	for (int parity = 0; parity < 2 && kept < max; parity++) {
		for (int step = 2 - parity; step <= NEAREST_STEP_MAX && kept < max; step += 2) {
			for (int sign = -1; sign <= 1 && kept < max; sign += 2) {
				int near = number + sign * step, n;

				if (near < 1)
					continue;
				n = store_place_by_street(d->st, street_id, near, NULL, &out[kept],
							  1);
				if (n < 0)
					return n;
				kept += (size_t)n;
			}
		}
	}
	return (int)kept;
}
