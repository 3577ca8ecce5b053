// SPDX-License-Identifier: AGPL-3.0-or-later
/* euse_link.c - the connection to the HLR: who we are, and whether the HLR still is
 * there.  It is lost and comes back by itself. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/bit16gen.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/protocol/ipaccess.h>
#include <sodium.h>

#include "line/euse_int.h"
#include "line/ipa_stream.h"

#define X(n)	    (1u << (n))
#define ID_NAME_MAX 64

static void link_lost(struct euse *eu, const char *why);

/* ---- writing */

void euse_link_send(struct euse *eu, const uint8_t *gsup, size_t len)
{
	if (eu->fi->state == EUSE_UP)
		ipa_stream_send(eu->stream, IPAC_PROTO_OSMO, IPAC_PROTO_EXT_GSUP, gsup, len);
}

static void send_ccm(struct euse *eu, uint8_t type)
{
	ipa_stream_send(eu->stream, IPAC_PROTO_IPACCESS, -1, &type, sizeof(type));
}

/* A tag of ID_RESP: 16 bits of length, which counts the tag, the tag, the name with its NUL. */
static size_t put_name(uint8_t *out, uint8_t tag, const char *name)
{
	size_t size = strlen(name) + 1;

	osmo_store16be(size + 1, out);
	out[2] = tag;
	memcpy(out + 3, name, size);
	return 3 + size;
}

/* The HLR routes by the serial number, and closes the link if the unit id is missing. */
static void send_identity(struct euse *eu)
{
	uint8_t out[1 + 3 * (ID_NAME_MAX + 3)] = { IPAC_MSGT_ID_RESP };
	char name[ID_NAME_MAX];
	size_t len = 1;

	snprintf(name, sizeof(name), "EUSE-%s", eu->cfg.euse);
	len += put_name(out + len, IPAC_IDTAG_SERNR, name);
	len += put_name(out + len, IPAC_IDTAG_UNITNAME, name);
	len += put_name(out + len, IPAC_IDTAG_UNIT, "0/0/0");
	ipa_stream_send(eu->stream, IPAC_PROTO_IPACCESS, -1, out, len);
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

static void stream_frame(uint8_t protocol, int ext, const uint8_t *payload, size_t len, void *data)
{
	struct euse *eu = data;

	if (protocol == IPAC_PROTO_IPACCESS && len > 0)
		rx_ccm(eu, payload[0]);
	else if (protocol == IPAC_PROTO_OSMO && ext == IPAC_PROTO_EXT_GSUP &&
		 eu->fi->state == EUSE_UP)
		euse_session_rx(eu, payload, len);
	else
		LOG_EUSE(eu, LOGL_DEBUG, "not for us: protocol 0x%02x\n", protocol);
}

/* ---- connecting */

static void stream_connected(void *data)
{
	struct euse *eu = data;

	osmo_fsm_inst_dispatch(eu->fi, EUSE_EV_CONNECTED, NULL);
}

static void stream_lost(const char *why, void *data)
{
	link_lost(data, why);
}

static void link_close(struct euse *eu)
{
	osmo_timer_del(&eu->ping);
	eu->pinged = false;
	ipa_stream_close(eu->stream);
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
	int rc = ipa_stream_connect(eu->stream, eu->cfg.address, eu->cfg.port);

	if (rc < 0)
		link_lost(eu, strerror(-rc));
	else
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
	const struct ipa_stream_user user = {
		.connected = stream_connected,
		.frame = stream_frame,
		.lost = stream_lost,
		.data = eu,
	};

	OSMO_ASSERT(sodium_init() >= 0);
	eu->stream = ipa_stream_alloc(eu, &user);
	osmo_timer_setup(&eu->ping, ping_due, eu);
	osmo_timer_setup(&eu->silent, silent_for_long, eu);
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
