/* sip_codec.h - sound as it stands in RTP: G.711 both ways and GSM full rate, payload types of RFC 3551. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "line/sip.h"
#include "voice/sound.h"

#define SIP_PACKET_SAMPLES (8 * SOUND_FRAME) /* the longest packet that is taken */

struct sip_coder;

/*! For one call, both ways. */
struct sip_coder *sip_coder_alloc(void);
void sip_coder_free(struct sip_coder *co);

/*! \returns an enum sip_codec; -1: none of ours */
int sip_codec_of(unsigned int payload_type);
unsigned int sip_codec_payload_type(enum sip_codec codec);
const char *sip_codec_name(enum sip_codec codec);

/*! \returns octets written; the most is SOUND_FRAME */
size_t sip_encode(struct sip_coder *co, enum sip_codec codec, const int16_t frame[SOUND_FRAME],
		  uint8_t *out);
/*! \returns samples written, at most SIP_PACKET_SAMPLES; 0 if the length fits no packet */
size_t sip_decode(struct sip_coder *co, enum sip_codec codec, const uint8_t *data, size_t len,
		  int16_t *out);
