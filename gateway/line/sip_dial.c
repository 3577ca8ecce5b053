// SPDX-License-Identifier: AGPL-3.0-or-later
/* sip_dial.c - in the media thread: a call that we place, from its INVITE to the answer or what came instead. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>

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

static void on_close(int err, const struct sip_msg *msg, void *arg)
{
	struct sip_call *call = arg;
	char reason[SIP_REASON];

	if (call->answered) {
		sip_call_end(call, true);
		return;
	}
	if (err == ENOSYS) {
		end_unreached(call, LINE_NOT_DIALLED,
			      "the trunk wants a digest other than MD5: ask it for MD5");
		return;
	}
	if (msg && msg->scode < 300) {
		sip_count(call->trunk->link, SIP_UNFIT, 1);
		end_unreached(call, LINE_NOT_DIALLED, "answered without a codec of ours");
		return;
	}
	if (msg)
		re_snprintf(reason, sizeof(reason), "%u %r", msg->scode, &msg->reason);
	else
		osmo_strlcpy(reason, strerror(err), sizeof(reason));
	end_unreached(call, msg ? unreached_by(msg->scode) : LINE_NOT_DIALLED, reason);
}

void sip_dial_tick(struct sip_call *call)
{
	if (call->ticks < call->ring_ticks)
		return;
	/* a trunk that said nothing at all: nobody's phone rang */
	end_unreached(call, call->trying ? LINE_NO_ANSWER : LINE_NOT_DIALLED,
		      call->trying ? "nobody answers" : "the trunk does not respond");
}

/* ---- a redirection: libre follows it, but where a call may go is the trunk's to know ---- */

static struct sip_call *dialled_as(struct sip_trunk *tr, const struct pl *callid)
{
	struct sip_call *call;

	llist_for_each_entry (call, &tr->calls, entry)
		if (call->outgoing && !call->answered &&
		    pl_strcmp(callid, sip_dialog_callid(sipsess_dialog(call->sess))) == 0)
			return call;
	return NULL;
}

void sip_dial_peek(struct sip_trunk *tr, const uint8_t *data, size_t len)
{
	static const char redirection[] = "SIP/2.0 3";
	struct mbuf *mb;
	struct sip_msg *msg = NULL;
	struct sip_call *call;
	char reason[SIP_REASON];

	if (len < sizeof(redirection) || memcmp(data, redirection, sizeof(redirection) - 1) != 0)
		return;
	mb = mbuf_alloc(len);
	if (mb && mbuf_write_mem(mb, data, len) == 0) {
		mb->pos = 0;
		if (sip_msg_decode(&msg, mb) == 0 && (call = dialled_as(tr, &msg->callid))) {
			re_snprintf(reason, sizeof(reason), "%u %r", msg->scode, &msg->reason);
			end_unreached(call, LINE_NOT_DIALLED, reason);
		}
	}
	mem_deref(msg);
	mem_deref(mb);
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
	const char *route = w.route;
	int err = where_to(&w, tr, order);

	err = err ? err : sdp_encode(&offer, call->sdp, true);
	err = err ? err
		  : sipsess_connect(&call->sess, tr->sock, w.to, NULL, w.from, SIP_USER, &route,
				    w.route[0] ? 1 : 0, SIP_SDP_TYPE, offer, sip_secret_tell,
				    tr->secret, true, sip_call_offer, sip_call_answered,
				    on_progress, on_established, sip_call_info, NULL, on_close,
				    call, "%sAllow: " SIP_ALLOW "\r\n", w.identity);
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
