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

#define ROWS_MAX      24
#define PARTS_MAX     2
#define CLOSED_FIRST  2 /* of what is closed now, before all reports */
#define REPORTS_FIRST 3 /* before the rest of the agenda */
#define DAY_S	      86400

/* Rows in the order in which they were found; each has a rank. */
struct rows {
	struct {
		char *text;
		int rank;
	} at[ROWS_MAX];
	size_t n;
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

/* "Spui 70" of "Spui 70, Centrum": who stands there knows. */
static char *spot_of(void *ctx, const struct report *report)
{
	size_t place = strlen(report->place), area = strlen(report->area);

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

static int add_reports(struct staff_turn *t, json_t *slots, struct dialogue_turn *turn,
		       struct rows *rows)
{
	json_t *items = json_array(), *item;
	size_t i;
	int rc = desk_ops.list(t->sp->city.desk, "report.near", slots, turn, items);

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
	json_decref(items);
	return rc;
}

/* ---- the answer ---- */

static bool fits(const char *text)
{
	struct sms_plan plan;

	return sms_text_plan(&plan, text, SMS_FIT_SHIFT | SMS_FIT_TRANSLITERATE) == 0 &&
	       plan.parts <= PARTS_MAX;
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
			if (text && !fits(talloc_asprintf(t->ctx, "%s\n+%d", next, ROWS_MAX)))
				return talloc_asprintf_append(text, "\n+%zu", rows->n - shown);
			text = next;
			shown++;
		}
	}
	return text;
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

int staff_near(struct staff_turn *t, const char *place)
{
	struct dialogue_found found = {};
	struct dialogue_turn turn;
	json_t *slots = json_object();
	int rc;

	turn_init(&turn, *t->sp->city.talk, t->p, t->now_s);
	OSMO_STRLCPY_ARRAY(turn.language, t->language);
	rc = desk_ops.find(t->sp->city.desk, "place", place, slots, &turn, &found);
	if (rc == 0 && json_array_size(found.candidates) > 0) {
		json_object_update(slots, json_array_get(found.candidates, 0));
		rc = answer_near(t, slots, &turn);
	} else if (rc == 0) {
		rc = staff_say(t, "staff.near.where", NULL);
	}
	json_decref(found.candidates);
	json_decref(slots);
	return rc;
}
