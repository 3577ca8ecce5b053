// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any line in every form; any text written and read again; and the balance behind any words without
 * a digit. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/cusd.h"
#include "wire/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_line(const char *line, enum cusd_form form)
{
	struct cusd cusd;
	const char *at = cusd.text;
	uint32_t character;
	int64_t cents;
	int used;

	if (cusd_read(&cusd, line, form) < 0)
		return;
	must(cusd.has_text || cusd.text[0] == '\0');
	must(cusd.dcs >= -1 && cusd.dcs < 256);
	for (; *at; at += used) {
		used = utf8_read(&character, at, strlen(at));
		must(used > 0);
	}
	cusd_amount(cusd.text, &cents);
}

/* What the network is to see of a text that loses accents. */
static void plain(char *out, const char *text)
{
	uint8_t octets[USSD_OCTETS_MAX], dcs;
	int n = ussd_text_encode(&dcs, octets, sizeof(octets), text);

	must(n >= 0);
	must(ussd_text_decode(out, USSD_TEXT_MAX, dcs, octets, (size_t)n) >= 0);
}

static void check_command(const char *text, enum cusd_form form)
{
	static const char head[] = "AT+CUSD=1,\"";
	char command[CUSD_COMMAND_SIZE], line[CUSD_COMMAND_SIZE], want[USSD_TEXT_MAX];
	struct cusd cusd;

	if (cusd_write(command, sizeof(command), text, form) < 0)
		return;
	must(strncmp(command, head, strlen(head)) == 0);
	snprintf(line, sizeof(line), "+CUSD: 1,\"%s", command + strlen(head));
	must(cusd_read(&cusd, line, form) == 0);
	must(cusd.state == CUSD_ASKS && cusd.has_text);
	snprintf(want, sizeof(want), "%s", text);
	if (form == CUSD_PACKED)
		plain(want, text);
	must(strcmp(cusd.text, want) == 0);
}

static void check_amount(const char *text)
{
	char *said;
	int64_t cents = 0;

	cusd_amount(text, &cents);
	if (strpbrk(text, "0123456789") || asprintf(&said, "%s EUR 12,50.", text) < 0)
		return;
	must(cusd_amount(said, &cents) && cents == 1250);
	free(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	int form;

	for (form = 0; form < CUSD_FORMS; form++) {
		check_line(text, (enum cusd_form)form);
		check_command(text, (enum cusd_form)form);
	}
	check_amount(text);
	free(text);
	return 0;
}
