// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_today.c - /console/: how the line is, at a glance.  Plots are SVG made here, each beside its figures in a table;
 * what live.js changes has an id. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "store/store_console.h"
#include "web/web_page.h"
#include "web/web_plot.h"

#define DAY_S	     86400
#define WEEKS	     26
#define RECENT_DAYS  28
#define RECENT_WEEKS 4
#define BARS_MAX     12

/* ---- lines, queue, alarms ---- */

static const struct {
	const char *state, *nl, *en;
} line_words[] = {
	{ "up", "werkt", "works" },
	{ "down", "werkt niet", "does not work" },
	{ "stopped", "gestopt", "stopped" },
	{ "shutdown", "staat uit", "is switched off" },
};

static void write_line(struct page *page, json_t *line)
{
	const char *state = json_string_value(json_object_get(line, "state"));
	const char *name = json_string_value(json_object_get(line, "name"));
	int64_t since_s = json_integer_value(json_object_get(line, "since"));
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(line_words) &&
	       (!state || strcmp(line_words[i].state, state) != 0))
		i++;
	p_html(page, "<tr data-line=\"");
	p_text(page, name);
	p_html(page, "\"><th scope=\"row\">");
	p_text(page, name);
	p_html(page, "</th><td><span class=\"state ");
	p_text(page, state);
	p_html(page, "\">");
	p_say(page, line_words[i].nl, line_words[i].en);
	p_html(page, "</span></td><td>");
	if (since_s)
		p_time(page, since_s);
	p_html(page, "</td></tr>");
}

static void write_lines(struct page *page, const struct web *web)
{
	json_t *lines = web->user.lines ? web->user.lines(web->user.data) : json_array();
	json_t *line;
	size_t i;

	p_html(page, "<section aria-labelledby=\"h-lines\"><h2 id=\"h-lines\">");
	p_say(page, "Lijnen", "Lines");
	p_html(page, "</h2>");
	if (json_array_size(lines) > 0) {
		p_html(page, "<table id=\"lines\"");
		for (i = 0; i < ARRAY_SIZE(line_words); i++) {
			p_html(page, " data-");
			p_text(page, line_words[i].state);
			p_html(page, "=\"");
			p_say(page, line_words[i].nl, line_words[i].en);
			p_html(page, "\"");
		}
		p_html(page, "><thead><tr><th scope=\"col\">");
		p_say(page, "Lijn", "Line");
		p_html(page, "</th><th scope=\"col\">");
		p_say(page, "Toestand", "State");
		p_html(page, "</th><th scope=\"col\">");
		p_say(page, "Sinds", "Since");
		p_html(page, "</th></tr></thead><tbody>");
		json_array_foreach (lines, i, line)
			write_line(page, line);
		p_html(page, "</tbody></table>");
	} else {
		p_html(page, "<p>");
		p_say(page, "Er is geen lijn ingesteld.", "No line is configured.");
		p_html(page, "</p>");
	}
	p_html(page, "</section>");
	json_decref(lines);
}

static void figure(struct page *page, const char *id, int64_t n, const char *nl, const char *en)
{
	p_html(page, "<div><dt>");
	p_say(page, nl, en);
	p_html(page, "</dt><dd id=\"");
	p_text(page, id);
	p_html(page, "\">");
	p_number(page, n);
	p_html(page, "</dd></div>");
}

static void write_queue(struct page *page, struct store *st)
{
	struct outbox_counts counts = { .sending = 0 };

	store_outbox_counts(st, &counts);
	p_html(page, "<section aria-labelledby=\"h-queue\"><h2 id=\"h-queue\">");
	p_say(page, "Wachtrij", "Queue");
	p_html(page, "</h2><dl class=\"figures\">");
	figure(page, "lane-reply", counts.queued[0], "antwoorden", "replies");
	figure(page, "lane-status", counts.queued[1], "statussen", "status texts");
	figure(page, "lane-notice", counts.queued[2], "berichten", "notices");
	figure(page, "lane-sending", counts.sending, "worden verzonden", "being sent");
	figure(page, "lane-doubt", counts.doubt, "onzeker", "in doubt");
	p_html(page, "</dl><p class=\"quiet\">");
	if (counts.oldest_s)
		p_sayf(page, "De oudste wacht %" PRId64 " min.",
		       "The oldest has waited %" PRId64 " min.",
		       OSMO_MAX(clock_now_s() - counts.oldest_s, 0) / 60);
	else
		p_say(page, "Er wacht niets.", "Nothing waits.");
	p_html(page, "</p></section>");
}

struct alarms {
	struct page *page;
	unsigned int n;
};

static bool write_alarm(const char *what, const char *detail, int64_t since_s, int64_t ended_s,
			void *data)
{
	struct alarms *al = data;

	if (al->n++ == 0)
		p_html(al->page, "<ul>");
	p_html(al->page, "<li data-what=\"");
	p_text(al->page, what);
	p_html(al->page, "\"><strong>");
	p_text(al->page, what);
	p_html(al->page, "</strong>: ");
	p_text(al->page, detail);
	p_html(al->page, " <span class=\"quiet\">");
	p_time(al->page, since_s);
	p_html(al->page, "</span></li>");
	return true;
}

static void write_alarms(struct page *page, struct store *st)
{
	struct alarms al = { .page = page };

	p_html(page, "<section aria-labelledby=\"h-alarms\"><h2 id=\"h-alarms\">");
	p_say(page, "Alarmen", "Alarms");
	p_html(page, "</h2><div id=\"alarms\" data-none=\"");
	p_say(page, "Er is geen alarm.", "There is no alarm.");
	p_html(page, "\">");
	store_alarm_list(st, true, write_alarm, &al);
	if (al.n > 0) {
		p_html(page, "</ul>");
	} else {
		p_html(page, "<p>");
		p_say(page, "Er is geen alarm.", "There is no alarm.");
		p_html(page, "</p>");
	}
	p_html(page, "</div></section>");
}

static void write_states(struct page *page, struct store *st)
{
	struct store_figures figures = { .people = 0 };

	store_figures(st, &figures);
	p_html(page, "<section class=\"tall\" aria-labelledby=\"h-states\"><h2 id=\"h-states\">");
	p_say(page, "Meldingen", "Reports");
	p_html(page, "</h2><table><thead><tr><th scope=\"col\">");
	p_say(page, "Toestand", "State");
	p_html(page, "</th><th scope=\"col\" class=\"number\">");
	p_say(page, "Aantal", "Number");
	p_html(page, "</th></tr></thead><tbody>");
	for (unsigned int i = 0; i < REPORT_STATE_COUNT; i++) {
		p_html(page, "<tr><th scope=\"row\">");
		p_state(page, i);
		p_html(page, "</th><td class=\"number\" id=\"reports-");
		p_text(page, report_state_name(i));
		p_html(page, "\">");
		p_number(page, figures.reports[i]);
		p_html(page, "</td></tr>");
	}
	p_html(page, "</tbody></table></section>");
}

/* ---- weeks ---- */

static void column(struct page *page, const char *nl, const char *en, bool number)
{
	if (number)
		p_html(page, "<th scope=\"col\" class=\"number\">");
	else
		p_html(page, "<th scope=\"col\">");
	p_say(page, nl, en);
	p_html(page, "</th>");
}

static void cell(struct page *page, int64_t n)
{
	p_html(page, "<td class=\"number\">");
	p_number(page, n);
	p_html(page, "</td>");
}

static void write_week_table(struct page *page, int64_t first, const struct console_week *weeks)
{
	p_html(page, "<details><summary>");
	p_say(page, "De cijfers als tabel", "The figures as a table");
	p_html(page, "</summary><div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"");
	p_say(page, "Meldingen per week", "Reports by week");
	p_html(page, "\"><table><thead><tr>");
	column(page, "Week van", "Week of", false);
	column(page, "Gemeld", "Filed", true);
	column(page, "Opgelost", "Solved", true);
	column(page, "Binnen de belofte", "Within the promise", true);
	p_html(page, "</tr></thead><tbody>");
	for (size_t i = WEEKS; i-- > 0;) {
		p_html(page, "<tr><th scope=\"row\">");
		p_date(page, day_of_week(first + (int64_t)i) * DAY_S + DAY_S / 2);
		p_html(page, "</th>");
		cell(page, weeks[i].filed);
		cell(page, weeks[i].solved);
		cell(page, weeks[i].kept);
		p_html(page, "</tr>");
	}
	p_html(page, "</tbody></table></div></details>");
}

static void write_weeks(struct page *page, int64_t first, const struct console_week *weeks)
{
	int64_t filed[WEEKS];

	for (size_t i = 0; i < WEEKS; i++)
		filed[i] = weeks[i].filed;
	p_html(page, "<section class=\"card\"><figure><figcaption id=\"h-weeks\">");
	p_say(page, "Meldingen per week, het afgelopen halfjaar",
	      "Reports by week, the past half year");
	p_html(page, "</figcaption>");
	plot_weeks(page, "h-weeks", filed, WEEKS, first);
	p_html(page, "</figure>");
	write_week_table(page, first, weeks);
	p_html(page, "</section>");
}

/* ---- promise ---- */

static void write_promise(struct page *page, const struct console_week *weeks)
{
	int64_t solved = 0, kept = 0;

	for (size_t i = WEEKS - RECENT_WEEKS; i < WEEKS; i++) {
		solved += weeks[i].solved;
		kept += weeks[i].kept;
	}
	p_html(page, "<section aria-labelledby=\"h-promise\"><h2 id=\"h-promise\">");
	p_say(page, "Belofte gehouden", "Promise kept");
	p_html(page, "</h2>");
	if (solved > 0) {
		p_html(page, "<p class=\"big\">");
		p_textf(page, "%" PRId64, kept * 100 / solved);
		p_html(page, "&nbsp;%</p>");
		plot_bar(page, kept, solved);
		p_html(page, "<p class=\"quiet\">");
		p_sayf(page,
		       "%" PRId64 " van %" PRId64 " die in vier weken zijn opgelost, op tijd.",
		       "%" PRId64 " of %" PRId64 " that were solved in four weeks, in time.", kept,
		       solved);
		p_html(page, "</p>");
	} else {
		p_html(page, "<p>");
		p_say(page, "In vier weken is niets opgelost.",
		      "Nothing was solved in four weeks.");
		p_html(page, "</p>");
	}
	p_html(page, "</section>");
}

/* ---- by category, by area ---- */

struct bars {
	struct page *page;
	bool categories;
	int64_t most;
};

static bool write_bar(const char *name, int64_t n, void *data)
{
	struct bars *bars = data;
	struct page *page = bars->page;

	bars->most = OSMO_MAX(bars->most, n);
	p_html(page, "<tr><th scope=\"row\">");
	if (bars->categories)
		p_category(page, name);
	else if (name[0])
		p_text(page, name);
	else
		p_say(page, "niet bekend", "not known");
	p_html(page, "</th>");
	cell(page, n);
	p_html(page, "<td class=\"bar\">");
	plot_bar(page, n, bars->most);
	p_html(page, "</td></tr>");
	return true;
}

static void write_bars(struct page *page, bool categories, int64_t from_day)
{
	struct bars bars = { .page = page, .categories = categories };

	if (categories) {
		p_html(page, "<section aria-labelledby=\"h-categories\"><h2 id=\"h-categories\">");
		p_say(page, "Per onderwerp, vier weken", "By category, four weeks");
	} else {
		p_html(page, "<section aria-labelledby=\"h-areas\"><h2 id=\"h-areas\">");
		p_say(page, "Per wijk, vier weken", "By area, four weeks");
	}
	p_html(page, "</h2><table class=\"bars\"><thead><tr>");
	if (categories)
		column(page, "Onderwerp", "Category", false);
	else
		column(page, "Wijk", "Area", false);
	column(page, "Aantal", "Number", true);
	p_html(page, "<td></td></tr></thead><tbody>");
	if (categories)
		store_console_categories(page_req(page)->web->st, from_day, BARS_MAX, write_bar,
					 &bars);
	else
		store_console_areas(page_req(page)->web->st, from_day, BARS_MAX, write_bar, &bars);
	p_html(page, "</tbody></table></section>");
}

/* ---- contractors ---- */

static void write_hours(struct page *page, int hours)
{
	if (hours <= 48)
		p_sayf(page, "%d uur", "%d h", hours);
	else
		p_sayf(page, "%d dagen", "%d days", hours / 24);
}

static bool write_took(const struct console_took *took, void *data)
{
	struct page *page = data;

	p_html(page, "<tr><th scope=\"row\">");
	if (took->contractor[0])
		p_text(page, took->contractor);
	else
		p_say(page, "de stad zelf", "the city itself");
	p_html(page, "</th><td data-label=\"");
	p_say(page, "Opgelost", "Solved");
	p_html(page, "\" class=\"number\">");
	p_number(page, took->solved);
	p_html(page, "</td><td data-label=\"");
	p_say(page, "De helft binnen", "Half within");
	p_html(page, "\" class=\"number\">");
	write_hours(page, took->p50_h);
	p_html(page, "</td><td data-label=\"");
	p_say(page, "90 % binnen", "90 % within");
	p_html(page, "\" class=\"number\">");
	write_hours(page, took->p90_h);
	p_html(page, "</td></tr>");
	return true;
}

static void write_contractors(struct page *page, int64_t first_week)
{
	p_html(page, "<section class=\"card\" aria-labelledby=\"h-took\"><h2 id=\"h-took\">");
	p_say(page, "Tijd tot opgelost, per uitvoerder, een kwartaal",
	      "Time to solve, by contractor, a quarter");
	p_html(page, "</h2><table class=\"cards\"><thead><tr>");
	column(page, "Uitvoerder", "Contractor", false);
	column(page, "Opgelost", "Solved", true);
	column(page, "De helft binnen (p50)", "Half within (p50)", true);
	column(page, "90 % binnen (p90)", "90 % within (p90)", true);
	p_html(page, "</tr></thead><tbody>");
	store_console_took(page_req(page)->web->st, first_week, write_took, page);
	p_html(page, "</tbody></table></section>");
}

/* ---- the page ---- */

void web_today(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	int64_t day = clock_now_s() / DAY_S, first = week_of_day(day) - WEEKS + 1;
	struct store *st = req->web->st;
	struct console_week weeks[WEEKS];
	struct page *page;

	if (!con)
		return;
	if (store_console_weeks(st, first, weeks, WEEKS) < 0)
		memset(weeks, 0, sizeof(weeks));
	page = console_page(con, PAGE_TODAY, "Vandaag", "Today");
	page_live(page);
	p_html(page, "<div class=\"cards\">");
	write_lines(page, req->web);
	write_queue(page, st);
	write_states(page, st);
	write_alarms(page, st);
	write_promise(page, weeks);
	p_html(page, "</div><div class=\"stack\">");
	write_weeks(page, first, weeks);
	write_contractors(page, week_of_day(day) - 12);
	p_html(page, "</div><div class=\"cards\">");
	write_bars(page, true, day - RECENT_DAYS + 1);
	write_bars(page, false, day - RECENT_DAYS + 1);
	p_html(page, "</div>");
	page_end(page, MHD_HTTP_OK);
}
