/* web_sign.h - private to web/: sessions and their cookies, shared by web_console.c, web_sign.c and web_account.c.
 *
 * Sessions live by the real clock, not the one that training moves ahead: who looks at tomorrow stays signed in.
 */
#pragma once

#include "store/store_staff.h"
#include "web/password.h"
#include "web/web_int.h"

#define CONSOLE_IDLE_S	   (30 * 60)
#define CONSOLE_LONGEST_S  (12 * 3600)
#define CONSOLE_TOKEN_SIZE (2 * 32 + 1) /* of a session, as its cookie has it: hex */

int64_t console_now_s(void);
/*! The hash of the session's cookie. \returns false if there is none */
bool console_token(const struct web_req *req, uint8_t token[STAFF_TOKEN_HASH]);
/*! Does the form come from a page of ours, as far as the browser says? */
bool console_same_site(const struct web_req *req);
/*! In a time that does not depend on where they differ. */
bool console_equal(const char *a, const char *b);

/*! Within a step: a new session, and the one that the browser had is gone.
 *  \param[in] said  what its first page says; NULL: nothing
 *  \param[out] token  for web_sign_give(), after the commit
 *  \returns 0; -EIO: the caller undoes the step */
int web_sign_open(struct web_req *req, int64_t staff_id, const char *said,
		  char token[CONSOLE_TOKEN_SIZE]);
/*! The session's cookie goes with the answer; "": the browser drops the one that it has. */
void web_sign_give(struct web_req *req, const char *token);
/*! A wrong password of who is signed in counts as one at the door does. A step of its own. */
void web_sign_count_wrong(struct web_req *req, const struct staff *staff);
/*! passwords_check() and passwords_make() among those that sign in. */
int web_sign_check_password(struct web_sign *sign, const char *hash, const char *password,
			    passwords_done *done, void *data);
int web_sign_make_password(struct web_sign *sign, const char *password, passwords_done *done,
			   void *data);

struct console_form;
/*! The body as a form, child of req; NULL: it is none, or not text. */
struct console_form *console_form_read(struct web_req *req);
/*! NULL: there is no such field. */
const char *console_form_at(const struct console_form *form, const char *name, size_t n);

/*! What was typed into a form, as a form, without passwords and what is of one time; "" nothing.  Child of ctx. */
char *console_form_keep(void *ctx, const struct console_form *form);
/*! And back; NULL: it is none. */
struct console_form *console_form_kept(void *ctx, const char *text);
/*! What the next page says, for store_session_say(), child of ctx.
 *  \param[in] action, kept  a form of that page, and what is put back there; NULL: nothing is */
char *console_said(void *ctx, bool wrong, const char *nl, const char *en, const char *action,
		   const char *kept);
/*! The path that is asked for; child of req. */
const char *console_action(const struct web_req *req);
/*! Is it an address of the console that one can be sent to? */
bool console_is_ours(const char *address);
/*! The page of ours whose form this is, as the browser says; else the first. */
const char *console_came_from(const struct web_req *req);
/*! A form came from who is signed in no more: 401, and where to sign in so as to find it again. */
void web_sign_in_again(struct web_req *req);
