/* at_line.h - take one line of a modem's answer apart (3GPP TS 27.007, 5.2).
 *
 * A reader walks over a NUL-terminated line that the caller keeps alive.  It
 * allocates nothing and never reads past the NUL, whatever the modem sent.  A read that
 * fails leaves the value where it is, so that it can be read in another way or stepped over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct at_line {
	const char *pos; /* next byte to read */
	bool started;	 /* a value was read: a comma must come before the next */
};

/*! Start reading a line that begins with a given prefix.
 *  \param[out] al  reader, placed on the first value
 *  \param[in] line  one line without CR or LF, e.g. "+CMGL: 3,1,,22"
 *  \param[in] prefix  prefix with its colon, e.g. "+CMGL:"
 *  \returns true if the line starts with the prefix */
bool at_line_open(struct at_line *al, const char *line, const char *prefix);

/*! Read the next value as a decimal number, also a negative one.
 *  \param[out] out  the number; untouched on error
 *  \returns 0; -ENODATA if the line has no more values; -EINVAL if the value
 *           is empty or not a number; -ERANGE if it exceeds INT_MAX */
int at_line_number(struct at_line *al, int *out);

/*! Read the next value as a quoted or bare string.  Modems do not escape quotes inside one: the
 *  quote that ends it is the first with a comma or the end of the line behind it.
 *  \param[out] buf  the text between the quotes, NUL-terminated
 *  \param[in] size  size of buf in bytes, at least 1
 *  \returns length in bytes without the NUL; -ENODATA; -EINVAL if a quote is
 *           missing; -ENOSPC if buf is too small */
int at_line_string(struct at_line *al, char *buf, size_t size);

/*! Step over the next value, whatever it is (a list in brackets is one value).
 *  \returns 0; -ENODATA */
int at_line_skip(struct at_line *al);

/*! Read the next value as a list of what is supported: "(0-3,5)", "(1)", "2".
 *  \param[out] mask  bit n set if n is in it; values over 31 are left out
 *  \returns 0; -ENODATA; -EINVAL */
int at_line_range(struct at_line *al, uint32_t *mask);
