// SPDX-License-Identifier: AGPL-3.0-or-later
/*
 * A pty master whose slave nobody has open answers poll() with POLLHUP without end, so it
 * is only in the loop while somebody has.  That somebody came or went is known from
 * inotify on the slave's node.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

#include "sim.h"

#define TX_MAX	(4u << 20) /* a client that never reads gets no more than this */
#define BURST_S 0.01	   /* what a late timer may catch up with */

/* Tokens are bytes that may pass; they grow with time. */
static size_t allowance(const struct port *port, double *tokens, struct timespec *at)
{
	struct timespec now;
	double most = port->bytes_s * BURST_S;

	if (!port->bytes_s)
		return SIZE_MAX;
	clock_gettime(CLOCK_MONOTONIC, &now);
	*tokens += port->bytes_s *
		   (double)((now.tv_sec - at->tv_sec) + (now.tv_nsec - at->tv_nsec) / 1e9);
	*at = now;
	if (most < 2)
		most = 2;
	if (*tokens > most)
		*tokens = most;
	return *tokens < 1 ? 0 : (size_t)*tokens;
}

/* A wire that was idle has saved nothing up. */
static void start_from_idle(const struct port *port, double *tokens, struct timespec *at)
{
	allowance(port, tokens, at);
	if (*tokens > 0)
		*tokens = 0;
}

/* Wait until this many more may pass, at most for about half a burst, so that none of it is
 * wasted. A timer of the loop counts whole milliseconds: ten octets, too coarse for a dialogue. */
static void wait_for_tokens(const struct port *port, struct pace *pace, double tokens, size_t want)
{
	double s = ((double)want - tokens) / port->bytes_s;
	struct timespec first = {};

	if (port->bytes_s * BURST_S >= 4)
		s = OSMO_MIN(s, BURST_S / 2);
	s = OSMO_MAX(s, 2e-5);
	first.tv_sec = (time_t)s;
	first.tv_nsec = (long)((s - (double)first.tv_sec) * 1e9);
	osmo_timerfd_schedule(&pace->fd, &first, &(struct timespec){});
	pace->pending = true;
}

static void pace_end(struct pace *pace)
{
	if (pace->pending)
		osmo_timerfd_disable(&pace->fd);
	pace->pending = false;
}

static void pace_read(struct osmo_fd *fd, struct pace *pace)
{
	uint64_t times;

	if (read(fd->fd, &times, sizeof(times)) > 0)
		pace->pending = false;
}

static void closed(struct sim *sim);

static void flush_tx(struct sim *sim)
{
	struct port *port = &sim->port;

	while (port->polled && port->tx.len) {
		size_t n = allowance(port, &port->tx_tokens, &port->tx_at);
		ssize_t rc;

		if (n == 0) {
			osmo_fd_update_when(&port->fd, ~OSMO_FD_WRITE, 0);
			if (!port->tx_pace.pending)
				wait_for_tokens(port, &port->tx_pace, port->tx_tokens,
						port->tx.len);
			return;
		}
		if (n > port->tx.len)
			n = port->tx.len;
		if (sim->fault.split && n > (size_t)sim->fault.split)
			n = (size_t)sim->fault.split;
		rc = write(port->fd.fd, port->tx.data + port->tx.start, n);
		if (rc < 0 && errno == EAGAIN) {
			osmo_fd_update_when(&port->fd, ~0, OSMO_FD_WRITE);
			return;
		}
		if (rc <= 0)
			return;
		port->tx_tokens -= (double)rc;
		sim->count[CNT_TX_BYTES] += (uint64_t)rc;
		buffer_take(&port->tx, (size_t)rc);
		if (sim->fault.split && port->tx.len) {
			osmo_fd_update_when(&port->fd, ~OSMO_FD_WRITE, 0);
			osmo_timer_schedule(&port->split_timer, 0, 300);
			return;
		}
	}
	if (port->polled)
		osmo_fd_update_when(&port->fd, ~OSMO_FD_WRITE, 0);
}

void port_put(struct sim *sim, const void *data, size_t len)
{
	struct port *port = &sim->port;

	if (!port->polled || port->tx.len + len > TX_MAX)
		return;
	if (port->tx.len == 0)
		start_from_idle(port, &port->tx_tokens, &port->tx_at);
	/* Written from the loop, so that an answer of many lines is one write. */
	buffer_put(&port->tx, data, len);
	if (!port->tx_pace.pending && !osmo_timer_pending(&port->split_timer))
		osmo_fd_update_when(&port->fd, ~0, OSMO_FD_WRITE);
}

static int tx_due(struct osmo_fd *fd, unsigned int what)
{
	struct sim *sim = fd->data;

	pace_read(fd, &sim->port.tx_pace);
	flush_tx(sim);
	return 0;
}

static void split_due(void *data)
{
	flush_tx(data);
}

static void read_again(struct sim *sim)
{
	if (sim->port.polled)
		osmo_fd_update_when(&sim->port.fd, ~0, OSMO_FD_READ);
}

void port_resume(struct sim *sim)
{
	if (!sim->port.rx_pace.pending)
		read_again(sim);
}

static int rx_due(struct osmo_fd *fd, unsigned int what)
{
	struct sim *sim = fd->data;

	pace_read(fd, &sim->port.rx_pace);
	read_again(sim);
	return 0;
}

/* What the client has written and the wire has not brought yet. */
static size_t written(const struct port *port)
{
	int n = 0;

	return ioctl(port->fd.fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 1;
}

static void readable(struct sim *sim)
{
	struct port *port = &sim->port;
	uint8_t chunk[4096];
	ssize_t rc;
	size_t n;

	if (port->rx_idle)
		start_from_idle(port, &port->rx_tokens, &port->rx_at);
	port->rx_idle = false;
	n = allowance(port, &port->rx_tokens, &port->rx_at);
	if (n == 0 || sim->at.rx.len > sizeof(chunk) * 4) {
		osmo_fd_update_when(&port->fd, ~OSMO_FD_READ, 0);
		if (n == 0)
			wait_for_tokens(port, &port->rx_pace, port->rx_tokens, written(port));
		return;
	}
	rc = read(port->fd.fd, chunk, n < sizeof(chunk) ? n : sizeof(chunk));
	port->rx_idle = rc < (ssize_t)n;
	if (rc < 0 && errno == EAGAIN)
		return;
	if (rc <= 0) {
		closed(sim);
		return;
	}
	port->rx_tokens -= (double)rc;
	sim->count[CNT_RX_BYTES] += (uint64_t)rc;
	at_input(sim, chunk, (size_t)rc);
}

static int master_cb(struct osmo_fd *fd, unsigned int what)
{
	struct sim *sim = fd->data;

	if (what & OSMO_FD_WRITE)
		flush_tx(sim);
	if (what & OSMO_FD_READ && sim->port.polled)
		readable(sim);
	return 0;
}

static void opened(struct sim *sim)
{
	struct port *port = &sim->port;

	if (port->polled)
		return;
	osmo_fd_setup(&port->fd, port->fd.fd, OSMO_FD_READ, master_cb, sim, 0);
	if (osmo_fd_register(&port->fd) < 0)
		return;
	port->polled = true;
	count(sim, CNT_OPENED);
	control_event(sim, "opened", "{}");
	net_pump(sim);
}

static void closed(struct sim *sim)
{
	struct port *port = &sim->port;

	if (!port->polled)
		return;
	osmo_fd_unregister(&port->fd);
	port->polled = false;
	buffer_clear(&port->tx);
	osmo_timer_del(&port->split_timer);
	pace_end(&port->tx_pace);
	pace_end(&port->rx_pace);
	at_port_closed(sim);
	count(sim, CNT_CLOSED);
	control_event(sim, "closed", "{}");
}

static bool slave_is_open(int master)
{
	struct pollfd p = { .fd = master, .events = POLLIN };

	return poll(&p, 1, 0) >= 0 && !(p.revents & POLLHUP);
}

static int watch_cb(struct osmo_fd *fd, unsigned int what)
{
	struct sim *sim = fd->data;
	char events[4096] __attribute__((aligned(8)));
	bool came = false;
	bool left = false; /* for a moment nobody had it, though somebody has now */
	ssize_t n = read(fd->fd, events, sizeof(events));

	for (ssize_t i = 0; i + (ssize_t)sizeof(struct inotify_event) <= n;) {
		const struct inotify_event *ev = (const struct inotify_event *)(events + i);

		if (ev->mask & IN_OPEN) {
			left |= sim->port.users <= 0;
			came = true;
			sim->port.users++;
		} else if (sim->port.users > 0) {
			sim->port.users--;
		}
		i += (ssize_t)(sizeof(*ev) + ev->len);
	}
	if (sim->port.fd.fd < 0)
		return 0;
	if (!slave_is_open(sim->port.fd.fd)) {
		sim->port.users = 0;
		if (came && !sim->port.polled)
			opened(sim);
		/* What was written before the close is still read, as a modem would. */
		if (sim->port.polled && !sim->port.bytes_s)
			readable(sim);
		if (sim->port.polled && !slave_is_open(sim->port.fd.fd))
			closed(sim);
		return 0;
	}
	/* A close is told before the tty lets go: its hang-up comes by the master. */
	if (sim->port.users == 0)
		return 0;
	if (left)
		closed(sim);
	opened(sim);
	return 0;
}

/* Raw from the start: the tty layer must not echo, the modem does. */
static int make_raw(const char *slave)
{
	struct termios tio;
	int fd = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (tcgetattr(fd, &tio) == 0) {
		cfmakeraw(&tio);
		cfsetspeed(&tio, B115200);
		tio.c_cflag |= CLOCAL | CREAD;
		tcsetattr(fd, TCSANOW, &tio);
	}
	close(fd);
	return 0;
}

static int watch_slave(struct sim *sim)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (inotify_add_watch(fd, sim->port.slave, IN_OPEN | IN_CLOSE) < 0) {
		close(fd);
		return -errno;
	}
	osmo_fd_setup(&sim->port.watch, fd, OSMO_FD_READ, watch_cb, sim, 0);
	return osmo_fd_register(&sim->port.watch);
}

/* The link appears whole or not at all: a client may be waiting for it. */
static int make_link(const char *slave, const char *link)
{
	char *tmp = NULL;
	int rc = 0;

	OSMO_ASSERT(asprintf(&tmp, "%s.new", link) > 0);
	unlink(tmp);
	if (symlink(slave, tmp) < 0 || rename(tmp, link) < 0)
		rc = -errno;
	free(tmp);
	return rc;
}

int port_make(const char *slave, const char *link)
{
	int rc = make_raw(slave);

	return rc < 0 ? rc : make_link(slave, link);
}

int port_appear(struct sim *sim, const char *link)
{
	struct port *port = &sim->port;
	char name[64];
	int fd, rc;

	osmo_timer_del(&port->appear_timer);
	if (port->fd.fd >= 0)
		return -EEXIST;
	if (link && link != port->link) {
		free(port->link);
		port->link = strdup(link);
	}
	fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (grantpt(fd) < 0 || unlockpt(fd) < 0 || ptsname_r(fd, name, sizeof(name)) != 0) {
		close(fd);
		return -EIO;
	}
	free(port->slave);
	port->slave = strdup(name);
	rc = make_raw(name);
	port->fd.fd = fd;
	port->users = 0;
	if (rc == 0)
		rc = watch_slave(sim);
	if (rc == 0)
		rc = make_link(name, port->link);
	return rc;
}

void port_vanish(struct sim *sim)
{
	struct port *port = &sim->port;
	char target[64];
	ssize_t n;

	if (port->fd.fd < 0)
		return;
	n = readlink(port->link, target, sizeof(target) - 1);
	if (n > 0 && (size_t)n == strlen(port->slave) && !strncmp(target, port->slave, (size_t)n))
		unlink(port->link);
	osmo_fd_unregister(&port->watch);
	close(port->watch.fd);
	closed(sim);
	close(port->fd.fd);
	port->fd.fd = -1;
	at_off(sim);
	net_modem_lost(sim);
	control_event(sim, "vanished", "{}");
}

void port_vanish_for(struct sim *sim, unsigned int ms)
{
	port_vanish(sim);
	if (ms)
		after_ms(&sim->port.appear_timer, ms);
}

static void appear_again(void *data)
{
	struct sim *sim = data;

	if (port_appear(sim, NULL) == 0)
		at_boot(sim);
}

void port_init(struct sim *sim, const char *link, unsigned int baud)
{
	struct port *port = &sim->port;

	port->fd.fd = -1;
	port->link = strdup(link);
	port->bytes_s = baud / 10;
	port->rx_pace.fd.fd = port->tx_pace.fd.fd = -1;
	OSMO_ASSERT(osmo_timerfd_setup(&port->rx_pace.fd, rx_due, sim) >= 0);
	OSMO_ASSERT(osmo_timerfd_setup(&port->tx_pace.fd, tx_due, sim) >= 0);
	osmo_timer_setup(&port->split_timer, split_due, sim);
	osmo_timer_setup(&port->appear_timer, appear_again, sim);
}
