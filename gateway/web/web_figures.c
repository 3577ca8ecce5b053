// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_figures.c - see web_figures.h.  Plots are SVG made here, each beside its figures in a table. */
#include "web/web_figures.h"

#include <inttypes.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "web/web_field.h"
#include "web/web_live.h"
#include "web/web_page.h"
#include "web/web_plot.h"

#define DAY_S	     86400
#define RECENT_DAYS  28
#define RECENT_WEEKS 4
#define TOOK_WEEKS   13
#define BARS_MAX     12

void figures_read(struct figures *f, struct store *st)
{
	f->event = store_console_newest_event(st);
	f->day = clock_now_s() / DAY_S;
	if (store_console_weeks(st, week_of_day(f->day) - FIGURES_WEEKS + 1, f->weeks,
				FIGURES_WEEKS) < 0)
		memset(f->weeks, 0, sizeof(f->weeks));
}

static int64_t first_week(const struct figures *f)
{
	return week_of_day(f->day) - FIGURES_WEEKS + 1;
}

/* ---- weeks ---- */

static void cell(struct page *page, int64_t n)
{
	p_html(page, "<td class=\"number\">");
	p_number(page, n);
	p_html(page, "</td>");
}

static void nothing(struct page *page, const char *nl, const char *en)
{
	p_html(page, "<p>");
	p_say(page, nl, en);
	p_html(page, "</p>");
}

static void write_week_table(struct page *page, const struct figures *f)
{
	p_html(page, "<details><summary>");
	p_say(page, "De cijfers als tabel", "The figures as a table");
	p_html(page, "</summary><div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"");
	p_say(page, "Meldingen per week", "Reports by week");
	p_html(page, "\"><table><thead><tr>");
	field_head(page, "Week van", "Week of");
	field_head_number(page, "Gemeld", "Filed");
	field_head_number(page, "Opgelost", "Solved");
	field_head_number(page, "Binnen de belofte", "Within the promise");
	p_html(page, "</tr></thead><tbody>");
	for (size_t i = FIGURES_WEEKS; i-- > 0;) {
		p_html(page, "<tr><th scope=\"row\">");
		p_date(page, day_of_week(first_week(f) + (int64_t)i) * DAY_S + DAY_S / 2);
		p_html(page, "</th>");
		cell(page, f->weeks[i].filed);
		cell(page, f->weeks[i].solved);
		cell(page, f->weeks[i].kept);
		p_html(page, "</tr>");
	}
	p_html(page, "</tbody></table></div></details>");
}

static void write_weeks(struct page *page, const struct figures *f)
{
	int64_t filed[FIGURES_WEEKS];

	for (size_t i = 0; i < FIGURES_WEEKS; i++)
		filed[i] = f->weeks[i].filed;
	p_html(page, "<section class=\"card\"><figure><figcaption id=\"h-weeks\">");
	p_say(page, "Meldingen per week, het afgelopen halfjaar",
	      "Reports by week, the past half year");
	p_html(page, "</figcaption>");
	plot_weeks(page, "h-weeks", filed, FIGURES_WEEKS, first_week(f));
	p_html(page, "</figure>");
	write_week_table(page, f);
	p_html(page, "</section>");
}

/* ---- promise ---- */

void figures_write_promise(struct page *page, const struct figures *f)
{
	int64_t solved = 0, kept = 0;

	for (size_t i = FIGURES_WEEKS - RECENT_WEEKS; i < FIGURES_WEEKS; i++) {
		solved += f->weeks[i].solved;
		kept += f->weeks[i].kept;
	}
	p_html(page, "<section id=\"promise\" aria-labelledby=\"h-promise\"><h2 id=\"h-promise\">");
	p_say(page, "Belofte gehouden", "Promise kept");
	p_html(page, "</h2>");
	if (solved > 0) {
		p_html(page, "<p class=\"big\">");
		p_textf(page, "%" PRId64, kept * 100 / solved);
		p_html(page, "&nbsp;%</p>");
		plot_bar(page, kept, solved);
		p_html(page, "<p class=\"quiet\">");
		p_number(page, kept);
		p_say(page, " van ", " of ");
		p_number(page, solved);
		p_say(page, " die in vier weken zijn opgelost, op tijd.",
		      " that were solved in four weeks, in time.");
		p_html(page, "</p>");
	} else {
		nothing(page, "In vier weken is niets opgelost.",
			"Nothing was solved in four weeks.");
	}
	p_html(page, "</section>");
}

/* ---- by category, by area ---- */

struct bars {
	struct page *page;
	bool categories;
	unsigned int n;
	int64_t most;
};

static void begin_bars(struct bars *bars)
{
	struct page *page = bars->page;

	p_html(page, "<table class=\"bars\"><thead><tr>");
	if (bars->categories)
		field_head(page, "Onderwerp", "Category");
	else
		field_head(page, "Wijk", "Area");
	field_head_number(page, "Aantal", "Number");
	p_html(page, "<td></td></tr></thead><tbody>");
}

static bool write_bar(const char *name, int64_t n, void *data)
{
	struct bars *bars = data;
	struct page *page = bars->page;

	if (bars->n++ == 0)
		begin_bars(bars);
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
	struct store *st = page_req(page)->web->st;

	if (categories) {
		p_html(page, "<section aria-labelledby=\"h-categories\"><h2 id=\"h-categories\">");
		p_say(page, "Per onderwerp, vier weken", "By category, four weeks");
	} else {
		p_html(page, "<section aria-labelledby=\"h-areas\"><h2 id=\"h-areas\">");
		p_say(page, "Per wijk, vier weken", "By area, four weeks");
	}
	p_html(page, "</h2>");
	if (categories)
		store_console_categories(st, from_day, BARS_MAX, write_bar, &bars);
	else
		store_console_areas(st, from_day, BARS_MAX, write_bar, &bars);
	if (bars.n > 0)
		p_html(page, "</tbody></table>");
	else
		nothing(page, "In vier weken is niets gemeld.",
			"Nothing was reported in four weeks.");
	p_html(page, "</section>");
}

/* ---- contractors ---- */

void figures_write_hours(struct page *page, int hours)
{
	if (hours <= 48)
		p_sayf(page, "%d uur", "%d h", hours);
	else
		p_sayf(page, "%d dagen", "%d days", hours / 24);
}

struct took_rows {
	struct page *page;
	unsigned int n;
};

static void begin_took(struct page *page)
{
	p_html(page, "<table class=\"cards\"><thead><tr>");
	field_head(page, "Uitvoerder", "Contractor");
	field_head_number(page, "Opgelost", "Solved");
	field_head_number(page, "De helft binnen (p50)", "Half within (p50)");
	field_head_number(page, "90 % binnen (p90)", "90 % within (p90)");
	p_html(page, "</tr></thead><tbody>");
}

static bool write_took(const struct console_took *took, void *data)
{
	struct took_rows *rows = data;
	struct page *page = rows->page;

	if (rows->n++ == 0)
		begin_took(page);
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
	figures_write_hours(page, took->p50_h);
	p_html(page, "</td><td data-label=\"");
	p_say(page, "90 % binnen", "90 % within");
	p_html(page, "\" class=\"number\">");
	figures_write_hours(page, took->p90_h);
	p_html(page, "</td></tr>");
	return true;
}

static void write_contractors(struct page *page, const struct figures *f)
{
	struct took_rows rows = { .page = page };

	p_html(page, "<section class=\"card\" aria-labelledby=\"h-took\"><h2 id=\"h-took\">");
	p_say(page, "Tijd tot opgelost, per uitvoerder, een kwartaal",
	      "Time to solve, by contractor, a quarter");
	p_html(page, "</h2>");
	store_console_took(page_req(page)->web->st, week_of_day(f->day) - TOOK_WEEKS + 1,
			   write_took, &rows);
	if (rows.n > 0)
		p_html(page, "</tbody></table>");
	else
		nothing(page, "In een kwartaal is niets opgelost.",
			"Nothing was solved in a quarter.");
	p_html(page, "</section>");
}

/* ---- all of it ---- */

void figures_write(struct page *page, const struct figures *f)
{
	p_html(page, "<div id=\"figures\" data-day=\"");
	p_textf(page, "%" PRId64, f->day);
	p_html(page, "\" data-event=\"");
	p_textf(page, "%" PRId64, f->event);
	p_html(page, "\"><div class=\"stack\">");
	write_weeks(page, f);
	write_contractors(page, f);
	p_html(page, "</div><div class=\"cards\">");
	write_bars(page, true, f->day - RECENT_DAYS + 1);
	write_bars(page, false, f->day - RECENT_DAYS + 1);
	p_html(page, "</div></div>");
}

static char *write_piece(struct web_req *req, void *ctx, bool dutch)
{
	struct page *page = page_piece(req, dutch);
	struct figures f;

	figures_read(&f, req->web->st);
	figures_write_promise(page, &f);
	figures_write(page, &f);
	return page_piece_end(page, ctx);
}

void web_figures(struct web_req *req)
{
	struct console *con = console_watch(req, STAFF_CLERK);
	char **kept, *text;
	bool dutch;

	if (!con) {
		web_answer_error(req, MHD_HTTP_UNAUTHORIZED, "sign in at /console/ first");
		return;
	}
	dutch = strcmp(con->staff.language, "en") != 0;
	kept = web_live_kept(req->web->live, dutch);
	if (kept && !*kept)
		*kept = write_piece(req, req->web->live, dutch);
	text = kept ? *kept : write_piece(req, req, dutch);
	web_answer(req, MHD_HTTP_OK, "text/html; charset=utf-8", text);
}
