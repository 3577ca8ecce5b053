/* at_result.h - what a line from a modem is: a final result (3GPP TS 27.007 annex B, V.250 5.7.1), an unsolicited one,
 * the head of two, or none of these.
 *
 * Known by the line alone.  Whose answer it is and what came before it is at_chat.c's; what its values mean is for
 * whoever asked.  Pure.
 */
#pragma once

#include <stdbool.h>

enum at_result {
	AT_OK,
	AT_ERROR,  /* without a number */
	AT_CME,	   /* +CME ERROR; code is set */
	AT_CMS,	   /* +CMS ERROR; code is set */
	AT_HANGUP, /* NO CARRIER, BUSY and the like, only for a command that dials or answers */
	AT_TIMEOUT,
	AT_GONE, /* the chat was closed */
};

/* The code of AT_HANGUP. */
enum at_hangup { AT_NO_CARRIER, AT_BUSY, AT_NO_ANSWER, AT_NO_DIALTONE };

/*! Is it the last line of an answer?
 *  \param[in] call  the command dials or answers: NO CARRIER, BUSY and CONNECT end it too
 *  \param[out] result  of it; untouched if not
 *  \param[out] code  the number of AT_CME and AT_CMS, also of words for it that we know; enum at_hangup of
 *                    AT_HANGUP; else -1 */
bool at_result_is_final(const char *line, bool call, enum at_result *result, int *code);

/*! Does a sign stand before it, as before all results that are no words ("+CREG:", "^BOOT:")? */
bool at_result_is_signed(const char *line);

/*! Is it an unsolicited result that is words ("RING", "SMS FULL")? */
bool at_result_is_word(const char *line);

/*! Is it an unsolicited result whose second line is a PDU (TS 27.005 3.4.1: +CMT, +CDS, +CBM)? */
bool at_result_has_pdu(const char *line);
