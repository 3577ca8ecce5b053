// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_audit.c - /console/audit: who did what, newest first; for operators. */
#include <string.h>

#include <talloc.h>

#include "web/web_field.h"

#define A_PAGE 100

struct rows {
	struct page *page;
	int64_t last_id;
	unsigned int n;
};

static bool write_row(const struct audit_row *row, void *data)
{
	struct rows *rs = data;
	struct page *page = rs->page;

	if (rs->n++ == 0) {
		p_html(page, "<table class=\"cards\" id=\"audit\"><thead><tr>");
		field_head(page, "Wanneer", "When");
		field_head(page, "Wie", "Who");
		field_head(page, "Wat", "What");
		p_html(page, "</tr></thead><tbody>");
	}
	rs->last_id = row->id;
	p_html(page, "<tr>");
	field_cell(page, "Wanneer", "When");
	p_moment(page, row->at_s, "y-MM-dd HH:mm:ss");
	p_html(page, "</td>");
	field_cell(page, "Wie", "Who");
	p_text(page, row->who);
	p_html(page, "</td>");
	field_cell(page, "Wat", "What");
	p_text(page, row->what);
	p_html(page, "</td></tr>");
	return true;
}

static bool write_name(const struct staff *staff, void *data)
{
	p_html(data, "<option value=\"staff ");
	p_text(data, staff->name);
	p_html(data, "\"></option>");
	return true;
}

static void write_filter(const struct console *con, struct page *page)
{
	p_html(page,
	       "<form class=\"filter\" method=\"get\" action=\"/console/audit\" role=\"search\">");
	field_input(page, "who", "list=\"names\" maxlength=\"100\" autocomplete=\"off\"", "Wie",
		    "Who", console_param(con, "who"));
	p_html(page, "<datalist id=\"names\">");
	store_staff_list(con->req->web->st, write_name, page);
	p_html(page, "<option value=\"command staff\"></option><option value=\"operator\">"
		     "</option><option value=\"meldlijn\"></option></datalist>");
	field_input(page, "words", "type=\"search\" maxlength=\"100\"", "Woorden", "Words",
		    console_param(con, "words"));
	p_button(page, NULL, "Zoeken", "Search");
	p_html(page, "</form>");
}

/* "anna" is "staff anna", if there is such a one; NULL: anyone. */
static const char *read_who(struct console *con)
{
	const char *who = console_param(con, "who");
	struct staff staff;

	if (!who[0])
		return NULL;
	if (store_staff_find(con->req->web->st, who, &staff) == 0)
		return talloc_asprintf(con, "staff %s", who);
	return who;
}

static void write_earlier(const struct console *con, struct page *page, int64_t before, bool full)
{
	p_html(page, "<p class=\"pages\"><a href=\"/console/audit?who=");
	p_param(page, console_param(con, "who"));
	p_html(page, "&amp;words=");
	p_param(page, console_param(con, "words"));
	p_textf(page, "&before=%lld", (long long)before);
	p_html(page, "\">");
	if (full)
		p_say(page, "Ouder", "Older");
	else
		p_say(page, "Verder terug zoeken", "Search further back");
	p_html(page, "</a></p>");
}

void web_audit(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_OPERATOR);
	const char *words;
	struct rows rs = { 0 };
	int64_t looked;
	int rc;

	if (!con)
		return;
	words = console_param(con, "words");
	rs.page = console_page(con, PAGE_AUDIT, "Logboek", "Audit log");
	write_filter(con, rs.page);
	rc = store_audit_list(req->web->st, field_read_id(console_param(con, "before")),
			      read_who(con), words[0] ? words : NULL, A_PAGE, write_row, &rs,
			      &looked);
	if (rs.n > 0)
		p_html(rs.page, "</tbody></table>");
	if (rc < 0)
		p_notice(rs.page, true,
			 page_is_dutch(rs.page) ? "De database is nu niet te lezen."
						: "The database cannot be read now.");
	else if (rs.n == 0) {
		p_html(rs.page, "<p>");
		p_say(rs.page, "Er is niets gevonden.", "Nothing was found.");
		p_html(rs.page, "</p>");
	}
	if (rc >= 0 && (rs.n == A_PAGE || looked > 0))
		write_earlier(con, rs.page, rs.n == A_PAGE ? rs.last_id : looked, rs.n == A_PAGE);
	page_end(rs.page, rc < 0 ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK);
}
