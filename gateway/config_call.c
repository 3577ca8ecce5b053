// SPDX-License-Identifier: AGPL-3.0-or-later
/* config_call.c - the words of "calls": what all lines that take calls have in common. */
#include "config_int.h"

#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

static struct cmd_node calls_node = { .node = CALLS_NODE,
				      .prompt = "%s(config-calls)# ",
				      .vtysh = 1 };

DEFUN(cfg_calls, cfg_calls_cmd, "calls", "Calls, on all lines that take them\n")
{
	struct config *cfg = config_of(vty);

	cfg->calls_said = true;
	vty->index = cfg;
	vty->node = CALLS_NODE;
	return CMD_SUCCESS;
}

/* Folders are opened when the line starts. */
static int say_at_start(struct vty *vty)
{
	if (config_of(vty)->changed)
		vty_out(vty, "%% taken at the next start; keep it with: write file%s", VTY_NEWLINE);
	return CMD_SUCCESS;
}

DEFUN(cfg_calls_recordings, cfg_calls_recordings_cmd, "recordings DIR",
      "What callers say is kept here; made if absent\nFolder\n")
{
	struct config *cfg = config_of(vty);

	SET(cfg, cfg->calls.recordings, argv[0]);
	return say_at_start(vty);
}

DEFUN(cfg_calls_cache, cfg_calls_cache_cmd, "speech-cache DIR",
      "Sentences that were made are kept here; made if absent\nFolder\n")
{
	struct config *cfg = config_of(vty);

	SET(cfg, cfg->speech_cache, argv[0]);
	return say_at_start(vty);
}

DEFUN(cfg_calls_cache_size, cfg_calls_cache_size_cmd, "speech-cache-size <1-1000000>",
      "Beyond it sentences are dropped, least used first; what is always said is kept\nMegabytes\n")
{
	config_of(vty)->speech_cache_mb = atoi(argv[0]);
	return say_at_start(vty);
}

DEFUN(cfg_calls_silence, cfg_calls_silence_cmd, "silence <2-60>",
      "How long a question waits for a key before it is asked again\nSeconds\n")
{
	config_of(vty)->calls.silence_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_calls_at_once, cfg_calls_at_once_cmd, "at-once <1-10000>",
      "Calls at the same time, over all lines; more are not answered\nCalls\n")
{
	config_of(vty)->calls.calls_max = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_calls_keep, cfg_calls_keep_cmd, "keep-recordings <1-3650>",
      "How long a recording is kept, and longer while its report is open\nDays\n")
{
	config_of(vty)->calls.keep_days = atoi(argv[0]);
	return CMD_SUCCESS;
}

/* ---- calling back, and notices ---- */

#define CALLBACK_STR "Calls that we place: who asked for it, and spoken notices\n"

DEFUN(cfg_calls_tries, cfg_calls_tries_cmd, "callback tries <1-20>",
      CALLBACK_STR "How often, before a text says that nobody was reached\nTries\n")
{
	config_of(vty)->callouts.tries = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_calls_pause, cfg_calls_pause_cmd, "callback pause <1-1440>",
      CALLBACK_STR "Between two tries; after \"busy\" it is a minute\nMinutes\n")
{
	config_of(vty)->callouts.pause_s = atoi(argv[0]) * 60;
	return CMD_SUCCESS;
}

DEFUN(cfg_calls_ring, cfg_calls_ring_cmd, "callback ring <5-120>",
      CALLBACK_STR "How long the phone rings\nSeconds\n")
{
	config_of(vty)->callouts.ring_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_calls_hours, cfg_calls_hours_cmd, "callback hours TIMES",
      CALLBACK_STR "When notices may ring; who asks is called at any time\n08:00-21:00\n")
{
	struct hours hours;

	if (hours_read(&hours, NULL, argv[0]) < 0) {
		vty_out(vty, "%% %s: hours are written as 08:00-21:00%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	config_of(vty)->callouts.hours = hours;
	return CMD_SUCCESS;
}

DEFUN(cfg_calls_back_at_once, cfg_calls_back_at_once_cmd, "callback at-once <1-1000>",
      CALLBACK_STR "How many of them at the same time\nCalls\n")
{
	config_of(vty)->callouts.at_once = atoi(argv[0]);
	return CMD_SUCCESS;
}

/* ---- a person ---- */

#define PERSON_STR "Who is called when a caller keys 0\n"

DEFUN(cfg_calls_person, cfg_calls_person_cmd, "person NUMBER", PERSON_STR "+31703530000\n")
{
	struct config *cfg = config_of(vty);
	char number[PHONE_SIZE];

	if (phone_normalise(number, argv[0], cfg->country ? cfg->country : "31") < 0) {
		vty_out(vty, "%% %s is no telephone number%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cfg, cfg->calls.person, number);
	return CMD_SUCCESS;
}

DEFUN(cfg_calls_person_hours, cfg_calls_person_hours_cmd, "person hours DAYS TIMES",
      PERSON_STR "When; again for other days.  Not on public holidays\n"
		 "mo-fr, or mo,we\n08:00-17:00\n")
{
	struct call_cfg *calls = &config_of(vty)->calls;
	struct hours hours;

	if (hours_read(&hours, argv[0], argv[1]) < 0) {
		vty_out(vty, "%% hours are written as: person hours mo-fr 08:00-17:00%s",
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (calls->person_hours_n >= CALL_PERSON_HOURS_MAX) {
		vty_out(vty, "%% no more than %d%s", CALL_PERSON_HOURS_MAX, VTY_NEWLINE);
		return CMD_WARNING;
	}
	calls->person_hours[calls->person_hours_n++] = hours;
	return CMD_SUCCESS;
}

DEFUN(cfg_calls_no_person, cfg_calls_no_person_cmd, "no person",
      NO_STR "Nobody is called: a message is recorded\n")
{
	struct config *cfg = config_of(vty);

	SET(cfg, cfg->calls.person, NULL);
	return CMD_SUCCESS;
}

DEFUN(cfg_calls_no_person_hours, cfg_calls_no_person_hours_cmd, "no person hours",
      NO_STR PERSON_STR "At any time\n")
{
	config_of(vty)->calls.person_hours_n = 0;
	return CMD_SUCCESS;
}

static void write_callouts(struct vty *vty, const struct config *cfg)
{
	char hours[HOURS_SIZE];

	vty_out(vty, " callback tries %d%s", cfg->callouts.tries, VTY_NEWLINE);
	vty_out(vty, " callback pause %d%s", cfg->callouts.pause_s / 60, VTY_NEWLINE);
	vty_out(vty, " callback ring %d%s", cfg->callouts.ring_s, VTY_NEWLINE);
	vty_out(vty, " callback hours %s%s", hours_write(hours, &cfg->callouts.hours), VTY_NEWLINE);
	vty_out(vty, " callback at-once %d%s", cfg->callouts.at_once, VTY_NEWLINE);
	config_out_word(vty, "person", cfg->calls.person);
	for (size_t i = 0; i < cfg->calls.person_hours_n; i++)
		vty_out(vty, " person hours %s%s", hours_write(hours, &cfg->calls.person_hours[i]),
			VTY_NEWLINE);
}

static int write_calls(struct vty *vty)
{
	const struct config *cfg = config_of(vty);

	if (!cfg->calls_said)
		return CMD_SUCCESS;
	vty_out(vty, "calls%s", VTY_NEWLINE);
	config_out_word(vty, "recordings", cfg->calls.recordings);
	config_out_word(vty, "speech-cache", cfg->speech_cache);
	vty_out(vty, " speech-cache-size %d%s", cfg->speech_cache_mb, VTY_NEWLINE);
	vty_out(vty, " silence %d%s", cfg->calls.silence_s, VTY_NEWLINE);
	vty_out(vty, " at-once %d%s", cfg->calls.calls_max, VTY_NEWLINE);
	vty_out(vty, " keep-recordings %d%s", cfg->calls.keep_days, VTY_NEWLINE);
	write_callouts(vty, cfg);
	return CMD_SUCCESS;
}

void config_call_install(void)
{
	install_node(&calls_node, write_calls);
	install_element(CONFIG_NODE, &cfg_calls_cmd);
	install_element(CALLS_NODE, &cfg_calls_recordings_cmd);
	install_element(CALLS_NODE, &cfg_calls_cache_cmd);
	install_element(CALLS_NODE, &cfg_calls_cache_size_cmd);
	install_element(CALLS_NODE, &cfg_calls_silence_cmd);
	install_element(CALLS_NODE, &cfg_calls_at_once_cmd);
	install_element(CALLS_NODE, &cfg_calls_keep_cmd);
	install_element(CALLS_NODE, &cfg_calls_tries_cmd);
	install_element(CALLS_NODE, &cfg_calls_pause_cmd);
	install_element(CALLS_NODE, &cfg_calls_ring_cmd);
	install_element(CALLS_NODE, &cfg_calls_hours_cmd);
	install_element(CALLS_NODE, &cfg_calls_back_at_once_cmd);
	install_element(CALLS_NODE, &cfg_calls_person_cmd);
	install_element(CALLS_NODE, &cfg_calls_person_hours_cmd);
	install_element(CALLS_NODE, &cfg_calls_no_person_cmd);
	install_element(CALLS_NODE, &cfg_calls_no_person_hours_cmd);
}
