/* casework.h - what people of the city do to a report, wherever they say it: at the console or on the street.
 *
 * A change of state is notify_update()'s; here is what only staff can say.  All of it runs inside the caller's step, and
 * writes into the report's history who did it.
 */
#pragma once

#include "flow/forward.h"

struct casework;

struct casework *casework_alloc(void *ctx, struct store *st, struct notify *nt,
				struct forwarder *fw);

/* Who, and from where. */
struct casework_by {
	const char *who;     /* "staff anna" */
	const char *channel; /* "console", "sms" */
};

/*! The reporter and the followers get this as a text.
 *  \returns 0; -ENOENT no such report; -EINVAL nothing is said, or over CASEWORK_WORDS_MAX octets; -EIO */
int casework_answer(struct casework *cw, int64_t report_id, const struct casework_by *by,
		    const char *words);
/*! A note in its history, which its contractor hears too. As casework_answer(), up to CASEWORK_NOTE_MAX */
int casework_note(struct casework *cw, int64_t report_id, const struct casework_by *by,
		  const char *words);
#define CASEWORK_WORDS_MAX 600
#define CASEWORK_NOTE_MAX  2000

/*! Another contractor does it: it is received again, the former one hears that it is withdrawn, the new one gets the order.
 *  \param[in] words  for the former one and the history; NULL: what we say then
 *  \returns 0; -ENOENT no such report, or no such contractor; -EALREADY it is theirs; -EINVAL it is not open; -EIO */
int casework_reassign(struct casework *cw, int64_t report_id, const char *contractor,
		      const struct casework_by *by, const char *words);

/*! Report id is the same as into: it is closed, its order withdrawn, and who reported or followed it follows into and
 *  is told so.
 *  \returns 0; -ENOENT no such report; -EINVAL the same one, or one of them is not open; -EIO */
int casework_merge(struct casework *cw, int64_t report_id, int64_t into_id,
		   const struct casework_by *by);
