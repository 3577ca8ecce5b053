// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_order.c - the page behind a contractor's link: one order, and what is said of it.  Works without script, on a
 * phone and by keyboard.  Nothing of the resident stands on it but the words of the report.
 *
 * 403 sent by another website's page; 404 no link of ours, or the order is another's by now; 410 it has ended; 409 the order has changed since the page was
 * shown, or what is said may not follow; 422 a date that is none; 503 not stored. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>
#include <talloc.h>

#include "clock.h"
#include "flow/order_link.h"
#include "talk/work_text.h"
#include "web/web_page.h"
#include "web/web_sign.h"
#include "wire/rfc3339.h"

#define NOTE_MAX 750 /* octets: 250 of what a browser counts have three each at most */

static void refuse(struct web_req *req, unsigned int status, const char *nl, const char *en)
{
	struct page *page;

	if (req->finished) { /* nobody reads it */
		web_answer(req, status, "text/plain; charset=utf-8", "");
		return;
	}
	req->why = en;
	page = page_begin(req, NULL, NULL, NULL, PAGE_NONE, "Meldlijn");
	p_notice(page, true, page_is_dutch(page) ? nl : en);
	page_end(page, status);
}

/* \returns false if it has been answered */
static bool find_order(struct web_req *req, struct report *report)
{
	const struct order_links *links = req->web->cfg.links;
	int rc = links ? order_link_read(req, links, web_segment(req, 1), clock_now_s(), report)
		       : -EBADMSG;

	if (rc == -ETIME)
		refuse(req, MHD_HTTP_GONE, "Deze link is verlopen: hij werkt 14 dagen.",
		       "This link has expired: it works for 14 days.");
	else if (rc == -EBADMSG)
		refuse(req, MHD_HTTP_NOT_FOUND,
		       "Deze link geldt niet, of de opdracht is niet meer van u.",
		       "This link is not valid, or the order is no longer yours.");
	else if (rc < 0)
		refuse(req, MHD_HTTP_SERVICE_UNAVAILABLE, "Nu even niet: probeer het later weer.",
		       "Not possible just now: try again later.");
	return rc == 0;
}

/* ---- the page ---- */

static void say_state(struct page *page, enum report_state state)
{
	switch (state) {
	case REPORT_RECEIVED:
	case REPORT_FORWARDED:
		p_say(page, "open", "open");
		break;
	case REPORT_PLANNED:
		p_say(page, "ingepland", "planned");
		break;
	case REPORT_IN_PROGRESS:
		p_say(page, "in uitvoering", "in progress");
		break;
	case REPORT_SOLVED:
	case REPORT_CLOSED:
		p_say(page, "klaar", "done");
		break;
	case REPORT_REJECTED:
		p_say(page, "afgewezen", "rejected");
		break;
	case REPORT_REOPENED:
		p_say(page, "heropend: niet verholpen", "reopened: not solved");
		break;
	}
}

static void say_row(struct page *page, const char *nl, const char *en, const char *text)
{
	if (!text || !*text)
		return;
	p_html(page, "<dt>");
	p_say(page, nl, en);
	p_html(page, "</dt><dd>");
	p_text(page, text);
	p_html(page, "</dd>");
}

static void say_day(struct page *page, const char *nl, const char *en, int64_t at_s)
{
	if (!at_s)
		return;
	p_html(page, "<dt>");
	p_say(page, nl, en);
	p_html(page, "</dt><dd>");
	p_date(page, at_s);
	p_html(page, "</dd>");
}

static void say_order(struct page *page, const struct report *report)
{
	p_html(page, "<dl>");
	p_html(page, "<dt>");
	p_say(page, "Stand", "State");
	p_html(page, "</dt><dd>");
	say_state(page, report->state);
	p_html(page, "</dd>");
	say_row(page, "Plaats", "Place", report->place);
	p_html(page, "<dt>");
	p_say(page, "Wat", "What");
	p_html(page, "</dt><dd>");
	p_category(page, report->category);
	p_html(page, "</dd>");
	say_row(page, "Omschrijving", "Description", report->description);
	say_row(page, "Nummer op de sticker", "Number on the sticker", report->asset_number);
	say_day(page, "Sinds", "Since", report->created_s);
	say_day(page, "Beloofd voor", "Promised by", report->promise_s);
	say_day(page, "Uw datum", "The day you come", report->expected_s);
	say_row(page, "Laatste bericht", "Last message", report->note);
	p_html(page, "</dl>");
}

/* What the page was shown of: a form of an older state is not taken. */
static void seen_of(char out[48], const struct report *report)
{
	snprintf(out, 48, "%d %" PRId64, (int)report->state, report->state_at_s);
}

static void open_form(struct page *page, const struct report *report)
{
	char once[33], seen[48];
	uint8_t octets[16];

	randombytes_buf(octets, sizeof(octets));
	sodium_bin2hex(once, sizeof(once), octets, sizeof(octets));
	seen_of(seen, report);
	p_html(page,
	       "<form method=\"post\" class=\"card\"><input type=\"hidden\" name=\"once\" value=\"");
	p_text(page, once);
	p_html(page, "\"><input type=\"hidden\" name=\"seen\" value=\"");
	p_text(page, seen);
	p_html(page, "\">");
}

static void button(struct page *page, const char *what, const char *nl, const char *en)
{
	p_html(page, "<button name=\"do\" value=\"");
	p_text(page, what);
	p_html(page, "\">");
	p_say(page, nl, en);
	p_html(page, "</button> ");
}

static void say_forms(struct page *page, const struct report *report)
{
	open_form(page, report);
	button(page, "accept", "Aannemen", "Accept");
	button(page, "start", "Wij zijn bezig", "We are working on it");
	button(page, "done", "Klaar", "Done");
	p_html(page, "</form>");
	open_form(page, report);
	p_html(page, "<label for=\"date\">");
	p_say(page, "Wij komen op", "We will come on");
	p_html(page, "</label><input id=\"date\" type=\"date\" name=\"date\" required>");
	button(page, "date", "Datum melden", "Give this date");
	p_html(page, "</form>");
	open_form(page, report);
	p_html(page, "<label for=\"note\">");
	p_say(page, "Bericht", "Message");
	p_html(page, "</label><textarea id=\"note\" name=\"note\" rows=\"3\" maxlength=\"250\" "
		     "required></textarea>");
	button(page, "note", "Bericht sturen", "Send message");
	p_html(page, "</form>");
}

static void show(struct web_req *req, const struct report *report, unsigned int status,
		 const char *nl, const char *en)
{
	char *title = talloc_asprintf(req, "%s %s", page_wants_dutch(req) ? "Opdracht" : "Order",
				      report->reference);
	struct page *page = page_begin(req, NULL, NULL, NULL, PAGE_NONE, title);

	req->why = en;
	if (nl)
		p_notice(page, status != MHD_HTTP_OK, page_is_dutch(page) ? nl : en);
	say_order(page, report);
	if (report_is_open(report->state))
		say_forms(page, report);
	page_end(page, status);
}

void web_order(struct web_req *req)
{
	struct report report;
	bool taken = target_param(&req->target, "taken") != NULL;

	if (find_order(req, &report))
		show(req, &report, MHD_HTTP_OK, taken ? "Dank u, het is opgeslagen." : NULL,
		     "Thank you, it has been saved.");
}

/* ---- what is said of it ---- */

struct told {
	struct web_req *req;
	struct report report;
};

static void update_done(int rc, void *data)
{
	struct told *told = data;
	struct web_req *req = told->req;

	if (rc == 0 || rc == -EEXIST)
		web_see(req, "?taken");
	else if (rc == -ESTALE && !req->finished)
		show(req, &told->report, MHD_HTTP_CONFLICT,
		     "Dat kan nu niet meer: de opdracht is veranderd.",
		     "That is no longer possible: the order has changed.");
	else
		refuse(req, MHD_HTTP_SERVICE_UNAVAILABLE,
		       "Het is niet opgeslagen: probeer het later weer.",
		       "It has not been saved: try again later.");
}

static const char *field(const struct console_form *form, const char *name)
{
	const char *value = console_form_at(form, name, 0);

	return value ? value : "";
}

/* Noon in UTC is that day in the city. */
static bool read_day(const struct console_form *form, int64_t *at_s)
{
	const char *day = field(form, "date");
	char text[RFC3339_SIZE];

	snprintf(text, sizeof(text), "%.10sT12:00:00Z", day);
	return strlen(day) == 10 && rfc3339_read(at_s, text, 0) == 0;
}

/* \returns 0; -EINVAL it says nothing that is understood; -ERANGE no day on which it can be done */
static int read_told(struct contractor_update *update, const struct console_form *form,
		     const char *zone)
{
	const char *what = field(form, "do"), *note = field(form, "note");

	update->state = "";
	if (!strcmp(what, "start")) {
		update->state = "in_progress";
	} else if (!strcmp(what, "done")) {
		update->state = "solved";
	} else if (!strcmp(what, "date")) {
		update->state = "planned";
		if (!read_day(form, &update->expected_s))
			return -EINVAL;
		return work_day_can_be(update->expected_s, clock_now_s(), zone) ? 0 : -ERANGE;
	} else if (!strcmp(what, "accept")) {
		update->note = "aangenomen";
	} else if (!strcmp(what, "note") && note[0] && strlen(note) <= NOTE_MAX) {
		update->note = note;
	} else {
		return -EINVAL;
	}
	return 0;
}

/* A form that was sent twice has been taken, and changed what it was shown of. */
static bool came_before(struct web_req *req, const struct report *report, const char *key)
{
	struct store *st = req->web->st;
	bool known;

	if (store_begin(st) < 0)
		return false;
	known = store_update_seen(st, report->contractor, key, clock_now_s()) == -EEXIST;
	store_undo(st);
	return known;
}

void web_order_tell(struct web_req *req)
{
	struct contractor_update update = { .channel = "link" };
	struct console_form *form;
	struct told *told = talloc_zero(req, struct told);
	char seen[48];
	int rc;

	told->req = req;
	if (!find_order(req, &told->report))
		return;
	if (!console_same_site(req)) {
		refuse(req, MHD_HTTP_FORBIDDEN,
		       "Dit formulier komt van een andere website: open uw link.",
		       "This form comes from another website: open your link.");
		return;
	}
	form = console_form_read(req);
	seen_of(seen, &told->report);
	rc = form && field(form, "once")[0] ? read_told(&update, form, req->web->zone) : -EINVAL;
	if (rc == -ERANGE) {
		show(req, &told->report, MHD_HTTP_UNPROCESSABLE_CONTENT,
		     "Die dag kan niet: kies een dag die nog komt.",
		     "Not that day: choose one that is still to come.");
		return;
	}
	if (rc < 0) {
		show(req, &told->report, MHD_HTTP_UNPROCESSABLE_CONTENT,
		     "Dat is niet te lezen: vul het nog eens in.",
		     "That was not understood: please fill it in again.");
		return;
	}
	update.key = talloc_asprintf(req, "link %.64s", field(form, "once"));
	if (strcmp(field(form, "seen"), seen) != 0) {
		if (came_before(req, &told->report, update.key))
			web_see(req, "?taken");
		else
			show(req, &told->report, MHD_HTTP_CONFLICT,
			     "De opdracht is intussen veranderd: dit is hoe het nu staat.",
			     "The order has changed in the meantime: this is how it stands now.");
		return;
	}
	update.reference = told->report.reference;
	web_hold(req);
	notify_update(req->web->nt, told->report.contractor, NULL, &update, update_done, told);
}
