/* menu_play.h - a conversation without a line: on a terminal, or a written transcript replayed.
 *
 * The engine, the desk and the store are the real ones; the store is in memory, the clock stands
 * still unless a transcript moves it, and references come from a fixed seed.
 *
 * A transcript is lines:
 *   > text                    the resident
 *   < line                    the answer; each line of it; "< --" stands between two texts,
 *                             "< -- NUMBER" before one to somebody else
 *   @ +2d | +3h | +30m        time goes by: reminders and what expires are answers too
 *   @ hang                    the resident ends the session
 *   @ number +31612340002     another resident from here on
 *   @ new                     who has never written before
 *   @ language en             who chose a language once
 *   @ STATE [+3d] [note]      the contractor on the last report filed: forwarded, planned,
 *                             in_progress, solved, rejected; or "late +5d"
 *   # comment
 *
 * Played as USSD, what is said answers the page that is shown; if none is, *140# is dialled first, and
 * what that shows is an answer too.  "> *140*1*3#" dials itself.  A text of ours ("< -- sms" stands
 * before it) is answered by text until that conversation is over.  "< ==" stands below the last page of a
 * session; time that goes by ends it as well.
 *
 * Played as voice, what is said are keys ("1", "2511 28", "*"), nothing for silence, or "message" for something
 * spoken; "call" calls, and so does the first key.  An answer is a line for each sentence and what is listened
 * for: "(key)", "(keys)", "(message)".
 *
 * As JSON a transcript gives a line for each of its lines with '>' or '@':
 *   {"input": "> meld", "answers": [{"to", "channel": "sms"|"ussd"|"voice", "text", "last"}, ...],
 *    "state": what the conversation keeps, "session": true while a page waits}
 * and at its end one with what is in the database: {"reports": [...], "people": [...]}.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "talk/dialogue.h"

struct menu_play;

struct menu_play_setup {
	struct talk *talk;     /* filled in */
	const char *database;  /* copied, so that its registers are there; NULL in memory */
	const char *registers; /* folder of addresses.csv and assets.csv; NULL none */
	const char *number;
	const char *language; /* NULL: not chosen */
	enum dialogue_channel channel;
	int64_t now_s;
};

/*! \param[out] error  talloc child of ctx
 *  \returns NULL on error */
struct menu_play *menu_play_alloc(void *ctx, const struct menu_play_setup *setup, char **error);

/*! Replay a transcript.
 *  \param[in] update  write what was answered into the file
 *  \returns 0; 1 if an answer differs (the difference is on out); -EINVAL unreadable, *error says why */
int menu_play_file(struct menu_play *play, const char *path, bool update, FILE *out, char **error);

/*! Play a transcript's lines as they come, and print JSON; what it has as answers is not looked at.
 *  \returns 0; -EINVAL at a line that is none */
int menu_play_json(struct menu_play *play, FILE *in, FILE *out);

/*! Talk on a terminal until the end of input. \returns 0 */
int menu_play_terminal(struct menu_play *play, FILE *in, FILE *out);
