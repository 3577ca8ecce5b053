// SPDX-License-Identifier: AGPL-3.0-or-later
#include "flow/turn.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>
#include <osmocom/core/utils.h>

#include "store/store_console.h"

void turn_init(struct dialogue_turn *turn, const struct talk *talk, const struct person *p,
	       int64_t now_s)
{
	memset(turn, 0, sizeof(*turn));
	turn->now_s = now_s;
	turn->person_id = p->id;
	turn->number = p->number;
	OSMO_STRLCPY_ARRAY(turn->language, p->language[0] ? p->language : talk->languages[0]);
	turn->language_chosen = p->language[0];
	turn->channel = DIALOGUE_SMS;
	turn->channel_name = "sms";
	turn->talk = talk;
}

int turn_state(void *ctx, struct store *st, int64_t person_id, char **state)
{
	struct dialogue_row row;
	int rc = store_dialogue_get(ctx, st, person_id, &row);

	*state = rc == 0 ? row.state : NULL;
	return rc == -ENOENT ? 0 : rc;
}

int turn_keep(struct store *st, int64_t person_id, const char *line, const struct dialogue_out *out,
	      int64_t now_s)
{
	struct dialogue_row row = {
		.person_id = person_id,
		.state = out->state,
		.due_s = out->remind_s ? now_s + out->remind_s
				       : (out->expire_s ? now_s + out->expire_s : 0),
		.expire_s = out->expire_s,
		.reminded = !out->remind_s,
	};
	int rc;

	if (!out->state) {
		rc = store_dialogue_drop(st, person_id);
		return rc == -ENOENT ? 0 : rc;
	}
	OSMO_STRLCPY_ARRAY(row.line, line);
	return store_dialogue_put(st, &row, now_s);
}

int turn_tally(struct store *st, const char *channel, const char *state, bool left, int64_t now_s)
{
	json_t *json = state ? json_loads(state, 0, NULL) : NULL;
	const char *node = json_string_value(json_object_get(json, "node"));
	int rc = node ? store_menu_tally(st, node, channel, left, now_s) : 0;

	json_decref(json);
	return rc;
}

int turn_text(struct outbox *ob, const struct person *p, const char *line, enum outbox_lane lane,
	      const struct dialogue_out *out, int64_t report_id)
{
	int rc = 0;

	for (size_t i = 0; i < out->n && rc == 0; i++)
		rc = outbox_queue(ob, p->number, lane, line, out->answers[i], report_id);
	return rc == -EINVAL ? 0 : rc;
}
