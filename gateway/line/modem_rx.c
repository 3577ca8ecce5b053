// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_rx.c - texts and reports to us: offered once, acknowledged when they are safe.
 *
 * Direct ones (+CMT, +CDS) wait in order of arrival for their CNMA; stored ones are modem_storage.c's until
 * they are offered here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "line/modem_int.h"
#include "wire/sms_pdu.h"

#define PID_SILENT 0x40 /* short message type 0: acknowledged and never shown, 9.2.3.9 */

size_t modem_rx_unsettled(const struct modem *m)
{
	return llist_count(&m->rx.direct) + llist_count(&m->rx.stored);
}

/* Until the modem has taken the acknowledgement the network offers nothing else. */
static bool hears(const struct modem *m)
{
	struct incoming *in;

	if (m->rx.cnmas > 0 || m->rx.busy || m->rx.n_reads > 0 || !llist_empty(&m->rx.direct))
		return true;
	llist_for_each_entry (in, &m->rx.stored, entry)
		if (in->state != INCOMING_STUCK)
			return true;
	return false;
}

void modem_rx_look(struct modem *m)
{
	bool before = m->line.hears;

	m->line.hears = hears(m);
	if (before && !m->line.hears && m->line.state == LINE_UP)
		m->line.user.changed(&m->line, m->line.user.data);
}

/* ---- offering */

static struct incoming *remember(struct modem *m, int memory, int index)
{
	struct incoming *in = talloc_zero(m, struct incoming);

	OSMO_ASSERT(in);
	in->token = ++m->rx.last_token;
	in->memory = memory;
	in->index = index;
	llist_add_tail(&in->entry, memory < 0 ? &m->rx.direct : &m->rx.stored);
	return in;
}

/* Is the PDU as long as the line before it says?  <length> is its last value and counts
 * octets without the SMSC field (TS 27.005 3.1). */
static bool is_whole(const char *head, const char *hex)
{
	const char *last = strrchr(head, ',') ? strrchr(head, ',') + 1 : strchr(head, ':') + 1;
	size_t digits = strlen(hex);
	char smsc[3] = { hex[0], digits > 1 ? hex[1] : '\0', '\0' };
	char *end;
	unsigned long length = strtoul(last, &end, 10);

	if (end == last || digits % 2 != 0)
		return false;
	if (strspn(hex, "0123456789ABCDEFabcdef") != digits)
		return false;
	return digits / 2 == 1 + strtoul(smsc, NULL, 16) + length;
}

/* Bytes fall out on serial lines: a PDU that cannot be whole is asked for once more.  The
 * same again, and it is the message that is odd. */
static bool is_seen_again(struct modem *m, const char *hex)
{
	if (strncmp(m->rx.bad, hex, sizeof(m->rx.bad) - 1) == 0)
		return true;
	OSMO_STRLCPY_ARRAY(m->rx.bad, hex);
	return false;
}

/* Without CNMA it will not come again: then it is kept as it is. */
bool modem_rx_is_damaged(struct modem *m, const char *head, const char *hex)
{
	return m->phase2 && !is_whole(head, hex) && !is_seen_again(m, hex);
}

/* What cannot be read has a key too: FNV-1a of its digits. */
static void raw_key(char *out, size_t size, const char *hex)
{
	uint64_t hash = 14695981039346656037ull;

	for (; *hex; hex++)
		hash = (hash ^ (unsigned char)*hex) * 1099511628211ull;
	snprintf(out, size, "raw-%016llx", (unsigned long long)hash);
}

static void offer_raw(struct modem *m, uint64_t token, const char *hex)
{
	char key[32];
	struct line_heard heard = {
		.token = token, .to = m->line.number, .key = key, .raw = hex, .part = 1, .parts = 1
	};

	raw_key(key, sizeof(key), hex);
	modem_count(m, MODEM_CTR_QUARANTINED);
	LOG_MODEM(m, LOGL_NOTICE, "a PDU that cannot be read goes to quarantine\n");
	m->line.user.heard(&m->line, &heard, m->line.user.data);
}

static void offer_text(struct modem *m, uint64_t token, const struct sms_tpdu *tpdu)
{
	char key[SMS_KEY_SIZE], text[3 * SMS_PIECE_MAX + 1];
	bool part = tpdu->concat.total > 1;
	struct line_heard heard = {
		.token = token,
		.from = tpdu->address,
		.to = m->line.number,
		.key = key,
		.alphanumeric = tpdu->alphanumeric,
		.piece = &tpdu->piece,
		.part = 1,
		.parts = 1,
		.sent_s = tpdu->time.valid ? tpdu->time.utc_s : 0,
		.replace = tpdu->replace,
	};

	sms_pdu_key(key, tpdu);
	if (part) {
		heard.ref = tpdu->concat.ref;
		heard.ref_bits = tpdu->concat.bits;
		heard.part = tpdu->concat.number;
		heard.parts = tpdu->concat.total;
	} else if (sms_text_join(text, sizeof(text), &tpdu->piece, 1) >= 0) {
		heard.text = text;
	}
	modem_count(m, MODEM_CTR_HEARD);
	m->line.user.heard(&m->line, &heard, m->line.user.data);
}

/* Two parts sent in one second have the same time: the reference and the status tell apart. */
static void offer_report(struct modem *m, uint64_t token, const struct sms_tpdu *tpdu)
{
	char key[SMS_KEY_SIZE + 8], base[SMS_KEY_SIZE];
	struct line_report report = {
		.token = token,
		.key = key,
		.mr = tpdu->mr,
		.to = tpdu->address,
		.status = tpdu->status,
		.sent_s = tpdu->time.valid ? tpdu->time.utc_s : 0,
		.done_s = tpdu->discharge.valid ? tpdu->discharge.utc_s : 0,
	};

	sms_pdu_key(base, tpdu);
	snprintf(key, sizeof(key), "%s-%02x-%02x", base, tpdu->mr, tpdu->status);
	modem_count(m, MODEM_CTR_REPORTS);
	m->line.user.reported(&m->line, &report, m->line.user.data);
}

/* Binary data to an application (WAP push, SIM tools) and compressed text are no texts. */
static bool is_readable(const struct sms_tpdu *tpdu)
{
	return !tpdu->compressed && !(tpdu->port_to && tpdu->piece.alphabet == SMS_8BIT);
}

static void offer(struct modem *m, uint64_t token, const char *hex)
{
	struct sms_tpdu tpdu;

	if (sms_pdu_decode_hex(&tpdu, hex, true) < 0)
		offer_raw(m, token, hex);
	else if (tpdu.type == SMS_STATUS_REPORT)
		offer_report(m, token, &tpdu);
	else if (tpdu.pid == PID_SILENT)
		modem_rx_settle(&m->line, token, true);
	else if (!is_readable(&tpdu))
		offer_raw(m, token, hex);
	else
		offer_text(m, token, &tpdu);
}

void modem_rx_offer(struct modem *m, int memory, int index, const char *hex)
{
	offer(m, remember(m, memory, index)->token, hex);
}

/* ---- direct */

static void cnma_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;

	m->rx.cnmas--;
	modem_rx_look(m);
	if (answer->result == AT_OK || answer->result == AT_GONE)
		return;
	/* Too late, or not taken: the network sends it again and its key is known by then.  Many
	 * modems stop delivering directly after this, without a word. */
	LOG_MODEM(m, LOGL_NOTICE, "an acknowledgement was not taken (code %d)\n", answer->code);
	modem_count(m, MODEM_CTR_ERRORS);
	modem_cnmi_again(m);
	modem_watch(m);
}

static void send_cnma(struct modem *m, bool stored)
{
	struct at_cmd cmd = { .text = stored ? "AT+CNMA" : "AT+CNMA=2",
			      .done = cnma_done,
			      .data = m,
			      .deadline_ms = 5000,
			      .lane = AT_URGENT };

	if (m->phase2 && at_chat_send(m->chat, &cmd) == 0)
		m->rx.cnmas++;
	if (!stored)
		modem_watch(m);
}

/* CNMA names no message: it is for the oldest, so the settled ones go in order. */
static void acknowledge(struct modem *m)
{
	struct incoming *in, *other;

	while (!llist_empty(&m->rx.direct)) {
		in = llist_first_entry(&m->rx.direct, struct incoming, entry);
		if (in->state == INCOMING_OFFERED)
			break;
		if (in->mute) {
			/* no CNMA: the network offers it again */
		} else if (in->state == INCOMING_STORED || m->rx.can_refuse) {
			send_cnma(m, in->state == INCOMING_STORED);
		} else {
			llist_for_each_entry (other, &m->rx.direct, entry)
				other->mute = true;
			modem_watch(m);
		}
		llist_del(&in->entry);
		talloc_free(in);
	}
	modem_rx_look(m);
}

void modem_rx_direct(struct modem *m, const char *head, const char *hex)
{
	struct incoming *in = remember(m, -1, 0);
	uint64_t token = in->token;

	if (modem_rx_is_damaged(m, head, hex)) {
		LOG_MODEM(m, LOGL_NOTICE, "a text came damaged; the network may send it again\n");
		modem_count(m, MODEM_CTR_ERRORS);
		in->state = INCOMING_REFUSED;
		acknowledge(m);
		return;
	}
	m->line.hears = true;
	offer(m, token, hex);
}

/* ---- settling */

static struct incoming *find_token(struct llist_head *list, uint64_t token)
{
	struct incoming *in;

	llist_for_each_entry (in, list, entry)
		if (in->token == token && in->state == INCOMING_OFFERED)
			return in;
	return NULL;
}

void modem_rx_settle(struct line *ln, uint64_t token, bool stored)
{
	struct modem *m = container_of(ln, struct modem, line);
	struct incoming *in = find_token(&m->rx.direct, token);

	if (in) {
		in->state = stored ? INCOMING_STORED : INCOMING_REFUSED;
		acknowledge(m);
		return;
	}
	in = find_token(&m->rx.stored, token);
	if (!in)
		return; /* from before the port was lost: it is offered again */
	if (stored) {
		in->state = INCOMING_STORED;
	} else {
		modem_storage_relist(m, in->memory);
		llist_del(&in->entry);
		talloc_free(in);
	}
	modem_storage_pump(m);
}

/* ---- life */

void modem_rx_init(struct modem *m)
{
	INIT_LLIST_HEAD(&m->rx.direct);
	modem_storage_init(m);
}

static void forget(struct llist_head *list)
{
	struct incoming *in, *in2;

	llist_for_each_entry_safe (in, in2, list, entry) {
		llist_del(&in->entry);
		talloc_free(in);
	}
}

void modem_rx_lost(struct modem *m)
{
	modem_storage_lost(m);
	forget(&m->rx.direct);
	forget(&m->rx.stored);
	m->line.hears = false;
	m->rx.bad[0] = '\0';
}
