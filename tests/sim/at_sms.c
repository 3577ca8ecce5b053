// SPDX-License-Identifier: AGPL-3.0-or-later

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "sim.h"

static int message_format(struct sim *sim, char op, const char *arg)
{
	int n = 0;

	if (op == '?') {
		at_say(sim, "+CMGF: %d", sim->at.cmgf);
	} else if (op == 't') {
		at_say(sim, "+CMGF: (0,1)");
	} else {
		arg_number(&arg, &n);
		if (n < 0 || n > 1)
			return CMS(305);
		sim->at.cmgf = n;
	}
	return AT_OK;
}

static int centre(struct sim *sim, char op, const char *arg)
{
	if (op == '?')
		at_say(sim, "+CSCA: \"%s\",%d", sim->at.smsc, sim->at.smsc[0] == '+' ? 145 : 129);
	if (op == '=')
		arg_text(&arg, sim->at.smsc, sizeof(sim->at.smsc));
	return AT_OK;
}

/* -- memories */

static const char *const mem_names[] = { "SM", "ME", "SR", "MT" };

static int set_memories(struct sim *sim, const char *arg)
{
	enum mem_kind mem[3];
	char name[8];
	int i, kind;

	memcpy(mem, sim->at.mem, sizeof(mem));
	for (i = 0; i < 3 && arg_text(&arg, name, sizeof(name)); i++) {
		kind = card_mem_find(sim, name);
		if (kind < 0 || (kind == MEM_SR && i > 0))
			return CMS(302);
		mem[i] = (enum mem_kind)kind;
	}
	if (i == 0)
		return CMS(302);
	memcpy(sim->at.mem, mem, sizeof(mem));
	at_say(sim, "+CPMS: %u,%u,%u,%u,%u,%u", card_used(sim, mem[0]), card_size(sim, mem[0]),
	       card_used(sim, mem[1]), card_size(sim, mem[1]), card_used(sim, mem[2]),
	       card_size(sim, mem[2]));
	return AT_OK;
}

static int memories(struct sim *sim, char op, const char *arg)
{
	const struct profile *prof = sim->prof;
	const enum mem_kind *m = sim->at.mem;
	char all[32];

	if (op == '=')
		return set_memories(sim, arg);
	if (op == '?') {
		at_say(sim, "+CPMS: \"%s\",%u,%u,\"%s\",%u,%u,\"%s\",%u,%u", mem_names[m[0]],
		       card_used(sim, m[0]), card_size(sim, m[0]), mem_names[m[1]],
		       card_used(sim, m[1]), card_size(sim, m[1]), mem_names[m[2]],
		       card_used(sim, m[2]), card_size(sim, m[2]));
	} else if (op == 't') {
		osmo_strlcpy(all, "\"SM\",\"ME\"", sizeof(all));
		if (prof->mt_memory)
			osmo_strlcpy(all + strlen(all), ",\"MT\"", sizeof(all) - strlen(all));
		at_say(sim, "+CPMS: (%s%s),(%s),(%s)", all, prof->mem_size[MEM_SR] ? ",\"SR\"" : "",
		       all, all);
	}
	return AT_OK;
}

/* -- how new texts come */

static int service(struct sim *sim, char op, const char *arg)
{
	int n = 0;

	if (op == '?') {
		at_say(sim, "+CSMS: %d,1,1,1", sim->at.csms);
	} else if (op == 't') {
		at_say(sim, "+CSMS: %s", sim->prof->csms ? "(0,1)" : "(0)");
	} else {
		arg_number(&arg, &n);
		if (n < 0 || n > sim->prof->csms)
			return CMS(303);
		sim->at.csms = n;
		at_say(sim, "+CSMS: 1,1,1");
	}
	return AT_OK;
}

static int indications(struct sim *sim, char op, const char *arg)
{
	uint8_t *now = sim->at.cnmi;
	uint8_t wanted[5];
	int v;

	if (op == '?') {
		at_say(sim, "+CNMI: %d,%d,%d,%d,%d", now[0], now[1], now[2], now[3], now[4]);
		return AT_OK;
	}
	if (op == 't') {
		at_say(sim, "+CNMI: %s", sim->prof->cnmi_text);
		return AT_OK;
	}
	memcpy(wanted, now, sizeof(wanted));
	for (int i = 0; i < 5; i++) {
		v = wanted[i];
		arg_number(&arg, &v);
		if (v < 0 || v > 7 || !(sim->prof->cnmi_mask[i] & 1u << v))
			return CMS(303);
		wanted[i] = (uint8_t)v;
	}
	memcpy(now, wanted, sizeof(wanted));
	return AT_OK;
}

static int acknowledge(struct sim *sim, char op, const char *arg)
{
	int n = 0, len = 0;

	if (!sim->prof->cnma)
		return sim->prof->unknown ? AT_UNKNOWN : CMS(302);
	if (op == 't') {
		at_say(sim, "+CNMA: (0-2)");
		return AT_OK;
	}
	if (sim->fault.cnma_refuse > 0) {
		sim->fault.cnma_refuse--;
		return CMS(340);
	}
	if (op == '=') {
		arg_number(&arg, &n);
		arg_number(&arg, &len);
	}
	if (n < 0 || n > 2)
		return CMS(304);
	if (len > 0) {
		at_prompt(sim, ENTRY_CNMA, (size_t)len, n);
		return AT_SILENT;
	}
	return net_cnma(sim, n != 2);
}

/* -- reading and deleting */

static void say_row(struct sim *sim, const char *command, int index, struct slot *slot)
{
	char hex[2 * sizeof(slot->pdu) + 1];

	tpdu_to_hex(hex, slot->pdu, slot->smsc_len + (size_t)slot->tpdu_len);
	if (index >= 0)
		at_say(sim, "%s: %d,%d,,%d\n%s", command, index, slot->stat, slot->tpdu_len, hex);
	else
		at_say(sim, "%s: %d,,%d\n%s", command, slot->stat, slot->tpdu_len, hex);
	if (slot->stat == 0)
		slot->stat = 1;
}

/* fault mt-in-list: its +CMTI falls between two rows. */
static void interrupt_list(struct sim *sim)
{
	struct mt *mt = sim->fault.mt_in_list;

	if (!mt)
		return;
	sim->fault.mt_in_list = NULL;
	sim->at.executing = false;
	net_inject_mt(sim, mt);
	sim->at.executing = true;
}

static int list(struct sim *sim, char op, const char *arg)
{
	unsigned int size = card_slots(sim, sim->at.mem[0]);
	int stat = 0;

	if (op == 't') {
		at_say(sim, "+CMGL: (0-4)");
		return AT_OK;
	}
	if (sim->at.cmgf)
		return CMS(303);
	if (op == '=')
		arg_number(&arg, &stat);
	if (stat < 0 || stat > 4)
		return CMS(304);
	for (unsigned int i = 0; i < size; i++) {
		int index = (int)(i + sim->prof->base);
		struct slot *slot = card_slot(sim, sim->at.mem[0], index, NULL);

		if (!slot || !slot->used || (stat != 4 && slot->stat != stat))
			continue;
		say_row(sim, "+CMGL", index, slot);
		interrupt_list(sim);
	}
	return AT_OK;
}

static int read_one(struct sim *sim, char op, const char *arg)
{
	struct slot *slot;
	int index = -1;

	if (op == 't')
		return AT_OK;
	if (sim->at.cmgf)
		return CMS(303);
	arg_number(&arg, &index);
	slot = card_slot(sim, sim->at.mem[0], index, NULL);
	if (!slot)
		return CMS(321);
	if (slot->used) {
		say_row(sim, "+CMGR", -1, slot);
		return AT_OK;
	}
	if (sim->prof->empty == EMPTY_CMS_321)
		return CMS(321);
	if (sim->prof->empty == EMPTY_ZERO_ROW)
		at_say(sim, "+CMGR: 0,,0");
	return AT_OK;
}

/* CMGD's flags: 1 read, 2 and sent, 3 and unsent, 4 all. */
static bool flag_covers(int flag, const struct slot *slot)
{
	static const uint8_t stats[] = { 0, 1 << 1, 1 << 1 | 1 << 3, 1 << 1 | 1 << 2 | 1 << 3, 15 };

	return stats[flag] & 1 << slot->stat;
}

static int delete (struct sim *sim, char op, const char *arg)
{
	enum mem_kind kind = sim->at.mem[0];
	unsigned int size = card_slots(sim, kind);
	int index = -1, flag = 0;
	struct memory *mem = NULL;
	struct slot *slot;

	if (op == 't') {
		at_say(sim, "+CMGD: (%u-%u),(0-4)", sim->prof->base, size + sim->prof->base - 1);
		return AT_OK;
	}
	arg_number(&arg, &index);
	arg_number(&arg, &flag);
	if (flag < 0 || flag > 4)
		return CMS(304);
	for (unsigned int i = 0; flag && i < size; i++) {
		slot = card_slot(sim, kind, (int)(i + sim->prof->base), &mem);
		if (slot && slot->used && flag_covers(flag, slot))
			card_delete(sim, mem, slot);
	}
	if (flag)
		return AT_OK;
	slot = card_slot(sim, kind, index, &mem);
	if (!slot || (!slot->used && sim->prof->cmgd_empty_fails))
		return CMS(321);
	if (slot->used)
		card_delete(sim, mem, slot);
	return AT_OK;
}

/* -- writing and sending */

static int enter_pdu(struct sim *sim, enum entry entry, const char *arg)
{
	int len = 0, stat = 2;

	if (sim->at.cmgf)
		return CMS(303);
	arg_number(&arg, &len);
	arg_number(&arg, &stat);
	if (len < 1 || len > TPDU_MAX || stat < 0 || stat > 3)
		return CMS(304);
	if (entry == ENTRY_CMGS && sim->fault.urc_prompt) {
		sim->at.executing = false;
		at_urc(sim, "%s", sim->fault.urc_prompt);
		free(sim->fault.urc_prompt);
		sim->fault.urc_prompt = NULL;
	}
	at_prompt(sim, entry, (size_t)len, stat);
	return AT_SILENT;
}

static int send(struct sim *sim, char op, const char *arg)
{
	return op == '=' ? enter_pdu(sim, ENTRY_CMGS, arg) : op == 't' ? AT_OK : CMS(304);
}

static int write_one(struct sim *sim, char op, const char *arg)
{
	return op == '=' ? enter_pdu(sim, ENTRY_CMGW, arg) : op == 't' ? AT_OK : CMS(304);
}

static int more_messages(struct sim *sim, char op, const char *arg)
{
	if (op == '?') {
		at_say(sim, "+CMMS: %d", sim->at.cmms);
	} else if (op == 't') {
		at_say(sim, "+CMMS: (0-2)");
	} else {
		int n = 0;

		arg_number(&arg, &n);
		if (n < 0 || n > 2)
			return CMS(302);
		sim->at.cmms = n;
	}
	return AT_OK;
}

static int text_setting(struct sim *sim, char op, const char *arg)
{
	return AT_OK; /* CSMP, CSDH, CSCB, CGSMS: of no effect in PDU mode */
}

/* The PDU that was entered, into slot; AT_OK or the error. */
static int entered(struct sim *sim, struct slot *slot)
{
	struct at *at = &sim->at;
	int n = tpdu_from_hex(slot->pdu, sizeof(slot->pdu), at->data);

	memset((uint8_t *)slot, 0, offsetof(struct slot, pdu));
	if (n < 2 || slot->pdu[0] >= TPDU_SMSC_MAX)
		return CMS(304);
	slot->smsc_len = (uint8_t)(slot->pdu[0] + 1);
	if ((size_t)n != slot->smsc_len + at->entry_want)
		return CMS(304);
	slot->tpdu_len = (uint8_t)at->entry_want;
	return AT_OK;
}

static int written(struct sim *sim, struct slot *slot)
{
	enum mem_kind where;
	int rc = entered(sim, slot);

	if (rc != AT_OK)
		return rc;
	slot->stat = (uint8_t)sim->at.entry_arg;
	rc = card_store(sim, sim->at.mem[1], slot, &where);
	if (rc < 0)
		return CMS(322);
	at_say(sim, "+CMGW: %d", rc);
	return AT_OK;
}

static int submitted(struct sim *sim, struct slot *slot)
{
	struct tpdu_submit sub;
	int rc = entered(sim, slot);

	if (rc != AT_OK)
		return rc;
	if (tpdu_submit_parse(&sub, slot->pdu + slot->smsc_len, slot->tpdu_len) < 0)
		return CMS(304);
	if (!at_radio_on(sim))
		return CMS(331);
	if (slot->smsc_len < 2 && !sim->at.smsc[0])
		return CMS(330);
	sim->at.sending = *slot;
	return AT_LATER;
}

void sms_entry_done(struct sim *sim, bool cancelled)
{
	enum entry entry = sim->at.entry;
	struct slot slot;
	int rc = AT_OK;

	sim->at.entry = ENTRY_NONE;
	sim->at.said = false;
	if (cancelled)
		rc = AT_OK;
	else if (entry == ENTRY_CNMA)
		rc = net_cnma(sim, sim->at.entry_arg != 2);
	else if (entry == ENTRY_CMGW)
		rc = written(sim, &slot);
	else
		rc = submitted(sim, &slot);
	if (rc == AT_LATER) {
		sim->at.busy = true;
		if (sim->net.delay_ms)
			after_ms(&sim->at.send_timer, sim->net.delay_ms);
		else
			sms_sent(sim);
		return;
	}
	if (rc < 0 && entry == ENTRY_CMGS)
		count(sim, CNT_CMS_ERRORS);
	at_finish(sim, rc);
	net_pump(sim);
}

int sms_reach_network(struct sim *sim)
{
	const struct slot *slot = &sim->at.sending;
	struct tpdu_submit sub;

	OSMO_ASSERT(tpdu_submit_parse(&sub, slot->pdu + slot->smsc_len, slot->tpdu_len) == 0);
	return net_submit(sim, &sub, slot);
}

void sms_sent(struct sim *sim)
{
	struct fault *f = &sim->fault;
	int mr;

	if (f->cms_count > 0) {
		f->cms_count--;
		count(sim, CNT_CMS_ERRORS);
		at_finish(sim, CMS(f->cms_code));
		return;
	}
	mr = sms_reach_network(sim);
	if (f->drop_accepted > 0) {
		f->drop_accepted--;
		port_vanish_for(sim, (unsigned int)f->drop_ms);
		return;
	}
	if (f->lost_answer > 0) {
		f->lost_answer--;
		at_finish(sim, AT_SILENT);
		return;
	}
	sim->at.said = false;
	at_say(sim, "+CMGS: %d", mr);
	if (f->lost_cmgs_ok > 0) {
		f->lost_cmgs_ok--;
		at_finish(sim, AT_SILENT);
		return;
	}
	at_finish(sim, AT_OK);
}

const struct at_command sms_commands[] = {
	{ "+CMGF", message_format, true },
	{ "+CSCA", centre, true },
	{ "+CPMS", memories, true },
	{ "+CSMS", service, true },
	{ "+CNMI", indications, true },
	{ "+CNMA", acknowledge, true },
	{ "+CMGL", list, true },
	{ "+CMGR", read_one, true },
	{ "+CMGD", delete, true },
	{ "+CMGS", send, true },
	{ "+CMGW", write_one, true },
	{ "+CMMS", more_messages, true },
	{ "+CSMP", text_setting, true },
	{ "+CSDH", text_setting, true },
	{ "+CSCB", text_setting, true },
	{ "+CGSMS", text_setting, false },
	{ NULL, NULL, false },
};
