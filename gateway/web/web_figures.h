/* web_figures.h - private to web/: what the console's first page counts from reports: the promise, weeks, contractors,
 * categories and areas.  Each is a section of that page, and all of them are GET /console/figures, which the page asks
 * for when web_live.h tells that they are others by now.
 *
 * A thousand who look are given one text in each language: it is written when the first of them asks after live.h told.
 * It does not know the page around it, nor what live.js sets by itself (lanes, states, lines, alarms).
 */
#pragma once

#include "store/store_console.h"
#include "web/web_int.h"

#define FIGURES_WEEKS 26

struct page;

struct figures {
	int64_t day;   /* store_console.h */
	int64_t event; /* the newest when they were read */
	struct console_week weeks[FIGURES_WEEKS];
};

/*! What cannot be read is 0. */
void figures_read(struct figures *f, struct store *st);
/*! A section by itself. */
void figures_write_promise(struct page *page, const struct figures *f);
/*! The others, in an element that says what day and event they are of. */
void figures_write(struct page *page, const struct figures *f);
/*! "6 uur", "3 dagen" */
void figures_write_hours(struct page *page, int hours);

/*! The handler of GET /console/figures: figures_write_promise() and figures_write() with nothing around.  401 if nobody is
 *  signed in; nobody stays signed in by it. */
web_handler web_figures;
