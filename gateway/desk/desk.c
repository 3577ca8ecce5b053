// SPDX-License-Identifier: AGPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "desk/desk_int.h"
#include "desk/desk_subscribe.h"

/* NULL from a function: the database failed; the caller undoes the step. */
static const struct {
	const char *name;
	const char *(*call)(struct desk *d, json_t *slots, struct dialogue_turn *turn);
} calls[] = {
	{ "report.near", desk_report_near },	 { "report.status", desk_report_status },
	{ "report.mine", desk_report_mine },	 { "near.count", desk_near_count },
	{ "report.file", desk_report_file },	 { "report.follow", desk_report_follow },
	{ "report.add", desk_report_add },	 { "report.confirm", desk_report_confirm },
	{ "report.reopen", desk_report_reopen }, { "person.language", desk_person_language },
	{ "person.stop", desk_person_stop },	 { "person.start", desk_person_start },
	{ "person.call", desk_person_call },	 { "subscribe.place", desk_subscribe_place },
	{ "subscribe.add", desk_subscribe_add }, { "subscribe.remove", desk_subscribe_remove },
};

static const struct {
	const char *name;
	int (*list)(struct desk *d, json_t *slots, struct dialogue_turn *turn, json_t *items);
} lists[] = {
	{ "report.mine", desk_list_mine },
	{ "report.near", desk_list_near },
	{ "subscribe.mine", desk_list_subscriptions },
	{ "agenda.near", desk_list_agenda },
};

static const char *const names[] = {
	"report.near none one",
	"report.status unknown none one many nameless",
	"report.mine yes no",
	"near.count none some",
	"report.file filed full",
	"report.follow followed already unknown nameless",
	"report.add added unknown foreign",
	"report.confirm confirmed unknown late",
	"report.reopen reopened unknown late",
	"person.language set unknown",
	"person.stop stopped subscribed",
	"person.start started subscribed",
	"person.call now already talking often none",
	"subscribe.place both one none",
	"subscribe.add added already full nameless unknown",
	"subscribe.remove removed last none nameless",
	"subscribe.mine",
	"agenda.near",
	NULL,
};

const char *desk_slot_text(json_t *slots, const char *name)
{
	const char *value = json_string_value(json_object_get(slots, name));

	return value ? value : "";
}

int64_t desk_slot_int(json_t *slots, const char *name)
{
	const json_t *value = json_object_get(slots, name);

	if (json_is_true(value))
		return 1;
	if (json_is_string(value))
		return strtoll(json_string_value(value), NULL, 10);
	return json_integer_value(value);
}

bool desk_slot_real(json_t *slots, const char *name, double *out)
{
	const json_t *value = json_object_get(slots, name);

	if (!json_is_number(value))
		return false;
	*out = json_number_value(value);
	return true;
}

void desk_set_text(json_t *slots, const char *name, const char *value)
{
	if (value && *value)
		json_object_set_new(slots, name, json_string(value));
	else
		json_object_del(slots, name);
}

void desk_set_int(json_t *slots, const char *name, int64_t value)
{
	json_object_set_new(slots, name, json_integer(value));
}

void desk_set_date(json_t *slots, const char *name, int64_t at_s)
{
	if (at_s)
		desk_set_int(slots, name, at_s);
	else
		json_object_del(slots, name);
}

static const char *call(void *desk, const char *name, json_t *slots, struct dialogue_turn *turn)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].call(desk, slots, turn);
	return NULL;
}

static int find(void *desk, const char *type, const char *text, json_t *slots,
		struct dialogue_turn *turn, struct dialogue_found *found)
{
	if (strcmp(type, "place") == 0)
		return desk_find_place(desk, text, slots, turn, false, found);
	if (strcmp(type, "asset") == 0)
		return desk_find_place(desk, text, slots, turn, true, found);
	if (strcmp(type, "reference") == 0)
		return desk_find_reference(desk, text, turn, found);
	if (strcmp(type, "subject") == 0)
		return desk_find_subject(desk, text, turn, found);
	if (strcmp(type, "subscription") == 0)
		return desk_find_subscription(desk, text, turn, found);
	if (strncmp(type, "keys.", 5) == 0)
		return desk_find_keys(desk, type + 5, text, turn, found);
	return -ENOENT;
}

static int list(void *desk, const char *name, json_t *slots, struct dialogue_turn *turn,
		json_t *items)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (strcmp(lists[i].name, name) == 0)
			return lists[i].list(desk, slots, turn, items);
	return -ENOENT;
}

const struct dialogue_desk desk_ops = {
	.call = call,
	.find = find,
	.list = list,
	.names = names,
};

struct desk *desk_alloc(void *ctx, struct store *st, const struct desk_user *user)
{
	struct desk *d = talloc_zero(ctx, struct desk);

	OSMO_ASSERT(d);
	d->st = st;
	if (user)
		d->user = *user;
	return d;
}
