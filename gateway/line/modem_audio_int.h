/* modem_audio_int.h - private to modem_audio.c (the program's loop) and modem_sound.c (the media thread).
 *
 * The two meet in struct audio_link alone, and what goes between is a struct of its own that is given away.  A link
 * lives until the media thread said that nothing more will come.
 */
#pragma once

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "line/modem_audio.h"
#include "line/modem_pcm.h"
#include "voice/media.h"

struct audio_sound;

struct audio_link {
	struct llist_head entry; /* of its owner's */
	struct media *md;
	struct llist_head orders;     /* the loop's: those that the queue had no room for, and */
	struct osmo_timer_list again; /* when they try again */
	struct modem_audio *owner;    /* the loop's; NULL: it went away */
	char *device;		      /* neither side changes it */
	bool card;
	struct modem_pcm_counts counts;
	struct audio_sound *sound; /* the media thread's */
};

enum audio_order_kind {
	AUDIO_OPEN,
	AUDIO_TALK,
	AUDIO_PROMPT,
	AUDIO_KEY,
	AUDIO_CLOSE,
	AUDIO_LEAVE, /* the last */
};

struct audio_order {
	struct llist_head entry;
	struct audio_link *link;
	enum audio_order_kind kind;
	uint64_t session;
	bool inband_keys, greeting; /* AUDIO_OPEN */
	char key;
	bool tell; /* AUDIO_CLOSE */
	unsigned int prompt;
	struct sound *sounds[LEG_SOUNDS_MAX]; /* references */
	size_t n;
	bool barge_in;
	char *record;
	unsigned int record_s;
};
void audio_order_free(struct audio_order *order);
/*! In the media thread. */
void audio_order_run(void *order);

struct audio_news {
	struct llist_head entry;
	struct audio_link *link;
	struct modem_audio_told told;
	unsigned int prompt; /* that played, for LEG_PLAYED */
	bool closing;	     /* told because of AUDIO_CLOSE */
	bool left;	     /* AUDIO_LEAVE is done: the last */
};
/*! On the loop. */
void audio_news_run(void *news);
