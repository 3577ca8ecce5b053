// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any text under any flags: what is planned is what is cut, every part fits, and the parts give
 * the text back unless a letter was changed.  Any pieces: joining stays in its buffer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/sms_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, unsigned int flags)
{
	struct sms_plan plan;
	struct sms_piece *pieces;
	size_t size = strlen(text) * 3 + 1;
	char *out;
	int n;

	if (sms_text_plan(&plan, text, flags) < 0)
		return;
	pieces = calloc(plan.parts, sizeof(*pieces));
	if (sms_text_split(pieces, plan.parts, text, &plan) != plan.parts)
		abort();
	out = malloc(size);
	n = sms_text_join(out, size, pieces, plan.parts);
	if (n < 0 || (!plan.changed && strcmp(out, text) != 0))
		abort();
	free(out);
	free(pieces);
}

static void check_pieces(const uint8_t *data, size_t size)
{
	struct sms_piece pieces[4];
	size_t n = 0, septets = 0;
	char *out;

	memset(pieces, 0, sizeof(pieces));
	while (size >= 2 && n < 4) {
		struct sms_piece *piece = &pieces[n++];
		size_t len = data[1] % (SMS_PIECE_MAX + 1);

		if (len > size - 2)
			len = size - 2;
		piece->alphabet = data[0] % 3;
		piece->single = data[0] >> 2 & 15;
		piece->locking = data[0] >> 4;
		piece->len = (uint8_t)len;
		memcpy(piece->data, data + 2, len);
		septets += len ? len : 2; /* "[...]" */
		data += 2 + len;
		size -= 2 + len;
	}
	out = malloc(3 * septets + 1);
	if (sms_text_join(out, 3 * septets + 1, pieces, n) < 0)
		abort();
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 1)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	check_text(text, data[0] & 7);
	free(text);
	check_pieces(data, size);
	return 0;
}
