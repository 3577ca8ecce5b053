// SPDX-License-Identifier: AGPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "desk/desk.h"
#include "command/menu_play.h"
#include "store/store.h"
#include "talk/menu.h"
#include "wire/csv.h"

#define SEED	      14070
#define PEOPLE_MAX    16
#define FILE_SIZE_MAX (1024 * 1024)

struct play_person {
	char number[PHONE_SIZE];
	char *state;
	int64_t remind_s, expire_s; /* when; 0 not */
	int expire_after_s;
	bool first;
};

struct menu_play {
	struct talk *talk;
	struct store *st;
	struct desk *desk;
	int64_t now_s, last_report;
	struct play_person people[PEOPLE_MAX];
	size_t people_n, who;
	char *said; /* answers since the last look, a line each after "< " */
};

/* ---- answers ---- */

static void note_line(struct menu_play *play, const char *line, size_t len)
{
	play->said = talloc_asprintf_append(play->said, len ? "< %.*s\n" : "<%.*s\n", (int)len,
					    line);
	OSMO_ASSERT(play->said);
}

static void note_answer(struct menu_play *play, const struct play_person *to, const char *text)
{
	char *other = talloc_asprintf(play, "-- %s", to->number);

	if (to != &play->people[play->who])
		note_line(play, other, strlen(other));
	else if (*play->said)
		note_line(play, "--", 2);
	talloc_free(other);
	while (*text) {
		size_t len = strcspn(text, "\n");

		note_line(play, text, len);
		text += len + (text[len] == '\n');
	}
}

static void note_out(struct menu_play *play, struct play_person *person, struct dialogue_out *out)
{
	for (size_t i = 0; i < out->n; i++)
		note_answer(play, person, out->answers[i]);
	talloc_free(person->state);
	person->state = talloc_steal(play, out->state);
	person->remind_s = out->state && out->remind_s ? play->now_s + out->remind_s : 0;
	person->expire_s = out->state && !out->remind_s ? play->now_s + out->expire_s : 0;
	person->expire_after_s = out->expire_s;
}

/* ---- turns ---- */

static int get_turn(struct menu_play *play, struct play_person *person, struct dialogue_turn *turn,
		    struct person *row)
{
	int rc = store_person_get(play->st, person->number, play->now_s, row);

	if (rc < 0)
		return rc;
	*turn = (struct dialogue_turn){ .now_s = play->now_s,
					.person_id = row->id,
					.number = person->number,
					.language_chosen = row->language[0],
					.first = person->first,
					.channel = DIALOGUE_SMS,
					.channel_name = "sms",
					.talk = play->talk };
	OSMO_STRLCPY_ARRAY(turn->language,
			   row->language[0] ? row->language : play->talk->languages[0]);
	person->first = false;
	return 0;
}

static int end_step(struct menu_play *play, int rc)
{
	if (rc < 0)
		store_undo(play->st);
	else
		rc = store_end(play->st);
	return store_commit(play->st) < 0 ? -EIO : rc;
}

static int take(struct menu_play *play, const char *text)
{
	struct play_person *person = &play->people[play->who];
	struct dialogue_turn turn;
	struct dialogue_out out = { 0 };
	struct person row;
	int rc = store_begin(play->st);

	if (rc < 0)
		return rc;
	rc = get_turn(play, person, &turn, &row);
	if (rc == 0)
		rc = dialogue_take(play, person->state, text, &turn, &desk_ops, play->desk, &out);
	rc = end_step(play, rc);
	if (rc == 0)
		note_out(play, person, &out);
	return rc;
}

/* A word of ours to everyone whom a report concerns. */
static int open_to(struct menu_play *play, int64_t person_id, const char *node,
		   const struct report *report)
{
	struct dialogue_turn turn;
	struct dialogue_out out = { 0 };
	struct person row;
	json_t *slots;
	int rc = store_person_by_id(play->st, person_id, &row);

	for (size_t i = 0; rc == 0 && i < play->people_n; i++) {
		struct play_person *person = &play->people[i];

		if (strcmp(person->number, row.number) || row.stopped)
			continue;
		rc = get_turn(play, person, &turn, &row);
		if (rc < 0)
			return rc;
		slots = json_object();
		desk_report_slots(report, play->talk, turn.language, slots);
		json_object_set_new(slots, "own", json_boolean(row.id == report->person_id));
		rc = dialogue_open(play, person->state, node, slots, &turn, &desk_ops, play->desk,
				   &out);
		json_decref(slots);
		if (rc == 0)
			note_out(play, person, &out);
	}
	return rc;
}

static int tell_all(struct menu_play *play, const char *node, const struct report *report)
{
	int64_t ids[PEOPLE_MAX];
	int n = store_followers(play->st, report->id, ids, PEOPLE_MAX);
	int rc = n < 0 ? n : open_to(play, report->person_id, node, report);

	for (int i = 0; rc == 0 && i < n; i++)
		rc = open_to(play, ids[i], node, report);
	return rc;
}

/* The contractor's word on the last report. */
static int change_last(struct menu_play *play, const char *name, int64_t expected_s,
		       const char *note)
{
	void *ctx = talloc_new(play);
	struct report_change change = { .at_s = play->now_s,
					.expected_s = expected_s,
					.who = "contractor",
					.channel = "play",
					.note = note };
	struct report report;
	bool late = !strcmp(name, "late");
	int64_t event;
	int rc = store_begin(play->st);

	if (rc == 0)
		rc = store_report_get(ctx, play->st, play->last_report, &report);
	if (rc == 0 && late)
		change.state = report.state;
	else if (rc == 0)
		rc = report_state_read(&change.state, name);
	if (rc == 0)
		rc = store_report_change(play->st, play->last_report, &change, &event);
	if (rc == 0)
		rc = store_report_get(ctx, play->st, play->last_report, &report);
	if (rc == 0)
		rc = tell_all(play, talloc_asprintf(ctx, "notify.%s", name), &report);
	rc = end_step(play, rc);
	talloc_free(ctx);
	return rc;
}

/* ---- time ---- */

/* The next thing due before a moment: a reminder, or the end of a conversation. */
static struct play_person *next_due(struct menu_play *play, int64_t until_s, int64_t *due_s)
{
	struct play_person *next = NULL;

	for (size_t i = 0; i < play->people_n; i++) {
		struct play_person *p = &play->people[i];
		int64_t due = p->remind_s ? p->remind_s : p->expire_s;

		if (due && due <= until_s && (!next || due < *due_s)) {
			next = p;
			*due_s = due;
		}
	}
	return next;
}

static int run_due(struct menu_play *play, struct play_person *person)
{
	struct dialogue_turn turn;
	struct dialogue_out out = { 0 };
	struct person row;
	bool remind = person->remind_s;
	int rc = store_begin(play->st);

	if (rc < 0)
		return rc;
	rc = get_turn(play, person, &turn, &row);
	if (rc == 0 && remind)
		rc = dialogue_remind(play, person->state, &turn, &desk_ops, play->desk, &out);
	else if (rc == 0)
		rc = dialogue_expire(play, person->state, &turn, &out);
	rc = end_step(play, rc);
	if (rc < 0)
		return rc;
	if (remind && out.state) {
		int after = person->expire_after_s;

		note_out(play, person, &out);
		person->remind_s = 0;
		person->expire_s = play->now_s + after;
	} else {
		note_out(play, person, &out);
	}
	return 0;
}

static int move_clock(struct menu_play *play, int64_t by_s)
{
	int64_t until_s = play->now_s + by_s, due_s = 0;
	struct play_person *person;
	int rc = 0;

	while (rc == 0 && (person = next_due(play, until_s, &due_s))) {
		play->now_s = due_s;
		rc = run_due(play, person);
	}
	play->now_s = until_s;
	return rc;
}

/* ---- the registers ---- */

struct reading {
	struct store_import *im;
	bool assets;
	int columns[8];
};

static const char *field(const struct reading *r, const struct csv_row *row, int i)
{
	int column = r->columns[i];

	return column >= 0 && (size_t)column < row->n ? row->fields[column] : "";
}

static int read_row(void *priv, const struct csv_row *row)
{
	static const char *const names[2][8] = {
		{ "postcode", "number", "suffix", "street", "place", "area", "lat", "lon" },
		{ "kind", "number", "detail", "street", "house_number", "area", "lat", "lon" },
	};
	struct reading *r = priv;
	const char *why = NULL;
	int rc;

	if (row->line == 1) {
		for (size_t i = 0; i < ARRAY_SIZE(r->columns); i++)
			r->columns[i] = csv_column(row, names[r->assets][i]);
		return 0;
	}
	rc = (r->assets ? store_import_asset : store_import_address)(
		r->im, field(r, row, 0), field(r, row, 1), field(r, row, 2), field(r, row, 3),
		field(r, row, 4), field(r, row, 5), field(r, row, 6), field(r, row, 7), &why);
	return rc == -EIO ? rc : 0;
}

static char *read_file(void *ctx, const char *path, size_t *size)
{
	FILE *f = fopen(path, "r");
	char *bytes;

	if (!f)
		return NULL;
	bytes = talloc_size(ctx, FILE_SIZE_MAX + 1);
	OSMO_ASSERT(bytes);
	*size = fread(bytes, 1, FILE_SIZE_MAX, f);
	bytes[*size] = '\0';
	fclose(f);
	return bytes;
}

static int load_register(struct menu_play *play, const char *folder, bool assets, char **error)
{
	struct reading r = { .assets = assets };
	char *path = talloc_asprintf(play, "%s/%s.csv", folder, assets ? "assets" : "addresses");
	size_t size = 0;
	char *bytes = read_file(play, path, &size);
	struct csv *csv;
	int rc;

	if (!bytes) {
		*error = talloc_asprintf(talloc_parent(play), "%s: %s", path, strerror(errno));
		return -EINVAL;
	}
	r.im = store_import_begin(play, play->st, assets);
	csv = csv_alloc(play, 0, read_row, &r);
	rc = csv_push(csv, bytes, size);
	if (rc == 0)
		rc = csv_finish(csv);
	if (rc < 0)
		*error = talloc_asprintf(talloc_parent(play), "%s: %s", path,
					 csv_error(csv) ? csv_error(csv) : "the database failed");
	csv_free(csv);
	talloc_free(bytes);
	if (store_import_end(r.im, rc == 0) < 0)
		rc = -EIO;
	return rc;
}

/* A copy, so that playing changes nothing that is real. */
static struct store *open_copy(void *ctx, const char *path, char **error)
{
	char copy[] = "/tmp/meldlijn-play-XXXXXX";
	struct store *st = store_open(ctx, path, error);
	int fd, rc;

	if (!st)
		return NULL;
	fd = mkstemp(copy);
	if (fd < 0) {
		*error = talloc_asprintf(ctx, "%s: %s", copy, strerror(errno));
		store_close(st);
		return NULL;
	}
	close(fd);
	rc = store_backup(st, copy, NULL, NULL);
	store_close(st);
	if (rc < 0) {
		*error = talloc_asprintf(ctx, "%s: cannot be copied", path);
		unlink(copy);
		return NULL;
	}
	st = store_open(ctx, copy, error);
	unlink(copy);
	return st;
}

static void filed(int64_t report_id, void *data)
{
	struct menu_play *play = data;

	play->last_report = report_id;
}

/* \returns 0; -ENOSPC */
static int be_person(struct menu_play *play, const char *number)
{
	for (play->who = 0; play->who < play->people_n; play->who++)
		if (!strcmp(play->people[play->who].number, number))
			return 0;
	if (play->people_n >= PEOPLE_MAX)
		return -ENOSPC;
	play->people[play->people_n] = (struct play_person){ 0 };
	OSMO_STRLCPY_ARRAY(play->people[play->people_n].number, number);
	play->people_n++;
	return 0;
}

static int choose_language(struct menu_play *play, const char *language)
{
	struct person row;
	int rc = store_begin(play->st);

	if (rc < 0)
		return rc;
	rc = store_person_get(play->st, play->people[play->who].number, play->now_s, &row);
	if (rc == 0)
		rc = store_person_language(play->st, row.id, language);
	return end_step(play, rc);
}

static int close_store(struct menu_play *play)
{
	store_close(play->st);
	return 0;
}

struct menu_play *menu_play_alloc(void *ctx, const struct menu_play_setup *setup, char **error)
{
	struct menu_play *play = talloc_zero(ctx, struct menu_play);
	struct desk_user user = { .filed = filed, .data = play };
	int rc = 0;

	OSMO_ASSERT(play);
	*error = NULL;
	play->talk = setup->talk;
	play->now_s = setup->now_s;
	play->said = talloc_strdup(play, "");
	play->st = setup->database ? open_copy(ctx, setup->database, error)
				   : store_open(ctx, ":memory:", error);
	if (!play->st) {
		talloc_free(play);
		return NULL;
	}
	talloc_steal(play, play->st);
	talloc_set_destructor(play, close_store);
	store_seed(play->st, SEED);
	play->desk = desk_alloc(play, play->st, &user);
	be_person(play, setup->number);
	if (setup->registers) {
		rc = load_register(play, setup->registers, false, error);
		if (rc == 0)
			rc = load_register(play, setup->registers, true, error);
	}
	if (rc == 0 && setup->language)
		rc = choose_language(play, setup->language);
	if (rc < 0) {
		if (!*error)
			*error = talloc_strdup(ctx, "the database in memory failed");
		TALLOC_FREE(play);
	}
	return play;
}

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
	return change_last(play, name, span_s ? play->now_s + span_s : 0, *note ? note : NULL);
}

static int command(struct menu_play *play, const char *line)
{
	char *word = talloc_strdup(play, line + strspn(line, " "));
	char *rest = word + strcspn(word, " ");
	int64_t span_s;
	int rc = -EINVAL;

	if (*rest)
		*rest++ = '\0';
	if (read_span(&span_s, word) == 0 && !*rest)
		rc = move_clock(play, span_s);
	else if (!strcmp(word, "number") && *rest)
		rc = be_person(play, rest);
	else if (!strcmp(word, "new") && !*rest) {
		play->people[play->who].first = true;
		rc = 0;
	} else if (!strcmp(word, "language") && *rest)
		rc = choose_language(play, rest);
	else
		rc = command_state(play, word, rest);
	talloc_free(word);
	return rc;
}

/* ---- a transcript ---- */

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
	talloc_free(t->play->said);
	t->play->said = talloc_strdup(t->play, "");
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
		rc = take(t->play, line + 1 + (line[1] == ' '));
	else if (*line == '@')
		rc = command(t->play, line + 1);
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
	char *bytes = read_file(play, path, &size), *pos = bytes;
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
		if (*line == '@' && command(play, line + 1) < 0)
			fputs("  @ +2d, @ number N, @ solved, @ planned +3d note\n", out);
		else if (*line != '@')
			rc = take(play, line);
		fputs(play->said, out);
		talloc_free(play->said);
		play->said = talloc_strdup(play, "");
	}
	free(line);
	return rc;
}
