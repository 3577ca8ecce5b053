/* phone_edit.h - one line of text being typed in a terminal, byte by byte: UTF-8 and the escape
 * sequences of keys.  Does no input or output itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PHONE_EDIT_MAX 4096 /* octets of a text being typed */

enum phone_edit_key {
	PHONE_EDIT_NOTHING, /* in the middle of a character or a key, or a key without a meaning */
	PHONE_EDIT_CHANGED,
	PHONE_EDIT_ENTER,
	PHONE_EDIT_UP,
	PHONE_EDIT_DOWN,
	PHONE_EDIT_NEXT, /* Tab */
	PHONE_EDIT_F1,
	PHONE_EDIT_F2,
	PHONE_EDIT_F3,
	PHONE_EDIT_F4,
	PHONE_EDIT_ESCAPE,
	PHONE_EDIT_REDRAW,
	PHONE_EDIT_QUIT, /* Ctrl-C; Ctrl-D on an empty line */
};

struct phone_edit {
	char text[PHONE_EDIT_MAX + 1];
	size_t len, pos; /* octets; pos always stands before a whole character */
	char partial[8]; /* octets of a character or of an escape sequence */
	size_t n_partial;
};

void phone_edit_clear(struct phone_edit *edit);
/*! Put another text there, the cursor behind it. */
void phone_edit_set(struct phone_edit *edit, const char *text);
/*! A byte came from the keyboard. */
enum phone_edit_key phone_edit_byte(struct phone_edit *edit, unsigned char byte);
/*! Did an escape come with nothing behind it so far?  It is the key or the first byte of another. */
bool phone_edit_escaping(const struct phone_edit *edit);
/*! Nothing came behind it for a while: it is the key. */
enum phone_edit_key phone_edit_escape(struct phone_edit *edit);
