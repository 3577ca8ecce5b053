// SPDX-License-Identifier: AGPL-3.0-or-later
/* staff_phone_work.c - what is said of reports from outside: how they stand. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "flow/staff_phone_int.h"
#include "log.h"

#define NAMES_SIZE 256

/* ---- how a report stands ---- */

static const char *const verb_names[] = {
	[WORK_NONE] = "none",	     [WORK_SEEN] = "seen", [WORK_BUSY] = "busy",
	[WORK_PLANNED] = "planned",  [WORK_DONE] = "done", [WORK_TO] = "to",
	[WORK_NOT_OURS] = "refused", [WORK_NOTE] = "note",
};

static struct casework_by by(const struct staff_turn *t)
{
	return (struct casework_by){ .who = t->who, .channel = t->channel };
}

/* Into the history, and to nobody. */
static int note(struct staff_turn *t, const struct report *report, const char *text)
{
	struct report_change change = { .state = report->state,
					.at_s = t->now_s,
					.who = t->who,
					.channel = t->channel,
					.note = text };
	int64_t event_id;

	return store_report_note(t->sp->city.st, report->id, &change, &event_id);
}

static int note_told(struct staff_turn *t, const struct report *report, const char *text)
{
	const struct casework_by who = by(t);

	return report->contractor[0] ? casework_note(t->sp->casework, report->id, &who, text)
				     : note(t, report, text);
}

/* What they say, before what they add to it. */
static char *with_note(struct staff_turn *t, const char *said, const char *more)
{
	return talloc_asprintf(t->ctx, "%s%s%s", said, *more ? ": " : "", more);
}

static int change_state(struct staff_turn *t, const struct report *report,
			const struct work_item *item)
{
	struct contractor_update u = { .reference = report->reference,
				       .state = report_state_name(REPORT_SOLVED),
				       .note = item->note,
				       .channel = t->channel };

	if (item->verb == WORK_BUSY)
		u.state = report_state_name(REPORT_IN_PROGRESS);
	else if (item->verb == WORK_PLANNED)
		u.state = report_state_name(REPORT_PLANNED);
	if (item->verb == WORK_DONE && item->at_s <= t->now_s && item->at_s >= report->state_at_s)
		u.at_s = item->at_s;
	if (item->verb != WORK_DONE)
		u.expected_s = item->at_s;
	return notify_take(t->ctx, t->sp->city.nt, t->contractor ? t->contractor->name : NULL,
			   t->who, &u);
}

static int pass_on(struct staff_turn *t, const struct report *report, const struct work_item *item,
		   char name[NAMES_SIZE])
{
	const struct casework_by who = by(t);
	const char *more;
	int rc;
	size_t len = strcspn(item->note, " ,.;");

	for (size_t i = 0; i < len && i < NAMES_SIZE - 1; i++)
		name[i] = item->note[i] >= 'A' && item->note[i] <= 'Z' ? item->note[i] + 32
								       : item->note[i];
	name[OSMO_MIN(len, (size_t)NAMES_SIZE - 1)] = '\0';
	more = item->note + len + strspn(item->note + len, " ,.;");
	rc = casework_reassign(t->sp->casework, report->id, name, &who, *more ? more : NULL);
	return rc == -EINVAL ? -ESTALE : rc;
}

/* They say that it is not theirs: somebody at the city has to say whose it is. */
static int refuse(struct staff_turn *t, const struct report *report, const struct work_item *item)
{
	char *what = talloc_asprintf(t->ctx, "refused %s", report->reference);
	char *detail = talloc_asprintf(t->ctx,
				       "%s says that it is not theirs%s%s: give it to another",
				       t->who, item->note[0] ? ", " : "", item->note);
	int rc = report_is_open(report->state) ? 0 : -ESTALE;

	if (rc == 0)
		rc = note(t, report,
			  with_note(t, staff_words(t, "work.refused", NULL), item->note));
	if (rc < 0)
		return rc;
	LOGP(DFLOW, LOGL_ERROR, "report %s: %s\n", report->reference, detail);
	rc = store_alarm(t->sp->city.st, what, true, detail, t->now_s);
	return rc == -EEXIST ? 0 : rc;
}

static bool changes_state(const struct work_item *item)
{
	return item->verb == WORK_DONE || item->verb == WORK_BUSY || item->verb == WORK_PLANNED;
}

/* Octets: what is said with a change who reported it reads, too. */
static size_t note_max(const struct work_item *item)
{
	return changes_state(item) ? CASEWORK_WORDS_MAX : CASEWORK_NOTE_MAX;
}

/* \returns 0; -EMSGSIZE its note is too long; -ERANGE no day on which it can be done */
static int check_item(struct staff_turn *t, const struct work_item *item)
{
	if (item->cut || strlen(item->note) > note_max(item))
		return -EMSGSIZE;
	if (!changes_state(item) || item->verb == WORK_DONE || !item->at_s)
		return 0;
	return work_day_can_be(item->at_s, t->now_s, (*t->sp->city.talk)->zone) ? 0 : -ERANGE;
}

static int do_item(struct staff_turn *t, const struct work_item *item, struct report *report,
		   char name[NAMES_SIZE])
{
	int rc = store_report_by_reference(t->ctx, t->sp->city.st, item->reference, report);

	if (rc < 0)
		return rc;
	if (t->contractor && strcmp(report->contractor, t->contractor->name) != 0)
		return -EPERM;
	rc = check_item(t, item);
	if (rc < 0)
		return rc;
	switch (item->verb) {
	case WORK_SEEN:
		return note(t, report, with_note(t, staff_words(t, "work.seen", NULL), item->note));
	case WORK_TO:
		return t->staff ? pass_on(t, report, item, name) : refuse(t, report, item);
	case WORK_NOT_OURS:
		return t->staff ? -EINVAL : refuse(t, report, item);
	case WORK_NOTE:
		return t->staff ? note_told(t, report, item->note) : note(t, report, item->note);
	case WORK_BUSY:
	case WORK_PLANNED:
	case WORK_DONE:
		return change_state(t, report, item);
	case WORK_NONE:
		break;
	}
	return 0;
}

/* ---- the answer ---- */

static void name_contractor(struct contractor *c, void *data)
{
	char **names = data;

	*names = talloc_asprintf_append(*names, "%s%s", **names ? ", " : "",
					contractor_cfg_of(c)->name);
}

static const char *why_not(int rc)
{
	switch (rc) {
	case -ENOENT:
	case -EPERM:
		return "unknown";
	case -ESTALE:
		return "late";
	case -EALREADY:
		return "has";
	case -EMSGSIZE:
		return "long";
	case -ERANGE:
		return "day";
	default:
		return "other";
	}
}

static char *say_failed(struct staff_turn *t, const struct work_item *item,
			const struct report *report, int rc)
{
	char *names = talloc_strdup(t->ctx, "");
	const char *why = report->id && item->verb == WORK_TO && rc == -ENOENT ? "nobody"
									       : why_not(rc);

	if (strcmp(why, "nobody") == 0)
		forwarder_each(t->sp->city.fw, name_contractor, &names);
	return staff_words(
		t, "work.failed",
		json_pack("{s:s, s:s, s:s}", "typed", item->typed, "why", why, "names", names));
}

/* Words that were not understood are kept, and how to be understood is said. */
static const char *what_of(const struct work_item *item)
{
	return item->verb == WORK_NOTE && !item->named ? "words" : verb_names[item->verb];
}

static char *say_done(struct staff_turn *t, const struct work_item *item, const char *name)
{
	char shown[18];

	return staff_words(t, "work.done",
			   json_pack("{s:s, s:s, s:I, s:s, s:s}", "shown",
				     report_reference_show(shown, item->reference), "what",
				     what_of(item), "at", (json_int_t)item->at_s, "has_day",
				     item->at_s ? "yes" : "no", "name", name));
}

int staff_work(struct staff_turn *t, const struct work_item *items, size_t n)
{
	char *text = talloc_strdup(t->ctx, "");

	if (n > WORK_ITEMS_MAX)
		return staff_say(t, "work.many", json_pack("{s:i}", "max", WORK_ITEMS_MAX));
	for (size_t i = 0; i < n; i++) {
		struct report report = {};
		char name[NAMES_SIZE] = "";
		int rc = items[i].reference[0] ? do_item(t, &items[i], &report, name) : -ENOENT;

		if (rc == -EIO)
			return rc;
		text = talloc_asprintf_append(text, "%s%s", *text ? "\n" : "",
					      rc < 0 ? say_failed(t, &items[i], &report, rc)
						     : say_done(t, &items[i], name));
	}
	return staff_answer(t, text);
}
