// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/update.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "wire/rfc3339.h"

#define NOON_S	  (12 * 3600)
#define DATE_LEN  10 /* "2026-11-24" */
#define TIME_MAX  40
#define EPOCH_MIN 946684800    /* the year 2000: before it nobody reported here */
#define EPOCH_MAX 4102444800LL /* the year 2100 */

static const char *const states[] = { "received", "forwarded", "planned",  "in_progress",
				      "solved",	  "closed",    "rejected", "reopened" };

struct checker {
	void *ctx;
	const json_t *root;
	char **why;
};

static int wrong(const struct checker *ck, const char *key, const char *what)
{
	*ck->why = talloc_asprintf(ck->ctx, "\"%s\" %s", key, what);
	OSMO_ASSERT(*ck->why);
	return -EINVAL;
}

/* A text of at most max octets; absent and null are "". */
static int read_text(const struct checker *ck, const char *key, const char **out, size_t max)
{
	const json_t *value = json_object_get(ck->root, key);

	*out = "";
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return wrong(ck, key, "must be a string");
	if (json_string_length(value) > max)
		return wrong(ck, key, "is too long");
	*out = json_string_value(value);
	return 0;
}

static int read_time(const struct checker *ck, const char *key, int64_t *out)
{
	const char *text;
	int rc = read_text(ck, key, &text, TIME_MAX);

	*out = 0;
	if (rc < 0 || !*text)
		return rc;
	if (rfc3339_read(out, text, 0) < 0)
		return wrong(ck, key,
			     "must be a date (2026-11-24) or a time (2026-11-24T09:00:00Z)");
	/* a day, not its first second: noon UTC is that day in every inhabited zone but one */
	if (strlen(text) == DATE_LEN)
		*out += NOON_S;
	if (*out < EPOCH_MIN || *out > EPOCH_MAX)
		return wrong(ck, key, "is not in this century");
	return 0;
}

static int read_reference(const struct checker *ck, struct update *out)
{
	const json_t *value = json_object_get(ck->root, "reference");
	const char *text;
	int rc;

	if (json_is_integer(value)) {
		snprintf(out->reference, sizeof(out->reference), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		return 0;
	}
	rc = read_text(ck, "reference", &text, UPDATE_REFERENCE_MAX);
	if (rc < 0)
		return rc;
	if (!*text)
		return wrong(ck, "reference", "is missing");
	snprintf(out->reference, sizeof(out->reference), "%s", text);
	return 0;
}

static int read_status(const struct checker *ck, struct update *out)
{
	const char *text;
	int rc = read_text(ck, "status", &text, 64);
	size_t i;

	if (rc < 0)
		return rc;
	out->status[0] = '\0';
	if (!*text)
		return 0;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (!strcmp(states[i], text)) {
			snprintf(out->status, sizeof(out->status), "%s", text);
			return 0;
		}
	}
	return wrong(ck, "status",
		     "must be one of forwarded, planned, in_progress, solved, closed, rejected");
}

static int read_note(const struct checker *ck, struct update *out)
{
	const char *text;
	int rc = read_text(ck, "note", &text, UPDATE_NOTE_MAX);
	char *c;

	if (rc < 0)
		return rc;
	snprintf(out->note, sizeof(out->note), "%s", text);
	for (c = out->note; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return 0;
}

static int read_object(const struct checker *ck, struct update *out)
{
	int rc;

	if ((rc = read_reference(ck, out)) < 0 || (rc = read_status(ck, out)) < 0 ||
	    (rc = read_time(ck, "expected", &out->expected_s)) < 0 ||
	    (rc = read_time(ck, "at", &out->at_s)) < 0 || (rc = read_note(ck, out)) < 0)
		return rc;
	if (!out->status[0] && !out->note[0] && out->expected_s == 0)
		return wrong(ck, "status", "is missing, and there is no note either");
	return 0;
}

int update_read(void *ctx, struct update *out, const char *text, size_t len, char **why)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	struct checker ck = { .ctx = ctx, .root = root, .why = why };
	struct update read;
	int rc;

	*why = NULL;
	if (!root) {
		*why = talloc_asprintf(ctx, "not JSON: line %d, column %d: %s", error.line,
				       error.column, error.text);
		OSMO_ASSERT(*why);
		return -EBADMSG;
	}
	if (json_is_object(root)) {
		rc = read_object(&ck, &read);
	} else {
		*why = talloc_strdup(ctx, "the body must be a JSON object");
		rc = -EINVAL;
	}
	json_decref(root);
	if (rc == 0)
		*out = read;
	return rc;
}
