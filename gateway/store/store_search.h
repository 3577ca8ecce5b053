/* store_search.h - lists of reports for people who look: by words, state, kind, area, contractor; and near a place.
 *
 * Part of the store: see store.h.  A search looks at no more than STORE_SEARCH_LOOK reports at a time, so that it costs
 * the same at ten million: who finds too little asks on from where it stopped.
 */
#pragma once

#include "store/store.h"

#define STORE_SEARCH_LOOK 5000

struct report_search {
	const char *
		words; /* of the description or the place, all of them, or beginnings of them; NULL or "" any */
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
