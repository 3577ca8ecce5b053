// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_phone.c - GET /phone: handsets in a browser, for the demo and for training.
 *
 * The page is words and one <template>; assets/phone.js makes a handset of it for each number in the address's "phone"
 * (numbers with commas between) and does all over /handset/, as "meldlijn phone" does. */
#include <string.h>

#include "web/web_int.h"
#include "web/web_page.h"

/* What the script says, each as data-NAME of the page's element. */
static const struct {
	const char *name, *nl, *en;
} words[] = {
	{ "calls", "Belt {0}…", "Calling {0}…" },
	{ "up", "In gesprek met {0}", "In a call with {0}" },
	{ "records", "De lijn neemt op wat u zegt. Klaar? Toets #.",
	  "The line records what you say. Done? Press #." },
	{ "over", "Het gesprek is voorbij", "The call is over" },
	{ "rings", "{0} belt {1}", "{0} calls {1}" },
	{ "missed", "{0} belde", "{0} called" },
	{ "pressed", "Toets {0}", "Key {0}" },
	{ "listens", "Spreek nu…", "Speak now…" },
	{ "said", "Gezegd: {0} s", "Said: {0} s" },
	{ "recorded", "Gezegd en opgenomen: {0} s", "Said and recorded: {0} s" },
	{ "mute", "Geen microfoon: laat een opname horen", "No microphone: play a recording" },
	{ "dials", "{0} gekozen…", "Dialled {0}…" },
	{ "closed", "Einde van de sessie", "End of the session" },
	{ "part", "{0}, 1 deel", "{0}, 1 part" },
	{ "parts", "{0}, {1} delen", "{0}, {1} parts" },
	{ "lost", "De lijn antwoordt niet; er wordt opnieuw gevraagd.",
	  "The line does not answer; it is asked again." },
	{ "twice", "Dat toestel is er al.", "That phone is here already." },
	{ "most", "Meer dan vier toestellen passen hier niet.",
	  "More than four phones do not fit here." },
	{ "clock", "De lijn heeft het nu over {0}", "For the line it is now {0}" },
	{ "speak", "Spreek", "Speak" },
	{ "spoken", "Klaar met spreken", "Done speaking" },
	{ "me", "Ik", "Me" },
};

static void write_words(struct page *page)
{
	const struct web *web = page_req(page)->web;
	const struct line *ln = handset_line(web->hs);

	p_html(page, "<div id=\"phones\" class=\"phones\" data-line=\"");
	p_text(page, ln->number);
	p_html(page, "\" data-code=\"");
	p_text(page, ln->code);
	p_html(page, "\" data-zone=\"");
	p_text(page, web->zone);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		p_html(page, "\" data-");
		p_text(page, words[i].name);
		p_html(page, "=\"");
		p_say(page, words[i].nl, words[i].en);
	}
	p_html(page, "\"></div>");
}

/* A button of a kind that type=button says: no form is sent. */
static void button(struct page *page, const char *class_name, const char *nl, const char *en)
{
	p_html(page, "<button type=\"button\" class=\"");
	p_text(page, class_name);
	p_html(page, "\">");
	p_say(page, nl, en);
	p_html(page, "</button>");
}

static void write_texts(struct page *page)
{
	p_html(page, "<div class=\"texts\" role=\"tabpanel\"><div class=\"talk\" role=\"log\" "
		     "aria-live=\"polite\" tabindex=\"0\" aria-label=\"");
	p_say(page, "Gesprek", "Conversation");
	p_html(page, "\"></div><form class=\"compose\"><input name=\"text\" autocomplete=\"off\" "
		     "maxlength=\"2000\" aria-label=\"");
	p_say(page, "Bericht", "Message");
	p_html(page, "\" placeholder=\"");
	p_say(page, "Bericht", "Message");
	p_html(page, "\"><button>");
	p_say(page, "Stuur", "Send");
	p_html(page, "</button></form></div>");
}

static void write_keys(struct page *page)
{
	static const struct {
		const char *key, *letters, *nl, *en;
	} keys[] = {
		{ "1", "", "1", "1" },	   { "2", "abc", "2", "2" },
		{ "3", "def", "3", "3" },  { "4", "ghi", "4", "4" },
		{ "5", "jkl", "5", "5" },  { "6", "mno", "6", "6" },
		{ "7", "pqrs", "7", "7" }, { "8", "tuv", "8", "8" },
		{ "9", "wxyz", "9", "9" }, { "*", "", "sterretje", "star" },
		{ "0", "", "0", "0" },	   { "#", "", "hekje", "hash" },
	};

	p_html(page, "<div class=\"keys\" role=\"group\" aria-label=\"");
	p_say(page, "Toetsen", "Keys");
	p_html(page, "\">");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		p_html(page, "<button type=\"button\" class=\"key-cap\" data-key=\"");
		p_text(page, keys[i].key);
		p_html(page, "\" data-letters=\"");
		p_text(page, keys[i].letters);
		p_html(page, "\" aria-label=\"");
		p_say(page, keys[i].nl, keys[i].en);
		p_html(page, "\"><span>");
		p_text(page, keys[i].key);
		p_html(page, "</span></button>");
	}
	p_html(page, "</div>");
}

static void write_session(struct page *page)
{
	p_html(page, "<form class=\"session\" hidden><p class=\"page\" aria-live=\"polite\"></p>"
		     "<div class=\"answer\"><input name=\"reply\" autocomplete=\"off\" "
		     "maxlength=\"182\" aria-label=\"");
	p_say(page, "Antwoord", "Answer");
	p_html(page, "\"><button>");
	p_say(page, "Antwoord", "Answer");
	p_html(page, "</button>");
	button(page, "plain close", "Sluit", "Close");
	p_html(page, "</div></form>");
}

static void write_dial(struct page *page)
{
	p_html(page, "<div class=\"dial\" role=\"tabpanel\" hidden>");
	write_session(page);
	p_html(page,
	       "<div class=\"pad\"><form class=\"number\"><input name=\"number\" type=\"tel\" "
	       "autocomplete=\"off\" maxlength=\"40\" aria-label=\"");
	p_say(page, "Nummer of code", "Number or code");
	p_html(page, "\"></form>");
	write_keys(page);
	p_html(page, "<div class=\"do\">");
	button(page, "call", "Bel", "Call");
	button(page, "danger hang-up", "Hang op", "Hang up");
	p_html(page, "</div><div class=\"speech\" hidden>");
	button(page, "plain speak", "Spreek", "Speak");
	p_html(page, "<label class=\"plain\">");
	p_say(page, "Opname laten horen", "Play a recording");
	p_html(page, "<input type=\"file\" class=\"recording\" accept=\"audio/*,.wav\"></label>"
		     "</div></div></div>");
}

static void write_template(struct page *page)
{
	p_html(page, "<template id=\"phone\"><article class=\"phone\"><header><h2></h2>");
	button(page, "link remove", "Weghalen", "Remove");
	p_html(page, "</header><div class=\"tabs\" role=\"tablist\">"
		     "<button type=\"button\" role=\"tab\" class=\"tab\" data-tab=\"texts\">");
	p_say(page, "Sms", "Texts");
	p_html(page, "</button><button type=\"button\" role=\"tab\" class=\"tab\" "
		     "data-tab=\"dial\">");
	p_say(page, "Bellen", "Dial");
	p_html(page, "</button></div><p class=\"status\" role=\"status\"></p>"
		     "<div class=\"ringing\" hidden>");
	button(page, "pick-up", "Neem op", "Answer");
	button(page, "danger refuse", "Weiger", "Refuse");
	p_html(page, "</div>");
	write_texts(page);
	write_dial(page);
	p_html(page, "</article></template>");
}

static void write_clock(struct page *page)
{
	p_html(page, "<section class=\"card clock\" aria-labelledby=\"clock-name\">"
		     "<h2 id=\"clock-name\">");
	p_say(page, "Klok van de lijn", "The line's clock");
	p_html(page, "</h2><p id=\"clock\"></p><div class=\"leaps\">");
	p_html(page, "<button type=\"button\" class=\"plain leap\" data-advance=\"3600\">");
	p_say(page, "Een uur verder", "An hour on");
	p_html(page, "</button><button type=\"button\" class=\"plain leap\" "
		     "data-advance=\"86400\">");
	p_say(page, "Een dag verder", "A day on");
	p_html(page, "</button><button type=\"button\" class=\"plain leap\" "
		     "data-morning=\"9\">");
	p_say(page, "Naar morgen 9:00", "To tomorrow 9:00");
	p_html(page, "</button></div><p id=\"said\" class=\"hidden\" role=\"status\"></p>"
		     "</section>");
}

static void write_adding(struct page *page)
{
	p_html(page, "<form id=\"add\" class=\"card add\"><label for=\"number\">");
	p_say(page, "Nog een toestel, met nummer", "One more phone, with number");
	p_html(page, "</label><div class=\"answer\"><input id=\"number\" type=\"tel\" required "
		     "autocomplete=\"off\" maxlength=\"20\" placeholder=\"0612345679\" "
		     "aria-describedby=\"add-wrong\"><button>");
	p_say(page, "Zet erbij", "Add");
	p_html(page, "</button></div><p id=\"add-wrong\" role=\"alert\"></p></form>");
}

void web_phone(struct web_req *req)
{
	const struct line *ln = handset_line(req->web->hs);
	struct page *page = page_begin(req, NULL, NULL, NULL, PAGE_NONE,
				       page_wants_dutch(req) ? "Toestellen" : "Phones");

	page_script(page, "phone.js");
	p_html(page, "<link rel=\"stylesheet\" href=\"");
	p_asset(page, "phone.css");
	p_html(page, "\"><p>");
	p_sayf(page, "Nagebootste toestellen bij de lijn %s. Sms bijvoorbeeld",
	       "Simulated phones at the line %s. Text for example", ln->number);
	p_html(page, " <kbd>MELD AFVAL SPUI 70 container vol</kbd>");
	if (ln->code) {
		p_say(page, ", kies ", ", dial ");
		p_html(page, "<kbd>");
		p_text(page, ln->code);
		p_html(page, "</kbd>");
	}
	p_sayf(page, " of bel %s.", " or call %s.", ln->number);
	p_html(page, "</p><noscript>");
	p_notice(page, true,
		 page_is_dutch(page)
			 ? "Deze bladzijde heeft JavaScript nodig. Zonder kan: meldlijn "
			   "phone in een terminal."
			 : "This page needs JavaScript. Without it there is: meldlijn "
			   "phone in a terminal.");
	p_html(page, "</noscript>");
	write_words(page);
	p_html(page, "<div class=\"beside\">");
	write_clock(page);
	write_adding(page);
	p_html(page, "</div>");
	write_template(page);
	page_end(page, MHD_HTTP_OK);
}
