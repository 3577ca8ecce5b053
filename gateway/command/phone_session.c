// SPDX-License-Identifier: AGPL-3.0-or-later
/* phone_session.c - "meldlijn phone" dials a code: a page comes, what is typed next answers it, until
 * the last page.  Nothing of it is kept: on no phone is a page there again. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "command/phone_int.h"

#define PAGE_TIMEOUT_MS 40000 /* the line gives up by itself before that */

bool phone_is_code(const char *text)
{
	size_t len = strlen(text);

	return len <= PHONE_CODE_MAX && (text[0] == '*' || text[0] == '#') &&
	       text[len - 1] == '#' && strspn(text, "*#0123456789") == len &&
	       strpbrk(text, "0123456789");
}

static void no_page(struct phone_number *num, const struct http_answer *answer)
{
	void *ctx;

	if (!num->phone->screen) {
		phone_give_up(num->phone, answer);
		return;
	}
	ctx = talloc_new(num->phone);
	phone_screen_say(num->phone, "%s: %s", num->code, phone_words(ctx, answer));
	talloc_free(ctx);
}

static void take_page(struct phone_number *num, const struct http_answer *answer)
{
	json_t *json = json_loadb(answer->body, answer->len, 0, NULL);
	struct phone_page page = {
		.text = json_string_value(json_object_get(json, "text")),
		.last = json_is_true(json_object_get(json, "last")),
	};

	if (!page.text) {
		no_page(num, answer);
	} else {
		num->session = page.last ? PHONE_NO_SESSION : PHONE_SHOWS;
		if (num->phone->screen)
			phone_screen_page(num, &page);
		else
			phone_script_page(num, &page);
	}
	json_decref(json);
}

static void answered(const struct http_answer *answer, void *data)
{
	struct phone_number *num = data;
	bool seen = num->session == PHONE_WAITS;

	num->session = PHONE_NO_SESSION;
	if (!seen || num->phone->stopped)
		return;
	if (answer->status == 200)
		take_page(num, answer);
	else
		no_page(num, answer);
}

static void ask(struct phone_number *num, const char *key, const char *text)
{
	num->session = PHONE_WAITS;
	if (num->phone->screen)
		phone_screen_said(num, text);
	if (!phone_post(num, "ussd", json_pack("{s:s}", key, text), PAGE_TIMEOUT_MS, answered))
		num->session = PHONE_NO_SESSION;
}

int phone_dial(struct phone_number *num, const char *code)
{
	if (num->session == PHONE_WAITS || num->session == PHONE_HUNG_UP)
		return -EAGAIN;
	osmo_strlcpy(num->code, code, sizeof(num->code));
	phone_past_typed(num, code);
	ask(num, "code", code);
	return 0;
}

int phone_answer(struct phone_number *num, const char *text)
{
	if (num->session != PHONE_SHOWS)
		return -EAGAIN;
	ask(num, "reply", text);
	return 0;
}

bool phone_hang_up(struct phone_number *num)
{
	switch (num->session) {
	case PHONE_WAITS:
		num->session = PHONE_HUNG_UP;
		return true;
	case PHONE_SHOWS:
		num->session = PHONE_NO_SESSION;
		return true;
	case PHONE_HUNG_UP:
	case PHONE_NO_SESSION:
		break;
	}
	return false;
}
