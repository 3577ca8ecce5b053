/* outbox.h - texts that must leave: pick a line, hand over, retry, expire, record the fate.
 *
 * Lanes: a reply before a status text before a notice.  A modem has one part at a time; a notice's only when
 * what it heard is acknowledged, and never if its line is for replies only.  Where there are several lines, those that
 * residents text are kept free of notices (cfg.headroom, outbox_headroom.c).  A part is marked "sending" and
 * committed before a line gets it, so a kill leaves it in doubt and never sends it twice by itself: doubt is settled
 * by its status report or, when that does not come, by the operator's rule.
 */
#pragma once

#include "line/line.h"
#include "store/store.h"

enum outbox_doubt_rule { OUTBOX_DOUBT_FAIL, OUTBOX_DOUBT_RESEND };

struct outbox_cfg {
	enum outbox_doubt_rule doubt_rule;
	int doubt_s;	   /* how long a status report is waited for */
	int validity_s[3]; /* by lane: also TP-VP */
	int give_up_tries;
	bool reports;	   /* ask for status reports */
	bool shift_tables; /* national shift tables where they save parts */
	bool headroom;	   /* keep notices off lines that residents text */
};

struct outbox;

struct outbox *outbox_alloc(void *ctx, struct store *st, const struct outbox_cfg *cfg);
/*! Take other settings from now on. */
void outbox_configure(struct outbox *ob, const struct outbox_cfg *cfg);
/*! A line; one that cannot carry texts is passed over.  What it was sending when the process died is in doubt from
 *  now on. */
void outbox_line_add(struct outbox *ob, struct line *ln);
/*! The line is about to go; nothing of it is under way any more after this. */
void outbox_line_remove(struct outbox *ob, struct line *ln);
/*! Queue a text inside the caller's step; it leaves after the commit.
 *  \param[in] line  name of the line wanted, "" or NULL any
 *  \returns 0; -EINVAL not UTF-8, empty or too long; -EIO */
int outbox_queue(struct outbox *ob, const char *number, enum outbox_lane lane, const char *line,
		 const char *text, int64_t report_id);
/*! How texts are fitted, for who wants to know their parts beforehand: flags of sms_text_plan(). */
unsigned int outbox_fit(const struct outbox *ob);
/*! A text of a notice, in the last lane, inside the caller's step: its fate becomes that of its recipient (store_notice.h).
 *  As outbox_queue() */
int outbox_queue_notice(struct outbox *ob, int64_t notice_id, const char *number, const char *text,
			int64_t expires_s);
/*! Who feeds texts in pieces is told when lines have taken some, from inside the step that writes that down. */
void outbox_feed(struct outbox *ob, void (*room)(void *data), void *data);
/*! Parts of notices that the lines that are up take at once. */
unsigned int outbox_window(const struct outbox *ob);
/*! Parts of notices that they send in a second, as measured while they were sending; a line that did not is counted
 *  as slow as a modem on a busy network. */
double outbox_parts_a_second(const struct outbox *ob);
/*! Is there a line up that a text may leave by? */
bool outbox_can_text(const struct outbox *ob);
/* The line's upcalls. */
void outbox_outcome(struct outbox *ob, struct line *ln, const struct line_outcome *outcome);
void outbox_reported(struct outbox *ob, struct line *ln, const struct line_report *report);
/*! Hand over what is due and fits. */
void outbox_run(struct outbox *ob);
/*! Agenda: settle doubts and expire what is too old. */
void outbox_due(struct outbox *ob, int64_t now_s);
/*! Hand over nothing more: the line is about to stop. */
void outbox_hold(struct outbox *ob);
/*! Parts that lines have and that have no outcome yet. */
unsigned int outbox_in_flight(const struct outbox *ob);
