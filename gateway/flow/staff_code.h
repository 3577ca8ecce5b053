/* staff_code.h - one-time codes of staff by phone: TOTP (RFC 6238) over HOTP (RFC 4226), SHA-1, six digits, 30 seconds.
 *
 * Whoever knows a number can forge it as a sender; a code proves that it is them.  Pure: reads no clock and writes no
 * row; a struct staff that changed is the caller's to put into the store, in the step in which the code was taken.
 */
#pragma once

#include "store/store_staff.h"

#define STAFF_CODE_DIGITS     6
#define STAFF_CODE_STEP_S     30
#define STAFF_CODE_WINDOW     1 /* steps before and after this one: RFC 6238, 5.2 */
#define STAFF_CODE_FAILURES   5 /* in a row, and nothing is taken for a while: RFC 4226, 7.3 */
#define STAFF_CODE_LOCKED_S   (15 * 60)
#define STAFF_CODE_URI_PREFIX "otpauth://totp/"

/*! Make a secret of 160 random bits (RFC 4226, 4), in base32 without padding. */
void staff_code_make(char out[STAFF_TOTP_SIZE]);

/*! What an app that makes codes reads, as a link or a square of dots: "otpauth://totp/ISSUER:NAME?secret=...&issuer=ISSUER"
 *  (Key URI Format); names are percent-encoded.  talloc'd, child of ctx */
char *staff_code_uri(void *ctx, const char *issuer, const char *name, const char *secret);

/*! Does a text look like a code: six digits of any script and nothing else but blanks?
 *  \param[out] code  the digits */
bool staff_code_read(char code[STAFF_CODE_DIGITS + 1], const char *text);

/*! Is this the code of now, or of a step beside it, and was it not taken before?
 *  \param[in,out] staff  totp_step, failures and locked_until change: to be written also when the code is wrong
 *  \returns 0; -EACCES wrong or taken before, counted, the fifth one locks; -EBUSY locked, nothing is looked at;
 *           -ENOKEY no codes are set up, or the secret cannot be read */
int staff_code_check(struct staff *staff, const char *code, int64_t now_s);

/*! The code that may be taken now: the one of now, or if that was taken the one after it. \returns 0; -ENOKEY */
int staff_code_next(char out[STAFF_CODE_DIGITS + 1], const struct staff *staff, int64_t now_s);
