// SPDX-License-Identifier: AGPL-3.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "wire/ctrl.h"

#define IMSI_MAX   15
#define MSISDN_MAX 15 /* E.164 */
#define ID_MAX	   9  /* digits of an id */

#define VARIABLE_HEAD "subscriber.by-imsi-"
#define VARIABLE_TAIL ".msisdn"

struct words {
	const char *pos, *end;
};

static bool is_digits(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len > 0;
}

/* The next word; its length, 0 if there is none. */
static size_t next_word(struct words *w, const char **word)
{
	const char *blank;

	while (w->pos < w->end && *w->pos == ' ')
		w->pos++;
	*word = w->pos;
	blank = memchr(w->pos, ' ', w->end - w->pos);
	w->pos = blank ? blank : w->end;
	return w->pos - *word;
}

static bool is_variable(const char *word, size_t len)
{
	size_t head = strlen(VARIABLE_HEAD), tail = strlen(VARIABLE_TAIL);

	return len > head + tail && !memcmp(word, VARIABLE_HEAD, head) &&
	       !memcmp(word + len - tail, VARIABLE_TAIL, tail);
}

static bool is_word(const char *word, size_t len, const char *wanted)
{
	return len == strlen(wanted) && !memcmp(word, wanted, len);
}

int ctrl_write_msisdn(char out[CTRL_ASK_SIZE], uint32_t id, const char *imsi)
{
	size_t len = strlen(imsi);

	if (len > IMSI_MAX || !is_digits(imsi, len))
		return -EINVAL;
	return snprintf(out, CTRL_ASK_SIZE, "GET %" PRIu32 " " VARIABLE_HEAD "%s" VARIABLE_TAIL, id,
			imsi);
}

static bool read_id(uint32_t *out, const char *word, size_t len)
{
	*out = 0;
	if (len > ID_MAX || !is_digits(word, len))
		return false;
	for (size_t i = 0; i < len; i++)
		*out = *out * 10 + (uint32_t)(word[i] - '0');
	return true;
}

int ctrl_read_msisdn(struct ctrl_answer *out, const uint8_t *data, size_t len)
{
	struct words w = { (const char *)data, (const char *)data + len };
	const char *kind, *word;
	size_t kind_len = next_word(&w, &kind), n = next_word(&w, &word);
	bool reply = is_word(kind, kind_len, "GET_REPLY");

	out->msisdn[0] = '\0';
	if ((!reply && !is_word(kind, kind_len, "ERROR")) || !read_id(&out->id, word, n))
		return -EINVAL;
	if (!reply)
		return 0;
	n = next_word(&w, &word);
	if (!is_variable(word, n))
		return -EINVAL;
	n = next_word(&w, &word);
	/* a subscriber without a number is "none" or nothing at all */
	if (n <= MSISDN_MAX && is_digits(word, n)) {
		memcpy(out->msisdn, word, n);
		out->msisdn[n] = '\0';
	}
	return 0;
}
