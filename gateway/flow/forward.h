/* forward.h - reports that a contractor must hear of: to whom, send, keep the reference, retry.
 *
 * Orders of one report stay in order; one contractor failing holds up no other and never marks a report as
 * forwarded.  The ladder backs off from seconds to hours with jitter; after a contractor's set time
 * the next rung is taken (second URL, SMS) and an alarm is on until it works again.
 */
#pragma once

#include "contractor/contractor.h"
#include "flow/notify.h"
#include "flow/order_link.h"

struct forwarder;

struct forwarder *forwarder_alloc(void *ctx, struct store *st, struct notify *nt, struct outbox *ob,
				  struct talk *const *talk);
/*! Orders that go by text end with a link to their page; NULL: they do not. */
void forwarder_links(struct forwarder *fw, const struct order_links *links);
/*! fw now owns c. */
void forwarder_add(struct forwarder *fw, struct contractor *c);
/*! Lets go of all contractors; what was under way is due again. */
void forwarder_clear(struct forwarder *fw);
/* desk_user: inside a step. */
void forwarder_filed(int64_t report_id, void *fw);
void forwarder_told(int64_t report_id, int64_t event_id, void *fw);
/*! Inside a step: whoever has the report hears that the order is withdrawn, if they can have heard of it, and `to` gets it
 *  as a new order; NULL: nobody does.
 *  \param[in] report  as it was before
 *  \param[in] event_id  what the former one is told
 *  \returns 0; -ENOENT no such contractor; -EIO */
int forwarder_hand_over(struct forwarder *fw, const struct report *report, int64_t event_id,
			const char *to);
/*! Agenda and after commits: send what is due, poll who is due. */
void forwarder_run(struct forwarder *fw);
void forwarder_due(struct forwarder *fw, int64_t now_s);
/*! The operator: everything of a contractor (NULL all) is due now. */
int forwarder_again(struct forwarder *fw, const char *contractor);
struct contractor *forwarder_find(struct forwarder *fw, const char *name);
void forwarder_each(struct forwarder *fw, void (*each)(struct contractor *c, void *data),
		    void *data);
