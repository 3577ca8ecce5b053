// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_local.c - is it this machine that asks?  A page in a browser and a proxy in front are this machine
 * too, so the Host, Origin and forwarding headers are looked at as well. */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>

#include "web/web_int.h"

static bool is_loopback_name(const char *host, size_t len)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (len == strlen(names[i]) && !strncasecmp(host, names[i], len))
			return true;
	return false;
}

static bool is_loopback_host(const char *host)
{
	size_t len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");

	return len <= strlen(host) && is_loopback_name(host, len);
}

static bool is_loopback_client(const struct web_req *req)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		req->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *addr = info ? info->client_addr : NULL;

	if (!addr)
		return false;
	if (addr->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)addr)->sin_addr.s_addr) >> 24 == 127;
	return addr->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)addr)->sin6_addr);
}

/* DNS rebinding, other pages, proxies. */
static bool headers_are_ours(const struct web_req *req)
{
	const char *host = web_header(req, "Host"), *origin = web_header(req, "Origin");
	const char *name = origin ? strstr(origin, "://") : NULL;

	static const char *const of_proxies[] = { "X-Forwarded-For",  "X-Forwarded-Proto",
						  "X-Forwarded-Host", "X-Real-IP",
						  "Forwarded",	      "Via" };

	for (size_t i = 0; i < ARRAY_SIZE(of_proxies); i++)
		if (web_header(req, of_proxies[i]))
			return false;
	if (host && !is_loopback_host(host))
		return false;
	return !origin || (name && is_loopback_host(name + 3));
}

bool web_comes_from_here(const struct web_req *req)
{
	return req->web->on_loopback && is_loopback_client(req) && headers_are_ours(req);
}
