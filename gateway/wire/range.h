/* range.h - the Range header of an HTTP request (RFC 9110, 14.1 and 14.2): one range of octets.
 *
 * Several ranges at once, other units and what is not well formed are as no header at all, as 14.2 allows.
 */
#pragma once

#include <stddef.h>

/*! \param[in] text  the header's value; NULL: there is none
 *  \param[in] size  octets of the whole
 *  \returns 1: *first and *len say which; 0: all of it; -ERANGE: it lies beyond the end (416) */
int range_read(size_t *first, size_t *len, const char *text, size_t size);
