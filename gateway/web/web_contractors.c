// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_contractors.c - /console/contractors: who repairs, whether they answer, and what they have not taken yet. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "web/web_field.h"
#include "web/web_figures.h"

#define DAY_S	     86400
#define RECENT_WEEKS 4
#define ORDERS_MAX   100

static int64_t this_week(void)
{
	return week_of_day(clock_now_s() / DAY_S);
}

/* ---- how long they took ---- */

struct took {
	const char *name;
	struct console_took of; /* solved 0: nothing */
};

static bool find_took(const struct console_took *took, void *data)
{
	struct took *tk = data;

	if (strcmp(took->contractor, tk->name) != 0)
		return true;
	tk->of = *took;
	return false;
}

static void write_took(struct page *page, const char *name)
{
	struct took tk = { .name = name };

	store_console_took(page_req(page)->web->st, this_week() - RECENT_WEEKS + 1, find_took, &tk);
	if (!tk.of.solved) {
		p_html(page, "-");
		return;
	}
	figures_write_hours(page, tk.of.p50_h);
	p_html(page, " / ");
	figures_write_hours(page, tk.of.p90_h);
}

/* ---- state ---- */

static bool is_up(const struct contractor_status *cs)
{
	return !strcmp(cs->state, "up");
}

/* One without a system is written to by text and never asked. */
static bool is_asked(const struct contractor *c)
{
	return contractor_cfg_of(c)->format != CONTRACTOR_LINK;
}

static void write_state(struct page *page, const struct contractor *c,
			const struct contractor_status *cs)
{
	if (!is_asked(c)) {
		p_say(page, "door een tekst met een koppeling", "by text, with a link");
		return;
	}
	if (is_up(cs)) {
		p_html(page, "<span class=\"state up\">");
		p_say(page, "bereikbaar", "reachable");
	} else {
		p_html(page, "<span class=\"state down\">");
		p_say(page, "antwoordt niet", "does not answer");
	}
	p_html(page, "</span>");
	if (cs->up_since_s || cs->down_since_s) {
		p_html(page, " <span class=\"quiet\">");
		p_say(page, "sinds ", "since ");
		p_time(page, is_up(cs) ? cs->up_since_s : cs->down_since_s);
		p_html(page, "</span>");
	}
}

static void write_stuck(struct page *page, int64_t stuck)
{
	if (stuck > 0)
		p_html(page, "<span class=\"state stuck\">");
	p_number(page, stuck);
	if (stuck > 0)
		p_html(page, "</span>");
}

/* ---- the list ---- */

static void write_row(struct contractor *c, void *data)
{
	const char *name = contractor_cfg_of(c)->name;
	struct page *page = data;
	struct contractor_status cs;
	struct forward_counts counts = { 0 };

	contractor_status(c, &cs);
	store_forward_counts(page_req(page)->web->st, name, &counts);
	p_html(page, "<tr>");
	field_cell(page, "Naam", "Name");
	p_html(page, "<a href=\"/console/contractors/");
	p_param(page, name);
	p_html(page, "\">");
	p_text(page, name);
	p_html(page, "</a></td>");
	field_cell(page, "Toestand", "State");
	p_html(page, "<span>");
	write_state(page, c, &cs);
	p_html(page, "</span></td>");
	field_cell(page, "Wacht", "Waiting");
	p_number(page, counts.due);
	p_html(page, "</td>");
	field_cell(page, "Vast", "Stuck");
	write_stuck(page, counts.stuck);
	p_html(page, "</td>");
	field_cell(page, "Oudste", "Oldest");
	if (counts.oldest_s)
		p_time(page, counts.oldest_s);
	else
		p_html(page, "-");
	p_html(page, "</td>");
	field_cell(page, "Helft / negen van tien", "Half / nine of ten");
	write_took(page, name);
	p_html(page, "</td></tr>");
}

static void count_one(struct contractor *c, void *data)
{
	(*(unsigned int *)data)++;
}

static void write_unrouted(struct page *page)
{
	struct forward_counts counts = { 0 };

	store_forward_counts(page_req(page)->web->st, "", &counts);
	if (counts.due + counts.stuck == 0)
		return;
	p_html(page, "<p class=\"notice wrong\">");
	p_sayf(page,
	       "%lld opdrachten zijn van niemand: geen uitvoerder in de configuratie doet dit werk daar.",
	       "%lld orders are nobody's: no contractor of the configuration does this work there.",
	       (long long)(counts.due + counts.stuck));
	p_html(page, "</p>");
}

void web_contractors(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	unsigned int n = 0;
	struct page *page;

	if (!con)
		return;
	page = console_page(con, PAGE_CONTRACTORS, "Uitvoerders", "Contractors");
	forwarder_each(req->web->fw, count_one, &n);
	write_unrouted(page);
	if (n == 0) {
		p_html(page, "<p>");
		p_say(page, "Er is geen uitvoerder ingesteld.", "No contractor is configured.");
		p_html(page, "</p>");
		page_end(page, MHD_HTTP_OK);
		return;
	}
	p_html(page, "<table class=\"cards\" id=\"contractors\"><thead><tr>");
	field_head(page, "Naam", "Name");
	field_head(page, "Toestand", "State");
	field_head(page, "Wacht", "Waiting");
	field_head(page, "Vast", "Stuck");
	field_head(page, "Oudste", "Oldest");
	field_head(page, "Helft / negen van tien", "Half / nine of ten");
	p_html(page, "</tr></thead><tbody>");
	forwarder_each(req->web->fw, write_row, page);
	p_html(page, "</tbody></table><p class=\"quiet\">");
	p_say(page,
	      "De laatste kolom: binnen welke tijd de helft, en negen van de tien, opgelost was in de "
	      "laatste vier weken.",
	      "The last column: within what time half, and nine of ten, were solved in the last four "
	      "weeks.");
	p_html(page, "</p>");
	page_end(page, MHD_HTTP_OK);
}

/* ---- one: what it has not taken ---- */

struct orders {
	struct page *page;
	void *ctx;
	unsigned int n;
};

static void write_when(struct page *page, const struct forward *f, const char *state)
{
	if (!strcmp(state, "stuck")) {
		p_html(page, "<span class=\"state stuck\">");
		p_say(page, "vast", "stuck");
		p_html(page, "</span>");
	} else if (!strcmp(state, "behind")) {
		p_say(page, "na de vorige", "after the one before");
	} else if (f->due_s <= clock_now_s()) {
		p_say(page, "nu", "now");
	} else {
		p_time(page, f->due_s);
	}
}

static void begin_orders(struct page *page)
{
	p_html(page, "<table class=\"cards\" id=\"orders\"><thead><tr>");
	field_head(page, "Melding", "Report");
	field_head(page, "Wat", "What");
	field_head(page, "Sinds", "Since");
	field_head(page, "Pogingen", "Tries");
	field_head(page, "Volgende", "Next");
	field_head(page, "Laatste fout", "Last error");
	p_html(page, "</tr></thead><tbody>");
}

static void write_kind(struct page *page, const struct forward *f)
{
	if (f->withdraws)
		p_say(page, "intrekking", "withdrawal");
	else if (f->event_id)
		p_say(page, "bericht", "update");
	else
		p_say(page, "opdracht", "order");
}

static bool write_order(const struct forward *f, const char *state, void *data)
{
	struct orders *os = data;
	struct page *page = os->page;
	struct report r;

	if (os->n++ == 0)
		begin_orders(page);
	p_html(page, "<tr>");
	field_cell(page, "Melding", "Report");
	if (store_report_get(os->ctx, page_req(page)->web->st, f->report_id, &r) == 0)
		p_reference(page, r.reference);
	p_html(page, "</td>");
	field_cell(page, "Wat", "What");
	write_kind(page, f);
	p_html(page, "</td>");
	field_cell(page, "Sinds", "Since");
	p_time(page, f->created_s);
	p_html(page, "</td>");
	field_cell(page, "Pogingen", "Tries");
	p_number(page, f->tries);
	p_html(page, "</td>");
	field_cell(page, "Volgende", "Next");
	write_when(page, f, state);
	p_html(page, "</td>");
	field_cell(page, "Laatste fout", "Last error");
	p_text(page, f->error ? f->error : "-");
	p_html(page, "</td></tr>");
	return true;
}

static void write_orders(const struct console *con, struct page *page, const char *name)
{
	struct orders os = { .page = page, .ctx = talloc_new(con) };

	p_html(page, "<h2>");
	p_say(page, "Nog niet aangenomen", "Not taken yet");
	p_html(page, "</h2>");
	store_forward_of_contractor(os.ctx, con->req->web->st, name, ORDERS_MAX, write_order, &os);
	if (os.n > 0) {
		p_html(page, "</tbody></table>");
	} else {
		p_html(page, "<p>");
		p_say(page, "Alles is aangenomen.", "Everything has been taken.");
		p_html(page, "</p>");
	}
	if (os.n == ORDERS_MAX) {
		p_html(page, "<p class=\"quiet\">");
		p_sayf(page, "De eerste %d.", "The first %d.", ORDERS_MAX);
		p_html(page, "</p>");
	}
	talloc_free(os.ctx);
}

static void fact_number(struct page *page, int64_t n, const char *nl, const char *en)
{
	p_html(page, "<div><dt>");
	p_say(page, nl, en);
	p_html(page, "</dt><dd>");
	p_number(page, n);
	p_html(page, "</dd></div>");
}

static void write_facts(struct page *page, const struct contractor *c,
			const struct contractor_status *cs)
{
	p_html(page, "<dl class=\"facts\">");
	field_fact(page, "Toestand", "State");
	write_state(page, c, cs);
	p_html(page, "</dd>");
	field_fact(page, "Laatste fout", "Last error");
	p_text(page, cs->last_error && cs->last_error[0] ? cs->last_error : "-");
	p_html(page, "</dd>");
	field_fact(page, "Opgelost: helft / negen van tien", "Solved: half / nine of ten");
	write_took(page, contractor_cfg_of(c)->name);
	p_html(page, "</dd></dl><dl class=\"figures card\">");
	fact_number(page, (int64_t)cs->asked, "gevraagd sinds de start", "asked since the start");
	fact_number(page, (int64_t)cs->taken, "aangenomen", "taken");
	fact_number(page, (int64_t)cs->failed, "mislukt", "failed");
	fact_number(page, (int64_t)cs->refused, "geweigerd", "refused");
	p_html(page, "</dl>");
}

static void write_action(const struct console *con, struct page *page, const char *name,
			 const char *what, const char *nl, const char *en)
{
	p_form(page, talloc_asprintf(con, "/console/contractors/%s/%s", name, what), "inline");
	p_button(page, "plain", nl, en);
	p_form_end(page);
	p_html(page, " ");
}

/* NULL: it has been answered */
static struct contractor *find(struct console *con)
{
	struct contractor *c = forwarder_find(con->req->web->fw, web_segment(con->req, 2));

	if (!c)
		console_refuse(con, MHD_HTTP_NOT_FOUND, "Die uitvoerder is er niet.",
			       "There is no such contractor.");
	return c;
}

void web_contractor_one(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	struct contractor *c = con ? find(con) : NULL;
	struct contractor_status cs;
	struct page *page;
	const char *name;

	if (!c)
		return;
	name = contractor_cfg_of(c)->name;
	contractor_status(c, &cs);
	page = console_page(con, PAGE_CONTRACTORS, name, name);
	write_facts(page, c, &cs);
	if (con->staff.role >= STAFF_OPERATOR) {
		p_html(page, "<div>");
		if (is_asked(c) && !is_up(&cs))
			write_action(con, page, name, "try", "Probeer nu", "Try now");
		write_action(con, page, name, "again", "Stuur alles opnieuw", "Send all again");
		p_html(page, "</div>");
	}
	write_orders(con, page, name);
	p_html(page, "<p><a href=\"/console/contractors\">");
	p_say(page, "Alle uitvoerders", "All contractors");
	p_html(page, "</a></p>");
	page_end(page, MHD_HTTP_OK);
}

/* ---- what the operator does ---- */

/* \returns 1 to go on; 0 the same form came before; -errno, answered */
static int note_doing(struct console *con, const char *name, const char *what)
{
	struct store *st = con->req->web->st;
	int rc = store_begin(st);

	if (rc == 0) {
		rc = console_again(con) ? 0 : 1;
		if (rc > 0 && console_audit(con, "contractor %s: %s", name, what) < 0) {
			store_undo(st);
			rc = -EIO;
		} else {
			store_end(st);
		}
	}
	if (rc < 0)
		console_refuse(con, MHD_HTTP_SERVICE_UNAVAILABLE,
			       "Het is niet gedaan: de database kan nu niet schrijven.",
			       "It has not been done: the database cannot write now.");
	return rc;
}

static const char *address_of(const struct console *con, const char *name)
{
	return talloc_asprintf(con, "/console/contractors/%s", name);
}

void web_contractor_try(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_OPERATOR);
	struct contractor *c = con ? find(con) : NULL;
	const char *name;
	int rc;

	if (!c)
		return;
	name = contractor_cfg_of(c)->name;
	rc = note_doing(con, name, "try now");
	if (rc < 0)
		return;
	if (rc > 0)
		contractor_kick(c);
	console_done(con, address_of(con, name), "Er wordt nu geprobeerd.",
		     "It is being tried now.");
}

void web_contractor_again(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_OPERATOR);
	struct contractor *c = con ? find(con) : NULL;
	const char *name;
	int rc, n = 0;

	if (!c)
		return;
	name = contractor_cfg_of(c)->name;
	rc = note_doing(con, name, "send again");
	if (rc < 0)
		return;
	if (rc > 0)
		n = forwarder_again(req->web->fw, name);
	if (n < 0)
		console_failed(con, address_of(con, name), "De database weigerde: zie het logboek.",
			       "The database refused: see the log.");
	else
		console_done(con, address_of(con, name),
			     talloc_asprintf(con, "%d worden nu opnieuw verstuurd.", n),
			     talloc_asprintf(con, "%d are being sent again now.", n));
}
