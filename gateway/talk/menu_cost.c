// SPDX-License-Identifier: AGPL-3.0-or-later
#include "talk/menu_cost.h"

#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/menu.h"
#include "talk/page.h"
#include "talk/render.h"
#include "wire/sms_text.h"
#include "wire/ussd_text.h"

#define EXAMPLE_DAY_S 1795521600 /* 2026-11-24 12:00 UTC */

static json_t *example_slots(const struct talk *talk, const char *language)
{
	const struct category *cat = categories_count(talk->categories)
					     ? category_at(talk->categories, 0)
					     : NULL;
	const char *slug = cat ? cat->slug : "container-full";
	const char *name = category_name(talk->categories, slug, language);
	json_t *slots = json_pack("{ss ss ss ss ss ss ss ss}", "reference", "4829153", "shown",
				  "482 915 3", "near_reference", "4829153", "near_shown",
				  "482 915 3", "category_name", name, "near_category_name", name,
				  "place", "Weimarstraat 240, Regentes", "near_place",
				  "Weimarstraat 244, Regentes");
	static const char *const dates[] = { "since",	   "promise",	 "expected",	"ready",
					     "near_since", "near_ready", "near_promise" };

	for (size_t i = 0; i < ARRAY_SIZE(dates); i++)
		json_object_set_new(slots, dates[i], json_integer(EXAMPLE_DAY_S));
	json_object_set_new(slots, "label", json_string("Weimarstraat 240, Regentes"));
	json_object_set_new(slots, "street", json_string("Weimarstraat"));
	json_object_set_new(slots, "area", json_string("Regentes"));
	json_object_set_new(slots, "subject_name", json_string("Weimarstraat"));
	json_object_set_new(slots, "subscriptions", json_string("Weimarstraat, Regentes"));
	json_object_set_new(slots, "state", json_string("planned"));
	json_object_set_new(slots, "has_note", json_string("yes"));
	json_object_set_new(slots, "note", json_string("De wagen komt tussen 8 en 10 uur."));
	json_object_set_new(slots, "near_distance", json_integer(40));
	json_object_set_new(slots, "distance", json_integer(40));
	json_object_set_new(slots, "city", json_string(talk->city ? talk->city : "Den Haag"));
	json_object_set_new(slots, "short_code",
			    json_string(talk->short_code ? talk->short_code : "14070"));
	json_object_set_new(slots, "ussd", json_string("*140"));
	json_object_set_new(slots, "call_back", json_string("yes"));
	return slots;
}

static char *example(void *ctx, const struct talk *talk, const char *language,
		     const struct menu_node *node, const char *variant, json_t *slots)
{
	const char *labels[MENU_OPTIONS_MAX + 3];
	const char *zone = talk->zone ? talk->zone : "Europe/Amsterdam";
	struct render r = { .labels = labels, .numbered = node->kind != MENU_SAY };
	size_t shown;

	r.text = phrase_say(ctx, talk->phrases, language, variant, node->say, slots, zone);
	for (size_t i = 0; i < node->options_n; i++)
		labels[r.n++] = phrase_say(ctx, talk->phrases, language, variant,
					   node->options[i].say, slots, zone);
	for (size_t i = 0; node->from && i < 3; i++)
		labels[r.n++] = phrase_say(ctx, talk->phrases, language, variant, node->option,
					   slots, zone);
	return render_page(ctx, DIALOGUE_SMS, &r, &shown);
}

/* 150 words a minute, of six letters and a blank: about 6 hundredths of a second a letter; a sentence ends in a
 * pause. */
#define LETTER_CS   6
#define SENTENCE_CS 40

static double guess_seconds(const char *text)
{
	unsigned int cs = 0;

	for (; *text; text++) {
		cs += ((unsigned char)*text & 0xc0) != 0x80 ? LETTER_CS : 0;
		cs += *text == '\n' || *text == '.' ? SENTENCE_CS : 0;
	}
	return cs / 100.0;
}

static double seconds_of(struct menu_cost *cost, const struct menu_ear *ear, const char *line)
{
	double s = ear && *line ? ear->seconds(cost->language, line, ear->data) : -1;

	if (s >= 0 || !*line)
		return OSMO_MAX(s, 0);
	cost->guessed = true;
	return guess_seconds(line);
}

/* The words before the options are as many lines as the question has: the first option's is the one after. */
static void weigh_aloud(void *ctx, struct menu_cost *cost, const struct menu_ear *ear,
			size_t question_lines)
{
	const char *text = cost->aloud;

	for (size_t n = 0; *text; n++) {
		size_t len = strcspn(text, "\n");

		cost->voice_s += seconds_of(cost, ear, talloc_strndup(ctx, text, len));
		if (n <= question_lines)
			cost->key_s = cost->voice_s;
		text += len + (text[len] == '\n');
	}
}

static size_t count_lines(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* As dialogue_voice_say.c says it: what, then the key, five at a time. */
static char *example_aloud(void *ctx, const struct talk *talk, const char *language,
			   const struct menu_node *node, json_t *slots, size_t *question_lines)
{
	const char *zone = talk->zone ? talk->zone : "Europe/Amsterdam";
	json_t *heard = json_copy(slots);
	char *all;
	size_t n = node->from ? 3 : node->type == MENU_TEXT ? 0 : node->options_n;

	dialogue_spell_args(heard, talk, language);
	all = phrase_say(ctx, talk->phrases, language, "voice", node->say, heard, zone);
	*question_lines = count_lines(all);
	for (size_t i = 0; i < n && i < DIALOGUE_EAR_OPTIONS; i++) {
		const char *say = node->from ? node->option : node->options[i].say;
		json_t *args = json_pack("{ss so}", "key", "1", "label",
					 json_string(phrase_say(ctx, talk->phrases, language,
								"voice", say, heard, zone)));

		all = talloc_asprintf_append(all, "\n%s",
					     phrase_say(ctx, talk->phrases, language, "voice",
							"voice.option", args, zone));
		json_decref(args);
	}
	if (n > DIALOGUE_EAR_OPTIONS)
		all = talloc_asprintf_append(all, "\n%s",
					     phrase_say(ctx, talk->phrases, language, "voice",
							"voice.more", NULL, zone));
	OSMO_ASSERT(all);
	json_decref(heard);
	return all;
}

static void weigh_ussd(struct menu_cost *cost, const struct talk *talk, const char *text)
{
	const char *zone = talk->zone ? talk->zone : "Europe/Amsterdam";
	char *more = phrase_say(NULL, talk->phrases, cost->language, "ussd", "hint.more", NULL,
				zone);
	struct page_hints hints = { .more = more };

	cost->ussd_octets = ussd_text_octets(text, strlen(text));
	cost->ussd_pages = page_count(text, MENU_USSD_OCTETS, &hints);
	talloc_free(more);
}

void menu_costs(const struct talk *talk, const char *language, const struct menu_ear *ear,
		void (*each)(const struct menu_cost *cost, void *data), void *data)
{
	json_t *slots = example_slots(talk, language);

	for (size_t i = 0; i < menu_count(talk->menus); i++) {
		const struct menu_node *node = menu_at(talk->menus, i);
		void *ctx = talloc_new(NULL);
		struct menu_cost cost = { .node = node->name, .language = language };
		struct sms_plan plan;
		size_t lines;

		if (node->say) {
			cost.text = example(ctx, talk, language, node, NULL, slots);
			cost.estimated = node->from;
			if (sms_text_plan(&plan, cost.text,
					  SMS_FIT_SHIFT | SMS_FIT_TRANSLITERATE) == 0) {
				cost.alphabet = plan.alphabet == SMS_UCS2 ? "ucs2" : "gsm7";
				cost.parts = plan.parts;
				cost.units = plan.units;
			}
			weigh_ussd(&cost, talk, example(ctx, talk, language, node, "ussd", slots));
			cost.aloud = example_aloud(ctx, talk, language, node, slots, &lines);
			weigh_aloud(ctx, &cost, ear, lines);
			each(&cost, data);
		}
		talloc_free(ctx);
	}
	json_decref(slots);
}
