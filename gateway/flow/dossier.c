// SPDX-License-Identifier: AGPL-3.0-or-later
/* dossier.c - see dossier.h */
#include "flow/dossier.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "log.h"
#include "store/store_dossier.h"
#include "store/store_notice.h"
#include "wire/rfc3339.h"

#define REPORTS_MAX 10000
#define CALLS_MAX   10000

static void set_text(json_t *object, const char *key, const char *value)
{
	if (value && value[0])
		json_object_set_new(object, key, json_string(value));
}

static void set_time(json_t *object, const char *key, int64_t at_s)
{
	char text[RFC3339_SIZE];

	if (at_s)
		json_object_set_new(object, key, json_string(rfc3339_write(text, at_s, 0)));
}

/* ---- texts, calls, lists ---- */

static bool add_text(const struct dossier_text *text, void *data)
{
	json_t *object = json_object();

	set_text(object, "way", text->out ? "to them" : "from them");
	set_time(object, "at", text->at_s);
	set_text(object, "text", text->text);
	set_text(object, "state", text->state);
	json_array_append_new(data, object);
	return true;
}

static bool add_call(const struct call_row *call, void *data)
{
	json_t *object = json_object();

	set_text(object, "way", call->outgoing ? "to them" : "from them");
	set_time(object, "began", call->began_s);
	set_time(object, "answered", call->answered_s);
	set_time(object, "ended", call->ended_s);
	set_text(object, "line", call->line);
	set_text(object, "end", call->cause);
	json_array_append_new(data, object);
	return true;
}

static bool add_recording(const struct recording *rec, void *data)
{
	json_t *object = json_pack("{s:s, s:f}", "file", rec->path, "seconds", rec->seconds);

	set_time(object, "at", rec->at_s);
	json_array_append_new(data, object);
	return true;
}

static bool add_list(const char *list, void *data)
{
	json_array_append_new(data, json_string(list));
	return true;
}

static bool add_subscription(const struct subscription *sub, void *data)
{
	static const char *const kinds[SUBSCRIPTION_KINDS] = {
		[SUBSCRIBE_STREET] = "street",
		[SUBSCRIBE_AREA] = "area",
		[SUBSCRIBE_CATEGORY] = "category",
		[SUBSCRIBE_ALL] = "all",
	};
	json_t *object = json_object();

	set_text(object, "kind", kinds[sub->kind]);
	set_text(object, "name", sub->category[0] ? sub->category : sub->name);
	set_time(object, "since", sub->since_s);
	json_array_append_new(data, object);
	return true;
}

/* ---- reports ---- */

static bool add_event(const struct report_event *e, void *data)
{
	json_t *object = json_object();

	set_time(object, "at", e->at_s);
	set_text(object, "state", report_state_name(e->state));
	set_text(object, "who", e->who);
	set_text(object, "note", e->note);
	json_array_append_new(data, object);
	return true;
}

static json_t *report_json(struct store *st, const struct report *r)
{
	json_t *object = json_object(), *history = json_array();

	set_text(object, "reference", r->reference);
	set_time(object, "created", r->created_s);
	set_text(object, "state", report_state_name(r->state));
	set_text(object, "category", r->category);
	set_text(object, "place", r->place);
	set_text(object, "area", r->area);
	set_text(object, "description", r->description);
	set_text(object, "channel", r->channel);
	set_text(object, "language", r->language);
	set_text(object, "contractor", r->contractor);
	store_event_list(st, r->id, add_event, history);
	json_object_set_new(object, "history", history);
	return object;
}

/* Reports of others say only that they are followed. */
static void add_reports(json_t *all, struct store *st, const struct person *person)
{
	json_t *own = json_array(), *follows = json_array();
	void *ctx = talloc_new(NULL);
	struct report *rows = talloc_array(ctx, struct report, REPORTS_MAX);
	int n;

	OSMO_ASSERT(rows);
	n = store_report_of_person(ctx, st, person->id, 0, rows, REPORTS_MAX);
	for (int i = 0; i < n; i++)
		if (rows[i].person_id == person->id)
			json_array_append_new(own, report_json(st, &rows[i]));
		else
			json_array_append_new(follows, json_string(rows[i].reference));
	talloc_free(ctx);
	json_object_set_new(all, "reports", own);
	json_object_set_new(all, "follows", follows);
}

/* ---- what else there is ---- */

static bool add_callout(const struct dossier_row *row, void *data)
{
	json_t *object = json_object();

	set_text(object, "why", row->name);
	set_text(object, "text", row->text);
	set_text(object, "state", row->state);
	set_time(object, "asked", row->at_s);
	json_array_append_new(data, object);
	return true;
}

static bool add_notice(const struct dossier_row *row, void *data)
{
	json_t *object = json_object();

	set_text(object, "title", row->name);
	set_text(object, "language", row->text);
	set_text(object, "state", row->state);
	set_time(object, "began", row->at_s);
	json_array_append_new(data, object);
	return true;
}

static bool add_card(const struct dossier_row *row, void *data)
{
	json_t *object = json_object();

	set_text(object, "imsi", row->name);
	set_text(object, "number", row->state);
	set_time(object, "since", row->at_s);
	json_array_append_new(data, object);
	return true;
}

static bool add_dialogue(const struct dossier_row *row, void *data)
{
	json_t *object = json_object(), *state = json_loads(row->text, 0, NULL);

	set_text(object, "line", row->name);
	set_time(object, "updated", row->at_s);
	json_object_set_new(object, "state", state ? state : json_string(row->text));
	json_array_append_new(data, object);
	return true;
}

static void add_rest(json_t *all, struct store *st, const struct person *person)
{
	static const struct {
		const char *key;
		bool (*add)(const struct dossier_row *row, void *data);
	} kinds[DOSSIER_KINDS] = {
		[DOSSIER_CALLOUTS] = { "callouts", add_callout },
		[DOSSIER_NOTICES] = { "notices", add_notice },
		[DOSSIER_CARDS] = { "sim_cards", add_card },
		[DOSSIER_DIALOGUE] = { "conversation", add_dialogue },
	};

	for (int kind = 0; kind < DOSSIER_KINDS; kind++) {
		json_t *rows = json_array();

		store_dossier_rows(st, kind, person->id, person->number, DOSSIER_TEXTS_MAX,
				   kinds[kind].add, rows);
		json_object_set_new(all, kinds[kind].key, rows);
	}
}

/* ---- export ---- */

static void add_person(json_t *all, struct store *st, const struct person *person)
{
	char *why = store_dossier_why(NULL, st, person->id);

	set_text(all, "number", person->number);
	set_time(all, "first_seen", person->first_seen_s);
	set_text(all, "language", person->language);
	json_object_set_new(all, "stopped", json_boolean(person->stopped));
	json_object_set_new(all, "blocked", json_boolean(person->blocked));
	set_time(all, "blocked_since", person->blocked_at_s);
	set_text(all, "blocked_why", why);
	talloc_free(why);
}

json_t *dossier_export(struct store *st, const struct person *person)
{
	json_t *all = json_object();
	json_t *texts = json_array(), *calls = json_array(), *recordings = json_array();
	json_t *lists = json_array(), *subscriptions = json_array();
	void *ctx = talloc_new(NULL);

	add_person(all, st, person);
	add_reports(all, st, person);
	store_subscriptions(st, person->id, add_subscription, subscriptions);
	store_dossier_lists(st, person->id, add_list, lists);
	store_dossier_texts(st, person->number, DOSSIER_TEXTS_MAX, add_text, texts);
	store_dossier_calls(st, person->id, CALLS_MAX, add_call, calls);
	store_dossier_recordings(ctx, st, person->id, add_recording, recordings);
	json_object_set_new(all, "subscriptions", subscriptions);
	json_object_set_new(all, "stopped_lists", lists);
	json_object_set_new(all, "texts", texts);
	json_object_set_new(all, "calls", calls);
	json_object_set_new(all, "recordings", recordings);
	add_rest(all, st, person);
	talloc_free(ctx);
	return all;
}

/* ---- forget ---- */

struct files {
	struct store *st;
	const char **paths;
	size_t n;
};

static bool add_path(const struct recording *rec, void *data)
{
	struct files *files = data;

	files->paths = talloc_realloc(files, files->paths, const char *, files->n + 1);
	OSMO_ASSERT(files->paths);
	files->paths[files->n++] = talloc_steal(files, rec->path);
	return true;
}

static void erase_files(void *data, uint64_t arg, bool ok)
{
	struct files *files = data;

	for (size_t i = 0; ok && i < files->n; i++)
		if (unlink(files->paths[i]) < 0 && errno != ENOENT)
			LOGP(DFLOW, LOGL_ERROR, "%s: cannot be erased: %s\n", files->paths[i],
			     strerror(errno));
	talloc_free(files);
}

int dossier_forget(struct store *st, const struct person *person, const char *who,
		   const char *channel, int64_t now_s)
{
	struct files *files = talloc_zero(NULL, struct files);
	int rc;

	OSMO_ASSERT(files);
	rc = store_dossier_recordings(files, st, person->id, add_path, files);
	if (rc >= 0)
		rc = store_dossier_forget(st, person->id, person->number, who, channel, now_s);
	if (rc < 0) {
		talloc_free(files);
		return rc;
	}
	store_after(st, erase_files, files, 0);
	return 0;
}
