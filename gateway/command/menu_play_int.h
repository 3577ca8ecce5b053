/* menu_play_int.h - private to menu_play*.c: the residents, and what can be done with them. */
#pragma once

#include <jansson.h>

#include "command/menu_play.h"
#include "desk/desk.h"
#include "store/store.h"

#define PEOPLE_MAX   16
#define PLAY_CODE    "*140"
#define PLAY_CALL    "call"    /* said by voice: a call begins */
#define PLAY_MESSAGE "message" /* and something was spoken */

struct play_person {
	char number[PHONE_SIZE];
	char *state;
	int64_t remind_s, expire_s; /* when; 0 not */
	int expire_after_s;
	bool first;
	bool session; /* a page waits for an answer */
	bool texted;  /* the last word to them came by text, and so does the answer */
};

struct menu_play {
	struct talk *talk;
	struct store *st;
	struct desk *desk;
	int64_t now_s, last_report, recordings;
	struct play_person people[PEOPLE_MAX];
	size_t people_n, who;
	enum dialogue_channel channel;
	char *said;	 /* answers since the last look, a line each after "< " */
	json_t *answers; /* the same as objects */
	json_t *reports; /* ids of all that were filed */
};

/* ---- menu_play.c ---- */

/*! The resident says something, by what the channel and the last answer make it. \returns 0; -EIO */
int menu_play_take(struct menu_play *play, const char *text);
void menu_play_hang_up(struct menu_play *play);
/*! The contractor's word on the last report. \returns 0; negative: it cannot become that */
int menu_play_change(struct menu_play *play, const char *name, int64_t expected_s,
		     const char *note);
int menu_play_clock(struct menu_play *play, int64_t by_s);
/*! Be somebody from here on. \returns 0; -ENOSPC */
int menu_play_person(struct menu_play *play, const char *number);
int menu_play_language(struct menu_play *play, const char *language);
/*! \returns the bytes and a NUL; NULL with errno */
char *menu_play_read(void *ctx, const char *path, size_t *size);

/* ---- menu_play_script.c ---- */
