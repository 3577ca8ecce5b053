// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_search.c - lists of reports for people who look.  The narrowest index that the search names is walked, newest
 * first; what else it asks is compared here, row by row. */
#include "store/store_search.h"

#include "store/store_int.h"

#define IS_SET(text) ((text) && (text)[0])

/* Words of a person as a query of FTS5: each quoted, so that none is an operator, and taken as a beginning.
 * \returns NULL: there is no word in it */
static char *query_of(void *ctx, const char *words)
{
	char *query = talloc_strdup(ctx, "");

	while (*words) {
		size_t n = strcspn(words, " \t\n\"");

		if (n > 0)
			query = talloc_asprintf_append_buffer(query, "%s\"%.*s\"*",
							      *query ? " " : "", (int)n, words);
		words += n;
		words += strspn(words, " \t\n\"");
	}
	return *query ? query : NULL;
}

static sqlite3_stmt *walk(struct store *st, const struct report_search *q, const char *query)
{
	int64_t before = q->before_id ? q->before_id : INT64_MAX;
	struct value from = V_INT(before), look = V_INT(STORE_SEARCH_LOOK);

	if (query)
		return STORE_BIND(st, STMT_SEARCH_WORDS, V_TEXT(query), from, look);
	if (IS_SET(q->state) && !strcmp(q->state, "open"))
		return STORE_BIND(st, STMT_SEARCH_OPEN, from, look);
	if (IS_SET(q->category))
		return STORE_BIND(st, STMT_SEARCH_CATEGORY, V_TEXT(q->category), from, look);
	if (q->area_id)
		return STORE_BIND(st, STMT_SEARCH_AREA, V_INT(q->area_id), from, look);
	if (IS_SET(q->contractor))
		return STORE_BIND(st, STMT_SEARCH_CONTRACTOR, V_TEXT(q->contractor), from, look);
	if (IS_SET(q->state) && (!strcmp(q->state, "solved") || !strcmp(q->state, "rejected")))
		return STORE_BIND(st, STMT_SEARCH_ENDED, V_TEXT(q->state), from, look);
	return STORE_BIND(st, STMT_SEARCH_ALL, from, look);
}

static bool state_fits(const struct report *r, const char *state)
{
	if (!IS_SET(state))
		return true;
	if (!strcmp(state, "open"))
		return report_is_open(r->state);
	return !strcmp(report_state_name(r->state), state);
}

static bool fits(const struct report *r, const struct report_search *q)
{
	return state_fits(r, q->state) &&
	       (!IS_SET(q->category) || !strcmp(r->category, q->category)) &&
	       (!q->area_id || r->area_id == q->area_id) &&
	       (!IS_SET(q->contractor) || !strcmp(r->contractor, q->contractor));
}

int store_report_search(void *ctx, struct store *st, const struct report_search *search, size_t max,
			bool (*each)(const struct report *r, void *data), void *data,
			int64_t *next_id)
{
	void *row = talloc_new(ctx);
	char *query = IS_SET(search->words) ? query_of(ctx, search->words) : NULL;
	sqlite3_stmt *s = walk(st, search, query);
	size_t looked = 0, found = 0;
	struct report r;
	int rc = 0;

	*next_id = 0;
	while (found < max && (rc = store_report_next(row, st, s, &r)) > 0) {
		looked++;
		*next_id = r.id;
		if (!fits(&r, search))
			continue;
		found++;
		if (!each(&r, data))
			break;
	}
	if (rc == 0 && found < max && looked < STORE_SEARCH_LOOK)
		*next_id = 0; /* there are no more */
	if (rc > 0)
		stmt_end(s);
	talloc_free(row);
	return rc < 0 ? rc : (int)found;
}

int store_area_list(struct store *st,
		    bool (*each)(int64_t id, const char *name, const char *slug, void *data),
		    void *data)
{
	sqlite3_stmt *s = stmt_bind(st, STMT_AREA_LIST, NULL, 0);
	int n = 0, rc;

	while ((rc = stmt_row(st, s)) > 0) {
		n++;
		if (!each(sqlite3_column_int64(s, 0), column_text(s, 1), column_text(s, 2), data)) {
			stmt_end(s);
			return n;
		}
	}
	return rc < 0 ? rc : n;
}
