// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any headers, secret and body, one a line: nothing verifies but what was signed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/webhook.h"

#define NOW_S 1614265330

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *next_line(char **pos)
{
	char *line = *pos, *end = strchr(line, '\n');

	*pos = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *pos = text;
	char *secret_text = next_line(&pos), *id = next_line(&pos), *timestamp = next_line(&pos);
	char *signature = next_line(&pos);
	struct webhook_headers headers = { id, timestamp, signature };
	char good[WEBHOOK_SIGNATURE_SIZE];
	struct webhook_secret secret;

	if (webhook_secret_read(&secret, secret_text) == 0) {
		int rc = webhook_verify(&secret, &headers, pos, strlen(pos), NOW_S);

		webhook_sign(good, &secret, id, NOW_S, pos, strlen(pos));
		if (rc == 0 && !strcmp(timestamp, "1614265330") && !strstr(signature, good))
			abort();
		headers.timestamp = "1614265330";
		headers.signature = good;
		rc = webhook_verify(&secret, &headers, pos, strlen(pos), NOW_S);
		headers.timestamp = "1";
		if (rc == 0 && webhook_verify(&secret, &headers, pos, strlen(pos), NOW_S) == 0)
			abort();
	}
	free(text);
	return 0;
}
