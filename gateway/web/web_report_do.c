// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_report_do.c - what a clerk does to a report: one step each, answered once it is durable. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "flow/casework.h"
#include "web/web_reports.h"
#include "wire/rfc3339.h"

/* One POST: who, to which report, and where they are led afterwards. */
struct doing {
	struct console *con;
	struct report report;
	const char *address;
	struct casework_by by;
	char *done_nl, *done_en; /* NULL: as it is said of any */
};

static struct doing *begin(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	struct doing *d;

	if (!con)
		return NULL;
	d = talloc_zero(con, struct doing);
	OSMO_ASSERT(d);
	d->con = con;
	if (!web_report_find(con, &d->report))
		return NULL;
	d->address = web_report_address(con, &d->report);
	d->by.who = talloc_asprintf(d, "staff %s", con->staff.name);
	d->by.channel = "console";
	return d;
}

static void answer_wrong(struct doing *d, int rc)
{
	switch (rc) {
	case -EINVAL:
		console_failed_kept(d->con, d->address,
				    "Dat kan niet bij deze melding: kijk hoe zij nu staat.",
				    "That cannot be done to this report: look how it stands now.");
		break;
	case -EALREADY:
		console_failed_kept(d->con, d->address, "Die uitvoerder heeft deze melding al.",
				    "That contractor has this report already.");
		break;
	case -ESTALE:
		console_failed_kept(
			d->con, d->address,
			"De melding is intussen veranderd: kijk hoe zij nu staat, en verstuur het "
			"dan als het nog klopt.",
			"The report has changed meanwhile: look how it stands now, and send it if it "
			"still holds.");
		break;
	case -E2BIG:
		console_failed_kept(d->con, d->address,
				    "Dit is te lang voor een tekst: maak het korter.",
				    "This is too long for a text: shorten it.");
		break;
	case -ENOENT:
		console_failed_kept(d->con, d->address, "Dat nummer of die uitvoerder is er niet.",
				    "There is no such number or contractor.");
		break;
	default:
		console_refuse(d->con, MHD_HTTP_SERVICE_UNAVAILABLE,
			       "Het is niet opgeslagen: de database kan nu niet schrijven.",
			       "It has not been stored: the database cannot write now.");
	}
}

static int act_and_note(struct doing *d, int (*act)(struct doing *d), const char *what)
{
	int rc = act(d);

	return rc < 0 ? rc : console_audit(d->con, "report %s: %s", d->report.reference, what);
}

/* The whole of it in one step: a form that was sent twice does nothing the second time. */
static void finish(struct doing *d, int (*act)(struct doing *d), const char *what, const char *nl,
		   const char *en)
{
	struct store *st = d->con->req->web->st;
	int rc = store_begin(st);

	if (rc == 0) {
		if (!console_again(d->con))
			rc = act_and_note(d, act, what);
		if (rc < 0)
			store_undo(st);
		else
			store_end(st);
	}
	if (rc < 0)
		answer_wrong(d, rc);
	else
		console_done(d->con, d->address, d->done_nl ? d->done_nl : nl,
			     d->done_en ? d->done_en : en);
}

/* Did the report change since the page of this form was shown? */
static bool is_stale(struct doing *d)
{
	return strcmp(console_field(d->con, "seen"), web_report_seen(d->con, &d->report)) != 0;
}

/* ---- words ---- */

/* Octets: what has accents fills it sooner than a browser counts. */
static bool is_too_long(struct doing *d)
{
	return strlen(console_field(d->con, "words")) > CASEWORK_WORDS_MAX;
}

static int act_answer(struct doing *d)
{
	const char *told = console_field(d->con, "told");

	if (is_too_long(d))
		return -E2BIG;
	if (told[0] && strcmp(told, web_report_told(d->con, &d->report)) != 0)
		return -ESTALE;
	return casework_answer(d->con->req->web->user.casework, d->report.id, &d->by,
			       console_field(d->con, "words"));
}

void web_report_answer(struct web_req *req)
{
	struct doing *d = begin(req);

	if (d)
		finish(d, act_answer, "answered the reporter", "Verstuurd.", "Sent.");
}

static int act_note(struct doing *d)
{
	if (is_too_long(d))
		return -E2BIG;
	return casework_note(d->con->req->web->user.casework, d->report.id, &d->by,
			     console_field(d->con, "words"));
}

void web_report_note(struct web_req *req)
{
	struct doing *d = begin(req);

	if (d)
		finish(d, act_note, "note", "Toegevoegd.", "Added.");
}

/* ---- whose it is, and which it is ---- */

static int act_reassign(struct doing *d)
{
	if (is_stale(d))
		return -ESTALE;
	return casework_reassign(d->con->req->web->user.casework, d->report.id,
				 console_field(d->con, "contractor"), &d->by,
				 console_field(d->con, "words"));
}

void web_report_reassign(struct web_req *req)
{
	struct doing *d = begin(req);

	if (d)
		finish(d, act_reassign,
		       talloc_asprintf(d, "to %s", console_field(d->con, "contractor")),
		       "Overgedragen.", "Handed over.");
}

/* A number is soon mistaken for another: what it was merged with is said. */
static void say_merged(struct doing *d, const struct report *into)
{
	char shown[REPORT_REFERENCE_SIZE * 2];
	const char *place = into->place ? into->place : "-";
	const char *what = web_category_name(d->con, into->category);

	report_reference_show(shown, into->reference);
	d->done_nl = talloc_asprintf(d, "Samengevoegd met %s: %s, %s.", shown, what, place);
	d->done_en = talloc_asprintf(d, "Merged with %s: %s, %s.", shown, what, place);
}

static int act_merge(struct doing *d)
{
	char reference[REPORT_REFERENCE_SIZE];
	struct report into;
	int rc;

	if (is_stale(d))
		return -ESTALE;
	if (report_reference_read(reference, console_field(d->con, "into")) < 0)
		return -ENOENT;
	rc = store_report_by_reference(d, d->con->req->web->st, reference, &into);
	if (rc == 0)
		rc = casework_merge(d->con->req->web->user.casework, d->report.id, into.id, &d->by);
	if (rc == 0)
		say_merged(d, &into);
	return rc;
}

void web_report_merge(struct web_req *req)
{
	struct doing *d = begin(req);

	if (d)
		finish(d, act_merge,
		       talloc_asprintf(d, "same as %s", console_field(d->con, "into")),
		       "Samengevoegd.", "Merged.");
}

/* ---- state ---- */

static void state_done(int rc, void *data)
{
	struct doing *d = data;
	struct store *st;

	if (!d->con->req->web) { /* the line stops */
		answer_wrong(d, -EIO);
		return;
	}
	st = d->con->req->web->st;
	if (rc < 0 && rc != -EEXIST) {
		answer_wrong(d, rc);
		return;
	}
	if (rc == 0 && store_begin(st) == 0) {
		console_audit(d->con, "report %s: %s", d->report.reference,
			      console_field(d->con, "state"));
		store_end(st);
	}
	console_done(d->con, d->address, "Gewijzigd.", "Changed.");
}

/* The middle of that day: whatever the zone it stays that day. \returns false if it is none */
static bool read_day(struct doing *d, int64_t *at_s)
{
	const char *day = console_field(d->con, "expected");
	char *text;

	*at_s = 0;
	if (!day[0])
		return true;
	text = talloc_asprintf(d, "%sT12:00:00Z", day);
	return rfc3339_read(at_s, text, 0) == 0;
}

/* A form that was sent twice changed what it was shown of. */
static bool came_before(struct doing *d, const char *key)
{
	struct store *st = d->con->req->web->st;
	bool known;

	if (store_begin(st) < 0)
		return false;
	known = store_update_seen(st, d->by.who, key, clock_now_s()) == -EEXIST;
	store_undo(st);
	return known;
}

void web_report_state(struct web_req *req)
{
	struct doing *d = begin(req);
	struct contractor_update update = { .key = NULL };
	enum report_state state;

	if (!d)
		return;
	if (report_state_read(&state, console_field(d->con, "state")) < 0 ||
	    !read_day(d, &update.expected_s) || (state == REPORT_PLANNED && !update.expected_s)) {
		console_failed_kept(d->con, d->address,
				    "Kies een toestand, en bij gepland een datum.",
				    "Choose a state, and with planned a date.");
		return;
	}
	update.key = talloc_asprintf(d, "console %s", console_field(d->con, "once"));
	if (came_before(d, update.key)) {
		console_done(d->con, d->address, "Gewijzigd.", "Changed.");
		return;
	}
	if (is_stale(d) || !report_may_become(d->report.state, state)) {
		answer_wrong(d, -ESTALE);
		return;
	}
	update.reference = d->report.reference;
	update.state = report_state_name(state);
	update.note = console_field(d->con, "words")[0] ? console_field(d->con, "words") : NULL;
	web_hold(req);
	notify_update(req->web->nt, NULL, d->by.who, &update, state_done, d);
}
