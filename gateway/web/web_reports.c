// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_reports.c - /console/reports: reports by words, state, kind, area and contractor, or those near a place with how
 * far they are. */
#include "web/web_reports.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "desk/desk.h"
#include "store/store_search.h"
#include "talk/category.h"
#include "web/web_field.h"
#include "wire/form.h"

#define A_PAGE	 50
#define NEAR_MAX 100
#define NEAR_M	 2000.0
#define DEGREE_M 111320.0 /* of latitude */

struct list {
	struct console *con;
	struct page *page;
	bool near;
	double lat, lon;
	int64_t now_s;
	unsigned int n;
};

static bool dutch(const struct console *con)
{
	return strcmp(con->staff.language, "en") != 0;
}

const char *web_category_name(const struct console *con, const char *slug)
{
	const struct talk *talk = con->req->web->user.talk ? *con->req->web->user.talk : NULL;

	if (!talk || !talk->categories)
		return slug;
	return category_name(talk->categories, slug, dutch(con) ? "nl" : "en");
}

double web_distance_m(double lat1, double lon1, double lat2, double lon2)
{
	double north = (lat2 - lat1) * DEGREE_M;
	double east = (lon2 - lon1) * DEGREE_M * cos((lat1 + lat2) / 2 * M_PI / 180);

	return sqrt(north * north + east * east);
}

/* ---- rows ---- */

static void begin_table(struct list *ls)
{
	struct page *page = ls->page;

	p_html(page, "<table class=\"cards\" id=\"reports\"><thead><tr>");
	field_head(page, "Nummer", "Number");
	field_head(page, "Toestand", "State");
	field_head(page, "Wat", "What");
	field_head(page, "Waar", "Where");
	if (ls->near)
		field_head(page, "Afstand", "Distance");
	field_head(page, "Sinds", "Since");
	field_head(page, "Klaar", "Solved by");
	field_head(page, "Uitvoerder", "Contractor");
	p_html(page, "</tr></thead><tbody>");
}

static void write_where(struct page *page, const struct report *r)
{
	const char *place = r->place && r->place[0] ? r->place : NULL;

	if (place)
		p_text(page, place);
	/* most places end with their area */
	if (place && r->area && !strstr(place, r->area))
		p_html(page, ", ");
	if (r->area && (!place || !strstr(place, r->area)))
		p_text(page, r->area);
	if (!place && !r->area)
		p_html(page, "-");
}

static void write_when(struct list *ls, const struct report *r)
{
	int64_t by_s = r->expected_s ? r->expected_s : r->promise_s;

	p_date(ls->page, by_s);
	if (report_is_open(r->state) && by_s < ls->now_s) {
		p_html(ls->page, " <span class=\"state bad\">");
		p_say(ls->page, "te laat", "late");
		p_html(ls->page, "</span>");
	}
}

static bool write_row(const struct report *r, void *data)
{
	struct list *ls = data;
	struct page *page = ls->page;

	if (ls->n++ == 0)
		begin_table(ls);
	p_html(page, "<tr>");
	field_cell(page, "Nummer", "Number");
	p_reference(page, r->reference);
	if (r->urgent) {
		p_html(page, " <span class=\"state bad\">");
		p_say(page, "spoed", "urgent");
		p_html(page, "</span>");
	}
	p_html(page, "</td>");
	field_cell(page, "Toestand", "State");
	p_state(page, r->state);
	p_html(page, "</td>");
	field_cell(page, "Wat", "What");
	p_text(page, web_category_name(ls->con, r->category));
	p_html(page, "</td>");
	field_cell(page, "Waar", "Where");
	write_where(page, r);
	p_html(page, "</td>");
	if (ls->near) {
		field_cell(page, "Afstand", "Distance");
		p_number(page, lround(web_distance_m(ls->lat, ls->lon, r->lat, r->lon)));
		p_html(page, " m</td>");
	}
	field_cell(page, "Sinds", "Since");
	p_date(page, r->created_s);
	p_html(page, "</td>");
	field_cell(page, "Klaar", "Solved by");
	write_when(ls, r);
	p_html(page, "</td>");
	field_cell(page, "Uitvoerder", "Contractor");
	p_text(page, r->contractor[0] ? r->contractor : "-");
	p_html(page, "</td></tr>");
	return true;
}

/* all: every report was looked at */
static void end_table(struct list *ls, bool all)
{
	if (ls->n > 0) {
		p_html(ls->page, "</tbody></table>");
		return;
	}
	p_html(ls->page, "<p>");
	if (all)
		p_say(ls->page, "Er is niets gevonden.", "Nothing was found.");
	else
		p_say(ls->page, "Er is nog niets gevonden.", "Nothing was found yet.");
	p_html(ls->page, "</p>");
}

/* ---- what is looked for ---- */

static void option(struct page *page, const char *value, const char *chosen, const char *shown)
{
	p_html(page, "<option value=\"");
	p_text(page, value);
	p_html(page, "\"");
	if (!strcmp(value, chosen))
		p_html(page, " selected");
	p_html(page, ">");
	p_text(page, shown);
	p_html(page, "</option>");
}

static void state_field(const struct console *con, struct page *page, const char *chosen)
{
	static const struct {
		const char *state, *nl, *en;
	} states[] = {
		{ "open", "Open", "Open" },
		{ "", "Alle", "All" },
		{ "received", "Ontvangen", "Received" },
		{ "forwarded", "Doorgestuurd", "Forwarded" },
		{ "planned", "Gepland", "Planned" },
		{ "in_progress", "In uitvoering", "In progress" },
		{ "reopened", "Heropend", "Reopened" },
		{ "solved", "Opgelost", "Solved" },
		{ "closed", "Gesloten", "Closed" },
		{ "rejected", "Afgewezen", "Rejected" },
	};

	field_select(page, "state", "Toestand", "State");
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		option(page, states[i].state, chosen, dutch(con) ? states[i].nl : states[i].en);
	field_select_end(page);
}

static void category_field(const struct console *con, struct page *page, const char *chosen)
{
	const struct talk *talk = con->req->web->user.talk ? *con->req->web->user.talk : NULL;
	const struct categories *cats = talk ? talk->categories : NULL;

	field_select(page, "category", "Wat", "What");
	option(page, "", chosen, dutch(con) ? "Alles" : "Everything");
	for (size_t m = 0; cats && m < categories_main_count(cats); m++) {
		const char *group = category_main_at(cats, m);

		p_html(page, "<optgroup label=\"");
		p_text(page, category_main_name(cats, group, dutch(con) ? "nl" : "en"));
		p_html(page, "\">");
		for (size_t i = 0; i < categories_count(cats); i++) {
			const struct category *cat = category_at(cats, i);

			if (!strcmp(cat->main, group))
				option(page, cat->slug, chosen, web_category_name(con, cat->slug));
		}
		p_html(page, "</optgroup>");
	}
	field_select_end(page);
}

struct choice {
	struct page *page;
	const char *chosen;
};

static bool area_option(int64_t id, const char *name, const char *slug, void *data)
{
	struct choice *ch = data;

	option(ch->page, slug, ch->chosen, name);
	return true;
}

static void area_field(const struct console *con, struct page *page, const char *chosen)
{
	struct choice ch = { .page = page, .chosen = chosen };

	field_select(page, "area", "Wijk", "Area");
	option(page, "", chosen, dutch(con) ? "Alle" : "All");
	store_area_list(con->req->web->st, area_option, &ch);
	field_select_end(page);
}

static void contractor_option(struct contractor *c, void *data)
{
	const char *name = contractor_cfg_of(c)->name;
	struct choice *ch = data;

	option(ch->page, name, ch->chosen, name);
}

static void contractor_field(const struct console *con, struct page *page, const char *chosen)
{
	struct choice ch = { .page = page, .chosen = chosen };

	field_select(page, "contractor", "Uitvoerder", "Contractor");
	option(page, "", chosen, dutch(con) ? "Alle" : "All");
	forwarder_each(con->req->web->fw, contractor_option, &ch);
	field_select_end(page);
}

static void write_filter(const struct console *con, struct page *page, const char *state)
{
	p_html(page,
	       "<form class=\"filter\" method=\"get\" action=\"/console/reports\" role=\"search\">");
	field_input(page, "q", "type=\"search\" maxlength=\"100\"", "Woorden of nummer",
		    "Words or number", console_param(con, "q"));
	state_field(con, page, state);
	category_field(con, page, console_param(con, "category"));
	area_field(con, page, console_param(con, "area"));
	contractor_field(con, page, console_param(con, "contractor"));
	field_input(page, "near", "type=\"search\" maxlength=\"100\"", "In de buurt van", "Near",
		    console_param(con, "near"));
	p_button(page, NULL, "Zoeken", "Search");
	p_html(page, "</form>");
}

/* ---- near a place ---- */

/* As a resident would text it: "2511BT 70", "Spui 70". 0; -ENOENT */
static int find_place(struct console *con, const char *text, struct list *ls)
{
	struct web *web = con->req->web;
	const struct talk *talk = web->user.talk ? *web->user.talk : NULL;
	struct dialogue_turn turn = { .now_s = ls->now_s, .talk = talk };
	struct dialogue_found found = {};
	json_t *slots, *first;
	int rc;

	if (!talk || !web->user.desk)
		return -ENOENT;
	OSMO_STRLCPY_ARRAY(turn.language, talk->languages[0]);
	slots = json_object();
	rc = desk_ops.find(web->user.desk, "place", text, slots, &turn, &found);
	first = json_array_get(found.candidates, 0);
	if (rc == 0 && !json_is_number(json_object_get(first, "lat")))
		rc = -ENOENT;
	if (rc == 0) {
		ls->lat = json_number_value(json_object_get(first, "lat"));
		ls->lon = json_number_value(json_object_get(first, "lon"));
	}
	json_decref(found.candidates);
	json_decref(slots);
	return rc;
}

static void write_near(struct list *ls, const struct report_search *search)
{
	struct report *rows = talloc_array(ls->con, struct report, NEAR_MAX);
	double span = NEAR_M / DEGREE_M;
	struct report_near near = { .lat = ls->lat,
				    .lon = ls->lon,
				    .lat_span = span,
				    .lon_span = span / cos(ls->lat * M_PI / 180),
				    .category = search->category,
				    .contractor = search->contractor,
				    .area_id = search->area_id };
	int n;

	OSMO_ASSERT(rows);
	n = store_report_near(ls->con, ls->con->req->web->st, &near, rows, NEAR_MAX);
	for (int i = 0; i < n; i++)
		write_row(&rows[i], ls);
	end_table(ls, true);
	p_html(ls->page, "<p class=\"quiet\">");
	p_say(ls->page, "Open meldingen binnen twee kilometer, de dichtste eerst.",
	      "Open reports within two kilometres, nearest first.");
	p_html(ls->page, "</p>");
}

/* ---- the list ---- */

static void write_earlier(struct list *ls, const char *state, int64_t next_id)
{
	static const char *const names[] = { "q", "category", "area", "contractor" };
	struct page *page = ls->page;

	if (!next_id)
		return;
	if (ls->n < A_PAGE) {
		p_html(page, "<p id=\"stopped\">");
		p_say(page, "Nog niet alle meldingen zijn doorzocht.",
		      "Not all reports have been searched yet.");
		p_html(page, "</p>");
	}
	p_html(page, "<p class=\"pages\"><a href=\"/console/reports?state=");
	p_param(page, state);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!console_param(ls->con, names[i])[0])
			continue;
		p_html(page, "&amp;");
		p_text(page, names[i]);
		p_html(page, "=");
		p_param(page, console_param(ls->con, names[i]));
	}
	p_textf(page, "&before=%lld", (long long)next_id);
	p_html(page, "\">");
	if (ls->n < A_PAGE)
		p_say(page, "Verder zoeken in oudere meldingen", "Search on in older reports");
	else
		p_say(page, "Oudere meldingen", "Older reports");
	p_html(page, "</a></p>");
}

/* \returns false if it has been answered: a number leads straight to its report */
static bool is_words(struct console *con, const char *words)
{
	char reference[REPORT_REFERENCE_SIZE];
	struct report r;

	if (report_reference_read(reference, words) < 0 ||
	    store_report_by_reference(con, con->req->web->st, reference, &r) < 0)
		return true;
	web_see(con->req, web_report_address(con, &r));
	return false;
}

static int64_t read_before(const char *text)
{
	int64_t n = 0;

	for (; *text >= '0' && *text <= '9' && n < INT64_MAX / 100; text++)
		n = n * 10 + (*text - '0');
	return *text ? 0 : n;
}

static void write_search(struct list *ls, struct report_search *search)
{
	int64_t next_id;

	if (store_report_search(ls->con, ls->con->req->web->st, search, A_PAGE, write_row, ls,
				&next_id) < 0) {
		p_notice(ls->page, true,
			 dutch(ls->con) ? "De database is nu niet te lezen."
					: "The database cannot be read now.");
		return;
	}
	end_table(ls, next_id == 0);
	write_earlier(ls, search->state, next_id);
}

void web_reports(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	struct list ls = { .con = con, .now_s = clock_now_s() };
	struct report_search search = { .area_id = 0 };
	const char *near;
	char name[64];

	if (!con || !is_words(con, console_param(con, "q")))
		return;
	search.words = console_param(con, "q");
	search.state = target_param(&req->target, "state") ? console_param(con, "state") : "open";
	search.category = console_param(con, "category");
	search.contractor = console_param(con, "contractor");
	search.before_id = read_before(console_param(con, "before"));
	if (console_param(con, "area")[0] &&
	    store_area_find(req->web->st, console_param(con, "area"), &search.area_id, name,
			    sizeof(name)) < 0)
		search.area_id = -1; /* no report is there */
	near = console_param(con, "near");
	ls.page = console_page(con, PAGE_REPORTS, "Meldingen", "Reports");
	if (near[0] && find_place(con, near, &ls) < 0) {
		p_notice(
			ls.page, true,
			dutch(con)
				? "Deze plek staat niet in het adresregister. Schrijf een postcode en "
				  "nummer, of een straat en nummer."
				: "This place is not in the address register. Write a postcode and "
				  "number, or a street and number.");
		near = "";
	}
	write_filter(con, ls.page, search.state);
	ls.near = near[0];
	if (ls.near)
		write_near(&ls, &search);
	else
		write_search(&ls, &search);
	page_end(ls.page, MHD_HTTP_OK);
}
