// SPDX-License-Identifier: AGPL-3.0-or-later
/* notify.c - see notify.h. */
#include "flow/notify.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "log.h"
#include "talk/workday.h"

#define FUTURE_S      300	  /* a contractor's clock may be this far ahead */
#define OBJECT_S      (5 * 86400) /* after solved: so long may the resident say that it is not */
#define WARN_S	      (30 * 3600) /* before a promise ends at midnight: 18:00 the day before */
#define LAST_LOOK_S   (6 * 3600)  /* 18:00 on the last day */
#define FOLLOWERS_MAX 1000

struct notify {
	struct store *st;
	struct intake *in;
	struct talk *const *talk;
};

/* A result for who asked, once it is durable. */
struct notify_answer {
	void (*done)(int rc, void *data);
	void *data;
};

static void answer(void *data, uint64_t arg, bool ok)
{
	struct notify_answer *an = data;

	an->done(ok ? 0 : -EIO, an->data);
	talloc_free(an);
}

/* ---- who hears of it ---- */

/* Inside a step: the reporter and the followers, each in their language and on their line. */
static int tell(void *ctx, struct notify *nt, const struct report *report, const char *node,
		const char *note)
{
	const struct talk *talk = *nt->talk;
	int64_t *who = talloc_array(ctx, int64_t, FOLLOWERS_MAX + 1);
	struct person p;
	int n, rc = 0;

	OSMO_ASSERT(who);
	n = store_followers(nt->st, report->id, who, FOLLOWERS_MAX);
	if (n < 0)
		return n;
	if (report->person_id)
		who[n++] = report->person_id;
	while (n-- > 0 && rc == 0) {
		json_t *slots = json_object();

		rc = store_person_by_id(nt->st, who[n], &p);
		if (rc == 0) {
			desk_report_slots(report, talk,
					  p.language[0] ? p.language : talk->languages[0], slots);
			json_object_set_new(slots, "own", json_boolean(p.id == report->person_id));
			json_object_del(slots,
					"note"); /* the last one, maybe of an earlier update */
			if (note && note[0])
				json_object_set_new(slots, "note", json_string(note));
			rc = intake_open(nt->in, p.id, node, slots, OUTBOX_STATUS, report->id);
		}
		json_decref(slots);
	}
	return rc;
}

int notify_tell(struct notify *nt, const struct report *report, const char *node, const char *note)
{
	void *ctx = talloc_new(nt);
	int rc = tell(ctx, nt, report, node, note);

	talloc_free(ctx);
	return rc;
}

static const char *node_of(enum report_state state)
{
	switch (state) {
	case REPORT_PLANNED:
		return "notify.planned";
	case REPORT_IN_PROGRESS:
		return "notify.in_progress";
	case REPORT_SOLVED:
		return "notify.solved";
	case REPORT_REJECTED:
		return "notify.rejected";
	case REPORT_REOPENED:
	case REPORT_RECEIVED:
	case REPORT_FORWARDED: /* the receipt has said that it goes to who repairs */
	case REPORT_CLOSED:    /* nobody objected: no text for that */
		return NULL;
	}
	return NULL;
}

/* When to look at the report again: before the promise or the new date ends, or to close it. */
static int64_t next_look(const struct report *report, int64_t now_s)
{
	int64_t promised_s = report->expected_s > report->promise_s ? report->expected_s
								    : report->promise_s;
	int64_t early_s;

	if (report->state == REPORT_SOLVED)
		return now_s + OBJECT_S;
	if (!report_is_open(report->state))
		return 0;
	early_s = promised_s - WARN_S;
	if (early_s <= now_s) /* a short promise: three quarters of what is left */
		early_s = now_s + (promised_s - now_s) * 3 / 4;
	return early_s > now_s ? early_s : 0;
}

int notify_watch(struct notify *nt, const struct report *report)
{
	return store_report_warned(nt->st, report->id, report->promise_s,
				   next_look(report, clock_now_s()));
}

/* ---- an update ---- */

static int find(void *ctx, struct notify *nt, const char *contractor,
		const struct contractor_update *update, struct report *report)
{
	int rc = -ENOENT;

	if (update->reference)
		rc = store_report_by_reference(ctx, nt->st, update->reference, report);
	else if (update->their_ref && contractor)
		rc = store_report_by_contractor(ctx, nt->st, contractor, update->their_ref, report);
	if (rc < 0)
		return rc;
	if (contractor && strcmp(report->contractor, contractor) != 0)
		return -EPERM;
	return 0;
}

/* Is there anything in it that we do not know? */
static bool is_news(const struct report *report, const struct report_change *change)
{
	return change->state != report->state ||
	       (change->expected_s && change->expected_s != report->expected_s) ||
	       (change->note && change->note[0] &&
		strcmp(change->note, report->note ? report->note : "") != 0);
}

static int apply(void *ctx, struct notify *nt, struct report *report,
		 const struct report_change *change)
{
	bool moved = change->state != report->state;
	bool new_date = change->expected_s && change->expected_s != report->expected_s;
	const char *node;
	int64_t event_id;
	int rc;

	rc = store_report_change(nt->st, report->id, change, &event_id);
	if (rc == 0)
		rc = store_report_get(ctx, nt->st, report->id, report);
	if (rc == 0)
		rc = notify_watch(nt, report);
	if (rc < 0 || (!moved && !new_date))
		return rc;
	node = moved ? node_of(change->state) : "notify.planned";
	return node ? tell(ctx, nt, report, node, change->note) : 0;
}

int notify_take(void *ctx, struct notify *nt, const char *contractor, const char *who,
		const struct contractor_update *update)
{
	int64_t now_s = clock_now_s();
	struct report_change change = {
		.at_s = update->at_s ? OSMO_MIN(update->at_s, now_s + FUTURE_S) : now_s,
		.expected_s = update->expected_s,
		.who = who,
		.channel = update->channel ? update->channel
			   : contractor	   ? "contractor"
					   : "staff",
		.note = update->note,
		.now_s = now_s,
	};
	struct report report;
	int rc;

	rc = find(ctx, nt, contractor, update, &report);
	if (rc < 0)
		return rc;
	if (update->key) {
		rc = store_update_seen(nt->st, contractor ? contractor : who, update->key, now_s);
		if (rc < 0)
			return rc;
	}
	change.state = report.state;
	if (update->state && update->state[0] &&
	    report_state_read(&change.state, update->state) < 0)
		return -EINVAL;
	if (!is_news(&report, &change))
		return 0;
	if (change.at_s < report.state_at_s && change.state != report.state)
		return -ESTALE;
	if (!report_may_become(report.state, change.state))
		return -ESTALE;
	return apply(ctx, nt, &report, &change);
}

int notify_update(struct notify *nt, const char *contractor, const char *who,
		  const struct contractor_update *update, void (*done)(int rc, void *data),
		  void *data)
{
	void *ctx = talloc_new(nt);
	int rc;

	if (contractor)
		who = talloc_asprintf(ctx, "contractor %s", contractor);
	rc = store_begin(nt->st);
	if (rc == 0) {
		rc = notify_take(ctx, nt, contractor, who, update);
		if (rc < 0) {
			store_undo(nt->st);
		} else {
			if (done) {
				struct notify_answer *an = talloc_zero(nt, struct notify_answer);

				OSMO_ASSERT(an);
				an->done = done;
				an->data = data;
				store_after(nt->st, answer, an, 0);
			}
			store_end(nt->st);
		}
	}
	if (rc < 0) {
		LOGP(DFLOW, rc == -EEXIST ? LOGL_INFO : LOGL_NOTICE,
		     "update of %s by %s not taken: %s\n",
		     update->reference ? update->reference
				       : (update->their_ref ? update->their_ref : "?"),
		     who, strerror(-rc));
		if (done)
			done(rc, data);
	}
	talloc_free(ctx);
	return rc;
}

int notify_forwarded(struct notify *nt, struct report *report)
{
	struct report_change change = {
		.state = REPORT_FORWARDED,
		.at_s = clock_now_s(),
		.who = "meldlijn",
		.channel = "contractor",
	};
	int64_t event_id;

	if (report->state != REPORT_RECEIVED && report->state != REPORT_REOPENED)
		return 0;
	if (report->state == REPORT_REOPENED)
		return 0; /* the contractor heard of it by an update and says how it goes on */
	report->state = REPORT_FORWARDED;
	return store_report_change(nt->st, report->id, &change, &event_id);
}

/* ---- promises ---- */

static int64_t new_date(const struct notify *nt, const struct report *report, int64_t now_s)
{
	const struct talk *talk = *nt->talk;
	const struct category *cat = category_find(talk->categories, report->category);

	if (report->expected_s > report->promise_s && report->expected_s > now_s)
		return report->expected_s;
	return workday_after(now_s + WARN_S, cat ? cat->promise_days : 5,
			     cat ? cat->promise_working : true, talk->zone);
}

static int close_report(struct notify *nt, const struct report *report, int64_t now_s)
{
	struct report_change change = {
		.state = REPORT_CLOSED,
		.at_s = now_s,
		.who = "meldlijn",
		.channel = "agenda",
	};
	int64_t event_id;
	int rc = store_report_change(nt->st, report->id, &change, &event_id);

	return rc < 0 ? rc : store_report_warned(nt->st, report->id, report->promise_s, 0);
}

/* The promise will not hold: the resident hears the new date before it breaks. */
static int warn(void *ctx, struct notify *nt, struct report *report, int64_t now_s)
{
	char what[64];
	int rc;

	report->promise_s = new_date(nt, report, now_s);
	report->expected_s = report->promise_s;
	rc = store_report_warned(nt->st, report->id, report->promise_s, next_look(report, now_s));
	if (rc < 0)
		return rc;
	snprintf(what, sizeof(what), "report %s late", report->reference);
	store_audit(nt->st, "meldlijn", what, now_s);
	LOGP(DFLOW, LOGL_NOTICE, "report %s will not be solved as promised: new date told\n",
	     report->reference);
	return tell(ctx, nt, report, "notify.late", NULL);
}

static int look_at_one(void *ctx, struct notify *nt, int64_t now_s)
{
	struct report report;
	int rc = store_report_warn_due(ctx, nt->st, now_s, &report);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rc;
	if (report.state == REPORT_SOLVED)
		rc = close_report(nt, &report, now_s);
	else if (!report_is_open(report.state))
		rc = store_report_warned(nt->st, report.id, report.promise_s, 0);
	else if (report.expected_s && report.expected_s <= report.promise_s &&
		 now_s < report.promise_s -
				 LAST_LOOK_S) /* planned within the promise: trust it longer */
		rc = store_report_warned(nt->st, report.id, report.promise_s,
					 report.promise_s - LAST_LOOK_S);
	else
		rc = warn(ctx, nt, &report, now_s);
	return rc < 0 ? rc : 1;
}

void notify_due(struct notify *nt, int64_t now_s)
{
	int rc;

	do {
		void *ctx;

		if (store_begin(nt->st) < 0)
			return;
		ctx = talloc_new(nt);
		rc = look_at_one(ctx, nt, now_s);
		if (rc < 0)
			store_undo(nt->st);
		else
			store_end(nt->st);
		talloc_free(ctx);
	} while (rc > 0);
}

struct notify *notify_alloc(void *ctx, struct store *st, struct intake *in,
			    struct talk *const *talk)
{
	struct notify *nt = talloc_zero(ctx, struct notify);

	OSMO_ASSERT(nt);
	nt->st = st;
	nt->in = in;
	nt->talk = talk;
	return nt;
}
