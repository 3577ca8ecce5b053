/* staff_phone_int.h - private to flow/staff_phone*.c. */
#pragma once

#include "flow/casework.h"
#include "flow/staff_phone.h"
#include "store/store_staff.h"
#include "talk/work_text.h"

#define PHONE_WAITS_S (15 * 60) /* so long a code is waited for */

struct staff_phones {
	struct staff_phones_city city;
	struct staff_phones_cfg cfg;
	struct casework *casework;
};

/* One text on its way through its step. */
struct staff_turn {
	void *ctx;
	struct staff_phones *sp;
	const struct person *p;
	const char *line, *text, *language;
	const char *channel; /* for the history: "sms", "ussd" */
	const char **told;   /* a session shows it; NULL: it is queued as a text */
	bool asks;	     /* a code is waited for */
	int64_t now_s;
	struct staff *staff;			 /* NULL: a contractor */
	const struct contractor_cfg *contractor; /* NULL: staff */
	const char *who;			 /* "staff anna" */
};

/* What a phone is asked for: a code, to do what it said; or a fresh one, to send a notice. */
struct staff_wait {
	char *text; /* NULL: a notice */
	int64_t notice_id;
	bool counted; /* the estimate was told */
	int64_t until_s;
};

/*! The words of a key; args is taken. */
char *staff_words(struct staff_turn *t, const char *key, json_t *args);
/*! Queue an answer. 1; -EIO */
int staff_answer(struct staff_turn *t, const char *text);
/*! The same of a key, with args or NULL. */
int staff_say(struct staff_turn *t, const char *key, json_t *args);

int staff_wait_put(struct staff_phones *sp, int64_t staff_id, const struct staff_wait *wait);
/*! -ENOENT nothing is asked */
int staff_wait_get(void *ctx, struct staff_phones *sp, int64_t staff_id, struct staff_wait *out);
int staff_wait_drop(struct staff_phones *sp, int64_t staff_id);

/* staff_phone_near.c */
/*! "BIJ 2511BT": place is what follows the word. 1; -EIO */
int staff_near(struct staff_turn *t, const char *place);

/* staff_phone_work.c */
/*! Do what is said of reports, and answer in one text. 1; -EIO */
int staff_work(struct staff_turn *t, const struct work_item *items, size_t n);

/* staff_phone_notice.c */
/*! "BERICHT SPUI Vandaag geen water": rest is what follows the word. 1; -EIO */
int staff_notice(struct staff_turn *t, const char *rest);
/*! A fresh code came. 1; -EIO */
int staff_notice_go(struct staff_turn *t, int64_t notice_id);
int staff_notice_cancel(struct staff_turn *t, int64_t notice_id);
/*! For broadcast_on_counted(). */
int staff_notice_counted(int64_t notice_id, void *data);
