/* handset.h - the simulated phone as a line: what is submitted counts as sent and delivered at once.
 *
 * Texts come in through handset_text() (web/ offers it over HTTP on loopback) and are read back
 * from the outbox, so a handset needs no memory of its own.
 */
#pragma once

#include <stdint.h>

#include "line/line.h"

struct handset;

/* A page waits so long for its answer: longer than on any network, and the session is over before the
 * conversation goes on by text (SESSION_S of talk/dialogue_say.c). */
#define HANDSET_ANSWER_S 120

/*! \param[in] code  what is dialled to reach us, "*140#" */
struct handset *handset_alloc(void *ctx, const char *short_code, const char *code);
struct line *handset_line(struct handset *hs);

/*! A resident's text. done comes once it is stored (ok) or not.
 *  \returns 0; -EAGAIN if the line is shut down */
int handset_text(struct handset *hs, const char *from, const char *to, const char *text,
		 void (*done)(bool ok, void *data), void *data);

/* What became of a dialled code or an answer; text is valid during the call only. */
struct handset_page {
	const char *text; /* NULL: refused, or the session ended without words */
	bool last;	  /* the session is over */
	bool unknown;	  /* refused: no such code */
};

/*! A code is dialled; an open session of this number ends first.  done comes once the page is stored.
 *  \returns 0; -EAGAIN if the line is shut down or an answer is still on its way */
int handset_dial(struct handset *hs, const char *from, const char *code,
		 void (*done)(const struct handset_page *page, void *data), void *data);

/*! An answer to the page that is shown.
 *  \returns as handset_dial(); -ENOENT if no page is shown to this number */
int handset_answer(struct handset *hs, const char *from, const char *text,
		   void (*done)(const struct handset_page *page, void *data), void *data);
