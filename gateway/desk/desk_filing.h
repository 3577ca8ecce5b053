/* desk_filing.h - a report that another system files, and its word on it, as the desk takes them from residents.
 *
 * Runs inside the caller's store step, as desk.h.
 */
#pragma once

#include "desk/desk.h"

struct desk_filing {
	const char *category, *description; /* description NULL none */
	bool located;
	double lat, lon;
	const char *place;	  /* in words, or what the register knows it by; NULL none */
	const char *asset_number; /* on its sticker; NULL none */
	int64_t person_id;	  /* who is told how it goes; 0 nobody */
	const char *channel;
};

/*! The place is settled by the register as far as it can be: an object by its number, a place in words if there is
 *  no doubt about it, a point by the nearest address.  What cannot be settled stays as it was said.
 *  \param[out] reference  REPORT_REFERENCE_SIZE bytes
 *  \param[out] report_id  its id
 *  \returns 0; -EINVAL the city has no such category; -EDQUOT this person filed enough today; -EIO */
int desk_file(struct desk *d, const struct talk *talk, const struct desk_filing *filing,
	      int64_t now_s, char *reference, int64_t *report_id);

struct desk_word {
	const char *state; /* NULL: only a note */
	const char *note, *channel;
	int64_t said_s; /* by their clock: taken to be between the filing and now; 0 now */
};

/*! A word of the reporter's side: a note, or "reopened" and "closed" where these may follow.  The contractor hears
 *  of it.
 *  \param[out] event_id  how it stands in the history
 *  \returns 0; -ENOENT no such report; -EIO */
int desk_word(struct desk *d, int64_t report_id, const struct desk_word *word, int64_t now_s,
	      int64_t *event_id);
