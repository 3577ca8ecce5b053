// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any octets, in both directions: no read past the end; what was read can be shown, has a key,
 * and if it can be written again, reads the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/sms_pdu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct sms_tpdu *tpdu)
{
	uint8_t pdu[SMS_TPDU_MAX];
	struct sms_tpdu again;
	char key[SMS_KEY_SIZE];
	size_t len;
	int n = sms_pdu_encode(pdu, &len, tpdu);

	if (n < 0)
		return;
	if (sms_pdu_decode(&again, pdu, (size_t)n, tpdu->type == SMS_DELIVER) < 0)
		abort();
	if (again.piece.len != tpdu->piece.len || again.piece.alphabet != tpdu->piece.alphabet ||
	    memcmp(again.piece.data, tpdu->piece.data, again.piece.len) != 0 ||
	    again.class != tpdu->class || again.concat.number != tpdu->concat.number)
		abort();
	if (!tpdu->alphanumeric && strcmp(again.address, tpdu->address) != 0)
		abort();
	sms_pdu_key(key, &again);
}

static void check(const uint8_t *data, size_t size, bool from_sc)
{
	struct sms_tpdu tpdu;
	char text[SMS_PIECE_MAX * 3 + 1];
	char key[SMS_KEY_SIZE];

	if (sms_pdu_decode(&tpdu, data, size, from_sc) < 0)
		return;
	if (tpdu.piece.len > 0 && sms_text_join(text, sizeof(text), &tpdu.piece, 1) < 0)
		abort();
	sms_pdu_key(key, &tpdu);
	check_again(&tpdu);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sms_tpdu tpdu;
	char *hex;

	check(data, size, true);
	check(data, size, false);
	hex = strndup((const char *)data, size);
	sms_pdu_decode_hex(&tpdu, hex, true);
	free(hex);
	return 0;
}
