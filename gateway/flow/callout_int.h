/* callout_int.h - private to flow/callout*.c: the calls that we place, and each that is dialled. */
#pragma once

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "flow/callout.h"

struct callout_line {
	struct llist_head list;
	struct line *ln;
};

/* One that is dialled, or in its call. */
struct callout_try {
	struct llist_head list;
	struct callouts *co;
	struct line *ln; /* NULL: it went */
	uint64_t session;
	bool dialled;
	struct osmo_timer_list watchdog; /* while it is dialled */
	struct callout_row row;		 /* as it was picked; its text is our own */
	struct call_row call;
};

struct callouts {
	struct store *st;
	struct outbox *ob;
	struct talk *const *talk;
	struct calls *calls;
	struct callout_cfg cfg;
	struct llist_head lines, tries;
	unsigned int n_tries;
	struct callout_figures figures;
	bool running;
	struct osmo_timer_list timer; /* look again */
	void (*room)(void *data);
	void *room_data;
};

/* callout.c */
/*! A line that can dial now: the one of this name, else another; the one that just could not comes last.
 *  \param[in] but  its name, "" none
 *  \returns NULL if there is none */
struct line *callouts_choose_line(const struct callouts *co, const char *wanted, const char *but);
/*! The first moment from now_s at which a notice may ring: now_s itself inside the hours. */
int64_t callouts_next_notice_hour(const struct callouts *co, int64_t now_s);
/*! Look at what is due after so long. */
void callouts_run_in(struct callouts *co, int seconds);
/*! For store_after(): look once it is durable. */
void callouts_run_after(void *data, uint64_t arg, bool ok);
/*! One is over: tell who feeds. */
void callouts_room(struct callouts *co);

/* callout_try.c */
/*! Inside a step: one more try of a row, which is dialled by this line once the step is durable. 0; -EIO */
int callout_try_begin(struct callouts *co, const struct callout_row *row, struct line *ln,
		      int64_t now_s);
/*! Inside a step: a try that nobody here makes any more counts as one. 0; -ENOENT; -EIO */
int callout_try_lost(struct callouts *co, const struct callout_row *row, int64_t now_s);
/*! It did not come to a call: write down what follows, and forget it. */
void callout_try_unreached(struct callout_try *t, enum line_unreached why);
