// SPDX-License-Identifier: AGPL-3.0-or-later
/* csv.c - see csv.h.
 *
 * The first row is gathered whole, because its bytes decide the separator; from then on
 * each byte is looked at once and copied once, into the row under way.
 */
#include "wire/csv.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

enum csv_state {
	CSV_FIRST,	 /* gathering the first row */
	CSV_FIELD,	 /* at the start of a field */
	CSV_BARE,	 /* inside a field without quotes */
	CSV_QUOTED,	 /* inside a quoted field */
	CSV_QUOTE_AFTER, /* a quote inside a quoted field: its end, or the first of two */
};

struct csv {
	csv_row_cb *row;
	void *priv;
	char separator; /* 0 until the first row is known */
	enum csv_state state;
	bool in_quotes, closed; /* while gathering: inside quotes; the last byte closed them */
	bool after_cr;		/* a LF that comes next belongs to the row before */
	bool started;		/* the row under way has at least one byte */
	uint64_t line, row_line;
	int rc; /* what ended the reading */
	const char *error;
	size_t used, n;
	const char *fields[CSV_FIELDS_MAX];
	size_t lens[CSV_FIELDS_MAX];
	char buf[CSV_ROW_MAX + CSV_FIELDS_MAX]; /* the row's fields, each with its NUL */
	char *first;				/* the first row as it came */
	size_t first_len;
};

struct csv *csv_alloc(const void *ctx, char separator, csv_row_cb *row, void *priv)
{
	struct csv *c = talloc_zero(ctx, struct csv);

	OSMO_ASSERT(c);
	c->first = talloc_array(c, char, CSV_ROW_MAX);
	OSMO_ASSERT(c->first);
	c->separator = separator;
	c->row = row;
	c->priv = priv;
	c->line = c->row_line = 1;
	return c;
}

static int fail(struct csv *c, int rc, const char *error)
{
	c->rc = rc;
	c->error = error;
	return rc;
}

static int too_long(struct csv *c)
{
	c->line = c->row_line;
	return fail(c, -EMSGSIZE,
		    c->state == CSV_QUOTED ? "a quote is opened and not closed within 65536 bytes"
					   : "the row is longer than 65536 bytes");
}

static int open_field(struct csv *c)
{
	if (c->n == CSV_FIELDS_MAX)
		return fail(c, -EMSGSIZE, "the row has more than 256 fields");
	c->fields[c->n++] = c->buf + c->used;
	return 0;
}

static void close_field(struct csv *c)
{
	c->lens[c->n - 1] = (size_t)(c->buf + c->used - c->fields[c->n - 1]);
	c->buf[c->used++] = '\0';
}

static int end_row(struct csv *c)
{
	struct csv_row row = { c->row_line, c->n, c->fields, c->lens };
	bool blank = c->n == 1 && c->lens[0] == 0;

	c->used = c->n = 0;
	c->started = false;
	c->state = CSV_FIELD;
	if (blank)
		return 0;
	c->rc = c->row(c->priv, &row);
	return c->rc;
}

/* The byte that ends a field: the separator or a line end. */
static int end_field(struct csv *c, char byte)
{
	close_field(c);
	c->state = CSV_FIELD;
	if (byte == c->separator)
		return 0;
	c->after_cr = byte == '\r';
	c->line++;
	return end_row(c);
}

static bool ends_field(const struct csv *c, char byte)
{
	return byte == c->separator || byte == '\n' || byte == '\r';
}

static int start_field(struct csv *c, char byte)
{
	int rc;

	if (!c->started) {
		c->started = true;
		c->row_line = c->line;
	}
	rc = open_field(c);
	if (rc < 0)
		return rc;
	if (ends_field(c, byte))
		return end_field(c, byte);
	if (byte == '"') {
		c->state = CSV_QUOTED;
		return 0;
	}
	c->state = CSV_BARE;
	c->buf[c->used++] = byte;
	return 0;
}

static int read_quoted(struct csv *c, char byte)
{
	if (byte == '"') {
		c->state = CSV_QUOTE_AFTER;
		return 0;
	}
	if (byte == '\n')
		c->line++;
	c->buf[c->used++] = byte;
	return 0;
}

static int read_after_quote(struct csv *c, char byte)
{
	if (ends_field(c, byte))
		return end_field(c, byte);
	if (byte != '"')
		return fail(c, -EBADMSG,
			    "something stands between a closing quote and the separator");
	c->state = CSV_QUOTED;
	c->buf[c->used++] = byte;
	return 0;
}

static int read_byte(struct csv *c, char byte)
{
	if (byte == '\0')
		return fail(c, -EBADMSG, "a zero byte: this is no text; save the table as UTF-8");
	switch (c->state) {
	case CSV_FIELD:
		return start_field(c, byte);
	case CSV_BARE:
		if (ends_field(c, byte))
			return end_field(c, byte);
		c->buf[c->used++] = byte;
		return 0;
	case CSV_QUOTED:
		return read_quoted(c, byte);
	case CSV_QUOTE_AFTER:
		return read_after_quote(c, byte);
	case CSV_FIRST:
		break;
	}
	OSMO_ASSERT(false);
}

static int read_rows(struct csv *c, const char *data, size_t len)
{
	size_t i;
	int rc;

	for (i = 0; i < len; i++) {
		if (c->after_cr) {
			c->after_cr = false;
			if (data[i] == '\n')
				continue;
		}
		if (c->used >= CSV_ROW_MAX)
			return too_long(c);
		rc = read_byte(c, data[i]);
		if (rc)
			return rc;
	}
	return 0;
}

/* Which separator does a row use most, outside its quotes? */
static char find_separator(const char *row, size_t len)
{
	static const char candidates[] = ",;\t";
	size_t counts[3] = { 0 };
	bool in_quotes = false;
	size_t i, best = 0;

	for (i = 0; i < len; i++) {
		const char *which = row[i] ? strchr(candidates, row[i]) : NULL;

		if (row[i] == '"')
			in_quotes = !in_quotes;
		else if (which && !in_quotes)
			counts[which - candidates]++;
	}
	for (i = 1; i < 3; i++)
		if (counts[i] > counts[best])
			best = i;
	return candidates[best];
}

/* A spreadsheet's own first line, "sep=;", names the separator and is no row. */
static bool names_separator(const char *row, size_t len)
{
	return len >= 5 && !strncasecmp(row, "sep=", 4) && strchr(",;\t", row[4]) && row[4] &&
	       (len == 5 || row[5] == '\r' || row[5] == '\n');
}

/* The first row is whole: find the separator and read it as any other row. */
static int take_first_row(struct csv *c)
{
	const char *row = c->first;
	size_t len = c->first_len;
	int rc;

	if (len >= 3 && !memcmp(row, "\xef\xbb\xbf", 3)) {
		row += 3;
		len -= 3;
	}
	c->state = CSV_FIELD;
	c->line = c->row_line = 1;
	if (names_separator(row, len)) {
		if (!c->separator)
			c->separator = row[4];
		c->after_cr = len > 5 && row[5] == '\r';
		c->line = 2;
		rc = 0;
	} else {
		if (!c->separator)
			c->separator = find_separator(row, len);
		rc = read_rows(c, row, len);
	}
	talloc_free(c->first);
	c->first = NULL;
	return rc;
}

/* Quotes count only where a field starts, and which byte separates is not yet known. */
static void follow_quotes(struct csv *c, char byte)
{
	char before = c->first_len ? c->first[c->first_len - 1] : ',';
	bool closed = c->closed;

	c->closed = false;
	if (byte != '"')
		return;
	if (c->in_quotes) {
		c->in_quotes = false;
		c->closed = true;
	} else if (closed || (before && strchr(",;\t\xbf", before))) {
		c->in_quotes = true;
	}
}

/* Gather bytes up to the end of the first row.
 * \returns bytes taken, and c->state tells whether the row is whole; or an error */
static ssize_t gather_first_row(struct csv *c, const char *data, size_t len)
{
	size_t i;
	int rc;

	for (i = 0; i < len; i++) {
		bool end = !c->in_quotes && (data[i] == '\n' || data[i] == '\r');

		if (c->first_len == CSV_ROW_MAX)
			return too_long(c);
		follow_quotes(c, data[i]);
		c->first[c->first_len++] = data[i];
		if (end) {
			rc = take_first_row(c);
			return rc ? rc : (ssize_t)i + 1;
		}
	}
	return (ssize_t)len;
}

int csv_push(struct csv *c, const char *data, size_t len)
{
	if (c->rc)
		return c->rc;
	if (c->state == CSV_FIRST) {
		ssize_t n = gather_first_row(c, data, len);

		if (c->rc)
			return c->rc;
		data += n;
		len -= (size_t)n;
	}
	return read_rows(c, data, len);
}

int csv_finish(struct csv *c)
{
	int rc;

	if (c->rc)
		return c->rc;
	if (c->state == CSV_FIRST) {
		rc = take_first_row(c);
		if (rc)
			return rc;
	}
	if (!c->started)
		return 0;
	if (c->state == CSV_QUOTED) {
		c->line = c->row_line;
		return fail(c, -EBADMSG, "a quote is opened and never closed");
	}
	if (c->state == CSV_FIELD) {
		rc = open_field(c);
		if (rc < 0)
			return rc;
	}
	close_field(c);
	return end_row(c);
}

const char *csv_error(const struct csv *c)
{
	return c->error;
}

uint64_t csv_line(const struct csv *c)
{
	return c->line;
}

static bool is_name(const char *field, size_t len, const char *names)
{
	while (*names) {
		size_t n = strcspn(names, "|");

		if (n == len && !strncasecmp(field, names, n))
			return true;
		names += n + (names[n] == '|');
	}
	return false;
}

int csv_column(const struct csv_row *header, const char *names)
{
	size_t i;

	for (i = 0; i < header->n; i++) {
		const char *field = header->fields[i] + strspn(header->fields[i], " \t");
		size_t len = strlen(field);

		while (len && (field[len - 1] == ' ' || field[len - 1] == '\t'))
			len--;
		if (len && is_name(field, len, names))
			return (int)i;
	}
	return -ENOENT;
}

void csv_free(struct csv *c)
{
	talloc_free(c);
}
