// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_notice_words.c - words of a notice as a phone shows them, and what they take: the outbox's own counting. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "talk/dialogue.h"
#include "web/web_notices.h"
#include "wire/utf8.h"

#define LETTERS_MAX 6 /* that are named; with more it is another script */

const char *web_language_name(const struct web *web, const char *language)
{
	const struct talk *talk = web->user.talk ? *web->user.talk : NULL;
	const char *name = talk ? phrases_language_name(talk->phrases, language) : NULL;

	return name ? name : language;
}

/* ---- letters that cost more ---- */

/* "€ [ ]": each once. */
static char *add_letter(char *list, const char *letter, size_t len, size_t *n)
{
	char one[UTF8_CHARACTER_MAX + 1];

	snprintf(one, sizeof(one), "%.*s", (int)len, letter);
	if (strstr(list, one) || ++*n > LETTERS_MAX)
		return list;
	list = talloc_asprintf_append_buffer(list, "%s%s", *list ? " " : "", one);
	OSMO_ASSERT(list);
	return list;
}

static void find_letters(void *ctx, const char *words, unsigned int fit, struct notice_text *out)
{
	char *twice = talloc_strdup(ctx, ""), *wide = talloc_strdup(ctx, "");
	char one[UTF8_CHARACTER_MAX + 1];
	size_t n_twice = 0, n_wide = 0, left = strlen(words);
	struct sms_plan plan;
	uint32_t c;
	int n;

	for (; (n = utf8_read(&c, words, left)) > 0; words += n, left -= n) {
		snprintf(one, sizeof(one), "%.*s", n, words);
		if (sms_text_plan(&plan, one, fit) < 0)
			continue;
		if (plan.alphabet == SMS_UCS2)
			wide = add_letter(wide, words, n, &n_wide);
		else if (plan.units == 2)
			twice = add_letter(twice, words, n, &n_twice);
	}
	out->wide = n_wide <= LETTERS_MAX ? wide : "";
	out->twice = out->plan.alphabet == SMS_UCS2 ? "" : twice;
}

int web_notice_plan(void *ctx, const struct web *web, const char *words, struct notice_text *out)
{
	unsigned int fit = outbox_fit(web->user.outbox);
	size_t size;
	struct sms_piece *pieces;
	char *shown;
	int rc = sms_text_plan(&out->plan, words, fit), n;

	if (rc < 0)
		return rc;
	pieces = talloc_array(ctx, struct sms_piece, out->plan.parts);
	OSMO_ASSERT(pieces);
	n = sms_text_split(pieces, out->plan.parts, words, &out->plan);
	size = 3 * (size_t)SMS_PIECE_MAX * OSMO_MAX(n, 1) + 1;
	shown = talloc_size(ctx, size);
	OSMO_ASSERT(shown);
	rc = n < 0 ? n : sms_text_join(shown, size, pieces, n);
	talloc_free(pieces);
	out->shown = shown;
	if (rc >= 0)
		find_letters(ctx, words, fit, out);
	return OSMO_MIN(rc, 0);
}

/* ---- in words ---- */

static char *say_size(void *ctx, const struct sms_plan *plan, bool dutch)
{
	if (plan->parts == 1)
		return talloc_asprintf(ctx,
				       dutch ? "1 sms: %u tekens, nog %u vrij."
					     : "1 text: %u characters, %u left.",
				       plan->units, plan->left);
	return talloc_asprintf(ctx,
			       dutch ? "%u sms'en: %u tekens, in de laatste nog %u vrij."
				     : "%u texts: %u characters, %u left in the last one.",
			       plan->parts, plan->units, plan->left);
}

static char *say_alphabet(char *said, const struct notice_text *text, bool dutch)
{
	if (text->plan.alphabet != SMS_UCS2)
		return talloc_strdup_append_buffer(said, dutch ? " Alfabet: GSM-7."
							       : " Alphabet: GSM-7.");
	said = talloc_strdup_append_buffer(
		said, dutch ? " Alfabet: UCS-2, 70 tekens in een sms in plaats van 160"
			    : " Alphabet: UCS-2, 70 characters in a text instead of 160");
	if (*text->wide)
		said = talloc_asprintf_append_buffer(
			said, dutch ? ", door: %s" : ", because of: %s", text->wide);
	return talloc_strdup_append_buffer(said, ".");
}

const char *web_notice_said(void *ctx, const struct web *web, const char *words, bool dutch)
{
	struct notice_text text;
	char *said;

	if (!*words)
		return dutch ? "Nog leeg." : "Still empty.";
	if (web_notice_plan(ctx, web, words, &text) < 0)
		return dutch ? "Dit is te lang." : "This is too long.";
	said = say_size(ctx, &text.plan, dutch);
	said = say_alphabet(said, &text, dutch);
	if (*text.twice)
		said = talloc_asprintf_append_buffer(
			said, dutch ? " Tellen dubbel: %s" : " Count twice: %s", text.twice);
	if (text.plan.changed)
		said = talloc_strdup_append_buffer(
			said, dutch ? " Letters die niet passen zijn vervangen."
				    : " Letters that do not fit have been replaced.");
	if (text.plan.parts > BROADCAST_PARTS_MAX)
		said = talloc_asprintf_append_buffer(said,
						     dutch ? " Dat is te lang: hooguit %d sms'en."
							   : " That is too long: at most %d texts.",
						     BROADCAST_PARTS_MAX);
	OSMO_ASSERT(said);
	return said;
}

/* ---- on a screen ---- */

static void id_of(struct page *page, bool ids, const char *what, const char *language)
{
	if (!ids)
		return;
	p_html(page, " id=\"");
	p_textf(page, "%s-%s", what, language);
	p_html(page, "\"");
}

/* Who it comes from stands on top, as on a phone. */
void p_notice_phone(struct page *page, const char *language, const char *words, bool ids)
{
	const struct web *web = page_req(page)->web;
	const struct talk *talk = web->user.talk ? *web->user.talk : NULL;
	struct notice_text text = { .shown = "" };
	void *ctx = talloc_new(page_req(page));

	if (*words && web_notice_plan(ctx, web, words, &text) < 0)
		text.shown = words;
	p_html(page, "<div class=\"phone\"><div class=\"screen\"><p class=\"from\">");
	p_text(page, talk && talk->short_code ? talk->short_code : "");
	p_html(page, "</p><p class=\"bubble\" dir=\"auto\" lang=\"");
	p_text(page, language);
	p_html(page, "\"");
	id_of(page, ids, "shown", language);
	p_html(page, ">");
	p_text(page, text.shown);
	p_html(page, "</p></div></div><p class=\"said\"");
	id_of(page, ids, "said", language);
	p_html(page, ">");
	p_text(page, web_notice_said(ctx, web, words, page_is_dutch(page)));
	p_html(page, "</p>");
	talloc_free(ctx);
}
