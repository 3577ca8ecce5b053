/* store_search.h - lists of reports for people who look: by words, state, kind, area, contractor; and near a place.
 *
 * Part of the store: see store.h.  A search ends when it has looked at STORE_SEARCH_LOOK reports or, once it has looked a
 * little, after STORE_SEARCH_MS, so that it costs the same at ten million: who finds too little asks on from where it
 * stopped.
 */
#pragma once

#include "store/store.h"

#define STORE_SEARCH_LOOK  5000
#define STORE_SEARCH_MS	   20
#define STORE_SEARCH_WORDS 32 /* those beyond are not looked for */

struct report_search {
	/* Of the description or the place, all of them, in whatever case and with or without accents; what has four letters or
	 * more may be the beginning of a longer word.  NULL or "": any */
	const char *words;
	const char *state;	/* a state, or "open"; NULL or "" any */
	const char *category;	/* slug; NULL or "" any */
	const char *contractor; /* name; NULL or "" any */
	int64_t area_id;	/* 0 any */
	int64_t before_id;	/* 0: from the newest on */
};

/*! Newest first, up to max.
 *  \param[out] next_id  before_id to go on with; 0: these were the last
 *  \returns count; -EIO */
int store_report_search(void *ctx, struct store *st, const struct report_search *search, size_t max,
			bool (*each)(const struct report *r, void *data), void *data,
			int64_t *next_id);

/*! All areas, by name. \returns count */
int store_area_list(struct store *st,
		    bool (*each)(int64_t id, const char *name, const char *slug, void *data),
		    void *data);
