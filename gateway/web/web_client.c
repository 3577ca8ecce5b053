// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_client.c - who asks, and by a connection that nobody can listen to?  A proxy's word is taken from the
 * configured addresses only, and only in the form that it is said to write: the other form passes through a proxy
 * as whoever asks has written it. */
#include <arpa/inet.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "web/web_int.h"
#include "wire/forwarded.h"

#define HOPS_MAX  16
#define LINES_MAX 4096 /* octets of all lines of one header; more is nobody's chain of proxies */

static void peer_address(const struct web_req *req, char out[FORWARDED_ADDRESS_SIZE])
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		req->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *addr = info ? info->client_addr : NULL;
	char text[FORWARDED_ADDRESS_SIZE] = "";

	if (addr && addr->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)addr)->sin_addr, text,
			  sizeof(text));
	else if (addr && addr->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)addr)->sin6_addr, text,
			  sizeof(text));
	forwarded_address(out, text, strlen(text));
}

static const struct web_proxy *proxy_at(const struct web *web, const char *address)
{
	size_t i;

	for (i = 0; i < web->cfg.n_proxies; i++)
		if (!strcmp(web->cfg.proxies[i].address, address))
			return &web->cfg.proxies[i];
	return NULL;
}

struct lines {
	const char *name;
	char *text;
	bool too_long;
};

/* Some proxies add a line, others to the line. */
static enum MHD_Result add_line(void *data, enum MHD_ValueKind kind, const char *name,
				const char *value)
{
	struct lines *lines = data;

	if (strcasecmp(name, lines->name) != 0)
		return MHD_YES;
	lines->text = lines->text ? talloc_asprintf_append_buffer(lines->text, ",%s", value)
				  : talloc_strdup(NULL, value);
	OSMO_ASSERT(lines->text);
	lines->too_long = strlen(lines->text) > LINES_MAX;
	return lines->too_long ? MHD_NO : MHD_YES;
}

static char *all_lines(struct web_req *req, const char *name)
{
	struct lines lines = { .name = name };

	MHD_get_connection_values(req->conn, MHD_HEADER_KIND, add_line, &lines);
	if (lines.too_long) {
		talloc_free(lines.text);
		return NULL;
	}
	return talloc_steal(req, lines.text);
}

static size_t read_hops(struct web_req *req, const struct web_proxy *proxy,
			struct forwarded_hop *hops)
{
	const char *text;

	if (!proxy->rfc7239)
		return forwarded_read_x(hops, HOPS_MAX, all_lines(req, "X-Forwarded-For"),
					all_lines(req, "X-Forwarded-Proto"));
	text = all_lines(req, "Forwarded");
	return text ? forwarded_read(hops, HOPS_MAX, text) : 0;
}

static bool is_tls(const struct web_req *req)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		req->conn, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info && info->tls_session;
}

void web_client_network(const struct web_req *req, char out[WEB_NETWORK_SIZE])
{
	struct in6_addr six;

	osmo_strlcpy(out, req->client[0] ? req->client : "?", WEB_NETWORK_SIZE);
	if (inet_pton(AF_INET6, req->client, &six) == 1) {
		memset(&six.s6_addr[8], 0, 8);
		inet_ntop(AF_INET6, &six, out, WEB_NETWORK_SIZE);
	}
}

void web_client_find(struct web_req *req)
{
	struct forwarded_hop hops[HOPS_MAX];
	char address[FORWARDED_ADDRESS_SIZE];
	const struct web_proxy *proxy;
	size_t n, i;

	peer_address(req, address);
	req->secure = is_tls(req);
	proxy = proxy_at(req->web, address);
	if (proxy) {
		n = read_hops(req, proxy, hops);
		/* what the nearest one says of its own connection; those before it are not known to be as safe */
		if (n > 0)
			req->secure = hops[0].https;
		for (i = 0; i < n && hops[i].address[0] && proxy_at(req->web, address); i++)
			osmo_strlcpy(address, hops[i].address, sizeof(address));
	}
	req->client = talloc_strdup(req, address);
	OSMO_ASSERT(req->client);
}
