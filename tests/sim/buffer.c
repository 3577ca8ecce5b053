// SPDX-License-Identifier: AGPL-3.0-or-later

#include <string.h>

#include <osmocom/core/utils.h>

#include "sim.h"

void buffer_put(struct buffer *b, const void *data, size_t len)
{
	if (b->start && b->start + b->len + len > b->room) {
		memmove(b->data, b->data + b->start, b->len);
		b->start = 0;
	}
	if (b->len + len > b->room) {
		b->room = (b->len + len) * 2;
		b->data = realloc(b->data, b->room);
		OSMO_ASSERT(b->data);
	}
	memcpy(b->data + b->start + b->len, data, len);
	b->len += len;
}

void buffer_take(struct buffer *b, size_t len)
{
	b->start += len;
	b->len -= len;
	if (b->len == 0)
		b->start = 0;
}

void buffer_clear(struct buffer *b)
{
	b->start = 0;
	b->len = 0;
}

void after_ms(struct osmo_timer_list *timer, unsigned int ms)
{
	osmo_timer_schedule(timer, ms / 1000, ms % 1000 * 1000);
}
