/* hours.h - opening hours by the clock on the wall of a zone: "mo-fr 08:00-17:00".
 *
 * On Dutch public holidays a list that names days is closed; one without days is every day's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOURS_SIZE 40

struct hours {
	uint8_t days;		   /* bit 0: Monday; 0: every day, also a public holiday */
	uint16_t from_min, to_min; /* of the day; to is not within */
};

/*! Read "mo-fr", "sa" or "mo,we" (days NULL: every day) and "08:00-17:00".
 *  \returns 0; -EINVAL */
int hours_read(struct hours *out, const char *days, const char *span);
/*! As it is read: "mo-fr 08:00-17:00", or "08:00-21:00". \returns out */
const char *hours_write(char out[HOURS_SIZE], const struct hours *h);

/*! Open at this moment, by one of n? */
bool hours_open(const struct hours *h, size_t n, int64_t at_s, const char *zone);
/*! This moment, or the first after it that is open; at_s if there is none within two weeks. */
int64_t hours_next(const struct hours *h, size_t n, int64_t at_s, const char *zone);
