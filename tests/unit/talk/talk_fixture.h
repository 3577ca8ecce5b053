/* talk_fixture.h - a small city for tests of the conversation: menus, words and a desk in memory.
 *
 * Phrases that the words do not have show as "[key]", which is what most tests look for.
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/dialogue.h"
#include "talk/menu.h"

static const char fixture_categories[] =
	"mains:\n"
	"  - {slug: waste, name: {nl: Afval}, words: {nl: [afval]}}\n"
	"  - {slug: road, name: {nl: Straat}, words: {nl: [straat]}}\n"
	"things:\n"
	"  - {slug: container, words: {nl: [container]}}\n"
	"categories:\n"
	"  - {slug: container-full, main: waste, thing: container, promise: 3w,\n"
	"     name: {nl: Container vol}, words: {nl: [container vol]}}\n"
	"  - {slug: container-broken, main: waste, thing: container, promise: 3w,\n"
	"     name: {nl: Container kapot}, words: {nl: [container kapot]}}\n"
	"  - {slug: street-light, main: road, promise: 21c,\n"
	"     name: {nl: Lantaarn}, words: {nl: [lantaarn]}}\n"
	"  - {slug: other, main: road, promise: 5w, name: {nl: Overig}, words: {nl: [overig]}}\n"
	"dangers:\n"
	"  - {slug: gas, call: 0800-9009, category: other, words: {nl: [gaslucht]}}\n";

static const char fixture_nl[] =
	"language: nl\nname: Nederlands\nlocale: nl_NL\nchoose: [nederlands]\n"
	"keywords:\n"
	"  stop: [stop, uit]\n  start: [aan]\n  help: [help, '?']\n  report: [meld]\n  status: [status]\n"
	"  near: [bij]\n  menu: [menu]\n  language: [taal]\n  yes: [ja]\n  no: [nee]\n  more: [meer]\n"
	"  back: [terug]\n  over: [opnieuw]\n  all: [alles]\n  today: [vandaag]\n"
	"  tomorrow: [morgen]\n  option: [optie]\n  unsure: [weet niet]\n"
	"  key-1: [een, eerste, de eerste]\n  key-2: [twee, tweede, de tweede]\n"
	"phrases:\n"
	"  word.yes: Ja\n  word.no: {text: Nee, voice: Nee}\n  which.none: Geen\n  list.label: '{label}'\n"
	"  hint.more: '# meer'\n  hint.back: '0 terug'\n  what.list: Container vol of iets anders\n  code: 'Bel {ussd}*2#'\n  filed: 'Melding {category} {place} {description}'\n"
	"  danger.call: 'Bel {call}'\n"
	"  voice.option: '{label}: {key}'\n  voice.or: of\n  voice.more: Meer\n  voice.recorded: gesproken\n"
	"  shown: 'Nummer {shown} of {reference}, {label}'\n";

static const char fixture_en[] =
	"language: en\nname: English\nlocale: en_GB\nchoose: [english]\n"
	"keywords:\n  report: [report]\n  stop: [stop]\n"
	"phrases:\n  word.yes: 'Yes'\n  word.no: 'No'\n  chosen: English now\n";

static const char fixture_plain[] =
	"language: nl-plain\nname: Makkelijk\nfallback: nl\nlocale: nl_NL\nphrases: {}\n";

static const char fixture_menus[] =
	"entries:\n"
	"  - {keyword: report, to: what, anywhere: true}\n"
	"  - {keyword: status, to: status, anywhere: true}\n"
	"  - {keyword: near, to: near, anywhere: true, unless: place, inside: place,\n"
	"     without: category}\n"
	"  - {keyword: language, to: languages}\n"
	"  - {keyword: menu, to: main, anywhere: true}\n"
	"  - {keyword: stop, to: stop, always: true, loose: true, drop: true}\n"
	"  - {keyword: help, to: help, always: true}\n"
	"  - {keyword: start, to: start, always: true, unless: place, with: subject}\n"
	"  - {language: true, to: language, always: true}\n"
	"  - {category: true, to: what}\n"
	"  - {otherwise: true, to: main}\n"
	"open: [solved]\n"
	"nodes:\n"
	"  main: {choose: main, quiet: true, options: [{say: main.report, keyword: report, to: what},\n"
	"         {say: main.status, to: status}]}\n"
	"  what: {ask: category, say: what, to: where, options: [\n"
	"         {say: what.light, set: {category: street-light}}, {say: what.list, to: list}]}\n"
	"  list: {choose: list, from: category.subs, option: list.label, slot: category, to: where}\n"
	"  where: {ask: place, say: where, to: known}\n"
	"  known: {look: report.near, outcomes: {none: details, one: same}}\n"
	"  same: {choose: same, options: [{say: follow, keyword: yes, to: followed},\n"
	"         {say: anew, keyword: no, to: details}]}\n"
	"  followed: {say: followed, to: end}\n"
	"  details: {ask: text, slot: description, to: file, none: more, failed: more}\n"
	"  more: {ask: text, say: more, slot: description, skip: short, to: file}\n"
	"  file: {do: report.file, outcomes: {filed: filed}}\n"
	"  filed: {say: filed, to: end}\n"
	"  status: {say: status, to: end}\n"
	"  near: {ask: place, say: near, rough: true, to: near.said}\n"
	"  near.said: {say: near.said, to: end}\n"
	"  stop: {do: person.stop, outcomes: {stopped: stopped}}\n"
	"  stopped: {say: stopped, to: end}\n"
	"  help: {say: help, to: end}\n"
	"  start: {ask: subject, say: start, clear: [subject], quiet: true, to: started}\n"
	"  started: {say: started, to: end}\n"
	"  language: {do: person.language, outcomes: {set: chosen, unknown: end}}\n"
	"  chosen: {say: chosen, to: end}\n"
	"  languages: {choose: languages, from: languages, option: list.label, slot: language,\n"
	"              to: language}\n"
	"  solved: {say: solved, to: solved.ask}\n"
	"  solved.ask: {choose: solved.ask, quiet: true, days: 5, options: [\n"
	"         {say: word.yes, keyword: yes, to: thanks}, {say: word.no, keyword: no, to: sorry}]}\n"
	"  thanks: {end: thanks}\n"
	"  sorry: {end: sorry}\n";

/* What the desk is to say, and what it was asked. */
struct fixture_desk {
	bool near;   /* a report is known near by */
	bool broken; /* the database fails */
	int filed, stopped;
};

static const char *fixture_call(void *desk, const char *name, json_t *slots,
				struct dialogue_turn *turn)
{
	struct fixture_desk *fd = desk;

	if (fd->broken)
		return NULL;
	if (!strcmp(name, "report.near"))
		return fd->near ? "one" : "none";
	if (!strcmp(name, "report.file")) {
		fd->filed++;
		return "filed";
	}
	if (!strcmp(name, "person.stop")) {
		fd->stopped++;
		return "stopped";
	}
	if (!strcmp(name, "person.language")) {
		OSMO_STRLCPY_ARRAY(turn->language,
				   json_string_value(json_object_get(slots, "language")));
		return "set";
	}
	return NULL;
}

/* "Spui 70" exactly, "Spuy 70" forgiven, "Kade 1" twice, "Spui" without a number; 2511BT and 2511CT by keys; notices about
 * Spui and two called KADE. */
static int fixture_find(void *desk, const char *type, const char *text, json_t *slots,
			struct dialogue_turn *turn, struct dialogue_found *found)
{
	static const struct {
		const char *text;
		const char *places[2];
		bool exact, incomplete;
		const char *type;
	} known[] = {
		{ "SPUI 70", { "Spui 70, Centrum" }, true, false, "place" },
		{ "Spui 70", { "Spui 70, Centrum" }, true, false, "place" },
		{ "Spuy 70", { "Spui 70, Centrum" }, false, false, "place" },
		{ "Kade 1", { "Kade 1, Noord", "Kade 1, Zuid" }, false, false, "place" },
		{ "Spui", { "Spui, Centrum" }, true, true, "place" },
		{ "251128 70", { "Spui 70, Centrum" }, true, false, "keys.address" },
		{ "251128 1", { "Kade 1, Noord", "Kade 1, Zuid" }, false, false, "keys.address" },
		{ "251128", { "Spui, Centrum", "Kade, Noord" }, false, true, "keys.postcode" },
		{ "4711", { "Container 4711" }, true, false, "keys.asset" },
		{ "SPUI", { "Spui" }, true, false, "subject" },
		{ "Spui", { "Spui" }, true, false, "subject" },
		{ "KADE", { "Kade, Noord", "Kade, Zuid" }, false, false, "subject" },
	};

	found->candidates = json_array();
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char *at = strstr(text, known[i].text);

		if (!at || strcmp(type, known[i].type))
			continue;
		for (size_t k = 0; k < 2 && known[i].places[k]; k++)
			json_array_append_new(found->candidates,
					      json_pack("{ss ss ss}", "place", known[i].places[k],
							"label", known[i].places[k], "street",
							"Spui"));
		found->exact = known[i].exact;
		found->incomplete = known[i].incomplete;
		found->span_start = at - text;
		found->span_end = found->span_start + strlen(known[i].text);
		break;
	}
	return 0;
}

static int fixture_list(void *desk, const char *name, json_t *slots, struct dialogue_turn *turn,
			json_t *items)
{
	return -ENOENT;
}

static const char *const fixture_names[] = { "report.near none one", "report.file filed",
					     "person.stop stopped", "person.language set unknown",
					     NULL };

static const struct dialogue_desk fixture_ops = { fixture_call, fixture_find, fixture_list,
						  fixture_names };

static inline void fixture_write(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	OSMO_ASSERT(f);
	fputs(text, f);
	fclose(f);
}

/* The words and categories, read once from a folder of their own that is gone afterwards. */
static inline struct talk *fixture_talk(void *ctx, const char *menus, char **error)
{
	static const char *languages[] = { "nl", "en", NULL };
	char folder[] = "/tmp/talk-test-XXXXXX", path[256];
	static const char *const files[] = { "nl.yaml", "en.yaml", "plain.yaml",
					     "categories.yaml" };
	struct talk *talk = talloc_zero(ctx, struct talk);

	OSMO_ASSERT(mkdtemp(folder));
	fixture_write(folder, "nl.yaml", fixture_nl);
	fixture_write(folder, "en.yaml", fixture_en);
	fixture_write(folder, "plain.yaml", fixture_plain);
	talk->phrases = phrases_load(talk, folder, error);
	fixture_write(folder, "categories.yaml", fixture_categories);
	snprintf(path, sizeof(path), "%s/categories.yaml", folder);
	talk->categories = categories_load(talk, path, error);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	rmdir(folder);
	OSMO_ASSERT(talk->phrases && talk->categories);
	talk->menus = menus_alloc(talk);
	if (menus_parse(ctx, talk->menus, "test.yaml", menus, strlen(menus), error) < 0 ||
	    menus_link(ctx, talk->menus, error) < 0)
		return NULL;
	talk->city = "Den Haag";
	talk->short_code = "14070";
	talk->country = "31";
	talk->zone = "Europe/Amsterdam";
	talk->languages = languages;
	return talk;
}
