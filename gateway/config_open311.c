// SPDX-License-Identifier: AGPL-3.0-or-later
/* config_open311.c - the words of "open311": who may file with us.  Taken at start, as "http". */
#include "config_int.h"

#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define KEY_STR "Who may file\nName: letters, digits, dash\n"

static struct cmd_node open311_node = { .node = OPEN311_NODE,
					.prompt = "%s(config-open311)# ",
					.vtysh = 1 };

DEFUN(cfg_open311, cfg_open311_cmd, "open311", "Other systems read and file reports\n")
{
	struct config *cfg = config_of(vty);

	cfg->open311_on = true;
	vty->index = cfg;
	vty->node = OPEN311_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_open311, cfg_no_open311_cmd, "no open311",
      NO_STR "Other systems read and file reports\n")
{
	config_of(vty)->open311_on = false;
	return config_say_at_start(vty);
}

static struct config_open311_key *find(struct config *cfg, const char *name)
{
	for (size_t i = 0; i < cfg->n_open311_keys; i++)
		if (strcmp(cfg->open311_keys[i].name, name) == 0)
			return &cfg->open311_keys[i];
	return NULL;
}

DEFUN(cfg_open311_key, cfg_open311_key_cmd, "key NAME FILE",
      KEY_STR "File with the API key on its first line\n")
{
	struct config *cfg = config_of(vty);
	struct config_open311_key *key = find(cfg, argv[0]);

	if (!osmo_identifier_valid(argv[0]) || strlen(argv[0]) > 40) {
		vty_out(vty, "%% a key's name is letters, digits and dashes, at most 40%s",
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (!key && cfg->n_open311_keys == WEB_OPEN311_KEYS) {
		vty_out(vty, "%% at most %d keys%s", WEB_OPEN311_KEYS, VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (!key)
		key = &cfg->open311_keys[cfg->n_open311_keys++];
	SET(cfg, key->name, argv[0]);
	SET(cfg, key->file, argv[1]);
	return config_say_at_start(vty);
}

DEFUN(cfg_open311_no_key, cfg_open311_no_key_cmd, "no key NAME", NO_STR KEY_STR)
{
	struct config *cfg = config_of(vty);
	struct config_open311_key *key = find(cfg, argv[0]);

	if (!key) {
		vty_out(vty, "%% there is no key %s%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cfg, key->name, NULL);
	SET(cfg, key->file, NULL);
	*key = cfg->open311_keys[--cfg->n_open311_keys];
	cfg->open311_keys[cfg->n_open311_keys] = (struct config_open311_key){ NULL, NULL };
	return config_say_at_start(vty);
}

DEFUN(cfg_open311_jurisdiction, cfg_open311_jurisdiction_cmd, "jurisdiction ID",
      "Our jurisdiction_id: another one is refused\nId\n")
{
	SET(config_of(vty), config_of(vty)->open311_jurisdiction, argv[0]);
	return config_say_at_start(vty);
}

DEFUN(cfg_open311_rate, cfg_open311_rate_cmd, "posts-per-minute <1-10000>",
      "What one key may file and say\nCount\n")
{
	config_of(vty)->open311_posts = atoi(argv[0]);
	return config_say_at_start(vty);
}

DEFUN(cfg_open311_lists, cfg_open311_lists_cmd, "lists-per-minute <1-10000>",
      "What one address may ask as lists, without a key\nCount\n")
{
	config_of(vty)->open311_lists = atoi(argv[0]);
	return config_say_at_start(vty);
}

static int write_open311(struct vty *vty)
{
	const struct config *cfg = config_of(vty);

	if (!cfg->open311_on)
		return CMD_SUCCESS;
	vty_out(vty, "open311%s", VTY_NEWLINE);
	for (size_t i = 0; i < cfg->n_open311_keys; i++)
		vty_out(vty, " key %s %s%s", cfg->open311_keys[i].name, cfg->open311_keys[i].file,
			VTY_NEWLINE);
	config_out_word(vty, "jurisdiction", cfg->open311_jurisdiction);
	vty_out(vty, " posts-per-minute %d%s lists-per-minute %d%s", cfg->open311_posts,
		VTY_NEWLINE, cfg->open311_lists, VTY_NEWLINE);
	return CMD_SUCCESS;
}

void config_open311_install(void)
{
	install_node(&open311_node, write_open311);
	install_element(CONFIG_NODE, &cfg_open311_cmd);
	install_element(CONFIG_NODE, &cfg_no_open311_cmd);
	install_element(OPEN311_NODE, &cfg_open311_key_cmd);
	install_element(OPEN311_NODE, &cfg_open311_no_key_cmd);
	install_element(OPEN311_NODE, &cfg_open311_jurisdiction_cmd);
	install_element(OPEN311_NODE, &cfg_open311_rate_cmd);
	install_element(OPEN311_NODE, &cfg_open311_lists_cmd);
}
