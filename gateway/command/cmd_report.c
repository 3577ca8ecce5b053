// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_report.c - report list | show | set: what a clerk does with reports from a terminal. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "app.h"
#include "clock.h"
#include "command/cmd.h"
#include "log.h"
#include "wire/rfc3339.h"

static const char help_text[] =
	"usage: meldlijn report list [--open] [--state S] [--category C] [--area A] [--contractor C]\n"
	"                            [--limit N] [--json] [-c FILE]\n"
	"       meldlijn report show REF [--json] [-c FILE]\n"
	"       meldlijn report messages [--json] [-c FILE]\n"
	"       meldlijn report set REF STATUS [--expect DATE] [--note TEXT] [--who NAME] [-c FILE]\n"
	"STATUS is received, forwarded, planned, in_progress, solved, closed, rejected or reopened.\n"
	"Messages are what callers left for the city and of no report.\n"
	"DATE is 2026-11-30 or 2026-11-30T14:00:00+01:00.  The resident hears of the change.\n";

struct request {
	const char *file, *expect, *note, *who;
	struct report_filter filter;
	bool json;
	const char *words[4]; /* list | show | messages | set, REF, STATUS */
	int n;
	char reference[32]; /* of several words */
};

/* ---- one report as JSON ---- */

static void set_text(json_t *object, const char *key, const char *value)
{
	if (value && value[0])
		json_object_set_new(object, key, json_string(value));
}

static void set_time(json_t *object, const char *key, int64_t at_s)
{
	char text[RFC3339_SIZE];

	if (at_s)
		json_object_set_new(object, key, json_string(rfc3339_write(text, at_s, 0)));
}

static json_t *report_json(const struct report *r)
{
	json_t *object = json_object();

	set_text(object, "reference", r->reference);
	set_text(object, "status", report_state_name(r->state));
	set_text(object, "category", r->category);
	set_text(object, "place", r->place);
	set_text(object, "area", r->area);
	set_text(object, "asset", r->asset_number);
	set_text(object, "description", r->description);
	json_object_set_new(object, "urgent", json_boolean(r->urgent));
	if (r->located) {
		json_object_set_new(object, "lat", json_real(r->lat));
		json_object_set_new(object, "lon", json_real(r->lon));
	}
	set_time(object, "created", r->created_s);
	set_time(object, "promise", r->promise_s);
	set_time(object, "expected", r->expected_s);
	set_text(object, "contractor", r->contractor);
	set_text(object, "contractor_reference", r->contractor_ref);
	set_text(object, "note", r->note);
	set_text(object, "language", r->language);
	set_text(object, "channel", r->channel);
	return object;
}

/* ---- list ---- */

static bool list_json(const struct report *r, void *data)
{
	json_array_append_new(data, report_json(r));
	return true;
}

static bool list_line(const struct report *r, void *data)
{
	char shown[24], created[RFC3339_SIZE], promise[RFC3339_SIZE];

	rfc3339_write(created, r->created_s, 0);
	rfc3339_write(promise, r->expected_s ? r->expected_s : r->promise_s, 0);
	printf("%-13s %-11s %.10s %.10s %-24s %s%s%s\n", report_reference_show(shown, r->reference),
	       report_state_name(r->state), created, promise, r->category, r->place ? r->place : "",
	       r->contractor[0] ? "  > " : "", r->contractor);
	return true;
}

static int list(struct app *app, const struct request *rq)
{
	json_t *all = rq->json ? json_array() : NULL;
	enum report_state state;
	int rc;

	if (rq->filter.state && report_state_read(&state, rq->filter.state) < 0)
		return cmd_wrong(1, "there is no status \"%s\": see meldlijn report --help",
				 rq->filter.state);
	if (!rq->json && isatty(STDOUT_FILENO))
		puts("reference     status      since      before     what                     where");
	rc = store_report_list(app, app_store(app), &rq->filter, rq->json ? list_json : list_line,
			       all);
	if (rq->json)
		cmd_json(all, JSON_REAL_PRECISION(9));
	return rc < 0 ? cmd_wrong(1, "the database cannot be read: see above") : 0;
}

/* ---- show ---- */

static int find(struct app *app, const char *text, struct report *r)
{
	char reference[REPORT_REFERENCE_SIZE];
	int rc = report_reference_read(reference, text);

	if (rc < 0)
		return cmd_wrong(1, "%s is no reference number: %s", text,
				 rc == -EBADMSG ? "a digit is wrong" : "seven digits or more");
	if (store_report_by_reference(app, app_store(app), reference, r) < 0)
		return cmd_wrong(1, "there is no report %s", reference);
	return 0;
}

static bool show_event_json(const struct report_event *e, void *data)
{
	json_t *object = json_object();

	set_time(object, "at", e->at_s);
	set_text(object, "status", report_state_name(e->state));
	set_text(object, "who", e->who);
	set_text(object, "channel", e->channel);
	set_text(object, "note", e->note);
	set_time(object, "expected", e->expected_s);
	json_array_append_new(data, object);
	return true;
}

static bool show_event_line(const struct report_event *e, void *data)
{
	char at[RFC3339_SIZE];

	printf("  %s  %-11s %s (%s)%s%s\n", rfc3339_write(at, e->at_s, 0),
	       report_state_name(e->state), e->who, e->channel, e->note && e->note[0] ? ": " : "",
	       e->note ? e->note : "");
	return true;
}

static bool show_forward_json(const struct forward *f, const char *state, void *data)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:i}", "key", f->key, "contractor",
				   f->contractor, "state", state, "tries", (int)f->tries);

	set_text(object, "error", f->error);
	json_array_append_new(data, object);
	return true;
}

static bool show_forward_line(const struct forward *f, const char *state, void *data)
{
	printf("  to %s: %s, tries %u%s%s\n", f->contractor[0] ? f->contractor : "nobody yet",
	       state, f->tries, f->error ? ": " : "", f->error ? f->error : "");
	return true;
}

static bool show_recording_json(const struct recording *rec, void *data)
{
	json_t *object = json_pack("{s:s, s:f}", "path", rec->path, "seconds", rec->seconds);

	set_time(object, "at", rec->at_s);
	json_array_append_new(data, object);
	return true;
}

static bool show_recording_line(const struct recording *rec, void *data)
{
	char at[RFC3339_SIZE];

	printf("  %s  recording %.1f s: %s\n", rfc3339_write(at, rec->at_s, 0), rec->seconds,
	       rec->path);
	return true;
}

/* What callers left for the city: of no report. */
static int messages(struct app *app, const struct request *rq)
{
	json_t *all = rq->json ? json_array() : NULL;
	int rc = store_recording_list(app, app_store(app), 0,
				      rq->json ? show_recording_json : show_recording_line, all);

	if (rq->json)
		cmd_json(all, JSON_REAL_PRECISION(9));
	return rc < 0 ? cmd_wrong(1, "the database cannot be read: see above") : 0;
}

static int show(struct app *app, const struct request *rq)
{
	json_t *object, *events, *forwards, *recordings;
	struct report r;

	if (find(app, rq->words[1], &r) != 0)
		return 1;
	if (!rq->json) {
		list_line(&r, NULL);
		printf("  %s\n", r.description ? r.description : "");
		store_event_list(app_store(app), r.id, show_event_line, NULL);
		store_forward_list(app, app_store(app), r.id, show_forward_line, NULL);
		store_recording_list(app, app_store(app), r.id, show_recording_line, NULL);
		return 0;
	}
	object = report_json(&r);
	events = json_array();
	forwards = json_array();
	recordings = json_array();
	store_event_list(app_store(app), r.id, show_event_json, events);
	store_forward_list(app, app_store(app), r.id, show_forward_json, forwards);
	store_recording_list(app, app_store(app), r.id, show_recording_json, recordings);
	json_object_set_new(object, "history", events);
	json_object_set_new(object, "forwards", forwards);
	json_object_set_new(object, "recordings", recordings);
	cmd_json(object, JSON_REAL_PRECISION(9));
	return 0;
}

/* ---- set ---- */

static int read_date(int64_t *at_s, const char *text)
{
	if (rfc3339_read(at_s, text, 0) < 0)
		return cmd_wrong(1, "%s is no date: write 2026-11-30", text);
	if (strlen(text) == 10)
		*at_s += 12 * 3600; /* noon: the same day in every zone of the country */
	return 0;
}

/* Also "In-Progress": the state's own word has small letters and "_". */
static int read_status(enum report_state *state, const char *word)
{
	char own[16];

	if (osmo_strlcpy(own, word, sizeof(own)) >= sizeof(own))
		return -EINVAL;
	osmo_str_tolower_buf(own, sizeof(own), own);
	for (char *c = own; *c; c++)
		if (*c == '-' || *c == ' ')
			*c = '_';
	return report_state_read(state, own);
}

static int set(struct app *app, const struct request *rq)
{
	struct contractor_update update = { .note = rq->note };
	enum report_state state;
	struct report r;
	char *who;
	int rc;

	if (read_status(&state, rq->words[2]) < 0)
		return cmd_wrong(1, "there is no status \"%s\": see meldlijn report --help",
				 rq->words[2]);
	if (rq->expect && read_date(&update.expected_s, rq->expect) != 0)
		return 1;
	if (find(app, rq->words[1], &r) != 0)
		return 1;
	update.reference = r.reference;
	update.state = report_state_name(state);
	update.at_s = clock_now_s();
	who = talloc_asprintf(app, "staff %s",
			      rq->who	       ? rq->who
			      : getenv("USER") ? getenv("USER")
					       : "?");
	rc = notify_update(app_notify(app), NULL, who, &update, NULL, NULL);
	if (rc == -ESTALE)
		return cmd_wrong(1, "a report that is %s cannot become %s",
				 report_state_name(r.state), update.state);
	if (rc < 0)
		return cmd_wrong(1, "the report was not changed: %s", strerror(-rc));
	if (store_commit(app_store(app)) < 0)
		return cmd_wrong(1, "the database could not be written: is the disk full?");
	if (find(app, rq->words[1], &r) != 0)
		return 1;
	if (rq->json)
		cmd_json(report_json(&r), JSON_REAL_PRECISION(9));
	else
		list_line(&r, NULL);
	return 0;
}

/* ---- which ---- */

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "json", no_argument, NULL, 'j' },
	{ "open", no_argument, NULL, 'o' },
	{ "state", required_argument, NULL, 's' },
	{ "category", required_argument, NULL, 'g' },
	{ "area", required_argument, NULL, 'a' },
	{ "contractor", required_argument, NULL, 'r' },
	{ "limit", required_argument, NULL, 'l' },
	{ "expect", required_argument, NULL, 'e' },
	{ "note", required_argument, NULL, 'n' },
	{ "who", required_argument, NULL, 'w' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool is_digits(const char *word)
{
	return *word && word[strspn(word, "0123456789 ")] == '\0';
}

/* A reference may come as it is shown, 482 915 3: three words, if nobody quotes it. */
static void join_reference(struct request *rq, const char *more)
{
	if (rq->words[1] != rq->reference)
		osmo_strlcpy(rq->reference, rq->words[1], sizeof(rq->reference));
	snprintf(rq->reference + strlen(rq->reference),
		 sizeof(rq->reference) - strlen(rq->reference), " %s", more);
	rq->words[1] = rq->reference;
}

/* \returns 0; 1 help was shown; 2 wrong usage, which was said */
static int read_request(struct request *rq, int argc, char **argv)
{
	char *end;
	int option;

	memset(rq, 0, sizeof(*rq));
	rq->filter.limit = 100;
	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			rq->file = optarg;
			break;
		case 'j':
			rq->json = true;
			break;
		case 'o':
			rq->filter.open_only = true;
			break;
		case 's':
			rq->filter.state = optarg;
			break;
		case 'g':
			rq->filter.category = optarg;
			break;
		case 'a':
			rq->filter.area = optarg;
			break;
		case 'r':
			rq->filter.contractor = optarg;
			break;
		case 'l':
			rq->filter.limit = strtoul(optarg, &end, 10);
			if (*end || !rq->filter.limit)
				return cmd_wrong(2, "--limit %s is no number over 0", optarg);
			break;
		case 'e':
			rq->expect = optarg;
			break;
		case 'n':
			rq->note = optarg;
			break;
		case 'w':
			rq->who = optarg;
			break;
		case 'h':
			return 1;
		default:
			return cmd_usage(argv[0], argv[optind - 1]);
		}
	}
	for (; optind < argc && rq->n < (int)ARRAY_SIZE(rq->words); optind++)
		if (rq->n == 2 && is_digits(argv[optind]) && is_digits(rq->words[1]))
			join_reference(rq, argv[optind]);
		else
			rq->words[rq->n++] = argv[optind];
	return 0;
}

int cmd_report(int argc, char **argv)
{
	static const struct {
		const char *name;
		int words;
		int (*run)(struct app *app, const struct request *rq);
	} actions[] = { { "list", 1, list },
			{ "show", 2, show },
			{ "messages", 1, messages },
			{ "set", 3, set } };
	void *ctx = talloc_named_const(NULL, 0, "meldlijn report");
	struct request rq;
	struct config *cfg;
	struct app *app;
	int rc = read_request(&rq, argc, argv);

	if (rc == 1) {
		fputs(help_text, stdout);
		return 0;
	}
	for (unsigned int i = 0; rc == 0 && i < ARRAY_SIZE(actions); i++) {
		if (rq.n != actions[i].words || strcmp(rq.words[0], actions[i].name) != 0)
			continue;
		log_start(ctx, "error");
		cfg = cmd_config(ctx, rq.file);
		app = cfg ? app_visit(ctx, cfg) : NULL;
		if (!app)
			return 1;
		rc = actions[i].run(app, &rq);
		app_leave(app);
		talloc_free(ctx);
		return rc;
	}
	return rc == 2 ? 2 : cmd_usage(argv[0], NULL);
}
