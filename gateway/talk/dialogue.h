/* dialogue.h - one turn of a conversation: (state, what was said) to (state, answers).
 *
 * The state is a JSON text that the caller keeps (a column of the database).  What the menu asks of
 * the city goes through struct dialogue_desk, inside the caller's transaction; so a turn has no
 * I/O of its own and reads no clock, and runs in unit tests, fuzzers and menu play.
 *
 * What is said may answer several questions at once ("MELD AFVAL SPUI 70 container vol"): what a
 * question does not use is kept for the next, and only what is missing is asked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "talk/category.h"
#include "talk/phrase.h"

struct menus; /* talk/menu.h */

/* Everything a conversation is made of; loaded as a whole so that a reload changes all or nothing. */
struct talk {
	struct menus *menus;
	struct phrases *phrases;
	struct categories *categories;
	const char *city;	/* "Den Haag" */
	const char *short_code; /* "14070" */
	const char *country;	/* "31" */
	const char *zone;	/* "Europe/Amsterdam" */
	const char **languages; /* offered, NULL-terminated, the first is the default */
	bool call_back; /* a line can call whoever asks for it; argument {call_back}: "yes" */
};

enum dialogue_channel {
	DIALOGUE_SMS,
	DIALOGUE_USSD,
	DIALOGUE_VOICE,
};

/* Who speaks and when; handed through to the desk. */
struct dialogue_turn {
	int64_t now_s;
	int64_t person_id;
	const char *number;
	char language[16];    /* the desk writes here when "person.language" changes it */
	bool language_chosen; /* the person chose it once; else it is the default */
	bool first; /* nobody of this number was ever answered: say what is kept of them */
	enum dialogue_channel channel;
	const char *channel_name; /* "sms", "ussd", "handset", ...: for the report's history */
	size_t page_octets;	  /* DIALOGUE_USSD: what a page holds (wire/ussd_text.h); 0: 160 */
	const char
		*code; /* what is dialled to reach us, "*140#"; NULL none.  Argument {ussd} of the
			   * words is it without the "#" */
	int64_t recording_id; /* DIALOGUE_VOICE: what was said is this recording; 0 none */
	bool called_back;     /* the desk writes here: we call now, and ask by ear what waits */
	const struct talk *talk;
};

/* One thing that a text may mean, of a type that the city must look up. */
struct dialogue_found {
	json_t *candidates; /* array of objects; each holds the slots to set and "label".  Owned by
			      * the caller of find(), who decrefs it.  Empty: nothing found */
	bool exact;	    /* one candidate, no letter forgiven: need not be confirmed */
	bool incomplete; /* a street without a number, a number without a street: ask for the rest */
	size_t span_start, span_end; /* bytes of the text that said so */
};

/* What a menu can ask of the city; desk/ provides it. */
struct dialogue_desk {
	/* look and do: reads and writes slots, returns the outcome's word ("none", "filed"), which the
	 * node maps to the next node; NULL if there is no such name. */
	const char *(*call)(void *desk, const char *name, json_t *slots,
			    struct dialogue_turn *turn);
	/* ask: of type place, reference or asset.  0; -ENOENT if there is no such type. */
	int (*find)(void *desk, const char *type, const char *text, json_t *slots,
		    struct dialogue_turn *turn, struct dialogue_found *found);
	/* choose from a register, say with a list: appends objects (slots and "value") to items.
	 * 0; -ENOENT if there is no such register. */
	int (*list)(void *desk, const char *name, json_t *slots, struct dialogue_turn *turn,
		    json_t *items);
	/* all names and their outcomes, NULL-terminated "name outcome outcome ..." lines: for menu check */
	const char *const *names;
};

#define DIALOGUE_ANSWERS_MAX 4

/* DIALOGUE_VOICE: what is listened for after the answers were said. */
enum dialogue_listen {
	DIALOGUE_LISTEN_NOTHING, /* it is over */
	DIALOGUE_LISTEN_KEY,	 /* one key chooses */
	DIALOGUE_LISTEN_KEYS,	 /* several, ended by '#' or '*', by keys_max, or by a pause */
	DIALOGUE_LISTEN_MESSAGE, /* the caller speaks: a recorded message */
};

/* Something to be said: a whole sentence. */
struct dialogue_sentence {
	char *text; /* talloc child of out's ctx */
	const char *
		key; /* of the phrase, if nothing in it varies: a recording may replace it; else NULL */
};

#define DIALOGUE_SENTENCES_MAX 24
#define DIALOGUE_EAR_OPTIONS   5 /* said before "for more" */

struct dialogue_out {
	char *answers[DIALOGUE_ANSWERS_MAX]; /* texts to send, in order; talloc children of ctx */
	size_t n;
	char *state; /* what to keep; NULL: the conversation is over */
	/* DIALOGUE_VOICE, instead of answers: what is said, in turn->language as it is after the turn */
	struct dialogue_sentence sentences[DIALOGUE_SENTENCES_MAX];
	size_t sentences_n;
	enum dialogue_listen listen;
	unsigned int keys_max; /* DIALOGUE_LISTEN_KEYS: enough */
	bool slow;	       /* say it slowly */
	/* the caller wants a person: connect, or record a message (phrases voice.connect, voice.leave,
	 * voice.thanks).  Nothing is said and nothing asked; the key "*" goes on where it was */
	bool person;
	bool by_text; /* it goes on by SMS: what dialogue_remind() says, at once; with last */
	bool last;    /* nothing waits and no page is left: a session ends with this */
	int remind_s; /* of silence, until dialogue_remind(); 0 none */
	int expire_s; /* after that until it is forgotten */
	bool command; /* it was STOP, HELP or the like: never counts as a robot's echo */
};

/*! Take one turn.
 *  DIALOGUE_VOICE: what is said are keys.  In a menu they are 1 to 5 of the options that were said last, and '#' brings the
 *  next five.  '*' says it again, the second time slowly; "0" wants a person; "9" goes back, and while several keys
 *  are gathered "#" alone does.  "" is silence; with turn->recording_id it is what was spoken, and slot "recording"
 *  is that.  An answer that fits not is asked again twice with other words, then it goes on by text.  What is over is
 *  followed by the main menu, so a call ends when the caller hangs up, or (out->last) does not answer.  While a
 *  question by keys waits the '#' or '*' that ended it is a part of the text.
 *  \param[in] state  kept from the last turn, NULL if none.  A state that an older menu file made
 *                    and that fits no more starts again with an apology, never fails.
 *  \param[in] text  UTF-8, any bytes survive
 *  \returns 0; -EIO if the desk failed (the caller rolls back) */
int dialogue_take(void *ctx, const char *state, const char *text, struct dialogue_turn *turn,
		  const struct dialogue_desk *ops, void *desk, struct dialogue_out *out);

/*! Put a question of our own ("Is it solved? 1 yes 2 no"): enter a node with slots.  If a
 *  conversation is under way it is asked when that ends, and only the node's own text without its
 *  question goes out now.
 *  \param[in] slots  borrowed
 *  \returns 0; -EIO as dialogue_take(); -EINVAL if the menus have no such node */
int dialogue_open(void *ctx, const char *state, const char *node, json_t *slots,
		  struct dialogue_turn *turn, const struct dialogue_desk *ops, void *desk,
		  struct dialogue_out *out);

/*! A session begins: a code was dialled.  DIALOGUE_USSD gets exactly one answer a turn: a page, which is
 *  the whole answer or as much as fits.  On a page that has more, "#" or "98" brings the next and "0" the one
 *  before; options keep their numbers over the pages.  DIALOGUE_VOICE: somebody calls; path is "".
 *  \param[in] state  what was kept: without a path the conversation that waits goes on, and it is said so
 *                    (a question that was only offered, such as the main menu, begins again)
 *  \param[in] path  keys parted by '*', "#" at the end or not: "1*3#" of *140*1*3#: straight to a place in
 *                   the menu, and what each key on the way would have said is left out; "" none.  What
 *                   waits is left as a keyword leaves it.  The first key that does not fit is the last
 *  \returns as dialogue_take() */
int dialogue_dial(void *ctx, const char *state, const char *path, struct dialogue_turn *turn,
		  const struct dialogue_desk *ops, void *desk, struct dialogue_out *out);

/*! In a session something was answered that is no conversation: it is shown, a page at a time, and then the question
 *  that waits, if any; one that was only offered is forgotten.
 *  \returns 0 */
int dialogue_tell(void *ctx, const char *state, const char *told, struct dialogue_turn *turn,
		  struct dialogue_out *out);

/*! The answer of a session's last turn has left.  Until then the state keeps what a turn did ("your report
 *  is 482 915 3") and says it again in the next session or text, or as a reminder: whoever was cut
 *  off would else report twice.
 *  \returns the state to keep, talloc'd; NULL if nothing */
char *dialogue_seen(void *ctx, const char *state, const struct dialogue_turn *turn);

/*! The text that reminds of an unfinished conversation, with its question again; NULL in out->answers if
 *  there is nothing to remind of.  What a session may not have shown is said first, and is then no
 *  more in the state: keep out->state, or nothing where it is NULL. */
int dialogue_remind(void *ctx, const char *state, struct dialogue_turn *turn,
		    const struct dialogue_desk *ops, void *desk, struct dialogue_out *out);

/*! The text that says that an unfinished conversation has expired and how to start again. */
int dialogue_expire(void *ctx, const char *state, struct dialogue_turn *turn,
		    struct dialogue_out *out);

/*! Make of numbers, places and names among the arguments of a phrase what a person says (talk/spoken.h). */
void dialogue_spell_args(json_t *args, const struct talk *talk, const char *language);

/*! Read the menus, menus/categories.yaml and prompts/ without checking them against each other.
 *  \param[out] error  "file:line: what is wrong", talloc child of ctx
 *  \returns NULL on error; the caller fills the rest, as below */
struct talk *talk_read(void *ctx, const char *menus, const char *prompts, char **error);

/*! The same, and check them against each other.
 *  \param[in] ops  for the desk's names; NULL: not checked
 *  \returns NULL on error; the caller fills city, short_code, country, zone, languages before use */
struct talk *talk_load(void *ctx, const char *menus, const char *prompts,
		       const struct dialogue_desk *ops, char **error);
