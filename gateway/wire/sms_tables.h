/* sms_tables.h - the character tables of 3GPP TS 23.038: clause 6.2.1 and Annex A.
 *
 * Only for sms_text.c and its tests.  A language without a table of the kind asked has the
 * default one, which is what the standard says for identifiers that are not known.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SMS_LANGUAGES 14 /* 0 is the default alphabet; identifiers 1 to 13 have tables */
#define SMS_ESCAPE    0x1b

/*! The character of a septet in a locking shift table; 0 for the escape and for septets the
 *  table leaves open. */
uint16_t sms_table_locking(uint8_t language, uint8_t septet);

/*! The character after an escape in a single shift table; 0 if there is none. */
uint16_t sms_table_single(uint8_t language, uint8_t septet);

/*! The other way round.
 *  \returns the septet; -1 if the table has no such character */
int sms_table_find_locking(uint8_t language, uint32_t character);
int sms_table_find_single(uint8_t language, uint32_t character);

/*! Is there a table of this kind for this identifier? */
bool sms_table_has_locking(uint8_t language);
bool sms_table_has_single(uint8_t language);

/*! "turkish"; NULL for 0 and for identifiers that are not known. */
const char *sms_language_name(uint8_t language);
