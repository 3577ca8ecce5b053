// SPDX-License-Identifier: AGPL-3.0-or-later
#include "web/web_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "log.h"

#define PEM_MAX	  (256 * 1024)
#define CHAIN_MAX 16

struct pem {
	gnutls_datum_t certificate, key; /* data is a child of the struct */
};

struct web_tls {
	char *certificate, *key; /* paths */
	struct pem *pem;
};

/* \returns false if it cannot be read; logged */
static bool read_file(struct pem *pem, gnutls_datum_t *out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	out->data = talloc_size(pem, PEM_MAX);
	OSMO_ASSERT(out->data);
	if (fd >= 0) {
		n = read(fd, out->data, PEM_MAX);
		close(fd);
	}
	if (n < 0) {
		LOGP(DWEB, LOGL_ERROR, "http: %s: %s\n", path, strerror(errno));
		return false;
	}
	out->size = (unsigned int)n;
	return true;
}

static void give_up(gnutls_pcert_st *chain, unsigned int n, gnutls_privkey_t key)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		gnutls_pcert_deinit(&chain[i]);
	gnutls_free(chain);
	if (key)
		gnutls_privkey_deinit(key);
}

static int unpack(const struct pem *pem, gnutls_pcert_st **chain, unsigned int *n,
		  gnutls_privkey_t *key, const char **what)
{
	int rc;

	*what = "certificate";
	*key = NULL;
	*n = CHAIN_MAX;
	*chain = gnutls_malloc(CHAIN_MAX * sizeof(**chain));
	OSMO_ASSERT(*chain);
	rc = gnutls_pcert_list_import_x509_raw(*chain, n, &pem->certificate, GNUTLS_X509_FMT_PEM,
					       0);
	if (rc < 0)
		*n = 0;
	else
		*what = "key";
	if (rc >= 0)
		rc = gnutls_privkey_init(key);
	if (rc >= 0)
		rc = gnutls_privkey_import_x509_raw(*key, &pem->key, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (rc < 0)
		give_up(*chain, *n, *key);
	return rc;
}

/* Is it the key of this certificate?  What one signs the other must know. */
static int check_pair(gnutls_pcert_st *certificate, gnutls_privkey_t key)
{
	gnutls_datum_t text = { (unsigned char *)"meldlijn", 8 }, signature = { NULL, 0 };
	gnutls_digest_algorithm_t digest;
	unsigned int mandatory;
	int rc;

	rc = gnutls_pubkey_get_preferred_hash_algorithm(certificate->pubkey, &digest, &mandatory);
	if (rc >= 0)
		rc = gnutls_privkey_sign_data(key, digest, 0, &text, &signature);
	if (rc >= 0)
		rc = gnutls_pubkey_verify_data2(
			certificate->pubkey,
			gnutls_pk_to_sign(gnutls_pubkey_get_pk_algorithm(certificate->pubkey, NULL),
					  digest),
			0, &text, &signature);
	gnutls_free(signature.data);
	return rc;
}

static bool check(const struct web_tls *tls, const struct pem *pem)
{
	gnutls_pcert_st *chain;
	gnutls_privkey_t key;
	const char *what;
	unsigned int n;
	int rc = unpack(pem, &chain, &n, &key, &what);

	if (rc < 0) {
		LOGP(DWEB, LOGL_ERROR, "http %s %s: %s\n", what,
		     strcmp(what, "key") ? tls->certificate : tls->key, gnutls_strerror(rc));
		return false;
	}
	rc = check_pair(&chain[0], key);
	if (rc < 0)
		LOGP(DWEB, LOGL_ERROR, "http key %s is not the key of certificate %s\n", tls->key,
		     tls->certificate);
	give_up(chain, n, key);
	return rc >= 0;
}

bool web_tls_reload(struct web_tls *tls)
{
	struct pem *pem = talloc_zero(tls, struct pem);

	OSMO_ASSERT(pem);
	if (!read_file(pem, &pem->certificate, tls->certificate) ||
	    !read_file(pem, &pem->key, tls->key) || !check(tls, pem)) {
		talloc_free(pem);
		return false;
	}
	talloc_free(tls->pem);
	tls->pem = pem;
	return true;
}

struct web_tls *web_tls_alloc(void *ctx, const char *certificate, const char *key)
{
	struct web_tls *tls = talloc_zero(ctx, struct web_tls);

	OSMO_ASSERT(tls);
	tls->certificate = talloc_strdup(tls, certificate);
	tls->key = talloc_strdup(tls, key);
	if (!web_tls_reload(tls)) {
		talloc_free(tls);
		return NULL;
	}
	return tls;
}

int web_tls_give(const struct web_tls *tls, gnutls_pcert_st **certificates, unsigned int *n,
		 gnutls_privkey_t *key)
{
	const char *what;

	return unpack(tls->pem, certificates, n, key, &what) < 0 ? -1 : 0;
}
