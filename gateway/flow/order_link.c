// SPDX-License-Identifier: AGPL-3.0-or-later
#include "flow/order_link.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "log.h"

#define OWNER	 "order link"
#define MAC_SIZE 16 /* octets of HMAC-SHA-512-256 that stand in a link */
#define MAC_TEXT sodium_base64_ENCODED_LEN(MAC_SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING)

struct order_links {
	struct store *st;
	char *public_url;
	uint8_t key[crypto_auth_KEYBYTES];
};

static int make_key(struct order_links *links)
{
	char hex[2 * crypto_auth_KEYBYTES + 1];
	int rc;

	crypto_auth_keygen(links->key);
	sodium_bin2hex(hex, sizeof(hex), links->key, sizeof(links->key));
	rc = store_begin(links->st);
	if (rc < 0)
		return rc;
	rc = store_remember(links->st, OWNER, "key", hex);
	if (rc < 0)
		store_undo(links->st);
	else
		store_end(links->st);
	return rc;
}

static int find_key(struct order_links *links)
{
	char *hex = store_recall(links, links->st, OWNER, "key");
	size_t len = 0;
	int rc;

	if (!hex)
		return make_key(links);
	rc = sodium_hex2bin(links->key, sizeof(links->key), hex, strlen(hex), NULL, &len, NULL);
	sodium_memzero(hex, strlen(hex));
	talloc_free(hex);
	return rc == 0 && len == sizeof(links->key) ? 0 : -EBADMSG;
}

struct order_links *order_links_alloc(void *ctx, struct store *st, const char *public_url)
{
	struct order_links *links = talloc_zero(ctx, struct order_links);

	OSMO_ASSERT(links && sodium_init() >= 0);
	links->st = st;
	links->public_url = talloc_strdup(links, public_url);
	if (find_key(links) < 0) {
		LOGP(DFLOW, LOGL_ERROR, "no links for contractors: their secret cannot be kept\n");
		talloc_free(links);
		return NULL;
	}
	return links;
}

static void mac_of(char out[MAC_TEXT], const struct order_links *links, const char *reference,
		   const char *contractor, int64_t until_s)
{
	uint8_t mac[crypto_auth_BYTES];
	char text[128];

	snprintf(text, sizeof(text), "order %s %" PRId64 " %s", reference, until_s, contractor);
	crypto_auth(mac, (const uint8_t *)text, strlen(text), links->key);
	sodium_bin2base64(out, MAC_TEXT, mac, MAC_SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

char *order_link_write(void *ctx, const struct order_links *links, const struct report *report,
		       int64_t now_s)
{
	int64_t until_s = now_s + ORDER_LINK_S;
	char mac[MAC_TEXT], *out;

	mac_of(mac, links, report->reference, report->contractor, until_s);
	out = talloc_asprintf(ctx, "%s/order/%s.%" PRIx64 ".%s", links->public_url,
			      report->reference, (uint64_t)until_s, mac);
	OSMO_ASSERT(out);
	return out;
}

struct parts {
	char reference[REPORT_REFERENCE_SIZE], mac[MAC_TEXT];
	int64_t until_s;
};

/* Only what order_link_write() writes is read. */
static bool split(struct parts *parts, const char *token)
{
	size_t ref = strspn(token, "0123456789"), hex, i;

	if (strlen(token) > ORDER_LINK_TEXT_MAX || ref == 0 || ref >= sizeof(parts->reference) ||
	    token[ref] != '.')
		return false;
	memcpy(parts->reference, token, ref);
	parts->reference[ref] = '\0';
	token += ref + 1;
	hex = strspn(token, "0123456789abcdef");
	if (hex == 0 || hex > 12 || token[hex] != '.' || strlen(token + hex + 1) != MAC_TEXT - 1)
		return false;
	for (parts->until_s = 0, i = 0; i < hex; i++)
		parts->until_s = parts->until_s * 16 +
				 (token[i] <= '9' ? token[i] - '0' : token[i] - 'a' + 10);
	memcpy(parts->mac, token + hex + 1, MAC_TEXT);
	return true;
}

int order_link_read(void *ctx, const struct order_links *links, const char *token, int64_t now_s,
		    struct report *report)
{
	struct parts parts;
	char mac[MAC_TEXT];
	int rc;

	if (!split(&parts, token))
		return -EBADMSG;
	rc = store_report_by_reference(ctx, links->st, parts.reference, report);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	mac_of(mac, links, parts.reference, rc == 0 ? report->contractor : "", parts.until_s);
	if (sodium_memcmp(mac, parts.mac, MAC_TEXT) != 0 || rc < 0 || !report->contractor[0])
		return -EBADMSG;
	return parts.until_s < now_s ? -ETIME : 0;
}
