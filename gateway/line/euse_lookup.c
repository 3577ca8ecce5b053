// SPDX-License-Identifier: AGPL-3.0-or-later
#include "line/euse_lookup.h"

#include <string.h>

#include <osmocom/core/fsm.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/protocol/ipaccess.h>

#include "line/euse_int.h"
#include "line/ipa_stream.h"
#include "log.h"
#include "wire/ctrl.h"

#define X(n)	  (1u << (n))
#define ASKED_MAX EUSE_SESSIONS_MAX
#define PAUSE_S	  5 /* before connecting again: it only spares residents a question */
#define CONNECT_S 5
#define LOST_MAX  5 /* questions in a row without an answer: the link is dead */

enum lookup_state {
	LOOKUP_CLOSED,
	LOOKUP_PAUSE,
	LOOKUP_CONNECTING,
	LOOKUP_OPEN,
};

enum lookup_event {
	LOOKUP_EV_START,
	LOOKUP_EV_STOP,
	LOOKUP_EV_CONNECTED,
	LOOKUP_EV_LOST,
};

struct asked {
	struct llist_head entry; /* in the order of their deadlines */
	uint32_t id;
	int64_t until_us;
	void (*done)(const char *msisdn, void *data);
	void *data;
};

struct euse_lookup {
	const char *name, *address;
	uint16_t port;
	struct osmo_fsm_inst *fi;
	struct ipa_stream *stream;
	struct llist_head asked;
	size_t n_asked;
	uint32_t last_id;
	unsigned int unanswered; /* in a row */
	struct osmo_timer_list deadline;
	bool told_down;
};

extern struct osmo_fsm euse_lookup_fsm;

/* ---- questions */

/* The user may ask another in here. */
static void finish(struct euse_lookup *lk, struct asked *a, const char *msisdn)
{
	struct asked was = *a;

	llist_del(&a->entry);
	lk->n_asked--;
	talloc_free(a);
	if (was.done)
		was.done(msisdn, was.data);
}

static void finish_all(struct euse_lookup *lk)
{
	struct asked *a;

	while ((a = llist_first_entry_or_null(&lk->asked, struct asked, entry)))
		finish(lk, a, "");
	osmo_timer_del(&lk->deadline);
}

static void watch_first(struct euse_lookup *lk)
{
	struct asked *a = llist_first_entry_or_null(&lk->asked, struct asked, entry);
	int64_t left_us;

	if (!a) {
		osmo_timer_del(&lk->deadline);
		return;
	}
	left_us = OSMO_MAX(a->until_us - euse_now_us(), 0);
	osmo_timer_schedule(&lk->deadline, left_us / 1000000, left_us % 1000000);
}

static void deadline_passed(void *data)
{
	struct euse_lookup *lk = data;
	struct asked *a;

	while ((a = llist_first_entry_or_null(&lk->asked, struct asked, entry)) &&
	       a->until_us <= euse_now_us()) {
		lk->unanswered++;
		finish(lk, a, "");
	}
	if (lk->unanswered >= LOST_MAX && lk->fi->state == LOOKUP_OPEN)
		osmo_fsm_inst_dispatch(lk->fi, LOOKUP_EV_LOST, "it does not answer");
	watch_first(lk);
}

static struct asked *find(struct euse_lookup *lk, uint32_t id)
{
	struct asked *a;

	llist_for_each_entry (a, &lk->asked, entry)
		if (a->id == id)
			return a;
	return NULL;
}

uint32_t euse_lookup_ask(struct euse_lookup *lk, const char *imsi,
			 void (*done)(const char *msisdn, void *data), void *data)
{
	char text[CTRL_ASK_SIZE];
	struct asked *a;
	int len;

	if (lk->fi->state != LOOKUP_OPEN || lk->n_asked >= ASKED_MAX)
		return 0;
	lk->last_id = lk->last_id % CTRL_ID_MAX + 1;
	len = ctrl_write_msisdn(text, lk->last_id, imsi);
	if (len < 0)
		return 0;
	a = talloc_zero(lk, struct asked);
	OSMO_ASSERT(a);
	a->id = lk->last_id;
	a->until_us = euse_now_us() + (int64_t)euse_timer_s(-9) * 1000000;
	a->done = done;
	a->data = data;
	llist_add_tail(&a->entry, &lk->asked);
	lk->n_asked++;
	if (!osmo_timer_pending(&lk->deadline))
		watch_first(lk);
	ipa_stream_send(lk->stream, IPAC_PROTO_OSMO, IPAC_PROTO_EXT_CTRL, (const uint8_t *)text,
			len);
	return a->id;
}

void euse_lookup_cancel(struct euse_lookup *lk, uint32_t id)
{
	struct asked *a = find(lk, id);

	if (a)
		a->done = NULL;
}

static void stream_frame(uint8_t protocol, int ext, const uint8_t *payload, size_t len, void *data)
{
	struct euse_lookup *lk = data;
	struct ctrl_answer answer;
	struct asked *a;

	if (protocol != IPAC_PROTO_OSMO || ext != IPAC_PROTO_EXT_CTRL ||
	    ctrl_read_msisdn(&answer, payload, len) < 0)
		return;
	lk->unanswered = 0;
	lk->told_down = false;
	a = find(lk, answer.id);
	if (a)
		finish(lk, a, answer.msisdn);
}

/* ---- the connection */

static void stream_connected(void *data)
{
	osmo_fsm_inst_dispatch(((struct euse_lookup *)data)->fi, LOOKUP_EV_CONNECTED, NULL);
}

static void stream_lost(const char *why, void *data)
{
	osmo_fsm_inst_dispatch(((struct euse_lookup *)data)->fi, LOOKUP_EV_LOST, (void *)why);
}

/* Trying again and again is told once. */
static void lost(struct euse_lookup *lk, const char *why)
{
	LOGP(DLINE, lk->told_down ? LOGL_INFO : LOGL_NOTICE,
	     "%s: control interface %s port %u: %s; residents are asked for their numbers\n",
	     lk->name, lk->address, lk->port, why);
	lk->told_down = true;
	osmo_fsm_inst_state_chg(lk->fi, LOOKUP_PAUSE, PAUSE_S, 0);
}

static void try_connect(struct euse_lookup *lk)
{
	int rc = ipa_stream_connect(lk->stream, lk->address, lk->port);

	if (rc < 0)
		lost(lk, strerror(-rc));
	else
		osmo_fsm_inst_state_chg(lk->fi, LOOKUP_CONNECTING, CONNECT_S, 0);
}

static void any_state(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct euse_lookup *lk = fi->priv;

	switch (event) {
	case LOOKUP_EV_START:
		if (fi->state == LOOKUP_CLOSED)
			try_connect(lk);
		break;
	case LOOKUP_EV_STOP:
		osmo_fsm_inst_state_chg(fi, LOOKUP_CLOSED, 0, 0);
		break;
	case LOOKUP_EV_CONNECTED:
		osmo_fsm_inst_state_chg(fi, LOOKUP_OPEN, 0, 0);
		break;
	case LOOKUP_EV_LOST:
		lost(lk, data);
		break;
	}
}

static void without_link(struct osmo_fsm_inst *fi, uint32_t prev)
{
	struct euse_lookup *lk = fi->priv;

	ipa_stream_close(lk->stream);
	lk->unanswered = 0;
	finish_all(lk);
}

static int timer_passed(struct osmo_fsm_inst *fi)
{
	struct euse_lookup *lk = fi->priv;

	if (fi->state == LOOKUP_PAUSE)
		try_connect(lk);
	else
		lost(lk, "it cannot be reached");
	return 0;
}

/* clang-format off */
static const struct value_string event_names[] = {
	{ LOOKUP_EV_START, "START" },
	{ LOOKUP_EV_STOP, "STOP" },
	{ LOOKUP_EV_CONNECTED, "CONNECTED" },
	{ LOOKUP_EV_LOST, "LOST" },
	{}
};
/* clang-format on */

static const struct osmo_fsm_state lookup_states[] = {
	[LOOKUP_CLOSED] = {
		.name = "CLOSED",
		.out_state_mask = X(LOOKUP_CLOSED) | X(LOOKUP_PAUSE) | X(LOOKUP_CONNECTING),
		.onenter = without_link,
	},
	[LOOKUP_PAUSE] = {
		.name = "PAUSE",
		.out_state_mask = X(LOOKUP_CLOSED) | X(LOOKUP_PAUSE) | X(LOOKUP_CONNECTING),
		.onenter = without_link,
	},
	[LOOKUP_CONNECTING] = {
		.name = "CONNECTING",
		.out_state_mask = X(LOOKUP_CLOSED) | X(LOOKUP_PAUSE) | X(LOOKUP_OPEN),
	},
	[LOOKUP_OPEN] = {
		.name = "OPEN",
		.out_state_mask = X(LOOKUP_CLOSED) | X(LOOKUP_PAUSE),
	},
};

struct osmo_fsm euse_lookup_fsm = {
	.name = "euse_lookup",
	.states = lookup_states,
	.num_states = ARRAY_SIZE(lookup_states),
	.allstate_event_mask = X(LOOKUP_EV_START) | X(LOOKUP_EV_STOP) | X(LOOKUP_EV_CONNECTED) |
			       X(LOOKUP_EV_LOST),
	.allstate_action = any_state,
	.timer_cb = timer_passed,
	.event_names = event_names,
	.log_subsys = DLINE,
};

static __attribute__((constructor)) void euse_lookup_fsm_register(void)
{
	OSMO_ASSERT(osmo_fsm_register(&euse_lookup_fsm) == 0);
}

/* ---- life */

void euse_lookup_start(struct euse_lookup *lk)
{
	osmo_fsm_inst_dispatch(lk->fi, LOOKUP_EV_START, NULL);
}

void euse_lookup_stop(struct euse_lookup *lk)
{
	osmo_fsm_inst_dispatch(lk->fi, LOOKUP_EV_STOP, NULL);
}

static int lookup_free(struct euse_lookup *lk)
{
	struct asked *a;

	llist_for_each_entry (a, &lk->asked, entry)
		a->done = NULL; /* who asked is going too */
	euse_lookup_stop(lk);
	osmo_fsm_inst_term(lk->fi, OSMO_FSM_TERM_REQUEST, NULL);
	return 0;
}

struct euse_lookup *euse_lookup_alloc(void *ctx, const char *name, const char *address,
				      uint16_t port)
{
	struct euse_lookup *lk = talloc_zero(ctx, struct euse_lookup);
	const struct ipa_stream_user user = {
		.connected = stream_connected,
		.frame = stream_frame,
		.lost = stream_lost,
		.data = lk,
	};

	OSMO_ASSERT(lk);
	lk->name = name;
	lk->address = talloc_strdup(lk, address);
	lk->port = port;
	INIT_LLIST_HEAD(&lk->asked);
	osmo_timer_setup(&lk->deadline, deadline_passed, lk);
	lk->stream = ipa_stream_alloc(lk, &user);
	lk->fi = osmo_fsm_inst_alloc(&euse_lookup_fsm, NULL, lk, LOGL_DEBUG, NULL);
	OSMO_ASSERT(lk->fi);
	osmo_fsm_inst_update_id_f_sanitize(lk->fi, '-', "%s", name);
	talloc_set_destructor(lk, lookup_free);
	return lk;
}
