/* talk_person.h - a resident of the small city, who texts or dials, and hears. */
#pragma once

#include "talk_fixture.h"

struct talk_test {
	void *ctx;
	struct talk *talk;
	struct fixture_desk desk;
	struct dialogue_turn turn;
	struct dialogue_out out;
	char *state;
};

static int setup(void **state)
{
	struct talk_test *t = talloc_zero(NULL, struct talk_test);
	char *error = NULL;

	t->ctx = t;
	t->talk = fixture_talk(t, fixture_menus, &error);
	if (!t->talk)
		fail_msg("%s", error);
	t->turn = (struct dialogue_turn){ .now_s = 1795507200,
					  .person_id = 1,
					  .number = "+31612340001",
					  .language = "nl",
					  .channel_name = "sms",
					  .talk = t->talk };
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

/* The first answer to a text, or to an answer in a session; "" if there is none. */
static const char *text(struct talk_test *t, const char *said)
{
	assert_int_equal(
		dialogue_take(t, t->state, said, &t->turn, &fixture_ops, &t->desk, &t->out), 0);
	t->state = t->out.state;
	return t->out.n ? t->out.answers[0] : "";
}
