/* sip_digest.h - who we are, shown to a registrar or proxy that asks (RFC 3261 22, RFC 7616, RFC 8760): MD5, SHA-256
 * and SHA-512-256, without and with qop=auth.
 *
 * One for each dialogue and registration.  It keeps what was asked, so that later requests show it unasked.  In the
 * media thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SIP_DIGEST_REALMS 4  /* that ask one after the other: proxies, and who is called */
#define SIP_DIGEST_MAX	  65 /* 64 digits of SHA-256 and the end */

struct mbuf;
struct sip_digest;
struct sip_msg;

/*! \param[in] user, password  of the configuration, that outlives it; NULL: none */
struct sip_digest *sip_digest_alloc(void *ctx, const char *user, const char *password);

/*! A new request, and not the same once more: what we show may be asked for again. */
void sip_digest_begin(struct sip_digest *dg);

/*! A 401 or 407.  Of several challenges of one realm the first counts that we can (RFC 8760 2.4).
 *  0: make the request again; -ENOKEY: there is no password; -EACCES: it was shown, and is not right; -ENOTSUP: a
 *  realm asks for none that we can; -EPROTO: it asks for nothing, or too much */
int sip_digest_challenged(struct sip_digest *dg, const struct sip_msg *msg);

/*! \returns for the log, what a provider or the configuration has to change */
const char *sip_digest_fault(int rc);

/*! Headers of one request, each with its end; nothing if nobody asked. 0 or an errno of libre's */
int sip_digest_write(struct mbuf *mb, struct sip_digest *dg, const char *method, const char *uri);

/* What a response is made of (RFC 7616 3.4.1); without qop nc and cnonce do not count. */
struct sip_digest_of {
	const char *algorithm; /* as RFC 8760 names it */
	const char *user, *realm, *password, *method, *uri, *nonce, *cnonce;
	uint32_t nc;
	int qop;
};
/*! \param[out] out  SIP_DIGEST_MAX. 0; -ENOTSUP: this algorithm is not known; -ENOMEM */
int sip_digest_response(char *out, const struct sip_digest_of *of);
