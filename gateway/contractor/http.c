// SPDX-License-Identifier: AGPL-3.0-or-later
#include "contractor/http.h"

#include <string.h>
#include <strings.h>

#include <curl/curl.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "log.h"

#define HEADERS_MAX	(64 * 1024) /* octets of answer headers */
#define CONNECTIONS_MAX 64L
#define HOST_MAX	16L /* connections to one host */
#define IDLE_MAX_S	90L /* an older idle connection is not used again */

struct http_pool {
	CURLM *multi;
	char *ca_file;
	struct osmo_timer_list timer;
	struct llist_head requests;
	unsigned int busy;
};

/* A socket of libcurl's on our loop. */
struct watch {
	struct osmo_fd ofd;
};

struct http_request {
	struct llist_head entry;
	struct http_pool *pool;
	CURL *easy;
	struct curl_slist *headers;
	char *post;
	char *body;
	size_t len, header_len;
	char *etag, *last_modified;
	bool too_big;
	char error[CURL_ERROR_SIZE];
	void (*done)(const struct http_answer *answer, void *data);
	void *data;
};

/* ---- one request ---- */

static size_t take_body(char *bytes, size_t size, size_t n, void *data)
{
	struct http_request *req = data;
	size_t len = size * n;

	if (len > HTTP_ANSWER_MAX - req->len) {
		req->too_big = true;
		return 0;
	}
	req->body = talloc_realloc_size(req, req->body, req->len + len + 1);
	OSMO_ASSERT(req->body);
	memcpy(req->body + req->len, bytes, len);
	req->len += len;
	req->body[req->len] = '\0';
	return len;
}

/* \returns its value, child of req; NULL: it is another header */
static char *header_value(struct http_request *req, const char *name, const char *bytes, size_t len)
{
	size_t n = strlen(name);

	if (len <= n || strncasecmp(bytes, name, n) != 0 || bytes[n] != ':')
		return NULL;
	bytes += n + 1;
	len -= n + 1;
	while (len > 0 && strchr(" \t", *bytes))
		bytes++, len--;
	while (len > 0 && strchr(" \t\r\n", bytes[len - 1]))
		len--;
	return talloc_strndup(req, bytes, len);
}

static void keep(char **to, char *value)
{
	if (!value)
		return;
	talloc_free(*to);
	*to = value;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *data)
{
	struct http_request *req = data;

	req->header_len += size * n;
	if (req->header_len > HEADERS_MAX) {
		req->too_big = true;
		return 0;
	}
	keep(&req->etag, header_value(req, "etag", bytes, size * n));
	keep(&req->last_modified, header_value(req, "last-modified", bytes, size * n));
	return size * n;
}

static void release(struct http_request *req)
{
	curl_easy_cleanup(req->easy);
	curl_slist_free_all(req->headers);
}

/* Cancelled, or the pool goes. */
static int free_request(struct http_request *req)
{
	curl_multi_remove_handle(req->pool->multi, req->easy);
	release(req);
	llist_del(&req->entry);
	req->pool->busy--;
	return 0;
}

static void describe(struct http_answer *answer, struct http_request *req, CURLcode code)
{
	long status = 0, sent = 0;
	curl_off_t retry = 0;

	memset(answer, 0, sizeof(*answer));
	answer->body = req->body ? req->body : "";
	answer->len = req->len;
	answer->etag = req->etag ? req->etag : "";
	answer->last_modified = req->last_modified ? req->last_modified : "";
	curl_easy_getinfo(req->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(req->easy, CURLINFO_REQUEST_SIZE, &sent);
	curl_easy_getinfo(req->easy, CURLINFO_RETRY_AFTER, &retry);
	answer->retry_after_s = (int)OSMO_MIN(OSMO_MAX(retry, 0), 86400);
	if (code == CURLE_OK && status > 0) {
		answer->status = (int)status;
		return;
	}
	answer->maybe_taken = sent > 0;
	if (req->too_big)
		answer->error = "the answer is larger than can be read";
	else if (req->error[0])
		answer->error = req->error;
	else
		answer->error = curl_easy_strerror(code);
	answer->body = "";
	answer->len = 0;
}

static void finish(struct http_request *req, CURLcode code)
{
	struct http_pool *pool = req->pool;
	struct http_answer answer;

	describe(&answer, req, code);
	llist_del(&req->entry);
	pool->busy--;
	talloc_set_destructor(req, NULL);
	curl_multi_remove_handle(pool->multi, req->easy);
	req->done(&answer, req->data);
	release(req);
	talloc_free(req);
}

/* ---- libcurl on the loop ---- */

static void reap(struct http_pool *pool)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(pool->multi, &left))) {
		struct http_request *req = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&req);
		finish(req, msg->data.result);
	}
}

static void act(struct http_pool *pool, curl_socket_t fd, int what)
{
	int running;

	curl_multi_socket_action(pool->multi, fd, what, &running);
	reap(pool);
}

static int socket_ready(struct osmo_fd *ofd, unsigned int what)
{
	int ready = 0;

	if (what & OSMO_FD_READ)
		ready |= CURL_CSELECT_IN;
	if (what & OSMO_FD_WRITE)
		ready |= CURL_CSELECT_OUT;
	if (what & OSMO_FD_EXCEPT)
		ready |= CURL_CSELECT_ERR;
	act(ofd->data, ofd->fd, ready);
	return 0;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
	struct http_pool *pool = data;
	struct watch *watch = socket_data;
	unsigned int when = 0;

	if (what == CURL_POLL_REMOVE) {
		if (watch) {
			osmo_fd_unregister(&watch->ofd);
			talloc_free(watch);
			curl_multi_assign(pool->multi, fd, NULL);
		}
		return 0;
	}
	if (what & CURL_POLL_IN)
		when |= OSMO_FD_READ;
	if (what & CURL_POLL_OUT)
		when |= OSMO_FD_WRITE;
	if (!watch) {
		watch = talloc_zero(pool, struct watch);
		OSMO_ASSERT(watch);
		osmo_fd_setup(&watch->ofd, fd, when, socket_ready, pool, 0);
		OSMO_ASSERT(osmo_fd_register(&watch->ofd) == 0);
		curl_multi_assign(pool->multi, fd, watch);
	}
	osmo_fd_update_when(&watch->ofd, 0, when);
	return 0;
}

static int set_timer(CURLM *multi, long ms, void *data)
{
	struct http_pool *pool = data;

	/* never from in here: libcurl must not be entered again from its own callback */
	if (ms < 0)
		osmo_timer_del(&pool->timer);
	else
		osmo_timer_schedule(&pool->timer, ms / 1000, (int)(ms % 1000) * 1000);
	return 0;
}

static void timer_over(void *data)
{
	act(data, CURL_SOCKET_TIMEOUT, 0);
}

static int free_pool(struct http_pool *pool)
{
	struct http_request *req, *next;

	llist_for_each_entry_safe (req, next, &pool->requests, entry)
		talloc_free(req);
	curl_multi_cleanup(pool->multi);
	osmo_timer_del(&pool->timer);
	curl_global_cleanup();
	return 0;
}

struct http_pool *http_pool_alloc(void *ctx, const char *ca_file)
{
	struct http_pool *pool = talloc_zero(ctx, struct http_pool);

	OSMO_ASSERT(pool);
	OSMO_ASSERT(curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK);
	INIT_LLIST_HEAD(&pool->requests);
	pool->ca_file = talloc_strdup(pool, ca_file);
	pool->multi = curl_multi_init();
	OSMO_ASSERT(pool->multi);
	osmo_timer_setup(&pool->timer, timer_over, pool);
	curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
	curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
	curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
	curl_multi_setopt(pool->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, CONNECTIONS_MAX);
	curl_multi_setopt(pool->multi, CURLMOPT_MAX_HOST_CONNECTIONS, HOST_MAX);
	talloc_set_destructor(pool, free_pool);
	return pool;
}

/* ---- starting ---- */

static bool is_loopback(const char *host)
{
	return !strcasecmp(host, "localhost") || !strncmp(host, "127.", 4) ||
	       !strcmp(host, "[::1]");
}

/* \returns 0 and whether it is this machine; -1 if it is no address of http or https */
static int check_url(const char *url, bool *loopback)
{
	CURLU *parsed = curl_url();
	char *scheme = NULL, *host = NULL;
	int rc = -1;

	if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    (!strcmp(scheme, "http") || !strcmp(scheme, "https"))) {
		*loopback = is_loopback(host);
		rc = 0;
	}
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(parsed);
	return rc;
}

static char *url_part(CURLU *url, CURLUPart part)
{
	char *out = NULL;

	return curl_url_get(url, part, &out, CURLU_DEFAULT_PORT) == CURLUE_OK ? out : NULL;
}

static bool part_is_same(CURLU *a, CURLU *b, CURLUPart part)
{
	char *x = url_part(a, part), *y = url_part(b, part);
	bool same = x && y && strcasecmp(x, y) == 0;

	curl_free(x);
	curl_free(y);
	return same;
}

char *http_resolve(void *ctx, const char *base, const char *link)
{
	CURLU *from = curl_url(), *to = curl_url();
	char *whole = NULL, *out = NULL;
	bool loopback;

	if (curl_url_set(from, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl_url_set(to, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl_url_set(to, CURLUPART_URL, link, 0) == CURLUE_OK &&
	    part_is_same(from, to, CURLUPART_HOST) && part_is_same(from, to, CURLUPART_PORT))
		whole = url_part(to, CURLUPART_URL);
	if (whole && check_url(whole, &loopback) == 0)
		out = talloc_strdup(ctx, whole);
	curl_free(whole);
	curl_url_cleanup(from);
	curl_url_cleanup(to);
	return out;
}

static void set_headers(struct http_request *req, const struct http_ask *ask)
{
	size_t i;

	for (i = 0; ask->headers && ask->headers[i]; i++)
		req->headers = curl_slist_append(req->headers, ask->headers[i]);
	/* no waiting for 100 Continue: what is sent is small */
	req->headers = curl_slist_append(req->headers, "Expect:");
	curl_easy_setopt(req->easy, CURLOPT_HTTPHEADER, req->headers);
}

static void set_options(struct http_request *req, const struct http_ask *ask, bool loopback)
{
	long timeout = ask->timeout_ms > 0 ? ask->timeout_ms : HTTP_TIMEOUT_MS;
	CURL *easy = req->easy;

	curl_easy_setopt(easy, CURLOPT_URL, ask->url);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, req);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout / 2);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_MAX_S);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "meldlijn/" VERSION);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, req->error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, req);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, req);
	if (ask->once)
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	if (ask->method)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, ask->method);
	if (loopback)
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
	/* beside the system's directory of certificates, which stays */
	if (req->pool->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, req->pool->ca_file);
	if (req->post) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, req->post);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->post_len);
	}
}

struct http_request *http_start(struct http_pool *pool, const struct http_ask *ask)
{
	struct http_request *req;
	bool loopback = false;

	if (check_url(ask->url, &loopback) < 0)
		return NULL;
	req = talloc_zero(pool, struct http_request);
	OSMO_ASSERT(req);
	req->pool = pool;
	req->done = ask->done;
	req->data = ask->data;
	req->easy = curl_easy_init();
	OSMO_ASSERT(req->easy);
	if (ask->post) {
		req->post = talloc_memdup(req, ask->post, ask->post_len);
		OSMO_ASSERT(req->post);
	}
	set_options(req, ask, loopback);
	set_headers(req, ask);
	llist_add_tail(&req->entry, &pool->requests);
	pool->busy++;
	talloc_set_destructor(req, free_request);
	curl_multi_add_handle(pool->multi, req->easy);
	return req;
}

void http_cancel(struct http_request *req)
{
	talloc_free(req);
}

unsigned int http_busy(const struct http_pool *pool)
{
	return pool->busy;
}
