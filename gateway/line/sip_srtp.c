// SPDX-License-Identifier: AGPL-3.0-or-later
#include "line/sip_srtp.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/bit16gen.h>
#include <osmocom/core/bit32gen.h>
#include <re/re.h>
#include <sodium.h>

#include "line/sip_rtp.h"

#define KEY    16
#define SALT   14
#define AUTH   20 /* SHA-1's */
#define ROC    4
#define WINDOW 64 /* packets that may overtake each other */
#define STREAMS \
	8 /* sources (SSRC) under one key: a switchboard has one for the music and one for the clerk */

/* RFC 3711 4.3.1 */
enum label { LABEL_CIPHER, LABEL_AUTH, LABEL_SALT };

struct stream {
	uint32_t ssrc, roc;
	uint16_t seq;  /* the highest so far */
	uint64_t seen; /* bit n: the packet n before that */
	bool rekeyed;  /* no packet came with the new key yet */
};

struct sip_srtp {
	enum sdes_suite suite;
	struct aes *cipher;
	struct hmac *auth;
	uint8_t salt[SALT];
	struct stream streams[STREAMS];
	size_t n;
};

static const size_t tag_sizes[SDES_SUITES] = {
	[SDES_AES_CM_128_HMAC_SHA1_80] = 10,
	[SDES_AES_CM_128_HMAC_SHA1_32] = 4,
};

/* ---- keys */

static int derive(struct aes *aes, const uint8_t *salt, enum label label, uint8_t *out, size_t len)
{
	uint8_t iv[AES_BLOCK_SIZE] = { 0 };

	memcpy(iv, salt, SALT);
	iv[7] ^= label;
	memset(out, 0, len);
	aes_set_iv(aes, iv);
	return aes_encr(aes, out, out, len);
}

static int derive_all(struct sip_srtp *srtp, const struct sdes *key)
{
	uint8_t cipher[KEY], auth[AUTH];
	const uint8_t *salt = key->key + KEY;
	struct aes *aes = NULL;
	int err = aes_alloc(&aes, AES_MODE_CTR, key->key, 8 * KEY, NULL);

	err = err ? err : derive(aes, salt, LABEL_CIPHER, cipher, sizeof(cipher));
	err = err ? err : derive(aes, salt, LABEL_AUTH, auth, sizeof(auth));
	err = err ? err : derive(aes, salt, LABEL_SALT, srtp->salt, sizeof(srtp->salt));
	err = err ? err : aes_alloc(&srtp->cipher, AES_MODE_CTR, cipher, 8 * KEY, NULL);
	err = err ? err : hmac_create(&srtp->auth, HMAC_HASH_SHA1, auth, sizeof(auth));
	mem_deref(aes);
	sodium_memzero(cipher, sizeof(cipher));
	sodium_memzero(auth, sizeof(auth));
	return err;
}

struct sip_srtp *sip_srtp_alloc(const struct sdes *key)
{
	struct sip_srtp *srtp = calloc(1, sizeof(*srtp));

	if (!srtp)
		return NULL;
	srtp->suite = key->suite;
	if (derive_all(srtp, key) == 0)
		return srtp;
	sip_srtp_free(srtp);
	return NULL;
}

void sip_srtp_free(struct sip_srtp *srtp)
{
	if (!srtp)
		return;
	mem_deref(srtp->cipher); /* libcrypto wipes these */
	mem_deref(srtp->auth);
	sodium_memzero(srtp, sizeof(*srtp));
	free(srtp);
}

int sip_srtp_rekey(struct sip_srtp *srtp, const struct sdes *key)
{
	struct sip_srtp *other = sip_srtp_alloc(key), old;

	if (!other)
		return -ENOMEM;
	memcpy(other->streams, srtp->streams, sizeof(other->streams));
	other->n = srtp->n;
	for (size_t i = 0; i < other->n; i++)
		other->streams[i].rekeyed = true;
	old = *srtp;
	*srtp = *other;
	*other = old;
	sodium_memzero(&old, sizeof(old));
	sip_srtp_free(other);
	return 0;
}

/* ---- a packet */

static void crypt(struct sip_srtp *srtp, const struct stream *st, uint32_t roc, uint16_t seq,
		  uint8_t *data, size_t len)
{
	uint8_t iv[AES_BLOCK_SIZE] = { 0 }, counter[AES_BLOCK_SIZE] = { 0 };

	memcpy(iv, srtp->salt, SALT);
	osmo_store32be(st->ssrc, counter + 4);
	osmo_store32be(roc, counter + 8);
	osmo_store16be(seq, counter + 12);
	for (size_t i = 0; i < sizeof(iv); i++)
		iv[i] ^= counter[i];
	aes_set_iv(srtp->cipher, iv);
	aes_encr(srtp->cipher, data, data, len);
}

/* Over the packet and the counter's upper half, which is not sent; there is room for it behind the packet. */
static void sign(struct sip_srtp *srtp, uint8_t *packet, size_t len, uint32_t roc, uint8_t md[AUTH])
{
	osmo_store32be(roc, packet + len);
	hmac_digest(srtp->auth, md, AUTH, packet, len + ROC);
}

static struct stream *stream_of(struct sip_srtp *srtp, uint32_t ssrc)
{
	for (size_t i = 0; i < srtp->n; i++)
		if (srtp->streams[i].ssrc == ssrc)
			return &srtp->streams[i];
	return NULL;
}

int sip_srtp_protect(struct sip_srtp *srtp, uint8_t *packet, size_t *len)
{
	int head = sip_rtp_head(packet, *len);
	uint16_t seq = head < 0 ? 0 : osmo_load16be(packet + 2);
	uint8_t md[AUTH];
	struct stream *st;

	if (head < 0)
		return head;
	st = &srtp->streams[0]; /* we are one source */
	if (srtp->n == 0) {
		st->ssrc = osmo_load32be(packet + 8);
		srtp->n = 1;
	} else if (seq < st->seq) {
		st->roc++;
	}
	st->seq = seq;
	crypt(srtp, st, st->roc, seq, packet + head, *len - head);
	sign(srtp, packet, *len, st->roc, md);
	memcpy(packet + *len, md, tag_sizes[srtp->suite]);
	*len += tag_sizes[srtp->suite];
	return 0;
}

/* RFC 3711 3.3.1: the counter that is nearest to the last. */
static uint32_t guess_roc(const struct stream *st, uint16_t seq)
{
	if (st->seq < 0x8000)
		return seq - st->seq > 0x8000 && st->roc > 0 ? st->roc - 1 : st->roc;
	return st->seq - 0x8000 > seq ? st->roc + 1 : st->roc;
}

static bool signed_by(struct sip_srtp *srtp, uint8_t *packet, size_t len, uint32_t roc,
		      const uint8_t *tag)
{
	uint8_t md[AUTH];

	sign(srtp, packet, len, roc, md);
	return sodium_memcmp(md, tag, tag_sizes[srtp->suite]) == 0;
}

static bool is_replay(const struct stream *st, uint32_t roc, uint16_t seq)
{
	int64_t behind = (((int64_t)st->roc << 16) | st->seq) - (((int64_t)roc << 16) | seq);

	return behind >= WINDOW || (behind >= 0 && st->seen >> behind & 1);
}

static void take(struct stream *st, uint32_t roc, uint16_t seq)
{
	int64_t ahead = (((int64_t)roc << 16) | seq) - (((int64_t)st->roc << 16) | st->seq);

	st->rekeyed = false;
	if (ahead <= 0) {
		st->seen |= 1ull << -ahead;
		return;
	}
	st->seen = ahead < WINDOW ? st->seen << ahead | 1 : 1;
	st->roc = roc;
	st->seq = seq;
}

/* A source that was not heard yet begins at 0 (RFC 3711 3.3.1), with a window of its own. */
static void stream_begin(struct stream *st, uint16_t seq)
{
	*st = (struct stream){ .ssrc = st->ssrc, .seq = seq };
}

int sip_srtp_unprotect(struct sip_srtp *srtp, uint8_t *packet, size_t *len)
{
	const size_t tag_size = tag_sizes[srtp->suite];
	size_t body = *len < tag_size ? 0 : *len - tag_size;
	int head = sip_rtp_head(packet, body);
	struct stream *st, first;
	uint8_t tag[SIP_SRTP_ROOM];
	uint16_t seq;
	uint32_t roc;

	if (head < 0)
		return head;
	seq = osmo_load16be(packet + 2);
	first = (struct stream){ .ssrc = osmo_load32be(packet + 8), .seq = seq };
	st = stream_of(srtp, first.ssrc);
	if (!st && srtp->n == STREAMS)
		return -EBADMSG;
	roc = st ? guess_roc(st, seq) : 0;
	memcpy(tag, packet + body, tag_size);
	if (!signed_by(srtp, packet, body, roc, tag)) {
		if (!st || !st->rekeyed || roc == 0 || !signed_by(srtp, packet, body, roc = 0, tag))
			return -EBADMSG;
		stream_begin(st, seq);
	}
	if (!st) {
		st = &srtp->streams[srtp->n++];
		*st = first;
	}
	if (is_replay(st, roc, seq))
		return -EALREADY;
	take(st, roc, seq);
	crypt(srtp, st, roc, seq, packet + head, body - head);
	*len = body;
	return 0;
}
