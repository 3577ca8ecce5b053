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

static int write_calls(struct vty *vty)
{
	const struct config *cfg = config_of(vty);

	if (!cfg->calls_said)
		return CMD_SUCCESS;
	vty_out(vty, "calls%s", VTY_NEWLINE);
	config_out_word(vty, "recordings", cfg->calls.recordings);
	config_out_word(vty, "speech-cache", cfg->speech_cache);
	vty_out(vty, " silence %d%s", cfg->calls.silence_s, VTY_NEWLINE);
	vty_out(vty, " at-once %d%s", cfg->calls.calls_max, VTY_NEWLINE);
	vty_out(vty, " keep-recordings %d%s", cfg->calls.keep_days, VTY_NEWLINE);
	return CMD_SUCCESS;
}

void config_call_install(void)
{
	install_node(&calls_node, write_calls);
	install_element(CONFIG_NODE, &cfg_calls_cmd);
	install_element(CALLS_NODE, &cfg_calls_recordings_cmd);
	install_element(CALLS_NODE, &cfg_calls_cache_cmd);
	install_element(CALLS_NODE, &cfg_calls_silence_cmd);
	install_element(CALLS_NODE, &cfg_calls_at_once_cmd);
	install_element(CALLS_NODE, &cfg_calls_keep_cmd);
}
