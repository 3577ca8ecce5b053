/* at_chat.h - the AT command queue on a byte stream (3GPP TS 27.007, V.250).
 *
 * One command is in flight; each has its deadline and gets exactly one answer.  Bytes come in
 * with at_chat_rx() cut anywhere; lines that belong to no command go up as unsolicited
 * results.  Knows the syntax of answers and nothing of what they mean, and nothing of ttys:
 * it writes through a callback.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "line/at_result.h"

#define AT_LINE_MAX   4096	   /* bytes of one line; a longer one is dropped whole */
#define AT_ANSWER_MAX (256 * 1024) /* bytes of one answer; the rest is dropped and marked */
#define AT_QUEUE_MAX  1024	   /* commands waiting */

struct at_chat;

struct at_answer {
	enum at_result result;
	int code; /* of AT_CME and AT_CMS; -1 if the modem sent words we do not know; enum at_hangup */
	const char *text; /* its lines one after another, each with NUL; see at_answer_next() */
	size_t size;	  /* of text with all NULs; 0 if there are no lines */
	bool truncated;	  /* longer than AT_ANSWER_MAX */
	bool data_sent;	  /* the payload went out after the prompt: what it did is done */
};

/* Who goes first: urgent always; the others take turns, so that none starves. */
enum at_lane {
	AT_URGENT, /* acknowledgements, hang up */
	AT_READ,
	AT_SEND,
	AT_POLL,
	AT_LANES
};

/* What to ask.  Borrowed until at_chat_send() returns. */
struct at_cmd {
	const char *text; /* without CR, e.g. "AT+CSQ" */
	const char *
		prefix; /* of its answer lines, e.g. "+CSQ:"; "" if they have none; NULL: no lines */
	const char *payload; /* hex sent after the prompt and closed with Ctrl-Z; else NULL */
	/* Is this line, which has the prefix, the answer and not an unsolicited one?  NULL: yes */
	bool (*mine)(const char *line);
	void (*done)(struct at_chat *chat, const struct at_answer *answer, void *data);
	void *data;
	unsigned int deadline_ms; /* for the answer, or for the prompt if there is a payload */
	unsigned int payload_ms;  /* from Ctrl-Z to the answer */
	enum at_lane lane;
	bool pairs;  /* each answer line with the prefix is followed by one of hex (CMGL, CMGR) */
	bool call;   /* NO CARRIER, BUSY and CONNECT end it */
	bool secret; /* the text is never logged */
};

struct at_chat_user {
	int (*write)(const void *bytes, size_t len, void *data);
	/* An unsolicited line; payload is the second line of +CMT, +CDS and +CBM, else NULL. */
	void (*urc)(struct at_chat *chat, const char *line, const char *payload, void *data);
	/* Nothing answers any more, not even AT.  The chat waits for at_chat_close(). */
	void (*hung)(struct at_chat *chat, void *data);
	/* AT was answered after at_chat_open() or after a deadline passed. */
	void (*synced)(struct at_chat *chat, void *data);
	void *data;
};

/*! \param[in] name  for the log; borrowed for life */
struct at_chat *at_chat_alloc(void *ctx, const char *name, const struct at_chat_user *user);

/*! The stream is there: AT until it is answered, then what is queued. */
void at_chat_open(struct at_chat *chat);

/*! The stream is gone.  The running and all waiting commands end with AT_GONE. */
void at_chat_close(struct at_chat *chat);

/*! The modem at the other end has started anew: as close and open, with a second of silence in
 *  between, so that no answer from before is taken for a later one. */
void at_chat_restart(struct at_chat *chat);

/*! Queue a command.  done() is called exactly once, never from inside this call.
 *  \returns 0; -ENOTCONN if closed; -ENOSPC if AT_QUEUE_MAX wait; -EMSGSIZE if too long */
int at_chat_send(struct at_chat *chat, const struct at_cmd *cmd);

/*! Bytes came.  May call urc(), done() and hung(); none of them may free the chat. */
void at_chat_rx(struct at_chat *chat, const void *bytes, size_t len);

/*! Commands running or waiting. */
size_t at_chat_pending(const struct at_chat *chat);

/* What could not be used, since at_chat_alloc(). */
struct at_chat_counts {
	uint64_t junk;	   /* bytes that no modem sends on purpose */
	uint64_t overlong; /* lines over AT_LINE_MAX */
	uint64_t halves;   /* +CMT, +CDS or +CUSD without its second half */
	uint64_t late;	   /* answers to a command that was given up */
	uint64_t timeouts;
	uint64_t echoes; /* after ATE0 an echo means that the modem has started anew */
};
const struct at_chat_counts *at_chat_counts(const struct at_chat *chat);

/*! Walk over the lines of an answer.
 *  \param[in] line  the line before, or NULL for the first
 *  \returns NULL after the last */
const char *at_answer_next(const struct at_answer *answer, const char *line);

/*! The first line that begins with prefix, or NULL. */
const char *at_answer_find(const struct at_answer *answer, const char *prefix);
