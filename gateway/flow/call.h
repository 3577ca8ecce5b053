/* call.h - who calls: a turn for what was keyed, a sentence for what is said, all of it committed before it is heard.
 *
 * A call is a conversation like a text's: the same menus, the same state in the database.  Silence or a wrong key is asked
 * again twice with other words; then, and when a call is dropped, it goes on by text.  Each call is a row of `call`, each
 * message one of `recording`, and no recording is without its row.
 */
#pragma once

#include "desk/desk.h"
#include "flow/intake.h"
#include "flow/outbox.h"
#include "line/line.h"
#include "store/store.h"
#include "voice/speech.h"

struct calls;

struct call_cfg {
	const char *recordings; /* folder of messages, beside the database */
	int silence_s;		/* without a key, before it is asked again; 0: 6 */
	int calls_max;		/* at once, over all lines; 0: 1000 */
	int hourly_ceiling;	/* texts, codes and calls of one number in an hour; 0: 60 */
	int keep_days;		/* recordings and the rows of calls; 0: 90 */
};

struct calls *calls_alloc(void *ctx, struct store *st, struct outbox *ob, struct desk *desk,
			  struct talk *const *talk, struct speech *sp, const struct call_cfg *cfg);
void calls_configure(struct calls *cs, const struct call_cfg *cfg);

/* line_user's callbacks of calls. */
void calls_called(struct calls *cs, struct line *ln, const struct line_call *call);
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

struct call_figures {
	size_t open;
	uint64_t answered, abandoned, filed, by_text, messages, busy;
	uint64_t report_s;	 /* from answering to the report, of all filed */
	size_t ahead, ahead_all; /* fixed sentences that are made ahead, of how many */
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
