// SPDX-License-Identifier: AGPL-3.0-or-later
/* Life of a session, and what the other side asks. */
#include "line/sip_session.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "line/sip_session_int.h"

#define HASH_SIZE     256
#define RETRY_AFTER_S 10 /* at most, RFC 3261 14.2 */

/* ---- our 200 until it is acknowledged */

static void ok_stop(struct sip_session *ss)
{
	tmr_cancel(&ss->ok.again);
	tmr_cancel(&ss->ok.over);
	ss->ok.mb = mem_deref(ss->ok.mb);
	ss->ok.invite = mem_deref((void *)ss->ok.invite);
	ss->ok.has_offer = false;
}

static void ok_again(void *arg)
{
	struct sip_session *ss = arg;
	const struct sip_msg *msg = ss->ok.invite;

	sip_send(ss->all->sip, msg->sock, msg->tp, &msg->src, ss->ok.mb);
	ss->ok.n++;
	tmr_start(&ss->ok.again, OSMO_MIN((unsigned int)SIP_T1 << ss->ok.n, SIP_T2), ok_again, ss);
}

static void ok_unheard(void *arg)
{
	struct sip_session *ss = arg;

	ok_stop(ss);
	ss->up = true;
	if (ss->user)
		sip_session_close(ss, ETIMEDOUT, NULL);
	else
		sip_session_bye(ss);
}

static void ok_keep(struct sip_session *ss, const struct sip_msg *msg, struct mbuf *mb)
{
	ok_stop(ss);
	ss->ok.invite = mem_ref((void *)msg);
	ss->ok.mb = mb;
	ss->ok.n = 0;
	ss->ok.has_offer = mbuf_get_left(msg->mb) == 0;
	tmr_start(&ss->ok.again, SIP_T1, ok_again, ss);
	tmr_start(&ss->ok.over, 64 * SIP_T1, ok_unheard, ss);
}

/* 200 to an INVITE or UPDATE. */
static int say_ok(struct sip_session *ss, const struct sip_msg *msg, struct mbuf *sdp)
{
	bool invite = pl_strcmp(&msg->met, "INVITE") == 0;
	struct sip_contact contact;
	struct mbuf *mb = NULL;
	int err;

	sip_contact_set(&contact, SIP_USER, &msg->dst, msg->tp);
	err = sip_treplyf(ss->ringing ? &ss->ringing : NULL, &mb, ss->all->sip, msg, true, 200,
			  "OK", "%H" SIP_OURS "%H%sContent-Length: %zu\r\n\r\n%b",
			  sip_contact_print, &contact, sip_timer_print_answer, &ss->timer,
			  sdp ? "Content-Type: " SIP_SDP_TYPE "\r\n" : "",
			  sdp ? mbuf_get_left(sdp) : (size_t)0, sdp ? mbuf_buf(sdp) : NULL,
			  sdp ? mbuf_get_left(sdp) : (size_t)0);
	if (err)
		return err;
	if (invite)
		ok_keep(ss, msg, mb);
	else
		mem_deref(mb);
	sip_session_keep_sdp(ss, sdp);
	return 0;
}

/* ---- what is asked within */

static void refuse(struct sip_sessions *all, const struct sip_msg *msg, uint16_t status,
		   const char *reason)
{
	sip_treply(NULL, all->sip, msg, status, reason);
}

static void refuse_for_now(struct sip_sessions *all, const struct sip_msg *msg)
{
	sip_treplyf(NULL, NULL, all->sip, msg, false, 500, "Server Internal Error",
		    "Retry-After: %u\r\nContent-Length: 0\r\n\r\n",
		    rand_u32() % (RETRY_AFTER_S + 1));
}

static bool refuse_too_short(struct sip_session *ss, const struct sip_msg *msg)
{
	if (!sip_timer_too_short(msg, ss->timer.min_s))
		return false;
	sip_treplyf(NULL, NULL, ss->all->sip, msg, false, 422, "Session Interval Too Small",
		    "Min-SE: %u\r\nContent-Length: 0\r\n\r\n", ss->timer.min_s);
	return true;
}

/* An offer meets one of ours that is not answered, or one that we did not answer (RFC 3261 14.2, RFC 3311 5.2). */
static bool refuse_crossing(struct sip_session *ss, const struct sip_msg *msg)
{
	if (ss->ringing && !ss->ours)
		refuse_for_now(ss->all, msg);
	else if ((ss->request && ss->asks_offer) || ss->ok.has_offer)
		refuse(ss->all, msg, 491, "Request Pending");
	else
		return false;
	return true;
}

static void on_invite(struct sip_session *ss, const struct sip_msg *msg)
{
	struct mbuf *sdp = NULL;

	if (refuse_crossing(ss, msg) || refuse_too_short(ss, msg))
		return;
	if (ss->user->offered(&sdp, msg, ss->data)) {
		refuse(ss->all, msg, 488, "Not Acceptable Here");
		return;
	}
	sip_timer_asked(&ss->timer, msg);
	sip_session_target(ss, msg);
	say_ok(ss, msg, sdp);
	sip_session_refreshed(ss);
	mem_deref(sdp);
}

/* Before the first answer it changes nothing but where our requests go. */
static void on_update(struct sip_session *ss, const struct sip_msg *msg)
{
	bool offers = mbuf_get_left(msg->mb) > 0;
	struct mbuf *sdp = NULL;

	if ((offers && refuse_crossing(ss, msg)) || refuse_too_short(ss, msg))
		return;
	if (offers && ss->user->offered(&sdp, msg, ss->data)) {
		refuse(ss->all, msg, 488, "Not Acceptable Here");
		return;
	}
	if (ss->up || ss->ok.invite) {
		sip_timer_asked(&ss->timer, msg);
		sip_session_refreshed(ss);
	}
	if (!ss->ours || ss->up)
		sip_session_target(ss, msg);
	if (ss->ringing) { /* that is the INVITE's */
		struct sip_strans *ringing = ss->ringing;

		ss->ringing = NULL;
		say_ok(ss, msg, sdp);
		ss->ringing = ringing;
	} else {
		say_ok(ss, msg, sdp);
	}
	mem_deref(sdp);
}

static void on_bye(struct sip_session *ss, const struct sip_msg *msg)
{
	sip_treply(NULL, ss->all->sip, msg, 200, "OK");
	ss->far_ended = true;
	if (ss->ringing)
		sip_treply(&ss->ringing, ss->all->sip, ss->invite, 487, "Request Terminated");
	if (ss->user)
		sip_session_close(ss, ECONNRESET, NULL);
	else
		sip_session_free(ss);
}

static void on_ack(struct sip_session *ss, const struct sip_msg *msg)
{
	bool first = !ss->up, answers = ss->ok.has_offer;
	int err;

	if (!ss->ok.invite || ss->ok.invite->cseq.num != msg->cseq.num)
		return;
	ok_stop(ss);
	ss->up = true;
	if (!ss->user) {
		sip_session_bye(ss);
		return;
	}
	err = answers ? ss->user->answered(msg, ss->data) : 0;
	if (!first)
		return;
	if (err)
		sip_session_close(ss, err, NULL);
	else
		ss->user->established(msg, ss->data);
}

static bool is_of(struct le *le, void *arg)
{
	const struct sip_session *ss = le->data;
	const struct sip_msg *msg = arg;

	/* who is called may ask before it answers: then its tag is not known */
	return sip_dialog_cmp(ss->dialog, msg) ||
	       (!sip_dialog_established(ss->dialog) && sip_dialog_cmp_half(ss->dialog, msg));
}

static struct sip_session *session_of(struct sip_sessions *all, const struct sip_msg *msg)
{
	return list_ledata(
		hash_lookup(all->by_callid, hash_joaat_pl(&msg->callid), is_of, (void *)msg));
}

bool sip_sessions_request(struct sip_sessions *all, const struct sip_msg *msg)
{
	static const struct {
		const char *method;
		void (*take)(struct sip_session *ss, const struct sip_msg *msg);
	} methods[] = { { "INVITE", on_invite },
			{ "UPDATE", on_update },
			{ "BYE", on_bye },
			{ "ACK", on_ack },
			{ "INFO", NULL } };
	struct sip_session *ss = session_of(all, msg);
	size_t i = 0;

	while (i < ARRAY_SIZE(methods) && pl_strcmp(&msg->met, methods[i].method) != 0)
		i++;
	if (i == ARRAY_SIZE(methods) || (i == 0 && !pl_isset(&msg->to.tag)))
		return false;
	if (ss && ss->ours && !ss->up && methods[i].take != on_update)
		ss = NULL; /* nothing stands there yet */
	if (methods[i].take == on_ack) {
		if (ss)
			on_ack(ss, msg);
	} else if (!ss || (!ss->user && methods[i].take != on_bye)) {
		refuse(all, msg, 481, "Call/Transaction Does Not Exist");
	} else if (!sip_dialog_rseq_valid(ss->dialog, msg)) {
		refuse(all, msg, 500, "Server Internal Error");
	} else if (methods[i].take) {
		methods[i].take(ss, msg);
	} else {
		ss->user->info(all->sip, msg, ss->data);
	}
	return true;
}

static bool is_half_of(struct le *le, void *arg)
{
	const struct sip_session *ss = le->data;

	return ss->half && sip_dialog_cmp_half(ss->dialog, arg);
}

/* A 200 that comes again, or one more: a proxy sends an INVITE to several phones, and two pick up. */
static bool on_answer(const struct sip_msg *msg, void *arg)
{
	struct sip_sessions *all = arg;
	struct sip_session *ss;

	if (pl_strcmp(&msg->cseq.met, "INVITE") != 0 || msg->scode < 200 || msg->scode > 299)
		return false;
	ss = session_of(all, msg);
	if (ss)
		return sip_session_ack_again(ss, msg);
	ss = list_ledata(
		hash_lookup(all->by_callid, hash_joaat_pl(&msg->callid), is_half_of, (void *)msg));
	if (ss)
		sip_session_forked(ss, msg);
	return ss != NULL;
}

/* ---- an INVITE that comes */

static void on_cancel(void *arg)
{
	struct sip_session *ss = arg;

	sip_treply(&ss->ringing, ss->all->sip, ss->invite, 487, "Request Terminated");
	ss->far_ended = true;
	if (ss->user)
		sip_session_close(ss, ECONNRESET, NULL);
	else
		sip_session_free(ss);
}

int sip_session_accept(struct sip_session **out, struct sip_sessions *all,
		       const struct sip_msg *msg, const struct sip_session_user *user, void *data)
{
	struct sip_session *ss = sip_session_alloc(all, user, data);
	struct sip_contact contact;
	int err = sip_dialog_accept(&ss->dialog, msg);

	err = err ? err : sip_strans_alloc(&ss->ringing, all->sip, msg, on_cancel, ss);
	if (!err) {
		ss->invite = mem_ref((void *)msg);
		sip_session_target(ss, msg);
		sip_contact_set(&contact, SIP_USER, &msg->dst, msg->tp);
		err = sip_treplyf(&ss->ringing, NULL, all->sip, msg, true, 180, "Ringing",
				  "%H" SIP_OURS "Content-Length: 0\r\n\r\n", sip_contact_print,
				  &contact);
	}
	if (err) {
		sip_session_free(ss);
		return err;
	}
	sip_session_enter(ss);
	*out = ss;
	return 0;
}

int sip_session_answer(struct sip_session *ss, struct mbuf *sdp)
{
	if (!ss->ringing)
		return EINVAL;
	sip_timer_asked(&ss->timer, ss->invite);
	sip_session_refreshed(ss);
	return say_ok(ss, ss->invite, sdp);
}

void sip_session_reject(struct sip_session *ss, uint16_t status, const char *reason)
{
	if (ss->ringing)
		sip_treply(&ss->ringing, ss->all->sip, ss->invite, status, reason);
}

/* ---- the end */

/* ss may be gone afterwards: otherwise it waits for what must come before a BYE, or for its answer. */
static void leave(struct sip_session *ss)
{
	ss->user = NULL;
	if (ss->ringing)
		sip_treply(&ss->ringing, ss->all->sip, ss->invite, 486, "Busy Here");
	if (ss->far_ended)
		sip_session_free(ss);
	else if (ss->ok.invite)
		; /* its ACK is waited for (RFC 3261 15) */
	else if (ss->up)
		sip_session_bye(ss);
	else if (ss->request)
		sip_request_cancel(ss->request);
	else
		sip_session_free(ss);
}

void sip_session_end(struct sip_session *ss)
{
	leave(ss);
}

void sip_session_close(struct sip_session *ss, int err, const struct sip_msg *msg)
{
	const struct sip_session_user *user = ss->user;
	void *data = ss->data;

	leave(ss);
	user->closed(err, msg, data);
}

/* ---- it stands */

void sip_session_keep_sdp(struct sip_session *ss, struct mbuf *sdp)
{
	if (!sdp)
		return;
	mem_ref(sdp);
	mem_deref(ss->sdp);
	ss->sdp = sdp;
}

void sip_session_target(struct sip_session *ss, const struct sip_msg *msg)
{
	const struct sip_hdr *contact = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	struct sip_addr addr;

	if (sip_msg_hdr(msg, SIP_HDR_ALLOW))
		ss->far_updates = sip_msg_hdr_has_value(msg, SIP_HDR_ALLOW, "UPDATE");
	if (!contact || sip_addr_decode(&addr, &contact->val) || sip_dialog_update(ss->dialog, msg))
		return;
	talloc_free(ss->target);
	ss->target = talloc_strndup(ss, addr.auri.p, addr.auri.l);
}

void sip_session_refreshed(struct sip_session *ss)
{
	ss->ticks = 0;
	ss->refresh_ticks = sip_timer_refresh_ms(&ss->timer) / SIP_TICK_MS;
}

bool sip_session_tick(struct sip_session *ss, unsigned int ticks)
{
	ss->ticks += ticks;
	if (ss->ticks >= ss->refresh_ticks)
		sip_session_refresh(ss);
	return ss->ticks >= sip_timer_over_ms(&ss->timer) / SIP_TICK_MS;
}

/* ---- life */

struct sip_session *sip_session_alloc(struct sip_sessions *all, const struct sip_session_user *user,
				      void *data)
{
	const struct sip_line_cfg *cfg = all->cfg;
	struct sip_session *ss = talloc_zero(all, struct sip_session);

	OSMO_ASSERT(ss);
	ss->all = all;
	ss->user = user;
	ss->data = data;
	ss->digest = sip_digest_alloc(ss, cfg->user, cfg->password);
	ss->timer.min_s = cfg->session_min_s;
	ss->timer.wanted_s = OSMO_MAX(cfg->session_s, cfg->session_min_s);
	tmr_init(&ss->ok.again);
	tmr_init(&ss->ok.over);
	INIT_LLIST_HEAD(&ss->entry);
	return ss;
}

void sip_session_enter(struct sip_session *ss)
{
	llist_add_tail(&ss->entry, &ss->all->list);
	hash_append(ss->all->by_callid, hash_joaat_str(sip_dialog_callid(ss->dialog)),
		    &ss->by_callid, ss);
}

void sip_session_free(struct sip_session *ss)
{
	llist_del(&ss->entry);
	hash_unlink(&ss->by_callid);
	ok_stop(ss);
	mem_deref(ss->request);
	mem_deref(ss->ringing);
	mem_deref((void *)ss->invite);
	mem_deref(ss->dialog);
	mem_deref(ss->half);
	mem_deref(ss->sdp);
	mem_deref(ss->proof);
	mem_deref(ss->ack.mb);
	talloc_free(ss);
}

int sip_sessions_alloc(struct sip_sessions **out, void *ctx, struct sip *sip,
		       const struct sip_line_cfg *cfg)
{
	struct sip_sessions *all = talloc_zero(ctx, struct sip_sessions);
	int err;

	OSMO_ASSERT(all);
	INIT_LLIST_HEAD(&all->list);
	all->sip = sip;
	all->cfg = cfg;
	err = hash_alloc(&all->by_callid, HASH_SIZE);
	err = err ? err : sip_listen(&all->answers, sip, false, on_answer, all);
	if (err)
		sip_sessions_free(all);
	else
		*out = all;
	return err;
}

void sip_sessions_free(struct sip_sessions *all)
{
	struct sip_session *ss, *next;

	if (!all)
		return;
	llist_for_each_entry_safe (ss, next, &all->list, entry) {
		if (ss->ok.invite) { /* no time to wait for its ACK */
			ok_stop(ss);
			sip_session_bye(ss);
		}
	}
	llist_for_each_entry_safe (ss, next, &all->list, entry)
		sip_session_free(ss);
	mem_deref(all->answers);
	mem_deref(all->by_callid);
	talloc_free(all);
}
