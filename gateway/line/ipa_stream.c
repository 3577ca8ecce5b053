// SPDX-License-Identifier: AGPL-3.0-or-later
#include "line/ipa_stream.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/msgb.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/ipa.h>
#include <osmocom/gsm/protocol/ipaccess.h>

#define READS_MAX 64 /* frames in a row before others have their turn */
#define HEADROOM  8  /* for the headers */

struct ipa_stream {
	struct ipa_stream_user user;
	struct osmo_fd fd; /* fd -1: closed */
	bool connecting;
	struct msgb *rx; /* a frame of which a part came */
	uint8_t *tx;	 /* IPA_STREAM_TX_MAX of room */
	size_t tx_len;
	struct osmo_timer_list full; /* nothing fits any more: told from the loop */
};

static void lost(struct ipa_stream *s, const char *why)
{
	s->user.lost(why, s->user.data);
}

/* ---- writing */

/* An error is told by reading, never from in here: the caller is in the middle of something. */
static void send_waiting(struct ipa_stream *s)
{
	ssize_t n = send(s->fd.fd, s->tx, s->tx_len, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		s->tx_len = 0;
	if (n > 0) {
		memmove(s->tx, s->tx + n, s->tx_len - n);
		s->tx_len -= n;
	}
	osmo_fd_update_when(&s->fd, ~OSMO_FD_WRITE, s->tx_len ? OSMO_FD_WRITE : 0);
}

void ipa_stream_send(struct ipa_stream *s, uint8_t protocol, int ext, const uint8_t *payload,
		     size_t len)
{
	bool waiting = s->tx_len > 0;
	struct msgb *msg;

	if (s->fd.fd < 0 || s->connecting)
		return;
	msg = msgb_alloc_headroom(len + HEADROOM, HEADROOM, "ipa");
	OSMO_ASSERT(msg);
	memcpy(msgb_put(msg, len), payload, len);
	if (ext >= 0)
		ipa_prepend_header_ext(msg, ext);
	ipa_prepend_header(msg, protocol);
	if (msgb_length(msg) > IPA_STREAM_TX_MAX - s->tx_len) {
		osmo_timer_schedule(&s->full, 0, 0);
	} else {
		memcpy(s->tx + s->tx_len, msgb_data(msg), msgb_length(msg));
		s->tx_len += msgb_length(msg);
		if (!waiting)
			send_waiting(s);
	}
	msgb_free(msg);
}

static void peer_full(void *data)
{
	lost(data, "the peer takes nothing more");
}

/* ---- reading */

static void take_frame(struct ipa_stream *s, struct msgb *msg)
{
	const struct ipaccess_head *head = (const struct ipaccess_head *)msgb_data(msg);
	const uint8_t *payload = msg->l2h;
	size_t len = msgb_l2len(msg);
	int ext = -1;

	if (head->proto == IPAC_PROTO_OSMO) {
		if (len == 0)
			return;
		ext = *payload++;
		len--;
	}
	s->user.frame(head->proto, ext, payload, len, s->user.data);
}

static void read_frames(struct ipa_stream *s)
{
	for (int i = 0; i < READS_MAX && s->fd.fd >= 0; i++) {
		struct msgb *msg = NULL;
		int rc = ipa_msg_recv_buffered(s->fd.fd, &msg, &s->rx);

		if (rc > 0) {
			take_frame(s, msg);
			msgb_free(msg);
			continue;
		}
		if (rc == 0)
			lost(s, "the peer has closed it");
		else if (rc == -EIO)
			lost(s, "what came is no IPA");
		else if (rc != -EAGAIN)
			lost(s, strerror(-rc));
		return;
	}
}

/* ---- connecting */

static int connect_result(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 ? errno : err;
}

static void try_connected(struct ipa_stream *s, unsigned int what)
{
	int err = connect_result(s->fd.fd);

	if (err) {
		lost(s, strerror(err));
	} else if (what & OSMO_FD_WRITE) {
		s->connecting = false;
		osmo_fd_update_when(&s->fd, ~OSMO_FD_WRITE, 0);
		s->user.connected(s->user.data);
	}
}

static int stream_cb(struct osmo_fd *ofd, unsigned int what)
{
	struct ipa_stream *s = ofd->data;

	if (s->connecting) {
		try_connected(s, what);
		return 0;
	}
	if (what & OSMO_FD_WRITE)
		send_waiting(s);
	if (what & OSMO_FD_READ)
		read_frames(s);
	return 0;
}

/* osmo_sock_init2() would ask the name service, and write an error for each try.
 * \returns a socket that connects, or a negative errno */
static int connect_to(const char *address, uint16_t port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found;
	char service[8];
	int fd, on = 1, rc = 0;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return -EINVAL;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    (connect(fd, found->ai_addr, found->ai_addrlen) < 0 && errno != EINPROGRESS))
		rc = -errno;
	freeaddrinfo(found);
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

int ipa_stream_connect(struct ipa_stream *s, const char *address, uint16_t port)
{
	int fd;

	ipa_stream_close(s);
	fd = connect_to(address, port);
	if (fd < 0)
		return fd;
	s->connecting = true;
	osmo_fd_setup(&s->fd, fd, OSMO_FD_READ | OSMO_FD_WRITE, stream_cb, s, 0);
	OSMO_ASSERT(osmo_fd_register(&s->fd) == 0);
	return 0;
}

void ipa_stream_close(struct ipa_stream *s)
{
	osmo_timer_del(&s->full);
	s->connecting = false;
	s->tx_len = 0;
	msgb_free(s->rx);
	s->rx = NULL;
	if (s->fd.fd < 0)
		return;
	osmo_fd_unregister(&s->fd);
	close(s->fd.fd);
	s->fd.fd = -1;
}

static int stream_free(struct ipa_stream *s)
{
	ipa_stream_close(s);
	return 0;
}

struct ipa_stream *ipa_stream_alloc(void *ctx, const struct ipa_stream_user *user)
{
	struct ipa_stream *s = talloc_zero(ctx, struct ipa_stream);

	OSMO_ASSERT(s);
	s->user = *user;
	s->fd.fd = -1;
	s->tx = talloc_array(s, uint8_t, IPA_STREAM_TX_MAX);
	OSMO_ASSERT(s->tx);
	osmo_timer_setup(&s->full, peer_full, s);
	talloc_set_destructor(s, stream_free);
	return s;
}
