// SPDX-License-Identifier: AGPL-3.0-or-later
/* Sessions: a code is dialled, pages are turned, and the line may go dead at any moment. */
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/dialogue_int.h"
#include "talk/page.h"
#include "wire/ussd_text.h"

/* ---- pages ---- */

static size_t page_octets(const struct dialogue *d)
{
	size_t octets = d->turn->page_octets;

	if (octets == 0 || octets > USSD_OCTETS_MAX)
		return USSD_OCTETS_MAX;
	return octets < PAGE_OCTETS_MIN ? PAGE_OCTETS_MIN : octets;
}

static struct page_hints hints(struct dialogue *d)
{
	return (struct page_hints){ .more = dialogue_phrase(d, "hint.more", NULL),
				    .back = dialogue_phrase(d, "hint.back", NULL) };
}

static bool has_next(struct dialogue *d, size_t *next)
{
	struct page_hints feet = hints(d);

	page_write(d->ctx, d->pages, d->page, page_octets(d), &feet, next);
	return *next < strlen(d->pages);
}

/* Was all that was done on a page that was answered? */
static bool was_read(struct dialogue *d)
{
	const char *at = d->pages && d->unsaid ? strstr(d->pages, d->unsaid) : NULL;
	size_t next;

	return !at || !has_next(d, &next) || at + strlen(d->unsaid) <= d->pages + next;
}

bool dialogue_turn_page(struct dialogue *d, const char *text)
{
	struct page_hints feet;
	size_t next;

	if (d->turn->channel != DIALOGUE_USSD)
		return false;
	if (d->pages && (!strcmp(text, "98") || dialogue_is_key(d, text, "#", "more")) &&
	    has_next(d, &next)) {
		d->page = next;
		return true;
	}
	if (d->pages && d->page > 0 && dialogue_is_key(d, text, "0", "back")) {
		feet = hints(d);
		d->page = page_before(d->pages, d->page, page_octets(d), &feet);
		return true;
	}
	if (was_read(d))
		d->unsaid = NULL;
	d->pages = NULL;
	d->page = 0;
	return false;
}

void dialogue_show_page(struct dialogue *d, void *ctx, struct dialogue_out *out)
{
	struct page_hints feet = hints(d);
	size_t next;
	bool more;

	out->answers[0] = page_write(ctx, d->pages, d->page, page_octets(d), &feet, &next);
	out->n = 1;
	more = next < strlen(d->pages);
	out->last = !dialogue_asks(d) && !more;
	if (out->last && d->page > 0) { /* the session ends with it: nobody can go back */
		talloc_free(out->answers[0]);
		feet.back = NULL;
		out->answers[0] = page_write(ctx, d->pages, d->page, page_octets(d), &feet, &next);
	}
	if (!more && (out->last || d->page == 0)) {
		d->pages = NULL;
		d->page = 0;
	}
	d->session = true;
	dialogue_keep(d, ctx, out);
}

/* ---- what may not have been read ---- */

void dialogue_say_unsaid(struct dialogue *d)
{
	char *body = d->body, *unsaid = d->unsaid;

	if (unsaid) {
		d->body = dialogue_phrase(d, "dialogue.unsaid", NULL);
		dialogue_add(d, unsaid);
		dialogue_add(d, body);
	}
	if (d->turn->channel == DIALOGUE_SMS)
		d->unsaid = NULL;
	else if (d->did && *body && unsaid)
		d->unsaid = talloc_asprintf(d->ctx, "%s\n%s", unsaid, body);
	else if (d->did && *body)
		d->unsaid = body;
}

char *dialogue_seen(void *ctx, const char *state, const struct dialogue_turn *turn)
{
	struct dialogue_turn own = *turn;
	void *tmp = talloc_new(NULL);
	struct dialogue d;
	char *kept;

	dialogue_init(&d, tmp, &own, NULL, NULL);
	if (dialogue_state_read(&d, state) < 0) {
		/* of older menus: the next turn says so */
		kept = talloc_strdup(ctx, state);
	} else {
		if (!d.pages) /* else there is more to see */
			d.unsaid = NULL;
		kept = dialogue_state_write(&d, ctx);
	}
	talloc_free(tmp);
	return kept;
}

/* ---- a code is dialled ---- */

/* What was only offered is offered from the beginning. */
static void resume(struct dialogue *d, bool lost)
{
	if (d->node && !d->node->quiet) {
		dialogue_add(d, dialogue_phrase(d, "dialogue.resumed", NULL));
		d->tries = 0;
		return;
	}
	if (lost)
		dialogue_add(d, dialogue_phrase(d, "dialogue.lost", NULL));
	dialogue_leave(d);
	dialogue_start_over(d);
}

/* What the city did on the way is said; what it would have asked is not. */
static void follow_path(struct dialogue *d, const char *path)
{
	dialogue_leave(d);
	dialogue_start_over(d);
	while (*path && *path != '#' && !d->failed && d->tries == 0) {
		size_t len = strcspn(path, "*#");

		if (!d->did)
			d->body = talloc_strdup(d->ctx, "");
		dialogue_take_or_begin(d, answer_clean(d->ctx, talloc_strndup(d->ctx, path, len)));
		path += len + (path[len] == '*');
	}
}

int dialogue_dial(void *ctx, const char *state, const char *path, struct dialogue_turn *turn,
		  const struct dialogue_desk *ops, void *desk, struct dialogue_out *out)
{
	void *tmp = talloc_new(NULL);
	struct dialogue d;
	bool lost;
	int rc;

	*out = (struct dialogue_out){ 0 };
	dialogue_init(&d, tmp, turn, ops, desk);
	lost = dialogue_state_read(&d, state) < 0;
	d.pages = NULL;
	d.page = 0;
	if (turn->channel == DIALOGUE_VOICE)
		dialogue_call_begins(&d, lost);
	else if (*path && *path != '#')
		follow_path(&d, path);
	else
		resume(&d, lost);
	rc = dialogue_finish(&d, ctx, out, false);
	talloc_free(tmp);
	return rc;
}
