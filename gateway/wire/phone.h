/* phone.h - a telephone number: one written form for every way a network gives it.
 *
 * The form is E.164 with '+' where the number is international ("+31612345678"), the bare
 * digits where it is a short code ("14070"), and the text itself where the sender is
 * alphanumeric ("KPN", TS 23.040 9.1.2.5).  Knows no country but the one it is told.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PHONE_SIZE 48 /* 11 alphanumeric characters of up to 4 octets, or 20 digits, and NUL */

/*! Bring a number to the written form.  Without a prefix, up to 8 digits are a short code and
 *  more than 10, or those that begin with the country code, are international; a number of 9
 *  or 10 digits belongs to the country.
 *  \param[out] out  at least PHONE_SIZE bytes
 *  \param[in] number  as dialled or received: +31 6 1234 5678, 0031612345678, 0612345678, 14070;
 *                     spaces, dashes, dots and brackets are dropped
 *  \param[in] country  country code digits, e.g. "31"
 *  \returns 0; -EINVAL if it is no number (letters, too long, nothing left) */
int phone_normalise(char *out, const char *number, const char *country);

/*! For logs: "+31612345678" becomes "+316******78", short codes and names stay.
 *  \param[out] out  at least PHONE_SIZE bytes
 *  \returns out */
const char *phone_masked(char *out, const char *number);

/*! Is this a number that a text can be sent back to?  Not empty, and digits only: an alphanumeric
 *  sender may consist of digits too, so also ask sms_tpdu.alphanumeric. */
bool phone_can_answer(const char *number);

/*! Same subscriber?  True if equal, or if both have 8 digits or more and the last 8 agree
 *  (a status report's RA may come back in national form). */
bool phone_same(const char *a, const char *b);
