/* staff_phone_int.h - private to flow/staff_phone*.c. */
#pragma once

#include "flow/casework.h"
#include "flow/staff_phone.h"
#include "store/store_staff.h"
#include "talk/work_text.h"

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

/*! The words of a key; args is taken. */
char *staff_words(struct staff_turn *t, const char *key, json_t *args);
/*! Queue an answer. 1; -EIO */
int staff_answer(struct staff_turn *t, const char *text);
/*! The same of a key, with args or NULL. */
int staff_say(struct staff_turn *t, const char *key, json_t *args);
/*! A turn that time begins: t is filled in for the phone of one of the staff. 0; -ENOENT they have none any more; -EIO */
int staff_turn_to(struct staff_turn *t, int64_t staff_id, struct staff *staff,
		  struct person *person);

/* staff_phone_near.c */
/*! "BIJ 2511BT": place is what follows the word. 1; -EIO */
int staff_near(struct staff_turn *t, const char *place);

/* staff_phone_work.c */
/*! Do what is said of reports, and answer in one text. 1; -EIO */
int staff_work(struct staff_turn *t, const struct work_item *items, size_t n);

/* staff_phone_notice.c */
/*! "BERICHT SPUI Vandaag geen water": rest is what follows the word. 1; -EIO */
int staff_notice(struct staff_turn *t, const char *rest);
/*! What the code is waited for would send: NOTICE_GATHERING, NOTICE_DRAFT, else it is late or over. 0; -ENOENT; -EIO */
int staff_notice_stands(struct staff_turn *t, int64_t notice_id, enum notice_state *state);
/*! A fresh code came. 1; -EIO */
int staff_notice_go(struct staff_turn *t, int64_t notice_id);
int staff_notice_cancel(struct staff_turn *t, int64_t notice_id);
/*! For broadcast_on_draft(). */
int staff_notice_told(const struct notice *notice, void *data);
