// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_today.c - /console/: how the line is, at a glance. */
#include "web/web_page.h"

void web_today(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	struct page *page;

	if (!con)
		return;
	page = console_page(con, PAGE_TODAY, "Vandaag", "Today");
	page_end(page, MHD_HTTP_OK);
}
