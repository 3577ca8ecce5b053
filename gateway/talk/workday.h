/* workday.h - promises in days: working days without weekends and Dutch public holidays; and the
 * night, in which texts that can wait do. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* From ten at night to eight in the morning nobody is written to who did not just write. */
#define WORKDAY_NIGHT_FROM_H 22
#define WORKDAY_NIGHT_TO_H   8

/*! A moment, moved out of the night to the morning after it. \returns seconds since 1970, UTC */
int64_t workday_awake(int64_t at_s, const char *zone);

/* What the clock on the wall says. */
struct workday_clock {
	int weekday; /* 0: Monday */
	int minute;  /* of the day */
	int second;
	bool holiday; /* a Dutch public one */
};
void workday_clock(struct workday_clock *out, int64_t at_s, const char *zone);

/*! Read a moment as people write it, by the clock on the wall: "2026-12-01T18:00", or with a zone of its own as in
 *  wire/rfc3339.h.  An hour that summer time skips is the one before it; of one that comes twice it is one of both.
 *  \returns 0; -EBADMSG */
int workday_read(int64_t *at_s, const char *text, const char *zone);

/*! The end (23:59:59 local) of the day that lies some days after a moment.
 *  \param[in] days  0 is the same day (or the next working day)
 *  \param[in] working  count working days only; then the last day is one too
 *  \param[in] zone  "Europe/Amsterdam"
 *  \returns seconds since 1970, UTC */
int64_t workday_after(int64_t from_s, int days, bool working, const char *zone);
