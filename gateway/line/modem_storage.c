// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_storage.c - texts that the modem keeps: its memories, and what is listed, read and deleted in them (3GPP
 * TS 27.005: CPMS 3.2.2, CMGL 4.1, CMGR 4.2, CMGD 3.5.4).
 *
 * One command at a time.  A text is known by memory and index from when it is read until it is deleted, so that no
 * listing in between offers it twice; one that could not be made safe stays where it is and is listed again.
 */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/tdef.h>
#include <osmocom/core/utils.h>

#include "line/modem_int.h"
#include "wire/at_line.h"

/* ---- memories */

int modem_storage_memory(struct modem *m, const char *name)
{
	struct memory *mem;
	int i;

	for (i = 0; i < m->rx.n_memories; i++)
		if (strcmp(m->rx.memories[i].name, name) == 0)
			return i;
	if (m->rx.n_memories == MEMORIES_MAX || strlen(name) != 2 ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
		return -1;
	mem = &m->rx.memories[m->rx.n_memories];
	*mem = (struct memory){ .total = 0 };
	OSMO_STRLCPY_ARRAY(mem->name, name);
	return m->rx.n_memories++;
}

/* An alarm at four fifths; settled below three fifths, so that it does not flap. */
void modem_storage_used(struct modem *m, int memory, int used, int total)
{
	struct memory *mem = &m->rx.memories[memory];

	mem->used = OSMO_MAX(used, 0);
	mem->total = total;
	if (memory != m->rx.home || total <= 0)
		return;
	if (mem->used * 5 >= total * 4)
		modem_alarm(m, ALARM_STORAGE, true,
			    "the modem's memory for texts is nearly full: new ones wait in the "
			    "network until there is room");
	else if (mem->used * 5 < total * 3)
		modem_alarm(m, ALARM_STORAGE, false, NULL);
}

static struct incoming *find_stored(const struct modem *m, int memory, int index)
{
	struct incoming *in;

	llist_for_each_entry (in, &m->rx.stored, entry)
		if (in->memory == memory && in->index == index)
			return in;
	return NULL;
}

static int count_stored(const struct modem *m, int memory)
{
	struct incoming *in;
	int n = 0;

	llist_for_each_entry (in, &m->rx.stored, entry)
		n += in->memory == memory;
	return n;
}

void modem_storage_relist(struct modem *m, int memory)
{
	if (memory >= 0)
		m->rx.memories[memory].unsettled = true;
	if (!osmo_timer_pending(&m->rx.relist))
		osmo_timer_schedule(&m->rx.relist, osmo_tdef_get(modem_tdefs, -12, OSMO_TDEF_S, -1),
				    0);
}

static void relist_due(void *data)
{
	struct modem *m = data;
	struct incoming *in;
	int i;

	for (i = 0; i < m->rx.n_memories; i++) {
		m->rx.memories[i].list |= m->rx.memories[i].unsettled;
		m->rx.memories[i].unsettled = false;
	}
	llist_for_each_entry (in, &m->rx.stored, entry)
		if (in->state == INCOMING_STUCK)
			in->state = INCOMING_STORED;
	modem_storage_pump(m);
}

/* ---- stored: what is announced and listed */

struct read {
	struct llist_head entry;
	int memory, index;
};

static void queue_read(struct modem *m, int memory, int index)
{
	struct read *r;

	if (m->rx.n_reads >= 512) {
		m->rx.memories[memory].list = true;
		return;
	}
	llist_for_each_entry (r, &m->rx.reads, entry)
		if (r->memory == memory && r->index == index)
			return;
	r = talloc_zero(m, struct read);
	OSMO_ASSERT(r);
	r->memory = memory;
	r->index = index;
	llist_add_tail(&r->entry, &m->rx.reads);
	m->rx.n_reads++;
}

static void drop_reads(struct modem *m, int memory)
{
	struct read *r, *r2;

	llist_for_each_entry_safe (r, r2, &m->rx.reads, entry) {
		if (memory >= 0 && r->memory != memory)
			continue;
		llist_del(&r->entry);
		talloc_free(r);
		m->rx.n_reads--;
	}
}

void modem_storage_announced(struct modem *m, const char *memory, int index)
{
	int i = modem_storage_memory(m, memory);
	struct incoming *in = i < 0 ? NULL : find_stored(m, i, index);

	if (i < 0)
		return;
	/* A slot can be filled anew only when it was deleted. */
	if (in && in->state == INCOMING_DELETING)
		in->again = true;
	if (in)
		return;
	m->rx.memories[i].used++;
	queue_read(m, i, index);
	modem_storage_pump(m);
}

void modem_storage_full(struct modem *m)
{
	int i;

	for (i = 0; i < m->rx.n_memories; i++)
		m->rx.memories[i].check = true;
	modem_storage_pump(m);
}

void modem_storage_poll(struct modem *m, unsigned int nth)
{
	int i;

	for (i = 0; i < m->rx.n_memories; i++)
		if (i == m->rx.home || nth % 10 == 9)
			m->rx.memories[i].check = true;
	relist_due(m);
}

void modem_storage_list_all(struct modem *m)
{
	int i;

	for (i = 0; i < m->rx.n_memories; i++)
		if (i == m->rx.home || m->rx.memories[i].used > 0)
			m->rx.memories[i].list = true;
	modem_storage_pump(m);
}

/* One entry of CMGL or CMGR.  <stat> 2 and 3 are texts of our own: not from the network. */
static void take_entry(struct modem *m, int memory, int index, int stat, const char *head,
		       const char *hex)
{
	if (stat == 2 || stat == 3) {
		m->rx.memories[memory].foreign++;
		return;
	}
	if (find_stored(m, memory, index))
		return;
	if (modem_rx_is_damaged(m, head, hex)) {
		LOG_MODEM(m, LOGL_NOTICE, "index %d came damaged; read again\n", index);
		modem_count(m, MODEM_CTR_ERRORS);
		queue_read(m, memory, index);
		return;
	}
	modem_rx_offer(m, memory, index, hex);
}

/* ---- stored: one command at a time */

static bool begin(struct modem *m, const char *text, const char *prefix, unsigned int deadline_s,
		  void (*done)(struct at_chat *, const struct at_answer *, void *))
{
	struct at_cmd cmd = { .text = text,
			      .prefix = prefix,
			      .done = done,
			      .data = m,
			      .deadline_ms = deadline_s * 1000,
			      .lane = AT_READ,
			      .pairs = strncmp(text, "AT+CMG", 6) == 0 };

	m->rx.busy = at_chat_send(m->chat, &cmd) == 0;
	return true;
}

static bool is_gone(const struct at_answer *answer)
{
	return (answer->result == AT_CMS && answer->code == 321) ||
	       (answer->result == AT_CME && answer->code == 21);
}

/* \returns false if the chat is closed: there is nothing to go on with */
static bool ended(struct modem *m, const struct at_answer *answer)
{
	m->rx.busy = false;
	if (answer->result != AT_OK && answer->result != AT_GONE && !is_gone(answer))
		modem_count(m, MODEM_CTR_ERRORS);
	return answer->result != AT_GONE;
}

static void select_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;
	struct memory *mem = &m->rx.memories[m->rx.op_memory];
	const char *line = at_answer_find(answer, "+CPMS:");
	struct at_line al;
	int used, total;

	if (!ended(m, answer))
		return;
	mem->check = false;
	if (answer->result != AT_OK) {
		mem->list = mem->list_new = false;
		drop_reads(m, m->rx.op_memory);
		m->rx.current = -1;
		modem_storage_relist(m, m->rx.op_memory);
		modem_storage_pump(m);
		return;
	}
	m->rx.current = m->rx.op_memory;
	if (line && at_line_open(&al, line, "+CPMS:") && at_line_number(&al, &used) == 0 &&
	    at_line_number(&al, &total) == 0) {
		modem_storage_used(m, m->rx.op_memory, used, total);
		if (used > count_stored(m, m->rx.op_memory) + mem->foreign)
			mem->list = true;
	}
	modem_storage_pump(m);
}

static bool begin_select(struct modem *m, int memory)
{
	char text[24];

	m->rx.op_memory = memory;
	snprintf(text, sizeof(text), "AT+CPMS=\"%s\"", m->rx.memories[memory].name);
	return begin(m, text, "+CPMS:", 10, select_done);
}

/* Some firmware cuts long lists: what the count says is there and was not listed is read. */
static void read_the_rest(struct modem *m, int memory, int listed)
{
	const struct memory *mem = &m->rx.memories[memory];
	int i;

	if (m->fi->state != MODEM_LISTING || listed >= mem->used)
		return;
	LOG_MODEM(m, LOGL_NOTICE, "%d of %d texts listed; looking for the others\n", listed,
		  mem->used);
	for (i = 0; i <= mem->total && i <= 256; i++)
		if (!find_stored(m, memory, i))
			queue_read(m, memory, i);
}

static void list_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;
	int memory = m->rx.op_memory;
	const char *line = NULL, *hex;
	int n = 0;

	if (!ended(m, answer))
		return;
	if (m->rx.op_all)
		m->rx.memories[memory].foreign = 0;
	while ((line = at_answer_next(answer, line))) {
		struct at_line al;
		int index, stat = 0;

		if (!at_line_open(&al, line, "+CMGL:") || at_line_number(&al, &index) < 0)
			continue;
		if (at_line_number(&al, &stat) < 0)
			stat = 0;
		n++;
		hex = at_answer_next(answer, line);
		if (!hex || *hex == '+')
			continue; /* cut off: still there when it is listed again */
		take_entry(m, memory, index, stat, line, hex);
		line = hex;
	}
	if (answer->result != AT_OK || answer->truncated)
		modem_storage_relist(m, memory);
	else if (m->rx.op_all)
		read_the_rest(m, memory, n);
	modem_storage_pump(m);
}

static void read_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;
	const char *line = at_answer_find(answer, "+CMGR:");
	const char *hex = line ? at_answer_next(answer, line) : NULL;
	struct at_line al;
	int stat = 0;

	if (!ended(m, answer))
		return;
	if (hex) {
		if (at_line_open(&al, line, "+CMGR:"))
			at_line_number(&al, &stat);
		take_entry(m, m->rx.op_memory, m->rx.op_index, stat, line, hex);
	} else if (answer->result != AT_OK && !is_gone(answer)) {
		modem_storage_relist(m, m->rx.op_memory);
	}
	modem_storage_pump(m);
}

/* One of those that were to be deleted, after the answer. */
static void deleted(struct modem *m, struct incoming *in)
{
	struct memory *mem = &m->rx.memories[in->memory];

	modem_storage_used(m, in->memory, mem->used - 1, mem->total);
	if (in->again)
		queue_read(m, in->memory, in->index);
	llist_del(&in->entry);
	talloc_free(in);
}

static void delete_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;
	struct incoming *in, *in2;
	bool ok = answer->result == AT_OK || (m->rx.op_n == 1 && is_gone(answer));

	if (!ended(m, answer))
		return;
	/* Of several it is not known which one failed: each by itself from now on. */
	if (!ok && m->rx.op_n > 1)
		m->rx.no_concat = true;
	llist_for_each_entry_safe (in, in2, &m->rx.stored, entry) {
		if (in->state != INCOMING_DELETING)
			continue;
		if (ok)
			deleted(m, in);
		else
			in->state = m->rx.op_n > 1 ? INCOMING_STORED : INCOMING_STUCK;
	}
	if (!ok)
		modem_storage_relist(m, -1);
	modem_storage_pump(m);
}

/* Never CMGD=1,4 (all that is read): a text that came in between would go with them. */
static bool begin_delete(struct modem *m, int memory)
{
	char text[160] = "AT";
	size_t len = 2;
	struct incoming *in;

	m->rx.op_n = 0;
	llist_for_each_entry (in, &m->rx.stored, entry) {
		if (in->memory != memory || in->state != INCOMING_STORED)
			continue;
		len += snprintf(text + len, sizeof(text) - len, "%s+CMGD=%d", m->rx.op_n ? ";" : "",
				in->index);
		in->state = INCOMING_DELETING;
		m->rx.op_n++;
		if (m->rx.no_concat || len > 120)
			break;
	}
	if (m->rx.op_n == 0)
		return false;
	m->rx.op_memory = memory;
	return begin(m, text, NULL, 10 + 2 * m->rx.op_n, delete_done);
}

static bool begin_list(struct modem *m, int memory)
{
	struct memory *mem = &m->rx.memories[memory];

	if (!mem->list && !mem->list_new)
		return false;
	m->rx.op_memory = memory;
	m->rx.op_all = mem->list;
	mem->list = mem->list_new = false;
	drop_reads(m, memory);
	return begin(m, m->rx.op_all ? "AT+CMGL=4" : "AT+CMGL=0", "+CMGL:", 120, list_done);
}

/* A burst is listed in one go, by what is still unread; one alone is read by its index. */
static bool begin_read(struct modem *m, int memory)
{
	struct read *r, *first = NULL;
	char text[24];
	size_t n = 0;

	llist_for_each_entry (r, &m->rx.reads, entry) {
		if (r->memory != memory)
			continue;
		if (!first)
			first = r;
		n++;
	}
	if (n == 0)
		return false;
	if (n > 2 && m->fi->state == MODEM_READY) {
		m->rx.memories[memory].list_new = true;
		return begin_list(m, memory);
	}
	m->rx.op_memory = memory;
	m->rx.op_index = first->index;
	llist_del(&first->entry);
	talloc_free(first);
	m->rx.n_reads--;
	snprintf(text, sizeof(text), "AT+CMGR=%d", m->rx.op_index);
	return begin(m, text, "+CMGR:", 10, read_done);
}

static bool has_work(const struct modem *m, int memory)
{
	const struct memory *mem = &m->rx.memories[memory];
	struct incoming *in;
	struct read *r;

	if (mem->list || mem->list_new)
		return true;
	llist_for_each_entry (r, &m->rx.reads, entry)
		if (r->memory == memory)
			return true;
	llist_for_each_entry (in, &m->rx.stored, entry)
		if (in->memory == memory && in->state == INCOMING_STORED)
			return true;
	return false;
}

/* The next storage command, if any: first in the memory that is selected, deleting before
 * reading so that there is room for what waits in the network. */
static void pump(struct modem *m)
{
	int cur = m->rx.current;
	int i;

	if (m->rx.busy || !modem_is_up(m))
		return;
	if (cur >= 0 && (begin_delete(m, cur) || begin_list(m, cur) || begin_read(m, cur)))
		return;
	for (i = 0; i < m->rx.n_memories; i++) {
		if (!m->rx.memories[i].check && !has_work(m, i))
			continue;
		if (!m->rx.no_select) {
			begin_select(m, i);
			return;
		}
		m->rx.memories[i].check = false;
		if (i == m->rx.current)
			continue;
		m->rx.current = i;
		if (begin_delete(m, i) || begin_list(m, i) || begin_read(m, i))
			return;
	}
	if (m->fi->state == MODEM_LISTING)
		osmo_fsm_inst_dispatch(m->fi, MODEM_EV_LISTED, NULL);
}

void modem_storage_pump(struct modem *m)
{
	pump(m);
	modem_rx_look(m);
}

/* ---- life */

void modem_storage_init(struct modem *m)
{
	INIT_LLIST_HEAD(&m->rx.stored);
	INIT_LLIST_HEAD(&m->rx.reads);
	m->rx.current = m->rx.home = -1;
	osmo_timer_setup(&m->rx.relist, relist_due, m);
}

void modem_storage_lost(struct modem *m)
{
	osmo_timer_del(&m->rx.relist);
	drop_reads(m, -1);
	m->rx.busy = false;
	m->rx.current = -1;
}
