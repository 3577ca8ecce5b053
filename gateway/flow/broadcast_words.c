// SPDX-License-Identifier: AGPL-3.0-or-later
/* broadcast_words.c - which words a recipient gets, what they cost, and when. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/broadcast_int.h"
#include "talk/hours.h"

#define DAY_MIN	   (24 * 60)
#define ROUNDS_MAX 64 /* quiet nights that an estimate looks over */

/* ---- words ---- */

const char *notice_language(const struct broadcast *bc, const json_t *words, const char *language)
{
	const char *first = (*bc->talk)->languages[0];
	char base[16];

	OSMO_STRLCPY_ARRAY(base, language);
	base[strcspn(base, "-")] = '\0';
	if (json_object_get(words, language))
		return language;
	if (json_object_get(words, base))
		return json_object_iter_key(json_object_iter_at((json_t *)words, base));
	if (json_object_get(words, first))
		return first;
	return json_object_iter_key(json_object_iter((json_t *)words));
}

const char *notice_words(const struct broadcast *bc, const json_t *words, const char *language)
{
	return json_string_value(json_object_get(words, notice_language(bc, words, language)));
}

static bool is_offered(const struct broadcast *bc, const char *language)
{
	for (const char **l = (*bc->talk)->languages; *l; l++)
		if (strcmp(*l, language) == 0)
			return true;
	return false;
}

static int check_one(void *ctx, const struct broadcast *bc, const char *language,
		     const json_t *text, char **error)
{
	struct sms_plan plan;

	if (!is_offered(bc, language))
		*error = talloc_asprintf(ctx,
					 "this line speaks no \"%s\": see languages in the "
					 "configuration",
					 language);
	else if (!json_is_string(text) || !*json_string_value(text))
		*error = talloc_asprintf(ctx, "the words in \"%s\" are empty", language);
	else if (sms_text_plan(&plan, json_string_value(text), outbox_fit(bc->ob)) < 0 ||
		 plan.parts > BROADCAST_PARTS_MAX)
		*error = talloc_asprintf(ctx,
					 "the words in \"%s\" take more than %d texts: "
					 "shorten them",
					 language, BROADCAST_PARTS_MAX);
	else
		return 0;
	return -EINVAL;
}

int notice_words_check(void *ctx, const struct broadcast *bc, const char *words, char **error)
{
	json_t *all = words ? json_loads(words, 0, NULL) : NULL, *text;
	const char *language;
	int rc = 0;

	if (!json_is_object(all) || json_object_size(all) == 0) {
		*error = talloc_strdup(ctx, "a notice needs words, in one language at least");
		rc = -EINVAL;
	}
	json_object_foreach (all, language, text) {
		rc = check_one(ctx, bc, language, text, error);
		if (rc < 0)
			break;
	}
	json_decref(all);
	return rc;
}

/* ---- hours ---- */

/* All but the quiet ones. */
static size_t loud_hours(const struct notice *n, struct hours out[2])
{
	if (n->quiet_from_min == n->quiet_to_min)
		return 0;
	if (n->quiet_from_min > n->quiet_to_min) { /* over midnight */
		out[0] = (struct hours){ .from_min = n->quiet_to_min, .to_min = n->quiet_from_min };
		return 1;
	}
	out[0] = (struct hours){ .from_min = 0, .to_min = n->quiet_from_min };
	out[1] = (struct hours){ .from_min = n->quiet_to_min, .to_min = DAY_MIN };
	return 2;
}

int64_t notice_loud(const struct broadcast *bc, const struct notice *n, int64_t at_s)
{
	struct hours loud[2];
	size_t count = loud_hours(n, loud);

	return count ? hours_next(loud, count, at_s, (*bc->talk)->zone) : at_s;
}

int64_t notice_quiet(const struct broadcast *bc, const struct notice *n, int64_t at_s)
{
	struct notice turned = *n;

	if (n->quiet_from_min == n->quiet_to_min)
		return INT64_MAX;
	turned.quiet_from_min = n->quiet_to_min;
	turned.quiet_to_min = n->quiet_from_min;
	return notice_loud(bc, &turned, at_s);
}

/* ---- an estimate ---- */

struct estimating {
	struct broadcast *bc;
	json_t *words;
	struct broadcast_estimate *out;
};

static struct broadcast_language *language_of(struct broadcast_estimate *out, const char *name)
{
	for (size_t i = 0; i < out->n; i++)
		if (strcmp(out->languages[i].language, name) == 0)
			return &out->languages[i];
	if (out->n == BROADCAST_LANGUAGES_MAX)
		return &out->languages[0];
	OSMO_STRLCPY_ARRAY(out->languages[out->n].language, name);
	return &out->languages[out->n++];
}

static bool add_language(const char *language, int64_t people, void *data)
{
	struct estimating *e = data;
	const char *text = notice_words(e->bc, e->words, language);
	struct broadcast_language *bl = language_of(e->out,
						    notice_language(e->bc, e->words, language));
	struct sms_plan plan;

	if (sms_text_plan(&plan, text, outbox_fit(e->bc->ob)) < 0)
		return true; /* it was checked */
	bl->people += people;
	bl->parts = plan.parts;
	bl->ucs2 = plan.alphabet == SMS_UCS2;
	e->out->people += people;
	e->out->parts += people * plan.parts;
	return true;
}

/* Nights and quiet noons do not count. */
static int64_t ends_at(struct broadcast *bc, const struct notice *n, double seconds)
{
	int64_t at_s = notice_loud(bc, n, OSMO_MAX(n->start_s, clock_now_s()));

	for (int i = 0; i < ROUNDS_MAX; i++) {
		int64_t quiet_s = notice_quiet(bc, n, at_s);

		if (seconds <= quiet_s - at_s)
			return at_s + ceil(seconds);
		seconds -= quiet_s - at_s;
		at_s = notice_loud(bc, n, quiet_s);
	}
	return 0;
}

static double lasts_s(const struct notice *n, const struct broadcast_estimate *e, int64_t left)
{
	double parts_each = e->people ? (double)e->parts / e->people : 1;
	double by_lines = left * parts_each / e->parts_a_second;
	double by_pace = n->pace ? left * 60.0 / n->pace : 0;

	return OSMO_MAX(by_lines, by_pace);
}

/* Of the lines here, else of the line that runs beside this. */
static double pace_of(void *ctx, struct broadcast *bc)
{
	double pace = outbox_parts_a_second(bc->ob);
	char *text = pace > 0 ? NULL : store_recall(ctx, bc->st, PACE_OWNER, PACE_KEY);

	return text ? strtod(text, NULL) : pace;
}

int broadcast_estimate(struct broadcast *bc, int64_t id, struct broadcast_estimate *out)
{
	void *ctx = talloc_new(bc);
	struct estimating e = { .bc = bc, .out = out };
	struct notice n;
	int rc = store_notice_get(ctx, bc->st, id, &n);

	memset(out, 0, sizeof(*out));
	if (rc == 0 && n.state == NOTICE_GATHERING)
		rc = -EAGAIN;
	if (rc == 0) {
		e.words = json_loads(n.words, 0, NULL);
		rc = e.words ? store_notice_languages(bc->st, id, add_language, &e) : -EIO;
	}
	if (rc == 0) {
		out->left_out = n.recipients - out->people;
		out->cost_milli = out->parts * bc->cfg.cost_milli;
		out->parts_a_second = pace_of(ctx, bc);
		if (out->parts_a_second > 0)
			out->last_s = ends_at(bc, &n,
					      lasts_s(&n, out,
						      n.recipients - n.skipped - n.sent -
							      n.delivered - n.failed));
		if (out->last_s > n.expires_s)
			out->last_s = 0;
	}
	json_decref(e.words);
	talloc_free(ctx);
	return rc;
}
