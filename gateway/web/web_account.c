// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_account.c - one's own page: password, language, and signing out everywhere.
 *
 * The current password is asked for again, in the thread that looks at passwords, and counts as a try to sign in.  With
 * a new one every session ends but this one, which goes on under another cookie.
 */
#include "web/web_sign.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "web/password.h"
#include "web/web_field.h"
#include "web/web_live.h"
#include "web/web_page.h"

void web_language(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	const char *back, *language;

	if (!con)
		return;
	back = console_field(con, "back");
	language = console_field(con, "language");
	if ((strcmp(language, "nl") != 0 && strcmp(language, "en") != 0) ||
	    store_begin(req->web->st) < 0) {
		console_refuse(con, MHD_HTTP_BAD_REQUEST, "Kies nl of en.", "Choose nl or en.");
		return;
	}
	OSMO_STRLCPY_ARRAY(con->staff.language, language);
	store_staff_put(req->web->st, &con->staff);
	store_end(req->web->st);
	console_done(con, console_is_ours(back) ? back : "/console/", NULL, NULL);
}

static void password_field(struct page *page, const char *name, const char *complete,
			   const char *nl, const char *en)
{
	p_html(page, "<label for=\"");
	p_text(page, name);
	p_html(page, "\">");
	p_say(page, nl, en);
	p_html(page, "</label><input type=\"password\" required maxlength=\"256\" id=\"");
	p_text(page, name);
	p_html(page, "\" name=\"");
	p_text(page, name);
	p_html(page, "\" autocomplete=\"");
	p_text(page, complete);
	p_html(page, "\">");
}

static void write_everywhere(struct page *page)
{
	p_html(page, "<h2>");
	p_say(page, "Overal afmelden", "Sign out everywhere");
	p_html(page, "</h2><p>");
	p_say(page, "Hier en op elk ander apparaat waar u nog aangemeld bent.",
	      "Here and on any other device where you are still signed in.");
	p_html(page, "</p>");
	p_form(page, "/console/sign-out", NULL);
	field_hidden(page, "everywhere", "1");
	p_button(page, "plain", "Overal afmelden", "Sign out everywhere");
	p_form_end(page);
}

void web_account(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	struct page *page;

	if (!con)
		return;
	page = console_page(con, PAGE_NONE, "Uw gegevens", "Your account");
	if (con->staff.password_first)
		p_notice(page, false,
			 page_is_dutch(page)
				 ? "Dit wachtwoord is voor u gemaakt. Kies nu uw eigen."
				 : "This password was made for you. Choose your own now.");
	p_html(page, "<dl class=\"facts\"><dt>");
	p_say(page, "Naam", "Name");
	p_html(page, "</dt><dd>");
	p_text(page, con->staff.name);
	p_html(page, "</dd><dt>");
	p_say(page, "Rol", "Role");
	p_html(page, "</dt><dd>");
	p_role(page, con->staff.role);
	p_html(page, "</dd><dt>");
	p_say(page, "Aangemeld sinds", "Signed in since");
	p_html(page, "</dt><dd>");
	p_time(page, con->session.created_s);
	p_html(page, "</dd></dl><h2>");
	p_say(page, "Ander wachtwoord", "Another password");
	p_html(page, "</h2>");
	p_form(page, "/console/account", "card narrow");
	password_field(page, "current", "current-password", "Wachtwoord van nu",
		       "Current password");
	password_field(page, "new", "new-password", "Nieuw wachtwoord, ten minste 12 tekens",
		       "New password, at least 12 characters");
	password_field(page, "again", "new-password", "Nogmaals het nieuwe", "The new one again");
	p_button(page, NULL, "Wachtwoord veranderen", "Change password");
	p_html(page, "<p class=\"quiet\">");
	p_say(page, "Op andere apparaten wordt u afgemeld.",
	      "You are signed out on other devices.");
	p_html(page, "</p>");
	p_form_end(page);
	write_everywhere(page);
	page_end(page, MHD_HTTP_OK);
}

struct change {
	struct console *con;
	char *password; /* the new one */
	char token[CONSOLE_TOKEN_SIZE];
};

static void changed(void *data, uint64_t arg, bool ok)
{
	struct change *ch = data;
	struct web_req *req = ch->con->req;

	if (!ok && !req->finished) {
		console_refuse(ch->con, MHD_HTTP_SERVICE_UNAVAILABLE,
			       "Het is niet opgeslagen: het oude wachtwoord blijft.",
			       "It has not been stored: the old password stays.");
		return;
	}
	if (!req->finished) {
		web_live_check(req->web->live);
		web_sign_give(req, ch->token);
	}
	web_see(req, "/console/");
}

static void made(int rc, const char *hash, void *data)
{
	struct change *ch = data;
	struct console *con = ch->con;
	struct store *st = con->req->web->st;
	struct staff staff;

	if (rc == -ECANCELED || con->req->finished) {
		web_answer_error(con->req, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping");
		return;
	}
	if (rc < 0 || store_begin(st) < 0) {
		changed(ch, 0, false);
		return;
	}
	store_after(st, changed, ch, 0);
	rc = store_staff_get(st, con->staff.id, &staff);
	OSMO_STRLCPY_ARRAY(staff.password, hash);
	staff.password_first = false;
	if (rc == 0)
		rc = store_staff_put(st, &staff);
	if (rc == 0)
		rc = store_session_drop_all(st, staff.id, console_now_s());
	if (rc >= 0)
		rc = web_sign_open(con->req, staff.id, NULL, ch->token);
	if (rc < 0 || console_audit(con, "changed their password") < 0)
		store_undo(st);
	else
		store_end(st);
}

static void current_checked(int rc, const char *hash, void *data)
{
	struct change *ch = data;
	struct console *con = ch->con;

	if (rc == -ECANCELED || con->req->finished) {
		web_answer_error(con->req, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping");
		return;
	}
	if (rc == -EACCES) {
		web_sign_count_wrong(con->req, &con->staff);
		console_failed(con, "/console/account", "Het wachtwoord van nu is anders.",
			       "The current password is another.");
		return;
	}
	if (rc < 0 || web_sign_make_password(con->req->web->sign, ch->password, made, ch) < 0)
		changed(ch, 0, false);
	sodium_memzero(ch->password, strlen(ch->password));
}

void web_password(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);
	const char *password, *why;
	struct change *ch;

	if (!con)
		return;
	password = console_field(con, "new");
	why = password_refused(password, con->staff.name, true);
	if (why) {
		console_failed(con, "/console/account", why,
			       password_refused(password, con->staff.name, false));
		return;
	}
	if (strcmp(password, console_field(con, "again")) != 0) {
		console_failed(con, "/console/account", "De twee nieuwe wachtwoorden verschillen.",
			       "The two new passwords differ.");
		return;
	}
	if (con->staff.locked_until_s > console_now_s() ||
	    strlen(console_field(con, "current")) > PASSWORD_MAX) {
		console_failed(con, "/console/account", "Te veel pogingen: wacht een kwartier.",
			       "Too many attempts: wait a quarter of an hour.");
		return;
	}
	ch = talloc_zero(con, struct change);
	OSMO_ASSERT(ch);
	ch->con = con;
	ch->password = talloc_strdup(ch, password);
	web_hold(req);
	if (web_sign_check_password(req->web->sign, con->staff.password,
				    console_field(con, "current"), current_checked, ch) < 0)
		changed(ch, 0, false);
}
