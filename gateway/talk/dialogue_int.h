/* dialogue_int.h - a conversation while one turn is taken; for the files dialogue*.c. */
#pragma once

#include "talk/answer.h"
#include "talk/dialogue.h"
#include "talk/menu.h"

#define DIALOGUE_SAID_MAX  1500 /* bytes of free text that are kept for the next questions */
#define DIALOGUE_BACK_MAX  8
#define DIALOGUE_QUEUE_MAX 5
#define DIALOGUE_STEPS_MAX 64 /* nodes without a question in a turn: more is a circle */

struct dialogue {
	void *ctx; /* of this turn: all below lives in it */
	struct dialogue_turn *turn;
	const struct dialogue_desk *ops;
	void *desk;

	/* kept from turn to turn */
	const struct menu_node *node; /* the question that waits; NULL none */
	json_t *slots;
	char *said;	    /* free text so far, "" none */
	char *left;	    /* the same with blanks where a place or a number was read */
	char *partial;	    /* "Spui", of which the house number is asked; NULL */
	json_t *found;	    /* what may be chosen: items of a register, or candidates; NULL */
	bool candidates;    /* found are meanings of what was said */
	size_t from, shown; /* the page of found */
	int tries;	    /* answers to this question that were not understood */
	bool asked;	    /* a question was put: it is no single text any more */
	json_t *back;	    /* array of {node, slots} before each answer */
	json_t *queue; /* array of {node, slots}: questions of ours that wait; one that gave way has
			     * said, left and asked too */
	char *unsaid;  /* what was done, while nobody can tell that it was read; NULL nothing */
	char *pages;   /* the answer that is shown a page at a time; NULL: whole */
	size_t page;   /* the byte of it at which the page that is shown begins */
	bool session;  /* the last turn was one of a session */

	/* kept during a call; dialogue_voice.c */
	bool call;	/* the last turn was one of a call */
	bool by_text;	/* which could not go on: even what was only offered is sent by text */
	bool over;	/* what it was about is done: the main menu is only offered */
	size_t ear;	/* the first of the options that were said last */
	char *how;	/* a place is keyed by "postcode" or "object"; NULL: that is asked */
	char *keyed;	/* the postcode, of which the house number is asked; NULL */
	char *heard;	/* what was said before the question, to be said again; NULL nothing */
	size_t repeats; /* that it was asked to say it again, in a row */

	/* of this turn */
	const struct danger *danger;
	char *body; /* what is said before the question, "" none */
	bool did;   /* the city did something, which body tells */
	bool hold;  /* questions are not put but queued in held */
	const struct menu_node *held;
	int steps;
	json_t *fixed; /* in a call: what was said word by word as the prompts have it, to its key */
	bool greet;    /* it begins, and the keys that always work are told */
	bool person;   /* a person is wanted */
	bool failed;   /* the desk failed */
};

/* ---- dialogue_state.c: kept as JSON ---- */

/*! Start with nothing said. */
void dialogue_init(struct dialogue *d, void *ctx, struct dialogue_turn *turn,
		   const struct dialogue_desk *ops, void *desk);

/*! Fill from what was kept. \returns 0; -EINVAL if it fits the menus no more (then as initialised) */
int dialogue_state_read(struct dialogue *d, const char *state);

/*! \returns talloc'd text; NULL if the conversation is over */
char *dialogue_state_write(const struct dialogue *d, void *ctx);

/*! Forget the conversation, but not the questions that wait. */
void dialogue_reset(struct dialogue *d);

/* ---- dialogue_slot.c: what is known ---- */

const char *dialogue_slot(const struct dialogue *d, const char *name);
/*! A slot's value as a word, whatever its type; buf of size 24 or more. NULL if unset. */
const char *dialogue_slot_word(const struct dialogue *d, const char *name, char *buf, size_t size);
void dialogue_set(struct dialogue *d, const char *name, const char *value);
void dialogue_clear(struct dialogue *d, const char *name);
/*! Take over all slots of an object but "label" and "value". */
void dialogue_set_all(struct dialogue *d, json_t *object);

/*! Add free text to what was said. */
void dialogue_said(struct dialogue *d, const char *text);
/*! Of the free text, what no question has used and that says something; NULL if nothing. */
char *dialogue_left(struct dialogue *d, void *ctx);

/* ---- dialogue_say.c: the words ---- */

/*! Is a question put now? */
static inline bool dialogue_asks(const struct dialogue *d)
{
	return d->node && !d->turn->called_back;
}

/*! A phrase with the slots (and an item's over them) filled in. */
char *dialogue_phrase(struct dialogue *d, const char *key, json_t *item);
void dialogue_add(struct dialogue *d, const char *text);
/*! Write out body and question as answers. */
void dialogue_answer(struct dialogue *d, void *ctx, struct dialogue_out *out);
/*! The state to keep, and how long. */
void dialogue_keep(const struct dialogue *d, void *ctx, struct dialogue_out *out);
/*! A session's answer: the page that is shown. */
void dialogue_show_page(struct dialogue *d, void *ctx, struct dialogue_out *out);
/*! The question that waits, with other words after an answer that was not understood. */
char *dialogue_question_text(struct dialogue *d);
/*! What to do in a danger that was told of. */
char *dialogue_danger_text(struct dialogue *d, void *ctx);
/*! The labels that can be chosen now, n of them. */
const char **dialogue_labels(struct dialogue *d, size_t *n);

/* ---- dialogue.c: the turn ---- */

/*! To the main menu. */
void dialogue_start_over(struct dialogue *d);
/*! Take what was said as an answer to the question that waits, else as a beginning. */
void dialogue_take_or_begin(struct dialogue *d, const char *text);
/*! Something else begins: what stays open for days is asked again when that is over. */
void dialogue_leave(struct dialogue *d);
/*! Is it a key that moves about, or its word? */
bool dialogue_is_key(const struct dialogue *d, const char *text, const char *key, const char *word);
/*! Answer. \returns 0; -EIO if the desk failed */
int dialogue_finish(struct dialogue *d, void *ctx, struct dialogue_out *out, bool command);

/* ---- dialogue_session.c: pages, and what a session left ---- */

/*! Is it a key that turns the page?  Turns it if so; if not, the answer that was shown has been read.
 *  \returns true: dialogue_show_page() is the whole turn */
bool dialogue_turn_page(struct dialogue *d, const char *text);
/*! Put what nobody may have read before what is said now, and keep what may not be read this time. */
void dialogue_say_unsaid(struct dialogue *d);

/* ---- dialogue_voice.c: a call's turn ---- */

/*! Take keys, silence or a recording. */
void dialogue_take_keys(struct dialogue *d, const char *keys);
/*! A call begins, or begins again. */
void dialogue_call_begins(struct dialogue *d, bool lost);
/*! Nothing is asked any more: what else? */
void dialogue_call_goes_on(struct dialogue *d);
/*! What can be heard of a question. */
enum dialogue_heard {
	HEARD_NOTHING,	/* nothing is asked */
	HEARD_MENU,	/* one of the labels */
	HEARD_PLACE,	/* how a place is to be keyed */
	HEARD_POSTCODE, /* its six keys */
	HEARD_HOUSE,	/* the number of a house, of a postcode or a street */
	HEARD_OBJECT,	/* the number on a container or lamp */
	HEARD_KEYS,	/* a number or a day */
	HEARD_MESSAGE,
};
enum dialogue_heard dialogue_heard(const struct dialogue *d);
/*! The options of a menu by ear, n of them. */
const char **dialogue_heard_labels(struct dialogue *d, size_t *n);

/* ---- dialogue_voice_say.c: what is heard ---- */

#define DIALOGUE_EAR_TRIES 3 /* the first answer that is not understood any more */

void dialogue_answer_call(struct dialogue *d, void *ctx, struct dialogue_out *out);

/* ---- dialogue_walk.c: from node to node ---- */

/*! Enter a node and go on until a question or the end. NULL is the end. */
void dialogue_walk(struct dialogue *d, const struct menu_node *node);
/*! Put the question that waits first, if any. */
void dialogue_next(struct dialogue *d);
void dialogue_queue(struct dialogue *d, const struct menu_node *node, json_t *slots);
/*! The same of a conversation that gave way, before all others and with what was said in it. */
void dialogue_queue_kept(struct dialogue *d, const struct dialogue *kept);

/* ---- dialogue_ask.c: an answer ---- */

/*! Forget what is offered. */
void dialogue_forget_choice(struct dialogue *d);
/*! Keep for "back" what is known now. */
void dialogue_remember(struct dialogue *d);
/*! The question is answered: on to the next. */
void dialogue_done(struct dialogue *d, const struct menu_goto *to);
/*! To the question before, or say that this is the first. */
void dialogue_back(struct dialogue *d);

enum dialogue_taken {
	TAKEN_NOTHING, /* it says nothing of the kind */
	TAKEN_DONE,    /* the slots are set */
	TAKEN_CHOICE,  /* candidates or a partial place wait for a choice */
};

/*! Does what was said so far answer an ask?  \param[in] certain  candidates count as nothing */
enum dialogue_taken dialogue_take_said(struct dialogue *d, const struct menu_node *node,
				       bool certain);
/*! Does this text choose one of the things offered?  Walks on if so. */
bool dialogue_take_choice(struct dialogue *d, const char *text);
/*! Does it answer the question in words?  Walks on if so. */
bool dialogue_take_words(struct dialogue *d, const char *text);
