/* phone_int.h - private to "meldlijn phone": its numbers (phone_link.c, over HTTP), their sessions
 * (phone_session.c), their calls (phone_call.c), its screen (phone_screen.c) and its memory (phone_past.c). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <termios.h>

#include <jansson.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "contractor/http.h"
#include "command/phone_edit.h"
#include "wire/phone.h"

#define PHONE_NUMBERS_MAX 8
#define PHONE_QUEUE_MAX	  256 /* texts typed and not sent yet, of one number */
#define PHONE_PAST_MAX	  100 /* texts that Up brings back */

#define PHONE_CODE_MAX 64 /* characters of a code that is dialled */

struct phone;

/* A code was dialled.  The network does not hear of a phone that hangs up, so the line does not either. */
enum phone_session {
	PHONE_NO_SESSION,
	PHONE_WAITS,   /* for the page */
	PHONE_HUNG_UP, /* before the page came, which nobody will see */
	PHONE_SHOWS,   /* a page that is answered with what is typed next */
};

enum phone_call {
	PHONE_NO_CALL,
	PHONE_CALLS, /* it is not answered yet */
	PHONE_RINGS, /* the line calls */
	PHONE_TALKS,
};

struct phone_number {
	struct phone *phone;
	char number[PHONE_SIZE];
	int64_t after; /* the last text that was seen */
	bool synced;   /* what was there before is known: texts may go out */
	bool failing;  /* said once */
	char *queue[PHONE_QUEUE_MAX];
	unsigned int queued;
	bool sending;
	unsigned int unread; /* came while another number was shown */
	struct osmo_timer_list again;
	enum phone_session session;
	char code[PHONE_CODE_MAX + 1]; /* what was dialled last */
	enum phone_call call;
	int64_t call_id;
	bool listening;		    /* for the line to call */
	bool answers;		    /* as soon as it does */
	int64_t heard;		    /* samples of the call */
	unsigned int sounds;	    /* written to files */
	FILE *past;		    /* where texts are kept; NULL: nowhere */
	int64_t past_after;	    /* the last text seen by an earlier run */
	char *sent[PHONE_PAST_MAX]; /* typed before, oldest first */
	unsigned int n_sent;
};

struct phone {
	const char *url, *to, *once;
	bool json;
	bool screen; /* a person at a terminal */
	int wait_s;
	struct http_pool *pool;
	struct phone_number numbers[PHONE_NUMBERS_MAX];
	unsigned int n, current;
	bool stopped;
	int status;
	struct osmo_fd signals, keys;
	char *folder; /* of sounds; NULL: none was heard yet */
	pid_t player; /* of the last sound; 0 none */

	/* without a screen: one text, then its answer */
	bool waiting, input_ended, answered;
	struct osmo_timer_list wait;
	char *line; /* of standard input, not whole yet */
	size_t line_len;

	/* the screen */
	struct termios before;
	bool raw, drawn;
	unsigned int width;
	struct phone_edit edit;
	struct osmo_timer_list escape; /* the key, or the beginning of another */
	unsigned int past;	       /* how many texts back Up has gone */
};

/* A text, as it is shown and kept. */
struct phone_text {
	bool in;
	int64_t id; /* 0: going out */
	const char *text, *from, *to, *at;
};

/* What a session shows. */
struct phone_page {
	const char *text;
	bool last;
};

/* phone_link.c */
int phone_run(struct phone *phone);
void phone_stop(struct phone *phone, int status);
struct phone_number *phone_number_add(struct phone *phone, const char *text);
/*! Put a text in the queue of a number. -ENOSPC */
int phone_send(struct phone_number *num, const char *text);
void phone_number_start(struct phone_number *num);
/*! The line did not do what it was asked: say it and stop. */
void phone_give_up(struct phone *phone, const struct http_answer *answer);
/*! Words of an answer that is not 200. */
const char *phone_words(void *ctx, const struct http_answer *answer);
/*! Ask for /handset/NUMBER/what.
 *  \param[in] method  NULL: POST, or GET without a body, whose reference is taken
 *  \returns false if the address is none; done is not called then */
bool phone_ask(struct phone_number *num, const char *method, const char *what, json_t *body,
	       int timeout_ms, void (*done)(const struct http_answer *answer, void *data));
/*! The same, as POST. */
bool phone_post(struct phone_number *num, const char *what, json_t *body, int timeout_ms,
		void (*done)(const struct http_answer *answer, void *data));
void phone_watch_keys(struct phone *phone, int (*ready)(struct osmo_fd *ofd, unsigned int what));

/* phone_session.c */
/*! Is it dialled, not texted?  It begins with "*" or "#" and ends with "#": "*140*1*3#". */
bool phone_is_code(const char *text);
/*! Dial, or answer the page that is shown. \returns -EAGAIN if the page before is still on its way */
int phone_dial(struct phone_number *num, const char *code);
int phone_answer(struct phone_number *num, const char *text);
/*! \returns false if there was nothing to hang up */
bool phone_hang_up(struct phone_number *num);

/* phone_call.c */
/*! \returns -EAGAIN if the number is in a call */
int phone_call(struct phone_number *num);
/*! Wait to be called, for as long as it runs. */
void phone_call_listen(struct phone_number *num);
/*! \returns false if it does not ring */
bool phone_call_answer(struct phone_number *num);
/*! Press keys. \returns false if the text is none of them or nobody talks */
bool phone_press(struct phone_number *num, const char *text);
/*! \returns false if there was no call */
bool phone_call_end(struct phone_number *num);
/*! The sounds that play end with us. */
void phone_call_stop(struct phone *phone);

/* phone_screen.c: a person at a terminal */
void phone_screen_start(struct phone *phone);
void phone_screen_stop(struct phone *phone);
void phone_screen_resized(struct phone *phone);
void phone_screen_text(struct phone_number *num, const struct phone_text *text);
void phone_screen_page(struct phone_number *num, const struct phone_page *page);
void phone_screen_said(struct phone_number *num, const char *what);
void phone_screen_say(struct phone *phone, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* phone_script.c: lines in, lines out */
void phone_script_start(struct phone *phone);
void phone_script_stop(struct phone *phone);
void phone_script_text(struct phone_number *num, const struct phone_text *text);
void phone_script_page(struct phone_number *num, const struct phone_page *page);
/*! What a call came to: a sound in a file, or NULL and words. */
void phone_script_call(struct phone_number *num, const char *file, double seconds,
		       const char *words);
/* A text went out and was taken; or a number is ready for the first. */
void phone_script_taken(struct phone *phone);
void phone_script_ready(struct phone *phone);

/* phone_past.c: $XDG_STATE_HOME/meldlijn/phone-NUMBER.jsonl */
void phone_past_open(struct phone_number *num);
void phone_past_close(struct phone_number *num);
void phone_past_add(struct phone_number *num, const struct phone_text *text);
void phone_past_typed(struct phone_number *num, const char *text);
