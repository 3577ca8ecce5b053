/* store_callout.h - calls that we place: a row until somebody was reached, or will not be.
 *
 * As store.h: main thread, inside a step; 0, -ENOENT, -EEXIST or -EIO.
 */
#pragma once

#include "store/store.h"

struct callout_row {
	int64_t id;
	bool notice; /* else a call back, which a resident asked for */
	char number[PHONE_SIZE];
	int64_t person_id;
	char language[16]; /* of a notice; "": the person's */
	char *text;	   /* of a notice; NULL: the conversation that waits */
	char state[12];	   /* waiting, dialling, reached, unreached, dropped */
	int64_t due_s;	   /* not before */
	int64_t since_s;   /* dialling: since when */
	unsigned int tries;
	char line[32], cause[16]; /* of the last try; "" none yet */
	int64_t created_s, ended_s;
	int64_t notice_id; /* whose recipient this is: its end becomes theirs (store_notice.h); 0 none */
};

/*! Sets id. -EEXIST: this number is called back already */
int store_callout_add(struct store *st, struct callout_row *row);
int store_callout_get(void *ctx, struct store *st, int64_t id, struct callout_row *out);
/*! The next that is due, behind this one (by due, then id; 0, 0 first). -ENOENT */
int store_callout_due(void *ctx, struct store *st, int64_t now_s, int64_t after_due_s,
		      int64_t after_id, struct callout_row *out);
/*! A try begins: it counts from now on. -ENOENT: it does not wait any more */
int store_callout_dial(struct store *st, int64_t id, const char *line, int64_t now_s);
/*! The try reached nobody. \param[in] counts  false: it was none. -ENOENT: it is not being dialled */
int store_callout_again(struct store *st, int64_t id, int64_t due_s, bool counts,
			const char *cause);
/*! The call of a try has ended, if it has not been said yet. 0; -EIO */
int store_callout_call_ended(struct store *st, int64_t id, const char *cause, int64_t now_s);
/*! Not now. -ENOENT: it does not wait */
int store_callout_later(struct store *st, int64_t id, int64_t due_s);
/*! reached, unreached or dropped, and why. -ENOENT: it has ended */
int store_callout_end(struct store *st, int64_t id, const char *state, const char *cause,
		      int64_t now_s);
/*! The next after this id that is being dialled, or is in its call. -ENOENT */
int store_callout_dialling(void *ctx, struct store *st, int64_t after_id, struct callout_row *out);
/*! The call back of this number that has not ended. -ENOENT */
int store_callout_back(void *ctx, struct store *st, const char *number, struct callout_row *out);
/*! How often a number asked to be called back since a moment. */
int store_callout_recent(struct store *st, const char *number, int64_t since_s);
/*! Newest first, up to max. */
int store_callout_list(void *ctx, struct store *st, size_t max,
		       bool (*each)(const struct callout_row *row, void *data), void *data);
/*! Those that have not ended. \returns count */
int64_t store_callout_waiting(struct store *st);
/*! Those that ended before a moment and have no call any more go; count. */
int store_callout_tidy(struct store *st, int64_t before_s, unsigned int max);
