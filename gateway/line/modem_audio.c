// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_audio.c - see modem_audio.h: the half on the program's loop; the other is modem_sound.c. */
#include "line/modem_audio.h"

#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "line/line.h"
#include "line/modem_audio_int.h"

#define TAIL \
	(SOUND_RATE / 4) /* samples of silence: as long as sound waits here, and some on its way */
#define FLUSH_US 20000	 /* the media thread's queue was full */

struct modem_audio {
	struct modem_audio_cfg cfg;
	struct llist_head links;	/* of this one and of those that are ending */
	struct audio_link *link;	/* NULL: not in the media thread */
	struct modem_audio_counts past; /* of links before this one */
	uint64_t session;
	bool open;
	unsigned int prompt; /* counts them */
};

/* ---- orders; they keep their order while the queue is full ---- */

void audio_order_free(struct audio_order *order)
{
	while (order->n > 0)
		sound_unref(order->sounds[--order->n]);
	free(order->record);
	free(order);
}

static void flush(void *data)
{
	struct audio_link *link = data;
	struct audio_order *order;

	while ((order = llist_first_entry_or_null(&link->orders, struct audio_order, entry))) {
		llist_del(&order->entry);
		if (media_post(link->md, audio_order_run, order) == 0)
			continue;
		llist_add(&order->entry, &link->orders);
		osmo_timer_schedule(&link->again, 0, FLUSH_US);
		return;
	}
}

/* Out of malloc: the other thread gives it back. */
static struct audio_order *order_new(struct modem_audio *au, enum audio_order_kind kind)
{
	struct audio_order *order = calloc(1, sizeof(*order));

	OSMO_ASSERT(order);
	order->link = au->link;
	order->kind = kind;
	order->session = au->session;
	return order;
}

static void order_give(struct audio_order *order)
{
	llist_add_tail(&order->entry, &order->link->orders);
	flush(order->link);
}

/* ---- news ---- */

static void count_up(struct modem_audio_counts *out, const struct audio_link *link)
{
	out->octets += link->counts.octets;
	out->underruns += link->counts.underruns;
	out->overruns += link->counts.overruns;
	out->dropped += link->counts.dropped;
	out->added += link->counts.added;
	out->lost += link->counts.lost;
	out->torn += link->counts.torn;
}

static void link_free(struct audio_link *link)
{
	if (link->owner) {
		count_up(&link->owner->past, link);
		llist_del(&link->entry);
	}
	osmo_timer_del(&link->again);
	free(link->device);
	free(link);
}

/* What comes late belongs to a prompt or to a call that is over; only the end is told then. */
static bool is_wanted(const struct modem_audio *au, const struct audio_news *news)
{
	if (!au || news->left)
		return false;
	if (news->closing)
		return true;
	if (!au->open || au->session != news->told.session)
		return false;
	return news->told.event != MODEM_AUDIO_LEG || news->told.leg.event != LEG_PLAYED ||
	       news->prompt == au->prompt;
}

void audio_news_run(void *arg)
{
	struct audio_news *news = arg;
	struct modem_audio *au = news->link->owner;

	if (is_wanted(au, news))
		au->cfg.told(&news->told, au->cfg.data);
	if (news->left)
		link_free(news->link);
	free(news);
}

/* ---- what the modem asks ---- */

static void join(struct modem_audio *au)
{
	struct audio_link *link = calloc(1, sizeof(*link));

	OSMO_ASSERT(link);
	link->md = au->cfg.media;
	link->owner = au;
	link->device = strdup(au->cfg.device);
	OSMO_ASSERT(link->device);
	link->card = au->cfg.card;
	INIT_LLIST_HEAD(&link->orders);
	osmo_timer_setup(&link->again, flush, link);
	llist_add_tail(&link->entry, &au->links);
	au->link = link;
}

void modem_audio_open(struct modem_audio *au, uint64_t session, bool inband_keys, bool greeting)
{
	struct audio_order *order;

	modem_audio_close(au, false);
	if (!au->link)
		join(au);
	au->session = session;
	au->open = true;
	order = order_new(au, AUDIO_OPEN);
	order->inband_keys = inband_keys;
	order->greeting = greeting;
	order_give(order);
}

void modem_audio_talk(struct modem_audio *au)
{
	if (au->open)
		order_give(order_new(au, AUDIO_TALK));
}

void modem_audio_prompt(struct modem_audio *au, const struct line_prompt *prompt)
{
	struct audio_order *order;

	if (!au->open)
		return;
	order = order_new(au, AUDIO_PROMPT);
	for (size_t i = 0; i < prompt->n && i < LEG_SOUNDS_MAX; i++)
		if (prompt->sounds[i])
			order->sounds[order->n++] = sound_ref(prompt->sounds[i]);
	/* what waits to be sent is heard before the call is hung up */
	if (prompt->last && !prompt->record && order->n < LEG_SOUNDS_MAX)
		order->sounds[order->n++] = sound_new(TAIL);
	order->prompt = ++au->prompt;
	order->barge_in = prompt->barge_in;
	order->record_s = prompt->record_s;
	if (prompt->record) {
		order->record = strdup(prompt->record);
		OSMO_ASSERT(order->record);
	}
	order_give(order);
}

void modem_audio_key(struct modem_audio *au, char key)
{
	struct audio_order *order;

	if (!au->open)
		return;
	order = order_new(au, AUDIO_KEY);
	order->key = key;
	order_give(order);
}

void modem_audio_close(struct modem_audio *au, bool tell)
{
	struct audio_order *order;

	if (!au->open)
		return;
	au->open = false;
	order = order_new(au, AUDIO_CLOSE);
	order->tell = tell;
	order_give(order);
}

void modem_audio_counts(const struct modem_audio *au, struct modem_audio_counts *out)
{
	const struct audio_link *link;

	*out = au->past;
	llist_for_each_entry (link, &au->links, entry)
		count_up(out, link);
}

/* ---- life ---- */

void modem_audio_stop(struct modem_audio *au)
{
	modem_audio_close(au, false);
	if (au->link)
		order_give(order_new(au, AUDIO_LEAVE));
	au->link = NULL;
}

static int audio_destroy(struct modem_audio *au)
{
	struct audio_link *link, *next;

	modem_audio_stop(au);
	llist_for_each_entry_safe (link, next, &au->links, entry) {
		llist_del(&link->entry);
		link->owner = NULL;
	}
	return 0;
}

struct modem_audio *modem_audio_alloc(void *ctx, const struct modem_audio_cfg *cfg)
{
	struct modem_audio *au = talloc_zero(ctx, struct modem_audio);

	OSMO_ASSERT(au);
	au->cfg = *cfg;
	au->cfg.device = talloc_strdup(au, cfg->device);
	INIT_LLIST_HEAD(&au->links);
	talloc_set_destructor(au, audio_destroy);
	return au;
}
