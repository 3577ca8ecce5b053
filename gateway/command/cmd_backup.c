// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_backup.c - backup FILE and check: a copy while the line runs; is the database whole? */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "command/cmd.h"
#include "config.h"
#include "log.h"
#include "command/progress.h"
#include "store/store.h"

static const char backup_help[] =
	"usage: meldlijn backup FILE [--force] [--json] [-c FILE | --database FILE]\n"
	"Copies the database, also while the line runs, and checks the copy before it gets its name.\n"
	"--force: FILE may be there already and is replaced.\n";

static const char check_help[] =
	"usage: meldlijn check [--json] [-c FILE | --database FILE]\n"
	"Reads the whole database and prints what is wrong with it; exit status 1 if anything is.\n";

struct request {
	const char *file, *database;
	bool json, force;
	int status; /* not -1: nothing more to do, this is the exit status */
};

static void read_options(struct request *rq, int argc, char **argv, const char *help, int words)
{
	static const struct option options[] = {
		{ "database", required_argument, NULL, 'd' },
		{ "force", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int option;

	rq->status = -1;
	while ((option = getopt_long(argc, argv, "c:d:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			rq->file = optarg;
			break;
		case 'd':
			rq->database = optarg;
			break;
		case 'f':
			rq->force = true;
			break;
		case 'j':
			rq->json = true;
			break;
		case 'h':
			fputs(help, stdout);
			rq->status = 0;
			return;
		default:
			rq->status = cmd_usage(argv[0], argv[optind - 1]);
			return;
		}
	}
	if (argc - optind != words)
		rq->status = cmd_usage(argv[0], NULL);
}

int cmd_database(void *ctx, const char *config, const char **database)
{
	struct config *cfg;

	if (log_start(ctx, NULL) < 0)
		return 1;
	if (*database)
		return 0;
	cfg = cmd_config(ctx, config);
	if (!cfg)
		return 1;
	*database = cfg->database;
	return 0;
}

/* Unlike a line, these commands never make a database. */
static struct store *open_present(void *ctx, struct request *rq)
{
	struct store *st;
	char *error;

	if (cmd_database(ctx, rq->file, &rq->database) != 0)
		return NULL;
	if (access(rq->database, F_OK) < 0) {
		cmd_wrong(1, "%s: %s", rq->database, strerror(errno));
		return NULL;
	}
	st = store_open(ctx, rq->database, &error);
	if (!st)
		cmd_wrong(1, "%s", error);
	return st;
}

/* ---- check ---- */

static json_t *lines_of(const char *text)
{
	json_t *lines = json_array();

	while (*text) {
		size_t len = strcspn(text, "\n");

		json_array_append_new(lines, json_stringn(text, len));
		text += len + (text[len] == '\n');
	}
	return lines;
}

static int check(void *ctx, const struct request *rq, struct store *st)
{
	char *findings;
	int n = store_check(ctx, st, &findings);

	if (n < 0)
		return cmd_wrong(1, "%s: could not be read to its end: put a backup in its place",
				 rq->database);
	if (rq->json)
		cmd_json(json_pack("{s:b, s:i, s:o}", "whole", n == 0, "schema",
				   store_schema_version(st), "findings", lines_of(findings)),
			 JSON_INDENT(2));
	else if (n)
		fputs(findings, stdout);
	else
		printf("%s: whole (schema %d)\n", rq->database, store_schema_version(st));
	return n ? 1 : 0;
}

int cmd_check(int argc, char **argv)
{
	struct request rq = { 0 };
	void *ctx = talloc_named_const(NULL, 0, "check");
	struct store *st;
	int status = 1;

	read_options(&rq, argc, argv, check_help, 0);
	if (rq.status >= 0)
		return rq.status;
	st = open_present(ctx, &rq);
	if (st) {
		status = check(ctx, &rq, st);
		store_close(st);
	}
	talloc_free(ctx);
	return status;
}

/* ---- backup ---- */

static void show_pages(int left, int all, void *data)
{
	progress_show(data, all ? (double)(all - left) / all : 1, all - left, "pages");
}

/* The copy is opened as a database would be and read to its end. */
static int verify(void *ctx, const char *part)
{
	char *error, *findings = NULL;
	struct store *copy = store_open(ctx, part, &error);
	int n;

	if (!copy)
		return cmd_wrong(1, "the copy cannot be opened: %s", error);
	n = store_check(ctx, copy, &findings);
	store_close(copy);
	if (n == 0)
		return 0;
	fputs(findings ? findings : "", stderr);
	return cmd_wrong(1, "the copy is not whole and stays in %s: run meldlijn check", part);
}

/* The name is durable only when its folder is. */
static int give_name(void *ctx, const char *part, const char *path)
{
	char *folder = dirname(talloc_strdup(ctx, path));
	int fd;

	if (rename(part, path) < 0)
		return cmd_wrong(1, "%s: %s", path, strerror(errno));
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	return 0;
}

/* \returns false, and errno why; else nothing is there */
static bool may_make(const char *path)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return false;
	close(fd);
	unlink(path);
	return true;
}

static int backup(void *ctx, const struct request *rq, struct store *st, const char *path)
{
	char *part = talloc_asprintf(ctx, "%s.part", path);
	struct progress progress;
	struct stat about;
	double seconds;
	int rc;

	if (!may_make(part))
		return cmd_wrong(1, "%s: %s", part, strerror(errno));
	progress_begin(&progress, "backup");
	rc = store_backup(st, part, show_pages, &progress);
	seconds = progress_end(&progress);
	if (rc < 0) {
		unlink(part);
		return cmd_wrong(1, "%s: could not be written (see above)", path);
	}
	if (verify(ctx, part) != 0 || give_name(ctx, part, path) != 0)
		return 1;
	if (stat(path, &about) < 0)
		return cmd_wrong(1, "%s: %s", path, strerror(errno));
	if (rq->json)
		cmd_json(json_pack("{s:s, s:I, s:f}", "file", path, "bytes",
				   (json_int_t)about.st_size, "seconds", seconds),
			 JSON_INDENT(2));
	else
		printf("%s: %.1f MB in %.1f s, checked\n", path, about.st_size / 1e6, seconds);
	if (access(talloc_asprintf(ctx, "%s.key", rq->database), F_OK) == 0)
		fprintf(stderr,
			"%s.key is not in it: keep it too, elsewhere, or links that were sent "
			"end with it\n",
			rq->database);
	return 0;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int cmd_backup(int argc, char **argv)
{
	struct request rq = { 0 };
	void *ctx = talloc_named_const(NULL, 0, "backup");
	struct store *st;
	const char *path;
	int status = 1;

	read_options(&rq, argc, argv, backup_help, 1);
	if (rq.status >= 0)
		return rq.status;
	path = argv[optind];
	if (!rq.force && access(path, F_OK) == 0)
		return cmd_wrong(1, "%s is there already: name another file, or use --force", path);
	st = open_present(ctx, &rq);
	if (st) {
		status = is_same_file(path, rq.database)
				 ? cmd_wrong(1, "%s is the database itself: name another file",
					     path)
				 : backup(ctx, &rq, st, path);
		store_close(st);
	}
	talloc_free(ctx);
	return status;
}
