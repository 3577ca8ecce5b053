// SPDX-License-Identifier: AGPL-3.0-or-later
/* The conversation as JSON: what the caller keeps from turn to turn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/dialogue_int.h"

static int drop_json(struct dialogue **link)
{
	struct dialogue *d = *link;

	json_decref(d->slots);
	json_decref(d->found);
	json_decref(d->back);
	json_decref(d->queue);
	json_decref(d->fixed);
	return 0;
}

void dialogue_init(struct dialogue *d, void *ctx, struct dialogue_turn *turn,
		   const struct dialogue_desk *ops, void *desk)
{
	struct dialogue **link = talloc(ctx, struct dialogue *);

	OSMO_ASSERT(link);
	*link = d;
	*d = (struct dialogue){ .ctx = ctx, .turn = turn, .ops = ops, .desk = desk };
	d->slots = json_object();
	d->back = json_array();
	d->queue = json_array();
	d->fixed = json_object();
	d->said = talloc_strdup(ctx, "");
	d->left = talloc_strdup(ctx, "");
	d->body = talloc_strdup(ctx, "");
	talloc_set_destructor(link, drop_json);
}

void dialogue_reset(struct dialogue *d)
{
	json_decref(d->found);
	d->found = NULL;
	d->node = NULL;
	json_object_clear(d->slots);
	json_array_clear(d->back);
	d->said = talloc_strdup(d->ctx, "");
	d->left = talloc_strdup(d->ctx, "");
	d->partial = NULL;
	d->candidates = false;
	d->from = d->shown = 0;
	d->tries = 0;
	d->asked = false;
}

static size_t read_size(const json_t *state, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(state, key));

	return value > 0 && value < 10000 ? value : 0;
}

static char *read_text(struct dialogue *d, const json_t *state, const char *key)
{
	const char *text = json_string_value(json_object_get(state, key));

	return text ? talloc_strdup(d->ctx, text) : NULL;
}

/* An array of objects whose node the menus still have. */
static int read_visits(const struct dialogue *d, json_t *into, json_t *from)
{
	json_t *visit;
	size_t i;

	json_array_foreach (from, i, visit) {
		const char *name = json_string_value(json_object_get(visit, "node"));

		if (!name || !menu_find(d->turn->talk->menus, name) ||
		    !json_is_object(json_object_get(visit, "slots")))
			return -EINVAL;
		json_array_append(into, visit);
	}
	return 0;
}

static int read_found(struct dialogue *d, json_t *found)
{
	json_t *item;
	size_t i;

	if (!found)
		return 0;
	json_array_foreach (found, i, item)
		if (!json_is_object(item))
			return -EINVAL;
	if (!json_is_array(found) || json_array_size(found) == 0)
		return -EINVAL;
	d->found = json_incref(found);
	return 0;
}

/* A list to choose from that is there only if the node has one, and the other way round. */
static bool fits_node(const struct dialogue *d)
{
	if (!d->node)
		return !d->found;
	if (d->node->from && d->node->kind == MENU_CHOOSE && !d->found)
		return false;
	if (d->found && !d->candidates && !d->node->from)
		return false;
	/* behind the candidates stands "none of these" */
	return !d->found || d->from < json_array_size(d->found) + d->candidates;
}

/* \returns 0; -EINVAL if something stands there that is no text */
static int read_optional(char **text, struct dialogue *d, const json_t *state, const char *key)
{
	*text = read_text(d, state, key);
	return *text || !json_object_get(state, key) ? 0 : -EINVAL;
}

/* What a session left: the pages of its answer, and which was shown. */
static int read_session(struct dialogue *d, const json_t *state)
{
	json_t *page = json_object_get(state, "page"), *session = json_object_get(state, "session");
	json_int_t at = json_integer_value(page);

	if ((session && !json_is_boolean(session)) ||
	    read_optional(&d->pages, d, state, "pages") < 0 || !page != !d->pages)
		return -EINVAL;
	d->session = json_is_true(session);
	if (!page)
		return 0;
	/* it begins with a whole character */
	if (!json_is_integer(page) || at < 0 || (size_t)at >= strlen(d->pages) ||
	    ((unsigned char)d->pages[at] & 0xc0) == 0x80)
		return -EINVAL;
	d->page = at;
	return 0;
}

/* \returns 0; -EINVAL if it is none of a call */
static int read_call(struct dialogue *d, const json_t *state)
{
	const json_t *call = json_object_get(state, "call");

	if (!call)
		return 0;
	if (!json_is_object(call) || read_optional(&d->how, d, call, "how") < 0 ||
	    read_optional(&d->keyed, d, call, "keyed") < 0 ||
	    read_optional(&d->heard, d, call, "heard") < 0)
		return -EINVAL;
	d->call = true;
	d->by_text = json_is_true(json_object_get(call, "by_text"));
	d->over = json_is_true(json_object_get(call, "over"));
	d->ear = read_size(call, "ear");
	d->repeats = read_size(call, "repeats");
	return 0;
}

static int read_all(struct dialogue *d, const json_t *state)
{
	const char *name = json_string_value(json_object_get(state, "node"));
	json_t *slots = json_object_get(state, "slots");
	char *said = read_text(d, state, "said"), *left = read_text(d, state, "left");

	/* what was done was done, whatever became of the menus */
	if (read_optional(&d->unsaid, d, state, "unsaid") < 0)
		return -EINVAL;
	if (!json_is_object(slots) || (name && !said != !left) ||
	    (said && strlen(said) != strlen(left)))
		return -EINVAL;
	if (name && !(d->node = menu_find(d->turn->talk->menus, name)))
		return -EINVAL;
	if (name) /* else what was said last may still be shown or unsaid, but it is over */
		json_object_update(d->slots, slots);
	d->said = said ? said : d->said;
	d->left = said ? left : d->left;
	d->partial = read_text(d, state, "partial");
	d->candidates = json_is_true(json_object_get(state, "candidates"));
	d->from = read_size(state, "from");
	d->shown = read_size(state, "shown");
	d->tries = read_size(state, "tries");
	d->asked = json_is_true(json_object_get(state, "asked"));
	if (read_found(d, json_object_get(state, "found")) < 0 || !fits_node(d) ||
	    read_visits(d, d->back, json_object_get(state, "back")) < 0 ||
	    read_session(d, state) < 0 || read_call(d, state) < 0)
		return -EINVAL;
	return read_visits(d, d->queue, json_object_get(state, "queue"));
}

int dialogue_state_read(struct dialogue *d, const char *state)
{
	json_t *json;
	int rc;

	if (!state)
		return 0;
	json = json_loads(state, 0, NULL);
	rc = json_is_object(json) ? read_all(d, json) : -EINVAL;
	json_decref(json);
	if (rc < 0) {
		dialogue_reset(d);
		json_array_clear(d->queue);
		d->pages = NULL;
		d->page = 0;
		d->session = d->call = false;
	}
	return rc;
}

static void write_session(const struct dialogue *d, json_t *state)
{
	if (d->session)
		json_object_set_new(state, "session", json_true());
	if (d->unsaid)
		json_object_set_new(state, "unsaid", json_string(d->unsaid));
	if (d->pages) {
		json_object_set_new(state, "pages", json_string(d->pages));
		json_object_set_new(state, "page", json_integer((json_int_t)d->page));
	}
}

static void write_call(const struct dialogue *d, json_t *state)
{
	json_t *call = json_object();

	if (d->by_text)
		json_object_set_new(call, "by_text", json_true());
	if (d->over)
		json_object_set_new(call, "over", json_true());
	if (d->ear)
		json_object_set_new(call, "ear", json_integer((json_int_t)d->ear));
	if (d->how)
		json_object_set_new(call, "how", json_string(d->how));
	if (d->keyed)
		json_object_set_new(call, "keyed", json_string(d->keyed));
	if (d->heard)
		json_object_set_new(call, "heard", json_string(d->heard));
	if (d->repeats)
		json_object_set_new(call, "repeats", json_integer((json_int_t)d->repeats));
	json_object_set_new(state, "call", call);
}

char *dialogue_state_write(const struct dialogue *d, void *ctx)
{
	json_t *state;
	char *dump, *text;

	if (!d->node && json_array_size(d->queue) == 0 && !d->unsaid && !d->pages)
		return NULL;
	state = json_pack("{sO sO sb}", "slots", d->slots, "queue", d->queue, "asked", d->asked);
	if (d->node) {
		json_object_set_new(state, "node", json_string(d->node->name));
		json_object_set_new(state, "said", json_string(d->said));
		json_object_set_new(state, "left", json_string(d->left));
		json_object_set(state, "back", d->back);
	}
	if (d->partial)
		json_object_set_new(state, "partial", json_string(d->partial));
	if (d->tries)
		json_object_set_new(state, "tries", json_integer(d->tries));
	if (d->found) {
		json_object_set(state, "found", d->found);
		json_object_set_new(state, "candidates", json_boolean(d->candidates));
		json_object_set_new(state, "from", json_integer(d->from));
		json_object_set_new(state, "shown", json_integer(d->shown));
	}
	write_session(d, state);
	if (d->call)
		write_call(d, state);
	dump = json_dumps(state, JSON_COMPACT);
	OSMO_ASSERT(dump);
	text = talloc_strdup(ctx, dump);
	free(dump);
	json_decref(state);
	return text;
}
