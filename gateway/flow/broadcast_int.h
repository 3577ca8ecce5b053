/* broadcast_int.h - private to flow/broadcast*.c. */
#pragma once

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "flow/broadcast.h"

#define AUDIENCE_MAX 32

/* What store_remember() keeps: parts a second. */
#define PACE_OWNER "notices"
#define PACE_KEY   "parts-a-second"

/* Whose notice it is, found. */
struct audience {
	struct recipient_query queries[AUDIENCE_MAX];
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
	/* pace */
	int64_t minute_ms; /* when this minute began */
	unsigned int in_minute;
};

struct broadcast {
	struct store *st;
	struct outbox *ob;
	struct desk *desk;
	struct talk *const *talk;
	struct broadcast_cfg cfg; /* texts are our own copies */
	struct osmo_timer_list work, tell;
	struct llist_head runs;
	double pace; /* as it was remembered last */
	void (*changed)(void *data);
	void *changed_data;
};

/* broadcast_audience.c */
/*! Read and look up. 0; -EINVAL, -ENOENT with *error; -EIO */
int audience_read(void *ctx, struct broadcast *bc, const char *json, struct audience *out,
		  char **error);

/* broadcast_words.c */
/*! Words of a notice for a language: its own, those of its base, of the city's first, or any. Borrowed from words. */
const char *notice_words(const struct broadcast *bc, const json_t *words, const char *language);
/*! Which language these are of. */
const char *notice_language(const struct broadcast *bc, const json_t *words, const char *language);
/*! Are they an object of texts, each a text message? 0; -EINVAL with *error */
int notice_words_check(void *ctx, const struct broadcast *bc, const char *words, char **error);
/*! This moment, or the first after it that is not quiet. */
int64_t notice_loud(const struct broadcast *bc, const struct notice *n, int64_t at_s);
