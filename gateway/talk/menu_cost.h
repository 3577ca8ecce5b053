/* menu_cost.h - what each text of the menus costs: parts of an SMS, pages of USSD, seconds to hear.
 *
 * Reckoned with values of usual length in its slots.  Knows no price and does not judge: menu_advise() does.  Pure, but
 * for the ear.
 */
#pragma once

#include <stdbool.h>

#include "talk/dialogue.h"

#define MENU_USSD_OCTETS 112 /* of a page: what any HLR passes on */

/* How long a sentence takes to say, in seconds; < 0: not known. */
struct menu_ear {
	double (*seconds)(const char *language, const char *sentence, void *data);
	void *data;
};

/* What a node's text costs in one language.  Texts live during the call. */
struct menu_cost {
	const char *node, *language;
	const char *text;     /* the example */
	const char *alphabet; /* "gsm7" or "ucs2" */
	unsigned int parts, units;
	unsigned int ussd_octets, ussd_pages; /* of MENU_USSD_OCTETS */
	const char *aloud;		      /* what is heard: the question and its options */
	double voice_s;			      /* how long that takes */
	double key_s;			      /* until the first key was told, or all was said */
	bool guessed;			      /* these two, from letters */
	bool estimated;			      /* a list: with three items */
};

/*! Tell what each text that a node says costs.
 *  \param[in] ear  NULL: times are guessed, by letters, as they are where it does not know */
void menu_costs(const struct talk *talk, const char *language, const struct menu_ear *ear,
		void (*each)(const struct menu_cost *cost, void *data), void *data);
