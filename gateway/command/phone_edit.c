// SPDX-License-Identifier: AGPL-3.0-or-later
#include "command/phone_edit.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "wire/utf8.h"

#define CTRL(c) ((c)&0x1f)
#define ESCAPE	0x1b
#define DELETE	0x7f

static bool is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t before(const struct phone_edit *edit, size_t pos)
{
	while (pos > 0 && is_inside(edit->text[--pos]))
		;
	return pos;
}

static size_t behind(const struct phone_edit *edit, size_t pos)
{
	if (pos < edit->len)
		pos++;
	while (pos < edit->len && is_inside(edit->text[pos]))
		pos++;
	return pos;
}

static enum phone_edit_key cut(struct phone_edit *edit, size_t from, size_t to)
{
	memmove(edit->text + from, edit->text + to, edit->len - to + 1);
	edit->len -= to - from;
	edit->pos = from;
	return PHONE_EDIT_CHANGED;
}

static enum phone_edit_key move(struct phone_edit *edit, size_t pos)
{
	edit->pos = pos;
	return PHONE_EDIT_CHANGED;
}

static enum phone_edit_key insert(struct phone_edit *edit, const char *bytes, size_t n)
{
	if (edit->len + n > PHONE_EDIT_MAX)
		return PHONE_EDIT_NOTHING;
	memmove(edit->text + edit->pos + n, edit->text + edit->pos, edit->len - edit->pos + 1);
	memcpy(edit->text + edit->pos, bytes, n);
	edit->len += n;
	edit->pos += n;
	return PHONE_EDIT_CHANGED;
}

static size_t word_before(const struct phone_edit *edit)
{
	size_t pos = edit->pos;

	while (pos > 0 && edit->text[pos - 1] == ' ')
		pos--;
	while (pos > 0 && edit->text[pos - 1] != ' ')
		pos--;
	return pos;
}

void phone_edit_clear(struct phone_edit *edit)
{
	edit->text[0] = '\0';
	edit->len = edit->pos = edit->n_partial = 0;
}

void phone_edit_set(struct phone_edit *edit, const char *text)
{
	size_t len = strlen(text);

	while (len > PHONE_EDIT_MAX || (len < strlen(text) && is_inside(text[len])))
		len--;
	memcpy(edit->text, text, len);
	edit->text[len] = '\0';
	edit->len = edit->pos = len;
	edit->n_partial = 0;
}

/* xterm's and the Linux console's names of keys, without the escape. */
static enum phone_edit_key take_key(struct phone_edit *edit, const char *name)
{
	static const struct {
		const char *name;
		enum phone_edit_key key;
	} keys[] = {
		{ "[A", PHONE_EDIT_UP },   { "OA", PHONE_EDIT_UP },   { "[B", PHONE_EDIT_DOWN },
		{ "OB", PHONE_EDIT_DOWN }, { "OP", PHONE_EDIT_F1 },   { "OQ", PHONE_EDIT_F2 },
		{ "OR", PHONE_EDIT_F3 },   { "OS", PHONE_EDIT_F4 },   { "[11~", PHONE_EDIT_F1 },
		{ "[12~", PHONE_EDIT_F2 }, { "[13~", PHONE_EDIT_F3 }, { "[14~", PHONE_EDIT_F4 },
		{ "[[A", PHONE_EDIT_F1 },  { "[[B", PHONE_EDIT_F2 },  { "[[C", PHONE_EDIT_F3 },
		{ "[[D", PHONE_EDIT_F4 },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].name, name))
			return keys[i].key;
	if (!strcmp(name, "[D") || !strcmp(name, "OD"))
		return move(edit, before(edit, edit->pos));
	if (!strcmp(name, "[C") || !strcmp(name, "OC"))
		return move(edit, behind(edit, edit->pos));
	if (!strcmp(name, "[H") || !strcmp(name, "OH") || !strcmp(name, "[1~"))
		return move(edit, 0);
	if (!strcmp(name, "[F") || !strcmp(name, "OF") || !strcmp(name, "[4~"))
		return move(edit, edit->len);
	if (!strcmp(name, "[3~"))
		return cut(edit, edit->pos, behind(edit, edit->pos));
	return PHONE_EDIT_NOTHING;
}

static bool key_is_whole(const char *name, size_t n)
{
	char last = name[n - 1];

	if (n == 1)
		return last != '[' && last != 'O';
	if (n == 2 && name[0] == '[' && last == '[')
		return false;
	return last >= '@' && last <= '~';
}

static enum phone_edit_key take_escaped(struct phone_edit *edit, unsigned char byte)
{
	edit->partial[edit->n_partial++] = (char)byte;
	edit->partial[edit->n_partial] = '\0';
	if (!key_is_whole(edit->partial + 1, edit->n_partial - 1) &&
	    edit->n_partial + 1 < sizeof(edit->partial))
		return PHONE_EDIT_NOTHING;
	edit->n_partial = 0;
	return take_key(edit, edit->partial + 1);
}

static enum phone_edit_key take_control(struct phone_edit *edit, unsigned char byte)
{
	switch (byte) {
	case '\r':
	case '\n':
		return PHONE_EDIT_ENTER;
	case '\t':
		return PHONE_EDIT_NEXT;
	case CTRL('C'):
		return PHONE_EDIT_QUIT;
	case CTRL('D'):
		if (edit->len == 0)
			return PHONE_EDIT_QUIT;
		return cut(edit, edit->pos, behind(edit, edit->pos));
	case CTRL('H'):
	case DELETE:
		return cut(edit, before(edit, edit->pos), edit->pos);
	case CTRL('A'):
		return move(edit, 0);
	case CTRL('E'):
		return move(edit, edit->len);
	case CTRL('B'):
		return move(edit, before(edit, edit->pos));
	case CTRL('F'):
		return move(edit, behind(edit, edit->pos));
	case CTRL('K'):
		return cut(edit, edit->pos, edit->len);
	case CTRL('U'):
		return cut(edit, 0, edit->pos);
	case CTRL('W'):
		return cut(edit, word_before(edit), edit->pos);
	case CTRL('P'):
		return PHONE_EDIT_UP;
	case CTRL('N'):
		return PHONE_EDIT_DOWN;
	case CTRL('L'):
		return PHONE_EDIT_REDRAW;
	default:
		return PHONE_EDIT_NOTHING;
	}
}

static enum phone_edit_key take_character(struct phone_edit *edit, unsigned char byte)
{
	uint32_t character;
	size_t n;
	int rc;

	if (edit->n_partial > 0 && !is_inside((char)byte))
		edit->n_partial = 0; /* the one before was cut off */
	edit->partial[edit->n_partial++] = (char)byte;
	n = edit->n_partial;
	rc = utf8_read(&character, edit->partial, n);
	if (rc < 0 && n < UTF8_CHARACTER_MAX && (unsigned char)edit->partial[0] >= 0xc2)
		return PHONE_EDIT_NOTHING; /* perhaps whole with the next byte */
	edit->n_partial = 0;
	return rc == (int)n ? insert(edit, edit->partial, n) : PHONE_EDIT_NOTHING;
}

enum phone_edit_key phone_edit_byte(struct phone_edit *edit, unsigned char byte)
{
	if (edit->n_partial > 0 && edit->partial[0] == ESCAPE)
		return take_escaped(edit, byte);
	if (byte == ESCAPE) {
		edit->partial[0] = ESCAPE;
		edit->n_partial = 1;
		return PHONE_EDIT_NOTHING;
	}
	if (byte < ' ' || byte == DELETE)
		return take_control(edit, byte);
	return take_character(edit, byte);
}

bool phone_edit_escaping(const struct phone_edit *edit)
{
	return edit->n_partial == 1 && edit->partial[0] == ESCAPE;
}

enum phone_edit_key phone_edit_escape(struct phone_edit *edit)
{
	edit->n_partial = 0;
	return PHONE_EDIT_ESCAPE;
}
