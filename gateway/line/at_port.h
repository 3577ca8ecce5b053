/* at_port.h - the serial port of a modem: found, opened, lost and found again.
 *
 * A port is a fixed path (a device or a link to it, /dev/serial/by-path too) or whichever of
 * a list of patterns turns out to be the right one; the user walks over those with
 * at_port_next().  When nothing can be opened the directories are watched, so that a modem
 * that comes back under any name is tried at once.  Knows bytes, not AT.
 */
#pragma once

#include <stddef.h>

struct at_port;

struct at_port_user {
	void (*rx)(struct at_port *port, const void *bytes, size_t len, void *data);
	/* It is closed already. */
	void (*lost)(struct at_port *port, const char *why, void *data);
	/* Closed, and something appeared that may be it: at_port_open() is worth a try. */
	void (*appeared)(struct at_port *port, void *data);
	void *data;
};

/*! \param[in] device  path, or NULL to search
 *  \param[in] search  patterns with blanks between; NULL for the usual ones of Linux
 *  \param[in] baud  0 for 115200 */
struct at_port *at_port_alloc(void *ctx, const char *name, const char *device, const char *search,
			      unsigned int baud, const struct at_port_user *user);

/*! Close and release. */
void at_port_free(struct at_port *port);

/*! Open the first candidate that can be opened; the one that was right last time comes first.
 *  \returns 0; -ENODEV if there is none (appeared() comes later) */
int at_port_open(struct at_port *port);

/*! This one was not it: the next.  \returns 0; -ENODEV after the last */
int at_port_next(struct at_port *port);

/*! This one is it: try it first when it has to be found again. */
void at_port_keep(struct at_port *port);

/*! Close, with DTR dropped so that a modem that listens to it resets its line. */
void at_port_close(struct at_port *port);

/*! \returns 0; -ENOTCONN if closed; -ENOSPC if the modem takes no bytes */
int at_port_write(struct at_port *port, const void *bytes, size_t len);

/*! The path that is open, or NULL. */
const char *at_port_path(const struct at_port *port);

/*! Open a tty: raw, nobody else's, not blocking.  For ports that are no at_port.
 *  \param[in] baud  0 for 115200
 *  \returns the descriptor; -errno, -EBUSY if another line of this program has it */
int at_port_tty(const char *path, unsigned int baud);
