// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_fsm.c - the state machine of a modem: from a port to texts, and what happens when it
 * hangs, starts anew or goes away. */
#include <string.h>

#include <osmocom/core/tdef.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "line/modem_int.h"

#define X(n)	    (1u << (n))
#define RESET_RUNG  3  /* of the ladder: from here on the modem is told to start anew */
#define SILENT_RUNG 4  /* and here a person is told */
#define WATCH_POLLS 5  /* after an acknowledgement failed, five seconds apart */
#define PAUSE_MAX_S 60 /* between tries below SILENT_RUNG */

/* Negative T: ours, not the protocol's. */
struct osmo_tdef modem_tdefs[] = {
	{ .T = -1, .default_val = 1, .desc = "pause before a port is opened again; doubles" },
	{ .T = -2, .default_val = 30, .desc = "look for a missing port, besides waiting for it" },
	{ .T = -3, .default_val = 30, .desc = "find out which modem it is" },
	{ .T = -4, .default_val = 90, .desc = "the SIM's PIN" },
	{ .T = -5, .default_val = 10, .desc = "ask again for a missing SIM" },
	{ .T = -6, .default_val = 180, .desc = "all settings" },
	{ .T = -7, .default_val = 300, .desc = "read what is stored at start" },
	{ .T = -8, .default_val = 20, .desc = "a modem that starts anew" },
	{ .T = -9, .default_val = 60, .desc = "look whether a person has helped" },
	{ .T = -10, .default_val = 600, .desc = "pause when nothing helped" },
	{ .T = -11, .default_val = 60, .desc = "signal, registration and storage" },
	{ .T = -12, .default_val = 30, .desc = "read again what could not be stored" },
	{ .T = -14, .default_val = 60, .desc = "the network's answer to a text of ours" },
	{ .T = -13, .default_val = 600, .desc = "without trouble: the ladder begins anew" },
	{ .T = -15, .default_val = 10, .desc = "the modem's OK to a USSD code" },
	{ .T = -16, .default_val = 60, .desc = "the network's answer to a USSD code" },
	{ .T = -17, .default_val = 20, .desc = "a question of the network that no rule answers" },
	{ .T = -18, .default_val = 120, .desc = "the next answer of who dialled a USSD code" },
	{ .T = -19, .default_val = 3, .desc = "the network's word to a cancelled USSD session" },
	{ .T = -20, .default_val = 6, .desc = "a caller's number, from the first ring on" },
	{ .T = -21, .default_val = 30, .desc = "the network rings whom we call" },
	{}
};

/* DOWN has its pause from down(). */
static const struct osmo_tdef_state_timeout modem_timeouts[32] = {
	[MODEM_RESETTING] = { .T = -8 }, [MODEM_PROBING] = { .T = -3 },
	[MODEM_PIN] = { .T = -4 },	 [MODEM_SIM_WAIT] = { .T = -5 },
	[MODEM_SETUP] = { .T = -6 },	 [MODEM_LISTING] = { .T = -7 },
	[MODEM_STOPPED] = { .T = -9 },
};

/* clang-format off */
static const struct value_string event_names[] = {
	{ MODEM_EV_START, "START" },
	{ MODEM_EV_STOP, "STOP" },
	{ MODEM_EV_APPEARED, "APPEARED" },
	{ MODEM_EV_LOST, "LOST" },
	{ MODEM_EV_HUNG, "HUNG" },
	{ MODEM_EV_SYNCED, "SYNCED" },
	{ MODEM_EV_DONE, "DONE" },
	{ MODEM_EV_FAILED, "FAILED" },
	{ MODEM_EV_WRONG, "WRONG" },
	{ MODEM_EV_PIN_WANTED, "PIN_WANTED" },
	{ MODEM_EV_SIM_READY, "SIM_READY" },
	{ MODEM_EV_SIM_ABSENT, "SIM_ABSENT" },
	{ MODEM_EV_PERSON, "PERSON" },
	{ MODEM_EV_LISTED, "LISTED" },
	{ MODEM_EV_REBOOTED, "REBOOTED" },
	{ MODEM_EV_SIM_CHANGED, "SIM_CHANGED" },
	{}
};
/* clang-format on */

static unsigned long timer_s(int T)
{
	return osmo_tdef_get(modem_tdefs, T, OSMO_TDEF_S, -1);
}

/* ---- transitions */

/* Every transition but that to DOWN goes through here, so no state is without its timer. */
static void enter(struct modem *m, enum modem_state state)
{
	osmo_tdef_fsm_inst_state_chg(m->fi, state, modem_timeouts, modem_tdefs, -1);
	modem_update_line(m);
}

static void down(struct modem *m, unsigned long pause_s)
{
	osmo_fsm_inst_state_chg(m->fi, MODEM_DOWN, pause_s ? pause_s : 1, -1);
	modem_update_line(m);
}

/* A modem that does not answer: one rung higher, and wait twice as long. */
static void climb(struct modem *m)
{
	unsigned long pause_s = timer_s(-1) << OSMO_MIN(m->rung, 8u);

	m->rung++;
	m->reset_due = m->rung >= RESET_RUNG;
	if (m->rung >= SILENT_RUNG) {
		modem_alarm(m, ALARM_SILENT, true,
			    "the modem does not answer and a reset did not help: "
			    "switch it off and on, or replace it");
		down(m, timer_s(-10));
		return;
	}
	LOG_MODEM(m, LOGL_NOTICE, "does not answer: reopening the port (try %u)\n", m->rung);
	down(m, OSMO_MIN(pause_s, PAUSE_MAX_S));
}

static void port_missing(struct modem *m)
{
	if (m->absent++ > 0)
		modem_alarm(m, ALARM_PORT, true,
			    m->cfg.device ? "the port is not there: is the modem plugged in?"
					  : "no modem with this IMEI is plugged in");
	down(m, timer_s(-2));
}

/* The port is open: ask, or on the higher rungs first tell it blindly to start anew. */
static void port_opened(struct modem *m)
{
	LOG_MODEM(m, LOGL_INFO, "port %s\n", at_port_path(m->port));
	modem_count(m, MODEM_CTR_REOPENS);
	enter(m, m->reset_due ? MODEM_RESETTING : MODEM_PROBING);
	m->reset_due = false;
}

static void try_port(struct modem *m)
{
	if (at_port_open(m->port) == 0)
		port_opened(m);
	else
		port_missing(m);
}

/* This port was not it.  Without a search there is no other. */
static void next_port(struct modem *m)
{
	at_chat_close(m->chat);
	if (!m->cfg.device && at_port_next(m->port) == 0) {
		enter(m, MODEM_PROBING);
		return;
	}
	port_missing(m);
}

static void send_reset(struct modem *m)
{
	const char *reset = m->profile && m->profile->reset ? m->profile->reset : "AT+CFUN=1,1";
	char line[40];

	modem_count(m, MODEM_CTR_RESETS);
	LOG_MODEM(m, LOGL_NOTICE, "resetting it with %s\n", reset);
	snprintf(line, sizeof(line), "\x1b\r%s\r", reset);
	at_port_write(m->port, line, strlen(line));
}

/* ---- states */

static void shutdown_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	OSMO_ASSERT(event == MODEM_EV_START);
	try_port(fi->priv);
}

void modem_close(struct modem *m)
{
	osmo_timer_del(&m->poll);
	modem_steps_stop(m);
	at_chat_close(m->chat);
	at_port_close(m->port);
	modem_rx_lost(m);
	modem_tx_lost(m);
	modem_ussd_lost(m);
	modem_call_lost(m);
	m->ready_since_s = 0;
	m->creg = m->cereg = -1;
}

static void shutdown_enter(struct osmo_fsm_inst *fi, uint32_t prev)
{
	struct modem *m = fi->priv;
	int i;

	modem_close(m);
	m->person = false;
	for (i = 0; i < ALARMS; i++)
		modem_alarm(m, i, false, NULL);
	m->rung = m->absent = 0;
}

static void down_enter(struct osmo_fsm_inst *fi, uint32_t prev)
{
	modem_close(fi->priv);
}

static void down_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	OSMO_ASSERT(event == MODEM_EV_APPEARED);
	try_port(fi->priv);
}

static void resetting_enter(struct osmo_fsm_inst *fi, uint32_t prev)
{
	send_reset(fi->priv);
}

static void resetting_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	OSMO_ASSERT(false);
}

static void probing_enter(struct osmo_fsm_inst *fi, uint32_t prev)
{
	struct modem *m = fi->priv;

	osmo_timer_del(&m->poll);
	modem_steps_stop(m);
	if (prev > MODEM_PROBING) {
		at_chat_restart(m->chat);
	} else {
		at_chat_close(m->chat);
		at_chat_open(m->chat);
	}
	modem_rx_lost(m);
	modem_tx_lost(m);
	modem_ussd_lost(m);
	modem_call_lost(m);
	m->ready_since_s = 0;
	m->quiet = false;
	m->creg = m->cereg = -1;
}

static void probing_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct modem *m = fi->priv;

	switch (event) {
	case MODEM_EV_SYNCED:
		if (!m->step)
			modem_steps_start(m, steps_probe);
		break;
	case MODEM_EV_DONE:
		at_port_keep(m->port);
		m->absent = 0;
		modem_alarm(m, ALARM_PORT, false, NULL);
		modem_alarm(m, ALARM_IMEI, false, NULL);
		enter(m, MODEM_PIN);
		break;
	case MODEM_EV_FAILED:
		climb(m);
		break;
	case MODEM_EV_WRONG:
		if (m->cfg.device)
			modem_alarm(m, ALARM_IMEI, true,
				    "the modem on this port has another IMEI than configured");
		next_port(m);
		break;
	default:
		OSMO_ASSERT(false);
	}
}

static void pin_enter(struct osmo_fsm_inst *fi, uint32_t prev)
{
	modem_steps_start(fi->priv, steps_pin_look);
}

static void pin_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct modem *m = fi->priv;

	switch (event) {
	case MODEM_EV_SYNCED:
		break;
	case MODEM_EV_PIN_WANTED:
		if (modem_pin_may_try(m))
			modem_steps_start(m, steps_pin_enter);
		break;
	case MODEM_EV_SIM_READY:
		m->person = false;
		modem_alarm(m, ALARM_PIN, false, NULL);
		modem_alarm(m, ALARM_PUK, false, NULL);
		modem_alarm(m, ALARM_SIM, false, NULL);
		enter(m, MODEM_SETUP);
		break;
	case MODEM_EV_SIM_ABSENT:
		modem_alarm(m, ALARM_SIM, true, "the modem sees no SIM: put one in, or clean it");
		enter(m, MODEM_SIM_WAIT);
		break;
	case MODEM_EV_PERSON:
		enter(m, MODEM_STOPPED);
		break;
	case MODEM_EV_DONE: /* a step that decides has decided */
		break;
	case MODEM_EV_FAILED:
		climb(m);
		break;
	default:
		OSMO_ASSERT(false);
	}
}

static void waiting_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	switch (event) {
	case MODEM_EV_SYNCED:
		break;
	case MODEM_EV_SIM_CHANGED:
		enter(fi->priv, MODEM_PIN);
		break;
	default:
		OSMO_ASSERT(false);
	}
}

static void setup_enter(struct osmo_fsm_inst *fi, uint32_t prev)
{
	struct modem *m = fi->priv;

	modem_rx_lost(m);
	modem_steps_start(m, steps_setup);
}

static void setup_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct modem *m = fi->priv;

	switch (event) {
	case MODEM_EV_SYNCED:
		break;
	case MODEM_EV_DONE:
		m->echoes = at_chat_counts(m->chat)->echoes;
		enter(m, MODEM_LISTING);
		break;
	case MODEM_EV_FAILED:
		climb(m);
		break;
	case MODEM_EV_SIM_CHANGED:
		enter(m, MODEM_PIN);
		break;
	default:
		OSMO_ASSERT(false);
	}
}

static void listing_enter(struct osmo_fsm_inst *fi, uint32_t prev)
{
	modem_storage_list_all(fi->priv);
}

static void listing_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct modem *m = fi->priv;

	switch (event) {
	case MODEM_EV_SYNCED:
		modem_storage_pump(m);
		break;
	case MODEM_EV_LISTED:
		enter(m, MODEM_READY);
		break;
	case MODEM_EV_SIM_CHANGED:
		enter(m, MODEM_PIN);
		break;
	default:
		OSMO_ASSERT(false);
	}
}

static void schedule_poll(struct modem *m)
{
	unsigned long pause_s = timer_s(-11);

	if (!modem_is_registered(m))
		pause_s = OSMO_MIN(pause_s, 10);
	if (m->watch > 0) {
		m->watch--;
		pause_s = OSMO_MIN(pause_s, 5);
	}
	osmo_timer_schedule(&m->poll, pause_s ? pause_s : 1, 0);
}

void modem_watch(struct modem *m)
{
	m->watch = WATCH_POLLS;
	if (m->fi->state == MODEM_READY)
		osmo_timer_schedule(&m->poll, 2, 0);
}

static void ready_enter(struct osmo_fsm_inst *fi, uint32_t prev)
{
	struct modem *m = fi->priv;

	m->ready_since_s = clock_now_s();
	modem_alarm(m, ALARM_SILENT, false, NULL);
	schedule_poll(m);
}

static void ready_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct modem *m = fi->priv;

	switch (event) {
	case MODEM_EV_SYNCED:
		modem_storage_pump(m);
		modem_tx_pump(m);
		break;
	case MODEM_EV_LISTED:
		break;
	case MODEM_EV_SIM_CHANGED:
		modem_tx_lost(m);
		modem_ussd_lost(m);
		modem_call_lost(m);
		enter(m, MODEM_PIN);
		break;
	default:
		OSMO_ASSERT(false);
	}
}

void modem_poll_due(void *data)
{
	struct modem *m = data;

	if (m->fi->state != MODEM_READY)
		return;
	if (m->rung > 0 && clock_now_s() - m->ready_since_s >= (int64_t)timer_s(-13))
		m->rung = 0;
	if (!modem_is_registered(m) && clock_now_s() - m->unregistered_since_s >= 300)
		modem_alarm(m, ALARM_NETWORK, true,
			    m->creg == 3 ? "the network refuses this SIM"
					 : "no network: is the aerial in place?");
	else if (modem_is_registered(m))
		modem_alarm(m, ALARM_NETWORK, false, NULL);
	if (m->polling == 0) {
		modem_poll_network(m);
		modem_storage_poll(m, m->polls);
		modem_tx_poll(m);
		modem_balance_look(m);
		m->polls++;
	}
	schedule_poll(m);
}

static void any_state(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct modem *m = fi->priv;

	if (fi->state == MODEM_SHUTDOWN)
		return;
	switch (event) {
	case MODEM_EV_STOP:
		enter(m, MODEM_SHUTDOWN);
		break;
	case MODEM_EV_LOST:
		if (fi->state != MODEM_DOWN)
			down(m, fi->state == MODEM_RESETTING ? 1 : timer_s(-1));
		break;
	case MODEM_EV_HUNG:
		if (fi->state == MODEM_PROBING && !m->cfg.device)
			next_port(m);
		else if (fi->state != MODEM_DOWN)
			climb(m);
		break;
	case MODEM_EV_REBOOTED:
		if (fi->state != MODEM_DOWN && fi->state != MODEM_PROBING) {
			LOG_MODEM(m, LOGL_NOTICE, "it has started anew\n");
			enter(m, MODEM_PROBING);
		}
		break;
	default:
		OSMO_ASSERT(false);
	}
}

static int timer_passed(struct osmo_fsm_inst *fi)
{
	struct modem *m = fi->priv;

	switch (fi->state) {
	case MODEM_DOWN:
		try_port(m);
		break;
	case MODEM_RESETTING:
		enter(m, MODEM_PROBING);
		break;
	case MODEM_SIM_WAIT:
	case MODEM_STOPPED:
		enter(m, MODEM_PIN);
		break;
	case MODEM_LISTING: /* what is left is listed again by the poll */
		enter(m, MODEM_READY);
		break;
	case MODEM_PROBING:
	case MODEM_PIN:
	case MODEM_SETUP:
		climb(m);
		break;
	}
	return 0;
}

#define ALWAYS (X(MODEM_SHUTDOWN) | X(MODEM_DOWN) | X(MODEM_PROBING))

static const struct osmo_fsm_state modem_states[] = {
	[MODEM_SHUTDOWN] = {
		.name = "SHUTDOWN",
		.in_event_mask = X(MODEM_EV_START),
		.out_state_mask = X(MODEM_DOWN) | X(MODEM_PROBING) | X(MODEM_RESETTING),
		.action = shutdown_on,
		.onenter = shutdown_enter,
	},
	[MODEM_DOWN] = {
		.name = "DOWN",
		.in_event_mask = X(MODEM_EV_APPEARED),
		.out_state_mask = ALWAYS | X(MODEM_RESETTING),
		.action = down_on,
		.onenter = down_enter,
	},
	[MODEM_RESETTING] = {
		.name = "RESETTING",
		.in_event_mask = 0,
		.out_state_mask = ALWAYS,
		.action = resetting_on,
		.onenter = resetting_enter,
	},
	[MODEM_PROBING] = {
		.name = "PROBING",
		.in_event_mask = X(MODEM_EV_SYNCED) | X(MODEM_EV_DONE) | X(MODEM_EV_FAILED) |
				 X(MODEM_EV_WRONG),
		.out_state_mask = ALWAYS | X(MODEM_PIN),
		.action = probing_on,
		.onenter = probing_enter,
	},
	[MODEM_PIN] = {
		.name = "PIN",
		.in_event_mask = X(MODEM_EV_SYNCED) | X(MODEM_EV_PIN_WANTED) | X(MODEM_EV_DONE) |
				 X(MODEM_EV_SIM_READY) | X(MODEM_EV_SIM_ABSENT) |
				 X(MODEM_EV_PERSON) | X(MODEM_EV_FAILED),
		.out_state_mask = ALWAYS | X(MODEM_SETUP) | X(MODEM_SIM_WAIT) | X(MODEM_STOPPED),
		.action = pin_on,
		.onenter = pin_enter,
	},
	[MODEM_SIM_WAIT] = {
		.name = "SIM_WAIT",
		.in_event_mask = X(MODEM_EV_SYNCED) | X(MODEM_EV_SIM_CHANGED),
		.out_state_mask = ALWAYS | X(MODEM_PIN),
		.action = waiting_on,
	},
	[MODEM_SETUP] = {
		.name = "SETUP",
		.in_event_mask = X(MODEM_EV_SYNCED) | X(MODEM_EV_DONE) | X(MODEM_EV_FAILED) |
				 X(MODEM_EV_SIM_CHANGED),
		.out_state_mask = ALWAYS | X(MODEM_LISTING) | X(MODEM_PIN),
		.action = setup_on,
		.onenter = setup_enter,
	},
	[MODEM_LISTING] = {
		.name = "LISTING",
		.in_event_mask = X(MODEM_EV_SYNCED) | X(MODEM_EV_LISTED) | X(MODEM_EV_SIM_CHANGED),
		.out_state_mask = ALWAYS | X(MODEM_READY) | X(MODEM_PIN),
		.action = listing_on,
		.onenter = listing_enter,
	},
	[MODEM_READY] = {
		.name = "READY",
		.in_event_mask = X(MODEM_EV_SYNCED) | X(MODEM_EV_LISTED) | X(MODEM_EV_SIM_CHANGED),
		.out_state_mask = ALWAYS | X(MODEM_PIN),
		.action = ready_on,
		.onenter = ready_enter,
	},
	[MODEM_STOPPED] = {
		.name = "STOPPED",
		.in_event_mask = X(MODEM_EV_SYNCED) | X(MODEM_EV_SIM_CHANGED),
		.out_state_mask = ALWAYS | X(MODEM_PIN),
		.action = waiting_on,
	},
};

struct osmo_fsm modem_fsm = {
	.name = "modem",
	.states = modem_states,
	.num_states = ARRAY_SIZE(modem_states),
	.allstate_event_mask = X(MODEM_EV_STOP) | X(MODEM_EV_LOST) | X(MODEM_EV_HUNG) |
			       X(MODEM_EV_REBOOTED),
	.allstate_action = any_state,
	.timer_cb = timer_passed,
	.event_names = event_names,
	.log_subsys = DLINE,
};

static __attribute__((constructor)) void modem_fsm_register(void)
{
	OSMO_ASSERT(osmo_fsm_register(&modem_fsm) == 0);
	osmo_tdefs_reset(modem_tdefs);
}

void modem_tell(struct modem *m, enum modem_event event)
{
	if (modem_states[m->fi->state].in_event_mask & X(event))
		osmo_fsm_inst_dispatch(m->fi, event, NULL);
}
