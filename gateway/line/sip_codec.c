// SPDX-License-Identifier: AGPL-3.0-or-later
#include "line/sip_codec.h"

#include <stdlib.h>
#include <string.h>

#include <gsm.h>
#include <osmocom/core/utils.h>

/* the tables' types are not told by librem's header */
#include <rem/rem_g711.h>

#define GSM_OCTETS 33 /* a frame of 20 ms, RFC 3551 4.5.8.1 */

/* Out of malloc: the thread of the media has no talloc tree. */
struct sip_coder {
	gsm encoder, decoder;
};

static const struct {
	unsigned int payload_type;
	const char *name;
} codecs[SIP_CODECS] = {
	[SIP_PCMA] = { 8, "PCMA" },
	[SIP_PCMU] = { 0, "PCMU" },
	[SIP_GSM] = { 3, "GSM" },
};

struct sip_coder *sip_coder_alloc(void)
{
	struct sip_coder *co = calloc(1, sizeof(*co));

	OSMO_ASSERT(co);
	co->encoder = gsm_create();
	co->decoder = gsm_create();
	OSMO_ASSERT(co->encoder && co->decoder);
	return co;
}

void sip_coder_free(struct sip_coder *co)
{
	if (!co)
		return;
	gsm_destroy(co->encoder);
	gsm_destroy(co->decoder);
	free(co);
}

int sip_codec_of(unsigned int payload_type)
{
	for (int i = 0; i < SIP_CODECS; i++)
		if (codecs[i].payload_type == payload_type)
			return i;
	return -1;
}

unsigned int sip_codec_payload_type(enum sip_codec codec)
{
	return codecs[codec].payload_type;
}

const char *sip_codec_name(enum sip_codec codec)
{
	return codecs[codec].name;
}

/* librem's functions look up their tables with the magnitude, and -32768 has none. */
static int16_t level(int16_t sample)
{
	return sample == INT16_MIN ? INT16_MIN + 1 : sample;
}

size_t sip_encode(struct sip_coder *co, enum sip_codec codec, const int16_t frame[SOUND_FRAME],
		  uint8_t *out)
{
	gsm_signal samples[SOUND_FRAME];

	switch (codec) {
	case SIP_PCMU:
		for (size_t i = 0; i < SOUND_FRAME; i++)
			out[i] = g711_pcm2ulaw(level(frame[i]));
		return SOUND_FRAME;
	case SIP_GSM:
		memcpy(samples, frame, sizeof(samples));
		gsm_encode(co->encoder, samples, out);
		return GSM_OCTETS;
	default:
		for (size_t i = 0; i < SOUND_FRAME; i++)
			out[i] = g711_pcm2alaw(level(frame[i]));
		return SOUND_FRAME;
	}
}

static size_t decode_gsm(struct sip_coder *co, const uint8_t *data, size_t len, int16_t *out)
{
	gsm_byte frame[GSM_OCTETS];
	size_t n = 0;

	if (len % GSM_OCTETS || len / GSM_OCTETS > SIP_PACKET_SAMPLES / SOUND_FRAME)
		return 0;
	for (; len > 0; len -= GSM_OCTETS, data += GSM_OCTETS, n += SOUND_FRAME) {
		memcpy(frame, data, sizeof(frame));
		if (gsm_decode(co->decoder, frame, out + n) < 0)
			return 0;
	}
	return n;
}

size_t sip_decode(struct sip_coder *co, enum sip_codec codec, const uint8_t *data, size_t len,
		  int16_t *out)
{
	if (codec == SIP_GSM)
		return decode_gsm(co, data, len, out);
	if (len > SIP_PACKET_SAMPLES)
		return 0;
	for (size_t i = 0; i < len; i++)
		out[i] = codec == SIP_PCMU ? g711_ulaw2pcm(data[i]) : g711_alaw2pcm(data[i]);
	return len;
}
