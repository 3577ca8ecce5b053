// SPDX-License-Identifier: AGPL-3.0-or-later
/* staff_phone.c - see staff_phone.h: whose text is it, is it proved, what does it ask for. */
#include "flow/staff_phone_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "flow/staff_code.h"
#include "log.h"

#define LATE_S 86400 /* so long after it was asked for six digits are a code that comes too late */

/* ---- words ---- */

char *staff_words(struct staff_turn *t, const char *key, json_t *args)
{
	const struct talk *talk = *t->sp->city.talk;
	char *text;

	if (!args)
		args = json_object();
	OSMO_ASSERT(args);
	json_object_set_new(args, "short_code", json_string(talk->short_code));
	text = phrase_say(t->ctx, talk->phrases, t->language, NULL, key, args, talk->zone);
	json_decref(args);
	return text;
}

int staff_answer(struct staff_turn *t, const char *text)
{
	int rc;

	if (t->told) {
		*t->told = text;
		return 1;
	}
	rc = outbox_queue(t->sp->city.ob, t->p->number, OUTBOX_REPLY, t->line, text, 0);

	return rc == -EIO ? rc : 1; /* one that cannot be a text is left out */
}

int staff_say(struct staff_turn *t, const char *key, json_t *args)
{
	return staff_answer(t, staff_words(t, key, args));
}

int staff_turn_to(struct staff_turn *t, int64_t staff_id, struct staff *staff,
		  struct person *person)
{
	struct store *st = t->sp->city.st;
	int rc = store_staff_get(st, staff_id, staff);

	if (rc == 0 && (staff->ended_s || !staff->number[0]))
		rc = -ENOENT;
	if (rc == 0)
		rc = store_person_find(st, staff->number, person);
	if (rc < 0)
		return rc;
	t->staff = staff;
	t->p = person;
	t->line = person->last_line;
	t->language = person->language[0] ? person->language : (*t->sp->city.talk)->languages[0];
	return 0;
}

/* ---- what it asks for ---- */

enum asks { ASKS_NOTHING, ASKS_NEAR, ASKS_WORK, ASKS_NOTICE };

struct asked {
	enum asks what;
	const char *rest;
	struct work_item items[WORK_ITEMS_MAX];
	size_t n;
};

/* Too many are named too: nobody but who works here writes so many. */
static bool is_named(const struct asked *a)
{
	if (a->n > WORK_ITEMS_MAX)
		return true;
	for (size_t i = 0; i < a->n; i++)
		if (a->items[i].named)
			return true;
	return false;
}

/* Words that are staff's alone; anything else is a resident's. */
static void read_words(struct staff_turn *t, const char *text, struct asked *out)
{
	const struct talk *talk = *t->sp->city.talk;
	const char *keyword = phrase_keyword_at(talk->phrases, t->language, text, &out->rest);

	out->what = ASKS_NOTHING;
	if (keyword && strcmp(keyword, "near") == 0 && *out->rest)
		out->what = ASKS_NEAR;
	else if (keyword && strcmp(keyword, "work-notice") == 0 && *out->rest)
		out->what = ASKS_NOTICE;
	if (out->what != ASKS_NOTHING)
		return;
	out->n = work_read(t->ctx, text, t->now_s, talk->zone, talk->phrases, out->items);
	if (is_named(out))
		out->what = ASKS_WORK;
}

static int carry_out(struct staff_turn *t, const struct asked *asked)
{
	switch (asked->what) {
	case ASKS_NEAR:
		return staff_near(t, asked->rest);
	case ASKS_WORK:
		return staff_work(t, asked->items, asked->n);
	case ASKS_NOTICE:
		return staff_notice(t, asked->rest);
	case ASKS_NOTHING:
		break;
	}
	return 0;
}

/* ---- codes ---- */

static int ask_code(struct staff_turn *t)
{
	struct staff_wait wait = { .staff_id = t->staff->id,
				   .text = t->text,
				   .until_s = t->now_s + t->sp->cfg.code_wait_s };
	int rc;

	if (!t->staff->totp[0])
		return staff_say(t, "staff.code.none", NULL);
	if (t->staff->locked_until_s > t->now_s)
		return staff_say(t, "staff.code.locked",
				 json_pack("{s:I}", "until", (json_int_t)t->staff->locked_until_s));
	rc = store_staff_wait_put(t->sp->city.st, &wait);
	t->asks = true;
	return rc < 0 ? rc : staff_say(t, "staff.code.ask", NULL);
}

static int say_refused(struct staff_turn *t, int why)
{
	int left = STAFF_CODE_FAILURES - (int)t->staff->failures;
	char masked[PHONE_SIZE];

	if (why == -ENOKEY)
		return staff_say(t, "staff.code.none", NULL);
	LOGP(DFLOW, LOGL_NOTICE, "%s gave a code of %s that is not taken\n",
	     phone_masked(masked, t->p->number), t->staff->name);
	if (t->staff->locked_until_s > t->now_s)
		return staff_say(t, "staff.code.locked",
				 json_pack("{s:I}", "until", (json_int_t)t->staff->locked_until_s));
	t->asks = true;
	return staff_say(t, "staff.code.wrong", json_pack("{s:i}", "left", left));
}

/* The code was good: what waits is done, in the same step. */
static int do_waiting(struct staff_turn *t, const struct staff_wait *wait)
{
	struct asked asked = {};
	int rc = store_staff_wait_drop(t->sp->city.st, t->staff->id);

	if (rc < 0)
		return rc;
	if (!wait->text)
		return staff_notice_go(t, wait->notice_id);
	t->text = wait->text;
	read_words(t, wait->text, &asked);
	rc = carry_out(t, &asked);
	return rc == 0 ? staff_say(t, "staff.code.good", NULL) : rc; /* its words have changed */
}

/* How what waits stands. */
enum stands {
	STANDS,
	STANDS_COUNTING, /* a notice, whose people are being counted */
	STANDS_LAPSED,
	STANDS_ENDED, /* a notice, which somebody else sent or gave up */
};

/* \returns enum stands; -EIO */
static int how_it_stands(struct staff_turn *t, const struct staff_wait *wait)
{
	enum notice_state state;
	int rc;

	if (wait->text)
		return wait->over || wait->until_s <= t->now_s ? STANDS_LAPSED : STANDS;
	rc = staff_notice_stands(t, wait->notice_id, &state);
	if (rc < 0)
		return rc == -ENOENT ? STANDS_ENDED : rc;
	switch (state) {
	case NOTICE_GATHERING:
		return STANDS_COUNTING;
	case NOTICE_DRAFT:
		return STANDS;
	case NOTICE_LAPSED:
	case NOTICE_EXPIRED:
		return STANDS_LAPSED;
	default:
		return STANDS_ENDED;
	}
}

static int say_too_late(struct staff_turn *t, const struct staff_wait *wait, enum stands how)
{
	int rc = store_staff_wait_drop(t->sp->city.st, t->staff->id);

	if (rc < 0)
		return rc;
	return how == STANDS_LAPSED
		       ? staff_say(t, "staff.code.late", NULL)
		       : staff_say(t, "staff.notice.over",
				   json_pack("{s:I}", "notice", (json_int_t)wait->notice_id));
}

static int take_code(struct staff_turn *t, const struct staff_wait *wait, const char *code)
{
	int how = how_it_stands(t, wait), why, rc;

	if (how < 0)
		return how;
	if (how == STANDS_COUNTING)
		return staff_say(t, "staff.notice.counting", NULL);
	if (how != STANDS)
		return say_too_late(t, wait, how);
	why = staff_code_check(t->staff, code, t->now_s);
	if (why == 0 && wait->text)
		t->staff->shift_until_s = t->now_s + t->sp->cfg.shift_s;
	rc = store_staff_put(t->sp->city.st, t->staff);
	if (rc < 0)
		return rc;
	return why < 0 ? say_refused(t, why) : do_waiting(t, wait);
}

/* "STOP" and "LAAT MAAR" are about what waits, while something does. */
static int take_cancel(struct staff_turn *t, const struct staff_wait *wait)
{
	int rc = store_staff_wait_drop(t->sp->city.st, t->staff->id);

	if (rc == 0 && !wait->text)
		rc = staff_notice_cancel(t, wait->notice_id);
	return rc < 0 ? rc : staff_say(t, "staff.cancelled", NULL);
}

static bool is_cancel(const struct staff_turn *t)
{
	const struct phrases *ph = (*t->sp->city.talk)->phrases;

	return phrase_is_keyword(ph, NULL, "stop", t->text) ||
	       phrase_is_keyword(ph, NULL, "cancel", t->text) ||
	       phrase_is_keyword(ph, NULL, "no", t->text);
}

/* ---- a text ---- */

static int take_staff(struct staff_turn *t)
{
	char code[STAFF_CODE_DIGITS + 1];
	struct staff_wait wait;
	struct asked asked = {};
	int rc = store_staff_wait_get(t->ctx, t->sp->city.st, t->staff->id, &wait), how;

	if (rc == 0 && wait.until_s + LATE_S > t->now_s && staff_code_read(code, t->text))
		return take_code(t, &wait, code);
	if (rc == 0 && is_cancel(t)) {
		how = how_it_stands(t, &wait);
		if (how < 0 || how == STANDS || how == STANDS_COUNTING)
			return how < 0 ? how : take_cancel(t, &wait);
	}
	read_words(t, t->text, &asked);
	if (asked.what == ASKS_NOTHING)
		return 0;
	if (t->staff->shift_until_s <= t->now_s)
		return ask_code(t);
	return carry_out(t, &asked);
}

static bool is_residents(const char *keyword)
{
	static const char *const words[] = { "report", "status", "near",  "menu", "language",
					     "help",   "stop",	 "start", "call" };

	for (size_t i = 0; keyword && i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], keyword) == 0)
			return true;
	return false;
}

/* Words of residents are theirs too; anything else is answered with how to write it. */
static int take_contractor(struct staff_turn *t)
{
	const struct talk *talk = *t->sp->city.talk;
	struct asked asked = { .rest = "" };
	const char *rest, *keyword;

	asked.n = work_read(t->ctx, t->text, t->now_s, talk->zone, talk->phrases, asked.items);
	/* in a session a number alone is a key of a menu */
	if (asked.n > 0 && (!t->told || is_named(&asked)))
		return staff_work(t, asked.items, asked.n);
	if (t->told)
		return 0;
	keyword = phrase_keyword_at(talk->phrases, t->language, t->text, &rest);
	if (is_residents(keyword))
		return 0;
	return staff_say(t, "work.help", NULL);
}

struct contractor_search {
	const char *number, *country;
	const struct contractor_cfg *found;
};

static void look_at_contractor(struct contractor *c, void *data)
{
	struct contractor_search *cs = data;
	const struct contractor_cfg *cfg = contractor_cfg_of(c);
	char number[PHONE_SIZE];

	if (!cs->found && cfg->sms_number &&
	    phone_normalise(number, cfg->sms_number, cs->country) == 0 &&
	    strcmp(number, cs->number) == 0)
		cs->found = cfg;
}

/* Of one of these phones. \returns 1 staff; 2 a contractor; 0 neither; -EIO */
static int find_phone(struct staff_phones *sp, const struct person *p, struct staff *staff,
		      const struct contractor_cfg **contractor)
{
	struct contractor_search cs = { .number = p->number, .country = (*sp->city.talk)->country };
	int rc = store_staff_by_number(sp->city.st, p->number, staff);

	if (rc != -ENOENT)
		return rc < 0 ? rc : 1;
	forwarder_each(sp->city.fw, look_at_contractor, &cs);
	*contractor = cs.found;
	return cs.found ? 2 : 0;
}

static int take(struct staff_turn *t)
{
	const struct talk *talk = *t->sp->city.talk;
	struct staff staff;
	int rc = find_phone(t->sp, t->p, &staff, &t->contractor);

	t->language = t->p->language[0] ? t->p->language : talk->languages[0];
	if (rc == 1) {
		t->staff = &staff;
		t->who = talloc_asprintf(t->ctx, "staff %s", staff.name);
		return take_staff(t);
	}
	if (rc <= 0)
		return rc;
	t->who = talloc_asprintf(t->ctx, "contractor %s", t->contractor->name);
	return take_contractor(t);
}

int staff_phones_take(void *ctx, const struct person *p, const char *line, const char *text,
		      int64_t now_s, void *data)
{
	struct staff_turn t = { .ctx = ctx,
				.sp = data,
				.p = p,
				.line = line,
				.text = text,
				.channel = "sms",
				.now_s = now_s };

	return take(&t);
}

int staff_phones_answer(void *ctx, const struct person *p, const char *text, int64_t now_s,
			const char **told, bool *asks, void *data)
{
	struct staff_turn t = { .ctx = ctx,
				.sp = data,
				.p = p,
				.line = p->last_line,
				.text = text,
				.channel = "ussd",
				.told = told,
				.now_s = now_s };
	int rc = take(&t);

	*asks = t.asks;
	return rc;
}

int staff_phones_ceiling(const struct person *p, void *data)
{
	struct staff_phones *sp = data;
	const struct contractor_cfg *contractor;
	struct staff staff;
	int rc = find_phone(sp, p, &staff, &contractor);

	return rc > 0 ? sp->cfg.hourly_ceiling : rc;
}

/* ---- codes that did not come ---- */

/* Who only asked for something sees that there was no answer; who said that something is so must not think that it is known. */
static int tell_lapsed(struct staff_turn *t, const struct staff_wait *wait)
{
	struct asked asked = {};
	struct person person;
	struct staff staff;
	int rc = staff_turn_to(t, wait->staff_id, &staff, &person);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	read_words(t, wait->text, &asked);
	if (asked.what != ASKS_WORK && asked.what != ASKS_NOTICE)
		return 0;
	return staff_say(t, "staff.code.lapsed", json_pack("{s:s}", "text", wait->text));
}

/* \returns 1 there may be more; 0; -EIO */
static int lapse_one(struct staff_phones *sp, int64_t now_s)
{
	struct staff_turn t = { .ctx = talloc_new(sp), .sp = sp, .now_s = now_s };
	struct staff_wait wait;
	int rc = store_staff_wait_due(t.ctx, sp->city.st, now_s, &wait);

	if (rc == 0) {
		rc = tell_lapsed(&t, &wait);
		wait.text = ""; /* what is kept is that a code for it comes too late */
		wait.over = true;
		if (rc >= 0)
			rc = store_staff_wait_put(sp->city.st, &wait);
		rc = rc < 0 ? rc : 1;
	}
	talloc_free(t.ctx);
	return rc == -ENOENT ? 0 : rc;
}

void staff_phones_due(struct staff_phones *sp, int64_t now_s)
{
	int rc;

	do {
		if (store_begin(sp->city.st) < 0)
			return;
		rc = lapse_one(sp, now_s);
		if (rc < 0)
			store_undo(sp->city.st);
		else
			store_end(sp->city.st);
	} while (rc > 0);
}

void staff_phones_configure(struct staff_phones *sp, const struct staff_phones_cfg *cfg)
{
	sp->cfg = *cfg;
}

struct staff_phones *staff_phones_alloc(void *ctx, const struct staff_phones_city *city,
					const struct staff_phones_cfg *cfg)
{
	struct staff_phones *sp = talloc_zero(ctx, struct staff_phones);

	OSMO_ASSERT(sp);
	sp->city = *city;
	sp->cfg = *cfg;
	sp->casework = casework_alloc(sp, city->st, city->nt, city->fw);
	if (city->bc)
		broadcast_on_draft(city->bc, staff_notice_told, sp);
	return sp;
}
