/* render.h - an answer with its choices, written out for a channel.
 *
 * What does not fit stays for the next page; the caller keeps where that begins.  An option keeps its
 * number whatever page it stands on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "talk/dialogue.h"

#define RENDER_KEYS_MAX	 9
#define RENDER_SMS_PARTS 2 /* what an answer should cost at most */

struct render {
	const char *text;	   /* what is said; "" or NULL if nothing */
	const char *const *labels; /* what can be chosen */
	size_t n;
	size_t from; /* the first label of this page */
	bool numbered; /* each with the key that chooses it, from 1 for the first of all; else a dash */
	const char *more; /* "# more", shown if labels stay for the next page */
};

/*! Write out a page.
 *  \param[out] shown  labels on this page, at least 1 if there is one
 *  \returns talloc'd text, child of ctx */
char *render_page(void *ctx, enum dialogue_channel channel, const struct render *r, size_t *shown);

/*! Does a text fit one answer of a channel?  Any does in USSD, which cuts it into pages (page.h). */
bool render_fits(enum dialogue_channel channel, const char *text);
