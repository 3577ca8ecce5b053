/* broadcast_int.h - private to flow/broadcast*.c. */
#pragma once

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "flow/broadcast.h"

/* Dutch numbers that are no mobiles: by place (1 to 5 and 7 but for 06 and 097), 085 and 088. */
#define LAND_LINES "+311 +312 +313 +314 +315 +317 +3185 +3188"

/* What store_remember() keeps: parts a second. */
#define PACE_OWNER "notices"
#define PACE_KEY   "parts-a-second"

/* Whose notice it is, found. */
struct audience {
	struct recipient_query queries[BROADCAST_AUDIENCE_MAX];
	size_t n;
};

/* A notice that is under way in this process. */
struct broadcast_run {
	struct llist_head list;
	int64_t id;
	/* gathering */
	struct audience *audience; /* NULL: not read yet */
	size_t at;
	struct recipient_cursor cursor;
	struct {
		bool looking;
		int64_t reached;      /* by the notice before it, when the look began */
		int64_t seen, seen_s; /* of the last look; -1: there was none */
		struct recipient_cursor cursor;
	} follow;	 /* of an update */
	int64_t quiet_s; /* the next quiet hours begin; 0: not known */
	/* does it move? */
	bool looked, still;
	int64_t moved, moved_s;
	/* pace */
	int64_t minute_ms; /* when this minute began */
	unsigned int in_minute;
};

struct broadcast {
	struct store *st;
	struct outbox *ob;
	struct callouts *co; /* NULL: nobody is called */
	struct desk *desk;
	struct talk *const *talk;
	struct broadcast_cfg cfg; /* its texts are children of texts */
	void *texts;
	struct osmo_timer_list work;
	struct llist_head runs;
	double pace; /* as it was remembered last */
	int (*told)(const struct notice *notice, void *data);
	void *told_data;
};

/* broadcast_audience.c */
/*! Read and look up. 0; -EINVAL, -ENOENT with *error; -EIO */
int audience_read(void *ctx, struct broadcast *bc, const char *json, struct audience *out,
		  char **error);

/* broadcast_draft.c, inside the caller's step; the state of n tells what came of it */
/*! Is it over with a draft?  0; -EIO */
int notice_draft_due(struct broadcast *bc, struct notice *n, int64_t now_s);
/*! Nobody gets it. 0; -EIO */
int notice_lapse(struct broadcast *bc, struct notice *n, int64_t now_s);

/* broadcast_follow.c */
/*! Of an update that runs: write down some of those whom the notice before it has reached meanwhile.
 *  \param[in,out] n  due: when to look again
 *  \param[out] all  nobody can come any more
 *  \returns 1: look again at once; 0; -EIO */
int notice_follow(struct broadcast *bc, struct broadcast_run *run, struct notice *n, int64_t now_s,
		  bool *all);

/* broadcast_call.c */
/*! Can they be said in a call? 0; -EINVAL with *error */
int notice_voice_check(void *ctx, const char *words, char **error);
/*! Does a number take no texts, so that a notice by voice calls it? */
bool notice_is_land_line(const struct broadcast *bc, const char *number);
/*! Queue calls, up to some at once. \returns how many were looked at; -EIO */
int notice_call_some(struct broadcast *bc, const struct notice *n, int64_t calls);

/* broadcast_words.c */
/*! Words of a notice for a language: its own, those of its base, of the city's first, or any. Borrowed from words. */
const char *notice_words(const struct broadcast *bc, const json_t *words, const char *language);
/*! Which language these are of. */
const char *notice_language(const struct broadcast *bc, const json_t *words, const char *language);
/*! Are they an object of texts, each a text message? 0; -EINVAL with *error */
int notice_words_check(void *ctx, const struct broadcast *bc, const char *words, char **error);
/*! This moment, or the first after it that is not quiet. */
int64_t notice_loud(const struct broadcast *bc, const struct notice *n, int64_t at_s);
/*! The next moment that is quiet; INT64_MAX: there is none. */
int64_t notice_quiet(const struct broadcast *bc, const struct notice *n, int64_t at_s);
