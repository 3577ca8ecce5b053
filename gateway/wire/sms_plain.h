/* sms_plain.h - the plain look of a character: what GSM 7-bit can say instead.
 *
 * For texts that would else travel as UCS-2.  A letter loses its accents, a typographic mark becomes
 * its typewriter form.  Allocates nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SMS_PLAIN_MAX 3 /* the most characters that stand in for one: "..." */

/*! Give a character its plain look; one of the default alphabet, or without a plain form, stays.
 *  \param[out] out  SMS_PLAIN_MAX of room
 *  \returns characters written; 0 for one that shows nothing by itself */
size_t sms_plain(uint32_t *out, uint32_t character);
