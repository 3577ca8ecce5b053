// SPDX-License-Identifier: AGPL-3.0-or-later
/* phone_past.c - what a number of "meldlijn phone" has sent and got, one JSON object a line in
 * $XDG_STATE_HOME/meldlijn/phone-NUMBER.jsonl, for this person only.  Kept at a terminal only:
 * a script has its own memory.  A file that cannot be had is no reason not to phone. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "command/phone_int.h"

#define SHOWN_MAX 12 /* texts of earlier that are shown at the start */

static char *folder(void *ctx)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && state[0] == '/')
		return talloc_asprintf(ctx, "%s/meldlijn", state);
	if (home && home[0] == '/')
		return talloc_asprintf(ctx, "%s/.local/state/meldlijn", home);
	return NULL;
}

static void make_folders(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	mkdir(path, 0700);
}

void phone_past_typed(struct phone_number *num, const char *text)
{
	if (num->n_sent > 0 && !strcmp(num->sent[num->n_sent - 1], text))
		return;
	if (num->n_sent == PHONE_PAST_MAX) {
		talloc_free(num->sent[0]);
		memmove(num->sent, num->sent + 1, --num->n_sent * sizeof(num->sent[0]));
	}
	num->sent[num->n_sent++] = talloc_strdup(num->phone, text);
}

static bool read_line(struct phone_number *num, const json_t *json, struct phone_text *text)
{
	const char *direction = json_string_value(json_object_get(json, "direction"));

	text->in = direction && !strcmp(direction, "in");
	text->id = json_integer_value(json_object_get(json, "id"));
	text->text = json_string_value(json_object_get(json, "text"));
	text->from = json_string_value(json_object_get(json, "from"));
	text->to = json_string_value(json_object_get(json, "to"));
	text->at = json_string_value(json_object_get(json, "at"));
	return direction && text->text && text->from && text->to && text->at;
}

/* The last texts in the file: shown, and what was typed comes back with Up. */
static void read_past(struct phone_number *num, FILE *file)
{
	json_t *last[SHOWN_MAX] = { NULL };
	struct phone_text text;
	char *line = NULL;
	size_t size = 0, n = 0, i;

	while (getline(&line, &size, file) > 0) {
		json_t *json = json_loads(line, 0, NULL);

		if (!json || !read_line(num, json, &text)) {
			json_decref(json);
			continue;
		}
		if (text.in)
			num->past_after = text.id;
		else
			phone_past_typed(num, text.text);
		json_decref(last[n % SHOWN_MAX]);
		last[n++ % SHOWN_MAX] = json;
	}
	free(line);
	for (i = n > SHOWN_MAX ? n - SHOWN_MAX : 0; i < n; i++)
		if (read_line(num, last[i % SHOWN_MAX], &text))
			phone_screen_text(num, &text);
	for (i = 0; i < SHOWN_MAX; i++)
		json_decref(last[i]);
}

void phone_past_open(struct phone_number *num)
{
	char *path;
	FILE *file;
	int fd;

	if (!num->phone->screen)
		return;
	path = folder(num->phone);
	if (!path)
		return;
	make_folders(path);
	path = talloc_asprintf_append_buffer(path, "/phone-%s.jsonl", num->number);
	file = fopen(path, "r");
	if (file) {
		read_past(num, file);
		fclose(file);
	}
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	num->past = fd >= 0 ? fdopen(fd, "a") : NULL;
	talloc_free(path);
}

void phone_past_close(struct phone_number *num)
{
	if (num->past)
		fclose(num->past);
	num->past = NULL;
}

void phone_past_add(struct phone_number *num, const struct phone_text *text)
{
	json_t *json;

	if (!num->past)
		return;
	json = json_pack("{s:s,s:I,s:s,s:s,s:s,s:s}", "direction", text->in ? "in" : "out", "id",
			 (json_int_t)text->id, "from", text->from, "to", text->to, "text",
			 text->text, "at", text->at);
	json_dumpf(json, num->past, JSON_COMPACT);
	json_decref(json);
	fputc('\n', num->past);
	fflush(num->past);
}
