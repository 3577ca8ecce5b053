/* euse.h - an external USSD entity on a GSM core network as a line: GSUP over IPA to its HLR.
 *
 * The TCP link is kept by itself: it tells who we are (CCM, the name in the SERNR tag), asks whether the
 * HLR still is there, and comes back after it was lost.  Sessions are many at once, keyed as GSUP does
 * by (IMSI, session id).  An HLR of Osmocom tells us neither that a phone hung up nor that it gave up,
 * and drops a session silently when its guard timer ends: so each session has timers of its own
 * that end sooner.  Knows nothing of what is asked and answered.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmocom/core/tdef.h>

#include "wire/gsup_ussd.h"

struct line;
struct euse;

#define EUSE_PAGE_OCTETS \
	112 /* the default: 128 septets, the most that a component of 127 octets holds */
#define EUSE_SESSIONS_MAX 5000 /* at once; one more is refused as busy */

/* Copied by euse_alloc(). */
struct euse_cfg {
	const char *name;    /* "euse meldlijn": the line's */
	const char *euse;    /* "meldlijn": the HLR's word for us; we are "EUSE-meldlijn" to it */
	const char *address; /* of the HLR, numeric */
	uint16_t port;	     /* 4222 */
	const char
		*ctrl_address; /* of its control interface, which tells numbers; NULL: not asked */
	uint16_t ctrl_port;    /* 4259 */
	const char *code;      /* "*140#" */
	size_t page_octets;    /* 0: EUSE_PAGE_OCTETS; at most USSD_OCTETS_MAX */
	enum gsup_ussd_length length;
	int answer_s; /* how long a page waits for its answer: below the guard timers of HLR and MSC; 0: 25 */
	bool shutdown; /* for who starts lines: not to be started */
};

/* The timers, for the VTY: X1 connect, X2 first back-off, X3 longest back-off, X4 ping, X5 pong,
 * X6 our own answer (late() is told then), X7 after which a session that got no reply is refused,
 * X8 alarm when there is no HLR. */
extern struct osmo_tdef euse_tdefs[];

/*! \returns a line that is not started yet; set euse_line()->user first */
struct euse *euse_alloc(void *ctx, const struct euse_cfg *cfg);

/*! Not from inside a callback of the line. */
void euse_free(struct euse *eu);

struct line *euse_line(struct euse *eu);

/* What `show euse` tells. */
struct euse_status {
	const char *state; /* of the link: "down", "connecting", "identifying", "up" */
	size_t sessions;   /* open now */
	uint64_t begun, answers, pages, last_pages, refused, unanswered, late, lost;
	uint64_t malformed, unknown, repeated, reconnects;
	uint64_t rtt_us; /* of the last ping; 0 none */
};
void euse_status(const struct euse *eu, struct euse_status *out);
