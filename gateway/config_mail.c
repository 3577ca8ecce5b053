// SPDX-License-Identifier: AGPL-3.0-or-later
/* config_mail.c - the words of "mail": the server that takes orders for contractors without a system. */
#include "config_int.h"

#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "wire/mail.h"

static struct cmd_node mail_node = { .node = MAIL_NODE, .prompt = "%s(config-mail)# ", .vtysh = 1 };

DEFUN(cfg_mail, cfg_mail_cmd, "mail", "The mail server that takes orders\n")
{
	vty->index = config_of(vty);
	vty->node = MAIL_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_mail_server, cfg_mail_server_cmd, "server URL",
      "Where mail goes\nsmtp://HOST:PORT, or smtps://HOST:PORT: TLS from the start\n")
{
	struct config *cfg = config_of(vty);

	if (!mail_is_server(argv[0])) {
		vty_out(vty,
			"%% write smtp:// or smtps://, a host and a port: smtp://mail.example:587%s",
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cfg, cfg->mail.url, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_mail_from, cfg_mail_from_cmd, "from ADDRESS",
      "Who sends it\nAddress, as meldlijn@denhaag.nl\n")
{
	struct config *cfg = config_of(vty);

	if (!config_is_mail(vty, argv[0]))
		return CMD_WARNING;
	SET(cfg, cfg->mail.from, argv[0]);
	return CMD_SUCCESS;
}

#define MAIL_WORD(name, field, text, help)                   \
	DEFUN(name, name##_cmd, text, help)                  \
	{                                                    \
		struct config *cfg = config_of(vty);         \
                                                             \
		SET(cfg, cfg->field, argc ? argv[0] : NULL); \
		return CMD_SUCCESS;                          \
	}

MAIL_WORD(cfg_mail_user, mail.user, "user NAME", "Who we are there\nName\n")
MAIL_WORD(cfg_mail_no_user, mail.user, "no user", NO_STR "Who we are there\n")
MAIL_WORD(cfg_mail_password, mail_password_file, "password-file PATH",
	  "File with the password on its first line\nPath\n")
MAIL_WORD(cfg_mail_no_password, mail_password_file, "no password-file",
	  NO_STR "File with the password\n")
MAIL_WORD(cfg_mail_ca, mail.ca_file, "ca-file PATH",
	  "Who vouches for the server, if the system does not know them\nPEM\n")
MAIL_WORD(cfg_mail_no_ca, mail.ca_file, "no ca-file", NO_STR "Who vouches for the server\n")

DEFUN(cfg_mail_starttls, cfg_mail_starttls_cmd, "starttls (required|if-offered)",
      "smtp: is it sent by TLS?\nOnly so\nIn the clear to a server that does not offer it\n")
{
	config_of(vty)->mail.tls_if_offered = !strcmp(argv[0], "if-offered");
	return CMD_SUCCESS;
}

static int write_mail(struct vty *vty)
{
	const struct config *cfg = config_of(vty);

	if (!cfg->mail.url)
		return CMD_SUCCESS;
	vty_out(vty, "mail%s", VTY_NEWLINE);
	config_out_word(vty, "server", cfg->mail.url);
	config_out_word(vty, "from", cfg->mail.from);
	config_out_word(vty, "user", cfg->mail.user);
	config_out_word(vty, "password-file", cfg->mail_password_file);
	config_out_word(vty, "ca-file", cfg->mail.ca_file);
	config_out_word(vty, "starttls", cfg->mail.tls_if_offered ? "if-offered" : "required");
	return CMD_SUCCESS;
}

void config_mail_install(void)
{
	install_node(&mail_node, write_mail);
	install_element(CONFIG_NODE, &cfg_mail_cmd);
	install_element(MAIL_NODE, &cfg_mail_server_cmd);
	install_element(MAIL_NODE, &cfg_mail_from_cmd);
	install_element(MAIL_NODE, &cfg_mail_user_cmd);
	install_element(MAIL_NODE, &cfg_mail_no_user_cmd);
	install_element(MAIL_NODE, &cfg_mail_password_cmd);
	install_element(MAIL_NODE, &cfg_mail_no_password_cmd);
	install_element(MAIL_NODE, &cfg_mail_ca_cmd);
	install_element(MAIL_NODE, &cfg_mail_no_ca_cmd);
	install_element(MAIL_NODE, &cfg_mail_starttls_cmd);
}
