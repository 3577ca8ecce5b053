/* sdes.h - the key of a call's sound in SDP: "a=crypto" (RFC 4568), for the suites that RFC 3711 has with
 * 128 bits.  Pure.
 *
 * The structs hold keys: who has one wipes it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SDES_KEY      30 /* of 16 octets, and a salt of 14 */
#define SDES_TEXT_MAX 128
#define SDES_TAG_MAX  999999999

enum sdes_suite { SDES_AES_CM_128_HMAC_SHA1_80, SDES_AES_CM_128_HMAC_SHA1_32, SDES_SUITES };

struct sdes {
	uint32_t tag;
	enum sdes_suite suite;
	uint8_t key[SDES_KEY];
};

/*! Read what stands behind "a=crypto:".
 *  0; -ENOTSUP: it may be right, but it asks for what we cannot (another suite, several keys, an MKI, a key for
 *  less than 2^20 packets, no encryption); -EINVAL: this is none */
int sdes_read(struct sdes *out, const char *text);

/*! Write what stands behind "a=crypto:". */
void sdes_write(char out[SDES_TEXT_MAX], const struct sdes *sdes);
