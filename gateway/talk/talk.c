// SPDX-License-Identifier: AGPL-3.0-or-later
/* talk_load(): everything a conversation is made of, read and checked as a whole. */
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/dialogue.h"
#include "talk/menu.h"
#include "talk/menu_check.h"

/* The first thing that is wrong, as talk_load() gives it. */
struct first {
	void *ctx;
	char **error;
};

static void keep_first(const struct menu_finding *finding, void *data)
{
	struct first *first = data;

	if (finding->weight == MENU_WRONG && !*first->error)
		*first->error = talloc_asprintf(first->ctx, "%s:%d: %s", finding->file,
						finding->line, finding->text);
}

struct talk *talk_read(void *ctx, const char *menus, const char *prompts, char **error)
{
	struct talk *talk = talloc_zero(ctx, struct talk);
	char *path;

	OSMO_ASSERT(talk);
	*error = NULL;
	path = talloc_asprintf(talk, "%s/categories.yaml", menus);
	talk->phrases = phrases_load(talk, prompts, error);
	if (talk->phrases)
		talk->menus = menus_load(talk, menus, error);
	if (talk->menus)
		talk->categories = categories_load(talk, path, error);
	if (talk->categories)
		return talk;
	if (*error)
		talloc_steal(ctx, *error);
	talloc_free(talk);
	return NULL;
}

struct talk *talk_load(void *ctx, const char *menus, const char *prompts,
		       const struct dialogue_desk *ops, char **error)
{
	struct talk *talk = talk_read(ctx, menus, prompts, error);
	struct first first = { .ctx = ctx, .error = error };

	if (!talk)
		return NULL;
	menu_check(talk, ops, keep_first, &first);
	if (*error)
		TALLOC_FREE(talk);
	return talk;
}
