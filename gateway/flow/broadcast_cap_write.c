// SPDX-License-Identifier: AGPL-3.0-or-later
/* broadcast_cap_write.c - a notice as an alert of CAP 1.2; see broadcast.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/broadcast_int.h"
#include "wire/cap.h"

#define HEADLINE_MAX 160 /* 3.2.2: what is good on a small screen */
#define FOLLOWS_MAX  16	 /* corrections of corrections */

static bool is_public_part(const json_t *part)
{
	static const char *const words[] = { "area",	"street",   "near",	  "lat",
					     "polygon", "category", "subscribers" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (json_object_get(part, words[i]))
			return true;
	return false;
}

/* Of the first that it follows: JSON of its audience. NULL: there is none */
static json_t *audience_of(struct broadcast *bc, const struct notice *notice)
{
	void *ctx = talloc_new(bc);
	struct notice n = *notice;
	json_t *all = NULL;

	for (int i = 0; i < FOLLOWS_MAX && n.follows_id; i++)
		if (store_notice_get(ctx, bc->st, n.follows_id, &n) < 0)
			break;
	all = n.follows_id ? NULL : json_loads(n.audience, 0, NULL);
	if (json_is_object(all)) {
		json_t *one = all;

		all = json_pack("[o]", one);
	}
	talloc_free(ctx);
	return all;
}

bool broadcast_is_public(struct broadcast *bc, const struct notice *n)
{
	bool left = n->go && n->state != NOTICE_DRAFT && n->state != NOTICE_GATHERING &&
		    n->start_s <= clock_now_s();
	json_t *all = left ? audience_of(bc, n) : NULL, *part;
	bool is = json_array_size(all) > 0;
	size_t i;

	json_array_foreach (all, i, part)
		is = is && is_public_part(part);
	json_decref(all);
	return is;
}

/* ---- where ---- */

static void circle_area(void *ctx, struct cap_area *area, const struct recipient_query *q)
{
	area->circles = talloc_zero(ctx, struct cap_circle);
	OSMO_ASSERT(area->circles);
	area->n_circles = 1;
	area->circles[0] = (struct cap_circle){ { q->lat, q->lon }, q->radius_m / 1000 };
}

static void ring_area(void *ctx, struct cap_area *area, const struct recipient_query *q)
{
	struct cap_polygon *polygon = talloc_zero(ctx, struct cap_polygon);

	OSMO_ASSERT(polygon);
	polygon->n = q->n_ring + 1;
	polygon->points = talloc_zero_array(ctx, struct cap_point, polygon->n);
	OSMO_ASSERT(polygon->points);
	for (size_t i = 0; i < polygon->n; i++)
		polygon->points[i] = (struct cap_point){ q->ring[i % q->n_ring].lat,
							 q->ring[i % q->n_ring].lon };
	area->polygons = polygon;
	area->n_polygons = 1;
}

static void name_area(void *ctx, struct cap_area *area, const char *word, const char *value)
{
	area->geocodes = talloc_zero(ctx, struct cap_geocode);
	OSMO_ASSERT(area->geocodes);
	area->geocodes[0] = (struct cap_geocode){ word, talloc_strdup(ctx, value) };
	area->n_geocodes = 1;
}

static void write_area(void *ctx, struct broadcast *bc, const json_t *part,
		       const struct recipient_query *q, struct cap_area *area)
{
	const char *name = json_string_value(json_object_get(part, "area"));
	const char *street = json_string_value(json_object_get(part, "street"));
	const char *near = json_string_value(json_object_get(part, "near"));
	char shown[64] = "";
	int64_t id;

	if (name && store_area_find(bc->st, name, &id, shown, sizeof(shown)) == 0)
		name_area(ctx, area, "area", name);
	else if (street)
		name_area(ctx, area, "street", street);
	if (q && q->source == SOURCE_CIRCLE)
		circle_area(ctx, area, q);
	else if (q && q->source == SOURCE_POLYGON)
		ring_area(ctx, area, q);
	area->desc = talloc_strdup(ctx, *shown	 ? shown
					: street ? street
					: near	 ? near
						 : (*bc->talk)->city);
}

static struct cap_area *areas_of(void *ctx, struct broadcast *bc, const struct notice *n,
				 size_t *count)
{
	struct audience *found = talloc_zero(ctx, struct audience);
	json_t *all = audience_of(bc, n);
	char *text = json_dumps(all, 0), *error = NULL;
	struct cap_area *areas;
	bool known = text && audience_read(ctx, bc, text, found, &error) == 0;

	*count = json_array_size(all);
	areas = talloc_zero_array(ctx, struct cap_area, *count + 1);
	OSMO_ASSERT(areas);
	for (size_t i = 0; i < *count; i++)
		write_area(ctx, bc, json_array_get(all, i),
			   known && found->n == *count ? &found->queries[i] : NULL, &areas[i]);
	free(text);
	json_decref(all);
	return areas;
}

/* ---- who ---- */

static void name_ours(void *ctx, const struct broadcast *bc, const struct notice *n,
		      struct cap_reference *out)
{
	char sent[CAP_TIME_SIZE];

	out->sender = bc->cfg.cap_sender;
	out->identifier = talloc_asprintf(ctx, "notice-%lld-%lld", (long long)n->id,
					  (long long)n->created_s);
	out->sent = talloc_strdup(ctx, cap_time(sent, n->created_s));
}

/* As it came, or as ours. */
static void name_of(void *ctx, struct broadcast *bc, const struct notice *n,
		    struct cap_reference *out)
{
	char *alert = store_notice_cap_get(ctx, bc->st, n->id), *identifier, *sent;
	char *key = talloc_strdup(ctx, n->key);

	name_ours(ctx, bc, n, out);
	if (!alert)
		return;
	talloc_free(alert);
	identifier = strchr(key, ',');
	sent = identifier ? strchr(identifier + 1, ',') : NULL;
	if (!sent)
		return;
	*identifier = *sent = '\0';
	*out = (struct cap_reference){ key, identifier + 1, sent + 1 };
}

static void follow(void *ctx, struct broadcast *bc, const struct notice *n, struct cap_alert *out)
{
	struct notice first;

	if (!n->follows_id || store_notice_get(ctx, bc->st, n->follows_id, &first) < 0)
		return;
	out->references = talloc_zero(ctx, struct cap_reference);
	OSMO_ASSERT(out->references);
	name_of(ctx, bc, &first, out->references);
	out->n_references = 1;
}

/* ---- what ---- */

/* The first sentence, if it is short enough to be one. */
static char *headline_of(void *ctx, const char *words)
{
	size_t len = strcspn(words, ".!?\n");

	len += words[len] != '\0' && words[len] != '\n';
	return len <= HEADLINE_MAX ? talloc_strndup(ctx, words, len) : NULL;
}

static void write_info(void *ctx, struct broadcast *bc, const struct notice *n,
		       const char *language, const char *words, struct cap_info *info)
{
	*info = (struct cap_info){
		.language = talloc_strdup(ctx, language),
		.category = "Other",
		.event = *n->title ? n->title : (*bc->talk)->city,
		.urgency = "Unknown",
		.severity = "Unknown",
		.certainty = "Unknown",
		.effective_s = n->start_s,
		.expires_s = n->expires_s,
		.sender_name = (*bc->talk)->city,
		.headline = headline_of(ctx, words),
		.description = talloc_strdup(ctx, words),
	};
}

static char *write_ours(void *ctx, struct broadcast *bc, const struct notice *n)
{
	static const enum cap_type types[] = { [NOTICE_ALERT] = CAP_ALERT,
					       [NOTICE_UPDATE] = CAP_UPDATE,
					       [NOTICE_CANCEL] = CAP_CANCEL };
	void *tmp = talloc_new(ctx);
	json_t *words = json_loads(n->words, 0, NULL), *text;
	struct cap_alert alert = { .type = types[n->kind] };
	struct cap_reference name;
	struct cap_area *areas;
	const char *language;
	size_t n_areas;
	char *out;

	name_ours(tmp, bc, n, &name);
	alert.sender = name.sender;
	alert.identifier = name.identifier;
	alert.sent = name.sent;
	follow(tmp, bc, n, &alert);
	areas = areas_of(tmp, bc, n, &n_areas);
	alert.infos = talloc_zero_array(tmp, struct cap_info, json_object_size(words) + 1);
	OSMO_ASSERT(alert.infos);
	json_object_foreach (words, language, text) {
		struct cap_info *info = &alert.infos[alert.n_infos++];

		write_info(tmp, bc, n, language, json_string_value(text), info);
		info->areas = areas;
		info->n_areas = n_areas;
	}
	out = cap_write(ctx, &alert);
	json_decref(words);
	talloc_free(tmp);
	return out;
}

char *broadcast_cap(void *ctx, struct broadcast *bc, const struct notice *n)
{
	char *alert;

	if (!broadcast_is_public(bc, n))
		return NULL;
	alert = store_notice_cap_get(ctx, bc->st, n->id);
	if (alert || !bc->cfg.cap_sender)
		return alert;
	return write_ours(ctx, bc, n);
}

const char *broadcast_cap_sender(const struct broadcast *bc)
{
	return bc->cfg.cap_sender;
}
