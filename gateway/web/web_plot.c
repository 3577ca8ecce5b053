// SPDX-License-Identifier: AGPL-3.0-or-later
#include "web/web_plot.h"

#include <osmocom/core/utils.h>

#include "store/store_console.h"
#include "web/web_page.h"

/* In units of the picture; text is 12 of them. */
#define WIDTH	    640.0
#define LEFT	    52.0
#define TOP	    12.0
#define BOTTOM	    170.0
#define GAP	    3.0
#define DAY_S	    86400
#define NAMES_EVERY 5 /* weeks */

/* The next of 1, 2, 5, 10, 20 ... that is not below. */
static int64_t round_up(int64_t n)
{
	int64_t power = 1;

	while (power * 10 <= n)
		power *= 10;
	if (n <= power)
		return power;
	if (n <= 2 * power)
		return 2 * power;
	return n <= 5 * power ? 5 * power : 10 * power;
}

static void attribute(struct page *page, const char *name, double value)
{
	p_html(page, " ");
	p_text(page, name);
	p_html(page, "=\"");
	p_digits(page, value);
	p_html(page, "\"");
}

static void rectangle(struct page *page, const char *class_name, double x, double y, double width,
		      double height)
{
	p_html(page, "<rect class=\"");
	p_text(page, class_name);
	p_html(page, "\"");
	attribute(page, "x", x);
	attribute(page, "y", y);
	attribute(page, "width", width);
	attribute(page, "height", height);
	p_html(page, "/>");
}

static void level(struct page *page, const char *class_name, double y, int64_t value)
{
	p_html(page, "<line class=\"");
	p_text(page, class_name);
	p_html(page, "\"");
	attribute(page, "x1", LEFT);
	attribute(page, "x2", WIDTH);
	attribute(page, "y1", y);
	attribute(page, "y2", y);
	p_html(page, "/><text text-anchor=\"end\"");
	attribute(page, "x", LEFT - 6);
	attribute(page, "y", y + 4);
	p_html(page, ">");
	p_number(page, value);
	p_html(page, "</text>");
}

static void name_of_week(struct page *page, double x, int64_t week)
{
	p_html(page, "<text text-anchor=\"middle\"");
	attribute(page, "x", x);
	attribute(page, "y", BOTTOM + 18);
	p_html(page, ">");
	p_moment(page, day_of_week(week) * DAY_S + DAY_S / 2, "d MMM");
	p_html(page, "</text>");
}

void plot_weeks(struct page *page, const char *label, const int64_t *values, size_t n,
		int64_t first_week)
{
	double step = (WIDTH - LEFT) / (double)n;
	int64_t top = 1;

	for (size_t i = 0; i < n; i++)
		top = OSMO_MAX(top, values[i]);
	top = round_up(top);
	p_html(page, "<svg class=\"plot\" viewBox=\"0 0 640 200\" role=\"img\" aria-labelledby=\"");
	p_text(page, label);
	p_html(page, "\">");
	level(page, "grid", TOP, top);
	if (top % 2 == 0)
		level(page, "grid", (TOP + BOTTOM) / 2, top / 2);
	for (size_t i = 0; i < n; i++) {
		double height = (BOTTOM - TOP) * (double)values[i] / (double)top;
		double x = LEFT + (double)i * step;

		if (values[i] > 0)
			rectangle(page, "s1", x + GAP / 2, BOTTOM - height, step - GAP, height);
		if ((n - 1 - i) % NAMES_EVERY == 0)
			name_of_week(page, OSMO_MIN(x + step / 2, WIDTH - 22),
				     first_week + (int64_t)i);
	}
	level(page, "axis", BOTTOM, 0);
	p_html(page, "</svg>");
}

void plot_bar(struct page *page, int64_t part, int64_t all)
{
	p_html(page, "<svg class=\"one\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" "
		     "aria-hidden=\"true\">");
	rectangle(page, "rest", 0, 0, 100, 4);
	rectangle(page, "part", 0, 0, all > 0 ? 100.0 * (double)part / (double)all : 0, 4);
	p_html(page, "</svg>");
}
