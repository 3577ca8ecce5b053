// SPDX-License-Identifier: AGPL-3.0-or-later
#include "web/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "log.h"
#include "talk/phrase_locale.h"
#include "web/web_int.h"
#include "web/web_tls.h"
#include "web/web_live.h"

#define BODY_DROP_MAX \
	(1024 * 1024) /* of a body that is too large: read so much more, then hung up */
#define COUNTRY_DEFAULT "31"
#define PLAIN_MAX	64 /* octets of a word of the log */
#define DESCRIPTORS	(WEB_CONNECTIONS + 512)
#define ZONE_DEFAULT	"Europe/Amsterdam"
#define HSTS		"max-age=31536000" /* RFC 6797 */
#define POLICY_DEFAULT	"default-src 'none'; style-src 'unsafe-inline'"

/* ---- answers ---- */

void web_poke(struct web *web)
{
	web->poked = true;
	if (!web->stopping)
		osmo_timer_schedule(&web->timer, 0, 0);
}

static void release(struct web_req *req)
{
	osmo_timer_del(&req->wait);
	talloc_free(req);
}

static void resume(struct web_req *req, bool was_held)
{
	if (!was_held || !req->suspended)
		return;
	req->suspended = false;
	MHD_resume_connection(req->conn);
	web_poke(req->web);
}

void web_answer_octets(struct web_req *req, unsigned int status, const char *type,
		       const void *octets, size_t n)
{
	bool was_held = req->held;

	OSMO_ASSERT(req->status == 0);
	req->held = false;
	if (req->finished) {
		release(req);
		return;
	}
	req->status = status;
	req->type = type;
	req->answer = talloc_size(req, n + 1);
	OSMO_ASSERT(req->answer);
	memcpy(req->answer, octets, n);
	req->answer[n] = '\0';
	req->answer_len = n;
	resume(req, was_held);
}

void web_answer(struct web_req *req, unsigned int status, const char *type, const char *body)
{
	web_answer_octets(req, status, type, body, strlen(body));
}

void web_answer_stream(struct web_req *req, const char *type, struct MHD_Response *response)
{
	bool was_held = req->held;

	OSMO_ASSERT(req->status == 0 && response);
	req->held = false;
	if (req->finished) {
		MHD_destroy_response(response);
		release(req);
		return;
	}
	req->type = type;
	req->stream = response;
	resume(req, was_held);
}

void web_answer_json(struct web_req *req, unsigned int status, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	OSMO_ASSERT(text);
	web_answer(req, status, "application/json", text);
	free(text);
}

void web_answer_error(struct web_req *req, unsigned int status, const char *fmt, ...)
{
	char words[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	/* a parser's words may hold half a character of what it could not read */
	for (char *c = words; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
	if (web_open311_is(req)) {
		web_open311_error(req, status, words);
		return;
	}
	web_answer_json(req, status, json_pack("{s:s%}", "error", words, strlen(words)));
}

void web_head(struct web_req *req, const char *name, const char *value)
{
	OSMO_ASSERT(req->n_heads < WEB_HEADS_MAX);
	req->heads[req->n_heads].name = name;
	req->heads[req->n_heads].value = talloc_strdup(req, value);
	OSMO_ASSERT(req->heads[req->n_heads].value);
	req->n_heads++;
}

void web_see(struct web_req *req, const char *address)
{
	web_head(req, "Location", address);
	web_answer(req, MHD_HTTP_SEE_OTHER, "text/plain; charset=utf-8", "");
}

void web_hold(struct web_req *req)
{
	req->held = true;
}

const char *web_header(const struct web_req *req, const char *name)
{
	return MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND, name);
}

const char *web_segment(const struct web_req *req, size_t n)
{
	return n < req->target.n ? req->target.segments[n] : "";
}

json_t *web_body_json(struct web_req *req)
{
	json_error_t error;
	json_t *json = json_loadb(req->body ? req->body : "", req->len, JSON_REJECT_DUPLICATES,
				  &error);

	if (!json) {
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "not JSON: line %d, column %d: %s",
				 error.line, error.column, error.text);
	} else if (!json_is_object(json)) {
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "the body must be a JSON object");
		json_decref(json);
		json = NULL;
	}
	return json;
}

/* ---- one request, as libmicrohttpd tells of it ---- */

static void *begin(void *data, const char *uri, struct MHD_Connection *conn)
{
	struct web *web = data;
	struct web_req *req = talloc_zero(web, struct web_req);

	OSMO_ASSERT(req);
	req->web = web;
	req->conn = conn;
	req->uri = talloc_strdup(req, uri);
	req->target_rc = target_read(&req->target, uri);
	llist_add_tail(&req->entry, &web->requests);
	return req;
}

/* The log takes no more of who asks than a word. */
static const char *plain(const char *text)
{
	size_t n = strspn(text,
			  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

	return text[n] || n > PLAIN_MAX ? "?" : text;
}

/* The path may hold a resident's number: only its first segment is logged, and a contractor's name. */
static void log_answer(const struct web_req *req)
{
	bool trouble = req->status >= 400 && req->status != 404 && req->status != 405;
	const char *words = strncmp(req->type, "text/html", 9) != 0 ? req->answer : req->why;

	if (!trouble || !words)
		words = "";
	LOGP(DWEB, trouble ? LOGL_NOTICE : LOGL_DEBUG, "%s %s /%s %s: %u%s%s\n", req->client,
	     plain(req->method), plain(web_segment(req, 0)),
	     strcmp(web_segment(req, 0), "contractors") ? "..." : plain(web_segment(req, 1)),
	     req->status, *words ? " " : "", words);
}

/* It went away before it was there as a whole, or before its answer was. */
static void log_gone(const struct web_req *req)
{
	LOGP(DWEB, req->too_large ? LOGL_NOTICE : LOGL_DEBUG, "%s %s /%s ...: %s\n", req->client,
	     plain(req->method), plain(web_segment(req, 0)),
	     req->too_large ? "hung up on a body without end" : "gone");
}

/* What every answer has, unless this one has its own. */
static void add_head(const struct web_req *req, struct MHD_Response *response, const char *name,
		     const char *value)
{
	for (size_t i = 0; i < req->n_heads; i++)
		if (!strcmp(req->heads[i].name, name))
			return;
	MHD_add_response_header(response, name, value);
}

/* The response is let go of. */
static enum MHD_Result send_response(struct web_req *req, struct MHD_Response *response)
{
	enum MHD_Result rc;

	MHD_add_response_header(response, "Content-Type", req->type);
	for (size_t i = 0; i < req->n_heads; i++)
		MHD_add_response_header(response, req->heads[i].name, req->heads[i].value);
	add_head(req, response, "Cache-Control", "no-store");
	add_head(req, response, "Content-Security-Policy", POLICY_DEFAULT);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (req->secure)
		MHD_add_response_header(response, "Strict-Transport-Security", HSTS);
	if (req->allow)
		MHD_add_response_header(response, "Allow", req->allow);
	rc = MHD_queue_response(req->conn, req->status, response);
	MHD_destroy_response(response);
	req->web->answered[OSMO_MIN(req->status / 100, 5)]++;
	log_answer(req);
	if (!req->endless)
		web_conn_told(req);
	return rc;
}

static enum MHD_Result send_stream(struct web_req *req)
{
	struct MHD_Response *response = req->stream;

	req->stream = NULL;
	req->status = MHD_HTTP_OK;
	return send_response(req, response);
}

static enum MHD_Result send_answer(struct web_req *req)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		req->answer_len, req->answer, MHD_RESPMEM_MUST_COPY);

	OSMO_ASSERT(response);
	return send_response(req, response);
}

static enum MHD_Result take_body(struct web_req *req, const char *bytes, size_t len)
{
	if (req->too_large || len > req->body_max - req->len) {
		req->too_large = true;
		req->len += len;
		return req->len > req->body_max + BODY_DROP_MAX ? MHD_NO : MHD_YES;
	}
	req->body = talloc_realloc_size(req, req->body, req->len + len + 1);
	OSMO_ASSERT(req->body);
	memcpy(req->body + req->len, bytes, len);
	req->len += len;
	req->body[req->len] = '\0';
	return MHD_YES;
}

/* It says itself that it brings more than would be read: it need not begin. */
static bool says_too_much(const struct web_req *req)
{
	const char *text = web_header(req, "Content-Length");
	size_t n = text ? strspn(text, "0123456789") : 0;

	return n > 18 || (n > 0 && strtoull(text, NULL, 10) > req->body_max + BODY_DROP_MAX);
}

static void route(struct web_req *req)
{
	req->routed = true;
	if (req->target_rc == -E2BIG)
		web_answer_error(req, MHD_HTTP_URI_TOO_LONG, "the address is too long");
	else if (req->target_rc < 0)
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "the address is not written correctly");
	else if (req->too_large)
		web_answer_error(req, MHD_HTTP_CONTENT_TOO_LARGE, "the body is over %zu octets",
				 req->body_max);
	else
		web_route(req);
}

/* RFC 9112, 6.3: where a body ends must be said once; else a proxy in front sees other requests than we do. */
struct framing {
	unsigned int lengths, codings;
	bool unknown;
};

static enum MHD_Result count_framing(void *data, enum MHD_ValueKind kind, const char *name,
				     const char *value)
{
	struct framing *f = data;

	if (!strcasecmp(name, "Content-Length")) {
		f->lengths++;
	} else if (!strcasecmp(name, "Transfer-Encoding")) {
		f->codings++;
		f->unknown = strcasecmp(value, "chunked") != 0;
	}
	return MHD_YES;
}

/* Answers what need not be read any further. */
static void refuse_head(struct web_req *req)
{
	struct framing f = { 0 };

	MHD_get_connection_values(req->conn, MHD_HEADER_KIND, count_framing, &f);
	req->too_large = says_too_much(req);
	if (f.lengths + f.codings > 1)
		web_answer_error(req, MHD_HTTP_BAD_REQUEST,
				 "one Content-Length, or Transfer-Encoding: chunked");
	else if (f.unknown)
		web_answer_error(req, MHD_HTTP_NOT_IMPLEMENTED,
				 "Transfer-Encoding is chunked or nothing");
	else if (req->too_large)
		route(req);
	if (req->status)
		web_head(req, "Connection", "close");
}

static enum MHD_Result handle(void *data, struct MHD_Connection *conn, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **con_cls)
{
	struct web_req *req = *con_cls;

	if (req->web->stopping)
		return MHD_NO;
	if (!req->method) {
		req->method = method;
		web_client_find(req);
		req->body_max = web_route_body_max(req);
		refuse_head(req);
		return req->status ? send_answer(req) : MHD_YES;
	}
	if (*upload_size > 0) {
		enum MHD_Result rc = take_body(req, upload, *upload_size);

		*upload_size = 0;
		return rc;
	}
	if (!req->routed) {
		web_conn_at_work(req);
		route(req);
	}
	if (req->stream)
		return send_stream(req);
	if (req->status == 0) {
		OSMO_ASSERT(req->held);
		req->suspended = true;
		MHD_suspend_connection(conn);
		return MHD_YES;
	}
	return send_answer(req);
}

static void completed(void *data, struct MHD_Connection *conn, void **con_cls,
		      enum MHD_RequestTerminationCode why)
{
	struct web_req *req = *con_cls;

	*con_cls = NULL;
	if (!req)
		return;
	web_conn_through(req);
	if (req->method && !req->status)
		log_gone(req);
	if (req->stream) /* nobody is there to take it */
		MHD_destroy_response(req->stream);
	llist_del(&req->entry);
	req->finished = true;
	if (req->web->stopping)
		req->web = NULL;
	if (req->waiting)
		req->held = false; /* by its own timer only */
	if (!req->held)
		release(req);
}

/* Addresses are taken apart by target_read(). */
static size_t leave_escaped(void *data, struct MHD_Connection *conn, char *text)
{
	return strlen(text);
}

static void log_daemon(void *data, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
static void log_daemon(void *data, const char *fmt, va_list ap)
{
	char words[256];

	vsnprintf(words, sizeof(words), fmt, ap);
	words[strcspn(words, "\r\n")] = '\0';
	LOGP(DWEB, LOGL_DEBUG, "libmicrohttpd: %s\n", words);
}

/* ---- libmicrohttpd on the loop ---- */

static void run(struct web *web)
{
	MHD_UNSIGNED_LONG_LONG ms;

	web->poked = false;
	MHD_run(web->daemon);
	if (web->poked)
		return; /* one request has answered another: libmicrohttpd does not count that as work to do */
	if (MHD_get_timeout(web->daemon, &ms) == MHD_YES)
		osmo_timer_schedule(&web->timer, (int)OSMO_MIN(ms / 1000, 3600),
				    (int)(ms % 1000) * 1000);
	else
		osmo_timer_del(&web->timer);
}

static int epoll_ready(struct osmo_fd *ofd, unsigned int what)
{
	run(ofd->data);
	return 0;
}

static void timer_over(void *data)
{
	run(data);
}

/* ---- start and stop ---- */

static bool resolve(const struct web_cfg *cfg, struct addrinfo **out)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
	};
	char port[8];

	snprintf(port, sizeof(port), "%u", cfg->port);
	return getaddrinfo(cfg->address, port, &hints, out) == 0;
}

static bool is_loopback(const struct sockaddr *addr)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;

	if (addr->sa_family == AF_INET)
		return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
	return addr->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static struct MHD_Daemon *start_daemon(struct web *web, const struct addrinfo *addr)
{
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)web_conn_certificate },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, WEB_TLS_PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (addr->ai_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	if (web->tls)
		flags |= MHD_USE_TLS;
	return MHD_start_daemon(
		flags, 0, NULL, NULL, handle, web, MHD_OPTION_EXTERNAL_LOGGER, log_daemon, web,
		MHD_OPTION_SOCK_ADDR, addr->ai_addr, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)WEB_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		web_conn_per_address(web), MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)WEB_TIMEOUT_S, MHD_OPTION_NOTIFY_CONNECTION, web_conn_changed, web,
		MHD_OPTION_URI_LOG_CALLBACK, begin, web, MHD_OPTION_UNESCAPE_CALLBACK,
		leave_escaped, web, MHD_OPTION_NOTIFY_COMPLETED, completed, web,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
		web->tls ? tls : &tls[ARRAY_SIZE(tls) - 1], MHD_OPTION_END);
}

static bool bind_daemon(struct web *web)
{
	const union MHD_DaemonInfo *info;
	struct addrinfo *addr;

	if (!resolve(&web->cfg, &addr)) {
		LOGP(DWEB, LOGL_ERROR, "http listen %s: write a numeric address\n",
		     web->cfg.address);
		return false;
	}
	web->on_loopback = is_loopback(addr->ai_addr);
	web->daemon = start_daemon(web, addr);
	freeaddrinfo(addr);
	if (!web->daemon) {
		LOGP(DWEB, LOGL_ERROR,
		     "http listen %s %u: %s: choose another port, or stop who has it\n",
		     web->cfg.address, web->cfg.port, strerror(errno));
		return false;
	}
	info = MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_BIND_PORT);
	web->port = info ? info->port : web->cfg.port;
	return true;
}

/* A connection is a descriptor; 1,024 is what most systems give at first. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS)
		return;
	limit.rlim_cur = OSMO_MIN(limit.rlim_max, (rlim_t)DESCRIPTORS);
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < DESCRIPTORS)
		LOGP(DWEB, LOGL_NOTICE, "http: only %lu files may be open at a time\n",
		     (unsigned long)limit.rlim_cur);
}

struct web *web_start(void *ctx, const struct web_cfg *cfg, struct store *st, struct notify *nt,
		      struct forwarder *fw, struct handset *hs, const struct web_user *user)
{
	struct web *web = talloc_zero(ctx, struct web);

	OSMO_ASSERT(web);
	INIT_LLIST_HEAD(&web->requests);
	web->cfg = *cfg;
	web->cfg.address = talloc_strdup(web, cfg->address);
	for (size_t i = 0; i < cfg->n_proxies; i++)
		web->cfg.proxies[i].address = talloc_strdup(web, cfg->proxies[i].address);
	web->cfg.request_s = cfg->request_s ? cfg->request_s : WEB_REQUEST_S;
	web->cfg.answer_s = cfg->answer_s ? cfg->answer_s : WEB_ANSWER_S;
	web_conn_start(web);
	web->country = talloc_strdup(web, cfg->country ? cfg->country : COUNTRY_DEFAULT);
	web->zone = talloc_strdup(web, cfg->zone ? cfg->zone : ZONE_DEFAULT);
	web->dutch = phrase_locale_alloc(web, "nl");
	web->english = phrase_locale_alloc(web, "en_GB");
	web->st = st;
	web->nt = nt;
	web->fw = fw;
	web->hs = hs;
	web->user = *user;
	osmo_timer_setup(&web->timer, timer_over, web);
	if ((cfg->certificate && !(web->tls = web_tls_alloc(web, cfg->certificate, cfg->key))) ||
	    !bind_daemon(web)) {
		talloc_free(web);
		return NULL;
	}
	osmo_fd_setup(&web->epoll,
		      MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
		      OSMO_FD_READ, epoll_ready, web, 0);
	OSMO_ASSERT(osmo_fd_register(&web->epoll) == 0);
	if (hs)
		handset_call_watch(hs, web_handset_call_changed, web);
	raise_limit();
	web->sign = web_sign_start(web);
	web->live = web_live_start(web);
	if (cfg->open311.on)
		web->open311 = web_open311_start(web);
	if (cfg->demo)
		web->demo = web_demo_start(web);
	LOGP(DWEB, LOGL_NOTICE, "http%s on %s port %u\n", web->tls ? "s" : "", web->cfg.address,
	     web->port);
	return web;
}

uint16_t web_port(const struct web *web)
{
	return web->port;
}

void web_reload(struct web *web)
{
	if (web->tls && web_tls_reload(web->tls))
		LOGP(DWEB, LOGL_INFO, "the certificate has been read again\n");
}

/* libmicrohttpd must not be stopped with a connection suspended.  Who holds a request still
 * holds it afterwards: it lives under no parent until the answer comes. */
static void end_requests(struct web *web)
{
	struct web_req *req;

	llist_for_each_entry (req, &web->requests, entry) {
		osmo_timer_del(&req->wait);
		if (req->suspended) {
			req->suspended = false;
			MHD_resume_connection(req->conn);
		}
		if (req->held && !req->waiting)
			talloc_steal(NULL, req);
	}
}

void web_stop(struct web *web)
{
	web->stopping = true;
	if (web->hs)
		handset_call_watch(web->hs, NULL, NULL);
	if (web->demo)
		web_demo_stop(web->demo);
	web_live_stop(web->live);
	web_sign_stop(web->sign);
	if (web->open311)
		web_open311_stop(web->open311);
	end_requests(web);
	osmo_timer_del(&web->timer);
	osmo_timer_del(&web->conn_timer);
	osmo_fd_unregister(&web->epoll);
	MHD_stop_daemon(web->daemon);
	talloc_free(web);
}

void web_texts_changed(struct web *web)
{
	web_handset_texts_changed(web);
}
