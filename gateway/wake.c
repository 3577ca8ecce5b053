// SPDX-License-Identifier: AGPL-3.0-or-later
/* wake.c - see wake.h. */
#include "wake.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/socket.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "log.h"

struct wake {
	struct osmo_fd ofd;
	char *path;
	void (*woken)(void *data);
	void *data;
};

static int wake_read(struct osmo_fd *ofd, unsigned int what)
{
	struct wake *wk = ofd->data;
	char octets[16];

	while (recv(ofd->fd, octets, sizeof(octets), MSG_DONTWAIT) >= 0)
		;
	wk->woken(wk->data);
	return 0;
}

static int wake_close(struct wake *wk)
{
	osmo_fd_unregister(&wk->ofd);
	close(wk->ofd.fd);
	unlink(wk->path);
	return 0;
}

struct wake *wake_listen(void *ctx, const char *database, void (*woken)(void *data), void *data)
{
	struct wake *wk = talloc_zero(ctx, struct wake);
	int rc;

	OSMO_ASSERT(wk);
	wk->path = talloc_asprintf(wk, "%s-wake", database);
	wk->woken = woken;
	wk->data = data;
	unlink(wk->path);
	osmo_fd_setup(&wk->ofd, -1, OSMO_FD_READ, wake_read, wk, 0);
	rc = osmo_sock_unix_init_ofd(&wk->ofd, SOCK_DGRAM, 0, wk->path,
				     OSMO_SOCK_F_BIND | OSMO_SOCK_F_NONBLOCK);
	if (rc < 0) {
		LOGP(DMAIN, LOGL_NOTICE, "%s: cannot listen (%s)\n", wk->path, strerror(errno));
		talloc_free(wk);
		return NULL;
	}
	talloc_set_destructor(wk, wake_close);
	return wk;
}

void wake_send(const char *database)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, n;

	n = snprintf(to.sun_path, sizeof(to.sun_path), "%s-wake", database);
	if (n < 0 || n >= (int)sizeof(to.sun_path))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, "w", 1, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}
