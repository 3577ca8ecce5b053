// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_agenda.c - see store_agenda.h. */
#include "store/store_agenda.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "store/store_int.h"
#include "talk/phrase.h"
#include "talk/workday.h"

#define DEGREE_M    111195.0 /* of latitude, on the mean sphere */
#define COS_MIN	    0.01     /* to the pole the boxes would grow without end */
#define RADIUS_MAX  5000     /* metres: beyond it is a whole city */
#define TITLES_MAX  2000     /* bytes of JSON */
#define NUMBER_MAX  99999
#define STREETS_MAX 8 /* of one name */
#define DATE_LEN    10

static const char *const kinds[] = {
	[AGENDA_CLOSURE] = "closure",
	[AGENDA_EVENT] = "event",
};

struct agenda_import {
	struct store *st;
	const char *zone;
	int64_t now_s;
	int64_t *seen; /* ids that the file has */
	size_t n, room;
};

/* ---- what is near ---- */

static void read_item(void *ctx, sqlite3_stmt *s, struct agenda_item *out)
{
	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(s, 0);
	COLUMN_INTO(out->code, s, 1);
	out->kind = strcmp(column_text(s, 2), kinds[AGENDA_EVENT]) == 0 ? AGENDA_EVENT
									: AGENDA_CLOSURE;
	out->titles = column_copy(ctx, s, 3);
	COLUMN_INTO(out->place, s, 4);
	COLUMN_INTO(out->by, s, 5);
	out->box = (struct agenda_box){ .south = sqlite3_column_double(s, 6),
					.west = sqlite3_column_double(s, 7),
					.north = sqlite3_column_double(s, 8),
					.east = sqlite3_column_double(s, 9) };
	out->starts_s = sqlite3_column_int64(s, 10);
	out->ends_s = sqlite3_column_int64(s, 11);
}

int store_agenda_near(void *ctx, struct store *st, const struct agenda_box *box, int64_t from_s,
		      int64_t until_s, struct agenda_item *out, size_t max)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_AGENDA_NEAR, V_INT(from_s), V_INT(until_s),
				     V_REAL(box->south), V_REAL(box->west), V_REAL(box->north),
				     V_REAL(box->east), V_INT(max));
	int n = 0, rc;

	while ((rc = stmt_row(st, s)) > 0)
		read_item(ctx, s, &out[n++]);
	return rc < 0 ? rc : n;
}

/* ---- fields ---- */

static int read_kind(enum agenda_kind *out, const char *text)
{
	static const struct {
		const char *word;
		enum agenda_kind kind;
	} words[] = {
		{ "closure", AGENDA_CLOSURE },	  { "works", AGENDA_CLOSURE },
		{ "afsluiting", AGENDA_CLOSURE }, { "werkzaamheden", AGENDA_CLOSURE },
		{ "werk", AGENDA_CLOSURE },	  { "event", AGENDA_EVENT },
		{ "evenement", AGENDA_EVENT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(words[i].word, text) != 0)
			continue;
		*out = words[i].kind;
		return 0;
	}
	return -EINVAL;
}

static bool is_all_digits(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)text[i]))
			return false;
	return true;
}

/* "01-12-2026 18:00" is how Dutch spreadsheets write it. \param[in] clock  of a day without one */
static int read_time(int64_t *out, const char *text, const char *clock, const char *zone)
{
	char iso[40];
	size_t len = strlen(text);
	bool dutch = len >= DATE_LEN && is_all_digits(text, 2) && text[2] == '-' &&
		     is_all_digits(text + 3, 2) && text[5] == '-' && is_all_digits(text + 6, 4);

	if (len < DATE_LEN || len > 30)
		return -EINVAL;
	if (dutch)
		snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2s%s", text + 6, text + 3, text,
			 text + DATE_LEN);
	else
		snprintf(iso, sizeof(iso), "%s", text);
	if (len == DATE_LEN)
		snprintf(iso + DATE_LEN, sizeof(iso) - DATE_LEN, "T%s", clock);
	return workday_read(out, iso, zone) < 0 ? -EINVAL : 0;
}

static int read_times(struct agenda_import *im, const struct agenda_row *row,
		      struct agenda_item *item, const char **why)
{
	*why = "from is no time: 2026-12-01 18:00";
	if (read_time(&item->starts_s, row->starts, "00:00:00", im->zone) < 0)
		return -EINVAL;
	*why = "until is no time: 2026-12-01 18:00";
	if (read_time(&item->ends_s, row->ends, "23:59:59", im->zone) < 0)
		return -EINVAL;
	*why = "until does not lie behind from";
	return item->ends_s <= item->starts_s ? -EINVAL : 0;
}

static int read_copy(char *out, size_t size, const char *text, const char *too_long,
		     const char **why)
{
	*why = too_long;
	return osmo_strlcpy(out, text, size) >= size ? -EINVAL : 0;
}

/* ---- where ---- */

/* \returns 0; -EINVAL no number, or not within 1 to limit */
static int read_number(double *out, const char *text, double limit)
{
	char buf[40], *end;

	if (!*text || strlen(text) >= sizeof(buf) || text[strspn(text, "+-.,0123456789")])
		return -EINVAL;
	OSMO_STRLCPY_ARRAY(buf, text);
	if (strchr(buf, ','))
		*strchr(buf, ',') = '.';
	*out = strtod(buf, &end);
	return *end || fabs(*out) > limit ? -EINVAL : 0;
}

static int place_point(const struct agenda_row *row, struct agenda_box *box, const char **why)
{
	double lat, lon, radius = 0, span, wide;

	*why = "lat and lon are no degrees";
	if (read_number(&lat, row->lat, 90) < 0 || read_number(&lon, row->lon, 180) < 0 ||
	    (lat == 0 && lon == 0))
		return -EINVAL;
	*why = "radius is not 0 to 5000 metres";
	if (*row->radius && (read_number(&radius, row->radius, RADIUS_MAX) < 0 || radius < 0))
		return -EINVAL;
	span = radius / DEGREE_M;
	wide = span / fmax(cos(lat * M_PI / 180), COS_MIN);
	*box = (struct agenda_box){ lat - span, lon - wide, lat + span, lon + wide };
	return 0;
}

/* The box of addresses. \returns 0; -ENOENT there are none; -EIO */
static int read_box(struct store *st, sqlite3_stmt *s, struct agenda_box *box)
{
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	rc = sqlite3_column_type(s, 0) == SQLITE_NULL ? -ENOENT : 0;
	*box = (struct agenda_box){ .south = sqlite3_column_double(s, 0),
				    .west = sqlite3_column_double(s, 1),
				    .north = sqlite3_column_double(s, 2),
				    .east = sqlite3_column_double(s, 3) };
	stmt_end(s);
	return rc;
}

static int place_postcode(struct store *st, const char *postcode, struct agenda_box *box,
			  const char **why)
{
	char code[8];
	int rc;

	*why = "postcode is not in the register of addresses";
	if (store_code(code, sizeof(code), postcode) < 0)
		return -EINVAL;
	rc = read_box(st, STORE_BIND(st, STMT_AGENDA_OF_POSTCODE, V_TEXT(code)), box);
	return rc == -ENOENT ? -EINVAL : rc;
}

/* The one street of a name, in a town if that is said. \returns 0; -EINVAL; -EIO */
static int find_street(struct store *st, const struct agenda_row *row, struct street *out,
		       const char **why)
{
	struct street found[STREETS_MAX];
	char *folded = phrase_fold(st, row->street);
	int n = store_street_exact(st, folded, found, STREETS_MAX), kept = 0;

	talloc_free(folded);
	for (int i = 0; i < n; i++)
		if (!*row->town || strcasecmp(found[i].town, row->town) == 0)
			out[0] = kept++ ? out[0] : found[i];
	*why = kept ? "street is in several places: say which (place)"
		    : "street is not in the register of addresses";
	return n < 0 ? n : kept == 1 ? 0 : -EINVAL;
}

/* "66" or "66-70" */
static int read_houses(const struct agenda_row *row, int64_t *from, int64_t *to)
{
	char *end;

	*from = 1;
	*to = NUMBER_MAX;
	if (!*row->house)
		return *row->house_to ? -EINVAL : 0;
	*from = *to = strtoll(row->house, &end, 10);
	if (end == row->house)
		return -EINVAL;
	end += strspn(end, " ");
	if (*end == '-')
		*to = strtoll(end + 1, &end, 10);
	if (!*end && *row->house_to)
		*to = strtoll(row->house_to, &end, 10);
	return *end || *from < 1 || *to < *from || *to > NUMBER_MAX ? -EINVAL : 0;
}

static int place_street(struct store *st, const struct agenda_row *row, struct agenda_box *box,
			char *label, size_t size, const char **why)
{
	struct street street;
	int64_t from, to;
	int rc = find_street(st, row, &street, why);

	if (rc < 0)
		return rc;
	*why = "house_number is not 1 to 99999, or two of them: 66-70";
	if (read_houses(row, &from, &to) < 0)
		return -EINVAL;
	rc = read_box(
		st, STORE_BIND(st, STMT_AGENDA_OF_STREET, V_INT(street.id), V_INT(from), V_INT(to)),
		box);
	*why = "the register has no address there";
	if (rc < 0)
		return rc == -ENOENT ? -EINVAL : rc;
	if (!*row->house)
		snprintf(label, size, "%.80s", street.name);
	else if (from == to)
		snprintf(label, size, "%.80s %lld", street.name, (long long)from);
	else
		snprintf(label, size, "%.80s %lld-%lld", street.name, (long long)from,
			 (long long)to);
	return 0;
}

/* A point says best where it is, then a street, then a postcode. */
static int place_row(struct store *st, const struct agenda_row *row, struct agenda_item *item,
		     const char **why)
{
	char label[sizeof(item->place)] = "";
	int rc;

	if (*row->lat || *row->lon)
		rc = place_point(row, &item->box, why);
	else if (*row->street)
		rc = place_street(st, row, &item->box, label, sizeof(label), why);
	else if (*row->postcode)
		rc = place_postcode(st, row->postcode, &item->box, why);
	else {
		*why = "where: a street, a postcode, or lat and lon";
		rc = -EINVAL;
	}
	if (rc < 0)
		return rc;
	if (!*label && *row->street)
		snprintf(label, sizeof(label), "%s%s%s", row->street, *row->house ? " " : "",
			 row->house);
	if (!*label)
		OSMO_STRLCPY_ARRAY(label, row->postcode);
	return read_copy(item->place, sizeof(item->place), *row->place ? row->place : label,
			 "place is too long", why);
}

/* ---- rows ---- */

static int read_row(struct agenda_import *im, const struct agenda_row *row,
		    struct agenda_item *item, const char **why)
{
	*why = "kind is not event or closure";
	if (read_kind(&item->kind, row->kind) < 0)
		return -EINVAL;
	*why = "title is missing or too long";
	if (strlen(row->titles) <= strlen("{}") || strlen(row->titles) > TITLES_MAX)
		return -EINVAL;
	if (read_copy(item->by, sizeof(item->by), row->by, "by is too long", why) < 0 ||
	    read_times(im, row, item, why) < 0)
		return -EINVAL;
	return place_row(im->st, row, item, why);
}

static int put(struct agenda_import *im, const struct agenda_row *row,
	       const struct agenda_item *item)
{
	const struct agenda_box *b = &item->box;
	int rc = STORE_RUN(im->st, STMT_AGENDA_PUT, V_TEXT(item->code), V_TEXT(kinds[item->kind]),
			   V_TEXT(row->titles), V_TEXT(item->place), V_TEXT(item->by),
			   V_REAL(b->south), V_REAL(b->west), V_REAL(b->north), V_REAL(b->east),
			   V_INT(item->starts_s), V_INT(item->ends_s));

	return rc < 0 ? rc : 0;
}

/* Whatever else it says, it stands in the file. */
static int keep(struct agenda_import *im, const char *code)
{
	int64_t id;
	int rc = STORE_GET(im->st, &id, STMT_AGENDA_FIND, V_TEXT(code));

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (im->n == im->room) {
		im->room = im->room ? 2 * im->room : 64;
		im->seen = talloc_realloc(im, im->seen, int64_t, im->room);
		OSMO_ASSERT(im->seen);
	}
	im->seen[im->n++] = id;
	return 0;
}

int store_agenda_put(struct agenda_import *im, const struct agenda_row *row, const char **why)
{
	struct agenda_item item = {};
	int rc, kept;

	*why = "id is missing or too long";
	if (!*row->code ||
	    osmo_strlcpy(item.code, row->code, sizeof(item.code)) >= sizeof(item.code))
		return -EINVAL;
	rc = read_row(im, row, &item, why);
	if (rc == 0)
		rc = put(im, row, &item);
	kept = rc == -EIO ? rc : keep(im, item.code);
	return kept < 0 ? kept : rc;
}

/* ---- the end ---- */

static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* What has not ended and is not in the file. \returns count; -EIO */
static int64_t find_gone(struct agenda_import *im, int64_t **gone)
{
	sqlite3_stmt *s = STORE_BIND(im->st, STMT_AGENDA_OPEN, V_INT(im->now_s));
	int64_t n = 0;
	int rc;

	*gone = talloc_array(im, int64_t, 0);
	while ((rc = stmt_row(im->st, s)) > 0) {
		int64_t id = sqlite3_column_int64(s, 0);

		if (im->n && bsearch(&id, im->seen, im->n, sizeof(id), by_id))
			continue;
		*gone = talloc_realloc(im, *gone, int64_t, n + 1);
		OSMO_ASSERT(*gone);
		(*gone)[n++] = id;
	}
	return rc < 0 ? rc : n;
}

static int64_t end_gone(struct agenda_import *im)
{
	int64_t *gone, n;

	if (im->n)
		qsort(im->seen, im->n, sizeof(*im->seen), by_id);
	n = find_gone(im, &gone);
	for (int64_t i = 0; i < n; i++)
		if (STORE_RUN(im->st, STMT_AGENDA_END, V_INT(im->now_s), V_INT(gone[i])) < 0)
			return -EIO;
	return n;
}

struct agenda_import *store_agenda_begin(void *ctx, struct store *st, const char *zone,
					 int64_t now_s)
{
	struct agenda_import *im = talloc_zero(ctx, struct agenda_import);

	OSMO_ASSERT(im);
	im->st = st;
	im->zone = zone;
	im->now_s = now_s;
	if (store_commit(st) == 0 && store_begin(st) == 0)
		return im;
	talloc_free(im);
	return NULL;
}

int store_agenda_end(struct agenda_import *im, bool whole, int64_t *ended)
{
	int64_t n = whole ? end_gone(im) : 0;
	int rc = n < 0 ? (int)n : 0;

	*ended = n < 0 ? 0 : n;
	if (rc == 0)
		rc = store_end(im->st);
	else
		store_undo(im->st);
	if (store_commit(im->st) < 0)
		rc = -EIO;
	talloc_free(im);
	return rc;
}
