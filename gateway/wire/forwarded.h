/* forwarded.h - what proxies say of who stands behind them: X-Forwarded-For and -Proto, or RFC 7239 Forwarded.
 *
 * Whoever asks can write anything to the left; each proxy adds to the right.  So hops are given from the right,
 * and the caller stops at the first that is no proxy of its own.  Knows no sockets and whom to trust.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define FORWARDED_ADDRESS_SIZE 46 /* INET6_ADDRSTRLEN */

struct forwarded_hop {
	char address
		[FORWARDED_ADDRESS_SIZE]; /* as inet_ntop() writes it; "" unknown, hidden or no address */
	bool https;
};

/*! An address with or without a port and brackets, IPv4 within IPv6 as IPv4.
 *  \returns 0; -EBADMSG: out is "" */
int forwarded_address(char out[FORWARDED_ADDRESS_SIZE], const char *text, size_t len);

/*! Read "X-Forwarded-For" and "X-Forwarded-Proto" (either may be NULL), several lines joined by ",".
 *  \param[out] hops  [0] is what the nearest proxy said
 *  \returns how many, at most max */
size_t forwarded_read_x(struct forwarded_hop *hops, size_t max, const char *addresses,
			const char *protos);

/*! Read "Forwarded" (RFC 7239, 4). */
size_t forwarded_read(struct forwarded_hop *hops, size_t max, const char *text);
