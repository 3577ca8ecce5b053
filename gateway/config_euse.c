// SPDX-License-Identifier: AGPL-3.0-or-later
/* config_euse.c - the words of "euse": USSD for residents, on a core network's HLR. */
#include "config_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define EUSE_STR \
	"USSD for residents: we are an external USSD entity of an HLR\nName, as the HLR's \"euse NAME\"\n"
#define CODE_DEFAULT  "*140#"
#define ANSWER_S_MAX  600
#define EUSE_NAME_MAX 48

static struct cmd_node euse_node = { .node = EUSE_NODE, .prompt = "%s(config-euse)# ", .vtysh = 1 };

static struct config_euse *euse_find(struct config *cfg, const char *name)
{
	struct config_euse *ce;

	llist_for_each_entry (ce, &cfg->euses, list)
		if (strcmp(ce->cfg.euse, name) == 0)
			return ce;
	return NULL;
}

DEFUN(cfg_euse, cfg_euse_cmd, "euse NAME", EUSE_STR)
{
	struct config *cfg = config_of(vty);
	struct config_euse *ce = euse_find(cfg, argv[0]);

	if (strlen(argv[0]) > EUSE_NAME_MAX) {
		vty_out(vty, "%% a name has at most %d letters%s", EUSE_NAME_MAX, VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (!ce) {
		ce = talloc_zero(cfg, struct config_euse);
		OSMO_ASSERT(ce);
		ce->cfg.euse = talloc_strdup(ce, argv[0]);
		ce->cfg.name = talloc_asprintf(ce, "euse %s", argv[0]);
		ce->cfg.code = talloc_strdup(ce, CODE_DEFAULT);
		ce->cfg.shutdown = true;
		llist_add_tail(&ce->list, &cfg->euses);
	}
	vty->index = ce;
	vty->node = EUSE_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_euse, cfg_no_euse_cmd, "no euse NAME", NO_STR EUSE_STR)
{
	struct config *cfg = config_of(vty);
	struct config_euse *ce = euse_find(cfg, argv[0]);

	if (!ce) {
		vty_out(vty, "%% there is no euse %s%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	config_tell(cfg, CONFIG_EUSE_GONE, ce);
	llist_del(&ce->list);
	talloc_free(ce);
	return CMD_SUCCESS;
}

DEFUN(cfg_euse_hlr, cfg_euse_hlr_cmd, "hlr " VTY_IPV46_CMD " <1-65535>",
      "The HLR: where its GSUP is\nIPv4 address\nIPv6 address\nPort, usually 4222\n")
{
	struct config_euse *ce = vty->index;

	if (!config_is_address(vty, argv[0]))
		return CMD_WARNING;
	SET(ce, ce->cfg.address, argv[0]);
	ce->cfg.port = atoi(argv[1]);
	return CMD_SUCCESS;
}

DEFUN(cfg_euse_ctrl, cfg_euse_ctrl_cmd, "ctrl " VTY_IPV46_CMD " <1-65535>",
      "The HLR's control interface, which tells a subscriber's number\n"
      "IPv4 address\nIPv6 address\nPort, usually 4259\n")
{
	struct config_euse *ce = vty->index;

	if (!config_is_address(vty, argv[0]))
		return CMD_WARNING;
	SET(ce, ce->cfg.ctrl_address, argv[0]);
	ce->cfg.ctrl_port = atoi(argv[1]);
	return CMD_SUCCESS;
}

DEFUN(cfg_euse_no_ctrl, cfg_euse_no_ctrl_cmd, "no ctrl", NO_STR "The HLR's control interface\n")
{
	struct config_euse *ce = vty->index;

	SET(ce, ce->cfg.ctrl_address, NULL);
	return CMD_SUCCESS;
}

/* "*140#": a star, digits, perhaps with stars between, and a hash (TS 22.030 6.5.2) */
static bool is_code(const char *text)
{
	size_t len = strlen(text), body = strspn(text, "*0123456789");

	return len >= 3 && text[0] == '*' && text[1] != '*' && body == len - 1 &&
	       text[len - 1] == '#' && text[len - 2] != '*';
}

DEFUN(cfg_euse_code, cfg_euse_code_cmd, "code CODE",
      "What residents dial; the HLR's route prefix is this without its #\nAs *140#\n")
{
	struct config_euse *ce = vty->index;

	if (!is_code(argv[0])) {
		vty_out(vty, "%% a code looks like *140#%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(ce, ce->cfg.code, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_euse_page, cfg_euse_page_cmd, "page-limit <40-160>",
      "What a page holds: more fits an HLR that takes components of over 127 octets\n"
      "Octets of the packed text; 112 is 128 letters, 160 is 182\n")
{
	struct config_euse *ce = vty->index;

	ce->cfg.page_octets = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_euse_length, cfg_euse_length_cmd, "component-length (ber|one-octet)",
      "How a length over 127 octets is written\n"
      "With 0x81 before it, as X.690 says\n"
      "In one octet, as HLR and MSC of Osmocom 1.x read it\n")
{
	struct config_euse *ce = vty->index;

	ce->cfg.length = strcmp(argv[0], "ber") == 0 ? GSUP_USSD_BER : GSUP_USSD_ONE_OCTET;
	return CMD_SUCCESS;
}

DEFUN(cfg_euse_answer, cfg_euse_answer_cmd, "answer-time <5-600>",
      "How long a page waits for its answer: less than the guard timers of HLR and MSC (30)\n"
      "Seconds\n")
{
	struct config_euse *ce = vty->index;

	ce->cfg.answer_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

static int euse_switch(struct vty *vty, bool shutdown)
{
	struct config_euse *ce = vty->index;

	if (!shutdown && !ce->cfg.address) {
		vty_out(vty, "%% give its HLR first: hlr 127.0.0.1 4222%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	ce->cfg.shutdown = shutdown;
	config_tell(config_of(vty), CONFIG_EUSE, ce);
	return CMD_SUCCESS;
}

DEFUN(cfg_euse_shutdown, cfg_euse_shutdown_cmd, "shutdown", "Stop this line\n")
{
	return euse_switch(vty, true);
}

DEFUN(cfg_euse_no_shutdown, cfg_euse_no_shutdown_cmd, "no shutdown", NO_STR "Stop this line\n")
{
	return euse_switch(vty, false);
}

static int write_euses(struct vty *vty)
{
	const struct config *cfg = config_of(vty);
	const struct config_euse *ce;

	llist_for_each_entry (ce, &cfg->euses, list) {
		vty_out(vty, "euse %s%s", ce->cfg.euse, VTY_NEWLINE);
		if (ce->cfg.address)
			vty_out(vty, " hlr %s %u%s", ce->cfg.address, ce->cfg.port, VTY_NEWLINE);
		if (ce->cfg.ctrl_address)
			vty_out(vty, " ctrl %s %u%s", ce->cfg.ctrl_address, ce->cfg.ctrl_port,
				VTY_NEWLINE);
		config_out_word(vty, "code", ce->cfg.code);
		if (ce->cfg.page_octets)
			vty_out(vty, " page-limit %zu%s", ce->cfg.page_octets, VTY_NEWLINE);
		if (ce->cfg.length == GSUP_USSD_ONE_OCTET)
			vty_out(vty, " component-length one-octet%s", VTY_NEWLINE);
		if (ce->cfg.answer_s)
			vty_out(vty, " answer-time %d%s", ce->cfg.answer_s, VTY_NEWLINE);
		vty_out(vty, " %sshutdown%s", ce->cfg.shutdown ? "" : "no ", VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

const char *config_code(const struct config *cfg)
{
	const struct config_euse *ce = llist_first_entry_or_null(&cfg->euses, struct config_euse,
								 list);

	return ce ? ce->cfg.code : CODE_DEFAULT;
}

void config_euse_install(void)
{
	install_node(&euse_node, write_euses);
	install_element(CONFIG_NODE, &cfg_euse_cmd);
	install_element(CONFIG_NODE, &cfg_no_euse_cmd);
	install_element(EUSE_NODE, &cfg_euse_hlr_cmd);
	install_element(EUSE_NODE, &cfg_euse_ctrl_cmd);
	install_element(EUSE_NODE, &cfg_euse_no_ctrl_cmd);
	install_element(EUSE_NODE, &cfg_euse_code_cmd);
	install_element(EUSE_NODE, &cfg_euse_page_cmd);
	install_element(EUSE_NODE, &cfg_euse_length_cmd);
	install_element(EUSE_NODE, &cfg_euse_answer_cmd);
	install_element(EUSE_NODE, &cfg_euse_shutdown_cmd);
	install_element(EUSE_NODE, &cfg_euse_no_shutdown_cmd);
}
