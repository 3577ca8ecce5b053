// SPDX-License-Identifier: AGPL-3.0-or-later
/* staff_phone_near.c - "BIJ 2511BT": what is closed, reported and on there, who comes and when; the most useful first, as
 * much as two texts hold. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "flow/staff_phone_int.h"
#include "flow/turn.h"
#include "wire/sms_text.h"

#define ROWS_MAX       24
#define PARTS_MAX      2
#define PARTS_WIDE_MAX 4 /* of letters that take twice the room */
#define CLOSED_FIRST   2 /* of what is closed now, before all reports */
#define REPORTS_FIRST  3 /* before the rest of the agenda */
#define PLACES_MAX     4 /* of which one is asked to choose */
#define DAY_S	       86400

/* Rows in the order in which they were found; each has a rank. */
struct rows {
	struct {
		char *text;
		int rank;
	} at[ROWS_MAX];
	size_t n;
	size_t known; /* there are so many, or more if most */
	bool most;
};

enum rank { CLOSED_NOW, REPORTS_NEAREST, ON_AGENDA, REPORTS_MORE, RANKS };

static void add_row(struct rows *rows, char *text, enum rank rank)
{
	if (rows->n == ROWS_MAX)
		return;
	rows->at[rows->n].text = text;
	rows->at[rows->n++].rank = rank;
}

/* ---- reports ---- */

/* "Spui 70" of "Spui 70, Centrum": who stands there knows.  A report that another system filed may be in no area. */
static char *spot_of(void *ctx, const struct report *report)
{
	size_t place = strlen(report->place), area = report->area ? strlen(report->area) : 0;

	if (area && place > area + 2 && strcmp(report->place + place - area, report->area) == 0)
		place -= area + 2;
	return talloc_strndup(ctx, report->place, place);
}

static char *report_words(struct staff_turn *t, json_t *item, const struct report *report)
{
	json_t *args = json_copy(item);
	int64_t ready_s = report->expected_s ? report->expected_s : report->promise_s;

	OSMO_ASSERT(args);
	json_object_set_new(args, "days", json_integer((t->now_s - report->created_s) / DAY_S));
	json_object_set_new(args, "spot", json_string(spot_of(t->ctx, report)));
	json_object_set_new(args, "contractor", json_string(report->contractor));
	json_object_set_new(args, "has_contractor",
			    json_string(report->contractor[0] ? "yes" : "no"));
	json_object_set_new(args, "expected", json_integer(ready_s));
	return staff_words(t, "staff.near.row", args);
}

/* The list holds the nearest only. */
static int count_reports(struct staff_turn *t, json_t *slots, struct dialogue_turn *turn,
			 struct rows *rows)
{
	json_int_t n;

	if (!desk_ops.call(t->sp->city.desk, "near.count", slots, turn))
		return -EIO;
	n = json_integer_value(json_object_get(slots, "near_count"));
	rows->known += (size_t)n;
	rows->most = rows->most || n >= DESK_NEAR_MOST;
	return 0;
}

static int add_reports(struct staff_turn *t, json_t *slots, struct dialogue_turn *turn,
		       struct rows *rows)
{
	json_t *items = json_array(), *item;
	size_t i;
	int rc = desk_ops.list(t->sp->city.desk, "report.near", slots, turn, items);

	if (rc == 0)
		rc = count_reports(t, slots, turn, rows);
	json_array_foreach (items, i, item) {
		struct report report;
		const char *reference = json_string_value(json_object_get(item, "value"));

		if (rc == 0)
			rc = store_report_by_reference(t->ctx, t->sp->city.st,
						       reference ? reference : "", &report);
		if (rc == 0)
			add_row(rows, report_words(t, item, &report),
				i < REPORTS_FIRST ? REPORTS_NEAREST : REPORTS_MORE);
		rc = rc == -ENOENT ? 0 : rc;
	}
	json_decref(items);
	return rc;
}

/* ---- the agenda ---- */

static bool is_yes(json_t *item, const char *slot)
{
	const char *value = json_string_value(json_object_get(item, slot));

	return value && strcmp(value, "yes") == 0;
}

static int add_agenda(struct staff_turn *t, json_t *slots, struct dialogue_turn *turn,
		      struct rows *rows)
{
	json_t *items = json_array(), *item;
	size_t i, closed = 0;
	int rc = desk_ops.list(t->sp->city.desk, "agenda.near", slots, turn, items);

	json_array_foreach (items, i, item) {
		bool first = is_yes(item, "agenda_closed") && is_yes(item, "agenda_now") &&
			     closed++ < CLOSED_FIRST;

		add_row(rows, staff_words(t, "staff.near.agenda", json_incref(item)),
			first ? CLOSED_NOW : ON_AGENDA);
	}
	rows->known += json_array_size(items);
	rows->most = rows->most || json_array_size(items) >= DESK_AGENDA_MOST;
	json_decref(items);
	return rc;
}

/* ---- the answer ---- */

static bool fits(const char *text)
{
	struct sms_plan plan;

	return sms_text_plan(&plan, text, SMS_FIT_SHIFT | SMS_FIT_TRANSLITERATE) == 0 &&
	       plan.parts <= (plan.alphabet == SMS_UCS2 ? PARTS_WIDE_MAX : PARTS_MAX);
}

static char *say_more(struct staff_turn *t, const struct rows *rows, size_t shown)
{
	return staff_words(t, "staff.near.more",
			   json_pack("{s:I, s:s}", "count", (json_int_t)(rows->known - shown),
				     "most", rows->most ? "yes" : "no"));
}

/* The rows by their rank, as many as fit, and how many more there are. */
static char *join(struct staff_turn *t, const struct rows *rows)
{
	char *text = NULL, *next;
	size_t shown = 0;

	for (int rank = 0; rank < RANKS; rank++) {
		for (size_t i = 0; i < rows->n; i++) {
			if (rows->at[i].rank != rank)
				continue;
			next = talloc_asprintf(t->ctx, "%s%s%s", text ? text : "", text ? "\n" : "",
					       rows->at[i].text);
			/* the count of those left out has its place too */
			if (text && !fits(talloc_asprintf(t->ctx, "%s\n%s", next,
							  say_more(t, rows, shown))))
				return talloc_asprintf_append(text, "\n%s",
							      say_more(t, rows, shown));
			text = next;
			shown++;
		}
	}
	return rows->known > shown ? talloc_asprintf_append(text, "\n%s", say_more(t, rows, shown))
				   : text;
}

static int answer_near(struct staff_turn *t, json_t *slots, struct dialogue_turn *turn)
{
	struct rows rows = {};
	int rc = add_agenda(t, slots, turn, &rows);

	if (rc == 0)
		rc = add_reports(t, slots, turn, &rows);
	if (rc < 0)
		return rc;
	if (rows.n > 0)
		return staff_answer(t, join(t, &rows));
	return staff_say(t, "staff.near.none",
			 json_pack("{s:O?}", "place", json_object_get(slots, "place")));
}

/* ---- where ---- */

static bool is_apart(json_t *a, json_t *b)
{
	return desk_metres(json_real_value(json_object_get(a, "lat")),
			   json_real_value(json_object_get(a, "lon")),
			   json_real_value(json_object_get(b, "lat")),
			   json_real_value(json_object_get(b, "lon"))) > DESK_NEAR_M;
}

/* Places so far from the first that what is known there is something else; NULL: there are none. */
static char *others(struct staff_turn *t, json_t *candidates)
{
	json_t *first = json_array_get(candidates, 0), *place;
	char *names = NULL;
	size_t i, n = 0;

	json_array_foreach (candidates, i, place)
		if (is_apart(first, place) && n++ < PLACES_MAX)
			names = talloc_asprintf(
				t->ctx, "%s; %s",
				names ? names : json_string_value(json_object_get(first, "label")),
				json_string_value(json_object_get(place, "label")));
	return names;
}

static int answer_place(struct staff_turn *t, json_t *candidates, json_t *slots,
			struct dialogue_turn *turn)
{
	char *names;

	if (json_array_size(candidates) == 0)
		return staff_say(t, "staff.near.where", NULL);
	names = others(t, candidates);
	if (names)
		return staff_say(t, "staff.near.which", json_pack("{s:s}", "places", names));
	json_object_update(slots, json_array_get(candidates, 0));
	return answer_near(t, slots, turn);
}

int staff_near(struct staff_turn *t, const char *place)
{
	struct dialogue_found found = {};
	struct dialogue_turn turn;
	json_t *slots = json_object();
	int rc;

	turn_init(&turn, *t->sp->city.talk, t->p, t->now_s);
	OSMO_STRLCPY_ARRAY(turn.language, t->language);
	rc = desk_ops.find(t->sp->city.desk, "place", place, slots, &turn, &found);
	if (rc == 0)
		rc = answer_place(t, found.candidates, slots, &turn);
	json_decref(found.candidates);
	json_decref(slots);
	return rc;
}
