// SPDX-License-Identifier: AGPL-3.0-or-later
/* sms_text.c - choose an alphabet, measure and cut; see sms_text.h.  Joining is in sms_join.c.
 *
 * Measuring and cutting are one walk over the text, with and without pieces to fill, so that
 * a plan cannot differ from what is sent.
 */
#include "wire/sms_text.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "wire/sms_plain.h"
#include "wire/sms_tables.h"
#include "wire/utf8.h"

#define USER_DATA_OCTETS 140

/* Walks over a text, one character at a time. */
struct reader {
	const char *pos;
	size_t left;
	bool change; /* give characters outside GSM 7-bit a plain look */
	uint32_t plain[SMS_PLAIN_MAX];
	int n, i; /* of plain */
};

/* \returns 1; 0 at the end; -EINVAL */
static int read_character(struct reader *r, uint32_t *character)
{
	int n;

	for (;;) {
		if (r->i < r->n) {
			*character = r->plain[r->i++];
			return 1;
		}
		n = utf8_read(character, r->pos, r->left);
		if (n <= 0)
			return n;
		r->pos += n;
		r->left -= (size_t)n;
		if (!r->change)
			return 1;
		r->n = (int)sms_plain(r->plain, *character);
		r->i = 0;
	}
}

static struct reader read_text(const char *text, const struct sms_plan *plan)
{
	return (struct reader){ .pos = text, .left = strlen(text), .change = plan->changed };
}

/* One character in units: septets, or UTF-16. */
struct units {
	uint16_t unit[2];
	int n;
};

static int to_units(struct units *u, const struct sms_plan *plan, uint32_t character)
{
	int septet;

	if (plan->alphabet == SMS_UCS2) {
		u->n = (int)utf16_write(u->unit, character);
		return 0;
	}
	septet = sms_table_find_locking(plan->locking, character);
	if (septet >= 0) {
		u->n = 1;
		u->unit[0] = (uint16_t)septet;
		return 0;
	}
	septet = sms_table_find_single(plan->single, character);
	if (septet < 0)
		return -EINVAL;
	u->n = 2;
	u->unit[0] = SMS_ESCAPE;
	u->unit[1] = (uint16_t)septet;
	return 0;
}

/* How many units fit in one part, TS 23.040 9.2.3.24? */
static unsigned int capacity(const struct sms_plan *plan, bool concatenated)
{
	unsigned int header = (plan->single ? 3 : 0) + (plan->locking ? 3 : 0);
	unsigned int octets;

	if (concatenated)
		header += plan->ref_bits == 16 ? 6 : 5;
	octets = USER_DATA_OCTETS - (header ? header + 1 : 0);
	return plan->alphabet == SMS_UCS2 ? octets / 2 : octets * 8 / 7;
}

/* The walk that cuts. */
struct cutter {
	const struct sms_plan *plan;
	struct sms_piece *pieces; /* NULL only to measure */
	unsigned int room;	  /* units in a part */
	unsigned int parts, used, units;
};

static void next_part(struct cutter *c)
{
	if (c->pieces)
		c->pieces[c->parts] = (struct sms_piece){ .alphabet = c->plan->alphabet,
							  .single = c->plan->single,
							  .locking = c->plan->locking };
	c->parts++;
	c->used = 0;
}

static void put_units(struct cutter *c, const struct units *u)
{
	struct sms_piece *piece = c->pieces ? &c->pieces[c->parts - 1] : NULL;
	int i;

	c->used += (unsigned int)u->n;
	c->units += (unsigned int)u->n;
	for (i = 0; piece && i < u->n; i++) {
		if (piece->alphabet == SMS_UCS2)
			piece->data[piece->len++] = (uint8_t)(u->unit[i] >> 8);
		piece->data[piece->len++] = (uint8_t)u->unit[i];
	}
}

/* Does this character belong to the one before: accent, variation, skin tone, joiner? */
static bool clings(uint32_t character, uint32_t before)
{
	return before == 0x200d || character == 0x200d || character == 0x20e3 ||
	       (character >= 0x300 && character < 0x370) ||
	       (character >= 0xfe00 && character < 0xfe10) ||
	       (character >= 0x1f3fb && character < 0x1f400) ||
	       (character >= 0xe0020 && character < 0xe0080);
}

/* Units of what clings to a character that was just read. */
static unsigned int clinging_units(struct reader r, uint32_t character)
{
	unsigned int units = 0;
	uint32_t next;

	for (; read_character(&r, &next) == 1 && clings(next, character); character = next)
		units += next < 0x10000 ? 1 : 2;
	return units;
}

/* Cut a text in parts of c->room units, of which there may be max.
 * \returns 0; -EINVAL; -ENOSPC */
static int cut(struct cutter *c, const char *text, size_t max, bool whole_graphemes)
{
	struct reader r = read_text(text, c->plan);
	uint32_t character, before = 0;
	struct units u;
	int rc;

	next_part(c);
	while ((rc = read_character(&r, &character)) == 1) {
		unsigned int need;

		if (to_units(&u, c->plan, character) < 0)
			return -EINVAL;
		need = (unsigned int)u.n;
		if (whole_graphemes && !clings(character, before))
			need += clinging_units(r, character);
		if (need > c->room)
			need = (unsigned int)u.n;
		if (c->used + need > c->room) {
			if (c->parts == max)
				return -ENOSPC;
			next_part(c);
		}
		put_units(c, &u);
		before = character;
	}
	return rc;
}

/* Fill in what a plan with a chosen alphabet and tables costs. */
static int measure(struct sms_plan *plan, const char *text)
{
	struct cutter c = { .plan = plan, .room = capacity(plan, true) };
	unsigned int one = capacity(plan, false);
	int rc = cut(&c, text, SMS_PARTS_MAX, false);

	if (rc < 0)
		return rc;
	plan->units = (uint16_t)c.units;
	if (c.units <= one) {
		plan->parts = 1;
		plan->left = (uint16_t)(one - c.units);
	} else {
		plan->parts = (uint16_t)c.parts;
		plan->left = (uint16_t)(c.room - c.used);
	}
	return 0;
}

static const uint8_t shift_languages[] = { SMS_LANG_NONE, SMS_LANG_TURKISH, SMS_LANG_SPANISH,
					   SMS_LANG_PORTUGUESE };

/* The best pair of shift tables, if one needs fewer parts than the plan has. */
static void try_shift(struct sms_plan *plan, const char *text)
{
	uint16_t parts = plan->parts;
	size_t l, s;

	for (l = 0; l < ARRAY_SIZE(shift_languages); l++) {
		if (l && !sms_table_has_locking(shift_languages[l]))
			continue;
		for (s = 0; s < ARRAY_SIZE(shift_languages); s++) {
			struct sms_plan other = { .alphabet = SMS_GSM7,
						  .single = shift_languages[s],
						  .locking = shift_languages[l],
						  .ref_bits = plan->ref_bits };

			if (measure(&other, text) < 0 || (parts && other.parts >= parts))
				continue;
			if (plan->parts == parts || other.parts < plan->parts ||
			    (other.parts == plan->parts && other.units < plan->units))
				*plan = other;
		}
	}
}

static void try_plain(struct sms_plan *plan, const char *text)
{
	struct sms_plan other = { .alphabet = SMS_GSM7,
				  .ref_bits = plan->ref_bits,
				  .changed = true };

	if (measure(&other, text) == 0 && (!plan->parts || other.parts < plan->parts))
		*plan = other;
}

int sms_text_plan(struct sms_plan *plan, const char *text, unsigned int flags)
{
	struct sms_plan best = { .alphabet = SMS_GSM7, .ref_bits = flags & SMS_FIT_REF16 ? 16 : 8 };
	int rc = measure(&best, text);

	if (rc == -EINVAL) {
		best.alphabet = SMS_UCS2;
		rc = measure(&best, text);
	}
	if (rc == -EINVAL)
		return rc;
	if (rc < 0)
		best.parts = 0; /* too long so far */
	if (best.parts != 1 && flags & SMS_FIT_SHIFT)
		try_shift(&best, text);
	if (best.parts != 1 && flags & SMS_FIT_TRANSLITERATE)
		try_plain(&best, text);
	if (best.parts == 0)
		return -ENOSPC;
	*plan = best;
	return 0;
}

int sms_text_split(struct sms_piece *pieces, size_t max, const char *text,
		   const struct sms_plan *plan)
{
	struct cutter c = { .plan = plan, .room = capacity(plan, plan->parts > 1) };
	bool whole_graphemes = plan->alphabet == SMS_UCS2 && plan->parts > 1;
	int rc;

	if (plan->parts > max)
		return -ENOSPC;
	if (whole_graphemes)
		whole_graphemes = cut(&c, text, plan->parts, true) == 0;
	c = (struct cutter){ .plan = plan, .room = c.room, .pieces = pieces };
	rc = cut(&c, text, plan->parts, whole_graphemes);
	return rc < 0 ? rc : (int)c.parts;
}

size_t sms_septets_pack(uint8_t *out, const uint8_t *septets, size_t n, unsigned int fill)
{
	size_t size = (fill + 7 * n + 7) / 8;
	size_t i;

	memset(out, 0, size);
	for (i = 0; i < n; i++) {
		size_t bit = fill + 7 * i;
		unsigned int value = (septets[i] & 0x7fu) << (bit % 8);

		out[bit / 8] |= (uint8_t)value;
		if (value > 0xff)
			out[bit / 8 + 1] = (uint8_t)(value >> 8);
	}
	return size;
}

void sms_septets_unpack(uint8_t *septets, size_t n, const uint8_t *in, unsigned int fill)
{
	size_t i;

	for (i = 0; i < n; i++) {
		size_t bit = fill + 7 * i;
		unsigned int value = in[bit / 8];

		if (bit % 8 > 1)
			value |= (unsigned int)in[bit / 8 + 1] << 8;
		septets[i] = value >> (bit % 8) & 0x7f;
	}
}
