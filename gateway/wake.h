/* wake.h - another process (report set) has written to the database: the running line looks again.
 *
 * A datagram to a socket beside the database file; who may write the one may write the other.
 */
#pragma once

struct wake;

/*! Listen. NULL (logged) if the socket cannot be made: then the other's rows wait for the next event. */
struct wake *wake_listen(void *ctx, const char *database, void (*woken)(void *data), void *data);

/*! Tell a running line, if there is one. */
void wake_send(const char *database);
