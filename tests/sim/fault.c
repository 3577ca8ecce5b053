// SPDX-License-Identifier: AGPL-3.0-or-later

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "sim.h"

void fault_init(struct sim *sim)
{
	memset(&sim->fault, 0, sizeof(sim->fault));
	sim->fault.hang_after = -1;
}

void fault_clear(struct sim *sim)
{
	free(sim->fault.urc_prompt);
	free(sim->fault.mt_in_list);
	fault_init(sim);
	sim->card.clamped = false;
	net_pump(sim);
}

/* The next word of the arguments as a number; "all" is without end. */
static int number(char **args, int absent)
{
	char *word = strsep(args, " ");

	if (!word || !*word)
		return absent;
	if (strcmp(word, "all") == 0)
		return INT_MAX;
	return (int)strtol(word, NULL, 10);
}

static const char *cms(struct sim *sim, char *args)
{
	sim->fault.cms_code = number(&args, 0);
	sim->fault.cms_count = number(&args, 1);
	return sim->fault.cms_code > 0 ? NULL : "cms CODE [COUNT]";
}

static const char *hang(struct sim *sim, char *args)
{
	int after = number(&args, 0);

	sim->fault.hang_hard = args && strcmp(args, "hard") == 0;
	sim->fault.hang_after = after > 0 ? after + 1 : 0;
	return NULL;
}

static const char *slow(struct sim *sim, char *args)
{
	sim->fault.slow_ms = (unsigned int)number(&args, 0);
	return NULL;
}

static const char *garbage(struct sim *sim, char *args)
{
	int n = number(&args, 64);

	for (int i = 0; i < n; i++) {
		uint8_t b = (uint8_t)rand();

		port_put(sim, &b, 1);
	}
	return NULL;
}

static const char *urc_storm(struct sim *sim, char *args)
{
	const char *const *noise = sim->prof->noise;
	int n = number(&args, 100), lines = 0;

	while (lines < (int)ARRAY_SIZE(sim->prof->noise) && noise[lines])
		lines++;
	for (int i = 0; i < n; i++)
		at_urc(sim, "%s", noise[i % lines]);
	return NULL;
}

static const char *urc(struct sim *sim, char *args)
{
	if (!args || !*args || strlen(args) > 1500)
		return "urc LINE";
	at_urc(sim, "%s", args);
	return NULL;
}

static const char *urc_prompt(struct sim *sim, char *args)
{
	free(sim->fault.urc_prompt);
	sim->fault.urc_prompt = strdup(args && *args ? args : sim->prof->noise[0]);
	return NULL;
}

static const char *sr_status(struct sim *sim, char *args)
{
	sim->fault.sr_status = number(&args, 0);
	sim->fault.sr_status_count = number(&args, 1);
	return NULL;
}

static const char *busy_sim(struct sim *sim, char *args)
{
	sim->at.sim_ready = false;
	after_ms(&sim->at.ready_timer, (unsigned int)number(&args, 1000));
	return NULL;
}

static const char *drop_midpdu(struct sim *sim, char *args)
{
	sim->fault.drop_midpdu = 1;
	sim->fault.drop_ms = number(&args, 0);
	return NULL;
}

static const char *drop_accepted(struct sim *sim, char *args)
{
	sim->fault.drop_accepted = 1;
	sim->fault.drop_ms = number(&args, 0);
	return NULL;
}

static const char *full(struct sim *sim, char *args)
{
	sim->card.clamped = !(args && strcmp(args, "off") == 0);
	for (int i = 0; i < 3; i++)
		sim->card.clamp[i] = sim->card.mem[i].used;
	sim->net.full_told = false;
	net_pump(sim);
	return NULL;
}

static const char *mt_in_list(struct sim *sim, char *args)
{
	struct mt *mt = net_mt_parse(sim, args ? args : "");

	if (!mt)
		return "mt-in-list PDUHEX";
	free(sim->fault.mt_in_list);
	sim->fault.mt_in_list = mt;
	return NULL;
}

static const char *ussd_busy(struct sim *sim, char *args)
{
	sim->fault.ussd_busy = number(&args, 3);
	return NULL;
}

static const char *clear(struct sim *sim, char *args)
{
	fault_clear(sim);
	return NULL;
}

int fault_command(struct sim *sim, char *args, const char **why)
{
	const struct {
		const char *kind;
		int *counter; /* takes [COUNT], 1 if absent */
		const char *(*set)(struct sim *sim, char *args);
	} kinds[] = {
		{ "cms", NULL, cms },
		{ "hang", NULL, hang },
		{ "slow", NULL, slow },
		{ "garbage", NULL, garbage },
		{ "urcstorm", NULL, urc_storm },
		{ "urc", NULL, urc },
		{ "urc-prompt", NULL, urc_prompt },
		{ "sr-status", NULL, sr_status },
		{ "busy-sim", NULL, busy_sim },
		{ "drop-midpdu", NULL, drop_midpdu },
		{ "drop-accepted", NULL, drop_accepted },
		{ "full", NULL, full },
		{ "mt-in-list", NULL, mt_in_list },
		{ "ussd-busy", NULL, ussd_busy },
		{ "clear", NULL, clear },
		{ "ussd-early", &sim->fault.ussd_early, NULL },
		{ "ussd-inside", &sim->fault.ussd_inside, NULL },
		{ "ussd-none", &sim->fault.ussd_none, NULL },
		{ "ussd-error", &sim->fault.ussd_error, NULL },
		{ "no-keys", &sim->fault.no_keys, NULL },
		{ "no-sound", &sim->fault.no_sound, NULL },
		{ "lost-ok", &sim->fault.lost_ok, NULL },
		{ "lost-cmgs-answer", &sim->fault.lost_answer, NULL },
		{ "lost-cmgs-ok", &sim->fault.lost_cmgs_ok, NULL },
		{ "lost-urc", &sim->fault.lost_urc, NULL },
		{ "split", &sim->fault.split, NULL },
		{ "dup-mt", &sim->fault.dup_mt, NULL },
		{ "cnma-refuse", &sim->fault.cnma_refuse, NULL },
		{ "sr-early", &sim->fault.sr_early, NULL },
		{ "sr-none", &sim->fault.sr_none, NULL },
	};
	const char *kind = strsep(&args, " ");

	for (size_t i = 0; kind && i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kind, kinds[i].kind) != 0)
			continue;
		if (kinds[i].counter)
			*kinds[i].counter = number(&args, 1);
		*why = kinds[i].set ? kinds[i].set(sim, args) : NULL;
		return *why ? -EINVAL : 0;
	}
	*why = "no such fault";
	return -EINVAL;
}
