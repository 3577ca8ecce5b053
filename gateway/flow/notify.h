/* notify.h - a contractor, or staff, says how a report stands: may it follow?  History, and the
 * resident and followers hear of what matters, in one step.
 */
#pragma once

#include "contractor/contractor.h"
#include "flow/intake.h"

struct notify;

struct notify *notify_alloc(void *ctx, struct store *st, struct intake *in,
			    struct talk *const *talk);

/*! Take an update.  Runs in a step of its own; done (may be NULL) comes after the commit with its result.
 *  \param[in] contractor  name of who says so, NULL: staff (who)
 *  \returns (also to done) 0; -EEXIST a replay, nothing changed; -ENOENT no such report; -EPERM not
 *           theirs; -ESTALE older than what is known, or a state that may not follow; -EINVAL no such state; -EIO */
int notify_update(struct notify *nt, const char *contractor, const char *who,
		  const struct contractor_update *update, void (*done)(int rc, void *data),
		  void *data);
/*! Inside the caller's step: the reporter and the followers get a text, each in their language and on their line.
 *  \param[in] node  of menus/notify.yaml
 *  \param[in] note  its slot "note"; NULL none */
int notify_tell(struct notify *nt, const struct report *report, const char *node, const char *note);
/*! The same inside the caller's step, which may go on after all but -EIO: nothing is written then, if update has no key.
 *  \param[in] who  as it stands in the history: "contractor haeghe", "staff anna" */
int notify_take(void *ctx, struct notify *nt, const char *contractor, const char *who,
		const struct contractor_update *update);
/*! Inside the caller's step: the report has been taken over by a contractor. */
int notify_forwarded(struct notify *nt, struct report *report);
/*! Inside the caller's step: set when to look at the report's promise again. */
int notify_watch(struct notify *nt, const struct report *report);
/*! Agenda: promises that are about to break; solved reports that nobody objected to close. */
void notify_due(struct notify *nt, int64_t now_s);
