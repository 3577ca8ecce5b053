// SPDX-License-Identifier: AGPL-3.0-or-later
/* config_http.c - the words of "http": taken at start, but for the certificate's contents. */
#include "config_int.h"

#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "wire/forwarded.h"

static struct cmd_node http_node = { .node = HTTP_NODE, .prompt = "%s(config-http)# ", .vtysh = 1 };

DEFUN(cfg_http, cfg_http_cmd, "http", "The web server\n")
{
	vty->index = config_of(vty);
	vty->node = HTTP_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_http_listen, cfg_http_listen_cmd, "listen ADDRESS <0-65535>",
      "Address and port to listen on\nIPv4 or IPv6 address\nPort\n")
{
	struct config *cfg = config_of(vty);

	if (!config_is_address(vty, argv[0]))
		return CMD_WARNING;
	SET(cfg, cfg->http_address, argv[0]);
	cfg->http_port = atoi(argv[1]);
	return config_say_at_start(vty);
}

#define HTTP_WORD(name, field, text, help)                   \
	DEFUN(name, name##_cmd, text, help)                  \
	{                                                    \
		struct config *cfg = config_of(vty);         \
                                                             \
		SET(cfg, cfg->field, argc ? argv[0] : NULL); \
		return config_say_at_start(vty);             \
	}

HTTP_WORD(
	cfg_http_certificate, http_certificate, "certificate FILE",
	"Answer by TLS; read again at SIGHUP\nPEM: the certificate, then those between it and its root\n")
HTTP_WORD(cfg_http_no_certificate, http_certificate, "no certificate", NO_STR "Answer by TLS\n")
HTTP_WORD(cfg_http_key, http_key, "key FILE", "The certificate's private key\nPEM\n")
HTTP_WORD(cfg_http_no_key, http_key, "no key", NO_STR "The certificate's private key\n")
HTTP_WORD(cfg_http_no_public, http_public_url, "no public-url", NO_STR "Where others find us\n")

DEFUN(cfg_http_public, cfg_http_public_cmd, "public-url URL",
      "Where others find us: the beginning of links\nhttps://host, with a path if a proxy adds one\n")
{
	struct config *cfg = config_of(vty);
	size_t len = strlen(argv[0]);

	if ((strncmp(argv[0], "https://", 8) != 0 && strncmp(argv[0], "http://", 7) != 0) ||
	    len > 200) {
		vty_out(vty, "%% write https:// and a host%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cfg, cfg->http_public_url, argv[0]);
	while (len > 0 && cfg->http_public_url[len - 1] == '/')
		cfg->http_public_url[--len] = '\0';
	return config_say_at_start(vty);
}

DEFUN(cfg_http_request_time, cfg_http_request_time_cmd, "request-time <1-3600>",
      "Who has not said a whole request by then is hung up on\nSeconds\n")
{
	config_of(vty)->http_request_s = atoi(argv[0]);
	return config_say_at_start(vty);
}

DEFUN(cfg_http_answer_time, cfg_http_answer_time_cmd, "answer-time <1-3600>",
      "Who has not taken the answer by then is hung up on\nSeconds\n")
{
	config_of(vty)->http_answer_s = atoi(argv[0]);
	return config_say_at_start(vty);
}

static struct web_proxy *proxy_find(struct config *cfg, const char *address)
{
	for (size_t i = 0; i < cfg->n_http_proxies; i++)
		if (!strcmp(cfg->http_proxies[i].address, address))
			return &cfg->http_proxies[i];
	return NULL;
}

static int trust(struct vty *vty, const char *text, bool rfc7239)
{
	struct config *cfg = config_of(vty);
	char address[FORWARDED_ADDRESS_SIZE];
	struct web_proxy *proxy;

	if (!config_is_address(vty, text))
		return CMD_WARNING;
	forwarded_address(address, text, strlen(text));
	proxy = proxy_find(cfg, address);
	if (!proxy && cfg->n_http_proxies == WEB_PROXIES) {
		vty_out(vty, "%% at most %d proxies%s", WEB_PROXIES, VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (!proxy) {
		proxy = &cfg->http_proxies[cfg->n_http_proxies++];
		proxy->address = talloc_strdup(cfg, address);
	}
	proxy->rfc7239 = rfc7239;
	return config_say_at_start(vty);
}

#define PROXY_STR \
	"A proxy before us: who asks is who it says, and whether by TLS\nIPv4 or IPv6 address\n"

DEFUN(cfg_http_proxy, cfg_http_proxy_cmd, "trusted-proxy ADDRESS", PROXY_STR)
{
	return trust(vty, argv[0], false);
}

DEFUN(cfg_http_proxy_7239, cfg_http_proxy_7239_cmd, "trusted-proxy ADDRESS forwarded",
      PROXY_STR "It writes Forwarded (RFC 7239), not X-Forwarded-For and X-Forwarded-Proto\n")
{
	return trust(vty, argv[0], true);
}

DEFUN(cfg_http_no_proxy, cfg_http_no_proxy_cmd, "no trusted-proxy ADDRESS", NO_STR PROXY_STR)
{
	struct config *cfg = config_of(vty);
	struct web_proxy *proxy = proxy_find(cfg, argv[0]);

	if (!proxy) {
		vty_out(vty, "%% %s is not trusted%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	talloc_free((char *)proxy->address);
	*proxy = cfg->http_proxies[--cfg->n_http_proxies];
	return config_say_at_start(vty);
}

static int write_http(struct vty *vty)
{
	const struct config *cfg = config_of(vty);

	if (!cfg->http_address)
		return CMD_SUCCESS;
	vty_out(vty, "http%s listen %s %u%s", VTY_NEWLINE, cfg->http_address, cfg->http_port,
		VTY_NEWLINE);
	config_out_word(vty, "certificate", cfg->http_certificate);
	config_out_word(vty, "key", cfg->http_key);
	config_out_word(vty, "public-url", cfg->http_public_url);
	for (size_t i = 0; i < cfg->n_http_proxies; i++)
		vty_out(vty, " trusted-proxy %s%s%s", cfg->http_proxies[i].address,
			cfg->http_proxies[i].rfc7239 ? " forwarded" : "", VTY_NEWLINE);
	vty_out(vty, " request-time %d%s answer-time %d%s", cfg->http_request_s, VTY_NEWLINE,
		cfg->http_answer_s, VTY_NEWLINE);
	return CMD_SUCCESS;
}

void config_http_install(void)
{
	install_node(&http_node, write_http);
	install_element(CONFIG_NODE, &cfg_http_cmd);
	install_element(HTTP_NODE, &cfg_http_listen_cmd);
	install_element(HTTP_NODE, &cfg_http_certificate_cmd);
	install_element(HTTP_NODE, &cfg_http_no_certificate_cmd);
	install_element(HTTP_NODE, &cfg_http_key_cmd);
	install_element(HTTP_NODE, &cfg_http_no_key_cmd);
	install_element(HTTP_NODE, &cfg_http_public_cmd);
	install_element(HTTP_NODE, &cfg_http_no_public_cmd);
	install_element(HTTP_NODE, &cfg_http_proxy_cmd);
	install_element(HTTP_NODE, &cfg_http_proxy_7239_cmd);
	install_element(HTTP_NODE, &cfg_http_no_proxy_cmd);
	install_element(HTTP_NODE, &cfg_http_request_time_cmd);
	install_element(HTTP_NODE, &cfg_http_answer_time_cmd);
}
