// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any text: what is measured is what is written, and it is read as it was unless an accent was lost.
 * Any octets under any scheme: UTF-8 that fits where it must. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/sms_text.h"
#include "wire/ussd_text.h"
#include "wire/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* What the other side sees of a text.  \returns false if it cannot be sent */
static bool sent(char *seen, uint8_t *dcs, const char *text)
{
	uint8_t octets[USSD_OCTETS_MAX];
	size_t measured = ussd_text_octets(text, strlen(text));
	int n = ussd_text_encode(dcs, octets, sizeof(octets), text);

	if (n < 0) {
		must(n == (measured == SIZE_MAX ? -EINVAL : -EMSGSIZE));
		must(measured > USSD_OCTETS_MAX);
		return false;
	}
	must((size_t)n == measured);
	must(ussd_text_decode(seen, USSD_TEXT_MAX, *dcs, octets, (size_t)n) >= 0);
	return true;
}

static void check_text(const char *text)
{
	char first[USSD_TEXT_MAX], second[USSD_TEXT_MAX];
	struct sms_plan plan;
	uint8_t dcs;

	if (!sent(first, &dcs, text))
		return;
	must(sms_text_plan(&plan, text, 0) == 0);
	if (dcs == USSD_DCS_UCS2) {
		must(strcmp(first, text) == 0);
	} else if (plan.alphabet == SMS_GSM7) {
		/* a CR that ends an octet comes twice */
		must(strncmp(first, text, strlen(text)) == 0);
		must(strcmp(first + strlen(text), "") == 0 ||
		     strcmp(first + strlen(text), "\r") == 0);
	}
	must(sent(second, &dcs, first) && strcmp(second, first) == 0);
}

static void check_octets(uint8_t dcs, const uint8_t *octets, size_t len)
{
	char out[USSD_TEXT_MAX], *exact;
	uint32_t character;
	size_t at;
	int n, used;

	n = ussd_text_decode(out, sizeof(out), dcs, octets, len);
	if (n < 0) {
		must(n == (len > USSD_OCTETS_MAX ? -EMSGSIZE : -ENOTSUP));
		return;
	}
	must(strlen(out) == (size_t)n);
	for (at = 0; at < (size_t)n; at += (size_t)used) {
		used = utf8_read(&character, out + at, (size_t)n - at);
		must(used > 0);
	}
	exact = malloc((size_t)n + 1);
	must(ussd_text_decode(exact, (size_t)n + 1, dcs, octets, len) == n);
	must(n == 0 || ussd_text_decode(exact, (size_t)n, dcs, octets, len) == -ENOSPC);
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 1)
		return 0;
	check_octets(data[0], data + 1, size - 1);
	text = strndup((const char *)data + 1, size - 1);
	check_text(text);
	free(text);
	return 0;
}
