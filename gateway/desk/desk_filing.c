// SPDX-License-Identifier: AGPL-3.0-or-later
#include "desk/desk_filing.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "desk/desk_int.h"
#include "store/store_open311.h"

#define NEAR_M	  150.0
#define DEGREE_M  111320.0 /* of latitude */
#define LAT_STEEP 85.0	   /* nearer to a pole a degree of longitude is next to nothing */

static struct dialogue_turn turn_of(const struct talk *talk, const struct desk_filing *f,
				    int64_t now_s)
{
	struct dialogue_turn turn = {
		.now_s = now_s,
		.person_id = f->person_id,
		.channel_name = f->channel,
		.talk = talk,
	};

	OSMO_STRLCPY_ARRAY(turn.language, talk->languages[0]);
	return turn;
}

/* Take over the one place that a text means. \returns 1; 0 not known, or more than one; -EIO */
static int place_by_words(struct desk *d, const char *text, bool object, json_t *slots,
			  struct dialogue_turn *turn)
{
	struct dialogue_found found;
	int rc = desk_find_place(d, text, slots, turn, object, &found);
	bool one;

	if (rc < 0)
		return rc;
	one = found.exact && json_array_size(found.candidates) == 1;
	if (one)
		json_object_update(slots, json_array_get(found.candidates, 0));
	json_decref(found.candidates);
	return one;
}

/* The quarter decides whose work it is; the address is what a crew can read. */
static int place_by_point(struct desk *d, const struct desk_filing *f, json_t *slots,
			  struct dialogue_turn *turn)
{
	double lat_span = NEAR_M / DEGREE_M;
	double lon_span = lat_span / cos(fmin(fabs(f->lat), LAT_STEEP) * M_PI / 180);
	struct place p;
	int rc = store_place_nearest(d->st, f->lat, f->lon, lat_span, lon_span, &p);
	json_t *near;

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rc;
	near = desk_place_slots(&p, false, turn);
	json_object_update(slots, near);
	json_decref(near);
	return 0;
}

static int settle_place(struct desk *d, const struct desk_filing *f, json_t *slots,
			struct dialogue_turn *turn)
{
	int rc = 0;

	if (f->asset_number)
		rc = place_by_words(d, f->asset_number, true, slots, turn);
	if (rc == 0 && f->located)
		rc = place_by_point(d, f, slots, turn);
	else if (rc == 0 && f->place)
		rc = place_by_words(d, f->place, false, slots, turn);
	if (rc < 0)
		return rc;
	if (f->place)
		desk_set_text(slots, "place", f->place); /* in their own words */
	if (f->located && desk_slot_int(slots, "asset_id") == 0) {
		json_object_set_new(slots, "lat", json_real(f->lat));
		json_object_set_new(slots, "lon", json_real(f->lon));
	}
	return 0;
}

int desk_file(struct desk *d, const struct talk *talk, const struct desk_filing *f, int64_t now_s,
	      char *reference, int64_t *report_id)
{
	struct dialogue_turn turn = turn_of(talk, f, now_s);
	const struct category *cat = category_find(talk->categories, f->category);
	json_t *slots = json_object();
	const char *outcome = NULL;
	int rc = cat ? 0 : -EINVAL;

	if (rc == 0) {
		desk_set_text(slots, "category", cat->slug);
		desk_set_text(slots, "thing", cat->thing);
		desk_set_text(slots, "description", f->description);
		rc = settle_place(d, f, slots, &turn);
	}
	if (rc == 0) {
		outcome = desk_report_file(d, slots, &turn);
		rc = !outcome ? -EIO : strcmp(outcome, "full") == 0 ? -EDQUOT : 0;
	}
	if (rc == 0) {
		osmo_strlcpy(reference, desk_slot_text(slots, "reference"), REPORT_REFERENCE_SIZE);
		*report_id = desk_slot_int(slots, "report_id");
	}
	json_decref(slots);
	return rc;
}

/* Clocks differ, and they may have kept it until we had the report. */
static int64_t said_at(const struct desk_word *word, const struct report *r, int64_t now_s)
{
	if (word->said_s == 0)
		return now_s;
	return OSMO_MIN(OSMO_MAX(word->said_s, r->created_s), now_s);
}

int desk_word(struct desk *d, int64_t report_id, const struct desk_word *word, int64_t now_s,
	      int64_t *event_id)
{
	void *ctx = talloc_new(d);
	struct report r;
	int rc = store_report_get(ctx, d->st, report_id, &r);

	if (rc == 0) {
		struct report_change change = {
			.state = r.state,
			.at_s = said_at(word, &r, now_s),
			.now_s = now_s,
			.who = "resident",
			.channel = word->channel,
			.note = word->note,
		};
		enum report_state wanted;

		if (word->state && report_state_read(&wanted, word->state) == 0 &&
		    report_may_become(r.state, wanted)) {
			change.state = wanted;
			change.at_s = OSMO_MAX(change.at_s, r.state_at_s);
		}
		rc = change.state == r.state ? store_report_note(d->st, r.id, &change, event_id)
					     : store_report_change(d->st, r.id, &change, event_id);
	}
	if (rc == 0 && d->user.told)
		d->user.told(report_id, *event_id, d->user.data);
	talloc_free(ctx);
	return rc;
}
