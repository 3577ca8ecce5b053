// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any "a=crypto": it is refused and nothing of it stays, or what we write of it reads the same again. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/sdes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sdes none;
	char *text = malloc(size + 1), written[SDES_TEXT_MAX];
	struct sdes sdes = { 0 }, again = { 0 };
	int rc;

	memcpy(text, data, size);
	text[size] = '\0';
	rc = sdes_read(&sdes, text);
	must(rc == 0 || rc == -EINVAL || rc == -ENOTSUP);
	if (rc < 0) {
		must(memcmp(&sdes, &none, sizeof(none)) == 0);
	} else {
		must(sdes.suite < SDES_SUITES && sdes.tag <= SDES_TAG_MAX);
		sdes_write(written, &sdes);
		must(sdes_read(&again, written) == 0);
		must(memcmp(&sdes, &again, sizeof(sdes)) == 0);
	}
	free(text);
	return 0;
}
