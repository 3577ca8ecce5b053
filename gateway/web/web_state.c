// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_state.c - how the line is: /healthz for people and balancers, /metrics for Prometheus, and / for
 * who opens the address in a browser. */
#include <inttypes.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "web/web_int.h"
#include "wire/rfc3339.h"

/* ---- /healthz ---- */

static bool add_alarm(const char *what, const char *detail, int64_t since_s, int64_t ended_s,
		      void *data)
{
	char since[RFC3339_SIZE];

	json_array_append_new(data, json_pack("{s:s,s:s,s:s}", "what", what, "detail", detail,
					      "since", rfc3339_write(since, since_s, 0)));
	return true;
}

static bool is_running(const json_t *line)
{
	const char *state = json_string_value(json_object_get(line, "state"));

	return state && (!strcmp(state, "up") || !strcmp(state, "shutdown"));
}

void web_healthz(struct web_req *req)
{
	struct web *web = req->web;
	json_t *lines = web->user.lines ? web->user.lines(web->user.data) : json_array();
	json_t *alarms = json_array();
	bool stored = store_alarm_list(web->st, true, add_alarm, alarms) >= 0 &&
		      !store_is_failing(web->st);
	bool good = stored && json_array_size(alarms) == 0;
	bool serves = json_array_size(lines) == 0;
	size_t i;

	for (i = 0; i < json_array_size(lines); i++) {
		good &= is_running(json_array_get(lines, i));
		serves |= is_running(json_array_get(lines, i));
	}
	/* 503 is for who would restart it: an alarm is a person's work, not a restart's */
	web_answer_json(req, stored && serves ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
			json_pack("{s:s,s:s,s:b,s:o,s:o}", "status", good ? "ok" : "degraded",
				  "version", VERSION, "database", stored, "lines", lines, "alarms",
				  alarms));
}

/* ---- /metrics ---- */

static char *head(char *out, const char *name, const char *type, const char *help)
{
	return talloc_asprintf_append_buffer(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
					     type);
}

/* Reports, people, lines and contractors are the app's to count: web_user.metrics. */
static char *add_texts(char *out, struct store *st)
{
	struct store_figures figures;
	struct outbox_counts counts;
	int64_t age_s = 0;

	if (store_figures(st, &figures) < 0 || store_outbox_counts(st, &counts) < 0)
		return out;
	out = head(out, "meldlijn_texts", "gauge", "Texts to residents that are kept, by fate.");
	out = talloc_asprintf_append_buffer(out,
					    "meldlijn_texts{fate=\"sent\"} %" PRId64 "\n"
					    "meldlijn_texts{fate=\"delivered\"} %" PRId64 "\n"
					    "meldlijn_texts{fate=\"failed\"} %" PRId64 "\n",
					    figures.sent, figures.delivered, figures.failed);
	if (counts.oldest_s)
		age_s = OSMO_MAX(clock_now_s() - counts.oldest_s, 0);
	out = head(out, "meldlijn_outbox_oldest_seconds", "gauge",
		   "Age of the oldest part that waits.");
	return talloc_asprintf_append_buffer(out, "meldlijn_outbox_oldest_seconds %" PRId64 "\n",
					     age_s);
}

static char *add_http(char *out, const struct web *web)
{
	size_t i;

	out = head(out, "meldlijn_http_answers_total", "counter", "HTTP answers by status class.");
	for (i = 2; i < ARRAY_SIZE(web->answered); i++)
		out = talloc_asprintf_append_buffer(
			out, "meldlijn_http_answers_total{class=\"%zuxx\"} %" PRIu64 "\n", i,
			web->answered[i]);
	return out;
}

void web_metrics(struct web_req *req)
{
	struct web *web = req->web;
	char *out = talloc_strdup(req, ""), *more;

	out = head(out, "meldlijn_build_info", "gauge", "Always 1; the version is its label.");
	out = talloc_asprintf_append_buffer(out, "meldlijn_build_info{version=\"%s\"} 1\n",
					    VERSION);
	out = add_texts(out, web->st);
	out = add_http(out, web);
	more = web->user.metrics ? web->user.metrics(req, web->user.data) : NULL;
	if (more)
		out = talloc_asprintf_append_buffer(out, "%s", more);
	OSMO_ASSERT(out);
	web_answer(req, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", out);
}

/* ---- / ---- */

static const char home_head[] =
	"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
	"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
	"<title>meldlijn</title><style>"
	"body{font:1.1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:2rem auto;padding:0 1rem;"
	"color:#1a1a1a;background:#fff}"
	"@media(prefers-color-scheme:dark){body{color:#eee;background:#181818}a{color:#9cf}"
	"pre{background:#2a2a2a}}"
	"pre{background:#f0f0f0;padding:.7rem;border-radius:.3rem;white-space:pre-wrap;"
	"overflow-wrap:anywhere}"
	"@media(prefers-color-scheme:dark){pre{background:#2a2a2a}}"
	"</style><h1>meldlijn</h1>"
	"<p>A city's report line over SMS and USSD. Residents say what is wrong in the street; who repairs it "
	"gets the report, and the resident hears when it will be solved.</p>";

static const char home_tail[] =
	"<p><a href=\"/console/\">The console, for who works for the city</a> · "
	"<a href=\"/healthz\">How the line is</a> · "
	"<a href=\"/metrics\">figures for Prometheus</a></p></html>\n";

static const char home_caretaker[] =
	"<p><a href=\"/phone?phone=" WEB_DEMO_CARETAKER_PHONE
	"\">A caretaker's phone</a> may say more: what is "
	"closed, reported and on somewhere (BIJ 2511BT 70), and that a report is solved (its number and KLAAR). "
	"Once in ten hours it is asked for <a href=\"/demo/code\">a code</a>.</p>";

static char *add_what_to_try(char *out, const struct web *web, const struct line *ln)
{
	out = talloc_asprintf_append_buffer(
		out,
		"<h2>Try it</h2><p><a href=\"/phone\">Phones in the browser</a>: texts, codes and calls, and a clock "
		"that goes ahead. Or in a terminal, a phone:</p><pre>meldlijn phone</pre>"
		"<p>Text this to %s and answer what it asks:</p>"
		"<pre>MELD AFVAL SPUI 70 container vol</pre>"
		"<p>Other words: HELP, STATUS, BIJ 2511BT, ENGLISH, STOP.",
		ln->number);
	if (ln->code)
		out = talloc_asprintf_append_buffer(
			out, " Type %s and it is dialled: the same menus, page by page.", ln->code);
	return talloc_asprintf_append_buffer(
		out,
		" Or without that phone:</p>"
		"<pre>curl -d '{\"to\":\"%s\",\"text\":\"HELP\"}' "
		"http://%s:%u/handset/0612345678/sms\n"
		"curl 'http://%s:%u/handset/0612345678/messages?after=0&amp;wait=5'</pre>",
		ln->number, web->cfg.address, web->port, web->cfg.address, web->port);
}

/* A browser asks for pages; curl takes anything. */
static bool is_browser(const struct web_req *req)
{
	const char *accept = web_header(req, "Accept");

	return accept && strstr(accept, "text/html");
}

void web_home(struct web_req *req)
{
	const struct web *web = req->web;
	char *page;

	if (!web->demo && is_browser(req)) {
		web_see(req, "/console/");
		return;
	}
	page = talloc_strdup(req, home_head);

	if (web->hs)
		page = add_what_to_try(page, web, handset_line(web->hs));
	page = talloc_asprintf_append_buffer(page, "%s%s", web->demo ? home_caretaker : "",
					     home_tail);
	OSMO_ASSERT(page);
	web_answer(req, MHD_HTTP_OK, "text/html; charset=utf-8", page);
}
