// SPDX-License-Identifier: AGPL-3.0-or-later
#include "flow/order_link.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "log.h"

#define OWNER	 "order link"
#define MAC_SIZE 16 /* octets of HMAC-SHA-512-256 that stand in a link */
#define MAC_TEXT sodium_base64_ENCODED_LEN(MAC_SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING)

#define HEX_SIZE (2 * crypto_auth_KEYBYTES + 1)

struct order_links {
	struct store *st;
	char *public_url;
	uint8_t key[crypto_auth_KEYBYTES];
};

/* ---- the secret ---- */

static int key_of(struct order_links *links, const char *hex)
{
	size_t len = 0;
	int rc = sodium_hex2bin(links->key, sizeof(links->key), hex, strlen(hex), NULL, &len, NULL);

	return rc == 0 && len == sizeof(links->key) ? 0 : -EBADMSG;
}

/* \returns 0; -ENOENT; -EBADMSG it holds no key; -errno */
static int read_file(struct order_links *links, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char hex[HEX_SIZE];
	struct stat about;
	ssize_t n;
	int rc;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &about) == 0 && (about.st_mode & 077))
		LOGP(DFLOW, LOGL_ERROR, "%s: others may read it: chmod 600 it\n", path);
	n = read(fd, hex, sizeof(hex) - 1);
	rc = n < 0 ? -errno : 0;
	close(fd);
	if (rc < 0)
		return rc;
	hex[n] = '\0';
	rc = key_of(links, hex);
	sodium_memzero(hex, sizeof(hex));
	return rc;
}

static int write_all(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	size_t len = strlen(text);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len || fsync(fd) < 0)
		rc = errno ? -errno : -EIO;
	close(fd);
	return rc;
}

/* The name is there with all of the key or not at all, and durable with its folder. */
static int write_file(struct order_links *links, const char *path)
{
	char hex[HEX_SIZE], *part = talloc_asprintf(links, "%s.part", path);
	char *folder = talloc_strdup(links, path);
	int fd, rc;

	unlink(part);
	sodium_bin2hex(hex, sizeof(hex), links->key, sizeof(links->key));
	rc = write_all(part, hex);
	sodium_memzero(hex, sizeof(hex));
	if (rc == 0 && rename(part, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(part);
	fd = rc == 0 ? open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	talloc_free(part);
	talloc_free(folder);
	return rc;
}

/* Earlier versions kept it in the database, which is copied about. */
static int take_from_database(struct order_links *links)
{
	char *hex = store_recall(links, links->st, OWNER, "key");
	int rc;

	if (!hex)
		return -ENOENT;
	rc = key_of(links, hex);
	sodium_memzero(hex, strlen(hex));
	talloc_free(hex);
	return rc;
}

static int leave_database(struct order_links *links)
{
	int rc = store_begin(links->st);

	if (rc < 0)
		return rc;
	rc = store_remember(links->st, OWNER, "key", NULL);
	if (rc < 0) {
		store_undo(links->st);
		return rc;
	}
	store_cut_log(links->st);
	return store_end(links->st);
}

static int find_key(struct order_links *links, const char *path)
{
	bool before;
	int rc = read_file(links, path);

	if (rc != -ENOENT)
		return rc;
	rc = take_from_database(links);
	before = rc == 0;
	if (rc == -ENOENT)
		crypto_auth_keygen(links->key);
	else if (rc < 0)
		return rc;
	rc = write_file(links, path);
	return rc == 0 && before ? leave_database(links) : rc;
}

struct order_links *order_links_alloc(void *ctx, struct store *st, const char *public_url,
				      const char *key_file)
{
	struct order_links *links = talloc_zero(ctx, struct order_links);
	int rc;

	OSMO_ASSERT(links && sodium_init() >= 0);
	links->st = st;
	links->public_url = talloc_strdup(links, public_url);
	rc = find_key(links, key_file);
	if (rc < 0) {
		LOGP(DFLOW, LOGL_ERROR, "%s: no links for contractors: %s\n", key_file,
		     rc == -EBADMSG ? "it holds no key; put the right one in its place, or take it "
				      "away: links that were sent end then"
				    : strerror(-rc));
		talloc_free(links);
		return NULL;
	}
	return links;
}

/* ---- links ---- */

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
