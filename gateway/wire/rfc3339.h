/* rfc3339.h - date and time as Open311, Standard Webhooks and our own output write it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define RFC3339_SIZE 32

/*! Write a time: "2026-11-24T06:50:38Z", or with an offset "2026-11-24T07:50:38+01:00".
 *  \param[out] out  at least RFC3339_SIZE bytes
 *  \returns out */
const char *rfc3339_write(char *out, int64_t utc_s, int offset_min);

/*! Read one; a date alone is midnight at the offset given, "t", "z" and a space for T are
 *  accepted, fractions are dropped.
 *  \param[in] offset_min  for a time without a zone
 *  \returns 0; -EBADMSG */
int rfc3339_read(int64_t *utc_s, const char *text, int offset_min);
