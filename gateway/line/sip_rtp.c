// SPDX-License-Identifier: AGPL-3.0-or-later
#include "line/sip_rtp.h"

#include <errno.h>

#include <osmocom/core/bit32gen.h>
#include <osmocom/core/bit16gen.h>

#define VERSION_2 0x80
#define PADDING	  0x20
#define EXTENSION 0x10
#define SOURCES	  0x0f

int sip_rtp_head(const uint8_t *data, size_t len)
{
	size_t head = SIP_RTP_HEADER;

	if (len < head || (data[0] & 0xc0) != VERSION_2)
		return -EINVAL;
	head += 4 * (data[0] & SOURCES);
	if (data[0] & EXTENSION) {
		if (len < head + 4)
			return -EINVAL;
		head += 4 + 4 * osmo_load16be(data + head + 2);
	}
	return len < head ? -EINVAL : (int)head;
}

int sip_rtp_read(const uint8_t *data, size_t len, struct sip_rtp *out)
{
	int rc = sip_rtp_head(data, len);
	size_t head = rc;

	if (rc < 0)
		return rc;
	if (data[0] & PADDING) {
		if (len == head || data[len - 1] == 0 || data[len - 1] > len - head)
			return -EINVAL;
		len -= data[len - 1];
	}
	*out = (struct sip_rtp){
		.marker = data[1] & 0x80,
		.payload_type = data[1] & 0x7f,
		.seq = osmo_load16be(data + 2),
		.timestamp = osmo_load32be(data + 4),
		.ssrc = osmo_load32be(data + 8),
		.payload = data + head,
		.len = len - head,
	};
	return 0;
}

void sip_rtp_write(const struct sip_rtp *rtp, uint8_t out[SIP_RTP_HEADER])
{
	out[0] = VERSION_2;
	out[1] = (rtp->marker ? 0x80 : 0) | rtp->payload_type;
	osmo_store16be(rtp->seq, out + 2);
	osmo_store32be(rtp->timestamp, out + 4);
	osmo_store32be(rtp->ssrc, out + 8);
}
