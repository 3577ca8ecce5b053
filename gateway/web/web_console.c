// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_console.c - a console request: who asks, what their form says, and how it ends.  See web_page.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "clock.h"
#include "web/web_page.h"
#include "web/web_sign.h"
#include "wire/form.h"
#include "wire/utf8.h"

#define FIELDS_MAX   512
#define NAME_SIZE    64
#define ONCE_MAX     64
#define SEEN_EVERY_S 60 /* a look is not worth a commit each */

struct console_form {
	struct {
		const char *name, *value;
	} fields[FIELDS_MAX];
	size_t n;
};

/* ---- forms ---- */

/* In place: new lines are LF. \returns false if it is not text */
static bool clean(char *text)
{
	size_t left = strlen(text);
	char *to = text;
	uint32_t c;

	while (left > 0) {
		int n = utf8_read(&c, text, left);

		if (n <= 0 || (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
			return false;
		if (c == '\r' && text[1] == '\n') {
			text++;
			left--;
			continue;
		}
		if (c == '\r')
			*text = '\n';
		memmove(to, text, n);
		to += n;
		text += n;
		left -= n;
	}
	*to = '\0';
	return true;
}

/* \returns NULL: it is no form, or not text */
static struct console_form *read_form(void *ctx, const char *text, size_t len)
{
	struct console_form *form = talloc_zero(ctx, struct console_form);
	char *value = talloc_size(form, len + 1);
	struct form_reader reader;
	char name[NAME_SIZE];
	int rc;

	OSMO_ASSERT(form && value);
	form_open(&reader, text, len);
	while ((rc = form_next(&reader, name, sizeof(name), value, len + 1)) > 0) {
		if (form->n == FIELDS_MAX || !clean(name) || !clean(value)) {
			rc = -EBADMSG;
			break;
		}
		form->fields[form->n].name = talloc_strdup(form, name);
		form->fields[form->n].value = talloc_strdup(form, value);
		form->n++;
	}
	talloc_free(value);
	if (rc == 0)
		return form;
	talloc_free(form);
	return NULL;
}

struct console_form *console_form_read(struct web_req *req)
{
	const char *type = web_header(req, "Content-Type");

	if (!type || strncasecmp(type, "application/x-www-form-urlencoded", 33) != 0)
		return NULL;
	return read_form(req, req->body ? req->body : "", req->len);
}

/* ---- what was typed and is not taken ---- */

/* What is of one time, or is nobody's to keep. */
static bool is_kept(const char *name)
{
	static const char *const not [] = { "csrf", "once",  "seen",	 "next", "current",
					    "new",  "again", "password", "code" };

	for (size_t i = 0; i < ARRAY_SIZE(not ); i++)
		if (!strcmp(name, not [i]))
			return false;
	return true;
}

char *console_form_keep(void *ctx, const struct console_form *form)
{
	char *text = talloc_strdup(ctx, "");

	for (size_t i = 0; form && i < form->n; i++)
		if (is_kept(form->fields[i].name))
			text = form_add(text, form->fields[i].name, form->fields[i].value);
	OSMO_ASSERT(text);
	return text;
}

struct console_form *console_form_kept(void *ctx, const char *text)
{
	return read_form(ctx, text, strlen(text));
}

char *console_said(void *ctx, bool wrong, const char *nl, const char *en, const char *action,
		   const char *kept)
{
	json_t *json = json_pack("{s:b,s:s,s:s,s:s*,s:s*}", "wrong", wrong, "nl", nl, "en", en,
				 "action", kept && kept[0] ? action : NULL, "kept",
				 kept && kept[0] ? kept : NULL);
	char *text = json_dumps(json, JSON_COMPACT), *said = talloc_strdup(ctx, text);

	json_decref(json);
	free(text);
	OSMO_ASSERT(said);
	return said;
}

const char *console_action(const struct web_req *req)
{
	return talloc_strndup(req, req->uri, strcspn(req->uri, "?"));
}

const char *console_came_from(const struct web_req *req)
{
	const char *referer = web_header(req, "Referer");
	const char *host = referer ? strstr(referer, "://") : NULL;
	const char *path = host ? strchr(host + 3, '/') : NULL;

	return path && console_is_ours(path) ? path : "/console/";
}

/* ---- fields ---- */

const char *console_form_at(const struct console_form *form, const char *name, size_t n)
{
	for (size_t i = 0; form && i < form->n; i++)
		if (!strcmp(form->fields[i].name, name) && n-- == 0)
			return form->fields[i].value;
	return NULL;
}

const char *console_field_at(const struct console *con, const char *name, size_t n)
{
	return console_form_at(con->form, name, n);
}

const char *console_field(const struct console *con, const char *name)
{
	const char *value = console_form_at(con->form, name, 0);

	return value ? value : "";
}

const char *console_param(const struct console *con, const char *name)
{
	const char *value = target_param(&con->req->target, name);
	char *copy = value ? talloc_strdup(con->req, value) : NULL;

	return copy && clean(copy) ? copy : "";
}

/* ---- who asks ---- */

bool console_equal(const char *a, const char *b)
{
	return strlen(a) == strlen(b) && sodium_memcmp(a, b, strlen(a)) == 0;
}

/* A browser says where a form comes from.  (OWASP CSRF cheat sheet: Origin, Fetch Metadata, and a token as well.) */
bool console_same_site(const struct web_req *req)
{
	const char *origin = web_header(req, "Origin"), *host = web_header(req, "Host");
	const char *site = web_header(req, "Sec-Fetch-Site");
	const char *name = origin ? strstr(origin, "://") : NULL;

	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return false;
	return !origin || (name && host && !strcasecmp(name + 3, host));
}

static struct console *find(struct web_req *req)
{
	int64_t now_s = console_now_s();
	struct console *con = talloc_zero(req, struct console);

	OSMO_ASSERT(con);
	con->req = req;
	if (!console_token(req, con->session.token) ||
	    store_session_find(req->web->st, con->session.token, now_s, &con->session,
			       &con->staff) < 0) {
		talloc_free(con);
		return NULL;
	}
	return con;
}

/* Who looks stays signed in. */
static void note_seen(struct console *con)
{
	struct store *st = con->req->web->st;
	int64_t now_s = console_now_s();

	if (now_s - con->session.seen_s < SEEN_EVERY_S || store_begin_soon(st) < 0)
		return;
	con->session.seen_s = now_s;
	con->session.expires_s = OSMO_MIN(now_s + CONSOLE_IDLE_S,
					  con->session.created_s + CONSOLE_LONGEST_S);
	store_session_seen(st, con->session.token, now_s, con->session.expires_s);
	store_end(st);
}

struct console *console_watch(struct web_req *req, enum staff_role least)
{
	struct console *con = find(req);

	if (!con || con->staff.role < OSMO_MAX(least, STAFF_CLERK) || con->staff.password_first)
		return NULL;
	return con;
}

struct console *console_find(struct web_req *req, enum staff_role least)
{
	struct console *con = console_watch(req, least);

	if (con)
		note_seen(con);
	return con;
}

static void refuse(struct web_req *req, const struct console *con, unsigned int status,
		   const char *nl, const char *en)
{
	struct page *page;

	if (req->finished) { /* nobody reads it */
		web_answer(req, status, "text/plain; charset=utf-8", "");
		return;
	}
	req->why = en;
	page = page_begin(req, con ? &con->session : NULL, con ? &con->staff : NULL, NULL,
			  PAGE_NONE, "meldlijn");

	p_notice(page, true, page_is_dutch(page) ? nl : en);
	if (con && con->back) {
		p_html(page, "<p><a href=\"");
		p_text(page, con->back);
		p_html(page, "\">");
		p_say(page, "Terug naar wat u schreef", "Back to what you wrote");
		p_html(page, "</a></p>");
	}
	p_html(page, "<p><a href=\"/console/\">");
	p_say(page, "Naar het begin", "To the first page");
	p_html(page, "</a></p>");
	page_end(page, status);
}

void console_refuse(const struct console *con, unsigned int status, const char *nl, const char *en)
{
	refuse(con->req, con, status, nl, en);
}

/* Who has a password that was made for them may choose another and nothing else; and nothing is typed there that would be
 * kept. */
static bool is_about_oneself(const struct web_req *req)
{
	const char *what = web_segment(req, 1);

	return !strcmp(what, "account") || !strcmp(what, "sign-out") || !strcmp(what, "language");
}

bool console_nowhere(struct web_req *req)
{
	const char *accept = web_header(req, "Accept");

	if (strcmp(web_segment(req, 0), "console") != 0 || !accept || !strstr(accept, "text/html"))
		return false;
	refuse(req, find(req), MHD_HTTP_NOT_FOUND,
	       "Deze pagina is er niet: kijk of het adres klopt.",
	       "There is no such page: see whether the address is right.");
	return true;
}

static void ask_to_sign_in(struct web_req *req, bool is_post)
{
	char *escaped, *address;

	if (is_post && console_same_site(req) && !is_about_oneself(req)) {
		web_sign_in_again(req);
		return;
	}
	if (is_post) {
		refuse(req, NULL, MHD_HTTP_UNAUTHORIZED,
		       "U bent niet meer aangemeld. Er is niets veranderd: meld u aan en probeer het "
		       "opnieuw.",
		       "You are no longer signed in. Nothing has changed: sign in and try again.");
		return;
	}
	escaped = form_escape(req, req->uri);
	address = talloc_asprintf(req, "/console/sign-in?next=%s", escaped);
	OSMO_ASSERT(address);
	web_see(req, strlen(address) < TARGET_MAX ? address : "/console/sign-in");
}

/* Who has signed in again since, in another tab, finds what they typed when they open the page. */
static void refuse_expired(struct console *con)
{
	struct web_req *req = con->req;
	struct store *st = req->web->st;

	if (web_header(req, "Origin") && !is_about_oneself(req) && store_begin(st) == 0) {
		store_session_say(st, con->session.token,
				  console_said(con, true, "Dit is nog niet verstuurd.",
					       "This has not been sent yet.", console_action(req),
					       console_form_keep(con, con->form)));
		store_end(st);
		con->back = console_came_from(req);
	}
	refuse(req, con, MHD_HTTP_FORBIDDEN,
	       "Dit formulier is verlopen. Er is niets veranderd: open de pagina opnieuw.",
	       "This form has expired. Nothing has changed: open the page again.");
}

/* \returns false if it has been answered */
static bool check_post(struct console *con)
{
	struct web_req *req = con->req;
	const char *once;

	if (!console_same_site(req)) {
		refuse(req, con, MHD_HTTP_FORBIDDEN, "Dit formulier komt van een andere website.",
		       "This form comes from another website.");
		return false;
	}
	con->form = console_form_read(req);
	if (!con->form) {
		refuse(req, con, MHD_HTTP_BAD_REQUEST, "Dit formulier is niet te lezen.",
		       "This form cannot be read.");
		return false;
	}
	once = console_field(con, "once");
	if (!console_equal(console_field(con, "csrf"), con->session.csrf) || !once[0] ||
	    strlen(once) > ONCE_MAX) {
		refuse_expired(con);
		return false;
	}
	return true;
}

struct console *console_enter(struct web_req *req, enum staff_role least)
{
	bool is_post = !strcmp(req->method, "POST");
	struct console *con = find(req);

	if (!con) {
		ask_to_sign_in(req, is_post);
		return NULL;
	}
	if (is_post && !check_post(con))
		return NULL;
	if (con->staff.password_first && !is_about_oneself(req)) {
		web_see(req, "/console/account");
		return NULL;
	}
	if (con->staff.role < OSMO_MAX(least, STAFF_CLERK)) {
		refuse(req, con, MHD_HTTP_FORBIDDEN, "Dit mag u niet met uw rol.",
		       "Your role does not allow this.");
		return NULL;
	}
	note_seen(con);
	return con;
}

struct page *console_page(const struct console *con, enum page_tab tab, const char *nl,
			  const char *en)
{
	bool dutch = strcmp(con->staff.language, "en") != 0;

	return page_begin(con->req, &con->session, &con->staff, NULL, tab, dutch ? nl : en);
}

/* ---- how a POST ends ---- */

bool console_again(struct console *con)
{
	char *key = talloc_asprintf(con, "%lld %s", (long long)con->staff.id,
				    console_field(con, "once"));
	int rc = store_update_seen(con->req->web->st, "console", key, clock_now_s());

	talloc_free(key);
	return rc == -EEXIST;
}

static void not_stored(const struct console *con)
{
	console_refuse(con, MHD_HTTP_SERVICE_UNAVAILABLE,
		       "Het is niet opgeslagen: de database kan nu niet schrijven.",
		       "It has not been stored: the database cannot write now.");
}

struct ending {
	struct console *con;
	char *address;
};

static void settle(void *data, uint64_t arg, bool ok)
{
	struct ending *end = data;
	struct web_req *req = end->con->req;

	if (ok || req->finished)
		web_see(req, end->address);
	else
		not_stored(end->con);
}

/* \param[in] said  of console_said(); NULL: nothing */
static void go(struct console *con, const char *address, const char *said)
{
	struct store *st = con->req->web->st;
	struct ending *end = talloc_zero(con, struct ending);

	OSMO_ASSERT(end);
	end->con = con;
	end->address = talloc_strdup(end, address);
	if (store_begin(st) < 0) {
		not_stored(con);
		return;
	}
	if (said)
		store_session_say(st, con->session.token, said);
	web_hold(con->req);
	store_after(st, settle, end, 0);
	store_end(st);
}

void console_done(struct console *con, const char *address, const char *nl, const char *en)
{
	go(con, address, nl ? console_said(con, false, nl, en, NULL, NULL) : NULL);
}

void console_failed(struct console *con, const char *address, const char *nl, const char *en)
{
	go(con, address, console_said(con, true, nl, en, NULL, NULL));
}

void console_failed_kept(struct console *con, const char *address, const char *nl, const char *en)
{
	go(con, address,
	   console_said(con, true, nl, en, console_action(con->req),
			console_form_keep(con, con->form)));
}

/* ---- audit ---- */

static int audit_v(struct store *st, const char *name, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
static int audit_v(struct store *st, const char *name, const char *fmt, va_list ap)
{
	char *what = talloc_vasprintf(NULL, fmt, ap);
	char *who = talloc_asprintf(what, "staff %s", name);
	int rc;

	OSMO_ASSERT(what && who);
	rc = store_audit(st, who, what, clock_now_s());
	talloc_free(what);
	return rc;
}

int console_audit(struct console *con, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = audit_v(con->req->web->st, con->staff.name, fmt, ap);
	va_end(ap);
	return rc;
}

int staff_audit(struct store *st, const char *name, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = audit_v(st, name, fmt, ap);
	va_end(ap);
	return rc;
}
