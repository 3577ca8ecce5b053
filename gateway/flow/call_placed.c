// SPDX-License-Identifier: AGPL-3.0-or-later
/* call_placed.c - a call that we placed: who answered hears why, a machine in short; then the conversation, or the
 * notice and what can be keyed after it. */
#include "flow/call_int.h"

#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"

#define KEYS_AGAIN 2 /* so often the keys are told once more */

static int tell(struct call *c, enum call_came how, int64_t now_s)
{
	if (!c->placed || c->told)
		return 0;
	c->told = true;
	return c->placed->came(how, now_s, c->placed->data);
}

int call_came(struct call *c, int64_t now_s)
{
	if (c->machine && c->heard)
		return tell(c, CALL_CAME_MACHINE, now_s);
	if (!c->machine && c->result && c->placed && c->placed->notice)
		return tell(c, c->heard ? CALL_CAME_PERSON : CALL_CAME_HUNG_UP, now_s);
	return tell(c, CALL_CAME_CUT, now_s);
}

static void say_last(struct call_result *res, const char *cause)
{
	res->last = true;
	res->cause = cause;
}

static void say_to_machine(struct call *c, struct call_result *res)
{
	json_t *args = NULL;

	if (c->placed->notice)
		args = json_pack("{s:s}", "notice", c->placed->notice);
	call_say_key(c, res,
		     c->placed->notice	   ? "callout.machine.notice"
		     : c->placed->last_try ? "callout.machine.last"
					   : "callout.machine.again",
		     args);
	say_last(res, "machine");
}

static void say_notice(struct call *c, struct call_result *res)
{
	call_say_key(c, res, "callout.notice", NULL);
	call_say_text(res, talloc_strdup(res, c->placed->notice), NULL);
	call_say_key(c, res, "callout.keys", NULL);
	res->listen = DIALOGUE_LISTEN_KEY;
	res->keys_max = 1;
}

int call_begin_placed(void *ctx, struct call *c, struct call_result *res, int64_t now_s)
{
	struct person p;
	int rc = store_person_by_id(c->cs->st, c->row.person_id, &p);

	if (rc < 0)
		return rc;
	call_set_language(c, res, &p);
	if (c->placed->language[0])
		OSMO_STRLCPY_ARRAY(res->language, c->placed->language);
	if (c->machine) {
		say_to_machine(c, res);
		return 0;
	}
	if (c->placed->notice) {
		say_notice(c, res);
		return 0;
	}
	call_say_key(c, res, "callout.back", NULL);
	rc = call_converse(ctx, c, res, &p, false, now_s);
	return rc == 0 ? tell(c, CALL_CAME_PERSON, now_s) : rc;
}

/* Whoever wants no more is not called again, nor texted but in answer. */
static int stop(struct call *c, struct call_result *res, int64_t now_s)
{
	int rc = store_person_stop(c->cs->st, c->row.person_id, true, now_s);

	c->heard = true;
	call_say_key(c, res, "callout.stopped", NULL);
	say_last(res, "stopped");
	return rc == 0 ? tell(c, CALL_CAME_PERSON, now_s) : rc;
}

int call_notice_answer(struct call *c, struct call_result *res, int64_t now_s)
{
	char key = c->text[0];

	OSMO_STRLCPY_ARRAY(res->language, c->result->language);
	if (key)
		c->heard = true; /* enough of it */
	if (key == '9')
		return stop(c, res, now_s);
	if (key == '1' || key == '*') {
		say_notice(c, res);
		return 0;
	}
	if (!key || ++c->row.again > KEYS_AGAIN) {
		call_say_key(c, res, "callout.bye", NULL);
		say_last(res, "done");
		return tell(c, CALL_CAME_PERSON, now_s);
	}
	call_say_key(c, res, "callout.keys", NULL);
	res->listen = DIALOGUE_LISTEN_KEY;
	res->keys_max = 1;
	return 0;
}
