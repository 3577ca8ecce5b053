/* csv.h - a streaming reader of CSV tables (RFC 4180), as registers and spreadsheets write them.
 *
 * Bytes are pushed in as they are read from a file, in blocks of any size; whole rows come
 * out through a function of the caller.  Pure: opens no file.  Quoted fields, doubled
 * quotes, line ends inside quotes, LF or CRLF, a byte order mark; the separator (; , or a
 * tab) is found from the first row.  Blank rows are left out.  A row holds at most
 * CSV_ROW_MAX bytes and CSV_FIELDS_MAX fields, so memory has a bound whatever the file is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSV_ROW_MAX    65536
#define CSV_FIELDS_MAX 256

struct csv;

/* One row; lives only until the function that got it returns. */
struct csv_row {
	uint64_t line;		   /* where the row starts, from 1 */
	size_t n;		   /* fields, at least 1 */
	const char *const *fields; /* NUL-terminated, unquoted, blanks around bare fields kept */
	const size_t *lens;	   /* bytes of each without the NUL */
};

/*! What to do with a row; the first one is the header, if the file has one.
 *  \returns 0 to go on; anything else stops the reader and comes back from csv_push() */
typedef int csv_row_cb(void *priv, const struct csv_row *row);

/*! Make a reader.
 *  \param[in] ctx  talloc parent
 *  \param[in] separator  ',', ';' or '\t'; 0 to find it from the first row */
struct csv *csv_alloc(const void *ctx, char separator, csv_row_cb *row, void *priv);

/*! Read the next bytes of the file.
 *  \returns 0; -EBADMSG if the bytes are no CSV (csv_error() says what and in which line);
 *           -EMSGSIZE if a row is too long; what the row function returned */
int csv_push(struct csv *c, const char *data, size_t len);

/*! The file is at its end: gives the last row if it had no line end.  Returns as csv_push(). */
int csv_finish(struct csv *c);

/*! What went wrong, for people: "a quote is opened and never closed".  NULL if nothing did. */
const char *csv_error(const struct csv *c);

/*! The line that csv_error() is about, from 1; without an error the line now read. */
uint64_t csv_line(const struct csv *c);

/*! The place of a column in a header row, upper or lower case alike, blanks around it ignored.
 *  \param[in] names  accepted names, e.g. "postcode|postal_code|zip"
 *  \returns the field's index; -ENOENT */
int csv_column(const struct csv_row *header, const char *names);

void csv_free(struct csv *c);
