// SPDX-License-Identifier: AGPL-3.0-or-later
/* sip_dial.c - in the media thread: a call that we place, from its INVITE to the answer or what came instead. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "line/sip_digest.h"
#include "line/sip_int.h"

#define URI_MAX 256

/* ---- what comes instead ---- */

static enum line_unreached unreached_by(unsigned int code)
{
	switch (code) {
	case 486:
	case 600:
	case 603: /* the call was pressed away */
		return LINE_BUSY;
	case 408:
	case 480:
	case 487:
		return LINE_NO_ANSWER;
	case 404:
	case 410:
	case 484:
	case 604:
		return LINE_NO_SUCH_NUMBER;
	default:
		return LINE_NOT_DIALLED;
	}
}

static void unreached(struct sip_trunk *tr, uint64_t token, enum line_unreached why,
		      const char *reason)
{
	struct sip_news news = { .kind = SIP_NEWS_UNREACHED, .token = token, .why = why };

	osmo_strlcpy(news.reason, reason, sizeof(news.reason));
	sip_printable(news.reason);
	sip_tell(tr, &news);
}

static void end_unreached(struct sip_call *call, enum line_unreached why, const char *reason)
{
	struct sip_trunk *tr = call->trunk;
	uint64_t token = call->token;

	sip_call_end(call, false);
	unreached(tr, token, why, reason);
}

/* ---- the session ---- */

static void on_progress(const struct sip_msg *msg, void *arg)
{
	struct sip_call *call = arg;

	call->trying = true;
	if (msg->scode == 100 || call->ringing)
		return;
	/* from here it counts how long it rings: the way there takes seconds in a mobile network */
	call->ringing = true;
	call->ticks = 0;
}

static void on_established(const struct sip_msg *msg, void *arg)
{
	struct sip_call *call = arg;
	struct sip_news news = { .kind = SIP_NEWS_REACHED, .token = call->token };

	call->signal = msg->src;
	sip_call_talk(call);
	sip_tell(call->trunk, &news);
}

/* What the other side said, and what can be done about it. */
static void say(char *reason, int err, const struct sip_msg *msg)
{
	if (!msg)
		osmo_strlcpy(reason, strerror(err), SIP_REASON);
	else if (msg->scode == 401 || msg->scode == 407)
		re_snprintf(reason, SIP_REASON, "%u %r: %s", msg->scode, &msg->reason,
			    sip_digest_fault(err));
	else if (msg->scode == 488 || msg->scode == 415)
		re_snprintf(reason, SIP_REASON, "%u %r: check codec and srtp", msg->scode,
			    &msg->reason);
	else
		re_snprintf(reason, SIP_REASON, "%u %r", msg->scode, &msg->reason);
}

static void on_close(int err, const struct sip_msg *msg, void *arg)
{
	struct sip_call *call = arg;
	char reason[SIP_REASON];

	call->session = NULL;
	if (call->answered) {
		sip_call_end(call, true);
		return;
	}
	if (msg && msg->scode < 300) {
		sip_count(call->trunk->link, SIP_UNFIT, 1);
		end_unreached(call, LINE_NOT_DIALLED, "answered without a codec of ours");
		return;
	}
	say(reason, err, msg);
	end_unreached(call, msg ? unreached_by(msg->scode) : LINE_NOT_DIALLED, reason);
}

/* What cannot encrypt may refuse the keys instead of leaving them out of its answer. */
static int on_refused(struct mbuf **sdp, const struct sip_msg *msg, void *arg)
{
	struct sip_call *call = arg;

	if ((msg->scode != 488 && msg->scode != 415) || sip_secure_withdraw(call) < 0)
		return EACCES;
	return sdp_encode(sdp, call->sdp, true);
}

static const struct sip_session_user dialled = {
	.offered = sip_call_offer,
	.answered = sip_call_answered,
	.progress = on_progress,
	.refused = on_refused,
	.established = on_established,
	.info = sip_call_info,
	.closed = on_close,
};

void sip_dial_tick(struct sip_call *call)
{
	if (call->ticks < call->ring_ticks)
		return;
	/* a trunk that said nothing at all: nobody's phone rang */
	end_unreached(call, call->trying ? LINE_NO_ANSWER : LINE_NOT_DIALLED,
		      call->trying ? "nobody answers" : "the trunk does not respond");
}

/* ---- the INVITE ---- */

struct where {
	char to[URI_MAX], from[URI_MAX], route[URI_MAX];
	char identity[URI_MAX + 32]; /* a header, or "" */
};

static int where_to(struct where *w, const struct sip_trunk *tr, const struct sip_order *order)
{
	const struct sip_line_cfg *cfg = &tr->link->cfg;
	const char *number = order->from[0] ? order->from : cfg->number;
	const char *user = number ? number : cfg->user ? cfg->user : SIP_USER;
	int rc = 0;

	memset(w, 0, sizeof(*w));
	if (cfg->domain) {
		rc |= re_snprintf(w->to, URI_MAX, "sip:%s@%s", order->number, cfg->domain);
		rc |= re_snprintf(w->from, URI_MAX, "sip:%s@%s", user, cfg->domain);
		rc |= sip_proxy_uri(tr, w->route, URI_MAX);
	} else {
		rc |= re_snprintf(w->to, URI_MAX, "sip:%s@%J%s", order->number, &tr->proxy,
				  sip_transp_param(tr->proxy_way));
		rc |= re_snprintf(w->from, URI_MAX, "sip:%s@%J", user, &tr->address);
	}
	if (number)
		rc |= re_snprintf(w->identity, sizeof(w->identity),
				  "P-Preferred-Identity: <%s>\r\n", w->from);
	return rc < 0 ? ENAMETOOLONG : 0;
}

static int invite(struct sip_call *call, const struct sip_order *order)
{
	struct sip_trunk *tr = call->trunk;
	struct mbuf *offer = NULL;
	struct where w;
	struct sip_session_to to = { .to = w.to, .from = w.from, .headers = w.identity };
	int err = where_to(&w, tr, order);

	to.route = w.route[0] ? w.route : NULL;
	err = err ? err : sdp_encode(&offer, call->sdp, true);
	err = err ? err
		  : sip_session_call(&call->session, tr->sessions, &to, offer, &dialled, call);
	mem_deref(offer);
	return err;
}

void sip_dial(struct sip_trunk *tr, const struct sip_order *order)
{
	struct sip_call *call = NULL;
	int err = 0;

	if (!tr->sip)
		err = ENOTCONN;
	else if (!sa_isset(&tr->proxy, SA_ALL))
		err = EDESTADDRREQ;
	else if (tr->n_calls >= tr->link->cfg.calls_max)
		err = EBUSY;
	err = err ? err : sip_call_alloc(&call, tr);
	if (!err) {
		call->outgoing = true;
		call->greeting = order->greeting;
		call->ring_ticks = order->ring_s * SIP_TICKS_S;
		err = invite(call, order);
	}
	if (err) {
		unreached(tr, order->token, LINE_NOT_DIALLED, strerror(err));
		if (call)
			sip_call_free(call);
		return;
	}
	sip_call_enter(call, order->token);
	sip_count(tr->link, SIP_DIALLED, 1);
	sip_trunk_tick_switch(tr);
}
