/* mail.h - a message of the Internet (RFC 5322) as text in UTF-8 (RFC 2045, 2047), which says that a program wrote it
 * (RFC 3834).
 *
 * Nothing that stands in a word becomes a header of its own: control characters are blanks in headers, and line ends are
 * all that is left of them in the text.  Lines are at most 76 characters but those that hold an address.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define MAIL_ADDRESS_MAX 254  /* octets, RFC 5321 4.5.3.1.3 without its brackets */
#define MAIL_SUBJECT_MAX 200  /* octets; more is left out */
#define MAIL_TEXT_MAX	 8000 /* octets; more is left out */

struct mail_message {
	const char *from, *to; /* addresses */
	const char *name;      /* whose from it is; NULL or "" none */
	const char *subject, *text;
	const char *key; /* the same key is the same Message-ID */
	const char *
		thread; /* key of the message that it is more about (RFC 5322 3.6.4); NULL, or key itself: none */
	int64_t at_s;
};

/*! Is it one address, as meldlijn@denhaag.nl?  Only ASCII, no quoted words, no comment, no address in numbers. */
bool mail_is_address(const char *text);
/*! What stands behind the @; text is an address. */
const char *mail_domain(const char *text);

/*! The message with CRLF at the end of each line, talloc child of ctx.
 *  NULL without a key, if from or to is no address, or if a word is not UTF-8 */
char *mail_write(void *ctx, const struct mail_message *message);
