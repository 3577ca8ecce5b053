/* store_agenda.h - what happens in the city: events, and roads and places that are closed, with who does it.
 *
 * A register of the city's own, loaded as a whole: a row that stands in the file no more has ended.  It is known where a
 * thing is by a box of degrees around it.  Not flow/agenda.h, which is what the program itself has to do when.
 *
 * As store.h: main thread, inside a step; 0, -ENOENT or -EIO.
 */
#pragma once

#include "store/store.h"

enum agenda_kind {
	AGENDA_CLOSURE,
	AGENDA_EVENT,
};

struct agenda_box {
	double south, west, north, east; /* degrees, WGS84 */
};

struct agenda_item {
	int64_t id;
	char code[48];
	enum agenda_kind kind;
	char *titles;	 /* JSON: by language; "" for all others */
	char place[128]; /* "Spui 66-70"; "" none */
	char by[96];	 /* "" not known */
	struct agenda_box box;
	int64_t starts_s, ends_s;
};

/*! What lies within a box and a time: it has not ended at from_s and begins before until_s.  What is closed first,
 *  then by its beginning.  \returns count; -EIO */
int store_agenda_near(void *ctx, struct store *st, const struct agenda_box *box, int64_t from_s,
		      int64_t until_s, struct agenda_item *out, size_t max);

/* ---- loading the register, in one step ---- */

/* A row as the file says it; texts without blanks around them, "" what it does not say. */
struct agenda_row {
	const char *code, *kind, *titles; /* titles as in agenda_item */
	const char *street, *town, *house, *house_to, *postcode;
	const char *lat, *lon, *radius; /* metres; "" 0 */
	const char *place, *by, *starts, *ends;
};

struct agenda_import;

/*! \param[in] zone  of the times in the file */
struct agenda_import *store_agenda_begin(void *ctx, struct store *st, const char *zone,
					 int64_t now_s);
/*! Add or change a row; one that says the same is not written.
 *  \param[out] why  static words
 *  \returns 0; -EINVAL with why, and what stood under this code stays; -EIO */
int store_agenda_put(struct agenda_import *im, const struct agenda_row *row, const char **why);
/*! \param[in] whole  all of the file was read: what it does not have any more has ended
 *  \param[out] ended  how many those are
 *  \returns 0; -EIO */
int store_agenda_end(struct agenda_import *im, bool whole, int64_t *ended);
