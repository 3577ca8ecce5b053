// SPDX-License-Identifier: AGPL-3.0-or-later
/* A conversation of any texts, a line each, with the city of the unit tests: each gets an answer, a session
 * exactly one page that fits, a caller something to hear, and what is kept can be read again.  The first byte chooses what the desk
 * says, the channel and the page.  A line that begins with '{' is taken as a state, with '*' it is dialled,
 * '~' changes to the next of texts, a session and a call, '!' tells that the page was seen, '&' is a spoken message. */
#include <stdint.h>

#include "../../unit/talk/talk_fixture.h"
#include "talk/dialogue_int.h"
#include "wire/ussd_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct talk *load(void)
{
	char *error = NULL;
	struct talk *talk = fixture_talk(NULL, fixture_menus, &error);

	OSMO_ASSERT(talk);
	return talk;
}

static void check(const struct dialogue_out *out, struct dialogue_turn *turn)
{
	void *ctx = talloc_new(NULL);
	struct dialogue d;

	OSMO_ASSERT(turn->channel == DIALOGUE_VOICE || out->n > 0);
	if (turn->channel == DIALOGUE_VOICE) {
		OSMO_ASSERT(out->n == 0 && out->sentences_n <= DIALOGUE_SENTENCES_MAX);
		OSMO_ASSERT(out->person || out->sentences_n > 0);
		/* the last thing that is said asks nothing, and all else does */
		OSMO_ASSERT((out->listen == DIALOGUE_LISTEN_NOTHING) == (out->last || out->person));
		OSMO_ASSERT(!out->by_text || out->last);
	}
	if (turn->channel == DIALOGUE_USSD) {
		OSMO_ASSERT(out->n == 1);
		OSMO_ASSERT(ussd_text_octets(out->answers[0], strlen(out->answers[0])) <=
			    turn->page_octets);
	}
	dialogue_init(&d, ctx, turn, &fixture_ops, NULL);
	OSMO_ASSERT(dialogue_state_read(&d, out->state) == 0);
	OSMO_ASSERT(turn->channel == DIALOGUE_VOICE || !out->last || !d.node);
	talloc_free(ctx);
}

/* What time brings is said by text. */
static void let_time_go_by(void *ctx, const char *state, const struct dialogue_turn *turn,
			   struct fixture_desk *desk)
{
	struct dialogue_turn by_text = *turn;
	struct dialogue_out out;

	by_text.channel = DIALOGUE_SMS;
	dialogue_remind(ctx, state, &by_text, &fixture_ops, desk, &out);
	dialogue_expire(ctx, out.state, &by_text, &out);
}

static char *one_turn(void *ctx, char *state, const char *text, struct dialogue_turn *turn,
		      struct fixture_desk *desk)
{
	struct dialogue_out out;

	switch (*text) {
	case '{':
		let_time_go_by(ctx, text, turn, desk);
		return talloc_strdup(ctx, text);
	case '~':
		turn->channel = (turn->channel + 1) % 3;
		return state;
	case '!':
		return state ? dialogue_seen(ctx, state, turn) : NULL;
	case '*':
		OSMO_ASSERT(dialogue_dial(ctx, state, text + 1, turn, &fixture_ops, desk, &out) ==
			    0);
		break;
	case '&':
		turn->recording_id = turn->channel == DIALOGUE_VOICE;
		OSMO_ASSERT(dialogue_take(ctx, state, "", turn, &fixture_ops, desk, &out) == 0);
		turn->recording_id = 0;
		break;
	default:
		OSMO_ASSERT(dialogue_take(ctx, state, text, turn, &fixture_ops, desk, &out) == 0);
	}
	check(&out, turn);
	let_time_go_by(ctx, out.state, turn, desk);
	return out.state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pages[] = { 40, 112, 160 };
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
	turn.page_octets = pages[size ? (data[0] >> 4) % 3 : 0];
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
