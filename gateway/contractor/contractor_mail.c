// SPDX-License-Identifier: AGPL-3.0-or-later
/* contractor_mail.c - orders and updates as mail, for who has no system: the words and the link are given. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "contractor/contractor_int.h"
#include "wire/mail.h"

/* Another time, with what the operator corrects: RFC 4954 6, and RFC 3207 4. */
static bool is_ours_to_correct(int status)
{
	return status == 530 || status == 534 || status == 535 || status == 538;
}

static char *words_of(struct ask *ask, const struct mail_answer *answer)
{
	const char *what = "";
	char *words;

	if (is_ours_to_correct(answer->status))
		what = ": check user, password-file and starttls under mail";
	else if (answer->status >= 500)
		what = ": check mail-to";
	words = talloc_asprintf(ask, "mail: %s%s", answer->words, what);
	OSMO_ASSERT(words);
	return words;
}

/* RFC 5321 4.2.1: 5yz is said for ever, 4yz for now. */
static void answered(const struct mail_answer *answer, void *data)
{
	struct ask *ask = data;

	ask->mail = NULL;
	if (answer->status >= 200 && answer->status < 300)
		contractor_ask_taken(ask, NULL);
	else if (answer->status >= 500 && !is_ours_to_correct(answer->status))
		contractor_ask_refused_for(ask, words_of(ask, answer));
	else
		contractor_ask_retry(ask, words_of(ask, answer), 0);
}

static int prepare(struct ask *ask, const struct contractor_order *o, const char *url)
{
	const struct contractor *c = ask->c;
	struct mail_message message = {
		.from = c->server.from,
		.name = c->server.name,
		.to = c->cfg.mail_to,
		.subject = o->subject,
		.text = o->words,
		.key = o->key,
		.thread = o->thread,
		/* the receiver compares it with its own clock, so ours must not be moved ahead */
		.at_s = clock_now_s() - clock_ahead_s(),
	};

	if (!c->mailer || !o->subject || !o->words || !c->cfg.mail_to)
		return -EINVAL;
	ask->body = mail_write(ask, &message);
	return ask->body ? 0 : -EINVAL;
}

static int start(struct ask *ask, const struct contractor_order *o, const char *url)
{
	struct mail_ask mail = {
		.server = &ask->c->server,
		.to = ask->c->cfg.mail_to,
		.message = ask->body,
		.done = answered,
		.data = ask,
	};

	ask->mail = mail_start(ask->c->mailer, &mail);
	return 0;
}

const struct contractor_writer contractor_mail = { .prepare = prepare, .start = start };
