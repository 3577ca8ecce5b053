// SPDX-License-Identifier: AGPL-3.0-or-later
/* subscriber.c - see subscriber.h. */
#include "flow/subscriber.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <sodium.h>

#include "log.h"

#define HOUR_S	       3600
#define CODE_VALID_S   HOUR_S
#define CODES_AN_HOUR  3 /* of a SIM, and to a number */
#define TRIES_MAX      3
#define CODE_OF	       10000 /* four digits */
#define CODE_HASH_SIZE 16

struct subscribers {
	struct store *st;
	struct outbox *ob;
	struct talk *const *talk;
};

/* One SIM on its way through a step. */
struct asking {
	void *ctx;
	struct subscribers *sb;
	const struct subscriber_said *said;
	int64_t now_s;
	struct subscriber sub;
	struct subscriber_answer *answer;
};

/* ---- words ---- */

static char *words(struct asking *a, const char *language, const char *key, const char *number,
		   const char *code, int left)
{
	const struct talk *talk = *a->sb->talk;
	json_t *args = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s#}", "city", talk->city, "number",
				 number ? number : "", "code", code ? code : "", "left", left,
				 "short_code", talk->short_code, "ussd", a->said->code,
				 (int)strcspn(a->said->code, "#"));
	char *text;

	OSMO_ASSERT(args);
	text = phrase_say(a->ctx, talk->phrases, language, "ussd", key, args, talk->zone);
	json_decref(args);
	return text;
}

/* Nobody is known yet, so no language is. */
static void page(struct asking *a, const char *key, bool last)
{
	a->answer->page = words(a, (*a->sb->talk)->languages[0], key, a->sub.claim, NULL,
				TRIES_MAX - (int)a->sub.tries);
	a->answer->last = last;
}

static void ask(struct asking *a, const char *asks)
{
	OSMO_STRLCPY_ARRAY(a->sub.asks, asks);
}

static void page_of_question(struct asking *a)
{
	if (strcmp(a->sub.asks, "code") == 0)
		page(a, "subscriber.code.sent", false);
	else if (strcmp(a->sub.asks, "confirm") == 0)
		page(a, "subscriber.confirm", false);
	else
		page(a, "subscriber.ask", false);
}

/* ---- codes ---- */

/* It keeps a code out of sight of who looks at the database; what keeps it from being guessed are the
 * three tries. */
static void hash_code(char *out, size_t size, const struct subscriber *sub, const char *code)
{
	unsigned char hash[CODE_HASH_SIZE];
	char text[96];
	int len = snprintf(text, sizeof(text), "%s %s %lld %s", sub->imsi, sub->claim,
			   (long long)sub->code_at_s, code);

	OSMO_ASSERT(len > 0 && (size_t)len < sizeof(text) && size > 2 * sizeof(hash));
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, len, NULL, 0);
	sodium_bin2hex(out, size, hash, sizeof(hash));
}

static int text_code(struct asking *a, const char *language)
{
	char code[8];
	int rc;

	snprintf(code, sizeof(code), "%04u", (unsigned int)(store_random(a->sb->st) % CODE_OF));
	a->sub.code_at_s = a->now_s;
	a->sub.tries = 0;
	hash_code(a->sub.code, sizeof(a->sub.code), &a->sub, code);
	ask(a, "code");
	rc = store_subscriber_code_add(a->sb->st, a->sub.imsi, a->sub.claim, a->now_s);
	if (rc == 0)
		rc = outbox_queue(a->sb->ob, a->sub.claim, OUTBOX_REPLY, "",
				  words(a, language, "subscriber.code.text", a->sub.claim, code, 0),
				  0);
	return rc;
}

/* Text a code to the number that is claimed, unless that has been done too often. */
static int demand_code(struct asking *a)
{
	char masked[PHONE_SIZE];
	struct person p = {};
	int rc = store_person_find(a->sb->st, a->sub.claim, &p);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	ask(a, a->sub.number[0] ? "" : "number");
	if (p.blocked || !outbox_can_text(a->sb->ob)) {
		page(a, "subscriber.code.never", true);
		return 0;
	}
	rc = store_subscriber_codes(a->sb->st, a->sub.imsi, a->sub.claim, a->now_s - HOUR_S);
	if (rc < 0)
		return rc;
	if (rc >= CODES_AN_HOUR) {
		LOGP(DFLOW, LOGL_NOTICE, "%s gets no more codes in this hour\n",
		     phone_masked(masked, a->sub.claim));
		page(a, "subscriber.code.over", true);
		return 0;
	}
	rc = text_code(a, p.language[0] ? p.language : (*a->sb->talk)->languages[0]);
	if (rc == 0)
		page_of_question(a);
	return rc;
}

/* ---- answers ---- */

/* The pair is known from now on; what was dialled is done at once. */
static void know(struct asking *a, const char *number, bool proved)
{
	OSMO_STRLCPY_ARRAY(a->answer->number, number);
	a->answer->proved = proved;
	if (!a->said->number)
		a->answer->path = talloc_strdup(a->ctx, a->sub.path);
	OSMO_STRLCPY_ARRAY(a->sub.number, number);
	a->sub.proved = proved;
	ask(a, "");
	a->sub.claim[0] = a->sub.path[0] = a->sub.code[0] = '\0';
	a->sub.code_at_s = 0;
	a->sub.tries = 0;
}

/* Someone has texted or dialled from it, or another SIM has it. 1, 0 or -EIO */
static int is_used(struct asking *a)
{
	struct person p;
	int rc = store_person_find(a->sb->st, a->sub.claim, &p);

	if (rc == 0 && (p.heard || p.blocked))
		return 1;
	if (rc < 0 && rc != -ENOENT)
		return rc;
	return store_subscriber_has(a->sb->st, a->sub.claim, a->sub.imsi);
}

/* A number as people type it, in whatever digits. */
static bool read_number(struct asking *a, char *number)
{
	const struct talk *talk = *a->sb->talk;

	if (phone_normalise(number, a->said->text, talk->country) < 0 &&
	    phone_normalise(number, phrase_fold(a->ctx, a->said->text), talk->country) < 0)
		return false;
	return number[0] == '+' && phone_can_answer(number) &&
	       !(a->said->ours && phone_same(number, a->said->ours)) &&
	       !phone_same(number, talk->short_code);
}

static int take_number(struct asking *a)
{
	char number[PHONE_SIZE];

	if (!read_number(a, number)) {
		page(a, "subscriber.again", false);
		return 0;
	}
	OSMO_STRLCPY_ARRAY(a->sub.claim, number);
	ask(a, "confirm");
	page_of_question(a);
	return 0;
}

static bool says(const struct asking *a, const char *folded, const char *key, const char *keyword)
{
	return strcmp(folded, key) == 0 ||
	       phrase_is_keyword((*a->sb->talk)->phrases, NULL, keyword, folded);
}

static int take_confirm(struct asking *a, const char *folded)
{
	int rc;

	if (says(a, folded, "1", "yes")) {
		rc = is_used(a);
		if (rc > 0)
			return demand_code(a);
		if (rc == 0)
			know(a, a->sub.claim, false);
		return rc;
	}
	if (strcmp(folded, "0") == 0 || says(a, folded, "2", "no"))
		ask(a, "number");
	page_of_question(a);
	return 0;
}

static bool code_is_over(const struct asking *a)
{
	return a->now_s - a->sub.code_at_s >= CODE_VALID_S || a->now_s < a->sub.code_at_s;
}

static int take_code(struct asking *a, const char *folded)
{
	char hash[sizeof(a->sub.code)];

	if (strcmp(folded, "0") == 0) {
		ask(a, "number");
		page_of_question(a);
		return 0;
	}
	hash_code(hash, sizeof(hash), &a->sub, folded);
	if (!code_is_over(a) && strcmp(hash, a->sub.code) == 0) {
		know(a, a->sub.claim, true);
		return 0;
	}
	if (++a->sub.tries < TRIES_MAX && !code_is_over(a)) {
		page(a, "subscriber.code.wrong", false);
		return 0;
	}
	ask(a, "number");
	a->sub.code[0] = '\0';
	page(a, "subscriber.code.over", true);
	return 0;
}

static int take_answer(struct asking *a)
{
	char *folded = phrase_fold(a->ctx, a->said->text);

	folded[strcspn(folded, " ")] = '\0'; /* "1 ja" */
	if (strlen(folded) > 16)
		folded[16] = '\0'; /* no code and no answer is longer */
	if (strcmp(a->sub.asks, "confirm") == 0)
		return take_confirm(a, folded);
	if (strcmp(a->sub.asks, "code") == 0)
		return take_code(a, folded);
	ask(a, "number");
	return take_number(a);
}

/* ---- the turn ---- */

/* A pair that nothing proved is in question as soon as someone texts from that number. 1, 0 or -EIO */
static int is_doubted(struct subscribers *sb, const struct subscriber *sub)
{
	struct person p;
	int rc;

	if (sub->proved)
		return 0;
	rc = store_person_find(sb->st, sub->number, &p);
	if (rc == -ENOENT)
		return 0;
	return rc < 0 ? rc : p.last_line[0] != '\0';
}

static int take_dialled(struct asking *a)
{
	bool answered = strcmp(a->sub.asks, "confirm") == 0 || strcmp(a->sub.asks, "code") == 0;

	if (*a->said->path || !answered)
		OSMO_STRLCPY_ARRAY(a->sub.path, a->said->path);
	if (strcmp(a->sub.asks, "code") == 0 && code_is_over(a))
		ask(a, "number");
	if (a->sub.number[0] && !a->sub.asks[0]) {
		OSMO_STRLCPY_ARRAY(a->sub.claim, a->sub.number);
		return demand_code(a);
	}
	if (!a->sub.asks[0])
		ask(a, "number");
	page_of_question(a);
	return 0;
}

/* The network tells: that is what holds, now and when it does not. */
static int take_told(struct asking *a)
{
	const char *number = a->said->number;
	bool same = a->sub.proved && !a->sub.asks[0] && strcmp(a->sub.number, number) == 0;

	know(a, number, true);
	return same || !a->said->imsi ? 0 : store_subscriber_put(a->sb->st, &a->sub, a->now_s);
}

int subscribers_take(void *ctx, struct subscribers *sb, const struct subscriber_said *said,
		     int64_t now_s, struct subscriber_answer *answer)
{
	struct asking a = { .ctx = ctx, .sb = sb, .said = said, .now_s = now_s, .answer = answer };
	int rc = 0;

	memset(answer, 0, sizeof(*answer));
	if (!said->number && !said->imsi)
		return -EINVAL;
	if (said->imsi)
		rc = store_subscriber_get(sb->st, said->imsi, &a.sub);
	if (rc == -ENOENT) {
		OSMO_STRLCPY_ARRAY(a.sub.imsi, said->imsi);
		rc = 0;
	}
	if (rc == 0 && said->number)
		return take_told(&a);
	if (rc == 0 && a.sub.number[0] && !a.sub.asks[0]) {
		rc = is_doubted(sb, &a.sub);
		if (rc == 0) {
			OSMO_STRLCPY_ARRAY(answer->number, a.sub.number);
			answer->proved = a.sub.proved;
		}
		if (rc <= 0)
			return rc;
	}
	if (rc >= 0)
		rc = said->path ? take_dialled(&a) : take_answer(&a);
	return rc < 0 ? rc : store_subscriber_put(sb->st, &a.sub, now_s);
}

int subscribers_number(struct subscribers *sb, const char *imsi, char *number)
{
	struct subscriber sub;
	int rc = store_subscriber_get(sb->st, imsi, &sub);

	if (rc < 0)
		return rc;
	if (!sub.number[0] || sub.asks[0])
		return -ENOENT;
	rc = is_doubted(sb, &sub);
	if (rc != 0)
		return rc < 0 ? rc : -ENOENT;
	osmo_strlcpy(number, sub.number, PHONE_SIZE);
	return 0;
}

struct subscribers *subscribers_alloc(void *ctx, struct store *st, struct outbox *ob,
				      struct talk *const *talk)
{
	struct subscribers *sb = talloc_zero(ctx, struct subscribers);

	OSMO_ASSERT(sb);
	OSMO_ASSERT(sodium_init() >= 0);
	sb->st = st;
	sb->ob = ob;
	sb->talk = talk;
	return sb;
}
