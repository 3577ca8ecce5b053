/* outbox_int.h - private to flow/outbox*.c. */
#pragma once

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "flow/outbox.h"

struct outbox_line {
	struct llist_head list;
	struct outbox *ob;
	struct line *ln;
	unsigned int in_flight;
	/* its pace: outcomes, and how long something was under way, of the last few hundred */
	int64_t busy_since_ms, busy_ms;
	unsigned int outcomes;
	/* answers that left by it, those of long ago counting less, and when that was */
	double talk;
	int64_t talk_ms;
};

/* A part on its way from its commit to its line. */
struct outbox_handover {
	struct outbox_line *ol;
	struct outbox_due due;
	bool more;
};

/* What the network said of a part, until it is durable. */
struct outbox_said {
	struct llist_head list; /* in outbox.unwritten, if its commit failed */
	struct outbox_line *ol;
	struct line_outcome outcome;
};

struct outbox {
	struct store *st;
	struct outbox_cfg cfg;
	struct llist_head lines;
	struct osmo_timer_list run_timer;
	struct llist_head unwritten;
	struct osmo_timer_list unwritten_timer;
	uint16_t next_ref;
	bool held;
	void (*room)(void *data); /* NULL: nobody feeds */
	void *room_data;
};

/* outbox.c */
/*! May a text that wants no certain line take this one? */
bool outbox_takes_any(const struct outbox *ob, const struct outbox_line *ol);
/*! Inside a step: a line that waits for work gets it with the commit of the step that made it. 0; -EIO */
int outbox_pick_now(struct outbox *ob, const char *name);
/*! For store_after(): hand over what is due. */
void outbox_run_after(void *data, uint64_t arg, bool ok);

/* outbox_headroom.c */
/*! An answer leaves by this line: somebody texted it. */
void outbox_talked(struct outbox *ob, const char *name);
/*! Is it up, and may notices leave by it? */
bool outbox_carries_notices(const struct outbox *ob, const struct outbox_line *ol);

/* outbox_queue.c */
/*! A part is given to the line; it came back. \param[in] outcome  the network said something: that is what the pace
 *  is of */
void outbox_begin_flight(struct outbox_line *ol);
void outbox_end_flight(struct outbox_line *ol, bool outcome);
