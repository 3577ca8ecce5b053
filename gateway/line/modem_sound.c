// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_sound.c - in the media thread: what is said and heard in one modem's call. */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include <re/re.h>

#include "line/modem_audio_int.h"
#include "voice/recorder.h"

#define AGAIN_MS 20 /* the loop's queue was full */

struct audio_sound {
	struct audio_link *link;
	struct modem_pcm *pcm; /* NULL: closed */
	struct recorder *recorder;
	struct leg *leg; /* NULL: no call */
	uint64_t session;
	bool talks, flows;
	bool closing, quiet; /* quiet: nobody wants to know what was recorded */
	bool no_disk;	     /* the recording could not be begun */
	bool leaving;
	unsigned int prompt;
	struct llist_head news; /* while the loop's queue is full */
	struct tmr again;
};

/* ---- news ---- */

static void news_flush(void *data)
{
	struct audio_sound *as = data;
	struct audio_news *news;

	while ((news = llist_first_entry_or_null(&as->news, struct audio_news, entry))) {
		llist_del(&news->entry);
		if (media_tell(news->link->md, audio_news_run, news) == 0)
			continue;
		llist_add(&news->entry, &as->news);
		tmr_start(&as->again, AGAIN_MS, news_flush, as);
		return;
	}
	if (!as->leaving)
		return;
	tmr_cancel(&as->again);
	free(as);
}

static struct audio_news *news_new(struct audio_sound *as, enum modem_audio_event event)
{
	struct audio_news *news = calloc(1, sizeof(*news));

	OSMO_ASSERT(news);
	news->link = as->link;
	news->told.event = event;
	news->told.session = as->session;
	news->prompt = as->prompt;
	news->closing = as->closing;
	return news;
}

static void news_give(struct audio_sound *as, struct audio_news *news)
{
	llist_add_tail(&news->entry, &as->news);
	news_flush(as);
}

/* ---- what the leg tells ---- */

static void tell_leg(struct audio_sound *as, const struct leg_told *told)
{
	struct audio_news *news = news_new(as, MODEM_AUDIO_LEG);

	news->told.leg = *told;
	news_give(as, news);
}

static void on_told(const struct leg_told *told, void *data)
{
	static const struct leg_told no_disk = { .event = LEG_RECORDED, .why = LEG_DISK_FULL };
	struct audio_sound *as = data;

	if (as->quiet)
		return;
	tell_leg(as, told);
	if (told->event == LEG_PLAYED && as->no_disk) {
		as->no_disk = false;
		tell_leg(as, &no_disk);
	}
}

/* ---- the port or card ---- */

static enum modem_pcm_frame on_frame(const int16_t in[SOUND_FRAME], int16_t out[SOUND_FRAME],
				     void *data)
{
	struct audio_sound *as = data;

	if (!as->talks) /* what it sends before is not the caller */
		return MODEM_PCM_NOTHING;
	if (!as->flows)
		news_give(as, news_new(as, MODEM_AUDIO_FLOWS));
	as->flows = true;
	leg_in(as->leg, in);
	return leg_out(as->leg, out) ? MODEM_PCM_SOUND : MODEM_PCM_SILENCE;
}

static void on_lost(const char *why, void *data)
{
	struct audio_sound *as = data;
	struct audio_news *news = news_new(as, MODEM_AUDIO_LOST);

	osmo_strlcpy(news->told.why, why, sizeof(news->told.why));
	news_give(as, news);
}

/* ---- orders ---- */

static void run_open(struct audio_sound *as, const struct audio_order *order)
{
	struct leg_cfg leg_cfg = { .recorder = as->recorder,
				   .inband_keys = order->inband_keys,
				   .greeting = order->greeting,
				   .told = on_told,
				   .data = as };
	struct modem_pcm_user user = {
		.frame = on_frame, .lost = on_lost, .counts = &as->link->counts, .data = as
	};
	struct audio_news *news;

	as->session = order->session;
	as->talks = as->flows = as->closing = as->quiet = as->no_disk = false;
	news = news_new(as, MODEM_AUDIO_OPEN);
	news->told.error = (as->link->card ? modem_card_open
					   : modem_serial_open)(&as->pcm, as->link->device, &user);
	if (news->told.error == 0)
		as->leg = leg_alloc(NULL, &leg_cfg);
	news_give(as, news);
}

/* Takes the sounds. */
static void run_prompt(struct audio_sound *as, struct audio_order *order)
{
	if (!as->leg)
		return;
	as->prompt = order->prompt;
	leg_play(as->leg, order->sounds, order->n, order->barge_in);
	order->n = 0;
	as->no_disk = order->record && leg_record(as->leg, order->record, order->record_s) < 0;
}

static void close_all(struct audio_sound *as)
{
	struct leg_counts counts;

	if (as->leg) {
		leg_counts(as->leg, &counts);
		modem_pcm_count(&as->link->counts.lost, counts.lost);
		modem_pcm_count(&as->link->counts.torn, counts.torn);
		leg_hang_up(as->leg);
		leg_free(as->leg);
	}
	as->leg = NULL;
	if (as->pcm)
		as->pcm->ops->close(as->pcm);
	as->pcm = NULL;
}

static void run_close(struct audio_sound *as, bool tell)
{
	as->closing = true;
	as->quiet = !tell;
	close_all(as);
	if (tell)
		news_give(as, news_new(as, MODEM_AUDIO_CLOSED));
}

static void run_leave(struct audio_sound *as)
{
	struct audio_news *news = news_new(as, MODEM_AUDIO_CLOSED);

	as->quiet = true;
	close_all(as);
	recorder_free(as->recorder);
	news->left = true;
	as->leaving = true; /* the last news takes the link with it, and this goes too */
	news_give(as, news);
}

static struct audio_sound *sound_of(struct audio_link *link)
{
	if (link->sound)
		return link->sound;
	link->sound = calloc(1, sizeof(*link->sound));
	OSMO_ASSERT(link->sound);
	link->sound->link = link;
	link->sound->recorder = recorder_alloc(NULL);
	INIT_LLIST_HEAD(&link->sound->news);
	tmr_init(&link->sound->again);
	return link->sound;
}

void audio_order_run(void *arg)
{
	struct audio_order *order = arg;
	struct audio_sound *as = sound_of(order->link);

	switch (order->kind) {
	case AUDIO_OPEN:
		run_open(as, order);
		break;
	case AUDIO_TALK:
		as->talks = as->leg != NULL;
		break;
	case AUDIO_PROMPT:
		run_prompt(as, order);
		break;
	case AUDIO_KEY:
		if (as->leg)
			leg_key(as->leg, order->key);
		break;
	case AUDIO_CLOSE:
		run_close(as, order->tell);
		break;
	case AUDIO_LEAVE:
		run_leave(as);
		break;
	}
	audio_order_free(order);
}
