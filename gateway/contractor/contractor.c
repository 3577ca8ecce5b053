// SPDX-License-Identifier: AGPL-3.0-or-later
#include "contractor/contractor.h"

#include <stdio.h>
#include <string.h>

#include <osmocom/core/tdef.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "contractor/contractor_int.h"
#include "log.h"
#include "wire/open311.h"
#include "wire/signalen.h"

#define WINDOW_DEFAULT 4
#define RETRY_AFTER_MAX_S \
	3600 /* a longer wish is the ladder's to grant, not a reason for silence */

/* ---- the state machine ---- */

enum contractor_state {
	CONTRACTOR_UP,
	CONTRACTOR_WAITING, /* it failed; X1 doubling to X2 is the pause */
	CONTRACTOR_TRYING,  /* the pause is over; one ask at a time until one succeeds */
};

enum contractor_event {
	CONTRACTOR_EV_ANSWERED,
	CONTRACTOR_EV_FAILED, /* data: int, the least pause in seconds */
	CONTRACTOR_EV_KICK,
};

static struct osmo_tdef contractor_tdefs[] = {
	{ .T = -1, .default_val = 5, .desc = "pause after the first failure of a contractor" },
	{ .T = -2, .default_val = 60, .desc = "longest pause of a contractor" },
	{}
};

static void enter_waiting(struct osmo_fsm_inst *fi, int at_least_s)
{
	struct contractor *c = fi->priv;
	int first_s = (int)osmo_tdef_get(contractor_tdefs, -1, OSMO_TDEF_S, -1);
	int most_s = (int)osmo_tdef_get(contractor_tdefs, -2, OSMO_TDEF_S, -1);
	int pause_s;

	c->pause_s = c->pause_s ? OSMO_MIN(2 * c->pause_s, most_s) : first_s;
	pause_s = OSMO_MAX(c->pause_s, OSMO_MIN(at_least_s, RETRY_AFTER_MAX_S));
	c->wait_until_s = clock_now_s() + pause_s;
	if (!c->status.down_since_s)
		c->status.down_since_s = clock_now_s();
	c->status.up_since_s = 0;
	osmo_fsm_inst_state_chg(fi, CONTRACTOR_WAITING, (unsigned long)pause_s, 0);
}

static void enter_up(struct osmo_fsm_inst *fi)
{
	struct contractor *c = fi->priv;

	LOG_CONTRACTOR(c, LOGL_NOTICE, "answers again\n");
	c->pause_s = 0;
	c->status.down_since_s = 0;
	c->status.up_since_s = clock_now_s();
	osmo_fsm_inst_state_chg(fi, CONTRACTOR_UP, 0, 0);
}

static void enter_trying(struct osmo_fsm_inst *fi)
{
	osmo_fsm_inst_state_chg(fi, CONTRACTOR_TRYING, 0, 0);
}

static void in_up(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct contractor *c = fi->priv;

	switch (event) {
	case CONTRACTOR_EV_ANSWERED:
		c->pause_s = 0;
		break;
	case CONTRACTOR_EV_FAILED:
		enter_waiting(fi, *(int *)data);
		break;
	case CONTRACTOR_EV_KICK:
		break;
	default:
		OSMO_ASSERT(false);
	}
}

/* What was asked before it failed may still end either way. */
static void in_waiting(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	switch (event) {
	case CONTRACTOR_EV_ANSWERED:
		enter_up(fi);
		break;
	case CONTRACTOR_EV_FAILED:
		break;
	case CONTRACTOR_EV_KICK:
		enter_trying(fi);
		break;
	default:
		OSMO_ASSERT(false);
	}
}

static void in_trying(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	switch (event) {
	case CONTRACTOR_EV_ANSWERED:
		enter_up(fi);
		break;
	case CONTRACTOR_EV_FAILED:
		enter_waiting(fi, *(int *)data);
		break;
	case CONTRACTOR_EV_KICK:
		break;
	default:
		OSMO_ASSERT(false);
	}
}

/* Only WAITING has a timer. */
static int pause_over(struct osmo_fsm_inst *fi)
{
	enter_trying(fi);
	contractor_tell_ready(fi->priv);
	return 0;
}

#define S(x)	   (1u << (x))
#define ALL_EVENTS (S(CONTRACTOR_EV_ANSWERED) | S(CONTRACTOR_EV_FAILED) | S(CONTRACTOR_EV_KICK))

static const struct osmo_fsm_state contractor_states[] = {
	[CONTRACTOR_UP] = {
		.name = "up",
		.in_event_mask = ALL_EVENTS,
		.out_state_mask = S(CONTRACTOR_WAITING),
		.action = in_up,
	},
	[CONTRACTOR_WAITING] = {
		.name = "waiting",
		.in_event_mask = ALL_EVENTS,
		.out_state_mask = S(CONTRACTOR_UP) | S(CONTRACTOR_TRYING),
		.action = in_waiting,
	},
	[CONTRACTOR_TRYING] = {
		.name = "trying",
		.in_event_mask = ALL_EVENTS,
		.out_state_mask = S(CONTRACTOR_UP) | S(CONTRACTOR_WAITING),
		.action = in_trying,
	},
};

static const struct value_string contractor_event_names[] = { { CONTRACTOR_EV_ANSWERED,
								"answered" },
							      { CONTRACTOR_EV_FAILED, "failed" },
							      { CONTRACTOR_EV_KICK, "kick" },
							      {} };

static struct osmo_fsm contractor_fsm = {
	.name = "contractor",
	.states = contractor_states,
	.num_states = ARRAY_SIZE(contractor_states),
	.timer_cb = pause_over,
	.log_subsys = DCONTR,
	.event_names = contractor_event_names,
};

static __attribute__((constructor)) void register_fsm(void)
{
	osmo_tdefs_reset(contractor_tdefs);
	OSMO_ASSERT(osmo_fsm_register(&contractor_fsm) == 0);
}

/* ---- shared with contractor_poll.c ---- */

void contractor_answered(struct contractor *c)
{
	osmo_fsm_inst_dispatch(c->fi, CONTRACTOR_EV_ANSWERED, NULL);
}

void contractor_failed(struct contractor *c, const char *error, int retry_after_s)
{
	bool was_up = c->fi->state == CONTRACTOR_UP;

	c->status.failed++;
	talloc_free(c->last_error);
	c->last_error = talloc_strdup(c, error);
	osmo_fsm_inst_dispatch(c->fi, CONTRACTOR_EV_FAILED, &retry_after_s);
	if (was_up)
		LOG_CONTRACTOR(c, LOGL_NOTICE, "fails: %s; tried again\n", error);
}

bool contractor_may_ask(const struct contractor *c)
{
	switch ((enum contractor_state)c->fi->state) {
	case CONTRACTOR_UP:
		return true;
	case CONTRACTOR_TRYING:
		return llist_empty(&c->asks) && !c->poll;
	case CONTRACTOR_WAITING:
		/* the wall clock may have been moved past the pause */
		return clock_now_s() >= c->wait_until_s && llist_empty(&c->asks) && !c->poll;
	}
	return false;
}

void contractor_asking(struct contractor *c)
{
	if (c->fi->state == CONTRACTOR_WAITING)
		osmo_fsm_inst_dispatch(c->fi, CONTRACTOR_EV_KICK, NULL);
}

void contractor_tell_ready(struct contractor *c)
{
	if (c->ready)
		c->ready(c->ready_data);
}

bool contractor_is_trouble(const struct http_answer *answer)
{
	switch (answer->status) {
	case 0:
	case 401:
	case 403:
	case 429:
	case 502:
	case 503:
	case 504:
		return true;
	default:
		return answer->status >= 300 && answer->status < 400;
	}
}

char *contractor_words(void *ctx, const struct http_answer *answer)
{
	struct open311_receipt receipt;
	char *words, *error;

	if (answer->status == 0)
		return talloc_strdup(ctx, answer->error);
	if (answer->status >= 300 && answer->status < 400)
		return talloc_asprintf(ctx, "HTTP %d: redirects are not followed, correct the url",
				       answer->status);
	if (answer->status == 401 || answer->status == 403)
		words = talloc_asprintf(ctx, "HTTP %d: check api-key-file", answer->status);
	else
		words = talloc_asprintf(ctx, "HTTP %d", answer->status);
	if (open311_read_receipt(words, &receipt, answer->body, answer->len) == 0 && receipt.error)
		words = talloc_asprintf_append_buffer(words, ": %s", receipt.error);
	else if ((error = signalen_error(ctx, answer->body, answer->len)))
		words = talloc_asprintf_append_buffer(words, ": %s", error);
	OSMO_ASSERT(words);
	return words;
}

/* ---- the interface ---- */

bool contractor_ready(const struct contractor *c)
{
	return c->status.busy < c->cfg.window && contractor_may_ask(c);
}

static bool is_in(const char *const *list, const char *word)
{
	size_t i;

	for (i = 0; i < CONTRACTOR_LIST_MAX && list[i]; i++)
		if (word && !strcmp(list[i], word))
			return true;
	return false;
}

bool contractor_does(const struct contractor_cfg *cfg, const char *category, const char *main,
		     const char *area)
{
	if (cfg->categories[0] && !is_in(cfg->categories, category) &&
	    !is_in(cfg->categories, main))
		return false;
	return !cfg->areas[0] || is_in(cfg->areas, area);
}

static void copy_list(void *ctx, const char **to, const char *const *from)
{
	size_t i;

	for (i = 0; i < CONTRACTOR_LIST_MAX && from[i]; i++)
		to[i] = talloc_strdup(ctx, from[i]);
}

static void copy_cfg(struct contractor *c, const struct contractor_cfg *cfg)
{
	c->cfg = *cfg;
	c->cfg.name = talloc_strdup(c, cfg->name);
	c->cfg.url = talloc_strdup(c, cfg->url);
	c->cfg.second_url = talloc_strdup(c, cfg->second_url);
	c->cfg.sms_number = talloc_strdup(c, cfg->sms_number);
	c->cfg.mail_to = talloc_strdup(c, cfg->mail_to);
	c->cfg.api_key = talloc_strdup(c, cfg->api_key);
	c->cfg.callback_secret = talloc_strdup(c, cfg->callback_secret);
	c->cfg.jurisdiction = talloc_strdup(c, cfg->jurisdiction);
	copy_list(c, c->cfg.categories, cfg->categories);
	copy_list(c, c->cfg.areas, cfg->areas);
	c->cfg.source = talloc_strdup(c, cfg->source);
	for (size_t i = 0; i < CONTRACTOR_LIST_MAX && cfg->signalen[i].ours; i++) {
		c->cfg.signalen[i].ours = talloc_strdup(c, cfg->signalen[i].ours);
		c->cfg.signalen[i].theirs = talloc_strdup(c, cfg->signalen[i].theirs);
	}
	if (c->cfg.window == 0)
		c->cfg.window = WINDOW_DEFAULT;
}

static int free_contractor(struct contractor *c)
{
	contractor_poll_cancel(c);
	contractor_asks_cancel(c);
	osmo_fsm_inst_free(c->fi);
	return 0;
}

struct contractor *contractor_alloc(void *ctx, struct http_pool *pool,
				    const struct contractor_cfg *cfg)
{
	struct contractor *c = talloc_zero(ctx, struct contractor);
	char id[64];

	OSMO_ASSERT(c);
	INIT_LLIST_HEAD(&c->asks);
	c->pool = pool;
	copy_cfg(c, cfg);
	snprintf(id, sizeof(id), "%s", cfg->name);
	osmo_identifier_sanitize_buf(id, NULL, '-');
	c->fi = osmo_fsm_inst_alloc(&contractor_fsm, NULL, c, LOGL_DEBUG, id);
	OSMO_ASSERT(c->fi);
	c->status.up_since_s = clock_now_s();
	if (cfg->callback_secret && webhook_secret_read(&c->secret, cfg->callback_secret) < 0) {
		LOG_CONTRACTOR(c, LOGL_ERROR, "callback-secret-file holds no secret: %s\n",
			       "write whsec_ and base64, or up to 256 octets of text");
		c->secret.len = 0;
	}
	talloc_set_destructor(c, free_contractor);
	return c;
}

void contractor_by_mail(struct contractor *c, struct mailer *mailer,
			const struct mail_server *server)
{
	c->mailer = mailer;
	c->server = *server;
	c->server.url = talloc_strdup(c, server->url);
	c->server.from = talloc_strdup(c, server->from);
	c->server.name = talloc_strdup(c, server->name);
	c->server.user = talloc_strdup(c, server->user);
	c->server.password = talloc_strdup(c, server->password);
	c->server.ca_file = talloc_strdup(c, server->ca_file);
}

const struct contractor_cfg *contractor_cfg_of(const struct contractor *c)
{
	return &c->cfg;
}

void contractor_status(const struct contractor *c, struct contractor_status *out)
{
	*out = c->status;
	out->state = osmo_fsm_inst_state_name(c->fi);
	out->last_error = c->last_error;
}

void contractor_kick(struct contractor *c)
{
	osmo_fsm_inst_dispatch(c->fi, CONTRACTOR_EV_KICK, NULL);
	contractor_tell_ready(c);
}

void contractor_on_ready(struct contractor *c, void (*ready)(void *data), void *data)
{
	c->ready = ready;
	c->ready_data = data;
}
