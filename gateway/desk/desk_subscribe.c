// SPDX-License-Identifier: AGPL-3.0-or-later
/* Subscriptions of residents to notices; desk_subject.c finds what they mean. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "desk/desk_subscribe.h"

#define SUBSCRIPTIONS_MAX 20  /* of one resident */
#define NAMES_SIZE	  100 /* of them in a sentence: a text holds 160 letters */
#define GROUP		  "main:"

static const char *const kinds[] = {
	[SUBSCRIBE_STREET] = "street",
	[SUBSCRIBE_AREA] = "area",
	[SUBSCRIBE_CATEGORY] = "category",
	[SUBSCRIBE_ALL] = "all",
};

static bool is_group(const char *category)
{
	return strncmp(category, GROUP, strlen(GROUP)) == 0;
}

/* ---- what the slots say ---- */

/* \returns 0; -ENOENT: they say nothing that can be subscribed to */
static int read_subject(json_t *slots, const struct dialogue_turn *turn, struct subscription *sub)
{
	const char *kind = desk_slot_text(slots, "subject_kind");
	const char *category = desk_slot_text(slots, "category");
	const char *group = desk_slot_text(slots, "main");

	*sub = (struct subscription){ .person_id = turn->person_id, .kind = SUBSCRIPTION_KINDS };
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			sub->kind = i;
	switch (sub->kind) {
	case SUBSCRIBE_STREET:
		sub->ref = desk_slot_int(slots, "street_id");
		OSMO_STRLCPY_ARRAY(sub->name, desk_slot_text(slots, "street"));
		return sub->ref ? 0 : -ENOENT;
	case SUBSCRIBE_AREA:
		sub->ref = desk_slot_int(slots, "area_id");
		OSMO_STRLCPY_ARRAY(sub->name, desk_slot_text(slots, "area"));
		return sub->ref ? 0 : -ENOENT;
	case SUBSCRIBE_CATEGORY:
		if (*category)
			OSMO_STRLCPY_ARRAY(sub->category, category);
		else if (*group)
			snprintf(sub->category, sizeof(sub->category), GROUP "%s", group);
		return sub->category[0] ? 0 : -ENOENT;
	case SUBSCRIBE_ALL:
		return 0;
	case SUBSCRIPTION_KINDS:
		break;
	}
	return -ENOENT;
}

/* What a resident calls it: "Spui", "Afval", "alles".  \returns talloc'd */
static char *name_of(void *ctx, const struct subscription *sub, const struct dialogue_turn *turn)
{
	const struct talk *talk = turn->talk;
	const char *slug = sub->category;

	if (sub->kind == SUBSCRIBE_ALL)
		return phrase_say(ctx, talk->phrases, turn->language, NULL, "subscribe.all", NULL,
				  talk->zone);
	if (sub->kind != SUBSCRIBE_CATEGORY)
		return talloc_strdup(ctx, sub->name);
	if (is_group(slug))
		return talloc_strdup(ctx, category_main_name(talk->categories, slug + strlen(GROUP),
							     turn->language));
	return talloc_strdup(ctx, category_name(talk->categories, slug, turn->language));
}

static void set_name(json_t *slots, const char *slot, const struct subscription *sub,
		     const struct dialogue_turn *turn)
{
	char *name = name_of(NULL, sub, turn);

	desk_set_text(slots, slot, name);
	talloc_free(name);
}

/* ---- what one has ---- */

struct listing {
	json_t *items;
	const struct dialogue_turn *turn;
};

static bool list_one(const struct subscription *sub, void *data)
{
	struct listing *l = data;
	json_t *item = json_object();
	char id[24];

	snprintf(id, sizeof(id), "%" PRId64, sub->id);
	desk_set_text(item, "value", id);
	desk_set_text(item, "subject_kind", kinds[sub->kind]);
	set_name(item, "subject_name", sub, l->turn);
	set_name(item, "label", sub, l->turn);
	/* whole sets, so that nothing of what was said before stays */
	desk_set_int(item, "street_id", sub->kind == SUBSCRIBE_STREET ? sub->ref : 0);
	desk_set_int(item, "area_id", sub->kind == SUBSCRIBE_AREA ? sub->ref : 0);
	if (sub->kind == SUBSCRIBE_STREET)
		desk_set_text(item, "street", sub->name);
	if (sub->kind == SUBSCRIBE_AREA)
		desk_set_text(item, "area", sub->name);
	if (is_group(sub->category))
		desk_set_text(item, "main", sub->category + strlen(GROUP));
	else
		desk_set_text(item, "category", sub->category);
	json_array_append_new(l->items, item);
	return true;
}

int desk_list_subscriptions(struct desk *d, json_t *slots, struct dialogue_turn *turn,
			    json_t *items)
{
	struct listing l = { .items = items, .turn = turn };

	return turn->person_id ? store_subscriptions(d->st, turn->person_id, list_one, &l) : 0;
}

int desk_subscriptions_named(struct desk *d, json_t *slots, const char *slot,
			     struct dialogue_turn *turn)
{
	json_t *items = json_array(), *item;
	char names[NAMES_SIZE] = "";
	int rc = desk_list_subscriptions(d, slots, turn, items);
	size_t i, used = 0;

	json_array_foreach (items, i, item) {
		const char *name = desk_slot_text(item, "subject_name");

		if (used + strlen(name) + 8 > sizeof(names)) {
			snprintf(names + used, sizeof(names) - used, ", ...");
			break;
		}
		used += snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "", name);
	}
	desk_set_text(slots, slot, names);
	desk_set_int(slots, "count", (int64_t)json_array_size(items));
	json_decref(items);
	return rc;
}

/* ---- look and do ---- */

const char *desk_subscribe_place(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	bool street = desk_slot_int(slots, "street_id") != 0;
	bool area = desk_slot_int(slots, "area_id") != 0;

	if (street && area)
		return "both";
	if (!street && !area)
		return "none";
	desk_set_text(slots, "subject_kind", street ? "street" : "area");
	return "one";
}

/* Whoever asks for notices wants them, also after STOP.  \returns 0; -EIO */
static int lift_stop(struct desk *d, json_t *slots, const struct dialogue_turn *turn)
{
	struct person person;
	int rc = store_person_by_id(d->st, turn->person_id, &person);

	if (rc < 0)
		return rc;
	desk_set_text(slots, "restarted", person.stopped ? "yes" : "no");
	return person.stopped ? store_person_stop(d->st, turn->person_id, false, turn->now_s) : 0;
}

static const char *list_on(struct desk *d, json_t *slots, struct dialogue_turn *turn, bool stop)
{
	const char *list = desk_slot_text(slots, "list");

	desk_set_text(slots, "subject_name", list);
	if (!stop && lift_stop(d, slots, turn) < 0)
		return NULL;
	if (store_list_stop(d->st, turn->person_id, list, stop, turn->now_s) < 0)
		return NULL;
	return stop ? "removed" : "added";
}

static bool is_list(json_t *slots)
{
	return strcmp(desk_slot_text(slots, "subject_kind"), "list") == 0;
}

const char *desk_subscribe_add(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	struct subscription sub;
	int rc;

	if (!turn->person_id)
		return "nameless";
	if (is_list(slots))
		return list_on(d, slots, turn, false);
	if (read_subject(slots, turn, &sub) < 0)
		return "unknown";
	set_name(slots, "subject_name", &sub, turn);
	if (desk_subscriptions_named(d, slots, "subscriptions", turn) < 0)
		return NULL;
	if (desk_slot_int(slots, "count") >= SUBSCRIPTIONS_MAX)
		return "full";
	rc = store_subscribe(d->st, &sub, turn->now_s);
	if ((rc < 0 && rc != -EEXIST) || lift_stop(d, slots, turn) < 0)
		return NULL;
	return rc == -EEXIST ? "already" : "added";
}

const char *desk_subscribe_remove(struct desk *d, json_t *slots, struct dialogue_turn *turn)
{
	struct subscription sub;
	int rc;

	if (!turn->person_id)
		return "nameless";
	if (is_list(slots))
		return list_on(d, slots, turn, true);
	if (read_subject(slots, turn, &sub) < 0)
		return "none";
	set_name(slots, "subject_name", &sub, turn);
	rc = store_unsubscribe(d->st, &sub);
	if ((rc < 0 && rc != -ENOENT) ||
	    desk_subscriptions_named(d, slots, "subscriptions", turn) < 0)
		return NULL;
	if (rc == -ENOENT)
		return "none";
	return desk_slot_int(slots, "count") > 0 ? "removed" : "last";
}
