/* ussd_text.h - a USSD string: its alphabet, its packing, what fits (3GPP TS 23.038 5 and 6.1.2.3).
 *
 * USSD has no user data header, so no shift tables and no parts: a string is GSM 7-bit with the
 * extension table, or UCS-2.  Pure; allocates nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USSD_OCTETS_MAX 160 /* TS 24.080 4.5.2: MAP-USSD-String; 182 septets or 80 units of UCS-2 */
#define USSD_TEXT_MAX	(182 * 3 + 1) /* bytes of UTF-8 with NUL that a string becomes at most */

/* Data coding schemes that are written, TS 23.038 5. */
#define USSD_DCS_GSM7 0x0f /* default alphabet, language unspecified */
#define USSD_DCS_UCS2 0x48

/*! Octets that a text takes, packed, with the CR that 6.1.2.3.1 asks for.  Letters outside the default
 *  alphabet lose an accent where the whole text then fits it (Turkish, Polish); where it does not (Arabic)
 *  the text is UCS-2.  Costs one walk over the text.  A longer text may take less: one more letter can
 *  turn the whole to UCS-2, and a long text of ellipses shrinks by that.
 *  \param[in] text  UTF-8; len bytes of it count
 *  \returns octets; SIZE_MAX if it is not UTF-8 */
size_t ussd_text_octets(const char *text, size_t len);

/*! Encode.
 *  \param[out] dcs  USSD_DCS_GSM7 or USSD_DCS_UCS2
 *  \param[out] out  max octets of room
 *  \returns octets; -EMSGSIZE if it takes more than max; -EINVAL if text is not UTF-8 */
int ussd_text_encode(uint8_t *dcs, uint8_t *out, size_t max, const char *text);

/*! Decode what came with any data coding scheme: the default alphabet in all its languages, 0x10 and
 *  0x11 with a language in front (dropped), 8-bit (as UTF-8 if it is that, else Latin-1), UCS-2, and
 *  group 1001 with a user data header (dropped).  A reserved scheme is read as the default alphabet, as 5
 *  says.  The CR of the packing is dropped.
 *  \param[out] out  UTF-8 with NUL; USSD_TEXT_MAX suffices for USSD_OCTETS_MAX octets
 *  \returns bytes without NUL; -ENOSPC if size is too small; -EMSGSIZE if len is over
 *           USSD_OCTETS_MAX; -ENOTSUP if it is compressed */
int ussd_text_decode(char *out, size_t size, uint8_t dcs, const uint8_t *octets, size_t len);
