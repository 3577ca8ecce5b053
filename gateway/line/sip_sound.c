// SPDX-License-Identifier: AGPL-3.0-or-later
/* sip_sound.c - the RTP of a call: its port, what comes and what goes.  In the media thread. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "line/sip_int.h"

#define DATAGRAM_MAX 2048
#define INBOX	     8		       /* datagrams of one read; mostly there is one */
#define READS_MAX    64		       /* of a tick: the other calls have their turn */
#define RELATCH	     (2 * SIP_TICKS_S) /* silent so long, another port may take over */

/* Where the datagrams of a call are read to; one for all calls of a trunk. */
struct sip_inbox {
	struct mmsghdr msgs[INBOX];
	struct iovec vecs[INBOX];
	struct sa from[INBOX];
	uint8_t data[INBOX][DATAGRAM_MAX];
};

struct sip_inbox *sip_inbox_alloc(void *ctx)
{
	struct sip_inbox *in = talloc_zero(ctx, struct sip_inbox);

	OSMO_ASSERT(in);
	for (int i = 0; i < INBOX; i++) {
		in->vecs[i] = (struct iovec){ .iov_base = in->data[i], .iov_len = DATAGRAM_MAX };
		in->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &in->from[i].u,
			.msg_iov = &in->vecs[i],
			.msg_iovlen = 1,
		};
	}
	return in;
}

/* ---- what comes ---- */

/* The address that SDP told, or that which called: a trunk behind NAT tells an inner one.  The port is the
 * one that sound comes from (symmetric RTP), until that falls silent. */
static bool from_far(struct sip_call *call, const struct sa *src)
{
	if (call->far_known && call->ticks < RELATCH)
		return sa_cmp(src, &call->far, SA_ALL);
	if (!sa_cmp(src, sdp_media_raddr(call->audio), SA_ADDR) &&
	    !sa_cmp(src, &call->signal, SA_ADDR))
		return false;
	call->far = *src;
	call->far_known = true;
	return true;
}

static void take_event(struct sip_call *call, const struct sip_rtp *rtp)
{
	char keys[TELEPHONE_EVENT_KEYS];
	size_t n;

	if (rtp->ssrc != call->far_ssrc)
		memset(&call->events, 0, sizeof(call->events));
	call->far_ssrc = rtp->ssrc;
	n = telephone_events_take(&call->events, rtp->timestamp, rtp->payload, rtp->len, keys);
	for (size_t i = 0; i < n; i++)
		sip_call_key(call, SIP_KEY_EVENT, keys[i]);
}

static void take_packet(struct sip_call *call, const struct sip_rtp *rtp)
{
	struct sip_link *link = call->trunk->link;
	int16_t samples[SIP_PACKET_SAMPLES];
	int codec = sip_codec_of(rtp->payload_type);
	size_t n;

	call->ticks = 0;
	if (call->event_type == rtp->payload_type) {
		take_event(call, rtp);
		return;
	}
	n = codec < 0 ? 0 : sip_decode(call->coder, codec, rtp->payload, rtp->len, samples);
	if (n == 0) {
		sip_count(link, SIP_MALFORMED, 1);
		return;
	}
	sip_count(link, SIP_PACKETS, 1);
	sip_jitter_put(&call->jitter, rtp->timestamp, samples, n);
}

static void take_datagram(struct sip_call *call, uint8_t *data, size_t len, const struct sa *src)
{
	struct sip_rtp rtp;

	if (!call->answered || sip_secure_take(call, data, &len) < 0)
		return;
	if (sip_rtp_read(data, len, &rtp) < 0)
		sip_count(call->trunk->link, SIP_MALFORMED, 1);
	else if (!from_far(call, src))
		sip_count(call->trunk->link, SIP_ELSEWHERE, 1);
	else
		take_packet(call, &rtp);
}

/* \returns how many there were */
static int read_some(struct sip_call *call)
{
	struct sip_inbox *in = call->trunk->inbox;
	int n;

	for (int i = 0; i < INBOX; i++)
		in->msgs[i].msg_hdr.msg_namelen = sizeof(in->from[i].u);
	n = recvmmsg(call->fd, in->msgs, INBOX, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		in->from[i].len = in->msgs[i].msg_hdr.msg_namelen;
		take_datagram(call, in->data[i], in->msgs[i].msg_len, &in->from[i]);
	}
	return n;
}

/* By the clock of the frames and not when they come: what comes in between could not be heard sooner, and a
 * packet costs one system call of the thread instead of three. */
void sip_sound_read(struct sip_call *call)
{
	int n = 0;

	do
		n += INBOX;
	while (read_some(call) == INBOX && n < READS_MAX);
}

/* ---- what goes ---- */

static void send_frame(struct sip_call *call, const int16_t frame[SOUND_FRAME])
{
	uint8_t data[SIP_RTP_HEADER + SOUND_FRAME + SIP_SRTP_ROOM];
	struct sip_rtp rtp = {
		.marker = !call->spoke,
		.payload_type = sip_codec_payload_type(call->codec),
		.seq = call->seq++,
		.timestamp = call->timestamp,
		.ssrc = call->ssrc,
	};
	size_t len;

	call->spoke = true;
	sip_rtp_write(&rtp, data);
	len = sip_encode(call->coder, call->codec, frame, data + SIP_RTP_HEADER);
	len = sip_secure_give(call, data, SIP_RTP_HEADER + len);
	/* A datagram that the kernel does not take is as one that the network lost. */
	(void)!sendto(call->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL, &call->far.u.sa,
		      call->far.len);
}

void sip_sound_send(struct sip_call *call)
{
	int16_t frame[SOUND_FRAME];

	if (!call->held) {
		leg_out(call->leg, frame);
		if (sa_isset(&call->far, SA_ALL))
			send_frame(call, frame);
	}
	call->timestamp += SOUND_FRAME; /* the clock goes on while it holds */
}

void sip_sound_hear(struct sip_call *call)
{
	int16_t frame[SOUND_FRAME];

	if (call->held)
		return;
	sip_jitter_get(&call->jitter, frame);
	leg_in(call->leg, frame);
	sip_count(call->trunk->link, SIP_CONCEALED, call->jitter.concealed - call->concealed);
	call->concealed = call->jitter.concealed;
}

/* ---- life ---- */

static int bind_port(struct sip_call *call, uint16_t port)
{
	struct sa local = call->trunk->address;

	sa_set_port(&local, port);
	return bind(call->fd, &local.u.sa, local.len) < 0 ? -errno : 0;
}

/* Even ports, each time the next: one that was just given up may still get packets. */
static int take_port(struct sip_call *call)
{
	struct sip_trunk *tr = call->trunk;
	const struct sip_line_cfg *cfg = &tr->link->cfg;

	for (unsigned int i = cfg->rtp_min; i < cfg->rtp_max; i += 2) {
		uint16_t port = tr->next_port;

		tr->next_port = port + 2 > cfg->rtp_max - 1 ? cfg->rtp_min : port + 2;
		if (bind_port(call, port) == 0) {
			sdp_media_set_lport(call->audio, port);
			return 0;
		}
	}
	return -EADDRINUSE;
}

int sip_sound_open(struct sip_call *call)
{
	int rc;

	call->fd = socket(sa_af(&call->trunk->address), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  0);
	if (call->fd < 0)
		return -errno;
	rc = take_port(call);
	if (rc < 0) {
		close(call->fd);
		call->fd = -1;
		return rc;
	}
	call->coder = sip_coder_alloc();
	sip_jitter_init(&call->jitter);
	call->ssrc = rand_u32();
	call->seq =
		rand_u16() &
		0x7fff; /* a wrap is far: who lost the first packets could miss it (RFC 3711 3.3.1) */
	return 0;
}

void sip_sound_close(struct sip_call *call)
{
	if (call->fd >= 0)
		close(call->fd);
	call->fd = -1;
	sip_secure_close(call);
	sip_coder_free(call->coder);
	call->coder = NULL;
}

/* The first of the other side's formats that is a codec of ours. */
static int first_codec(const struct sip_call *call)
{
	struct le *le;

	for (le = list_head(sdp_media_format_lst(call->audio, false)); le; le = le->next) {
		const struct sdp_format *fmt = le->data;

		if (fmt->sup && sip_codec_of(fmt->pt) >= 0)
			return sip_codec_of(fmt->pt);
	}
	return -ENOENT;
}

/* Directions are as libre turns them: what the other side calls sendonly is receiving only for us. */
int sip_sound_negotiated(struct sip_call *call)
{
	const struct sdp_format *event = sdp_media_rformat(call->audio, "telephone-event");
	const struct sa *far = sdp_media_raddr(call->audio);
	int codec = first_codec(call);
	bool held;

	if (codec < 0 || sdp_media_rport(call->audio) == 0 || sip_secure_negotiated(call) < 0)
		return -ENOENT;
	call->codec = codec;
	call->event_type = event && event->srate == SOUND_RATE ? event->pt : -1;
	held = !(sdp_media_rdir(call->audio) & SDP_SENDONLY) || sa_is_any(far);
	if (call->held && !held) {
		sip_jitter_init(&call->jitter); /* its timestamps may have stood still or gone on */
		call->spoke = false;
	}
	call->held = held;
	call->far_silent = held || !(sdp_media_rdir(call->audio) & SDP_RECVONLY);
	if (!call->far_known || !sa_cmp(far, &call->far, SA_ADDR)) {
		call->far = *far;
		call->far_known = false;
	}
	return 0;
}
