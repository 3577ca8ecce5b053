// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_import.c - load registers of addresses and objects.
 *
 * A row is an upsert: what is there and says the same is not written, so loading a file again
 * changes nothing, and a file that was cut short is repaired by loading it again.
 *
 * Every IMPORT_CHUNK rows are a transaction of their own, with a pause after it: a line that runs on
 * the same file waits for one, well under a second, and not for all.  In a file without any
 * order each chunk touches most pages of the table, so smaller ones would write the table over and
 * over.  Checkpoints are left for later and do not wait for the disk each time: what a power cut
 * takes from an import is imported again.  The secondary index is not dropped and rebuilt: a million rows gain little by
 * that with a cache as large as the indexes, and a kill in between would leave a database
 * without it.
 * New streets go into the trigram index as they come; there are some thousands of them.
 */
#include "store/store_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "talk/phrase.h"

#define IMPORT_CHUNK 50000
#define LET_GO_US    10000 /* longer than a waiting line sleeps: store.c's wait_for_others() */
#define IMPORT_SETTINGS \
	"PRAGMA cache_size = -131072; PRAGMA wal_autocheckpoint = 50000; PRAGMA synchronous = NORMAL"
#define LINE_SETTINGS \
	"PRAGMA cache_size = -2048; PRAGMA wal_autocheckpoint = 1000; PRAGMA synchronous = FULL"
#define NUMBER_MAX 99999

struct store_import {
	struct store *st;
	bool assets;
	unsigned int rows;	    /* of the chunk */
	char *street, *town, *area; /* of the row before: files are mostly in order of these */
	int64_t street_id, area_id;
};

static int chunk_begin(struct store_import *im)
{
	int rc = store_begin(im->st);

	im->rows = 0;
	return rc;
}

static int chunk_end(struct store_import *im)
{
	int rc = store_end(im->st);

	if (rc == 0)
		rc = store_commit(im->st);
	usleep(LET_GO_US);
	return rc;
}

struct store_import *store_import_begin(void *ctx, struct store *st, bool assets)
{
	struct store_import *im = talloc_zero(ctx, struct store_import);

	OSMO_ASSERT(im);
	im->st = st;
	im->assets = assets;
	if (store_commit(st) < 0 || store_sql(st, IMPORT_SETTINGS) < 0 || chunk_begin(im) < 0) {
		talloc_free(im);
		return NULL;
	}
	return im;
}

/* ---- fields ---- */

static const char *no_blanks(const char *text, char *out, size_t size)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	if (len >= size)
		return NULL;
	memcpy(out, text, len);
	out[len] = '\0';
	return out;
}

/* Field texts: trimmed; -EINVAL with the reason if absent where it must be there, or too long. */
static int read_text(char *out, size_t size, const char *text, const char *missing,
		     const char *too_long, const char **why)
{
	*why = too_long;
	if (!no_blanks(text ? text : "", out, size))
		return -EINVAL;
	*why = missing;
	return missing && !*out ? -EINVAL : 0;
}

static bool is_postcode(const char *p)
{
	if (strlen(p) != 6 || *p == '0')
		return false;
	for (int i = 0; i < 6; i++)
		if (i < 4 ? !isdigit((unsigned char)p[i]) : !isupper((unsigned char)p[i]))
			return false;
	return true;
}

static int read_house_number(int *out, const char *text)
{
	char buf[16];
	int value = 0;

	if (!no_blanks(text, buf, sizeof(buf)) || !*buf)
		return -EINVAL;
	for (const char *p = buf; *p; p++) {
		if (!isdigit((unsigned char)*p))
			return -EINVAL;
		value = value * 10 + (*p - '0');
		if (value > NUMBER_MAX)
			return -EINVAL;
	}
	*out = value;
	return value ? 0 : -EINVAL;
}

/* Degrees with a point or a comma. */
static int read_degrees(double *out, const char *text, double limit)
{
	char buf[40], *end;

	if (!no_blanks(text, buf, sizeof(buf)) || !*buf || buf[strspn(buf, "+-.,0123456789")])
		return -EINVAL;
	if (strchr(buf, ','))
		*strchr(buf, ',') = '.';
	*out = strtod(buf, &end);
	return *end || *out < -limit || *out > limit ? -EINVAL : 0;
}

static int read_position(double *lat, double *lon, const char *lat_text, const char *lon_text,
			 const char **why)
{
	*why = "lat is no number of degrees";
	if (read_degrees(lat, lat_text, 90) < 0)
		return -EINVAL;
	*why = "lon is no number of degrees";
	if (read_degrees(lon, lon_text, 180) < 0)
		return -EINVAL;
	*why = "lat and lon are both 0";
	return *lat == 0 && *lon == 0 ? -EINVAL : 0;
}

/* ---- streets and areas ---- */

static bool as_before(void *ctx, char **last, const char *now)
{
	if (*last && strcmp(*last, now) == 0)
		return true;
	talloc_free(*last);
	*last = talloc_strdup(ctx, now);
	OSMO_ASSERT(*last);
	return false;
}

static int add_street(struct store *st, const char *name, const char *town, int64_t *id)
{
	char *folded = phrase_fold(st, name);
	int rc = STORE_RUN(st, STMT_STREET_ADD, V_TEXT(name), V_TEXT(town), V_TEXT(folded));

	if (rc > 0) {
		*id = sqlite3_last_insert_rowid(st->db);
		rc = STORE_RUN(st, STMT_STREET_WORDS, V_INT(*id), V_TEXT(folded));
	}
	talloc_free(folded);
	return rc < 0 ? rc : 0;
}

static int find_street(struct store_import *im, const char *name, const char *town)
{
	bool same_street = as_before(im, &im->street, name);
	bool same_town = as_before(im, &im->town, town);
	int rc;

	if (same_street && same_town && im->street_id)
		return 0;
	rc = STORE_GET(im->st, &im->street_id, STMT_STREET_FIND, V_TEXT(name), V_TEXT(town));
	if (rc == -ENOENT)
		rc = add_street(im->st, name, town, &im->street_id);
	if (rc < 0)
		im->street_id = 0;
	return rc;
}

/* A register of objects has no place: the street of that name, wherever it is; a new one without
 * a place if no address has it. */
static int find_asset_street(struct store_import *im, const char *name)
{
	char *folded;
	int rc;

	if (as_before(im, &im->street, name) && im->street_id)
		return 0;
	folded = phrase_fold(im, name);
	rc = STORE_GET(im->st, &im->street_id, STMT_STREET_EXACT, V_TEXT(folded), V_INT(1));
	talloc_free(folded);
	if (rc == -ENOENT)
		rc = add_street(im->st, name, "", &im->street_id);
	if (rc < 0)
		im->street_id = 0;
	return rc;
}

/* "Segbroek Noord" is "segbroek-noord" in a configuration. */
static char *make_slug(void *ctx, const char *name)
{
	char *slug = phrase_fold(ctx, name);

	for (char *p = slug; *p; p++)
		if (*p == ' ')
			*p = '-';
	return slug;
}

static int add_area(struct store *st, const char *name, int64_t *id)
{
	char *slug = make_slug(st, name);
	int rc = STORE_GET(st, id, STMT_AREA_FIND, V_TEXT(slug));

	if (rc == -ENOENT) {
		rc = STORE_RUN(st, STMT_AREA_ADD, V_TEXT(name), V_TEXT(slug));
		*id = sqlite3_last_insert_rowid(st->db);
	}
	talloc_free(slug);
	return rc < 0 ? rc : 0;
}

/* By its name first: folding one for every row would take longer than all else. */
static int find_area(struct store_import *im, const char *name)
{
	int rc;

	if (!*name) {
		im->area_id = 0;
		TALLOC_FREE(im->area);
		return 0;
	}
	if (as_before(im, &im->area, name) && im->area_id)
		return 0;
	rc = STORE_GET(im->st, &im->area_id, STMT_AREA_BY_NAME, V_TEXT(name));
	if (rc == -ENOENT)
		rc = add_area(im->st, name, &im->area_id);
	if (rc < 0)
		im->area_id = 0;
	return rc;
}

/* ---- rows ---- */

static int row_done(struct store_import *im, int rc)
{
	if (rc < 0)
		return rc;
	if (++im->rows < IMPORT_CHUNK)
		return 0;
	rc = chunk_end(im);
	return rc < 0 ? rc : chunk_begin(im);
}

int store_import_address(struct store_import *im, const char *postcode, const char *number,
			 const char *suffix, const char *street, const char *town, const char *area,
			 const char *lat, const char *lon, const char **why)
{
	struct place p = { 0 };
	int rc;

	OSMO_ASSERT(!im->assets);
	*why = "postcode is not four digits and two letters";
	if (store_code(p.postcode, sizeof(p.postcode), postcode) < 0 || !is_postcode(p.postcode))
		return -EINVAL;
	*why = "number is not 1 to 99999";
	if (read_house_number(&p.number, number) < 0)
		return -EINVAL;
	*why = "suffix is too long";
	if (store_code(p.suffix, sizeof(p.suffix), suffix ? suffix : "") < 0)
		return -EINVAL;
	if (read_text(p.street, sizeof(p.street), street, "street is missing", "street is too long",
		      why) < 0 ||
	    read_text(p.town, sizeof(p.town), town, "place is missing", "place is too long", why) <
		    0 ||
	    read_text(p.area, sizeof(p.area), area, NULL, "area is too long", why) < 0 ||
	    read_position(&p.lat, &p.lon, lat, lon, why) < 0)
		return -EINVAL;

	*why = NULL;
	rc = find_street(im, p.street, p.town);
	if (rc == 0)
		rc = find_area(im, p.area);
	if (rc == 0)
		rc = STORE_RUN(im->st, STMT_ADDRESS_PUT, V_TEXT(p.postcode), V_INT(p.number),
			       V_TEXT(p.suffix), V_INT(im->street_id), V_ID(im->area_id),
			       V_REAL(p.lat), V_REAL(p.lon));
	return row_done(im, rc);
}

static int read_kind(char *out, size_t size, const char *kind, const char **why)
{
	if (read_text(out, size, kind, "kind is missing", "kind is too long", why) < 0)
		return -EINVAL;
	for (; *out; out++)
		*out = tolower((unsigned char)*out);
	return 0;
}

int store_import_asset(struct store_import *im, const char *kind, const char *number,
		       const char *detail, const char *street, const char *house_number,
		       const char *area, const char *lat, const char *lon, const char **why)
{
	struct place p = { 0 };
	int rc;

	OSMO_ASSERT(im->assets);
	if (read_kind(p.asset_kind, sizeof(p.asset_kind), kind, why) < 0)
		return -EINVAL;
	*why = "number is missing or too long";
	if (store_code(p.asset_number, sizeof(p.asset_number), number) <= 0)
		return -EINVAL;
	if (read_text(p.asset_detail, sizeof(p.asset_detail), detail, NULL, "detail is too long",
		      why) < 0 ||
	    read_text(p.street, sizeof(p.street), street, NULL, "street is too long", why) < 0 ||
	    read_text(p.area, sizeof(p.area), area, NULL, "area is too long", why) < 0)
		return -EINVAL;
	*why = "house_number is not 1 to 99999";
	if (house_number && house_number[strspn(house_number, " \t")] &&
	    read_house_number(&p.number, house_number) < 0)
		return -EINVAL;
	if (read_position(&p.lat, &p.lon, lat, lon, why) < 0)
		return -EINVAL;

	*why = NULL;
	im->street_id = *p.street ? im->street_id : 0;
	rc = *p.street ? find_asset_street(im, p.street) : 0;
	if (rc == 0)
		rc = find_area(im, p.area);
	if (rc == 0)
		rc = STORE_RUN(im->st, STMT_ASSET_PUT, V_TEXT(p.asset_kind), V_TEXT(p.asset_number),
			       V_TEXT(p.asset_detail), V_ID(im->street_id), V_ID(p.number),
			       V_ID(im->area_id), V_REAL(p.lat), V_REAL(p.lon));
	return row_done(im, rc);
}

/* ---- the end ---- */

/* Makes durable what was committed.  Busy: another program does that at this moment. */
static int checkpoint(struct store *st)
{
	int rc = sqlite3_wal_checkpoint_v2(st->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	return rc == SQLITE_OK || rc == SQLITE_BUSY ? 0 : store_failed(st, "checkpoint");
}

int store_import_end(struct store_import *im, bool keep)
{
	struct store *st = im->st;
	int rc = 0;

	if (keep && st->in_step)
		rc = chunk_end(im);
	else if (st->in_step)
		store_undo(st);
	if (store_commit(st) < 0)
		rc = -EIO;
	if (store_sql(st, LINE_SETTINGS) < 0 || checkpoint(st) < 0)
		rc = -EIO;
	talloc_free(im);
	return rc;
}
