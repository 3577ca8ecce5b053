/* handset_int.h - private to the simulated phone: texts and sessions (handset.c) and calls
 * (handset_call.c) of one line. */
#pragma once

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "line/handset.h"

struct handset {
	struct line line;
	uint64_t boot; /* random: keys of this start are not those of the last */
	uint64_t last_token;
	struct llist_head heard;    /* struct heard, waiting for settle() */
	struct llist_head sent;	    /* struct sent, their outcome comes with the timer */
	struct llist_head sessions; /* struct session */
	struct llist_head calls;    /* struct call of handset_call.c */
	unsigned int n_heard, n_sent, n_sessions, n_calls;
	uint64_t last_session; /* calls count with them */
	struct recorder *recorder;
	struct osmo_timer_list timer;
	void (*call_changed)(uint64_t call, void *data); /* who waits for what is heard */
	void *call_changed_data;
};

/* handset_call.c: line_ops of calls. */
int handset_call_answer(struct line *ln, uint64_t session);
int handset_call_prompt(struct line *ln, uint64_t session, const struct line_prompt *prompt);
void handset_call_refuse(struct line *ln, uint64_t session);
int handset_call_dial(struct line *ln, const struct line_dialling *dialling, uint64_t *session);
int handset_call_join(struct line *ln, uint64_t session, uint64_t other);
/* The line is shut down. */
void handset_calls_end(struct handset *hs);
