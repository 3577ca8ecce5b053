// SPDX-License-Identifier: AGPL-3.0-or-later
/* sip_secure.c - whose key encrypts the sound of a call: what SDP offers and answers (RFC 4568).  In the media thread.
 *
 * One key of ours for each suite and call; which of them counts is the other side's choice or, where it offers, its
 * first that we can.  Our answer names the same tag. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>

#include "line/sip_int.h"

static const char crypto[] = "crypto";

static enum sip_srtp_mode mode_of(const struct sip_call *call)
{
	return call->secure.withdrawn ? SIP_SRTP_OFF : call->trunk->link->cfg.srtp;
}

/* ---- SDP */

static int attribute(struct sip_call *call, const struct sdes *key, bool replace)
{
	char text[SDES_TEXT_MAX];
	int err;

	sdes_write(text, key);
	err = sdp_media_set_lattr(call->audio, replace, crypto, "%s", text);
	sodium_memzero(text, sizeof(text));
	return err;
}

const char *sip_secure_proto(const struct sip_trunk *tr)
{
	return tr->link->cfg.srtp == SIP_SRTP_REQUIRED ? sdp_proto_rtpsavp : sdp_proto_rtpavp;
}

int sip_secure_offer(struct sip_call *call)
{
	struct sip_secure *sec = &call->secure;
	int err = 0;

	if (mode_of(call) == SIP_SRTP_OFF)
		return 0;
	err = sdp_media_set_alt_protos(call->audio, 2, sdp_proto_rtpavp, sdp_proto_rtpsavp);
	for (int i = 0; i < SDES_SUITES && !err; i++) {
		sec->ours[i] = (struct sdes){ .tag = i + 1, .suite = i };
		randombytes_buf(sec->ours[i].key, SDES_KEY);
		err = attribute(call, &sec->ours[i], false);
	}
	return err;
}

int sip_secure_withdraw(struct sip_call *call)
{
	if (mode_of(call) != SIP_SRTP_OFFERED)
		return -EACCES;
	call->secure.withdrawn = true;
	sdp_media_del_lattr(call->audio, crypto);
	return 0;
}

/* The first that we can. */
static bool on_crypto(const char *name, const char *value, void *arg)
{
	return sdes_read(arg, value) == 0;
}

/* ---- keys */

static int use_key(struct sip_srtp **srtp, const struct sdes *key, struct sdes *now)
{
	int rc = 0;

	if (*srtp && now->suite == key->suite && sodium_memcmp(now->key, key->key, SDES_KEY) == 0)
		return 0;
	if (*srtp)
		rc = sip_srtp_rekey(*srtp, key);
	else if (!(*srtp = sip_srtp_alloc(key)))
		rc = -ENOMEM;
	if (rc == 0)
		*now = *key;
	return rc;
}

static int use_keys(struct sip_call *call, const struct sdes *theirs)
{
	struct sip_secure *sec = &call->secure;
	struct sdes *ours = &sec->ours[theirs->suite];
	int rc = use_key(&sec->in, theirs, &sec->in_key);

	rc = rc < 0 ? rc : use_key(&sec->out, ours, &sec->out_key);
	if (rc < 0)
		return rc;
	ours->tag = theirs->tag;
	sdp_media_del_lattr(call->audio, crypto);
	return attribute(call, ours, true) ? -ENOMEM : 0;
}

int sip_secure_negotiated(struct sip_call *call)
{
	struct sip_secure *sec = &call->secure;
	bool savp = strstr(sdp_media_proto(call->audio), "SAVP");
	struct sdes theirs = { 0 };
	int rc = 0;

	if (mode_of(call) == SIP_SRTP_OFF)
		return savp ? -ENOENT : 0;
	if (sdp_media_rattr_apply(call->audio, crypto, on_crypto, &theirs))
		rc = use_keys(call, &theirs);
	else if (savp || sec->in || mode_of(call) == SIP_SRTP_REQUIRED)
		rc = -ENOENT; /* also who began encrypted does not go on in the clear */
	else
		sdp_media_del_lattr(call->audio, crypto);
	sodium_memzero(&theirs, sizeof(theirs));
	return rc;
}

/* ---- packets */

int sip_secure_take(struct sip_call *call, uint8_t *data, size_t *len)
{
	int rc = call->secure.in ? sip_srtp_unprotect(call->secure.in, data, len) : 0;

	if (rc == -EBADMSG)
		sip_count(call->trunk->link, SIP_FORGED, 1);
	else if (rc == -EALREADY)
		sip_count(call->trunk->link, SIP_REPLAYED, 1);
	else if (rc < 0)
		sip_count(call->trunk->link, SIP_MALFORMED, 1);
	return rc;
}

size_t sip_secure_give(struct sip_call *call, uint8_t *data, size_t len)
{
	if (call->secure.out)
		sip_srtp_protect(call->secure.out, data, &len);
	return len;
}

void sip_secure_close(struct sip_call *call)
{
	sip_srtp_free(call->secure.in);
	sip_srtp_free(call->secure.out);
	sodium_memzero(&call->secure, sizeof(call->secure));
}
