// SPDX-License-Identifier: AGPL-3.0-or-later
/* sip_tls.c - SIP over TLS 1.2 and later (RFC 3261 26, RFC 5922): what is wrong with the files of the configuration, told
 * on the program's loop; and the listener of the media thread.
 *
 * The library checks no certificate of who it connects to, so the context does it for both directions. */
#define USE_OPENSSL /* the library's: its header names the context then */

#include <errno.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "line/sip_int.h"

bool sip_tls_wanted(const struct sip_line_cfg *cfg)
{
	return cfg->tls_port > 0 || cfg->proxy_way == SIP_TLS;
}

/* ---- what is wrong with the files */

/* libcrypto keeps all that it met; the first is the cause. */
static char *fault_of(void *ctx, const char *file, const char *what, const char *todo)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
						    : ERR_reason_error_string(code);
	char *text = talloc_asprintf(ctx, "%s: %s%s%s%s; %s", file, what, reason ? " (" : "",
				     reason ? reason : "", reason ? ")" : "", todo);

	ERR_clear_error();
	return text;
}

static char *certificate_fault(void *ctx, SSL_CTX *tls, const char *file)
{
	const X509 *cert;

	if (SSL_CTX_use_certificate_chain_file(tls, file) != 1)
		return fault_of(ctx, file, "no certificate can be read",
				"give a PEM file that we may read: the certificate, those "
				"between it and its CA, and the private key");
	if (SSL_CTX_use_PrivateKey_file(tls, file, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(tls) != 1)
		return fault_of(ctx, file, "no private key that fits the certificate",
				"append the key it was made with, in PEM and without a password");
	cert = SSL_CTX_get0_certificate(tls);
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		return fault_of(ctx, file, "the certificate has expired", "renew it");
	if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		return fault_of(ctx, file, "the certificate is not valid yet",
				"look at this machine's clock");
	return NULL;
}

char *sip_tls_fault(void *ctx, const struct sip_line_cfg *cfg)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_method());
	char *fault = NULL;

	ERR_clear_error();
	if (!tls)
		return talloc_strdup(ctx, "no memory");
	if (cfg->tls_port > 0 && !cfg->tls_certificate)
		fault = talloc_strdup(ctx,
				      "there is no certificate; give one: tls certificate FILE");
	else if (cfg->tls_certificate)
		fault = certificate_fault(ctx, tls, cfg->tls_certificate);
	if (!fault && cfg->tls_ca && SSL_CTX_load_verify_locations(tls, cfg->tls_ca, NULL) != 1)
		fault = fault_of(ctx, cfg->tls_ca, "no certificate can be read",
				 "give a PEM file with those of the CAs that sign for the trunk");
	SSL_CTX_free(tls);
	return fault;
}

/* ---- whom we connect to */

static bool is_named(X509 *cert, const struct sip_line_cfg *cfg)
{
	if (cfg->domain && X509_check_host(cert, cfg->domain, 0, 0, NULL) == 1)
		return true;
	return cfg->proxy && X509_check_ip_asc(cert, cfg->proxy, 0) == 1;
}

/* A CA of the configuration signs for the trunk alone.  Those of the system sign for all the world: then the name
 * must be right too, and what a caller shows says nothing, its address does. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct sip_line_cfg *cfg = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (cfg->tls_ca)
		return ok;
	if (SSL_is_server(ssl))
		return 1;
	if (!ok || X509_STORE_CTX_get_error_depth(store) > 0)
		return ok;
	if (is_named(X509_STORE_CTX_get_current_cert(store), cfg))
		return 1;
	X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
	return 0;
}

static int trust(SSL_CTX *tls, struct sip_line_cfg *cfg)
{
	int rc = cfg->tls_ca ? SSL_CTX_load_verify_locations(tls, cfg->tls_ca, NULL)
			     : SSL_CTX_set_default_verify_paths(tls);

	SSL_CTX_set_app_data(tls, cfg);
	SSL_CTX_set_verify(tls,
			   SSL_VERIFY_PEER | (cfg->tls_ca ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
			   on_verify);
	/* who comes back shows its certificate again; none is kept between lines */
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(tls, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	return rc == 1 && SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 ? 0 : EINVAL;
}

int sip_tls_listen(struct sip_trunk *tr)
{
	struct sip_line_cfg *cfg = &tr->link->cfg;
	struct sa address = tr->address;
	struct tls *tls = NULL;
	int err = tls_alloc(&tls, TLS_METHOD_SSLV23, cfg->tls_certificate, NULL);

	sa_set_port(&address, cfg->tls_port); /* 0: any, for calls of ours */
	err = err ? err : trust(tls_openssl_context(tls), cfg);
	err = err ? err : sip_transp_add(tr->sip, SIP_TRANSP_TLS, &address, tls);
	mem_deref(tls);
	return err;
}
