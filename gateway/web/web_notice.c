// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_notice.c - /console/notices/NUMBER: how far it is, what it takes, how it looks on a phone, and what can be done to it.
 * assets/notice.js takes what has an id from the page anew when its state changes. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "talk/category.h"
#include "talk/dialogue.h"
#include "web/web_field.h"
#include "web/web_notices.h"

bool web_notice_find(struct console *con, struct notice *out)
{
	int64_t id = web_notice_id(web_segment(con->req, 2));

	if (id > 0 && store_notice_get(con, con->req->web->st, id, out) == 0)
		return true;
	console_refuse(con, MHD_HTTP_NOT_FOUND, "Er is geen bericht met dit nummer.",
		       "There is no notice with this number.");
	return false;
}

/* ---- how far it is ---- */

static void figure(struct page *page, const char *name, bool has_key, const char *nl,
		   const char *en, int64_t n)
{
	p_html(page, "<div><dt>");
	if (has_key) {
		p_html(page, "<span class=\"key ");
		p_text(page, name);
		p_html(page, "\"></span>");
	}
	p_say(page, nl, en);
	p_html(page, "</dt><dd data-count=\"");
	p_text(page, name);
	p_html(page, "\">");
	p_number(page, n);
	p_html(page, "</dd></div>");
}

static void write_progress(struct page *page, const struct notice *n)
{
	int64_t due = n->recipients - n->queued - n->sent - n->delivered - n->failed - n->skipped;

	p_html(page,
	       "<section class=\"card progress\" aria-labelledby=\"h-far\"><h2 id=\"h-far\">");
	p_say(page, "Voortgang", "Progress");
	p_html(page, " </h2>");
	p_notice_bar(page, n);
	p_html(page, "<dl class=\"figures\">");
	figure(page, "due", false, "te gaan", "to go", due);
	figure(page, "queued", true, "in de rij", "queued", n->queued);
	figure(page, "sent", true, "verstuurd", "sent", n->sent);
	figure(page, "delivered", true, "aangekomen", "delivered", n->delivered);
	figure(page, "failed", true, "mislukt", "failed", n->failed);
	figure(page, "skipped", false, "overgeslagen (STOP)", "left out (STOP)", n->skipped);
	p_html(page, "</dl></section>");
}

/* ---- what it takes ---- */

static void p_cost(struct page *page, const struct broadcast_cfg *cfg, int64_t milli)
{
	p_textf(page, "%s ", cfg->currency);
	p_number(page, milli / 1000);
	p_textf(page, page_is_dutch(page) ? ",%02d" : ".%02d", (int)(milli % 1000 / 10));
}

static void number_cell(struct page *page, int64_t n)
{
	p_html(page, "<td class=\"number\">");
	p_number(page, n);
	p_html(page, "</td>");
}

static void write_language(struct page *page, const struct broadcast_cfg *cfg,
			   const struct broadcast_language *l)
{
	p_html(page, "<tr><th scope=\"row\" lang=\"");
	p_text(page, l->language);
	p_html(page, "\">");
	p_text(page, web_language_name(page_req(page)->web, l->language));
	p_html(page, "</th>");
	number_cell(page, l->people);
	number_cell(page, l->parts);
	p_html(page, "<td>");
	p_text(page, l->ucs2 ? "UCS-2" : "GSM-7");
	p_html(page, "</td>");
	number_cell(page, l->people * l->parts);
	if (cfg->cost_milli) {
		p_html(page, "<td class=\"number\">");
		p_cost(page, cfg, l->people * l->parts * cfg->cost_milli);
		p_html(page, "</td>");
	}
	p_html(page, "</tr>");
}

static void write_languages(struct page *page, const struct broadcast_cfg *cfg,
			    const struct broadcast_estimate *e)
{
	p_html(page,
	       "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-labelledby=\"h-takes\">"
	       "<table><thead><tr>");
	field_head(page, "Taal", "Language");
	field_head_number(page, "Mensen", "People");
	field_head_number(page, "Sms'en elk", "Texts each");
	field_head(page, "Alfabet", "Alphabet");
	field_head_number(page, "Sms'en", "Texts");
	if (cfg->cost_milli)
		field_head_number(page, "Kosten", "Cost");
	p_html(page, "</tr></thead><tbody>");
	for (size_t i = 0; i < e->n; i++)
		write_language(page, cfg, &e->languages[i]);
	p_html(page, "</tbody></table></div>");
}

static void write_last(struct page *page, const struct broadcast_estimate *e)
{
	p_html(page, "<p>");
	if (e->last_s) {
		p_say(page, "De laatste heeft het ongeveer: ", "The last one has it about: ");
		p_html(page, "<strong>");
		p_time(page, e->last_s);
		p_html(page, "</strong>.");
	} else if (e->parts_a_second > 0) {
		p_html(page, "<strong>");
		p_say(page,
		      "Niet iedereen heeft het voor het verloopt: neem meer tijd, of meer lijnen.",
		      "Not all have it before it expires: take more time, or more lines.");
		p_html(page, "</strong>");
	} else {
		p_say(page,
		      "Wanneer de laatste het heeft is niet bekend: er is nog geen sms verstuurd.",
		      "When the last one has it is not known: no line has sent anything yet.");
	}
	p_html(page, "</p>");
}

static void write_known(struct page *page, const struct broadcast_cfg *cfg, const struct notice *n,
			const struct broadcast_estimate *e)
{
	p_html(page, "<p class=\"big\">");
	p_number(page, e->people);
	p_html(page, " ");
	p_say(page, e->people == 1 ? "persoon" : "mensen", e->people == 1 ? "person" : "people");
	p_html(page, "</p><p>");
	p_number(page, e->parts);
	p_say(page, " sms'en", " texts");
	if (e->cost_milli) {
		p_html(page, ", ");
		p_cost(page, cfg, e->cost_milli);
	}
	if (e->left_out)
		p_sayf(page, "; %lld krijgen niets, want zij stuurden STOP",
		       "; %lld get nothing, for they sent STOP", (long long)e->left_out);
	p_html(page, ".</p>");
	if (e->n > 0)
		write_languages(page, cfg, e);
	if (!notice_has_ended(n->state) && e->people > 0)
		write_last(page, e);
}

static void write_taking(struct page *page, const struct notice *n)
{
	p_html(page, "<p>");
	p_say(page, "De lijst nummers wordt opgeschreven. Tot nu toe: ",
	      "The list of numbers is being written down. Until now: ");
	p_html(page, "<strong data-count=\"recipients\">");
	p_number(page, n->recipients);
	p_html(page, "</strong>.</p><p>");
	p_say(page,
	      "Het kan niet worden verstuurd voor het laatste nummer er staat. Komt er niets meer "
	      "bij? Stuur hetzelfde formulier opnieuw. Anders vervalt het: ",
	      "It cannot be sent before the last number is there. Is nothing added any more? Send the "
	      "same form again. Else it lapses: ");
	p_time(page, n->due_s);
	p_html(page, ".</p>");
}

static void write_estimate(struct page *page, const struct notice *n,
			   const struct broadcast_estimate *e, int rc)
{
	const struct broadcast_cfg *cfg = broadcast_cfg_of(page_req(page)->web->user.broadcast);

	p_html(page, "<section class=\"card\" id=\"takes\" aria-labelledby=\"h-takes\"><h2 "
		     "id=\"h-takes\">");
	p_say(page, "Wie, hoeveel en wanneer", "Who, how many and when");
	p_html(page, "</h2>");
	if (rc == 0) {
		write_known(page, cfg, n, e);
	} else if (rc == -EAGAIN && n->taking) {
		write_taking(page, n);
	} else if (rc == -EAGAIN) {
		p_html(page, "<p>");
		p_say(page, "Wie het krijgt wordt nu opgezocht. Tot nu toe: ",
		      "Who gets it is being looked up. Until now: ");
		p_html(page, "<strong data-count=\"recipients\">");
		p_number(page, n->recipients);
		p_html(page, "</strong>.</p>");
	} else {
		p_html(page, "<p>");
		p_say(page, "De database is nu niet te lezen.", "The database cannot be read now.");
		p_html(page, "</p>");
	}
	p_html(page, "</section>");
}

/* ---- what can be done ---- */

static void action(struct page *page, const struct notice *n, const char *what,
		   const char *class_name, const char *nl, const char *en)
{
	char *address = talloc_asprintf(page, "/console/notices/%lld/%s", (long long)n->id, what);

	p_form(page, address, NULL);
	p_button(page, class_name, nl, en);
	p_form_end(page);
}

/* A draft that nobody would get is not sent. */
static void write_send(struct page *page, const struct notice *n, int64_t people)
{
	char *nl, *en;

	if (people == 0) {
		p_html(page, "<p>");
		p_say(page, "Niemand zou dit krijgen: maak een bericht voor anderen.",
		      "Nobody would get this: make a notice for others.");
		p_html(page, "</p>");
		return;
	}
	nl = talloc_asprintf(
		page, people == 1 ? "Versturen naar %lld persoon" : "Versturen naar %lld mensen",
		(long long)people);
	en = talloc_asprintf(page, people == 1 ? "Send to %lld person" : "Send to %lld people",
			     (long long)people);
	action(page, n, "send", NULL, nl, en);
}

/* What has left comes back no more: what will not happen is said first, one press does nothing yet. */
static void write_cancel(struct page *page, const struct notice *n, int64_t out)
{
	p_html(page, "<details class=\"sure\"><summary class=\"button danger\">");
	p_say(page, "Afbreken…", "Cancel…");
	p_html(page, "</summary><div class=\"card\"><p>");
	if (out > 0)
		p_say(page,
		      "Wie het nog niet heeft krijgt het niet meer. Dit kan niet ongedaan worden "
		      "gemaakt. Wie het al heeft hoort niets: kies Intrekken om hun dat te laten weten.",
		      "Who does not have it yet will not get it. This cannot be undone. Who has it "
		      "hears nothing: choose Revoke to let them know.");
	else
		p_say(page, "Niemand krijgt dit bericht. Dit kan niet ongedaan worden gemaakt.",
		      "Nobody will get this notice. This cannot be undone.");
	p_html(page, "</p>");
	action(page, n, "cancel", "danger", "Ja, afbreken", "Yes, cancel it");
	p_html(page, "</div></details>");
}

static void follow(struct page *page, const struct notice *n, const char *how, const char *nl,
		   const char *en)
{
	p_html(page, "<a class=\"button plain\" href=\"/console/notices/new?");
	p_text(page, how);
	p_textf(page, "=%lld", (long long)n->id);
	p_html(page, "\">");
	p_say(page, nl, en);
	p_html(page, "</a>");
}

static void write_actions(struct page *page, const struct notice *n,
			  const struct broadcast_estimate *e, int rc)
{
	int64_t out = n->queued + n->sent + n->delivered + n->failed;

	p_html(page, "<div class=\"actions\">");
	if (n->state == NOTICE_DRAFT && rc == 0)
		write_send(page, n, e->people);
	if (n->state == NOTICE_WAITING || n->state == NOTICE_RUNNING)
		action(page, n, "pause", NULL, "Pauzeren", "Pause");
	if (n->state == NOTICE_PAUSED)
		action(page, n, "resume", NULL, "Verder gaan", "Resume");
	if (out > 0 && n->kind != NOTICE_CANCEL) {
		follow(page, n, "update", "Verbeteren", "Correct");
		follow(page, n, "revoke", "Intrekken", "Revoke");
	}
	if (!notice_has_ended(n->state))
		write_cancel(page, n, out);
	p_html(page, "</div>");
}

/* ---- what it is ---- */

static void text_fact(struct page *page, const char *nl, const char *en, const char *text)
{
	if (!text[0])
		return;
	field_fact(page, nl, en);
	p_text(page, text);
	p_html(page, "</dd>");
}

static const struct {
	const char *word, *nl, *en;
} whom[] = {
	{ "area", "wijk", "area" },
	{ "street", "straat", "street" },
	{ "report", "melder en volgers van", "reporter and followers of" },
	{ "near", "rond", "around" },
};

static void write_one_whom(struct page *page, const json_t *one)
{
	for (size_t i = 0; i < ARRAY_SIZE(whom); i++) {
		const char *value = json_string_value(json_object_get(one, whom[i].word));

		if (!value)
			continue;
		p_say(page, whom[i].nl, whom[i].en);
		p_html(page, " ");
		p_text(page, value);
	}
	if (json_object_get(one, "category")) {
		p_say(page, "soort: ", "category: ");
		p_category(page, json_string_value(json_object_get(one, "category")));
	}
	if (json_object_get(one, "radius")) {
		p_html(page, ", ");
		p_number(page, (int64_t)json_number_value(json_object_get(one, "radius")));
		p_html(page, " m");
	}
	if (json_is_true(json_object_get(one, "subscribers")))
		p_say(page, "alle abonnees", "all subscribers");
	if (json_object_get(one, "polygon") || json_object_get(one, "lat"))
		p_say(page, "een gebied op de kaart", "an area on the map");
	if (json_object_get(one, "file"))
		p_say(page, "een lijst nummers", "a list of numbers");
}

static void write_whom(struct page *page, const struct notice *n)
{
	json_t *all = json_loads(n->audience, 0, NULL);

	field_fact(page, "Aan", "To");
	if (n->follows_id)
		p_say(page, "wie het eerste bericht kreeg", "who got the first notice");
	else if (json_is_object(all))
		write_one_whom(page, all);
	for (size_t i = 0; !n->follows_id && i < json_array_size(all); i++) {
		if (i > 0)
			p_html(page, "; ");
		write_one_whom(page, json_array_get(all, i));
	}
	p_html(page, "</dd>");
	json_decref(all);
}

static void write_when(struct page *page, const struct notice *n)
{
	field_fact(page, "Vanaf", "From");
	p_time(page, n->start_s);
	p_html(page, "</dd>");
	field_fact(page, "Verloopt", "Expires");
	p_time(page, n->expires_s);
	p_html(page, "</dd>");
	if (n->quiet_from_min != n->quiet_to_min) {
		field_fact(page, "Stille uren", "Quiet hours");
		p_textf(page, "%02d:%02d–%02d:%02d", n->quiet_from_min / 60, n->quiet_from_min % 60,
			n->quiet_to_min / 60, n->quiet_to_min % 60);
		p_html(page, "</dd>");
	}
}

static void write_how(struct page *page, const struct notice *n)
{
	if (n->canary) {
		field_fact(page, "Proef", "Trial");
		p_sayf(page, "eerst %u, dan wacht het", "first %u, then it waits", n->canary);
		p_html(page, "</dd>");
	}
	if (n->pace) {
		field_fact(page, "Tempo", "Pace");
		p_sayf(page, "hooguit %u sms'en per minuut", "at most %u texts a minute", n->pace);
		p_html(page, "</dd>");
	}
	if (n->voice) {
		field_fact(page, "Bellen", "Calls");
		p_say(page, "wie geen sms kan krijgen wordt gebeld",
		      "whoever cannot be texted is called");
		p_html(page, "</dd>");
	}
	text_fact(page, "Lijst", "List", n->list);
}

static void write_facts(struct page *page, const struct notice *n)
{
	p_html(page, "<section class=\"card\" aria-labelledby=\"h-facts\"><h2 id=\"h-facts\">");
	p_say(page, "Gegevens", "Details");
	p_html(page, "</h2><dl class=\"facts\">");
	write_whom(page, n);
	write_when(page, n);
	write_how(page, n);
	text_fact(page, "Gemaakt door", "Made by",
		  strncmp(n->who, "staff ", 6) ? n->who : n->who + 6);
	field_fact(page, "Gemaakt", "Made");
	p_time(page, n->created_s);
	p_html(page, "</dd></dl></section>");
}

/* ---- on phones ---- */

static void write_phones(struct page *page, const struct notice *n)
{
	json_t *words = json_loads(n->words, 0, NULL), *text;
	const char *language;

	p_html(page, "<h2>");
	p_say(page, "Op een telefoon", "On a phone");
	p_html(page, "</h2><div class=\"phones\">");
	json_object_foreach (words, language, text) {
		p_html(page, "<section><h3 lang=\"");
		p_text(page, language);
		p_html(page, "\">");
		p_text(page, web_language_name(page_req(page)->web, language));
		p_html(page, "</h3>");
		p_notice_phone(page, language, json_string_value(text), false);
		p_html(page, "</section>");
	}
	p_html(page, "</div>");
	json_decref(words);
}

static void write_follows(struct page *page, const struct notice *n)
{
	if (!n->follows_id)
		return;
	p_html(page, "<p>");
	if (n->kind == NOTICE_CANCEL)
		p_say(page, "Dit trekt in: ", "This revokes: ");
	else
		p_say(page, "Dit verbetert: ", "This corrects: ");
	p_html(page, "<a href=\"/console/notices/");
	p_textf(page, "%lld", (long long)n->follows_id);
	p_html(page, "\">");
	p_sayf(page, "bericht %lld", "notice %lld", (long long)n->follows_id);
	p_html(page, "</a></p>");
}

void web_notice(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	struct broadcast_estimate estimate = { .people = 0 };
	struct notice n;
	struct page *page;
	const char *nl, *en;
	int rc;

	if (!con || !web_notice_find(con, &n))
		return;
	rc = broadcast_estimate(req->web->user.broadcast, n.id, &estimate);
	nl = n.title[0] ? n.title : talloc_asprintf(con, "Bericht %lld", (long long)n.id);
	en = n.title[0] ? n.title : talloc_asprintf(con, "Notice %lld", (long long)n.id);
	page = console_page(con, PAGE_NOTICES, nl, en);
	page_live(page);
	page_script(page, "notice.js");
	p_html(page, "<div id=\"notice\" data-notice=\"");
	p_textf(page, "%lld", (long long)n.id);
	p_html(page, "\" data-state=\"");
	p_text(page, notice_state_name(n.state));
	p_html(page, "\"");
	p_notice_states(page);
	p_html(page, "><p id=\"now\">");
	p_notice_state(page, n.state);
	p_html(page, "</p>");
	write_follows(page, &n);
	p_html(page, "<div id=\"do\">");
	if (con->staff.role >= STAFF_EDITOR)
		write_actions(page, &n, &estimate, rc);
	p_html(page, "</div><div class=\"stack\">");
	write_progress(page, &n);
	write_estimate(page, &n, &estimate, rc);
	p_html(page, "</div>");
	write_phones(page, &n);
	p_html(page, "<div class=\"stack\">");
	write_facts(page, &n);
	p_html(page, "</div></div>");
	page_end(page, MHD_HTTP_OK);
}
