// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_people.c - /console/people: one resident, found by number; never a list to browse.
 *
 * A number stands in no address, which browsers and proxies write down: it is POSTed, and leads to the page of an id.
 * Who looked is in the audit.  Editors see the number masked; operators see it, release, export and forget.
 */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "flow/dossier.h"
#include "store/store_dossier.h"
#include "store/store_notice.h"
#include "web/web_field.h"
#include "wire/phone.h"

#define TEXTS_MAX   50 /* of each way */
#define CALLS_MAX   50
#define REPORTS_MAX 100

/* ---- finding ---- */

static void write_find(struct page *page)
{
	p_form(page, "/console/people", "filter");
	field_input(page, "number", "type=\"tel\" required maxlength=\"40\" autocomplete=\"off\"",
		    "Telefoonnummer", "Phone number", p_kept(page, "number"));
	p_button(page, NULL, "Opzoeken", "Look up");
	p_form_end(page);
	p_html(page, "<p class=\"quiet\">");
	p_say(page, "Wie u opzoekt komt in het logboek.", "Whom you look up is in the audit log.");
	p_html(page, "</p>");
}

void web_people(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_EDITOR);
	struct page *page;

	if (!con)
		return;
	page = console_page(con, PAGE_PEOPLE, "Mensen", "People");
	write_find(page);
	page_end(page, MHD_HTTP_OK);
}

/* In a step of its own. \returns false if it has been answered */
static bool note_doing(struct console *con, const struct person *person, const char *what)
{
	struct store *st = con->req->web->st;
	char masked[PHONE_SIZE];
	int rc = store_begin(st);

	if (rc == 0) {
		rc = console_audit(con, "%s %s", what, phone_masked(masked, person->number));
		if (rc < 0)
			store_undo(st);
		else
			store_end(st);
	}
	if (rc < 0)
		console_refuse(con, MHD_HTTP_SERVICE_UNAVAILABLE,
			       "Dit lukt nu niet: de database kan niet schrijven.",
			       "This does not work now: the database cannot write.");
	return rc == 0;
}

void web_people_find(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_EDITOR);
	char number[PHONE_SIZE];
	struct person person;

	if (!con)
		return;
	if (phone_normalise(number, console_field(con, "number"), req->web->country) < 0 ||
	    store_person_find(req->web->st, number, &person) < 0) {
		console_failed_kept(con, "/console/people", "Van dit nummer is niets bekend.",
				    "Nothing is known of this number.");
		return;
	}
	if (note_doing(con, &person, "looked up"))
		console_done(con,
			     talloc_asprintf(con, "/console/people/%lld", (long long)person.id),
			     NULL, NULL);
}

/* ---- one ---- */

/* NULL: it has been answered */
static struct console *enter(struct web_req *req, enum staff_role least, struct person *person)
{
	struct console *con = console_enter(req, least);
	int64_t id = field_read_id(web_segment(req, 2));

	if (!con)
		return NULL;
	if (!id || store_person_by_id(req->web->st, id, person) < 0) {
		console_refuse(con, MHD_HTTP_NOT_FOUND, "Die is er niet (meer).",
			       "There is no such person (any more).");
		return NULL;
	}
	return con;
}

static const char *address_of(const struct console *con, const struct person *person)
{
	return talloc_asprintf(con, "/console/people/%lld", (long long)person->id);
}

static void write_counts(struct page *page, const struct person *person)
{
	int64_t heard = 0, sent = 0;

	store_dossier_text_counts(page_req(page)->web->st, person->number, &heard, &sent);
	field_fact(page, "Teksten", "Texts");
	p_sayf(page, "%lld van hen, %lld aan hen", "%lld from them, %lld to them", (long long)heard,
	       (long long)sent);
	p_html(page, "</dd>");
}

static void write_facts(struct page *page, const struct console *con, const struct person *person)
{
	char *why = store_dossier_why(page, con->req->web->st, person->id);

	p_html(page, "<dl class=\"facts\">");
	field_fact(page, "Bekend sinds", "Known since");
	p_date(page, person->first_seen_s);
	p_html(page, "</dd>");
	field_fact(page, "Taal", "Language");
	p_text(page, person->language[0] ? person->language : "-");
	p_html(page, "</dd>");
	field_fact(page, "STOP gezegd", "Said STOP");
	if (person->stopped)
		p_say(page, "ja: alleen antwoorden", "yes: answers only");
	else
		p_say(page, "nee", "no");
	p_html(page, "</dd>");
	write_counts(page, person);
	if (person->blocked) {
		field_fact(page, "Geblokkeerd", "Blocked");
		p_html(page, "<span class=\"state bad\">");
		p_say(page, "krijgt geen antwoord", "gets no answer");
		p_html(page, "</span> ");
		p_time(page, person->blocked_at_s);
		p_html(page, " ");
		p_text(page, why);
		p_html(page, "</dd>");
	}
	p_html(page, "</dl>");
}

struct rows {
	struct page *page;
	unsigned int n;
};

static bool write_subscription(const struct subscription *sub, void *data)
{
	struct rows *rs = data;

	if (rs->n++ == 0)
		p_html(rs->page, "<ul>");
	p_html(rs->page, "<li>");
	if (sub->kind == SUBSCRIBE_ALL)
		p_say(rs->page, "alles", "everything");
	else if (sub->kind == SUBSCRIBE_CATEGORY)
		p_category(rs->page, sub->category);
	else
		p_text(rs->page, sub->name);
	p_html(rs->page, " <span class=\"quiet\">");
	p_date(rs->page, sub->since_s);
	p_html(rs->page, "</span></li>");
	return true;
}

static bool write_list(const char *list, void *data)
{
	struct rows *rs = data;

	if (rs->n++ == 0)
		p_html(rs->page, "<ul>");
	p_html(rs->page, "<li>STOP ");
	p_text(rs->page, list);
	p_html(rs->page, "</li>");
	return true;
}

static void nothing(struct page *page)
{
	p_html(page, "<p class=\"quiet\">");
	p_say(page, "Geen.", "None.");
	p_html(page, "</p>");
}

static void write_subscriptions(struct page *page, struct store *st, const struct person *person)
{
	struct rows rs = { .page = page };

	p_html(page, "<h2>");
	p_say(page, "Abonnementen", "Subscriptions");
	p_html(page, "</h2>");
	store_subscriptions(st, person->id, write_subscription, &rs);
	store_dossier_lists(st, person->id, write_list, &rs);
	if (rs.n > 0)
		p_html(page, "</ul>");
	else
		nothing(page);
}

static void write_report(struct page *page, const struct report *r, bool own)
{
	p_html(page, "<tr>");
	field_cell(page, "Nummer", "Number");
	p_reference(page, r->reference);
	p_html(page, "</td>");
	field_cell(page, "Toestand", "State");
	p_state(page, r->state);
	p_html(page, "</td>");
	field_cell(page, "Wat", "What");
	p_category(page, r->category);
	p_html(page, "</td>");
	field_cell(page, "Waar", "Where");
	p_text(page, r->place && r->place[0] ? r->place : "-");
	p_html(page, "</td>");
	field_cell(page, "Sinds", "Since");
	p_date(page, r->created_s);
	p_html(page, "</td>");
	field_cell(page, "Van", "Whose");
	if (own)
		p_say(page, "gemeld", "reported");
	else
		p_say(page, "gevolgd", "followed");
	p_html(page, "</td></tr>");
}

static void write_reports(struct page *page, struct store *st, const struct person *person)
{
	void *ctx = talloc_new(page);
	struct report *rows = talloc_array(ctx, struct report, REPORTS_MAX);
	int n;

	OSMO_ASSERT(rows);
	n = store_report_of_person(ctx, st, person->id, 0, rows, REPORTS_MAX);
	p_html(page, "<h2>");
	p_say(page, "Meldingen", "Reports");
	p_html(page, "</h2>");
	if (n <= 0) {
		nothing(page);
	} else {
		p_html(page, "<table class=\"cards\" id=\"reports\"><thead><tr>");
		field_head(page, "Nummer", "Number");
		field_head(page, "Toestand", "State");
		field_head(page, "Wat", "What");
		field_head(page, "Waar", "Where");
		field_head(page, "Sinds", "Since");
		field_head(page, "Van", "Whose");
		p_html(page, "</tr></thead><tbody>");
		for (int i = 0; i < n; i++)
			write_report(page, &rows[i], rows[i].person_id == person->id);
		p_html(page, "</tbody></table>");
	}
	talloc_free(ctx);
}

/* ---- texts, in one row by time ---- */

struct said {
	int64_t at_s;
	bool out;
	const char *text, *state;
};

struct all_said {
	struct said at[2 * TEXTS_MAX];
	size_t n;
};

static bool keep_text(const struct dossier_text *text, void *data)
{
	struct all_said *ls = data;

	ls->at[ls->n++] = (struct said){
		.at_s = text->at_s,
		.out = text->out,
		.text = talloc_strdup(ls, text->text),
		.state = talloc_strdup(ls, text->state),
	};
	return ls->n < ARRAY_SIZE(ls->at);
}

static int newer_first(const void *a, const void *b)
{
	const struct said *one = a, *two = b;

	return (one->at_s < two->at_s) - (one->at_s > two->at_s);
}

static void write_texts(struct page *page, struct store *st, const struct person *person)
{
	struct all_said *ls = talloc_zero(page, struct all_said);

	OSMO_ASSERT(ls);
	store_dossier_texts(st, person->number, TEXTS_MAX, keep_text, ls);
	qsort(ls->at, ls->n, sizeof(ls->at[0]), newer_first);
	p_html(page, "<h2>");
	p_say(page, "Teksten", "Texts");
	p_html(page, "</h2>");
	if (ls->n == 0)
		nothing(page);
	else
		p_html(page, "<ol class=\"talk\" id=\"texts\">");
	for (size_t i = 0; i < ls->n; i++) {
		if (ls->at[i].out)
			p_html(page, "<li class=\"ours\"><span class=\"quiet\">");
		else
			p_html(page, "<li><span class=\"quiet\">");
		if (ls->at[i].out)
			p_say(page, "aan hen, ", "to them, ");
		else
			p_say(page, "van hen, ", "from them, ");
		p_time(page, ls->at[i].at_s);
		p_html(page, "</span><p>");
		p_text(page, ls->at[i].text);
		p_html(page, "</p></li>");
	}
	if (ls->n > 0)
		p_html(page, "</ol>");
	talloc_free(ls);
}

static bool write_call(const struct call_row *call, void *data)
{
	struct rows *rs = data;

	if (rs->n++ == 0)
		p_html(rs->page, "<ul id=\"calls\">");
	p_html(rs->page, "<li>");
	if (call->outgoing)
		p_say(rs->page, "aan hen, ", "to them, ");
	else
		p_say(rs->page, "van hen, ", "from them, ");
	p_time(rs->page, call->began_s);
	if (call->ended_s && call->answered_s)
		p_sayf(rs->page, ", %lld s", ", %lld s",
		       (long long)(call->ended_s - call->answered_s));
	p_html(rs->page, "</li>");
	return true;
}

static void write_calls(struct page *page, struct store *st, const struct person *person)
{
	struct rows rs = { .page = page };

	p_html(page, "<h2>");
	p_say(page, "Gesprekken", "Calls");
	p_html(page, "</h2>");
	store_dossier_calls(st, person->id, CALLS_MAX, write_call, &rs);
	if (rs.n > 0)
		p_html(page, "</ul>");
	else
		nothing(page);
}

/* ---- what an operator can do ---- */

static void write_actions(struct page *page, const struct console *con, const struct person *person)
{
	const char *address = address_of(con, person);

	p_html(page, "<div class=\"cards\">");
	if (person->blocked) {
		p_form(page, talloc_asprintf(con, "%s/release", address), "card");
		p_html(page, "<h2>");
		p_say(page, "Blokkade", "Block");
		p_html(page, "</h2>");
		p_button(page, "plain", "Opheffen", "Release");
		p_form_end(page);
	}
	p_form(page, talloc_asprintf(con, "%s/export", address), "card");
	p_html(page, "<h2>");
	p_say(page, "Inzage", "Access");
	p_html(page, "</h2><p>");
	p_say(page, "Alles wat van dit nummer bewaard is, als JSON-bestand.",
	      "All that is kept of this number, as a JSON file.");
	p_html(page, "</p>");
	p_button(page, "plain", "Downloaden", "Download");
	p_form_end(page);
	p_form(page, talloc_asprintf(con, "%s/forget", address), "card");
	p_html(page, "<h2>");
	p_say(page, "Vergeten", "Forget");
	p_html(page, "</h2><p>");
	p_say(page,
	      "Wist het nummer, de teksten en de opnames. Meldingen blijven, zonder wie ze deed. Dit "
	      "is niet terug te draaien.",
	      "Erases the number, the texts and the recordings. Reports stay, without who made them. "
	      "This cannot be undone.");
	p_html(page, "</p>");
	field_input(page, "again", "type=\"tel\" required maxlength=\"40\" autocomplete=\"off\"",
		    "Typ het nummer over", "Type the number again", "");
	p_button(page, "danger", "Vergeten", "Forget");
	p_form_end(page);
	p_html(page, "</div>");
}

void web_people_one(struct web_req *req)
{
	char masked[PHONE_SIZE];
	struct person person;
	struct console *con = enter(req, STAFF_EDITOR, &person);
	bool all = con && con->staff.role >= STAFF_OPERATOR;
	const char *shown;
	struct page *page;

	if (!con)
		return;
	shown = all ? person.number : phone_masked(masked, person.number);
	page = console_page(con, PAGE_PEOPLE, shown, shown);
	write_facts(page, con, &person);
	if (all)
		write_actions(page, con, &person);
	write_reports(page, req->web->st, &person);
	write_subscriptions(page, req->web->st, &person);
	write_texts(page, req->web->st, &person);
	write_calls(page, req->web->st, &person);
	p_html(page, "<h2>");
	p_say(page, "Ander nummer", "Another number");
	p_html(page, "</h2>");
	write_find(page);
	page_end(page, MHD_HTTP_OK);
}

/* ---- doing it ---- */

static void not_done(struct console *con, const char *address, int rc)
{
	if (rc == -EBUSY)
		console_failed(con, address, "Er loopt nu een gesprek met dit nummer.",
			       "A call with this number is under way.");
	else
		console_refuse(con, MHD_HTTP_SERVICE_UNAVAILABLE,
			       "Het is niet gedaan: de database kan nu niet schrijven.",
			       "It has not been done: the database cannot write now.");
}

void web_people_release(struct web_req *req)
{
	struct person person;
	struct console *con = enter(req, STAFF_OPERATOR, &person);
	struct store *st = req->web->st;
	char masked[PHONE_SIZE];
	int rc;

	if (!con)
		return;
	rc = store_begin(st);
	if (rc == 0) {
		if (!console_again(con)) {
			rc = store_person_block(st, person.id, NULL, clock_now_s());
			if (rc == 0)
				rc = console_audit(con, "released %s",
						   phone_masked(masked, person.number));
		}
		if (rc < 0)
			store_undo(st);
		else
			store_end(st);
	}
	if (rc < 0)
		not_done(con, address_of(con, &person), rc);
	else
		console_done(con, address_of(con, &person), "Opgeheven.", "Released.");
}

struct download {
	struct console *con;
	struct person person;
};

/* Nothing leaves the house before the audit says so. */
static void hand_out(void *data, uint64_t arg, bool ok)
{
	struct download *dl = data;
	struct web_req *req = dl->con->req;
	json_t *all;
	char *text;

	if (!ok || req->finished) {
		not_done(dl->con, NULL, -EIO);
		return;
	}
	all = dossier_export(req->web->st, &dl->person);
	text = json_dumps(all, JSON_INDENT(2));
	json_decref(all);
	OSMO_ASSERT(text);
	web_head(req, "Content-Disposition", "attachment; filename=\"meldlijn-person.json\"");
	web_answer(req, MHD_HTTP_OK, "application/json", text);
	free(text);
}

void web_people_export(struct web_req *req)
{
	struct download *dl = talloc_zero(req, struct download);
	struct store *st = req->web->st;
	char masked[PHONE_SIZE];

	OSMO_ASSERT(dl);
	dl->con = enter(req, STAFF_OPERATOR, &dl->person);
	if (!dl->con)
		return;
	if (store_begin(st) < 0) {
		not_done(dl->con, NULL, -EIO);
		return;
	}
	web_hold(req);
	store_after(st, hand_out, dl, 0);
	if (console_audit(dl->con, "exported %s", phone_masked(masked, dl->person.number)) < 0)
		store_undo(st);
	else
		store_end(st);
}

static int forget_person(struct console *con, const struct person *person)
{
	struct store *st = con->req->web->st;
	const char *who = talloc_asprintf(con, "staff %s", con->staff.name);
	char masked[PHONE_SIZE];
	int rc = store_begin(st);

	if (rc < 0)
		return rc;
	rc = dossier_forget(st, person, who, "console", clock_now_s());
	if (rc == 0)
		rc = console_audit(con, "forgot %s", phone_masked(masked, person->number));
	if (rc < 0)
		store_undo(st);
	else
		store_end(st);
	return rc;
}

void web_people_forget(struct web_req *req)
{
	struct person person;
	struct console *con = enter(req, STAFF_OPERATOR, &person);
	char number[PHONE_SIZE];
	int rc;

	if (!con)
		return;
	if (phone_normalise(number, console_field(con, "again"), req->web->country) < 0 ||
	    strcmp(number, person.number) != 0) {
		console_failed(con, address_of(con, &person),
			       "Dat is een ander nummer. Er is niets gewist.",
			       "That is another number. Nothing has been erased.");
		return;
	}
	rc = forget_person(con, &person);
	if (rc < 0)
		not_done(con, address_of(con, &person), rc);
	else
		console_done(con, "/console/people", "Vergeten.", "Forgotten.");
}
