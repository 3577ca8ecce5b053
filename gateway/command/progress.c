// SPDX-License-Identifier: AGPL-3.0-or-later
/* progress.c - see progress.h. */
#include "command/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define DRAW_EVERY_MS 100
#define BAR_WIDTH     24

static int64_t monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, const char *what)
{
	p->shown = isatty(STDERR_FILENO);
	p->what = what;
	p->begun_ms = monotonic_ms();
	p->drawn_ms = p->begun_ms;
}

static void draw_bar(double share)
{
	int full = share > 1 ? BAR_WIDTH : (int)(share * BAR_WIDTH);

	fputc('[', stderr);
	for (int i = 0; i < BAR_WIDTH; i++)
		fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %3.0f %%  ", share * 100);
}

void progress_show(struct progress *p, double share, int64_t rows, const char *unit)
{
	int64_t now_ms;

	if (!p->shown)
		return;
	now_ms = monotonic_ms();
	if (now_ms - p->drawn_ms < DRAW_EVERY_MS)
		return;
	p->drawn_ms = now_ms;
	fprintf(stderr, "\r%s ", p->what);
	if (share >= 0)
		draw_bar(share);
	fprintf(stderr, "%lld %s, %.0f/s \033[K", (long long)rows, unit,
		rows * 1000.0 / (now_ms - p->begun_ms));
	fflush(stderr);
}

double progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	return (monotonic_ms() - p->begun_ms) / 1000.0;
}
