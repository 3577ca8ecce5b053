/* cusd.h - +CUSD: USSD on the modem's own SIM (3GPP TS 27.007 7.15).
 *
 * Makers differ in how the string travels: as text, as UCS-2 in hex, or as packed septets in hex.
 * Reads all of them; the profile of the modem decides where the shape alone does not.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/ussd_text.h"

#define CUSD_COMMAND_SIZE 800 /* of a command with the longest string */

/* How a modem writes and wants strings. */
enum cusd_form {
	CUSD_TEXT,   /* as it is (CSCS "GSM" or "IRA") */
	CUSD_PACKED, /* septets packed as TS 23.038 6.1.2.3, in hex */
	CUSD_UCS2,   /* UTF-16BE in hex (CSCS "UCS2") */
	CUSD_FORMS
};

enum cusd_state { /* <m> */
		  CUSD_DONE = 0,
		  CUSD_ASKS = 1, /* the network waits for an answer */
		  CUSD_ENDED = 2,
		  CUSD_OTHER_CLIENT = 3,
		  CUSD_UNSUPPORTED = 4,
		  CUSD_TIMEOUT = 5,
};

struct cusd {
	enum cusd_state state;
	int dcs;		  /* -1 not said */
	bool has_text;		  /* a string was there, "" too */
	char text[USSD_TEXT_MAX]; /* UTF-8 */
};

/*! Read "+CUSD: 1,\"...\",15"; the string may hold line ends and quotes.
 *  \param[in] form  how this modem writes; packed and UCS-2 are believed only where the string is hex
 *  \returns 0; -EINVAL if it is no such line */
int cusd_read(struct cusd *out, const char *line, enum cusd_form form);

/*! Write "AT+CUSD=1,\"...\",15" in a form.
 *  \returns 0; -EMSGSIZE if the text is longer than a USSD string or does not fit; -EINVAL if the form
 *           cannot hold a character of it, or it is not UTF-8 */
int cusd_write(char *out, size_t size, const char *text, enum cusd_form form);

/*! Find the amount of money in what an operator says about the balance: "Uw saldo is EUR 12,50." is
 *  1250.  The amount with a currency beside it (EUR, euro, its sign, and codes and signs of others) wins, else the one
 *  number with two decimals; a date, a telephone number or a count of days is none.
 *  \param[out] cents  may be negative; untouched if there is none
 *  \returns true if there is one */
bool cusd_amount(const char *text, int64_t *cents);
