// SPDX-License-Identifier: AGPL-3.0-or-later
/* clock.c - see clock.h.  The one file-wide variable of the program is how far the clock
 * is ahead: a wall clock is one for a process by nature, as libosmocore's override is. */
#include "clock.h"

#include <time.h>

static int64_t ahead_s;

int64_t clock_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ((int64_t)ts.tv_sec + ahead_s) * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_now_s(void)
{
	return clock_now_ms() / 1000;
}

void clock_advance(int64_t seconds)
{
	ahead_s += seconds;
}

int64_t clock_ahead_s(void)
{
	return ahead_s;
}
