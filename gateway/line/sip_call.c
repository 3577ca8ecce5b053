// SPDX-License-Identifier: AGPL-3.0-or-later
/* sip_call.c - in the media thread: one call, from its INVITE to the BYE of either side. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "line/sip_int.h"

#define STILL_TICKS \
	(15 * 60 * SIP_TICKS_S)	      /* held, and perhaps forgotten: then its silence counts */
#define RING_TICKS (60 * SIP_TICKS_S) /* nobody answered */

/* ---- who calls ---- */

/* The digits of a user part, which may carry parameters: "+31612345678;phone-context=..." */
static bool number_of(char *out, const struct pl *user)
{
	size_t n = 0;

	for (size_t i = 0; i < user->l && user->p[i] != ';' && user->p[i] != '@'; i++) {
		char c = user->p[i];

		if (strchr("-.()", c))
			continue;
		if (!(c >= '0' && c <= '9') && !(c == '+' && n == 0))
			return false;
		if (n + 1 >= PHONE_SIZE)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return n > 0;
}

static bool number_of_identity(char *out, const struct sip_hdr *hdr)
{
	struct sip_addr addr;
	struct pl tel;

	/* libre takes no URI without a host */
	if (re_regex(hdr->val.p, hdr->val.l, "tel:[^;> ]+", &tel) == 0)
		return number_of(out, &tel);
	return sip_addr_decode(&addr, &hdr->val) == 0 && number_of(out, &addr.uri.user);
}

/* Who shows our own number calls through an exchange of ours that hides the caller's. */
static void caller(char *out, const struct sip_msg *msg, const char *own)
{
	const struct sip_hdr *asserted = sip_msg_hdr(msg, SIP_HDR_P_ASSERTED_IDENTITY);
	struct pl tel;

	if (!(asserted && number_of_identity(out, asserted)) &&
	    !number_of(out, &msg->from.uri.user) &&
	    (re_regex(msg->from.auri.p, msg->from.auri.l, "tel:[^;> ]+", &tel) != 0 ||
	     !number_of(out, &tel)))
		out[0] = '\0';
	if (own && strcmp(out, own) == 0)
		out[0] = '\0';
}

/* ---- keys ---- */

void sip_call_key(struct sip_call *call, enum sip_key_way way, char key)
{
	if (!call->leg || !sip_keys_take(&call->keys, way, key, sip_now_ms()))
		return;
	call->beside = true;
	leg_key(call->leg, key);
	call->beside = false;
}

void sip_call_info(struct sip *sip, const struct sip_msg *msg, void *arg)
{
	unsigned int duration_ms;
	char key;

	if (!msg_ctype_cmp(&msg->ctyp, "application", "dtmf-relay")) {
		sip_treply(NULL, sip, msg, 415, "Unsupported Media Type");
		return;
	}
	if (dtmf_relay_read(&key, &duration_ms, (const char *)mbuf_buf(msg->mb),
			    mbuf_get_left(msg->mb)) < 0) {
		sip_treply(NULL, sip, msg, 400, "Bad Request");
		return;
	}
	sip_treply(NULL, sip, msg, 200, "OK");
	sip_call_key(arg, SIP_KEY_INFO, key);
}

/* ---- what the leg tells ---- */

static enum line_recorded recorded(const struct leg_told *told)
{
	if (told->why == LEG_DISK_FULL || told->why == LEG_HUNG_UP)
		return LINE_RECORDED_PART;
	return told->why == LEG_SILENCE && told->seconds <= 0 ? LINE_RECORDED_NOTHING
							      : LINE_RECORDED;
}

static void on_told(const struct leg_told *told, void *data)
{
	struct sip_call *call = data;
	struct sip_news news = { .token = call->token };

	switch (told->event) {
	case LEG_KEY:
		if (!call->beside &&
		    !sip_keys_take(&call->keys, SIP_KEY_TONE, told->key, sip_now_ms()))
			return;
		sip_count(call->trunk->link, SIP_KEYS, 1);
		news.kind = SIP_NEWS_KEY;
		news.key = told->key;
		break;
	case LEG_PLAYED:
		news.kind = SIP_NEWS_PLAYED;
		call->over = call->last;
		break;
	case LEG_RECORDED:
		news.kind = SIP_NEWS_RECORDED;
		news.how = recorded(told);
		news.seconds = told->seconds;
		break;
	case LEG_GREETED:
		news.kind = SIP_NEWS_GREETED;
		news.greeting = told->machine ? LINE_MACHINE : LINE_PERSON;
		break;
	}
	sip_tell(call->trunk, &news);
	if (told->event == LEG_PLAYED && call->no_disk) {
		call->no_disk = false;
		news.kind = SIP_NEWS_RECORDED;
		news.how = LINE_RECORDED_PART;
		sip_tell(call->trunk, &news);
	}
}

/* ---- the session ---- */

static int call_sdp(struct sip_call *call)
{
	const struct sip_line_cfg *cfg = &call->trunk->link->cfg;
	int err = sdp_session_alloc(&call->sdp, &call->trunk->address);

	err = err ? err
		  : sdp_media_add(&call->audio, call->sdp, sdp_media_audio, 0,
				  sip_secure_proto(call->trunk));
	err = err ? err : sip_secure_offer(call);
	for (size_t i = 0; i < cfg->n_codecs && !err; i++) {
		char id[4];

		re_snprintf(id, sizeof(id), "%u", sip_codec_payload_type(cfg->codecs[i]));
		err = sdp_format_add(NULL, call->audio, false, id, sip_codec_name(cfg->codecs[i]),
				     SOUND_RATE, 1, NULL, NULL, NULL, false, NULL);
	}
	err = err ? err
		  : sdp_format_add(NULL, call->audio, false, "101", "telephone-event", SOUND_RATE,
				   1, NULL, NULL, NULL, false, "0-15");
	return err ? err : sdp_media_set_lattr(call->audio, true, "ptime", "%u", SIP_TICK_MS);
}

static int call_offered(struct sip_call *call, const struct sip_msg *msg)
{
	if (mbuf_get_left(msg->mb) == 0)
		return 0;
	if (!msg_ctype_cmp(&msg->ctyp, "application", "sdp") ||
	    sdp_decode(call->sdp, msg->mb, !call->answered || call->offered))
		return EBADMSG;
	call->offered = true;
	return sip_sound_negotiated(call) < 0 ? EPROTO : 0;
}

/* Hold, or another address. */
int sip_call_offer(struct mbuf **desc, const struct sip_msg *msg, void *arg)
{
	struct sip_call *call = arg;
	int err = mbuf_get_left(msg->mb) ? call_offered(call, msg) : 0;

	return err ? err : sdp_encode(desc, call->sdp, mbuf_get_left(msg->mb) == 0);
}

/* Our offer stood in the INVITE, or in the 200 if the INVITE had none. */
int sip_call_answered(const struct sip_msg *msg, void *arg)
{
	struct sip_call *call = arg;

	if (mbuf_get_left(msg->mb) == 0)
		return EBADMSG;
	if (sdp_decode(call->sdp, msg->mb, false))
		return EBADMSG;
	call->offered = true;
	return sip_sound_negotiated(call) < 0 ? EPROTO : 0;
}

static void on_established(const struct sip_msg *msg, void *arg)
{
	struct sip_call *call = arg;

	/* without an answer to our offer there is nowhere to send to */
	if (!call->offered)
		call->over = true;
}

static void on_close(int err, const struct sip_msg *msg, void *arg)
{
	struct sip_call *call = arg;

	call->session = NULL;
	sip_call_end(call, true);
}

static const struct sip_session_user called = {
	.offered = sip_call_offer,
	.answered = sip_call_answered,
	.established = on_established,
	.info = sip_call_info,
	.closed = on_close,
};

void sip_call_free(struct sip_call *call)
{
	sip_sound_close(call);
	if (call->session)
		sip_session_end(call->session);
	mem_deref(call->sdp);
	free(call);
}

static void leave_leg(struct sip_call *call)
{
	struct leg_counts counts;

	leg_counts(call->leg, &counts);
	sip_count(call->trunk->link, SIP_LOST, counts.lost);
	sip_count(call->trunk->link, SIP_TORN, counts.torn);
	leg_hang_up(call->leg);
	leg_free(call->leg);
}

void sip_call_end(struct sip_call *call, bool tell)
{
	struct sip_trunk *tr = call->trunk;
	struct sip_news news = { .kind = SIP_NEWS_ENDED, .token = call->token };

	if (call->leg)
		leave_leg(call);
	llist_del(&call->entry);
	llist_del(&call->turn);
	tr->n_calls--;
	sip_call_free(call);
	if (tell)
		sip_tell(tr, &news);
	sip_trunk_tick_switch(tr);
}

static void refuse(struct sip_trunk *tr, const struct sip_msg *msg, int err)
{
	if (err == EBADMSG || err == EPROTO) {
		sip_count(tr->link, SIP_UNFIT, 1);
		sip_treply(NULL, tr->sip, msg, 488, "Not Acceptable Here");
		return;
	}
	sip_count(tr->link, SIP_BUSY, 1);
	sip_treply(NULL, tr->sip, msg, 503, "Service Unavailable");
}

int sip_call_alloc(struct sip_call **out, struct sip_trunk *tr)
{
	struct sip_call *call = calloc(1, sizeof(*call));
	int err;

	OSMO_ASSERT(call);
	call->trunk = tr;
	call->fd = call->event_type = -1;
	err = call_sdp(call);
	err = err ? err : -sip_sound_open(call);
	if (err)
		sip_call_free(call);
	else
		*out = call;
	return err;
}

void sip_call_enter(struct sip_call *call, uint64_t token)
{
	struct sip_trunk *tr = call->trunk;

	call->token = token;
	llist_add_tail(&call->entry, &tr->calls);
	llist_add_tail(&call->turn, &tr->turns[token % SIP_TURNS]);
	tr->n_calls++;
}

void sip_call_begin(const struct sip_msg *msg, struct sip_trunk *tr)
{
	struct sip_news news = { .kind = SIP_NEWS_CALLED };
	struct sip_call *call = NULL;
	int err = sip_call_alloc(&call, tr);

	if (!err) {
		call->signal = msg->src;
		err = call_offered(call, msg);
	}
	err = err ? err : sip_session_accept(&call->session, tr->sessions, msg, &called, call);
	if (err) {
		refuse(tr, msg, err);
		if (call)
			sip_call_free(call);
		return;
	}
	sip_call_enter(call, ++tr->last_token);
	sip_count(tr->link, SIP_BEGUN, 1);
	news.token = call->token;
	caller(news.number, msg, tr->link->cfg.number);
	sip_tell(tr, &news);
}

void sip_call_talk(struct sip_call *call)
{
	struct leg_cfg cfg = { .recorder = call->trunk->recorder,
			       .inband_keys = call->event_type < 0,
			       .greeting = call->greeting,
			       .told = on_told,
			       .data = call };

	call->leg = leg_alloc(call->trunk->ctx, &cfg);
	call->answered = true;
	call->ticks = 0;
	sip_count(call->trunk->link, SIP_ANSWERED, 1);
}

void sip_call_answer(struct sip_call *call)
{
	struct mbuf *desc = NULL;
	int err;

	if (call->answered || call->outgoing)
		return;
	err = sdp_encode(&desc, call->sdp, !call->offered);
	err = err ? err : sip_session_answer(call->session, desc);
	mem_deref(desc);
	if (err) {
		sip_call_end(call, true);
		return;
	}
	sip_call_talk(call);
}

void sip_call_prompt(struct sip_call *call, struct sip_order *order)
{
	if (!call->leg)
		return;
	call->last = order->last;
	leg_play(call->leg, order->sounds, order->n, order->barge_in);
	order->n = 0; /* the leg has them */
	call->no_disk = order->record && leg_record(call->leg, order->record, order->record_s) < 0;
}

void sip_call_join(struct sip_call *call, struct sip_call *other)
{
	if (call->leg && other && other->leg && call != other)
		leg_join(call->leg, other->leg);
}

void sip_call_send(struct sip_call *call, unsigned int frames)
{
	while (call->answered && frames-- > 0 && !call->over)
		sip_sound_send(call);
}

/* Nobody answered in time. */
static void call_missed(struct sip_call *call)
{
	sip_session_reject(call->session, 480, "Temporarily Unavailable");
	sip_call_end(call, true);
}

void sip_call_take(struct sip_call *call, unsigned int due)
{
	struct sip_trunk *tr = call->trunk;

	call->ticks += due;
	sip_sound_read(call);
	if (!call->answered) {
		if (call->outgoing)
			sip_dial_tick(call);
		else if (call->ticks >= RING_TICKS)
			call_missed(call);
		return;
	}
	for (unsigned int i = 0; i < due && !call->over; i++)
		sip_sound_hear(call);
	call->still = call->far_silent ? call->still + due : 0;
	if (call->far_silent && call->still < STILL_TICKS)
		call->ticks = 0;
	if (call->ticks >= tr->link->cfg.silent_s * SIP_TICKS_S) {
		sip_count(tr->link, SIP_TIMED_OUT, 1);
		call->over = true;
		call->last = false;
	}
	if (sip_session_tick(call->session, due)) {
		sip_count(tr->link, SIP_EXPIRED, 1);
		call->over = true;
		call->last = false;
	}
	if (call->over)
		sip_call_end(call, !call->last);
}
