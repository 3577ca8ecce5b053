/* ipa_stream.h - IPA frames on a TCP connection: connecting, framing, what waits to be written.
 *
 * What Osmocom's programs speak to each other: 16 bits of length, a protocol octet, with protocol 0xee an
 * extension octet, the payload.  Knows nothing of what is in it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPA_STREAM_TX_MAX (128 * 1024) /* octets that wait for a peer that does not read */

struct ipa_stream;

struct ipa_stream_user {
	void (*connected)(void *data);
	/* A frame; ext is -1 unless the protocol is IPAC_PROTO_OSMO.  May close the stream. */
	void (*frame)(uint8_t protocol, int ext, const uint8_t *payload, size_t len, void *data);
	/* It is of no use any more: close it.  Never called from inside a call of ours. */
	void (*lost)(const char *why, void *data);
	void *data;
};

/*! \returns a stream that is closed; freed with ctx */
struct ipa_stream *ipa_stream_alloc(void *ctx, const struct ipa_stream_user *user);

/*! \param[in] address  numeric: a name would have to be asked of a server, which takes time
 *  \returns 0, connected() or lost() follow; -EINVAL no address; another negative errno */
int ipa_stream_connect(struct ipa_stream *s, const char *address, uint16_t port);

/*! What still waited to be written is forgotten. */
void ipa_stream_close(struct ipa_stream *s);

/*! Write a frame; nothing if the stream is closed.
 *  \param[in] ext  -1: no extension octet */
void ipa_stream_send(struct ipa_stream *s, uint8_t protocol, int ext, const uint8_t *payload,
		     size_t len);
