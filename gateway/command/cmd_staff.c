// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_staff.c - meldlijn staff add | list | reset | end: who works for the city.
 *
 * A password never stands on a command line, where every user of the machine can read it: it is typed twice, read from
 * a file, or made here, shown once and good only to choose another.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <jansson.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <sodium.h>

#include "app_int.h"
#include "clock.h"
#include "command/cmd.h"
#include "flow/staff_code.h"
#include "log.h"
#include "store/store_staff.h"
#include "web/password.h"
#include "wire/phone.h"
#include "wire/rfc3339.h"

static const char help_text[] =
	"usage: meldlijn staff add NAME [--role ROLE] [--number PHONE] [--language nl|en] [--totp]\n"
	"       meldlijn staff reset NAME [the same]\n"
	"       meldlijn staff end NAME\n"
	"       meldlijn staff list\n"
	"Who may use the console, and whose phone may do what in the street.\n"
	"  --role ROLE           caretaker (a phone and no console), clerk, editor or operator (clerk)\n"
	"  --number PHONE        of their phone\n"
	"  --language nl|en      of the console (nl)\n"
	"  --totp                make a secret for one-time codes and show it\n"
	"  --password-file FILE  its first line is the password\n"
	"  --make-password       make one and show it; at the first sign-in they choose their own\n"
	"                        (without either: it is asked for if this is a terminal, else made)\n"
	"  --json                for programs\n"
	"  -c FILE               the configuration of the line\n"
	"reset also unlocks, and signs them out everywhere; what is not named stays, but for the password.\n";

struct request {
	void *ctx;
	struct store *st;
	const char *config, *name, *role, *number, *language, *password_file;
	bool make, totp, json;
};

/* What is shown once. */
struct shown {
	char made[PASSWORD_MADE_SIZE];
	char totp[STAFF_TOTP_SIZE];
};

/* ---- the password ---- */

/* Of a longer line one octet too many is kept, which says that it is too long; the rest is no answer to what comes next. */
static bool read_line(FILE *file, char out[PASSWORD_MAX + 2])
{
	bool good = fgets(out, PASSWORD_MAX + 2, file) != NULL;
	int c = good && !strchr(out, '\n') ? 0 : '\n';

	while (c != '\n' && c != EOF)
		c = fgetc(file);
	if (good)
		out[strcspn(out, "\r\n")] = '\0';
	return good;
}

static bool ask(const char *words, char out[PASSWORD_MAX + 2])
{
	struct termios before, silent;
	bool good;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return false;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	fputs(words, stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	good = read_line(stdin, out);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	fputc('\n', stderr);
	return good;
}

/* \returns 0; the exit status */
static int read_password(const struct request *rq, char out[PASSWORD_MAX + 2])
{
	char again[PASSWORD_MAX + 2];
	FILE *file;
	bool good;

	if (rq->password_file) {
		file = fopen(rq->password_file, "r");
		good = file && read_line(file, out);
		if (file)
			fclose(file);
		return good ? 0
			    : cmd_wrong(1, "%s: %s", rq->password_file,
					file ? "is empty" : strerror(errno));
	}
	if (!ask("password: ", out) || !ask("the same again: ", again))
		return cmd_wrong(1, "no password was given");
	good = strcmp(out, again) == 0;
	sodium_memzero(again, sizeof(again));
	return good ? 0 : cmd_wrong(1, "the two differ: nothing has changed");
}

/* \returns 0; the exit status */
static int set_password(const struct request *rq, struct staff *staff, struct shown *shown)
{
	char password[PASSWORD_MAX + 2];
	const char *why;
	int rc = 0;

	staff->password_first = rq->make || (!rq->password_file && !isatty(STDIN_FILENO));
	if (staff->password_first) {
		password_invent(shown->made);
		OSMO_STRLCPY_ARRAY(password, shown->made);
	} else {
		rc = read_password(rq, password);
		why = rc == 0 ? password_refused(password, staff->name, false) : NULL;
		if (why)
			rc = cmd_wrong(1, "%s", why);
	}
	if (rc == 0 && password_hash(staff->password, password) < 0)
		rc = cmd_wrong(1, "no memory for a password");
	sodium_memzero(password, sizeof(password));
	return rc;
}

/* ---- add, reset ---- */

/* \returns 0; the exit status */
static int fill(const struct request *rq, const struct config *cfg, struct staff *staff)
{
	if (rq->role && !staff_role_read(rq->role, &staff->role))
		return cmd_wrong(2, "--role is caretaker, clerk, editor or operator");
	if (rq->language && strcmp(rq->language, "nl") != 0 && strcmp(rq->language, "en") != 0)
		return cmd_wrong(2, "--language is nl or en");
	if (rq->language)
		OSMO_STRLCPY_ARRAY(staff->language, rq->language);
	if (rq->number && (phone_normalise(staff->number, rq->number, cfg->country) < 0 ||
			   !phone_can_answer(staff->number)))
		return cmd_wrong(2, "--number %s is no telephone number", rq->number);
	return 0;
}

static int failed(const struct request *rq, int rc)
{
	if (rc == -EEXIST)
		return cmd_wrong(1, "the name or the number is another's: see meldlijn staff list");
	if (rc == -ENOENT)
		return cmd_wrong(1, "nobody is called %s: see meldlijn staff list", rq->name);
	return cmd_wrong(1, "the database could not be written: is the disk full?");
}

static int audit(struct store *st, const char *what, const struct staff *staff)
{
	char *text = talloc_asprintf(NULL, "%s %s, %s", what, staff->name,
				     staff_role_name(staff->role));
	int rc = store_audit(st, "command staff", text, clock_now_s());

	talloc_free(text);
	return rc;
}

/* \returns 0 or -errno */
static int write_down(struct store *st, struct staff *staff, const char *what)
{
	int rc = store_begin(st);

	if (rc < 0)
		return rc;
	rc = staff->id ? store_staff_put(st, staff) : store_staff_add(st, staff);
	if (rc == 0)
		rc = store_session_drop_all(st, staff->id, clock_now_s());
	if (rc >= 0)
		rc = audit(st, what, staff);
	if (rc < 0)
		store_undo(st);
	else
		rc = store_end(st);
	return rc < 0 ? rc : store_commit(st);
}

static void show(const struct request *rq, const struct staff *staff, const struct shown *shown)
{
	char *uri;

	if (rq->json) {
		json_t *json = json_pack("{s:s,s:s}", "name", staff->name, "role",
					 staff_role_name(staff->role));

		if (shown->made[0])
			json_object_set_new(json, "password", json_string(shown->made));
		if (shown->totp[0])
			json_object_set_new(json, "totp", json_string(shown->totp));
		cmd_json(json, JSON_COMPACT);
		return;
	}
	uri = staff_code_uri(rq->ctx, "meldlijn", staff->name, shown->totp);
	printf("%s: %s\n", staff->name, staff_role_name(staff->role));
	if (shown->made[0])
		printf("first password: %s   (shown once; they choose their own at the console)\n",
		       shown->made);
	if (shown->totp[0])
		printf("one-time codes: %s\n", uri);
	talloc_free(uri);
}

static int set(const struct request *rq, const struct config *cfg, struct staff *staff,
	       const char *what)
{
	struct shown shown = { 0 };
	int rc = fill(rq, cfg, staff);

	if (rc == 0 && (staff->role >= STAFF_CLERK || rq->password_file || rq->make))
		rc = set_password(rq, staff, &shown);
	if (rc != 0)
		return rc;
	if (rq->totp) {
		staff_code_make(shown.totp);
		OSMO_STRLCPY_ARRAY(staff->totp, shown.totp);
		staff->totp_step = 0;
	}
	rc = write_down(rq->st, staff, what);
	if (rc < 0)
		return failed(rq, rc);
	show(rq, staff, &shown);
	return 0;
}

static int add(const struct request *rq, const struct config *cfg)
{
	struct staff staff = { .role = STAFF_CLERK, .language = "nl", .created_s = clock_now_s() };
	struct staff taken;

	if (!staff_name_is_good(rq->name))
		return cmd_wrong(2, "a name is of small letters, digits and . - _ @, at most %d",
				 STAFF_NAME_SIZE - 1);
	if (store_staff_find(rq->st, rq->name, &taken) == 0)
		return cmd_wrong(1, "there is a %s already: meldlijn staff reset %s", rq->name,
				 rq->name);
	OSMO_STRLCPY_ARRAY(staff.name, rq->name);
	return set(rq, cfg, &staff, "added");
}

static int reset(const struct request *rq, const struct config *cfg)
{
	struct staff staff;
	int rc = store_staff_find(rq->st, rq->name, &staff);

	if (rc < 0)
		return failed(rq, rc);
	staff.failures = 0;
	staff.locked_until_s = 0;
	staff.shift_until_s = 0;
	staff.ended_s = 0;
	return set(rq, cfg, &staff, "reset");
}

static int end(const struct request *rq, const struct config *cfg)
{
	struct staff staff;
	int rc = store_staff_find(rq->st, rq->name, &staff);

	if (rc == 0 && !staff.ended_s) {
		staff.ended_s = clock_now_s();
		staff.password[0] = staff.number[0] = staff.totp[0] = '\0';
		rc = write_down(rq->st, &staff, "ended");
	}
	if (rc < 0)
		return failed(rq, rc);
	if (!rq->json)
		printf("%s works here no more\n", staff.name);
	return 0;
}

/* ---- list ---- */

static bool add_json(const struct staff *staff, void *data)
{
	char since[RFC3339_SIZE];
	json_t *json = json_pack("{s:s,s:s,s:s,s:b,s:b,s:b,s:s}", "name", staff->name, "role",
				 staff_role_name(staff->role), "language", staff->language,
				 "password", staff->password[0] != '\0', "totp",
				 staff->totp[0] != '\0', "ended", staff->ended_s != 0, "since",
				 rfc3339_write(since, staff->created_s, 0));

	if (staff->number[0])
		json_object_set_new(json, "number", json_string(staff->number));
	json_array_append_new(data, json);
	return true;
}

static bool print_row(const struct staff *staff, void *data)
{
	printf("%-20s %-10s %-3s %-16s %s%s%s\n", staff->name, staff_role_name(staff->role),
	       staff->language, staff->number, staff->ended_s ? "ended" : "",
	       staff->password_first ? "first password" : "", staff->totp[0] ? " codes" : "");
	return true;
}

static int list(const struct request *rq, const struct config *cfg)
{
	json_t *all;

	if (!rq->json)
		return store_staff_list(rq->st, print_row, NULL) < 0 ? failed(rq, -EIO) : 0;
	all = json_array();
	store_staff_list(rq->st, add_json, all);
	cmd_json(all, JSON_COMPACT);
	return 0;
}

/* ---- which ---- */

static const struct {
	const char *name;
	int (*run)(const struct request *rq, const struct config *cfg);
	bool of_somebody;
} verbs[] = {
	{ "add", add, true },
	{ "list", list, false },
	{ "reset", reset, true },
	{ "end", end, true },
};

static int run(struct request *rq, unsigned int verb)
{
	struct config *cfg;
	char *error = NULL;
	int rc;

	if (log_start(rq->ctx, "error") < 0)
		return 2;
	cfg = cmd_config(rq->ctx, rq->config);
	if (!cfg)
		return 1;
	rq->st = store_open(rq->ctx, cfg->database, &error);
	if (!rq->st)
		return cmd_wrong(1, "%s", error);
	rc = verbs[verb].run(rq, cfg);
	store_close(rq->st);
	return rc;
}

enum { OPT_ROLE = 1000, OPT_NUMBER, OPT_LANGUAGE, OPT_TOTP, OPT_FILE, OPT_MAKE };

static int read_option(struct request *rq, int option)
{
	switch (option) {
	case 'c':
		rq->config = optarg;
		return 0;
	case 'j':
		rq->json = true;
		return 0;
	case OPT_ROLE:
		rq->role = optarg;
		return 0;
	case OPT_NUMBER:
		rq->number = optarg;
		return 0;
	case OPT_LANGUAGE:
		rq->language = optarg;
		return 0;
	case OPT_TOTP:
		rq->totp = true;
		return 0;
	case OPT_FILE:
		rq->password_file = optarg;
		return 0;
	case OPT_MAKE:
		rq->make = true;
		return 0;
	default:
		return -EINVAL;
	}
}

int cmd_staff(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "role", required_argument, NULL, OPT_ROLE },
		{ "number", required_argument, NULL, OPT_NUMBER },
		{ "language", required_argument, NULL, OPT_LANGUAGE },
		{ "totp", no_argument, NULL, OPT_TOTP },
		{ "password-file", required_argument, NULL, OPT_FILE },
		{ "make-password", no_argument, NULL, OPT_MAKE },
		{ 0 },
	};
	struct request rq = { .ctx = talloc_named_const(NULL, 0, "meldlijn staff") };
	int option;

	while ((option = getopt_long(argc, argv, "c:jh", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help_text, stdout);
			return 0;
		}
		if (read_option(&rq, option) < 0)
			return cmd_usage(argv[0], argv[optind - 1]);
	}
	for (unsigned int i = 0; optind < argc && i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(verbs[i].name, argv[optind]) != 0 ||
		    argc - optind != 1 + verbs[i].of_somebody)
			continue;
		rq.name = verbs[i].of_somebody ? argv[optind + 1] : "";
		return run(&rq, i);
	}
	return cmd_usage(argv[0], NULL);
}
