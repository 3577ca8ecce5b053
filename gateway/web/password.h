/* password.h - argon2id (RFC 9106) in a thread of its own: one takes 64 MiB and a tenth of a second, which the loop has
 * not.
 *
 * One at a time, in order, with a ceiling on how many wait.  A thread lives as long as its password and touches nothing
 * else.  Passwords are wiped when they are done with.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "store/store_staff.h"

#define PASSWORD_MIN	  12  /* characters of a new one */
#define PASSWORD_MAX	  256 /* octets */
#define PASSWORD_WAIT_MAX 16

struct passwords;

struct passwords *passwords_alloc(void *ctx);
/*! Waits for the one that is being worked on; all others are told -ECANCELED. */
void passwords_stop(struct passwords *ps);

/* rc: 0; -EACCES it is not this one; -ENOMEM no memory to work in; -ECANCELED.  hash: of passwords_make(), else "" */
typedef void passwords_done(int rc, const char *hash, void *data);

/*! Is this the password?  hash "": of nobody; takes as long and is wrong.
 *  \returns 0, done is called later, never at once; -EAGAIN too many wait */
int passwords_check(struct passwords *ps, const char *hash, const char *password,
		    passwords_done *done, void *data);
/*! Make the hash of a new one. */
int passwords_make(struct passwords *ps, const char *password, passwords_done *done, void *data);

/*! Make it here and now, for a command. \returns 0; -ENOMEM */
int password_hash(char out[STAFF_PASSWORD_SIZE], const char *password);
/*! Is this the password?  Here and now, for a command. */
bool password_is(const char *hash, const char *password);
/*! Why it cannot be a new password, in Dutch or English; NULL: it can. */
const char *password_refused(const char *password, const char *name, bool dutch);
/*! One that is easily typed over: groups of five, 20 random letters and digits. size at least PASSWORD_MADE_SIZE */
#define PASSWORD_MADE_SIZE 32
void password_invent(char out[PASSWORD_MADE_SIZE]);
