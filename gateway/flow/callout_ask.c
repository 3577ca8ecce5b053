// SPDX-License-Identifier: AGPL-3.0-or-later
/* callout_ask.c - what calls are asked for: back to a resident, and a notice to who cannot be texted. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/callout_int.h"
#include "wire/utf8.h"

#define OFTEN  6 /* call backs in an hour: a stranger's phone must not be made to ring all day */
#define HOUR_S 3600

/* Only telephones: neither short codes nor ourselves. */
static bool can_be_called(const struct callouts *co, const char *number)
{
	const struct callout_line *cl;

	if (number[0] != '+' || !phone_can_answer(number))
		return false;
	llist_for_each_entry (cl, &co->lines, list)
		if (cl->ln->number && strcmp(cl->ln->number, number) == 0)
			return false;
	return true;
}

const char *callouts_back(struct callouts *co, const struct dialogue_turn *turn, const char **shown)
{
	struct callout_row row = { .person_id = turn->person_id,
				   .due_s = turn->now_s,
				   .created_s = turn->now_s };
	struct person p;
	struct line *ln;
	int often;

	if (!co->calls || !can_be_called(co, turn->number))
		return "none";
	if (calls_talk_to(co->calls, turn->number))
		return "talking";
	often = store_callout_recent(co->st, turn->number, turn->now_s - HOUR_S);
	if (often < 0 || store_person_by_id(co->st, turn->person_id, &p) < 0)
		return NULL;
	ln = callouts_choose_line(co, p.last_line, "");
	if (!ln)
		return "none";
	if (often >= OFTEN)
		return "often";
	OSMO_STRLCPY_ARRAY(row.number, turn->number);
	switch (store_callout_add(co->st, &row)) {
	case 0:
		*shown = ln->number;
		store_after(co->st, callouts_run_after, co, 0);
		return "now";
	case -EEXIST:
		return "already";
	}
	return NULL;
}

static bool is_text(const char *text)
{
	size_t len = strlen(text);
	uint32_t character;
	int n;

	if (!text[strspn(text, " \t\r\n")] || len > CALLOUT_TEXT_MAX)
		return false;
	for (; len > 0; text += n, len -= n) {
		n = utf8_read(&character, text, len);
		if (n <= 0)
			return false;
	}
	return true;
}

static bool speaks(const struct talk *talk, const char *language)
{
	for (size_t i = 0; talk->languages[i]; i++)
		if (strcmp(talk->languages[i], language) == 0)
			return true;
	return false;
}

int callout_notice(struct callouts *co, const char *number, const char *language, const char *text,
		   int64_t notice_id, struct callout_row *row)
{
	int64_t now_s = clock_now_s();
	struct person p;
	int rc;

	if (!can_be_called(co, number) || !is_text(text) ||
	    (language && !speaks(*co->talk, language)))
		return -EINVAL;
	rc = store_person_get(co->st, number, now_s, &p);
	if (rc < 0)
		return rc;
	if (p.stopped || p.blocked)
		return -EPERM;
	*row = (struct callout_row){ .notice = true,
				     .person_id = p.id,
				     .text = (char *)text,
				     .due_s = callouts_next_notice_hour(co, now_s),
				     .created_s = now_s,
				     .notice_id = notice_id };
	OSMO_STRLCPY_ARRAY(row->number, number);
	OSMO_STRLCPY_ARRAY(row->language, language ? language : "");
	OSMO_STRLCPY_ARRAY(row->state, "waiting");
	rc = store_callout_add(co->st, row);
	if (rc == 0)
		store_after(co->st, callouts_run_after, co, 0);
	return rc;
}
