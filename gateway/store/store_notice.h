/* store_notice.h - notices to many, who gets them, and what residents subscribed to.
 *
 * Part of the store: see store.h for steps and errors.  A recipient is a row of its own, keyed by notice and number, so
 * that nobody gets a notice twice whatever lists they are in.  A notice holds its own counts, which change with its rows;
 * what becomes of a text in the outbox becomes of its recipient by itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/* ---- subscriptions ---- */

enum subscription_kind {
	SUBSCRIBE_STREET,
	SUBSCRIBE_AREA,
	SUBSCRIBE_CATEGORY,
	SUBSCRIBE_ALL,
	SUBSCRIPTION_KINDS
};

struct subscription {
	int64_t id, person_id;
	enum subscription_kind kind;
	int64_t ref;	   /* street or area; else 0 */
	char category[48]; /* of talk/category.h, or "main:" and a group of them; else "" */
	char name[96];	   /* of the street or area: "Spui"; else "" */
	int64_t since_s;
};

/*! kind, ref and category say what. -EEXIST: it stands already */
int store_subscribe(struct store *st, const struct subscription *sub, int64_t now_s);
int store_unsubscribe(struct store *st, const struct subscription *sub); /* -ENOENT */
int store_subscriptions(struct store *st, int64_t person_id,
			bool (*each)(const struct subscription *sub, void *data), void *data);
/*! STOP for one list of notices only, whatever its case, or no more so; of that list nothing queued leaves. 0, also if it was so */
int store_list_stop(struct store *st, int64_t person_id, const char *list, bool stop,
		    int64_t now_s);

/*! A list that some notice was of, whatever its case. -ENOENT */
int store_list_find(struct store *st, const char *list, char *name, size_t size);

/* ---- notices ---- */

enum notice_state {
	NOTICE_DRAFT,	  /* nobody gets it yet */
	NOTICE_GATHERING, /* who gets it is being written down */
	NOTICE_WAITING, /* for its start, for the end of quiet hours, or for a look at its canary part */
	NOTICE_RUNNING,
	NOTICE_PAUSED,
	NOTICE_DONE,
	NOTICE_CANCELLED,
	NOTICE_EXPIRED, /* before all had it */
	NOTICE_LAPSED, /* a draft that was not sent in time, or whose list did not come to its end */
	NOTICE_STATES
};

enum notice_kind { NOTICE_ALERT, NOTICE_UPDATE, NOTICE_CANCEL, NOTICE_KINDS }; /* CAP 1.2 msgType */

/*! Nothing of it will be sent any more. */
bool notice_has_ended(enum notice_state state);

#define NOTICE_KEY_SIZE 192

struct notice {
	int64_t id;
	char key[NOTICE_KEY_SIZE]; /* of who sends it; of CAP: sender,identifier,sent */
	enum notice_state state;
	bool go; /* it may be sent; else it is a draft once it is gathered */
	bool taking; /* a list of numbers is being written down: nothing of it may be sent before its last one is */
	enum notice_kind kind;
	int64_t follows_id;   /* an update or cancel of this; 0 none */
	const char *title;    /* for staff */
	const char *words;    /* JSON: {"nl": "...", "en": "..."} */
	const char *audience; /* JSON, see flow/broadcast.h */
	const char *list;     /* what residents call it when they stop it; "" none */
	bool voice;	      /* whoever cannot be texted is called */
	int64_t start_s, expires_s;
	int quiet_from_min, quiet_to_min; /* minutes of the city's day; equal: none */
	unsigned int canary;		  /* so many first, then it waits for a look; 0 none */
	unsigned int pace;		  /* texts a minute at most; 0: what the lines can */
	const char *who;		  /* "staff anna", "cap" */
	int64_t created_s, ended_s;	  /* ended 0: something may still be sent */
	int64_t due_s;			  /* when time alone changes something; 0: an event does */
	/* how far it is: these are parts of recipients; the rest is due */
	int64_t recipients, queued, sent, delivered, failed, skipped;
};

/*! Sets id. -EEXIST: the key is taken, and id is that of who took it */
int store_notice_add(struct store *st, struct notice *notice);
int store_notice_get(void *ctx, struct store *st, int64_t id, struct notice *out);
/*! Writes state, go, canary and due; done, cancelled and expired are its end. */
int store_notice_put(struct store *st, const struct notice *notice, int64_t now_s);
/*! As it came by CAP 1.2; the caller's step. */
int store_notice_cap_put(struct store *st, int64_t id, const char *alert);
char *store_notice_cap_get(void *ctx, struct store *st, int64_t id); /* NULL: it did not */
/*! By the key of who sends it. -ENOENT */
int store_notice_by_key(struct store *st, const char *key, int64_t *id);
/*! Newest first, before an id (0: all), up to max. */
int store_notice_list(void *ctx, struct store *st, int64_t before_id, size_t max,
		      bool (*each)(const struct notice *notice, void *data), void *data);
/*! The next one after this id that has not ended. -ENOENT */
int store_notice_open(void *ctx, struct store *st, int64_t after, struct notice *out);
/* Of all notices that have not ended. */
struct notice_figures {
	int64_t notices[NOTICE_STATES];
	int64_t recipients, queued, sent, delivered, failed, skipped;
};
int store_notice_figures(struct store *st, struct notice_figures *out);
const char *notice_state_name(enum notice_state state); /* "draft", "gathering", ... */
const char *notice_kind_name(enum notice_kind kind);	/* "alert", ... */

/* ---- who gets it ---- */

enum recipient_state {
	RECIPIENT_DUE,
	RECIPIENT_QUEUED, /* its text is in the outbox, or its call is to be placed */
	RECIPIENT_SENT,
	RECIPIENT_DELIVERED,
	RECIPIENT_FAILED,
	RECIPIENT_SKIPPED, /* said STOP, is blocked, or can neither be texted nor called */
	RECIPIENT_TO_CALL, /* of a notice by voice: cannot be texted */
};

struct recipient {
	int64_t notice_id, person_id; /* person 0: of a file, and never heard */
	char number[PHONE_SIZE], language[16];
};

/* Whose notice it is: reporters and followers of reports, then subscribers, and those to everything where any are. */
enum recipient_source {
	SOURCE_REPORT,	 /* ref; no subscribers */
	SOURCE_AREA,	 /* ref */
	SOURCE_STREET,	 /* ref, area_id */
	SOURCE_CATEGORY, /* category, group; only of open reports */
	SOURCE_CIRCLE,	 /* reports within it; no subscribers */
	SOURCE_NOTICE,	 /* ref: those that got it; who is being sent it gets it later */
	SOURCE_SUBSCRIBERS,
	SOURCE_POLYGON, /* as the circle; ring */
};

struct recipient_point {
	double lat, lon;
};

struct recipient_query {
	enum recipient_source source;
	int64_t ref;
	int64_t area_id;	      /* the street is in, whose subscribers want it too; 0 none */
	const char *category, *group; /* "main:waste", likewise; NULL none */
	double lat, lon, radius_m;
	const struct recipient_point *ring; /* the first point follows the last */
	size_t n_ring;
	int64_t since_s; /* only reports newer than this */
};

/* Where gathering stands; zeroed at first. */
struct recipient_cursor {
	unsigned int pass;
	int64_t id;
	double lat;
	char number[PHONE_SIZE];
	bool done;
};

/*! Write down some more of those who get it, looking at no more than max rows: STOP, STOP for its list and blocked ones are
 *  written as skipped, and who is there already is left as is.  Beginning again changes nothing. 0; -EIO */
int store_recipients_gather(struct store *st, const struct notice *notice,
			    const struct recipient_query *query, size_t max,
			    struct recipient_cursor *cursor);
/*! One of a file. -EEXIST: is there already; skipped is told: 1 */
int store_recipient_add(struct store *st, const struct notice *notice, const char *number,
			const char *language);
/*! The same with several, of whom number and language count: who is there already is left as is. \returns 0; -EIO */
int store_recipients_add(struct store *st, const struct notice *notice,
			 const struct recipient *rows, size_t n);
/*! Before some numbers of its list are added: it is still to be complete, and lapses only later.
 *  -ENOENT: its list is complete, or it has ended */
int store_notice_take(struct store *st, int64_t id, int64_t due_s);
/*! It goes on: so do those that follow it, and were done with whom it had reached until now. \returns count */
int store_notice_reopen(struct store *st, int64_t id, int64_t now_s);
/*! Its list is complete. -ENOENT as above */
int store_notice_taken(struct store *st, int64_t id);
/*! How many were gathered that may have it, a language; "" is the city's first. */
int store_notice_languages(struct store *st, int64_t notice_id,
			   bool (*each)(const char *language, int64_t people, void *data),
			   void *data);
/*! Those that are due, by number, up to max; said STOP since then: they are skipped here. \returns count */
int store_recipients_due(struct store *st, const struct notice *notice, struct recipient *out,
			 size_t max);
/*! The same of those that are to be called. */
int store_recipients_to_call(struct store *st, const struct notice *notice, struct recipient *out,
			     size_t max);
/*! Calls to recipients of a notice that are not over. \returns count */
int64_t store_notice_calls(struct store *st, int64_t notice_id);
int store_recipient_put(struct store *st, int64_t notice_id, const char *number,
			enum recipient_state state);
int store_recipient_get(struct store *st, int64_t notice_id, const char *number,
			enum recipient_state *state); /* -ENOENT */
/*! The text of the outbox is of this notice, and its recipient queued. */
int store_outbox_of_notice(struct store *st, int64_t outbox_id, int64_t notice_id);
/*! Texts and calls to a person that have not left, of notices of a list (NULL: of all): their recipients are skipped. 0; -EIO */
int store_notice_stopped(struct store *st, int64_t person_id, const char *list, int64_t now_s);
/*! Texts and calls of a notice that have not left, nor begun to: their recipients are due again, and the texts are expired, the calls
 *  dropped.
 *  \returns count */
int store_notice_withdraw(struct store *st, int64_t notice_id, int64_t now_s);
/*! A part is queued once more: if it is of a notice that was paused or ended meanwhile, its text is withdrawn. 0; -EIO */
int store_notice_withdraw_held(struct store *st, int64_t part_id, int64_t now_s);
