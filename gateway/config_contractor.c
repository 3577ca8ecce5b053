// SPDX-License-Identifier: AGPL-3.0-or-later
/* config_contractor.c - the words of "contractor". */
#include "config_int.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define CONTRACTOR_STR "One who repairs, over HTTP\nName: letters, digits, dash\n"

static struct cmd_node contractor_node = { .node = CONTRACTOR_NODE,
					   .prompt = "%s(config-contractor)# ",
					   .vtysh = 1 };

static struct config_contractor *contractor_find(struct config *cfg, const char *name)
{
	struct config_contractor *co;

	llist_for_each_entry (co, &cfg->contractors, list)
		if (strcmp(co->cfg.name, name) == 0)
			return co;
	return NULL;
}

DEFUN(cfg_contractor, cfg_contractor_cmd, "contractor NAME", CONTRACTOR_STR)
{
	struct config *cfg = config_of(vty);
	struct config_contractor *co = contractor_find(cfg, argv[0]);

	if (!osmo_identifier_valid(argv[0]) || strlen(argv[0]) > 40) {
		vty_out(vty, "%% a contractor's name is letters, digits and dashes, at most 40%s",
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (!co) {
		co = talloc_zero(cfg, struct config_contractor);
		OSMO_ASSERT(co);
		co->cfg.name = talloc_strdup(co, argv[0]);
		co->cfg.poll_s = 300;
		co->cfg.rung_after_s = 3600;
		co->cfg.window = 4;
		llist_add_tail(&co->list, &cfg->contractors);
	}
	vty->index = co;
	vty->node = CONTRACTOR_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_contractor, cfg_no_contractor_cmd, "no contractor NAME", NO_STR CONTRACTOR_STR)
{
	struct config *cfg = config_of(vty);
	struct config_contractor *co = contractor_find(cfg, argv[0]);

	if (!co) {
		vty_out(vty, "%% there is no contractor %s%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	llist_del(&co->list);
	config_tell(cfg, CONFIG_CONTRACTORS, NULL);
	talloc_free(co);
	return CMD_SUCCESS;
}

#define CONTRACTOR_WORD(name, field, text, help)           \
	DEFUN(name, name##_cmd, text, help)                \
	{                                                  \
		struct config_contractor *co = vty->index; \
                                                           \
		SET(co, co->field, argc ? argv[0] : NULL); \
		return CMD_SUCCESS;                        \
	}

CONTRACTOR_WORD(cfg_co_url, cfg.url, "url URL", "Where orders go\nhttp or https\n")
CONTRACTOR_WORD(cfg_co_url2, cfg.second_url, "second-url URL",
		"The next rung, when the first fails too long\nhttp or https\n")
CONTRACTOR_WORD(cfg_co_sms, cfg.sms_number, "sms-number NUMBER",
		"The last rung: orders by text\nE.164, with +\n")
DEFUN(cfg_co_mail, cfg_co_mail_cmd, "mail-to ADDRESS",
      "Format link: who gets orders by mail\nAddress, as planning@bedrijf.nl\n")
{
	struct config_contractor *co = vty->index;

	if (!config_is_mail(vty, argv[0]))
		return CMD_WARNING;
	SET(co, co->cfg.mail_to, argv[0]);
	return CMD_SUCCESS;
}

CONTRACTOR_WORD(cfg_co_key, api_key_file, "api-key-file PATH",
		"File with the API key on its first line\nPath\n")
CONTRACTOR_WORD(cfg_co_secret, callback_secret_file, "callback-secret-file PATH",
		"File with the secret that signs webhooks and callbacks\nPath\n")
CONTRACTOR_WORD(cfg_co_jurisdiction, cfg.jurisdiction, "jurisdiction ID",
		"Open311 jurisdiction_id\nId\n")

CONTRACTOR_WORD(cfg_co_source, cfg.source, "source NAME",
		"Signalen: where signals are said to come from\nOne of their sources\n")

static const struct value_string formats[] = { { CONTRACTOR_OPEN311, "open311" },
					       { CONTRACTOR_WEBHOOK, "webhook" },
					       { CONTRACTOR_SIGNALEN, "signalen" },
					       { CONTRACTOR_LINK, "link" },
					       {} };

DEFUN(cfg_co_format, cfg_co_format_cmd, "format (open311|webhook|signalen|link)",
      "How orders are written\nOpen311 GeoReport v2\nStandard Webhooks, signed JSON\n"
      "Signals of Signalen\nA mail to mail-to, or a text to sms-number, with a link to a page of the order\n")
{
	struct config_contractor *co = vty->index;

	co->cfg.format = get_string_value(formats, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_co_signalen, cfg_co_signalen_cmd, "signalen-category OUR URL",
      "Signalen: what a category is called there\nCategory of menus/categories.yaml, or: default\n"
      "Address of their sub category, or its path\n")
{
	struct config_contractor *co = vty->index;
	size_t i = 0;

	while (i < CONTRACTOR_LIST_MAX - 1 && co->cfg.signalen[i].ours &&
	       strcmp(co->cfg.signalen[i].ours, argv[0]) != 0)
		i++;
	if (i == CONTRACTOR_LIST_MAX - 1) {
		vty_out(vty, "%% at most %u of them%s", CONTRACTOR_LIST_MAX - 1, VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(co, co->cfg.signalen[i].ours, argv[0]);
	SET(co, co->cfg.signalen[i].theirs, argv[1]);
	return CMD_SUCCESS;
}

DEFUN(cfg_co_poll, cfg_co_poll_cmd, "poll <0-86400>",
      "Open311, Signalen: how often to ask what is new\nSeconds; 0: never, callbacks only\n")
{
	struct config_contractor *co = vty->index;

	co->cfg.poll_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_co_rung, cfg_co_rung_cmd, "rung-after <1-604800>",
      "Failing so long, the next rung is taken and an alarm is on\nSeconds\n")
{
	struct config_contractor *co = vty->index;

	co->cfg.rung_after_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

static int set_list(struct vty *vty, struct config_contractor *co, const char **list,
		    unsigned int *n, int argc, const char **argv)
{
	if (argc > CONTRACTOR_LIST_MAX - 1) {
		vty_out(vty, "%% at most %u words%s", CONTRACTOR_LIST_MAX - 1, VTY_NEWLINE);
		return CMD_WARNING;
	}
	for (unsigned int i = 0; i < CONTRACTOR_LIST_MAX; i++)
		SET(co, list[i], i < (unsigned int)argc ? argv[i] : NULL);
	*n = argc;
	return CMD_SUCCESS;
}

DEFUN(cfg_co_category, cfg_co_category_cmd, "category .CATEGORIES",
      "What they do; without it all\nCategories or groups of menus/categories.yaml\n")
{
	struct config_contractor *co = vty->index;

	return set_list(vty, co, co->cfg.categories, &co->categories, argc, argv);
}

DEFUN(cfg_co_area, cfg_co_area_cmd, "area .AREAS",
      "Where they do it; without it everywhere\nAreas of the address register\n")
{
	struct config_contractor *co = vty->index;

	return set_list(vty, co, co->cfg.areas, &co->areas, argc, argv);
}

static void out_list(struct vty *vty, const char *word, const char *const *list)
{
	if (!list[0])
		return;
	vty_out(vty, " %s", word);
	for (; *list; list++)
		vty_out(vty, " %s", *list);
	vty_out(vty, "%s", VTY_NEWLINE);
}

static int write_contractors(struct vty *vty)
{
	const struct config *cfg = config_of(vty);
	const struct config_contractor *co;

	llist_for_each_entry (co, &cfg->contractors, list) {
		vty_out(vty, "contractor %s%s", co->cfg.name, VTY_NEWLINE);
		config_out_word(vty, "url", co->cfg.url);
		config_out_word(vty, "second-url", co->cfg.second_url);
		config_out_word(vty, "sms-number", co->cfg.sms_number);
		config_out_word(vty, "mail-to", co->cfg.mail_to);
		config_out_word(vty, "format", get_value_string(formats, co->cfg.format));
		config_out_word(vty, "api-key-file", co->api_key_file);
		config_out_word(vty, "callback-secret-file", co->callback_secret_file);
		config_out_word(vty, "jurisdiction", co->cfg.jurisdiction);
		config_out_word(vty, "source", co->cfg.source);
		for (size_t i = 0; i < CONTRACTOR_LIST_MAX && co->cfg.signalen[i].ours; i++)
			vty_out(vty, " signalen-category %s %s%s", co->cfg.signalen[i].ours,
				co->cfg.signalen[i].theirs, VTY_NEWLINE);
		vty_out(vty, " poll %d%s", co->cfg.poll_s, VTY_NEWLINE);
		vty_out(vty, " rung-after %d%s", co->cfg.rung_after_s, VTY_NEWLINE);
		out_list(vty, "category", co->cfg.categories);
		out_list(vty, "area", co->cfg.areas);
	}
	return CMD_SUCCESS;
}

void config_contractor_install(void)
{
	install_node(&contractor_node, write_contractors);
	install_element(CONFIG_NODE, &cfg_contractor_cmd);
	install_element(CONFIG_NODE, &cfg_no_contractor_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_url_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_url2_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_sms_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_mail_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_format_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_source_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_signalen_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_key_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_secret_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_jurisdiction_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_poll_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_rung_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_category_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_area_cmd);
}
