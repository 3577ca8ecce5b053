// SPDX-License-Identifier: AGPL-3.0-or-later
/* staff_phone_notice.c - a notice by phone: whom it is for, what it costs, and a fresh code that sends it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/staff_phone_int.h"
#include "flow/turn.h"
#include "log.h"
#include "store/store_notice.h"

#define NAME_WORDS 5 /* "laan van nieuw oost einde" */
#define KEY_PREFIX "phone "

/* ---- for whom ---- */

/* What so many of the first words name. \returns 1 found; 0; -EIO */
static int named(struct staff_turn *t, const char *name, json_t **audience)
{
	char *folded = phrase_fold(t->ctx, name), *slug = talloc_strdup(t->ctx, folded);
	struct street street;
	int64_t id;
	int rc;

	for (char *p = slug; *p; p++)
		if (*p == ' ')
			*p = '-';
	rc = store_area_find(t->sp->city.st, slug, &id, NULL, 0);
	if (rc == 0)
		*audience = json_pack("{s:s}", "area", slug);
	if (rc != -ENOENT)
		return rc < 0 ? rc : 1;
	rc = store_street_exact(t->sp->city.st, folded, &street, 1);
	if (rc > 0)
		*audience = json_pack("{s:s}", "street", name);
	return rc > 0 ? 1 : rc;
}

/* "4829153" is about a report: its reporter and followers. */
static bool of_report(const char *text, json_t **audience, const char **rest)
{
	char digits[REPORT_REFERENCE_SIZE], reference[REPORT_REFERENCE_SIZE];
	size_t len = strspn(text, "0123456789");

	if (len < 7 || len >= sizeof(digits) || (text[len] && text[len] != ' '))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (report_reference_read(reference, digits) < 0)
		return false;
	*audience = json_pack("{s:s}", "report", reference);
	*rest = text + len;
	return true;
}

/* The longest name that the register knows. \returns 1; 0 none; -EIO */
static int read_audience(struct staff_turn *t, const char *text, json_t **audience,
			 const char **rest)
{
	size_t ends[NAME_WORDS], n = 0;
	int rc = 0;

	if (of_report(text, audience, rest))
		return 1;
	for (size_t i = 0; text[i] && n < NAME_WORDS; n++) {
		i += strcspn(text + i, " \n:,");
		ends[n] = i;
		if (text[i] && text[i] != ' ') { /* a sign ends the name */
			n++;
			break;
		}
		i += strspn(text + i, " ");
	}
	while (n-- > 0 && rc == 0) {
		rc = named(t, talloc_strndup(t->ctx, text, ends[n]), audience);
		*rest = text + ends[n];
	}
	return rc;
}

/* ---- taking one ---- */

static int add(struct staff_turn *t, json_t *audience, const char *words)
{
	json_t *json = json_pack("{s:s}", t->language, words);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	char *whom = json_dumps(audience, JSON_COMPACT), *error = NULL;
	struct notice n = {
		.title = talloc_strndup(t->ctx, words, 40),
		.words = text,
		.audience = whom,
		.list = "",
		.who = t->who,
		.quiet_from_min = -1,
	};
	struct staff_wait wait = { .until_s = t->now_s + PHONE_WAITS_S };
	int rc = text ? 0 : -EINVAL;

	snprintf(n.key, sizeof(n.key), KEY_PREFIX "%lld %016llx", (long long)t->staff->id,
		 (unsigned long long)store_random(t->sp->city.st));
	if (rc == 0)
		rc = broadcast_add(t->ctx, t->sp->city.bc, &n, &error);
	wait.notice_id = n.id;
	if (rc == 0)
		rc = staff_wait_put(t->sp, t->staff->id, &wait);
	json_decref(json);
	free(text);
	free(whom);
	if (rc == -EINVAL || rc == -ENOENT)
		return staff_say(t, "staff.notice.wrong",
				 json_pack("{s:s}", "error", error ? error : "UTF-8"));
	if (rc < 0 || !t->told)
		return rc < 0 ? rc : 1; /* the estimate is the answer, once they are counted */
	return staff_say(t, "staff.notice.by_text", NULL);
}

int staff_notice(struct staff_turn *t, const char *rest)
{
	json_t *audience = NULL;
	int rc;

	if (t->staff->role < STAFF_EDITOR || !t->sp->city.bc)
		return staff_say(t, "staff.notice.not_you", NULL);
	rc = read_audience(t, rest, &audience, &rest);
	if (rc < 0)
		return rc;
	rest += strspn(rest, " \n:,");
	if (rc == 0 || !*rest)
		rc = staff_say(t, rc == 0 ? "staff.notice.whom" : "staff.notice.empty", NULL);
	else
		rc = add(t, audience, rest);
	json_decref(audience);
	return rc;
}

/* ---- the estimate ---- */

static char *estimate_words(struct staff_turn *t, const struct notice *n,
			    const struct broadcast_estimate *e)
{
	json_t *args = json_pack("{s:I, s:I, s:I, s:I, s:s, s:s}", "people", (json_int_t)e->people,
				 "parts", (json_int_t)e->parts, "notice", (json_int_t)n->id, "last",
				 (json_int_t)e->last_s, "has_last", e->last_s ? "yes" : "no",
				 "has_cost", e->cost_milli ? "yes" : "no");
	char cost[32];

	OSMO_ASSERT(args);
	snprintf(cost, sizeof(cost), "%lld.%02lld", (long long)(e->cost_milli / 1000),
		 (long long)(e->cost_milli % 1000 / 10));
	json_object_set_new(args, "cost", json_string(cost));
	return staff_words(t, "staff.notice.estimate", args);
}

/* The phone that asked for it. \returns 0; -ENOENT it is none of a phone, or waits no more */
static int whose(struct staff_turn *t, const struct notice *n, struct staff *staff,
		 struct person *person, struct staff_wait *wait)
{
	const char *id = n->key + strlen(KEY_PREFIX);
	int rc;

	if (strncmp(n->key, KEY_PREFIX, strlen(KEY_PREFIX)) != 0)
		return -ENOENT;
	rc = store_staff_get(t->sp->city.st, strtoll(id, NULL, 10), staff);
	if (rc == 0 && (staff->ended_s || !staff->number[0]))
		rc = -ENOENT;
	if (rc == 0)
		rc = staff_wait_get(t->ctx, t->sp, staff->id, wait);
	if (rc == 0 && wait->notice_id != n->id)
		rc = -ENOENT;
	return rc < 0 ? rc : store_person_find(t->sp->city.st, staff->number, person);
}

int staff_notice_counted(int64_t notice_id, void *data)
{
	struct staff_phones *sp = data;
	struct staff_turn t = { .ctx = talloc_new(sp), .sp = sp, .now_s = clock_now_s() };
	struct broadcast_estimate estimate;
	struct staff_wait wait = {};
	struct notice n;
	struct staff staff;
	struct person person;
	int rc = store_notice_get(t.ctx, sp->city.st, notice_id, &n);

	if (rc == 0)
		rc = whose(&t, &n, &staff, &person, &wait);
	if (rc == 0)
		rc = broadcast_estimate(sp->city.bc, notice_id, &estimate);
	if (rc == 0) {
		t.p = &person;
		t.line = person.last_line;
		t.language = person.language[0] ? person.language : (*sp->city.talk)->languages[0];
		wait.counted = true;
		wait.until_s = t.now_s + PHONE_WAITS_S;
		rc = staff_wait_put(sp, staff.id, &wait);
	}
	if (rc == 0)
		rc = staff_answer(&t, estimate_words(&t, &n, &estimate));
	talloc_free(t.ctx);
	return rc == -EIO ? rc : 0;
}

/* ---- sending it ---- */

int staff_notice_go(struct staff_turn *t, int64_t notice_id)
{
	char *what = talloc_asprintf(t->ctx, "sent notice %lld by phone", (long long)notice_id);
	int rc = broadcast_go(t->sp->city.bc, notice_id);

	if (rc == 0)
		rc = store_audit(t->sp->city.st, t->who, what, t->now_s);
	if (rc == -EIO)
		return rc;
	return staff_say(t, rc == 0 ? "staff.notice.sent" : "staff.notice.over",
			 json_pack("{s:I}", "notice", (json_int_t)notice_id));
}

int staff_notice_cancel(struct staff_turn *t, int64_t notice_id)
{
	int rc = broadcast_cancel(t->sp->city.bc, notice_id);

	return rc == -EIO ? rc : 0; /* it had gone already */
}
