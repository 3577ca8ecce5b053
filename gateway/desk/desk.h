/* desk.h - what a menu can ask of the city, over the store.
 *
 * Runs inside the caller's store step.  Holds no words: it sets slots and names outcomes, the
 * prompts say them.  Every report slot below is also what flow/notify hands to dialogue_open().
 *
 * find:
 *   place      postcode and number, street and number (typing errors forgiven), number on a container
 *              or lamp.  slots: place ("Spui 70, Centrum"), street, address_id, area_id, area, lat, lon,
 *              and for an object asset_id, asset_number, asset_kind.  label = place
 *   keys.postcode, keys.address, keys.asset
 *              the same of what a caller keys: "251128" (a letter is the key that it stands on), "251128 70",
 *              "4711".  postcode: all that the keys may mean, incomplete
 *   subject    what notices can be about, and nothing else said: a street (typing errors forgiven), an area, a
 *              postcode's street, a category or a main group of them, a list, all, "?".  slots: subject_kind (street, area,
 *              category, all, list, mine) and street_id, area_id, category, main or list
 *   subscription  the same of what the asker gets; and a street or an area that they do not
 *   reference  slots: reference, report_id.  exact only if the check digit is right
 * look:
 *   report.near    none | one.  One: an open report on the same thing within 250 m (an asset: the
 *                  same asset, or 50 m) that is not the asker's own (of which
 *                  only the same category at the same place counts): near_reference, near_shown
 *                  ("482 915 3"), near_category_name, near_place, near_distance (m), near_since
 *                  (date), near_expected (date, if known), near_promise (date), near_followers, near_count
 *   report.status  unknown | none | one | many.  With slot reference: that report; else the asker's
 *                  open and recent ones.  One: sets the report slots
 *   report.mine    yes | no: may the asker add to or confirm slot reference?
 *   near.count     none | some: open reports within 250 m of the place; near_count, DESK_NEAR_MOST at most
 *   subscribe.place  both | one | none: has the place a street and an area?  One: sets subject_kind
 * do:
 *   report.file    filed | full: from category, place slots, description (else said,
 *                  the resident's own words), urgent.  Sets the report slots
 *   report.follow  followed | already | unknown: slot near_reference
 *   report.add     added | unknown | foreign: slot description to slot reference, goes to the contractor
 *   report.confirm confirmed | unknown | late: the resident says that it is solved
 *   report.reopen  reopened | unknown | late: it is not; goes to the contractor
 *   person.language set | unknown: slot language
 *   person.stop    stopped | subscribed;  person.start  started | subscribed: slot subscriptions ("Spui, Afval") names them
 *   subscribe.add  added | already | full | nameless | unknown: the subject slots.  Sets subject_name, and restarted "yes" if
 *                  it ended a STOP
 *   subscribe.remove  removed | last | none | nameless; removed: subscriptions names what is left
 *   person.call    now | already | talking | often | none: call the asker back.  Now: sets call_number, which
 *                  the phone will show
 * list:
 *   report.mine    the asker's reports: value = reference, with the report slots
 *   subscribe.mine  what the asker subscribed to: the subject slots and subject_name
 *   report.near    for BIJ: open reports near the place, nearest first, at most 9
 *   agenda.near    events and closures within 250 m of the place, now and in the next 7 days, closures first, at most
 *                  DESK_AGENDA_MOST:
 *                  value (its code), agenda_title in the asker's language, agenda_place, agenda_by (absent if not
 *                  known; agenda_has_place, agenda_has_by), agenda_from, agenda_until (dates), distance (m), and yes or
 *                  no: agenda_closed, agenda_now, agenda_from_day and agenda_until_day (no hour need be said),
 *                  agenda_same_day (it ends on the day on which it begins, or today)
 *
 * The report slots: reference ("4829153"), shown ("482 915 3"), category, category_name, place,
 * state, since (date), promise (date), expected (date, absent if none), note (absent if none), distance
 * (m, lists near a place), followers, urgent (0/1).
 */
#pragma once

#include "talk/dialogue.h"

struct store;
struct report;

/* What a report's coming into being, or a resident's word on one, sets going; flow/ listens. */
struct desk_user {
	void (*filed)(int64_t report_id, void *data);
	/* an event (store) that the contractor should hear of: a note, a reopening */
	void (*told)(int64_t report_id, int64_t event_id, void *data);
	/* whoever speaks wants to be called: an outcome of person.call; NULL: the database failed.  Without
	 * this nobody can be called.
	 * \param[out] shown  the number that the phone will show, of "now"; borrowed */
	const char *(*call_back)(const struct dialogue_turn *turn, const char **shown, void *data);
	void *data;
};

struct desk;

#define DESK_NEAR_M	 250.0 /* what is near a place */
#define DESK_NEAR_MOST	 64
#define DESK_AGENDA_MOST 9

struct desk *desk_alloc(void *ctx, struct store *st, const struct desk_user *user);

/*! The functions to hand to dialogue_take() with the desk itself. */
extern const struct dialogue_desk desk_ops;

/*! Set the report slots of a report in an object. */
void desk_report_slots(const struct report *report, const struct talk *talk, const char *language,
		       json_t *slots);

/*! Metres between two points (haversine on the mean sphere). */
double desk_metres(double lat1, double lon1, double lat2, double lon2);
