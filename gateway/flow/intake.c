// SPDX-License-Identifier: AGPL-3.0-or-later
/* intake.c - see intake.h. */
#include "flow/intake.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/turn.h"
#include "log.h"

#define HOUR_S 3600
#define ECHO_MIN \
	5 /* octets of a folded text that can be a robot's echo: "1" and "ja" are answers */

struct intake {
	struct store *st;
	struct outbox *ob;
	struct desk *desk;
	struct talk *const *talk;
	struct intake_cfg cfg; /* code is our own copy */
	struct intake_before before;
};

/* What became of a text; the words stand in the inbox. */
enum verdict { ANSWERED, SILENT, BLOCKED, CEILING };

static const char *const verdict_words[] = {
	[ANSWERED] = "answered",
	[SILENT] = "silent",
	[BLOCKED] = "blocked",
	[CEILING] = "ceiling",
};

/* One text, whole, on its way through its step. */
struct heard_text {
	const char *key, *line, *number, *text;
	struct line *ln; /* NULL: a set of parts whose time was up */
	int64_t sent_s;
	uint8_t replace; /* as in line_heard */
};

static void settle_line(void *data, uint64_t arg, bool ok)
{
	struct line *ln = data;

	if (ln->ops->settle)
		ln->ops->settle(ln, arg, ok);
}

/* ---- a turn ---- */

static void text_turn(const struct intake *in, struct dialogue_turn *turn, const struct person *p,
		      int64_t now_s)
{
	turn_init(turn, *in->talk, p, now_s);
	turn->code = in->cfg.code;
}

static int converse(void *ctx, struct intake *in, const struct heard_text *ht, struct person *p,
		    bool first, int64_t now_s)
{
	struct dialogue_turn turn;
	struct dialogue_out out = {};
	char *state;
	int rc;

	text_turn(in, &turn, p, now_s);
	if (ht->ln && ht->ln->ops->resend_safe)
		turn.channel_name = "handset";
	turn.first = first;
	rc = turn_state(ctx, in->st, p->id, &state);
	if (rc == 0)
		rc = dialogue_take(ctx, state, ht->text, &turn, &desk_ops, in->desk, &out);
	if (rc == 0)
		rc = turn_keep(in->st, p->id, ht->line, &out, now_s);
	if (rc == 0)
		rc = turn_tally(in->st, "sms", out.state, false, now_s);
	if (rc == 0)
		rc = turn_text(in->ob, p, ht->line, OUTBOX_REPLY, &out, 0);
	return rc;
}

/* ---- robots and strangers ---- */

int intake_ceiling(const struct intake_cfg *cfg, const struct intake_before *before,
		   const struct person *p)
{
	int own = 0;

	if (before->ceiling && p->hour_count >= (unsigned int)cfg->hourly_ceiling)
		own = before->ceiling(p, before->data);
	return own ? own : cfg->hourly_ceiling;
}

/* Who works here is not answered until they say something else: blocked, their words on an order would be lost. */
static int take_robot(struct intake *in, const struct person *p, int64_t now_s,
		      enum verdict *verdict)
{
	int own = in->before.ceiling ? in->before.ceiling(p, in->before.data) : 0;
	char masked[PHONE_SIZE];

	if (own < 0)
		return own;
	*verdict = own ? SILENT : BLOCKED;
	LOGP(DFLOW, LOGL_NOTICE, "%s sent the same text %u times: %s\n",
	     phone_masked(masked, p->number), p->same_count,
	     own ? "not answered until another comes" : "blocked as a robot");
	return own ? 0 : store_person_block(in->st, p->id, "the same text over and over", now_s);
}

/* 0; -EIO */
static int guard(void *ctx, struct intake *in, const struct heard_text *ht, struct person *p,
		 int64_t now_s, enum verdict *verdict)
{
	char *folded = phrase_fold(ctx, ht->text);
	int rc, ceiling;

	rc = store_person_heard(in->st, p, ht->line, strlen(folded) >= ECHO_MIN ? folded : NULL,
				now_s);
	*verdict = ANSWERED;
	if (rc < 0)
		return rc;
	if (p->blocked) {
		*verdict = BLOCKED;
		return 0;
	}
	if (p->same_count > (unsigned int)in->cfg.same_ceiling)
		return take_robot(in, p, now_s, verdict);
	ceiling = intake_ceiling(&in->cfg, &in->before, p);
	if (ceiling < 0)
		return ceiling;
	if (p->hour_count > (unsigned int)ceiling)
		*verdict = SILENT;
	else if (p->hour_count == (unsigned int)ceiling)
		*verdict = CEILING;
	return 0;
}

static bool is_ours(const struct intake *in, const struct line *ln, const char *number)
{
	return (ln && ln->number && strcmp(ln->number, number) == 0) ||
	       strcmp(number, (*in->talk)->short_code) == 0;
}

/* The last answer of this hour says so, and is the last. */
static int say_ceiling(void *ctx, struct intake *in, const struct heard_text *ht,
		       const struct person *p)
{
	const struct talk *talk = *in->talk;
	json_t *args = json_pack("{s:I, s:s}", "until", (json_int_t)(p->hour_start_s + HOUR_S),
				 "short_code", talk->short_code);
	char masked[PHONE_SIZE];
	char *text = phrase_say(ctx, talk->phrases,
				p->language[0] ? p->language : talk->languages[0], NULL,
				"guard.ceiling", args, talk->zone);

	json_decref(args);
	LOGP(DFLOW, LOGL_NOTICE, "%s reached the hourly ceiling: silent until the hour is over\n",
	     phone_masked(masked, p->number));
	return outbox_queue(in->ob, p->number, OUTBOX_REPLY, ht->line, text, 0);
}

/* Inside a step. */
static int take_text(void *ctx, struct intake *in, const struct heard_text *ht, int64_t now_s)
{
	enum verdict verdict = SILENT;
	struct person p = {};
	bool first = false;
	int64_t id;
	int rc = 0;

	if (phone_can_answer(ht->number) && !is_ours(in, ht->ln, ht->number)) {
		rc = store_person_get(in->st, ht->number, now_s, &p);
		first = !p.heard;
		if (rc == 0)
			rc = guard(ctx, in, ht, &p, now_s, &verdict);
	}
	if (rc < 0)
		return rc;
	rc = store_inbox_add(in->st, ht->key, ht->line, ht->number, ht->text, now_s, ht->sent_s,
			     verdict_words[verdict], &id);
	if (rc == 0 && ht->replace)
		rc = store_inbox_replace(in->st, id, ht->line, ht->number, ht->replace);
	if (rc < 0)
		return rc;
	switch (verdict) {
	case ANSWERED:
		rc = in->before.take
			     ? in->before.take(ctx, &p, ht->line, ht->text, now_s, in->before.data)
			     : 0;
		if (rc != 0)
			return rc < 0 ? rc : 0;
		return converse(ctx, in, ht, &p, first, now_s);
	case CEILING:
		return say_ceiling(ctx, in, ht, &p);
	case SILENT:
	case BLOCKED:
		break;
	}
	return 0;
}

/* ---- long texts ---- */

static int read_set(void *ctx, struct intake *in, const struct inbox_set *set, struct line *ln,
		    const char *key, int64_t sent_s, int64_t now_s)
{
	struct sms_piece *pieces = talloc_zero_array(ctx, struct sms_piece, set->total);
	size_t size = (size_t)set->total * (3 * SMS_PIECE_MAX + 8) + 1;
	char *text = talloc_size(ctx, size);
	struct heard_text ht = {
		.key = key,
		.line = set->line,
		.number = set->number,
		.text = text,
		.ln = ln,
		.sent_s = sent_s,
	};
	int rc;

	OSMO_ASSERT(pieces && text);
	rc = store_part_take(in->st, set, pieces);
	if (rc < 0)
		return rc;
	rc = sms_text_join(text, size, pieces, set->total);
	if (rc < 0)
		return rc;
	return take_text(ctx, in, &ht, now_s);
}

/* A set that will not become whole is read with its gaps. */
static int read_gaps(void *ctx, struct intake *in, const struct inbox_set *set, int64_t now_s)
{
	char *key = talloc_asprintf(ctx, "gap %s %u/%u %lld", set->number, set->ref, set->ref_bits,
				    (long long)now_s);

	LOGP(DFLOW, LOGL_NOTICE, "%s: a part of a long text never came: read with a gap\n",
	     set->line);
	return read_set(ctx, in, set, NULL, key, 0, now_s);
}

static int take_part(void *ctx, struct intake *in, struct line *ln, const struct line_heard *heard,
		     int64_t now_s)
{
	struct inbox_set set = {
		.ref = heard->ref,
		.ref_bits = heard->ref_bits,
		.total = heard->parts,
	};
	char masked[PHONE_SIZE];
	int rc;

	OSMO_STRLCPY_ARRAY(set.line, ln->name);
	OSMO_STRLCPY_ARRAY(set.number, heard->from);
	rc = store_part_seen(in->st, &set, heard->part, heard->piece);
	if (rc == 1)
		return -EEXIST;
	if (rc == -EEXIST) /* its reference was used again for another text */
		rc = read_gaps(ctx, in, &set, now_s);
	if (rc < 0)
		return rc;
	rc = store_part_add(in->st, &set, heard->part, heard->piece, now_s,
			    now_s + in->cfg.part_wait_s, in->cfg.parts_per_sender);
	if (rc == -ENOSPC) {
		LOGP(DFLOW, LOGL_NOTICE, "%s has too many unfinished long texts: part dropped\n",
		     phone_masked(masked, heard->from));
		return store_inbox_add(in->st, heard->key, ln->name, heard->from, "", now_s,
				       heard->sent_s, "dropped", NULL);
	}
	if (rc == 0)
		rc = store_inbox_add(in->st, heard->key, ln->name, heard->from, "", now_s,
				     heard->sent_s, "part", NULL);
	if (rc < 0 || store_part_count(in->st, &set) < set.total)
		return rc;
	return read_set(ctx, in, &set, ln, talloc_asprintf(ctx, "whole %s", heard->key),
			heard->sent_s, now_s);
}

/* ---- from the line ---- */

static int take_heard(void *ctx, struct intake *in, struct line *ln, const struct line_heard *heard)
{
	int64_t now_s = clock_now_s();
	struct heard_text ht = {
		.key = heard->key,
		.line = ln->name,
		.number = heard->from,
		.text = heard->text,
		.ln = ln,
		.sent_s = heard->sent_s,
		.replace = heard->replace,
	};

	if (store_inbox_seen(in->st, heard->key) > 0)
		return -EEXIST;
	if (heard->raw) {
		LOGP(DFLOW, LOGL_NOTICE, "%s: a message that cannot be read is kept as it came\n",
		     ln->name);
		return store_inbox_add(in->st, heard->key, ln->name, "", heard->raw, now_s, 0,
				       "quarantine", NULL);
	}
	if (heard->parts > 1)
		return take_part(ctx, in, ln, heard, now_s);
	if (!heard->text) {
		size_t size = 3 * SMS_PIECE_MAX + 8;
		char *text = talloc_size(ctx, size);

		OSMO_ASSERT(text);
		if (sms_text_join(text, size, heard->piece, 1) < 0)
			return -EIO;
		ht.text = text;
	}
	return take_text(ctx, in, &ht, now_s);
}

void intake_heard(struct intake *in, struct line *ln, const struct line_heard *heard)
{
	void *ctx;
	int rc;

	if (store_begin(in->st) < 0) {
		settle_line(ln, heard->token, false);
		return;
	}
	ctx = talloc_new(in);
	store_after(in->st, settle_line, ln, heard->token);
	rc = take_heard(ctx, in, ln, heard);
	if (rc == 0 || rc == -EEXIST)
		store_end(in->st);
	else
		store_undo(in->st);
	talloc_free(ctx);
}

/* ---- what time brings ---- */

/* One step around each thing that is due. \returns 1 done, 0 nothing due, negative: stop */
static int step(struct intake *in, int64_t now_s,
		int (*one)(void *ctx, struct intake *in, int64_t now_s))
{
	void *ctx;
	int rc = store_begin(in->st);

	if (rc < 0)
		return rc;
	ctx = talloc_new(in);
	rc = one(ctx, in, now_s);
	if (rc < 0)
		store_undo(in->st);
	else
		store_end(in->st);
	talloc_free(ctx);
	return rc;
}

static int part_due(void *ctx, struct intake *in, int64_t now_s)
{
	struct inbox_set set;
	int rc = store_part_expired(in->st, now_s, &set);

	if (rc == -ENOENT)
		return 0;
	if (rc == 0)
		rc = read_gaps(ctx, in, &set, now_s);
	return rc < 0 ? rc : 1;
}

/* A reminder of what waits: once, then it expires. */
static int remind(void *ctx, struct intake *in, struct dialogue_row *row,
		  struct dialogue_turn *turn, struct dialogue_out *out)
{
	int rc = dialogue_remind(ctx, row->state, turn, &desk_ops, in->desk, out);

	if (rc < 0)
		return rc;
	if (!out->state)
		return store_dialogue_drop(in->st, row->person_id);
	row->state = out->state;
	row->reminded = true;
	row->due_s = turn->now_s + row->expire_s;
	return store_dialogue_put(in->st, row, turn->now_s);
}

static int dialogue_row_due(void *ctx, struct intake *in, int64_t now_s)
{
	struct dialogue_row row;
	struct dialogue_turn turn;
	struct dialogue_out out = {};
	struct person p;
	int rc;

	rc = store_dialogue_due(ctx, in->st, now_s, &row);
	if (rc == -ENOENT)
		return 0;
	if (rc == 0)
		rc = store_person_by_id(in->st, row.person_id, &p);
	if (rc < 0)
		return rc;
	text_turn(in, &turn, &p, now_s);
	if (!row.reminded) {
		rc = remind(ctx, in, &row, &turn, &out);
	} else {
		rc = turn_tally(in->st, "sms", row.state, true, now_s);
		if (rc == 0)
			rc = dialogue_expire(ctx, row.state, &turn, &out);
		if (rc == 0)
			rc = turn_keep(in->st, p.id, row.line, &out, now_s);
	}
	if (rc == 0 && !p.blocked && !p.stopped)
		rc = turn_text(in->ob, &p, row.line, OUTBOX_STATUS, &out, 0);
	return rc < 0 ? rc : 1;
}

void intake_due(struct intake *in, int64_t now_s)
{
	while (step(in, now_s, part_due) > 0)
		;
	while (step(in, now_s, dialogue_row_due) > 0)
		;
}

/* ---- questions of ours ---- */

int intake_open(struct intake *in, int64_t person_id, const char *node, json_t *slots,
		enum outbox_lane lane, int64_t report_id)
{
	void *ctx = talloc_new(in);
	int64_t now_s = clock_now_s();
	struct dialogue_turn turn;
	struct dialogue_out out = {};
	struct person p;
	char *state;
	int rc;

	rc = store_person_by_id(in->st, person_id, &p);
	if (rc == 0 && !p.stopped && !p.blocked) {
		text_turn(in, &turn, &p, now_s);
		rc = turn_state(ctx, in->st, p.id, &state);
		if (rc == 0)
			rc = dialogue_open(ctx, state, node, slots, &turn, &desk_ops, in->desk,
					   &out);
		if (rc == 0)
			rc = turn_keep(in->st, p.id, p.last_line, &out, now_s);
		if (rc == 0)
			rc = turn_text(in->ob, &p, p.last_line, lane, &out, report_id);
	}
	talloc_free(ctx);
	return rc;
}

void intake_before(struct intake *in, const struct intake_before *before)
{
	in->before = *before;
}

void intake_configure(struct intake *in, const struct intake_cfg *cfg)
{
	char *code = cfg->code ? talloc_strdup(in, cfg->code) : NULL;

	talloc_free((char *)in->cfg.code);
	in->cfg = *cfg;
	in->cfg.code = code;
}

struct intake *intake_alloc(void *ctx, struct store *st, struct outbox *ob, struct desk *desk,
			    struct talk *const *talk, const struct intake_cfg *cfg)
{
	struct intake *in = talloc_zero(ctx, struct intake);

	OSMO_ASSERT(in);
	in->st = st;
	in->ob = ob;
	in->desk = desk;
	in->talk = talk;
	intake_configure(in, cfg);
	return in;
}
