/* web_plot.h - plots as SVG within a page: made here, no script.  A plot repeats what a table beside it says: it is
 * hidden from screen readers, or is one picture with a name.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct page;

/*! Bars, one a week, with an axis that ends with a round number and months below.
 *  \param[in] label  id of the element that names it
 *  \param[in] first_week  store_console.h */
void plot_weeks(struct page *page, const char *label, const int64_t *values, size_t n,
		int64_t first_week);
/*! One bar that is part of all long. */
void plot_bar(struct page *page, int64_t part, int64_t all);
