/* notice_file.h - a file of numbers, one a row, for meldlijn notice send. */
#pragma once

#include <stdint.h>

struct notice;
struct store;

struct notice_file {
	const char *path;
	const char *country; /* of numbers in national form */
	int64_t taken;	     /* numbers that get it */
	int64_t skipped;     /* said STOP */
	int64_t doubled;     /* stood there before */
	int64_t refused;     /* are no numbers that a text can go to */
};

/*! Write its numbers down as recipients; steps of some thousands, of which the last makes the list complete
 *  (store_notice.h, taking).  A row is a number, and after a separator a language; a header that names columns
 *  "number" and "language" is taken too.
 *  \returns 0; the exit status, with words on stderr */
int notice_file_read(void *ctx, struct store *st, const struct notice *notice,
		     struct notice_file *file);
