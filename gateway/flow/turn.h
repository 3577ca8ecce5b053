/* turn.h - what a turn of a conversation needs of the database, whatever it came by: who speaks, the
 * state before and after, the texts.  All inside the caller's step.
 */
#pragma once

#include "flow/outbox.h"
#include "store/store.h"
#include "talk/dialogue.h"

/*! A turn of a person, as a text: who has pages sets the channel. */
void turn_init(struct dialogue_turn *turn, const struct talk *talk, const struct person *p,
	       int64_t now_s);

/*! The state of the conversation that waits; NULL none.  0; -EIO */
int turn_state(void *ctx, struct store *st, int64_t person_id, char **state);

/*! Keep what a turn left behind, and when to remind of it.
 *  \param[in] line  that its texts leave by; "" any */
int turn_keep(struct store *st, int64_t person_id, const char *line, const struct dialogue_out *out,
	      int64_t now_s);

/*! Inside the caller's step: count the question at which this state waits, as reached or (left) as given up; a state
 *  that waits for nothing, or NULL, counts as nothing. */
int turn_tally(struct store *st, const char *channel, const char *state, bool left, int64_t now_s);

/*! Queue its answers as texts.  One that cannot be a text is left out. */
int turn_text(struct outbox *ob, const struct person *p, const char *line, enum outbox_lane lane,
	      const struct dialogue_out *out, int64_t report_id);
