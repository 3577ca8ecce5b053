// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem.c - the modem as a line: its life, what it tells, and what connects its parts. */
#include "line/modem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "line/modem_int.h"

#define X(n) (1u << (n))

static const struct rate_ctr_desc counter_descs[] = {
	[MODEM_CTR_HEARD] = { "heard", "texts offered" },
	[MODEM_CTR_REPORTS] = { "reports", "status reports offered" },
	[MODEM_CTR_QUARANTINED] = { "quarantined", "PDUs that could not be read" },
	[MODEM_CTR_SENT] = { "sent", "parts that the network took" },
	[MODEM_CTR_REFUSED] = { "refused", "parts refused for good" },
	[MODEM_CTR_RETRIES] = { "retries", "parts to be tried again" },
	[MODEM_CTR_DOUBT] = { "doubt", "parts that may have been sent" },
	[MODEM_CTR_RESETS] = { "resets", "times the modem started anew" },
	[MODEM_CTR_REOPENS] = { "reopens", "times the port was opened" },
	[MODEM_CTR_ERRORS] = { "errors", "error results of commands that should work" },
};

static const struct rate_ctr_group_desc counters_desc = {
	.group_name_prefix = "modem",
	.group_description = "a modem",
	.num_ctr = ARRAY_SIZE(counter_descs),
	.ctr_desc = counter_descs,
};

/* ---- what the other files call */

void modem_count(struct modem *m, enum modem_counter which)
{
	rate_ctr_inc2(m->ctrs, which);
}

void modem_alarm(struct modem *m, enum modem_alarm which, bool on, const char *detail)
{
	static const char *const names[] = {
		[ALARM_PIN] = "pin",	     [ALARM_PUK] = "puk",	  [ALARM_SIM] = "sim",
		[ALARM_STORAGE] = "storage", [ALARM_SILENT] = "silent",	  [ALARM_PORT] = "port",
		[ALARM_SMSC] = "smsc",	     [ALARM_BARRED] = "barred",	  [ALARM_IMEI] = "imei",
		[ALARM_NETWORK] = "network", [ALARM_BALANCE] = "balance", [ALARM_AUDIO] = "audio",
	};

	bool was_on = m->alarms & X(which);

	/* The first time it is told either way: a process that was killed may have left it on. */
	if (on == was_on && (m->alarms_told & X(which)))
		return;
	m->alarms_told |= X(which);
	m->alarms = on ? m->alarms | X(which) : m->alarms & ~X(which);
	if (on)
		LOG_MODEM(m, LOGL_ERROR, "%s: %s\n", names[which], detail);
	else if (was_on)
		LOG_MODEM(m, LOGL_NOTICE, "%s: settled\n", names[which]);
	m->line.user.alarm(&m->line, names[which], on, on ? detail : "", m->line.user.data);
}

void modem_needs_person(struct modem *m, enum modem_alarm which, const char *detail)
{
	m->person = true;
	modem_alarm(m, which, true, detail);
	osmo_fsm_inst_dispatch(m->fi, MODEM_EV_PERSON, NULL);
}

bool modem_is_registered(const struct modem *m)
{
	/* TS 27.007 7.2: home, roaming, the same for SMS only, and without CSFB. */
	static const uint32_t usable = X(1) | X(5) | X(6) | X(7) | X(9) | X(10);

	return (m->creg >= 0 && m->creg < 32 && (usable & X(m->creg))) ||
	       (m->cereg >= 0 && m->cereg < 32 && (usable & X(m->cereg)));
}

bool modem_is_up(const struct modem *m)
{
	return m->fi->state == MODEM_READY || m->fi->state == MODEM_LISTING;
}

static enum line_state line_state_now(const struct modem *m)
{
	if (m->fi->state == MODEM_SHUTDOWN)
		return LINE_SHUTDOWN;
	if (m->person || m->tx.barred)
		return LINE_STOPPED;
	if (m->fi->state == MODEM_READY && modem_is_registered(m))
		return LINE_UP;
	return LINE_DOWN;
}

void modem_update_line(struct modem *m)
{
	enum line_state state = line_state_now(m);

	if (modem_is_registered(m))
		m->unregistered_since_s = 0;
	else if (m->unregistered_since_s == 0)
		m->unregistered_since_s = clock_now_s();
	if (state == m->line.state)
		return;
	m->line.state = state;
	m->line.up_since_s = state == LINE_UP ? clock_now_s() : 0;
	LOG_MODEM(m, LOGL_NOTICE, "%s\n",
		  state == LINE_UP	  ? "up"
		  : state == LINE_STOPPED ? "stopped: needs a person"
					  : "down");
	m->line.user.changed(&m->line, m->line.user.data);
	if (state == LINE_UP) {
		modem_tx_pump(m);
		modem_balance_look(m);
	}
}

/* ---- the port's and the chat's callbacks */

static void port_rx(struct at_port *port, const void *bytes, size_t len, void *data)
{
	struct modem *m = data;

	at_chat_rx(m->chat, bytes, len);
	if (modem_is_up(m) && m->quiet && at_chat_counts(m->chat)->echoes != m->echoes) {
		LOG_MODEM(m, LOGL_NOTICE, "it echoes again\n");
		osmo_fsm_inst_dispatch(m->fi, MODEM_EV_REBOOTED, NULL);
	}
}

static void port_lost(struct at_port *port, const char *why, void *data)
{
	struct modem *m = data;

	LOG_MODEM(m, LOGL_NOTICE, "port lost: %s\n", why);
	osmo_fsm_inst_dispatch(m->fi, MODEM_EV_LOST, NULL);
}

static void port_appeared(struct at_port *port, void *data)
{
	modem_tell(data, MODEM_EV_APPEARED);
}

static int chat_write(const void *bytes, size_t len, void *data)
{
	struct modem *m = data;

	return at_port_write(m->port, bytes, len);
}

static void chat_hung(struct at_chat *chat, void *data)
{
	struct modem *m = data;

	osmo_fsm_inst_dispatch(m->fi, MODEM_EV_HUNG, NULL);
}

static void chat_synced(struct at_chat *chat, void *data)
{
	modem_tell(data, MODEM_EV_SYNCED);
}

/* ---- the line */

static int modem_start(struct line *ln)
{
	struct modem *m = container_of(ln, struct modem, line);

	modem_balance_recall(m);
	modem_tell(m, MODEM_EV_START);
	return 0;
}

static void modem_stop(struct line *ln)
{
	struct modem *m = container_of(ln, struct modem, line);

	osmo_fsm_inst_dispatch(m->fi, MODEM_EV_STOP, NULL);
	modem_call_stop(m);
}

static const struct line_ops modem_ops = {
	.kind = "modem",
	.start = modem_start,
	.stop = modem_stop,
	.submit = modem_tx_submit,
	.settle = modem_rx_settle,
	.answer = modem_call_answer,
	.prompt = modem_call_prompt,
	.hang_up = modem_call_hang_up,
	.dial = modem_call_dial,
};

/* Without audio: its user looks elsewhere for a line that dials. */
static const struct line_ops modem_ops_texts = {
	.kind = "modem",
	.start = modem_start,
	.stop = modem_stop,
	.submit = modem_tx_submit,
	.settle = modem_rx_settle,
};

static char *copy(struct modem *m, const char *text)
{
	return text ? talloc_strdup(m, text) : NULL;
}

static void copy_rules(struct modem *m, const struct modem_rule *from)
{
	struct modem_rule *rules;
	unsigned int n = 0;

	while (from && from[n].pattern)
		n++;
	rules = talloc_zero_array(m, struct modem_rule, n + 1);
	OSMO_ASSERT(rules);
	for (unsigned int i = 0; i < n; i++)
		rules[i] = (struct modem_rule){ copy(m, from[i].pattern), copy(m, from[i].answer) };
	m->cfg.rules = rules;
}

static void copy_cfg(struct modem *m, const struct modem_cfg *cfg)
{
	m->cfg = *cfg;
	m->cfg.name = copy(m, cfg->name);
	m->cfg.device = copy(m, cfg->device);
	m->cfg.imei = copy(m, cfg->imei);
	m->cfg.search = copy(m, cfg->search);
	m->cfg.pin = copy(m, cfg->pin);
	m->cfg.number = copy(m, cfg->number);
	m->cfg.smsc = copy(m, cfg->smsc);
	m->cfg.balance_code = copy(m, cfg->balance_code);
	m->cfg.audio = copy(m, cfg->audio);
	copy_rules(m, cfg->rules);
	m->line.name = m->cfg.name;
	m->line.number = m->cfg.number;
	m->line.replies_only = m->cfg.replies_only;
}

/* "modem 2": libosmocore tells groups of counters apart by a number. */
static unsigned int number_in(const char *name)
{
	return strtoul(name + strcspn(name, "0123456789"), NULL, 10);
}

struct modem *modem_alloc(void *ctx, const struct modem_cfg *cfg)
{
	struct osmo_fsm_inst *fi = osmo_fsm_inst_alloc(&modem_fsm, ctx, NULL, LOGL_DEBUG, NULL);
	struct modem *m = talloc_zero(fi, struct modem);
	struct at_port_user port_user = {
		.rx = port_rx, .lost = port_lost, .appeared = port_appeared, .data = m
	};
	struct at_chat_user chat_user = { .write = chat_write,
					  .urc = modem_urc,
					  .hung = chat_hung,
					  .synced = chat_synced,
					  .data = m };

	OSMO_ASSERT(fi);
	OSMO_ASSERT(m);
	fi->priv = m;
	m->fi = fi;
	copy_cfg(m, cfg);
	osmo_fsm_inst_update_id_f_sanitize(fi, '-', "%s", cfg->name);
	m->line.ops = cfg->audio && cfg->media ? &modem_ops : &modem_ops_texts;
	m->line.state = LINE_SHUTDOWN;
	m->ctrs = rate_ctr_group_alloc(m, &counters_desc, number_in(cfg->name));
	OSMO_ASSERT(m->ctrs);
	rate_ctr_group_set_name(m->ctrs, m->cfg.name);
	m->port = at_port_alloc(m, m->cfg.name, m->cfg.device, m->cfg.search, m->cfg.baud,
				&port_user);
	m->chat = at_chat_alloc(m, m->cfg.name, &chat_user);
	osmo_timer_setup(&m->poll, modem_poll_due, m);
	m->creg = m->cereg = -1;
	m->csq = 99;
	modem_steps_init(m);
	modem_rx_init(m);
	modem_tx_init(m);
	modem_ussd_init(m);
	modem_call_init(m);
	return m;
}

void modem_free(struct modem *m)
{
	modem_close(m);
	at_port_free(m->port);
	rate_ctr_group_free(m->ctrs);
	modem_ussd_free(m);
	osmo_fsm_inst_term(m->fi, OSMO_FSM_TERM_REQUEST, NULL);
}

struct line *modem_line(struct modem *m)
{
	return &m->line;
}

static uint64_t counted(const struct modem *m, enum modem_counter which)
{
	return rate_ctr_group_get_ctr(m->ctrs, which)->current;
}

static const char *registration_name(const struct modem *m)
{
	static const char *const names[] = { "none",	       "home",	  "searching", "denied",
					     "unknown",	       "roaming", "home",      "roaming",
					     "emergency only", "home",	  "roaming" };
	int stat = m->creg;

	if (m->cereg == 1 || m->cereg == 5)
		stat = m->cereg;
	return stat >= 0 && stat < (int)ARRAY_SIZE(names) ? names[stat] : "unknown";
}

void modem_status(const struct modem *m, struct modem_status *out)
{
	const struct memory *home = m->rx.home >= 0 ? &m->rx.memories[m->rx.home] : NULL;
	struct modem_audio_counts audio;

	modem_call_counts(m, &audio);
	*out = (struct modem_status){
		.state = osmo_fsm_inst_state_name(m->fi),
		.path = at_port_path(m->port),
		.vendor = m->maker,
		.model = m->model,
		.revision = m->revision,
		.imei = m->imei,
		.iccid = m->iccid,
		.imsi = m->imsi,
		.operator= m->operator,
		.registration = registration_name(m),
		.mode = m->cnmi[1] == 2	  ? "direct"
			: m->cnmi[1] == 1 ? "stored"
					  : "polled",
		.signal_dbm = m->csq >= 0 && m->csq <= 31 ? -113 + 2 * m->csq : 0,
		.memory = home ? home->name : "",
		.storage_used = home ? home->used : 0,
		.storage_total = home ? home->total : 0,
		.queue = m->tx.n,
		.unsettled = modem_rx_unsettled(m),
		.healthy_since_s = m->ready_since_s,
		.heard = counted(m, MODEM_CTR_HEARD),
		.reports = counted(m, MODEM_CTR_REPORTS),
		.quarantined = counted(m, MODEM_CTR_QUARANTINED),
		.sent = counted(m, MODEM_CTR_SENT),
		.refused = counted(m, MODEM_CTR_REFUSED),
		.retries = counted(m, MODEM_CTR_RETRIES),
		.doubt = counted(m, MODEM_CTR_DOUBT),
		.resets = counted(m, MODEM_CTR_RESETS),
		.reopens = counted(m, MODEM_CTR_REOPENS),
		.errors = counted(m, MODEM_CTR_ERRORS),
		.timeouts = at_chat_counts(m->chat)->timeouts,
		.question = modem_ussd_waits(m) ? m->ussd.question : NULL,
		.has_balance = m->balance.known,
		.balance = m->balance.cents,
		.balance_at_s = m->balance.at_s,
		.has_audio = m->call.audio != NULL,
		.audio_underruns = audio.underruns,
		.audio_overruns = audio.overruns,
		.audio_dropped = audio.dropped,
		.audio_added = audio.added,
		.audio_lost = audio.lost,
		.audio_torn = audio.torn,
	};
}
