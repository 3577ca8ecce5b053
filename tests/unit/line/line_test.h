/* line_test.h - what the tests of lines share: a log to start, and a clock that is moved by
 * hand, so that no test waits for a deadline.
 */
#pragma once

#include <stdint.h>
#include <time.h>

#include <osmocom/core/application.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/timer.h>

#include "log.h"

static inline void test_log_start(void *ctx)
{
	static struct log_info_cat cats[LOG_CATEGORIES];
	static const struct log_info info = { .cat = cats, .num_cat = LOG_CATEGORIES };
	int i;

	for (i = 0; i < LOG_CATEGORIES; i++)
		cats[i] = (struct log_info_cat){
			.name = "D", .description = "test", .enabled = 1, .loglevel = LOGL_FATAL
		};
	osmo_init_logging2(ctx, &info);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
}

static inline void test_clock_start(void)
{
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	osmo_gettimeofday_override = true;
}

/* What is due in between is done at its time, to a tenth of a second. */
static inline void test_clock_add_ms(unsigned int ms)
{
	while (ms > 0) {
		unsigned int step = ms < 100 ? ms : 100;

		osmo_clock_override_add(CLOCK_MONOTONIC, 0, step * 1000000L);
		osmo_gettimeofday_override_add(0, step * 1000);
		osmo_timers_prepare();
		osmo_timers_update();
		ms -= step;
	}
}
