// SPDX-License-Identifier: AGPL-3.0-or-later
/* euse.c - the external USSD entity as a line: its life, what it tells, and what connects its parts. */
#include "line/euse.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "line/euse_int.h"
#include "line/euse_lookup.h"

#define NOTICE_MS 10000 /* between lines about what the peer should not have sent */
#define ANSWER_S  25	/* the HLR's guard timer is 30 s (osmo-hlr: ncss-guard-timeout) */

/* Negative T: ours, not the protocol's. */
struct osmo_tdef euse_tdefs[] = {
	{ .T = -1, .default_val = 10, .desc = "connect to the HLR, and be asked who we are" },
	{ .T = -2, .default_val = 1, .desc = "pause before connecting again; doubles" },
	{ .T = -3, .default_val = 30, .desc = "longest pause before connecting again" },
	{ .T = -4, .default_val = 10, .desc = "between two pings" },
	{ .T = -5, .default_val = 5, .desc = "the HLR's answer to a ping" },
	{ .T = -6,
	  .default_val = 5,
	  .desc = "our answer to a phone; after that something else is said" },
	{ .T = -7, .default_val = 10, .desc = "our answer to a phone; after that it is refused" },
	{ .T = -8, .default_val = 30, .desc = "without an HLR: an alarm" },
	{ .T = -9, .default_val = 1, .desc = "the HLR's answer whose number an IMSI has" },
	{}
};

static const struct rate_ctr_desc counter_descs[] = {
	[EUSE_CTR_BEGUN] = { "begun", "sessions begun" },
	[EUSE_CTR_ANSWERS] = { "answers", "answers to pages" },
	[EUSE_CTR_PAGES] = { "pages", "pages that ask" },
	[EUSE_CTR_LAST_PAGES] = { "last_pages", "pages that end a session" },
	[EUSE_CTR_REFUSED] = { "refused", "sessions refused" },
	[EUSE_CTR_UNANSWERED] = { "unanswered", "pages that got no answer in time" },
	[EUSE_CTR_LATE] = { "late", "answers of ours that were not there in time" },
	[EUSE_CTR_LOST] = { "lost", "sessions lost: hung up, not shown, or with the link" },
	[EUSE_CTR_MALFORMED] = { "malformed", "messages that could not be read" },
	[EUSE_CTR_UNKNOWN] = { "unknown", "messages about no session of ours" },
	[EUSE_CTR_REPEATED] = { "repeated", "messages that came again or too early" },
	[EUSE_CTR_RECONNECTS] = { "reconnects", "times the link was lost and came back" },
};

static const struct rate_ctr_group_desc counters_desc = {
	.group_name_prefix = "euse",
	.group_description = "an external USSD entity",
	.num_ctr = ARRAY_SIZE(counter_descs),
	.ctr_desc = counter_descs,
};

/* ---- what the other files call */

void euse_count(struct euse *eu, enum euse_counter which)
{
	rate_ctr_inc2(eu->ctrs, which);
}

unsigned long euse_timer_s(int T)
{
	return osmo_tdef_get(euse_tdefs, T, OSMO_TDEF_S, -1);
}

int64_t euse_now_us(void)
{
	struct timespec ts = { 0 };

	osmo_clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int euse_notice_level(struct euse *eu)
{
	int64_t now_ms = euse_now_us() / 1000;

	if (eu->noticed_ms && now_ms - eu->noticed_ms < NOTICE_MS)
		return LOGL_DEBUG;
	eu->noticed_ms = now_ms;
	return LOGL_NOTICE;
}

void euse_alarm(struct euse *eu, bool on, const char *detail)
{
	bool was_on = eu->alarm;

	/* The first time it is told either way: a process that was killed may have left it on. */
	if (on == was_on && eu->alarm_told)
		return;
	eu->alarm_told = true;
	eu->alarm = on;
	if (on)
		LOG_EUSE(eu, LOGL_ERROR, "hlr: %s\n", detail);
	else if (was_on)
		LOG_EUSE(eu, LOGL_NOTICE, "hlr: settled\n");
	eu->line.user.alarm(&eu->line, "hlr", on, on ? detail : "", eu->line.user.data);
}

void euse_update_line(struct euse *eu)
{
	enum line_state state = eu->fi->state == EUSE_SHUTDOWN ? LINE_SHUTDOWN
				: eu->fi->state == EUSE_UP     ? LINE_UP
							       : LINE_DOWN;

	if (state == eu->line.state)
		return;
	eu->line.state = state;
	eu->line.up_since_s = state == LINE_UP ? clock_now_s() : 0;
	if (state == LINE_UP)
		eu->line.down_since_s = 0;
	else if (eu->line.down_since_s == 0)
		eu->line.down_since_s = clock_now_s();
	LOG_EUSE(eu, LOGL_NOTICE, "%s\n", state == LINE_UP ? "up" : "down");
	eu->line.user.changed(&eu->line, eu->line.user.data);
}

/* ---- the line */

static int euse_start(struct line *ln)
{
	struct euse *eu = container_of(ln, struct euse, line);

	if (eu->lookup)
		euse_lookup_start(eu->lookup);
	if (eu->fi->state == EUSE_SHUTDOWN)
		osmo_fsm_inst_dispatch(eu->fi, EUSE_EV_START, NULL);
	return 0;
}

static void euse_stop(struct line *ln)
{
	struct euse *eu = container_of(ln, struct euse, line);

	if (eu->fi->state != EUSE_SHUTDOWN)
		osmo_fsm_inst_dispatch(eu->fi, EUSE_EV_STOP, NULL);
	if (eu->lookup)
		euse_lookup_stop(eu->lookup);
}

static const struct line_ops euse_ops = {
	.kind = "euse",
	.start = euse_start,
	.stop = euse_stop,
	.reply = euse_session_reply,
	.refuse = euse_session_refuse,
};

static void copy_cfg(struct euse *eu, const struct euse_cfg *cfg)
{
	eu->cfg = *cfg;
	eu->cfg.name = talloc_strdup(eu, cfg->name);
	eu->cfg.euse = talloc_strdup(eu, cfg->euse);
	eu->cfg.address = talloc_strdup(eu, cfg->address);
	eu->cfg.ctrl_address = talloc_strdup(eu, cfg->ctrl_address);
	eu->cfg.code = talloc_strdup(eu, cfg->code);
	eu->line.name = eu->cfg.name;
	eu->line.code = eu->cfg.code;
	eu->line.page_octets = cfg->page_octets ? cfg->page_octets : EUSE_PAGE_OCTETS;
	eu->line.answer_s = cfg->answer_s ? cfg->answer_s : ANSWER_S;
}

/* libosmocore tells groups of counters apart by a number. */
static unsigned int free_number(void)
{
	unsigned int number = 0;

	while (rate_ctr_get_group_by_name_idx(counters_desc.group_name_prefix, number))
		number++;
	return number;
}

struct euse *euse_alloc(void *ctx, const struct euse_cfg *cfg)
{
	struct osmo_fsm_inst *fi = osmo_fsm_inst_alloc(&euse_link_fsm, ctx, NULL, LOGL_DEBUG, NULL);
	struct euse *eu = talloc_zero(fi, struct euse);

	OSMO_ASSERT(fi);
	OSMO_ASSERT(eu);
	fi->priv = eu;
	eu->fi = fi;
	copy_cfg(eu, cfg);
	osmo_fsm_inst_update_id_f_sanitize(fi, '-', "%s", cfg->name);
	eu->line.ops = &euse_ops;
	eu->line.state = LINE_SHUTDOWN;
	eu->ctrs = rate_ctr_group_alloc(eu, &counters_desc, free_number());
	OSMO_ASSERT(eu->ctrs);
	rate_ctr_group_set_name(eu->ctrs, eu->cfg.name);
	hash_init(eu->by_key);
	hash_init(eu->by_token);
	euse_link_init(eu);
	if (cfg->ctrl_address)
		eu->lookup = euse_lookup_alloc(eu, eu->cfg.name, eu->cfg.ctrl_address,
					       cfg->ctrl_port);
	return eu;
}

void euse_free(struct euse *eu)
{
	euse_stop(&eu->line);
	rate_ctr_group_free(eu->ctrs);
	osmo_fsm_inst_term(eu->fi, OSMO_FSM_TERM_REQUEST, NULL);
}

struct line *euse_line(struct euse *eu)
{
	return &eu->line;
}

static uint64_t counted(const struct euse *eu, enum euse_counter which)
{
	return rate_ctr_group_get_ctr(eu->ctrs, which)->current;
}

void euse_status(const struct euse *eu, struct euse_status *out)
{
	*out = (struct euse_status){
		.state = euse_link_state(eu),
		.sessions = eu->n_sessions,
		.begun = counted(eu, EUSE_CTR_BEGUN),
		.answers = counted(eu, EUSE_CTR_ANSWERS),
		.pages = counted(eu, EUSE_CTR_PAGES),
		.last_pages = counted(eu, EUSE_CTR_LAST_PAGES),
		.refused = counted(eu, EUSE_CTR_REFUSED),
		.unanswered = counted(eu, EUSE_CTR_UNANSWERED),
		.late = counted(eu, EUSE_CTR_LATE),
		.lost = counted(eu, EUSE_CTR_LOST),
		.malformed = counted(eu, EUSE_CTR_MALFORMED),
		.unknown = counted(eu, EUSE_CTR_UNKNOWN),
		.repeated = counted(eu, EUSE_CTR_REPEATED),
		.reconnects = counted(eu, EUSE_CTR_RECONNECTS),
		.rtt_us = eu->rtt_us,
	};
}
