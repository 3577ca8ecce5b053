// SPDX-License-Identifier: AGPL-3.0-or-later
/* at_port.c - see at_port.h. */
#include "line/at_port.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "log.h"

#define USUAL_PORTS    "/dev/serial/by-path/* /dev/ttyUSB* /dev/ttyACM*"
#define CANDIDATES_MAX 64
#define WATCHES_MAX    8
#define TX_MAX	       8192
#define SETTLE_MS      50 /* udev sets owner and links just after a device appears */

#define LOG_PORT(port, level, fmt, args...) LOGP(DLINE, level, "%s: " fmt, (port)->name, ##args)

/* A directory that is watched, and the pattern of the names in it that matter; NULL: any,
 * because the directory meant does not exist yet and this is the nearest above it. */
struct watch {
	int wd;
	char *pattern;
};

struct at_port {
	const char *name;
	char *device, *search;
	speed_t speed;
	struct at_port_user user;

	struct osmo_fd fd;
	char *path;	 /* open now */
	char *last_good; /* was right last time */
	char *candidates[CANDIDATES_MAX];
	size_t n, next;

	struct osmo_fd notify;
	struct watch watches[WATCHES_MAX];
	size_t n_watches;
	struct osmo_timer_list settle;

	char tx[TX_MAX];
	size_t tx_len;
};

/* ---- candidates */

static bool is_candidate(const struct at_port *port, const char *path)
{
	size_t i;

	for (i = 0; i < port->n; i++)
		if (strcmp(port->candidates[i], path) == 0)
			return true;
	return false;
}

/* Links are kept as they are written, but a device is listed once. */
static void add_candidate(struct at_port *port, const char *path)
{
	char real[PATH_MAX];

	if (!port->device && realpath(path, real))
		path = real;
	if (port->n < CANDIDATES_MAX && !is_candidate(port, path))
		port->candidates[port->n++] = talloc_strdup(port, path);
}

/* Call f for each pattern of the search list. */
static void for_each_pattern(struct at_port *port, void (*f)(struct at_port *, const char *))
{
	char *list = talloc_strdup(port, port->search);
	char *rest = list, *pattern;

	while ((pattern = strsep(&rest, " ")))
		if (*pattern)
			f(port, pattern);
	talloc_free(list);
}

static void add_matches(struct at_port *port, const char *pattern)
{
	glob_t found;
	size_t i;

	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (i = 0; i < found.gl_pathc; i++)
		add_candidate(port, found.gl_pathv[i]);
	globfree(&found);
}

static void list_candidates(struct at_port *port)
{
	size_t i;

	for (i = 0; i < port->n; i++)
		talloc_free(port->candidates[i]);
	port->n = port->next = 0;
	if (port->device) {
		add_candidate(port, port->device);
		return;
	}
	if (port->last_good && access(port->last_good, F_OK) == 0)
		add_candidate(port, port->last_good);
	for_each_pattern(port, add_matches);
}

/* ---- waiting for a device */

static void watch_pattern(struct at_port *port, const char *pattern)
{
	char dir[PATH_MAX];
	struct watch *w;
	char *slash;
	bool above = false;
	int wd = -1;

	if (port->n_watches == WATCHES_MAX)
		return;
	snprintf(dir, sizeof(dir), "%s%s", strchr(pattern, '/') ? "" : "./", pattern);
	while (wd < 0 && (slash = strrchr(dir, '/'))) {
		slash[slash == dir] = '\0';
		wd = inotify_add_watch(port->notify.fd, dir,
				       IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_MASK_ADD);
		if (wd < 0 && strcmp(dir, "/") == 0)
			return;
		above |= wd < 0;
	}
	if (wd < 0)
		return;
	w = &port->watches[port->n_watches++];
	w->wd = wd;
	slash = strrchr(pattern, '/');
	w->pattern = above ? NULL : talloc_strdup(port, slash ? slash + 1 : pattern);
}

static void watch_all(struct at_port *port)
{
	size_t i;

	for (i = 0; i < port->n_watches; i++)
		talloc_free(port->watches[i].pattern);
	port->n_watches = 0;
	if (port->device)
		watch_pattern(port, port->device);
	else
		for_each_pattern(port, watch_pattern);
}

static bool event_matters(const struct at_port *port, const struct inotify_event *ev)
{
	size_t i;

	for (i = 0; i < port->n_watches; i++) {
		const struct watch *w = &port->watches[i];

		if (w->wd != ev->wd)
			continue;
		if (!w->pattern || (ev->len > 0 && fnmatch(w->pattern, ev->name, 0) == 0))
			return true;
	}
	return false;
}

static int notify_cb(struct osmo_fd *ofd, unsigned int what)
{
	struct at_port *port = ofd->data;
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool matters = false;
	ssize_t n;
	char *p;

	while ((n = read(ofd->fd, buf, sizeof(buf))) > 0) {
		for (p = buf; p < buf + n;) {
			struct inotify_event *ev = (struct inotify_event *)p;

			matters |= event_matters(port, ev);
			p += sizeof(*ev) + ev->len;
		}
	}
	if (matters && port->fd.fd < 0)
		osmo_timer_schedule(&port->settle, 0, SETTLE_MS * 1000);
	return 0;
}

static void settled(void *data)
{
	struct at_port *port = data;

	watch_all(port); /* a directory may have come with it */
	if (port->fd.fd < 0)
		port->user.appeared(port, port->user.data);
}

/* ---- open and close */

static speed_t speed_of(unsigned int baud)
{
	static const struct {
		unsigned int baud;
		speed_t speed;
	} speeds[] = {
		{ 9600, B9600 },     { 19200, B19200 },	  { 38400, B38400 },   { 57600, B57600 },
		{ 115200, B115200 }, { 230400, B230400 }, { 460800, B460800 }, { 921600, B921600 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(speeds); i++)
		if (speeds[i].baud == baud)
			return speeds[i].speed;
	return B115200;
}

/* Raw, 8N1, no flow control, no hang-up on a lost carrier.  osmo_serial_init() leaves the
 * descriptor blocking and only half raw, so it is done here. */
static int set_raw(int fd, speed_t speed)
{
	struct termios tio;

	if (tcgetattr(fd, &tio) < 0)
		return -errno;
	cfmakeraw(&tio);
	tio.c_cflag |= CLOCAL | CREAD;
	tio.c_cflag &= ~(CRTSCTS | CSTOPB);
	tio.c_cc[VMIN] = 1;
	tio.c_cc[VTIME] = 0;
	cfsetspeed(&tio, speed);
	if (tcsetattr(fd, TCSANOW, &tio) < 0)
		return -errno;
	tcflush(fd, TCIOFLUSH);
	return 0;
}

/* A pseudo-terminal stays exclusive while its master is open, whoever has closed it or was killed: nobody but
 * root could open it again. Linux' major numbers of pty slaves: Documentation/admin-guide/devices.txt. */
static bool is_pty(int fd)
{
	struct stat about;

	return fstat(fd, &about) == 0 && major(about.st_rdev) >= 136 && major(about.st_rdev) <= 143;
}

/* TIOCEXCL does not keep root out; the lock keeps out another line of this program. */
static int open_tty(const char *path, speed_t speed)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	rc = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -EBUSY : set_raw(fd, speed);
	if (rc == 0 && !is_pty(fd) && ioctl(fd, TIOCEXCL) < 0)
		rc = -errno;
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

int at_port_tty(const char *path, unsigned int baud)
{
	return open_tty(path, speed_of(baud));
}

static void close_fd(struct at_port *port)
{
	if (port->fd.fd < 0)
		return;
	osmo_fd_unregister(&port->fd);
	close(port->fd.fd);
	port->fd.fd = -1;
	port->tx_len = 0;
	TALLOC_FREE(port->path);
}

static void lose(struct at_port *port, const char *why)
{
	close_fd(port);
	port->user.lost(port, why, port->user.data);
}

/* \returns negative if the port was lost */
static int send_waiting(struct at_port *port)
{
	ssize_t n = write(port->fd.fd, port->tx, port->tx_len);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return -errno;
	if (n > 0) {
		memmove(port->tx, port->tx + n, port->tx_len - n);
		port->tx_len -= n;
	}
	osmo_fd_update_when(&port->fd, ~OSMO_FD_WRITE, port->tx_len ? OSMO_FD_WRITE : 0);
	return 0;
}

static int tty_cb(struct osmo_fd *ofd, unsigned int what)
{
	struct at_port *port = ofd->data;
	char buf[4096];
	ssize_t n;

	if ((what & OSMO_FD_WRITE) && send_waiting(port) < 0) {
		lose(port, strerror(errno));
		return 0;
	}
	if (!(what & OSMO_FD_READ))
		return 0;
	n = read(ofd->fd, buf, sizeof(buf));
	if (n > 0)
		port->user.rx(port, buf, n, port->user.data);
	else if (n == 0)
		lose(port, "hung up");
	else if (errno != EAGAIN && errno != EINTR)
		lose(port, strerror(errno));
	return 0;
}

static int open_from(struct at_port *port, size_t i)
{
	for (; i < port->n; i++) {
		int fd = open_tty(port->candidates[i], port->speed);

		if (fd < 0) {
			LOG_PORT(port, LOGL_INFO, "%s: %s\n", port->candidates[i], strerror(-fd));
			continue;
		}
		osmo_fd_setup(&port->fd, fd, OSMO_FD_READ, tty_cb, port, 0);
		OSMO_ASSERT(osmo_fd_register(&port->fd) == 0);
		port->path = talloc_strdup(port, port->candidates[i]);
		port->next = i + 1;
		osmo_timer_del(&port->settle);
		return 0;
	}
	port->next = port->n;
	return -ENODEV;
}

int at_port_open(struct at_port *port)
{
	close_fd(port);
	watch_all(port); /* before looking, so that nothing appears in between unseen */
	list_candidates(port);
	return open_from(port, 0);
}

int at_port_next(struct at_port *port)
{
	close_fd(port);
	return open_from(port, port->next);
}

void at_port_keep(struct at_port *port)
{
	if (port->device || !port->path)
		return;
	talloc_free(port->last_good);
	port->last_good = talloc_strdup(port, port->path);
}

void at_port_close(struct at_port *port)
{
	int dtr = TIOCM_DTR;

	if (port->fd.fd < 0)
		return;
	ioctl(port->fd.fd, TIOCMBIC, &dtr); /* a pty has none */
	close_fd(port);
}

int at_port_write(struct at_port *port, const void *bytes, size_t len)
{
	if (port->fd.fd < 0)
		return -ENOTCONN;
	if (len > TX_MAX - port->tx_len)
		return -ENOSPC;
	memcpy(port->tx + port->tx_len, bytes, len);
	port->tx_len += len;
	if (port->tx_len > len)
		return 0; /* the loop writes it */
	/* A port that is gone is told by reading, never from in here. */
	send_waiting(port);
	return 0;
}

const char *at_port_path(const struct at_port *port)
{
	return port->path;
}

struct at_port *at_port_alloc(void *ctx, const char *name, const char *device, const char *search,
			      unsigned int baud, const struct at_port_user *user)
{
	struct at_port *port = talloc_zero(ctx, struct at_port);
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	OSMO_ASSERT(port);
	OSMO_ASSERT(fd >= 0);
	port->name = name;
	port->device = device ? talloc_strdup(port, device) : NULL;
	port->search = talloc_strdup(port, search ? search : USUAL_PORTS);
	port->speed = speed_of(baud);
	port->user = *user;
	port->fd.fd = -1;
	osmo_fd_setup(&port->notify, fd, OSMO_FD_READ, notify_cb, port, 0);
	OSMO_ASSERT(osmo_fd_register(&port->notify) == 0);
	osmo_timer_setup(&port->settle, settled, port);
	return port;
}

void at_port_free(struct at_port *port)
{
	close_fd(port);
	osmo_timer_del(&port->settle);
	osmo_fd_unregister(&port->notify);
	close(port->notify.fd);
	talloc_free(port);
}
