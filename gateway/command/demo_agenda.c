// SPDX-License-Identifier: AGPL-3.0-or-later
/* demo_agenda.c - see demo_agenda.h. */
#include "command/demo_agenda.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "talk/workday.h"

#define DAY_S 86400

/* \returns what follows "{2}" at text; NULL if that is not there */
static const char *read_day(const char *text, long *days)
{
	char *end;

	if (*text != '{')
		return NULL;
	*days = strtol(text + 1, &end, 10);
	return end > text + 1 && *end == '}' ? end + 1 : NULL;
}

static void write_day(FILE *out, int64_t now_s, long days, const char *zone)
{
	/* The day ends at 23:59:59: half a day before is that day in UTC too, west and east of it. */
	time_t noon = workday_after(now_s + days * DAY_S, 0, false, zone) - DAY_S / 2;
	char text[16];
	struct tm tm;

	gmtime_r(&noon, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	fputs(text, out);
}

static int copy(FILE *out, FILE *in, int64_t now_s, const char *zone)
{
	char *line = NULL;
	size_t size = 0;
	long days;

	while (getline(&line, &size, in) >= 0) {
		for (const char *p = line, *after; *p; p = after) {
			after = read_day(p, &days);
			if (after) {
				write_day(out, now_s, days, zone);
			} else {
				fputc(*p, out);
				after = p + 1;
			}
		}
	}
	free(line);
	return ferror(in) || ferror(out) ? -EIO : 0;
}

int demo_agenda_write(const char *to, const char *from, int64_t now_s, const char *zone)
{
	FILE *in = fopen(from, "r"), *out;
	int rc;

	if (!in)
		return -errno;
	out = fopen(to, "w");
	rc = out ? copy(out, in, now_s, zone) : -errno;
	fclose(in);
	if (out && fclose(out) != 0 && rc == 0)
		rc = -errno;
	return rc;
}
