// SPDX-License-Identifier: AGPL-3.0-or-later
/* Of our own accord: a question of ours, a reminder, the end of waiting. */
#include <errno.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/dialogue_int.h"

/* Only what the node says goes out now; its question waits for the end of the conversation. */
static void open_beside(struct dialogue *d, const struct menu_node *node, json_t *slots)
{
	struct dialogue kept = *d;

	d->slots = json_object();
	d->back = json_array();
	d->found = NULL;
	d->hold = true;
	d->said = d->left = talloc_strdup(d->ctx, "");
	dialogue_set_all(d, slots);
	dialogue_walk(d, node);
	if (d->held)
		dialogue_queue(d, d->held, d->slots);
	json_decref(d->slots);
	json_decref(d->back);
	json_decref(d->found);
	kept.body = d->body;
	kept.steps = d->steps;
	kept.failed = d->failed;
	kept.did = d->did;
	*d = kept;
}

int dialogue_open(void *ctx, const char *state, const char *node, json_t *slots,
		  struct dialogue_turn *turn, const struct dialogue_desk *ops, void *desk,
		  struct dialogue_out *out)
{
	const struct menu_node *first = menu_find(turn->talk->menus, node);
	void *tmp = talloc_new(NULL);
	struct dialogue d;
	int rc = 0;

	*out = (struct dialogue_out){ 0 };
	if (!first) {
		talloc_free(tmp);
		return -EINVAL;
	}
	dialogue_init(&d, tmp, turn, ops, desk);
	dialogue_state_read(&d, state);
	/* what was only offered gives way; what waits for an answer, or may be on a phone's screen
	 * now, does not */
	if (d.node && d.node->quiet && !d.node->days && !d.session)
		dialogue_reset(&d);
	if (d.node || d.pages) {
		open_beside(&d, first, slots);
		rc = d.failed ? -EIO : 0;
		if (rc == 0 && *d.body)
			out->answers[out->n++] = talloc_strdup(ctx, d.body);
		dialogue_keep(&d, ctx, out);
	} else {
		dialogue_set_all(&d, slots);
		dialogue_walk(&d, first);
		rc = dialogue_finish(&d, ctx, out, true);
	}
	talloc_free(tmp);
	return rc;
}

int dialogue_tell(void *ctx, const char *state, const char *told, struct dialogue_turn *turn,
		  struct dialogue_out *out)
{
	void *tmp = talloc_new(NULL);
	struct dialogue d;

	*out = (struct dialogue_out){ 0 };
	dialogue_init(&d, tmp, turn, NULL, NULL);
	dialogue_state_read(&d, state);
	dialogue_turn_page(&d, ""); /* the page before has been read */
	d.pages = NULL;
	d.page = 0;
	if (d.node && d.node->quiet && !d.node->days)
		dialogue_reset(&d);
	dialogue_add(&d, told);
	dialogue_say_unsaid(&d);
	dialogue_answer(&d, ctx, out);
	talloc_free(tmp);
	return 0;
}

int dialogue_remind(void *ctx, const char *state, struct dialogue_turn *turn,
		    const struct dialogue_desk *ops, void *desk, struct dialogue_out *out)
{
	void *tmp = talloc_new(NULL);
	struct dialogue d;
	bool waits, left, call;

	*out = (struct dialogue_out){ 0 };
	dialogue_init(&d, tmp, turn, ops, desk);
	dialogue_state_read(&d, state);
	waits = d.node && (!d.node->quiet || d.by_text);
	left = d.session;
	call = d.call;
	d.pages = NULL;
	d.call = d.by_text = false;
	d.session = false;
	d.tries = 0;
	dialogue_say_unsaid(&d);
	if (waits) {
		dialogue_add(&d, dialogue_phrase(&d,
						 call	? "voice.dropped"
						 : left ? "dialogue.session"
							: "dialogue.remind",
						 NULL));
		dialogue_answer(&d, ctx, out);
	} else {
		if (*d.body)
			out->answers[out->n++] = talloc_strdup(ctx, d.body);
		dialogue_keep(&d, ctx, out);
	}
	out->remind_s = 0;
	talloc_free(tmp);
	return 0;
}

/* A waiting question of ours with fixed options needs no city, so it can still be put. */
static void next_without_desk(struct dialogue *d)
{
	while (!d->node && json_array_size(d->queue) > 0) {
		json_t *visit = json_incref(json_array_get(d->queue, 0));
		const struct menu_node *node = menu_find(
			d->turn->talk->menus, json_string_value(json_object_get(visit, "node")));

		json_array_remove(d->queue, 0);
		if (node && node->kind == MENU_CHOOSE && !node->from) {
			dialogue_set_all(d, json_object_get(visit, "slots"));
			d->node = node;
		}
		json_decref(visit);
	}
}

int dialogue_expire(void *ctx, const char *state, struct dialogue_turn *turn,
		    struct dialogue_out *out)
{
	void *tmp = talloc_new(NULL);
	struct dialogue d;
	bool quiet;

	*out = (struct dialogue_out){ 0 };
	dialogue_init(&d, tmp, turn, NULL, NULL);
	if (dialogue_state_read(&d, state) == 0) {
		quiet = !d.node || d.node->quiet;
		d.pages = d.unsaid = NULL;
		dialogue_reset(&d);
		if (!quiet)
			dialogue_add(&d, dialogue_phrase(&d, "dialogue.expired", NULL));
		next_without_desk(&d);
		dialogue_answer(&d, ctx, out);
	}
	talloc_free(tmp);
	return 0;
}
