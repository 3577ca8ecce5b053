/* web_sign.h - private to web/: sessions and their cookies, shared by web_console.c and web_sign.c.
 *
 * Sessions live by the real clock, not the one that training moves ahead: who looks at tomorrow stays signed in.
 */
#pragma once

#include "store/store_staff.h"
#include "web/password.h"
#include "web/web_int.h"

#define CONSOLE_IDLE_S	  (30 * 60)
#define CONSOLE_LONGEST_S (12 * 3600)

int64_t console_now_s(void);
/*! The hash of the session's cookie. \returns false if there is none */
bool console_token(const struct web_req *req, uint8_t token[STAFF_TOKEN_HASH]);
/*! Does the form come from a page of ours, as far as the browser says? */
bool console_same_site(const struct web_req *req);
/*! In a time that does not depend on where they differ. */
bool console_equal(const char *a, const char *b);

/*! passwords_make() among those that sign in. */
int web_sign_make_password(struct web_sign *sign, const char *password, passwords_done *done,
			   void *data);

struct console_form;
/*! The body as a form, child of req; NULL: it is none, or not text. */
struct console_form *console_form_read(struct web_req *req);
/*! NULL: there is no such field. */
const char *console_form_at(const struct console_form *form, const char *name, size_t n);
