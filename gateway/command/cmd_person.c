// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_person.c - meldlijn person export | forget NUMBER: what a resident may ask for. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "app.h"
#include "clock.h"
#include "command/cmd.h"
#include "config.h"
#include "flow/dossier.h"
#include "log.h"
#include "wire/phone.h"

static const char help_text[] =
	"usage: meldlijn person export NUMBER [-c FILE]\n"
	"       meldlijn person forget NUMBER --yes [-c FILE]\n"
	"export prints all that is kept of a number, as JSON.  forget erases the number, the texts and the\n"
	"recordings; what was reported stays, without who it was.  It cannot be undone.\n";

struct request {
	const char *config;
	bool yes;
};

static int audit(struct store *st, const char *what, const struct person *person)
{
	char text[PHONE_SIZE + 16], masked[PHONE_SIZE];

	snprintf(text, sizeof(text), "%s %s", what, phone_masked(masked, person->number));
	return store_audit(st, "command person", text, clock_now_s());
}

static int not_written(void)
{
	return cmd_wrong(1, "the database could not be written: is the disk full?");
}

static int export(struct store *st, const struct person *person)
{
	json_t *all;

	if (store_begin(st) < 0)
		return not_written();
	if (audit(st, "exported", person) < 0) {
		store_undo(st);
		return not_written();
	}
	store_end(st);
	if (store_commit(st) < 0)
		return not_written();
	all = dossier_export(st, person);
	cmd_json(all, JSON_INDENT(2));
	return 0;
}

static int forget(struct store *st, const struct person *person)
{
	int rc = store_begin(st);

	if (rc == 0) {
		rc = dossier_forget(st, person, "staff command", "command", clock_now_s());
		if (rc == 0)
			rc = audit(st, "forgot", person);
		if (rc < 0)
			store_undo(st);
		else
			rc = store_end(st);
	}
	if (rc == -EBUSY)
		return cmd_wrong(1, "a call with this number is under way: try again later");
	if (rc < 0 || store_commit(st) < 0)
		return not_written();
	if (!store_cut_log_now(st))
		return cmd_wrong(
			1,
			"forgotten; but copies in the database's log stay until the program that "
			"reads it (a backup?) has ended");
	return 0;
}

static int run(void *ctx, const struct request *rq, const char *verb, const char *text)
{
	struct config *cfg = cmd_config(ctx, rq->config);
	char number[PHONE_SIZE];
	struct person person;
	char *error = NULL;
	struct store *st;
	int rc;

	if (!cfg)
		return 1;
	if (phone_normalise(number, text, cfg->country) < 0)
		return cmd_wrong(2, "%s is no telephone number", text);
	st = store_open(ctx, cfg->database, &error);
	if (!st)
		return cmd_wrong(1, "%s", error);
	if (store_person_find(st, number, &person) < 0)
		rc = cmd_wrong(1, "nothing is known of %s", number);
	else
		rc = verb[0] == 'e' ? export(st, &person) : forget(st, &person);
	store_close(st);
	return rc;
}

int cmd_person(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "yes", no_argument, NULL, 'y' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	void *ctx = talloc_named_const(NULL, 0, "meldlijn person");
	struct request rq = { 0 };
	const char *verb;
	int option;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help_text, stdout);
			return 0;
		}
		if (option != 'c' && option != 'y')
			return cmd_usage(argv[0], argv[optind - 1]);
		if (option == 'c')
			rq.config = optarg;
		else
			rq.yes = true;
	}
	verb = optind < argc ? argv[optind] : "";
	if (argc - optind != 2 || (strcmp(verb, "export") != 0 && strcmp(verb, "forget") != 0))
		return cmd_usage(argv[0], NULL);
	if (verb[0] == 'f' && !rq.yes)
		return cmd_wrong(2, "this erases and cannot be undone: say so with --yes");
	if (log_start(ctx, "error") < 0)
		return 2;
	return run(ctx, &rq, verb, argv[optind + 1]);
}
