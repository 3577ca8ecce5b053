/* sip_rtp.h - the header of RTP (RFC 3550 5.1), and the ports that calls take. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIP_RTP_HEADER 12

struct sip_rtp {
	bool marker;
	uint8_t payload_type;
	uint16_t seq;
	uint32_t timestamp, ssrc;
	const uint8_t *payload; /* within what was read */
	size_t len;
};

/*! How long the header is, with all that it can have, of a datagram that may hold anything.  -EINVAL: this is no RTP */
int sip_rtp_head(const uint8_t *data, size_t len);
/*! Read a datagram that may hold anything. 0; -EINVAL: this is no RTP */
int sip_rtp_read(const uint8_t *data, size_t len, struct sip_rtp *out);
/*! Write the header; the payload stands behind it. */
void sip_rtp_write(const struct sip_rtp *rtp, uint8_t out[SIP_RTP_HEADER]);
