/* ctrl.h - the control interface of Osmocom's programs: ask an HLR for the number of a subscriber.
 *
 * Text in IPA frames (protocol 0xee, extension 0x00): "GET 7 subscriber.by-imsi-901700000000001.msisdn", answered by
 * "GET_REPLY 7 subscriber.by-imsi-901700000000001.msisdn 31612345678" or "ERROR 7 No such subscriber.".
 * Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wire/phone.h"

#define CTRL_ASK_SIZE 96
#define CTRL_ID_MAX   999999999 /* of a question */

/*! Write the question, with NUL.
 *  \param[in] imsi  up to 15 digits
 *  \returns bytes without NUL; -EINVAL if it is no IMSI */
int ctrl_write_msisdn(char out[CTRL_ASK_SIZE], uint32_t id, const char *imsi);

struct ctrl_answer {
	uint32_t id;
	char msisdn[PHONE_SIZE]; /* digits as the HLR has them, "" if it has none */
};

/*! Read an answer.
 *  \param[in] data  without the IPA header and the extension octet; need not end with NUL
 *  \returns 0; -EINVAL if it is none: a TRAP, words without an id, another variable */
int ctrl_read_msisdn(struct ctrl_answer *out, const uint8_t *data, size_t len);
