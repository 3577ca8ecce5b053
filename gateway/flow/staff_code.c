// SPDX-License-Identifier: AGPL-3.0-or-later
/* staff_code.c - see staff_code.h. */
#include "flow/staff_code.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <liboath/oath.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <sodium.h>

#include "talk/phrase.h"

#define SECRET_OCTETS 20
#define TEXT_MAX      64 /* of what may be a code */

void staff_code_make(char out[STAFF_TOTP_SIZE])
{
	unsigned char octets[SECRET_OCTETS];
	char *text = NULL;
	size_t len = 0;

	randombytes_buf(octets, sizeof(octets));
	OSMO_ASSERT(oath_base32_encode((char *)octets, sizeof(octets), &text, &len) == OATH_OK);
	OSMO_ASSERT(len < STAFF_TOTP_SIZE);
	osmo_strlcpy(out, text, STAFF_TOTP_SIZE);
	out[strcspn(out, "=")] = '\0';
	sodium_memzero(octets, sizeof(octets));
	sodium_memzero(text, len);
	free(text);
}

/* RFC 3986, 2.3: what is not unreserved. */
static char *encoded(void *ctx, const char *text)
{
	char *out = talloc_strdup(ctx, "");

	for (; *text; text++)
		out = strchr("-._~", *text) || (*text >= '0' && *text <= '9') ||
				      (*text >= 'a' && *text <= 'z') ||
				      (*text >= 'A' && *text <= 'Z')
			      ? talloc_asprintf_append(out, "%c", *text)
			      : talloc_asprintf_append(out, "%%%02X", (unsigned char)*text);
	return out;
}

char *staff_code_uri(void *ctx, const char *issuer, const char *name, const char *secret)
{
	char *of = encoded(NULL, issuer), *who = encoded(NULL, name);
	char *uri = talloc_asprintf(ctx, STAFF_CODE_URI_PREFIX "%s:%s?secret=%s&issuer=%s", of, who,
				    secret, of);

	OSMO_ASSERT(uri);
	talloc_free(of);
	talloc_free(who);
	return uri;
}

bool staff_code_read(char code[STAFF_CODE_DIGITS + 1], const char *text)
{
	char *folded;
	size_t n = 0;
	bool good;

	if (strlen(text) > TEXT_MAX)
		return false;
	folded = phrase_fold(NULL, text);
	good = *folded;
	for (const char *p = folded; *p && good; p++) {
		if (*p == ' ')
			continue;
		good = *p >= '0' && *p <= '9' && n < STAFF_CODE_DIGITS;
		if (good)
			code[n++] = *p;
	}
	code[n] = '\0';
	talloc_free(folded);
	return good && n == STAFF_CODE_DIGITS;
}

/* \returns 0, and secret is the caller's to free; -ENOKEY */
static int read_secret(const struct staff *staff, char **secret, size_t *len)
{
	if (!staff->totp[0] ||
	    oath_base32_decode(staff->totp, strlen(staff->totp), secret, len) != OATH_OK)
		return -ENOKEY;
	return 0;
}

static bool code_of(char out[STAFF_CODE_DIGITS + 1], const char *secret, size_t len, int64_t step)
{
	return oath_totp_generate(secret, len, step * STAFF_CODE_STEP_S, STAFF_CODE_STEP_S, 0,
				  STAFF_CODE_DIGITS, out) == OATH_OK;
}

/* The step that this is the code of. \returns 0: none that may be taken; -ENOKEY */
static int64_t step_of(const struct staff *staff, const char *code, int64_t now_s)
{
	char *secret = NULL, expected[STAFF_CODE_DIGITS + 1];
	int64_t now = now_s / STAFF_CODE_STEP_S, found = 0;
	size_t len = 0;

	if (read_secret(staff, &secret, &len) < 0)
		return -ENOKEY;
	for (int64_t step = now - STAFF_CODE_WINDOW; step <= now + STAFF_CODE_WINDOW; step++) {
		if (step <= staff->totp_step || !code_of(expected, secret, len, step))
			continue;
		if (sodium_memcmp(expected, code, STAFF_CODE_DIGITS) == 0)
			found = step;
	}
	sodium_memzero(secret, len);
	free(secret);
	return found;
}

int staff_code_check(struct staff *staff, const char *code, int64_t now_s)
{
	int64_t step;

	if (staff->locked_until_s > now_s)
		return -EBUSY;
	if (strlen(code) != STAFF_CODE_DIGITS)
		return -EACCES;
	step = step_of(staff, code, now_s);
	if (step < 0)
		return (int)step;
	if (step > 0) {
		staff->totp_step = step;
		staff->failures = 0;
		return 0;
	}
	if (++staff->failures >= STAFF_CODE_FAILURES) {
		staff->failures = 0;
		staff->locked_until_s = now_s + STAFF_CODE_LOCKED_S;
	}
	return -EACCES;
}

int staff_code_next(char out[STAFF_CODE_DIGITS + 1], const struct staff *staff, int64_t now_s)
{
	int64_t step = OSMO_MAX(now_s / STAFF_CODE_STEP_S, staff->totp_step + 1);
	char *secret = NULL;
	size_t len = 0;
	bool made;

	if (read_secret(staff, &secret, &len) < 0)
		return -ENOKEY;
	made = code_of(out, secret, len, step);
	sodium_memzero(secret, len);
	free(secret);
	return made ? 0 : -ENOKEY;
}
