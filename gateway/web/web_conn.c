// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_conn.c - connections: how many from one address, how long one may take to say what it wants, and by which
 * certificate they are answered.
 *
 * libmicrohttpd hangs up on silence only: who sends an octet now and then would hold a connection for ever, so
 * a request must be there as a whole within a time, counted from the connection's start or the request before it. */
#include <sys/socket.h>
#include <time.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "log.h"
#include "web/web_int.h"
#include "web/web_tls.h"

#define LOOK_EVERY_S 1

struct web_conn {
	struct llist_head entry;
	struct web *web;
	int fd;
	int64_t since_s; /* monotonic */
	bool at_work;	 /* a request is there as a whole and not yet through */
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

void web_conn_at_work(struct web_req *req)
{
	struct web_conn *conn = conn_of(req->conn);

	if (conn)
		conn->at_work = true;
}

void web_conn_through(struct web_req *req)
{
	struct web_conn *conn = conn_of(req->conn);

	if (conn) {
		conn->at_work = false;
		conn->since_s = now_s();
	}
}

static void look(void *data)
{
	struct web *web = data;
	struct web_conn *conn;
	int64_t now = now_s();
	unsigned int n = 0;

	llist_for_each_entry (conn, &web->conns, entry) {
		if (conn->at_work || conn->hung_up || now - conn->since_s < web->cfg.request_s)
			continue;
		/* libmicrohttpd sees its end and does the rest */
		shutdown(conn->fd, SHUT_RDWR);
		conn->hung_up = true;
		n++;
	}
	if (n > 0)
		LOGP(DWEB, LOGL_NOTICE, "hung up on %u that took over %d s for a request\n", n,
		     web->cfg.request_s);
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
