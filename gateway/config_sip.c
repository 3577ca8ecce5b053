// SPDX-License-Identifier: AGPL-3.0-or-later
/* config_sip.c - the words of "sip": a trunk that residents' calls come through. */
#include "config_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#define SIP_STR	     "Calls through a SIP trunk\nName\n"
#define SIP_NAME_MAX 48

static struct cmd_node sip_node = { .node = SIP_NODE, .prompt = "%s(config-sip)# ", .vtysh = 1 };

static const char *const way_words[] = {
	[SIP_UDP] = "udp",
	[SIP_TCP] = "tcp",
	[SIP_TLS] = "tls",
};

static const char *const codec_words[SIP_CODECS] = {
	[SIP_PCMA] = "pcma",
	[SIP_PCMU] = "pcmu",
	[SIP_GSM] = "gsm",
};

static struct config_sip *sip_find(struct config *cfg, const char *name)
{
	struct config_sip *cs;

	llist_for_each_entry (cs, &cfg->sips, list)
		if (strcmp(cs->sip, name) == 0)
			return cs;
	return NULL;
}

DEFUN(cfg_sip, cfg_sip_cmd, "sip NAME", SIP_STR)
{
	struct config *cfg = config_of(vty);
	struct config_sip *cs = sip_find(cfg, argv[0]);

	if (strlen(argv[0]) > SIP_NAME_MAX) {
		vty_out(vty, "%% a name has at most %d letters%s", SIP_NAME_MAX, VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (!cs) {
		cs = talloc_zero(cfg, struct config_sip);
		OSMO_ASSERT(cs);
		cs->sip = talloc_strdup(cs, argv[0]);
		cs->cfg.name = talloc_asprintf(cs, "sip %s", argv[0]);
		cs->cfg.shutdown = true;
		llist_add_tail(&cs->list, &cfg->sips);
	}
	vty->index = cs;
	vty->node = SIP_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_sip, cfg_no_sip_cmd, "no sip NAME", NO_STR SIP_STR)
{
	struct config *cfg = config_of(vty);
	struct config_sip *cs = sip_find(cfg, argv[0]);

	if (!cs) {
		vty_out(vty, "%% there is no sip %s%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	config_tell(cfg, CONFIG_SIP_GONE, cs);
	llist_del(&cs->list);
	talloc_free(cs);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_listen, cfg_sip_listen_cmd, "listen " VTY_IPV46_CMD " <1-65535>",
      "Where the trunk reaches us, by UDP and TCP\nIPv4 address\nIPv6 address\nPort, usually 5060\n")
{
	struct config_sip *cs = vty->index;

	if (!config_is_address(vty, argv[0]))
		return CMD_WARNING;
	if (strcmp(argv[0], "0.0.0.0") == 0 || strcmp(argv[0], "::") == 0) {
		vty_out(vty, "%% give one address: the trunk is told to send sound there%s",
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cs, cs->cfg.address, argv[0]);
	cs->cfg.port = atoi(argv[1]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_trunk, cfg_sip_trunk_cmd, "trunk " VTY_IPV46_CMD,
      "Who may call; once for each of its addresses\nIPv4 address\nIPv6 address\n")
{
	struct config_sip *cs = vty->index;

	if (!config_is_address(vty, argv[0]))
		return CMD_WARNING;
	for (size_t i = 0; i < cs->cfg.n_peers; i++)
		if (strcmp(cs->cfg.peers[i], argv[0]) == 0)
			return CMD_SUCCESS;
	if (cs->cfg.n_peers == SIP_PEERS_MAX) {
		vty_out(vty, "%% at most %d addresses%s", SIP_PEERS_MAX, VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cs, cs->cfg.peers[cs->cfg.n_peers], argv[0]);
	cs->cfg.n_peers++;
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_no_trunk, cfg_sip_no_trunk_cmd, "no trunk", NO_STR "Nobody may call\n")
{
	struct config_sip *cs = vty->index;

	while (cs->cfg.n_peers > 0)
		SET(cs, cs->cfg.peers[--cs->cfg.n_peers], NULL);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_codec, cfg_sip_codec_cmd, "codec (pcma|pcmu|gsm)",
      "Take sound in this form; once for each, without it all\n"
      "G.711 A-law\nG.711 mu-law\nGSM full rate\n")
{
	struct config_sip *cs = vty->index;
	enum sip_codec codec = 0;

	while (strcmp(codec_words[codec], argv[0]) != 0)
		codec++;
	for (size_t i = 0; i < cs->cfg.n_codecs; i++)
		if (cs->cfg.codecs[i] == codec)
			return CMD_SUCCESS;
	cs->cfg.codecs[cs->cfg.n_codecs++] = codec;
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_no_codec, cfg_sip_no_codec_cmd, "no codec", NO_STR "Take sound in all forms\n")
{
	struct config_sip *cs = vty->index;

	cs->cfg.n_codecs = 0;
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_ports, cfg_sip_ports_cmd, "rtp-ports <1024-65534> <1025-65535>",
      "Where sound comes in, as the firewall lets it\nFirst port\nLast port\n")
{
	struct config_sip *cs = vty->index;

	if (atoi(argv[1]) <= atoi(argv[0])) {
		vty_out(vty, "%% the last port is after the first%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	cs->cfg.rtp_min = atoi(argv[0]);
	cs->cfg.rtp_max = atoi(argv[1]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_at_once, cfg_sip_at_once_cmd, "at-once <1-4000>",
      "How many calls are taken at once; one more is told to try again\nCalls\n")
{
	struct config_sip *cs = vty->index;

	cs->cfg.calls_max = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_silent, cfg_sip_silent_cmd, "rtp-timeout <2-600>",
      "A call without one packet of sound is over\nSeconds\n")
{
	struct config_sip *cs = vty->index;

	cs->cfg.silent_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_session, cfg_sip_session_cmd, "session-timer <90-86400>",
      "A call is refreshed within this time, or it is over (RFC 4028)\nSeconds\n")
{
	struct config_sip *cs = vty->index;

	cs->cfg.session_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_tls_listen, cfg_sip_tls_listen_cmd, "tls listen <1-65535>",
      "SIP over TLS\nTake calls by it too, at the same address\nPort, usually 5061\n")
{
	struct config_sip *cs = vty->index;

	cs->cfg.tls_port = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_tls_certificate, cfg_sip_tls_certificate_cmd, "tls certificate FILE",
      "SIP over TLS\nWhat we show\nPEM: certificate, those between it and its CA, private key\n")
{
	struct config_sip *cs = vty->index;

	SET(cs, cs->cfg.tls_certificate, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_tls_ca, cfg_sip_tls_ca_cmd, "tls ca FILE",
      "SIP over TLS\nWho signs for the trunk; then it must show a certificate when it calls\nPEM\n")
{
	struct config_sip *cs = vty->index;

	SET(cs, cs->cfg.tls_ca, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_no_tls, cfg_sip_no_tls_cmd, "no tls", NO_STR "SIP over TLS\n")
{
	struct config_sip *cs = vty->index;

	cs->cfg.tls_port = 0;
	SET(cs, cs->cfg.tls_certificate, NULL);
	SET(cs, cs->cfg.tls_ca, NULL);
	return CMD_SUCCESS;
}

static const char *const srtp_words[] = {
	[SIP_SRTP_OFF] = "off",
	[SIP_SRTP_OFFERED] = "offered",
	[SIP_SRTP_REQUIRED] = "required",
};

DEFUN(cfg_sip_srtp, cfg_sip_srtp_cmd, "srtp (off|offered|required)",
      "Encrypt sound, by keys in SDP (RFC 3711, 4568)\n"
      "Calls that must be encrypted are refused\n"
      "Where the other side can\nCalls that are not encrypted are refused\n")
{
	struct config_sip *cs = vty->index;
	enum sip_srtp_mode mode = SIP_SRTP_OFF;

	while (strcmp(srtp_words[mode], argv[0]) != 0)
		mode++;
	cs->cfg.srtp = mode;
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_proxy, cfg_sip_proxy_cmd, "proxy " VTY_IPV46_CMD " <1-65535> (udp|tcp|tls)",
      "Where calls of ours go, and may come from; without it to the first trunk's port 5060\n"
      "IPv4 address\nIPv6 address\nPort, usually 5060\nDatagrams\nA connection\nEncrypted\n")
{
	struct config_sip *cs = vty->index;
	enum sip_way way = SIP_UDP;

	if (!config_is_address(vty, argv[0]))
		return CMD_WARNING;
	while (strcmp(way_words[way], argv[2]) != 0)
		way++;
	SET(cs, cs->cfg.proxy, argv[0]);
	cs->cfg.proxy_port = atoi(argv[1]);
	cs->cfg.proxy_way = way;
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_no_proxy, cfg_sip_no_proxy_cmd, "no proxy", NO_STR "Calls go to the first trunk\n")
{
	struct config_sip *cs = vty->index;

	SET(cs, cs->cfg.proxy, NULL);
	return CMD_SUCCESS;
}

/* It stands in a URI. */
static bool is_of(struct vty *vty, const char *word, const char *more)
{
	for (const char *c = word; *c; c++) {
		if (isalnum((unsigned char)*c) || strchr(more, *c))
			continue;
		vty_out(vty, "%% letters, digits and %s only%s", more, VTY_NEWLINE);
		return false;
	}
	return true;
}

DEFUN(cfg_sip_register, cfg_sip_register_cmd, "register DOMAIN",
      "Tell the trunk's registrar where we are; the proxy leads there\n"
      "As the provider gives it, without sip:\n")
{
	struct config_sip *cs = vty->index;

	if (!is_of(vty, argv[0], ".-:[]"))
		return CMD_WARNING;
	SET(cs, cs->cfg.domain, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_no_register, cfg_sip_no_register_cmd, "no register",
      NO_STR "The trunk knows where we are\n")
{
	struct config_sip *cs = vty->index;

	SET(cs, cs->cfg.domain, NULL);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_user, cfg_sip_user_cmd, "user NAME",
      "Who we are for the trunk, where it asks for a password\nName\n")
{
	struct config_sip *cs = vty->index;

	if (!is_of(vty, argv[0], "-_.!~*+=$&"))
		return CMD_WARNING;
	SET(cs, cs->cfg.user, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_password, cfg_sip_password_cmd, "password-file PATH",
      "File with the password on its first line\nPath\n")
{
	struct config_sip *cs = vty->index;

	SET(cs, cs->password_file, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_expires, cfg_sip_expires_cmd, "expires <60-86400>",
      "How long a registration is asked for; it is made again before\nSeconds\n")
{
	struct config_sip *cs = vty->index;

	cs->cfg.expires_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_number, cfg_sip_number_cmd, "number NUMBER",
      "Our number on this trunk: calls of ours show it\nE.164, with +\n")
{
	struct config_sip *cs = vty->index;

	if (argv[0][0] != '+' || argv[0][strspn(argv[0], "+0123456789")]) {
		vty_out(vty, "%% give the number with its country, as +31201234567%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cs, cs->cfg.number, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_no_number, cfg_sip_no_number_cmd, "no number", NO_STR "It is not known\n")
{
	struct config_sip *cs = vty->index;

	SET(cs, cs->cfg.number, NULL);
	return CMD_SUCCESS;
}

/* What only this machine can reach needs no word of who may call: this machine may. */
static bool is_for_this_machine(const char *address)
{
	return strcmp(address, "127.0.0.1") == 0 || strcmp(address, "::1") == 0;
}

static int sip_switch(struct vty *vty, bool shutdown)
{
	struct config_sip *cs = vty->index;

	if (!shutdown && (!cs->cfg.address || (cs->cfg.n_peers == 0 && !cs->cfg.proxy &&
					       !is_for_this_machine(cs->cfg.address)))) {
		vty_out(vty,
			"%% first say where it listens and who may call: listen, trunk or proxy%s",
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (!shutdown && cs->cfg.domain && !cs->cfg.proxy) {
		vty_out(vty, "%% first say where the registrar is reached: proxy%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	cs->cfg.shutdown = shutdown;
	config_tell(config_of(vty), CONFIG_SIP, cs);
	return CMD_SUCCESS;
}

DEFUN(cfg_sip_shutdown, cfg_sip_shutdown_cmd, "shutdown", "Stop this line\n")
{
	return sip_switch(vty, true);
}

DEFUN(cfg_sip_no_shutdown, cfg_sip_no_shutdown_cmd, "no shutdown", NO_STR "Stop this line\n")
{
	return sip_switch(vty, false);
}

/* Of calls of ours. */
static void write_out(struct vty *vty, const struct config_sip *cs)
{
	const struct sip_line_cfg *cfg = &cs->cfg;

	if (cfg->proxy)
		vty_out(vty, " proxy %s %u %s%s", cfg->proxy, cfg->proxy_port,
			way_words[cfg->proxy_way], VTY_NEWLINE);
	if (cfg->domain)
		config_out_word(vty, "register", cfg->domain);
	if (cfg->user)
		config_out_word(vty, "user", cfg->user);
	if (cs->password_file)
		config_out_word(vty, "password-file", cs->password_file);
	if (cfg->expires_s)
		vty_out(vty, " expires %u%s", cfg->expires_s, VTY_NEWLINE);
	if (cfg->number)
		config_out_word(vty, "number", cfg->number);
}

static int write_sips(struct vty *vty)
{
	const struct config *cfg = config_of(vty);
	const struct config_sip *cs;

	llist_for_each_entry (cs, &cfg->sips, list) {
		vty_out(vty, "sip %s%s", cs->sip, VTY_NEWLINE);
		if (cs->cfg.address)
			vty_out(vty, " listen %s %u%s", cs->cfg.address, cs->cfg.port, VTY_NEWLINE);
		for (size_t i = 0; i < cs->cfg.n_peers; i++)
			config_out_word(vty, "trunk", cs->cfg.peers[i]);
		for (size_t i = 0; i < cs->cfg.n_codecs; i++)
			config_out_word(vty, "codec", codec_words[cs->cfg.codecs[i]]);
		if (cs->cfg.rtp_min)
			vty_out(vty, " rtp-ports %u %u%s", cs->cfg.rtp_min, cs->cfg.rtp_max,
				VTY_NEWLINE);
		if (cs->cfg.calls_max)
			vty_out(vty, " at-once %zu%s", cs->cfg.calls_max, VTY_NEWLINE);
		if (cs->cfg.silent_s)
			vty_out(vty, " rtp-timeout %u%s", cs->cfg.silent_s, VTY_NEWLINE);
		if (cs->cfg.session_s)
			vty_out(vty, " session-timer %u%s", cs->cfg.session_s, VTY_NEWLINE);
		if (cs->cfg.tls_port)
			vty_out(vty, " tls listen %u%s", cs->cfg.tls_port, VTY_NEWLINE);
		config_out_word(vty, "tls certificate", cs->cfg.tls_certificate);
		config_out_word(vty, "tls ca", cs->cfg.tls_ca);
		if (cs->cfg.srtp != SIP_SRTP_OFF)
			config_out_word(vty, "srtp", srtp_words[cs->cfg.srtp]);
		write_out(vty, cs);
		vty_out(vty, " %sshutdown%s", cs->cfg.shutdown ? "" : "no ", VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

void config_sip_install(void)
{
	install_node(&sip_node, write_sips);
	install_element(CONFIG_NODE, &cfg_sip_cmd);
	install_element(CONFIG_NODE, &cfg_no_sip_cmd);
	install_element(SIP_NODE, &cfg_sip_listen_cmd);
	install_element(SIP_NODE, &cfg_sip_trunk_cmd);
	install_element(SIP_NODE, &cfg_sip_no_trunk_cmd);
	install_element(SIP_NODE, &cfg_sip_codec_cmd);
	install_element(SIP_NODE, &cfg_sip_no_codec_cmd);
	install_element(SIP_NODE, &cfg_sip_ports_cmd);
	install_element(SIP_NODE, &cfg_sip_at_once_cmd);
	install_element(SIP_NODE, &cfg_sip_silent_cmd);
	install_element(SIP_NODE, &cfg_sip_session_cmd);
	install_element(SIP_NODE, &cfg_sip_tls_listen_cmd);
	install_element(SIP_NODE, &cfg_sip_tls_certificate_cmd);
	install_element(SIP_NODE, &cfg_sip_tls_ca_cmd);
	install_element(SIP_NODE, &cfg_sip_no_tls_cmd);
	install_element(SIP_NODE, &cfg_sip_srtp_cmd);
	install_element(SIP_NODE, &cfg_sip_proxy_cmd);
	install_element(SIP_NODE, &cfg_sip_no_proxy_cmd);
	install_element(SIP_NODE, &cfg_sip_register_cmd);
	install_element(SIP_NODE, &cfg_sip_no_register_cmd);
	install_element(SIP_NODE, &cfg_sip_user_cmd);
	install_element(SIP_NODE, &cfg_sip_password_cmd);
	install_element(SIP_NODE, &cfg_sip_expires_cmd);
	install_element(SIP_NODE, &cfg_sip_number_cmd);
	install_element(SIP_NODE, &cfg_sip_no_number_cmd);
	install_element(SIP_NODE, &cfg_sip_shutdown_cmd);
	install_element(SIP_NODE, &cfg_sip_no_shutdown_cmd);
}
