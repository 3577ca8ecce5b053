// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_ussd.c - USSD of the modem's own SIM (3GPP TS 27.007 7.15): codes that the operator dials, and what
 * the network says or asks by itself.
 *
 * A SIM has one session at a time.  OK to AT+CUSD=1 means only that the modem took it; the answer is the
 * +CUSD, which comes before the OK with some makers, in the answer to the command with others, and
 * mostly after it.  All three come as unsolicited lines here.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/tdef.h>
#include <osmocom/core/utils.h>

#include "line/modem_int.h"

#define X(n)	     (1u << (n))
#define CANCEL_S     10
#define RULES_RUN    8 /* answers by rule in one session: a rule that answers itself ends there */
#define CME_UNKNOWN  4 /* operation not supported */
#define CME_BUSY     3 /* operation not allowed */
#define CME_BUSY_TOO 256

enum ussd_state {
	USSD_IDLE,
	USSD_ASKING,   /* the command is out, no OK yet */
	USSD_ASKED,    /* the modem took it; X16 for the network */
	USSD_ANSWERED, /* the answer came before the OK */
	USSD_OPEN,     /* the network waits for us; X17 or X18 */
	USSD_CANCELLING,
	USSD_CANCELLED, /* OK came, +CUSD: 2 may: not all send it; X19 */
};

enum ussd_event {
	USSD_EV_TAKEN,	/* OK */
	USSD_EV_FAILED, /* struct at_answer: anything else */
	USSD_EV_SAID,	/* struct cusd */
	USSD_EV_CANCELLED,
	USSD_EV_LOST,
};

/* clang-format off */
static const struct value_string event_names[] = {
	{ USSD_EV_TAKEN, "TAKEN" },
	{ USSD_EV_FAILED, "FAILED" },
	{ USSD_EV_SAID, "SAID" },
	{ USSD_EV_CANCELLED, "CANCELLED" },
	{ USSD_EV_LOST, "LOST" },
	{}
};
/* clang-format on */

static struct osmo_fsm ussd_fsm;

static enum ussd_state state_of(const struct modem *m)
{
	return m->ussd.fi->state;
}

/* Every transition goes through here, so no state that waits for the network is without its timer. */
static void enter(struct modem *m, enum ussd_state state)
{
	int T = state == USSD_ASKED	  ? -16
		: state == USSD_OPEN	  ? (m->ussd.ours ? -18 : -17)
		: state == USSD_CANCELLED ? -19
					  : 0;
	unsigned long timeout_s = T ? osmo_tdef_get(modem_tdefs, T, OSMO_TDEF_S, -1) : 0;

	if (T && timeout_s == 0)
		timeout_s = 1; /* 0 would be none at all */
	osmo_fsm_inst_state_chg(m->ussd.fi, state, timeout_s, 0);
}

/* A late answer is nothing new: an event that the state does not take is dropped. */
static void tell(struct modem *m, enum ussd_event event, void *data)
{
	uint32_t mask = ussd_fsm.states[state_of(m)].in_event_mask | ussd_fsm.allstate_event_mask;

	if (mask & X(event))
		osmo_fsm_inst_dispatch(m->ussd.fi, event, data);
}

const char *modem_ussd_line(char out[USSD_TEXT_MAX], const char *text)
{
	osmo_strlcpy(out, text, USSD_TEXT_MAX);
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return out;
}

/* ---- outcomes */

static void go_idle(struct modem *m)
{
	modem_cusd_charset_back(m);
	m->ussd.ours = false;
	m->ussd.question[0] = '\0';
	if (state_of(m) != USSD_IDLE)
		enter(m, USSD_IDLE);
}

static void start(struct modem *m, const struct ussd_ask *ask);

/* The state is the new one already: done() may ask again. */
static void finish(struct modem *m, enum modem_ussd_result result, const char *text, int code)
{
	struct modem_ussd *u = &m->ussd;
	struct ussd_ask ask = u->now;
	struct modem_ussd_answer answer = {
		.result = result,
		.text = text,
		.more = result == MODEM_USSD_ANSWERED && state_of(m) == USSD_OPEN,
		.code = code,
	};
	char line[USSD_TEXT_MAX];

	u->now = (struct ussd_ask){ .done = NULL };
	if (result == MODEM_USSD_ANSWERED)
		LOG_MODEM(m, LOGL_INFO, "USSD answer: %s\n", modem_ussd_line(line, text));
	else
		LOG_MODEM(m, LOGL_NOTICE, "USSD: %s\n", modem_ussd_words(result));
	if (ask.done)
		ask.done(&answer, ask.data);
	if (state_of(m) == USSD_IDLE && u->next.done) {
		ask = u->next;
		u->next = (struct ussd_ask){ .done = NULL };
		start(m, &ask);
	}
}

/* ---- commands */

static void refuse(struct modem *m, enum modem_ussd_result result, int code)
{
	go_idle(m);
	finish(m, result, "", code);
}

static void start(struct modem *m, const struct ussd_ask *ask)
{
	m->ussd.now = *ask;
	enter(m, USSD_ASKING);
	modem_cusd_send(m);
}

void modem_ussd_sent(struct modem *m, const struct at_answer *answer)
{
	if (answer->result == AT_OK)
		tell(m, USSD_EV_TAKEN, NULL);
	else
		tell(m, USSD_EV_FAILED, (void *)answer);
}

static void cancel_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	if (answer->result != AT_GONE)
		tell(data, USSD_EV_CANCELLED, NULL);
}

static void cancelled(struct modem *m)
{
	struct modem_ussd *u = &m->ussd;
	struct ussd_ask ask = u->next;

	go_idle(m);
	u->next = (struct ussd_ask){ .done = NULL };
	if (ask.done)
		start(m, &ask);
}

/* So that the modem is free again, whatever the network thinks. */
static void cancel(struct modem *m)
{
	struct at_cmd cmd = { .text = "AT+CUSD=2",
			      .done = cancel_done,
			      .data = m,
			      .deadline_ms = CANCEL_S * 1000,
			      .lane = AT_POLL };

	m->ussd.ended = false;
	m->ussd.question[0] = '\0';
	if (at_chat_send(m->chat, &cmd) == 0)
		enter(m, USSD_CANCELLING);
	else
		cancelled(m);
}

/* ---- what the network says by itself */

static const struct modem_rule *rule_for(const struct modem *m, const char *text)
{
	const struct modem_rule *rule;

	for (rule = m->cfg.rules; rule && rule->pattern; rule++) {
		if (strpbrk(rule->pattern, "*?[") ? fnmatch(rule->pattern, text, FNM_CASEFOLD) == 0
						  : strcasestr(text, rule->pattern) != NULL)
			return rule;
	}
	return NULL;
}

static void network_asks(struct modem *m, const char *text)
{
	struct modem_ussd *u = &m->ussd;
	const struct modem_rule *rule = u->rules_run < RULES_RUN ? rule_for(m, text) : NULL;
	struct ussd_ask ask = { .reply = true, .by_rule = true };
	char line[USSD_TEXT_MAX];

	modem_ussd_line(u->question, text);
	if (rule) {
		u->rules_run++;
		LOG_MODEM(m, LOGL_NOTICE, "the network asks by itself, \"%s\" is answered: %s\n",
			  rule->answer, modem_ussd_line(line, text));
		osmo_strlcpy(ask.text, rule->answer, sizeof(ask.text));
		start(m, &ask);
		return;
	}
	LOG_MODEM(m, LOGL_NOTICE,
		  "the network asks by itself; cancelled in %lu s if nobody answers: %s\n",
		  osmo_tdef_get(modem_tdefs, -17, OSMO_TDEF_S, -1), modem_ussd_line(line, text));
	u->ours = false;
	enter(m, USSD_OPEN);
}

static void network_says(struct modem *m, const struct cusd *c)
{
	char line[USSD_TEXT_MAX];

	if (c->state == CUSD_ASKS) {
		network_asks(m, c->text);
		return;
	}
	go_idle(m);
	if (*c->text)
		LOG_MODEM(m, LOGL_NOTICE, "the network says by itself: %s\n",
			  modem_ussd_line(line, c->text));
}

/* ---- the answer */

static void answer_shown(struct modem *m, const struct cusd *c)
{
	struct modem_ussd *u = &m->ussd;

	modem_cusd_worked(m);
	if (u->now.by_rule) {
		u->now = (struct ussd_ask){ .done = NULL };
		network_says(m, c);
		if (state_of(m) == USSD_IDLE)
			cancelled(m); /* who waited for this session to end */
		return;
	}
	if (c->state == CUSD_ASKS) {
		u->ours = true;
		modem_ussd_line(u->question, c->text);
		enter(m, USSD_OPEN);
	} else {
		go_idle(m);
	}
	finish(m, MODEM_USSD_ANSWERED, c->text, -1);
}

static void answered(struct modem *m, const struct cusd *c)
{
	bool reply = m->ussd.now.reply;

	switch (c->state) {
	case CUSD_DONE:
	case CUSD_ASKS:
		answer_shown(m, c);
		break;
	case CUSD_ENDED: /* some show the last text with it; after a reply it is a way to end */
		if (*c->text || reply)
			answer_shown(m, c);
		else
			refuse(m, MODEM_USSD_REFUSED, -1);
		break;
	case CUSD_OTHER_CLIENT:
		refuse(m, MODEM_USSD_REPLACED, -1);
		break;
	case CUSD_UNSUPPORTED:
		if (!reply && modem_cusd_next_form(m)) {
			enter(m, USSD_ASKING);
			modem_cusd_send(m);
		} else {
			refuse(m, MODEM_USSD_UNSUPPORTED, -1);
		}
		break;
	case CUSD_TIMEOUT:
		refuse(m, MODEM_USSD_SILENT, -1);
		break;
	}
}

/* Not taken: in another form, or after the session that occupies the modem is cancelled. */
static void failed(struct modem *m, const struct at_answer *answer)
{
	struct modem_ussd *u = &m->ussd;
	bool busy = answer->result == AT_CME &&
		    (answer->code == CME_BUSY || answer->code == CME_BUSY_TOO);
	bool unknown;

	if (answer->result == AT_TIMEOUT) {
		finish(m, MODEM_USSD_SILENT, "", -1);
		cancel(m);
		return;
	}
	if (busy && !u->now.reply && !u->now.freed && !u->next.done) {
		LOG_MODEM(m, LOGL_INFO, "USSD: the modem is busy with another session\n");
		u->next = u->now;
		u->next.freed = true;
		u->now = (struct ussd_ask){ .done = NULL };
		cancel(m);
		return;
	}
	unknown = answer->result == AT_ERROR ||
		  (answer->result == AT_CME && answer->code == CME_UNKNOWN);
	if ((unknown || answer->result == AT_CMS) && modem_cusd_next_form(m))
		modem_cusd_send(m);
	else
		refuse(m,
		       answer->result == AT_GONE ? MODEM_USSD_LOST
		       : busy			 ? MODEM_USSD_BUSY
		       : unknown		 ? MODEM_USSD_UNSUPPORTED
						 : MODEM_USSD_REFUSED,
		       answer->code);
}

/* ---- states */

static void idle_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct modem *m = fi->priv;

	OSMO_ASSERT(event == USSD_EV_SAID);
	m->ussd.rules_run = 0;
	network_says(m, data);
}

static void asking_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct modem *m = fi->priv;

	switch (event) {
	case USSD_EV_TAKEN:
		enter(m, USSD_ASKED);
		break;
	case USSD_EV_SAID:
		m->ussd.early = *(struct cusd *)data;
		enter(m, USSD_ANSWERED);
		break;
	case USSD_EV_FAILED:
		failed(m, data);
		break;
	default:
		OSMO_ASSERT(false);
	}
}

static void asked_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	OSMO_ASSERT(event == USSD_EV_SAID);
	answered(fi->priv, data);
}

static void answered_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct modem *m = fi->priv;
	struct cusd *early = &m->ussd.early;
	const struct cusd *more = data;

	switch (event) {
	case USSD_EV_TAKEN:
	case USSD_EV_FAILED:
		answered(m, early);
		break;
	case USSD_EV_SAID: /* "+CUSD: 2" behind the text, or the text behind it */
		if (more->has_text || !early->has_text)
			*early = *more;
		break;
	default:
		OSMO_ASSERT(false);
	}
}

static void open_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct modem *m = fi->priv;
	const struct cusd *c = data;

	OSMO_ASSERT(event == USSD_EV_SAID);
	if (c->state != CUSD_ASKS)
		LOG_MODEM(m, LOGL_INFO, "the network has ended the USSD session\n");
	network_says(m, c);
}

static void cancelling_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct modem *m = fi->priv;

	switch (event) {
	case USSD_EV_SAID:
		m->ussd.ended = true;
		break;
	case USSD_EV_CANCELLED:
		if (m->ussd.ended)
			cancelled(m);
		else
			enter(m, USSD_CANCELLED);
		break;
	default:
		OSMO_ASSERT(false);
	}
}

static void cancelled_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	OSMO_ASSERT(event == USSD_EV_SAID);
	cancelled(fi->priv);
}

/* Each is told once; what they ask for in done() finds the modem down. */
static void any_state(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct modem *m = fi->priv;
	struct modem_ussd *u = &m->ussd;
	struct ussd_ask now = u->now, next = u->next;
	const struct modem_ussd_answer lost = { .result = MODEM_USSD_LOST, .text = "", .code = -1 };

	OSMO_ASSERT(event == USSD_EV_LOST);
	u->now = u->next = (struct ussd_ask){ .done = NULL };
	u->wide = u->ours = false;
	u->question[0] = '\0';
	if (fi->state != USSD_IDLE)
		enter(m, USSD_IDLE);
	if (now.done)
		now.done(&lost, now.data);
	if (next.done)
		next.done(&lost, next.data);
}

static int timer_passed(struct osmo_fsm_inst *fi)
{
	struct modem *m = fi->priv;

	switch (fi->state) {
	case USSD_ASKED:
		finish(m, MODEM_USSD_SILENT, "", -1);
		cancel(m);
		break;
	case USSD_OPEN:
		LOG_MODEM(m, LOGL_INFO, "nobody answers the network: its USSD is cancelled\n");
		cancel(m);
		break;
	case USSD_CANCELLED:
		cancelled(m);
		break;
	}
	return 0;
}

#define ENDS (X(USSD_IDLE) | X(USSD_OPEN) | X(USSD_CANCELLING) | X(USSD_ASKING))

static const struct osmo_fsm_state ussd_states[] = {
	[USSD_IDLE] = {
		.name = "IDLE",
		.in_event_mask = X(USSD_EV_SAID),
		.out_state_mask = X(USSD_ASKING) | X(USSD_OPEN),
		.action = idle_on,
	},
	[USSD_ASKING] = {
		.name = "ASKING",
		.in_event_mask = X(USSD_EV_TAKEN) | X(USSD_EV_FAILED) | X(USSD_EV_SAID),
		.out_state_mask = ENDS | X(USSD_ASKED) | X(USSD_ANSWERED),
		.action = asking_on,
	},
	[USSD_ASKED] = {
		.name = "ASKED",
		.in_event_mask = X(USSD_EV_SAID),
		.out_state_mask = ENDS,
		.action = asked_on,
	},
	[USSD_ANSWERED] = {
		.name = "ANSWERED",
		.in_event_mask = X(USSD_EV_TAKEN) | X(USSD_EV_FAILED) | X(USSD_EV_SAID),
		.out_state_mask = ENDS,
		.action = answered_on,
	},
	[USSD_OPEN] = {
		.name = "OPEN",
		.in_event_mask = X(USSD_EV_SAID),
		.out_state_mask = ENDS,
		.action = open_on,
	},
	[USSD_CANCELLING] = {
		.name = "CANCELLING",
		.in_event_mask = X(USSD_EV_SAID) | X(USSD_EV_CANCELLED),
		.out_state_mask = X(USSD_IDLE) | X(USSD_CANCELLED),
		.action = cancelling_on,
	},
	[USSD_CANCELLED] = {
		.name = "CANCELLED",
		.in_event_mask = X(USSD_EV_SAID),
		.out_state_mask = X(USSD_IDLE),
		.action = cancelled_on,
	},
};

static struct osmo_fsm ussd_fsm = {
	.name = "modem-ussd",
	.states = ussd_states,
	.num_states = ARRAY_SIZE(ussd_states),
	.allstate_event_mask = X(USSD_EV_LOST),
	.allstate_action = any_state,
	.timer_cb = timer_passed,
	.event_names = event_names,
	.log_subsys = DLINE,
};

static __attribute__((constructor)) void ussd_fsm_register(void)
{
	OSMO_ASSERT(osmo_fsm_register(&ussd_fsm) == 0);
}

/* ---- what others call */

static int make_ask(struct ussd_ask *ask, const struct modem *m, const char *text,
		    modem_ussd_done *done, void *data)
{
	char command[CUSD_COMMAND_SIZE];
	int rc;

	if (m->fi->state != MODEM_READY || !modem_is_registered(m))
		return -ENETDOWN;
	if (modem_call_is_on(m)) /* networks and modems take either */
		return -EISCONN;
	if (!*text || strlen(text) >= sizeof(ask->text))
		return *text ? -EMSGSIZE : -EINVAL;
	/* UCS-2 holds every character: what does not fit it fits none. */
	rc = cusd_write(command, sizeof(command), text, CUSD_UCS2);
	if (rc == -EMSGSIZE)
		rc = cusd_write(command, sizeof(command), text, CUSD_PACKED);
	if (rc < 0)
		return rc;
	*ask = (struct ussd_ask){ .done = done, .data = data };
	osmo_strlcpy(ask->text, text, sizeof(ask->text));
	return 0;
}

int modem_ussd_dial(struct modem *m, const char *code, modem_ussd_done *done, void *data)
{
	struct modem_ussd *u = &m->ussd;
	struct ussd_ask ask;
	int rc = make_ask(&ask, m, code, done, data);

	if (rc < 0)
		return rc;
	if (state_of(m) == USSD_IDLE) {
		u->rules_run = 0;
		start(m, &ask);
		return 0;
	}
	/* A balance or a rule is soon through; a person's code is not queued behind another's. */
	if (u->next.done || (u->now.done && !u->now.patient))
		return -EBUSY;
	u->next = ask;
	if (state_of(m) == USSD_OPEN)
		cancel(m);
	return 0;
}

int modem_ussd_reply(struct modem *m, const char *text, modem_ussd_done *done, void *data)
{
	struct ussd_ask ask;
	int rc = make_ask(&ask, m, text, done, data);

	if (rc < 0)
		return rc;
	if (state_of(m) != USSD_OPEN)
		return -ENOENT;
	ask.reply = true;
	start(m, &ask);
	return 0;
}

int modem_ussd_quietly(struct modem *m, const char *code, modem_ussd_done *done, void *data)
{
	struct ussd_ask ask;
	int rc = make_ask(&ask, m, code, done, data);

	if (rc < 0)
		return rc;
	if (state_of(m) != USSD_IDLE)
		return -EBUSY;
	ask.patient = true;
	start(m, &ask);
	return 0;
}

void modem_ussd_cancel(struct modem *m)
{
	if (state_of(m) == USSD_OPEN)
		cancel(m);
}

bool modem_ussd_asking(const struct modem *m)
{
	return state_of(m) == USSD_ASKING;
}

bool modem_ussd_waits(const struct modem *m)
{
	return state_of(m) == USSD_OPEN;
}

const char *modem_ussd_words(enum modem_ussd_result result)
{
	static const char *const words[] = {
		[MODEM_USSD_ANSWERED] = "answered",
		[MODEM_USSD_REFUSED] = "the network refuses this code: is it right for this SIM?",
		[MODEM_USSD_UNSUPPORTED] = "the network or the modem does not know this code",
		[MODEM_USSD_BUSY] =
			"the modem is busy with a call or another session: try again in a minute",
		[MODEM_USSD_SILENT] = "no answer from the network in time: try again later",
		[MODEM_USSD_LOST] = "the modem went down in the middle: try again when it is up",
		[MODEM_USSD_REPLACED] =
			"another program on the modem took the session: stop that one",
	};

	return words[result];
}

const char *modem_ussd_trouble(int rc)
{
	switch (rc) {
	case -ENETDOWN:
		return "the modem is down or has no network: see \"show modem\"";
	case -EBUSY:
		return "another code is being asked: try again in a minute";
	case -EISCONN:
		return "the modem is in a call: try again when it is over";
	case -ENOENT:
		return "the network asks nothing now: dial a code first";
	case -EMSGSIZE:
		return "this is longer than a USSD string: 182 characters, 80 outside the GSM alphabet";
	default:
		return "this is no USSD string: a code is like *100#";
	}
}

/* TS 22.090: a code begins with * or # and ends with #. */
bool modem_ussd_is_code(const char *text)
{
	size_t len = strlen(text);

	return len > 1 && strchr("*#", text[0]) && text[len - 1] == '#' &&
	       strspn(text, "*#0123456789") == len;
}

void modem_ussd_said(struct modem *m, const char *line)
{
	char words[USSD_TEXT_MAX];
	struct cusd c;

	if (modem_cusd_read(m, &c, line) < 0)
		LOG_MODEM(m, LOGL_NOTICE, "not understood: %s\n", modem_ussd_line(words, line));
	else
		tell(m, USSD_EV_SAID, &c);
}

void modem_ussd_lost(struct modem *m)
{
	tell(m, USSD_EV_LOST, NULL);
}

void modem_ussd_init(struct modem *m)
{
	m->ussd.fi = osmo_fsm_inst_alloc(&ussd_fsm, m, m, LOGL_DEBUG, NULL);
	OSMO_ASSERT(m->ussd.fi);
	osmo_fsm_inst_update_id_f_sanitize(m->ussd.fi, '-', "%s", m->cfg.name);
}

void modem_ussd_free(struct modem *m)
{
	osmo_fsm_inst_term(m->ussd.fi, OSMO_FSM_TERM_REQUEST, NULL);
}
