// SPDX-License-Identifier: AGPL-3.0-or-later
#include "line/sip_jitter.h"

#include <limits.h>
#include <string.h>

#define DELAY_MIN (2 * SOUND_FRAME)
#define DELAY_MAX (10 * SOUND_FRAME)
#define STRETCH	  100 /* frames */
#define FADED	  4   /* frames until a repeated sound is silence */
#define LATE_RUN  5   /* packets in a row too late: the sender's clock stood still, begin anew */

void sip_jitter_init(struct sip_jitter *jb)
{
	memset(jb, 0, sizeof(*jb));
	jb->delay = DELAY_MIN;
	jb->spare = INT_MAX;
}

/* From here on, without a break in the ring. */
static size_t unbroken(uint32_t at, size_t n)
{
	size_t left = SIP_JITTER_RING - at % SIP_JITTER_RING;

	return n < left ? n : left;
}

static void jitter_forget(struct sip_jitter *jb, uint32_t at, size_t n)
{
	size_t part = unbroken(at, n);

	memset(jb->have + at % SIP_JITTER_RING, false, part);
	memset(jb->have, false, n - part);
}

/* The first packet, or one so far off that the sender must have begun anew. */
static void jitter_sync(struct sip_jitter *jb, uint32_t timestamp)
{
	memset(jb->have, 0, sizeof(jb->have));
	if (jb->started)
		jb->resynced++;
	jb->started = true;
	jb->next = timestamp - jb->delay;
	jb->newest = timestamp;
	jb->spare = INT_MAX;
	jb->frames = jb->late_run = 0;
}

/* Too late to be heard: wait one frame longer from now on. */
static void jitter_late(struct sip_jitter *jb)
{
	jb->late++;
	if (jb->delay >= DELAY_MAX)
		return;
	jb->delay += SOUND_FRAME;
	jb->next -= SOUND_FRAME;
	/* what was played there is not played again */
	jitter_forget(jb, jb->next, SOUND_FRAME);
}

/* From the one that is due on. */
static void jitter_keep(struct sip_jitter *jb, uint32_t at, const int16_t *samples, size_t n)
{
	size_t part = unbroken(at, n);

	memcpy(jb->ring + at % SIP_JITTER_RING, samples, part * sizeof(*samples));
	memset(jb->have + at % SIP_JITTER_RING, true, part);
	memcpy(jb->ring, samples + part, (n - part) * sizeof(*samples));
	memset(jb->have, true, n - part);
}

void sip_jitter_put(struct sip_jitter *jb, uint32_t timestamp, const int16_t *samples, size_t n)
{
	int32_t ahead = (int32_t)(timestamp - jb->next);
	size_t past;

	if (n == 0 || n > SIP_JITTER_RING / 2)
		return;
	if (!jb->started || ahead > (int32_t)(SIP_JITTER_RING - n) || ahead < -SIP_JITTER_RING) {
		jitter_sync(jb, timestamp);
		ahead = jb->delay;
	}
	if (ahead + (int32_t)n <= 0) {
		if (++jb->late_run < LATE_RUN) {
			jitter_late(jb);
			return;
		}
		jitter_sync(jb, timestamp);
	}
	jb->late_run = 0;
	ahead = (int32_t)(timestamp - jb->next);
	past = ahead < 0 ? -ahead : 0;
	if (past < n)
		jitter_keep(jb, timestamp + past, samples + past, n - past);
	if ((int32_t)(timestamp + n - jb->newest) > 0)
		jb->newest = timestamp + n;
}

/* How much of the last sound is left at a sample of this gap, of 65536. */
static int32_t fade(const struct sip_jitter *jb, size_t i)
{
	size_t gone = jb->lost * SOUND_FRAME + i, all = FADED * SOUND_FRAME;

	return gone >= all ? 0 : (int32_t)(65536 * (all - gone) / all);
}

/* Once in two seconds: if all that time more lay ready than the delay asks, leave out a frame. */
static void jitter_shrink(struct sip_jitter *jb)
{
	int spare = (int32_t)(jb->newest - jb->next);

	if (spare < jb->spare)
		jb->spare = spare;
	if (++jb->frames < STRETCH)
		return;
	if (jb->spare != INT_MAX && jb->spare > DELAY_MIN + 2 * SOUND_FRAME) {
		jitter_forget(jb, jb->next, SOUND_FRAME);
		jb->next += SOUND_FRAME;
		if (jb->delay > DELAY_MIN)
			jb->delay -= SOUND_FRAME;
	}
	jb->frames = 0;
	jb->spare = INT_MAX;
}

/* \returns false if a sample of the frame that is due is not there */
static bool jitter_whole(struct sip_jitter *jb, int16_t frame[SOUND_FRAME])
{
	size_t part = unbroken(jb->next, SOUND_FRAME), rest = SOUND_FRAME - part;
	uint32_t at = jb->next % SIP_JITTER_RING;

	if (memchr(jb->have + at, false, part) || memchr(jb->have, false, rest))
		return false;
	memcpy(frame, jb->ring + at, part * sizeof(*frame));
	memcpy(frame + part, jb->ring, rest * sizeof(*frame));
	return true;
}

/* With the last sound in the gaps. */
static void jitter_mend(struct sip_jitter *jb, int16_t frame[SOUND_FRAME])
{
	for (size_t i = 0; i < SOUND_FRAME; i++) {
		uint32_t at = (jb->next + i) % SIP_JITTER_RING;

		frame[i] = jb->have[at] ? jb->ring[at] : jb->last[i] * fade(jb, i) / 65536;
	}
}

bool sip_jitter_get(struct sip_jitter *jb, int16_t frame[SOUND_FRAME])
{
	bool whole;

	if (!jb->started) {
		memset(frame, 0, sizeof(jb->last));
		return false;
	}
	jitter_shrink(jb);
	whole = jitter_whole(jb, frame);
	if (whole)
		memcpy(jb->last, frame, sizeof(jb->last));
	else
		jitter_mend(jb, frame);
	jitter_forget(jb, jb->next, SOUND_FRAME);
	jb->next += SOUND_FRAME;
	jb->lost = whole ? 0 : jb->lost + 1;
	jb->concealed += !whole;
	return whole;
}
