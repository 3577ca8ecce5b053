// SPDX-License-Identifier: AGPL-3.0-or-later
/* euse_link.c - the connection to the HLR: TCP, the IPA framing on it, who we are, and whether
 * the HLR still is there.  It is lost and comes back by itself. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/msgb.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/ipa.h>
#include <osmocom/gsm/protocol/ipaccess.h>
#include <sodium.h>

#include "line/euse_int.h"

#define X(n)	    (1u << (n))
#define READS_MAX   64 /* messages in a row before others have their turn */
#define HEADROOM    8  /* for the IPA headers */
#define ID_NAME_MAX 64

static void link_lost(struct euse *eu, const char *why);

/* ---- writing */

/* An error is told by reading, never from in here: the caller is in the middle of a session. */
static void send_waiting(struct euse *eu)
{
	ssize_t n = send(eu->fd.fd, eu->tx, eu->tx_len, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		eu->tx_len = 0;
	if (n > 0) {
		memmove(eu->tx, eu->tx + n, eu->tx_len - n);
		eu->tx_len -= n;
	}
	osmo_fd_update_when(&eu->fd, ~OSMO_FD_WRITE, eu->tx_len ? OSMO_FD_WRITE : 0);
}

/* Now owns msg, which has its headers. */
static void link_write(struct euse *eu, struct msgb *msg)
{
	bool waiting = eu->tx_len > 0;

	if (msgb_length(msg) > EUSE_TX_MAX - eu->tx_len) {
		osmo_timer_schedule(&eu->full, 0, 0);
	} else {
		memcpy(eu->tx + eu->tx_len, msgb_data(msg), msgb_length(msg));
		eu->tx_len += msgb_length(msg);
		if (!waiting)
			send_waiting(eu);
	}
	msgb_free(msg);
}

void euse_link_send(struct euse *eu, const uint8_t *gsup, size_t len)
{
	struct msgb *msg;

	if (eu->fi->state != EUSE_UP)
		return;
	msg = msgb_alloc_headroom(len + HEADROOM, HEADROOM, "euse");
	OSMO_ASSERT(msg);
	memcpy(msgb_put(msg, len), gsup, len);
	ipa_prepend_header_ext(msg, IPAC_PROTO_EXT_GSUP);
	ipa_prepend_header(msg, IPAC_PROTO_OSMO);
	link_write(eu, msg);
}

static void send_ccm(struct euse *eu, uint8_t type)
{
	struct msgb *msg = msgb_alloc_headroom(1 + HEADROOM, HEADROOM, "euse");

	OSMO_ASSERT(msg);
	msgb_put_u8(msg, type);
	ipa_prepend_header(msg, IPAC_PROTO_IPACCESS);
	link_write(eu, msg);
}

/* A tag of ID_RESP: 16 bits of length, which counts the tag, the tag, the name with its NUL. */
static void put_name(struct msgb *msg, uint8_t tag, const char *name)
{
	size_t size = strlen(name) + 1;

	msgb_put_u16(msg, size + 1);
	msgb_put_u8(msg, tag);
	memcpy(msgb_put(msg, size), name, size);
}

/* The HLR routes by the serial number, and closes the link if the unit id is missing. */
static void send_identity(struct euse *eu)
{
	struct msgb *msg = msgb_alloc_headroom(3 * (ID_NAME_MAX + 3) + 1 + HEADROOM, HEADROOM,
					       "euse");
	char name[ID_NAME_MAX];

	OSMO_ASSERT(msg);
	snprintf(name, sizeof(name), "EUSE-%s", eu->cfg.euse);
	msgb_put_u8(msg, IPAC_MSGT_ID_RESP);
	put_name(msg, IPAC_IDTAG_SERNR, name);
	put_name(msg, IPAC_IDTAG_UNITNAME, name);
	put_name(msg, IPAC_IDTAG_UNIT, "0/0/0");
	ipa_prepend_header(msg, IPAC_PROTO_IPACCESS);
	link_write(eu, msg);
}

static void peer_full(void *data)
{
	link_lost(data, "the HLR takes nothing more");
}

/* ---- ping */

static void ping_due(void *data)
{
	struct euse *eu = data;

	if (eu->pinged) {
		link_lost(eu, "the HLR does not answer");
		return;
	}
	eu->pinged = true;
	eu->ping_us = euse_now_us();
	osmo_timer_schedule(&eu->ping, euse_timer_s(-5), 0);
	send_ccm(eu, IPAC_MSGT_PING);
}

/* What it sends shows that it is an HLR: only now the pauses begin anew. */
static void proven(struct euse *eu)
{
	eu->rung = 0;
	eu->told_down = false;
	osmo_timer_del(&eu->silent);
	euse_alarm(eu, false, NULL);
}

static void rx_pong(struct euse *eu)
{
	if (!eu->pinged)
		return;
	eu->pinged = false;
	eu->rtt_us = OSMO_MAX(euse_now_us() - eu->ping_us, 1);
	osmo_timer_schedule(&eu->ping, euse_timer_s(-4), 0);
	proven(eu);
}

/* ---- reading */

static void rx_ccm(struct euse *eu, uint8_t type)
{
	switch (type) {
	case IPAC_MSGT_PING:
		send_ccm(eu, IPAC_MSGT_PONG);
		break;
	case IPAC_MSGT_PONG:
		rx_pong(eu);
		break;
	case IPAC_MSGT_ID_GET:
		send_identity(eu);
		if (eu->fi->state == EUSE_IDENTIFYING)
			osmo_fsm_inst_dispatch(eu->fi, EUSE_EV_IDENTIFIED, NULL);
		break;
	default: /* ID_ACK too: this HLR sends none, others may */
		break;
	}
}

static void rx_message(struct euse *eu, struct msgb *msg)
{
	const struct ipaccess_head *head = (const struct ipaccess_head *)msgb_data(msg);
	const uint8_t *payload = msg->l2h;

	if (head->proto == IPAC_PROTO_IPACCESS) {
		rx_ccm(eu, payload[0]);
	} else if (head->proto == IPAC_PROTO_OSMO && payload[0] == IPAC_PROTO_EXT_GSUP &&
		   eu->fi->state == EUSE_UP) {
		euse_session_rx(eu, payload + 1, msgb_l2len(msg) - 1);
	} else {
		LOG_EUSE(eu, LOGL_DEBUG, "not for us: protocol 0x%02x\n", head->proto);
	}
}

static void read_messages(struct euse *eu)
{
	int i;

	for (i = 0; i < READS_MAX && eu->fi->state >= EUSE_IDENTIFYING; i++) {
		struct msgb *msg = NULL;
		int rc = ipa_msg_recv_buffered(eu->fd.fd, &msg, &eu->rx);

		if (rc > 0) {
			rx_message(eu, msg);
			msgb_free(msg);
		} else {
			if (rc == 0)
				link_lost(eu, "the HLR has closed it");
			else if (rc == -EIO)
				link_lost(eu, "what came is no IPA");
			else if (rc != -EAGAIN)
				link_lost(eu, strerror(-rc));
			return;
		}
	}
}

/* ---- connecting */

static int connect_result(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 ? errno : err;
}

static int link_cb(struct osmo_fd *ofd, unsigned int what)
{
	struct euse *eu = ofd->data;

	if (eu->fi->state == EUSE_CONNECTING) {
		int err = connect_result(ofd->fd);

		if (err)
			link_lost(eu, strerror(err));
		else if (what & OSMO_FD_WRITE)
			osmo_fsm_inst_dispatch(eu->fi, EUSE_EV_CONNECTED, NULL);
		return 0;
	}
	if (what & OSMO_FD_WRITE)
		send_waiting(eu);
	if (what & OSMO_FD_READ)
		read_messages(eu);
	return 0;
}

/* osmo_sock_init2() would ask the name service, and write an error for each try.
 * \returns a socket that connects, or a negative errno */
static int connect_to(const char *address, uint16_t port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found;
	char service[8];
	int fd, on = 1, rc = 0;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return -EINVAL;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    (connect(fd, found->ai_addr, found->ai_addrlen) < 0 && errno != EINPROGRESS))
		rc = -errno;
	freeaddrinfo(found);
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

static void link_close(struct euse *eu)
{
	osmo_timer_del(&eu->ping);
	osmo_timer_del(&eu->full);
	eu->pinged = false;
	eu->tx_len = 0;
	msgb_free(eu->rx);
	eu->rx = NULL;
	if (eu->fd.fd < 0)
		return;
	osmo_fd_unregister(&eu->fd);
	close(eu->fd.fd);
	eu->fd.fd = -1;
}

/* ---- transitions */

static void enter(struct euse *eu, enum euse_state state, unsigned long timeout_s)
{
	osmo_fsm_inst_state_chg(eu->fi, state, timeout_s, -1);
	euse_update_line(eu);
}

/* Twice as long each time, and never all at once with others that lost the same HLR. */
static void down(struct euse *eu)
{
	unsigned long pause_ms = euse_timer_s(-2) * 1000 << OSMO_MIN(eu->rung, 10u);
	unsigned long longest_ms = euse_timer_s(-3) * 1000;

	pause_ms = OSMO_MAX(OSMO_MIN(pause_ms, longest_ms), 200);
	pause_ms = pause_ms * 3 / 4 + randombytes_uniform(pause_ms / 4 + 1);
	eu->rung++;
	osmo_fsm_inst_state_chg_ms(eu->fi, EUSE_DOWN, pause_ms, -2);
	euse_update_line(eu);
}

static void link_lost(struct euse *eu, const char *why)
{
	/* Trying again and again is told once. */
	LOG_EUSE(eu, eu->told_down ? LOGL_INFO : LOGL_NOTICE, "link to %s port %u: %s\n",
		 eu->cfg.address, eu->cfg.port, why);
	eu->told_down = true;
	osmo_fsm_inst_dispatch(eu->fi, EUSE_EV_LOST, NULL);
}

static void try_connect(struct euse *eu)
{
	int fd = connect_to(eu->cfg.address, eu->cfg.port);

	if (fd < 0) {
		link_lost(eu, strerror(-fd));
		return;
	}
	osmo_fd_setup(&eu->fd, fd, OSMO_FD_READ | OSMO_FD_WRITE, link_cb, eu, 0);
	OSMO_ASSERT(osmo_fd_register(&eu->fd) == 0);
	enter(eu, EUSE_CONNECTING, euse_timer_s(-1));
}

static void silent_for_long(void *data)
{
	euse_alarm(data, true,
		   "no connection to the HLR: does it run, and are its address and "
		   "the name of this EUSE right?");
}

/* ---- states */

static void shutdown_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct euse *eu = fi->priv;

	OSMO_ASSERT(event == EUSE_EV_START);
	osmo_timer_schedule(&eu->silent, euse_timer_s(-8), 0);
	try_connect(eu);
}

static void shutdown_enter(struct osmo_fsm_inst *fi, uint32_t prev)
{
	struct euse *eu = fi->priv;

	link_close(eu);
	osmo_timer_del(&eu->silent);
	eu->rung = 0;
	eu->told_down = eu->was_up = false;
	euse_sessions_end(eu, false);
	euse_alarm(eu, false, NULL);
}

static void down_enter(struct osmo_fsm_inst *fi, uint32_t prev)
{
	struct euse *eu = fi->priv;

	link_close(eu);
	if (!osmo_timer_pending(&eu->silent) && !eu->alarm)
		osmo_timer_schedule(&eu->silent, euse_timer_s(-8), 0);
	euse_sessions_end(eu, false);
}

static void connecting_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	OSMO_ASSERT(event == EUSE_EV_CONNECTED);
	enter(fi->priv, EUSE_IDENTIFYING, euse_timer_s(-1));
}

static void identifying_enter(struct osmo_fsm_inst *fi, uint32_t prev)
{
	struct euse *eu = fi->priv;

	osmo_fd_update_when(&eu->fd, ~OSMO_FD_WRITE, 0);
}

static void identifying_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	OSMO_ASSERT(event == EUSE_EV_IDENTIFIED);
	enter(fi->priv, EUSE_UP, 0);
}

static void up_enter(struct osmo_fsm_inst *fi, uint32_t prev)
{
	struct euse *eu = fi->priv;

	if (eu->was_up)
		euse_count(eu, EUSE_CTR_RECONNECTS);
	eu->was_up = true;
	ping_due(eu);
}

static void any_state(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct euse *eu = fi->priv;

	switch (event) {
	case EUSE_EV_STOP:
		euse_sessions_end(eu, true);
		enter(eu, EUSE_SHUTDOWN, 0);
		break;
	case EUSE_EV_LOST:
		down(eu);
		break;
	default:
		OSMO_ASSERT(false);
	}
}

static int timer_passed(struct osmo_fsm_inst *fi)
{
	struct euse *eu = fi->priv;

	switch (fi->state) {
	case EUSE_DOWN:
		try_connect(eu);
		break;
	case EUSE_CONNECTING:
		link_lost(eu, "the HLR cannot be reached");
		break;
	case EUSE_IDENTIFYING:
		link_lost(eu, "the HLR does not ask who we are");
		break;
	}
	return 0;
}

/* clang-format off */
static const struct value_string event_names[] = {
	{ EUSE_EV_START, "START" },
	{ EUSE_EV_STOP, "STOP" },
	{ EUSE_EV_CONNECTED, "CONNECTED" },
	{ EUSE_EV_IDENTIFIED, "IDENTIFIED" },
	{ EUSE_EV_LOST, "LOST" },
	{}
};
/* clang-format on */

#define ALWAYS (X(EUSE_SHUTDOWN) | X(EUSE_DOWN))

static const struct osmo_fsm_state link_states[] = {
	[EUSE_SHUTDOWN] = {
		.name = "SHUTDOWN",
		.in_event_mask = X(EUSE_EV_START),
		.out_state_mask = X(EUSE_DOWN) | X(EUSE_CONNECTING),
		.action = shutdown_on,
		.onenter = shutdown_enter,
	},
	[EUSE_DOWN] = {
		.name = "DOWN",
		.out_state_mask = ALWAYS | X(EUSE_CONNECTING),
		.onenter = down_enter,
	},
	[EUSE_CONNECTING] = {
		.name = "CONNECTING",
		.in_event_mask = X(EUSE_EV_CONNECTED),
		.out_state_mask = ALWAYS | X(EUSE_IDENTIFYING),
		.action = connecting_on,
	},
	[EUSE_IDENTIFYING] = {
		.name = "IDENTIFYING",
		.in_event_mask = X(EUSE_EV_IDENTIFIED),
		.out_state_mask = ALWAYS | X(EUSE_UP),
		.action = identifying_on,
		.onenter = identifying_enter,
	},
	[EUSE_UP] = {
		.name = "UP",
		.out_state_mask = ALWAYS,
		.onenter = up_enter,
	},
};

struct osmo_fsm euse_link_fsm = {
	.name = "euse_link",
	.states = link_states,
	.num_states = ARRAY_SIZE(link_states),
	.allstate_event_mask = X(EUSE_EV_STOP) | X(EUSE_EV_LOST),
	.allstate_action = any_state,
	.timer_cb = timer_passed,
	.event_names = event_names,
	.log_subsys = DLINE,
};

static __attribute__((constructor)) void euse_link_fsm_register(void)
{
	OSMO_ASSERT(osmo_fsm_register(&euse_link_fsm) == 0);
	osmo_tdefs_reset(euse_tdefs);
}

void euse_link_init(struct euse *eu)
{
	OSMO_ASSERT(sodium_init() >= 0);
	eu->fd.fd = -1;
	eu->tx = talloc_array(eu, uint8_t, EUSE_TX_MAX);
	OSMO_ASSERT(eu->tx);
	osmo_timer_setup(&eu->ping, ping_due, eu);
	osmo_timer_setup(&eu->silent, silent_for_long, eu);
	osmo_timer_setup(&eu->full, peer_full, eu);
}

const char *euse_link_state(const struct euse *eu)
{
	static const char *const names[] = {
		[EUSE_SHUTDOWN] = "down",
		[EUSE_DOWN] = "down",
		[EUSE_CONNECTING] = "connecting",
		[EUSE_IDENTIFYING] = "identifying",
		[EUSE_UP] = "up",
	};

	return names[eu->fi->state];
}
