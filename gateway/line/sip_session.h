/* sip_session.h - a dialogue that an INVITE made, ours or the other side's (RFC 3261 12 to 15): answers, hanging up,
 * and what is asked within it by INVITE, UPDATE (RFC 3311) and INFO.  It is kept up by refreshes (RFC 4028).
 *
 * libre carries the messages and their transactions.  Its sessions are not used: they know no UPDATE, no headers of
 * ours but in the first INVITE, and no digest but MD5.  Knows nothing of sound and of who calls.  In the media thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mbuf;
struct sip;
struct sip_line_cfg;
struct sip_msg;
struct sip_session;
struct sip_sessions;

/* What whoever has a session is told.  data is its own. */
struct sip_session_user {
	/* A request within has an offer, or asks for ours: it has no body.  0: *sdp goes back; an errno: it is
	 * refused with 488, and all is as before */
	int (*offered)(struct mbuf **sdp, const struct sip_msg *msg, void *data);
	/* The answer to an offer of ours.  An errno: if it is the first, the session ends */
	int (*answered)(const struct sip_msg *msg, void *data);
	void (*progress)(const struct sip_msg *msg, void *data); /* 1xx to our INVITE */
	/* Our INVITE is refused.  0: *sdp is offered instead, once more; an errno: the session ends */
	int (*refused)(struct mbuf **sdp, const struct sip_msg *msg, void *data);
	void (*established)(const struct sip_msg *msg, void *data);
	void (*info)(struct sip *sip, const struct sip_msg *msg, void *data); /* to be answered */
	/* It is over, and gone: by the other side (msg may say why), or an error (an errno; below 0 as
	 * sip_digest_challenged() has it).  The last that is told */
	void (*closed)(int err, const struct sip_msg *msg, void *data);
};

/*! All of a trunk. \param[in] cfg  outlives it. 0 or an errno of libre's */
int sip_sessions_alloc(struct sip_sessions **out, void *ctx, struct sip *sip,
		       const struct sip_line_cfg *cfg);
/*! Nobody is told; whoever does not know yet that a session is over gets a BYE. */
void sip_sessions_free(struct sip_sessions *all);

/*! A request that came: INVITE within, ACK, BYE, INFO, UPDATE. \returns true if it was one, and is answered */
bool sip_sessions_request(struct sip_sessions *all, const struct sip_msg *msg);

/*! An INVITE that came; it rings now. 0 or an errno, and msg is not answered */
int sip_session_accept(struct sip_session **out, struct sip_sessions *all,
		       const struct sip_msg *msg, const struct sip_session_user *user, void *data);
/*! 200 to it. 0 or an errno */
int sip_session_answer(struct sip_session *ss, struct mbuf *sdp);
/*! Or not; sip_session_end() is still to come. */
void sip_session_reject(struct sip_session *ss, uint16_t status, const char *reason);

/* Whom we call; copied. */
struct sip_session_to {
	const char *to, *from; /* URIs */
	const char *route;     /* NULL: to itself */
	const char *headers;   /* of the INVITE, each with its end */
};
/*! Call. 0 or an errno */
int sip_session_call(struct sip_session **out, struct sip_sessions *all,
		     const struct sip_session_to *to, struct mbuf *sdp,
		     const struct sip_session_user *user, void *data);

/*! Hang up: 486, CANCEL or BYE, as it stands.  Nothing more is told. */
void sip_session_end(struct sip_session *ss);

/*! Of one that is answered.
 *  \param[in] ticks  of SIP_TICK_MS since the last. \returns true if it was not refreshed in time: end it */
bool sip_session_tick(struct sip_session *ss, unsigned int ticks);
