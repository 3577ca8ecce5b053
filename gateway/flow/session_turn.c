// SPDX-License-Identifier: AGPL-3.0-or-later
/* session_turn.c - one turn of a session, inside its step: who it is, may he, what is said, what is shown. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/session_int.h"
#include "flow/turn.h"
#include "log.h"
#include "talk/page.h"
#include "wire/ussd_text.h"

#define HOUR_S 3600

/* ---- words of our own ---- */

/* One page, whatever a translator made of it. */
static char *fitted(void *ctx, char *text, size_t octets)
{
	size_t next;

	if (ussd_text_octets(text, strlen(text)) <= octets)
		return text;
	return page_write(ctx, text, 0, octets, &(struct page_hints){ .more = "..." }, &next);
}

char *session_words(void *ctx, const struct session *s, const struct person *p, const char *key,
		    int64_t until_s)
{
	const struct talk *talk = *s->ss->talk;
	json_t *args = json_pack("{s:I, s:s, s:s, s:s#}", "until", (json_int_t)until_s,
				 "short_code", talk->short_code, "city", talk->city, "ussd",
				 s->code, (int)strcspn(s->code, "#"));
	char *text;

	OSMO_ASSERT(args);
	text = phrase_say(ctx, talk->phrases,
			  p && p->language[0] ? p->language : talk->languages[0], "ussd", key, args,
			  talk->zone);
	json_decref(args);
	return fitted(ctx, text, s->page_octets);
}

static void show(struct session *s, char *page, bool last)
{
	s->result->page = talloc_steal(s->result, page);
	s->result->last = last;
}

/* ---- one turn, inside its step ---- */

void session_turn_init(const struct session *s, struct dialogue_turn *turn, const struct person *p,
		       int64_t now_s)
{
	turn_init(turn, *s->ss->talk, p, now_s);
	turn->channel_name = s->handset ? "handset" : "ussd";
	turn->code = s->code;
	if (s->ln) {
		turn->channel = DIALOGUE_USSD;
		turn->page_octets = s->page_octets;
	}
}

/* The phone has gone: the answers are texts. */
static int text_answers(void *ctx, struct session *s, const struct person *p,
			const struct dialogue_out *out)
{
	s->ss->figures.texted++;
	return turn_text(s->ss->ob, p, p->last_line, OUTBOX_REPLY, out, 0);
}

/* What a turn came to: kept, and shown as a page. */
static int keep_and_show(void *ctx, struct session *s, const struct person *p,
			 const struct dialogue_turn *turn, const struct dialogue_out *out)
{
	struct sessions *ss = s->ss;
	int rc = turn_keep(ss->st, p->id, p->last_line, out, turn->now_s);

	if (rc == 0)
		rc = turn_tally(ss->st, turn->channel_name, out->state, false, turn->now_s);
	if (rc < 0)
		return rc;
	if (!s->ln)
		return text_answers(ctx, s, p, out);
	if (out->n != 1) {
		LOGP(DFLOW, LOGL_ERROR, "%s: a turn has %zu pages: none is shown\n", s->line,
		     out->n);
		s->result->refused = true;
		return 0;
	}
	show(s, out->answers[0], out->last);
	if (out->last && out->state)
		s->result->state = talloc_strdup(s->result, out->state);
	return 0;
}

/* Of who works for the city. \returns 1 it was; 0 a resident's; -EIO */
static int work(void *ctx, struct session *s, const char *text, const struct person *p,
		int64_t now_s)
{
	const struct intake_before *before = &s->ss->before;
	struct dialogue_turn turn;
	struct dialogue_out out = {};
	const char *told = NULL;
	char *state;
	bool asks = false;
	int rc = before->answer && s->result->proved
			 ? before->answer(ctx, p, text, now_s, &told, &asks, before->data)
			 : 0;

	if (rc <= 0 || !told)
		return rc;
	session_turn_init(s, &turn, p, now_s);
	rc = turn_state(ctx, s->ss->st, p->id, &state);
	if (rc == 0)
		rc = dialogue_tell(ctx, state, told, &turn, &out);
	if (rc < 0)
		return rc;
	out.last = out.last && !asks;
	rc = keep_and_show(ctx, s, p, &turn, &out);
	return rc < 0 ? rc : 1;
}

static int converse(void *ctx, struct session *s, const char *path, const char *text,
		    const struct person *p, bool first, int64_t now_s)
{
	struct sessions *ss = s->ss;
	struct dialogue_turn turn;
	struct dialogue_out out = {};
	char *state;
	int rc;

	session_turn_init(s, &turn, p, now_s);
	turn.first = first;
	rc = turn_state(ctx, ss->st, p->id, &state);
	if (rc < 0)
		return rc;
	s->result->resumed = path && !*path && state;
	if (path)
		rc = dialogue_dial(ctx, state, path, &turn, &desk_ops, ss->desk, &out);
	else
		rc = dialogue_take(ctx, state, text, &turn, &desk_ops, ss->desk, &out);
	return rc < 0 ? rc : keep_and_show(ctx, s, p, &turn, &out);
}

/* Who dialled too often in this hour is told so; only dialling counts, so nobody is cut off halfway. */
static int say_ceiling(void *ctx, struct session *s, const struct person *p, int ceiling)
{
	char masked[PHONE_SIZE];
	char *text = session_words(ctx, s, p, "guard.ceiling", p->hour_start_s + HOUR_S);

	if (p->hour_count == (unsigned int)ceiling)
		LOGP(DFLOW, LOGL_NOTICE, "%s reached the hourly ceiling by dialling\n",
		     phone_masked(masked, p->number));
	if (!s->ln)
		return outbox_queue(s->ss->ob, p->number, OUTBOX_REPLY, p->last_line, text, 0);
	show(s, text, true);
	return 0;
}

static bool is_ours(const struct session *s, const char *number)
{
	return (s->ours && strcmp(s->ours, number) == 0) ||
	       strcmp(number, (*s->ss->talk)->short_code) == 0;
}

static int take_turn(void *ctx, struct session *s, const char *path, const char *text,
		     int64_t now_s)
{
	const char *number = s->result->number;
	struct person p;
	bool first;
	int rc, ceiling;

	if (!phone_can_answer(number) || is_ours(s, number)) {
		s->result->refused = true;
		return 0;
	}
	rc = store_person_get(s->ss->st, number, now_s, &p);
	first = !p.heard;
	if (rc == 0 && path)
		rc = store_person_heard(s->ss->st, &p, s->texts ? s->line : "", NULL, now_s);
	if (rc < 0)
		return rc;
	s->result->person_id = p.id;
	if (p.blocked) {
		s->result->refused = true;
		return 0;
	}
	ceiling = path ? intake_ceiling(&s->ss->cfg, &s->ss->before, &p) : 0;
	if (ceiling < 0)
		return ceiling;
	if (path && p.hour_count >= (unsigned int)ceiling)
		return say_ceiling(ctx, s, &p, ceiling);
	rc = path ? 0 : work(ctx, s, text, &p, now_s);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return converse(ctx, s, path, text, &p, first, now_s);
}

int session_take(void *ctx, struct session *s)
{
	struct subscriber_said said = {
		.imsi = s->imsi,
		.number = s->number,
		.path = s->path,
		.text = s->text,
		.ours = s->ours,
		.code = s->code,
	};
	struct subscriber_answer answer;
	int64_t now_s = clock_now_s();
	int rc;

	if (s->number && !s->path) { /* an answer of a session whose number is known */
		OSMO_STRLCPY_ARRAY(s->result->number, s->number);
		s->result->proved = s->proved;
		return take_turn(ctx, s, NULL, s->text, now_s);
	}
	rc = subscribers_take(ctx, s->ss->subscribers, &said, now_s, &answer);
	if (rc < 0)
		return rc;
	OSMO_STRLCPY_ARRAY(s->result->number, answer.number);
	s->result->proved = answer.proved;
	if (!answer.number[0]) {
		show(s, fitted(ctx, answer.page, s->page_octets), answer.last);
		return 0;
	}
	if (answer.path)
		return take_turn(ctx, s, answer.path, NULL, now_s);
	return take_turn(ctx, s, s->path, s->text, now_s);
}
