// SPDX-License-Identifier: AGPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "command/menu_play_int.h"
#include "talk/menu_cost.h"
#include "wire/csv.h"

#define SEED	      14070
#define FILE_SIZE_MAX (1024 * 1024)

/* ---- answers ---- */

static void note_line(struct menu_play *play, const char *line, size_t len)
{
	play->said = talloc_asprintf_append(play->said, len ? "< %.*s\n" : "<%.*s\n", (int)len,
					    line);
	OSMO_ASSERT(play->said);
}

static const char *channel_name(enum dialogue_channel channel)
{
	switch (channel) {
	case DIALOGUE_SMS:
		return "sms";
	case DIALOGUE_USSD:
		return "ussd";
	case DIALOGUE_VOICE:
		return "voice";
	}
	return "";
}

/* What stands before an answer: a line for whoever else it goes to, or for its way if that is another. */
static void note_head(struct menu_play *play, const struct play_person *to, bool by_text)
{
	bool other_way = by_text && play->channel != DIALOGUE_SMS;
	char *head = talloc_asprintf(play, "--%s%s%s", to != &play->people[play->who] ? " " : "",
				     to != &play->people[play->who] ? to->number : "",
				     other_way ? " sms" : "");

	OSMO_ASSERT(head);
	if (*play->said || strlen(head) > 2)
		note_line(play, head, strlen(head));
	talloc_free(head);
}

static void note_answer(struct menu_play *play, const struct play_person *to, bool by_text,
			const char *text, bool last)
{
	json_array_append_new(play->answers,
			      json_pack("{ss ss ss sb}", "to", to->number, "channel",
					channel_name(by_text ? DIALOGUE_SMS : play->channel),
					"text", text, "last", last));
	note_head(play, to, by_text);
	while (*text) {
		size_t len = strcspn(text, "\n");

		note_line(play, text, len);
		text += len + (text[len] == '\n');
	}
	if (last)
		note_line(play, "==", 2);
}

static const char *listens(const struct dialogue_out *out)
{
	switch (out->listen) {
	case DIALOGUE_LISTEN_NOTHING:
		return "";
	case DIALOGUE_LISTEN_KEY:
		return "(key)";
	case DIALOGUE_LISTEN_KEYS:
		return "(keys)";
	case DIALOGUE_LISTEN_MESSAGE:
		return "[toon]\n(message)"; /* the tone after which one speaks */
	}
	return "";
}

/* What a caller hears, a sentence a line, and what is listened for. */
static void note_heard(struct menu_play *play, struct play_person *person,
		       const struct dialogue_out *out)
{
	char *text = talloc_strdup(play, out->slow ? "(slowly)\n" : "");

	for (size_t i = 0; i < out->sentences_n; i++)
		text = talloc_asprintf_append(text, "%s\n", out->sentences[i].text);
	text = talloc_asprintf_append(text, "%s", out->person ? "(person)" : listens(out));
	OSMO_ASSERT(text);
	note_answer(play, person, false, text, out->last);
	talloc_free(text);
}

static void note_out(struct menu_play *play, struct play_person *person, bool by_text,
		     struct dialogue_out *out)
{
	for (size_t i = 0; i < out->n; i++)
		note_answer(play, person, by_text, out->answers[i], !by_text && out->last);
	if (!by_text && play->channel == DIALOGUE_VOICE)
		note_heard(play, person, out);
	talloc_free(person->state);
	person->state = talloc_steal(play, out->state);
	person->remind_s = out->state && out->remind_s ? play->now_s + out->remind_s : 0;
	person->expire_s = out->state && !out->remind_s ? play->now_s + out->expire_s : 0;
	person->expire_after_s = out->expire_s;
	if (by_text)
		person->texted = person->state && (person->texted || out->n > 0);
}

/* ---- turns ---- */

static int get_turn(struct menu_play *play, struct play_person *person,
		    enum dialogue_channel channel, struct dialogue_turn *turn, struct person *row)
{
	int rc = store_person_get(play->st, person->number, play->now_s, row);

	if (rc < 0)
		return rc;
	*turn = (struct dialogue_turn){ .now_s = play->now_s,
					.person_id = row->id,
					.number = person->number,
					.language_chosen = row->language[0],
					.first = person->first,
					.channel = channel,
					.channel_name = channel_name(channel),
					.page_octets = MENU_USSD_OCTETS,
					.code = PLAY_CODE "#",
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

static int run_due(struct menu_play *play, struct play_person *person);

/* A text, a page's answer, keys, or with dial set a code or a call. */
static int take_turn(struct menu_play *play, enum dialogue_channel channel, bool dial,
		     const char *text)
{
	struct play_person *person = &play->people[play->who];
	struct dialogue_turn turn;
	struct dialogue_out out = { 0 };
	struct person row;
	char *state;
	int rc = store_begin(play->st);

	if (rc < 0)
		return rc;
	rc = get_turn(play, person, channel, &turn, &row);
	if (channel == DIALOGUE_VOICE && !dial && !strcmp(text, PLAY_MESSAGE)) {
		turn.recording_id = ++play->recordings;
		text = "";
	}
	if (rc == 0)
		rc = (dial ? dialogue_dial : dialogue_take)(play, person->state, text, &turn,
							    &desk_ops, play->desk, &out);
	rc = end_step(play, rc);
	if (rc < 0)
		return rc;
	note_out(play, person, channel == DIALOGUE_SMS, &out);
	person->session = channel != DIALOGUE_SMS && !out.last;
	if (out.by_text)
		return run_due(play, person);
	if (channel != DIALOGUE_SMS && out.last && person->state) {
		state = dialogue_seen(play, person->state, &turn);
		talloc_free(person->state);
		person->state = state;
		person->remind_s = state ? person->remind_s : 0;
	}
	return 0;
}

/* Is it our code? \returns its path; NULL if it is not */
static const char *code_path(const char *text)
{
	size_t len = strlen(PLAY_CODE);

	if (strncmp(text, PLAY_CODE, len) != 0 || (text[len] != '*' && text[len] != '#') ||
	    text[strspn(text, "0123456789*#")])
		return NULL;
	return text + len + (text[len] == '*');
}

int menu_play_take(struct menu_play *play, const char *text)
{
	struct play_person *person = &play->people[play->who];
	const char *path = play->channel == DIALOGUE_USSD ? code_path(text) : NULL;
	int rc = 0;

	if (play->channel == DIALOGUE_SMS)
		return take_turn(play, DIALOGUE_SMS, false, text);
	if (play->channel == DIALOGUE_VOICE && !strcmp(text, PLAY_CALL))
		path = "";
	if (path || (!person->session && !person->texted)) {
		person->texted = false;
		rc = take_turn(play, play->channel, true, path ? path : "");
	}
	if (rc < 0 || path)
		return rc;
	return take_turn(play, person->session ? play->channel : DIALOGUE_SMS, false, text);
}

void menu_play_hang_up(struct menu_play *play)
{
	struct play_person *person = &play->people[play->who];
	struct dialogue_turn turn = { .now_s = play->now_s, .talk = play->talk };
	char *state;

	if (play->channel == DIALOGUE_VOICE && person->session && person->state) {
		OSMO_STRLCPY_ARRAY(turn.language, play->talk->languages[0]);
		state = dialogue_seen(play, person->state, &turn); /* all was heard */
		talloc_free(person->state);
		person->state = state;
		person->remind_s = state && person->remind_s ? play->now_s + 1 : 0;
	}
	person->session = false;
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
		rc = get_turn(play, person, DIALOGUE_SMS, &turn, &row);
		if (rc < 0)
			return rc;
		slots = json_object();
		desk_report_slots(report, play->talk, turn.language, slots);
		json_object_set_new(slots, "own", json_boolean(row.id == report->person_id));
		rc = dialogue_open(play, person->state, node, slots, &turn, &desk_ops, play->desk,
				   &out);
		json_decref(slots);
		if (rc == 0)
			note_out(play, person, true, &out);
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

int menu_play_change(struct menu_play *play, const char *name, int64_t expected_s, const char *note)
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
	rc = get_turn(play, person, DIALOGUE_SMS, &turn, &row);
	if (rc == 0 && remind)
		rc = dialogue_remind(play, person->state, &turn, &desk_ops, play->desk, &out);
	else if (rc == 0)
		rc = dialogue_expire(play, person->state, &turn, &out);
	rc = end_step(play, rc);
	if (rc < 0)
		return rc;
	if (remind && out.state) {
		int after = person->expire_after_s;

		note_out(play, person, true, &out);
		person->remind_s = 0;
		person->expire_s = play->now_s + after;
	} else {
		note_out(play, person, true, &out);
	}
	return 0;
}

int menu_play_clock(struct menu_play *play, int64_t by_s)
{
	int64_t until_s = play->now_s + by_s, due_s = 0;
	struct play_person *person;
	int rc = 0;

	for (size_t i = 0; i < play->people_n; i++)
		play->people[i].session = false; /* no network waits so long */
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

char *menu_play_read(void *ctx, const char *path, size_t *size)
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
	char *bytes = menu_play_read(play, path, &size);
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
	json_array_append_new(play->reports, json_integer(report_id));
}

int menu_play_person(struct menu_play *play, const char *number)
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

int menu_play_language(struct menu_play *play, const char *language)
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
	json_decref(play->answers);
	json_decref(play->reports);
	return 0;
}

/* There is always a line that can. */
static const char *call_back(const struct dialogue_turn *turn, const char **shown, void *data)
{
	return "now";
}

struct menu_play *menu_play_alloc(void *ctx, const struct menu_play_setup *setup, char **error)
{
	struct menu_play *play = talloc_zero(ctx, struct menu_play);
	struct desk_user user = { .filed = filed, .call_back = call_back, .data = play };
	int rc = 0;

	OSMO_ASSERT(play);
	*error = NULL;
	play->talk = setup->talk;
	play->now_s = setup->now_s;
	play->channel = setup->channel;
	play->said = talloc_strdup(play, "");
	play->st = setup->database ? open_copy(ctx, setup->database, error)
				   : store_open(ctx, ":memory:", error);
	if (!play->st) {
		talloc_free(play);
		return NULL;
	}
	talloc_steal(play, play->st);
	play->answers = json_array();
	play->reports = json_array();
	talloc_set_destructor(play, close_store);
	store_seed(play->st, SEED);
	play->desk = desk_alloc(play, play->st, &user);
	menu_play_person(play, setup->number);
	if (setup->registers) {
		rc = load_register(play, setup->registers, false, error);
		if (rc == 0)
			rc = load_register(play, setup->registers, true, error);
	}
	if (rc == 0 && setup->language)
		rc = menu_play_language(play, setup->language);
	if (rc < 0) {
		if (!*error)
			*error = talloc_strdup(ctx, "the database in memory failed");
		TALLOC_FREE(play);
	}
	return play;
}
