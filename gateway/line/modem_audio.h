/* modem_audio.h - the sound of one modem's calls: in the media thread, on a serial port or a sound card.
 *
 * Knows no AT commands.  Each call here is the program's loop's and waits for nothing; what is told comes on the loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "voice/leg.h"

struct line_prompt;
struct media;
struct modem_audio;

enum modem_audio_event {
	MODEM_AUDIO_OPEN,   /* or not: error */
	MODEM_AUDIO_FLOWS,  /* the first of it in this call */
	MODEM_AUDIO_LEG,    /* leg is set */
	MODEM_AUDIO_LOST,   /* why is set */
	MODEM_AUDIO_CLOSED, /* as modem_audio_close() was told to tell */
};

struct modem_audio_told {
	enum modem_audio_event event;
	uint64_t session;
	int error; /* 0 or -errno */
	char why[64];
	struct leg_told leg;
};

/* Copied. */
struct modem_audio_cfg {
	struct media *media;
	const char *device; /* of the port, or ALSA's name of the card */
	bool card;
	/* Not from inside the calls below; frees no audio. */
	void (*told)(const struct modem_audio_told *told, void *data);
	void *data;
};

/*! Freed with ctx: nothing is told any more then.  After modem_audio_stop() if the media thread has ended. */
struct modem_audio *modem_audio_alloc(void *ctx, const struct modem_audio_cfg *cfg);
/*! No call for a while: leave the media thread.  What was posted before is still done and told. */
void modem_audio_stop(struct modem_audio *au);

/*! Open it for a session; what comes is thrown away until modem_audio_talk(). */
void modem_audio_open(struct modem_audio *au, uint64_t session, bool inband_keys, bool greeting);
void modem_audio_talk(struct modem_audio *au);
void modem_audio_prompt(struct modem_audio *au, const struct line_prompt *prompt);
/*! A key that the modem told. */
void modem_audio_key(struct modem_audio *au, char key);
/*! \param[in] tell  what was recorded, and that it is closed */
void modem_audio_close(struct modem_audio *au, bool tell);

struct modem_audio_counts {
	uint64_t octets;					  /* that came */
	uint64_t underruns, overruns, dropped, added, lost, torn; /* line/modem_pcm.h */
};
void modem_audio_counts(const struct modem_audio *au, struct modem_audio_counts *out);
