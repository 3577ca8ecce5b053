// SPDX-License-Identifier: AGPL-3.0-or-later
/* What the city's agenda has near a place, now and in the next days. */
#include <math.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "desk/desk_int.h"
#include "store/store_agenda.h"
#include "talk/workday.h"

#define NEAR_M	     DESK_NEAR_M
#define DEGREE_M     111195.0 /* of latitude, on the mean sphere */
#define COS_MIN	     0.01
#define DAY_S	     86400
#define DAYS_AHEAD   7
#define LISTED	     DESK_AGENDA_MOST
#define DAY_ENDS_MIN (24 * 60 - 1)

/* ---- words ---- */

/* In the language, in the one that it is a variant of ("nl-plain"), or as it stands for all. */
static void set_title(json_t *item, const struct agenda_item *a, const char *language)
{
	json_t *titles = json_loads(a->titles, 0, NULL);
	char base[16];
	const char *title = json_string_value(json_object_get(titles, language));

	OSMO_STRLCPY_ARRAY(base, language);
	base[strcspn(base, "-")] = '\0';
	if (!title)
		title = json_string_value(json_object_get(titles, base));
	if (!title)
		title = json_string_value(json_object_get(titles, ""));
	if (!title)
		title = json_string_value(json_object_iter_value(json_object_iter(titles)));
	desk_set_text(item, "agenda_title", title);
	json_decref(titles);
}

static void set_yes(json_t *item, const char *slot, bool yes)
{
	desk_set_text(item, slot, yes ? "yes" : "no");
}

static int64_t day_end(int64_t at_s, const char *zone)
{
	return workday_after(at_s, 0, false, zone);
}

static void set_times(json_t *item, const struct agenda_item *a, const struct dialogue_turn *turn)
{
	const char *zone = turn->talk->zone;
	int64_t from_s = a->starts_s > turn->now_s ? a->starts_s : turn->now_s;
	struct workday_clock from, until;

	workday_clock(&from, a->starts_s, zone);
	workday_clock(&until, a->ends_s, zone);
	desk_set_date(item, "agenda_from", a->starts_s);
	desk_set_date(item, "agenda_until", a->ends_s);
	set_yes(item, "agenda_now", a->starts_s <= turn->now_s);
	set_yes(item, "agenda_from_day", from.minute == 0);
	set_yes(item, "agenda_until_day", until.minute == DAY_ENDS_MIN);
	set_yes(item, "agenda_same_day", day_end(from_s, zone) == day_end(a->ends_s, zone));
}

/* ---- near ---- */

/* From a place to the nearest edge; 0 within. */
static double metres_to(const struct agenda_box *box, double lat, double lon)
{
	return desk_metres(lat, lon, fmin(fmax(lat, box->south), box->north),
			   fmin(fmax(lon, box->west), box->east));
}

static json_t *item_of(const struct agenda_item *a, double metres, const struct dialogue_turn *turn)
{
	json_t *item = json_object();

	desk_set_text(item, "value", a->code);
	set_title(item, a, turn->language);
	set_yes(item, "agenda_closed", a->kind == AGENDA_CLOSURE);
	desk_set_text(item, "agenda_place", a->place);
	set_yes(item, "agenda_has_place", a->place[0]);
	desk_set_text(item, "agenda_by", a->by);
	set_yes(item, "agenda_has_by", a->by[0]);
	desk_set_int(item, "distance", desk_round_metres(metres));
	set_times(item, a, turn);
	return item;
}

int desk_list_agenda(struct desk *d, json_t *slots, struct dialogue_turn *turn, json_t *items)
{
	void *ctx = talloc_new(d);
	struct agenda_item found[LISTED];
	double lat, lon, span = NEAR_M / DEGREE_M, wide;
	struct agenda_box box;
	int n;

	if (!desk_slot_real(slots, "lat", &lat) || !desk_slot_real(slots, "lon", &lon)) {
		talloc_free(ctx);
		return 0;
	}
	wide = span / fmax(cos(lat * M_PI / 180), COS_MIN);
	box = (struct agenda_box){ lat - span, lon - wide, lat + span, lon + wide };
	n = store_agenda_near(ctx, d->st, &box, turn->now_s, turn->now_s + DAYS_AHEAD * DAY_S,
			      found, LISTED);
	for (int i = 0; i < n; i++) {
		double metres = metres_to(&found[i].box, lat, lon);

		if (metres <= NEAR_M)
			json_array_append_new(items, item_of(&found[i], metres, turn));
	}
	talloc_free(ctx);
	return n < 0 ? n : 0;
}
