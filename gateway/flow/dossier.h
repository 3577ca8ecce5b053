/* dossier.h - what the city must do when a resident asks: show all that is kept of them, or forget them.
 *
 * GDPR, articles 15 (access), 17 (erasure) and 20 (to take along, in a form that programs read).  What they reported is an
 * archive of the city and stays, without who it was; its history says that the reporter was forgotten.  Whoever is
 * forgotten and texts again is somebody new: also a block and a STOP are gone.
 */
#pragma once

#include <jansson.h>

#include "store/store.h"

#define DOSSIER_TEXTS_MAX 10000 /* of each way, the newest */

/*! All of it as JSON, texts and numbers in full; times as in RFC 3339. */
json_t *dossier_export(struct store *st, const struct person *person);

/*! Inside a step. Files of recordings go once it is durable, and no old page of the database's log has any of it then:
 *  see store_cut_log().
 *  \param[in] who, channel  for the history of their reports: "staff anna", "console"
 *  \returns 0; -EBUSY a call of theirs is under way; -EIO: undo the step */
int dossier_forget(struct store *st, const struct person *person, const char *who,
		   const char *channel, int64_t now_s);
