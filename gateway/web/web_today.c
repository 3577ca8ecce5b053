// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_today.c - /console/: how the line is, at a glance.  What live.js changes has an id; what is counted from reports
 * is web_figures.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "web/web_figures.h"
#include "web/web_page.h"

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
	figure(page, "lane-doubt", counts.doubt, "misschien verzonden", "perhaps sent");
	p_html(page, "</dl><p class=\"quiet\" id=\"oldest\" data-none=\"");
	p_say(page, "Er wacht niets.", "Nothing waits.");
	p_html(page, "\" data-waits=\"");
	p_say(page, "De oudste wacht % min.", "The oldest has waited % min.");
	p_html(page, "\">");
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
	p_html(al->page, "\"><span lang=\"en\"><strong>");
	p_text(al->page, what);
	p_html(al->page, "</strong>: ");
	p_text(al->page, detail);
	p_html(al->page, "</span> <span class=\"quiet\">");
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

/* ---- the page ---- */

void web_today(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	struct figures figures;
	struct page *page;

	if (!con)
		return;
	figures_read(&figures, req->web->st);
	page = console_page(con, PAGE_TODAY, "Vandaag", "Today");
	page_live(page);
	page_script(page, "today.js");
	p_html(page, "<div class=\"cards\">");
	write_lines(page, req->web);
	write_queue(page, req->web->st);
	write_states(page, req->web->st);
	write_alarms(page, req->web->st);
	figures_write_promise(page, &figures);
	p_html(page, "</div>");
	figures_write(page, &figures);
	page_end(page, MHD_HTTP_OK);
}
