// SPDX-License-Identifier: AGPL-3.0-or-later
/* sip_register.c - in the media thread: the registration at the trunk's registrar (RFC 3261 10), kept up and given back.
 *
 * libre's own (sipreg) answers each challenge anew, minds no Retry-After, and gives the registration back without
 * credentials and without an end that could be waited for. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "line/sip_digest.h"
#include "line/sip_int.h"

#define URI_MAX	    256
#define RETRY_MAX_S 1800 /* RFC 5626 4.5 */
#define BYE_MS	    500	 /* so long the end waits for the registrar */

struct sip_register {
	struct sip_trunk *trunk;
	struct sip_dialog *dialog;
	struct sip_digest *digest;
	char registrar[URI_MAX];
	struct sip_request *request;
	struct tmr tmr; /* the next request; at the end, how long it is waited for */
	uint32_t expires;
	bool registered, ending;
	bool raised;	       /* in this round of requests */
	unsigned int failures; /* one after another */
	void (*ended)(struct sip_trunk *tr);
};

static void on_response(int err, const struct sip_msg *msg, void *arg);

static int on_send(enum sip_transp tp, const struct sa *src, const struct sa *dst, struct mbuf *mb,
		   void *arg)
{
	struct sip_contact contact;

	sip_contact_set(&contact, SIP_USER, src, tp);
	return mbuf_printf(mb, "%H", sip_contact_print, &contact);
}

static int request(struct sip_register *reg)
{
	struct mbuf *proof = mbuf_alloc(256);
	int err = proof ? sip_digest_write(proof, reg->digest, "REGISTER", reg->registrar) : ENOMEM;

	err = err ? err
		  : sip_drequestf(&reg->request, reg->trunk->sip, true, "REGISTER", reg->dialog, 0,
				  NULL, on_send, on_response, reg,
				  "%bExpires: %u\r\nAllow: " SIP_ALLOW
				  "\r\nContent-Length: 0\r\n\r\n",
				  proof->buf, proof->end, reg->ending ? 0 : reg->expires);
	mem_deref(proof);
	return err;
}

static void failed(struct sip_register *reg, const char *reason, uint32_t after_s);

static void on_due(void *arg)
{
	struct sip_register *reg = arg;
	int err;

	reg->raised = false;
	sip_digest_begin(reg->digest);
	err = request(reg);
	if (err)
		failed(reg, strerror(err), 0);
}

/* ---- what comes of it */

/* RFC 5626 4.5: each time twice as long, and not all clients at once. */
static void failed(struct sip_register *reg, const char *reason, uint32_t after_s)
{
	struct sip_trunk *tr = reg->trunk;
	struct sip_news news = { .kind = SIP_NEWS_NOT_REGISTERED };
	uint64_t ms = (uint64_t)tr->link->cfg.retry_s * 1000 << OSMO_MIN(reg->failures, 10);

	ms = OSMO_MIN(ms, RETRY_MAX_S * 1000);
	ms = ms / 2 + rand_u32() % (ms / 2 + 1);
	ms = OSMO_MAX(ms, (uint64_t)OSMO_MIN(after_s, RETRY_MAX_S) * 1000);
	reg->failures++;
	reg->registered = false;
	sip_count(tr->link, SIP_REGISTER_FAILED, 1);
	tmr_start(&reg->tmr, ms, on_due, reg);
	news.seconds = ms / 1000.0;
	osmo_strlcpy(news.reason, reason, sizeof(news.reason));
	sip_printable(news.reason);
	sip_tell(tr, &news);
}

struct own_contact {
	char uri[URI_MAX];
	uint32_t expires;
};

static bool is_own_contact(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct own_contact *own = arg;
	struct sip_addr addr;
	struct pl expires;

	if (sip_addr_decode(&addr, &hdr->val) || pl_strcasecmp(&addr.auri, own->uri) != 0 ||
	    msg_param_decode(&addr.params, "expires", &expires))
		return false;
	own->expires = pl_u32(&expires);
	return true;
}

/* What the registrar granted: of our contact, else of all, else what we asked (RFC 3261 10.2.4). */
static uint32_t granted(const struct sip_register *reg, const struct sip_msg *msg)
{
	struct own_contact own = { 0 };

	re_snprintf(own.uri, URI_MAX, "sip:" SIP_USER "@%J%s", &reg->trunk->address,
		    sip_transp_param(msg->tp));
	if (sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, is_own_contact, &own))
		return own.expires;
	return pl_isset(&msg->expires) ? pl_u32(&msg->expires) : reg->expires;
}

static void registered(struct sip_register *reg, const struct sip_msg *msg)
{
	struct sip_news news = { .kind = SIP_NEWS_REGISTERED };
	uint32_t lasts_s = granted(reg, msg);

	if (lasts_s == 0) {
		failed(reg, "the registrar takes the registration and grants no time", 0);
		return;
	}
	reg->registered = true;
	reg->failures = 0;
	tmr_start(&reg->tmr, (uint64_t)lasts_s * 900, on_due, reg);
	news.seconds = lasts_s * 0.9;
	sip_tell(reg->trunk, &news);
}

/* 0 if the request was made again */
static int challenged(struct sip_register *reg, const struct sip_msg *msg)
{
	int rc = sip_digest_challenged(reg->digest, msg);

	return rc < 0 ? rc : -request(reg);
}

static bool raised(struct sip_register *reg, const struct sip_msg *msg)
{
	const struct sip_hdr *least = sip_msg_hdr(msg, SIP_HDR_MIN_EXPIRES);
	uint32_t expires = least ? pl_u32(&least->val) : 0;

	if (reg->raised || expires <= reg->expires)
		return false;
	reg->raised = true;
	reg->expires = expires;
	sip_digest_begin(reg->digest);
	return request(reg) == 0;
}

/* \param[in] rc  of the digest; 0: it is no question of that */
static void refused(struct sip_register *reg, const struct sip_msg *msg, int rc)
{
	const struct sip_hdr *after = sip_msg_hdr(msg, SIP_HDR_RETRY_AFTER);
	char reason[SIP_REASON];

	if (rc == 0 && msg->scode == 403)
		rc = -EACCES;
	re_snprintf(reason, sizeof(reason), "%u %r%s%s", msg->scode, &msg->reason, rc ? ": " : "",
		    rc ? sip_digest_fault(rc) : "");
	failed(reg, reason, after ? pl_u32(&after->val) : 0);
}

static void given_back(void *arg)
{
	struct sip_register *reg = arg;
	struct sip_trunk *tr = reg->trunk;
	void (*ended)(struct sip_trunk *) = reg->ended;

	sip_register_free(reg);
	tr->registration = NULL;
	ended(tr);
}

static void on_response(int err, const struct sip_msg *msg, void *arg)
{
	struct sip_register *reg = arg;
	char reason[SIP_REASON];
	int rc = 0;

	if (!err && msg->scode < 200)
		return;
	if (!err && (msg->scode == 401 || msg->scode == 407)) {
		rc = challenged(reg, msg);
		if (rc == 0)
			return;
	}
	if (reg->ending) {
		/* not from in here: it frees what libre comes back to */
		tmr_start(&reg->tmr, 0, given_back, reg);
		return;
	}
	if (!msg) {
		re_snprintf(reason, sizeof(reason), "no response (%m): check proxy and the network",
			    err);
		failed(reg, reason, 0);
	} else if (msg->scode < 300) {
		registered(reg, msg);
	} else if (msg->scode != 423 || !raised(reg, msg)) {
		refused(reg, msg, rc);
	}
}

/* ---- life */

void sip_register_free(struct sip_register *reg)
{
	if (!reg)
		return;
	tmr_cancel(&reg->tmr);
	mem_deref(reg->request);
	mem_deref(reg->dialog);
	talloc_free(reg);
}

int sip_register_start(struct sip_trunk *tr)
{
	const struct sip_line_cfg *cfg = &tr->link->cfg;
	const char *user = cfg->user ? cfg->user : cfg->number ? cfg->number : SIP_USER;
	char own[URI_MAX], proxy[URI_MAX];
	const char *route = proxy;
	struct sip_register *reg;
	int err;

	if (!cfg->domain)
		return 0;
	reg = talloc_zero(tr->ctx, struct sip_register);
	OSMO_ASSERT(reg);
	reg->trunk = tr;
	reg->expires = cfg->expires_s;
	reg->digest = sip_digest_alloc(reg, cfg->user, cfg->password);
	tmr_init(&reg->tmr);
	if (re_snprintf(reg->registrar, URI_MAX, "sip:%s", cfg->domain) < 0 ||
	    re_snprintf(own, URI_MAX, "sip:%s@%s", user, cfg->domain) < 0 ||
	    sip_proxy_uri(tr, proxy, URI_MAX) < 0)
		err = ENAMETOOLONG;
	else
		err = sip_dialog_alloc(&reg->dialog, reg->registrar, own, NULL, own, &route, 1);
	if (err) {
		sip_register_free(reg);
		return err;
	}
	tr->registration = reg;
	tmr_start(&reg->tmr, 0, on_due, reg);
	return 0;
}

bool sip_register_end(struct sip_trunk *tr, void (*ended)(struct sip_trunk *tr))
{
	struct sip_register *reg = tr->registration;

	if (!reg || !reg->registered)
		return false;
	mem_deref(reg->request); /* one that is under way */
	reg->ending = true;
	sip_digest_begin(reg->digest);
	reg->ended = ended;
	tmr_start(&reg->tmr, BYE_MS, given_back, reg);
	return request(reg) == 0;
}
