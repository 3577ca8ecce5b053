// SPDX-License-Identifier: AGPL-3.0-or-later
/* euse_session.c - who waits at a phone (3GPP TS 23.090 and 24.090): a code that was dialled, pages
 * and their answers until the last page.  Each session is a state machine whose timers end before
 * the guard timers of the HLR and the MSC do, so that no phone waits for nothing. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "line/euse_int.h"
#include "line/euse_lookup.h"
#include "wire/phone.h"
#include "wire/ussd_text.h"

#define X(n)	   (1u << (n))
#define WORDS_S	   1   /* for last words to who did not answer */
#define INVOKE_MAX 127 /* TS 24.080 3.6.3: an octet with a sign */

enum session_state {
	SESSION_ASKED, /* our answer is owed */
	SESSION_LATE, /* it still is, and the user was told so; or nobody answered, and it is asked for words */
	SESSION_SHOWN, /* a page waits for the phone's answer */
};

enum session_event {
	SESSION_EV_PAGE,   /* ours went out */
	SESSION_EV_ANSWER, /* the phone's came */
};

struct session {
	struct osmo_fsm_inst *fi; /* parent of the session */
	struct euse *eu;
	struct hlist_node key_node, token_node;
	uint64_t token;
	char imsi[GSUP_USSD_IMSI_SIZE];
	uint32_t session_id;
	uint8_t dialled; /* invoke id of the request that began it: the last page answers it */
	uint8_t invoke;	 /* our own, of the page that is shown */
	char number[PHONE_SIZE]; /* "" if the network does not tell */
	uint32_t lookup; /* the HLR is asked for the number: the user has not heard of it yet */
	char *code;	 /* meanwhile */
};

extern struct osmo_fsm euse_session_fsm;

/* ---- finding */

static uint64_t key_of(const char *imsi, uint32_t session_id)
{
	return strtoull(imsi, NULL, 10) ^ (uint64_t)session_id << 32;
}

static struct session *find_by_key(struct euse *eu, const char *imsi, uint32_t session_id)
{
	uint64_t key = key_of(imsi, session_id);
	struct session *s;

	hash_for_each_possible (eu->by_key, s, key_node, key)
		if (s->session_id == session_id && strcmp(s->imsi, imsi) == 0)
			return s;
	return NULL;
}

static struct session *find_by_token(struct euse *eu, uint64_t token)
{
	struct session *s;

	hash_for_each_possible (eu->by_token, s, token_node, token)
		if (s->token == token)
			return s;
	return NULL;
}

/* ---- beginning and ending */

static struct session *session_alloc(struct euse *eu, const struct gsup_ussd *m)
{
	struct osmo_fsm_inst *fi;
	struct session *s;
	char id[24];

	snprintf(id, sizeof(id), "%" PRIu64, ++eu->last_token);
	fi = osmo_fsm_inst_alloc(&euse_session_fsm, eu, NULL, LOGL_DEBUG, id);
	s = talloc_zero(fi, struct session);
	OSMO_ASSERT(fi);
	OSMO_ASSERT(s);
	fi->priv = s;
	s->fi = fi;
	s->eu = eu;
	s->token = eu->last_token;
	snprintf(s->imsi, sizeof(s->imsi), "%s", m->imsi);
	s->session_id = m->session_id;
	s->dialled = m->invoke_id;
	hash_add(eu->by_key, &s->key_node, key_of(s->imsi, s->session_id));
	hash_add(eu->by_token, &s->token_node, s->token);
	eu->n_sessions++;
	return s;
}

/* The network knows already that it is over, or is told by the caller; the user is not told here. */
static void session_free(struct session *s)
{
	if (s->lookup)
		euse_lookup_cancel(s->eu->lookup, s->lookup);
	s->eu->n_sessions--;
	hash_del(&s->key_node);
	hash_del(&s->token_node);
	osmo_fsm_inst_term(s->fi, OSMO_FSM_TERM_REGULAR, NULL);
}

/* It is over without a last page: not found any more when the user hears of it. */
static void session_ended(struct session *s)
{
	struct euse *eu = s->eu;
	uint64_t token = s->token;
	bool heard_of = s->lookup == 0;

	session_free(s);
	if (heard_of)
		eu->line.user.ended(&eu->line, token, eu->line.user.data);
}

/* A return error of the dialled request ends it for the HLR, the MSC and the phone.  An END
 * without a component would not do: the HLR keeps that for itself and the phone goes on waiting.
 * (osmo-hlr 1.5 puts a code of its own in the place of ours, facilityNotSupported.) */
static void send_error(struct euse *eu, const char *imsi, uint32_t session_id, uint8_t invoke_id,
		       uint8_t error)
{
	uint8_t out[GSUP_USSD_MAX];
	int len = gsup_ussd_write_error(out, imsi, session_id, invoke_id, error);

	if (len > 0)
		euse_link_send(eu, out, len);
}

/* What a return error answers: the request that was dialled, where the session is known. */
static uint8_t invoke_of(const struct session *s, const struct gsup_ussd *m)
{
	if (s)
		return s->dialled;
	return m->invoke_id >= 0 ? m->invoke_id : 0;
}

static void tell_failed(const struct session *s, uint8_t error)
{
	send_error(s->eu, s->imsi, s->session_id, s->dialled, error);
}

/* The user may end others while it hears of one. */
void euse_sessions_end(struct euse *eu, bool say)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(eu->by_token); i++) {
		while (!hlist_empty(&eu->by_token[i])) {
			struct session *s = hlist_entry(eu->by_token[i].first, struct session,
							token_node);

			euse_count(eu, EUSE_CTR_LOST);
			if (say)
				tell_failed(s, GSUP_USSD_ERR_SYSTEM_FAILURE);
			session_ended(s);
		}
	}
}

/* ---- the user hears of it */

static void enter(struct session *s, enum session_state state, unsigned long timeout_s)
{
	osmo_fsm_inst_state_chg(s->fi, state, OSMO_MAX(timeout_s, 1), 0);
}

/* The user may answer, refuse or end it in here. */
static void tell_said(struct session *s, const char *code, const char *text)
{
	struct euse *eu = s->eu;
	struct line_said said = {
		.session = s->token,
		.code = code,
		.text = text,
		.number = *s->number ? s->number : NULL,
		.subscriber = s->imsi,
	};
	char masked[PHONE_SIZE];

	LOG_EUSE(eu, LOGL_INFO, "%s session %" PRIu64 ": %s\n", phone_masked(masked, s->imsi),
		 s->token, code ? "begins" : "answers");
	eu->line.user.said(&eu->line, &said, eu->line.user.data);
}

static void number_found(const char *msisdn, void *data)
{
	struct session *s = data;

	s->lookup = 0;
	snprintf(s->number, sizeof(s->number), "%s", msisdn);
	tell_said(s, s->code, NULL);
}

/* X9 is longer than X6: it begins without. */
static void number_missed(struct session *s)
{
	euse_lookup_cancel(s->eu->lookup, s->lookup);
	enter(s, SESSION_ASKED, euse_timer_s(-6));
	number_found("", s);
}

/* \returns true if it is asked: the user hears of the session then */
static bool ask_number(struct session *s, const struct gsup_ussd *m)
{
	struct euse *eu = s->eu;

	if (*s->number || !eu->lookup)
		return false;
	s->lookup = euse_lookup_ask(eu->lookup, s->imsi, number_found, s);
	if (s->lookup)
		s->code = talloc_strdup(s, m->text);
	return s->lookup;
}

/* ---- the machine of one session */

static void owed_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct session *s = fi->priv;

	OSMO_ASSERT(event == SESSION_EV_PAGE);
	enter(s, SESSION_SHOWN, s->eu->line.answer_s);
}

static void shown_on(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	OSMO_ASSERT(event == SESSION_EV_ANSWER);
	enter(fi->priv, SESSION_ASKED, euse_timer_s(-6));
}

static void now_late(struct session *s)
{
	struct euse *eu = s->eu;
	unsigned long refuse_s = euse_timer_s(-7), late_s = euse_timer_s(-6);

	euse_count(eu, EUSE_CTR_LATE);
	enter(s, SESSION_LATE, refuse_s > late_s ? refuse_s - late_s : 1);
	eu->line.user.late(&eu->line, s->token, eu->line.user.data); /* may have ended it */
}

static void nobody_answered(struct session *s)
{
	struct line *ln = &s->eu->line;

	euse_count(s->eu, EUSE_CTR_UNANSWERED);
	if (!ln->user.unanswered) {
		tell_failed(s, GSUP_USSD_ERR_SYSTEM_FAILURE);
		session_ended(s);
		return;
	}
	enter(s, SESSION_LATE, WORDS_S);
	ln->user.unanswered(ln, s->token, ln->user.data); /* may have ended it */
}

/* It must not be touched after this returned from ended(): so 0, which does nothing more. */
static int timer_passed(struct osmo_fsm_inst *fi)
{
	struct session *s = fi->priv;

	switch (fi->state) {
	case SESSION_ASKED:
		if (s->lookup)
			number_missed(s);
		else
			now_late(s);
		break;
	case SESSION_LATE:
		euse_count(s->eu, EUSE_CTR_REFUSED);
		tell_failed(s, GSUP_USSD_ERR_SYSTEM_FAILURE);
		session_ended(s);
		break;
	case SESSION_SHOWN:
		nobody_answered(s);
		break;
	}
	return 0;
}

/* clang-format off */
static const struct value_string event_names[] = {
	{ SESSION_EV_PAGE, "PAGE" },
	{ SESSION_EV_ANSWER, "ANSWER" },
	{}
};
/* clang-format on */

static const struct osmo_fsm_state session_states[] = {
	[SESSION_ASKED] = {
		.name = "ASKED",
		.in_event_mask = X(SESSION_EV_PAGE),
		.out_state_mask = X(SESSION_ASKED) | X(SESSION_LATE) | X(SESSION_SHOWN),
		.action = owed_on,
	},
	[SESSION_LATE] = {
		.name = "LATE",
		.in_event_mask = X(SESSION_EV_PAGE),
		.out_state_mask = X(SESSION_SHOWN),
		.action = owed_on,
	},
	[SESSION_SHOWN] = {
		.name = "SHOWN",
		.in_event_mask = X(SESSION_EV_ANSWER),
		.out_state_mask = X(SESSION_ASKED) | X(SESSION_LATE),
		.action = shown_on,
	},
};

struct osmo_fsm euse_session_fsm = {
	.name = "euse_session",
	.states = session_states,
	.num_states = ARRAY_SIZE(session_states),
	.timer_cb = timer_passed,
	.event_names = event_names,
	.log_subsys = DLINE,
};

static __attribute__((constructor)) void euse_session_fsm_register(void)
{
	OSMO_ASSERT(osmo_fsm_register(&euse_session_fsm) == 0);
}

/* ---- from the network */

/* One line now and then about what should not have come, with who it was about. */
static void notice(struct euse *eu, const char *imsi, const char *what)
{
	int level = euse_notice_level(eu);
	char masked[PHONE_SIZE];

	LOG_EUSE(eu, level, "%s: %s\n", *imsi ? phone_masked(masked, imsi) : "the HLR", what);
}

/* Is it our code, alone or with a path: "*140#", "*140*1*3#"? */
static bool is_our_code(const struct euse *eu, const char *dialled)
{
	size_t base = strcspn(eu->cfg.code, "#");

	return strncmp(dialled, eu->cfg.code, base) == 0 &&
	       (dialled[base] == '#' || dialled[base] == '*');
}

static void keep_number(struct session *s, const struct gsup_ussd *m)
{
	if (*m->msisdn)
		snprintf(s->number, sizeof(s->number), "%s", m->msisdn);
}

static void rx_begin(struct euse *eu, const struct gsup_ussd *m, struct session *old)
{
	struct session *s;

	if (old) {
		euse_count(eu, EUSE_CTR_REPEATED);
		euse_count(eu, EUSE_CTR_LOST);
		notice(eu, m->imsi, "a session begins that was there already");
		session_ended(old);
	}
	if (!is_our_code(eu, m->text)) {
		euse_count(eu, EUSE_CTR_REFUSED);
		notice(eu, m->imsi, "dialled a code that is not ours");
		send_error(eu, m->imsi, m->session_id, m->invoke_id, GSUP_USSD_ERR_UNEXPECTED_DATA);
		return;
	}
	if (eu->n_sessions >= EUSE_SESSIONS_MAX) {
		euse_count(eu, EUSE_CTR_REFUSED);
		notice(eu, m->imsi, "refused, too many sessions at once");
		send_error(eu, m->imsi, m->session_id, m->invoke_id, GSUP_USSD_ERR_BUSY);
		return;
	}
	euse_count(eu, EUSE_CTR_BEGUN);
	s = session_alloc(eu, m);
	keep_number(s, m);
	enter(s, SESSION_ASKED, euse_timer_s(-6));
	if (!ask_number(s, m))
		tell_said(s, m->text, NULL);
}

static void rx_answer(struct euse *eu, const struct gsup_ussd *m, struct session *s)
{
	if (!s) {
		/* From before we were started anew: the phone must not wait for us. */
		euse_count(eu, EUSE_CTR_UNKNOWN);
		notice(eu, m->imsi, "an answer in a session that is not known");
		send_error(eu, m->imsi, m->session_id, m->invoke_id, GSUP_USSD_ERR_SYSTEM_FAILURE);
		return;
	}
	if (s->fi->state != SESSION_SHOWN || m->invoke_id != s->invoke) {
		euse_count(eu, EUSE_CTR_REPEATED);
		notice(eu, m->imsi, "an answer to no page that is shown");
		return;
	}
	euse_count(eu, EUSE_CTR_ANSWERS);
	keep_number(s, m);
	osmo_fsm_inst_dispatch(s->fi, SESSION_EV_ANSWER, NULL);
	tell_said(s, NULL, m->text);
}

/* Hung up, or the page was not shown.
 *  say: the HLR's session is still open. */
static void rx_end(struct euse *eu, const struct gsup_ussd *m, struct session *s, bool say)
{
	if (say)
		send_error(eu, m->imsi, m->session_id, invoke_of(s, m),
			   GSUP_USSD_ERR_SYSTEM_FAILURE);
	if (s) {
		euse_count(eu, EUSE_CTR_LOST);
		session_ended(s);
	} else {
		euse_count(eu, EUSE_CTR_UNKNOWN);
	}
}

/* What cannot be read is answered, so that nobody waits; its session is over. */
static void rx_fault(struct euse *eu, const struct gsup_ussd *m, enum gsup_ussd_fault fault,
		     struct session *s)
{
	uint8_t out[GSUP_USSD_MAX];
	int len;

	switch (fault) {
	case GSUP_USSD_NO_COMPONENT:
		send_error(eu, m->imsi, m->session_id, invoke_of(s, m), GSUP_USSD_ERR_DATA_MISSING);
		break;
	case GSUP_USSD_ALPHABET:
		send_error(eu, m->imsi, m->session_id, invoke_of(s, m),
			   GSUP_USSD_ERR_UNKNOWN_ALPHABET);
		break;
	case GSUP_USSD_BAD_COMPONENT:
	case GSUP_USSD_OPERATION:
		len = gsup_ussd_write_reject(out, m->imsi, m->session_id, m->invoke_id, fault);
		if (len > 0)
			euse_link_send(eu, out, len);
		break;
	case GSUP_USSD_OK:
	case GSUP_USSD_NOT_GSUP:
		break;
	}
	if (s) {
		euse_count(eu, EUSE_CTR_LOST);
		session_ended(s);
	}
}

void euse_session_rx(struct euse *eu, const uint8_t *gsup, size_t len)
{
	struct gsup_ussd m;
	enum gsup_ussd_fault fault = gsup_ussd_read(&m, gsup, len);
	struct session *s;

	if (fault == GSUP_USSD_NOT_GSUP) {
		euse_count(eu, EUSE_CTR_MALFORMED);
		notice(eu, "", "a message that is no GSUP");
		return;
	}
	s = find_by_key(eu, m.imsi, m.session_id);
	if (fault != GSUP_USSD_OK) {
		euse_count(eu, EUSE_CTR_MALFORMED);
		notice(eu, m.imsi, "a message that cannot be read");
		rx_fault(eu, &m, fault, s);
		return;
	}
	switch (m.kind) {
	case GSUP_USSD_BEGIN:
		rx_begin(eu, &m, s);
		break;
	case GSUP_USSD_ANSWER:
		rx_answer(eu, &m, s);
		break;
	case GSUP_USSD_RELEASE:
	case GSUP_USSD_ERROR:
		rx_end(eu, &m, s, false);
		break;
	case GSUP_USSD_FAILED:
		rx_end(eu, &m, s, true);
		break;
	case GSUP_USSD_OTHER:
		LOG_EUSE(eu, LOGL_DEBUG, "message 0x%02x is not for us\n", m.message_type);
		break;
	}
}

/* ---- to the network */

static uint8_t next_invoke(const struct session *s)
{
	return s->invoke % INVOKE_MAX + 1;
}

int euse_session_reply(struct line *ln, uint64_t session, const char *text, bool last)
{
	struct euse *eu = container_of(ln, struct euse, line);
	struct session *s = find_by_token(eu, session);
	struct gsup_ussd_page page = { .text = text, .last = last, .length = eu->cfg.length };
	uint8_t out[GSUP_USSD_MAX];
	size_t octets;
	int len;

	if (!s || s->fi->state == SESSION_SHOWN)
		return -ENOENT;
	octets = ussd_text_octets(text, strlen(text));
	if (octets == SIZE_MAX)
		return -EINVAL;
	if (octets > ln->page_octets)
		return -EMSGSIZE;
	page.imsi = s->imsi;
	page.session_id = s->session_id;
	page.invoke_id = last ? s->dialled : next_invoke(s);
	len = gsup_ussd_write_page(out, &page);
	if (len < 0)
		return len;
	euse_link_send(eu, out, len);
	euse_count(eu, last ? EUSE_CTR_LAST_PAGES : EUSE_CTR_PAGES);
	if (last) {
		session_free(s);
		return 0;
	}
	s->invoke = page.invoke_id;
	osmo_fsm_inst_dispatch(s->fi, SESSION_EV_PAGE, NULL);
	return 0;
}

void euse_session_refuse(struct line *ln, uint64_t session, enum line_refusal why)
{
	struct euse *eu = container_of(ln, struct euse, line);
	struct session *s = find_by_token(eu, session);

	if (!s)
		return;
	euse_count(eu, EUSE_CTR_REFUSED);
	tell_failed(s, why == LINE_NO_SUCH_CODE ? GSUP_USSD_ERR_UNEXPECTED_DATA
						: GSUP_USSD_ERR_SYSTEM_FAILURE);
	session_free(s);
}
