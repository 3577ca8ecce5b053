/* sip_srtp.h - RTP that is encrypted and signed (RFC 3711): AES in counter mode with 128 bits, HMAC-SHA1.
 *
 * One direction of a call each.  State only changes by a packet whose signature is right: nobody who has no key
 * can lead the packet counter astray.  Session keys are derived once (a key derivation rate of 0).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wire/sdes.h"

#define SIP_SRTP_ROOM 10 /* octets that a packet grows by, at most */

struct sip_srtp;

/*! \returns NULL if there is no memory */
struct sip_srtp *sip_srtp_alloc(const struct sdes *key);
/*! Its keys are wiped. */
void sip_srtp_free(struct sip_srtp *srtp);

/*! Another key, from the next packet on.  The packet counter goes on (RFC 3711 3.3.1); of the other side, who may
 *  begin anew, either is taken.  0; -ENOMEM: it is as before */
int sip_srtp_rekey(struct sip_srtp *srtp, const struct sdes *key);

/*! Encrypt and sign what we send, in place; there is SIP_SRTP_ROOM behind it.  0; -EINVAL: this is no RTP */
int sip_srtp_protect(struct sip_srtp *srtp, uint8_t *packet, size_t *len);

/*! Check and decrypt what came, in place.
 *  0; -EINVAL: this is no RTP; -EBADMSG: its signature is wrong; -EALREADY: it came before, or is very late */
int sip_srtp_unprotect(struct sip_srtp *srtp, uint8_t *packet, size_t *len);
