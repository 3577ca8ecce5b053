// SPDX-License-Identifier: AGPL-3.0-or-later

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

#include "sim.h"

static const char puk[] = "12345678";

static void save_now(void *data)
{
	card_save(data);
}

void card_init(struct sim *sim, unsigned int mem_size)
{
	static const char *const names[] = { "SM", "ME", "SR" };
	struct card *card = &sim->card;

	for (int i = 0; i < 3; i++) {
		struct memory *mem = &card->mem[i];

		mem->name = names[i];
		mem->size = sim->prof->mem_size[i];
		if (mem->size && mem_size && i != MEM_SR)
			mem->size = mem_size;
		mem->slots = calloc(mem->size + 1, sizeof(*mem->slots));
		OSMO_ASSERT(mem->slots);
	}
	card->pin_tries = PIN_TRIES;
	card->puk_tries = PUK_TRIES;
	osmo_timer_setup(&card->save_timer, save_now, sim);
}

/* -- memories */

int card_mem_find(const struct sim *sim, const char *name)
{
	if (strcmp(name, "MT") == 0)
		return sim->prof->mt_memory ? MEM_MT : -ENOENT;
	for (int i = 0; i < 3; i++) {
		if (strcmp(name, sim->card.mem[i].name) == 0)
			return sim->card.mem[i].size ? i : -ENOENT;
	}
	return -ENOENT;
}

struct slot *card_slot(struct sim *sim, enum mem_kind kind, int index, struct memory **out)
{
	struct memory *mem = &sim->card.mem[kind == MEM_MT ? MEM_ME : kind];
	unsigned int i = (unsigned int)(index - (int)sim->prof->base);

	if (index < (int)sim->prof->base)
		return NULL;
	if (kind == MEM_MT && i >= mem->size) {
		i -= mem->size;
		mem = &sim->card.mem[MEM_SM];
	}
	if (i >= mem->size)
		return NULL;
	if (out)
		*out = mem;
	return &mem->slots[i];
}

unsigned int card_used(const struct sim *sim, enum mem_kind kind)
{
	const struct memory *mem = sim->card.mem;

	if (kind == MEM_MT)
		return mem[MEM_ME].used + mem[MEM_SM].used;
	return mem[kind].used;
}

unsigned int card_size(const struct sim *sim, enum mem_kind kind)
{
	if (kind == MEM_MT)
		return card_size(sim, MEM_ME) + card_size(sim, MEM_SM);
	return sim->card.clamped ? sim->card.clamp[kind] : sim->card.mem[kind].size;
}

unsigned int card_slots(const struct sim *sim, enum mem_kind kind)
{
	const struct memory *mem = sim->card.mem;

	return kind == MEM_MT ? mem[MEM_ME].size + mem[MEM_SM].size : mem[kind].size;
}

int card_store(struct sim *sim, enum mem_kind kind, const struct slot *slot, enum mem_kind *where)
{
	struct memory *mem;
	unsigned int i;

	if (kind == MEM_MT) {
		int rc = card_store(sim, MEM_ME, slot, where);

		return rc < 0 ? card_store(sim, MEM_SM, slot, where) : rc;
	}
	mem = &sim->card.mem[kind];
	if (mem->used >= card_size(sim, kind))
		return -ENOSPC;
	for (i = mem->lowest; mem->slots[i].used; i++)
		;
	mem->slots[i] = *slot;
	mem->slots[i].used = true;
	mem->lowest = i + 1;
	mem->used++;
	*where = kind;
	card_save_soon(sim);
	return (int)(i + sim->prof->base);
}

void card_delete(struct sim *sim, struct memory *mem, struct slot *slot)
{
	unsigned int i = (unsigned int)(slot - mem->slots);

	slot->used = false;
	mem->used--;
	if (i < mem->lowest)
		mem->lowest = i;
	sim->net.full_told = false;
	count(sim, CNT_DELETED);
	control_event(sim, "deleted", "{s:I}", "id", (json_int_t)slot->id);
	card_save_soon(sim);
}

/* -- PIN */

const char *card_pin_state(const struct sim *sim)
{
	if (sim->card.unlocked)
		return "READY";
	return sim->card.pin_tries > 0 ? "SIM PIN" : "SIM PUK";
}

static int unlocked(struct sim *sim)
{
	sim->card.pin_tries = PIN_TRIES;
	sim->card.puk_tries = PUK_TRIES;
	sim->card.unlocked = true;
	card_save(sim);
	if (sim->at.qss == 2)
		at_urc(sim, "#QSS: 1");
	after_ms(&sim->at.ready_timer, sim->prof->sim_busy_ms);
	return AT_OK;
}

int card_enter_pin(struct sim *sim, const char *pin, const char *new_pin)
{
	struct card *card = &sim->card;

	count(sim, CNT_PIN_TRIED);
	if (card->unlocked)
		return CME(3);
	if (card->pin_tries == 0) {
		if (!*new_pin || card->puk_tries == 0)
			return CME(12);
		if (strcmp(pin, puk) == 0) {
			osmo_strlcpy(card->pin, new_pin, sizeof(card->pin));
			return unlocked(sim);
		}
		card->puk_tries--;
	} else {
		if (strcmp(pin, card->pin) == 0)
			return unlocked(sim);
		card->pin_tries--;
	}
	count(sim, CNT_PIN_WRONG);
	card_save(sim);
	return CME(16);
}

/* -- the state file */

static json_t *memory_json(const struct memory *mem)
{
	json_t *rows = json_array();
	char hex[2 * sizeof(mem->slots->pdu) + 1];

	for (unsigned int i = 0; i < mem->size; i++) {
		const struct slot *s = &mem->slots[i];

		if (!s->used)
			continue;
		tpdu_to_hex(hex, s->pdu, s->smsc_len + (size_t)s->tpdu_len);
		json_array_append_new(rows, json_pack("{s:i, s:i, s:I, s:i, s:s}", "slot", (int)i,
						      "stat", s->stat, "id", (json_int_t)s->id,
						      "length", s->tpdu_len, "pdu", hex));
	}
	return rows;
}

void card_save_soon(struct sim *sim)
{
	if (sim->card.state_file && !osmo_timer_pending(&sim->card.save_timer))
		after_ms(&sim->card.save_timer, 20);
}

void card_save(struct sim *sim)
{
	struct card *card = &sim->card;
	char *tmp = NULL;
	json_t *all;

	if (!card->state_file)
		return;
	all = json_pack("{s:s, s:i, s:i, s:i, s:{s:o, s:o, s:o}}", "pin", card->pin, "pin_tries",
			card->pin_tries, "puk_tries", card->puk_tries, "mr", card->mr, "memories",
			"SM", memory_json(&card->mem[0]), "ME", memory_json(&card->mem[1]), "SR",
			memory_json(&card->mem[2]));
	OSMO_ASSERT(all && asprintf(&tmp, "%s.new", card->state_file) > 0);
	if (json_dump_file(all, tmp, JSON_COMPACT) != 0 || rename(tmp, card->state_file) != 0)
		fprintf(stderr, "at-sim: cannot write %s\n", card->state_file);
	json_decref(all);
	free(tmp);
}

static int memory_load(struct memory *mem, const json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row) {
		int slot, stat, length, n;
		json_int_t id;
		const char *hex;
		struct slot *s;

		if (json_unpack(row, "{s:i, s:i, s:I, s:i, s:s}", "slot", &slot, "stat", &stat,
				"id", &id, "length", &length, "pdu", &hex) != 0)
			return -EINVAL;
		if (slot < 0 || (unsigned int)slot >= mem->size || stat < 0 || stat > 3)
			return -EINVAL;
		s = &mem->slots[slot];
		n = tpdu_from_hex(s->pdu, sizeof(s->pdu), hex);
		if (s->used || n < length || length < 1 || n - length > TPDU_SMSC_MAX)
			return -EINVAL;
		s->used = true;
		s->stat = (uint8_t)stat;
		s->id = (uint64_t)id;
		s->tpdu_len = (uint8_t)length;
		s->smsc_len = (uint8_t)(n - length);
		mem->used++;
	}
	return 0;
}

int card_load(struct sim *sim)
{
	struct card *card = &sim->card;
	json_t *all, *rows[3];
	const char *pin;
	int mr, rc = -EINVAL;

	if (!card->state_file || access(card->state_file, F_OK) != 0)
		return 0;
	all = json_load_file(card->state_file, 0, NULL);
	if (!all)
		return -EINVAL;
	if (json_unpack(all, "{s:s, s:i, s:i, s:i, s:{s:o, s:o, s:o}}", "pin", &pin, "pin_tries",
			&card->pin_tries, "puk_tries", &card->puk_tries, "mr", &mr, "memories",
			"SM", &rows[0], "ME", &rows[1], "SR", &rows[2]) == 0) {
		if (card->pin_on && *pin)
			osmo_strlcpy(card->pin, pin, sizeof(card->pin));
		card->mr = (uint8_t)mr;
		rc = 0;
		for (int i = 0; i < 3 && rc == 0; i++)
			rc = memory_load(&card->mem[i], rows[i]);
	}
	json_decref(all);
	return rc;
}
