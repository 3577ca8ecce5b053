/* web_reports.h - private to the console's pages of reports: the list, one report, what is done to it. */
#pragma once

#include "talk/report.h"
#include "web/web_page.h"

/*! The report that the address names. \returns false if it has been answered (404) */
bool web_report_find(struct console *con, struct report *out);
/*! Its page, "/console/reports/4829153"; child of con. */
const char *web_report_address(struct console *con, const struct report *report);
/*! What a form of it was shown of; another state or contractor by now makes that form stale.  Child of con. */
const char *web_report_seen(struct console *con, const struct report *report);
/*! How much has happened to it: who answers after a colleague did would say it twice.  Child of con. */
const char *web_report_told(struct console *con, const struct report *report);
/*! The name of its category in the page's language. */
const char *web_category_name(const struct console *con, const char *slug);
/*! Metres between two places. */
double web_distance_m(double lat1, double lon1, double lat2, double lon2);
