// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/open311.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "wire/form.h"
#include "wire/rfc3339.h"

#define NOTE_MAX   2000
#define ERRORS_MAX 500
#define RESOURCE   "/requests.json"

/* ---- writing ---- */

static char *add(char *form, const char *name, const char *value)
{
	return value && *value ? form_add(form, name, value) : form;
}

static char *add_time(char *form, const char *name, int64_t at_s)
{
	char text[RFC3339_SIZE];

	return at_s ? form_add(form, name, rfc3339_write(text, at_s, 0)) : form;
}

/* The first max characters (not octets) of a UTF-8 text. */
static char *add_cut(char *form, const char *name, const char *text, size_t max)
{
	size_t n = 0, i;
	char *cut;

	if (!text || !*text)
		return form;
	for (i = 0; text[i]; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80 && n++ == max)
			break;
	cut = talloc_strndup(NULL, text, i);
	OSMO_ASSERT(cut);
	form = form_add(form, name, cut);
	talloc_free(cut);
	return form;
}

static char *add_place(char *form, const struct open311_request *request)
{
	char text[24];

	if (request->located) {
		snprintf(text, sizeof(text), "%.6f", request->lat);
		form = form_add(form, "lat", text);
		snprintf(text, sizeof(text), "%.6f", request->lon);
		form = form_add(form, "long", text);
	}
	form = add(form, "address_string", request->address_string);
	return add(form, "address_id", request->address_id);
}

static bool is_set(const char *text)
{
	return text && *text;
}

char *open311_write_request(void *ctx, const struct open311_request *request)
{
	char *form;

	if (!is_set(request->service_code) ||
	    !(request->located || is_set(request->address_string) || is_set(request->address_id)))
		return NULL;

	form = talloc_strdup(ctx, "");
	form = add(form, "api_key", request->api_key);
	form = add(form, "jurisdiction_id", request->jurisdiction_id);
	form = add(form, "service_code", request->service_code);
	form = add_place(form, request);
	form = add_cut(form, "description", request->description, OPEN311_DESCRIPTION_MAX);
	form = add(form, "phone", request->phone);
	form = add(form, "attribute[idempotency_key]", request->key);
	form = add(form, "attribute[reference]", request->reference);
	form = add(form, "attribute[category]", request->category_name);
	form = add(form, "attribute[area]", request->area);
	form = add(form, "attribute[asset_kind]", request->asset_kind);
	form = add(form, "attribute[asset_number]", request->asset_number);
	form = add(form, "attribute[urgent]", request->urgent ? "true" : NULL);
	form = add_time(form, "attribute[reported]", request->created_s);
	return add_time(form, "attribute[promised]", request->promise_s);
}

char *open311_write_note(void *ctx, const struct open311_note *note)
{
	char *form;

	if (!is_set(note->update_id))
		return NULL;
	form = talloc_strdup(ctx, "");
	form = add(form, "api_key", note->api_key);
	form = add(form, "jurisdiction_id", note->jurisdiction_id);
	form = add(form, "service_request_id", note->service_request_id);
	form = add(form, "service_request_id_ext", note->reference);
	form = add(form, "update_id", note->update_id);
	form = add(form, "status", note->status);
	form = add_time(form, "updated_datetime", note->updated_s);
	form = add_cut(form, "description", note->description, OPEN311_DESCRIPTION_MAX);
	return add(form, "phone", note->phone);
}

const char *open311_status_of(const char *state)
{
	static const char *const words[][2] = {
		{ "reopened", "REOPEN" },
		{ "in_progress", "IN_PROGRESS" },
		{ "planned", "ACTION_SCHEDULED" },
		{ "solved", "FIXED" },
		{ "closed", "CLOSED" },
		{ "rejected", "NO_FURTHER_ACTION" },
		{ "withdrawn", "CANCELLED" },
	};
	size_t i;

	for (i = 0; state && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i][0], state))
			return words[i][1];
	return "OPEN";
}

bool open311_is_url(const char *url)
{
	size_t len = strcspn(url, "?#"), tail = strlen(RESOURCE);

	return len >= tail && !strncmp(url + len - tail, RESOURCE, tail);
}

char *open311_url(void *ctx, const char *url, const char *resource, const char *query)
{
	size_t len = strcspn(url, "?#"), tail = strlen(RESOURCE);
	char *out;

	if (!open311_is_url(url))
		return NULL;
	out = talloc_asprintf(ctx, "%.*s%s%s%s", (int)(len - tail + 1), url, resource,
			      query && *query ? "?" : "", query ? query : "");
	OSMO_ASSERT(out);
	return out;
}

/* ---- reading ---- */

const char *open311_state(const char *status, bool dated)
{
	static const char *const words[][2] = {
		{ "open", "forwarded" },
		{ "closed", "solved" },
		{ "investigating", "forwarded" },
		{ "for_triage", "forwarded" },
		{ "internal_referral", "forwarded" },
		{ "action_scheduled", "planned" },
		{ "planned", "planned" },
		{ "in_progress", "in_progress" },
		{ "fixed", "solved" },
		{ "duplicate", "rejected" },
		{ "not_councils_responsibility", "rejected" },
		{ "no_further_action", "rejected" },
		{ "cancelled", "rejected" },
		{ "reopen", "reopened" },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(words[i][0], status) != 0)
			continue;
		return dated && !strcmp(words[i][1], "forwarded") ? "planned" : words[i][1];
	}
	return "";
}

/* A number of theirs: some servers write it as JSON number, some as string. */
static const char *read_id(void *ctx, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	const char *text;

	if (json_is_integer(value))
		return talloc_asprintf(ctx, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	text = json_string_value(value);
	if (!text || !*text || strlen(text) > OPEN311_ID_MAX)
		return NULL;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return NULL;
	return talloc_strdup(ctx, text);
}

/* Their words go to logs and alarms. */
static char *in_one_line(char *text)
{
	char *c;

	for (c = text; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return text;
}

static const char *read_text(void *ctx, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	size_t len;
	char *out;

	if (!text || !*text)
		return NULL;
	len = strlen(text);
	if (len > NOTE_MAX) {
		len = NOTE_MAX;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	out = talloc_strndup(ctx, text, len);
	OSMO_ASSERT(out);
	return in_one_line(out);
}

static int64_t read_time(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	int64_t at_s;

	if (!text || rfc3339_read(&at_s, text, 0) < 0 || at_s < 0)
		return 0;
	return at_s;
}

static char *append_error(void *ctx, char *all, const json_t *item)
{
	const char *text = json_string_value(item);

	if (!text)
		text = json_string_value(json_object_get(item, "description"));
	if (!text)
		text = json_string_value(json_object_get(item, "message"));
	if (!text)
		text = json_string_value(json_object_get(item, "error"));
	if (!text || !*text || (all && strlen(all) > ERRORS_MAX))
		return all;
	if (!all)
		return talloc_strndup(ctx, text, ERRORS_MAX);
	return talloc_asprintf_append_buffer(all, "; %.*s", ERRORS_MAX, text);
}

/* GeoReport's error list: [{"code","description"}]; some wrap it in {"errors": [...]}. */
static char *read_errors(void *ctx, const json_t *root)
{
	const json_t *list = json_object_get(root, "errors");
	char *all = NULL;
	size_t i;

	if (!list)
		list = json_object_get(root, "error");
	if (!list)
		list = root;
	if (!json_is_array(list))
		return append_error(ctx, NULL, list);
	for (i = 0; i < json_array_size(list) && i < OPEN311_ITEMS_MAX; i++)
		all = append_error(ctx, all, json_array_get(list, i));
	return all;
}

int open311_read_receipt(void *ctx, struct open311_receipt *out, const char *text, size_t len)
{
	json_t *root = json_loadb(text, len, 0, NULL);
	const json_t *first = root;

	memset(out, 0, sizeof(*out));
	if (json_is_array(root))
		first = json_array_get(root, 0);
	out->service_request_id = read_id(ctx, first, "service_request_id");
	out->token = read_id(ctx, first, "token");
	out->update_id = read_id(ctx, first, "update_id");
	if (!out->service_request_id && !out->token && !out->update_id)
		out->error = in_one_line(read_errors(ctx, root));
	json_decref(root);
	return out->service_request_id || out->token || out->update_id || out->error ? 0 : -EBADMSG;
}

static const char *read_reference(void *ctx, const json_t *item)
{
	const char *ref = read_id(ctx, item, "service_request_id_ext");

	return ref ? ref : read_id(ctx, json_object_get(item, "attribute"), "reference");
}

static bool read_item(void *ctx, struct open311_item *out, const json_t *item)
{
	const char *status = json_string_value(json_object_get(item, "status"));
	const char *extended = json_string_value(json_object_get(item, "extended_status"));

	out->update_id = read_id(ctx, item, "update_id");
	out->service_request_id = read_id(ctx, item, "service_request_id");
	out->reference = read_reference(ctx, item);
	if (!out->service_request_id && !out->reference)
		return false;
	out->updated_s = read_time(item, "updated_datetime");
	if (out->updated_s == 0)
		out->updated_s = read_time(item, "requested_datetime");
	out->expected_s = read_time(item, "expected_datetime");
	out->note = read_text(ctx, item, out->update_id ? "description" : "status_notes");
	out->state = open311_state(extended ? extended
				   : status ? status
					    : "",
				   out->expected_s != 0);
	return true;
}

int open311_read_items(void *ctx, struct open311_item **items, size_t *skipped, const char *text,
		       size_t len)
{
	json_t *root = json_loadb(text, len, 0, NULL);
	size_t i, all, n = 0;

	if (!json_is_array(root)) {
		json_decref(root);
		return -EBADMSG;
	}
	all = json_array_size(root);
	*items = talloc_zero_array(ctx, struct open311_item,
				   (unsigned int)OSMO_MIN(all + 1, OPEN311_ITEMS_MAX));
	OSMO_ASSERT(*items);
	for (i = 0; i < all && n < OPEN311_ITEMS_MAX; i++)
		n += read_item(*items, &(*items)[n], json_array_get(root, i));
	if (skipped)
		*skipped = all - n;
	json_decref(root);
	return (int)n;
}
