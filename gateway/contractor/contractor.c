// SPDX-License-Identifier: AGPL-3.0-or-later
#include "contractor/contractor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/tdef.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "contractor/contractor_int.h"
#include "log.h"
#include "wire/form.h"
#include "wire/open311.h"

#define LOG_CONTRACTOR(c, level, fmt, args...) \
	LOGP(DCONTR, level, "contractor %s: " fmt, (c)->cfg.name, ##args)

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
	return answer->status == 0 || answer->status == 429 || answer->status >= 500;
}

char *contractor_words(void *ctx, const struct http_answer *answer)
{
	struct open311_receipt receipt;
	char *words;

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
	OSMO_ASSERT(words);
	return words;
}

/* ---- one ask ---- */

struct ask {
	struct llist_head entry;
	struct contractor *c;
	struct http_request *req;
	char *url, *body;
	const char *headers[8];
	char *key, *their_ref;
	bool update;
	struct contractor_order order; /* of a note that waits for a token: strings are children */
	void (*done)(const struct contractor_outcome *o, void *data);
	void *data;
};

static int free_ask(struct ask *ask)
{
	llist_del(&ask->entry);
	ask->c->status.busy--;
	if (ask->req)
		http_cancel(ask->req);
	return 0;
}

static void finish(struct ask *ask, struct contractor_outcome *outcome)
{
	struct contractor *c = ask->c;
	void (*done)(const struct contractor_outcome *o, void *data) = ask->done;
	void *data = ask->data, *words = talloc_new(NULL);

	switch (outcome->result) {
	case CONTRACTOR_TAKEN:
		c->status.taken++;
		break;
	case CONTRACTOR_REFUSED:
		c->status.refused++;
		LOG_CONTRACTOR(c, LOGL_NOTICE, "refuses %s: %s\n", ask->key, outcome->error);
		break;
	case CONTRACTOR_RETRY:
		break;
	}
	outcome->error = talloc_strdup(words, outcome->error);
	outcome->their_ref = talloc_strdup(words, outcome->their_ref);
	/* room for the next before the user is told, who may ask it at once */
	talloc_free(ask);
	done(outcome, data);
	talloc_free(words);
}

static void retry(struct ask *ask, const char *error, int retry_after_s)
{
	struct contractor_outcome outcome = {
		.result = CONTRACTOR_RETRY,
		.error = error,
		.retry_after_s = retry_after_s,
		.their_ref = ask->their_ref,
	};

	contractor_failed(ask->c, error, retry_after_s);
	finish(ask, &outcome);
}

static void refused(struct ask *ask, const struct http_answer *answer)
{
	struct contractor_outcome outcome = {
		.result = CONTRACTOR_REFUSED,
		.error = contractor_words(ask, answer),
		.their_ref = ask->their_ref,
	};

	contractor_answered(ask->c);
	finish(ask, &outcome);
}

/* \returns their number in it; NULL if it says nothing of the kind */
static char *ref_in_answer(struct ask *ask, const struct http_answer *answer)
{
	struct open311_receipt receipt;

	if (ask->c->cfg.format == CONTRACTOR_WEBHOOK)
		return webhook_their_ref(ask, answer->body, answer->len);
	if (open311_read_receipt(ask, &receipt, answer->body, answer->len) < 0)
		return NULL;
	if (receipt.service_request_id)
		return talloc_strdup(ask, receipt.service_request_id);
	if (receipt.token)
		return talloc_asprintf(ask, TOKEN_PREFIX "%s", receipt.token);
	return NULL;
}

/* A page of some proxy that says 200 must not mark a report forwarded: an Open311 order
 * is taken when the answer holds a number or a token. */
static bool is_taken(const struct ask *ask, const struct http_answer *answer, const char *ref)
{
	struct open311_receipt receipt;
	void *ctx;
	bool taken;

	if (ref || ask->c->cfg.format == CONTRACTOR_WEBHOOK)
		return true;
	if (!ask->update)
		return false;
	ctx = talloc_new(NULL);
	taken = answer->len == 0 ||
		(open311_read_receipt(ctx, &receipt, answer->body, answer->len) == 0 &&
		 !receipt.error);
	talloc_free(ctx);
	return taken;
}

static void taken(struct ask *ask, char *ref)
{
	struct contractor_outcome outcome = {
		.result = CONTRACTOR_TAKEN,
		.their_ref = ref && !ask->update ? ref : ask->their_ref,
	};

	contractor_answered(ask->c);
	finish(ask, &outcome);
}

static bool is_refusal(int status)
{
	return status == 400 || status == 404 || status == 410 || status == 413 || status == 415 ||
	       status == 422;
}

static void ask_answered(const struct http_answer *answer, void *data)
{
	struct ask *ask = data;
	char *ref = ref_in_answer(ask, answer);

	ask->req = NULL;
	if (answer->status >= 200 && answer->status < 300) {
		if (is_taken(ask, answer, ref))
			taken(ask, ref);
		else
			retry(ask, "the answer is no Open311 receipt: is the url right?", 0);
	} else if (answer->status == 409 && ref) {
		taken(ask, ref); /* they have it already, from an earlier try */
	} else if (is_refusal(answer->status)) {
		refused(ask, answer);
	} else {
		retry(ask, contractor_words(ask, answer), answer->retry_after_s);
	}
}

static int start(struct ask *ask)
{
	struct http_ask http = {
		.url = ask->url,
		.post = ask->body,
		.post_len = strlen(ask->body),
		.headers = ask->headers,
		.done = ask_answered,
		.data = ask,
	};

	ask->req = http_start(ask->c->pool, &http);
	return ask->req ? 0 : -EINVAL;
}

/* ---- the two formats ---- */

static char *describe(void *ctx, const struct contractor_order *o)
{
	const char *what = o->description && *o->description ? o->description : o->category_name;
	char *text = talloc_asprintf(ctx, "%s%s", o->urgent ? "URGENT: " : "", what ? what : "");

	if (o->asset_number && *o->asset_number)
		text = talloc_asprintf_append_buffer(
			text, " (%s %s)", o->asset_kind ? o->asset_kind : "", o->asset_number);
	OSMO_ASSERT(text);
	return text;
}

static char *write_order(struct ask *ask, const struct contractor_order *o)
{
	const struct contractor_cfg *cfg = &ask->c->cfg;
	struct open311_request request = {
		.service_code = o->category,
		.api_key = cfg->api_key,
		.jurisdiction_id = cfg->jurisdiction,
		.located = o->located,
		.urgent = o->urgent,
		.lat = o->lat,
		.lon = o->lon,
		.address_string = o->place,
		.address_id = o->address_id,
		.description = describe(ask, o),
		.phone = o->alias,
		.key = o->key,
		.reference = o->reference,
		.category_name = o->category_name,
		.area = o->area,
		.asset_kind = o->asset_kind,
		.asset_number = o->asset_number,
		.created_s = o->created_s,
		.promise_s = o->promise_s,
	};

	return open311_write_request(ask, &request);
}

static char *write_note(struct ask *ask, const struct contractor_order *o, const char *their_ref)
{
	const struct contractor_cfg *cfg = &ask->c->cfg;
	struct open311_note note = {
		.service_request_id = their_ref,
		.api_key = cfg->api_key,
		.jurisdiction_id = cfg->jurisdiction,
		.update_id = o->key,
		.reference = o->reference,
		.status = open311_status_of(o->state),
		.description = o->note && *o->note ? o->note : o->state,
		.phone = o->alias,
		.updated_s = o->at_s,
	};

	return open311_write_note(ask, &note);
}

static void add_header(struct ask *ask, const char *name, const char *value)
{
	size_t i = 0;

	while (ask->headers[i])
		i++;
	OSMO_ASSERT(i + 1 < ARRAY_SIZE(ask->headers));
	ask->headers[i] = talloc_asprintf(ask, "%s: %s", name, value);
	OSMO_ASSERT(ask->headers[i]);
}

static int prepare_open311(struct ask *ask, const struct contractor_order *o, const char *url)
{
	if (o->update) {
		ask->url = open311_url(ask, url, "servicerequestupdates.json", NULL);
		ask->body = write_note(ask, o, o->their_ref);
	} else {
		ask->url = talloc_strdup(ask, url);
		ask->body = write_order(ask, o);
	}
	add_header(ask, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
	add_header(ask, "Accept", "application/json");
	return ask->url && ask->body ? 0 : -EINVAL;
}

static char *write_event(struct ask *ask, const struct contractor_order *o)
{
	struct webhook_event event = {
		.type = o->update ? "report.updated" : "report.created",
		.at_s = o->update ? o->at_s : o->created_s,
		.reference = o->reference,
		.their_ref = o->their_ref,
		.category = o->category,
		.category_name = o->category_name,
		.area = o->area,
		.place = o->place,
		.address_id = o->address_id,
		.asset_kind = o->asset_kind,
		.asset_number = o->asset_number,
		.description = o->description,
		.located = o->located,
		.urgent = o->urgent,
		.lat = o->lat,
		.lon = o->lon,
		.created_s = o->created_s,
		.promise_s = o->promise_s,
		.contact = o->alias,
		.state = o->update ? o->state : "received",
		.note = o->note,
	};

	return webhook_write(ask, &event);
}

static int prepare_webhook(struct ask *ask, const struct contractor_order *o, const char *url)
{
	const struct contractor *c = ask->c;
	char signature[WEBHOOK_SIGNATURE_SIZE], timestamp[24];
	/* the receiver compares it with its own clock, so ours must not be moved ahead */
	int64_t now_s = clock_now_s() - clock_ahead_s();

	ask->url = talloc_strdup(ask, url);
	ask->body = write_event(ask, o);
	if (!ask->body || c->secret.len == 0)
		return -EINVAL;
	snprintf(timestamp, sizeof(timestamp), "%" PRId64, now_s);
	webhook_sign(signature, &c->secret, o->key, now_s, ask->body, strlen(ask->body));
	add_header(ask, "Content-Type", "application/json");
	add_header(ask, "webhook-id", o->key);
	add_header(ask, "webhook-timestamp", timestamp);
	add_header(ask, "webhook-signature", signature);
	if (c->cfg.api_key)
		add_header(ask, "Authorization", talloc_asprintf(ask, "Bearer %s", c->cfg.api_key));
	return 0;
}

/* ---- an update to a request that has only a token yet: first ask for its number ---- */

static void keep_order(struct ask *ask, const struct contractor_order *o)
{
	const char **to[] = { &ask->order.key, &ask->order.reference, &ask->order.alias,
			      &ask->order.state, &ask->order.note };
	const char *from[] = { o->key, o->reference, o->alias, o->state, o->note };
	size_t i;

	ask->order.update = true;
	ask->order.at_s = o->at_s;
	for (i = 0; i < ARRAY_SIZE(to); i++)
		*to[i] = talloc_strdup(ask, from[i]);
}

static void token_answered(const struct http_answer *answer, void *data)
{
	struct ask *ask = data;
	struct open311_receipt receipt;

	ask->req = NULL;
	if (answer->status != 200 ||
	    open311_read_receipt(ask, &receipt, answer->body, answer->len) < 0 ||
	    !receipt.service_request_id) {
		if (contractor_is_trouble(answer)) {
			retry(ask, contractor_words(ask, answer), answer->retry_after_s);
		} else {
			struct contractor_outcome outcome = {
				.result = CONTRACTOR_RETRY,
				.error = "they have given the request no number yet",
				.their_ref = ask->their_ref,
			};

			contractor_answered(ask->c);
			finish(ask, &outcome);
		}
		return;
	}
	ask->their_ref = talloc_strdup(ask, receipt.service_request_id);
	ask->body = write_note(ask, &ask->order, ask->their_ref);
	if (start(ask) < 0)
		retry(ask, "the url is no address", 0);
}

static int start_with_token(struct ask *ask, const struct contractor_order *o, const char *url)
{
	char *token = form_escape(ask, o->their_ref + strlen(TOKEN_PREFIX));
	struct http_ask http = {
		.url = open311_url(ask, url, talloc_asprintf(ask, "tokens/%s.json", token), NULL),
		.done = token_answered,
		.data = ask,
	};

	keep_order(ask, o);
	ask->req = http_start(ask->c->pool, &http);
	return ask->req ? 0 : -EINVAL;
}

/* ---- the interface ---- */

static bool has_token_only(const struct contractor *c, const struct contractor_order *o)
{
	return c->cfg.format == CONTRACTOR_OPEN311 && o->update && o->their_ref &&
	       !strncmp(o->their_ref, TOKEN_PREFIX, strlen(TOKEN_PREFIX));
}

static struct ask *ask_alloc(struct contractor *c, const struct contractor_order *o)
{
	struct ask *ask = talloc_zero(c, struct ask);

	OSMO_ASSERT(ask);
	ask->c = c;
	ask->key = talloc_strdup(ask, o->key);
	ask->their_ref = talloc_strdup(ask, o->their_ref);
	ask->update = o->update;
	llist_add_tail(&ask->entry, &c->asks);
	c->status.busy++;
	talloc_set_destructor(ask, free_ask);
	add_header(ask, "Idempotency-Key", o->key);
	return ask;
}

int contractor_send(struct contractor *c, const struct contractor_order *order,
		    void (*done)(const struct contractor_outcome *o, void *data), void *data)
{
	const char *url = order->rung > 0 ? c->cfg.second_url : c->cfg.url;
	struct ask *ask;
	int rc;

	if (!url || !order->key)
		return -EINVAL;
	if (!contractor_ready(c))
		return -EAGAIN;
	ask = ask_alloc(c, order);
	ask->done = done;
	ask->data = data;
	if (c->cfg.format == CONTRACTOR_WEBHOOK)
		rc = prepare_webhook(ask, order, url);
	else
		rc = prepare_open311(ask, order, url);
	if (rc == 0) {
		contractor_asking(c);
		rc = has_token_only(c, order) ? start_with_token(ask, order, url) : start(ask);
	}
	if (rc < 0) {
		talloc_free(ask);
		return rc;
	}
	c->status.asked++;
	return 0;
}

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
	c->cfg.api_key = talloc_strdup(c, cfg->api_key);
	c->cfg.callback_secret = talloc_strdup(c, cfg->callback_secret);
	c->cfg.jurisdiction = talloc_strdup(c, cfg->jurisdiction);
	copy_list(c, c->cfg.categories, cfg->categories);
	copy_list(c, c->cfg.areas, cfg->areas);
	if (c->cfg.window == 0)
		c->cfg.window = WINDOW_DEFAULT;
}

static int free_contractor(struct contractor *c)
{
	struct ask *ask, *next;

	contractor_poll_cancel(c);
	llist_for_each_entry_safe (ask, next, &c->asks, entry)
		talloc_free(ask);
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
