// SPDX-License-Identifier: AGPL-3.0-or-later
/* sip_timer.c - in the media thread: session timers (RFC 4028), so that a call whose other side is gone ends.
 *
 * Who called us refreshes, if it can: then our answers say so and its silence ends the call.  Where we would have to
 * refresh we answer as one that knows no timers, which the RFC allows; packets of sound that stop end such a call. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "line/sip_int.h"

#define BYE_BEFORE_S 32 /* RFC 4028 10 */

/* "1800;refresher=uac" */
static unsigned int interval_of(const struct sip_msg *msg, struct pl *refresher)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_SESSION_EXPIRES);
	struct pl seconds, params;

	*refresher = (struct pl){ 0 };
	if (!hdr || re_regex(hdr->val.p, hdr->val.l, "[0-9]+[^]*", &seconds, &params) != 0)
		return 0;
	msg_param_decode(&params, "refresher", refresher);
	return pl_u32(&seconds);
}

bool sip_timer_refuses(struct sip_trunk *tr, const struct sip_msg *msg)
{
	unsigned int least = tr->link->cfg.session_min_s, seconds;
	struct pl refresher;

	seconds = interval_of(msg, &refresher);
	if (seconds == 0 || seconds >= least)
		return false;
	sip_replyf(tr->sip, msg, 422, "Session Interval Too Small",
		   "Min-SE: %u\r\nContent-Length: 0\r\n\r\n", least);
	return true;
}

void sip_timer_agree(struct sip_call *call, const struct sip_msg *msg)
{
	struct pl refresher;
	unsigned int seconds = interval_of(msg, &refresher);

	if (seconds == 0 || !sip_msg_hdr_has_value(msg, SIP_HDR_SUPPORTED, "timer") ||
	    (pl_isset(&refresher) && pl_strcasecmp(&refresher, "uac") != 0))
		return;
	call->session_ticks_max = (seconds - OSMO_MIN(BYE_BEFORE_S, seconds / 3)) * SIP_TICKS_S;
	/* libre puts the type into each answer with an SDP, and has no other place for what stands in all of them */
	re_snprintf(call->sdp_type, sizeof(call->sdp_type),
		    SIP_SDP_TYPE "\r\nSession-Expires: %u;refresher=uac\r\nRequire: timer",
		    seconds);
}

bool sip_timer_tick(struct sip_call *call, unsigned int frames)
{
	call->session_ticks += frames;
	return call->session_ticks_max && call->session_ticks >= call->session_ticks_max;
}
