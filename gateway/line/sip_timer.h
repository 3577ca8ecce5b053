/* sip_timer.h - what both sides of a call agree on so that it ends where one of them is gone (RFC 4028).
 *
 * Headers of requests and answers in and out, no clock: sip_session.c counts.  In the media thread.
 */
#pragma once

#include <stdbool.h>

#define SIP_TIMER_MAX 86400 /* s; a longer session is taken for one of this length */

struct re_printf;
struct sip_msg;

struct sip_timer {
	unsigned int wanted_s; /* by us: the most we agree to, and what we offer */
	unsigned int min_s;    /* the least; a refusal of the other side raises it */
	unsigned int agreed_s; /* 0: the session does not end by itself */
	bool ours;	       /* we refresh */
	bool far_knows;	       /* of the request that is answered: its side knows timers */
	unsigned int raised;   /* times */
};

/*! \returns true if it asks for less than min_s and knows the answer: 422 with Min-SE (RFC 4028 9) */
bool sip_timer_too_short(const struct sip_msg *request, unsigned int min_s);

/*! Take what an INVITE or UPDATE asks.  Who asks refreshes if it says so, else we do. */
void sip_timer_asked(struct sip_timer *timer, const struct sip_msg *request);
/*! Take what a 2xx to ours says. */
void sip_timer_answered(struct sip_timer *timer, const struct sip_msg *answer);
/*! Of a 422. 0: ask again; -ERANGE: it does not say how long, or never has enough */
int sip_timer_refused(struct sip_timer *timer, const struct sip_msg *answer);

/*! For %H: headers of our request, and of our 2xx. */
int sip_timer_print_request(struct re_printf *pf, const struct sip_timer *timer);
int sip_timer_print_answer(struct re_printf *pf, const struct sip_timer *timer);

/*! Milliseconds after the last refresh: when we make the next, and when the session is over (RFC 4028 10); UINT_MAX:
 *  we never do, it never is */
unsigned int sip_timer_refresh_ms(const struct sip_timer *timer);
unsigned int sip_timer_over_ms(const struct sip_timer *timer);
