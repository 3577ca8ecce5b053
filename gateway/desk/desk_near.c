// SPDX-License-Identifier: AGPL-3.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "desk/desk_int.h"

#define EARTH_M	      6371008.8 /* mean radius, IUGG */
#define DEGREE_M      111195.0	/* of latitude on that sphere */
#define NEAR_M	      DESK_NEAR_M
#define NEAR_OBJECT_M 50.0
#define NEAR_MAX      DESK_NEAR_MOST
#define NEAR_LISTED   9
/* To the pole the boxes would grow without end. */
#define COS_MIN	      0.01

struct near {
	struct report report;
	double metres;
};

double desk_metres(double lat1, double lon1, double lat2, double lon2)
{
	const double rad = M_PI / 180;
	double dlat = sin((lat2 - lat1) * rad / 2), dlon = sin((lon2 - lon1) * rad / 2);
	double h = dlat * dlat + cos(lat1 * rad) * cos(lat2 * rad) * dlon * dlon;

	return 2 * EARTH_M * asin(sqrt(h < 1 ? h : 1));
}

int desk_round_metres(double metres)
{
	int step = metres < 100 ? 10 : metres < 1000 ? 50 : 100;

	return (int)lround(metres / step) * step;
}

static int by_metres(const void *a, const void *b)
{
	const struct near *x = a, *y = b;

	if (x->metres != y->metres)
		return x->metres < y->metres ? -1 : 1;
	return x->report.id < y->report.id ? -1 : x->report.id > y->report.id;
}

/* Open reports within a distance, nearest first; thing "" any.
 * \returns count; -EIO */
static int get_near(void *ctx, struct desk *d, json_t *slots, double within_m, const char *thing,
		    struct near out[NEAR_MAX])
{
	struct report *rows = talloc_array(ctx, struct report, NEAR_MAX);
	double span = within_m / DEGREE_M;
	struct report_near near = { .lat_span = span, .thing = thing };
	int n, kept = 0;

	OSMO_ASSERT(rows);
	if (!desk_slot_real(slots, "lat", &near.lat) || !desk_slot_real(slots, "lon", &near.lon))
		return 0;
	near.lon_span = span / fmax(cos(near.lat * M_PI / 180), COS_MIN);
	n = store_report_near(ctx, d->st, &near, rows, NEAR_MAX);
	for (int i = 0; i < n; i++) {
		double metres = desk_metres(near.lat, near.lon, rows[i].lat, rows[i].lon);

		if (metres <= within_m)
			out[kept++] = (struct near){ .report = rows[i], .metres = metres };
	}
	qsort(out, (size_t)kept, sizeof(*out), by_metres);
	return n < 0 ? n : kept;
}

/* ---- report.near ---- */

/* On the same thing; where the category is on no thing, the same category. */
static bool is_same(const struct report *r, const char *thing, const char *category)
{
	return *thing ? strcmp(r->thing, thing) == 0 : strcmp(r->category, category) == 0;
}

static bool is_own(const struct report *r, const struct dialogue_turn *turn)
{
	return r->person_id != 0 && r->person_id == turn->person_id;
}

static const char *thing_of(json_t *slots, const struct dialogue_turn *turn)
{
	const char *slug = desk_slot_text(slots, "category");
	const struct category *cat = NULL;

	if (turn->talk && turn->talk->categories)
		cat = category_find(turn->talk->categories, slug);
	if (cat)
		return cat->thing ? cat->thing : "";
	return desk_slot_text(slots, "thing");
}

/* The same object wherever its report was put, then what is close to it.  Count; -EIO */
static int get_same(void *ctx, struct desk *d, json_t *slots, const struct dialogue_turn *turn,
		    struct near out[NEAR_MAX])
{
	const char *thing = thing_of(slots, turn), *category = desk_slot_text(slots, "category");
	const char *place = desk_slot_text(slots, "place");
	int64_t asset_id = desk_slot_int(slots, "asset_id");
	struct near *around = talloc_array(ctx, struct near, NEAR_MAX);
	struct report on[NEAR_LISTED];
	int kept = 0, n = 0;

	OSMO_ASSERT(around);
	if (asset_id)
		n = store_report_on_asset(ctx, d->st, asset_id, on, ARRAY_SIZE(on));
	for (int i = 0; i < n; i++)
		if (!is_own(&on[i], turn) || strcmp(on[i].category, category) == 0)
			out[kept++] = (struct near){ .report = on[i] };
	if (n < 0)
		return n;
	n = get_near(ctx, d, slots, asset_id ? NEAR_OBJECT_M : NEAR_M, thing, around);
	for (int i = 0; i < n && kept < NEAR_MAX; i++) {
		const struct report *r = &around[i].report;

		/* who reports the same at the same place again is told, not sent out for twice */
		if (is_own(r, turn) &&
		    (strcmp(r->category, category) != 0 || strcmp(r->place, place) != 0))
			continue;
		if (is_same(r, thing, category) && !(asset_id && r->asset_id == asset_id))
			out[kept++] = around[i];
	}
	return n < 0 ? n : kept;
}

static int set_near(struct desk *d, const struct near *near, int count,
		    const struct dialogue_turn *turn, json_t *slots)
{
	const struct report *r = &near->report;
	int followers = desk_followers(d, r->id);
	const char *name = r->category;
	char shown[18];

	if (followers < 0)
		return followers;
	if (turn->talk && turn->talk->categories)
		name = category_name(turn->talk->categories, r->category, turn->language);
	desk_set_text(slots, "near_reference", r->reference);
	desk_set_text(slots, "near_shown", report_reference_show(shown, r->reference));
	desk_set_text(slots, "near_category_name", name);
	desk_set_text(slots, "near_place", r->place);
	desk_set_int(slots, "near_distance", desk_round_metres(near->metres));
	desk_set_date(slots, "near_since", r->created_s);
	desk_set_date(slots, "near_expected", r->expected_s);
	desk_set_date(slots, "near_promise", r->promise_s);
	desk_set_int(slots, "near_followers", followers);
	desk_set_int(slots, "near_count", count);
	return 0;
}

const char *desk_report_near(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	void *ctx = talloc_new(d);
	struct near *near = talloc_array(ctx, struct near, NEAR_MAX);
	const char *outcome = NULL;
	int n;

	OSMO_ASSERT(near);
	n = get_same(ctx, d, slots, turn, near);
	if (n == 0)
		outcome = "none";
	else if (n > 0)
		outcome = set_near(d, near, n, turn, slots) < 0 ? NULL : "one";
	talloc_free(ctx);
	return outcome;
}

/* ---- what is known near a place ---- */

const char *desk_near_count(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	void *ctx = talloc_new(d);
	struct near *near = talloc_array(ctx, struct near, NEAR_MAX);
	int n;

	OSMO_ASSERT(near);
	n = get_near(ctx, d, slots, NEAR_M, "", near);
	talloc_free(ctx);
	if (n < 0)
		return NULL;
	desk_set_int(slots, "near_count", n);
	return n ? "some" : "none";
}

int desk_list_near(struct desk *d, json_t *slots, struct dialogue_turn *turn, json_t *items)
{
	void *ctx = talloc_new(d);
	struct near *near = talloc_array(ctx, struct near, NEAR_MAX);
	int n, rc;

	OSMO_ASSERT(near);
	n = get_near(ctx, d, slots, NEAR_M, "", near);
	rc = n < 0 ? n : 0;
	for (int i = 0; i < n && i < NEAR_LISTED && rc == 0; i++) {
		json_t *item = json_object();

		rc = desk_set_report(d, &near[i].report, turn, item);
		desk_set_text(item, "value", near[i].report.reference);
		desk_set_int(item, "distance", desk_round_metres(near[i].metres));
		json_array_append_new(items, item);
	}
	talloc_free(ctx);
	return rc;
}
