// SPDX-License-Identifier: AGPL-3.0-or-later
#include <errno.h>
#include <string.h>

#include "talk/report.h"

#define REFERENCE_DIGITS_MIN 7
#define REFERENCE_DIGITS_MAX (REPORT_REFERENCE_SIZE - 1)

#define TO(state) (1u << (state))

static const char *const state_names[REPORT_STATE_COUNT] = {
	[REPORT_RECEIVED] = "received", [REPORT_FORWARDED] = "forwarded",
	[REPORT_PLANNED] = "planned",	[REPORT_IN_PROGRESS] = "in_progress",
	[REPORT_SOLVED] = "solved",	[REPORT_CLOSED] = "closed",
	[REPORT_REJECTED] = "rejected", [REPORT_REOPENED] = "reopened",
};

/* What lies ahead of each state.  A contractor may jump ahead (a lamp that is mended before
 * anyone plans it) and never goes back.  Only the resident turns it round, by reopening what was
 * solved or closed; from there all of it may come again. */
#define AHEAD_OF_IN_PROGRESS (TO(REPORT_SOLVED) | TO(REPORT_CLOSED) | TO(REPORT_REJECTED))
#define AHEAD_OF_PLANNED     (AHEAD_OF_IN_PROGRESS | TO(REPORT_IN_PROGRESS))
#define AHEAD_OF_FORWARDED   (AHEAD_OF_PLANNED | TO(REPORT_PLANNED))
#define AHEAD_OF_RECEIVED    (AHEAD_OF_FORWARDED | TO(REPORT_FORWARDED))

static const unsigned int state_next[REPORT_STATE_COUNT] = {
	[REPORT_RECEIVED] = AHEAD_OF_RECEIVED,
	[REPORT_FORWARDED] = AHEAD_OF_FORWARDED,
	[REPORT_PLANNED] = AHEAD_OF_PLANNED,
	[REPORT_IN_PROGRESS] = AHEAD_OF_IN_PROGRESS,
	[REPORT_SOLVED] = TO(REPORT_CLOSED) | TO(REPORT_REOPENED),
	[REPORT_CLOSED] = TO(REPORT_REOPENED),
	[REPORT_REJECTED] = 0,
	[REPORT_REOPENED] = AHEAD_OF_RECEIVED,
};

/* H. M. Damm, "Total anti-symmetrische Quasigruppen" (Marburg 2004), the one of order 10: finds
 * every single wrong digit and every swap of two neighbours. */
static const uint8_t damm[10][10] = {
	{ 0, 3, 1, 7, 5, 9, 8, 6, 4, 2 }, { 7, 0, 9, 2, 1, 5, 4, 8, 6, 3 },
	{ 4, 2, 0, 6, 8, 7, 1, 3, 5, 9 }, { 1, 7, 5, 0, 9, 8, 3, 4, 2, 6 },
	{ 6, 1, 2, 3, 0, 4, 5, 9, 7, 8 }, { 3, 6, 7, 4, 2, 0, 9, 5, 8, 1 },
	{ 5, 8, 6, 9, 7, 2, 0, 1, 3, 4 }, { 8, 9, 4, 5, 3, 6, 2, 0, 1, 7 },
	{ 9, 4, 3, 8, 6, 1, 7, 2, 0, 5 }, { 2, 5, 8, 1, 4, 3, 6, 7, 9, 0 },
};

const char *report_state_name(enum report_state state)
{
	if ((unsigned int)state >= REPORT_STATE_COUNT)
		return "unknown";
	return state_names[state];
}

int report_state_read(enum report_state *state, const char *name)
{
	for (unsigned int i = 0; i < REPORT_STATE_COUNT; i++) {
		if (strcmp(state_names[i], name) == 0) {
			*state = (enum report_state)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool report_may_become(enum report_state from, enum report_state to)
{
	if ((unsigned int)from >= REPORT_STATE_COUNT || (unsigned int)to >= REPORT_STATE_COUNT)
		return false;
	return from == to || (state_next[from] & TO(to));
}

bool report_is_open(enum report_state state)
{
	return state != REPORT_SOLVED && state != REPORT_CLOSED && state != REPORT_REJECTED;
}

/* 0 if the last digit is the check digit of those before it, else the check digit to append. */
static uint8_t damm_check(const char *digits, size_t n)
{
	uint8_t interim = 0;

	for (size_t i = 0; i < n; i++)
		interim = damm[interim][digits[i] - '0'];
	return interim;
}

void report_reference_make(char out[REPORT_REFERENCE_SIZE], uint64_t random, unsigned int digits)
{
	uint64_t low = 1, value;

	if (digits < REFERENCE_DIGITS_MIN)
		digits = REFERENCE_DIGITS_MIN;
	if (digits > REFERENCE_DIGITS_MAX)
		digits = REFERENCE_DIGITS_MAX;
	for (unsigned int i = 2; i < digits; i++)
		low *= 10;
	/* 9 * low is under 2^37: the remainder leans by less than one in 2^27. */
	value = low + random % (9 * low);
	for (unsigned int i = digits - 1; i-- > 0; value /= 10)
		out[i] = (char)('0' + value % 10);
	out[digits - 1] = (char)('0' + damm_check(out, digits - 1));
	out[digits] = '\0';
}

/* A digit as it is typed, also the Arabic ones (U+0660, U+06F0).
 * Returns its bytes, 0 if there is none. */
static size_t digit_at(const unsigned char *p, char *digit)
{
	if (*p >= '0' && *p <= '9') {
		*digit = (char)*p;
		return 1;
	}
	if (p[0] == 0xd9 && p[1] >= 0xa0 && p[1] <= 0xa9) {
		*digit = (char)('0' + p[1] - 0xa0);
		return 2;
	}
	if (p[0] == 0xdb && p[1] >= 0xb0 && p[1] <= 0xb9) {
		*digit = (char)('0' + p[1] - 0xb0);
		return 2;
	}
	return 0;
}

/* What may stand between digits; a no-break space is two bytes. */
static size_t gap_at(const unsigned char *p)
{
	if (p[0] == 0xc2 && p[1] == 0xa0)
		return 2;
	return strchr(" \t\r\n.-/#", *p) ? 1 : 0;
}

int report_reference_read(char out[REPORT_REFERENCE_SIZE], const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	char digits[REPORT_REFERENCE_SIZE];
	size_t n = 0, len;

	while (*p) {
		if ((len = digit_at(p, &digits[n < REFERENCE_DIGITS_MAX ? n : 0]))) {
			if (++n > REFERENCE_DIGITS_MAX)
				return -EINVAL;
		} else if (!(len = gap_at(p))) {
			return -EINVAL;
		}
		p += len;
	}
	if (n < REFERENCE_DIGITS_MIN)
		return -EINVAL;
	if (digits[0] == '0' || damm_check(digits, n) != 0)
		return -EBADMSG;
	memcpy(out, digits, n);
	out[n] = '\0';
	return 0;
}

const char *report_reference_show(char *out, const char *reference)
{
	size_t n = 0;

	for (size_t i = 0; reference[i] && i < REFERENCE_DIGITS_MAX; i++) {
		if (i > 0 && i % 3 == 0)
			out[n++] = ' ';
		out[n++] = reference[i];
	}
	out[n] = '\0';
	return out;
}
