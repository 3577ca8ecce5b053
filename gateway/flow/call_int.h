/* call_int.h - private to flow/call*.c: a call, from one input to the next.
 *
 *   TURNING  what came is a step of the store: made, or tried again
 *   MAKING   its words are made into sound
 *   SAYING   they are said and a key is waited for; with `record` set, what is said is recorded then
 *   LEAVING  the last words are said
 *   GREETING    we placed it: is it a person or a machine that answered?
 *   CONNECTING  the caller wants a person, whose phone rings
 *   JOINED      they talk
 */
#pragma once

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "flow/call.h"
#include "flow/turn.h"

#define CALL_KEYS_MAX  32  /* keys that wait; more are dropped */
#define CALL_RECORD_S  120 /* the longest message */
#define CALL_LANGUAGES 16  /* that a sentence is tried in */

enum call_stage {
	CALL_TURNING,
	CALL_MAKING,
	CALL_SAYING,
	CALL_LEAVING,
	CALL_GREETING,
	CALL_CONNECTING,
	CALL_JOINED,
};

enum call_input {
	CALL_BEGINS,
	CALL_KEYS,	  /* "" is silence */
	CALL_MESSAGE,	  /* what was recorded, or nothing */
	CALL_UNSAYABLE,	  /* no sound could be made: it goes on by text */
	CALL_UNCONNECTED, /* the person did not come */
};

struct call;

struct call_sentence {
	struct call *call;
	char *text, *key; /* key NULL: something in it varies */
	const char *language;
	unsigned int tried; /* languages beside its own */
	struct sound *sound;
	bool asked;
};

/* What a turn came to; kept until the next. */
struct call_result {
	struct call_sentence sentences[DIALOGUE_SENTENCES_MAX];
	size_t n;
	char language[16];
	enum dialogue_listen listen;
	unsigned int keys_max;
	bool slow, last;
	bool again;	   /* it was not understood: keys pressed ahead meant something else */
	bool filed;	   /* a report */
	bool by_text;	   /* it goes on by text, which is queued */
	bool waits;	   /* something is unfinished: whoever hangs up now is texted */
	char *state;	   /* of a caller without a number: nothing else keeps it */
	bool ends;	   /* the message for the city is all that is left */
	char *unsaid;	   /* the state, if what was done is in it until it was heard */
	const char *cause; /* of the end, with last */
	bool reject;	   /* do not even answer */
	bool connect;	   /* to a person, whose call has the row person_row */
	struct call_row person_row;
	bool for_city;	      /* the recording */
	int64_t recording_id; /* 0 none */
	char *recording_path;
};

struct call {
	struct llist_head list; /* of calls.open */
	struct calls *cs;
	struct line *ln; /* NULL: hung up */
	uint64_t id;
	struct call_row row; /* id 0: not stored yet */
	enum call_stage stage;
	bool answered, storing;
	struct osmo_timer_list timer; /* silence, a pause in keys, making, trying again */
	unsigned int tries;
	char keys[CALL_KEYS_MAX + 1]; /* not used yet */
	int64_t full_ms;	      /* when enough keys were there, until the next */
	int64_t said_ms, sound_ms;    /* when the prompt was given, and how long it is */

	enum call_input input;
	char text[CALL_KEYS_MAX + 1];
	enum line_recorded how;
	double seconds;
	size_t waiting;		 /* sentences that are being made */
	bool giving;		 /* asking still: what is made at once is not said yet */
	unsigned int wait_tones; /* that were heard while they are made */

	struct call_placed *placed; /* NULL: they called */
	bool machine, heard;	    /* who answered; all of the notice was said */
	bool told; /* how it came, or will be with the step that is not durable yet */
	struct call_person *person; /* call_person.c; NULL: none */

	struct call_result *result; /* of the last turn */
	struct call_result *next;   /* of the step that is not durable yet */
	struct call_row row_next;
};

struct calls {
	struct store *st;
	struct outbox *ob;
	struct desk *desk;
	struct talk *const *talk;
	struct speech *sp;
	struct call_cfg cfg; /* texts are our own copies */
	struct llist_head open;
	struct call_figures figures;
	bool swept;
	int64_t tidied_s;

	/* sentences made ahead; call_keep.c */
	size_t ahead_language, ahead_key;
	unsigned int ahead_busy;
};

/* call_turn.c: inside the store */
/*! Take what came as a step. false: nothing can be written now */
bool call_step(struct call *c);
/*! Called once the step is durable, or is not. */
void call_stepped(struct call *c, bool ok);
/*! The row's end, and when what is unfinished goes on by text. */
void call_close(struct call *c, const char *cause);
/*! Whoever waits for an answer of this person is texted at this moment, if not before. 0; -EIO */
int call_hurry(void *ctx, struct store *st, int64_t person_id, int64_t due_s, int64_t now_s);
/*! What it said was heard to its end. */
void call_heard(struct call *c);

/*! Words of our own. \param[in] args  beside short_code and city; taken over, may be NULL */
void call_say_key(const struct call *c, struct call_result *res, const char *key, json_t *args);
/*! Words as they are. \param[in] text  talloc'd, taken over; key NULL: they vary */
void call_say_text(struct call_result *res, char *text, const char *key);
void call_set_language(const struct call *c, struct call_result *res, const struct person *p);
/*! The conversation, as the call begins. */
int call_converse(void *ctx, struct call *c, struct call_result *res, const struct person *p,
		  bool first, int64_t now_s);

/* call_placed.c: a call that we placed, inside the step */
int call_begin_placed(void *ctx, struct call *c, struct call_result *res, int64_t now_s);
/*! A key, or silence, after a notice. */
int call_notice_answer(struct call *c, struct call_result *res, int64_t now_s);
/*! It is over: tell whoever placed it, if that is not done. 0; -EIO */
int call_came(struct call *c, int64_t now_s);

/* call_person.c: a caller who wants a person */
/*! Inside the step: can one be called now? */
bool call_person_open(const struct call *c, int64_t now_s);
/*! The words, and the row before it is dialled. 0; -EIO */
int call_person_begin(struct call *c, struct call_result *res, int64_t now_s);
/*! The caller was told: dial. */
void call_person_dial(struct call *c);
/*! The phone rings on: the caller hears it. */
void call_person_ring(struct call *c);
struct sound *call_person_tone(void);
/*! Hang it up, if there is one, and close its row. */
void call_person_end(struct call *c, const char *cause, bool hang_up);
/*! The program stops. */
void call_person_forget(struct call *c);
/*! The caller whose person this is; NULL: none. */
struct call *call_of_person(struct calls *cs, const struct line *ln, uint64_t session);
/*! Is this row that of its person's call? */
bool call_person_is(const struct call *c, int64_t row_id);
void call_person_answered(struct call *c);
void call_person_played(struct call *c);

/* call_say.c: words to sound to the line */
void call_say(struct call *c);
void call_making_late(struct call *c);
void call_forget_sounds(struct call *c);

/* call.c */
/*! Before the first prompt. false: it is over */
bool call_answer(struct call *c);
/*! A prompt is about to be said: what is waited for. */
void call_listen(struct call *c);
/*! What is to be done next with it: a step. */
void call_take(struct call *c, enum call_input input);
/*! The call, if it is still there. */
struct call *call_find(struct calls *cs, const struct line *ln, uint64_t id);
/*! Nothing could be said in this call. */
void call_unsaid(struct calls *cs, struct line *ln, uint64_t id);

/* call_keep.c */
/*! After a step that dropped a recording's row. */
void call_unlink_file(void *data, uint64_t id, bool ok);
/*! How long a file of so many octets is, about; 0: there is none, or nothing in it. */
double call_file_seconds(const char *path);
void call_prepare_stop(struct calls *cs);
