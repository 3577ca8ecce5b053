// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_conn.c - connections: how many from one address, how long one may take to say what it wants and to take what it
 * asked for, and by which certificate they are answered.
 *
 * libmicrohttpd hangs up on silence only: who sends or takes an octet now and then would hold a connection for ever.
 * So a request must be there as a whole within a time, counted from the connection's start or the request before it,
 * and its answer be taken within one, counted from when it is there to be sent. */
#include <sys/socket.h>
#include <time.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "log.h"
#include "web/web_int.h"
#include "web/web_tls.h"

#define LOOK_EVERY_S 1

enum stage {
	ASKS,	 /* or may do so: until a request is there as a whole */
	WAITS,	 /* for what we do, or to hear of what changes */
	IS_TOLD, /* there is an answer, which is not through yet */
};

struct web_conn {
	struct llist_head entry;
	struct web *web;
	int fd;
	int64_t since_s; /* monotonic */
	enum stage stage;
	bool hung_up;
};

static int64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static struct web_conn *conn_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void begins(struct web *web, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct web_conn *conn = talloc_zero(web, struct web_conn);

	OSMO_ASSERT(conn && info);
	conn->web = web;
	conn->fd = info->connect_fd;
	conn->since_s = now_s();
	llist_add_tail(&conn->entry, &web->conns);
	*context = conn;
	if (!osmo_timer_pending(&web->conn_timer))
		osmo_timer_schedule(&web->conn_timer, LOOK_EVERY_S, 0);
}

static void ends(void **context)
{
	struct web_conn *conn = *context;

	*context = NULL;
	if (conn) {
		llist_del(&conn->entry);
		talloc_free(conn);
	}
}

void web_conn_changed(void *data, struct MHD_Connection *connection, void **context,
		      enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		begins(data, connection, context);
	else
		ends(context);
}

static void becomes(struct web_req *req, enum stage stage)
{
	struct web_conn *conn = conn_of(req->conn);

	if (conn) {
		conn->stage = stage;
		conn->since_s = now_s();
	}
}

void web_conn_at_work(struct web_req *req)
{
	becomes(req, WAITS);
}

void web_conn_told(struct web_req *req)
{
	becomes(req, IS_TOLD);
}

void web_conn_through(struct web_req *req)
{
	becomes(req, ASKS);
}

static void look(void *data)
{
	struct web *web = data;
	struct web_conn *conn;
	int64_t now = now_s();
	unsigned int asking = 0, told = 0;

	llist_for_each_entry (conn, &web->conns, entry) {
		int most_s = conn->stage == ASKS ? web->cfg.request_s : web->cfg.answer_s;

		if (conn->stage == WAITS || conn->hung_up || now - conn->since_s < most_s)
			continue;
		/* libmicrohttpd sees its end and does the rest */
		shutdown(conn->fd, SHUT_RDWR);
		conn->hung_up = true;
		*(conn->stage == ASKS ? &asking : &told) += 1;
	}
	if (asking > 0)
		LOGP(DWEB, LOGL_NOTICE, "hung up on %u that took over %d s for a request\n", asking,
		     web->cfg.request_s);
	if (told > 0)
		LOGP(DWEB, LOGL_NOTICE, "hung up on %u that took over %d s for an answer\n", told,
		     web->cfg.answer_s);
	if (!llist_empty(&web->conns))
		osmo_timer_schedule(&web->conn_timer, LOOK_EVERY_S, 0);
}

void web_conn_start(struct web *web)
{
	INIT_LLIST_HEAD(&web->conns);
	osmo_timer_setup(&web->conn_timer, look, web);
}

unsigned int web_conn_per_address(const struct web *web)
{
	/* behind a proxy all come from its address, and this machine may ask what it likes */
	return web->cfg.n_proxies > 0 || web->on_loopback ? 0 : WEB_PER_ADDRESS;
}

int web_conn_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
			 gnutls_pcert_st **certificates, unsigned int *n,
			 gnutls_ocsp_data_st **ocsp, unsigned int *n_ocsp, gnutls_privkey_t *key,
			 unsigned int *flags)
{
	struct MHD_Connection *connection = gnutls_session_get_ptr(session);
	struct web_conn *conn = connection ? conn_of(connection) : NULL;

	*ocsp = NULL;
	*n_ocsp = 0;
	*flags = GNUTLS_CERT_RETR_DEINIT_ALL;
	return conn ? web_tls_give(conn->web->tls, certificates, n, key) : -1;
}
