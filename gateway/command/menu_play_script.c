// SPDX-License-Identifier: AGPL-3.0-or-later
/* What is played: a transcript that is compared, a terminal, or lines of JSON for a test. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "command/menu_play_int.h"

/* ---- commands ---- */

/* "+3d" into seconds. \returns 0; -EINVAL */
static int read_span(int64_t *out, const char *word)
{
	char *end;
	long n;

	if (*word != '+')
		return -EINVAL;
	n = strtol(word + 1, &end, 10);
	if (n < 0 || n > 10000 || end == word + 1 || !*end || end[1])
		return -EINVAL;
	*out = n * (*end == 'd' ? 86400 : *end == 'h' ? 3600 : *end == 'm' ? 60 : 0);
	return *out ? 0 : -EINVAL;
}

/* A state, perhaps a date, perhaps words. */
static int command_state(struct menu_play *play, const char *name, char *rest)
{
	enum report_state state;
	int64_t span_s = 0;
	char *note = rest;

	if (strcmp(name, "late") && report_state_read(&state, name) < 0)
		return -EINVAL;
	if (*rest == '+') {
		note = rest + strcspn(rest, " ");
		if (*note)
			*note++ = '\0';
		if (read_span(&span_s, rest) < 0)
			return -EINVAL;
	}
	return menu_play_change(play, name, span_s ? play->now_s + span_s : 0, *note ? note : NULL);
}

/* "+3d", "number +316...", "solved": what follows '@'. \returns 0; -EINVAL it is none */
static int run_command(struct menu_play *play, const char *line)
{
	char *word = talloc_strdup(play, line + strspn(line, " "));
	char *rest = word + strcspn(word, " ");
	int64_t span_s;
	int rc = -EINVAL;

	if (*rest)
		*rest++ = '\0';
	if (read_span(&span_s, word) == 0 && !*rest)
		rc = menu_play_clock(play, span_s);
	else if (!strcmp(word, "number") && *rest)
		rc = menu_play_person(play, rest);
	else if (!strcmp(word, "new") && !*rest) {
		play->people[play->who].first = true;
		rc = 0;
	} else if (!strcmp(word, "hang") && !*rest) {
		menu_play_hang_up(play);
		rc = 0;
	} else if (!strcmp(word, "language") && *rest)
		rc = menu_play_language(play, rest);
	else
		rc = command_state(play, word, rest);
	talloc_free(word);
	return rc;
}

/* ---- a transcript ---- */

static void forget_said(struct menu_play *play)
{
	talloc_free(play->said);
	play->said = talloc_strdup(play, "");
	json_array_clear(play->answers);
}

struct transcript {
	struct menu_play *play;
	const char *path;
	FILE *out;
	char *now;     /* as it reads with today's answers */
	char *wanted;  /* answers written after the last command */
	char *command; /* the last command, for the difference */
	int line, command_line;
	bool differs;
};

static void print_lines(FILE *out, char sign, const char *lines)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		fprintf(out, "  %c %.*s\n", sign, (int)len, lines);
		lines += len + (lines[len] == '\n');
	}
}

/* What was wanted and what was said since the last command. */
static void settle(struct transcript *t)
{
	if (strcmp(t->wanted, t->play->said)) {
		t->differs = true;
		fprintf(t->out, "%s:%d: %s\n", t->path, t->command_line, t->command);
		print_lines(t->out, '-', t->wanted);
		print_lines(t->out, '+', t->play->said);
	}
	t->now = talloc_strdup_append(t->now, t->play->said);
	forget_said(t->play);
	t->wanted = talloc_strdup(t->now, "");
}

static int run_line(struct transcript *t, const char *line)
{
	int rc = 0;

	if (*line == '<') {
		t->wanted = talloc_asprintf_append(t->wanted, "%s\n", line);
		return 0;
	}
	settle(t);
	t->command = talloc_strdup(t->now, line);
	t->command_line = t->line;
	t->now = talloc_asprintf_append(t->now, "%s\n", line);
	if (*line == '>')
		rc = menu_play_take(t->play, line + 1 + (line[1] == ' '));
	else if (*line == '@')
		rc = run_command(t->play, line + 1);
	else if (*line && *line != '#')
		rc = -EINVAL;
	return rc;
}

static int write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	int rc = 0;

	if (!f)
		return -errno;
	if (fputs(text, f) < 0)
		rc = -EIO;
	if (fclose(f) != 0)
		rc = -EIO;
	return rc;
}

int menu_play_file(struct menu_play *play, const char *path, bool update, FILE *out, char **error)
{
	struct transcript t = { .play = play, .path = path, .out = update ? NULL : out };
	size_t size = 0;
	char *bytes = menu_play_read(play, path, &size), *pos = bytes;
	int rc = 0;

	*error = NULL;
	if (!bytes) {
		*error = talloc_asprintf(play, "%s: %s", path, strerror(errno));
		return -EINVAL;
	}
	t.out = update ? fopen("/dev/null", "w") : out;
	t.now = talloc_strdup(play, "");
	t.wanted = talloc_strdup(play, "");
	t.command = "the beginning";
	while (rc == 0 && *pos) {
		char *end = pos + strcspn(pos, "\n");
		bool more = *end;

		*end = '\0';
		t.line++;
		rc = run_line(&t, pos);
		pos = end + more;
	}
	if (rc == 0)
		settle(&t);
	if (rc < 0)
		*error = talloc_asprintf(play, "%s:%d: %s", path, t.line,
					 rc == -EINVAL ? "this is no line of a transcript"
						       : "the desk failed here");
	else if (update)
		rc = write_file(path, t.now);
	if (update)
		fclose(t.out);
	talloc_free(bytes);
	return rc < 0 ? rc : (t.differs && !update);
}

int menu_play_terminal(struct menu_play *play, FILE *in, FILE *out)
{
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	while (rc == 0) {
		if (isatty(fileno(in)))
			fputs("> ", out);
		fflush(out);
		if (getline(&line, &size, in) < 0)
			break;
		line[strcspn(line, "\r\n")] = '\0';
		if (*line == '@' && run_command(play, line + 1) < 0)
			fputs("  @ +2d, @ number N, @ hang, @ solved, @ planned +3d note\n", out);
		else if (*line != '@')
			rc = menu_play_take(play, line);
		fputs(play->said, out);
		forget_said(play);
	}
	free(line);
	return rc;
}

/* ---- JSON ---- */

static void print_object(FILE *out, json_t *object)
{
	OSMO_ASSERT(object);
	json_dumpf(object, out, JSON_COMPACT);
	fputc('\n', out);
	fflush(out);
	json_decref(object);
}

static void print_turn(struct menu_play *play, const char *line, FILE *out)
{
	const struct play_person *person = &play->people[play->who];
	json_t *state = person->state ? json_loads(person->state, 0, NULL) : json_null();

	print_object(out, json_pack("{ss sO so sb}", "input", line, "answers", play->answers,
				    "state", state, "session", person->session));
	forget_said(play);
}

static json_t *number_of(struct menu_play *play, int64_t person_id)
{
	struct person row;

	return store_person_by_id(play->st, person_id, &row) == 0 ? json_string(row.number)
								  : json_null();
}

static json_t *report_object(void *ctx, struct menu_play *play, int64_t id)
{
	int64_t ids[PEOPLE_MAX];
	struct report r;
	json_t *followers;
	int n = store_followers(play->st, id, ids, PEOPLE_MAX);

	if (store_report_get(ctx, play->st, id, &r) < 0)
		return json_null();
	followers = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(followers, number_of(play, ids[i]));
	return json_pack("{ss ss ss? ss? ss sb sI ss? ss so so}", "reference", r.reference,
			 "category", r.category, "place", r.place, "description", r.description,
			 "state", report_state_name(r.state), "urgent", r.urgent, "promise",
			 (json_int_t)r.promise_s, "note", r.note, "language", r.language, "person",
			 number_of(play, r.person_id), "followers", followers);
}

/* What is left of it all in the database. */
static int print_end(struct menu_play *play, FILE *out)
{
	void *ctx = talloc_new(play);
	json_t *reports = json_array(), *people = json_array(), *id;
	struct person row;
	size_t i;
	int rc = store_begin(play->st);

	json_array_foreach (play->reports, i, id)
		json_array_append_new(reports, report_object(ctx, play, json_integer_value(id)));
	for (i = 0; rc == 0 && i < play->people_n; i++) {
		rc = store_person_get(play->st, play->people[i].number, play->now_s, &row);
		if (rc == 0)
			json_array_append_new(people, json_pack("{ss ss sb}", "number", row.number,
								"language", row.language, "stopped",
								row.stopped));
	}
	store_undo(play->st);
	if (store_commit(play->st) < 0)
		rc = -EIO;
	print_object(out, json_pack("{so so}", "reports", reports, "people", people));
	talloc_free(ctx);
	return rc;
}

int menu_play_json(struct menu_play *play, FILE *in, FILE *out)
{
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	while (rc == 0 && getline(&line, &size, in) >= 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (*line == '>')
			rc = menu_play_take(play, line + 1 + (line[1] == ' '));
		else if (*line == '@')
			rc = run_command(play, line + 1);
		else
			continue;
		if (rc == 0)
			print_turn(play, line, out);
	}
	free(line);
	return rc < 0 ? rc : print_end(play, out);
}
