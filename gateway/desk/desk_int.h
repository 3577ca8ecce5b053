/* desk_int.h - what the files of the desk share. */
#pragma once

#include <stdint.h>

#include "desk/desk.h"
#include "store/store.h"

#define DESK_CANDIDATES_MAX 5
#define DESK_LABEL_SIZE	    256

struct desk {
	struct store *st;
	struct desk_user user;
};

/* ---- desk.c: slots ---- */

/* "" if absent. */
const char *desk_slot_text(json_t *slots, const char *name);
/* 0 if absent; reads numbers, texts of digits, true. */
int64_t desk_slot_int(json_t *slots, const char *name);
bool desk_slot_real(json_t *slots, const char *name, double *out);
void desk_set_text(json_t *slots, const char *name, const char *value); /* "" or NULL: absent */
void desk_set_int(json_t *slots, const char *name, int64_t value);
void desk_set_date(json_t *slots, const char *name, int64_t at_s); /* 0: absent */

/* ---- desk_place.c, desk_street.c, desk_label.c ---- */

/* \returns 0; -EIO */
int desk_find_place(struct desk *d, const char *text, json_t *slots, struct dialogue_turn *turn,
		    bool objects_only, struct dialogue_found *found);

/* A street as it may be meant. */
struct desk_street {
	struct street street;
	int distance; /* letters forgiven */
	size_t guess; /* which of the guesses it was */
};

/* Streets that sound like one of the guesses from..to-1 (the same place in the text, longest first), best first.
 * \returns count; -EIO */
struct place_guess;
int desk_streets_like(struct desk *d, const struct place_guess *guesses, size_t from, size_t to,
		      struct desk_street *out, size_t max);

/* The houses of a street whose numbers are nearest. \returns count; -EIO */
int desk_street_nearest(struct desk *d, int64_t street_id, int number, struct place *out,
			size_t max);

/* "Spui 70, Centrum"; rough: without the number. */
void desk_label(char out[DESK_LABEL_SIZE], const struct place *place, bool rough,
		const struct dialogue_turn *turn);
/* All slots of a place and its label. */
json_t *desk_place_slots(const struct place *place, bool rough, const struct dialogue_turn *turn);

/* ---- desk_keys.c ---- */

/* What follows "keys." of a type: postcode, address or asset. \returns 0; -ENOENT no such type; -EIO */
int desk_find_keys(struct desk *d, const char *what, const char *text,
		   const struct dialogue_turn *turn, struct dialogue_found *found);

/* ---- desk_reference.c ---- */

int desk_find_reference(struct desk *d, const char *text, struct dialogue_turn *turn,
			struct dialogue_found *found);

/* ---- desk_near.c ---- */

/* As a person would say it: tens, then fifties, then hundreds. */
int desk_round_metres(double metres);
const char *desk_report_near(struct desk *d, json_t *slots, struct dialogue_turn *turn);
const char *desk_near_count(struct desk *d, json_t *slots, struct dialogue_turn *turn);
int desk_list_near(struct desk *d, json_t *slots, struct dialogue_turn *turn, json_t *items);

/* ---- desk_agenda.c ---- */

int desk_list_agenda(struct desk *d, json_t *slots, struct dialogue_turn *turn, json_t *items);

/* ---- desk_report.c ---- */

/* desk_report_slots() and the followers. \returns 0; -EIO */
int desk_set_report(struct desk *d, const struct report *report, const struct dialogue_turn *turn,
		    json_t *slots);
/* How many follow it. -EIO */
int desk_followers(struct desk *d, int64_t report_id);
const char *desk_report_status(struct desk *d, json_t *slots, struct dialogue_turn *turn);
const char *desk_report_mine(struct desk *d, json_t *slots, struct dialogue_turn *turn);
const char *desk_report_file(struct desk *d, json_t *slots, struct dialogue_turn *turn);
const char *desk_report_follow(struct desk *d, json_t *slots, struct dialogue_turn *turn);
const char *desk_report_add(struct desk *d, json_t *slots, struct dialogue_turn *turn);
const char *desk_report_confirm(struct desk *d, json_t *slots, struct dialogue_turn *turn);
const char *desk_report_reopen(struct desk *d, json_t *slots, struct dialogue_turn *turn);
int desk_list_mine(struct desk *d, json_t *slots, struct dialogue_turn *turn, json_t *items);

/* ---- desk_person.c ---- */

const char *desk_person_language(struct desk *d, json_t *slots, struct dialogue_turn *turn);
const char *desk_person_stop(struct desk *d, json_t *slots, struct dialogue_turn *turn);
const char *desk_person_start(struct desk *d, json_t *slots, struct dialogue_turn *turn);
const char *desk_person_call(struct desk *d, json_t *slots, struct dialogue_turn *turn);
