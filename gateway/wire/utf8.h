/* utf8.h - one character at a time in and out of UTF-8 (RFC 3629), and into UTF-16. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT   0xfffd
#define UTF8_CHARACTER_MAX 4 /* bytes of the longest character */

/*! Read one character: no surrogates, nothing overlong, nothing above U+10FFFF.
 *  \param[in] text  len bytes; needs no NUL
 *  \param[out] character  untouched on error
 *  \returns bytes read, 1 to 4; 0 if len is 0; -EINVAL if this is not UTF-8 */
int utf8_read(uint32_t *character, const char *text, size_t len);

/*! Write one character without a NUL; one that does not exist becomes U+FFFD.
 *  \param[out] out  at least UTF8_CHARACTER_MAX bytes
 *  \returns bytes written */
size_t utf8_write(char *out, uint32_t character);

/*! Write one character as UTF-16 code units, a surrogate pair above U+FFFF.
 *  \param[out] unit  2 of room
 *  \returns units written */
size_t utf16_write(uint16_t *unit, uint32_t character);
