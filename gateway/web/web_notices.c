// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_notices.c - /console/notices: notices to many, newest first, and how far each is. */
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "web/web_field.h"
#include "web/web_notices.h"

#define A_PAGE	  25
#define BAR_WIDTH 1000

static const struct {
	const char *nl, *en;
} state_words[NOTICE_STATES] = {
	[NOTICE_DRAFT] = { "concept", "draft" },
	[NOTICE_GATHERING] = { "ontvangers worden gezocht", "looking up who gets it" },
	[NOTICE_WAITING] = { "wacht", "waiting" },
	[NOTICE_RUNNING] = { "wordt verstuurd", "being sent" },
	[NOTICE_PAUSED] = { "gepauzeerd", "paused" },
	[NOTICE_DONE] = { "klaar", "done" },
	[NOTICE_CANCELLED] = { "afgebroken", "cancelled" },
	[NOTICE_EXPIRED] = { "verlopen", "expired" },
	[NOTICE_LAPSED] = { "vervallen", "lapsed" },
};

int64_t web_notice_id(const char *text)
{
	int64_t n = 0;

	for (; *text >= '0' && *text <= '9' && n < INT64_MAX / 100; text++)
		n = n * 10 + (*text - '0');
	return *text ? 0 : n;
}

const char *web_notice_address(struct console *con, int64_t id)
{
	return talloc_asprintf(con, "/console/notices/%lld", (long long)id);
}

/* ---- what all pages show ---- */

void p_notice_state(struct page *page, enum notice_state state)
{
	p_html(page, "<span class=\"state ");
	p_text(page, notice_state_name(state));
	p_html(page, "\">");
	p_say(page, state_words[state].nl, state_words[state].en);
	p_html(page, "</span>");
}

void p_notice_states(struct page *page)
{
	for (enum notice_state state = 0; state < NOTICE_STATES; state++) {
		p_html(page, " data-");
		p_text(page, notice_state_name(state));
		p_html(page, "=\"");
		p_say(page, state_words[state].nl, state_words[state].en);
		p_html(page, "\"");
	}
}

void p_notice_name(struct page *page, const struct notice *n)
{
	if (n->title[0])
		p_text(page, n->title);
	else
		p_sayf(page, "Bericht %lld", "Notice %lld", (long long)n->id);
}

/* \returns where the next one begins */
static double bar_part(struct page *page, const char *name, double x, int64_t part, int64_t all)
{
	double width = all > 0 ? (double)BAR_WIDTH * (double)part / (double)all : 0;

	p_html(page, "<rect class=\"");
	p_text(page, name);
	p_html(page, "\" y=\"0\" height=\"10\" x=\"");
	p_digits(page, x);
	p_html(page, "\" width=\"");
	p_digits(page, width);
	p_html(page, "\"/>");
	return x + width;
}

/* assets/notice.js knows the order of the parts. */
void p_notice_bar(struct page *page, const struct notice *n)
{
	int64_t people = n->recipients - n->skipped, out = n->sent + n->delivered + n->failed;
	double x;

	p_html(page,
	       "<div class=\"bar\" role=\"progressbar\" aria-valuemin=\"0\" aria-valuemax=\"");
	p_textf(page, "%lld", (long long)OSMO_MAX(people, 1));
	p_html(page, "\" aria-valuenow=\"");
	p_textf(page, "%lld", (long long)out);
	p_html(page, "\" aria-label=\"");
	p_say(page, "Voortgang", "Progress");
	p_html(page, "\" data-of=\"");
	p_say(page, "van", "of");
	p_html(page, "\"><svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
		     "aria-hidden=\"true\"><rect class=\"rest\" x=\"0\" y=\"0\" width=\"1000\" "
		     "height=\"10\"/>");
	x = bar_part(page, "delivered", 0, n->delivered, people);
	x = bar_part(page, "sent", x, n->sent, people);
	x = bar_part(page, "failed", x, n->failed, people);
	bar_part(page, "queued", x, n->queued, people);
	p_html(page, "</svg></div><p class=\"far\">");
	p_number(page, out);
	p_html(page, " ");
	p_say(page, "van", "of");
	p_html(page, " ");
	p_number(page, people);
	p_html(page, "</p>");
}

/* ---- the list ---- */

struct list {
	struct page *page;
	unsigned int n;
	int64_t last_id;
};

static void begin_table(struct page *page)
{
	p_html(page, "<table class=\"cards\" id=\"notices\"");
	p_notice_states(page);
	p_html(page, "><thead><tr>");
	field_head(page, "Bericht", "Notice");
	field_head(page, "Toestand", "State");
	field_head(page, "Van", "By");
	field_head(page, "Vanaf", "From");
	field_head(page, "Voortgang", "Progress");
	p_html(page, "</tr></thead><tbody>");
}

static bool write_row(const struct notice *n, void *data)
{
	struct list *ls = data;
	struct page *page = ls->page;

	if (ls->n++ == A_PAGE)
		return false; /* there are more */
	if (ls->n == 1)
		begin_table(page);
	ls->last_id = n->id;
	p_html(page, "<tr data-notice=\"");
	p_textf(page, "%lld", (long long)n->id);
	p_html(page, "\" data-state=\"");
	p_text(page, notice_state_name(n->state));
	p_html(page, "\">");
	field_cell(page, "Bericht", "Notice");
	p_html(page, "<a href=\"/console/notices/");
	p_textf(page, "%lld", (long long)n->id);
	p_html(page, "\">");
	p_notice_name(page, n);
	p_html(page, "</a></td>");
	field_cell(page, "Toestand", "State");
	p_notice_state(page, n->state);
	p_html(page, "</td>");
	field_cell(page, "Van", "By");
	p_text(page, n->who);
	p_html(page, "</td>");
	field_cell(page, "Vanaf", "From");
	p_time(page, n->start_s);
	p_html(page, "</td>");
	field_cell(page, "Voortgang", "Progress");
	p_html(page, "<div class=\"progress\">");
	p_notice_bar(page, n);
	p_html(page, "</div></td></tr>");
	return true;
}

static void end_list(struct list *ls)
{
	struct page *page = ls->page;

	if (ls->n == 0) {
		p_html(page, "<p>");
		p_say(page, "Er zijn nog geen berichten.", "There are no notices yet.");
		p_html(page, "</p>");
		return;
	}
	p_html(page, "</tbody></table>");
	if (ls->n <= A_PAGE)
		return;
	p_html(page, "<p class=\"pages\"><a href=\"/console/notices?before=");
	p_textf(page, "%lld", (long long)ls->last_id);
	p_html(page, "\">");
	p_say(page, "Eerdere berichten", "Earlier notices");
	p_html(page, "</a></p>");
}

void web_notices(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	struct list ls = { .n = 0 };
	int64_t before;

	if (!con)
		return;
	before = web_notice_id(console_param(con, "before"));
	ls.page = console_page(con, PAGE_NOTICES, "Berichten aan velen", "Notices to many");
	page_live(ls.page);
	page_script(ls.page, "notice.js");
	if (con->staff.role >= STAFF_EDITOR) {
		p_html(ls.page, "<p><a class=\"button\" href=\"/console/notices/new\">");
		p_say(ls.page, "Nieuw bericht", "New notice");
		p_html(ls.page, "</a></p>");
	}
	if (store_notice_list(con, req->web->st, before ? before : INT64_MAX, A_PAGE + 1, write_row,
			      &ls) < 0)
		p_notice(ls.page, true,
			 page_is_dutch(ls.page) ? "De database is nu niet te lezen."
						: "The database cannot be read now.");
	end_list(&ls);
	page_end(ls.page, MHD_HTTP_OK);
}
