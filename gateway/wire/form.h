/* form.h - application/x-www-form-urlencoded (WHATWG URL, 5): names and values to octets and back.
 *
 * The writer appends to a talloc'd text; the reader walks over octets that the caller keeps and
 * never steps past their end.  A NUL inside a value is refused: nothing of ours may hold one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*! Append "name=value", encoded.
 *  \param[in] form  talloc'd text, moved if need be; "" to begin with
 *  \returns the text */
char *form_add(char *form, const char *name, const char *value);

/*! A text as it may stand in one segment of a path, talloc child of ctx. */
char *form_escape(void *ctx, const char *text);

/*! Decode percent escapes.
 *  \param[in] plus  '+' is a space (forms and queries, not paths)
 *  \returns bytes written without the NUL; -EBADMSG for half an escape or a NUL;
 *           -ENOSPC if size is too small (len + 1 always suffices) */
int form_decode(char *out, size_t size, const char *text, size_t len, bool plus);

struct form_reader {
	const char *pos, *end;
};

void form_open(struct form_reader *reader, const char *text, size_t len);

/*! Read the next pair; a name without '=' has the value "".
 *  \returns 1; 0 at the end; -EBADMSG; -ENOSPC (the reader stands behind the pair then) */
int form_next(struct form_reader *reader, char *name, size_t name_size, char *value,
	      size_t value_size);
