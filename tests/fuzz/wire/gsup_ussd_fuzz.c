// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any octets as a GSUP message: what comes out of it keeps its promises.  The same octets as a page: what
 * is written is read again, as the phone's part of a session. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/gsup_ussd.h"
#include "wire/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_message(const uint8_t *data, size_t size)
{
	struct gsup_ussd out;
	enum gsup_ussd_fault fault = gsup_ussd_read(&out, data, size);
	const char *at = out.text;
	uint32_t character;
	int used;

	must(out.invoke_id >= -1 && out.invoke_id <= 255);
	must((fault == GSUP_USSD_NOT_GSUP) == (out.imsi[0] == '\0'));
	must(strspn(out.imsi, "0123456789") == strlen(out.imsi));
	must(strspn(out.msisdn, "+0123456789") == strlen(out.msisdn));
	must(fault == GSUP_USSD_OK || out.text[0] == '\0');
	for (; *at; at += used) {
		used = utf8_read(&character, at, strlen(at));
		must(used > 0);
	}
	if (fault == GSUP_USSD_OK && out.kind == GSUP_USSD_BEGIN)
		must(out.invoke_id >= 0);
}

/* Make a phone's message of ours: another state of the session, another operation. */
static void turn_round(uint8_t *message, const struct gsup_ussd_page *page)
{
	uint8_t *state = message + 3 + message[2] + 6; /* after the IMSI and the session id */
	uint8_t *component = state + 5, *at;

	must(state[0] == 0x31 && component[-2] == 0x35);
	state[2] = page->last ? 2 : 1;
	at = component + (page->length == GSUP_USSD_BER && component[1] > 0x7f ? 3 : 2) + 3;
	if (page->last) /* a sequence round operation and argument */
		at += page->length == GSUP_USSD_BER && at[1] > 0x7f ? 3 : 2;
	must(at[0] == 2 && at[1] == 1 && at[2] == (page->last ? 0x3b : 0x3c));
	at[2] = page->last ? 0x3c : 0x3b;
}

static void check_page(const struct gsup_ussd_page *page)
{
	uint8_t octets[USSD_OCTETS_MAX], message[GSUP_USSD_MAX], dcs;
	char text[USSD_TEXT_MAX];
	struct gsup_ussd out;
	int n = gsup_ussd_write_page(message, page);
	int want = ussd_text_encode(&dcs, octets, sizeof(octets), page->text);

	must((n > 0) == (want > 0));
	if (n <= 0)
		return;
	must(ussd_text_decode(text, sizeof(text), dcs, octets, (size_t)want) >= 0);
	turn_round(message, page);
	must(gsup_ussd_read(&out, message, (size_t)n) == GSUP_USSD_OK);
	must(out.kind == (page->last ? GSUP_USSD_ANSWER : GSUP_USSD_BEGIN));
	must(strcmp(out.imsi, page->imsi) == 0);
	must(out.session_id == page->session_id);
	must(out.invoke_id == page->invoke_id);
	must(out.dcs == dcs);
	must(strcmp(out.text, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gsup_ussd_page page = { .imsi = "262420000000001" };
	char *text;

	check_message(data, size);
	if (size < 3)
		return 0;
	text = strndup((const char *)data + 3, size - 3);
	page.text = text;
	page.last = data[0] & 1;
	page.length = data[0] & 2 ? GSUP_USSD_ONE_OCTET : GSUP_USSD_BER;
	page.invoke_id = data[1];
	page.session_id = data[2] * 0x01010101u;
	check_page(&page);
	free(text);
	return 0;
}
