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
	struct staff_wait wait = { .staff_id = t->staff->id, .until_s = t->now_s };
	int rc = text ? 0 : -EINVAL;

	snprintf(n.key, sizeof(n.key), KEY_PREFIX "%lld %016llx", (long long)t->staff->id,
		 (unsigned long long)store_random(t->sp->city.st));
	if (rc == 0)
		rc = broadcast_add(t->ctx, t->sp->city.bc, &n, &error);
	wait.notice_id = n.id;
	if (rc == 0)
		rc = store_staff_wait_put(t->sp->city.st, &wait);
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

/* Whose phone made it. \returns 0: it was made by none */
static int64_t whose(const struct notice *n)
{
	if (strncmp(n->key, KEY_PREFIX, strlen(KEY_PREFIX)) != 0)
		return 0;
	return strtoll(n->key + strlen(KEY_PREFIX), NULL, 10);
}

/* From now on a code is waited for: of the newest notice of a phone, but each of them lapses without one. */
static int await_code(struct staff_turn *t, const struct notice *n)
{
	int64_t until_s = t->now_s + t->sp->cfg.code_wait_s;
	int rc = broadcast_lapse_at(t->sp->city.bc, n->id, until_s);
	struct broadcast_estimate estimate;
	struct staff_wait wait;

	if (rc == 0)
		rc = store_staff_wait_get(t->ctx, t->sp->city.st, t->staff->id, &wait);
	if (rc == -ENOENT || (rc == 0 && (wait.text || wait.notice_id != n->id)))
		return 0;
	wait.until_s = t->now_s;
	if (rc == 0)
		rc = store_staff_wait_put(t->sp->city.st, &wait);
	if (rc == 0)
		rc = broadcast_estimate(t->sp->city.bc, n->id, &estimate);
	return rc < 0 ? rc : staff_answer(t, estimate_words(t, n, &estimate));
}

int staff_notice_told(const struct notice *n, void *data)
{
	struct staff_phones *sp = data;
	struct staff_turn t = { .ctx = talloc_new(sp), .sp = sp, .now_s = clock_now_s() };
	int64_t staff_id = whose(n);
	struct person person;
	struct staff staff;
	int rc = staff_id ? staff_turn_to(&t, staff_id, &staff, &person) : -ENOENT;

	if (rc == 0 && n->state == NOTICE_DRAFT)
		rc = await_code(&t, n);
	else if (rc == 0)
		rc = staff_say(&t, "staff.notice.lapsed",
			       json_pack("{s:I}", "notice", (json_int_t)n->id));
	talloc_free(t.ctx);
	return rc == -EIO ? rc : 0;
}

int staff_notice_stands(struct staff_turn *t, int64_t notice_id, enum notice_state *state)
{
	struct notice n;
	int rc = store_notice_get(t->ctx, t->sp->city.st, notice_id, &n);

	if (rc == 0)
		*state = n.state;
	return rc;
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
