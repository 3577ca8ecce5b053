// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any datagram: it is no RTP, or what is read of it lies within it; and a header that we write of what was read
 * says the same again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "line/sip_rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_again(const struct sip_rtp *rtp)
{
	uint8_t header[SIP_RTP_HEADER];
	struct sip_rtp again;

	sip_rtp_write(rtp, header);
	must(sip_rtp_read(header, sizeof(header), &again) == 0);
	must(again.marker == rtp->marker && again.payload_type == rtp->payload_type);
	must(again.seq == rtp->seq && again.timestamp == rtp->timestamp && again.ssrc == rtp->ssrc);
	must(again.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *own = malloc(size + 1); /* what is read too far is seen */
	struct sip_rtp rtp;
	size_t head;

	memcpy(own + 1, data, size);
	if (sip_rtp_read(own + 1, size, &rtp) == 0) {
		head = rtp.payload - (own + 1);
		must(size >= SIP_RTP_HEADER && own[1] >> 6 == 2);
		must(head >= SIP_RTP_HEADER + 4u * (own[1] & 15) && head + rtp.len <= size);
		must(own[1] & 0x20 ? head + rtp.len < size : head + rtp.len == size);
		check_again(&rtp);
	}
	free(own);
	return 0;
}
