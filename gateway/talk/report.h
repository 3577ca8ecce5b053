/* report.h - what a report is: its fields, its reference number, which state may follow which.
 *
 * Pure: knows neither the database nor the contractor.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum report_state {
	REPORT_RECEIVED,
	REPORT_FORWARDED,
	REPORT_PLANNED, /* with a date */
	REPORT_IN_PROGRESS,
	REPORT_SOLVED,
	REPORT_CLOSED,
	REPORT_REJECTED, /* with a reason */
	REPORT_REOPENED, /* the resident says that it is not fixed */
};

#define REPORT_REFERENCE_SIZE 13 /* 7 to 12 digits and NUL */
#define REPORT_CATEGORY_SIZE  48
#define REPORT_STATE_COUNT    8

struct report {
	int64_t id;
	char reference[REPORT_REFERENCE_SIZE];
	int64_t person_id;		     /* 0: not by a resident of this line */
	char category[REPORT_CATEGORY_SIZE]; /* slug */
	char thing[24]; /* "container", "lamp"...: reports on the same thing may be the same */
	int64_t area_id, address_id, asset_id; /* 0: not known */
	const char *area;		       /* its name, NULL if none */
	const char *place;		       /* as read back: "Spui 70, Centrum" */
	const char *asset_number;	       /* on the sticker, NULL if none */
	bool located;
	double lat, lon; /* WGS84, if located */
	const char *description;
	bool urgent;
	enum report_state state;
	int64_t state_at_s; /* when it came true by the one who said so: the order of states */
	int64_t created_s;
	int64_t promise_s;	    /* solved before, as told to the resident */
	int64_t expected_s;	    /* the contractor's date; 0 none */
	char language[16];	    /* of the reporter */
	char channel[12];	    /* "sms", "ussd", "voice", "handset", "open311" */
	char contractor[48];	    /* who has it; "" none */
	const char *contractor_ref; /* their number, NULL until known */
	const char *note;	    /* last thing the contractor said, NULL none */
	int64_t merged_into;	    /* the report that this is the same as; 0 none */
	int64_t updated_s;	    /* when anything of it was written down last */
};

/*! "in_progress" and so on, as in files and on the wire. Never NULL. */
const char *report_state_name(enum report_state state);

/*! \returns 0; -EINVAL if the word is no state */
int report_state_read(enum report_state *state, const char *name);

/*! May a report go from one state to another (design: an older state never overwrites a newer)?
 *  A new date within REPORT_PLANNED and a new note within the same state are allowed. */
bool report_may_become(enum report_state from, enum report_state to);

/*! Is the work still to be done? */
bool report_is_open(enum report_state state);

/*! Make a reference that is not guessable from the one before.
 *  \param[out] out  digits and NUL
 *  \param[in] random  uniformly random
 *  \param[in] digits  7 to 12, the Damm check digit included; the first is never 0 */
void report_reference_make(char out[REPORT_REFERENCE_SIZE], uint64_t random, unsigned int digits);

/*! Read what a resident typed or keyed: digits with any spacing, dots or dashes.
 *  \returns 0; -EINVAL if it has no 7 to 12 digits; -EBADMSG if the check digit is wrong */
int report_reference_read(char out[REPORT_REFERENCE_SIZE], const char *text);

/*! "4829153" becomes "482 915 3". \returns out, of at least 18 bytes */
const char *report_reference_show(char *out, const char *reference);
