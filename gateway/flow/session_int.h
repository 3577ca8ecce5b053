/* session_int.h - private to session.c and session_turn.c. */
#pragma once

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "flow/session.h"
#include "flow/subscriber.h"
#include "talk/dialogue.h"

struct session {
	struct llist_head list; /* of sessions.open, all of them */
	struct llist_head row;	/* of sessions.waiting, if waits */
	struct sessions *ss;
	struct line *ln; /* NULL: the phone has gone, or was told that a text comes */
	uint64_t id;

	/* of the line, which may go before what was said is stored */
	char line[32], code[32];
	char *ours;
	bool texts, handset;
	size_t page_octets;

	char *number, *imsi; /* NULL: not known */
	bool proved;	     /* the number is no claim */
	bool displaced;	     /* its person has dialled again since */

	/* what was said and is not durable yet; one of them */
	char *path, *text;
	int64_t said_s;
	bool busy;	      /* from said() until its answer is known */
	bool storing, undone; /* its step is made, not durable; it was undone for itself */
	bool waits, promised; /* in the row; the phone was told that a text comes */

	/* what its step came to */
	struct session_result *result;
};

struct session_result {
	char *page;
	bool last, refused, resumed;
	char number[PHONE_SIZE]; /* "" not known yet */
	bool proved;
	int64_t person_id;
	char *state; /* that the row has now; NULL: nothing to be marked as seen */
};

struct sessions {
	struct store *st;
	struct outbox *ob;
	struct desk *desk;
	struct talk *const *talk;
	struct intake_cfg cfg;
	struct intake_before before;
	struct subscribers *subscribers;
	struct llist_head open;
	struct llist_head waiting; /* in the order in which it was said */
	struct osmo_timer_list again;
	int again_ms;
	bool stuck; /* the database took nothing when it was tried last */
	struct session_figures figures;
};

/* session_turn.c */

/*! A phrase in the language of a person (NULL: the first), on one page.  until_s: for {until}, 0 none.
 *  \returns talloc'd, child of ctx */
char *session_words(void *ctx, const struct session *s, const struct person *p, const char *key,
		    int64_t until_s);

/*! What talk must know of a turn of this session. */
void session_turn_init(const struct session *s, struct dialogue_turn *turn, const struct person *p,
		       int64_t now_s);

/*! Take what was said, inside a step; what it came to stands in s->result.  0; -EIO */
int session_take(void *ctx, struct session *s);
