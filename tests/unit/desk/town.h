/* town.h - a small town in memory for the tests of the desk: real street names of The Hague, made-up
 * positions where none is published. */
#pragma once

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "desk/desk.h"
#include "store/store.h"

#define TOWN_NOW 1764000000 /* Monday 24 November 2025, 16:00 UTC */

struct town {
	struct store *st;
	struct desk *desk;
	struct talk talk;
	struct dialogue_turn turn;
	struct person ann, bob;
	json_t *slots;
	int filed, told;
	int64_t filed_id, told_report, told_event;
};

static const char *const town_addresses[][9] = {
	{ "2511BT", "70", "", "Spui", "Den Haag", "Centrum", "52.0776", "4.3167" },
	{ "2511BT", "68", "", "Spui", "Den Haag", "Centrum", "52.0777", "4.3166" },
	{ "2511BT", "74", "", "Spui", "Den Haag", "Centrum", "52.0774", "4.3168" },
	{ "2511BH", "12", "A", "Grote Marktstraat", "Den Haag", "Centrum", "52.0770", "4.3130" },
	{ "2511BH", "12", "B", "Grote Marktstraat", "Den Haag", "Centrum", "52.0770", "4.3131" },
	{ "2562GZ", "40", "", "Weimarstraat", "Den Haag", "Segbroek", "52.0770", "4.2850" },
	{ "2562GZ", "42", "", "Weimarstraat", "Den Haag", "Segbroek", "52.0771", "4.2848" },
	{ "2514GA", "4", "", "Plein 1813", "Den Haag", "Centrum", "52.0880", "4.3050" },
	{ "2595AA", "12", "", "1e van der Kunstraat", "Den Haag", "Laak", "52.0650", "4.3260" },
	{ "2564EL", "1058", "", "Laan van Meerdervoort", "Den Haag", "Segbroek", "52.0680",
	  "4.2600" },
	{ "2512GB", "5", "", "Kerkstraat", "Den Haag", "Loosduinen", "52.0560", "4.2390" },
	{ "2282JL", "5", "", "Kerkstraat", "Rijswijk", "Oud-Rijswijk", "52.0380", "4.3250" },
	{ "2572SX", "33", "", "Jan van Nassaustraat", "Den Haag", "Haagse Hout", "52.0950",
	  "4.3240" },
	{ "2571AA", "10", "", "Loosduinseweg", "Den Haag", "Escamp", "52.0690", "4.2860" },
	{ "2517KX", "8", "BIS", "'s-Gravenzandelaan", "Den Haag", "Segbroek", "52.0700", "4.2800" },
};

static const char *const town_assets[][9] = {
	{ "container", "4711", "restafval", "Weimarstraat", "40", "Segbroek", "52.0770", "4.2851" },
	{ "container", "4712", "papier", "Spui", "70", "Centrum", "52.0776", "4.3168" },
	{ "lamp", "L1234", "", "Weimarstraat", "42", "Segbroek", "52.0771", "4.2849" },
	{ "lamp", "12", "", "Spui", "68", "Centrum", "52.0777", "4.3165" },
};

static inline void town_filed(int64_t report_id, void *data)
{
	struct town *t = data;

	t->filed++;
	t->filed_id = report_id;
}

static inline void town_told(int64_t report_id, int64_t event_id, void *data)
{
	struct town *t = data;

	t->told++;
	t->told_report = report_id;
	t->told_event = event_id;
}

static inline void town_fill(struct town *t)
{
	struct store_import *im = store_import_begin(t, t->st, false);
	const char *why = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(town_addresses); i++) {
		const char *const *a = town_addresses[i];

		assert_int_equal(store_import_address(im, a[0], a[1], a[2], a[3], a[4], a[5], a[6],
						      a[7], &why),
				 0);
	}
	assert_int_equal(store_import_end(im, true), 0);
	im = store_import_begin(t, t->st, true);
	for (size_t i = 0; i < ARRAY_SIZE(town_assets); i++) {
		const char *const *a = town_assets[i];

		assert_int_equal(store_import_asset(im, a[0], a[1], a[2], a[3], a[4], a[5], a[6],
						    a[7], &why),
				 0);
	}
	assert_int_equal(store_import_end(im, true), 0);
}

/* Whose turn it is. */
static inline void town_turn(struct town *t, const struct person *who)
{
	t->turn.person_id = who->id;
	t->turn.number = who->number;
}

static inline int town_open(void **state)
{
	static const char *languages[] = { "nl", "en", NULL };
	struct town *t = talloc_zero(NULL, struct town);
	struct desk_user user = { .filed = town_filed, .told = town_told, .data = t };
	char *error = NULL;

	t->st = store_open(t, ":memory:", &error);
	assert_non_null(t->st);
	store_seed(t->st, 42);
	town_fill(t);
	t->desk = desk_alloc(t, t->st, &user);
	t->talk = (struct talk){ .city = "Den Haag",
				 .zone = "Europe/Amsterdam",
				 .languages = languages };
	t->turn = (struct dialogue_turn){
		.now_s = TOWN_NOW, .language = "nl", .channel_name = "sms", .talk = &t->talk
	};
	assert_int_equal(store_begin(t->st), 0);
	assert_int_equal(store_person_get(t->st, "+31612345678", TOWN_NOW, &t->ann), 0);
	assert_int_equal(store_person_get(t->st, "+31687654321", TOWN_NOW, &t->bob), 0);
	town_turn(t, &t->ann);
	t->slots = json_object();
	*state = t;
	return 0;
}

static inline int town_close(void **state)
{
	struct town *t = *state;

	assert_int_equal(store_end(t->st), 0);
	json_decref(t->slots);
	store_close(t->st);
	talloc_free(t);
	return 0;
}

static inline const char *town_call(struct town *t, const char *name)
{
	return desk_ops.call(t->desk, name, t->slots, &t->turn);
}

static inline void town_find(struct town *t, const char *type, const char *text,
			     struct dialogue_found *found)
{
	assert_int_equal(desk_ops.find(t->desk, type, text, t->slots, &t->turn, found), 0);
	assert_non_null(found->candidates);
	assert_true(found->span_start <= found->span_end && found->span_end <= strlen(text));
}

static inline const char *town_label(const struct dialogue_found *found, size_t i)
{
	const char *label = json_string_value(
		json_object_get(json_array_get(found->candidates, i), "label"));

	return label ? label : "";
}

/* Set the slots of a place that is found. */
static inline void town_place(struct town *t, const char *text)
{
	struct dialogue_found found;

	town_find(t, "place", text, &found);
	assert_true(json_array_size(found.candidates) >= 1);
	json_object_update(t->slots, json_array_get(found.candidates, 0));
	json_decref(found.candidates);
}

static inline const char *town_slot(struct town *t, const char *name)
{
	const char *value = json_string_value(json_object_get(t->slots, name));

	return value ? value : "";
}

static inline int64_t town_number(struct town *t, const char *name)
{
	return json_integer_value(json_object_get(t->slots, name));
}

static inline void town_set(struct town *t, const char *name, const char *value)
{
	json_object_set_new(t->slots, name, json_string(value));
}
