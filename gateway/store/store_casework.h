/* store_casework.h - reports that change hands, and reports that turn out to be one.
 *
 * Part of the store: see store.h for steps and errors.  Which of it is allowed is the caller's to know
 * (flow/casework.h).
 */
#pragma once

#include "store/store.h"

/*! The report is received again and nobody's: no contractor, no number of theirs, no date; writes the event. */
int store_report_take_back(struct store *st, int64_t id, const struct report_change *change,
			   int64_t *event_id);
/*! What this contractor has not begun to hear of a report will not be said.
 *  \param[in] but_id  a row that is on its way at this moment; 0 none
 *  \returns how many were dropped; -EIO */
int store_forward_drop(struct store *st, int64_t report_id, const char *contractor, int64_t but_id,
		       int64_t now_s);
/*! After that: has this contractor heard of the report, or may have (a try was made)? 1 or 0 */
int store_forward_heard(struct store *st, int64_t report_id, const char *contractor);
/*! Tell a contractor, after all that they still have to hear of it, that the order is withdrawn.
 *  \param[in] their_ref  NULL: not known yet, see store_forward_their_ref() */
int store_forward_withdraw(struct store *st, int64_t report_id, int64_t event_id,
			   const char *contractor, const char *their_ref, int64_t now_s);
/*! The number has come of a contractor who has the report no more. */
int store_forward_their_ref(struct store *st, int64_t report_id, const char *contractor,
			    const char *their_ref);

/*! From now on report id is the same as into: its reporter and followers follow that one. */
int store_report_merge(struct store *st, int64_t id, int64_t into_id, int64_t now_s);
/*! Those that are the same as this one, oldest first. \returns count */
int store_report_merged(void *ctx, struct store *st, int64_t id, struct report *out, size_t max);
