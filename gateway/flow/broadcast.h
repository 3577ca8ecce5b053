/* broadcast.h - notices to many: who gets one is written down, then as many texts as the lines take are queued, in
 * the last lane.
 *
 * The outbox never holds more of a notice than the lines send in a moment, so memory stays small, and a pause or a cancel
 * takes hold at once.  Each piece of work is a step of its own: a kill at any moment loses nobody and sends nothing twice.
 * Answers and status texts go first (flow/outbox.h).
 *
 * audience, JSON: an object, or an array of them whose people are taken together, each once:
 *   {"area": "centrum"}                         reporters and followers there, and subscribers of it and its streets
 *   {"street": "Spui"}                          the same, and subscribers of its area
 *   {"near": "2511BT 70", "radius": 300}        metres around a place; or "lat" and "lon"
 *   {"polygon": [[52.1, 4.3], ...]}            the same within it: lat and lon of 3 to 1000 corners
 *   {"report": "4829153"}                       its reporter and followers
 *   {"category": "container-full"}              its subscribers and its group's, and those of open reports
 *   {"subscribers": true}                       whoever has any subscription; whoever has one to everything
 *                                               is of area, street, near and category too
 *   {"file": 1200}                              a list of numbers, that are added by store_recipient_add()
 * An update or a cancel goes to who got the notice that it follows, and to no others; also to who gets that later.  It is of the same
 * list, if it says no other.
 *
 * A draft that is not sent before it expires is no draft any more, nor is one that lapses before that
 * (broadcast_lapse_at()).  A list of numbers comes in several steps (struct notice, taking): each says so by
 * store_notice_take(), and until broadcast_taken() the notice is being gathered and cannot be sent.  If no more of it
 * comes it lapses.
 *
 * By voice: whoever cannot be texted is called (flow/callout.h): land lines, and those whose text failed for good.
 *
 * A notice that stands still, and a draft that came by CAP, is an alarm "notice 12".
 */
#pragma once

#include <jansson.h>

#include "desk/desk.h"
#include "flow/callout.h"
#include "flow/outbox.h"
#include "store/store_notice.h"

#define BROADCAST_LANGUAGES_MAX 16
#define BROADCAST_PARTS_MAX	10 /* more is no text message but a letter */
#define BROADCAST_AUDIENCE_MAX	32 /* objects of an audience */

struct broadcast;

struct broadcast_cfg {
	int quiet_from_min,
		quiet_to_min; /* minutes of the day, where a notice says nothing; equal: none */
	int cost_milli;	      /* of a part, thousandths of the currency; 0 not known */
	const char *currency; /* "EUR" */
	const char *
		land_lines; /* "+3170 +3110": numbers that begin so take no texts; NULL: the Dutch ones */
	const char *cap_sender; /* who we are in CAP, "meldlijn@denhaag.nl"; NULL: nobody */
	int lives_days; /* a report so old says no more where somebody lives; 0: two years */
};

struct broadcast *broadcast_alloc(void *ctx, struct store *st, struct outbox *ob, struct desk *desk,
				  struct talk *const *talk, const struct broadcast_cfg *cfg);
/*! Who calls, for notices by voice; NULL: nobody. */
void broadcast_use(struct broadcast *bc, struct callouts *co);
void broadcast_configure(struct broadcast *bc, const struct broadcast_cfg *cfg);
const struct broadcast_cfg *broadcast_cfg_of(const struct broadcast *bc);

/*! Inside the caller's step: take a notice; notice->go says whether it is sent once it is gathered, or stays a draft.
 *  What is not said is filled in: start now, expires a day after it, quiet hours as configured.
 *  \param[out] error  what is wrong with it and what to do, child of ctx; set with -EINVAL and -ENOENT
 *  \returns 0; -EEXIST the key was taken before: notice->id is that one; -EINVAL; -ENOENT nothing known by a name in the
 *           audience; -EIO */
int broadcast_add(void *ctx, struct broadcast *bc, struct notice *notice, char **error);
/*! Does the register know who is meant?  0; -EINVAL, -ENOENT with *error; -EIO */
int broadcast_audience_check(void *ctx, struct broadcast *bc, const char *audience, char **error);

/*! Inside the caller's step: take an alert of CAP 1.2 as a notice, that is kept as it came.  Its key is
 *  "sender,identifier,sent".  An Update or a Cancel follows the newest notice that it refers to, of the same sender;
 *  an Update of one that never came is news.  A Cancel without words says that the first one, by its title, no longer
 *  holds.  Words: headline, description and instruction of an info in a language of the line; if these make more than
 *  CAP_PARTS texts, headline, instruction and address only.  It goes to polygons and circles of its areas; an area
 *  without goes by a geocode or name that the register has.  Extreme and Immediate leaves in quiet hours too.
 *  \param[in,out] notice  go, who, list, canary, pace, voice as given; audience too, if it is not NULL: instead of
 *                    the areas
 *  \returns as broadcast_add(); -EBADMSG it is no CAP 1.2; -EPERM it is not for the public, or an exercise or a test */
#define CAP_PARTS 3
int broadcast_cap_add(void *ctx, struct broadcast *bc, const char *alert, size_t len,
		      struct notice *notice, char **error);
/*! Is it for all, so that CAP may carry it?  Not to the people of a report or of a file, and it has left. */
bool broadcast_is_public(struct broadcast *bc, const struct notice *notice);
/*! Who we are in CAP; NULL: nobody */
const char *broadcast_cap_sender(const struct broadcast *bc);
/*! As CAP 1.2: as it came, or as ours. Child of ctx; NULL: not for all, or cap_sender is not configured */
char *broadcast_cap(void *ctx, struct broadcast *bc, const struct notice *notice);

#define BROADCAST_TAKING_S (15 * 60) /* a list of which so long nothing came lapses */
/*! Inside the caller's step: the last number of its list is written down.
 *  \returns 0; -ESTALE: it was so already, or it has ended; -EIO */
int broadcast_taken(struct broadcast *bc, int64_t id);

/*! Inside the caller's step.  Send a draft or go on, also after the canary part; hold back what has not left; give up.
 *  0; -ENOENT; -EINVAL: its state does not allow that; -EAGAIN (go): its list is not complete yet; -EIO */
int broadcast_go(struct broadcast *bc, int64_t id);
int broadcast_pause(struct broadcast *bc, int64_t id);
int broadcast_cancel(struct broadcast *bc, int64_t id);

struct broadcast_language {
	char language[16]; /* of the words that they get */
	int64_t people;
	unsigned int parts; /* of a text */
	bool ucs2;
};

/* What it takes, once it is gathered. */
struct broadcast_estimate {
	int64_t people;	  /* that may get it */
	int64_t left_out; /* said STOP, or cannot be texted */
	int64_t parts, cost_milli;
	double parts_a_second; /* of the lines, or as it was last; 0: not known */
	int64_t last_s; /* about when the last one has it; 0: not known, or after its expiry */
	size_t n;
	struct broadcast_language languages[BROADCAST_LANGUAGES_MAX];
};
/*! 0; -ENOENT; -EAGAIN: it is being gathered; -EIO */
int broadcast_estimate(struct broadcast *bc, int64_t id, struct broadcast_estimate *out);

/*! Texts that the lines send a second, as measured. */
double broadcast_pace(const struct broadcast *bc);
/*! Inside the caller's step: tell the operator of a notice; NULL: it is over. */
int broadcast_alarm(struct broadcast *bc, int64_t id, const char *detail);

/*! told() is called inside the step in which all of a draft's people are written down, so that broadcast_estimate()
 *  knows; and in which it lapses: notice->state says which.  A negative return undoes the step.  One listener. */
void broadcast_on_draft(struct broadcast *bc, int (*told)(const struct notice *notice, void *data),
			void *data);
/*! Inside the caller's step: a draft lapses then, if it is not sent and does not expire before.
 *  0; -ENOENT; -EINVAL: it is no draft; -EIO */
int broadcast_lapse_at(struct broadcast *bc, int64_t id, int64_t at_s);

/*! Agenda: start, quiet hours, expiry, drafts that lapse. */
void broadcast_due(struct broadcast *bc, int64_t now_s);
/*! For a command beside a running line: write down who gets it, to the end.
 *  \param[in] progress  people so far; may be NULL
 *  \returns 0; -ENOENT; -EIO */
int broadcast_gather(struct broadcast *bc, int64_t id, void (*progress)(int64_t people, void *data),
		     void *data);
/*! Something was added by another process: look at all. */
void broadcast_look(struct broadcast *bc);
