// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_tx.c - texts from us: AT+CMGS, one at a time, and what became of each. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "line/modem_int.h"
#include "wire/at_line.h"
#include "wire/sms_pdu.h"

#define WINDOW		 4 /* parts taken: one on the air, and enough behind it that none waits */
#define PROMPT_S	 10
#define SEND_S		 60 /* the network's own time limit is about 40 s */
#define SIM_REFUSALS	 3  /* in a row: the SIM may not send */
#define MODEM_REFUSALS	 3  /* in a row: the modem needs the ladder */
#define SLOW_TRIES	 2  /* rejected without a reason: twice more */
#define SLOW_RETRY_S	 300
#define STORAGE_RETRY_S	 30
#define SIM_RETRY_S	 60
#define MODEM_RETRY_S	 5
#define CMS_SMSC_UNKNOWN 330

struct outgoing {
	struct llist_head entry;
	uint64_t id;
	bool more;
	size_t tpdu_len;
	char hex[2 * SMS_TPDU_MAX + 1];
};

/* ---- outcomes */

/* Tell the fate of a part and forget it. */
static void tell(struct modem *m, struct outgoing *out, const struct line_outcome *outcome)
{
	static const enum modem_counter counters[] = {
		[LINE_SENT] = MODEM_CTR_SENT,
		[LINE_RETRY] = MODEM_CTR_RETRIES,
		[LINE_REFUSED] = MODEM_CTR_REFUSED,
		[LINE_DOUBT] = MODEM_CTR_DOUBT,
	};
	struct line_outcome o = *outcome;
	bool was_full = m->tx.n >= WINDOW;

	o.id = out->id;
	llist_del(&out->entry);
	talloc_free(out);
	m->tx.n--;
	modem_count(m, counters[o.fate]);
	if (o.fate == LINE_SENT)
		LOG_MODEM(m, LOGL_INFO, "part %llu sent, reference %d\n", (unsigned long long)o.id,
			  o.mr);
	else
		LOG_MODEM(m, LOGL_NOTICE, "part %llu %s: %s\n", (unsigned long long)o.id,
			  o.fate == LINE_RETRY	   ? "is to be tried again"
			  : o.fate == LINE_REFUSED ? "is refused"
						   : "may have been sent",
			  o.cause ? sms_error_name(o.cause) : "no answer from the modem");
	m->line.user.outcome(&m->line, &o, m->line.user.data);
	if (was_full && m->line.state == LINE_UP)
		m->line.user.changed(&m->line, m->line.user.data);
}

/* A rejection without a reason: how often has this part met it? */
static bool slow_again(struct modem *m, uint64_t id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(m->tx.slow); i++)
		if (m->tx.slow[i].n > 0 && m->tx.slow[i].id == id)
			return m->tx.slow[i].n++ < SLOW_TRIES;
	m->tx.slow[m->tx.slow_next].id = id;
	m->tx.slow[m->tx.slow_next].n = 1;
	m->tx.slow_next = (m->tx.slow_next + 1) % ARRAY_SIZE(m->tx.slow);
	return true;
}

static void sim_refused(struct modem *m, int cms)
{
	if (++m->tx.sim_refusals < SIM_REFUSALS || m->tx.barred)
		return;
	m->tx.barred = true;
	modem_alarm(
		m, ALARM_BARRED, true,
		cms == CMS_SMSC_UNKNOWN
			? "the SIM knows no service centre: configure its number with smsc, then "
			  "shutdown and no shutdown"
			: "the network lets this SIM send no texts: check its contract and credit, "
			  "then shutdown and no shutdown");
	modem_update_line(m);
}

static void again_cmee(struct modem *m)
{
	struct at_cmd cmd = { .text = "AT+CMEE=1", .deadline_ms = 3000, .lane = AT_URGENT };

	at_chat_send(m->chat, &cmd);
}

/* The SIM has lost its service centre: give it the configured one. */
static bool again_smsc(struct modem *m)
{
	char text[64];
	struct at_cmd cmd = { .text = text, .deadline_ms = 10000, .lane = AT_URGENT };

	if (!m->cfg.smsc)
		return false;
	snprintf(text, sizeof(text), "AT+CSCA=\"%s\",%d", m->cfg.smsc,
		 *m->cfg.smsc == '+' ? 145 : 129);
	return at_chat_send(m->chat, &cmd) == 0;
}

static struct line_outcome judge_cms(struct modem *m, uint64_t id, int cms, bool data_sent)
{
	struct line_outcome o = { .fate = LINE_RETRY, .mr = -1, .cause = cms, .counts = true };
	enum sms_error_class class = sms_error_class(cms);

	if (class != SMS_ERR_SIM)
		m->tx.sim_refusals = 0;
	if (class != SMS_ERR_MODEM)
		m->tx.modem_refusals = 0;
	switch (class) {
	case SMS_ERR_NUMBER:
	case SMS_ERR_MESSAGE:
		o.fate = LINE_REFUSED;
		break;
	case SMS_ERR_SIM:
		o.counts = false;
		o.retry_s = SIM_RETRY_S;
		if (cms == CMS_SMSC_UNKNOWN && again_smsc(m))
			o.retry_s = MODEM_RETRY_S;
		sim_refused(m, cms);
		break;
	case SMS_ERR_RETRY:
		break;
	case SMS_ERR_SLOWLY:
		o.retry_s = SLOW_RETRY_S;
		if (!slow_again(m, id))
			o.fate = LINE_REFUSED;
		break;
	case SMS_ERR_DOUBT:
		/* Refused before the prompt, nothing has left. */
		if (data_sent)
			o.fate = LINE_DOUBT;
		break;
	case SMS_ERR_SENT:
		o.fate = LINE_SENT;
		break;
	case SMS_ERR_STORAGE:
		o.counts = false;
		o.retry_s = STORAGE_RETRY_S;
		modem_storage_list_all(m);
		break;
	case SMS_ERR_MODEM:
		o.counts = false;
		o.retry_s = MODEM_RETRY_S;
		m->tx.modem_refusals++;
		break;
	}
	return o;
}

/* CME where CMS belongs: the SIM's and the network's troubles, TS 27.007 9.2. */
static int cms_of_cme(int cme)
{
	switch (cme) {
	case 30:
		return 331;
	case 31:
		return 332;
	case 3:
	case 4:
		return 299 + cme;
	default:
		return cme >= 10 && cme <= 18 ? 300 + cme : 500;
	}
}

static struct line_outcome judge(struct modem *m, uint64_t id, const struct at_answer *answer)
{
	struct line_outcome o = { .fate = LINE_RETRY, .mr = -1 };
	struct at_line al;
	const char *line = at_answer_find(answer, "+CMGS:");

	/* With a reference the network has it, whatever came after that. */
	if (line || answer->result == AT_OK) {
		o.fate = LINE_SENT;
		m->tx.sim_refusals = m->tx.modem_refusals = 0;
		if (line && at_line_open(&al, line, "+CMGS:") && at_line_number(&al, &o.mr) == 0)
			o.mr &= 0xff;
		return o;
	}
	switch (answer->result) {
	case AT_CMS:
		return judge_cms(m, id, answer->code >= 0 ? answer->code : 500, answer->data_sent);
	case AT_CME:
		return judge_cms(m, id, cms_of_cme(answer->code), answer->data_sent);
	case AT_ERROR:
	case AT_HANGUP:
		again_cmee(m);
		return judge_cms(m, id, 500, answer->data_sent);
	case AT_TIMEOUT:
	case AT_GONE:
	case AT_OK:
		break;
	}
	if (answer->data_sent)
		o.fate = LINE_DOUBT;
	return o;
}

/* What waits has not left and goes back to be sent elsewhere or later. */
static void give_back(struct modem *m)
{
	struct line_outcome o = { .fate = LINE_RETRY, .mr = -1 };

	while (m->tx.n > (m->tx.busy ? 1 : 0))
		tell(m,
		     m->tx.busy ? llist_last_entry(&m->tx.queue, struct outgoing, entry)
				: llist_first_entry(&m->tx.queue, struct outgoing, entry),
		     &o);
}

static void send_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;
	struct outgoing *out = llist_first_entry(&m->tx.queue, struct outgoing, entry);
	struct line_outcome o = judge(m, out->id, answer);

	m->tx.busy = false;
	if (answer->result == AT_ERROR || answer->result == AT_CMS || answer->result == AT_CME)
		modem_count(m, MODEM_CTR_ERRORS);
	tell(m, out, &o);
	if (answer->result == AT_GONE)
		return;
	if (m->tx.barred)
		give_back(m);
	if (m->tx.modem_refusals >= MODEM_REFUSALS) {
		m->tx.modem_refusals = 0;
		osmo_fsm_inst_dispatch(m->fi, MODEM_EV_HUNG, NULL);
		return;
	}
	modem_tx_pump(m);
}

/* ---- sending */

/* The radio link stays open from one text to the next: TS 27.005 3.5.6. */
static void set_burst(struct modem *m, bool on)
{
	struct at_cmd cmd = { .text = on ? "AT+CMMS=2" : "AT+CMMS=0",
			      .prefix = "+CMMS:",
			      .deadline_ms = 3000,
			      .lane = AT_SEND };

	m->tx.burst = on;
	at_chat_send(m->chat, &cmd); /* a modem without it sends all the same */
}

static bool may_send(const struct modem *m)
{
	/* One command runs at a time: ATA must not wait behind a text. */
	return m->fi->state == MODEM_READY && modem_is_registered(m) && !m->tx.barred &&
	       !modem_call_is_on(m);
}

void modem_tx_pump(struct modem *m)
{
	char text[24];
	struct at_cmd cmd = { .text = text,
			      .prefix = "+CMGS:",
			      .done = send_done,
			      .data = m,
			      .deadline_ms = PROMPT_S * 1000,
			      .payload_ms = osmo_tdef_get(modem_tdefs, -14, OSMO_TDEF_MS, -1),
			      .lane = AT_SEND };
	struct outgoing *out;

	if (m->tx.busy || !may_send(m) || llist_empty(&m->tx.queue))
		return;
	out = llist_first_entry(&m->tx.queue, struct outgoing, entry);
	if (!m->tx.burst && (out->more || m->tx.n > 1))
		set_burst(m, true);
	snprintf(text, sizeof(text), "AT+CMGS=%zu", out->tpdu_len);
	cmd.payload = out->hex;
	m->tx.busy = at_chat_send(m->chat, &cmd) == 0;
}

static int encode(const struct modem *m, struct outgoing *out, const struct line_part *part)
{
	struct sms_tpdu tpdu = {
		.type = SMS_SUBMIT,
		.class = SMS_CLASS_NONE,
		.piece = *part->piece,
		.validity_s = part->validity_s,
		.want_report = part->want_report && !m->cfg.no_reports,
	};

	if (strlen(part->to) >= sizeof(tpdu.address))
		return -EINVAL;
	OSMO_STRLCPY_ARRAY(tpdu.address, part->to);
	if (part->total > 1)
		tpdu.concat = (struct sms_concat){
			.ref = part->ref,
			.bits = part->ref_bits,
			.total = part->total,
			.number = part->number,
		};
	return sms_pdu_encode_hex(out->hex, &out->tpdu_len, &tpdu) < 0 ? -EINVAL : 0;
}

int modem_tx_submit(struct line *ln, const struct line_part *part)
{
	struct modem *m = container_of(ln, struct modem, line);
	struct outgoing *out;

	if (!part->piece)
		return -EINVAL;
	if (!may_send(m) || m->tx.n >= WINDOW)
		return -EAGAIN;
	out = talloc_zero(m, struct outgoing);
	OSMO_ASSERT(out);
	out->id = part->id;
	out->more = part->more;
	m->tx.lively = true;
	if (encode(m, out, part) < 0) {
		talloc_free(out);
		return -EINVAL;
	}
	llist_add_tail(&out->entry, &m->tx.queue);
	m->tx.n++;
	modem_tx_pump(m);
	return 0;
}

/* ---- life */

void modem_tx_init(struct modem *m)
{
	INIT_LLIST_HEAD(&m->tx.queue);
}

/* What was on its way has its outcome from the chat that was closed. */
void modem_tx_lost(struct modem *m)
{
	m->tx.burst = false;
	m->tx.modem_refusals = 0;
	give_back(m);
	if (m->fi->state != MODEM_SHUTDOWN)
		return;
	m->tx.barred = false;
	m->tx.sim_refusals = 0;
}

void modem_tx_poll(struct modem *m)
{
	/* the queue is empty for a moment between any two parts too: wait for a whole round without */
	if (m->tx.burst && m->tx.n == 0 && !m->tx.lively)
		set_burst(m, false);
	m->tx.lively = false;
}
