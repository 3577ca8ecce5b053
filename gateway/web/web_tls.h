/* web_tls.h - the certificate by which the web server answers, read again when its files have changed.
 *
 * Each handshake takes a copy, so that a new certificate disturbs nobody who is connecting.  Files that cannot be read
 * leave the certificate before them in use.
 */
#pragma once

#include <stdbool.h>

#include <gnutls/abstract.h>

struct web_tls;

/* TLS 1.2 and 1.3 (RFC 9325, 3.1.1). */
#define WEB_TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

/*! \param[in] certificate, key  PEM files; first the server's certificate, then those that lead to its root
 *  \returns NULL if they cannot be read or do not belong together; logged */
struct web_tls *web_tls_alloc(void *ctx, const char *certificate, const char *key);
/*! Read both files again. \returns false if they cannot be used and the ones before stay; logged */
bool web_tls_reload(struct web_tls *tls);
/*! For gnutls_certificate_retrieve_function3; what is given is the session's to free.
 *  \returns 0; -1: the handshake fails */
int web_tls_give(const struct web_tls *tls, gnutls_pcert_st **certificates, unsigned int *n,
		 gnutls_privkey_t *key);
