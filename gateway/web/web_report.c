// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_report.c - /console/reports/NUMBER: one report, its history, what callers recorded, and what can be done to it. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "store/store_casework.h"
#include "store/store_open311.h"
#include "web/web_field.h"
#include "web/web_reports.h"
#include "wire/range.h"

#define MERGED_MAX    50
#define NEAR_MAX      10
#define NEAR_M	      250.0 /* as a resident is asked whether it is the same */
#define DEGREE_M      111320.0
#define RECORDING_MAX (8 * 1024 * 1024)

bool web_report_find(struct console *con, struct report *out)
{
	char reference[REPORT_REFERENCE_SIZE];

	if (report_reference_read(reference, web_segment(con->req, 2)) == 0 &&
	    store_report_by_reference(con, con->req->web->st, reference, out) == 0)
		return true;
	console_refuse(con, MHD_HTTP_NOT_FOUND, "Er is geen melding met dit nummer.",
		       "There is no report with this number.");
	return false;
}

const char *web_report_address(struct console *con, const struct report *report)
{
	return talloc_asprintf(con, "/console/reports/%s", report->reference);
}

const char *web_report_seen(struct console *con, const struct report *report)
{
	return talloc_asprintf(con, "%s %lld %s", report_state_name(report->state),
			       (long long)report->state_at_s, report->contractor);
}

static bool count_event(const struct report_event *e, void *data)
{
	(*(unsigned int *)data)++;
	return true;
}

const char *web_report_told(struct console *con, const struct report *report)
{
	unsigned int n = 0;

	store_event_list(con->req->web->st, report->id, count_event, &n);
	return talloc_asprintf(con, "%u", n);
}

/* ---- what it is ---- */

static void text_fact(struct page *page, const char *nl, const char *en, const char *text)
{
	if (!text || !text[0])
		return;
	field_fact(page, nl, en);
	p_text(page, text);
	p_html(page, "</dd>");
}

static void date_fact(struct page *page, const char *nl, const char *en, int64_t at_s)
{
	if (!at_s)
		return;
	field_fact(page, nl, en);
	p_date(page, at_s);
	p_html(page, "</dd>");
}

/* Of a report or an event; another channel has a name of its own. */
static void write_channel(struct page *page, const char *channel)
{
	static const struct {
		const char *channel, *nl, *en;
	} words[] = {
		{ "sms", "sms", "text" },
		{ "ussd", "USSD", "USSD" },
		{ "voice", "telefoon", "phone" },
		{ "staff", "console", "console" },
		{ "contractor", "koppeling", "interface" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(channel, words[i].channel) != 0)
			continue;
		p_say(page, words[i].nl, words[i].en);
		return;
	}
	p_text(page, channel);
}

/* "resident", "staff anna", "contractor haeghe", "meldlijn" */
static void write_who(struct page *page, const char *who)
{
	static const char staff[] = "staff ", contractor[] = "contractor ";

	if (!strcmp(who, "resident")) {
		p_say(page, "melder", "reporter");
	} else if (!strncmp(who, contractor, strlen(contractor))) {
		p_say(page, "uitvoerder ", "contractor ");
		p_text(page, who + strlen(contractor));
	} else {
		p_text(page, strncmp(who, staff, strlen(staff)) == 0 ? who + strlen(staff) : who);
	}
}

/* The last three digits are enough to know it again; all of it is on the page of people. */
static void write_reporter(struct page *page, struct store *st, const struct report *r)
{
	struct person p;

	field_fact(page, "Melder", "Reporter");
	if (!r->person_id || store_person_by_id(st, r->person_id, &p) < 0)
		p_say(page, "niet bekend", "not known");
	else
		p_textf(page, "•••%s", p.number + strlen(p.number) - OSMO_MIN(strlen(p.number), 3));
	p_html(page, " (");
	write_channel(page, r->channel);
	p_textf(page, ", %s)", r->language);
	p_html(page, "</dd>");
}

struct pictures {
	struct page *page;
	unsigned int n;
};

/* Their addresses have been looked at when they came; who looks at one is not told who else has it. */
static void write_pictures(const char *media_url, void *data)
{
	struct pictures *ps = data;
	struct page *page = ps->page;

	while (*media_url) {
		size_t len = strcspn(media_url, "\n");
		char *url = talloc_strndup(page, media_url, len);

		if (ps->n++ == 0)
			field_fact(page, "Foto's", "Pictures");
		else
			p_html(page, "<br>");
		p_html(page, "<a rel=\"noreferrer\" href=\"");
		p_text(page, strncmp(url, "http", 4) == 0 ? url : "");
		p_html(page, "\">");
		p_text(page, url);
		p_html(page, "</a>");
		talloc_free(url);
		media_url += len + (media_url[len] == '\n');
	}
}

static void write_facts(const struct console *con, struct page *page, const struct report *r)
{
	struct pictures pictures = { .page = page };
	int64_t followers[100];
	int n = store_followers(con->req->web->st, r->id, followers, ARRAY_SIZE(followers));

	p_html(page, "<dl class=\"facts\">");
	field_fact(page, "Toestand", "State");
	p_state(page, r->state);
	if (r->urgent) {
		p_html(page, " <span class=\"state bad\">");
		p_say(page, "spoed", "urgent");
		p_html(page, "</span>");
	}
	p_html(page, "</dd>");
	text_fact(page, "Wat", "What", web_category_name(con, r->category));
	text_fact(page, "Waar", "Where", r->place);
	text_fact(page, "Nummer op het object", "Number on the object", r->asset_number);
	text_fact(page, "Woorden van de melder", "The reporter's words", r->description);
	store_open311_media(con->req->web->st, r->id, write_pictures, &pictures);
	if (pictures.n > 0)
		p_html(page, "</dd>");
	date_fact(page, "Gemeld", "Reported", r->created_s);
	date_fact(page, "Beloofd", "Promised", r->promise_s);
	date_fact(page, "Datum van de uitvoerder", "The contractor's date", r->expected_s);
	text_fact(page, "Uitvoerder", "Contractor", r->contractor);
	text_fact(page, "Hun nummer", "Their number", r->contractor_ref);
	write_reporter(page, con->req->web->st, r);
	if (n > 0) {
		field_fact(page, "Volgers", "Followers");
		p_number(page, n);
		p_html(page, "</dd>");
	}
	p_html(page, "</dl>");
}

static void write_merged(struct console *con, struct page *page, const struct report *r)
{
	struct store *st = con->req->web->st;
	struct report into, *same = talloc_array(con, struct report, MERGED_MAX);
	int n;

	OSMO_ASSERT(same);
	if (r->merged_into && r->state == REPORT_CLOSED &&
	    store_report_get(con, st, r->merged_into, &into) == 0) {
		p_html(page, "<p>");
		p_say(page, "Dit is dezelfde als melding ", "This is the same as report ");
		p_reference(page, into.reference);
		p_html(page, ".</p>");
	}
	n = store_report_merged(con, st, r->id, same, MERGED_MAX);
	if (n <= 0)
		return;
	p_html(page, "<p>");
	p_say(page, "Ook hierover: ", "Also about this: ");
	for (int i = 0; i < n; i++) {
		if (i > 0)
			p_html(page, ", ");
		p_reference(page, same[i].reference);
	}
	p_html(page, ".</p>");
}

/* ---- what happened ---- */

static bool write_event(const struct report_event *e, void *data)
{
	struct page *page = data;

	p_html(page, "<tr><td data-label=\"");
	p_say(page, "Wanneer", "When");
	p_html(page, "\">");
	p_time(page, e->at_s);
	p_html(page, "</td><td data-label=\"");
	p_say(page, "Toestand", "State");
	p_html(page, "\">");
	p_state(page, e->state);
	p_html(page, "</td><td data-label=\"");
	p_say(page, "Wie", "Who");
	p_html(page, "\">");
	write_who(page, e->who);
	p_html(page, " (");
	write_channel(page, e->channel);
	p_html(page, ")");
	p_html(page, "</td><td data-label=\"");
	p_say(page, "Wat", "What");
	p_html(page, "\">");
	p_text(page, e->note);
	if (e->expected_s) {
		p_html(page, " <span class=\"quiet\">");
		p_date(page, e->expected_s);
		p_html(page, "</span>");
	}
	p_html(page, "</td></tr>");
	return true;
}

static void write_history(struct console *con, struct page *page, const struct report *r)
{
	p_html(page, "<h2 id=\"h-history\">");
	p_say(page, "Wat er gebeurde", "What happened");
	p_html(page, "</h2><table class=\"cards\" aria-labelledby=\"h-history\"><thead><tr>"
		     "<th scope=\"col\">");
	p_say(page, "Wanneer", "When");
	p_html(page, "</th><th scope=\"col\">");
	p_say(page, "Toestand", "State");
	p_html(page, "</th><th scope=\"col\">");
	p_say(page, "Wie", "Who");
	p_html(page, "</th><th scope=\"col\">");
	p_say(page, "Wat", "What");
	p_html(page, "</th></tr></thead><tbody>");
	store_event_list(con->req->web->st, r->id, write_event, page);
	p_html(page, "</tbody></table>");
}

struct heard {
	struct page *page;
	unsigned int n;
};

static bool write_recording(const struct recording *rec, void *data)
{
	struct heard *h = data;
	struct page *page = h->page;

	if (!rec->done)
		return true;
	if (h->n++ == 0) {
		p_html(page, "<h2>");
		p_say(page, "Ingesproken", "Recorded");
		p_html(page, "</h2>");
	}
	p_html(page, "<p><audio controls preload=\"none\" src=\"/console/recordings/");
	p_textf(page, "%lld", (long long)rec->id);
	p_html(page, "\" aria-label=\"");
	p_sayf(page, "Opname %u, %.0f seconden", "Recording %u, %.0f seconds", h->n, rec->seconds);
	p_html(page, "\"></audio> <span class=\"quiet\">");
	p_time(page, rec->at_s);
	p_sayf(page, ", %.0f s", ", %.0f s", rec->seconds);
	p_html(page, "</span></p>");
	return true;
}

static bool write_forward(const struct forward *f, const char *state, void *data)
{
	struct heard *h = data;
	struct page *page = h->page;

	if (!strcmp(state, "done"))
		return true;
	if (h->n++ == 0) {
		p_html(page, "<h2>");
		p_say(page, "Nog niet bij de uitvoerder", "Not with the contractor yet");
		p_html(page, "</h2><ul>");
	}
	p_html(page, "<li>");
	if (f->contractor[0])
		p_text(page, f->contractor);
	else
		p_say(page, "niemand doet dit onderwerp", "nobody does this category");
	p_html(page, ": ");
	if (f->withdraws)
		p_say(page, "intrekking", "withdrawal");
	else if (f->event_id)
		p_say(page, "aanvulling", "addition");
	else
		p_say(page, "opdracht", "order");
	if (f->contractor[0])
		p_sayf(page, ", %u keer geprobeerd", ", tried %u times", f->tries);
	if (f->error) {
		p_html(page, ": ");
		p_text(page, f->error);
	}
	p_html(page, "</li>");
	return true;
}

static void write_sent_and_heard(struct console *con, struct page *page, const struct report *r)
{
	struct heard recordings = { .page = page }, forwards = { .page = page };

	store_recording_list(con, con->req->web->st, r->id, write_recording, &recordings);
	store_forward_list(con, con->req->web->st, r->id, write_forward, &forwards);
	if (forwards.n > 0)
		p_html(page, "</ul>");
}

/* ---- what can be done ---- */

static void begin_form(struct console *con, struct page *page, const struct report *r,
		       const char *what)
{
	p_form(page, talloc_asprintf(con, "%s/%s", web_report_address(con, r), what), NULL);
	field_hidden(page, "seen", web_report_seen(con, r));
}

static void text_area(struct page *page, const char *id, const char *nl, const char *en,
		      bool required)
{
	p_html(page, "<label for=\"");
	p_text(page, id);
	p_html(page, "\">");
	p_say(page, nl, en);
	p_html(page, "</label><textarea rows=\"3\" maxlength=\"500\" name=\"words\" id=\"");
	p_text(page, id);
	p_html(page, "\"");
	if (required)
		p_html(page, " required");
	p_html(page, ">\n");
	p_text(page, p_kept(page, "words"));
	p_html(page, "</textarea>");
}

static void begin_card(struct page *page, const char *nl, const char *en)
{
	p_html(page, "<section><h3>");
	p_say(page, nl, en);
	p_html(page, "</h3>");
}

static void state_form(struct console *con, struct page *page, const struct report *r)
{
	static const struct {
		enum report_state state;
		const char *nl, *en;
	} next[] = {
		{ REPORT_PLANNED, "gepland op de datum hieronder", "planned for the date below" },
		{ REPORT_IN_PROGRESS, "in uitvoering", "in progress" },
		{ REPORT_SOLVED, "opgelost", "solved" },
		{ REPORT_REJECTED, "afgewezen, met reden", "rejected, with the reason" },
		{ REPORT_CLOSED, "gesloten", "closed" },
		{ REPORT_REOPENED, "heropend", "reopened" },
	};
	bool dutch = page_is_dutch(page);

	begin_card(page, "Toestand wijzigen", "Change the state");
	begin_form(con, page, r, "state");
	p_html(page, "<label for=\"to\">");
	p_say(page, "Wordt", "Becomes");
	p_html(page, "</label><select id=\"to\" name=\"state\">");
	for (size_t i = 0; i < ARRAY_SIZE(next); i++) {
		if (!report_may_become(r->state, next[i].state) ||
		    (next[i].state == r->state && r->state != REPORT_PLANNED))
			continue;
		p_html(page, "<option value=\"");
		p_text(page, report_state_name(next[i].state));
		p_html(page, "\"");
		if (!strcmp(p_kept(page, "state"), report_state_name(next[i].state)))
			p_html(page, " selected");
		p_html(page, ">");
		p_text(page, dutch ? next[i].nl : next[i].en);
		p_html(page, "</option>");
	}
	p_html(page, "</select><label for=\"expected\">");
	p_say(page, "Datum", "Date");
	p_html(page, "</label><input type=\"date\" id=\"expected\" name=\"expected\" value=\"");
	p_text(page, p_kept(page, "expected"));
	p_html(page, "\">");
	text_area(page, "note", "Toelichting, voor de melder", "Note, for the reporter", false);
	p_button(page, NULL, "Wijzigen", "Change");
	p_form_end(page);
	p_html(page, "</section>");
}

static void word_forms(struct console *con, struct page *page, const struct report *r)
{
	begin_card(page, "Melder antwoorden", "Answer the reporter");
	begin_form(con, page, r, "answer");
	field_hidden(page, "told", web_report_told(con, r));
	text_area(page, "answer", "Bericht aan melder en volgers",
		  "Text to the reporter and the followers", true);
	p_button(page, NULL, "Versturen", "Send");
	p_form_end(page);
	p_html(page, "</section>");
	begin_card(page, "Notitie voor de uitvoerder", "Note for the contractor");
	begin_form(con, page, r, "note");
	text_area(page, "remark", "Notitie", "Note", true);
	p_button(page, NULL, "Toevoegen", "Add");
	p_form_end(page);
	p_html(page, "</section>");
}

struct choice {
	struct page *page;
	const char *but;
	unsigned int n;
};

static void contractor_option(struct contractor *c, void *data)
{
	struct choice *ch = data;
	const char *name = contractor_cfg_of(c)->name;

	if (!strcmp(name, ch->but))
		return;
	p_html(ch->page, "<option");
	if (!strcmp(p_kept(ch->page, "contractor"), name))
		p_html(ch->page, " selected");
	p_html(ch->page, ">");
	p_text(ch->page, name);
	p_html(ch->page, "</option>");
}

static void count_option(struct contractor *c, void *data)
{
	struct choice *ch = data;

	ch->n += strcmp(contractor_cfg_of(c)->name, ch->but) != 0;
}

static void reassign_form(struct console *con, struct page *page, const struct report *r)
{
	struct choice ch = { .page = page, .but = r->contractor };

	forwarder_each(con->req->web->fw, count_option, &ch);
	if (ch.n == 0)
		return;
	begin_card(page, "Naar een andere uitvoerder", "To another contractor");
	begin_form(con, page, r, "reassign");
	p_html(page, "<label for=\"contractor\">");
	p_say(page, "Uitvoerder", "Contractor");
	p_html(page, "</label><select id=\"contractor\" name=\"contractor\" required>");
	forwarder_each(con->req->web->fw, contractor_option, &ch);
	p_html(page, "</select>");
	text_area(page, "reason", "Waarom", "Why", false);
	p_button(page, NULL, "Overdragen", "Hand over");
	p_form_end(page);
	p_html(page, "</section>");
}

/* Open ones near by are offered as the same; any number can be written. */
static void near_options(struct console *con, struct page *page, const struct report *r)
{
	struct report *near = talloc_array(con, struct report, NEAR_MAX);
	double span = NEAR_M / DEGREE_M;
	struct report_near box = { .lat = r->lat,
				   .lon = r->lon,
				   .lat_span = span,
				   .lon_span = span / cos(r->lat * M_PI / 180) };
	int n = 0;

	OSMO_ASSERT(near);
	p_html(page, "<datalist id=\"near\">");
	if (r->located)
		n = store_report_near(con, con->req->web->st, &box, near, NEAR_MAX);
	for (int i = 0; i < n; i++) {
		if (near[i].id == r->id)
			continue;
		p_html(page, "<option value=\"");
		p_text(page, near[i].reference);
		p_html(page, "\">");
		p_textf(page, "%s, %s, %.0f m", web_category_name(con, near[i].category),
			near[i].place ? near[i].place : "-",
			web_distance_m(r->lat, r->lon, near[i].lat, near[i].lon));
		p_html(page, "</option>");
	}
	p_html(page, "</datalist>");
}

static void merge_form(struct console *con, struct page *page, const struct report *r)
{
	begin_card(page, "Dubbele melding", "Reported twice");
	begin_form(con, page, r, "merge");
	p_html(page, "<label for=\"into\">");
	p_say(page, "Dit is dezelfde als nummer", "This is the same as number");
	p_html(page,
	       "</label><input id=\"into\" name=\"into\" list=\"near\" required "
	       "autocomplete=\"off\" inputmode=\"numeric\" aria-describedby=\"into-help\" value=\"");
	p_text(page, p_kept(page, "into"));
	p_html(page, "\">");
	near_options(con, page, r);
	p_html(page, "<p class=\"quiet\" id=\"into-help\">");
	p_say(page,
	      "Deze melding sluit, de opdracht wordt ingetrokken, en wie meldde volgt voortaan de andere.",
	      "This report closes, its order is withdrawn, and who reported it follows the other.");
	p_html(page, "</p>");
	p_button(page, "danger", "Samenvoegen", "Merge");
	p_form_end(page);
	p_html(page, "</section>");
}

void web_report(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	char shown[REPORT_REFERENCE_SIZE * 2];
	struct report r;
	struct page *page;
	char *title;

	if (!con || !web_report_find(con, &r))
		return;
	title = talloc_asprintf(con, "%s %s",
				strcmp(con->staff.language, "en") ? "Melding" : "Report",
				report_reference_show(shown, r.reference));
	page = console_page(con, PAGE_REPORTS, title, title);
	write_facts(con, page, &r);
	write_merged(con, page, &r);
	write_sent_and_heard(con, page, &r);
	write_history(con, page, &r);
	p_html(page, "<h2 id=\"h-doing\">");
	p_say(page, "Wat u kunt doen", "What you can do");
	p_html(page, "</h2><div class=\"cards\" id=\"doing\">");
	if (r.state != REPORT_REJECTED)
		state_form(con, page, &r);
	word_forms(con, page, &r);
	if (report_is_open(r.state)) {
		reassign_form(con, page, &r);
		merge_form(con, page, &r);
	}
	p_html(page, "</div>");
	page_end(page, MHD_HTTP_OK);
}

/* ---- /console/recordings/ID ---- */

/* \returns false if it is no number */
static bool read_id(const char *text, int64_t *id)
{
	*id = 0;
	for (; *text >= '0' && *text <= '9' && *id < INT64_MAX / 100; text++)
		*id = *id * 10 + (*text - '0');
	return *text == '\0' && *id > 0;
}

/* \returns NULL: it is gone, or is no file of ours */
static char *read_file(void *ctx, const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	char *octets = NULL;
	ssize_t n = -1;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= RECORDING_MAX) {
		octets = talloc_size(ctx, st.st_size + 1);
		OSMO_ASSERT(octets);
		n = read(fd, octets, st.st_size);
	}
	close(fd);
	*len = n > 0 ? (size_t)n : 0;
	return n > 0 ? octets : NULL;
}

/* A browser that may ask for the end knows how long it is and can go to any moment of it. */
static void answer_part(struct web_req *req, const char *octets, size_t size)
{
	size_t first, len;
	int rc = range_read(&first, &len, web_header(req, "Range"), size);
	char *where;

	web_head(req, "Accept-Ranges", "bytes");
	if (rc == 0) {
		web_answer_octets(req, MHD_HTTP_OK, "audio/ogg", octets, size);
		return;
	}
	where = rc < 0 ? talloc_asprintf(req, "bytes */%zu", size)
		       : talloc_asprintf(req, "bytes %zu-%zu/%zu", first, first + len - 1, size);
	web_head(req, "Content-Range", where);
	if (rc < 0)
		web_answer_error(req, MHD_HTTP_RANGE_NOT_SATISFIABLE, "it has %zu octets", size);
	else
		web_answer_octets(req, MHD_HTTP_PARTIAL_CONTENT, "audio/ogg", octets + first, len);
}

void web_recording(struct web_req *req)
{
	struct console *con = console_find(req, STAFF_CLERK);
	struct recording rec;
	char *octets = NULL;
	int64_t id;
	size_t len;

	if (!con) {
		web_answer_error(req, MHD_HTTP_UNAUTHORIZED, "sign in at /console/ first");
		return;
	}
	if (read_id(web_segment(req, 2), &id) &&
	    store_recording_get(con, req->web->st, id, &rec) == 0 && rec.done)
		octets = read_file(con, rec.path, &len);
	if (!octets) {
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "there is no such recording any more");
		return;
	}
	answer_part(req, octets, len);
}
