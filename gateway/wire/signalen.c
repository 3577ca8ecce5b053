// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/signalen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "wire/rfc3339.h"

#define ID_MAX	  64
#define ERROR_MAX 400

/* ---- what we write ---- */

static char *take_text(void *ctx, json_t *root)
{
	char *text = root ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	char *out = text ? talloc_strdup(ctx, text) : NULL;

	free(text);
	json_decref(root);
	return out;
}

/* Cut between characters. */
static size_t cut(const char *text)
{
	size_t len = strlen(text);

	if (len <= SIGNALEN_TEXT_MAX)
		return len;
	for (len = SIGNALEN_TEXT_MAX; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	return len;
}

static json_t *marked_text(const char *text, const char *mark)
{
	char *all = talloc_asprintf(NULL, "%.*s\n%s", (int)cut(text), text, mark);
	json_t *json;

	OSMO_ASSERT(all);
	json = json_string(all);
	talloc_free(all);
	return json;
}

char *signalen_write(void *ctx, const struct signalen_signal *s)
{
	char at[RFC3339_SIZE];
	json_t *root;

	if (!s->text || !*s->text || !s->mark || !s->sub_category)
		return NULL;
	root = json_pack("{s:o, s:{s:{s:s, s:[f,f]}}, s:{s:s}, s:{s:b}, s:s}", "text",
			 marked_text(s->text, s->mark), "location", "geometrie", "type", "Point",
			 "coordinates", s->lon, s->lat, "category", "sub_category", s->sub_category,
			 "reporter", "sharing_allowed", 0, "incident_date_start",
			 rfc3339_write(at, s->created_s, 0));
	if (root && s->source && *s->source)
		json_object_set_new(root, "source", json_string(s->source));
	if (root && s->urgent)
		json_object_set_new(root, "priority", json_pack("{s:s}", "priority", "high"));
	return take_text(ctx, root);
}

char *signalen_write_note(void *ctx, const char *text, const char *mark, const char *state)
{
	json_t *root = json_pack("{s:[{s:o}]}", "notes", "text", marked_text(text, mark));

	if (root && state)
		json_object_set_new(
			root, "status",
			json_pack("{s:s, s:s%}", "state", state, "text", text, cut(text)));
	return take_text(ctx, root);
}

/* ---- what we read ---- */

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int64_t time_of(const json_t *object, const char *key)
{
	const char *text = text_of(object, key);
	int64_t at_s;

	return text && rfc3339_read(&at_s, text, 0) == 0 ? at_s : 0;
}

/* What stands in the path of an address must not lead elsewhere. */
static bool is_id(const char *text)
{
	size_t len = strspn(text, "0123456789abcdefABCDEF-");

	return len > 0 && len <= ID_MAX && text[len] == '\0';
}

/* The private API goes by number, the public one by uuid. */
static char *id_of(void *ctx, const json_t *signal)
{
	const json_t *id = json_object_get(signal, "id");
	const char *text = text_of(signal, "uuid");

	if (json_is_integer(id) && json_integer_value(id) > 0)
		return talloc_asprintf(ctx, "%" JSON_INTEGER_FORMAT, json_integer_value(id));
	if (!text)
		text = text_of(signal, "signal_id"); /* as older ones call it */
	return text && is_id(text) ? talloc_strdup(ctx, text) : NULL;
}

static bool has_line(const char *text, const char *mark)
{
	const char *at = text ? strstr(text, mark) : NULL;
	size_t len = strlen(mark);

	for (; at; at = strstr(at + 1, mark))
		if ((at == text || at[-1] == '\n') && (at[len] == '\0' || at[len] == '\n'))
			return true;
	return false;
}

static bool is_noted(const json_t *signal, const char *mark)
{
	const json_t *note;
	size_t i;

	json_array_foreach (json_object_get(signal, "notes"), i, note)
		if (has_line(text_of(note, "text"), mark))
			return true;
	return false;
}

int signalen_read(void *ctx, struct signalen_read *out, const char *mark, const char *body,
		  size_t len)
{
	json_t *root = json_loadb(body, len, 0, NULL);
	const json_t *status = json_object_get(root, "status");
	const char *state = text_of(status, "state"), *note = text_of(status, "text");

	memset(out, 0, sizeof(*out));
	out->id = id_of(ctx, root);
	if (out->id) {
		out->state = talloc_strndup(ctx, state ? state : "", SIGNALEN_STATE_MAX);
		out->note = note && *note ? talloc_strndup(ctx, note, cut(note)) : NULL;
		out->at_s = time_of(status, "created_at");
		out->expected_s = time_of(root, "operational_date");
		out->marked = mark && is_noted(root, mark);
	}
	json_decref(root);
	return out->id ? 0 : -EBADMSG;
}

int signalen_find(void *ctx, char **id, bool *more, const char *mark, const char *body, size_t len)
{
	json_t *root = json_loadb(body, len, 0, NULL), *results = json_object_get(root, "results");
	const json_t *signal;
	int rc = json_is_array(results) ? 0 : -EBADMSG;
	size_t i;

	*id = NULL;
	json_array_foreach (results, i, signal)
		if (!*id && has_line(text_of(signal, "text"), mark))
			*id = id_of(ctx, signal);
	*more = text_of(json_object_get(json_object_get(root, "_links"), "next"), "href") != NULL;
	json_decref(root);
	return rc;
}

/* Their workflow: an order that they have asked to close, or that an outside party says is done, is still to be
 * looked at by a person of theirs. */
const char *signalen_state(const char *state)
{
	static const struct {
		const char *theirs, *ours;
	} states[] = {
		{ "b", "in_progress" },
		{ "ingepland", "planned" },
		{ "forward to external", "in_progress" },
		{ "forwarded to external", "in_progress" },
		{ "ready to send", "in_progress" },
		{ "sent", "in_progress" },
		{ "o", "solved" },
		{ "CLOSED", "solved" }, /* all that the public API tells */
		{ "a", "rejected" },
		{ "reopened", "reopened" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (!strcmp(states[i].theirs, state))
			return states[i].ours;
	return "";
}

/* {"text": ["too long"], "location": {"geometrie": ["..."]}} or {"detail": "..."} */
static char *add_words(char *out, const char *name, json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	if (strlen(out) > ERROR_MAX)
		return out;
	if (json_is_string(value))
		out = talloc_asprintf_append_buffer(out, "%s%s%s%.200s", *out ? ", " : "", name,
						    *name ? ": " : "", json_string_value(value));
	OSMO_ASSERT(out);
	json_array_foreach (value, i, item)
		out = add_words(out, name, item);
	json_object_foreach (value, key, item)
		out = add_words(out, key, item);
	return out;
}

char *signalen_error(void *ctx, const char *body, size_t len)
{
	json_t *root = json_loadb(body, len, 0, NULL);
	char *words = add_words(talloc_strdup(ctx, ""), "", root);

	json_decref(root);
	if (*words)
		return words;
	talloc_free(words);
	return NULL;
}
