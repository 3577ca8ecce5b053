// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/sdes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#define KEY_TEXT      40 /* base64 of a key; it needs no padding */
#define LIFETIME_BITS 20 /* packets: a call of five hours */

static const char *const suite_names[SDES_SUITES] = {
	[SDES_AES_CM_128_HMAC_SHA1_80] = "AES_CM_128_HMAC_SHA1_80",
	[SDES_AES_CM_128_HMAC_SHA1_32] = "AES_CM_128_HMAC_SHA1_32",
};

struct word {
	const char *at;
	size_t len;
};

/* The next word; its length is 0 at the end. */
static struct word next_word(const char **text)
{
	struct word word;

	*text += strspn(*text, " \t");
	word = (struct word){ .at = *text, .len = strcspn(*text, " \t\r\n") };
	*text += word.len;
	return word;
}

static bool is(const struct word *word, const char *text)
{
	return word->len == strlen(text) && memcmp(word->at, text, word->len) == 0;
}

static bool begins(const struct word *word, const char *text)
{
	return word->len >= strlen(text) && memcmp(word->at, text, strlen(text)) == 0;
}

/* Digits, at most nine. */
static bool number(const char *at, size_t len, uint32_t *out)
{
	*out = 0;
	if (len == 0 || len > 9)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		*out = 10 * *out + (at[i] - '0');
	}
	return true;
}

/* "2^31" or "1048576".  A key that is too soon used up would have to be renewed by us. */
static int lifetime(const char *at, size_t len)
{
	uint32_t n;
	bool power = len > 2 && memcmp(at, "2^", 2) == 0;

	if (!power && len > 9 && strspn(at, "0123456789") >= len)
		return 0;
	if (!number(power ? at + 2 : at, power ? len - 2 : len, &n))
		return -EINVAL;
	if (power ? n < LIFETIME_BITS : n < 1u << LIFETIME_BITS)
		return -ENOTSUP;
	return 0;
}

/* "inline:" key ["|" lifetime] ["|" MKI ":" length] */
static int read_key(struct sdes *out, const struct word *word)
{
	static const char inline_[] = "inline:";
	const size_t head = sizeof(inline_) - 1;
	const char *rest, *end = word->at + word->len;
	size_t n;

	if (!begins(word, inline_))
		return -EINVAL;
	if (memchr(word->at, ';', word->len))
		return -ENOTSUP; /* several keys, told apart by MKI */
	if (word->len < head + KEY_TEXT ||
	    sodium_base642bin(out->key, SDES_KEY, word->at + head, KEY_TEXT, NULL, &n, NULL,
			      sodium_base64_VARIANT_ORIGINAL) < 0 ||
	    n != SDES_KEY)
		return -EINVAL;
	rest = word->at + head + KEY_TEXT;
	if (rest == end)
		return 0;
	if (*rest++ != '|')
		return -EINVAL;
	if (memchr(rest, '|', end - rest) || memchr(rest, ':', end - rest))
		return -ENOTSUP; /* an MKI, which would stand in each packet */
	return lifetime(rest, end - rest);
}

/* Those that change nothing for us: we send no RTCP, and our window is as large as any.  One that begins with "-" may be
 * left out by who does not know it (RFC 4568 6.3.7). */
static bool harmless(const struct word *param)
{
	return begins(param, "WSH=") || is(param, "UNENCRYPTED_SRTCP") || begins(param, "-");
}

static int read_all(struct sdes *out, const char *text)
{
	struct word tag = next_word(&text), suite = next_word(&text), key = next_word(&text), param;
	int rc;

	if (!number(tag.at, tag.len, &out->tag) || suite.len == 0)
		return -EINVAL;
	for (out->suite = 0; out->suite < SDES_SUITES; out->suite++)
		if (is(&suite, suite_names[out->suite]))
			break;
	if (out->suite == SDES_SUITES)
		return -ENOTSUP;
	rc = read_key(out, &key);
	while (rc == 0 && (param = next_word(&text)).len > 0)
		rc = harmless(&param) ? 0 : -ENOTSUP;
	return rc;
}

int sdes_read(struct sdes *out, const char *text)
{
	int rc = read_all(out, text);

	if (rc < 0)
		sodium_memzero(out, sizeof(*out));
	return rc;
}

void sdes_write(char out[SDES_TEXT_MAX], const struct sdes *sdes)
{
	char key[KEY_TEXT + 1];

	sodium_bin2base64(key, sizeof(key), sdes->key, SDES_KEY, sodium_base64_VARIANT_ORIGINAL);
	snprintf(out, SDES_TEXT_MAX, "%u %s inline:%s", sdes->tag, suite_names[sdes->suite], key);
	sodium_memzero(key, sizeof(key));
}
