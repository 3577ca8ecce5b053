// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_call.c - "meldlijn call": a notice is written to the database; the running line calls and says it. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "app.h"
#include "clock.h"
#include "command/cmd.h"
#include "flow/callout.h"
#include "log.h"
#include "wire/rfc3339.h"

static const char help_text[] =
	"usage: meldlijn call NUMBER [-l LANGUAGE] TEXT [--json] [-c FILE]\n"
	"The running line calls the number and says the text.  Who answers hears who calls, can hear\n"
	"it again (1) or end all calls and messages (9); an answering machine gets it in one sentence.\n"
	"It is tried as the configuration says (callback tries, pause, hours); then it goes by text.\n"
	"  -l LANGUAGE  in which the text is, as nl or en (the person's own)\n"
	"  --json       the row that was made, for programs\n";

struct request {
	const char *file, *language, *number, *text;
	bool json;
};

/* \returns 0; 1 help is asked for; 2 wrong usage, which was said */
static int read_request(struct request *rq, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "language", required_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:l:jh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			rq->file = optarg;
			break;
		case 'l':
			rq->language = optarg;
			break;
		case 'j':
			rq->json = true;
			break;
		case 'h':
			return 1;
		default:
			return cmd_usage(argv[0], argv[optind - 1]);
		}
	}
	if (optind + 2 != argc)
		return cmd_usage(argv[0], NULL);
	rq->number = argv[optind];
	rq->text = argv[optind + 1];
	return 0;
}

static void print(const struct request *rq, const struct callout_row *row)
{
	char due[RFC3339_SIZE];
	json_t *json;

	rfc3339_write(due, row->due_s, 0);
	if (!rq->json) {
		printf("%s will be called%s%s\n", row->number,
		       row->due_s > row->created_s ? " at " : " now",
		       row->due_s > row->created_s ? due : "");
		return;
	}
	json = json_pack("{s:I, s:s, s:s, s:s, s:s}", "callout", (json_int_t)row->id, "number",
			 row->number, "text", row->text, "state", row->state, "not_before", due);
	if (row->language[0])
		json_object_set_new(json, "language", json_string(row->language));
	cmd_json(json, 0);
}

static int say_why(const struct request *rq, int rc)
{
	if (rc == -EPERM)
		return cmd_wrong(1, "%s wants no calls and messages of us: it was not queued",
				 rq->number);
	if (rc == -EINVAL)
		return cmd_wrong(
			1,
			"it was not queued: %s must be a telephone that is not ours, the text "
			"not empty and at most %d octets, and -l a language of the city",
			rq->number, CALLOUT_TEXT_MAX);
	return cmd_wrong(1, "the database could not be written: is the disk full?");
}

static int queue(struct app *app, const struct request *rq)
{
	struct store *st = app_store(app);
	struct callout_row row;
	char number[PHONE_SIZE];
	int rc;

	if (phone_normalise(number, rq->number, app_talk(app)->country) < 0)
		return cmd_wrong(1, "%s is no telephone number", rq->number);
	rc = store_begin(st);
	if (rc < 0)
		return say_why(rq, rc);
	rc = callout_notice(app_callouts(app), number, rq->language, rq->text, 0, &row);
	if (rc < 0)
		store_undo(st);
	else
		rc = store_end(st);
	if (rc == 0)
		rc = store_commit(st);
	if (rc < 0)
		return say_why(rq, rc);
	print(rq, &row);
	return 0;
}

int cmd_call(int argc, char **argv)
{
	void *ctx = talloc_named_const(NULL, 0, "meldlijn call");
	struct request rq = {};
	struct config *cfg;
	struct app *app;
	int rc = read_request(&rq, argc, argv);

	if (rc == 1) {
		fputs(help_text, stdout);
		return 0;
	}
	if (rc != 0)
		return rc;
	log_start(ctx, "error");
	cfg = cmd_config(ctx, rq.file);
	app = cfg ? app_visit(ctx, cfg) : NULL;
	if (!app)
		return 1;
	rc = queue(app, &rq);
	app_leave(app);
	talloc_free(ctx);
	return rc;
}
