// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_place.c - addresses, streets and objects: found by what a resident can say. */
#include "store/store_int.h"
#include "store/store_open311.h"

#include <ctype.h>
#include <stdlib.h>

#define TRIGRAM		3
#define TRIGRAMS_MAX	64 /* of one name; longer ones are compared by their beginning */
#define LIKE_CANDIDATES 64 /* what the index ranks best, to be counted exactly */
#define LIKE_SHARE_MIN	0.25
#define MATCH_SIZE	(TRIGRAMS_MAX * 22)

/* ---- addresses ---- */

static void read_place(sqlite3_stmt *s, struct place *out)
{
	memset(out, 0, sizeof(*out));
	out->address_id = sqlite3_column_int64(s, 0);
	out->street_id = sqlite3_column_int64(s, 1);
	out->area_id = sqlite3_column_int64(s, 2);
	out->asset_id = sqlite3_column_int64(s, 3);
	COLUMN_INTO(out->street, s, 4);
	COLUMN_INTO(out->town, s, 5);
	COLUMN_INTO(out->area, s, 6);
	COLUMN_INTO(out->area_slug, s, 7);
	COLUMN_INTO(out->postcode, s, 8);
	COLUMN_INTO(out->suffix, s, 9);
	out->number = sqlite3_column_int(s, 10);
	COLUMN_INTO(out->asset_kind, s, 11);
	COLUMN_INTO(out->asset_number, s, 12);
	COLUMN_INTO(out->asset_detail, s, 13);
	out->lat = sqlite3_column_double(s, 14);
	out->lon = sqlite3_column_double(s, 15);
}

static int one_place(struct store *st, sqlite3_stmt *s, struct place *out)
{
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	read_place(s, out);
	stmt_end(s);
	return 0;
}

/* Never more than max: the statement has a LIMIT. */
static int many_places(struct store *st, sqlite3_stmt *s, struct place *out)
{
	int n = 0, rc;

	while ((rc = stmt_row(st, s)) > 0)
		read_place(s, &out[n++]);
	return rc < 0 ? rc : n;
}

int store_code(char *out, size_t size, const char *code)
{
	size_t n = 0;

	for (; *code; code++) {
		if (isspace((unsigned char)*code))
			continue;
		if (n + 1 >= size)
			return -ENOSPC;
		out[n++] = toupper((unsigned char)*code);
	}
	out[n] = '\0';
	return n;
}

/* A suffix as it is kept; NULL stays NULL (any).  What is too long matches nothing. */
static const char *suffix_code(char *out, size_t size, const char *suffix)
{
	if (!suffix)
		return NULL;
	return store_code(out, size, suffix) < 0 ? "?" : out;
}

int store_place_by_postcode(struct store *st, const char *postcode, int number, const char *suffix,
			    struct place *out, size_t max)
{
	char code[8], ending[16];

	if (store_code(code, sizeof(code), postcode) < 0)
		return 0;
	return many_places(st,
			   STORE_BIND(st, STMT_ADDRESS_BY_POSTCODE, V_TEXT(code), V_INT(number),
				      V_TEXT(suffix_code(ending, sizeof(ending), suffix)),
				      V_INT(max)),
			   out);
}

int store_place_by_street(struct store *st, int64_t street_id, int number, const char *suffix,
			  struct place *out, size_t max)
{
	char ending[16];

	return many_places(st,
			   STORE_BIND(st, STMT_ADDRESS_BY_STREET, V_INT(street_id), V_INT(number),
				      V_TEXT(suffix_code(ending, sizeof(ending), suffix)),
				      V_INT(max)),
			   out);
}

int store_place_nearest(struct store *st, double lat, double lon, double lat_span, double lon_span,
			struct place *out)
{
	return one_place(st,
			 STORE_BIND(st, STMT_ADDRESS_NEAREST, V_REAL(lat), V_REAL(lon),
				    V_REAL(lat_span), V_REAL(lon_span)),
			 out);
}

int store_place_on_street(struct store *st, int64_t street_id, struct place *out)
{
	return one_place(st, STORE_BIND(st, STMT_ADDRESS_ON_STREET, V_INT(street_id)), out);
}

int store_place_of_postcode(struct store *st, const char *postcode, struct place *out)
{
	char code[8];

	if (store_code(code, sizeof(code), postcode) < 0)
		return -ENOENT;
	return one_place(st, STORE_BIND(st, STMT_ADDRESS_OF_POSTCODE, V_TEXT(code)), out);
}

int store_place_by_asset(struct store *st, const char *kind, const char *number, struct place *out,
			 size_t max)
{
	char code[24];

	if (store_code(code, sizeof(code), number) < 0)
		return 0;
	return many_places(
		st, STORE_BIND(st, STMT_ASSET_BY_NUMBER, V_TEXT(code), V_TEXT(kind), V_INT(max)),
		out);
}

int store_area_find(struct store *st, const char *slug, int64_t *id, char *name, size_t size)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_AREA_FIND, V_TEXT(slug));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	*id = sqlite3_column_int64(s, 0);
	if (name)
		osmo_strlcpy(name, column_text(s, 1), size);
	stmt_end(s);
	return 0;
}

int store_area_slug(struct store *st, int64_t id, char *slug, size_t size)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_AREA_SLUG, V_INT(id));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	osmo_strlcpy(slug, column_text(s, 0), size);
	stmt_end(s);
	return 0;
}

bool store_has_register(struct store *st)
{
	int64_t id;

	return stmt_get(st, &id, STMT_ADDRESS_ANY, NULL, 0) == 0;
}

/* ---- streets ---- */

static void read_street(sqlite3_stmt *s, struct street *out)
{
	out->id = sqlite3_column_int64(s, 0);
	COLUMN_INTO(out->name, s, 1);
	COLUMN_INTO(out->town, s, 2);
	COLUMN_INTO(out->folded, s, 3);
}

int store_street_exact(struct store *st, const char *folded, struct street *out, size_t max)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_STREET_EXACT, V_TEXT(folded), V_INT(max));
	int n = 0, rc;

	while ((rc = stmt_row(st, s)) > 0)
		read_street(s, &out[n++]);
	return rc < 0 ? rc : n;
}

static size_t character_len(const char *p)
{
	size_t len = 1;

	while (((unsigned char)p[len] & 0xc0) == 0x80)
		len++;
	return len;
}

struct trigrams {
	const char *at[TRIGRAMS_MAX];
	size_t len[TRIGRAMS_MAX], n;
};

static void read_trigrams(struct trigrams *t, const char *folded)
{
	const char *p = folded;

	for (t->n = 0; *p && t->n < TRIGRAMS_MAX; p += character_len(p)) {
		const char *end = p;
		int i;

		for (i = 0; i < TRIGRAM && *end; i++)
			end += character_len(end);
		if (i < TRIGRAM)
			return;
		t->at[t->n] = p;
		t->len[t->n++] = end - p;
	}
}

/* Each trigram of the query is one string of FTS5's language; any of them will do. */
static bool match_query(char out[MATCH_SIZE], const struct trigrams *t)
{
	size_t used = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (memchr(t->at[i], '"', t->len[i]))
			continue;
		used += snprintf(out + used, MATCH_SIZE - used, "%s\"%.*s\"", used ? " OR " : "",
				 (int)t->len[i], t->at[i]);
	}
	return used > 0;
}

/* Dice's measure of two names: twice the trigrams they share, over all they have. */
static double likeness(const struct trigrams *a, const char *folded)
{
	struct trigrams b;
	bool taken[TRIGRAMS_MAX] = { false };
	size_t shared = 0;

	read_trigrams(&b, folded);
	if (!a->n || !b.n)
		return 0;
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < b.n; j++)
			if (!taken[j] && a->len[i] == b.len[j] &&
			    memcmp(a->at[i], b.at[j], a->len[i]) == 0) {
				taken[j] = true;
				shared++;
				break;
			}
	return 2.0 * shared / (a->n + b.n);
}

struct like {
	double share;
	struct street street;
};

static int likest_first(const void *a, const void *b)
{
	const struct like *x = a, *y = b;

	if (x->share != y->share)
		return x->share < y->share ? 1 : -1;
	return x->street.id < y->street.id ? -1 : x->street.id > y->street.id;
}

/* The index ranks by how rare the shared trigrams are, which finds the candidates; which of them is
 * likest is counted here. */
static int like_candidates(struct store *st, const struct trigrams *t, struct like *found)
{
	char query[MATCH_SIZE];
	sqlite3_stmt *s;
	int n = 0, rc;

	if (!match_query(query, t))
		return 0;
	s = STORE_BIND(st, STMT_STREET_LIKE, V_TEXT(query), V_INT(LIKE_CANDIDATES));
	while ((rc = stmt_row(st, s)) > 0) {
		read_street(s, &found[n].street);
		found[n].share = likeness(t, found[n].street.folded);
		if (found[n].share >= LIKE_SHARE_MIN)
			n++;
	}
	return rc < 0 ? rc : n;
}

int store_street_like(struct store *st, const char *folded, struct street *out, size_t max)
{
	struct trigrams t;
	struct like *found;
	int n = store_street_exact(st, folded, out, max), more;

	if (n)
		return n;
	read_trigrams(&t, folded);
	found = talloc_array(st, struct like, LIKE_CANDIDATES);
	OSMO_ASSERT(found);
	more = like_candidates(st, &t, found);
	if (more > 0)
		qsort(found, more, sizeof(*found), likest_first);
	for (int i = 0; i < more && (size_t)n < max; i++)
		out[n++] = found[i].street;
	talloc_free(found);
	return more < 0 ? more : n;
}
