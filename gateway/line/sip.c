// SPDX-License-Identifier: AGPL-3.0-or-later
/* sip.c - the line on the program's loop; sip_trunk.c is its other half. */
#include "line/sip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "line/sip_int.h"
#include "log.h"
#include "voice/sound.h"

#define DIALLED	 (UINT64_C(1) << 62) /* in a token: this side gave it */
#define RING_S	 30
#define RETRY_S	 10    /* the address cannot be listened at */
#define FLUSH_US 20000 /* the media thread's queue was full */

struct sip_line {
	struct line line;
	struct sip_link *link; /* NULL: not started */
	struct media *md;
	struct sip_line_cfg cfg;
	struct llist_head calls; /* struct known */
	size_t n_calls;
	uint64_t last_dialled;	   /* token */
	uint64_t past[SIP_COUNTS]; /* of links before this one */
	struct osmo_timer_list retry;
	struct sip_link *closing; /* the former, whose address is still taken */
	int64_t registered_since_s, register_next_s;
	bool alarm, register_alarm, tls_alarm;
};

/* A call that is not over, as this side knows it. */
struct known {
	struct llist_head entry;
	uint64_t token;
	bool last;		 /* its last prompt plays */
	bool dialled;		 /* nobody answered yet */
	char number[PHONE_SIZE]; /* of a call of ours */
};

/* ---- orders; they keep their order while the queue is full ---- */

void sip_order_free(struct sip_order *order)
{
	while (order->n > 0)
		sound_unref(order->sounds[--order->n]);
	free(order->record);
	free(order);
}

static void flush(void *data)
{
	struct sip_link *link = data;
	struct sip_order *order;

	while ((order = llist_first_entry_or_null(&link->orders, struct sip_order, entry))) {
		llist_del(&order->entry);
		if (media_post(link->md, sip_order_run, order) == 0)
			continue;
		llist_add(&order->entry, &link->orders);
		osmo_timer_schedule(&link->again, 0, FLUSH_US);
		return;
	}
}

/* Out of malloc: the other thread gives it back. */
static struct sip_order *order_new(struct sip_link *link, enum sip_order_kind kind, uint64_t token)
{
	struct sip_order *order = calloc(1, sizeof(*order));

	OSMO_ASSERT(order);
	order->link = link;
	order->kind = kind;
	order->token = token;
	return order;
}

static void order_give(struct sip_order *order)
{
	llist_add_tail(&order->entry, &order->link->orders);
	flush(order->link);
}

/* ---- news ---- */

static struct known *known_find(const struct sip_line *sl, uint64_t token)
{
	struct known *kn;

	llist_for_each_entry (kn, &sl->calls, entry)
		if (kn->token == token)
			return kn;
	return NULL;
}

static void known_free(struct sip_line *sl, struct known *kn)
{
	llist_del(&kn->entry);
	sl->n_calls--;
	talloc_free(kn);
}

static struct known *known_new(struct sip_line *sl, uint64_t token)
{
	struct known *kn = talloc_zero(sl, struct known);

	OSMO_ASSERT(kn);
	kn->token = token;
	llist_add_tail(&kn->entry, &sl->calls);
	sl->n_calls++;
	return kn;
}

static void news_called(struct sip_line *sl, const struct sip_news *news)
{
	struct line *ln = &sl->line;
	struct line_call call = { .session = news->token,
				  .number = news->number[0] ? news->number : NULL };
	char masked[PHONE_SIZE];

	known_new(sl, news->token);
	LOGP(DLINE, LOGL_INFO, "%s: call from %s\n", ln->name,
	     call.number ? phone_masked(masked, call.number) : "a withheld number");
	if (ln->user.called)
		ln->user.called(ln, &call, ln->user.data);
	else
		ln->ops->hang_up(ln, news->token);
}

static void news_reached(struct sip_line *sl, struct known *kn)
{
	struct line *ln = &sl->line;
	struct line_call call = { .session = kn->token, .number = kn->number, .outgoing = true };

	kn->dialled = false;
	if (ln->user.called)
		ln->user.called(ln, &call, ln->user.data);
	else
		ln->ops->hang_up(ln, kn->token);
}

static void known_unreached(struct sip_line *sl, struct known *kn, enum line_unreached why)
{
	struct line *ln = &sl->line;
	uint64_t token = kn->token;

	known_free(sl, kn);
	if (ln->user.unreached)
		ln->user.unreached(ln, token, why, ln->user.data);
}

static void news_unreached(struct sip_line *sl, struct known *kn, const struct sip_news *news)
{
	char masked[PHONE_SIZE];

	LOGP(DLINE, news->why == LINE_NOT_DIALLED ? LOGL_ERROR : LOGL_INFO,
	     "%s: %s is not reached: %s\n", sl->line.name, phone_masked(masked, kn->number),
	     news->reason);
	known_unreached(sl, kn, news->why);
}

static void news_of_call(struct sip_line *sl, const struct sip_news *news)
{
	struct line *ln = &sl->line;
	const struct line_user *user = &ln->user;
	struct known *kn = known_find(sl, news->token);

	if (!kn)
		return; /* we hung up meanwhile */
	switch (news->kind) {
	case SIP_NEWS_REACHED:
		news_reached(sl, kn);
		break;
	case SIP_NEWS_UNREACHED:
		news_unreached(sl, kn, news);
		break;
	case SIP_NEWS_KEY:
		if (user->key)
			user->key(ln, news->token, news->key, user->data);
		break;
	case SIP_NEWS_PLAYED:
		if (kn->last)
			known_free(sl, kn);
		if (user->played)
			user->played(ln, news->token, user->data);
		break;
	case SIP_NEWS_RECORDED:
		if (user->recorded)
			user->recorded(ln, news->token, news->how, news->seconds, user->data);
		break;
	case SIP_NEWS_GREETED:
		if (user->greeted)
			user->greeted(ln, news->token, news->greeting, user->data);
		break;
	default:
		known_free(sl, kn);
		if (user->ended)
			user->ended(ln, news->token, user->data);
		break;
	}
}

static void line_alarm(struct sip_line *sl, const char *what, bool *is_on, bool on,
		       const char *detail)
{
	struct line *ln = &sl->line;

	if (*is_on == on)
		return;
	*is_on = on;
	if (ln->user.alarm)
		ln->user.alarm(ln, what, on, detail, ln->user.data);
}

static void listen_alarm(struct sip_line *sl, bool on, const char *detail)
{
	line_alarm(sl, "listen", &sl->alarm, on, detail);
}

static void line_changed(struct sip_line *sl, enum line_state state)
{
	struct line *ln = &sl->line;

	ln->state = state;
	ln->up_since_s = state == LINE_UP ? clock_now_s() : 0;
	ln->down_since_s = state == LINE_UP ? 0 : clock_now_s();
	if (ln->user.changed)
		ln->user.changed(ln, ln->user.data);
}

static void news_failed(struct sip_line *sl, int error)
{
	char *detail = talloc_asprintf(sl, "cannot listen at %s port %u: %s", sl->cfg.address,
				       sl->cfg.port, strerror(error));

	listen_alarm(sl, true, detail);
	talloc_free(detail);
	osmo_timer_schedule(&sl->retry, RETRY_S, 0);
}

static void register_alarm(struct sip_line *sl, bool on, const char *detail)
{
	line_alarm(sl, "register", &sl->register_alarm, on, detail);
}

static void news_registered(struct sip_line *sl, const struct sip_news *news)
{
	if (!sl->registered_since_s) {
		sl->registered_since_s = clock_now_s();
		LOGP(DLINE, LOGL_NOTICE, "%s: registered at %s\n", sl->line.name, sl->cfg.domain);
	}
	sl->register_next_s = clock_now_s() + (int64_t)news->seconds;
	register_alarm(sl, false, NULL);
}

static void news_not_registered(struct sip_line *sl, const struct sip_news *news)
{
	char *detail = talloc_asprintf(sl, "not registered at %s: %s", sl->cfg.domain,
				       news->reason);

	sl->registered_since_s = 0;
	sl->register_next_s = clock_now_s() + (int64_t)news->seconds;
	LOGP(DLINE, LOGL_ERROR, "%s: %s; again in %.0f s\n", sl->line.name, detail, news->seconds);
	register_alarm(sl, true, detail);
	talloc_free(detail);
}

static void open_again(void *data);

/* Its address is free now. */
static void news_closed(struct sip_line *sl)
{
	if (!sl)
		return;
	sl->closing = NULL;
	open_again(sl);
}

void sip_news_run(void *arg)
{
	struct sip_news *news = arg;
	struct sip_link *link = news->link;
	struct sip_line *sl = link->owner;

	if (news->kind == SIP_NEWS_CLOSED) {
		osmo_timer_del(&link->again);
		news_closed(link->waits);
		talloc_free(link);
	} else if (!sl) {
		; /* it was stopped meanwhile */
	} else if (news->kind == SIP_NEWS_OPEN) {
		LOGP(DLINE, LOGL_NOTICE, "%s: listening at %s port %u\n", sl->line.name,
		     sl->cfg.address, sl->cfg.port);
		listen_alarm(sl, false, NULL);
		line_changed(sl, LINE_UP);
	} else if (news->kind == SIP_NEWS_FAILED) {
		news_failed(sl, news->error);
	} else if (news->kind == SIP_NEWS_REGISTERED) {
		news_registered(sl, news);
	} else if (news->kind == SIP_NEWS_NOT_REGISTERED) {
		news_not_registered(sl, news);
	} else if (news->kind == SIP_NEWS_CALLED) {
		news_called(sl, news);
	} else {
		news_of_call(sl, news);
	}
	free(news);
}

/* ---- what the line can ---- */

static struct sip_line *sip_line_of(struct line *ln)
{
	return container_of(ln, struct sip_line, line);
}

static int sip_answer(struct line *ln, uint64_t token)
{
	struct sip_line *sl = sip_line_of(ln);
	const struct known *kn = known_find(sl, token);

	if (!kn || kn->dialled)
		return -ENOENT;
	order_give(order_new(sl->link, SIP_ANSWER, token));
	return 0;
}

static int sip_prompt(struct line *ln, uint64_t token, const struct line_prompt *prompt)
{
	struct sip_line *sl = sip_line_of(ln);
	struct known *kn = known_find(sl, token);
	struct sip_order *order;

	if (!kn || kn->dialled)
		return -ENOENT;
	if (prompt->n > LEG_SOUNDS_MAX)
		return -EINVAL;
	order = order_new(sl->link, SIP_PROMPT, token);
	for (size_t i = 0; i < prompt->n; i++)
		if (prompt->sounds[i])
			order->sounds[order->n++] = sound_ref(prompt->sounds[i]);
	order->barge_in = prompt->barge_in;
	order->record_s = prompt->record_s;
	order->last = kn->last = prompt->last;
	if (prompt->record) {
		order->record = strdup(prompt->record);
		OSMO_ASSERT(order->record);
	}
	order_give(order);
	return 0;
}

static void sip_hang_up(struct line *ln, uint64_t token)
{
	struct sip_line *sl = sip_line_of(ln);
	struct known *kn = known_find(sl, token);

	if (!kn)
		return;
	known_free(sl, kn);
	order_give(order_new(sl->link, SIP_HANG_UP, token));
}

/* It stands in a URI. */
static bool is_dialable(const char *number)
{
	const char *digits = number + (number[0] == '+');

	return digits[0] && strlen(number) < PHONE_SIZE &&
	       strspn(digits, "0123456789") == strlen(digits);
}

static int sip_dial_out(struct line *ln, const struct line_dialling *dialling, uint64_t *session)
{
	struct sip_line *sl = sip_line_of(ln);
	struct sip_order *order;
	struct known *kn;

	if (!is_dialable(dialling->number) || (dialling->from && !is_dialable(dialling->from)))
		return -EINVAL;
	if (ln->state != LINE_UP || sl->n_calls >= sl->cfg.calls_max)
		return -EAGAIN;
	kn = known_new(sl, DIALLED | ++sl->last_dialled);
	kn->dialled = true;
	osmo_strlcpy(kn->number, dialling->number, sizeof(kn->number));
	order = order_new(sl->link, SIP_DIAL, kn->token);
	osmo_strlcpy(order->number, dialling->number, sizeof(order->number));
	if (dialling->from)
		osmo_strlcpy(order->from, dialling->from, sizeof(order->from));
	order->ring_s = dialling->ring_s > 0 ? dialling->ring_s : RING_S;
	order->greeting = dialling->greeting;
	*session = kn->token;
	order_give(order);
	return 0;
}

static int sip_join(struct line *ln, uint64_t token, uint64_t other)
{
	struct sip_line *sl = sip_line_of(ln);
	const struct known *one = known_find(sl, token), *two = known_find(sl, other);
	struct sip_order *order;

	if (!one || !two || one->dialled || two->dialled || one == two)
		return -ENOENT;
	order = order_new(sl->link, SIP_JOIN, token);
	order->other = other;
	order_give(order);
	return 0;
}

/* Calls that need no TLS are taken all the same. */
static bool tls_is_fit(struct sip_line *sl)
{
	bool wanted = sip_tls_wanted(&sl->cfg);
	char *fault = wanted ? sip_tls_fault(sl, &sl->cfg) : NULL;

	line_alarm(sl, "tls", &sl->tls_alarm, fault, fault);
	talloc_free(fault);
	if (sl->cfg.srtp != SIP_SRTP_OFF && (!wanted || sl->tls_alarm))
		LOGP(DLINE, LOGL_NOTICE,
		     "%s: sound is encrypted, but its keys can be read in SIP without TLS\n",
		     sl->line.name);
	return wanted && !sl->tls_alarm;
}

static void open_again(void *data)
{
	struct sip_line *sl = data;
	struct sip_order *order;

	if (!sl->link || sl->closing)
		return;
	sl->link->opened = true;
	order = order_new(sl->link, SIP_OPEN, 0);
	order->tls = tls_is_fit(sl);
	order_give(order);
}

static void cfg_copy(void *ctx, struct sip_line_cfg *own, const struct sip_line_cfg *cfg)
{
	const char **texts[] = { &own->name,  &own->address, &own->proxy,    &own->domain,
				 &own->user,  &own->number,  &own->password, &own->tls_certificate,
				 &own->tls_ca };

	*own = *cfg;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		*texts[i] = talloc_strdup(ctx, *texts[i]);
	for (size_t i = 0; i < cfg->n_peers; i++)
		own->peers[i] = talloc_strdup(ctx, cfg->peers[i]);
}

static int sip_start(struct line *ln)
{
	struct sip_line *sl = sip_line_of(ln);

	if (sl->link)
		return 0;
	/* no child of the line: it stays until the media thread is done with it */
	sl->link = talloc_zero(NULL, struct sip_link);
	OSMO_ASSERT(sl->link);
	sl->link->md = sl->md;
	cfg_copy(sl->link, &sl->link->cfg, &sl->cfg);
	sl->link->owner = sl;
	INIT_LLIST_HEAD(&sl->link->orders);
	osmo_timer_setup(&sl->link->again, flush, sl->link);
	line_changed(sl, LINE_DOWN);
	open_again(sl);
	return 0;
}

static void sip_stop(struct line *ln)
{
	struct sip_line *sl = sip_line_of(ln);
	struct sip_link *link = sl->link;
	struct known *kn, *next;

	osmo_timer_del(&sl->retry);
	if (!link)
		return;
	for (int i = 0; i < SIP_COUNTS; i++)
		sl->past[i] += link->counts[i];
	sl->link = NULL;
	link->owner = NULL;
	if (link->opened) {
		link->waits = sl;
		sl->closing = link;
		order_give(order_new(link, SIP_CLOSE, 0));
	} else {
		talloc_free(link);
	}
	listen_alarm(sl, false, NULL);
	line_alarm(sl, "tls", &sl->tls_alarm, false, NULL);
	register_alarm(sl, false, NULL);
	sl->registered_since_s = sl->register_next_s = 0;
	llist_for_each_entry_safe (kn, next, &sl->calls, entry) {
		uint64_t token = kn->token;

		if (kn->dialled) {
			known_unreached(sl, kn, LINE_NOT_DIALLED);
			continue;
		}
		known_free(sl, kn);
		if (ln->user.ended)
			ln->user.ended(ln, token, ln->user.data);
	}
	line_changed(sl, LINE_SHUTDOWN);
}

static const struct line_ops sip_ops = {
	.kind = "sip",
	.start = sip_start,
	.stop = sip_stop,
	.answer = sip_answer,
	.prompt = sip_prompt,
	.hang_up = sip_hang_up,
	.dial = sip_dial_out,
	.join = sip_join,
};

/* ---- life ---- */

static int sip_line_destroy(struct sip_line *sl)
{
	sl->line.user = (struct line_user){ 0 };
	sip_stop(&sl->line);
	if (sl->closing)
		sl->closing->waits = NULL;
	return 0;
}

struct sip_line *sip_line_alloc(void *ctx, const struct sip_line_cfg *cfg, struct media *md)
{
	struct sip_line *sl = talloc_zero(ctx, struct sip_line);
	struct sip_line_cfg *own;

	OSMO_ASSERT(sl);
	sl->md = md;
	own = &sl->cfg;
	cfg_copy(sl, own, cfg);
	if (own->n_codecs == 0)
		while (own->n_codecs < SIP_CODECS) {
			own->codecs[own->n_codecs] = own->n_codecs;
			own->n_codecs++;
		}
	if (!own->rtp_min) {
		own->rtp_min = SIP_RTP_MIN;
		own->rtp_max = SIP_RTP_MAX;
	}
	own->rtp_min += own->rtp_min & 1;
	if (!own->calls_max)
		own->calls_max = SIP_CALLS_DEFAULT;
	if (!own->session_s)
		own->session_s = SIP_SESSION_DEFAULT;
	if (!own->session_min_s)
		own->session_min_s = SIP_SESSION_MIN;
	if (!own->expires_s)
		own->expires_s = SIP_EXPIRES_DEFAULT;
	if (!own->retry_s)
		own->retry_s = SIP_RETRY_DEFAULT;
	if (!own->silent_s)
		own->silent_s = SIP_SILENT_DEFAULT;
	INIT_LLIST_HEAD(&sl->calls);
	osmo_timer_setup(&sl->retry, open_again, sl);
	sl->line = (struct line){ .name = own->name, .ops = &sip_ops, .state = LINE_SHUTDOWN };
	sl->line.number = own->number;
	talloc_set_destructor(sl, sip_line_destroy);
	return sl;
}

void sip_line_free(struct sip_line *sl)
{
	talloc_free(sl);
}

struct line *sip_line(struct sip_line *sl)
{
	return &sl->line;
}

void sip_line_status(const struct sip_line *sl, struct sip_line_status *out)
{
	uint64_t counts[SIP_COUNTS];

	for (int i = 0; i < SIP_COUNTS; i++)
		counts[i] = sl->past[i] + (sl->link ? sl->link->counts[i] : 0);
	*out = (struct sip_line_status){
		.calls = sl->n_calls,
		.begun = counts[SIP_BEGUN],
		.answered = counts[SIP_ANSWERED],
		.dialled = counts[SIP_DIALLED],
		.registers = sl->cfg.domain != NULL,
		.registered_since_s = sl->registered_since_s,
		.register_next_s = sl->register_next_s,
		.register_failed = counts[SIP_REGISTER_FAILED],
		.strangers = counts[SIP_STRANGERS],
		.busy = counts[SIP_BUSY],
		.unfit = counts[SIP_UNFIT],
		.expired = counts[SIP_EXPIRED],
		.timed_out = counts[SIP_TIMED_OUT],
		.keys = counts[SIP_KEYS],
		.packets = counts[SIP_PACKETS],
		.malformed = counts[SIP_MALFORMED],
		.elsewhere = counts[SIP_ELSEWHERE],
		.forged = counts[SIP_FORGED],
		.replayed = counts[SIP_REPLAYED],
		.concealed = counts[SIP_CONCEALED],
		.skipped = counts[SIP_SKIPPED],
		.lost = counts[SIP_LOST],
		.torn = counts[SIP_TORN],
	};
}
