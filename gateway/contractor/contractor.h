/* contractor.h - one who repairs, as a peer over HTTP or by mail.
 *
 * One osmo_fsm a contractor: UP (asks go out, up to its window at once), WAITING (it failed; nothing
 * goes out before the pause is over, then one ask tries).  Turns an order or an update to its
 * format (open311, webhook, signalen) and its answer to an outcome.  Knows neither database nor residents'
 * numbers: what it sends is what it is given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "contractor/http.h"
#include "contractor/mail.h"

/* CONTRACTOR_LINK: none of its own; orders go by mail or else by text, with a link */
enum contractor_format {
	CONTRACTOR_OPEN311,
	CONTRACTOR_WEBHOOK,
	CONTRACTOR_SIGNALEN,
	CONTRACTOR_LINK
};

#define CONTRACTOR_LIST_MAX 64

struct contractor_cfg {
	const char *name;
	const char *url; /* open311: .../requests.json; webhook: any; signalen: .../signals/ */
	const char *second_url; /* next rung, NULL none */
	const char *sms_number; /* rung after that, NULL none */
	const char *mail_to;	/* link: the address that gets orders, NULL none: by text */
	enum contractor_format format;
	const char *api_key; /* contents of api-key-file, NULL none */
	const char *
		callback_secret; /* contents of callback-secret-file: signs webhooks and checks callbacks */
	const char *jurisdiction;		     /* open311 jurisdiction_id, NULL none */
	const char *categories[CONTRACTOR_LIST_MAX]; /* slugs or mains; empty: all */
	const char *areas[CONTRACTOR_LIST_MAX];	     /* slugs; empty: all */
	const char *source;			     /* signalen, NULL none */
	struct {
		const char *ours, *theirs; /* a slug or "default"; an address, or its path */
	} signalen[CONTRACTOR_LIST_MAX];
	int poll_s;	     /* open311, signalen: how often to ask; 0: never */
	int rung_after_s;    /* of failing until the next rung */
	unsigned int window; /* asks at once */
};

/* What is to be done, or said about it. Borrowed during the call. */
struct contractor_order {
	const char *key;		   /* idempotency key: the same for every try */
	bool update;			   /* false: the order itself */
	unsigned int rung;		   /* 0 url, 1 second_url */
	const char *reference, *their_ref; /* their_ref NULL if not known */
	const char *category, *category_name, *area, *place, *asset_kind, *asset_number,
		*description;
	bool located, urgent;
	double lat, lon;
	int64_t created_s, promise_s, at_s;
	const char *alias;	/* how to reach the resident through this line; never the number */
	const char *state;	/* update: "reopened", "note", "withdrawn" (do no more of it) */
	const char *note;	/* update: what was said, may be NULL */
	const char *address_id; /* may be NULL */
	const char *subject, *words; /* by mail: all that it says; else NULL */
	const char *thread; /* key of the order that an update is of, NULL if there is none */
};

enum contractor_result {
	CONTRACTOR_TAKEN,
	CONTRACTOR_RETRY,   /* later; the ladder decides when */
	CONTRACTOR_REFUSED, /* this order is wrong to them (400, 404, 410): a person must look */
};

struct contractor_outcome {
	enum contractor_result result;
	const char
		*their_ref; /* service_request_id, or "token:T" until poll resolves it; NULL none */
	const char *error;  /* in words, for the operator; NULL if taken */
	int retry_after_s;
	bool down; /* RETRY: the contractor as a whole does not answer (no connection, time-out,
			 * 429, 502, 503, 504), not this order alone */
};

struct contractor_update {
	const char *key;	  /* replays give the same: webhook-id or update_id */
	const char *reference;	  /* ours, or NULL */
	const char *their_ref;	  /* theirs, or NULL */
	const char *new_ref;	  /* their_ref "token:T" has become this number; NULL else */
	const char *state;	  /* a word of report_state_name, "" if only a note */
	int64_t expected_s, at_s; /* 0 not given */
	const char *note;	  /* NULL none */
	const char *channel;	  /* how it was said, NULL: their system */
};

struct contractor_polled {
	bool ok;
	const char *error;
	const struct contractor_update *updates;
	size_t n;
	int64_t until_s; /* newest time seen */
};

struct contractor;

struct contractor *contractor_alloc(void *ctx, struct http_pool *pool,
				    const struct contractor_cfg *cfg);
/*! What format link sends goes from there; server is copied. Without it nothing can be written by mail. */
void contractor_by_mail(struct contractor *c, struct mailer *mailer,
			const struct mail_server *server);
const struct contractor_cfg *contractor_cfg_of(const struct contractor *c);
/*! Does it do this work there? category is a slug, main its group, area a slug or NULL. */
bool contractor_does(const struct contractor_cfg *cfg, const char *category, const char *main,
		     const char *area);
/*! Room for another ask now? */
bool contractor_ready(const struct contractor *c);
/*! \returns 0, done comes later exactly once; -EAGAIN not ready; -EINVAL cannot be written in its format */
int contractor_send(struct contractor *c, const struct contractor_order *order,
		    void (*done)(const struct contractor_outcome *o, void *data), void *data);
/*! Ask what is new (open311: servicerequestupdates, and requests/ID.json for some of the refs given that it does
 *  not mention, in turns; for all where there is no such list;
 *  signalen: signals/ID).
 *  \returns 0; -EAGAIN; -ENOTSUP if the format has no polling */
int contractor_poll(struct contractor *c, int64_t since_s, int64_t now_s, const char *const *refs,
		    size_t n, void (*done)(const struct contractor_polled *p, void *data),
		    void *data);

struct contractor_status {
	const char *state;
	uint64_t asked, taken, failed, refused, polled;
	unsigned int busy;
	const char *last_error;
	int64_t up_since_s, down_since_s;
};
void contractor_status(const struct contractor *c, struct contractor_status *out);
/*! The operator says: try now. */
void contractor_kick(struct contractor *c);
/*! Who hears that contractor_ready() is true again, because the pause is over or the operator kicked. */
void contractor_on_ready(struct contractor *c, void (*ready)(void *data), void *data);
