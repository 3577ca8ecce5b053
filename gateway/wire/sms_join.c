// SPDX-License-Identifier: AGPL-3.0-or-later
/* sms_join.c - pieces back to a text (declared in sms_text.h).
 *
 * Pieces that follow each other in one alphabet are read as one run of octets or septets, so
 * what another's phone cut through is whole again.
 */
#include "wire/sms_text.h"

#include <errno.h>
#include <string.h>

#include "wire/sms_tables.h"
#include "wire/utf8.h"

#define MISSING "[...]"

/* Reads a run; the run ends where the alphabet changes. */
struct run {
	const struct sms_piece *piece, *end; /* end of the run */
	size_t i;
};

/* Where the text goes. */
struct sink {
	char *pos;
	size_t left; /* one byte is kept for the NUL */
	bool full;
};

static void put_bytes(struct sink *sink, const char *bytes, size_t n)
{
	if (sink->full || n > sink->left) {
		sink->full = true;
		return;
	}
	memcpy(sink->pos, bytes, n);
	sink->pos += n;
	sink->left -= n;
}

static void put_character(struct sink *sink, uint32_t character)
{
	char bytes[UTF8_CHARACTER_MAX];

	/* a zero would cut the text off for everyone who reads it as a string */
	put_bytes(sink, bytes, utf8_write(bytes, character ? character : UTF8_REPLACEMENT));
}

/* \returns the next octet or septet; -1 at the end of the run */
static int next_unit(struct run *run)
{
	while (run->piece < run->end && run->i >= run->piece->len) {
		run->piece++;
		run->i = 0;
	}
	return run->piece < run->end ? run->piece->data[run->i++] : -1;
}

/* An escape: the extension character; if there is none, the one the table has without it;
 * a space for the escape to yet another table or at the end (TS 23.038 6.2.1.1). */
static uint32_t read_escaped(struct run *run)
{
	int septet = next_unit(run);
	uint16_t character;

	if (septet < 0 || septet == SMS_ESCAPE)
		return ' ';
	character = sms_table_single(run->piece->single, (uint8_t)septet);
	return character ? character : sms_table_locking(run->piece->locking, (uint8_t)septet);
}

static void join_gsm7(struct sink *sink, struct run run)
{
	int septet;

	while ((septet = next_unit(&run)) >= 0) {
		if (septet == SMS_ESCAPE)
			put_character(sink, read_escaped(&run));
		else
			put_character(sink, sms_table_locking(run.piece->locking, (uint8_t)septet));
	}
}

/* \returns one UTF-16 code unit; -1 at the end, also after half a one */
static int32_t next_utf16(struct run *run)
{
	int high = next_unit(run);
	int low = high < 0 ? -1 : next_unit(run);

	return low < 0 ? -1 : high << 8 | low;
}

static void join_ucs2(struct sink *sink, struct run run)
{
	int32_t unit = next_utf16(&run);

	while (unit >= 0) {
		int32_t next = next_utf16(&run);

		if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
			put_character(sink, 0x10000 + ((uint32_t)(unit & 0x3ff) << 10) +
						    (uint32_t)(next & 0x3ff));
			next = next_utf16(&run);
		} else {
			put_character(sink, (uint32_t)unit); /* U+FFFD for half a pair */
		}
		unit = next;
	}
}

/* Read one UTF-8 character of a run.
 * \returns 1; 0 at the end; -EINVAL */
static int next_utf8(struct run *run, uint32_t *character)
{
	char bytes[UTF8_CHARACTER_MAX];
	size_t n = 0;

	while (n < sizeof(bytes)) {
		int octet = next_unit(run);

		if (octet < 0)
			return n == 0 ? 0 : -EINVAL;
		bytes[n++] = (char)octet;
		if (utf8_read(character, bytes, n) > 0)
			return 1;
	}
	return -EINVAL;
}

static bool is_utf8(struct run run)
{
	uint32_t character;
	int rc;

	do
		rc = next_utf8(&run, &character);
	while (rc == 1);
	return rc == 0;
}

static void join_8bit(struct sink *sink, struct run run)
{
	uint32_t character;
	int octet;

	if (is_utf8(run)) {
		while (next_utf8(&run, &character) == 1)
			put_character(sink, character);
		return;
	}
	while ((octet = next_unit(&run)) >= 0)
		put_character(sink, (uint32_t)octet);
}

static bool is_missing(const struct sms_piece *piece)
{
	return piece->len == 0 && piece->alphabet == SMS_8BIT;
}

static void join_run(struct sink *sink, struct run run)
{
	switch (run.piece->alphabet) {
	case SMS_GSM7:
		join_gsm7(sink, run);
		break;
	case SMS_8BIT:
		join_8bit(sink, run);
		break;
	case SMS_UCS2:
		join_ucs2(sink, run);
		break;
	}
}

int sms_text_join(char *out, size_t size, const struct sms_piece *pieces, size_t n)
{
	struct sink sink = { .pos = out, .left = size - 1, .full = size == 0 };
	size_t i = 0;

	while (i < n) {
		size_t first = i++;

		if (is_missing(&pieces[first])) {
			put_bytes(&sink, MISSING, strlen(MISSING));
			continue;
		}
		while (i < n && pieces[i].alphabet == pieces[first].alphabet &&
		       !is_missing(&pieces[i]))
			i++;
		join_run(&sink, (struct run){ .piece = &pieces[first], .end = &pieces[i] });
	}
	if (sink.full)
		return -ENOSPC;
	*sink.pos = '\0';
	return (int)(sink.pos - out);
}
