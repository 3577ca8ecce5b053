/* session.h - someone waits at the phone: whose number, one turn, one page, all in one step.
 *
 * The page goes out after the commit, so what was said to have been done was done.  What the conversation
 * knows is in the database: a session that is lost goes on by dialling again, or by SMS some minutes later.
 *
 * A network may name a subscriber only by IMSI.  Then the number is asked once and the pair is kept.
 * A number that nobody has used here is believed; one that someone texts from, or another SIM has, is
 * believed only with a code that is texted to it: else anyone could read a stranger's reports.
 */
#pragma once

#include "desk/desk.h"
#include "flow/intake.h"
#include "flow/outbox.h"
#include "line/line.h"
#include "store/store.h"

struct sessions;

struct sessions *sessions_alloc(void *ctx, struct store *st, struct outbox *ob, struct desk *desk,
				struct talk *const *talk, const struct intake_cfg *cfg);
void sessions_configure(struct sessions *ss, const struct intake_cfg *cfg);
/*! Who looks at an answer before it is a turn of dialogue: only of a number that is proved, as struct subscriber_answer. */
void sessions_before(struct sessions *ss, const struct intake_before *before);

/*! A code was dialled or a page was answered: line_user.said. */
void sessions_said(struct sessions *ss, struct line *ln, const struct line_said *said);
/*! line_user.late: "we text you the answer", and so it is done once it is known. */
void sessions_late(struct sessions *ss, struct line *ln, uint64_t session);
/*! line_user.unanswered: how to go on is the last page. */
void sessions_unanswered(struct sessions *ss, struct line *ln, uint64_t session);
/*! line_user.ended. */
void sessions_ended(struct sessions *ss, struct line *ln, uint64_t session);
/*! The line is about to go: its sessions are over. */
void sessions_line_remove(struct sessions *ss, struct line *ln);

struct session_figures {
	size_t waiting; /* their turn could not be stored yet: tried again */
	uint64_t begun, turns, resumed, texted;
};
void sessions_figures(const struct sessions *ss, struct session_figures *out);
