// SPDX-License-Identifier: AGPL-3.0-or-later
/* broadcast_call.c - a notice by voice: whoever cannot be texted is called. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "flow/broadcast_int.h"

#define CALLS_MAX \
	16 /* of a notice that are queued: they are placed as many at once as configured */

bool notice_is_land_line(const struct broadcast *bc, const char *number)
{
	const char *prefix = bc->cfg.land_lines;

	while (*prefix) {
		size_t len = strcspn(prefix, " ");

		if (len > 0 && strncmp(number, prefix, len) == 0)
			return true;
		prefix += len + strspn(prefix + len, " ");
	}
	return false;
}

int notice_voice_check(void *ctx, const char *words, char **error)
{
	json_t *all = json_loads(words, 0, NULL), *text;
	const char *language;
	int rc = 0;

	json_object_foreach (all, language, text) {
		if (json_string_length(text) <= CALLOUT_TEXT_MAX)
			continue;
		*error = talloc_asprintf(ctx,
					 "the words in \"%s\" are too long to be said in a call: "
					 "at most %d octets",
					 language, CALLOUT_TEXT_MAX);
		rc = -EINVAL;
	}
	json_decref(all);
	return rc;
}

static int call(struct broadcast *bc, const struct notice *n, const json_t *words,
		const struct recipient *r)
{
	struct callout_row row;
	int rc = callout_notice(bc->co, r->number, notice_language(bc, words, r->language),
				notice_words(bc, words, r->language), n->id, &row);

	if (rc < 0 && rc != -EINVAL && rc != -EPERM)
		return rc;
	return store_recipient_put(bc->st, n->id, r->number,
				   rc == 0 ? RECIPIENT_QUEUED : RECIPIENT_SKIPPED);
}

int notice_call_some(struct broadcast *bc, const struct notice *n, int64_t calls)
{
	struct recipient due[CALLS_MAX];
	int64_t max = CALLS_MAX - calls;
	json_t *words;
	int count, rc = 0;

	if (n->canary)
		max = OSMO_MIN(max, n->canary - (n->queued + n->sent + n->delivered + n->failed));
	if (!bc->co || max <= 0)
		return 0;
	count = store_recipients_to_call(bc->st, n, due, max);
	if (count <= 0)
		return count;
	words = json_loads(n->words, 0, NULL);
	OSMO_ASSERT(words);
	for (int i = 0; i < count && rc == 0; i++)
		rc = call(bc, n, words, &due[i]);
	json_decref(words);
	return rc < 0 ? rc : count;
}
