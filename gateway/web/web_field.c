// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_field.c - see web_field.h */
#include "web/web_field.h"

#include <string.h>

static void begin(struct page *page, const char *id, const char *nl, const char *en)
{
	p_html(page, "<div><label for=\"");
	p_text(page, id);
	p_html(page, "\">");
	p_say(page, nl, en);
	p_html(page, "</label>");
}

void field_input_html(struct page *page, const char *id, const char *attributes, const char *nl,
		      const char *en, const char *value)
{
	begin(page, id, nl, en);
	p_html(page, "<input id=\"");
	p_text(page, id);
	p_html(page, "\" name=\"");
	p_text(page, id);
	p_html(page, "\" ");
	page_html(page, attributes);
	p_html(page, " value=\"");
	p_text(page, value);
	p_html(page, "\"></div>");
}

void field_select(struct page *page, const char *id, const char *nl, const char *en)
{
	begin(page, id, nl, en);
	p_html(page, "<select id=\"");
	p_text(page, id);
	p_html(page, "\" name=\"");
	p_text(page, id);
	p_html(page, "\">");
}

void field_option(struct page *page, const char *value, const char *chosen, const char *nl,
		  const char *en)
{
	p_html(page, "<option value=\"");
	p_text(page, value);
	p_html(page, "\"");
	if (!strcmp(value, chosen))
		p_html(page, " selected");
	p_html(page, ">");
	p_say(page, nl, en);
	p_html(page, "</option>");
}

void field_select_end(struct page *page)
{
	p_html(page, "</select></div>");
}

void field_hidden(struct page *page, const char *name, const char *value)
{
	p_html(page, "<input type=\"hidden\" name=\"");
	p_text(page, name);
	p_html(page, "\" value=\"");
	p_text(page, value);
	p_html(page, "\">");
}

void field_head(struct page *page, const char *nl, const char *en)
{
	p_html(page, "<th scope=\"col\">");
	p_say(page, nl, en);
	p_html(page, "</th>");
}

void field_head_number(struct page *page, const char *nl, const char *en)
{
	p_html(page, "<th scope=\"col\" class=\"number\">");
	p_say(page, nl, en);
	p_html(page, "</th>");
}

void field_cell(struct page *page, const char *nl, const char *en)
{
	p_html(page, "<td data-label=\"");
	p_say(page, nl, en);
	p_html(page, "\">");
}

void field_fact(struct page *page, const char *nl, const char *en)
{
	p_html(page, "<dt>");
	p_say(page, nl, en);
	p_html(page, "</dt><dd>");
}

int64_t field_read_id(const char *text)
{
	int64_t n = 0;

	for (; *text >= '0' && *text <= '9' && n < INT64_MAX / 100; text++)
		n = n * 10 + (*text - '0');
	return *text ? 0 : n;
}
