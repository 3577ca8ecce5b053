// SPDX-License-Identifier: AGPL-3.0-or-later
/* A place by the keys of a phone.  A letter of a postcode is a key that stands for three or four of them: which is
 * meant is settled by the postcodes that there are, and mostly by the house number.
 */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "desk/desk_int.h"

#define POSTCODE_KEYS	 6
#define POSTCODE_DIGITS	 4
#define HOUSE_DIGITS_MAX 5

struct keyed {
	struct desk *d;
	const struct dialogue_turn *turn;
	struct dialogue_found *found;
	size_t n;
	int rc; /* -EIO once the database has failed */
};

/* ITU-T E.161, the letters of a key. */
static const char *letters_of(char key)
{
	static const char *const letters[] = { "ABC", "DEF",  "GHI", "JKL",
					       "MNO", "PQRS", "TUV", "WXYZ" };

	return key >= '2' && key <= '9' ? letters[key - '2'] : "";
}

static void add(struct keyed *k, const struct place *place, bool rough)
{
	if (k->n >= DESK_CANDIDATES_MAX)
		return;
	json_array_append_new(k->found->candidates, desk_place_slots(place, rough, k->turn));
	k->n++;
}

static void add_all(struct keyed *k, const struct place *places, int n)
{
	if (n < 0)
		k->rc = n;
	for (int i = 0; i < n; i++)
		add(k, &places[i], false);
}

/* Call something for each postcode that the keys may mean, until the database fails. */
static void each_postcode(struct keyed *k, const char *keys, int number,
			  void (*look)(struct keyed *k, const char *postcode, int number))
{
	char code[POSTCODE_KEYS + 1];

	OSMO_STRLCPY_ARRAY(code, keys);
	for (const char *a = letters_of(keys[POSTCODE_DIGITS]); *a; a++) {
		for (const char *b = letters_of(keys[POSTCODE_DIGITS + 1]); *b; b++) {
			code[POSTCODE_DIGITS] = *a;
			code[POSTCODE_DIGITS + 1] = *b;
			if (k->rc == 0)
				look(k, code, number);
		}
	}
}

static void look_postcode(struct keyed *k, const char *postcode, int number)
{
	struct place middle;
	int rc = store_place_of_postcode(k->d->st, postcode, &middle);

	if (rc == 0)
		add(k, &middle, true);
	else if (rc != -ENOENT)
		k->rc = rc;
}

/* The number itself, else the number with whatever suffixes it has: none can be keyed. */
static void look_address(struct keyed *k, const char *postcode, int number)
{
	struct place p[DESK_CANDIDATES_MAX];
	int n = store_place_by_postcode(k->d->st, postcode, number, "", p, ARRAY_SIZE(p));

	if (n == 0)
		n = store_place_by_postcode(k->d->st, postcode, number, NULL, p, ARRAY_SIZE(p));
	add_all(k, p, n);
}

/* The number is not in the register: its neighbours. */
static void look_nearest(struct keyed *k, const char *postcode, int number)
{
	struct place p[DESK_CANDIDATES_MAX], middle;
	int rc = store_place_of_postcode(k->d->st, postcode, &middle);

	if (rc == 0)
		add_all(k, p, desk_street_nearest(k->d, middle.street_id, number, p, 2));
	else if (rc != -ENOENT)
		k->rc = rc;
}

/* Reads digits, all there are. \returns 0; -EINVAL if there is another sign or too many */
static int read_number(int *out, const char *digits)
{
	size_t n = strspn(digits, "0123456789");

	if (n == 0 || n > HOUSE_DIGITS_MAX || digits[n])
		return -EINVAL;
	for (*out = 0; *digits; digits++)
		*out = *out * 10 + (*digits - '0');
	return 0;
}

static bool is_postcode(const char *keys)
{
	return strlen(keys) >= POSTCODE_KEYS && strspn(keys, "0123456789") >= POSTCODE_KEYS &&
	       keys[0] != '0';
}

static void find_address(struct keyed *k, const char *text)
{
	int number;

	if (!is_postcode(text) || text[POSTCODE_KEYS] != ' ' ||
	    read_number(&number, text + POSTCODE_KEYS + 1) < 0)
		return;
	each_postcode(k, text, number, look_address);
	k->found->exact = k->n == 1;
	if (k->n == 0)
		each_postcode(k, text, number, look_nearest);
}

/* Lamps often have a letter before the number, which nobody keys. */
static void find_asset(struct keyed *k, const char *digits)
{
	struct place p[DESK_CANDIDATES_MAX];
	char number[24];

	if (strlen(digits) + 2 > sizeof(number) || !*digits || digits[strspn(digits, "0123456789")])
		return;
	add_all(k, p, store_place_by_asset(k->d->st, NULL, digits, p, ARRAY_SIZE(p)));
	for (char letter = 'A'; letter <= 'Z' && k->n == 0 && k->rc == 0; letter++) {
		number[0] = letter;
		memcpy(number + 1, digits, strlen(digits) + 1);
		add_all(k, p, store_place_by_asset(k->d->st, NULL, number, p, ARRAY_SIZE(p)));
	}
	k->found->exact = k->n == 1;
}

int desk_find_keys(struct desk *d, const char *what, const char *text,
		   const struct dialogue_turn *turn, struct dialogue_found *found)
{
	struct keyed k = { .d = d, .turn = turn, .found = found };

	*found = (struct dialogue_found){ .candidates = json_array(), .span_end = strlen(text) };
	if (!strcmp(what, "postcode")) {
		found->incomplete = true;
		if (is_postcode(text) && !text[POSTCODE_KEYS])
			each_postcode(&k, text, 0, look_postcode);
	} else if (!strcmp(what, "address")) {
		find_address(&k, text);
	} else if (!strcmp(what, "asset")) {
		find_asset(&k, text);
	} else {
		k.rc = -ENOENT;
	}
	if (k.rc == 0)
		return 0;
	json_decref(found->candidates);
	found->candidates = NULL;
	return k.rc == -ENOENT ? -ENOENT : -EIO;
}
