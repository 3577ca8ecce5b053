/* handset.h - the simulated phone as a line: what is submitted counts as sent and delivered at once.
 *
 * Texts come in through handset_text() (web/ offers it over HTTP on loopback) and are read back
 * from the outbox, so a handset needs no memory of its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "line/line.h"
#include "voice/sound.h"

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

/* ---- calls ----
 *
 * Nobody listens while it is said: a prompt is over as soon as it was taken, and what was heard is kept to be
 * looked at.  What the caller says is taken as fast; only silence into a recording takes its time. */

#define HANDSET_CALLS_MAX   32	/* with those that are over and still looked at */
#define HANDSET_HEARD_MAX_S 600 /* of a call; the oldest goes */
#define HANDSET_SPEAK_MAX_S 120 /* what a caller says at once */
#define HANDSET_KEYS_MAX    64	/* pressed at once */

enum handset_call_state {
	HANDSET_CALL_RINGS, /* at the line, or at the phone */
	HANDSET_CALL_UP,
	HANDSET_CALL_OVER,
};

/* A call as it is; valid until the loop goes on. */
struct handset_call {
	uint64_t id;
	enum handset_call_state state;
	bool to_phone;	 /* the line calls */
	bool speaks;	 /* a prompt is not over yet */
	bool records;	 /* what is said now is kept */
	int64_t heard;	 /* samples since it was answered */
	int64_t dropped; /* the oldest of them, not kept */
	const int16_t *samples;
};

/*! Call the line, or answer it if it rings at this phone.  done comes once: the id, or 0 if nobody answers.
 *  \returns 0; -EAGAIN if the line is shut down; -EBUSY if this phone calls already; -ENOSPC if too many do;
 *  -ENOTSUP if nobody takes calls */
int handset_call(struct handset *hs, const char *from, void (*done)(uint64_t id, void *data),
		 void *data);
/*! \returns false if this number has no such call */
bool handset_call_look(struct handset *hs, const char *from, uint64_t id, struct handset_call *out);
/*! The call that is not over, of this number. \returns false if there is none */
bool handset_call_current(struct handset *hs, const char *from, struct handset_call *out);
/*! \returns 0; -ENOENT no such call; -EPIPE it is not open; -EINVAL not 1 to 64 of 0-9 * # */
int handset_call_keys(struct handset *hs, const char *from, uint64_t id, const char *keys);
/*! Say something; done comes when it was said, and tells if any of it was recorded.
 *  \param[in] snd  a reference that is taken over if it returns 0
 *  \returns 0; -ENOENT, -EPIPE as above; -EAGAIN if the caller still says something */
int handset_call_speak(struct handset *hs, const char *from, uint64_t id, struct sound *snd,
		       void (*done)(bool recorded, void *data), void *data);
/*! \returns 0; -ENOENT; -EPIPE if it is over */
int handset_call_hang_up(struct handset *hs, const char *from, uint64_t id);
/*! changed comes when a prompt was said and when a call is over. */
void handset_call_watch(struct handset *hs, void (*changed)(uint64_t id, void *data), void *data);
