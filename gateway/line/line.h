/* line.h - one connection to the telephone network, whatever its protocol.
 *
 * There are two kinds of traffic, and a line may have one or both: texts, and sessions, in which someone
 * waits at the phone for the next page (USSD, 3GPP TS 23.090).
 *
 * A line knows how to talk to its peer and nothing of menus, reports or the
 * database.  Every call and every callback happens on the main thread.
 *
 * Up: heard() and reported() offer something that came from the network.  The line
 * acknowledges it to the network (CNMA, CMGD, deliver_sm_resp) only in settle(), which
 * the user calls after the commit; until then the line must not offer it again, and if the
 * process dies the network offers it again itself.
 * Down: submit() takes one part; its fate comes later, exactly once as SENT, RETRY, REFUSED
 * or DOUBT.  Whether it was delivered comes through reported().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/sms_text.h"

struct line;

/* What a texter did.  Pointers are valid during the callback only. */
struct line_heard {
	uint64_t token;		       /* names it in settle() */
	const char *from;	       /* phone.h's written form */
	const char *to;		       /* our number as the line knows it; may be NULL */
	const char *key;	       /* the network offering this text again sends the same key */
	bool alphanumeric;	       /* no answer is possible */
	const struct sms_piece *piece; /* as it came; NULL on a line that has only text */
	const char *text;	       /* UTF-8; NULL if piece is set and this is a part */
	uint16_t ref;		       /* of a long SMS: all its parts share it */
	uint8_t ref_bits;	       /* 8 or 16; 0 if whole */
	uint8_t part, parts;	       /* 1 of 1 for a whole text */
	int64_t sent_s;		       /* by the service centre's clock; 0 if unknown */
	uint8_t replace; /* TP-PID replace type 1 to 7: takes the place of the former; else 0 */
	const char *raw; /* hex of what could not be read; from, text are NULL then: quarantine */
};

/* A status report, TS 23.040 9.2.2.3. */
struct line_report {
	uint64_t token;
	const char *key;
	int mr;		/* message reference; -1 if the line matches by id instead */
	uint64_t id;	/* outbox part, where the line knows it; else 0 */
	const char *to; /* RA */
	uint8_t status; /* TP-ST */
	int64_t sent_s; /* SCTS: when the SC took it; 0 unknown */
	int64_t done_s; /* DT */
};

enum line_fate {
	LINE_SENT,    /* the network took it; mr is set where it has one */
	LINE_RETRY,   /* not now; the same part may be submitted again after retry_s */
	LINE_REFUSED, /* never; do not try again */
	LINE_DOUBT,   /* it may have been sent: never submitted again without a rule */
};

struct line_outcome {
	uint64_t id; /* the outbox part */
	enum line_fate fate;
	int mr;	     /* TP-MR, or -1 */
	int cause;   /* CMS error or the protocol's own; 0 none */
	int retry_s; /* LINE_RETRY: not before; 0 as the ladder says */
	bool counts; /* LINE_RETRY: this try counts towards giving up (false: the line's own trouble) */
};

/* One part to send.  Borrowed until submit() returns. */
struct line_part {
	uint64_t id;	  /* the outbox part; comes back in the outcome */
	const char *to;	  /* E.164 with '+' */
	const char *from; /* our number to show where the protocol has a choice; may be NULL */
	const char *text; /* the whole text, for lines without parts */
	const struct sms_piece *piece;
	uint16_t ref;
	uint8_t ref_bits, number, total; /* total 1: no concatenation header */
	int validity_s;			 /* 0: the network's own */
	bool want_report;
	bool more; /* another part waits behind it: the line may keep the link open (CMMS) */
};

/* What someone who waits at the phone did.  Pointers are valid during the callback only. */
struct line_said {
	uint64_t session;   /* names it; not used again on this line */
	const char *code;   /* it begins: as dialled, "*140*1*3#"; NULL: it goes on */
	const char *text;   /* the answer to the page that is shown, UTF-8; NULL with a code */
	const char *number; /* who, in any form phone.h takes; NULL: the network does not tell */
	const char *subscriber; /* the IMSI; NULL: the line knows none */
};

/* A call.  Calls have tokens as sessions have; one token names one thing on a line. */
struct line_call {
	uint64_t session;
	const char *number; /* the other party's; NULL: withheld */
	bool outgoing;	    /* we called, and it was answered */
};

/* A call that we place. */
struct line_dialling {
	const char *number; /* E.164 with '+' */
	const char *from;   /* our number to show where the protocol has a choice; may be NULL */
	int ring_s;	    /* so long it may ring; 0: 30 */
	bool greeting;	    /* greeted() is wanted */
};

/* Why nobody came to the phone. */
enum line_unreached {
	LINE_BUSY,
	LINE_NO_ANSWER,
	LINE_NO_SUCH_NUMBER, /* or it takes no calls: never try again */
	LINE_NOT_DIALLED,    /* our own trouble: the line is down, all channels are taken */
};

/* Who came to the phone. */
enum line_greeting {
	LINE_PERSON,  /* spoke shortly, or not at all */
	LINE_MACHINE, /* spoke on, and is silent now: it records */
};

struct sound; /* voice/sound.h */

/* What a caller hears next, and what is listened for.  Borrowed until prompt() returns. */
struct line_prompt {
	struct sound *const *sounds; /* in order; the line takes references of its own */
	size_t n;
	bool barge_in;	       /* a key cuts it short */
	const char *record;    /* then record what is said into this file; NULL: nothing */
	unsigned int record_s; /* at most */
	bool last;	       /* then hang up */
};

enum line_recorded {
	LINE_RECORDED,
	LINE_RECORDED_NOTHING, /* nobody spoke */
	LINE_RECORDED_PART,    /* the disk is full, or the caller hung up: what fitted is kept */
};

/* Why a session gets no words. */
enum line_refusal {
	LINE_NO_SUCH_CODE, /* not one of ours */
	LINE_NOT_NOW,	   /* the database refuses, too much at once */
};

enum line_state {
	LINE_DOWN, /* being brought up or lost; comes back by itself */
	LINE_UP,
	LINE_STOPPED,  /* needs a person: PUK, refused PIN, SIM barred */
	LINE_SHUTDOWN, /* by configuration */
};

/* Who listens. */
struct line_user {
	void (*heard)(struct line *ln, const struct line_heard *heard, void *data);
	void (*reported)(struct line *ln, const struct line_report *report, void *data);
	void (*outcome)(struct line *ln, const struct line_outcome *outcome, void *data);
	/* A session begins or goes on. */
	void (*said)(struct line *ln, const struct line_said *said, void *data);
	/* The reply to the last said() is due now: say something else, or it will be nothing. */
	void (*late)(struct line *ln, uint64_t session, void *data);
	/* A page got no answer in time: a last reply() from in here or soon after is what the phone shows, else
	 * it shows an error.  NULL: nobody has words for that. */
	void (*unanswered)(struct line *ln, uint64_t session, void *data);
	/* A phone rings: answer() it or not.  With outgoing it is answered already. */
	void (*called)(struct line *ln, const struct line_call *call, void *data);
	/* dial() came to nothing: instead of called() with outgoing.  This session is over */
	void (*unreached)(struct line *ln, uint64_t session, enum line_unreached why, void *data);
	/* Once after called() with outgoing, if dial() wanted it. */
	void (*greeted)(struct line *ln, uint64_t session, enum line_greeting who, void *data);
	/* A key, once, whichever way it came. */
	void (*key)(struct line *ln, uint64_t session, char key, void *data);
	/* The prompt is over, or a key cut it short. */
	void (*played)(struct line *ln, uint64_t session, void *data);
	void (*recorded)(struct line *ln, uint64_t session, enum line_recorded how, double seconds,
			 void *data);
	/* A session is over without a last reply: hung up, nobody answered, the link was lost. */
	void (*ended)(struct line *ln, uint64_t session, void *data);
	/* Up or down, room for another submit, or all that was heard is acknowledged. */
	void (*changed)(struct line *ln, void *data);
	/* Someone must act (alarm true) or need not any more.  what is a stable word
	 * ("pin", "storage", "silent"); detail says what to do. */
	void (*alarm)(struct line *ln, const char *what, bool on, const char *detail, void *data);
	/* A few words that must survive a restart ("pin-refused" -> ICCID).  value NULL reads:
	 * returns what was remembered or NULL, valid until the next call. */
	const char *(*remember)(struct line *ln, const char *key, const char *value, void *data);
	void *data;
};

/* What a protocol provides.  A NULL pointer means that it cannot do that. */
struct line_ops {
	const char *kind; /* "modem", "handset", "euse", "sip" */
	int (*start)(struct line *ln);
	void (*stop)(struct line *ln);
	/* NULL: no texts.  0; -EAGAIN if not up or its window is full; -EINVAL if it cannot be encoded */
	int (*submit)(struct line *ln, const struct line_part *part);
	/* What heard() or reported() offered is safe (stored) or not: acknowledge, or let the
	 * network offer it again. */
	void (*settle)(struct line *ln, uint64_t token, bool stored);
	/* The page of a session; last: it ends with it.
	 * 0; -ENOENT if it is over; -EMSGSIZE if it is more than a page; -EINVAL no UTF-8 */
	int (*reply)(struct line *ln, uint64_t session, const char *text, bool last);
	/* Nothing to show: the phone says that it failed.  It ends. */
	void (*refuse)(struct line *ln, uint64_t session, enum line_refusal why);
	/* Calls.  0; -ENOENT if it is over */
	int (*answer)(struct line *ln, uint64_t session);
	int (*prompt)(struct line *ln, uint64_t session, const struct line_prompt *prompt);
	void (*hang_up)(struct line *ln, uint64_t session);
	/* Place a call: later called() with outgoing, or unreached(), with this session; hang_up() before
	 * that ends it without either.  -EAGAIN not now: no channel is free.  NULL: it places no calls */
	int (*dial)(struct line *ln, const struct line_dialling *dialling, uint64_t *session);
	/* Two calls of this line hear each other instead of what is played, until one is over (only that one is
	 * told by ended()) or gets a prompt().  Keys are still told.  -ENOENT.  NULL: it cannot */
	int (*join)(struct line *ln, uint64_t session, uint64_t other);
	bool resend_safe; /* the peer drops a part whose id it has seen: no doubt is possible */
};

struct line {
	const char *name; /* as in the configuration, e.g. "modem 1" */
	const struct line_ops *ops;
	struct line_user user;
	enum line_state state;
	const char *number;   /* our own number on it, or NULL */
	int64_t up_since_s;   /* wall clock; 0 when not up */
	int64_t down_since_s; /* 0 when up */
	unsigned int window;  /* parts that it takes at once; 0 counts as 1 */
	bool replies_only;    /* notices leave by other lines */
	bool hears;	      /* what it heard is not acknowledged yet; changed() tells the end */
	const char *code;     /* what residents dial to reach us, "*140#"; NULL: no sessions */
	size_t page_octets;   /* what a page holds, packed (wire/ussd_text.h) */
	int answer_s;	      /* how long a page waits for its answer before ended() */
};
