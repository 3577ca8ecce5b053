/* store_staff.h - who works for the city, who of them is signed in, and what was done by whom.
 *
 * Part of the store: see store.h for steps and errors.  Knows no passwords and no codes: it keeps what
 * libsodium made of the one and the secret of the other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/* Each may do what those before it may.  A caretaker has a phone and no console. */
enum staff_role { STAFF_CARETAKER, STAFF_CLERK, STAFF_EDITOR, STAFF_OPERATOR, STAFF_ROLES };

const char *staff_role_name(enum staff_role role); /* "caretaker", ... */
/*! \returns false if it is none */
bool staff_role_read(const char *name, enum staff_role *role);

/*! Small letters, digits and . - _ @, not - first. */
bool staff_name_is_good(const char *name);

#define STAFF_NAME_SIZE	    48
#define STAFF_PASSWORD_SIZE 128 /* crypto_pwhash_STRBYTES */
#define STAFF_TOTP_SIZE	    64	/* base32 */

struct staff {
	int64_t id;
	char name[STAFF_NAME_SIZE];
	enum staff_role role;
	char language[16];
	char password[STAFF_PASSWORD_SIZE]; /* "": no console */
	bool password_first;	    /* it was made for them: they choose their own at once */
	char number[PHONE_SIZE];    /* "": no phone */
	char totp[STAFF_TOTP_SIZE]; /* "": no one-time codes */
	int64_t totp_step;	    /* of the last code that was taken */
	unsigned int failures;
	int64_t locked_until_s, shift_until_s;
	int64_t created_s, ended_s; /* ended 0: works here */
};

/*! Sets id. -EEXIST: the name or the number is taken */
int store_staff_add(struct store *st, struct staff *staff);
/*! Writes all but name and created. -EEXIST: the number is another's; -ENOENT */
int store_staff_put(struct store *st, const struct staff *staff);
/* Also those who ended. -ENOENT */
int store_staff_get(struct store *st, int64_t id, struct staff *out);
int store_staff_find(struct store *st, const char *name, struct staff *out);
/*! Who works here and has this phone. -ENOENT */
int store_staff_by_number(struct store *st, const char *number, struct staff *out);
/*! By name. \returns count */
int store_staff_list(struct store *st, bool (*each)(const struct staff *staff, void *data),
		     void *data);

/* ---- signed in ---- */

#define STAFF_TOKEN_HASH 32
#define STAFF_CSRF_SIZE	 48

struct staff_session {
	uint8_t token[STAFF_TOKEN_HASH]; /* hash of what the cookie holds */
	int64_t staff_id;
	char csrf[STAFF_CSRF_SIZE];
	int64_t created_s, seen_s, expires_s;
	bool says; /* the next page has something to say */
};

int store_session_add(struct store *st, const struct staff_session *session);
/*! One that has not expired, of someone who works here. -ENOENT */
int store_session_find(struct store *st, const uint8_t token[STAFF_TOKEN_HASH], int64_t now_s,
		       struct staff_session *out, struct staff *staff);
int store_session_seen(struct store *st, const uint8_t token[STAFF_TOKEN_HASH], int64_t now_s,
		       int64_t expires_s);
int store_session_drop(struct store *st, const uint8_t token[STAFF_TOKEN_HASH]);
/*! What the next page says once, JSON of the caller; NULL: nothing. */
int store_session_say(struct store *st, const uint8_t token[STAFF_TOKEN_HASH], const char *said);
/*! Take it. NULL: nothing */
char *store_session_said(void *ctx, struct store *st, const uint8_t token[STAFF_TOKEN_HASH]);
/*! All of one person, or with id 0 those that have expired. \returns count */
int store_session_drop_all(struct store *st, int64_t staff_id, int64_t now_s);

/* ---- what a phone is asked a code for ---- */

struct staff_wait {
	int64_t staff_id;
	const char *text;  /* to be done once the code comes; NULL: a notice is to be sent */
	int64_t notice_id; /* which lapses by itself (flow/broadcast.h) */
	int64_t until_s;   /* when the text lapses; of a notice when the code was asked for */
	bool over;	   /* of a text: it has lapsed */
};

/*! One of each of the staff: a new one takes the place of the last. */
int store_staff_wait_put(struct store *st, const struct staff_wait *wait);
int store_staff_wait_get(void *ctx, struct store *st, int64_t staff_id,
			 struct staff_wait *out); /* -ENOENT */
/*! The text that was to lapse first, until now. -ENOENT */
int store_staff_wait_due(void *ctx, struct store *st, int64_t now_s, struct staff_wait *out);
int store_staff_wait_drop(struct store *st, int64_t staff_id);

/* ---- what was done ---- */

struct audit_row {
	int64_t id, at_s;
	const char *who, *what;
};
#define AUDIT_LOOK 20000 /* rows that words are looked for in at a time */
/*! Newest first, before an id (0: all), up to max; who and words (what holds them) NULL: any.
 *  \param[out] looked  with words: the id down to which it was looked, to go on before it; 0: all was seen
 *  \returns count */
int store_audit_list(struct store *st, int64_t before_id, const char *who, const char *words,
		     size_t max, bool (*each)(const struct audit_row *row, void *data), void *data,
		     int64_t *looked);
