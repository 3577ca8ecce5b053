// SPDX-License-Identifier: AGPL-3.0-or-later
/* broadcast_cap.c - an alert of CAP 1.2 as a notice; see broadcast.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "flow/broadcast_int.h"
#include "talk/phrase.h"
#include "wire/cap.h"

#define RADIUS_MIN_M 10 /* of a circle that is a point */

struct taking {
	void *ctx; /* of what is kept until the notice is added */
	struct broadcast *bc;
	struct cap_alert alert;
	struct notice *n;
	json_t *words, *audience;
	const char *title;
	bool at_once; /* in quiet hours too */
	char **error;
};

static int wrong(struct taking *t, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int wrong(struct taking *t, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*t->error = talloc_vasprintf(t->ctx, fmt, ap);
	va_end(ap);
	return rc;
}

/* ---- words ---- */

/* White space as one blank. */
static char *flat(void *ctx, const char *text)
{
	char *out = talloc_strdup(ctx, text), *to = out;

	OSMO_ASSERT(out);
	for (const char *from = text; *from; from++) {
		bool white = strchr(" \t\r\n", *from) != NULL;

		if (!white)
			*to++ = *from;
		else if (to > out && to[-1] != ' ')
			*to++ = ' ';
	}
	while (to > out && to[-1] == ' ')
		to--;
	*to = '\0';
	return out;
}

/* A sentence behind the others; what they begin with already is not said again. */
static char *append(void *ctx, char *text, const char *more)
{
	size_t len = strlen(text);
	char *next = flat(ctx, more);

	if (!*next)
		return text;
	if (len == 0 || strncasecmp(next, text, len) == 0)
		return next;
	return talloc_asprintf(ctx, "%s%s%s", text, strchr(".!?:", text[len - 1]) ? " " : ". ",
			       next);
}

static bool is_short(const struct broadcast *bc, const char *text)
{
	struct sms_plan plan;

	return sms_text_plan(&plan, text, outbox_fit(bc->ob)) == 0 && plan.parts <= CAP_PARTS;
}

static char *words_of(void *ctx, const struct broadcast *bc, const struct cap_info *info)
{
	char *head = append(ctx, talloc_strdup(ctx, ""), info->headline);
	char *all = append(ctx, head, info->description);

	all = append(ctx, all, info->instruction);
	if (!*all)
		return flat(ctx, info->event);
	if (is_short(bc, all))
		return all;
	if (!*head)
		head = flat(ctx, info->event);
	return append(ctx, append(ctx, head, info->instruction), info->web);
}

/* The line's own language that these words are in: "nl-NL" is "nl". NULL: none */
static const char *our_language(const struct broadcast *bc, const char *language)
{
	const char *const *l = (*bc->talk)->languages;
	char base[16];

	for (; *l; l++)
		if (strcasecmp(*l, language) == 0)
			return *l;
	OSMO_STRLCPY_ARRAY(base, language);
	base[strcspn(base, "-_")] = '\0';
	for (l = (*bc->talk)->languages; *l; l++)
		if (strcasecmp(*l, base) == 0)
			return *l;
	return NULL;
}

/* ---- where ---- */

static void add_polygon(struct taking *t, const struct cap_polygon *polygon)
{
	json_t *corners = json_array();

	/* the last point is the first */
	for (size_t i = 0; i + 1 < polygon->n; i++)
		json_array_append_new(corners, json_pack("[f, f]", polygon->points[i].lat,
							 polygon->points[i].lon));
	json_array_append_new(t->audience, json_pack("{s:o}", "polygon", corners));
}

static void add_circle(struct taking *t, const struct cap_circle *circle)
{
	json_array_append_new(t->audience,
			      json_pack("{s:f, s:f, s:f}", "lat", circle->middle.lat, "lon",
					circle->middle.lon, "radius",
					OSMO_MAX(circle->radius_km * 1000, RADIUS_MIN_M)));
}

/* An area or a street of the register. \returns 1; 0 it is none; -EIO */
static int add_name(struct taking *t, const char *word, const char *name)
{
	json_t *one = json_pack("{s:s}", word, name);
	char *text = json_dumps(one, JSON_COMPACT), *error = NULL;
	struct audience *found = talloc_zero(t->ctx, struct audience);
	int rc = text ? audience_read(t->ctx, t->bc, text, found, &error) : -EINVAL;

	if (rc == 0)
		json_array_append(t->audience, one);
	free(text);
	json_decref(one);
	talloc_free(error);
	return rc == 0 ? 1 : rc == -EIO ? rc : 0;
}

/* By geocode, which may say that it is a street of ours, else by its words. */
static int add_named(struct taking *t, const struct cap_area *area)
{
	char *lower = talloc_strdup(t->ctx, area->desc);
	int rc = 0;

	for (size_t i = 0; i < area->n_geocodes && rc == 0; i++) {
		const struct cap_geocode *code = &area->geocodes[i];

		rc = add_name(t, strcmp(code->name, "street") == 0 ? "street" : "area",
			      code->value);
	}
	for (char *c = lower; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	return rc ? rc : add_name(t, "area", lower);
}

static int add_area(struct taking *t, const struct cap_area *area)
{
	int rc = 1;

	for (size_t i = 0; i < area->n_polygons; i++)
		add_polygon(t, &area->polygons[i]);
	for (size_t i = 0; i < area->n_circles; i++)
		add_circle(t, &area->circles[i]);
	if (area->n_polygons + area->n_circles == 0)
		rc = add_named(t, area);
	if (rc == 0)
		return wrong(
			t, -ENOENT,
			"the area \"%.60s\" has no polygon and no circle, and the register has "
			"none of that name",
			area->desc);
	return rc < 0 ? rc : 0;
}

/* The same area stands in the info of each language. */
static int add_areas(struct taking *t, const struct cap_info *info)
{
	int rc = 0;

	for (size_t i = 0; i < info->n_areas && rc == 0; i++) {
		size_t from = json_array_size(t->audience);

		rc = add_area(t, &info->areas[i]);
		for (size_t at = from; rc == 0 && at < json_array_size(t->audience);) {
			bool known = false;

			for (size_t k = 0; k < from && !known; k++)
				known = json_equal(json_array_get(t->audience, k),
						   json_array_get(t->audience, at));
			if (known)
				json_array_remove(t->audience, at);
			else
				at++;
		}
	}
	return rc;
}

/* ---- what and when ---- */

static int take_info(struct taking *t, const struct cap_info *info)
{
	const char *language = our_language(t->bc, info->language);
	struct notice *n = t->n;

	if (!language || json_object_get(t->words, language))
		return 0;
	json_object_set_new(t->words, language, json_string(words_of(t->ctx, t->bc, info)));
	if (!t->title || strcmp(language, (*t->bc->talk)->languages[0]) == 0)
		t->title = flat(t->ctx, *info->headline ? info->headline : info->event);
	n->expires_s = OSMO_MAX(n->expires_s, info->expires_s);
	if (info->effective_s)
		n->start_s = info->effective_s;
	t->at_once |= strcmp(info->severity, "Extreme") == 0 &&
		      strcmp(info->urgency, "Immediate") == 0;
	return n->follows_id || n->audience ? 0 : add_areas(t, info);
}

/* A Cancel may have no info (CAP 1.2, 3.2.1): what it ends is named by its own title, in each language. */
static int withdraw_words(struct taking *t)
{
	const struct talk *talk = *t->bc->talk;
	struct notice first;
	int rc = store_notice_get(t->ctx, t->bc->st, t->n->follows_id, &first);
	json_t *args;

	if (rc < 0)
		return rc;
	args = json_pack("{s:s, s:s}", "title", first.title ? first.title : "", "has_title",
			 first.title && *first.title ? "yes" : "no");
	for (const char *const *l = talk->languages; *l; l++)
		json_object_set_new(t->words, *l,
				    json_string(phrase_say(t->ctx, talk->phrases, *l, NULL,
							   "notice.withdrawn", args, talk->zone)));
	json_decref(args);
	if (!t->title)
		t->title = first.title;
	return 0;
}

static int take_infos(struct taking *t)
{
	int rc = 0;

	for (size_t i = 0; i < t->alert.n_infos && rc == 0; i++)
		rc = take_info(t, &t->alert.infos[i]);
	if (rc < 0)
		return rc;
	if (json_object_size(t->words) == 0 && t->n->kind == NOTICE_CANCEL)
		return withdraw_words(t);
	if (json_object_size(t->words) == 0)
		return wrong(t, -EINVAL, "it has no words in a language of this line");
	if (!t->n->follows_id && !t->n->audience && json_array_size(t->audience) == 0)
		return wrong(t, -EINVAL, "it names no area: say who gets it");
	return 0;
}

/* Exercises and tests must not reach residents; what is for some only is not ours to spread. */
static int may_be_sent(struct taking *t)
{
	const struct cap_alert *alert = &t->alert;

	if (alert->status != CAP_ACTUAL)
		return wrong(t, -EPERM, "its status is %s: only Actual is sent",
			     cap_status_name(alert->status));
	if (alert->type > CAP_CANCEL)
		return wrong(t, -EPERM, "it is an %s between systems, which nobody is told",
			     cap_type_name(alert->type));
	if (alert->scope != CAP_PUBLIC)
		return wrong(t, -EPERM, "its scope is %s: only Public is sent",
			     cap_scope_name(alert->scope));
	return 0;
}

static int key_of(struct taking *t, const char *sender, const char *identifier, const char *sent,
		  char *out)
{
	if (snprintf(out, NOTICE_KEY_SIZE, "%s,%s,%s", sender, identifier, sent) < NOTICE_KEY_SIZE)
		return 0;
	return wrong(t, -EINVAL, "sender, identifier and sent are too long together");
}

static int find_first(struct taking *t)
{
	struct notice *n = t->n;

	n->kind = t->alert.type == CAP_UPDATE	? NOTICE_UPDATE
		  : t->alert.type == CAP_CANCEL ? NOTICE_CANCEL
						: NOTICE_ALERT;
	for (size_t i = 0; n->kind != NOTICE_ALERT && i < t->alert.n_references; i++) {
		const struct cap_reference *ref = &t->alert.references[i];
		char key[NOTICE_KEY_SIZE];
		int64_t id = 0;
		int rc;

		/* nobody ends what another said */
		if (strcmp(ref->sender, t->alert.sender) != 0 ||
		    key_of(t, ref->sender, ref->identifier, ref->sent, key) < 0)
			continue;
		rc = store_notice_by_key(t->bc->st, key, &id);
		if (rc < 0 && rc != -ENOENT)
			return rc;
		n->follows_id = OSMO_MAX(n->follows_id, id);
	}
	if (n->follows_id)
		return 0;
	if (n->kind == NOTICE_CANCEL)
		return wrong(t, -ENOENT, "it cancels what never came from this sender");
	n->kind = NOTICE_ALERT;
	return 0;
}

static int fill(struct taking *t)
{
	struct notice *n = t->n;
	int rc = may_be_sent(t);

	if (rc == 0)
		rc = key_of(t, t->alert.sender, t->alert.identifier, t->alert.sent, n->key);
	if (rc == 0)
		rc = find_first(t);
	if (rc == 0)
		rc = take_infos(t);
	if (rc < 0)
		return rc;
	if (!n->title)
		n->title = t->title;
	n->words = json_dumps(t->words, JSON_COMPACT);
	if (!n->audience)
		n->audience = n->follows_id ? "{}" : json_dumps(t->audience, JSON_COMPACT);
	n->quiet_from_min = t->at_once ? 0 : -1;
	n->quiet_to_min = 0;
	return 0;
}

/* Texts of the notice live as long as ctx, as those that the caller gave. */
static void adopt(struct taking *t, const char *given)
{
	struct notice *n = t->n;
	char *words = (char *)n->words, *audience = (char *)n->audience;

	n->words = talloc_strdup(t->ctx, words);
	free(words);
	if (!given && audience && !n->follows_id) {
		n->audience = talloc_strdup(t->ctx, audience);
		free(audience);
	}
}

int broadcast_cap_add(void *ctx, struct broadcast *bc, const char *alert, size_t len,
		      struct notice *n, char **error)
{
	struct taking t = { .ctx = ctx, .bc = bc, .n = n, .error = error };
	const char *given = n->audience;
	char *why = NULL;
	int rc = cap_read(ctx, &t.alert, alert, len, &why);

	if (rc < 0)
		return wrong(&t, rc, "no CAP 1.2: %s", why);
	t.words = json_object();
	t.audience = json_array();
	rc = fill(&t);
	if (rc == 0) {
		adopt(&t, given);
		rc = broadcast_add(ctx, bc, n, error);
	}
	if (rc == 0)
		rc = store_notice_cap_put(bc->st, n->id, talloc_strndup(ctx, alert, len));
	json_decref(t.words);
	json_decref(t.audience);
	return rc;
}
