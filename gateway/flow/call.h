/* call.h - who calls: a turn for what was keyed, a sentence for what is said, all of it committed before it is heard.
 *
 * A call is a conversation like a text's: the same menus, the same state in the database.  Silence or a wrong key is asked
 * again twice with other words; then, and when a call is dropped, it goes on by text.  Each call is a row of `call`, each
 * message one of `recording`, and no recording is without its row.
 *
 * Who keys 0 is connected to a person, on the same line and in opening hours; that is a call of its own, with a row.
 */
#pragma once

#include "desk/desk.h"
#include "flow/intake.h"
#include "flow/outbox.h"
#include "line/line.h"
#include "store/store.h"
#include "talk/hours.h"
#include "voice/speech.h"

#define CALL_PERSON_HOURS_MAX 8

struct calls;

struct call_cfg {
	const char *recordings; /* folder of messages, beside the database */
	int silence_s;		/* without a key, before it is asked again; 0: 6 */
	int calls_max;		/* at once, over all lines; 0: 1000 */
	int hourly_ceiling;	/* texts, codes and calls of one number in an hour; 0: 60 */
	int keep_days;		/* recordings and the rows of calls; 0: 90 */
	const char *
		person; /* who is called when a caller keys 0; NULL: nobody, a message is recorded */
	struct hours person_hours[CALL_PERSON_HOURS_MAX];
	size_t person_hours_n; /* 0: at any time */
	int person_ring_s;     /* 0: 30 */
};

struct calls *calls_alloc(void *ctx, struct store *st, struct outbox *ob, struct desk *desk,
			  struct talk *const *talk, struct speech *sp, const struct call_cfg *cfg);
void calls_configure(struct calls *cs, const struct call_cfg *cfg);

/* How a call went that we placed. */
enum call_came {
	CALL_CAME_PERSON,  /* the conversation has begun, or the notice was said to its end */
	CALL_CAME_MACHINE, /* which was told in short */
	CALL_CAME_HUNG_UP, /* a person, in the middle of the notice */
	CALL_CAME_CUT,	   /* it was over before anyone was told */
};

/* A call that callout.h placed, and that was answered.  Copied, but for what data points to. */
struct call_placed {
	struct call_row row;  /* stored before it was dialled */
	const char *notice;   /* NULL: the conversation that waits goes on */
	const char *language; /* of the notice; "": the person's */
	bool last_try;
	/* Once, inside the step that writes it down. 0; -EIO */
	int (*came)(enum call_came how, int64_t now_s, void *data);
	void (*gone)(void *data); /* the call is over */
	void *data;
};
void calls_placed(struct calls *cs, struct line *ln, uint64_t session,
		  const struct call_placed *placed);
/*! The word of it in the rows: "busy". */
const char *call_unreached_word(enum line_unreached why);
/*! Is this number in a call? */
bool calls_talk_to(const struct calls *cs, const char *number);

/* line_user's callbacks of calls. */
void calls_called(struct calls *cs, struct line *ln, const struct line_call *call);
void calls_unreached(struct calls *cs, struct line *ln, uint64_t session, enum line_unreached why);
void calls_greeted(struct calls *cs, struct line *ln, uint64_t session, enum line_greeting who);
void calls_key(struct calls *cs, struct line *ln, uint64_t session, char key);
void calls_played(struct calls *cs, struct line *ln, uint64_t session);
void calls_recorded(struct calls *cs, struct line *ln, uint64_t session, enum line_recorded how,
		    double seconds);
void calls_ended(struct calls *cs, struct line *ln, uint64_t session);
/*! The line goes: its calls are over. */
void calls_line_remove(struct calls *cs, struct line *ln);
/*! Have all that is always said with the same words made ahead, in every language, while nobody waits. */
void calls_prepare(struct calls *cs);
/*! Agenda: calls that a crash left open are closed, recordings without a row erased. */
void calls_due(struct calls *cs, int64_t now_s);

#define CALL_NODES_MAX 50 /* a hung-up call at one more counts as "other" */

struct call_node_figure {
	char node[64]; /* as struct call_row has it */
	uint64_t abandoned;
};

struct call_figures {
	size_t open;
	uint64_t answered, abandoned, filed, by_text, messages, busy;
	uint64_t connected, unconnected; /* to a person, of all who wanted one in opening hours */
	uint64_t report_s;		 /* from answering to the report, of all filed */
	uint64_t keys_missed;		 /* came, and could not be used; also at a hang-up */
	size_t ahead, ahead_all;	 /* fixed sentences that are made ahead, of how many */
	struct call_node_figure nodes[CALL_NODES_MAX + 1]; /* of abandoned, most first */
	size_t n_nodes;
};
void calls_figures(const struct calls *cs, struct call_figures *out);

/* A call under way, for the operator. */
struct call_seen {
	const char *line, *number; /* number "": withheld */
	const char *node, *doing;
	int64_t since_s;
	unsigned int keys;
};
void calls_each(const struct calls *cs, void (*each)(const struct call_seen *call, void *data),
		void *data);
