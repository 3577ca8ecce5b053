/* store_open311.h - what came over our own Open311 address, and the lists that are asked there.
 *
 * Errors as in store.h.  Every list runs over an index, also among ten million reports (store_open311_list.c).
 */
#pragma once

#include "store/store.h"

/*! This report was filed with the key of that name.
 *  \param[in] key  theirs, NULL none
 *  \param[in] content  hash of what was said
 *  \param[in] media_url  pictures of it, one a line; NULL none
 *  \returns 0; -EEXIST their key is taken; -EIO */
int store_open311_add(struct store *st, int64_t report_id, const char *source, const char *key,
		      const char *content, const char *media_url, int64_t now_s);
#define STORE_OPEN311_CONTENT_SIZE 65
/*! The report that was filed under a key of theirs. 0; -ENOENT; -EIO */
int store_open311_by_key(struct store *st, const char *source, const char *key, int64_t *report_id,
			 char content[STORE_OPEN311_CONTENT_SIZE]);
/*! The newest with this content since a moment. 0; -ENOENT; -EIO */
int store_open311_same(struct store *st, const char *source, const char *content, int64_t since_s,
		       int64_t *report_id);
/*! Was it filed with the key of that name? \returns 1, 0; -EIO */
int store_open311_is(struct store *st, int64_t report_id, const char *source);

int store_open311_update_add(struct store *st, const char *source, const char *update_id,
			     int64_t event_id, const char *media_url); /* -EEXIST */
int store_open311_update(struct store *st, const char *source, const char *update_id,
			 int64_t *event_id); /* -ENOENT */

/*! The pictures of a report and of what was said of it there, some a call, one a line. */
int store_open311_media(struct store *st, int64_t report_id,
			void (*each)(const char *media_url, void *data), void *data);

/* Lists.  One is read in pieces: each call gives some tens of rows and looks at some hundreds at most, whatever is asked
 * for, so that what else there is to do has its turn between two.  What is filed or changed meanwhile: no row comes
 * twice; a report that changes before its turn is left out of a list by updates (it has moved to later than the list's
 * end, and stands in the one that is asked from there), and out of any that it fits no more; a row is as it was when its
 * piece was read, all of it at the same moment. */

struct store_open311_filter {
	int64_t from_s, to_s;
	bool by_update; /* from and to are of report.updated_s, else of created_s */
	const char
		*codes; /* ",a,b,": those categories, borrowed while the list is read; NULL any */
	bool open, closed;
	unsigned int limit, offset;
};
/*! One of these reports, to be told to anyone: its note is the last one of store_open311_events().
 *  \param[in] open311  it was filed over Open311
 *  \param[in] media_url  NULL none
 *  \returns whether to go on in this piece */
typedef bool store_open311_each(const struct report *report, bool open311, const char *media_url,
				void *data);

/*! Newest first; nothing is read yet.  \returns talloc child of ctx; talloc_free() ends it */
struct store_open311_reports *store_open311_reports(void *ctx, struct store *st,
						    const struct store_open311_filter *f);
/*! The next piece, which may be empty.  \returns 1: there may be more; 0: that was all; -EIO */
int store_open311_reports_next(struct store_open311_reports *reports, store_open311_each *each,
			       void *data);
/*! The one with that reference, if there is one. */
int store_open311_report(struct store *st, const char *reference, store_open311_each *each,
			 void *data);

struct store_open311_event {
	struct report_event event;
	const char *reference;
	bool merged;	       /* that it is the same as another one was the reason */
	const char *media_url; /* NULL none */
};
typedef bool store_open311_each_event(const struct store_open311_event *e, void *data);

/*! What became of reports in that time, oldest first: not that one was received, nor what residents and staff say
 *  without changing anything.  As store_open311_reports(). */
struct store_open311_events *store_open311_events(void *ctx, struct store *st, int64_t from_s,
						  int64_t to_s, unsigned int limit,
						  unsigned int offset);
int store_open311_events_next(struct store_open311_events *events, store_open311_each_event *each,
			      void *data);

/*! The address nearest to a point, at most a span of degrees away either way. 0; -ENOENT; -EIO */
int store_place_nearest(struct store *st, double lat, double lon, double lat_span, double lon_span,
			struct place *out);
