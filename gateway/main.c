// SPDX-License-Identifier: AGPL-3.0-or-later
/* main.c - which command, and its help. */
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "app.h"
#include "command/cmd.h"
#include "log.h"

static int cmd_run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	static const char help[] =
		"usage: meldlijn run -c FILE [--log-level debug|info|notice|error]\n"
		"Runs the line in the foreground; logs go to stderr.  SIGTERM stops it, "
		"SIGHUP reads\nmenus and prompts again.\n";
	const char *file = NULL, *level = NULL;
	void *ctx = talloc_named_const(NULL, 0, "meldlijn");
	struct config *cfg;
	int option;

	while ((option = getopt_long(argc, argv, "c:l:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'l':
			level = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_usage(argv[0], argv[optind - 1]);
		}
	}
	if (optind < argc)
		return cmd_usage(argv[0], argv[optind]);
	if (log_start(ctx, level) < 0)
		return cmd_wrong(2, "--log-level is debug, info, notice or error");
	if (!file && !cmd_usual_config())
		return cmd_wrong(2, "which line?  Give its configuration: -c FILE");
	cfg = cmd_config(ctx, file);
	if (!cfg)
		return 1;
	log_again(level);
	if (config_check(cfg) < 0)
		return 1;
	return cmd_run_line(ctx, cfg, &(struct app_demo){ 0 }, NULL);
}

int cmd_run_line(void *ctx, struct config *cfg, const struct app_demo *demo,
		 void (*started)(struct app *app))
{
	struct app *app;

	osmo_init_ignore_signals();
	signal(SIGXFSZ, SIG_IGN); /* a file at its limit is treated as a full disk */
	app = app_start(ctx, cfg, demo);
	if (!app)
		return 1;
	if (started)
		started(app);
	return app_run(app);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "run", cmd_run, "run -c FILE: the line, in the foreground" },
	{ "demo", cmd_demo, "the line with a simulated phone and contractor: no hardware needed" },
	{ "phone", cmd_phone, "a handset in this terminal, to text the demo" },
	{ "menu", cmd_menu, "check | draw | play: the menus and their words" },
	{ "report", cmd_report, "list | show REF | set REF STATUS: reports" },
	{ "call", cmd_call, "call NUMBER TEXT: a notice that is spoken to somebody" },
	{ "notice", cmd_notice, "send | list | show | pause | resume | cancel: texts to many" },
	{ "staff", cmd_staff, "add | list | reset | end: who may use the console" },
	{ "person", cmd_person, "export | forget NUMBER: what a resident may ask for" },
	{ "import", cmd_import, "addresses | assets | events FILE.csv: the city's registers" },
	{ "sms", cmd_sms, "decode HEX | encode --to NUMBER --text TEXT: short messages" },
	{ "ussd", cmd_ussd, "ussd CODE: dial on a modem's SIM, as *100# for its credit" },
	{ "say", cmd_say, "say -l LANGUAGE -o FILE.wav TEXT: what a caller hears" },
	{ "backup", cmd_backup, "backup FILE: a copy of the database while the line runs" },
	{ "check", cmd_check, "is the database whole?" },
};

static int help(FILE *to, int status)
{
	fputs("meldlijn " VERSION
	      ": a city's report line over SMS and USSD\n\nusage: meldlijn COMMAND ...\n\n",
	      to);
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].help);
	fputs("\nmeldlijn COMMAND --help tells more.  To begin: meldlijn demo\n", to);
	return status;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	opterr = 0; /* cmd_usage() says it, in one line */
	if (argc < 2)
		return help(stderr, 2);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return help(stdout, 0);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		puts("meldlijn " VERSION);
		return 0;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return cmd_wrong(2, "there is no command \"%s\": see meldlijn --help", argv[1]);
}
