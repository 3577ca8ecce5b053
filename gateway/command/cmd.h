/* cmd.h - the commands that main() hands over to: argv[0] is the command's own name. */
#pragma once

#include <jansson.h>

struct app;
struct app_demo;
struct config;

/* Each \returns the exit status: 0, 1 for a wrong request, 2 for wrong usage */
int cmd_demo(int argc, char **argv);
int cmd_phone(int argc, char **argv);
int cmd_menu(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_call(int argc, char **argv);
int cmd_notice(int argc, char **argv);
int cmd_staff(int argc, char **argv);
int cmd_person(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_sms(int argc, char **argv);
int cmd_ussd(int argc, char **argv);
int cmd_say(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_check(int argc, char **argv);

/*! import without a configuration: what is "addresses" or "assets". \returns the exit status */
int cmd_import_file(const char *what, const char *path, const char *database);

/*! One line on stderr, that says what to do. \returns status */
int cmd_wrong(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*! Wrong usage, on one line of stderr.
 *  \param[in] wrong  the word that is not taken; NULL: something is missing, or too much
 *  \returns 2 */
int cmd_usage(const char *command, const char *wrong);

/*! A value on stdout, with a line end; the reference is taken.
 *  \param[in] flags  of json_dumps() */
void cmd_json(json_t *value, size_t flags);

/*! Read the configuration that a command was given with -c (NULL: meldlijn.cfg here, else in
 *  /etc/meldlijn).  Logging must have been started.  \returns NULL: words on stderr */
const char *cmd_usual_config(void); /* the file that is read without -c, NULL: none is there */
struct config *cmd_config(void *ctx, const char *path);

/* Where a line listens that no configuration tells of. */
#define CMD_URL "http://127.0.0.1:8070"

/*! Start logging and find where the line of a configuration listens.
 *  \param[in] config  as for cmd_config(); CMD_URL where there is none
 *  \param[in,out] url  NULL: filled in, child of ctx
 *  \returns 0; the exit status, with words on stderr */
int cmd_url(void *ctx, const char *config, const char **url);

/*! Start logging and find the database of a command: the one named, else that of the configuration.
 *  \param[in] config  as for cmd_config()
 *  \param[in,out] database  NULL: filled in, child of ctx
 *  \returns 0; the exit status, with words on stderr */
int cmd_database(void *ctx, const char *config, const char **database);

/*! Start a line and run it until it is stopped.
 *  \param[in] started  called once it is up, may be NULL
 *  \returns the exit status */
int cmd_run_line(void *ctx, struct config *cfg, const struct app_demo *demo,
		 void (*started)(struct app *app));
