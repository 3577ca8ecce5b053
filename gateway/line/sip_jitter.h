/* sip_jitter.h - packets of sound in, in any order and length; a frame of 20 ms out whenever it is due.
 *
 * Samples are placed by their RTP timestamp, so a late packet fills its own gap.  What is not there in time is the last
 * sound again, fading within 80 ms.  The delay grows when packets come too late and shrinks when more is kept
 * than was needed for two seconds, which takes up the drift between two clocks too.  Pure: no clock, no memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "voice/sound.h"

#define SIP_JITTER_RING 4096 /* samples: half a second */

struct sip_jitter {
	int16_t ring[SIP_JITTER_RING];
	bool have[SIP_JITTER_RING];
	int16_t last[SOUND_FRAME]; /* what was given last */
	uint32_t next;		   /* timestamp of the sample that is due */
	uint32_t newest;	   /* and of the one behind the last that came */
	unsigned int delay;	   /* samples between coming and being due */
	unsigned int lost;	   /* frames in a row that were not there */
	unsigned int late_run;	   /* packets in a row that were too late */
	unsigned int frames;	   /* of this stretch of two seconds */
	int spare;		   /* least that lay ready in this stretch, samples */
	bool started;
	uint64_t late, concealed, resynced;
};

void sip_jitter_init(struct sip_jitter *jb);
void sip_jitter_put(struct sip_jitter *jb, uint32_t timestamp, const int16_t *samples, size_t n);
/*! \returns false if some of it had to be made up */
bool sip_jitter_get(struct sip_jitter *jb, int16_t frame[SOUND_FRAME]);
