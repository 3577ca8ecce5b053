/* sip_session_int.h - private to sip_session.c (what is asked of us) and sip_session_ask.c (what we ask). */
#pragma once

#include <osmocom/core/linuxlist.h>

#include <re/re.h>

#include "line/sip_digest.h"
#include "line/sip_int.h"
#include "line/sip_session.h"
#include "line/sip_timer.h"

#define SIP_OURS "Allow: " SIP_ALLOW "\r\nSupported: timer\r\n"

struct sip_sessions {
	struct llist_head list;
	struct hash *by_callid;
	struct sip *sip;
	struct sip_lsnr *answers;
	const struct sip_line_cfg *cfg;
};

/* Our 200 to an INVITE: it goes again until the ACK comes (RFC 3261 13.3.1.4). */
struct sip_session_200 {
	const struct sip_msg *invite; /* NULL: none is waited for */
	struct mbuf *mb;
	struct tmr again, over;
	unsigned int n;
	bool has_offer;
};

/* Our ACK: it goes again when the 200 does. */
struct sip_session_ack {
	struct mbuf *mb;
	struct sa to;
	enum sip_transp way;
	uint32_t cseq;
};

struct sip_session {
	struct llist_head entry;
	struct le by_callid;
	struct sip_sessions *all;
	const struct sip_session_user *user; /* NULL: nobody; it stays until the other side knows */
	void *data;
	struct sip_dialog *dialog;
	struct sip_dialog
		*half; /* of our INVITE, without the other side: each 2xx makes a dialogue of it */
	struct sip_digest *digest;
	char *target; /* URI of our requests, as the dialogue has it */
	bool ours;    /* we called */
	bool up;      /* a BYE may end it */
	bool far_ended;
	bool far_updates;	    /* its Allow names UPDATE */
	struct mbuf *sdp;	    /* the last of ours */
	struct sip_strans *ringing; /* the INVITE that came, before its final answer */
	const struct sip_msg *invite;
	struct sip_session_200 ok;
	struct sip_request *request; /* of ours, one at a time */
	bool asks_offer;	     /* it is an INVITE */
	bool refused;		     /* and offered something else already */
	struct mbuf *proof;	     /* of our last INVITE, for its ACK (RFC 3261 13.2.2.4) */
	char *headers;
	struct sip_session_ack ack;
	struct sip_timer timer;
	unsigned int ticks, refresh_ticks; /* since it was refreshed; when we are to */
};

/* sip_session.c */
struct sip_session *sip_session_alloc(struct sip_sessions *all, const struct sip_session_user *user,
				      void *data);
/*! It has its dialogue: messages find it. */
void sip_session_enter(struct sip_session *ss);
void sip_session_free(struct sip_session *ss);
/*! It is over: BYE if it must be, and the user is told. ss is gone afterwards */
void sip_session_close(struct sip_session *ss, int err, const struct sip_msg *msg);
/*! What we sent last. */
void sip_session_keep_sdp(struct sip_session *ss, struct mbuf *sdp);
/*! A target refresh (RFC 3261 12.2): its Contact, and its Allow. */
void sip_session_target(struct sip_session *ss, const struct sip_msg *msg);
/*! The timers begin anew. */
void sip_session_refreshed(struct sip_session *ss);

/* sip_session_ask.c */
void sip_session_refresh(struct sip_session *ss);
/*! ss is gone when it is answered. */
void sip_session_bye(struct sip_session *ss);
bool sip_session_ack_again(struct sip_session *ss, const struct sip_msg *msg);
/*! A 2xx from another one that a proxy sent our INVITE to: in a dialogue of its own it is acknowledged, which goes again
 *  when the 2xx does, and ended (RFC 3261 13.2.2.4). */
void sip_session_forked(struct sip_session *ss, const struct sip_msg *msg);
