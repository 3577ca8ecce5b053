/* sms_indic.h - the tables of TS 23.038 Annex A for the languages of India and Pakistan.
 *
 * Only for sms_tables.c.  Identifiers 4 to 13, one behind the other as in the standard:
 * Bengali, Gujarati, Hindi, Kannada, Malayalam, Oriya, Punjabi, Tamil, Telugu, Urdu.
 */
#pragma once

#include <stdint.h>

#define SMS_INDIC_FIRST 4
#define SMS_INDIC_LAST	13

/*! The character of a septet in the locking (A.3.4 to A.3.13) or single shift table (A.2.4 to
 *  A.2.13) of such a language; 0 for the escape and for septets that are left open. */
uint16_t sms_indic_locking(uint8_t language, uint8_t septet);
uint16_t sms_indic_single(uint8_t language, uint8_t septet);
