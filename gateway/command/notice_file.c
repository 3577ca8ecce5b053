// SPDX-License-Identifier: AGPL-3.0-or-later
/* notice_file.c - see notice_file.h. */
#include "command/notice_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "command/cmd.h"
#include "command/progress.h"
#include "flow/broadcast.h"
#include "store/store_notice.h"
#include "wire/csv.h"

#define BLOCK	   65536
#define NUMBER_MIN 9 /* "+" and eight digits: no short code, and nothing cut off */

struct reading {
	struct store *st;
	const struct notice *notice;
	struct notice_file *file;
	struct progress progress;
	int64_t rows, size, bytes;
	int number, language; /* columns; language -1: none */
	bool in_step;
};

/* \returns 0; -ECANCELED: the notice has ended meanwhile; -EIO */
static int begin_step(struct reading *r)
{
	int rc = store_begin(r->st);

	if (rc < 0)
		return rc;
	r->in_step = true;
	rc = store_notice_take(r->st, r->notice->id, clock_now_s() + BROADCAST_TAKING_S);
	return rc == -ENOENT ? -ECANCELED : rc;
}

static int end_step(struct reading *r)
{
	int rc = store_end(r->st);

	r->in_step = false;
	return rc < 0 ? rc : store_commit(r->st);
}

static int take(struct reading *r, const struct csv_row *row)
{
	const char *language = r->language >= 0 && (size_t)r->language < row->n
				       ? row->fields[r->language]
				       : NULL;
	struct notice_file *f = r->file;
	char number[PHONE_SIZE];
	int rc;

	if ((size_t)r->number >= row->n ||
	    phone_normalise(number, row->fields[r->number], f->country) < 0 ||
	    !phone_can_answer(number) || strlen(number) < NUMBER_MIN) {
		f->refused++;
		return 0;
	}
	rc = store_recipient_add(r->st, r->notice, number, language);
	if (rc < 0 && rc != -EEXIST)
		return rc;
	f->doubled += rc == -EEXIST;
	f->skipped += rc == 1;
	f->taken += rc == 0;
	return 0;
}

/* The first row is a header if it names its columns; else it is a number like the others. */
static bool read_header(struct reading *r, const struct csv_row *row)
{
	int number = csv_column(row, "number|phone|nummer|telefoon|telefoonnummer|mobiel");

	r->number = number >= 0 ? number : 0;
	r->language = number >= 0 ? csv_column(row, "language|taal|lang") : 1;
	return number >= 0;
}

static int take_row(void *priv, const struct csv_row *row)
{
	struct reading *r = priv;
	int rc;

	if (r->rows++ == 0 && read_header(r, row))
		return 0;
	rc = take(r, row);
	progress_show(&r->progress, r->size ? (double)r->bytes / r->size : -1, r->rows, "numbers");
	return rc;
}

/* A step a block, so that a running line never waits for the next one. */
static int push(struct reading *r, struct csv *csv, const char *block, size_t n)
{
	int rc = begin_step(r);

	r->bytes += n;
	if (rc == 0)
		rc = n > 0 ? csv_push(csv, block, n) : csv_finish(csv);
	if (rc == 0 && n == 0)
		rc = store_notice_taken(r->st, r->notice->id);
	if (rc == 0)
		rc = end_step(r);
	if (r->in_step)
		store_undo(r->st);
	r->in_step = false;
	return rc;
}

/* \returns 0; -ECANCELED; -EIO and what the file has against it */
static int push_all(struct reading *r, struct csv *csv, FILE *from)
{
	char *block = talloc_size(csv, BLOCK);
	size_t n;
	int rc;

	OSMO_ASSERT(block);
	do {
		n = fread(block, 1, BLOCK, from);
		rc = n == 0 && ferror(from) ? -errno : push(r, csv, block, n);
	} while (rc == 0 && n > 0);
	return rc;
}

int notice_file_read(void *ctx, struct store *st, const struct notice *notice,
		     struct notice_file *file)
{
	struct reading r = { .st = st, .notice = notice, .file = file };
	FILE *from = fopen(file->path, "re");
	struct csv *csv;
	struct stat stat;
	int rc;

	if (!from)
		return cmd_wrong(1, "%s: %s", file->path, strerror(errno));
	if (fstat(fileno(from), &stat) == 0)
		r.size = stat.st_size;
	csv = csv_alloc(ctx, 0, take_row, &r);
	progress_begin(&r.progress, "reading");
	rc = push_all(&r, csv, from);
	progress_end(&r.progress);
	if (rc < 0 && csv_error(csv))
		rc = cmd_wrong(1, "%s:%llu: %s", file->path, (unsigned long long)csv_line(csv),
			       csv_error(csv));
	else if (rc == -ECANCELED)
		rc = cmd_wrong(
			1, "notice %lld was cancelled, or has lapsed, before all of %s was read",
			(long long)notice->id, file->path);
	else if (rc < 0)
		rc = cmd_wrong(1, "%s: %s", file->path, strerror(-rc));
	csv_free(csv);
	fclose(from);
	return rc;
}
