// SPDX-License-Identifier: AGPL-3.0-or-later
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "desk/desk_int.h"
#include "desk/desk_subscribe.h"

static bool has_words(const struct phrases *phrases, const char *language)
{
	for (size_t i = 0; i < phrases_language_count(phrases); i++)
		if (strcmp(phrases_language_at(phrases, i), language) == 0)
			return true;
	return false;
}

/* The city's languages, and variants of them ("nl-plain"). */
static bool is_offered(const struct talk *talk, const char *language)
{
	size_t len = strcspn(language, "-");

	if (!talk || !talk->phrases || !has_words(talk->phrases, language))
		return false;
	for (const char **l = talk->languages; l && *l; l++)
		if (strcmp(*l, language) == 0 || (strlen(*l) == len && !memcmp(*l, language, len)))
			return true;
	return !talk->languages;
}

const char *desk_person_language(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	const char *language = desk_slot_text(slots, "language");
	int rc;

	if (!is_offered(turn->talk, language) || strlen(language) >= sizeof(turn->language))
		return "unknown";
	rc = store_person_language(d->st, turn->person_id, language);
	if (rc < 0 && rc != -ENOENT)
		return NULL;
	OSMO_STRLCPY_ARRAY(turn->language, language);
	turn->language_chosen = true;
	return "set";
}

/* Subscriptions stand while STOP does, and are told by name.
 * \returns how many; -EIO */
static int64_t set_stop(struct desk *d, json_t *slots, struct dialogue_turn *turn, bool stop)
{
	int rc = store_person_stop(d->st, turn->person_id, stop, turn->now_s);

	if (rc == 0 || rc == -ENOENT)
		rc = desk_subscriptions_named(d, slots, "subscriptions", turn);
	return rc < 0 ? rc : desk_slot_int(slots, "count");
}

const char *desk_person_stop(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	int64_t subscriptions = set_stop(d, slots, turn, true);

	return subscriptions < 0 ? NULL : subscriptions > 0 ? "subscribed" : "stopped";
}

const char *desk_person_start(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	int64_t subscriptions = set_stop(d, slots, turn, false);

	return subscriptions < 0 ? NULL : subscriptions > 0 ? "subscribed" : "started";
}

const char *desk_person_call(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	const char *shown = NULL, *outcome = "none";

	if (d->user.call_back)
		outcome = d->user.call_back(turn, &shown, d->user.data);
	if (!outcome || strcmp(outcome, "now") != 0)
		return outcome;
	desk_set_text(slots, "call_number", shown ? shown : turn->talk->short_code);
	turn->called_back = true;
	return outcome;
}
