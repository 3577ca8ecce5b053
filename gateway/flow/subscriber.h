/* subscriber.h - which number is this SIM: the network tells it, it is known, or it is asked once.
 *
 * A number that nobody has used here is believed until someone texts from it; then, or when it was in
 * use already, only with a code that is texted to it.  What is being asked is in the database: the next
 * session goes on at the same question.
 */
#pragma once

#include "flow/outbox.h"
#include "store/store.h"
#include "talk/dialogue.h"

struct subscribers;

struct subscribers *subscribers_alloc(void *ctx, struct store *st, struct outbox *ob,
				      struct talk *const *talk);

struct subscriber_said {
	const char *imsi;   /* NULL: the line knows none */
	const char *number; /* the network tells it; NULL: not */
	const char *path;   /* dialled, "" only the code; NULL: text is an answer */
	const char *text;
	const char *ours; /* our own number on the line; NULL none */
	const char *code; /* what is dialled to reach us, "*140#" */
};

struct subscriber_answer {
	char number[PHONE_SIZE]; /* "" not known yet: page asks for it */
	bool proved; /* the network tells it, or a code that was texted to it came back */
	char *path; /* it has just become known: what was dialled at first, to be done now; else NULL */
	char *page;
	bool last; /* the session ends with the page */
};

/*! One turn, inside the caller's step.
 *  \returns 0; -EINVAL neither number nor IMSI; -EIO */
int subscribers_take(void *ctx, struct subscribers *sb, const struct subscriber_said *said,
		     int64_t now_s, struct subscriber_answer *answer);

/*! The number of a SIM, if it is known.  Writes nothing, so it needs no step.
 *  \param[out] number  PHONE_SIZE bytes
 *  \returns 0; -ENOENT; -EIO */
int subscribers_number(struct subscribers *sb, const char *imsi, char *number);
