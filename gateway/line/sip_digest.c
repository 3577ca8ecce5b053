// SPDX-License-Identifier: AGPL-3.0-or-later
/* libre has a digest of its own that knows MD5 alone and gives up at the first challenge that asks for another. */
#include "line/sip_digest.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/evp.h>
#include <osmocom/core/utils.h>
#include <re/re.h>
#include <sodium.h>
#include <talloc.h>

#define CNONCE 16 /* octets */

struct realm {
	enum sip_hdrid hdr; /* who asked: a proxy or the server itself */
	char *name, *nonce, *opaque;
	const char *algorithm; /* of the table; shown only if it was named */
	bool named, qop;
	uint32_t nc;
	unsigned int fresh; /* nonces that were given for this request */
	bool asked;	    /* by the message that is being read */
};

struct sip_digest {
	const char *user, *password;
	struct realm realms[SIP_DIGEST_REALMS];
	size_t n;
};

static const struct {
	const char *name, *crypto;
} algorithms[] = {
	{ "MD5", "MD5" },
	{ "SHA-256", "SHA2-256" },
	{ "SHA-512-256", "SHA2-512/256" },
};

/* ---- the response */

/* The texts with colons between, in hexadecimal; out may be one of them. */
static int hash(char *out, const char *algorithm, const char *const *texts, size_t n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_MD *md = EVP_MD_fetch(NULL, algorithm, NULL);
	uint8_t raw[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	bool ok = ctx && md && EVP_DigestInit_ex(ctx, md, NULL) == 1;

	for (size_t i = 0; i < n && ok; i++)
		ok = (i == 0 || EVP_DigestUpdate(ctx, ":", 1) == 1) &&
		     EVP_DigestUpdate(ctx, texts[i], strlen(texts[i])) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, raw, &len) == 1 && 2 * len < SIP_DIGEST_MAX;
	if (ok)
		sodium_bin2hex(out, SIP_DIGEST_MAX, raw, len);
	EVP_MD_free(md);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -ENOMEM;
}

static const char *crypto_of(const char *algorithm)
{
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++)
		if (strcmp(algorithms[i].name, algorithm) == 0)
			return algorithms[i].crypto;
	return NULL;
}

int sip_digest_response(char *out, const struct sip_digest_of *of)
{
	const char *crypto = crypto_of(of->algorithm);
	const char *const who[] = { of->user, of->realm, of->password };
	const char *const what[] = { of->method, of->uri };
	char a1[SIP_DIGEST_MAX], a2[SIP_DIGEST_MAX], nc[9];
	const char *const plain[] = { a1, of->nonce, a2 };
	const char *const counted[] = { a1, of->nonce, nc, of->cnonce, "auth", a2 };
	int rc;

	if (!crypto)
		return -ENOTSUP;
	re_snprintf(nc, sizeof(nc), "%08x", of->nc);
	rc = hash(a1, crypto, who, ARRAY_SIZE(who));
	rc = rc < 0 ? rc : hash(a2, crypto, what, ARRAY_SIZE(what));
	if (rc < 0)
		return rc;
	rc = of->qop ? hash(out, crypto, counted, ARRAY_SIZE(counted))
		     : hash(out, crypto, plain, ARRAY_SIZE(plain));
	sodium_memzero(a1, sizeof(a1));
	return rc;
}

/* ---- challenges */

static struct realm *realm_of(struct sip_digest *dg, enum sip_hdrid hdr, const struct pl *name)
{
	for (size_t i = 0; i < dg->n; i++)
		if (dg->realms[i].hdr == hdr && pl_strcmp(name, dg->realms[i].name) == 0)
			return &dg->realms[i];
	return NULL;
}

static const char *algorithm_of(const struct httpauth_digest_chall *ch)
{
	if (!pl_isset(&ch->algorithm))
		return algorithms[0].name; /* RFC 7616 3.3 */
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++)
		if (pl_strcasecmp(&ch->algorithm, algorithms[i].name) == 0)
			return algorithms[i].name;
	return NULL;
}

/* "auth,auth-int": the body is not signed, so the word must stand alone */
static bool names_auth(const struct pl *list)
{
	const char *at = list->p, *end = list->p + list->l;

	while (at < end) {
		const char *to = memchr(at, ',', end - at);

		to = to ? to : end;
		while (at < to && *at == ' ')
			at++;
		if (to - at >= 4 && strncasecmp(at, "auth", 4) == 0 &&
		    strspn(at + 4, " ") >= (size_t)(to - at - 4))
			return true;
		at = to + 1;
	}
	return false;
}

static char *copied(struct sip_digest *dg, const struct pl *text)
{
	return pl_isset(text) ? talloc_strndup(dg, text->p, text->l) : NULL;
}

static void take(struct sip_digest *dg, struct realm *realm, const struct httpauth_digest_chall *ch)
{
	talloc_free(realm->nonce);
	talloc_free(realm->opaque);
	realm->nonce = copied(dg, &ch->nonce);
	realm->opaque = copied(dg, &ch->opaque);
	realm->algorithm = algorithm_of(ch);
	realm->named = pl_isset(&ch->algorithm);
	realm->qop = pl_isset(&ch->qop);
	realm->nc = 1;
	realm->fresh++;
	realm->asked = true;
}

static bool is_stale(const struct httpauth_digest_chall *ch)
{
	return pl_isset(&ch->stale) && pl_strcasecmp(&ch->stale, "true") == 0;
}

struct reading {
	struct sip_digest *dg;
	bool unable; /* a challenge that we cannot meet */
	int rc;
};

static bool on_challenge(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct reading *rd = arg;
	struct sip_digest *dg = rd->dg;
	struct httpauth_digest_chall ch;
	struct realm *realm;

	if (httpauth_digest_challenge_decode(&ch, &hdr->val) || !algorithm_of(&ch) ||
	    (pl_isset(&ch.qop) && !names_auth(&ch.qop))) {
		rd->unable = true;
		return false;
	}
	realm = realm_of(dg, hdr->id, &ch.realm);
	if (!realm) {
		if (dg->n == SIP_DIGEST_REALMS) {
			rd->rc = -EPROTO;
			return true;
		}
		realm = &dg->realms[dg->n++];
		*realm = (struct realm){ .hdr = hdr->id, .name = copied(dg, &ch.realm) };
	}
	if (realm->asked)
		return false; /* the first that we can has been taken */
	/* one of an earlier request may be too old, said or not; and none is stale for ever */
	if (realm->fresh > 1 || (realm->fresh && !is_stale(&ch))) {
		rd->rc = -EACCES;
		return true;
	}
	take(dg, realm, &ch);
	return false;
}

int sip_digest_challenged(struct sip_digest *dg, const struct sip_msg *msg)
{
	struct reading rd = { .dg = dg };
	bool any = false;

	if (!dg->user || !dg->password)
		return -ENOKEY;
	for (size_t i = 0; i < dg->n; i++)
		dg->realms[i].asked = false;
	if (!sip_msg_hdr_apply(msg, true, SIP_HDR_WWW_AUTHENTICATE, on_challenge, &rd))
		sip_msg_hdr_apply(msg, true, SIP_HDR_PROXY_AUTHENTICATE, on_challenge, &rd);
	for (size_t i = 0; i < dg->n; i++)
		any = any || dg->realms[i].asked;
	if (rd.rc < 0 || any)
		return rd.rc;
	return rd.unable ? -ENOTSUP : -EPROTO;
}

const char *sip_digest_fault(int rc)
{
	switch (rc) {
	case -ENOKEY:
		return "it asks for a password: set user and password-file";
	case -EACCES:
		return "check user and password-file";
	case -ENOTSUP:
		return "it wants a digest other than MD5, SHA-256 or SHA-512-256 with qop auth: ask the "
		       "provider for one of these";
	default:
		return "it asks for a digest that cannot be read: ask the provider";
	}
}

/* ---- what is shown */

static int write_realm(struct mbuf *mb, const struct sip_digest *dg, struct realm *realm,
		       const char *method, const char *uri)
{
	char response[SIP_DIGEST_MAX], cnonce[2 * CNONCE + 1];
	uint8_t lot[CNONCE];
	struct sip_digest_of of = { .algorithm = realm->algorithm,
				    .user = dg->user,
				    .realm = realm->name,
				    .password = dg->password,
				    .method = method,
				    .uri = uri,
				    .nonce = realm->nonce,
				    .cnonce = cnonce,
				    .nc = realm->nc,
				    .qop = realm->qop };
	int err;

	randombytes_buf(lot, sizeof(lot));
	sodium_bin2hex(cnonce, sizeof(cnonce), lot, sizeof(lot));
	if (sip_digest_response(response, &of) < 0)
		return ENOMEM;
	err = mbuf_printf(mb,
			  "%s: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
			  "response=\"%s\"",
			  realm->hdr == SIP_HDR_WWW_AUTHENTICATE ? "Authorization"
								 : "Proxy-Authorization",
			  dg->user, realm->name, realm->nonce, uri, response);
	if (!err && realm->named)
		err = mbuf_printf(mb, ", algorithm=%s", realm->algorithm);
	if (!err && realm->opaque)
		err = mbuf_printf(mb, ", opaque=\"%s\"", realm->opaque);
	if (!err && realm->qop)
		err = mbuf_printf(mb, ", cnonce=\"%s\", qop=auth, nc=%08x", cnonce, realm->nc);
	realm->nc++;
	return err ? err : mbuf_write_str(mb, "\r\n");
}

int sip_digest_write(struct mbuf *mb, struct sip_digest *dg, const char *method, const char *uri)
{
	int err = 0;

	for (size_t i = 0; i < dg->n && !err; i++)
		if (dg->realms[i].nonce)
			err = write_realm(mb, dg, &dg->realms[i], method, uri);
	return err;
}

/* ---- life */

void sip_digest_begin(struct sip_digest *dg)
{
	for (size_t i = 0; i < dg->n; i++)
		dg->realms[i].fresh = 0;
}

struct sip_digest *sip_digest_alloc(void *ctx, const char *user, const char *password)
{
	struct sip_digest *dg = talloc_zero(ctx, struct sip_digest);

	OSMO_ASSERT(dg);
	dg->user = user;
	dg->password = password;
	return dg;
}
