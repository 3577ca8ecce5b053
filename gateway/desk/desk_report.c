// SPDX-License-Identifier: AGPL-3.0-or-later
#include <errno.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/logging.h>
#include <osmocom/core/utils.h>

#include "desk/desk_int.h"
#include "log.h"
#include "talk/workday.h"

#define DAY_S 86400

/* What a resident may file in a day; a household with a bad street stays far below it. */
#define FILED_A_DAY_MAX 20
/* How long what is solved can still be said not to be. */
#define REOPEN_S	(14 * DAY_S)
/* What is finished stays among "my reports" for so long. */
#define RECENT_S	(30 * DAY_S)
#define MINE_MAX	9
#define ROWS_MAX	64

/* Without a category of the list: the promise of most of them. */
#define PROMISE_DAYS 5

int desk_followers(struct desk *d, int64_t report_id)
{
	int64_t ids[100];

	return store_followers(d->st, report_id, ids, ARRAY_SIZE(ids));
}

void desk_report_slots(const struct report *r, const struct talk *talk, const char *language,
		       json_t *slots)
{
	const char *name = r->category;
	char shown[18];

	if (talk && talk->categories)
		name = category_name(talk->categories, r->category, language);
	desk_set_text(slots, "reference", r->reference);
	desk_set_text(slots, "shown", report_reference_show(shown, r->reference));
	desk_set_text(slots, "category", r->category);
	desk_set_text(slots, "category_name", name);
	desk_set_text(slots, "place", r->place);
	desk_set_text(slots, "state", report_state_name(r->state));
	desk_set_date(slots, "since", r->created_s);
	desk_set_date(slots, "promise", r->promise_s);
	desk_set_date(slots, "expected", r->expected_s);
	desk_set_text(slots, "note", r->note);
	desk_set_int(slots, "urgent", r->urgent);
	desk_set_int(slots, "report_id", r->id);
}

int desk_set_report(struct desk *d, const struct report *r, const struct dialogue_turn *turn,
		    json_t *slots)
{
	int followers = desk_followers(d, r->id);

	if (followers < 0)
		return followers;
	desk_report_slots(r, turn->talk, turn->language, slots);
	desk_set_int(slots, "followers", followers);
	return 0;
}

/* The report of a slot. 0; -ENOENT; -EIO */
static int get_report(void *ctx, struct desk *d, json_t *slots, const char *slot, struct report *r)
{
	char reference[REPORT_REFERENCE_SIZE];

	if (report_reference_read(reference, desk_slot_text(slots, slot)) < 0)
		return -ENOENT;
	return store_report_by_reference(ctx, d->st, reference, r);
}

static bool is_own(const struct report *r, const struct dialogue_turn *turn)
{
	return r->person_id != 0 && r->person_id == turn->person_id;
}

/* The asker's own and followed reports that matter now, newest first. Count; -EIO */
static int get_mine(void *ctx, struct desk *d, const struct dialogue_turn *turn, struct report *out,
		    size_t max)
{
	struct report *rows = talloc_array(ctx, struct report, ROWS_MAX);
	int64_t since_s = turn->now_s - RECENT_S;
	size_t kept = 0;
	int n;

	OSMO_ASSERT(rows);
	if (turn->person_id == 0)
		return 0;
	n = store_report_of_person(ctx, d->st, turn->person_id, 0, rows, ROWS_MAX);
	for (int i = 0; i < n && kept < max; i++)
		if (report_is_open(rows[i].state) || rows[i].state_at_s >= since_s)
			out[kept++] = rows[i];
	return n < 0 ? n : (int)kept;
}

/* ---- look ---- */

static const char *look_status(void *ctx, struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	struct report mine[MINE_MAX];
	int n;

	if (*desk_slot_text(slots, "reference")) {
		n = get_report(ctx, d, slots, "reference", &mine[0]);
		if (n == -ENOENT)
			return "unknown";
		n = n < 0 ? n : 1;
	} else if (turn->person_id == 0) {
		return "nameless";
	} else {
		n = get_mine(ctx, d, turn, mine, ARRAY_SIZE(mine));
	}
	if (n < 0)
		return NULL;
	if (n == 0)
		return "none";
	if (n > 1)
		return "many";
	return desk_set_report(d, &mine[0], turn, slots) < 0 ? NULL : "one";
}

const char *desk_report_status(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	void *ctx = talloc_new(d);
	const char *outcome = look_status(ctx, d, slots, turn);

	talloc_free(ctx);
	return outcome;
}

const char *desk_report_mine(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	void *ctx = talloc_new(d);
	struct report r;
	int rc = get_report(ctx, d, slots, "reference", &r);

	talloc_free(ctx);
	if (rc < 0 && rc != -ENOENT)
		return NULL;
	return rc == 0 && is_own(&r, turn) ? "yes" : "no";
}

int desk_list_mine(struct desk *d, json_t *slots, struct dialogue_turn *turn, json_t *items)
{
	void *ctx = talloc_new(d);
	struct report mine[MINE_MAX];
	int n = get_mine(ctx, d, turn, mine, ARRAY_SIZE(mine)), rc = n < 0 ? n : 0;

	for (int i = 0; i < n && rc == 0; i++) {
		json_t *item = json_object();

		rc = desk_set_report(d, &mine[i], turn, item);
		desk_set_text(item, "value", mine[i].reference);
		json_array_append_new(items, item);
	}
	talloc_free(ctx);
	return rc;
}

/* ---- file ---- */

static int filed_today(void *ctx, struct desk *d, const struct dialogue_turn *turn)
{
	struct report *rows = talloc_array(ctx, struct report, ROWS_MAX);
	int64_t since_s = turn->now_s - DAY_S;
	int n, count = 0;

	OSMO_ASSERT(rows);
	if (turn->person_id == 0)
		return 0;
	n = store_report_of_person(ctx, d->st, turn->person_id, since_s, rows, ROWS_MAX);
	for (int i = 0; i < n; i++)
		if (is_own(&rows[i], turn) && rows[i].created_s > since_s)
			count++;
	return n < 0 ? n : count;
}

static const struct category *find_category(const struct talk *talk, const char *slug)
{
	return talk && talk->categories ? category_find(talk->categories, slug) : NULL;
}

static int64_t promise_of(const struct category *cat, const struct dialogue_turn *turn)
{
	const char *zone = turn->talk && turn->talk->zone ? turn->talk->zone : "Europe/Amsterdam";

	if (!cat)
		return workday_after(turn->now_s, PROMISE_DAYS, true, zone);
	return workday_after(turn->now_s, cat->promise_days, cat->promise_working, zone);
}

static void fill_report(struct report *r, json_t *slots, const struct dialogue_turn *turn)
{
	const char *slug = desk_slot_text(slots, "category");
	const struct category *cat;

	if (!*slug)
		slug = "other";
	cat = find_category(turn->talk, slug);
	*r = (struct report){
		.person_id = turn->person_id,
		.area_id = desk_slot_int(slots, "area_id"),
		.address_id = desk_slot_int(slots, "address_id"),
		.asset_id = desk_slot_int(slots, "asset_id"),
		.area = desk_slot_text(slots, "area"),
		.place = desk_slot_text(slots, "place"),
		.description = *desk_slot_text(slots, "description")
				       ? desk_slot_text(slots, "description")
				       : desk_slot_text(slots, "said"),
		.urgent = desk_slot_int(slots, "urgent") || (cat && cat->urgent),
		.state = REPORT_RECEIVED,
		.state_at_s = turn->now_s,
		.created_s = turn->now_s,
		.promise_s = promise_of(cat, turn),
	};
	OSMO_STRLCPY_ARRAY(r->category, slug);
	OSMO_STRLCPY_ARRAY(r->thing,
			   cat && cat->thing ? cat->thing : desk_slot_text(slots, "thing"));
	OSMO_STRLCPY_ARRAY(r->language, turn->language);
	OSMO_STRLCPY_ARRAY(r->channel, turn->channel_name ? turn->channel_name : "sms");
	if (*desk_slot_text(slots, "asset_number"))
		r->asset_number = desk_slot_text(slots, "asset_number");
	r->located = desk_slot_real(slots, "lat", &r->lat) && desk_slot_real(slots, "lon", &r->lon);
}

/* What was spoken about it. 0; -EIO */
static int keep_recording(struct desk *d, json_t *slots, const struct dialogue_turn *turn,
			  int64_t report_id)
{
	int64_t id = json_integer_value(json_object_get(slots, "recording"));
	int rc = id ? store_recording_link(d->st, id, turn->person_id, report_id) : 0;

	json_object_del(slots, "recording");
	return rc == -ENOENT ? 0 : rc;
}

const char *desk_report_file(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	void *ctx = talloc_new(d);
	int count = filed_today(ctx, d, turn);
	struct report r;

	talloc_free(ctx);
	if (count < 0)
		return NULL;
	if (count >= FILED_A_DAY_MAX)
		return "full";
	fill_report(&r, slots, turn);
	if (store_report_add(d->st, &r) < 0)
		return NULL;
	if (keep_recording(d, slots, turn, r.id) < 0)
		return NULL;
	LOGP(DDESK, LOGL_INFO, "report %s filed: %s%s\n", r.reference, r.category,
	     r.urgent ? ", urgent" : "");
	if (d->user.filed)
		d->user.filed(r.id, d->user.data);
	return desk_set_report(d, &r, turn, slots) < 0 ? NULL : "filed";
}

/* ---- follow, add, confirm, reopen ---- */

const char *desk_report_follow(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	void *ctx = talloc_new(d);
	struct report r;
	int rc = get_report(ctx, d, slots, "near_reference", &r);

	talloc_free(ctx);
	if (rc == -ENOENT)
		return "unknown";
	if (rc < 0)
		return NULL;
	if (turn->person_id == 0)
		return "nameless";
	if (is_own(&r, turn))
		return "already";
	rc = store_follow(d->st, r.id, turn->person_id, turn->now_s);
	if (rc == -EEXIST)
		return "already";
	return rc < 0 ? NULL : "followed";
}

/* A resident's word on a report, with the state that it leads to. Their own clock may be behind the
 * contractor's; what is said now is never older than what was said before. */
static struct report_change word_on(const struct report *r, enum report_state state, json_t *slots,
				    const struct dialogue_turn *turn)
{
	return (struct report_change){
		.state = state,
		.at_s = turn->now_s > r->state_at_s ? turn->now_s : r->state_at_s,
		.who = "resident",
		.channel = turn->channel_name ? turn->channel_name : "sms",
		.note = desk_slot_text(slots, "description"),
	};
}

/* Write it down, tell the contractor if wanted, show the report as it is now. */
static int say(void *ctx, struct desk *d, struct report *r, const struct report_change *change,
	       bool tell)
{
	int64_t event_id = 0;
	int rc;

	if (change->state == r->state)
		rc = store_report_note(d->st, r->id, change, &event_id);
	else
		rc = store_report_change(d->st, r->id, change, &event_id);
	if (rc < 0)
		return rc;
	if (tell && d->user.told)
		d->user.told(r->id, event_id, d->user.data);
	return store_report_get(ctx, d->st, r->id, r);
}

typedef const char *word_fn(void *ctx, struct desk *d, struct report *r, json_t *slots,
			    struct dialogue_turn *turn);

/* The asker's own report of slot reference, a word on it, its slots after that. */
static const char *on_own_report(struct desk *d, json_t *slots, struct dialogue_turn *turn,
				 const char *foreign, word_fn *word)
{
	void *ctx = talloc_new(d);
	const char *outcome = NULL;
	struct report r;
	int rc = get_report(ctx, d, slots, "reference", &r);

	if (rc == -ENOENT)
		outcome = "unknown";
	else if (rc == 0 && !is_own(&r, turn))
		outcome = foreign;
	else if (rc == 0 && (outcome = word(ctx, d, &r, slots, turn)))
		outcome = keep_recording(d, slots, turn, r.id) < 0 ||
					  desk_set_report(d, &r, turn, slots) < 0
				  ? NULL
				  : outcome;
	talloc_free(ctx);
	return outcome;
}

static const char *add_word(void *ctx, struct desk *d, struct report *r, json_t *slots,
			    struct dialogue_turn *turn)
{
	struct report_change change = word_on(r, r->state, slots, turn);

	if (!*change.note)
		return "unknown";
	return say(ctx, d, r, &change, true) < 0 ? NULL : "added";
}

const char *desk_report_add(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	return on_own_report(d, slots, turn, "foreign", add_word);
}

static const char *confirm_word(void *ctx, struct desk *d, struct report *r, json_t *slots,
				struct dialogue_turn *turn)
{
	struct report_change change = word_on(r, REPORT_CLOSED, slots, turn);

	change.note = NULL;
	if (r->state == REPORT_CLOSED)
		return "confirmed";
	if (!report_may_become(r->state, REPORT_CLOSED))
		return "late";
	/* Solved by itself, or by others: the contractor need not come any more. */
	return say(ctx, d, r, &change, report_is_open(r->state)) < 0 ? NULL : "confirmed";
}

const char *desk_report_confirm(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	return on_own_report(d, slots, turn, "unknown", confirm_word);
}

static const char *reopen_word(void *ctx, struct desk *d, struct report *r, json_t *slots,
			       struct dialogue_turn *turn)
{
	struct report_change change = word_on(r, REPORT_REOPENED, slots, turn);

	if (report_is_open(r->state)) {
		/* Open already: only what is said with it is new. */
		change.state = r->state;
		if (*change.note && say(ctx, d, r, &change, true) < 0)
			return NULL;
		return "reopened";
	}
	if (!report_may_become(r->state, REPORT_REOPENED) || turn->now_s - r->state_at_s > REOPEN_S)
		return "late";
	/* The old date has gone by; the promise counts from now. */
	change.expected_s = promise_of(find_category(turn->talk, r->category), turn);
	return say(ctx, d, r, &change, true) < 0 ? NULL : "reopened";
}

const char *desk_report_reopen(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	return on_own_report(d, slots, turn, "unknown", reopen_word);
}
