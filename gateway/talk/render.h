/* render.h - an answer with its choices, written out for a channel.
 *
 * What does not fit stays for the next page; the caller keeps where that begins.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "talk/dialogue.h"

#define RENDER_KEYS_MAX	    9
#define RENDER_SMS_PARTS    2	/* what an answer should cost at most */
#define RENDER_USSD_SEPTETS 182 /* 160 octets, TS 23.038 6.1.2.3 */
#define RENDER_USSD_UCS2    80

struct render {
	const char *text;	   /* what is said; "" or NULL if nothing */
	const char *const *labels; /* what can be chosen */
	size_t n;
	size_t from;	  /* the first label of this page */
	bool numbered;	  /* each with the key that chooses it; else a dash */
	const char *more; /* "# more", shown if labels stay for the next page */
};

/*! Write out a page.
 *  \param[out] shown  labels on this page, at least 1 if there is one
 *  \returns talloc'd text, child of ctx */
char *render_page(void *ctx, enum dialogue_channel channel, const struct render *r, size_t *shown);

/*! Does a text fit one answer of a channel? */
bool render_fits(enum dialogue_channel channel, const char *text);

/*! Septets or UCS-2 units that a text takes in USSD. \param[out] max  what fits one page */
size_t render_ussd_units(const char *text, size_t *max);
