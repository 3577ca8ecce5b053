/* contractor_int.h - private to contractor.c (the peer), contractor_ask.c (orders and updates) and
 * contractor_poll.c (asking what is new). */
#pragma once

#include <osmocom/core/fsm.h>
#include <osmocom/core/linuxlist.h>

#include "contractor/contractor.h"
#include "wire/webhook.h"

#define TOKEN_PREFIX "token:"

#define LOG_CONTRACTOR(c, level, fmt, args...) \
	LOGP(DCONTR, level, "contractor %s: " fmt, (c)->cfg.name, ##args)

struct poll;

struct contractor {
	struct contractor_cfg cfg; /* a copy of all of it */
	struct http_pool *pool;
	struct osmo_fsm_inst *fi;
	struct webhook_secret secret; /* len 0: none */
	struct llist_head asks;
	struct poll *poll;    /* under way, or NULL */
	bool no_updates;      /* they have no servicerequestupdates */
	int pause_s;	      /* the last pause, 0 after a success */
	int64_t wait_until_s; /* by the wall clock, which may be moved ahead */
	struct contractor_status status;
	char *last_error;
	void (*ready)(void *data);
	void *ready_data;
};

/* It answered like a peer that works. */
void contractor_answered(struct contractor *c);
/* It did not, or said "not now". */
void contractor_failed(struct contractor *c, const char *error, int retry_after_s);
/* May an ask go out now, whatever the window? */
bool contractor_may_ask(const struct contractor *c);
/* One ask is about to go out. */
void contractor_asking(struct contractor *c);
void contractor_tell_ready(struct contractor *c);
void contractor_poll_cancel(struct contractor *c);
void contractor_asks_cancel(struct contractor *c);

/* Does this status say that nothing else would fare better now?  No answer, not now, or a
 * configuration that must be corrected (the key, a moved address). */
bool contractor_is_trouble(const struct http_answer *answer);
/* The answer in words for the operator, talloc child of ctx. */
char *contractor_words(void *ctx, const struct http_answer *answer);
