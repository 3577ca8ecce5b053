// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_sign.c - signing in and out; one's own page is web_account.c.
 *
 * Passwords are looked at in a thread (password.h); meanwhile the request waits.  A wrong name takes as long as a wrong
 * password, is counted as one and is told the same.  What slows guessing down is kept with the person, so that it
 * outlives a restart; for names that nobody has, and for addresses, in memory.
 */
#include "web/web_sign.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "clock.h"
#include "flow/staff_code.h"
#include "log.h"
#include "web/password.h"
#include "web/web_field.h"
#include "web/web_live.h"
#include "web/web_page.h"
#include "wire/form.h"

#define TRIES_KEPT     512
#define NAME_FREE      5 /* wrong passwords in a row, before each next one makes wait twice as long */
#define NAME_PAUSE_S   30
#define NAME_LONGEST_S 900
#define ADDRESS_FREE   20 /* wrong ones from one address within ... */
#define ADDRESS_SPAN_S 600
#define ADDRESS_SIZE   WEB_NETWORK_SIZE
#define KEPT_MAX       (WEB_BODY_MAX / 2) /* in the form it is escaped once more */

/* A name may read as an address: guessing at it must not keep out who sits there. */
enum tries_kind { OF_NAME, OF_ADDRESS };

struct tries {
	enum tries_kind kind;
	char key[ADDRESS_SIZE];
	unsigned int n;
	int64_t last_s, until_s;
};

struct web_sign {
	struct web *web;
	struct passwords *passwords;
	struct tries tries[TRIES_KEPT];
};

int64_t console_now_s(void)
{
	return clock_now_s() - clock_ahead_s();
}

struct web_sign *web_sign_start(struct web *web)
{
	struct web_sign *sign = talloc_zero(web, struct web_sign);

	OSMO_ASSERT(sign && sodium_init() >= 0);
	sign->web = web;
	sign->passwords = passwords_alloc(sign);
	return sign;
}

void web_sign_stop(struct web_sign *sign)
{
	passwords_stop(sign->passwords);
	talloc_free(sign);
}

int web_sign_check_password(struct web_sign *sign, const char *hash, const char *password,
			    passwords_done *done, void *data)
{
	return passwords_check(sign->passwords, hash, password, done, data);
}

int web_sign_make_password(struct web_sign *sign, const char *password, passwords_done *done,
			   void *data)
{
	return passwords_make(sign->passwords, password, done, data);
}

/* ---- cookies ---- */

/* RFC 6265bis, 4.1.3.2: a browser takes such a name only by TLS, for the whole site and from this host. */
static const char *cookie_name(const struct web_req *req)
{
	return req->secure ? "__Host-meldlijn" : "meldlijn";
}

static const char *form_cookie_name(const struct web_req *req)
{
	return req->secure ? "__Host-meldlijn-form" : "meldlijn-form";
}

static const char *cookie(const struct web_req *req, const char *name)
{
	return MHD_lookup_connection_value(req->conn, MHD_COOKIE_KIND, name);
}

static void set_cookie(struct web_req *req, const char *name, const char *value)
{
	char text[256];

	snprintf(text, sizeof(text), "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", name, value,
		 req->secure ? "; Secure" : "", value[0] ? "" : "; Max-Age=0");
	web_head(req, "Set-Cookie", text);
}

void web_sign_give(struct web_req *req, const char *token)
{
	set_cookie(req, cookie_name(req), token);
}

static void hash_token(uint8_t hash[STAFF_TOKEN_HASH], const char *text)
{
	crypto_generichash(hash, STAFF_TOKEN_HASH, (const unsigned char *)text, strlen(text), NULL,
			   0);
}

bool console_token(const struct web_req *req, uint8_t token[STAFF_TOKEN_HASH])
{
	const char *text = cookie(req, cookie_name(req));

	if (!text || strlen(text) != CONSOLE_TOKEN_SIZE - 1)
		return false;
	hash_token(token, text);
	return true;
}

static void random_hex(char *out, size_t octets)
{
	unsigned char bytes[(CONSOLE_TOKEN_SIZE - 1) / 2];

	OSMO_ASSERT(octets <= sizeof(bytes));
	randombytes_buf(bytes, octets);
	sodium_bin2hex(out, 2 * octets + 1, bytes, octets);
}

int web_sign_open(struct web_req *req, int64_t staff_id, const char *said,
		  char token[CONSOLE_TOKEN_SIZE])
{
	int64_t now_s = console_now_s();
	struct staff_session session = { .staff_id = staff_id,
					 .created_s = now_s,
					 .seen_s = now_s,
					 .expires_s = now_s + CONSOLE_IDLE_S };
	uint8_t before[STAFF_TOKEN_HASH];
	int rc;

	if (console_token(req, before))
		store_session_drop(req->web->st, before);
	store_session_drop_all(req->web->st, 0, now_s);
	random_hex(token, (CONSOLE_TOKEN_SIZE - 1) / 2);
	hash_token(session.token, token);
	random_hex(session.csrf, (STAFF_CSRF_SIZE - 1) / 2);
	rc = store_session_add(req->web->st, &session);
	return rc < 0 || !said ? rc : store_session_say(req->web->st, session.token, said);
}

/* ---- what slows guessing down ---- */

static struct tries *tries_of(struct web_sign *sign, enum tries_kind kind, const char *key)
{
	struct tries *oldest = &sign->tries[0];

	for (size_t i = 0; i < TRIES_KEPT; i++) {
		struct tries *t = &sign->tries[i];

		if (t->kind == kind && !strcmp(t->key, key))
			return t;
		if (t->last_s < oldest->last_s)
			oldest = t;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->kind = kind;
	osmo_strlcpy(oldest->key, key, sizeof(oldest->key));
	return oldest;
}

static int64_t name_pause(unsigned int failures)
{
	unsigned int over = failures < NAME_FREE ? 0 : failures - NAME_FREE;

	if (failures < NAME_FREE)
		return 0;
	return over >= 5 ? NAME_LONGEST_S : OSMO_MIN(NAME_PAUSE_S << over, NAME_LONGEST_S);
}

/* What the page is to show. */
struct sign_page {
	const char *language, *next, *name;
	const char *kept, *kept_for; /* of a form that was not taken; NULL: of none */
};

struct attempt {
	struct web_req *req;
	struct staff staff; /* id 0: nobody has the name */
	char name[STAFF_NAME_SIZE], address[ADDRESS_SIZE];
	char *password, *code;
	struct sign_page page;
};

/* \returns seconds to wait; 0: go on */
static int64_t must_wait(struct web_sign *sign, const struct attempt *at)
{
	int64_t now_s = console_now_s();
	struct tries *of_address = tries_of(sign, OF_ADDRESS, at->address);
	int64_t until_s = at->staff.id ? at->staff.locked_until_s : 0;

	if (!at->staff.id)
		until_s = tries_of(sign, OF_NAME, at->name)->until_s;
	return OSMO_MAX(OSMO_MAX(until_s, of_address->until_s) - now_s, 0);
}

static void count_address(struct web_sign *sign, const struct attempt *at)
{
	int64_t now_s = console_now_s();
	struct tries *of_address = tries_of(sign, OF_ADDRESS, at->address);

	if (of_address->last_s < now_s - ADDRESS_SPAN_S)
		of_address->n = 0;
	of_address->last_s = now_s;
	if (++of_address->n >= ADDRESS_FREE) {
		of_address->until_s = now_s + ADDRESS_SPAN_S;
		of_address->n = 0;
	}
}

static void count_wrong(struct web_sign *sign, struct attempt *at)
{
	int64_t now_s = console_now_s();
	struct store *st = sign->web->st;
	struct tries *of_name;
	struct staff staff;

	count_address(sign, at);
	if (!at->staff.id) {
		of_name = tries_of(sign, OF_NAME, at->name);
		of_name->last_s = now_s;
		of_name->until_s = now_s + name_pause(++of_name->n);
		return;
	}
	if (store_begin(st) < 0)
		return;
	if (store_staff_get(st, at->staff.id, &staff) == 0) {
		staff.failures++;
		staff.locked_until_s = now_s + name_pause(staff.failures);
		store_staff_put(st, &staff);
		if (staff.failures >= NAME_FREE)
			staff_audit(st, staff.name, "wrong password %u times in a row, from %s",
				    staff.failures, at->address);
	}
	store_end(st);
}

void web_sign_count_wrong(struct web_req *req, const struct staff *staff)
{
	struct attempt at = { .staff = *staff };

	web_client_network(req, at.address);
	count_wrong(req->web->sign, &at);
}

/* ---- the page ---- */

bool console_is_ours(const char *address)
{
	return address && !strncmp(address, "/console", 8) &&
	       (address[8] == '/' || address[8] == '?' || !address[8]) && address[9] != '/' &&
	       !strpbrk(address, "\\\r\n") && strncmp(address, "/console/sign-", 14) != 0 &&
	       strncmp(address, "/console/live", 13) != 0;
}

static const char *form_token(struct web_req *req)
{
	const char *text = cookie(req, form_cookie_name(req));
	char *made;

	if (text && strlen(text) == CONSOLE_TOKEN_SIZE - 1 &&
	    strspn(text, "0123456789abcdef") == strlen(text))
		return text;
	made = talloc_size(req, CONSOLE_TOKEN_SIZE);
	OSMO_ASSERT(made);
	random_hex(made, (CONSOLE_TOKEN_SIZE - 1) / 2);
	set_cookie(req, form_cookie_name(req), made);
	return made;
}

static void other_language(struct page *page, const char *next)
{
	p_html(page, "<p class=\"quiet\"><a lang=\"");
	p_say(page, "en", "nl");
	p_html(page, "\" href=\"/console/sign-in?language=");
	p_say(page, "en", "nl");
	p_html(page, "&amp;next=");
	p_param(page, next);
	p_html(page, "\">");
	p_say(page, "English", "Nederlands");
	p_html(page, "</a></p>");
}

static void show(struct web_req *req, unsigned int status, const struct sign_page *sp,
		 const char *nl, const char *en)
{
	bool english = sp->language && !strcmp(sp->language, "en");
	struct page *page = page_begin(req, NULL, NULL, sp->language, PAGE_NONE,
				       english ? "Sign in" : "Aanmelden");

	if (nl)
		p_notice(page, true, page_is_dutch(page) ? nl : en);
	p_form(page, "/console/sign-in", "card narrow");
	field_hidden(page, "csrf", form_token(req));
	field_hidden(page, "next", sp->next);
	field_hidden(page, "language", page_is_dutch(page) ? "nl" : "en");
	if (sp->kept) {
		field_hidden(page, "kept", sp->kept);
		field_hidden(page, "kept-for", sp->kept_for);
	}
	p_html(page, "<label for=\"name\">");
	p_say(page, "Naam", "Name");
	p_html(page,
	       "</label><input id=\"name\" name=\"name\" autocomplete=\"username\" "
	       "autocapitalize=\"none\" spellcheck=\"false\" required maxlength=\"47\" value=\"");
	p_text(page, sp->name);
	p_html(page, "\"><label for=\"password\">");
	p_say(page, "Wachtwoord", "Password");
	p_html(page, "</label><input id=\"password\" name=\"password\" type=\"password\" "
		     "autocomplete=\"current-password\" required maxlength=\"256\">"
		     "<label for=\"code\">");
	p_say(page, "Eenmalige code, als u die hebt", "One-time code, if you have one");
	p_html(page, "</label><input id=\"code\" name=\"code\" inputmode=\"numeric\" "
		     "autocomplete=\"one-time-code\" maxlength=\"12\">");
	p_button(page, NULL, "Aanmelden", "Sign in");
	p_form_end(page);
	if (!sp->kept)
		other_language(page, sp->next);
	page_end(page, status);
}

/* Of the address or the form; else the browser's, found out here because the title needs it. */
static const char *language_of(const struct web_req *req, const char *asked)
{
	const char *accept = web_header(req, "Accept-Language");
	const char *en = accept ? strstr(accept, "en") : NULL;
	const char *nl = accept ? strstr(accept, "nl") : NULL;

	if (asked && (!strcmp(asked, "en") || !strcmp(asked, "nl")))
		return asked;
	return en && (!nl || en < nl) ? "en" : "nl";
}

void web_sign_in_again(struct web_req *req)
{
	struct sign_page sp = { .language = language_of(req, NULL), .name = "" };
	struct console_form *form = console_form_read(req);
	const char *kept = console_form_keep(req, form);

	sp.next = console_came_from(req);
	if (kept[0] && strlen(kept) <= KEPT_MAX) {
		sp.kept = kept;
		sp.kept_for = console_action(req);
	}
	req->why = "not signed in any more";
	if (sp.kept)
		show(req, MHD_HTTP_UNAUTHORIZED, &sp,
		     "U bent niet meer aangemeld. Er is niets veranderd: meld u aan, dan staat wat u schreef "
		     "er nog.",
		     "You are no longer signed in. Nothing has changed: sign in, and what you wrote is "
		     "still there.");
	else
		show(req, MHD_HTTP_UNAUTHORIZED, &sp,
		     "U bent niet meer aangemeld. Er is niets veranderd: meld u aan en probeer het opnieuw.",
		     "You are no longer signed in. Nothing has changed: sign in and try again.");
}

void web_sign_in_page(struct web_req *req)
{
	const char *next = target_param(&req->target, "next");
	struct sign_page sp = { .name = "" };

	if (!console_is_ours(next))
		next = "/console/";
	if (console_find(req, STAFF_CLERK)) {
		web_see(req, next);
		return;
	}
	sp.next = next;
	sp.language = language_of(req, target_param(&req->target, "language"));
	show(req, MHD_HTTP_OK, &sp, NULL, NULL);
}

/* ---- signing in ---- */

static const char *field(const struct console_form *form, const char *name)
{
	const char *value = console_form_at(form, name, 0);

	return value ? value : "";
}

static void answer_wrong(struct attempt *at)
{
	at->req->why = "wrong name, password or code";
	show(at->req, MHD_HTTP_UNAUTHORIZED, &at->page,
	     "Deze naam en dit wachtwoord (en de code) horen niet bij elkaar.",
	     "This name and this password (and the code) do not belong together.");
}

static void answer_busy(struct attempt *at, int64_t wait_s)
{
	char nl[128], en[128], after[24];

	snprintf(nl, sizeof(nl), "Te veel pogingen. Probeer het over %" PRId64 " min opnieuw.",
		 (wait_s + 59) / 60);
	snprintf(en, sizeof(en), "Too many attempts. Try again in %" PRId64 " min.",
		 (wait_s + 59) / 60);
	snprintf(after, sizeof(after), "%" PRId64, wait_s);
	web_head(at->req, "Retry-After", after);
	at->req->why = "too many attempts";
	show(at->req, MHD_HTTP_TOO_MANY_REQUESTS, &at->page, nl, en);
}

struct entry {
	struct attempt *at;
	char token[CONSOLE_TOKEN_SIZE];
};

static void entered(void *data, uint64_t arg, bool ok)
{
	struct entry *en = data;
	struct web_req *req = en->at->req;

	if (!ok && !req->finished) {
		show(req, MHD_HTTP_SERVICE_UNAVAILABLE, &en->at->page,
		     "De database kan nu niet schrijven: probeer het straks opnieuw.",
		     "The database cannot write now: try again later.");
		return;
	}
	if (!req->finished)
		set_cookie(req, cookie_name(req), en->token);
	web_see(req, en->at->page.next);
}

/* Inside a step: who has codes must give one, and each is taken once. */
static bool code_is_right(struct attempt *at, struct staff *staff)
{
	char code[STAFF_CODE_DIGITS + 1];
	int rc = -EACCES;

	if (!staff->totp[0])
		return true;
	if (staff_code_read(code, at->code))
		rc = staff_code_check(staff, code, console_now_s());
	else
		staff->failures++;
	if (rc == 0)
		return true;
	staff->locked_until_s = OSMO_MAX(staff->locked_until_s,
					 console_now_s() + name_pause(staff->failures));
	store_staff_put(at->req->web->st, staff);
	count_address(at->req->web->sign, at);
	return false;
}

static const char *said_of(struct attempt *at)
{
	if (!at->page.kept)
		return NULL;
	return console_said(at, true, "U was afgemeld. Kijk na wat u schreef en verstuur het.",
			    "You had been signed out. Look at what you wrote and send it.",
			    at->page.kept_for, at->page.kept);
}

static void enter(struct attempt *at)
{
	struct web_req *req = at->req;
	struct store *st = req->web->st;
	struct entry *en = talloc_zero(at, struct entry);
	struct staff staff;

	OSMO_ASSERT(en);
	en->at = at;
	if (store_begin(st) < 0) {
		entered(en, 0, false);
		return;
	}
	/* what it was when the thread began may have changed since */
	if (store_staff_get(st, at->staff.id, &staff) < 0 || staff.ended_s ||
	    strcmp(staff.password, at->staff.password) != 0) {
		store_undo(st);
		answer_wrong(at);
		return;
	}
	if (!code_is_right(at, &staff)) {
		store_end(st);
		answer_wrong(at);
		return;
	}
	staff.failures = 0;
	staff.locked_until_s = 0;
	store_after(st, entered, en, 0);
	if (store_staff_put(st, &staff) < 0 ||
	    web_sign_open(req, staff.id, said_of(at), en->token) < 0 ||
	    staff_audit(st, staff.name, "signed in from %s", at->address) < 0)
		store_undo(st);
	else
		store_end(st);
}

static void checked(int rc, const char *hash, void *data)
{
	struct attempt *at = data;
	struct web_req *req = at->req;

	if (rc == -EACCES) {
		count_wrong(req->web->sign, at);
		if (req->finished) /* no answer that is logged */
			LOGP(DWEB, LOGL_NOTICE, "%s hung up: wrong name or password\n",
			     at->address);
	}
	if (req->finished || rc == -ECANCELED)
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping");
	else if (rc == 0)
		enter(at);
	else if (rc == -ENOMEM)
		answer_busy(at, 60);
	else
		answer_wrong(at);
}

/* NULL: it has been answered */
static struct attempt *read_attempt(struct web_req *req)
{
	struct console_form *form = console_form_read(req);
	const char *known = cookie(req, form_cookie_name(req));
	struct attempt *at;

	if (!form || !console_same_site(req) || !known ||
	    !console_equal(known, field(form, "csrf"))) {
		struct sign_page sp = { language_of(req, NULL), "/console/", "", NULL, NULL };

		req->why = "not a form of ours";
		show(req, MHD_HTTP_FORBIDDEN, &sp,
		     "Dit formulier is verlopen: probeer het opnieuw.",
		     "This form has expired: try again.");
		return NULL;
	}
	at = talloc_zero(req, struct attempt);
	OSMO_ASSERT(at);
	at->req = req;
	at->page.language = language_of(req, field(form, "language"));
	OSMO_STRLCPY_ARRAY(at->name, field(form, "name"));
	at->password = talloc_strdup(at, field(form, "password"));
	at->code = talloc_strdup(at, field(form, "code"));
	at->page.name = at->name;
	at->page.next = console_is_ours(field(form, "next")) ? field(form, "next") : "/console/";
	if (field(form, "kept")[0] && console_is_ours(field(form, "kept-for"))) {
		at->page.kept = field(form, "kept");
		at->page.kept_for = field(form, "kept-for");
	}
	web_client_network(req, at->address);
	return at;
}

void web_sign_in(struct web_req *req)
{
	struct attempt *at = read_attempt(req);
	const char *hash = "";
	int64_t wait_s;

	if (!at)
		return;
	if (store_staff_find(req->web->st, at->name, &at->staff) < 0 || at->staff.ended_s)
		memset(&at->staff, 0, sizeof(at->staff));
	wait_s = must_wait(req->web->sign, at);
	if (wait_s > 0) {
		answer_busy(at, wait_s);
		return;
	}
	if (at->staff.id && at->staff.role >= STAFF_CLERK && strlen(at->password) <= PASSWORD_MAX)
		hash = at->staff.password;
	web_hold(req);
	if (passwords_check(req->web->sign->passwords, hash, at->password, checked, at) < 0)
		answer_busy(at, 5);
	sodium_memzero(at->password, strlen(at->password));
}

static void signed_out(void *data, uint64_t arg, bool ok)
{
	struct console *con = data;

	if (!con->req->finished) {
		web_live_check(con->req->web->live);
		set_cookie(con->req, cookie_name(con->req), "");
	}
	web_see(con->req, "/console/sign-in");
}

void web_sign_out(struct web_req *req)
{
	struct console *con = console_enter(req, STAFF_CLERK);

	if (!con)
		return;
	if (store_begin(req->web->st) < 0) {
		console_refuse(con, MHD_HTTP_SERVICE_UNAVAILABLE, "Afmelden lukt nu niet.",
			       "Signing out does not work now.");
		return;
	}
	web_hold(req);
	store_after(req->web->st, signed_out, con, 0);
	if (console_field(con, "everywhere")[0])
		store_session_drop_all(req->web->st, con->staff.id, console_now_s());
	else
		store_session_drop(req->web->st, con->session.token);
	console_audit(con,
		      console_field(con, "everywhere")[0] ? "signed out everywhere" : "signed out");
	store_end(req->web->st);
}
