/* work_text.h - what those who work outside text about reports: "4829153 klaar do 10u, 5829154 gepland 12-12".
 *
 * A contractor without a system and a caretaker in the street write alike: a report's number, a word (keywords work-* of
 * the prompts), perhaps a day and a time, and whatever they want to say.  Several at once, in one text.  The word may come
 * first.  Pure: who may say it, and whether there is such a report, is not known here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "talk/phrase.h"
#include "talk/report.h"

#define WORK_ITEMS_MAX 40

enum work_verb {
	WORK_NONE,     /* only a number */
	WORK_SEEN,     /* "gezien" */
	WORK_BUSY,     /* "bezig" */
	WORK_PLANNED,  /* "gepland 12-12", also "klaar" with a day to come, and a day alone */
	WORK_DONE,     /* "klaar" */
	WORK_TO,       /* "naar haeghe": for another contractor; note is the name */
	WORK_NOT_OURS, /* "niet van ons" */
	WORK_NOTE,     /* "noot ..."; and any other words */
};

struct work_item {
	char reference[REPORT_REFERENCE_SIZE]; /* digits; "" if it is none */
	char typed[24];			       /* as it was written */
	enum work_verb verb;
	bool named;	  /* by a word of the keywords, or a day: not just any words */
	int64_t at_s;	  /* of a day: noon UTC of it, which is the same day in the city; 0 none */
	bool timed;	  /* with a time: then at_s is that moment */
	const char *note; /* what else was said; "" nothing */
	bool cut;	  /* it went on: the text is longer than ANSWER_TEXT_MAX */
};

/*! Read a text.
 *  \param[in] ctx  parent of the notes
 *  \param[in] now_s  what "do", "morgen" and "12-12" are relative to
 *  \returns how many are about a number; 0: it is about none; over WORK_ITEMS_MAX: too many, and out is not filled */
size_t work_read(void *ctx, const char *text, int64_t now_s, const char *zone,
		 const struct phrases *ph, struct work_item out[WORK_ITEMS_MAX]);

/*! Read a day, with a time perhaps, at the beginning: "do 10u", "morgen", "op 12-12 om 14:30", "12 dec".
 *  \param[in] past  of a weekday: may be the last few days; else it is the next such day
 *  \param[out] rest  what follows it
 *  \returns false if there is none */
bool work_day(const char *text, int64_t now_s, const char *zone, const struct phrases *ph,
	      bool past, int64_t *at_s, bool *timed, const char **rest);

/*! Can work be planned for it: not a day that is over, nor one further off than two years, which is a slip of the keys? */
bool work_day_can_be(int64_t at_s, int64_t now_s, const char *zone);
