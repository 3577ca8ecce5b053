/* progress.h - how far long work is, on a terminal; nothing where stderr is none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool shown;
	const char *what;
	int64_t begun_ms, drawn_ms;
};

/*! \param[in] what  a word before the bar; borrowed */
void progress_begin(struct progress *p, const char *what);

/*! Draw, at most ten times a second.
 *  \param[in] share  0 to 1; below 0: not known
 *  \param[in] rows  done so far
 *  \param[in] unit  of them, "rows" */
void progress_show(struct progress *p, double share, int64_t rows, const char *unit);

/*! Wipe the line. \returns seconds since the beginning */
double progress_end(struct progress *p);
