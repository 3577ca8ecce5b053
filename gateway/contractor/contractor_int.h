/* contractor_int.h - private to contractor.c (the peer), contractor_ask.c (orders and updates), one file a format for
 * how they are written, and contractor_poll.c (asking what is new). */
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
	struct mailer *mailer; /* NULL: none */
	struct mail_server server;
	struct osmo_fsm_inst *fi;
	struct webhook_secret secret; /* len 0: none */
	struct llist_head asks;
	struct poll *poll;    /* under way, or NULL */
	bool no_updates;      /* they have no servicerequestupdates */
	bool updates_speak;   /* it told of a request of ours */
	size_t turn;	      /* which refs are asked first, beside it */
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

/* ---- one order or update on its way (contractor_ask.c) ---- */

struct ask {
	struct llist_head entry;
	struct contractor *c;
	struct http_request *req;
	struct mail_job *mail;
	char *url, *body;
	const char *headers[8];
	char *key, *their_ref;
	bool update;
	struct contractor_order order; /* of a note that waits for a token: strings are children */
	void (*done)(const struct contractor_outcome *o, void *data);
	void *data;
	const char *method; /* NULL: POST, or GET without a body */
	void (*answered)(const struct http_answer *answer,
			 void *data); /* NULL: contractor_ask_answered() */
	char *mark;		      /* signalen */
	bool once;		      /* they know no idempotency key */
	unsigned int page;	      /* signalen */
};

/* How a format is written. */
struct contractor_writer {
	/* Set url, body and headers. 0; -EINVAL cannot be written */
	int (*prepare)(struct ask *ask, const struct contractor_order *o, const char *url);
	/* The first request: contractor_ask_start(), or what must be known before. 0; -EINVAL */
	int (*start)(struct ask *ask, const struct contractor_order *o, const char *url);
	/* Of answers over HTTP: their number in one, child of ask; NULL if it says nothing of the kind */
	char *(*their_ref)(struct ask *ask, const struct http_answer *answer);
	/* Does this 2xx mean that they have it? */
	bool (*is_taken)(const struct ask *ask, const struct http_answer *answer, const char *ref);
	const char *no_answer; /* in words, if it does not */
};

extern const struct contractor_writer contractor_open311, contractor_webhook, contractor_signalen,
	contractor_mail;

const struct contractor_writer *contractor_writer(const struct contractor_cfg *cfg);
/* contractor_signalen.c: of one signal, and the header with the key (NULL none); children of ctx */
char *contractor_signalen_url(void *ctx, const char *url, const char *ref);
char *contractor_signalen_key(void *ctx, const struct contractor_cfg *cfg);
/* What is to be done, in one text, child of ctx. */
char *contractor_describe(void *ctx, const struct contractor_order *o);
void contractor_ask_header(struct ask *ask, const char *name, const char *value);
/* Send url, body and headers; the answer goes to answered(). 0; -EINVAL no address */
int contractor_ask_start(struct ask *ask);
void contractor_ask_answered(const struct http_answer *answer, void *data);
/* The ends of an ask; it is gone afterwards. */
void contractor_ask_taken(struct ask *ask, char *ref);
void contractor_ask_refused(struct ask *ask, const struct http_answer *answer);
void contractor_ask_refused_for(struct ask *ask, const char *error);
void contractor_ask_retry(struct ask *ask, const char *error, int retry_after_s);
void contractor_ask_retry_alone(struct ask *ask, const char *error);
