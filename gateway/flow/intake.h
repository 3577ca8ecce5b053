/* intake.h - a text came in: seen before?  whole?  a robot?  one turn of dialogue, all in one step.
 *
 * The line is settled after the commit; a repeated key changes nothing and is settled at once.
 */
#pragma once

#include "desk/desk.h"
#include "flow/outbox.h"
#include "line/line.h"
#include "store/store.h"

struct intake_cfg {
	int hourly_ceiling;   /* texts of one number that are answered in an hour */
	int same_ceiling;     /* the same text in a row */
	int part_wait_s;      /* for the missing part of a long text */
	int parts_per_sender; /* waiting at most */
	const char *code;     /* what is dialled to reach us, "*140#"; NULL none */
};

struct intake;

/* Who looks at a text before it is a turn of dialogue: staff and contractors. */
struct intake_before {
	/*! Inside the step.  \returns 1 it was theirs, and is answered; 0 it is a resident's; -EIO */
	int (*take)(void *ctx, const struct person *p, const char *line, const char *text,
		    int64_t now_s, void *data);
	/*! The same of an answer in a session, which is told and not queued.
	 *  \param[out] told  child of ctx
	 *  \param[out] asks  something is asked: the session stays open */
	int (*answer)(void *ctx, const struct person *p, const char *text, int64_t now_s,
		      const char **told, bool *asks, void *data);
	/*! Of who may send more in an hour than others. \returns 0 this is a resident; -EIO */
	int (*ceiling)(const struct person *p, void *data);
	void *data;
};

/*! How many texts of a person are answered in an hour; asked of before only where it matters. -EIO */
int intake_ceiling(const struct intake_cfg *cfg, const struct intake_before *before,
		   const struct person *p);

struct intake *intake_alloc(void *ctx, struct store *st, struct outbox *ob, struct desk *desk,
			    struct talk *const *talk, const struct intake_cfg *cfg);
/*! Take other settings from now on. */
void intake_configure(struct intake *in, const struct intake_cfg *cfg);
void intake_before(struct intake *in, const struct intake_before *before);
void intake_heard(struct intake *in, struct line *ln, const struct line_heard *heard);
/*! Agenda: read expired part sets with gaps; remind and expire dialogues. */
void intake_due(struct intake *in, int64_t now_s);
/*! Put a question of ours to a person inside the caller's step (notify). Nothing goes to who said STOP. */
int intake_open(struct intake *in, int64_t person_id, const char *node, json_t *slots,
		enum outbox_lane lane, int64_t report_id);
