// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_notice_read.c - the form of a new notice: what it says, and field by field what is wrong with it and what to do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "talk/dialogue.h"
#include "talk/workday.h"
#include "web/web_notices.h"
#include "wire/phone.h"

#define TITLE_MAX     200
#define LIST_MAX      40
#define COUNT_MAX     1000000
#define RADIUS_GIVEN  300
#define NUMBER_MIN    9 /* "+" and eight digits: no short code, and nothing cut off */
#define WRONG_NUMBERS 5

static bool dutch(const struct notice_form *f)
{
	return strcmp(f->con->staff.language, "en") != 0;
}

static const char *field(const struct notice_form *f, const char *name)
{
	return console_field(f->con, name);
}

static const struct talk *talk_of(const struct notice_form *f)
{
	return *f->con->req->web->user.talk;
}

void notice_form_wrong(struct notice_form *f, const char *name, const char *nl, const char *en)
{
	if (f->n_wrong == NOTICE_WRONGS_MAX || notice_form_why(f, name))
		return;
	f->wrong[f->n_wrong].field = talloc_strdup(f, name);
	f->wrong[f->n_wrong++].says = talloc_strdup(f, dutch(f) ? nl : en);
}

const char *notice_form_why(const struct notice_form *f, const char *name)
{
	for (size_t i = 0; i < f->n_wrong; i++)
		if (!strcmp(f->wrong[i].field, name))
			return f->wrong[i].says;
	return NULL;
}

/* ---- words ---- */

static void check_words(struct notice_form *f, const char *name, const char *words)
{
	struct notice_text text;
	char *nl, *en;

	if (web_notice_plan(f, f->con->req->web, words, &text) == 0 &&
	    text.plan.parts <= BROADCAST_PARTS_MAX) {
		if (f->notice.voice && strlen(words) > CALLOUT_TEXT_MAX)
			notice_form_wrong(f, name,
					  "Dit is te lang om voor te lezen: maak het korter.",
					  "This is too long to be read out: shorten it.");
		return;
	}
	nl = talloc_asprintf(f, "Dit zijn meer dan %d sms'en: maak het korter.",
			     BROADCAST_PARTS_MAX);
	en = talloc_asprintf(f, "This takes more than %d texts: shorten it.", BROADCAST_PARTS_MAX);
	notice_form_wrong(f, name, nl, en);
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\n")] == '\0';
}

static void read_words(struct notice_form *f)
{
	const char **language = talk_of(f)->languages;

	for (size_t i = 0; language[i]; i++) {
		char *name = talloc_asprintf(f, "words-%s", language[i]);
		const char *words = field(f, name);

		if (!is_blank(words)) {
			json_object_set_new(f->words, language[i], json_string(words));
			check_words(f, name, words);
		} else if (i == 0) {
			notice_form_wrong(f, name, "Schrijf wat er in de sms staat.",
					  "Write what the text says.");
		}
	}
}

/* ---- who ---- */

static void add_whom(struct notice_form *f, const char *name, json_t *one, const char *nl,
		     const char *en)
{
	char *text = json_dumps(one, JSON_COMPACT), *error = NULL;
	int rc = broadcast_audience_check(f, f->con->req->web->user.broadcast, text, &error);

	free(text);
	json_array_append_new(f->audience, one);
	if (rc == -EINVAL || rc == -ENOENT)
		notice_form_wrong(f, name, nl, en);
	else if (rc < 0)
		notice_form_wrong(f, name, "De database is nu niet te lezen: probeer het opnieuw.",
				  "The database cannot be read now: try again.");
}

/* \returns 0: empty, or no number up to max, which is told */
static unsigned int read_count(struct notice_form *f, const char *name, unsigned int max)
{
	const char *text = field(f, name);
	int64_t n = web_notice_id(text);
	char *nl, *en;

	if (!*text)
		return 0;
	if (n >= 1 && n <= max)
		return n;
	nl = talloc_asprintf(f, "Schrijf een getal van 1 tot %u.", max);
	en = talloc_asprintf(f, "Write a number from 1 to %u.", max);
	notice_form_wrong(f, name, nl, en);
	return 0;
}

static void read_near(struct notice_form *f)
{
	unsigned int radius = read_count(f, "radius", 50000);

	if (is_blank(field(f, "near")))
		return;
	if (*field(f, "radius") && radius < 10)
		notice_form_wrong(f, "radius", "Schrijf een afstand van 10 tot 50000 meter.",
				  "Write a distance of 10 to 50000 metres.");
	else
		add_whom(
			f, "near",
			json_pack("{s:s, s:i}", "near", field(f, "near"), "radius",
				  (int)(radius ? radius : RADIUS_GIVEN)),
			"Deze plek staat niet in het adresregister: schrijf een postcode en nummer, "
			"of een straat en nummer.",
			"This place is not in the address register: write a postcode and number, or "
			"a street and number.");
}

static void read_numbers(struct notice_form *f)
{
	char *bad = talloc_strdup(f, ""), *nl, *en;
	struct notice_number number;
	const char *text = NULL;
	int n = 0, n_bad = 0, rc;

	for (; (rc = notice_form_number(f, &text, &number)) != 0; n++)
		if (rc < 0 && n_bad++ < WRONG_NUMBERS)
			bad = talloc_asprintf_append_buffer(bad, "%s%s", *bad ? ", " : "",
							    number.row);
	if (*bad) {
		nl = talloc_asprintf(f, "Hier kan geen sms heen: %s", bad);
		en = talloc_asprintf(f, "No text can go there: %s", bad);
		notice_form_wrong(f, "numbers", nl, en);
	} else if (n > NOTICE_NUMBERS_MAX) {
		nl = talloc_asprintf(f,
				     "Hier passen %d nummers. Geef meer met: meldlijn notice send "
				     "--numbers BESTAND",
				     NOTICE_NUMBERS_MAX);
		en = talloc_asprintf(f,
				     "There is room for %d numbers here. Give more with: meldlijn "
				     "notice send --numbers FILE",
				     NOTICE_NUMBERS_MAX);
		notice_form_wrong(f, "numbers", nl, en);
	} else if (n > 0) {
		json_array_append_new(f->audience, json_pack("{s:i}", "file", n));
	}
}

static void read_named(struct notice_form *f)
{
	const char *area;

	for (size_t i = 0; (area = console_field_at(f->con, "area", i)) != NULL; i++)
		add_whom(f, "area", json_pack("{s:s}", "area", area),
			 "Deze wijk staat niet in het register: kies een andere.",
			 "This area is not in the register: choose another.");
	if (!is_blank(field(f, "street")))
		add_whom(f, "street", json_pack("{s:s}", "street", field(f, "street")),
			 "Deze straat staat niet in het register: schrijf haar zoals op het "
			 "straatnaambord.",
			 "This street is not in the register: write it as its sign does.");
	if (!is_blank(field(f, "report")))
		add_whom(f, "report", json_pack("{s:s}", "report", field(f, "report")),
			 "Er is geen melding met dit nummer.",
			 "There is no report with this number.");
	if (*field(f, "category"))
		add_whom(f, "category", json_pack("{s:s}", "category", field(f, "category")),
			 "Deze soort is er niet: kies een andere.",
			 "There is no such category: choose another.");
}

static void read_whom(struct notice_form *f)
{
	size_t n;

	read_named(f);
	read_near(f);
	if (*field(f, "subscribers"))
		json_array_append_new(f->audience, json_pack("{s:b}", "subscribers", 1));
	read_numbers(f);
	n = json_array_size(f->audience);
	if (n == 0)
		notice_form_wrong(
			f, "whom",
			"Kies voor wie het is: een wijk, een straat, een plek, een melding, "
			"een soort, abonnees of nummers.",
			"Choose whom it is for: an area, a street, a place, a report, a "
			"category, subscribers or numbers.");
	if (n > BROADCAST_AUDIENCE_MAX)
		notice_form_wrong(f, "whom", "Kies hooguit 32 groepen samen.",
				  "Choose at most 32 groups together.");
}

/* ---- numbers ---- */

/* "0612345678, en": \returns false if no text can go there */
static bool read_number(const struct notice_form *f, struct notice_number *out)
{
	char row[NOTICE_NUMBER_ROW];
	size_t at = strcspn(out->row, ",;\t"), len;

	OSMO_STRLCPY_ARRAY(row, out->row);
	row[at] = '\0';
	at += strspn(out->row + at, ",;\t ");
	len = strcspn(out->row + at, " ,;\t");
	osmo_strlcpy(out->language, out->row + at, OSMO_MIN(len + 1, sizeof(out->language)));
	return phone_normalise(out->number, row, talk_of(f)->country) == 0 &&
	       phone_can_answer(out->number) && strlen(out->number) >= NUMBER_MIN;
}

int notice_form_number(const struct notice_form *f, const char **text, struct notice_number *out)
{
	const char *from = *text ? *text : field(f, "numbers");
	size_t len;

	from += strspn(from, " \t\n");
	len = strcspn(from, "\n");
	*text = from + len;
	if (len == 0)
		return 0;
	snprintf(out->row, sizeof(out->row), "%.*s", (int)len, from);
	return len < sizeof(out->row) && read_number(f, out) ? 1 : -EINVAL;
}

/* ---- when ---- */

static int64_t read_time(struct notice_form *f, const char *name)
{
	int64_t at_s = 0;

	if (*field(f, name) && workday_read(&at_s, field(f, name), talk_of(f)->zone) < 0)
		notice_form_wrong(f, name, "Schrijf een dag en een tijd, zoals 2026-12-01T18:00.",
				  "Write a day and a time, as 2026-12-01T18:00.");
	return at_s;
}

/* "21:00". \returns minutes of the day; -1 it is none */
static int read_clock(const char *text)
{
	int hour, minute;

	if (strlen(text) != 5 || strspn(text, "0123456789") != 2 || text[2] != ':' ||
	    strspn(text + 3, "0123456789") != 2)
		return -1;
	hour = (text[0] - '0') * 10 + text[1] - '0';
	minute = (text[3] - '0') * 10 + text[4] - '0';
	return hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}

static void read_quiet(struct notice_form *f)
{
	struct notice *n = &f->notice;
	int from = read_clock(field(f, "quiet-from")), to = read_clock(field(f, "quiet-to"));

	n->quiet_from_min = -1; /* as configured */
	if (*field(f, "quiet-none")) {
		n->quiet_from_min = n->quiet_to_min = 0;
	} else if (*field(f, "quiet-from") || *field(f, "quiet-to")) {
		if (from < 0 || to < 0)
			notice_form_wrong(f, "quiet-from",
					  "Schrijf beide tijden, zoals 21:00 en 08:00.",
					  "Write both times, as 21:00 and 08:00.");
		n->quiet_from_min = from;
		n->quiet_to_min = to;
	}
}

static void read_when(struct notice_form *f)
{
	struct notice *n = &f->notice;
	int64_t now_s = clock_now_s();

	n->start_s = read_time(f, "start");
	n->expires_s = read_time(f, "expires");
	if (n->expires_s && n->expires_s <= OSMO_MAX(n->start_s, now_s))
		notice_form_wrong(f, "expires",
				  "Het verloopt voor het begint: kies een latere tijd.",
				  "It expires before it starts: choose a later time.");
	read_quiet(f);
	n->canary = read_count(f, "canary", COUNT_MAX);
	n->pace = read_count(f, "pace", COUNT_MAX);
}

/* ---- all of it ---- */

static int form_free(struct notice_form *f)
{
	json_decref(f->words);
	json_decref(f->audience);
	return 0;
}

struct notice_form *notice_form_begin(struct console *con, enum notice_kind kind,
				      int64_t follows_id)
{
	struct notice_form *f = talloc_zero(con, struct notice_form);

	OSMO_ASSERT(f);
	f->con = con;
	f->words = json_object();
	f->audience = json_array();
	talloc_set_destructor(f, form_free);
	f->notice.kind = kind;
	f->notice.follows_id = follows_id;
	if (kind == NOTICE_ALERT)
		return f;
	if (follows_id > 0 && store_notice_get(f, con->req->web->st, follows_id, &f->first) == 0)
		return f;
	console_refuse(con, MHD_HTTP_NOT_FOUND, "Het bericht waarop dit volgt is er niet.",
		       "The notice that this follows is not there.");
	return NULL;
}

struct notice_form *notice_form_read(struct console *con)
{
	int64_t update = web_notice_id(console_field(con, "update"));
	int64_t revoke = web_notice_id(console_field(con, "revoke"));
	struct notice_form *f = notice_form_begin(con,
						  update   ? NOTICE_UPDATE
						  : revoke ? NOTICE_CANCEL
							   : NOTICE_ALERT,
						  update ? update : revoke);

	if (!f)
		return NULL;
	f->notice.title = field(f, "title");
	f->notice.list = field(f, "list");
	f->notice.voice = *field(f, "voice");
	if (is_blank(f->notice.title) || strlen(f->notice.title) > TITLE_MAX)
		notice_form_wrong(f, "title", "Geef het een korte naam, voor collega's.",
				  "Give it a short name, for colleagues.");
	if (strlen(f->notice.list) > LIST_MAX)
		notice_form_wrong(f, "list", "Kies een kort woord.", "Choose a short word.");
	read_words(f);
	if (!f->notice.follows_id)
		read_whom(f);
	read_when(f);
	return f;
}
