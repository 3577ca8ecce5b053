/* workday.h - promises in days: working days without weekends and Dutch public holidays. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*! The end (23:59:59 local) of the day that lies some days after a moment.
 *  \param[in] days  0 is the same day (or the next working day)
 *  \param[in] working  count working days only; then the last day is one too
 *  \param[in] zone  "Europe/Amsterdam"
 *  \returns seconds since 1970, UTC */
int64_t workday_after(int64_t from_s, int days, bool working, const char *zone);
