/* signalen.h - the REST API of Signalen (github.com/Amsterdam/signals, docs/openapi.yaml) as a client speaks it.
 *
 * A signal is written as JSON; answers are read from it, and what has another type than it should is not there.  Signalen
 * knows no idempotency key: the mark, which is part of the text, is what a signal or a note is found by again.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNALEN_TEXT_MAX  2500 /* octets of text before the mark; Signalen takes 3,000 characters */
#define SIGNALEN_STATE_MAX 32

/* NULL and "" are left out. */
struct signalen_signal {
	const char *text, *mark;  /* the mark stands on a line of its own behind the text */
	const char *sub_category; /* the whole address */
	const char *source;
	bool urgent;
	double lat, lon; /* WGS84 */
	int64_t created_s;
};

/*! Body of POST signals/, talloc child of ctx. NULL without a text, mark or category, or if one is not UTF-8 */
char *signalen_write(void *ctx, const struct signalen_signal *signal);

/*! Body of PATCH signals/ID: a note, and the state it goes to (NULL: it stays).  NULL if it is not UTF-8 */
char *signalen_write_note(void *ctx, const char *text, const char *mark, const char *state);

/* One signal as it is answered.  Strings are talloc children of the ctx given. */
struct signalen_read {
	char *id;    /* number, of the private API; or uuid, of the public one */
	char *state; /* their code, "ingepland"; of the public API "OPEN" or "CLOSED"; "" none */
	char *note;  /* the status's text, NULL none */
	int64_t at_s, expected_s; /* of the status; 0 none */
	bool marked;		  /* a note of it has the mark asked for */
};

/*! \param[in] mark  looked for in its notes, NULL: not
 *  \returns 0; -EBADMSG no signal */
int signalen_read(void *ctx, struct signalen_read *out, const char *mark, const char *body,
		  size_t len);

/*! Look in one page of GET signals/ for the signal with this mark in its text.
 *  \param[out] id  talloc child of ctx, NULL if it is not on this page
 *  \param[out] more  is there a page after this one
 *  \returns 0; -EBADMSG no such page */
int signalen_find(void *ctx, char **id, bool *more, const char *mark, const char *body, size_t len);

/*! A report's state for one of theirs; "" if it tells nothing that a resident need know. */
const char *signalen_state(const char *state);

/*! What they say is wrong, in words, talloc child of ctx; NULL if they say nothing. */
char *signalen_error(void *ctx, const char *body, size_t len);
