// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_demo.c - the line with a simulated phone and a built-in contractor, by one command.
 *
 * Its files live in $XDG_STATE_HOME/meldlijn (~/.local/state/meldlijn): configuration, database, the
 * contractor's secret.  They are ordinary files: every command takes the configuration with -c.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <sodium.h>

#include "app.h"
#include "clock.h"
#include "command/cmd.h"
#include "command/demo_agenda.h"
#include "flow/staff_code.h"
#include "log.h"
#include "store/store_staff.h"
#include "web/password.h"

#define STEP_S	      15 /* of the built-in contractor */
#define SECRET_OCTETS 32
#define CLERK	      "demo" /* who works at its console */
#define COUNTRY	      "31"
#define ZONE	      "Europe/Amsterdam"

static const char help_text[] =
	"usage: meldlijn demo [--port N] [--vty-port N] [--folder DIR] [--fresh] [--step SECONDS]\n"
	"Starts the line with a simulated phone and a contractor that accepts, plans and solves.\n"
	"  --port N       of the web address (8070)\n"
	"  --vty-port N   of the operator's terminal (4270)\n"
	"  --folder DIR   where its files are kept\n"
	"  --fresh        forget what the last demo kept\n"
	"  --step SECONDS how fast the contractor is (15)\n";

static const char config_text[] = "! made by \"meldlijn demo\" at each start\n"
				  "city Den Haag\n"
				  " short-code 14070\n"
				  " country-code " COUNTRY "\n"
				  " languages nl en tr pl ar nl-plain\n"
				  " time-zone " ZONE "\n"
				  "database %s/demo.db\n"
				  "menus %s\n"
				  "prompts %s\n"
				  "handset\n"
				  " no shutdown\n"
				  "contractor haeghe\n"
				  " url http://127.0.0.1:%u/demo/contractor/requests.json\n"
				  " format open311\n"
				  " callback-secret-file %s/demo.callback\n"
				  " poll 10\n"
				  "http\n"
				  " listen 127.0.0.1 %u\n"
				  "vty\n"
				  " listen 127.0.0.1 %u\n";

struct demo {
	unsigned int port, vty_port;
	int step_s;
	bool fresh;
	char *folder, *file, *database, *password_file;
	const char *menus, *prompts;
};

/* With all folders above it. */
static int make_folder(const char *path)
{
	char *part = talloc_strdup(NULL, path);
	char *end = part;
	int rc = 0;

	OSMO_ASSERT(part);
	while (rc == 0 && end) {
		end = strchr(end + 1, '/');
		if (end)
			*end = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			rc = -errno;
		if (end)
			*end = '/';
	}
	talloc_free(part);
	return rc;
}

static char *state_folder(void *ctx)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state && state[0] == '/')
		return talloc_asprintf(ctx, "%s/meldlijn", state);
	return talloc_asprintf(ctx, "%s/.local/state/meldlijn", home && home[0] ? home : "/tmp");
}

static int write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return -errno;
	fputs(text, file);
	return fclose(file) == 0 ? 0 : -errno;
}

static int write_secret(void *ctx, const char *path)
{
	unsigned char secret[SECRET_OCTETS];
	char text[sodium_base64_ENCODED_LEN(SECRET_OCTETS, sodium_base64_VARIANT_ORIGINAL)];
	mode_t before;
	int rc;

	if (access(path, R_OK) == 0)
		return 0;
	if (sodium_init() < 0)
		return -EIO;
	randombytes_buf(secret, sizeof(secret));
	sodium_bin2base64(text, sizeof(text), secret, sizeof(secret),
			  sodium_base64_VARIANT_ORIGINAL);
	before = umask(077);
	rc = write_file(path, talloc_asprintf(ctx, "whsec_%s\n", text));
	umask(before);
	return rc;
}

static void forget(const struct demo *dm)
{
	static const char *const endings[] = { "", "-wal", "-shm" };
	char path[4096];

	for (unsigned int i = 0; i < ARRAY_SIZE(endings); i++) {
		snprintf(path, sizeof(path), "%s%s", dm->database, endings[i]);
		unlink(path);
	}
}

static int prepare(void *ctx, struct demo *dm)
{
	char *secret;
	int rc;

	if (!dm->folder)
		dm->folder = state_folder(ctx);
	dm->file = talloc_asprintf(ctx, "%s/demo.cfg", dm->folder);
	dm->database = talloc_asprintf(ctx, "%s/demo.db", dm->folder);
	dm->password_file = talloc_asprintf(ctx, "%s/demo.password", dm->folder);
	secret = talloc_asprintf(ctx, "%s/demo.callback", dm->folder);
	dm->menus = access("menus/main.yaml", R_OK) == 0 ? realpath("menus", NULL)
							 : DATADIR "/menus";
	dm->prompts = access("prompts/nl.yaml", R_OK) == 0 ? realpath("prompts", NULL)
							   : DATADIR "/prompts";
	rc = make_folder(dm->folder);
	if (rc == 0)
		rc = write_secret(ctx, secret);
	if (rc == 0)
		rc = write_file(dm->file, talloc_asprintf(ctx, config_text, dm->folder, dm->menus,
							  dm->prompts, dm->port, dm->folder,
							  dm->port, dm->vty_port));
	if (rc < 0)
		return cmd_wrong(1, "%s: %s: give another with --folder DIR", dm->folder,
				 strerror(-rc));
	if (dm->fresh)
		forget(dm);
	return 0;
}

/* What is on and what is closed, as of today. */
static int fill_agenda(void *ctx, const struct demo *dm)
{
	char *from = talloc_asprintf(ctx, "%s/demo/events.csv", dm->menus);
	char *to = talloc_asprintf(ctx, "%s/demo.events.csv", dm->folder);
	int rc = demo_agenda_write(to, from, clock_now_s(), ZONE);

	if (rc < 0)
		return cmd_wrong(1, "%s to %s: %s", from, to, strerror(-rc));
	return cmd_import_file("events", to, dm->database);
}

/* The Hague's streets and containers that ship with it, once. */
static int fill_register(void *ctx, const struct demo *dm)
{
	char *error = NULL;
	struct store *st = store_open(ctx, dm->database, &error);
	bool filled;

	if (!st)
		return cmd_wrong(1, "%s", error);
	filled = store_has_register(st);
	store_close(st);
	if (filled)
		return 0;
	if (cmd_import_file("addresses", talloc_asprintf(ctx, "%s/demo/addresses.csv", dm->menus),
			    dm->database) != 0)
		return 1;
	return cmd_import_file("assets", talloc_asprintf(ctx, "%s/demo/assets.csv", dm->menus),
			       dm->database);
}

/* Who looks at the console of the demo.  The password stays in a file of the demo's folder, so that every start can say
 * it again.  \returns 0 or -errno */
static int make_clerk(struct store *st, const char *password)
{
	struct staff clerk = { .role = STAFF_OPERATOR, .language = "nl" };
	int rc = store_begin(st);

	if (rc < 0)
		return rc;
	if (store_staff_find(st, CLERK, &clerk) < 0) {
		OSMO_STRLCPY_ARRAY(clerk.name, CLERK);
		clerk.created_s = clock_now_s();
		rc = store_staff_add(st, &clerk);
	}
	if (rc == 0)
		rc = password_hash(clerk.password, password);
	clerk.password_first = false;
	clerk.failures = 0;
	clerk.locked_until_s = clerk.ended_s = 0;
	if (rc == 0)
		rc = store_staff_put(st, &clerk);
	if (rc < 0)
		store_undo(st);
	else
		rc = store_end(st);
	return rc < 0 ? rc : store_commit(st);
}

/* Whose phone may say in the street how a report stands; who has that phone already keeps it. \returns 0 or -errno */
static int make_caretaker(struct store *st)
{
	struct staff caretaker = { .name = WEB_DEMO_CARETAKER,
				   .role = STAFF_CARETAKER,
				   .language = "nl",
				   .created_s = clock_now_s() };
	struct staff taken;
	int rc = phone_normalise(caretaker.number, WEB_DEMO_CARETAKER_PHONE, COUNTRY);

	if (rc < 0 || store_staff_find(st, WEB_DEMO_CARETAKER, &taken) == 0 ||
	    store_staff_by_number(st, caretaker.number, &taken) == 0)
		return rc;
	staff_code_make(caretaker.totp);
	rc = store_begin(st);
	if (rc < 0)
		return rc;
	rc = store_staff_add(st, &caretaker);
	if (rc < 0)
		store_undo(st);
	else
		rc = store_end(st);
	return rc < 0 ? rc : store_commit(st);
}

static void read_password(const char *path, char out[PASSWORD_MADE_SIZE])
{
	FILE *file = fopen(path, "r");

	if (!file || !fgets(out, PASSWORD_MADE_SIZE, file))
		out[0] = '\0';
	if (file)
		fclose(file);
}

/* What the clerk changed it to stays; then nothing is left in the file, which would say the old one.
 * \returns 0; the exit status */
static int fill_staff(void *ctx, const struct demo *dm)
{
	char password[PASSWORD_MADE_SIZE], *error = NULL;
	struct staff clerk;
	struct store *st;
	mode_t before;
	int rc = 0;

	st = store_open(ctx, dm->database, &error);
	if (!st)
		return cmd_wrong(1, "%s", error);
	before = umask(077);
	if (access(dm->password_file, R_OK) < 0 || store_staff_find(st, CLERK, &clerk) < 0) {
		password_invent(password);
		rc = make_clerk(st, password);
		if (rc == 0)
			rc = write_file(dm->password_file, password);
	} else {
		read_password(dm->password_file, password);
		if (password[0] && !password_is(clerk.password, password))
			rc = write_file(dm->password_file, "");
	}
	umask(before);
	if (rc == 0)
		rc = make_caretaker(st);
	store_close(st);
	return rc < 0 ? cmd_wrong(1, "%s: %s", dm->password_file, strerror(-rc)) : 0;
}

static void say_password(const struct app *app)
{
	char *path = talloc_strdup(NULL, app_config_file(app));
	char password[PASSWORD_MADE_SIZE];

	OSMO_ASSERT(path);
	path[strlen(path) - strlen("cfg")] = '\0';
	path = talloc_strdup_append(path, "password");
	read_password(path, password);
	printf("The console:  http://127.0.0.1:%u/console/   name " CLERK ", ", app_web_port(app));
	if (password[0])
		printf("password %s\n\n", password);
	else
		printf("with the password that was chosen there\n"
		       "  (forgotten: meldlijn staff reset " CLERK " -c %s)\n\n",
		       app_config_file(app));
	talloc_free(path);
}

static void say_caretaker(const struct app *app)
{
	printf("A caretaker's phone:  http://127.0.0.1:%u/phone?phone=" WEB_DEMO_CARETAKER_PHONE
	       "\n"
	       "  BIJ 2511BT 70                       what is closed, reported and on there\n"
	       "  4829153 KLAAR                       a report's number with KLAAR, GEZIEN or BEZIG\n"
	       "The code that it is asked for, once in ten hours:  http://127.0.0.1:%u/demo/code\n\n",
	       app_web_port(app), app_web_port(app));
}

static void say_what_to_try(struct app *app)
{
	printf("\nThe report line of Den Haag runs: http://127.0.0.1:%u/\n\n"
	       "Phones in the browser:  http://127.0.0.1:%u/phone\n"
	       "In another terminal:  meldlijn phone      (build/meldlijn phone here)\n"
	       "and text, for example:\n"
	       "  MELD AFVAL SPUI 70 container vol    a report in one text\n"
	       "  container 4711                      by the number on its sticker\n"
	       "  MENU                                step by step\n"
	       "  BIJ 2511BT                          what is known near by\n"
	       "  STATUS   ENGLISH   HELP   STOP\n"
	       "or dial, as a text is typed:\n"
	       "  *140#                               the same menus, page by page\n"
	       "The contractor accepts, plans and solves within a minute; each step comes back as a text.\n"
	       "Reports:   meldlijn report list -c %s\n"
	       "Operator:  telnet 127.0.0.1 %u, then: show contractors\n"
	       "Ctrl-C stops it.\n\n",
	       app_web_port(app), app_web_port(app), app_config_file(app), app_vty_port(app));
	say_caretaker(app);
	say_password(app);
	fflush(stdout);
}

int cmd_demo(int argc, char **argv)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "vty-port", required_argument, NULL, 'v' },
		{ "folder", required_argument, NULL, 'f' },
		{ "fresh", no_argument, NULL, 'F' },
		{ "step", required_argument, NULL, 's' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	void *ctx = talloc_named_const(NULL, 0, "meldlijn demo");
	struct demo dm = { .port = 8070, .vty_port = 4270, .step_s = STEP_S };
	const char *level = NULL;
	struct config *cfg;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			dm.port = strtoul(optarg, NULL, 10);
			break;
		case 'v':
			dm.vty_port = strtoul(optarg, NULL, 10);
			break;
		case 'f':
			dm.folder = talloc_strdup(ctx, optarg);
			break;
		case 'F':
			dm.fresh = true;
			break;
		case 's':
			dm.step_s = strtol(optarg, NULL, 10);
			break;
		case 'l':
			level = optarg;
			break;
		case 'h':
			fputs(help_text, stdout);
			return 0;
		default:
			return cmd_usage(argv[0], argv[optind - 1]);
		}
	}
	if (optind < argc || !dm.port || dm.port > 65535 || !dm.vty_port || dm.vty_port > 65535 ||
	    dm.step_s < 1)
		return cmd_usage(argv[0], NULL);
	if (log_start(ctx, level) < 0)
		return cmd_wrong(2, "--log-level is debug, info, notice or error");
	if (prepare(ctx, &dm) != 0 || fill_register(ctx, &dm) != 0 || fill_agenda(ctx, &dm) != 0 ||
	    fill_staff(ctx, &dm) != 0)
		return 1;
	cfg = cmd_config(ctx, dm.file);
	if (!cfg)
		return 1;
	return cmd_run_line(ctx, cfg, &(struct app_demo){ .on = true, .step_s = dm.step_s },
			    say_what_to_try);
}
