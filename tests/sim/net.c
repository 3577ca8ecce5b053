// SPDX-License-Identifier: AGPL-3.0-or-later
/*
 * The network keeps every text until the modem has acknowledged it: by CNMA when the
 * client takes texts directly and CSMS=1, else by having stored it.  Nothing is given up.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <osmocom/core/utils.h>

#include "sim.h"

enum outcome {
	TAKEN,
	IN_FLIGHT, /* waits for CNMA; nothing else is offered */
	NO_ROOM,
	NOT_NOW
};

static const char *const mem_names[] = { "SM", "ME", "SR" };

static void unlink_mt(struct sim *sim, struct mt *mt)
{
	llist_del(&mt->entry);
	sim->net.pending--;
	sim->net.pending_reports -= mt->report;
	free(mt);
}

static void taken(struct sim *sim, struct mt *mt, const char *how)
{
	if (!mt->taken) {
		mt->taken = true;
		count(sim, mt->report ? CNT_SR_ACKED : CNT_ACKED);
		control_event(sim, "ack", "{s:I, s:s, s:b}", "id", (json_int_t)mt->id, "how", how,
			      "report", mt->report);
		if (!mt->report && sim->fault.dup_mt > 0) {
			sim->fault.dup_mt--;
			count(sim, CNT_REDELIVERED);
			return; /* the acknowledgement got lost: it stays in the queue */
		}
	}
	unlink_mt(sim, mt);
}

static enum outcome store(struct sim *sim, struct mt *mt, enum mem_kind kind, const char *urc)
{
	struct slot slot = { .smsc_len = mt->smsc_len, .tpdu_len = mt->tpdu_len, .id = mt->id };
	enum mem_kind where;
	int index;

	memcpy(slot.pdu, mt->pdu, sizeof(slot.pdu));
	index = card_store(sim, kind, &slot, &where);
	if (index < 0) {
		if (!sim->net.full_told && sim->prof->full_urc)
			at_urc(sim, "%s", sim->prof->full_urc);
		sim->net.full_told = true;
		return NO_ROOM;
	}
	count(sim, CNT_STORED);
	taken(sim, mt, "stored");
	if (urc)
		at_urc(sim, "%s: \"%s\",%d", urc, mem_names[where], index);
	return TAKEN;
}

static enum outcome route(struct sim *sim, struct mt *mt, const char *prefix)
{
	char hex[2 * sizeof(mt->pdu) + 1];

	tpdu_to_hex(hex, mt->pdu, mt->smsc_len + (size_t)mt->tpdu_len);
	count(sim, CNT_OFFERED);
	at_urc(sim, "%s%d\n%s", prefix, mt->tpdu_len, hex);
	if (sim->at.csms == 0) {
		taken(sim, mt, "routed");
		return TAKEN;
	}
	sim->net.offered = mt;
	after_ms(&sim->net.cnma_timer, sim->net.cnma_ms);
	return IN_FLIGHT;
}

/* TS 27.005, 3.4.1: mt by message class. */
static enum outcome deliver(struct sim *sim, struct mt *mt)
{
	const uint8_t *tpdu = mt->pdu + mt->smsc_len;
	int dcs_at = tpdu_deliver_dcs(tpdu, mt->tpdu_len);
	int class = dcs_at < 0 ? -1 : tpdu_class(tpdu[dcs_at]);
	bool for_sim = class == 2 || (dcs_at > 0 && tpdu[dcs_at - 1] == 0x7f);
	enum mem_kind kind = for_sim && sim->card.mem[MEM_SM].size ? MEM_SM : sim->at.mem[2];
	int mode = sim->at.cnmi[0], how = sim->at.cnmi[1];

	if (mode == 0 || how == 0)
		return store(sim, mt, kind, NULL);
	if (how == 1 || for_sim || (how == 3 && class != 3))
		return store(sim, mt, kind, "+CMTI");
	if (!port_is_open(sim))
		return sim->at.csms ? NOT_NOW : store(sim, mt, kind, "+CMTI");
	return route(sim, mt, "+CMT: ,");
}

static enum outcome report(struct sim *sim, struct mt *mt)
{
	enum mem_kind kind = sim->card.mem[MEM_SR].size ? MEM_SR : sim->at.mem[2];
	int how = sim->at.cnmi[3];

	if (how == 0) {
		count(sim, CNT_SR_DROPPED);
		unlink_mt(sim, mt);
		return TAKEN;
	}
	if (how == 2)
		return store(sim, mt, kind, sim->at.cnmi[0] ? "+CDSI" : NULL);
	if (!port_is_open(sim) || sim->at.cnmi[0] == 0)
		return NOT_NOW;
	return route(sim, mt, sim->prof->cds_prefix);
}

void net_pump(struct sim *sim)
{
	struct net *net = &sim->net;
	struct mt *mt, *next;

	if (net->pumping || net->offered || !at_radio_on(sim) || sim->at.entry != ENTRY_NONE ||
	    sim->at.executing || osmo_timer_pending(&net->retry_timer))
		return;
	net->pumping = true;
	llist_for_each_entry_safe (mt, next, &net->queue, entry) {
		bool is_report = mt->report;
		enum outcome rc = is_report ? report(sim, mt) : deliver(sim, mt);

		if (rc == IN_FLIGHT)
			break;
		/* A text that must wait lets reports pass, but there may be none. */
		if (rc != TAKEN && !is_report && net->pending_reports == 0)
			break;
	}
	net->pumping = false;
}

/* -- acknowledgement */

static void offer_again(struct sim *sim, unsigned int ms)
{
	struct net *net = &sim->net;

	if (!net->offered)
		return;
	net->offered = NULL;
	osmo_timer_del(&net->cnma_timer);
	count(sim, CNT_REDELIVERED);
	after_ms(&net->retry_timer, ms);
}

static void cnma_missed(void *data)
{
	struct sim *sim = data;

	offer_again(sim, sim->net.retry_ms);
	if (sim->prof->cnma_miss_resets) {
		sim->at.cnmi[1] = 0;
		sim->at.cnmi[3] = 0;
	}
}

static void retry(void *data)
{
	net_pump(data);
}

int net_cnma(struct sim *sim, bool ok)
{
	struct net *net = &sim->net;
	struct mt *mt = net->offered;

	if (!mt)
		return CMS(340);
	if (!ok) {
		offer_again(sim, net->retry_ms);
		return AT_OK;
	}
	net->offered = NULL;
	osmo_timer_del(&net->cnma_timer);
	count(sim, CNT_CNMA);
	taken(sim, mt, "cnma");
	return AT_OK;
}

void net_modem_lost(struct sim *sim)
{
	offer_again(sim, sim->net.retry_ms);
}

/* -- texts to the modem */

struct mt *net_mt_parse(struct sim *sim, const char *hex)
{
	struct mt *mt = calloc(1, sizeof(*mt));
	int n;

	OSMO_ASSERT(mt);
	n = tpdu_from_hex(mt->pdu, sizeof(mt->pdu), hex);
	if (n < 2 || mt->pdu[0] >= TPDU_SMSC_MAX || n <= mt->pdu[0] + 1 ||
	    n - mt->pdu[0] - 1 > TPDU_MAX) {
		free(mt);
		return NULL;
	}
	mt->smsc_len = (uint8_t)(mt->pdu[0] + 1);
	mt->tpdu_len = (uint8_t)(n - mt->smsc_len);
	mt->report = (mt->pdu[mt->smsc_len] & 3) == 2;
	mt->id = ++sim->net.next_id;
	return mt;
}

uint64_t net_inject_mt(struct sim *sim, struct mt *mt)
{
	uint64_t id = mt->id;

	llist_add_tail(&mt->entry, &sim->net.queue);
	sim->net.pending++;
	sim->net.pending_reports += mt->report;
	count(sim, mt->report ? CNT_SR : CNT_MT);
	net_pump(sim);
	return id;
}

uint64_t net_inject(struct sim *sim, const char *hex)
{
	struct mt *mt = net_mt_parse(sim, hex);

	return mt ? net_inject_mt(sim, mt) : 0;
}

static struct mt *mt_from_tpdu(struct sim *sim, const uint8_t *tpdu, size_t len)
{
	static const uint8_t smsc[] = { 7, 0x91, 0x13, 0x26, 0x04, 0x00, 0x00, 0xf0 };
	struct mt *mt = calloc(1, sizeof(*mt));

	OSMO_ASSERT(mt && len <= TPDU_MAX);
	memcpy(mt->pdu, smsc, sizeof(smsc));
	memcpy(mt->pdu + sizeof(smsc), tpdu, len);
	mt->smsc_len = sizeof(smsc);
	mt->tpdu_len = (uint8_t)len;
	mt->report = (tpdu[0] & 3) == 2;
	mt->id = ++sim->net.next_id;
	return mt;
}

uint64_t net_inject_tpdu(struct sim *sim, const uint8_t *tpdu, size_t len)
{
	return net_inject_mt(sim, mt_from_tpdu(sim, tpdu, len));
}

time_t net_stamp(struct sim *sim, const char *from)
{
	unsigned int hash = 5381;
	struct llist_head *list;
	struct sender *s;
	time_t now = time(NULL);

	for (const char *p = from; *p; p++)
		hash = hash * 33 + (unsigned char)*p;
	list = &sim->net.senders[hash % ARRAY_SIZE(sim->net.senders)];
	llist_for_each_entry (s, list, entry) {
		if (strcmp(s->number, from) != 0)
			continue;
		s->last = now > s->last ? now : s->last + 1;
		return s->last;
	}
	s = calloc(1, sizeof(*s));
	OSMO_ASSERT(s);
	osmo_strlcpy(s->number, from, sizeof(s->number));
	s->last = now;
	llist_add(&s->entry, list);
	return now;
}

/* -- texts from the modem */

static void report_due(void *data)
{
	struct report *r = data;
	struct sim *sim = r->sim;
	struct mt *mt = r->mt;

	llist_del(&r->entry);
	free(r);
	net_inject_mt(sim, mt);
}

static void make_report(struct sim *sim, uint8_t mr, const struct tpdu_submit *sub)
{
	struct fault *f = &sim->fault;
	uint8_t status = 0, tpdu[TPDU_MAX];
	time_t now = time(NULL);
	struct report *r;
	struct mt *mt;

	if (f->sr_none > 0) {
		f->sr_none--;
		return;
	}
	if (f->sr_status_count > 0) {
		f->sr_status_count--;
		status = (uint8_t)f->sr_status;
	}
	mt = mt_from_tpdu(sim, tpdu, tpdu_status_build(tpdu, mr, sub, now, now, status));
	if (f->sr_early > 0) {
		f->sr_early--;
		net_inject_mt(sim, mt);
		return;
	}
	r = calloc(1, sizeof(*r));
	OSMO_ASSERT(r);
	r->sim = sim;
	r->mt = mt;
	llist_add_tail(&r->entry, &sim->net.reports);
	osmo_timer_setup(&r->timer, report_due, r);
	after_ms(&r->timer, sim->net.report_ms);
}

static struct mo *mo_add(struct net *net)
{
	if (net->mo_count == net->mo_room) {
		net->mo_room = net->mo_room ? net->mo_room * 2 : 64;
		net->mos = realloc(net->mos, net->mo_room * sizeof(*net->mos));
		OSMO_ASSERT(net->mos);
	}
	memset(&net->mos[net->mo_count], 0, sizeof(*net->mos));
	return &net->mos[net->mo_count++];
}

int net_submit(struct sim *sim, const struct tpdu_submit *sub, const struct slot *slot)
{
	struct mo *mo = mo_add(&sim->net);
	char hex[2 * sizeof(slot->pdu) + 1], text[700];
	struct timeval tv;

	gettimeofday(&tv, NULL);
	mo->id = sim->net.mo_count;
	mo->time = (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
	mo->mr = sim->card.mr++;
	osmo_strlcpy(mo->to, sub->to, sizeof(mo->to));
	tpdu_to_hex(hex, slot->pdu, slot->smsc_len + (size_t)slot->tpdu_len);
	mo->pdu = strdup(hex);
	tpdu_submit_text(sub, text, sizeof(text));
	mo->text = strdup(text);
	card_save_soon(sim);
	count(sim, CNT_MO);
	if (sim->subscribers)
		control_event_json(sim, "mo", control_mo(mo));
	if (sub->first & 0x20)
		make_report(sim, mo->mr, sub);
	return mo->mr;
}

void net_init(struct sim *sim)
{
	struct net *net = &sim->net;

	INIT_LLIST_HEAD(&net->queue);
	INIT_LLIST_HEAD(&net->reports);
	for (size_t i = 0; i < ARRAY_SIZE(net->senders); i++)
		INIT_LLIST_HEAD(&net->senders[i]);
	osmo_timer_setup(&net->cnma_timer, cnma_missed, sim);
	osmo_timer_setup(&net->retry_timer, retry, sim);
	net->cnma_ms = 2000;
	net->retry_ms = 200;
	net->report_ms = 200;
	net->signal = 19;
	net->creg = 1;
}
