/* callout.h - calls that we place: back to a resident who asked for it, and notices that are spoken.
 *
 * Each is a row until somebody was reached, or nobody will be.  A try is committed before it is dialled: the row says
 * since when, and a try that a crash cut off counts and comes again after the pause, so that none is lost and no phone
 * rings twice at once.  After the last try a text says how to go on.
 */
#pragma once

#include "flow/call.h"
#include "store/store_callout.h"

struct callouts;

struct callout_cfg {
	int tries;	    /* 0: 3 */
	int pause_s;	    /* between tries; 0: 300.  After "busy" it is a minute at most */
	int ring_s;	    /* 0: 30 */
	struct hours hours; /* of notices; to_min 0: 08:00-21:00.  Who asks is called at any time */
	int at_once;	    /* 0: 10 */
};

/*! \param[in] talk  as for calls_alloc() */
struct callouts *callouts_alloc(void *ctx, struct store *st, struct outbox *ob,
				struct talk *const *talk, const struct callout_cfg *cfg);
void callouts_configure(struct callouts *co, const struct callout_cfg *cfg);
/*! Who talks in these calls; NULL: nobody, so none is placed. */
void callouts_use(struct callouts *co, struct calls *calls);
/*! Lines, in the order in which they are taken; one that cannot dial is passed over. */
void callouts_line_add(struct callouts *co, struct line *ln);
/*! Is there a line that can dial? */
bool callouts_can_dial(const struct callouts *co);
void callouts_line_remove(struct callouts *co, struct line *ln);

/*! desk_user's call_back(), inside a step: now, already, talking, often or none. */
const char *callouts_back(struct callouts *co, const struct dialogue_turn *turn,
			  const char **shown);

/*! Queue a spoken notice, inside a step.
 *  \param[in] number  as phone_normalise() writes it
 *  \param[in] language  NULL: the person's, else the city's first
 *  \param[in] text  UTF-8, at most CALLOUT_TEXT_MAX octets
 *  \param[in] notice_id  whose recipient is called: the end of it becomes theirs, and no text follows; 0 none
 *  \param[out] row  as it was queued; its text is borrowed
 *  \returns 0; -EPERM the person wants no more of us, or is blocked; -EINVAL no such language, no text,
 *  too long, or a number that cannot be called; -EIO */
#define CALLOUT_TEXT_MAX 600
int callout_notice(struct callouts *co, const char *number, const char *language, const char *text,
		   int64_t notice_id, struct callout_row *row);
/*! Who queues calls in pieces is told when one of them is over. */
void callouts_feed(struct callouts *co, void (*room)(void *data), void *data);

/*! Dial what is due: a line came up, something was queued. */
void callouts_run(struct callouts *co);
/*! Agenda. */
void callouts_due(struct callouts *co, int64_t now_s);

/* line_user's callbacks. \returns false: the call is none of ours */
bool callouts_called(struct callouts *co, struct line *ln, const struct line_call *call);
bool callouts_unreached(struct callouts *co, struct line *ln, uint64_t session,
			enum line_unreached why);

struct callout_figures {
	uint64_t dialled, reached, machine; /* machine: a notice that one took */
	uint64_t unreached[LINE_NOT_DIALLED + 1];
	uint64_t given_up;
};
void callouts_figures(const struct callouts *co, struct callout_figures *out);
