// SPDX-License-Identifier: AGPL-3.0-or-later
#include <stdint.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/render.h"
#include "wire/sms_text.h"

bool render_fits(enum dialogue_channel channel, const char *text)
{
	struct sms_plan plan;

	switch (channel) {
	case DIALOGUE_SMS:
		return sms_text_plan(&plan, text, SMS_FIT_SHIFT | SMS_FIT_TRANSLITERATE) == 0 &&
		       plan.parts <= RENDER_SMS_PARTS;
	case DIALOGUE_USSD:
	case DIALOGUE_VOICE:
		return true;
	}
	return true;
}

static char *write_page(void *ctx, const struct render *r, size_t shown)
{
	char *text = talloc_strdup(ctx, r->text ? r->text : "");

	for (size_t i = 0; i < shown; i++) {
		const char *label = r->labels[r->from + i];
		const char *line = *text ? "\n" : "";

		if (r->numbered)
			text = talloc_asprintf_append(text, "%s%zu %s", line, r->from + i + 1,
						      label);
		else
			text = talloc_asprintf_append(text, "%s- %s", line, label);
		OSMO_ASSERT(text);
	}
	if (r->more && r->from + shown < r->n)
		text = talloc_asprintf_append(text, "\n%s", r->more);
	OSMO_ASSERT(text);
	return text;
}

char *render_page(void *ctx, enum dialogue_channel channel, const struct render *r, size_t *shown)
{
	size_t left = r->from < r->n ? r->n - r->from : 0;
	char *text;

	/* a choice of fixed options is never torn apart: menu check tells if it is too long */
	if (!r->more || left == 0) {
		*shown = left;
		return write_page(ctx, r, left);
	}
	*shown = left < RENDER_KEYS_MAX ? left : RENDER_KEYS_MAX;
	text = write_page(ctx, r, *shown);
	while (*shown > 1 && !render_fits(channel, text)) {
		talloc_free(text);
		text = write_page(ctx, r, --*shown);
	}
	return text;
}
