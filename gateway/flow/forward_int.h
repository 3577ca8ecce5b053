/* forward_int.h - private to flow/forward*.c: who is forwarded to, and what they get. */
#pragma once

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "flow/forward.h"
#include "store/store_casework.h"

struct forward_peer {
	struct llist_head list;
	struct forwarder *fw;
	struct contractor *c;
	bool sending, polling;
	int64_t forward_id;    /* sending */
	unsigned int failures; /* tries in a row that met no contractor */
	int64_t pause_until_s;
};

struct forwarder {
	struct store *st;
	struct notify *nt;
	struct outbox *ob;
	struct talk *const *talk;
	const struct order_links *links; /* NULL: none */
	struct llist_head peers;
	struct osmo_timer_list run_timer;
};

static inline const char *forward_peer_name(const struct forward_peer *pe)
{
	return contractor_cfg_of(pe->c)->name;
}

/* forward_order.c */
/*! What a row says, as the formats of contractor/ take it; its texts are row's and report's, or children of ctx.
 *  \returns 0; -ENOENT the event is gone; -EIO */
int forward_fill_order(void *ctx, const struct forward_peer *pe, const struct forward *row,
		       const struct report *report, struct contractor_order *order);
/*! The order as a text, with its link. */
char *forward_write_text(void *ctx, const struct forward_peer *pe, const struct forward *row,
			 const struct contractor_order *order, struct report *report);
/*! The order's subject, words and thread, of a mail. */
void forward_write_mail(void *ctx, const struct forward_peer *pe, const struct forward *row,
			struct contractor_order *order, struct report *report);

/* forward_poll.c */
/*! Ask what is new, if they are to be asked and it is time. */
void forward_poll_if_due(struct forward_peer *pe, int64_t now_s);
