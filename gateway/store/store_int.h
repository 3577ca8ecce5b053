/* store_int.h - private to store/: the handle, and how a statement is bound, stepped and read.
 *
 * Every statement is in the table of store_stmt.c and prepared at open.  Parameters are bound
 * in order, by type:
 *
 *   rc = STORE_RUN(st, STMT_PERSON_STOP, V_INT(stopped), V_INT(id));
 *
 *   s = STORE_BIND(st, STMT_EVENT_LIST, V_INT(report_id));
 *   while ((rc = stmt_row(st, s)) > 0)
 *           ... column_text(s, 0) ...
 *
 * Bound texts are borrowed until the statement is at its end or stmt_end() was called.
 */
#pragma once

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "log.h"
#include "store/store.h"
#include "store/store_stmt.h"

struct store_call {
	void (*call)(void *data, uint64_t arg, bool ok);
	void *data;
	uint64_t arg;
	bool ok;
};

struct store_calls {
	struct store_call *at;
	size_t n, room;
};

struct checkpointer;

struct store {
	sqlite3 *db;
	char *path;
	int version;
	sqlite3_stmt *stmts[STMT_COUNT];

	bool group, in_step;
	bool failing;			   /* the last group could not be made durable */
	bool soon;			   /* this step is not worth a long wait */
	bool cut_log;			   /* see store_cut_log() */
	struct checkpointer *checkpointer; /* NULL: commits checkpoint by themselves */
	unsigned int steps;
	struct store_work work;
	struct store_calls waiting; /* of the open group, in order */
	size_t step_first;	    /* of waiting: where the open step's own begin */
	struct store_calls ready;   /* their group has ended; being called in order */
	bool calling;

	bool seeded;
	uint64_t seed;
};

enum value_kind { VALUE_NULL, VALUE_INT, VALUE_REAL, VALUE_TEXT, VALUE_BLOB };

struct value {
	enum value_kind kind;
	int64_t i;
	double real;
	const void *bytes;
	size_t len;
};

#define V_INT(x)     ((struct value){ .kind = VALUE_INT, .i = (x) })
#define V_REAL(x)    ((struct value){ .kind = VALUE_REAL, .real = (x) })
#define V_TEXT(x)    value_text(x) /* NULL is NULL */
#define V_BLOB(p, n) ((struct value){ .kind = VALUE_BLOB, .bytes = (p), .len = (n) })
#define V_ID(x)	     value_id(x) /* 0 is NULL */

static inline struct value value_text(const char *text)
{
	return (struct value){ .kind = text ? VALUE_TEXT : VALUE_NULL, .bytes = text };
}

static inline struct value value_id(int64_t id)
{
	return (struct value){ .kind = id ? VALUE_INT : VALUE_NULL, .i = id };
}

#define STORE_VALUES(...)                      \
	(const struct value[]){ __VA_ARGS__ }, \
		sizeof((const struct value[]){ __VA_ARGS__ }) / sizeof(struct value)

#define STORE_BIND(st, which, ...)     stmt_bind(st, which, STORE_VALUES(__VA_ARGS__))
#define STORE_RUN(st, which, ...)      stmt_run(st, which, STORE_VALUES(__VA_ARGS__))
#define STORE_GET(st, out, which, ...) stmt_get(st, out, which, STORE_VALUES(__VA_ARGS__))

/*! Bind all parameters of a statement. */
sqlite3_stmt *stmt_bind(struct store *st, enum stmt which, const struct value *values, size_t n);

/*! The next row.  \returns 1; 0 after the last; -EEXIST; -EIO.  0 and errors end the statement. */
int stmt_row(struct store *st, sqlite3_stmt *s);

/*! End a statement before its last row. */
void stmt_end(sqlite3_stmt *s);

/*! Run a statement to its end.  \returns rows changed; -EEXIST; -EIO */
int stmt_run(struct store *st, enum stmt which, const struct value *values, size_t n);

/*! The first column of the first row as a number.  \returns 0; -ENOENT if there is no row or it
 *  is NULL; -EIO */
int stmt_get(struct store *st, int64_t *out, enum stmt which, const struct value *values, size_t n);

/*! Cut the log to nothing as soon as no one reads from it (store_checkpoint.c). */
void checkpointer_cut(struct checkpointer *cp);
/*! Ends the thread, after the checkpoint that it is at, and frees. */
void checkpointer_stop(struct checkpointer *cp);

/*! Prepare all statements.  \returns 0; -EIO with the text of the error */
int stmt_prepare_all(struct store *st, const char **why);
void stmt_finalize_all(struct store *st);

/*! A row of CALL (store_call.c). */
void store_read_call(sqlite3_stmt *s, struct call_row *out);

/*! What a function that changes one row returns: 0 or the error; -ENOENT if no row was changed. */
static inline int one_row(int changes)
{
	return changes > 0 ? 0 : changes < 0 ? changes : -ENOENT;
}

static inline const char *column_text(sqlite3_stmt *s, int i)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	return text ? text : "";
}

/* NULL stays NULL. */
static inline char *column_copy(void *ctx, sqlite3_stmt *s, int i)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	return text ? talloc_strdup(ctx, text) : NULL;
}

#define COLUMN_INTO(array, s, i) osmo_strlcpy(array, column_text(s, i), sizeof(array))

/*! Run words that are no statement of the table (BEGIN, PRAGMA).  \returns 0; -EIO, logged */
int store_sql(struct store *st, const char *sql);

/*! Wait for other programs that write, as long as is right now. */
void store_set_busy_handler(struct store *st);
void store_catch_up(struct store *st);

/*! Log a database error.  \returns -EIO */
int store_failed(struct store *st, const char *doing);

/*! Read a row of a statement that begins with the columns of a report, or of an event; texts are children of ctx. */
#define STORE_REPORT_COLUMNS 27
#define STORE_EVENT_COLUMNS  9
void store_read_report(void *ctx, sqlite3_stmt *s, struct report *out);
void store_read_event(void *ctx, sqlite3_stmt *s, struct report_event *out);

/*! Read a column written from a struct sms_piece up to its len; a damaged one reads as a gap. */
void store_read_piece(sqlite3_stmt *s, int i, struct sms_piece *piece);

/*! A code as it is kept and looked up: no blanks, upper case (ASCII).
 *  \returns its length; -ENOSPC */
int store_code(char *out, size_t size, const char *code);

/*! Read rows of reports; never more than out has room for: the statement has a LIMIT.  \returns count; -EIO */
int store_reports(void *ctx, struct store *st, sqlite3_stmt *s, struct report *out);
