// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_notice_new.c - /console/notices/new: write a notice, see it on a phone, and make it a draft. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "store/store_search.h"
#include "talk/category.h"
#include "talk/dialogue.h"
#include "web/web_notices.h"
#include "web/web_sign.h"

#define NAME_SIZE 48
#define KEY_HASH  crypto_generichash_BYTES_MIN

/* Who may not make one has no need of so much. */
size_t web_notice_form_max(struct web_req *req)
{
	return console_find(req, STAFF_EDITOR) ? NOTICE_FORM_MAX : WEB_BODY_MAX;
}

struct writing {
	struct notice_form *f;
	struct page *page;
};

/* ---- one field ---- */

/* Now, or before they had to sign in again; NULL: nothing yet */
static const struct console_form *typed(const struct writing *w)
{
	return w->f->con->form ? w->f->con->form : page_kept(w->page, "/console/notices");
}

static const char *value_of(const struct writing *w, const char *name)
{
	const char *value = console_form_at(typed(w), name, 0);

	return value ? value : "";
}

static void begin_field(struct writing *w, const char *name, const char *nl, const char *en)
{
	p_html(w->page, "<div><label for=\"");
	p_text(w->page, name);
	p_html(w->page, "\">");
	p_say(w->page, nl, en);
	p_html(w->page, "</label>");
}

/* What stands below a field is read out with it. */
static void name_field(struct writing *w, const char *name, bool hint)
{
	p_html(w->page, " id=\"");
	p_text(w->page, name);
	p_html(w->page, "\" name=\"");
	p_text(w->page, name);
	p_html(w->page, "\"");
	if (hint || notice_form_why(w->f, name)) {
		p_html(w->page, " aria-describedby=\"");
		if (notice_form_why(w->f, name))
			p_textf(w->page, "why-%s ", name);
		if (hint)
			p_textf(w->page, "hint-%s", name);
		p_html(w->page, "\"");
	}
	if (notice_form_why(w->f, name))
		p_html(w->page, " aria-invalid=\"true\"");
}

static void write_why(struct writing *w, const char *name)
{
	if (!notice_form_why(w->f, name))
		return;
	p_html(w->page, "<p class=\"why\" id=\"");
	p_textf(w->page, "why-%s", name);
	p_html(w->page, "\">");
	p_text(w->page, notice_form_why(w->f, name));
	p_html(w->page, "</p>");
}

static void write_hint(struct writing *w, const char *name, const char *nl, const char *en)
{
	if (!nl)
		return;
	p_html(w->page, "<p class=\"quiet hint\" id=\"");
	p_textf(w->page, "hint-%s", name);
	p_html(w->page, "\">");
	p_say(w->page, nl, en);
	p_html(w->page, "</p>");
}

/* \param[in] type  "text\" required", the rest of it is a literal of ours */
#define INPUT(w, name, type, nl, en, hint_nl, hint_en)  \
	do {                                            \
		begin_field(w, name, nl, en);           \
		p_html((w)->page, "<input type=" type); \
		end_input(w, name, hint_nl, hint_en);   \
	} while (0)

static void end_input(struct writing *w, const char *name, const char *hint_nl, const char *hint_en)
{
	name_field(w, name, hint_nl != NULL);
	p_html(w->page, " value=\"");
	p_text(w->page, value_of(w, name));
	p_html(w->page, "\">");
	write_hint(w, name, hint_nl, hint_en);
	write_why(w, name);
	p_html(w->page, "</div>");
}

static void check_box(struct writing *w, const char *name, const char *nl, const char *en)
{
	p_html(w->page, "<label class=\"check\"><input type=\"checkbox\" value=\"1\" name=\"");
	p_text(w->page, name);
	p_html(w->page, "\"");
	if (*value_of(w, name))
		p_html(w->page, " checked");
	p_html(w->page, ">");
	p_say(w->page, nl, en);
	p_html(w->page, "</label>");
}

static void begin_group(struct writing *w, const char *nl, const char *en)
{
	p_html(w->page, "<fieldset><legend>");
	p_say(w->page, nl, en);
	p_html(w->page, "</legend>");
}

/* ---- words ---- */

/* As typed; at first what the notice that it follows said. */
static const char *words_of(const struct writing *w, const json_t *first, const char *language,
			    const char *name)
{
	const char *old = json_string_value(json_object_get(first, language));

	if (typed(w) || !old || w->f->notice.kind != NOTICE_UPDATE)
		return value_of(w, name);
	return old;
}

static void write_words_of(struct writing *w, const json_t *first, const char *language,
			   bool needed)
{
	char *name = talloc_asprintf(w->f, "words-%s", language);
	const char *words = words_of(w, first, language, name);

	p_html(w->page, "<div class=\"words\"><div><label for=\"");
	p_text(w->page, name);
	p_html(w->page, "\">");
	p_html(w->page, "<span lang=\"");
	p_text(w->page, language);
	p_html(w->page, "\">");
	p_text(w->page, web_language_name(w->f->con->req->web, language));
	p_html(w->page,
	       "</span></label><textarea rows=\"5\" maxlength=\"2000\" dir=\"auto\" lang=\"");
	p_text(w->page, language);
	p_html(w->page, "\" data-language=\"");
	p_text(w->page, language);
	p_html(w->page, "\"");
	if (needed)
		p_html(w->page, " required");
	name_field(w, name, false);
	p_html(w->page, ">\n");
	p_text(w->page, words);
	p_html(w->page, "</textarea>");
	write_why(w, name);
	p_html(w->page, "</div><div>");
	p_notice_phone(w->page, language, words, true);
	p_html(w->page, "</div></div>");
}

static void write_words(struct writing *w)
{
	json_t *first = w->f->first.words ? json_loads(w->f->first.words, 0, NULL) : NULL;
	const char **language = (*w->f->con->req->web->user.talk)->languages;

	begin_group(w, "Wat er staat", "What it says");
	p_html(w->page, "<p class=\"quiet\">");
	p_say(w->page,
	      "Ieder krijgt het in de eigen taal; waar u niets schrijft in de eerste taal.",
	      "Each gets it in their language; where you write nothing, in the first one.");
	p_html(w->page, "</p>");
	for (size_t i = 0; language[i]; i++)
		write_words_of(w, first, language[i], i == 0);
	p_html(w->page, "</fieldset>");
	json_decref(first);
}

/* ---- who ---- */

static bool is_area_chosen(const struct writing *w, const char *slug)
{
	const char *area;

	for (size_t i = 0; (area = console_form_at(typed(w), "area", i)) != NULL; i++)
		if (!strcmp(area, slug))
			return true;
	return false;
}

static bool area_box(int64_t id, const char *name, const char *slug, void *data)
{
	struct writing *w = data;

	p_html(w->page, "<label class=\"check\"><input type=\"checkbox\" name=\"area\" value=\"");
	p_text(w->page, slug);
	p_html(w->page, "\"");
	if (is_area_chosen(w, slug))
		p_html(w->page, " checked");
	p_html(w->page, ">");
	p_text(w->page, name);
	p_html(w->page, "</label>");
	return true;
}

static void category_field(struct writing *w)
{
	const struct categories *cats = (*w->f->con->req->web->user.talk)->categories;

	begin_field(w, "category", "Soort melding", "Category");
	p_html(w->page, "<select");
	name_field(w, "category", true);
	p_html(w->page, "><option value=\"\">-</option>");
	for (size_t i = 0; i < categories_count(cats); i++) {
		const char *slug = category_at(cats, i)->slug;

		p_html(w->page, "<option value=\"");
		p_text(w->page, slug);
		p_html(w->page, "\"");
		if (!strcmp(slug, value_of(w, "category")))
			p_html(w->page, " selected");
		p_html(w->page, ">");
		p_category(w->page, slug);
		p_html(w->page, "</option>");
	}
	p_html(w->page, "</select>");
	write_hint(w, "category", "Abonnees en open meldingen", "Subscribers and open reports");
	write_why(w, "category");
	p_html(w->page, "</div>");
}

static void numbers_field(struct writing *w)
{
	begin_field(w, "numbers", "Nummers", "Numbers");
	p_html(w->page, "<textarea rows=\"4\"");
	name_field(w, "numbers", true);
	p_html(w->page, ">\n");
	p_text(w->page, value_of(w, "numbers"));
	p_html(w->page, "</textarea>");
	write_hint(
		w, "numbers",
		"Een nummer op een regel, eventueel met een taal: 0612345678, en. Hooguit 10.000.",
		"A number a line, perhaps with a language: 0612345678, en. At most 10,000.");
	write_why(w, "numbers");
	p_html(w->page, "</div>");
}

static void write_whom(struct writing *w)
{
	begin_group(w, "Voor wie", "Whom it is for");
	write_why(w, "whom");
	p_html(w->page, "<p class=\"quiet\">");
	p_say(w->page, "Wat u kiest telt samen; niemand krijgt het twee keer.",
	      "What you choose is taken together; nobody gets it twice.");
	p_html(w->page, "</p><div role=\"group\" aria-labelledby=\"h-areas\"><p class=\"label\" "
			"id=\"h-areas\">");
	p_say(w->page, "Wijken: melders, volgers en abonnees",
	      "Areas: reporters, followers and subscribers");
	p_html(w->page, "</p><div class=\"checks\">");
	store_area_list(w->f->con->req->web->st, area_box, w);
	p_html(w->page, "</div>");
	write_why(w, "area");
	p_html(w->page, "</div><div class=\"filter\">");
	INPUT(w, "street", "\"text\" maxlength=\"100\"", "Straat", "Street", NULL, NULL);
	INPUT(w, "near", "\"text\" maxlength=\"100\"", "Rond een plek", "Around a place",
	      "Postcode of straat, en nummer", "Postcode or street, and number");
	INPUT(w, "radius", "\"text\" inputmode=\"numeric\" maxlength=\"5\"", "Afstand in meter",
	      "Distance in metres", "Leeg: 300", "Empty: 300");
	INPUT(w, "report", "\"text\" maxlength=\"20\"", "Melding", "Report", "Het nummer",
	      "Its number");
	category_field(w);
	p_html(w->page, "</div>");
	check_box(w, "subscribers", "Iedereen met een abonnement", "Whoever has a subscription");
	numbers_field(w);
	p_html(w->page, "</fieldset>");
}

/* ---- when and how ---- */

static void write_when(struct writing *w)
{
	const struct broadcast_cfg *cfg = broadcast_cfg_of(w->f->con->req->web->user.broadcast);

	begin_group(w, "Wanneer", "When");
	p_html(w->page, "<div class=\"filter\">");
	INPUT(w, "start", "\"datetime-local\"", "Vanaf", "From", "Leeg: meteen", "Empty: at once");
	INPUT(w, "expires", "\"datetime-local\"", "Verloopt", "Expires", "Leeg: een dag later",
	      "Empty: a day later");
	INPUT(w, "quiet-from", "\"time\"", "Stil vanaf", "Quiet from", NULL, NULL);
	INPUT(w, "quiet-to", "\"time\"", "Stil tot", "Quiet until", NULL, NULL);
	p_html(w->page, "</div><p class=\"quiet\">");
	if (cfg->quiet_from_min == cfg->quiet_to_min)
		p_say(w->page, "Leeg: er zijn geen stille uren.",
		      "Empty: there are no quiet hours.");
	else
		p_sayf(w->page, "Leeg: stil van %02d:%02d tot %02d:%02d.",
		       "Empty: quiet from %02d:%02d until %02d:%02d.", cfg->quiet_from_min / 60,
		       cfg->quiet_from_min % 60, cfg->quiet_to_min / 60, cfg->quiet_to_min % 60);
	p_html(w->page, "</p>");
	check_box(w, "quiet-none", "Ook in stille uren: dit kan niet wachten",
		  "In quiet hours too: this cannot wait");
	p_html(w->page, "</fieldset>");
}

static void write_how(struct writing *w)
{
	begin_group(w, "Hoe", "How");
	p_html(w->page, "<div class=\"filter\">");
	INPUT(w, "canary", "\"text\" inputmode=\"numeric\" maxlength=\"7\"", "Proef: eerst zoveel",
	      "Trial: so many first", "Dan wacht het op u", "Then it waits for you");
	INPUT(w, "pace", "\"text\" inputmode=\"numeric\" maxlength=\"7\"",
	      "Hooguit zoveel sms'en per minuut", "At most so many texts a minute",
	      "Leeg: wat de lijnen kunnen", "Empty: what the lines can");
	INPUT(w, "list", "\"text\" maxlength=\"40\"", "Naam van een lijst", "Name of a list",
	      "Bewoners kunnen alleen deze lijst stoppen", "Residents can stop this list alone");
	p_html(w->page, "</div>");
	check_box(w, "voice", "Bel wie geen sms kan krijgen", "Call whoever cannot be texted");
	p_html(w->page, "</fieldset>");
}

/* ---- the page ---- */

static void write_first(struct writing *w)
{
	const struct notice *n = &w->f->notice;

	if (!n->follows_id)
		return;
	p_html(w->page, "<p>");
	if (n->kind == NOTICE_UPDATE)
		p_say(w->page, "Dit gaat alleen naar wie dit bericht kreeg: ",
		      "This goes only to who got this notice: ");
	else
		p_say(w->page,
		      "Het eerste bericht stopt zodra u dit maakt; dit gaat alleen naar wie het kreeg: ",
		      "The first notice stops as soon as you make this; it goes only to who got it: ");
	p_html(w->page, "<a href=\"/console/notices/");
	p_textf(w->page, "%lld", (long long)n->follows_id);
	p_html(w->page, "\">");
	p_notice_name(w->page, &w->f->first);
	p_html(w->page, "</a>.</p><input type=\"hidden\" name=\"");
	p_text(w->page, n->kind == NOTICE_UPDATE ? "update" : "revoke");
	p_html(w->page, "\" value=\"");
	p_textf(w->page, "%lld", (long long)n->follows_id);
	p_html(w->page, "\">");
}

static void write_form(struct writing *w)
{
	p_form(w->page, "/console/notices", "notice-form");
	write_first(w);
	INPUT(w, "title", "\"text\" maxlength=\"100\" required", "Naam, voor collega's",
	      "Name, for colleagues", NULL, NULL);
	write_words(w);
	if (!w->f->notice.follows_id)
		write_whom(w);
	write_when(w);
	write_how(w);
	p_html(w->page, "<p class=\"quiet\">");
	p_say(w->page, "Er gaat nog niets weg: eerst ziet u hoeveel mensen het krijgen.",
	      "Nothing leaves yet: first you see how many people get it.");
	p_html(w->page, "</p>");
	p_button(w->page, NULL, "Bekijken", "Look at it");
	p_form_end(w->page);
}

static void show(struct notice_form *f, unsigned int status)
{
	struct writing w = { .f = f };
	const char *en = f->notice.kind == NOTICE_ALERT	   ? "New notice"
			 : f->notice.kind == NOTICE_UPDATE ? "Correct a notice"
							   : "Revoke a notice";
	const char *nl = f->notice.kind == NOTICE_ALERT	   ? "Nieuw bericht"
			 : f->notice.kind == NOTICE_UPDATE ? "Bericht verbeteren"
							   : "Bericht intrekken";

	w.page = console_page(f->con, PAGE_NOTICES, nl, en);
	page_script(w.page, "notice_new.js");
	if (f->n_wrong > 0)
		p_notice(w.page, true,
			 page_is_dutch(w.page)
				 ? "Er is niets opgeslagen: kijk bij de velden wat er niet klopt."
				 : "Nothing has been stored: see at the fields what is wrong.");
	write_form(&w);
	page_end(w.page, status);
}

void web_notice_new(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_EDITOR);
	int64_t update, revoke;
	struct notice_form *f;

	if (!con)
		return;
	update = web_notice_id(console_param(con, "update"));
	revoke = web_notice_id(console_param(con, "revoke"));
	f = notice_form_begin(con,
			      *console_param(con, "update")   ? NOTICE_UPDATE
			      : *console_param(con, "revoke") ? NOTICE_CANCEL
							      : NOTICE_ALERT,
			      update ? update : revoke);
	if (f)
		show(f, MHD_HTTP_OK);
}

/* ---- taking it ---- */

static bool has_numbers(const struct notice_form *f)
{
	return !f->notice.follows_id && *console_field(f->con, "numbers");
}

/* A form sent twice is one notice; one that was changed after it was sent is another. */
static void make_key(struct notice_form *f)
{
	const struct notice *n = &f->notice;
	uint8_t hash[KEY_HASH];
	char hex[2 * KEY_HASH + 1];
	char *all = talloc_asprintf(f, "%d %lld %s\n%s\n%s\n%s\n%d %lld %lld %d %d %u %u\n%s",
				    n->kind, (long long)n->follows_id, n->title, n->words,
				    n->audience, n->list, n->voice, (long long)n->start_s,
				    (long long)n->expires_s, n->quiet_from_min, n->quiet_to_min,
				    n->canary, n->pace, console_field(f->con, "numbers"));

	OSMO_ASSERT(all);
	crypto_generichash(hash, sizeof(hash), (const uint8_t *)all, strlen(all), NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	snprintf(f->notice.key, sizeof(f->notice.key), "console %s %s",
		 console_field(f->con, "once"), hex);
	talloc_free(all);
}

/* Inside the step. */
static int add(struct notice_form *f, char **error)
{
	struct web *web = f->con->req->web;
	struct notice *n = &f->notice;
	int rc;

	make_key(f);
	n->taking = has_numbers(f);
	n->who = talloc_asprintf(f, "staff %s", f->con->staff.name);
	rc = broadcast_add(f, web->user.broadcast, n, error);
	if (rc == 0)
		rc = console_audit(f->con, "notice %lld made", (long long)n->id);
	return rc == -EEXIST ? 0 : rc;
}

static int add_step(struct notice_form *f, char **error)
{
	struct store *st = f->con->req->web->st;
	char *words = json_dumps(f->words, JSON_COMPACT);
	char *audience = json_dumps(f->audience, JSON_COMPACT);
	int rc = store_begin(st);

	f->notice.words = words;
	f->notice.audience = f->notice.follows_id ? "{}" : audience;
	if (rc == 0) {
		rc = add(f, error);
		if (rc < 0)
			store_undo(st);
		else
			store_end(st);
	}
	f->notice.words = f->notice.audience = "";
	free(words);
	free(audience);
	return rc;
}

/* Its list was complete already: the page shows how it stands now. */
static bool is_whole(struct notice_form *f)
{
	struct notice n;

	return store_notice_get(f, f->con->req->web->st, f->notice.id, &n) == 0 && !n.taking;
}

static void added(struct notice_form *f, int rc)
{
	if (rc == -ESTALE && is_whole(f))
		rc = 0;
	if (rc == -ESTALE)
		console_failed(f->con, web_notice_address(f->con, f->notice.id),
			       "Het is afgebroken of vervallen voor alle nummers er stonden.",
			       "It was cancelled or has lapsed before all numbers were there.");
	else if (rc < 0)
		console_refuse(f->con, MHD_HTTP_SERVICE_UNAVAILABLE,
			       "Het is niet opgeslagen: de database kan nu niet schrijven.",
			       "It has not been stored: the database cannot write now.");
	else
		console_done(f->con, web_notice_address(f->con, f->notice.id),
			     "Opgeslagen. Kijk wie het krijgt, en verstuur het dan.",
			     "Stored. Look at who gets it, and send it then.");
}

void web_notice_add(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_EDITOR);
	struct notice_form *f = con ? notice_form_read(con) : NULL;
	char *error = NULL;
	int rc;

	if (!f)
		return;
	if (f->n_wrong > 0) {
		show(f, MHD_HTTP_UNPROCESSABLE_CONTENT);
		return;
	}
	rc = add_step(f, &error);
	if (rc == -EINVAL || rc == -ENOENT) {
		notice_form_wrong(f, "whom", error ? error : "?", error ? error : "?");
		show(f, MHD_HTTP_UNPROCESSABLE_CONTENT);
	} else if (rc == 0 && has_numbers(f)) {
		web_notice_take_numbers(f, added);
	} else {
		added(f, rc);
	}
}

/* ---- while somebody writes ---- */

/* {"nl": {"shown": "...", "said": "1 text: ..."}, ...} */
void web_notice_preview(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_EDITOR);
	const char **language;
	json_t *all;
	bool dutch;

	if (!con)
		return;
	dutch = strcmp(con->staff.language, "en") != 0;
	all = json_object();
	language = (*req->web->user.talk)->languages;
	for (size_t i = 0; language[i]; i++) {
		char *name = talloc_asprintf(con, "words-%s", language[i]);
		const char *words = console_field(con, name);
		struct notice_text text = { .shown = "" };

		if (*words && web_notice_plan(con, req->web, words, &text) < 0)
			text.shown = words;
		json_object_set_new(all, language[i],
				    json_pack("{s:s, s:s}", "shown", text.shown, "said",
					      web_notice_said(con, req->web, words, dutch)));
	}
	web_answer_json(req, MHD_HTTP_OK, all);
}
