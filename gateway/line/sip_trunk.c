// SPDX-License-Identifier: AGPL-3.0-or-later
/* sip_trunk.c - in the media thread: who may call, how many, and the one timer of all calls. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "line/sip_int.h"
#include "line/sip_timer.h"

#define HASH_SIZE   256 /* libre's tables of transactions, dialogs and connections */
#define TURN_NS	    (SIP_TICK_MS * 1000000 / SIP_TURNS)
#define FRAMES_MAX  5 /* at once after the thread was late; what is more is left out */
#define RETRY_AFTER "10"

uint64_t sip_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void sip_printable(char *text)
{
	for (; *text; text++)
		if (!isprint((unsigned char)*text))
			*text = '?';
}

/* ---- news for the loop: kept here while its queue is full ---- */

static void news_flush(struct sip_trunk *tr)
{
	struct sip_news *news;

	while ((news = llist_first_entry_or_null(&tr->news, struct sip_news, entry))) {
		llist_del(&news->entry);
		if (media_tell(tr->link->md, sip_news_run, news) == 0)
			continue;
		llist_add(&news->entry, &tr->news);
		break;
	}
	sip_trunk_tick_switch(tr);
}

void sip_tell(struct sip_trunk *tr, const struct sip_news *news)
{
	struct sip_news *own = malloc(sizeof(*own));

	OSMO_ASSERT(own);
	*own = *news;
	own->link = tr->link;
	llist_add_tail(&own->entry, &tr->news);
	news_flush(tr);
}

/* ---- the timer ---- */

static void run_turn(struct sip_trunk *tr, unsigned int turn, unsigned int frames)
{
	struct sip_call *call, *next;

	llist_for_each_entry (call, &tr->turns[turn], turn)
		sip_call_send(call, frames);
	llist_for_each_entry_safe (call, next, &tr->turns[turn], turn)
		sip_call_take(call, frames);
}

static void on_tick(int flags, void *arg)
{
	struct sip_trunk *tr = arg;
	unsigned int frames[SIP_TURNS] = { 0 };
	uint64_t due;

	if (read(tr->timer_fd, &due, sizeof(due)) != sizeof(due))
		return;
	if (due > FRAMES_MAX * SIP_TURNS) {
		uint64_t lost = due / SIP_TURNS - FRAMES_MAX;

		sip_count(tr->link, SIP_SKIPPED, lost * tr->n_calls);
		due -= lost * SIP_TURNS;
	}
	for (; due > 0; due--, tr->turn = (tr->turn + 1) % SIP_TURNS)
		frames[tr->turn]++;
	for (unsigned int i = 0; i < SIP_TURNS; i++)
		if (frames[i])
			run_turn(tr, i, frames[i]);
	news_flush(tr);
}

/* It runs while anyone needs it. */
void sip_trunk_tick_switch(struct sip_trunk *tr)
{
	bool needed = !llist_empty(&tr->calls) || !llist_empty(&tr->news);
	struct itimerspec spec = {
		.it_interval.tv_nsec = needed ? TURN_NS : 0,
	};

	if (needed == tr->ticking)
		return;
	tr->ticking = needed;
	if (needed) {
		clock_gettime(CLOCK_MONOTONIC, &spec.it_value);
		spec.it_value.tv_nsec += TURN_NS;
		if (spec.it_value.tv_nsec >= 1000000000) {
			spec.it_value.tv_nsec -= 1000000000;
			spec.it_value.tv_sec++;
		}
	}
	timerfd_settime(tr->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* ---- requests ---- */

static bool is_peer(const struct sip_trunk *tr, const struct sa *src)
{
	const struct sip_line_cfg *cfg = &tr->link->cfg;

	if (cfg->n_peers == 0 && !cfg->proxy)
		return sa_is_loopback(&tr->address) && sa_is_loopback(src);
	for (size_t i = 0; i < cfg->n_peers; i++)
		if (sa_cmp(&tr->peers[i], src, SA_ADDR))
			return true;
	return sa_cmp(&tr->proxy, src, SA_ADDR);
}

static bool is_unknown(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	return pl_strcasecmp(&hdr->val, "timer") != 0;
}

static bool refuse_required(struct sip_trunk *tr, const struct sip_msg *msg)
{
	const struct sip_hdr *required = sip_msg_hdr_apply(msg, true, SIP_HDR_REQUIRE, is_unknown,
							   NULL);

	if (!required)
		return false;
	sip_replyf(tr->sip, msg, 420, "Bad Extension",
		   "Unsupported: %r\r\nContent-Length: 0\r\n\r\n", &required->val);
	return true;
}

static bool refuse_short(struct sip_trunk *tr, const struct sip_msg *msg)
{
	unsigned int least = tr->link->cfg.session_min_s;

	if (!sip_timer_too_short(msg, least))
		return false;
	sip_replyf(tr->sip, msg, 422, "Session Interval Too Small",
		   "Min-SE: %u\r\nContent-Length: 0\r\n\r\n", least);
	return true;
}

/* \returns true if that was all */
static bool on_request(const struct sip_msg *msg, void *arg)
{
	struct sip_trunk *tr = arg;
	bool ack = !pl_strcmp(&msg->met, "ACK"), invite = !pl_strcmp(&msg->met, "INVITE");

	if (!is_peer(tr, &msg->src)) {
		sip_count(tr->link, SIP_STRANGERS, 1);
		if (!ack)
			sip_reply(tr->sip, msg, 403, "Forbidden");
		return true;
	}
	if (!pl_strcmp(&msg->met, "OPTIONS")) {
		sip_replyf(tr->sip, msg, 200, "OK",
			   "Allow: " SIP_ALLOW "\r\nSupported: timer\r\nAccept: application/sdp\r\n"
			   "Content-Length: 0\r\n\r\n");
		return true;
	}
	if (sip_sessions_request(tr->sessions, msg))
		return true;
	if (!invite)
		return false;
	if (refuse_short(tr, msg) || refuse_required(tr, msg))
		return true;
	if (tr->n_calls < tr->link->cfg.calls_max && !tr->closing) {
		sip_call_begin(msg, tr);
		return true;
	}
	sip_count(tr->link, SIP_BUSY, 1);
	sip_replyf(tr->sip, msg, 503, "Service Unavailable",
		   "Retry-After: " RETRY_AFTER "\r\nContent-Length: 0\r\n\r\n");
	return true;
}

/* ---- life ---- */

int sip_proxy_uri(const struct sip_trunk *tr, char *out, size_t size)
{
	return re_snprintf(out, size, "sip:%J%s", &tr->proxy, sip_transp_param(tr->proxy_way));
}

/* Without one of the configuration, calls go to the first peer. */
static int trunk_proxy(struct sip_trunk *tr)
{
	static const enum sip_transp ways[] = {
		[SIP_UDP] = SIP_TRANSP_UDP, [SIP_TCP] = SIP_TRANSP_TCP, [SIP_TLS] = SIP_TRANSP_TLS
	};
	const struct sip_line_cfg *cfg = &tr->link->cfg;

	sa_init(&tr->proxy, AF_UNSPEC);
	tr->proxy_way = ways[cfg->proxy_way];
	if (cfg->proxy)
		return sa_set_str(&tr->proxy, cfg->proxy, cfg->proxy_port);
	if (cfg->n_peers == 0)
		return 0;
	tr->proxy_way = SIP_TRANSP_UDP;
	return sa_set_str(&tr->proxy, cfg->peers[0], SIP_PROXY_PORT);
}

static int trunk_addresses(struct sip_trunk *tr)
{
	const struct sip_line_cfg *cfg = &tr->link->cfg;
	int err = sa_set_str(&tr->address, cfg->address, cfg->port);

	for (size_t i = 0; i < cfg->n_peers && !err; i++)
		err = sa_set_str(&tr->peers[i], cfg->peers[i], 0);
	return err ? err : trunk_proxy(tr);
}

static int trunk_listen(struct sip_trunk *tr, bool by_tls)
{
	int err = tr->timer_fd < 0 ? ENOMEM : trunk_addresses(tr);

	err = err ? err
		  : sip_alloc(&tr->sip, NULL, HASH_SIZE, HASH_SIZE, HASH_SIZE, "meldlijn", NULL,
			      tr);
	err = err ? err : sip_transp_add(tr->sip, SIP_TRANSP_UDP, &tr->address);
	err = err ? err : sip_transp_add(tr->sip, SIP_TRANSP_TCP, &tr->address);
	err = err || !by_tls ? err : sip_tls_listen(tr);
	err = err ? err : sip_sessions_alloc(&tr->sessions, tr->ctx, tr->sip, &tr->link->cfg);
	err = err ? err : sip_listen(&tr->guard, tr->sip, true, on_request, tr);
	err = err ? err : fd_listen(tr->timer_fd, FD_READ, on_tick, tr);
	return err ? err : sip_register_start(tr);
}

static void trunk_close(struct sip_trunk *tr)
{
	struct sip_call *call, *next;

	llist_for_each_entry_safe (call, next, &tr->calls, entry)
		sip_call_end(call, false);
	sip_register_free(tr->registration);
	tr->registration = NULL;
	sip_sessions_free(tr->sessions);
	tr->sessions = NULL;
	if (tr->sip)
		sip_close(tr->sip, true);
	tr->guard = mem_deref(tr->guard);
	tr->sip = mem_deref(tr->sip);
}

/* The last news may find the queue full: then the thread comes back to it. */
static void trunk_bye(void *arg)
{
	struct sip_trunk *tr = arg;

	news_flush(tr);
	if (!llist_empty(&tr->news))
		return;
	if (tr->timer_fd >= 0) {
		fd_close(tr->timer_fd);
		close(tr->timer_fd);
	}
	talloc_free(tr->ctx);
	free(tr);
}

static void on_last_tick(int flags, void *arg)
{
	struct sip_trunk *tr = arg;
	uint64_t due;

	if (read(tr->timer_fd, &due, sizeof(due)) == sizeof(due))
		trunk_bye(tr);
}

static void trunk_end(struct sip_trunk *tr)
{
	trunk_close(tr);
	if (tr->timer_fd >= 0)
		fd_listen(tr->timer_fd, FD_READ, on_last_tick, tr);
	sip_tell(tr, &(struct sip_news){ .kind = SIP_NEWS_CLOSED });
	trunk_bye(tr);
}

static void trunk_given_back(struct sip_trunk *tr)
{
	struct media *md = tr->link->md;

	trunk_end(tr);
	media_release(md);
}

static void order_close(struct sip_link *link)
{
	struct sip_trunk *tr = link->trunk;
	struct sip_call *call, *next;

	tr->closing = true;
	llist_for_each_entry_safe (call, next, &tr->calls, entry)
		sip_call_end(call, false);
	if (sip_register_end(tr, trunk_given_back))
		media_hold(link->md);
	else
		trunk_end(tr);
}

static void order_open(struct sip_link *link, bool by_tls)
{
	struct sip_trunk *tr = link->trunk;
	int err;

	if (!tr) {
		tr = calloc(1, sizeof(*tr));
		OSMO_ASSERT(tr);
		tr->link = link;
		tr->ctx = talloc_named_const(NULL, 0, "sip trunk");
		tr->recorder = recorder_alloc(tr->ctx);
		INIT_LLIST_HEAD(&tr->calls);
		INIT_LLIST_HEAD(&tr->news);
		for (int i = 0; i < SIP_TURNS; i++)
			INIT_LLIST_HEAD(&tr->turns[i]);
		tr->inbox = sip_inbox_alloc(tr->ctx);
		tr->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
		tr->next_port = link->cfg.rtp_min;
		/* a token is not used again, also not after this trunk was closed and opened */
		tr->last_token = sip_now_ms() << 20;
		link->trunk = tr;
	}
	err = trunk_listen(tr, by_tls);
	if (err)
		trunk_close(tr);
	sip_tell(tr,
		 &(struct sip_news){ .kind = err ? SIP_NEWS_FAILED : SIP_NEWS_OPEN, .error = err });
}

/* ---- orders ---- */

static struct sip_call *call_of(struct sip_trunk *tr, uint64_t token)
{
	struct sip_call *call;

	llist_for_each_entry (call, &tr->calls, entry)
		if (call->token == token)
			return call;
	return NULL;
}

void sip_order_run(void *arg)
{
	struct sip_order *order = arg;
	struct sip_trunk *tr = order->link->trunk;
	struct sip_call *call = tr ? call_of(tr, order->token) : NULL;

	if (order->kind == SIP_OPEN)
		order_open(order->link, order->tls);
	else if (order->kind == SIP_CLOSE)
		order_close(order->link);
	else if (tr && order->kind == SIP_DIAL)
		sip_dial(tr, order);
	else if (call && order->kind == SIP_JOIN)
		sip_call_join(call, call_of(tr, order->other));
	else if (call && order->kind == SIP_ANSWER)
		sip_call_answer(call);
	else if (call && order->kind == SIP_PROMPT)
		sip_call_prompt(call, order);
	else if (call && order->kind == SIP_HANG_UP)
		sip_call_end(call, false);
	sip_order_free(order);
}
