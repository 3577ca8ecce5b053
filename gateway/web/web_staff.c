// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_staff.c - /console/staff: who works here; operators add, change and end them.
 *
 * Nobody changes their own role and nobody ends themselves, so there is always an operator left: whoever asked.  A
 * password or a secret of codes is made here and stands on one page, the answer to the form that asked for it: it is
 * never kept to be shown again.
 */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <qrencode.h>
#include <sodium.h>
#include <talloc.h>

#include "clock.h"
#include "flow/staff_code.h"
#include "web/password.h"
#include "web/web_field.h"
#include "web/web_live.h"
#include "web/web_sign.h"
#include "wire/phone.h"

#define QR_EDGE 4 /* ISO/IEC 18004, 9.1: a quiet zone of four modules */

static const struct {
	const char *name, *nl, *en;
} role_duties[STAFF_ROLES] = {
	[STAFF_CARETAKER] = { "caretaker", "wijkbeheerder: alleen een telefoon",
			      "caretaker: a phone only" },
	[STAFF_CLERK] = { "clerk", "medewerker: meldingen", "clerk: reports" },
	[STAFF_EDITOR] = { "editor", "redacteur: ook berichten", "editor: notices as well" },
	[STAFF_OPERATOR] = { "operator", "beheerder: alles", "operator: everything" },
};

/* ---- the list ---- */

static void label(struct page *page, const char *kind, const char *nl, const char *en)
{
	p_html(page, "<span class=\"state ");
	p_text(page, kind);
	p_html(page, "\">");
	p_say(page, nl, en);
	p_html(page, "</span>");
}

static void write_state(struct page *page, const struct staff *staff)
{
	if (staff->ended_s)
		label(page, "ended", "weg", "gone");
	else if (staff->locked_until_s > console_now_s())
		label(page, "bad", "geblokkeerd", "locked");
	else if (staff->password_first)
		label(page, "waiting", "eerste wachtwoord", "first password");
	else
		label(page, "good", "werkt hier", "works here");
}

static bool write_row(const struct staff *staff, void *data)
{
	struct page *page = data;

	p_html(page, "<tr>");
	field_cell(page, "Naam", "Name");
	p_html(page, "<a href=\"/console/staff/");
	p_param(page, staff->name);
	p_html(page, "\">");
	p_text(page, staff->name);
	p_html(page, "</a></td>");
	field_cell(page, "Rol", "Role");
	p_role(page, staff->role);
	p_html(page, "</td>");
	field_cell(page, "Telefoon", "Phone");
	p_text(page, staff->number[0] ? staff->number : "-");
	p_html(page, "</td>");
	field_cell(page, "Codes", "Codes");
	if (staff->totp[0])
		p_say(page, "ja", "yes");
	else
		p_say(page, "nee", "no");
	p_html(page, "</td>");
	field_cell(page, "Toestand", "State");
	write_state(page, staff);
	p_html(page, "</td></tr>");
	return true;
}

static void role_field(struct page *page, enum staff_role chosen)
{
	field_select(page, "role", "Rol", "Role");
	for (size_t i = 0; i < STAFF_ROLES; i++)
		field_option(page, role_duties[i].name, staff_role_name(chosen), role_duties[i].nl,
			     role_duties[i].en);
	field_select_end(page);
}

static void language_field(struct page *page, const char *chosen)
{
	field_select(page, "language", "Taal", "Language");
	field_option(page, "nl", chosen, "Nederlands", "Dutch");
	field_option(page, "en", chosen, "Engels", "English");
	field_select_end(page);
}

static void number_field(struct page *page, const char *number)
{
	field_input(page, "number", "type=\"tel\" maxlength=\"40\" autocomplete=\"off\"",
		    "Telefoon, als die in de straat werkt", "Phone, if it is used in the street",
		    number);
}

static void write_add(struct page *page)
{
	p_html(page, "<h2>");
	p_say(page, "Medewerker toevoegen", "Add somebody");
	p_html(page, "</h2>");
	p_form(page, "/console/staff", "card narrow");
	field_input(page, "name",
		    "required maxlength=\"47\" autocomplete=\"off\" autocapitalize=\"none\" "
		    "spellcheck=\"false\" pattern=\"[a-z0-9._@][a-z0-9._@\\-]*\"",
		    "Naam: kleine letters, cijfers, . _ @ -",
		    "Name: small letters, digits, . _ @ -", "");
	role_field(page, STAFF_CLERK);
	language_field(page, "nl");
	number_field(page, "");
	p_button(page, NULL, "Toevoegen", "Add");
	p_html(page, "<p class=\"quiet\">");
	p_say(page, "Het eerste wachtwoord verschijnt op de volgende pagina, één keer.",
	      "The first password is shown on the next page, once.");
	p_html(page, "</p>");
	p_form_end(page);
}

void web_staff(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_OPERATOR);
	struct page *page;

	if (!con)
		return;
	page = console_page(con, PAGE_STAFF, "Medewerkers", "Staff");
	p_html(page, "<table class=\"cards\" id=\"staff\"><thead><tr>");
	field_head(page, "Naam", "Name");
	field_head(page, "Rol", "Role");
	field_head(page, "Telefoon", "Phone");
	field_head(page, "Codes", "Codes");
	field_head(page, "Toestand", "State");
	p_html(page, "</tr></thead><tbody>");
	store_staff_list(req->web->st, write_row, page);
	p_html(page, "</tbody></table>");
	write_add(page);
	page_end(page, MHD_HTTP_OK);
}

/* ---- one ---- */

/* One request about somebody. */
struct doing {
	struct console *con;
	struct staff staff;
	char *address; /* of their page */
	char made[PASSWORD_MADE_SIZE];
	bool is_new;
};

/* NULL: it has been answered */
static struct doing *begin(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_OPERATOR);
	struct doing *d;

	if (!con)
		return NULL;
	d = talloc_zero(con, struct doing);
	OSMO_ASSERT(d);
	d->con = con;
	if (store_staff_find(req->web->st, web_segment(req, 2), &d->staff) < 0) {
		console_refuse(con, MHD_HTTP_NOT_FOUND, "Er is niemand met die naam.",
			       "Nobody has that name.");
		return NULL;
	}
	d->address = talloc_asprintf(d, "/console/staff/%s", d->staff.name);
	return d;
}

static bool is_oneself(const struct doing *d)
{
	return d->staff.id == d->con->staff.id;
}

static void action(struct page *page, const struct doing *d, const char *what)
{
	p_form(page, talloc_asprintf(d, "%s/%s", d->address, what), "card");
}

static void write_facts(struct page *page, const struct doing *d)
{
	p_html(page, "<dl class=\"facts\">");
	field_fact(page, "Toestand", "State");
	write_state(page, &d->staff);
	p_html(page, "</dd>");
	field_fact(page, "Rol", "Role");
	p_role(page, d->staff.role);
	p_html(page, "</dd>");
	field_fact(page, "Toegevoegd", "Added");
	p_date(page, d->staff.created_s);
	p_html(page, "</dd>");
	if (d->staff.ended_s) {
		field_fact(page, "Weg sinds", "Gone since");
		p_date(page, d->staff.ended_s);
		p_html(page, "</dd>");
	}
	field_fact(page, "Eenmalige codes", "One-time codes");
	if (d->staff.totp[0])
		p_say(page, "ingesteld", "set up");
	else
		p_say(page, "niet ingesteld", "not set up");
	p_html(page, "</dd></dl><p><a href=\"/console/audit?who=");
	p_param(page, d->staff.name);
	p_html(page, "\">");
	p_say(page, "Wat deze medewerker deed", "What they did");
	p_html(page, "</a></p>");
}

/* What the form was shown of: who saves an older one would undo what a colleague changed. */
static const char *seen_of(const struct doing *d)
{
	return talloc_asprintf(d, "%s %s %s", staff_role_name(d->staff.role), d->staff.language,
			       d->staff.number);
}

static void write_change(struct page *page, const struct doing *d)
{
	action(page, d, "change");
	field_hidden(page, "seen", seen_of(d));
	p_html(page, "<h2>");
	p_say(page, "Gegevens", "Details");
	p_html(page, "</h2>");
	if (is_oneself(d))
		field_hidden(page, "role", staff_role_name(d->staff.role));
	else
		role_field(page, d->staff.role);
	language_field(page, d->staff.language);
	number_field(page, d->staff.number);
	p_button(page, NULL, "Opslaan", "Save");
	p_form_end(page);
}

static void write_password_form(struct page *page, const struct doing *d)
{
	action(page, d, "password");
	p_html(page, "<h2>");
	p_say(page, "Wachtwoord", "Password");
	p_html(page, "</h2><p>");
	p_say(page, "Een nieuw eerste wachtwoord. Dit heft ook een blokkade op en meldt overal af.",
	      "A new first password. This also unlocks, and signs them out everywhere.");
	p_html(page, "</p>");
	p_button(page, "plain", "Nieuw wachtwoord maken", "Make a new password");
	p_form_end(page);
}

static void write_codes_form(struct page *page, const struct doing *d)
{
	action(page, d, "codes");
	p_html(page, "<h2>");
	p_say(page, "Eenmalige codes", "One-time codes");
	p_html(page, "</h2><p>");
	p_say(page,
	      "Een nieuw geheim voor de app die codes maakt; codes van het oude gelden niet meer.",
	      "A new secret for the app that makes codes; those of the old one end.");
	p_html(page, "</p>");
	p_button(page, "plain", "Nieuw geheim maken", "Make a new secret");
	p_form_end(page);
}

static void write_end(struct page *page, const struct doing *d)
{
	action(page, d, "end");
	p_html(page, "<h2>");
	p_say(page, "Werkt hier niet meer", "Works here no more");
	p_html(page, "</h2><p>");
	p_say(page,
	      "Wachtwoord, telefoon en codes vervallen meteen. De naam blijft in het logboek.",
	      "Password, phone and codes end at once. The name stays in the audit log.");
	p_html(page, "</p>");
	p_button(page, "danger", "Beëindigen", "End");
	p_form_end(page);
}

void web_staff_one(struct web_req *req)
{
	struct doing *d = begin(req);
	struct page *page;

	if (!d)
		return;
	page = console_page(d->con, PAGE_STAFF, d->staff.name, d->staff.name);
	write_facts(page, d);
	p_html(page, "<div class=\"cards\">");
	if (!d->staff.ended_s)
		write_change(page, d);
	if (!is_oneself(d))
		write_password_form(page, d);
	if (!d->staff.ended_s)
		write_codes_form(page, d);
	if (!is_oneself(d) && !d->staff.ended_s)
		write_end(page, d);
	p_html(page, "</div><p><a href=\"/console/staff\">");
	p_say(page, "Alle medewerkers", "All staff");
	p_html(page, "</a></p>");
	page_end(page, MHD_HTTP_OK);
}

/* ---- what is shown once ---- */

/* A square of dots as ISO/IEC 18004 has it, dark on light whatever the colours of the page. */
static void write_qr(struct page *page, const char *text)
{
	QRcode *qr = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	int size;

	if (!qr)
		return;
	size = qr->width + 2 * QR_EDGE;
	p_html(page, "<svg class=\"qr\" role=\"img\" width=\"240\" height=\"240\" viewBox=\"0 0 ");
	p_textf(page, "%d %d", size, size);
	p_html(page, "\"><title>");
	p_say(page, "QR-code voor de app", "QR code for the app");
	p_html(page, "</title><rect width=\"100%\" height=\"100%\" fill=\"#fff\"></rect>"
		     "<path fill=\"#000\" d=\"");
	for (int y = 0; y < qr->width; y++)
		for (int x = 0; x < qr->width; x++)
			if (qr->data[y * qr->width + x] & 1)
				p_textf(page, "M%d %dh1v1h-1z", x + QR_EDGE, y + QR_EDGE);
	p_html(page, "\"></path></svg>");
	QRcode_free(qr);
}

static void write_password(struct page *page, const struct doing *d)
{
	p_html(page, "<dl class=\"facts\">");
	field_fact(page, "Naam", "Name");
	p_text(page, d->staff.name);
	p_html(page, "</dd>");
	field_fact(page, "Eerste wachtwoord", "First password");
	p_html(page, "<strong id=\"made\" class=\"made\">");
	p_text(page, d->made);
	p_html(page, "</strong></dd></dl><p>");
	p_say(page,
	      "Dit ziet u één keer. Bij het eerste aanmelden wordt een eigen wachtwoord gekozen.",
	      "You see this once. At the first sign-in they choose their own.");
	p_html(page, "</p>");
}

static void write_codes(struct page *page, const struct doing *d)
{
	char *uri = staff_code_uri(page, "meldlijn", d->staff.name, d->staff.totp);

	p_html(page, "<p>");
	p_say(page, "Lees dit met de app die codes maakt. U ziet het één keer.",
	      "Read this with the app that makes codes. You see it once.");
	p_html(page, "</p>");
	write_qr(page, uri);
	p_html(page, "<dl class=\"facts\">");
	field_fact(page, "Geheim", "Secret");
	p_html(page, "<strong id=\"made\" class=\"made\">");
	p_text(page, d->staff.totp);
	p_html(page, "</strong></dd>");
	field_fact(page, "Als koppeling", "As a link");
	p_html(page, "<a id=\"uri\" href=\"");
	p_text(page, uri);
	p_html(page, "\">");
	p_text(page, uri);
	p_html(page, "</a></dd></dl>");
	sodium_memzero(uri, strlen(uri));
}

static void show_made(struct doing *d)
{
	struct page *page;

	if (d->made[0]) {
		page = console_page(d->con, PAGE_STAFF, "Eerste wachtwoord", "First password");
		write_password(page, d);
	} else {
		page = console_page(d->con, PAGE_STAFF, "Eenmalige codes", "One-time codes");
		write_codes(page, d);
	}
	p_html(page, "<p><a class=\"button plain\" href=\"");
	p_text(page, d->address);
	p_html(page, "\">");
	p_say(page, "Klaar", "Done");
	p_html(page, "</a></p>");
	page_end(page, d->is_new ? MHD_HTTP_CREATED : MHD_HTTP_OK);
}

/* ---- how each ends ---- */

static void not_stored(struct doing *d)
{
	console_refuse(d->con, MHD_HTTP_SERVICE_UNAVAILABLE,
		       "Het is niet opgeslagen: de database kan nu niet schrijven.",
		       "It has not been stored: the database cannot write now.");
}

static void answer_wrong(struct doing *d, int rc)
{
	if (rc == -EEXIST)
		console_failed(d->con, d->address,
			       "De naam of het telefoonnummer is van een ander.",
			       "The name or the phone number is another's.");
	else if (rc == -EALREADY)
		console_failed(d->con, d->address, "Dit formulier was al verstuurd.",
			       "This form was sent before.");
	else
		not_stored(d);
}

/* In the caller's step. Whoever changed is signed out everywhere, but not who is at it. \returns 0 or -errno */
static int write_down(struct doing *d, const char *what)
{
	struct store *st = d->con->req->web->st;
	int rc = d->is_new ? store_staff_add(st, &d->staff) : store_staff_put(st, &d->staff);

	if (rc == 0 && !is_oneself(d) && !d->is_new)
		rc = store_session_drop_all(st, d->staff.id, console_now_s());
	if (rc >= 0)
		rc = console_audit(d->con, "%s %s, %s", what, d->staff.name,
				   staff_role_name(d->staff.role));
	return rc;
}

/* \returns 0; -EALREADY the form came before; -EEXIST; -EIO */
static int keep(struct doing *d, const char *what)
{
	struct store *st = d->con->req->web->st;
	int rc = store_begin(st);

	if (rc < 0)
		return rc;
	rc = console_again(d->con) ? -EALREADY : write_down(d, what);
	if (rc < 0)
		store_undo(st);
	else
		store_end(st);
	return rc;
}

static void kept(void *data, uint64_t arg, bool ok)
{
	struct doing *d = data;
	struct web_req *req = d->con->req;

	if (!req->finished)
		web_live_check(req->web->live);
	if (ok && !req->finished)
		show_made(d);
	else
		not_stored(d);
}

/* The page comes once what it shows is durable. */
static void keep_and_show(struct doing *d, const char *what)
{
	struct store *st = d->con->req->web->st;
	int rc = store_begin(st);

	if (rc == 0) {
		rc = console_again(d->con) ? -EALREADY : write_down(d, what);
		if (rc < 0) {
			store_undo(st);
		} else {
			store_after(st, kept, d, 0);
			store_end(st);
			return;
		}
	}
	answer_wrong(d, rc);
}

/* ---- add, change ---- */

/* \returns false if it has been answered */
static bool read_fields(struct doing *d)
{
	const char *number = console_field(d->con, "number");
	const char *language = console_field(d->con, "language");
	char before[PHONE_SIZE];
	enum staff_role role;

	OSMO_STRLCPY_ARRAY(before, d->staff.number);
	if (!staff_role_read(console_field(d->con, "role"), &role) ||
	    (strcmp(language, "nl") != 0 && strcmp(language, "en") != 0)) {
		console_failed(d->con, d->address, "Kies een rol en een taal.",
			       "Choose a role and a language.");
		return false;
	}
	if (is_oneself(d) && role != d->staff.role) {
		console_failed(d->con, d->address, "Uw eigen rol kunt u niet veranderen.",
			       "You cannot change your own role.");
		return false;
	}
	d->staff.role = role;
	OSMO_STRLCPY_ARRAY(d->staff.language, language);
	d->staff.number[0] = '\0';
	if (number[0] && (phone_normalise(d->staff.number, number, d->con->req->web->country) < 0 ||
			  !phone_can_answer(d->staff.number))) {
		console_failed(d->con, d->address, "Dat is geen telefoonnummer.",
			       "That is no telephone number.");
		return false;
	}
	if (strcmp(d->staff.number, before) != 0) /* another phone has given no code */
		d->staff.shift_until_s = 0;
	return true;
}

static void hashed(int rc, const char *hash, void *data)
{
	struct doing *d = data;

	if (rc == -ECANCELED || d->con->req->finished) {
		web_answer_error(d->con->req, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping");
		return;
	}
	if (rc < 0) {
		not_stored(d);
		return;
	}
	OSMO_STRLCPY_ARRAY(d->staff.password, hash);
	d->staff.password_first = true;
	keep_and_show(d, d->is_new ? "added" : "made a password for");
}

static void make_password(struct doing *d)
{
	struct web_req *req = d->con->req;

	password_invent(d->made);
	web_hold(req);
	if (web_sign_make_password(req->web->sign, d->made, hashed, d) < 0)
		console_refuse(d->con, MHD_HTTP_SERVICE_UNAVAILABLE,
			       "Te druk: probeer het zo opnieuw.", "Too busy: try again soon.");
}

void web_staff_add(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_OPERATOR);
	struct staff taken;
	const char *name;
	struct doing *d;

	if (!con)
		return;
	name = console_field(con, "name");
	d = talloc_zero(con, struct doing);
	OSMO_ASSERT(d);
	d->con = con;
	d->is_new = true;
	d->address = talloc_strdup(d, "/console/staff");
	if (!staff_name_is_good(name)) {
		console_failed(con, d->address,
			       "Een naam is van kleine letters, cijfers en . - _ @",
			       "A name is of small letters, digits and . - _ @");
		return;
	}
	if (!read_fields(d))
		return;
	if (store_staff_find(req->web->st, name, &taken) == 0) {
		answer_wrong(d, -EEXIST);
		return;
	}
	OSMO_STRLCPY_ARRAY(d->staff.name, name);
	d->staff.created_s = clock_now_s();
	make_password(d);
}

static void answer_gone(struct doing *d)
{
	console_failed(d->con, d->address, "Deze medewerker werkt hier niet meer.",
		       "They work here no more.");
}

static void finish(struct doing *d, const char *what, const char *nl, const char *en)
{
	int rc = keep(d, what);

	if (rc < 0) {
		answer_wrong(d, rc);
		return;
	}
	web_live_check(d->con->req->web->live);
	console_done(d->con, d->address, nl, en);
}

void web_staff_change(struct web_req *req)
{
	struct doing *d = begin(req);

	if (!d)
		return;
	if (d->staff.ended_s)
		answer_gone(d);
	else if (strcmp(console_field(d->con, "seen"), seen_of(d)) != 0)
		console_failed(d->con, d->address, "Dit is intussen veranderd: kijk hoe het nu is.",
			       "This has changed meanwhile: look how it is now.");
	else if (read_fields(d))
		finish(d, "changed", "Opgeslagen.", "Saved.");
}

void web_staff_password(struct web_req *req)
{
	struct doing *d = begin(req);

	if (!d)
		return;
	if (is_oneself(d)) {
		console_failed(d->con, "/console/account", "Kies hier uw eigen wachtwoord.",
			       "Choose your own password here.");
		return;
	}
	d->staff.failures = 0;
	d->staff.locked_until_s = 0;
	d->staff.shift_until_s = 0;
	d->staff.ended_s = 0;
	make_password(d);
}

void web_staff_codes(struct web_req *req)
{
	struct doing *d = begin(req);

	if (!d)
		return;
	if (d->staff.ended_s) {
		answer_gone(d);
		return;
	}
	staff_code_make(d->staff.totp);
	d->staff.totp_step = 0;
	d->staff.shift_until_s = 0;
	web_hold(req);
	keep_and_show(d, "made codes for");
}

void web_staff_end(struct web_req *req)
{
	struct doing *d = begin(req);

	if (!d)
		return;
	if (is_oneself(d)) {
		console_failed(d->con, d->address, "U kunt uzelf niet beëindigen.",
			       "You cannot end yourself.");
		return;
	}
	if (!d->staff.ended_s)
		d->staff.ended_s = clock_now_s();
	d->staff.password[0] = d->staff.number[0] = d->staff.totp[0] = '\0';
	finish(d, "ended", "Beëindigd.", "Ended.");
}
