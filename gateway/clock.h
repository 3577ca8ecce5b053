/* clock.h - the wall clock of everything that is written down or due.
 *
 * Protocol timers (osmo_timer) are monotonic and not of this clock.  Pure code (wire/,
 * talk/) does not include this: it gets the time as an argument.  For training and tests
 * the clock can be moved ahead, so that tomorrow's reminder
 * can be seen today.
 */
#pragma once

#include <stdint.h>

/*! Seconds since 1970, UTC. */
int64_t clock_now_s(void);

/*! Milliseconds since 1970, UTC. */
int64_t clock_now_ms(void);

/*! Move the clock ahead for the rest of this process.
 *  \param[in] seconds  how far, 0 or more; adds up over calls */
void clock_advance(int64_t seconds);

/*! How far ahead the clock has been moved, in seconds. */
int64_t clock_ahead_s(void);
