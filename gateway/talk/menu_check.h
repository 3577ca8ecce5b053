/* menu_check.h - is the tree whole: nothing leads nowhere, no word is missing, every page fits? */
#pragma once

#include <stddef.h>

#include "talk/dialogue.h"

struct menu_ear; /* talk/menu_cost.h */

enum menu_weight {
	MENU_WRONG,   /* the menus cannot be used */
	MENU_MISSING, /* a language lacks words; another's are used */
	MENU_ADVICE,  /* works, but costs */
};

struct menu_finding {
	enum menu_weight weight;
	const char *file;
	int line;
	const char *text; /* lives during the call */
};

/*! Look at all of it.
 *  \param[in] ops  for the desk's names and outcomes; NULL: not looked at
 *  \returns how many findings are MENU_WRONG */
size_t menu_check(const struct talk *talk, const struct dialogue_desk *ops,
		  void (*found)(const struct menu_finding *finding, void *data), void *data);

/*! Look at what each text costs in a language: is it more than it should be?
 *  \param[in] ear  NULL: times are guessed */
void menu_advise(const struct talk *talk, const char *language, const struct menu_ear *ear,
		 void (*found)(const struct menu_finding *finding, void *data), void *data);
