/* menu_check.h - is the tree whole: nothing leads nowhere, no word is missing, every page fits? */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "talk/dialogue.h"
#include "talk/menu.h"

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

/* How long a sentence takes to say; the estimate of its letters where there is no voice. */
struct menu_ear {
	double (*seconds)(const char *language, const char *sentence,
			  void *data); /* < 0: unknown */
	void *data;
};

/*! Look at what each text costs in a language: is it more than it should be?
 *  \param[in] ear  NULL: times are guessed */
void menu_advise(const struct talk *talk, const char *language, const struct menu_ear *ear,
		 void (*found)(const struct menu_finding *finding, void *data), void *data);

/* What a node's text costs in one language, with values of usual length in its slots. */
/* Who listens for longer has forgotten the beginning; or hangs up before there is a key to press. */
#define MENU_VOICE_S	 45
#define MENU_KEY_S	 20
#define MENU_USSD_OCTETS 112 /* of a page: what any HLR passes on */
struct menu_cost {
	const char *node, *language;
	const char *text;     /* the example; lives during the call */
	const char *alphabet; /* "gsm7" or "ucs2" */
	unsigned int parts, units;
	unsigned int ussd_octets, ussd_pages; /* of MENU_USSD_OCTETS */
	const char *aloud;		      /* what is heard: the question and its options */
	double voice_s;			      /* how long that takes */
	double key_s;			      /* until the first key was told, or all was said */
	bool guessed;			      /* these two, from letters */
	bool estimated;			      /* a list: with three items */
};

/*! Tell what each text that a node says costs. */
void menu_costs(const struct talk *talk, const char *language, const struct menu_ear *ear,
		void (*each)(const struct menu_cost *cost, void *data), void *data);

/*! Read menus, prompts and categories without checking them against each other.
 *  \returns NULL with *error set */
struct talk *talk_read(void *ctx, const char *menus, const char *prompts, char **error);
