// SPDX-License-Identifier: AGPL-3.0-or-later
/* A conversation of any texts, a line each, with the city of the unit tests: each gets an answer.
 * The first byte chooses what the desk says; a line that begins with '{' is taken as a state. */
#include <stdint.h>

#include "../../unit/talk/talk_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct talk *load(void)
{
	char *error = NULL;
	struct talk *talk = fixture_talk(NULL, fixture_menus, &error);

	OSMO_ASSERT(talk);
	return talk;
}

static char *one_turn(void *ctx, char *state, const char *text, struct dialogue_turn *turn,
		      struct fixture_desk *desk)
{
	struct dialogue_out out;

	if (*text == '{') {
		dialogue_remind(ctx, text, turn, &fixture_ops, desk, &out);
		dialogue_expire(ctx, text, turn, &out);
		return talloc_strdup(ctx, text);
	}
	OSMO_ASSERT(dialogue_take(ctx, state, text, turn, &fixture_ops, desk, &out) == 0);
	OSMO_ASSERT(out.n > 0);
	return out.state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct talk *talk;
	struct fixture_desk desk = { 0 };
	struct dialogue_turn turn = {
		.now_s = 1795507200, .person_id = 1, .language = "nl", .channel_name = "sms"
	};
	void *ctx = talloc_new(NULL);
	char *said, *line, *state = NULL, *next;

	talk = talk ? talk : load();
	turn.talk = talk;
	desk.near = size && data[0] & 1;
	turn.first = size && data[0] & 2;
	turn.channel = size ? (data[0] >> 2) % 3 : DIALOGUE_SMS;
	said = talloc_strndup(ctx, (const char *)data + (size > 0), size - (size > 0));
	for (line = said; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		state = one_turn(ctx, state, line, &turn, &desk);
	}
	talloc_free(ctx);
	return 0;
}
