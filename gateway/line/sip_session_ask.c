// SPDX-License-Identifier: AGPL-3.0-or-later
/* What we ask: a call, refreshes of one that stands, its end. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "line/sip_session_int.h"

/* ---- what stands in all requests */

/* \returns credentials, if any were asked for */
static struct mbuf *proof_of(struct sip_session *ss, const char *method)
{
	struct mbuf *mb = mbuf_alloc(256);

	if (mb && sip_digest_write(mb, ss->digest, method, ss->target))
		return mem_deref(mb);
	return mb;
}

static int on_send(enum sip_transp way, const struct sa *src, const struct sa *dst, struct mbuf *mb,
		   void *arg)
{
	struct sip_contact contact;

	sip_contact_set(&contact, SIP_USER, src, way);
	return mbuf_printf(mb, "%H", sip_contact_print, &contact);
}

/* \returns true if the request is to be made again, as the other side wants it */
static bool can_again(struct sip_session *ss, const struct sip_msg *msg, int *rc)
{
	*rc = 0;
	if (msg->scode == 401 || msg->scode == 407)
		*rc = sip_digest_challenged(ss->digest, msg);
	else if (msg->scode == 422)
		*rc = sip_timer_refused(&ss->timer, msg);
	else
		return false;
	return *rc == 0;
}

/* ---- ACK */

static int on_send_ack(enum sip_transp way, const struct sa *src, const struct sa *dst,
		       struct mbuf *mb, void *arg)
{
	struct sip_session *ss = arg;

	mem_deref(ss->ack.mb);
	ss->ack.mb = mem_ref(mb);
	ss->ack.to = *dst;
	ss->ack.way = way;
	return 0;
}

static void acknowledge(struct sip_session *ss, const struct sip_msg *msg)
{
	ss->ack.cseq = msg->cseq.num;
	sip_drequestf(NULL, ss->all->sip, false, "ACK", ss->dialog, msg->cseq.num, NULL,
		      on_send_ack, NULL, ss, "%bContent-Length: 0\r\n\r\n",
		      ss->proof ? ss->proof->buf : NULL, ss->proof ? ss->proof->end : (size_t)0);
}

bool sip_session_ack_again(struct sip_session *ss, const struct sip_msg *msg)
{
	if (!ss->ack.mb || ss->ack.cseq != msg->cseq.num)
		return false;
	ss->ack.mb->pos = 0;
	return sip_send(ss->all->sip, NULL, ss->ack.way, &ss->ack.to, ss->ack.mb) == 0;
}

/* Nobody waits for this one: another has answered before. */
void sip_session_forked(struct sip_session *ss, const struct sip_msg *msg)
{
	struct sip_session *other = sip_session_alloc(ss->all, NULL, NULL);

	other->ours = true;
	other->up = true;
	other->proof = mem_ref(ss->proof);
	if (sip_dialog_fork(&other->dialog, ss->half, msg)) { /* without a Contact */
		sip_session_free(other);
		return;
	}
	sip_session_target(other, msg);
	sip_session_enter(other);
	acknowledge(other, msg);
	sip_session_bye(other);
}

/* ---- INVITE */

static int invite(struct sip_session *ss, sip_resp_h *answered)
{
	mem_deref(ss->proof);
	ss->proof = proof_of(ss, "INVITE");
	if (!ss->proof)
		return ENOMEM;
	ss->asks_offer = true;
	return sip_drequestf(&ss->request, ss->all->sip, true, "INVITE", ss->dialog, 0, NULL,
			     on_send, answered, ss,
			     "%b%s" SIP_OURS "%HContent-Type: " SIP_SDP_TYPE "\r\n"
			     "Content-Length: %zu\r\n\r\n%b",
			     ss->proof->buf, ss->proof->end, ss->headers ? ss->headers : "",
			     sip_timer_print_request, &ss->timer, mbuf_get_left(ss->sdp),
			     mbuf_buf(ss->sdp), mbuf_get_left(ss->sdp));
}

/* ---- a call of ours */

static void called(struct sip_session *ss, const struct sip_msg *msg)
{
	struct sip_dialog *dialog = NULL;
	int err = sip_dialog_fork(&dialog, ss->dialog, msg);

	if (err) { /* without a Contact there is nowhere to send an ACK */
		ss->far_ended = true;
		if (ss->user)
			sip_session_close(ss, err, msg);
		else
			sip_session_free(ss);
		return;
	}
	ss->half = ss->dialog;
	ss->dialog = dialog;
	sip_session_target(ss, msg);
	TALLOC_FREE(ss->headers);
	ss->up = true;
	acknowledge(ss, msg);
	if (!ss->user) {
		sip_session_bye(ss);
		return;
	}
	sip_timer_answered(&ss->timer, msg);
	sip_session_refreshed(ss);
	err = ss->user->answered(msg, ss->data);
	if (err)
		sip_session_close(ss, err, msg);
	else
		ss->user->established(msg, ss->data);
}

/* \returns true if it is called again, with another offer */
static bool offered_else(struct sip_session *ss, const struct sip_msg *msg)
{
	struct mbuf *sdp = NULL;

	if (ss->refused || !ss->user->refused || ss->user->refused(&sdp, msg, ss->data))
		return false;
	ss->refused = true;
	sip_session_keep_sdp(ss, sdp);
	mem_deref(sdp);
	return true;
}

static void on_called(int err, const struct sip_msg *msg, void *arg)
{
	struct sip_session *ss = arg;

	if (!err && msg->scode < 200) {
		if (ss->user && ss->user->progress)
			ss->user->progress(msg, ss->data);
		return;
	}
	if (!err && msg->scode < 300) {
		called(ss, msg);
		return;
	}
	ss->far_ended = true; /* nothing stands there */
	if (!ss->user) {
		sip_session_free(ss);
		return;
	}
	if (!err && (can_again(ss, msg, &err) || (!err && offered_else(ss, msg)))) {
		err = invite(ss, on_called);
		if (!err) {
			ss->far_ended = false;
			return;
		}
		msg = NULL;
	}
	sip_session_close(ss, err, msg);
}

int sip_session_call(struct sip_session **out, struct sip_sessions *all,
		     const struct sip_session_to *to, struct mbuf *sdp,
		     const struct sip_session_user *user, void *data)
{
	struct sip_session *ss = sip_session_alloc(all, user, data);
	const char *route = to->route;
	int err = sip_dialog_alloc(&ss->dialog, to->to, to->to, NULL, to->from, &route,
				   route ? 1 : 0);

	ss->ours = true;
	ss->target = talloc_strdup(ss, to->to);
	ss->headers = talloc_strdup(ss, to->headers);
	sip_session_keep_sdp(ss, sdp);
	err = err ? err : invite(ss, on_called);
	if (err) {
		sip_session_free(ss);
		return err;
	}
	sip_session_enter(ss);
	*out = ss;
	return 0;
}

/* ---- a refresh */

static void refresh_after(struct sip_session *ss, unsigned int ms)
{
	ss->refresh_ticks = ss->ticks + OSMO_MAX(ms / SIP_TICK_MS, 1);
}

/* RFC 3261 14.1: who called waits longer, so that the two do not meet again. */
static unsigned int crossing_ms(const struct sip_session *ss)
{
	return ss->ours ? 2100 + rand_u32() % 1900 : rand_u32() % 2000;
}

static void refresh_refused(struct sip_session *ss, const struct sip_msg *msg)
{
	const struct sip_hdr *after = sip_msg_hdr(msg, SIP_HDR_RETRY_AFTER);
	unsigned int over = sip_timer_over_ms(&ss->timer) / SIP_TICK_MS;

	if (msg->scode == 491)
		refresh_after(ss, crossing_ms(ss));
	else if ((msg->scode == 405 || msg->scode == 501) && ss->far_updates)
		ss->far_updates = false; /* by INVITE, at the next tick */
	else if (after)
		refresh_after(ss, OSMO_MIN(pl_u32(&after->val), SIP_TIMER_MAX) * 1000);
	else
		refresh_after(ss, (over - OSMO_MIN(ss->ticks, over)) / 2 * SIP_TICK_MS);
}

static int ask_again(struct sip_session *ss);

static void on_refreshed(int err, const struct sip_msg *msg, void *arg)
{
	struct sip_session *ss = arg;
	bool by_invite = ss->asks_offer;

	if (!err && msg->scode < 200)
		return;
	ss->asks_offer = false;
	if (!ss->user)
		return; /* it is over, and waits for an ACK */
	if (err || msg->scode == 408 || msg->scode == 481) {
		sip_session_close(ss, err, msg); /* RFC 3261 12.2.1.2: the dialogue is gone */
	} else if (msg->scode < 300) {
		sip_session_target(ss, msg);
		if (by_invite)
			acknowledge(ss, msg);
		sip_timer_answered(&ss->timer, msg);
		sip_session_refreshed(ss);
		if (mbuf_get_left(msg->mb) > 0)
			ss->user->answered(msg, ss->data);
	} else if (!can_again(ss, msg, &err) || ask_again(ss)) {
		refresh_refused(ss, msg);
	}
}

static int update(struct sip_session *ss)
{
	struct mbuf *proof = proof_of(ss, "UPDATE");
	int err;

	ss->asks_offer = false;
	err = proof ? sip_drequestf(&ss->request, ss->all->sip, true, "UPDATE", ss->dialog, 0, NULL,
				    on_send, on_refreshed, ss,
				    "%b" SIP_OURS "%HContent-Length: 0\r\n\r\n", proof->buf,
				    proof->end, sip_timer_print_request, &ss->timer)
		    : ENOMEM;

	mem_deref(proof);
	return err;
}

static int ask_again(struct sip_session *ss)
{
	int err = ss->far_updates ? update(ss) : invite(ss, on_refreshed);

	ss->asks_offer = ss->asks_offer && !err;
	return err;
}

void sip_session_refresh(struct sip_session *ss)
{
	if (ss->request)
		return;
	if (!ss->up || ss->ok.invite) { /* their ACK is under way */
		refresh_after(ss, SIP_T1);
		return;
	}
	sip_digest_begin(ss->digest);
	if (ask_again(ss))
		refresh_after(ss, SIP_T2);
}

/* ---- BYE */

static void bye(struct sip_session *ss);

static void on_gone(int err, const struct sip_msg *msg, void *arg)
{
	struct sip_session *ss = arg;

	if (!err && msg->scode < 200)
		return;
	if (!err && can_again(ss, msg, &err))
		bye(ss);
	else
		sip_session_free(ss);
}

static void bye(struct sip_session *ss)
{
	struct mbuf *proof = proof_of(ss, "BYE");
	int err = proof ? sip_drequestf(&ss->request, ss->all->sip, true, "BYE", ss->dialog, 0,
					NULL, NULL, on_gone, ss, "%bContent-Length: 0\r\n\r\n",
					proof->buf, proof->end)
			: ENOMEM;

	mem_deref(proof);
	if (err)
		sip_session_free(ss);
}

void sip_session_bye(struct sip_session *ss)
{
	ss->user = NULL;
	ss->request = mem_deref(ss->request); /* a refresh */
	sip_digest_begin(ss->digest);
	bye(ss);
}
